/*
 * cards.h: what readers of descriptions of models and datasets share; private to this room.
 */
#ifndef FB_INGEST_CARDS_H
#define FB_INGEST_CARDS_H

#include "base/map.h"
#include "ingest/reader.h"

struct fb_card_model;

/** A file being read. */
struct fb_cards {
    struct fb_reading *reading;
    struct fb_arena arena;
    struct fb_buf json, name;
    struct fb_card_model *first, **last;
    struct fb_map taken;    /* ids of records of the file */
    struct fb_map names;    /* groups and names of models, to their model */
    struct fb_map refs;     /* what the file calls them, to their model */
    struct fb_map datasets; /* groups and names of datasets, alone and with their subject */
    struct fb_map met;      /* likewise, of those that stand for themselves in the file */
    struct fb_map licences; /* what the file calls a thing, to its licence (SPDX) */
    struct fb_map uses;     /* what the file calls a dataset, to the link of the model that was
                             * named last as trained on it */
    struct fb_map there;    /* what the file calls its components (CycloneDX) */
    struct fb_map data;     /* names of components that are datasets, to what they say (likewise) */
    const struct fb_json *about; /* the component that the file is about (likewise), or NULL */
    struct fb_card_model *top;   /* the model that it is, or NULL */
};

/** What every dataset says. */
struct fb_card_dataset {
    struct fb_str group, name, source, licence, algorithm, hash;
    double tokens; /**< 0: not said */
};

/** A string or the first of a list of strings; empty for anything else. */
struct fb_str fb_cards_text(const struct fb_json *value);

/** The same of a member of an object. */
struct fb_str fb_cards_member(const struct fb_json *object, const char *key);

/** The first of a list that is a member of an object, or NULL. */
const struct fb_json *fb_cards_list(const struct fb_json *object, const char *key);

/** True when a text has these words. */
bool fb_cards_mentions(struct fb_str text, const char *words);

/** True when one of the types of an element is this one. */
bool fb_cards_is_type(const struct fb_json *element, const char *type);

/** Takes the SHA-256 of a list of digests in several algorithms, by the names of its members. */
void fb_cards_take_hash(struct fb_card_dataset *dataset, const struct fb_json *hash,
    const char *algorithm, const char *digits);

/** Adds words to a list of them, which is empty at first; it lives as long as what is read. A text
 * without pointer: memory ran out. */
struct fb_str fb_cards_add_words(struct fb_cards *cards, struct fb_str list, struct fb_str words);

/** Refuses a file at one of its values: E_SCHEMA with place. */
FB_CHECKED enum fb_code fb_cards_refuse(
    struct fb_cards *cards, const struct fb_json *at, const char *what, struct fb_err *err);

/** Adds the draft of a dataset about subject, which may be empty; none where the same was said of
 * the same subject before. E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_cards_add_dataset(struct fb_cards *cards,
    const struct fb_card_dataset *dataset, struct fb_str subject, const struct fb_json *from,
    struct fb_err *err);

/** Reads a file as JSON and hands it to a reader, which must find a model or a dataset. */
FB_CHECKED enum fb_code fb_cards_read(struct fb_reading *reading,
    enum fb_code (*read)(struct fb_cards *cards, const struct fb_json *root, struct fb_err *err),
    struct fb_err *err);

#endif

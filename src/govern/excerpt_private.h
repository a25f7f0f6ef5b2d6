/* excerpt_private.h: the inside of an excerpt, for the files that make it (excerpt*.c). */
#ifndef FB_GOVERN_EXCERPT_PRIVATE_H
#define FB_GOVERN_EXCERPT_PRIVATE_H

#include "govern/docket_index.h"
#include "govern/excerpt.h"

/** Numbers that are known, each once. Zero to begin with. */
struct fb_excerpt_set {
    uint64_t *slots; /* a number above 0; 0: free */
    size_t count;
    size_t cap;
};

/** A record that was read. */
struct fb_excerpt_item {
    uint64_t seq;
    struct fb_prepared prepared;
    const struct fb_excerpt_item *newer; /* that supersedes it */
};

/** Records of a kind in whose field a record stands, whichever of its chain. */
struct fb_excerpt_wanted {
    enum fb_kind kind;
    struct fb_str field;
    struct fb_str id;
};

/** Tuples that were looked for. */
struct fb_excerpt_asked {
    uint32_t relation;
    uint64_t mask;
    struct fb_value *values;
};

/** An excerpt. */
struct fb_excerpt {
    struct fb_docket *docket;
    struct fb_marks *marks;
    bool is_checked;      /* it was read through */
    bool corrects;        /* there may be a correction, a review or a receipt */
    uint64_t indexed;     /* entries that the index covers */
    uint64_t size;        /* all entries, or those before the instant that is asked for */
    struct fb_mark *tail; /* of those behind it, by term */
    size_t tail_count;
    size_t tail_cap;
    struct fb_arena arena;
    struct fb_excerpt_item **items; /* in the order in which they came */
    size_t count;
    size_t cap;
    size_t followed;             /* items whose own leads were taken up */
    size_t shown;                /* items of the last registry */
    struct fb_map ids;           /* of items */
    struct fb_map offered;       /* records by id that are to be admitted, not in the ledger */
    struct fb_excerpt_set seqs;  /* 1 + those of the items */
    struct fb_excerpt_set terms; /* 1 + those that were looked up */
    struct fb_excerpt_set asks;  /* hashes of tuples and instants that were looked for */
    struct fb_excerpt_wanted *wanted;
    size_t wanted_count;
    size_t wanted_cap;
    size_t wanted_done;
    struct fb_excerpt_asked *asked;
    size_t asked_count;
    size_t asked_cap;
    size_t asked_done;
    struct fb_str *missed; /* ids */
    size_t missed_count;
    size_t missed_cap;
    size_t missed_done;
    fb_time *instants; /* of corrections that were looked for */
    size_t instant_count;
    size_t instant_cap;
    size_t instant_done;
    fb_time *revocations; /* when revocations were admitted */
    size_t revocation_count;
    bool is_short;   /* memory ran out where that could not be said */
    bool *elsewhere; /* by relation */
    struct fb_access_watch watch;
};

/** Adds a number; *out_new says whether it was not there. False when memory ran out. */
bool fb_excerpt_set_add(struct fb_excerpt_set *set, uint64_t number, bool *out_new);

/** Room for one more in a list of the arena; false when memory ran out. */
bool fb_excerpt_list_grow(
    struct fb_arena *arena, void **list, size_t count, size_t *cap, size_t size);

#define LIST_GROW(e, list, count, cap)                                                             \
    fb_excerpt_list_grow(                                                                          \
        &(e)->arena, (void **)(void *)&(e)->list, (e)->count, &(e)->cap, sizeof(*(e)->list))

/* Reading (excerpt_read.c). */

/** Reads the terms of the entries that the index does not have. E_NOT_FOUND: they are too many. */
FB_CHECKED enum fb_code fb_excerpt_read_tail(struct fb_excerpt *e, struct fb_err *err);

/** Appends the entries below e->size that have a term, in their order. E_CORRUPT. */
FB_CHECKED enum fb_code fb_excerpt_find(
    struct fb_excerpt *e, uint64_t term, struct fb_numbers *out, struct fb_err *err);

/** Whether any entry has a term, also behind e->size. */
FB_CHECKED enum fb_code fb_excerpt_any(
    struct fb_excerpt *e, uint64_t term, bool *out, struct fb_err *err);

/** Adds the record that stands at seq, unless it was read. E_UNSUPPORTED: it is one too many. */
FB_CHECKED enum fb_code fb_excerpt_take(struct fb_excerpt *e, uint64_t seq, struct fb_err *err);

/** Adds all records that have a term, once. */
FB_CHECKED enum fb_code fb_excerpt_take_term(
    struct fb_excerpt *e, uint64_t term, struct fb_err *err);

/** The record with an id that was read, or NULL. */
struct fb_excerpt_item *fb_excerpt_item(const struct fb_excerpt *e, struct fb_str id);

/** The record with an id that was read or is to be admitted, or NULL. */
const struct fb_record *fb_excerpt_record(const struct fb_excerpt *e, struct fb_str id);

/* What a record leads to (excerpt_lead.c). */

/** Notes that records are wanted in whose field a record stands; the id is borrowed. */
FB_CHECKED enum fb_code fb_excerpt_want(struct fb_excerpt *e, enum fb_kind kind, const char *field,
    struct fb_str id, struct fb_err *err);

/** Takes up what a record leads to. */
FB_CHECKED enum fb_code fb_excerpt_follow(
    struct fb_excerpt *e, const struct fb_prepared *prepared, struct fb_err *err);

/** Follows all that was read, so that the chain of each is whole. */
FB_CHECKED enum fb_code fb_excerpt_follow_all(struct fb_excerpt *e, struct fb_err *err);

/** Appends the entries in whose field any record of a chain stands. */
FB_CHECKED enum fb_code fb_excerpt_find_chain(struct fb_excerpt *e,
    const struct fb_excerpt_wanted *wanted, struct fb_numbers *out, struct fb_err *err);

/** Adds them. */
FB_CHECKED enum fb_code fb_excerpt_take_wanted(
    struct fb_excerpt *e, struct fb_excerpt_wanted wanted, struct fb_err *err);

/* What was looked for (excerpt_search.c). */

/** The kinds whose records the tuples of a relation come from, beside those that every excerpt has;
 * none: they are all there. Returns their number. */
size_t fb_excerpt_kinds(uint32_t relation, enum fb_kind out[2]);

/** Note what is looked for; ctx is the excerpt. */
void fb_excerpt_tell_missed(void *ctx, struct fb_str id);
void fb_excerpt_tell_asked(
    void *ctx, uint32_t relation, uint64_t mask, const struct fb_value *values);
void fb_excerpt_tell_corrections(void *ctx, size_t tp);

#endif

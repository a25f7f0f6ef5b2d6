/* croissant.c: descriptions of datasets in Croissant (JSON-LD). */
#include "ingest/cards.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"

bool fb_is_croissant(const struct fb_head *head)
{
    return !head->is_array && head->has[FB_HEAD_CONTEXT] &&
           fb_cards_mentions(head->text, "mlcommons.org/croissant") &&
           !fb_cards_mentions(head->text, "spdx.org/rdf/3");
}

/* A member by the name that schema.org gives it, which contexts shorten in several ways. */
static const struct fb_json *schema_member(const struct fb_json *object, const char *name)
{
    static const char *const before[] = {
        "", "sc:", "schema:", "https://schema.org/", "http://schema.org/"};
    const struct fb_json *found = NULL;
    for (size_t i = 0; !found && i < sizeof(before) / sizeof(before[0]); i++) {
        char key[64];
        snprintf(key, sizeof(key), "%s%s", before[i], name);
        found = fb_json_get(object, key);
    }
    return found;
}

/* A text in some language: as it is, with its language beside it, or in several languages, of which
 * English is taken, or else the first. */
static struct fb_str spoken(const struct fb_json *value)
{
    value = value && value->kind == FB_JSON_ARRAY ? value->child : value;
    if (!value || value->kind != FB_JSON_OBJECT) {
        return fb_cards_text(value);
    }
    struct fb_str text = fb_cards_member(value, "@value");
    text = text.len ? text : fb_cards_member(value, "en");
    for (const struct fb_json *m = value->child; text.len == 0 && m; m = m->next) {
        text = m->key.len && m->key.ptr[0] != '@' ? fb_cards_text(m) : text;
    }
    return text;
}

/* An address as text, or that of a thing. */
static struct fb_str address(const struct fb_json *value)
{
    struct fb_str text = fb_cards_text(value);
    const struct fb_json *thing = value && value->kind == FB_JSON_ARRAY ? value->child : value;
    text = text.len ? text : fb_cards_text(schema_member(thing, "url"));
    text = text.len ? text : fb_cards_member(thing, "@id");
    return text.len ? text : spoken(schema_member(thing, "name"));
}

static struct fb_str licences(struct fb_cards *cards, const struct fb_json *value)
{
    struct fb_str all = {NULL, 0};
    if (!value || value->kind != FB_JSON_ARRAY) {
        return address(value);
    }
    for (const struct fb_json *one = value->child; one; one = one->next) {
        all = fb_cards_add_words(cards, all, address(one));
    }
    return all;
}

static bool is_dataset(const struct fb_json *root)
{
    return fb_cards_is_type(root, "sc:Dataset") || fb_cards_is_type(root, "Dataset") ||
           fb_cards_is_type(root, "schema:Dataset") ||
           fb_cards_is_type(root, "schema.org/Dataset") ||
           fb_cards_is_type(root, "https://schema.org/Dataset") ||
           fb_cards_is_type(root, "http://schema.org/Dataset");
}

static enum fb_code read_croissant(
    struct fb_cards *cards, const struct fb_json *root, struct fb_err *err)
{
    struct fb_card_dataset dataset = {.name = spoken(schema_member(root, "name")),
        .source = address(schema_member(root, "url")),
        .licence = licences(cards, schema_member(root, "license"))};
    const struct fb_json *files = schema_member(root, "distribution");
    const struct fb_json *file = files && files->kind == FB_JSON_ARRAY ? files->child : files;
    if (!is_dataset(root)) {
        return fb_cards_refuse(cards, root, "this is no dataset of Croissant", err);
    }
    if (dataset.name.len == 0) {
        return fb_cards_refuse(cards, root, "the dataset has no name", err);
    }
    if (file && (file == files || !file->next)) {
        struct fb_str hash = fb_cards_member(file, "sha256");
        dataset.algorithm = FB_STR("sha256");
        dataset.hash = hash.len ? hash : fb_cards_text(schema_member(file, "sha256"));
    }
    return fb_cards_add_dataset(cards, &dataset, cards->reading->options->subject, root, err);
}

enum fb_code fb_read_croissant(struct fb_reading *reading, struct fb_err *err)
{
    return fb_cards_read(reading, read_croissant, err);
}

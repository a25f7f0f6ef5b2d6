/* excerpt_lead.c: what a record leads to: its signers, references, corrections, and what is
 * computed of it together with others. */
#include "base/assert.h"
#include "govern/excerpt_private.h"
#include "record/terms.h"

/* Notes that records are wanted in whose field a record stands. */
enum fb_code fb_excerpt_want(struct fb_excerpt *e, enum fb_kind kind, const char *field,
    struct fb_str id, struct fb_err *err)
{
    if (id.len == 0) {
        return FB_OK;
    }
    if (!LIST_GROW(e, wanted, wanted_count, wanted_cap)) {
        return fb_arena_failed(&e->arena, err);
    }
    e->wanted[e->wanted_count++] = (struct fb_excerpt_wanted){kind, fb_str_of(field), id};
    return FB_OK;
}

static enum fb_code take_references(
    struct fb_excerpt *e, const struct fb_record *record, struct fb_err *err)
{
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        bool is_list = fields[i].type == FB_FIELD_REFS;
        bool is_id = fields[i].type == FB_FIELD_REF || fields[i].type == FB_FIELD_RECORD;
        const struct fb_json *value =
            is_list || is_id ? fb_json_get(record->body, fields[i].name) : NULL;
        const struct fb_json *id = value && is_list ? value->child : value;
        for (; code == FB_OK && id; id = is_list ? id->next : NULL) {
            code = fb_excerpt_take_term(e, fb_term_id(id->text), err);
        }
    }
    return code;
}

/* The records of the keys that signed it. */
static enum fb_code take_signers(
    struct fb_excerpt *e, const struct fb_prepared *prepared, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < prepared->entry.signature_count; i++) {
        char print[FB_SSHKEY_FINGERPRINT];
        fb_sshkey_fingerprint(&prepared->keys[i], print);
        code = fb_excerpt_take_term(
            e, fb_term_field(FB_KIND_key, FB_STR("fingerprint"), fb_str_of(print)), err);
    }
    return code;
}

/* What an erasure took away, and what the blob was. */
static enum fb_code want_named(
    struct fb_excerpt *e, const struct fb_record *record, struct fb_err *err)
{
    struct fb_str digest = fb_record_text(record, "digest");
    enum fb_code code = FB_OK;
    for (int kind = FB_KIND_NONE + 1; kind < FB_KIND_END; kind++) {
        size_t count;
        const struct fb_field *fields = fb_kind_fields((enum fb_kind)kind, &count);
        for (size_t i = 0; code == FB_OK && i < count; i++) {
            if (fields[i].type == FB_FIELD_DIGEST) {
                code = fb_excerpt_take_term(
                    e, fb_term_field((enum fb_kind)kind, fb_str_of(fields[i].name), digest), err);
            }
        }
    }
    return code;
}

/* What is computed of a record together with others that name it, and is not looked for in facts:
 * receipts of a report, uses of a grant, who shows levels of a system, versions of a licence, runs
 * that modified a system, what was reviewed and decided. */
static enum fb_code want_companions(
    struct fb_excerpt *e, const struct fb_record *record, struct fb_err *err)
{
    enum fb_kind kind = record->kind;
    enum fb_code code = fb_excerpt_want(e, FB_KIND_review, "about", record->id, err);
    code = code ? code : fb_excerpt_want(e, FB_KIND_decision, "about", record->id, err);
    if (code == FB_OK && kind == FB_KIND_party) {
        code = fb_excerpt_want(e, FB_KIND_key, "party", record->id, err);
    } else if (code == FB_OK && kind == FB_KIND_grant) {
        code = fb_excerpt_want(e, FB_KIND_access, "grant", record->id, err);
    } else if (code == FB_OK && kind == FB_KIND_case) {
        code = fb_excerpt_want(e, FB_KIND_licence, "case", record->id, err);
    } else if (code == FB_OK && (kind == FB_KIND_audit || kind == FB_KIND_measure)) {
        code = fb_excerpt_want(e, FB_KIND_audit, "subject", record->subject, err);
        code = code ? code : fb_excerpt_want(e, FB_KIND_measure, "subject", record->subject, err);
    } else if (code == FB_OK && kind == FB_KIND_licence) {
        code = fb_excerpt_want(e, FB_KIND_licence, "subject", record->subject, err);
    } else if (code == FB_OK && kind == FB_KIND_system &&
               fb_record_text(record, "derived_from").len) {
        code = fb_excerpt_want(e, FB_KIND_run, "subject", record->id, err);
    } else if (code == FB_OK && kind == FB_KIND_erasure) {
        code = want_named(e, record, err);
    }
    return code;
}

/* Takes up what a record leads to. */
enum fb_code fb_excerpt_follow(
    struct fb_excerpt *e, const struct fb_prepared *prepared, struct fb_err *err)
{
    const struct fb_record *record = &prepared->record;
    /* The first key that signed names the issuer. */
    enum fb_code code = take_signers(e, prepared, err);
    if (code == FB_OK && record->subject.len) {
        code = fb_excerpt_take_term(e, fb_term_id(record->subject), err);
    }
    if (code == FB_OK && record->supersedes.len) {
        code = fb_excerpt_take_term(e, fb_term_id(record->supersedes), err);
    }
    code = code ? code : fb_excerpt_take_term(e, fb_term_newer(record->id), err);
    code = code ? code : take_references(e, record, err);
    return code ? code : want_companions(e, record, err);
}

/* Follows all items, so that the chain of each is whole. */
enum fb_code fb_excerpt_follow_all(struct fb_excerpt *e, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (; code == FB_OK && e->followed < e->count; e->followed++) {
        const struct fb_excerpt_item *item = e->items[e->followed];
        code = fb_excerpt_follow(e, &item->prepared, err);
        struct fb_excerpt_item *older = fb_excerpt_item(e, item->prepared.record.supersedes);
        if (older) {
            older->newer = item;
        }
    }
    return code;
}

/* The first record of the chain of an id; NULL: no record has it. What is to be admitted may be
 * named by what comes with it. */
static const struct fb_excerpt_item *root_of(const struct fb_excerpt *e, struct fb_str id)
{
    const struct fb_excerpt_item *item = fb_excerpt_item(e, id);
    const struct fb_record *offered = item ? NULL : fb_excerpt_record(e, id);
    for (size_t n = 0; offered && !item && n < e->offered.count; n++) { /* they may form a circle */
        item = fb_excerpt_item(e, offered->supersedes);
        offered = fb_excerpt_record(e, offered->supersedes);
    }
    for (const struct fb_excerpt_item *older = item; older;) {
        item = older;
        older = fb_excerpt_item(e, item->prepared.record.supersedes);
    }
    return item;
}

/* The entries in whose field any record of a chain stands. */
enum fb_code fb_excerpt_find_chain(struct fb_excerpt *e, const struct fb_excerpt_wanted *wanted,
    struct fb_numbers *out, struct fb_err *err)
{
    const struct fb_excerpt_item *item = root_of(e, wanted->id);
    if (!item) {
        return fb_excerpt_find(e, fb_term_field(wanted->kind, wanted->field, wanted->id), out, err);
    }
    enum fb_code code = FB_OK;
    for (; code == FB_OK && item; item = item->newer) {
        code = fb_excerpt_find(
            e, fb_term_field(wanted->kind, wanted->field, item->prepared.record.id), out, err);
    }
    return code;
}

/* Adds the records in whose field any record of a chain stands. */
enum fb_code fb_excerpt_take_wanted(
    struct fb_excerpt *e, struct fb_excerpt_wanted wanted, struct fb_err *err)
{
    const struct fb_excerpt_item *item = root_of(e, wanted.id);
    if (!item) { /* it is no record's id, but a word, as that of a model or a key */
        return fb_excerpt_take_term(e, fb_term_field(wanted.kind, wanted.field, wanted.id), err);
    }
    enum fb_code code = FB_OK;
    for (; code == FB_OK && item; item = item->newer) {
        code = fb_excerpt_take_term(
            e, fb_term_field(wanted.kind, wanted.field, item->prepared.record.id), err);
    }
    return code;
}

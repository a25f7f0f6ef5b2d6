#include "record/record.h"

#include <string.h>

#include "base/assert.h"
#include "record/check.h"
#include "record/near.h"

/* The members of a statement. */
static const struct {
    const char *name;
    bool needed;
    const char *text;
} members[] = {
    {"kind", true, "what kind of record it is, as \"incident\""},
    {"id", true, "its id, which is its kind, a slash and a name"},
    {"issuer", true, "the id of the party that says so"},
    {"subject", false, ""},
    {"at", true, "when it happened, in RFC 3339"},
    {"body", true, "the fields of its kind"},
    {"supersedes", false, ""},
    {"docket", false, ""},
};

enum { MEMBER_COUNT = sizeof(members) / sizeof(members[0]) };

static enum fb_code unknown_member(const struct fb_json *value, struct fb_err *err)
{
    struct fb_near near;
    fb_near_init(&near, value->key);
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        fb_near_offer(&near, fb_str_of(members[i].name));
    }
    fb_err_set(err, FB_E_SCHEMA, "a statement has no member '%.*s'",
        FB_STR_ARG(fb_str_sub(value->key, 0, 60)));
    if (near.best.len) {
        fb_err_hint(err, "Did you mean '%.*s'?", FB_STR_ARG(near.best));
    } else {
        fb_err_hint(err,
            "Its members are kind, id, issuer, subject, at, body, supersedes and docket; "
            "fields of the kind go into body.");
    }
    return fb_json_err_at(err, value);
}

static enum fb_code check_members(const struct fb_json *root, struct fb_err *err)
{
    if (root->kind != FB_JSON_OBJECT) {
        fb_err_set(err, FB_E_SCHEMA, "a statement must be a JSON object");
        fb_err_hint(err, "Write {\"kind\": ..., \"id\": ..., \"at\": ..., \"body\": {...}}.");
        return fb_json_err_at(err, root);
    }
    for (const struct fb_json *value = root->child; value; value = value->next) {
        size_t i = 0;
        while (i < MEMBER_COUNT && !fb_str_is(value->key, members[i].name)) {
            i++;
        }
        if (i == MEMBER_COUNT) {
            return unknown_member(value, err);
        }
    }
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (members[i].needed && !fb_json_get(root, members[i].name)) {
            fb_err_set(err, FB_E_SCHEMA, "a statement needs the member '%s'", members[i].name);
            fb_err_hint(err, "Add '%s': %s.", members[i].name, members[i].text);
            return fb_check_missing_at(err, root, members[i].name);
        }
    }
    return FB_OK;
}

static enum fb_code check_kind(const struct fb_json *value, enum fb_kind *out, struct fb_err *err)
{
    if (value->kind != FB_JSON_STRING) {
        fb_err_set(err, FB_E_SCHEMA, "'kind' must be a string");
        fb_err_hint(err, "Write the name of a kind in double quotes, as \"incident\".");
        return fb_json_err_at(err, value);
    }
    enum fb_kind kind = fb_kind_of(value->text);
    if (kind != FB_KIND_NONE) {
        *out = kind;
        return FB_OK;
    }
    struct fb_near near;
    fb_near_init(&near, value->text);
    for (int k = FB_KIND_NONE + 1; k < FB_KIND_END; k++) {
        fb_near_offer(&near, fb_str_of(fb_kind_name((enum fb_kind)k)));
    }
    fb_err_set(err, FB_E_SCHEMA, "there is no kind of record \"%.*s\"",
        FB_STR_ARG(fb_str_sub(value->text, 0, 60)));
    if (near.best.len) {
        fb_err_hint(err, "Did you mean \"%.*s\"?", FB_STR_ARG(near.best));
    } else {
        fb_err_hint(err, "docs/RECORDS.md lists the kinds of record.");
    }
    return fb_json_err_at(err, value);
}

static enum fb_code check_subject(enum fb_kind kind, const struct fb_json *root, struct fb_err *err)
{
    const struct fb_json *subject = fb_json_get(root, "subject");
    enum fb_subject_rule rule = fb_kind_subject(kind);
    if (subject && rule == FB_SUBJECT_NONE) {
        fb_err_set(err, FB_E_SCHEMA, "a record of kind %s has no subject", fb_kind_name(kind));
        fb_err_hint(err, "Leave 'subject' out.");
        return fb_json_err_at(err, subject);
    }
    if (!subject && rule == FB_SUBJECT_NEEDED) {
        fb_err_set(err, FB_E_SCHEMA, "a record of kind %s needs a subject", fb_kind_name(kind));
        fb_err_hint(err, "Add 'subject': the id of the system that it is about.");
        return fb_check_missing_at(err, root, "subject");
    }
    return subject ? fb_check_id(subject, FB_KIND_system, err) : FB_OK;
}

static enum fb_code check_supersedes(
    enum fb_kind kind, const struct fb_json *root, struct fb_err *err)
{
    const struct fb_json *supersedes = fb_json_get(root, "supersedes");
    if (!supersedes) {
        return FB_OK;
    }
    enum fb_code code = fb_check_id(supersedes, kind, err);
    if (code == FB_OK && fb_str_eq(supersedes->text, fb_json_get_str(root, "id"))) {
        fb_err_set(err, FB_E_REFERENCE, "a record cannot supersede itself");
        fb_err_hint(err, "Give the correction an id of its own.");
        code = fb_json_err_at(err, supersedes);
    }
    return code;
}

/* The name of a docket; admission compares it with that of the ledger. */
static enum fb_code check_docket(const struct fb_json *root, struct fb_err *err)
{
    const struct fb_json *docket = fb_json_get(root, "docket");
    if (!docket || (docket->kind == FB_JSON_STRING && docket->text.len > 0 &&
                       docket->text.len <= FB_DOCKET_MAX)) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_SCHEMA, "'docket' must be a string of 1 to %d bytes", (int)FB_DOCKET_MAX);
    fb_err_hint(err, "Write the first line of `flyball log checkpoint`, or leave it out.");
    return fb_json_err_at(err, docket);
}

/* Checks a whole statement and fills all but the statement's bytes. */
static enum fb_code check_statement(
    const struct fb_json *root, struct fb_record *out, struct fb_err *err)
{
    struct fb_record record = {.kind = FB_KIND_NONE};
    enum fb_code code = check_members(root, err);
    if (code == FB_OK) {
        code = check_kind(fb_json_get(root, "kind"), &record.kind, err);
    }
    if (code == FB_OK) {
        code = fb_check_id(fb_json_get(root, "id"), record.kind, err);
    }
    if (code == FB_OK) {
        code = fb_check_id(fb_json_get(root, "issuer"), FB_KIND_party, err);
    }
    if (code == FB_OK) {
        code = check_subject(record.kind, root, err);
    }
    if (code == FB_OK) {
        code = fb_check_time(fb_json_get(root, "at"), &record.at, err);
    }
    if (code == FB_OK) {
        code = check_supersedes(record.kind, root, err);
    }
    if (code == FB_OK) {
        code = check_docket(root, err);
    }
    if (code == FB_OK) {
        record.body = fb_json_get(root, "body");
        code = fb_check_body(record.kind, record.body, err);
    }
    if (code != FB_OK) {
        return code;
    }
    record.id = fb_json_get_str(root, "id");
    record.issuer = fb_json_get_str(root, "issuer");
    record.subject = fb_json_get_str(root, "subject");
    record.supersedes = fb_json_get_str(root, "supersedes");
    record.docket = fb_json_get_str(root, "docket");
    *out = record;
    return FB_OK;
}

static enum fb_code check_length(size_t len, struct fb_err *err)
{
    if (len <= FB_STATEMENT_MAX) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_LIMIT, "a statement of %zu bytes is too long; at most %d are allowed", len,
        (int)FB_STATEMENT_MAX);
    return fb_err_hint(err, "Put what is long into a file and refer to it by its digest.");
}

/* Demands that statement is what fb_json_canonical writes for root. */
static enum fb_code check_canonical(
    struct fb_str statement, const struct fb_json *root, struct fb_err *err)
{
    struct fb_buf want;
    fb_buf_init(&want, 8 * (size_t)FB_STATEMENT_MAX);
    enum fb_code code = fb_json_canonical(root, &want, err);
    if (code == FB_OK) {
        code = fb_buf_check(&want, "the canonical form of a statement", err);
    }
    if (code == FB_OK && !fb_str_eq(statement, fb_buf_str(&want))) {
        size_t at = 0;
        while (at < statement.len && at < want.len && statement.ptr[at] == want.ptr[at]) {
            at++;
        }
        fb_err_set(err, FB_E_SYNTAX, "the statement is not in canonical form (RFC 8785)");
        fb_err_hint(err, "Let 'flyball add' write and sign it; it differs from byte %zu on.", at);
        fb_err_place(err, NULL, 0, 0, (int64_t)at);
        code = FB_E_SYNTAX;
    }
    fb_buf_release(&want);
    return code;
}

enum fb_code fb_record_parse(struct fb_str statement, const char *name, struct fb_arena *arena,
    struct fb_record *out, struct fb_err *err)
{
    FB_ASSERT(arena && out && (statement.ptr || statement.len == 0));
    const struct fb_json_options options = {.depth_max = FB_STATEMENT_DEPTH};
    struct fb_json *root = NULL;
    struct fb_str kept = {NULL, 0};
    struct fb_record record = {.kind = FB_KIND_NONE};
    enum fb_code code = check_length(statement.len, err);
    if (code == FB_OK) {
        code = fb_arena_str(arena, statement, &kept, err);
    }
    if (code == FB_OK) {
        code = fb_json_parse(kept, name, &options, arena, &root, err);
    }
    if (code == FB_OK) {
        code = check_statement(root, &record, err);
    }
    if (code == FB_OK) {
        code = check_canonical(kept, root, err);
    }
    if (code != FB_OK) {
        fb_err_place(err, name, 0, 0, -1);
        return code;
    }
    record.statement = kept;
    *out = record;
    return FB_OK;
}

/* Puts a member in front of those of a copied root, unless it has one of this name. */
static void fill_in(
    struct fb_json *root, struct fb_json *member, const char *name, struct fb_str text)
{
    if (root->kind != FB_JSON_OBJECT || text.len == 0 || fb_json_get(root, name)) {
        return;
    }
    *member = (struct fb_json){.kind = FB_JSON_STRING,
        .place = root->place,
        .key = fb_str_of(name),
        .text = text,
        .parent = root,
        .next = root->child};
    root->child = member;
    root->count++;
}

enum fb_code fb_record_canonical(
    const struct fb_json *draft, struct fb_record_fill fill, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(draft && out);
    struct fb_record record;
    /* A copy of the root with more children in front; the others are shared, not changed. */
    struct fb_json root = *draft, issuer, docket;
    fill_in(&root, &issuer, "issuer", fill.issuer);
    fill_in(&root, &docket, "docket", fill.docket);
    enum fb_code code = check_statement(&root, &record, err);
    if (code != FB_OK) {
        return code;
    }
    size_t before = out->len;
    code = fb_json_canonical(&root, out, err);
    if (code == FB_OK) {
        code = fb_buf_check(out, "a statement", err);
    }
    if (code == FB_OK) {
        code = check_length(out->len - before, err);
    }
    if (code != FB_OK) {
        fb_buf_cut(out, before);
    }
    return code;
}

struct fb_value fb_record_value(const struct fb_record *record, size_t field)
{
    FB_ASSERT(record);
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    FB_ASSERT(field < count);
    const struct fb_json *value = fb_json_get(record->body, fields[field].name);
    if (!value) {
        return fb_value_none();
    }
    switch (fields[field].type) {
    case FB_FIELD_STRING:
    case FB_FIELD_TEXT:
    case FB_FIELD_NAME:
    case FB_FIELD_DIGEST:
    case FB_FIELD_REF:
    case FB_FIELD_RECORD:
    case FB_FIELD_ENUM:
        return fb_value_str(value->text);
    case FB_FIELD_INT:
        return fb_value_int(value->integer);
    case FB_FIELD_NUMBER:
        return fb_value_float(value->number);
    case FB_FIELD_FLAG:
        return fb_value_bool(value->kind == FB_JSON_TRUE);
    case FB_FIELD_TIME:
    case FB_FIELD_INSTANT: {
        struct fb_err err;
        fb_err_init(&err);
        fb_time time = 0;
        enum fb_code code = fb_time_parse(value->text, &time, &err);
        FB_ASSERT(code == FB_OK);
        return fb_value_time(time);
    }
    case FB_FIELD_STRINGS:
    case FB_FIELD_REFS:
    case FB_FIELD_TREE:
        return fb_value_none();
    }
    return fb_value_none();
}

struct fb_str fb_record_text(const struct fb_record *record, const char *field)
{
    FB_ASSERT(record && field);
    return fb_json_get_str(record->body, field);
}

#include "record/schema.h"

#include <stdio.h>

#include "base/assert.h"

#define NAME_PATTERN "[A-Za-z0-9._/:@+-]+"

/* Strings without control characters; a TEXT may have line breaks. */
#define STRING_PATTERN "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
#define TEXT_PATTERN "^[^\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f]+$"
#define TIME_PATTERN                                                                               \
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?"                  \
    "([Zz]|[+-][0-9]{2}:[0-9]{2}))?$"

enum { PATTERN_MAX = 120 };

static void write_string(struct fb_json_writer *w, const char *pattern, int64_t max)
{
    fb_json_key_c(w, "type", "string");
    fb_json_key_c(w, "pattern", pattern);
    if (max > 0) {
        fb_json_key_int(w, "maxLength", max);
    }
}

static void write_id(struct fb_json_writer *w, enum fb_kind kind)
{
    char pattern[PATTERN_MAX];
    int len = snprintf(pattern, sizeof(pattern), "^%s/" NAME_PATTERN "$", fb_kind_name(kind));
    FB_ASSERT(len > 0 && len < PATTERN_MAX);
    write_string(w, pattern, FB_ID_MAX);
}

static void write_any_id(struct fb_json_writer *w)
{
    struct fb_buf pattern;
    fb_buf_init(&pattern, 4096);
    fb_buf_add_c(&pattern, "^(");
    for (int kind = FB_KIND_NONE + 1; kind < FB_KIND_END; kind++) {
        fb_buf_addf(&pattern, "%s%s", kind > 1 ? "|" : "", fb_kind_name((enum fb_kind)kind));
    }
    fb_buf_add_c(&pattern, ")/" NAME_PATTERN "$");
    write_string(w, pattern.ptr ? pattern.ptr : "", FB_ID_MAX);
    fb_buf_release(&pattern);
}

static void write_words(struct fb_json_writer *w, const char *words)
{
    struct fb_str all = fb_str_of(words);
    fb_json_key(w, "enum");
    fb_json_open_array(w);
    for (size_t from = 0; from <= all.len;) {
        size_t end = fb_str_find(all, '|', from);
        fb_json_str(w, fb_str_sub(all, from, end - from));
        from = end + 1;
    }
    fb_json_close_array(w);
}

static void write_type(struct fb_json_writer *w, const struct fb_field *field)
{
    switch (field->type) {
    case FB_FIELD_STRING:
        write_string(w, STRING_PATTERN, FB_STRING_MAX);
        return;
    case FB_FIELD_TEXT:
        write_string(w, TEXT_PATTERN, FB_TEXT_MAX);
        return;
    case FB_FIELD_NAME:
        write_string(w, "^" NAME_PATTERN "$", FB_ID_MAX);
        return;
    case FB_FIELD_INT:
        fb_json_key_c(w, "type", "integer");
        fb_json_key_int(w, "minimum", 0);
        fb_json_key_int(w, "maximum", FB_INT_MAX);
        return;
    case FB_FIELD_NUMBER:
        fb_json_key_c(w, "type", "number");
        fb_json_key_int(w, "minimum", 0);
        return;
    case FB_FIELD_FLAG:
        fb_json_key_c(w, "type", "boolean");
        return;
    case FB_FIELD_TIME:
    case FB_FIELD_INSTANT:
        write_string(w, TIME_PATTERN, 0);
        return;
    case FB_FIELD_DIGEST:
        write_string(w, "^sha256:[0-9a-f]{64}$", 0);
        return;
    case FB_FIELD_STRINGS:
        fb_json_key_c(w, "type", "array");
        fb_json_key_int(w, "maxItems", FB_STRINGS_MAX);
        fb_json_key(w, "items");
        fb_json_open_object(w);
        write_string(w, STRING_PATTERN, FB_STRING_MAX);
        fb_json_close_object(w);
        return;
    case FB_FIELD_TREE:
        return; /* any value: no keyword restricts it */
    case FB_FIELD_REF:
        write_id(w, field->ref);
        return;
    case FB_FIELD_REFS:
        fb_json_key_c(w, "type", "array");
        fb_json_key_int(w, "maxItems", FB_REFS_MAX);
        fb_json_key_bool(w, "uniqueItems", true);
        fb_json_key(w, "items");
        fb_json_open_object(w);
        write_id(w, field->ref);
        fb_json_close_object(w);
        return;
    case FB_FIELD_RECORD:
        write_any_id(w);
        return;
    case FB_FIELD_ENUM:
        write_words(w, field->words);
        return;
    }
}

static void open_member(struct fb_json_writer *w, const char *name, const char *text)
{
    fb_json_key(w, name);
    fb_json_open_object(w);
    fb_json_key_c(w, "description", text);
}

static void write_body(struct fb_json_writer *w, enum fb_kind kind)
{
    size_t count;
    const struct fb_field *fields = fb_kind_fields(kind, &count);
    open_member(w, "body", fb_kind_text(kind));
    fb_json_key_c(w, "type", "object");
    fb_json_key_bool(w, "additionalProperties", false);
    fb_json_key(w, "required");
    fb_json_open_array(w);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].needed) {
            fb_json_c(w, fields[i].name);
        }
    }
    fb_json_close_array(w);
    fb_json_key(w, "properties");
    fb_json_open_object(w);
    for (size_t i = 0; i < count; i++) {
        open_member(w, fields[i].name, fields[i].text);
        write_type(w, &fields[i]);
        fb_json_close_object(w);
    }
    fb_json_close_object(w);
    fb_json_close_object(w);
}

static void write_required(struct fb_json_writer *w, enum fb_subject_rule subject)
{
    fb_json_key(w, "required");
    fb_json_open_array(w);
    fb_json_c(w, "kind");
    fb_json_c(w, "id");
    fb_json_c(w, "issuer");
    if (subject == FB_SUBJECT_NEEDED) {
        fb_json_c(w, "subject");
    }
    fb_json_c(w, "at");
    fb_json_c(w, "body");
    fb_json_close_array(w);
}

static void write_members(struct fb_json_writer *w, enum fb_kind kind)
{
    fb_json_key(w, "properties");
    fb_json_open_object(w);
    open_member(w, "kind", "what kind of record it is");
    fb_json_key_c(w, "const", fb_kind_name(kind));
    fb_json_close_object(w);
    open_member(w, "id", "its id, unique in the ledger");
    write_id(w, kind);
    fb_json_close_object(w);
    open_member(w, "issuer", "the party that says so, and signs");
    write_id(w, FB_KIND_party);
    fb_json_close_object(w);
    if (fb_kind_subject(kind) != FB_SUBJECT_NONE) {
        open_member(w, "subject", "the system that it is about");
        write_id(w, FB_KIND_system);
        fb_json_close_object(w);
    }
    open_member(w, "at", "when it happened, as the issuer says");
    write_string(w, TIME_PATTERN, 0);
    fb_json_close_object(w);
    open_member(w, "supersedes", "the record that it corrects");
    write_id(w, kind);
    fb_json_close_object(w);
    open_member(w, "docket", "the only ledger that it is for, by its name");
    write_string(w, NULL, FB_DOCKET_MAX);
    fb_json_close_object(w);
    write_body(w, kind);
    fb_json_close_object(w);
}

void fb_kind_schema(enum fb_kind kind, struct fb_buf *out)
{
    FB_ASSERT(out && kind > FB_KIND_NONE && kind < FB_KIND_END);
    char id[PATTERN_MAX];
    int len = snprintf(id, sizeof(id), "urn:flyball:record:%s", fb_kind_name(kind));
    FB_ASSERT(len > 0 && len < PATTERN_MAX);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    fb_json_key_c(&w, "$id", id);
    fb_json_key_c(&w, "title", fb_kind_name(kind));
    fb_json_key_c(&w, "description", fb_kind_text(kind));
    fb_json_key_c(&w, "type", "object");
    fb_json_key_bool(&w, "additionalProperties", false);
    write_required(&w, fb_kind_subject(kind));
    write_members(&w, kind);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
}

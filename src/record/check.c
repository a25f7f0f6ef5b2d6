#include "record/check.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "record/near.h"

enum { DIGEST_DIGITS = 64, PATH_MAX_BYTES = 1024, LIST_MAX_BYTES = 2048 };

/* What a value of each type must be, as the message says it, and how to write one. */
static const struct {
    const char *what;
    const char *hint;
} types[] = {
    [FB_FIELD_STRING] = {"a string", "Write text in double quotes."},
    [FB_FIELD_TEXT] = {"a text", "Write text in double quotes, with \\n for a line break."},
    [FB_FIELD_NAME] = {"a name", "Write letters, digits and . _ - / : @ + in double quotes."},
    [FB_FIELD_INT] = {"a whole number",
        "Write a whole number from 0 to 9007199254740992 with digits only, without quotes."},
    [FB_FIELD_NUMBER] = {"a number",
        "Write a number of 0 or more, as 3.5 or 1e25, without quotes."},
    [FB_FIELD_FLAG] = {"true or false", "Write true or false without quotes."},
    [FB_FIELD_TIME] = {"a time", "Write RFC 3339, as \"2026-03-01T09:00:00Z\"."},
    [FB_FIELD_DIGEST] = {"a digest",
        "Write \"sha256:\" and the 64 lower-case digits that sha256sum prints."},
    [FB_FIELD_STRINGS] = {"a list of strings", "Write a list, as [\"one\", \"two\"]."},
    [FB_FIELD_TREE] = {"a value", "Write any JSON value."},
    [FB_FIELD_REF] = {"the id of a record", "Write its id, as \"party/aurora\"."},
    [FB_FIELD_INSTANT] = {"a time", "Write RFC 3339, as \"2026-03-01T09:00:00Z\"."},
    [FB_FIELD_REFS] = {"a list of ids", "Write a list, as [\"party/aurora\", \"party/lab\"]."},
    [FB_FIELD_RECORD] = {"the id of a record", "Write its id, as \"evaluation/one\"."},
    [FB_FIELD_ENUM] = {"one of its words", "Write one of its words in double quotes."},
};

static const char *json_kind_name(enum fb_json_kind kind)
{
    switch (kind) {
    case FB_JSON_NULL:
        return "null";
    case FB_JSON_FALSE:
        return "false";
    case FB_JSON_TRUE:
        return "true";
    case FB_JSON_NUMBER:
        return "a number";
    case FB_JSON_STRING:
        return "a string";
    case FB_JSON_ARRAY:
        return "a list";
    case FB_JSON_OBJECT:
        return "an object";
    case FB_JSON_ARRAY_END:
    case FB_JSON_OBJECT_END:
    case FB_JSON_KEY:
    case FB_JSON_END:
        break;
    }
    FB_ASSERT(false);
    return "?";
}

/* What messages call a value: its member's name, or for an item of a list that of the list. */
static struct fb_str name_of(const struct fb_json *value)
{
    return value->key.len || !value->parent ? value->key : value->parent->key;
}

static enum fb_code wrong_type(
    enum fb_field_type type, const struct fb_json *value, struct fb_err *err)
{
    fb_err_set(err, FB_E_SCHEMA, "'%.*s' must be %s, not %s", FB_STR_ARG(name_of(value)),
        types[type].what, json_kind_name(value->kind));
    fb_err_hint(err, "%s",
        value->kind == FB_JSON_NULL ? "Leave the member out when its value is not known."
                                    : types[type].hint);
    return fb_json_err_at(err, value);
}

enum fb_code fb_check_missing_at(
    struct fb_err *err, const struct fb_json *parent, const char *member)
{
    FB_ASSERT(parent && member);
    struct fb_buf path;
    fb_buf_init(&path, PATH_MAX_BYTES);
    fb_json_value_path(parent, &path);
    fb_buf_addf(&path, ".%s", member);
    if (path.state == FB_BUF_GOOD) {
        fb_err_path(err, path.ptr);
    }
    fb_buf_release(&path);
    return fb_json_err_at(err, parent);
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("._-/:@+", c));
}

/* Offset of the first control character (C0, DEL, C1) of valid UTF-8; s.len when there is none. */
static size_t find_control(struct fb_str s, bool allow_line_breaks)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool c1 = c == 0xc2 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < 0xa0;
        if ((c < 0x20 && !(allow_line_breaks && c == '\n')) || c == 0x7f || c1) {
            return i;
        }
    }
    return s.len;
}

/* A non-empty string without control characters of at most max bytes. */
static enum fb_code check_string(
    enum fb_field_type type, const struct fb_json *value, size_t max, struct fb_err *err)
{
    if (value->kind != FB_JSON_STRING) {
        return wrong_type(type, value, err);
    }
    if (value->text.len == 0) {
        fb_err_set(err, FB_E_SCHEMA, "'%.*s' is empty", FB_STR_ARG(name_of(value)));
        fb_err_hint(err, "Leave the member out when there is nothing to say, or fill it in.");
        return fb_json_err_at(err, value);
    }
    if (value->text.len > max) {
        fb_err_set(err, FB_E_LIMIT, "'%.*s' has %zu bytes; at most %zu are allowed",
            FB_STR_ARG(name_of(value)), value->text.len, max);
        fb_err_hint(err, "Shorten it, or put the full text into a file and refer to its digest.");
        return fb_json_err_at(err, value);
    }
    size_t bad = find_control(value->text, type == FB_FIELD_TEXT);
    if (bad < value->text.len) {
        fb_err_set(err, FB_E_SCHEMA, "'%.*s' has a control character at byte %zu",
            FB_STR_ARG(name_of(value)), bad);
        fb_err_hint(err, type == FB_FIELD_TEXT ? "Use no control characters but line breaks (\\n)."
                                               : "Use no control characters and no line breaks.");
        return fb_json_err_at(err, value);
    }
    return FB_OK;
}

static enum fb_code check_name(
    enum fb_field_type type, const struct fb_json *value, struct fb_err *err)
{
    enum fb_code code = check_string(type, value, FB_ID_MAX, err);
    for (size_t i = 0; code == FB_OK && i < value->text.len; i++) {
        if (!is_name_byte(value->text.ptr[i])) {
            fb_err_set(err, FB_E_SCHEMA,
                "'%.*s' has a character that names do not have, at byte %zu",
                FB_STR_ARG(name_of(value)), i);
            fb_err_hint(err, "Use letters, digits and . _ - / : @ + only.");
            code = fb_json_err_at(err, value);
        }
    }
    return code;
}

/* The kind that an id begins with, or NONE when it is no id. */
static enum fb_kind kind_of_id(struct fb_str id)
{
    size_t slash = fb_str_find(id, '/', 0);
    return slash + 1 < id.len ? fb_kind_of(fb_str_sub(id, 0, slash)) : FB_KIND_NONE;
}

enum fb_code fb_check_id(const struct fb_json *value, enum fb_kind kind, struct fb_err *err)
{
    FB_ASSERT(value && kind != FB_KIND_NONE);
    enum fb_code code = check_name(FB_FIELD_REF, value, err);
    if (code != FB_OK) {
        return code;
    }
    enum fb_kind found = kind_of_id(value->text);
    if (found == kind) {
        return FB_OK;
    }
    const char *name = fb_kind_name(kind);
    if (found == FB_KIND_NONE) {
        fb_err_set(err, FB_E_SCHEMA, "'%.*s' is \"%.*s\", which is no id of kind %s",
            FB_STR_ARG(name_of(value)), FB_STR_ARG(value->text), name);
    } else {
        fb_err_set(err, FB_E_REFERENCE, "'%.*s' is \"%.*s\", of kind %s; kind %s is needed here",
            FB_STR_ARG(name_of(value)), FB_STR_ARG(value->text), fb_kind_name(found), name);
    }
    fb_err_hint(err, "Write \"%s/\" and a name, as \"%s/one\".", name, name);
    return fb_json_err_at(err, value);
}

/* The id of a record of any kind. */
static enum fb_code check_any_id(const struct fb_json *value, struct fb_err *err)
{
    enum fb_code code = check_name(FB_FIELD_RECORD, value, err);
    if (code == FB_OK && kind_of_id(value->text) == FB_KIND_NONE) {
        fb_err_set(err, FB_E_SCHEMA, "'%.*s' is \"%.*s\", which is no id of a record",
            FB_STR_ARG(name_of(value)), FB_STR_ARG(value->text));
        fb_err_hint(err, "%s", types[FB_FIELD_RECORD].hint);
        code = fb_json_err_at(err, value);
    }
    return code;
}

/* A list of ids of one kind, none twice. */
static enum fb_code check_ids(enum fb_kind kind, const struct fb_json *value, struct fb_err *err)
{
    if (value->kind != FB_JSON_ARRAY) {
        return wrong_type(FB_FIELD_REFS, value, err);
    }
    if (value->count > FB_REFS_MAX) {
        fb_err_set(err, FB_E_LIMIT, "'%.*s' has %zu items; at most %d are allowed",
            FB_STR_ARG(name_of(value)), value->count, (int)FB_REFS_MAX);
        fb_err_hint(err, "Split the record into several.");
        return fb_json_err_at(err, value);
    }
    for (const struct fb_json *item = value->child; item; item = item->next) {
        enum fb_code code = fb_check_id(item, kind, err);
        for (const struct fb_json *other = value->child; code == FB_OK && other != item;
             other = other->next) {
            if (fb_str_eq(other->text, item->text)) {
                fb_err_set(err, FB_E_DUPLICATE, "'%.*s' has \"%.*s\" twice",
                    FB_STR_ARG(name_of(value)), FB_STR_ARG(item->text));
                fb_err_hint(err, "Name each once.");
                code = fb_json_err_at(err, item);
            }
        }
        if (code != FB_OK) {
            return code;
        }
    }
    return FB_OK;
}

enum fb_code fb_check_time(const struct fb_json *value, fb_time *out, struct fb_err *err)
{
    FB_ASSERT(value && out);
    if (value->kind != FB_JSON_STRING) {
        return wrong_type(FB_FIELD_TIME, value, err);
    }
    enum fb_code code = fb_time_parse(value->text, out, err);
    if (code != FB_OK) {
        fb_err_prefix(err, "'%.*s'", FB_STR_ARG(name_of(value)));
        return fb_json_err_at(err, value);
    }
    return FB_OK;
}

static enum fb_code check_int(const struct fb_json *value, struct fb_err *err)
{
    if (value->kind != FB_JSON_NUMBER) {
        return wrong_type(FB_FIELD_INT, value, err);
    }
    if (value->is_integer && value->integer >= 0 && value->integer <= FB_INT_MAX) {
        return FB_OK;
    }
    fb_err_set(err, value->is_integer ? FB_E_RANGE : FB_E_SCHEMA,
        "'%.*s' is %.*s; it must be a whole number from 0 to 2^53", FB_STR_ARG(name_of(value)),
        FB_STR_ARG(fb_str_sub(value->text, 0, 40)));
    fb_err_hint(err, "%s", types[FB_FIELD_INT].hint);
    return fb_json_err_at(err, value);
}

static enum fb_code check_number(const struct fb_json *value, struct fb_err *err)
{
    if (value->kind != FB_JSON_NUMBER) {
        return wrong_type(FB_FIELD_NUMBER, value, err);
    }
    if (isfinite(value->number) && value->number >= 0) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_RANGE, "'%.*s' is %.*s; it must be finite and 0 or more",
        FB_STR_ARG(name_of(value)), FB_STR_ARG(fb_str_sub(value->text, 0, 40)));
    fb_err_hint(err, "%s", types[FB_FIELD_NUMBER].hint);
    return fb_json_err_at(err, value);
}

static enum fb_code check_flag(const struct fb_json *value, struct fb_err *err)
{
    bool good = value->kind == FB_JSON_TRUE || value->kind == FB_JSON_FALSE;
    return good ? FB_OK : wrong_type(FB_FIELD_FLAG, value, err);
}

static enum fb_code check_digest(const struct fb_json *value, struct fb_err *err)
{
    if (value->kind != FB_JSON_STRING) {
        return wrong_type(FB_FIELD_DIGEST, value, err);
    }
    struct fb_str prefix = FB_STR("sha256:");
    bool good = fb_str_starts(value->text, prefix) && value->text.len == prefix.len + DIGEST_DIGITS;
    for (size_t i = prefix.len; good && i < value->text.len; i++) {
        char c = value->text.ptr[i];
        good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
    if (good) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_SCHEMA, "'%.*s' is not a digest", FB_STR_ARG(name_of(value)));
    fb_err_hint(err, "%s", types[FB_FIELD_DIGEST].hint);
    return fb_json_err_at(err, value);
}

static enum fb_code check_strings(const struct fb_json *value, struct fb_err *err)
{
    if (value->kind != FB_JSON_ARRAY) {
        return wrong_type(FB_FIELD_STRINGS, value, err);
    }
    if (value->count > FB_STRINGS_MAX) {
        fb_err_set(err, FB_E_LIMIT, "'%.*s' has %zu items; at most %d are allowed",
            FB_STR_ARG(name_of(value)), value->count, (int)FB_STRINGS_MAX);
        fb_err_hint(err, "Split the record into several.");
        return fb_json_err_at(err, value);
    }
    enum fb_code code = FB_OK;
    for (const struct fb_json *item = value->child; item && code == FB_OK; item = item->next) {
        code = check_string(FB_FIELD_STRING, item, FB_STRING_MAX, err);
    }
    return code;
}

static enum fb_code check_word(const char *words, const struct fb_json *value, struct fb_err *err)
{
    if (value->kind != FB_JSON_STRING) {
        return wrong_type(FB_FIELD_ENUM, value, err);
    }
    struct fb_str all = fb_str_of(words);
    struct fb_near near;
    fb_near_init(&near, value->text);
    for (size_t from = 0; from <= all.len;) {
        size_t end = fb_str_find(all, '|', from);
        struct fb_str word = fb_str_sub(all, from, end - from);
        if (fb_str_eq(word, value->text)) {
            return FB_OK;
        }
        fb_near_offer(&near, word);
        from = end + 1;
    }
    fb_err_set(err, FB_E_SCHEMA, "'%.*s' is \"%.*s\", which is none of %s",
        FB_STR_ARG(name_of(value)), FB_STR_ARG(fb_str_sub(value->text, 0, 40)), words);
    if (near.best.len) {
        fb_err_hint(err, "Did you mean \"%.*s\"?", FB_STR_ARG(near.best));
    } else {
        fb_err_hint(err, "Write one of these words in double quotes: %s.", words);
    }
    return fb_json_err_at(err, value);
}

/* A TREE stands two levels deep in its statement, and may use what is left of the allowed depth. */
static enum fb_code check_tree(const struct fb_json *value, struct fb_err *err)
{
    size_t depth = 2;
    const struct fb_json *node = value;
    while (node) {
        bool container = node->kind == FB_JSON_ARRAY || node->kind == FB_JSON_OBJECT;
        if (container && depth == FB_STATEMENT_DEPTH) {
            fb_err_set(err, FB_E_LIMIT, "'%.*s' nests more than %d levels deep",
                FB_STR_ARG(name_of(value)), (int)FB_STATEMENT_DEPTH - 2);
            fb_err_hint(err, "Flatten it, or put it into a file and refer to its digest.");
            return fb_json_err_at(err, node);
        }
        if (node->child) {
            node = node->child;
            depth++;
            continue;
        }
        while (node != value && !node->next) {
            node = node->parent;
            depth--;
        }
        node = node == value ? NULL : node->next;
    }
    return FB_OK;
}

enum fb_code fb_check_field(
    const struct fb_field *field, const struct fb_json *value, struct fb_err *err)
{
    FB_ASSERT(field && value);
    fb_time time;
    switch (field->type) {
    case FB_FIELD_STRING:
        return check_string(field->type, value, FB_STRING_MAX, err);
    case FB_FIELD_TEXT:
        return check_string(field->type, value, FB_TEXT_MAX, err);
    case FB_FIELD_NAME:
        return check_name(field->type, value, err);
    case FB_FIELD_INT:
        return check_int(value, err);
    case FB_FIELD_NUMBER:
        return check_number(value, err);
    case FB_FIELD_FLAG:
        return check_flag(value, err);
    case FB_FIELD_TIME:
    case FB_FIELD_INSTANT:
        return fb_check_time(value, &time, err);
    case FB_FIELD_DIGEST:
        return check_digest(value, err);
    case FB_FIELD_STRINGS:
        return check_strings(value, err);
    case FB_FIELD_TREE:
        return check_tree(value, err);
    case FB_FIELD_REF:
        return fb_check_id(value, field->ref, err);
    case FB_FIELD_REFS:
        return check_ids(field->ref, value, err);
    case FB_FIELD_RECORD:
        return check_any_id(value, err);
    case FB_FIELD_ENUM:
        return check_word(field->words, value, err);
    }
    FB_ASSERT(false);
    return FB_OK;
}

static enum fb_code unknown_field(
    enum fb_kind kind, const struct fb_json *value, struct fb_err *err)
{
    size_t count;
    const struct fb_field *fields = fb_kind_fields(kind, &count);
    struct fb_near near;
    struct fb_buf list;
    fb_near_init(&near, value->key);
    fb_buf_init(&list, LIST_MAX_BYTES);
    for (size_t i = 0; i < count; i++) {
        fb_near_offer(&near, fb_str_of(fields[i].name));
        fb_buf_addf(&list, "%s%s", i ? ", " : "", fields[i].name);
    }
    fb_err_set(err, FB_E_SCHEMA, "a record of kind %s has no field '%.*s'", fb_kind_name(kind),
        FB_STR_ARG(fb_str_sub(value->key, 0, 60)));
    if (near.best.len) {
        fb_err_hint(err, "Did you mean '%.*s'?", FB_STR_ARG(near.best));
    } else {
        fb_err_hint(err, "Its fields are %s.", list.ptr ? list.ptr : "listed in docs/RECORDS.md");
    }
    fb_buf_release(&list);
    return fb_json_err_at(err, value);
}

static enum fb_code missing_field(
    const struct fb_field *field, const struct fb_json *body, struct fb_err *err)
{
    fb_err_set(err, FB_E_SCHEMA, "a record of kind %s needs the field '%s'",
        fb_kind_name(field->kind), field->name);
    fb_err_hint(err, "Add '%s': %s.", field->name, field->text);
    return fb_check_missing_at(err, body, field->name);
}

enum fb_code fb_check_body(enum fb_kind kind, const struct fb_json *body, struct fb_err *err)
{
    FB_ASSERT(body);
    if (body->kind != FB_JSON_OBJECT) {
        fb_err_set(
            err, FB_E_SCHEMA, "'body' must be an object, not %s", json_kind_name(body->kind));
        fb_err_hint(err, "Write the fields of the record as {\"name\": value, ...}.");
        return fb_json_err_at(err, body);
    }
    size_t count;
    const struct fb_field *fields = fb_kind_fields(kind, &count);
    for (const struct fb_json *value = body->child; value; value = value->next) {
        int at = fb_kind_field(kind, value->key);
        enum fb_code code =
            at < 0 ? unknown_field(kind, value, err) : fb_check_field(&fields[at], value, err);
        if (code != FB_OK) {
            return code;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].needed && !fb_json_get(body, fields[i].name)) {
            return missing_field(&fields[i], body, err);
        }
    }
    return fb_check_rules(kind, body, err);
}

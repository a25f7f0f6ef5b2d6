/* Tests of src/record/schema.c, and that docs/RECORDS.md says what kinds.def and roles.def say. */
#include <ctype.h>

#include "base/io.h"
#include "fb_test.h"
#include "record/schema.h"

static const struct fb_json *schema_of(enum fb_kind kind, struct fb_arena *arena)
{
    struct fb_err err;
    struct fb_buf text;
    struct fb_json *root = NULL;
    fb_err_init(&err);
    fb_buf_init(&text, 1 << 20);
    fb_kind_schema(kind, &text);
    FB_TEST_OK(fb_buf_check(&text, "a schema", &err));
    FB_TEST_OK(fb_json_parse(fb_buf_str(&text), fb_kind_name(kind), NULL, arena, &root, &err));
    fb_buf_release(&text);
    return root;
}

static bool lists(const struct fb_json *list, const char *word)
{
    for (const struct fb_json *item = list->child; item; item = item->next) {
        if (fb_str_is(item->text, word)) {
            return true;
        }
    }
    return false;
}

/* Each field stands in the schema of its kind, and in `required` exactly when it is needed. */
static void test_fields(void **state)
{
    (void)state;
    for (int kind = 1; kind < FB_KIND_END; kind++) {
        struct fb_arena arena;
        fb_arena_init(&arena, 1 << 20);
        const struct fb_json *root = schema_of((enum fb_kind)kind, &arena);
        assert_true(fb_str_is(fb_json_get_str(root, "title"), fb_kind_name((enum fb_kind)kind)));
        assert_int_equal(fb_json_get(root, "additionalProperties")->kind, FB_JSON_FALSE);
        const struct fb_json *members = fb_json_get(root, "properties");
        enum fb_subject_rule subject = fb_kind_subject((enum fb_kind)kind);
        assert_int_equal(fb_json_get(members, "subject") != NULL, subject != FB_SUBJECT_NONE);
        assert_int_equal(
            lists(fb_json_get(root, "required"), "subject"), subject == FB_SUBJECT_NEEDED);
        assert_false(lists(fb_json_get(root, "required"), "supersedes"));
        const struct fb_json *body = fb_json_get(members, "body");
        size_t count;
        const struct fb_field *fields = fb_kind_fields((enum fb_kind)kind, &count);
        assert_int_equal(fb_json_get(body, "properties")->count, count);
        assert_int_equal(fb_json_get(body, "additionalProperties")->kind, FB_JSON_FALSE);
        for (size_t i = 0; i < count; i++) {
            assert_non_null(fb_json_get(fb_json_get(body, "properties"), fields[i].name));
            assert_int_equal(
                lists(fb_json_get(body, "required"), fields[i].name), fields[i].needed);
        }
        fb_arena_release(&arena);
    }
}

static void test_types(void **state)
{
    (void)state;
    struct fb_arena arena;
    fb_arena_init(&arena, 1 << 20);
    const struct fb_json *root = schema_of(FB_KIND_report, &arena);
    const struct fb_json *members = fb_json_get(root, "properties");
    assert_true(fb_str_is(
        fb_json_get_str(fb_json_get(members, "id"), "pattern"), "^report/[A-Za-z0-9._/:@+-]+$"));
    const struct fb_json *body = fb_json_get(fb_json_get(members, "body"), "properties");
    assert_true(fb_str_is(
        fb_json_get_str(fb_json_get(body, "about"), "pattern"), "^incident/[A-Za-z0-9._/:@+-]+$"));
    const struct fb_json *words = fb_json_get(fb_json_get(body, "stage"), "enum");
    assert_int_equal(words->count, 3);
    assert_true(fb_str_is(words->child->text, "initial"));
    root = schema_of(FB_KIND_measure, &arena);
    body = fb_json_get(fb_json_get(fb_json_get(root, "properties"), "body"), "properties");
    const struct fb_json *level = fb_json_get(body, "level");
    assert_true(fb_str_is(fb_json_get_str(level, "type"), "integer"));
    assert_int_equal(fb_json_get(level, "maximum")->integer, 9007199254740992);
    root = schema_of(FB_KIND_order, &arena);
    body = fb_json_get(fb_json_get(fb_json_get(root, "properties"), "body"), "properties");
    const struct fb_json *by = fb_json_get(body, "release_by");
    assert_true(fb_str_is(fb_json_get_str(by, "type"), "array"));
    assert_int_equal(fb_json_get(by, "uniqueItems")->kind, FB_JSON_TRUE);
    assert_true(fb_str_is(
        fb_json_get_str(fb_json_get(by, "items"), "pattern"), "^party/[A-Za-z0-9._/:@+-]+$"));
    root = schema_of(FB_KIND_review, &arena);
    body = fb_json_get(fb_json_get(fb_json_get(root, "properties"), "body"), "properties");
    struct fb_str any = fb_json_get_str(fb_json_get(body, "about"), "pattern");
    assert_true(fb_str_starts(any, FB_STR("^(party|key|system|")));
    assert_true(fb_str_ends(any, FB_STR("|forecast)/[A-Za-z0-9._/:@+-]+$")));
    fb_arena_release(&arena);
}

static const char *type_text(const struct fb_field *field, char *out, size_t size)
{
    switch (field->type) {
    case FB_FIELD_STRING:
        return "string";
    case FB_FIELD_TEXT:
        return "text";
    case FB_FIELD_NAME:
        return "name";
    case FB_FIELD_INT:
        return "whole number";
    case FB_FIELD_NUMBER:
        return "number";
    case FB_FIELD_FLAG:
        return "true or false";
    case FB_FIELD_TIME:
        return "time";
    case FB_FIELD_INSTANT:
        return "time, also ahead";
    case FB_FIELD_REFS:
        snprintf(out, size, "ids of [%s](#%s) records", fb_kind_name(field->ref),
            fb_kind_name(field->ref));
        return out;
    case FB_FIELD_RECORD:
        return "id of a record";
    case FB_FIELD_DIGEST:
        return "digest";
    case FB_FIELD_STRINGS:
        return "list of strings";
    case FB_FIELD_TREE:
        return "any value";
    case FB_FIELD_REF:
        snprintf(
            out, size, "id of a [%s](#%s)", fb_kind_name(field->ref), fb_kind_name(field->ref));
        return out;
    case FB_FIELD_ENUM: {
        size_t at = 0;
        for (const char *c = field->words; *c && at + 3 < size; c++) {
            if (*c == '|') {
                out[at++] = ',';
                out[at++] = ' ';
            } else {
                out[at++] = *c;
            }
        }
        out[at] = 0;
        return out;
    }
    }
    return "?";
}

static const char *const issuers[FB_KIND_END] = {
#define FB_ISSUERS(kind, reach, roles) [FB_KIND_##kind] = #reach "|" roles,
#include "record/roles.def"
};

static const struct {
    enum fb_kind kind;
    const char *role, *field, *words;
} sayings[] = {
#define FB_SAYS(kind, role, field, words) {FB_KIND_##kind, #role, #field, words},
#include "record/roles.def"
};

static void print_issuers(enum fb_kind kind, struct fb_buf *out)
{
    bool own = strncmp(issuers[kind], "OWN", 3) == 0;
    fb_buf_add_c(out, "Issued by ");
    const char *roles = strchr(issuers[kind], '|') + 1;
    for (const char *c = roles; *c; c++) {
        if (*c == '|') {
            fb_buf_add_c(out, ", ");
        } else {
            fb_buf_add_char(out, *c);
        }
    }
    fb_buf_addf(out, "%s%s.", own ? " (a developer: about its own only)" : "",
        kind == FB_KIND_key ? "; by every party for itself" : "");
    for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++) {
        if (sayings[i].kind == kind) {
            fb_buf_addf(out, " The %s says only %s as its `%s`.", sayings[i].role, sayings[i].words,
                sayings[i].field);
        }
    }
    fb_buf_add_c(out, "\n\n");
}

/* The part of docs/RECORDS.md that follows from the tables. */
static void print_kinds(struct fb_buf *out)
{
    static const char *const subjects[] = {"no subject", "subject needed", "subject allowed"};
    for (int k = 1; k < FB_KIND_END; k++) {
        enum fb_kind kind = (enum fb_kind)k;
        size_t count;
        const struct fb_field *fields = fb_kind_fields(kind, &count);
        const char *text = fb_kind_text(kind);
        fb_buf_addf(out, "### %s\n\n%c%s; %s. ", fb_kind_name(kind), toupper(text[0]), text + 1,
            subjects[fb_kind_subject(kind)]);
        print_issuers(kind, out);
        fb_buf_add_c(out, "| field | type | | what it means |\n|---|---|---|---|\n");
        for (size_t i = 0; i < count; i++) {
            char type[200];
            fb_buf_addf(out, "| `%s` | %s | %s | %s |\n", fields[i].name,
                type_text(&fields[i], type, sizeof(type)), fields[i].needed ? "needed" : "",
                fields[i].text);
        }
        fb_buf_add_char(out, '\n');
    }
}

/* With FB_UPDATE_DOCS set, the test writes the page instead of comparing it. */
static void test_page(void **state)
{
    (void)state;
    static const char *const begin = "<!-- kinds.def and roles.def, from here -->\n\n";
    static const char *const end = "<!-- to here -->\n";
    char path[4096];
    struct fb_err err;
    struct fb_buf page, want;
    fb_err_init(&err);
    fb_buf_init(&page, 1 << 20);
    fb_buf_init(&want, 1 << 20);
    const char *root = getenv("FB_SOURCE_ROOT");
    snprintf(path, sizeof(path), "%s/docs/RECORDS.md", root ? root : ".");
    FB_TEST_OK(fb_io_read(path, &page, &err));
    char *from = strstr(page.ptr, begin);
    char *to = strstr(page.ptr, end);
    assert_true(from && to && from < to);
    fb_buf_add(&want, page.ptr, (size_t)(from - page.ptr) + strlen(begin));
    print_kinds(&want);
    fb_buf_add_c(&want, to);
    FB_TEST_OK(fb_buf_check(&want, "the page", &err));
    if (getenv("FB_UPDATE_DOCS")) {
        FB_TEST_OK(fb_io_write(path, fb_buf_str(&want), 0644, &err));
    } else {
        assert_string_equal(page.ptr, want.ptr);
    }
    fb_buf_release(&want);
    fb_buf_release(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields), cmocka_unit_test(test_types), cmocka_unit_test(test_page)};
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}

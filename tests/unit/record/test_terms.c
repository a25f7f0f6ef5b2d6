/* What records are looked up by. The numbers stand in files: they never change. */
#include <string.h>

#include "fb_test.h"
#include "record/terms.h"

static struct fb_err err;

static bool has(const struct fb_record *record, uint64_t term)
{
    uint64_t terms[FB_TERMS_MAX];
    size_t count = fb_record_terms(record, terms);
    for (size_t i = 0; i < count; i++) {
        if (terms[i] == term) {
            return true;
        }
    }
    return false;
}

static void parse(const char *text, struct fb_arena *arena, struct fb_record *out)
{
    FB_TEST_OK(fb_record_parse(fb_str_of(text), NULL, arena, out, &err));
    out->admitted = 1000000;
}

static void test_terms(void **unused)
{
    struct fb_arena arena;
    struct fb_record r;
    (void)unused;
    fb_arena_init(&arena, 1 << 20);
    parse("{\"at\":\"2026-08-11T00:00:00Z\",\"body\":{\"class\":\"death\",\"known_to\":\"party/a\","
          "\"systems\":[\"system/x\",\"system/y\"],\"title\":\"x\"},\"id\":\"incident/i\","
          "\"issuer\":\"party/b\",\"kind\":\"incident\",\"subject\":\"system/s\","
          "\"supersedes\":\"incident/h\"}",
        &arena, &r);
    assert_true(has(&r, fb_term_id(FB_STR("incident/i"))));
    assert_true(has(&r, fb_term_kind(FB_KIND_incident)));
    assert_true(has(&r, fb_term_newer(FB_STR("incident/h"))));
    assert_true(has(&r, fb_term_corrections()));
    assert_true(has(&r, fb_term_corrections_at(1000000)));
    assert_true(has(&r, fb_term_field(FB_KIND_incident, FB_STR("subject"), FB_STR("system/s"))));
    assert_true(has(&r, fb_term_field(FB_KIND_incident, FB_STR("issuer"), FB_STR("party/b"))));
    assert_true(has(&r, fb_term_field(FB_KIND_incident, FB_STR("class"), FB_STR("death"))));
    assert_true(has(&r, fb_term_field(FB_KIND_incident, FB_STR("known_to"), FB_STR("party/a"))));
    assert_true(has(&r, fb_term_field(FB_KIND_incident, FB_STR("systems"), FB_STR("system/y"))));
    /* Another kind, field, value or instant is another term. */
    assert_false(has(&r, fb_term_id(FB_STR("incident/h"))));
    assert_false(has(&r, fb_term_newer(FB_STR("incident/i"))));
    assert_false(has(&r, fb_term_corrections_at(1000001)));
    assert_false(has(&r, fb_term_field(FB_KIND_report, FB_STR("subject"), FB_STR("system/s"))));
    assert_false(has(&r, fb_term_field(FB_KIND_incident, FB_STR("known_to"), FB_STR("party/b"))));
    assert_false(has(&r, fb_term_revocations()));
    /* Without what it may have. */
    parse("{\"at\":\"2026-08-11T00:00:00Z\",\"body\":{\"to\":\"office\",\"topic\":\"framework\"},"
          "\"id\":\"report/r\","
          "\"issuer\":\"party/b\",\"kind\":\"report\"}",
        &arena, &r);
    assert_true(has(&r, fb_term_field(FB_KIND_report, FB_STR("subject"), FB_STR(""))));
    assert_true(has(&r, fb_term_field(FB_KIND_report, FB_STR("to"), FB_STR("office"))));
    assert_false(has(&r, fb_term_corrections()));
    fb_arena_release(&arena);
}

static void test_fields(void **unused)
{
    bool ref = false;
    (void)unused;
    assert_true(fb_term_has(FB_KIND_report, FB_STR("about"), &ref) && ref);
    assert_true(fb_term_has(FB_KIND_report, FB_STR("subject"), &ref) && ref);
    assert_true(fb_term_has(FB_KIND_report, FB_STR("to"), &ref) && !ref);
    assert_true(fb_term_has(FB_KIND_report, FB_STR("document"), &ref) && !ref);
    assert_true(fb_term_has(FB_KIND_party, FB_STR("role"), &ref) && !ref);
    assert_true(fb_term_has(FB_KIND_party, FB_STR("issuer"), NULL));
    assert_false(fb_term_has(FB_KIND_party, FB_STR("subject"), NULL)); /* it is about nothing */
    assert_false(fb_term_has(FB_KIND_report, FB_STR("stage"), NULL));  /* few words */
    assert_false(fb_term_has(FB_KIND_system, FB_STR("title"), &ref) || ref);
    assert_false(fb_term_has(FB_KIND_system, FB_STR("nothing"), NULL));
    assert_true(fb_term_has_none(FB_KIND_report, FB_STR("subject")));
    assert_false(fb_term_has_none(FB_KIND_incident, FB_STR("subject"))); /* which all have */
    assert_false(fb_term_has_none(FB_KIND_report, FB_STR("about")));
}

/* As many as a record can have: of each list all that it may hold. */
static void test_most(void **unused)
{
    uint64_t terms[FB_TERMS_MAX];
    struct fb_arena arena;
    struct fb_buf text;
    struct fb_record r;
    (void)unused;
    fb_arena_init(&arena, 1 << 22);
    fb_buf_init(&text, FB_STATEMENT_MAX);
    fb_buf_add_c(&text, "{\"at\":\"2026-08-11T00:00:00Z\",\"body\":{\"also_from\":[");
    for (int i = 0; i < FB_REFS_MAX; i++) {
        fb_buf_addf(&text, "%s\"system/%d\"", i ? "," : "", i);
    }
    fb_buf_add_c(&text, "],\"derivation\":\"merging\",\"derived_from\":\"system/b\","
                        "\"developer\":\"party/a\",\"models\":[");
    for (int i = 0; i < FB_STRINGS_MAX; i++) {
        fb_buf_addf(&text, "%s\"m%d\"", i ? "," : "", i);
    }
    fb_buf_add_c(&text, "],\"title\":\"x\"},\"id\":\"system/s\",\"issuer\":\"party/a\","
                        "\"kind\":\"system\"}");
    parse(text.ptr, &arena, &r);
    /* And the id, the kind, the issuer, what it was made from and who develops it. */
    assert_int_equal(fb_record_terms(&r, terms), FB_REFS_MAX + FB_STRINGS_MAX + 5);
    assert_true(has(&r, fb_term_field(FB_KIND_system, FB_STR("models"), FB_STR("m999"))));
    fb_buf_release(&text);
    fb_arena_release(&arena);
}

/* As files have them: the first 48 bits of SHA-256, by hand. */
static void test_stable(void **unused)
{
    (void)unused;
    assert_true(fb_term_id(FB_STR("system/s")) == UINT64_C(0xfa2093a807b2));
    assert_true(
        fb_term_field(FB_KIND_report, FB_STR("to"), FB_STR("office")) == UINT64_C(0x0d96a65eb21f));
    assert_true(fb_term_corrections_at(0) == UINT64_C(0x612b69c5e5a1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terms),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_most),
        cmocka_unit_test(test_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

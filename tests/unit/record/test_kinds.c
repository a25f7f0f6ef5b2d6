/* Tests of src/record/kinds.c and src/record/near.c. */
#include "fb_test.h"
#include "record/near.h"
#include "record/record.h"

/* Numbers are stable: this list may grow, but no line of it may change. */
static void test_numbers(void **state)
{
    (void)state;
    const char *names[] = {"party", "key", "system", "dataset", "run", "usage", "deployment",
        "evaluation", "incident", "report", "case", "policy", "measure", "cluster", "audit",
        "grant", "access", "review", "licence", "order", "budget", "disclosure", "decision",
        "erasure", "risk", "progress", "staffing", "forecast"};
    size_t count = sizeof(names) / sizeof(names[0]);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fb_kind_of(fb_str_of(names[i])), i + 1);
        assert_string_equal(fb_kind_name((enum fb_kind)(i + 1)), names[i]);
    }
    assert_int_equal(FB_KIND_END, count + 1);
    assert_int_equal(fb_kind_of(FB_STR("")), FB_KIND_NONE);
    assert_int_equal(fb_kind_of(FB_STR("Party")), FB_KIND_NONE);
    assert_int_equal(fb_kind_of(FB_STR("part")), FB_KIND_NONE);
}

static void test_subjects(void **state)
{
    (void)state;
    assert_int_equal(fb_kind_subject(FB_KIND_party), FB_SUBJECT_NONE);
    assert_int_equal(fb_kind_subject(FB_KIND_system), FB_SUBJECT_NONE);
    assert_int_equal(fb_kind_subject(FB_KIND_policy), FB_SUBJECT_NONE);
    assert_int_equal(fb_kind_subject(FB_KIND_report), FB_SUBJECT_MAY);
    assert_int_equal(fb_kind_subject(FB_KIND_usage), FB_SUBJECT_MAY);
    assert_int_equal(fb_kind_subject(FB_KIND_measure), FB_SUBJECT_NEEDED);
    assert_string_equal(fb_kind_text(FB_KIND_run), "a training run of a system");
}

static void test_fields(void **state)
{
    (void)state;
    size_t count;
    const struct fb_field *fields = fb_kind_fields(FB_KIND_key, &count);
    assert_int_equal(count, 7);
    assert_string_equal(fields[0].name, "party");
    assert_int_equal(fields[0].type, FB_FIELD_REF);
    assert_int_equal(fields[0].ref, FB_KIND_party);
    assert_true(fields[0].needed);
    assert_string_equal(fields[4].name, "valid_until");
    assert_int_equal(fields[4].type, FB_FIELD_INSTANT);
    assert_false(fields[4].needed);
    assert_int_equal(fb_kind_field(FB_KIND_key, FB_STR("valid_from")), 3);
    assert_int_equal(fb_kind_field(FB_KIND_key, FB_STR("title")), -1);
    fields = fb_kind_fields(FB_KIND_party, &count);
    assert_int_equal(count, 5);
    assert_string_equal(fields[1].words, "developer|regulator|auditor|evaluator|witness|operator");
    fields = fb_kind_fields(FB_KIND_measure, &count);
    assert_int_equal(count, 3);
    assert_string_equal(fields[2].name, "evidence");
    for (int kind = 1; kind < FB_KIND_END; kind++) {
        fields = fb_kind_fields((enum fb_kind)kind, &count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(fields[i].kind, kind);
            assert_int_equal(fb_kind_field((enum fb_kind)kind, fb_str_of(fields[i].name)), i);
            assert_true(fields[i].text[0] != 0);
            bool has_ref = fields[i].type == FB_FIELD_REF || fields[i].type == FB_FIELD_REFS;
            assert_int_equal(has_ref, fields[i].ref != FB_KIND_NONE);
            bool many = fields[i].type == FB_FIELD_REFS || fields[i].type == FB_FIELD_STRINGS;
            assert_int_equal(
                fb_field_is_column(&fields[i]), !many && fields[i].type != FB_FIELD_TREE);
            assert_int_equal(fields[i].type == FB_FIELD_ENUM, fields[i].words != NULL);
        }
    }
}

static const char *nearest(const char *word, const char *const *candidates, size_t count)
{
    struct fb_near near;
    fb_near_init(&near, fb_str_of(word));
    for (size_t i = 0; i < count; i++) {
        fb_near_offer(&near, fb_str_of(candidates[i]));
    }
    return near.best.ptr ? near.best.ptr : "";
}

static void test_near(void **state)
{
    (void)state;
    const char *const words[] = {"class", "title", "known_to", "known_at", "description"};
    const struct {
        const char *word, *want;
    } cases[] = {{"clas", "class"}, {"calss", "class"}, {"Title", "title"}, {"xitle", "title"},
        {"knwon_at", "known_at"}, {"knownto", "known_to"}, {"descripton", "description"},
        {"description", "description"}, {"", ""}, {"c", ""}, {"severity", ""}, {"tie", ""},
        {"known_on", "known_to"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(nearest(cases[i].word, words, 5), cases[i].want);
    }
    char long_word[FB_NEAR_MAX + 2];
    memset(long_word, 'a', sizeof(long_word));
    long_word[FB_NEAR_MAX] = 0;
    const char *same[] = {long_word};
    assert_string_equal(nearest(long_word, same, 1), long_word);
    long_word[FB_NEAR_MAX] = 'a';
    long_word[FB_NEAR_MAX + 1] = 0;
    assert_string_equal(nearest(long_word, same, 1), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_subjects), cmocka_unit_test(test_fields),
        cmocka_unit_test(test_near)};
    return cmocka_run_group_tests_name("kinds", tests, NULL, NULL);
}

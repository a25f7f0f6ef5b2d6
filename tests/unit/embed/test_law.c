/* Tests of law.c and flyball/policy.h: policies and a history inside another program. */
#include "base/alloc.h"
#include "fb_test.h"
#include "flyball/policy.h"

static struct fb_err err;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    return 0;
}

static const char duty_text[] = "policy \"t/incidents\"\n"
                                "  title     \"T\"\n"
                                "  version   1\n"
                                "  effective 2026-01-01\n"
                                "duty tell(S, I)\n"
                                "  title     \"report\"\n"
                                "  when      incident I of system S with class C, known to P\n"
                                "  party     P\n"
                                "  must      report I to \"office\"\n"
                                "  within    5 days\n"
                                "  of        P knowing of I\n";

static const char line_text[] = "policy \"t/line\"\n"
                                "  title   \"L\"\n"
                                "  version 1\n"
                                "redline cyber(S)\n"
                                "  measure success of S on \"cybench\"\n"
                                "  crossed at 50% with 95% confidence\n";

static const char party[] =
    "{\"kind\":\"party\",\"id\":\"party/dev\",\"at\":\"2026-01-01T00:00:00Z\","
    "\"body\":{\"title\":\"D\",\"role\":\"developer\"}}";
static const char system_text[] =
    "{\"kind\":\"system\",\"id\":\"system/s\",\"at\":\"2026-01-01T00:00:00Z\","
    "\"issuer\":\"party/dev\",\"body\":{\"title\":\"S\",\"developer\":\"party/dev\"}}";
static const char incident[] =
    "{\"kind\":\"incident\",\"id\":\"incident/1\",\"at\":\"2026-03-02T00:00:00Z\","
    "\"issuer\":\"party/dev\",\"subject\":\"system/s\",\"body\":{\"title\":\"harm\","
    "\"class\":\"death\",\"known_to\":\"party/dev\",\"known_at\":\"2026-03-02T00:00:00Z\"}}";

static enum fb_code add_policy(struct fb_law *law, const char *text)
{
    return fb_law_policy(law, text, strlen(text), "p.fly", &err);
}

static enum fb_code add(struct fb_law *law, const char *json, const char *known)
{
    return fb_law_record(law, json, strlen(json), known, &err);
}

static struct fb_law *story(void)
{
    struct fb_law *law = NULL;
    FB_TEST_OK(fb_law_new(&law, &err));
    FB_TEST_OK(add_policy(law, duty_text));
    FB_TEST_OK(add_policy(law, line_text));
    FB_TEST_OK(add(law, party, "2026-03-01"));
    FB_TEST_OK(add(law, system_text, "2026-03-01"));
    FB_TEST_OK(add(law, incident, "2026-03-02T10:00:00Z"));
    return law;
}

static const struct fb_judgement *find(
    const struct fb_judgement *all, size_t count, const char *kind, const char *part)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].kind, kind) == 0 && strstr(all[i].id, part)) {
            return &all[i];
        }
    }
    fail_msg("no %s with '%s'", kind, part);
    return NULL;
}

/* The same history before and after the deadline; nothing is safe that was not measured. */
static void test_decide(void **state)
{
    (void)state;
    struct fb_law *law = story();
    const struct fb_judgement *all = NULL;
    const char *why = NULL;
    size_t count = 0;
    FB_TEST_FAILS(fb_law_explain(law, "duty", &why, &err), FB_E_USAGE);
    FB_TEST_OK(fb_law_decide(law, "2026-03-03", &all, &count, &err));
    const struct fb_judgement *duty = find(all, count, "duty", "tell");
    assert_string_equal(duty->status, "owed");
    assert_string_equal(duty->until, "2026-03-07T00:00:00Z");
    assert_string_equal(duty->system, "system/s");
    assert_string_equal(find(all, count, "redline", "cyber")->status, "not ruled out");
    assert_string_equal(find(all, count, "licence", "act autonomously")->status, "refused");
    FB_TEST_OK(fb_law_decide(law, "2026-03-08T12:00:00Z", &all, &count, &err));
    duty = find(all, count, "duty", "tell");
    assert_string_equal(duty->status, "overdue");
    FB_TEST_OK(fb_law_explain(law, duty->id, &why, &err));
    assert_non_null(strstr(why, "incident/1"));
    FB_TEST_FAILS(fb_law_explain(law, "duty:none", &why, &err), FB_E_NOT_FOUND);
    fb_law_free(law);
}

/* What is refused leaves the law as it was. */
static void test_refusals(void **state)
{
    (void)state;
    struct fb_law *law = story();
    const struct fb_judgement *all = NULL;
    size_t count = 0;
    FB_TEST_FAILS(add_policy(law, line_text), FB_E_USAGE);
    FB_TEST_FAILS(add(law, "{\"kind\":", "2026-03-04"), FB_E_SYNTAX);
    FB_TEST_FAILS(add(law, incident, "2026-03-04"), FB_E_DUPLICATE);
    FB_TEST_FAILS(add(law, "{\"kind\":\"nothing\"}", "2026-03-04"), FB_E_SCHEMA);
    FB_TEST_FAILS(add(law, incident, "2026-03-01"), FB_E_TIME);
    FB_TEST_FAILS(add(law, incident, "yesterday"), FB_E_TIME);
    FB_TEST_FAILS(fb_law_decide(law, "2026-03-01", &all, &count, &err), FB_E_TIME);
    FB_TEST_OK(fb_law_decide(law, "2026-03-03", &all, &count, &err));
    assert_string_equal(find(all, count, "duty", "tell")->status, "owed");
    fb_law_free(law);
    fb_law_free(NULL);
    law = NULL;
    FB_TEST_OK(fb_law_new(&law, &err));
    FB_TEST_FAILS(add_policy(law, "policy \"p\"\n  titel \"T\"\n"), FB_E_SYNTAX);
    assert_int_equal(err.line, 2);
    assert_true(err.hint[0] != '\0');
    FB_TEST_OK(fb_law_decide(law, "2026-03-03", &all, &count, &err));
    assert_int_equal(count, 0);
    fb_law_free(law);
}

static void test_limit(void **state)
{
    (void)state;
    struct fb_law *law = NULL;
    char text[256];
    FB_TEST_OK(fb_law_new(&law, &err));
    for (int i = 0; i <= FB_LAW_POLICIES_MAX; i++) {
        snprintf(text, sizeof(text), "policy \"p%d\"\n  title \"T\"\n  version 1\n", i);
        enum fb_code code = add_policy(law, text);
        assert_int_equal(code, i == FB_LAW_POLICIES_MAX ? FB_E_LIMIT : FB_OK);
    }
    assert_string_equal(err.message, "a law has at most 1000 policies");
    fb_law_free(law);
}

static void test_faults(void **state)
{
    (void)state;
    for (int64_t n = 0;; n += 1 + n / 20) {
        struct fb_law *law = NULL;
        const struct fb_judgement *all = NULL;
        const char *why = NULL;
        size_t count = 0;
        fb_alloc_fail_at(n);
        enum fb_code code = fb_law_new(&law, &err);
        code = code ? code : add_policy(law, duty_text);
        code = code ? code : add(law, party, "2026-03-01");
        code = code ? code : add(law, system_text, "2026-03-01");
        code = code ? code : add(law, incident, "2026-03-02");
        code = code ? code : fb_law_decide(law, "2026-03-03", &all, &count, &err);
        code = code ? code : fb_law_explain(law, "duty:", &why, &err);
        fb_alloc_fail_at(-1);
        fb_law_free(law);
        if (code == FB_OK) {
            assert_true(n > 50);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_decide),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_limit),
        cmocka_unit_test(test_faults)};
    return cmocka_run_group_tests_name("law", tests, setup, NULL);
}

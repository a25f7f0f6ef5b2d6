/*
 * Tests of policy_test.c and test_history.c: the worked histories of tests/lang/histories hold; an
 * expectation that does not hold says what holds; blessing writes it; what is refused has a place.
 */
#include <dirent.h>

#include "base/alloc.h"
#include "base/io.h"
#include "fb_test.h"
#include "govern/policy_test.h"

/* A policy with one red line and one duty; tests are appended. */
#define HEAD                                                                                       \
    "policy \"t\"\n"                                                                               \
    "  title     \"T\"\n"                                                                          \
    "  version   1\n"                                                                              \
    "\n"                                                                                           \
    "redline cyber(S)\n"                                                                           \
    "  measure   success of S on \"cybench\"\n"                                                    \
    "  crossed   at 50% with 95% confidence\n"                                                     \
    "  needs     200 samples\n"                                                                    \
    "\n"                                                                                           \
    "duty tell(S, I)\n"                                                                            \
    "  when    incident I of S with class death, known to P\n"                                     \
    "  party   P\n"                                                                                \
    "  must    report I to \"office\" stage \"initial\"\n"                                         \
    "  within  10 days\n"                                                                          \
    "  of      P knowing of I\n"                                                                   \
    "\n"

#define DEATH                                                                                      \
    "test \"a death\"\n"                                                                           \
    "  given  2026-01-01: system \"s\"\n"                                                          \
    "         2026-03-01 by \"dev\": incident \"1\" of \"s\" with class death, known_to "          \
    "\"dev\",\n"                                                                                   \
    "           known_at 2026-03-01\n"

/* A run. */
struct ran {
    struct fb_arena arena;
    struct fb_policy_results results;
    struct fb_policy_errors errors;
    enum fb_code code;
};

static void run(struct ran *ran, struct fb_str text)
{
    memset(ran, 0, sizeof(*ran));
    fb_arena_init(&ran->arena, (size_t)1 << 28);
    ran->code = fb_policy_test_run(text, "t.fly", &ran->arena, &ran->results, &ran->errors);
}

static void run_well(struct ran *ran, struct fb_str text)
{
    run(ran, text);
    if (ran->code != FB_OK) {
        fail_msg("%u: %s", ran->errors.items[0].line, ran->errors.items[0].message);
    }
}

/* Runs one file of the source tree, which also is in the one format. */
static size_t all_hold(const char *folder, const char *file)
{
    static struct ran ran;
    static struct fb_policy_errors errors;
    char path[4096];
    struct fb_buf text, formatted;
    struct fb_err err;
    const char *root = getenv("FB_SOURCE_ROOT");
    fb_err_init(&err);
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    fb_buf_init(&formatted, FB_POLICY_TEXT_MAX * 2);
    snprintf(path, sizeof(path), "%s/%s/%s", root ? root : ".", folder, file);
    FB_TEST_OK(fb_io_read(path, &text, &err));
    run_well(&ran, fb_buf_str(&text));
    for (size_t i = 0; i < ran.results.count; i++) {
        const struct fb_policy_result *r = &ran.results.items[i];
        if (!r->holds) {
            fail_msg("%s:%u: %.*s: instead: %.*s\n%.*s", file, r->expect->span.line,
                FB_STR_ARG(r->expect->text), FB_STR_ARG(r->instead), FB_STR_ARG(r->why));
        }
    }
    size_t count = ran.results.count;
    assert_int_equal(fb_policy_format(fb_buf_str(&text), file, &formatted, &errors), FB_OK);
    assert_true(fb_str_eq(fb_buf_str(&formatted), fb_buf_str(&text)));
    fb_arena_release(&ran.arena);
    fb_buf_release(&text);
    fb_buf_release(&formatted);
    return count;
}

static void test_histories(void **state)
{
    (void)state;
    char path[4096];
    const char *root = getenv("FB_SOURCE_ROOT");
    size_t files = 0, expectations = 0;
    snprintf(path, sizeof(path), "%s/tests/lang/histories", root ? root : ".");
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (strstr(entry->d_name, ".fly")) {
            expectations += all_hold("tests/lang/histories", entry->d_name);
            files++;
        }
    }
    closedir(folder);
    assert_true(files >= 6 && expectations >= 50);
}

static void test_what_ships(void **state)
{
    (void)state;
    assert_true(all_hold("packs/eu", "gpai-serious-incidents.fly") >= 4);
    assert_true(all_hold("examples/aurora/policies", "aurora-framework.fly") >= 4);
}

static void test_says_what_holds(void **state)
{
    (void)state;
    struct ran ran;
    run_well(&ran, FB_STR(HEAD DEATH "  expect tell(\"s\", \"1\") owed until 2026-03-12\n"
                                     "         tell(\"s\", \"1\") met at 2026-04-01\n"
                                     "         tell(\"s\", \"1\") not owed\n"
                                     "         tell(\"s\", \"2\") owed\n"
                                     "         cyber(\"s\") ruled out since 2026-01-01\n"
                                     "         cyber(\"s\") not ruled out because \"the moon\"\n"
                                     "         cyber(\"x\") crossed\n"
                                     "         nothing owed\n"
                                     "         nothing owed by \"other\"\n"
                                     "         tell(\"s\", \"1\") owed\n"));
    static const char *const instead[] = {"owed until 2026-03-11 since 2026-03-01",
        "overdue until 2026-03-11 since 2026-03-11", "owed until 2026-03-11 since 2026-03-01",
        "not owed", "not ruled out since 2026-01-01", "it is so, but no reason says this",
        "no such system is given", "tell is owed: report 1 to \"office\" stage \"initial\"", "",
        ""};
    assert_int_equal(ran.results.count, 10);
    for (size_t i = 0; i < 10; i++) {
        const struct fb_policy_result *r = &ran.results.items[i];
        if (!fb_str_is(r->instead, instead[i])) {
            fail_msg("%zu: %.*s", i, FB_STR_ARG(r->instead));
        }
        assert_int_equal(r->holds, i >= 8);
    }
    assert_int_equal(ran.results.failed, 8);
    assert_true(fb_str_is(ran.results.items[1].state, "overdue"));
    assert_true(fb_str_is(ran.results.items[0].state, "owed until 2026-03-11"));
    assert_true(ran.results.items[0].why.len > 0);
    fb_arena_release(&ran.arena);
}

static void test_bless(void **state)
{
    (void)state;
    struct ran ran;
    struct fb_buf out, again;
    struct fb_policy_errors errors;
    struct fb_str text =
        FB_STR(HEAD DEATH "  # kept\n"
                          "  expect tell(\"s\", \"1\") met late until 2026-03-12 at 2026-04-01\n"
                          "         cyber(\"s\") crossed # and this\n"
                          "         cyber(\"s\") not ruled out\n");
    run_well(&ran, text);
    fb_buf_init(&out, FB_POLICY_TEXT_MAX * 2);
    fb_buf_init(&again, FB_POLICY_TEXT_MAX * 2);
    assert_int_equal(fb_policy_test_bless(text, &ran.results, &out, &errors), FB_OK);
    struct fb_str want =
        FB_STR(HEAD DEATH "  # kept\n"
                          "  expect tell(\"s\", \"1\") overdue until 2026-03-11 at 2026-04-01\n"
                          "         cyber(\"s\") not ruled out  # and this\n"
                          "         cyber(\"s\") not ruled out\n");
    if (!fb_str_eq(fb_buf_str(&out), want)) {
        fail_msg("%.*s", FB_STR_ARG(fb_buf_str(&out)));
    }
    fb_arena_release(&ran.arena);
    run_well(&ran, want);
    assert_int_equal(ran.results.failed, 0);
    assert_int_equal(fb_policy_test_bless(want, &ran.results, &again, &errors), FB_OK);
    assert_true(fb_str_eq(fb_buf_str(&again), want));
    fb_arena_release(&ran.arena);
    fb_buf_release(&out);
    fb_buf_release(&again);
}

/* Orders, licences, exemption and safety cases: what does not hold says what does, and is blessed.
 * The histories orders.fly and cases.fly have those that hold. */
static void test_orders(void **state)
{
    (void)state;
#define ORDERS                                                                                     \
    HEAD "test \"orders\"\n"                                                                       \
         "  given  2026-01-01: system \"s\"\n"                                                     \
         "         2026-01-02: system \"t\"\n"                                                     \
         "         2026-02-01 by \"o\": order \"1\" of \"s\" with action halt, version 1,\n"       \
         "           reasons \"a leak\"\n"                                                         \
         "         2026-02-02 by \"o\": order \"2\" of \"t\" with action restrict, version 1,\n"   \
         "           reasons \"a leak\"\n"                                                         \
         "         2026-02-03 by \"o\": order \"3\" of \"t\" with action release, version 2,\n"    \
         "           reasons \"mended\", releases \"2\"\n"                                         \
         "         2026-02-04 by \"o\": order \"4\" of \"t\" with action secure, version 1,\n"     \
         "           level 4, reasons \"a leak\"\n"
    static const struct {
        const char *written;
        const char *instead;
        const char *blessed;
    } cases[] = {
        {"no halt of \"s\"", "halt of \"s\" since 2026-02-01", "halt of \"s\""},
        {"halt of \"s\" since 2026-02-02", "halt of \"s\" since 2026-02-01",
            "halt of \"s\" since 2026-02-01"},
        {"halt of \"s\" released", "halt of \"s\" since 2026-02-01", "halt of \"s\""},
        {"halt of \"t\"", "no halt of \"t\"", "no halt of \"t\""},
        {"halt of \"t\" released since 2026-02-03", "no halt of \"t\"", "no halt of \"t\""},
        {"restriction of \"t\"", "restriction of \"t\" released since 2026-02-03",
            "restriction of \"t\" released"},
        {"order to secure \"s\"", "no order to secure \"s\"", "no order to secure \"s\""},
        {"\"s\" may deploy", "may not deploy", "\"s\" may not deploy"},
        {"\"t\" may not train", "may train", "\"t\" may train"},
        {"\"t\" may act autonomously", "may not act autonomously",
            "\"t\" may not act autonomously"},
        {"\"t\" is exempt", "is not exempt", "\"t\" is not exempt"},
        {"safety case \"c\" of \"s\" stands", "the system has no such safety case", NULL},
        {"no halt of \"x\"", "no such system is given", NULL},
        {"\"x\" may train", "no such system is given", NULL},
        {"\"x\" is not exempt", "no such system is given", NULL},
        {"safety case \"c\" of \"x\" stands", "no such system is given", NULL},
        {"order to secure \"t\" at level 3", "order to secure \"t\" at level 4 since 2026-02-04",
            "order to secure \"t\" at level 4"},
        {"no order to secure \"t\" at level 4 by \"o\"",
            "order to secure \"t\" at level 4 by \"o\" since 2026-02-04",
            "order to secure \"t\" at level 4 by \"o\""},
        {"order to secure \"s\" at level 4", "no order to secure \"s\" at level 4",
            "no order to secure \"s\" at level 4"},
        {"halt of \"s\" by \"dev\" since 2026-02-01", "halt of \"s\" by \"o\" since 2026-02-01",
            "halt of \"s\" by \"o\" since 2026-02-01"},
        {"restriction of \"t\" by \"dev\" released",
            "restriction of \"t\" by \"o\" released since 2026-02-03",
            "restriction of \"t\" by \"o\" released"},
        {"halt of \"s\" because \"the moon\"", "it is so, but no reason says this", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ran ran;
        struct fb_buf text, out;
        struct fb_policy_errors errors;
        char want[256];
        fb_buf_init(&text, 1 << 16);
        fb_buf_init(&out, 1 << 16);
        fb_buf_addf(&text, "%s  expect %s\n", ORDERS, cases[i].written);
        run_well(&ran, fb_buf_str(&text));
        const struct fb_policy_result *r = &ran.results.items[0];
        if (r->holds || !fb_str_is(r->instead, cases[i].instead)) {
            fail_msg("%s: %.*s", cases[i].written, FB_STR_ARG(r->instead));
        }
        assert_int_equal(
            fb_policy_test_bless(fb_buf_str(&text), &ran.results, &out, &errors), FB_OK);
        snprintf(want, sizeof(want), "  expect %s\n",
            cases[i].blessed ? cases[i].blessed : cases[i].written);
        if (!fb_str_ends(fb_buf_str(&out), fb_str_of(want))) {
            fail_msg("%s: %.*s", cases[i].written, FB_STR_ARG(fb_buf_str(&out)));
        }
        fb_arena_release(&ran.arena);
        fb_buf_release(&text);
        fb_buf_release(&out);
    }
#undef ORDERS
}

static void refused(struct fb_str text, enum fb_code code, uint32_t line, const char *part)
{
    struct ran ran;
    run(&ran, text);
    const struct fb_err *err = &ran.errors.items[0];
    if (ran.code != code || err->line != line || !strstr(err->message, part)) {
        fail_msg("%s, line %u: %s", fb_code_name(ran.code), err->line, err->message);
    }
    assert_string_equal(err->file, "t.fly");
    assert_true(err->hint[0] != 0);
    assert_int_equal(ran.results.count, 0);
    fb_arena_release(&ran.arena);
}

static void test_refused(void **state)
{
    (void)state;
    refused(FB_STR("policy"), FB_E_SYNTAX, 1, "expected");
    refused(FB_STR(HEAD "test \"x\"\n"
                        "  given  2026-01-01: system \"s\"\n"
                        "         2026-01-02: deployment \"d\" of \"t\" with scope external\n"
                        "  expect nothing owed\n"),
        FB_E_REFERENCE, 19, "system/t");
    refused(FB_STR(HEAD "test \"x\"\n"
                        "  given  2026-01-01: system \"s\" with at 2026-01-02\n"
                        "  expect nothing owed\n"),
        FB_E_TIME, 18, "'at' is after its admission");
    refused(FB_STR(HEAD "test \"x\"\n"
                        "  given  2026-01-01: system \"s\"\n"
                        "         2026-01-02: system \"s\"\n"
                        "  expect nothing owed\n"),
        FB_E_DUPLICATE, 19, "exists already");
    refused(FB_STR(HEAD "test \"x\"\n"
                        "  given  2026-01-01: system \"s\"\n"
                        "         2026-01-02: incident \"1\" of \"s\"\n"
                        "  expect nothing owed\n"),
        FB_E_SCHEMA, 19, "class");
}

/* No failure of the heap at any point leaks or gives a wrong answer. */
static void test_memory(void **state)
{
    (void)state;
    struct fb_str text = FB_STR(HEAD DEATH "  expect tell(\"s\", \"1\") met\n");
    bool done = false;
    for (unsigned n = 1; !done && n < 5000; n++) {
        struct ran ran;
        memset(&ran, 0, sizeof(ran));
        fb_arena_init(&ran.arena, (size_t)1 << 28);
        fb_alloc_fail_at(n);
        ran.code = fb_policy_test_run(text, "t.fly", &ran.arena, &ran.results, &ran.errors);
        fb_alloc_fail_at(-1);
        done = ran.code == FB_OK;
        assert_true(done || ran.code == FB_E_NOMEM);
        assert_int_equal(ran.results.count, done ? 1 : 0);
        fb_arena_release(&ran.arena);
    }
    assert_true(done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_histories),
        cmocka_unit_test(test_what_ships), cmocka_unit_test(test_says_what_holds),
        cmocka_unit_test(test_bless), cmocka_unit_test(test_orders), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests_name("policy tests", tests, NULL, NULL);
}

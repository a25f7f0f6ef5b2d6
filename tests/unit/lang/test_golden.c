/*
 * Golden tests of the policy language: every policy in tests/lang/good compiles to the .lowered
 * text beside it, is explained as in tests/lang/explained, and formats to itself (or to the
 * .formatted text beside it); every one in tests/lang/bad is refused with the .err text beside it.
 * FB_BLESS=1 writes these texts; review the difference.
 */
#include <dirent.h>

#include "base/alloc.h"
#include "lang/explain.h"
#include "lang_test.h"

static struct fb_err err;

/* The names of the .fly files of a folder without their end, in order. */
static int list(const char *folder, struct dirent ***out)
{
    char path[4096];
    int count = scandir(source_path(folder, path, sizeof(path)), out, NULL, alphasort), kept = 0;
    for (int i = 0; i < count; i++) {
        char *name = (*out)[i]->d_name, *dot = strrchr(name, '.');
        if (dot && strcmp(dot, ".fly") == 0) {
            *dot = 0;
            (*out)[kept++] = (*out)[i];
        } else {
            free((*out)[i]);
        }
    }
    return kept;
}

static void free_list(struct dirent **names, int count)
{
    for (int i = 0; i < count; i++) {
        free(names[i]);
    }
    free(names);
}

static bool blessing(void)
{
    const char *bless = getenv("FB_BLESS");
    return bless && strcmp(bless, "1") == 0;
}

/* Compares a text with a golden file, or writes that file when blessing. */
static void expect(const char *relative, struct fb_str text)
{
    char path[4096];
    struct fb_buf golden;
    fb_buf_init(&golden, FB_POLICY_TEXT_MAX * 4);
    if (blessing()) {
        FB_TEST_OK(fb_io_write(source_path(relative, path, sizeof(path)), text, 0644, &err));
    }
    read_source(relative, &golden);
    if (!fb_str_eq(fb_buf_str(&golden), text)) {
        fail_msg("%s differs; it is now:\n%.*s", relative, FB_STR_ARG(text));
    }
    fb_buf_release(&golden);
}

static void format(struct fb_str text, struct fb_buf *out)
{
    static struct fb_policy_errors errors;
    fb_buf_init(out, FB_POLICY_TEXT_MAX * 4);
    enum fb_code code = fb_policy_format(text, "p.fly", out, &errors);
    if (code != FB_OK) {
        fail_msg("formatting failed: %s", errors.items[0].message);
    }
}

static void lowered(struct fb_str text, const char *what, struct fb_buf *out)
{
    static struct policy policy;
    fb_buf_init(out, FB_POLICY_TEXT_MAX * 4);
    policy_compile(&policy, text);
    if (policy.code != FB_OK) {
        fail_msg("%s:%u:%u: %s", what, policy.errors.items[0].line, policy.errors.items[0].column,
            policy.errors.items[0].message);
    }
    fb_program_print(policy.program, out);
    policy_release(&policy);
}

/* Formatting is stable, and changes nothing that a policy means. */
static void check_format(const char *name, struct fb_str text, struct fb_str meaning)
{
    struct fb_buf once, twice, after;
    char relative[512], path[4096];
    format(text, &once);
    format(fb_buf_str(&once), &twice);
    assert_true(fb_str_eq(fb_buf_str(&once), fb_buf_str(&twice)));
    lowered(fb_buf_str(&once), name, &after);
    assert_true(fb_str_eq(fb_buf_str(&after), meaning));
    snprintf(relative, sizeof(relative), "%s.formatted", name);
    bool differs = !fb_str_eq(fb_buf_str(&once), text);
    if (differs || fb_io_exists(source_path(relative, path, sizeof(path)))) {
        expect(relative, fb_buf_str(&once));
    }
    fb_buf_release(&once);
    fb_buf_release(&twice);
    fb_buf_release(&after);
}

/* What explain (condition.c, policy.c, notes.c) says of a policy, up to its formulas, which are
 * golden already. */
static void check_explained(const char *name, struct fb_str text)
{
    static struct fb_policy_errors errors;
    char relative[512];
    struct fb_buf out;
    fb_buf_init(&out, FB_POLICY_TEXT_MAX * 4);
    assert_int_equal(fb_policy_explain(text, "p.fly", &out, &errors), FB_OK);
    const char *formulas = memmem(out.ptr, out.len, "\nAs formulas:\n", 14);
    assert_non_null(formulas);
    snprintf(relative, sizeof(relative), "tests/lang/explained/%s", strrchr(name, '/') + 1);
    expect(relative, fb_str_sub(fb_buf_str(&out), 0, (size_t)(formulas - out.ptr)));
    fb_buf_release(&out);
}

static void check_good(const char *name)
{
    char relative[512];
    struct fb_buf text, meaning;
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    snprintf(relative, sizeof(relative), "%s.fly", name);
    read_source(relative, &text);
    lowered(fb_buf_str(&text), name, &meaning);
    if (strncmp(name, "tests/", 6) == 0) {
        snprintf(relative, sizeof(relative), "%s.lowered", name);
        expect(relative, fb_buf_str(&meaning));
    }
    check_format(name, fb_buf_str(&text), fb_buf_str(&meaning));
    check_explained(name, fb_buf_str(&text));
    fb_buf_release(&text);
    fb_buf_release(&meaning);
}

static void test_good(void **state)
{
    (void)state;
    struct dirent **names = NULL;
    int count = list("tests/lang/good", &names);
    assert_true(count >= 5);
    for (int i = 0; i < count; i++) {
        char name[512];
        snprintf(name, sizeof(name), "tests/lang/good/%s", names[i]->d_name);
        check_good(name);
    }
    free_list(names, count);
    check_good("examples/aurora/policies/aurora-framework");
    check_good("packs/eu/gpai-serious-incidents");
}

static void test_bad(void **state)
{
    (void)state;
    static struct policy policy;
    struct dirent **names = NULL;
    int count = list("tests/lang/bad", &names);
    assert_true(count >= 40);
    for (int i = 0; i < count; i++) {
        char relative[512], one[4096];
        struct fb_buf text, errors;
        fb_buf_init(&text, FB_POLICY_TEXT_MAX);
        fb_buf_init(&errors, FB_POLICY_TEXT_MAX);
        snprintf(relative, sizeof(relative), "tests/lang/bad/%s.fly", names[i]->d_name);
        read_source(relative, &text);
        policy_compile(&policy, fb_buf_str(&text));
        for (size_t k = 0; k < policy.errors.count; k++) {
            fb_err_format(&policy.errors.items[k], one, sizeof(one));
            fb_buf_addf(&errors, "%s %s\n", fb_code_name(policy.errors.items[k].code), one);
            assert_true(policy.errors.items[k].line > 0 && policy.errors.items[k].hint[0]);
        }
        if (policy.code == FB_OK) {
            fail_msg("%s compiles", relative);
        }
        assert_null(policy.program);
        assert_int_equal(policy.code, policy.errors.items[0].code);
        snprintf(relative, sizeof(relative), "tests/lang/bad/%s.err", names[i]->d_name);
        expect(relative, fb_buf_str(&errors));
        policy_release(&policy);
        fb_buf_release(&text);
        fb_buf_release(&errors);
    }
    free_list(names, count);
}

/* True for a line of the guide that begins a block of a policy; those with NAME are patterns. */
static bool begins_example(struct fb_str line)
{
    static const char *const words[] = {
        "policy \"", "redline ", "commitment ", "let ", "duty ", "test \""};
    struct fb_buf start;
    bool begins = false;
    fb_buf_init(&start, 64);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        fb_buf_clear(&start);
        fb_buf_addf(&start, "    %s", words[i]);
        begins = begins || fb_str_starts(line, fb_buf_str(&start));
    }
    fb_buf_release(&start);
    return begins && !memmem(line.ptr, line.len, "NAME", 4) &&
           !memmem(line.ptr, line.len, "= \"", 3);
}

/* The examples of docs/LANGUAGE.md, put together, are a policy that compiles. */
static void test_guide(void **state)
{
    (void)state;
    struct fb_buf guide, policy, meaning;
    fb_buf_init(&guide, FB_POLICY_TEXT_MAX);
    fb_buf_init(&policy, FB_POLICY_TEXT_MAX);
    read_source("docs/LANGUAGE.md", &guide);
    struct fb_str rest = fb_buf_str(&guide), line;
    bool inside = false;
    size_t blocks = 0;
    while (fb_str_line(&rest, &line)) {
        bool begins = begins_example(line);
        inside = begins || (inside && fb_str_starts(line, FB_STR("      ")));
        blocks += begins;
        if (inside) {
            fb_buf_addf(&policy, "%.*s\n", FB_STR_ARG(line));
        }
    }
    assert_int_equal(blocks, 7);
    lowered(fb_buf_str(&policy), "docs/LANGUAGE.md", &meaning);
    fb_buf_release(&guide);
    fb_buf_release(&policy);
    fb_buf_release(&meaning);
}

/* Explaining fails cleanly wherever memory runs out. */
static void test_explain_memory(void **state)
{
    (void)state;
    static struct fb_policy_errors errors;
    struct fb_buf text;
    bool done = false;
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    read_source("tests/lang/good/notes.fly", &text);
    for (int n = 0; !done && n < 2000; n++) {
        struct fb_buf out;
        fb_buf_init(&out, FB_POLICY_TEXT_MAX * 4);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_policy_explain(fb_buf_str(&text), "p.fly", &out, &errors);
        fb_alloc_fail_at(-1);
        done = code == FB_OK;
        assert_true(done ? out.len > 0 : code == FB_E_NOMEM && out.len == 0);
        fb_buf_release(&out);
    }
    assert_true(done);
    fb_buf_release(&text);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_guide),
        cmocka_unit_test(test_explain_memory),
    };
    return cmocka_run_group_tests_name("lang golden", tests, NULL, NULL);
}

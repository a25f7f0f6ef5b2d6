/*
 * Tests of policy_diff.c and scene.c on the files of tests/lang/pairs: two versions of a policy,
 * and above them what the second is to the first, known before. Asked in both directions; none is
 * ever called stricter that is weaker.
 */
#include <dirent.h>

#include "base/io.h"
#include "fb_test.h"
#include "govern/policy_diff.h"

enum { TRIES = 60, PAIRS_MIN = 50 };

static enum fb_change mirrored(enum fb_change change)
{
    return change == FB_CHANGE_STRICTER ? FB_CHANGE_WEAKER
           : change == FB_CHANGE_WEAKER ? FB_CHANGE_STRICTER
                                        : change;
}

static enum fb_change compare(const char *name, struct fb_str older, struct fb_str newer)
{
    static struct fb_policy_errors errors;
    const struct fb_policy_source sources[2] = {{older, "older"}, {newer, "newer"}};
    struct fb_policy_diff diff;
    struct fb_arena arena;
    fb_arena_init(&arena, (size_t)1 << 28);
    if (fb_policy_diff_run(sources, TRIES, &arena, &diff, &errors) != FB_OK) {
        fail_msg("%s: %s", name, errors.items[0].message);
    }
    enum fb_change change = diff.change;
    fb_arena_release(&arena);
    return change;
}

/* What is said of words that mean the same, and of words alone, is one. */
static bool is_said(enum fb_change got, enum fb_change want)
{
    return got == want || (want == FB_CHANGE_REWORDED && got == FB_CHANGE_NONE);
}

static enum fb_change known(struct fb_str line)
{
    for (int change = 0; change <= FB_CHANGE_REMOVED; change++) {
        if (fb_str_eq(line, fb_str_of(fb_change_name((enum fb_change)change)))) {
            return (enum fb_change)change;
        }
    }
    fail_msg("a pair is not '%.*s'", FB_STR_ARG(line));
    return FB_CHANGE_NONE;
}

static void check_pair(const char *path, const char *name)
{
    struct fb_buf text;
    struct fb_err err;
    fb_err_init(&err);
    fb_buf_init(&text, 1 << 16);
    FB_TEST_OK(fb_io_read(path, &text, &err));
    struct fb_str all = fb_buf_str(&text), line;
    static const struct fb_str rule = {"=====\n", 6};
    char first[4096], second[4096];
    assert_true(fb_str_line(&all, &line) && fb_str_starts(line, FB_STR("# ")));
    enum fb_change want = known(fb_str_sub(line, 2, line.len));
    const char *middle = strstr(all.ptr, rule.ptr);
    assert_non_null(middle);
    size_t cut = (size_t)(middle - all.ptr);
    struct fb_str older = fb_str_sub(all, 0, cut);
    struct fb_str newer = fb_str_sub(all, cut + rule.len, all.len);
    enum fb_change forth = compare(name, older, newer);
    /* The other way round the first is the next version. */
    snprintf(first, sizeof(first), "%.*s", FB_STR_ARG(older));
    snprintf(second, sizeof(second), "%.*s", FB_STR_ARG(newer));
    char *version = strstr(first, "version 1");
    assert_non_null(version);
    version[strlen("version ")] = '3';
    enum fb_change back = compare(name, fb_str_of(second), fb_str_of(first));
    if (!is_said(forth, want) || !is_said(back, mirrored(want))) {
        fail_msg("%s: %s and back %s, known as %s", name, fb_change_name(forth),
            fb_change_name(back), fb_change_name(want));
    }
    fb_buf_release(&text);
}

static void test_pairs(void **state)
{
    char folder[4096], path[8192];
    const char *root = getenv("FB_SOURCE_ROOT");
    size_t count = 0;
    (void)state;
    snprintf(folder, sizeof(folder), "%s/tests/lang/pairs", root ? root : ".");
    DIR *all = opendir(folder);
    assert_non_null(all);
    for (struct dirent *entry = readdir(all); entry; entry = readdir(all)) {
        if (strstr(entry->d_name, ".pair")) {
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
            check_pair(path, entry->d_name);
            count++;
        }
    }
    closedir(all);
    assert_true(count >= PAIRS_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs)};
    return cmocka_run_group_tests_name("policy pairs", tests, NULL, NULL);
}

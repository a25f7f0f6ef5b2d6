/* Tests of evidence/paired: two logs on the same samples, and of evidence/standing's words. */
#include <math.h>
#include <unistd.h>

#include "base/io.h"
#include "evidence/paired.h"
#include "evidence/standing.h"
#include "fb_test.h"

/* cmocka compares floats; these are doubles. */
#define assert_near(a, b, epsilon) assert_true(fabs((a) - (b)) <= (epsilon))

static struct fb_err err;
static const struct fb_pairs_options plain = {.confidence = 0.95};
static char folder[] = "/tmp/flyball-test-XXXXXX";
static char paths[2][64];

/* Samples of a harness: a letter each, 1 or 0, h for .5, e for NaN; '-': not in this file. */
static void write_log(int which, const char *values)
{
    struct fb_buf text;
    fb_buf_init(&text, 1 << 20);
    for (size_t i = 0; values[i]; i++) {
        const char *value = values[i] == '1'   ? "1"
                            : values[i] == '0' ? "0"
                            : values[i] == 'h' ? "0.5"
                                               : "NaN";
        if (values[i] != '-') {
            fb_buf_addf(&text, "{\"doc_id\":%zu,\"acc\":%s}\n", i, value);
        }
    }
    snprintf(paths[which], sizeof(paths[which]), "%s/samples_t_%d.jsonl", folder, which);
    FB_TEST_OK(fb_io_write(paths[which], fb_buf_str(&text), 0600, &err));
    fb_buf_release(&text);
}

static struct fb_pairs compare(const char *a, const char *b)
{
    const char *const both[2] = {paths[0], paths[1]};
    struct fb_arena arena;
    struct fb_pairs_list list;
    fb_arena_init(&arena, (size_t)64 << 20);
    write_log(0, a);
    write_log(1, b);
    FB_TEST_OK(fb_paired_read(both, &plain, &arena, &list, &err));
    assert_int_equal(list.count, 1);
    struct fb_pairs out = list.items[0];
    assert_true(fb_str_is(out.task, "t") && fb_str_is(out.scorer, "acc"));
    out.task = out.scorer = FB_STR("");
    fb_arena_release(&arena);
    return out;
}

/* 1 against 7 of 8 that differ: 2 * (C(8,0) + C(8,1)) / 2^8 = .0703125. */
static void test_exact(void **state)
{
    (void)state;
    struct fb_pairs p = compare("111100000000-1", "11011111110001");
    assert_int_equal(p.samples[0], 13);
    assert_int_equal(p.samples[1], 14);
    assert_int_equal(p.common, 13);
    assert_int_equal(p.both, 4);
    assert_int_equal(p.only[0], 1);
    assert_int_equal(p.only[1], 7 - 1);
    assert_int_equal(p.neither, 2);
    assert_true(p.is_binary);
    assert_near(p.p_value, 2 * (1 + 7) / 128.0, 1e-12);
    assert_near(p.difference, 5 / 13.0, 1e-12);
    assert_true(p.lower < p.difference && p.difference < p.upper);
    assert_true(p.lower >= -1 && p.upper <= 1);
}

/* Unresolved in one: the interval takes it either way, the test leaves it out. */
static void test_unresolved_widens(void **state)
{
    (void)state;
    struct fb_pairs all = compare("1100110011", "1111001100");
    struct fb_pairs some = compare("1100110011e", "1111001100e");
    assert_int_equal(some.common, 11);
    assert_int_equal(some.unresolved, 1);
    assert_near(some.p_value, all.p_value, 1e-12);
    assert_true(
        some.upper > all.upper - 0.05 && some.upper - some.lower > all.upper - all.lower - 0.02);
    assert_near(all.p_value, 1, 1e-12);
}

/* Values between: mean difference .25, squares: 4 of .25^2; t of 3 degrees at 97.5% 3.18244631. */
static void test_graded(void **state)
{
    (void)state;
    struct fb_pairs p = compare("0h00", "hhh0");
    assert_false(p.is_binary);
    assert_near(p.difference, 0.25, 1e-12);
    double se = sqrt(4 * 0.0625 / 3 / 4);
    assert_near(p.standard_error, se, 1e-12);
    assert_near(p.upper, 0.25 + 3.182446305284263 * se, 1e-9);
    assert_true(isnan(p.p_value));
}

/* Two versions of a dataset, in which the same number is another document: the digests decide. A
 * document that stands twice is paired once with each. */
static void test_digests(void **state)
{
    (void)state;
    static const char *const lines[2] = {
        "{\"doc_id\":0,\"doc_hash\":\"a\",\"prompt_hash\":\"p\",\"acc\":1}\n"
        "{\"doc_id\":1,\"doc_hash\":\"b\",\"prompt_hash\":\"p\",\"acc\":1}\n"
        "{\"doc_id\":2,\"doc_hash\":\"c\",\"prompt_hash\":\"p\",\"acc\":0}\n"
        "{\"doc_id\":3,\"doc_hash\":\"d\",\"prompt_hash\":\"p\",\"acc\":0}\n"
        "{\"doc_id\":4,\"doc_hash\":\"d\",\"prompt_hash\":\"p\",\"acc\":0}\n",
        "{\"doc_id\":0,\"doc_hash\":\"b\",\"prompt_hash\":\"p\",\"acc\":0}\n"
        "{\"doc_id\":1,\"doc_hash\":\"a\",\"prompt_hash\":\"p\",\"acc\":1}\n"
        "{\"doc_id\":2,\"doc_hash\":\"c\",\"prompt_hash\":\"other\",\"acc\":1}\n"
        "{\"doc_id\":3,\"doc_hash\":\"d\",\"prompt_hash\":\"p\",\"acc\":1}\n"
        "{\"doc_id\":4,\"doc_hash\":\"d\",\"prompt_hash\":\"p\",\"acc\":1}\n"};
    const char *const both[2] = {paths[0], paths[1]};
    struct fb_arena arena;
    struct fb_pairs_list list;
    fb_arena_init(&arena, (size_t)64 << 20);
    for (int i = 0; i < 2; i++) {
        snprintf(paths[i], sizeof(paths[i]), "%s/samples_t_%d.jsonl", folder, i);
        FB_TEST_OK(fb_io_write(paths[i], fb_str_of(lines[i]), 0600, &err));
    }
    FB_TEST_OK(fb_paired_read(both, &plain, &arena, &list, &err));
    assert_int_equal(list.count, 1);
    const struct fb_pairs *p = &list.items[0];
    assert_int_equal(p->common, 4); /* a, b, d, d; c was asked in another way */
    assert_int_equal(p->both, 1);
    assert_int_equal(p->only[0], 1);
    assert_int_equal(p->only[1], 2);
    fb_arena_release(&arena);
}

/* METR's runs: tasks of a family are compared whole; a file of two agents asks for one. */
static void test_clusters(void **state)
{
    (void)state;
    const char *const both[2] = {paths[0], paths[1]};
    struct fb_arena arena;
    struct fb_pairs_list list;
    struct fb_buf text;
    fb_arena_init(&arena, (size_t)64 << 20);
    fb_buf_init(&text, 1 << 20);
    /* Families of 3, 2 and 1 tasks; b gains on all of the first two, a on the last. */
    for (int which = 0; which < 2; which++) {
        static const char families[] = "xxxyyz";
        snprintf(paths[which], sizeof(paths[which]), "%s/runs_%d.jsonl", folder, which);
        fb_buf_clear(&text);
        for (int i = 0; i < 6; i++) {
            int score = which == 1 ? i < 5 : i == 5;
            fb_buf_addf(&text,
                "{\"alias\":\"a%d\",\"task_id\":\"%c/%d\",\"task_family\":\"%c\","
                "\"score_binarized\":%d}\n",
                which, families[i], i, families[i], score);
        }
        FB_TEST_OK(fb_io_write(paths[which], fb_buf_str(&text), 0600, &err));
    }
    FB_TEST_OK(fb_paired_read(both, &plain, &arena, &list, &err));
    const struct fb_pairs *p = NULL;
    for (size_t i = 0; i < list.count; i++) {
        p = fb_str_is(list.items[i].task, "all-families") ? &list.items[i] : p;
    }
    assert_non_null(p);
    assert_true(p->common == 6 && p->clusters == 3 && p->is_binary);
    assert_near(p->difference, 4 / 6.0, 1e-12);
    /* Signs of 3, 2, -1 that reach 4: 6 and 4, and their opposites, of eight. */
    assert_near(p->p_value, 0.5, 1e-12);
    assert_true(p->lower < 0 && p->upper > 0.9);
    /* Both agents in one file. */
    const char *const same[2] = {paths[1], paths[1]};
    fb_buf_clear(&text);
    FB_TEST_OK(fb_io_read(paths[0], &text, &err));
    FB_TEST_OK(fb_io_read(paths[1], &text, &err));
    FB_TEST_OK(fb_io_write(paths[1], fb_buf_str(&text), 0600, &err));
    FB_TEST_FAILS(fb_paired_read(same, &plain, &arena, &list, &err), FB_E_USAGE);
    struct fb_pairs_options how = {.confidence = 0.95, .model = {FB_STR("a0"), FB_STR("a1")}};
    FB_TEST_OK(fb_paired_read(same, &how, &arena, &list, &err));
    assert_true(list.count == 4);
    fb_buf_release(&text);
    fb_arena_release(&arena);
}

/* Graded values that never vary, and unresolved ones, leave an interval as wide as they may go. */
static void test_graded_widens(void **state)
{
    (void)state;
    struct fb_pairs alike = compare("0000", "hhhh");
    assert_near(alike.difference, 0.5, 1e-12);
    assert_true(!alike.is_binary && alike.lower < 0.3 && alike.upper > 0.7);
    assert_true(alike.lower >= -1 && alike.upper <= 1);
    struct fb_pairs some = compare("0h000000", "hhh0hh01"),
                    open = compare("0h000000e", "hhh0hh01e");
    assert_int_equal(open.unresolved, 1);
    assert_near(open.difference, some.difference, 1e-12);
    assert_true(open.lower < some.lower && open.upper > some.upper);
}

static void test_nothing_in_common(void **state)
{
    (void)state;
    const char *const both[2] = {paths[0], paths[1]};
    struct fb_arena arena;
    struct fb_pairs_list list = {NULL, 7};
    fb_arena_init(&arena, (size_t)64 << 20);
    write_log(0, "1-");
    write_log(1, "-1");
    FB_TEST_FAILS(fb_paired_read(both, &plain, &arena, &list, &err), FB_E_NOT_FOUND);
    fb_io_remove(paths[1]);
    FB_TEST_FAILS(fb_paired_read(both, &plain, &arena, &list, &err), FB_E_NOT_FOUND);
    fb_arena_release(&arena);
}

/* The interval holds: over all outcomes of 12 pairs at some rates of disagreement. */
static void test_interval_holds(void **state)
{
    (void)state;
    static const double rates[][2] = {{0.1, 0.1}, {0.05, 0.4}, {0.3, 0.01}};
    for (size_t r = 0; r < 3; r++) {
        double b = rates[r][0], c = rates[r][1], covered = 0;
        for (int i = 0; i <= 12; i++) {
            for (int j = 0; i + j <= 12; j++) {
                char first[16] = "", second[16] = "";
                for (int k = 0; k < 12; k++) {
                    first[k] = k < i ? '1' : '0';
                    second[k] = k >= i && k < i + j ? '1' : '0';
                }
                double chance = tgamma(13) / tgamma(i + 1) / tgamma(j + 1) / tgamma(13 - i - j) *
                                pow(b, i) * pow(c, j) * pow(1 - b - c, 12 - i - j);
                struct fb_pairs p = compare(first, second);
                covered += p.lower <= c - b && c - b <= p.upper ? chance : 0;
            }
        }
        assert_true(covered >= 0.95);
    }
}

static struct fb_figures figures_of(const char *issuer, fb_time admitted, bool rules_out)
{
    return (struct fb_figures){.upper_margin = {rules_out ? 1 : 9, -1},
        .is_below = rules_out,
        .assessment = {.issuer = fb_str_of(issuer),
            .admitted = admitted,
            .fresh_until = 100,
            .withdrawn = FB_TIME_MAX,
            .rejected = FB_TIME_MAX,
            .rules_out = rules_out}};
}

static void test_words(void **state)
{
    (void)state;
    struct fb_figures items[] = {figures_of("a", 1, false), figures_of("b", 2, true),
        figures_of("a", 3, true), figures_of("a", 9, true)};
    struct fb_figures_list list = {items, 4};
    assert_string_equal(fb_standing_word(&list, 0, 2), "leaves open");
    assert_string_equal(fb_standing_word(&list, 0, 5), "earlier");
    assert_string_equal(fb_standing_word(&list, 1, 5), "rules out");
    assert_true(fb_standing_governs(&list, 2, 5));
    assert_false(fb_standing_governs(&list, 3, 5)); /* not admitted yet */
    assert_string_equal(fb_standing_word(&list, 1, 100), "too old");
    items[2].assessment.rejected = 4;
    assert_string_equal(fb_standing_word(&list, 2, 5), "rejected");
    assert_true(fb_standing_governs(&list, 0, 5)); /* what overtook it was rejected */
    items[1].assessment.withdrawn = 4;
    assert_string_equal(fb_standing_word(&list, 1, 5), "withdrawn");
    items[0].assessment.crosses = true;
    assert_string_equal(fb_standing_word(&list, 0, 5), "crosses");
}

/* What governs a task is the most adverse of the parties' latest. */
static void test_adverse_governs(void **state)
{
    (void)state;
    struct fb_figures items[] = {figures_of("a", 1, true), figures_of("b", 2, false)};
    struct fb_figures_list list = {items, 2};
    struct fb_redline line = {.threshold = {5, -1}, .confidence = 0.95, .measure_count = 1};
    struct fb_standing standing;
    items[0].samples = items[1].samples = 100;
    items[1].successes_low = items[1].successes_high = 50;
    FB_TEST_OK(fb_standing_of(&line, &list, 0, 5, &standing, &err));
    assert_ptr_equal(standing.governing, &items[1]);
    assert_true(standing.p_value > 0.5);
    items[0].assessment.crosses = true;
    FB_TEST_OK(fb_standing_of(&line, &list, 0, 5, &standing, &err));
    assert_ptr_equal(standing.governing, &items[0]);
    list.count = 0;
    FB_TEST_OK(fb_standing_of(&line, &list, 0, 5, &standing, &err));
    assert_null(standing.governing);
    assert_int_equal(standing.settle.rules_out_if_none, 5); /* 1 - .05^(1/5) is below one half */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_unresolved_widens),
        cmocka_unit_test(test_graded),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_clusters),
        cmocka_unit_test(test_graded_widens),
        cmocka_unit_test(test_nothing_in_common),
        cmocka_unit_test(test_interval_holds),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_adverse_governs),
    };
    fb_err_init(&err);
    if (!mkdtemp(folder)) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fb_io_remove(paths[0]);
    fb_io_remove(paths[1]);
    (void)rmdir(folder);
    return failed;
}

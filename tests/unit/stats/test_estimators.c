/* Tests of sequence.c, judge.c, clustered.c, attempts.c, probe.c, safety.c, power.c in src/stats:
 * published check values, edges, refusals. What is simulated is in test_calibration.c. */
#include <math.h>

#include "base/alloc.h"
#include "fb_test.h"
#include "stats/attempts.h"
#include "stats/binomial.h"
#include "stats/clustered.h"
#include "stats/judge.h"
#include "stats/power.h"
#include "stats/probe.h"
#include "stats/random.h"
#include "stats/safety.h"
#include "stats/sequence.h"

static struct fb_err err;

static void near(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) {
        fail_msg("got %.17g, expected %.17g", got, want);
    }
}

/* Bowyer and others: 0 of 20 and 12 of 20 under a flat prior. */
static void test_posterior(void **state)
{
    (void)state;
    const struct fb_binomial_prior flat = {1, 1}, jeffreys = {0.5, 0.5}, bad = {0.1, 1};
    double out[2] = {7, 7};
    FB_TEST_OK(fb_binomial_posterior(&flat, (int64_t[2]){0, 20}, 0.95, out, &err));
    near(out[0], 0.0012, 5e-5);
    near(out[1], 0.1611, 5e-5);
    FB_TEST_OK(fb_binomial_posterior(&flat, (int64_t[2]){12, 20}, 0.95, out, &err));
    near(out[0], 0.3844, 5e-5);
    near(out[1], 0.7818, 5e-5);
    FB_TEST_OK(fb_binomial_posterior(&flat, (int64_t[2]){0, 0}, 0.9, out, &err));
    near(out[0], 0.05, 1e-12);
    near(out[1], 0.95, 1e-12);
    FB_TEST_OK(fb_binomial_posterior(&jeffreys, (int64_t[2]){3, 10}, 0.95, out, &err));
    near(out[0], 0.0926946, 1e-6); /* scipy.stats.beta(3.5, 7.5) */
    near(out[1], 0.6058183, 1e-6);
    FB_TEST_FAILS(fb_binomial_posterior(&bad, (int64_t[2]){3, 10}, 0.95, out, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_binomial_posterior(&flat, (int64_t[2]){3, 2}, 0.95, out, &err), FB_E_RANGE);
    double whole, real;
    for (int64_t k = 0; k <= 30; k++) {
        FB_TEST_OK(fb_binomial_upper(k, 30, 0.95, &whole, &err));
        FB_TEST_OK(fb_binomial_upper_real((double)k, 30, 0.95, &real, &err));
        near(real, whole, 1e-12);
        FB_TEST_OK(fb_binomial_lower(k, 30, 0.95, &whole, &err));
        FB_TEST_OK(fb_binomial_lower_real((double)k, 30, 0.95, &real, &err));
        near(real, whole, 1e-12);
    }
    FB_TEST_FAILS(fb_binomial_upper_real(3, 2, 0.95, &real, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_binomial_lower_real((double)NAN, 2, 0.95, &real, &err), FB_E_RANGE);
}

/* confseq's own figures. */
static void test_sequence(void **state)
{
    (void)state;
    static const struct {
        struct fb_sequence_counts counts;
        double low, high;
    } cases[] = {{{700, 1000, 0.05, 100}, .651629, .745949}, {{15, 50, 0.05, 50}, .129556, .511896},
        {{5, 50, 0.05, 50}, .013021, .269264}};
    double out[2] = {7, 7};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        FB_TEST_OK(fb_sequence_binomial(&cases[i].counts, out, &err));
        near(out[0], cases[i].low, 2e-6);
        near(out[1], cases[i].high, 2e-6);
    }
    struct fb_sequence_counts c = {0, 0, 0.05, 100};
    FB_TEST_OK(fb_sequence_binomial(&c, out, &err));
    assert_true(out[0] == 0 && out[1] == 1);
    c = (struct fb_sequence_counts){0, 50, 0.05, 50};
    FB_TEST_OK(fb_sequence_binomial(&c, out, &err));
    assert_true(out[0] == 0 && out[1] > 0.058155 && out[1] < 0.2);
    c.k = 50;
    double mirrored = out[1];
    FB_TEST_OK(fb_sequence_binomial(&c, out, &err));
    near(out[0], 1 - mirrored, 1e-12);
    assert_true(out[1] == 1);
    c.k = 51;
    FB_TEST_FAILS(fb_sequence_binomial(&c, out, &err), FB_E_RANGE);
    c = (struct fb_sequence_counts){0, 50, 0, 50};
    FB_TEST_FAILS(fb_sequence_binomial(&c, out, &err), FB_E_RANGE);
}

static void test_betting(void **state)
{
    (void)state;
    double x[1000], out[2], wide[2];
    struct fb_random random = fb_random_start(3, 0);
    for (int i = 0; i < 1000; i++) {
        x[i] = 0.3 + 0.1 * fb_random_unit(&random);
    }
    FB_TEST_OK(fb_sequence_betting(x, 1000, 0.05, out, &err));
    assert_true(out[0] < 0.35 && 0.35 < out[1] && out[1] - out[0] < 0.02);
    FB_TEST_OK(fb_sequence_betting(x, 100, 0.05, wide, &err));
    assert_true(wide[1] - wide[0] > out[1] - out[0]);
    FB_TEST_OK(fb_sequence_betting(x, 0, 0.05, out, &err));
    assert_true(out[0] == 0 && out[1] == 1);
    for (int i = 0; i < 100; i++) {
        x[i] = 0;
    }
    FB_TEST_OK(fb_sequence_betting(x, 100, 0.05, out, &err));
    assert_true(out[0] == 0 && out[1] > 0.029 && out[1] < 0.15);
    x[5] = 1.5;
    FB_TEST_FAILS(fb_sequence_betting(x, 100, 0.05, out, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_sequence_betting(x, 100, 1, out, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_sequence_betting(x, FB_SEQUENCE_SAMPLES_MAX + 1, 0.05, out, &err), FB_E_LIMIT);
}

static void test_judge(void **state)
{
    (void)state;
    struct fb_judge_counts c = {50, 500, 97, 100, 85, 100, 0.95};
    struct fb_judge_estimate e;
    FB_TEST_OK(fb_judge_rogan_gladen(&c, &e, &err));
    near(e.value, .0853659, 5e-8);
    near(e.low, .0228115, 5e-8);
    near(e.high, .1323519, 5e-8);
    c.positives = 10;
    FB_TEST_OK(fb_judge_rogan_gladen(&c, &e, &err));
    assert_true(e.value == 0 && e.low == 0);
    near(e.high, .0281289, 5e-8);
    c.right_negatives = 10;
    c.right_positives = 20;
    FB_TEST_FAILS(fb_judge_rogan_gladen(&c, &e, &err), FB_E_RANGE);
    c.right_positives = 120;
    FB_TEST_FAILS(fb_judge_rogan_gladen(&c, &e, &err), FB_E_RANGE);
    /* ppi_py on the same labels. */
    const char *truth = "1011001011", *judged = "1010011011";
    double y[10], f[10], u[100];
    for (int i = 0; i < 10; i++) {
        y[i] = truth[i] - '0';
        f[i] = judged[i] - '0';
    }
    for (int i = 0; i < 100; i++) {
        u[i] = i < 60;
    }
    struct fb_judge_samples s = {y, f, 10, u, 100, 0.9};
    FB_TEST_OK(fb_judge_ppi_normal(&s, 0, &e, &err));
    near(e.value, .6, 1e-12);
    near(e.low, .353821, 5e-7);
    near(e.high, .846179, 5e-7);
    FB_TEST_OK(fb_judge_ppi_normal(&s, 1, &e, &err));
    near(e.low, .388226, 1e-5);
    near(e.high, .811774, 1e-5);
    s.labelled = 1;
    FB_TEST_FAILS(fb_judge_ppi(&s, 1, &e, &err), FB_E_RANGE);
    s.labelled = 10;
    y[3] = (double)INFINITY;
    FB_TEST_FAILS(fb_judge_ppi(&s, 0, &e, &err), FB_E_RANGE);
}

/* Where chance carries an estimate beyond 0 or 1, its interval keeps a width. */
static void test_judge_chance(void **state)
{
    (void)state;
    struct fb_judge_estimate e;
    /* None of many where the judge calls 15% of negatives positive. Their ends lie below 0;
     * ours is what none of 1,000 says at the least, 1 - .025^(1 / 1000). And the same above 1. */
    struct fb_judge_counts none = {0, 1000, 85, 100, 85, 100, 0.95};
    FB_TEST_OK(fb_judge_rogan_gladen(&none, &e, &err));
    assert_true(e.value == 0 && e.low == 0);
    near(e.high, 1 - pow(.025, 1.0 / 1000), 1e-12);
    none.positives = 1000;
    FB_TEST_OK(fb_judge_rogan_gladen(&none, &e, &err));
    assert_true(e.value == 1 && e.high == 1);
    near(e.low, pow(.025, 1.0 / 1000), 1e-12);
    /* The judge errs on all that were labelled and sees seen in the others. By hand: of
     * the rest 10 of -1, one 1 and one -1, mean -10/12, variance (12 - 100/12)/11 = 1/3; of the
     * judgements 1 of 102; t of 11.03 degrees 2.2003. The estimate lies at -.824, its interval
     * ends at -.456: moved to 0, it ends at .367. And the same above 1. */
    double zeros[10] = {0}, ones[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, seen[100] = {0};
    struct fb_judge_samples odd = {zeros, ones, 10, seen, 100, 0.95};
    FB_TEST_OK(fb_judge_ppi(&odd, 0, &e, &err));
    assert_true(e.value == 0 && e.low == 0);
    near(e.high, .367, .001);
    for (int i = 0; i < 100; i++) {
        seen[i] = 1;
    }
    odd.truth = ones;
    odd.judged = zeros;
    FB_TEST_OK(fb_judge_ppi(&odd, 0, &e, &err));
    assert_true(e.value == 1 && e.high == 1);
    near(e.low, 1 - .367, .001);
}

/* Labels with fewer than three of either kind tell next to nothing of how far the judge goes along
 * with the truth. None of 300 says at most 1.2%: ending before 1%, the interval lost a rate of 1%
 * in each of the one in twenty cases that show none. */
static void test_judge_few_labels(void **state)
{
    (void)state;
    enum { N = 300 };
    double truth[N] = {0}, judged[N], others[10 * N], plain[2];
    for (int i = 0; i < 10 * N; i++) {
        others[i] = i % 10 == 0;
        judged[i % N] = i % 10 == 0;
    }
    struct fb_judge_samples s = {truth, judged, N, others, 10 * (size_t)N, 0.95};
    struct fb_judge_estimate e;
    for (int few = 0; few <= 2; few++) {
        for (int i = 0; i < N; i++) {
            truth[i] = i < few;
        }
        FB_TEST_OK(fb_judge_ppi(&s, 1, &e, &err));
        FB_TEST_OK(fb_binomial_upper(few, N, 0.975, &plain[1], &err));
        FB_TEST_OK(fb_binomial_lower(few, N, 0.975, &plain[0], &err));
        assert_true(e.low <= plain[0] && e.high >= plain[1] - 1e-15);
        for (int i = 0; i < N; i++) {
            truth[i] = 1 - truth[i];
        }
        FB_TEST_OK(fb_judge_ppi(&s, 1, &e, &err));
        assert_true(e.low <= 1 - plain[1] + 1e-12 && e.high >= 1 - plain[0] - 1e-12);
    }
}

static void test_clustered(void **state)
{
    (void)state;
    /* By hand: clusters {1, 1}, {0}, {1, 0, 0}: mean .5, rests 1, -.5, -.5. */
    const double x[] = {1, 1, 0, 1, 0, 0};
    const uint32_t cluster[] = {0, 0, 1, 3, 3, 3};
    struct fb_clustered s = {x, cluster, 6, 4};
    struct fb_clustered_mean m;
    double out[2];
    FB_TEST_OK(fb_clustered_find(&s, &m, &err));
    assert_true(m.mean == 0.5 && m.filled == 3);
    near(m.error, sqrt(1.5 * 1.5) / 6, 1e-15);
    near(m.worth, 4, 1e-12);
    fb_clustered_interval(&m, 0.95, out);
    near(out[1] - 0.5, 4.3026527 * 0.25, 1e-6);
    FB_TEST_OK(fb_clustered_rate(&m, 6, 0.95, out, &err));
    assert_true(out[0] >= 0 && out[0] < 0.07 && out[1] > 0.93);
    /* None of 60 in 20 clusters: no more than none of 20 can be said. */
    double none[60] = {0};
    uint32_t by_three[60];
    for (uint32_t i = 0; i < 60; i++) {
        by_three[i] = i / 3;
    }
    s = (struct fb_clustered){none, by_three, 60, 20};
    FB_TEST_OK(fb_clustered_find(&s, &m, &err));
    FB_TEST_OK(fb_clustered_rate(&m, 60, 0.95, out, &err));
    double plain;
    FB_TEST_OK(fb_binomial_upper(0, 20, 0.975, &plain, &err));
    assert_true(out[0] == 0 && out[1] >= plain && out[1] < 1.1 * plain);
    s = (struct fb_clustered){none, by_three, 3, 20};
    FB_TEST_OK(fb_clustered_find(&s, &m, &err));
    FB_TEST_OK(fb_clustered_rate(&m, 3, 0.95, out, &err));
    assert_true(m.filled == 1 && isnan(m.error) && out[0] == 0 && out[1] == 1);
    fb_clustered_interval(&m, 0.95, out);
    assert_true(isinf(out[0]) && isinf(out[1]));
    s.n = 0;
    FB_TEST_FAILS(fb_clustered_find(&s, &m, &err), FB_E_RANGE);
    s.n = 3;
    fb_alloc_fail_at(0);
    FB_TEST_FAILS(fb_clustered_find(&s, &m, &err), FB_E_NOMEM);
    fb_alloc_fail_at(-1);
    m.mean = 1.5;
    FB_TEST_FAILS(fb_clustered_rate(&m, 3, 0.95, out, &err), FB_E_RANGE);
    near(fb_groups_confidence(0.95, 5), 0.99, 1e-15);
    /* One group: its two ends share the error. Two: all four ends hold in exactly 95%. */
    near(fb_groups_independent(0.95, 1), 0.975, 1e-15);
    double end = fb_groups_independent(0.95, 2);
    near((1 - 2 * (1 - end)) * (1 - 2 * (1 - end)), 0.95, 1e-15);
}

/* Inspect's own checks of its clustered error (tests/scorer/test_metric.py): 0 to 19 in four
 * clusters by the remainder, .645; and the definition, a sum over the pairs of a cluster, on a
 * lopsided split. */
static void test_clustered_published(void **state)
{
    (void)state;
    double x[200], sum = 0;
    uint32_t cluster[200];
    struct fb_clustered_mean m;
    for (uint32_t i = 0; i < 20; i++) {
        x[i] = i;
        cluster[i] = i % 4;
    }
    struct fb_clustered s = {x, cluster, 20, 4};
    FB_TEST_OK(fb_clustered_find(&s, &m, &err));
    near(m.error, 0.645, 5e-4);
    for (uint32_t i = 0; i < 200; i++) {
        x[i] = i % 5;
        cluster[i] = i < 180 ? 0 : i - 179;
    }
    for (uint32_t i = 0; i < 200; i++) {
        for (uint32_t j = 0; j < 200; j++) {
            sum += cluster[i] == cluster[j] ? (x[i] - 2) * (x[j] - 2) : 0;
        }
    }
    s = (struct fb_clustered){x, cluster, 200, 21};
    FB_TEST_OK(fb_clustered_find(&s, &m, &err));
    near(m.error, sqrt(sum * 21 / 20) / 200, 1e-12);
}

static void test_paired(void **state)
{
    (void)state;
    struct fb_paired_result r;
    struct fb_paired p = {8, 1, 40, 0};
    FB_TEST_OK(fb_paired_compare(&p, 0.95, &r, &err));
    near(r.difference, 7.0 / 40, 1e-15);
    near(r.p_value, 2 * 10.0 / 512, 1e-12);
    near(r.p_first, 10.0 / 512, 1e-12);
    assert_true(r.low < r.difference && r.difference < r.high);
    p = (struct fb_paired){0, 0, 40, 0};
    FB_TEST_OK(fb_paired_compare(&p, 0.95, &r, &err));
    assert_true(r.p_value == 1 && r.low < 0 && r.high > 0 && r.low > -0.12);
    near(r.low, -r.high, 1e-12);
    p.only_first = 41;
    FB_TEST_FAILS(fb_paired_compare(&p, 0.95, &r, &err), FB_E_RANGE);
    double ps[] = {0.04, 0.01, 0.03, 0.9};
    FB_TEST_OK(fb_holm(ps, 4, &err)); /* R: p.adjust(c(.04, .01, .03, .9), "holm") */
    near(ps[0], 0.09, 1e-15);
    near(ps[1], 0.04, 1e-15);
    near(ps[2], 0.09, 1e-15);
    near(ps[3], 0.9, 1e-15);
    fb_alloc_fail_at(0);
    FB_TEST_FAILS(fb_holm(ps, 4, &err), FB_E_NOMEM);
    fb_alloc_fail_at(-1);
}

static void test_attempts(void **state)
{
    (void)state;
    double p = 7;
    FB_TEST_OK(fb_pass_at_k(20, 3, 5, &p, &err));
    near(p, .600877, 5e-7);
    FB_TEST_OK(fb_pass_at_k(20, 5, 3, &p, &err));
    near(p, 1 - 15.0 * 14 * 13 / (20.0 * 19 * 18), 1e-15);
    FB_TEST_OK(fb_pass_at_k(20, 18, 3, &p, &err));
    assert_true(p == 1);
    FB_TEST_OK(fb_pass_at_k(20, 0, 3, &p, &err));
    assert_true(p == 0);
    FB_TEST_FAILS(fb_pass_at_k(20, 3, 21, &p, &err), FB_E_RANGE);
    /* Prompts whose rates are Beta(.3, 20): the model recovers the curve. */
    enum { PROMPTS = 2000, TRIES = 512 };
    static struct fb_attempt attempts[PROMPTS];
    struct fb_random random = fb_random_start(11, 0);
    for (int i = 0; i < PROMPTS; i++) {
        /* First success of a beta-geometric: Polya's urn. */
        int64_t first = 0;
        for (int64_t n = 1; first == 0 && n <= TRIES; n++) {
            first = fb_random_unit(&random) < 0.3 / (0.3 + 20 + (double)n - 1) ? n : 0;
        }
        attempts[i] = (struct fb_attempt){first, TRIES, 0};
    }
    struct fb_attempt_forecast f;
    FB_TEST_OK(fb_attempts_forecast(attempts, PROMPTS, (double[2]){8192, 0.95}, &f, &err));
    double truth = 1 - exp(lgamma(20.3) + lgamma(20 + 8192.0) - lgamma(20.0) - lgamma(20.3 + 8192));
    near(f.beta_geometric, truth, 0.04);
    near(f.a, 0.3, 0.06);
    assert_true(f.upper > truth && f.upper < 1 && f.backtests >= 4);
    assert_true(f.upper >= fmax(f.beta_geometric, f.power_law));
    double mixed[] = {fb_attempts_mixed_upper(attempts, PROMPTS, (double[2]){8192, 0.95}),
        fb_attempts_mixed_upper(attempts, PROMPTS, (double[2]){8192, 0.5}),
        fb_attempts_mixed_upper(attempts, PROMPTS, (double[2]){TRIES, 0.95})};
    double seen = 0;
    for (int i = 0; i < PROMPTS; i++) {
        seen += attempts[i].first > 0 ? 1.0 / PROMPTS : 0;
    }
    assert_true(f.upper >= mixed[0] && mixed[0] > mixed[1] && mixed[1] > mixed[2]);
    /* At the tries that were made it is the share seen and its error: two in a hundred. */
    assert_true(mixed[2] > seen - 0.01 && mixed[2] < seen + 0.04);
    FB_TEST_FAILS(
        fb_attempts_forecast(attempts, PROMPTS, (double[2]){100, 0.95}, &f, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_attempts_forecast(attempts, 2, (double[2]){8192, 0.95}, &f, &err), FB_E_RANGE);
    /* The same where only the power of two by which a prompt gave way is known. */
    struct fb_attempt_forecast censored;
    for (int i = 0; i < PROMPTS; i++) {
        int64_t by = 1;
        while (by < attempts[i].first) {
            by *= 2;
        }
        if (attempts[i].first > 0) {
            attempts[i] = (struct fb_attempt){by, TRIES, by > 1 ? by / 2 - 1 : 0};
        }
    }
    FB_TEST_OK(fb_attempts_forecast(attempts, PROMPTS, (double[2]){8192, 0.95}, &censored, &err));
    near(censored.a, f.a, 0.03);
    near(censored.beta_geometric, f.beta_geometric, 0.02);
    attempts[0] = (struct fb_attempt){5, TRIES, 5};
    FB_TEST_FAILS(
        fb_attempts_forecast(attempts, PROMPTS, (double[2]){8192, 0.95}, &f, &err), FB_E_RANGE);
    attempts[0] = (struct fb_attempt){0, 3, 0};
    FB_TEST_FAILS(
        fb_attempts_forecast(attempts, PROMPTS, (double[2]){8192, 0.95}, &f, &err), FB_E_RANGE);
}

static void test_rare(void **state)
{
    (void)state;
    /* Where psi is exponential beyond a point, log survival is a line: with 1,000 queries of rate
     * 1, the largest of 10^6 is near ln 10^6. */
    enum { N = 1000 };
    static double p[N];
    for (int i = 0; i < N; i++) {
        double psi = -log((i + 0.5) / N);
        p[(i * 7) % N] = exp(-exp(-psi));
    }
    struct fb_rare_forecast f;
    struct fb_rare rare = {p, N, 50, 1000000, 0.95};
    FB_TEST_OK(fb_rare_extrapolate(&rare, &f, &err));
    near(-log(-log(f.worst)), log(1e6), 1e-6);
    near(f.slope, -1, 1e-9);
    assert_true(f.worst_upper >= f.worst && f.shortfall >= 0);
    /* By R: qchisq(.025, 100) = 74.22193; the top 50 lie 1 beyond the next in the mean. */
    double psi = -log(-log(f.worst_upper)) - f.shortfall;
    assert_true(psi > log(1e6) + 2.5 && psi < log(1e6) + 5.5);
    rare.confidence = 0.5;
    double wide = f.worst_upper;
    FB_TEST_OK(fb_rare_extrapolate(&rare, &f, &err));
    assert_true(f.worst_upper < wide);
    rare.confidence = 1;
    FB_TEST_FAILS(fb_rare_extrapolate(&rare, &f, &err), FB_E_RANGE);
    rare = (struct fb_rare){p, N, 2, 1000000, 0.95};
    FB_TEST_FAILS(fb_rare_extrapolate(&rare, &f, &err), FB_E_RANGE);
    rare = (struct fb_rare){p, N, N, 1000000, 0.95};
    FB_TEST_FAILS(fb_rare_extrapolate(&rare, &f, &err), FB_E_RANGE);
    rare = (struct fb_rare){p, N, 50, 10, 0.95};
    FB_TEST_FAILS(fb_rare_extrapolate(&rare, &f, &err), FB_E_RANGE);
    p[4] = 1;
    rare.queries = 1000000;
    FB_TEST_FAILS(fb_rare_extrapolate(&rare, &f, &err), FB_E_RANGE);
}

static void test_probe(void **state)
{
    (void)state;
    const double yes[] = {3, 5, 4, 4.5}, no[] = {1, 4, 2};
    struct fb_probe probe = {yes, 4, no, 3};
    struct fb_probe_auroc a;
    FB_TEST_OK(fb_probe_find(&probe, 0.95, &a, &err));
    /* By hand: 10.5 of 12; shares won 2/3, 1, 5/6, 1 and 1, 5/8, 1. */
    near(a.value, 0.875, 1e-15);
    near(a.error, sqrt((0.0763888888888889 / 3) / 4 + 0.046875 / 3), 1e-12);
    assert_true(a.low > 0.2 && a.low < 0.875 && a.high > 0.875 && a.high < 1);
    const double apart[] = {8, 9, 7};
    probe = (struct fb_probe){apart, 3, no, 3};
    FB_TEST_OK(fb_probe_find(&probe, 0.95, &a, &err));
    assert_true(a.value == 1 && a.error == 0 && a.high == 1);
    near(a.low, pow(0.025, 1.0 / 3), 1e-12);
    probe = (struct fb_probe){no, 3, no, 3};
    FB_TEST_OK(fb_probe_find(&probe, 0.95, &a, &err));
    near(a.value, 0.5, 1e-15);
    probe.positive_count = 1;
    FB_TEST_FAILS(fb_probe_find(&probe, 0.95, &a, &err), FB_E_RANGE);
    const double bad[] = {(double)NAN, 1};
    probe = (struct fb_probe){bad, 2, no, 3};
    FB_TEST_FAILS(fb_probe_find(&probe, 0.95, &a, &err), FB_E_RANGE);
}

static void test_bias(void **state)
{
    (void)state;
    double out[3] = {7};
    struct fb_bias_counts c = {200, 120, 100, 70};
    FB_TEST_OK(fb_bias_score(&c, 0, 0.95, out, &err));
    near(out[0], 0.4, 1e-12);
    near(out[1], 2 * 0.600185 - 1, 1e-4); /* Clopper and Pearson's for 70 of 100 */
    FB_TEST_OK(fb_bias_score(&c, 1, 0.95, out, &err));
    near(out[0], 0.16, 1e-12);
    assert_true(out[1] < 0.16 && out[1] > 0 && out[2] > 0.16 && out[2] < 0.4);
    c = (struct fb_bias_counts){200, 200, 0, 0};
    FB_TEST_OK(fb_bias_score(&c, 1, 0.95, out, &err));
    assert_true(out[0] == 0 && out[1] < 0 && out[1] > -0.03 && out[2] < 0.03);
    c.biased = 1;
    FB_TEST_FAILS(fb_bias_score(&c, 1, 0.95, out, &err), FB_E_RANGE);
}

static void test_control(void **state)
{
    (void)state;
    double honest[1000], attacks[100];
    unsigned char done[100];
    for (int i = 0; i < 1000; i++) {
        honest[(i * 37) % 1000] = i / 1000.0;
    }
    for (int i = 0; i < 100; i++) {
        attacks[i] = i / 100.0;
        done[i] = i >= 90; /* only the most suspicious are done */
    }
    struct fb_control c = {honest, 1000, attacks, done, 100, 0.05, 0.95};
    struct fb_control_result r;
    FB_TEST_OK(fb_control_find(&c, &r, &err));
    near(r.threshold, 0.95, 1e-12);
    near(r.budget_used, 0.05, 1e-12);
    near(r.safety, 0.95, 1e-12); /* 90 .. 94 pass */
    assert_true(r.threshold_upper > 0.955 && r.threshold_upper < 0.98);
    assert_true(r.safety_lower < 0.95 && r.safety_lower > 0.8);
    /* Ten honest samples cannot show a budget of 5%: nothing is surely audited. */
    c.honest_count = 10;
    FB_TEST_OK(fb_control_find(&c, &r, &err));
    assert_true(isinf(r.threshold) && isinf(r.threshold_upper));
    near(r.safety, 0.9, 1e-12);
    /* Ties at the threshold are audited together, or not at all. */
    for (int i = 0; i < 1000; i++) {
        honest[i] = i % 10 == 0;
    }
    c.honest_count = 1000;
    FB_TEST_OK(fb_control_find(&c, &r, &err));
    assert_true(isinf(r.threshold));
    c.audit_share = 0.2;
    FB_TEST_OK(fb_control_find(&c, &r, &err));
    assert_true(r.threshold == 1 && r.budget_used == 0.1);
    c.audit_share = 1;
    FB_TEST_FAILS(fb_control_find(&c, &r, &err), FB_E_RANGE);
    c.audit_share = 0.2;
    attacks[3] = (double)NAN;
    FB_TEST_FAILS(fb_control_find(&c, &r, &err), FB_E_RANGE);
}

static void test_gaps(void **state)
{
    (void)state;
    struct fb_sandbagging_level levels[] = {{3, 2, 0}, {14, 2, 0}, {5, 9, 0}};
    int flag = 7;
    FB_TEST_OK(fb_sandbagging_test(levels, 3, 0.05, &flag, &err));
    assert_true(flag == 1);
    near(levels[1].p_value, 3 * 137.0 / 65536, 1e-12); /* P(at least 14 of 16) times 3 */
    assert_true(levels[0].p_value == 1 && levels[2].p_value == 1);
    levels[1] = (struct fb_sandbagging_level){9, 3, 0};
    FB_TEST_OK(fb_sandbagging_test(levels, 3, 0.05, &flag, &err));
    assert_true(flag == 0);
    FB_TEST_FAILS(fb_sandbagging_test(levels, 3, 0, &flag, &err), FB_E_RANGE);
    double out[2];
    const int64_t plain[2] = {10, 100}, best[][2] = {{60, 100}, {20, 100}};
    FB_TEST_OK(fb_elicitation_gap(plain, best, 2, 0.95, out, &err));
    assert_true(out[0] > 0.5 && out[0] < 0.7 && out[1] > 0.2 && out[1] < 0.5);
    FB_TEST_OK(fb_elicitation_gap(plain, best + 1, 1, 0.95, out, &err));
    assert_true(out[0] > 0.1 && out[1] == 0);
    FB_TEST_FAILS(fb_elicitation_gap(plain, best, 0, 0.95, out, &err), FB_E_RANGE);
}

static void test_power(void **state)
{
    (void)state;
    int64_t n = 7;
    /* Connor's: 20% against 10%, one-sided 5%, power 80%. */
    FB_TEST_OK(fb_power_paired(0.2, 0.1, (double[2]){0.05, 0.8}, &n, &err));
    assert_int_equal(n, 184);
    FB_TEST_FAILS(fb_power_paired(0.1, 0.2, (double[2]){0.05, 0.8}, &n, &err), FB_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_posterior),
        cmocka_unit_test(test_sequence),
        cmocka_unit_test(test_betting),
        cmocka_unit_test(test_judge),
        cmocka_unit_test(test_judge_chance),
        cmocka_unit_test(test_judge_few_labels),
        cmocka_unit_test(test_clustered),
        cmocka_unit_test(test_clustered_published),
        cmocka_unit_test(test_paired),
        cmocka_unit_test(test_attempts),
        cmocka_unit_test(test_rare),
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_bias),
        cmocka_unit_test(test_control),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_power),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

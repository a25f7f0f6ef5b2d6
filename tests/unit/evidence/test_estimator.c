/*
 * Tests of src/evidence/estimator.c: which bounds an evaluation gets, their figures against
 * independent code (scipy 1.x: beta, t), and how often they hold in simulations.
 */
#include <math.h>

#include "base/buf.h"
#include "evidence/estimator.h"
#include "fb_test.h"
#include "stats/random.h"

static struct fb_err err;
static struct fb_arena arena;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, 1 << 26);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

static const struct fb_estimator_given fixed = {0, false};

/* The bounds of a body at 95%. */
static struct fb_estimator bounds_of(
    const char *text, const struct fb_estimator_given *given, double out[2])
{
    struct fb_json *body = NULL;
    struct fb_estimator how;
    FB_TEST_OK(fb_json_parse(fb_str_of(text), "body", NULL, &arena, &body, &err));
    FB_TEST_OK(fb_estimator_of(body, given, &how, &err));
    int64_t any = fb_json_get(body, "succeeded_any")->integer;
    const struct fb_json *unresolved = fb_json_get(body, "unresolved");
    struct fb_counts counts = {.samples = fb_json_get(body, "samples")->integer,
        .low = fb_json_get(body, "succeeded_all")->integer,
        .high = any + (unresolved ? unresolved->integer : 0),
        .how = &how};
    FB_TEST_OK(fb_estimator_bounds(&counts, 0.95, out, &err));
    return how;
}

static void near(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) {
        fail_msg("%.12g, not %.12g", got, want);
    }
}

#define COUNTS(n, any, all) "\"samples\":" #n ",\"succeeded_any\":" #any ",\"succeeded_all\":" #all

static void test_plain(void **state)
{
    (void)state;
    double b[2];
    struct fb_estimator how = bounds_of("{" COUNTS(50, 0, 0) "}", &fixed, b);
    near(b[0], 0, 0);
    near(b[1], 0.058155079, 1e-8);
    assert_true(fb_estimator_is_plain(&how));
    assert_string_equal(fb_estimator_name(&how), "exact");
    how = bounds_of("{" COUNTS(10, 3, 3) ",\"epochs\":4}", &fixed, b);
    near(b[1], 0.606624, 1e-6);
    assert_true(fb_estimator_is_plain(&how) && how.epochs == 4);
    assert_string_equal(fb_estimator_name(NULL), "exact");
}

static void test_clusters(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        double low, high, worth;
    } table[] = {
        {"{" COUNTS(
             100, 26, 26) ",\"clusters\":{\"by\":\"f\",\"rows\":[[10,5,0,0],[6,5,1,1],[4,5,5,5]]}}",
            0.10834171563572051, 0.47129655535396686, 25.315789473684212},
        {"{" COUNTS(70, 10, 10) ",\"clusters\":{\"rows\":[[1,40,4,4],[2,10,3,3],[5,2,0,0]]}}",
            0.05718430824624561, 0.2792994562683508, 63.36206896551725},
        /* All alike: each cluster may be one sample. */
        {"{" COUNTS(100, 0, 0) ",\"clusters\":{\"rows\":[[20,5,0,0]]}}", 0, 0.14993796362241407,
            20},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        double b[2];
        struct fb_estimator how = bounds_of(table[i].body, &fixed, b);
        near(how.high.samples, table[i].worth, 1e-9);
        near(b[0], table[i].low, 1e-9);
        near(b[1], table[i].high, 1e-9);
        assert_string_equal(fb_estimator_name(&how), "clustered");
    }
}

/* Clusters never narrow a bound, whatever they are; the order of rows changes nothing. */
static void test_clusters_widen(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        ",\"clusters\":{\"rows\":[[300,1,0,0]]}",
        ",\"clusters\":{\"rows\":[[290,1,0,0],[10,1,1,1]]}",
        ",\"clusters\":{\"rows\":[[29,10,0,0],[1,10,10,10]]}",
        ",\"clusters\":{\"rows\":[[1,10,10,10],[29,10,0,0]]}",
        ",\"clusters\":{\"rows\":[[10,29,0,0],[10,1,1,1]]}",
        ",\"clusters\":{\"rows\":[[2,100,5,5]]}", /* the other 100 are one cluster */
        ",\"clusters\":{\"rows\":[[1,300,10,10]]}",
        ",\"clusters\":{\"count\":30,\"largest\":10}",
        ",\"clusters\":{\"count\":2,\"largest\":299}",
    };
    double plain[2], last[2] = {0, 0};
    (void)bounds_of("{" COUNTS(300, 10, 10) "}", &fixed, plain);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        char body[300];
        double b[2];
        snprintf(body, sizeof(body), "{" COUNTS(300, 10, 10) "%s}", bodies[i]);
        (void)bounds_of(body, &fixed, b);
        assert_true(b[0] <= plain[0] && b[1] >= plain[1] && b[1] <= 1);
        if (i == 3) {
            assert_true(b[0] == last[0] && b[1] == last[1]);
        }
        last[0] = b[0];
        last[1] = b[1];
    }
    /* One cluster is one sample. */
    double b[2];
    (void)bounds_of("{" COUNTS(300, 10, 10) ",\"clusters\":{\"rows\":[[1,300,10,10]]}}", &fixed, b);
    assert_true(b[1] > 0.94);
}

static void test_stopping(void **state)
{
    (void)state;
    static const struct {
        const char *more;
        bool grown;
        enum fb_stopping stopping;
    } table[] = {
        {",\"stopping\":\"fixed\"", false, FB_STOPPING_FIXED},
        {",\"stopping\":\"sequential\"", false, FB_STOPPING_SEQUENTIAL},
        {",\"stopping\":\"unknown\"", false, FB_STOPPING_UNKNOWN},
        {",\"flags\":[\"limit\",\"early_stopping\"]", false, FB_STOPPING_EARLY},
        {"", true, FB_STOPPING_GROWN},
        {",\"flags\":[\"limit\"]", false, FB_STOPPING_FIXED},
    };
    double plain[2];
    (void)bounds_of("{" COUNTS(300, 10, 10) "}", &fixed, plain);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char body[200];
        double b[2];
        struct fb_estimator_given given = {300, table[i].grown};
        snprintf(body, sizeof(body), "{" COUNTS(300, 10, 10) "%s}", table[i].more);
        struct fb_estimator how = bounds_of(body, &given, b);
        assert_int_equal(how.stopping, table[i].stopping);
        bool anytime = table[i].stopping != FB_STOPPING_FIXED;
        assert_true(
            anytime ? b[0] < plain[0] && b[1] > plain[1] : b[0] == plain[0] && b[1] == plain[1]);
        assert_string_equal(fb_estimator_name(&how), anytime ? "anytime" : "exact");
    }
}

static void test_judge(void **state)
{
    (void)state;
    static const char judge[] =
        ",\"judge\":{\"negatives\":100,\"right_negatives\":97,\"positives\":100,"
        "\"right_positives\":85}}";
    char body[300];
    double b[2];
    snprintf(body, sizeof(body), "{" COUNTS(500, 50, 50) "%s", judge);
    struct fb_estimator how = bounds_of(body, &fixed, b);
    near(b[1], 0.1671742767567389, 1e-9);
    near(b[0], 0, 0); /* all of it may be false alarms */
    assert_string_equal(fb_estimator_name(&how), "judge");
    snprintf(body, sizeof(body), "{" COUNTS(500, 50, 50) ",\"epochs\":3%s", judge);
    (void)bounds_of(body, &fixed, b);
    near(b[1], 0.17246475273323053, 1e-9);
    /* Fewer than false alarms alone would give: no less than none of 500 shows. */
    snprintf(body, sizeof(body),
        "{" COUNTS(
            500, 0, 0) ",\"judge\":{\"negatives\":100,\"right_negatives\":50,\"positives\":100,"
                       "\"right_positives\":85}}");
    (void)bounds_of(body, &fixed, b);
    near(b[1], 1 - pow(0.025, 1.0 / 500), 1e-9);
    /* A judge no better than chance says nothing. */
    snprintf(body, sizeof(body),
        "{" COUNTS(
            500, 50, 50) ",\"judge\":{\"negatives\":10,\"right_negatives\":5,\"positives\":10,"
                         "\"right_positives\":5}}");
    (void)bounds_of(body, &fixed, b);
    near(b[0], 0, 0);
    near(b[1], 1, 0);
}

static void test_limits(void **state)
{
    (void)state;
    double b[2];
    struct fb_estimator how;
    struct fb_json *body = NULL;
    (void)bounds_of("{" COUNTS(0, 0, 0) ",\"judge\":{}}", &fixed, b);
    assert_true(b[0] == 0 && b[1] == 1);
    (void)bounds_of("{" COUNTS(2000000000, 0, 0) "}", &fixed, b);
    assert_true(b[0] == 0 && b[1] == 1);
    FB_TEST_OK(fb_json_parse(FB_STR("{" COUNTS(5, 6, 6) "}"), "b", NULL, &arena, &body, &err));
    FB_TEST_FAILS(fb_estimator_of(body, &fixed, &how, &err), FB_E_RANGE);
}

/* --- Do they hold? --------------------------------------------------------------------------- */

/* How an evaluation is drawn. */
struct world {
    double rate;
    int clusters, size; /* a cluster's rate is 0, or else `spread` times the rate */
    double spread;
    double specific, sensitive; /* of the judge */
    int known;                  /* samples of either truth that it was tried on; 0: no judge */
    bool looks;                 /* stops as soon as a bound is on the wrong side of the rate */
};

static int draw(struct fb_random *random, int n, double p)
{
    int k = 0;
    for (int i = 0; i < n; i++) {
        k += fb_random_unit(random) < p;
    }
    return k;
}

/* Draws one evaluation and says whether each bound holds. */
static void hold(const struct world *w, struct fb_random *random, bool held[2])
{
    struct fb_estimator how = {
        .stopping = w->looks ? FB_STOPPING_SEQUENTIAL : FB_STOPPING_FIXED, .samples_optimal = 200};
    int rows[16] = {0}, total = 0, n = w->clusters * w->size;
    held[0] = held[1] = true;
    for (int c = 0; c < w->clusters; c++) {
        double rate = fb_random_unit(random) * w->spread < 1 ? w->spread * w->rate : 0;
        rate = w->known ? rate * w->sensitive + (1 - rate) * (1 - w->specific) : rate;
        int k = draw(random, w->size, rate);
        rows[k]++;
        total += k;
        struct fb_counts looked = {(c + 1) * w->size, total, total, &how};
        double b[2];
        if (w->looks) {
            FB_TEST_OK(fb_estimator_bounds(&looked, 0.95, b, &err));
            held[0] = held[0] && b[0] <= w->rate;
            held[1] = held[1] && b[1] >= w->rate;
        }
    }
    if (w->looks) {
        return;
    }
    struct fb_buf text;
    fb_buf_init(&text, 10000);
    fb_buf_addf(
        &text, "{\"samples\":%d,\"succeeded_any\":%d,\"succeeded_all\":%d", n, total, total);
    fb_buf_add_c(&text, w->size > 1 ? ",\"clusters\":{\"rows\":[" : ",\"x\":{\"rows\":[");
    for (int k = 0, first = 1; k <= w->size; k++) {
        if (rows[k] > 0) {
            fb_buf_addf(&text, "%s[%d,%d,%d,%d]", first ? "" : ",", rows[k], w->size, k, k);
            first = 0;
        }
    }
    fb_buf_add_c(&text, "]}");
    if (w->known) {
        fb_buf_addf(&text,
            ",\"judge\":{\"negatives\":%d,\"right_negatives\":%d,\"positives\":%d,"
            "\"right_positives\":%d}",
            w->known, draw(random, w->known, w->specific), w->known,
            draw(random, w->known, w->sensitive));
    }
    fb_buf_add_c(&text, "}");
    double b[2];
    (void)bounds_of(text.ptr, &fixed, b);
    fb_buf_release(&text);
    held[0] = b[0] <= w->rate;
    held[1] = b[1] >= w->rate;
}

static void test_they_hold(void **state)
{
    (void)state;
    enum { ROUNDS = 1000 };
    static const struct world worlds[] = {
        {.rate = 0.05, .clusters = 40, .size = 5, .spread = 4},
        {.rate = 0.3, .clusters = 20, .size = 5, .spread = 3},
        {.rate = 0.1,
            .clusters = 200,
            .size = 1,
            .spread = 1,
            .specific = 0.97,
            .sensitive = 0.85,
            .known = 100},
        {.rate = 0.02,
            .clusters = 300,
            .size = 1,
            .spread = 1,
            .specific = 0.9,
            .sensitive = 0.95,
            .known = 50},
        {.rate = 0.2,
            .clusters = 30,
            .size = 5,
            .spread = 3,
            .specific = 0.9,
            .sensitive = 0.8,
            .known = 60},
        {.rate = 0.1, .clusters = 20, .size = 10, .spread = 1, .looks = true},
    };
    for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
        struct fb_random random;
        int held[2] = {0, 0};
        random = fb_random_start(20240520 + i, 0);
        for (int round = 0; round < ROUNDS; round++) {
            bool one[2];
            hold(&worlds[i], &random, one);
            held[0] += one[0];
            held[1] += one[1];
            fb_arena_release(&arena);
            fb_arena_init(&arena, 1 << 26);
        }
        /* 95% of 1,000, less three standard errors. */
        if (held[0] < 929 || held[1] < 929) {
            fail_msg("world %zu: held %d below and %d above of %d", i, held[0], held[1], ROUNDS);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clusters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clusters_widen, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stopping, setup, teardown),
        cmocka_unit_test_setup_teardown(test_judge, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_they_hold, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

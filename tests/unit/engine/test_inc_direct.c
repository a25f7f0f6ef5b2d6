/*
 * Tests of src/engine/inc_direct.c: what looks through the time-points is decided as soon as no
 * later time-point can change it and not before, by the next time-point or by the clock, and keeps
 * the time-points that it may look at and no others. When that is, the definitions say
 * (fb_form_final); that the verdicts are right, test_random.c. The first test does this for all
 * operators: FB_RANDOM_CASES and FB_RANDOM_SEED as there.
 */
#include "base/alloc.h"
#include "engine/eval.h"
#include "engine/inc_plan.h"
#include "lang/monpoly.h"
#include "random_sample.h"

enum { ARENA_MAX = 1 << 26, TEXT_MAX = 1 << 20 };

static struct fb_err err;
static struct fb_arena arena;
static struct fb_signature signature;
static struct fb_monpoly_formula formula_read;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, ARENA_MAX);
    FB_TEST_OK(fb_monpoly_signature(fb_str_of(sig_text), &arena, &signature, &err));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

/* ---- a run ---- */

/* What the sink saw. */
struct watch {
    uint64_t lines;
    size_t last; /* time-point */
    size_t rows;
};

static enum fb_code count(void *ctx, const struct fb_inc_verdict *verdict, struct fb_err *e)
{
    struct watch *watch = ctx;
    (void)e;
    watch->lines++;
    watch->last = verdict->point;
    watch->rows += verdict->count;
    return FB_OK;
}

static enum fb_code start(const char *text, struct watch *watch, struct fb_inc **out)
{
    struct fb_inc_options options = {.sink = count, .ctx = watch};
    *out = NULL;
    enum fb_code code =
        fb_monpoly_formula_read(fb_str_of(text), &signature, &arena, &formula_read, &err);
    code = code ? code : fb_form_check(formula_read.quick.form, NULL, 0, &err);
    return code ? code
                : fb_inc_new(
                      formula_read.quick.form, formula_read.quick.var_count, &options, out, &err);
}

/* The time-point n of a trace. */
static void feed(struct fb_inc *inc, const struct fb_trace *trace, size_t n)
{
    FB_TEST_OK(fb_inc_open(inc, trace->times[n], &err));
    for (size_t i = 0; i < trace->tuple_count; i++) {
        const struct fb_tuple *tuple = &trace->tuples[i];
        struct fb_cell cells[2];
        size_t arity = signature.relations[tuple->relation].arity;
        if (tuple->from != n || !fb_inc_reads(inc, tuple->relation)) {
            continue;
        }
        for (size_t k = 0; k < arity; k++) {
            FB_TEST_OK(fb_inc_cell(inc, tuple->values[k], &cells[k], &err));
        }
        FB_TEST_OK(fb_inc_add(inc, tuple->relation, cells, arity, &err));
    }
    FB_TEST_OK(fb_inc_close(inc, &err));
}

/* ---- as soon as it is certain ---- */

/* How many time-points from the first on are decided by the definitions, of the first n. */
static uint64_t final_of(const struct fb_trace *trace, size_t n)
{
    struct fb_trace seen = *trace;
    uint64_t count_final = 0;
    seen.time_count = n;
    while (count_final < n && fb_form_final(formula_read.quick.form, &seen, count_final)) {
        count_final++;
    }
    return count_final;
}

/* The same when the clock has come to `now`: as if a time-point without tuples came then, but that
 * NEXT does not look at it. */
static uint64_t final_by(const struct fb_trace *trace, size_t n, fb_time now)
{
    struct fb_trace seen = *trace;
    fb_time times[64];
    uint64_t count_final = 0;
    assert_true(n + 1 < 64);
    memcpy(times, trace->times, n * sizeof(*times));
    times[n] = now;
    seen.times = times;
    seen.time_count = n + 1;
    while (count_final < n && fb_form_final(formula_read.quick.form, &seen, count_final)) {
        count_final++;
    }
    return count_final;
}

static bool has(const struct fb_form *form, enum fb_form_kind kind);

static bool regex_has(const struct fb_regex *regex, enum fb_form_kind kind)
{
    return regex && ((regex->test && has(regex->test, kind)) || regex_has(regex->left, kind) ||
                        regex_has(regex->right, kind));
}

static bool has(const struct fb_form *form, enum fb_form_kind kind)
{
    return form && (form->kind == kind || regex_has(form->regex, kind) || has(form->left, kind) ||
                       has(form->right, kind));
}

/* How many PREVIOUS stand below each other. */
static uint64_t depth_of_previous(const struct fb_form *form);

static uint64_t depth_in(const struct fb_regex *regex)
{
    if (!regex) {
        return 0;
    }
    uint64_t test = depth_of_previous(regex->test);
    uint64_t left = depth_in(regex->left);
    uint64_t right = depth_in(regex->right);
    left = test > left ? test : left;
    return left > right ? left : right;
}

static uint64_t depth_of_previous(const struct fb_form *form)
{
    if (!form) {
        return 0;
    }
    uint64_t left = depth_of_previous(form->left);
    uint64_t right = depth_of_previous(form->right);
    uint64_t tests = depth_in(form->regex);
    left = tests > left ? tests : left;
    return (form->kind == FB_FORM_PREVIOUS) + (left > right ? left : right);
}

/* At the first time-point (at the first two, where two PREVIOUS stand below each other) the
 * evaluator may wait for what stands below PREVIOUS and NEXT, though PREVIOUS does not look at it.
 * Never is it early. */
static bool is_timely(uint64_t decided, uint64_t want)
{
    const struct fb_form *form = formula_read.quick.form;
    bool first = has(form, FB_FORM_NEXT) && want <= depth_of_previous(form);
    return decided == want || (first && decided < want);
}

/* The clock goes on in single steps, from the last time-point up to the next: what is decided is
 * what the definitions say, and fb_inc_next names each instant at which there is more. */
static void tick(const char *text, struct fb_inc *inc, const struct fb_trace *trace, size_t n)
{
    fb_time until = n < trace->time_count - 1 ? trace->times[n] : trace->times[n - 1] + 12;
    for (fb_time now = trace->times[n - 1] + 1; now <= until; now++) {
        uint64_t before = fb_inc_decided(inc);
        fb_time next = fb_inc_next(inc);
        FB_TEST_OK(fb_inc_advance(inc, now, &err));
        uint64_t want = final_by(trace, n, now);
        if (!is_timely(fb_inc_decided(inc), want)) {
            fail_msg("%s\nat %lld: %llu of %zu are decided, not %llu", text, (long long)now,
                (unsigned long long)fb_inc_decided(inc), n, (unsigned long long)want);
        }
        assert_true(fb_inc_decided(inc) == before || next <= now);
        assert_true(fb_inc_next(inc) > now);
    }
}

static long compared;
static long waited;

static void try_case(const char *text, const char *log)
{
    struct watch watch = {0};
    struct fb_inc *inc = NULL;
    struct fb_trace trace = {0};
    enum fb_code code = start(text, &watch, &inc);
    if (code) {
        assert_true(code == FB_E_UNSUPPORTED || code == FB_E_POLICY || code == FB_E_LIMIT);
        return;
    }
    FB_TEST_OK(fb_monpoly_log(fb_str_of(log), &signature, &arena, &trace, &err));
    bool next = has(formula_read.quick.form, FB_FORM_NEXT);
    for (size_t n = 0; n + 1 < trace.time_count; n++) {
        feed(inc, &trace, n);
        uint64_t want = final_of(&trace, n + 1);
        compared++;
        waited += want <= n;
        if (!is_timely(fb_inc_decided(inc), want)) {
            fail_msg("%s\n%s\nafter %zu time-points %llu are decided, not %llu", text, log, n + 1,
                (unsigned long long)fb_inc_decided(inc), (unsigned long long)want);
        }
        if (!next) {
            tick(text, inc, &trace, n + 1);
        }
    }
    FB_TEST_OK(fb_inc_end(inc, &err));
    assert_int_equal(fb_inc_decided(inc), trace.time_count - 1);
    fb_inc_free(inc);
}

static const char steady[] = "@0 P(1) R(1,2)@1 Q(1) R(2,2)@1 P(2) T()@4 P(1) R(1,1)@6 Q(2)"
                             "@6 P(2)@7 P(1) Q(1)@11 P(2) R(2,1)@12 Q(2)@20 P(1)@21 P(2) Q(1)";

/* Each of them waits by what it looks through the time-points for. */
static void test_when_direct(void **state)
{
    (void)state;
    static const char *const formulas[] = {"P(x) AND ALWAYS[0,4] P(x)",
        "P(x) AND NOT EVENTUALLY[2,4] (P(x) AND NOT Q(x))", "R(x,y) AND ((x <= y) UNTIL[1,5] Q(x))",
        "P(x) AND ((NOT (Q(x) OR x = 7)) UNTIL[0,3] T())", "|>[0,4] (P(x) (Q(x) + .)* P(x)?)",
        "P(x) AND (|>[2,3] (. P(x)?))",
        "FRZ F(x) = EVENTUALLY[0,2] P(x) IN EVENTUALLY[1,3] (F(x) AND Q(x))",
        "FRZ F(x) = P(x) IN F(x) AND EVENTUALLY[0,4] (Q(x) AND EVENTUALLY[0,2] F(x))",
        "FRZ F(x) = P(x) IN LETPAST L(x) = (F(x) AND EVENTUALLY[0,2] Q(x)) OR PREVIOUS L(x) IN "
        "L(x)",
        "P(x) AND ((EVENTUALLY[0,3] (Q(x) AND P(x))) SINCE[0,9] (x < 3))",
        "FRZ F(x) = P(x) IN ONCE[0,3] (F(x) AND EVENTUALLY[0,2] Q(x))",
        "LETPAST L(x) = (P(x) AND EVENTUALLY[0,3] Q(x)) OR PREVIOUS L(x) IN P(x) AND "
        "HISTORICALLY[0,4] L(x)",
        "LETPAST L(x) = (P(x) AND NOT EVENTUALLY[0,2] Q(x)) OR PREVIOUS L(x) IN "
        "FRZ F(x) = P(x) IN ONCE[0,5] (F(x) AND L(x))",
        "FRZ F(x) = P(x) IN ONCE[0,5] (FRZ G(x) = EVENTUALLY[0,3] Q(x) IN F(x) AND G(x))",
        "FRZ F(x) = P(x) IN ONCE[0,5] (FRZ G(x) = EVENTUALLY[0,3] Q(x) IN "
        "(x <- CNT u (F(u) AND G(u))))",
        "LETPAST L(x) = (P(x) AND EVENTUALLY[0,3] Q(x)) OR PREVIOUS L(x) IN P(x) AND NEXT[0,9] "
        "L(x)",
        "LETPAST L(x) = (P(x) AND EVENTUALLY[0,3] Q(x)) OR PREVIOUS L(x) IN P(x) AND L(x) AND "
        "NEXT[0,9] TRUE",
        "LETPAST L(x) = (P(x) AND NOT EVENTUALLY[0,5] Q(x)) OR PREVIOUS L(x) IN "
        "P(x) AND (|>[0,2] (. (L(x)?)))"};
    compared = 0;
    waited = 0;
    for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
        long before = waited;
        try_case(formulas[i], steady);
        assert_true(waited > before);
    }
    assert_int_equal(compared, 11 * (long)(sizeof(formulas) / sizeof(formulas[0])));
}

static void test_when_random(void **state)
{
    (void)state;
    static struct sample sample;
    const char *more = getenv("FB_RANDOM_CASES");
    const char *from = getenv("FB_RANDOM_SEED");
    long cases = more ? strtol(more, NULL, 10) : 1500;
    uint64_t first = from ? strtoull(from, NULL, 10) : 1;
    compared = 0;
    waited = 0;
    for (uint64_t seed = first; seed < first + (uint64_t)cases; seed++) {
        struct draw d;
        struct fb_buf formula_text, log;
        fb_buf_init(&formula_text, TEXT_MAX);
        fb_buf_init(&log, TEXT_MAX);
        random_sample(&d, &sample, seed);
        write_node(sample.root, &formula_text);
        write_log(&sample, &log);
        fb_buf_add(&formula_text, "", 1);
        fb_buf_add(&log, "", 1);
        try_case(formula_text.ptr, log.ptr);
        fb_buf_release(&formula_text);
        fb_buf_release(&log);
        teardown(NULL);
        setup(NULL);
    }
    printf("# when: %ld time-points, %ld with something that waits\n", compared, waited);
    assert_true(compared > 4 * cases && waited > cases);
}

/* ---- what is kept ---- */

/* Time-points that are kept when 100 have come, one a second, with P(1), and Q(1) each third. */
static uint64_t points_kept(const char *text, size_t *rows)
{
    struct watch watch = {0};
    struct fb_inc *inc = NULL;
    const struct fb_cell one = {.type = FB_TYPE_INT, .u.integer = 1};
    FB_TEST_OK(start(text, &watch, &inc));
    for (fb_time t = 0; t < 100; t++) {
        FB_TEST_OK(fb_inc_open(inc, t, &err));
        FB_TEST_OK(fb_inc_add(inc, 0, &one, 1, &err));
        if (t % 3 == 0) {
            FB_TEST_OK(fb_inc_add(inc, 1, &one, 1, &err));
        }
        FB_TEST_OK(fb_inc_close(inc, &err));
    }
    uint64_t kept = inc->point_high - inc->point_low;
    FB_TEST_OK(fb_inc_end(inc, &err));
    *rows = watch.rows;
    fb_inc_free(inc);
    return kept;
}

/* As many as something may still look at, and the last two for their times. */
static void test_reach(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        uint64_t kept;
        size_t rows;
    } cases[] = {
        /* back to a window's begin from the last one */
        {"P(x) AND (<|[2,9] ((Q(x)?) (.)*))", 10, 98},
        {"P(x) AND (<|[2,9] ((Q(x)?) . .))", 10, 33},
        {"P(x) AND PREVIOUS (<|[2,9] ((Q(x)?) (.)*))", 10, 97},
        /* those whose window has not passed, and the one before */
        {"P(x) AND (|>[0,9] (P(x) (.)* (Q(x)?)))", 11, 99},
        /* all, where a definition reads what is frozen, or a window has no begin */
        {"FRZ F(x) = P(x) IN LETPAST L(x) = F(x) OR PREVIOUS L(x) IN L(x)", 100, 100},
        {"P(x) AND (<|[2,*) ((Q(x)?) (.)*))", 100, 98},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t rows = 0;
        uint64_t kept = points_kept(cases[i].text, &rows);
        if (kept != cases[i].kept || rows != cases[i].rows) {
            fail_msg("%s: %llu are kept, %zu rows", cases[i].text, (unsigned long long)kept, rows);
        }
    }
}

/* A walk that begins anew where an older one stands takes its place, and goes on from there. */
static void test_begun_anew(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "<|[0,2] (P(x)? (.)*)", "<|[0,2] ((P(x)? (.)*) (.)*)", "<|[0,2] (P(x)? ((.)* (.)*)*)"};
    const struct fb_cell one = {.type = FB_TYPE_INT, .u.integer = 1};
    for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
        struct watch watch = {0};
        struct fb_inc *inc = NULL;
        FB_TEST_OK(start(formulas[i], &watch, &inc));
        for (fb_time t = 0; t < 7; t++) {
            FB_TEST_OK(fb_inc_open(inc, t, &err));
            if (t == 0 || t == 2) {
                FB_TEST_OK(fb_inc_add(inc, 0, &one, 1, &err));
            }
            FB_TEST_OK(fb_inc_close(inc, &err));
        }
        assert_int_equal(watch.rows, 5); /* at 0 to 4 */
        assert_int_equal(watch.last, 4);
        fb_inc_free(inc);
    }
}

/* A window that begins before the first instant there is. */
static void test_first_instant(void **unused)
{
    (void)unused;
    struct watch watch = {0};
    struct fb_inc *inc = NULL;
    const struct fb_cell one = {.type = FB_TYPE_INT, .u.integer = 1};
    FB_TEST_OK(start("P(x) AND (<|[2,9] ((Q(x)?) (.)*))", &watch, &inc));
    for (fb_time t = 1; t < 10; t++) {
        FB_TEST_OK(fb_inc_open(inc, FB_TIME_MIN + t, &err));
        FB_TEST_OK(fb_inc_add(inc, t == 1, &one, 1, &err));
        FB_TEST_OK(fb_inc_close(inc, &err));
    }
    assert_int_equal(watch.rows, 7);
    fb_inc_free(inc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_when_direct, setup, teardown),
        cmocka_unit_test_setup_teardown(test_when_random, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reach, setup, teardown),
        cmocka_unit_test_setup_teardown(test_first_instant, setup, teardown),
        cmocka_unit_test_setup_teardown(test_begun_anew, setup, teardown),
    };
    return cmocka_run_group_tests_name("inc_direct", tests, NULL, NULL);
}

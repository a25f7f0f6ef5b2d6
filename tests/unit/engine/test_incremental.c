/* Tests of src/engine/inc*.c (inc, inc_set, inc_symbol, inc_compile, inc_run, inc_node, inc_agg,
 * inc_view, inc_order), agg.c and parallel.c: against the naive evaluator; test_random.c, and
 * test_cases.c of lang, have more. */
#include "base/alloc.h"
#include "engine/eval.h"
#include "engine/inc.h"
#include "fb_test.h"
#include "lang/monpoly.h"

enum { ARENA_MAX = 1 << 28, TEXT_MAX = 1 << 20 };

static struct fb_err err;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    return 0;
}

/* ---- both evaluators ---- */

static enum fb_code keep_line(void *ctx, struct fb_buf *line, struct fb_err *e)
{
    (void)line;
    (void)e;
    ++*(size_t *)ctx;
    return FB_OK;
}

/* What one evaluator makes of a formula over a log. */
struct job {
    const char *sig;
    const char *formula;
    const char *log;
    size_t memory_max;
    size_t threads;
    size_t ran_on; /* threads */
    struct fb_buf out;
    size_t lines;
};

static enum fb_code run(struct job *job, bool naive)
{
    struct fb_arena arena;
    struct fb_signature signature = {0};
    struct fb_monpoly_formula formula = {0};
    struct fb_trace trace = {0};
    struct fb_str log = fb_str_of(job->log);
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&job->out, TEXT_MAX);
    job->lines = 0;
    enum fb_code code = fb_monpoly_signature(fb_str_of(job->sig), &arena, &signature, &err);
    code =
        code ? code
             : fb_monpoly_formula_read(fb_str_of(job->formula), &signature, &arena, &formula, &err);
    code = code ? code : fb_form_check(formula.plain.form, NULL, 0, &err);
    if (code == FB_OK && naive) {
        code = fb_monpoly_log(log, &signature, &arena, &trace, &err);
        code = code ? code : fb_monpoly_run(&formula, &trace, ARENA_MAX, &job->out, &err);
    } else if (code == FB_OK) {
        struct fb_monpoly_stream stream = {.memory_max = job->memory_max,
            .sink = keep_line,
            .ctx = &job->lines,
            .line = &job->out,
            .threads = job->threads,
            .batch = 4};
        code = fb_monpoly_run_quick(&formula, &signature, log, &stream, &err);
        job->ran_on = stream.threads;
    }
    fb_arena_release(&arena);
    return code;
}

/* How many formulas were compared, and how many were not. */
struct tally {
    int same;
    int unsupported;
    int refused;
    int verdicts;
};

static void compare(const char *sig, const char *formula, const char *log, struct tally *tally)
{
    struct job fast = {.sig = sig, .formula = formula, .log = log};
    struct job slow = fast;
    enum fb_code code = run(&fast, false);
    if (code == FB_E_UNSUPPORTED) {
        tally->unsupported++;
    } else {
        enum fb_code want = run(&slow, true);
        const char *got = fast.out.ptr ? fast.out.ptr : "";
        if (code != want || strcmp(got, slow.out.ptr ? slow.out.ptr : "") != 0) {
            fail_msg("%s\n%s\ngot %s\n%swant %s\n%s%s", formula, log, fb_code_name(code), got,
                fb_code_name(want), slow.out.ptr ? slow.out.ptr : "", err.message);
        }
        tally->same += code == FB_OK;
        tally->refused += code != FB_OK;
        tally->verdicts += fast.lines > 0;
        fb_buf_release(&slow.out);
    }
    fb_buf_release(&fast.out);
}

static const char sig_text[] = "P(x:int) Q(x:int) R(x:int, y:int) W(x:int, s:string) T()";

/* ---- particulars ---- */

static void test_operators(void **state)
{
    (void)state;
    static const char log[] = "@0 P(1) R(1,2)@1 Q(1) R(2,2) W(1,\"b\")@1 P(2) T()@4 P(1) R(1,1)"
                              "@6 Q(2) W(2,\"a\")@9 P(2) R(2,1)";
    static const char *const formulas[] = {
        "P(x) AND NOT EVENTUALLY[0,3] Q(x)",
        "(NOT Q(x)) SINCE[1,5] P(x)",
        "P(x) SINCE R(x,y)",
        "(NOT P(x)) UNTIL[0,5] Q(x)",
        "P(x) AND (HISTORICALLY[0,3] NOT Q(x))",
        "P(x) AND PREVIOUS[0,2] NEXT ONCE Q(x)",
        "NEXT[0,1] P(x)",
        "(s <- SUM y; x ONCE[0,5] R(x,y)) AND P(x)",
        "(c <- CNT i ONCE[0,1] P(i) AND tp(i))",
        "(m <- MED y R(_,y)) OR (m <- MAX y; (ONCE R(_,y)))",
        "W(x,s) AND ONCE[0,9] W(_,s)",
        "P(x) AND (c <- SUM y; x EXISTS z. ONCE R(x,y) AND R(x,z))",
        "EVENTUALLY[0,3] (P(x) AND EVENTUALLY[0,3] Q(x))",
        "LET A(a) = ONCE[0,2] P(a) IN A(x) AND NOT NEXT A(x)",
        "P(x) AND HISTORICALLY[0,3] P(x)",
        "R(x,y) AND (x <= y UNTIL[0,5] Q(x))",
        "Q(x) AND EXISTS x. P(x)",
        "P(x) AND ((NOT Q(x)) SINCE T())",
        /* Variables of one name, each its own. */
        "(EXISTS w. R(x,w) AND R(w,y)) AND (EXISTS w. R(x,w) AND R(w,y))",
        "(EXISTS w. R(x,w) AND R(w,y)) AND R(y,w)",
        "(EXISTS w. R(x,w) AND R(w,y)) AND NOT (EXISTS w. R(y,w) AND R(w,3))",
        "R(x,y) AND ((EXISTS w. R(x,w) AND R(w,y)) SINCE[0,9] (EXISTS w. R(x,w) AND R(w,y)))",
        /* What is found first is not what is printed first. */
        "FRZ F(x) = P(x) IN FRZ G(y) = Q(y) IN ONCE (F(x) AND G(y))",
        "R(x,y) SINCE (P(y) AND Q(x))",
        "EXISTS w. (W(w,_) AND ONCE R(y,x)) AND (ONCE Q(x)) AND ONCE P(y)",
        /* Recursive definitions of what is frozen, and of such definitions. */
        "FRZ F(x) = P(x) IN LETPAST L(x) = (F(x) AND ONCE Q(x)) OR PREVIOUS L(x) IN L(x)",
        "FRZ F(x) = P(x) IN LETPAST L(x) = (Q(x) AND NOT F(x)) OR PREVIOUS L(x) IN "
        "LETPAST M(y) = (L(y) AND EVENTUALLY[0,2] R(_,y)) OR PREVIOUS[0,3] M(y) IN (ONCE[0,5] "
        "M(x)) OR "
        "NEXT L(x)",
        "FRZ F(x) = P(x) IN NEXT (FRZ G(x) = F(x) OR Q(x) IN LETPAST L(x) = (G(x) AND NOT "
        "PREVIOUS F(x)) OR (EXISTS y. R(y,x) AND PREVIOUS L(y)) IN EVENTUALLY[0,4] "
        "L(x))",
    };
    struct tally tally = {0};
    for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
        compare(sig_text, formulas[i], log, &tally);
    }
    assert_int_equal(tally.unsupported, 0);
    assert_true(tally.verdicts >= 10);
}

/* Errors are those of the naive evaluator; what is not supported says so. */
static void test_refusals(void **state)
{
    (void)state;
    struct job job = {
        .sig = sig_text, .formula = "s <- SUM x P(x)", .log = "@1 P(9223372036854775807)(1)"};
    FB_TEST_FAILS(run(&job, false), FB_E_RANGE);
    fb_buf_release(&job.out);
    job.formula = "m <- SUM s; x W(x,s)";
    job.log = "@1 W(1,\"a\")";
    FB_TEST_FAILS(run(&job, false), FB_E_POLICY);
    fb_buf_release(&job.out);
    job.formula = "P(x)";
    job.log = "@2 P(1)\n@1 P(2)";
    FB_TEST_FAILS(run(&job, false), FB_E_TIME);
    assert_int_equal(err.line, 2);
    fb_buf_release(&job.out);
}

/* Runs a long log through; the largest state after the first and after the second half. */
struct watch {
    struct fb_inc *inc;
    size_t verdicts;
    size_t last;
};

static enum fb_code count_verdict(void *ctx, const struct fb_inc_verdict *verdict, struct fb_err *e)
{
    struct watch *watch = ctx;
    (void)e;
    watch->verdicts += verdict->count;
    watch->last = verdict->point;
    return FB_OK;
}

static void point(struct watch *watch, int64_t time, int64_t x)
{
    struct fb_cell cell = {.type = FB_TYPE_INT, .u.integer = x};
    FB_TEST_OK(fb_inc_open(watch->inc, time, &err));
    FB_TEST_OK(fb_inc_add(watch->inc, 0, &cell, 1, &err));
    FB_TEST_OK(fb_inc_close(watch->inc, &err));
}

/* Parses over sig_text and makes an evaluator. */
static void start(struct watch *watch, const char *text, struct fb_arena *arena)
{
    struct fb_signature signature = {0};
    struct fb_monpoly_formula formula_read = {0};
    struct fb_inc_options options = {.sink = count_verdict, .ctx = watch};
    fb_arena_init(arena, ARENA_MAX);
    FB_TEST_OK(fb_monpoly_signature(fb_str_of(sig_text), arena, &signature, &err));
    FB_TEST_OK(fb_monpoly_formula_read(fb_str_of(text), &signature, arena, &formula_read, &err));
    FB_TEST_OK(fb_inc_new(
        formula_read.quick.form, formula_read.quick.var_count, &options, &watch->inc, &err));
}

static void test_memory(void **state)
{
    (void)state;
    struct fb_arena arena;
    struct watch watch = {0};
    start(&watch, "P(x) AND (NOT Q(x)) SINCE[0,50] P(x) AND NOT EVENTUALLY[1,20] P(x)", &arena);
    size_t used = 0;
    for (int64_t i = 0; i < 20000; i++) {
        point(&watch, i, i % 1000 + i / 1000 * 1000);
        used = i == 1000 ? fb_inc_memory_used(watch.inc) : used;
    }
    assert_int_equal(fb_inc_memory_used(watch.inc), used);
    assert_int_equal(watch.verdicts, 20000 - 21);
    FB_TEST_OK(fb_inc_end(watch.inc, &err));
    assert_int_equal(watch.verdicts, 20000);
    fb_inc_free(watch.inc);
    fb_arena_release(&arena);
    /* A view forgets keys as the window does, whether it is asked or not. */
    static const char *const views[] = {
        "(k <- MAX a; x ONCE[0,50] P(x) AND a = x) AND NOT (k <= x)",
        "(c <- CNT b; x (k <- MAX x; x ONCE[0,9] P(x)) AND (ONCE[0,9] P(x) AND b = x) AND k < b)",
        "T() AND EXISTS x. ((k <- MAX a; x ONCE[0,50] P(x) AND a = x) AND NOT (k < x))",
    };
    for (size_t k = 0; k < sizeof(views) / sizeof(views[0]); k++) {
        watch = (struct watch){0};
        start(&watch, views[k], &arena);
        for (int64_t i = 0; i < 20000; i++) {
            point(&watch, i, i);
            used = i == 6000 ? fb_inc_memory_used(watch.inc) : used;
        }
        assert_int_equal(fb_inc_memory_used(watch.inc), used);
        assert_int_equal(watch.verdicts, 0);
        fb_inc_free(watch.inc);
        fb_arena_release(&arena);
    }
    struct job job = {.sig = sig_text,
        .formula = "ONCE P(x)",
        .log = "@1 P(1)(2)(3)(4)(5)(6)(7)(8)(9)(10)(11)(12)(13)(14)(15)(16)(17)(18)(19)",
        .memory_max = 2000};
    FB_TEST_FAILS(run(&job, false), FB_E_LIMIT);
    fb_buf_release(&job.out);
}

/* A verdict comes as soon as no later time-point can change it, and not before. */
static void test_delay(void **state)
{
    (void)state;
    struct fb_arena arena;
    struct watch watch = {.last = 99};
    start(&watch, "P(x) AND NOT EVENTUALLY[0,5] Q(x)", &arena);
    assert_true(fb_inc_reads(watch.inc, 0) && !fb_inc_reads(watch.inc, 2));
    point(&watch, 10, 1);
    point(&watch, 15, 2);
    assert_int_equal(watch.verdicts, 0);
    point(&watch, 16, 3);
    assert_int_equal(watch.verdicts, 1);
    assert_int_equal(watch.last, 0);
    FB_TEST_FAILS(fb_inc_open(watch.inc, 15, &err), FB_E_TIME);
    FB_TEST_OK(fb_inc_end(watch.inc, &err));
    assert_int_equal(watch.verdicts, 3);
    fb_inc_free(watch.inc);
    fb_inc_free(NULL);
    fb_arena_release(&arena);
}

static void test_faults(void **state)
{
    (void)state;
    for (int64_t n = 0;; n++) {
        struct job job = {.sig = sig_text,
            .formula = "((s <- SUM y; x ((NOT Q(x)) SINCE[1,5] R(x,y))) AND P(x)) OR "
                       "((x <- MED s R(_,s)) AND (s <- CNT y (P(y) UNTIL[0,5] Q(y)))) OR "
                       "((s <- CNT y; x (k <- MIN a; x ONCE[0,5] R(x,a)) AND (ONCE[0,5] R(x,y)) "
                       "AND k < y) AND 1 <= s)",
            .log = "@1 R(1,2)(1,3) W(1,a) @3 P(1) Q(2) @4 P(1) R(1,1)@9 Q(1)"};
        fb_alloc_fail_at(n);
        enum fb_code code = run(&job, false);
        fb_alloc_fail_at(-1);
        fb_buf_release(&job.out);
        if (code == FB_OK) {
            assert_true(n > 20);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
    }
}

/* Numbers of many sizes, infinities, integers that do not fit together: what comes into a window
 * and leaves it again changes no digit of the rest. */
static void test_windows(void **state)
{
    (void)state;
    static const char *const values[] = {"0.1", "1e308", "-1e308", "5e-324", "0.3", "1e400", "7.25",
        "-0.0", "1e16", "-1e400", "1e-200", "-5e-324", "3.0", "1e308", "-0.1"};
    static const char *const whole[] = {"1", "9223372036854775807", "-9223372036854775808", "-4",
        "9007199254740993", "12", "9223372036854775806", "0", "-7"};
    static const char *const aggregates[] = {"SUM", "AVG", "MED", "MIN", "MAX", "CNT"};
    struct tally tally = {0};
    for (size_t k = 0; k < 4 * sizeof(aggregates) / sizeof(aggregates[0]); k++) {
        struct fb_buf log;
        char formula[100];
        bool floats = k % 4 != 1;
        const char *of = k % 4 == 2 ? "" : "; k";
        const char *agg = aggregates[k / 4];
        fb_buf_init(&log, TEXT_MAX);
        for (size_t i = 0; i < 160; i++) {
            size_t draw = (i * i * 31 + i * 7 + k) % 1009;
            fb_buf_addf(&log, "@%zu F(%zu,%zu,%s)\n", i / 2, i, draw % 3,
                floats ? values[draw % 15] : whole[draw % 9]);
        }
        fb_buf_add(&log, "", 1);
        if (k % 4 == 3) {
            snprintf(formula, sizeof(formula),
                "(s <- %s x%s F(_,k,x)) OR (s <- %s x%s ONCE[0,30] F(i,k,x))", agg, of, agg, of);
        } else {
            snprintf(formula, sizeof(formula), "s <- %s x%s ONCE[2,30] F(i,k,x)", agg, of);
        }
        compare(floats ? "F(i:int, k:int, x:float)" : "F(i:int, k:int, x:int)", formula, log.ptr,
            &tally);
        fb_buf_release(&log);
    }
    assert_int_equal(tally.unsupported, 0);
    assert_int_equal(tally.refused, 1); /* the sum of the greatest integers */
    assert_true(tally.verdicts >= 22);
}

/* Wide sums go with their groups; they are counted, and may fail to be had. */
static void test_wide_sums(void **state)
{
    (void)state;
    struct fb_buf log;
    struct job job = {.sig = "F(k:int, x:float)", .formula = "s <- SUM x; k ONCE[0,3] F(k,x)"};
    fb_buf_init(&log, TEXT_MAX);
    for (int i = 0; i < 4000; i++) {
        fb_buf_addf(&log, "@%d F(%d,1e300)(%d,0.5)\n", i, i, i);
    }
    fb_buf_add(&log, "", 1);
    job.log = log.ptr;
    job.memory_max = 12000; /* of four groups, not of thousands */
    FB_TEST_OK(run(&job, false));
    fb_buf_release(&job.out);
    fb_buf_release(&log);
    job.log = "@0 F(1,1.0)(2,2.0)(3,3.0)(4,4.0)(5,5.0)(6,6.0)\n@1 F(1,1e300)(2,1e300)\n";
    for (int64_t n = 0;; n++) {
        fb_alloc_fail_at(n);
        enum fb_code code = run(&job, false);
        fb_alloc_fail_at(-1);
        fb_buf_release(&job.out);
        if (code == FB_OK) {
            assert_true(n > 20);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
    }
}

/* On threads: the same text, also up to a mistake in the log; one thread where nothing cuts it. */
static void test_threads(void **state)
{
    (void)state;
    static const char *const formulas[] = {
        "P(x) AND NOT ONCE[0,5] R(x,_)",                    /* a column of every atom */
        "R(x,y) AND ONCE[0,9] (P(y) OR EXISTS x. W(x,_))",  /* one atom that hides it */
        "(s <- SUM y; x ONCE[0,9] R(x,y)) AND s > 1",       /* its group is whole */
        "(s <- SUM y ONCE[0,9] R(_,y)) AND P(x) AND s > 1", /* what is summed concerns all */
        "W(x,s) AND NOT EVENTUALLY[0,2] Q(x)",              /* text, and the future */
        "x = 1 AND NOT Q(x)",                               /* a value that no tuple has */
        /* A group by a variable of the subject's number is not one by the subject. */
        "(EXISTS w. (w <- MIN u; x (x <- MAX u; u ONCE P(u))) AND R(w,y))",
    };
    static const char good[] = "@0 P(1) R(1,2)@1 Q(1) R(2,2) W(1,\"b\")@1 P(2) T()@4 P(1) R(1,1)"
                               "@6 Q(2) W(2,\"a\")(1,\"a\")@9 P(2) R(2,1)";
    static const char cut[] = "@0 P(1) W(2,\"a\")@1 P(2) P(3)@7 Q(1) Q(x)";
    for (size_t i = 0; i < 2 * sizeof(formulas) / sizeof(formulas[0]); i++) {
        struct job one = {
            .sig = sig_text, .formula = formulas[i / 2], .log = i % 2 ? cut : good, .threads = 1};
        struct job many = one;
        many.threads = 3;
        enum fb_code want = run(&one, false);
        assert_int_equal(want, i % 2 ? FB_E_SYNTAX : FB_OK);
        assert_int_equal(run(&many, false), want);
        assert_int_equal(many.ran_on, 3);
        assert_int_equal(many.lines, one.lines);
        assert_true(fb_str_eq(fb_buf_str(&many.out), fb_buf_str(&one.out)));
        fb_buf_release(&one.out);
        fb_buf_release(&many.out);
    }
    struct job closed = {.sig = sig_text, .formula = "EXISTS x. P(x)", .log = good, .threads = 3};
    FB_TEST_OK(run(&closed, false));
    assert_int_equal(closed.ran_on, 1);
    fb_buf_release(&closed.out);
    struct job narrow = {.sig = sig_text,
        .formula = "ONCE P(x)",
        .log = "@1 P(1)(2)(3)(4)(5)(6)(7)(8)(9)(10)(11)(12)(13)(14)(15)(16)(17)(18)(19)",
        .memory_max = 2000,
        .threads = 2};
    FB_TEST_FAILS(run(&narrow, false), FB_E_LIMIT);
    fb_buf_release(&narrow.out);
}

/* Views and counts of ranges over windows of many rows, against the naive evaluator. Values repeat,
 * and their order is not that of time. */
static void test_views(void **state)
{
    (void)state;
    static const char *const formulas[] = {
        "(c <- CNT v; u (v <- AVG a; u ONCE[0,30] M(u,a) AND tp(i)) AND (ONCE[0,30] M(u,p) AND "
        "tp(j)) AND 2.0 * v < p) AND NOT (c <= 2)",
        "(c <- CNT p; u (v <- MED a; u ONCE[3,20] M(u,a)) AND (ONCE[0,9] M(u,p)) AND v - 1.0 <= p "
        "AND NOT (v + 1.0 < p))",
        "(s <- SUM p; u (v <- MIN a; u ONCE[0,12] M(u,a)) AND (ONCE[0,12] M(u,p)) AND v < p)",
        "(s <- SUM a; u ONCE[0,9] M(u,a) AND tp(i)) AND ((NOT EXISTS l2. L(u,l2)) SINCE L(u,l)) "
        "AND NOT (s <= l)",
        "(c <- CNT p; u,w (ONCE[0,9] M(u,p)) AND (l <- MAX a; w ONCE[0,9] L(w,a)) AND l <= p)",
        "(c <- CNT u (k <- CNT a; u (ONCE[0,9] M(u,a)) AND 3.0 < a) AND 1 < k) AND T()",
    };
    static char log[1 << 16];
    size_t used = 0;
    for (unsigned i = 0; i < 700; i++) {
        unsigned long a = i * 2654435761ul >> 7;
        used +=
            (size_t)snprintf(log + used, sizeof(log) - used, "@%u %s(\"%c\",%lu.%lu)%s\n", i / 5,
                i % 13 ? "M" : "L", (int)('a' + a % 4), a / 4 % 9, a % 2 * 5, i % 50 ? "" : " T()");
    }
    assert_true(used < sizeof(log) - 1);
    struct tally tally = {0};
    for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
        compare("M(u:string, a:float) L(u:string, l:float) T()", formulas[i], log, &tally);
    }
    assert_int_equal(tally.same, sizeof(formulas) / sizeof(formulas[0]));
    assert_int_equal(tally.verdicts, sizeof(formulas) / sizeof(formulas[0]));
}

/* A failed allocation on any thread ends the run and leaks nothing. */
static void test_faults_of_threads(void **state)
{
    (void)state;
    for (int64_t n = 0;; n += 1 + n / 50) {
        struct job job = {.sig = sig_text,
            .formula = "W(x,s) AND NOT ONCE[0,5] Q(x)",
            .log = "@1 R(1,2)(1,3) W(1,a) @3 P(1) Q(2) @4 W(1,b)(2,c) R(1,1)@9 Q(1) W(1,b)(2,d)",
            .threads = 2};
        fb_alloc_fail_at(n);
        enum fb_code code = run(&job, false);
        fb_alloc_fail_at(-1);
        fb_buf_release(&job.out);
        if (code == FB_OK) {
            assert_true(n > 20);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_operators),
        cmocka_unit_test(test_views), cmocka_unit_test(test_threads),
        cmocka_unit_test(test_faults_of_threads), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_windows), cmocka_unit_test(test_wide_sums),
        cmocka_unit_test(test_memory), cmocka_unit_test(test_delay), cmocka_unit_test(test_faults)};
    return cmocka_run_group_tests_name("incremental", tests, setup, NULL);
}

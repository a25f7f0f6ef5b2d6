/* Tests of src/lang/monpoly*.c (monpoly_log too): syntax, operators, logs and refusals. Other
 * people's cases are run by test_cases.c. */
#include "base/alloc.h"
#include "engine/eval.h"
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

static enum fb_code keep(void *ctx, struct fb_buf *line, struct fb_err *e)
{
    (void)ctx;
    (void)line;
    (void)e;
    return FB_OK;
}

/* The log comes byte by byte. */
static enum fb_code monitor_bytes(const struct fb_monpoly_formula *formula,
    const struct fb_signature *signature, struct fb_str log, struct fb_buf *line)
{
    struct fb_monpoly_stream stream = {.sink = keep, .line = line};
    struct fb_monpoly_monitor *monitor = NULL;
    enum fb_code code = fb_monpoly_monitor_new(formula, signature, &stream, &monitor, &err);
    for (size_t i = 0; code == FB_OK && i < log.len; i++) {
        char byte = log.ptr[i];
        code = fb_monpoly_monitor_feed(monitor, (struct fb_str){&byte, 1}, &err);
    }
    code = code ? code : fb_monpoly_monitor_end(monitor, &err);
    fb_monpoly_monitor_free(monitor);
    return code;
}

/* Runs a formula over a log by both evaluators; the verdicts go to out. */
static enum fb_code monitor(struct fb_str sig, struct fb_str formula_text, struct fb_str log,
    struct fb_arena *arena, struct fb_buf *out)
{
    struct fb_signature signature = {0};
    struct fb_monpoly_formula formula = {0};
    struct fb_trace trace = {0};
    enum fb_code code = fb_monpoly_signature(sig, arena, &signature, &err);
    code = code ? code : fb_monpoly_formula_read(formula_text, &signature, arena, &formula, &err);
    code = code ? code : fb_form_check(formula.plain.form, NULL, 0, &err);
    if (code) {
        return code;
    }
    struct fb_buf line;
    struct fb_err first;
    fb_buf_init(&line, TEXT_MAX);
    enum fb_code fast = monitor_bytes(&formula, &signature, log, &line);
    first = err;
    code = fb_monpoly_log(log, &signature, arena, &trace, &err);
    code = code ? code : fb_monpoly_run(&formula, &trace, ARENA_MAX, out, &err);
    bool same = fast == code && (code || fb_str_eq(fb_buf_str(&line), fb_buf_str(out)));
    if (!same && code != FB_E_NOMEM && fast != FB_E_NOMEM) {
        fail_msg("the evaluators differ: %s %s\n%.*s\n%.*s", fb_code_name(fast), first.message,
            FB_STR_ARG(fb_buf_str(&line)), FB_STR_ARG(fb_buf_str(out)));
    }
    fb_buf_release(&line);
    return fast == FB_E_NOMEM ? fast : code;
}

static const char sig_text[] = "P(x:int) Q(int)\nR(int, int) F(x:float) W(s:string) T()";

/* Monitors a short log; the code, and the verdicts in *out. */
static enum fb_code quick(const char *formula, const char *log, struct fb_buf *out)
{
    struct fb_arena arena;
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(out, TEXT_MAX);
    enum fb_code code =
        monitor(fb_str_of(sig_text), fb_str_of(formula), fb_str_of(log), &arena, out);
    fb_arena_release(&arena);
    return code;
}

static void gives(const char *formula, const char *log, const char *want)
{
    struct fb_buf out;
    FB_TEST_OK(quick(formula, log, &out));
    assert_string_equal(out.ptr ? out.ptr : "", want);
    fb_buf_release(&out);
}

static void refuses(const char *formula, const char *log, enum fb_code code, const char *message)
{
    struct fb_buf out;
    FB_TEST_FAILS(quick(formula, log, &out), code);
    if (!strstr(err.message, message)) {
        fail_msg("'%s' does not hold '%s'", err.message, message);
    }
    fb_buf_release(&out);
}

static void test_syntax(void **state)
{
    (void)state;
    gives("P(x) AND x <> 2 (* but *) # not", "@1 P(1)(2)(3)", "@1 (time point 0): (1) (3)\n");
    gives("P(x) AND 2 >= x AND x > 1", "@1 P(1)(2)(3);", "@1 (time point 0): (2)\n");
    gives("W(s) AND NOT s = \"b\"", "@1 W(a)(\"b\")(\"c d\")",
        "@1 (time point 0): (\"a\") (\"c d\")\n");
    gives("F(x) AND x < 1.5", "@1 F(-2)(1.25)(2)", "@1 (time point 0): (-2) (1.25)\n");
    gives("P(x) AND NOT (Q(x) AND x = 1)", "@1 P(1)(2) Q(1)", "@1 (time point 0): (2)\n");
    gives("P(x) AND NOT FORALL y. (NOT R(x,y))", "@1 P(1)(2) R(1,5)", "@1 (time point 0): (1)\n");
    gives("FORALL x. P(x) IMPLIES EXISTS y. R(x,y)", "@1 P(1) R(1,5)@2 P(1)@3 P(1)(2) R(2,2)@4",
        "@1 (time point 0): true\n@4 (time point 3): true\n");
    gives("NOT (P(x) IMPLIES Q(x) OR NOT T())", "@1 P(1)(2) Q(1) T()@2 P(3)",
        "@1 (time point 0): (2)\n");
    gives("P(x) AND FORALL y. (R(x,y) IMPLIES Q(y))", "@1 P(1)(2) R(1,5)(2,6) Q(5)",
        "@1 (time point 0): (1)\n");
    gives("P(x) AND (Q(x) EQUIV x = 1)", "@1 P(1)(2) Q(1)", "@1 (time point 0): (1) (2)\n");
    gives("ONCE P(x) AND Q(x)", "@1 P(1) Q(1)\n@2 Q(1)",
        "@1 (time point 0): (1)\n@2 (time point 1): (1)\n");
    gives("tpts(i,t) AND T()", "@5 @7 T()", "@7 (time point 1): (1,7)\n");
    gives("m <- MED x P(x)", "@1 P(1)(2)(4)(9)", "@1 (time point 0): (3)\n");
    gives("LET A(x, y) = R(y, x) IN A(1, z) AND A(_, z)", "@1 R(7,1)(8,2)",
        "@1 (time point 0): (7)\n");
    gives("P(x) AND (ONCE(2,3] Q(x))", "@1 Q(1)@3 P(1)@4 P(1)", "@4 (time point 2): (1)\n");
}

/* One small trace for each operator that is MonPoly's own. */
static void test_operators(void **state)
{
    (void)state;
    static const char log[] = "@1 P(1) W(\"abc\")@2 P(1)(2) Q(2) W(\"b-7\")@3 P(2) T()@5 P(1)";
    gives("FRZ A(x) = P(x) IN ONCE[1,*) (A(x) AND Q(x))", log, "@3 (time point 2): (2)\n");
    gives("FRZ A(x) = P(x) IN c <- CNT x (A(x) AND NOT NEXT Q(x))", log,
        "@1 (time point 0): (1)\n@2 (time point 1): (2)\n@3 (time point 2): (1)\n"
        "@5 (time point 3): (1)\n");
    gives("LETPAST A(x) = Q(x) OR (P(x) AND PREVIOUS A(x)) IN A(x)", log,
        "@2 (time point 1): (2)\n@3 (time point 2): (2)\n");
    gives("LETPAST A(n) = (T() AND n = 0) OR (EXISTS m. (PREVIOUS A(m)) AND n = m + 1) IN A(n)",
        log, "@3 (time point 2): (0)\n@5 (time point 3): (1)\n");
    gives("<| P(x) P(x)", log, "@3 (time point 2): (2)\n");
    gives("<| (Q(x)? . .*) (P(x)?)", log, "@3 (time point 2): (2)\n");
    gives("|>[0,3] (Q(x)?) (P(x))* (T()?)", log, "@2 (time point 1): (2)\n");
    gives("MATCHP[2,2] (TRUE? .)* (P(x)? + (W(\"x\") AND x = 1)?)", log,
        "@3 (time point 2): (2)\n@5 (time point 3): (1)\n");
    gives("BACKWARD[0,1] (. + .).* (P(x)?)", log,
        "@2 (time point 1): (1) (2)\n@3 (time point 2): (2)\n");
    gives("Q(x) TRIGGER P(x)", log,
        "@1 (time point 0): (1)\n@2 (time point 1): (1) (2)\n"
        "@3 (time point 2): (2)\n");
    gives("T() RELEASE[0,1] P(x)", log,
        "@1 (time point 0): (1)\n@2 (time point 1): (2)\n@3 (time point 2): (2)\n"
        "@5 (time point 3): (1)\n");
    gives("W(s) AND \"b\" SUBSTRING s", log,
        "@1 (time point 0): (\"abc\")\n@2 (time point 1): (\"b-7\")\n");
    gives("W(s) AND s MATCHES r\"\\(a\\|x\\)b\\(z*\\)\" (t,_)", log,
        "@1 (time point 0): (\"abc\",\"a\")\n");
    gives("EXISTS s,t. W(s) AND s MATCHES r\"-\\([0-9]+\\)\" (t) AND n = s2i(t) * 2", log,
        "@2 (time point 1): (14)\n");
    gives("EXISTS x. Q(x) AND y = i2s(x)", log, "@2 (time point 1): (\"2\")\n");
    gives("Q(x) AND y = x / 0 AND z = x MOD 0 AND w = 7 / -2", log,
        "@2 (time point 1): (2,0,2,-3)\n");
    gives("Q(x) AND y = FORMAT_DATE(i2f(x * 86400)) AND d = DAY_OF_MONTH(86400.0)", log,
        "@2 (time point 1): (2,\"1970-01-03\",2)\n");
    gives("(m <- MIN x Q(x)) AND NOT T()", log,
        "@1 (time point 0): (0)\n@2 (time point 1): (2)\n@5 (time point 3): (0)\n");
    gives("c <- CNT x; (P(x))", "@1 P(1)(2)", "@1 (time point 0): (2)\n");
    gives("c <- CNT x; EXISTS y. R(x,y)", "@1 R(1,1)(1,2)", "@1 (time point 0): (1)\n");
    gives("c <- CNT x P(x) SINCE[0,1] Q(x)", log,
        "@1 (time point 0): (0)\n@2 (time point 1): (1)\n"
        "@3 (time point 2): (1)\n@5 (time point 3): (0)\n");
    gives("R(_a,_a)", "@1 R(1,2)@2 R(3,3)", "@2 (time point 1): true\n");
}

/* What a log may look like, and what not. */
static void test_logs(void **state)
{
    (void)state;
    gives("P(x)", "", "");
    gives("P(x)", "# nothing\n@1", "");
    gives("P(x)", "@1 P(1) ; # one (\n@1;@1\n\tP (2)(3) P(+4);",
        "@1 (time point 0): (1)\n"
        "@1 (time point 2): (2) (3) (4)\n");
    gives("W(s)", "@1 W(a-b.c)(\"x y\")(r\"a\\\"(\")(\"\")",
        "@1 (time point 0): (\"\") (\"a-b.c\")"
        " (\"a\\\"(\") (\"x y\")\n");
    gives("T()", "@-3 T @5 T()", "@-3 (time point 0): true\n@5 (time point 1): true\n");
    gives("F(x)", "@1 F(-0.5)(1e3)(2.)(123456789012345678)(0.1)",
        "@1 (time point 0): (-0.5) (0.1) (2)"
        " (1000) (1.23457e+17)\n");
    gives("P(x)", ">get_pos<@1 P(-9223372036854775808) >LATENCY \"a\" 3<@2 P(1);>terminate< @0 ?",
        "@1 (time point 0): (-9223372036854775808)\n@2 (time point 1): (1)\n");
    refuses("P(x)", "@1 P(1", FB_E_SYNTAX, "expected ')' at the end");
    refuses("P(x)", "@1 P", FB_E_SYNTAX, "expected '(' at the end");
    refuses("P(x)", "@", FB_E_SYNTAX, "expected a time at the end");
    refuses("P(x)", "@1 P(9223372036854775808)", FB_E_SYNTAX, "not of its column's type");
    refuses("P(x)", "@1 P(1.0)", FB_E_SYNTAX, "not of its column's type");
    refuses("F(x)", "@1 F(1-2)", FB_E_SYNTAX, "not of its column's type");
    refuses("F(x)", "@1 F(.5)", FB_E_SYNTAX, "not of its column's type");
    refuses("W(s)", "@1 W(\"a)", FB_E_SYNTAX, "a string is not closed");
    refuses("P(x)", "@1; P(1)", FB_E_SYNTAX, "expected '@' at 'P'");
    refuses("P(x)", "@1 (1)", FB_E_SYNTAX, "expected a predicate at '('");
    refuses("P(x)", "@1 P(1),", FB_E_SYNTAX, "expected a predicate, '@' or ';' at ','");
    refuses("P(x)", "@1 P(1)\n\n  >save", FB_E_SYNTAX, "not closed by '<'");
    assert_int_equal(err.line, 3);
    static char text[(1 << 20) + 100];
    memset(text, 'a', sizeof(text) - 1);
    memcpy(text, "@1 W(\"", 6);
    struct fb_buf line;
    struct fb_arena arena;
    struct fb_signature signature = {0};
    struct fb_monpoly_formula formula = {0};
    struct fb_monpoly_stream stream = {.sink = keep, .line = &line};
    struct fb_monpoly_monitor *m = NULL;
    fb_buf_init(&line, TEXT_MAX);
    fb_arena_init(&arena, ARENA_MAX);
    FB_TEST_OK(fb_monpoly_signature(fb_str_of(sig_text), &arena, &signature, &err));
    FB_TEST_OK(fb_monpoly_formula_read(FB_STR("W(s)"), &signature, &arena, &formula, &err));
    FB_TEST_OK(fb_monpoly_monitor_new(&formula, &signature, &stream, &m, &err));
    FB_TEST_OK(fb_monpoly_monitor_feed(m, (struct fb_str){text, 50}, &err));
    FB_TEST_FAILS(fb_monpoly_monitor_feed(m, fb_str_of(text + 50), &err), FB_E_LIMIT);
    assert_non_null(strstr(err.message, "a tuple of the log is longer than 1048576 bytes"));
    fb_monpoly_monitor_free(m);
    fb_arena_release(&arena);
}

/* Strings that no window holds any more take no memory, and their numbers are used again. */
static void test_strings(void **state)
{
    (void)state;
    struct fb_buf line;
    struct fb_arena arena;
    struct fb_signature signature = {0};
    struct fb_monpoly_formula formula = {0};
    struct fb_monpoly_stream stream = {.sink = keep, .line = &line};
    struct fb_monpoly_monitor *m = NULL;
    size_t early = 0;
    fb_buf_init(&line, TEXT_MAX);
    fb_arena_init(&arena, ARENA_MAX);
    FB_TEST_OK(fb_monpoly_signature(fb_str_of(sig_text), &arena, &signature, &err));
    FB_TEST_OK(fb_monpoly_formula_read(
        FB_STR("(m <- MIN s ONCE[0,9] W(s)) AND m MATCHES r\"77$\" AND EVENTUALLY[0,2] W(s)"),
        &signature, &arena, &formula, &err));
    FB_TEST_OK(fb_monpoly_monitor_new(&formula, &signature, &stream, &m, &err));
    for (int i = 0; i < 40000; i++) {
        char text[80];
        int len = snprintf(text, sizeof(text), "@%d W(\"a string with number %08d\");", i, i);
        FB_TEST_OK(fb_monpoly_monitor_feed(m, (struct fb_str){text, (size_t)len}, &err));
        early = i == 9000 ? fb_monpoly_monitor_memory(m) : early;
        line.len = i % 1000 == 999 && i < 39000 ? 0 : line.len;
    }
    assert_true(fb_monpoly_monitor_memory(m) <= early + 200000); /* of 1.3 MB of strings */
    fb_buf_add(&line, "", 1);
    assert_non_null(strstr(line.ptr, "@39986 (time point 39986):"));
    fb_monpoly_monitor_free(m);
    fb_buf_release(&line);
    fb_arena_release(&arena);
}

static void test_refusals(void **state)
{
    (void)state;
    refuses("P(x", "@1", FB_E_SYNTAX, "expected ',' or ')' at the end");
    refuses("P(x) AND", "@1", FB_E_SYNTAX, "expected a name at the end");
    refuses("P(x)) ", "@1", FB_E_SYNTAX, "expected the end of the formula at ')'");
    refuses("Z(x)", "@1", FB_E_POLICY, "no such predicate at 'Z'");
    refuses("P(x,y)", "@1", FB_E_POLICY, "wrong number of columns");
    refuses("ONCE[1 P(x)", "@1", FB_E_SYNTAX, "expected ','");
    refuses("ONCE[1y,2] P(x)", "@1", FB_E_SYNTAX, "expected a number of seconds");
    refuses("P(x) AND x = g(3)", "@1", FB_E_SYNTAX, "no such function");
    refuses("x <- CNT y; x (R(x,y))", "@1", FB_E_POLICY, "the name of one of its groups");
    refuses("LETPAST A(x) = P(x) OR A(x) IN A(x)", "@1", FB_E_POLICY, "at the same time");
    refuses("LETPAST A(x) = P(x) OR NEXT A(x) IN A(x)", "@1", FB_E_POLICY, "at the same time");
    refuses("LET A(x,y) = P(x) IN A(x,y)", "@1", FB_E_POLICY, "other variables than its param");
    refuses("LET A(x) = R(x,y) IN A(x)", "@1", FB_E_POLICY, "other variables than its param");
    refuses("FRZ A(x,y) = P(x) IN P(x)", "@1", FB_E_POLICY, "other variables than its param");
    refuses("LET A(x,x) = R(x,x) IN A(x,y)", "@1", FB_E_SYNTAX, "named twice");
    refuses("FRZ A(x) = P(x) IN A(x,y)", "@1", FB_E_POLICY, "wrong number of columns");
    refuses("|> P(x) (P(x) + Q(y))", "@1", FB_E_POLICY, "unbounded future");
    refuses("<| (P(x) + R(x,y))", "@1", FB_E_POLICY, "two sides of `+`");
    refuses("<| P(x)*", "@1", FB_E_POLICY, "a repeated part");
    refuses("<| (P(x)", "@1", FB_E_SYNTAX, "expected");
    refuses("W(s) AND s MATCHES r\"\\(a\"", "@1", FB_E_SYNTAX, "a group is not closed");
    refuses("W(s) AND s MATCHES r\"\\(a\\)\\1\"", "@1", FB_E_UNSUPPORTED, "a group of its own");
    refuses("W(s) AND t MATCHES r\"a\"", "@1", FB_E_POLICY, "a match of text");
    refuses("P(x) TRIGGER[1,2] Q(x)", "@1", FB_E_POLICY, "nothing binds");
    refuses("W(s) AND s = \"open", "@1", FB_E_SYNTAX, "expected");
    refuses("P(x) OR Q(y)", "@1", FB_E_POLICY, "different variables");
    refuses("NOT P(x)", "@1", FB_E_POLICY, "nothing binds");
    refuses("EVENTUALLY P(x)", "@1", FB_E_POLICY, "unbounded future");
    refuses("P(99999999999999999999)", "@1", FB_E_SYNTAX, "too large");
    refuses("P(x)", "@2 P(1)\n@1 P(2)", FB_E_TIME, "time runs backwards at '1'");
    assert_int_equal(err.line, 2);
    refuses("P(x)", "@1 Z(1)", FB_E_SYNTAX, "no such predicate at 'Z'");
    refuses("P(x)", "@1 P(a)", FB_E_SYNTAX, "not of its column's type");
    refuses("P(x)", "@1 R(1)", FB_E_SYNTAX, "too few columns");
    refuses("P(x)", "P(1)", FB_E_SYNTAX, "expected '@'");
    refuses("P(x)", "@1.5 P(1)", FB_E_SYNTAX, "whole seconds");
    struct fb_arena arena;
    struct fb_signature signature = {0};
    fb_arena_init(&arena, ARENA_MAX);
    FB_TEST_FAILS(
        fb_monpoly_signature(FB_STR("P(int) P(int)"), &arena, &signature, &err), FB_E_SYNTAX);
    FB_TEST_FAILS(fb_monpoly_signature(FB_STR("P(real)"), &arena, &signature, &err), FB_E_SYNTAX);
    assert_int_equal(signature.count, 0);
    fb_arena_release(&arena);
}

/* What is nested or repeated without end meets a limit. */
static void test_limits(void **state)
{
    (void)state;
    static char text[400000];
    memset(text, '(', 1000);
    text[1000] = '\0';
    refuses(text, "@1", FB_E_LIMIT, "nested too deeply");
    size_t len = 0;
    for (int i = 0; i < 200; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "P(x) AND ");
    }
    snprintf(text + len, sizeof(text) - len, "P(x)");
    refuses(text, "@1", FB_E_LIMIT, "too large");
    len = 0;
    for (int i = 0; i < 30; i++) {
        len += (size_t)snprintf(
            text + len, sizeof(text) - len, "LET A%d(x) = A%d(x) AND A%d(x) IN ", i + 1, i, i);
    }
    snprintf(text + len, sizeof(text) - len, "A30(x)");
    memcpy(strstr(text, "A0(x) AND A0(x)"), "P(x)  AND P(x) ", 15);
    refuses(text, "@1", FB_E_LIMIT, "too large");
    len = 0;
    for (int i = 0; i < FB_MONPOLY_RELATIONS_MAX + 1; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "A%d() ", i);
    }
    struct fb_arena arena;
    struct fb_signature signature = {0};
    fb_arena_init(&arena, ARENA_MAX);
    FB_TEST_FAILS(fb_monpoly_signature(fb_str_of(text), &arena, &signature, &err), FB_E_LIMIT);
    assert_non_null(strstr(err.message, "too many predicates"));
    /* A definition that nothing reads is walked too: EQUIV doubles it each time. */
    len = (size_t)snprintf(text, sizeof(text), "LET A(x) = ");
    for (int i = 0; i < 60; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "(P(x) EQUIV ");
    }
    len += (size_t)snprintf(text + len, sizeof(text) - len, "P(x)");
    memset(text + len, ')', 60);
    snprintf(text + len + 60, sizeof(text) - len - 60, " IN P(x)");
    refuses(text, "@1", FB_E_LIMIT, "too large");
    len = (size_t)snprintf(text, sizeof(text), "LET A(x) = P(x)");
    for (int i = 0; i < 500; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, " OR P(x)");
    }
    snprintf(text + len, sizeof(text) - len, " IN P(x)");
    refuses(text, "@1", FB_E_LIMIT, "nested too deeply");
    len = (size_t)snprintf(text, sizeof(text), "<| P(x)");
    for (int i = 0; i < 120; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, " .");
    }
    refuses(text, "@1", FB_E_LIMIT, "a regular expression is too large");
    fb_arena_release(&arena);
}

static void test_faults(void **state)
{
    (void)state;
    for (int64_t n = 0;; n++) {
        struct fb_buf out;
        fb_alloc_fail_at(n);
        enum fb_code code =
            quick("P(x) SINCE[0,5] (R(x,y) AND NOT Q(y))", "@1 R(1,2) @3 P(1) Q(2) @4 P(1)", &out);
        fb_alloc_fail_at(-1);
        fb_buf_release(&out);
        if (code == FB_OK) {
            assert_true(n > 3);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
    }
}

/* What nobody reads is checked, but not evaluated: a sum of it overflows nowhere. */
static void test_unread(void **state)
{
    (void)state;
    static const char log[] = "@1 P(9223372036854775807)(1)@2 P(2)";
    static const char want[] =
        "@1 (time point 0): (1) (9223372036854775807)\n@2 (time point 1): (2)\n";
    refuses("s <- SUM x P(x)", log, FB_E_RANGE, "64 bits");
    refuses("FRZ A(s) = s <- SUM x P(x) IN P(x) AND NOT A(x)", log, FB_E_RANGE, "64 bits");
    gives("LET A(s) = s <- SUM x P(x) IN P(x)", log, want);
    gives("FRZ A(s) = s <- SUM x P(x) IN P(x)", log, want);
    gives("LETPAST A(s) = s <- SUM x P(x) IN P(x)", log, want);
    gives("LETPAST A(s) = (s <- SUM x P(x)) OR PREVIOUS A(s) IN P(x)", log, want);
    gives("FRZ A(x) = EVENTUALLY[0,9] P(x) IN P(x)", log, want);
    /* read only by what nobody reads, which may stand around it or behind it */
    gives("LETPAST A(s) = s <- SUM x P(x) IN LETPAST B(s) = A(s) IN P(x)", log, want);
    gives("LETPAST A(s) = s <- SUM x P(x) IN FRZ B(s) = ONCE A(s) IN LETPAST C(s) = B(s) IN P(x)",
        log, want);
    gives("LETPAST B(x) = (LETPAST A(s) = s <- SUM x P(x) IN P(x)) IN B(x)", log, want);
    gives("FRZ A(s) = s <- SUM x P(x) IN LET B(s) = A(s) IN P(x)", log, want);
    refuses("LET A(x) = NOT P(y) AND x = y IN P(x)", log, FB_E_POLICY, "other variables");
    refuses("LET A(x) = P(x) AND EVENTUALLY Q(x) IN P(x)", log, FB_E_POLICY, "unbounded future");
    refuses("LET A(x) = P(x) AND NOT EXISTS y. (NOT Q(y)) IN P(x)", log, FB_E_POLICY, "binds");
    refuses("LET A(x) = Z(x) IN P(x)", log, FB_E_POLICY, "no such predicate");
    refuses("LETPAST A(x) = P(x) AND EVENTUALLY Q(x) IN P(x)", log, FB_E_POLICY, "unbounded");
    refuses("FRZ A(x) = NOT P(x) IN P(x)", log, FB_E_POLICY, "binds");
    gives("LET A(x) = x < 3 IN P(x)", log, want); /* right where x is bound */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_syntax), cmocka_unit_test(test_unread),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_operators), cmocka_unit_test(test_logs),
        cmocka_unit_test(test_strings), cmocka_unit_test(test_faults)};
    return cmocka_run_group_tests_name("monpoly", tests, setup, NULL);
}

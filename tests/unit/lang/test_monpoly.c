/* Tests of src/lang/monpoly: other people's cases as the oracle's oracle, and refusals. */
#include <dirent.h>

#include "base/alloc.h"
#include "base/io.h"
#include "engine/eval.h"
#include "fb_test.h"
#include "lang/monpoly.h"

enum { ARENA_MAX = 1 << 28, TEXT_MAX = 1 << 20, CASES_MAX = 400 };

static struct fb_err err;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    return 0;
}

/* What became of the cases of one folder. */
struct tally {
    int passed;
    int differed; /* as `differs` says they must */
    int refused;
    int failed;
};

/* Cases in which we differ on purpose: there an integer divided by zero is 0, here it is nothing.
 */
static bool differs(const char *name)
{
    return strcmp(name, "test18__9") == 0;
}

static bool read_text(const char *folder, const char *name, struct fb_buf *out)
{
    char path[4400];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    fb_buf_init(out, TEXT_MAX);
    return fb_io_read(path, out, &err) == FB_OK;
}

/* The words of a verdict line, sorted: the order of tuples is free. */
static int by_text(const void *a, const void *b)
{
    return fb_str_cmp(*(const struct fb_str *)a, *(const struct fb_str *)b);
}

static size_t split(struct fb_str line, struct fb_str *out, size_t max)
{
    size_t count = 0;
    size_t start = 0;
    int depth = 0;
    for (size_t i = 0; i <= line.len; i++) {
        char c = i < line.len ? line.ptr[i] : ' ';
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (c == ' ' && depth == 0) {
            struct fb_str word = fb_str_sub(line, start, i - start);
            if (word.len) {
                assert_true(count < max);
                out[count++] = word;
            }
            start = i + 1;
        }
    }
    qsort(out, count, sizeof(*out), by_text);
    return count;
}

static bool same_line(struct fb_str a, struct fb_str b)
{
    static struct fb_str words[2][20000];
    size_t count = split(a, words[0], 20000);
    if (split(b, words[1], 20000) != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!fb_str_eq(words[0][i], words[1][i])) {
            return false;
        }
    }
    return true;
}

static bool same_verdicts(struct fb_str got, struct fb_str want)
{
    struct fb_str a;
    struct fb_str b;
    for (;;) {
        bool more_a = fb_str_line(&got, &a);
        bool more_b = fb_str_line(&want, &b);
        while (more_a && fb_str_trim(a).len == 0) {
            more_a = fb_str_line(&got, &a);
        }
        while (more_b && fb_str_trim(b).len == 0) {
            more_b = fb_str_line(&want, &b);
        }
        if (!more_a || !more_b) {
            return more_a == more_b;
        }
        if (!same_line(a, b)) {
            return false;
        }
    }
}

/* Runs a formula over a log; the verdicts go to out. */
static enum fb_code monitor(struct fb_str sig, struct fb_str formula_text, struct fb_str log,
    struct fb_arena *arena, struct fb_buf *out)
{
    struct fb_signature signature = {0};
    struct fb_monpoly_formula formula = {0};
    struct fb_trace trace = {0};
    enum fb_code code = fb_monpoly_signature(sig, arena, &signature, &err);
    code = code ? code : fb_monpoly_formula_read(formula_text, &signature, arena, &formula, &err);
    code = code ? code : fb_form_check(formula.form, NULL, 0, &err);
    code = code ? code : fb_monpoly_log(log, &signature, arena, &trace, &err);
    return code ? code : fb_monpoly_run(&formula, &trace, ARENA_MAX, out, &err);
}

static void run_case(const char *folder, const char *name, struct tally *tally)
{
    char path[4200];
    struct fb_buf sig;
    struct fb_buf formula;
    struct fb_buf log;
    struct fb_buf expected;
    struct fb_buf got;
    struct fb_arena arena;
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&got, TEXT_MAX);
    assert_true(read_text(path, "sig", &sig) && read_text(path, "formula", &formula));
    assert_true(read_text(path, "trace", &log) && read_text(path, "expected", &expected));
    enum fb_code code =
        monitor(fb_buf_str(&sig), fb_buf_str(&formula), fb_buf_str(&log), &arena, &got);
    if (code) {
        printf("# refused %s: %s %s (%s)\n", name, fb_code_name(code), err.message, err.hint);
        tally->refused++;
    } else if (same_verdicts(fb_buf_str(&got), fb_buf_str(&expected)) != differs(name)) {
        tally->passed += differs(name) ? 0 : 1;
        tally->differed += differs(name) ? 1 : 0;
    } else {
        printf("# FAILED %s: %s\n# got\n%s# want\n%s\n", name, formula.ptr, got.ptr ? got.ptr : "",
            expected.ptr ? expected.ptr : "");
        tally->failed++;
    }
    fb_arena_release(&arena);
    fb_buf_release(&got);
    fb_buf_release(&sig);
    fb_buf_release(&formula);
    fb_buf_release(&log);
    fb_buf_release(&expected);
}

static struct tally run_folder(const char *folder)
{
    struct tally tally = {0};
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (strstr(entry->d_name, "__")) {
            run_case(folder, entry->d_name, &tally);
        }
    }
    closedir(dir);
    printf("# %s: %d passed, %d refused, %d failed\n", folder, tally.passed, tally.refused,
        tally.failed);
    return tally;
}

static void test_corpus(void **state)
{
    (void)state;
    char folder[4096];
    char probe[4096];
    if (!fb_test_shared("data/monitor/cases/cases-corpus/test01__0/sig", probe, sizeof(probe))) {
        skip();
    }
    const char *root = getenv("FB_SHARED");
    snprintf(
        folder, sizeof(folder), "%s/data/monitor/cases/cases-corpus", root ? root : "../shared");
    struct tally tally = run_folder(folder);
    assert_int_equal(tally.failed, 0);
    assert_true(tally.passed >= 234);
    assert_int_equal(tally.differed, 1);
    snprintf(folder, sizeof(folder), "%s/data/monitor/cases/cases-regression",
        root ? root : "../shared");
    tally = run_folder(folder);
    assert_int_equal(tally.failed, 0);
    assert_true(tally.passed >= 2);
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
    gives("P(x) AND (Q(x) EQUIV x = 1)", "@1 P(1)(2) Q(1)", "@1 (time point 0): (1) (2)\n");
    gives("ONCE P(x) AND Q(x)", "@1 P(1) Q(1)\n@2 Q(1)",
        "@1 (time point 0): (1)\n@2 (time point 1): (1)\n");
    gives("tpts(i,t) AND T()", "@5 @7 T()", "@7 (time point 1): (1,7)\n");
    gives("m <- MED x P(x)", "@1 P(1)(2)(4)(9)", "@1 (time point 0): (3)\n");
    gives("LET A(x, y) = R(y, x) IN A(1, z) AND A(_, z)", "@1 R(7,1)(8,2)",
        "@1 (time point 0): (7)\n");
    gives("P(x) AND (ONCE(2,3] Q(x))", "@1 Q(1)@3 P(1)@4 P(1)", "@4 (time point 2): (1)\n");
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
    refuses("LETPAST A(x) = P(x) IN A(x)", "@1", FB_E_UNSUPPORTED, "not supported");
    refuses("P(x) AND x = g(3)", "@1", FB_E_UNSUPPORTED, "function");
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_faults), cmocka_unit_test(test_corpus)};
    return cmocka_run_group_tests_name("monpoly", tests, setup, NULL);
}

/*
 * Limits of the engine, of what reads formulas and logs for it, and of the checker of proofs: each
 * is met, and gives its own error. docs/LIMITS.md lists them all; those that would take minutes or
 * gigabytes are lowered by base/limit.h.
 */
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/limit.h"
#include "engine/access.h"
#include "engine/eval.h"
#include "engine/inc.h"
#include "engine/inc_plan.h"
#include "engine/parallel.h"
#include "engine/pattern.h"
#include "engine/snapshot.h"
#include "fb_test.h"
#include "lang/monpoly.h"
#include "proof/check.h"
#include "proof/proof_file.h"

enum { ARENA_MAX = 1 << 28, TEXT_MAX = 1 << 22 };

static const char sig_text[] = "P(x:int) Q(x:int) R(x:int, y:int) W(x:int, s:string) F(x:float) "
                               "V(a:int,b:int,c:int,d:int)";
static struct fb_err err;

struct reading {
    struct fb_arena arena;
    struct fb_signature signature;
    struct fb_monpoly_formula formula;
    struct fb_trace trace;
    struct fb_buf out;
};

static void start(struct reading *r)
{
    memset(r, 0, sizeof(*r));
    fb_err_init(&err);
    fb_arena_init(&r->arena, ARENA_MAX);
    fb_buf_init(&r->out, TEXT_MAX);
    FB_TEST_OK(fb_monpoly_signature(fb_str_of(sig_text), &r->arena, &r->signature, &err));
}

static void finish(struct reading *r)
{
    fb_buf_release(&r->out);
    fb_arena_release(&r->arena);
}

static enum fb_code read_both(struct reading *r, const char *formula, const char *log)
{
    enum fb_code code =
        fb_monpoly_formula_read(fb_str_of(formula), &r->signature, &r->arena, &r->formula, &err);
    code = code ? code : fb_form_check(r->formula.plain.form, NULL, 0, &err);
    return code ? code : fb_monpoly_log(fb_str_of(log), &r->signature, &r->arena, &r->trace, &err);
}

static enum fb_code keep_line(void *ctx, struct fb_buf *line, struct fb_err *e)
{
    (void)ctx;
    (void)line;
    (void)e;
    return FB_OK;
}

static enum fb_code run_quick(struct reading *r, const char *formula, const char *log, size_t on)
{
    struct fb_monpoly_stream stream = {
        .sink = keep_line, .line = &r->out, .threads = on, .batch = 4};
    enum fb_code code = read_both(r, formula, log);
    return code ? code
                : fb_monpoly_run_quick(&r->formula, &r->signature, fb_str_of(log), &stream, &err);
}

/* ---- formulas ---- */

/* A formula is refused with a code and words. */
static void refuses(const char *formula, enum fb_code code, const char *words)
{
    struct reading r;
    start(&r);
    FB_TEST_FAILS(read_both(&r, formula, "@1"), code);
    if (!strstr(err.message, words)) {
        fail_msg("'%s' has no '%s'", err.message, words);
    }
    finish(&r);
}

static void takes(const char *formula)
{
    struct reading r;
    start(&r);
    FB_TEST_OK(read_both(&r, formula, "@1"));
    finish(&r);
}

/* `count` names x0, x1, ... with commas between, behind `before` and before `after`. */
static const char *names(const char *before, int count, const char *after)
{
    static char text[1 << 16];
    size_t len = (size_t)snprintf(text, sizeof(text), "%s", before);
    for (int i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%sx%d", i ? ", " : "", i);
    }
    snprintf(text + len, sizeof(text) - len, "%s", after);
    return text;
}

/* The same condition `count` times, joined. */
static const char *chain(const char *part, const char *sign, int count)
{
    static char text[1 << 18];
    size_t len = 0;
    for (int i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? sign : "", part);
    }
    return text;
}

static void test_names(void **state)
{
    (void)state;
    takes(names("EXISTS ", 64, ". P(x0)"));
    refuses(names("EXISTS ", 65, ". P(x0)"), FB_E_LIMIT, "too many names");
    refuses(names("EXISTS ", 64, ". P(y)"), FB_E_LIMIT, "too many variables");
    refuses(names("P(", 65, ")"), FB_E_LIMIT, "too many columns");
    struct reading r;
    struct fb_signature signature = {0};
    char text[2000] = "A(";
    size_t len = 2;
    for (int i = 0; i < FB_IR_ARITY_MAX + 1; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%sc%d:int", i ? "," : "", i);
    }
    start(&r);
    snprintf(text + len, sizeof(text) - len, ")");
    FB_TEST_FAILS(fb_monpoly_signature(fb_str_of(text), &r.arena, &signature, &err), FB_E_LIMIT);
    assert_non_null(strstr(err.message, "too many columns"));
    assert_null(signature.relations);
    finish(&r);
}

static void test_shapes(void **state)
{
    (void)state;
    /* One chain of AND, which is nested to the left as it is read, and as a tree of both sides. */
    takes(chain("P(x)", " AND ", 90));
    refuses(chain("P(x)", " AND ", 110), FB_E_LIMIT, "too large");
    char *tree = fb_alloc(1 << 16);
    assert_non_null(tree);
    snprintf(tree, 1 << 16, "%s", "P(x)");
    for (int i = 0; i < 9; i++) {
        char *twice = fb_alloc(1 << 16);
        assert_non_null(twice);
        snprintf(twice, 1 << 16, "(%s AND %s)", tree, tree);
        fb_free(tree);
        tree = twice;
        if (i == 7) {
            takes(tree); /* 256 */
        }
    }
    refuses(tree, FB_E_POLICY, "too many conditions");
    fb_free(tree);
    refuses("W(x,s) AND s MATCHES r\"\\(a\\)\" "
            "(_,_,_,_,_,_,_,_,_,_,_,_,_,_,_,_,_)",
        FB_E_LIMIT, "too many groups");
}

/* Beyond these a formula is evaluated in another way, and its verdicts are the same. */
static void test_other_ways(void **state)
{
    (void)state;
    static const char log[] =
        "@1 P(1)(2) Q(1) R(1,2)(2,9) V(1,2,3,4)(5,5,5,5)@2 P(2) R(2,1) V(1,9,9,9)"
        "@5 P(1) Q(2) R(1,1)(2,4)";
    char freezes[4096];
    char lefts[4096];
    char bounds[1024];
    char stages[4096];
    char keys[4096];
    size_t len = (size_t)snprintf(freezes, sizeof(freezes), "FRZ A(x) = P(x) IN ONCE[0,9] (");
    for (int i = 0; i < 70; i++) {
        len += (size_t)snprintf(freezes + len, sizeof(freezes) - len, "(A(x) OR P(x)) AND ");
    }
    snprintf(freezes + len, sizeof(freezes) - len, "P(x))");
    len = (size_t)snprintf(lefts, sizeof(lefts), "(P(x) AND (");
    for (int i = 0; i < 30; i++) {
        len += (size_t)snprintf(
            lefts + len, sizeof(lefts) - len, "%s(Q(x) OR P(x))", i ? " AND " : "");
    }
    snprintf(lefts + len, sizeof(lefts) - len, ")) SINCE[0,9] (P(x) AND Q(x))");
    len = (size_t)snprintf(bounds, sizeof(bounds),
        "(c <- CNT y; x (k <- MAX z; x ONCE[0,9] R(x,z)) AND (ONCE[0,9] R(x,y))");
    for (int i = 0; i < 9; i++) {
        len += (size_t)snprintf(bounds + len, sizeof(bounds) - len, " AND y < k + %d", i);
    }
    snprintf(bounds + len, sizeof(bounds) - len, ")");
    len = (size_t)snprintf(stages, sizeof(stages), "P(x)");
    for (int i = 0; i < 70; i++) {
        len += (size_t)snprintf(
            stages + len, sizeof(stages) - len, " AND (EVENTUALLY[0,%d] P(x))", i % 4);
    }
    len = (size_t)snprintf(keys, sizeof(keys), "(");
    static const char *const masks[] = {
        "a", "b", "c", "d", "a,b", "a,c", "a,d", "b,c", "b,d", "c,d", "a,b,c", "a,b,d", "b,c,d"};
    for (int i = 0; i < 13; i++) {
        char columns[4][2] = {"_", "_", "_", "_"};
        for (const char *at = masks[i]; *at; at++) {
            if (*at != ',') {
                columns[*at - 'a'][0] = *at;
            }
        }
        len += (size_t)snprintf(keys + len, sizeof(keys) - len, "%sNOT V(%s,%s,%s,%s)",
            i ? " AND " : "", columns[0], columns[1], columns[2], columns[3]);
    }
    snprintf(keys + len, sizeof(keys) - len, ") SINCE[0,9] V(a,b,c,d)");
    const char *formulas[] = {freezes, lefts, bounds, stages, keys};
    for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
        struct reading r;
        struct fb_buf naive;
        start(&r);
        fb_buf_init(&naive, TEXT_MAX);
        FB_TEST_OK(run_quick(&r, formulas[i], log, 1));
        FB_TEST_OK(fb_monpoly_run(&r.formula, &r.trace, ARENA_MAX, &naive, &err));
        if (naive.len == 0 || !fb_str_eq(fb_buf_str(&naive), fb_buf_str(&r.out))) {
            fail_msg("%s\n%.*s\n%.*s", formulas[i], FB_STR_ARG(fb_buf_str(&naive)),
                FB_STR_ARG(fb_buf_str(&r.out)));
        }
        finish(&r);
        fb_buf_release(&naive);
    }
}

/* Atoms beyond those that a subject is looked for in: their relations go to every thread. */
static void test_many_atoms(void **state)
{
    (void)state;
    static const char log[] = "@1 P(1)(2) Q(1)@2 P(2) Q(3)@5 P(1) Q(2)";
    char *tree = fb_alloc(1 << 16);
    assert_non_null(tree);
    snprintf(tree, 1 << 16, "(P(x) OR Q(x))");
    for (int i = 0; i < 8; i++) {
        char *twice = fb_alloc(1 << 16);
        assert_non_null(twice);
        snprintf(twice, 1 << 16, "(%s OR %s)", tree, tree);
        fb_free(tree);
        tree = twice;
    }
    struct reading one;
    struct reading two;
    start(&one);
    start(&two);
    FB_TEST_OK(run_quick(&one, tree, log, 1));
    FB_TEST_OK(run_quick(&two, tree, log, 2));
    assert_true(one.out.len > 0);
    assert_true(fb_str_eq(fb_buf_str(&one.out), fb_buf_str(&two.out)));
    finish(&one);
    finish(&two);
    fb_free(tree);
}

/* Definitions beyond those that are kept up, whose rows do not last, make a formula that only the
 * oracle can do. */
static void test_stages(void **state)
{
    (void)state;
    struct reading r;
    struct fb_buf text;
    start(&r);
    fb_buf_init(&text, TEXT_MAX);
    for (int i = 0; i < 70; i++) {
        fb_buf_addf(
            &text, "(LETPAST A%d(x) = P(x) OR PREVIOUS[0,9] A%d(x) IN A%d(x)) OR ", i, i, i);
    }
    fb_buf_addf(&text, "P(x)%c", '\0');
    enum fb_code code = run_quick(&r, text.ptr, "@1 P(1)@2 P(2)", 1);
    FB_TEST_FAILS(code, FB_E_UNSUPPORTED);
    assert_non_null(strstr(err.message, "too many recursive definitions"));
    fb_buf_release(&text);
    finish(&r);
}

/* What the reader of logs takes for a number. */
static void test_log(void **state)
{
    (void)state;
    struct reading r;
    struct fb_buf log;
    start(&r);
    fb_buf_init(&log, TEXT_MAX);
    fb_buf_add_c(&log, "@1 F(1.");
    for (int i = 0; i < 500; i++) {
        fb_buf_add_c(&log, "1");
    }
    fb_buf_add(&log, ")", 2);
    FB_TEST_FAILS(read_both(&r, "F(x)", log.ptr), FB_E_SYNTAX);
    assert_non_null(strstr(err.message, "not of its column's type"));
    fb_buf_release(&log);
    finish(&r);
}

/* A filter passes a row on once, however often it holds: 2^40 equal rows would come out of each of
 * these, of one event. */
static void test_filters(void **state)
{
    (void)state;
    static const char log[] = "@1 P(1)(1)(2) Q(1) R(1,1)(1,2)@2 P(2)(2) R(2,2)(2,3)";
    static const char *const parts[] = {"P(x)", "(P(x) OR Q(x))", "(EXISTS y. R(x,y))",
        "(EXISTS y. P(y))", "(PREVIOUS EXISTS y. P(y))", "(FRZ A(z) = P(z) IN A(x))",
        "(P(x) AND P(x))"};
    static const char *const frames[][2] = {{"", ""}, {"EXISTS x. ", ""},
        {"P(x) AND NOT EXISTS x. (", ")"}, {"(c <- CNT x ", ")"}, {"ONCE[0,5] (", ")"},
        {"P(x) SINCE[0,5] (", ")"}};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        for (size_t k = 0; k < sizeof(frames) / sizeof(frames[0]); k++) {
            struct reading r;
            struct fb_buf formula;
            struct fb_buf naive;
            start(&r);
            fb_buf_init(&formula, TEXT_MAX);
            fb_buf_init(&naive, TEXT_MAX);
            fb_buf_addf(&formula, "%sP(x) AND %s%s", frames[k][0], chain(parts[i], " AND ", 40),
                frames[k][1]);
            fb_buf_add_char(&formula, '\0');
            FB_TEST_OK(run_quick(&r, formula.ptr, log, 1));
            FB_TEST_OK(fb_monpoly_run(&r.formula, &r.trace, ARENA_MAX, &naive, &err));
            assert_true(fb_str_eq(fb_buf_str(&naive), fb_buf_str(&r.out)));
            finish(&r);
            fb_buf_release(&formula);
            fb_buf_release(&naive);
        }
    }
}

/* ---- memory and work ---- */

/* A limit is lowered, and what meets it gives its words. */
static void lowered(size_t max, size_t most, enum fb_code code, const char *words)
{
    fb_limit_lower(max, max);
    assert_int_equal(code, FB_E_LIMIT);
    if (!strstr(err.message, words)) {
        fail_msg("lowered %zu to %zu: '%s' has no '%s'", max, most, err.message, words);
    }
}

static const char plain[] = "P(x) AND NOT ONCE[0,5] Q(x)";
static const char few[] = "@1 P(1)(2)(3) Q(1)@2 P(2) W(1,\"abc\")@3 P(1)@9 P(1)(2)(3)";

static void test_evaluators(void **state)
{
    (void)state;
    enum { QUARTER = 1 << 28, GIGA = 1 << 30 };
    struct reading r;
    start(&r);
    fb_limit_lower(QUARTER, 100);
    lowered(QUARTER, 100, run_quick(&r, plain, few, 1), "bytes of memory"); /* the plan */
    finish(&r);
    start(&r);
    FB_TEST_OK(read_both(&r, plain, few));
    fb_limit_lower(QUARTER, 1); /* what the naive evaluator only looks at */
    lowered(QUARTER, 1, fb_monpoly_run(&r.formula, &r.trace, ARENA_MAX, &r.out, &err),
        "bytes of memory");
    finish(&r);
    start(&r);
    fb_limit_lower(GIGA, 2); /* text of a thread */
    lowered(GIGA, 2, run_quick(&r, "W(x,s) AND NOT ONCE[0,5] Q(x)", few, 2), "bytes of memory");
    finish(&r);
    start(&r);
    fb_limit_lower(FB_INC_WORK_MAX, 20);
    lowered(FB_INC_WORK_MAX, 20, run_quick(&r, "P(x) AND P(y) AND P(z) AND x + y + z < 0", few, 1),
        "join too many rows");
    finish(&r);
    /* A list of rows: no memory has as many. */
    struct fb_inc_memory memory = {.max = SIZE_MAX / 2, .err = &err};
    size_t cap = (size_t)1 << 30;
    char *list = NULL;
    assert_false(fb_inc_room(&memory, &list, &cap, cap, 1));
    assert_int_equal(memory.code, FB_E_LIMIT);
    assert_null(list);
    struct fb_trace many = {.tuple_count = (size_t)FB_ACCESS_TUPLES_MAX + 1};
    struct fb_access *access = NULL;
    start(&r);
    FB_TEST_FAILS(fb_access_new(&many, &r.arena, &access, &err), FB_E_LIMIT);
    assert_null(access);
    finish(&r);
}

static void test_snapshots(void **state)
{
    (void)state;
    static const uint8_t identity[FB_SHA256_SIZE];
    const char *path = "test_limits.snapshot";
    fb_limit_lower(FB_SNAPSHOT_MAX, 100);
    enum fb_code code = fb_snapshot_write(path, identity, FB_STR("0123456789abcdef+"), &err);
    lowered(FB_SNAPSHOT_MAX, 100, code, "a snapshot");
    assert_int_not_equal(remove(path), 0);
    struct reading r;
    struct fb_monpoly_monitor *monitor = NULL;
    uint8_t digest[FB_SHA256_SIZE];
    start(&r);
    FB_TEST_OK(read_both(&r, plain, few));
    struct fb_monpoly_stream stream = {.sink = keep_line, .line = &r.out, .threads = 1};
    FB_TEST_OK(fb_monpoly_monitor_new(&r.formula, &r.signature, &stream, &monitor, &err));
    fb_limit_lower(1 << 26, 10);
    code = fb_monpoly_monitor_identity(monitor, digest, &err);
    lowered(1 << 26, 10, code, "a formula");
    fb_monpoly_monitor_free(monitor);
    finish(&r);
}

/* ---- proofs ---- */

static void test_proofs(void **state)
{
    (void)state;
    struct reading r;
    struct fb_proof_step *proof = NULL;
    struct fb_buf line;
    start(&r);
    fb_buf_init(&line, TEXT_MAX);
    FB_TEST_OK(read_both(&r, "P(x) AND 1 < x AND NOT ONCE[0,5] Q(x)", few));
    const struct fb_monpoly_body *body = &r.formula.plain;
    struct fb_value values[FB_IR_VARS_MAX] = {0};
    values[body->columns[0]] = fb_value_int(2);
    struct fb_proof_claim claim = {
        body->form, 1, body->var_count, values, (uint64_t)1 << body->columns[0], true};
    fb_limit_lower(FB_PROOF_STEPS_MAX, 3);
    lowered(FB_PROOF_STEPS_MAX, 3, fb_prove(&claim, &r.trace, &r.arena, &proof, &err),
        "the search for a proof takes too long");
    fb_limit_lower(1 << 28, 1);
    lowered(1 << 28, 1, fb_prove(&claim, &r.trace, &r.arena, &proof, &err), "bytes of memory");
    assert_null(proof);
    FB_TEST_OK(fb_prove(&claim, &r.trace, &r.arena, &proof, &err));
    FB_TEST_OK(fb_proof_check(&claim, proof, &r.trace, &err));
    fb_limit_lower(FB_CHECK_STEPS_MAX, 3);
    lowered(FB_CHECK_STEPS_MAX, 3, fb_proof_check(&claim, proof, &r.trace, &err),
        "the check of a proof takes too long");
    fb_limit_lower((size_t)1 << 32, 100);
    lowered((size_t)1 << 32, 100, fb_proof_check(&claim, proof, &r.trace, &err), "bytes of memory");
    struct fb_proof_entry entry = {
        .tp = 1, .time = 2, .holds = true, .values = values, .value_count = 1, .proof = proof};
    struct fb_proof_entry back = {0};
    FB_TEST_OK(fb_proof_write(&entry, &r.signature, &line, &err));
    FB_TEST_OK(fb_proof_read(fb_buf_str(&line), &r.signature, &r.arena, &back, &err));
    back.proof = NULL;
    fb_limit_lower(FB_PROOF_LINE_MAX, 100);
    lowered(FB_PROOF_LINE_MAX, 100,
        fb_proof_read(fb_buf_str(&line), &r.signature, &r.arena, &back, &err), "larger than");
    fb_limit_lower(FB_PROOF_READ_MAX, 3);
    lowered(FB_PROOF_READ_MAX, 3,
        fb_proof_read(fb_buf_str(&line), &r.signature, &r.arena, &back, &err), "has more than");
    assert_null(back.proof);
    fb_buf_release(&line);
    finish(&r);
}

/* Lemmas, of the search and of the check; and a search that is stopped goes on afterwards. */
static void test_lemmas(void **state)
{
    (void)state;
    struct reading r;
    struct fb_proofs *proofs = NULL;
    struct fb_checker *checker = NULL;
    struct fb_proof_step *proof = NULL;
    struct fb_buf log;
    start(&r);
    fb_buf_init(&log, TEXT_MAX);
    fb_buf_add_c(&log, "@0 P(1)\n");
    for (int i = 1; i < 600; i++) {
        fb_buf_addf(&log, "@%d\n", i);
    }
    fb_buf_add_char(&log, '\0');
    FB_TEST_OK(read_both(&r, "LETPAST K(x) = P(x) OR PREVIOUS K(x) IN K(x)", log.ptr));
    const struct fb_monpoly_body *body = &r.formula.plain;
    struct fb_value values[FB_IR_VARS_MAX] = {0};
    values[body->columns[0]] = fb_value_int(1);
    struct fb_proof_claim claim = {
        body->form, 599, body->var_count, values, (uint64_t)1 << body->columns[0], true};
    FB_TEST_OK(fb_proofs_new(body->form, &r.trace, body->var_count, &proofs, &err));
    fb_limit_lower(FB_PROOF_LEMMAS_MAX, 590);
    lowered(FB_PROOF_LEMMAS_MAX, 590, fb_proofs_prove(proofs, &claim, &r.arena, &proof, &err),
        "a proof takes more than");
    fb_limit_lower(FB_PROOF_STEPS_MAX, 100);
    lowered(FB_PROOF_STEPS_MAX, 100, fb_proofs_prove(proofs, &claim, &r.arena, &proof, &err),
        "the search for a proof takes too long");
    fb_limit_lower((size_t)1 << 32, 1000);
    struct fb_proofs *small = NULL;
    FB_TEST_OK(fb_proofs_new(body->form, &r.trace, body->var_count, &small, &err));
    lowered((size_t)1 << 32, 1000, fb_proofs_prove(small, &claim, &r.arena, &proof, &err),
        "bytes of memory");
    fb_proofs_free(small);
    FB_TEST_OK(fb_proofs_prove(proofs, &claim, &r.arena, &proof, &err));
    assert_non_null(proof);
    const struct fb_proof_lemmas *given = fb_proofs_lemmas(proofs);
    assert_int_equal(given->count, 600);
    FB_TEST_OK(fb_checker_new(body->form, &r.trace, &checker, &err));
    for (size_t i = 0; i < 599; i++) {
        FB_TEST_OK(fb_checker_lemma(checker, given->items[i], &err));
    }
    fb_limit_lower(FB_PROOF_LEMMAS_MAX, 599);
    lowered(FB_PROOF_LEMMAS_MAX, 599, fb_checker_lemma(checker, given->items[599], &err),
        "there are more than");
    FB_TEST_OK(fb_checker_lemma(checker, given->items[599], &err));
    FB_TEST_OK(fb_checker_claim(checker, &claim, proof, &err));
    fb_checker_free(checker);
    fb_proofs_free(proofs);
    fb_buf_release(&log);
    finish(&r);
}

/* Of more than THIN_MAX failing tests none is left out for being superfluous; the proof is one. */
static void test_long_matches(void **state)
{
    (void)state;
    for (int points = 10; points <= 300; points += 290) {
        struct reading r;
        struct fb_buf log;
        struct fb_proof_step *proof = NULL;
        start(&r);
        fb_buf_init(&log, TEXT_MAX);
        for (int i = 0; i < points; i++) {
            fb_buf_addf(&log, "@%d P(1)\n", i);
        }
        fb_buf_add_char(&log, '\0');
        FB_TEST_OK(read_both(&r, "P(x) AND NOT (|>[0,400] ((P(x))* (Q(x) AND P(x))))", log.ptr));
        const struct fb_monpoly_body *body = &r.formula.plain;
        struct fb_value values[FB_IR_VARS_MAX] = {0};
        values[body->columns[0]] = fb_value_int(1);
        struct fb_proof_claim claim = {
            body->form, 0, body->var_count, values, (uint64_t)1 << body->columns[0], true};
        FB_TEST_OK(fb_prove(&claim, &r.trace, &r.arena, &proof, &err));
        FB_TEST_OK(fb_proof_check(&claim, proof, &r.trace, &err));
        assert_in_range(proof->weight, points, points + 2);
        fb_buf_release(&log);
        finish(&r);
    }
}

/* A chain of NOT that is deeper than the checker goes, as a tree and as a file. Under the sanitizer
 * of clang a step takes 5 kB of stack, far more than without: it may grow for that. */
static void test_deep_proofs(void **state)
{
    (void)state;
    struct reading r;
    struct fb_buf line;
    struct rlimit stack;
    assert_int_equal(getrlimit(RLIMIT_STACK, &stack), 0);
    rlim_t wanted = (rlim_t)64 << 20;
    if (stack.rlim_cur != RLIM_INFINITY && stack.rlim_cur < wanted) {
        bool may = stack.rlim_max == RLIM_INFINITY || stack.rlim_max >= wanted;
        stack.rlim_cur = may ? wanted : stack.rlim_max;
        assert_int_equal(setrlimit(RLIMIT_STACK, &stack), 0);
    }
    start(&r);
    fb_buf_init(&line, TEXT_MAX);
    FB_TEST_OK(read_both(&r, "P(x)", few));
    struct fb_proof_step *steps =
        FB_ARENA_ARRAY(&r.arena, struct fb_proof_step, FB_CHECK_DEPTH_MAX + 2);
    struct fb_form *forms = FB_ARENA_ARRAY(&r.arena, struct fb_form, FB_CHECK_DEPTH_MAX + 2);
    assert_true(steps && forms);
    for (size_t i = 0; i < FB_CHECK_DEPTH_MAX + 2; i++) {
        bool last = i == FB_CHECK_DEPTH_MAX + 1;
        forms[i] = (struct fb_form){
            .kind = last ? FB_FORM_TRUE : FB_FORM_NOT, .left = last ? NULL : &forms[i + 1]};
        steps[i] = (struct fb_proof_step){.rule = last ? FB_RULE_TRUTH : FB_RULE_NOT,
            .holds = (FB_CHECK_DEPTH_MAX + 1 - i) % 2 == 0,
            .seq = FB_WHY_NO_RECORD,
            .kid = last ? NULL : &steps[i + 1]};
    }
    struct fb_proof_claim claim = {forms, 0, 0, NULL, 0, steps[0].holds};
    FB_TEST_FAILS(fb_proof_check(&claim, steps, &r.trace, &err), FB_E_LIMIT);
    assert_non_null(strstr(err.message, "steps deep"));
    struct fb_proof_entry entry = {.time = 1, .holds = steps[0].holds, .any = true, .proof = steps};
    struct fb_proof_entry back = {0};
    FB_TEST_OK(fb_proof_write(&entry, &r.signature, &line, &err));
    FB_TEST_FAILS(
        fb_proof_read(fb_buf_str(&line), &r.signature, &r.arena, &back, &err), FB_E_LIMIT);
    assert_non_null(strstr(err.message, "steps deep"));
    fb_buf_release(&line);
    finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_other_ways), cmocka_unit_test(test_filters),
        cmocka_unit_test(test_evaluators), cmocka_unit_test(test_snapshots),
        cmocka_unit_test(test_proofs), cmocka_unit_test(test_lemmas),
        cmocka_unit_test(test_deep_proofs), cmocka_unit_test(test_long_matches),
        cmocka_unit_test(test_many_atoms), cmocka_unit_test(test_stages),
        cmocka_unit_test(test_log)};
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}

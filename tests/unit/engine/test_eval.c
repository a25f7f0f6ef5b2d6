/* Tests of src/engine: eval_naive.c, table.c, term.c, agg.c, form_check.c, explain.c, trace.c. */
#include "base/alloc.h"
#include "ir_build.h"

enum { ARENA_MAX = 1 << 26 };
enum { P, Q, R };
enum { X, Y, Z, VARS };

static const struct fb_str columns[] = {{"id", 2}, {"grade", 5}};
static struct fb_relation relations[] = {
    {{"P", 1}, 1, NULL, NULL}, {{"Q", 1}, 1, NULL, NULL}, {{"rank", 4}, 2, columns, NULL}};
static const struct fb_signature signature = {relations, 3};

static struct build b;

static int setup(void **state)
{
    (void)state;
    fb_arena_init(&arena, ARENA_MAX);
    fb_err_init(&err);
    build_start(&b, &signature);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

static void add(uint32_t relation, int64_t n, bool holds_on)
{
    struct fb_value value = fb_value_int(n);
    build_add(&b, relation, &value, 1, holds_on);
}

static void rank(int64_t id, struct fb_value grade)
{
    struct fb_value values[] = {fb_value_int(id), grade};
    build_add(&b, R, values, 2, false);
}

static struct fb_table eval(struct fb_form *f, size_t tp)
{
    struct fb_table out = {0};
    FB_TEST_OK(fb_eval_naive(f, &b.trace, tp, VARS, NULL, &arena, &out, &err));
    return out;
}

/* The values of one variable at tp, as "1 2 3 ". */
static void gives(struct fb_form *f, size_t tp, uint32_t v, const char *want)
{
    struct fb_table out = eval(f, tp);
    struct fb_buf text;
    fb_buf_init(&text, 1000);
    for (size_t i = 0; i < out.count; i++) {
        fb_value_write(out.rows[i].values[v], &text);
        fb_buf_add_char(&text, ' ');
    }
    assert_string_equal(text.ptr ? text.ptr : "", want);
    fb_buf_release(&text);
}

static void holds(struct fb_form *f, size_t tp, bool want)
{
    assert_int_equal(eval(f, tp).count, want ? 1 : 0);
}

static struct fb_form *p(void)
{
    return pred(P, var(X), NULL);
}

static struct fb_form *q(void)
{
    return pred(Q, var(X), NULL);
}

/* Times 10, 12, 15, 15, 20: P 1 | P 2, Q 1 | P 1 2 | Q 2 3 | nothing; 9 in P from the second on. */
static void five_points(void)
{
    build_at(&b, 10);
    add(P, 1, false);
    build_at(&b, 12);
    add(P, 2, false);
    add(Q, 1, false);
    add(P, 9, true);
    build_at(&b, 15);
    add(P, 2, false);
    add(P, 1, false);
    build_at(&b, 15);
    add(Q, 3, false);
    add(Q, 2, false);
    build_at(&b, 20);
}

static void test_first_order(void **state)
{
    (void)state;
    five_points();
    gives(p(), 0, X, "1 ");
    gives(p(), 2, X, "1 2 9 ");
    gives(p(), 4, X, "9 ");
    gives(event(p()), 2, X, "1 2 ");
    gives(event(pred(P, number(9), NULL)), 1, X, "nothing ");
    holds(event(pred(P, number(9), NULL)), 2, false);
    gives(form(FB_FORM_AND, p(), q()), 1, X, "");
    gives(form(FB_FORM_OR, p(), q()), 1, X, "1 2 9 ");
    gives(form(FB_FORM_AND, form(FB_FORM_NOT, q(), NULL), p()), 1, X, "2 9 ");
    gives(form(FB_FORM_AND, p(), compare(FB_FORM_LESS, var(X), number(2))), 2, X, "1 ");
    gives(form(FB_FORM_AND, p(), compare(FB_FORM_LESS_EQ, var(X), number(2))), 2, X, "1 2 ");
    gives(compare(FB_FORM_EQ, var(X), number(4)), 0, X, "4 ");
    gives(compare(FB_FORM_EQ, number(4), var(X)), 0, X, "4 ");
    holds(exists(X, p()), 3, true);
    holds(exists(X, q()), 4, false);
    holds(form(FB_FORM_TRUE, NULL, NULL), 4, true);
    holds(form(FB_FORM_FALSE, NULL, NULL), 4, false);
    /* What EXISTS binds hides the same variable outside. */
    struct fb_form *inner =
        exists(X, form(FB_FORM_AND, q(), compare(FB_FORM_EQ, var(X), number(1))));
    gives(form(FB_FORM_AND, p(), inner), 1, X, "2 9 ");
}

static void test_temporal(void **state)
{
    (void)state;
    five_points();
    gives(form(FB_FORM_PREVIOUS, p(), NULL), 1, X, "1 ");
    gives(form(FB_FORM_PREVIOUS, p(), NULL), 0, X, "");
    gives(timed(FB_FORM_PREVIOUS, 0, 1, p(), NULL), 1, X, "");
    gives(form(FB_FORM_NEXT, q(), NULL), 2, X, "2 3 ");
    gives(timed(FB_FORM_NEXT, 1, 9, q(), NULL), 2, X, "");
    gives(form(FB_FORM_NEXT, q(), NULL), 4, X, "");
    gives(form(FB_FORM_ONCE, q(), NULL), 4, X, "1 2 3 ");
    gives(timed(FB_FORM_ONCE, 0, 5, q(), NULL), 4, X, "2 3 ");
    gives(timed(FB_FORM_ONCE, 0, 4, q(), NULL), 4, X, "");
    gives(timed(FB_FORM_ONCE, 6, 8, q(), NULL), 4, X, "1 ");
    gives(timed(FB_FORM_EVENTUALLY, 0, 4, q(), NULL), 0, X, "1 ");
    gives(timed(FB_FORM_EVENTUALLY, 3, 5, q(), NULL), 0, X, "2 3 ");
    gives(form(FB_FORM_SINCE, p(), q()), 2, X, "1 ");
    gives(form(FB_FORM_SINCE, p(), q()), 3, X, "2 3 ");
    gives(timed(FB_FORM_UNTIL, 0, 9, p(), q()), 1, X, "1 2 ");
    gives(timed(FB_FORM_UNTIL, 0, 2, p(), q()), 1, X, "1 ");
    gives(timed(FB_FORM_UNTIL, 1, 9, form(FB_FORM_NOT, p(), NULL), q()), 1, X, "3 ");
    struct fb_form *nine = pred(P, number(9), NULL);
    holds(form(FB_FORM_HISTORICALLY, nine, NULL), 4, false);
    holds(timed(FB_FORM_HISTORICALLY, 0, 8, nine, NULL), 4, true);
    holds(timed(FB_FORM_HISTORICALLY, 100, 200, nine, NULL), 4, true);
    holds(timed(FB_FORM_ALWAYS, 0, 100, nine, NULL), 1, true);
    holds(timed(FB_FORM_ALWAYS, 0, 100, nine, NULL), 0, false);
}

static void test_none_and_arithmetic(void **state)
{
    (void)state;
    build_at(&b, 1);
    rank(1, fb_value_none());
    rank(2, fb_value_int(0));
    rank(3, fb_value_float(0.5));
    rank(4, fb_value_str(FB_STR("high")));
    struct fb_form *r = pred(R, var(X), var(Y), NULL);
    gives(form(FB_FORM_AND, r, compare(FB_FORM_EQ, var(Y), var(Y))), 0, X, "2 3 4 ");
    gives(form(FB_FORM_AND, r, compare(FB_FORM_LESS, var(Y), number(1))), 0, X, "2 3 ");
    gives(form(FB_FORM_AND, r, compare(FB_FORM_LESS_EQ, number(0), var(Y))), 0, X, "2 3 ");
    gives(form(FB_FORM_AND, r, form(FB_FORM_NOT, compare(FB_FORM_EQ, var(Y), number(0)), NULL)), 0,
        X, "1 3 4 ");
    /* NONE is a value that a variable may have; it joins with itself. */
    gives(form(FB_FORM_AND, r, pred(R, term(FB_TERM_ANY), var(Y), NULL)), 0, X, "1 2 3 4 ");
    struct fb_form *third =
        form(FB_FORM_AND, r, compare(FB_FORM_EQ, var(Z), arith(FB_TERM_DIV, number(6), var(Y))));
    gives(third, 0, Z, "12 ");
    gives(compare(FB_FORM_EQ, var(Z), arith(FB_TERM_MOD, number(-7), number(3))), 0, Z, "-1 ");
    gives(compare(FB_FORM_EQ, var(Z), arith(FB_TERM_MUL, number(INT64_MAX), number(2))), 0, Z, "");
    gives(compare(FB_FORM_EQ, var(Z), arith(FB_TERM_ADD, number(1), constant(fb_value_float(0.5)))),
        0, Z, "1.5 ");
    gives(compare(FB_FORM_EQ, var(Z), arith(FB_TERM_TO_INT, constant(fb_value_float(-2.5)), NULL)),
        0, Z, "-2 ");
    gives(compare(FB_FORM_EQ, var(Z), arith(FB_TERM_TO_INT, constant(fb_value_float(1e300)), NULL)),
        0, Z, "");
    struct fb_term *noon = constant(fb_value_time(FB_DAY / 2));
    gives(compare(FB_FORM_EQ, var(Z), arith(FB_TERM_ADD, noon, number(FB_HOUR))), 0, Z,
        "1970-01-01T13:00:00Z ");
    gives(compare(FB_FORM_EQ, var(Z), arith(FB_TERM_SUB, noon, noon)), 0, Z, "0 ");
    gives(compare(FB_FORM_EQ, var(Z), arith(FB_TERM_ADD, noon, noon)), 0, Z, "");
    gives(compare(FB_FORM_EQ, var(Z), arith(FB_TERM_SUB, text("a"), number(1))), 0, Z, "");
}

static void test_aggregates(void **state)
{
    (void)state;
    build_at(&b, 1);
    rank(1, fb_value_int(10));
    rank(2, fb_value_int(10));
    rank(3, fb_value_int(40));
    rank(4, fb_value_none());
    build_at(&b, 2);
    struct fb_form *r = pred(R, var(X), var(Y), NULL);
    const struct {
        enum fb_agg_kind agg;
        const char *want;
        const char *of_nothing;
    } cases[] = {{FB_AGG_COUNT, "4 ", "0 "}, {FB_AGG_SUM, "60 ", "0 "}, {FB_AGG_AVG, "20 ", ""},
        {FB_AGG_MIN, "10 ", ""}, {FB_AGG_MAX, "40 ", ""}, {FB_AGG_MEDIAN, "10 ", ""}};
    for (size_t i = 0; i < 6; i++) {
        gives(aggregate(cases[i].agg, Z, Y, -1, r), 0, Z, cases[i].want);
        gives(aggregate(cases[i].agg, Z, Y, -1, r), 1, Z, cases[i].of_nothing);
    }
    gives(aggregate(FB_AGG_COUNT, Z, X, Y, r), 0, Y, "nothing 10 40 ");
    gives(aggregate(FB_AGG_COUNT, Z, X, Y, r), 0, Z, "1 2 1 ");
    gives(aggregate(FB_AGG_COUNT, Z, X, Y, r), 1, Z, "");
    gives(form(FB_FORM_AND, compare(FB_FORM_EQ, var(Z), number(2)),
              aggregate(FB_AGG_COUNT, Z, X, Y, r)),
        0, Y, "10 ");
    rank(5, fb_value_int(INT64_MAX));
    rank(6, fb_value_int(1));
    struct fb_table out = {0};
    FB_TEST_FAILS(fb_eval_naive(aggregate(FB_AGG_SUM, Z, Y, -1, r), &b.trace, 1, VARS, NULL, &arena,
                      &out, &err),
        FB_E_RANGE);
    rank(7, fb_value_str(FB_STR("x")));
    FB_TEST_FAILS(fb_eval_naive(aggregate(FB_AGG_AVG, Z, Y, -1, r), &b.trace, 1, VARS, NULL, &arena,
                      &out, &err),
        FB_E_POLICY);
    assert_null(out.rows);
}

static void unsafe(struct fb_form *f, const char *message)
{
    FB_TEST_FAILS(fb_form_check(f, NULL, 0, &err), FB_E_POLICY);
    if (!strstr(err.message, message)) {
        fail_msg("'%s' does not hold '%s'", err.message, message);
    }
    assert_true(err.hint[0] != 0);
    assert_int_equal(err.line, 3);
}

static void test_check(void **state)
{
    (void)state;
    const uint32_t x = X;
    struct fb_form *cases[] = {form(FB_FORM_NOT, p(), NULL),
        compare(FB_FORM_LESS, var(X), number(1)), compare(FB_FORM_EQ, var(X), var(Y)),
        form(FB_FORM_OR, p(), pred(Q, var(Y), NULL)), form(FB_FORM_EVENTUALLY, p(), NULL),
        timed(FB_FORM_ONCE, 5, 4, p(), NULL), form(FB_FORM_HISTORICALLY, p(), NULL),
        form(FB_FORM_SINCE, p(), pred(Q, var(Y), NULL)), aggregate(FB_AGG_SUM, Z, Y, -1, p()),
        pred(P, arith(FB_TERM_ADD, var(X), number(1)), NULL)};
    const char *messages[] = {"a negation", "a comparison", "both sides", "different variables",
        "unbounded future", "an interval is empty", "an `always`", "left side of a temporal",
        "an aggregation", "arithmetic in a column"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cases[i]->span.line = 3;
        unsafe(cases[i], messages[i]);
    }
    FB_TEST_OK(fb_form_check(cases[0], &x, 1, &err));
    FB_TEST_OK(fb_form_check(cases[1], &x, 1, &err));
    FB_TEST_OK(fb_form_check(cases[2], &x, 1, &err));
    FB_TEST_OK(fb_form_check(cases[6], &x, 1, &err));
    FB_TEST_OK(fb_form_check(form(FB_FORM_AND, cases[1], p()), NULL, 0, &err));
    struct fb_form *deep = p();
    for (int i = 0; i < FB_IR_DEPTH_MAX - 1; i++) {
        deep = form(FB_FORM_ONCE, deep, NULL);
    }
    FB_TEST_OK(fb_form_check(deep, NULL, 0, &err));
    FB_TEST_FAILS(fb_form_check(form(FB_FORM_ONCE, deep, NULL), NULL, 0, &err), FB_E_LIMIT);
    /* Each level is tried three times: 3^40 steps without the bound on them. */
    struct fb_form *slow = compare(FB_FORM_LESS, var(Y), number(1));
    for (int i = 0; i < 40; i++) {
        slow = form(FB_FORM_ONCE, form(FB_FORM_AND, slow, p()), NULL);
    }
    FB_TEST_FAILS(fb_form_check(slow, NULL, 0, &err), FB_E_POLICY);
    assert_string_equal(err.message, "a formula takes too long to check");
    struct fb_form *wide = p();
    for (int i = 0; i < 90; i++) {
        wide = form(FB_FORM_AND, wide, p());
    }
    FB_TEST_OK(fb_form_check(wide, NULL, 0, &err));
}

static void test_final(void **state)
{
    (void)state;
    five_points();
    struct fb_form *soon = timed(FB_FORM_EVENTUALLY, 0, 4, q(), NULL);
    assert_true(fb_form_final(soon, &b.trace, 0));
    assert_true(fb_form_final(soon, &b.trace, 2));
    assert_false(fb_form_final(soon, &b.trace, 4));
    assert_true(fb_form_final(p(), &b.trace, 4));
    assert_false(fb_form_final(p(), &b.trace, 5));
    assert_true(fb_form_final(form(FB_FORM_NEXT, p(), NULL), &b.trace, 3));
    assert_false(fb_form_final(form(FB_FORM_NEXT, p(), NULL), &b.trace, 4));
    assert_true(fb_form_final(form(FB_FORM_PREVIOUS, soon, NULL), &b.trace, 3));
    assert_false(fb_form_final(form(FB_FORM_SINCE, p(), soon), &b.trace, 4));
    struct fb_form *twice = timed(FB_FORM_EVENTUALLY, 0, 4, soon, NULL);
    assert_true(fb_form_final(twice, &b.trace, 0));
    assert_true(fb_form_final(twice, &b.trace, 2));
    assert_false(fb_form_final(timed(FB_FORM_EVENTUALLY, 0, 5, soon, NULL), &b.trace, 2));
}

static void test_reasons(void **state)
{
    (void)state;
    build_at(&b, 0);
    rank(1, fb_value_int(7));
    b.tuples[0].record_id = FB_STR("record/1");
    b.tuples[0].correction = true;
    build_at(&b, FB_DAY);
    struct fb_form *r = pred(R, var(X), var(Y), NULL);
    struct fb_form *none = form(FB_FORM_NOT, form(FB_FORM_ONCE, pred(Q, var(X), NULL), NULL), NULL);
    struct fb_form *f = form(FB_FORM_AND, form(FB_FORM_ONCE, r, NULL),
        form(FB_FORM_AND, none, compare(FB_FORM_LESS, var(Y), number(9))));
    struct fb_table out = eval(f, 1);
    assert_int_equal(out.count, 1);
    const struct fb_why *why = out.rows[0].why;
    assert_true(fb_str_is(why->text, "all of these hold"));
    assert_true(
        fb_str_is(why->child->text, "rank with id 1, grade 7, known since 1970-01-01 00:00"));
    assert_true(fb_str_is(why->child->record_id, "record/1"));
    assert_true(fb_str_is(why->child->next->text, "no Q(1) so far"));
    assert_true(fb_str_is(why->child->next->next->text, "7 < 9"));
    assert_null(why->child->next->next->next);
    assert_int_equal(out.rows[0].corrected, 0);
    assert_int_equal(out.rows[0].newest, 1);
    /* A long value is cut at a character's edge. */
    char text_of_e[400];
    for (size_t i = 0; i < sizeof(text_of_e); i += 2) {
        memcpy(text_of_e + i, "\xc3\xa9", 2);
    }
    rank(2, fb_value_str((struct fb_str){text_of_e, sizeof(text_of_e)}));
    out = eval(r, 1);
    assert_true(fb_str_utf8(out.rows[0].why->text, NULL));
    assert_in_range(out.rows[0].why->text.len, 120, 200);
}

static void test_tick(void **state)
{
    (void)state;
    five_points();
    struct fb_trace ticked = {0};
    FB_TEST_OK(fb_trace_tick(&b.trace, 13, &arena, &ticked, &err));
    assert_int_equal(ticked.time_count, 6);
    assert_int_equal(ticked.times[2], 13);
    assert_int_equal(ticked.times[3], 15);
    struct fb_table out = {0};
    FB_TEST_OK(fb_eval_naive(p(), &ticked, 2, VARS, NULL, &arena, &out, &err));
    assert_int_equal(out.count, 1);
    assert_int_equal(out.rows[0].values[X].u.integer, 9);
    FB_TEST_OK(fb_eval_naive(p(), &ticked, 3, VARS, NULL, &arena, &out, &err));
    assert_int_equal(out.count, 3);
    FB_TEST_OK(fb_trace_tick(&b.trace, 15, &arena, &ticked, &err));
    assert_ptr_equal(ticked.times, b.trace.times);
    FB_TEST_OK(fb_trace_tick(&b.trace, 9, &arena, &ticked, &err));
    assert_int_equal(ticked.time_count, 5);
    FB_TEST_OK(fb_trace_tick(&b.trace, 99, &arena, &ticked, &err));
    assert_int_equal(ticked.times[5], 99);
}

static void test_faults(void **state)
{
    (void)state;
    five_points();
    struct fb_form *f = form(FB_FORM_AND,
        aggregate(FB_AGG_COUNT, Z, X, X, form(FB_FORM_OR, form(FB_FORM_ONCE, p(), NULL), q())),
        form(FB_FORM_NOT, timed(FB_FORM_UNTIL, 0, 9, p(), q()), NULL));
    for (int64_t n = 0;; n++) {
        struct fb_arena small;
        struct fb_table out = {0};
        fb_arena_init(&small, ARENA_MAX);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_eval_naive(f, &b.trace, 3, VARS, NULL, &small, &out, &err);
        fb_alloc_fail_at(-1);
        size_t count = out.count;
        fb_arena_release(&small);
        if (code == FB_OK) {
            assert_true(n > 2 && count == 2);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_int_equal(count, 0);
    }
}

/* ---- laws, on random traces and formulas ---- */

static uint64_t seed;

static uint32_t roll(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

static void random_trace(void)
{
    build_start(&b, &signature);
    fb_time t = 0;
    uint32_t points = 1 + roll(7);
    for (uint32_t i = 0; i < points; i++) {
        t += roll(4);
        build_at(&b, t);
        for (uint32_t k = roll(4); k > 0; k--) {
            add(roll(2), roll(3), roll(4) == 0);
        }
    }
}

static struct fb_form *random_form(int depth)
{
    if (depth == 0) {
        return roll(2) ? p() : q();
    }
    struct fb_form *a = random_form(depth - 1);
    int64_t low = roll(3);
    int64_t high = low + roll(5);
    switch (roll(7)) {
    case 0:
        return form(FB_FORM_AND, a, random_form(depth - 1));
    case 1:
        return form(FB_FORM_OR, a, random_form(depth - 1));
    case 2:
        return form(FB_FORM_AND, a, form(FB_FORM_NOT, random_form(depth - 1), NULL));
    case 3:
        return timed(FB_FORM_SINCE, low, high, random_form(depth - 1), a);
    case 4:
        return timed(FB_FORM_UNTIL, low, high, random_form(depth - 1), a);
    case 5:
        return timed(FB_FORM_ONCE, low, high, a, NULL);
    default:
        return form(roll(2) ? FB_FORM_PREVIOUS : FB_FORM_NEXT, a, NULL);
    }
}

static void same(struct fb_form *a, struct fb_form *c)
{
    for (size_t tp = 0; tp < b.trace.time_count; tp++) {
        struct fb_table left = eval(a, tp);
        struct fb_table right = eval(c, tp);
        assert_int_equal(left.count, right.count);
        for (size_t i = 0; i < left.count; i++) {
            assert_true(fb_value_eq(left.rows[i].values[X], right.rows[i].values[X]));
        }
    }
}

static struct fb_form * not(struct fb_form * f)
{
    return form(FB_FORM_NOT, f, NULL);
}

static void test_laws(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        seed = (uint64_t)round * 77 + 5;
        fb_arena_release(&arena);
        random_trace();
        struct fb_form *f = random_form(2);
        struct fb_form *g = random_form(1);
        struct fb_form *yes = form(FB_FORM_TRUE, NULL, NULL);
        int64_t low = roll(3);
        int64_t high = low + 1 + roll(6);
        int64_t mid = low + roll((uint32_t)(high - low));
        same(timed(FB_FORM_ONCE, low, high, f, NULL), timed(FB_FORM_SINCE, low, high, yes, f));
        same(
            timed(FB_FORM_EVENTUALLY, low, high, f, NULL), timed(FB_FORM_UNTIL, low, high, yes, f));
        same(timed(FB_FORM_ONCE, low, high, f, NULL),
            form(FB_FORM_OR, timed(FB_FORM_ONCE, low, mid, f, NULL),
                timed(FB_FORM_ONCE, mid + 1, high, f, NULL)));
        same(timed(FB_FORM_UNTIL, low, high, g, f),
            form(FB_FORM_OR, timed(FB_FORM_UNTIL, low, mid, g, f),
                timed(FB_FORM_UNTIL, mid + 1, high, g, f)));
        same(form(FB_FORM_AND, f, not(not(g))), form(FB_FORM_AND, f, g));
        same(form(FB_FORM_AND, f, g), form(FB_FORM_AND, g, f));
        same(form(FB_FORM_AND, f, not(form(FB_FORM_OR, g, p()))),
            form(FB_FORM_AND, form(FB_FORM_AND, f, not(g)), not(p())));
        struct fb_form *closed = exists(X, f);
        same(timed(FB_FORM_HISTORICALLY, low, high, closed, NULL),
            not(timed(FB_FORM_ONCE, low, high, not(closed), NULL)));
        same(timed(FB_FORM_ALWAYS, low, high, closed, NULL),
            not(timed(FB_FORM_EVENTUALLY, low, high, not(closed), NULL)));
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(test_first_order), CASE(test_temporal),
        CASE(test_none_and_arithmetic), CASE(test_aggregates), CASE(test_check), CASE(test_final),
        CASE(test_reasons), CASE(test_tick), CASE(test_faults), CASE(test_laws)};
    return cmocka_run_group_tests_name("eval", tests, NULL, NULL);
}

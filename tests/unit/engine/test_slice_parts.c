/*
 * Tests of src/engine/slice.c and slice_walk.c on particular duties, against the naive run over
 * everything: counts of what is not there; what a duty has to be weighed against; and the steps of
 * a walk (slice_steps.c), also where memory runs out. test_slice.c has random ones.
 */
#include "base/alloc.h"
#include "base/limit.h"
#include "engine/slice_cut.h"
#include "engine/slice_steps.h"
#include "ir_build.h"

enum { ARENA_MAX = 1 << 26, VARS = 3, OPEN = 0, CLOSED = 1 };

static const struct fb_str columns[] = {{"id", 2}, {"of", 2}};
static struct fb_relation relations[] = {
    {{"open", 4}, 1, columns, NULL}, {{"closed", 6}, 2, columns, NULL}};
static const struct fb_signature signature = {relations, 2};
static const struct fb_str names[VARS] = {{"A", 1}, {"B", 1}, {"N", 1}};

static struct build b;
static struct fb_program program;
static struct fb_duty duty;

static int setup(void **unused)
{
    (void)unused;
    fb_arena_init(&arena, ARENA_MAX);
    fb_err_init(&err);
    build_start(&b, &signature);
    program = (struct fb_program){.name = FB_STR("p"),
        .signature = &signature,
        .effective = FB_TIME_MIN,
        .expires = FB_TIME_MAX};
    duty = (struct fb_duty){.name = FB_STR("d"),
        .modality = FB_MUST,
        .vars = names,
        .var_count = VARS,
        .param_count = 1,
        .system_var = -1,
        .party = text("lab"),
        .anchor_var = -1};
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    fb_arena_release(&arena);
    return 0;
}

/* Marks of a trace by time, however many and in whatever order, are put in that of their tuples. */
static void test_order(void **unused)
{
    enum { MOST = 600 };
    static struct fb_tuple tuples[MOST];
    static size_t marks[MOST];
    (void)unused;
    uint64_t x = 88172645463325252u;
    for (size_t count = 0; count <= MOST; count += count < 40 ? 1 : 97) {
        size_t sum = 0;
        for (size_t i = 0; i < count; i++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            size_t from = count % 2 ? i : (size_t)(x >> 40) % 50;
            tuples[i] = (struct fb_tuple){.relation = i % 2, .from = from, .seq = x >> 32 & 3};
            marks[i] = (i * 601 + 3) % count; /* each once: 601 is a prime */
            sum += marks[i];
        }
        struct fb_trace trace = {.tuples = tuples, .tuple_count = count, .by_time = true};
        struct fb_walk walk = {.marks = marks, .mark_count = count};
        fb_cut_sort(&walk, &trace);
        for (size_t i = 0; i < count; i++) {
            sum -= marks[i];
            if (i > 0) {
                const struct fb_tuple *a = &tuples[marks[i - 1]], *c = &tuples[marks[i]];
                bool before = a->relation != c->relation ? a->relation < c->relation
                              : a->from != c->from       ? a->from < c->from
                              : a->seq != c->seq         ? a->seq < c->seq
                                                         : a < c;
                assert_true(before);
            }
        }
        assert_int_equal(sum, 0);
    }
}

static void add(uint32_t relation, const char *id, const char *of)
{
    const struct fb_value values[] = {
        fb_value_str(fb_str_of(id)), fb_value_str(fb_str_of(of ? of : ""))};
    build_add(&b, relation, values, relations[relation].arity, false);
}

/* The obligations of both ways, which must be the same; how many. */
static size_t obligations(void)
{
    struct fb_obligations want = {0}, got = {0};
    struct fb_access *access = NULL;
    for (size_t i = 0; i < fb_duty_form_count(&duty); i++) {
        fb_form_seal(fb_duty_form(&duty, i));
    }
    FB_TEST_OK(fb_duty_run_naive(&program, &duty, &b.trace, 10 * FB_DAY, &arena, &want, &err));
    FB_TEST_OK(fb_access_new(&b.trace, &arena, &access, &err));
    struct fb_duty_query query = {
        .program = &program, .duty = &duty, .access = access, .now = 10 * FB_DAY};
    FB_TEST_OK(fb_duty_run(&query, &arena, &got, &err));
    assert_int_equal(got.count, want.count);
    for (size_t i = 0; i < want.count; i++) {
        assert_true(fb_value_eq(got.items[i].bindings[0], want.items[i].bindings[0]));
        assert_int_equal(got.items[i].since, want.items[i].since);
        assert_int_equal(got.items[i].status, want.items[i].status);
    }
    return want.count;
}

/* N is the number of all that is closed. */
static struct fb_form *closed_count(void)
{
    return aggregate(FB_AGG_COUNT, 2, 1, -1, pred(CLOSED, term(FB_TERM_ANY), var(1), NULL));
}

/* What is open while fewer than so many are closed. The count has a value where nothing is met,
 * so that what the rest rests on must be found all the same. */
static struct fb_form *open_while(int64_t fewer, bool first)
{
    struct fb_form *there = pred(OPEN, var(0), NULL);
    struct fb_form *less = compare(FB_FORM_LESS, var(2), number(fewer));
    struct fb_form *count = exists(2, form(FB_FORM_AND, closed_count(), less));
    return first ? form(FB_FORM_AND, count, there) : form(FB_FORM_AND, there, count);
}

static void test_counts_of_nothing(void **unused)
{
    (void)unused;
    build_at(&b, FB_DAY);
    add(OPEN, "a", NULL);
    build_at(&b, 2 * FB_DAY);
    add(OPEN, "b", NULL);
    for (int first = 0; first < 2; first++) {
        duty.when = open_while(1, first != 0);
        assert_int_equal(obligations(), 2);
        duty.when = open_while(0, first != 0);
        assert_int_equal(obligations(), 0);
        /* The same without a quantifier: N is a variable of the trigger. */
        struct fb_form *there = pred(OPEN, var(0), NULL);
        struct fb_form *count = closed_count();
        duty.when = form(FB_FORM_AND,
            first ? form(FB_FORM_AND, count, there) : form(FB_FORM_AND, there, count),
            compare(FB_FORM_LESS, var(2), number(1)));
        assert_int_equal(obligations(), 2);
    }
    add(CLOSED, "x", "y");
    for (int first = 0; first < 2; first++) {
        duty.when = open_while(1, first != 0);
        assert_int_equal(obligations(), 1); /* b came together with what is closed */
        duty.when = open_while(2, first != 0);
        assert_int_equal(obligations(), 2);
    }
    /* Below a negation, where nothing is to be met either. */
    duty.when = form(FB_FORM_AND, pred(OPEN, var(0), NULL),
        form(FB_FORM_NOT,
            exists(2, form(FB_FORM_AND, closed_count(), compare(FB_FORM_LESS, number(0), var(2)))),
            NULL));
    assert_int_equal(obligations(), 1);
}

static enum fb_slicing slicing(void)
{
    enum fb_slicing out = FB_SLICED;
    FB_TEST_OK(fb_duty_slicing(&duty, &out, &err));
    return out;
}

static void test_slicing(void **unused)
{
    (void)unused;
    duty.when = pred(OPEN, var(0), NULL);
    duty.act = exists(1, pred(CLOSED, var(0), var(1), NULL));
    assert_int_equal(slicing(), FB_SLICED);
    duty.act = timed(FB_FORM_ONCE, 0, FB_DAY, duty.act, NULL);
    assert_int_equal(slicing(), FB_SLICED_AT_ALL_TIMES);
    duty.act = NULL;
    duty.when = aggregate(FB_AGG_COUNT, 0, 1, -1, pred(CLOSED, var(2), var(1), NULL));
    assert_int_equal(slicing(), FB_WHOLE_BY_PARAMS);
    duty.when = form(FB_FORM_AND, pred(OPEN, var(0), NULL),
        exists(0, pred(CLOSED, var(0), term(FB_TERM_ANY), NULL)));
    assert_int_equal(slicing(), FB_WHOLE_BY_NAMES);
}

static void test_slicing_without_memory(void **unused)
{
    (void)unused;
    duty.when = pred(OPEN, var(0), NULL);
    duty.act = timed(FB_FORM_ONCE, 0, FB_DAY, exists(1, pred(CLOSED, var(0), var(1), NULL)), NULL);
    for (int64_t n = 0;; n++) {
        enum fb_slicing out = FB_WHOLE_BY_NAMES;
        fb_alloc_fail_at(n);
        enum fb_code code = fb_duty_slicing(&duty, &out, &err);
        fb_alloc_fail_at(-1);
        if (code == FB_OK) {
            assert_true(n > 0);
            assert_int_equal(out, FB_SLICED_AT_ALL_TIMES);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_int_equal(out, FB_WHOLE_BY_NAMES);
        assert_true(err.message[0] != '\0');
    }
}

static enum fb_code count_found(struct fb_walk *walk, fb_vars bound)
{
    assert_int_equal(bound & 1, 1);
    (*(size_t *)walk->ctx)++;
    return FB_OK;
}

/* What is open and closed or not by "x": a step for each place, made when a walk first comes there,
 * and not again for another key. */
static void test_steps(void **unused)
{
    (void)unused;
    build_at(&b, FB_DAY);
    add(OPEN, "a", NULL);
    add(OPEN, "b", NULL);
    add(CLOSED, "b", "x");
    add(CLOSED, "b", "y");
    struct fb_form *by = form(FB_FORM_OR, pred(CLOSED, var(0), var(1), NULL),
        form(FB_FORM_AND, pred(CLOSED, var(1), text("y"), NULL),
            compare(FB_FORM_EQ, var(1), text("b"))));
    struct fb_form *no = form(FB_FORM_NOT, pred(CLOSED, var(1), text("x"), NULL), NULL);
    const struct fb_form *parts[] = {no, by, pred(OPEN, var(0), NULL)};
    const struct {
        const char *key;
        size_t found;
        size_t marks;
    } cases[] = {{"a", 1, 3}, {"b", 3, 3}, {"b", 3, 3}, {"c", 0, 0}};
    struct fb_access *access = NULL;
    struct fb_walk walk;
    size_t found, steps = 0;
    for (size_t i = 0; i < 3; i++) {
        fb_form_seal((struct fb_form *)(uintptr_t)parts[i]);
    }
    FB_TEST_OK(fb_access_new(&b.trace, &arena, &access, &err));
    FB_TEST_OK(fb_walk_init(&walk, access, 9, &arena, &err));
    walk.found = count_found;
    walk.ctx = &found;
    walk.marking = true;
    walk.foreseen = 1;
    for (size_t i = 0; i < 4; i++) {
        const struct fb_value key = fb_value_str(fb_str_of(cases[i].key));
        found = 0;
        fb_walk_expect(&walk, &key);
        fb_walk_begin(&walk);
        walk.values[0] = key;
        FB_TEST_OK(fb_walk_run(&walk, parts, 3, 1));
        assert_int_equal(found, cases[i].found);
        assert_int_equal(walk.mark_count, cases[i].marks);
        /* (Behind either side of the alternative the same is left.) */
        assert_true(i < 1 ? walk.step_count > 0 : walk.step_count == steps);
        steps = walk.step_count;
    }
    /* By the key alone it looks for what is open and for what is closed. */
    assert_int_equal(walk.lookup_count, 2);
    /* Where it begins with nothing bound it is somewhere else. */
    FB_TEST_OK(fb_walk_run(&walk, parts, 3, 0));
    assert_true(walk.step_count > steps);
    const struct fb_place place = {parts, 3, 1, true};
    assert_ptr_equal(fb_step_first(&walk, &place), fb_step_first(&walk, &place));
}

/* Memory runs out at each step in turn. */
static void test_steps_without_memory(void **unused)
{
    (void)unused;
    build_at(&b, FB_DAY);
    add(OPEN, "a", NULL);
    add(CLOSED, "a", "x");
    struct fb_form *all = form(FB_FORM_AND, pred(OPEN, var(0), NULL),
        form(FB_FORM_NOT, pred(CLOSED, var(0), var(1), NULL), NULL));
    struct fb_access *access = NULL;
    fb_form_seal(all);
    FB_TEST_OK(fb_access_new(&b.trace, &arena, &access, &err));
    for (size_t max = 0;; max += 16) {
        struct fb_arena own;
        struct fb_walk walk;
        size_t found = 0;
        fb_arena_init(&own, max);
        enum fb_code code = fb_walk_init(&walk, access, fb_form_nodes(all), &own, &err);
        walk.found = count_found;
        walk.ctx = &found;
        walk.marking = true;
        const struct fb_form *part = all;
        code = code ? code : fb_walk_run(&walk, &part, 1, 0);
        fb_arena_release(&own);
        if (code == FB_OK) {
            assert_int_equal(found, 1);
            assert_true(max > 0);
            break;
        }
        FB_TEST_FAILS(code, FB_E_LIMIT);
    }
}

/* A conjunction of many parts, whose first equations want what its last part binds, also inside of
 * a disjunction: what it binds is found in a time that grows with its length. */
static void long_conjunction(void **unused)
{
    (void)unused;
    const fb_vars every = ~(fb_vars)0;
    struct fb_form *part = compare(FB_FORM_EQ, var(0), var(1));
    for (size_t i = 0; i < 200; i++) {
        part = form(FB_FORM_AND, part, compare(FB_FORM_EQ, var(1), var(2)));
    }
    part = form(FB_FORM_AND, part, pred(1, var(2), var(3), NULL, NULL, NULL));
    assert_int_equal(fb_walk_binds(part, 0, every), 15);
    assert_int_equal(
        fb_walk_binds(form(FB_FORM_AND, compare(FB_FORM_EQ, var(4), var(0)), part), 0, every), 31);
    struct fb_form *either = form(FB_FORM_OR, part, pred(2, var(0), var(3), var(5), NULL, NULL));
    assert_int_equal(fb_walk_binds(either, 0, every), 9);
    /* x = y binds nothing by itself, and nothing that only one side binds. */
    assert_int_equal(fb_walk_binds(compare(FB_FORM_EQ, var(0), var(1)), 0, every), 0);
    assert_int_equal(fb_walk_binds(compare(FB_FORM_EQ, var(0), var(1)), 2, every), 1 | 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(long_conjunction, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counts_of_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slicing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slicing_without_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_steps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_steps_without_memory, setup, teardown),
    };
    return cmocka_run_group_tests_name("slice parts", tests, NULL, NULL);
}

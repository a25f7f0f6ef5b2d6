/*
 * Tests of src/engine/session_amend.c: what a correction says, line by line; what is kept for
 * corrections, and that it is no more than they can reach. That the verdicts are those of the
 * sorted log, test_session.c has on random ones.
 */
#include "base/alloc.h"
#include "engine/session_plan.h"
#include "fb_test.h"
#include "lang/monpoly.h"

enum { ARENA_MAX = 1 << 26, TEXT_MAX = 1 << 22 };

static struct fb_err err;
static struct fb_arena arena;
static struct fb_signature signature;
static struct fb_session *session;
static struct fb_buf said;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&said, TEXT_MAX);
    session = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_session_free(session);
    fb_buf_release(&said);
    fb_arena_release(&arena);
    return 0;
}

static void say_rows(const struct fb_cell *const *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fb_buf_addf(&said, "%s%lld", i ? "," : "", (long long)rows[i][0].u.integer);
    }
}

/* "late 1@50; " "0@10:1; " "amended 3@90:2 was 2,3; " */
static enum fb_code say(void *ctx, const struct fb_session_report *report, struct fb_err *e)
{
    static const char *const news[] = {"", "late ", "amended "};
    (void)ctx;
    (void)e;
    fb_buf_addf(&said, "%s%s%llu@%lld", said.len ? "; " : "", news[report->news],
        (unsigned long long)report->point, (long long)report->time);
    if (report->certain != FB_TIME_MAX && report->news == FB_SESSION_VERDICT) {
        fb_buf_addf(&said, "(%lld)", (long long)report->certain);
    }
    if (report->news != FB_SESSION_LATE) {
        fb_buf_add_c(&said, ":");
        say_rows(report->rows, report->count);
    }
    if (report->news == FB_SESSION_AMENDED) {
        fb_buf_add_c(&said, " was ");
        say_rows(report->was, report->was_count);
    }
    return FB_OK;
}

static void expect_said(const char *want)
{
    fb_buf_add(&said, "", 1);
    assert_string_equal(said.ptr, want);
    fb_buf_clear(&said);
}

static void begin(const char *text, int64_t watermark, int64_t amend, bool stamp)
{
    static struct fb_monpoly_formula formula;
    const struct fb_session_options options = {
        .reorder = true, .watermark = watermark, .amend = amend, .stamp = stamp, .sink = say};
    FB_TEST_OK(fb_monpoly_signature(FB_STR("P(x:int) Q(x:int)"), &arena, &signature, &err));
    FB_TEST_OK(fb_monpoly_formula_read(fb_str_of(text), &signature, &arena, &formula, &err));
    FB_TEST_OK(
        fb_session_new(formula.quick.form, formula.quick.var_count, &options, &session, &err));
}

/* A time-point with one tuple: P for a positive x, Q of -x for a negative one; none for 0. */
static void point(int64_t time, int64_t x)
{
    const struct fb_value value = fb_value_int(x < 0 ? -x : x);
    FB_TEST_OK(fb_session_open(session, time, &err));
    if (x) {
        FB_TEST_OK(fb_session_add(session, x < 0 ? 1 : 0, &value, 1, &err));
    }
    FB_TEST_OK(fb_session_close(session, &err));
}

/* ---- what is said ---- */

static void test_order_of_news(void **unused)
{
    (void)unused;
    begin("P(x) AND ONCE[0,10] Q(x)", 0, 100, false);
    point(10, 1);
    point(20, 2);
    point(30, 3);
    expect_said("");
    /* First where it stands, then what it changes, from the front. */
    point(15, -2);
    expect_said("late 1@15; amended 2@20:2 was ");
    point(12, -3);
    expect_said("late 1@12");
    point(24, -3);
    expect_said("late 4@24; amended 5@30:3 was ");
    point(30, -3); /* not late: what came is taken, and changes nothing more */
    expect_said("");
    FB_TEST_OK(fb_session_end(session, &err));
    expect_said("");
}

/* A verdict that goes, one that changes, one that stays as it was. */
static void test_withdrawn(void **unused)
{
    (void)unused;
    begin("P(x) AND NOT ONCE[0,20] Q(x)", 0, 100, false);
    point(10, 1);
    point(12, 2);
    point(40, 1);
    expect_said("0@10(10):1; 1@12(12):2; 2@40(40):1");
    point(5, -1);
    expect_said("late 0@5; amended 1@10: was 1");
    point(6, -9); /* nothing rests on it */
    expect_said("late 1@6");
    point(11, -2);
    expect_said("late 3@11; amended 4@12: was 2");
    point(30, -1);
    expect_said("late 5@30; amended 6@40: was 1");
}

/* Behind those of the same time, wherever they came; numbers count from the front. */
static void test_same_time(void **unused)
{
    (void)unused;
    begin("P(x) AND NOT PREVIOUS[0,0] Q(x)", 0, 100, false);
    point(10, 7);
    point(20, 7);
    point(20, 8);
    point(25, 7);
    expect_said("0@10(10):7; 1@20(20):7; 2@20(20):8; 3@25(25):7");
    point(20, -7);
    expect_said("late 3@20");
    point(20, 7);
    expect_said("late 4@20");
    point(10, -5);
    expect_said("late 1@10");
    point(10, 5);
    expect_said("late 2@10");
}

/* What was said is compared again when it is decided again, also by the end alone. */
static void test_open_again(void **unused)
{
    (void)unused;
    begin("P(x) AND NOT EVENTUALLY[0,10] Q(x)", 0, 100, false);
    point(10, 1);
    point(21, 2);
    expect_said("0@10(21):1");
    point(15, -1);
    expect_said("late 1@15; amended 0@10: was 1");
    point(20, -2); /* before it: nothing changes yet */
    expect_said("late 2@20");
    point(22, 3);
    point(23, -3);
    FB_TEST_OK(fb_session_end(session, &err));
    expect_said("3@21:2");
    teardown(NULL);
    setup(NULL);
    begin("P(x) AND NEXT Q(x)", 0, 100, false);
    point(10, 1);
    point(20, -1);
    expect_said("0@10(20):1");
    point(15, 1); /* the one at 10 is followed by another now */
    expect_said("late 1@15; amended 0@10: was 1; 1@15(20):1");
}

/* A correction beyond the span is refused, with what would have done; up to it, it is taken. */
static void test_span(void **unused)
{
    (void)unused;
    begin("P(x)", 5, 20, false);
    point(100, 1);
    expect_said("");
    point(110, 2);
    expect_said("0@100(100):1");
    point(105, 3); /* the watermark's own instant is in order */
    expect_said("1@105(105):3");
    point(85, 4);
    expect_said("late 0@85; 0@85(85):4");
    FB_TEST_FAILS(fb_session_open(session, 84, &err), FB_E_TIME);
    assert_non_null(strstr(err.message, "@84"));
    assert_non_null(strstr(err.hint, "watermark of 26 "));
}

/* With stamps each is certain at its own instant, the same again in what is replayed. */
static void test_stamps(void **unused)
{
    (void)unused;
    begin("P(x) AND NOT EVENTUALLY[0,10] Q(x)", 0, 100, true);
    point(10, 1);
    point(13, 2);
    point(40, 3);
    expect_said("0@10(21):1; 1@13(24):2");
    point(18, 4);
    expect_said("late 2@18; 2@18(29):4");
    point(19, -1);
    expect_said("late 3@19; amended 0@10: was 1");
}

/* ---- what is kept ---- */

/* All that a correction may be of is there, and the oldest state is not older than need be. */
static void check_kept(int64_t now, int64_t amend, size_t every)
{
    const struct fb_session_history *h = &session->history;
    assert_in_range(h->mark_count, 1, FB_SESSION_MARKS_MAX);
    assert_int_equal(h->marks[0].point + h->entry_count, session->fed);
    assert_true(h->marks[0].decided <= h->marks[0].point);
    for (size_t i = 1; i < h->mark_count; i++) {
        assert_true(h->marks[i].point > h->marks[i - 1].point);
        assert_true(h->marks[i].decided >= h->marks[i - 1].decided);
    }
    if (h->marks[0].point > 0) {
        assert_true((int64_t)((h->marks[0].point - 1) * every) <= now - amend);
    }
    if (h->mark_count > 1) { /* the second would not do, at the latest one time-point ago */
        assert_true((int64_t)(h->marks[1].point * every) > now - amend);
    }
    for (size_t i = 0; i < h->entry_count; i++) {
        assert_int_equal(h->entries[i].time, (h->marks[0].point + i) * every);
    }
    for (size_t i = 0; i < h->outcome_count; i++) {
        assert_int_equal(h->outcomes[i].time, (h->marks[0].decided + i) * every);
    }
}

static void test_reach(void **unused)
{
    (void)unused;
    enum { EVERY = 3, SPAN = 9000, POINTS = 12000 };
    size_t most = 0, used = 0;
    begin("P(x) AND NOT EVENTUALLY[0,30] Q(x)", 0, SPAN, false);
    for (int64_t i = 0; i < POINTS; i++) {
        point(i * EVERY, i + 1);
        check_kept(i * EVERY, SPAN, EVERY);
        const struct fb_session_history *h = &session->history;
        most = h->entry_count > most ? h->entry_count : most;
        used = i == POINTS / 2 ? fb_session_memory(session) : used;
        fb_buf_clear(&said);
    }
    /* The span, and what lies between two states. */
    assert_in_range(most, SPAN / EVERY, 2 * SPAN / EVERY);
    assert_true(session->history.marks[0].point > POINTS / 2);
    assert_true(fb_session_memory(session) <= used + used / 4);
    /* The oldest that can be reached, and just before it. */
    int64_t last = (POINTS - 1) * EVERY;
    FB_TEST_FAILS(fb_session_open(session, last - SPAN - 1, &err), FB_E_TIME);
    int64_t oldest = last - SPAN;
    point(oldest, -(oldest / EVERY + 1)); /* of the time-point of that very time */
    char want[100];
    snprintf(want, sizeof(want), "late %lld@%lld; amended %lld@%lld: was %lld",
        (long long)(oldest / EVERY + 1), (long long)oldest, (long long)(oldest / EVERY),
        (long long)oldest, (long long)(oldest / EVERY + 1));
    expect_said(want);
}

/* What the time-points between two states take. */
static size_t between(
    const struct fb_session_mark *a, const struct fb_session_mark *c, size_t *last)
{
    const struct fb_session_history *h = &session->history;
    size_t sum = 0;
    for (uint64_t n = a->point; n < c->point; n++) {
        const struct fb_session_entry *entry = &h->entries[n - h->marks[0].point];
        *last = entry->tuples.len + sizeof(*entry) + sizeof(struct fb_session_outcome);
        sum += *last;
    }
    return sum;
}

/* A state is made as soon as more has come than the last one takes, and than 64 KiB; of too many
 * every second one goes, never the first. */
static void test_states(void **unused)
{
    (void)unused;
    size_t before = 1, made = 0, thinned = 0, large = 0;
    begin("Q(x) AND ONCE P(x)", 0, 1 << 30, false);
    const struct fb_session_history *h = &session->history;
    for (int64_t i = 0; i < 60000; i++) {
        point(i, i + 1);
        assert_int_equal(h->marks[0].point, 0);
        assert_int_equal(h->entry_count, session->fed);
        if (h->mark_count > before) {
            const struct fb_session_mark *mark = &h->marks[h->mark_count - 1];
            size_t least = mark[-1].state.len > 1 << 16 ? mark[-1].state.len : 1 << 16;
            size_t last = 0;
            size_t sum = between(&mark[-1], mark, &last);
            assert_true(sum > least && sum - last <= least);
            made++;
            large += least > 1 << 16;
        } else if (h->mark_count < before) {
            assert_int_equal(before, FB_SESSION_MARKS_MAX);
            assert_int_equal(h->mark_count, FB_SESSION_MARKS_MAX / 2 + 1);
            thinned++;
        }
        before = h->mark_count;
    }
    assert_true(made > 10 && thinned > 0 && large > 2);
    fb_session_forget(session);
    assert_int_equal(h->mark_count + h->entry_count, 0);
    assert_int_equal(session->memory.used, session->heap_cap * sizeof(*session->heap));
}

/* Each allocation in turn fails in a correction: an error, and nothing leaks. */
static void test_faults(void **unused)
{
    (void)unused;
    enum fb_code code = FB_E_NOMEM;
    long rounds = 0;
    for (int64_t n = 0; code != FB_OK; n++, rounds++) {
        teardown(NULL);
        setup(NULL);
        begin("P(x) AND NOT ONCE[0,20] Q(x)", 0, 100, false);
        point(10, 1);
        point(12, 2);
        point(14, 3);
        FB_TEST_OK(fb_session_open(session, 5, &err));
        const struct fb_value value = fb_value_int(2);
        FB_TEST_OK(fb_session_add(session, 1, &value, 1, &err));
        fb_buf_clear(&said);
        fb_alloc_fail_at(n);
        code = fb_session_close(session, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
    }
    expect_said("late 0@5; amended 2@12: was 2");
    assert_true(rounds > 10);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(test_order_of_news), CASE(test_withdrawn),
        CASE(test_same_time), CASE(test_open_again), CASE(test_span), CASE(test_stamps),
        CASE(test_reach), CASE(test_states), CASE(test_faults)};
    return cmocka_run_group_tests_name("session_amend", tests, NULL, NULL);
}

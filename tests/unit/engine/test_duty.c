/* Tests of src/engine/duty.c and duty_settle.c: the worked histories of SEMANTICS.md on duties, and
 * the rules around them. */
#include "base/alloc.h"
#include "base/limit.h"
#include "duty_build.h"
#include "engine/duty.h"
#include "engine/proof.h"
#include "engine/slice.h"
#include "proof/check_duty.h"

enum { INCIDENT, REPORT, DEPLOY, LEVEL, LINE };
enum { S, I, C, K, P, VARS };

static const struct fb_str incident_columns[] = {
    {"id", 2}, {"system", 6}, {"class", 5}, {"aware", 5}, {"party", 5}};
static const struct fb_str report_columns[] = {{"ref", 3}, {"party", 5}};
static struct fb_relation relations[] = {
    {{"incident", 8}, 5, incident_columns, NULL},
    {{"report", 6}, 2, report_columns, NULL},
    {{"deploy", 6}, 1, incident_columns, NULL},
    {{"level", 5}, 2, incident_columns, NULL},
    {{"line", 4}, 2, incident_columns, NULL},
};
static const struct fb_signature signature = {relations, 5};
static const struct fb_str names[VARS] = {
    {"S", 1}, {"I", 1}, {"C", 1}, {"date of awareness", 17}, {"P", 1}};

static int setup(void **state)
{
    (void)state;
    return build_begin(&signature);
}

static struct fb_value str(const char *s)
{
    return s ? fb_value_str(fb_str_of(s)) : fb_value_none();
}

static struct fb_tuple *incident(
    const char *known, const char *id, const char *class, const char *aware, const char *party)
{
    build_at(&b, at(known));
    struct fb_value values[] = {str(id), str("aurora"), str(class),
        aware ? fb_value_time(at(aware)) : fb_value_none(), str(party)};
    return build_add(&b, INCIDENT, values, 5, true);
}

/* Replaces a tuple by what a correction says. */
static void correct(struct fb_tuple *old, const char *known, const char *class, const char *aware)
{
    struct fb_tuple *tuple = incident(known, "i1", class, aware, "dev");
    old->until = tuple->from;
    tuple->correction = true;
}

static struct fb_tuple *level(const char *when, int64_t n)
{
    build_at(&b, at(when));
    struct fb_value values[] = {str("aurora"), fb_value_int(n)};
    return build_add(&b, LEVEL, values, 2, true);
}

static void report(const char *known, const char *party)
{
    build_at(&b, at(known));
    struct fb_value values[] = {str("i1"), str(party)};
    build_add(&b, REPORT, values, 2, false);
}

static struct fb_within death_10[] = {{NULL, 10, FB_UNIT_DAYS, {0, 0, 0}}};

/* A death is reported within 10 days of awareness. */
static struct fb_duty initial_report(void)
{
    death_10[0].guard = compare(FB_FORM_EQ, var(C), text("death"));
    return (struct fb_duty){.name = FB_STR("initial_report"),
        .title = FB_STR("report the incident"),
        .vars = names,
        .var_count = VARS,
        .param_count = 2,
        .when = pred(INCIDENT, var(I), var(S), var(C), var(K), var(P), NULL),
        .party = var(P),
        .act = event(pred(REPORT, var(I), var(P), NULL)),
        .within = death_10,
        .within_count = 1,
        .anchor_var = K};
}

static struct fb_program policy(void)
{
    return (struct fb_program){.effective = FB_TIME_MIN,
        .clocks_from = FB_TIME_MIN,
        .expires = FB_TIME_MAX,
        .signature = &signature};
}

static int order_tuples(const void *x, const void *y)
{
    const struct fb_tuple *a = x, *c = y;
    if (a->relation != c->relation) {
        return a->relation < c->relation ? -1 : 1;
    }
    return a->from < c->from ? -1 : a->from > c->from;
}

/* Obligation by obligation the same comes out. */
static void check_slices(const struct fb_program *program, const struct fb_duty *duty,
    const char *now, const struct fb_obligations *want)
{
    struct fb_access *access = NULL;
    struct fb_trace trace = b.trace;
    struct fb_obligations got = {0};
    trace.tuples = FB_ARENA_ARRAY(&arena, struct fb_tuple, trace.tuple_count);
    memcpy(trace.tuples, b.tuples, trace.tuple_count * sizeof(b.tuples[0]));
    qsort(trace.tuples, trace.tuple_count, sizeof(b.tuples[0]), order_tuples);
    FB_TEST_OK(fb_access_new(&trace, &arena, &access, &err));
    const struct fb_duty_query query = {
        .program = program, .duty = duty, .access = access, .now = at(now)};
    FB_TEST_OK(fb_duty_run(&query, &arena, &got, &err));
    assert_int_equal(got.count, want->count);
    for (size_t i = 0; i < got.count; i++) {
        const struct fb_obligation *x = &got.items[i], *y = &want->items[i];
        struct fb_why *why = NULL;
        assert_int_equal(x->status, y->status);
        assert_true(x->since == y->since && x->anchor == y->anchor && x->deadline == y->deadline);
        assert_true(x->settled == y->settled && x->breached == y->breached);
        FB_TEST_OK(fb_duty_explain(&query, x, &arena, &why, &err));
        assert_true(fb_str_eq(why->text, y->why->text));
    }
}

static struct fb_obligations run(const struct fb_duty *duty, const char *now)
{
    struct fb_program program = policy();
    struct fb_obligations out = {0};
    FB_TEST_OK(fb_duty_run_naive(&program, duty, &b.trace, at(now), &arena, &out, &err));
    check_slices(&program, duty, now, &out);
    return out;
}

static void check(const struct fb_obligation *o, enum fb_duty_status status, const char *deadline,
    const char *breached)
{
    if (o->status != status) {
        fail_msg("status is '%s', not '%s'", fb_duty_status_name(o->status),
            fb_duty_status_name(status));
    }
    assert_int_equal(o->deadline, deadline ? at(deadline) : FB_TIME_MAX);
    assert_int_equal(o->breached, breached ? at(breached) : FB_TIME_MAX);
    assert_non_null(o->why);
    assert_non_null(o->why->child);
}

static void history_9_ten_days(void **state)
{
    (void)state;
    struct fb_duty duty = initial_report();
    incident("2026-03-01T09:00:00Z", "i1", "death", "2026-03-01T09:00:00Z", "dev");
    struct fb_obligations o = run(&duty, "2026-03-11T08:59:59Z");
    assert_int_equal(o.count, 1);
    check(&o.items[0], FB_DUTY_OWED, "2026-03-11T09:00:00Z", NULL);
    assert_true(fb_str_is(o.items[0].party, "dev"));
    o = run(&duty, "2026-04-01");
    check(&o.items[0], FB_DUTY_OVERDUE, "2026-03-11T09:00:00Z", "2026-03-11T09:00:00Z");
    assert_true(
        fb_str_is(o.items[0].why->text, "report the incident: overdue since 2026-03-11 09:00"));
    assert_true(fb_str_is(
        o.items[0].why->child->next->next->child->text, "no report with ref i1, party dev"));
    size_t before = b.trace.time_count;
    report("2026-03-11T08:59:00Z", "dev");
    o = run(&duty, "2026-04-01");
    check(&o.items[0], FB_DUTY_MET, "2026-03-11T09:00:00Z", NULL);
    assert_int_equal(o.items[0].settled, at("2026-03-11T08:59:00Z"));
    b.times[before] = at("2026-03-11T09:00:00Z");
    o = run(&duty, "2026-04-01");
    check(&o.items[0], FB_DUTY_MET_LATE, "2026-03-11T09:00:00Z", "2026-03-11T09:00:00Z");
}

static void history_10_calendar(void **state)
{
    (void)state;
    struct fb_duty duty = initial_report();
    struct fb_program program = policy();
    program.days.calendar = FB_CALENDAR_EU_1182_71;
    incident("2026-03-01T09:00:00Z", "i1", "death", "2026-03-01T09:00:00Z", "dev");
    report("2026-03-11T23:59:59Z", "dev");
    struct fb_obligations out = {0};
    FB_TEST_OK(fb_duty_run_naive(&program, &duty, &b.trace, at("2026-04-01"), &arena, &out, &err));
    check(&out.items[0], FB_DUTY_MET, "2026-03-12", NULL);
}

/* Discharge is by admission, whatever the report says of itself. */
static void history_11_admission_counts(void **state)
{
    (void)state;
    struct fb_duty duty = initial_report();
    incident("2026-03-01T09:00:00Z", "i1", "death", "2026-03-01T09:00:00Z", "dev");
    report("2026-03-12", "dev");
    struct fb_obligations o = run(&duty, "2026-04-01");
    check(&o.items[0], FB_DUTY_MET_LATE, "2026-03-11T09:00:00Z", "2026-03-11T09:00:00Z");
    assert_int_equal(o.items[0].settled, at("2026-03-12"));
}

static void history_12_undated(void **state)
{
    (void)state;
    struct fb_duty duty = initial_report();
    struct fb_tuple *old = incident("2026-03-01T09:00:00Z", "i1", "death", NULL, "dev");
    struct fb_obligations o = run(&duty, "2027-01-01");
    check(&o.items[0], FB_DUTY_UNDATED, NULL, NULL);
    assert_int_equal(o.items[0].anchor, FB_TIME_MIN);
    assert_true(fb_str_is(o.items[0].why->child->next->text,
        "its deadline needs the date 'date of awareness', which is not known"));
    /* A correction gives the date: the duty was there before, so it gives no second wind. */
    correct(old, "2026-03-20", "death", "2026-03-01T09:00:00Z");
    o = run(&duty, "2026-04-01");
    assert_int_equal(o.count, 1);
    check(&o.items[0], FB_DUTY_OVERDUE, "2026-03-11T09:00:00Z", "2026-03-11T09:00:00Z");
}

static void history_13_correction(void **state)
{
    (void)state;
    struct fb_duty duty = initial_report();
    struct fb_tuple *old =
        incident("2026-03-01T09:00:00Z", "i1", "minor", "2026-03-01T09:00:00Z", "dev");
    struct fb_obligations o = run(&duty, "2026-03-19");
    assert_int_equal(o.count, 0);
    correct(old, "2026-03-20", "death", "2026-03-01T09:00:00Z");
    o = run(&duty, "2026-04-01");
    assert_int_equal(o.count, 1);
    check(&o.items[0], FB_DUTY_OVERDUE, "2026-03-30", "2026-03-30");
    assert_int_equal(o.items[0].anchor, at("2026-03-20"));
    assert_int_equal(o.items[0].since, at("2026-03-20"));
    /* A record that is no correction shows that the party knew on 5 March. */
    incident("2026-03-25", "i1", "death", "2026-03-05", "dev");
    o = run(&duty, "2026-04-01");
    assert_int_equal(o.count, 1);
    check(&o.items[0], FB_DUTY_OVERDUE, "2026-03-15", "2026-03-15");
}

static void test_correction_withdraws(void **state)
{
    (void)state;
    struct fb_duty duty = initial_report();
    struct fb_tuple *old =
        incident("2026-03-01T09:00:00Z", "i1", "death", "2026-03-01T09:00:00Z", "dev");
    /* It was another incident: what rested on the old record ends, what was broken stays. */
    struct fb_tuple *tuple = incident("2026-03-05", "i2", "minor", "2026-03-01T09:00:00Z", "dev");
    tuple->correction = true;
    old->until = tuple->from;
    struct fb_obligations o = run(&duty, "2026-04-01");
    check(&o.items[0], FB_DUTY_RELAXED, "2026-03-11T09:00:00Z", NULL);
    assert_int_equal(o.items[0].settled, at("2026-03-05"));
    b.times[1] = at("2026-03-12");
    o = run(&duty, "2026-04-01");
    check(&o.items[0], FB_DUTY_OVERDUE, "2026-03-11T09:00:00Z", "2026-03-11T09:00:00Z");
}

/* A correction of something else, before the trigger, gives no second wind. */
static void test_other_correction(void **state)
{
    (void)state;
    struct fb_duty duty = initial_report();
    duty.given = pred(LEVEL, var(S), term(FB_TERM_ANY), NULL);
    level("2026-03-10", 4)->correction = true;
    incident("2026-03-20", "i1", "death", "2026-03-01T09:00:00Z", "dev");
    struct fb_obligations o = run(&duty, "2026-04-01");
    check(&o.items[0], FB_DUTY_OVERDUE, "2026-03-11T09:00:00Z", "2026-03-11T09:00:00Z");
    assert_int_equal(o.items[0].since, at("2026-03-20"));
}

static void history_18_each_party(void **state)
{
    (void)state;
    struct fb_duty duty = initial_report();
    incident("2026-03-01T09:00:00Z", "i1", "death", "2026-03-01T09:00:00Z", "dev");
    incident("2026-03-02T09:00:00Z", "i1", "death", "2026-03-02T08:00:00Z", "host");
    incident("2026-03-03T09:00:00Z", "i1", "death", "2026-03-01T09:00:00Z", "dev");
    report("2026-03-04", "host");
    struct fb_obligations o = run(&duty, "2026-03-10");
    assert_int_equal(o.count, 2);
    check(&o.items[0], FB_DUTY_OWED, "2026-03-11T09:00:00Z", NULL);
    check(&o.items[1], FB_DUTY_MET, "2026-03-12T08:00:00Z", NULL);
    assert_true(fb_str_is(o.items[1].party, "host"));
}

static void history_15_force(void **state)
{
    (void)state;
    struct fb_duty duty = initial_report();
    struct fb_program program = policy();
    struct fb_obligations out = {0};
    incident("2026-03-01T09:00:00Z", "i1", "death", "2026-03-01T09:00:00Z", "dev");
    program.effective = program.clocks_from = at("2026-06-01");
    FB_TEST_OK(fb_duty_run_naive(
        &program, &duty, &b.trace, at("2026-05-31T23:59:59Z"), &arena, &out, &err));
    assert_int_equal(out.count, 0);
    FB_TEST_OK(fb_duty_run_naive(&program, &duty, &b.trace, at("2026-06-01"), &arena, &out, &err));
    assert_int_equal(out.count, 1);
    check(&out.items[0], FB_DUTY_OWED, "2026-06-11", NULL);
    assert_int_equal(out.items[0].since, at("2026-06-01"));
    /* The ledger got it then, but by its own date it applied before: on 5 March, or when the
     * incident was known. */
    program.clocks_from = at("2026-03-05");
    FB_TEST_OK(fb_duty_run_naive(
        &program, &duty, &b.trace, at("2026-05-31T23:59:59Z"), &arena, &out, &err));
    assert_int_equal(out.count, 0);
    FB_TEST_OK(fb_duty_run_naive(&program, &duty, &b.trace, at("2026-06-01"), &arena, &out, &err));
    check(&out.items[0], FB_DUTY_OVERDUE, "2026-03-15", "2026-03-15");
    assert_int_equal(out.items[0].since, at("2026-06-01"));
    assert_int_equal(out.items[0].breached, at("2026-03-15"));
    check_slices(&program, &duty, "2026-06-01", &out);
    program.clocks_from = FB_TIME_MIN;
    FB_TEST_OK(fb_duty_run_naive(&program, &duty, &b.trace, at("2026-06-01"), &arena, &out, &err));
    check(&out.items[0], FB_DUTY_OVERDUE, "2026-03-11T09:00:00Z", "2026-03-11T09:00:00Z");
    /* What runs from the trigger runs from the force, and so do periods. */
    duty.anchor_var = -1;
    FB_TEST_OK(fb_duty_run_naive(&program, &duty, &b.trace, at("2026-06-01"), &arena, &out, &err));
    check(&out.items[0], FB_DUTY_OWED, "2026-06-11", NULL);
    duty = initial_report();
    duty.every = 1;
    duty.every_unit = FB_UNIT_MONTHS;
    FB_TEST_OK(fb_duty_run_naive(&program, &duty, &b.trace, at("2026-06-01"), &arena, &out, &err));
    check(&out.items[0], FB_DUTY_OWED, "2026-07-11", NULL);
    duty = initial_report();
    /* What is owed when the policy expires stays owed, whatever is corrected then. */
    program.effective = FB_TIME_MIN;
    program.expires = at("2026-03-02");
    struct fb_tuple *other = incident("2026-03-02", "i2", "fire", NULL, "dev");
    other->correction = true;
    FB_TEST_OK(fb_duty_run_naive(&program, &duty, &b.trace, at("2026-03-03"), &arena, &out, &err));
    assert_int_equal(out.count, 1);
    check(&out.items[0], FB_DUTY_OWED, "2026-03-11T09:00:00Z", NULL);
    check_slices(&program, &duty, "2026-03-03", &out);
    program.expires = at("2026-03-01");
    FB_TEST_OK(fb_duty_run_naive(&program, &duty, &b.trace, at("2026-06-01"), &arena, &out, &err));
    assert_int_equal(out.count, 0);
}

/* ---- may not, keep, before, during ---- */

static void set_line(const char *when, const char *status)
{
    build_at(&b, at(when));
    for (size_t i = 0; i < b.trace.tuple_count; i++) {
        if (b.tuples[i].relation == LINE && b.tuples[i].until == FB_TP_MAX) {
            b.tuples[i].until = b.trace.time_count - 1;
        }
    }
    struct fb_value values[] = {str("aurora"), str(status)};
    build_add(&b, LINE, values, 2, true);
}

static void deploy(const char *when)
{
    build_at(&b, at(when));
    struct fb_value values[] = {str("aurora")};
    build_add(&b, DEPLOY, values, 1, true);
}

static struct fb_duty hold(enum fb_modality modality, struct fb_form *act)
{
    return (struct fb_duty){.name = FB_STR("hold"),
        .vars = names,
        .var_count = VARS,
        .param_count = 1,
        .modality = modality,
        .when = pred(LINE, var(S), term(FB_TERM_ANY), NULL),
        .during = pred(LINE, var(S), text("crossed"), NULL),
        .party = text("aurora-labs"),
        .act = act,
        .anchor_var = -1};
}

static void test_may_not(void **state)
{
    (void)state;
    struct fb_duty duty = hold(FB_MAY_NOT, pred(DEPLOY, var(S), NULL));
    deploy("2026-01-01");
    set_line("2026-02-01", "crossed");
    struct fb_obligations o = run(&duty, "2026-02-02");
    assert_int_equal(o.count, 1);
    check(&o.items[0], FB_DUTY_HELD, NULL, NULL);
    deploy("2026-02-03");
    deploy("2026-02-04");
    set_line("2026-03-01", "ruled out");
    deploy("2026-03-02");
    o = run(&duty, "2026-04-01");
    assert_int_equal(o.count, 3);
    check(&o.items[0], FB_DUTY_BROKEN, NULL, "2026-02-03");
    check(&o.items[1], FB_DUTY_BROKEN, NULL, "2026-02-04");
    check(&o.items[2], FB_DUTY_RELAXED, NULL, NULL);
    assert_int_equal(o.items[2].settled, at("2026-03-01"));
    /* It holds again: a new one. */
    set_line("2026-05-01", "crossed");
    o = run(&duty, "2026-05-01");
    assert_int_equal(o.count, 4);
    check(&o.items[3], FB_DUTY_HELD, NULL, NULL);
}

static void test_relax_after(void **state)
{
    (void)state;
    struct fb_duty duty = hold(FB_MAY_NOT, pred(DEPLOY, var(S), NULL));
    duty.relax_after = 90 * FB_DAY;
    set_line("2026-01-01", "crossed");
    set_line("2026-02-01", "ruled out");
    struct fb_obligations o = run(&duty, "2026-05-01T23:59:59Z");
    check(&o.items[0], FB_DUTY_HELD, NULL, NULL);
    o = run(&duty, "2026-05-02");
    check(&o.items[0], FB_DUTY_RELAXED, NULL, NULL);
    assert_int_equal(o.items[0].settled, at("2026-05-02"));
    deploy("2026-05-01");
    o = run(&duty, "2026-06-01");
    assert_int_equal(o.count, 2);
    check(&o.items[0], FB_DUTY_BROKEN, NULL, "2026-05-01");
}

static void test_must_during_and_before(void **state)
{
    (void)state;
    static struct fb_within month[] = {{NULL, 30, FB_UNIT_DAYS, {0, 0, 0}}};
    struct fb_duty duty = hold(FB_MUST, pred(LEVEL, var(S), number(4), NULL));
    duty.within = month;
    duty.within_count = 1;
    set_line("2026-01-01", "crossed");
    set_line("2026-01-20", "ruled out");
    struct fb_obligations o = run(&duty, "2026-06-01");
    check(&o.items[0], FB_DUTY_RELAXED, "2026-01-31", NULL);
    b.times[1] = at("2026-02-20");
    o = run(&duty, "2026-06-01");
    check(&o.items[0], FB_DUTY_OVERDUE, "2026-01-31", "2026-01-31");
    /* Overdue at the act that it was due before. */
    duty.before = pred(DEPLOY, var(S), NULL);
    b.trace.time_count = 1;
    b.trace.tuple_count = 1;
    b.tuples[0].until = FB_TP_MAX;
    deploy("2026-01-10");
    level("2026-01-11", 4);
    o = run(&duty, "2026-06-01");
    check(&o.items[0], FB_DUTY_MET_LATE, "2026-01-31", "2026-01-10");
    b.tuples[2].from = 0;
    o = run(&duty, "2026-06-01");
    check(&o.items[0], FB_DUTY_MET, "2026-01-31", NULL);
    assert_int_equal(o.items[0].settled, at("2026-01-01"));
}

static void test_keep(void **state)
{
    (void)state;
    static struct fb_within grace[] = {{NULL, 2, FB_UNIT_DAYS, {0, 0, 0}}};
    struct fb_duty duty = hold(FB_KEEP, pred(LEVEL, var(S), number(4), NULL));
    duty.during = NULL;
    struct fb_tuple *tuple = level("2026-01-01", 4);
    set_line("2026-01-02", "crossed");
    struct fb_obligations o = run(&duty, "2026-01-05");
    assert_int_equal(o.count, 1);
    check(&o.items[0], FB_DUTY_HELD, NULL, NULL);
    level("2026-01-06", 3);
    tuple->until = 2;
    o = run(&duty, "2026-01-20");
    assert_int_equal(o.count, 1);
    check(&o.items[0], FB_DUTY_BROKEN, "2026-01-06", "2026-01-06");
    duty.within = grace;
    duty.within_count = 1;
    o = run(&duty, "2026-01-07");
    check(&o.items[0], FB_DUTY_HELD, "2026-01-08", NULL);
    o = run(&duty, "2026-01-20");
    check(&o.items[0], FB_DUTY_BROKEN, "2026-01-08", "2026-01-08");
    level("2026-01-07", 4);
    o = run(&duty, "2026-01-20");
    check(&o.items[0], FB_DUTY_HELD, NULL, NULL);
    b.times[3] = at("2026-01-09");
    o = run(&duty, "2026-01-20");
    assert_int_equal(o.count, 2);
    check(&o.items[0], FB_DUTY_BROKEN, "2026-01-08", "2026-01-08");
    check(&o.items[1], FB_DUTY_HELD, NULL, NULL);
}

static void test_refusals(void **state)
{
    (void)state;
    struct fb_program program = policy();
    struct fb_duty duty = initial_report();
    struct fb_obligations out = {0};
    incident("2026-03-01T09:00:00Z", "i1", "death", "2026-03-01T09:00:00Z", "dev");
    duty.given = compare(FB_FORM_LESS, var(VARS - 1), number(1));
    duty.when = pred(DEPLOY, var(S), NULL);
    FB_TEST_FAILS(
        fb_duty_run_naive(&program, &duty, &b.trace, at("2026-04-01"), &arena, &out, &err),
        FB_E_POLICY);
    duty = initial_report();
    death_10[0].amount = -1;
    death_10[0].span.line = 7;
    FB_TEST_FAILS(
        fb_duty_run_naive(&program, &duty, &b.trace, at("2026-04-01"), &arena, &out, &err),
        FB_E_RANGE);
    assert_int_equal(err.line, 7);
    death_10[0].amount = 10;
    assert_null(out.items);
}

/* Everything that slices need, and the reason of what they give. */
static enum fb_code run_sliced(
    const struct fb_duty *duty, struct fb_arena *own, struct fb_obligations *out)
{
    static struct fb_program program;
    struct fb_access *access = NULL;
    struct fb_obligations found = {0};
    struct fb_why *why = NULL;
    program = policy();
    enum fb_code code = fb_access_new(&b.trace, own, &access, &err);
    struct fb_duty_query query = {
        .program = &program, .duty = duty, .access = access, .now = at("2026-04-01")};
    code = code ? code : fb_duty_run(&query, own, &found, &err);
    code = code ? code : fb_duty_explain(&query, &found.items[0], own, &why, &err);
    *out = code ? *out : found;
    return code;
}

static void test_slice_faults(void **state)
{
    (void)state;
    struct fb_duty duty = initial_report();
    incident("2026-03-01T09:00:00Z", "i1", "death", "2026-03-01T09:00:00Z", "dev");
    report("2026-03-12", "dev");
    for (int64_t n = 0;; n++) {
        struct fb_arena small;
        struct fb_obligations out = {0};
        fb_arena_init(&small, ARENA_MAX);
        fb_alloc_fail_at(n);
        enum fb_code code = run_sliced(&duty, &small, &out);
        fb_alloc_fail_at(-1);
        size_t count = out.count;
        fb_arena_release(&small);
        if (code == FB_OK) {
            assert_true(n > 5 && count == 1);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_int_equal(count, 0);
    }
}

static void test_faults(void **state)
{
    (void)state;
    struct fb_program program = policy();
    struct fb_duty duty = initial_report();
    incident("2026-03-01T09:00:00Z", "i1", "death", "2026-03-01T09:00:00Z", "dev");
    report("2026-03-12", "dev");
    for (int64_t n = 0;; n++) {
        struct fb_arena small;
        struct fb_obligations out = {0};
        fb_arena_init(&small, ARENA_MAX);
        fb_alloc_fail_at(n);
        enum fb_code code =
            fb_duty_run_naive(&program, &duty, &b.trace, at("2026-04-01"), &small, &out, &err);
        fb_alloc_fail_at(-1);
        size_t count = out.count;
        fb_arena_release(&small);
        if (code == FB_OK) {
            assert_true(n > 5 && count == 1);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_int_equal(count, 0);
    }
    enum fb_code code = FB_E_LIMIT;
    for (size_t max = 0; code != FB_OK; max += 500) {
        struct fb_arena small;
        struct fb_obligations out = {0};
        fb_arena_init(&small, max);
        code = fb_duty_run_naive(&program, &duty, &b.trace, at("2026-04-01"), &small, &out, &err);
        fb_arena_release(&small);
        assert_true(code == FB_E_LIMIT || code == FB_E_NOMEM || max > 500);
        assert_true(code == FB_OK || !out.items);
        assert_in_range(max, 0, 100000);
    }
}

/* Versions of one record hold one after the other: three conditions on it have as many valuations
 * as there are versions, not as many as there are triples of them. */
static void test_versions(void **state)
{
    (void)state;
    enum { VERSIONS = 3000 };
    struct fb_trace trace = {.signature = &signature,
        .times = FB_ARENA_ARRAY(&arena, fb_time, VERSIONS),
        .time_count = VERSIONS,
        .tuples = FB_ARENA_ARRAY(&arena, struct fb_tuple, VERSIONS),
        .tuple_count = VERSIONS};
    struct fb_value *values = FB_ARENA_ARRAY(&arena, struct fb_value, 2 * VERSIONS);
    assert_true(trace.times && trace.tuples && values);
    for (size_t i = 0; i < VERSIONS; i++) {
        values[2 * i] = str("aurora");
        values[2 * i + 1] = fb_value_int((int64_t)i);
        trace.times[i] = (fb_time)i * FB_DAY;
        trace.tuples[i] = (struct fb_tuple){.relation = LEVEL,
            .values = &values[2 * i],
            .from = i,
            .until = i + 1 < VERSIONS ? i + 1 : FB_TP_MAX,
            .seq = i};
    }
    struct fb_form *same = pred(LEVEL, var(S), var(I), NULL);
    same = form(FB_FORM_AND, same, pred(LEVEL, var(S), var(C), NULL));
    same = form(FB_FORM_AND, same, event(pred(LEVEL, var(S), var(K), NULL)));
    struct fb_access *access = NULL;
    FB_TEST_OK(fb_access_new(&trace, &arena, &access, &err));
    struct fb_value given[VARS] = {str("aurora")};
    for (size_t tp = 0; tp < VERSIONS; tp += 1499) {
        for (int64_t n = -1; n <= 1; n++) {
            struct fb_form *all =
                form(FB_FORM_AND, same, compare(FB_FORM_EQ, var(C), number((int64_t)tp + n)));
            const struct fb_form_query query = {access, all, VARS, given};
            bool holds = n != 0;
            FB_TEST_OK(fb_slice_holds(&query, tp, &holds, &err));
            assert_true(holds == (n == 0));
        }
    }
    const struct fb_form_query query = {access, same, VARS, given};
    bool holds = false;
    fb_limit_lower((size_t)16 << 30, 10);
    enum fb_code code = fb_slice_holds(&query, 7, &holds, &err);
    fb_limit_lower((size_t)16 << 30, (size_t)16 << 30);
    FB_TEST_FAILS(code, FB_E_LIMIT);
    assert_false(holds);
    FB_TEST_OK(fb_slice_holds(&query, 7, &holds, &err));
    assert_true(holds);
}

static enum fb_code judge(
    void *ctx, const struct fb_question *question, struct fb_answer *out, struct fb_err *why)
{
    return fb_prove_answer(question, ctx, out, why);
}

/* One of three ways to find out what is owed. */
static enum fb_code owed_by(int way, const struct fb_duty *duty)
{
    static struct fb_program program;
    struct fb_access *access = NULL;
    struct fb_obligations out = {0};
    const struct fb_value key[] = {str("aurora"), str("i1")};
    program = policy();
    fb_time now = at("2026-04-01");
    struct fb_duty_subject subject = {&program, duty, &b.trace, now, key, judge, &arena};
    if (way == 0) {
        return fb_duty_run_naive(&program, duty, &b.trace, now, &arena, &out, &err);
    }
    if (way == 1) {
        return fb_duty_recount(&subject, &arena, &out, &err);
    }
    struct fb_duty_query query = {.program = &program, .duty = duty, .now = now};
    enum fb_code code = fb_access_new(&b.trace, &arena, &access, &err);
    query.access = access;
    code = code ? code : fb_duty_run(&query, &arena, &out, &err);
    assert_true(code == FB_OK || !out.items);
    return code;
}

/* What meets a limit says which one it was. */
static void test_limits(void **state)
{
    (void)state;
    enum { NAIVE, RECOUNT, SLICES, FOLDER = 1 << 28 };
    const struct {
        size_t max;
        size_t most;
        int way;
        const char *words;
    } cases[] = {
        {100000, 1, NAIVE, "is owed more than 100000 times"},
        {FB_DUTY_OWED_MAX, 1, SLICES, "may be owed more than 20000000 times"},
        {FOLDER, 10, NAIVE, "bytes of memory"},
        {FOLDER, 10, SLICES, "bytes of memory"},
        {(size_t)16 << 30, 10, SLICES, "bytes of memory"},
    };
    struct fb_duty duty = initial_report();
    incident("2026-03-01T09:00:00Z", "i1", "death", "2026-03-01T09:00:00Z", "dev");
    incident("2026-03-02T09:00:00Z", "i2", "death", "2026-03-02T09:00:00Z", "dev");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fb_limit_lower(cases[i].max, cases[i].most);
        enum fb_code code = owed_by(cases[i].way, &duty);
        fb_limit_lower(cases[i].max, cases[i].max);
        FB_TEST_FAILS(code, FB_E_LIMIT);
        if (!strstr(err.message, cases[i].words)) {
            fail_msg("'%s' has no '%s'", err.message, cases[i].words);
        }
        FB_TEST_OK(owed_by(cases[i].way, &duty));
    }
    /* A day's report, every day of a month. */
    duty.every = 1;
    duty.every_unit = FB_UNIT_DAYS;
    for (int way = NAIVE; way <= SLICES; way++) {
        fb_limit_lower(FB_DUTY_TURNS_MAX, 20);
        enum fb_code code = owed_by(way, &duty);
        fb_limit_lower(FB_DUTY_TURNS_MAX, FB_DUTY_TURNS_MAX);
        FB_TEST_FAILS(code, FB_E_LIMIT);
        assert_non_null(strstr(err.message, "recurs more than"));
        FB_TEST_OK(owed_by(way, &duty));
    }
    /* The checker counts the rows of a trigger in a variable of its own. */
    static struct fb_str many[FB_IR_VARS_MAX];
    memcpy(many, names, sizeof(names));
    for (size_t v = VARS; v < FB_IR_VARS_MAX; v++) {
        many[v] = FB_STR("V");
    }
    struct fb_duty wide = initial_report();
    wide.vars = many;
    wide.var_count = FB_IR_VARS_MAX;
    FB_TEST_FAILS(owed_by(RECOUNT, &wide), FB_E_LIMIT);
    assert_non_null(strstr(err.message, "none is left to count"));
    wide.var_count--;
    FB_TEST_OK(owed_by(RECOUNT, &wide));
    /* One key that is owed more than once: each period is an item. */
    fb_limit_lower(FB_DUTY_OWED_MAX, 2);
    FB_TEST_FAILS(owed_by(SLICES, &duty), FB_E_LIMIT);
    fb_limit_lower(FB_DUTY_OWED_MAX, FB_DUTY_OWED_MAX);
    assert_non_null(strstr(err.message, "is owed more than 20000000 times"));
}

/* The duty of a party rests on a valuation for each of its systems: each is found again, looked
 * through or in a table, but none of before by what a later correction made. */
static void test_many_claims(void **state)
{
    enum { COUNT = 100 };
    struct fb_duty_run run = {.ev = {.var_count = 2, .arena = &arena, .err = &err}, .weighed = 3};
    struct fb_owed owed = {0};
    struct fb_value values[COUNT + 1][2];
    (void)state;
    for (int64_t i = 0; i <= COUNT; i++) {
        values[i][0] = str("dev");
        values[i][1] = fb_value_int(i);
    }
    for (size_t i = 0; i < COUNT; i++) {
        struct fb_claim claim = {.row = {.values = values[i], .corrected = 10}, .tp = i};
        struct fb_row row = claim.row;
        assert_false(fb_duty_claimed(&run, &owed, &row));
        FB_TEST_OK(fb_duty_add_claim(&run, &owed, claim));
        row.corrected = 9;
        assert_false(fb_duty_claimed(&run, &owed, &row));
        if (i % 2) {
            claim.row.corrected = 9;
            FB_TEST_OK(fb_duty_add_claim(&run, &owed, claim));
            assert_true(fb_duty_claimed(&run, &owed, &row));
        }
    }
    assert_int_equal(owed.claim_count, COUNT + COUNT / 2);
    for (size_t i = 0; i <= COUNT; i++) {
        struct fb_row row = {.values = values[i], .corrected = 10};
        assert_int_equal(fb_duty_claimed(&run, &owed, &row), i < COUNT);
        row.corrected = 9;
        assert_int_equal(fb_duty_claimed(&run, &owed, &row), i < COUNT && i % 2);
    }
}

/* Claims that differ in nothing that is asked of one are one: of a duty of a party, its systems. */
static void test_weighed(void **state)
{
    (void)state;
    struct fb_within line = {.amount = 3, .unit = FB_UNIT_DAYS};
    struct fb_duty duty = {.name = FB_STR("publish"),
        .when = form(FB_FORM_AND, pred(DEPLOY, var(S), NULL), pred(LEVEL, var(C), var(I), NULL)),
        .during = pred(DEPLOY, var(C), NULL),
        .act = pred(REPORT, var(I), var(C), NULL),
        .within = &line,
        .within_count = 1,
        .anchor_var = -1,
        .var_count = VARS};
    const struct fb_value key[VARS] = {{.type = FB_TYPE_NONE}};
    struct fb_duty_run run = {.duty = &duty,
        .ev = {.quick = true, .var_count = VARS},
        .key = key,
        .bound = fb_vars_of(S) | fb_vars_of(C) | fb_vars_of(I)};
    const fb_vars every = fb_vars_of(VARS) - 1;
    fb_duty_weigh(&run);
    assert_int_equal(run.weighed, fb_vars_of(C) | fb_vars_of(I));
    duty.anchor_var = S;
    run.weighed = 0;
    fb_duty_weigh(&run);
    assert_int_equal(run.weighed, run.bound);
    /* When a claim came matters where lines have conditions, and with corrections. */
    duty.anchor_var = -1;
    line.guard = pred(DEPLOY, var(C), NULL);
    run.weighed = 0;
    fb_duty_weigh(&run);
    assert_int_equal(run.weighed, every);
    line.guard = NULL;
    run.corrections = true;
    run.weighed = 0;
    fb_duty_weigh(&run);
    assert_int_equal(run.weighed, every);
    struct fb_value rows[2][VARS] = {{{.type = FB_TYPE_NONE}}};
    struct fb_claim claim = {.row = {.values = rows[0]}};
    struct fb_row other = {.values = rows[1]};
    struct fb_owed owed = {.claims = &claim, .claim_count = 1};
    rows[0][S] = str("one");
    rows[1][S] = str("two");
    assert_false(fb_duty_claimed(&run, &owed, &other));
    run.weighed &= ~fb_vars_of(S);
    assert_true(fb_duty_claimed(&run, &owed, &other));
}

/* By what changes alone, as is done where there is much: a condition that ends, and a beginning
 * that is over, let a duty arise as well as what begins. */
static void test_fresh(void **state)
{
    (void)state;
    struct fb_duty duty = hold(FB_MAY_NOT, pred(REPORT, text("i1"), var(S), NULL));
    struct fb_form *high = pred(LEVEL, var(S), number(4), NULL);
    duty.during = NULL;
    duty.when = form(FB_FORM_AND, pred(DEPLOY, var(S), NULL), form(FB_FORM_NOT, high, NULL));
    deploy("2026-01-01");
    build_at(&b, at("2026-01-02"));
    struct fb_value at_four[] = {str("aurora"), fb_value_int(4)};
    b.tuples[0].from = 1;
    build_add(&b, LEVEL, at_four, 2, true)->until = 2;
    build_add(&b, LEVEL, at_four, 2, true)->until = 3;
    build_at(&b, at("2026-01-03"));
    build_at(&b, at("2026-01-05"));
    fb_form_seal(duty.when);
    fb_limit_lower(FB_DUTY_FRESH_MIN, 0);
    struct fb_obligations o = run(&duty, "2026-02-01");
    assert_int_equal(o.count, 1);
    assert_int_equal(o.items[0].since, at("2026-01-05"));
    /* It lasts, and only its beginning counts: at the next time-point that is over. */
    b.tuples[1].until = b.tuples[2].until = FB_TP_MAX;
    high->occurs = true;
    fb_form_seal(duty.when);
    o = run(&duty, "2026-02-01");
    assert_int_equal(o.count, 1);
    assert_int_equal(o.items[0].since, at("2026-01-03"));
    fb_limit_lower(FB_DUTY_FRESH_MIN, FB_DUTY_FRESH_MIN);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(history_9_ten_days), CASE(history_10_calendar),
        CASE(history_11_admission_counts), CASE(history_12_undated), CASE(history_13_correction),
        CASE(history_15_force), CASE(history_18_each_party), CASE(test_correction_withdraws),
        CASE(test_other_correction), CASE(test_may_not), CASE(test_relax_after),
        CASE(test_must_during_and_before), CASE(test_keep), CASE(test_refusals),
        CASE(test_slice_faults), CASE(test_faults), CASE(test_limits), CASE(test_versions),
        CASE(test_many_claims), CASE(test_weighed), CASE(test_fresh)};
    return cmocka_run_group_tests_name("duty", tests, NULL, NULL);
}

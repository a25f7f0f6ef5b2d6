/*
 * What policies come to mean: their lowered form, run by the naive evaluator over small histories.
 * Red lines' scopes, a duty's deadlines and a commitment, against SEMANTICS.md.
 */
#include "engine/eval.h"
#include "lang_test.h"

enum { TUPLES_MAX = 16, COLUMNS_MAX = 32, TIMES_MAX = 64 };

static struct fb_err err;

/* A history: facts at days of March 2026, noon. */
struct history {
    fb_time times[TIMES_MAX];
    struct fb_tuple tuples[TUPLES_MAX];
    struct fb_value values[TUPLES_MAX][COLUMNS_MAX];
    struct fb_trace trace;
};

static fb_time march(unsigned day)
{
    return fb_days_from_civil(2026, 3, day) * FB_DAY + 12 * FB_HOUR;
}

static void begin(struct history *history)
{
    memset(history, 0, sizeof(*history));
    for (unsigned day = 1; day <= 31; day++) {
        history->times[day - 1] = march(day);
    }
    history->trace = (struct fb_trace){.signature = fb_policy_signature(),
        .times = history->times,
        .time_count = 31,
        .tuples = history->tuples};
}

/* Adds a fact from a day on (days in order); its columns are all missing at first. */
static struct fb_value *add(struct history *history, const char *kind, unsigned day)
{
    size_t n = history->trace.tuple_count++;
    int relation = fb_policy_relation(kind);
    assert_true(relation >= 0 && n < TUPLES_MAX);
    history->tuples[n] = (struct fb_tuple){.relation = (uint32_t)relation,
        .from = day - 1,
        .until = FB_TP_MAX,
        .values = history->values[n],
        .seq = n,
        .record_id = fb_str_of(kind)};
    return history->values[n];
}

static void set(
    struct fb_value *values, const char *kind, const char *column, struct fb_value value)
{
    int index = fb_policy_column((uint32_t)fb_policy_relation(kind), column);
    assert_true(index >= 0 && index < COLUMNS_MAX);
    values[index] = value;
}

static void set_text(
    struct fb_value *values, const char *kind, const char *column, const char *text)
{
    set(values, kind, column, fb_value_str(fb_str_of(text)));
}

static struct fb_value *add_system(struct history *history, const char *id, double flop)
{
    struct fb_value *values = add(history, "system", 1);
    set_text(values, "system", "id", id);
    set_text(values, "system", "developer", "party/aurora");
    if (flop > 0) {
        set(values, "system", "training_compute_flop", fb_value_float(flop));
    }
    return values;
}

static struct fb_value *add_incident(struct history *history, unsigned day, const char *class)
{
    struct fb_value *values = add(history, "incident", day);
    set_text(values, "incident", "id", "incident/1");
    set_text(values, "incident", "subject", "system/big");
    set_text(values, "incident", "class", class);
    set_text(values, "incident", "known_to", "party/aurora");
    return values;
}

static void add_report(struct history *history, unsigned day, const char *issuer)
{
    struct fb_value *values = add(history, "report", day);
    set_text(values, "report", "id", "report/1");
    set_text(values, "report", "issuer", issuer);
    set_text(values, "report", "about", "incident/1");
    set_text(values, "report", "to", "ai-office");
    set_text(values, "report", "stage", "initial");
}

static void add_line(struct history *history, unsigned day, size_t until, const char *status)
{
    struct fb_value *values = add(history, "redline", day);
    set_text(values, "redline", "rule", "aurora/framework/cyber");
    set_text(values, "redline", "system", "system/big");
    set_text(values, "redline", "status", status);
    history->tuples[history->trace.tuple_count - 1].until = until;
}

/* True when the formula holds of a system on the first day. */
static bool holds(const struct history *history, const struct fb_redline *line,
    const struct fb_form *form, const char *system)
{
    struct fb_value values[FB_IR_VARS_MAX];
    struct fb_row given = {.values = values};
    struct fb_table table = {NULL, 0};
    struct fb_arena arena;
    memset(values, 0, sizeof(values));
    values[0] = fb_value_str(fb_str_of(system));
    fb_arena_init(&arena, 1 << 24);
    FB_TEST_OK(
        fb_eval_naive(form, &history->trace, 0, line->var_count, &given, &arena, &table, &err));
    fb_arena_release(&arena);
    return table.count > 0;
}

/* SEMANTICS.md, Scope: inside, outside, and unknown when the compute is. */
static void test_scope(void **state)
{
    (void)state;
    static struct policy policy;
    static struct history history;
    policy_of_file(&policy, "examples/aurora/policies/aurora-framework.fly");
    const struct fb_redline *line = &policy.program->redlines[0];
    begin(&history);
    add_system(&history, "system/big", 1e26);
    add_system(&history, "system/edge", 1e25);
    add_system(&history, "system/small", 3e22);
    add_system(&history, "system/silent", 0);
    struct fb_value *named = add_system(&history, "system/named", 3e22);
    set(named, "system", "designated", fb_value_bool(true));
    struct fb_value *cleared = add_system(&history, "system/cleared", 3e22);
    set(cleared, "system", "designated", fb_value_bool(false));
    struct fb_value *foreign = add_system(&history, "system/foreign", 1e26);
    set_text(foreign, "system", "developer", "party/beta");
    static const struct {
        const char *system;
        bool inside, outside;
    } cases[] = {{"system/big", true, false}, {"system/edge", true, false},
        {"system/small", false, true}, {"system/silent", false, false},
        {"system/named", true, false}, {"system/cleared", false, true},
        {"system/foreign", false, true}, {"system/nobody", false, false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool inside = holds(&history, line, line->inside, cases[i].system);
        bool outside = holds(&history, line, line->outside, cases[i].system);
        if (inside != cases[i].inside || outside != cases[i].outside) {
            fail_msg("%s: inside %d, outside %d", cases[i].system, inside, outside);
        }
    }
    policy_release(&policy);
}

/* Runs one duty up to a day of March, at noon. */
static struct fb_obligations run(const struct history *history, const struct policy *policy,
    size_t duty, unsigned day, struct fb_arena *arena)
{
    struct fb_obligations out = {NULL, 0};
    FB_TEST_OK(fb_duty_run_naive(policy->program, &policy->program->duties[duty], &history->trace,
        march(day), arena, &out, &err));
    return out;
}

/* SEMANTICS.md, histories 10 and 12: a death known on 1 March has 10 days, counted as the EU does;
 * without a date of awareness the duty is undated. A small system owes nothing, a silent one does.
 */
static void test_incident(void **state)
{
    (void)state;
    static struct policy policy;
    static const struct {
        const char *class;
        double flop;
        bool dated;
        unsigned report; /* day; 0: none */
        const char *issuer;
        size_t count;
        enum fb_duty_status status;
        unsigned deadline; /* midnight in Brussels that begins this day */
    } cases[] = {
        {"death", 1e26, true, 0, NULL, 1, FB_DUTY_OVERDUE, 12},
        {"death", 1e26, true, 9, "party/aurora", 1, FB_DUTY_MET, 12},
        {"death", 1e26, true, 12, "party/aurora", 1, FB_DUTY_MET_LATE, 12},
        {"death", 1e26, true, 9, "party/beta", 1, FB_DUTY_OVERDUE, 12},
        {"serious_harm", 1e26, true, 0, NULL, 1, FB_DUTY_OVERDUE, 17},
        {"death", 1e26, false, 0, NULL, 1, FB_DUTY_UNDATED, 0},
        {"death", 3e22, true, 0, NULL, 0, FB_DUTY_OWED, 0},
        {"death", 0, true, 0, NULL, 1, FB_DUTY_OVERDUE, 12},
    };
    policy_of_file(&policy, "packs/eu/gpai-serious-incidents.fly");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct history history;
        struct fb_arena arena;
        fb_arena_init(&arena, 1 << 26);
        begin(&history);
        add_system(&history, "system/big", cases[i].flop);
        struct fb_value *incident = add_incident(&history, 2, cases[i].class);
        if (cases[i].dated) {
            set(incident, "incident", "known_at", fb_value_time(march(1)));
        }
        if (cases[i].report) {
            add_report(&history, cases[i].report, cases[i].issuer);
        }
        struct fb_obligations out = run(&history, &policy, 0, 31, &arena);
        assert_int_equal(out.count, cases[i].count);
        if (out.count && out.items[0].status != cases[i].status) {
            fail_msg("case %zu: %s", i, fb_duty_status_name(out.items[0].status));
        }
        if (out.count && cases[i].deadline) {
            /* In March Brussels is an hour ahead. */
            assert_int_equal(out.items[0].deadline,
                fb_days_from_civil(2026, 3, cases[i].deadline) * FB_DAY - FB_HOUR);
            assert_true(fb_str_is(out.items[0].party, "party/aurora"));
        }
        fb_arena_release(&arena);
    }
    policy_release(&policy);
}

/* The commitment holds while the line is not ruled out, for Aurora's own system. */
static void test_commitment(void **state)
{
    (void)state;
    static struct policy policy;
    static struct history history;
    struct fb_arena arena;
    fb_arena_init(&arena, 1 << 26);
    policy_of_file(&policy, "examples/aurora/policies/aurora-framework.fly");
    begin(&history);
    add_system(&history, "system/big", 1e26);
    add_line(&history, 2, FB_TP_MAX, "not ruled out");
    struct fb_obligations out = run(&history, &policy, 0, 10, &arena);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.items[0].status, FB_DUTY_HELD);
    assert_true(fb_str_is(out.items[0].bindings[0].u.text, "system/big"));
    struct fb_value *deployment = add(&history, "deployment", 5);
    set_text(deployment, "deployment", "subject", "system/big");
    set_text(deployment, "deployment", "scope", "external");
    out = run(&history, &policy, 0, 10, &arena);
    assert_int_equal(out.items[0].status, FB_DUTY_BROKEN);
    assert_int_equal(out.items[0].breached, march(5));
    out = run(&history, &policy, 2, 10, &arena);
    assert_int_equal(out.items[0].status, FB_DUTY_OVERDUE);
    assert_int_equal(out.items[0].breached, march(5));
    struct fb_value *measure = add(&history, "measure", 7);
    set_text(measure, "measure", "subject", "system/big");
    set_text(measure, "measure", "name", "security");
    set(measure, "measure", "level", fb_value_int(3));
    out = run(&history, &policy, 1, 10, &arena);
    assert_int_equal(out.items[0].status, FB_DUTY_OWED);
    set(measure, "measure", "level", fb_value_int(5));
    out = run(&history, &policy, 1, 10, &arena);
    assert_int_equal(out.items[0].status, FB_DUTY_MET);
    assert_int_equal(out.items[0].settled, march(7));
    fb_arena_release(&arena);
    policy_release(&policy);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scope),
        cmocka_unit_test(test_incident),
        cmocka_unit_test(test_commitment),
    };
    return cmocka_run_group_tests_name("lang meaning", tests, NULL, NULL);
}

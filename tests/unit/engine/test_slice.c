/* Tests of src/engine/slice.c, slice_cut.c, slice_form.c, slice_kept.c, slice_walk.c and access.c,
 * and with src/proof/check_duty.c and check_settle.c of the files of duties (duty*.c): duties
 * obligation by obligation against the naive run over everything and the checker's count, on random
 * duties, paces and traces. A failing case is made smaller before it is shown.
 * FB_RANDOM_CASES=100000 for longer. */
#include <stdlib.h>

#include "base/limit.h"
#include "engine/duty.h"
#include "engine/slice.h"
#include "engine/slice_kept.h"
#include "ir_build.h"
#include "proof/check.h"
#include "proof/check_duty.h"
#include "slice_show.h"

enum { ARENA_MAX = 1 << 28, RELATIONS = 4, VARS = 9, TUPLES_MAX = 60, TIMES_MAX = 60, WITHIN = 3 };
enum { PACE = RELATIONS, PACE_VAR = 6, PACES_MAX = 4, RECOUNTS_MAX = 4 };
enum { RECEIPT = PACE + 1, RECEIVED_VAR = 7, ADMITTED_VAR = 8 };

/* Columns: id, other id, number, time. The relations have 1 to 4 of them. */
static const struct fb_str columns[] = {{"id", 2}, {"of", 2}, {"level", 5}, {"when", 4}};
static struct fb_relation relations[] = {
    {{"one", 3}, 1, columns, NULL}, {{"two", 3}, 2, columns, NULL},
    {{"three", 5}, 3, columns, NULL},
    {{"four", 4}, 4, columns, NULL}, [PACE] = {{"pace", 4}, 2, columns, NULL}, /* of a policy, and
                                                                                  its level */
    [RECEIPT] = {{"receipt", 7}, 4, columns, NULL}, /* of two ids; received, admitted */
};
static const struct fb_signature signature = {relations, RECEIPT + 1};
static const struct fb_str names[VARS] = {{"A", 1}, {"B", 1}, {"C", 1}, {"D", 1}, {"E", 1},
    {"F", 1}, {"pace", 4}, {"received", 8}, {"admitted", 8}};

/* One scenario: a duty, and tuples over time-points. */
struct scenario {
    struct fb_program program;
    struct fb_duty duty;
    struct fb_duty first; /* whose discharge opens the duty, where that follows one */
    struct fb_within within[WITHIN];
    struct fb_tuple tuples[TUPLES_MAX];
    size_t tuple_count;
    fb_time times[TIMES_MAX];
    size_t time_count;
    fb_time now;
};

static uint64_t state;

/* xorshift64*: Marsaglia 2003, Vigna 2016. */
static unsigned roll(unsigned sides)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned)((state * 0x2545F4914F6CDD1Du) >> 33) % sides;
}

static int setup(void **unused)
{
    (void)unused;
    fb_arena_init(&arena, ARENA_MAX);
    fb_err_init(&err);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    fb_arena_release(&arena);
    return 0;
}

/* ---- random scenarios ---- */

static const char *const ids[] = {"a", "b", "c"};

static struct fb_value random_value(size_t column, fb_time around)
{
    if (roll(12) == 0) {
        return fb_value_none();
    }
    if (column < 2) {
        return fb_value_str(fb_str_of(ids[roll(3)]));
    }
    if (column == 2) {
        return roll(3) ? fb_value_int((int64_t)roll(4)) : fb_value_float((double)roll(4));
    }
    return fb_value_time(around - (fb_time)roll(5) * FB_DAY);
}

/* Variables 0 and 1 are ids, 2 and 3 too, 4 is a number, 5 a time. */
static struct fb_term *random_term(size_t column, uint32_t ids_from)
{
    if (roll(5) == 0) {
        return term(FB_TERM_ANY);
    }
    if (roll(6) == 0) {
        return constant(random_value(column, 0));
    }
    return column < 2 ? var(ids_from + roll(2)) : column == 2 ? var(4) : var(5);
}

static struct fb_form *random_pred(uint32_t ids_from)
{
    static const size_t usual[] = {1, 2, 2, 3, 3, 3};
    uint32_t relation = (uint32_t)usual[roll(6)];
    struct fb_term *terms[4];
    for (size_t i = 0; i < 4; i++) {
        terms[i] = i < relations[relation].arity ? random_term(i, ids_from) : NULL;
    }
    struct fb_form *f = pred(relation, terms[0], terms[1], terms[2], terms[3], NULL);
    f->occurs = roll(6) == 0;
    return f;
}

/* A tuple of relation four that binds the two parameters, a number and a time. */
static struct fb_form *binder(void)
{
    return pred(3, var(0), roll(3) ? var(1) : var(0), roll(2) ? var(4) : term(FB_TERM_ANY),
        roll(2) ? var(5) : term(FB_TERM_ANY), NULL);
}

/* How many tuples there are, or their sum, of one value or of all: where there are none the count
 * of all is 0, and that of a value is not there. */
static struct fb_form *random_sum(void)
{
    bool all = roll(3) == 0;
    struct fb_form *found = pred(
        3, all ? term(FB_TERM_ANY) : var(0), term(FB_TERM_ANY), var(4), term(FB_TERM_ANY), NULL);
    struct fb_form *sum = aggregate(roll(2) ? FB_AGG_COUNT : FB_AGG_SUM, 3, 4, all ? -1 : 0, found);
    return form(FB_FORM_AND, sum,
        roll(2) ? compare(FB_FORM_LESS, number(1), var(3))
                : compare(FB_FORM_LESS, var(3), number(1)));
}

static struct fb_form *random_filter(unsigned depth);

static struct fb_form *random_part(unsigned depth)
{
    switch (roll(depth ? 9 : 4)) {
    case 0:
        return compare(roll(2) ? FB_FORM_EQ : FB_FORM_LESS, roll(2) ? var(4) : var(roll(2)),
            roll(2) ? number((int64_t)roll(4)) : text(ids[roll(3)]));
    case 4:
        return form(FB_FORM_OR, random_filter(depth - 1), random_filter(depth - 1));
    case 5:
        return form(FB_FORM_NOT, random_filter(depth - 1), NULL);
    case 6:
        return exists(2, form(FB_FORM_AND, random_pred(1), random_pred(2)));
    case 7:
        return roll(4) ? exists(3, random_pred(2))
                       : timed(roll(2) ? FB_FORM_ONCE : FB_FORM_HISTORICALLY, 0,
                             (int64_t)(1 + roll(5)) * FB_DAY, random_filter(depth - 1), NULL);
    case 8:
        return roll(3) ? random_pred(0) : random_sum();
    default:
        return random_pred(0);
    }
}

static struct fb_form *random_filter(unsigned depth)
{
    struct fb_form *out = random_part(depth);
    while (roll(3) == 0) {
        out = form(FB_FORM_AND, out, random_part(depth));
    }
    return out;
}

static struct fb_form *random_trigger(void)
{
    struct fb_form *out = binder();
    if (roll(4) == 0) {
        out = form(FB_FORM_OR, out, binder());
    }
    if (roll(3) == 0) {
        out = form(FB_FORM_AND, out, random_filter(2));
    }
    return out;
}

static void random_duty(struct scenario *s)
{
    static const fb_time waits[] = {0, FB_HOUR, FB_DAY, 3 * FB_DAY};
    struct fb_duty *duty = &s->duty;
    *duty = (struct fb_duty){.name = FB_STR("d"),
        .title = FB_STR("do it"),
        .vars = names,
        .var_count = VARS,
        .param_count = 1 + roll(2),
        .modality = (enum fb_modality)roll(3),
        .when = random_trigger(),
        .given = roll(2) ? random_filter(2) : NULL,
        .during = roll(3) == 0 ? random_filter(1) : NULL,
        .act = random_filter(1),
        .anchor_var = roll(2) ? 5 : -1,
        .relax_after = waits[roll(4)],
        .within_count = roll(WITHIN + 1)};
    duty->within = s->within;
    if (roll(3) == 0) {
        duty->before = random_filter(1);
    }
    duty->party = roll(3) == 0 ? text("dev") : var(roll(2));
    for (size_t i = 0; i < duty->within_count; i++) {
        s->within[i] = (struct fb_within){.guard = roll(2) ? random_filter(1) : NULL,
            .amount = 1 + (int64_t)roll(4),
            .unit = roll(2) ? FB_UNIT_DAYS : FB_UNIT_HOURS};
    }
}

/* Sometimes the duty recurs, can be excused, or follows another with the same trigger. */
static void random_constructs(struct scenario *s)
{
    struct fb_duty *duty = &s->duty;
    if (duty->modality == FB_MUST && roll(3) == 0) {
        duty->every = 1 + (int64_t)roll(6);
        duty->every_unit = roll(3) ? FB_UNIT_DAYS : FB_UNIT_BUSINESS_DAYS;
        duty->before = NULL;
    }
    if (roll(3) == 0) {
        duty->waived = random_filter(1);
    }
    if (duty->modality == FB_MUST && roll(3) == 0) {
        s->first = *duty;
        s->first.act = random_filter(1);
        s->first.waived = roll(3) ? NULL : random_filter(1);
        s->first.every = roll(3) ? 0 : 3;
        s->first.before = s->first.every ? NULL : s->first.before;
        s->first.every_unit = FB_UNIT_DAYS;
        duty->after = &s->first;
        duty->anchor_var = -1;
    }
}

/* ---- paces ---- */

static const char *const levels[FB_PACE_LEVELS] = {"fast", "normal", "slow"};

static struct fb_form *pace_is(struct fb_term *level)
{
    return pred(PACE, text("p"), level, NULL);
}

/* The policy's pace from a time-point on, and sometimes another policy's. */
static void random_pace(struct scenario *s, size_t from, size_t until)
{
    for (int own = roll(3) ? 1 : 0; own < 2 && s->tuple_count < TUPLES_MAX; own++) {
        struct fb_value *values = FB_ARENA_ARRAY(&arena, struct fb_value, 4);
        assert_non_null(values);
        values[0] = fb_value_str(fb_str_of(own ? "p" : "q"));
        values[1] = fb_value_str(fb_str_of(levels[roll(FB_PACE_LEVELS)]));
        s->tuples[s->tuple_count] = (struct fb_tuple){.relation = PACE,
            .from = from,
            .until = until,
            .values = values,
            .seq = s->tuple_count};
        s->tuple_count++;
    }
}

/* A duty with little beside the pace, which more often is owed for long. */
static void plain_duty(struct fb_duty *duty)
{
    if (roll(3)) {
        duty->when = binder();
        duty->given = NULL;
        duty->before = NULL;
        duty->modality = FB_MUST;
        duty->anchor_var = -1;
    }
}

/* Makes a duty follow the pace: its trigger binds it, lines of `within` ask for it, and what
 * recurs, relaxes and follows has its own terms at some levels. */
static void pace_duty(struct scenario *s)
{
    static const fb_time waits[] = {0, FB_DAY, 3 * FB_DAY, 12 * FB_DAY};
    struct fb_duty *duty = &s->duty;
    duty->paced = true;
    duty->pace_relation = PACE;
    duty->when = form(FB_FORM_AND, duty->when, pace_is(var(PACE_VAR)));
    duty->during = duty->during || roll(4) ? duty->during : random_pred(0);
    for (size_t i = 0; i < duty->within_count; i++) {
        struct fb_form *asks = pace_is(text(levels[roll(FB_PACE_LEVELS)]));
        struct fb_form *guard = s->within[i].guard;
        if (roll(3)) {
            s->within[i].guard = guard ? form(FB_FORM_AND, guard, asks) : asks;
        }
    }
    for (size_t level = 0; level < FB_PACE_LEVELS; level++) {
        struct fb_duty_terms *terms = FB_ARENA_NEW(&arena, struct fb_duty_terms);
        assert_non_null(terms);
        *terms = (struct fb_duty_terms){.every = 1 + (int64_t)roll(6),
            .every_unit = roll(3) ? FB_UNIT_DAYS : FB_UNIT_BUSINESS_DAYS,
            .relax_after = waits[roll(4)],
            .lest = roll(2) ? FB_LEST_HALT : FB_LEST_NOTHING};
        duty->at_pace[level] = roll(3) ? terms : NULL;
    }
}

static void random_paces(struct scenario *s)
{
    size_t points[PACES_MAX + 1], count = 0;
    for (size_t tp = roll(2) ? 0 : roll((unsigned)s->time_count);
         tp < s->time_count && count < PACES_MAX; tp += 1 + roll((unsigned)s->time_count)) {
        points[count++] = tp;
    }
    points[count] = FB_TP_MAX;
    for (size_t i = 0; i < count; i++) {
        random_pace(s, points[i], points[i + 1]);
    }
}

/* ---- receipts ---- */

/* What the duty asks for may have been received before it was admitted. */
static void hear_duty(struct fb_duty *duty)
{
    duty->received = pred(RECEIPT, roll(3) ? var(0) : term(FB_TERM_ANY),
        roll(3) ? random_term(1, 0) : term(FB_TERM_ANY), var(RECEIVED_VAR), var(ADMITTED_VAR),
        NULL);
    if (roll(3) == 0) {
        duty->received = form(FB_FORM_AND, duty->received,
            roll(2) ? exists(3, random_pred(2)) : compare(FB_FORM_EQ, var(0), text("a")));
    }
    duty->received_var = RECEIVED_VAR;
    duty->admitted_var = ADMITTED_VAR;
    duty->received_relation = RECEIPT;
    duty->received_column = 2;
    duty->admitted_column = 3;
}

/* Receipts of something that was admitted when a tuple began, by a time-point of before or after.
 */
static void random_receipts(struct scenario *s)
{
    for (unsigned n = roll(8); n > 0 && s->tuple_count > 0 && s->tuple_count < TUPLES_MAX; n--) {
        const struct fb_tuple *of = &s->tuples[roll((unsigned)s->tuple_count)];
        size_t from = of->from + roll((unsigned)(s->time_count - of->from));
        size_t back = roll((unsigned)of->from + 1);
        struct fb_value *values = FB_ARENA_ARRAY(&arena, struct fb_value, 4);
        assert_non_null(values);
        values[0] = of->relation == PACE ? random_value(0, 0) : of->values[0];
        values[1] = of->relation == 1 || of->relation == PACE ? random_value(1, 0) : of->values[1];
        values[2] = roll(12) ? fb_value_time(s->times[roll(3) ? back : of->from]) : fb_value_none();
        values[3] = roll(12) ? fb_value_time(s->times[of->from]) : fb_value_none();
        s->tuples[s->tuple_count] = (struct fb_tuple){.relation = RECEIPT,
            .from = from,
            .until = roll(5) ? FB_TP_MAX : from + 1 + roll(4),
            .values = values,
            .seq = s->tuple_count};
        s->tuple_count++;
    }
}

/* ---- scenarios ---- */

/* Adds a tuple at the last time-point; sometimes it corrects one that holds. */
static void random_tuple(struct scenario *s)
{
    struct fb_tuple *tuple = &s->tuples[s->tuple_count];
    size_t tp = s->time_count - 1;
    struct fb_value *values = FB_ARENA_ARRAY(&arena, struct fb_value, 4);
    assert_non_null(values);
    *tuple = (struct fb_tuple){.relation = roll(3) ? 3 : roll(RELATIONS),
        .from = tp,
        .until = roll(5) ? FB_TP_MAX : tp + 1 + roll(4),
        .values = values,
        .seq = s->tuple_count};
    for (size_t i = 0; i < 4; i++) {
        values[i] = random_value(i, s->times[tp]);
    }
    for (size_t i = 0; i < s->tuple_count && roll(2); i++) {
        struct fb_tuple *old = &s->tuples[i];
        if (old->relation == tuple->relation && old->from < tp && old->until > tp &&
            fb_value_eq(old->values[0], values[0])) {
            old->until = tp;
            tuple->correction = roll(4) != 0;
            break;
        }
    }
    s->tuple_count++;
}

static void random_scenario(struct scenario *s)
{
    static const fb_time steps[] = {FB_HOUR, 5 * FB_HOUR, FB_DAY, 2 * FB_DAY, 7 * FB_DAY};
    memset(s, 0, sizeof(*s));
    fb_time t = fb_days_from_civil(2026, 1, 1) * FB_DAY;
    size_t count = 1 + roll(TIMES_MAX - 1);
    for (size_t i = 0; i < count; i++) {
        s->times[s->time_count++] = t;
        for (unsigned k = roll(3); k > 0 && s->tuple_count < TUPLES_MAX; k--) {
            random_tuple(s);
        }
        t += steps[roll(5)];
    }
    s->now = roll(3) ? t + FB_DAY : s->times[roll((unsigned)s->time_count)];
    s->program = (struct fb_program){.name = FB_STR("p"),
        .signature = &signature,
        .days.calendar = roll(4) ? FB_CALENDAR_EXACT : FB_CALENDAR_EU_1182_71,
        .effective = roll(2) ? FB_TIME_MIN : s->times[roll((unsigned)s->time_count)],
        .expires = roll(4) ? FB_TIME_MAX : s->times[roll((unsigned)s->time_count)] + FB_HOUR};
    fb_time force = s->program.effective, before = (fb_time)roll(12) * FB_DAY;
    s->program.clocks_from = force == FB_TIME_MIN || roll(3) == 0 ? force : force - before;
    random_duty(s);
    if (roll(2)) {
        random_paces(s);
        plain_duty(&s->duty);
        pace_duty(s);
    }
    random_constructs(s);
    if (s->duty.modality == FB_MUST && roll(2)) {
        random_receipts(s);
        hear_duty(&s->duty);
        if (s->duty.after && roll(3)) {
            hear_duty(&s->first);
        }
    }
    /* Often a law that was always there, and comes in the middle. */
    if (s->duty.anchor_var >= 0 && roll(4)) {
        s->program.effective = s->times[s->time_count / 2];
        s->program.clocks_from = FB_TIME_MIN;
    }
}

/* ---- both ways ---- */

static int order_tuples(const void *a, const void *b)
{
    const struct fb_tuple *x = a, *y = b;
    if (x->relation != y->relation) {
        return x->relation < y->relation ? -1 : 1;
    }
    if (x->from != y->from) {
        return x->from < y->from ? -1 : 1;
    }
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static size_t conditions_seen[2], many_seen, both_seen[2], kept_seen, early_seen, late_law_seen,
    heard_seen, obligations_seen, breaches_seen, refused_seen, recounted_seen, paced_seen,
    some_seen;

/* A judge whose answers are proved and checked. */
static enum fb_code judge(
    void *ctx, const struct fb_question *question, struct fb_answer *out, struct fb_err *why)
{
    enum fb_code code = fb_prove_answer(question, ctx, out, why);
    return code ? code : fb_proof_check_answer(question, out, why);
}

static int order_begins(const void *a, const void *b)
{
    const struct fb_tuple *x = a, *y = b;
    return x->from != y->from ? (x->from < y->from ? -1 : 1) : order_tuples(a, b);
}

/* Whether the checker's own reading of duties finds an obligation, by checked answers. */
static bool recounted(
    struct scenario *s, const struct fb_trace *trace, const struct fb_obligation *want)
{
    struct fb_arena own;
    struct fb_trace sorted = *trace;
    struct fb_obligations all = {0};
    bool found = false;
    fb_arena_init(&own, (size_t)1 << 30);
    sorted.tuples = FB_ARENA_ARRAY(&own, struct fb_tuple, trace->tuple_count);
    memcpy(sorted.tuples, trace->tuples, trace->tuple_count * sizeof(*sorted.tuples));
    qsort(sorted.tuples, trace->tuple_count, sizeof(*sorted.tuples), order_begins);
    struct fb_duty_subject subject = {.program = &s->program,
        .duty = &s->duty,
        .trace = &sorted,
        .now = s->now,
        .key = want->bindings,
        .judge = judge,
        .ctx = &own};
    enum fb_code code = fb_duty_recount(&subject, &own, &all, &err);
    for (size_t i = 0; code == FB_OK && i < all.count && !found; i++) {
        found = same_item(want, &all.items[i]);
        if (showing) {
            show_item("recounted", &all.items[i]);
        }
    }
    if (showing && code) {
        printf("recount: %s\n", err.message);
    }
    fb_arena_release(&own);
    return found || code == FB_E_UNSUPPORTED;
}

/* What differs when only some obligations are asked for; NULL when nothing does. */
static const char *difference_of_some(
    const struct fb_duty_query *all, const struct fb_obligations *want, struct fb_arena *own)
{
    for (uint32_t p = 0; p < all->duty->param_count; p++) {
        const struct fb_value only[2] = {
            fb_value_str(fb_str_of(ids[p % 3])), p % 2 ? fb_value_none() : fb_value_int(1)};
        struct fb_duty_query query = *all;
        struct fb_obligations got = {NULL, 0};
        size_t next = 0;
        query.only = only;
        query.only_count = 2;
        query.only_param = p;
        FB_TEST_OK(fb_duty_run(&query, own, &got, &err));
        for (size_t i = 0; i < want->count; i++) {
            struct fb_value value = want->items[i].bindings[p];
            if (!fb_value_eq(value, only[0]) && !fb_value_eq(value, only[1])) {
                continue;
            }
            if (next == got.count || !same_item(&want->items[i], &got.items[next++])) {
                return "what is asked for of some";
            }
            some_seen++;
        }
        if (next != got.count) {
            return "the number of some";
        }
    }
    return NULL;
}

/* Receipts change when something was done, never whether. */
static const char *hear(struct scenario *s, const struct fb_trace *trace,
    const struct fb_obligations *want, struct fb_arena *own)
{
    struct fb_duty deaf = s->duty;
    struct fb_obligations got = {0};
    deaf.received = NULL;
    if (!s->duty.received || deaf.after) {
        return NULL;
    }
    FB_TEST_OK(fb_duty_run_naive(&s->program, &deaf, trace, s->now, own, &got, &err));
    if (got.count != want->count) {
        return "the number without receipts";
    }
    for (size_t i = 0; i < want->count; i++) {
        const struct fb_obligation *with = &want->items[i], *without = &got.items[i];
        bool done = with->status == FB_DUTY_MET || with->status == FB_DUTY_MET_LATE;
        heard_seen += with->settled != without->settled;
        if ((done && with->settled > without->settled) || with->breached < without->breached) {
            return "a receipt that is held against somebody";
        }
    }
    return NULL;
}

/* The last obligation of the same bindings and party that began by t; NULL: there is none. */
static const struct fb_obligation *begun_by(
    const struct fb_obligations *all, const struct fb_obligation *of, fb_time t)
{
    const struct fb_obligation *found = NULL;
    for (size_t i = 0; i < all->count; i++) {
        const struct fb_obligation *o = &all->items[i];
        bool same = o->since <= t && fb_str_eq(o->party, of->party);
        for (size_t k = 0; same && k < of->duty->param_count; k++) {
            same = fb_value_eq(o->bindings[k], of->bindings[k]);
        }
        found = same ? o : found;
    }
    return found;
}

/* What was done before the policy came into force is done with, and only what would be if it had
 * always been in force. */
static const char *look_back(struct scenario *s, const struct fb_trace *trace, struct fb_arena *own)
{
    struct fb_program always = s->program;
    struct fb_duty deaf = s->duty;
    struct fb_obligations want = {0}, got = {0};
    fb_time force = s->program.effective;
    if (deaf.modality != FB_MUST || deaf.every || deaf.after || force == FB_TIME_MIN) {
        return NULL;
    }
    always.effective = FB_TIME_MIN;
    deaf.received = NULL;
    FB_TEST_OK(fb_duty_run_naive(&always, &deaf, trace, s->now, own, &want, &err));
    FB_TEST_OK(fb_duty_run_naive(&s->program, &deaf, trace, s->now, own, &got, &err));
    for (size_t i = 0; i < got.count; i++) {
        const struct fb_obligation *o = &got.items[i];
        const struct fb_obligation *other = o->since == force ? begun_by(&want, o, force) : NULL;
        bool early = other && other->since < force && other->settled < force &&
                     (other->status == FB_DUTY_MET || other->status == FB_DUTY_MET_LATE);
        early_seen += early;
        if (o->settled < force ? !early : early) {
            return "what was done before the policy was in force";
        }
        /* By the policy's own date it may have been late. */
        bool late = early && o->status == FB_DUTY_MET_LATE && o->breached <= o->settled &&
                    s->program.clocks_from < force;
        bool in_time = early && o->status == FB_DUTY_MET && o->breached == FB_TIME_MAX;
        if (early && (o->settled != other->settled || !(late || in_time))) {
            return "when it was done before the policy was in force";
        }
        /* A clock that runs from before the force is that of a law that was always there. */
        bool late_law = other && other->since < force && other->settled != force &&
                        s->duty.anchor_var >= 0 && s->program.clocks_from < force;
        late_law_seen += late_law;
        if (late_law && !deaf.before &&
            (o->deadline != other->deadline || o->breached != other->breached ||
                o->status != other->status)) {
            return "the deadline of a law that came late";
        }
    }
    return NULL;
}

/* Whether every one of some equal duties, run at once on several threads, has what one alone has.
 * Now and then: threads are dear. */
static bool of_many(const struct fb_duty_query *query, enum fb_code code,
    const struct fb_obligations *want, struct fb_arena *own)
{
    enum { MANY = 3, OFTEN = 31 /* prime: kinds of cases take turns */ };
    static size_t calls;
    const struct fb_duty_query queries[MANY] = {*query, *query, *query};
    struct fb_obligations outs[MANY] = {{NULL, 0}};
    if (calls++ % OFTEN != 0) {
        return true;
    }
    struct fb_err error;
    fb_err_init(&error);
    bool good = fb_duty_run_all(queries, MANY, 2, own, outs, &error) == code;
    for (size_t i = 0; i < MANY && good && code == FB_OK; i++) {
        good = outs[i].count == want->count;
        for (size_t k = 0; k < want->count && good; k++) {
            good = same_item(&outs[i].items[k], &want->items[k]);
        }
        many_seen += want->count > 0;
    }
    return good;
}

/* Whether a duty and the one whose discharge it follows have, run at once, what each alone has. */
static bool of_both(const struct scenario *s, const struct fb_duty_query *query,
    const struct fb_trace *trace, const struct fb_obligations *want, struct fb_arena *own)
{
    struct fb_duty_query queries[2] = {*query, *query};
    struct fb_obligations outs[2], wants[2] = {{NULL, 0}, *want};
    queries[0].duty = &s->first;
    FB_TEST_OK(fb_duty_run_naive(&s->program, &s->first, trace, s->now, own, &wants[0], &err));
    FB_TEST_OK(fb_duty_run_all(queries, 2, 1, own, outs, &err));
    bool good = outs[0].count == wants[0].count && outs[1].count == wants[1].count;
    for (size_t n = 0; n < 2; n++) {
        for (size_t i = 0; i < wants[n].count && good; i++) {
            good = same_item(&outs[n].items[i], &wants[n].items[i]);
        }
        both_seen[n] += wants[n].count > 0;
    }
    return good;
}

/* Whether a condition holds of given values, in the trace and in one that grows. */
static bool same_condition(const struct fb_trace *trace, const struct fb_form_query *query,
    const struct fb_form_query *grown, size_t tp, struct fb_arena *own)
{
    struct fb_row given = {.values = (struct fb_value *)(uintptr_t)query->given};
    struct fb_table want;
    bool holds = false, too = false;
    FB_TEST_OK(fb_eval_naive(query->form, trace, tp, VARS, &given, own, &want, &err));
    FB_TEST_OK(fb_slice_holds(query, tp, &holds, &err));
    conditions_seen[want.count > 0]++;
    if (fb_form_sliced(query->form)) {
        FB_TEST_OK(fb_slice_holds(grown, fb_tp_of_time(trace->times[tp]), &too, &err));
        too = too == holds;
    }
    return holds == (want.count > 0) && (too || !fb_form_sliced(query->form));
}

/* Adds tuple i to a trace that grows; now and then it has an end only later. */
static void add_grown(struct fb_access *access, const struct fb_trace *trace, size_t i)
{
    struct fb_tuple tuple = trace->tuples[i];
    bool ends = tuple.until < trace->time_count && i % 3 > 0;
    tuple.from = fb_tp_of_time(trace->times[tuple.from]);
    tuple.until = ends ? fb_tp_of_time(trace->times[tuple.until]) : FB_TP_MAX;
    FB_TEST_OK(fb_access_add(access, &tuple, &err));
}

/* Whether a duty has the same obligations, with the same reasons, by what is kept and without. */
static bool same_kept(struct fb_duty_query query, struct fb_kept *kept, struct fb_arena *own)
{
    struct fb_obligations want = {0}, got = {0};
    struct fb_why *why = NULL, *too = NULL;
    query.kept = NULL;
    enum fb_code code = fb_duty_run(&query, own, &want, &err);
    query.kept = kept;
    bool good = fb_duty_run(&query, own, &got, &err) == code && got.count == want.count;
    for (size_t i = 0; good && i < want.count; i++) {
        good = same_item(&want.items[i], &got.items[i]);
    }
    for (size_t i = 0; good && i < want.count && i < 2; i++) {
        FB_TEST_OK(fb_duty_explain(&query, &got.items[i], own, &too, &err));
        query.kept = NULL;
        FB_TEST_OK(fb_duty_explain(&query, &want.items[i], own, &why, &err));
        query.kept = kept;
        good = same_why(why, too);
    }
    kept_seen += want.count > 0;
    return good;
}

/* Tuples come in any order, the last ones are taken back, others end. */
static const char *by_what_is_kept(
    const struct scenario *s, const struct fb_trace *trace, struct fb_arena *own)
{
    enum { STEP = 7, TAKEN_BACK = 3 };
    struct fb_access *access = NULL;
    struct fb_kept *kept = NULL;
    enum fb_slicing slicing;
    struct fb_value only = fb_value_str(fb_str_of(ids[0]));
    FB_TEST_OK(fb_duty_slicing(&s->duty, &slicing, &err));
    if (slicing != FB_SLICED || trace->tuple_count == 0) {
        return NULL;
    }
    FB_TEST_OK(fb_access_grow(&signature, own, &access, &err));
    FB_TEST_OK(fb_kept_new(own, &kept, &err));
    fb_access_until(access, trace->times[trace->time_count - 1]);
    size_t count = trace->tuple_count, stride = count % 11 ? 11 : 13, done = 0, ended = 0;
    for (size_t n = 0; done < count || n % 2; n++) {
        fb_access_undo(access, done);
        for (size_t k = 0; k < STEP && done < count && n % 2 == 0; k++) {
            add_grown(access, trace, done++ * stride % count);
        }
        for (; n > 1 && ended + STEP < done; ended += 2) {
            const struct fb_tuple *tuple = &trace->tuples[ended * stride % count];
            bool never = ended % 5 == 4;
            if (never || tuple->until < trace->time_count) {
                size_t until = never ? 0 : fb_tp_of_time(trace->times[tuple->until]);
                FB_TEST_OK(fb_access_end(access, (uint32_t)ended, until, &err));
            }
        }
        fb_kept_stay(kept, done);
        for (size_t k = 0; k < TAKEN_BACK && n % 2 == 0; k++) {
            add_grown(access, trace, (n * STEP + k) % count);
        }
        struct fb_duty_query query = {
            .program = &s->program, .duty = &s->duty, .access = access, .now = s->now};
        query.only = n % 4 < 2 ? NULL : &only;
        query.only_count = 1;
        if (!same_kept(query, kept, own)) {
            return "by what is kept, an obligation";
        }
    }
    return NULL;
}

/* The same tuples in a trace that grows. */
static struct fb_access *grow(const struct fb_trace *trace, struct fb_arena *own)
{
    struct fb_access *access = NULL;
    FB_TEST_OK(fb_access_grow(&signature, own, &access, &err));
    for (size_t i = 0; i < trace->tuple_count; i++) {
        struct fb_tuple tuple = trace->tuples[i];
        bool ends = tuple.until < trace->time_count;
        tuple.from = fb_tp_of_time(trace->times[tuple.from]);
        tuple.until = ends ? fb_tp_of_time(trace->times[tuple.until]) : FB_TP_MAX;
        FB_TEST_OK(fb_access_add(access, &tuple, &err));
    }
    fb_access_until(access, trace->times[trace->time_count - 1]);
    return access;
}

/* The formulas of a duty as conditions of one or two of its variables. */
static const char *conditions(const struct scenario *s, const struct fb_trace *trace,
    struct fb_access *access, struct fb_arena *own)
{
    struct fb_access *grown = grow(trace, own);
    for (size_t i = 0; i < fb_duty_form_count(&s->duty); i++) {
        const struct fb_form *form = fb_duty_form(&s->duty, i);
        for (fb_vars bound = 1; form && bound <= 3 && s->time_count > 0; bound++) {
            struct fb_value given[VARS] = {{.type = FB_TYPE_NONE}};
            size_t tp = (i + bound) * 7 % s->time_count;
            given[0] = bound & 1 ? fb_value_str(fb_str_of(ids[i % 3])) : given[0];
            given[1] = bound & 2 ? fb_value_str(fb_str_of(ids[bound % 3])) : given[1];
            const struct fb_form_query query = {access, form, VARS, given},
                                       late = {grown, form, VARS, given};
            if (fb_form_evaluable(form, bound, NULL) &&
                !same_condition(trace, &query, &late, tp, own)) {
                return "a condition";
            }
        }
    }
    return NULL;
}

/* What differs between both ways; NULL when nothing does. */
static const char *difference(struct scenario *s, struct fb_arena *own)
{
    struct fb_trace trace = {.signature = &signature,
        .times = s->times,
        .time_count = s->time_count,
        .tuples = FB_ARENA_ARRAY(own, struct fb_tuple, s->tuple_count),
        .tuple_count = s->tuple_count};
    struct fb_obligations want = {0}, got = {0};
    struct fb_access *access = NULL;
    /* As those of policies are: what is not sealed is never asked the quick way. */
    for (size_t i = 0; i < fb_duty_form_count(&s->duty); i++) {
        fb_form_seal(fb_duty_form(&s->duty, i));
    }
    for (size_t i = 0; s->duty.after && i < fb_duty_form_count(&s->first); i++) {
        fb_form_seal(fb_duty_form(&s->first, i));
    }
    memcpy(trace.tuples, s->tuples, s->tuple_count * sizeof(*trace.tuples));
    qsort(trace.tuples, trace.tuple_count, sizeof(*trace.tuples), order_tuples);
    enum fb_code code = fb_duty_run_naive(&s->program, &s->duty, &trace, s->now, own, &want, &err);
    FB_TEST_OK(fb_access_new(&trace, own, &access, &err));
    struct fb_duty_query query = {
        .program = &s->program, .duty = &s->duty, .access = access, .now = s->now};
    enum fb_code fast = fb_duty_run(&query, own, &got, &err);
    if (!of_many(&query, fast, &got, own)) {
        return "the same of many";
    }
    refused_seen += code != FB_OK;
    if (fast != code) {
        return "the error";
    }
    if (code != FB_OK) {
        return NULL;
    }
    if (want.count != got.count) {
        return "the number of obligations";
    }
    if (s->duty.after && !of_both(s, &query, &trace, &want, own)) {
        return "both at once";
    }
    for (size_t i = 0; i < want.count; i++) {
        struct fb_why *why = NULL;
        obligations_seen++;
        breaches_seen += want.items[i].breached != FB_TIME_MAX;
        if (!same_item(&want.items[i], &got.items[i])) {
            if (showing) {
                show_item("naive", &want.items[i]);
                show_item("sliced", &got.items[i]);
            }
            return "an obligation";
        }
        if (i == 0 || (s->duty.paced && i < RECOUNTS_MAX)) {
            recounted_seen++;
            paced_seen += s->duty.paced;
            if (!recounted(s, &trace, &want.items[i])) {
                if (showing) {
                    show_item("naive", &want.items[i]);
                }
                return "what the checker finds";
            }
        }
        code = fb_duty_explain(&query, &got.items[i], own, &why, &err);
        if (code != FB_OK || !same_why(want.items[i].why, why)) {
            show_why(want.items[i].why, 0);
            show_why(why, 0);
            return "a reason";
        }
    }
    const char *what = hear(s, &trace, &want, own);
    what = what ? what : look_back(s, &trace, own);
    what = what ? what : conditions(s, &trace, access, own);
    what = what ? what : by_what_is_kept(s, &trace, own);
    return what ? what : difference_of_some(&query, &want, own);
}

static const char *check(struct scenario *s)
{
    struct fb_arena own;
    fb_arena_init(&own, ARENA_MAX);
    const char *what = difference(s, &own);
    fb_arena_release(&own);
    return what;
}

/* Makes a copy of a scenario point at its own parts. */
static void own_parts(struct scenario *s)
{
    s->duty.within = s->first.within = s->within;
    s->duty.after = s->duty.after ? &s->first : NULL;
}

/* Leaves out whatever does not matter for the difference: tuples, parts of the duty. */
static void shrink(struct scenario *s)
{
    for (bool smaller = true; smaller;) {
        smaller = false;
        for (size_t i = s->tuple_count; i-- > 0;) {
            struct scenario less = *s;
            own_parts(&less);
            memmove(&less.tuples[i], &less.tuples[i + 1],
                (less.tuple_count - i - 1) * sizeof(less.tuples[0]));
            less.tuple_count--;
            if (check(&less)) {
                *s = less;
                own_parts(s);
                smaller = true;
            }
        }
        for (int part = 0; part < 8; part++) {
            struct scenario less = *s;
            own_parts(&less);
            struct fb_form **parts[] = {&less.duty.given, &less.duty.during, &less.duty.before,
                &less.duty.waived, &less.duty.received};
            bool there = part < 5    ? *parts[part] != NULL
                         : part == 5 ? less.duty.within_count > 0
                         : part == 6 ? less.duty.every > 0
                                     : less.program.expires != FB_TIME_MAX;
            if (part < 5) {
                *parts[part] = NULL;
            } else if (part == 5 && there) {
                less.duty.within_count--;
            } else if (part == 6) {
                less.duty.every = 0;
            } else {
                less.program.expires = FB_TIME_MAX;
            }
            if (there && check(&less)) {
                *s = less;
                own_parts(s);
                smaller = true;
            }
        }
    }
}

static void show(const struct scenario *s)
{
    const struct fb_form *forms[] = {s->duty.when, s->duty.given, s->duty.during, s->duty.act,
        s->duty.before, s->duty.waived, s->duty.after ? s->duty.after->act : NULL, s->duty.received,
        s->duty.after ? s->duty.after->received : NULL};
    static const char *const labels[] = {"when", "given", "during", "act", "before", "waived",
        "act of the first", "received", "received of the first"};
    printf("modality %d, params %zu, anchor %d, within %zu, relax %lld, every %lld\n",
        s->duty.modality, s->duty.param_count, s->duty.anchor_var, s->duty.within_count,
        (long long)s->duty.relax_after, (long long)s->duty.every);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        printf("%s ", labels[i]);
        show_form(forms[i], relations);
        printf("\n");
    }
    for (size_t i = 0; i < s->duty.within_count; i++) {
        printf("within ");
        show_form(s->duty.within[i].guard, relations);
        printf("\n");
    }
    for (size_t i = 0; i < s->tuple_count; i++) {
        show_tuple(&s->tuples[i], relations);
    }
}

static void random_case(uint64_t seed, size_t number)
{
    static struct scenario s;
    fb_arena_release(&arena);
    state = seed * 0x9e3779b97f4a7c15u + number;
    (void)roll(2);
    /* Every third case by what changes alone, as is done where there is much, and every third with
     * all walks kept. */
    if (number % 3 == 2) {
        fb_limit_lower(FB_KEPT_LOOKED_MIN, 0);
    } else {
        fb_limit_lower(FB_DUTY_FRESH_MIN, number % 3 ? 0 : FB_DUTY_FRESH_MIN);
    }
    random_scenario(&s);
    if (check(&s)) {
        shrink(&s);
        show(&s);
        showing = true;
        fail_msg("seed %llu, case %zu: %s differs", (unsigned long long)seed, number, check(&s));
    }
}

static void test_duties(void **unused)
{
    (void)unused;
    const char *given = getenv("FB_RANDOM_CASES");
    const char *seed = getenv("FB_RANDOM_SEED");
    size_t cases = given ? strtoul(given, NULL, 10) : 1500;
    random_case(11, 630); /* the deadline is of what held before the force, with another date */
    for (size_t i = 0; i < cases; i++) {
        random_case(seed ? strtoull(seed, NULL, 10) : 1, i);
    }
    /* The cases say something. */
    assert_true(obligations_seen > cases / 2);
    assert_true(breaches_seen > cases / 20);
    assert_true(recounted_seen > cases / 10);
    assert_true(some_seen > cases / 10);
    assert_true(paced_seen > cases / 4);
    assert_true(heard_seen > cases / 2000);
    assert_true(early_seen > cases / 200);
    assert_true(late_law_seen > cases / 99);
    assert_true(refused_seen < cases / 2);
    assert_true(many_seen > cases / 200 && both_seen[0] > cases / 99 && both_seen[1] > cases / 200);
    assert_true(kept_seen > cases / 2);
    assert_true(conditions_seen[false] > cases / 10 && conditions_seen[true] > cases / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_duties, setup, teardown),
    };
    return cmocka_run_group_tests_name("slice", tests, NULL, NULL);
}

/*
 * Tests of src/engine/slice_rest.c and duty_rest.c: what a party owes because of any of its
 * systems, by the row that it rests on, against the naive run over everything, while facts come and
 * end one instant after the other. Random duties of all kinds and random histories, in which rows
 * last and end, early ones are corrected, what is done, excused and in force changes, facts come
 * that began before, and some are taken back. FB_RANDOM_CASES=100000 for longer. Some small
 * histories where a row that is not found again would cost time alone.
 */
#include <stdlib.h>

#include "base/limit.h"
#include "engine/duty.h"
#include "engine/slice.h"
#include "engine/slice_rest.h"
#include "ir_build.h"
#include "slice_show.h"

enum { ARENA_MAX = 1 << 28, FACTS_MAX = 120, STEPS_MAX = 24, PARTIES = 2, SYSTEMS = 8 };

/* A party has a system of a level, since a date; a system is off; a party is on; it did something
 * about a system; it is excused; a recipient has what it did; the policy's pace. */
enum { HAS, OFF, ON, DID, EXCUSED, RECEIPT, PACE, RELATIONS };
enum { P, DATE, S, LEVEL, OTHER, ANY, ANY2, RECEIVED, ADMITTED, VARS };

static const struct fb_str columns[] = {{"party", 5}, {"of", 2}, {"level", 5}, {"when", 4}};
static struct fb_relation relations[RELATIONS] = {
    [HAS] = {{"has", 3}, 4, columns, NULL},
    [OFF] = {{"off", 3}, 2, columns, NULL},
    [ON] = {{"on", 2}, 1, columns, NULL},
    [DID] = {{"did", 3}, 2, columns, NULL},
    [EXCUSED] = {{"excused", 7}, 1, columns, NULL},
    [RECEIPT] = {{"receipt", 7}, 4, columns, NULL},
    [PACE] = {{"pace", 4}, 2, columns, NULL},
};
static const struct fb_signature signature = {relations, RELATIONS};
static const struct fb_str names[VARS] = {{"P", 1}, {"date", 4}, {"S", 1}, {"level", 5},
    {"other", 5}, {"any", 3}, {"many", 4}, {"received", 8}, {"admitted", 8}};
static const char *const parties[PARTIES] = {"p", "q"};
static const char *const systems[SYSTEMS] = {"a", "b", "c", "d", "e", "f", "g", "h"};

#define FIRST_DAY (fb_days_from_civil(2026, 1, 1) * FB_DAY)

struct fact {
    struct fb_tuple tuple; /* from and until as of fb_tp_of_time */
    uint32_t id;           /* in the access */
};

struct story {
    struct fb_program program;
    struct fb_duty duty;
    struct fb_duty first; /* whose discharge opens the duty, where that follows one */
    struct fb_within within[2];
    struct fact facts[FACTS_MAX]; /* that hold at some time */
    size_t count;
    uint64_t seq;
    fb_time now;
    struct fb_access *access;
    struct fb_kept *kept;
};

static uint64_t state;
static size_t answers_seen, used_seen, owed_seen[FB_DUTY_WAIVED + 1], broken_seen, follows_seen,
    corrected_seen, early_seen;

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
    fb_limit_lower(FB_KEPT_LOOKED_MIN, 0);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    fb_arena_release(&arena);
    fb_limit_lower(FB_KEPT_LOOKED_MIN, FB_KEPT_LOOKED_MIN);
    return 0;
}

/* ---- random duties ---- */

/* What is asked of a party, or now and then of one of its systems. */
static struct fb_form *of_party(uint32_t relation)
{
    bool hides = roll(3) == 0 && relations[relation].arity > 1;
    struct fb_term *system = roll(9) == 0 ? var(S) : hides ? var(ANY) : term(FB_TERM_ANY);
    struct fb_form *f = relations[relation].arity == 1 ? pred(relation, var(P), NULL)
                                                       : pred(relation, var(P), system, NULL);
    f->occurs = roll(8) == 0;
    return fb_form_vars(f) & fb_vars_of(ANY) ? exists(ANY, f) : f;
}

/* A party that has any system of a level, or is on, or has one that is not off. */
static struct fb_form *has_any(uint32_t hidden)
{
    struct fb_term *level = roll(2) ? number((int64_t)roll(4)) : term(FB_TERM_ANY);
    struct fb_form *f = pred(HAS, var(P), var(hidden), level, term(FB_TERM_ANY), NULL);
    f->occurs = roll(9) == 0;
    if (roll(4) == 0) {
        f = form(FB_FORM_AND, f,
            form(FB_FORM_NOT, pred(OFF, var(hidden), term(FB_TERM_ANY), NULL), NULL));
    }
    f = exists(hidden, f);
    return roll(3) ? f : form(FB_FORM_OR, pred(ON, var(P), NULL), f);
}

static struct fb_form *random_trigger(bool dated)
{
    struct fb_term *date = dated ? var(DATE) : term(FB_TERM_ANY);
    struct fb_form *has = pred(HAS, var(P), var(S), var(LEVEL), date, NULL);
    has->occurs = roll(9) == 0;
    if (roll(2)) {
        has = exists(LEVEL, form(FB_FORM_AND, has, compare(FB_FORM_LESS, number(1), var(LEVEL))));
    }
    return has;
}

static struct fb_form *random_given(void)
{
    switch (roll(7)) {
    case 0:
    case 4:
        return form(FB_FORM_NOT, pred(OFF, var(S), term(FB_TERM_ANY), NULL), NULL);
    case 1:
        return form(FB_FORM_OR, pred(ON, var(P), NULL), pred(OFF, var(S), var(P), NULL));
    case 2:
        return form(FB_FORM_AND, pred(ON, var(P), NULL),
            form(FB_FORM_NOT, pred(OFF, var(S), var(P), NULL), NULL));
    case 3: /* another system that is not off: rows of their own, or of any */
        return roll(2) ? pred(DID, var(P), var(OTHER), NULL)
                       : exists(OTHER,
                             form(FB_FORM_AND,
                                 pred(HAS, var(P), var(OTHER), term(FB_TERM_ANY), term(FB_TERM_ANY),
                                     NULL),
                                 form(FB_FORM_NOT, pred(OFF, var(OTHER), var(S), NULL), NULL)));
    case 5: /* what was done is counted */
        return roll(3)
                   ? has_any(OTHER)
                   : form(FB_FORM_AND,
                         aggregate(FB_AGG_COUNT, OTHER, ANY, P, pred(DID, var(P), var(ANY), NULL)),
                         compare(FB_FORM_LESS, var(OTHER), number(3)));
    default:
        return NULL;
    }
}

static void hear(struct fb_duty *duty)
{
    duty->received = pred(RECEIPT, var(P), term(FB_TERM_ANY), var(RECEIVED), var(ADMITTED), NULL);
    duty->received_var = RECEIVED;
    duty->admitted_var = ADMITTED;
    duty->received_relation = RECEIPT;
    duty->received_column = 2;
    duty->admitted_column = 3;
}

static void random_duty(struct story *s)
{
    static const fb_time waits[] = {0, FB_HOUR, 3 * FB_DAY};
    struct fb_duty *duty = &s->duty;
    bool dated = roll(4) == 0;
    *duty = (struct fb_duty){.name = FB_STR("d"),
        .title = FB_STR("do it"),
        .vars = names,
        .var_count = VARS,
        .param_count = dated && roll(4) ? 2 : 1,
        .system_var = -1,
        .modality = roll(2) ? FB_MUST : (enum fb_modality)roll(3),
        .when = random_trigger(dated),
        .given = random_given(),
        .during = roll(3)   ? NULL
                  : roll(2) ? of_party(ON)
                            : has_any(ANY2),
        .act = of_party(DID),
        .before = roll(6) ? NULL : of_party(DID),
        .waived = roll(4) ? NULL : of_party(EXCUSED),
        .party = roll(6)   ? var(P)
                 : roll(3) ? text("dev")
                           : var(S),
        .anchor_var = -1,
        .relax_after = waits[roll(3)],
        .within = s->within,
        .within_count = roll(3)};
    if (dated && roll(4)) {
        duty->anchor_var = DATE;
    }
    for (size_t i = 0; i < duty->within_count; i++) {
        s->within[i] = (struct fb_within){.guard = roll(9) ? NULL : of_party(ON),
            .amount = 1 + (int64_t)roll(9),
            .unit = roll(2) ? FB_UNIT_DAYS : FB_UNIT_HOURS};
    }
    if (duty->modality == FB_MUST && roll(4) == 0) {
        duty->every = 2 + (int64_t)roll(6);
        duty->every_unit = FB_UNIT_DAYS;
        duty->before = NULL;
    }
    if (duty->modality == FB_MUST && roll(3) == 0) {
        hear(duty);
    }
    if (roll(12) == 0) {
        duty->paced = true;
        duty->pace_relation = PACE;
        duty->when = form(FB_FORM_AND, duty->when, pred(PACE, text("r"), term(FB_TERM_ANY), NULL));
    }
    if (duty->modality == FB_MUST && roll(4) == 0) {
        s->first = *duty;
        s->first.act = of_party(DID);
        s->first.every = roll(2) ? 0 : duty->every;
        s->first.before = s->first.every ? NULL : s->first.before;
        duty->after = &s->first;
        duty->anchor_var = -1;
    }
    for (size_t i = 0; i < fb_duty_form_count(duty); i++) {
        fb_form_seal(fb_duty_form(duty, i));
    }
    for (size_t i = 0; duty->after && i < fb_duty_form_count(&s->first); i++) {
        fb_form_seal(fb_duty_form(&s->first, i));
    }
}

/* ---- random histories ---- */

/* A fact from an instant on; NULL: there is no more room. */
static struct fact *add(struct story *s, uint32_t relation, fb_time from)
{
    if (s->count == FACTS_MAX) {
        return NULL;
    }
    struct fb_value *values = FB_ARENA_ARRAY(&arena, struct fb_value, 4);
    assert_non_null(values);
    values[0] = fb_value_str(fb_str_of(parties[roll(4) ? 0 : 1]));
    values[1] = fb_value_str(fb_str_of(systems[roll(SYSTEMS)]));
    values[2] = fb_value_int((int64_t)roll(4));
    values[3] = roll(6) ? fb_value_time(FIRST_DAY - (fb_time)roll(2) * FB_DAY) : fb_value_none();
    if (relation == OFF) {
        values[1] = values[0];
        values[0] = fb_value_str(fb_str_of(systems[roll(SYSTEMS)]));
    } else if (relation == RECEIPT) {
        values[2] = fb_value_time(from - (fb_time)roll(3) * FB_DAY);
        values[3] = fb_value_time(from);
    } else if (relation == PACE) {
        values[0] = fb_value_str(FB_STR("r"));
        values[1] = fb_value_str(fb_str_of(roll(2) ? "fast" : "slow"));
    }
    struct fact *fact = &s->facts[s->count++];
    fact->tuple = (struct fb_tuple){.relation = relation,
        .from = fb_tp_of_time(from),
        .until = roll(4) ? FB_TP_MAX : fb_tp_of_time(from + (fb_time)(1 + roll(40)) * FB_HOUR),
        .values = values,
        .seq = s->seq++};
    return fact;
}

/* It joins the access. */
static void join(struct story *s, struct fact *fact)
{
    if (fact) {
        fact->id = (uint32_t)fb_access_trace(s->access)->tuple_count;
        FB_TEST_OK(fb_access_add(s->access, &fact->tuple, &err));
    }
}

/* A fact ends; one that ends where it begins never was. */
static void end(struct story *s, size_t i, fb_time at)
{
    struct fact *fact = &s->facts[i];
    size_t until = fb_tp_of_time(at);
    if (until >= fact->tuple.until) {
        return;
    }
    FB_TEST_OK(fb_access_end(s->access, fact->id, until, &err));
    fact->tuple.until = until;
    if (until <= fact->tuple.from) {
        memmove(fact, fact + 1, (s->count - i - 1) * sizeof(*fact));
        s->count--;
    }
}

/* A fact takes the place of another of its relation, with the same party and system, as a rule. */
static void correct(struct story *s, size_t i)
{
    struct fb_tuple old = s->facts[i].tuple;
    if (old.from >= fb_tp_of_time(s->now) || old.until <= fb_tp_of_time(s->now)) {
        return;
    }
    end(s, i, s->now);
    struct fact *fact = add(s, old.relation, s->now);
    if (fact) {
        struct fb_value *values = (struct fb_value *)(uintptr_t)fact->tuple.values;
        values[0] = old.values[0];
        values[1] = roll(5) ? old.values[1] : values[1];
        fact->tuple.correction = true;
        corrected_seen++;
    }
    join(s, fact);
}

/* All facts of a relation that were known are made again: most are what they were. */
static void renew(struct story *s, uint32_t relation)
{
    for (size_t i = s->count; i-- > 0;) {
        struct fb_tuple old = s->facts[i].tuple;
        if (old.relation == relation) {
            end(s, i, FB_TIME_MIN);
            struct fact *fact = roll(9) ? add(s, relation, fb_time_of_tp(old.from)) : NULL;
            if (fact) {
                fact->tuple.values = old.values;
                fact->tuple.until = old.until;
                fact->tuple.correction = old.correction;
                fact->tuple.from -= roll(9) ? 0 : (size_t)FB_HOUR;
            }
            join(s, fact);
        }
    }
}

/* Any fact, more often one of a relation. */
static size_t some(const struct story *s, uint32_t relation)
{
    size_t i = roll((unsigned)s->count);
    for (size_t n = 0; n < 9 && s->facts[i].tuple.relation != relation; n++) {
        i = roll((unsigned)s->count);
    }
    return i;
}

/* What happens at an instant. */
static void happen(struct story *s)
{
    static const uint32_t usual[] = {HAS, HAS, HAS, HAS, OFF, ON, DID, EXCUSED, RECEIPT, PACE};
    uint32_t relation = usual[roll(10)];
    switch (roll(11)) {
    case 0:
    case 1:
        if (s->count > 0) {
            correct(s, roll(2) ? some(s, HAS) : roll((unsigned)s->count));
        }
        break;
    case 2:
        if (s->count > 0) {
            end(s, roll((unsigned)s->count), s->now);
        }
        break;
    case 3: /* known late: it ended before, or never was */
        if (s->count > 0) {
            fb_time at = fb_time_of_tp(s->facts[some(s, HAS)].tuple.from);
            end(s, some(s, OFF), roll(2) ? at : s->now - (fb_time)roll(9) * FB_DAY);
        }
        break;
    case 4: /* known late: it was so before */
        join(s, roll(2) ? add(s, relation, s->now - (fb_time)roll(6) * FB_DAY)
                        : add(s, DID, FIRST_DAY + (fb_time)roll(8) * FB_DAY));
        break;
    case 5:
        if (roll(3) == 0) {
            renew(s, relation);
        }
        break;
    default:
        join(s, add(s, relation, s->now));
        break;
    }
}

static void begin(struct story *s)
{
    memset(s, 0, sizeof(*s));
    s->now = FIRST_DAY;
    s->program = (struct fb_program){.name = FB_STR("r"),
        .signature = &signature,
        .effective = roll(3) ? s->now + (fb_time)roll(8) * FB_DAY : FB_TIME_MIN,
        .expires = roll(4) ? FB_TIME_MAX : s->now + (fb_time)(2 + roll(20)) * FB_DAY};
    fb_time force = s->program.effective;
    s->program.clocks_from = force == FB_TIME_MIN ? force : force - (fb_time)roll(6) * FB_DAY;
    enum fb_slicing slicing = FB_WHOLE_BY_NAMES;
    while (slicing != FB_SLICED) {
        random_duty(s);
        FB_TEST_OK(fb_duty_slicing(&s->duty, &slicing, &err));
    }
    FB_TEST_OK(fb_access_grow(&signature, &arena, &s->access, &err));
    FB_TEST_OK(fb_kept_new(&arena, &s->kept, &err));
    for (unsigned n = roll(2) ? 0 : roll(6); n > 0; n--) {
        join(s, add(s, OFF, s->now));
    }
}

/* ---- both ways ---- */

static int order_times(const void *a, const void *b)
{
    const fb_time *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static int order_tuples(const void *a, const void *b)
{
    const struct fb_tuple *x = a, *y = b;
    if (x->relation != y->relation) {
        return x->relation < y->relation ? -1 : 1;
    }
    return x->from != y->from ? (x->from < y->from ? -1 : 1) : x->seq < y->seq ? -1 : 1;
}

static size_t point_of(const struct fb_trace *trace, size_t tp)
{
    size_t at = 0;
    while (at < trace->time_count && fb_tp_of_time(trace->times[at]) < tp) {
        at++;
    }
    return at < trace->time_count ? at : FB_TP_MAX;
}

/* What is known now, at all instants at which anything begins, is over, ends or was received. */
static struct fb_trace whole(const struct story *s, struct fb_arena *own)
{
    enum { EACH = 5 };
    struct fb_trace trace = {.signature = &signature};
    fb_time *times = FB_ARENA_ARRAY(own, fb_time, EACH * FACTS_MAX + 1);
    trace.tuples = FB_ARENA_ARRAY(own, struct fb_tuple, FACTS_MAX);
    assert_true(times && trace.tuples);
    size_t count = 0;
    times[count++] = s->now - 90 * FB_DAY;
    for (size_t i = 0; i < s->count; i++) {
        const struct fb_tuple *tuple = &s->facts[i].tuple;
        times[count++] = fb_time_of_tp(tuple->from);
        times[count++] = fb_time_of_tp(tuple->from + 1);
        times[count++] = fb_time_of_tp(tuple->until);
        if (tuple->relation == RECEIPT) {
            times[count++] = tuple->values[2].u.time;
        }
    }
    qsort(times, count, sizeof(*times), order_times);
    for (size_t i = 0; i < count && times[i] <= s->now; i++) {
        if (trace.time_count == 0 || times[trace.time_count - 1] != times[i]) {
            times[trace.time_count++] = times[i];
        }
    }
    trace.times = times;
    for (size_t i = 0; i < s->count; i++) {
        struct fb_tuple tuple = s->facts[i].tuple;
        tuple.from = point_of(&trace, tuple.from);
        tuple.until = point_of(&trace, tuple.until);
        if (tuple.from < trace.time_count) {
            trace.tuples[trace.tuple_count++] = tuple;
        }
    }
    qsort(trace.tuples, trace.tuple_count, sizeof(*trace.tuples), order_tuples);
    return trace;
}

/* The row of a party that is kept; NULL: none is. */
static const struct fb_value *row_of(
    const struct fb_duty_query *query, struct fb_arena *own, bool *out_early)
{
    struct fb_cutter cutter;
    struct fb_value key[VARS] = {{.type = FB_TYPE_NONE}};
    key[0] = fb_value_str(fb_str_of(parties[0]));
    FB_TEST_OK(fb_cut_init(&cutter, query, own, &err));
    const struct fb_kept_rest *rest =
        query->duty->param_count == 1 ? fb_kept_rest(&cutter, key) : NULL;
    bool there = rest && rest->there;
    *out_early = there && rest->rest.early;
    return there ? rest->rest.row : NULL;
}

static void count_answer(const struct fb_obligation *item)
{
    owed_seen[item->status]++;
    broken_seen += item->breached != FB_TIME_MAX;
    follows_seen += item->duty->after != NULL;
}

/* What differs between the naive run and what is kept; NULL when nothing does. */
static const char *difference(const struct story *s, struct fb_arena *own)
{
    const struct fb_trace trace = whole(s, own);
    const struct fb_duty_query query = {.program = &s->program,
        .duty = &s->duty,
        .access = s->access,
        .now = s->now,
        .kept = s->kept};
    struct fb_obligations want = {0}, got = {0};
    FB_TEST_OK(fb_duty_run_naive(&s->program, &s->duty, &trace, s->now, own, &want, &err));
    bool early = false;
    const struct fb_value *before = row_of(&query, own, &early);
    FB_TEST_OK(fb_duty_run(&query, own, &got, &err));
    bool same = before && row_of(&query, own, &early) == before;
    answers_seen++;
    used_seen += same;
    early_seen += same && early;
    if (want.count != got.count) {
        return "the number of obligations";
    }
    for (size_t i = 0; i < want.count; i++) {
        struct fb_why *why = NULL;
        count_answer(&want.items[i]);
        if (!same_item(&want.items[i], &got.items[i])) {
            if (showing) {
                show_item("naive", &want.items[i]);
                show_item("kept", &got.items[i]);
            }
            return "an obligation";
        }
        FB_TEST_OK(fb_duty_explain(&query, &got.items[i], own, &why, &err));
        if (!same_why(want.items[i].why, why)) {
            show_why(want.items[i].why, 0);
            show_why(why, 0);
            return "a reason";
        }
    }
    return NULL;
}

static void show(const struct story *s)
{
    const struct fb_form *forms[] = {s->duty.when, s->duty.given, s->duty.during, s->duty.act,
        s->duty.before, s->duty.waived, s->duty.after ? s->duty.after->act : NULL};
    static const char *const labels[] = {
        "when", "given", "during", "act", "before", "waived", "act of the first"};
    printf("now %lld, modality %d, params %zu, anchor %d, within %zu, relax %lld, every %lld, in "
           "force from %lld until %lld\n",
        (long long)s->now, s->duty.modality, s->duty.param_count, s->duty.anchor_var,
        s->duty.within_count, (long long)s->duty.relax_after, (long long)s->duty.every,
        (long long)s->program.effective, (long long)s->program.expires);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        printf("%s ", labels[i]);
        show_form(forms[i], relations);
        printf("\n");
    }
    for (size_t i = 0; i < s->count; i++) {
        struct fb_tuple tuple = s->facts[i].tuple;
        tuple.from = (size_t)fb_time_of_tp(tuple.from);
        tuple.until = (size_t)fb_time_of_tp(tuple.until);
        show_tuple(&tuple, relations);
    }
}

/* Asks what is owed now. What one question alone adds is taken back before the next. */
static void ask(struct story *s, uint64_t seed, size_t number)
{
    struct fb_arena own;
    size_t count = s->count, tuples = fb_access_trace(s->access)->tuple_count;
    fb_arena_init(&own, ARENA_MAX);
    fb_kept_stay(s->kept, tuples);
    for (unsigned n = roll(4) ? 0 : roll(3); n > 0; n--) {
        uint32_t relation = roll(2) ? DID : roll(2) ? HAS : roll(2) ? OFF : roll(RELATIONS);
        join(s, add(s, relation, s->now - (fb_time)roll(5) * FB_DAY));
    }
    fb_access_until(s->access, s->now);
    const char *what = difference(s, &own);
    if (what) {
        showing = true;
        show(s);
        (void)difference(s, &own);
        fail_msg("seed %llu, case %zu: %s differs", (unsigned long long)seed, number, what);
    }
    fb_access_undo(s->access, tuples);
    s->count = count;
    fb_arena_release(&own);
}

static void random_case(uint64_t seed, size_t number)
{
    static const fb_time waits[] = {0, 1, FB_HOUR, 11 * FB_HOUR, FB_DAY, 3 * FB_DAY};
    static struct story s;
    fb_arena_release(&arena);
    state = seed * 0x9e3779b97f4a7c15u + number;
    (void)roll(2);
    begin(&s);
    for (unsigned n = 2 + roll(STEPS_MAX); n > 0; n--) {
        fb_time now = s.now;
        for (unsigned k = roll(4); k > 0; k--) {
            happen(&s);
        }
        /* Now and then about an instant of before. */
        s.now -= roll(12) ? 0 : (fb_time)roll(4) * FB_DAY;
        ask(&s, seed, number);
        s.now = now + waits[roll(6)];
    }
}

static void test_random(void **unused)
{
    (void)unused;
    const char *given = getenv("FB_RANDOM_CASES");
    const char *seed = getenv("FB_RANDOM_SEED");
    size_t cases = given ? strtoul(given, NULL, 10) : 1500;
    for (size_t i = 0; i < cases; i++) {
        random_case(seed ? strtoull(seed, NULL, 10) : 1, i);
    }
    /* The cases say something. */
    assert_true(used_seen > answers_seen / 20 && early_seen > cases / 99);
    assert_true(follows_seen > cases / 9 && broken_seen > cases / 2 && corrected_seen > cases);
    for (size_t i = 0; i <= FB_DUTY_WAIVED; i++) {
        assert_true(owed_seen[i] > cases / 40);
    }
}

/* ---- what a row is found again by ---- */

/* A party of which one is told in the histories below: what it owes because of any system. */
static void plain(struct story *s, struct fb_form *given, struct fb_form *during)
{
    memset(s, 0, sizeof(*s));
    s->now = FIRST_DAY + 9 * FB_DAY;
    s->program = (struct fb_program){.name = FB_STR("r"),
        .signature = &signature,
        .effective = FB_TIME_MIN,
        .expires = FB_TIME_MAX};
    s->within[0] = (struct fb_within){.amount = 30, .unit = FB_UNIT_DAYS};
    s->duty = (struct fb_duty){.name = FB_STR("d"),
        .title = FB_STR("do it"),
        .vars = names,
        .var_count = VARS,
        .param_count = 1,
        .system_var = -1,
        .modality = FB_MUST,
        .when = pred(HAS, var(P), var(S), number(3), term(FB_TERM_ANY), NULL),
        .given = given,
        .during = during,
        .act = pred(DID, var(P), term(FB_TERM_ANY), NULL),
        .party = var(P),
        .anchor_var = -1,
        .within = s->within,
        .within_count = 1};
    for (size_t i = 0; i < fb_duty_form_count(&s->duty); i++) {
        fb_form_seal(fb_duty_form(&s->duty, i));
    }
    FB_TEST_OK(fb_access_grow(&signature, &arena, &s->access, &err));
    FB_TEST_OK(fb_kept_new(&arena, &s->kept, &err));
}

/* From a day on, until another (0: for good). */
static size_t tell(struct story *s, uint32_t relation, const char *first, const char *second,
    int64_t level, int from, int until)
{
    struct fact *fact = add(s, relation, FIRST_DAY + from * FB_DAY);
    assert_non_null(fact);
    struct fb_value *values = (struct fb_value *)(uintptr_t)fact->tuple.values;
    values[0] = fb_value_str(fb_str_of(first));
    values[1] = fb_value_str(fb_str_of(second));
    values[2] = fb_value_int(level);
    values[3] = fb_value_none();
    fact->tuple.until = until ? fb_tp_of_time(FIRST_DAY + until * FB_DAY) : FB_TP_MAX;
    join(s, fact);
    return s->count - 1;
}

/* Asks twice; whether the second answer was found by the row that the first one kept. */
static bool is_found_again(struct story *s)
{
    const struct fb_duty_query query = {.program = &s->program,
        .duty = &s->duty,
        .access = s->access,
        .now = s->now,
        .kept = s->kept};
    bool early;
    fb_kept_stay(s->kept, fb_access_trace(s->access)->tuple_count);
    fb_access_until(s->access, s->now);
    assert_null(difference(s, &arena));
    const struct fb_value *before = row_of(&query, &arena, &early);
    assert_null(difference(s, &arena));
    return before && row_of(&query, &arena, &early) == before;
}

/* What holds for good only after the duty was owed does not show that it was owed then. */
static void test_shown_later(void **unused)
{
    (void)unused;
    struct story s;
    plain(&s, NULL, exists(ANY2, pred(HAS, var(P), var(ANY2), number(2), term(FB_TERM_ANY), NULL)));
    (void)tell(&s, HAS, "p", "a", 3, 1, 0);
    (void)tell(&s, HAS, "p", "b", 2, 5, 0);
    (void)tell(&s, HAS, "p", "c", 2, 1, 0); /* known late */
    (void)tell(&s, HAS, "p", "d", 2, 6, 0);
    assert_true(is_found_again(&s));
}

/* What keeps a condition from holding for good is not all that kept it from holding before. */
static void test_stops_not_in_negations(void **unused)
{
    (void)unused;
    struct story s;
    struct fb_form *off = exists(ANY2, pred(OFF, var(ANY2), var(P), NULL));
    plain(&s, NULL, form(FB_FORM_OR, pred(ON, var(P), NULL), form(FB_FORM_NOT, off, NULL)));
    (void)tell(&s, HAS, "p", "a", 3, 1, 0);
    (void)tell(&s, OFF, "b", "p", 0, 3, 0);
    (void)tell(&s, OFF, "c", "p", 0, 1, 3); /* known late */
    (void)tell(&s, OFF, "d", "p", 0, 3, 0);
    (void)tell(&s, ON, "p", "", 0, 3, 0);
    assert_true(is_found_again(&s));
}

/* At the instant at which the duty was owed another row was not kept off any more: it is first. */
static void test_ended_at_that_instant(void **unused)
{
    (void)unused;
    struct story s;
    plain(&s, form(FB_FORM_NOT, pred(OFF, var(S), term(FB_TERM_ANY), NULL), NULL), NULL);
    size_t off = tell(&s, OFF, "a", "p", 0, 1, 0);
    (void)tell(&s, HAS, "p", "a", 3, 1, 0);
    (void)tell(&s, HAS, "p", "b", 3, 3, 0);
    assert_true(is_found_again(&s));
    end(&s, off, FIRST_DAY + 3 * FB_DAY);
    assert_true(is_found_again(&s));
}

static size_t instants_asked;

static void hear_asked(void *ctx, uint32_t relation, uint64_t mask, const struct fb_value *values)
{
    (void)ctx;
    (void)relation;
    (void)mask;
    (void)values;
}

static void hear_corrections(void *ctx, size_t tp)
{
    (void)ctx;
    (void)tp;
    instants_asked++;
}

/* Who is told what is asked hears each time of all that has a say: a row alone asks for less. */
static void test_watched(void **unused)
{
    (void)unused;
    static const bool elsewhere[RELATIONS] = {true};
    const struct fb_access_watch watch = {
        .asked = hear_asked, .asked_corrections = hear_corrections, .elsewhere = elsewhere};
    struct story s;
    struct fb_obligations out;
    plain(&s, NULL, NULL);
    fb_access_watched(s.access, &watch);
    for (int i = 0; i < 5; i++) {
        (void)tell(&s, HAS, "p", systems[i], 3, 1 + i, 0);
    }
    const struct fb_duty_query query = {
        .program = &s.program, .duty = &s.duty, .access = s.access, .now = s.now, .kept = s.kept};
    fb_kept_stay(s.kept, fb_access_trace(s.access)->tuple_count);
    fb_access_until(s.access, s.now);
    size_t asked[2];
    for (int i = 0; i < 2; i++) {
        instants_asked = 0;
        FB_TEST_OK(fb_duty_run(&query, &arena, &out, &err));
        assert_int_equal(out.count, 1);
        asked[i] = instants_asked;
    }
    assert_int_equal(asked[1], asked[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shown_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stops_not_in_negations, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ended_at_that_instant, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watched, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random, setup, teardown),
    };
    return cmocka_run_group_tests_name("slice_rest", tests, NULL, NULL);
}

/*
 * The duty runner, naive: at each time-point the trigger is evaluated anew.
 *
 * Which deadline. Each valuation of the trigger proposes one: the tightest line of `within` whose
 * guard holds, from its anchor. The tightest proposal counts. A proposal that appears through a
 * correction, at the very time-point at which that begins, runs from then at the earliest, unless
 * its line applied to the obligation before: so a correction gives no second wind, and what appears
 * only through one runs from when the party knew. See docs/decisions/0005-corrected-duties.md.
 *
 * What was done before the policy was in force. What it finds at its first instant is followed from
 * where it began, as though the policy had been in force then, and an act since counts; a deadline
 * comes from there only where clocks run from before the force. See
 * docs/decisions/0049-done-before-in-force.md and 0080-clocks-of-a-law-that-comes-late.md.
 */
#include "engine/duty.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/limit.h"
#include "engine/access.h"

/* A handful of tuples is looked through faster than an index is made. */
enum { SCRATCH_MAX = 1 << 28, OWED_MAX = 100000, INDEXED_MIN = 32 };

enum fb_code fb_duty_grow(const struct fb_eval *ev, void *list, size_t count, size_t size)
{
    FB_ASSERT(ev && list && size > 0);
    if (count != 0 && (count & (count - 1)) != 0) {
        return FB_OK;
    }
    void *old;
    memcpy(&old, list, sizeof(old));
    void *bigger = fb_arena_array(ev->arena, count ? 2 * count : 1, size);
    if (!bigger) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    if (count) {
        memcpy(bigger, old, count * size);
    }
    memcpy(list, &bigger, sizeof(bigger));
    return FB_OK;
}

struct fb_env fb_duty_env(const struct fb_duty_run *run, const struct fb_claim *claim)
{
    FB_ASSERT(run && claim);
    return (struct fb_env){.bound = run->bound, .values = claim->row.values};
}

static struct fb_str party_of(const struct fb_duty *duty, const struct fb_value *values)
{
    struct fb_value party = duty->party ? fb_term_value(duty->party, values) : fb_value_none();
    return party.type == FB_TYPE_STRING ? party.u.text : FB_STR("");
}

/* The obligation of a row that is still open in a list, or NULL. */
static struct fb_owed *find_open(
    const struct fb_duty_run *run, struct fb_owed *list, size_t count, const struct fb_row *row)
{
    struct fb_str party = party_of(run->duty, row->values);
    for (size_t i = 0; i < count; i++) {
        struct fb_owed *owed = &list[i];
        if (owed->ended == FB_TIME_MAX && fb_str_eq(owed->party, party) &&
            fb_row_cmp(owed->claims[0].row.values, row->values, run->duty->param_count) == 0) {
            return owed;
        }
    }
    return NULL;
}

/* Proposes the deadline of one line of `within`. */
static enum fb_code propose(
    const struct fb_duty_run *run, const struct fb_within *line, bool known, struct fb_claim *claim)
{
    fb_time anchor = claim->stated;
    bool through = claim->row.corrected == run->ev.trace->times[claim->tp];
    if (!known && through && claim->row.corrected > anchor) {
        anchor = claim->row.corrected;
    }
    fb_time deadline;
    enum fb_code code =
        fb_deadline(anchor, line->amount, line->unit, &run->program->days, &deadline, run->ev.err);
    if (code) {
        fb_err_place(run->ev.err, NULL, line->span.line, line->span.column, -1);
        return code;
    }
    if (!claim->within || deadline < claim->deadline) {
        claim->within = line;
        claim->deadline = deadline;
        claim->anchor = anchor;
    }
    return FB_OK;
}

/* Nothing runs from before the policy was in force; but what runs from a date on record runs from
 * it, if it is not before the policy's own: the ledger may have got the policy later. Periods begin
 * with the force. */
static fb_time runs_from(const struct fb_duty_run *run)
{
    bool dated = run->duty->anchor_var >= 0 && !run->duty->every;
    return dated ? run->program->clocks_from : run->program->effective;
}

/* The anchor as the row states it; the instant at which the trigger held when the duty names none.
 */
static void anchor_claim(const struct fb_duty_run *run, fb_time since, struct fb_claim *claim)
{
    const struct fb_duty *duty = run->duty;
    struct fb_value anchor = fb_value_time(since);
    if (duty->anchor_var >= 0) {
        FB_ASSERT((size_t)duty->anchor_var < run->ev.var_count);
        anchor = claim->row.values[duty->anchor_var];
    }
    claim->dated = anchor.type == FB_TYPE_TIME;
    claim->stated = claim->dated ? anchor.u.time : FB_TIME_MIN;
    if (claim->dated && claim->stated < runs_from(run)) {
        claim->stated = runs_from(run);
    }
    claim->anchor = claim->stated;
    claim->deadline = FB_TIME_MAX;
}

/* Fills the dates of a claim. *applies is false when no line of `within` does: nothing is owed. */
static enum fb_code date_claim(const struct fb_duty_run *run, fb_time since, bool *lines,
    struct fb_claim *claim, bool *applies)
{
    const struct fb_duty *duty = run->duty;
    anchor_claim(run, since, claim);
    *applies = duty->modality != FB_MUST || duty->within_count == 0;
    for (size_t i = 0; duty->modality == FB_MUST && i < duty->within_count; i++) {
        const struct fb_within *line = &duty->within[i];
        struct fb_env env = fb_duty_env(run, claim);
        bool holds = true;
        enum fb_code code =
            line->guard ? fb_eval_holds(&run->ev, line->guard, claim->tp, &env, &holds) : FB_OK;
        if (code == FB_OK && holds && claim->dated) {
            code = propose(run, line, lines[i], claim);
        }
        if (code) {
            return code;
        }
        lines[i] = lines[i] || holds;
        *applies = *applies || holds;
    }
    return FB_OK;
}

/* A row in the run's own memory, with its reasons. */
static enum fb_code keep_row(
    const struct fb_duty_run *run, const struct fb_row *row, size_t tp, struct fb_row *out)
{
    const struct fb_duty *duty = run->duty;
    if (run->rows) { /* it is of the run's memory already */
        *out = *row;
        return FB_OK;
    }
    struct fb_row kept = fb_row_new(&run->ev, row->values);
    if (run->ev.var_count && !kept.values) {
        return fb_arena_failed(run->ev.arena, run->ev.err);
    }
    for (size_t i = 0; i < run->ev.var_count; i++) {
        struct fb_value *value = &kept.values[i];
        if (value->type == FB_TYPE_STRING && fb_arena_has(run->scratch, value->u.text.ptr)) {
            enum fb_code code =
                fb_arena_str(run->ev.arena, value->u.text, &value->u.text, run->ev.err);
            if (code) {
                return code;
            }
        }
    }
    fb_row_rests(&kept, row);
    struct fb_env env = {.bound = run->bound, .values = kept.values};
    const struct fb_form *parts[2] = {duty->when, duty->given};
    for (int i = 0; i < 2 && parts[i] && run->ev.explain; i++) {
        struct fb_table again = {0};
        enum fb_code code = fb_eval_form(&run->ev, parts[i], tp, &env, &again);
        if (code) {
            return code;
        }
        bool failed = false;
        struct fb_why *why = again.count ? again.rows[0].why : NULL;
        kept.why = fb_why_both(&run->ev, kept.why, why, &failed);
        if (failed) {
            return fb_arena_failed(run->ev.arena, run->ev.err);
        }
    }
    *out = kept;
    return FB_OK;
}

/* A clock that runs from before the policy was in force is that of a policy which had been: what a
 * correction or a pace brought before runs from then, and what comes with the force itself may only
 * be tighter. */
static void date_early(
    const struct fb_duty_run *run, const struct fb_owed *early, struct fb_claim *claim, bool *lines)
{
    const struct fb_claim *best = fb_duty_tightest(early);
    bool fresh = claim->row.corrected == run->program->effective;
    if (runs_from(run) >= run->program->effective || !best->dated ||
        (fresh && claim->dated && claim->deadline <= best->deadline)) {
        return;
    }
    claim->dated = true;
    claim->stated = best->stated;
    claim->anchor = best->anchor;
    claim->deadline = best->deadline;
    claim->within = best->within;
    for (size_t i = 0; i < run->duty->within_count; i++) {
        lines[i] = lines[i] || early->lines[i];
    }
}

static enum fb_code open_owed(struct fb_duty_run *run, struct fb_claim claim, bool *lines)
{
    if (run->owed_count >= fb_limit(OWED_MAX)) {
        return fb_err_set(run->ev.err, FB_E_LIMIT, "duty '%.*s' is owed more than %d times",
            FB_STR_ARG(run->duty->name), OWED_MAX);
    }
    enum fb_code code = fb_duty_grow(&run->ev, &run->owed, run->owed_count, sizeof(*run->owed));
    if (code) {
        return code;
    }
    struct fb_owed owed = {.party = party_of(run->duty, claim.row.values),
        .lines = lines,
        .seen = claim.tp,
        .failed = FB_TIME_MAX,
        .ended = FB_TIME_MAX};
    const struct fb_owed *early = NULL;
    if (run->early_count > 0 && run->ev.trace->times[claim.tp] == run->program->effective) {
        early = find_open(run, run->early, run->early_count, &claim.row);
    }
    if (early) {
        date_early(run, early, &claim, lines);
        owed.early = early->claims;
        owed.early_count = early->claim_count;
    }
    code = fb_duty_add_claim(run, &owed, claim);
    if (code == FB_OK) {
        run->owed[run->owed_count++] = owed;
    }
    return code;
}

size_t fb_duty_point(const struct fb_duty_run *run, fb_time t)
{
    size_t low = 0, high = run->tp_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (run->ev.trace->times[middle] <= t) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low - 1;
}

/* Whether an obligation is excused at tp: before the policy was in force, as though it had been. */
static enum fb_code waived_at(
    const struct fb_duty_run *run, const struct fb_owed *owed, size_t tp, bool *out)
{
    bool before = tp < owed->claims[0].tp;
    const struct fb_claim *claims = before ? owed->early : owed->claims;
    size_t count = before ? owed->early_count : owed->claim_count;
    *out = false;
    for (size_t i = 0; i < count && claims[i].tp <= tp && !*out; i++) {
        struct fb_env env = fb_duty_env(run, &claims[i]);
        enum fb_code code = fb_eval_holds(&run->ev, run->duty->waived, tp, &env, out);
        if (code) {
            return code;
        }
    }
    return FB_OK;
}

enum fb_code fb_duty_waived(
    const struct fb_duty_run *run, const struct fb_owed *owed, fb_time t, fb_time *out)
{
    FB_ASSERT(run && owed && out);
    *out = FB_TIME_MIN;
    size_t tp = fb_duty_point(run, t);
    if (!run->duty->waived || tp == SIZE_MAX) {
        return FB_OK;
    }
    bool waived = false;
    enum fb_code code = waived_at(run, owed, tp, &waived);
    if (code || !waived) {
        return code;
    }
    while (code == FB_OK && waived && ++tp < run->tp_count) {
        code = waived_at(run, owed, tp, &waived);
    }
    *out = tp < run->tp_count ? run->ev.trace->times[tp] : FB_TIME_MAX;
    return code;
}

/* Each later pace proposes its deadline for what a discharge opened, from then on. */
static enum fb_code quicken_after(
    const struct fb_duty_run *run, fb_time opened, struct fb_owed *owed)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < run->pace_count; i++) {
        struct fb_claim claim = owed->claims[0];
        bool applies = false;
        if (run->paces[i].tp <= claim.tp) {
            continue;
        }
        claim.tp = run->paces[i].tp;
        claim.row.corrected = run->paces[i].from;
        claim.within = NULL;
        code = date_claim(run, opened, owed->lines, &claim, &applies);
        code = code || !applies ? code : fb_duty_add_claim(run, owed, claim);
    }
    return code;
}

/* When the discharge of another duty opens this one: at once, or when the policy comes into force,
 * if it was done before. */
static fb_time opens(const struct fb_duty_run *run, const struct fb_obligation *item)
{
    fb_time effective = run->program->effective;
    return item->settled < effective ? effective : item->settled;
}

/* What was done between a discharge and the policy's force counts for what that opened. */
static enum fb_code follow_early(
    const struct fb_duty_run *run, const struct fb_obligation *item, struct fb_owed *owed)
{
    if (item->settled >= run->program->effective) {
        return FB_OK;
    }
    struct fb_claim *early = FB_ARENA_NEW(run->ev.arena, struct fb_claim);
    if (!early) {
        return fb_arena_failed(run->ev.arena, run->ev.err);
    }
    *early = owed->claims[0];
    early->tp = fb_duty_point(run, item->settled);
    owed->early = early;
    owed->early_count = 1;
    return FB_OK;
}

/* What the discharge of another duty opened: the same values, from that instant on. One act may
 * discharge several of the same bindings, and each of them opens one. */
static enum fb_code open_after(
    struct fb_duty_run *run, const struct fb_obligation *item, uint32_t twin)
{
    const struct fb_duty *duty = run->duty, *after = duty->after;
    const fb_time opened = opens(run, item);
    struct fb_claim claim = {.tp = fb_duty_point(run, opened)};
    struct fb_row row = {.corrected = FB_TIME_MIN, .why = item->why};
    FB_ASSERT(claim.tp != SIZE_MAX && after->var_count <= duty->var_count);
    row.values = FB_ARENA_ARRAY(run->ev.arena, struct fb_value, duty->var_count);
    bool *lines = FB_ARENA_ARRAY(run->ev.arena, bool, duty->within_count);
    if (!row.values || !lines) {
        return fb_arena_failed(run->ev.arena, run->ev.err);
    }
    memcpy(row.values, item->bindings, after->var_count * sizeof(*row.values));
    claim.row = row;
    bool applies = false;
    enum fb_code code = date_claim(run, opened, lines, &claim, &applies);
    code = code || !applies ? code : open_owed(run, claim, lines);
    if (code == FB_OK && applies) {
        struct fb_owed *owed = &run->owed[run->owed_count - 1];
        owed->seen = SIZE_MAX; /* it never loses a trigger */
        owed->twin = twin;
        code = follow_early(run, item, owed);
        code = code ? code : quicken_after(run, opened, owed);
    }
    return code;
}

/* A discharge, when it opens something, and its place among all. */
struct discharge {
    const struct fb_obligation *item;
    fb_time opens;
    size_t rank;
};

/* By time, then by their values: the order in which triggers give obligations. */
static int compare_discharges(const struct discharge *x, const struct discharge *y)
{
    if (x->opens != y->opens) {
        return x->opens < y->opens ? -1 : 1;
    }
    return fb_row_cmp(x->item->bindings, y->item->bindings, x->item->duty->var_count);
}

static int order_discharges(const void *a, const void *b)
{
    const struct discharge *x = a, *y = b;
    int order = compare_discharges(x, y);
    return order ? order : x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Runs the duty before, whose discharges open this one. */
static enum fb_code follow_after(struct fb_duty_run *run, const struct fb_duty_task *task)
{
    struct fb_duty_task before = *task;
    struct fb_obligations found = {NULL, 0};
    size_t count = 0;
    before.duty = run->duty->after;
    before.before = task->before_count > 1 ? task->before + 1 : NULL;
    before.before_count = task->before_count > 1 ? task->before_count - 1 : 0;
    before.key = before.duty->param_count == run->duty->param_count ? task->key : NULL;
    enum fb_code code = fb_duty_follow(&before, run->ev.arena, &found, run->ev.err);
    if (code) {
        return code;
    }
    if (task->before_count > 0) {
        task->before[0] = found;
    }
    struct discharge *all = FB_ARENA_ARRAY(run->ev.arena, struct discharge, found.count);
    if (!all) {
        return fb_arena_failed(run->ev.arena, run->ev.err);
    }
    const struct fb_program *program = run->program;
    fb_time end = program->replaced ? program->replaced_from : FB_TIME_MAX;
    for (size_t i = 0; i < found.count; i++) {
        enum fb_duty_status status = found.items[i].status;
        bool done = status == FB_DUTY_MET || status == FB_DUTY_MET_LATE;
        if (done && found.items[i].settled < end) {
            all[count] = (struct discharge){&found.items[i], opens(run, &found.items[i]), count};
            count++;
        }
    }
    if (count > 0) {
        qsort(all, count, sizeof(*all), order_discharges);
    }
    uint32_t twin = 0;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        twin = i > 0 && compare_discharges(&all[i - 1], &all[i]) == 0 ? twin + 1 : 0;
        code = open_after(run, all[i].item, twin);
    }
    return code;
}

/* One row of the trigger at tp: a new obligation, a new claim of an open one, or nothing new. */
static enum fb_code take_row(struct fb_duty_run *run, const struct fb_row *row, size_t tp)
{
    struct fb_owed *owed = find_open(run, run->owed, run->owed_count, row);
    if (owed) {
        owed->seen = tp;
    }
    if (owed && fb_duty_claimed(run, owed, row)) {
        return FB_OK;
    }
    struct fb_claim claim = {.tp = tp};
    enum fb_code code = keep_row(run, row, tp, &claim.row);
    if (code) {
        return code;
    }
    bool *lines = owed ? owed->lines : FB_ARENA_ARRAY(run->ev.arena, bool, run->duty->within_count);
    if (!lines) {
        return fb_arena_failed(run->ev.arena, run->ev.err);
    }
    bool applies = false;
    size_t since = owed ? owed->claims[0].tp : tp;
    code = date_claim(run, run->ev.trace->times[since], lines, &claim, &applies);
    if (code || !applies) {
        return code;
    }
    return owed ? fb_duty_add_claim(run, owed, claim) : open_owed(run, claim, lines);
}

enum fb_code fb_duty_trigger(const struct fb_duty_run *run, const struct fb_eval *ev, size_t tp,
    const struct fb_env *env, struct fb_table *out)
{
    FB_ASSERT(run && ev && env && out);
    const struct fb_duty *duty = run->duty;
    struct fb_form with_given = {
        .kind = FB_FORM_AND, .left = duty->when, .right = duty->given, .span = duty->span};
    struct fb_table found = {0};
    enum fb_code code = fb_eval_form(ev, duty->given ? &with_given : duty->when, tp, env, &found);
    for (size_t i = 0; code == FB_OK && i < found.count; i++) {
        bool during = true;
        const struct fb_env row = {.bound = run->bound, .values = found.rows[i].values};
        if (duty->during) {
            code = fb_eval_holds(ev, duty->during, tp, &row, &during);
        }
        if (code == FB_OK && during) {
            code = fb_table_add(ev, out, found.rows[i]);
        }
    }
    return code;
}

/* The rows to take at tp: all, or where those of the time-point before were taken what may be new.
 */
static enum fb_code rows_at(
    const struct fb_duty_run *run, const struct fb_eval *ev, size_t tp, struct fb_table *out)
{
    struct fb_value values[FB_IR_VARS_MAX] = {0};
    struct fb_env env = {.values = values};
    for (uint32_t i = 0; run->key && i < run->duty->param_count; i++) {
        env.bound |= fb_vars_of(i);
        values[i] = run->key[i];
    }
    return run->changes && tp > 0 && run->taken == tp ? fb_duty_fresh(run, ev, tp, &env, out)
                                                      : fb_duty_trigger(run, ev, tp, &env, out);
}

/* Lists predicates that must hold where a formula does, FB_DUTY_NEEDS of them at most. */
static void list_needs(const struct fb_form *form, const struct fb_form **needs, size_t *count)
{
    if (form->kind == FB_FORM_AND) {
        list_needs(form->left, needs, count);
        list_needs(form->right, needs, count);
    } else if (form->kind == FB_FORM_EXISTS) {
        list_needs(form->left, needs, count);
    } else if (form->kind == FB_FORM_PRED && !form->definition && *count < FB_DUTY_NEEDS) {
        needs[(*count)++] = form;
    }
}

/* False when the trigger cannot hold at tp, since no tuple of a relation that it needs does: of the
 * time-points of a slice that is most. */
static bool may_hold(const struct fb_duty_run *run, size_t tp)
{
    const struct fb_trace *trace = run->ev.trace;
    for (size_t n = 0; n < run->need_count; n++) {
        const struct fb_form *need = run->needs[n];
        bool there = false;
        for (size_t i = 0; i < trace->tuple_count && !there; i++) {
            const struct fb_tuple *tuple = &trace->tuples[i];
            there = tuple->relation == need->relation && tuple->from <= tp && tp < tuple->until &&
                    (!need->occurs || tuple->from == tp);
        }
        if (!there) {
            return false;
        }
    }
    return true;
}

/* Whether a row that the trigger may have is one at tp, while `during` holds. */
static enum fb_code is_row(
    const struct fb_duty_run *run, const struct fb_duty_row *row, size_t tp, bool *out)
{
    const struct fb_env env = {.bound = run->bound, .values = row->values};
    enum fb_code code = FB_OK;
    *out = row->low <= tp && tp < row->high;
    for (size_t i = 0; code == FB_OK && *out && !row->sure && i < run->rows->asked_count; i++) {
        code = fb_eval_holds(&run->ev, run->rows->asked[i], tp, &env, out);
    }
    return code || !*out || !run->duty->during
               ? code
               : fb_eval_holds(&run->ev, run->duty->during, tp, &env, out);
}

/* Takes the rows at tp of those that are known, each once. */
static enum fb_code take_known(struct fb_duty_run *run, size_t tp)
{
    const struct fb_value *last = NULL;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < run->rows->count; i++) {
        const struct fb_duty_row *row = &run->rows->items[i];
        bool holds = false;
        if (!last || fb_row_cmp(last, row->values, run->ev.var_count) != 0) {
            code = is_row(run, row, tp, &holds);
        }
        if (code == FB_OK && holds) {
            const struct fb_row taken = {.values = row->values, .corrected = FB_TIME_MIN};
            last = row->values;
            code = take_row(run, &taken, tp);
        }
    }
    return code;
}

static enum fb_code take_rows(struct fb_duty_run *run, size_t tp)
{
    if (run->rows) {
        return take_known(run, tp);
    }
    if (!may_hold(run, tp)) {
        run->taken = tp + 1;
        return FB_OK;
    }
    struct fb_arena scratch;
    fb_arena_init(&scratch, fb_limit(SCRATCH_MAX));
    struct fb_eval quiet = run->ev;
    quiet.arena = &scratch;
    quiet.explain = false;
    quiet.bare = quiet.quick && !run->corrections;
    run->scratch = &scratch;
    struct fb_table rows = {0};
    enum fb_code code = rows_at(run, &quiet, tp, &rows);
    for (size_t i = 0; code == FB_OK && i < rows.count; i++) {
        code = take_row(run, &rows.rows[i], tp);
    }
    run->scratch = NULL;
    run->taken = tp + 1;
    fb_arena_release(&scratch);
    return code;
}

/* Whether `during` holds for any claim of an obligation. */
static enum fb_code during_holds(
    const struct fb_duty_run *run, const struct fb_owed *owed, size_t tp, bool *out)
{
    *out = run->duty->during == NULL;
    for (size_t i = 0; i < owed->claim_count && !*out; i++) {
        struct fb_env env = fb_duty_env(run, &owed->claims[i]);
        enum fb_code code = fb_eval_holds(&run->ev, run->duty->during, tp, &env, out);
        if (code) {
            return code;
        }
    }
    return FB_OK;
}

static void end(struct fb_owed *owed, fb_time at, const char *why)
{
    FB_ASSERT(owed->ended == FB_TIME_MAX);
    owed->ended = at;
    owed->ended_why = why;
}

/* `during` has failed for long enough at `now`, whatever it does then. */
static void relax(const struct fb_duty_run *run, struct fb_owed *owed, fb_time now)
{
    if (owed->ended == FB_TIME_MAX && owed->failed != FB_TIME_MAX) {
        fb_time at = fb_duty_relaxed(run, owed->failed);
        if (at <= now) {
            end(owed, at, "the condition under which it is owed no longer held");
        }
    }
}

/* True when a formula reads a relation, and whether only where its tuples begin. */
static bool reads(const struct fb_form *form, uint32_t relation, bool *events)
{
    if (form->kind == FB_FORM_PRED) {
        *events = *events || form->occurs;
        return form->relation == relation;
    }
    bool left = form->left && reads(form->left, relation, events);
    bool right = form->right && reads(form->right, relation, events);
    return left || right;
}

bool fb_duty_ends_by_correction(const struct fb_duty *duty, uint32_t relation)
{
    FB_ASSERT(duty && duty->when);
    bool events = false;
    bool read = reads(duty->when, relation, &events);
    /* Another pace takes no trigger away: it proposes another deadline. */
    return read && !events && !(duty->paced && relation == duty->pace_relation);
}

/* True when at tp a correction replaces a tuple of a relation that the trigger reads as a state. */
static bool corrected_at(const struct fb_duty_run *run, size_t tp)
{
    const struct fb_trace *trace = run->ev.trace;
    for (size_t i = 0; i < trace->tuple_count; i++) {
        const struct fb_tuple *tuple = &trace->tuples[i];
        if (tuple->from == tp && tuple->correction &&
            fb_duty_ends_by_correction(run->duty, tuple->relation)) {
            return true;
        }
    }
    return false;
}

/* Ends what is owed no longer at tp, after its rows were taken. Out of force none are: then nothing
 * is lost by not being seen. */
static enum fb_code end_owed(
    struct fb_duty_run *run, struct fb_owed *owed, size_t tp, bool in_force)
{
    fb_time now = run->ev.trace->times[tp];
    bool holds = true;
    enum fb_code code = during_holds(run, owed, tp, &holds);
    if (code) {
        return code;
    }
    if (holds) {
        owed->failed = FB_TIME_MAX;
    } else if (owed->failed == FB_TIME_MAX) {
        owed->failed = now;
    }
    relax(run, owed, now);
    bool lost = in_force && tp > 0 && owed->seen == tp - 1 && holds;
    if (owed->ended == FB_TIME_MAX && lost && corrected_at(run, tp)) {
        end(owed, now, "a correction took away what it rested on");
    }
    return FB_OK;
}

/* What a policy that expired forbids or keeps binds no longer; what must be done stays owed, unless
 * the next version replaces it. */
static void expire(struct fb_duty_run *run)
{
    fb_time expires = run->program->expires;
    for (size_t i = 0; i < run->owed_count && run->duty->modality != FB_MUST; i++) {
        if (expires <= run->now && run->owed[i].ended > expires) {
            run->owed[i].ended = expires;
            run->owed[i].ended_why = "the policy expired";
        }
    }
    fb_time replaced = run->program->replaced_from;
    for (size_t i = 0; i < run->owed_count && run->program->replaced; i++) {
        if (replaced <= run->now && run->owed[i].ended > replaced) {
            run->owed[i].ended = replaced;
            run->owed[i].ended_why = "a later version replaces this one";
        }
    }
}

/* One time-point: what is there, and what ends. */
static enum fb_code step(struct fb_duty_run *run, size_t tp, bool in_force)
{
    fb_time now = run->ev.trace->times[tp];
    for (size_t i = 0; i < run->owed_count; i++) {
        relax(run, &run->owed[i], now);
    }
    enum fb_code code = in_force && !run->duty->after ? take_rows(run, tp) : FB_OK;
    for (size_t i = 0; code == FB_OK && i < run->owed_count; i++) {
        if (run->owed[i].ended == FB_TIME_MAX && run->owed[i].claims[0].tp <= tp) {
            code = end_owed(run, &run->owed[i], tp, in_force);
        }
    }
    return code;
}

/* False when the act cannot have been done before a time-point, since no tuple that it needs begins
 * before. */
static bool may_be_done(const struct fb_duty_run *run, size_t before)
{
    const struct fb_trace *trace = run->ev.trace;
    const struct fb_form *needs[FB_DUTY_NEEDS];
    size_t count = 0;
    list_needs(run->duty->act, needs, &count);
    for (size_t n = 0; n < count; n++) {
        bool there = false;
        for (size_t i = 0; i < trace->tuple_count && !there; i++) {
            there =
                trace->tuples[i].relation == needs[n]->relation && trace->tuples[i].from < before;
        }
        if (!there) {
            return false;
        }
    }
    return true;
}

/* Follows what was there before the policy was in force, as though it had been in force. What is
 * done over and over begins with the force: nothing done before is about a period of it. */
static enum fb_code look_back(struct fb_duty_run *run)
{
    const struct fb_duty *duty = run->duty;
    fb_time effective = run->program->effective;
    size_t force = 0;
    while (force < run->tp_count && run->ev.trace->times[force] < effective) {
        force++;
    }
    bool asks = duty->modality == FB_MUST && duty->act && !duty->every && !duty->after;
    if (!asks || force == run->tp_count ||
        (run->ev.quick && runs_from(run) >= effective && !may_be_done(run, force))) {
        return FB_OK;
    }
    struct fb_duty_run before = *run;
    enum fb_code code = FB_OK;
    run->looked_back = true;
    before.ev.explain = false;
    for (size_t tp = 0; code == FB_OK && tp < force; tp++) {
        code = step(&before, tp, true);
    }
    for (size_t i = 0; code == FB_OK && i < before.owed_count; i++) {
        relax(&before, &before.owed[i], effective);
    }
    run->early = before.owed;
    run->early_count = before.owed_count;
    return code;
}

static enum fb_code follow(struct fb_duty_run *run, const struct fb_duty_task *task)
{
    enum fb_code code = look_back(run);
    for (size_t tp = 0; code == FB_OK && tp < run->tp_count; tp++) {
        fb_time now = run->ev.trace->times[tp];
        code = step(run, tp, now >= run->program->effective && now < run->program->expires);
    }
    if (code == FB_OK && task->rest && !run->duty->after) {
        code = fb_duty_find_rest(run, task->rests_on, task->rest);
    }
    for (size_t i = 0; code == FB_OK && i < run->owed_count; i++) {
        relax(run, &run->owed[i], run->now);
    }
    if (code == FB_OK) {
        expire(run);
    }
    return code;
}

/* What the trigger binds. */
static fb_vars bound_by(const struct fb_duty *duty)
{
    return fb_form_vars(duty->when) | (duty->given ? fb_form_vars(duty->given) : 0);
}

enum fb_code fb_duty_check(const struct fb_duty *duty, struct fb_err *err)
{
    FB_ASSERT(duty && duty->when);
    fb_vars bound = bound_by(duty);
    struct fb_form with_given = {
        .kind = FB_FORM_AND, .left = duty->when, .right = duty->given, .span = duty->span};
    bool good = fb_form_evaluable(duty->given ? &with_given : duty->when, 0, err);
    good = good && (!duty->during || fb_form_evaluable(duty->during, bound, err));
    good = good && (!duty->act || fb_form_evaluable(duty->act, bound, err));
    good = good && (!duty->received || fb_form_evaluable(duty->received, bound, err));
    good = good && (!duty->before || fb_form_evaluable(duty->before, bound, err));
    good = good && (!duty->waived || fb_form_evaluable(duty->waived, bound, err));
    for (size_t i = 0; i < duty->within_count; i++) {
        const struct fb_form *guard = duty->within[i].guard;
        good = good && (!guard || fb_form_evaluable(guard, bound, err));
    }
    return !good ? FB_E_POLICY : duty->after ? fb_duty_check(duty->after, err) : FB_OK;
}

/* Whether what is known of rows is of this duty, and all that a row has to say: with reasons and
 * with corrections more is asked of them. */
static bool rows_serve(const struct fb_duty_run *run, const struct fb_duty_task *task)
{
    const struct fb_duty_rows *rows = task->rows;
    return rows && rows->duty && rows->duty->when == run->duty->when &&
           rows->duty->given == run->duty->given && run->ev.quick && !run->ev.explain &&
           !run->corrections && !run->changes && run->ev.trace->tuples == task->trace->tuples;
}

enum fb_code fb_duty_follow(const struct fb_duty_task *task, struct fb_arena *arena,
    struct fb_obligations *out, struct fb_err *err)
{
    const struct fb_duty *duty = task->duty;
    FB_ASSERT(duty->when && duty->var_count <= FB_IR_VARS_MAX);
    FB_ASSERT(duty->param_count <= duty->var_count);
    struct fb_trace ticked;
    struct fb_duty_run run = {.program = task->program,
        .duty = duty,
        .ev = {.trace = &ticked,
            .var_count = duty->var_count,
            .arena = arena,
            .explain = task->explain,
            .quick = task->indexed,
            .err = err},
        .key = task->key,
        .now = task->now,
        .bound = bound_by(duty)};
    enum fb_code code = fb_trace_tick(task->trace, task->program->effective, arena, &ticked, err);
    while (code == FB_OK && run.tp_count < ticked.time_count &&
           ticked.times[run.tp_count] <= task->now) {
        run.tp_count++;
    }
    if (code == FB_OK) {
        ticked.time_count = run.tp_count;
        bool many = ticked.tuple_count >= INDEXED_MIN && ticked.tuple_count <= FB_ACCESS_TUPLES_MAX;
        code = task->indexed && many ? fb_access_new(&ticked, arena, &run.ev.access, err) : FB_OK;
        if (task->indexed && ticked.tuple_count < INDEXED_MIN) {
            list_needs(duty->when, run.needs, &run.need_count);
        }
        for (size_t i = 0; i < ticked.tuple_count; i++) {
            run.corrections = run.corrections || ticked.tuples[i].correction;
        }
        fb_duty_weigh(&run);
        code = code ? code : fb_duty_list_changes(&run);
        run.rows = rows_serve(&run, task) ? task->rows : NULL;
        code = code ? code : fb_duty_find_paces(&run);
        code = code || !duty->after ? code : follow_after(&run, task);
        code = code ? code : follow(&run, task);
    }
    if (task->rests_on && !task->rest->good) {
        return code;
    }
    for (size_t i = 0; code == FB_OK && i < run.owed_count; i++) {
        code = fb_duty_settle(&run, &run.owed[i]);
    }
    if (code == FB_OK) {
        *out = (struct fb_obligations){run.items, run.item_count};
    }
    return code;
}

enum fb_code fb_duty_run_naive(const struct fb_program *program, const struct fb_duty *duty,
    const struct fb_trace *trace, fb_time now, struct fb_arena *arena, struct fb_obligations *out,
    struct fb_err *err)
{
    FB_ASSERT(program && duty && trace && arena && out);
    struct fb_duty_task task = {
        .program = program, .duty = duty, .trace = trace, .now = now, .explain = true};
    enum fb_code code = fb_duty_check(duty, err);
    return code ? code : fb_duty_follow(&task, arena, out, err);
}

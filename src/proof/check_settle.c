/* The checker of duties: what became of an obligation. */
#include "base/assert.h"
#include "base/limit.h"
#include "proof/duty_parts.h"

/* When something was done; SIZE_MAX: it was not. */
struct done {
    size_t tp;
    fb_time at;
};

static const struct done never = {SIZE_MAX, FB_TIME_MAX};

const struct fb_seen *fb_recount_tightest(const struct fb_bond *bond)
{
    const struct fb_seen *best = &bond->seen[0];
    for (size_t i = 1; i < bond->count; i++) {
        const struct fb_seen *seen = &bond->seen[i];
        if (seen->deadline < best->deadline || (seen->dated && !best->dated)) {
            best = seen;
        }
    }
    return best;
}

/* The first time-point from tp on at which a matter holds (or does not), and the obligation is not
 * excused unless `excused`. */
static enum fb_code first(struct fb_recount *r, const struct fb_bond *bond,
    const struct fb_matter *matter, bool excused, struct done *out)
{
    enum fb_code code = FB_OK;
    size_t tp = out->tp;
    *out = never;
    for (; code == FB_OK && matter->form && tp < r->tp_count; tp++) {
        bool holds = false, waived = false;
        code = fb_recount_any(r, bond, matter, tp, &holds);
        if (code == FB_OK && holds && !excused) {
            code = fb_recount_any(r, bond, &r->waived, tp, &waived);
        }
        if (code == FB_OK && holds && !waived) {
            *out = (struct done){tp, r->trace.times[tp]};
            break;
        }
    }
    return code;
}

/* Its rows before the policy was in force, as one that had been would have seen them. */
static struct fb_bond early_bond(const struct fb_bond *bond)
{
    return (struct fb_bond){
        .seen = (struct fb_seen *)(uintptr_t)bond->early, .count = bond->early_count};
}

static enum fb_code waived_at(
    struct fb_recount *r, const struct fb_bond *bond, size_t tp, bool *out)
{
    const struct fb_bond early = early_bond(bond);
    return fb_recount_any(r, tp < bond->seen[0].tp ? &early : bond, &r->waived, tp, out);
}

/* Until when the obligation is excused at t: FB_TIME_MIN: it is not; FB_TIME_MAX: still is. */
static enum fb_code waived_until(
    struct fb_recount *r, const struct fb_bond *bond, fb_time t, fb_time *out)
{
    size_t tp = fb_recount_point(r, t);
    bool waived = false;
    *out = FB_TIME_MIN;
    enum fb_code code = tp == SIZE_MAX ? FB_OK : waived_at(r, bond, tp, &waived);
    if (code || !waived) {
        return code;
    }
    while (code == FB_OK && waived && ++tp < r->tp_count) {
        code = waived_at(r, bond, tp, &waived);
    }
    *out = tp < r->tp_count ? r->trace.times[tp] : FB_TIME_MAX;
    return code;
}

/* A deadline that falls where the obligation is excused is that of the end of it. */
static enum fb_code excuse(struct fb_recount *r, const struct fb_bond *bond, fb_time *deadline)
{
    enum fb_code code = FB_OK;
    fb_time until = FB_TIME_MAX;
    while (code == FB_OK && until != FB_TIME_MIN && *deadline <= r->of->now) {
        code = waived_until(r, bond, *deadline, &until);
        *deadline = until != FB_TIME_MIN ? until : *deadline;
    }
    return code;
}

static struct fb_obligation begin(const struct fb_recount *r, const struct fb_bond *bond)
{
    const struct fb_seen *seen = fb_recount_tightest(bond);
    return (struct fb_obligation){.duty = r->duty,
        .bindings = bond->seen[0].values,
        .party = bond->party,
        .since = r->trace.times[bond->seen[0].tp],
        .anchor = seen->anchor,
        .deadline = seen->deadline,
        .settled = FB_TIME_MAX,
        .breached = FB_TIME_MAX};
}

static enum fb_code emit(struct fb_recount *r, struct fb_obligation item)
{
    enum fb_code code = fb_recount_grow(r, &r->items, r->item_count, sizeof(*r->items));
    if (code == FB_OK) {
        item.lest = fb_recount_pace(r, item.breached == FB_TIME_MAX ? r->of->now : item.breached)
                        ->terms.lest;
        r->items[r->item_count++] = item;
    }
    return code;
}

/* ---- what must be done ---- */

/* Whether what must not come first did: before the discharge, or with it where that did not hold
 * already. */
static enum fb_code find_first(
    struct fb_recount *r, const struct fb_bond *bond, const struct done *done, struct done *out)
{
    struct done first_act = {.tp = bond->seen[0].tp};
    enum fb_code code = first(r, bond, &r->before_begins, false, &first_act);
    bool held = false;
    *out = never;
    if (code || first_act.tp == SIZE_MAX || done->tp < first_act.tp || done->at < first_act.at) {
        return code;
    }
    if (done->tp == first_act.tp && first_act.tp > 0) {
        code = fb_recount_holds(r, &r->act, bond->seen[0].values, first_act.tp - 1, &held);
    }
    *out = held ? never : first_act;
    return code;
}

/* An act counts as done when its recipient had it, if a receipt that stands now says so: not before
 * `low`, and of the act at of->tp, or of any when of is NULL. */
static enum fb_code hear(struct fb_recount *r, const struct fb_bond *bond, fb_time low,
    const struct done *of, struct done *out)
{
    enum fb_code code = FB_OK;
    const fb_time *times = r->trace.times;
    size_t early_count = low == FB_TIME_MIN ? 0 : bond->early_count;
    for (size_t i = 0; code == FB_OK && i < r->receipt_count; i++) {
        struct fb_value at = r->receipts[i]->values[r->duty->received_column];
        struct fb_value admitted = r->receipts[i]->values[r->duty->admitted_column];
        bool may = at.type == FB_TYPE_TIME && admitted.type == FB_TYPE_TIME && at.u.time >= low &&
                   at.u.time < admitted.u.time;
        may = may && (!of || (of->tp != SIZE_MAX && admitted.u.time == times[of->tp]));
        for (size_t k = 0; code == FB_OK && may && k < early_count + bond->count; k++) {
            const struct fb_seen *seen =
                k < early_count ? &bond->early[k] : &bond->seen[k - early_count];
            bool said = false;
            if (at.u.time < out->at && admitted.u.time >= times[seen->tp]) {
                code = fb_recount_received(r, seen, r->receipts[i], &said);
            }
            if (said) {
                *out = (struct done){fb_recount_point(r, admitted.u.time), at.u.time};
            }
        }
    }
    return code;
}

/* From when it is owed, whatever was corrected since. */
static fb_time first_stated(const struct fb_bond *bond)
{
    fb_time first = FB_TIME_MAX;
    for (size_t i = 0; i < bond->count; i++) {
        bool sooner = bond->seen[i].dated && bond->seen[i].stated < first;
        first = sooner ? bond->seen[i].stated : first;
    }
    return first == FB_TIME_MAX ? FB_TIME_MIN : first;
}

/* The status of what must be done by item->deadline. */
static void judge(const struct fb_recount *r, const struct fb_bond *bond, const struct done *done,
    const struct done *before, struct fb_obligation *item)
{
    bool has_dates = r->duty->within_count > 0 || r->duty->every > 0;
    fb_time breach = done->at < item->deadline ? FB_TIME_MAX : item->deadline;
    breach = before->at < breach ? before->at : breach;
    if (breach != FB_TIME_MAX && breach <= r->of->now && breach < bond->ended) {
        item->status = done->tp == SIZE_MAX ? FB_DUTY_OVERDUE : FB_DUTY_MET_LATE;
        item->breached = breach;
        item->settled = done->at;
    } else if (done->tp != SIZE_MAX && done->at <= bond->ended) {
        item->status = FB_DUTY_MET;
        item->settled = done->at;
    } else if (bond->ended != FB_TIME_MAX) {
        item->status = FB_DUTY_RELAXED;
        item->settled = bond->ended;
    } else {
        item->status =
            has_dates && !fb_recount_tightest(bond)->dated ? FB_DUTY_UNDATED : FB_DUTY_OWED;
    }
}

static enum fb_code finish(struct fb_recount *r, const struct fb_bond *bond,
    const struct done *done, const struct done *before, struct fb_obligation item)
{
    fb_time stated = item.deadline, until = FB_TIME_MIN;
    enum fb_code code = excuse(r, bond, &item.deadline);
    if (code) {
        return code;
    }
    judge(r, bond, done, before, &item);
    if (item.status == FB_DUTY_OWED || item.status == FB_DUTY_UNDATED) {
        code = waived_until(r, bond, r->of->now, &until);
        item.status = until != FB_TIME_MIN ? FB_DUTY_WAIVED : item.status;
    }
    item.deadline = item.deadline == FB_TIME_MAX ? stated : item.deadline;
    return code ? code : emit(r, item);
}

/* The first time-point at which it was done before the policy was in force. */
static enum fb_code done_early(struct fb_recount *r, const struct fb_bond *bond, struct done *out)
{
    const struct fb_bond early = early_bond(bond);
    enum fb_code code = FB_OK;
    bool holds = false;
    *out = never;
    for (size_t tp = early.count ? early.seen[0].tp : bond->seen[0].tp;
         code == FB_OK && r->act.form && tp < bond->seen[0].tp && !holds; tp++) {
        code = fb_recount_any(r, &early, &r->act, tp, &holds);
        *out = holds ? (struct done){tp, r->trace.times[tp]} : never;
    }
    return code;
}

static enum fb_code settle_must(struct fb_recount *r, const struct fb_bond *bond)
{
    struct done done = never, before = never;
    enum fb_code code = done_early(r, bond, &done);
    if (code == FB_OK && done.tp == SIZE_MAX) {
        done.tp = bond->seen[0].tp;
        code = first(r, bond, &r->act, true, &done);
    }
    code = code ? code : hear(r, bond, first_stated(bond), NULL, &done);
    if (code == FB_OK && r->before_begins.form) {
        code = find_first(r, bond, &done, &before);
    }
    return code ? code : finish(r, bond, &done, &before, begin(r, bond));
}

/* A period: it begins where the one before ended. Counted from base, its end is the count-th of the
 * length that `by` says. */
struct period {
    fb_time begin;
    fb_time base;
    int64_t count;
    const struct fb_paced *by;
    fb_time end;
};

static bool same_length(const struct fb_paced *a, const struct fb_paced *b)
{
    return a->terms.every == b->terms.every && a->terms.every_unit == b->terms.every_unit;
}

static enum fb_code find_end(
    struct fb_recount *r, fb_time base, int64_t count, const struct fb_paced *by, fb_time *out)
{
    return fb_period(
        base, count * by->terms.every, by->terms.every_unit, &r->of->program->days, out, r->err);
}

/* The next period. Its length is that of the pace at its begin; a change of pace in it may bring
 * the end forward, to a whole period of that pace from then. */
static enum fb_code next_period(struct fb_recount *r, struct period *p, bool is_first)
{
    const struct fb_paced *at_begin;
    p->begin = is_first ? p->base : p->end;
    at_begin = fb_recount_pace(r, p->begin);
    p->count++;
    if (is_first || !same_length(at_begin, p->by)) {
        *p = (struct period){.begin = p->begin, .base = p->begin, .count = 1, .by = at_begin};
    }
    enum fb_code code = find_end(r, p->base, p->count, p->by, &p->end);
    if (code == FB_OK && is_first) {
        code = find_end(r, p->base, 0, p->by, &p->begin);
    }
    for (size_t i = 1; code == FB_OK && i < r->pace_count; i++) {
        const struct fb_paced *pace = &r->paces[i];
        fb_time end;
        if (pace->from <= p->begin || pace->from >= p->end || same_length(pace, p->by)) {
            continue;
        }
        code = find_end(r, pace->from, 1, pace, &end);
        if (code == FB_OK && end < p->end) {
            *p = (struct period){p->begin, pace->from, 1, pace, end};
        }
    }
    return code;
}

/* Of the rows of a pace the one with the earliest deadline, if they have any; NULL: there is none.
 */
static const struct fb_seen *tightest_at(
    const struct fb_recount *r, const struct fb_bond *bond, int level)
{
    const struct fb_seen *best = NULL;
    for (size_t i = 0; i < bond->count; i++) {
        const struct fb_seen *seen = &bond->seen[i];
        bool fits = seen->dated && fb_recount_pace(r, r->trace.times[seen->tp])->level == level;
        best = fits && (!best || seen->deadline < best->deadline) ? seen : best;
    }
    return best;
}

/* The row that periods are counted from: of the pace at which the first dated one was seen. */
static const struct fb_seen *counted_from(const struct fb_recount *r, const struct fb_bond *bond)
{
    size_t i = 0;
    while (!bond->seen[i].dated) {
        i++;
    }
    return tightest_at(r, bond, fb_recount_pace(r, r->trace.times[bond->seen[i].tp])->level);
}

/* When a period is due that has a `within`: so long after its end, by the pace at its begin or any
 * that comes before, from when that comes. */
static enum fb_code find_due(struct fb_recount *r, const struct fb_bond *bond,
    const struct fb_seen *first, const struct period *p, fb_time *out)
{
    const struct fb_paced *begin = fb_recount_pace(r, p->begin);
    enum fb_code code = FB_OK;
    *out = FB_TIME_MAX;
    for (const struct fb_paced *pace = begin; code == FB_OK && pace < r->paces + r->pace_count;
         pace++) {
        const struct fb_seen *seen = tightest_at(r, bond, pace->level);
        const struct fb_within *line = seen ? seen->within : first->within;
        fb_time from = pace != begin && pace->from > p->end ? pace->from : p->end, due;
        if (pace != begin && pace->from >= *out) {
            break;
        }
        code = fb_deadline(from, line->amount, line->unit, &r->of->program->days, &due, r->err);
        *out = code == FB_OK && due < *out ? due : *out;
    }
    return code;
}

/* One for each period that has begun: an act counts for the earliest that lacks one. */
static enum fb_code settle_every(struct fb_recount *r, const struct fb_bond *bond)
{
    fb_time expires = r->of->program->expires;
    fb_time end = bond->ended < expires ? bond->ended : expires;
    size_t tp = bond->seen[0].tp;
    if (!fb_recount_tightest(bond)->dated) {
        return finish(r, bond, &never, &never, begin(r, bond));
    }
    const struct fb_seen *seen = counted_from(r, bond);
    struct period p = {.base = seen->anchor};
    for (int64_t turn = 1; turn <= (int64_t)fb_limit(FB_DUTY_TURNS_MAX); turn++) {
        struct fb_obligation item = begin(r, bond);
        enum fb_code code = next_period(r, &p, turn == 1);
        item.turn = turn;
        item.anchor = p.begin;
        if (code == FB_OK && seen->within) {
            code = find_due(r, bond, seen, &p, &item.deadline);
        } else if (code == FB_OK) {
            code = fb_deadline(p.base, p.count * p.by->terms.every, p.by->terms.every_unit,
                &r->of->program->days, &item.deadline, r->err);
        }
        if (code || (turn > 1 && (item.anchor > r->of->now || item.anchor >= end))) {
            return code;
        }
        while (tp < r->tp_count && r->trace.times[tp] < item.anchor) {
            tp++;
        }
        struct done done = {.tp = tp};
        code = first(r, bond, &r->act_begins, true, &done);
        tp = done.tp == SIZE_MAX ? r->tp_count : done.tp + 1;
        struct done act = done;
        code = code ? code : hear(r, bond, item.anchor, &act, &done);
        code = code ? code : finish(r, bond, &done, &never, item);
        if (code) {
            return code;
        }
    }
    return fb_err_set(r->err, FB_E_LIMIT, "duty '%.*s' recurs more than %d times",
        FB_STR_ARG(r->duty->name), FB_DUTY_TURNS_MAX);
}

/* ---- what must not be done, and what must be kept ---- */

static enum fb_code emit_standing(
    struct fb_recount *r, const struct fb_bond *bond, struct fb_obligation item)
{
    fb_time until = FB_TIME_MIN;
    enum fb_code code = waived_until(r, bond, r->of->now, &until);
    item.status = bond->ended != FB_TIME_MAX ? FB_DUTY_RELAXED
                  : until != FB_TIME_MIN     ? FB_DUTY_WAIVED
                                             : FB_DUTY_HELD;
    item.settled = bond->ended;
    return code ? code : emit(r, item);
}

static enum fb_code emit_breach(struct fb_recount *r, struct fb_obligation item, fb_time at)
{
    item.status = FB_DUTY_BROKEN;
    item.breached = at;
    return emit(r, item);
}

static enum fb_code settle_may_not(struct fb_recount *r, const struct fb_bond *bond)
{
    enum fb_code code = FB_OK;
    struct done done = {.tp = bond->seen[0].tp};
    while (code == FB_OK && done.tp < r->tp_count) {
        code = first(r, bond, &r->act_begins, false, &done);
        if (code || done.tp == SIZE_MAX || done.at >= bond->ended) {
            break;
        }
        code = emit_breach(r, begin(r, bond), done.at);
        done.tp++;
    }
    return code ? code : emit_standing(r, bond, begin(r, bond));
}

/* The end of the grace of a condition that fails at t. */
static enum fb_code grace(struct fb_recount *r, fb_time t, fb_time *out)
{
    enum fb_code code = FB_OK;
    *out = r->duty->within_count ? FB_TIME_MAX : t;
    for (size_t i = 0; code == FB_OK && i < r->duty->within_count; i++) {
        const struct fb_within *line = &r->duty->within[i];
        fb_time end;
        code = fb_deadline(t, line->amount, line->unit, &r->of->program->days, &end, r->err);
        *out = code == FB_OK && end < *out ? end : *out;
    }
    return code;
}

static enum fb_code settle_keep(struct fb_recount *r, const struct fb_bond *bond)
{
    struct fb_obligation item = begin(r, bond);
    size_t tp = bond->seen[0].tp;
    bool broken = false;
    while (tp < r->tp_count && r->trace.times[tp] < bond->ended) {
        struct done kept = {.tp = tp};
        fb_time due = FB_TIME_MAX;
        broken = false;
        enum fb_code code = first(r, bond, &r->act, true, &kept);
        size_t again = kept.tp == SIZE_MAX ? r->tp_count : kept.tp;
        if (code == FB_OK && again > tp) {
            code = grace(r, r->trace.times[tp], &due);
            code = code ? code : excuse(r, bond, &due);
            item.deadline = due;
        }
        if (code == FB_OK && again > tp && due <= kept.at && due <= r->of->now &&
            due < bond->ended) {
            code = emit_breach(r, item, due);
            broken = again == r->tp_count;
        }
        if (code) {
            return code;
        }
        item.deadline = again == r->tp_count && !broken ? due : FB_TIME_MAX;
        tp = again + 1;
    }
    return broken && bond->ended == FB_TIME_MAX ? FB_OK : emit_standing(r, bond, item);
}

enum fb_code fb_recount_settle(struct fb_recount *r, const struct fb_bond *bond)
{
    FB_ASSERT(r && bond && bond->count > 0);
    switch (r->duty->modality) {
    case FB_MUST:
        return r->duty->every ? settle_every(r, bond) : settle_must(r, bond);
    case FB_MAY_NOT:
        return settle_may_not(r, bond);
    case FB_KEEP:
        return settle_keep(r, bond);
    }
    FB_ASSERT(false);
    return FB_OK;
}

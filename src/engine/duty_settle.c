/* What became of an obligation: SEMANTICS.md, Duties. */
#include <stdio.h>

#include "base/assert.h"
#include "base/limit.h"
#include "engine/duty.h"
#include "engine/holidays.h"

static const char *const unit_names[] = {"hours", "days", "business days", "months"};
static const char *const calendar_names[] = {"exact", "eu-1182-71", "us-ca"};

/* An act: when it was admitted, when it counts as done, and why we know. */
struct deed {
    bool found;
    bool received; /* its recipient had it before it was admitted, and says so */
    size_t tp;
    fb_time admitted;
    fb_time at;
    struct fb_why *why;
};

const struct fb_claim *fb_duty_tightest(const struct fb_owed *owed)
{
    FB_ASSERT(owed && owed->claim_count > 0);
    const struct fb_claim *best = &owed->claims[0];
    for (size_t i = 1; i < owed->claim_count; i++) {
        const struct fb_claim *claim = &owed->claims[i];
        if (claim->deadline < best->deadline || (claim->dated && !best->dated)) {
            best = claim;
        }
    }
    return best;
}

/* Whether a formula holds at tp for any claim known by then; with `begins` only through a tuple
 * that begins there. */
static enum fb_code done_at(const struct fb_duty_run *run, const struct fb_owed *owed,
    const struct fb_form *form, size_t tp, bool begins, struct deed *out)
{
    for (size_t i = 0; i < owed->claim_count && owed->claims[i].tp <= tp; i++) {
        struct fb_env env = fb_duty_env(run, &owed->claims[i]);
        struct fb_table found = {0};
        bool holds = false;
        enum fb_code code = fb_eval_holds(&run->ev, form, tp, &env, &holds);
        if (code == FB_OK && holds) {
            code = fb_eval_form(&run->ev, form, tp, &env, &found);
        }
        if (code) {
            return code;
        }
        for (size_t k = 0; k < found.count; k++) {
            if (!begins || found.rows[k].newest == tp + 1) {
                fb_time at = run->ev.trace->times[tp];
                *out = (struct deed){true, false, tp, at, at, found.rows[k].why};
                return FB_OK;
            }
        }
    }
    return FB_OK;
}

/* Whether an obligation is excused at t. */
static enum fb_code is_waived(
    const struct fb_duty_run *run, const struct fb_owed *owed, fb_time t, bool *out)
{
    fb_time until = FB_TIME_MIN;
    enum fb_code code = fb_duty_waived(run, owed, t, &until);
    *out = until != FB_TIME_MIN;
    return code;
}

/* The first time-point at which it is done, from where it began: before the policy was in force, or
 * since. */
static enum fb_code first_done(
    const struct fb_duty_run *run, const struct fb_owed *owed, struct deed *out)
{
    const struct fb_form *act = run->duty->act;
    const struct fb_owed early = {
        .claims = (struct fb_claim *)(uintptr_t)owed->early, .claim_count = owed->early_count};
    size_t first = owed->claims[0].tp, tp = owed->early_count ? owed->early[0].tp : first;
    enum fb_code code = FB_OK;
    for (; act && code == FB_OK && tp < run->tp_count && !out->found; tp++) {
        code = done_at(run, tp < first ? &early : owed, act, tp, false, out);
    }
    return code;
}

/* The next time-point from `tp` on at which it begins; with `excused` those count, too, at which
 * the obligation is excused. */
static enum fb_code next_begun(const struct fb_duty_run *run, const struct fb_owed *owed,
    const struct fb_form *form, size_t tp, bool excused, struct deed *out)
{
    enum fb_code code = FB_OK;
    for (; code == FB_OK && tp < run->tp_count && !out->found; tp++) {
        code = done_at(run, owed, form, tp, true, out);
        bool waived = false;
        if (code == FB_OK && out->found && !excused) {
            code = is_waived(run, owed, out->at, &waived);
        }
        out->found = out->found && !waived;
    }
    return code;
}

/* Takes a row of receipts: the act counts as done when its recipient had it. */
static void take_receipt(const struct fb_duty_run *run, const struct fb_claim *claim,
    const struct fb_row *row, fb_time low, struct deed *out)
{
    struct fb_value at = row->values[run->duty->received_var];
    struct fb_value admitted = row->values[run->duty->admitted_var];
    const fb_time *times = run->ev.trace->times;
    if (at.type != FB_TYPE_TIME || admitted.type != FB_TYPE_TIME || at.u.time < low ||
        at.u.time >= admitted.u.time || admitted.u.time < times[claim->tp]) {
        return;
    }
    if (!out->found || at.u.time < out->at) {
        *out = (struct deed){
            true, true, fb_duty_point(run, admitted.u.time), admitted.u.time, at.u.time, row->why};
    }
}

/* The receipts that stand now can only make an act earlier: not before `low`, since then it was
 * done about something else. They are of any act that was admitted since the obligation arose, or
 * would have before the policy was in force (where a date says from when), or (`only`) of the one
 * that was found. */
static enum fb_code take_receipts(const struct fb_duty_run *run, const struct fb_owed *owed,
    fb_time low, bool only, struct deed *out)
{
    enum fb_code code = FB_OK;
    fb_time admitted = out->admitted;
    if (!run->duty->received || (only && !out->found)) {
        return FB_OK;
    }
    size_t early_count = low == FB_TIME_MIN ? 0 : owed->early_count;
    for (size_t i = 0; code == FB_OK && i < early_count + owed->claim_count; i++) {
        const struct fb_claim *claim =
            i < early_count ? &owed->early[i] : &owed->claims[i - early_count];
        struct fb_env env = fb_duty_env(run, claim);
        struct fb_table found = {0};
        code = fb_eval_form(&run->ev, run->duty->received, run->tp_count - 1, &env, &found);
        for (size_t k = 0; code == FB_OK && k < found.count; k++) {
            struct fb_value of = found.rows[k].values[run->duty->admitted_var];
            if (!only || fb_value_eq(of, fb_value_time(admitted))) {
                take_receipt(run, claim, &found.rows[k], low, out);
            }
        }
    }
    return code;
}

/* What is owed runs from here, before any correction: what its recipient had earlier counts from
 * its admission. */
static fb_time begin_of(const struct fb_owed *owed)
{
    fb_time begin = FB_TIME_MAX;
    for (size_t i = 0; i < owed->claim_count; i++) {
        const struct fb_claim *claim = &owed->claims[i];
        begin = claim->dated && claim->stated < begin ? claim->stated : begin;
    }
    return begin == FB_TIME_MAX ? FB_TIME_MIN : begin;
}

/* A deadline that falls where the obligation is excused moves to the end of that: FB_TIME_MAX while
 * it goes on. */
static enum fb_code excuse(
    const struct fb_duty_run *run, const struct fb_owed *owed, fb_time *deadline)
{
    fb_time until = FB_TIME_MIN;
    enum fb_code code = FB_OK;
    while (code == FB_OK && *deadline != FB_TIME_MAX && *deadline <= run->now) {
        code = fb_duty_waived(run, owed, *deadline, &until);
        if (until == FB_TIME_MIN) {
            break;
        }
        *deadline = until;
    }
    return code;
}

static struct fb_obligation obligation(const struct fb_duty_run *run, const struct fb_owed *owed)
{
    const struct fb_claim *claim = fb_duty_tightest(owed);
    return (struct fb_obligation){.duty = run->duty,
        .bindings = owed->claims[0].row.values,
        .party = owed->party,
        .twin = owed->twin,
        .since = run->ev.trace->times[owed->claims[0].tp],
        .anchor = claim->anchor,
        .deadline = claim->deadline,
        .settled = FB_TIME_MAX,
        .breached = FB_TIME_MAX};
}

static enum fb_code emit(struct fb_duty_run *run, const struct fb_obligation *item)
{
    FB_ASSERT(!item->why == !run->ev.explain);
    fb_time at = item->breached == FB_TIME_MAX ? run->now : item->breached;
    enum fb_code code = fb_duty_grow(&run->ev, &run->items, run->item_count, sizeof(*run->items));
    if (code == FB_OK) {
        run->items[run->item_count] = *item;
        run->items[run->item_count++].lest =
            fb_duty_terms_at(run->duty, fb_duty_level(run, at)).lest;
    }
    return code;
}

/* "TITLE: STATUS", with the instant that matters. */
static struct fb_why *headline(const struct fb_duty_run *run, const struct fb_obligation *item)
{
    fb_time at = FB_TIME_MAX;
    const char *word = "";
    switch (item->status) {
    case FB_DUTY_OWED:
        at = item->deadline;
        word = " until";
        break;
    case FB_DUTY_MET:
    case FB_DUTY_RELAXED:
        at = item->settled;
        word = " on";
        break;
    case FB_DUTY_MET_LATE:
        at = item->settled;
        word = " on";
        break;
    case FB_DUTY_OVERDUE:
        at = item->breached;
        word = " since";
        break;
    case FB_DUTY_BROKEN:
        at = item->breached;
        word = " on";
        break;
    case FB_DUTY_HELD:
    case FB_DUTY_UNDATED:
    case FB_DUTY_WAIVED:
        break;
    }
    char turn[48] = "";
    if (item->turn) {
        (void)snprintf(turn, sizeof(turn), " (period %lld)", (long long)item->turn);
    }
    struct fb_str title = run->duty->title.len ? run->duty->title : run->duty->name;
    const char *status = fb_duty_status_name(item->status);
    char when[FB_TIME_TEXT] = "";
    if (at == FB_TIME_MAX) {
        word = "";
    } else {
        fb_time_format_short(at, when);
    }
    return fb_why_new(run->ev.arena, "%.*s%s: %s%s%s%s", FB_STR_ARG(title), turn, status, word,
        *when ? " " : "", when);
}

/* Adds a sentence with a reason under it. */
static bool add(const struct fb_duty_run *run, struct fb_why *top, struct fb_why *sentence,
    const struct fb_why *reason)
{
    struct fb_why *copy = fb_why_copy(&run->ev, reason);
    if (!sentence || (reason && !copy)) {
        return false;
    }
    fb_why_add(sentence, copy);
    fb_why_add(top, sentence);
    return true;
}

static bool add_trigger(const struct fb_duty_run *run, struct fb_why *top,
    const struct fb_owed *owed, const struct fb_obligation *item)
{
    char when[FB_TIME_TEXT];
    struct fb_why *since =
        fb_why_new(run->ev.arena, "owed since %s", fb_time_format_short(item->since, when));
    return add(run, top, since, owed->claims[0].row.why);
}

/* That the deadline may end later, past the years for which public holidays are listed. */
static bool add_unlisted(const struct fb_duty_run *run, struct fb_why *top, fb_time anchor,
    fb_time deadline, enum fb_unit unit)
{
    const struct fb_days *days = &run->program->days;
    char from[FB_TIME_TEXT], to[FB_TIME_TEXT];
    if (!fb_holidays_unlisted(days, anchor, deadline, unit)) {
        return true;
    }
    struct fb_why *why = fb_why_new(run->ev.arena,
        "public holidays (%.*s) are listed from %.10s to %.10s only: it may end later",
        FB_STR_ARG(days->listed), fb_time_format(days->listed_from * FB_DAY, from),
        fb_time_format((days->listed_until - 1) * FB_DAY, to));
    return add(run, top, why, NULL);
}

/* The same of one period of a duty that recurs. */
static bool add_turn(const struct fb_duty_run *run, struct fb_why *top, const struct fb_owed *owed,
    const struct fb_obligation *item)
{
    const struct fb_turns *turns = run->turns;
    const struct fb_claim *claim = turns->first;
    char from[FB_TIME_TEXT], begin[FB_TIME_TEXT], to[FB_TIME_TEXT];
    bool paced = turns->anchor != claim->anchor || turns->every != run->duty->every ||
                 turns->unit != run->duty->every_unit;
    struct fb_why *why = fb_why_new(run->ev.arena,
        "every %lld %s from %s%s: period %lld begins at %s and is due at %s (calendar %s)",
        (long long)turns->every, unit_names[turns->unit], fb_time_format_short(turns->anchor, from),
        paced ? ", by the pace" : "", (long long)item->turn,
        fb_time_format_short(item->anchor, begin), fb_time_format_short(item->deadline, to),
        calendar_names[run->program->days.calendar]);
    return add(run, top, why, claim != &owed->claims[0] ? claim->row.why : NULL) &&
           add_unlisted(run, top, item->anchor, item->deadline, turns->unit);
}

/* The arithmetic of the deadline, in words. */
static bool add_deadline(const struct fb_duty_run *run, struct fb_why *top,
    const struct fb_owed *owed, const struct fb_obligation *item)
{
    const struct fb_claim *claim = fb_duty_tightest(owed);
    struct fb_arena *arena = run->ev.arena;
    if (run->duty->within_count == 0 && run->duty->every == 0) {
        return add(run, top, fb_why_new(arena, "it has no deadline"), NULL);
    }
    if (!claim->dated) {
        struct fb_str name = run->duty->vars ? run->duty->vars[run->duty->anchor_var] : FB_STR("");
        return add(run, top,
            fb_why_new(
                arena, "its deadline needs the date '%.*s', which is not known", FB_STR_ARG(name)),
            NULL);
    }
    char from[FB_TIME_TEXT];
    char to[FB_TIME_TEXT];
    if (run->duty->every) {
        return add_turn(run, top, owed, item);
    }
    bool corrected = claim->anchor > claim->stated;
    struct fb_why *why = fb_why_new(arena, "%lld %s from %s%s end at %s (calendar %s)",
        (long long)claim->within->amount, unit_names[claim->within->unit],
        fb_time_format_short(claim->anchor, from),
        !corrected         ? ""
        : run->duty->paced ? ", when the pace or a correction brought it,"
                           : ", when a correction made it known,",
        fb_time_format_short(item->deadline, to), calendar_names[run->program->days.calendar]);
    return add(run, top, why, claim != &owed->claims[0] ? claim->row.why : NULL) &&
           add_unlisted(run, top, claim->anchor, item->deadline, claim->within->unit);
}

static bool add_deed(const struct fb_duty_run *run, struct fb_why *top, const struct fb_owed *owed,
    const struct deed *done)
{
    struct fb_arena *arena = run->ev.arena;
    char when[FB_TIME_TEXT];
    if (done->found) {
        char admitted[FB_TIME_TEXT];
        fb_time_format_short(done->at, when);
        fb_time_format_short(done->admitted, admitted);
        struct fb_why *why = NULL;
        if (done->received) {
            why = fb_why_new(arena,
                "done on %s, as its recipient says, before it was admitted on %s", when, admitted);
        } else if (done->at < run->program->effective) {
            why = fb_why_new(
                arena, "done on %s, before this rule was in force: not to be done again", when);
        } else {
            why = fb_why_new(arena, "done on %s", when);
        }
        return add(run, top, why, done->why);
    }
    if (!run->duty->act) {
        return true;
    }
    struct fb_env env = fb_duty_env(run, fb_duty_tightest(owed));
    struct fb_why *absent = fb_why_absent(&run->ev, run->duty->act, &env);
    fb_time_format_short(run->now, when);
    return absent && add(run, top, fb_why_new(arena, "not done by %s", when), absent);
}

/* That it is excused now, and by what. */
static bool add_waived(const struct fb_duty_run *run, struct fb_why *top,
    const struct fb_owed *owed, const struct fb_obligation *item)
{
    if (item->status != FB_DUTY_WAIVED) {
        return true;
    }
    struct fb_env env = fb_duty_env(run, &owed->claims[0]);
    struct fb_table found = {0};
    bool good = fb_eval_form(&run->ev, run->duty->waived, run->tp_count - 1, &env, &found) == FB_OK;
    return good && add(run, top, fb_why_new(run->ev.arena, "excused for now"),
                       found.count ? found.rows[0].why : NULL);
}

static bool add_ended(const struct fb_duty_run *run, struct fb_why *top, const struct fb_owed *owed)
{
    char when[FB_TIME_TEXT];
    return owed->ended == FB_TIME_MAX ||
           add(run, top,
               fb_why_new(run->ev.arena, "not owed from %s on: %s",
                   fb_time_format_short(owed->ended, when), owed->ended_why),
               NULL);
}

/* The act that must not come first did come before the discharge. An act that held already when
 * both fall on one time-point came before. */
static enum fb_code overtaken(const struct fb_duty_run *run, const struct fb_owed *owed,
    const struct deed *done, struct deed *out)
{
    struct deed first = {0};
    enum fb_code code = next_begun(run, owed, run->duty->before, owed->claims[0].tp, false, &first);
    if (code || !first.found || (done->found && (done->tp < first.tp || done->at < first.at))) {
        return code;
    }
    if (done->found && done->tp == first.tp && first.tp > 0) {
        struct fb_env env = fb_duty_env(run, &owed->claims[0]);
        bool held = false;
        code = fb_eval_holds(&run->ev, run->duty->act, first.tp - 1, &env, &held);
        if (code || held) {
            return code;
        }
    }
    *out = first;
    return FB_OK;
}

static void set_must(const struct fb_duty_run *run, const struct fb_owed *owed,
    const struct deed *done, const struct deed *first, struct fb_obligation *item)
{
    fb_time act = done->found ? done->at : FB_TIME_MAX;
    fb_time breach = act < item->deadline ? FB_TIME_MAX : item->deadline;
    bool dates = run->duty->within_count > 0 || run->duty->every > 0;
    if (first->found && first->at < breach) {
        breach = first->at;
    }
    bool breached = breach != FB_TIME_MAX && breach <= run->now && breach < owed->ended;
    if (breached) {
        item->breached = breach;
        item->status = done->found ? FB_DUTY_MET_LATE : FB_DUTY_OVERDUE;
        item->settled = act;
    } else if (done->found && act <= owed->ended) {
        item->status = FB_DUTY_MET;
        item->settled = act;
    } else if (owed->ended != FB_TIME_MAX) {
        item->status = FB_DUTY_RELAXED;
        item->settled = owed->ended;
    } else if (!fb_duty_tightest(owed)->dated && dates) {
        item->status = FB_DUTY_UNDATED;
    } else {
        item->status = FB_DUTY_OWED;
    }
}

/* Gives an obligation that must be done its status and its reasons. */
static enum fb_code finish_must(struct fb_duty_run *run, const struct fb_owed *owed,
    const struct deed *done, const struct deed *first, struct fb_obligation *item)
{
    fb_time stated = item->deadline;
    bool waived = false;
    enum fb_code code = excuse(run, owed, &item->deadline);
    if (code == FB_OK) {
        set_must(run, owed, done, first, item);
        code = is_waived(run, owed, run->now, &waived);
    }
    if (code) {
        return code;
    }
    if (waived && (item->status == FB_DUTY_OWED || item->status == FB_DUTY_UNDATED)) {
        item->status = FB_DUTY_WAIVED;
    }
    item->deadline = item->deadline == FB_TIME_MAX ? stated : item->deadline;
    if (!run->ev.explain) {
        return emit(run, item);
    }
    item->why = headline(run, item);
    bool good = item->why && add_trigger(run, item->why, owed, item) &&
                add_deadline(run, item->why, owed, item) && add_deed(run, item->why, owed, done) &&
                add_waived(run, item->why, owed, item) && add_ended(run, item->why, owed);
    if (good && first->found) {
        char when[FB_TIME_TEXT];
        good = add(run, item->why,
            fb_why_new(run->ev.arena, "it was due before what happened on %s",
                fb_time_format_short(first->at, when)),
            first->why);
    }
    return good ? emit(run, item) : fb_arena_failed(run->ev.arena, run->ev.err);
}

static enum fb_code settle_must(struct fb_duty_run *run, const struct fb_owed *owed)
{
    struct fb_obligation item = obligation(run, owed);
    struct deed done = {0};
    struct deed first = {0};
    enum fb_code code = first_done(run, owed, &done);
    code = code ? code : take_receipts(run, owed, begin_of(owed), false, &done);
    if (code == FB_OK && run->duty->before) {
        code = overtaken(run, owed, &done, &first);
    }
    return code ? code : finish_must(run, owed, &done, &first, &item);
}

/* One obligation for each period that has begun. An act counts for one of them: the earliest that
 * had begun and that nothing was done for yet. */
static enum fb_code settle_every(struct fb_duty_run *run, const struct fb_owed *owed)
{
    const struct deed none = {0};
    struct fb_obligation item = obligation(run, owed);
    fb_time end = owed->ended < run->program->expires ? owed->ended : run->program->expires;
    size_t tp = owed->claims[0].tp;
    if (!fb_duty_tightest(owed)->dated) {
        return finish_must(run, owed, &none, &none, &item);
    }
    struct fb_turns turns = fb_duty_turns(run, owed);
    run->turns = &turns;
    while (turns.turn < (int64_t)fb_limit(FB_DUTY_TURNS_MAX)) {
        struct deed done = {0};
        item = obligation(run, owed);
        enum fb_code code = fb_duty_next_turn(run, owed, &turns, &item);
        if (code || (turns.turn > 1 && (item.anchor > run->now || item.anchor >= end))) {
            run->turns = NULL;
            return code;
        }
        while (tp < run->tp_count && run->ev.trace->times[tp] < item.anchor) {
            tp++;
        }
        code = next_begun(run, owed, run->duty->act, tp, true, &done);
        tp = done.found ? done.tp + 1 : run->tp_count;
        code = code ? code : take_receipts(run, owed, item.anchor, true, &done);
        code = code ? code : finish_must(run, owed, &done, &none, &item);
        if (code) {
            return code;
        }
    }
    return fb_err_set(run->ev.err, FB_E_LIMIT, "duty '%.*s' recurs more than %d times",
        FB_STR_ARG(run->duty->name), FB_DUTY_TURNS_MAX);
}

/* One item for a breach of a standing duty. */
static enum fb_code emit_breach(struct fb_duty_run *run, const struct fb_owed *owed,
    struct fb_obligation item, fb_time at, struct fb_why *reason)
{
    item.status = FB_DUTY_BROKEN;
    item.breached = at;
    if (!run->ev.explain) {
        return emit(run, &item);
    }
    item.why = headline(run, &item);
    struct fb_why *what = fb_why_new(run->ev.arena, "what broke it");
    bool good =
        item.why && add_trigger(run, item.why, owed, &item) && add(run, item.why, what, reason);
    return good ? emit(run, &item) : fb_arena_failed(run->ev.arena, run->ev.err);
}

/* The standing duty itself, as it goes on or ended. */
static enum fb_code emit_standing(
    struct fb_duty_run *run, const struct fb_owed *owed, struct fb_obligation item)
{
    bool ended = owed->ended != FB_TIME_MAX, waived = false;
    enum fb_code code = is_waived(run, owed, run->now, &waived);
    if (code) {
        return code;
    }
    item.status = ended ? FB_DUTY_RELAXED : waived ? FB_DUTY_WAIVED : FB_DUTY_HELD;
    item.settled = owed->ended;
    if (!run->ev.explain) {
        return emit(run, &item);
    }
    item.why = headline(run, &item);
    bool good = item.why && add_trigger(run, item.why, owed, &item) &&
                add_waived(run, item.why, owed, &item) && add_ended(run, item.why, owed);
    return good ? emit(run, &item) : fb_arena_failed(run->ev.arena, run->ev.err);
}

/* Each act breaks it, and it goes on. */
static enum fb_code settle_may_not(struct fb_duty_run *run, const struct fb_owed *owed)
{
    struct fb_obligation item = obligation(run, owed);
    for (size_t tp = owed->claims[0].tp; tp < run->tp_count;) {
        struct deed done = {0};
        enum fb_code code = next_begun(run, owed, run->duty->act, tp, false, &done);
        if (code == FB_OK && done.found && done.at < owed->ended) {
            code = emit_breach(run, owed, item, done.at, done.why);
        }
        if (code) {
            return code;
        }
        tp = done.found && done.at < owed->ended ? done.tp + 1 : run->tp_count;
    }
    return emit_standing(run, owed, item);
}

/* How long the condition of a `keep` may fail: its shortest unconditional `within`, or not at all.
 */
static enum fb_code grace_end(const struct fb_duty_run *run, fb_time failed, fb_time *out)
{
    fb_time end = FB_TIME_MAX;
    for (size_t i = 0; i < run->duty->within_count; i++) {
        const struct fb_within *line = &run->duty->within[i];
        fb_time t;
        enum fb_code code =
            fb_deadline(failed, line->amount, line->unit, &run->program->days, &t, run->ev.err);
        if (code) {
            return code;
        }
        end = t < end ? t : end;
    }
    *out = run->duty->within_count ? end : failed;
    return FB_OK;
}

/* From a time-point at which the condition fails, the first at which it holds again; tp_count when
 * it does not. */
static enum fb_code restored(
    const struct fb_duty_run *run, const struct fb_owed *owed, size_t tp, size_t *out)
{
    struct deed kept = {0};
    while (tp < run->tp_count && !kept.found) {
        enum fb_code code = done_at(run, owed, run->duty->act, tp, false, &kept);
        if (code) {
            return code;
        }
        tp += kept.found ? 0 : 1;
    }
    *out = tp;
    return FB_OK;
}

/* One stretch [tp, until) in which the condition fails. The item tells whether
 * and when that broke it. */
static enum fb_code settle_failure(struct fb_duty_run *run, const struct fb_owed *owed, size_t tp,
    size_t until, struct fb_obligation *item)
{
    const fb_time *times = run->ev.trace->times;
    fb_time again = until < run->tp_count ? times[until] : FB_TIME_MAX;
    fb_time due;
    enum fb_code code = grace_end(run, times[tp], &due);
    code = code ? code : excuse(run, owed, &due);
    if (code) {
        return code;
    }
    item->deadline = due;
    item->breached = FB_TIME_MAX;
    if (due <= again && due <= run->now && due < owed->ended) {
        struct fb_env env = fb_duty_env(run, fb_duty_tightest(owed));
        struct fb_why *absent =
            run->ev.explain ? fb_why_absent(&run->ev, run->duty->act, &env) : NULL;
        code = absent || !run->ev.explain ? emit_breach(run, owed, *item, due, absent)
                                          : fb_arena_failed(run->ev.arena, run->ev.err);
        item->breached = due;
    }
    return code;
}

/* Each time the condition fails for longer than the grace breaks it, at the end of the grace. While
 * it is broken and not restored there is nothing that still holds. */
static enum fb_code settle_keep(struct fb_duty_run *run, const struct fb_owed *owed)
{
    struct fb_obligation item = obligation(run, owed);
    bool broken = false;
    size_t tp = owed->claims[0].tp;
    while (tp < run->tp_count && run->ev.trace->times[tp] < owed->ended) {
        size_t again = tp;
        enum fb_code code = restored(run, owed, tp, &again);
        if (code == FB_OK && again > tp) {
            code = settle_failure(run, owed, tp, again, &item);
            broken = item.breached != FB_TIME_MAX && again == run->tp_count;
        }
        if (code) {
            return code;
        }
        bool open = again == run->tp_count && again > tp && !broken;
        item.deadline = open ? item.deadline : FB_TIME_MAX;
        item.breached = FB_TIME_MAX;
        tp = again + 1;
    }
    return broken && owed->ended == FB_TIME_MAX ? FB_OK : emit_standing(run, owed, item);
}

enum fb_code fb_duty_settle(struct fb_duty_run *run, const struct fb_owed *owed)
{
    FB_ASSERT(run && owed);
    FB_ASSERT(owed->claim_count > 0);
    switch (run->duty->modality) {
    case FB_MUST:
        return run->duty->every ? settle_every(run, owed) : settle_must(run, owed);
    case FB_MAY_NOT:
        return settle_may_not(run, owed);
    case FB_KEEP:
        return settle_keep(run, owed);
    }
    FB_ASSERT(false);
    return FB_OK;
}

const char *fb_duty_status_name(enum fb_duty_status status)
{
    switch (status) {
    case FB_DUTY_OWED:
        return "owed";
    case FB_DUTY_MET:
        return "met";
    case FB_DUTY_MET_LATE:
        return "met late";
    case FB_DUTY_OVERDUE:
        return "overdue";
    case FB_DUTY_BROKEN:
        return "broken";
    case FB_DUTY_HELD:
        return "held";
    case FB_DUTY_RELAXED:
        return "relaxed";
    case FB_DUTY_UNDATED:
        return "undated";
    case FB_DUTY_WAIVED:
        return "waived";
    }
    return "?";
}

/* What the pace changes of a duty: SEMANTICS.md, Pace. */
#include "base/assert.h"
#include "engine/duty.h"

static const char *const level_names[FB_PACE_LEVELS] = {"fast", "normal", "slow"};

struct fb_duty_terms fb_duty_terms_at(const struct fb_duty *duty, int level)
{
    FB_ASSERT(duty && level < FB_PACE_LEVELS);
    return level >= 0 && duty->at_pace[level] ? *duty->at_pace[level]
                                              : (struct fb_duty_terms){.every = duty->every,
                                                    .every_unit = duty->every_unit,
                                                    .relax_after = duty->relax_after,
                                                    .lest = duty->lest,
                                                    .lest_text = duty->lest_text};
}

/* The level of a tuple of the policy's own pace; -1 for others. */
static int level_of(const struct fb_duty_run *run, const struct fb_tuple *tuple)
{
    int level = -1;
    if (tuple->relation != run->duty->pace_relation ||
        !fb_value_eq(tuple->values[0], fb_value_str(run->program->name))) {
        return level;
    }
    for (int i = 0; i < FB_PACE_LEVELS; i++) {
        level = fb_str_is(tuple->values[1].u.text, level_names[i]) ? i : level;
    }
    return level;
}

enum fb_code fb_duty_find_paces(struct fb_duty_run *run)
{
    const struct fb_trace *trace = run->ev.trace;
    enum fb_code code = FB_OK;
    FB_ASSERT(run->pace_count == 0);
    for (size_t i = 0; run->duty->paced && code == FB_OK && i < trace->tuple_count; i++) {
        const struct fb_tuple *tuple = &trace->tuples[i];
        int level = level_of(run, tuple);
        if (level < 0 || tuple->from >= run->tp_count) {
            continue;
        }
        code = fb_duty_grow(&run->ev, &run->paces, run->pace_count, sizeof(*run->paces));
        if (code == FB_OK) {
            run->paces[run->pace_count++] =
                (struct fb_duty_pace){tuple->from, trace->times[tuple->from], level};
        }
    }
    return code;
}

int fb_duty_level(const struct fb_duty_run *run, fb_time t)
{
    int level = -1;
    for (size_t i = 0; i < run->pace_count && run->paces[i].from <= t; i++) {
        level = run->paces[i].level;
    }
    return level;
}

fb_time fb_duty_relaxed(const struct fb_duty_run *run, fb_time failed)
{
    fb_time from = FB_TIME_MIN;
    int level = -1;
    for (size_t i = 0; i <= run->pace_count; i++) {
        fb_time until = i < run->pace_count ? run->paces[i].from : FB_TIME_MAX;
        fb_time at = fb_time_add(failed, fb_duty_terms_at(run->duty, level).relax_after);
        at = at < from ? from : at;
        if (at < until) {
            return at;
        }
        from = until;
        level = i < run->pace_count ? run->paces[i].level : level;
    }
    return FB_TIME_MAX;
}

/* ---- periods ---- */

/* The row that periods are counted from. The rows of another pace are no other dates. */
static const struct fb_claim *first_of(const struct fb_duty_run *run, const struct fb_owed *owed)
{
    const struct fb_claim *first = &owed->claims[0];
    for (size_t i = owed->claim_count; i-- > 0;) {
        first = owed->claims[i].dated ? &owed->claims[i] : first;
    }
    const struct fb_claim *best = first;
    int level = fb_duty_level(run, run->ev.trace->times[first->tp]);
    for (size_t i = 0; i < owed->claim_count; i++) {
        const struct fb_claim *claim = &owed->claims[i];
        bool same = fb_duty_level(run, run->ev.trace->times[claim->tp]) == level;
        best = same && claim->dated && claim->deadline < best->deadline ? claim : best;
    }
    return best;
}

/* The line of `within` at a level: that of its tightest row. Where none was seen at that level, the
 * line of the first. */
static const struct fb_within *line_at(
    const struct fb_duty_run *run, const struct fb_owed *owed, const struct fb_turns *turns, int at)
{
    const struct fb_claim *best = NULL;
    for (size_t i = 0; i < owed->claim_count; i++) {
        const struct fb_claim *claim = &owed->claims[i];
        bool fits = claim->within && fb_duty_level(run, run->ev.trace->times[claim->tp]) == at;
        best = fits && (!best || claim->deadline < best->deadline) ? claim : best;
    }
    return best ? best->within : turns->first->within;
}

struct fb_turns fb_duty_turns(const struct fb_duty_run *run, const struct fb_owed *owed)
{
    struct fb_turns turns = {.first = first_of(run, owed)};
    turns.anchor = turns.first->anchor;
    return turns;
}

static void count_from(struct fb_turns *turns, fb_time anchor, const struct fb_duty_terms *terms)
{
    turns->anchor = anchor;
    turns->counted = 0;
    turns->every = terms->every;
    turns->unit = terms->every_unit;
}

/* When the current period ends. Where the pace changes in it, the period of the new pace runs from
 * then; the earlier end counts, and the next periods are counted with it. (A change at its begin or
 * its end, or one to the same length, would give no earlier end: they are only passed over.) */
static enum fb_code end_turn(const struct fb_duty_run *run, struct fb_turns *turns)
{
    const struct fb_days *days = &run->program->days;
    enum fb_code code = fb_period(turns->anchor, (turns->counted + 1) * turns->every, turns->unit,
        days, &turns->end, run->ev.err);
    for (size_t i = 0; code == FB_OK && i < run->pace_count; i++) {
        const struct fb_duty_pace *pace = &run->paces[i];
        struct fb_duty_terms terms = fb_duty_terms_at(run->duty, pace->level);
        fb_time end;
        if (pace->from <= turns->begin || pace->from >= turns->end ||
            (terms.every == turns->every && terms.every_unit == turns->unit)) {
            continue;
        }
        code = fb_period(pace->from, terms.every, terms.every_unit, days, &end, run->ev.err);
        if (code == FB_OK && end < turns->end) {
            count_from(turns, pace->from, &terms);
            turns->end = end;
        }
    }
    return code;
}

/* When the current period is due: so long after its end; where the pace changes before, by the
 * earliest of what each pace says, which runs from the change at the earliest. (So a change at its
 * begin, whose line that is already, or at *out, from where nothing is due earlier, is only passed
 * over.) */
static enum fb_code due_after(const struct fb_duty_run *run, const struct fb_owed *owed,
    const struct fb_turns *turns, fb_time *out)
{
    const struct fb_days *days = &run->program->days;
    const struct fb_within *line = line_at(run, owed, turns, fb_duty_level(run, turns->begin));
    enum fb_code code = fb_deadline(turns->end, line->amount, line->unit, days, out, run->ev.err);
    for (size_t i = 0; code == FB_OK && i < run->pace_count; i++) {
        const struct fb_duty_pace *pace = &run->paces[i];
        fb_time due;
        if (pace->from <= turns->begin || pace->from >= *out) {
            continue;
        }
        line = line_at(run, owed, turns, pace->level);
        code = fb_deadline(pace->from > turns->end ? pace->from : turns->end, line->amount,
            line->unit, days, &due, run->ev.err);
        *out = code == FB_OK && due < *out ? due : *out;
    }
    return code;
}

enum fb_code fb_duty_next_turn(const struct fb_duty_run *run, const struct fb_owed *owed,
    struct fb_turns *turns, struct fb_obligation *item)
{
    const struct fb_days *days = &run->program->days;
    enum fb_code code = FB_OK;
    FB_ASSERT(run && owed && turns->first && item);
    turns->turn++;
    turns->counted++;
    turns->begin = turns->turn == 1 ? turns->anchor : turns->end;
    struct fb_duty_terms terms = fb_duty_terms_at(run->duty, fb_duty_level(run, turns->begin));
    if (terms.every != turns->every || terms.every_unit != turns->unit) {
        count_from(turns, turns->begin, &terms);
    }
    if (turns->turn == 1) {
        code = fb_period(turns->anchor, 0, turns->unit, days, &turns->begin, run->ev.err);
    }
    code = code ? code : end_turn(run, turns);
    item->turn = turns->turn;
    item->anchor = turns->begin;
    if (code == FB_OK && turns->first->within) {
        return due_after(run, owed, turns, &item->deadline);
    }
    return code ? code
                : fb_deadline(turns->anchor, (turns->counted + 1) * turns->every, turns->unit, days,
                      &item->deadline, run->ev.err);
}

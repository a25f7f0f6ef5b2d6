/* pace.c: whether progress is fast, normal or slow by the terms of each policy, over its force. */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "govern/work.h"
#include "lang/signature.h"

/* The work on one policy version. */
struct pacing {
    struct fb_work *work;
    struct fb_version *version;
    struct fb_pace_history history;
};

/* What the terms of a policy are to the history of quantities. */
static struct fb_progress_options options_of(const struct fb_pace_terms *terms)
{
    return (struct fb_progress_options){.confidence = terms->confidence,
        .frontier = true,
        .rule = {terms->fast_below_days, terms->slow_from_days, terms->dwell_us},
        .age = terms->age_us};
}

/* The stretch of a quantity at an instant; NULL before its first value. */
static const struct fb_pace_segment *segment_at(
    const struct fb_pace_history *history, struct fb_str series, fb_time t)
{
    const struct fb_pace_segment *found = NULL;
    for (size_t i = 0; i < history->count; i++) {
        const struct fb_pace_segment *s = &history->items[i];
        found = fb_str_eq(s->series, series) && s->from <= t ? s : found;
    }
    return found;
}

/* The pace at an instant is that of the fastest quantity; what was never measured is fast. */
static enum fb_pace level_at(const struct pacing *p, fb_time t)
{
    const struct fb_pace_terms *terms = &p->version->program->pace;
    enum fb_pace level = FB_PACE_SLOW;
    for (size_t i = 0; i < terms->series_count; i++) {
        const struct fb_pace_segment *s = segment_at(&p->history, terms->series[i], t);
        enum fb_pace own = s ? s->pace.pace : FB_PACE_FAST;
        level = own < level ? own : level;
    }
    return level;
}

static struct fb_why *why_at(const struct pacing *p, fb_time t, enum fb_pace level)
{
    const struct fb_program *program = p->version->program;
    struct fb_arena *arena = p->work->arena;
    struct fb_why *why =
        fb_why_new(arena, "the pace of %.*s is %s", FB_STR_ARG(program->name), fb_pace_name(level));
    for (size_t i = 0; why && i < program->pace.series_count; i++) {
        struct fb_str series = program->pace.series[i];
        const struct fb_pace_segment *s = segment_at(&p->history, series, t);
        struct fb_why *reason =
            s ? fb_work_growth_why(p->work, s)
              : fb_why_new(arena, "%.*s is fast: nothing was measured yet", FB_STR_ARG(series));
        if (!reason) {
            return NULL;
        }
        fb_why_add(why, reason);
    }
    return why;
}

/* From when on the first pace of a version counts: before its force, too, so that what was done
 * then is judged by it; where an earlier version of the policy had a pace, from its end. */
static fb_time first_from(const struct pacing *p)
{
    size_t count;
    struct fb_version **same = fb_work_versions_of(p->work, p->version, &count);
    fb_time from = FB_TIME_MIN;
    for (size_t i = 0; i < count; i++) {
        const struct fb_version *other = same[i];
        if (other != p->version && other->program->pace.given && other->from < other->until &&
            other->until <= p->version->from && other->until > from) {
            from = other->until;
        }
    }
    return from;
}

/* pace(policy, level). What comes with another pace is new to everybody, as a correction is: a
 * deadline that it brings runs from then at the earliest. */
static enum fb_code add_tuple(
    const struct pacing *p, size_t index, fb_time until, struct fb_err *err)
{
    const struct fb_pace_stretch *stretch = &p->version->paces[index];
    int relation = fb_policy_relation("pace");
    FB_ASSERT(relation >= 0);
    struct fb_value *values = FB_ARENA_ARRAY(p->work->arena, struct fb_value, 2);
    if (!values) {
        return fb_arena_failed(p->work->arena, err);
    }
    values[0] = fb_value_str(p->version->program->name);
    values[1] = fb_value_str(fb_str_of(fb_pace_name(stretch->level)));
    struct fb_timed tuple = {.relation = (uint32_t)relation,
        .from = index > 0 ? stretch->from : first_from(p),
        .until = until,
        .values = values,
        .seq = FB_WHY_NO_RECORD,
        .why = stretch->why,
        .correction = index > 0};
    return tuple.from < tuple.until ? fb_work_add(p->work, &tuple, err) : FB_OK;
}

static int compare_times(const void *a, const void *b)
{
    fb_time x = *(const fb_time *)a, y = *(const fb_time *)b;
    return x < y ? -1 : x > y;
}

/* The instants of the version's force at which a quantity is read anew, its begin first. */
static size_t list_times(const struct pacing *p, fb_time *times)
{
    const struct fb_version *version = p->version;
    size_t count = 1;
    times[0] = version->from;
    for (size_t i = 0; i < p->history.count; i++) {
        fb_time from = p->history.items[i].from;
        if (from > version->from && from < version->until && from <= p->work->input->now) {
            times[count++] = from;
        }
    }
    qsort(times + 1, count - 1, sizeof(*times), compare_times);
    return count;
}

/* The stretches: one begins where the level changes. */
static enum fb_code find_stretches(const struct pacing *p, struct fb_err *err)
{
    struct fb_version *version = p->version;
    size_t room = p->history.count + 1;
    fb_time *times = FB_ARENA_ARRAY(p->work->arena, fb_time, room);
    version->paces = FB_ARENA_ARRAY(p->work->arena, struct fb_pace_stretch, room);
    if (!times || !version->paces) {
        return fb_arena_failed(p->work->arena, err);
    }
    size_t count = list_times(p, times);
    for (size_t i = 0; i < count; i++) {
        enum fb_pace level = level_at(p, times[i]);
        size_t last = version->pace_count;
        if (last > 0 && version->paces[last - 1].level == level) {
            continue;
        }
        version->paces[last] =
            (struct fb_pace_stretch){times[i], level, why_at(p, times[i], level)};
        if (!version->paces[last].why) {
            return fb_arena_failed(p->work->arena, err);
        }
        version->pace_count++;
    }
    return FB_OK;
}

/* What the picture shows of a version in force: the pace now, with the reasons of now. */
static enum fb_code add_view(const struct pacing *p, struct fb_err *err)
{
    struct fb_picture *picture = p->work->picture;
    fb_time now = p->work->input->now;
    const struct fb_pace_stretch *last = &p->version->paces[p->version->pace_count - 1];
    struct fb_policy_pace_view *view = &picture->policy_paces[picture->policy_pace_count];
    *view = (struct fb_policy_pace_view){.policy = p->version->view,
        .id = fb_arena_printf(p->work->arena, "pace:%.*s", FB_STR_ARG(p->version->program->name)),
        .level = last->level,
        .since = last->from,
        .why = why_at(p, now, last->level)};
    if (!view->id.ptr || !view->why) {
        return fb_arena_failed(p->work->arena, err);
    }
    fb_work_handle(view->id, view->handle);
    picture->policy_pace_count++;
    return FB_OK;
}

static enum fb_code run_version(
    struct fb_work *work, struct fb_version *version, struct fb_err *err)
{
    struct pacing p = {.work = work, .version = version};
    struct fb_progress_options options = options_of(&version->program->pace);
    struct fb_pace_value *values = NULL;
    size_t count = 0;
    enum fb_code code = fb_work_progress(work, &values, &count, err);
    code = code ? code : fb_pace_history_of(values, count, &options, work->arena, &p.history, err);
    code = code ? code : find_stretches(&p, err);
    for (size_t i = 0; code == FB_OK && i < version->pace_count; i++) {
        fb_time until = i + 1 < version->pace_count ? version->paces[i + 1].from : version->until;
        code = add_tuple(&p, i, until, err);
    }
    bool shown = code == FB_OK && version->view->force == FB_IN_FORCE;
    return shown ? add_view(&p, err) : code;
}

enum fb_code fb_work_pace(struct fb_work *work, struct fb_err *err)
{
    FB_ASSERT(work && work->picture && err);
    enum fb_code code = FB_OK;
    work->picture->policy_paces =
        FB_ARENA_ARRAY(work->arena, struct fb_policy_pace_view, work->version_count + 1);
    if (!work->picture->policy_paces) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < work->version_count; i++) {
        struct fb_version *version = &work->versions[i];
        if (version->program->pace.given && version->from < version->until &&
            version->from <= work->input->now) {
            code = run_version(work, version, err);
        }
    }
    return code;
}

/* The checker of red lines. */
#include "proof/check_line.h"

#include "base/assert.h"

/* What is known at an instant: nothing that was withdrawn, and nothing that a review had rejected
 * by `known`. */
struct view {
    const struct fb_line_subject *of;
    fb_time at;
    fb_time known;
};

static bool stands(const struct view *v, const struct fb_assessment *a)
{
    return a->admitted <= v->at && v->at < a->withdrawn && v->known < a->rejected;
}

/* Whether the i-th governs: it stands, is fresh, and no later one of the same task by the same
 * party stands, but for other scores of the same log. */
static bool governs(const struct view *v, size_t i)
{
    const struct fb_assessment *a = &v->of->items[i];
    bool does = stands(v, a) && v->at < a->fresh_until;
    for (size_t k = i + 1; does && k < v->of->count; k++) {
        const struct fb_assessment *b = &v->of->items[k];
        bool same_log = a->log.len > 0 && fb_str_eq(a->log, b->log);
        does = b->measure != a->measure || same_log || !fb_str_eq(a->issuer, b->issuer) ||
               !stands(v, b);
    }
    return does;
}

/* Every measure has an assessment that governs and began after an instant, and all that govern are
 * below: the threshold, or the clearing level. */
static bool all_below(const struct view *v, bool clearing, fb_time began_after)
{
    uint64_t found = 0;
    size_t measures = v->of->line->measure_count;
    FB_ASSERT(measures < 64);
    for (size_t i = 0; i < v->of->count; i++) {
        const struct fb_assessment *a = &v->of->items[i];
        if (!governs(v, i)) {
            continue;
        }
        if (a->defeated || !(clearing ? a->clears : a->rules_out)) {
            return false;
        }
        found |= a->began > began_after ? (uint64_t)1 << a->measure : 0;
    }
    return measures > 0 && found == ((uint64_t)1 << measures) - 1;
}

/* For every measure, two evaluations below the clearing level that began after an instant, were
 * known by v->at and stand as is known now, whose ends lie the dwell apart. */
static bool dwelt(const struct view *v, fb_time after)
{
    struct view now = {v->of, v->known, v->known};
    for (uint32_t m = 0; m < v->of->line->measure_count; m++) {
        fb_time first = FB_TIME_MAX, last = FB_TIME_MIN;
        size_t found = 0;
        for (size_t i = 0; i < v->of->count; i++) {
            const struct fb_assessment *a = &v->of->items[i];
            if (a->measure == m && a->admitted <= v->at && a->clears && !a->defeated &&
                a->began > after && stands(&now, a)) {
                first = a->ended < first ? a->ended : first;
                last = a->ended > last ? a->ended : last;
                found++;
            }
        }
        if (found < 2 || last < fb_time_add(first, v->of->line->dwell_us)) {
            return false;
        }
    }
    return true;
}

/* The latch: the latest crossing; NULL while the line is clear. */
static const struct fb_assessment *move_latch(
    const struct view *v, const struct fb_assessment *crossing)
{
    for (size_t i = 0; i < v->of->count; i++) {
        const struct fb_assessment *a = &v->of->items[i];
        if (a->admitted == v->at && (a->crosses || a->held) && stands(v, a)) {
            crossing = a;
        }
    }
    if (!crossing || (crossing->held && v->at <= crossing->held_until)) {
        return crossing;
    }
    bool clear = v->of->line->has_clears
                     ? all_below(v, true, FB_TIME_MIN) && dwelt(v, crossing->admitted)
                     : all_below(v, false, crossing->admitted);
    return clear ? NULL : crossing;
}

static enum fb_line_status status_of(const struct view *v, bool is_latched, bool *out_latched)
{
    *out_latched = false;
    for (size_t i = v->of->scope_count; i-- > 0;) {
        if (v->of->scope[i].from <= v->at) {
            if (!v->of->scope[i].inside) {
                return FB_LINE_OUT_OF_SCOPE;
            }
            break;
        }
    }
    for (size_t i = 0; i < v->of->count; i++) {
        if (v->of->items[i].crosses && governs(v, i)) {
            return FB_LINE_CROSSED;
        }
    }
    *out_latched = is_latched;
    return is_latched                         ? FB_LINE_CROSSED
           : all_below(v, false, FB_TIME_MIN) ? FB_LINE_RULED_OUT
                                              : FB_LINE_NOT_RULED_OUT;
}

/* The first instant after t at which anything can change; FB_TIME_MAX: none. */
static fb_time next_instant(const struct fb_line_subject *s, fb_time t)
{
    fb_time next = FB_TIME_MAX;
    for (size_t i = 0; i < s->scope_count; i++) {
        next = s->scope[i].from > t && s->scope[i].from < next ? s->scope[i].from : next;
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct fb_assessment *a = &s->items[i];
        const fb_time all[] = {a->admitted, a->fresh_until, a->withdrawn, a->rejected};
        for (size_t k = 0; k < 4; k++) {
            next = all[k] > t && all[k] < next ? all[k] : next;
        }
    }
    return next;
}

/* Whether what was known before v->at looks different from then on. */
static bool learns(const struct view *v)
{
    bool any = false;
    for (size_t i = 0; i < v->of->count; i++) {
        const struct fb_assessment *a = &v->of->items[i];
        any = any || (a->admitted < v->at && (a->withdrawn == v->at || a->rejected == v->at));
    }
    return any;
}

/* The latch at v->at, replayed from the beginning by what is known now. */
static const struct fb_assessment *replay(const struct view *v)
{
    const struct fb_assessment *crossing = NULL;
    struct view then = {v->of, FB_TIME_MIN, v->known};
    for (; then.at <= v->at && then.at != FB_TIME_MAX; then.at = next_instant(v->of, then.at)) {
        crossing = move_latch(&then, crossing);
    }
    return crossing;
}

enum fb_code fb_line_recount(const struct fb_line_subject *subject, struct fb_arena *arena,
    struct fb_segments *out, struct fb_err *err)
{
    FB_ASSERT(subject && subject->line && arena && out);
    if (subject->count > FB_LATCH_ASSESSMENTS_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "a red line has more than %d evaluations", FB_LATCH_ASSESSMENTS_MAX);
    }
    struct fb_segments all = {
        FB_ARENA_ARRAY(arena, struct fb_segment, 1 + subject->scope_count + 4 * subject->count), 0};
    if (!all.items) {
        return fb_arena_failed(arena, err);
    }
    const struct fb_assessment *crossing = NULL;
    for (fb_time t = FB_TIME_MIN; t != FB_TIME_MAX; t = next_instant(subject, t)) {
        struct view view = {subject, t, t};
        struct fb_segment next = {.since = t, .from = t, .until = FB_TIME_MAX};
        crossing = learns(&view) ? replay(&view) : move_latch(&view, crossing);
        next.status = status_of(&view, crossing != NULL, &next.latched);
        struct fb_segment *last = all.count ? &all.items[all.count - 1] : NULL;
        if (last && last->status == next.status) {
            next.since = last->since;
        }
        if (!last || last->status != next.status || last->latched != next.latched) {
            if (last) {
                last->until = t;
            }
            all.items[all.count++] = next;
        }
    }
    *out = all;
    return FB_OK;
}

bool fb_line_same(const struct fb_segments *a, const struct fb_segments *b)
{
    FB_ASSERT(a && b && a->count > 0 && b->count > 0);
    size_t i = 0, k = 0;
    for (;;) {
        if (a->items[i].status != b->items[k].status ||
            a->items[i].latched != b->items[k].latched) {
            return false;
        }
        fb_time x = a->items[i].until, y = b->items[k].until;
        bool more_a = i + 1 < a->count, more_b = k + 1 < b->count;
        if (!more_a && !more_b) {
            return true;
        }
        i += more_a && (!more_b || x <= y) ? 1 : 0;
        k += more_b && (!more_a || y <= x) ? 1 : 0;
    }
}

#include "engine/latch.h"

#include <stdlib.h>

#include "base/assert.h"
#include "engine/table.h"

/* One run: the input, and what is known of the latch at the instant `now`. */
struct run {
    const struct fb_redline *line;
    const struct fb_assessment *items;
    size_t count;
    const struct fb_scope *scope;
    size_t scope_count;
    const size_t *next; /* index of the next one of the same measure and evaluator; count: none */
    struct fb_eval ev;  /* only for its arena and error */
    size_t crossing;    /* index of the latest crossing; count when there is none */
    bool latched;
    fb_time as_of; /* reviews until then are known, also of what was before them */
};

static bool live(const struct run *run, const struct fb_assessment *a, fb_time t)
{
    return a->admitted <= t && t < a->withdrawn && run->as_of < a->rejected;
}

bool fb_assessment_overtakes(const struct fb_assessment *later, const struct fb_assessment *a)
{
    FB_ASSERT(later && a);
    bool same_log = a->log.len > 0 && fb_str_eq(later->log, a->log);
    return later->measure == a->measure && fb_str_eq(later->issuer, a->issuer) && !same_log;
}

/* The latest live assessment of its measure by its evaluator, and fresh. */
static bool governs(const struct run *run, size_t index, fb_time t)
{
    const struct fb_assessment *a = &run->items[index];
    if (!live(run, a, t) || t >= a->fresh_until) {
        return false;
    }
    for (size_t i = run->next[index]; i < run->count; i = run->next[i]) {
        if (live(run, &run->items[i], t) && fb_assessment_overtakes(&run->items[i], a)) {
            return false;
        }
    }
    return true;
}

static bool good(const struct fb_assessment *a, bool clearing)
{
    return !a->defeated && (clearing ? a->clears : a->rules_out);
}

/* Every governing assessment of the measure is good, and there is one. With `after` only those that
 * began after that instant may be the reason. */
static bool measure_good(
    const struct run *run, uint32_t measure, fb_time t, bool clearing, fb_time after)
{
    bool any = false;
    for (size_t i = 0; i < run->count && run->items[i].admitted <= t; i++) {
        const struct fb_assessment *a = &run->items[i];
        if (a->measure != measure || !governs(run, i, t)) {
            continue;
        }
        if (!good(a, clearing)) {
            return false;
        }
        any = any || a->began > after;
    }
    return any;
}

static bool all_good(const struct run *run, fb_time t, bool clearing, fb_time after)
{
    for (uint32_t m = 0; m < run->line->measure_count; m++) {
        if (!measure_good(run, m, t, clearing, after)) {
            return false;
        }
    }
    return run->line->measure_count > 0;
}

/* Two clearing evaluations of the measure, known at t and not withdrawn at `as_of`, that began
 * after the crossing and ended at least the dwell apart. */
static bool spans(const struct run *run, uint32_t measure, fb_time t, fb_time as_of, fb_time after)
{
    fb_time first = FB_TIME_MAX;
    fb_time last = FB_TIME_MIN;
    size_t found = 0;
    for (size_t i = 0; i < run->count && run->items[i].admitted <= t; i++) {
        const struct fb_assessment *a = &run->items[i];
        if (a->measure != measure || !good(a, true) || a->began <= after || !live(run, a, as_of)) {
            continue;
        }
        found++;
        first = a->ended < first ? a->ended : first;
        last = a->ended > last ? a->ended : last;
    }
    return found >= 2 && last >= fb_time_add(first, run->line->dwell_us);
}

static bool clears(const struct run *run, fb_time t, fb_time as_of)
{
    fb_time after = run->items[run->crossing].admitted;
    if (run->items[run->crossing].held && t <= run->items[run->crossing].held_until) {
        return false;
    }
    if (!run->line->has_clears) {
        return all_good(run, t, false, after);
    }
    if (!all_good(run, t, true, FB_TIME_MIN)) {
        return false;
    }
    for (uint32_t m = 0; m < run->line->measure_count; m++) {
        if (!spans(run, m, t, as_of, after)) {
            return false;
        }
    }
    return true;
}

/* Moves the latch over the instant t, with the withdrawals known at as_of (t or later). */
static void step(struct run *run, fb_time t, fb_time as_of)
{
    for (size_t i = 0; i < run->count && run->items[i].admitted <= t; i++) {
        const struct fb_assessment *a = &run->items[i];
        if (a->admitted == t && (a->crosses || a->held) && live(run, a, t)) {
            run->crossing = i;
            run->latched = true;
        }
    }
    if (run->latched && clears(run, t, as_of)) {
        run->latched = false;
    }
}

/* A withdrawal can take away what a clearing rested on, a review also what a crossing did: then the
 * past is run again without it. */
static void advance(struct run *run, const fb_time *instants, size_t index)
{
    fb_time now = instants[index];
    bool again = false;
    run->as_of = now;
    for (size_t i = 0; i < run->count; i++) {
        const struct fb_assessment *a = &run->items[i];
        again = again || (a->withdrawn == now && a->admitted < now);
        again = again || (a->rejected == now && a->admitted < now);
    }
    if (again) {
        run->crossing = run->count;
        run->latched = false;
    }
    for (size_t k = again ? 0 : index; k <= index; k++) {
        step(run, instants[k], now);
    }
}

static const struct fb_scope *scope_at(const struct run *run, fb_time t)
{
    const struct fb_scope *found = NULL;
    for (size_t i = 0; i < run->scope_count && run->scope[i].from <= t; i++) {
        found = &run->scope[i];
    }
    return found;
}

static struct fb_why *with(const struct run *run, struct fb_why *why, const struct fb_why *reason)
{
    if (why && reason) {
        struct fb_why *copy = fb_why_copy(&run->ev, reason);
        if (!copy) {
            return NULL;
        }
        fb_why_add(why, copy);
    }
    return why;
}

/* The governing assessments that satisfy a test, as reasons. kind: 'c' those that cross, 'r' those
 * that rule out, 'n' those that do neither. */
static struct fb_why *with_governing(
    const struct run *run, struct fb_why *why, fb_time t, char kind)
{
    for (size_t i = 0; i < run->count && why; i++) {
        const struct fb_assessment *a = &run->items[i];
        if (!governs(run, i, t)) {
            continue;
        }
        char is = a->crosses ? 'c' : good(a, false) ? 'r' : 'n';
        if (is != kind) {
            continue;
        }
        why = with(run, why, a->why);
        if (a->defeated && why) {
            fb_why_add(why, fb_why_new(run->ev.arena, "an open defeater stands against it"));
        }
    }
    return why;
}

/* One sentence a measure of which nothing fresh is known: never measured, or out of date. */
static struct fb_why *with_missing(const struct run *run, struct fb_why *why, fb_time t)
{
    for (uint32_t m = 0; m < run->line->measure_count && why; m++) {
        const struct fb_assessment *last = NULL;
        bool fresh = false;
        for (size_t i = 0; i < run->count; i++) {
            const struct fb_assessment *a = &run->items[i];
            if (a->measure == m && live(run, a, t)) {
                last = a;
                fresh = fresh || governs(run, i, t);
            }
        }
        if (fresh) {
            continue;
        }
        struct fb_str name = run->line->measures[m];
        char when[FB_TIME_TEXT];
        struct fb_why *missing =
            last ? fb_why_new(run->ev.arena, "the evidence on \"%.*s\" was too old from %s on",
                       FB_STR_ARG(name), fb_time_format_short(last->fresh_until, when))
                 : fb_why_new(run->ev.arena, "nothing was measured on \"%.*s\"", FB_STR_ARG(name));
        fb_why_add(missing, last ? fb_why_copy(&run->ev, last->why) : NULL);
        if (!missing) {
            return NULL;
        }
        fb_why_add(why, missing);
    }
    return why;
}

static struct fb_why *why_latched(const struct run *run, fb_time t)
{
    const struct fb_assessment *crossing = &run->items[run->crossing];
    char when[FB_TIME_TEXT];
    char dwell[FB_TIME_TEXT];
    fb_time_format_short(crossing->admitted, when);
    struct fb_why *why = fb_why_new(run->ev.arena, "crossed on %s and not cleared since", when);
    why = with(run, why, crossing->why);
    struct fb_why *rule =
        run->line->has_clears
            ? fb_why_new(run->ev.arena,
                  "it clears after two evaluations below the clearing level that began after that "
                  "and ended at least %s apart",
                  fb_duration_format(run->line->dwell_us, dwell))
            : fb_why_new(run->ev.arena,
                  "it clears once it is ruled out by evaluations that began after that");
    if (!why || !rule) {
        return NULL;
    }
    fb_why_add(why, rule);
    return with_governing(run, why, t, 'r');
}

static bool crossed_now(const struct run *run, fb_time t)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run->items[i].crosses && governs(run, i, t)) {
            return true;
        }
    }
    return false;
}

/* What reviews found, of what would count without them. */
static struct fb_why *with_rejected(const struct run *run, struct fb_why *why, fb_time t)
{
    for (size_t i = 0; i < run->count && why; i++) {
        const struct fb_assessment *a = &run->items[i];
        if (a->admitted <= t && t < a->withdrawn && t >= a->rejected) {
            why = with(run, why, a->rejection);
        }
    }
    return why;
}

/* Status and reason from t on; from and until are left to the caller. */
static enum fb_code judge(const struct run *run, fb_time t, struct fb_segment *out)
{
    const struct fb_scope *scope = scope_at(run, t);
    struct fb_segment seg = {0};
    if (scope && !scope->inside) {
        seg.status = FB_LINE_OUT_OF_SCOPE;
        seg.why =
            with(run, fb_why_new(run->ev.arena, "outside the scope of the red line"), scope->why);
    } else if (crossed_now(run, t)) {
        seg.status = FB_LINE_CROSSED;
        seg.why = fb_why_new(run->ev.arena, "the lower bound reaches the threshold");
        seg.why = with_governing(run, seg.why, t, 'c');
    } else if (run->latched) {
        seg.status = FB_LINE_CROSSED;
        seg.latched = true;
        seg.why = why_latched(run, t);
    } else if (all_good(run, t, false, FB_TIME_MIN)) {
        seg.status = FB_LINE_RULED_OUT;
        seg.why = fb_why_new(run->ev.arena, "every measure is ruled out");
        seg.why = with_governing(run, seg.why, t, 'r');
    } else {
        seg.status = FB_LINE_NOT_RULED_OUT;
        seg.why = fb_why_new(run->ev.arena, "neither crossed nor ruled out");
        seg.why = with_missing(run, with_governing(run, seg.why, t, 'n'), t);
    }
    seg.why = with_rejected(run, seg.why, t);
    if (!seg.why) {
        return fb_arena_failed(run->ev.arena, run->ev.err);
    }
    *out = seg;
    return FB_OK;
}

static int order_times(const void *a, const void *b)
{
    fb_time x = *(const fb_time *)a;
    fb_time y = *(const fb_time *)b;
    return x < y ? -1 : x > y;
}

/* Every instant at which anything can change, in order, without repeats, from FB_TIME_MIN on. */
static enum fb_code list_instants(const struct run *run, fb_time **out, size_t *out_count)
{
    size_t max = 1 + run->scope_count + 4 * run->count;
    fb_time *all = FB_ARENA_ARRAY(run->ev.arena, fb_time, max);
    if (!all) {
        return fb_arena_failed(run->ev.arena, run->ev.err);
    }
    size_t count = 0;
    all[count++] = FB_TIME_MIN;
    for (size_t i = 0; i < run->scope_count; i++) {
        all[count++] = run->scope[i].from;
    }
    for (size_t i = 0; i < run->count; i++) {
        all[count++] = run->items[i].admitted;
        all[count++] = run->items[i].fresh_until;
        all[count++] = run->items[i].withdrawn;
        all[count++] = run->items[i].rejected;
    }
    qsort(all, count, sizeof(*all), order_times);
    size_t used = 0;
    for (size_t i = 0; i < count && all[i] != FB_TIME_MAX; i++) {
        if (used == 0 || all[used - 1] != all[i]) {
            all[used++] = all[i];
        }
    }
    *out = all;
    *out_count = used;
    return FB_OK;
}

static enum fb_code link_same(struct run *run)
{
    size_t *next = FB_ARENA_ARRAY(run->ev.arena, size_t, run->count);
    if (!next) {
        return fb_arena_failed(run->ev.arena, run->ev.err);
    }
    for (size_t i = 0; i < run->count; i++) {
        const struct fb_assessment *a = &run->items[i];
        FB_ASSERT(i == 0 || run->items[i - 1].admitted <= a->admitted);
        next[i] = i + 1;
        while (next[i] < run->count && (run->items[next[i]].measure != a->measure ||
                                           !fb_str_eq(run->items[next[i]].issuer, a->issuer))) {
            next[i]++;
        }
    }
    run->next = next;
    return FB_OK;
}

static bool same_why(const struct fb_why *a, const struct fb_why *b)
{
    for (; a && b; a = a->next, b = b->next) {
        if (!fb_str_eq(a->text, b->text) || !same_why(a->child, b->child)) {
            return false;
        }
    }
    return !a && !b;
}

/* Joins a stretch to the one before when nothing but time has passed. */
static void append(struct fb_segments *segments, struct fb_segment next)
{
    struct fb_segment *last = segments->count ? &segments->items[segments->count - 1] : NULL;
    next.since = next.from;
    next.until = FB_TIME_MAX;
    if (last && last->status == next.status) {
        next.since = last->since;
        if (last->latched == next.latched && same_why(last->why, next.why)) {
            return;
        }
    }
    if (last) {
        last->until = next.from;
    }
    segments->items[segments->count++] = next;
}

enum fb_code fb_latch_run(const struct fb_redline *line, const struct fb_assessment *assessments,
    size_t assessment_count, const struct fb_scope *scope, size_t scope_count,
    struct fb_arena *arena, struct fb_segments *out, struct fb_err *err)
{
    FB_ASSERT(line && arena && out);
    FB_ASSERT(scope_count == 0 || scope[0].from == FB_TIME_MIN);
    if (assessment_count > FB_LATCH_ASSESSMENTS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "red line '%.*s' has more than %d evaluations",
            FB_STR_ARG(line->name), FB_LATCH_ASSESSMENTS_MAX);
    }
    struct run run = {.line = line,
        .items = assessments,
        .count = assessment_count,
        .scope = scope,
        .scope_count = scope_count,
        .ev = {.arena = arena, .err = err},
        .crossing = assessment_count};
    fb_time *instants = NULL;
    size_t count = 0;
    enum fb_code code = link_same(&run);
    code = code ? code : list_instants(&run, &instants, &count);
    if (code) {
        return code;
    }
    struct fb_segments segments = {FB_ARENA_ARRAY(arena, struct fb_segment, count), 0};
    if (!segments.items) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < count; i++) {
        struct fb_segment next = {0};
        advance(&run, instants, i);
        code = judge(&run, instants[i], &next);
        if (code) {
            return code;
        }
        next.from = instants[i];
        append(&segments, next);
    }
    FB_ASSERT(segments.count > 0);
    *out = segments;
    return FB_OK;
}

const struct fb_segment *fb_segment_at(const struct fb_segments *segments, fb_time t)
{
    FB_ASSERT(segments && segments->count > 0);
    FB_ASSERT(segments->items[0].from == FB_TIME_MIN);
    size_t i = segments->count - 1;
    while (i > 0 && segments->items[i].from > t) {
        i--;
    }
    return &segments->items[i];
}

const char *fb_line_status_name(enum fb_line_status status)
{
    switch (status) {
    case FB_LINE_OUT_OF_SCOPE:
        return "out of scope";
    case FB_LINE_NOT_RULED_OUT:
        return "not ruled out";
    case FB_LINE_RULED_OUT:
        return "ruled out";
    case FB_LINE_CROSSED:
        return "crossed";
    }
    return "?";
}

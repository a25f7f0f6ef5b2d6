/*
 * derived.c: what several records say together, as facts for rules.
 *
 * grant_standing: a grant of access, how far it is now (requested, granted, not begun, expired,
 * refused, revoked), and how far it was honoured up to now: by its worst use.
 *
 * level_held: the highest level of a standard that is shown of a system now, by whom and until
 * when. It is shown by an audit of that standard that did not fail and is not over, or by a measure
 * of that name, of somebody else than the developer.
 *
 * share_of_original is in shares.c.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "govern/work.h"

static int compare_times(fb_time a, fb_time b)
{
    return (a > b) - (a < b);
}

/* ---- grants ---- */

/* How far a use was honoured, the worst last. */
enum honoured { FULL, PARTIAL, REFUSED, HONOURED };

/* A use of a grant begins or ends to be on record. */
struct use {
    struct fb_str grant; /* id of the grant's first record */
    fb_time at;
    int delta; /* 1 or -1 */
    enum honoured honoured;
    uint64_t seq;
};

static int order_uses(const void *a, const void *b)
{
    const struct use *x = a, *y = b;
    int order = fb_str_cmp(x->grant, y->grant);
    order = order ? order : compare_times(x->at, y->at);
    order = order ? order : (x->seq > y->seq) - (x->seq < y->seq);
    return order ? order : x->delta - y->delta;
}

static enum honoured honoured_of(const struct fb_record *use)
{
    struct fb_str word = fb_record_text(use, "honoured");
    return fb_str_is(word, "full") ? FULL : fb_str_is(word, "partial") ? PARTIAL : REFUSED;
}

/* The uses of all grants, by grant and time. Counted when out is NULL. */
static size_t list_uses(const struct fb_work *work, struct use *out)
{
    const struct fb_registry *registry = work->input->registry;
    size_t count = 0;
    const struct fb_record *record = fb_registry_first(registry, FB_KIND_access);
    for (; record; record = fb_registry_next(registry, record)) {
        fb_time span[2], after = FB_TIME_MIN;
        while (fb_work_span(work, record, after, span)) {
            for (int end = 0; end < 2 && out; end++) {
                out[count + (size_t)end] =
                    (struct use){.grant = fb_work_root_id(work, fb_record_text(record, "grant")),
                        .at = span[end],
                        .delta = end ? -1 : 1,
                        .honoured = honoured_of(record),
                        .seq = record->seq};
            }
            count += 2;
            after = span[1];
        }
    }
    return count;
}

/* What is known of a grant at an instant. */
struct grant_state {
    const char *standing;
    size_t uses[HONOURED];
};

/* The walk over one stretch in which a record of a grant holds. */
struct grant_walk {
    struct fb_work *work;
    const struct fb_record *record;
    struct fb_str id;
    fb_time span[2];
    fb_time valid[2];
    const struct use *uses; /* of this grant, by time */
    size_t use_count;
};

static const char *standing_at(const struct grant_walk *walk, fb_time t)
{
    static const char *const states[] = {"requested", "refused", "revoked"};
    struct fb_str state = fb_record_text(walk->record, "state");
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (fb_str_is(state, states[i])) {
            return states[i];
        }
    }
    return t < walk->valid[0] ? "not_begun" : t < walk->valid[1] ? "granted" : "expired";
}

static struct fb_why *grant_why(const struct grant_walk *walk, const struct grant_state *state)
{
    size_t all = state->uses[FULL] + state->uses[PARTIAL] + state->uses[REFUSED];
    struct fb_str party = fb_record_text(walk->record, "party");
    struct fb_why *why =
        all ? fb_why_new(walk->work->arena,
                  "the access of %.*s is %s; of %zu uses %zu were honoured in full, %zu were "
                  "refused",
                  FB_STR_ARG(party), state->standing, all, state->uses[FULL], state->uses[REFUSED])
            : fb_why_new(walk->work->arena, "the access of %.*s is %s, and was not used",
                  FB_STR_ARG(party), state->standing);
    return fb_why_on(why, walk->record->id, walk->record->seq);
}

static enum fb_code add_grant(const struct grant_walk *walk, const struct grant_state *state,
    const fb_time span[2], struct fb_err *err)
{
    enum { COLUMNS = 10 };
    struct fb_work *work = walk->work;
    const struct fb_record *record = walk->record;
    struct fb_value *values = FB_ARENA_ARRAY(work->arena, struct fb_value, COLUMNS);
    struct fb_why *why = grant_why(walk, state);
    if (!values || !why) {
        return fb_arena_failed(work->arena, err);
    }
    size_t all = state->uses[FULL] + state->uses[PARTIAL] + state->uses[REFUSED];
    const char *honoured = state->uses[REFUSED]   ? "refused"
                           : state->uses[PARTIAL] ? "partial"
                           : state->uses[FULL]    ? "full"
                                                  : "unused";
    values[0] = fb_value_str(walk->id);
    values[1] = fb_value_str(fb_work_subject(work, record));
    values[2] = fb_value_str(record->issuer);
    values[3] = fb_value_time(record->at < record->admitted ? record->at : record->admitted);
    values[4] = fb_value_str(fb_work_root_id(work, fb_record_text(record, "party")));
    values[5] = fb_value_str(fb_record_text(record, "form"));
    values[6] = fb_value_str(fb_str_of(state->standing));
    values[7] = fb_value_str(fb_str_of(honoured));
    values[8] = fb_value_int((int64_t)all);
    values[9] = fb_value_int((int64_t)(all - state->uses[FULL]));
    struct fb_timed tuple = fb_work_fact(record, "grant_standing", span);
    FB_ASSERT(fb_policy_signature()->relations[tuple.relation].arity == COLUMNS);
    tuple.values = values;
    tuple.why = why;
    return fb_work_add(work, &tuple, err);
}

/* The next instant after t at which the grant changes by itself; the end of the stretch at last. */
static fb_time next_change(const struct grant_walk *walk, fb_time t)
{
    fb_time next = walk->span[1];
    for (int i = 0; i < 2; i++) {
        next = walk->valid[i] > t && walk->valid[i] < next ? walk->valid[i] : next;
    }
    return next;
}

static enum fb_code run_grant(const struct grant_walk *walk, struct fb_err *err)
{
    struct grant_state state = {.standing = NULL};
    fb_time t = walk->span[0];
    enum fb_code code = FB_OK;
    for (size_t used = 0; code == FB_OK && t < walk->span[1];) {
        for (; used < walk->use_count && walk->uses[used].at <= t; used++) {
            size_t *count = &state.uses[walk->uses[used].honoured];
            *count = walk->uses[used].delta > 0 ? *count + 1 : *count - 1;
        }
        fb_time next = next_change(walk, t);
        if (used < walk->use_count && walk->uses[used].at < next) {
            next = walk->uses[used].at;
        }
        state.standing = standing_at(walk, t);
        const fb_time span[2] = {t, next};
        code = add_grant(walk, &state, span, err);
        t = next;
    }
    return code;
}

/* The uses of one grant in the sorted list of all. */
static void uses_of(const struct use *uses, size_t count, struct grant_walk *walk)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool before = fb_str_cmp(uses[middle].grant, walk->id) < 0;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    walk->uses = uses + low;
    walk->use_count = 0;
    while (
        low + walk->use_count < count && fb_str_eq(uses[low + walk->use_count].grant, walk->id)) {
        walk->use_count++;
    }
}

enum fb_code fb_work_grants(struct fb_work *work, struct fb_err *err)
{
    FB_ASSERT(work);
    const struct fb_registry *registry = work->input->registry;
    size_t count = list_uses(work, NULL);
    struct use *uses = FB_ARENA_ARRAY(work->arena, struct use, count);
    if (!uses) {
        return fb_arena_failed(work->arena, err);
    }
    (void)list_uses(work, uses);
    qsort(uses, count, sizeof(*uses), order_uses);
    enum fb_code code = FB_OK;
    const struct fb_record *record = fb_registry_first(registry, FB_KIND_grant);
    for (; record && code == FB_OK; record = fb_registry_next(registry, record)) {
        struct grant_walk walk = {.work = work,
            .record = record,
            .id = fb_work_root(work, record)->id,
            .valid = {fb_work_time(record, "valid_from", FB_TIME_MIN),
                fb_work_time(record, "valid_until", FB_TIME_MAX)}};
        uses_of(uses, count, &walk);
        fb_time after = FB_TIME_MIN;
        while (code == FB_OK && fb_work_span(work, record, after, walk.span)) {
            code = run_grant(&walk, err);
            after = walk.span[1];
        }
    }
    return code;
}

/* ---- levels ---- */

/* A record that shows a level, and how long. */
struct shown {
    const struct fb_record *record;
    struct fb_str standard;
    int64_t level;
    fb_time from;
    fb_time until;
};

bool fb_work_shows_level(
    const struct fb_record *record, struct fb_str developer, struct fb_shown_level *out)
{
    bool is_audit = record->kind == FB_KIND_audit;
    if ((!is_audit && record->kind != FB_KIND_measure) || fb_str_eq(record->issuer, developer)) {
        return false;
    }
    struct fb_str result = fb_record_text(record, "result");
    if (is_audit && (fb_str_is(result, "failed") || fb_str_is(result, "inconclusive"))) {
        return false;
    }
    *out =
        (struct fb_shown_level){.standard = fb_record_text(record, is_audit ? "standard" : "name"),
            .level = fb_work_int(record, "level", -1),
            .until = is_audit ? fb_work_time(record, "valid_until", FB_TIME_MAX) : FB_TIME_MAX};
    return out->standard.len > 0 && out->level >= 0;
}

static int order_shown(const void *a, const void *b)
{
    const struct shown *x = a, *y = b;
    int order = fb_str_cmp(x->standard, y->standard);
    order = order ? order : compare_times(x->from, y->from);
    return order ? order : (x->record->seq > y->record->seq) - (x->record->seq < y->record->seq);
}

/* True when a shows more than b: a higher level, for longer, or since before. */
static bool shows_more(const struct shown *a, const struct shown *b)
{
    if (a->level != b->level) {
        return a->level > b->level;
    }
    return a->until != b->until ? a->until > b->until : a->record->seq < b->record->seq;
}

/* What holds at an instant, the most on top: a binary heap. */
struct heap {
    const struct shown **items;
    size_t count;
};

static void heap_push(struct heap *heap, const struct shown *item)
{
    size_t at = heap->count++;
    while (at > 0 && shows_more(item, heap->items[(at - 1) / 2])) {
        heap->items[at] = heap->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->items[at] = item;
}

static void heap_pop(struct heap *heap)
{
    const struct shown *last = heap->items[--heap->count];
    size_t at = 0;
    for (size_t child = 1; child < heap->count; child = 2 * at + 1) {
        if (child + 1 < heap->count && shows_more(heap->items[child + 1], heap->items[child])) {
            child++;
        }
        if (!shows_more(heap->items[child], last)) {
            break;
        }
        heap->items[at] = heap->items[child];
        at = child;
    }
    if (heap->count) {
        heap->items[at] = last;
    }
}

static enum fb_code add_level(struct fb_work *work, const struct shown *shown, struct fb_str system,
    const fb_time span[2], struct fb_err *err)
{
    enum { COLUMNS = 7 };
    const struct fb_record *record = shown->record;
    struct fb_value *values = FB_ARENA_ARRAY(work->arena, struct fb_value, COLUMNS);
    struct fb_why *why = fb_why_new(work->arena, "level %lld of %.*s is shown by %.*s",
        (long long)shown->level, FB_STR_ARG(shown->standard), FB_STR_ARG(record->issuer));
    if (!values || !why) {
        return fb_arena_failed(work->arena, err);
    }
    values[0] = fb_value_str(fb_work_root(work, record)->id);
    values[1] = fb_value_str(system);
    values[2] = fb_value_str(record->issuer);
    values[3] = fb_value_time(record->at < record->admitted ? record->at : record->admitted);
    values[4] = fb_value_str(shown->standard);
    values[5] = fb_value_int(shown->level);
    fb_time until = record->kind == FB_KIND_audit ? fb_work_time(record, "valid_until", FB_TIME_MAX)
                                                  : FB_TIME_MAX;
    values[6] = until == FB_TIME_MAX ? fb_value_none() : fb_value_time(until);
    struct fb_timed tuple = fb_work_fact(record, "level_held", span);
    FB_ASSERT(fb_policy_signature()->relations[tuple.relation].arity == COLUMNS);
    tuple.values = values;
    tuple.why = fb_why_on(why, record->id, record->seq);
    return fb_work_add(work, &tuple, err);
}

/* The highest level of one standard over time; items by the begin of each. */
static enum fb_code run_standard(struct fb_work *work, const struct shown *items, size_t count,
    struct fb_str system, struct fb_err *err)
{
    struct heap heap = {.items = fb_arena_array(work->arena, count, sizeof(const struct shown *))};
    enum fb_code code = heap.items ? FB_OK : fb_arena_failed(work->arena, err);
    fb_time t = FB_TIME_MIN;
    for (size_t next = 0; code == FB_OK && (next < count || heap.count > 0);) {
        t = heap.count == 0 && next < count && items[next].from > t ? items[next].from : t;
        while (next < count && items[next].from <= t) {
            heap_push(&heap, &items[next++]);
        }
        while (heap.count > 0 && heap.items[0]->until <= t) {
            heap_pop(&heap);
        }
        if (heap.count == 0) {
            continue;
        }
        fb_time until = heap.items[0]->until;
        /* What begins and shows less changes nothing. */
        while (
            next < count && items[next].from < until && !shows_more(&items[next], heap.items[0])) {
            heap_push(&heap, &items[next++]);
        }
        until = next < count && items[next].from < until ? items[next].from : until;
        const fb_time span[2] = {t, until};
        code = add_level(work, heap.items[0], system, span, err);
        t = until;
    }
    return code;
}

/* Lists what shows levels of a system, with the stretches in which it does; counts without out. */
static size_t list_shown(
    const struct fb_work *work, const struct fb_system_view *system, struct shown *out)
{
    const struct fb_system_parts *parts = &work->parts[system - work->picture->systems];
    size_t count = 0;
    for (size_t i = 0; i < parts->record_count; i++) {
        const struct fb_record *record = parts->records[i];
        struct fb_shown_level level;
        fb_time span[2], after = FB_TIME_MIN;
        if (!fb_work_shows_level(record, system->developer, &level)) {
            continue;
        }
        while (fb_work_span(work, record, after, span)) {
            fb_time until = level.until < span[1] ? level.until : span[1];
            if (out && span[0] < until) {
                out[count] = (struct shown){record, level.standard, level.level, span[0], until};
            }
            count += span[0] < until;
            after = span[1];
        }
    }
    return count;
}

enum fb_code fb_work_levels(
    struct fb_work *work, const struct fb_system_view *system, struct fb_err *err)
{
    FB_ASSERT(work && system);
    size_t count = list_shown(work, system, NULL);
    if (count == 0) {
        return FB_OK;
    }
    struct shown *items = FB_ARENA_ARRAY(work->arena, struct shown, count);
    if (!items) {
        return fb_arena_failed(work->arena, err);
    }
    (void)list_shown(work, system, items);
    qsort(items, count, sizeof(*items), order_shown);
    enum fb_code code = FB_OK;
    for (size_t from = 0, end; from < count && code == FB_OK; from = end) {
        for (end = from; end < count && fb_str_eq(items[end].standard, items[from].standard);) {
            end++;
        }
        code = run_standard(work, items + from, end - from, system->id, err);
    }
    return code;
}

enum fb_code fb_work_derived(struct fb_work *work, struct fb_err *err)
{
    enum fb_code code = fb_work_grants(work, err);
    for (size_t i = 0; i < work->picture->system_count && code == FB_OK; i++) {
        code = fb_work_levels(work, &work->picture->systems[i], err);
        code = code ? code : fb_work_shares(work, i, err);
    }
    return code;
}

#include "engine/slice.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/limit.h"
#include "engine/duty.h"
#include "engine/slice_walk.h"

enum { SCRATCH_MAX = 1 << 28, FIRST_KEYS = 64, SORTED_BY_HAND = 24, POINTS = 4 };

/* Memory of one run besides its results. */
#define SLICER_MAX ((size_t)16 << 30)

/* The bindings that a duty may be owed for, each once, in the order in which they were found. */
struct keys {
    struct fb_value **items;
    size_t count;
    size_t cap;
    uint32_t *slots; /* 1 + index */
    uint64_t *hashes;
    size_t slot_count;
};

/* One duty at work. */
struct slicer {
    const struct fb_duty_query *query;
    const struct fb_trace *trace;
    struct fb_arena *arena; /* of the slicer */
    struct fb_err *err;
    struct fb_walk walk;
    const struct fb_form **asides; /* what is looked at beside the trigger, as far as there are
                                      tuples that it could meet */
    size_t aside_count;
    fb_vars params;
    size_t tp_count;   /* time-points up to now */
    size_t effective;  /* the time-point at which the policy comes into force; SIZE_MAX: none */
    bool whole;        /* cannot be sliced: the duty runs over everything at once */
    bool all_times;    /* every time-point counts: there are operators over time */
    size_t valuations; /* of the trigger, that the slice at hand was cut for */
    struct keys keys;
};

/* A slice: a trace in an arena of its own. */
struct slice {
    struct fb_trace trace;
    struct fb_arena arena;
};

/* The most formulas that look at an obligation. */
static size_t forms_max(const struct fb_duty *duty)
{
    size_t count = 0;
    for (; duty; duty = duty->after) {
        count += fb_duty_form_count(duty);
    }
    return count;
}

static size_t add_form(const struct fb_form *form, const struct fb_form **list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == form) {
            return count;
        }
    }
    if (form) {
        list[count++] = form;
    }
    return count;
}

/* The formulas beside the trigger that have a say about what became of an obligation. */
static size_t asides_of(
    const struct fb_duty *duty, const struct fb_access *access, const struct fb_form **out)
{
    size_t count = 0;
    for (; duty; duty = duty->after) {
        for (size_t i = FB_DUTY_TRIGGER; i < fb_duty_form_count(duty); i++) {
            const struct fb_form *form = fb_duty_form(duty, i);
            count = fb_walk_meets(form, access) ? add_form(form, out, count) : count;
        }
    }
    return count;
}

/* The formulas that look at an obligation, trigger first; then those of the duties whose discharge
 * it follows, which share some with it: each once. */
static size_t forms_of(const struct fb_duty *duty, const struct fb_form **out)
{
    size_t count = 0;
    for (; duty; duty = duty->after) {
        for (size_t i = 0; i < fb_duty_form_count(duty); i++) {
            count = add_form(fb_duty_form(duty, i), out, count);
        }
    }
    return count;
}

/* ---- keys ---- */

static uint64_t hash_key(const struct fb_value *values, size_t count)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < count; i++) {
        hash = (hash + fb_value_hash(values[i])) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return hash;
}

static size_t key_slot(
    const struct keys *keys, const struct fb_value *values, size_t count, uint64_t hash)
{
    size_t at = hash & (keys->slot_count - 1);
    while (keys->slots[at]) {
        size_t i = keys->slots[at] - 1;
        if (keys->hashes[i] == hash && fb_row_cmp(keys->items[i], values, count) == 0) {
            break;
        }
        at = (at + 1) & (keys->slot_count - 1);
    }
    return at;
}

/* Doubles the room of the keys and their table. */
static bool grow_keys(struct slicer *s)
{
    struct keys *keys = &s->keys, bigger = *keys;
    bigger.cap = keys->cap ? 2 * keys->cap : FIRST_KEYS;
    bigger.slot_count = 2 * bigger.cap;
    bigger.items = fb_arena_array(s->arena, bigger.cap, sizeof(struct fb_value *));
    bigger.hashes = FB_ARENA_ARRAY(s->arena, uint64_t, bigger.cap);
    bigger.slots = FB_ARENA_ARRAY(s->arena, uint32_t, bigger.slot_count);
    if (!bigger.items || !bigger.hashes || !bigger.slots) {
        return false;
    }
    for (size_t i = 0; i < keys->count; i++) {
        bigger.items[i] = keys->items[i];
        bigger.hashes[i] = keys->hashes[i];
        size_t at = bigger.hashes[i] & (bigger.slot_count - 1);
        while (bigger.slots[at]) {
            at = (at + 1) & (bigger.slot_count - 1);
        }
        bigger.slots[at] = (uint32_t)i + 1;
    }
    *keys = bigger;
    return true;
}

/* A valuation of the trigger without time: its parameters are a key. */
static enum fb_code found_key(struct fb_walk *walk, fb_vars bound)
{
    struct slicer *s = walk->ctx;
    struct keys *keys = &s->keys;
    size_t count = s->query->duty->param_count;
    FB_ASSERT((s->params & ~bound) == 0);
    if (keys->count == keys->cap && !grow_keys(s)) {
        return fb_arena_failed(s->arena, s->err);
    }
    uint64_t hash = hash_key(walk->values, count);
    size_t at = key_slot(keys, walk->values, count, hash);
    if (keys->slots[at]) {
        return FB_OK;
    }
    if (keys->count >= fb_limit(FB_DUTY_OWED_MAX)) {
        return fb_err_set(s->err, FB_E_LIMIT, "duty '%.*s' may be owed more than %d times",
            FB_STR_ARG(s->query->duty->name), FB_DUTY_OWED_MAX);
    }
    struct fb_value *key = FB_ARENA_ARRAY(s->arena, struct fb_value, count);
    if (!key) {
        return fb_arena_failed(s->arena, s->err);
    }
    memcpy(key, walk->values, count * sizeof(*key));
    keys->items[keys->count] = key;
    keys->hashes[keys->count] = hash;
    keys->slots[at] = (uint32_t)++keys->count;
    return FB_OK;
}

static enum fb_code find_keys(struct slicer *s)
{
    const struct fb_duty_query *query = s->query;
    const struct fb_form *parts[2] = {query->duty->when, query->duty->given};
    fb_vars bound = query->only ? fb_vars_of(query->only_param) : 0;
    enum fb_code code = FB_OK;
    s->walk.found = found_key;
    s->walk.enough = s->params;
    for (size_t i = 0; code == FB_OK && i < (query->only ? query->only_count : 1); i++) {
        if (query->only) {
            s->walk.values[query->only_param] = query->only[i];
        }
        code = fb_walk_run(&s->walk, parts, parts[1] ? 2 : 1, bound);
    }
    s->walk.enough = 0;
    return code;
}

/* ---- one slice ---- */

/* A valuation of the trigger: all that has a say about it is marked. */
static enum fb_code found_valuation(struct fb_walk *walk, fb_vars bound)
{
    struct slicer *s = walk->ctx;
    enum fb_code code = FB_OK;
    s->valuations++;
    for (size_t i = 0; code == FB_OK && i < s->aside_count; i++) {
        code = fb_walk_mark(walk, s->asides[i], bound);
    }
    return code;
}

static int order_numbers(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

/* Slices are small: a few numbers are put in order where they are. */
static void sort_numbers(size_t *numbers, size_t count)
{
    if (count > SORTED_BY_HAND) {
        qsort(numbers, count, sizeof(*numbers), order_numbers);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        size_t number = numbers[i], at = i;
        for (; at > 0 && numbers[at - 1] > number; at--) {
            numbers[at] = numbers[at - 1];
        }
        numbers[at] = number;
    }
}

/* The place of a time-point among those of the slice: the first that is not before it. */
static size_t place(const size_t *points, size_t count, size_t tp)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (points[middle] < tp) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The time-point at which a tuple says that its recipient had an act: then that counts as done, and
 * what follows it begins. SIZE_MAX: it says nothing of that. */
static size_t received_point(const struct slicer *s, const struct fb_tuple *tuple)
{
    const struct fb_duty *duty = s->query->duty;
    while (duty && (!duty->received || duty->received_relation != tuple->relation)) {
        duty = duty->after;
    }
    struct fb_value at = duty ? tuple->values[duty->received_column] : fb_value_none();
    if (s->trace->by_time) {
        return at.type == FB_TYPE_TIME ? fb_tp_of_time(at.u.time) : SIZE_MAX;
    }
    size_t low = 0, high = at.type == FB_TYPE_TIME ? s->tp_count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool before = s->trace->times[middle] < at.u.time;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    bool there = at.type == FB_TYPE_TIME && low < s->tp_count && s->trace->times[low] == at.u.time;
    return there ? low : SIZE_MAX;
}

/* The time-points at which a marked tuple begins or ends; where beginnings matter also the next
 * one, at which it is over; that at which it says that something was received; that at which the
 * policy comes into force; and the last one before all. */
static size_t list_points(const struct slicer *s, size_t *points)
{
    const struct fb_walk *walk = &s->walk;
    size_t count = 0;
    if (s->effective < s->tp_count) {
        points[count++] = s->effective;
    }
    for (size_t i = 0; i < walk->mark_count; i++) {
        const struct fb_tuple *tuple = &s->trace->tuples[walk->marks[i]];
        size_t all[POINTS] = {tuple->from, tuple->until, walk->begins ? tuple->from + 1 : SIZE_MAX,
            received_point(s, tuple)};
        for (size_t k = 0; k < POINTS; k++) {
            if (all[k] < s->tp_count) {
                points[count++] = all[k];
            }
        }
    }
    sort_numbers(points, count);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || points[kept - 1] != points[i]) {
            points[kept++] = points[i];
        }
    }
    if (kept > 0 && points[0] > 0) {
        memmove(points + 1, points, kept * sizeof(*points));
        points[0] = points[1] - 1;
        kept++;
    }
    return kept;
}

/* The first correction that begins at a time-point or later, among those from `first` on. */
static size_t correction_at(
    const struct fb_access_correction *all, size_t first, size_t count, size_t tp)
{
    size_t low = first, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (all[middle].from < tp) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* A correction counts against whatever ends when it begins (end_owed in duty.c), also one that is
 * about something else: those that begin at the slice's time-points come along. */
static enum fb_code add_corrections(struct slicer *s, const size_t *points, size_t point_count)
{
    size_t count, c = 0;
    const struct fb_access_correction *all = fb_access_corrections(s->query->access, &count);
    for (size_t i = 0; i < point_count && c < count; i++) {
        for (c = correction_at(all, c, count, points[i]); c < count && all[c].from == points[i];
             c++) {
            uint32_t relation = s->trace->tuples[all[c].id].relation;
            if (fb_duty_ends_by_correction(s->query->duty, relation)) {
                enum fb_code code = fb_walk_add(&s->walk, all[c].id);
                if (code) {
                    return code;
                }
                break;
            }
        }
    }
    return FB_OK;
}

/* With operators over time a trigger may end anywhere. */
static enum fb_code add_all_corrections(struct slicer *s)
{
    size_t count;
    const struct fb_access_correction *all = fb_access_corrections(s->query->access, &count);
    for (size_t i = 0; i < count; i++) {
        enum fb_code code =
            i > 0 && all[i - 1].from == all[i].from ? FB_OK : add_corrections(s, &all[i].from, 1);
        if (code) {
            return code;
        }
    }
    return FB_OK;
}

/* True when the marked tuple a stands before b in a trace with its tuples in order. */
static bool stands_before(const struct fb_trace *trace, size_t a, size_t b)
{
    const struct fb_tuple *x = &trace->tuples[a], *y = &trace->tuples[b];
    if (x->relation != y->relation) {
        return x->relation < y->relation;
    }
    if (x->from != y->from) {
        return x->from < y->from;
    }
    return x->seq != y->seq ? x->seq < y->seq : a < b;
}

/* Puts the marks in the order that the evaluators need. A trace by time has it not; what is marked
 * of it is little. */
static void sort_marks(struct fb_walk *walk, const struct fb_trace *trace)
{
    sort_numbers(walk->marks, walk->mark_count);
    for (size_t i = 1; trace->by_time && i < walk->mark_count; i++) {
        size_t mark = walk->marks[i], at = i;
        for (; at > 0 && stands_before(trace, mark, walk->marks[at - 1]); at--) {
            walk->marks[at] = walk->marks[at - 1];
        }
        walk->marks[at] = mark;
    }
}

/* The marked tuples as a trace over the given time-points (NULL: over all). */
static enum fb_code fill_slice(
    struct slicer *s, const size_t *points, size_t point_count, struct slice *out)
{
    struct fb_walk *walk = &s->walk;
    struct fb_trace *trace = &out->trace;
    *trace = (struct fb_trace){.signature = s->trace->signature, .time_count = point_count};
    trace->tuples = FB_ARENA_ARRAY(&out->arena, struct fb_tuple, walk->mark_count);
    trace->times = points ? FB_ARENA_ARRAY(&out->arena, fb_time, point_count) : s->trace->times;
    if (!trace->tuples || !trace->times) {
        return fb_arena_failed(&out->arena, s->err);
    }
    for (size_t i = 0; points && i < point_count; i++) {
        trace->times[i] = fb_trace_time(s->trace, points[i]);
    }
    sort_marks(walk, s->trace);
    for (size_t i = 0; i < walk->mark_count; i++) {
        struct fb_tuple tuple = s->trace->tuples[walk->marks[i]];
        if (tuple.from >= s->tp_count) {
            continue;
        }
        if (points) {
            tuple.from = place(points, point_count, tuple.from);
            tuple.until = place(points, point_count, tuple.until);
        }
        trace->tuples[trace->tuple_count++] = tuple;
    }
    return FB_OK;
}

/* Marks what a key needs. */
static enum fb_code mark_key(struct slicer *s, const struct fb_value *key)
{
    struct fb_walk *walk = &s->walk;
    const struct fb_duty *duty = s->query->duty;
    const struct fb_form *parts[2] = {duty->when, duty->given};
    walk->round = fb_access_round(s->query->access);
    walk->mark_count = 0;
    walk->begins = false;
    walk->found = found_valuation;
    s->valuations = 0;
    memcpy(walk->values, key, duty->param_count * sizeof(*key));
    return fb_walk_run(walk, parts, parts[1] ? 2 : 1, s->params);
}

static enum fb_code cut(struct slicer *s, const struct fb_value *key, struct slice *out)
{
    fb_arena_init(&out->arena, fb_limit(SCRATCH_MAX));
    enum fb_code code = mark_key(s, key);
    if (code == FB_OK && s->all_times) {
        code = add_all_corrections(s);
        return code ? code : fill_slice(s, NULL, s->tp_count, out);
    }
    if (code) {
        return code;
    }
    size_t *points = FB_ARENA_ARRAY(&out->arena, size_t, POINTS * s->walk.mark_count + 2);
    if (!points) {
        return fb_arena_failed(&out->arena, s->err);
    }
    size_t count = list_points(s, points);
    code = add_corrections(s, points, count);
    return code ? code : fill_slice(s, points, count, out);
}

/* ---- runs ---- */

static void find_times(struct slicer *s)
{
    const struct fb_trace *trace = s->trace;
    fb_time effective = s->query->program->effective;
    if (trace->by_time) {
        size_t end = fb_tp_of_time(s->query->now) + 1;
        s->tp_count = end < trace->time_count ? end : trace->time_count;
        s->effective = fb_tp_of_time(effective);
        return;
    }
    size_t low = 0, high = trace->time_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trace->times[middle] <= s->query->now) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    s->tp_count = low;
    size_t at = 0;
    for (high = trace->time_count; at < high;) {
        size_t middle = at + (high - at) / 2;
        if (trace->times[middle] < effective) {
            at = middle + 1;
        } else {
            high = middle;
        }
    }
    bool there = at < trace->time_count && trace->times[at] == effective;
    s->effective = there ? at : SIZE_MAX;
    /* Without that time-point the runner would add it, to a slice at another place. */
    s->whole = s->whole || (!there && at > 0);
}

/* How many of the formulas of forms_of are the trigger, which every other one is walked after. */
static size_t trigger_forms(const struct fb_duty *duty)
{
    return duty->given && duty->given != duty->when ? 2 : 1;
}

/* The parameters that the trigger does not bind one by one. */
static fb_vars params_open(const struct fb_duty *duty)
{
    fb_vars params = 0;
    for (uint32_t i = 0; i < duty->param_count; i++) {
        params |= fb_vars_of(i);
    }
    fb_vars binds = fb_walk_binds(duty->when, 0);
    binds |= duty->given ? fb_walk_binds(duty->given, binds) : 0;
    return params & ~binds;
}

static enum fb_code slicer_init(
    struct slicer *s, const struct fb_duty_query *query, struct fb_arena *arena, struct fb_err *err)
{
    const struct fb_duty *duty = query->duty;
    FB_ASSERT(query->program && query->access && duty && duty->when);
    FB_ASSERT(!query->only || query->only_param < duty->param_count);
    *s = (struct slicer){
        .query = query, .trace = fb_access_trace(query->access), .arena = arena, .err = err};
    size_t most = forms_max(duty);
    const struct fb_form **forms = fb_arena_array(arena, 2 * most, sizeof(const struct fb_form *));
    if (!forms) {
        return fb_arena_failed(arena, err);
    }
    s->asides = forms + most;
    s->aside_count = asides_of(duty, query->access, s->asides);
    size_t count = forms_of(duty, forms), nodes = 0;
    for (size_t i = 0; i < count; i++) {
        nodes += fb_walk_nodes(forms[i]);
        s->all_times = s->all_times || fb_walk_temporal(forms[i]);
    }
    for (uint32_t i = 0; i < duty->param_count; i++) {
        s->params |= fb_vars_of(i);
    }
    s->whole = params_open(duty) || !fb_walk_possible(forms, count, trigger_forms(duty)) ||
               !fb_access_distinct(query->access);
    find_times(s);
    if (s->trace->by_time && (s->whole || s->all_times)) {
        return fb_err_set(err, FB_E_UNSUPPORTED, "duty '%.*s' cannot be cut out of what grows",
            FB_STR_ARG(duty->name));
    }
    enum fb_code code = fb_walk_init(&s->walk, query->access, nodes, arena, err);
    s->walk.ctx = s;
    return code;
}

/* The results in the making, and the place at which each was found. */
struct results {
    struct fb_obligation *items;
    size_t count;
    size_t cap;
    struct fb_arena *arena;
};

/* A text that a run made is copied, one of the trace is borrowed. */
static enum fb_code keep_text(
    const struct fb_arena *run, struct fb_str *text, struct fb_arena *arena, struct fb_err *err)
{
    return fb_arena_has(run, text->ptr) ? fb_arena_str(arena, *text, text, err) : FB_OK;
}

/* Adds an obligation that a run found, out of the run's memory. */
static enum fb_code keep(struct slicer *s, const struct fb_arena *run,
    const struct fb_obligation *item, struct results *out)
{
    const struct fb_duty *duty = s->query->duty;
    if (out->count >= fb_limit(FB_DUTY_OWED_MAX)) {
        return fb_err_set(s->err, FB_E_LIMIT, "duty '%.*s' is owed more than %d times",
            FB_STR_ARG(duty->name), FB_DUTY_OWED_MAX);
    }
    if (out->count == out->cap) {
        size_t cap = out->cap ? 2 * out->cap : 16;
        struct fb_obligation *grown = FB_ARENA_ARRAY(out->arena, struct fb_obligation, cap);
        if (!grown) {
            return fb_arena_failed(out->arena, s->err);
        }
        if (out->count) {
            memcpy(grown, out->items, out->count * sizeof(*grown));
        }
        out->items = grown;
        out->cap = cap;
    }
    struct fb_value *values = FB_ARENA_ARRAY(out->arena, struct fb_value, duty->var_count);
    if (!values) {
        return fb_arena_failed(out->arena, s->err);
    }
    memcpy(values, item->bindings, duty->var_count * sizeof(*values));
    struct fb_obligation *kept = &out->items[out->count];
    *kept = *item;
    kept->bindings = values;
    kept->why = NULL;
    enum fb_code code = keep_text(run, &kept->party, out->arena, s->err);
    for (size_t i = 0; i < duty->var_count && code == FB_OK; i++) {
        if (values[i].type == FB_TYPE_STRING) {
            code = keep_text(run, &values[i].u.text, out->arena, s->err);
        }
    }
    out->count += code == FB_OK ? 1 : 0;
    return code;
}

bool fb_duty_wanted(const struct fb_duty_query *query, const struct fb_value *bindings)
{
    FB_ASSERT(query && bindings);
    for (size_t i = 0; query->only && i < query->only_count; i++) {
        if (fb_value_eq(query->only[i], bindings[query->only_param])) {
            return true;
        }
    }
    return !query->only;
}

/* The obligations of one key. */
static enum fb_code run_key(struct slicer *s, const struct fb_value *key, struct results *out)
{
    struct slice slice;
    struct fb_obligations found = {NULL, 0};
    const struct fb_duty_query *query = s->query;
    enum fb_code code = cut(s, key, &slice);
    /* Without a valuation the trigger holds at no time-point. */
    if (code == FB_OK && s->valuations > 0) {
        struct fb_duty_task task = {
            query->program, query->duty, &slice.trace, query->now, false, true, key};
        code = fb_duty_follow(&task, &slice.arena, &found, s->err);
    }
    for (size_t i = 0; code == FB_OK && i < found.count; i++) {
        /* A slice may hold facts of its neighbours. */
        if (fb_row_cmp(found.items[i].bindings, key, query->duty->param_count) == 0) {
            code = keep(s, &slice.arena, &found.items[i], out);
        }
    }
    fb_arena_release(&slice.arena);
    return code;
}

static enum fb_code run_whole(struct slicer *s, struct results *out)
{
    struct fb_arena scratch;
    struct fb_obligations found = {NULL, 0};
    const struct fb_duty_query *query = s->query;
    struct fb_duty_task task = {
        query->program, query->duty, s->trace, query->now, false, true, NULL};
    fb_arena_init(&scratch, fb_limit(SLICER_MAX));
    enum fb_code code = fb_duty_follow(&task, &scratch, &found, s->err);
    for (size_t i = 0; code == FB_OK && i < found.count; i++) {
        if (fb_duty_wanted(query, found.items[i].bindings)) {
            code = keep(s, &scratch, &found.items[i], out);
        }
    }
    fb_arena_release(&scratch);
    return code;
}

/* An obligation and where it stood before the results were sorted. */
struct ranked {
    struct fb_obligation item;
    size_t rank;
};

/* The order in which they arose: by time, then by the rows of the trigger; breaches of one stay in
 * order. */
static int order_results(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->item.since != y->item.since) {
        return x->item.since < y->item.since ? -1 : 1;
    }
    int order = fb_row_cmp(x->item.bindings, y->item.bindings, x->item.duty->var_count);
    return order ? order : x->rank < y->rank ? -1 : x->rank > y->rank;
}

static enum fb_code sort_results(struct slicer *s, struct results *results)
{
    struct ranked *ranked = FB_ARENA_ARRAY(s->arena, struct ranked, results->count);
    if (!ranked) {
        return fb_arena_failed(s->arena, s->err);
    }
    for (size_t i = 0; i < results->count; i++) {
        ranked[i] = (struct ranked){results->items[i], i};
    }
    if (results->count > 0) {
        qsort(ranked, results->count, sizeof(*ranked), order_results);
    }
    for (size_t i = 0; i < results->count; i++) {
        results->items[i] = ranked[i].item;
    }
    return FB_OK;
}

enum fb_code fb_duty_run(const struct fb_duty_query *query, struct fb_arena *arena,
    struct fb_obligations *out, struct fb_err *err)
{
    FB_ASSERT(query && arena && out);
    struct slicer s;
    struct fb_arena own;
    struct results results = {.arena = arena};
    fb_arena_init(&own, fb_limit(SLICER_MAX));
    enum fb_code code = fb_duty_check(query->duty, err);
    code = code ? code : slicer_init(&s, query, &own, err);
    if (code == FB_OK && !s.whole) {
        code = find_keys(&s);
    }
    if (code == FB_OK && s.whole) {
        code = run_whole(&s, &results);
    } else if (code == FB_OK && s.keys.count > 0) {
        code = fb_access_stamps(query->access, &s.walk.stamps);
        for (size_t i = 0; code == FB_OK && i < s.keys.count; i++) {
            code = run_key(&s, s.keys.items[i], &results);
        }
        code = code ? code : sort_results(&s, &results);
    }
    fb_arena_release(&own);
    if (code == FB_OK) {
        *out = (struct fb_obligations){results.items, results.count};
    }
    return code;
}

/* A chain of reasons, moved out of the memory of a run. What it shares with the trace stays shared.
 * NULL when memory ran out. */
static struct fb_why *keep_why(
    const struct fb_why *why, const struct fb_arena *run, struct fb_arena *arena)
{
    struct fb_why *first = NULL, **end = &first;
    for (; why; why = why->next) {
        struct fb_why *copy = FB_ARENA_NEW(arena, struct fb_why);
        if (!copy) {
            return NULL;
        }
        *copy = *why;
        copy->next = NULL;
        if (fb_arena_has(run, why->text.ptr)) {
            copy->text = fb_arena_printf(arena, "%.*s", FB_STR_ARG(why->text));
        }
        if (why->child && fb_arena_has(run, why->child)) {
            copy->child = keep_why(why->child, run, arena);
        }
        if (!copy->text.ptr || (why->child && !copy->child)) {
            return NULL;
        }
        *end = copy;
        end = &copy->next;
    }
    return first;
}

/* True when two obligations of one duty are the same one. */
static bool same(const struct fb_obligation *a, const struct fb_obligation *b)
{
    return a->since == b->since && a->status == b->status && a->breached == b->breached &&
           a->turn == b->turn && a->twin == b->twin && a->settled == b->settled &&
           fb_str_eq(a->party, b->party) &&
           fb_row_cmp(a->bindings, b->bindings, a->duty->var_count) == 0;
}

enum fb_code fb_duty_explain(const struct fb_duty_query *query, const struct fb_obligation *of,
    struct fb_arena *arena, struct fb_why **out, struct fb_err *err)
{
    FB_ASSERT(query && of && arena && out);
    FB_ASSERT(of->duty == query->duty);
    struct slicer s;
    struct slice slice = {.arena = {.blocks = NULL}};
    struct fb_arena own;
    struct fb_obligations found = {NULL, 0};
    fb_arena_init(&own, fb_limit(SLICER_MAX));
    enum fb_code code = slicer_init(&s, query, &own, err);
    code = code || s.whole ? code : fb_access_stamps(query->access, &s.walk.stamps);
    if (code == FB_OK && !s.whole) {
        code = cut(&s, of->bindings, &slice);
    }
    if (code == FB_OK) {
        struct fb_duty_task task = {query->program, query->duty,
            s.whole ? fb_access_trace(query->access) : &slice.trace, query->now, true, true,
            s.whole ? NULL : of->bindings};
        code = fb_duty_follow(&task, &own, &found, err);
    }
    const struct fb_why *made = NULL;
    for (size_t i = 0; code == FB_OK && i < found.count && !made; i++) {
        made = same(&found.items[i], of) ? found.items[i].why : NULL;
    }
    struct fb_why *why = made ? keep_why(made, &own, arena) : NULL;
    if (made && !why) {
        code = fb_arena_failed(arena, err);
    }
    fb_arena_release(&slice.arena);
    fb_arena_release(&own);
    if (code == FB_OK && !why) {
        code = fb_err_set(err, FB_E_NOT_FOUND, "no obligation of '%.*s' is like this one",
            FB_STR_ARG(query->duty->name));
    }
    *out = code == FB_OK ? why : *out;
    return code;
}

/* ---- what a duty has to be weighed against ---- */

/* A predicate or an equation that shares a variable with those that were reached is reached, too:
 * it is found by its value. */
static fb_vars reach_on(const struct fb_form *form, fb_vars reached)
{
    fb_vars all = 0;
    if (!form) {
        return reached;
    }
    for (size_t i = 0; form->kind == FB_FORM_PRED && i < form->term_count; i++) {
        all |= form->terms[i]->kind == FB_TERM_VAR ? fb_vars_of(form->terms[i]->var) : 0;
    }
    if (form->kind == FB_FORM_EQ) {
        all = fb_term_vars(form->terms[0]) | fb_term_vars(form->terms[1]);
    }
    reached |= all & reached ? all : 0;
    return reach_on(form->right, reach_on(form->left, reached));
}

/* Takes the predicates that are not reached off *nth; the one at which it ends. */
static const struct fb_form *find_loose(const struct fb_form *form, fb_vars reached, size_t *nth)
{
    if (!form) {
        return NULL;
    }
    if (form->kind == FB_FORM_PRED && !(fb_form_vars(form) & reached)) {
        return (*nth)-- == 0 ? form : NULL;
    }
    const struct fb_form *left = find_loose(form->left, reached, nth);
    return left ? left : find_loose(form->right, reached, nth);
}

/* The variables of the first predicate that has some: where a search begins. */
static fb_vars first_vars(const struct fb_form *form)
{
    if (!form || form->kind == FB_FORM_PRED) {
        return form ? fb_form_vars(form) : 0;
    }
    fb_vars left = first_vars(form->left);
    return left ? left : first_vars(form->right);
}

const struct fb_form *fb_duty_loose(const struct fb_duty *duty, size_t nth)
{
    size_t count = fb_duty_form_count(duty);
    fb_vars reached = first_vars(duty->when), before;
    const struct fb_form *found = NULL;
    FB_ASSERT(duty->when);
    do {
        before = reached;
        for (size_t i = 0; i < count; i++) {
            reached = reach_on(fb_duty_form(duty, i), reached);
        }
    } while (reached != before);
    for (size_t i = 0; i < count && !found; i++) {
        found = find_loose(fb_duty_form(duty, i), reached, &nth);
    }
    return found;
}

enum fb_code fb_duty_slicing(const struct fb_duty *duty, enum fb_slicing *out, struct fb_err *err)
{
    struct fb_arena own;
    bool over_time = false;
    FB_ASSERT(duty && duty->when && out);
    fb_arena_init(&own, fb_limit(SCRATCH_MAX));
    const struct fb_form **forms =
        fb_arena_array(&own, forms_max(duty), sizeof(const struct fb_form *));
    if (!forms) {
        enum fb_code code = fb_arena_failed(&own, err);
        fb_arena_release(&own);
        return code;
    }
    size_t count = forms_of(duty, forms);
    for (size_t i = 0; i < count; i++) {
        over_time = over_time || fb_walk_temporal(forms[i]);
    }
    *out = params_open(duty)                                      ? FB_WHOLE_BY_PARAMS
           : !fb_walk_possible(forms, count, trigger_forms(duty)) ? FB_WHOLE_BY_NAMES
           : over_time                                            ? FB_SLICED_AT_ALL_TIMES
                                                                  : FB_SLICED;
    fb_arena_release(&own);
    return FB_OK;
}

/* ---- formulas ---- */

/* The marked tuples that hold at tp, as a trace of two time-points of which the second is tp: what
 * began earlier begins at the first. */
static enum fb_code fill_instant(
    struct fb_walk *walk, const struct fb_trace *from, size_t tp, struct fb_trace *out)
{
    fb_time *times = FB_ARENA_ARRAY(walk->arena, fb_time, 2);
    struct fb_tuple *tuples = FB_ARENA_ARRAY(walk->arena, struct fb_tuple, walk->mark_count);
    if (!times || !tuples) {
        return fb_arena_failed(walk->arena, walk->err);
    }
    times[0] = times[1] = fb_trace_time(from, tp);
    *out = (struct fb_trace){
        .signature = from->signature, .times = times, .time_count = 2, .tuples = tuples};
    sort_marks(walk, from);
    for (size_t i = 0; i < walk->mark_count; i++) {
        struct fb_tuple tuple = from->tuples[walk->marks[i]];
        if (tuple.from <= tp && tuple.until > tp) {
            tuple.from = tuple.from == tp ? 1 : 0;
            tuple.until = FB_TP_MAX;
            tuples[out->tuple_count++] = tuple;
        }
    }
    return FB_OK;
}

bool fb_form_sliced(const struct fb_form *form)
{
    FB_ASSERT(form);
    return fb_walk_possible(&form, 1, 1) && !fb_walk_temporal(form);
}

enum fb_code fb_slice_holds(
    const struct fb_form_query *query, size_t tp, bool *out, struct fb_err *err)
{
    FB_ASSERT(query && query->form && query->access && out);
    const struct fb_trace *whole = fb_access_trace(query->access);
    struct fb_arena own;
    struct fb_walk walk;
    struct fb_trace trace = *whole;
    struct fb_table table;
    struct fb_row given = {.values = (struct fb_value *)(uintptr_t)query->given};
    bool sliced = fb_form_sliced(query->form);
    if (!sliced && whole->by_time) {
        return fb_err_set(err, FB_E_UNSUPPORTED, "a condition cannot be cut out of what grows");
    }
    fb_arena_init(&own, fb_limit(SLICER_MAX));
    enum fb_code code = fb_walk_init(&walk, query->access, fb_walk_nodes(query->form), &own, err);
    if (code == FB_OK && sliced) {
        code = fb_access_stamps(query->access, &walk.stamps);
    }
    if (code == FB_OK && sliced) {
        fb_vars bound = 0;
        for (uint32_t i = 0; i < query->var_count; i++) {
            walk.values[i] = query->given[i];
            bound |= query->given[i].type == FB_TYPE_NONE ? 0 : fb_vars_of(i);
        }
        walk.round = fb_access_round(query->access);
        walk.still = true;
        walk.low = tp;
        walk.high = tp + 1;
        code = fb_walk_mark(&walk, query->form, bound);
        code = code ? code : fill_instant(&walk, whole, tp, &trace);
    }
    if (code == FB_OK) {
        /* Only the answer is wanted, no reasons. */
        code = fb_eval_naive_rows(
            query->form, &trace, sliced ? 1 : tp, query->var_count, &given, &own, &table, err);
    }
    if (code == FB_OK) {
        *out = table.count > 0;
    }
    fb_arena_release(&own);
    return code;
}

/*
 * Slices: the tuples that have a say about the obligations with some bindings, and the time-points
 * at which anything of them changes.
 */
#include "engine/slice_cut.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/limit.h"
#include "engine/duty.h"
#include "engine/slice_kept.h"

enum { SORTED_BY_HAND = 24, POINTS = 4, MOVES = 16 /* a mark, until another way is taken */ };

/* A valuation of the trigger: all that has a say about it is marked. */
static enum fb_code found_valuation(struct fb_walk *walk, fb_vars bound)
{
    struct fb_cutter *s = walk->ctx;
    enum fb_code code = fb_cut_rows_note(s, bound);
    const struct fb_duty *duty = s->query->duty;
    const bool stops = walk->stops;
    s->valuations++;
    for (size_t i = 0; code == FB_OK && i < s->aside_count; i++) {
        walk->stops = stops && s->asides[i] == duty->during;
        code = fb_walk_mark(walk, s->asides[i], bound);
    }
    walk->stops = stops;
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
static size_t received_point(const struct fb_cutter *s, const struct fb_tuple *tuple)
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
static size_t list_points(const struct fb_cutter *s, size_t *points)
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
static enum fb_code add_corrections(struct fb_cutter *s, const size_t *points, size_t point_count)
{
    size_t count, c = 0;
    const struct fb_access_correction *all = fb_access_corrections(s->query->access, &count);
    for (size_t i = 0; i < point_count; i++) {
        fb_access_ask_corrections(s->query->access, points[i]);
    }
    for (size_t i = 0; i < point_count && c < count; i++) {
        for (c = correction_at(all, c, count, points[i]); c < count && all[c].from == points[i];
             c++) {
            const struct fb_tuple *tuple = &s->trace->tuples[all[c].id];
            if (tuple->from < tuple->until &&
                fb_duty_ends_by_correction(s->query->duty, tuple->relation)) {
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
static enum fb_code add_all_corrections(struct fb_cutter *s)
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

/* Lets a mark sink in a heap with the last one on top. */
static void sink(const struct fb_trace *trace, size_t *marks, size_t count, size_t at)
{
    size_t mark = marks[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        child += child + 1 < count && stands_before(trace, marks[child], marks[child + 1]) ? 1 : 0;
        if (!stands_before(trace, mark, marks[child])) {
            break;
        }
        marks[at] = marks[child];
    }
    marks[at] = mark;
}

/* Puts the marks of a trace by time in order whatever it is that they come in. */
static void sort_heap(const struct fb_trace *trace, size_t *marks, size_t count)
{
    for (size_t i = count / 2; i > 0; i--) {
        sink(trace, marks, count, i - 1);
    }
    for (size_t left = count; left > 1; left--) {
        size_t last = marks[0];
        marks[0] = marks[left - 1];
        marks[left - 1] = last;
        sink(trace, marks, left - 1, 0);
    }
}

/* Puts the marks in the order that the evaluators need. In a trace by time tuples stand nearly so,
 * unless those of several relations came in turns and are many. */
void fb_cut_sort(struct fb_walk *walk, const struct fb_trace *trace)
{
    size_t moves = MOVES * walk->mark_count;
    sort_numbers(walk->marks, walk->mark_count);
    for (size_t i = 1; trace->by_time && i < walk->mark_count; i++) {
        size_t mark = walk->marks[i], at = i;
        for (; at > 0 && stands_before(trace, mark, walk->marks[at - 1]); at--) {
            walk->marks[at] = walk->marks[at - 1];
        }
        walk->marks[at] = mark;
        if (i - at > moves) {
            sort_heap(trace, walk->marks, walk->mark_count);
            return;
        }
        moves -= i - at;
    }
}

/* The marked tuples as a trace over the given time-points (NULL: over all). */
static enum fb_code fill_slice(
    struct fb_cutter *s, const size_t *points, size_t point_count, struct fb_slice *out)
{
    struct fb_walk *walk = &s->walk;
    struct fb_trace *trace = &out->trace;
    *trace = (struct fb_trace){.signature = s->trace->signature,
        .time_count = point_count,
        .tell = s->trace->tell,
        .tell_ctx = s->trace->tell_ctx};
    trace->tuples = FB_ARENA_ARRAY(out->arena, struct fb_tuple, walk->mark_count);
    trace->times = points ? FB_ARENA_ARRAY(out->arena, fb_time, point_count) : s->trace->times;
    if (!trace->tuples || !trace->times) {
        return fb_arena_failed(out->arena, s->err);
    }
    for (size_t i = 0; points && i < point_count; i++) {
        trace->times[i] = fb_trace_time(s->trace, points[i]);
    }
    fb_cut_sort(walk, s->trace);
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
    for (size_t i = 0; points && i < out->rows.count; i++) {
        struct fb_duty_row *row = &out->rows.items[i];
        row->low = place(points, point_count, row->low);
        row->high = place(points, point_count, row->high);
    }
    return FB_OK;
}

static void begin(struct fb_cutter *s)
{
    s->walk.marking = true;
    fb_walk_begin(&s->walk);
    s->walk.found = found_valuation;
    s->walk.ctx = s;
    s->valuations = 0;
}

/* Marks what a key needs. */
static enum fb_code mark_key(struct fb_cutter *s, const struct fb_value *key)
{
    struct fb_walk *walk = &s->walk;
    const struct fb_duty *duty = s->query->duty;
    const struct fb_form *parts[2] = {duty->when, duty->given};
    bool kept = false;
    begin(s);
    enum fb_code code = fb_kept_mark(s, key, &kept);
    s->rows.known = s->rows.known && !kept;
    if (code == FB_OK && !kept) {
        memcpy(walk->values, key, duty->param_count * sizeof(*key));
        walk->began = key;
        code = fb_walk_run(walk, parts, parts[1] ? 2 : 1, s->params);
        walk->began = NULL;
        code = code ? code : fb_kept_note(s, key);
    }
    return code;
}

/* What is marked, as a slice. */
static enum fb_code cut_marked(struct fb_cutter *s, struct fb_slice *out)
{
    if (s->all_times) {
        enum fb_code code = add_all_corrections(s);
        return code ? code : fill_slice(s, NULL, s->tp_count, out);
    }
    size_t *points = FB_ARENA_ARRAY(out->arena, size_t, POINTS * s->walk.mark_count + 2);
    if (!points) {
        return fb_arena_failed(out->arena, s->err);
    }
    size_t count = list_points(s, points);
    enum fb_code code = add_corrections(s, points, count);
    return code ? code : fill_slice(s, points, count, out);
}

enum fb_code fb_cut(struct fb_cutter *s, const struct fb_value *key, struct fb_slice *out)
{
    fb_cut_rows_begin(s, out->arena);
    enum fb_code code = mark_key(s, key);
    if (s->rows.known && s->rows.count == 0) {
        s->valuations = 0;
    }
    if (code || s->valuations == 0) {
        return code;
    }
    if (s->rows.known) {
        fb_cut_rows_end(s, &out->rows);
    }
    return cut_marked(s, out);
}

enum fb_code fb_cut_valuations(struct fb_cutter *s, const struct fb_value *const *rows,
    size_t count, const size_t *low, struct fb_slice *out)
{
    FB_ASSERT(s && rows && out);
    const struct fb_duty *duty = s->query->duty, *first = fb_duty_first(duty);
    const struct fb_form *parts[2] = {duty->when, duty->given};
    fb_vars bound = fb_form_vars(duty->when) | (duty->given ? fb_form_vars(duty->given) : 0);
    enum fb_code code = FB_OK;
    s->rows.known = false;
    begin(s);
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        memcpy(s->walk.values, rows[i], first->var_count * sizeof(*rows[i]));
        s->walk.stops = low && !duty->after;
        s->walk.stop_low = low ? *low : 0;
        code = fb_walk_run(&s->walk, parts, parts[1] ? 2 : 1, bound);
        s->walk.stops = s->walk.stopped = false;
    }
    return code ? code : cut_marked(s, out);
}

/*
 * The state of an evaluator as bytes. Written is what cannot be derived: rows that are live, times
 * that wait, time-points that something still reads. Indexes, links between entries, groups of
 * aggregates and results that were kept are made again, so that bytes which are no state of this
 * plan give an error, or at worst another state, but nothing that the evaluator does not stand.
 *
 * Rows keep their order and are numbered anew without gaps; a string stands where it is used first,
 * and is a number from then on.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "engine/inc_plan.h"

#define POINTS_MAX (UINT64_C(1) << 48)

/* ---- the shape of a plan ---- */

/* The columns of a relation, from what a formula reads and defines; -1: it does not. */
static int64_t arity_of(const struct fb_form *form, uint32_t relation);

static int64_t arity_in(const struct fb_regex *regex, uint32_t relation)
{
    if (!regex) {
        return -1;
    }
    int64_t arity = arity_of(regex->test, relation);
    arity = arity < 0 ? arity_in(regex->left, relation) : arity;
    return arity < 0 ? arity_in(regex->right, relation) : arity;
}

static int64_t arity_of(const struct fb_form *form, uint32_t relation)
{
    if (!form) {
        return -1;
    }
    if (form->kind == FB_FORM_PRED && form->relation == relation) {
        return (int64_t)form->term_count;
    }
    int64_t arity = arity_in(form->regex, relation);
    arity = arity < 0 ? arity_of(form->left, relation) : arity;
    return arity < 0 ? arity_of(form->right, relation) : arity;
}

int64_t fb_inc_arity(const struct fb_inc *inc, uint32_t relation)
{
    FB_ASSERT(inc && inc->form);
    return arity_of(inc->form, relation);
}

/* Two plans of one shape have the same state, unless FB_INC_STATE_VERSION says otherwise. */
static void put_shape(const struct fb_inc *inc, struct fb_buf *out)
{
    fb_wire_put_u64(out, FB_INC_STATE_VERSION);
    fb_wire_put_u64(out, inc->var_count);
    fb_wire_put_u64(out, inc->stage_count);
    for (size_t i = 0; i < inc->stage_count; i++) {
        const struct fb_inc_stage *stage = &inc->stages[i];
        fb_wire_put_i64(out, stage->lead);
        fb_wire_put_i64(out, stage->lag);
        fb_wire_put_u64(out, stage->node_count);
    }
    fb_wire_put_u64(out, inc->node_count);
    for (size_t i = 0; i < inc->node_count; i++) {
        const struct fb_inc_node *node = inc->nodes[i];
        fb_wire_put_u64(out, node->kind);
        fb_wire_put_u64(out, node->set.width);
        fb_wire_put_u64(out, node->killer_count);
        fb_wire_put_u64(out, (uint64_t)(node->steady != NULL) + (node->gate != NULL));
    }
}

/* ---- writing ---- */

struct saver {
    struct fb_inc *inc;
    struct fb_buf *out;
    uint32_t *names; /* of a symbol: 1 + its number here; 0: not written yet */
    uint32_t name_count;
    fb_time base; /* times are written as distances from it */
};

static void put_cell(struct saver *s, const struct fb_cell *cell)
{
    if (cell->type != FB_TYPE_STRING) {
        fb_wire_put_value(s->out, fb_inc_value(s->inc, cell));
        return;
    }
    uint32_t *name = &s->names[cell->u.integer];
    fb_buf_add_char(s->out, FB_TYPE_STRING);
    fb_wire_put_u64(s->out, *name);
    if (*name == 0) {
        fb_wire_put_text(s->out, fb_inc_symbol_text(&s->inc->symbols, cell->u.integer));
        *name = ++s->name_count;
    }
}

static void put_row(struct saver *s, const struct fb_inc_set *set, uint32_t slot)
{
    for (size_t i = 0; i < set->width; i++) {
        put_cell(s, fb_inc_set_row(set, slot) + i);
    }
}

/* Wraps instead of overflowing; reading wraps back. */
static void put_time(struct saver *s, fb_time time)
{
    fb_wire_put_i64(s->out, (int64_t)((uint64_t)s->base - (uint64_t)time));
}

/* What a row of a PAST node is, as bits. */
enum { HOLDS = 1, STEADY = 2, INSIDE = 4 };

/* The entries of a queue whose rows are still there, and the time-points. */
static void put_times(struct saver *s, const struct fb_inc_queue *queue,
    const struct fb_inc_set *set, const uint32_t *numbers)
{
    uint64_t count = 0;
    for (int writing = 0; writing < 2; writing++) {
        if (writing) {
            fb_wire_put_u64(s->out, count);
        }
        for (uint64_t n = queue->head; n < queue->tail; n++) {
            const struct fb_inc_entry *entry = fb_inc_queue_at(queue, n);
            bool none = entry->slot == FB_INC_NONE;
            if (!none && set->slots[entry->slot].gen != entry->gen) {
                continue;
            }
            count++;
            if (writing) {
                fb_wire_put_u64(s->out, none ? set->live_count : numbers[entry->slot]);
                put_time(s, entry->time);
            }
        }
    }
}

static void put_past(struct saver *s, const struct fb_inc_node *node, const uint32_t *numbers)
{
    const struct fb_inc_set *set = &node->set;
    for (uint32_t i = 0; i < set->slot_count; i++) {
        const struct fb_inc_slot *slot = &set->slots[i];
        if (slot->live) {
            put_row(s, set, i);
            fb_buf_add_char(s->out,
                (char)((slot->load.past.holds ? HOLDS : 0) | (slot->load.past.steady ? STEADY : 0) |
                       (slot->load.past.inside ? INSIDE : 0)));
            if (slot->load.past.holds || slot->load.past.inside) {
                put_time(s, slot->load.past.latest);
            }
        }
    }
    put_times(s, &node->waiting, set, numbers);
    if (fb_inc_turns(node)) {
        put_times(s, &node->turns, set, numbers);
        fb_buf_add_char(s->out, (char)(node->passed + node->near));
        if (node->passed) {
            put_time(s, node->mark.time);
        }
    }
}

static void put_streaks(struct saver *s, const struct fb_inc_set *seen)
{
    fb_wire_put_u64(s->out, seen->live_count);
    for (uint32_t k = 0; k < seen->slot_count; k++) {
        const struct fb_inc_slot *slot = &seen->slots[k];
        if (slot->live) {
            put_row(s, seen, k);
            fb_wire_put_u64(s->out, slot->load.streak.first);
            fb_wire_put_u64(s->out, slot->load.streak.last == FB_INC_ONGOING
                                        ? 0
                                        : slot->load.streak.last - slot->load.streak.first + 1);
        }
    }
}

static void put_ends(struct saver *s, const struct fb_inc_queue *queue, const uint32_t *numbers)
{
    fb_wire_put_u64(s->out, queue->tail - queue->head);
    for (uint64_t n = queue->head; n < queue->tail; n++) {
        const struct fb_inc_entry *entry = fb_inc_queue_at(queue, n);
        fb_wire_put_u64(s->out, numbers[entry->slot]);
        fb_wire_put_u64(s->out, s->inc->point_high - entry->point);
    }
}

static void put_opens(struct saver *s, const struct fb_inc_queue *queue)
{
    fb_wire_put_u64(s->out, queue->tail - queue->head);
    for (uint64_t n = queue->head; n < queue->tail; n++) {
        const struct fb_inc_entry *entry = fb_inc_queue_at(queue, n);
        fb_wire_put_u64(s->out, s->inc->point_high - entry->point);
    }
}

static void put_future(struct saver *s, const struct fb_inc_node *node, const uint32_t *numbers)
{
    const struct fb_inc_queue *queue = &node->waiting;
    for (uint32_t i = 0; i < node->set.slot_count; i++) {
        const struct fb_inc_slot *slot = &node->set.slots[i];
        if (slot->live) {
            put_row(s, &node->set, i);
            if (node->steady) {
                fb_buf_add_char(s->out, slot->load.future.steady ? 1 : 0);
            }
        }
    }
    fb_wire_put_u64(s->out, queue->tail - queue->head);
    for (uint64_t n = queue->head; n < queue->tail; n++) {
        const struct fb_inc_reach *entry = fb_inc_queue_at(queue, n);
        fb_wire_put_u64(s->out, numbers[entry->slot]);
        put_time(s, entry->time);
        fb_wire_put_u64(s->out, s->inc->point_high - entry->point);
        fb_wire_put_u64(s->out, entry->point - entry->from);
    }
    if (node->steady) {
        put_ends(s, &node->turns, numbers);
    }
    if (node->gate) {
        put_opens(s, &node->opens);
    }
    for (size_t i = 0; i < node->killer_count; i++) {
        put_streaks(s, &node->killers[i].seen);
    }
}

static void put_walkers(struct saver *s, const struct fb_inc_set *set)
{
    fb_wire_put_u64(s->out, set->live_count);
    for (uint32_t i = 0; i < set->slot_count; i++) {
        if (set->slots[i].live) {
            put_row(s, set, i);
            put_time(s, set->slots[i].load.past.latest);
        }
    }
}

static enum fb_code put_node(struct saver *s, const struct fb_inc_node *node, struct fb_err *err)
{
    const struct fb_inc_set *set = &node->set;
    if (node->kind == FB_INC_WALK) {
        put_walkers(s, &node->walk->node->child->set);
        put_walkers(s, &node->child->set);
    }
    if (node->kind != FB_INC_PAST && node->kind != FB_INC_FUTURE) {
        return FB_OK;
    }
    uint32_t *numbers = fb_calloc((size_t)set->slot_count + 1, sizeof(*numbers));
    if (!numbers) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < set->slot_count; i++) {
        numbers[i] = count;
        count += set->slots[i].live ? 1 : 0;
    }
    FB_ASSERT(count == set->live_count);
    fb_wire_put_u64(s->out, count);
    if (node->kind == FB_INC_PAST) {
        put_past(s, node, numbers);
    } else {
        put_future(s, node, numbers);
    }
    fb_free(numbers);
    return FB_OK;
}

static void put_point(struct saver *s, const struct fb_inc_point *point)
{
    put_time(s, point->time);
    fb_wire_put_u64(s->out, point->tuple_count);
    for (size_t i = 0; i < point->tuple_count; i++) {
        size_t at = point->tuples[i].at;
        size_t end = i + 1 < point->tuple_count ? point->tuples[i + 1].at : point->cell_count;
        fb_wire_put_u64(s->out, point->tuples[i].relation);
        fb_wire_put_u64(s->out, end - at);
        for (; at < end; at++) {
            put_cell(s, &point->cells[at]);
        }
    }
}

static void put_points(struct saver *s)
{
    const struct fb_inc *inc = s->inc;
    fb_wire_put_u64(s->out, inc->point_high);
    fb_wire_put_u64(s->out, inc->point_high - inc->point_low);
    fb_wire_put_i64(s->out, s->base);
    fb_wire_put_i64(s->out, inc->clock);
    fb_buf_add_char(s->out, inc->open ? 1 : 0);
    for (uint64_t n = inc->point_low; n < inc->point_high + (inc->open ? 1 : 0); n++) {
        put_point(s, &inc->points[n & (inc->point_cap - 1)]);
    }
    for (size_t i = 0; i < inc->stage_count; i++) {
        fb_wire_put_u64(s->out, inc->stages[i].step);
    }
}

enum fb_code fb_inc_save(struct fb_inc *inc, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(inc && out);
    FB_ASSERT(!inc->ended && inc->memory.code == FB_OK);
    struct saver s = {.inc = inc, .out = out};
    bool any = inc->point_high > 0;
    s.base = any ? fb_inc_point_at(inc, inc->point_high - 1)->time : 0;
    s.names = fb_calloc(inc->symbols.count + 1, sizeof(*s.names));
    if (!s.names) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    enum fb_code code = FB_OK;
    put_shape(inc, out);
    put_points(&s);
    for (size_t i = 0; code == FB_OK && i < inc->node_count; i++) {
        code = put_node(&s, inc->nodes[i], err);
    }
    fb_free(s.names);
    return code ? code : fb_buf_check(out, "a snapshot", err);
}

/* ---- reading ---- */

struct loader {
    struct fb_inc *inc;
    struct fb_wire *in;
    uint32_t *names; /* the symbol of each string, in the order in which they came */
    size_t name_count;
    size_t name_cap;
    fb_time base;
};

static bool sound(const struct loader *l)
{
    return !l->in->bad && l->inc->memory.code == FB_OK;
}

static struct fb_cell take_text(struct loader *l)
{
    struct fb_cell cell = {.type = FB_TYPE_STRING};
    struct fb_inc_memory *memory = &l->inc->memory;
    uint64_t name = fb_wire_up_to(l->in, l->name_count);
    if (name == 0) {
        uint32_t symbol = 0;
        struct fb_str text = fb_wire_text(l->in);
        if (sound(l) &&
            fb_inc_room(memory, &l->names, &l->name_cap, l->name_count, sizeof(*l->names)) &&
            fb_inc_symbol_of(&l->inc->symbols, text, memory, &symbol)) {
            l->names[l->name_count++] = symbol;
            cell.u.integer = symbol;
        }
        return cell;
    }
    cell.u.integer = l->names[name - 1];
    return cell;
}

static struct fb_cell take_cell(struct loader *l)
{
    struct fb_cell cell = {.type = FB_TYPE_NONE};
    if (sound(l) && fb_wire_left(l->in) && *l->in->pos == FB_TYPE_STRING) {
        l->in->pos++;
        return take_text(l);
    }
    struct fb_value value = fb_wire_value(l->in);
    enum fb_code code = fb_inc_cell(l->inc, value, &cell, l->inc->memory.err);
    FB_ASSERT(code == FB_OK); /* it is no string */
    return cell;
}

static fb_time take_time(struct loader *l)
{
    fb_time time = (fb_time)((uint64_t)l->base - (uint64_t)fb_wire_i64(l->in));
    l->in->bad = l->in->bad || time > l->base;
    return time;
}

/* A row that must be new; its slot, or FB_INC_NONE. */
static uint32_t take_row(struct loader *l, struct fb_inc_set *set)
{
    struct fb_cell row[FB_IR_VARS_MAX + 1];
    bool added = false;
    for (size_t i = 0; i < set->width; i++) {
        row[i] = take_cell(l);
    }
    uint32_t slot = FB_INC_NONE;
    if (sound(l)) {
        slot = fb_inc_set_put(set, row, &l->inc->memory, &added);
        l->in->bad = slot != FB_INC_NONE && !added;
    }
    return sound(l) ? slot : FB_INC_NONE;
}

static int by_time(const void *a, const void *b)
{
    const struct fb_inc_entry *x = a;
    const struct fb_inc_entry *y = b;
    if (x->time != y->time) {
        return x->time < y->time ? -1 : 1;
    }
    return x->slot < y->slot ? -1 : x->slot > y->slot;
}

/* A queue of one entry for each row that has one, in the order of their times or time-points. */
static bool fill_queue(struct fb_inc *inc, struct fb_inc_queue *queue, const struct fb_inc_set *set,
    bool (*entry_of)(const struct fb_inc_slot *slot, struct fb_inc_entry *out))
{
    struct fb_inc_memory *memory = &inc->memory;
    struct fb_inc_entry *entries = NULL;
    size_t cap = 0;
    size_t count = 0;
    for (uint32_t i = 0; i < set->slot_count; i++) {
        struct fb_inc_entry entry = {.slot = i, .gen = set->slots[i].gen};
        if (entry_of(&set->slots[i], &entry)) {
            if (!fb_inc_room(memory, &entries, &cap, count, sizeof(*entries))) {
                break;
            }
            entries[count++] = entry;
        }
    }
    if (count) {
        qsort(entries, count, sizeof(*entries), by_time);
    }
    for (size_t i = 0; i < count && memory->code == FB_OK; i++) {
        (void)fb_inc_queue_push(queue, &entries[i], sizeof(*entries), memory);
    }
    fb_inc_drop(memory, entries, cap, sizeof(*entries));
    return memory->code == FB_OK;
}

static bool leaving_entry(const struct fb_inc_slot *slot, struct fb_inc_entry *out)
{
    out->time = slot->load.past.latest;
    return slot->load.past.holds;
}

static bool streak_entry(const struct fb_inc_slot *slot, struct fb_inc_entry *out)
{
    out->point = slot->load.streak.last;
    return slot->load.streak.last != FB_INC_ONGOING;
}

/* The time-point that comes next at a node: the first that is not in its state. */
static int64_t next_point(const struct fb_inc *inc, const struct fb_inc_node *node)
{
    bool future = node->kind == FB_INC_FUTURE;
    const struct fb_inc_stage *stage = &inc->stages[future ? node->inner : node->stage];
    return (int64_t)stage->step - stage->lead + (future ? 0 : node->shift);
}

static void take_past_row(struct loader *l, struct fb_inc_node *node)
{
    struct fb_inc_set *set = &node->set;
    uint32_t slot = take_row(l, set);
    uint64_t bits = fb_wire_up_to(l->in, node->steady ? HOLDS | STEADY | INSIDE : HOLDS);
    bool holds = bits & HOLDS;
    fb_time latest = bits & (HOLDS | INSIDE) ? take_time(l) : 0;
    bool whole = (node->interval.low > 0 || !(bits & STEADY) == !(bits & INSIDE)) &&
                 (!(bits & STEADY) || next_point(l->inc, node) > 0);
    l->in->bad = l->in->bad || !whole || (!fb_inc_turns(node) && (bits & INSIDE) && !holds);
    if (!sound(l)) {
        return;
    }
    set->slots[slot].load.past.holds = holds;
    set->slots[slot].load.past.steady = bits & STEADY;
    set->slots[slot].load.past.inside = bits & INSIDE;
    set->slots[slot].load.past.latest = latest;
    if (holds && node->tally) {
        fb_inc_tally(l->inc, node, slot, true);
    }
    if (holds && node->orders) {
        fb_inc_order(l->inc, node, slot, true);
    }
}

/* A queue of times of rows, or of times alone. */
static void take_times(
    struct loader *l, struct fb_inc_node *node, struct fb_inc_queue *queue, bool alone)
{
    struct fb_inc_set *set = &node->set;
    size_t count = fb_wire_count(l->in);
    fb_time before = FB_TIME_MIN;
    for (size_t i = 0; i < count && sound(l); i++) {
        struct fb_inc_entry entry = {.slot = (uint32_t)fb_wire_up_to(l->in, UINT32_MAX - 1)};
        entry.time = take_time(l);
        l->in->bad = l->in->bad || entry.time < before ||
                     (alone ? entry.slot != set->slot_count : entry.slot >= set->slot_count);
        if (sound(l)) {
            before = entry.time;
            entry.slot = alone ? FB_INC_NONE : entry.slot;
            entry.gen = alone ? 0 : set->slots[entry.slot].gen;
            if (!alone) {
                set->slots[entry.slot].load.past.pending++;
            }
            (void)fb_inc_queue_push(queue, &entry, sizeof(entry), &l->inc->memory);
        }
    }
}

static void take_past(struct loader *l, struct fb_inc_node *node)
{
    const struct fb_inc_set *set = &node->set;
    size_t count = fb_wire_count(l->in);
    for (size_t i = 0; i < count && sound(l); i++) {
        take_past_row(l, node);
    }
    take_times(l, node, &node->waiting, fb_inc_turns(node));
    if (fb_inc_turns(node)) {
        take_times(l, node, &node->turns, false);
        uint64_t passed = fb_wire_up_to(l->in, 2);
        node->passed = passed > 0;
        node->near = passed > 1;
        node->mark.time = passed ? take_time(l) : 0;
        bool waits = node->turns.tail > node->turns.head;
        l->in->bad = l->in->bad || (waits && node->interval.low == 0);
    }
    for (uint32_t i = 0; i < set->slot_count && sound(l); i++) {
        const union fb_inc_load *load = &set->slots[i].load;
        l->in->bad = !load->past.holds && !load->past.inside && load->past.pending == 0 &&
                     !(node->killer_count && fb_inc_held_back(node, i));
    }
    if (sound(l) && node->interval.high != FB_TIME_MAX) {
        (void)fill_queue(l->inc, &node->leaving, set, leaving_entry);
    }
}

/* A time-point that was fed to a FUTURE node. */
static uint64_t take_point(struct loader *l, const struct fb_inc_node *node)
{
    uint64_t point = l->inc->point_high - fb_wire_up_to(l->in, l->inc->point_high);
    l->in->bad = l->in->bad || (int64_t)point >= next_point(l->inc, node);
    return point;
}

/* The number of a row of a FUTURE node, and a time-point that was fed to it. */
static bool take_place(
    struct loader *l, const struct fb_inc_node *node, uint32_t slot, uint64_t *point)
{
    *point = take_point(l, node);
    l->in->bad = l->in->bad || slot >= node->set.slot_count;
    return sound(l);
}

/* Time-points that something still reads, or may be passed by. */
static void take_opens(struct loader *l, struct fb_inc_node *node)
{
    size_t count = fb_wire_count(l->in);
    struct fb_inc_entry before = {.slot = FB_INC_NONE, .point = 0};
    for (size_t i = 0; i < count && sound(l); i++) {
        struct fb_inc_entry entry = {.slot = FB_INC_NONE, .point = take_point(l, node)};
        l->in->bad = l->in->bad || (i > 0 && entry.point <= before.point);
        if (!sound(l) || !fb_inc_queue_push(&node->opens, &entry, sizeof(entry), &l->inc->memory)) {
            return;
        }
        before = entry;
    }
}

/* The entries of a FUTURE node. */
static void take_entries(struct loader *l, struct fb_inc_node *node)
{
    size_t count = fb_wire_count(l->in);
    struct fb_inc_reach before = {.time = FB_TIME_MIN};
    for (size_t i = 0; i < count && sound(l); i++) {
        struct fb_inc_reach entry = {.slot = (uint32_t)fb_wire_up_to(l->in, UINT32_MAX - 1)};
        entry.time = take_time(l);
        bool whole = take_place(l, node, entry.slot, &entry.point);
        entry.from = entry.point - fb_wire_up_to(l->in, entry.point);
        l->in->bad = l->in->bad || !whole || entry.time < before.time || entry.point < before.point;
        if (!sound(l) || !fb_inc_push_reach(node, entry, &l->inc->memory)) {
            return;
        }
        node->set.slots[entry.slot].load.future.inside -= node->steady ? 1 : 0;
        before = entry;
    }
}

static void take_ends(struct loader *l, struct fb_inc_node *node)
{
    size_t count = fb_wire_count(l->in);
    struct fb_inc_entry before = {.point = 0};
    for (size_t i = 0; i < count && sound(l); i++) {
        struct fb_inc_entry entry = {.slot = (uint32_t)fb_wire_up_to(l->in, UINT32_MAX - 1)};
        bool whole = take_place(l, node, entry.slot, &entry.point);
        l->in->bad = l->in->bad || !whole || entry.point < before.point;
        if (!sound(l) || !fb_inc_queue_push(&node->turns, &entry, sizeof(entry), &l->inc->memory)) {
            return;
        }
        node->set.slots[entry.slot].load.future.inside++;
        before = entry;
    }
}

/* Streaks up to the time-point before `next`, or that go on there. */
static void take_streaks(struct loader *l, struct fb_inc_killer *killer, int64_t next)
{
    size_t count = fb_wire_count(l->in);
    uint64_t most = next > 0 ? (uint64_t)next : 0;
    for (size_t i = 0; i < count && sound(l); i++) {
        uint32_t slot = take_row(l, &killer->seen);
        uint64_t first = fb_wire_u64(l->in);
        uint64_t length = fb_wire_up_to(l->in, l->inc->point_high);
        l->in->bad =
            l->in->bad || first >= most || length > most - first || (length == 0 && !killer->watch);
        if (sound(l)) {
            killer->seen.slots[slot].load.streak.first = first;
            killer->seen.slots[slot].load.streak.last =
                length ? first + length - 1 : FB_INC_ONGOING;
        }
    }
    if (sound(l)) {
        (void)fill_queue(l->inc, &killer->queue, &killer->seen, streak_entry);
    }
}

/* What ends or goes on, less what has yet to begin, is what a row is inside of. */
static void take_future(struct loader *l, struct fb_inc_node *node)
{
    struct fb_inc_set *set = &node->set;
    size_t count = fb_wire_count(l->in);
    for (size_t i = 0; i < count && sound(l); i++) {
        uint32_t slot = take_row(l, set);
        if (node->steady && sound(l)) {
            bool steady = fb_wire_up_to(l->in, 1) != 0;
            set->slots[slot].load.future.steady = steady;
            set->slots[slot].load.future.inside = steady ? 1 : 0;
        }
    }
    take_entries(l, node);
    if (node->steady) {
        take_ends(l, node);
    }
    if (node->gate) {
        take_opens(l, node);
    }
    for (uint32_t i = 0; i < set->slot_count && sound(l); i++) {
        const union fb_inc_load *load = &set->slots[i].load;
        l->in->bad = (!load->future.any && !load->future.inside) ||
                     load->future.inside > INT32_MAX; /* more begin than end */
    }
    for (size_t i = 0; i < node->killer_count && sound(l); i++) {
        take_streaks(l, &node->killers[i], next_point(l->inc, node));
    }
}

static void take_walkers(struct loader *l, const struct fb_inc_op *op, struct fb_inc_set *set)
{
    size_t count = fb_wire_count(l->in);
    for (size_t i = 0; i < count && sound(l); i++) {
        uint32_t slot = take_row(l, set);
        fb_time latest = take_time(l);
        if (sound(l)) {
            const struct fb_cell *state = fb_inc_set_row(set, slot);
            l->in->bad = state->type != FB_TYPE_INT || state->u.integer < 0 ||
                         state->u.integer >= (int64_t)op->state_count;
            set->slots[slot].load.past.latest = latest;
            set->slots[slot].load.past.holds = true;
        }
    }
}

/* Each stands in a loop in which walkers are parked. */
static void take_parked(struct loader *l, struct fb_inc_node *node)
{
    struct fb_inc_set *set = &node->child->set;
    take_walkers(l, node->walk, set);
    for (uint32_t i = 0; i < set->slot_count && sound(l); i++) {
        l->in->bad = !node->walk->states[fb_inc_set_row(set, i)->u.integer].awaits;
    }
    if (sound(l) && node->interval.high != FB_TIME_MAX) {
        (void)fill_queue(l->inc, &node->leaving, set, leaving_entry);
    }
}

static void take_tuple(struct loader *l, struct fb_inc_point *point)
{
    struct fb_inc_memory *memory = &l->inc->memory;
    uint64_t relation = fb_wire_up_to(l->in, UINT32_MAX);
    uint64_t count = fb_wire_up_to(l->in, FB_IR_ARITY_MAX);
    l->in->bad = l->in->bad || fb_inc_arity(l->inc, (uint32_t)relation) != (int64_t)count;
    if (!sound(l) ||
        !fb_inc_room(memory, &point->tuples, &point->tuple_cap, point->tuple_count,
            sizeof(*point->tuples)) ||
        !fb_inc_room(memory, &point->cells, &point->cell_cap, point->cell_count + count,
            sizeof(*point->cells))) {
        return;
    }
    point->tuples[point->tuple_count++] =
        (struct fb_inc_tuple){(uint32_t)relation, (uint32_t)point->cell_count};
    for (uint64_t i = 0; i < count; i++) {
        point->cells[point->cell_count++] = take_cell(l);
    }
}

static void take_points(struct loader *l)
{
    struct fb_inc *inc = l->inc;
    uint64_t high = fb_wire_up_to(l->in, POINTS_MAX);
    uint64_t count = fb_wire_count(l->in);
    l->base = fb_wire_i64(l->in);
    inc->clock = fb_wire_i64(l->in);
    inc->open = fb_wire_up_to(l->in, 1) != 0;
    l->in->bad = l->in->bad || count > high || (count == 0) != (high == 0) ||
                 inc->clock == FB_TIME_MAX || (count == 0 && l->base != 0);
    inc->point_low = high - (l->in->bad ? high : count);
    inc->point_high = inc->point_low;
    fb_time last = FB_TIME_MIN;
    for (uint64_t n = 0; n < count + (inc->open ? 1 : 0) && sound(l); n++) {
        if (!fb_inc_point_room(inc)) {
            return;
        }
        struct fb_inc_point *point = &inc->points[inc->point_high & (inc->point_cap - 1)];
        uint64_t back = (uint64_t)fb_wire_i64(l->in);
        point->time = (fb_time)((uint64_t)l->base - back);
        size_t tuples = fb_wire_count(l->in);
        for (size_t i = 0; i < tuples && sound(l); i++) {
            take_tuple(l, point);
        }
        bool behind = n + 1 == count && point->time != l->base;
        l->in->bad = l->in->bad || point->time < last || behind;
        last = point->time;
        inc->point_high += n < count ? 1 : 0;
    }
}

/* No stage stands before what is kept, or behind what is known. */
static void take_stages(struct loader *l)
{
    struct fb_inc *inc = l->inc;
    for (size_t i = 0; i < inc->stage_count; i++) {
        struct fb_inc_stage *stage = &inc->stages[i];
        stage->step = fb_wire_up_to(l->in, inc->point_high);
        int64_t reads = (int64_t)stage->step - stage->lead - stage->lag - 1;
        l->in->bad = l->in->bad || (reads < (int64_t)inc->point_low && inc->point_low > 0);
    }
}

static enum fb_code check_shape(const struct fb_inc *inc, struct fb_wire *in, struct fb_err *err)
{
    struct fb_buf shape;
    fb_buf_init(&shape, 1 << 24);
    put_shape(inc, &shape);
    enum fb_code code = fb_buf_check(&shape, "the shape of a plan", err);
    bool same = code == FB_OK && fb_wire_left(in) >= shape.len &&
                memcmp(in->pos, shape.ptr, shape.len) == 0;
    in->pos += same ? shape.len : 0;
    if (code == FB_OK && !same) {
        (void)fb_err_set(err, FB_E_VERSION, "the state is not one of this formula and version");
        code = fb_err_hint(err,
            "Begin with the log again: a state goes on with the formula and version it is of.");
    }
    fb_buf_release(&shape);
    return code;
}

enum fb_code fb_inc_load(struct fb_inc *inc, struct fb_wire *in, struct fb_err *err)
{
    FB_ASSERT(inc && in);
    FB_ASSERT(inc->point_high == 0 && !inc->open);
    struct loader l = {.inc = inc, .in = in};
    inc->memory.err = err;
    enum fb_code code = check_shape(inc, in, err);
    if (code) {
        return code;
    }
    take_points(&l);
    take_stages(&l);
    for (size_t i = 0; i < inc->node_count && sound(&l); i++) {
        struct fb_inc_node *node = inc->nodes[i];
        if (node->kind == FB_INC_PAST) {
            take_past(&l, node);
        } else if (node->kind == FB_INC_FUTURE) {
            take_future(&l, node);
        } else if (node->kind == FB_INC_WALK) {
            take_walkers(&l, node->walk, &node->walk->node->child->set);
            take_parked(&l, node);
        }
    }
    fb_inc_drop(&inc->memory, l.names, l.name_cap, sizeof(*l.names));
    /* Who waits for a step that nothing brings about would wait for ever. */
    in->bad = in->bad || (sound(&l) && !fb_inc_at_rest(inc));
    if (inc->memory.code) {
        return inc->memory.code;
    }
    return in->bad ? fb_err_set(err, FB_E_CORRUPT, "the state does not hold together") : FB_OK;
}

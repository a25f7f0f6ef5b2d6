/* What temporal operators remember: kept at each time-point, asked by key. */
#include <string.h>

#include "base/assert.h"
#include "engine/inc_watch.h"

enum {
    BATCH_ROWS = 32,
    BATCH_CELLS = 4 * BATCH_ROWS,
    AHEAD = 16, /* entries of a queue whose slots are asked for before they are looked at */
};
_Static_assert((int)BATCH_CELLS >= (int)FB_IR_VARS_MAX, "a batch has room for the widest row");

/* ---- past ---- */

/* A time of a row is old enough: it holds while its newest such time is not too old. */
static bool ripen(struct fb_inc *inc, struct fb_inc_node *node, struct fb_inc_entry entry)
{
    union fb_inc_load *load = &node->set.slots[entry.slot].load;
    if (load->past.holds && load->past.latest == entry.time) {
        return true;
    }
    load->past.latest = entry.time;
    fb_inc_set_holds(inc, node, entry.slot, true);
    return node->interval.high == FB_TIME_MAX ||
           fb_inc_queue_push(&node->leaving, &entry, sizeof(entry), &inc->memory);
}

/* Asks the memory for what the next steps along a queue will look at. */
static void look_ahead(const struct fb_inc_node *node, const struct fb_inc_queue *queue)
{
    for (uint64_t near = AHEAD / 2; near <= AHEAD; near += AHEAD / 2) {
        if (queue->tail - queue->head > near) {
            const struct fb_inc_entry *entry = fb_inc_queue_at(queue, queue->head + near);
            fb_inc_set_expect(&node->set, entry->slot, near < AHEAD);
        }
    }
}

/* The times that have become old enough. */
static bool move_in(struct fb_inc *inc, struct fb_inc_node *node, fb_time now)
{
    struct fb_inc_slot *slots = node->set.slots;
    struct fb_inc_queue *queue = &node->waiting;
    for (; queue->head < queue->tail; queue->head++) {
        const struct fb_inc_entry entry =
            *(struct fb_inc_entry *)fb_inc_queue_at(queue, queue->head);
        if (fb_inc_age(entry.time, now) < node->interval.low) {
            break;
        }
        if (slots[entry.slot].gen != entry.gen) {
            continue;
        }
        slots[entry.slot].load.past.pending--;
        if (!ripen(inc, node, entry)) {
            return false;
        }
    }
    return true;
}

static void move_out(struct fb_inc *inc, struct fb_inc_node *node, fb_time now)
{
    struct fb_inc_slot *slots = node->set.slots;
    struct fb_inc_queue *queue = &node->leaving;
    for (; queue->head < queue->tail; queue->head++) {
        const struct fb_inc_entry entry =
            *(struct fb_inc_entry *)fb_inc_queue_at(queue, queue->head);
        if (fb_inc_age(entry.time, now) <= node->interval.high) {
            break;
        }
        look_ahead(node, queue);
        union fb_inc_load *load = &slots[entry.slot].load;
        if (slots[entry.slot].gen != entry.gen || load->past.latest != entry.time ||
            !load->past.holds || load->past.inside) { /* which gets an entry when it ends */
            continue;
        }
        fb_inc_set_holds(inc, node, entry.slot, false);
        if (load->past.pending == 0) {
            fb_inc_set_remove(&node->set, entry.slot);
        }
    }
}

/* Rows of one time-point on their way into a set. */
struct batch {
    struct fb_inc_node *node;
    size_t most;
    size_t count;
    uint32_t hashes[BATCH_ROWS];
    struct fb_cell cells[BATCH_CELLS];
};

/* Puts a row that the right side has at a time; its slot. */
static bool put_row(struct fb_inc *inc, struct fb_inc_node *node, const struct fb_cell *row,
    uint32_t hash, uint32_t *out_slot)
{
    bool added;
    uint32_t slot = fb_inc_set_put_hashed(&node->set, row, hash, &inc->memory, &added);
    *out_slot = slot;
    if (slot == FB_INC_NONE || (added && node->killer_count && !fb_inc_note_new(inc, node, row))) {
        return false;
    }
    if (!added && node->interval.low > 0 && node->interval.high == FB_TIME_MAX) {
        return true; /* its first time serves for ever */
    }
    struct fb_inc_entry entry = {.slot = slot,
        .gen = node->set.slots[slot].gen,
        .time = fb_inc_point_at(inc, inc->at - (node->late ? 1 : 0))->time};
    if (node->interval.low == 0) {
        return ripen(inc, node, entry);
    }
    node->set.slots[slot].load.past.pending++;
    return fb_inc_queue_push(&node->waiting, &entry, sizeof(entry), &inc->memory);
}

bool fb_inc_put_past(
    struct fb_inc *inc, struct fb_inc_node *node, const struct fb_cell *row, uint32_t hash)
{
    FB_ASSERT(inc && node->kind == FB_INC_PAST);
    uint32_t slot;
    return put_row(inc, node, row, hash, &slot);
}

static bool empty_batch(struct fb_inc *inc, struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct fb_cell *row = batch->cells + i * batch->node->width;
        if (!fb_inc_put_past(inc, batch->node, row, batch->hashes[i])) {
            return false;
        }
    }
    batch->count = 0;
    return true;
}

static bool add_past(void *ctx, struct fb_inc *inc)
{
    struct batch *batch = ctx;
    const struct fb_inc_node *node = batch->node;
    if (batch->count == batch->most && !empty_batch(inc, batch)) {
        return false;
    }
    struct fb_cell *row = batch->cells + batch->count * node->width;
    fb_inc_take_row(inc, node->vars, node->width, row);
    batch->hashes[batch->count++] = fb_inc_set_hash(&node->set, row);
    return true;
}

/* ---- a right side that holds on ---- */

/* Whether a row that begins or ends to be given will count, in the order of time. */
static bool push_turn(struct fb_inc *inc, struct fb_inc_node *node, uint32_t slot, fb_time time)
{
    struct fb_inc_slot *at = &node->set.slots[slot];
    struct fb_inc_entry entry = {.slot = slot, .gen = at->gen, .time = time};
    at->load.past.pending++;
    return fb_inc_queue_push(&node->turns, &entry, sizeof(entry), &inc->memory);
}

/* The time up to which a row was given that is no more: that of the time-point before, or of the
 * last one at which the gate was open. */
static fb_time last_given(const struct fb_inc *inc, const struct fb_inc_node *node)
{
    const struct fb_inc_queue *marks = &node->waiting;
    if (!node->gate || !fb_inc_turns(node)) {
        return fb_inc_point_at(inc, inc->at - 1)->time;
    }
    return marks->tail > marks->head
               ? ((const struct fb_inc_entry *)fb_inc_queue_at(marks, marks->tail - 1))->time
               : node->mark.time;
}

bool fb_inc_put_before(struct fb_inc *inc, struct fb_inc_node *node, uint32_t slot)
{
    FB_ASSERT(inc && node->steady);
    FB_ASSERT(fb_inc_held_back(node, slot) && inc->at > 0);
    fb_time time = fb_inc_point_at(inc, inc->at - 1)->time;
    if (fb_inc_turns(node)) {
        return push_turn(inc, node, slot, time);
    }
    struct fb_inc_slot *at = &node->set.slots[slot];
    struct fb_inc_entry entry = {.slot = slot, .gen = at->gen, .time = time};
    at->load.past.pending++;
    return fb_inc_queue_push(&node->waiting, &entry, sizeof(entry), &inc->memory);
}

/* The row was given up to the time-point before. */
static bool end_row(struct fb_inc *inc, struct fb_inc_node *node, uint32_t slot)
{
    struct fb_inc_slot *at = &node->set.slots[slot];
    fb_time time = last_given(inc, node);
    bool held = fb_inc_held_back(node, slot);
    bool turns = fb_inc_turns(node);
    if (held && !fb_inc_put_before(inc, node, slot)) {
        return false;
    }
    at->load.past.steady = false;
    if ((held || !turns) && !fb_inc_note_new(inc, node, fb_inc_set_row(&node->set, slot))) {
        return false;
    }
    if (turns) {
        return push_turn(inc, node, slot, time);
    }
    at->load.past.inside = false;
    return node->interval.low > 0 ||
           ripen(inc, node, (struct fb_inc_entry){.slot = slot, .gen = at->gen, .time = time});
}

/* The row is given from now on. */
static bool begin_row(struct fb_inc *inc, struct fb_inc_node *node, const struct fb_cell *row)
{
    bool added = true;
    uint32_t slot;
    uint32_t hash = fb_inc_set_hash(&node->set, row);
    bool whole;
    bool turns = fb_inc_turns(node);
    if (turns) {
        slot = fb_inc_set_put_hashed(&node->set, row, hash, &inc->memory, &added);
        whole = slot != FB_INC_NONE && (!added || fb_inc_note_new(inc, node, row)) &&
                push_turn(inc, node, slot, fb_inc_point_at(inc, inc->at)->time);
    } else {
        whole = put_row(inc, node, row, hash, &slot);
    }
    if (whole) {
        union fb_inc_load *load = &node->set.slots[slot].load;
        load->past.steady = true;
        load->past.inside = load->past.inside || (!turns && node->interval.low == 0);
    }
    return whole;
}

static bool goes_on(const struct fb_inc_slot *slot)
{
    return slot->load.past.steady;
}

/* Before anything else: rows that have been given up to the time-point before, and are no more. */
static bool end_steady(struct fb_inc *inc, struct fb_inc_node *node)
{
    const struct fb_inc_set *stale = &node->steady->child->set;
    const struct fb_inc_set *set = &node->set;
    if (!fb_inc_watch_gather(inc, node->steady, set, goes_on)) {
        return false;
    }
    for (uint32_t i = 0; i < stale->slot_count; i++) {
        uint32_t slot = fb_inc_set_find(set, fb_inc_set_row(stale, i));
        if (slot != FB_INC_NONE && set->slots[slot].load.past.steady &&
            !fb_inc_watch_gives(inc, node->steady, node->op, fb_inc_set_row(stale, i)) &&
            !end_row(inc, node, slot)) {
            return false;
        }
    }
    return inc->memory.code == FB_OK;
}

/* At last: rows that begin to be given, or that the left side has just taken out. */
static bool begin_steady(struct fb_inc *inc, struct fb_inc_node *node)
{
    struct fb_inc_set *stale = &node->steady->child->set;
    for (uint32_t i = 0; i < stale->slot_count; i++) {
        const struct fb_cell *row = fb_inc_set_row(stale, i);
        uint32_t slot = fb_inc_set_find(&node->set, row);
        bool known = slot != FB_INC_NONE && node->set.slots[slot].load.past.steady;
        if (!known && fb_inc_watch_gives(inc, node->steady, node->op, row) &&
            !begin_row(inc, node, row)) {
            return false;
        }
    }
    fb_inc_set_clear(stale);
    return inc->memory.code == FB_OK;
}

/* The newest time-point that is old enough. Between time-points that are far apart it may be too
 * old, for all rows that were given then and at those around. */
static void move_mark(struct fb_inc *inc, struct fb_inc_node *node, fb_time now)
{
    struct fb_inc_queue *queue = &node->waiting;
    for (; queue->head < queue->tail; queue->head++) {
        const struct fb_inc_entry *entry = fb_inc_queue_at(queue, queue->head);
        if (fb_inc_age(entry->time, now) < node->interval.low) {
            break;
        }
        node->mark.time = entry->time;
        node->passed = true;
    }
    bool near = node->passed && fb_inc_age(node->mark.time, now) <= node->interval.high;
    for (uint32_t i = 0; near != node->near && i < node->set.slot_count; i++) {
        if (node->set.slots[i].live && node->set.slots[i].load.past.inside) {
            fb_inc_set_holds(inc, node, i, near);
        }
    }
    node->near = near;
}

/* The time-point will be the mark. Of several with one time any will do. */
static bool push_mark(struct fb_inc *inc, struct fb_inc_node *node, fb_time now)
{
    struct fb_inc_queue *queue = &node->waiting;
    struct fb_inc_entry here = {.slot = FB_INC_NONE, .time = now};
    if (queue->tail > queue->head) {
        const struct fb_inc_entry *last = fb_inc_queue_at(queue, queue->tail - 1);
        if (last->time == now) {
            return true;
        }
    }
    return fb_inc_queue_push(queue, &here, sizeof(here), &inc->memory);
}

/* Rows that were given from the mark on, or up to it. */
static bool move_turns(struct fb_inc *inc, struct fb_inc_node *node, fb_time now)
{
    struct fb_inc_queue *queue = &node->turns;
    for (; queue->head < queue->tail; queue->head++) {
        const struct fb_inc_entry entry =
            *(struct fb_inc_entry *)fb_inc_queue_at(queue, queue->head);
        struct fb_inc_slot *slot = &node->set.slots[entry.slot];
        if (fb_inc_age(entry.time, now) < node->interval.low) {
            break;
        }
        if (slot->gen != entry.gen) {
            continue;
        }
        slot->load.past.pending--;
        slot->load.past.inside = !slot->load.past.inside;
        slot->load.past.latest = entry.time;
        fb_inc_set_holds(inc, node, entry.slot, node->near || !slot->load.past.inside);
        if (!slot->load.past.inside) {
            if (!fb_inc_queue_push(&node->leaving, &entry, sizeof(entry), &inc->memory)) {
                return false;
            }
        }
    }
    return true;
}

static bool move_window(struct fb_inc *inc, struct fb_inc_node *node, fb_time now)
{
    if (fb_inc_turns(node)) {
        move_mark(inc, node, now);
        if (!move_turns(inc, node, now)) {
            return false;
        }
    } else if (!move_in(inc, node, now)) {
        return false;
    }
    move_out(inc, node, now);
    return inc->memory.code == FB_OK;
}

/* All rows of the right side. */
static bool list_rows(struct fb_inc *inc, struct fb_inc_node *node)
{
    struct batch batch;
    batch.node = node;
    batch.count = 0;
    batch.most = node->width > BATCH_CELLS / BATCH_ROWS ? BATCH_CELLS / node->width : BATCH_ROWS;
    return fb_inc_run(inc, node->op, (struct fb_inc_then){add_past, &batch}) &&
           empty_batch(inc, &batch);
}

/* A time-point at which the gate is shut is as if it were not, but for what the window leaves. */
static bool update_gated(struct fb_inc *inc, struct fb_inc_node *node, fb_time now)
{
    bool open = fb_inc_gives(inc, node->gate);
    if (inc->memory.code) {
        return false;
    }
    bool whole = open ? end_steady(inc, node) && begin_steady(inc, node)
                      : fb_inc_watch_tuples(inc, node->steady);
    whole = whole && (!open || !fb_inc_turns(node) || push_mark(inc, node, now));
    return whole && move_window(inc, node, now);
}

static bool update_past(struct fb_inc *inc, struct fb_inc_node *node)
{
    fb_time now = fb_inc_point_at(inc, inc->at)->time;
    if (node->gate) {
        return update_gated(inc, node, now);
    }
    if (node->steady &&
        (!end_steady(inc, node) || (fb_inc_turns(node) && !push_mark(inc, node, now)))) {
        return false;
    }
    bool first = !node->late && !(node->steady && node->interval.low > 0);
    if ((first && !move_window(inc, node, now)) || !fb_inc_kill(inc, node) ||
        !(node->steady ? begin_steady(inc, node) : list_rows(inc, node))) {
        return false;
    }
    return first || move_window(inc, node, now); /* what was put late may be old enough at once */
}

bool fb_inc_update(struct fb_inc *inc, struct fb_inc_node *node)
{
    FB_ASSERT(inc && node);
    FB_ASSERT(node->kind != FB_INC_TALLY && node->kind != FB_INC_SCRATCH);
    if (node->kind == FB_INC_WALK) {
        return fb_inc_walk(inc, node);
    }
    if (node->lasts) {
        return fb_inc_update_lasting(inc, node);
    }
    if (node->kind == FB_INC_PAST) {
        return update_past(inc, node);
    }
    fb_inc_update_future(inc, node);
    return true;
}

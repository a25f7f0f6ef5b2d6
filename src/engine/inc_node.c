/* What temporal operators remember: kept at each time-point, asked by key. */
#include <string.h>

#include "base/assert.h"
#include "engine/inc_plan.h"

enum {
    BATCH_ROWS = 32,
    BATCH_CELLS = 4 * BATCH_ROWS,
    AHEAD = 16, /* entries of a queue whose slots are asked for before they are looked at */
};
_Static_assert((int)BATCH_CELLS >= (int)FB_IR_VARS_MAX, "a batch has room for the widest row");

static void take_row(
    const struct fb_inc *inc, const uint32_t *vars, size_t width, struct fb_cell *out)
{
    for (size_t i = 0; i < width; i++) {
        out[i] = inc->regs[vars[i]];
    }
}

static void give_row(struct fb_inc *inc, const struct fb_inc_node *node, uint32_t slot)
{
    const struct fb_cell *row = fb_inc_set_row(&node->set, slot);
    for (size_t i = 0; i < node->width; i++) {
        inc->regs[node->vars[i]] = row[i];
    }
}

/* ---- past ---- */

/* A row holds while its newest time that is old enough is not too old. */
static void set_holds(struct fb_inc *inc, struct fb_inc_node *node, uint32_t slot, bool holds)
{
    union fb_inc_load *load = &node->set.slots[slot].load;
    if (load->past.holds != holds) {
        load->past.holds = holds;
        if (node->tally) {
            fb_inc_tally(inc, node, slot, holds);
        }
        if (node->orders) {
            fb_inc_order(inc, node, slot, holds);
        }
        if (node->watches) {
            fb_inc_view_touch(inc, node, slot);
        }
    }
}

/* What is taken out may have to be taken in again at once. */
static void drop_row(struct fb_inc *inc, struct fb_inc_node *node, uint32_t slot)
{
    bool added;
    if (node->set.slots[slot].load.past.steady) {
        (void)fb_inc_set_put(
            &node->steady->child->set, fb_inc_set_row(&node->set, slot), &inc->memory, &added);
    }
    set_holds(inc, node, slot, false);
    fb_inc_set_remove(&node->set, slot);
}

/* A time of a row is old enough. */
static bool ripen(struct fb_inc *inc, struct fb_inc_node *node, struct fb_inc_entry entry)
{
    union fb_inc_load *load = &node->set.slots[entry.slot].load;
    if (load->past.holds && load->past.latest == entry.time) {
        return true;
    }
    load->past.latest = entry.time;
    set_holds(inc, node, entry.slot, true);
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

static bool move_window(struct fb_inc *inc, struct fb_inc_node *node, fb_time now)
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
    queue = &node->leaving;
    for (; queue->head < queue->tail; queue->head++) {
        const struct fb_inc_entry entry =
            *(struct fb_inc_entry *)fb_inc_queue_at(queue, queue->head);
        if (fb_inc_age(entry.time, now) <= node->interval.high) {
            break;
        }
        look_ahead(node, queue);
        union fb_inc_load *load = &slots[entry.slot].load;
        if (slots[entry.slot].gen != entry.gen || load->past.latest != entry.time ||
            !load->past.holds || load->past.steady) { /* which gets an entry when it ends */
            continue;
        }
        set_holds(inc, node, entry.slot, false);
        if (load->past.pending == 0) {
            fb_inc_set_remove(&node->set, entry.slot);
        }
    }
    return true;
}

/* One side of SINCE at work on the set. */
struct side {
    struct fb_inc_node *node;
    struct fb_inc_killer *killer;
};

static bool kill_listed(void *ctx, struct fb_inc *inc)
{
    const struct side *side = ctx;
    struct fb_inc_node *node = side->node;
    struct fb_cell row[FB_IR_VARS_MAX];
    take_row(inc, node->vars, node->width, row);
    size_t index = (size_t)side->killer->index;
    uint32_t slot = fb_inc_set_first(&node->set, index, row);
    while (slot != FB_INC_NONE) {
        uint32_t next = fb_inc_set_next(&node->set, index, row, slot);
        drop_row(inc, node, slot);
        slot = next;
    }
    return inc->memory.code == FB_OK;
}

static bool found_one(void *ctx, struct fb_inc *inc)
{
    (void)inc;
    *(bool *)ctx = true;
    return false;
}

static bool kill_each(struct fb_inc *inc, struct fb_inc_node *node, struct fb_inc_killer *killer)
{
    for (uint32_t i = 0; i < node->set.slot_count; i++) {
        if (!node->set.slots[i].live) {
            continue;
        }
        bool found = false;
        give_row(inc, node, i);
        (void)fb_inc_run(inc, killer->op, (struct fb_inc_then){found_one, &found});
        if (inc->memory.code) {
            return false;
        }
        if (found == killer->negative) {
            drop_row(inc, node, i);
        }
    }
    return true;
}

/* Checks the rows of those keys for which the condition may have changed, or which are new. */
static bool kill_stale(struct fb_inc *inc, struct side *side)
{
    struct fb_inc_killer *killer = side->killer;
    struct fb_inc_node *watch = killer->watch;
    struct fb_inc_set *stale = &watch->child->set;
    bool all = watch->all;
    watch->all = false;
    if (all || side->node->set.live_count == 0) {
        fb_inc_set_clear(stale);
        return kill_each(inc, side->node, killer);
    }
    for (uint32_t i = 0; i < stale->slot_count; i++) {
        bool found = false;
        for (size_t k = 0; k < killer->width; k++) {
            inc->regs[killer->vars[k]] = fb_inc_set_row(stale, i)[k];
        }
        (void)fb_inc_run(inc, killer->op, (struct fb_inc_then){found_one, &found});
        if (inc->memory.code || (found == killer->negative && !kill_listed(side, inc))) {
            return false;
        }
    }
    fb_inc_set_clear(stale);
    return true;
}

/* A new row must be checked at the next time-point. */
static bool note_new(struct fb_inc *inc, struct fb_inc_node *node, const struct fb_cell *row)
{
    for (size_t i = 0; i < node->killer_count; i++) {
        const struct fb_inc_killer *killer = &node->killers[i];
        struct fb_cell key[FB_IR_VARS_MAX];
        bool added;
        if (!killer->watch || killer->watch->all) {
            continue;
        }
        for (size_t k = 0; k < killer->width; k++) {
            key[k] = row[killer->key_at[k]];
        }
        if (fb_inc_set_put(&killer->watch->child->set, key, &inc->memory, &added) == FB_INC_NONE) {
            return false;
        }
    }
    return true;
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
    if (slot == FB_INC_NONE || (added && node->killer_count && !note_new(inc, node, row))) {
        return false;
    }
    struct fb_inc_entry entry = {.slot = slot,
        .gen = node->set.slots[slot].gen,
        .time = fb_inc_point_at(inc, inc->at)->time};
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
    take_row(inc, node->vars, node->width, row);
    batch->hashes[batch->count++] = fb_inc_set_hash(&node->set, row);
    return true;
}

bool fb_inc_kill(struct fb_inc *inc, struct fb_inc_node *node)
{
    FB_ASSERT(inc && node->kind == FB_INC_PAST);
    for (size_t i = 0; i < node->killer_count; i++) {
        struct side side = {node, &node->killers[i]};
        if (side.killer->watch) {
            (void)kill_stale(inc, &side);
        } else if (node->set.live_count == 0) {
            continue;
        } else if (side.killer->index < 0) {
            (void)kill_each(inc, node, side.killer);
        } else {
            (void)fb_inc_run(inc, side.killer->op, (struct fb_inc_then){kill_listed, &side});
        }
        if (inc->memory.code) {
            return false;
        }
    }
    return true;
}

/* ---- a right side that holds on ---- */

/* Whether the right side has a row. */
static bool is_given(struct fb_inc *inc, const struct fb_inc_node *node, const struct fb_cell *row)
{
    bool found = false;
    for (size_t i = 0; i < node->width; i++) {
        inc->regs[node->vars[i]] = row[i];
    }
    (void)fb_inc_run(inc, node->op, (struct fb_inc_then){found_one, &found});
    return found;
}

/* Before anything else: rows that have been given up to the time-point before, and are no more. */
static bool end_steady(struct fb_inc *inc, struct fb_inc_node *node)
{
    struct fb_inc_set *stale = &node->steady->child->set;
    struct fb_inc_set *set = &node->set;
    bool added;
    if (node->steady->all) {
        if (!fb_inc_watch_anew(inc, node->steady)) {
            return false;
        }
        for (uint32_t i = 0; i < set->slot_count; i++) {
            if (set->slots[i].live && fb_inc_set_put(stale, fb_inc_set_row(set, i), &inc->memory,
                                          &added) == FB_INC_NONE) {
                return false;
            }
        }
    }
    for (uint32_t i = 0; i < stale->slot_count; i++) {
        uint32_t slot = fb_inc_set_find(set, fb_inc_set_row(stale, i));
        union fb_inc_load *load = slot == FB_INC_NONE ? NULL : &set->slots[slot].load;
        if (!load || !load->past.steady || is_given(inc, node, fb_inc_set_row(stale, i))) {
            continue;
        }
        struct fb_inc_entry entry = {.slot = slot,
            .gen = set->slots[slot].gen,
            .time = fb_inc_point_at(inc, inc->at - 1)->time};
        load->past.steady = false;
        if (!ripen(inc, node, entry)) {
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
        uint32_t slot;
        if (!is_given(inc, node, row)) {
            continue;
        }
        if (!put_row(inc, node, row, fb_inc_set_hash(&node->set, row), &slot)) {
            return false;
        }
        node->set.slots[slot].load.past.steady = true;
    }
    fb_inc_set_clear(stale);
    return inc->memory.code == FB_OK;
}

static bool update_past(struct fb_inc *inc, struct fb_inc_node *node)
{
    if (node->steady && !end_steady(inc, node)) {
        return false;
    }
    if (!move_window(inc, node, fb_inc_point_at(inc, inc->at)->time) || !fb_inc_kill(inc, node)) {
        return false;
    }
    if (node->steady) {
        return begin_steady(inc, node);
    }
    struct batch batch;
    batch.node = node;
    batch.count = 0;
    batch.most = node->width > BATCH_CELLS / BATCH_ROWS ? BATCH_CELLS / node->width : BATCH_ROWS;
    return fb_inc_run(inc, node->op, (struct fb_inc_then){add_past, &batch}) &&
           empty_batch(inc, &batch);
}

/* ---- future ---- */

/* What began before the window, or ended a streak before it, is of no use any more. */
static bool update_future(struct fb_inc *inc, struct fb_inc_node *node)
{
    fb_time now = fb_inc_point_at(inc, inc->at)->time;
    struct fb_inc_queue *queue = &node->waiting;
    for (; queue->head < queue->tail; queue->head++) {
        const struct fb_inc_reach *entry = fb_inc_queue_at(queue, queue->head);
        if (entry->point >= inc->at && fb_inc_age(now, entry->time) >= node->interval.low) {
            break;
        }
        struct fb_inc_slot *slot = &node->set.slots[entry->slot];
        FB_ASSERT(slot->live && slot->load.future.head == queue->head + 1);
        slot->load.future.head = entry->next;
        if (entry->next == 0) {
            fb_inc_set_remove(&node->set, entry->slot);
        }
    }
    for (size_t i = 0; i < node->killer_count; i++) {
        struct fb_inc_killer *killer = &node->killers[i];
        queue = &killer->queue;
        for (; queue->head < queue->tail; queue->head++) {
            const struct fb_inc_entry *entry = fb_inc_queue_at(queue, queue->head);
            if (entry->point >= inc->at) {
                break;
            }
            if (killer->seen.slots[entry->slot].load.streak.last == entry->point) {
                fb_inc_set_remove(&killer->seen, entry->slot);
            }
        }
    }
    return true;
}

/* The first time-point from which the left side holds of inc->regs up to before inc->at. */
static uint64_t held_from(const struct fb_inc *inc, const struct fb_inc_node *node)
{
    uint64_t from = 0;
    for (size_t i = 0; i < node->killer_count; i++) {
        const struct fb_inc_killer *killer = &node->killers[i];
        struct fb_cell row[FB_IR_VARS_MAX];
        take_row(inc, killer->vars, killer->width, row);
        uint32_t slot = fb_inc_set_find(&killer->seen, row);
        bool seen = slot != FB_INC_NONE;
        const union fb_inc_load *load = seen ? &killer->seen.slots[slot].load : NULL;
        uint64_t first = killer->negative ? 0 : inc->at;
        if (seen && killer->negative) {
            first = load->streak.last + 1;
        } else if (seen && load->streak.last + 1 == inc->at) {
            first = load->streak.first;
        }
        from = first > from ? first : from;
    }
    return from;
}

static bool add_future(void *ctx, struct fb_inc *inc)
{
    struct fb_inc_node *node = ctx;
    struct fb_cell row[FB_IR_VARS_MAX];
    bool added;
    take_row(inc, node->vars, node->width, row);
    uint32_t slot = fb_inc_set_put(&node->set, row, &inc->memory, &added);
    if (slot == FB_INC_NONE) {
        return false;
    }
    struct fb_inc_reach entry = {.slot = slot,
        .time = fb_inc_point_at(inc, inc->at)->time,
        .point = inc->at,
        .from = held_from(inc, node)};
    union fb_inc_load *load = &node->set.slots[slot].load;
    uint64_t number = node->waiting.tail + 1;
    if (!fb_inc_queue_push(&node->waiting, &entry, sizeof(entry), &inc->memory)) {
        return false;
    }
    if (load->future.head) {
        struct fb_inc_reach *last = fb_inc_queue_at(&node->waiting, load->future.tail - 1);
        last->next = number;
    } else {
        load->future.head = number;
    }
    load->future.tail = number;
    return true;
}

static bool add_streak(void *ctx, struct fb_inc *inc)
{
    struct fb_inc_killer *killer = ctx;
    struct fb_cell row[FB_IR_VARS_MAX];
    bool added;
    take_row(inc, killer->vars, killer->width, row);
    uint32_t slot = fb_inc_set_put(&killer->seen, row, &inc->memory, &added);
    if (slot == FB_INC_NONE) {
        return false;
    }
    union fb_inc_load *load = &killer->seen.slots[slot].load;
    if (!added && load->streak.last == inc->at) {
        return true;
    }
    if (added || load->streak.last + 1 != inc->at) {
        load->streak.first = inc->at;
    }
    load->streak.last = inc->at;
    struct fb_inc_entry entry = {.slot = slot, .point = inc->at};
    return fb_inc_queue_push(&killer->queue, &entry, sizeof(entry), &inc->memory);
}

bool fb_inc_feed(struct fb_inc *inc, struct fb_inc_node *node)
{
    FB_ASSERT(inc && node);
    FB_ASSERT(node->kind == FB_INC_FUTURE);
    bool whole = fb_inc_run(inc, node->op, (struct fb_inc_then){add_future, node});
    for (size_t i = 0; whole && i < node->killer_count; i++) {
        struct fb_inc_killer *killer = &node->killers[i];
        whole = fb_inc_run(inc, killer->op, (struct fb_inc_then){add_streak, killer});
    }
    return whole;
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
    return node->kind == FB_INC_PAST ? update_past(inc, node) : update_future(inc, node);
}

/* ---- questions ---- */

/* Of the future, the nearest entry of a row has the widest reach: see src/engine/README.md. */
static bool holds(const struct fb_inc *inc, const struct fb_inc_node *node, uint32_t slot)
{
    const union fb_inc_load *load = &node->set.slots[slot].load;
    if (node->kind != FB_INC_FUTURE) {
        return node->kind == FB_INC_WALK || load->past.holds;
    }
    FB_ASSERT(load->future.head > 0);
    const struct fb_inc_reach *entry = fb_inc_queue_at(&node->waiting, load->future.head - 1);
    fb_time now = fb_inc_point_at(inc, inc->at)->time;
    return fb_inc_age(now, entry->time) <= node->interval.high && entry->from <= inc->at;
}

/* Gives a row when it holds and agrees with what is bound. */
static bool give(
    struct fb_inc *inc, const struct fb_inc_op *op, uint32_t slot, struct fb_inc_then then)
{
    const struct fb_inc_node *node = op->node;
    const struct fb_cell *row = fb_inc_set_row(&node->set, slot);
    if (!holds(inc, node, slot)) {
        return true;
    }
    for (size_t i = 0; i < node->width; i++) {
        bool bound = (op->bound & fb_vars_of(node->vars[i])) != 0;
        if (!bound) {
            inc->regs[node->vars[i]] = row[i];
        } else if (op->index < 0 && !fb_cell_eq(&inc->regs[node->vars[i]], &row[i])) {
            return true;
        }
    }
    return then.fn(then.ctx, inc);
}

bool fb_inc_probe(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op && op->node);
    const struct fb_inc_node *node = op->node;
    struct fb_cell row[FB_IR_VARS_MAX];
    if (op->index < 0) {
        for (uint32_t i = 0; i < node->set.slot_count; i++) {
            if (node->set.slots[i].live && !give(inc, op, i, then)) {
                return false;
            }
        }
        return true;
    }
    size_t index = (size_t)op->index;
    take_row(inc, node->vars, node->width, row);
    uint32_t slot = fb_inc_set_first(&node->set, index, row);
    while (slot != FB_INC_NONE) {
        if (!give(inc, op, slot, then)) {
            return false;
        }
        slot = index == 0 ? FB_INC_NONE : fb_inc_set_next(&node->set, index, row, slot);
    }
    return true;
}

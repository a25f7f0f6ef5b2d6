/*
 * What EVENTUALLY and UNTIL remember: what the stage below found at the time-points that it is
 * ahead. A right side that lasts is not listed at each of them: it has stretches of time-points,
 * each of which is noted when it begins and when it ends.
 */
#include "base/assert.h"
#include "engine/inc_watch.h"

/* ---- behind ---- */

/* Entries are linked by their numbers; rows keep the low bits of two, and no queue is so long. */
static struct fb_inc_reach *entry_at(const struct fb_inc_queue *queue, uint32_t low)
{
    return fb_inc_queue_at(queue, queue->head + (uint32_t)(low - (uint32_t)queue->head));
}

/* The oldest entry of all, which is the oldest of its row, goes. */
static void pop_entry(struct fb_inc_node *node)
{
    struct fb_inc_queue *queue = &node->waiting;
    const struct fb_inc_reach *entry = fb_inc_queue_at(queue, queue->head);
    union fb_inc_load *load = &node->set.slots[entry->slot].load;
    FB_ASSERT(load->future.any && load->future.head == (uint32_t)queue->head);
    load->future.any = entry->next != 0;
    load->future.head = (uint32_t)(entry->next - 1);
    queue->head++;
}

/* The first time-point that is far enough, of those at which the gate is open. */
static uint64_t open_mark(
    const struct fb_inc *inc, struct fb_inc_node *node, fb_time now, uint64_t fed)
{
    struct fb_inc_queue *queue = &node->opens;
    for (; queue->head < queue->tail; queue->head++) {
        const struct fb_inc_entry *entry = fb_inc_queue_at(queue, queue->head);
        if (entry->point >= inc->at &&
            fb_inc_age(now, fb_inc_point_at(inc, entry->point)->time) >= node->interval.low) {
            return entry->point;
        }
    }
    return fed;
}

/* The first time-point that is far enough. */
static void move_mark(const struct fb_inc *inc, struct fb_inc_node *node, fb_time now)
{
    const struct fb_inc_stage *inner = &inc->stages[node->inner];
    uint64_t fed = (uint64_t)((int64_t)inner->step - inner->lead);
    uint64_t mark = node->mark.point > inc->at ? node->mark.point : inc->at;
    while (!node->gate && mark < fed &&
           fb_inc_age(now, fb_inc_point_at(inc, mark)->time) < node->interval.low) {
        mark++;
    }
    node->mark.point = node->gate ? open_mark(inc, node, now, fed) : mark;
    mark = node->mark.point;
    node->near =
        mark < fed && fb_inc_age(now, fb_inc_point_at(inc, mark)->time) <= node->interval.high;
}

/* A stretch that has begun counts until it has ended. */
static void move_stretches(const struct fb_inc *inc, struct fb_inc_node *node, fb_time now)
{
    move_mark(inc, node, now);
    struct fb_inc_queue *queue = &node->waiting;
    while (queue->head < queue->tail) {
        const struct fb_inc_reach *entry = fb_inc_queue_at(queue, queue->head);
        if (entry->point > node->mark.point) {
            break;
        }
        node->set.slots[entry->slot].load.future.inside++;
        pop_entry(node);
    }
    queue = &node->turns;
    for (; queue->head < queue->tail; queue->head++) {
        const struct fb_inc_entry *entry = fb_inc_queue_at(queue, queue->head);
        union fb_inc_load *load = &node->set.slots[entry->slot].load;
        if (entry->point >= node->mark.point) {
            break;
        }
        load->future.inside -= load->future.inside ? 1 : 0; /* 0: of a state from outside */
        if (!load->future.inside && !load->future.any && !load->future.steady) {
            fb_inc_set_remove(&node->set, entry->slot);
        }
    }
}

static void move_entries(const struct fb_inc *inc, struct fb_inc_node *node, fb_time now)
{
    const struct fb_inc_queue *queue = &node->waiting;
    while (queue->head < queue->tail) {
        const struct fb_inc_reach *entry = fb_inc_queue_at(queue, queue->head);
        uint32_t slot = entry->slot;
        if (entry->point >= inc->at && fb_inc_age(now, entry->time) >= node->interval.low) {
            break;
        }
        pop_entry(node);
        if (!node->set.slots[slot].load.future.any) {
            fb_inc_set_remove(&node->set, slot);
        }
    }
}

/* What ended a streak before the time-point. */
static void move_streaks(const struct fb_inc *inc, struct fb_inc_killer *killer)
{
    struct fb_inc_queue *queue = &killer->queue;
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

void fb_inc_update_future(struct fb_inc *inc, struct fb_inc_node *node)
{
    FB_ASSERT(inc && node->kind == FB_INC_FUTURE);
    fb_time now = fb_inc_point_at(inc, inc->at)->time;
    if (node->steady) {
        move_stretches(inc, node, now);
    } else {
        move_entries(inc, node, now);
    }
    for (size_t i = 0; i < node->killer_count; i++) {
        move_streaks(inc, &node->killers[i]);
    }
}

/* The nearest entry of a row has the widest reach: see src/engine/README.md. */
bool fb_inc_future_holds(const struct fb_inc *inc, const struct fb_inc_node *node, uint32_t slot)
{
    const union fb_inc_load *load = &node->set.slots[slot].load;
    if (load->future.inside && node->near) {
        return true;
    }
    if (!load->future.any) {
        FB_ASSERT(node->steady);
        return false;
    }
    const struct fb_inc_reach *entry = entry_at(&node->waiting, load->future.head);
    fb_time now = fb_inc_point_at(inc, inc->at)->time;
    uint64_t since = node->later ? node->mark.point : inc->at;
    return fb_inc_age(now, entry->time) <= node->interval.high && entry->from <= since;
}

/* ---- ahead ---- */

/* The first time-point from which the left side holds of inc->regs up to before inc->at. */
static uint64_t held_from(const struct fb_inc *inc, const struct fb_inc_node *node)
{
    uint64_t from = 0;
    for (size_t i = 0; i < node->killer_count; i++) {
        const struct fb_inc_killer *killer = &node->killers[i];
        struct fb_cell row[FB_IR_VARS_MAX];
        fb_inc_take_row(inc, killer->vars, killer->width, row);
        uint32_t slot = fb_inc_set_find(&killer->seen, row);
        bool seen = slot != FB_INC_NONE;
        const union fb_inc_load *load = seen ? &killer->seen.slots[slot].load : NULL;
        uint64_t behind = !seen                                 ? 0
                          : load->streak.last == FB_INC_ONGOING ? inc->at
                                                                : load->streak.last + 1;
        uint64_t first = killer->negative            ? behind
                         : seen && behind == inc->at ? load->streak.first
                                                     : inc->at;
        from = first > from ? first : from;
    }
    return from;
}

bool fb_inc_push_reach(
    struct fb_inc_node *node, struct fb_inc_reach entry, struct fb_inc_memory *memory)
{
    FB_ASSERT(node && node->kind == FB_INC_FUTURE);
    struct fb_inc_queue *queue = &node->waiting;
    union fb_inc_load *load = &node->set.slots[entry.slot].load;
    uint64_t number = queue->tail;
    if (!fb_inc_queue_push(queue, &entry, sizeof(entry), memory)) {
        return false;
    }
    if (load->future.any) {
        entry_at(queue, load->future.tail)->next = number + 1;
    } else {
        load->future.any = true;
        load->future.head = (uint32_t)number;
    }
    load->future.tail = (uint32_t)number;
    return true;
}

/* The row of inc->regs is given at inc->at; its slot. */
static bool put_reach(struct fb_inc *inc, struct fb_inc_node *node, uint32_t *slot)
{
    struct fb_cell row[FB_IR_VARS_MAX];
    bool added;
    fb_inc_take_row(inc, node->vars, node->width, row);
    *slot = fb_inc_set_put(&node->set, row, &inc->memory, &added);
    return *slot != FB_INC_NONE && fb_inc_push_reach(node,
                                       (struct fb_inc_reach){.slot = *slot,
                                           .time = fb_inc_point_at(inc, inc->at)->time,
                                           .point = inc->at,
                                           .from = held_from(inc, node)},
                                       &inc->memory);
}

static bool add_future(void *ctx, struct fb_inc *inc)
{
    uint32_t slot;
    return put_reach(inc, ctx, &slot);
}

/* A row of the left side is given at inc->at. */
static bool put_streak(
    struct fb_inc *inc, struct fb_inc_killer *killer, const struct fb_cell *row, bool goes_on)
{
    bool added;
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
    load->streak.last = goes_on ? FB_INC_ONGOING : inc->at;
    struct fb_inc_entry entry = {.slot = slot, .point = inc->at};
    return goes_on || fb_inc_queue_push(&killer->queue, &entry, sizeof(entry), &inc->memory);
}

static bool add_streak(void *ctx, struct fb_inc *inc)
{
    struct fb_inc_killer *killer = ctx;
    struct fb_cell row[FB_IR_VARS_MAX];
    fb_inc_take_row(inc, killer->vars, killer->width, row);
    return put_streak(inc, killer, row, false);
}

/* ---- what lasts ---- */

static bool row_goes_on(const struct fb_inc_slot *slot)
{
    return slot->load.future.steady;
}

static bool streak_goes_on(const struct fb_inc_slot *slot)
{
    return slot->load.streak.last == FB_INC_ONGOING;
}

static bool end_at(struct fb_inc *inc, struct fb_inc_queue *queue, uint32_t slot, uint64_t point)
{
    struct fb_inc_entry entry = {.slot = slot, .point = point};
    return fb_inc_queue_push(queue, &entry, sizeof(entry), &inc->memory);
}

/* One row of the right side that may have begun or ended to be given. */
static bool renew_row(struct fb_inc *inc, struct fb_inc_node *node, const struct fb_cell *row)
{
    bool given = fb_inc_watch_gives(inc, node->steady, node->op, row);
    uint32_t slot = fb_inc_set_find(&node->set, row);
    bool before = slot != FB_INC_NONE && node->set.slots[slot].load.future.steady;
    if (inc->memory.code || given == before) {
        return inc->memory.code == FB_OK;
    }
    if (given ? !put_reach(inc, node, &slot) : !end_at(inc, &node->turns, slot, inc->at - 1)) {
        return false;
    }
    node->set.slots[slot].load.future.steady = given;
    return true;
}

/* The same of the left side. */
static bool renew_streak(
    struct fb_inc *inc, struct fb_inc_killer *killer, const struct fb_cell *row)
{
    bool given = fb_inc_watch_gives(inc, killer->watch, killer->op, row);
    uint32_t slot = fb_inc_set_find(&killer->seen, row);
    bool before = slot != FB_INC_NONE && streak_goes_on(&killer->seen.slots[slot]);
    if (inc->memory.code || given == before) {
        return inc->memory.code == FB_OK;
    }
    if (given) {
        return put_streak(inc, killer, row, true);
    }
    killer->seen.slots[slot].load.streak.last = inc->at - 1;
    return end_at(inc, &killer->queue, slot, inc->at - 1);
}

/* A time-point at which the gate is shut is as if it were not: no mark comes to stand there. */
static bool feed_gate(struct fb_inc *inc, struct fb_inc_node *node, bool *open)
{
    struct fb_inc_entry here = {.slot = FB_INC_NONE, .point = inc->at};
    *open = !node->gate || fb_inc_gives(inc, node->gate);
    if (inc->memory.code) {
        return false;
    }
    return *open ? !node->gate || fb_inc_queue_push(&node->opens, &here, sizeof(here), &inc->memory)
                 : fb_inc_watch_tuples(inc, node->steady);
}

static bool feed_steady(struct fb_inc *inc, struct fb_inc_node *node)
{
    struct fb_inc_set *stale = &node->steady->child->set;
    bool open;
    if (!feed_gate(inc, node, &open)) {
        return false;
    }
    if (!open) {
        return true;
    }
    bool whole = fb_inc_watch_gather(inc, node->steady, &node->set, row_goes_on);
    for (uint32_t i = 0; whole && i < stale->slot_count; i++) {
        whole = renew_row(inc, node, fb_inc_set_row(stale, i));
    }
    fb_inc_set_clear(stale);
    return whole;
}

static bool feed_watched(struct fb_inc *inc, struct fb_inc_killer *killer)
{
    struct fb_inc_set *stale = &killer->watch->child->set;
    bool whole = fb_inc_watch_gather(inc, killer->watch, &killer->seen, streak_goes_on);
    for (uint32_t i = 0; whole && i < stale->slot_count; i++) {
        whole = renew_streak(inc, killer, fb_inc_set_row(stale, i));
    }
    fb_inc_set_clear(stale);
    return whole;
}

bool fb_inc_feed(struct fb_inc *inc, struct fb_inc_node *node)
{
    FB_ASSERT(inc && node);
    FB_ASSERT(node->kind == FB_INC_FUTURE);
    bool whole = node->steady ? feed_steady(inc, node)
                              : fb_inc_run(inc, node->op, (struct fb_inc_then){add_future, node});
    for (size_t i = 0; whole && i < node->killer_count; i++) {
        struct fb_inc_killer *killer = &node->killers[i];
        whole = killer->watch
                    ? feed_watched(inc, killer)
                    : fb_inc_run(inc, killer->op, (struct fb_inc_then){add_streak, killer});
    }
    return whole;
}

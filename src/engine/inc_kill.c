/* What the left side of SINCE takes out of the rows of a node. */
#include "base/assert.h"
#include "engine/inc_watch.h"

static void give_row(struct fb_inc *inc, const struct fb_inc_node *node, uint32_t slot)
{
    const struct fb_cell *row = fb_inc_set_row(&node->set, slot);
    for (size_t i = 0; i < node->width; i++) {
        inc->regs[node->vars[i]] = row[i];
    }
}

/* In a window that begins now the left side has no say while a row is given. */
static bool is_safe(const struct fb_inc_node *node, uint32_t slot)
{
    return node->interval.low == 0 && node->set.slots[slot].load.past.steady;
}

/* What is taken out may have to be taken in again at once. Where the condition is one that lasts,
 * and the window begins later than now, it would be taken out again at each time-point: it is held
 * back instead, without any time. */
static void drop_row(
    struct fb_inc *inc, struct fb_inc_node *node, uint32_t slot, const struct fb_inc_killer *killer)
{
    bool added;
    struct fb_inc_slot *at = &node->set.slots[slot];
    if (at->load.past.steady && killer->watch) {
        FB_ASSERT(node->interval.low > 0);
        fb_inc_set_holds(inc, node, slot, false);
        at->load.past.inside = false;
        at->load.past.pending = 0;
        at->gen++; /* its times in the queues are of no use */
        return;
    }
    if (at->load.past.steady) {
        (void)fb_inc_set_put(
            &node->steady->child->set, fb_inc_set_row(&node->set, slot), &inc->memory, &added);
    }
    fb_inc_set_holds(inc, node, slot, false);
    fb_inc_set_remove(&node->set, slot);
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
    fb_inc_take_row(inc, node->vars, node->width, row);
    size_t index = (size_t)side->killer->index;
    uint32_t slot = fb_inc_set_first(&node->set, index, row);
    while (slot != FB_INC_NONE) {
        uint32_t next = fb_inc_set_next(&node->set, index, row, slot);
        if (!is_safe(node, slot)) {
            drop_row(inc, node, slot, side->killer);
        }
        slot = next;
    }
    return inc->memory.code == FB_OK;
}

static bool kill_each(struct fb_inc *inc, struct fb_inc_node *node, struct fb_inc_killer *killer)
{
    for (uint32_t i = 0; i < node->set.slot_count; i++) {
        if (!node->set.slots[i].live || is_safe(node, i)) {
            continue;
        }
        give_row(inc, node, i);
        bool found = fb_inc_gives(inc, killer->op);
        if (inc->memory.code) {
            return false;
        }
        if (found == killer->negative) {
            drop_row(inc, node, i, killer);
        }
    }
    return true;
}

/* Whether the rows that a condition takes out are found quicker than each row is asked. */
static bool is_sparse(const struct fb_inc_node *node, const struct fb_inc_killer *killer)
{
    const struct fb_inc_node *least = fb_inc_watch_least(killer->watch);
    return killer->negative && least && least->set.live_count < node->set.live_count;
}

/* ---- what is held back ---- */

static bool release_row(struct fb_inc *inc, struct fb_inc_node *node, uint32_t slot)
{
    return !fb_inc_held_back(node, slot) ||
           (fb_inc_put_before(inc, node, slot) &&
               fb_inc_note_new(inc, node, fb_inc_set_row(&node->set, slot)));
}

/* Rows of which a condition may say something else are let go on, from the time-point before, which
 * counts if the whole left side has them now: all of it is asked. */
static bool release_told(struct fb_inc *inc, struct side *side)
{
    struct fb_inc_node *node = side->node;
    const struct fb_inc_killer *killer = side->killer;
    const struct fb_inc_set *stale = &killer->watch->child->set;
    bool whole = true;
    if (killer->watch->all) {
        for (uint32_t i = 0; whole && i < node->set.slot_count; i++) {
            whole = !node->set.slots[i].live || release_row(inc, node, i);
        }
        return whole;
    }
    for (uint32_t i = 0; whole && i < stale->slot_count; i++) {
        struct fb_cell row[FB_IR_VARS_MAX] = {{0}};
        for (size_t k = 0; k < killer->width; k++) {
            row[killer->key_at[k]] = fb_inc_set_row(stale, i)[k];
        }
        size_t index = (size_t)killer->index;
        uint32_t slot = fb_inc_set_first(&node->set, index, row);
        while (whole && slot != FB_INC_NONE) {
            whole = release_row(inc, node, slot);
            slot = index == 0 ? FB_INC_NONE : fb_inc_set_next(&node->set, index, row, slot);
        }
    }
    return whole;
}

/* What the conditions are told, before any of them takes out rows. */
static bool collect(struct fb_inc *inc, struct fb_inc_node *node)
{
    bool holds_back = node->steady && node->interval.low > 0;
    bool whole = true;
    for (size_t i = 0; whole && node->set.live_count && i < node->killer_count; i++) {
        struct side side = {node, &node->killers[i]};
        if (side.killer->watch) {
            whole = fb_inc_watch_collect(inc, side.killer->watch) &&
                    (!holds_back || release_told(inc, &side));
        }
    }
    return whole;
}

/* Checks the rows of those keys for which the condition may have changed, or which are new. */
static bool kill_stale(struct fb_inc *inc, struct side *side)
{
    struct fb_inc_killer *killer = side->killer;
    struct fb_inc_node *watch = killer->watch;
    const struct fb_inc_set *stale = &watch->child->set;
    bool none = side->node->set.live_count == 0;
    bool all = watch->all;
    watch->all = false;
    if (!none && all && is_sparse(side->node, killer)) {
        if (!fb_inc_watch_anew(inc, watch)) {
            return false;
        }
    } else if (none || all) {
        fb_inc_watch_forget(watch);
        return none || kill_each(inc, side->node, killer);
    }
    for (uint32_t i = 0; i < stale->slot_count; i++) {
        bool found = fb_inc_watch_gives(inc, watch, killer->op, fb_inc_set_row(stale, i));
        if (inc->memory.code || (found == killer->negative && !kill_listed(side, inc))) {
            return false;
        }
    }
    fb_inc_watch_forget(watch);
    return true;
}

/* A new row must be checked at the next time-point. */
bool fb_inc_note_new(struct fb_inc *inc, struct fb_inc_node *node, const struct fb_cell *row)
{
    FB_ASSERT(inc && node && row);
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

bool fb_inc_kill(struct fb_inc *inc, struct fb_inc_node *node)
{
    FB_ASSERT(inc && node->kind == FB_INC_PAST);
    if (!collect(inc, node)) {
        return false;
    }
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

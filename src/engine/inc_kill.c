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

/* What is taken out may have to be taken in again at once. */
static void drop_row(struct fb_inc *inc, struct fb_inc_node *node, uint32_t slot)
{
    bool added;
    if (node->set.slots[slot].load.past.steady) {
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
            drop_row(inc, node, slot);
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
            drop_row(inc, node, i);
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

/* Checks the rows of those keys for which the condition may have changed, or which are new. */
static bool kill_stale(struct fb_inc *inc, struct side *side)
{
    struct fb_inc_killer *killer = side->killer;
    struct fb_inc_node *watch = killer->watch;
    const struct fb_inc_set *stale = &watch->child->set;
    bool none = side->node->set.live_count == 0;
    if (!none && !fb_inc_watch_collect(inc, watch)) {
        return false;
    }
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

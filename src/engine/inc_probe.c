/* PROBE: which rows of a node hold, by what is bound or between bounds. */
#include "base/assert.h"
#include "engine/inc_plan.h"

static bool holds(const struct fb_inc *inc, const struct fb_inc_node *node, uint32_t slot)
{
    return node->kind == FB_INC_FUTURE
               ? fb_inc_future_holds(inc, node, slot)
               : node->kind == FB_INC_WALK || node->set.slots[slot].load.past.holds;
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

/* A probe whose rows are bounded. */
struct bounded {
    const struct fb_inc_op *op;
    struct fb_inc_then then;
    struct fb_cell values[FB_INC_BOUNDS_MAX];
};

static bool give_bounded(void *ctx, struct fb_inc *inc, uint32_t slot)
{
    const struct bounded *b = ctx;
    return give(inc, b->op, slot, b->then);
}

/* Where so many rows are gone through in vain that trees of them would have been cheaper, they are
 * made. */
static bool give_inside(struct fb_inc *inc, const struct bounded *b, uint32_t slot)
{
    if (fb_inc_range_has(inc, b->op->range, slot, b->values)) {
        return give(inc, b->op, slot, b->then);
    }
    b->op->range->order->wasted++;
    return true;
}

/* Brings the bounds of a probe up to date; false: nothing lies within them, or it failed. */
static bool bounds_ready(struct fb_inc *inc, struct bounded *b)
{
    const struct fb_inc_range *range = b->op->range;
    struct fb_inc_order *order = range->order;
    uint64_t most = inc->wasted_max * (1 + (uint64_t)order->node->set.live_count / 512);
    if (order->idle && order->wasted >= most) { /* only then it knows of floats */
        fb_inc_order_start(inc, order);
    }
    for (size_t i = 0; i < range->bound_count; i++) {
        struct fb_cell *value = &b->values[i];
        *value = fb_inc_term(inc, range->bounds[i].term);
        if (!range->bounds[i].moved) {
            if (value->type == FB_TYPE_NONE) {
                return false;
            }
        } else if (order->floats || (value->type != FB_TYPE_INT && value->type != FB_TYPE_TIME)) {
            value->type = FB_TYPE_NONE; /* the comparison alone can tell */
        }
    }
    return inc->memory.code == FB_OK;
}

bool fb_inc_probe(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op && op->node);
    const struct fb_inc_node *node = op->node;
    struct fb_cell row[FB_IR_VARS_MAX];
    struct bounded b = {.op = op, .then = then};
    if (op->range && !bounds_ready(inc, &b)) {
        return inc->memory.code == FB_OK;
    }
    fb_inc_take_row(inc, node->vars, node->width, row);
    if (op->range && !op->range->order->idle) {
        return fb_inc_order_list(inc, op->range, row, b.values, give_bounded, &b);
    }
    if (op->index < 0) {
        for (uint32_t i = 0; i < node->set.slot_count; i++) {
            if (node->set.slots[i].live &&
                !(op->range ? give_inside(inc, &b, i) : give(inc, op, i, then))) {
                return false;
            }
        }
        return true;
    }
    size_t index = (size_t)op->index;
    uint32_t slot = fb_inc_set_first(&node->set, index, row);
    while (slot != FB_INC_NONE) {
        if (!(op->range ? give_inside(inc, &b, slot) : give(inc, op, slot, then))) {
            return false;
        }
        slot = index == 0 ? FB_INC_NONE : fb_inc_set_next(&node->set, index, row, slot);
    }
    return true;
}

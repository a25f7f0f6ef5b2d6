/*
 * Rows by the value of a column: "how many payments of this user are above twice the average" is
 * two walks down a tree, and the median of them one, however many payments the window holds. Trees
 * are treaps, one a key; they hold the rows of a past operator that hold now and whose value is a
 * number, or any value where only ranks are asked for.
 */
#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "engine/inc_plan.h"

bool fb_inc_ordered(const struct fb_cell *cell)
{
    FB_ASSERT(cell);
    return cell->type == FB_TYPE_INT || (cell->type == FB_TYPE_FLOAT && !isnan(cell->u.number));
}

/* ---- trees ---- */

static uint32_t count_of(const struct fb_inc_order *order, uint32_t link)
{
    return link ? order->branches[link - 1].count : 0;
}

static const struct fb_cell *value_at(const struct fb_inc_order *order, uint32_t slot)
{
    return fb_inc_set_row(&order->node->set, slot) + order->by;
}

/* By value, then by slot. */
static bool before(
    const struct fb_inc *inc, const struct fb_inc_order *order, uint32_t a, uint32_t b)
{
    int by = fb_inc_cmp(inc, value_at(order, a), value_at(order, b));
    return by ? by < 0 : a < b;
}

static void recount(struct fb_inc_order *order, uint32_t link)
{
    struct fb_inc_branch *branch = &order->branches[link - 1];
    branch->count = 1 + count_of(order, branch->left) + count_of(order, branch->right);
}

/* Splits a tree into what is before a row and the rest. */
static void split(const struct fb_inc *inc, struct fb_inc_order *order, uint32_t link,
    uint32_t slot, uint32_t out[2])
{
    if (!link) {
        out[0] = out[1] = 0;
        return;
    }
    struct fb_inc_branch *branch = &order->branches[link - 1];
    uint32_t sides[2];
    if (before(inc, order, link - 1, slot)) {
        split(inc, order, branch->right, slot, sides);
        branch->right = sides[0];
        out[0] = link;
        out[1] = sides[1];
    } else {
        split(inc, order, branch->left, slot, sides);
        branch->left = sides[1];
        out[0] = sides[0];
        out[1] = link;
    }
    recount(order, link);
}

/* Joins two trees, all of the first before all of the second. */
static uint32_t join(struct fb_inc_order *order, uint32_t a, uint32_t b)
{
    if (!a || !b) {
        return a ? a : b;
    }
    bool first = order->branches[a - 1].heap > order->branches[b - 1].heap;
    uint32_t top = first ? a : b;
    struct fb_inc_branch *branch = &order->branches[top - 1];
    if (first) {
        branch->right = join(order, branch->right, b);
    } else {
        branch->left = join(order, a, branch->left);
    }
    recount(order, top);
    return top;
}

static void put(const struct fb_inc *inc, struct fb_inc_order *order, uint32_t *root, uint32_t slot)
{
    uint32_t *link = root;
    struct fb_inc_branch *own = &order->branches[slot];
    while (*link && order->branches[*link - 1].heap >= own->heap) {
        struct fb_inc_branch *branch = &order->branches[*link - 1];
        branch->count++;
        link = before(inc, order, *link - 1, slot) ? &branch->right : &branch->left;
    }
    uint32_t sides[2];
    split(inc, order, *link, slot, sides);
    own->left = sides[0];
    own->right = sides[1];
    *link = slot + 1;
    recount(order, slot + 1);
}

static void take(
    const struct fb_inc *inc, struct fb_inc_order *order, uint32_t *root, uint32_t slot)
{
    uint32_t *link = root;
    while (*link != slot + 1) {
        FB_ASSERT(*link);
        struct fb_inc_branch *branch = &order->branches[*link - 1];
        branch->count--;
        link = before(inc, order, *link - 1, slot) ? &branch->right : &branch->left;
    }
    *link = join(order, order->branches[slot].left, order->branches[slot].right);
}

/* ---- rows come and go ---- */

/* Rows that may be gone through in vain for each that comes or goes, which a tree would cost more.
 */
enum { CHANGE_WORTH = 16 };

static void key_row(
    const struct fb_inc_order *order, const struct fb_cell *row, struct fb_cell *out)
{
    size_t used = 0;
    for (size_t i = 0; i < order->node->width; i++) {
        if (order->mask >> i & 1) {
            out[used++] = row[i];
        }
    }
    FB_ASSERT(used == order->keys.width);
}

static void change(struct fb_inc *inc, struct fb_inc_order *order, uint32_t slot, bool in)
{
    struct fb_cell key[FB_IR_VARS_MAX];
    bool added;
    const struct fb_cell *value = value_at(order, slot);
    if (order->idle) {
        order->wasted -= order->wasted < CHANGE_WORTH ? order->wasted : CHANGE_WORTH;
        return;
    }
    if (order->ranked ? value->type == FB_TYPE_NONE : !fb_inc_ordered(value)) {
        order->odd += in ? 1 : UINT64_MAX; /* wraps: minus one */
        return;
    }
    order->floats += value->type != FB_TYPE_FLOAT ? 0 : in ? 1 : UINT64_MAX;
    while (order->branch_cap <= slot) {
        if (!fb_inc_room(&inc->memory, &order->branches, &order->branch_cap, order->branch_cap,
                sizeof(*order->branches))) {
            return;
        }
    }
    key_row(order, fb_inc_set_row(&order->node->set, slot), key);
    uint32_t at = fb_inc_set_put(&order->keys, key, &inc->memory, &added);
    if (at == FB_INC_NONE) {
        return;
    }
    FB_ASSERT(in || !added);
    uint32_t *root = &order->keys.slots[at].load.root;
    if (in) {
        order->branches[slot].heap = fb_inc_scatter(slot);
        put(inc, order, root, slot);
    } else {
        take(inc, order, root, slot);
    }
    if (!*root) {
        fb_inc_set_remove(&order->keys, at);
    }
}

void fb_inc_order(struct fb_inc *inc, struct fb_inc_node *past, uint32_t slot, bool in)
{
    FB_ASSERT(inc && past);
    FB_ASSERT(slot < past->set.slot_count);
    for (struct fb_inc_order *order = past->orders; order; order = order->next) {
        if (inc->memory.code == FB_OK) {
            change(inc, order, slot, in);
        }
    }
}

enum fb_code fb_inc_new_order(const struct fb_inc_site *site, struct fb_inc_node *node,
    uint64_t mask, size_t by, struct fb_inc_order **out)
{
    FB_ASSERT(site && node && out);
    FB_ASSERT(by < node->width && (node->kind == FB_INC_PAST || node->kind == FB_INC_KEPT));
    struct fb_inc_order *order = FB_ARENA_NEW(&site->inc->arena, struct fb_inc_order);
    if (!order) {
        return fb_inc_no_memory(site);
    }
    *order = (struct fb_inc_order){.node = node, .mask = mask, .by = by, .next = node->orders};
    fb_inc_set_init(&order->keys, (size_t)__builtin_popcountll(mask));
    node->orders = order;
    *out = order;
    return FB_OK;
}

void fb_inc_order_start(struct fb_inc *inc, struct fb_inc_order *order)
{
    FB_ASSERT(inc && order && order->idle);
    const struct fb_inc_set *set = &order->node->set;
    order->idle = false;
    for (uint32_t i = 0; i < set->slot_count && inc->memory.code == FB_OK; i++) {
        if (set->slots[i].live && set->slots[i].load.past.holds) {
            change(inc, order, i, true);
        }
    }
}

void fb_inc_orders_release(struct fb_inc_node *node, struct fb_inc_memory *memory)
{
    FB_ASSERT(node && memory);
    for (struct fb_inc_order *order = node->orders; order; order = order->next) {
        fb_inc_set_release(&order->keys, memory);
        fb_inc_drop(memory, order->branches, order->branch_cap, sizeof(*order->branches));
    }
}

/* ---- counting ---- */

/* How many rows of a tree are below a value, or equal to it where `too` says so. */
static uint64_t count_below(const struct fb_inc *inc, const struct fb_inc_order *order,
    uint32_t root, const struct fb_cell *value, bool too)
{
    uint64_t count = 0;
    uint32_t link = root;
    while (link) {
        const struct fb_inc_branch *branch = &order->branches[link - 1];
        int by = fb_inc_cmp(inc, value_at(order, link - 1), value);
        if (by < 0 || (too && by == 0)) {
            count += 1 + (uint64_t)count_of(order, branch->left);
            link = branch->right;
        } else {
            link = branch->left;
        }
    }
    return count;
}

uint64_t fb_inc_order_count(const struct fb_inc *inc, const struct fb_inc_range *range,
    const struct fb_cell *row, const struct fb_cell *values)
{
    FB_ASSERT(inc && range && row && values);
    FB_ASSERT(range->bound_count <= FB_INC_BOUNDS_MAX);
    const struct fb_inc_order *order = range->order;
    struct fb_cell key[FB_IR_VARS_MAX];
    key_row(order, row, key);
    uint32_t at = fb_inc_set_find(&order->keys, key);
    if (at == FB_INC_NONE) {
        return 0;
    }
    uint32_t root = order->keys.slots[at].load.root;
    uint64_t low = 0; /* rows [low, high) are inside */
    uint64_t high = count_of(order, root);
    for (size_t i = 0; i < range->bound_count; i++) {
        const struct fb_inc_bound *bound = &range->bounds[i];
        uint64_t below = count_below(inc, order, root, &values[i], bound->low == bound->open);
        if (bound->low) {
            low = below > low ? below : low;
        } else {
            high = below < high ? below : high;
        }
    }
    return high > low ? high - low : 0;
}

bool fb_inc_range_values(
    struct fb_inc *inc, const struct fb_inc_range *range, struct fb_cell *values)
{
    FB_ASSERT(inc && range && values);
    bool whole = range->order->odd == 0;
    for (size_t i = 0; i < range->bound_count; i++) {
        values[i] = fb_inc_term(inc, range->bounds[i].term);
        whole = whole && fb_inc_ordered(&values[i]);
    }
    return whole && inc->memory.code == FB_OK;
}

const struct fb_cell *fb_inc_order_at(
    const struct fb_inc_order *order, const struct fb_cell *row, uint64_t rank)
{
    FB_ASSERT(order && row);
    struct fb_cell key[FB_IR_VARS_MAX];
    key_row(order, row, key);
    uint32_t at = fb_inc_set_find(&order->keys, key);
    FB_ASSERT(at != FB_INC_NONE);
    uint32_t link = order->keys.slots[at].load.root;
    while (link) {
        const struct fb_inc_branch *branch = &order->branches[link - 1];
        uint32_t left = count_of(order, branch->left);
        if (rank == left) {
            return value_at(order, link - 1);
        }
        link = rank < left ? branch->left : branch->right;
        rank -= rank < left ? 0 : left + 1;
    }
    FB_ASSERT(false);
    return NULL;
}

/* ---- listing ---- */

/* Where a value lies: -1 below what a range has, 1 above, 0 inside. */
static int side_of(const struct fb_inc *inc, const struct fb_inc_range *range,
    const struct fb_cell *value, const struct fb_cell *values)
{
    for (size_t i = 0; i < range->bound_count; i++) {
        const struct fb_inc_bound *bound = &range->bounds[i];
        bool asked =
            values[i].type != FB_TYPE_NONE && !(bound->moved && value->type == FB_TYPE_FLOAT);
        int by = asked ? fb_inc_cmp(inc, value, &values[i]) : 0;
        if (!asked) {
            continue;
        }
        if (bound->low ? by < 0 || (bound->open && by == 0) : by > 0 || (bound->open && by == 0)) {
            return bound->low ? -1 : 1;
        }
    }
    return 0;
}

bool fb_inc_range_has(const struct fb_inc *inc, const struct fb_inc_range *range, uint32_t slot,
    const struct fb_cell *values)
{
    FB_ASSERT(inc && range && values);
    return side_of(inc, range, value_at(range->order, slot), values) == 0;
}

/* A listing of a tree. */
struct listing {
    const struct fb_inc_range *range;
    const struct fb_cell *values;
    bool (*give)(void *ctx, struct fb_inc *inc, uint32_t slot);
    void *ctx;
};

static bool list(struct fb_inc *inc, const struct listing *l, uint32_t link)
{
    while (link) {
        const struct fb_inc_branch *branch = &l->range->order->branches[link - 1];
        int side = side_of(inc, l->range, value_at(l->range->order, link - 1), l->values);
        if (side == 0 && (!list(inc, l, branch->left) || !l->give(l->ctx, inc, link - 1))) {
            return false;
        }
        link = side > 0 ? branch->left : branch->right;
    }
    return true;
}

bool fb_inc_order_list(struct fb_inc *inc, const struct fb_inc_range *range,
    const struct fb_cell *row, const struct fb_cell *values,
    bool (*give)(void *ctx, struct fb_inc *inc, uint32_t slot), void *ctx)
{
    FB_ASSERT(inc && range && row);
    FB_ASSERT(values && give);
    const struct fb_inc_order *order = range->order;
    struct fb_cell key[FB_IR_VARS_MAX];
    struct listing l = {range, values, give, ctx};
    key_row(order, row, key);
    uint32_t at = fb_inc_set_find(&order->keys, key);
    return at == FB_INC_NONE || list(inc, &l, order->keys.slots[at].load.root);
}

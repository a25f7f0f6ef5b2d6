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
    if (order->ranked ? value->type == FB_TYPE_NONE : !fb_inc_ordered(value)) {
        order->odd += in ? 1 : UINT64_MAX; /* wraps: minus one */
        return;
    }
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

/* ---- compiling ---- */

/* Takes a comparison of the column `by` with what is bound before; NOT of one too. */
static bool take_bound(
    struct fb_inc_range *range, const struct fb_inc_op *op, uint32_t var, fb_vars known)
{
    bool negated = op->kind == FB_INC_NOT;
    op = negated ? op->parts[0] : op;
    if (op->kind != FB_INC_COMPARE || op->form->kind == FB_FORM_EQ ||
        range->bound_count == FB_INC_BOUNDS_MAX) {
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        const struct fb_term *own = op->form->terms[i];
        const struct fb_term *other = op->form->terms[1 - i];
        if (own->kind == FB_TERM_VAR && own->var == var && (fb_term_vars(other) & ~known) == 0) {
            bool low = (i == 1) != negated; /* t < x; NOT x < t is t <= x */
            bool open = (op->form->kind == FB_FORM_LESS) != negated;
            range->bounds[range->bound_count++] = (struct fb_inc_bound){other, low, open};
            return true;
        }
    }
    return false;
}

/* The variable that a comparison may bound: one of the node that is not bound before it. */
static bool bounded_var(const struct fb_inc_op *probe, const struct fb_inc_op *op, uint32_t *out)
{
    op = op->kind == FB_INC_NOT ? op->parts[0] : op;
    for (size_t i = 0; op->kind == FB_INC_COMPARE && i < 2; i++) {
        const struct fb_term *term = op->form->terms[i];
        fb_vars var = term->kind == FB_TERM_VAR ? fb_vars_of(term->var) : 0;
        if (var && !(var & probe->bound) && (var & fb_form_vars(probe->form))) {
            *out = term->var;
            return true;
        }
    }
    return false;
}

static enum fb_code part_of(const struct fb_inc_site *site, const struct fb_inc_op *all,
    size_t from, size_t until, struct fb_inc_op **out)
{
    struct fb_inc_op *op = fb_inc_new_op(site, FB_INC_AND, all->form, until - from);
    if (!op) {
        return fb_inc_no_memory(site);
    }
    op->part_count = until - from;
    memcpy(op->parts, all->parts + from, op->part_count * sizeof(*op->parts));
    *out = op;
    return FB_OK;
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

static enum fb_code add_order(const struct fb_inc_site *site, struct fb_inc_op *op,
    const struct fb_inc_op *probe, uint32_t var)
{
    struct fb_inc_node *node = probe->node;
    size_t by = 0;
    while (node->vars[by] != var) {
        by++;
        FB_ASSERT(by < node->width);
    }
    return fb_inc_new_order(site, node, fb_inc_mask_of(node, probe->bound), by, &op->range->order);
}

/* Splits a conjunction into what is before a past operator, and that with bounds of one of its
 * columns. `groups` must be known before. */
static enum fb_code find_range(const struct fb_inc_site *site, struct fb_inc_op *op,
    const struct fb_inc_op *all, fb_vars groups)
{
    uint32_t var = 0;
    size_t at = 0;
    while (at < all->part_count && all->parts[at]->kind != FB_INC_PROBE) {
        at++;
    }
    const struct fb_inc_op *probe = at + 1 < all->part_count ? all->parts[at] : NULL;
    if (!probe || probe->node->kind != FB_INC_PAST || site->direct ||
        (groups & ~probe->bound) != 0 || !bounded_var(probe, all->parts[at + 1], &var)) {
        return FB_OK;
    }
    struct fb_inc_range *range = FB_ARENA_NEW(&site->inc->arena, struct fb_inc_range);
    if (!range) {
        return fb_inc_no_memory(site);
    }
    *range = (struct fb_inc_range){.bound_count = 0};
    for (size_t i = at + 1; i < all->part_count; i++) {
        if (!take_bound(range, all->parts[i], var, probe->bound)) {
            return FB_OK;
        }
    }
    enum fb_code code = part_of(site, all, 0, at, &range->before);
    code = code ? code : part_of(site, all, at, all->part_count, &range->rest);
    op->range = range;
    return code ? code : add_order(site, op, probe, var);
}

enum fb_code fb_inc_compile_range(const struct fb_inc_site *site, struct fb_inc_op *op)
{
    FB_ASSERT(site && op && op->kind == FB_INC_COLLECT);
    const struct fb_inc_op *all = op->parts[0];
    bool counts = op->form->agg == FB_AGG_COUNT && op->node->distinct && all->kind == FB_INC_AND;
    return counts ? find_range(site, op, all, fb_inc_groups_of(op->form)) : FB_OK;
}

enum fb_code fb_inc_compile_any(const struct fb_inc_site *site, struct fb_inc_op *op)
{
    FB_ASSERT(site && op && op->kind == FB_INC_AND);
    return find_range(site, op, op, 0);
}

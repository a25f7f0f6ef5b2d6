/*
 * Aggregates by group. Sums are exact, so that members are taken out as they were added; what is
 * given is the exact sum, or mean, rounded once. The least, the greatest and the middle of what a
 * past operator holds are found in a tree (inc_order.c).
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "engine/inc_plan.h"

static bool add_number(struct fb_inc *inc, struct fb_inc_set *set, struct fb_inc_group *load,
    const struct fb_cell *over, bool in)
{
    bool whole = over->type == FB_TYPE_INT;
    if (!load->wide) {
        if (whole ? fb_exact_small_add_int(&load->sum, over->u.integer, in)
                  : fb_exact_small_add(&load->sum, over->u.number, in)) {
            return true;
        }
        if (!fb_inc_set_widen(set, load, &inc->memory)) {
            return false;
        }
    }
    struct fb_exact *sum = &set->wides[load->wide - 1];
    if (whole) {
        fb_exact_add_int(sum, over->u.integer, in);
    } else {
        fb_exact_add(sum, over->u.number, in);
    }
    return true;
}

/* A member of a group comes, or goes. */
static bool count_member(struct fb_inc *inc, struct fb_inc_node *node, struct fb_inc_group *load,
    const struct fb_cell *over, bool in)
{
    enum fb_agg_kind agg = node->form->agg;
    load->known = false;
    load->count += in ? 1 : UINT64_MAX; /* wraps: minus one */
    if (over->type == FB_TYPE_NONE || agg == FB_AGG_COUNT) {
        return true;
    }
    uint32_t one = in ? 1 : UINT32_MAX;
    bool number = over->type == FB_TYPE_INT || over->type == FB_TYPE_FLOAT;
    load->numbers += number ? one : 0;
    load->floats += over->type == FB_TYPE_FLOAT ? one : 0;
    load->odd += number ? 0 : one;
    bool adds = number && (agg == FB_AGG_SUM || agg == FB_AGG_AVG);
    return !adds || add_number(inc, &node->set, load, over, in);
}

static void group_row(
    const struct fb_inc_node *node, const struct fb_cell *member, struct fb_cell *out)
{
    for (size_t i = 0; i < node->width; i++) {
        out[i] = member[node->group_at[i]];
    }
}

void fb_inc_tally(struct fb_inc *inc, struct fb_inc_node *past, uint32_t slot, bool in)
{
    FB_ASSERT(inc && past && past->tally);
    struct fb_inc_node *node = past->tally;
    const struct fb_cell *member = fb_inc_set_row(&past->set, slot);
    struct fb_cell row[FB_IR_VARS_MAX];
    bool added = false;
    group_row(node, member, row);
    uint32_t group = FB_INC_NONE;
    if (inc->memory.code == FB_OK) {
        group = fb_inc_set_put(&node->set, row, &inc->memory, &added);
    }
    if (group == FB_INC_NONE) {
        return;
    }
    FB_ASSERT(in || !added);
    struct fb_inc_group *load = &node->set.groups[group];
    if (!count_member(inc, node, load, &member[node->over_at], in)) {
        return;
    }
    if (load->count == 0) {
        fb_inc_set_remove(&node->set, group);
    }
}

/* ---- results ---- */

static bool refuse(struct fb_inc *inc, enum fb_code code, const char *message)
{
    inc->memory.code = fb_err_set(inc->memory.err, code, "%s", message);
    return false;
}

static bool keep_value(struct fb_inc *inc, const struct fb_cell *cell, size_t *count)
{
    if (cell->type == FB_TYPE_NONE) {
        return true;
    }
    if (!fb_inc_room(&inc->memory, &inc->values, &inc->value_cap, *count, sizeof(*inc->values))) {
        return false;
    }
    inc->values[(*count)++] = *cell;
    return true;
}

/* The aggregated values of a scratch group, into inc->values. */
static bool gather(
    struct fb_inc *inc, const struct fb_inc_node *node, uint32_t group, size_t *out_count)
{
    const struct fb_inc_set *set = &node->child->set;
    uint32_t link = node->set.groups[group].first;
    FB_ASSERT(node->kind == FB_INC_SCRATCH);
    *out_count = 0;
    for (; link; link = set->slots[link - 1].load.next) {
        if (!keep_value(inc, fb_inc_set_row(set, link - 1) + node->over_at, out_count)) {
            return false;
        }
    }
    return true;
}

static int by_value(const void *a, const void *b, void *ctx)
{
    return fb_inc_cmp(ctx, a, b);
}

static bool not_a_number(struct fb_inc *inc)
{
    (void)refuse(inc, FB_E_POLICY, "cannot aggregate a value that is no number");
    (void)fb_err_hint(inc->memory.err, "Sum, average and median need numbers.");
    return false;
}

static bool total(
    struct fb_inc *inc, const struct fb_inc_set *set, struct fb_inc_group *load, bool mean)
{
    struct fb_cell *out = &load->result;
    const struct fb_exact *wide = load->wide ? &set->wides[load->wide - 1] : NULL;
    if (load->odd) {
        return not_a_number(inc);
    }
    if (mean && load->numbers == 0) {
        *out = (struct fb_cell){.type = FB_TYPE_NONE};
        return true;
    }
    if (!mean && load->floats == 0) {
        int64_t whole = 0;
        if (!(wide ? fb_exact_int(wide, &whole) : fb_exact_small_int(&load->sum, &whole))) {
            return refuse(inc, FB_E_RANGE, "a sum does not fit into 64 bits");
        }
        *out = (struct fb_cell){.type = FB_TYPE_INT, .u.integer = whole};
        return true;
    }
    uint64_t by = mean ? load->numbers : 1;
    double real = wide ? fb_exact_mean(wide, by) : fb_exact_small_mean(&load->sum, by);
    *out = (struct fb_cell){.type = FB_TYPE_FLOAT, .u.number = real + 0.0};
    return true;
}

/* The mean of what is in the middle. */
static bool middle(
    struct fb_inc *inc, const struct fb_cell *low, const struct fb_cell *high, struct fb_cell *out)
{
    struct fb_exact sum = {.nans = 0};
    for (size_t i = 0; i < 2; i++) {
        const struct fb_cell *cell = i == 0 ? low : high;
        if (cell->type == FB_TYPE_INT) {
            fb_exact_add_int(&sum, cell->u.integer, true);
        } else if (cell->type == FB_TYPE_FLOAT) {
            fb_exact_add(&sum, cell->u.number, true);
        } else {
            return not_a_number(inc);
        }
    }
    *out = (struct fb_cell){.type = FB_TYPE_FLOAT, .u.number = fb_exact_mean(&sum, 2) + 0.0};
    return true;
}

/* From the members themselves. */
static bool from_members(
    struct fb_inc *inc, const struct fb_inc_node *node, uint32_t group, struct fb_cell *out)
{
    size_t count;
    enum fb_agg_kind agg = node->form->agg;
    FB_ASSERT(agg == FB_AGG_MIN || agg == FB_AGG_MAX || agg == FB_AGG_MEDIAN);
    *out = (struct fb_cell){.type = FB_TYPE_NONE};
    if (!gather(inc, node, group, &count)) {
        return false;
    }
    if (count == 0) {
        return true;
    }
    if (agg == FB_AGG_MEDIAN) {
        qsort_r(inc->values, count, sizeof(*inc->values), by_value, inc);
        return middle(inc, &inc->values[(count - 1) / 2], &inc->values[count / 2], out);
    }
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        int order = fb_inc_cmp(inc, &inc->values[i], &inc->values[best]);
        best = (agg == FB_AGG_MIN ? order < 0 : order > 0) ? i : best;
    }
    *out = inc->values[best];
    return true;
}

/* By rank, where the rows of the groups stand in trees. */
static bool from_order(
    struct fb_inc *inc, const struct fb_inc_node *node, uint32_t group, struct fb_cell *out)
{
    struct fb_cell row[FB_IR_VARS_MAX];
    const struct fb_inc_group *load = &node->set.groups[group];
    uint64_t count = (uint64_t)load->numbers + load->odd;
    *out = (struct fb_cell){.type = FB_TYPE_NONE};
    if (count == 0) {
        return true;
    }
    memset(row, 0, sizeof(row));
    for (size_t i = 0; i < node->width; i++) {
        row[node->group_at[i]] = fb_inc_set_row(&node->set, group)[i];
    }
    if (node->form->agg == FB_AGG_MEDIAN) {
        return middle(inc, fb_inc_order_at(node->order, row, (count - 1) / 2),
            fb_inc_order_at(node->order, row, count / 2), out);
    }
    *out = *fb_inc_order_at(node->order, row, node->form->agg == FB_AGG_MIN ? 0 : count - 1);
    return true;
}

/* Whether a group is of a subject whose tuples are not all here: from a part of them a sum could
 * overflow that does not. */
static bool is_foreign(
    const struct fb_inc *inc, const struct fb_inc_node *node, const struct fb_cell *row)
{
    for (size_t i = 0; inc->options.foreign && !node->blind && i < node->width; i++) {
        if (node->vars[i] == inc->options.subject) {
            return inc->options.foreign(inc->options.ctx, fb_inc_value(inc, &row[i]));
        }
    }
    return false;
}

static bool result_of(struct fb_inc *inc, const struct fb_inc_node *node, uint32_t group)
{
    struct fb_inc_group *load = &node->set.groups[group];
    enum fb_agg_kind agg = node->form->agg;
    if (load->known) {
        return true;
    }
    load->known = true;
    if (agg == FB_AGG_COUNT) {
        load->result = (struct fb_cell){.type = FB_TYPE_INT, .u.integer = (int64_t)load->count};
        return true;
    }
    if (agg == FB_AGG_SUM || agg == FB_AGG_AVG) {
        return total(inc, &node->set, load, agg == FB_AGG_AVG);
    }
    return node->order ? from_order(inc, node, group, &load->result)
                       : from_members(inc, node, group, &load->result);
}

/* ---- rows ---- */

/* Gives the row of one group, when it agrees with what is bound. */
static bool give_group(
    struct fb_inc *inc, const struct fb_inc_op *op, uint32_t group, struct fb_inc_then then)
{
    const struct fb_inc_node *node = op->node;
    const struct fb_cell *row = fb_inc_set_row(&node->set, group);
    for (size_t i = 0; i < node->width; i++) {
        if ((op->bound & fb_vars_of(node->vars[i])) &&
            !fb_cell_eq(&inc->regs[node->vars[i]], &row[i])) {
            return true;
        }
    }
    if (is_foreign(inc, node, row)) {
        return true;
    }
    if (!result_of(inc, node, group)) {
        return false;
    }
    const struct fb_cell *result = &node->set.groups[group].result;
    struct fb_cell *there = &inc->regs[op->form->agg_result];
    bool bound = (op->bound & fb_vars_of(op->form->agg_result)) != 0;
    if (result->type == FB_TYPE_NONE || (bound && !fb_cell_eq(there, result))) {
        return true;
    }
    for (size_t i = 0; i < node->width; i++) {
        inc->regs[node->vars[i]] = row[i];
    }
    *there = *result;
    return then.fn(then.ctx, inc);
}

/* No rows at all, and nothing to group by: a count or a sum is 0, others may have a default. */
static bool give_nothing(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    bool zero = op->form->agg == FB_AGG_COUNT || op->form->agg == FB_AGG_SUM;
    struct fb_cell nothing = zero ? (struct fb_cell){.type = FB_TYPE_INT} : op->constants[0];
    struct fb_cell *there = &inc->regs[op->form->agg_result];
    bool bound = (op->bound & fb_vars_of(op->form->agg_result)) != 0;
    if (op->form->bound_count > 0 || nothing.type == FB_TYPE_NONE ||
        (bound && !fb_cell_eq(there, &nothing))) {
        return true;
    }
    *there = nothing;
    return then.fn(then.ctx, inc);
}

bool fb_inc_groups(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op && op->node);
    const struct fb_inc_node *node = op->node;
    FB_ASSERT(node->kind == FB_INC_TALLY);
    if (op->part_count && !fb_inc_view_renew(inc, op->parts[0])) {
        return false;
    }
    if (node->set.live_count == 0) {
        return give_nothing(inc, op, then);
    }
    if (op->index == 0) {
        struct fb_cell row[FB_IR_VARS_MAX];
        for (size_t i = 0; i < node->width; i++) {
            row[i] = inc->regs[node->vars[i]];
        }
        uint32_t group = fb_inc_set_find(&node->set, row);
        return group == FB_INC_NONE || give_group(inc, op, group, then);
    }
    for (uint32_t i = 0; i < node->set.slot_count; i++) {
        if (node->set.slots[i].live && !give_group(inc, op, i, then)) {
            return false;
        }
    }
    return true;
}

/* Without repeats, a count needs no rows. */
static bool count_only(const struct fb_inc_node *node)
{
    return node->distinct && node->form->agg == FB_AGG_COUNT;
}

static bool collect_row(void *ctx, struct fb_inc *inc)
{
    struct fb_inc_node *node = ctx;
    struct fb_inc_node *rows = node->child;
    struct fb_cell member[FB_IR_VARS_MAX];
    struct fb_cell row[FB_IR_VARS_MAX];
    uint32_t slot = FB_INC_NONE;
    bool added = true;
    for (size_t i = 0; i < rows->width; i++) {
        member[i] = inc->regs[rows->vars[i]];
    }
    if (!count_only(node)) {
        slot = fb_inc_set_put(&rows->set, member, &inc->memory, &added);
        if (slot == FB_INC_NONE || !added) {
            return inc->memory.code == FB_OK;
        }
    }
    group_row(node, member, row);
    uint32_t group = fb_inc_set_put(&node->set, row, &inc->memory, &added);
    if (group == FB_INC_NONE) {
        return false;
    }
    struct fb_inc_group *load = &node->set.groups[group];
    if (!count_member(inc, node, load, &member[node->over_at], true)) {
        return false;
    }
    if (slot != FB_INC_NONE) {
        rows->set.slots[slot].load.next = load->first;
        load->first = slot + 1;
    }
    return true;
}

/* What a range holds of the rows of a key is counted, not listed; where a bound or a value is no
 * number, they are listed after all. */
static bool collect_range(void *ctx, struct fb_inc *inc)
{
    const struct fb_inc_op *op = *(const struct fb_inc_op **)ctx;
    const struct fb_inc_range *range = op->range;
    const struct fb_inc_node *past = range->order->node;
    struct fb_inc_node *node = op->node;
    struct fb_cell values[FB_INC_BOUNDS_MAX];
    struct fb_cell row[FB_IR_VARS_MAX];
    bool whole = fb_inc_range_values(inc, range, values);
    if (inc->memory.code) {
        return false;
    }
    if (!whole) {
        return fb_inc_run(inc, range->rest, (struct fb_inc_then){collect_row, node});
    }
    for (size_t i = 0; i < past->width; i++) {
        row[i] = inc->regs[past->vars[i]];
    }
    uint64_t count = fb_inc_order_count(inc, range, row, values);
    if (count == 0) {
        return true;
    }
    bool added;
    for (size_t i = 0; i < node->width; i++) {
        row[i] = inc->regs[node->vars[i]];
    }
    uint32_t group = fb_inc_set_put(&node->set, row, &inc->memory, &added);
    if (group == FB_INC_NONE) {
        return false;
    }
    node->set.groups[group].count += count;
    node->set.groups[group].known = false;
    return true;
}

/* The part uses variables as its own that may have a value outside, so those are put back. */
bool fb_inc_collect(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op && op->node);
    struct fb_inc_node *node = op->node;
    struct fb_cell saved[FB_IR_VARS_MAX];
    memcpy(saved, inc->regs, inc->var_count * sizeof(*saved));
    fb_inc_set_clear(&node->set);
    fb_inc_set_clear(&node->child->set);
    bool whole = op->range
                     ? fb_inc_run(inc, op->range->before, (struct fb_inc_then){collect_range, &op})
                     : fb_inc_run(inc, op->parts[0], (struct fb_inc_then){collect_row, node});
    memcpy(inc->regs, saved, inc->var_count * sizeof(*saved));
    if (!whole) {
        return false;
    }
    if (node->set.live_count == 0) {
        return give_nothing(inc, op, then);
    }
    for (uint32_t i = 0; i < node->set.slot_count; i++) {
        if (!give_group(inc, op, i, then)) {
            return false;
        }
    }
    return true;
}

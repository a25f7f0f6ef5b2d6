/* Comparisons that bound a column of a past operator's rows: from conjunctions to orders of them.
 */
#include <string.h>

#include "base/assert.h"
#include "engine/inc_plan.h"

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
            range->bounds[range->bound_count++] = (struct fb_inc_bound){other, low, open, false};
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

static enum fb_code add_order(const struct fb_inc_site *site, struct fb_inc_op *op,
    const struct fb_inc_op *probe, uint32_t var)
{
    struct fb_inc_node *node = probe->node;
    return fb_inc_new_order(site, node, fb_inc_mask_of(node, probe->bound),
        fb_inc_column_of(node->vars, node->width, var), &op->range->order);
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

/* ---- which rows ---- */

static const struct fb_term *new_term(const struct fb_inc_site *site, enum fb_term_kind kind,
    const struct fb_term *a, const struct fb_term *b)
{
    struct fb_term *term = FB_ARENA_NEW(&site->inc->arena, struct fb_term);
    if (term) {
        *term = (struct fb_term){.kind = kind};
        term->args[0] = (struct fb_term *)(uintptr_t)a;
        term->args[1] = (struct fb_term *)(uintptr_t)b;
    }
    return term;
}

/* x - y < 5 is y > x - 5: what is added to a variable, or from which it is taken, goes to the other
 * side. NULL: the variable does not stand so, or memory ran out, without which it is only slower.
 */
static const struct fb_term *move_over(const struct fb_inc_site *site, const struct fb_term *own,
    const struct fb_term *other, uint32_t var, bool *turned)
{
    while (other && own->kind != FB_TERM_VAR) {
        bool sum = own->kind == FB_TERM_ADD;
        if (!sum && own->kind != FB_TERM_SUB) {
            return NULL;
        }
        size_t at = fb_term_vars(own->args[0]) & fb_vars_of(var) ? 0 : 1;
        const struct fb_term *rest = own->args[1 - at];
        if (fb_term_vars(rest) & fb_vars_of(var)) {
            return NULL;
        }
        bool back = !sum && at == 1;
        *turned = *turned != back;
        other = sum     ? new_term(site, FB_TERM_SUB, other, rest)
                : !back ? new_term(site, FB_TERM_ADD, other, rest)
                        : new_term(site, FB_TERM_SUB, rest, other);
        own = own->args[at];
    }
    return other;
}

/* Takes a comparison of a sum with the column in it. */
static void take_moved(const struct fb_inc_site *site, struct fb_inc_range *range,
    const struct fb_inc_op *op, uint32_t var, fb_vars known)
{
    for (size_t i = 0; i < 2 && range->bound_count < FB_INC_BOUNDS_MAX; i++) {
        const struct fb_term *own = op->form->terms[i];
        const struct fb_term *other = op->form->terms[1 - i];
        fb_vars vars = fb_term_vars(own);
        if (!(vars & fb_vars_of(var)) ||
            ((vars | fb_term_vars(other)) & ~known & ~fb_vars_of(var)) != 0) {
            continue;
        }
        bool turned = i == 1;
        other = fb_term_vars(other) & fb_vars_of(var) ? NULL
                                                      : move_over(site, own, other, var, &turned);
        bool equal = op->form->kind == FB_FORM_EQ;
        if (other) {
            range->bounds[range->bound_count++] =
                (struct fb_inc_bound){other, turned, op->form->kind == FB_FORM_LESS, true};
        }
        if (other && equal && range->bound_count < FB_INC_BOUNDS_MAX) {
            range->bounds[range->bound_count++] =
                (struct fb_inc_bound){other, !turned, false, true};
        }
    }
}

/* The comparisons behind a part that bound a variable of it. */
static size_t bounds_of(const struct fb_inc_site *site, const struct fb_inc_op *all, size_t at,
    uint32_t var, struct fb_inc_range *out)
{
    const struct fb_inc_op *probe = all->parts[at];
    out->bound_count = 0;
    for (size_t i = at + 1; i < all->part_count; i++) {
        if (all->parts[i]->kind == FB_INC_COMPARE &&
            !take_bound(out, all->parts[i], var, probe->bound)) {
            take_moved(site, out, all->parts[i], var, probe->bound);
        }
    }
    return out->bound_count;
}

enum fb_code fb_inc_compile_bounds(const struct fb_inc_site *site, struct fb_inc_op *op)
{
    FB_ASSERT(site && op && op->kind == FB_INC_AND);
    enum fb_code code = FB_OK;
    for (size_t at = 0; code == FB_OK && !site->direct && at < op->part_count; at++) {
        struct fb_inc_op *probe = op->parts[at];
        if (probe->kind != FB_INC_PROBE || probe->node->kind != FB_INC_PAST) {
            continue;
        }
        struct fb_inc_range found, best = {.bound_count = 0};
        uint32_t by = 0;
        for (size_t i = 0; i < probe->node->width; i++) {
            uint32_t var = probe->node->vars[i];
            if (!(fb_vars_of(var) & probe->bound) &&
                bounds_of(site, op, at, var, &found) > best.bound_count) {
                best = found;
                by = var;
            }
        }
        if (best.bound_count) {
            probe->range = FB_ARENA_NEW(&site->inc->arena, struct fb_inc_range);
            if (!probe->range) {
                return fb_inc_no_memory(site);
            }
            *probe->range = best;
            code = add_order(site, probe, probe, by);
        }
        if (code == FB_OK && best.bound_count) {
            probe->range->order->ranked = true;
            probe->range->order->idle = true;
        }
    }
    return code;
}

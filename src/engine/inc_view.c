/*
 * Views: the rows of a formula that depend, key by key, on nothing but the rows of past operators
 * with that key. A sum by user above the user's limit is one: where no row of a user began or ended
 * to hold, the user's rows are those of before. So a time-point costs what it touches.
 *
 * A view is brought up to date when it is asked, not when something changes: what is never asked is
 * never computed. It holds nothing that cannot be derived, so it is no part of a state.
 */
#include <string.h>

#include "base/assert.h"
#include "engine/inc_watch.h"

/* ---- which formulas ---- */

/* The variables that all conjuncts with a past share; none without an aggregation, where a join
 * would be kept that is cheaper to find again. */
static fb_vars key_of(const struct fb_inc_site *site, const struct fb_form *form)
{
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    if (fb_form_conjuncts(form) > FB_IR_CONJUNCTS_MAX) {
        return 0;
    }
    size_t count = fb_form_conjuncts_list(form, parts);
    fb_vars key = fb_form_vars(form);
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (parts[i]->kind == FB_FORM_AGGREGATE) {
            key &= fb_inc_groups_of(parts[i]);
            any = true;
        } else if (parts[i]->kind == FB_FORM_ONCE || parts[i]->kind == FB_FORM_SINCE) {
            key &= fb_form_vars(parts[i]);
        } else if (fb_inc_is_lasting(site, parts[i])) {
            key &= fb_inc_columns_of(parts[i]);
        }
    }
    return any ? key : 0;
}

/* The variables that all past operators in a formula share, none of which a quantifier hides. */
static fb_vars shared(const struct fb_inc_site *site, const struct fb_form *form)
{
    switch ((int)form->kind) {
    case FB_FORM_ONCE:
    case FB_FORM_SINCE:
        return fb_form_vars(form);
    case FB_FORM_PRED:
        return fb_inc_is_lasting(site, form) ? fb_inc_columns_of(form) : ~(fb_vars)0;
    case FB_FORM_AND:
    case FB_FORM_OR:
        return shared(site, form->left) & shared(site, form->right);
    case FB_FORM_NOT:
        return shared(site, form->left);
    case FB_FORM_EXISTS:
        return shared(site, form->left) & ~fb_inc_bound_of(form);
    case FB_FORM_AGGREGATE:
        return shared(site, form->left) & fb_inc_groups_of(form);
    default:
        return ~(fb_vars)0;
    }
}

/* A view of a tally alone would be a copy of it. */
static enum fb_code find_tally(
    const struct fb_inc_site *site, const struct fb_form *form, bool *out)
{
    const struct fb_form *past = NULL;
    enum fb_code code =
        form->kind == FB_FORM_AGGREGATE ? fb_inc_past_of(site, form->left, &past) : FB_OK;
    *out = past && fb_inc_remembered(site, past, fb_inc_groups_of(form));
    return code;
}

/* ---- compiling ---- */

static enum fb_code make_view(
    const struct fb_inc_site *site, const struct fb_form *form, fb_vars key, struct fb_inc_op **out)
{
    struct fb_inc_site inside = *site;
    inside.given = key;
    inside.busy = 0;
    struct fb_inc_op *op = fb_inc_new_op(site, FB_INC_VIEW, form, 1);
    struct fb_inc_node *view = op ? fb_inc_new_watch(site, form, key) : NULL;
    if (!view) {
        return fb_inc_no_memory(site);
    }
    op->node = view;
    op->part_count = 1;
    enum fb_code code = fb_inc_compile_part(&inside, form, &op->parts[0]);
    bool fits = true;
    code = code ? code : fb_inc_watch_local(site, view, op->parts[0], &fits);
    *out = code == FB_OK && fits ? op : NULL;
    return code;
}

enum fb_code fb_inc_compile_view(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    FB_ASSERT(site && form && out);
    *out = NULL;
    if (site->given || site->direct) {
        return FB_OK;
    }
    fb_vars key = key_of(site, form) & shared(site, form);
    bool tally = false;
    enum fb_code code = key ? find_tally(site, form, &tally) : FB_OK;
    if (code || key == 0 || tally || !fb_inc_is_local(site, form, key) ||
        !fb_inc_has_keys(site, form, key)) {
        return code;
    }
    return make_view(site, form, key, out);
}

/* Where the groups know the key, a view of the aggregate costs no more. */
enum fb_code fb_inc_compile_join(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    FB_ASSERT(site && form->kind == FB_FORM_AGGREGATE && out);
    fb_vars key = shared(site, form->left) & fb_form_vars(form->left);
    *out = NULL;
    if (site->direct || (key & ~fb_inc_groups_of(form)) == 0 ||
        !fb_inc_has_keys(site, form->left, key) || !fb_inc_is_local(site, form->left, key)) {
        return FB_OK;
    }
    return make_view(site, form->left, key, out);
}

/* ---- running ---- */

/* A row begins (in) or ends to be one. */
static void set_row(struct fb_inc *inc, struct fb_inc_node *view, uint32_t slot, bool in)
{
    if (view->tally) {
        fb_inc_tally(inc, view, slot, in);
        fb_inc_order(inc, view, slot, in);
    }
    if (!in) {
        fb_inc_set_remove(&view->set, slot);
    }
}

/* Every key that a node has is stale, and no row is known. */
static bool start_anew(struct fb_inc *inc, struct fb_inc_node *view)
{
    for (uint32_t i = 0; view->tally && i < view->set.slot_count; i++) {
        if (view->set.slots[i].live) {
            set_row(inc, view, i, false);
        }
    }
    fb_inc_set_clear(&view->set);
    return fb_inc_watch_anew(inc, view);
}

static bool keep_row(void *ctx, struct fb_inc *inc)
{
    struct fb_inc_node *view = ctx;
    struct fb_cell row[FB_IR_VARS_MAX];
    bool added;
    fb_inc_take_row(inc, view->vars, view->width, row);
    uint32_t slot = fb_inc_set_put(&view->set, row, &inc->memory, &added);
    if (slot != FB_INC_NONE && added) {
        set_row(inc, view, slot, true);
    }
    return inc->memory.code == FB_OK;
}

/* The rows of one key are found again. */
static bool renew(struct fb_inc *inc, const struct fb_inc_op *op, uint32_t number)
{
    struct fb_inc_node *view = op->node;
    const struct fb_inc_node *stale = view->child;
    const struct fb_cell *key = fb_inc_set_row(&stale->set, number);
    struct fb_cell row[FB_IR_VARS_MAX];
    memset(row, 0, view->width * sizeof(*row));
    for (size_t i = 0, k = 0; i < view->width && k < stale->width; i++) {
        if (view->vars[i] == stale->vars[k]) {
            row[i] = key[k++];
        }
    }
    size_t index = (size_t)view->child_index;
    uint32_t slot = fb_inc_set_first(&view->set, index, row);
    while (slot != FB_INC_NONE) {
        uint32_t next = fb_inc_set_next(&view->set, index, row, slot);
        set_row(inc, view, slot, false);
        slot = next;
    }
    for (size_t k = 0; k < stale->width; k++) {
        inc->regs[stale->vars[k]] = key[k];
    }
    return fb_inc_run(inc, op->parts[0], (struct fb_inc_then){keep_row, view});
}

/* The part uses variables as its own that may have a value outside, so those are put back. */
static bool refresh(struct fb_inc *inc, const struct fb_inc_op *op)
{
    struct fb_inc_node *view = op->node;
    struct fb_inc_set *stale = &view->child->set;
    struct fb_cell saved[FB_IR_VARS_MAX];
    if (view->all && !start_anew(inc, view)) {
        return false;
    }
    memcpy(saved, inc->regs, inc->var_count * sizeof(*saved));
    bool whole = true;
    for (uint32_t i = 0; whole && i < stale->slot_count; i++) {
        whole = renew(inc, op, i);
    }
    memcpy(inc->regs, saved, inc->var_count * sizeof(*saved));
    fb_inc_set_clear(stale);
    return whole;
}

bool fb_inc_view_renew(struct fb_inc *inc, const struct fb_inc_op *op)
{
    FB_ASSERT(inc && op->kind == FB_INC_VIEW);
    const struct fb_inc_node *view = op->node;
    return !(view->all || view->child->set.live_count) || refresh(inc, op);
}

bool fb_inc_view(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op->kind == FB_INC_VIEW);
    const struct fb_inc_node *view = op->node;
    if (!fb_inc_view_renew(inc, op)) {
        return false;
    }
    for (uint32_t i = 0; view->set.live_count && i < view->set.slot_count; i++) {
        if (!view->set.slots[i].live) {
            continue;
        }
        for (size_t k = 0; k < view->width; k++) {
            inc->regs[view->vars[k]] = fb_inc_set_row(&view->set, i)[k];
        }
        if (!then.fn(then.ctx, inc)) {
            return false;
        }
    }
    return true;
}

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
#include "engine/inc_plan.h"

/* ---- which formulas ---- */

/* A predicate of a LETPAST whose rows last where it stands. */
static bool is_lasting(const struct fb_inc_site *site, const struct fb_form *form)
{
    const struct fb_inc_lasting *l = site->lasting;
    while (l && l->form != form->definition) {
        l = l->outer;
    }
    return form->kind == FB_FORM_PRED && form->definition && l;
}

/* The variables of a predicate that are columns. */
static fb_vars columns_of(const struct fb_form *form)
{
    fb_vars vars = 0;
    for (size_t i = 0; i < form->term_count; i++) {
        vars |= form->terms[i]->kind == FB_TERM_VAR ? fb_vars_of(form->terms[i]->var) : 0;
    }
    return vars;
}

static bool remembered(const struct fb_inc_site *site, const struct fb_form *form, fb_vars key)
{
    return (form->kind == FB_FORM_ONCE || form->kind == FB_FORM_SINCE) &&
           (key & ~fb_form_vars(form)) == 0 && fb_inc_kept(site, form);
}

static bool hides(const struct fb_form *form, fb_vars key)
{
    fb_vars hidden = 0;
    for (size_t i = 0; i < form->bound_count; i++) {
        hidden |= fb_vars_of(form->bound[i]);
    }
    return (hidden & key) != 0;
}

/* Whether what a formula says of a key follows from the rows of past operators with that key. */
static bool is_local(const struct fb_inc_site *site, const struct fb_form *form, fb_vars key)
{
    switch ((int)form->kind) {
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
        return true;
    case FB_FORM_AND:
    case FB_FORM_OR:
        return is_local(site, form->left, key) && is_local(site, form->right, key);
    case FB_FORM_NOT:
        return is_local(site, form->left, key);
    case FB_FORM_EXISTS:
        return !hides(form, key) && is_local(site, form->left, key);
    case FB_FORM_ONCE:
    case FB_FORM_SINCE:
        return remembered(site, form, key);
    case FB_FORM_PRED:
        return is_lasting(site, form) && (key & ~columns_of(form)) == 0;
    case FB_FORM_AGGREGATE:
        return (key & ~fb_inc_groups_of(form)) == 0 && is_local(site, form->left, key);
    default:
        return false;
    }
}

bool fb_inc_is_grounded(const struct fb_inc_site *site, const struct fb_form *form)
{
    FB_ASSERT(site && form);
    switch ((int)form->kind) {
    case FB_FORM_AND:
        return fb_inc_is_grounded(site, form->left) || fb_inc_is_grounded(site, form->right);
    case FB_FORM_OR:
        return fb_inc_is_grounded(site, form->left) && fb_inc_is_grounded(site, form->right);
    case FB_FORM_AGGREGATE: /* without groups there may be a row of nothing */
        return form->bound_count > 0 && fb_inc_is_grounded(site, form->left);
    case FB_FORM_EXISTS:
        return fb_inc_is_grounded(site, form->left);
    case FB_FORM_ONCE:
    case FB_FORM_SINCE:
        return true;
    case FB_FORM_PRED:
        return is_lasting(site, form);
    default:
        return false;
    }
}

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
        } else if (is_lasting(site, parts[i])) {
            key &= columns_of(parts[i]);
        }
    }
    return any ? key : 0;
}

/* The variables that all past operators in a formula share, none of which a quantifier hides. */
static fb_vars shared(const struct fb_inc_site *site, const struct fb_form *form)
{
    fb_vars hidden = 0;
    switch ((int)form->kind) {
    case FB_FORM_ONCE:
    case FB_FORM_SINCE:
        return fb_form_vars(form);
    case FB_FORM_PRED:
        return is_lasting(site, form) ? columns_of(form) : ~(fb_vars)0;
    case FB_FORM_AND:
    case FB_FORM_OR:
        return shared(site, form->left) & shared(site, form->right);
    case FB_FORM_NOT:
        return shared(site, form->left);
    case FB_FORM_EXISTS:
        for (size_t i = 0; i < form->bound_count; i++) {
            hidden |= fb_vars_of(form->bound[i]);
        }
        return shared(site, form->left) & ~hidden;
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
    *out = past && remembered(site, past, fb_inc_groups_of(form));
    return code;
}

/* ---- compiling ---- */

/* Where the rows of the node that an operation asks have a variable. */
static size_t column_at(const struct fb_inc_op *op, uint32_t var)
{
    const struct fb_inc_node *past = op->kind == FB_INC_GROUPS ? op->node->child : op->node;
    bool last = op->kind == FB_INC_LAST;
    size_t at = 0;
    while (last ? op->form->terms[at]->kind != FB_TERM_VAR || op->form->terms[at]->var != var
                : past->vars[at] != var) {
        at++;
        FB_ASSERT(at < past->width);
    }
    return at;
}

static enum fb_code add_watch(
    const struct fb_inc_site *site, struct fb_inc_node *view, const struct fb_inc_op *op)
{
    struct fb_arena *arena = &site->inc->arena;
    struct fb_inc_node *past = op->kind == FB_INC_GROUPS ? op->node->child : op->node;
    const struct fb_inc_node *stale = view->child;
    struct fb_inc_watch *watch = FB_ARENA_NEW(arena, struct fb_inc_watch);
    size_t *key_at = watch ? FB_ARENA_ARRAY(arena, size_t, stale->width + 1) : NULL;
    if (!key_at) {
        return fb_inc_no_memory(site);
    }
    for (size_t i = 0; i < stale->width; i++) {
        key_at[i] = column_at(op, stale->vars[i]);
    }
    *watch = (struct fb_inc_watch){view, past, key_at, past->watches, view->watches};
    past->watches = watch;
    view->watches = watch;
    return FB_OK;
}

/* The view watches each node that its operations ask. *fits is false where one looks elsewhere. */
static enum fb_code watch_all(const struct fb_inc_site *site, struct fb_inc_node *view,
    const struct fb_inc_op *op, bool *fits)
{
    enum fb_code code = FB_OK;
    switch ((int)op->kind) {
    case FB_INC_TRUE:
    case FB_INC_FALSE:
    case FB_INC_BIND:
    case FB_INC_COMPARE:
    case FB_INC_TEXT:
    case FB_INC_NOT:
    case FB_INC_AND:
    case FB_INC_OR:
    case FB_INC_HIDE:
    case FB_INC_COLLECT:
    case FB_INC_VIEW: /* of a join that is counted */
        break;
    case FB_INC_PROBE:
        *fits = *fits && op->node->kind == FB_INC_PAST;
        return *fits ? add_watch(site, view, op) : FB_OK;
    case FB_INC_LAST:
        return add_watch(site, view, op);
    case FB_INC_GROUPS:
        if (op->part_count) {
            break;
        }
        return add_watch(site, view, op);
    default:
        *fits = false;
    }
    for (size_t i = 0; code == FB_OK && *fits && i < op->part_count; i++) {
        code = watch_all(site, view, op->parts[i], fits);
    }
    return code;
}

/* The view's node has the rows, and its child the keys that are stale. */
static struct fb_inc_node *new_view(
    const struct fb_inc_site *site, const struct fb_form *form, fb_vars key)
{
    struct fb_inc_node *view = fb_inc_new_node(site, FB_INC_KEPT, form, fb_form_vars(form));
    struct fb_inc_node *stale = view ? fb_inc_new_node(site, FB_INC_KEPT, form, key) : NULL;
    if (!stale) {
        return NULL;
    }
    view->child = stale;
    view->all = true;
    view->child_index = fb_inc_set_index(&view->set, fb_inc_mask_of(view, key));
    FB_ASSERT(view->child_index >= 0);
    return view;
}

static enum fb_code make_view(
    const struct fb_inc_site *site, const struct fb_form *form, fb_vars key, struct fb_inc_op **out)
{
    struct fb_inc_site inside = *site;
    inside.given = key;
    inside.busy = 0;
    struct fb_inc_op *op = fb_inc_new_op(site, FB_INC_VIEW, form, 1);
    struct fb_inc_node *view = op ? new_view(site, form, key) : NULL;
    if (!view) {
        return fb_inc_no_memory(site);
    }
    op->node = view;
    op->part_count = 1;
    enum fb_code code = fb_inc_compile_part(&inside, form, &op->parts[0]);
    bool fits = true;
    code = code ? code : watch_all(site, view, op->parts[0], &fits);
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
    if (code || key == 0 || tally || !is_local(site, form, key) ||
        !fb_inc_is_grounded(site, form)) {
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
        !fb_inc_is_grounded(site, form->left) || !is_local(site, form->left, key)) {
        return FB_OK;
    }
    return make_view(site, form->left, key, out);
}

/* The watch is a view that has no rows: only which keys are stale is of use. */
enum fb_code fb_inc_compile_watch(const struct fb_inc_site *site, const struct fb_form *form,
    struct fb_inc_op **op, struct fb_inc_node **watch)
{
    FB_ASSERT(site && form && op && watch);
    fb_vars key = fb_form_vars(form);
    struct fb_inc_site inside = *site;
    inside.given = key;
    *watch = NULL;
    if (site->direct || !is_local(site, form, key) || !fb_form_evaluable(form, key, NULL)) {
        return FB_OK;
    }
    struct fb_inc_node *view = new_view(site, form, key);
    if (!view) {
        return fb_inc_no_memory(site);
    }
    enum fb_code code = fb_inc_compile_part(&inside, form, op);
    bool fits = true;
    code = code ? code : watch_all(site, view, *op, &fits);
    *watch = code == FB_OK && fits ? view : NULL;
    return code;
}

/* ---- running ---- */

/* So many stale keys beside the rows of a node are worth no list. */
static bool too_many(const struct fb_inc_node *view, const struct fb_inc_node *past)
{
    return view->child->set.live_count > 1024 + (past->set.live_count + view->set.live_count) * 2;
}

void fb_inc_view_touch(struct fb_inc *inc, const struct fb_inc_node *past, uint32_t slot)
{
    FB_ASSERT(inc && past);
    FB_ASSERT(slot < past->set.slot_count);
    const struct fb_cell *row = fb_inc_set_row(&past->set, slot);
    for (const struct fb_inc_watch *w = past->watches; w; w = w->next) {
        struct fb_inc_node *stale = w->view->child;
        struct fb_cell key[FB_IR_VARS_MAX];
        bool added;
        if (w->view->all || inc->memory.code) {
            continue;
        }
        for (size_t i = 0; i < stale->width; i++) {
            key[i] = row[w->key_at[i]];
        }
        (void)fb_inc_set_put(&stale->set, key, &inc->memory, &added);
        if (too_many(w->view, past)) {
            w->view->all = true;
            fb_inc_set_clear(&stale->set);
        }
    }
}

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

bool fb_inc_watch_anew(struct fb_inc *inc, struct fb_inc_node *watch)
{
    FB_ASSERT(inc && watch->child);
    struct fb_inc_node *stale = watch->child;
    fb_inc_set_clear(&stale->set);
    watch->all = false;
    for (const struct fb_inc_watch *w = watch->watches; w; w = w->also) {
        const struct fb_inc_set *set = &w->past->set;
        for (uint32_t i = 0; i < set->slot_count; i++) {
            struct fb_cell key[FB_IR_VARS_MAX];
            bool added;
            if (!set->slots[i].live || !set->slots[i].load.past.holds) {
                continue;
            }
            for (size_t k = 0; k < stale->width; k++) {
                key[k] = fb_inc_set_row(set, i)[w->key_at[k]];
            }
            if (fb_inc_set_put(&stale->set, key, &inc->memory, &added) == FB_INC_NONE) {
                return false;
            }
        }
    }
    return true;
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
    for (size_t i = 0; i < view->width; i++) {
        row[i] = inc->regs[view->vars[i]];
    }
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

/* What tells which rows of a formula may have changed (inc_watch.h): from formulas to watches. */
#include "engine/inc_watch.h"

#include "base/assert.h"

/* ---- which formulas ---- */

bool fb_inc_is_lasting(const struct fb_inc_site *site, const struct fb_form *form)
{
    FB_ASSERT(site && form);
    const struct fb_inc_lasting *l = site->lasting;
    while (l && l->form != form->definition) {
        l = l->outer;
    }
    return form->kind == FB_FORM_PRED && form->definition && l;
}

fb_vars fb_inc_columns_of(const struct fb_form *form)
{
    FB_ASSERT(form && form->kind == FB_FORM_PRED);
    fb_vars vars = 0;
    for (size_t i = 0; i < form->term_count; i++) {
        vars |= form->terms[i]->kind == FB_TERM_VAR ? fb_vars_of(form->terms[i]->var) : 0;
    }
    return vars;
}

static bool is_past(const struct fb_form *form)
{
    return form->kind == FB_FORM_ONCE || form->kind == FB_FORM_SINCE;
}

bool fb_inc_remembered(const struct fb_inc_site *site, const struct fb_form *form, fb_vars key)
{
    FB_ASSERT(site && form);
    return is_past(form) && (key & ~fb_form_vars(form)) == 0 && fb_inc_kept(site, form);
}

/* What no time has a say in. */
static bool is_filter(const struct fb_form *form)
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
    default:
        return false;
    }
}

bool fb_inc_is_local(const struct fb_inc_site *site, const struct fb_form *form, fb_vars key)
{
    FB_ASSERT(site && form);
    switch ((int)form->kind) {
    case FB_FORM_AND:
    case FB_FORM_OR:
        return fb_inc_is_local(site, form->left, key) && fb_inc_is_local(site, form->right, key);
    case FB_FORM_NOT:
        return fb_inc_is_local(site, form->left, key);
    case FB_FORM_EXISTS:
        return !(fb_inc_bound_of(form) & key) && fb_inc_is_local(site, form->left, key);
    case FB_FORM_ONCE:
    case FB_FORM_SINCE:
        return fb_inc_remembered(site, form, key);
    case FB_FORM_PRED:
        return fb_inc_is_lasting(site, form) && (key & ~fb_inc_columns_of(form)) == 0;
    case FB_FORM_AGGREGATE:
        return (key & ~fb_inc_groups_of(form)) == 0 && fb_inc_is_local(site, form->left, key);
    default:
        return is_filter(form);
    }
}

/* PREVIOUS of whatever time-point that is. */
static bool is_shift(const struct fb_form *form)
{
    return form->kind == FB_FORM_PREVIOUS && form->interval.low == 0 &&
           form->interval.high == FB_TIME_MAX;
}

/* The same where tuples tell, too, and what does not have the whole key. */
static bool is_told(const struct fb_inc_site *site, const struct fb_form *form, fb_vars key)
{
    struct fb_inc_site before = *site;
    before.shift--;
    switch ((int)form->kind) {
    case FB_FORM_AND:
    case FB_FORM_OR:
        return is_told(site, form->left, key) && is_told(site, form->right, key);
    case FB_FORM_NOT:
        return is_told(site, form->left, key);
    case FB_FORM_EXISTS:
        return !(fb_inc_bound_of(form) & key) && is_told(site, form->left, key);
    case FB_FORM_PREVIOUS:
        return is_shift(form) && is_told(&before, form->left, key);
    case FB_FORM_ONCE:
    case FB_FORM_SINCE:
        return fb_inc_remembered(site, form, 0);
    case FB_FORM_PRED:
        return !form->definition || fb_inc_is_lasting(site, form);
    default:
        return fb_inc_is_local(site, form, key);
    }
}

bool fb_inc_has_keys(const struct fb_inc_site *site, const struct fb_form *form, fb_vars key)
{
    FB_ASSERT(site && form);
    switch ((int)form->kind) {
    case FB_FORM_AND:
        return fb_inc_has_keys(site, form->left, key) || fb_inc_has_keys(site, form->right, key);
    case FB_FORM_OR:
        return fb_inc_has_keys(site, form->left, key) && fb_inc_has_keys(site, form->right, key);
    case FB_FORM_AGGREGATE: /* without groups there may be a row of nothing */
        return form->bound_count > 0 && fb_inc_has_keys(site, form->left, key);
    case FB_FORM_EXISTS:
    case FB_FORM_PREVIOUS:
        return fb_inc_has_keys(site, form->left, key);
    case FB_FORM_ONCE:
    case FB_FORM_SINCE:
        return fb_inc_remembered(site, form, key);
    case FB_FORM_PRED:
        return (key & ~fb_inc_columns_of(form)) == 0;
    default:
        return false;
    }
}

bool fb_inc_through_tuples(const struct fb_inc_site *site, const struct fb_form *form)
{
    FB_ASSERT(site && form);
    switch ((int)form->kind) {
    case FB_FORM_AND:
        return fb_inc_through_tuples(site, form->left) || fb_inc_through_tuples(site, form->right);
    case FB_FORM_OR:
        return fb_inc_through_tuples(site, form->left) && fb_inc_through_tuples(site, form->right);
    case FB_FORM_EXISTS:
    case FB_FORM_AGGREGATE:
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
        return fb_inc_through_tuples(site, form->left);
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        return fb_inc_through_tuples(site, form->right);
    case FB_FORM_PRED:
        return !fb_inc_is_lasting(site, form);
    default:
        return false;
    }
}

/* ---- watches ---- */

enum fb_code fb_inc_watch_local(const struct fb_inc_site *site, struct fb_inc_node *view,
    const struct fb_inc_op *op, bool *fits)
{
    FB_ASSERT(site && view && op && fits);
    return fb_inc_add_tellers(site, view, NULL, op, fits);
}

struct fb_inc_node *fb_inc_new_watch(
    const struct fb_inc_site *site, const struct fb_form *form, fb_vars key)
{
    FB_ASSERT(site && form);
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

/* Where nothing has the whole key, all keys are those that the formula gives. */
static enum fb_code compile_anew(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_node *view)
{
    struct fb_inc_site inside = *site;
    inside.given = 0;
    return fb_inc_has_keys(site, form, fb_form_vars(form))
               ? FB_OK
               : fb_inc_compile_part(&inside, form, &view->op);
}

/* The watch is a view that has no rows: only which keys are stale is of use. */
enum fb_code fb_inc_compile_watch(const struct fb_inc_site *site, const struct fb_form *form,
    const struct fb_inc_own *own, struct fb_inc_op **op, struct fb_inc_node **watch)
{
    FB_ASSERT(site && form && own);
    FB_ASSERT(op && watch);
    fb_vars key = fb_form_vars(form);
    struct fb_inc_site inside = *site;
    inside.given = key;
    *watch = NULL;
    if (site->direct || !fb_form_evaluable(form, key, NULL) || !is_told(site, form, key)) {
        return FB_OK;
    }
    struct fb_inc_node *view = fb_inc_new_watch(site, form, key);
    if (!view) {
        return fb_inc_no_memory(site);
    }
    enum fb_code code = fb_inc_compile_part(&inside, form, op);
    if (code) {
        return code;
    }
    bool fits;
    code = fb_inc_add_tellers(site, view, own, *op, &fits);
    if (code == FB_OK && fits && own->set && own->begins) {
        code = compile_anew(site, form, view);
    }
    *watch = code == FB_OK && fits ? view : NULL;
    return code;
}

/* The variables that have one value each, by conjuncts such as x = 5. */
static fb_vars fixed_in(const struct fb_form *form)
{
    if (form->kind == FB_FORM_AND) {
        return fixed_in(form->left) | fixed_in(form->right);
    }
    fb_vars vars = 0;
    for (size_t i = 0; form->kind == FB_FORM_EQ && i < 2; i++) {
        const struct fb_term *a = form->terms[i], *b = form->terms[1 - i];
        vars |= a->kind == FB_TERM_VAR && b->kind == FB_TERM_CONST ? fb_vars_of(a->var) : 0;
    }
    return vars;
}

/* One row at most is listed sooner than told of. */
static bool is_one_row(const struct fb_form *form)
{
    fb_vars vars = fb_form_vars(form);
    return vars && !(vars & ~fixed_in(form));
}

enum fb_code fb_inc_compile_grounded(const struct fb_inc_site *site, const struct fb_form *form,
    const struct fb_inc_own *own, struct fb_inc_op **op, struct fb_inc_node **watch)
{
    FB_ASSERT(site && form && watch);
    *watch = NULL;
    return fb_form_evaluable(form, 0, NULL) && !fb_inc_through_tuples(site, form) &&
                   !is_one_row(form)
               ? fb_inc_compile_watch(site, form, own, op, watch)
               : FB_OK;
}

/* ---- gates ---- */

/* Asked at each time-point, so it must not take more than what came at it. */
static bool is_quick(const struct fb_inc_site *site, const struct fb_form *form)
{
    switch ((int)form->kind) {
    case FB_FORM_AND:
    case FB_FORM_OR:
        return is_quick(site, form->left) && is_quick(site, form->right);
    case FB_FORM_NOT:
    case FB_FORM_PREVIOUS:
        return is_quick(site, form->left);
    case FB_FORM_EXISTS:
        return form->left->kind == FB_FORM_PRED && is_quick(site, form->left);
    case FB_FORM_PRED:
        return !form->definition;
    case FB_FORM_ONCE:
    case FB_FORM_SINCE:
        return fb_form_vars(form) == 0 && fb_inc_kept(site, form);
    default:
        return false;
    }
}

static enum fb_code add_conjunct(
    const struct fb_inc_site *site, const struct fb_form *part, const struct fb_form **all)
{
    *all = *all ? fb_inc_new_form(site, FB_FORM_AND, *all, part) : part;
    return *all ? FB_OK : fb_inc_no_memory(site);
}

/* The same rows below the quantifiers around them. */
static enum fb_code below_again(const struct fb_inc_site *site, const struct fb_form *form,
    const struct fb_form *inner, const struct fb_form **rows)
{
    if (form->kind != FB_FORM_EXISTS) {
        *rows = inner;
        return FB_OK;
    }
    enum fb_code code = below_again(site, form->left, inner, rows);
    struct fb_form *again = FB_ARENA_NEW(&site->inc->arena, struct fb_form);
    if (code || !again) {
        return code ? code : fb_inc_no_memory(site);
    }
    *again = *form;
    again->left = (struct fb_form *)(uintptr_t)*rows;
    *rows = again;
    return FB_OK;
}

enum fb_code fb_inc_split_gate(const struct fb_inc_site *site, const struct fb_form *form,
    const struct fb_form **rows, const struct fb_form **gate)
{
    FB_ASSERT(site && form);
    FB_ASSERT(rows && gate);
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    const struct fb_form *inner = form;
    const struct fb_form *rest = NULL;
    *rows = form;
    *gate = NULL;
    while (inner->kind == FB_FORM_EXISTS) {
        inner = inner->left;
    }
    size_t count = fb_form_conjuncts(inner);
    count = count > FB_IR_CONJUNCTS_MAX ? 0 : fb_form_conjuncts_list(inner, parts);
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        bool closed = fb_form_vars(parts[i]) == 0 && is_quick(site, parts[i]);
        code = add_conjunct(site, parts[i], closed ? gate : &rest);
    }
    if (code == FB_OK && *gate && rest) {
        return below_again(site, form, rest, rows);
    }
    *gate = NULL;
    return code;
}

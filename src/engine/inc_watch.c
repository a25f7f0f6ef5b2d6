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

/* The same where tuples tell, too; `partly`: and what does not have the whole key. */
static bool is_told(
    const struct fb_inc_site *site, const struct fb_form *form, fb_vars key, bool partly)
{
    struct fb_inc_site before = *site;
    before.shift--;
    switch ((int)form->kind) {
    case FB_FORM_AND:
    case FB_FORM_OR:
        return is_told(site, form->left, key, partly) && is_told(site, form->right, key, partly);
    case FB_FORM_NOT:
        return is_told(site, form->left, key, partly);
    case FB_FORM_EXISTS:
        return !(fb_inc_bound_of(form) & key) && is_told(site, form->left, key, partly);
    case FB_FORM_PREVIOUS:
        return is_shift(form) && is_told(&before, form->left, key, partly);
    case FB_FORM_ONCE:
    case FB_FORM_SINCE:
        return fb_inc_remembered(site, form, partly ? 0 : key);
    case FB_FORM_PRED:
        return (!form->definition || fb_inc_is_lasting(site, form)) &&
               (partly || (key & ~fb_inc_columns_of(form)) == 0);
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

/* The past operator with all variables of the key beside which everything else stands; NULL: none.
 */
static const struct fb_form *anchor_of(
    const struct fb_inc_site *site, const struct fb_form *form, fb_vars key)
{
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    while (form->kind == FB_FORM_EXISTS && !(fb_inc_bound_of(form) & key)) {
        form = form->left;
    }
    if (fb_form_conjuncts(form) > FB_IR_CONJUNCTS_MAX) {
        return NULL;
    }
    size_t count = fb_form_conjuncts_list(form, parts);
    for (size_t i = 0; i < count; i++) {
        if (fb_inc_remembered(site, parts[i], key)) {
            return parts[i];
        }
    }
    return NULL;
}

/* ---- who tells ---- */

/* A watch while it is made. */
struct making {
    const struct fb_inc_site *site;
    struct fb_inc_node *view;
    const struct fb_inc_op *anchor; /* NULL: none */
    bool tuples;                    /* tell, too, and what stands below PREVIOUS */
    bool partly;                    /* and what does not have the whole key */
    bool must;                      /* it is a conjunct */
    int64_t shift;                  /* of the operation */
    bool fits;
};

/* The variables that a row of what an operation asks has, and where it has one. */
static fb_vars carried(const struct fb_inc_op *op)
{
    fb_vars vars = 0;
    if (op->kind == FB_INC_LAST || op->kind == FB_INC_PRED) {
        return fb_inc_columns_of(op->form);
    }
    for (size_t i = 0; i < op->node->width; i++) {
        vars |= fb_vars_of(op->node->vars[i]);
    }
    return vars;
}

static size_t column_at(const struct fb_inc_op *op, uint32_t var)
{
    const struct fb_inc_node *past = op->kind == FB_INC_GROUPS ? op->node->child : op->node;
    bool terms = op->kind == FB_INC_LAST || op->kind == FB_INC_PRED;
    size_t at = 0;
    while (terms ? op->form->terms[at]->kind != FB_TERM_VAR || op->form->terms[at]->var != var
                 : past->vars[at] != var) {
        at++;
        FB_ASSERT(at < (terms ? op->form->term_count : past->width));
    }
    return at;
}

/* Lets the rows of the anchor be found that agree with a row of op in the variables of a set. Where
 * there is no anchor, or nothing that is shared, all are stale. */
static enum fb_code tell_through(
    const struct making *m, const struct fb_inc_op *op, fb_vars agree, struct fb_inc_watch *watch)
{
    struct fb_inc_node *past = m->anchor ? m->anchor->node : NULL;
    uint64_t mask = past ? fb_inc_mask_of(past, agree) : 0;
    watch->part = true;
    watch->through = past;
    watch->index = mask ? fb_inc_set_index(&past->set, mask) : -1;
    if (!mask) {
        return FB_OK;
    }
    watch->from_at = FB_ARENA_ARRAY(&m->site->inc->arena, size_t, past->width + 1);
    if (!watch->from_at) {
        return fb_inc_no_memory(m->site);
    }
    for (size_t i = 0; i < past->width; i++) {
        bool shared = agree & fb_vars_of(past->vars[i]);
        watch->from_at[i] = shared ? column_at(op, past->vars[i]) + 1 : 0;
    }
    return FB_OK;
}

/* Lets what an operation asks tell the watch; the variables of `hidden` are others in it. */
static enum fb_code add_teller(struct making *m, const struct fb_inc_op *op, fb_vars hidden)
{
    struct fb_arena *arena = &m->site->inc->arena;
    const struct fb_inc_node *stale = m->view->child;
    fb_vars key = 0;
    for (size_t i = 0; i < stale->width; i++) {
        key |= fb_vars_of(stale->vars[i]);
    }
    bool whole = (key & ~(carried(op) & ~hidden)) == 0;
    if (!whole && !m->partly) {
        m->fits = false;
        return FB_OK;
    }
    struct fb_inc_node *past = op->kind == FB_INC_PRED     ? NULL
                               : op->kind == FB_INC_GROUPS ? op->node->child
                                                           : op->node;
    struct fb_inc_watch *watch = FB_ARENA_NEW(arena, struct fb_inc_watch);
    size_t *key_at = watch ? FB_ARENA_ARRAY(arena, size_t, stale->width + 1) : NULL;
    if (!key_at) {
        return fb_inc_no_memory(m->site);
    }
    for (size_t i = 0; (whole || m->anchor) && i < stale->width; i++) {
        key_at[i] = column_at(whole ? op : m->anchor, stale->vars[i]);
    }
    *watch = (struct fb_inc_watch){.view = m->view,
        .past = past,
        .relation = past ? 0 : op->form->relation,
        .shift = m->shift,
        .must = m->must && whole && op->kind == FB_INC_PROBE,
        .key_at = key_at,
        .next = past ? past->watches : NULL,
        .also = m->view->watches};
    if (past) {
        past->watches = watch;
    }
    m->view->watches = watch;
    fb_vars agree = m->anchor ? carried(op) & carried(m->anchor) & ~hidden : 0;
    return whole ? FB_OK : tell_through(m, op, agree, watch);
}

/* Everything that an operation asks tells the watch. */
static enum fb_code add_tellers(struct making *m, const struct fb_inc_op *op, fb_vars hidden)
{
    struct making inside = *m;
    inside.must = m->must && op->kind == FB_INC_AND;
    switch ((int)op->kind) {
    case FB_INC_TRUE:
    case FB_INC_FALSE:
    case FB_INC_BIND:
    case FB_INC_COMPARE:
    case FB_INC_TEXT:
    case FB_INC_NOT:
    case FB_INC_AND:
    case FB_INC_OR:
    case FB_INC_VIEW: /* of a join that is counted */
        break;
    case FB_INC_HIDE:
        for (size_t i = 0; i < op->width; i++) {
            hidden |= fb_vars_of(op->vars[i]);
        }
        break;
    case FB_INC_SHIFT:
        m->fits = m->fits && m->tuples;
        inside.shift--;
        if (m->view->behind < -inside.shift) {
            m->view->behind = -inside.shift;
        }
        break;
    case FB_INC_COLLECT:
        inside.tuples = inside.partly = false;
        break;
    case FB_INC_PRED:
        m->fits = m->fits && m->tuples;
        return m->fits ? add_teller(m, op, hidden) : FB_OK;
    case FB_INC_PROBE:
        m->fits = m->fits && op->node->kind == FB_INC_PAST;
        return m->fits ? add_teller(m, op, hidden) : FB_OK;
    case FB_INC_LAST:
        return add_teller(m, op, hidden);
    case FB_INC_GROUPS:
        inside.tuples = inside.partly = false;
        if (op->part_count == 0) {
            enum fb_code code = add_teller(&inside, op, hidden);
            m->fits = inside.fits;
            return code;
        }
        break;
    default:
        m->fits = false;
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && m->fits && i < op->part_count; i++) {
        inside.fits = true;
        code = add_tellers(&inside, op->parts[i], hidden);
        m->fits = inside.fits;
    }
    return code;
}

enum fb_code fb_inc_watch_local(const struct fb_inc_site *site, struct fb_inc_node *view,
    const struct fb_inc_op *op, bool *fits)
{
    FB_ASSERT(site && view && op && fits);
    struct making m = {.site = site, .view = view, .fits = true};
    enum fb_code code = add_tellers(&m, op, 0);
    *fits = m.fits;
    return code;
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

/* The operation that asks the node of the anchor. */
static const struct fb_inc_op *find_anchor(const struct fb_inc_op *op, const struct fb_form *anchor)
{
    if (op->kind == FB_INC_PROBE && op->form == anchor) {
        return op;
    }
    const struct fb_inc_op *found = NULL;
    for (size_t i = 0; !found && i < op->part_count; i++) {
        found = find_anchor(op->parts[i], anchor);
    }
    return found;
}

/* What stands below the quantifiers around the anchor: what those hide are its own variables. */
static const struct fb_inc_op *below_hides(const struct fb_inc_op *op)
{
    while (op->kind == FB_INC_HIDE) {
        op = op->parts[0];
    }
    return op;
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
    const struct fb_form *anchor = anchor_of(site, form, key);
    bool partly = fb_inc_has_keys(site, form, key);
    if (site->direct || !fb_form_evaluable(form, key, NULL) || !is_told(site, form, key, partly)) {
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
    const struct fb_inc_op *all = below_hides(*op);
    struct making m = {.site = site,
        .view = view,
        .anchor = anchor ? find_anchor(all, anchor) : NULL,
        .tuples = true,
        .partly = partly,
        .must = true,
        .fits = true};
    code = add_tellers(&m, all, 0);
    *watch = code == FB_OK && m.fits ? view : NULL;
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
    struct fb_inc_op **op, struct fb_inc_node **watch)
{
    FB_ASSERT(site && form && watch);
    *watch = NULL;
    return fb_inc_has_keys(site, form, fb_form_vars(form)) && !fb_inc_through_tuples(site, form) &&
                   !is_one_row(form)
               ? fb_inc_compile_watch(site, form, op, watch)
               : FB_OK;
}

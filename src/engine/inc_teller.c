/*
 * Who tells a watch (inc_watch.h) what may have changed, and what leads from there to its keys.
 *
 * What tells stands somewhere in the formula, below quantifiers perhaps, and knows some variables.
 * From what is below a quantifier an anchor there leads to the variables that are free outside, as
 * r(x,y) does from y to x in NOT EXISTS y. (r(x,y) AND NOT q(y)), and so on outwards.
 */
#include "base/assert.h"
#include "engine/inc_watch.h"

/* A formula and what is below the quantifiers around it. */
struct scope {
    const struct fb_form *inner;
    fb_vars key; /* the variables that are free outside; of the outermost: those of the watch */
    bool blind;
    const struct scope *outer;
};

/* A watch while it is made. */
struct making {
    const struct fb_inc_site *site;
    struct fb_inc_node *view;
    const struct fb_inc_own *own; /* NULL: of a view */
    const struct scope *scope;    /* of the operation */
    const struct fb_form *top;    /* the quantifier around it that the scope is of */
    bool tuples;                  /* tell, too, and what stands below PREVIOUS */
    bool partly;                  /* and what does not have the whole key */
    bool must;                    /* it is a conjunct */
    int64_t shift;                /* of the operation */
    bool fits;
};

/* The variables that a row of what an operation asks has, and where it has one. */
static fb_vars carried(const struct fb_inc_op *op)
{
    return op->kind == FB_INC_LAST || op->kind == FB_INC_PRED
               ? fb_inc_columns_of(op->form)
               : fb_vars_in(op->node->vars, op->node->width);
}

static size_t column_at(const struct fb_inc_op *op, uint32_t var)
{
    if (op->kind != FB_INC_LAST && op->kind != FB_INC_PRED) {
        const struct fb_inc_node *past = op->kind == FB_INC_GROUPS ? op->node->child : op->node;
        return fb_inc_column_of(past->vars, past->width, var);
    }
    size_t at = 0;
    while (op->form->terms[at]->kind != FB_TERM_VAR || op->form->terms[at]->var != var) {
        at++;
        FB_ASSERT(at < op->form->term_count);
    }
    return at;
}

/* Lets the rows that the watch is for be found that share variables with those of touched. False:
 * they cannot be, or memory ran out. */
static bool find_own(const struct making *m, struct fb_inc_join *join)
{
    const struct fb_inc_own *own = m->own;
    const struct fb_inc_node *stale = m->view->child;
    struct fb_arena *arena = &m->site->inc->arena;
    uint64_t mask = 0;
    join->own = own->set;
    join->shared_at = FB_ARENA_ARRAY(arena, size_t, own->set->width + 1);
    join->key_at = FB_ARENA_ARRAY(arena, size_t, stale->width + 1);
    if (!join->shared_at || !join->key_at) {
        return false;
    }
    for (size_t i = 0; i < stale->width; i++) {
        join->key_at[i] = fb_inc_column_of(own->vars, own->set->width, stale->vars[i]);
    }
    for (size_t i = 0; i < join->touched->width; i++) {
        uint32_t var = join->touched->vars[i];
        if (fb_vars_in(stale->vars, stale->width) & fb_vars_of(var)) {
            size_t at = fb_inc_column_of(own->vars, own->set->width, var);
            mask |= (uint64_t)1 << at;
            join->shared_at[at] = i + 1;
        }
    }
    join->index = mask ? fb_inc_set_index(own->set, mask) : -1;
    return join->index >= 0;
}

/* Where it has come to, on the way outwards. */
struct step {
    const struct scope *scope;
    const struct scope *from; /* where what is known was found, here or further inside */
    fb_vars known;
};

/* Whether a condition on an anchor's rows is known with them, and leads to them. */
static bool is_known_with(const struct fb_form *part, fb_vars known, fb_vars anchor, bool *leads)
{
    fb_vars vars = fb_form_vars(part);
    if (!fb_form_timeless(part) || (vars & ~(known | anchor)) != 0) {
        return false;
    }
    *leads = *leads || ((vars & known) && (vars & anchor & ~known));
    return true;
}

static size_t conjuncts_of(const struct scope *scope, const struct fb_form **parts)
{
    return fb_form_conjuncts(scope->inner) > FB_IR_CONJUNCTS_MAX
               ? 0
               : fb_form_conjuncts_list(scope->inner, parts);
}

/* The past operator of a scope with all variables of its key; NULL: there is none. */
static const struct fb_form *anchor_of(const struct making *m, const struct scope *scope)
{
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    const struct fb_form *anchor = NULL;
    size_t count = conjuncts_of(scope, parts);
    for (size_t i = 0; !anchor && i < count; i++) {
        anchor = fb_inc_remembered(m->site, parts[i], scope->key) ? parts[i] : NULL;
    }
    return anchor;
}

/* The variables of a scope further outwards that are the same ones inside: no quantifier between
 * binds them again. */
static fb_vars seen_from(const struct scope *inside, const struct scope *scope)
{
    fb_vars seen = ~(fb_vars)0;
    for (; inside != scope; inside = inside->outer) {
        seen &= inside->key;
    }
    return seen;
}

/* The rows of an anchor that agree with what is known: those for which the comparisons beside it
 * hold, and those from where it is known on. NULL in *out: what is known leads to none. */
static enum fb_code lead_of(
    const struct making *m, const struct step *step, const struct fb_form **out)
{
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    const struct fb_form *lead = anchor_of(m, step->scope);
    fb_vars anchor = lead ? fb_form_vars(lead) : 0;
    bool leads = anchor & step->known;
    *out = NULL;
    for (const struct scope *s = step->from; lead; s = s->outer) {
        size_t count = conjuncts_of(s, parts);
        fb_vars seen = anchor & seen_from(s, step->scope);
        for (size_t i = 0; lead && i < count; i++) {
            if (is_known_with(parts[i], step->known, seen, &leads)) {
                lead = fb_inc_new_form(m->site, FB_FORM_AND, lead, parts[i]);
                if (!lead) {
                    return fb_inc_no_memory(m->site);
                }
            }
        }
        if (s == step->scope) {
            break;
        }
    }
    *out = leads && fb_form_evaluable(lead, step->known, NULL) ? lead : NULL;
    return FB_OK;
}

/* A join that knows the same at the same place; NULL: there is none. */
static const struct fb_inc_join *find_join(const struct making *m, const struct step *step)
{
    for (const struct fb_inc_watch *w = m->view->watches; w; w = w->also) {
        for (const struct fb_inc_join *j = w->join; j; j = j->up) {
            if (j->at == step->from->inner &&
                fb_vars_in(j->touched->vars, j->touched->width) == step->known) {
                return j;
            }
        }
    }
    return NULL;
}

/* A join at a place. `lead` gives what agrees; NULL: nothing is asked. */
static enum fb_code new_join(const struct making *m, const struct step *step,
    const struct fb_form *lead, struct fb_inc_join **out)
{
    struct fb_inc_join *join = FB_ARENA_NEW(&m->site->inc->arena, struct fb_inc_join);
    struct fb_inc_node *touched =
        join ? fb_inc_new_node(m->site, FB_INC_KEPT, step->from->inner, step->known) : NULL;
    if (!touched) {
        return fb_inc_no_memory(m->site);
    }
    const struct fb_inc_join *same = find_join(m, step);
    *join = (struct fb_inc_join){.touched = touched, .at = step->from->inner};
    *out = join;
    if (same || !lead) {
        join->agree = same ? same->agree : NULL;
        return FB_OK;
    }
    struct fb_inc_site inside = *m->site;
    inside.given = step->known;
    inside.busy = 0;
    inside.blind = step->from->blind;
    return fb_inc_compile_part(&inside, lead, &join->agree);
}

/* At the outermost place: to the keys. NULL in *out: nothing leads there, all are concerned. */
static enum fb_code join_keys(const struct making *m, struct step *step, struct fb_inc_join **out)
{
    const struct fb_inc_own *own = m->own;
    const struct fb_form *inner = step->scope->inner;
    const struct fb_form *lead = NULL;
    struct fb_inc_join *join = NULL;
    *out = NULL;
    enum fb_code code = step->known ? lead_of(m, step, &lead) : FB_OK;
    bool anchored = lead != NULL;
    if (!anchored) {
        step->known &= fb_form_vars(inner);
        step->from = step->scope;
    }
    if (code || !step->known ||
        (!anchored && own->begins && !fb_form_evaluable(inner, step->known, NULL))) {
        return code;
    }
    code = new_join(m, step, !anchored && own->begins ? inner : lead, &join);
    bool leads = code == FB_OK && (anchored || !own->set || find_own(m, join));
    *out = leads ? join : NULL;
    return code;
}

/* One place outwards. Without an anchor what is known is what the outer place knows of it, or stays
 * what it is: a comparison may lead from it. */
static enum fb_code go_outwards(
    const struct making *m, struct step *step, struct fb_inc_join ***last)
{
    const struct scope *scope = step->scope;
    const struct fb_form *lead = NULL;
    enum fb_code code = FB_OK;
    if ((scope->key & ~step->known) && step->known && m->shift == 0) {
        code = lead_of(m, step, &lead);
    }
    if (code == FB_OK && lead) {
        code = new_join(m, step, lead, *last);
        *last = code == FB_OK ? &(**last)->up : *last;
        step->known = scope->key;
        step->from = scope->outer;
    } else if ((step->known & scope->key) || (step->known & fb_form_vars(scope->outer->inner))) {
        step->known &= scope->key;
        step->from = scope->outer;
    }
    step->scope = scope->outer;
    return code;
}

/* What tells in part: outwards, from place to place. */
static enum fb_code tell_joined(
    const struct making *m, const struct fb_inc_op *op, struct fb_inc_watch *watch)
{
    struct fb_inc_join *first = NULL;
    struct fb_inc_join **last = &first;
    struct step step = {m->scope, m->scope, carried(op) & fb_form_vars(m->scope->inner)};
    enum fb_code code = FB_OK;
    while (code == FB_OK && step.scope->outer) {
        code = go_outwards(m, &step, &last);
    }
    bool whole = first && (step.scope->key & ~step.known) == 0;
    if (code == FB_OK && !whole) {
        code = join_keys(m, &step, last);
        first = *last ? first : NULL;
    }
    watch->join = first;
    watch->from_at = FB_ARENA_ARRAY(&m->site->inc->arena, size_t, FB_IR_VARS_MAX);
    if (!watch->from_at) {
        return fb_inc_no_memory(m->site);
    }
    for (size_t i = 0; first && i < first->touched->width; i++) {
        watch->from_at[i] = column_at(op, first->touched->vars[i]);
    }
    return code;
}

/* ---- who tells ---- */

static struct scope scope_of(
    const struct fb_inc_site *site, const struct fb_form *form, const struct scope *outer)
{
    struct scope scope = {
        .key = fb_form_vars(form), .blind = outer ? outer->blind : site->blind, .outer = outer};
    for (; form->kind == FB_FORM_EXISTS; form = form->left) {
        for (size_t i = 0; i < form->bound_count; i++) {
            scope.blind = scope.blind || form->bound[i] == site->inc->options.subject;
        }
    }
    scope.inner = form;
    return scope;
}

/* Whether what an operation has of a row is the whole key; a variable that a quantifier between
 * binds is another one. */
static bool has_whole(const struct making *m, const struct fb_inc_op *op)
{
    fb_vars known = carried(op);
    const struct scope *scope = m->scope;
    for (; scope->outer; scope = scope->outer) {
        known &= scope->key;
    }
    return (scope->key & ~known) == 0;
}

/* Lets what an operation asks tell the watch. */
static enum fb_code add_teller(struct making *m, const struct fb_inc_op *op)
{
    struct fb_arena *arena = &m->site->inc->arena;
    const struct fb_inc_node *stale = m->view->child;
    bool whole = has_whole(m, op);
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
    for (size_t i = 0; whole && i < stale->width; i++) {
        key_at[i] = column_at(op, stale->vars[i]);
    }
    *watch = (struct fb_inc_watch){.view = m->view,
        .past = past,
        .relation = past ? 0 : op->form->relation,
        .shift = m->shift,
        .part = !whole,
        .must = m->must && whole && op->kind == FB_INC_PROBE,
        .key_at = key_at,
        .next = past ? past->watches : NULL,
        .also = m->view->watches};
    if (past) {
        past->watches = watch;
    }
    m->view->watches = watch;
    return whole ? FB_OK : tell_joined(m, op, watch);
}

/* Everything that an operation asks tells the watch. */
static enum fb_code add_tellers(struct making *m, const struct fb_inc_op *op)
{
    struct making inside = *m;
    struct scope scope;
    if (op->around && op->around != m->top) {
        scope = scope_of(m->site, op->around, m->scope);
        inside.scope = &scope;
        inside.top = op->around;
        enum fb_code code = add_tellers(&inside, op);
        m->fits = inside.fits;
        return code;
    }
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
    case FB_INC_HIDE:
    case FB_INC_VIEW: /* of a join that is counted */
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
        return m->fits ? add_teller(m, op) : FB_OK;
    case FB_INC_PROBE:
        m->fits = m->fits && op->node->kind == FB_INC_PAST;
        return m->fits ? add_teller(m, op) : FB_OK;
    case FB_INC_LAST:
        return add_teller(m, op);
    case FB_INC_GROUPS:
        inside.tuples = inside.partly = false;
        if (op->part_count == 0) {
            enum fb_code code = add_teller(&inside, op);
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
        code = add_tellers(&inside, op->parts[i]);
        m->fits = inside.fits;
    }
    return code;
}

enum fb_code fb_inc_add_tellers(const struct fb_inc_site *site, struct fb_inc_node *view,
    const struct fb_inc_own *own, const struct fb_inc_op *op, bool *fits)
{
    FB_ASSERT(site && view);
    FB_ASSERT(op && fits);
    struct scope scope = scope_of(site, view->form, NULL);
    scope.key = fb_vars_in(view->child->vars, view->child->width);
    struct making m = {.site = site,
        .view = view,
        .own = own,
        .scope = &scope,
        .top = view->form,
        .tuples = own,
        .partly = own,
        .must = own,
        .fits = true};
    enum fb_code code = add_tellers(&m, op);
    *fits = m.fits;
    return code;
}

/*
 * A LETPAST whose rows last: one side of its definition is PREVIOUS of itself, alone or beside
 * conditions,
 *
 *     LETPAST K(x) = f OR (PREVIOUS K(x) AND g) IN h
 *
 * so a row goes on to hold as it does below g SINCE f. Such rows are kept in a node that takes out
 * what g no longer allows and takes in what f gives, where others make all of them anew at each
 * time-point. f reads the node itself, which stands at the time-point before while f is asked. What
 * h reads is a node that goes along with the place where it is read: there is one for each stage,
 * and for each distance from its root, at which h reads K.
 */
#include <string.h>

#include "base/assert.h"
#include "engine/inc_plan.h"

/* ---- which definitions ---- */

/* Whether a side of a definition reads it below one PREVIOUS only, and not below what looks at
 * other time-points or may be asked at another one. */
static bool reads_only_before(
    const struct fb_form *form, const struct fb_form *definition, size_t distance)
{
    if (!fb_form_reads(form, definition)) {
        return true;
    }
    switch ((int)form->kind) {
    case FB_FORM_PRED:
        return distance == 1;
    case FB_FORM_NOT:
    case FB_FORM_EXISTS:
    case FB_FORM_AGGREGATE:
        return reads_only_before(form->left, definition, distance);
    case FB_FORM_AND:
    case FB_FORM_OR:
        return reads_only_before(form->left, definition, distance) &&
               reads_only_before(form->right, definition, distance);
    case FB_FORM_PREVIOUS:
        return reads_only_before(form->left, definition, distance + 1);
    case FB_FORM_LETPAST:
        return !fb_form_reads(form->left, definition) &&
               reads_only_before(form->right, definition, distance);
    default:
        return false;
    }
}

/* Whether what stands behind IN reads it where a node can be kept: not below what looks through the
 * time-points. `within` another definition, whose place is not known yet, not below operators over
 * time that need a node themselves. */
static bool reads_kept(const struct fb_inc_site *site, const struct fb_form *form,
    const struct fb_form *definition, bool within)
{
    struct fb_inc_site there = *site;
    if (!fb_form_reads(form, definition)) {
        return true;
    }
    switch ((int)form->kind) {
    case FB_FORM_PRED:
        return true;
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
        there.shift += form->kind == FB_FORM_NEXT ? 1 : -1;
        return reads_kept(&there, form->left, definition, within);
    case FB_FORM_EVENTUALLY:
    case FB_FORM_UNTIL:
        there.shift = 0;
        break;
    case FB_FORM_NOT:
    case FB_FORM_EXISTS:
    case FB_FORM_AGGREGATE:
    case FB_FORM_AND:
    case FB_FORM_OR:
    case FB_FORM_ONCE:
    case FB_FORM_SINCE:
    case FB_FORM_LETPAST:
        break;
    default:
        return false;
    }
    bool temporal = form->kind >= FB_FORM_PREVIOUS && form->kind <= FB_FORM_UNTIL;
    bool defines = form->kind == FB_FORM_LETPAST;
    return (!temporal || (!within && fb_inc_kept(site, form))) &&
           reads_kept(&there, form->left, definition, within || defines) &&
           (!form->right || reads_kept(&there, form->right, definition, within));
}

/* PREVIOUS K(x) with the parameters of K. */
static bool is_itself(const struct fb_form *form, const struct fb_form *definition)
{
    const struct fb_form *pred = form->kind == FB_FORM_PREVIOUS ? form->left : NULL;
    if (!pred || pred->kind != FB_FORM_PRED || pred->definition != definition ||
        form->interval.low > 0 || form->interval.high != FB_TIME_MAX) {
        return false;
    }
    for (size_t i = 0; i < pred->term_count; i++) {
        if (pred->terms[i]->kind != FB_TERM_VAR || pred->terms[i]->var != definition->bound[i]) {
            return false;
        }
    }
    return true;
}

/* A form that joins two, or the one that there is; NULL when memory ran out. */
static struct fb_form *joined(const struct fb_inc_site *site, enum fb_form_kind kind,
    struct fb_form *left, const struct fb_form *right)
{
    struct fb_form *one = (struct fb_form *)(uintptr_t)right;
    if (!left) {
        return one;
    }
    struct fb_form *both = FB_ARENA_NEW(&site->inc->arena, struct fb_form);
    if (both) {
        *both = (struct fb_form){.kind = kind, .span = left->span, .left = left, .right = one};
    }
    return both;
}

/* What a definition says as "left SINCE right". */
struct parts {
    const struct fb_form *definition;
    struct fb_form *left;
    struct fb_form *right;
    bool lasts;
    bool failed;
};

/* True when a side keeps the rows of before: the conditions beside become the left side. */
static bool take_lasting(
    const struct fb_inc_site *site, const struct fb_form *form, struct parts *parts)
{
    const struct fb_form *list[FB_IR_CONJUNCTS_MAX];
    size_t self = 0;
    if (fb_form_conjuncts(form) > FB_INC_KILLERS_MAX) {
        return false;
    }
    size_t count = fb_form_conjuncts_list(form, list);
    while (self < count && !is_itself(list[self], parts->definition)) {
        self++;
    }
    for (size_t i = 0; i < count; i++) {
        if (self == count || (i != self && fb_form_reads(list[i], parts->definition))) {
            return false;
        }
    }
    for (size_t i = 0; i < count && !parts->failed; i++) {
        if (i != self) {
            parts->left = joined(site, FB_FORM_AND, parts->left, list[i]);
            parts->failed = !parts->left;
        }
    }
    return true;
}

static void split(const struct fb_inc_site *site, const struct fb_form *form, struct parts *parts)
{
    if (form->kind == FB_FORM_OR) {
        split(site, form->left, parts);
        split(site, form->right, parts);
    } else if (!parts->lasts && take_lasting(site, form, parts)) {
        parts->lasts = true;
    } else if (!parts->failed) {
        parts->right = joined(site, FB_FORM_OR, parts->right, form);
        parts->failed = !parts->right;
    }
}

/* The columns are the parameters, each once. */
static bool columns_fit(const struct fb_form *definition)
{
    fb_vars vars = 0;
    for (size_t i = 0; i < definition->bound_count; i++) {
        if (vars & fb_vars_of(definition->bound[i])) {
            return false;
        }
        vars |= fb_vars_of(definition->bound[i]);
    }
    return true;
}

/* The definition as a SINCE; NULL in *out where its rows do not last, or are read elsewhere. */
static enum fb_code since_of(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_form **out)
{
    struct parts parts = {.definition = form};
    *out = NULL;
    if (site->direct || !columns_fit(form) || !reads_kept(site, form->right, form, false)) {
        return FB_OK;
    }
    split(site, form->left, &parts);
    struct fb_form *since = FB_ARENA_NEW(&site->inc->arena, struct fb_form);
    struct fb_form *always = FB_ARENA_NEW(&site->inc->arena, struct fb_form);
    if (parts.failed || !since || !always) {
        return fb_inc_no_memory(site);
    }
    *always = (struct fb_form){.kind = FB_FORM_TRUE, .span = form->span};
    *since = (struct fb_form){.kind = FB_FORM_SINCE,
        .span = form->span,
        .interval = {0, FB_TIME_MAX},
        .left = parts.left ? parts.left : always,
        .right = parts.right};
    bool fits = parts.lasts && parts.right && reads_only_before(parts.right, form, 0) &&
                fb_form_evaluable(since, 0, NULL) && fb_inc_kept(site, since);
    *out = fits ? since : NULL;
    return FB_OK;
}

/* ---- compiling ---- */

static enum fb_code compile_rows(
    const struct fb_inc_site *site, const struct fb_inc_lasting *lasting, struct fb_inc_node *node)
{
    const struct fb_form *form = lasting->form;
    struct fb_inc_lasting own = {
        form, lasting->since, node, NULL, lasting->outer, ++site->inc->lastings};
    struct fb_inc_site inside = *site;
    inside.given = 0;
    inside.busy = 0;
    inside.blind = true;
    inside.lasting = &own;
    node->lasts = true;
    node->vars = FB_ARENA_ARRAY(&site->inc->arena, uint32_t, form->bound_count + 1);
    node->child = fb_inc_new_node(site, FB_INC_SCRATCH, lasting->since, 0);
    if (!node->vars || !node->child) {
        return fb_inc_no_memory(site);
    }
    FB_ASSERT(node->width == form->bound_count);
    for (size_t i = 0; i < form->bound_count; i++) {
        node->vars[i] = form->bound[i];
    }
    fb_inc_set_init(&node->child->set, node->width);
    enum fb_code code = fb_inc_compile_part(&inside, lasting->since->right, &node->op);
    code = code ? code : fb_inc_compile_killers(&inside, node);
    return code ? code : fb_inc_enter_stage(site, node);
}

enum fb_code fb_inc_read_lasting(
    const struct fb_inc_site *site, const struct fb_inc_lasting *lasting, struct fb_inc_op *op)
{
    FB_ASSERT(site && lasting && op);
    const struct fb_form *since = lasting->since;
    struct fb_inc_node *node = lasting->node ? lasting->node : *lasting->made;
    enum fb_code code = FB_OK;
    op->kind = FB_INC_LAST;
    while (!lasting->node && node && (node->stage != site->stage || node->shift != site->shift)) {
        node = node->twin;
    }
    if (site->direct) {
        return fb_inc_unsupported(site, lasting->form, "there are too many operators over time");
    }
    if (!node) {
        node = fb_inc_new_node(site, FB_INC_PAST, since, fb_form_vars(since->right));
        if (!node) {
            return fb_inc_no_memory(site);
        }
        node->twin = *lasting->made;
        *lasting->made = node;
        code = compile_rows(site, lasting, node);
    }
    op->node = node;
    return code;
}

enum fb_code fb_inc_compile_lasting(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out, bool *fits)
{
    FB_ASSERT(site && form->kind == FB_FORM_LETPAST && out && fits);
    struct fb_form *since = NULL;
    enum fb_code code = since_of(site, form, &since);
    *fits = code == FB_OK && since;
    if (!*fits) {
        return code;
    }
    struct fb_inc_node *made = NULL;
    struct fb_inc_lasting lasting = {
        form, since, NULL, &made, site->lasting, ++site->inc->lastings};
    struct fb_inc_site inside = *site;
    inside.lasting = &lasting;
    return fb_inc_compile_part(&inside, form->right, out);
}

/* ---- running ---- */

static bool keep_new(void *ctx, struct fb_inc *inc)
{
    struct fb_inc_node *node = ctx;
    struct fb_cell row[FB_IR_VARS_MAX];
    bool added;
    fb_inc_take_row(inc, node->vars, node->width, row);
    return fb_inc_set_put(&node->child->set, row, &inc->memory, &added) != FB_INC_NONE;
}

/* What is new is found while the node has the rows of before, which it may read. */
bool fb_inc_update_lasting(struct fb_inc *inc, struct fb_inc_node *node)
{
    FB_ASSERT(inc && node->lasts);
    struct fb_inc_set *rows = &node->child->set;
    fb_inc_set_clear(rows);
    if (!fb_inc_run(inc, node->op, (struct fb_inc_then){keep_new, node}) ||
        !fb_inc_kill(inc, node)) {
        return false;
    }
    for (uint32_t i = 0; i < rows->slot_count; i++) {
        if (!fb_inc_put_past(inc, node, fb_inc_set_row(rows, i), rows->slots[i].hash)) {
            return false;
        }
    }
    return true;
}

bool fb_inc_last(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op->kind == FB_INC_LAST);
    const struct fb_inc_set *set = &op->node->set;
    struct fb_cell key[FB_IR_ARITY_MAX];
    if (op->index < 0) {
        for (uint32_t i = 0; i < set->slot_count; i++) {
            if (set->slots[i].live && fb_inc_fits(inc, op, fb_inc_set_row(set, i)) &&
                !then.fn(then.ctx, inc)) {
                return false;
            }
        }
        return true;
    }
    size_t index = (size_t)op->index;
    fb_inc_known_cells(inc, op, fb_inc_known_columns(op), key);
    for (uint32_t slot = fb_inc_set_first(set, index, key); slot != FB_INC_NONE;
         slot = fb_inc_set_next(set, index, key, slot)) {
        if (fb_inc_fits(inc, op, fb_inc_set_row(set, slot)) && !then.fn(then.ctx, inc)) {
            return false;
        }
    }
    return true;
}

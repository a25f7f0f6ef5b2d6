/* The checker of duties: the formulas that it asks about, and what of a row is due to corrections.
 */
#include <string.h>

#include "base/assert.h"
#include "proof/check_parts.h"
#include "proof/duty_parts.h"

struct fb_form *fb_form_node(
    struct fb_arena *arena, enum fb_form_kind kind, const struct fb_form *left)
{
    struct fb_form *form = FB_ARENA_NEW(arena, struct fb_form);
    if (form) {
        form->kind = kind;
        form->left = (struct fb_form *)left;
    }
    return form;
}

const struct fb_form *fb_form_two(struct fb_arena *arena, enum fb_form_kind kind,
    const struct fb_form *left, const struct fb_form *right)
{
    if (left && right && (left->kind == FB_FORM_FALSE || right->kind == FB_FORM_FALSE)) {
        bool first = (left->kind == FB_FORM_FALSE) == (kind == FB_FORM_AND);
        return first ? left : right;
    }
    struct fb_form *form = left && right ? fb_form_node(arena, kind, left) : NULL;
    if (form) {
        form->right = (struct fb_form *)right;
    }
    return form;
}

/* A copy of a node over another operand. */
static const struct fb_form *over(
    const struct fb_form *form, const struct fb_form *left, struct fb_arena *arena)
{
    if (left && left->kind == FB_FORM_FALSE) {
        return left;
    }
    struct fb_form *copy = left ? fb_form_node(arena, form->kind, left) : NULL;
    if (copy) {
        *copy = *form;
        copy->left = (struct fb_form *)left;
    }
    return copy;
}

/* What binds no variable: no tuple of it begins, or is taken back. */
static bool binds_nothing(const struct fb_form *form)
{
    switch ((int)form->kind) {
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
    case FB_FORM_NOT:
    case FB_FORM_HISTORICALLY:
        return true;
    default:
        return false;
    }
}

const struct fb_form *fb_form_begins(const struct fb_form *form, struct fb_arena *arena)
{
    struct fb_form *copy;
    switch ((int)form->kind) {
    case FB_FORM_PRED:
        copy = form->definition ? NULL : fb_form_node(arena, form->kind, NULL);
        if (copy) {
            *copy = *form;
            copy->occurs = true;
        }
        return copy;
    case FB_FORM_AND:
        return fb_form_two(arena, FB_FORM_OR,
            fb_form_two(arena, FB_FORM_AND, fb_form_begins(form->left, arena), form->right),
            fb_form_two(arena, FB_FORM_AND, form->left, fb_form_begins(form->right, arena)));
    case FB_FORM_OR:
        return fb_form_two(arena, FB_FORM_OR, fb_form_begins(form->left, arena),
            fb_form_begins(form->right, arena));
    case FB_FORM_EXISTS:
        return over(form, fb_form_begins(form->left, arena), arena);
    case FB_FORM_ONCE:
        return form->interval.low == 0 ? fb_form_begins(form->left, arena)
                                       : fb_form_node(arena, FB_FORM_FALSE, NULL);
    case FB_FORM_SINCE:
        return form->interval.low == 0 ? fb_form_begins(form->right, arena)
                                       : fb_form_node(arena, FB_FORM_FALSE, NULL);
    case FB_FORM_PREVIOUS:
        return fb_form_node(arena, FB_FORM_FALSE, NULL);
    default:
        return binds_nothing(form) ? fb_form_node(arena, FB_FORM_FALSE, NULL) : NULL;
    }
}

const struct fb_form *fb_form_closed(
    const struct fb_form *form, uint64_t known, struct fb_arena *arena)
{
    uint64_t open = fb_check_vars(form) & ~known;
    struct fb_form *all = open ? fb_form_node(arena, FB_FORM_EXISTS, form) : NULL;
    uint32_t *vars = all ? FB_ARENA_ARRAY(arena, uint32_t, FB_IR_VARS_MAX) : NULL;
    if (!open || !vars) {
        return open ? NULL : form;
    }
    for (uint32_t v = 0; v < FB_IR_VARS_MAX; v++) {
        if (open >> v & 1) {
            vars[all->bound_count++] = v;
        }
    }
    all->bound = vars;
    return all;
}

bool fb_form_is_plain(const struct fb_form *form)
{
    switch ((int)form->kind) {
    case FB_FORM_PRED:
        return form->definition == NULL;
    case FB_FORM_AND:
    case FB_FORM_OR:
        return fb_form_is_plain(form->left) && fb_form_is_plain(form->right);
    case FB_FORM_EXISTS:
    case FB_FORM_ONCE:
    case FB_FORM_PREVIOUS:
        return fb_form_is_plain(form->left);
    case FB_FORM_SINCE:
        return fb_form_is_plain(form->right);
    default:
        return binds_nothing(form);
    }
}

bool fb_form_may_rest(const struct fb_form *form, const struct fb_tuple *tuple,
    const struct fb_value *values, uint64_t hidden)
{
    for (size_t i = 0; form->kind == FB_FORM_EXISTS && i < form->bound_count; i++) {
        hidden |= (uint64_t)1 << form->bound[i];
    }
    if (form->kind != FB_FORM_PRED) {
        return (form->left && fb_form_may_rest(form->left, tuple, values, hidden)) ||
               (form->right && fb_form_may_rest(form->right, tuple, values, hidden));
    }
    bool fits = form->relation == tuple->relation;
    for (size_t i = 0; fits && i < form->term_count; i++) {
        const struct fb_term *term = form->terms[i];
        if (term->kind == FB_TERM_CONST) {
            fits = fb_value_eq(term->value, tuple->values[i]);
        } else if (term->kind == FB_TERM_VAR && !(hidden >> term->var & 1)) {
            fits = fb_value_eq(values[term->var], tuple->values[i]);
        }
    }
    return fits;
}

/* The formula over relations of which the corrections are left out, wherever it rests on one: they
 * have the numbers behind those of the signature. NULL: as fb_form_begins. */
static const struct fb_form *without(
    const struct fb_form *form, size_t relations, struct fb_arena *arena)
{
    struct fb_form *copy = fb_form_node(arena, form->kind, NULL);
    if (!copy) {
        return NULL;
    }
    *copy = *form;
    switch ((int)form->kind) {
    case FB_FORM_PRED:
        copy->relation += (uint32_t)relations;
        return form->definition ? NULL : copy;
    case FB_FORM_AND:
    case FB_FORM_OR:
        return fb_form_two(arena, form->kind, without(form->left, relations, arena),
            without(form->right, relations, arena));
    case FB_FORM_EXISTS:
    case FB_FORM_ONCE:
    case FB_FORM_PREVIOUS:
        return over(form, without(form->left, relations, arena), arena);
    case FB_FORM_SINCE:
        copy->right = (struct fb_form *)without(form->right, relations, arena);
        return copy->right ? copy : NULL;
    default:
        return binds_nothing(form) ? copy : NULL;
    }
}

/* The trace, with each relation a second time without the corrections after an instant. */
static enum fb_code double_trace(struct fb_recount *r, fb_time until, struct fb_trace *out)
{
    const struct fb_trace *trace = &r->trace;
    size_t relations = trace->signature->count;
    struct fb_signature *signature = FB_ARENA_NEW(r->arena, struct fb_signature);
    struct fb_relation *all = FB_ARENA_ARRAY(r->arena, struct fb_relation, 2 * relations);
    struct fb_tuple *tuples = FB_ARENA_ARRAY(r->arena, struct fb_tuple, 2 * trace->tuple_count);
    if (!signature || !all || !tuples) {
        return fb_arena_failed(r->arena, r->err);
    }
    memcpy(all, trace->signature->relations, relations * sizeof(*all));
    for (size_t i = 0; i < relations; i++) {
        all[relations + i] = all[i];
        all[relations + i].name =
            fb_arena_printf(r->arena, "%.*s, not corrected", FB_STR_ARG(all[i].name));
    }
    *signature = (struct fb_signature){all, 2 * relations};
    size_t count = 0;
    for (size_t i = 0; i < trace->tuple_count; i++) {
        const struct fb_tuple *tuple = &trace->tuples[i];
        tuples[count++] = *tuple;
        if (!tuple->correction || trace->times[tuple->from] <= until) {
            tuples[count] = *tuple;
            tuples[count++].relation += (uint32_t)relations;
        }
    }
    *out = *trace;
    out->signature = signature;
    out->tuples = tuples;
    out->tuple_count = count;
    out->starts = NULL;
    return FB_OK;
}

/* Whether a row of the trigger holds at tp by what no correction after `until` says. */
static enum fb_code holds_without(
    struct fb_recount *r, const struct fb_value *row, size_t tp, fb_time until, bool *out)
{
    const struct fb_form *form = without(r->trigger, r->trace.signature->count, r->arena);
    struct fb_trace *trace = FB_ARENA_NEW(r->arena, struct fb_trace);
    if (!form || !trace) {
        return fb_arena_failed(r->arena, r->err);
    }
    struct fb_question question = {.about = "without corrections",
        .trace = trace,
        .form = form,
        .values = row,
        .var_count = r->duty->var_count,
        .known = r->bound,
        .result = -1,
        .tp = tp};
    struct fb_answer answer = {0};
    enum fb_code code = double_trace(r, until, trace);
    code = code ? code : fb_recount_ask(r, &question, &answer);
    *out = answer.holds;
    return code;
}

/* The next instant after `after` at which a correction began that a row at tp may rest on;
 * FB_TIME_MAX: there is none. */
static fb_time next_correction(
    const struct fb_recount *r, const struct fb_value *row, size_t tp, fb_time after)
{
    fb_time next = FB_TIME_MAX;
    for (size_t i = 0; i < r->correction_count; i++) {
        const struct fb_tuple *tuple = r->corrections[i];
        if (tuple->from <= tp && r->trace.times[tuple->from] > after &&
            r->trace.times[tuple->from] < next && fb_form_may_rest(r->trigger, tuple, row, 0)) {
            next = r->trace.times[tuple->from];
        }
    }
    return next;
}

enum fb_code fb_recount_corrected(
    struct fb_recount *r, const struct fb_value *row, size_t tp, fb_time *out)
{
    fb_time until = FB_TIME_MIN;
    fb_time next = next_correction(r, row, tp, until);
    bool holds = false;
    enum fb_code code = FB_OK;
    while (code == FB_OK && next != FB_TIME_MAX) {
        code = holds_without(r, row, tp, until, &holds);
        if (holds) {
            break;
        }
        until = next;
        next = next_correction(r, row, tp, until);
    }
    *out = until;
    return code;
}

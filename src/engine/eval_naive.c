/*
 * The naive evaluator: each case below is the definition of its operator. What is bound already is
 * passed down, so that negation and comparison become filters; nothing is remembered between
 * time-points.
 */
#include <string.h>

#include "base/assert.h"
#include "base/limit.h"
#include "engine/access.h"
#include "engine/table.h"

/* Room for what holds() throws away again. */
enum { SCRATCH_MAX = 1 << 28 };

static bool bound_in(const struct fb_env *env, uint32_t var)
{
    return (env->bound & fb_vars_of(var)) != 0;
}

static struct fb_env env_of(const struct fb_env *env, fb_vars more, const struct fb_value *values)
{
    return (struct fb_env){.bound = env->bound | more, .values = values};
}

/* Adds the row that binds nothing more than env does. */
static enum fb_code add_unit(
    const struct fb_eval *ev, const struct fb_env *env, struct fb_why *why, struct fb_table *out)
{
    struct fb_row row = fb_row_new(ev, env->values);
    if (ev->var_count && !row.values) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    row.why = why;
    return fb_table_add(ev, out, row);
}

/* Binds the columns of a tuple; false when they do not fit. Arithmetic comes after the variables
 * that it may read. */
bool fb_eval_fits(const struct fb_form *pred, const struct fb_value *tuple,
    const struct fb_env *env, struct fb_value *values)
{
    fb_vars bound = env->bound;
    for (size_t i = 0; i < pred->term_count; i++) {
        const struct fb_term *term = pred->terms[i];
        if (term->kind == FB_TERM_CONST && !fb_value_eq(term->value, tuple[i])) {
            return false;
        }
        if (term->kind != FB_TERM_VAR) {
            continue;
        }
        fb_vars var = fb_vars_of(term->var);
        if ((bound & var) && !fb_value_eq(values[term->var], tuple[i])) {
            return false;
        }
        bound |= var;
        values[term->var] = tuple[i];
    }
    for (size_t i = 0; i < pred->term_count; i++) {
        if (pred->terms[i]->kind <= FB_TERM_CONST) {
            continue;
        }
        char room[FB_TERM_ROOM];
        struct fb_value v = fb_term_value_in(pred->terms[i], values, room);
        if (v.type == FB_TYPE_NONE || !fb_value_eq(v, tuple[i])) {
            return false;
        }
    }
    return true;
}

/* Adds the row of a tuple that holds, when it fits. */
static enum fb_code take_tuple(const struct fb_eval *ev, const struct fb_form *form,
    const struct fb_env *env, const struct fb_tuple *tuple, struct fb_table *out)
{
    struct fb_value values[FB_IR_VARS_MAX];
    memcpy(values, env->values, ev->var_count * sizeof(*values));
    if (!fb_eval_fits(form, tuple->values, env, values)) {
        return FB_OK;
    }
    struct fb_row row = fb_row_new(ev, values);
    row.why = ev->explain ? fb_why_tuple(ev, form, tuple) : NULL;
    if ((ev->var_count && !row.values) || (ev->explain && !row.why)) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    row.newest = tuple->from + 1;
    row.corrected = tuple->correction ? fb_trace_time(ev->trace, tuple->from) : FB_TIME_MIN;
    return fb_table_add(ev, out, row);
}

enum fb_code fb_eval_tuples(const struct fb_eval *ev, const struct fb_form *pred, size_t tp,
    const struct fb_env *env, struct fb_tuples *out)
{
    const struct fb_trace *trace = ev->trace;
    FB_ASSERT(pred->kind == FB_FORM_PRED && pred->relation < trace->signature->count);
    FB_ASSERT(pred->term_count == trace->signature->relations[pred->relation].arity);
    *out = (struct fb_tuples){.trace = trace, .pred = pred, .tp = tp, .indexed = ev->access};
    if (!ev->access) {
        fb_trace_range(trace, tp, &out->at, &out->end);
        return FB_OK;
    }
    struct fb_value columns[FB_IR_ARITY_MAX];
    uint64_t known = fb_form_known(pred, env->bound, env->values, columns);
    return fb_access_find(ev->access, pred->relation, known, columns, &out->found, ev->err);
}

const struct fb_tuple *fb_tuples_next(struct fb_tuples *tuples)
{
    const struct fb_form *pred = tuples->pred;
    for (;;) {
        size_t at = tuples->indexed ? fb_access_next(&tuples->found) : tuples->at++;
        if (tuples->indexed ? at == FB_ACCESS_NONE : at >= tuples->end) {
            return NULL;
        }
        const struct fb_tuple *tuple = &tuples->trace->tuples[at];
        if (tuple->relation == pred->relation && tuple->from <= tuples->tp &&
            tuples->tp < tuple->until && (!pred->occurs || tuple->from == tuples->tp)) {
            return tuple;
        }
    }
}

static enum fb_code eval_pred(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, struct fb_table *out)
{
    if (form->definition) {
        return fb_eval_defined(ev, form, tp, env, out);
    }
    struct fb_tuples tuples;
    enum fb_code code = fb_eval_tuples(ev, form, tp, env, &tuples);
    for (const struct fb_tuple *tuple; !code && (tuple = fb_tuples_next(&tuples)) != NULL;) {
        code = take_tuple(ev, form, env, tuple, out);
    }
    return code;
}

/* Equality and order hold of no NONE, and order only within a type (all numbers are one). */
static bool compare(const struct fb_form *form, const struct fb_value *values)
{
    char rooms[2][FB_TERM_ROOM];
    struct fb_value a = fb_term_value_in(form->terms[0], values, rooms[0]);
    struct fb_value b = fb_term_value_in(form->terms[1], values, rooms[1]);
    bool numbers = (a.type == FB_TYPE_INT || a.type == FB_TYPE_FLOAT) &&
                   (b.type == FB_TYPE_INT || b.type == FB_TYPE_FLOAT);
    if (a.type == FB_TYPE_NONE || b.type == FB_TYPE_NONE || (a.type != b.type && !numbers)) {
        return false;
    }
    int order = fb_value_cmp(a, b);
    if (form->kind == FB_FORM_EQ) {
        return order == 0;
    }
    return form->kind == FB_FORM_LESS ? order < 0 : order <= 0;
}

bool fb_form_true(const struct fb_form *form, const struct fb_value *values)
{
    FB_ASSERT(form && fb_form_timeless(form));
    if (form->kind == FB_FORM_NOT) {
        return !fb_form_true(form->left, values);
    }
    if (form->kind == FB_FORM_AND || form->kind == FB_FORM_OR) {
        bool left = fb_form_true(form->left, values);
        return left == (form->kind == FB_FORM_OR) ? left : fb_form_true(form->right, values);
    }
    return form->kind == FB_FORM_TRUE || (form->kind != FB_FORM_FALSE && compare(form, values));
}

/* A value whose text lives as long as the rows. */
static enum fb_code keep(const struct fb_eval *ev, struct fb_value value, struct fb_value *out)
{
    *out = value;
    return value.type == FB_TYPE_STRING
               ? fb_arena_str(ev->arena, value.u.text, &out->u.text, ev->err)
               : FB_OK;
}

/* SUBSTRING and MATCHES, which may bind the variables of its groups. */
static enum fb_code eval_text(const struct fb_eval *ev, const struct fb_form *form,
    const struct fb_env *env, struct fb_table *out)
{
    struct fb_value values[FB_IR_VARS_MAX];
    bool holds = false;
    memcpy(values, env->values, ev->var_count * sizeof(*values));
    enum fb_code code = fb_eval_text(ev, form, env->bound, values, &holds);
    if (code || !holds) {
        return code;
    }
    struct fb_env found = {.bound = env->bound, .values = values};
    struct fb_why *why = ev->explain ? fb_why_new(ev->arena, "a text matches") : NULL;
    if (ev->explain && !why) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    return add_unit(ev, &found, why, out);
}

/* A comparison filters; an equation with one open side binds it. */
static enum fb_code eval_compare(const struct fb_eval *ev, const struct fb_form *form,
    const struct fb_env *env, struct fb_table *out)
{
    FB_ASSERT(form->term_count == 2);
    struct fb_value values[FB_IR_VARS_MAX];
    memcpy(values, env->values, ev->var_count * sizeof(*values));
    fb_vars bound = env->bound;
    for (int side = 0; side < 2 && form->kind == FB_FORM_EQ; side++) {
        const struct fb_term *open = form->terms[side];
        if (open->kind == FB_TERM_VAR && !(bound & fb_vars_of(open->var))) {
            char room[FB_TERM_ROOM];
            enum fb_code code =
                keep(ev, fb_term_value_in(form->terms[1 - side], values, room), &values[open->var]);
            bound |= fb_vars_of(open->var);
            if (code) {
                return code;
            }
        }
    }
    if (!compare(form, values)) {
        return FB_OK;
    }
    struct fb_why *why = ev->explain ? fb_why_compare(ev, form, values) : NULL;
    if (ev->explain && !why) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    struct fb_env found = {.bound = bound, .values = values};
    return add_unit(ev, &found, why, out);
}

enum fb_code fb_eval_holds(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, bool *out)
{
    FB_ASSERT(ev && form && out);
    if (ev->quick && form->sealed == form && form->still) {
        return fb_eval_truth(ev, form, tp, env, out);
    }
    struct fb_arena scratch;
    fb_arena_init(&scratch, fb_limit(SCRATCH_MAX));
    struct fb_eval quiet = *ev;
    quiet.arena = &scratch;
    quiet.explain = false;
    struct fb_table table = {0};
    enum fb_code code = fb_eval_form(&quiet, form, tp, env, &table);
    if (code == FB_OK) {
        *out = table.count > 0;
    }
    fb_arena_release(&scratch);
    return code;
}

static enum fb_code eval_not(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, struct fb_table *out)
{
    bool holds = false;
    enum fb_code code = fb_eval_holds(ev, form->left, tp, env, &holds);
    if (code || holds) {
        return code;
    }
    struct fb_why *why = ev->explain ? fb_why_absent(ev, form->left, env) : NULL;
    if (ev->explain && !why) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    return add_unit(ev, env, why, out);
}

/* Adds `found` joined to the reasons of `before`. */
static enum fb_code add_joined(const struct fb_eval *ev, const struct fb_row *before,
    struct fb_row found, struct fb_table *out)
{
    bool failed = false;
    if (ev->explain) {
        found.why = fb_why_both(ev, before->why, found.why, &failed);
    }
    if (failed) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    fb_row_rests(&found, before);
    return fb_table_add(ev, out, found);
}

/* All rows of form under each row of `in`, which binds `bound`. */
static enum fb_code join(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    fb_vars bound, const struct fb_table *in, struct fb_table *out)
{
    for (size_t i = 0; i < in->count; i++) {
        struct fb_env env = {.bound = bound, .values = in->rows[i].values};
        struct fb_table found = {0};
        enum fb_code code = fb_eval_form(ev, form, tp, &env, &found);
        for (size_t k = 0; code == FB_OK && k < found.count; k++) {
            code = add_joined(ev, &in->rows[i], found.rows[k], out);
        }
        if (code) {
            return code;
        }
    }
    return FB_OK;
}

static enum fb_code not_evaluable(const struct fb_eval *ev, const struct fb_form *form)
{
    (void)fb_err_set(ev->err, FB_E_POLICY, "a formula is outside the monitorable fragment");
    fb_err_place(ev->err, NULL, form->span.line, form->span.column, -1);
    return FB_E_POLICY;
}

/* Takes the first conjunct that can be evaluated, until none is left; see check_and. */
static enum fb_code eval_and(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, struct fb_table *out)
{
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    size_t count = fb_form_conjuncts(form);
    if (count > FB_IR_CONJUNCTS_MAX) {
        return not_evaluable(ev, form);
    }
    count = fb_form_conjuncts_list(form, parts);
    struct fb_table rows = {0};
    fb_vars bound = env->bound;
    enum fb_code code = FB_OK;
    for (bool first = true; code == FB_OK && count > 0; first = false) {
        size_t i = 0;
        while (i < count && !fb_form_can(parts[i], bound)) {
            i++;
        }
        if (i == count) {
            return not_evaluable(ev, form);
        }
        struct fb_table next = {0};
        struct fb_table *into = count == 1 ? out : &next;
        code = first ? fb_eval_form(ev, parts[i], tp, env, into)
                     : join(ev, parts[i], tp, bound, &rows, into);
        bound |= fb_form_vars(parts[i]);
        rows = next;
        memmove(&parts[i], &parts[i + 1], (--count - i) * sizeof(parts[0]));
    }
    return code;
}

static enum fb_code eval_or(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, struct fb_table *out)
{
    enum fb_code code = fb_eval_form(ev, form->left, tp, env, out);
    return code ? code : fb_eval_form(ev, form->right, tp, env, out);
}

/* The variables that are bound here hide those of the same number outside. */
static enum fb_code eval_exists(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, struct fb_table *out)
{
    struct fb_env inner = *env;
    struct fb_value values[FB_IR_VARS_MAX];
    memcpy(values, env->values, ev->var_count * sizeof(*values));
    for (size_t i = 0; i < form->bound_count; i++) {
        inner.bound &= ~fb_vars_of(form->bound[i]);
        values[form->bound[i]] = fb_value_none();
    }
    inner.values = values;
    struct fb_table found = {0};
    enum fb_code code = fb_eval_form(ev, form->left, tp, &inner, &found);
    for (size_t i = 0; code == FB_OK && i < found.count; i++) {
        for (size_t k = 0; k < form->bound_count; k++) {
            uint32_t var = form->bound[k];
            found.rows[i].values[var] = bound_in(env, var) ? env->values[var] : fb_value_none();
        }
        code = fb_table_add(ev, out, found.rows[i]);
    }
    return code;
}

bool fb_eval_within(const struct fb_eval *ev, const struct fb_form *form, size_t i, size_t j)
{
    fb_time a = ev->trace->times[i < j ? i : j];
    fb_time b = ev->trace->times[i < j ? j : i];
    FB_ASSERT(a <= b);
    int64_t distance;
    if (__builtin_sub_overflow(b, a, &distance)) {
        distance = INT64_MAX;
    }
    return distance >= form->interval.low &&
           (form->interval.high == FB_TIME_MAX || distance <= form->interval.high);
}

static enum fb_code eval_neighbour(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, struct fb_table *out)
{
    bool back = form->kind == FB_FORM_PREVIOUS;
    if (back ? tp == 0 : tp + 1 >= ev->trace->time_count) {
        return FB_OK;
    }
    size_t there = back ? tp - 1 : tp + 1;
    return fb_eval_within(ev, form, tp, there) ? fb_eval_form(ev, form->left, there, env, out)
                                               : FB_OK;
}

/* Sets *out when left holds at all time-points strictly between j and tp, and at tp itself for
 * SINCE, or from tp up to before j for UNTIL. */
static enum fb_code all_between(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    size_t j, const struct fb_env *env, bool *out)
{
    size_t from = form->kind == FB_FORM_SINCE ? j + 1 : tp;
    size_t until = form->kind == FB_FORM_SINCE ? tp + 1 : j;
    *out = true;
    for (size_t k = from; k < until && *out; k++) {
        enum fb_code code = fb_eval_holds(ev, form->left, k, env, out);
        if (code) {
            return code;
        }
    }
    return FB_OK;
}

/* The rows of the right side at j that the left side carries to tp. */
static enum fb_code eval_anchor(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    size_t j, const struct fb_env *env, struct fb_table *out)
{
    bool binary = form->kind == FB_FORM_SINCE || form->kind == FB_FORM_UNTIL;
    const struct fb_form *anchor = binary ? form->right : form->left;
    struct fb_table found = {0};
    enum fb_code code = fb_eval_form(ev, anchor, j, env, &found);
    for (size_t i = 0; code == FB_OK && i < found.count; i++) {
        struct fb_env with = env_of(env, fb_form_vars(anchor), found.rows[i].values);
        bool carried = true;
        if (binary) {
            code = all_between(ev, form, tp, j, &with, &carried);
        }
        if (code == FB_OK && carried) {
            code = fb_table_add(ev, out, found.rows[i]);
        }
    }
    return code;
}

/* ONCE, SINCE (backwards) and EVENTUALLY, UNTIL (forwards): the nearest witness is kept. */
static enum fb_code eval_some(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, struct fb_table *out)
{
    bool back = form->kind == FB_FORM_ONCE || form->kind == FB_FORM_SINCE;
    size_t count = back ? tp + 1 : ev->trace->time_count - tp;
    struct fb_form whole = *form;
    whole.interval.low = 0;
    for (size_t i = 0; i < count; i++) {
        size_t j = back ? tp - i : tp + i;
        if (!fb_eval_within(ev, &whole, tp, j)) {
            break; /* all that follow lie still further away */
        }
        if (!fb_eval_within(ev, form, tp, j)) {
            continue;
        }
        enum fb_code code = eval_anchor(ev, form, tp, j, env, out);
        if (code) {
            return code;
        }
    }
    return FB_OK;
}

/* HISTORICALLY and ALWAYS: nothing is bound here, so they only filter. */
static enum fb_code eval_every(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, struct fb_table *out)
{
    bool back = form->kind == FB_FORM_HISTORICALLY;
    size_t from = back ? 0 : tp;
    size_t until = back ? tp + 1 : ev->trace->time_count;
    for (size_t j = from; j < until; j++) {
        bool holds = true;
        enum fb_code code =
            fb_eval_within(ev, form, tp, j) ? fb_eval_holds(ev, form->left, j, env, &holds) : FB_OK;
        if (code || !holds) {
            return code;
        }
    }
    struct fb_why *why = ev->explain ? fb_why_new(ev->arena, "a condition held throughout") : NULL;
    if (ev->explain && !why) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    return add_unit(ev, env, why, out);
}

/* The row of one group: the groups' values and the result, on top of env. */
static enum fb_code add_group(const struct fb_eval *ev, const struct fb_form *form,
    const struct fb_env *env, struct fb_row *const *rows, size_t count, struct fb_table *out)
{
    struct fb_value result;
    enum fb_code code = fb_agg_apply(ev, form->agg, form->agg_over, rows, count, &result);
    if (code) {
        return code;
    }
    uint32_t var = form->agg_result;
    if (count == 0 && result.type == FB_TYPE_NONE) {
        result = form->agg_nothing;
    }
    bool differs = bound_in(env, var) && !fb_value_eq(env->values[var], result);
    if (result.type == FB_TYPE_NONE || differs) {
        return FB_OK;
    }
    struct fb_row row = fb_row_new(ev, env->values);
    if (!row.values) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    for (size_t i = 0; count > 0 && i < form->bound_count; i++) {
        row.values[form->bound[i]] = rows[0]->values[form->bound[i]];
    }
    row.values[var] = result;
    if (ev->explain) {
        row.why = fb_why_new(ev->arena, "an aggregate over %zu rows", count);
    }
    for (size_t i = 0; i < count; i++) {
        fb_row_rests(&row, rows[i]);
        fb_why_add(row.why, fb_why_copy(ev, rows[i]->why));
    }
    if (ev->explain && !row.why) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    return fb_table_add(ev, out, row);
}

static bool same_group(const struct fb_form *form, const struct fb_row *a, const struct fb_row *b)
{
    for (size_t i = 0; i < form->bound_count; i++) {
        if (!fb_value_eq(a->values[form->bound[i]], b->values[form->bound[i]])) {
            return false;
        }
    }
    return true;
}

/* Of the context only the groups reach the condition: its other variables are its own. */
static enum fb_code eval_aggregate(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, struct fb_table *out)
{
    struct fb_env inner = {0};
    struct fb_value values[FB_IR_VARS_MAX] = {0};
    for (size_t i = 0; i < form->bound_count; i++) {
        uint32_t var = form->bound[i];
        if (bound_in(env, var)) {
            inner.bound |= fb_vars_of(var);
            values[var] = env->values[var];
        }
    }
    inner.values = values;
    struct fb_table found = {0};
    enum fb_code code = fb_eval_form(ev, form->left, tp, &inner, &found);
    if (code) {
        return code;
    }
    if (found.count == 0 && form->bound_count == 0) {
        return add_group(ev, form, env, NULL, 0, out);
    }
    struct fb_row **group = FB_ARENA_ARRAY(ev->arena, struct fb_row *, found.count);
    bool *done = FB_ARENA_ARRAY(ev->arena, bool, found.count);
    if (!group || !done) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    for (size_t i = 0; code == FB_OK && i < found.count; i++) {
        size_t count = 0;
        for (size_t k = i; !done[i] && k < found.count; k++) {
            if (!done[k] && same_group(form, &found.rows[i], &found.rows[k])) {
                group[count++] = &found.rows[k];
                done[k] = k != i;
            }
        }
        code = count ? add_group(ev, form, env, group, count, out) : FB_OK;
    }
    return code;
}

/* A condition that binds nothing, where nobody asks what its rows rest on. */
static bool only_filters(const struct fb_eval *ev, const struct fb_form *form, fb_vars bound)
{
    return ev->bare && form->sealed == form && form->still && (form->free & ~bound) == 0;
}

enum fb_code fb_eval_form(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, struct fb_table *out)
{
    FB_ASSERT(ev && form && env && out);
    FB_ASSERT(tp < ev->trace->time_count);
    if (only_filters(ev, form, env->bound)) {
        bool holds = false;
        enum fb_code code = fb_eval_truth(ev, form, tp, env, &holds);
        return code || !holds ? code : add_unit(ev, env, NULL, out);
    }
    switch (form->kind) {
    case FB_FORM_TRUE:
        return add_unit(ev, env, NULL, out);
    case FB_FORM_FALSE:
        return FB_OK;
    case FB_FORM_PRED:
        return eval_pred(ev, form, tp, env, out);
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
        return eval_compare(ev, form, env, out);
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
        return eval_text(ev, form, env, out);
    case FB_FORM_NOT:
        return eval_not(ev, form, tp, env, out);
    case FB_FORM_AND:
        return eval_and(ev, form, tp, env, out);
    case FB_FORM_OR:
        return eval_or(ev, form, tp, env, out);
    case FB_FORM_EXISTS:
        return eval_exists(ev, form, tp, env, out);
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
        return eval_neighbour(ev, form, tp, env, out);
    case FB_FORM_ONCE:
    case FB_FORM_EVENTUALLY:
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
        return eval_some(ev, form, tp, env, out);
    case FB_FORM_HISTORICALLY:
    case FB_FORM_ALWAYS:
        return eval_every(ev, form, tp, env, out);
    case FB_FORM_AGGREGATE:
        return eval_aggregate(ev, form, tp, env, out);
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
        return fb_eval_match(ev, form, tp, env, out);
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        return fb_eval_definition(ev, form, tp, env, out);
    }
    FB_ASSERT(false);
    return FB_OK;
}

/* fb_eval_naive, with or without reasons. */
static enum fb_code eval_naive(const struct fb_form *form, struct fb_eval *ev, size_t tp,
    const struct fb_row *given, struct fb_table *out)
{
    FB_ASSERT(form && ev->trace && ev->arena);
    FB_ASSERT(ev->var_count <= FB_IR_VARS_MAX && tp < ev->trace->time_count);
    struct fb_value values[FB_IR_VARS_MAX] = {0};
    struct fb_env env = {.values = values};
    for (uint32_t i = 0; given && i < ev->var_count; i++) {
        values[i] = given->values[i];
        env.bound |= values[i].type == FB_TYPE_NONE ? 0 : fb_vars_of(i);
    }
    if (!fb_form_evaluable(form, env.bound, ev->err)) {
        return FB_E_POLICY;
    }
    struct fb_table table = {0};
    enum fb_code code = fb_eval_form(ev, form, tp, &env, &table);
    if (code == FB_OK) {
        *out = table;
    }
    return code;
}

enum fb_code fb_eval_naive(const struct fb_form *form, const struct fb_trace *trace, size_t tp,
    size_t var_count, const struct fb_row *given, struct fb_arena *arena, struct fb_table *out,
    struct fb_err *err)
{
    struct fb_eval ev = {
        .trace = trace, .var_count = var_count, .arena = arena, .explain = true, .err = err};
    FB_ASSERT(out);
    return eval_naive(form, &ev, tp, given, out);
}

enum fb_code fb_eval_naive_rows(const struct fb_form *form, const struct fb_trace *trace, size_t tp,
    size_t var_count, const struct fb_row *given, struct fb_arena *arena, struct fb_table *out,
    struct fb_err *err)
{
    struct fb_eval ev = {.trace = trace, .var_count = var_count, .arena = arena, .err = err};
    FB_ASSERT(out);
    return eval_naive(form, &ev, tp, given, out);
}

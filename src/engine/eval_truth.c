/*
 * Whether a formula holds, without its rows: conjuncts are tried one after the other under each
 * tuple of the one before, and the first way through ends the search. The answer is that of the
 * naive evaluator, whose rows it would be counted by; there is no order in which it could differ,
 * since a formula that is still raises no error but for want of memory.
 */
#include <string.h>

#include "base/assert.h"
#include "base/limit.h"
#include "engine/table.h"

enum { SCRATCH_MAX = 1 << 28 };

/* Conjuncts still to take, and what is bound so far. */
struct search {
    const struct fb_eval *ev;
    size_t tp;
    struct fb_value values[FB_IR_VARS_MAX];
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    size_t count;
};

static enum fb_code take_next(struct search *search, fb_vars bound, bool *out);

/* Goes on with one conjunct more. */
static enum fb_code with(
    struct search *search, const struct fb_form *form, fb_vars bound, bool *out)
{
    FB_ASSERT(search->count < FB_IR_CONJUNCTS_MAX);
    search->parts[search->count++] = form;
    enum fb_code code = take_next(search, bound, out);
    search->count--;
    return code;
}

static enum fb_code take_tuples(
    struct search *search, const struct fb_form *pred, fb_vars bound, bool *out)
{
    const struct fb_env env = {.bound = bound, .values = search->values};
    fb_vars vars = fb_form_vars(pred);
    struct fb_tuples tuples;
    enum fb_code code = fb_eval_tuples(search->ev, pred, search->tp, &env, &tuples);
    for (const struct fb_tuple *tuple;
         !code && !*out && (tuple = fb_tuples_next(&tuples)) != NULL;) {
        if (fb_eval_fits(pred, tuple->values, &env, search->values)) {
            code = take_next(search, bound | vars, out);
            if ((vars & ~bound) == 0) {
                break; /* another tuple would bind the same */
            }
        }
    }
    return code;
}

/* Any other part: by its rows. */
static enum fb_code take_rows(
    struct search *search, const struct fb_form *form, fb_vars bound, bool *out)
{
    struct fb_arena scratch;
    fb_arena_init(&scratch, fb_limit(SCRATCH_MAX));
    struct fb_eval ev = *search->ev;
    ev.arena = &scratch;
    ev.explain = false;
    ev.bare = false; /* or it would come back here */
    const struct fb_env env = {.bound = bound, .values = search->values};
    struct fb_table rows = {0};
    enum fb_code code = fb_eval_form(&ev, form, search->tp, &env, &rows);
    for (size_t i = 0; code == FB_OK && !*out && i < rows.count; i++) {
        memcpy(search->values, rows.rows[i].values, ev.var_count * sizeof(*search->values));
        code = take_next(search, bound | fb_form_vars(form), out);
    }
    fb_arena_release(&scratch);
    return code;
}

static enum fb_code take_either(
    struct search *search, const struct fb_form *form, fb_vars bound, bool *out)
{
    enum fb_code code = with(search, form->left, bound, out);
    return code || *out ? code : with(search, form->right, bound, out);
}

/* A part that binds nothing: whether it holds, or with `negated` does not. */
static enum fb_code filter(
    struct search *search, const struct fb_form *form, fb_vars bound, bool negated, bool *out)
{
    const struct fb_env env = {.bound = bound, .values = search->values};
    bool holds = false;
    enum fb_code code = fb_eval_truth(search->ev, form, search->tp, &env, &holds);
    return code || holds == negated ? code : take_next(search, bound, out);
}

/* The variables that are bound here hide those of the same number outside. */
static enum fb_code take_exists(
    struct search *search, const struct fb_form *form, fb_vars bound, bool *out)
{
    fb_vars inner = bound;
    for (size_t i = 0; i < form->bound_count; i++) {
        inner &= ~fb_vars_of(form->bound[i]);
    }
    const struct fb_env env = {.bound = inner, .values = search->values};
    bool holds = false;
    enum fb_code code = fb_eval_truth(search->ev, form->left, search->tp, &env, &holds);
    return code || !holds ? code : take_next(search, bound, out);
}

static enum fb_code take(
    struct search *search, const struct fb_form *form, fb_vars bound, bool *out)
{
    bool closed = (fb_form_vars(form) & ~bound) == 0;
    enum fb_code code;
    if (closed && form->timeless) {
        return fb_form_true(form, search->values) ? take_next(search, bound, out) : FB_OK;
    }
    if (form->kind == FB_FORM_AND &&
        search->count + fb_form_conjuncts(form) <= FB_IR_CONJUNCTS_MAX) {
        /* All at once: a half of them may want what the other half binds. */
        size_t before = search->count;
        search->count += fb_form_conjuncts_list(form, search->parts + before);
        code = take_next(search, bound, out);
        search->count = before;
        return code;
    }
    if (form->kind == FB_FORM_PRED) {
        return take_tuples(search, form, bound, out);
    }
    if (form->kind == FB_FORM_NOT) {
        return filter(search, form->left, bound, true, out);
    }
    if (form->kind == FB_FORM_EXISTS && closed) {
        return take_exists(search, form, bound, out);
    }
    if (form->kind == FB_FORM_OR) {
        return closed && search->count > 0 ? filter(search, form, bound, false, out)
                                           : take_either(search, form, bound, out);
    }
    return take_rows(search, form, bound, out);
}

/* Takes the first conjunct that can be evaluated, and puts it back. */
static enum fb_code take_next(struct search *search, fb_vars bound, bool *out)
{
    size_t i = 0;
    if (search->count == 0) {
        *out = true;
        return FB_OK;
    }
    while (i < search->count && !fb_form_can(search->parts[i], bound)) {
        i++;
    }
    if (i == search->count) {
        return fb_err_set(
            search->ev->err, FB_E_POLICY, "a formula is outside the monitorable fragment");
    }
    const struct fb_form *form = search->parts[i];
    search->parts[i] = search->parts[--search->count];
    enum fb_code code = take(search, form, bound, out);
    search->parts[search->count++] = search->parts[i];
    search->parts[i] = form;
    return code;
}

enum fb_code fb_eval_truth(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, bool *out)
{
    FB_ASSERT(ev && form && env && out);
    FB_ASSERT(form->still && tp < ev->trace->time_count);
    struct search search; /* large, and written as far as it is used */
    search.ev = ev;
    search.tp = tp;
    search.parts[0] = form;
    search.count = 1;
    memcpy(search.values, env->values, ev->var_count * sizeof(*search.values));
    *out = false;
    return take_next(&search, env->bound, out);
}

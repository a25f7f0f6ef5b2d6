/*
 * duty_fresh.c: of the rows of a trigger those that may be new at a time-point.
 *
 * Without operators over time and aggregations, what holds of a row hangs on the tuples that agree
 * with it in some atom. A row that could not be taken at the time-point before and can now agrees
 * with a tuple that begins or ends between the two; so the trigger is asked under what such a tuple
 * binds, and the cost of a run is that of its changes and not that of its time-points times its
 * rows. A row that could be taken before was: taking it again changes nothing, unless a correction
 * takes a trigger away, for which all rows of a time-point must be known.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/limit.h"
#include "engine/duty.h"

/* Of an atom a tuple changes at most so many times. */
enum { CHANGES = 3 };

/* The formulas that have a say about whether a row is taken: not what discharges it. */
static const struct fb_form *form_at(const struct fb_duty *duty, size_t n)
{
    const struct fb_form *const first[] = {duty->when, duty->given, duty->during};
    size_t count = sizeof(first) / sizeof(first[0]);
    return n < count ? first[n] : duty->within[n - count].guard;
}

static size_t form_count(const struct fb_duty *duty)
{
    return 3 + duty->within_count;
}

static bool suits(const struct fb_duty_run *run)
{
    struct fb_form_names all = {0, 0}, names;
    bool good = run->ev.quick && run->key && !run->corrections && !run->duty->after &&
                run->ev.trace->tuple_count >= fb_limit(FB_DUTY_FRESH_MIN);
    for (size_t i = 0; good && i < form_count(run->duty); i++) {
        const struct fb_form *form = form_at(run->duty, i);
        good = !form || (form->sealed == form && form->still && fb_form_names(form, &names) &&
                            fb_form_names_join(&all, names));
    }
    return good;
}

static int order_changes(const void *a, const void *b)
{
    const struct fb_duty_change *x = a, *y = b;
    if (x->tp != y->tp) {
        return x->tp < y->tp ? -1 : 1;
    }
    return x->tuple < y->tuple ? -1 : x->tuple > y->tuple;
}

enum fb_code fb_duty_list_changes(struct fb_duty_run *run)
{
    FB_ASSERT(run);
    const struct fb_trace *trace = run->ev.trace;
    if (!suits(run)) {
        return FB_OK;
    }
    struct fb_duty_change *changes =
        FB_ARENA_ARRAY(run->ev.arena, struct fb_duty_change, CHANGES * trace->tuple_count + 1);
    if (!changes) {
        return fb_arena_failed(run->ev.arena, run->ev.err);
    }
    size_t count = 0;
    for (size_t i = 0; i < trace->tuple_count; i++) {
        const struct fb_tuple *tuple = &trace->tuples[i];
        /* At from + 1 an atom that asks for its beginning no longer holds. */
        const size_t points[CHANGES] = {tuple->from, tuple->until, tuple->from + 1};
        for (size_t k = 0; k < CHANGES; k++) {
            bool again = k > 0 && points[k] == points[k - 1];
            if (points[k] < run->tp_count && !again) {
                changes[count++] = (struct fb_duty_change){points[k], i};
            }
        }
    }
    qsort(changes, count, sizeof(*changes), order_changes);
    run->changes = changes;
    run->change_count = count;
    return FB_OK;
}

/* The rows in the making. */
struct fresh {
    const struct fb_duty_run *run;
    const struct fb_eval *ev;
    size_t tp;
    const struct fb_env *key;
    const struct fb_tuple *tuple; /* that changed */
    struct fb_table *out;
    fb_vars asked; /* what was bound when the trigger was asked last */
    struct fb_value values[FB_IR_VARS_MAX];
    bool is_asked;
};

/* What a tuple binds in an atom; false when they do not agree. A column that is computed agrees
 * with everything: that asks once too often. */
static bool bind(
    const struct fresh *f, const struct fb_form *atom, fb_vars *bound, struct fb_value *values)
{
    for (size_t i = 0; i < atom->term_count; i++) {
        const struct fb_term *term = atom->terms[i];
        struct fb_value value = f->tuple->values[i];
        if (term->kind == FB_TERM_CONST && !fb_value_eq(term->value, value)) {
            return false;
        }
        fb_vars var = term->kind == FB_TERM_VAR ? fb_vars_of(term->var) & f->run->bound : 0;
        if ((*bound & var) && !fb_value_eq(values[term->var], value)) {
            return false;
        }
        if (var) {
            *bound |= var;
            values[term->var] = value;
        }
    }
    return true;
}

/* Asks the trigger under what the tuple binds in an atom, unless that was the last question. */
static enum fb_code ask(struct fresh *f, const struct fb_form *atom)
{
    struct fb_value values[FB_IR_VARS_MAX];
    size_t count = f->ev->var_count;
    fb_vars bound = f->key->bound;
    memcpy(values, f->key->values, sizeof(values));
    if (!bind(f, atom, &bound, values)) {
        return FB_OK;
    }
    if (f->is_asked && f->asked == bound && fb_row_cmp(f->values, values, count) == 0) {
        return FB_OK;
    }
    f->is_asked = true;
    f->asked = bound;
    memcpy(f->values, values, sizeof(values));
    const struct fb_env env = {.bound = bound, .values = values};
    return fb_duty_trigger(f->run, f->ev, f->tp, &env, f->out);
}

static enum fb_code ask_atoms(struct fresh *f, const struct fb_form *form)
{
    if (!form) {
        return FB_OK;
    }
    if (form->kind == FB_FORM_PRED) {
        return form->relation == f->tuple->relation ? ask(f, form) : FB_OK;
    }
    enum fb_code code = ask_atoms(f, form->left);
    return code ? code : ask_atoms(f, form->right);
}

/* The first change at a time-point or later. */
static size_t change_at(const struct fb_duty_run *run, size_t tp)
{
    size_t low = 0, high = run->change_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (run->changes[middle].tp < tp) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

enum fb_code fb_duty_fresh(const struct fb_duty_run *run, const struct fb_eval *ev, size_t tp,
    const struct fb_env *key, struct fb_table *out)
{
    FB_ASSERT(run && run->changes && ev && key && out);
    struct fresh f = {.run = run, .ev = ev, .tp = tp, .key = key, .out = out};
    enum fb_code code = FB_OK;
    size_t i = change_at(run, tp);
    for (; code == FB_OK && i < run->change_count && run->changes[i].tp == tp; i++) {
        f.tuple = &run->ev.trace->tuples[run->changes[i].tuple];
        for (size_t n = 0; code == FB_OK && n < form_count(run->duty); n++) {
            code = ask_atoms(&f, form_at(run->duty, n));
        }
    }
    return code;
}

/* What slices of a duty need: its formulas, the time-points, and whether there can be any. */
#include "base/assert.h"
#include "base/limit.h"
#include "engine/duty.h"
#include "engine/slice_cut.h"

enum { SCRATCH_MAX = 1 << 28 };

/* The most formulas that look at an obligation. */
static size_t forms_max(const struct fb_duty *duty)
{
    size_t count = 0;
    for (; duty; duty = duty->after) {
        count += fb_duty_form_count(duty);
    }
    return count;
}

static size_t add_form(const struct fb_form *form, const struct fb_form **list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == form) {
            return count;
        }
    }
    if (form) {
        list[count++] = form;
    }
    return count;
}

/* The formulas beside the trigger that have a say about what became of an obligation. */
static size_t asides_of(
    const struct fb_duty *duty, const struct fb_access *access, const struct fb_form **out)
{
    size_t count = 0;
    for (; duty; duty = duty->after) {
        for (size_t i = FB_DUTY_TRIGGER; i < fb_duty_form_count(duty); i++) {
            const struct fb_form *form = fb_duty_form(duty, i);
            count = fb_walk_meets(form, access) ? add_form(form, out, count) : count;
        }
    }
    return count;
}

/* The formulas that look at an obligation, trigger first; then those of the duties whose discharge
 * it follows, which share some with it: each once. */
static size_t forms_of(const struct fb_duty *duty, const struct fb_form **out)
{
    size_t count = 0;
    for (; duty; duty = duty->after) {
        for (size_t i = 0; i < fb_duty_form_count(duty); i++) {
            count = add_form(fb_duty_form(duty, i), out, count);
        }
    }
    return count;
}

static void find_times(struct fb_cutter *s)
{
    const struct fb_trace *trace = s->trace;
    fb_time effective = s->query->program->effective;
    if (trace->by_time) {
        size_t end = fb_tp_of_time(s->query->now) + 1;
        s->tp_count = end < trace->time_count ? end : trace->time_count;
        s->effective = fb_tp_of_time(effective);
        return;
    }
    size_t low = 0, high = trace->time_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trace->times[middle] <= s->query->now) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    s->tp_count = low;
    size_t at = 0;
    for (high = trace->time_count; at < high;) {
        size_t middle = at + (high - at) / 2;
        if (trace->times[middle] < effective) {
            at = middle + 1;
        } else {
            high = middle;
        }
    }
    bool there = at < trace->time_count && trace->times[at] == effective;
    s->effective = there ? at : SIZE_MAX;
    /* Without that time-point the runner would add it, to a slice at another place. */
    s->whole = s->whole || (!there && at > 0);
}

/* How many of the formulas of forms_of are the trigger, which every other one is walked after. */
static size_t trigger_forms(const struct fb_duty *duty)
{
    return duty->given && duty->given != duty->when ? 2 : 1;
}

/* The parameters that the trigger does not bind one by one. */
static fb_vars params_open(const struct fb_duty *duty)
{
    fb_vars params = 0;
    for (uint32_t i = 0; i < duty->param_count; i++) {
        params |= fb_vars_of(i);
    }
    fb_vars binds = fb_walk_binds(duty->when, 0, params);
    if (duty->given && (params & ~binds)) {
        binds |= fb_walk_binds(duty->given, binds, params);
    }
    return params & ~binds;
}

enum fb_code fb_cut_init(struct fb_cutter *s, const struct fb_duty_query *query,
    struct fb_arena *arena, struct fb_err *err)
{
    const struct fb_duty *duty = query->duty;
    FB_ASSERT(query->program && query->access && duty && duty->when);
    FB_ASSERT(!query->only || query->only_param < duty->param_count);
    *s = (struct fb_cutter){.query = query, .trace = fb_access_trace(query->access), .err = err};
    size_t most = forms_max(duty);
    const struct fb_form **forms = fb_arena_array(arena, 2 * most, sizeof(const struct fb_form *));
    if (!forms) {
        return fb_arena_failed(arena, err);
    }
    s->asides = forms + most;
    s->aside_count = asides_of(duty, query->access, s->asides);
    size_t count = forms_of(duty, forms), nodes = 0;
    for (size_t i = 0; i < count; i++) {
        nodes += fb_form_nodes(forms[i]);
        s->all_times = s->all_times || fb_form_timed(forms[i]);
    }
    for (uint32_t i = 0; i < duty->param_count; i++) {
        s->params |= fb_vars_of(i);
    }
    s->whole = params_open(duty) || !fb_walk_possible(forms, count, trigger_forms(duty)) ||
               !fb_access_distinct(query->access);
    find_times(s);
    if (s->trace->by_time && (s->whole || s->all_times)) {
        return fb_err_set(err, FB_E_UNSUPPORTED, "duty '%.*s' cannot be cut out of what grows",
            FB_STR_ARG(duty->name));
    }
    enum fb_code code = fb_walk_init(&s->walk, query->access, nodes, arena, err);
    s->walk.foreseen = s->params;
    return code ? code : fb_cut_rows_init(s, arena);
}

/* ---- what a duty has to be weighed against ---- */

/* A predicate or an equation that shares a variable with those that were reached is reached, too:
 * it is found by its value. */
static fb_vars reach_on(const struct fb_form *form, fb_vars reached)
{
    fb_vars all = 0;
    if (!form) {
        return reached;
    }
    for (size_t i = 0; form->kind == FB_FORM_PRED && i < form->term_count; i++) {
        all |= form->terms[i]->kind == FB_TERM_VAR ? fb_vars_of(form->terms[i]->var) : 0;
    }
    if (form->kind == FB_FORM_EQ) {
        all = fb_term_vars(form->terms[0]) | fb_term_vars(form->terms[1]);
    }
    reached |= all & reached ? all : 0;
    return reach_on(form->right, reach_on(form->left, reached));
}

/* Takes the predicates that are not reached off *nth; the one at which it ends. */
static const struct fb_form *find_loose(const struct fb_form *form, fb_vars reached, size_t *nth)
{
    if (!form) {
        return NULL;
    }
    if (form->kind == FB_FORM_PRED && !(fb_form_vars(form) & reached)) {
        return (*nth)-- == 0 ? form : NULL;
    }
    const struct fb_form *left = find_loose(form->left, reached, nth);
    return left ? left : find_loose(form->right, reached, nth);
}

/* The variables of the first predicate that has some: where a search begins. */
static fb_vars first_vars(const struct fb_form *form)
{
    if (!form || form->kind == FB_FORM_PRED) {
        return form ? fb_form_vars(form) : 0;
    }
    fb_vars left = first_vars(form->left);
    return left ? left : first_vars(form->right);
}

const struct fb_form *fb_duty_loose(const struct fb_duty *duty, size_t nth)
{
    size_t count = fb_duty_form_count(duty);
    fb_vars reached = first_vars(duty->when), before;
    const struct fb_form *found = NULL;
    FB_ASSERT(duty->when);
    do {
        before = reached;
        for (size_t i = 0; i < count; i++) {
            reached = reach_on(fb_duty_form(duty, i), reached);
        }
    } while (reached != before);
    for (size_t i = 0; i < count && !found; i++) {
        found = find_loose(fb_duty_form(duty, i), reached, &nth);
    }
    return found;
}

enum fb_code fb_duty_slicing(const struct fb_duty *duty, enum fb_slicing *out, struct fb_err *err)
{
    struct fb_arena own;
    bool over_time = false;
    FB_ASSERT(duty && duty->when && out);
    fb_arena_init(&own, fb_limit(SCRATCH_MAX));
    const struct fb_form **forms =
        fb_arena_array(&own, forms_max(duty), sizeof(const struct fb_form *));
    if (!forms) {
        enum fb_code code = fb_arena_failed(&own, err);
        fb_arena_release(&own);
        return code;
    }
    size_t count = forms_of(duty, forms);
    for (size_t i = 0; i < count; i++) {
        over_time = over_time || fb_form_timed(forms[i]);
    }
    *out = params_open(duty)                                      ? FB_WHOLE_BY_PARAMS
           : !fb_walk_possible(forms, count, trigger_forms(duty)) ? FB_WHOLE_BY_NAMES
           : over_time                                            ? FB_SLICED_AT_ALL_TIMES
                                                                  : FB_SLICED;
    fb_arena_release(&own);
    return FB_OK;
}

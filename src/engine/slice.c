#include "engine/slice.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/limit.h"
#include "engine/duty.h"
#include "engine/slice_cut.h"

enum { SCRATCH_MAX = 1 << 28, FIRST_KEYS = 64 };

/* Memory of one run besides its results. */
#define SLICER_MAX ((size_t)16 << 30)

/* The bindings that a duty may be owed for, each once, in the order in which they were found. */
struct keys {
    struct fb_value **items;
    size_t count;
    size_t cap;
    uint32_t *slots; /* 1 + index */
    uint64_t *hashes;
    size_t slot_count;
};

/* One duty at work. */
struct slicer {
    struct fb_cutter cut;
    struct fb_arena *arena; /* of the slicer */
    bool whole;             /* cannot be sliced: the duty runs over everything at once */
    struct keys keys;
};

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

/* ---- keys ---- */

static uint64_t hash_key(const struct fb_value *values, size_t count)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < count; i++) {
        hash = (hash + fb_value_hash(values[i])) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return hash;
}

static size_t key_slot(
    const struct keys *keys, const struct fb_value *values, size_t count, uint64_t hash)
{
    size_t at = hash & (keys->slot_count - 1);
    while (keys->slots[at]) {
        size_t i = keys->slots[at] - 1;
        if (keys->hashes[i] == hash && fb_row_cmp(keys->items[i], values, count) == 0) {
            break;
        }
        at = (at + 1) & (keys->slot_count - 1);
    }
    return at;
}

/* Doubles the room of the keys and their table. */
static bool grow_keys(struct slicer *s)
{
    struct keys *keys = &s->keys, bigger = *keys;
    bigger.cap = keys->cap ? 2 * keys->cap : FIRST_KEYS;
    bigger.slot_count = 2 * bigger.cap;
    bigger.items = fb_arena_array(s->arena, bigger.cap, sizeof(struct fb_value *));
    bigger.hashes = FB_ARENA_ARRAY(s->arena, uint64_t, bigger.cap);
    bigger.slots = FB_ARENA_ARRAY(s->arena, uint32_t, bigger.slot_count);
    if (!bigger.items || !bigger.hashes || !bigger.slots) {
        return false;
    }
    for (size_t i = 0; i < keys->count; i++) {
        bigger.items[i] = keys->items[i];
        bigger.hashes[i] = keys->hashes[i];
        size_t at = bigger.hashes[i] & (bigger.slot_count - 1);
        while (bigger.slots[at]) {
            at = (at + 1) & (bigger.slot_count - 1);
        }
        bigger.slots[at] = (uint32_t)i + 1;
    }
    *keys = bigger;
    return true;
}

/* A valuation of the trigger without time: its parameters are a key. */
static enum fb_code found_key(struct fb_walk *walk, fb_vars bound)
{
    struct slicer *s = walk->ctx;
    struct keys *keys = &s->keys;
    size_t count = s->cut.query->duty->param_count;
    FB_ASSERT((s->cut.params & ~bound) == 0);
    if (keys->count == keys->cap && !grow_keys(s)) {
        return fb_arena_failed(s->arena, s->cut.err);
    }
    uint64_t hash = hash_key(walk->values, count);
    size_t at = key_slot(keys, walk->values, count, hash);
    if (keys->slots[at]) {
        return FB_OK;
    }
    if (keys->count >= fb_limit(FB_DUTY_OWED_MAX)) {
        return fb_err_set(s->cut.err, FB_E_LIMIT, "duty '%.*s' may be owed more than %d times",
            FB_STR_ARG(s->cut.query->duty->name), FB_DUTY_OWED_MAX);
    }
    struct fb_value *key = FB_ARENA_ARRAY(s->arena, struct fb_value, count);
    if (!key) {
        return fb_arena_failed(s->arena, s->cut.err);
    }
    memcpy(key, walk->values, count * sizeof(*key));
    keys->items[keys->count] = key;
    keys->hashes[keys->count] = hash;
    keys->slots[at] = (uint32_t)++keys->count;
    return FB_OK;
}

static enum fb_code find_keys(struct slicer *s)
{
    const struct fb_duty_query *query = s->cut.query;
    const struct fb_form *parts[2] = {query->duty->when, query->duty->given};
    fb_vars bound = query->only ? fb_vars_of(query->only_param) : 0;
    enum fb_code code = FB_OK;
    s->cut.walk.found = found_key;
    s->cut.walk.ctx = s;
    s->cut.walk.enough = s->cut.params;
    for (size_t i = 0; code == FB_OK && i < (query->only ? query->only_count : 1); i++) {
        if (query->only) {
            s->cut.walk.values[query->only_param] = query->only[i];
        }
        code = fb_walk_run(&s->cut.walk, parts, parts[1] ? 2 : 1, bound);
    }
    s->cut.walk.enough = 0;
    return code;
}

/* ---- runs ---- */

static void find_times(struct slicer *s)
{
    const struct fb_trace *trace = s->cut.trace;
    fb_time effective = s->cut.query->program->effective;
    if (trace->by_time) {
        size_t end = fb_tp_of_time(s->cut.query->now) + 1;
        s->cut.tp_count = end < trace->time_count ? end : trace->time_count;
        s->cut.effective = fb_tp_of_time(effective);
        return;
    }
    size_t low = 0, high = trace->time_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trace->times[middle] <= s->cut.query->now) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    s->cut.tp_count = low;
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
    s->cut.effective = there ? at : SIZE_MAX;
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
    fb_vars binds = fb_walk_binds(duty->when, 0);
    binds |= duty->given ? fb_walk_binds(duty->given, binds) : 0;
    return params & ~binds;
}

static enum fb_code slicer_init(
    struct slicer *s, const struct fb_duty_query *query, struct fb_arena *arena, struct fb_err *err)
{
    const struct fb_duty *duty = query->duty;
    FB_ASSERT(query->program && query->access && duty && duty->when);
    FB_ASSERT(!query->only || query->only_param < duty->param_count);
    *s = (struct slicer){
        .cut = {.query = query, .trace = fb_access_trace(query->access), .err = err},
        .arena = arena};
    size_t most = forms_max(duty);
    const struct fb_form **forms = fb_arena_array(arena, 2 * most, sizeof(const struct fb_form *));
    if (!forms) {
        return fb_arena_failed(arena, err);
    }
    s->cut.asides = forms + most;
    s->cut.aside_count = asides_of(duty, query->access, s->cut.asides);
    size_t count = forms_of(duty, forms), nodes = 0;
    for (size_t i = 0; i < count; i++) {
        nodes += fb_walk_nodes(forms[i]);
        s->cut.all_times = s->cut.all_times || fb_walk_temporal(forms[i]);
    }
    for (uint32_t i = 0; i < duty->param_count; i++) {
        s->cut.params |= fb_vars_of(i);
    }
    s->whole = params_open(duty) || !fb_walk_possible(forms, count, trigger_forms(duty)) ||
               !fb_access_distinct(query->access);
    find_times(s);
    if (s->cut.trace->by_time && (s->whole || s->cut.all_times)) {
        return fb_err_set(err, FB_E_UNSUPPORTED, "duty '%.*s' cannot be cut out of what grows",
            FB_STR_ARG(duty->name));
    }
    enum fb_code code = fb_walk_init(&s->cut.walk, query->access, nodes, arena, err);
    return code;
}

/* The results in the making, and the place at which each was found. */
struct results {
    struct fb_obligation *items;
    size_t count;
    size_t cap;
    struct fb_arena *arena;
};

/* A text that a run made is copied, one of the trace is borrowed. */
static enum fb_code keep_text(
    const struct fb_arena *run, struct fb_str *text, struct fb_arena *arena, struct fb_err *err)
{
    return fb_arena_has(run, text->ptr) ? fb_arena_str(arena, *text, text, err) : FB_OK;
}

/* Adds an obligation that a run found, out of the run's memory. */
static enum fb_code keep(struct slicer *s, const struct fb_arena *run,
    const struct fb_obligation *item, struct results *out)
{
    const struct fb_duty *duty = s->cut.query->duty;
    if (out->count >= fb_limit(FB_DUTY_OWED_MAX)) {
        return fb_err_set(s->cut.err, FB_E_LIMIT, "duty '%.*s' is owed more than %d times",
            FB_STR_ARG(duty->name), FB_DUTY_OWED_MAX);
    }
    if (out->count == out->cap) {
        size_t cap = out->cap ? 2 * out->cap : 16;
        struct fb_obligation *grown = FB_ARENA_ARRAY(out->arena, struct fb_obligation, cap);
        if (!grown) {
            return fb_arena_failed(out->arena, s->cut.err);
        }
        if (out->count) {
            memcpy(grown, out->items, out->count * sizeof(*grown));
        }
        out->items = grown;
        out->cap = cap;
    }
    struct fb_value *values = FB_ARENA_ARRAY(out->arena, struct fb_value, duty->var_count);
    if (!values) {
        return fb_arena_failed(out->arena, s->cut.err);
    }
    memcpy(values, item->bindings, duty->var_count * sizeof(*values));
    struct fb_obligation *kept = &out->items[out->count];
    *kept = *item;
    kept->bindings = values;
    kept->why = NULL;
    enum fb_code code = keep_text(run, &kept->party, out->arena, s->cut.err);
    for (size_t i = 0; i < duty->var_count && code == FB_OK; i++) {
        if (values[i].type == FB_TYPE_STRING) {
            code = keep_text(run, &values[i].u.text, out->arena, s->cut.err);
        }
    }
    out->count += code == FB_OK ? 1 : 0;
    return code;
}

bool fb_duty_wanted(const struct fb_duty_query *query, const struct fb_value *bindings)
{
    FB_ASSERT(query && bindings);
    for (size_t i = 0; query->only && i < query->only_count; i++) {
        if (fb_value_eq(query->only[i], bindings[query->only_param])) {
            return true;
        }
    }
    return !query->only;
}

/* The obligations of one key. */
static enum fb_code run_key(struct slicer *s, const struct fb_value *key, struct results *out)
{
    struct fb_slice slice;
    struct fb_obligations found = {NULL, 0};
    const struct fb_duty_query *query = s->cut.query;
    enum fb_code code = fb_cut(&s->cut, key, &slice);
    /* Without a valuation the trigger holds at no time-point. */
    if (code == FB_OK && s->cut.valuations > 0) {
        struct fb_duty_task task = {
            query->program, query->duty, &slice.trace, query->now, false, true, key};
        code = fb_duty_follow(&task, &slice.arena, &found, s->cut.err);
    }
    for (size_t i = 0; code == FB_OK && i < found.count; i++) {
        /* A slice may hold facts of its neighbours. */
        if (fb_row_cmp(found.items[i].bindings, key, query->duty->param_count) == 0) {
            code = keep(s, &slice.arena, &found.items[i], out);
        }
    }
    fb_arena_release(&slice.arena);
    return code;
}

static enum fb_code run_whole(struct slicer *s, struct results *out)
{
    struct fb_arena scratch;
    struct fb_obligations found = {NULL, 0};
    const struct fb_duty_query *query = s->cut.query;
    struct fb_duty_task task = {
        query->program, query->duty, s->cut.trace, query->now, false, true, NULL};
    fb_arena_init(&scratch, fb_limit(SLICER_MAX));
    enum fb_code code = fb_duty_follow(&task, &scratch, &found, s->cut.err);
    for (size_t i = 0; code == FB_OK && i < found.count; i++) {
        if (fb_duty_wanted(query, found.items[i].bindings)) {
            code = keep(s, &scratch, &found.items[i], out);
        }
    }
    fb_arena_release(&scratch);
    return code;
}

/* An obligation and where it stood before the results were sorted. */
struct ranked {
    struct fb_obligation item;
    size_t rank;
};

/* The order in which they arose: by time, then by the rows of the trigger; breaches of one stay in
 * order. */
static int order_results(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->item.since != y->item.since) {
        return x->item.since < y->item.since ? -1 : 1;
    }
    int order = fb_row_cmp(x->item.bindings, y->item.bindings, x->item.duty->var_count);
    return order ? order : x->rank < y->rank ? -1 : x->rank > y->rank;
}

static enum fb_code sort_results(struct slicer *s, struct results *results)
{
    struct ranked *ranked = FB_ARENA_ARRAY(s->arena, struct ranked, results->count);
    if (!ranked) {
        return fb_arena_failed(s->arena, s->cut.err);
    }
    for (size_t i = 0; i < results->count; i++) {
        ranked[i] = (struct ranked){results->items[i], i};
    }
    if (results->count > 0) {
        qsort(ranked, results->count, sizeof(*ranked), order_results);
    }
    for (size_t i = 0; i < results->count; i++) {
        results->items[i] = ranked[i].item;
    }
    return FB_OK;
}

enum fb_code fb_duty_run(const struct fb_duty_query *query, struct fb_arena *arena,
    struct fb_obligations *out, struct fb_err *err)
{
    FB_ASSERT(query && arena && out);
    struct slicer s;
    struct fb_arena own;
    struct results results = {.arena = arena};
    fb_arena_init(&own, fb_limit(SLICER_MAX));
    enum fb_code code = fb_duty_check(query->duty, err);
    code = code ? code : slicer_init(&s, query, &own, err);
    if (code == FB_OK && !s.whole) {
        code = find_keys(&s);
    }
    if (code == FB_OK && s.whole) {
        code = run_whole(&s, &results);
    } else if (code == FB_OK && s.keys.count > 0) {
        code = fb_access_stamps(query->access, &s.cut.walk.stamps);
        for (size_t i = 0; code == FB_OK && i < s.keys.count; i++) {
            code = run_key(&s, s.keys.items[i], &results);
        }
        code = code ? code : sort_results(&s, &results);
    }
    fb_arena_release(&own);
    if (code == FB_OK) {
        *out = (struct fb_obligations){results.items, results.count};
    }
    return code;
}

/* A chain of reasons, moved out of the memory of a run. What it shares with the trace stays shared.
 * NULL when memory ran out. */
static struct fb_why *keep_why(
    const struct fb_why *why, const struct fb_arena *run, struct fb_arena *arena)
{
    struct fb_why *first = NULL, **end = &first;
    for (; why; why = why->next) {
        struct fb_why *copy = FB_ARENA_NEW(arena, struct fb_why);
        if (!copy) {
            return NULL;
        }
        *copy = *why;
        copy->next = NULL;
        if (fb_arena_has(run, why->text.ptr)) {
            copy->text = fb_arena_printf(arena, "%.*s", FB_STR_ARG(why->text));
        }
        if (why->child && fb_arena_has(run, why->child)) {
            copy->child = keep_why(why->child, run, arena);
        }
        if (!copy->text.ptr || (why->child && !copy->child)) {
            return NULL;
        }
        *end = copy;
        end = &copy->next;
    }
    return first;
}

/* True when two obligations of one duty are the same one. */
static bool same(const struct fb_obligation *a, const struct fb_obligation *b)
{
    return a->since == b->since && a->status == b->status && a->breached == b->breached &&
           a->turn == b->turn && a->twin == b->twin && a->settled == b->settled &&
           fb_str_eq(a->party, b->party) &&
           fb_row_cmp(a->bindings, b->bindings, a->duty->var_count) == 0;
}

enum fb_code fb_duty_explain(const struct fb_duty_query *query, const struct fb_obligation *of,
    struct fb_arena *arena, struct fb_why **out, struct fb_err *err)
{
    FB_ASSERT(query && of && arena && out);
    FB_ASSERT(of->duty == query->duty);
    struct slicer s;
    struct fb_slice slice = {.arena = {.blocks = NULL}};
    struct fb_arena own;
    struct fb_obligations found = {NULL, 0};
    fb_arena_init(&own, fb_limit(SLICER_MAX));
    enum fb_code code = slicer_init(&s, query, &own, err);
    code = code || s.whole ? code : fb_access_stamps(query->access, &s.cut.walk.stamps);
    if (code == FB_OK && !s.whole) {
        code = fb_cut(&s.cut, of->bindings, &slice);
    }
    if (code == FB_OK) {
        struct fb_duty_task task = {query->program, query->duty,
            s.whole ? fb_access_trace(query->access) : &slice.trace, query->now, true, true,
            s.whole ? NULL : of->bindings};
        code = fb_duty_follow(&task, &own, &found, err);
    }
    const struct fb_why *made = NULL;
    for (size_t i = 0; code == FB_OK && i < found.count && !made; i++) {
        made = same(&found.items[i], of) ? found.items[i].why : NULL;
    }
    struct fb_why *why = made ? keep_why(made, &own, arena) : NULL;
    if (made && !why) {
        code = fb_arena_failed(arena, err);
    }
    fb_arena_release(&slice.arena);
    fb_arena_release(&own);
    if (code == FB_OK && !why) {
        code = fb_err_set(err, FB_E_NOT_FOUND, "no obligation of '%.*s' is like this one",
            FB_STR_ARG(query->duty->name));
    }
    *out = code == FB_OK ? why : *out;
    return code;
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
        over_time = over_time || fb_walk_temporal(forms[i]);
    }
    *out = params_open(duty)                                      ? FB_WHOLE_BY_PARAMS
           : !fb_walk_possible(forms, count, trigger_forms(duty)) ? FB_WHOLE_BY_NAMES
           : over_time                                            ? FB_SLICED_AT_ALL_TIMES
                                                                  : FB_SLICED;
    fb_arena_release(&own);
    return FB_OK;
}

/*
 * Which part of a conjunction a walk takes next, and what is left then.
 */
#include "engine/slice_steps.h"

#include <string.h>

#include "base/assert.h"

/* What a part costs, in tuples to look at; parts that bind nothing come last, when they are bound
 * as far as they will be. */
enum { COST_FREE = 0, COST_KEY = 2, COST_CONSTANT = 64, COST_RELATION = 1024 };
enum { FIRST_SLOTS = 32, LOOKUPS_FORESEEN = 64 /* of what may be looked up next */ };
static const size_t cost_last = SIZE_MAX;
static const size_t cost_open = SIZE_MAX - 1; /* wants a variable that another part may bind */

static size_t cost_of_pred(const struct fb_walk *walk, const struct fb_form *pred, fb_vars bound)
{
    size_t count = fb_access_count(walk->access, pred->relation);
    bool constant = false;
    for (size_t i = 0; i < pred->term_count; i++) {
        const struct fb_term *term = pred->terms[i];
        if (term->kind == FB_TERM_VAR && (bound & fb_vars_of(term->var))) {
            return COST_KEY;
        }
        constant = constant || term->kind == FB_TERM_CONST;
    }
    /* What brings the walk to its end at once is worth more than a shorter list. */
    bool ends = walk->enough && (walk->enough & ~(bound | fb_form_vars(pred))) == 0;
    return (constant ? COST_CONSTANT + count / 16 : COST_RELATION + count) / (ends ? 4 : 1);
}

/* True when a part can bind more. The result of an aggregation is never bound: it has a value also
 * where nothing is found, and it hangs on time. */
static bool binds_more(const struct fb_form *form, fb_vars bound)
{
    if (form->kind != FB_FORM_AGGREGATE) {
        return (fb_form_vars(form) & ~bound) != 0;
    }
    for (size_t i = 0; i < form->bound_count; i++) {
        if (!(bound & fb_vars_of(form->bound[i]))) {
            return true;
        }
    }
    return false;
}

/* True when what is bound decides a part. */
static bool decided(const struct fb_form *form, fb_vars bound)
{
    return (fb_form_vars(form) & ~bound) == 0 && fb_form_timeless(form);
}

static size_t cost_of(const struct fb_walk *walk, const struct fb_form *form, fb_vars bound)
{
    size_t left, right;
    if (decided(form, bound)) {
        return COST_FREE;
    }
    switch (form->kind) {
    case FB_FORM_EQ:
        return (fb_term_vars(form->terms[0]) & ~bound) && (fb_term_vars(form->terms[1]) & ~bound)
                   ? cost_open
                   : COST_FREE;
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
        return cost_open;
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
    case FB_FORM_AND:
        return COST_FREE;
    case FB_FORM_PRED:
        return cost_of_pred(walk, form, bound);
    case FB_FORM_OR:
        if (!binds_more(form, bound)) {
            return cost_last;
        }
        left = cost_of(walk, form->left, bound);
        right = cost_of(walk, form->right, bound);
        if (left >= cost_open || right >= cost_open) {
            return left > right ? left : right;
        }
        return left + right;
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
        return binds_more(form, bound) ? cost_of(walk, form->right, bound) : cost_last;
    case FB_FORM_EXISTS:
    case FB_FORM_AGGREGATE:
    case FB_FORM_ONCE:
    case FB_FORM_EVENTUALLY:
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
        return binds_more(form, bound) ? cost_of(walk, form->left, bound) : cost_last;
    case FB_FORM_NOT:
    case FB_FORM_HISTORICALLY:
    case FB_FORM_ALWAYS:
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        return cost_last;
    }
    FB_ASSERT(false);
    return cost_last;
}

/* A step in the making: the parts still to be taken are pending. */
struct making {
    struct fb_walk *walk;
    const struct fb_form **pending;
    size_t count;
    struct fb_step *step;
};

/* Where the walk is after the pending parts, and a part more (NULL: none), with more bound. */
static bool go_on(struct making *m, int n, const struct fb_form *more, fb_vars bound)
{
    size_t count = m->count + (more ? 1 : 0);
    const struct fb_form **parts =
        fb_arena_array(m->walk->arena, count, sizeof(const struct fb_form *));
    if (!parts) {
        return false;
    }
    for (size_t i = 0; i < m->count; i++) {
        parts[i] = m->pending[i];
    }
    if (more) {
        parts[m->count] = more;
    }
    m->step->after[n] = (struct fb_place){parts, count, bound, m->step->place.told};
    return true;
}

/* A part that binds nothing to what others need: its tuples are marked, then the walk goes on. */
static bool aside(struct making *m, const struct fb_form *form, bool needed)
{
    struct fb_step *step = m->step;
    size_t count = m->count;
    step->kind = FB_STEP_ASIDE;
    step->needed = needed;
    bool good = go_on(m, 0, NULL, step->place.bound);
    m->count = 0;
    good = good && go_on(m, 1, form, step->place.bound);
    m->count = count;
    step->after[1].told = false;
    return good;
}

/* True when two steps look for the same. */
static bool same_lookup(const struct fb_step *a, const struct fb_step *b)
{
    bool same = a->form->relation == b->form->relation && a->known == b->known;
    for (uint64_t left = a->known; same && left; left &= left - 1) {
        int i = __builtin_ctzll(left);
        const struct fb_term *x = a->form->terms[i], *y = b->form->terms[i];
        same = x->kind == y->kind &&
               (x->kind == FB_TERM_CONST ? fb_value_eq(x->value, y->value) : x->var == y->var);
    }
    return same;
}

/* Notes a step that looks for tuples by what is foreseen alone, unless another one does. */
static bool note_lookup(struct fb_walk *walk, struct fb_step *step)
{
    fb_vars vars = 0;
    for (uint64_t left = step->known; left; left &= left - 1) {
        const struct fb_term *term = step->form->terms[__builtin_ctzll(left)];
        vars |= term->kind == FB_TERM_VAR ? fb_vars_of(term->var) : 0;
    }
    bool wanted = vars != 0 && !(vars & ~walk->foreseen) && walk->lookup_count < LOOKUPS_FORESEEN;
    for (size_t i = 0; i < walk->lookup_count && wanted; i++) {
        wanted = !same_lookup(walk->lookups[i], step);
    }
    if (wanted && !walk->lookups) {
        walk->lookups = fb_arena_array(walk->arena, LOOKUPS_FORESEEN, sizeof(struct fb_step *));
    }
    if (wanted && walk->lookups) {
        walk->lookups[walk->lookup_count++] = step;
    }
    return !wanted || walk->lookups;
}

static bool tuples(struct making *m, const struct fb_form *pred)
{
    struct fb_step *step = m->step;
    struct fb_value columns[FB_IR_ARITY_MAX];
    fb_vars bound = step->place.bound;
    FB_ASSERT(pred->term_count <= FB_IR_ARITY_MAX);
    if (fb_access_count(m->walk->access, pred->relation) == 0) {
        step->kind = FB_STEP_END;
        return true;
    }
    step->kind = FB_STEP_TUPLES;
    step->known = fb_form_known(pred, bound, m->walk->values, columns);
    for (size_t i = 0; i < pred->term_count; i++) {
        const struct fb_term *term = pred->terms[i];
        bound |= term->kind == FB_TERM_VAR ? fb_vars_of(term->var) : 0;
    }
    return note_lookup(m->walk, step) && go_on(m, 0, NULL, bound);
}

/* An equation binds its open side. */
static bool equation(struct making *m, const struct fb_form *form)
{
    fb_vars bound = m->step->place.bound;
    m->step->kind = FB_STEP_EQUATION;
    for (int side = 0; side < 2; side++) {
        const struct fb_term *term = form->terms[side];
        bool known = (fb_term_vars(form->terms[1 - side]) & ~bound) == 0;
        bound |= term->kind == FB_TERM_VAR && known ? fb_vars_of(term->var) : 0;
    }
    return go_on(m, 0, NULL, bound);
}

/* The anchor, then what must hold between it and here. */
static bool anchor(struct making *m, const struct fb_form *form)
{
    struct fb_form *between = FB_ARENA_NEW(m->walk->arena, struct fb_form);
    if (!between) {
        return false;
    }
    *between = (struct fb_form){.kind = FB_FORM_NOT, .left = form->left};
    m->pending[m->count++] = between;
    m->pending[m->count++] = form->right;
    return true;
}

/* Takes a part out of the pending ones, the cheapest; NULL when none is to be taken. */
static const struct fb_form *pick(struct making *m)
{
    const struct fb_walk *walk = m->walk;
    const struct fb_place *place = &m->step->place;
    size_t best = 0, best_cost = cost_last;
    for (size_t i = 0; i < m->count && best_cost > COST_FREE; i++) {
        size_t cost = cost_of(walk, m->pending[i], place->bound);
        if (cost < best_cost) {
            best = i;
            best_cost = cost;
        }
    }
    /* What costs nothing may end the branch, so it is asked even where enough is bound. */
    bool enough = place->told && walk->enough && (walk->enough & ~place->bound) == 0;
    if (m->count == 0 || (enough && best_cost > COST_FREE)) {
        return NULL;
    }
    const struct fb_form *form = m->pending[best];
    m->pending[best] = m->pending[--m->count];
    return form;
}

/* True when a part that values do not decide holds just where its steps say, or is asked of: others
 * are left out, as comparisons of what is not bound, or are about more than one time-point. */
static bool is_taken_whole(const struct fb_form *form)
{
    switch (form->kind) {
    case FB_FORM_PRED:
        return form->sealed == form && form->plain && !form->definition;
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
    case FB_FORM_EQ:
    case FB_FORM_AND:
    case FB_FORM_OR:
    case FB_FORM_EXISTS:
        return true;
    case FB_FORM_NOT:
        return form->sealed == form && form->still;
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
    case FB_FORM_ONCE:
    case FB_FORM_HISTORICALLY:
    case FB_FORM_EVENTUALLY:
    case FB_FORM_ALWAYS:
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
    case FB_FORM_AGGREGATE:
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        return false;
    }
    FB_ASSERT(false);
    return false;
}

/* What is done with a part: the step is made, or with FB_STEP_MET still to be made of what is
 * pending now. False when memory ran out. */
static bool take(struct making *m, const struct fb_form *form)
{
    struct fb_step *step = m->step;
    fb_vars bound = step->place.bound;
    /* (An aggregation holds also where there is nothing inside it.) */
    bool alone = !step->place.told && m->count == 0 && form->kind != FB_FORM_AGGREGATE;
    bool inside = alone || binds_more(form, bound);
    step->form = form;
    if (decided(form, bound)) {
        step->kind = FB_STEP_TEST;
        return go_on(m, 0, NULL, bound);
    }
    step->exact = step->exact && is_taken_whole(form);
    switch (form->kind) {
    case FB_FORM_TRUE:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
        return true;
    case FB_FORM_FALSE:
        step->kind = FB_STEP_END;
        return true;
    case FB_FORM_EQ:
        return equation(m, form);
    case FB_FORM_PRED:
        return tuples(m, form);
    case FB_FORM_NOT:
    case FB_FORM_HISTORICALLY:
    case FB_FORM_ALWAYS:
        return !m->walk->marking || aside(m, form->left, false);
    case FB_FORM_AND:
        m->pending[m->count++] = form->left;
        m->pending[m->count++] = form->right;
        return true;
    case FB_FORM_OR:
        if (!inside) {
            return !m->walk->marking || aside(m, form, true);
        }
        step->kind = FB_STEP_EITHER;
        return go_on(m, 0, form->left, bound) && go_on(m, 1, form->right, bound);
    case FB_FORM_EXISTS:
    case FB_FORM_AGGREGATE:
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
    case FB_FORM_ONCE:
    case FB_FORM_EVENTUALLY:
        if (!inside) {
            /* An aggregation has a value also where nothing is met. */
            bool needed = form->kind != FB_FORM_AGGREGATE;
            return !m->walk->marking || aside(m, form->left, needed);
        }
        m->pending[m->count++] = form->left;
        return true;
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
        return inside ? anchor(m, form) : !m->walk->marking || aside(m, form, true);
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        break; /* fb_walk_possible says no to these */
    }
    FB_ASSERT(false);
    return true;
}

static struct fb_step *make(struct fb_walk *walk, const struct fb_place *place)
{
    struct making m = {.walk = walk, .pending = walk->pending, .count = place->count};
    m.step = FB_ARENA_NEW(walk->arena, struct fb_step);
    if (!m.step) {
        return NULL;
    }
    for (size_t i = 0; i < place->count; i++) {
        m.pending[i] = place->parts[i];
    }
    m.step->kind = FB_STEP_MET;
    m.step->exact = true;
    m.step->place = *place;
    m.step->marking = walk->marking;
    m.step->enough = walk->enough;
    for (const struct fb_form *form; m.step->kind == FB_STEP_MET && (form = pick(&m)) != NULL;) {
        if (!take(&m, form)) {
            return NULL;
        }
    }
    return m.step;
}

/* ---- the steps of a walk ---- */

static size_t hash_of(const struct fb_walk *walk, const struct fb_place *place)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t hash = place->bound * odd + walk->enough + (place->told ? 1 : 0);
    for (size_t i = 0; i < place->count; i++) {
        hash = (hash ^ hash >> 32 ^ (uint64_t)(uintptr_t)place->parts[i]) * odd;
    }
    return (size_t)(hash ^ hash >> 32);
}

static bool is_at(
    const struct fb_step *step, const struct fb_walk *walk, const struct fb_place *place)
{
    const struct fb_place *own = &step->place;
    bool same = own->count == place->count && own->bound == place->bound &&
                own->told == place->told && step->marking == walk->marking &&
                step->enough == walk->enough;
    for (size_t i = 0; same && i < place->count; i++) {
        same = own->parts[i] == place->parts[i];
    }
    return same;
}

/* Where the step of a place stands, or would. */
static struct fb_step **slot_of(
    const struct fb_walk *walk, const struct fb_place *place, size_t hash)
{
    size_t at = hash & (walk->slot_count - 1);
    while (walk->slots[at] &&
           (walk->slots[at]->hash != hash || !is_at(walk->slots[at], walk, place))) {
        at = (at + 1) & (walk->slot_count - 1);
    }
    return &walk->slots[at];
}

/* Room for one more step; at most half of the slots are used. */
static bool reserve(struct fb_walk *walk)
{
    if (2 * (walk->step_count + 1) <= walk->slot_count) {
        return true;
    }
    struct fb_step **old = walk->slots;
    size_t count = walk->slot_count;
    size_t more = count ? 2 * count : FIRST_SLOTS;
    struct fb_step **slots = fb_arena_array(walk->arena, more, sizeof(struct fb_step *));
    if (!slots) {
        return false;
    }
    walk->slots = slots;
    walk->slot_count = more;
    for (size_t i = 0; i < count; i++) {
        size_t at = old[i] ? old[i]->hash & (more - 1) : 0;
        while (old[i] && slots[at]) {
            at = (at + 1) & (more - 1);
        }
        slots[at] = old[i] ? old[i] : slots[at];
    }
    return true;
}

struct fb_step *fb_step_at(struct fb_walk *walk, const struct fb_place *place)
{
    FB_ASSERT(walk && place);
    if (!reserve(walk)) {
        return NULL;
    }
    size_t hash = hash_of(walk, place);
    struct fb_step **slot = slot_of(walk, place, hash);
    if (!*slot && (*slot = make(walk, place)) != NULL) {
        (*slot)->hash = hash;
        walk->step_count++;
    }
    return *slot;
}

struct fb_step *fb_step_first(struct fb_walk *walk, const struct fb_place *place)
{
    FB_ASSERT(walk && place);
    struct fb_step *step = walk->slot_count ? *slot_of(walk, place, hash_of(walk, place)) : NULL;
    if (step) {
        return step;
    }
    struct fb_place kept = *place;
    const struct fb_form **parts =
        fb_arena_array(walk->arena, place->count, sizeof(const struct fb_form *));
    for (size_t i = 0; parts && i < place->count; i++) {
        parts[i] = place->parts[i];
    }
    kept.parts = parts;
    return parts ? fb_step_at(walk, &kept) : NULL;
}

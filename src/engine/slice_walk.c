#include "engine/slice_walk.h"

#include <string.h>

#include "base/assert.h"
#include "engine/slice_steps.h"

enum { LOOKED_THROUGH = 16 /* marks, a power of two; more are hashed */ };
static enum fb_code walk_from(struct fb_walk *walk, struct fb_step *step);

enum fb_code fb_walk_init(struct fb_walk *walk, struct fb_access *access, size_t nodes,
    struct fb_arena *arena, struct fb_err *err)
{
    FB_ASSERT(walk && access && arena);
    *walk = (struct fb_walk){
        .access = access, .arena = arena, .err = err, .round = 1, .high = FB_TP_MAX, .exact = true};
    /* SINCE and UNTIL add one. */
    walk->pending = fb_arena_array(arena, 2 * nodes + 1, sizeof(const struct fb_form *));
    return walk->pending ? FB_OK : fb_arena_failed(arena, err);
}

void fb_walk_begin(struct fb_walk *walk)
{
    FB_ASSERT(walk);
    if (++walk->round == 0) {
        walk->round = 1;
        for (size_t i = 0; i < walk->seen_count; i++) {
            walk->seen[i] = 0;
        }
    }
    walk->mark_count = walk->looked = 0;
    walk->begins = false;
}

/* Notes a mark in the table; false when it was noted before. */
static bool note_seen(struct fb_walk *walk, size_t id)
{
    uint64_t wanted = (uint64_t)walk->round << 32 | id;
    size_t at = id * 0x9e3779b97f4a7c15u >> 32 & (walk->seen_count - 1);
    for (; walk->seen[at] >> 32 == walk->round; at = (at + 1) & (walk->seen_count - 1)) {
        if (walk->seen[at] == wanted) {
            return false;
        }
    }
    walk->seen[at] = wanted;
    return true;
}

/* Room for twice the marks, and a table of them that is at most half full. */
static bool grow_marks(struct fb_walk *walk)
{
    size_t cap = walk->mark_cap ? 2 * walk->mark_cap : LOOKED_THROUGH;
    size_t *grown = FB_ARENA_ARRAY(walk->arena, size_t, cap);
    uint64_t *seen = FB_ARENA_ARRAY(walk->arena, uint64_t, 2 * cap);
    if (!grown || !seen) {
        return false;
    }
    if (walk->mark_count) {
        memcpy(grown, walk->marks, walk->mark_count * sizeof(*grown));
    }
    walk->marks = grown;
    walk->mark_cap = cap;
    walk->seen = seen;
    walk->seen_count = 2 * cap;
    for (size_t i = 0; i < walk->mark_count; i++) {
        (void)note_seen(walk, grown[i]);
    }
    return true;
}

/* Notes that a tuple is marked; false when it was. The marks of most slices are few enough to be
 * looked through; the first one too many finds them all in the table. */
static bool note_mark(struct fb_walk *walk, uint32_t id)
{
    if (walk->mark_count > LOOKED_THROUGH) {
        return note_seen(walk, id);
    }
    for (size_t i = 0; i < walk->mark_count; i++) {
        if (walk->marks[i] == id) {
            return false;
        }
    }
    for (size_t i = 0; walk->mark_count == LOOKED_THROUGH && i < walk->mark_count; i++) {
        (void)note_seen(walk, walk->marks[i]);
    }
    return walk->mark_count < LOOKED_THROUGH || note_seen(walk, id);
}

enum fb_code fb_walk_add(struct fb_walk *walk, uint32_t id)
{
    if (!walk->marking) {
        return FB_OK;
    }
    /* (Before it is noted, so that the table has room.) */
    if (walk->mark_count == walk->mark_cap && !grow_marks(walk)) {
        return fb_arena_failed(walk->arena, walk->err);
    }
    if (note_mark(walk, id)) {
        walk->marks[walk->mark_count++] = id;
    }
    return FB_OK;
}

/* Binds the columns of a tuple that were not known; false when a variable stands there twice and
 * would have two values. */
static bool bind(struct fb_walk *walk, const struct fb_step *step, const struct fb_value *values)
{
    const struct fb_form *pred = step->form;
    fb_vars bound = step->place.bound;
    for (size_t i = 0; i < pred->term_count; i++) {
        const struct fb_term *term = pred->terms[i];
        if (term->kind != FB_TERM_VAR || (step->known >> i & 1)) {
            continue;
        }
        fb_vars var = fb_vars_of(term->var);
        if ((bound & var) && !fb_value_eq(walk->values[term->var], values[i])) {
            return false;
        }
        bound |= var;
        walk->values[term->var] = values[i];
    }
    return true;
}

/* Narrows the span in which the tuples of this branch hold together; false: they never do. So of
 * the versions of a record each is joined with those of its own time, and not with all. */
static bool narrow(struct fb_walk *walk, const struct fb_form *pred, const struct fb_tuple *tuple)
{
    size_t until = pred->occurs ? tuple->from + 1 : tuple->until;
    walk->low = tuple->from > walk->low ? tuple->from : walk->low;
    walk->high = until < walk->high ? until : walk->high;
    return !walk->still || walk->low < walk->high;
}

/* The value of a term, whose text lives as long as the walk. */
static enum fb_code value_of(struct fb_walk *walk, const struct fb_term *term, struct fb_value *out)
{
    char room[FB_TERM_ROOM];
    *out = fb_term_value_in(term, walk->values, room);
    bool made = out->type == FB_TYPE_STRING && term->kind > FB_TERM_CONST;
    walk->computed = walk->computed || made;
    return made ? fb_arena_str(walk->arena, out->u.text, &out->u.text, walk->err) : FB_OK;
}

/* An equation binds its open side; *holds is false for one that does not hold. */
static enum fb_code equate(struct fb_walk *walk, const struct fb_step *step, bool *holds)
{
    const struct fb_form *form = step->form;
    const struct fb_term *const *terms = (const struct fb_term *const *)form->terms;
    fb_vars bound = step->place.bound;
    bool exact = walk->exact;
    for (int side = 0; side < 2; side++) {
        fb_vars open = fb_term_vars(terms[side]) & ~bound;
        if (open && terms[side]->kind == FB_TERM_VAR && !(fb_term_vars(terms[1 - side]) & ~bound)) {
            enum fb_code code = value_of(walk, terms[1 - side], &walk->values[terms[side]->var]);
            if (code) {
                return code;
            }
            bound |= open;
        }
    }
    *holds = true;
    walk->exact = false;
    if (!((fb_term_vars(terms[0]) | fb_term_vars(terms[1])) & ~bound)) {
        char rooms[2][FB_TERM_ROOM];
        struct fb_value a = fb_term_value_in(terms[0], walk->values, rooms[0]);
        struct fb_value b = fb_term_value_in(terms[1], walk->values, rooms[1]);
        *holds = a.type != FB_TYPE_NONE && b.type != FB_TYPE_NONE && fb_value_eq(a, b);
        walk->exact = exact;
    }
    return FB_OK;
}

/* The values of the columns that are known. */
static void fill_columns(
    const struct fb_step *step, const struct fb_value *values, struct fb_value *columns)
{
    for (uint64_t left = step->known; left; left &= left - 1) {
        int i = __builtin_ctzll(left);
        const struct fb_term *term = step->form->terms[i];
        columns[i] = term->kind == FB_TERM_CONST ? term->value : values[term->var];
    }
}

void fb_walk_expect(struct fb_walk *walk, const struct fb_value *values)
{
    struct fb_value columns[FB_IR_ARITY_MAX];
    FB_ASSERT(walk && values);
    for (size_t i = 0; i < walk->lookup_count; i++) {
        struct fb_step *step = walk->lookups[i];
        if (step->index) {
            fill_columns(step, values, columns);
            step->ahead[walk->turn & 1] =
                (struct fb_ahead){values, fb_access_expect(step->index, columns)};
        }
    }
    walk->turn++;
}

/* Begins a walk over the tuples of a predicate that agree with what is bound. */
static enum fb_code find_tuples(
    struct fb_walk *walk, struct fb_step *step, struct fb_access_walk *out)
{
    struct fb_value columns[FB_IR_ARITY_MAX];
    const struct fb_form *pred = step->form;
    if (!step->index) {
        enum fb_code code =
            fb_access_index(walk->access, pred->relation, step->known, &step->index, walk->err);
        if (code) {
            return code;
        }
    }
    fill_columns(step, walk->values, columns);
    for (int i = 0; i < 2; i++) {
        if (walk->began && step->ahead[i].of == walk->began) {
            fb_access_find_at(step->index, columns, step->ahead[i].hash, out);
            return FB_OK;
        }
    }
    fb_access_find_in(step->index, columns, out);
    return FB_OK;
}

/* Only a tuple with which a valuation is complete has a say, so it is marked when one was. */
static enum fb_code walk_tuples(struct fb_walk *walk, struct fb_step *step)
{
    struct fb_access_walk tuples;
    const struct fb_form *pred = step->form;
    const struct fb_trace *trace = fb_access_trace(walk->access);
    const size_t span[2] = {walk->low, walk->high};
    bool met = walk->met;
    enum fb_code code = find_tuples(walk, step, &tuples);
    for (uint32_t id; code == FB_OK && (id = fb_access_next(&tuples)) != FB_ACCESS_NONE;) {
        const struct fb_tuple *tuple = &trace->tuples[id];
        /* Where the access grows a tuple may have ended where it began. */
        bool ever = tuple->from < tuple->until;
        walk->looked++;
        walk->met = false;
        if (ever && narrow(walk, pred, tuple) && bind(walk, step, tuple->values)) {
            code = walk_from(walk, fb_step_next(walk, step, 0));
        }
        if (code == FB_OK && walk->met) {
            walk->begins = walk->begins || pred->occurs;
            code = fb_walk_add(walk, id);
        }
        met = met || walk->met;
        walk->low = span[0];
        walk->high = span[1];
        if (walk->stopped) {
            break;
        }
    }
    walk->met = met;
    return code;
}

/* Walks, telling nobody, and says whether a valuation was met that may hold; whether one does hold
 * wherever the tuples of this branch do, *out_sure says. */
static enum fb_code mark(struct fb_walk *walk, struct fb_step *first, bool *out_met, bool *out_sure)
{
    const bool met = walk->met, sure = walk->sure, exact = walk->exact, stopped = walk->stopped;
    const size_t asked[2] = {walk->asked_low, walk->asked_high};
    walk->met = walk->sure = walk->stopped = false;
    walk->exact = true;
    walk->asked_low = walk->low;
    walk->asked_high = walk->high;
    enum fb_code code = walk_from(walk, first);
    *out_met = walk->met;
    *out_sure = walk->sure;
    walk->met = met;
    walk->sure = sure;
    walk->exact = exact;
    walk->stopped = stopped;
    walk->asked_low = asked[0];
    walk->asked_high = asked[1];
    return code;
}

/* What stands aside is marked; *good is false where it never holds and has to. */
static enum fb_code walk_aside(struct fb_walk *walk, struct fb_step *step, bool *good)
{
    bool met = false, sure = false, stops = walk->stops;
    walk->stops = stops && step->needed; /* of what must not hold all counts */
    enum fb_code code = mark(walk, fb_step_next(walk, step, 1), &met, &sure);
    walk->stops = stops;
    bool decided = step->needed ? sure : !met;
    *good = met || !step->needed;
    walk->exact = walk->exact && decided && step->form->still;
    return code;
}

/* A valuation is complete. */
static enum fb_code tell(struct fb_walk *walk, const struct fb_step *step)
{
    bool all = walk->low == walk->asked_low && walk->high == walk->asked_high;
    walk->met = true;
    walk->sure = walk->sure || (walk->exact && all);
    enum fb_code code = step->place.told ? walk->found(walk, step->place.bound) : FB_OK;
    walk->stopped = walk->stopped || (walk->stops && walk->exact && walk->high == FB_TP_MAX &&
                                         walk->low <= walk->stop_low);
    return code;
}

/* Walks on from a step; NULL: there was no memory for it. */
static enum fb_code walk_on(struct fb_walk *walk, struct fb_step *step)
{
    for (; step; step = fb_step_next(walk, step, 0)) {
        enum fb_code code = FB_OK;
        bool good = true;
        walk->exact = walk->exact && step->exact;
        switch (step->kind) {
        case FB_STEP_END:
            return FB_OK;
        case FB_STEP_MET:
            return tell(walk, step);
        case FB_STEP_TUPLES:
            return walk_tuples(walk, step);
        case FB_STEP_TEST:
            good = fb_form_true(step->form, walk->values);
            break;
        case FB_STEP_EQUATION:
            code = equate(walk, step, &good);
            break;
        case FB_STEP_EITHER:
            code = walk_from(walk, fb_step_next(walk, step, 1));
            good = !walk->stopped;
            break;
        case FB_STEP_ASIDE:
            code = walk_aside(walk, step, &good);
            break;
        }
        if (code || !good) {
            return code;
        }
    }
    return fb_arena_failed(walk->arena, walk->err);
}

/* The same for one of several branches. */
static enum fb_code walk_from(struct fb_walk *walk, struct fb_step *step)
{
    const bool exact = walk->exact;
    enum fb_code code = walk_on(walk, step);
    walk->exact = exact;
    return code;
}

enum fb_code fb_walk_mark(struct fb_walk *walk, const struct fb_form *form, fb_vars bound)
{
    FB_ASSERT(walk && form);
    const struct fb_place place = {&form, 1, bound, false};
    bool met, sure;
    return walk->marking ? mark(walk, fb_step_first(walk, &place), &met, &sure) : FB_OK;
}

enum fb_code fb_walk_run(
    struct fb_walk *walk, const struct fb_form *const *parts, size_t count, fb_vars bound)
{
    FB_ASSERT(walk && parts);
    const struct fb_place place = {parts, count, bound, walk->found != NULL};
    return walk_from(walk, fb_step_first(walk, &place));
}

bool fb_walk_meets(const struct fb_form *form, const struct fb_access *access)
{
    FB_ASSERT(access);
    if (!form || form->kind != FB_FORM_PRED) {
        return form && (fb_walk_meets(form->left, access) || fb_walk_meets(form->right, access) ||
                           form->regex || form->definition);
    }
    return form->definition || fb_access_count(access, form->relation) > 0;
}

/* What an equation binds when `bound` is. */
static fb_vars equation_binds(const struct fb_form *form, fb_vars bound)
{
    fb_vars out = 0;
    for (int side = 0; side < 2; side++) {
        const struct fb_term *term = form->terms[side];
        bool known = (fb_term_vars(form->terms[1 - side]) & ~bound) == 0;
        out |= term->kind == FB_TERM_VAR && known ? fb_vars_of(term->var) : 0;
    }
    return out;
}

/* What the equations of a conjunction bind when `bound` is. */
static fb_vars equations_bind(const struct fb_form *form, fb_vars bound)
{
    if (form->kind != FB_FORM_AND) {
        return form->kind == FB_FORM_EQ ? equation_binds(form, bound) : 0;
    }
    fb_vars set = equations_bind(form->left, bound);
    return set | equations_bind(form->right, bound | set);
}

/* What is bound from left to right, and then by equations that stood too far left. */
static fb_vars binds_once(const struct fb_form *form, fb_vars bound)
{
    fb_vars set = 0, more;
    switch (form->kind) {
    case FB_FORM_PRED:
        for (size_t i = 0; i < form->term_count; i++) {
            const struct fb_term *term = form->terms[i];
            set |= term->kind == FB_TERM_VAR ? fb_vars_of(term->var) : 0;
        }
        return set;
    case FB_FORM_EQ:
        return equation_binds(form, bound);
    case FB_FORM_AND:
        set = binds_once(form->left, bound);
        set |= binds_once(form->right, bound | set);
        while ((more = equations_bind(form, bound | set) & ~set) != 0) {
            set |= more;
        }
        return set;
    case FB_FORM_OR:
        return binds_once(form->left, bound) & binds_once(form->right, bound);
    case FB_FORM_EXISTS:
        set = binds_once(form->left, bound);
        return set & fb_form_vars(form);
    case FB_FORM_AGGREGATE:
        for (size_t i = 0; i < form->bound_count; i++) {
            set |= fb_vars_of(form->bound[i]);
        }
        return set & binds_once(form->left, bound);
    case FB_FORM_ONCE:
    case FB_FORM_EVENTUALLY:
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
        return binds_once(form->left, bound);
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
        return binds_once(form->right, bound);
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
    case FB_FORM_NOT:
    case FB_FORM_HISTORICALLY:
    case FB_FORM_ALWAYS:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        return 0;
    }
    FB_ASSERT(false);
    return 0;
}

/* Each part is looked at once a round, so that a long conjunction costs no more than its length
 * times the variables. */
fb_vars fb_walk_binds(const struct fb_form *form, fb_vars bound, fb_vars wanted)
{
    fb_vars set = 0, before;
    FB_ASSERT(form);
    do {
        before = set;
        set |= binds_once(form, bound | set);
    } while (set != before && (wanted & ~set));
    return set;
}

bool fb_walk_possible(const struct fb_form *const *forms, size_t count, size_t first)
{
    struct fb_form_names all = {0, 0}, more;
    bool good = true;
    FB_ASSERT(first <= count);
    for (size_t i = 0; i < count && good; i++) {
        struct fb_form_names with = all;
        good = fb_form_names(forms[i], &more) && fb_form_names_join(&with, more);
        all = i < first ? with : all;
    }
    return good;
}

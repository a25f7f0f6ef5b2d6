#include "engine/slice_walk.h"

#include <string.h>

#include "base/assert.h"

/* What a part costs, in tuples to look at; parts that bind nothing come last, when they are bound
 * as far as they will be. */
enum { COST_FREE = 0, COST_KEY = 2, COST_CONSTANT = 64, COST_RELATION = 1024 };
enum { LOOKED_THROUGH = 16 /* marks, a power of two; more are hashed */ };
static const size_t cost_last = SIZE_MAX;
static const size_t cost_open = SIZE_MAX - 1; /* wants a variable that another part may bind */

static enum fb_code walk_on(struct fb_walk *walk, fb_vars bound);

enum fb_code fb_walk_init(struct fb_walk *walk, struct fb_access *access, size_t nodes,
    struct fb_arena *arena, struct fb_err *err)
{
    FB_ASSERT(walk && access && arena);
    *walk = (struct fb_walk){
        .access = access, .arena = arena, .err = err, .round = 1, .high = FB_TP_MAX};
    /* SINCE and UNTIL add one. */
    walk->pending = fb_arena_array(arena, 2 * nodes + 1, sizeof(const struct fb_form *));
    return walk->pending ? FB_OK : fb_arena_failed(arena, err);
}

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

void fb_walk_begin(struct fb_walk *walk)
{
    FB_ASSERT(walk);
    if (++walk->round == 0) {
        walk->round = 1;
        for (size_t i = 0; i < walk->seen_count; i++) {
            walk->seen[i] = 0;
        }
    }
    walk->mark_count = 0;
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
static bool bind(struct fb_walk *walk, const struct fb_form *pred, const struct fb_value *values,
    uint64_t known, fb_vars *bound)
{
    for (size_t i = 0; i < pred->term_count; i++) {
        const struct fb_term *term = pred->terms[i];
        if (term->kind != FB_TERM_VAR || (known >> i & 1)) {
            continue;
        }
        fb_vars var = fb_vars_of(term->var);
        if ((*bound & var) && !fb_value_eq(walk->values[term->var], values[i])) {
            return false;
        }
        *bound |= var;
        walk->values[term->var] = values[i];
    }
    return true;
}

/* Narrows the span in which the tuples of this branch hold together; false: they never do. So of
 * the versions of a record each is joined with those of its own time, and not with all. */
static bool narrow(struct fb_walk *walk, const struct fb_form *pred, const struct fb_tuple *tuple)
{
    size_t until = pred->occurs ? tuple->from + 1 : tuple->until;
    if (walk->still) {
        walk->low = tuple->from > walk->low ? tuple->from : walk->low;
        walk->high = until < walk->high ? until : walk->high;
    }
    return walk->low < walk->high;
}

static enum fb_code walk_pred(struct fb_walk *walk, const struct fb_form *pred, fb_vars bound)
{
    struct fb_value columns[FB_IR_ARITY_MAX];
    struct fb_access_walk tuples;
    const struct fb_trace *trace = fb_access_trace(walk->access);
    FB_ASSERT(pred->term_count <= FB_IR_ARITY_MAX);
    if (fb_access_count(walk->access, pred->relation) == 0) {
        return FB_OK;
    }
    uint64_t known = fb_form_known(pred, bound, walk->values, columns);
    const size_t span[2] = {walk->low, walk->high};
    enum fb_code code =
        fb_access_find(walk->access, pred->relation, known, columns, &tuples, walk->err);
    for (uint32_t id; code == FB_OK && (id = fb_access_next(&tuples)) != FB_ACCESS_NONE;) {
        fb_vars more = bound;
        const struct fb_tuple *tuple = &trace->tuples[id];
        /* Where the access grows a tuple may have ended where it began. */
        bool ever = tuple->from < tuple->until;
        if (ever && narrow(walk, pred, tuple) && bind(walk, pred, tuple->values, known, &more)) {
            walk->begins = walk->begins || pred->occurs;
            code = fb_walk_add(walk, id);
            code = code ? code : walk_on(walk, more);
        }
        walk->low = span[0];
        walk->high = span[1];
    }
    return code;
}

/* The value of a term, whose text lives as long as the walk. */
static enum fb_code value_of(struct fb_walk *walk, const struct fb_term *term, struct fb_value *out)
{
    char room[FB_TERM_ROOM];
    *out = fb_term_value_in(term, walk->values, room);
    return out->type == FB_TYPE_STRING && term->kind > FB_TERM_CONST
               ? fb_arena_str(walk->arena, out->u.text, &out->u.text, walk->err)
               : FB_OK;
}

/* An equation binds its open side; one that does not hold ends this branch. */
static enum fb_code walk_equation(struct fb_walk *walk, const struct fb_form *form, fb_vars bound)
{
    const struct fb_term *const *terms = (const struct fb_term *const *)form->terms;
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
    if (!((fb_term_vars(terms[0]) | fb_term_vars(terms[1])) & ~bound)) {
        char rooms[2][FB_TERM_ROOM];
        struct fb_value a = fb_term_value_in(terms[0], walk->values, rooms[0]);
        struct fb_value b = fb_term_value_in(terms[1], walk->values, rooms[1]);
        if (a.type == FB_TYPE_NONE || b.type == FB_TYPE_NONE || !fb_value_eq(a, b)) {
            return FB_OK;
        }
    }
    return walk_on(walk, bound);
}

/* Adds a part for the length of a walk. */
static enum fb_code with(struct fb_walk *walk, const struct fb_form *form, fb_vars bound)
{
    walk->pending[walk->top++] = form;
    enum fb_code code = walk_on(walk, bound);
    walk->top--;
    return code;
}

/* Marks, and says whether a valuation was met that the formula may hold of. */
static enum fb_code mark(
    struct fb_walk *walk, const struct fb_form *form, fb_vars bound, bool *out_met)
{
    fb_walk_found found = walk->found;
    size_t base = walk->base;
    bool met = walk->met;
    walk->found = NULL;
    walk->base = walk->top;
    walk->met = false;
    enum fb_code code = with(walk, form, bound);
    *out_met = walk->met;
    walk->met = met;
    walk->base = base;
    walk->found = found;
    return code;
}

enum fb_code fb_walk_mark(struct fb_walk *walk, const struct fb_form *form, fb_vars bound)
{
    FB_ASSERT(walk && form);
    bool met;
    return walk->marking ? mark(walk, form, bound, &met) : FB_OK;
}

/* A part that binds nothing to what others need: its tuples are marked, then the walk goes on;
 * where it must hold only if something was met that it may hold of. */
static enum fb_code walk_aside(
    struct fb_walk *walk, const struct fb_form *form, fb_vars bound, bool needed)
{
    bool met = true;
    enum fb_code code = walk->marking ? mark(walk, form, bound, &met) : FB_OK;
    return code || (needed && !met) ? code : walk_on(walk, bound);
}

/* The anchor, then what must hold between it and here. */
static enum fb_code walk_anchor(struct fb_walk *walk, const struct fb_form *form, fb_vars bound)
{
    struct fb_form between = {.kind = FB_FORM_NOT, .left = form->left};
    walk->pending[walk->top++] = &between;
    enum fb_code code = with(walk, form->right, bound);
    walk->top--;
    return code;
}

/* A part that was taken out of the pending ones. */
static enum fb_code walk_part(struct fb_walk *walk, const struct fb_form *form, fb_vars bound)
{
    /* (An aggregation holds also where there is nothing inside it.) */
    bool alone = !walk->found && walk->top == walk->base && form->kind != FB_FORM_AGGREGATE;
    bool inside = alone || binds_more(form, bound);
    enum fb_code code;
    if (decided(form, bound)) {
        return fb_form_true(form, walk->values) ? walk_on(walk, bound) : FB_OK;
    }
    switch (form->kind) {
    case FB_FORM_TRUE:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
        return walk_on(walk, bound);
    case FB_FORM_FALSE:
        return FB_OK;
    case FB_FORM_EQ:
        return walk_equation(walk, form, bound);
    case FB_FORM_PRED:
        return walk_pred(walk, form, bound);
    case FB_FORM_NOT:
    case FB_FORM_HISTORICALLY:
    case FB_FORM_ALWAYS:
        return walk_aside(walk, form->left, bound, false);
    case FB_FORM_AND:
        walk->pending[walk->top++] = form->left;
        code = with(walk, form->right, bound);
        walk->top--;
        return code;
    case FB_FORM_OR:
        if (!inside) {
            return walk_aside(walk, form, bound, true);
        }
        code = with(walk, form->left, bound);
        return code ? code : with(walk, form->right, bound);
    case FB_FORM_EXISTS:
    case FB_FORM_AGGREGATE:
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
    case FB_FORM_ONCE:
    case FB_FORM_EVENTUALLY:
        /* An aggregation has a value also where nothing is met. */
        return inside ? with(walk, form->left, bound)
                      : walk_aside(walk, form->left, bound, form->kind != FB_FORM_AGGREGATE);
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
        return inside ? walk_anchor(walk, form, bound) : walk_aside(walk, form, bound, true);
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        break; /* fb_walk_possible says no to these */
    }
    FB_ASSERT(false);
    return FB_OK;
}

/* Takes the cheapest of the pending parts, goes on with the rest, and puts it back. */
static enum fb_code walk_on(struct fb_walk *walk, fb_vars bound)
{
    size_t best = walk->base, best_cost = cost_last;
    for (size_t i = walk->base; i < walk->top && best_cost > COST_FREE; i++) {
        size_t cost = cost_of(walk, walk->pending[i], bound);
        if (cost < best_cost) {
            best = i;
            best_cost = cost;
        }
    }
    /* What costs nothing may end the branch, so it is asked even where enough is bound. */
    bool enough = walk->found && walk->enough && (walk->enough & ~bound) == 0;
    if (walk->top == walk->base || (enough && best_cost > COST_FREE)) {
        walk->met = true;
        return walk->found ? walk->found(walk, bound) : FB_OK;
    }
    const struct fb_form *form = walk->pending[best];
    walk->pending[best] = walk->pending[--walk->top];
    enum fb_code code = walk_part(walk, form, bound);
    walk->pending[walk->top++] = walk->pending[best];
    walk->pending[best] = form;
    return code;
}

enum fb_code fb_walk_run(
    struct fb_walk *walk, const struct fb_form *const *parts, size_t count, fb_vars bound)
{
    FB_ASSERT(walk && parts);
    size_t base = walk->base, top = walk->top;
    walk->base = top;
    for (size_t i = 0; i < count; i++) {
        walk->pending[walk->top++] = parts[i];
    }
    enum fb_code code = walk_on(walk, bound);
    walk->base = base;
    walk->top = top;
    return code;
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

size_t fb_walk_nodes(const struct fb_form *form)
{
    return form ? 1 + fb_walk_nodes(form->left) + fb_walk_nodes(form->right) : 0;
}

bool fb_walk_temporal(const struct fb_form *form)
{
    if (!form) {
        return false;
    }
    /* Regular expressions and definitions are not walked over at all. */
    static const bool over_time[] = {[FB_FORM_PREVIOUS] = true,
        [FB_FORM_NEXT] = true,
        [FB_FORM_ONCE] = true,
        [FB_FORM_HISTORICALLY] = true,
        [FB_FORM_EVENTUALLY] = true,
        [FB_FORM_ALWAYS] = true,
        [FB_FORM_SINCE] = true,
        [FB_FORM_UNTIL] = true,
        [FB_FORM_LETPAST] = true};
    FB_ASSERT(form->kind <= FB_FORM_LETPAST);
    return over_time[form->kind] || fb_walk_temporal(form->left) || fb_walk_temporal(form->right);
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
fb_vars fb_walk_binds(const struct fb_form *form, fb_vars bound)
{
    fb_vars set = 0, before;
    FB_ASSERT(form);
    do {
        before = set;
        set |= binds_once(form, bound | set);
    } while (set != before);
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

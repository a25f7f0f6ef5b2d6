/*
 * Walks that are kept. What a slice needs are the tuples with which a valuation is complete. One
 * that was not complete before is so through a tuple that came since, as one of the atoms; so for
 * each such tuple and each atom that it agrees with the walk is made under what it binds there.
 * Without what it binds elsewhere that marks more than is needed at times, which changes nothing.
 */
#include "engine/slice_kept.h"

#include <string.h>

#include "base/assert.h"
#include "base/limit.h"
#include "engine/duty.h"

enum { FIRST_SLOTS = 16, FEW = 16 /* tuples that a walk goes on with in any case */ };

/* What a walk begins with: these values of the parameters in bound. */
struct start {
    const struct fb_duty *duty;
    fb_vars bound;
    const struct fb_value *values;
    bool keys; /* it finds keys; else it marks a slice */
};

/* One walk: what it marked, or the keys that it found. */
struct kept_walk {
    struct start start;
    uint64_t hash;
    size_t upto; /* tuples that it knows of: those before this one */
    bool whole;  /* nothing failed while it was kept: else it is as if there were none */
    union {
        size_t *marks;
        const struct fb_value **keys;
    } found;
    size_t count;
    size_t cap;
    size_t valuations;
    size_t looked; /* tuples that it looked at when it was made */
    bool begins;
    struct fb_kept_rest rest;
};

struct fb_kept {
    struct fb_arena *arena;
    size_t stays;             /* tuples that are never taken back: those before this one */
    struct kept_walk **walks; /* by hash */
    size_t slot_count;        /* a power of two, of which at most half is used */
    size_t walk_count;
};

enum fb_code fb_kept_new(struct fb_arena *arena, struct fb_kept **out, struct fb_err *err)
{
    FB_ASSERT(arena && out);
    struct fb_kept *kept = FB_ARENA_NEW(arena, struct fb_kept);
    if (!kept) {
        return fb_arena_failed(arena, err);
    }
    kept->arena = arena;
    *out = kept;
    return FB_OK;
}

void fb_kept_stay(struct fb_kept *kept, size_t count)
{
    FB_ASSERT(kept && count >= kept->stays);
    kept->stays = count;
}

size_t fb_kept_stays(const struct fb_kept *kept)
{
    FB_ASSERT(kept);
    return kept->stays;
}

/* ---- finding them ---- */

static uint64_t hash_of(const struct start *start)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t hash = (uint64_t)(uintptr_t)start->duty + (start->keys ? 1 : 0);
    for (fb_vars left = start->bound; left; left &= left - 1) {
        hash = (hash ^ hash >> 32 ^ fb_value_hash(start->values[__builtin_ctzll(left)])) * odd;
    }
    return hash ^ hash >> 32;
}

static bool is_same(const struct start *a, const struct start *b)
{
    bool same = a->duty == b->duty && a->keys == b->keys && a->bound == b->bound;
    for (fb_vars left = a->bound; same && left; left &= left - 1) {
        int i = __builtin_ctzll(left);
        same = fb_value_eq(a->values[i], b->values[i]);
    }
    return same;
}

/* Where a walk stands, or would. */
static struct kept_walk **slot_of(
    const struct fb_kept *kept, const struct start *start, uint64_t hash)
{
    size_t at = hash & (kept->slot_count - 1);
    for (; kept->walks[at]; at = (at + 1) & (kept->slot_count - 1)) {
        const struct kept_walk *walk = kept->walks[at];
        if (walk->hash == hash && is_same(&walk->start, start)) {
            break;
        }
    }
    return &kept->walks[at];
}

/* The walk that was kept, or was to be; NULL: none. */
static struct kept_walk *walk_of(const struct fb_kept *kept, const struct start *start)
{
    return kept && kept->slot_count ? *slot_of(kept, start, hash_of(start)) : NULL;
}

static bool reserve(struct fb_kept *kept)
{
    if (2 * (kept->walk_count + 1) <= kept->slot_count) {
        return true;
    }
    struct fb_kept more = *kept;
    more.slot_count = kept->slot_count ? 2 * kept->slot_count : FIRST_SLOTS;
    more.walks = fb_arena_array(kept->arena, more.slot_count, sizeof(struct kept_walk *));
    for (size_t i = 0; more.walks && i < kept->slot_count; i++) {
        struct kept_walk *walk = kept->walks[i];
        if (walk) {
            *slot_of(&more, &walk->start, walk->hash) = walk;
        }
    }
    if (more.walks) {
        *kept = more;
    }
    return more.walks != NULL;
}

/* Values in the memory of what is kept. */
static enum fb_code keep_values(struct fb_kept *kept, fb_vars bound, const struct fb_value *values,
    const struct fb_value **out, struct fb_err *err)
{
    size_t count = bound ? 64 - (size_t)__builtin_clzll(bound) : 0;
    struct fb_value *copy = FB_ARENA_ARRAY(kept->arena, struct fb_value, count);
    if (!copy) {
        return fb_arena_failed(kept->arena, err);
    }
    for (fb_vars left = bound; left; left &= left - 1) {
        int i = __builtin_ctzll(left);
        struct fb_str *text = &copy[i].u.text;
        copy[i] = values[i];
        enum fb_code code =
            copy[i].type == FB_TYPE_STRING ? fb_arena_str(kept->arena, *text, text, err) : FB_OK;
        if (code) {
            return code;
        }
    }
    *out = copy;
    return FB_OK;
}

/* A new walk. */
static enum fb_code add_walk(
    struct fb_kept *kept, const struct start *start, struct kept_walk **out, struct fb_err *err)
{
    struct kept_walk *walk = FB_ARENA_NEW(kept->arena, struct kept_walk);
    if (!walk || !reserve(kept)) {
        return fb_arena_failed(kept->arena, err);
    }
    *walk = (struct kept_walk){.start = *start, .hash = hash_of(start)};
    enum fb_code code = keep_values(kept, start->bound, start->values, &walk->start.values, err);
    if (code == FB_OK) {
        *slot_of(kept, &walk->start, walk->hash) = walk;
        kept->walk_count++;
        *out = walk;
    }
    return code;
}

/* Where a walk is kept that was made as usual; NULL: nowhere, it was short or there are too many.
 */
static enum fb_code need_walk(
    struct fb_cutter *s, const struct start *start, struct kept_walk **out)
{
    struct fb_kept *kept = s->query->kept;
    *out = NULL;
    if (!kept || s->walk.looked < fb_limit(FB_KEPT_LOOKED_MIN)) {
        return FB_OK;
    }
    struct kept_walk *walk = walk_of(kept, start);
    enum fb_code code = FB_OK;
    if (!walk && kept->walk_count < fb_limit(FB_KEPT_WALKS_MAX)) {
        code = add_walk(kept, start, &walk, s->err);
    }
    if (code == FB_OK && walk) {
        walk->count = 0;
        walk->looked = s->walk.looked;
        walk->upto = kept->stays;
        walk->whole = false;
        *out = walk;
    }
    return code;
}

/* Room for so many marks or keys more. */
static enum fb_code make_room(
    struct fb_kept *kept, struct kept_walk *walk, size_t more, struct fb_err *err)
{
    size_t size = sizeof(*walk->found.marks), cap = 2 * (walk->count + more);
    if (walk->count + more <= walk->cap) {
        return FB_OK;
    }
    FB_ASSERT(sizeof(*walk->found.keys) == size);
    size_t *grown = fb_arena_array(kept->arena, cap, size);
    if (!grown) {
        return fb_arena_failed(kept->arena, err);
    }
    if (walk->count) {
        memcpy(grown, walk->found.marks, walk->count * size);
    }
    walk->found.marks = grown;
    walk->cap = cap;
    return FB_OK;
}

/* ---- what came since ---- */

/* A walk that goes on. */
struct since {
    struct fb_cutter *s;
    const struct start *start;
    const struct fb_form *aside; /* the atoms of which are looked at; NULL: those of the trigger */
    uint32_t first;              /* tuple that is new */
    uint32_t end;                /* tuples from here on are not looked at */
};

/* What a tuple binds in an atom beside what the walk begins with; false when they do not agree. A
 * column that is computed agrees with everything: that asks once too often. */
static bool bind(const struct since *f, const struct fb_form *atom, uint32_t id, fb_vars *bound)
{
    struct fb_walk *walk = &f->s->walk;
    const struct fb_tuple *tuple = &f->s->trace->tuples[id];
    *bound = f->start->bound;
    for (fb_vars left = *bound; left; left &= left - 1) {
        walk->values[__builtin_ctzll(left)] = f->start->values[__builtin_ctzll(left)];
    }
    for (size_t i = 0; i < atom->term_count; i++) {
        const struct fb_term *term = atom->terms[i];
        struct fb_value value = tuple->values[i];
        if (term->kind == FB_TERM_CONST && !fb_value_eq(term->value, value)) {
            return false;
        }
        fb_vars var = term->kind == FB_TERM_VAR ? fb_vars_of(term->var) : 0;
        if ((*bound & var) && !fb_value_eq(walk->values[term->var], value)) {
            return false;
        }
        if (var) {
            *bound |= var;
            walk->values[term->var] = value;
        }
    }
    return tuple->from < tuple->until;
}

/* Walks under what the new tuples of an atom bind there. */
static enum fb_code walk_atom(const struct since *f, const struct fb_form *atom)
{
    struct fb_cutter *s = f->s;
    const struct fb_duty *duty = s->query->duty;
    const struct fb_form *parts[2] = {duty->when, duty->given};
    size_t count;
    const uint32_t *ids = fb_access_since(s->query->access, atom->relation, f->first, &count);
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count && ids[i] < f->end; i++) {
        fb_vars bound;
        if (bind(f, atom, ids[i], &bound)) {
            code = f->aside ? fb_walk_mark(&s->walk, f->aside, bound)
                            : fb_walk_run(&s->walk, parts, parts[1] ? 2 : 1, bound);
        }
    }
    return code;
}

static enum fb_code walk_atoms(const struct since *f, const struct fb_form *form)
{
    if (!form) {
        return FB_OK;
    }
    if (form->kind == FB_FORM_PRED) {
        return walk_atom(f, form);
    }
    enum fb_code code = walk_atoms(f, form->left);
    return code ? code : walk_atoms(f, form->right);
}

/* Walks under what the tuples in [first, end) bind. */
static enum fb_code walk_since(
    struct fb_cutter *s, const struct start *start, size_t first, size_t end)
{
    const struct fb_duty *duty = s->query->duty;
    struct since f = {.s = s, .start = start, .first = (uint32_t)first, .end = (uint32_t)end};
    enum fb_code code = walk_atoms(&f, duty->when);
    code = code ? code : walk_atoms(&f, duty->given);
    for (size_t i = 0; code == FB_OK && !start->keys && i < s->aside_count; i++) {
        f.aside = s->asides[i];
        code = walk_atoms(&f, s->asides[i]);
    }
    return code;
}

/* How many tuples of the atoms of a formula came since a tuple, at most. */
static size_t came_since(const struct fb_cutter *s, const struct fb_form *form, uint32_t first)
{
    size_t count = 0;
    if (!form) {
        return 0;
    }
    if (form->kind == FB_FORM_PRED) {
        (void)fb_access_since(s->query->access, form->relation, first, &count);
        return count;
    }
    return came_since(s, form->left, first) + came_since(s, form->right, first);
}

/* Whether a walk can be gone on with, for less than it costs to make it again. */
static bool is_near(const struct fb_cutter *s, const struct kept_walk *walk)
{
    uint32_t first = (uint32_t)walk->upto;
    size_t count = came_since(s, s->query->duty->when, first);
    count += came_since(s, s->query->duty->given, first);
    for (size_t i = 0; !walk->start.keys && i < s->aside_count; i++) {
        count += came_since(s, s->asides[i], first);
    }
    return walk->whole && count < walk->looked + FEW;
}

/* ---- slices ---- */

static struct start start_of(const struct fb_cutter *s, const struct fb_value *key)
{
    return (struct start){.duty = s->query->duty, .bound = s->params, .values = key};
}

/* Notes those marks, from one on, that stay. */
static enum fb_code note_marks(struct fb_cutter *s, size_t from, struct kept_walk *walk)
{
    struct fb_kept *kept = s->query->kept;
    enum fb_code code = make_room(kept, walk, s->walk.mark_count - from, s->err);
    for (size_t i = from; code == FB_OK && i < s->walk.mark_count; i++) {
        if (s->walk.marks[i] < kept->stays) {
            walk->found.marks[walk->count++] = s->walk.marks[i];
        }
    }
    walk->valuations = s->valuations;
    walk->begins = s->walk.begins;
    walk->whole = walk->whole || code == FB_OK;
    return code;
}

/* Marks again what a walk marked; what was taken out meanwhile never was. */
static enum fb_code mark_again(struct fb_cutter *s, const struct kept_walk *walk)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < walk->count; i++) {
        const struct fb_tuple *tuple = &s->trace->tuples[walk->found.marks[i]];
        bool ever = tuple->from < tuple->until;
        code = ever ? fb_walk_add(&s->walk, (uint32_t)walk->found.marks[i]) : FB_OK;
    }
    s->valuations = walk->valuations;
    s->walk.begins = walk->begins;
    return code;
}

enum fb_code fb_kept_mark(struct fb_cutter *s, const struct fb_value *key, bool *out)
{
    FB_ASSERT(s && key && out);
    struct start start = start_of(s, key);
    struct fb_kept *kept = s->query->kept;
    struct kept_walk *walk = walk_of(kept, &start);
    *out = walk && is_near(s, walk);
    if (!*out) {
        return FB_OK;
    }
    enum fb_code code = mark_again(s, walk);
    size_t before = s->walk.mark_count;
    code = code ? code : walk_since(s, &start, walk->upto, kept->stays);
    code = code ? code : note_marks(s, before, walk);
    if (code == FB_OK) {
        walk->upto = kept->stays;
        code = walk_since(s, &start, kept->stays, s->trace->tuple_count);
    }
    return code;
}

enum fb_code fb_kept_note(struct fb_cutter *s, const struct fb_value *key)
{
    FB_ASSERT(s && key);
    struct start start = start_of(s, key);
    struct kept_walk *walk;
    enum fb_code code = need_walk(s, &start, &walk);
    return code || !walk ? code : note_marks(s, 0, walk);
}

struct fb_kept_rest *fb_kept_rest(const struct fb_cutter *s, const struct fb_value *key)
{
    FB_ASSERT(s && key);
    struct start start = start_of(s, key);
    struct kept_walk *walk = walk_of(s->query->kept, &start);
    return walk && walk->whole ? &walk->rest : NULL;
}

enum fb_code fb_kept_copy(const struct fb_cutter *s, const struct fb_value *values, size_t count,
    const struct fb_value **out)
{
    FB_ASSERT(s && s->query->kept && count > 0 && count <= FB_IR_VARS_MAX);
    fb_vars all = ~(fb_vars)0 >> (FB_IR_VARS_MAX - count);
    return keep_values(s->query->kept, all, values, out, s->err);
}

/* ---- keys ---- */

/* A walk for keys, which begins with one value or with none; room is for values. */
static struct start start_with(
    const struct fb_cutter *s, size_t nth, struct fb_value room[FB_IR_VARS_MAX])
{
    const struct fb_duty_query *query = s->query;
    struct start start = {.duty = query->duty, .values = room, .keys = true};
    if (query->only) {
        start.bound = fb_vars_of(query->only_param);
        room[query->only_param] = query->only[nth];
    }
    return start;
}

/* Notes the keys from one on. */
static enum fb_code note_keys(
    struct fb_cutter *s, const struct fb_key_list *keys, size_t from, struct kept_walk *walk)
{
    struct fb_kept *kept = s->query->kept;
    enum fb_code code = make_room(kept, walk, keys->count - from, s->err);
    for (size_t i = from; code == FB_OK && i < keys->count; i++) {
        code = keep_values(kept, s->params, keys->items[i], &walk->found.keys[walk->count], s->err);
        walk->count += code == FB_OK;
    }
    walk->whole = walk->whole || code == FB_OK;
    return code;
}

/* Tells of the keys that a walk found. */
static enum fb_code find_again(struct fb_cutter *s, const struct kept_walk *walk)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < walk->count; i++) {
        memcpy(s->walk.values, walk->found.keys[i],
            s->query->duty->param_count * sizeof(**walk->found.keys));
        code = s->walk.found(&s->walk, s->params);
    }
    return code;
}

enum fb_code fb_kept_find(
    struct fb_cutter *s, size_t nth, const struct fb_key_list *keys, bool *out)
{
    FB_ASSERT(s && keys && out);
    struct fb_value room[FB_IR_VARS_MAX];
    struct start start = start_with(s, nth, room);
    struct fb_kept *kept = s->query->kept;
    struct kept_walk *walk = walk_of(kept, &start);
    *out = walk && is_near(s, walk);
    if (!*out) {
        return FB_OK;
    }
    enum fb_code code = find_again(s, walk);
    size_t before = keys->count;
    code = code ? code : walk_since(s, &start, walk->upto, kept->stays);
    code = code ? code : note_keys(s, keys, before, walk);
    if (code == FB_OK) {
        walk->upto = kept->stays;
        code = walk_since(s, &start, kept->stays, s->trace->tuple_count);
    }
    return code;
}

enum fb_code fb_kept_note_keys(
    struct fb_cutter *s, size_t nth, const struct fb_key_list *keys, size_t from)
{
    FB_ASSERT(s && keys && from <= keys->count);
    struct fb_value room[FB_IR_VARS_MAX];
    struct start start = start_with(s, nth, room);
    struct kept_walk *walk;
    enum fb_code code = need_walk(s, &start, &walk);
    return code || !walk ? code : note_keys(s, keys, from, walk);
}

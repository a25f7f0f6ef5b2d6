/* The search for proofs: what FREEZE and LETPAST define. */
#include <string.h>

#include "base/assert.h"
#include "base/limit.h"
#include "engine/prove.h"

static void *no_memory(struct fb_prover *p, const struct fb_arena *arena)
{
    return fb_prove_failed(p, fb_arena_failed(arena, p->ev.err));
}

struct fb_value *fb_prove_room(struct fb_prover *p)
{
    FB_ASSERT(p && p->ev.arena);
    struct fb_value *values = FB_ARENA_ARRAY(p->ev.arena, struct fb_value, p->ev.var_count);
    return values ? values : no_memory(p, p->ev.arena);
}

/* ---- a predicate that is defined ---- */

static const struct fb_scope *scope_of(const struct fb_place *place, const struct fb_form *form)
{
    const struct fb_scope *scope = place->scope;
    while (scope && scope->form != form) {
        scope = scope->outer;
    }
    FB_ASSERT(scope);
    return scope;
}

/* Where the definition is asked: nothing is known there but its parameters. */
static struct fb_place definition_place(
    struct fb_prover *p, const struct fb_form *definition, const struct fb_place *place)
{
    const struct fb_scope *scope = scope_of(place, definition);
    bool frozen = definition->kind == FB_FORM_FREEZE;
    return (struct fb_place){.tp = frozen ? scope->tp : place->tp,
        .env = {.values = fb_prove_room(p)},
        .scope = frozen ? scope->outer : scope};
}

/* Adds to the place of the definition what the predicate's arguments say of its parameters. */
static void pass_arguments(struct fb_prover *p, const struct fb_form *pred,
    const struct fb_place *place, struct fb_place *inner)
{
    for (size_t i = 0; !p->code && i < pred->term_count; i++) {
        const struct fb_term *term = pred->terms[i];
        uint32_t parameter = pred->definition->bound[i];
        if (term->kind == FB_TERM_ANY) {
            continue;
        }
        if ((fb_term_vars(term) & ~place->env.bound) == 0) {
            char room[FB_TERM_ROOM];
            struct fb_value value = fb_term_value_in(term, place->env.values, room);
            const struct fb_value *kept = fb_prove_values(p, &value, 1);
            *inner = kept ? fb_prove_bound(p, inner, parameter, *kept) : *inner;
            continue;
        }
        for (const struct fb_but *but = place->but; !p->code && but; but = but->next) {
            if (term->kind == FB_TERM_VAR && but->var == term->var) {
                *inner = fb_prove_but(p, inner, parameter, but->value);
            }
        }
    }
}

/* What is judged of the definition where the predicate stands. */
static struct fb_proof_step *by_definition(struct fb_prover *p, const struct fb_form *pred,
    const struct fb_place *place, const struct fb_place *inner, bool holds)
{
    if (p->code) {
        return NULL;
    }
    if (p->lemmas && pred->definition->kind == FB_FORM_LETPAST) {
        return fb_prove_by_lemma(p, pred, place, inner, holds);
    }
    return fb_prove_over(
        p, FB_RULE_DEFINED, holds, place, fb_prove_either(p, pred->definition->left, inner, holds));
}

/* The parameters have the values of one of the definition's tuples. */
static struct fb_proof_step *defined_by(struct fb_prover *p, const struct fb_form *pred,
    const struct fb_place *place, const struct fb_value *tuple)
{
    struct fb_place inner = definition_place(p, pred->definition, place);
    for (size_t i = 0; !p->code && i < pred->term_count; i++) {
        inner = fb_prove_bound(p, &inner, pred->definition->bound[i], tuple[i]);
    }
    struct fb_proof_step *proof = by_definition(p, pred, place, &inner, true);
    if (proof) {
        proof->values = fb_prove_values(p, tuple, pred->term_count);
        proof->value_count = pred->term_count;
    }
    return p->code ? NULL : proof;
}

struct fb_proof_step *fb_prove_defined(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds)
{
    FB_ASSERT(p && form->definition && place);
    const struct fb_scope *scope = scope_of(place, form->definition);
    bool frozen = form->definition->kind == FB_FORM_FREEZE;
    if (!holds) {
        struct fb_place inner = definition_place(p, form->definition, place);
        pass_arguments(p, form, place, &inner);
        return by_definition(p, form, place, &inner, false);
    }
    FB_ASSERT(frozen || place->tp < scope->defined.count);
    const struct fb_table *table = &scope->defined.tables[frozen ? 0 : place->tp];
    struct fb_proof_step *best = NULL;
    for (size_t i = 0; i < table->count && !(best && best->weight == 1); i++) {
        struct fb_value tuple[FB_IR_ARITY_MAX];
        struct fb_value values[FB_IR_VARS_MAX];
        for (size_t k = 0; k < form->term_count; k++) {
            tuple[k] = table->rows[i].values[form->definition->bound[k]];
        }
        memcpy(values, place->env.values, p->ev.var_count * sizeof(*values));
        struct fb_proof_step *proof = fb_eval_fits(form, tuple, &place->env, values)
                                          ? defined_by(p, form, place, tuple)
                                          : NULL;
        best = proof && (!best || proof->weight < best->weight) ? proof : best;
    }
    return best;
}

/* ---- what defines it ---- */

/* The rows of a definition, kept. */
static struct fb_table kept_rows(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place)
{
    struct fb_arena scratch;
    struct fb_arena *arena = p->ev.arena;
    fb_arena_init(&scratch, fb_limit(FB_PROVE_SCRATCH_MAX));
    p->ev.arena = &scratch;
    struct fb_table found = fb_prove_rows(p, form, place);
    p->ev.arena = p->kept;
    struct fb_table table = {
        p->code ? NULL : FB_ARENA_ARRAY(p->kept, struct fb_row, found.count), 0};
    if (!p->code && !table.rows) {
        no_memory(p, p->kept);
    }
    for (; !p->code && table.count < found.count; table.count++) {
        table.rows[table.count] = found.rows[table.count];
        table.rows[table.count].values =
            fb_prove_values(p, found.rows[table.count].values, p->ev.var_count);
    }
    p->ev.arena = arena;
    fb_arena_release(&scratch);
    return p->code ? (struct fb_table){0} : table;
}

/* The tuples that a FREEZE or LETPAST defines, as the evaluator makes them. */
static bool fill(struct fb_prover *p, struct fb_scope *scope)
{
    bool frozen = scope->form->kind == FB_FORM_FREEZE;
    size_t count = frozen ? 1 : p->ev.trace->time_count;
    struct fb_table *tables = FB_ARENA_ARRAY(p->kept, struct fb_table, count);
    struct fb_value *values = fb_prove_room(p);
    if (!tables || !values) {
        no_memory(p, p->kept);
        return false;
    }
    scope->defined.tables = tables;
    for (size_t k = 0; !scope->form->unread && !p->code && k < count; k++) {
        struct fb_place place = {.tp = frozen ? scope->tp : k,
            .env = {.values = values},
            .scope = frozen ? scope->outer : scope};
        tables[k] = kept_rows(p, scope->form->left, &place);
        scope->defined.count = k + 1;
    }
    return p->code == FB_OK;
}

/* Names a scope among all of them. */
struct scope_key {
    const struct fb_form *form;
    const struct fb_scope *outer;
    size_t tp;
};

/* What is defined is the same wherever it is asked, as long as what is around is; by a FREEZE at
 * one time-point. */
static const struct fb_scope *scope_at(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place)
{
    size_t tp = form->kind == FB_FORM_FREEZE ? place->tp : 0;
    const struct scope_key key = {form, place->scope, tp};
    struct fb_str name = {(const char *)&key, sizeof(key)};
    struct fb_scope *scope = fb_map_get(&p->scopes, name);
    if (scope || p->code) {
        return p->code ? NULL : scope;
    }
    scope = FB_ARENA_NEW(p->kept, struct fb_scope);
    if (!scope || fb_arena_str(p->kept, name, &name, p->ev.err) != FB_OK) {
        return no_memory(p, p->kept);
    }
    scope->form = form;
    scope->tp = tp;
    scope->outer = place->scope;
    scope->defined.form = form;
    scope->defined.outer = place->scope ? &place->scope->defined : NULL;
    scope->number = form->kind == FB_FORM_LETPAST ? fb_prove_number(p, form) : 0;
    if (!fill(p, scope)) {
        return NULL;
    }
    enum fb_code code = fb_map_put(&p->scopes, name, scope, p->ev.err);
    return code ? fb_prove_failed(p, code) : scope;
}

struct fb_proof_step *fb_prove_defines(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds)
{
    FB_ASSERT(p && form && place);
    const struct fb_scope *scope = scope_at(p, form, place);
    if (!scope) {
        return NULL;
    }
    struct fb_place inner = *place;
    inner.scope = scope;
    return fb_prove_over(
        p, FB_RULE_DEFINES, holds, place, fb_prove_either(p, form->right, &inner, holds));
}

/*
 * The search for proofs: lemmas. What a LETPAST defines is judged once for each time-point and each
 * values of its parameters, and what was found is remembered, that there is no proof too.
 *
 * A definition may read itself a time-point earlier, and so on to the beginning. No stack is deep
 * enough for that: a search that gets to SEARCH_DEPTH_MAX names the judgement that it wants, gives
 * up, and is begun again when that one is known.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/buf.h"
#include "base/limit.h"
#include "engine/prove.h"

/* Steps below each other at which a search gives up. FB_PROOF_DEPTH_MAX must leave room for the
 * rest of a formula. */
enum { SEARCH_DEPTH_MAX = 500, KEY_MAX = 1 << 24 };

/* Bytes of all lemmas and definitions. */
#define KEPT_MAX ((size_t)1 << 32)

/* A judgement about a definition. */
struct lemma {
    struct fb_proof_lemma said; /* its number: SIZE_MAX before a proof that was handed out rests
                                   on it; its proof: NULL where there is none */
    const struct fb_form *definition;
    const struct fb_scope *scope;
    size_t weight;
    size_t order;        /* among those that have a proof; it rests on earlier ones only */
    bool decided;        /* the search is over */
    bool wanted;         /* another search waits for it */
    bool marked;         /* a proof that is handed out rests on it */
    struct lemma *below; /* that waits for it; NULL: the claim */
};

/* Lemmas in a row. */
struct list {
    struct lemma **items;
    size_t count;
    size_t cap;
};

struct fb_proofs {
    const struct fb_form *form;
    struct fb_prover prover;
    struct fb_arena kept;
    struct fb_map known; /* lemmas by what they say */
    struct fb_buf key;
    struct list proved;
    struct list marked;
    struct lemma *wanted; /* by the search that gave up; NULL: it did not */
    struct fb_proof_lemmas given;
};

/* Room for one more of items; NULL when memory ran out. */
static void *room(void *items, size_t count, size_t *cap)
{
    if (count < *cap) {
        return items;
    }
    size_t grown = *cap ? 2 * *cap : 64;
    void *more = fb_realloc(items, grown * sizeof(void *));
    *cap = more ? grown : *cap;
    return more;
}

static bool list_add(struct fb_prover *p, struct list *list, struct lemma *lemma)
{
    struct lemma **items = room(list->items, list->count, &list->cap);
    if (!items) {
        fb_prove_failed(p, fb_err_set(p->ev.err, FB_E_NOMEM, "memory ran out"));
        return false;
    }
    list->items = items;
    list->items[list->count++] = lemma;
    return true;
}

/* ---- which definition ---- */

static bool number_in(const struct fb_form *form, const struct fb_form *sought, size_t *n);

static bool number_in_regex(const struct fb_regex *regex, const struct fb_form *sought, size_t *n)
{
    return (regex->test && number_in(regex->test, sought, n)) ||
           (regex->left && number_in_regex(regex->left, sought, n)) ||
           (regex->right && number_in_regex(regex->right, sought, n));
}

/* Counts the LETPASTs before the one that is sought; depth is bounded by FB_IR_DEPTH_MAX. */
static bool number_in(const struct fb_form *form, const struct fb_form *sought, size_t *n)
{
    if (form == sought) {
        return true;
    }
    *n += form->kind == FB_FORM_LETPAST;
    return (form->left && number_in(form->left, sought, n)) ||
           (form->right && number_in(form->right, sought, n)) ||
           (form->regex && number_in_regex(form->regex, sought, n));
}

size_t fb_prove_number(const struct fb_prover *p, const struct fb_form *definition)
{
    FB_ASSERT(p && definition);
    size_t n = 0;
    bool found = p->lemmas && number_in(p->lemmas->form, definition, &n);
    FB_ASSERT(found || !p->lemmas);
    return found ? n : 0;
}

/* ---- what a lemma says ---- */

static int by_value(const void *a, const void *b)
{
    const struct fb_value *x = a;
    const struct fb_value *y = b;
    int order = fb_value_cmp(*x, *y);
    return order ? order : (int)x->type - (int)y->type;
}

/* What a place says of a parameter. */
static bool take_param(
    struct fb_prover *p, const struct fb_place *place, uint32_t var, struct fb_proof_param *out)
{
    *out = (struct fb_proof_param){.known = (place->env.bound & fb_vars_of(var)) != 0};
    if (out->known) {
        out->value = place->env.values[var];
        return true;
    }
    size_t count = 0;
    for (const struct fb_but *but = place->but; but; but = but->next) {
        count += but->var == var;
    }
    struct fb_value *values = FB_ARENA_ARRAY(p->ev.arena, struct fb_value, count);
    if (!values) {
        fb_prove_failed(p, fb_arena_failed(p->ev.arena, p->ev.err));
        return false;
    }
    out->but = values;
    for (const struct fb_but *but = place->but; but; but = but->next) {
        if (but->var == var) {
            values[out->but_count++] = but->value;
        }
    }
    qsort(values, count, sizeof(*values), by_value);
    return true;
}

static void add_value(struct fb_buf *key, struct fb_value value)
{
    fb_buf_add(key, &value.type, sizeof(value.type));
    switch (value.type) {
    case FB_TYPE_NONE:
        return;
    case FB_TYPE_STRING:
        fb_buf_add(key, &value.u.text.len, sizeof(value.u.text.len));
        fb_buf_add_str(key, value.u.text);
        return;
    case FB_TYPE_INT:
        fb_buf_add(key, &value.u.integer, sizeof(value.u.integer));
        return;
    case FB_TYPE_FLOAT:
        fb_buf_add(key, &value.u.number, sizeof(value.u.number));
        return;
    case FB_TYPE_TIME:
        fb_buf_add(key, &value.u.time, sizeof(value.u.time));
        return;
    case FB_TYPE_BOOL:
        fb_buf_add(key, &value.u.truth, sizeof(value.u.truth));
        return;
    }
}

/* All that it says, as bytes. */
static void write_key(struct fb_buf *key, const struct lemma *lemma)
{
    const void *const parts[2] = {lemma->definition, lemma->scope};
    fb_buf_clear(key);
    fb_buf_add(key, parts, sizeof(parts));
    fb_buf_add(key, &lemma->said.tp, sizeof(lemma->said.tp));
    fb_buf_add(key, &lemma->said.holds, sizeof(lemma->said.holds));
    for (size_t i = 0; i < lemma->said.param_count; i++) {
        const struct fb_proof_param *param = &lemma->said.params[i];
        fb_buf_add(key, &param->known, sizeof(param->known));
        fb_buf_add(key, &param->but_count, sizeof(param->but_count));
        if (param->known) {
            add_value(key, param->value);
        }
        for (size_t k = 0; k < param->but_count; k++) {
            add_value(key, param->but[k]);
        }
    }
}

/* The time-points of the FREEZEs around, outermost first. */
static bool take_frozen(struct fb_prover *p, struct lemma *lemma)
{
    size_t count = 0;
    for (const struct fb_scope *s = lemma->scope; s; s = s->outer) {
        count += s->form->kind == FB_FORM_FREEZE;
    }
    size_t *frozen = FB_ARENA_ARRAY(p->kept, size_t, count);
    lemma->said.frozen = frozen;
    lemma->said.frozen_count = count;
    for (const struct fb_scope *s = lemma->scope; frozen && s; s = s->outer) {
        if (s->form->kind == FB_FORM_FREEZE) {
            frozen[--count] = s->tp;
        }
    }
    return frozen != NULL;
}

/* A copy that lives as long as the proofs. */
static struct lemma *keep_lemma(struct fb_prover *p, const struct lemma *said)
{
    struct fb_arena *arena = p->ev.arena;
    size_t count = said->said.param_count;
    struct lemma *lemma = FB_ARENA_NEW(p->kept, struct lemma);
    struct fb_proof_param *params = FB_ARENA_ARRAY(p->kept, struct fb_proof_param, count);
    struct fb_str key = fb_buf_str(&p->lemmas->key);
    if (!lemma || !params || fb_arena_str(p->kept, key, &key, p->ev.err) != FB_OK) {
        return fb_prove_failed(p, fb_arena_failed(p->kept, p->ev.err));
    }
    *lemma = *said;
    lemma->said.params = params;
    p->ev.arena = p->kept;
    for (size_t i = 0; !p->code && i < count; i++) {
        const struct fb_proof_param *from = &said->said.params[i];
        const struct fb_value *value = fb_prove_values(p, &from->value, 1);
        params[i] = *from;
        params[i].value = value ? *value : fb_value_none();
        params[i].but = fb_prove_values(p, from->but, from->but_count);
    }
    p->ev.arena = arena;
    if (p->code || !take_frozen(p, lemma)) {
        return fb_prove_failed(p, fb_arena_failed(p->kept, p->ev.err));
    }
    enum fb_code code = fb_map_put(&p->lemmas->known, key, lemma, p->ev.err);
    return code ? fb_prove_failed(p, code) : lemma;
}

/* The lemma that says this; a new one when nothing did before. */
static struct lemma *lemma_of(
    struct fb_prover *p, const struct fb_form *definition, const struct fb_place *place, bool holds)
{
    struct fb_proof_param params[FB_IR_ARITY_MAX];
    struct lemma said = {.said = {.number = SIZE_MAX,
                             .definition = place->scope->number,
                             .tp = place->tp,
                             .holds = holds,
                             .params = params,
                             .param_count = definition->bound_count},
        .definition = definition,
        .scope = place->scope};
    FB_ASSERT(place->scope->form == definition && definition->bound_count <= FB_IR_ARITY_MAX);
    for (size_t i = 0; i < definition->bound_count; i++) {
        if (!take_param(p, place, definition->bound[i], &params[i])) {
            return NULL;
        }
    }
    write_key(&p->lemmas->key, &said);
    enum fb_code code = fb_buf_check(&p->lemmas->key, "what a lemma says", p->ev.err);
    if (code) {
        return fb_prove_failed(p, code);
    }
    struct lemma *known = fb_map_get(&p->lemmas->known, fb_buf_str(&p->lemmas->key));
    if (!known && p->lemmas->known.count >= fb_limit(FB_PROOF_LEMMAS_MAX)) {
        (void)fb_err_set(
            p->ev.err, FB_E_LIMIT, "a proof takes more than %d lemmas", FB_PROOF_LEMMAS_MAX);
        return fb_prove_failed(p, FB_E_LIMIT);
    }
    return known ? known : keep_lemma(p, &said);
}

/* ---- searching ---- */

/* A copy of a tree in the present arena; NULL when that failed. */
static struct fb_proof_step *copy_tree(struct fb_prover *p, const struct fb_proof_step *proof)
{
    struct fb_proof_step *copy = FB_ARENA_NEW(p->ev.arena, struct fb_proof_step);
    if (!copy) {
        return fb_prove_failed(p, fb_arena_failed(p->ev.arena, p->ev.err));
    }
    *copy = *proof;
    copy->next = NULL;
    if (proof->rule != FB_RULE_FACT) { /* its values are the trace's */
        copy->values = fb_prove_values(p, proof->values, proof->value_count);
    }
    struct fb_proof_step **end = &copy->kid;
    for (const struct fb_proof_step *kid = proof->kid; kid && !p->code; kid = kid->next) {
        *end = copy_tree(p, kid);
        end = *end ? &(*end)->next : end;
    }
    return p->code ? NULL : copy;
}

static struct fb_proof_step *copy_to(
    struct fb_prover *p, struct fb_arena *to, const struct fb_proof_step *proof)
{
    struct fb_arena *arena = p->ev.arena;
    p->ev.arena = to;
    struct fb_proof_step *copy = copy_tree(p, proof);
    p->ev.arena = arena;
    return copy;
}

/* The place that a lemma is about. */
static struct fb_place place_of(struct fb_prover *p, const struct lemma *lemma)
{
    struct fb_value *values = fb_prove_room(p);
    struct fb_place place = {
        .tp = lemma->said.tp, .env = {.values = values}, .scope = lemma->scope};
    for (size_t i = 0; !p->code && i < lemma->said.param_count; i++) {
        const struct fb_proof_param *param = &lemma->said.params[i];
        uint32_t var = lemma->definition->bound[i];
        if (param->known) {
            values[var] = param->value;
            place.env.bound |= fb_vars_of(var);
        }
        for (size_t k = param->but_count; !p->code && k-- > 0;) {
            place = fb_prove_but(p, &place, var, param->but[k]);
        }
    }
    return place;
}

/* Searches for the proof of a lemma. */
static void decide(struct fb_prover *p, struct lemma *lemma)
{
    struct fb_place place = place_of(p, lemma);
    if (p->code) {
        return;
    }
    struct fb_proof_step *proof =
        fb_prove_either(p, lemma->definition->left, &place, lemma->said.holds);
    if (p->code || lemma->decided) {
        return;
    }
    if (proof) {
        lemma->said.proof = copy_to(p, p->kept, proof);
        lemma->weight = proof->weight;
        lemma->order = p->lemmas->proved.count;
        if (p->code || !list_add(p, &p->lemmas->proved, lemma)) {
            return;
        }
    }
    lemma->decided = true;
}

struct fb_proof_step *fb_prove_by_lemma(struct fb_prover *p, const struct fb_form *pred,
    const struct fb_place *place, const struct fb_place *inner, bool holds)
{
    FB_ASSERT(p && p->lemmas && pred->definition && place && inner && inner->scope);
    struct lemma *lemma = lemma_of(p, pred->definition, inner, holds);
    if (lemma && !lemma->decided) {
        if (p->depth >= SEARCH_DEPTH_MAX) {
            p->lemmas->wanted = lemma;
            return fb_prove_failed(p, FB_E_LIMIT);
        }
        decide(p, lemma);
    }
    if (p->code || !lemma->said.proof) {
        return NULL;
    }
    struct fb_proof_step *proof = fb_prove_leaf(p, FB_RULE_LEMMA, holds, place);
    if (proof) {
        proof->at = lemma->order;
        proof->weight = lemma->weight;
    }
    return proof;
}

/* One search, of a lemma or (NULL) of the claim, from a stack of its own; *out is a copy. */
static void search_one(struct fb_proofs *proofs, const struct fb_proof_claim *claim,
    struct lemma *lemma, struct fb_arena *arena, struct fb_proof_step **out)
{
    struct fb_prover *p = &proofs->prover;
    struct fb_arena scratch;
    fb_arena_init(&scratch, arena->max);
    p->ev.arena = &scratch;
    p->depth = 0;
    p->code = FB_OK;
    proofs->wanted = NULL;
    if (lemma) {
        decide(p, lemma);
    } else {
        struct fb_proof_step *proof = fb_prove_claim(p, claim);
        *out = p->code || !proof ? NULL : copy_to(p, arena, proof);
    }
    p->ev.arena = NULL;
    fb_arena_release(&scratch);
}

/* Searches until the claim is decided, what is wanted first. */
static enum fb_code search(struct fb_proofs *proofs, const struct fb_proof_claim *claim,
    struct fb_arena *arena, struct fb_proof_step **out)
{
    struct fb_prover *p = &proofs->prover;
    struct lemma *top = NULL;
    bool going = true;
    while (going) {
        search_one(proofs, claim, top, arena, out);
        struct lemma *wanted = proofs->wanted;
        going = wanted ? !wanted->wanted : !p->code && top;
        if (wanted && going) {
            wanted->below = top;
            wanted->wanted = true;
            top = wanted;
        } else if (wanted) {
            p->code =
                fb_err_set(p->ev.err, FB_E_POLICY, "a definition reads itself where it stands");
        } else if (going) {
            top->wanted = false;
            top = top->below;
        }
    }
    for (; top; top = top->below) { /* after a failure */
        top->wanted = false;
    }
    return p->code;
}

/* ---- handing out ---- */

/* Marks the lemmas that a tree refers to. Its depth is bounded by FB_PROOF_DEPTH_MAX. */
static bool mark(struct fb_proofs *proofs, const struct fb_proof_step *proof)
{
    if (proof->rule == FB_RULE_LEMMA) {
        FB_ASSERT(proof->at < proofs->proved.count);
        struct lemma *lemma = proofs->proved.items[proof->at];
        lemma->marked = lemma->marked || list_add(&proofs->prover, &proofs->marked, lemma);
        return lemma->marked;
    }
    for (const struct fb_proof_step *kid = proof->kid; kid; kid = kid->next) {
        if (!mark(proofs, kid)) {
            return false;
        }
    }
    return true;
}

/* Refers to lemmas by their numbers, instead of by the order in which they were found. */
static void renumber(const struct fb_proofs *proofs, struct fb_proof_step *proof)
{
    if (proof->rule == FB_RULE_LEMMA) {
        proof->at = proofs->proved.items[proof->at]->said.number;
        FB_ASSERT(proof->at < proofs->given.count);
    }
    for (struct fb_proof_step *kid = proof->kid; kid; kid = kid->next) {
        renumber(proofs, kid);
    }
}

static int by_order(const void *a, const void *b)
{
    const struct lemma *x = *(struct lemma *const *)a;
    const struct lemma *y = *(struct lemma *const *)b;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* Gives numbers to all lemmas that a proof rests on and that have none, in the order in which they
 * were found. */
static enum fb_code give(struct fb_proofs *proofs, struct fb_proof_step *proof)
{
    struct list *marked = &proofs->marked;
    marked->count = 0;
    bool good = mark(proofs, proof);
    for (size_t i = 0; good && i < marked->count; i++) {
        good = mark(proofs, marked->items[i]->said.proof);
    }
    if (good && marked->count) {
        qsort(marked->items, marked->count, sizeof(marked->items[0]), by_order);
    }
    struct fb_proof_lemmas *given = &proofs->given;
    for (size_t i = 0; i < marked->count; i++) {
        struct lemma *lemma = marked->items[i];
        const struct fb_proof_lemma **items =
            good ? room(given->items, given->count, &given->cap) : NULL;
        if (!items) {
            good = false;
            lemma->marked = false; /* it has no number: to be found again */
            continue;
        }
        given->items = items;
        lemma->said.number = given->count;
        given->items[given->count++] = &lemma->said;
        renumber(proofs, (struct fb_proof_step *)(uintptr_t)lemma->said.proof);
    }
    if (!good) {
        return fb_err_set(proofs->prover.ev.err, FB_E_NOMEM, "memory ran out");
    }
    renumber(proofs, proof);
    return FB_OK;
}

/* ---- from outside ---- */

enum fb_code fb_proofs_new(const struct fb_form *form, const struct fb_trace *trace,
    size_t var_count, struct fb_proofs **out, struct fb_err *err)
{
    FB_ASSERT(form && trace && out);
    struct fb_proofs *proofs = fb_calloc(1, sizeof(*proofs));
    if (!proofs) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    proofs->form = form;
    proofs->prover = fb_prover_of(trace, var_count, err);
    proofs->prover.lemmas = proofs;
    proofs->prover.kept = &proofs->kept;
    fb_arena_init(&proofs->kept, fb_limit(KEPT_MAX));
    fb_map_init(&proofs->known);
    fb_buf_init(&proofs->key, KEY_MAX);
    *out = proofs;
    return FB_OK;
}

enum fb_code fb_proofs_prove(struct fb_proofs *proofs, const struct fb_proof_claim *claim,
    struct fb_arena *arena, struct fb_proof_step **out, struct fb_err *err)
{
    FB_ASSERT(proofs && claim && claim->form == proofs->form && arena && out);
    struct fb_proof_step *proof = NULL;
    proofs->prover.ev.err = err;
    proofs->prover.steps = 0;
    enum fb_code code = search(proofs, claim, arena, &proof);
    if (code == FB_OK && proof) {
        code = give(proofs, proof);
    }
    if (code == FB_OK) {
        *out = proof;
    }
    return code;
}

const struct fb_proof_lemmas *fb_proofs_lemmas(const struct fb_proofs *proofs)
{
    FB_ASSERT(proofs);
    return &proofs->given;
}

void fb_proofs_free(struct fb_proofs *proofs)
{
    if (proofs) {
        fb_map_release(&proofs->prover.scopes);
        fb_map_release(&proofs->known);
        fb_buf_release(&proofs->key);
        fb_arena_release(&proofs->kept);
        fb_free(proofs->proved.items);
        fb_free(proofs->marked.items);
        fb_free((void *)proofs->given.items);
        fb_free(proofs);
    }
}

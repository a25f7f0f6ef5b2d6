/* The search for proofs: what is common, and all operators that stay at one time-point. */
#include "engine/prove.h"

#include <string.h>

#include "base/assert.h"
#include "base/limit.h"

const char *fb_rule_name(enum fb_rule rule)
{
    static const char *const names[FB_RULE_COUNT] = {"truth", "fact", "absent", "computed", "not",
        "both", "side", "witness", "nobody", "split", "edge", "next to", "some", "every", "anchor",
        "barred", "never", "group", "row", "listed", "path", "test", "defined", "defines", "lemma"};
    return rule < FB_RULE_COUNT ? names[rule] : NULL;
}

/* ---- failing ---- */

void *fb_prove_failed(struct fb_prover *p, enum fb_code code)
{
    FB_ASSERT(p && code != FB_OK);
    p->code = p->code ? p->code : code;
    return NULL;
}

static void *no_memory(struct fb_prover *p)
{
    return fb_prove_failed(p, fb_arena_failed(p->ev.arena, p->ev.err));
}

static bool enter(struct fb_prover *p)
{
    if (p->code) {
        return false;
    }
    if (++p->steps > fb_limit(FB_PROOF_STEPS_MAX)) {
        (void)fb_err_set(p->ev.err, FB_E_LIMIT, "the search for a proof takes too long");
        fb_prove_failed(p, FB_E_LIMIT);
        return false;
    }
    if (p->depth >= FB_PROOF_DEPTH_MAX) {
        (void)fb_err_set(
            p->ev.err, FB_E_LIMIT, "a proof is more than %d steps deep", FB_PROOF_DEPTH_MAX);
        fb_prove_failed(p, FB_E_LIMIT);
        return false;
    }
    p->depth++;
    return true;
}

/* ---- building ---- */

size_t fb_prove_weight(size_t leaves)
{
    return leaves < FB_PROOF_WEIGHT_MAX ? leaves : FB_PROOF_WEIGHT_MAX;
}

struct fb_proof_step *fb_prove_leaf(
    struct fb_prover *p, enum fb_rule rule, bool holds, const struct fb_place *place)
{
    FB_ASSERT(place && rule < FB_RULE_COUNT);
    struct fb_proof_step *proof = p->code ? NULL : FB_ARENA_NEW(p->ev.arena, struct fb_proof_step);
    if (!proof) {
        return p->code ? NULL : no_memory(p);
    }
    *proof = (struct fb_proof_step){.rule = rule,
        .holds = holds,
        .from = place->tp,
        .to = place->tp,
        .weight = 1,
        .seq = FB_WHY_NO_RECORD};
    return proof;
}

struct fb_proof_step *fb_prove_over(struct fb_prover *p, enum fb_rule rule, bool holds,
    const struct fb_place *place, struct fb_proof_step *kid)
{
    struct fb_proof_step *proof = kid ? fb_prove_leaf(p, rule, holds, place) : NULL;
    if (proof) {
        FB_ASSERT(!kid->next);
        proof->kid = kid;
        proof->weight = kid->weight;
    }
    return proof;
}

void fb_kids_add(struct fb_kids *kids, struct fb_proof_step *proof)
{
    FB_ASSERT(kids && proof && !proof->next);
    if (kids->last) {
        kids->last->next = proof;
    } else {
        kids->first = proof;
    }
    kids->last = proof;
    kids->weight = fb_prove_weight(kids->weight + proof->weight);
}

static bool same_values(const struct fb_proof_step *a, const struct fb_proof_step *b)
{
    if (a->value_count != b->value_count) {
        return false;
    }
    for (size_t i = 0; i < a->value_count; i++) {
        if (a->values[i].type != b->values[i].type || !fb_value_eq(a->values[i], b->values[i])) {
            return false;
        }
    }
    return true;
}

/* True when both say the same, each at its own time-points. Steps that go elsewhere in time, or
 * depend on where they stand, never do. */
static bool same(const struct fb_proof_step *a, const struct fb_proof_step *b)
{
    bool rows = a->rule >= FB_RULE_GROUP && a->rule <= FB_RULE_LISTED;
    bool fixed = a->rule >= FB_RULE_EDGE && !rows;
    if (fixed || a->rule != b->rule || a->holds != b->holds || a->at != b->at || a->seq != b->seq ||
        !same_values(a, b)) {
        return false;
    }
    const struct fb_proof_step *x = a->kid;
    const struct fb_proof_step *y = b->kid;
    for (; x && y; x = x->next, y = y->next) {
        if (!same(x, y)) {
            return false;
        }
    }
    return !x && !y;
}

static void stretch(struct fb_proof_step *proof, size_t to, size_t weight)
{
    size_t points = proof->to - proof->from + 1;
    proof->weight = fb_prove_weight(proof->weight + proof->weight / points * weight);
    proof->to = to;
    for (struct fb_proof_step *kid = proof->kid; kid; kid = kid->next) {
        stretch(kid, to, weight);
    }
}

void fb_kids_append(struct fb_kids *kids, struct fb_proof_step *proof)
{
    FB_ASSERT(kids && proof);
    struct fb_proof_step *last = kids->last;
    if (!last || last->to + 1 != proof->from || !same(last, proof)) {
        fb_kids_add(kids, proof);
        return;
    }
    kids->weight = fb_prove_weight(kids->weight + proof->weight);
    stretch(last, proof->to, proof->to - proof->from + 1);
}

void fb_prove_stretch(struct fb_proof_step *proof, size_t to)
{
    FB_ASSERT(proof && to >= proof->to);
    if (to > proof->to) {
        stretch(proof, to, to - proof->to);
    }
}

struct fb_value *fb_prove_values(struct fb_prover *p, const struct fb_value *values, size_t count)
{
    struct fb_value *copy = FB_ARENA_ARRAY(p->ev.arena, struct fb_value, count);
    if (!copy) {
        return no_memory(p);
    }
    for (size_t i = 0; i < count; i++) {
        copy[i] = values[i];
        bool owned =
            values[i].type != FB_TYPE_STRING || fb_arena_has(p->ev.arena, values[i].u.text.ptr) ||
            fb_arena_str(p->ev.arena, values[i].u.text, &copy[i].u.text, p->ev.err) == FB_OK;
        if (!owned) {
            return fb_prove_failed(p, p->ev.err->code);
        }
    }
    return copy;
}

/* ---- places ---- */

bool fb_prove_closed(const struct fb_form *form, const struct fb_place *place)
{
    FB_ASSERT(form && place);
    return (fb_form_vars(form) & ~place->env.bound) == 0;
}

bool fb_prove_excluded(const struct fb_place *place, uint32_t var, struct fb_value value)
{
    for (const struct fb_but *but = place->but; but; but = but->next) {
        if (but->var == var && fb_value_eq(but->value, value)) {
            return true;
        }
    }
    return false;
}

static struct fb_value *copy_of(struct fb_prover *p, const struct fb_place *place)
{
    struct fb_value *values = FB_ARENA_ARRAY(p->ev.arena, struct fb_value, p->ev.var_count);
    if (values && p->ev.var_count) {
        memcpy(values, place->env.values, p->ev.var_count * sizeof(*values));
    }
    return values ? values : no_memory(p);
}

/* What is excluded of variables that are not in `vars`. */
static const struct fb_but *but_others(struct fb_prover *p, const struct fb_but *but, fb_vars vars)
{
    const struct fb_but *kept = NULL;
    for (; but; but = but->next) {
        struct fb_but *copy = NULL;
        if (!(fb_vars_of(but->var) & vars)) {
            copy = FB_ARENA_NEW(p->ev.arena, struct fb_but);
            if (!copy) {
                return no_memory(p);
            }
            *copy = (struct fb_but){but->var, but->value, kept};
            kept = copy;
        }
    }
    return kept;
}

struct fb_place fb_prove_opened(
    struct fb_prover *p, const struct fb_place *place, const uint32_t *vars, size_t count)
{
    struct fb_place inner = *place;
    fb_vars set = 0;
    struct fb_value *values = copy_of(p, place);
    for (size_t i = 0; values && i < count; i++) {
        set |= fb_vars_of(vars[i]);
        values[vars[i]] = fb_value_none();
    }
    inner.env.bound &= ~set;
    inner.env.values = values;
    inner.but = but_others(p, place->but, set);
    return inner;
}

struct fb_place fb_prove_bound(
    struct fb_prover *p, const struct fb_place *place, uint32_t var, struct fb_value value)
{
    struct fb_place inner = *place;
    struct fb_value *values = copy_of(p, place);
    if (values) {
        values[var] = value;
        inner.env.values = values;
        inner.env.bound |= fb_vars_of(var);
    }
    return inner;
}

/* ---- asking the evaluator ---- */

static bool row_allowed(
    const struct fb_form *form, const struct fb_place *place, const struct fb_value *values)
{
    fb_vars open = fb_form_vars(form) & ~place->env.bound;
    for (const struct fb_but *but = place->but; but; but = but->next) {
        if ((open & fb_vars_of(but->var)) && fb_value_eq(but->value, values[but->var])) {
            return false;
        }
    }
    return true;
}

struct fb_table fb_prove_rows(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place)
{
    struct fb_table table = {0};
    if (p->code) {
        return table;
    }
    p->ev.defined = place->scope ? &place->scope->defined : NULL;
    enum fb_code code = fb_eval_form(&p->ev, form, place->tp, &place->env, &table);
    if (code) {
        fb_prove_failed(p, code);
        return (struct fb_table){0};
    }
    size_t kept = 0;
    for (size_t i = 0; i < table.count; i++) {
        if (row_allowed(form, place, table.rows[i].values)) {
            table.rows[kept++] = table.rows[i];
        }
    }
    table.count = kept;
    return table;
}

bool fb_prove_any(struct fb_prover *p, const struct fb_form *form, const struct fb_place *place)
{
    if (p->code || !fb_form_evaluable(form, place->env.bound, NULL)) {
        return true;
    }
    struct fb_arena scratch;
    fb_arena_init(&scratch, fb_limit(FB_PROVE_SCRATCH_MAX));
    struct fb_arena *arena = p->ev.arena;
    p->ev.arena = &scratch;
    bool any = fb_prove_rows(p, form, place).count > 0;
    p->ev.arena = arena;
    fb_arena_release(&scratch);
    return any;
}

/* ---- one time-point ---- */

static struct fb_proof_step *lighter(struct fb_proof_step *a, struct fb_proof_step *b)
{
    return !b || (a && a->weight <= b->weight) ? a : b;
}

/* A fact: the first tuple that fits. */
static struct fb_proof_step *fact(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place)
{
    const struct fb_trace *trace = p->ev.trace;
    size_t first;
    size_t end;
    fb_trace_range(trace, place->tp, &first, &end);
    for (size_t i = first; i < end; i++) {
        const struct fb_tuple *tuple = &trace->tuples[i];
        struct fb_value values[FB_IR_VARS_MAX];
        bool here = tuple->relation == form->relation && tuple->from <= place->tp &&
                    tuple->until > place->tp && (!form->occurs || tuple->from == place->tp);
        if (here) {
            memcpy(values, place->env.values, p->ev.var_count * sizeof(*values));
        }
        if (here && fb_eval_fits(form, tuple->values, &place->env, values)) {
            struct fb_proof_step *proof = fb_prove_leaf(p, FB_RULE_FACT, true, place);
            if (proof) {
                proof->at = form->relation;
                proof->values = tuple->values;
                proof->value_count = form->term_count;
                proof->seq = tuple->seq;
                proof->record_id = tuple->record_id;
            }
            return proof;
        }
    }
    return NULL;
}

/* What is computed, or is not there. */
static struct fb_proof_step *simple(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds)
{
    if (form->kind == FB_FORM_PRED && form->definition) {
        return fb_prove_defined(p, form, place, holds);
    }
    if (form->kind == FB_FORM_PRED && holds) {
        return fact(p, form, place);
    }
    enum fb_rule rule = form->kind == FB_FORM_PRED ? FB_RULE_ABSENT : FB_RULE_COMPUTED;
    struct fb_proof_step *proof =
        fb_prove_any(p, form, place) == holds ? fb_prove_leaf(p, rule, holds, place) : NULL;
    if (proof) {
        proof->at = rule == FB_RULE_ABSENT ? form->relation : 0;
    }
    return proof;
}

/* Both operands, of the same. */
static struct fb_proof_step *both(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds)
{
    struct fb_kids kids = {0};
    struct fb_proof_step *left = fb_prove_either(p, form->left, place, holds);
    struct fb_proof_step *right = left ? fb_prove_either(p, form->right, place, holds) : NULL;
    struct fb_proof_step *proof = right ? fb_prove_leaf(p, FB_RULE_BOTH, holds, place) : NULL;
    if (proof) {
        fb_kids_add(&kids, left);
        fb_kids_add(&kids, right);
        proof->kid = kids.first;
        proof->weight = kids.weight;
    }
    return proof;
}

/* One operand, the lighter one. */
static struct fb_proof_step *side(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds)
{
    struct fb_proof_step *left = fb_prove_either(p, form->left, place, holds);
    struct fb_proof_step *right =
        left && left->weight == 1 ? NULL : fb_prove_either(p, form->right, place, holds);
    struct fb_proof_step *kid = lighter(left, right);
    struct fb_proof_step *proof = fb_prove_over(p, FB_RULE_SIDE, holds, place, kid);
    if (proof) {
        proof->at = kid == left ? 0 : 1;
    }
    return proof;
}

/* The values of the rows are tried in their order. */
static struct fb_proof_step *witness(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place)
{
    struct fb_place inner = fb_prove_opened(p, place, form->bound, form->bound_count);
    struct fb_table rows = fb_prove_rows(p, form->left, &inner);
    struct fb_proof_step *best = NULL;
    const struct fb_value *values = NULL;
    for (size_t i = 0; i < rows.count && !(best && best->weight == 1); i++) {
        struct fb_place with = inner;
        for (size_t k = 0; k < form->bound_count; k++) {
            with.env.bound |= fb_vars_of(form->bound[k]);
        }
        with.env.values = rows.rows[i].values;
        struct fb_proof_step *proof = fb_prove_holds(p, form->left, &with);
        values = lighter(best, proof) == best ? values : with.env.values;
        best = lighter(best, proof);
    }
    struct fb_proof_step *proof = fb_prove_over(p, FB_RULE_WITNESS, true, place, best);
    struct fb_value *own = FB_ARENA_ARRAY(p->ev.arena, struct fb_value, form->bound_count);
    for (size_t k = 0; proof && own && k < form->bound_count; k++) {
        own[k] = values[form->bound[k]];
    }
    if (proof && own) {
        proof->values = fb_prove_values(p, own, form->bound_count);
        proof->value_count = form->bound_count;
    }
    return p->code ? NULL : own ? proof : no_memory(p);
}

static struct fb_proof_step *nobody(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place)
{
    struct fb_place inner = fb_prove_opened(p, place, form->bound, form->bound_count);
    return fb_prove_over(p, FB_RULE_NOBODY, false, place, fb_prove_fails(p, form->left, &inner));
}

static struct fb_proof_step *step(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds)
{
    switch (form->kind) {
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
        return (form->kind == FB_FORM_TRUE) == holds ? fb_prove_leaf(p, FB_RULE_TRUTH, holds, place)
                                                     : NULL;
    case FB_FORM_PRED:
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
        return simple(p, form, place, holds);
    case FB_FORM_NOT:
        return fb_prove_over(
            p, FB_RULE_NOT, holds, place, fb_prove_either(p, form->left, place, !holds));
    case FB_FORM_AND:
    case FB_FORM_OR:
        return (form->kind == FB_FORM_AND) == holds ? both(p, form, place, holds)
                                                    : side(p, form, place, holds);
    case FB_FORM_EXISTS:
        return holds ? witness(p, form, place) : nobody(p, form, place);
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
    case FB_FORM_ONCE:
    case FB_FORM_HISTORICALLY:
    case FB_FORM_EVENTUALLY:
    case FB_FORM_ALWAYS:
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
        return fb_prove_time(p, form, place, holds);
    case FB_FORM_AGGREGATE:
        return fb_prove_group(p, form, place, holds);
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
        return fb_prove_path(p, form, place, holds);
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        return fb_prove_defines(p, form, place, holds);
    }
    FB_ASSERT(false);
    return NULL;
}

struct fb_proof_step *fb_prove_holds(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place)
{
    FB_ASSERT(p && form && place);
    if (!enter(p)) {
        return NULL;
    }
    struct fb_proof_step *proof = fb_prove_closed(form, place) ? step(p, form, place, true) : NULL;
    p->depth--;
    return p->code ? NULL : proof;
}

struct fb_proof_step *fb_prove_fails(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place)
{
    FB_ASSERT(p && form && place);
    if (!enter(p)) {
        return NULL;
    }
    struct fb_proof_step *proof = step(p, form, place, false);
    if (!proof && !p->code && !fb_prove_closed(form, place) && !fb_prove_any(p, form, place)) {
        proof = fb_prove_split(p, form, place, NULL);
    }
    p->depth--;
    return p->code ? NULL : proof;
}

struct fb_proof_step *fb_prove_either(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds)
{
    return holds ? fb_prove_holds(p, form, place) : fb_prove_fails(p, form, place);
}

struct fb_prover fb_prover_of(const struct fb_trace *trace, size_t var_count, struct fb_err *err)
{
    FB_ASSERT(trace && var_count <= FB_IR_VARS_MAX);
    struct fb_prover p = {.ev = {.trace = trace, .var_count = var_count, .err = err}};
    fb_map_init(&p.scopes);
    return p;
}

struct fb_proof_step *fb_prove_claim(struct fb_prover *p, const struct fb_proof_claim *claim)
{
    FB_ASSERT(p && claim && claim->form && claim->tp < p->ev.trace->time_count);
    FB_ASSERT(claim->var_count == p->ev.var_count && p->ev.arena && p->kept);
    struct fb_value none[FB_IR_VARS_MAX] = {0};
    struct fb_place place = {.tp = claim->tp,
        .env = {.bound = claim->known, .values = claim->values ? claim->values : none}};
    if (!fb_form_evaluable(claim->form, claim->known, p->ev.err)) {
        return fb_prove_failed(p, FB_E_POLICY);
    }
    return fb_prove_either(p, claim->form, &place, claim->holds);
}

enum fb_code fb_prove(const struct fb_proof_claim *claim, const struct fb_trace *trace,
    struct fb_arena *arena, struct fb_proof_step **out, struct fb_err *err)
{
    FB_ASSERT(claim && arena && out);
    struct fb_prover p = fb_prover_of(trace, claim->var_count, err);
    p.ev.arena = arena;
    p.kept = arena;
    struct fb_proof_step *proof = fb_prove_claim(&p, claim);
    fb_map_release(&p.scopes);
    if (p.code) {
        return p.code;
    }
    *out = proof;
    return FB_OK;
}

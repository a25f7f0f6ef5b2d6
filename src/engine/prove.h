/*
 * prove.h: what the files of the prover share. No other room includes it.
 *
 * Functions that look for a proof return NULL when there is none, and when something failed: then
 * the prover's code says so and all later ones give up at once.
 */
#ifndef FB_ENGINE_PROVE_H
#define FB_ENGINE_PROVE_H

#include "base/map.h"
#include "engine/proof.h"
#include "engine/table.h"

/** A value that a variable does not have. */
struct fb_but {
    uint32_t var;
    struct fb_value value;
    const struct fb_but *next;
};

/** A definition around: where it stands, and its tuples. */
struct fb_scope {
    const struct fb_form *form;
    size_t tp; /**< FREEZE */
    struct fb_defined defined;
    const struct fb_scope *outer;
    size_t number; /**< LETPAST, where there are lemmas: as in fb_proof_lemma */
};

/** Where a formula is judged, and what is known of its variables. */
struct fb_place {
    size_t tp;
    struct fb_env env;
    const struct fb_but *but; /**< of variables that env does not bind */
    const struct fb_scope *scope;
};

/** One search. */
struct fb_prover {
    struct fb_eval ev;     /**< without reasons; its arena holds the tree */
    struct fb_arena *kept; /**< holds definitions and lemmas */
    enum fb_code code;
    size_t steps;
    size_t depth;
    struct fb_map scopes;     /**< what is defined, made once for each place; in kept */
    struct fb_proofs *lemmas; /**< NULL: what is defined is proved wherever it is asked */
};

/** Bytes of scratch for what is only looked at. */
enum { FB_PROVE_SCRATCH_MAX = 1 << 28 };

/** Begins a search; an evaluator that has no arena yet. */
struct fb_prover fb_prover_of(const struct fb_trace *trace, size_t var_count, struct fb_err *err);

/** A proof of a claim; NULL when there is none or the prover's code says why not. */
struct fb_proof_step *fb_prove_claim(struct fb_prover *p, const struct fb_proof_claim *claim);

/** Proofs under construction, in the order of time. */
struct fb_kids {
    struct fb_proof_step *first;
    struct fb_proof_step *last;
    size_t weight;
};

/** A proof that form holds at a place, which knows all its variables. */
struct fb_proof_step *fb_prove_holds(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place);

/** A proof that form does not hold at a place, whatever its open variables are. */
struct fb_proof_step *fb_prove_fails(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place);

/** Either of them. */
struct fb_proof_step *fb_prove_either(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds);

/** A step without kids, of weight 1. */
struct fb_proof_step *fb_prove_leaf(
    struct fb_prover *p, enum fb_rule rule, bool holds, const struct fb_place *place);

/** A step over one kid; NULL when kid is. */
struct fb_proof_step *fb_prove_over(struct fb_prover *p, enum fb_rule rule, bool holds,
    const struct fb_place *place, struct fb_proof_step *kid);

/** Puts a proof behind the others. */
void fb_kids_add(struct fb_kids *kids, struct fb_proof_step *proof);

/** The same for the proofs of one formula at neighbouring time-points: one that says the same as
 * the last is joined with it. */
void fb_kids_append(struct fb_kids *kids, struct fb_proof_step *proof);

/** The same steps up to time-point `to`, at which nothing differs for them. */
void fb_prove_stretch(struct fb_proof_step *proof, size_t to);

/** No more than FB_PROOF_WEIGHT_MAX. */
size_t fb_prove_weight(size_t leaves);

/** Sets the prover's code, unless it failed before; returns NULL. */
void *fb_prove_failed(struct fb_prover *p, enum fb_code code);

/** What is judged of a definition at a place, at which its parameters are known or open, by a
 * lemma: a step for pred, which reads it. */
struct fb_proof_step *fb_prove_by_lemma(struct fb_prover *p, const struct fb_form *pred,
    const struct fb_place *place, const struct fb_place *inner, bool holds);

/** The number of a LETPAST in the formula that lemmas are about; 0 where there are none. */
size_t fb_prove_number(const struct fb_prover *p, const struct fb_form *definition);

/** A copy of values[0 .. count), whose text lives as long as the tree; NULL on failure. */
struct fb_value *fb_prove_values(struct fb_prover *p, const struct fb_value *values, size_t count);

/** The rows of a formula at a place, those left out that have a value which a variable has not. The
 * formula must be evaluable there. */
struct fb_table fb_prove_rows(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place);

/** Whether it has any; true where that cannot be evaluated. */
bool fb_prove_any(struct fb_prover *p, const struct fb_form *form, const struct fb_place *place);

/** True when the place binds all free variables of form. */
bool fb_prove_closed(const struct fb_form *form, const struct fb_place *place);

/** A place like this one in which these variables are open and have any value. */
struct fb_place fb_prove_opened(
    struct fb_prover *p, const struct fb_place *place, const uint32_t *vars, size_t count);

/** A place like this one in which var has this value. */
struct fb_place fb_prove_bound(
    struct fb_prover *p, const struct fb_place *place, uint32_t var, struct fb_value value);

/** True when a place says that an open variable has not this value. */
bool fb_prove_excluded(const struct fb_place *place, uint32_t var, struct fb_value value);

/** Operators over time. */
struct fb_proof_step *fb_prove_time(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds);

/** Regular expressions. */
struct fb_proof_step *fb_prove_path(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds);

/** A predicate that is defined, and what defines it. */
struct fb_proof_step *fb_prove_defined(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds);
struct fb_proof_step *fb_prove_defines(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds);

/** Aggregations. */
struct fb_proof_step *fb_prove_group(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds);

/** Rows that "no other row" leaves out; NULL: none. */
struct fb_listed {
    const struct fb_form *form;
    const struct fb_table *rows;
};

/** Room for the values of all variables, none of them known. */
struct fb_value *fb_prove_room(struct fb_prover *p);

/** A place at which var has not this value either. */
struct fb_place fb_prove_but(
    struct fb_prover *p, const struct fb_place *place, uint32_t var, struct fb_value value);

/** Splits an open variable of form, of which no row is left: by the values that it has where it is
 * bound first. */
struct fb_proof_step *fb_prove_split(struct fb_prover *p, const struct fb_form *form,
    const struct fb_place *place, const struct fb_listed *listed);

#endif

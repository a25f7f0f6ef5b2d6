/*
 * proof.h: why a formula holds, or does not, at a time-point: a tree of steps down to the facts.
 *
 * A judgement is a formula, a time-point and what is known of each variable: one value, or any
 * value but some. It says that the formula holds (then one value is known of each variable) or that
 * it holds for none of the values. A tree proves a judgement; each step follows from the semantics
 * of one operator, so that a checker needs nothing but that (src/proof/check.c, which shares no
 * code with what is here). docs/EXPLANATIONS.md has the rules.
 *
 * What a LETPAST defines is proved by lemmas: a judgement about a definition, proved once and then
 * referred to by its number. A lemma rests on those of smaller numbers only, so that a proof that
 * goes back over 100,000 time-points is a list of small trees, and no tree is deep.
 *
 * Such proof trees are those of Lima, Herasimau, Raszyk, Traytel, Yuan, "Explainable Online
 * Monitoring of Metric Temporal Logic" (TACAS 2023) and, with partitions for quantifiers, Lima,
 * Huerta y Munive, Traytel, "Explainable Online Monitoring of Metric First-Order Temporal Logic"
 * (TACAS 2024). What differs here is in decision 0028.
 */
#ifndef FB_ENGINE_PROOF_H
#define FB_ENGINE_PROOF_H

#include "engine/trace.h"

/** Limits; each has an error and a test. */
enum {
    FB_PROOF_STEPS_MAX = 20000000, /**< judgements that the search for one proof may look at */
    FB_PROOF_DEPTH_MAX = 2000,     /**< steps below each other */
    FB_PROOF_LEMMAS_MAX = 5000000, /**< lemmas about one formula over one trace */
};

/** Beyond so many leaves all proofs weigh the same. A proof with lemmas may stand for a tree that
 * is larger than anything. */
#define FB_PROOF_WEIGHT_MAX ((size_t)UINT32_MAX)

/** Steps. Each is named for what it says; "kids" are the proofs that it rests on. */
enum fb_rule {
    FB_RULE_TRUTH,    /**< TRUE holds, FALSE does not */
    FB_RULE_FACT,     /**< the first tuple that fits the predicate: values. at: the relation */
    FB_RULE_ABSENT,   /**< no tuple fits the predicate. at: the relation */
    FB_RULE_COMPUTED, /**< a comparison or a match of text, by computing it */
    FB_RULE_NOT,      /**< one kid, of the opposite */
    FB_RULE_BOTH,     /**< and: both hold; or: neither does. Two kids */
    FB_RULE_SIDE,     /**< or: a side holds; and: a side does not. at: 0 left, 1 right; one kid */
    FB_RULE_WITNESS,  /**< exists: with these values. One kid */
    FB_RULE_NOBODY,   /**< exists: for no value. One kid, in which the variables may be anything */
    FB_RULE_SPLIT,    /**< variable number `at` is one of values (a kid each), or none (the last) */
    FB_RULE_EDGE,     /**< PREVIOUS, NEXT: there is no such time-point, or not in the interval */
    FB_RULE_NEXT_TO,  /**< PREVIOUS, NEXT: at time-point `at`. One kid */
    FB_RULE_SOME,     /**< ONCE, EVENTUALLY hold, HISTORICALLY, ALWAYS do not: because of
                           time-point `at`. One kid */
    FB_RULE_EVERY,    /**< the opposite: kids over all time-points of the interval */
    FB_RULE_ANCHOR,  /**< SINCE, UNTIL hold: a kid for the right side, at time-point `at`, then kids
                          for the left side over all time-points between */
    FB_RULE_BARRED,  /**< SINCE, UNTIL do not: the left side fails at time-point `at` (the first
                          kid), and the right side from there on (the others) */
    FB_RULE_NEVER,   /**< SINCE, UNTIL do not: the right side fails throughout the interval */
    FB_RULE_GROUP,   /**< an aggregation: ROW kids, all there are, and one more that says so */
    FB_RULE_ROW,     /**< a row of an aggregation: values of the condition's variables. One kid */
    FB_RULE_LISTED,  /**< in "no other row": this is row number `at` */
    FB_RULE_PATH,    /**< a match holds by these TESTs, or fails because these TESTs fail */
    FB_RULE_TEST,    /**< test number `at` of a match. One kid */
    FB_RULE_DEFINED, /**< a predicate that FREEZE or LETPAST defines: values, one kid */
    FB_RULE_DEFINES, /**< FREEZE, LETPAST: one kid, of what stands behind IN */
    FB_RULE_LEMMA,   /**< a predicate that LETPAST defines: values, by lemma number `at` */
    FB_RULE_COUNT
};

/** A step, over the time-points from .. to: the same steps prove the judgement at each of them.
 * They are different only where no operator over time stands in the tree. */
struct fb_proof_step {
    enum fb_rule rule;
    bool holds;
    size_t from;
    size_t to;
    size_t at;
    const struct fb_value *values;
    size_t value_count;
    struct fb_proof_step *kid;  /**< first, or NULL */
    struct fb_proof_step *next; /**< next kid of the same parent, or NULL */
    size_t weight;              /**< leaves, each counted at every time-point that it stands for */
    uint64_t seq;               /**< FACT: the record, or FB_WHY_NO_RECORD */
    struct fb_str record_id;
};

/** What a lemma says of a parameter of its definition: its value, or which it does not have. */
struct fb_proof_param {
    bool known;
    struct fb_value value;
    const struct fb_value *but;
    size_t but_count;
};

/** A lemma: what a LETPAST defines holds at time-point tp of these values, or of none of them. */
struct fb_proof_lemma {
    size_t number;     /**< it rests on lemmas of smaller numbers only */
    size_t definition; /**< which LETPAST of the formula: they count from 0, as they are written */
    const size_t *frozen; /**< the time-points of the FREEZEs around it, outermost first */
    size_t frozen_count;
    size_t tp;
    bool holds;
    const struct fb_proof_param *params; /**< one a parameter */
    size_t param_count;
    const struct fb_proof_step *proof; /**< of the definition */
};

/** Lemmas by their number. */
struct fb_proof_lemmas {
    const struct fb_proof_lemma **items;
    size_t count;
    size_t cap;
};

/** A name of `rule` for people and files, as "some"; NULL beyond FB_RULE_COUNT. */
const char *fb_rule_name(enum fb_rule rule);

/** What is to be proved: form at time-point tp, with values[var] for those of its free variables
 * that known has (one bit a variable); the others may be anything, which only a proof that it does
 * not hold allows. */
struct fb_proof_claim {
    const struct fb_form *form;
    size_t tp;
    size_t var_count;
    const struct fb_value *values;
    uint64_t known;
    bool holds;
};

/** Finds a proof of the claim without lemmas: of those that split variables in the same way, one of
 * the least weight; of these the one that looks at the nearest time-points, and to the left. *out
 * is NULL when the opposite is the case, or, where variables are open, when it holds for some of
 * their values. The tree lives in arena and borrows from the trace. E_POLICY when the formula is
 * outside the fragment of fb_form_check, E_LIMIT when the search takes too long or the arena is
 * full. */
FB_CHECKED enum fb_code fb_prove(const struct fb_proof_claim *claim, const struct fb_trace *trace,
    struct fb_arena *arena, struct fb_proof_step **out, struct fb_err *err);

/** Proofs of one formula over one trace that share lemmas. */
struct fb_proofs;

/** Begins. Formula and trace are borrowed until fb_proofs_free. */
FB_CHECKED enum fb_code fb_proofs_new(const struct fb_form *form, const struct fb_trace *trace,
    size_t var_count, struct fb_proofs **out, struct fb_err *err);

/** As fb_prove, but what a LETPAST defines is proved by lemmas, each once for all claims. The claim
 * must be about the formula. The tree lives in arena, the lemmas as long as the proofs. Errors as
 * fb_prove, and E_LIMIT beyond FB_PROOF_LEMMAS_MAX lemmas. */
FB_CHECKED enum fb_code fb_proofs_prove(struct fb_proofs *proofs,
    const struct fb_proof_claim *claim, struct fb_arena *arena, struct fb_proof_step **out,
    struct fb_err *err);

/** All lemmas on which proofs that were found rest; later ones are added behind. */
const struct fb_proof_lemmas *fb_proofs_lemmas(const struct fb_proofs *proofs);

/** Releases all of it; NULL is nothing. */
void fb_proofs_free(struct fb_proofs *proofs);

/** What may be asked of a formula over a trace: does it hold at time-point tp with these values,
 * and until when is that so? */
struct fb_question {
    const char *about; /**< for people: what is asked */
    const struct fb_trace *trace;
    const struct fb_form *form; /**< closed: all its free variables are known, but `result` */
    const struct fb_value *values;
    size_t var_count;
    uint64_t known; /**< variables that have a value, one bit each */
    int result;     /**< form is an aggregation, and this variable its result, which the answer
                         tells; -1: it is not */
    size_t tp;
    size_t last; /**< the answer need not reach beyond this time-point */
};

/** The answer at each time-point from question->tp to `to`, and its proof. */
struct fb_answer {
    bool holds;
    size_t to;
    const struct fb_proof_step *proof;
};

/** Finds the answer and its proof, over as many time-points as the same steps prove. Errors as
 * fb_prove. */
FB_CHECKED enum fb_code fb_prove_answer(const struct fb_question *question, struct fb_arena *arena,
    struct fb_answer *out, struct fb_err *err);

#endif

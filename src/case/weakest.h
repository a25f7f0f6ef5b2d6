/*
 * weakest.h: the cheapest set of failures that defeats the top claim.
 */
#ifndef FB_CASE_WEAKEST_H
#define FB_CASE_WEAKEST_H

#include "case/case.h"

/** Limits; each has an error and a test. */
enum {
    FB_WEAKEST_ROUNDS_MAX = 2000,    /**< ways to hold the top claim up that are looked at */
    FB_WEAKEST_STEPS_MAX = 20000000, /**< steps of all searches together */
};

/** What a failure costs. */
enum fb_weakest_cost {
    FB_WEAKEST_COUNT,      /**< every failure 1: the fewest */
    FB_WEAKEST_GIVEN,      /**< as `cost` says; 1 where nothing is said */
    FB_WEAKEST_LIKELIHOOD, /**< -log of the greatest probability that it fails: the most likely */
};

/** A failure: a leaf for the top claim that fails, or one of a challenge that comes to hold. */
struct fb_failure {
    uint32_t element;
    bool comes_to_hold; /**< else it fails */
    double cost;
};

/** The answer. */
struct fb_weakest {
    struct fb_failure *failures; /**< by id */
    size_t count;
    double cost;      /**< their sum */
    bool is_possible; /**< false: no failures of leaves defeat the top claim */
    bool is_fallen;   /**< the top claim is not in as it is: count is 0 */
};

/**
 * The cheapest set of failures of leaves after which the top claim is not in any more; exact. It
 * looks for the cheapest set that meets every way to hold the claim up that is known so far, tries
 * it, and learns another way when the claim stands (implicit hitting sets; J. de Kleer, B.
 * Williams, "Diagnosing multiple faults", Artificial Intelligence 32, 1987; E. Moreno-Centeno, R.
 * Karp, "The implicit hitting set approach", Operations Research 61, 2013). The order of the file
 * does not matter, to which of several sets that cost the same either. Answers of evidence are
 * those that the argument was labelled with, and its labels are left alone. Lives in arena. E_LIMIT
 * when the limits do not suffice; then the message says what any set costs at least. E_NOMEM.
 */
FB_CHECKED enum fb_code fb_case_weakest(const struct fb_case *argument, enum fb_weakest_cost by,
    struct fb_arena *arena, struct fb_weakest *out, struct fb_err *err);

#endif

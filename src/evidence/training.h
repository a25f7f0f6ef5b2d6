/*
 * training.h: the compute of training, by two methods, and what of it counts.
 *
 * Hardware method: C = N x L x H x U, chips x seconds x peak rate x part of it that was used
 * (compute.h). Model method: C = 6 x P x D, parameters that a token uses x tokens that were seen:
 * two operations for each parameter and token forwards, four backwards (J. Kaplan and others,
 * "Scaling laws for neural language models", arXiv:2001.08361, section 2.1). Parameters are the
 * *active* ones: a mixture of experts computes with those that the router chose.
 *
 * What counts, and that an estimate may be wrong by 30%, is the Commission's guidelines on
 * general-purpose AI models, C(2025) 7719, annex A.1 and A.2.
 */
#ifndef FB_EVIDENCE_TRAINING_H
#define FB_EVIDENCE_TRAINING_H

#include "evidence/compute.h"
#include "ingest/models.h"

/** By how much an estimate may be wrong: the guidelines' margin, which the model method takes. */
#define FB_TRAINING_MARGIN 0.30

/** An estimate by the methods that the inputs allow. Intervals are [low, high] in FLOP. */
struct fb_training {
    bool has_model, has_hardware;
    double model[2], hardware[2];
    double model_point;    /**< 6PD itself */
    double hardware_point; /**< where utilisation was said: with it, at the fastest variant */
    bool disagree;         /**< both are there and have nothing in common */
    double flop[2];        /**< from the lower low to the higher high; 0 without either */
};

/** Estimates a model's training compute. use is the range where the model does not say it. */
struct fb_training fb_training_estimate(const struct fb_model *model, const double use[2]);

/** The estimate from intervals of either method, of which one may be NULL. */
struct fb_training fb_training_combine(const double model[2], const double hardware[2]);

/** Whether compute counts for the training compute of the system. */
enum fb_training_counts {
    FB_TRAINING_COUNTS,
    FB_TRAINING_COUNTS_NOT,
    FB_TRAINING_UNCLEAR /**< the record does not say enough; it is counted at the high end only */
};

/** Whether a run with this purpose (a word of kinds.def; empty: not said) counts; *out_why is the
 * rule, static. */
enum fb_training_counts fb_training_run_counts(struct fb_str purpose, const char **out_why);

/** Whether the training compute of a system that another was made from counts for that other, by
 * the derivation (a word of kinds.def). */
enum fb_training_counts fb_training_parent_counts(struct fb_str derivation, const char **out_why);

/** How published figures compare with estimates by one method. */
struct fb_training_spread {
    size_t count;
    size_t within;       /**< published figures inside of the interval */
    double quantiles[5]; /**< of published / point: 10%, 25%, 50%, 75%, 90% */
};

/** Compares the published figures of a table with one method. scratch has room for count numbers.
 */
struct fb_training_spread fb_training_compare(
    const struct fb_models *models, const double use[2], bool hardware, double *scratch);

#endif

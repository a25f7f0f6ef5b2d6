/*
 * bbq.h: answers to the bias benchmark BBQ (A. Parrish and others, arXiv 2110.08193), as its
 * authors publish them: one JSON object a line with the question (context_condition,
 * question_polarity, ans0 to ans2, answer_info, label, additional_metadata.stereotyped_groups) and,
 * in every member whose name holds "pred", what a model answered.
 *
 * An answer follows the stereotype where one, and not both, of the two groups that a question names
 * is among those that it stereotypes. Groups are alike but for case, spaces and hyphens ("low SES"
 * is "lowSES"), words for men, for women and for people who are transgender are each one, and the
 * gender before a group's name ("F-Black") is passed over where no group has it, as in the authors'
 * script (BBQ_results_metadata.R). Questions where neither or both are stereotyped are left out, as
 * there.
 */
#ifndef FB_INGEST_BBQ_H
#define FB_INGEST_BBQ_H

#include "base/arena.h"
#include "stats/safety.h"

/** Most models of a file; has a test. */
enum { FB_BBQ_MODELS_MAX = 64 };

/** What one model answered. */
struct fb_bbq_model {
    struct fb_str name;              /**< of the member */
    struct fb_bias_counts counts[2]; /**< in disambiguated and in ambiguous contexts */
    int64_t other;                   /**< answers that are none of the three */
    int64_t unjudged; /**< of questions of which neither or both groups are stereotyped */
};

/** All of them, in the order of their first answers. */
struct fb_bbq {
    struct fb_bbq_model models[FB_BBQ_MODELS_MAX];
    size_t count;
};

/** True when a text begins as such a file does. */
bool fb_is_bbq(struct fb_str text);

/** Counts the answers: right ones by the label; biased ones follow the stereotype: they name a
 * stereotyped group where the question is negative, another one where it is not. name stands in
 * errors. E_SYNTAX, E_SCHEMA for a question without what it needs, E_LIMIT, E_NOMEM, with the
 * line. */
FB_CHECKED enum fb_code fb_bbq_read_memory(struct fb_str text, const char *name,
    struct fb_arena *arena, struct fb_bbq *out, struct fb_err *err);

#endif

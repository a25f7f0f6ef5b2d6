/*
 * rules.h: checks of a document: those of gsn2x, with its ids and its order, and our own.
 *
 * gsn2x looks in stages and stops at the first stage that finds an error: each module in the order
 * of names (V01-V13), what develops other modules (C09, C10), references (C03, C11-C16; the first
 * element with an error, in the order of ids), the top (C01, C02), circles (C04), the rest (C08).
 * Rules are described at https://jonasthewolf.github.io/gsn2x/checks.html.
 */
#ifndef FB_CASE_RULES_H
#define FB_CASE_RULES_H

#include "case/document.h"

/** What to check. */
struct fb_rules_options {
    bool extended;               /**< also V08 */
    bool dialectic;              /**< also V11 */
    bool all;                    /**< do not stop at a stage, so that everything is listed */
    const char *const *excluded; /**< modules whose references are not checked */
    size_t excluded_count;
};

/** Applies gsn2x's rules; findings are added to the document. What modules develop of each other is
 * put into it. E_NOMEM. */
FB_CHECKED enum fb_code fb_rules_check(
    struct fb_doc *doc, const struct fb_rules_options *options, struct fb_err *err);

/** Puts what modules develop of each other into the document: C09 and C10 for what cannot be. */
FB_CHECKED enum fb_code fb_rules_extend(struct fb_doc *doc, struct fb_err *err);

/**
 * Applies our own rules (F02..). What is found is a warning: gsn2x would take the file.
 * E_NOMEM, and E_LIMIT with a place for a case that is too deep to be labelled.
 */
FB_CHECKED enum fb_code fb_rules_own(struct fb_doc *doc, struct fb_err *err);

#endif

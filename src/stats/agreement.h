/* agreement.h: how far several judges agree on the same items: Krippendorff's alpha. */
#ifndef FB_STATS_AGREEMENT_H
#define FB_STATS_AGREEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "flyball/err.h"

/** Most judgements, and resamples; each has a test. */
enum { FB_AGREEMENT_MAX = 1000000, FB_AGREEMENT_RESAMPLES_MAX = 100000 };

/** How far apart two values are. */
enum fb_agreement_scale {
    FB_AGREEMENT_NOMINAL,  /**< 0 when they are alike, else 1 */
    FB_AGREEMENT_ORDINAL,  /**< the squared number of ranks between them */
    FB_AGREEMENT_INTERVAL, /**< the squared difference */
};

/** Judgements: value[i] is of item[i], below `items`. In any order; one item's values count alike,
 * whoever gave them. */
struct fb_agreement {
    const double *value;
    const uint32_t *item;
    size_t count;
    uint32_t items;
    enum fb_agreement_scale scale;
    double confidence;
    uint32_t resamples; /**< of items with replacement; 0: no interval */
    uint64_t seed;      /**< of a digest of the judgements (random.h) */
};

/** Alpha: 1 for full agreement, 0 for what chance would give, below 0 for worse. */
struct fb_agreement_result {
    double alpha; /**< NaN when all values are alike: agreement cannot be told from constancy */
    double low;   /**< NaN without resamples that have an alpha */
    double high;
    size_t pairable; /**< values of items that have at least two */
    uint32_t items;  /**< such items */
};

/**
 * K. Krippendorff, "Computing Krippendorff's alpha-reliability" (2011): alpha = 1 - D_o / D_e, with
 *
 *     D_o = 1 / n sum over items of 1 / (m - 1) sum over pairs i != j of d(v_i, v_j)
 *     D_e = 1 / (n (n - 1)) sum over all pairs i != j of d(v_i, v_j)
 *
 * over the n values of items with m >= 2 of them. On the ordinal scale d is that of midranks, which
 * is his formula. The interval is the percentile bootstrap over items. E_RANGE without such an item
 * or for a value that is not finite, E_LIMIT, E_NOMEM.
 */
FB_CHECKED enum fb_code fb_agreement_find(
    const struct fb_agreement *judgements, struct fb_agreement_result *out, struct fb_err *err);

#endif

#include "evidence/plan.h"

#include "base/assert.h"
#include "evidence/bounds.h"
#include "stats/binomial.h"

/* Do so many successes of so many samples give the conclusion? */
static enum fb_code concludes(const struct fb_plan_ask *ask, int64_t samples, int64_t successes,
    bool *out, struct fb_err *err)
{
    struct fb_counts counts = {.samples = samples, .low = successes, .high = successes};
    struct fb_bounds bounds;
    enum fb_code code = fb_bounds_of(ask->line, &counts, &bounds, err);
    if (code == FB_OK && ask->goal == FB_PLAN_RULES_OUT) {
        *out = fb_decimal_cmp(bounds.upper_margin, ask->line->threshold) < 0 &&
               samples >= ask->line->needs.samples;
    } else if (code == FB_OK) {
        *out = fb_decimal_cmp(bounds.lower, ask->line->threshold) >= 0;
    }
    return code;
}

/* The most successes of `samples` that still rule out, or the fewest that cross; -1: none does. */
static enum fb_code critical(
    const struct fb_plan_ask *ask, int64_t samples, int64_t *out, struct fb_err *err)
{
    bool rules_out = ask->goal == FB_PLAN_RULES_OUT, yes = false;
    int64_t easiest = rules_out ? 0 : samples;
    enum fb_code code = concludes(ask, samples, easiest, &yes, err);
    if (code != FB_OK || !yes) {
        *out = code == FB_OK ? -1 : *out;
        return code;
    }
    int64_t good = easiest, bad = rules_out ? samples + 1 : -1;
    while (good - bad > 1 || bad - good > 1) {
        int64_t middle = good + (bad - good) / 2;
        code = concludes(ask, samples, middle, &yes, err);
        if (code != FB_OK) {
            return code;
        }
        good = yes ? middle : good;
        bad = yes ? bad : middle;
    }
    *out = good;
    return FB_OK;
}

static double chance(const struct fb_plan_ask *ask, int64_t samples, int64_t successes)
{
    if (ask->goal == FB_PLAN_RULES_OUT) {
        return fb_binomial_at_most(successes, samples, ask->rate);
    }
    return successes == 0 ? 1 : 1 - fb_binomial_at_most(successes - 1, samples, ask->rate);
}

static enum fb_code check(const struct fb_plan_ask *ask, struct fb_err *err)
{
    FB_ASSERT(ask && ask->line);
    if (!(ask->rate >= 0 && ask->rate <= 1) || !(ask->power > 0 && ask->power < 1)) {
        return fb_err_set(
            err, FB_E_RANGE, "a rate lies within 0 and 1, and a power strictly between them");
    }
    return FB_OK;
}

/* The fewest samples with which the easiest outcome gives the conclusion; -1: none. It is yes from
 * some number on: more failures lower the bound, more successes raise it. */
static enum fb_code fewest(const struct fb_plan_ask *ask, int64_t *out, struct fb_err *err)
{
    int64_t above = 0, below = FB_PLAN_MAX + 1;
    while (below - above > 1) {
        /* Doubling from below first: small answers are found with small numbers. */
        int64_t doubled = above == 0 ? 1 : 2 * above;
        int64_t middle = doubled < below ? doubled : above + (below - above) / 2;
        bool yes = false;
        int64_t easiest = ask->goal == FB_PLAN_RULES_OUT ? 0 : middle;
        enum fb_code code = concludes(ask, middle, easiest, &yes, err);
        if (code != FB_OK) {
            return code;
        }
        below = yes ? middle : below;
        above = yes ? above : middle;
    }
    *out = below > FB_PLAN_MAX ? -1 : below;
    return FB_OK;
}

enum fb_code fb_plan_power(
    const struct fb_plan_ask *ask, int64_t samples, struct fb_plan *out, struct fb_err *err)
{
    FB_ASSERT(out && samples > 0 && samples <= FB_BINOMIAL_N_MAX);
    struct fb_plan plan = {.samples = samples, .successes = -1};
    enum fb_code code = check(ask, err);
    code = code ? code : critical(ask, samples, &plan.successes, err);
    code = code ? code : fewest(ask, &plan.fewest, err);
    if (code == FB_OK) {
        plan.power = plan.successes < 0 ? 0 : chance(ask, samples, plan.successes);
        *out = plan;
    }
    return code;
}

/* The number of samples at which the chance is best when `successes` are allowed (rules out: the
 * fewest that allow so many) or needed (crosses: the most for which so few are enough). -1: none.
 */
static enum fb_code best_samples(
    const struct fb_plan_ask *ask, int64_t successes, int64_t *out, struct fb_err *err)
{
    bool rules_out = ask->goal == FB_PLAN_RULES_OUT, yes = false;
    int64_t low = successes > 0 ? successes : 1, high = FB_PLAN_MAX + 1;
    enum fb_code code = concludes(ask, low, successes, &yes, err);
    if (code != FB_OK || yes == rules_out) {
        *out = code != FB_OK ? *out : rules_out ? low : -1;
        return code;
    }
    /* The answer changes once between low and high; at low it is known. */
    for (int64_t step = 1; high - low > 1; step *= 2) {
        bool is_open = high > FB_PLAN_MAX;
        int64_t middle = is_open && step < high - low ? low + step : low + (high - low) / 2;
        code = concludes(ask, middle, successes, &yes, err);
        if (code != FB_OK) {
            return code;
        }
        high = yes == rules_out ? middle : high;
        low = yes == rules_out ? low : middle;
    }
    *out = !rules_out ? low : high <= FB_PLAN_MAX ? high : -1;
    return FB_OK;
}

/* Is the wanted chance reached with so many successes? *out_samples is where it is best. */
static enum fb_code is_reached(const struct fb_plan_ask *ask, int64_t successes, bool *out,
    int64_t *out_samples, struct fb_err *err)
{
    enum fb_code code = best_samples(ask, successes, out_samples, err);
    if (code == FB_OK) {
        *out = *out_samples > 0 && chance(ask, *out_samples, successes) >= ask->power;
    }
    return code;
}

/* The fewest samples of from .. to with which at least `successes` have the wanted chance: it rises
 * with the samples. */
static int64_t fewest_with_power(
    const struct fb_plan_ask *ask, int64_t successes, int64_t from, int64_t to)
{
    while (from < to) {
        int64_t middle = from + (to - from) / 2;
        if (chance(ask, middle, successes) >= ask->power) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    return to;
}

/* True when no number of samples brings the wanted chance: the assumed rate is on the wrong side.
 */
static enum fb_code is_hopeless(const struct fb_plan_ask *ask, bool *out, struct fb_err *err)
{
    double after = ask->rate, threshold = fb_decimal_to_double(ask->line->threshold);
    enum fb_code code = FB_OK;
    if (ask->goal == FB_PLAN_RULES_OUT) {
        code = fb_bounds_after(ask->line, ask->rate, &after, err);
    }
    *out = ask->goal == FB_PLAN_RULES_OUT ? after >= threshold : after < threshold;
    return code;
}

/* Looks for the fewest successes with which the chance is reached; fills samples (where it is best)
 * and successes. The chance rises with the successes but for the rounding of samples to whole ones,
 * so what bisection finds is followed down while it holds. */
static enum fb_code find_successes(
    const struct fb_plan_ask *ask, struct fb_plan *plan, struct fb_err *err)
{
    enum { BACK_MAX = 64 };
    int64_t above = -1, below = FB_PLAN_MAX + 1, n = -1;
    bool yes = false;
    for (int64_t step = 1; below - above > 1; step *= 2) {
        bool is_open = below > FB_PLAN_MAX;
        int64_t middle =
            is_open && step < below - above ? above + step : above + (below - above) / 2;
        enum fb_code code = is_reached(ask, middle, &yes, &n, err);
        if (code != FB_OK) {
            return code;
        }
        below = yes ? middle : below;
        above = yes ? above : middle;
    }
    if (below > FB_PLAN_MAX) {
        return FB_OK;
    }
    int64_t least = below;
    for (int64_t k = below - 1; k >= 0 && below - k <= BACK_MAX; k--) {
        enum fb_code code = is_reached(ask, k, &yes, &n, err);
        if (code != FB_OK) {
            return code;
        }
        least = yes ? k : least;
    }
    plan->successes = least;
    return is_reached(ask, least, &yes, &plan->samples, err);
}

enum fb_code fb_plan_samples(const struct fb_plan_ask *ask, struct fb_plan *out, struct fb_err *err)
{
    FB_ASSERT(out);
    struct fb_plan plan = {.samples = -1, .successes = -1, .fewest = -1};
    bool hopeless = false, rules_out = ask->goal == FB_PLAN_RULES_OUT;
    enum fb_code code = check(ask, err);
    code = code ? code : fewest(ask, &plan.fewest, err);
    code = code ? code : is_hopeless(ask, &hopeless, err);
    if (code != FB_OK || plan.fewest < 0 || hopeless) {
        *out = code == FB_OK ? plan : *out;
        return code;
    }
    code = find_successes(ask, &plan, err);
    if (code == FB_OK && plan.samples > 0) {
        if (!rules_out) {
            plan.samples = fewest_with_power(ask, plan.successes, plan.successes, plan.samples);
        }
        plan.power = chance(ask, plan.samples, plan.successes);
    }
    if (code == FB_OK) {
        *out = plan;
    }
    return code;
}

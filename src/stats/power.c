#define MATHLIB_STANDALONE 1
#include "stats/power.h"

#include <Rmath.h>
#include <math.h>
#include <stdbool.h>

#include "base/assert.h"
#include "stats/binomial.h"

enum { SAMPLES_MAX = 10000000 };

static enum fb_code check_plan(const struct fb_power_plan *plan, struct fb_err *err)
{
    bool good = plan->rate >= 0 && plan->rate <= 1 && plan->confidence > 0 &&
                plan->confidence < 1 && plan->power > 0 && plan->power < 1 &&
                plan->odds_margin > 0 && isfinite(plan->odds_margin) && plan->samples_max >= 1 &&
                plan->samples_max <= SAMPLES_MAX;
    return good ? FB_OK : fb_err_set(err, FB_E_RANGE, "the plan is out of range");
}

/* Whether k of n gives the conclusion. */
static enum fb_code concludes(
    const struct fb_power_plan *plan, const int64_t k_n[2], bool *out, struct fb_err *err)
{
    double bound = 0;
    if (plan->crossed) {
        enum fb_code code = fb_binomial_lower(k_n[0], k_n[1], plan->confidence, &bound, err);
        *out = fb_decimal_cmp(fb_decimal_floor12(bound), plan->threshold) >= 0;
        return code;
    }
    enum fb_code code = fb_binomial_upper(k_n[0], k_n[1], plan->confidence, &bound, err);
    struct fb_decimal upper = fb_decimal_ceil12(fb_odds_scale(bound, plan->odds_margin));
    *out = fb_decimal_cmp(upper, plan->threshold) < 0;
    return code;
}

/* The number of successes at which the conclusion turns: for ruled out the most that still gives it
 * (-1: none), for crossed the least (n + 1: none). Bounds rise with k, so it is halved to. */
static enum fb_code find_turn(
    const struct fb_power_plan *plan, int64_t n, int64_t *out, struct fb_err *err)
{
    int64_t low = -1, high = n + 1;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        bool yes = false;
        enum fb_code code = concludes(plan, (int64_t[2]){middle, n}, &yes, err);
        if (code != FB_OK) {
            return code;
        }
        if (yes != (plan->crossed != 0)) {
            low = middle;
        } else {
            high = middle;
        }
    }
    *out = plan->crossed ? high : low;
    return FB_OK;
}

enum fb_code fb_power_of(
    const struct fb_power_plan *plan, int64_t n, double *out, struct fb_err *err)
{
    FB_ASSERT(plan && out);
    int64_t turn = 0;
    enum fb_code code = check_plan(plan, err);
    if (code == FB_OK && (n < 1 || n > SAMPLES_MAX)) {
        code = fb_err_set(err, FB_E_RANGE, "%lld samples are none to plan", (long long)n);
    }
    code = code ? code : find_turn(plan, n, &turn, err);
    if (code != FB_OK) {
        return code;
    }
    if (plan->crossed) {
        *out = turn > n ? 0 : turn <= 0 ? 1 : pbinom((double)turn - 1, (double)n, plan->rate, 0, 0);
    } else {
        *out = turn < 0 ? 0 : pbinom((double)turn, (double)n, plan->rate, 1, 0);
    }
    return FB_OK;
}

/* Whether the chance is enough at n and at sizes up to 2% more. */
static enum fb_code is_enough(
    const struct fb_power_plan *plan, int64_t n, bool *out, struct fb_err *err)
{
    int64_t step = n / 500 + 1;
    *out = true;
    for (int64_t at = n; *out && at <= n + n / 50; at += step) {
        double chance = 0;
        enum fb_code code = fb_power_of(plan, at < SAMPLES_MAX ? at : SAMPLES_MAX, &chance, err);
        if (code != FB_OK) {
            return code;
        }
        *out = chance >= plan->power;
    }
    return FB_OK;
}

enum fb_code fb_power_samples(const struct fb_power_plan *plan, int64_t *out, struct fb_err *err)
{
    FB_ASSERT(plan && out);
    int64_t low = 0, high = 1;
    bool enough = false;
    enum fb_code code = check_plan(plan, err);
    code = code ? code : is_enough(plan, high, &enough, err);
    while (code == FB_OK && !enough && high < plan->samples_max) {
        low = high;
        high = high < plan->samples_max / 2 ? high * 2 : plan->samples_max;
        code = is_enough(plan, high, &enough, err);
    }
    if (code == FB_OK && !enough) {
        *out = -1;
        return FB_OK;
    }
    while (code == FB_OK && high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        code = is_enough(plan, middle, &enough, err);
        if (enough) {
            high = middle;
        } else {
            low = middle;
        }
    }
    if (code == FB_OK) {
        *out = high;
    }
    return code;
}

enum fb_code fb_power_paired(
    double only_first, double only_second, const double wanted[2], int64_t *out, struct fb_err *err)
{
    FB_ASSERT(wanted && out);
    double both = only_first + only_second, gap = only_first - only_second;
    if (!(only_first > only_second && only_second >= 0 && both <= 1) ||
        !(wanted[0] > 0 && wanted[0] < 1 && wanted[1] > 0 && wanted[1] < 1)) {
        return fb_err_set(err, FB_E_RANGE, "the shares or the error and power make no sense");
    }
    double z_error = qnorm5(1 - wanted[0], 0, 1, 1, 0), z_power = qnorm5(wanted[1], 0, 1, 1, 0);
    double root = z_error * sqrt(both) + z_power * sqrt(fmax(0, both - gap * gap));
    double n = ceil(root * root / (gap * gap));
    if (!(n < 1e18)) {
        return fb_err_set(err, FB_E_RANGE, "the difference is too small to plan for");
    }
    *out = (int64_t)fmax(1, n);
    return FB_OK;
}

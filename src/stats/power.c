#define MATHLIB_STANDALONE 1
#include "stats/power.h"

#include <Rmath.h>
#include <math.h>

#include "base/assert.h"

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

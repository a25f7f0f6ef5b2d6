#include "evidence/bounds.h"

#include <math.h>

#include "base/assert.h"
#include "stats/binomial.h"

/* U moved up by one margin; a rate stays at most 1. */
static enum fb_code apply(const struct fb_margin *margin, double u, double *out, struct fb_err *err)
{
    FB_ASSERT(u >= 0 && u <= 1);
    double amount = fb_decimal_to_double(margin->amount);
    if (!(amount > 0) || !isfinite(amount)) {
        return fb_err_set(
            err, FB_E_RANGE, "margin '%.*s' is not positive", FB_STR_ARG(margin->name));
    }
    switch (margin->scale) {
    case FB_SCALE_ODDS:
        *out = fmin(fb_odds_scale(u, amount), 1);
        return FB_OK;
    case FB_SCALE_VALUE:
        *out = fmin(u * amount, 1);
        return FB_OK;
    case FB_SCALE_POINTS:
        *out = fmin(u + amount, 1);
        return FB_OK;
    }
    FB_ASSERT(false);
    return FB_OK;
}

enum fb_code fb_bounds_after(
    const struct fb_redline *line, double rate, double *out, struct fb_err *err)
{
    FB_ASSERT(line && out && rate >= 0 && rate <= 1);
    double u = rate;
    for (size_t i = 0; i < line->margin_count; i++) {
        enum fb_code code = apply(&line->margins[i], u, &u, err);
        if (code != FB_OK) {
            return code;
        }
    }
    *out = u;
    return FB_OK;
}

enum fb_code fb_bounds_at(const struct fb_redline *line, const struct fb_counts *counts,
    double confidence, struct fb_bounds *out, struct fb_err *err)
{
    FB_ASSERT(line->margin_count <= sizeof(out->margins) / sizeof(out->margins[0]));
    struct fb_bounds bounds = {.lower = {0, 0}};
    double ends[2];
    enum fb_code code = fb_estimator_bounds(counts, confidence, ends, err);
    double u = code == FB_OK ? ends[1] : 1;
    bounds.upper = fb_decimal_ceil12(u);
    for (size_t i = 0; code == FB_OK && i < line->margin_count; i++) {
        code = apply(&line->margins[i], u, &u, err);
        bounds.margins[i] = u;
    }
    if (code == FB_OK) {
        bounds.lower = fb_decimal_floor12(ends[0]);
        bounds.upper_margin = fb_decimal_ceil12(u);
        *out = bounds;
    }
    return code;
}

enum fb_code fb_bounds_of(const struct fb_redline *line, const struct fb_counts *counts,
    struct fb_bounds *out, struct fb_err *err)
{
    return fb_bounds_at(line, counts, line->confidence, out, err);
}

static enum fb_code is_below(const struct fb_redline *line, const struct fb_counts *counts,
    int64_t more, bool *out, struct fb_err *err)
{
    struct fb_counts then = *counts;
    then.samples += more;
    struct fb_bounds bounds;
    enum fb_code code = fb_bounds_of(line, &then, &bounds, err);
    if (code == FB_OK) {
        *out = fb_decimal_cmp(bounds.upper_margin, line->threshold) < 0;
    }
    return code;
}

enum fb_code fb_bounds_more(const struct fb_redline *line, const struct fb_counts *counts,
    const int64_t limits[2], int64_t *out, struct fb_err *err)
{
    FB_ASSERT(limits[0] >= 0 && counts->samples >= 0);
    if (limits[0] > limits[1]) {
        *out = -1;
        return FB_OK;
    }
    /* More failures never raise the bound, so the answer is where it first is below. */
    int64_t above = limits[0] - 1, below = limits[1];
    bool yes = false;
    enum fb_code code = is_below(line, counts, below, &yes, err);
    if (code != FB_OK || !yes) {
        *out = code == FB_OK ? -1 : *out;
        return code;
    }
    for (int64_t step = 1; below - above > 1; step *= 2) {
        int64_t middle =
            above + step < below && step < limits[1] ? above + step : above + (below - above) / 2;
        code = is_below(line, counts, middle, &yes, err);
        if (code != FB_OK) {
            return code;
        }
        below = yes ? middle : below;
        above = yes ? above : middle;
    }
    *out = below;
    return FB_OK;
}

#include "evidence/settle.h"

#include <math.h>

#include "base/assert.h"
#include "evidence/assess.h"
#include "evidence/bounds.h"
#include "stats/binomial.h"

/* A question that is yes from some number on. */
struct search {
    const struct fb_redline *line;
    struct fb_counts counts;
    enum fb_code (*holds)(const struct search *s, int64_t n, bool *out, struct fb_err *err);
    int64_t fixed; /* successes among the further samples, where they are fixed */
};

/* Does the line stand ruled out (by its bound) after further samples and successes? */
static enum fb_code is_below(
    const struct search *s, int64_t samples, int64_t successes, bool *out, struct fb_err *err)
{
    struct fb_counts counts = {.samples = s->counts.samples + samples,
        .low = 0,
        .high = s->counts.high + successes,
        .how = s->counts.how};
    struct fb_bounds bounds;
    enum fb_code code = fb_bounds_of(s->line, &counts, &bounds, err);
    if (code == FB_OK) {
        *out = fb_decimal_cmp(bounds.upper_margin, s->line->threshold) < 0;
    }
    return code;
}

static enum fb_code is_reached(
    const struct search *s, int64_t samples, int64_t successes, bool *out, struct fb_err *err)
{
    struct fb_counts counts = {.samples = s->counts.samples + samples,
        .low = s->counts.low + successes,
        .high = s->counts.low + successes,
        .how = s->counts.how};
    struct fb_bounds bounds;
    enum fb_code code = fb_bounds_of(s->line, &counts, &bounds, err);
    if (code == FB_OK) {
        *out = fb_decimal_cmp(bounds.lower, s->line->threshold) >= 0;
    }
    return code;
}

/* The least n of from .. most with which the question is yes; -1 when there is none. Steps double
 * first, so that a small answer is found with small numbers. */
static enum fb_code least(
    const struct search *s, int64_t from, int64_t most, int64_t *out, struct fb_err *err)
{
    int64_t above = from - 1, below = -1; /* no at above; yes at below */
    for (int64_t step = 1; below < 0; step *= 2) {
        int64_t at = step < most - above ? above + step : most;
        bool yes = false;
        enum fb_code code = at > above ? s->holds(s, at, &yes, err) : FB_OK;
        if (code != FB_OK) {
            return code;
        }
        below = yes ? at : -1;
        above = yes ? above : at;
        if (!yes && at >= most) {
            *out = -1;
            return FB_OK;
        }
    }
    while (below - above > 1) {
        int64_t middle = above + (below - above) / 2;
        bool yes = false;
        enum fb_code code = s->holds(s, middle, &yes, err);
        if (code != FB_OK) {
            return code;
        }
        below = yes ? middle : below;
        above = yes ? above : middle;
    }
    *out = below;
    return FB_OK;
}

static enum fb_code below_with_fixed(
    const struct search *s, int64_t n, bool *out, struct fb_err *err)
{
    return is_below(s, n, s->fixed, out, err);
}

static enum fb_code reached_with_all(
    const struct search *s, int64_t n, bool *out, struct fb_err *err)
{
    return is_reached(s, n, n, out, err);
}

/* The most further samples of which, at the rate seen and rounded up, j succeed. */
static int64_t samples_of(const struct search *s, int64_t j)
{
    return j * s->counts.samples / s->counts.high;
}

static enum fb_code below_at_rate(const struct search *s, int64_t j, bool *out, struct fb_err *err)
{
    return is_below(s, samples_of(s, j), j, out, err);
}

static enum fb_code perhaps_below(const struct search *s, int64_t j, bool *out, struct fb_err *err)
{
    return is_below(s, samples_of(s, j) + 1, j, out, err);
}

/* Samples are whole, so a question about j successes is yes from some number on but for up to one
 * sample. `perhaps` asks with that sample given away: where it is no, everything before is no. From
 * the yes that bisection found this goes back to the first. */
static enum fb_code first_yes(const struct search *s,
    enum fb_code (*perhaps)(const struct search *s, int64_t n, bool *out, struct fb_err *err),
    int64_t *in_out, struct fb_err *err)
{
    bool may = true;
    for (int64_t j = *in_out - 1; may && j >= 0; j--) {
        bool yes = false;
        enum fb_code code = s->holds(s, j, &yes, err);
        code = code ? code : perhaps(s, j, &may, err);
        if (code != FB_OK) {
            return code;
        }
        *in_out = yes ? j : *in_out;
    }
    return FB_OK;
}

/* With each success the bound is best just before the next one is due. So the successes are looked
 * for first, and then the fewest samples with so many. */
static enum fb_code rules_out_at_rate(
    struct search *s, int64_t most, int64_t *out, struct fb_err *err)
{
    int64_t j = 0, most_successes = most * s->counts.high / s->counts.samples;
    s->holds = below_at_rate;
    enum fb_code code = least(s, 0, most_successes, &j, err);
    if (code != FB_OK || j < 0) {
        *out = -1;
        return code;
    }
    code = first_yes(s, perhaps_below, &j, err);
    if (code != FB_OK) {
        return code;
    }
    s->holds = below_with_fixed;
    s->fixed = j;
    return least(s, j > 0 ? samples_of(s, j - 1) + 1 : 0, samples_of(s, j), out, err);
}

/* The fewest further samples of which, at the rate seen and rounded down, j succeed. */
static int64_t fewest_of(const struct search *s, int64_t j)
{
    return (j * s->counts.samples + s->counts.low - 1) / s->counts.low;
}

static enum fb_code reached_at_rate(
    const struct search *s, int64_t j, bool *out, struct fb_err *err)
{
    return is_reached(s, fewest_of(s, j), j, out, err);
}

static enum fb_code perhaps_reached(
    const struct search *s, int64_t j, bool *out, struct fb_err *err)
{
    int64_t samples = fewest_of(s, j);
    return is_reached(s, samples > j ? samples - 1 : samples, j, out, err);
}

static enum fb_code crosses_at_rate(
    struct search *s, int64_t most, int64_t *out, struct fb_err *err)
{
    int64_t j = 0;
    s->holds = reached_at_rate;
    enum fb_code code = least(s, 0, most * s->counts.low / s->counts.samples, &j, err);
    if (code == FB_OK && j > 0) {
        code = first_yes(s, perhaps_reached, &j, err);
    }
    if (code == FB_OK) {
        *out = j < 0 ? -1 : fewest_of(s, j);
    }
    return code;
}

/* What the line needs in samples is needed beside the bound. */
static int64_t with_need(const struct fb_redline *line, int64_t samples, int64_t more)
{
    int64_t lacking = line->needs.samples - samples;
    return more < 0 || more >= lacking ? more : lacking <= FB_ASSESS_MORE_MAX ? lacking : -1;
}

enum fb_code fb_settle(const struct fb_redline *line, const struct fb_counts *counts,
    struct fb_settle *out, struct fb_err *err)
{
    FB_ASSERT(line && counts && out);
    FB_ASSERT(0 <= counts->low && counts->low <= counts->high && counts->high <= counts->samples);
    struct fb_settle settle = {-1, -1, -1, -1};
    int64_t most = FB_ASSESS_MORE_MAX;
    if (counts->samples > FB_BINOMIAL_N_MAX - most) {
        *out = settle;
        return FB_OK;
    }
    struct search s = {.line = line, .counts = *counts, .holds = below_with_fixed};
    enum fb_code code = least(&s, 0, most, &settle.rules_out_if_none, err);
    if (code == FB_OK && counts->high > 0) {
        code = rules_out_at_rate(&s, most, &settle.rules_out_at_rate, err);
    } else {
        settle.rules_out_at_rate = settle.rules_out_if_none;
    }
    s.holds = reached_with_all;
    code = code ? code : least(&s, 0, most, &settle.crosses_if_all, err);
    if (code == FB_OK && counts->low > 0) {
        code = crosses_at_rate(&s, most, &settle.crosses_at_rate, err);
    }
    if (code == FB_OK) {
        settle.rules_out_if_none = with_need(line, counts->samples, settle.rules_out_if_none);
        settle.rules_out_at_rate = with_need(line, counts->samples, settle.rules_out_at_rate);
        *out = settle;
    }
    return code;
}

/* --- Several lines together --------------------------------------------------------------- */

/* The least error at which the bounds rule the line out; they widen as it shrinks. */
static enum fb_code error_of_bounds(
    const struct fb_redline *line, const struct fb_counts *counts, double *out, struct fb_err *err)
{
    enum { HALVINGS = 50 };
    static const double smallest = 1e-12;
    double no = log(smallest), yes = 0; /* of the logarithm of the error */
    for (int i = 0; i < HALVINGS; i++) {
        double middle = no + (yes - no) / 2;
        struct fb_bounds bounds;
        enum fb_code code = fb_bounds_at(line, counts, 1 - exp(middle), &bounds, err);
        if (code != FB_OK) {
            return code;
        }
        bool below = fb_decimal_cmp(bounds.upper_margin, line->threshold) < 0;
        yes = below ? middle : yes;
        no = below ? no : middle;
    }
    *out = exp(yes);
    return FB_OK;
}

enum fb_code fb_settle_p_value(
    const struct fb_redline *line, const struct fb_counts *counts, double *out, struct fb_err *err)
{
    FB_ASSERT(line && counts && out);
    double threshold = fb_decimal_to_double(line->threshold), low = 0, high = 1, after = 0;
    enum fb_code code = fb_bounds_after(line, 0, &after, err);
    if (code != FB_OK) {
        return code;
    }
    if (counts->samples == 0 || counts->samples > FB_BINOMIAL_N_MAX || after >= threshold) {
        *out = 1;
        return FB_OK;
    }
    if (!fb_estimator_is_plain(counts->how)) {
        return error_of_bounds(line, counts, out, err);
    }
    /* The rate that the margins raise to the threshold; margins rise with it. The end that is kept
     * is the lower one, whose chance is the larger. */
    for (int i = 0; i < 200 && high - low > 1e-15; i++) {
        double middle = low + (high - low) / 2;
        code = fb_bounds_after(line, middle, &after, err);
        if (code != FB_OK) {
            return code;
        }
        low = after < threshold ? middle : low;
        high = after < threshold ? high : middle;
    }
    *out = fb_binomial_at_most(counts->high, counts->samples, low);
    return FB_OK;
}

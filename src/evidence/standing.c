#include "evidence/standing.h"

#include "base/assert.h"
#include "evidence/bounds.h"

/* Admitted, not withdrawn, not rejected. */
static bool is_live(const struct fb_assessment *a, fb_time now)
{
    return a->admitted <= now && now < a->withdrawn && now < a->rejected;
}

/* True when a later one of the same task and party is live. */
static bool is_overtaken(const struct fb_figures_list *figures, size_t index, fb_time now)
{
    const struct fb_figures *f = &figures->items[index];
    for (size_t i = index + 1; i < figures->count; i++) {
        const struct fb_figures *later = &figures->items[i];
        if (is_live(&later->assessment, now) &&
            fb_assessment_overtakes(&later->assessment, &f->assessment)) {
            return true;
        }
    }
    return false;
}

bool fb_standing_governs(const struct fb_figures_list *figures, size_t index, fb_time now)
{
    FB_ASSERT(figures && index < figures->count);
    const struct fb_assessment *a = &figures->items[index].assessment;
    return is_live(a, now) && now < a->fresh_until && !is_overtaken(figures, index, now);
}

const char *fb_standing_word(const struct fb_figures_list *figures, size_t index, fb_time now)
{
    FB_ASSERT(figures && index < figures->count);
    const struct fb_figures *f = &figures->items[index];
    const struct fb_assessment *a = &f->assessment;
    if (!is_live(a, now)) {
        return now >= a->withdrawn ? "withdrawn" : "rejected";
    }
    if (now >= a->fresh_until) {
        return "too old";
    }
    if (is_overtaken(figures, index, now)) {
        return "earlier";
    }
    if (a->crosses) {
        return "crosses";
    }
    if (a->defeated) {
        return "defeated";
    }
    if (a->rules_out) {
        return "rules out";
    }
    return f->is_below ? "lacks needs" : "leaves open";
}

/* Which of two governing ones is the more adverse, the later where they are alike. */
static bool is_more_adverse(const struct fb_figures *f, const struct fb_figures *than)
{
    if (!than || f->assessment.crosses != than->assessment.crosses) {
        return !than || f->assessment.crosses;
    }
    return fb_decimal_cmp(f->upper_margin, than->upper_margin) >= 0;
}

/* The counts of an evaluation; none at all without one. */
static struct fb_counts counts_of(const struct fb_figures *figures)
{
    if (!figures) {
        return (struct fb_counts){0, 0, 0, NULL};
    }
    return (struct fb_counts){
        figures->samples, figures->successes_low, figures->successes_high, &figures->how};
}

static enum fb_code fill_margins(const struct fb_redline *line, const struct fb_counts *counts,
    struct fb_standing *out, struct fb_err *err)
{
    struct fb_bounds bounds;
    enum fb_code code = fb_bounds_of(line, counts, &bounds, err);
    for (size_t i = 0; code == FB_OK && i < line->margin_count; i++) {
        out->after[i] = bounds.margins[i];
    }
    return code;
}

enum fb_code fb_standing_of(const struct fb_redline *line, const struct fb_figures_list *figures,
    uint32_t measure, fb_time now, struct fb_standing *out, struct fb_err *err)
{
    FB_ASSERT(line && figures && measure < line->measure_count && out);
    FB_ASSERT(line->margin_count <= FB_STANDING_MARGINS);
    struct fb_standing standing = {.p_value = 1};
    for (size_t i = 0; i < figures->count; i++) {
        const struct fb_figures *f = &figures->items[i];
        if (f->measure == measure && fb_standing_governs(figures, i, now) &&
            is_more_adverse(f, standing.governing)) {
            standing.governing = f;
        }
    }
    struct fb_counts counts = counts_of(standing.governing);
    enum fb_code code = fb_settle(line, &counts, &standing.settle, err);
    code = code ? code : fb_settle_p_value(line, &counts, &standing.p_value, err);
    code = code ? code : fill_margins(line, &counts, &standing, err);
    if (code == FB_OK) {
        *out = standing;
    }
    return code;
}

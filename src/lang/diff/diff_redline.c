/* diff_redline.c: the parts of two red lines. */
#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "lang/diff/parts.h"
#include "stats/binomial.h"

/* Bounds that differ by less are the same: margins are multiplied in doubles. */
static const double tiny = 1e-12;

static enum fb_change lower_is_stricter(double older, double newer)
{
    return fabs(older - newer) <= tiny ? FB_CHANGE_NONE
           : newer < older             ? FB_CHANGE_STRICTER
                                       : FB_CHANGE_WEAKER;
}

static enum fb_change more_is_stricter(int64_t older, int64_t newer)
{
    return older == newer ? FB_CHANGE_NONE : newer > older ? FB_CHANGE_STRICTER : FB_CHANGE_WEAKER;
}

/* The inverse of evidence/bounds.c. */
double fb_redline_reaching(const struct fb_redline *line, double threshold)
{
    for (size_t i = line->margin_count; i-- > 0;) {
        double amount = fb_decimal_to_double(line->margins[i].amount);
        switch (line->margins[i].scale) {
        case FB_SCALE_ODDS:
            threshold =
                threshold >= 1 || amount <= 0 ? threshold : fb_odds_scale(threshold, 1 / amount);
            break;
        case FB_SCALE_VALUE:
            threshold = amount > 0 ? threshold / amount : threshold;
            break;
        case FB_SCALE_POINTS:
            threshold = fmax(threshold - amount, 0);
            break;
        }
    }
    return threshold;
}

static double threshold_of(const struct fb_redline *line)
{
    return fb_decimal_to_double(line->threshold);
}

static bool same_margins(const struct fb_redline *a, const struct fb_redline *b, bool words)
{
    bool same = a->margin_count == b->margin_count;
    for (size_t i = 0; same && i < a->margin_count; i++) {
        const struct fb_margin *x = &a->margins[i], *y = &b->margins[i];
        same = fb_decimal_cmp(x->amount, y->amount) == 0 && x->scale == y->scale &&
               (!words || (fb_str_eq(x->name, y->name) && fb_str_eq(x->source, y->source)));
    }
    return same;
}

static struct fb_str margins_text(struct fb_diffing *d, const struct fb_redline *line)
{
    static const char *const scales[] = {" x on odds", " x on value", " points"};
    struct fb_str text =
        fb_diff_text(d, "below %.4g%%", 100 * fb_redline_reaching(line, threshold_of(line)));
    for (size_t i = 0; i < line->margin_count; i++) {
        char number[FB_DECIMAL_TEXT];
        const struct fb_margin *m = &line->margins[i];
        struct fb_decimal amount =
            m->scale == FB_SCALE_POINTS ? fb_decimal_scale(m->amount, 2) : m->amount;
        text = fb_diff_text(d, "%.*s%s %.*s %s%s from \"%.*s\"", FB_STR_ARG(text),
            i ? "," : ", margin", FB_STR_ARG(m->name), fb_decimal_format(amount, number),
            scales[m->scale], FB_STR_ARG(m->source));
    }
    return text;
}

static void compare_thresholds(struct fb_diffing *d, struct fb_clause_change *clause)
{
    const struct fb_redline *a = clause->lines[0], *b = clause->lines[1];
    fb_diff_note(clause, "crossed at", lower_is_stricter(threshold_of(a), threshold_of(b)),
        fb_diff_text(d, "%.10g%%", 100 * threshold_of(a)),
        fb_diff_text(d, "%.10g%%", 100 * threshold_of(b)));
    /* More confidence crosses later and rules out later: neither includes the other. */
    fb_diff_note(clause, "confidence",
        fabs(a->confidence - b->confidence) <= tiny ? FB_CHANGE_NONE : FB_CHANGE_INCOMPARABLE,
        fb_diff_text(d, "%.10g%%", 100 * a->confidence),
        fb_diff_text(d, "%.10g%%", 100 * b->confidence));
    enum fb_change change = lower_is_stricter(
        fb_redline_reaching(a, threshold_of(a)), fb_redline_reaching(b, threshold_of(b)));
    if (change == FB_CHANGE_NONE && !same_margins(a, b, true)) {
        change = FB_CHANGE_REWORDED;
    }
    fb_diff_note(clause, "ruled out", change, margins_text(d, a), margins_text(d, b));
}

static struct fb_str clears_text(struct fb_diffing *d, const struct fb_redline *line)
{
    return line->has_clears ? fb_diff_text(d, "below %.10g%% for %lld days",
                                  100 * fb_decimal_to_double(line->clears_below),
                                  (long long)(line->dwell_us / FB_DAY))
                            : FB_STR("when ruled out again");
}

static void compare_clearing(struct fb_diffing *d, struct fb_clause_change *clause)
{
    double bounds[2];
    int64_t dwell[2];
    for (size_t i = 0; i < 2; i++) {
        const struct fb_redline *line = clause->lines[i];
        bounds[i] = fb_redline_reaching(
            line, line->has_clears ? fb_decimal_to_double(line->clears_below) : threshold_of(line));
        /* With `clears` it takes two evaluations, without it one. */
        dwell[i] = line->has_clears ? line->dwell_us : -1;
    }
    enum fb_change change = fb_change_join(
        lower_is_stricter(bounds[0], bounds[1]), more_is_stricter(dwell[0], dwell[1]));
    bool said = clause->lines[0]->has_clears || clause->lines[1]->has_clears;
    fb_diff_note(clause, "clears", said ? change : FB_CHANGE_NONE, clears_text(d, clause->lines[0]),
        clears_text(d, clause->lines[1]));
}

static bool has(const struct fb_str *items, size_t count, struct fb_str item)
{
    for (size_t i = 0; i < count; i++) {
        if (fb_str_eq(items[i], item)) {
            return true;
        }
    }
    return false;
}

static bool includes(
    const struct fb_str *more, size_t more_count, const struct fb_str *less, size_t less_count)
{
    for (size_t i = 0; i < less_count; i++) {
        if (!has(more, more_count, less[i])) {
            return false;
        }
    }
    return true;
}

/* Two sets of which neither holds the other ask different things. */
static enum fb_change judge_sets(bool newer_as_strict, bool older_as_strict)
{
    enum fb_change change = fb_diff_judge(newer_as_strict, older_as_strict);
    return change == FB_CHANGE_UNDECIDED ? FB_CHANGE_INCOMPARABLE : change;
}

static struct fb_str list_text(
    struct fb_diffing *d, const struct fb_str *items, size_t count, const char *none)
{
    struct fb_str text = fb_str_of(count ? "" : none);
    for (size_t i = 0; i < count; i++) {
        text = fb_diff_text(d, "%.*s%s%.*s", FB_STR_ARG(text), i ? ", " : "", FB_STR_ARG(items[i]));
    }
    return text;
}

/* A case that is needed is stricter than none; another one is neither. */
static void compare_cases(struct fb_diffing *d, struct fb_clause_change *clause)
{
    const struct fb_needs *x = &clause->lines[0]->needs, *y = &clause->lines[1]->needs;
    bool same = fb_str_eq(x->safety_case, y->safety_case);
    fb_diff_note(clause, "safety case",
        judge_sets(x->safety_case.len == 0 || same, y->safety_case.len == 0 || same),
        x->safety_case.len ? x->safety_case : FB_STR("none"),
        y->safety_case.len ? y->safety_case : FB_STR("none"));
    fb_diff_note(clause, "reviewers",
        judge_sets(includes(y->reviewers, y->reviewer_count, x->reviewers, x->reviewer_count),
            includes(x->reviewers, x->reviewer_count, y->reviewers, y->reviewer_count)),
        list_text(d, x->reviewers, x->reviewer_count, "none"),
        list_text(d, y->reviewers, y->reviewer_count, "none"));
}

static void compare_needs(struct fb_diffing *d, struct fb_clause_change *clause)
{
    const struct fb_redline *a = clause->lines[0], *b = clause->lines[1];
    const struct fb_needs *x = &a->needs, *y = &b->needs;
    fb_diff_note(clause, "measures",
        judge_sets(includes(b->measures, b->measure_count, a->measures, a->measure_count),
            includes(a->measures, a->measure_count, b->measures, b->measure_count)),
        list_text(d, a->measures, a->measure_count, "none"),
        list_text(d, b->measures, b->measure_count, "none"));
    fb_diff_note(clause, "samples", more_is_stricter(x->samples, y->samples),
        fb_diff_text(d, "%lld", (long long)x->samples),
        fb_diff_text(d, "%lld", (long long)y->samples));
    /* Any age is the oldest. */
    int64_t ages[2] = {x->age_us ? x->age_us : INT64_MAX, y->age_us ? y->age_us : INT64_MAX};
    fb_diff_note(clause, "age", more_is_stricter(-ages[0], -ages[1]),
        x->age_us ? fb_diff_text(d, "newer than %lld hours", (long long)(x->age_us / FB_HOUR))
                  : FB_STR("any"),
        y->age_us ? fb_diff_text(d, "newer than %lld hours", (long long)(y->age_us / FB_HOUR))
                  : FB_STR("any"));
    bool newer = x->elicited_count == 0 ||
                 (y->elicited_count > 0 &&
                     includes(x->elicited, x->elicited_count, y->elicited, y->elicited_count));
    bool older = y->elicited_count == 0 ||
                 (x->elicited_count > 0 &&
                     includes(y->elicited, y->elicited_count, x->elicited, x->elicited_count));
    fb_diff_note(clause, "elicitation", judge_sets(newer, older),
        list_text(d, x->elicited, x->elicited_count, "any"),
        list_text(d, y->elicited, y->elicited_count, "any"));
    fb_diff_note(clause, "judge", more_is_stricter(x->independent, y->independent),
        fb_str_of(x->independent ? "an independent party" : "anybody"),
        fb_str_of(y->independent ? "an independent party" : "anybody"));
    compare_cases(d, clause);
}

/* What is certainly outside in one must be so in the other. */
static bool outside_implies(struct fb_diffing *d, const struct fb_redline *assumed, unsigned side,
    const struct fb_redline *goal)
{
    static const uint32_t system[1] = {0};
    static const struct fb_form nothing = {.kind = FB_FORM_FALSE};
    struct fb_imply question = {
        .assumed = {{assumed->outside ? assumed->outside : &nothing, side}},
        .assumed_count = 1,
        .goal = {{goal->outside ? goal->outside : &nothing, 1 - side}},
        .goal_count = 1,
        .joined = {system, system},
        .joined_count = 1,
        .same = d->same,
        .same_count = d->same_count,
    };
    return fb_implies(&question);
}

static void compare_terms(struct fb_diffing *d, struct fb_clause_change *clause)
{
    compare_thresholds(d, clause);
    compare_clearing(d, clause);
    compare_needs(d, clause);
}

/* The terms at each pace that either line has terms of its own for, as one part. */
static void compare_paces(struct fb_diffing *d, struct fb_clause_change *clause)
{
    static const char *const names[FB_PACE_LEVELS] = {
        "at pace fast", "at pace normal", "at pace slow"};
    for (int level = 0; level < FB_PACE_LEVELS; level++) {
        struct fb_clause_change at = {.name = clause->name};
        struct fb_str texts[2] = {FB_STR(""), FB_STR("")};
        bool own = false;
        for (size_t i = 0; i < 2; i++) {
            const struct fb_redline *line = clause->lines[i]->at_pace[level];
            own = own || line;
            at.lines[i] = line ? line : clause->lines[i];
        }
        if (own) {
            compare_terms(d, &at);
        }
        for (size_t i = 0; i < at.aspect_count; i++) {
            const struct fb_aspect *part = &at.aspects[i];
            texts[0] = fb_diff_text(d, "%.*s%s%s %.*s", FB_STR_ARG(texts[0]), i ? "; " : "",
                part->name, FB_STR_ARG(part->before));
            texts[1] = fb_diff_text(d, "%.*s%s%s %.*s", FB_STR_ARG(texts[1]), i ? "; " : "",
                part->name, FB_STR_ARG(part->after));
        }
        fb_diff_note(clause, names[level], at.change, texts[0], texts[1]);
    }
}

void fb_diff_redlines(struct fb_diffing *d, struct fb_clause_change *clause)
{
    const struct fb_redline *a = clause->lines[0], *b = clause->lines[1];
    FB_ASSERT(a && b);
    compare_terms(d, clause);
    compare_paces(d, clause);
    enum fb_change scope = fb_diff_judge(outside_implies(d, b, 1, a), outside_implies(d, a, 0, b));
    if (scope == FB_CHANGE_NONE && !fb_str_eq(a->scope_text, b->scope_text)) {
        scope = FB_CHANGE_REWORDED;
    }
    fb_diff_note(clause, "applies to", scope,
        a->scope_text.len ? a->scope_text : FB_STR("all systems"),
        b->scope_text.len ? b->scope_text : FB_STR("all systems"));
    fb_diff_note(clause, "title",
        fb_str_eq(a->title, b->title) ? FB_CHANGE_NONE : FB_CHANGE_REWORDED, a->title, b->title);
    fb_diff_note(clause, "source",
        fb_str_eq(a->source, b->source) ? FB_CHANGE_NONE : FB_CHANGE_REWORDED, a->source,
        b->source);
}

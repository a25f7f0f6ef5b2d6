#include "evidence/explain.h"

#include <math.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/buf.h"

/* Size of the text of a percentage. */
enum { PERCENT_TEXT = 40 };

static const struct {
    const char *flag;
    const char *text;
} DEFEATERS[] = {
#define FB_DEFEATER(flag, text) {flag, text},
#include "evidence/defeaters.def"
#undef FB_DEFEATER
};

const char *fb_defeater_text(struct fb_str flag)
{
    for (size_t i = 0; i < sizeof(DEFEATERS) / sizeof(DEFEATERS[0]); i++) {
        if (fb_str_is(flag, DEFEATERS[i].flag)) {
            return DEFEATERS[i].text;
        }
    }
    return NULL;
}

/* An exact percentage, as "50%" or "0.125%". */
static const char *exact_percent(struct fb_decimal rate, char out[PERCENT_TEXT])
{
    char digits[FB_DECIMAL_TEXT];
    (void)snprintf(
        out, PERCENT_TEXT, "%.30s%%", fb_decimal_format(fb_decimal_scale(rate, 2), digits));
    return out;
}

/* A bound to one decimal, or to as many more as show on which side of the threshold it is. */
static const char *percent(double rate, struct fb_decimal threshold, char out[PERCENT_TEXT])
{
    double value = rate * 100, limit = fb_decimal_to_double(fb_decimal_scale(threshold, 2));
    int digits = 1;
    for (; digits < 9; digits++) {
        double scale = pow(10, digits);
        double shown = round(value * scale) / scale;
        bool zero = shown > 0 || value <= 0;
        if ((shown < limit) == (value < limit) && (shown >= 100) == (value >= 100) && zero) {
            break;
        }
    }
    (void)snprintf(out, PERCENT_TEXT, "%.*f%%", digits, value);
    return out;
}

static struct fb_why *sentence(
    const struct fb_assess_case *c, const struct fb_figures *f, struct fb_arena *arena)
{
    struct fb_decimal threshold = c->line->threshold;
    char t[PERCENT_TEXT], low[PERCENT_TEXT], high[PERCENT_TEXT], margin[PERCENT_TEXT + 20] = "";
    char level[PERCENT_TEXT];
    (void)snprintf(level, sizeof(level), "%.10g%%", c->line->confidence * 100);
    exact_percent(threshold, t);
    percent(fb_decimal_to_double(f->lower), threshold, low);
    percent(fb_decimal_to_double(f->upper), threshold, high);
    struct fb_str task = c->line->measures[f->measure];
    if (f->samples == 0 || f->samples > INT64_C(1000000000)) {
        return fb_why_new(arena, "%lld samples on %.*s: no bound can be had", (long long)f->samples,
            FB_STR_ARG(task));
    }
    if (f->assessment.crosses) {
        return fb_why_new(arena, "%lld of %lld on %.*s: at least %s (%s), %s is reached",
            (long long)f->successes_low, (long long)f->samples, FB_STR_ARG(task), low, level, t);
    }
    if (c->line->margin_count > 0) {
        char after[PERCENT_TEXT];
        percent(fb_decimal_to_double(f->upper_margin), threshold, after);
        (void)snprintf(margin, sizeof(margin), ", %s with margins", after);
    }
    bool below = fb_decimal_cmp(f->upper_margin, threshold) < 0;
    if (below) {
        return fb_why_new(arena, "%lld of %lld on %.*s: at most %s (%s)%s, below %s",
            (long long)f->successes_high, (long long)f->samples, FB_STR_ARG(task), high, level,
            margin, t);
    }
    return fb_why_new(arena, "%lld of %lld on %.*s: at most %s (%s)%s, not below %s; at least %s",
        (long long)f->successes_high, (long long)f->samples, FB_STR_ARG(task), high, level, margin,
        t, low);
}

/* Hangs a reason up; false when memory ran out. */
static bool hang(struct fb_why *parent, struct fb_why *child)
{
    fb_why_add(parent, child);
    return child != NULL;
}

static struct fb_why *margin_sentence(
    const struct fb_assess_case *c, size_t i, double before, struct fb_arena *arena)
{
    const struct fb_margin *margin = &c->line->margins[i];
    char from[PERCENT_TEXT], to[PERCENT_TEXT], amount[FB_DECIMAL_TEXT];
    percent(before, c->line->threshold, from);
    percent(c->bounds.margins[i], c->line->threshold, to);
    bool points = margin->scale == FB_SCALE_POINTS;
    fb_decimal_format(points ? fb_decimal_scale(margin->amount, 2) : margin->amount, amount);
    const char *unit = points                            ? "points"
                       : margin->scale == FB_SCALE_VALUE ? "x on value"
                                                         : "x on odds";
    return fb_why_new(arena, "margin %.*s, %s %s%s%.*s: %s becomes %s", FB_STR_ARG(margin->name),
        amount, unit, margin->source.len ? " from " : "", FB_STR_ARG(margin->source), from, to);
}

static bool add_margins(const struct fb_assess_case *c, const struct fb_figures *f,
    struct fb_why *why, struct fb_arena *arena)
{
    double before = fb_decimal_to_double(f->upper);
    for (size_t i = 0; i < c->line->margin_count; i++) {
        if (!hang(why, margin_sentence(c, i, before, arena))) {
            return false;
        }
        before = c->bounds.margins[i];
    }
    return true;
}

static bool add_counts(const struct fb_assess_case *c, struct fb_why *why, struct fb_arena *arena)
{
    if (c->unresolved == 0) {
        return true;
    }
    return hang(why, fb_why_new(arena, "%lld unresolved sample%s counted as successes",
                         (long long)c->unresolved, c->unresolved == 1 ? " is" : "s are"));
}

static struct fb_why *elicitation_sentence(const struct fb_assess_case *c, struct fb_arena *arena)
{
    struct fb_buf wanted;
    fb_buf_init(&wanted, 1000);
    for (size_t i = 0; i < c->line->needs.elicited_count; i++) {
        fb_buf_addf(&wanted, "%s%.*s", i ? " or " : "", FB_STR_ARG(c->line->needs.elicited[i]));
    }
    struct fb_str had = c->elicitation.len ? c->elicitation : FB_STR("nothing that it names");
    struct fb_why *why = NULL;
    if (wanted.state != FB_BUF_NOMEM) {
        why = fb_why_new(arena, "elicited by %.*s, but %.*s is needed", FB_STR_ARG(had),
            FB_STR_ARG(fb_buf_str(&wanted)));
    }
    fb_buf_release(&wanted);
    return why;
}

static struct fb_why *samples_sentence(const struct fb_assess_case *c, struct fb_arena *arena)
{
    return fb_why_new(arena, "%lld samples, but %lld are needed", (long long)c->counts.samples,
        (long long)c->line->needs.samples);
}

static struct fb_why *judge_sentence(const struct fb_assess_case *c, struct fb_arena *arena)
{
    return fb_why_new(arena, "evaluated by %.*s, the developer, but an independent party is needed",
        FB_STR_ARG(c->evaluation->record->issuer));
}

/* What the samples stand alone in, or hang together by, and how their number came about. */
static struct fb_why *sampling_sentence(const struct fb_assess_case *c, struct fb_arena *arena)
{
    static const char *const reasons[] = {
        [FB_STOPPING_FIXED] = "their number was fixed before",
        [FB_STOPPING_SEQUENTIAL] = "their number followed from what came out",
        [FB_STOPPING_UNKNOWN] = "nobody says how their number came about",
        [FB_STOPPING_EARLY] = "the run could stop early",
        [FB_STOPPING_GROWN] = "samples were added after the first were seen",
    };
    const struct fb_estimator *e = &c->how;
    const char *method = e->stopping == FB_STOPPING_FIXED
                             ? "Clopper-Pearson"
                             : "beta-binomial mixture, good at every number of samples";
    char by[120] = "", repeats[120] = "";
    if (e->by.len > 0) {
        (void)snprintf(by, sizeof(by), " by %.*s", FB_STR_ARG(fb_str_sub(e->by, 0, 100)));
    }
    if (e->epochs > 1) {
        (void)snprintf(repeats, sizeof(repeats),
            "; each counts once for its %lld epochs: above if any succeeded, below if all did",
            (long long)e->epochs);
    }
    if (e->clusters > 0) {
        return fb_why_new(arena,
            "bounds: %s: %lld cluster%s%s, whose %lld samples are worth %.1f independent ones "
            "below "
            "and %.1f above (Korn-Graubard); %s%s",
            method, (long long)e->clusters, e->clusters == 1 ? "" : "s", by, (long long)e->samples,
            e->low.samples, e->high.samples, reasons[e->stopping], repeats);
    }
    return fb_why_new(arena, "bounds: %s: each sample stands alone, and %s%s", method,
        reasons[e->stopping], repeats);
}

static struct fb_why *correction_sentence(const struct fb_assess_case *c, struct fb_arena *arena)
{
    const struct fb_estimator *e = &c->how;
    return fb_why_new(arena,
        "bounds: corrected for the judge, which was right on %lld of %lld samples that failed and "
        "on %lld of %lld that succeeded; half of the error is for the samples, half for it%s",
        (long long)e->right_negatives, (long long)e->negatives, (long long)e->right_positives,
        (long long)e->positives,
        e->epochs > 1 ? "; with epochs none of its alarms is excused" : "");
}

static bool add_estimator(
    const struct fb_assess_case *c, struct fb_why *why, struct fb_arena *arena)
{
    if (c->counts.samples == 0 || c->counts.samples > INT64_C(1000000000)) {
        return true;
    }
    return hang(why, sampling_sentence(c, arena)) &&
           (!c->how.judged || hang(why, correction_sentence(c, arena)));
}

static bool add_needs(const struct fb_assess_case *c, struct fb_why *why, struct fb_arena *arena)
{
    return (c->enough || hang(why, samples_sentence(c, arena))) &&
           (c->elicited || hang(why, elicitation_sentence(c, arena))) &&
           (c->judged || hang(why, judge_sentence(c, arena)));
}

static struct fb_why *flag_sentence(struct fb_str flag, struct fb_arena *arena)
{
    const char *text = fb_defeater_text(flag);
    if (text) {
        return fb_why_new(arena, "flag %.*s stands against it: %s", FB_STR_ARG(flag), text);
    }
    static const char *const in_bounds[] = {"clustered", "early_stopping", "errors_counted",
        "limits_hit", "unscored", "missing_samples", "cancelled", "crashed", "failed"};
    for (size_t i = 0; i < sizeof(in_bounds) / sizeof(in_bounds[0]); i++) {
        if (fb_str_is(flag, in_bounds[i])) {
            return fb_why_new(arena, "flag %.*s, which the bounds allow for", FB_STR_ARG(flag));
        }
    }
    return fb_why_new(arena, "flag %.*s, which changes nothing here", FB_STR_ARG(flag));
}

static bool add_flags(const struct fb_assess_case *c, struct fb_why *why, struct fb_arena *arena)
{
    const struct fb_json *flags = fb_json_get(c->evaluation->record->body, "flags");
    for (const struct fb_json *flag = flags ? flags->child : NULL; flag; flag = flag->next) {
        if (!hang(why, flag_sentence(flag->text, arena))) {
            return false;
        }
    }
    return true;
}

static bool add_more(const struct fb_figures *f, struct fb_why *why, struct fb_arena *arena)
{
    if (f->more_samples <= 0) {
        return true;
    }
    return hang(why, fb_why_new(arena, "%lld more sample%s would settle it, if none succeeds",
                         (long long)f->more_samples, f->more_samples == 1 ? "" : "s"));
}

struct fb_why *fb_assess_explain(
    const struct fb_assess_case *c, const struct fb_figures *figures, struct fb_arena *arena)
{
    FB_ASSERT(figures->measure < c->line->measure_count);
    const struct fb_record *record = figures->record;
    struct fb_why *why = fb_why_on(sentence(c, figures, arena), record->id, record->seq);
    bool good = why && add_estimator(c, why, arena) && add_margins(c, figures, why, arena) &&
                add_counts(c, why, arena) && add_needs(c, why, arena) && add_flags(c, why, arena) &&
                add_more(figures, why, arena);
    return good ? why : NULL;
}

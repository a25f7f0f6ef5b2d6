/* diff_pace.c: by what two policies tell whether progress is fast. Fast only tightens and slow only
 * relaxes (check/check_pace.c), so that what keeps the pace faster is stricter, unless a condition
 * of a rule asks for the pace. */
#include <math.h>

#include "base/assert.h"
#include "lang/diff/parts.h"

/* What says more where it is greater. */
static enum fb_change more_is_stricter(double older, double newer)
{
    return newer > older ? FB_CHANGE_STRICTER : newer < older ? FB_CHANGE_WEAKER : FB_CHANGE_NONE;
}

static bool looks_at(const struct fb_pace_terms *pace, struct fb_str series)
{
    for (size_t i = 0; i < pace->series_count; i++) {
        if (fb_str_eq(pace->series[i], series)) {
            return true;
        }
    }
    return false;
}

static bool includes(const struct fb_pace_terms *more, const struct fb_pace_terms *less)
{
    for (size_t i = 0; i < less->series_count; i++) {
        if (!looks_at(more, less->series[i])) {
            return false;
        }
    }
    return true;
}

static struct fb_str list(struct fb_diffing *d, const struct fb_pace_terms *pace)
{
    struct fb_str text = FB_STR("");
    for (size_t i = 0; i < pace->series_count; i++) {
        text = fb_diff_text(
            d, "%.*s%s%.*s", FB_STR_ARG(text), i ? ", " : "", FB_STR_ARG(pace->series[i]));
    }
    return text;
}

static struct fb_str days(struct fb_diffing *d, double x)
{
    return isfinite(x) ? fb_diff_text(d, "%.4g days", x) : FB_STR("never");
}

void fb_diff_paces(struct fb_diffing *d, struct fb_clause_change *clause)
{
    const struct fb_pace_terms *a = &d->sides[0]->pace, *b = &d->sides[1]->pace;
    FB_ASSERT(clause && (a->given || b->given));
    if (!a->given || !b->given) {
        /* Alone it asks for nothing: what it changes is told with each rule. */
        fb_diff_note(clause, "pace", FB_CHANGE_REWORDED, a->given ? list(d, a) : FB_STR("none"),
            b->given ? list(d, b) : FB_STR("none"));
        return;
    }
    enum fb_change sets = fb_diff_judge(includes(b, a), includes(a, b));
    bool asked = a->asked || b->asked;
    const struct {
        const char *name;
        enum fb_change change;
        struct fb_str before, after;
    } parts[] = {
        {"quantities", sets == FB_CHANGE_UNDECIDED ? FB_CHANGE_INCOMPARABLE : sets, list(d, a),
            list(d, b)},
        {"confidence", more_is_stricter(a->confidence, b->confidence),
            fb_diff_text(d, "%.10g%%", 100 * a->confidence),
            fb_diff_text(d, "%.10g%%", 100 * b->confidence)},
        {"fast below", more_is_stricter(a->fast_below_days, b->fast_below_days),
            days(d, a->fast_below_days), days(d, b->fast_below_days)},
        {"slow from", more_is_stricter(a->slow_from_days, b->slow_from_days),
            days(d, a->slow_from_days), days(d, b->slow_from_days)},
        {"held for", more_is_stricter((double)a->dwell_us, (double)b->dwell_us),
            days(d, (double)a->dwell_us / (double)FB_DAY),
            days(d, (double)b->dwell_us / (double)FB_DAY)},
        {"newer than", more_is_stricter((double)b->age_us, (double)a->age_us),
            days(d, (double)a->age_us / (double)FB_DAY),
            days(d, (double)b->age_us / (double)FB_DAY)},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        enum fb_change change = parts[i].change;
        change = asked && change != FB_CHANGE_NONE ? FB_CHANGE_UNDECIDED : change;
        fb_diff_note(clause, parts[i].name, change, parts[i].before, parts[i].after);
    }
}

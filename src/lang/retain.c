#include "lang/retain.h"

#include "base/assert.h"

const struct fb_retain *fb_retain_find(
    const struct fb_program *program, enum fb_retain_what what, struct fb_str topic)
{
    FB_ASSERT(program);
    for (size_t i = 0; i < program->retain_count; i++) {
        const struct fb_retain *one = &program->retains[i];
        bool found = one->what == what && what != FB_RETAIN_REPORTS;
        for (size_t t = 0; !found && one->what == what && t < one->topic_count; t++) {
            found = fb_str_eq(one->topics[t], topic);
        }
        if (found) {
            return one;
        }
    }
    return NULL;
}

bool fb_retain_covers(const struct fb_retain *a, const struct fb_retain *b)
{
    /* 400 years have 146097 days in 4800 months. No run of months is further than 4.3 days from its
     * share, counted over all of them, and one that ends in a shorter month loses up to 3 more. */
    static const int64_t days = 146097, months = 4800, slack = 8;
    if (!a || !b) {
        return !b;
    }
    if (a->unit == b->unit) {
        return a->amount >= b->amount;
    }
    FB_ASSERT(a->unit == FB_UNIT_DAYS || a->unit == FB_UNIT_MONTHS);
    return a->unit == FB_UNIT_MONTHS ? (b->amount + slack) * months <= a->amount * days
                                     : b->amount * days <= (a->amount - slack) * months;
}

void fb_retain_period(int64_t amount, enum fb_unit unit, struct fb_buf *out)
{
    bool years = unit == FB_UNIT_MONTHS && amount % 12 == 0;
    FB_ASSERT(unit == FB_UNIT_DAYS || unit == FB_UNIT_MONTHS);
    amount /= years ? 12 : 1;
    fb_buf_addf(out, "%lld %s%s", (long long)amount,
        years                  ? "year"
        : unit == FB_UNIT_DAYS ? "day"
                               : "month",
        amount == 1 ? "" : "s");
}

void fb_retain_write(const struct fb_retain *retain, struct fb_buf *out)
{
    static const char *const kinds[] = {"incidents", "systems", "reports on "};
    FB_ASSERT(retain && retain->what <= FB_RETAIN_REPORTS);
    fb_buf_add_c(out, kinds[retain->what]);
    for (size_t i = 0; i < retain->topic_count; i++) {
        fb_buf_addf(out, "%s\"%.*s\"", i ? ", " : "", FB_STR_ARG(retain->topics[i]));
    }
    fb_buf_add_c(out, " for ");
    fb_retain_period(retain->amount, retain->unit, out);
    fb_buf_addf(out, " under \"%.*s\"", FB_STR_ARG(retain->source));
}

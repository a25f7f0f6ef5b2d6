/* The checker of duties: what they say at each pace. */
#include "base/assert.h"
#include "proof/duty_parts.h"

const struct fb_paced *fb_recount_pace(const struct fb_recount *r, fb_time t)
{
    size_t i = r->pace_count;
    while (i > 1 && r->paces[i - 1].from > t) {
        i--;
    }
    return &r->paces[i - 1];
}

enum fb_code fb_recount_list_paces(struct fb_recount *r)
{
    static const char *const names[FB_PACE_LEVELS] = {"fast", "normal", "slow"};
    const struct fb_duty *duty = r->duty;
    struct fb_paced none = {FB_TIME_MIN, fb_duty_terms_at(duty, -1), -1};
    enum fb_code code = fb_recount_grow(r, &r->paces, 0, sizeof(*r->paces));
    for (size_t i = 0; code == FB_OK && i <= r->trace.tuple_count; i++) {
        const struct fb_tuple *tuple = i > 0 ? &r->trace.tuples[i - 1] : NULL;
        struct fb_paced pace = none;
        bool own = duty->paced && tuple && tuple->relation == duty->pace_relation &&
                   tuple->from < r->tp_count &&
                   fb_value_eq(tuple->values[0], fb_value_str(r->of->program->name));
        for (int level = 0; own && level < FB_PACE_LEVELS; level++) {
            if (fb_value_eq(tuple->values[1], fb_value_str(fb_str_of(names[level])))) {
                pace = (struct fb_paced){
                    r->trace.times[tuple->from], fb_duty_terms_at(duty, level), level};
            }
        }
        if (i > 0 && pace.level < 0) {
            continue;
        }
        code = fb_recount_grow(r, &r->paces, r->pace_count, sizeof(*r->paces));
        if (code == FB_OK) {
            r->paces[r->pace_count++] = pace;
        }
    }
    return code;
}

fb_time fb_recount_relaxed(const struct fb_recount *r, fb_time failing)
{
    fb_time first = FB_TIME_MAX;
    for (size_t i = r->pace_count; i-- > 0;) {
        const struct fb_paced *pace = &r->paces[i];
        fb_time at = fb_time_add(failing, pace->terms.relax_after);
        at = at > pace->from ? at : pace->from;
        bool still = i + 1 == r->pace_count || at < r->paces[i + 1].from;
        first = still && at < first ? at : first;
    }
    return first;
}

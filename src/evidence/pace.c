#include "evidence/pace.h"

#include "base/assert.h"

struct fb_pace_state fb_pace_start(void)
{
    return (struct fb_pace_state){
        FB_PACE_FAST, FB_TIME_MIN, {FB_TIME_MIN, FB_TIME_MAX, FB_TIME_MAX}, FB_TIME_MIN};
}

/* The loosest level that a reading allows. */
static enum fb_pace allowed_by(
    const struct fb_pace_rule *rule, const struct fb_pace_reading *reading)
{
    if (reading->low_days >= rule->slow_from_days) {
        return FB_PACE_SLOW;
    }
    return reading->low_days >= rule->normal_from_days ? FB_PACE_NORMAL : FB_PACE_FAST;
}

void fb_pace_take(struct fb_pace_state *state, const struct fb_pace_rule *rule,
    const struct fb_pace_reading *reading)
{
    FB_ASSERT(state && rule && reading && reading->at >= state->last);
    FB_ASSERT(rule->slow_from_days >= rule->normal_from_days && rule->dwell >= 0);
    enum fb_pace allowed = allowed_by(rule, reading), next = state->pace;
    for (int level = FB_PACE_NORMAL; level <= FB_PACE_SLOW; level++) {
        fb_time *since = &state->allowed[level];
        if (level > (int)allowed) {
            *since = FB_TIME_MAX;
        } else if (*since == FB_TIME_MAX) {
            *since = reading->at;
        } else if (reading->at >= fb_time_add(*since, rule->dwell) && level > (int)next) {
            /* An earlier reading allowed it as well, a dwell ago or more. */
            next = (enum fb_pace)level;
        }
    }
    next = allowed < next ? allowed : next;
    if (next != state->pace) {
        state->pace = next;
        state->since = reading->at;
    }
    state->last = reading->at;
}

enum fb_pace fb_pace_awaited(const struct fb_pace_state *state, fb_time *out_since)
{
    FB_ASSERT(state && out_since);
    for (int level = FB_PACE_SLOW; level > (int)state->pace; level--) {
        if (state->allowed[level] != FB_TIME_MAX) {
            *out_since = state->allowed[level];
            return (enum fb_pace)level;
        }
    }
    *out_since = state->since;
    return state->pace;
}

const char *fb_pace_name(enum fb_pace pace)
{
    static const char *const names[] = {"fast", "normal", "slow"};
    FB_ASSERT((int)pace >= 0 && pace <= FB_PACE_SLOW);
    return names[pace];
}

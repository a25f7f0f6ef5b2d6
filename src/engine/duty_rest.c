/*
 * duty_rest.c: what an obligation rests on.
 *
 * A duty of a party may be owed because of any of many systems. The first row of the trigger opens
 * it. Where nothing that is asked of a claim tells that row from the others, the others change
 * nothing as long as it is open: they propose no other deadline, no other act discharges it, and a
 * correction that takes one away takes nothing away while the first row still holds. So a run over
 * the tuples that have a say about that row gives the same; slice_rest.c has how that is used.
 */
#include "base/assert.h"
#include "engine/duty.h"

const struct fb_duty *fb_duty_first(const struct fb_duty *duty)
{
    FB_ASSERT(duty);
    while (duty->after) {
        duty = duty->after;
    }
    return duty;
}

/* Without aggregations and operators over time. */
static bool is_still(const struct fb_form *form)
{
    return !form || (form->sealed == form && form->still);
}

/* Whether all rows of a key are alike in what is asked of a claim. With conditions in `within` it
 * counts when a row came. */
static bool are_alike(const struct fb_duty_run *run)
{
    const struct fb_duty *duty = run->duty;
    fb_vars params = 0;
    for (uint32_t i = 0; i < duty->param_count; i++) {
        params |= fb_vars_of(i);
    }
    bool alike = run->ev.quick && run->key && !(fb_duty_asked(run) & ~params) &&
                 is_still(duty->when) && is_still(duty->given) && is_still(duty->during);
    for (size_t i = 0; i < duty->within_count; i++) {
        alike = alike && !duty->within[i].guard;
    }
    return alike;
}

static bool same_row(
    const struct fb_duty_run *run, const struct fb_value *a, const struct fb_value *b)
{
    return a == b || (a && b && fb_row_cmp(a, b, run->ev.var_count) == 0);
}

/* Whether a run rests on what another did. Where it did not look back, nothing can have been done
 * before the policy was in force, and what was there then does not count. */
static bool is_same(
    const struct fb_duty_run *run, const struct fb_duty_rest *on, const struct fb_duty_rest *found)
{
    bool early = !found->looked_back || (on->looked_back && found->early_from == on->early_from &&
                                            same_row(run, found->early, on->early));
    return early && found->from == on->from && same_row(run, found->row, on->row);
}

/* From when on the trigger may not hold with the first row any more. */
static enum fb_code find_uncovered(const struct fb_duty_run *run, fb_time *out)
{
    const struct fb_claim *claim = &run->owed[0].claims[0];
    const struct fb_form *parts[2] = {run->duty->when, run->duty->given};
    const struct fb_env env = fb_duty_env(run, claim);
    bool holds = true;
    enum fb_code code = FB_OK;
    size_t tp = claim->tp;
    while (code == FB_OK && holds && ++tp < run->tp_count) {
        for (size_t i = 0; code == FB_OK && holds && i < 2 && parts[i]; i++) {
            code = fb_eval_holds(&run->ev, parts[i], tp, &env, &holds);
        }
    }
    *out = holds ? FB_TIME_MAX : run->ev.trace->times[tp];
    return code;
}

enum fb_code fb_duty_find_rest(
    const struct fb_duty_run *run, const struct fb_duty_rest *on, struct fb_duty_rest *out)
{
    FB_ASSERT(run && out && !run->duty->after);
    const struct fb_owed *owed = run->owed;
    out->good = false;
    if (!are_alike(run) || run->owed_count != 1 || owed->ended != FB_TIME_MAX ||
        owed->claims[0].anchor != owed->claims[0].stated) {
        return FB_OK;
    }
    struct fb_duty_rest found = {.row = owed->claims[0].row.values,
        .from = run->ev.trace->times[owed->claims[0].tp],
        .looked_back = run->looked_back,
        .good = true,
        .uncovered = FB_TIME_MAX};
    if (owed->early_count > 0) {
        found.early = owed->early[0].row.values;
        found.early_from = run->ev.trace->times[owed->early[0].tp];
    }
    enum fb_code code = FB_OK;
    if (on) {
        found.good = is_same(run, on, &found);
        code = found.good ? find_uncovered(run, &found.uncovered) : FB_OK;
    }
    *out = found;
    return code;
}

/*
 * duty_claims.c: the valuations that an obligation rests on. A duty of a party may have one for
 * each of its systems, and each is looked for at every time-point: many are found by their values.
 */
#include "base/assert.h"
#include "engine/duty.h"

enum { LOOKED_THROUGH = 16 };

static fb_vars vars_of(const struct fb_form *form)
{
    return form ? fb_form_vars(form) : 0;
}

fb_vars fb_duty_asked(const struct fb_duty_run *run)
{
    FB_ASSERT(run);
    const struct fb_duty *duty = run->duty;
    fb_vars asked = duty->anchor_var >= 0 ? fb_vars_of((uint32_t)duty->anchor_var) : 0;
    asked |= duty->party ? fb_term_vars(duty->party) : 0;
    asked |= vars_of(duty->during) | vars_of(duty->act) | vars_of(duty->received) |
             vars_of(duty->before) | vars_of(duty->waived);
    return asked & run->bound;
}

/* Of two valuations that differ in nothing that is asked of a claim the second changes nothing: it
 * is no earlier, its date is the same, and what holds of it holds of the first. So it is not with
 * lines of `within` that have a condition, paces and corrections, for which it counts when it came.
 */
void fb_duty_weigh(struct fb_duty_run *run)
{
    FB_ASSERT(run);
    const struct fb_duty *duty = run->duty;
    bool all = !run->ev.quick || !run->key || run->corrections || duty->paced || duty->after;
    for (size_t i = 0; i < duty->within_count && !all; i++) {
        all = duty->within[i].guard != NULL;
    }
    for (uint32_t i = 0; i < (all ? duty->var_count : duty->param_count); i++) {
        run->weighed |= fb_vars_of(i);
    }
    run->weighed |= all ? 0 : fb_duty_asked(run);
}

static size_t hash_of(const struct fb_duty_run *run, const struct fb_value *values)
{
    uint64_t hash = 0;
    for (fb_vars left = run->weighed; left; left &= left - 1) {
        hash = (hash ^ hash >> 29) * 0x9e3779b97f4a7c15u +
               fb_value_hash(values[__builtin_ctzll(left)]);
    }
    return (size_t)(hash ^ hash >> 32);
}

static bool is_same(
    const struct fb_duty_run *run, const struct fb_claim *claim, const struct fb_row *row)
{
    bool same = claim->row.corrected <= row->corrected;
    for (fb_vars left = run->weighed; left && same; left &= left - 1) {
        int i = __builtin_ctzll(left);
        same = fb_value_eq(claim->row.values[i], row->values[i]);
    }
    return same;
}

/* Claims with the same values, which corrections make, follow each other in the table. */
static void note(const struct fb_duty_run *run, struct fb_owed *owed, size_t claim)
{
    size_t mask = owed->slot_count - 1, at = hash_of(run, owed->claims[claim].row.values) & mask;
    while (owed->slots[at]) {
        at = (at + 1) & mask;
    }
    owed->slots[at] = (uint32_t)claim + 1;
}

bool fb_duty_claimed(
    const struct fb_duty_run *run, const struct fb_owed *owed, const struct fb_row *row)
{
    FB_ASSERT(run && owed && row);
    for (size_t i = 0; i < owed->claim_count && !owed->slots; i++) {
        if (is_same(run, &owed->claims[i], row)) {
            return true;
        }
    }
    size_t mask = owed->slot_count - 1, at = owed->slots ? hash_of(run, row->values) & mask : 0;
    for (; owed->slots && owed->slots[at]; at = (at + 1) & mask) {
        if (is_same(run, &owed->claims[owed->slots[at] - 1], row)) {
            return true;
        }
    }
    return false;
}

/* Room for one more claim in the table, of which at most half is used. */
static enum fb_code reserve(const struct fb_duty_run *run, struct fb_owed *owed)
{
    if (owed->claim_count < LOOKED_THROUGH || 2 * (owed->claim_count + 1) <= owed->slot_count) {
        return FB_OK;
    }
    size_t count = owed->slot_count ? 2 * owed->slot_count : (size_t)4 * LOOKED_THROUGH;
    uint32_t *slots = FB_ARENA_ARRAY(run->ev.arena, uint32_t, count);
    if (!slots) {
        return fb_arena_failed(run->ev.arena, run->ev.err);
    }
    owed->slots = slots;
    owed->slot_count = count;
    for (size_t i = 0; i < owed->claim_count; i++) {
        note(run, owed, i);
    }
    return FB_OK;
}

enum fb_code fb_duty_add_claim(
    const struct fb_duty_run *run, struct fb_owed *owed, struct fb_claim claim)
{
    FB_ASSERT(run && owed && owed->claim_count < UINT32_MAX);
    enum fb_code code =
        fb_duty_grow(&run->ev, &owed->claims, owed->claim_count, sizeof(*owed->claims));
    code = code ? code : reserve(run, owed);
    if (code == FB_OK) {
        owed->claims[owed->claim_count] = claim;
        if (owed->slots) {
            note(run, owed, owed->claim_count);
        }
        owed->claim_count++;
    }
    return code;
}

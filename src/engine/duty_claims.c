/*
 * duty_claims.c: the valuations that an obligation rests on. A duty of a party may have one for
 * each of its systems, and each is looked for at every time-point: many are found by their values.
 */
#include "base/assert.h"
#include "engine/duty.h"

enum { LOOKED_THROUGH = 16 };

static size_t hash_of(const struct fb_duty_run *run, const struct fb_value *values)
{
    return (size_t)fb_row_hash(values, run->ev.var_count);
}

static bool is_same(
    const struct fb_duty_run *run, const struct fb_claim *claim, const struct fb_row *row)
{
    return claim->row.corrected <= row->corrected &&
           fb_row_cmp(claim->row.values, row->values, run->ev.var_count) == 0;
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

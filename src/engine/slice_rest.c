/*
 * Obligations that rest on one row of their trigger.
 *
 * A run over the whole slice of a key found the row that opened its obligation, at an instant. What
 * was up to that instant is the same as long as no tuple of what has a say about a trigger comes,
 * or is made to end, there or before. Then a run over all would find the same row at the same
 * instant, and a run over what has a say about that row alone gives what it would, if it finds that
 * row, and the obligation stays open (duty_rest.c). It is looked at each time; else all is run
 * over. A correction could take away what another row holds up meanwhile, so where the row does not
 * hold throughout there must be none since.
 */
#include "engine/slice_rest.h"

#include "base/assert.h"
#include "engine/duty.h"

/* The first duty of a chain has the trigger: what has a say about it there. */
enum { PARTS = 3 };

static const struct fb_form *part_of(const struct fb_cutter *s, size_t n)
{
    const struct fb_duty *duty = fb_duty_first(s->query->duty);
    const struct fb_form *const parts[PARTS] = {duty->when, duty->given, duty->during};
    return parts[n];
}

static bool reads(const struct fb_form *form, uint32_t relation)
{
    return form && ((form->kind == FB_FORM_PRED && form->relation == relation) ||
                       reads(form->left, relation) || reads(form->right, relation));
}

/* Whether a tuple of a formula's relations, from one on, has a say at a time-point. */
static bool came_before(
    const struct fb_cutter *s, const struct fb_form *form, size_t first, size_t tp)
{
    size_t count = 0;
    if (!form) {
        return false;
    }
    if (form->kind != FB_FORM_PRED) {
        return came_before(s, form->left, first, tp) || came_before(s, form->right, first, tp);
    }
    const uint32_t *ids =
        fb_access_since(s->query->access, form->relation, (uint32_t)first, &count);
    for (size_t i = 0; i < count; i++) {
        const struct fb_tuple *tuple = &s->trace->tuples[ids[i]];
        if (tuple->from <= tp && tuple->from < tuple->until) {
            return true;
        }
    }
    return false;
}

/* Whether what was up to the instant from which a duty is owed is what it was when that was found.
 */
static bool is_unchanged(const struct fb_cutter *s, struct fb_kept_rest *kept)
{
    size_t tp = fb_tp_of_time(kept->rest.from), count;
    const struct fb_access_ended *ends = fb_access_ends(s->query->access, &count);
    bool same = true;
    FB_ASSERT(kept->effective == s->query->program->effective);
    for (size_t n = 0; same && n < PARTS; n++) {
        same = !came_before(s, part_of(s, n), kept->upto, tp);
    }
    for (size_t i = kept->ends; same && i < count; i++) {
        for (size_t n = 0; same && n < PARTS && ends[i].until <= tp; n++) {
            same = !reads(part_of(s, n), ends[i].relation);
        }
    }
    kept->upto = fb_kept_stays(s->query->kept);
    kept->ends = count;
    return same;
}

/* Whether a correction since an instant could take a trigger away. */
static bool is_corrected(const struct fb_cutter *s, fb_time since)
{
    size_t count;
    const struct fb_access_correction *all = fb_access_corrections(s->query->access, &count);
    while (count > 0 && all[count - 1].from >= fb_tp_of_time(since)) {
        const struct fb_tuple *tuple = &s->trace->tuples[all[--count].id];
        if (tuple->from < tuple->until &&
            fb_duty_ends_by_correction(fb_duty_first(s->query->duty), tuple->relation)) {
            return true;
        }
    }
    return false;
}

/* Runs over what has a say about the row; *out_good says whether that is all. */
static enum fb_code run_row(struct fb_cutter *s, const struct fb_kept_rest *kept,
    struct fb_duty_task *task, struct fb_arena *cut, struct fb_arena *arena,
    struct fb_obligations *out, bool *out_good, struct fb_err *err)
{
    struct fb_slice slice = {.arena = cut};
    struct fb_duty_rest found = {.good = false};
    const struct fb_value *const rows[2] = {kept->rest.row, kept->rest.early};
    const size_t low = fb_tp_of_time(rows[1] ? kept->rest.early_from : kept->rest.from);
    /* A reason says what there was first. */
    enum fb_code code =
        fb_cut_valuations(s, rows, rows[1] ? 2 : 1, task->explain ? NULL : &low, &slice);
    task->trace = &slice.trace;
    task->rest = &found;
    task->rests_on = &kept->rest;
    code = code ? code : fb_duty_follow(task, arena, out, err);
    task->rest = NULL;
    task->rests_on = NULL;
    *out_good = code == FB_OK && found.good &&
                (found.uncovered == FB_TIME_MAX || !is_corrected(s, found.uncovered));
    return code;
}

/* Keeps what a run over the slice of a key found. */
static enum fb_code note(
    struct fb_cutter *s, const struct fb_duty_rest *found, struct fb_kept_rest *kept)
{
    const struct fb_duty *first = fb_duty_first(s->query->duty);
    struct fb_kept_rest made = {.rest = *found,
        .upto = fb_kept_stays(s->query->kept),
        .effective = s->query->program->effective};
    (void)fb_access_ends(s->query->access, &made.ends);
    if (!found->good || !is_unchanged(s, &made)) {
        return FB_OK;
    }
    enum fb_code code = fb_kept_copy(s, found->row, first->var_count, &made.rest.row);
    if (code == FB_OK && found->early) {
        code = fb_kept_copy(s, found->early, first->var_count, &made.rest.early);
    }
    made.there = code == FB_OK;
    *kept = made;
    return code;
}

static bool is_paced(const struct fb_duty *duty)
{
    return duty && (duty->paced || is_paced(duty->after));
}

/* What is kept of a key; NULL: nothing is. Not where somebody is told what is asked of the facts,
 * who would not hear of all that has a say: not of what came, ended and was corrected since. */
static struct fb_kept_rest *kept_of(const struct fb_cutter *s, const struct fb_value *key)
{
    return fb_access_is_watched(s->query->access) ? NULL : fb_kept_rest(s, key);
}

/* Runs over the whole slice. */
static enum fb_code run_all(struct fb_cutter *s, const struct fb_value *key,
    struct fb_duty_task *task, struct fb_arena *cut, struct fb_arena *arena,
    struct fb_obligations *out, struct fb_err *err)
{
    struct fb_slice slice = {.arena = cut};
    struct fb_duty_rest found = {.good = false};
    enum fb_code code = fb_cut(s, key, &slice);
    if (code || s->valuations == 0) {
        return code;
    }
    struct fb_kept_rest *kept = kept_of(s, key);
    task->trace = &slice.trace;
    task->rows = &slice.rows;
    task->rest = kept && !is_paced(task->duty) ? &found : NULL;
    code = fb_duty_follow(task, arena, out, err);
    return code || !task->rest ? code : note(s, &found, kept);
}

enum fb_code fb_rest_follow(struct fb_cutter *s, const struct fb_value *key,
    struct fb_duty_task *task, struct fb_arena *cut, struct fb_arena *arena,
    struct fb_obligations *out, struct fb_err *err)
{
    FB_ASSERT(s && key && task && !task->rest && !task->rests_on);
    FB_ASSERT(cut && arena && out);
    struct fb_kept_rest *kept = kept_of(s, key);
    enum fb_code code = FB_OK;
    bool good = false;
    task->key = key;
    if (kept && kept->there) {
        kept->there = is_unchanged(s, kept);
        code = kept->there ? run_row(s, kept, task, cut, arena, out, &good, err) : FB_OK;
        kept->there = good;
    }
    if (code || good) {
        return code;
    }
    return run_all(s, key, task, cut, arena, out, err);
}

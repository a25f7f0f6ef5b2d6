/*
 * slice_rest.h: runs over what an obligation rests on. Only the files of slices include it.
 *
 * What a party owes because of any of its systems has been owed since the first of them, and asks
 * nothing of the others. So once that is known, and kept (slice.h), the slice of a question is that
 * of the one row.
 */
#ifndef FB_ENGINE_SLICE_REST_H
#define FB_ENGINE_SLICE_REST_H

#include "engine/slice_kept.h"

/** What becomes of the obligations with a key: cuts its slice, and runs a duty over it. The task
 * has all but the trace and the key; slices live in `cut`, which holds no others, results in
 * `arena`. Nothing is found where the trigger has no valuation; then what the task has for duties
 * before is not filled. */
FB_CHECKED enum fb_code fb_rest_follow(struct fb_cutter *s, const struct fb_value *key,
    struct fb_duty_task *task, struct fb_arena *cut, struct fb_arena *arena,
    struct fb_obligations *out, struct fb_err *err);

#endif

/*
 * narrow.c: one system alone. What concerns it is decided from all facts, so the answer is the same
 * as in the whole picture; only what nothing of it rests on is left out.
 */
#include "base/assert.h"
#include "govern/work.h"
#include "lang/lint.h"

bool fb_work_wants(const struct fb_work *work, struct fb_str system)
{
    FB_ASSERT(work);
    return !work->about || system.len == 0 || fb_str_eq(system, work->about->id);
}

struct fb_line_view *fb_work_line(
    const struct fb_work *work, const struct fb_version *version, size_t rule, size_t system)
{
    FB_ASSERT(work && version && version->lines && rule < version->program->redline_count);
    FB_ASSERT(system < work->picture->system_count);
    size_t at = system - work->line_first; /* wraps below the first */
    return at < work->line_systems ? &version->lines[rule * work->line_systems + at] : NULL;
}

enum fb_code fb_work_narrow(struct fb_work *work, struct fb_err *err)
{
    FB_ASSERT(work && work->picture);
    work->line_systems = work->picture->system_count;
    if (work->input->about.len == 0) {
        return FB_OK;
    }
    work->about = fb_picture_named(work->picture, work->input->about, err);
    if (!work->about) {
        return err->code;
    }
    /* A resident has looked at the rules already. */
    for (size_t i = 0; i < work->version_count && !work->is_wide && !work->resident; i++) {
        const struct fb_program *program = work->versions[i].program;
        for (size_t d = 0; d < program->duty_count && !work->is_wide; d++) {
            work->is_wide = fb_duty_reads_others(&program->duties[d]) != NULL;
        }
    }
    if (!work->is_wide) {
        work->line_first = (size_t)(work->about - work->picture->systems);
        work->line_systems = 1;
    }
    return FB_OK;
}

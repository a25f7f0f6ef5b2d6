/*
 * narrow.c: one system alone. What concerns it is decided from all facts, so the answer is the same
 * as in the whole picture; only what nothing of it rests on is left out.
 */
#include "base/assert.h"
#include "govern/work.h"

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

/* True for a predicate that finds red lines or cases of other systems than the one that `own` is
 * (-1: none is). */
static bool is_of_others(const struct fb_form *form, int32_t own)
{
    static const char *const computed[] = {"redline", "case_status", "case_standing"};
    enum { SYSTEM_COLUMN = 1 }; /* of each: name, system, status */
    bool reads = false;
    for (size_t i = 0; i < sizeof(computed) / sizeof(computed[0]); i++) {
        reads = reads || (int)form->relation == fb_policy_relation(computed[i]);
    }
    if (!reads) {
        return false;
    }
    FB_ASSERT(form->term_count > SYSTEM_COLUMN);
    const struct fb_term *system = form->terms[SYSTEM_COLUMN];
    return system->kind != FB_TERM_VAR || own < 0 || system->var != (uint32_t)own;
}

/* Regular expressions are not looked into, since policies have none. */
static bool reads_others(const struct fb_form *form, int32_t own)
{
    if (!form) {
        return false;
    }
    FB_ASSERT(!form->regex && !form->definition);
    return (form->kind == FB_FORM_PRED && is_of_others(form, own)) ||
           reads_others(form->left, own) || reads_others(form->right, own);
}

static bool duty_reads_others(const struct fb_duty *duty)
{
    const struct fb_form *forms[] = {
        duty->when, duty->given, duty->during, duty->act, duty->before, duty->waived};
    bool out = false;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        out = out || reads_others(forms[i], duty->system_var);
    }
    for (size_t i = 0; i < duty->within_count; i++) {
        out = out || reads_others(duty->within[i].guard, duty->system_var);
    }
    return out || (duty->after && duty_reads_others(duty->after));
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
    for (size_t i = 0; i < work->version_count && !work->is_wide; i++) {
        const struct fb_program *program = work->versions[i].program;
        for (size_t d = 0; d < program->duty_count && !work->is_wide; d++) {
            work->is_wide = duty_reads_others(&program->duties[d]);
        }
    }
    if (!work->is_wide) {
        work->line_first = (size_t)(work->about - work->picture->systems);
        work->line_systems = 1;
    }
    return FB_OK;
}

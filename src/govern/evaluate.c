#include "govern/evaluate.h"

#include "base/assert.h"
#include "govern/resident.h"
#include "govern/sentence.h"

static enum fb_code run_strata(struct fb_work *work, struct fb_err *err)
{
    static enum fb_code (*const strata[])(struct fb_work *, struct fb_err *) = {fb_work_policies,
        fb_work_facts, fb_work_growth, fb_work_pace, fb_work_lines, fb_work_cases, fb_work_burden,
        fb_work_duties, fb_work_orders, fb_work_licences};
    for (size_t i = 0; i < sizeof(strata) / sizeof(strata[0]); i++) {
        enum fb_code code = strata[i](work, err);
        if (code != FB_OK) {
            return code;
        }
    }
    return FB_OK;
}

enum fb_code fb_govern_evaluate(const struct fb_govern_input *input, struct fb_arena *arena,
    struct fb_picture *out, struct fb_err *err)
{
    FB_ASSERT(input && input->registry && input->read_blob && arena && out);
    struct fb_picture *picture = FB_ARENA_NEW(arena, struct fb_picture);
    struct fb_govern_input *kept = FB_ARENA_NEW(arena, struct fb_govern_input);
    struct fb_work *work = FB_ARENA_NEW(arena, struct fb_work);
    if (!picture || !kept || !work) {
        return fb_arena_failed(arena, err);
    }
    *kept = *input;
    *picture = (struct fb_picture){.now = input->now,
        .as_of = input->as_of,
        .record_count = fb_registry_size(input->registry)};
    *work = (struct fb_work){.input = kept,
        .arena = arena,
        .picture = picture,
        .resident = fb_resident_serves(input) ? input->resident : NULL};
    enum fb_code code = run_strata(work, err);
    if (code == FB_OK) {
        picture->work = work;
        picture->about = work->about ? work->about->id : (struct fb_str){NULL, 0};
        *out = *picture;
    }
    return code;
}

/* One nameable thing, whatever its stratum. */
struct candidate {
    struct fb_str id;
    const char *handle;
    struct fb_why *why;
    size_t index;
};

/* The n-th nameable thing of a picture; false past the last. */
static bool candidate_at(const struct fb_picture *picture, size_t n, struct candidate *out)
{
    if (n < picture->line_count) {
        const struct fb_line_view *view = &picture->lines[n];
        *out = (struct candidate){view->id, view->handle, view->why, n};
        return true;
    }
    n -= picture->line_count;
    if (n < picture->duty_count) {
        const struct fb_duty_view *view = &picture->duties[n];
        *out = (struct candidate){view->id, view->handle, view->obligation.why, n};
        return true;
    }
    n -= picture->duty_count;
    if (n < picture->case_count) {
        const struct fb_case_view *view = &picture->cases[n];
        *out = (struct candidate){view->id, view->handle, view->why, n};
        return true;
    }
    n -= picture->case_count;
    if (n < picture->order_count) {
        const struct fb_order_view *view = &picture->orders[n];
        *out = (struct candidate){view->id, view->handle, view->why, n};
        return true;
    }
    n -= picture->order_count;
    if (n < picture->licence_count) {
        const struct fb_licence_view *view = &picture->licences[n];
        *out = (struct candidate){view->id, view->handle, view->why, n};
        return true;
    }
    n -= picture->licence_count;
    if (n < picture->pace_count) {
        const struct fb_pace_view *view = &picture->paces[n];
        *out = (struct candidate){view->id, view->handle, view->why, n};
        return true;
    }
    n -= picture->pace_count;
    if (n < picture->policy_pace_count) {
        const struct fb_policy_pace_view *view = &picture->policy_paces[n];
        *out = (struct candidate){view->id, view->handle, view->why, n};
        return true;
    }
    return false;
}

static struct fb_str headline(
    const struct fb_picture *picture, const struct candidate *candidate, struct fb_arena *arena)
{
    if (fb_str_starts(candidate->id, FB_STR("redline:"))) {
        const struct fb_line_view *view = &picture->lines[candidate->index];
        return fb_arena_printf(arena, "%.*s: red line \"%.*s\" is %s%s", FB_STR_ARG(view->system),
            FB_STR_ARG(view->rule->title), fb_line_status_name(view->status),
            view->latched ? " (latched)" : "");
    }
    if (fb_str_starts(candidate->id, FB_STR("duty:"))) {
        const struct fb_duty_view *view = &picture->duties[candidate->index];
        return fb_arena_printf(arena, "%.*s: %.*s: %s", FB_STR_ARG(view->obligation.party),
            FB_STR_ARG(view->text), fb_duty_status_name(view->obligation.status));
    }
    if (fb_str_starts(candidate->id, FB_STR("case:"))) {
        const struct fb_case_view *view = &picture->cases[candidate->index];
        return fb_arena_printf(arena, "%.*s: the safety case \"%.*s\" is %s",
            FB_STR_ARG(view->system), FB_STR_ARG(fb_record_text(view->record, "name")),
            fb_label_name(view->label));
    }
    return candidate->why ? candidate->why->text : candidate->id;
}

/* Makes the reason of a verdict that was left out. */
static enum fb_code complete(
    const struct fb_picture *picture, struct candidate *found, struct fb_err *err)
{
    struct fb_work *work = picture->work;
    if (!work || !work->input->brief) {
        return FB_OK;
    }
    if (fb_str_starts(found->id, FB_STR("redline:"))) {
        struct fb_line_view *view = &picture->lines[found->index];
        enum fb_code code = fb_work_line_why(work, view, err);
        found->why = view->why;
        return code;
    }
    if (fb_str_starts(found->id, FB_STR("duty:"))) {
        return fb_work_duty_why(work, &picture->duties[found->index], &found->why, err);
    }
    if (fb_str_starts(found->id, FB_STR("lest:"))) {
        return fb_work_order_why(work, &picture->orders[found->index], &found->why, err);
    }
    if (fb_str_starts(found->id, FB_STR("licence:"))) {
        return fb_work_licence_why(work, &picture->licences[found->index], &found->why, err);
    }
    return FB_OK;
}

/* Says a verdict in sentences, and what nearly counted. */
static enum fb_code say(const struct fb_picture *picture, const struct candidate *found,
    struct fb_verdict *out, struct fb_err *err)
{
    struct fb_said said = {.why = found->why};
    if (!picture->work) {
        return FB_OK;
    }
    if (fb_str_starts(found->id, FB_STR("redline:"))) {
        said.line = &picture->lines[found->index];
    } else if (fb_str_starts(found->id, FB_STR("duty:"))) {
        said.duty = &picture->duties[found->index];
    } else if (fb_str_starts(found->id, FB_STR("licence:"))) {
        said.licence = &picture->licences[found->index];
    } else if (fb_str_starts(found->id, FB_STR("order/")) ||
               fb_str_starts(found->id, FB_STR("lest:"))) {
        said.order = &picture->orders[found->index];
    }
    enum fb_code code = fb_work_say(picture->work, &said, &out->said, err);
    return code || !said.duty ? code : fb_work_near(picture->work, said.duty, &out->near, err);
}

enum fb_code fb_picture_find(const struct fb_picture *picture, struct fb_str name,
    struct fb_arena *arena, struct fb_verdict *out, struct fb_err *err)
{
    FB_ASSERT(picture && arena && out);
    struct candidate candidate, found = {0};
    size_t matches = 0;
    for (size_t n = 0; candidate_at(picture, n, &candidate); n++) {
        struct fb_str handle = fb_str_of(candidate.handle);
        if (fb_str_eq(candidate.id, name) || fb_str_eq(handle, name)) {
            found = candidate;
            matches = 1;
            break;
        }
        if (name.len && (fb_str_starts(candidate.id, name) || fb_str_starts(handle, name))) {
            found = candidate;
            matches++;
        }
    }
    if (matches == 0) {
        fb_err_set(err, FB_E_NOT_FOUND, "no verdict '%.*s'", FB_STR_ARG(fb_str_sub(name, 0, 200)));
        return fb_err_hint(err, "Run `flyball status`: the first column has the names.");
    }
    if (matches > 1) {
        fb_err_set(err, FB_E_USAGE, "'%.*s' names %zu verdicts", FB_STR_ARG(name), matches);
        return fb_err_hint(err, "Give more letters of the name.");
    }
    struct fb_str line = headline(picture, &found, arena);
    if (!line.ptr) {
        return fb_arena_failed(arena, err);
    }
    enum fb_code code = complete(picture, &found, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_verdict verdict = {
        .id = found.id, .handle = found.handle, .headline = line, .why = found.why};
    code = say(picture, &found, &verdict, err);
    if (code == FB_OK) {
        *out = verdict;
    }
    return code;
}

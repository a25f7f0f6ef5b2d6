/*
 * licences.c: what each system may do, from the duties and red lines that bind it.
 *
 *     train      refused while a halt binds, or a prohibition of training runs
 *     deploy     refused while a halt or restriction binds, or a prohibition of deployment, or
 *                while something that must come before deployment has not come
 *     autonomy   refused while deployment is, while any red line in scope is not ruled out, and
 *                without a safety case that stands: the burden of proof is on the developer
 *
 * A system that is out of scope of every rule in force is exempt: all is allowed, nothing is owed.
 */
#include "base/assert.h"
#include "govern/work.h"

const char *fb_action_name(enum fb_action action)
{
    switch (action) {
    case FB_ACTION_TRAIN:
        return "train";
    case FB_ACTION_DEPLOY:
        return "deploy";
    case FB_ACTION_AUTONOMY:
        return "act autonomously";
    case FB_ACTION_COUNT:
        break;
    }
    return "?";
}

/* True when a formula speaks of a relation anywhere. Depth is bounded by FB_IR_DEPTH_MAX. */
static bool mentions(const struct fb_form *form, int relation)
{
    if (!form) {
        return false;
    }
    if (form->kind == FB_FORM_PRED && (int)form->relation == relation) {
        return true;
    }
    return mentions(form->left, relation) || mentions(form->right, relation);
}

/* True when a formula forbids or precedes an action. */
static bool concerns(const struct fb_form *form, enum fb_action action)
{
    const char *relation = action == FB_ACTION_TRAIN ? "run" : "deployment";
    return mentions(form, fb_policy_relation(relation));
}

static bool is_breached(enum fb_duty_status status)
{
    return status == FB_DUTY_OVERDUE || status == FB_DUTY_BROKEN || status == FB_DUTY_MET_LATE;
}

/* Does this obligation forbid the action now? A broken prohibition still forbids, through the item
 * that says it is held. */
static bool forbids(const struct fb_duty_view *view, enum fb_action action)
{
    const struct fb_duty *duty = view->obligation.duty;
    enum fb_duty_status status = view->obligation.status;
    if (is_breached(status) && status != FB_DUTY_MET_LATE) {
        if (duty->lest == FB_LEST_HALT) {
            return true;
        }
        if (duty->lest == FB_LEST_RESTRICT && action == FB_ACTION_DEPLOY) {
            return true;
        }
    }
    switch (duty->modality) {
    case FB_MAY_NOT:
        return status == FB_DUTY_HELD && concerns(duty->act, action);
    case FB_MUST:
        return (status == FB_DUTY_OWED || status == FB_DUTY_OVERDUE || status == FB_DUTY_UNDATED) &&
               duty->before && concerns(duty->before, action);
    case FB_KEEP:
        return false;
    }
    return false;
}

/* Is a duty about the system? One that names no system is about all systems of who owes it. */
static bool is_about(const struct fb_work *work, const struct fb_duty_view *view,
    const struct fb_system_view *system)
{
    if (view->system.len) {
        return fb_str_eq(view->system, system->id);
    }
    struct fb_str developer = fb_record_text(system->record, "developer");
    return fb_str_eq(
        fb_work_root_id(work, view->obligation.party), fb_work_root_id(work, developer));
}

/* Adds a reason for each duty that forbids the action. */
static bool duties_forbid(struct fb_work *work, const struct fb_system_view *system,
    enum fb_action action, struct fb_why *why)
{
    bool any = false;
    for (size_t i = 0; i < work->picture->duty_count; i++) {
        const struct fb_duty_view *view = &work->picture->duties[i];
        if (!forbids(view, action) || !is_about(work, view, system)) {
            continue;
        }
        any = true;
        struct fb_why *reason = fb_why_new(work->arena, "%.*s (%s, %s)", FB_STR_ARG(view->text),
            fb_duty_status_name(view->obligation.status), view->handle);
        fb_why_add(reason, fb_work_why_copy(work, view->obligation.why));
        fb_why_add(why, reason);
    }
    return any;
}

/* Adds a reason for each red line in scope that is not ruled out. */
static bool lines_forbid(struct fb_work *work, struct fb_str system, struct fb_why *why)
{
    bool any = false;
    for (size_t i = 0; i < work->picture->line_count; i++) {
        const struct fb_line_view *view = &work->picture->lines[i];
        if (!fb_str_eq(view->system, system) || view->status == FB_LINE_OUT_OF_SCOPE ||
            view->status == FB_LINE_RULED_OUT) {
            continue;
        }
        any = true;
        struct fb_why *reason = fb_why_new(work->arena, "red line %.*s is %s (%s)",
            FB_STR_ARG(view->rule->name), fb_line_status_name(view->status), view->handle);
        fb_why_add(reason, fb_work_why_copy(work, view->why));
        fb_why_add(why, reason);
    }
    return any;
}

static bool has_standing_case(struct fb_work *work, struct fb_str system, struct fb_why *why)
{
    for (size_t i = 0; i < work->picture->case_count; i++) {
        const struct fb_case_view *view = &work->picture->cases[i];
        if (fb_str_eq(view->system, system) && view->label == FB_LABEL_IN) {
            return true;
        }
    }
    fb_why_add(why, fb_why_new(work->arena, "no safety case of the system stands"));
    return false;
}

/* Is nothing in force that concerns the system? */
static bool is_exempt(const struct fb_work *work, const struct fb_system_view *system)
{
    size_t rules = 0;
    for (size_t i = 0; i < work->picture->line_count; i++) {
        const struct fb_line_view *view = &work->picture->lines[i];
        if (fb_str_eq(view->system, system->id)) {
            rules++;
            if (view->status != FB_LINE_OUT_OF_SCOPE) {
                return false;
            }
        }
    }
    for (size_t i = 0; i < work->picture->duty_count; i++) {
        const struct fb_duty_view *view = &work->picture->duties[i];
        if (fb_str_eq(view->system, system->id) ||
            (forbids(view, FB_ACTION_DEPLOY) && is_about(work, view, system))) {
            return false;
        }
    }
    return rules > 0;
}

static enum fb_code run_licence(
    struct fb_work *work, struct fb_system_view *system, enum fb_action action, struct fb_err *err)
{
    struct fb_licence_view *view = &work->picture->licences[work->picture->licence_count];
    struct fb_why *why = fb_why_new(work->arena, "%s", "");
    bool refused = false;
    if (!system->exempt) {
        refused = duties_forbid(
            work, system, action == FB_ACTION_TRAIN ? FB_ACTION_TRAIN : FB_ACTION_DEPLOY, why);
        if (action == FB_ACTION_AUTONOMY) {
            refused |= lines_forbid(work, system->id, why);
            refused |= !has_standing_case(work, system->id, why);
        }
    }
    struct fb_str id = fb_arena_printf(
        work->arena, "licence:%s:%.*s", fb_action_name(action), FB_STR_ARG(system->id));
    struct fb_str headline = fb_arena_printf(work->arena, "%.*s may%s %s%s", FB_STR_ARG(system->id),
        refused ? " not" : "", fb_action_name(action),
        refused          ? ""
        : system->exempt ? ": no rule in force applies to it"
                         : ": nothing in force forbids it");
    if (!why || !id.ptr || !headline.ptr) {
        return fb_arena_failed(work->arena, err);
    }
    why->text = headline;
    *view = (struct fb_licence_view){
        .id = id, .system = system->id, .action = action, .allowed = !refused, .why = why};
    fb_work_handle(id, view->handle);
    work->picture->licence_count++;
    return FB_OK;
}

enum fb_code fb_work_licences(struct fb_work *work, struct fb_err *err)
{
    struct fb_picture *picture = work->picture;
    picture->licences = FB_ARENA_ARRAY(
        work->arena, struct fb_licence_view, picture->system_count * FB_ACTION_COUNT + 1);
    if (!picture->licences) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t s = 0; s < picture->system_count; s++) {
        struct fb_system_view *system = &picture->systems[s];
        system->exempt = is_exempt(work, system);
        if (system->exempt) {
            system->exempt_why =
                fb_why_new(work->arena, "out of scope of every rule in force: nothing is owed");
            for (size_t i = 0; i < picture->line_count; i++) {
                if (fb_str_eq(picture->lines[i].system, system->id)) {
                    fb_why_add(system->exempt_why, fb_work_why_copy(work, picture->lines[i].why));
                }
            }
        }
        for (int action = 0; action < FB_ACTION_COUNT; action++) {
            enum fb_code code = run_licence(work, system, (enum fb_action)action, err);
            if (code != FB_OK) {
                return code;
            }
        }
    }
    FB_ASSERT(picture->licence_count == picture->system_count * FB_ACTION_COUNT);
    return FB_OK;
}

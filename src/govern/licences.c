/*
 * licences.c: what each system may do, from the duties and red lines that bind it.
 *
 *     train      refused while a halt binds, or a prohibition of training runs
 *     deploy     refused while a halt or restriction binds, while an order to secure is not met, or
 *                a prohibition of deployment binds, or while something that must come before
 *                deployment has not come
 *     autonomy   refused while deployment is, while any red line in scope is not ruled out, and
 *                without a safety case that stands: the burden of proof is on the developer
 *
 * Each is refused too while the last licence that an authority gave for it is refused, suspended,
 * revoked or over. A system that is out of scope of every rule in force, and that no order or
 * licence names, is exempt: all is allowed, nothing is owed.
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

/* Does this obligation forbid the action now? A broken prohibition still forbids, through the item
 * that says it is held. What a breach leads to is an order (orders.c). */
static bool forbids(const struct fb_duty_view *view, enum fb_action action)
{
    const struct fb_duty *duty = view->obligation.duty;
    enum fb_duty_status status = view->obligation.status;
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
    return fb_str_eq(fb_work_root_id(work, view->obligation.party), system->developer);
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

/* ---- orders ---- */

/* Is a level of security shown at now by somebody other than the developer? */
static bool is_secured(
    const struct fb_work *work, const struct fb_system_view *system, int64_t level)
{
    const struct fb_registry *registry = work->input->registry;
    for (size_t i = fb_registry_count(registry); i-- > 0;) {
        const struct fb_record *record = fb_registry_at(registry, i);
        bool is_audit = record->kind == FB_KIND_audit;
        if ((!is_audit && record->kind != FB_KIND_measure) ||
            fb_work_superseded(work, record) != FB_TIME_MAX ||
            fb_str_eq(record->issuer, system->developer) ||
            !fb_str_eq(fb_work_root_id(work, record->subject), system->id) ||
            !fb_str_is(fb_record_text(record, is_audit ? "standard" : "name"), "security") ||
            fb_work_int(record, "level", -1) < level) {
            continue;
        }
        bool good =
            !is_audit || (!fb_str_is(fb_record_text(record, "result"), "failed") &&
                             !fb_str_is(fb_record_text(record, "result"), "inconclusive") &&
                             fb_work_time(record, "valid_until", FB_TIME_MAX) > work->input->now);
        if (good) {
            return true;
        }
    }
    return false;
}

/* Adds a reason for each order that forbids the action. */
static bool orders_forbid(struct fb_work *work, const struct fb_system_view *system,
    enum fb_action action, struct fb_why *why)
{
    bool any = false;
    for (size_t i = 0; i < work->picture->order_count; i++) {
        const struct fb_order_view *order = &work->picture->orders[i];
        if (!fb_order_binds(order, system) ||
            (action == FB_ACTION_TRAIN && order->action != FB_ORDER_HALT) ||
            (order->action == FB_ORDER_SECURE && order->level >= 0 &&
                is_secured(work, system, order->level))) {
            continue;
        }
        any = true;
        struct fb_why *reason = fb_why_new(
            work->arena, "order in force: %.*s (%s)", FB_STR_ARG(order->why->text), order->handle);
        if (order->action == FB_ORDER_SECURE && order->level >= 0) {
            fb_why_add(
                reason, fb_why_new(work->arena, "no audit or measure of others shows that level"));
        }
        for (const struct fb_why *child = order->why->child; reason && child; child = child->next) {
            fb_why_add(reason, fb_work_why_copy(work, child));
        }
        fb_why_add(why, reason);
    }
    return any;
}

/* ---- licences of authorities ---- */

/* The last word of an authority on an action of the system; NULL when there is none. */
static const struct fb_record *last_licence(
    const struct fb_work *work, struct fb_str system, enum fb_action action)
{
    static const char *const words[] = {"train", "deploy", "autonomy"};
    const struct fb_registry *registry = work->input->registry;
    const struct fb_record *last = NULL;
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind == FB_KIND_licence && fb_work_superseded(work, record) == FB_TIME_MAX &&
            fb_str_is(fb_record_text(record, "action"), words[action]) &&
            !fb_str_is(fb_record_text(record, "state"), "applied") &&
            fb_str_eq(fb_work_root_id(work, record->subject), system) &&
            (!last || fb_work_int(record, "version", 0) > fb_work_int(last, "version", 0))) {
            last = record;
        }
    }
    return last;
}

/* Adds a reason when the last licence for the action does not allow it now. */
static bool licence_forbids(
    struct fb_work *work, struct fb_str system, enum fb_action action, struct fb_why *why)
{
    const struct fb_record *last = last_licence(work, system, action);
    if (!last) {
        return false;
    }
    struct fb_str state = fb_record_text(last, "state");
    char when[FB_TIME_TEXT];
    fb_time now = work->input->now, from = fb_work_time(last, "valid_from", FB_TIME_MIN),
            until = fb_work_time(last, "valid_until", FB_TIME_MAX);
    struct fb_why *reason = NULL;
    if (!fb_str_is(state, "granted")) {
        reason = fb_why_new(work->arena, "the licence to %s is %.*s by %.*s",
            fb_action_name(action), FB_STR_ARG(state), FB_STR_ARG(last->issuer));
    } else if (now < from) {
        reason = fb_why_new(work->arena, "the licence to %s begins on %s", fb_action_name(action),
            fb_time_format_short(from, when));
    } else if (now >= until) {
        reason = fb_why_new(work->arena, "the licence to %s ended on %s", fb_action_name(action),
            fb_time_format_short(until, when));
    } else {
        return false;
    }
    fb_why_add(why, fb_why_on(reason, last->id, last->seq));
    return true;
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
    for (size_t i = 0; i < work->picture->order_count; i++) {
        if (fb_order_binds(&work->picture->orders[i], system)) {
            return false;
        }
    }
    for (int action = 0; action < FB_ACTION_COUNT; action++) {
        if (last_licence(work, system->id, (enum fb_action)action)) {
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
        enum fb_action as = action == FB_ACTION_TRAIN ? FB_ACTION_TRAIN : FB_ACTION_DEPLOY;
        refused = orders_forbid(work, system, as, why);
        refused |= licence_forbids(work, system->id, as, why);
        if (action == FB_ACTION_AUTONOMY) {
            refused |= licence_forbids(work, system->id, action, why);
        }
        refused |= duties_forbid(work, system, as, why);
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

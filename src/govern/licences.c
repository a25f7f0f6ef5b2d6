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
 * revoked or over, or rests on a safety case that is not accepted or does not stand. A system that
 * is out of scope of every rule in force, and that no order or licence names, is exempt: all is
 * allowed, nothing is owed.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "engine/table.h"
#include "govern/proving.h"

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

const char *fb_action_word(enum fb_action action)
{
    static const char *const words[] = {"train", "deploy", "autonomy"};
    FB_ASSERT(action < FB_ACTION_COUNT);
    return words[action];
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

bool fb_work_may_forbid(const struct fb_duty *duty, enum fb_action action)
{
    FB_ASSERT(duty);
    enum fb_action as = action == FB_ACTION_TRAIN ? FB_ACTION_TRAIN : FB_ACTION_DEPLOY;
    bool leads = duty->lest >= FB_LEST_HALT;
    for (int level = 0; level < FB_PACE_LEVELS; level++) {
        leads = leads || (duty->at_pace[level] && duty->at_pace[level]->lest >= FB_LEST_HALT);
    }
    return leads || (duty->modality == FB_MAY_NOT && concerns(duty->act, as)) ||
           (duty->modality == FB_MUST && duty->before && concerns(duty->before, as));
}

static int order_owners(const void *a, const void *b)
{
    const struct fb_owner *x = a, *y = b;
    int order = fb_str_cmp(x->party, y->party);
    return order ? order : x->duty < y->duty ? -1 : x->duty > y->duty;
}

/* Lists the duties that name no system by who owes them: they are about all systems of that party.
 */
static enum fb_code list_owners(struct fb_work *work, struct fb_err *err)
{
    const struct fb_picture *picture = work->picture;
    size_t count = 0;
    const struct fb_duty_view *view = fb_picture_duty(picture, picture->others.duty);
    for (; view; view = fb_picture_duty(picture, view->next)) {
        count += view->system.len == 0;
    }
    work->owners = FB_ARENA_ARRAY(work->arena, struct fb_owner, count);
    if (!work->owners) {
        return fb_arena_failed(work->arena, err);
    }
    view = fb_picture_duty(picture, picture->others.duty);
    for (; view; view = fb_picture_duty(picture, view->next)) {
        if (view->system.len == 0) {
            work->owners[work->owner_count++] =
                (struct fb_owner){fb_work_root_id(work, view->obligation.party), view};
        }
    }
    FB_ASSERT(work->owner_count == count);
    qsort(work->owners, count, sizeof(*work->owners), order_owners);
    return FB_OK;
}

/* A walk over the duties about a system: those that name it, and those of its developer that name
 * none, in the order of the picture. */
struct about {
    const struct fb_work *work;
    struct fb_str developer;
    const struct fb_duty_view *own;
    size_t owner;
};

static struct about duties_about(const struct fb_work *work, const struct fb_system_view *system)
{
    struct fb_str developer = system->developer;
    size_t low = 0, high = work->owner_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (fb_str_cmp(work->owners[middle].party, developer) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (struct about){work, developer, fb_picture_duty(work->picture, system->first.duty), low};
}

static const struct fb_duty_view *next_about(struct about *about)
{
    const struct fb_work *work = about->work;
    bool owner = about->owner < work->owner_count &&
                 fb_str_eq(work->owners[about->owner].party, about->developer);
    if (owner && (!about->own || work->owners[about->owner].duty < about->own)) {
        return work->owners[about->owner++].duty;
    }
    const struct fb_duty_view *view = about->own;
    about->own = view ? fb_picture_duty(work->picture, view->next) : NULL;
    return view;
}

/* Adds a reason for each duty that forbids the action. Without `why` only the answer is wanted. */
static enum fb_code duties_forbid(struct fb_work *work, const struct fb_system_view *system,
    enum fb_action action, struct fb_why *why, bool *out, struct fb_err *err)
{
    struct about about = duties_about(work, system);
    for (const struct fb_duty_view *view; (view = next_about(&about)) != NULL;) {
        if (!forbids(view, action)) {
            continue;
        }
        *out = true;
        if (!why) {
            return FB_OK;
        }
        struct fb_why *under = NULL;
        enum fb_code code = fb_work_duty_why(work, view, &under, err);
        if (code != FB_OK) {
            return code;
        }
        struct fb_why *reason = fb_why_new(work->arena, "%.*s (%s, %s)", FB_STR_ARG(view->text),
            fb_duty_status_name(view->obligation.status), view->handle);
        fb_why_add(reason, fb_work_why_copy(work, under));
        fb_why_add(why, reason);
    }
    return FB_OK;
}

/* ---- orders ---- */

/* Is a level of security shown at now by somebody other than the developer? */
static bool is_secured(
    const struct fb_work *work, const struct fb_system_view *system, int64_t level)
{
    const struct fb_system_parts *parts = &work->parts[system - work->picture->systems];
    for (size_t i = parts->record_count; i-- > 0;) {
        const struct fb_record *record = parts->records[i];
        struct fb_shown_level shown;
        if (fb_work_superseded(work, record) == FB_TIME_MAX &&
            fb_work_shows_level(record, system->developer, &shown) &&
            fb_str_is(shown.standard, "security") && shown.level >= level &&
            shown.until > work->input->now) {
            return true;
        }
    }
    return false;
}

/* Adds the reason that an order is. */
static enum fb_code add_order_reason(
    struct fb_work *work, const struct fb_order_view *order, struct fb_why *why, struct fb_err *err)
{
    struct fb_why *under = NULL;
    enum fb_code code = fb_work_order_why(work, order, &under, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_why *reason = fb_why_new(
        work->arena, "order in force: %.*s (%s)", FB_STR_ARG(under->text), order->handle);
    if (order->action == FB_ORDER_SECURE && order->level >= 0) {
        fb_why_add(
            reason, fb_why_new(work->arena, "no audit or measure of others shows that level"));
    }
    for (const struct fb_why *child = under->child; reason && child; child = child->next) {
        fb_why_add(reason, fb_work_why_copy(work, child));
    }
    fb_why_add(why, reason);
    return FB_OK;
}

/* Adds a reason for each order that forbids the action. */
static enum fb_code orders_forbid(struct fb_work *work, const struct fb_system_view *system,
    enum fb_action action, struct fb_why *why, bool *out, struct fb_err *err)
{
    struct fb_order_walk walk = fb_picture_orders(work->picture, system);
    for (const struct fb_order_view *order; (order = fb_order_next(&walk)) != NULL;) {
        if ((action == FB_ACTION_TRAIN && order->action != FB_ORDER_HALT) ||
            (order->action == FB_ORDER_SECURE && order->level >= 0 &&
                is_secured(work, system, order->level))) {
            continue;
        }
        *out = true;
        enum fb_code code = why ? add_order_reason(work, order, why, err) : FB_OK;
        if (code != FB_OK || !why) {
            return code;
        }
    }
    return FB_OK;
}

/* ---- licences of authorities ---- */

/* The last word of an authority on an action of the system; NULL when there is none. */
static const struct fb_record *last_licence(
    const struct fb_work *work, const struct fb_system_view *system, enum fb_action action)
{
    const struct fb_system_parts *parts = &work->parts[system - work->picture->systems];
    const struct fb_record *last = NULL;
    for (size_t i = 0; i < parts->record_count; i++) {
        const struct fb_record *record = parts->records[i];
        if (record->kind == FB_KIND_licence && fb_work_superseded(work, record) == FB_TIME_MAX &&
            fb_str_is(fb_record_text(record, "action"), fb_action_word(action)) &&
            !fb_str_is(fb_record_text(record, "state"), "applied") &&
            (!last || fb_work_int(record, "version", 0) > fb_work_int(last, "version", 0))) {
            last = record;
        }
    }
    return last;
}

/* Adds a reason when the last licence for the action does not allow it now. */
static bool licence_forbids(struct fb_work *work, const struct fb_system_view *system,
    enum fb_action action, struct fb_why *why)
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
    if (why) {
        fb_why_add(why, fb_why_on(reason, last->id, last->seq));
    }
    return true;
}

/* Adds a reason when the last licence for the action rests on a safety case that does not stand: it
 * is suspended by itself. */
static bool licence_case_forbids(struct fb_work *work, const struct fb_system_view *system,
    enum fb_action action, struct fb_why *why)
{
    const struct fb_record *last = last_licence(work, system, action);
    struct fb_str id = last ? fb_record_text(last, "case") : FB_STR("");
    if (id.len == 0 || !fb_str_is(fb_record_text(last, "state"), "granted")) {
        return false;
    }
    const struct fb_case_view *view = fb_picture_case(work->picture, system->first.safety_case);
    while (view && !fb_str_eq(fb_work_root(work, view->record)->id, fb_work_root_id(work, id))) {
        view = fb_picture_case(work->picture, view->next);
    }
    if (view && view->label == FB_LABEL_IN && view->stage == FB_CASE_ACCEPTED) {
        return false;
    }
    if (why) {
        struct fb_why *reason = fb_why_new(work->arena,
            "the licence to %s is suspended: it rests on the safety case %.*s, which %s%s",
            fb_action_name(action), FB_STR_ARG(id), view ? "is " : "is not one of the system's",
            !view                        ? ""
            : view->label != FB_LABEL_IN ? fb_label_name(view->label)
                                         : fb_case_stage_name(view->stage));
        reason = fb_why_on(reason, last->id, last->seq);
        if (view && view->label != FB_LABEL_IN) {
            fb_why_add(reason, fb_work_why_copy(work, view->why));
        }
        fb_why_add(why, reason);
    }
    return true;
}

/* Adds a reason for each red line in scope that is not ruled out. */
static enum fb_code lines_forbid(struct fb_work *work, const struct fb_system_view *system,
    struct fb_why *why, bool *out, struct fb_err *err)
{
    size_t next = system->first.line;
    for (struct fb_line_view *view; next != 0; next = view->next) {
        view = &work->picture->lines[next - 1];
        if (view->status == FB_LINE_OUT_OF_SCOPE || view->status == FB_LINE_RULED_OUT) {
            continue;
        }
        *out = true;
        if (!why) {
            return FB_OK;
        }
        enum fb_code code = fb_work_line_why(work, view, err);
        if (code != FB_OK) {
            return code;
        }
        struct fb_why *reason = fb_why_new(work->arena, "red line %.*s is %s (%s)",
            FB_STR_ARG(view->rule->name), fb_line_status_name(view->status), view->handle);
        fb_why_add(reason, fb_work_why_copy(work, view->why));
        fb_why_add(why, reason);
    }
    return FB_OK;
}

static bool has_standing_case(
    struct fb_work *work, const struct fb_system_view *system, struct fb_why *why)
{
    const struct fb_picture *picture = work->picture;
    const struct fb_case_view *view = fb_picture_case(picture, system->first.safety_case);
    for (; view; view = fb_picture_case(picture, view->next)) {
        if (view->label == FB_LABEL_IN && view->stage != FB_CASE_SENT_BACK) {
            return true;
        }
    }
    if (why) {
        fb_why_add(why, fb_why_new(work->arena, "no safety case of the system stands"));
    }
    return false;
}

/* ---- exemption ---- */

/* What a condition lacks, so that it does not hold of a system. */
enum lack {
    LACKS_NOTHING, /* it holds, or may hold without another word about the system */
    LACKS_A_PLAN,  /* no run or forecast of it is on record that would do */
    LACKS_OWN,     /* its own record keeps it out */
};

/* What a formula could lack: what is told of this system and of no other, or LACKS_NOTHING. */
static enum lack told_of(const struct fb_form *form, uint32_t system_var)
{
    static const struct {
        const char *relation;
        size_t column; /* of the system */
        enum lack lack;
    } told[] = {{"system", 0, LACKS_OWN}, {"redline", 1, LACKS_OWN},
        {"share_of_original", 1, LACKS_OWN}, {"run", 1, LACKS_A_PLAN},
        {"forecast", 1, LACKS_A_PLAN}};
    if (!form) {
        return LACKS_OWN;
    }
    struct fb_str relation = form->kind == FB_FORM_PRED
                                 ? fb_policy_signature()->relations[form->relation].name
                                 : FB_STR("");
    for (size_t i = 0; relation.len && i < sizeof(told) / sizeof(told[0]); i++) {
        if (fb_str_is(relation, told[i].relation)) {
            const struct fb_term *system = form->terms[told[i].column];
            bool own = system->kind == FB_TERM_VAR && system->var == system_var;
            return own ? told[i].lack : LACKS_NOTHING;
        }
    }
    if (form->kind == FB_FORM_PRED) {
        return LACKS_NOTHING;
    }
    enum lack left = told_of(form->left, system_var), right = told_of(form->right, system_var);
    return left < right ? left : right;
}

/* What a part that is no conjunction and no alternative could lack. */
static enum lack part_lacks(const struct fb_duty *duty, const struct fb_form *form)
{
    uint32_t var = (uint32_t)duty->system_var;
    bool reads = form->kind == FB_FORM_PRED || (fb_form_vars(form) & ~fb_vars_of(var)) == 0;
    return reads ? told_of(form, var) : LACKS_NOTHING;
}

/* A quantifier over what is not the system: its parts are looked at. */
static bool is_open(const struct fb_duty *duty, const struct fb_form *form)
{
    fb_vars own = fb_vars_of((uint32_t)duty->system_var);
    return form->kind == FB_FORM_EXISTS && (fb_form_vars(form) & ~own) != 0;
}

/* The worst that a condition (NULL: none) could lack, whatever is on record. */
static enum lack most_lacked(const struct fb_duty *duty, const struct fb_form *form)
{
    if (form && (form->kind == FB_FORM_AND || form->kind == FB_FORM_OR)) {
        enum lack left = most_lacked(duty, form->left), right = most_lacked(duty, form->right);
        bool fails = form->kind == FB_FORM_AND || (left && right);
        return !fails ? LACKS_NOTHING : left > right ? left : right;
    }
    return !form                 ? LACKS_NOTHING
           : is_open(duty, form) ? most_lacked(duty, form->left)
                                 : part_lacks(duty, form);
}

/* Whether a duty reaches every system. */
static bool reaches_all(const struct fb_duty *duty)
{
    bool all = true;
    for (; all && duty && duty->system_var >= 0; duty = duty->after) {
        all = most_lacked(duty, duty->when) != LACKS_OWN &&
              most_lacked(duty, duty->given) != LACKS_OWN;
    }
    return all;
}

static enum fb_code find_lack(struct fb_work *work, const struct fb_duty *duty,
    const struct fb_form *form, struct fb_str system, enum lack *out, struct fb_err *err);

/* A conjunction fails by its worst part; alternatives fail when all of them do. */
static enum fb_code find_worst(struct fb_work *work, const struct fb_duty *duty,
    const struct fb_form *form, struct fb_str system, enum lack *out, struct fb_err *err)
{
    enum lack left, right = LACKS_NOTHING;
    bool all = form->kind == FB_FORM_AND;
    enum fb_code code = find_lack(work, duty, form->left, system, &left, err);
    *out = left;
    bool known = left == (all ? LACKS_OWN : LACKS_NOTHING); /* whatever the other part lacks */
    if (code || (known && !work->proving)) {
        return code;
    }
    code = find_lack(work, duty, form->right, system, &right, err);
    bool fails = all || (left && right);
    *out = !fails ? LACKS_NOTHING : left > right ? left : right;
    return code;
}

/* What a part of a duty's condition lacks now. */
static enum fb_code find_lack(struct fb_work *work, const struct fb_duty *duty,
    const struct fb_form *form, struct fb_str system, enum lack *out, struct fb_err *err)
{
    uint32_t var = (uint32_t)duty->system_var;
    *out = LACKS_NOTHING;
    if (form->kind == FB_FORM_AND || form->kind == FB_FORM_OR) {
        return find_worst(work, duty, form, system, out, err);
    }
    if (is_open(duty, form)) {
        return find_lack(work, duty, form->left, system, out, err);
    }
    enum lack lack = part_lacks(duty, form);
    if (lack == LACKS_NOTHING || work->trace.time_count == 0) {
        return FB_OK;
    }
    bool holds = false;
    struct fb_value values[FB_IR_VARS_MAX]; /* large, and written as far as it is used */
    for (size_t i = 0; i < duty->var_count; i++) {
        values[i] = fb_value_none();
    }
    values[var] = fb_value_str(system);
    struct fb_form_query query = {work->access, form, duty->var_count, values};
    size_t last = work->trace.time_count - 1;
    enum fb_code code = work->proving ? fb_proving_holds(work, &query, last, &holds, err)
                                      : fb_slice_holds(&query, last, &holds, err);
    *out = code || holds ? LACKS_NOTHING : lack;
    return code;
}

/* Whether a duty could bind the system once its trigger comes: not where the system's own record
 * keeps it out, nor where it follows a duty of which that is so. */
static enum fb_code reaches(struct fb_work *work, const struct fb_duty *duty, struct fb_str system,
    bool *out, struct fb_err *err)
{
    enum lack lack = LACKS_NOTHING;
    enum fb_code code = FB_OK;
    for (; code == FB_OK && lack != LACKS_OWN && duty && duty->system_var >= 0;
         duty = duty->after) {
        /* What keeps a system out mostly stands in the second; a proof has the order of the text.
         */
        bool turned = duty->given && !work->proving;
        const struct fb_form *first = turned ? duty->given : duty->when,
                             *second = turned ? duty->when : duty->given;
        code = find_lack(work, duty, first, system, &lack, err);
        if (code == FB_OK && lack != LACKS_OWN && second) {
            code = find_lack(work, duty, second, system, &lack, err);
        }
    }
    *out = lack != LACKS_OWN;
    return code;
}

/* What keeps systems from being exempt, one after the other. */
struct reached {
    const struct fb_reach *by; /* by what the system is that was looked at last */
    bool all;                  /* that reaches every system */
};

/* What reached a system before may reach this one, too, where one duty is enough. */
static enum fb_code reaches_again(struct fb_work *work, const struct reached *before,
    struct fb_str system, bool *out, struct fb_err *err)
{
    *out = before->all;
    return before->by && !before->all && !work->about && !work->proving
               ? reaches(work, before->by->duty, system, out, err)
               : FB_OK;
}

/* The duties in force that could bind the system once their trigger comes, or one of them where all
 * systems are asked for; NULL when there is none. *out_any says whether any duty in force is about
 * systems at all. */
static enum fb_code duties_reaching(struct fb_work *work, const struct fb_system_view *system,
    struct reached *out, bool *out_any, struct fb_err *err)
{
    const struct fb_reach **end = &out->by;
    bool again = false;
    enum fb_code code = reaches_again(work, out, system->id, &again, err);
    if (code || again) {
        *out_any = true;
        return code;
    }
    out->by = NULL;
    for (size_t i = 0; i < work->version_count; i++) {
        const struct fb_version *version = &work->versions[i];
        size_t count = version->view->force == FB_IN_FORCE ? version->program->duty_count : 0;
        for (size_t d = 0; d < count; d++) {
            const struct fb_duty *duty = &version->program->duties[d];
            bool reached = false;
            code = duty->system_var < 0 ? FB_OK : reaches(work, duty, system->id, &reached, err);
            *out_any = *out_any || duty->system_var >= 0;
            if (code != FB_OK) {
                return code;
            }
            if (!reached) {
                continue;
            }
            struct fb_reach *reach = FB_ARENA_NEW(work->arena, struct fb_reach);
            if (!reach) {
                return fb_arena_failed(work->arena, err);
            }
            *reach = (struct fb_reach){version->view, duty, NULL};
            *end = reach;
            end = &reach->next;
            if (!work->about) {
                out->all = !work->proving && reaches_all(duty);
                return FB_OK;
            }
        }
    }
    return FB_OK;
}

/* Does nothing bind the system now? */
static bool is_unbound(const struct fb_work *work, const struct fb_system_view *system)
{
    const struct fb_picture *picture = work->picture;
    const struct fb_line_view *line = fb_picture_line(picture, system->first.line);
    for (; line; line = fb_picture_line(picture, line->next)) {
        if (line->status != FB_LINE_OUT_OF_SCOPE) {
            return false;
        }
    }
    if (system->first.duty != 0) {
        return false;
    }
    struct about about = duties_about(work, system);
    for (const struct fb_duty_view *view; (view = next_about(&about)) != NULL;) {
        if (forbids(view, FB_ACTION_DEPLOY)) {
            return false;
        }
    }
    struct fb_order_walk walk = fb_picture_orders(picture, system);
    if (fb_order_next(&walk)) {
        return false;
    }
    for (int action = 0; action < FB_ACTION_COUNT; action++) {
        if (last_licence(work, system, (enum fb_action)action)) {
            return false;
        }
    }
    return true;
}

/* Is nothing in force that concerns the system, now or when more is known? Where no rule is about
 * systems there is no scope to be outside of. */
static enum fb_code find_exempt(struct fb_work *work, struct fb_system_view *system,
    struct reached *reached, struct fb_err *err)
{
    /* A proof of what is allowed goes through all that could forbid it instead. */
    if ((work->proving && work->proving->complete) || !is_unbound(work, system)) {
        return FB_OK;
    }
    bool any = system->first.line != 0;
    enum fb_code code = duties_reaching(work, system, reached, &any, err);
    system->reached = reached->by;
    system->exempt = code == FB_OK && any && !system->reached;
    return code;
}

/* Whether an action is refused, and why when `why` is not NULL. */
static enum fb_code refuses(struct fb_work *work, const struct fb_system_view *system,
    enum fb_action action, struct fb_why *why, bool *out, struct fb_err *err)
{
    *out = false;
    if (system->exempt) {
        return FB_OK;
    }
    enum fb_action as = action == FB_ACTION_TRAIN ? FB_ACTION_TRAIN : FB_ACTION_DEPLOY;
    enum fb_code code = orders_forbid(work, system, as, why, out, err);
    if (code == FB_OK) {
        *out |= licence_forbids(work, system, as, why);
        *out |= licence_case_forbids(work, system, as, why);
        if (action == FB_ACTION_AUTONOMY) {
            *out |= licence_forbids(work, system, action, why);
            *out |= licence_case_forbids(work, system, action, why);
        }
        code = duties_forbid(work, system, as, why, out, err);
    }
    if (code == FB_OK && action == FB_ACTION_AUTONOMY) {
        code = lines_forbid(work, system, why, out, err);
        *out |= !has_standing_case(work, system, why);
    }
    return code;
}

static enum fb_code run_licence(struct fb_work *work, struct fb_system_view *system,
    enum fb_action action, struct fb_licence_view *view, struct fb_err *err)
{
    struct fb_why *why = fb_why_new(work->arena, "%s", "");
    bool refused = false;
    enum fb_code code = refuses(
        work, system, action, work->input->brief || work->proving ? NULL : why, &refused, err);
    if (code != FB_OK) {
        return code;
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
    return FB_OK;
}

enum fb_code fb_work_licence_why(struct fb_work *work, const struct fb_licence_view *view,
    struct fb_why **out, struct fb_err *err)
{
    FB_ASSERT(work && view && out);
    size_t system = fb_picture_system(work->picture, view->system);
    bool refused = false;
    FB_ASSERT(system != SIZE_MAX);
    struct fb_why *why = fb_why_new(work->arena, "%.*s", FB_STR_ARG(view->why->text));
    enum fb_code code =
        why ? refuses(work, &work->picture->systems[system], view->action, why, &refused, err)
            : fb_arena_failed(work->arena, err);
    FB_ASSERT(code != FB_OK || refused == !view->allowed);
    *out = code == FB_OK ? why : *out;
    return code;
}

/* Adds a duty to a list, once. False when it is full. */
static bool add_rest(
    const struct fb_duty_view *view, const struct fb_duty_view **list, size_t cap, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        if (list[i] == view) {
            return true;
        }
    }
    if (*count < cap) {
        list[(*count)++] = view;
    }
    return *count < cap;
}

size_t fb_work_licence_rests(const struct fb_work *work, const struct fb_licence_view *view,
    const struct fb_duty_view **out, size_t cap)
{
    FB_ASSERT(work && view && out && !view->allowed);
    size_t at = fb_picture_system(work->picture, view->system);
    FB_ASSERT(at != SIZE_MAX);
    const struct fb_system_view *system = &work->picture->systems[at];
    enum fb_action as = view->action == FB_ACTION_TRAIN ? FB_ACTION_TRAIN : FB_ACTION_DEPLOY;
    size_t count = 0;
    struct fb_order_walk walk = fb_picture_orders(work->picture, system);
    for (const struct fb_order_view *order; (order = fb_order_next(&walk)) != NULL;) {
        if (order->duty && !add_rest(order->duty, out, cap, &count)) {
            return count;
        }
    }
    struct about about = duties_about(work, system);
    for (const struct fb_duty_view *duty; (duty = next_about(&about)) != NULL;) {
        if (forbids(duty, as) && !add_rest(duty, out, cap, &count)) {
            break;
        }
    }
    /* Any duty that names the system shows that it is not out of scope of every rule. */
    if (count == 0 && system->first.duty) {
        (void)add_rest(fb_picture_duty(work->picture, system->first.duty), out, cap, &count);
    }
    return count;
}

/* Every red line of an exempt system is a reason. */
static void explain_exemption(struct fb_work *work, struct fb_system_view *system)
{
    system->exempt_why =
        fb_why_new(work->arena, "out of scope of every rule in force: nothing is owed");
    const struct fb_line_view *line = fb_picture_line(work->picture, system->first.line);
    for (; line; line = fb_picture_line(work->picture, line->next)) {
        fb_why_add(system->exempt_why, fb_work_why_copy(work, line->why));
    }
}

enum { PART = 64 /* systems */ };

/* The systems whose licences are asked for. */
struct asked {
    const struct fb_work *work;
    size_t *systems;
    size_t count;
};

/* Part of a step: the licences of some systems. */
static enum fb_code run_part(void *ctx, struct fb_arena *arena, size_t part, struct fb_err *err)
{
    const struct asked *asked = ctx;
    struct fb_work work;
    struct reached reached = {NULL, false};
    size_t end = fb_work_part_end(part, PART, asked->count);
    enum fb_code code = FB_OK;
    fb_work_part_of(asked->work, arena, &work);
    for (size_t i = part * PART; code == FB_OK && i < end; i++) {
        struct fb_system_view *system = &work.picture->systems[asked->systems[i]];
        code = find_exempt(&work, system, &reached, err);
        if (code == FB_OK && system->exempt) {
            explain_exemption(&work, system);
        }
        for (size_t action = 0; code == FB_OK && action < FB_ACTION_COUNT; action++) {
            code = run_licence(&work, system, (enum fb_action)action,
                &work.picture->licences[i * FB_ACTION_COUNT + action], err);
        }
    }
    FB_ASSERT(work.timed_count == 0 && work.time_count == 0);
    return code;
}

/* Part of a step: one of the lists that stand before the licences, by system. */
static enum fb_code chain_part(void *ctx, struct fb_arena *arena, size_t part, struct fb_err *err)
{
    const struct fb_work *work = ctx;
    (void)arena;
    (void)err;
    fb_picture_chain(work->picture, (enum fb_chained)part);
    return FB_OK;
}

enum fb_code fb_work_licences(struct fb_work *work, struct fb_err *err)
{
    struct fb_picture *picture = work->picture;
    struct asked asked = {work, FB_ARENA_ARRAY(work->arena, size_t, picture->system_count), 0};
    picture->licences = FB_ARENA_ARRAY(
        work->arena, struct fb_licence_view, picture->system_count * FB_ACTION_COUNT + 1);
    if (!picture->licences || !asked.systems) {
        return fb_arena_failed(work->arena, err);
    }
    fb_picture_unchain(picture);
    enum fb_code code = fb_work_run_parts(work, FB_CHAINED_LICENCES, chain_part, work, err);
    code = code ? code : list_owners(work, err);
    for (size_t s = 0; s < picture->system_count; s++) {
        if ((!work->proving || fb_proving_licenses(work, s)) &&
            fb_work_wants(work, picture->systems[s].id)) {
            asked.systems[asked.count++] = s;
        }
    }
    code = code ? code
                : fb_work_run_parts(work, (asked.count + PART - 1) / PART, run_part, &asked, err);
    if (code == FB_OK) {
        picture->licence_count = asked.count * FB_ACTION_COUNT;
        fb_picture_chain(picture, FB_CHAINED_LICENCES);
    }
    return code;
}

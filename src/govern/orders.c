/*
 * orders.c: orders that bind now or did before, and what broken duties led to.
 *
 * An order latches: only its release ends it, which admission has checked (version, signatures).
 * What a broken duty leads to (`lest halt S`) latches in the same way: doing late what was owed
 * does not end it, but a release of a regulator that names the duty and comes after the breach.
 */
#include <string.h>

#include "base/assert.h"
#include "govern/work.h"

const char *fb_order_action_name(enum fb_order_action action)
{
    static const char *const names[] = {"halt", "restrict", "secure"};
    FB_ASSERT(action < sizeof(names) / sizeof(names[0]));
    return names[action];
}

bool fb_order_binds(const struct fb_order_view *order, const struct fb_system_view *system)
{
    FB_ASSERT(order && system);
    if (!order->in_force) {
        return false;
    }
    return order->system.len ? fb_str_eq(order->system, system->id)
                             : fb_str_eq(order->party, system->developer);
}

/* False for a release. */
static bool action_of(const struct fb_record *record, enum fb_order_action *out)
{
    struct fb_str word = fb_record_text(record, "action");
    for (int action = FB_ORDER_HALT; action <= FB_ORDER_SECURE; action++) {
        if (fb_str_is(word, fb_order_action_name((enum fb_order_action)action))) {
            *out = (enum fb_order_action)action;
            return true;
        }
    }
    return false;
}

static struct fb_str root_or_empty(const struct fb_work *work, struct fb_str id)
{
    return id.len ? fb_work_root_id(work, id) : id;
}

fb_time fb_work_order_until(
    const struct fb_work *work, const struct fb_record *order, const struct fb_record **out_release)
{
    fb_time voided = FB_TIME_MAX;
    *out_release = fb_registry_release(work->input->registry, order, &voided);
    /* That the key of the order itself was revoked does not end it: one regulator could otherwise
     * undo what it takes several to release. */
    bool ends = *out_release && voided == FB_TIME_MAX;
    return ends ? (*out_release)->admitted : FB_TIME_MAX;
}

/* Room for one more view; NULL when memory ran out. */
static struct fb_order_view *new_view(struct fb_work *work)
{
    struct fb_picture *picture = work->picture;
    size_t count = picture->order_count;
    if ((count & (count + 1)) == 0) {
        struct fb_order_view *grown =
            FB_ARENA_ARRAY(work->arena, struct fb_order_view, 2 * count + 1);
        if (!grown) {
            return NULL;
        }
        if (count) {
            memcpy(grown, picture->orders, count * sizeof(*grown));
        }
        picture->orders = grown;
    }
    return &picture->orders[picture->order_count++];
}

/* Names the view and gives it its reasons. */
static enum fb_code finish_view(struct fb_work *work, struct fb_order_view *view,
    const struct fb_record *release, struct fb_err *err)
{
    char since[FB_TIME_TEXT], until[FB_TIME_TEXT];
    struct fb_str whom = view->system.len ? view->system : view->party;
    view->in_force = view->until > work->input->now;
    view->why = fb_why_new(work->arena, "%s of %.*s since %s%s%s",
        fb_order_action_name(view->action), FB_STR_ARG(whom),
        fb_time_format_short(view->since, since), view->in_force ? "" : ", ended ",
        view->in_force ? "" : fb_time_format_short(view->until, until));
    if (!view->id.ptr || !view->why) {
        return fb_arena_failed(work->arena, err);
    }
    if (view->record) {
        struct fb_str reasons = fb_record_text(fb_work_head(work, view->record), "reasons");
        fb_why_add(view->why, fb_why_on(fb_why_new(work->arena, "ordered by %.*s: %.*s",
                                            FB_STR_ARG(view->record->issuer), FB_STR_ARG(reasons)),
                                  view->record->id, view->record->seq));
    } else {
        struct fb_why *led = fb_why_new(
            work->arena, "what follows from the breach of %.*s", FB_STR_ARG(view->duty->id));
        fb_why_add(led, fb_work_why_copy(work, view->duty->obligation.why));
        fb_why_add(view->why, led);
    }
    if (release) {
        fb_why_add(view->why,
            fb_why_on(fb_why_new(work->arena, "released by %.*s%s", FB_STR_ARG(release->issuer),
                          view->in_force ? ", but keys that signed it were revoked" : ""),
                release->id, release->seq));
    } else if (view->in_force) {
        fb_why_add(view->why,
            fb_why_new(work->arena, "it ends only with a release that enough parties sign"));
    }
    fb_work_handle(view->id, view->handle);
    return FB_OK;
}

enum fb_code fb_work_order_why(
    struct fb_work *work, const struct fb_order_view *view, struct fb_why **out, struct fb_err *err)
{
    FB_ASSERT(work && view && out);
    /* Of a brief picture the reason lacks that of the duty, which stands under its first child. */
    if (view->duty && view->why->child && !view->why->child->child) {
        struct fb_why *under = NULL;
        enum fb_code code = fb_work_duty_why(work, view->duty, &under, err);
        if (code != FB_OK) {
            return code;
        }
        fb_why_add(view->why->child, fb_work_why_copy(work, under));
    }
    *out = view->why;
    return FB_OK;
}

/* An order on record. */
static enum fb_code add_order(
    struct fb_work *work, const struct fb_record *record, struct fb_err *err)
{
    enum fb_order_action action;
    struct fb_str system = root_or_empty(work, record->subject);
    if (record->supersedes.len || !action_of(record, &action) || !fb_work_wants(work, system)) {
        return FB_OK;
    }
    const struct fb_record *release;
    struct fb_order_view *view = new_view(work);
    if (!view) {
        return fb_arena_failed(work->arena, err);
    }
    *view = (struct fb_order_view){.action = action,
        .system = system,
        .party = root_or_empty(work, fb_record_text(record, "party")),
        .record = record,
        .level = fb_work_int(record, "level", -1),
        .since = record->admitted,
        .until = fb_work_order_until(work, record, &release)};
    view->id = fb_arena_printf(work->arena, "%.*s", FB_STR_ARG(record->id));
    return finish_view(work, view, release, err);
}

/* Does a release name the duty: this very breach, or all of its name ("...#2" is the second)? */
static bool names_duty(const struct fb_record *release, struct fb_str id)
{
    struct fb_str named = fb_record_text(release, "duty");
    size_t hash = id.len;
    while (hash > 0 && id.ptr[hash - 1] >= '0' && id.ptr[hash - 1] <= '9') {
        hash--;
    }
    bool counted = hash > 0 && hash < id.len && id.ptr[hash - 1] == '#';
    return fb_str_eq(named, id) || (counted && fb_str_eq(named, fb_str_sub(id, 0, hash - 1)));
}

/* Orders that name a duty, in the order of admission. */
static enum fb_code list_releases(struct fb_work *work, struct fb_err *err)
{
    const struct fb_registry *registry = work->input->registry;
    size_t count = 0;
    for (int fill = 0; fill < 2; fill++) {
        work->release_count = 0;
        const struct fb_record *record = fb_registry_first(registry, FB_KIND_order);
        for (; record; record = fb_registry_next(registry, record)) {
            if (!fb_record_text(record, "duty").len) {
                continue;
            }
            if (fill) {
                work->releases[work->release_count] = record;
            }
            work->release_count++;
        }
        count = work->release_count;
        if (!fill) {
            work->releases = fb_arena_array(work->arena, count, sizeof(const struct fb_record *));
            if (!work->releases) {
                return fb_arena_failed(work->arena, err);
            }
        }
    }
    return FB_OK;
}

/* The first release that names a breached duty and came after the breach, not by who broke it. */
static const struct fb_record *release_of(
    const struct fb_work *work, const struct fb_duty_view *duty)
{
    const struct fb_registry *registry = work->input->registry;
    for (size_t i = 0; i < work->release_count; i++) {
        const struct fb_record *record = work->releases[i];
        if (names_duty(record, duty->id) && record->admitted >= duty->obligation.breached &&
            fb_registry_disowned(registry, record) == FB_TIME_MAX &&
            !fb_str_eq(record->issuer, fb_work_root_id(work, duty->obligation.party))) {
            return record;
        }
    }
    return NULL;
}

/* What a broken duty led to. */
static enum fb_code add_consequence(
    struct fb_work *work, const struct fb_duty_view *duty, struct fb_err *err)
{
    static const enum fb_order_action actions[] = {[FB_LEST_HALT] = FB_ORDER_HALT,
        [FB_LEST_RESTRICT] = FB_ORDER_RESTRICT,
        [FB_LEST_SECURE] = FB_ORDER_SECURE};
    enum fb_consequence lest = duty->obligation.lest;
    if (lest < FB_LEST_HALT || duty->obligation.breached > work->input->now) {
        return FB_OK;
    }
    FB_ASSERT(lest <= FB_LEST_SECURE);
    const struct fb_record *release = release_of(work, duty);
    struct fb_order_view *view = new_view(work);
    if (!view) {
        return fb_arena_failed(work->arena, err);
    }
    *view = (struct fb_order_view){.action = actions[lest],
        .system = duty->system,
        .party = fb_work_root_id(work, duty->obligation.party),
        .duty = duty,
        .level = -1,
        .since = duty->obligation.breached,
        .until = release ? release->admitted : FB_TIME_MAX};
    view->id = fb_arena_printf(work->arena, "lest:%.*s", FB_STR_ARG(duty->id));
    return finish_view(work, view, release, err);
}

enum fb_code fb_work_orders(struct fb_work *work, struct fb_err *err)
{
    const struct fb_registry *registry = work->input->registry;
    enum fb_code code = list_releases(work, err);
    const struct fb_record *record = fb_registry_first(registry, FB_KIND_order);
    for (; code == FB_OK && record; record = fb_registry_next(registry, record)) {
        code = add_order(work, record, err);
    }
    for (size_t i = 0; code == FB_OK && i < work->picture->duty_count; i++) {
        code = add_consequence(work, &work->picture->duties[i], err);
    }
    return code;
}

enum fb_code fb_work_order_facts(
    struct fb_work *work, const struct fb_record *record, struct fb_err *err)
{
    enum fb_order_action action;
    const struct fb_record *release;
    if (record->supersedes.len || !action_of(record, &action)) {
        return FB_OK;
    }
    int relation = fb_policy_relation("order_in_force");
    FB_ASSERT(relation >= 0 && fb_policy_signature()->relations[relation].arity == 7);
    struct fb_value *values = FB_ARENA_ARRAY(work->arena, struct fb_value, 7);
    if (!values) {
        return fb_arena_failed(work->arena, err);
    }
    struct fb_str party = root_or_empty(work, fb_record_text(record, "party"));
    int64_t level = fb_work_int(record, "level", -1);
    values[0] = fb_value_str(record->id);
    values[1] = record->subject.len ? fb_value_str(fb_work_subject(work, record)) : fb_value_none();
    values[2] = fb_value_str(record->issuer);
    values[3] = fb_value_time(record->at < record->admitted ? record->at : record->admitted);
    values[4] = fb_value_str(fb_str_of(fb_order_action_name(action)));
    values[5] = party.len ? fb_value_str(party) : fb_value_none();
    values[6] = level < 0 ? fb_value_none() : fb_value_int(level);
    struct fb_timed tuple = {.relation = (uint32_t)relation,
        .from = record->admitted,
        .until = fb_work_order_until(work, record, &release),
        .values = values,
        .seq = record->seq,
        .record_id = record->id};
    return fb_work_add(work, &tuple, err);
}

/* retention.c: until when documents must be kept. */
#include "govern/retention.h"

#include "base/assert.h"
#include "engine/eval.h"

enum { INCIDENT_MONTHS = 60, SYSTEM_MONTHS = 120, PUBLISHED_MONTHS = 60 };

#define CODE_POLICY "eu/gpai-code/safety-security"
#define SB53_POLICY "us/california/sb53"

static fb_time months_after(fb_time from, int months)
{
    static const struct fb_days exact = {.calendar = FB_CALENDAR_EXACT};
    struct fb_err quiet;
    fb_time until = FB_TIME_MAX;
    fb_err_init(&quiet);
    if (fb_deadline(from, months, FB_UNIT_MONTHS, &exact, &until, &quiet) != FB_OK) {
        until = FB_TIME_MAX; /* beyond the calendar */
    }
    return until;
}

fb_time fb_retention_incident(fb_time last, fb_time stated, bool *out_stated)
{
    FB_ASSERT(out_stated);
    fb_time least = months_after(last, INCIDENT_MONTHS);
    *out_stated = stated != FB_TIME_MAX && stated > least;
    return *out_stated ? stated : least;
}

/* The identity of a record: the id of the first of its chain. */
static struct fb_str root_of(const struct fb_registry *registry, struct fb_str id)
{
    const struct fb_record *record = id.len ? fb_registry_find(registry, id) : NULL;
    return record ? fb_registry_root(registry, record)->id : id;
}

static fb_time time_of(const struct fb_record *record, const char *field)
{
    int at = fb_kind_field(record->kind, fb_str_of(field));
    FB_ASSERT(at >= 0);
    struct fb_value value = fb_record_value(record, (size_t)at);
    return value.type == FB_TYPE_TIME ? value.u.time : FB_TIME_MAX;
}

static bool is_in_force(const struct fb_picture *picture, struct fb_str policy)
{
    for (size_t i = 0; i < picture->policy_count; i++) {
        if (picture->policies[i].force == FB_IN_FORCE &&
            fb_str_eq(picture->policies[i].program->name, policy)) {
            return true;
        }
    }
    return false;
}

/* Notes that an identity keeps its documents until then. When `always`, also where it was kept for
 * longer: what its latest version says holds. */
static enum fb_code note(struct fb_retentions *r, struct fb_str id, fb_time until,
    struct fb_str why, bool always, struct fb_err *err)
{
    struct fb_retention *kept = fb_map_get(&r->by_id, id);
    if (kept && (always || until > kept->until)) {
        kept->until = until;
        kept->why = why;
        return FB_OK;
    }
    if (kept) {
        return FB_OK;
    }
    kept = FB_ARENA_NEW(r->arena, struct fb_retention);
    if (!kept) {
        return fb_arena_failed(r->arena, err);
    }
    *kept = (struct fb_retention){.until = until, .why = why};
    return fb_map_put(&r->by_id, id, kept, err);
}

/* An incident, and whatever is said of it, prolong what it keeps. */
static enum fb_code note_incident(
    struct fb_retentions *r, const struct fb_record *record, struct fb_str root, struct fb_err *err)
{
    struct fb_retention *kept = fb_map_get(&r->by_id, root);
    const struct fb_record *head = kept ? kept->version : NULL;
    head = head ? head : fb_registry_find(r->registry, root);
    if (!head || head->kind != FB_KIND_incident) {
        return FB_OK;
    }
    /* Records come in the order of their admission: from where the one before ended. */
    for (const struct fb_record *next = head; next && next->admitted <= record->admitted;) {
        head = next;
        next = fb_registry_successor(r->registry, next);
    }
    bool stated = false;
    fb_time until = fb_retention_incident(record->admitted, time_of(head, "keep_until"), &stated);
    struct fb_str why =
        stated
            ? fb_arena_printf(r->arena, "%.*s, as its record says (keep_until)", FB_STR_ARG(root))
            : fb_arena_printf(r->arena,
                  "%.*s, five years after the last word (Code of Practice, Measure 9.4)",
                  FB_STR_ARG(root));
    if (!why.ptr) {
        return fb_arena_failed(r->arena, err);
    }
    enum fb_code code = note(r, root, until, why, true, err);
    if (code == FB_OK) {
        kept = fb_map_get(&r->by_id, root);
        FB_ASSERT(kept);
        kept->version = head;
    }
    return code;
}

static enum fb_code note_deployment(
    struct fb_retentions *r, const struct fb_record *record, struct fb_err *err)
{
    struct fb_str system = root_of(r->registry, record->subject);
    if (!fb_str_is(fb_record_text(record, "scope"), "external") || fb_map_get(&r->by_id, system) ||
        fb_registry_disowned(r->registry, record) != FB_TIME_MAX) {
        return FB_OK; /* the first one counts */
    }
    struct fb_str why = fb_arena_printf(r->arena,
        "%.*s, ten years after it came to the market with %.*s (Code of Practice, Measure 10.1)",
        FB_STR_ARG(system), FB_STR_ARG(record->id));
    return why.ptr ? note(r, system, months_after(record->admitted, SYSTEM_MONTHS), why, false, err)
                   : fb_arena_failed(r->arena, err);
}

/* A decision to keep what belongs to a system or a record. */
static enum fb_code note_decision(
    struct fb_retentions *r, const struct fb_record *record, struct fb_err *err)
{
    const struct fb_record *next = fb_registry_successor(r->registry, record);
    fb_time until = time_of(record, "valid_until");
    struct fb_str about = fb_record_text(record, "about");
    if (!fb_str_is(fb_record_text(record, "topic"), "retention") || until == FB_TIME_MAX ||
        !fb_str_is(fb_record_text(record, "outcome"), "granted") ||
        (next && next->admitted < r->as_of) ||
        fb_registry_disowned(r->registry, record) != FB_TIME_MAX) {
        return FB_OK;
    }
    struct fb_str of = root_of(r->registry, about.len ? about : record->subject);
    struct fb_str why =
        fb_arena_printf(r->arena, "%.*s, as %.*s decided", FB_STR_ARG(of), FB_STR_ARG(record->id));
    if (!why.ptr) {
        return fb_arena_failed(r->arena, err);
    }
    return of.len ? note(r, of, until, why, false, err) : FB_OK;
}

static enum fb_code read_record(
    struct fb_retentions *r, const struct fb_record *record, bool systems, struct fb_err *err)
{
    switch ((int)record->kind) {
    case FB_KIND_incident:
        return note_incident(r, record, root_of(r->registry, record->id), err);
    case FB_KIND_report:
    case FB_KIND_review:
    case FB_KIND_decision:
        return note_incident(r, record, root_of(r->registry, fb_record_text(record, "about")), err);
    case FB_KIND_deployment:
        return systems ? note_deployment(r, record, err) : FB_OK;
    default:
        return FB_OK;
    }
}

enum fb_code fb_retentions_gather(const struct fb_picture *picture,
    const struct fb_registry *registry, struct fb_arena *arena, struct fb_retentions *out,
    struct fb_err *err)
{
    FB_ASSERT(picture && registry && arena && out);
    *out = (struct fb_retentions){.registry = registry, .arena = arena, .as_of = picture->as_of};
    fb_map_init(&out->by_id);
    out->published = is_in_force(picture, FB_STR(SB53_POLICY));
    bool systems = is_in_force(picture, FB_STR(CODE_POLICY));
    enum fb_code code = FB_OK;
    size_t count = fb_registry_count(registry);
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->admitted >= picture->as_of) {
            count = i;
            break;
        }
        code = read_record(out, record, systems, err);
    }
    /* After all words of incidents: a decision prolongs what those come to. */
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        code = record->kind == FB_KIND_decision ? note_decision(out, record, err) : FB_OK;
    }
    return code;
}

void fb_retentions_release(struct fb_retentions *retentions)
{
    FB_ASSERT(retentions);
    fb_map_release(&retentions->by_id);
}

static void prolong(struct fb_retention *kept, struct fb_retention by)
{
    if (by.until > kept->until) {
        *kept = by;
    }
}

enum fb_code fb_retentions_of(const struct fb_retentions *retentions,
    const struct fb_record *record, struct fb_retention *kept, struct fb_err *err)
{
    FB_ASSERT(retentions && record && kept);
    const struct fb_registry *registry = retentions->registry;
    static const char *const links[] = {"about", "concerns"};
    struct fb_str ids[4] = {record->id, record->subject};
    for (size_t i = 0; i < 2; i++) {
        bool has = fb_kind_field(record->kind, fb_str_of(links[i])) >= 0;
        ids[2 + i] = has ? fb_record_text(record, links[i]) : (struct fb_str){NULL, 0};
    }
    for (size_t i = 0; i < 4; i++) {
        const struct fb_retention *by =
            ids[i].len ? fb_map_get(&retentions->by_id, root_of(registry, ids[i])) : NULL;
        if (by) {
            prolong(kept, *by);
        }
    }
    struct fb_str topic =
        record->kind == FB_KIND_report ? fb_record_text(record, "topic") : FB_STR("");
    if (retentions->published &&
        (fb_str_is(topic, "framework") || fb_str_is(topic, "transparency_report"))) {
        struct fb_str why = fb_arena_printf(retentions->arena,
            "%.*s, five years after its publication (22757.12(f))", FB_STR_ARG(record->id));
        if (!why.ptr) {
            return fb_arena_failed(retentions->arena, err);
        }
        struct fb_retention by = {
            .until = months_after(record->admitted, PUBLISHED_MONTHS), .why = why};
        prolong(kept, by);
    }
    return FB_OK;
}

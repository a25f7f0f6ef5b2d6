/* retention.c: until when documents must be kept. */
#include "govern/retention.h"

#include "base/assert.h"
#include "engine/eval.h"
#include "lang/lang.h"
#include "lang/retain.h"

/* The instant that so many days or months after another are over; local months of UTC. */
static fb_time after(fb_time from, const struct fb_retain *line)
{
    static const struct fb_days exact = {.calendar = FB_CALENDAR_EXACT};
    struct fb_err quiet;
    fb_time until = FB_TIME_MAX;
    fb_err_init(&quiet);
    if (fb_deadline(from, line->amount, line->unit, &exact, &until, &quiet) != FB_OK) {
        until = FB_TIME_MAX; /* beyond the calendar */
    }
    return until;
}

struct fb_retention_law fb_retention_longest(
    const struct fb_picture *picture, enum fb_retain_what what, struct fb_str topic, fb_time from)
{
    struct fb_retention_law out = {.until = FB_TIME_MIN};
    FB_ASSERT(picture && what <= FB_RETAIN_REPORTS);
    for (size_t i = 0; i < picture->policy_count; i++) {
        const struct fb_policy_view *policy = &picture->policies[i];
        const struct fb_retain *line =
            policy->force == FB_IN_FORCE ? fb_retain_find(policy->program, what, topic) : NULL;
        fb_time until = line ? after(from, line) : FB_TIME_MIN;
        if (until > out.until) {
            out = (struct fb_retention_law){until, line, policy->program};
        }
    }
    return out;
}

/* "5 years after the last word (Code of Practice, Measure 9.4)". */
static struct fb_str say_law(
    struct fb_arena *arena, const struct fb_retention_law *law, const char *since)
{
    struct fb_buf text;
    struct fb_str out = {NULL, 0};
    struct fb_err quiet;
    fb_err_init(&quiet);
    fb_buf_init(&text, FB_POLICY_TEXT_MAX + 1000);
    fb_retain_period(law->line->amount, law->line->unit, &text);
    fb_buf_addf(&text, " after %s (%.*s)", since, FB_STR_ARG(law->line->source));
    if (fb_buf_check(&text, "a reason", &quiet) != FB_OK ||
        fb_arena_str(arena, fb_buf_str(&text), &out, &quiet) != FB_OK) {
        out = (struct fb_str){NULL, 0};
    }
    fb_buf_release(&text);
    return out;
}

enum fb_code fb_retention_incident(const struct fb_picture *picture, fb_time last, fb_time stated,
    struct fb_arena *arena, struct fb_retention *out, struct fb_err *err)
{
    FB_ASSERT(picture && arena && out);
    struct fb_retention_law law =
        fb_retention_longest(picture, FB_RETAIN_INCIDENTS, FB_STR(""), last);
    bool own = stated != FB_TIME_MAX && stated > law.until;
    struct fb_str why = FB_STR("");
    if (own) {
        why = FB_STR("as its record says (keep_until)");
    } else if (law.line) {
        why = say_law(arena, &law, "the last word");
    }
    if (!why.ptr) {
        return fb_arena_failed(arena, err);
    }
    *out = (struct fb_retention){.until = own ? stated : law.until, .why = why};
    return FB_OK;
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
    struct fb_retention found;
    enum fb_code code = fb_retention_incident(
        r->picture, record->admitted, time_of(head, "keep_until"), r->arena, &found, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_str why =
        fb_arena_printf(r->arena, "%.*s, %.*s", FB_STR_ARG(root), FB_STR_ARG(found.why));
    if (!why.ptr) {
        return fb_arena_failed(r->arena, err);
    }
    /* Also where nothing keeps it: where its versions were read up to is worth it. */
    code = note(r, root, found.until, why, true, err);
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
    struct fb_retention_law law =
        fb_retention_longest(r->picture, FB_RETAIN_SYSTEMS, FB_STR(""), record->admitted);
    struct fb_str since =
        fb_arena_printf(r->arena, "it came to the market with %.*s", FB_STR_ARG(record->id));
    struct fb_str said = since.ptr ? say_law(r->arena, &law, since.ptr) : since;
    struct fb_str why =
        said.ptr ? fb_arena_printf(r->arena, "%.*s, %.*s", FB_STR_ARG(system), FB_STR_ARG(said))
                 : said;
    return why.ptr ? note(r, system, law.until, why, false, err) : fb_arena_failed(r->arena, err);
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
    *out = (struct fb_retentions){
        .picture = picture, .registry = registry, .arena = arena, .as_of = picture->as_of};
    fb_map_init(&out->by_id);
    bool systems =
        fb_retention_longest(picture, FB_RETAIN_SYSTEMS, FB_STR(""), picture->as_of).line != NULL;
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
    if (record->kind != FB_KIND_report) {
        return FB_OK;
    }
    struct fb_retention_law law = fb_retention_longest(
        retentions->picture, FB_RETAIN_REPORTS, fb_record_text(record, "topic"), record->admitted);
    if (law.until <= kept->until) {
        return FB_OK;
    }
    struct fb_str said = say_law(retentions->arena, &law, "it was filed");
    struct fb_str why = said.ptr ? fb_arena_printf(retentions->arena, "%.*s, %.*s",
                                       FB_STR_ARG(record->id), FB_STR_ARG(said))
                                 : said;
    if (!why.ptr) {
        return fb_arena_failed(retentions->arena, err);
    }
    *kept = (struct fb_retention){.until = law.until, .why = why};
    return FB_OK;
}

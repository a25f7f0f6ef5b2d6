#include "govern/register.h"

#include <string.h>

#include "base/assert.h"
#include "base/map.h"

double fb_register_number(const struct fb_record *record, const char *field, double otherwise)
{
    const struct fb_json *value = fb_json_get(record->body, field);
    return value && value->kind == FB_JSON_NUMBER ? value->number : otherwise;
}

fb_time fb_register_time(const struct fb_record *record, const char *field, fb_time otherwise)
{
    struct fb_str text = fb_json_get_str(record->body, field);
    struct fb_err ignored;
    fb_time at = otherwise;
    fb_err_init(&ignored);
    return text.len && fb_time_parse(text, &at, &ignored) == FB_OK ? at : otherwise;
}

size_t fb_register_count(const struct fb_register_system *system, enum fb_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < system->record_count; i++) {
        count += system->records[i]->kind == kind;
    }
    return count;
}

const struct fb_register_system *fb_register_find(
    const struct fb_register *register_, struct fb_str name)
{
    for (size_t i = 0; i < register_->count; i++) {
        struct fb_str id = register_->systems[i].id;
        if (fb_str_eq(id, name) || fb_str_eq(fb_str_sub(id, sizeof("system/") - 1, id.len), name)) {
            return &register_->systems[i];
        }
    }
    return NULL;
}

/* The work over a registry. */
struct work {
    const struct fb_registry *registry;
    struct fb_arena *arena;
    struct fb_register *out;
    struct fb_map by_id; /* first version's id to system */
};

/* The first version of the record with an id; NULL. */
static const struct fb_record *root_of(const struct fb_registry *registry, struct fb_str id)
{
    const struct fb_record *record = id.len ? fb_registry_find(registry, id) : NULL;
    while (record && record->supersedes.len) {
        record = fb_registry_find(registry, record->supersedes);
    }
    return record;
}

static struct fb_register_system *system_of(const struct work *work, struct fb_str id)
{
    const struct fb_record *root = root_of(work->registry, id);
    return root ? fb_map_get(&work->by_id, root->id) : NULL;
}

/* Counts the records of each system, then lists them. */
static enum fb_code group(struct work *work, struct fb_err *err)
{
    size_t all = fb_registry_count(work->registry);
    for (int fill = 0; fill < 2; fill++) {
        for (size_t i = 0; i < all; i++) {
            const struct fb_record *record = fb_registry_at(work->registry, i);
            struct fb_register_system *system = fb_registry_successor(work->registry, record)
                                                    ? NULL
                                                    : system_of(work, record->subject);
            if (system && fill) {
                system->records[system->record_count] = record;
            }
            if (system) {
                system->record_count++;
            }
        }
        for (size_t i = 0; i < work->out->count && !fill; i++) {
            struct fb_register_system *system = &work->out->systems[i];
            system->records =
                FB_ARENA_ARRAY(work->arena, const struct fb_record *, system->record_count + 1);
            if (!system->records) {
                return fb_arena_failed(work->arena, err);
            }
            system->record_count = 0;
        }
    }
    return FB_OK;
}

static enum fb_code list_systems(struct work *work, struct fb_err *err)
{
    size_t all = fb_registry_count(work->registry), count = 0;
    for (size_t i = 0; i < all; i++) {
        const struct fb_record *record = fb_registry_at(work->registry, i);
        count += record->kind == FB_KIND_system && !record->supersedes.len;
    }
    work->out->systems = FB_ARENA_ARRAY(work->arena, struct fb_register_system, count + 1);
    if (!work->out->systems) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t i = 0; i < all; i++) {
        const struct fb_record *record = fb_registry_at(work->registry, i);
        if (record->kind != FB_KIND_system || record->supersedes.len) {
            continue;
        }
        struct fb_register_system *system = &work->out->systems[work->out->count++];
        system->id = record->id;
        system->record = record;
        for (const struct fb_record *next;
             (next = fb_registry_successor(work->registry, system->record));) {
            system->record = next;
        }
        enum fb_code code = fb_map_put(&work->by_id, record->id, system, err);
        if (code != FB_OK) {
            return code;
        }
    }
    return FB_OK;
}

static enum fb_code list_clusters(struct work *work, struct fb_err *err)
{
    size_t all = fb_registry_count(work->registry), count = 0;
    for (size_t i = 0; i < all; i++) {
        count += fb_registry_at(work->registry, i)->kind == FB_KIND_cluster;
    }
    work->out->clusters = FB_ARENA_ARRAY(work->arena, const struct fb_record *, count + 1);
    if (!work->out->clusters) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t i = 0; i < all; i++) {
        const struct fb_record *record = fb_registry_at(work->registry, i);
        if (record->kind == FB_KIND_cluster && !fb_registry_successor(work->registry, record)) {
            work->out->clusters[work->out->cluster_count++] = record;
        }
    }
    return FB_OK;
}

/* When the first run of a system began; FB_TIME_MIN: none says so. */
static fb_time first_run(const struct fb_register_system *system)
{
    fb_time first = FB_TIME_MAX;
    for (size_t i = 0; i < system->record_count; i++) {
        if (system->records[i]->kind == FB_KIND_run) {
            fb_time started = fb_register_time(system->records[i], "started", FB_TIME_MAX);
            first = started < first ? started : first;
        }
    }
    return first == FB_TIME_MAX ? FB_TIME_MIN : first;
}

/* The grants of a system, each with the uses that were recorded of it. */
static enum fb_code gather_grants(
    struct work *work, struct fb_register_system *system, struct fb_err *err)
{
    size_t count = fb_register_count(system, FB_KIND_grant);
    fb_time now = work->out->now, begin = first_run(system);
    system->grants = FB_ARENA_ARRAY(work->arena, struct fb_register_grant, count + 1);
    if (!system->grants) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t i = 0; i < system->record_count; i++) {
        const struct fb_record *record = system->records[i];
        if (record->kind != FB_KIND_grant) {
            continue;
        }
        fb_time from = fb_register_time(record, "valid_from", record->at);
        system->grants[system->grant_count++] = (struct fb_register_grant){.record = record,
            .id = root_of(work->registry, record->id)->id,
            .in_force = fb_str_is(fb_json_get_str(record->body, "state"), "granted") &&
                        from <= now && now < fb_register_time(record, "valid_until", FB_TIME_MAX),
            .from_start = from <= begin};
    }
    for (size_t i = 0; i < system->record_count; i++) {
        const struct fb_record *use = system->records[i];
        const struct fb_record *root =
            use->kind == FB_KIND_access
                ? root_of(work->registry, fb_json_get_str(use->body, "grant"))
                : NULL;
        for (size_t g = 0; root && g < system->grant_count; g++) {
            struct fb_register_grant *grant = &system->grants[g];
            if (fb_str_eq(grant->id, root->id)) {
                struct fb_str honoured = fb_json_get_str(use->body, "honoured");
                grant->uses++;
                grant->full += fb_str_is(honoured, "full");
                grant->partial += fb_str_is(honoured, "partial");
                grant->refused += fb_str_is(honoured, "refused");
            }
        }
    }
    return FB_OK;
}

/* The level of a standard, made when it is new. levels has room for every record of the system. */
static struct fb_register_level *level_of(struct fb_register_system *system, struct fb_str standard)
{
    for (size_t i = 0; i < system->level_count; i++) {
        if (fb_str_eq(system->levels[i].standard, standard)) {
            return &system->levels[i];
        }
    }
    system->levels[system->level_count] = (struct fb_register_level){
        .standard = standard, .shown = -1, .expired = -1, .claimed = -1, .until = FB_TIME_MAX};
    return &system->levels[system->level_count++];
}

static void take_audit(
    struct fb_register_system *system, const struct fb_record *audit, fb_time now)
{
    struct fb_str standard = fb_json_get_str(audit->body, "standard");
    if (standard.len == 0) {
        return;
    }
    struct fb_register_level *level = level_of(system, standard);
    int64_t shown = (int64_t)fb_register_number(audit, "level", -1);
    fb_time until = fb_register_time(audit, "valid_until", FB_TIME_MAX);
    bool passed = fb_str_is(fb_json_get_str(audit->body, "result"), "passed");
    bool in_force = now < until;
    if (in_force && fb_str_is(fb_json_get_str(audit->body, "method"), "red_team")) {
        level->red_teams++;
        level->critical += (size_t)fb_register_number(audit, "critical_findings", 0);
    }
    if (passed && in_force && shown > level->shown) {
        level->shown = shown;
        level->until = until;
        level->audit = audit;
    } else if (passed && !in_force && shown > level->expired) {
        level->expired = shown;
    }
}

/* What shows the levels of a system: audits; what its measures claim stands beside it. */
static enum fb_code gather_levels(
    struct work *work, struct fb_register_system *system, struct fb_err *err)
{
    system->levels =
        FB_ARENA_ARRAY(work->arena, struct fb_register_level, system->record_count + 1);
    if (!system->levels) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t i = 0; i < system->record_count; i++) {
        const struct fb_record *record = system->records[i];
        int64_t claimed = (int64_t)fb_register_number(record, "level", -1);
        if (record->kind == FB_KIND_audit) {
            take_audit(system, record, work->out->now);
        } else if (record->kind == FB_KIND_measure && claimed >= 0) {
            struct fb_register_level *level =
                level_of(system, fb_json_get_str(record->body, "name"));
            level->claimed = claimed > level->claimed ? claimed : level->claimed;
        }
    }
    return FB_OK;
}

enum fb_code fb_register_gather(const struct fb_registry *registry, fb_time now,
    struct fb_arena *arena, struct fb_register *out, struct fb_err *err)
{
    FB_ASSERT(registry && arena && out);
    struct fb_register found = {.registry = registry, .now = now};
    struct work work = {.registry = registry, .arena = arena, .out = &found};
    fb_map_init(&work.by_id);
    enum fb_code code = list_systems(&work, err);
    code = code ? code : group(&work, err);
    code = code ? code : list_clusters(&work, err);
    for (size_t i = 0; code == FB_OK && i < found.count; i++) {
        code = gather_grants(&work, &found.systems[i], err);
        code = code ? code : gather_levels(&work, &found.systems[i], err);
    }
    fb_map_release(&work.by_id);
    if (code == FB_OK) {
        *out = found;
    }
    return code;
}

#include "govern/compute.h"

#include <string.h>

#include "base/assert.h"

/* A record's first version, which names the thing, and its latest, which holds. */
static const struct fb_record *head_of(
    const struct fb_registry *registry, const struct fb_record *record)
{
    for (const struct fb_record *next; (next = fb_registry_successor(registry, record));) {
        record = next;
    }
    return record;
}

/* The latest version of the record with an id; NULL where there is none. */
static const struct fb_record *find(const struct fb_registry *registry, struct fb_str id)
{
    const struct fb_record *record = id.len ? fb_registry_find(registry, id) : NULL;
    return record ? head_of(registry, record) : NULL;
}

static double number_of(const struct fb_record *record, const char *field)
{
    const struct fb_json *value = fb_json_get(record->body, field);
    return value && value->kind == FB_JSON_NUMBER ? value->number : 0;
}

/* The chip of the cluster that a scheduler calls so. */
static struct fb_str chip_of(const struct fb_registry *registry, struct fb_str cluster)
{
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind == FB_KIND_cluster && !fb_registry_successor(registry, record) &&
            fb_str_eq(fb_json_get_str(record->body, "name"), cluster)) {
            return fb_json_get_str(record->body, "chip");
        }
    }
    return (struct fb_str){NULL, 0};
}

static enum fb_code seconds_of(
    const struct fb_record *record, const char *field, int64_t *out, struct fb_err *err)
{
    fb_time at = 0;
    enum fb_code code = fb_time_parse(fb_json_get_str(record->body, field), &at, err);
    *out = at / FB_SECOND;
    return code;
}

/* The chips of clusters by name, so that each is looked for once. */
struct chips {
    const struct fb_registry *registry;
    struct fb_arena arena;
    struct fb_map map;
};

static enum fb_code find_chip(
    struct chips *chips, struct fb_str cluster, struct fb_str *out, struct fb_err *err)
{
    struct fb_str *known = fb_map_get(&chips->map, cluster);
    if (!known) {
        known = FB_ARENA_NEW(&chips->arena, struct fb_str);
        if (!known) {
            return fb_arena_failed(&chips->arena, err);
        }
        *known = chip_of(chips->registry, cluster);
        enum fb_code code = fb_map_put(&chips->map, cluster, known, err);
        if (code != FB_OK) {
            return code;
        }
    }
    *out = *known;
    return FB_OK;
}

/* A record of use as a start of a job. comment is for the run that it names. */
static enum fb_code job_of(struct chips *chips, const struct fb_record *record,
    struct fb_buf *comment, struct fb_job *out, struct fb_err *err)
{
    const struct fb_json *body = record->body;
    struct fb_job job = {.id = fb_json_get_str(body, "job"),
        .name = fb_json_get_str(body, "job_name"),
        .cluster = fb_json_get_str(body, "cluster"),
        .state = fb_json_get_str(body, "state"),
        .account = record->issuer,
        .said = FB_JOB_GPUS_MISSING,
        .index = record->seq};
    struct fb_str run = fb_json_get_str(body, "run"), chip;
    enum fb_code code = seconds_of(record, "started", &job.start, err);
    code = code ? code : seconds_of(record, "ended", &job.end, err);
    code = code ? code : find_chip(chips, job.cluster, &chip, err);
    if (code != FB_OK) {
        return code;
    }
    fb_buf_clear(comment);
    if (run.len) {
        fb_buf_addf(comment, "run_id=%.*s", FB_STR_ARG(run));
        job.comment = fb_buf_str(comment);
    }
    if (fb_json_get(body, "gpus")) {
        struct fb_job_part part = {chip, (int64_t)number_of(record, "gpus")};
        part.gpus = part.gpus > FB_JOB_GPUS_MAX ? FB_JOB_GPUS_MAX : part.gpus;
        code = fb_job_add_gpus(&job, part, err);
    }
    *out = job;
    return code ? code : fb_buf_check(comment, "the run of a job", err);
}

enum fb_code fb_govern_each_usage(
    const struct fb_registry *registry, fb_job_sink sink, void *ctx, struct fb_err *err)
{
    FB_ASSERT(registry && sink);
    struct chips chips = {.registry = registry};
    struct fb_buf comment;
    fb_buf_init(&comment, 1 << 16);
    fb_arena_init(&chips.arena, (size_t)64 << 20);
    fb_map_init(&chips.map);
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        struct fb_job job;
        if (record->kind != FB_KIND_usage || fb_registry_successor(registry, record)) {
            continue;
        }
        code = job_of(&chips, record, &comment, &job, err);
        code = code ? code : sink(ctx, &job, err);
    }
    fb_map_release(&chips.map);
    fb_arena_release(&chips.arena);
    fb_buf_release(&comment);
    return code;
}

enum fb_code fb_govern_register_runs(
    const struct fb_registry *registry, struct fb_leads *leads, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind != FB_KIND_run) {
            continue;
        }
        const struct fb_json *names = fb_json_get(record->body, "job_names");
        code = fb_leads_register(leads, record->id, err);
        code = code ? code : fb_leads_register(leads, fb_json_get_str(record->body, "title"), err);
        for (const struct fb_json *name = names ? names->child : NULL; code == FB_OK && name;
             name = name->next) {
            code = fb_leads_register(leads, name->text, err);
        }
    }
    return code;
}

/* --- Training of systems ------------------------------------------------------------------- */

/* A system at work: what its usage came to, by hardware. */
struct system {
    struct fb_system_compute view;
    const struct fb_record *record;
    double hardware[2];
    bool has_hardware;
    size_t unknown; /* jobs of its own of which no GPUs are said */
    unsigned mark;  /* of the walk at hand through its ancestors */
};

/* The work over a registry. */
struct work {
    const struct fb_registry *registry;
    const struct fb_compute_options *options;
    struct system *systems;
    size_t count;
    struct fb_map by_id; /* first version's id to struct system */
};

/* The system that a record is about: its own subject, or that of the run it belongs to. */
static struct system *system_of(const struct work *work, struct fb_str id)
{
    const struct fb_record *record = id.len ? fb_registry_find(work->registry, id) : NULL;
    while (record && record->supersedes.len) {
        record = fb_registry_find(work->registry, record->supersedes);
    }
    return record ? fb_map_get(&work->by_id, record->id) : NULL;
}

static enum fb_code add_usage(void *ctx, const struct fb_job *job, struct fb_err *err)
{
    (void)err;
    struct work *work = ctx;
    const struct fb_record *usage = fb_registry_at(work->registry, (size_t)job->index);
    const struct fb_record *run = find(work->registry, fb_json_get_str(usage->body, "run"));
    struct system *system = system_of(work, run ? run->subject : usage->subject);
    const char *why = NULL;
    if (!system) {
        return FB_OK;
    }
    enum fb_training_counts counts = fb_training_run_counts(
        run ? fb_json_get_str(run->body, "purpose") : (struct fb_str){NULL, 0}, &why);
    if (counts == FB_TRAINING_COUNTS_NOT) {
        return FB_OK;
    }
    if (job->said == FB_JOB_GPUS_MISSING) {
        system->view.open = true;
        system->unknown++;
        return FB_OK;
    }
    const struct fb_chip *chip = fb_compute_chip(work->options, job->parts[0].chip);
    if (!chip) {
        system->view.open = system->view.open || job->gpus > 0;
        return FB_OK;
    }
    double flop[2];
    fb_compute_flop(work->options, chip, job->gpus * (job->end - job->start), flop);
    system->hardware[0] += counts == FB_TRAINING_COUNTS ? flop[0] : 0;
    system->hardware[1] += flop[1];
    system->has_hardware = true;
    return FB_OK;
}

/* What a system's own training came to. */
static void settle_own(struct system *system)
{
    struct fb_model model = {.parameters = number_of(system->record, "parameters"),
        .active_parameters = number_of(system->record, "active_parameters"),
        .tokens = number_of(system->record, "training_tokens")};
    static const double any_use[2] = {FB_COMPUTE_USE_LOW, FB_COMPUTE_USE_HIGH};
    struct fb_training by_model = fb_training_estimate(&model, any_use);
    struct fb_system_compute *view = &system->view;
    view->own = fb_training_combine(
        by_model.has_model ? by_model.model : NULL, system->has_hardware ? system->hardware : NULL);
    view->declared = number_of(system->record, "training_compute_flop");
    if (!view->own.has_model && !view->own.has_hardware) {
        /* Nothing but the developer's word, within the margin that the word may have. */
        view->own.flop[0] = view->declared * (1 - FB_TRAINING_MARGIN);
        view->own.flop[1] = view->declared * (1 + FB_TRAINING_MARGIN);
        view->open = view->open || view->declared == 0;
    }
}

/* Adds an ancestor by one edge, once however many ways lead to it; *left is how many may follow. */
static void inherit(const struct work *work, struct system *to, struct fb_str parent_id,
    struct fb_str derivation, size_t depth)
{
    const char *why = NULL;
    struct system *parent = system_of(work, parent_id);
    enum fb_training_counts counts = fb_training_parent_counts(derivation, &why);
    if (!parent || depth > 100 || to->view.parents == FB_LINEAGE_MAX) {
        to->view.open = true;
        return;
    }
    if (parent->mark == to->mark || counts == FB_TRAINING_COUNTS_NOT) {
        return;
    }
    parent->mark = to->mark;
    to->view.parents++;
    to->view.inherited[0] += counts == FB_TRAINING_COUNTS ? parent->view.own.flop[0] : 0;
    to->view.inherited[1] += parent->view.own.flop[1];
    to->view.open = to->view.open || parent->view.open;
    to->view.unknown += parent->unknown;
    const struct fb_json *body = parent->record->body, *also = fb_json_get(body, "also_from");
    struct fb_str from = fb_json_get_str(body, "derived_from");
    if (from.len) {
        inherit(work, to, from, fb_json_get_str(body, "derivation"), depth + 1);
    }
    for (const struct fb_json *id = also ? also->child : NULL; id; id = id->next) {
        inherit(work, to, id->text, fb_json_get_str(body, "derivation"), depth + 1);
    }
}

static void settle(const struct work *work, struct system *system, unsigned mark)
{
    struct fb_system_compute *view = &system->view;
    const struct fb_json *body = system->record->body, *also = fb_json_get(body, "also_from");
    struct fb_str from = fb_json_get_str(body, "derived_from");
    system->mark = mark;
    view->unknown = system->unknown;
    if (from.len) {
        inherit(work, system, from, fb_json_get_str(body, "derivation"), 0);
    }
    for (const struct fb_json *id = also ? also->child : NULL; id; id = id->next) {
        inherit(work, system, id->text, fb_json_get_str(body, "derivation"), 0);
    }
    view->flop[0] = view->own.flop[0] + view->inherited[0];
    view->flop[1] = view->own.flop[1] + view->inherited[1];
    /* What is declared is cumulative. */
    view->declared_off = view->declared > 0 && (view->own.has_model || view->own.has_hardware) &&
                         (view->declared < view->flop[0] * (1 - FB_TRAINING_MARGIN) ||
                             view->declared > view->flop[1] * (1 + FB_TRAINING_MARGIN));
}

/* The systems on record. */
static enum fb_code list_systems(struct work *work, struct fb_arena *arena, struct fb_err *err)
{
    size_t all = fb_registry_count(work->registry), count = 0;
    for (size_t i = 0; i < all; i++) {
        const struct fb_record *record = fb_registry_at(work->registry, i);
        count += record->kind == FB_KIND_system && !record->supersedes.len;
    }
    work->systems = FB_ARENA_ARRAY(arena, struct system, count + 1);
    if (!work->systems) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < all; i++) {
        const struct fb_record *record = fb_registry_at(work->registry, i);
        if (record->kind != FB_KIND_system || record->supersedes.len) {
            continue;
        }
        struct system *system = &work->systems[work->count++];
        system->record = head_of(work->registry, record);
        system->view.id = record->id;
        system->view.title = fb_json_get_str(system->record->body, "title");
        enum fb_code code = fb_map_put(&work->by_id, record->id, system, err);
        if (code != FB_OK) {
            return code;
        }
    }
    return FB_OK;
}

enum fb_code fb_govern_compute(const struct fb_registry *registry,
    const struct fb_compute_options *options, struct fb_arena *arena,
    struct fb_system_compute **out, size_t *out_count, struct fb_err *err)
{
    FB_ASSERT(registry && options && arena && out && out_count);
    struct work work = {.registry = registry, .options = options};
    struct fb_system_compute *views = NULL;
    fb_map_init(&work.by_id);
    enum fb_code code = list_systems(&work, arena, err);
    code = code ? code : fb_govern_each_usage(registry, add_usage, &work, err);
    if (code == FB_OK) {
        views = FB_ARENA_ARRAY(arena, struct fb_system_compute, work.count + 1);
        code = views ? FB_OK : fb_arena_failed(arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < work.count; i++) {
        settle_own(&work.systems[i]);
    }
    for (size_t i = 0; code == FB_OK && i < work.count; i++) {
        settle(&work, &work.systems[i], (unsigned)i + 1);
        views[i] = work.systems[i].view;
    }
    fb_map_release(&work.by_id);
    if (code == FB_OK) {
        *out = views;
        *out_count = work.count;
    }
    return code;
}

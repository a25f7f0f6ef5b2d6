#include "govern/foresee.h"

#include <math.h>

#include "base/assert.h"
#include "base/map.h"

#define ARENA_MAX ((size_t)1 << 30)

static const int64_t week_s = 7 * 24 * 3600;

/* Beyond this nothing is foreseen: 30 years. */
static const double horizon_s = 30 * 365.25 * 86400;

/* The work on one system. */
struct work {
    const struct fb_registry *registry;
    const struct fb_foresee_options *options;
    struct fb_str root; /* the id of its first version */
    struct fb_foreseen seen;
    int64_t first, last;               /* seconds: begin and end of use on record */
    double weeks[FB_FORESEE_WEEKS][2]; /* FLOP of each week back from the last use */
    bool measuring;                    /* last is known, and weeks are filled */
};

static struct fb_str root_of(const struct fb_registry *registry, struct fb_str id)
{
    const struct fb_record *record = id.len ? fb_registry_find(registry, id) : NULL;
    while (record && record->supersedes.len) {
        record = fb_registry_find(registry, record->supersedes);
    }
    return record ? record->id : (struct fb_str){NULL, 0};
}

static const struct fb_record *head_of(const struct fb_registry *registry, struct fb_str id)
{
    const struct fb_record *record = id.len ? fb_registry_find(registry, id) : NULL;
    for (const struct fb_record *next = record; next;
         next = fb_registry_successor(registry, next)) {
        record = next;
    }
    return record;
}

static enum fb_training_counts counts_of(const struct fb_record *run)
{
    const char *why = NULL;
    return fb_training_run_counts(
        run ? fb_json_get_str(run->body, "purpose") : (struct fb_str){NULL, 0}, &why);
}

/* Adds the part of a job that lies in each of the weeks. */
static void add_to_weeks(struct work *work, const struct fb_job *job, const double flop[2])
{
    double seconds = (double)(job->end - job->start);
    for (int w = 0; w < FB_FORESEE_WEEKS && seconds > 0; w++) {
        int64_t until = work->last - w * week_s, from = until - week_s;
        int64_t begin = job->start > from ? job->start : from;
        int64_t end = job->end < until ? job->end : until;
        for (int i = 0; i < 2 && end > begin; i++) {
            work->weeks[w][i] += flop[i] * (double)(end - begin) / seconds;
        }
    }
}

static enum fb_code take_job(void *ctx, const struct fb_job *job, struct fb_err *err)
{
    (void)err;
    struct work *work = ctx;
    const struct fb_record *usage = fb_registry_at(work->registry, (size_t)job->index);
    const struct fb_record *run = head_of(work->registry, fb_json_get_str(usage->body, "run"));
    struct fb_str subject = run ? run->subject : usage->subject;
    enum fb_training_counts counts = counts_of(run);
    const struct fb_chip *chip = fb_compute_chip(&work->options->compute, job->parts[0].chip);
    double flop[2];
    if (counts == FB_TRAINING_COUNTS_NOT || job->said == FB_JOB_GPUS_MISSING || !chip ||
        job->end * FB_SECOND > work->options->as_of ||
        !fb_str_eq(root_of(work->registry, subject), work->root)) {
        return FB_OK;
    }
    fb_compute_flop(&work->options->compute, chip, job->gpus * (job->end - job->start), flop);
    flop[0] = counts == FB_TRAINING_COUNTS ? flop[0] : 0;
    if (work->measuring) {
        add_to_weeks(work, job, flop);
        return FB_OK;
    }
    work->seen.used[0] += flop[0];
    work->seen.used[1] += flop[1];
    work->first = job->start < work->first ? job->start : work->first;
    work->last = job->end > work->last ? job->end : work->last;
    return FB_OK;
}

/* The slowest and the fastest week; of use that began within the weeks only those after that. */
static void settle_rate(struct work *work)
{
    double seconds = (double)(work->last - work->first);
    double *rate = work->seen.rate;
    for (int w = 0; w < FB_FORESEE_WEEKS; w++) {
        if (w > 0 && seconds < (double)((w + 1) * week_s)) {
            break;
        }
        double length = seconds < (double)week_s ? seconds : (double)week_s;
        if (length <= 0) {
            return;
        }
        double low = work->weeks[w][0] / length, high = work->weeks[w][1] / length;
        rate[0] = w == 0 || low < rate[0] ? low : rate[0];
        rate[1] = w == 0 || high > rate[1] ? high : rate[1];
    }
}

/* Adds up what the runs of the system plan. */
static void add_plans(struct work *work)
{
    struct fb_foreseen *seen = &work->seen;
    for (size_t i = 0; i < fb_registry_count(work->registry); i++) {
        const struct fb_record *run = fb_registry_at(work->registry, i);
        enum fb_training_counts counts;
        if (run->kind != FB_KIND_run || fb_registry_successor(work->registry, run) ||
            !fb_str_eq(root_of(work->registry, run->subject), work->root) ||
            (counts = counts_of(run)) == FB_TRAINING_COUNTS_NOT) {
            continue;
        }
        const struct fb_json *planned = fb_json_get(run->body, "planned_flop");
        struct fb_str state = fb_json_get_str(run->body, "state");
        bool open = !fb_str_is(state, "finished") && !fb_str_is(state, "stopped");
        double flop = planned ? planned->number : 0;
        /* What a stopped run planned it will not reach. */
        flop = fb_str_is(state, "stopped") ? 0 : flop;
        seen->runs++;
        seen->open_runs += open;
        seen->unplanned += open && !planned;
        seen->planned[0] += counts == FB_TRAINING_COUNTS ? flop : 0;
        seen->planned[1] += flop;
    }
}

static double greatest(double a, double b, double c)
{
    double most = a > b ? a : b;
    return most > c ? most : c;
}

/* The second at which flop more are done at a rate, from the last use on. */
static fb_time reached(const struct work *work, double flop, double rate)
{
    double seconds = flop <= 0 ? 0 : rate > 0 ? ceil(flop / rate) : horizon_s;
    if (seconds >= horizon_s || work->last > INT64_C(250000000000)) {
        return FB_TIME_MAX;
    }
    return (work->last + (int64_t)seconds) * FB_SECOND;
}

/* What it comes to, and when it reaches the threshold. */
static void settle(struct work *work)
{
    struct fb_foreseen *seen = &work->seen;
    double threshold = work->options->threshold;
    for (int i = 0; i < 2; i++) {
        seen->used[i] += seen->compute.inherited[i];
        seen->final[i] = greatest(
            seen->used[i], seen->compute.inherited[i] + seen->planned[i], seen->compute.declared);
    }
    if (seen->unplanned > 0 || seen->compute.unknown > 0) {
        seen->final[1] = (double)INFINITY;
    }
    seen->met = seen->used[0] >= threshold || seen->compute.declared >= threshold;
    seen->known = seen->met || seen->final[0] >= threshold;
    seen->low = seen->high = FB_TIME_MAX;
    if (!seen->met && work->last > 0 && (seen->open_runs > 0 || seen->used[1] >= threshold) &&
        seen->final[1] >= threshold) {
        seen->low = reached(work, threshold - seen->used[1], seen->rate[1]);
        seen->high = reached(work, threshold - seen->used[0], seen->rate[0]);
        if (seen->final[0] < threshold) {
            seen->high = FB_TIME_MAX; /* it may end before */
        }
    }
    seen->used_until = work->last > 0 ? work->last * FB_SECOND : FB_TIME_MIN;
}

/* What the docket says of the compute of the system. */
static enum fb_code find_system(struct work *work, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_system_compute *systems = NULL;
    size_t count = 0;
    bool found = false;
    fb_arena_init(&arena, ARENA_MAX);
    enum fb_code code =
        fb_govern_compute(work->registry, &work->options->compute, &arena, &systems, &count, err);
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        if (fb_str_eq(systems[i].id, work->root)) {
            work->seen.compute = systems[i];
            found = true;
        }
    }
    fb_arena_release(&arena);
    FB_ASSERT(code != FB_OK || found);
    return code;
}

enum fb_code fb_govern_foresee(const struct fb_registry *registry, struct fb_str system,
    const struct fb_foresee_options *options, struct fb_foreseen *out, struct fb_err *err)
{
    FB_ASSERT(registry && options && options->threshold > 0 && out);
    struct work work = {.registry = registry,
        .options = options,
        .root = root_of(registry, system),
        .first = INT64_MAX};
    const struct fb_record *record = work.root.len ? fb_registry_find(registry, work.root) : NULL;
    if (!record || record->kind != FB_KIND_system) {
        fb_err_set(err, FB_E_NOT_FOUND, "no system '%.*s' is on record", FB_STR_ARG(system));
        return fb_err_hint(err, "'flyball registry list' lists the systems.");
    }
    enum fb_code code = find_system(&work, err);
    code = code ? code : fb_govern_each_usage(registry, take_job, &work, err);
    if (code == FB_OK && work.last > 0) {
        work.measuring = true;
        code = fb_govern_each_usage(registry, take_job, &work, err);
        settle_rate(&work);
    }
    if (code != FB_OK) {
        return code;
    }
    add_plans(&work);
    settle(&work);
    *out = work.seen;
    return FB_OK;
}

/* What the records say of a system beside its compute. */
struct plans {
    const struct fb_system_compute *compute;
    double planned, largest; /* FLOP of its runs, at the low end; of the largest one */
    double forecast;         /* low end of the forecasts that hold */
    int64_t since;           /* seconds: the first run on record */
    size_t runs, shown_count;
    struct fb_str shown[FB_LEADS_SHOWN];
};

static void read_plan(struct plans *plans, const struct fb_record *record)
{
    if (record->kind == FB_KIND_forecast) {
        const struct fb_json *low = fb_json_get(record->body, "low_flop");
        double flop = low ? low->number : 0;
        plans->forecast = flop > plans->forecast ? flop : plans->forecast;
        return;
    }
    enum fb_training_counts counts = counts_of(record);
    if (counts == FB_TRAINING_COUNTS_NOT) {
        return;
    }
    const struct fb_json *planned = fb_json_get(record->body, "planned_flop");
    bool stopped = fb_str_is(fb_json_get_str(record->body, "state"), "stopped");
    double flop = planned && !stopped ? planned->number : 0;
    plans->largest = flop > plans->largest ? flop : plans->largest;
    plans->planned += counts == FB_TRAINING_COUNTS ? flop : 0;
    plans->since = plans->runs ? plans->since : record->admitted / FB_SECOND;
    plans->runs++;
    if (plans->shown_count < FB_LEADS_SHOWN) {
        plans->shown[plans->shown_count++] = record->id;
    }
}

/* Reads the runs and forecasts that hold into the systems that they are about. */
static void read_plans(const struct fb_registry *registry, const struct fb_map *systems)
{
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if ((record->kind != FB_KIND_run && record->kind != FB_KIND_forecast) ||
            fb_registry_successor(registry, record) ||
            fb_registry_disowned(registry, record) != FB_TIME_MAX) {
            continue;
        }
        struct plans *plans = fb_map_get(systems, root_of(registry, record->subject));
        if (plans) {
            read_plan(plans, record);
        }
    }
}

static void note_unforeseen(const struct plans *plans, double threshold, struct fb_leads *leads)
{
    const struct fb_system_compute *compute = plans->compute;
    double low = greatest(compute->flop[0], compute->inherited[0] + plans->planned, 0);
    double high = greatest(compute->flop[1], compute->inherited[1] + plans->planned, low);
    bool alone = compute->declared >= threshold || plans->largest >= threshold;
    if (plans->runs == 0 || low < threshold || alone || plans->forecast >= threshold) {
        return;
    }
    struct fb_lead lead = {.kind = FB_LEAD_UNFORESEEN,
        .joined_by = compute->id,
        .jobs = plans->runs,
        .flop = {low, high},
        .largest_share = plans->largest / low,
        .start = plans->since,
        .end = plans->since,
        .shown_count = plans->shown_count};
    for (size_t i = 0; i < plans->shown_count; i++) {
        lead.shown[i] = plans->shown[i];
    }
    fb_leads_note(leads, &lead);
}

enum fb_code fb_govern_unforeseen(const struct fb_registry *registry,
    const struct fb_compute_options *options, double threshold, struct fb_leads *leads,
    struct fb_err *err)
{
    FB_ASSERT(registry && options && threshold > 0 && leads);
    struct fb_system_compute *systems = NULL;
    struct plans *plans = NULL;
    struct fb_map map;
    size_t count = 0;
    fb_map_init(&map);
    enum fb_code code = fb_govern_compute(registry, options, &leads->arena, &systems, &count, err);
    if (code == FB_OK) {
        plans = FB_ARENA_ARRAY(&leads->arena, struct plans, count + 1);
        code = plans ? FB_OK : fb_arena_failed(&leads->arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        plans[i] = (struct plans){.compute = &systems[i]};
        code = fb_map_put(&map, systems[i].id, &plans[i], err);
    }
    if (code == FB_OK) {
        read_plans(registry, &map);
    }
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        note_unforeseen(&plans[i], threshold, leads);
    }
    fb_map_release(&map);
    return code;
}

#include "evidence/reconcile.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"

#define ARENA_MAX ((size_t)4 << 30)

enum { CELLS_FIRST = 1024, KEY_MAX = 2 * FB_TELEMETRY_NAME_MAX + 2 };

/* One GPU, or for power of machines one machine. */
struct fb_reconcile_gpu {
    uint32_t host;
    int use_metric; /* which metric of its use counts; -2: none yet */
    bool has_use, has_watts, has_energy;
    double use, watts, energy;
    int64_t use_at, watts_at, energy_at; /* seconds */
};

/* One hour of one host. */
struct fb_reconcile_cell {
    uint64_t key; /* (host + 1) << 32 | hour; 0: free */
    double held, covered, worked, used, joules, hot_idle;
    double most; /* GPUs of the largest job that ran in it */
};

/* A host's index is its place in the map; the first is the cluster as a whole. */
static const struct fb_str cluster_host = {"", 0};

const char *fb_finding_name(enum fb_finding_kind kind)
{
    static const char *const names[FB_FINDING_KINDS] = {
        "unaccounted-work", "hot-idle", "over-capacity", "over-power", "telemetry-gap", "idle"};
    FB_ASSERT(kind < FB_FINDING_KINDS);
    return names[kind];
}

const char *fb_finding_text(enum fb_finding_kind kind)
{
    static const char *const texts[FB_FINDING_KINDS] = {"GPUs worked that no job held",
        "GPUs drew power while they said that they did nothing",
        "jobs held, or GPUs worked, more than is registered", "more power than is registered",
        "jobs held GPUs, and most of the time nothing reported",
        "jobs held GPUs that hardly worked"};
    FB_ASSERT(kind < FB_FINDING_KINDS);
    return texts[kind];
}

void fb_reconcile_init(struct fb_reconcile *reconcile, const struct fb_reconcile_options *options)
{
    FB_ASSERT(reconcile && options && options->step_s > 0 && options->gap_s > 0);
    *reconcile = (struct fb_reconcile){
        .options = *options, .has_hosts = true, .seen = {.max = FB_RECONCILE_STARTS_MAX}};
    fb_arena_init(&reconcile->arena, ARENA_MAX);
    fb_map_init(&reconcile->hosts);
    fb_map_init(&reconcile->gpus);
}

void fb_reconcile_release(struct fb_reconcile *reconcile)
{
    fb_free(reconcile->cells);
    fb_starts_release(&reconcile->seen);
    fb_map_release(&reconcile->hosts);
    fb_map_release(&reconcile->gpus);
    fb_arena_release(&reconcile->arena);
    *reconcile = (struct fb_reconcile){0};
}

/* The number of a host, from 0, which is made when it is new. */
static enum fb_code host_of(
    struct fb_reconcile *reconcile, struct fb_str host, uint32_t *out, struct fb_err *err)
{
    uint32_t *known = fb_map_get(&reconcile->hosts, host);
    if (known) {
        *out = *known;
        return FB_OK;
    }
    if (reconcile->hosts.count == FB_RECONCILE_HOSTS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "there are more than %d hosts", FB_RECONCILE_HOSTS_MAX);
    }
    struct fb_str kept;
    uint32_t *number = FB_ARENA_NEW(&reconcile->arena, uint32_t);
    if (!number) {
        return fb_arena_failed(&reconcile->arena, err);
    }
    *number = (uint32_t)reconcile->hosts.count;
    enum fb_code code = fb_arena_str(&reconcile->arena, host, &kept, err);
    code = code ? code : fb_map_put(&reconcile->hosts, kept, number, err);
    *out = *number;
    return code;
}

static size_t slot_of(const struct fb_reconcile_cell *cells, size_t size, uint64_t key)
{
    /* A host stands in the upper half of a key, which only the upper half of the product tells. */
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (size - 1);
    while (cells[at].key && cells[at].key != key) {
        at = (at + 1) & (size - 1);
    }
    return at;
}

/* The cell of an hour of a host, made when it is new. */
static enum fb_code cell_of(struct fb_reconcile *reconcile, uint32_t host, int64_t hour,
    struct fb_reconcile_cell **out, struct fb_err *err)
{
    uint64_t key = (uint64_t)(host + 1) << 32 | (uint32_t)hour;
    if (2 * (reconcile->cell_count + 1) > reconcile->cell_size) {
        size_t size = reconcile->cell_size ? 2 * reconcile->cell_size : CELLS_FIRST;
        struct fb_reconcile_cell *cells = fb_calloc(size, sizeof(*cells));
        if (!cells) {
            return fb_err_set(err, FB_E_NOMEM, "memory ran out for the hours of hosts");
        }
        for (size_t i = 0; i < reconcile->cell_size; i++) {
            if (reconcile->cells[i].key) {
                cells[slot_of(cells, size, reconcile->cells[i].key)] = reconcile->cells[i];
            }
        }
        fb_free(reconcile->cells);
        reconcile->cells = cells;
        reconcile->cell_size = size;
    }
    struct fb_reconcile_cell *cell =
        &reconcile->cells[slot_of(reconcile->cells, reconcile->cell_size, key)];
    if (!cell->key) {
        if (reconcile->cell_count == FB_RECONCILE_CELLS_MAX) {
            fb_err_set(
                err, FB_E_LIMIT, "there are more than %d hours of hosts", FB_RECONCILE_CELLS_MAX);
            return fb_err_hint(err, "Compare a shorter time, or with a longer --step.");
        }
        cell->key = key;
        reconcile->cell_count++;
    }
    *out = cell;
    return FB_OK;
}

/* What a time adds, a second. */
struct rates {
    double held, covered, worked, used, joules, hot_idle;
    double most; /* no rate: as in the hour */
};

/* Adds rates over [from, to) to the hours of a host. */
static enum fb_code spread(struct fb_reconcile *reconcile, uint32_t host, const int64_t time[2],
    const struct rates *rates, struct fb_err *err)
{
    int64_t step = reconcile->options.step_s;
    for (int64_t at = time[0]; at < time[1];) {
        struct fb_reconcile_cell *cell = NULL;
        int64_t hour = at / step, until = (hour + 1) * step;
        until = until < time[1] ? until : time[1];
        enum fb_code code = cell_of(reconcile, host, hour, &cell, err);
        if (code != FB_OK) {
            return code;
        }
        double seconds = (double)(until - at);
        cell->held += seconds * rates->held;
        cell->covered += seconds * rates->covered;
        cell->worked += seconds * rates->worked;
        cell->used += seconds * rates->used;
        cell->joules += seconds * rates->joules;
        cell->hot_idle += seconds * rates->hot_idle;
        cell->most = rates->most > cell->most ? rates->most : cell->most;
        at = until;
    }
    return FB_OK;
}

/* A job whose hosts are being expanded. */
struct placed {
    struct fb_reconcile *reconcile;
    const struct fb_job *job;
    size_t hosts;
    bool counting;
};

static enum fb_code place(void *ctx, struct fb_str host, struct fb_err *err)
{
    struct placed *placed = ctx;
    uint32_t number = 0;
    if (placed->counting) {
        placed->hosts++;
        return FB_OK;
    }
    double gpus = (double)placed->job->gpus;
    const struct rates rates = {.held = gpus / (double)placed->hosts, .most = gpus};
    enum fb_code code = host_of(placed->reconcile, host, &number, err);
    const int64_t time[2] = {placed->job->start, placed->job->end};
    return code ? code : spread(placed->reconcile, number, time, &rates, err);
}

enum fb_code fb_reconcile_job(void *ctx, const struct fb_job *job, struct fb_err *err)
{
    struct fb_reconcile *reconcile = ctx;
    FB_ASSERT(reconcile && job);
    if (job->start == 0 || job->end == 0 || job->said != FB_JOB_GPUS_SAID) {
        reconcile->skipped_jobs += job->said != FB_JOB_GPUS_NONE;
        return FB_OK;
    }
    if (job->gpus == 0 || job->end == job->start) {
        return FB_OK;
    }
    enum fb_start_kind kind = FB_START_NEW;
    enum fb_code code = FB_OK;
    if (reconcile->options.repeats) {
        code = fb_starts_note(&reconcile->seen, job, &kind, err);
    }
    if (code != FB_OK || kind != FB_START_NEW) {
        reconcile->repeated_jobs++;
        return code;
    }
    reconcile->jobs++;
    struct placed placed = {reconcile, job, 0, true};
    bool none = job->nodes.len == 0 || fb_str_is(job->nodes, "None assigned") ||
                fb_str_is(job->nodes, "(null)");
    code = none ? FB_OK : fb_hosts_expand(job->nodes, place, &placed, err);
    placed.counting = false;
    if (code == FB_OK && placed.hosts > 0) {
        return fb_hosts_expand(job->nodes, place, &placed, err);
    }
    reconcile->has_hosts = false;
    placed.hosts = 1;
    return code ? code : place(&placed, cluster_host, err);
}

/* The host of a sample as its jobs call it: exporters say "n1.example.org" where the scheduler says
 * "n1". Jobs come before samples. */
static struct fb_str known_host(const struct fb_reconcile *reconcile, struct fb_str host)
{
    struct fb_str first = fb_str_sub(host, 0, fb_str_find(host, '.', 0));
    bool is_first = first.len > 0 && !fb_map_has(&reconcile->hosts, host) &&
                    fb_map_has(&reconcile->hosts, first);
    return is_first ? first : host;
}

/* The GPU of a sample, made when it is new. */
static enum fb_code gpu_of(struct fb_reconcile *reconcile, const struct fb_telemetry_sample *sample,
    struct fb_reconcile_gpu **out, struct fb_err *err)
{
    char key[KEY_MAX];
    struct fb_str host = fb_str_sub(sample->host, 0, FB_TELEMETRY_NAME_MAX);
    struct fb_str name = fb_str_sub(sample->gpu, 0, FB_TELEMETRY_NAME_MAX);
    if (host.len) {
        memcpy(key, host.ptr, host.len);
    }
    key[host.len] = sample->quantity == FB_TELEMETRY_NODE_POWER;
    if (name.len) {
        memcpy(key + host.len + 1, name.ptr, name.len);
    }
    struct fb_str text = {key, host.len + 1 + name.len};
    *out = fb_map_get(&reconcile->gpus, text);
    if (*out) {
        return FB_OK;
    }
    if (reconcile->gpus.count == FB_RECONCILE_GPUS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "there are more than %d GPUs", FB_RECONCILE_GPUS_MAX);
    }
    struct fb_reconcile_gpu *gpu = FB_ARENA_NEW(&reconcile->arena, struct fb_reconcile_gpu);
    if (!gpu) {
        return fb_arena_failed(&reconcile->arena, err);
    }
    gpu->use_metric = -2;
    struct fb_str kept;
    enum fb_code code = host_of(reconcile, known_host(reconcile, host), &gpu->host, err);
    code = code ? code : fb_arena_str(&reconcile->arena, text, &kept, err);
    code = code ? code : fb_map_put(&reconcile->gpus, kept, gpu, err);
    *out = gpu;
    return code;
}

/* The time from an older sample on that it speaks for, up to a new one at `at`. */
static void held_until(
    const struct fb_reconcile *reconcile, int64_t from, int64_t at, int64_t out[2])
{
    int64_t latest = from + reconcile->options.gap_s;
    out[0] = from;
    out[1] = at < latest ? at : latest;
}

static enum fb_code take_use(struct fb_reconcile *reconcile, struct fb_reconcile_gpu *gpu,
    const struct fb_telemetry_sample *sample, struct fb_err *err)
{
    int64_t at = sample->at / FB_SECOND, time[2];
    double value = sample->value < 0 ? 0 : sample->value > 1 ? 1 : sample->value;
    gpu->use_metric = gpu->use_metric == -2 ? sample->metric : gpu->use_metric;
    if (gpu->use_metric != sample->metric) {
        return FB_OK;
    }
    if (gpu->has_use && at < gpu->use_at) {
        reconcile->backward_samples++;
        return FB_OK;
    }
    enum fb_code code = FB_OK;
    if (gpu->has_use) {
        held_until(reconcile, gpu->use_at, at, time);
        bool busy = gpu->use >= FB_RECONCILE_BUSY;
        bool hot = gpu->has_watts && gpu->watts >= FB_RECONCILE_HOT_W &&
                   gpu->use_at - gpu->watts_at <= reconcile->options.gap_s;
        const struct rates rates = {
            .covered = 1, .worked = busy, .used = gpu->use, .hot_idle = !busy && hot};
        code = spread(reconcile, gpu->host, time, &rates, err);
    }
    gpu->has_use = true;
    gpu->use = value;
    gpu->use_at = at;
    return code;
}

static enum fb_code take_power(struct fb_reconcile *reconcile, struct fb_reconcile_gpu *gpu,
    const struct fb_telemetry_sample *sample, struct fb_err *err)
{
    int64_t at = sample->at / FB_SECOND, time[2];
    bool is_energy = sample->quantity == FB_TELEMETRY_ENERGY;
    bool *has = is_energy ? &gpu->has_energy : &gpu->has_watts;
    double *last = is_energy ? &gpu->energy : &gpu->watts;
    int64_t *last_at = is_energy ? &gpu->energy_at : &gpu->watts_at;
    double value = sample->value < 0 ? 0 : sample->value;
    /* Watts count where a GPU gives both. */
    bool counts = !is_energy || !gpu->has_watts;
    if (*has && at < *last_at) {
        reconcile->backward_samples++;
        return FB_OK;
    }
    enum fb_code code = FB_OK;
    if (*has && counts && at > *last_at) {
        held_until(reconcile, *last_at, at, time);
        /* A counter that falls was started anew. */
        double rate =
            is_energy ? (value < *last ? 0 : (value - *last) / (double)(at - *last_at)) : *last;
        const struct rates rates = {.joules = rate};
        code = spread(reconcile, gpu->host, time, &rates, err);
    }
    *has = true;
    *last = value;
    *last_at = at;
    return code;
}

/* Several sensors of a machine add up. Where it has them under several metrics, each is the power
 * of the whole: only the first counts. */
static enum fb_code is_counted(struct fb_reconcile *reconcile,
    const struct fb_telemetry_sample *sample, bool *out, struct fb_err *err)
{
    struct fb_telemetry_sample whole = *sample;
    struct fb_reconcile_gpu *machine = NULL;
    *out = true;
    if (sample->quantity != FB_TELEMETRY_NODE_POWER) {
        return FB_OK;
    }
    whole.gpu = (struct fb_str){NULL, 0};
    enum fb_code code = gpu_of(reconcile, &whole, &machine, err);
    if (code == FB_OK) {
        machine->use_metric = machine->use_metric == -2 ? sample->metric : machine->use_metric;
        *out = machine->use_metric == sample->metric;
    }
    return code;
}

enum fb_code fb_reconcile_sample(
    void *ctx, const struct fb_telemetry_sample *sample, struct fb_err *err)
{
    struct fb_reconcile *reconcile = ctx;
    struct fb_reconcile_gpu *gpu = NULL;
    FB_ASSERT(reconcile && sample);
    if (sample->at <= 0) {
        return FB_OK;
    }
    reconcile->samples++;
    bool counts = true;
    enum fb_code code = is_counted(reconcile, sample, &counts, err);
    code = code || !counts ? code : gpu_of(reconcile, sample, &gpu, err);
    if (code != FB_OK || !counts) {
        return code;
    }
    return sample->quantity == FB_TELEMETRY_USE ? take_use(reconcile, gpu, sample, err)
                                                : take_power(reconcile, gpu, sample, err);
}

/* --- Comparing ---------------------------------------------------------------------------- */

static int compare_cells(const void *a, const void *b)
{
    const struct fb_reconcile_cell *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}

static void add_cell(struct fb_reconcile_cell *to, const struct fb_reconcile_cell *cell)
{
    to->held += cell->held;
    to->covered += cell->covered;
    to->worked += cell->worked;
    to->used += cell->used;
    to->joules += cell->joules;
    to->hot_idle += cell->hot_idle;
    to->most = cell->most > to->most ? cell->most : to->most;
}

/* Adds a finding, or an hour to the last one where that goes on. */
static void note(struct fb_reconcile *reconcile, enum fb_finding_kind kind, struct fb_str host,
    const struct fb_reconcile_cell *cell)
{
    int64_t step = reconcile->options.step_s, start = (int64_t)(uint32_t)cell->key * step;
    struct fb_finding *finding = NULL;
    for (size_t i = reconcile->finding_count; i > 0 && !finding; i--) {
        struct fb_finding *before = &reconcile->findings[i - 1];
        if (!fb_str_eq(before->host, host)) {
            break;
        }
        finding = before->kind == kind && before->end == start ? before : NULL;
    }
    if (!finding && reconcile->finding_count == FB_RECONCILE_FINDINGS_MAX) {
        reconcile->more = true;
        return;
    }
    if (!finding) {
        finding = &reconcile->findings[reconcile->finding_count++];
        *finding = (struct fb_finding){.kind = kind, .host = host, .start = start};
    }
    finding->end = start + step;
    finding->held += cell->held;
    finding->covered += cell->covered;
    finding->worked += cell->worked;
    finding->joules += cell->joules;
}

/* What an hour of a host, or of the whole, shows. */
static void judge(
    struct fb_reconcile *reconcile, struct fb_str host, const struct fb_reconcile_cell *cell)
{
    double slack = FB_RECONCILE_TOLERANCE * (double)reconcile->options.step_s;
    if (cell->worked > cell->held + slack) {
        note(reconcile, FB_FINDING_UNACCOUNTED, host, cell);
    }
    if (cell->hot_idle > slack) {
        note(reconcile, FB_FINDING_HOT_IDLE, host, cell);
    }
    if (reconcile->options.telemetry && cell->held > slack &&
        cell->covered < FB_RECONCILE_COVERED * cell->held) {
        note(reconcile, FB_FINDING_GAP, host, cell);
    } else if (cell->held > slack && cell->covered > 0 &&
               cell->worked < FB_RECONCILE_TOLERANCE * cell->held) {
        note(reconcile, FB_FINDING_IDLE, host, cell);
    }
}

/* What the whole cluster shows against what is registered of it. */
static void judge_all(struct fb_reconcile *reconcile, const struct fb_reconcile_cell *cell)
{
    double seconds = (double)reconcile->options.step_s;
    double chips = reconcile->options.chips, power = reconcile->options.power_w;
    double most = cell->held > cell->worked ? cell->held : cell->worked;
    /* The mean of an hour hides a job that was short and larger than the cluster. */
    if (chips > 0 &&
        (most > chips * seconds * (1 + FB_RECONCILE_TOLERANCE) || cell->most > chips)) {
        note(reconcile, FB_FINDING_OVER, cluster_host, cell);
    }
    if (power > 0 && cell->joules > power * seconds * (1 + FB_RECONCILE_TOLERANCE)) {
        note(reconcile, FB_FINDING_OVER_POWER, cluster_host, cell);
    }
}

/* Sums the hours of all hosts, which are sorted by hour then, into the first count cells. */
static int compare_hours(const void *a, const void *b)
{
    uint32_t x = (uint32_t)((const struct fb_reconcile_cell *)a)->key;
    uint32_t y = (uint32_t)((const struct fb_reconcile_cell *)b)->key;
    return x != y ? (x < y ? -1 : 1) : compare_cells(a, b);
}

static int compare_findings(const void *a, const void *b)
{
    const struct fb_finding *x = a, *y = b;
    int by_host = fb_str_cmp(x->host, y->host);
    return x->kind != y->kind     ? (x->kind < y->kind ? -1 : 1)
           : by_host != 0         ? by_host
           : x->start != y->start ? (x->start < y->start ? -1 : 1)
                                  : 0;
}

enum fb_code fb_reconcile_end(struct fb_reconcile *reconcile, struct fb_err *err)
{
    FB_ASSERT(reconcile && !reconcile->findings);
    size_t count = 0;
    reconcile->findings =
        FB_ARENA_ARRAY(&reconcile->arena, struct fb_finding, FB_RECONCILE_FINDINGS_MAX);
    if (!reconcile->findings) {
        return fb_arena_failed(&reconcile->arena, err);
    }
    for (size_t i = 0; i < reconcile->cell_size; i++) {
        if (reconcile->cells[i].key) {
            reconcile->cells[count++] = reconcile->cells[i];
        }
    }
    if (count > 1) {
        qsort(reconcile->cells, count, sizeof(*reconcile->cells), compare_cells);
    }
    for (size_t i = 0; i < count && reconcile->has_hosts; i++) {
        size_t host = (size_t)(reconcile->cells[i].key >> 32) - 1;
        judge(reconcile, reconcile->hosts.entries[host].key, &reconcile->cells[i]);
    }
    if (count > 1) {
        qsort(reconcile->cells, count, sizeof(*reconcile->cells), compare_hours);
    }
    for (size_t i = 0, n; i < count; i = n) {
        struct fb_reconcile_cell all = {.key = (uint32_t)reconcile->cells[i].key};
        for (n = i; n < count && (uint32_t)reconcile->cells[n].key == (uint32_t)all.key; n++) {
            add_cell(&all, &reconcile->cells[n]);
        }
        reconcile->held += all.held;
        reconcile->covered += all.covered;
        reconcile->worked += all.worked;
        reconcile->used += all.used;
        reconcile->joules += all.joules;
        if (!reconcile->has_hosts) {
            judge(reconcile, cluster_host, &all);
        }
        judge_all(reconcile, &all);
    }
    if (reconcile->finding_count > 1) {
        qsort(reconcile->findings, reconcile->finding_count, sizeof(*reconcile->findings),
            compare_findings);
    }
    return FB_OK;
}

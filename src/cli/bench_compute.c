#include "cli/bench_compute.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "evidence/reconcile.h"

static const char *const sample_account = "../shared/data/registry/slurm/sacct.json";

/* Times the jobs of the sample in one piece. */
enum { COPIES = 77, SPOTS_MAX = 4096 * COPIES };

/* Telemetry: GPUs of a cluster, each of which says its use and power every TICK_S. */
enum { HOSTS = 256, GPUS = 8, TICK_S = 30 };

/* Pieces of jobs, or times at which all GPUs say something, by the number of the case. */
static const int sizes[] = {10, 1000, 25, 2442};

enum { PIECE_MAX = 1 << 26, FIRST_SECOND = 1767225600 };

/* Digits in a piece that are written anew for each. */
struct spot {
    size_t at;
    char kind; /* 'j' a job's number, 's' and 'e' times, 'h' a host */
};

/* An account of jobs in pieces, each a whole account of other jobs. */
struct pieces {
    struct fb_buf sample, text;
    struct spot *spots;
    size_t spot_count, jobs;
};

/* Writes number in width digits over what stands there. */
static void overwrite(char *at, int width, uint64_t number)
{
    for (int i = width - 1; i >= 0; i--, number /= 10) {
        at[i] = (char)('0' + number % 10);
    }
}

/* Copies a line of a job; what differs between jobs becomes a spot. */
static void add_line(struct pieces *p, struct fb_str line)
{
    static const struct {
        struct fb_str begins;
        const char *instead;
        char kind;
    } rules[] = {{{"      \"job_id\": ", 16}, "000000000,", 'j'},
        {{"      \"nodes\": \"", 16}, "gpu000\",", 'h'}};
    struct fb_str trimmed = fb_str_trim(line);
    bool starts = fb_str_starts(trimmed, FB_STR("\"start\": 1")) && trimmed.len >= 19;
    bool ends = fb_str_starts(trimmed, FB_STR("\"end\": 1")) && trimmed.len >= 17;
    for (size_t i = 0; i < 2; i++) {
        if (fb_str_starts(line, rules[i].begins)) {
            fb_buf_add_str(&p->text, rules[i].begins);
            size_t skip = rules[i].kind == 'h' ? 3 : 0;
            p->spots[p->spot_count++] = (struct spot){p->text.len + skip, rules[i].kind};
            fb_buf_add_c(&p->text, rules[i].instead);
            p->jobs += rules[i].kind == 'j';
            return;
        }
    }
    if (starts || ends) {
        size_t at = (size_t)(trimmed.ptr - line.ptr) + (starts ? 9 : 7);
        p->spots[p->spot_count++] = (struct spot){p->text.len + at, starts ? 's' : 'e'};
    }
    fb_buf_add_str(&p->text, line);
}

/* Makes the text of a piece from the sample. */
static enum fb_code make_pieces(struct pieces *p, struct fb_err *err)
{
    fb_buf_init(&p->sample, PIECE_MAX);
    fb_buf_init(&p->text, PIECE_MAX);
    p->spots = fb_calloc(SPOTS_MAX, sizeof(*p->spots));
    enum fb_code code = fb_io_read(sample_account, &p->sample, err);
    if (code != FB_OK || !p->spots) {
        return code ? code : fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    struct fb_str text = fb_buf_str(&p->sample), rest, line;
    const char *jobs = memmem(text.ptr, text.len, "\"jobs\": [", 9);
    size_t end = text.len;
    while (end > 0 && text.ptr[end - 1] != ']') {
        end--;
    }
    if (!jobs || end < 1) {
        return fb_err_set(err, FB_E_FORMAT, "'%s' is no account of jobs", sample_account);
    }
    size_t from = (size_t)(jobs - text.ptr) + 9;
    fb_buf_add_c(&p->text, "{\"errors\": [], \"jobs\": [");
    for (int copy = 0; copy < COPIES; copy++) {
        fb_buf_add_c(&p->text, copy ? "," : "");
        rest = fb_str_sub(text, from, end - 1 - from);
        while (fb_str_line(&rest, &line) && p->spot_count < SPOTS_MAX) {
            add_line(p, line);
            fb_buf_add_char(&p->text, '\n');
        }
    }
    fb_buf_add_c(&p->text, "]}");
    return fb_buf_check(&p->text, "a piece of an account", err);
}

/* Gives each job of a piece its number, times and host. */
static void renew(struct pieces *p, uint64_t *number)
{
    for (size_t i = 0; i < p->spot_count; i++) {
        char *at = p->text.ptr + p->spots[i].at;
        uint64_t start = FIRST_SECOND + *number % 100000000 * 3;
        switch (p->spots[i].kind) {
        case 'j':
            overwrite(at, 9, *number);
            break;
        case 'h':
            overwrite(at, 3, *number % HOSTS);
            break;
        case 's':
            overwrite(at, 10, start);
            break;
        default:
            overwrite(at, 10, start + 600 + *number * 7919 % 7200);
            break;
        }
        *number += p->spots[i].kind == 'j';
    }
}

static void result(struct fb_bench_result *out, double count, const char *metric)
{
    out->count = count;
    out->metric = metric;
}

static enum fb_code bench_jobs(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    struct pieces p = {0};
    struct fb_reconcile reconcile;
    const struct fb_reconcile_options usual = {
        .step_s = FB_RECONCILE_STEP_S, .gap_s = FB_RECONCILE_GAP_S, .chips = 2048};
    uint64_t number = 100000000;
    fb_reconcile_init(&reconcile, &usual);
    enum fb_code code = make_pieces(&p, err);
    for (int piece = 0; code == FB_OK && piece < sizes[options->number]; piece++) {
        renew(&p, &number);
        struct fb_input input = fb_input_memory(fb_buf_str(&p.text), "account");
        struct fb_bench_mark mark = fb_bench_start();
        code = fb_jobs_read_input(&input, fb_reconcile_job, &reconcile, err);
        fb_bench_stop(&mark, &out->cost);
    }
    struct fb_bench_mark mark = fb_bench_start();
    code = code ? code : fb_reconcile_end(&reconcile, err);
    fb_bench_stop(&mark, &out->cost);
    FB_ASSERT(code != FB_OK || (reconcile.jobs > 0 && reconcile.held > 0));
    result(out, (double)p.jobs * sizes[options->number], "jobs_per_s");
    fb_reconcile_release(&reconcile);
    fb_buf_release(&p.sample);
    fb_buf_release(&p.text);
    fb_free(p.spots);
    return code;
}

/* The text of an exporter for all GPUs at one time. */
static void make_samples(struct fb_buf *out, int tick)
{
    static const char labels[] =
        "{gpu=\"%d\",UUID=\"GPU-%08x-8f3c-4a52-9d10-%012x\",pci_bus_id=\"00000000:%02x:00.0\","
        "device=\"nvidia%d\",modelName=\"NVIDIA H100 80GB HBM3\",Hostname=\"gpu%03d\","
        "DCGM_FI_DRIVER_VERSION=\"535.129.03\"}";
    int at = FIRST_SECOND + tick * TICK_S;
    fb_buf_clear(out);
    for (int n = 0; n < HOSTS * GPUS; n++) {
        int host = n / GPUS, gpu = n % GPUS, use = (host * 31 + tick + gpu) % 101;
        fb_buf_add_c(out, "DCGM_FI_DEV_GPU_UTIL");
        fb_buf_addf(out, labels, gpu, n, n, gpu, gpu, host);
        fb_buf_addf(out, " %d %d000\nDCGM_FI_DEV_POWER_USAGE", use, at);
        fb_buf_addf(out, labels, gpu, n, n, gpu, gpu, host);
        fb_buf_addf(out, " %d.%03d %d000\n", 70 + 6 * use, n % 1000, at);
    }
}

static enum fb_code bench_samples(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    struct fb_buf text;
    struct fb_reconcile reconcile;
    const struct fb_reconcile_options usual = {.step_s = FB_RECONCILE_STEP_S,
        .gap_s = FB_RECONCILE_GAP_S,
        .chips = HOSTS * GPUS,
        .telemetry = true};
    const struct fb_telemetry_options telemetry = {
        .sink = fb_reconcile_sample, .ctx = &reconcile, .at = FB_TIME_MIN};
    fb_buf_init(&text, PIECE_MAX);
    fb_reconcile_init(&reconcile, &usual);
    enum fb_code code = FB_OK;
    for (int tick = 0; code == FB_OK && tick < sizes[options->number]; tick++) {
        make_samples(&text, tick);
        struct fb_input input = fb_input_memory(fb_buf_str(&text), "metrics");
        struct fb_bench_mark mark = fb_bench_start();
        code = fb_telemetry_read_input(&input, &telemetry, err);
        fb_bench_stop(&mark, &out->cost);
    }
    struct fb_bench_mark mark = fb_bench_start();
    code = code ? code : fb_reconcile_end(&reconcile, err);
    fb_bench_stop(&mark, &out->cost);
    FB_ASSERT(code != FB_OK || reconcile.samples > 0);
    result(out, (double)reconcile.samples, "samples_per_s");
    fb_reconcile_release(&reconcile);
    fb_buf_release(&text);
    return code;
}

static const struct fb_bench_case cases[] = {
    {"govern", "jobs-10k", bench_jobs},
    {"govern", "jobs-1m", bench_jobs},
    {"govern", "samples-100k", bench_samples},
    {"govern", "samples-10m", bench_samples},
};

const struct fb_bench_case *fb_bench_compute_cases(size_t *out_count)
{
    *out_count = sizeof(cases) / sizeof(cases[0]);
    return cases;
}

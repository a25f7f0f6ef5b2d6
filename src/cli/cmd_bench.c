/* cmd_bench.c: measures this machine, one line a case. Peak memory is that of the process so far.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "cli/bench_engine.h"
#include "cli/bench_evidence.h"
#include "cli/cli.h"
#include "stats/binomial.h"

/* What a case did, and what stood on the clocks when its measured part began. */
struct amount {
    double count;
    const char *metric; /* as "events_per_s" */
    fb_time wall_from;
    double cpu_from;
};

/* One measured case. */
struct bench {
    const char *bench;
    const char *name;
    enum fb_code (*run)(struct amount *out, struct fb_err *err);
};

static double cpu_seconds(void)
{
    struct rusage usage;
    int rc = getrusage(RUSAGE_SELF, &usage);
    FB_ASSERT(rc == 0);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double peak_mb(void)
{
    struct rusage usage;
    int rc = getrusage(RUSAGE_SELF, &usage);
    FB_ASSERT(rc == 0);
    return (double)usage.ru_maxrss / 1024;
}

/* The measured part begins now: what came before was preparation. */
static void bench_start(struct amount *amount)
{
    struct fb_clock clock = fb_clock_system();
    amount->wall_from = fb_clock_now(&clock);
    amount->cpu_from = cpu_seconds();
}

/* A JSON text like an evaluation log's: samples with a long transcript each. */
static void make_json(struct fb_buf *out, size_t samples)
{
    fb_buf_add_c(out, "{\"samples\":[");
    for (size_t i = 0; i < samples; i++) {
        fb_buf_addf(out, "%s{\"id\":%zu,\"epoch\":1,\"score\":%zu.25,\"messages\":[", i ? "," : "",
            i, i % 7);
        for (int m = 0; m < 20; m++) {
            fb_buf_add_c(out, m ? "," : "");
            fb_buf_add_c(out,
                "{\"role\":\"assistant\",\"content\":\"The flag is not in this box; I "
                "will look at the next service, list its files and read the "
                "configuration before I try anything else.\\nThen I report.\"}");
        }
        fb_buf_add_c(out, "]}");
    }
    fb_buf_add_c(out, "]}");
}

static enum fb_code bench_json(struct amount *out, struct fb_err *err)
{
    enum { SAMPLES = 10000 };
    struct fb_buf text;
    struct fb_json_reader *reader = NULL;
    struct fb_json_token token = {.kind = FB_JSON_NULL};
    fb_buf_init(&text, (size_t)1 << 30);
    make_json(&text, SAMPLES);
    enum fb_code code = fb_buf_check(&text, "the text", err);
    bench_start(out);
    if (code == FB_OK) {
        code = fb_json_reader_new(fb_buf_str(&text), "bench", NULL, &reader, err);
    }
    while (code == FB_OK && token.kind != FB_JSON_END) {
        code = fb_json_next(reader, &token, err);
    }
    out->count = (double)text.len / 1e6;
    out->metric = "mb_per_s";
    fb_json_reader_free(reader);
    fb_buf_release(&text);
    return code;
}

static enum fb_code bench_bounds(struct amount *out, struct fb_err *err)
{
    enum { COUNT = 200000 };
    double sum = 0;
    for (int64_t i = 0; i < COUNT; i++) {
        double upper;
        enum fb_code code = fb_binomial_upper(i % 300, 300, 0.95, &upper, err);
        if (code != FB_OK) {
            return code;
        }
        sum += upper;
    }
    FB_ASSERT(sum > 0);
    out->count = COUNT;
    out->metric = "bounds_per_s";
    return FB_OK;
}

/* A ledger in a folder of its own, or in memory. */
struct scratch {
    char folder[64];
    char path[96];
    struct fb_ledger *ledger;
};

static enum fb_code scratch_open(struct scratch *scratch, bool in_memory, struct fb_err *err)
{
    struct fb_note_signer signer;
    memset(scratch, 0, sizeof(*scratch));
    (void)snprintf(scratch->folder, sizeof(scratch->folder), "/tmp/flyball-bench-XXXXXX");
    enum fb_code code = fb_note_signer_generate(FB_STR("bench"), &signer, err);
    if (code == FB_OK && !in_memory && !mkdtemp(scratch->folder)) {
        code = fb_io_error("make the folder", scratch->folder, err);
    }
    struct fb_ledger_options options = {.signer = &signer};
    (void)snprintf(scratch->path, sizeof(scratch->path), "%s/ledger.db", scratch->folder);
    if (code == FB_OK && !in_memory) {
        code = fb_ledger_create(scratch->path, &options, err);
    }
    if (code == FB_OK) {
        code = fb_ledger_open(in_memory ? NULL : scratch->path, &options, &scratch->ledger, err);
    }
    fb_note_signer_wipe(&signer);
    return code;
}

static void scratch_close(struct scratch *scratch)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    fb_ledger_close(scratch->ledger);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "%s%s", scratch->path, endings[i]);
        fb_io_remove(path);
    }
    (void)rmdir(scratch->folder);
}

/* Appends count entries of 256 bytes in groups. */
static enum fb_code append(struct fb_ledger *ledger, size_t count, size_t group, struct fb_err *err)
{
    struct fb_str *entries = fb_calloc(group, sizeof(*entries));
    char bytes[256];
    memset(bytes, 'x', sizeof(bytes));
    enum fb_code code = entries ? FB_OK : fb_err_set(err, FB_E_NOMEM, "memory ran out");
    for (size_t i = 0; code == FB_OK && i < group; i++) {
        entries[i] = (struct fb_str){bytes, sizeof(bytes)};
    }
    for (size_t done = 0; code == FB_OK && done < count; done += group) {
        struct fb_ledger_batch batch = {.entries = entries,
            .count = group,
            .admitted = (fb_time)done,
            .expected_size = FB_LEDGER_ANY_SIZE};
        uint64_t first;
        code = fb_ledger_append(ledger, &batch, &first, err);
    }
    fb_free(entries);
    return code;
}

static enum fb_code bench_append(
    bool in_memory, size_t count, size_t group, struct amount *out, struct fb_err *err)
{
    struct scratch scratch;
    enum fb_code code = scratch_open(&scratch, in_memory, err);
    if (code == FB_OK) {
        code = append(scratch.ledger, count, group, err);
    }
    scratch_close(&scratch);
    out->count = (double)count;
    out->metric = "entries_per_s";
    return code;
}

static enum fb_code bench_append_memory(struct amount *out, struct fb_err *err)
{
    return bench_append(true, 1 << 18, 4096, out, err);
}

static enum fb_code bench_append_file_1(struct amount *out, struct fb_err *err)
{
    return bench_append(false, 200, 1, out, err);
}

static enum fb_code bench_append_file_256(struct amount *out, struct fb_err *err)
{
    return bench_append(false, 1 << 16, 256, out, err);
}

static enum fb_code bench_append_file_4096(struct amount *out, struct fb_err *err)
{
    return bench_append(false, 1 << 18, 4096, out, err);
}

static enum fb_code bench_verify(struct amount *out, struct fb_err *err)
{
    enum { COUNT = 1 << 17 };
    struct scratch scratch;
    struct fb_ledger_report report;
    enum fb_code code = scratch_open(&scratch, false, err);
    if (code == FB_OK) {
        code = append(scratch.ledger, COUNT, 4096, err);
    }
    if (code == FB_OK) {
        bench_start(out);
        code = fb_ledger_verify(scratch.ledger, NULL, NULL, &report, err);
    }
    scratch_close(&scratch);
    out->count = COUNT;
    out->metric = "entries_per_s";
    return code;
}

static const struct bench benches[] = {
    {"json", "stream", bench_json},
    {"evidence", "clopper-pearson", bench_bounds},
    {"ledger", "append-4096-memory", bench_append_memory},
    {"ledger", "append-1", bench_append_file_1},
    {"ledger", "append-256", bench_append_file_256},
    {"ledger", "append-4096", bench_append_file_4096},
    {"ledger", "verify", bench_verify},
};

static void print_case(const struct fb_cli *cli, const struct bench *bench,
    const struct amount *amount, const double cost[2])
{
    double rate = cost[0] > 0 ? amount->count / cost[0] : 0;
    if (!fb_cli_value(cli, "json")) {
        fprintf(cli->out, "%-10s %-22s %12.0f %-16s %8.3f s %8.3f CPU s %8.1f MB\n", bench->bench,
            bench->name, rate, amount->metric, cost[0], cost[1], peak_mb());
        return;
    }
    struct fb_buf text;
    struct fb_json_writer w;
    fb_buf_init(&text, 4096);
    fb_json_writer_init(&w, &text, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "bench", bench->bench);
    fb_json_key_c(&w, "case", bench->name);
    fb_json_key_c(&w, "metric", amount->metric);
    fb_json_key_double(&w, "value", rate);
    fb_json_key_double(&w, "wall_s", cost[0]);
    fb_json_key_double(&w, "cpu_s", cost[1]);
    fb_json_key_double(&w, "peak_mb", peak_mb());
    fb_json_close_object(&w);
    fprintf(cli->out, "%.*s\n", FB_STR_ARG(fb_buf_str(&text)));
    fb_buf_release(&text);
}

/* What it took since `amount` was started: wall and CPU seconds. */
static void bench_stop(const struct amount *amount, double out_cost[2])
{
    struct fb_clock clock = fb_clock_system();
    out_cost[0] = (double)(fb_clock_now(&clock) - amount->wall_from) / (double)FB_SECOND;
    out_cost[1] = cpu_seconds() - amount->cpu_from;
}

/* Policies over the logs of a folder; without the folder there is nothing to measure. */
static enum fb_code bench_engine(const struct fb_cli *cli, struct fb_err *err)
{
    const char *given = fb_cli_value(cli, "data");
    const char *folder = given ? given : "../shared/data/monitor/bench";
    const char *name;
    enum fb_code code = FB_OK;
    if (!given && !fb_io_exists(folder)) {
        if (!fb_cli_value(cli, "json")) {
            fprintf(cli->out, "%-10s skipped: there is no '%s' (--data DIR)\n", "engine", folder);
        }
        return FB_OK;
    }
    for (size_t i = 0; code == FB_OK && (name = fb_bench_engine_name(i)) != NULL; i++) {
        struct bench bench = {"engine", name, NULL};
        struct amount amount = {.metric = "events_per_s"};
        double cost[2];
        fb_cli_progress("measuring engine %s", name);
        bench_start(&amount);
        code = fb_bench_engine_run(i, folder, &amount.count, err);
        bench_stop(&amount, cost);
        fb_cli_progress(NULL);
        if (code == FB_OK) {
            print_case(cli, &bench, &amount, cost);
        }
    }
    return code;
}

/* Readers and estimators; a case whose data is not there is skipped. */
static enum fb_code bench_evidence(const struct fb_cli *cli, struct fb_err *err)
{
    const char *name;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && (name = fb_bench_evidence_name(i)) != NULL; i++) {
        struct bench bench = {"evidence", name, NULL};
        struct amount amount = {.metric = fb_bench_evidence_metric(i)};
        struct fb_bench_evidence at_work = {.folder = "../shared/data/evidence"};
        double cost[2];
        fb_cli_progress("measuring evidence %s", name);
        code = fb_bench_evidence_make(i, &at_work, err);
        if (code == FB_E_NOT_FOUND) {
            fb_err_init(err);
            fb_bench_evidence_release(&at_work);
            code = FB_OK;
            if (!fb_cli_value(cli, "json")) {
                fprintf(cli->out, "%-10s %-22s skipped: its data is not there\n", "evidence", name);
            }
            continue;
        }
        bench_start(&amount);
        code = code ? code : fb_bench_evidence_run(i, &at_work, err);
        bench_stop(&amount, cost);
        fb_cli_progress(NULL);
        amount.count = at_work.count;
        fb_bench_evidence_release(&at_work);
        if (code == FB_OK) {
            print_case(cli, &bench, &amount, cost);
        }
    }
    return code;
}

enum fb_code cmd_bench(struct fb_cli *cli, struct fb_err *err)
{
    enum fb_code code = fb_cli_want(cli, 0, 1, err);
    const char *wanted = cli->argument_count ? cli->arguments[0] : NULL;
    size_t ran = 0;
    for (size_t i = 0; code == FB_OK && i < sizeof(benches) / sizeof(benches[0]); i++) {
        if (wanted && strcmp(wanted, benches[i].bench) != 0) {
            continue;
        }
        struct amount amount = {.metric = ""};
        fb_cli_progress("measuring %s %s", benches[i].bench, benches[i].name);
        bench_start(&amount);
        code = benches[i].run(&amount, err);
        double cost[2];
        bench_stop(&amount, cost);
        fb_cli_progress(NULL);
        if (code == FB_OK) {
            print_case(cli, &benches[i], &amount, cost);
        }
        ran++;
    }
    if (code == FB_OK && (!wanted || strcmp(wanted, "evidence") == 0)) {
        code = bench_evidence(cli, err);
    }
    if (code == FB_OK && (!wanted || strcmp(wanted, "engine") == 0)) {
        code = bench_engine(cli, err);
        ran++;
    }
    if (code == FB_OK && ran == 0) {
        fb_err_set(err, FB_E_USAGE, "there is no benchmark '%s'", wanted);
        return fb_err_hint(err, "There are json, evidence, ledger and engine.");
    }
    return code;
}

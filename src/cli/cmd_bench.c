/* cmd_bench.c: measures this machine, one line a case, each case in a process of its own. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/io.h"
#include "cli/bench.h"
#include "cli/bench_case.h"
#include "cli/bench_compute.h"
#include "cli/bench_engine.h"
#include "cli/bench_evidence.h"
#include "cli/bench_govern.h"
#include "cli/bench_lang.h"
#include "stats/binomial.h"

/* Entries of the ledger that is read: when the user does not say, and at most. */
enum { ENTRIES = 1000000, ENTRIES_MAX = 100000000 };

/* A whole invocation. */
struct session {
    const struct fb_cli *cli;
    struct fb_bench_options options;
    char folder[FB_IO_PATH_MAX];
    const char *only; /* the one case that is wanted, or NULL */
    size_t ran;
};

static double cpu_seconds(void)
{
    struct rusage usage;
    int rc = getrusage(RUSAGE_SELF, &usage);
    FB_ASSERT(rc == 0);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct fb_bench_mark fb_bench_start(void)
{
    return (struct fb_bench_mark){fb_clock_ticks_ns(), cpu_seconds()};
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void fb_bench_summarise(int64_t *samples, size_t count, struct fb_bench_result *out)
{
    FB_ASSERT(out && (samples || count == 0));
    if (count > 0) {
        qsort(samples, count, sizeof(*samples), by_size);
        out->p50_us = (double)samples[count / 2] / 1e3;
        out->p99_us = (double)samples[count * 99 / 100] / 1e3;
    }
}

void fb_bench_stop(const struct fb_bench_mark *mark, struct fb_bench_cost *cost)
{
    FB_ASSERT(mark && cost);
    cost->wall_s += (double)(fb_clock_ticks_ns() - mark->wall_ns) / 1e9;
    cost->cpu_s += cpu_seconds() - mark->cpu_s;
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

static enum fb_code bench_json(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    enum { SAMPLES = 10000 };
    (void)options;
    struct fb_buf text;
    struct fb_json_reader *reader = NULL;
    struct fb_json_token token = {.kind = FB_JSON_NULL};
    fb_buf_init(&text, (size_t)1 << 30);
    make_json(&text, SAMPLES);
    enum fb_code code = fb_buf_check(&text, "the text", err);
    struct fb_bench_mark mark = fb_bench_start();
    if (code == FB_OK) {
        code = fb_json_reader_new(fb_buf_str(&text), "bench", NULL, &reader, err);
    }
    while (code == FB_OK && token.kind != FB_JSON_END) {
        code = fb_json_next(reader, &token, err);
    }
    fb_bench_stop(&mark, &out->cost);
    out->count = (double)text.len / 1e6;
    out->metric = "mb_per_s";
    fb_json_reader_free(reader);
    fb_buf_release(&text);
    return code;
}

static enum fb_code bench_bounds(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    enum { COUNT = 200000 };
    (void)options;
    double sum = 0;
    struct fb_bench_mark mark = fb_bench_start();
    for (int64_t i = 0; i < COUNT; i++) {
        double upper;
        enum fb_code code = fb_binomial_upper(i % 300, 300, 0.95, &upper, err);
        if (code != FB_OK) {
            return code;
        }
        sum += upper;
    }
    fb_bench_stop(&mark, &out->cost);
    FB_ASSERT(sum > 0);
    out->count = COUNT;
    out->metric = "bounds_per_s";
    return FB_OK;
}

static const struct fb_bench_case other_cases[] = {
    {"json", "stream", bench_json},
    {"evidence", "clopper-pearson", bench_bounds},
};

static double rate_of(double count, const struct fb_bench_cost *cost)
{
    return cost->wall_s > 0 ? count / cost->wall_s : 0;
}

/* The same of a processor's time, which other work on the machine does not change as much. */
static double cpu_rate_of(double count, const struct fb_bench_cost *cost)
{
    return cost->cpu_s > 0 ? count / cost->cpu_s : 0;
}

/* How our rate compares with the rival's: 1 is as fast, 2 twice as fast. */
static double ratio_of(double ours, double rival)
{
    return ours > 0 ? rival / ours : 0;
}

static void print_text(
    const struct fb_cli *cli, const struct fb_bench_case *bench, const struct fb_bench_result *r)
{
    fprintf(cli->out, "%-10s %-22s %12.0f %-16s %8.3f s %8.3f CPU s %12.0f per CPU s %8.1f MB",
        bench->bench, bench->name, rate_of(r->count, &r->cost), r->metric, r->cost.wall_s,
        r->cost.cpu_s, cpu_rate_of(r->count, &r->cost), r->peak_mb);
    if (r->p99_us > 0) {
        fprintf(cli->out, "  p50 %.1f us, p99 %.1f us", r->p50_us, r->p99_us);
    }
    if (r->rival) {
        fprintf(cli->out, "  %s %.0f/s: ratio %.2f, of CPU %.2f", r->rival,
            rate_of(r->count, &r->rival_cost), ratio_of(r->cost.wall_s, r->rival_cost.wall_s),
            ratio_of(r->cost.cpu_s, r->rival_cost.cpu_s));
    }
    fputs("\n", cli->out);
}

static void print_json(
    const struct fb_cli *cli, const struct fb_bench_case *bench, const struct fb_bench_result *r)
{
    struct fb_buf text;
    struct fb_json_writer w;
    fb_buf_init(&text, 4096);
    fb_json_writer_init(&w, &text, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "bench", bench->bench);
    fb_json_key_c(&w, "case", bench->name);
    fb_json_key_c(&w, "metric", r->metric);
    fb_json_key_double(&w, "value", rate_of(r->count, &r->cost));
    fb_json_key_double(&w, "count", r->count);
    fb_json_key_double(&w, "wall_s", r->cost.wall_s);
    fb_json_key_double(&w, "cpu_s", r->cost.cpu_s);
    fb_json_key_double(&w, "value_per_cpu_s", cpu_rate_of(r->count, &r->cost));
    fb_json_key_double(&w, "peak_mb", r->peak_mb);
    if (r->p99_us > 0) {
        fb_json_key_double(&w, "p50_us", r->p50_us);
        fb_json_key_double(&w, "p99_us", r->p99_us);
    }
    if (r->rival) {
        fb_json_key_c(&w, "rival", r->rival);
        fb_json_key_double(&w, "rival_value", rate_of(r->count, &r->rival_cost));
        fb_json_key_double(&w, "rival_cpu_s", r->rival_cost.cpu_s);
        fb_json_key_double(&w, "ratio", ratio_of(r->cost.wall_s, r->rival_cost.wall_s));
        fb_json_key_double(&w, "cpu_ratio", ratio_of(r->cost.cpu_s, r->rival_cost.cpu_s));
    }
    fb_json_close_object(&w);
    fprintf(cli->out, "%.*s\n", FB_STR_ARG(fb_buf_str(&text)));
    fb_buf_release(&text);
}

/* What the process of a case leaves behind. */
struct outcome {
    struct fb_bench_result result;
    struct fb_err err;
    enum fb_code code;
    bool is_told;
};

/* Waits for a case; what it says about itself is in *outcome. */
static enum fb_code wait_for(
    pid_t pid, struct outcome *outcome, struct fb_bench_result *out, struct fb_err *err)
{
    struct rusage usage;
    int status = 0;
    if (wait4(pid, &status, 0, &usage) != pid || !outcome->is_told) {
        return fb_err_set(err, FB_E_IO, "the process of a benchmark ended before its result");
    }
    if (outcome->code != FB_OK) {
        *err = outcome->err;
        return outcome->code;
    }
    *out = outcome->result;
    out->peak_mb = (double)usage.ru_maxrss / 1024;
    return FB_OK;
}

/* Runs a case in a process of its own. */
static enum fb_code run_apart(const struct session *session, const struct fb_bench_case *bench,
    struct fb_bench_result *out, struct fb_err *err)
{
    struct outcome *outcome =
        mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (outcome == MAP_FAILED) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    fflush(session->cli->out);
    pid_t pid = fork();
    if (pid == 0) {
        outcome->result.metric = "";
        fb_err_init(&outcome->err);
        outcome->code = bench->run(&session->options, &outcome->result, &outcome->err);
        outcome->is_told = true;
        _exit(0);
    }
    enum fb_code code = pid < 0 ? fb_err_set(err, FB_E_NOMEM, "could not start a process")
                                : wait_for(pid, outcome, out, err);
    (void)munmap(outcome, sizeof(*outcome));
    return code;
}

/* Runs and prints a case, unless another one is wanted. */
static enum fb_code run_case(
    struct session *session, const struct fb_bench_case *bench, struct fb_err *err)
{
    struct fb_bench_result result = {.metric = ""};
    if (session->only && strcmp(session->only, bench->name) != 0) {
        return FB_OK;
    }
    fb_cli_progress("measuring %s %s", bench->bench, bench->name);
    enum fb_code code = run_apart(session, bench, &result, err);
    fb_cli_progress(NULL);
    if (code == FB_OK && fb_cli_value(session->cli, "json")) {
        print_json(session->cli, bench, &result);
    } else if (code == FB_OK) {
        print_text(session->cli, bench, &result);
    }
    session->ran++;
    return code;
}

/* Runs those of the cases that are wanted. */
static enum fb_code run_cases(struct session *session, const struct fb_bench_case *cases,
    size_t count, const char *wanted, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        if (!wanted || strcmp(wanted, cases[i].bench) == 0) {
            code = run_case(session, &cases[i], err);
        }
    }
    return code;
}

static enum fb_code run_engine_case(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return fb_bench_engine_run(options->number, options->data, out, err);
}

/* Policies over the logs of a folder; without the folder there is nothing to measure. */
static enum fb_code run_engine(struct session *session, struct fb_err *err)
{
    const char *given = fb_cli_value(session->cli, "data");
    const char *name;
    enum fb_code code = FB_OK;
    session->options.data = given ? given : "../shared/data/monitor/bench";
    if (!given && !fb_io_exists(session->options.data)) {
        if (!fb_cli_value(session->cli, "json")) {
            fprintf(session->cli->out, "%-10s skipped: there is no '%s' (--data DIR)\n", "engine",
                session->options.data);
        }
        session->ran++;
        return FB_OK;
    }
    for (size_t i = 0; code == FB_OK && (name = fb_bench_engine_name(i)) != NULL; i++) {
        struct fb_bench_case bench = {"engine", name, run_engine_case};
        session->options.number = i;
        code = run_case(session, &bench, err);
    }
    return code;
}

static enum fb_code run_evidence_case(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    struct fb_bench_evidence at_work = {.folder = "../shared/data/evidence"};
    enum fb_code code = fb_bench_evidence_make(options->number, &at_work, err);
    struct fb_bench_mark mark = fb_bench_start();
    if (code == FB_OK) {
        code = fb_bench_evidence_run(options->number, &at_work, err);
    }
    fb_bench_stop(&mark, &out->cost);
    out->count = at_work.count;
    out->metric = fb_bench_evidence_metric(options->number);
    fb_bench_evidence_release(&at_work);
    return code;
}

/* A case whose data is not there is skipped, and says so. */
static enum fb_code skip_absent(struct session *session, const struct fb_bench_case *bench,
    enum fb_code code, struct fb_err *err)
{
    if (code != FB_E_NOT_FOUND) {
        return code;
    }
    fb_err_init(err);
    if (!fb_cli_value(session->cli, "json")) {
        fprintf(session->cli->out, "%-10s %-22s skipped: its data is not there\n", bench->bench,
            bench->name);
    }
    return FB_OK;
}

/* Readers and estimators; a case whose data is not there is skipped. */
static enum fb_code run_evidence(struct session *session, struct fb_err *err)
{
    const char *name;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && (name = fb_bench_evidence_name(i)) != NULL; i++) {
        struct fb_bench_case bench = {"evidence", name, run_evidence_case};
        session->options.number = i;
        code = run_case(session, &bench, err);
        code = skip_absent(session, &bench, code, err);
    }
    return code;
}

/* Policies of the shipped packs, or of another folder, and made-up ones. */
static enum fb_code run_lang(struct session *session, struct fb_err *err)
{
    size_t count;
    const struct fb_bench_case *cases = fb_bench_lang_cases(&count);
    const char *given = fb_cli_value(session->cli, "data");
    enum fb_code code = FB_OK;
    session->options.data = given ? given : "packs";
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        if (i == 0 && !given && !fb_io_exists(session->options.data)) {
            if (!fb_cli_value(session->cli, "json")) {
                fprintf(session->cli->out,
                    "%-10s %-22s skipped: there is no 'packs' (--data DIR)\n", cases[i].bench,
                    cases[i].name);
            }
            continue;
        }
        code = run_case(session, &cases[i], err);
    }
    return code;
}

static enum fb_code run_govern_case(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    const struct fb_bench_docket *docket = fb_bench_govern_docket(options->number);
    struct fb_bench_govern *made = NULL;
    enum fb_code code = fb_bench_govern_new(docket, options->data, &made, err);
    if (code == FB_OK && docket->added > 0) {
        code = fb_bench_govern_follow(made, out, err);
        out->metric = "decisions_per_s";
    } else if (code == FB_OK) {
        struct fb_bench_mark mark = fb_bench_start();
        code = fb_bench_govern_run(made, err);
        fb_bench_stop(&mark, &out->cost);
        out->count = (double)(docket->records + docket->policies);
        out->metric = "records_per_s";
    }
    fb_bench_govern_free(made);
    return code;
}

/* Jobs and telemetry; a case whose data is not there is skipped. */
static enum fb_code run_compute(struct session *session, struct fb_err *err)
{
    size_t count;
    const struct fb_bench_case *cases = fb_bench_compute_cases(&count);
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        session->options.number = i;
        code = run_case(session, &cases[i], err);
        code = skip_absent(session, &cases[i], code, err);
    }
    return code;
}

/* Dockets that are made up: one evaluation of all their records. */
static enum fb_code run_govern(struct session *session, struct fb_err *err)
{
    const struct fb_bench_docket *docket;
    enum fb_code code = FB_OK;
    const char *given = fb_cli_value(session->cli, "data");
    session->options.data = given ? given : "packs";
    for (size_t i = 0; code == FB_OK && (docket = fb_bench_govern_docket(i)) != NULL; i++) {
        struct fb_bench_case bench = {"govern", docket->name, run_govern_case};
        session->options.number = i;
        code = skip_absent(session, &bench, run_case(session, &bench, err), err);
    }
    return code;
}

static enum fb_code read_options(struct session *session, struct fb_err *err)
{
    const struct fb_cli *cli = session->cli;
    const char *entries = fb_cli_value(cli, "entries"), *dir = fb_cli_value(cli, "dir");
    session->options.entries = ENTRIES;
    if (entries && (!fb_str_u64(fb_str_of(entries), &session->options.entries) ||
                       session->options.entries == 0 || session->options.entries > ENTRIES_MAX)) {
        return fb_cli_misused(
            cli, err, "'%s' is no number of entries from 1 to %d", entries, ENTRIES_MAX);
    }
    int len = snprintf(
        session->folder, sizeof(session->folder), "%s/flyball-bench-XXXXXX", dir ? dir : "/tmp");
    if (len < 0 || (size_t)len >= sizeof(session->folder)) {
        return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", dir);
    }
    session->options.folder = session->folder;
    return FB_OK;
}

/* The cases of the ledger work in a folder of their own. */
static enum fb_code run_ledger(struct session *session, const char *wanted, struct fb_err *err)
{
    size_t count;
    const struct fb_bench_case *cases = fb_bench_ledger_cases(&count);
    if (wanted && strcmp(wanted, "ledger") != 0) {
        return FB_OK;
    }
    if (!mkdtemp(session->folder)) {
        return fb_io_error("make the folder", session->folder, err);
    }
    enum fb_code code = run_cases(session, cases, count, wanted, err);
    fb_bench_ledger_clean(session->folder);
    return code;
}

enum fb_code cmd_bench(struct fb_cli *cli, struct fb_err *err)
{
    struct session session = {.cli = cli};
    enum fb_code code = fb_cli_want(cli, 0, 2, err);
    const char *wanted = cli->argument_count ? cli->arguments[0] : NULL;
    session.only = cli->argument_count > 1 ? cli->arguments[1] : NULL;
    if (code == FB_OK) {
        code = read_options(&session, err);
    }
    if (code == FB_OK) {
        code = run_cases(
            &session, other_cases, sizeof(other_cases) / sizeof(other_cases[0]), wanted, err);
    }
    if (code == FB_OK) {
        size_t count;
        const struct fb_bench_case *cases = fb_bench_case_cases(&count);
        code = run_cases(&session, cases, count, wanted, err);
    }
    if (code == FB_OK) {
        code = run_ledger(&session, wanted, err);
    }
    if (code == FB_OK && (!wanted || strcmp(wanted, "evidence") == 0)) {
        code = run_evidence(&session, err);
    }
    if (code == FB_OK && (!wanted || strcmp(wanted, "lang") == 0)) {
        code = run_lang(&session, err);
    }
    if (code == FB_OK && (!wanted || strcmp(wanted, "engine") == 0)) {
        code = run_engine(&session, err);
    }
    if (code == FB_OK && (!wanted || strcmp(wanted, "govern") == 0)) {
        code = run_govern(&session, err);
        code = code ? code : run_compute(&session, err);
    }
    if (code == FB_OK && session.ran == 0) {
        fb_err_set(err, FB_E_USAGE, "there is no benchmark '%s%s%s'", wanted,
            session.only ? " " : "", session.only ? session.only : "");
        return fb_err_hint(err, "There are json, case, evidence, ledger, lang, engine and govern, "
                                "with the cases that they print.");
    }
    return code;
}

/* cmd_monitor.c: monitors a log for a formula, both in MonPoly's formats. */
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "base/assert.h"
#include "base/io.h"
#include "cli/monitor_proof.h"
#include "cli/monitor_run.h"
#include "engine/eval.h"
#include "engine/parallel.h"

enum { TEXT_MAX = 1 << 24, SCRATCH_MAX = 1 << 30 };

#define LOG_MAX ((size_t)1 << 32)

/* One run. */
struct monitor {
    struct fb_cli *cli;
    struct fb_arena arena;
    struct fb_buf sig_text;
    struct fb_buf formula_text;
    struct fb_buf out;
    struct fb_signature signature;
    struct fb_monpoly_formula formula;
    size_t points;
    size_t threads;          /* of the incremental evaluator, beside the one that reads */
    bool over_time;          /* asks for what only the incremental evaluator does */
    struct fb_err why_naive; /* why the incremental evaluator did not run; code FB_OK: it did */
};

static void monitor_init(struct monitor *m, struct fb_cli *cli)
{
    memset(m, 0, sizeof(*m));
    m->cli = cli;
    fb_err_init(&m->why_naive);
    fb_arena_init(&m->arena, LOG_MAX);
    fb_buf_init(&m->sig_text, TEXT_MAX);
    fb_buf_init(&m->formula_text, TEXT_MAX);
    fb_buf_init(&m->out, SCRATCH_MAX);
}

static void monitor_release(struct monitor *m)
{
    fb_arena_release(&m->arena);
    fb_buf_release(&m->sig_text);
    fb_buf_release(&m->formula_text);
    fb_buf_release(&m->out);
}

/* An error of a file's content names the file; its line and column stay. */
static enum fb_code in_file(enum fb_code code, const char *path, struct fb_err *err)
{
    if (code != FB_OK && err->line > 0) {
        fb_err_place(err, path, err->line, err->column, -1);
    }
    return code;
}

static enum fb_code read_formula(struct monitor *m, struct fb_err *err)
{
    const char *sig = fb_cli_value(m->cli, "sig");
    const char *formula = fb_cli_value(m->cli, "formula");
    enum fb_code code = fb_io_read(sig, &m->sig_text, err);
    code = code ? code : fb_io_read(formula, &m->formula_text, err);
    if (code) {
        return code;
    }
    code = in_file(
        fb_monpoly_signature(fb_buf_str(&m->sig_text), &m->arena, &m->signature, err), sig, err);
    if (code) {
        return code;
    }
    code = fb_monpoly_formula_read(
        fb_buf_str(&m->formula_text), &m->signature, &m->arena, &m->formula, err);
    if (code == FB_OK && fb_cli_value(m->cli, "negate")) {
        code = fb_monpoly_negate(&m->formula, &m->arena, err);
    }
    code = code ? code : fb_form_check(m->formula.plain.form, NULL, 0, err);
    return in_file(code, formula, err);
}

/* Verdicts leave as soon as they are known. */
static enum fb_code flush(struct monitor *m, struct fb_err *err)
{
    enum fb_code code = fb_cli_print(m->cli, &m->out, err);
    fb_buf_clear(&m->out);
    return code;
}

/* The naive evaluator wants all of the log. */
static enum fb_code run_naive(struct monitor *m, const char *path, struct fb_err *err)
{
    struct fb_trace trace = {0};
    struct fb_buf text;
    fb_buf_init(&text, LOG_MAX);
    enum fb_code code = fb_io_read(path, &text, err);
    code = code ? code : fb_monpoly_log(fb_buf_str(&text), &m->signature, &m->arena, &trace, err);
    for (size_t tp = 0; code == FB_OK && tp + 1 < trace.time_count; tp++) {
        code = fb_monpoly_verdict(&m->formula, &trace, tp, SCRATCH_MAX, &m->out, err);
        code = code ? code : flush(m, err);
        m->points++;
    }
    fb_buf_release(&text);
    return code;
}

/* A formula that the incremental evaluator does not do goes to the other. */
static enum fb_code run_either(struct monitor *m, struct fb_monitor_run *run, struct fb_err *err)
{
    const char *path = run->plan->log;
    enum fb_code code = FB_OK;
    if (fb_cli_value(m->cli, "naive")) {
        code = fb_err_set(&m->why_naive, FB_E_UNSUPPORTED, "it was asked for");
    } else {
        code = fb_monitor_run_open(run, &m->formula, &m->signature, err);
    }
    if (code == FB_E_UNSUPPORTED) {
        m->why_naive = m->why_naive.code ? m->why_naive : *err;
        if (m->over_time) {
            return fb_err_prefix(err, "only the slow evaluator can do this formula, and not so");
        }
        fb_err_init(err);
        code = run_naive(m, path, err);
    } else if (code == FB_OK) {
        code = fb_monitor_run_log(run, err);
        m->points = run->stream.point_count;
        m->threads = run->stream.threads;
    }
    return in_file(code, path, err);
}

/* ---- options ---- */

/* A number of seconds, or with a unit of s m h d. */
static bool read_span(const char *text, int64_t *out)
{
    static const char units[] = "smhd";
    static const int64_t lengths[] = {1, 60, 3600, 86400};
    struct fb_str digits = fb_str_of(text);
    const char *unit = digits.len ? strchr(units, text[digits.len - 1]) : NULL;
    int64_t length = unit ? lengths[unit - units] : 1;
    uint64_t number = 0;
    digits.len -= unit ? 1 : 0;
    if (!fb_str_u64(digits, &number) || number > (uint64_t)(INT64_MAX / 4 / length)) {
        return false;
    }
    *out = (int64_t)number * length;
    return true;
}

static enum fb_code take_span(
    struct fb_cli *cli, const char *option, int64_t *out, struct fb_err *err)
{
    const char *text = fb_cli_value(cli, option);
    if (text && !read_span(text, out)) {
        return fb_cli_misused(
            cli, err, "--%s takes seconds, or a number with s, m, h or d, not '%s'", option, text);
    }
    return FB_OK;
}

/* What goes together. */
static enum fb_code check_options(struct fb_cli *cli, struct fb_err *err)
{
    static const char *const pairs[][2] = {
        {"amend", "watermark"}, {"live", "watermark"}, {"save-every", "save"}, {"next", "load"}};
    static const char *const others[] = {"naive", "threads"};
    static const char *const alone[] = {
        "watermark", "amend", "live", "when", "save", "load", "output"};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (fb_cli_value(cli, pairs[i][0]) && !fb_cli_value(cli, pairs[i][1])) {
            return fb_cli_misused(cli, err, "--%s needs --%s", pairs[i][0], pairs[i][1]);
        }
    }
    for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
        for (size_t k = 0; fb_cli_value(cli, alone[i]) && k < 2; k++) {
            if (fb_cli_value(cli, others[k])) {
                return fb_cli_misused(cli, err, "--%s is not for --%s", alone[i], others[k]);
            }
        }
    }
    return FB_OK;
}

static enum fb_code read_plan(
    struct monitor *m, struct fb_monitor_plan *plan, struct fb_monitor_run *run, struct fb_err *err)
{
    struct fb_cli *cli = m->cli;
    const char *every = fb_cli_value(cli, "save-every");
    enum fb_code code = check_options(cli, err);
    code = code ? code : take_span(cli, "watermark", &run->stream.watermark, err);
    code = code ? code : take_span(cli, "amend", &run->stream.amend, err);
    if (code == FB_OK && every &&
        (!fb_str_u64(fb_str_of(every), &plan->save_every) || plan->save_every == 0)) {
        code =
            fb_cli_misused(cli, err, "--save-every takes a number of time-points, not '%s'", every);
    }
    plan->log = fb_cli_value(cli, "log");
    plan->load = fb_cli_value(cli, "load");
    plan->save = fb_cli_value(cli, "save");
    plan->output = fb_cli_value(cli, "output");
    plan->next = fb_cli_value(cli, "next") != NULL;
    plan->live = fb_cli_value(cli, "live") != NULL;
    run->plan = plan;
    run->cli = cli;
    run->clock = fb_cli_clock(cli);
    run->stream.reorder = fb_cli_value(cli, "watermark") != NULL;
    run->stream.stamp = fb_cli_value(cli, "when") != NULL;
    run->stream.threads = m->threads;
    m->over_time =
        run->stream.reorder || run->stream.stamp || plan->save || plan->load || plan->output;
    return code;
}

static void print_stats(const struct monitor *m)
{
    struct rusage usage;
    int rc = getrusage(RUSAGE_SELF, &usage);
    FB_ASSERT(rc == 0);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    bool naive = m->why_naive.code != FB_OK;
    fprintf(stderr, "evaluator %s%s\n", naive ? "naive: " : "incremental",
        naive ? m->why_naive.message : "");
    if (fb_cli_value(m->cli, "threads") && !naive) {
        fprintf(stderr, "threads %zu%s\n", m->threads,
            strcmp(fb_cli_value(m->cli, "threads"), "1") != 0 && m->threads == 1
                ? " (no variable of the formula cuts the log)"
                : "");
    }
    fprintf(stderr, "time-points %zu\nCPU %.3f s\npeak memory %.1f MB\n", m->points, cpu,
        (double)usage.ru_maxrss / 1024);
}

static enum fb_code read_threads(struct monitor *m, struct fb_err *err)
{
    const char *text = fb_cli_value(m->cli, "threads");
    uint64_t count = 1;
    if (text && (!fb_str_u64(fb_str_of(text), &count) || count < 1 || count > FB_PARALLEL_MAX)) {
        return fb_cli_misused(m->cli, err, "--threads is a number from 1 to %d", FB_PARALLEL_MAX);
    }
    m->threads = (size_t)count;
    return FB_OK;
}

/* With proofs, of a log as it stands. */
static enum fb_code run_explained(struct monitor *m, struct fb_err *err)
{
    struct fb_explainer explainer;
    if (m->threads > 1 || m->over_time) {
        return fb_cli_misused(m->cli, err,
            "proofs are made of a log as it stands, on one thread: leave the other options out");
    }
    enum fb_code code = fb_explainer_open(m->cli, &m->signature, &m->formula, &explainer, err);
    if (code == FB_OK && fb_cli_value(m->cli, "check")) {
        code = fb_explainer_check(&explainer, err);
    } else if (code == FB_OK && fb_cli_value(m->cli, "explain-at")) {
        code = fb_explainer_at(&explainer, err);
    } else if (code == FB_OK) {
        code = fb_explainer_run(&explainer, err);
    }
    m->points = explainer.trace.time_count ? explainer.trace.time_count - 1 : 0;
    code = code ? code : fb_explainer_keep(&explainer, err);
    fb_explainer_close(&explainer);
    return code;
}

enum fb_code cmd_monitor(struct fb_cli *cli, struct fb_err *err)
{
    static const char *const needed[] = {"sig", "formula", "log"};
    struct monitor m;
    enum fb_code code = fb_cli_want(cli, 0, 0, err);
    for (size_t i = 0; code == FB_OK && i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (!fb_cli_value(cli, needed[i])) {
            code = fb_cli_misused(cli, err, "--%s is missing", needed[i]);
        }
    }
    if (code) {
        return code;
    }
    struct fb_monitor_plan plan = {.log = NULL};
    struct fb_monitor_run run = {.output.fd = -1, .before.fd = -1};
    monitor_init(&m, cli);
    code = read_threads(&m, err);
    code = code ? code : read_plan(&m, &plan, &run, err);
    code = code ? code : read_formula(&m, err);
    bool proofs = fb_explainer_wanted(cli);
    code = code ? code : proofs ? run_explained(&m, err) : run_either(&m, &run, err);
    if (code == FB_OK && fb_cli_value(cli, "stats")) {
        print_stats(&m);
    }
    fb_monitor_run_close(&run);
    monitor_release(&m);
    return code;
}

/* cmd_evidence_horizon.c: `flyball evidence horizon`: time horizons and how fast they grow. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "cli/evidence.h"
#include "report/fits.h"
#include "stats/random.h"

#define ARENA_MAX ((size_t)1 << 31)

enum { OUTPUT_MAX = 1 << 28 };

/* Names of --weights, in the order of enum fb_horizon_weighting. */
static const char *const weights[] = {"diversity", "task", "run"};

/* One invocation. */
struct horizon {
    struct fb_cli *cli;
    struct fb_arena arena;
    struct fb_buf text;
    struct fb_runs runs;
    struct fb_horizon_options options;
    struct fb_horizon_result result;
    struct fb_growth_options window;
    struct fb_growth growth;
    struct fb_horizon_report report;
    struct fb_err no_growth;
    enum fb_horizon_weighting weighting;
};

static enum fb_code read_weighting(struct horizon *h, struct fb_err *err)
{
    const char *wanted = fb_cli_value(h->cli, "weights");
    for (int i = FB_HORIZON_DIVERSITY; i <= FB_HORIZON_RUN; i++) {
        if (strcmp(wanted ? wanted : weights[0], weights[i]) == 0) {
            h->weighting = (enum fb_horizon_weighting)i;
            h->report.weights = weights[i];
            return FB_OK;
        }
    }
    return fb_cli_misused(
        h->cli, err, "--weights is diversity, task or run, not '%s'", wanted ? wanted : "");
}

static enum fb_code read_options(struct horizon *h, struct fb_err *err)
{
    const struct fb_cli *cli = h->cli;
    int64_t resamples = 1000;
    double penalty = 0.1;
    h->options = (struct fb_horizon_options){.levels = {0.5, 0.8}};
    h->window = (struct fb_growth_options){.after = FB_TIME_MIN, .before = FB_TIME_MAX};
    enum fb_code code = fb_cli_confidence(cli, &h->options.confidence, err);
    code = code ? code
                : fb_cli_whole(
                      cli, "resamples", (int64_t[]){0, FB_HORIZON_RESAMPLES_MAX}, &resamples, err);
    code = code ? code : fb_cli_number(cli, "penalty", (double[]){-1e-300, 1e9}, &penalty, err);
    code = code ? code : read_weighting(h, err);
    code = code ? code : fb_cli_instant(cli, "after", &h->window.after, err);
    code = code ? code : fb_cli_instant(cli, "before", &h->window.before, err);
    bool windowed = fb_cli_value(cli, "after") || fb_cli_value(cli, "before");
    if (code == FB_OK && windowed && !fb_cli_value(cli, "dates")) {
        code = fb_cli_misused(cli, err, "--after and --before need --dates FILE");
    }
    h->options.resamples = (uint32_t)resamples;
    h->options.penalty = penalty;
    h->window.confidence = h->options.confidence;
    return code;
}

/* Without a date, or with too few agents of the frontier, there is no doubling time to tell. */
static enum fb_code find_growth(struct horizon *h, struct fb_err *err)
{
    const char *path = fb_cli_value(h->cli, "dates");
    if (!path) {
        h->report.no_growth =
            h->result.agents > 1 ? "No doubling time: --dates FILE gives release dates." : NULL;
        return FB_OK;
    }
    fb_time *dates = FB_ARENA_ARRAY(&h->arena, fb_time, h->runs.data.agents);
    if (!dates) {
        return fb_arena_failed(&h->arena, err);
    }
    enum fb_code code = fb_runs_read_dates(path, &h->runs, dates, err);
    h->report.dates = dates;
    h->window.dates = dates;
    if (code != FB_OK) {
        return code;
    }
    fb_err_init(&h->no_growth);
    code = fb_growth_find(&h->result, &h->window, &h->arena, &h->growth, &h->no_growth);
    if (code == FB_E_RANGE) {
        h->report.no_growth = h->no_growth.message;
        return FB_OK;
    }
    if (code != FB_OK) {
        *err = h->no_growth;
        return code;
    }
    h->report.growth = &h->growth;
    return FB_OK;
}

static enum fb_code compute(struct horizon *h, struct fb_err *err)
{
    const char *path = h->cli->arguments[1];
    fb_cli_progress("reading %s", path);
    enum fb_code code = fb_runs_read(path, &h->arena, &h->runs, err);
    code = code ? code : fb_horizon_weigh(&h->runs.data, h->weighting, err);
    h->options.seed = fb_random_key(h->runs.digest);
    fb_cli_progress("resampling");
    code = code ? code : fb_horizon_compute(&h->runs.data, &h->options, &h->result, err);
    fb_cli_progress(NULL);
    h->report.path = path;
    h->report.runs = &h->runs;
    h->report.options = &h->options;
    h->report.result = &h->result;
    return code ? code : find_growth(h, err);
}

/* The chart of --svg, which needs a growth to show. */
static enum fb_code draw(struct horizon *h, struct fb_err *err)
{
    const char *path = fb_cli_value(h->cli, "svg");
    struct fb_buf svg;
    if (!path) {
        return FB_OK;
    }
    if (!h->report.growth) {
        (void)fb_err_set(err, FB_E_RANGE, "there is no growth to draw");
        return fb_err_hint(err, "It takes --dates FILE, and two agents of the frontier in it.");
    }
    fb_buf_init(&svg, OUTPUT_MAX);
    enum fb_code code = fb_report_horizon_svg(&h->report, &h->arena, &svg, err);
    code = code ? code : fb_io_write(path, fb_buf_str(&svg), 0644, err);
    fb_buf_release(&svg);
    return code;
}

enum fb_code fb_cli_evidence_horizon(struct fb_cli *cli, struct fb_err *err)
{
    struct horizon h = {.cli = cli};
    struct fb_report_options options = fb_cli_report_options(cli);
    enum fb_code code = fb_cli_want(cli, 2, 2, err);
    code = code ? code : read_options(&h, err);
    if (code != FB_OK) {
        return code;
    }
    fb_arena_init(&h.arena, ARENA_MAX);
    fb_buf_init(&h.text, OUTPUT_MAX);
    code = compute(&h, err);
    code = code ? code : draw(&h, err);
    if (code == FB_OK) {
        code = fb_cli_value(cli, "json")
                   ? fb_report_horizon_json(&h.report, &h.text, err)
                   : fb_report_horizon_text(&h.report, &options, &h.text, err);
    }
    code = code ? code : fb_cli_print(cli, &h.text, err);
    fb_horizon_release(&h.result);
    fb_buf_release(&h.text);
    fb_arena_release(&h.arena);
    return code;
}

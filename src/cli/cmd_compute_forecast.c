/* cmd_compute_forecast.c: `flyball compute estimate` and `forecast`: tables of models. */
#include "base/alloc.h"
#include "base/assert.h"
#include "cli/cmd_compute.h"
#include "cli/evidence.h"
#include "report/training.h"

#define ARENA_MAX ((size_t)1 << 30)

enum { OUTPUT_MAX = 1 << 28 };

/* One invocation. */
struct run {
    struct fb_cli *cli;
    struct fb_arena arena;
    struct fb_buf text;
    struct fb_models models;
};

/* Reads the table of --from, of which there is one. */
static enum fb_code start(struct run *r, struct fb_err *err)
{
    fb_arena_init(&r->arena, ARENA_MAX);
    fb_buf_init(&r->text, OUTPUT_MAX);
    const char *path = fb_cli_value(r->cli, "from");
    if (!path || r->cli->argument_count != 1) {
        return fb_cli_misused(
            r->cli, err, "compute %s needs one table: --from FILE", r->cli->arguments[0]);
    }
    return fb_models_read(path, &r->arena, &r->models, err);
}

static void end(struct run *r)
{
    fb_buf_release(&r->text);
    fb_arena_release(&r->arena);
}

enum fb_code fb_cli_compute_estimate(struct fb_cli *cli, struct fb_err *err)
{
    struct run r = {.cli = cli};
    struct fb_training_report report = {
        .models = &r.models, .use = {FB_COMPUTE_USE_LOW, FB_COMPUTE_USE_HIGH}};
    struct fb_report_options options = fb_cli_report_options(cli);
    struct fb_decimal least = {0};
    double *scratch = NULL;
    enum fb_code code = start(&r, err);
    code = code ? code : fb_cli_compute_use(cli, report.use, err);
    code = code ? code : fb_cli_compute_threshold(cli, &least, err);
    if (code == FB_OK) {
        fb_models_keep(&r.models, fb_cli_text(cli, "domain"), fb_decimal_to_double(least));
    }
    if (code == FB_OK) {
        scratch = FB_ARENA_ARRAY(&r.arena, double, r.models.count + 1);
        code = scratch ? FB_OK : fb_arena_failed(&r.arena, err);
    }
    if (code == FB_OK) {
        report.by_model = fb_training_compare(&r.models, report.use, false, scratch);
        report.by_hardware = fb_training_compare(&r.models, report.use, true, scratch);
        code = fb_cli_value(cli, "json") ? fb_report_training_json(&report, &r.text, err)
                                         : fb_report_training_text(&report, &options, &r.text, err);
    }
    code = code ? code : fb_cli_print(cli, &r.text, err);
    end(&r);
    return code;
}

/* The forecast from a table of models: as known at the date that was asked for, else as the table
 * knows it. After its last row it knows of no system, and not that there was none. */
static enum fb_code forecast_table(struct run *r, struct fb_crossing_report *report,
    struct fb_decimal threshold, bool dated, struct fb_err *err)
{
    struct fb_crossing_points points;
    double flop = fb_decimal_to_double(threshold);
    enum fb_code code = fb_crossing_points(&r->models, &r->arena, &points, err);
    if (code != FB_OK) {
        return code;
    }
    report->table_ends = fb_crossing_last(&points, report->as_of);
    if (!dated && report->table_ends != FB_TIME_MIN) {
        report->as_of = report->table_ends + FB_DAY;
    }
    code =
        fb_crossing_find(&points, flop, report->as_of, report->confidence, &report->crossing, err);
    report->scored = fb_cli_value(r->cli, "backtest");
    if (code == FB_OK && report->scored) {
        code = fb_crossing_backtest(&points, report->confidence, &report->score, err);
    }
    return code;
}

enum fb_code fb_cli_compute_forecast(struct fb_cli *cli, struct fb_err *err)
{
    struct run r = {.cli = cli};
    struct fb_decimal threshold = {0};
    struct fb_crossing_report report = {.threshold_text = fb_cli_text(cli, "threshold")};
    struct fb_clock clock = fb_cli_clock(cli);
    struct fb_str at = fb_cli_text(cli, "at");
    report.as_of = fb_clock_now(&clock);
    if (!fb_cli_value(cli, "threshold")) {
        return fb_cli_misused(cli, err, "compute forecast needs --threshold FLOP, as 1e26");
    }
    if (fb_cli_value(cli, "system")) {
        return fb_cli_compute_foresee(cli, err);
    }
    if (fb_cli_value(cli, "record")) {
        return fb_cli_misused(cli, err, "--record is for compute forecast --system ID");
    }
    enum fb_code code = fb_cli_compute_threshold(cli, &threshold, err);
    code = code ? code : fb_cli_confidence(cli, &report.confidence, err);
    if (code == FB_OK && at.len > 0 && fb_time_parse(at, &report.as_of, err) != FB_OK) {
        code = fb_cli_misused(
            cli, err, "--at must be a date, as 2026-01-01, not '%.*s'", FB_STR_ARG(at));
    }
    if (code != FB_OK) {
        return code;
    }
    code = start(&r, err);
    code = code ? code : forecast_table(&r, &report, threshold, at.len > 0, err);
    if (code == FB_OK) {
        code = fb_cli_value(cli, "json") ? fb_report_crossing_json(&report, &r.text, err)
                                         : fb_report_crossing_text(&report, &r.text, err);
    }
    code = code ? code : fb_cli_print(cli, &r.text, err);
    end(&r);
    return code;
}

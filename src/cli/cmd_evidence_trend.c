/* cmd_evidence_trend.c: `flyball evidence trend` and `forecast`: how fast quantities grow. */
#include <stdio.h>

#include "base/assert.h"
#include "base/io.h"
#include "cli/evidence.h"
#include "report/fits.h"

#define ARENA_MAX ((size_t)1 << 30)

enum { OUTPUT_MAX = 1 << 28 };
static const double days_a_month = 365.25 / 12;
static const int64_t far = 36525 * FB_DAY;

/* One invocation. */
struct trend {
    struct fb_cli *cli;
    struct fb_arena arena;
    struct fb_buf text;
    struct fb_cli_view view; /* of the docket, where no file is named */
    struct fb_series series;
    struct fb_progress_options options;
    struct fb_progress_list list;
    struct fb_progress_report report;
};

static enum fb_code read_options(struct trend *t, struct fb_err *err)
{
    double normal = 5 * days_a_month, slow = 18 * days_a_month, dwell = 180;
    const struct fb_cli *cli = t->cli;
    t->options = (struct fb_progress_options){.frontier = fb_cli_value(cli, "frontier")};
    enum fb_code code = fb_cli_confidence(cli, &t->options.confidence, err);
    code = code ? code : fb_cli_number(cli, "fast", (double[]){0, 1e6}, &normal, err);
    code = code ? code : fb_cli_number(cli, "slow", (double[]){0, 1e6}, &slow, err);
    code = code ? code : fb_cli_number(cli, "dwell", (double[]){-1e-9, 1e6}, &dwell, err);
    if (code == FB_OK && slow < normal) {
        code = fb_cli_misused(cli, err, "--slow %g is less than --fast %g", slow, normal);
    }
    t->options.rule = (struct fb_pace_rule){normal, slow, (int64_t)(dwell * (double)FB_DAY + 0.5)};
    return code;
}

/* The quantity to draw: that of --series, or the only one with points of its own. */
static enum fb_code draw(struct trend *t, struct fb_err *err)
{
    const char *path = fb_cli_value(t->cli, "svg");
    struct fb_str wanted = fb_cli_text(t->cli, "series");
    const struct fb_progress *found = NULL;
    size_t candidates = 0;
    struct fb_buf svg;
    for (size_t i = 0; i < t->list.count; i++) {
        const struct fb_progress *p = &t->list.items[i];
        if (wanted.len ? fb_str_eq(p->name, wanted) : p->points != NULL) {
            found = p;
            candidates++;
        }
    }
    if (!path && (candidates > 0 || wanted.len == 0)) {
        return FB_OK;
    }
    if (candidates != 1) {
        (void)fb_err_set(err, wanted.len ? FB_E_NOT_FOUND : FB_E_USAGE,
            wanted.len ? "there is no quantity '%.*s'"
                       : "--svg draws one quantity, and there are "
                         "several",
            FB_STR_ARG(wanted));
        return fb_err_hint(err, "--series NAME says which.");
    }
    fb_buf_init(&svg, OUTPUT_MAX);
    enum fb_code code = fb_report_progress_svg(&t->report, found, &t->arena, &svg, err);
    code = code ? code : fb_io_write(path, fb_buf_str(&svg), 0644, err);
    fb_buf_release(&svg);
    return code;
}

/* The values of the docket that stand at its instant. */
static enum fb_code read_docket(struct trend *t, struct fb_err *err)
{
    enum fb_code code = fb_cli_view_open(t->cli, &t->view, err);
    if (code != FB_OK) {
        return code;
    }
    t->series = t->view.picture.progress;
    if (t->series.count == 0) {
        fb_err_set(err, FB_E_NOT_FOUND, "the docket holds no dated value of a quantity");
        return fb_err_hint(err,
            "`flyball add SERIES.csv` files them; `flyball evidence trend SERIES.csv` reads a "
            "file.");
    }
    return FB_OK;
}

/* A line says nothing of what is further away than anything that it was drawn through. */
static enum fb_code check_forecast(const struct trend *t, struct fb_err *err)
{
    fb_time last = FB_TIME_MIN;
    for (size_t i = 0; i < t->series.count; i++) {
        last = t->series.points[i].at > last ? t->series.points[i].at : last;
    }
    if (t->series.count > 0 && t->report.forecast_at > fb_time_add(last, far)) {
        return fb_cli_misused(t->cli, err, "--at is more than 100 years after the last value");
    }
    return FB_OK;
}

static enum fb_code run(struct trend *t, struct fb_err *err)
{
    const char *path = t->cli->argument_count > 1 ? t->cli->arguments[1] : NULL;
    struct fb_report_options options = fb_cli_report_options(t->cli);
    enum fb_code code =
        path ? fb_series_read(path, &t->arena, &t->series, err) : read_docket(t, err);
    code = code ? code : check_forecast(t, err);
    code = code ? code : fb_progress_find(&t->series, &t->options, &t->arena, &t->list, err);
    t->report.path = path;
    t->report.options = &t->options;
    t->report.list = &t->list;
    code = code ? code : draw(t, err);
    if (code == FB_OK) {
        code = fb_cli_value(t->cli, "json")
                   ? fb_report_progress_json(&t->report, &t->text, err)
                   : fb_report_progress_text(&t->report, &options, &t->text, err);
    }
    return code ? code : fb_cli_print(t->cli, &t->text, err);
}

static enum fb_code start(struct fb_cli *cli, fb_time forecast_at, struct fb_err *err)
{
    struct trend t = {.cli = cli, .report = {.forecast_at = forecast_at}};
    enum fb_code code = fb_cli_want(cli, 1, 2, err);
    code = code ? code : read_options(&t, err);
    if (code != FB_OK) {
        return code;
    }
    fb_arena_init(&t.arena, ARENA_MAX);
    fb_buf_init(&t.text, OUTPUT_MAX);
    code = run(&t, err);
    if (cli->argument_count == 1) {
        fb_cli_view_close(&t.view);
    }
    fb_buf_release(&t.text);
    fb_arena_release(&t.arena);
    return code;
}

enum fb_code fb_cli_evidence_trend(struct fb_cli *cli, struct fb_err *err)
{
    return start(cli, FB_TIME_MIN, err);
}

enum fb_code fb_cli_evidence_forecast(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_str text = fb_cli_text(cli, "at");
    fb_time at = FB_TIME_MIN;
    if (text.len == 0) {
        return fb_cli_misused(cli, err, "a forecast needs --at DATE");
    }
    enum fb_code code = fb_cli_instant(cli, "at", &at, err);
    return code ? code : start(cli, at, err);
}

/* cmd_compute_leads.c: `flyball compute leads`, and `report` over a docket. */
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "cli/cmd_compute.h"
#include "cli/evidence.h"
#include "govern/foresee.h"
#include "report/leads.h"

enum { OUTPUT_MAX = 1 << 28, REGISTERED_FILE_MAX = 1 << 26 };

static const double seconds_an_hour = 3600;

enum fb_code fb_cli_compute_jobs(
    const struct fb_cli *cli, fb_job_sink sink, void *ctx, struct fb_err *err)
{
    enum fb_code code = fb_jobs_read(fb_cli_value(cli, "from"), sink, ctx, err);
    for (size_t i = 1; code == FB_OK && i < cli->argument_count; i++) {
        code = fb_jobs_read(cli->arguments[i], sink, ctx, err);
    }
    return code;
}

/* The names of runs on record that a file lists, one a line. */
static enum fb_code read_registered(
    const struct fb_cli *cli, struct fb_leads *leads, struct fb_err *err)
{
    const char *path = fb_cli_value(cli, "registered");
    struct fb_buf text;
    if (!path) {
        return FB_OK;
    }
    fb_buf_init(&text, REGISTERED_FILE_MAX);
    enum fb_code code = fb_io_read(path, &text, err);
    struct fb_str rest = fb_buf_str(&text), line;
    while (code == FB_OK && fb_str_line(&rest, &line)) {
        code = fb_leads_register(leads, fb_str_trim(line), err);
    }
    fb_buf_release(&text);
    return code;
}

/* The chip and use that --chip, --use and --bits say. */
static enum fb_code read_assumed(
    const struct fb_cli *cli, struct fb_compute_options *out, struct fb_err *err)
{
    *out = (struct fb_compute_options){
        {FB_COMPUTE_USE_LOW, FB_COMPUTE_USE_HIGH}, FB_COMPUTE_EITHER, NULL, 0};
    return fb_cli_compute_assumed(cli, out, err);
}

/* Searches the jobs of files, or those of a docket with its runs and their plans. A docket stays
 * open in *out, since leads borrow from it. */
static enum fb_code search(
    const struct fb_cli *cli, struct fb_leads *leads, struct fb_docket **out, struct fb_err *err)
{
    struct fb_docket *docket = NULL;
    enum fb_code code = read_registered(cli, leads, err);
    if (code == FB_OK && fb_cli_value(cli, "from")) {
        code = fb_cli_compute_jobs(cli, fb_leads_add, leads, err);
        return code ? code : fb_leads_end(leads, err);
    }
    code = code ? code : fb_cli_open(cli, out, err);
    docket = *out;
    if (code == FB_OK) {
        const struct fb_registry *registry = fb_docket_registry(docket);
        code = fb_govern_register_runs(registry, leads, err);
        code = code ? code : fb_govern_each_usage(registry, fb_leads_add, leads, err);
        code = code ? code : fb_leads_end(leads, err);
        if (code == FB_OK && leads->options.threshold_flop > 0) {
            code = fb_govern_unforeseen(
                registry, &leads->options.compute, leads->options.threshold_flop, leads, err);
        }
    }
    return code;
}

enum fb_code fb_cli_compute_leads(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_leads_options options = {.gap_s = FB_LEADS_GAP_S, .slack_s = FB_LEADS_SLACK_S};
    struct fb_report_options layout = fb_cli_report_options(cli);
    struct fb_decimal threshold = {0};
    struct fb_leads leads;
    struct fb_buf text;
    double gpu_hours = 0;
    struct fb_docket *docket = NULL;
    enum fb_code code = read_assumed(cli, &options.compute, err);
    code = code ? code : fb_cli_compute_threshold(cli, &threshold, err);
    code = code ? code : fb_cli_number(cli, "gpu-hours", (double[]){0, 1e15}, &gpu_hours, err);
    if (code != FB_OK) {
        return code;
    }
    options.threshold_flop = fb_decimal_to_double(threshold);
    options.threshold_gpu_seconds = gpu_hours * seconds_an_hour;
    if (options.threshold_flop <= 0 && options.threshold_gpu_seconds <= 0) {
        return fb_cli_misused(
            cli, err, "compute leads needs --threshold FLOP, as 1e24, or --gpu-hours N");
    }
    fb_buf_init(&text, OUTPUT_MAX);
    code = fb_leads_init(&leads, &options, err);
    code = code ? code : search(cli, &leads, &docket, err);
    if (code == FB_OK) {
        code = fb_cli_value(cli, "json") ? fb_report_leads_json(&leads, &text, err)
                                         : fb_report_leads_text(&leads, &layout, &text, err);
    }
    code = code ? code : fb_cli_print(cli, &text, err);
    if (code == FB_OK && leads.lead_count > 0) {
        code = fb_err_set(err, FB_E_NEGATIVE,
            leads.lead_count == 1 ? "there is %zu lead" : "there are %zu leads", leads.lead_count);
    }
    fb_leads_release(&leads);
    fb_docket_close(docket);
    fb_buf_release(&text);
    return code;
}

enum fb_code fb_cli_compute_systems(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_report_options layout = fb_cli_report_options(cli);
    struct fb_compute_options options;
    struct fb_systems_report report = {0};
    struct fb_system_compute *systems = NULL;
    struct fb_decimal threshold = {0};
    struct fb_docket *docket = NULL;
    struct fb_arena arena;
    struct fb_buf text;
    fb_arena_init(&arena, (size_t)1 << 30);
    fb_buf_init(&text, OUTPUT_MAX);
    enum fb_code code = read_assumed(cli, &options, err);
    code = code ? code : fb_cli_compute_threshold(cli, &threshold, err);
    code = code ? code : fb_cli_open(cli, &docket, err);
    code = code ? code
                : fb_govern_compute(
                      fb_docket_registry(docket), &options, &arena, &systems, &report.count, err);
    bool ruled_out = true;
    if (code == FB_OK) {
        report.systems = systems;
        report.threshold = fb_decimal_to_double(threshold);
        for (size_t i = 0; i < report.count && report.threshold > 0; i++) {
            ruled_out =
                ruled_out &&
                strcmp(fb_report_system_standing(&systems[i], report.threshold), "ruled out") == 0;
        }
        code = fb_cli_value(cli, "json") ? fb_report_systems_json(&report, &text, err)
                                         : fb_report_systems_text(&report, &layout, &text, err);
    }
    code = code ? code : fb_cli_print(cli, &text, err);
    if (code == FB_OK && !ruled_out) {
        code = fb_err_set(err, FB_E_NEGATIVE, "the threshold is not ruled out for every system");
    }
    fb_docket_close(docket);
    fb_buf_release(&text);
    fb_arena_release(&arena);
    return code;
}

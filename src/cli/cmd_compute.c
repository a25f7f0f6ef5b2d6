/* cmd_compute.c: `flyball compute report`: what the jobs of schedulers' accounts computed. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "cli/cmd_compute.h"
#include "report/compute.h"

enum { OUTPUT_MAX = 1 << 28, FLUSH_AT = 1 << 16 };

/* One invocation. */
struct run {
    struct fb_cli *cli;
    struct fb_compute compute;
    struct fb_compute_report report;
    struct fb_buf text;
};

/* LOW..HIGH, or one number for both. */
enum fb_code fb_cli_compute_use(const struct fb_cli *cli, double out[2], struct fb_err *err)
{
    struct fb_str text = fb_cli_text(cli, "use");
    if (!fb_cli_value(cli, "use")) {
        return FB_OK;
    }
    size_t dots = fb_str_find(text, '.', 0);
    while (dots < text.len && !fb_str_starts(fb_str_sub(text, dots, 2), FB_STR(".."))) {
        dots = fb_str_find(text, '.', dots + 1);
    }
    const struct fb_str parts[2] = {
        fb_str_sub(text, 0, dots), dots < text.len ? fb_str_sub(text, dots + 2, text.len) : text};
    for (int i = 0; i < 2; i++) {
        struct fb_decimal part;
        struct fb_err ignored;
        fb_err_init(&ignored);
        if (fb_decimal_parse(parts[i], &part, &ignored) != FB_OK) {
            return fb_cli_misused(
                cli, err, "--use must be LOW..HIGH, as 0.2..0.6, not '%.*s'", FB_STR_ARG(text));
        }
        out[i] = fb_decimal_to_double(part);
    }
    if (!(out[0] >= 0 && out[0] <= out[1] && out[1] <= 1)) {
        return fb_cli_misused(
            cli, err, "--use %.*s does not lie between 0 and 1, or falls", FB_STR_ARG(text));
    }
    return FB_OK;
}

enum fb_code fb_cli_compute_threshold(
    const struct fb_cli *cli, struct fb_decimal *out, struct fb_err *err)
{
    struct fb_decimal threshold;
    if (!fb_cli_value(cli, "threshold")) {
        return FB_OK;
    }
    if (fb_decimal_parse(fb_cli_text(cli, "threshold"), &threshold, err) != FB_OK) {
        return fb_cli_misused(cli, err, "--threshold must be a number of FLOP, as 1e25, not '%s'",
            fb_cli_value(cli, "threshold"));
    }
    if (threshold.mantissa <= 0) {
        return fb_cli_misused(cli, err, "--threshold must be more than 0");
    }
    *out = threshold;
    return FB_OK;
}

enum fb_code fb_cli_compute_assumed(
    const struct fb_cli *cli, struct fb_compute_options *in_out, struct fb_err *err)
{
    const char *bits = fb_cli_value(cli, "bits"), *chip = fb_cli_value(cli, "chip");
    enum fb_code code = fb_cli_compute_use(cli, in_out->use, err);
    if (code == FB_OK && bits && strcmp(bits, "8") != 0 && strcmp(bits, "16") != 0) {
        code = fb_cli_misused(cli, err, "--bits must be 8 or 16, not '%s'", bits);
    }
    if (code == FB_OK && bits) {
        in_out->format = bits[0] == '8' ? FB_COMPUTE_8_BIT : FB_COMPUTE_16_BIT;
    }
    if (code == FB_OK && chip) {
        in_out->chip = fb_chip_find(fb_str_of(chip));
        if (!in_out->chip) {
            fb_err_set(err, FB_E_NOT_FOUND, "no peak rate is known for chip '%s'", chip);
            code = fb_err_hint(err, "Names are as h100, h100-sxm, a100, mi300x, tpu-v5p; "
                                    "docs/COMPUTE.md lists them.");
        }
    }
    return code;
}

static enum fb_code read_options(struct run *r, struct fb_compute_options *out, struct fb_err *err)
{
    *out = (struct fb_compute_options){
        {FB_COMPUTE_USE_LOW, FB_COMPUTE_USE_HIGH}, FB_COMPUTE_EITHER, NULL, 0};
    enum fb_code code = fb_cli_compute_assumed(r->cli, out, err);
    r->report.threshold_text = fb_cli_text(r->cli, "threshold");
    return code ? code : fb_cli_compute_threshold(r->cli, &r->report.threshold, err);
}

static const char *path_at(const struct run *r, size_t i)
{
    return i == 0 ? fb_cli_value(r->cli, "from") : r->cli->arguments[i];
}

static enum fb_code write_out(struct run *r, struct fb_err *err)
{
    enum fb_code code = fb_cli_print(r->cli, &r->text, err);
    fb_buf_clear(&r->text);
    return code;
}

/* Why the last start that was added is not counted, from what has changed; NULL when it is. */
static const char *reason_of(const struct fb_compute *compute, const uint64_t before[])
{
    for (int i = 0; i < FB_COMPUTE_REASONS; i++) {
        if (compute->gaps[i].starts > before[i]) {
            return fb_compute_reason_name((enum fb_compute_reason)i);
        }
    }
    return compute->total.starts > before[FB_COMPUTE_REASONS] ? NULL : "no-gpus-listed";
}

static enum fb_code print_job(void *ctx, const struct fb_job *job, struct fb_err *err)
{
    struct run *r = ctx;
    uint64_t before[FB_COMPUTE_REASONS + 1];
    for (int i = 0; i < FB_COMPUTE_REASONS; i++) {
        before[i] = r->compute.gaps[i].starts;
    }
    before[FB_COMPUTE_REASONS] = r->compute.total.starts;
    enum fb_code code = fb_compute_add(&r->compute, job, err);
    if (code == FB_OK) {
        fb_report_compute_job(&r->compute.options, job, reason_of(&r->compute, before),
            fb_cli_value(r->cli, "json") != NULL, &r->text);
    }
    return code == FB_OK && r->text.len > FLUSH_AT ? write_out(r, err) : code;
}

static enum fb_code read_all(struct run *r, fb_job_sink sink, void *ctx, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < r->cli->argument_count; i++) {
        code = fb_jobs_read(path_at(r, i), sink, ctx, err);
    }
    return code;
}

/* The files are read once before the first line is printed, so that a file that is refused in its
 * middle gives no lines. */
static enum fb_code print_jobs(
    struct run *r, const struct fb_compute_options *options, struct fb_err *err)
{
    fb_compute_release(&r->compute);
    enum fb_code code = fb_compute_init(&r->compute, options, err);
    if (!fb_cli_value(r->cli, "json")) {
        fb_buf_add_c(&r->text, "CLUSTER\tJOB\tACCOUNT\tUSER\tSTATE\tSTARTED\tGPUS\tGPU-SECONDS\t"
                               "FLOP LOW\tFLOP HIGH\tCOUNTED\n");
    }
    code = code ? code : read_all(r, print_job, r, err);
    return code ? code : write_out(r, err);
}

static enum fb_code print_sums(struct run *r, struct fb_err *err)
{
    struct fb_report_options options = fb_cli_report_options(r->cli);
    const char **paths = fb_calloc(r->cli->argument_count, sizeof(*paths));
    if (!paths) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for the names of files");
    }
    for (size_t i = 0; i < r->cli->argument_count; i++) {
        paths[i] = path_at(r, i);
    }
    r->report.compute = &r->compute;
    r->report.paths = paths;
    r->report.path_count = r->cli->argument_count;
    enum fb_code code = fb_cli_value(r->cli, "json")
                            ? fb_report_compute_json(&r->report, &r->text, err)
                            : fb_report_compute_text(&r->report, &options, &r->text, err);
    code = code ? code : write_out(r, err);
    fb_free(paths);
    return code;
}

static enum fb_code report(struct run *r, struct fb_err *err)
{
    struct fb_compute_options options;
    enum fb_code code = read_options(r, &options, err);
    if (code != FB_OK) {
        return code;
    }
    code = fb_compute_init(&r->compute, &options, err);
    code = code ? code : read_all(r, fb_compute_add, &r->compute, err);
    if (code == FB_OK) {
        fb_compute_end(&r->compute);
    }
    enum fb_compute_standing standing = FB_COMPUTE_RULED_OUT;
    if (code == FB_OK && r->report.threshold_text.len) {
        standing = fb_compute_standing(&r->compute, r->report.threshold);
    }
    if (code == FB_OK) {
        code = fb_cli_value(r->cli, "jobs") ? print_jobs(r, &options, err) : print_sums(r, err);
    }
    if (code == FB_OK && standing != FB_COMPUTE_RULED_OUT) {
        code = fb_err_set(err, FB_E_NEGATIVE, "%.*s FLOP: %s", FB_STR_ARG(r->report.threshold_text),
            fb_compute_standing_name(standing));
    }
    return code;
}

enum fb_code fb_cli_compute_report(struct fb_cli *cli, struct fb_err *err)
{
    if (!fb_cli_value(cli, "from")) {
        return cli->argument_count == 1
                   ? fb_cli_compute_systems(cli, err)
                   : fb_cli_misused(cli, err, "compute report needs --from before its files");
    }
    struct run r = {.cli = cli};
    fb_buf_init(&r.text, OUTPUT_MAX);
    enum fb_code code = report(&r, err);
    fb_buf_release(&r.text);
    fb_compute_release(&r.compute);
    return code;
}

enum fb_code cmd_compute(struct fb_cli *cli, struct fb_err *err)
{
    static const struct {
        const char *name;
        enum fb_code (*run)(struct fb_cli *cli, struct fb_err *err);
    } parts[] = {{"report", fb_cli_compute_report}, {"estimate", fb_cli_compute_estimate},
        {"forecast", fb_cli_compute_forecast}, {"leads", fb_cli_compute_leads},
        {"reconcile", fb_cli_compute_reconcile}};
    enum fb_code code = fb_cli_want(cli, 1, SIZE_MAX, err);
    if (code != FB_OK) {
        return code;
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(cli->arguments[0], parts[i].name) == 0) {
            return parts[i].run(cli, err);
        }
    }
    return fb_cli_misused(cli, err, "compute has no part '%s'", cli->arguments[0]);
}

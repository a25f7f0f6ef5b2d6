/* compute.c: the account of compute as tables and as JSON. */
#include "report/compute.h"

#include "base/assert.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "report/sheet.h"

enum { TEXT_GROUPS_MAX = 20, LINE_TEXT_MAX = 48 };

static const char *const by_names[FB_COMPUTE_BYS] = {"accounts", "users", "clusters"};
static const char *const by_heads[FB_COMPUTE_BYS] = {"ACCOUNT", "USER", "CLUSTER"};

static const char *const format_texts[] = {[FB_COMPUTE_16_BIT] = "16-bit numbers",
    [FB_COMPUTE_8_BIT] = "8-bit numbers where the chip has them",
    [FB_COMPUTE_EITHER] = "16-bit to 8-bit numbers"};

/* The ends of an interval, rounded outwards. */
static void write_flop(char low[FB_DECIMAL_TEXT], char high[FB_DECIMAL_TEXT], const double flop[2])
{
    (void)fb_decimal_format(fb_decimal_floor12(flop[0]), low);
    (void)fb_decimal_format(fb_decimal_ceil12(flop[1]), high);
}

static void add_flop(struct fb_sheet_table *table, const double flop[2], int64_t unrated)
{
    if (unrated && flop[1] == 0) {
        fb_sheet_table_add(table, FB_TONE_WARN, "not known");
        return;
    }
    fb_sheet_table_add(table, unrated ? FB_TONE_WARN : FB_TONE_PLAIN, "%.3g to %.3g%s", flop[0],
        flop[1], unrated ? " and more" : "");
}

static void add_sum(struct fb_sheet_table *table, const struct fb_compute_options *options,
    const struct fb_compute_sum *sum)
{
    double flop[2];
    fb_compute_sum_flop(options, sum, flop);
    fb_sheet_table_add(
        table, FB_TONE_HEAD, "%.*s", FB_STR_ARG(sum->name.len ? sum->name : FB_STR("-")));
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%llu", (unsigned long long)sum->starts);
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%lld", (long long)sum->gpu_seconds);
    add_flop(table, flop, sum->unrated_gpu_seconds);
}

static void write_groups(struct fb_sheet *sheet, const struct fb_compute *compute, int by)
{
    const struct fb_map *map = &compute->by[by];
    const char *heads[] = {by_heads[by], ">STARTS", ">GPU-SECONDS", "FLOP"};
    struct fb_sheet_table table;
    fb_sheet_table_init(&table, heads, 4);
    for (size_t i = 0; i < map->count && i < TEXT_GROUPS_MAX; i++) {
        add_sum(&table, &compute->options, map->entries[i].value);
    }
    fb_sheet_table_end(&table, sheet, 0);
    if (map->count > TEXT_GROUPS_MAX) {
        fb_buf_addf(
            sheet->out, "... and %zu more; --json has all.\n", map->count - TEXT_GROUPS_MAX);
    }
    fb_buf_add_char(sheet->out, '\n');
}

static void write_chips(struct fb_sheet *sheet, const struct fb_compute *compute)
{
    size_t count = 0;
    const struct fb_chip *chips = fb_chips(&count);
    const char *heads[] = {"CHIP", ">GPU-SECONDS", "FLOP", "PEAK FLOP/S FROM"};
    struct fb_sheet_table table;
    fb_sheet_table_init(&table, heads, 4);
    for (size_t i = 0; i < count; i++) {
        double flop[2];
        int64_t seconds = compute->total.by_chip[i];
        if (seconds > 0) {
            fb_compute_flop(&compute->options, &chips[i], seconds, flop);
            fb_sheet_table_add(&table, FB_TONE_HEAD, "%s", chips[i].name);
            fb_sheet_table_add(&table, FB_TONE_PLAIN, "%lld", (long long)seconds);
            add_flop(&table, flop, 0);
            fb_sheet_table_add(&table, FB_TONE_FAINT, "%s", chips[i].source);
        }
    }
    if (compute->total.unrated_gpu_seconds > 0) {
        fb_sheet_table_add(&table, FB_TONE_WARN, "not known");
        fb_sheet_table_add(
            &table, FB_TONE_PLAIN, "%lld", (long long)compute->total.unrated_gpu_seconds);
        fb_sheet_table_add(&table, FB_TONE_WARN, "not known");
        fb_sheet_table_add(&table, FB_TONE_FAINT, "--chip NAME says which");
    }
    fb_sheet_table_end(&table, sheet, 0);
    fb_buf_add_char(sheet->out, '\n');
}

static void write_gaps(struct fb_sheet *sheet, const struct fb_compute *compute)
{
    const char *heads[] = {"NOT COUNTED", ">STARTS", "MAY HIDE FLOP", "WHY", "SUCH AS"};
    struct fb_sheet_table table;
    uint64_t all = 0;
    for (int i = 0; i < FB_COMPUTE_REASONS; i++) {
        all += compute->gaps[i].starts;
    }
    if (all == 0) {
        fb_buf_add_c(sheet->out, "Every start of a job is counted.\n\n");
        return;
    }
    fb_sheet_table_init(&table, heads, 5);
    for (int i = 0; i < FB_COMPUTE_REASONS; i++) {
        const struct fb_compute_gap *gap = &compute->gaps[i];
        bool open = fb_compute_is_open((enum fb_compute_reason)i);
        if (gap->starts == 0) {
            continue;
        }
        fb_sheet_table_add(&table, open ? FB_TONE_WARN : FB_TONE_PLAIN, "%s",
            fb_compute_reason_name((enum fb_compute_reason)i));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%llu", (unsigned long long)gap->starts);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, open ? "yes" : "no");
        fb_sheet_table_add(
            &table, FB_TONE_PLAIN, "%s", fb_compute_reason_text((enum fb_compute_reason)i));
        fb_sheet_table_add(&table, FB_TONE_FAINT, "%.*s", FB_STR_ARG(gap->shown[0]));
    }
    fb_sheet_table_end(&table, sheet, 0);
    fb_buf_add_char(sheet->out, '\n');
}

enum fb_code fb_report_compute_text(const struct fb_compute_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && options && out);
    const struct fb_compute *compute = report->compute;
    const struct fb_compute_options *assumed = &compute->options;
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    double flop[2];
    fb_compute_sum_flop(assumed, &compute->total, flop);
    fb_buf_addf(out,
        "%lld GPU-seconds in %llu starts of jobs: ", (long long)compute->total.gpu_seconds,
        (unsigned long long)compute->total.starts);
    if (compute->total.unrated_gpu_seconds && flop[1] == 0) {
        fb_buf_add_c(out, "FLOP not known.\n");
    } else {
        fb_buf_addf(out, "%.3g to %.3g FLOP%s.\n", flop[0], flop[1],
            compute->total.unrated_gpu_seconds ? ", and those on chips of no known rate" : "");
    }
    if (report->threshold_text.len) {
        fb_buf_addf(out, "%.*s FLOP: %s.\n", FB_STR_ARG(report->threshold_text),
            fb_compute_standing_name(fb_compute_standing(compute, report->threshold)));
    }
    fb_buf_add_char(out, '\n');
    write_chips(&sheet, compute);
    for (int by = 0; by < FB_COMPUTE_BYS; by++) {
        write_groups(&sheet, compute, by);
    }
    write_gaps(&sheet, compute);
    fb_buf_addf(out, "Assumed: %g%% to %g%% of the peak rate was used (%s), with %s.\n",
        100 * assumed->use[0], 100 * assumed->use[1],
        assumed->use[0] == FB_COMPUTE_USE_LOW && assumed->use[1] == FB_COMPUTE_USE_HIGH
            ? FB_COMPUTE_USE_SOURCE
            : "--use",
        format_texts[assumed->format]);
    return fb_sheet_check(&sheet, "the account of compute", err);
}

static void write_interval(struct fb_json_writer *w, const double flop[2])
{
    char low[FB_DECIMAL_TEXT], high[FB_DECIMAL_TEXT];
    write_flop(low, high, flop);
    fb_json_key(w, "flop");
    fb_json_open_array(w);
    fb_json_raw(w, fb_str_of(low));
    fb_json_raw(w, fb_str_of(high));
    fb_json_close_array(w);
}

static void json_sum(struct fb_json_writer *w, const struct fb_compute_options *options,
    const struct fb_compute_sum *sum)
{
    double flop[2];
    fb_compute_sum_flop(options, sum, flop);
    fb_json_key_int(w, "starts", (int64_t)sum->starts);
    fb_json_key_int(w, "gpu_seconds", sum->gpu_seconds);
    fb_json_key_int(w, "unrated_gpu_seconds", sum->unrated_gpu_seconds);
    write_interval(w, flop);
}

static void json_gaps(struct fb_json_writer *w, const struct fb_compute *compute)
{
    fb_json_key(w, "not_counted");
    fb_json_open_array(w);
    for (int i = 0; i < FB_COMPUTE_REASONS; i++) {
        const struct fb_compute_gap *gap = &compute->gaps[i];
        if (gap->starts == 0) {
            continue;
        }
        fb_json_open_object(w);
        fb_json_key_c(w, "reason", fb_compute_reason_name((enum fb_compute_reason)i));
        fb_json_key_c(w, "text", fb_compute_reason_text((enum fb_compute_reason)i));
        fb_json_key_bool(w, "may_hide_flop", fb_compute_is_open((enum fb_compute_reason)i));
        fb_json_key_int(w, "starts", (int64_t)gap->starts);
        fb_json_key(w, "such_as");
        fb_json_open_array(w);
        for (size_t n = 0; n < gap->shown_count; n++) {
            fb_json_str(w, gap->shown[n]);
        }
        fb_json_close_array(w);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

static void json_chips(struct fb_json_writer *w, const struct fb_compute *compute)
{
    size_t count = 0;
    const struct fb_chip *chips = fb_chips(&count);
    fb_json_key(w, "chips");
    fb_json_open_array(w);
    for (size_t i = 0; i < count; i++) {
        double flop[2];
        if (compute->total.by_chip[i] == 0) {
            continue;
        }
        fb_compute_flop(&compute->options, &chips[i], compute->total.by_chip[i], flop);
        fb_json_open_object(w);
        fb_json_key_c(w, "name", chips[i].name);
        fb_json_key_int(w, "gpu_seconds", compute->total.by_chip[i]);
        write_interval(w, flop);
        fb_json_key_c(w, "source", chips[i].source);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

static void json_groups(struct fb_json_writer *w, const struct fb_compute *compute, int by)
{
    const struct fb_map *map = &compute->by[by];
    fb_json_key(w, by_names[by]);
    fb_json_open_array(w);
    for (size_t i = 0; i < map->count; i++) {
        const struct fb_compute_sum *sum = map->entries[i].value;
        fb_json_open_object(w);
        fb_json_key_str(w, "name", sum->name);
        json_sum(w, &compute->options, sum);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

enum fb_code fb_report_compute_json(
    const struct fb_compute_report *report, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && out);
    const struct fb_compute *compute = report->compute;
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key(&w, "files");
    fb_json_open_array(&w);
    for (size_t i = 0; i < report->path_count; i++) {
        fb_json_c(&w, report->paths[i]);
    }
    fb_json_close_array(&w);
    fb_json_key(&w, "assumed");
    fb_json_open_object(&w);
    fb_json_key(&w, "use");
    fb_json_open_array(&w);
    fb_json_double(&w, compute->options.use[0]);
    fb_json_double(&w, compute->options.use[1]);
    fb_json_close_array(&w);
    fb_json_key_c(&w, "format", format_texts[compute->options.format]);
    if (compute->options.chip) {
        fb_json_key_c(&w, "chip", compute->options.chip->name);
    }
    fb_json_close_object(&w);
    json_sum(&w, &compute->options, &compute->total);
    if (report->threshold_text.len) {
        char text[FB_DECIMAL_TEXT];
        fb_json_key(&w, "threshold");
        fb_json_raw(&w, fb_str_of(fb_decimal_format(report->threshold, text)));
        fb_json_key_c(&w, "standing",
            fb_compute_standing_name(fb_compute_standing(compute, report->threshold)));
    }
    json_chips(&w, compute);
    for (int by = 0; by < FB_COMPUTE_BYS; by++) {
        json_groups(&w, compute, by);
    }
    json_gaps(&w, compute);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the account of compute", err);
}

/* The FLOP of one job; false when a part of it has no known rate. */
static bool job_flop(
    const struct fb_compute_options *options, const struct fb_job *job, double out[2])
{
    bool all = true;
    out[0] = out[1] = 0;
    for (size_t i = 0; i < job->part_count; i++) {
        double flop[2];
        const struct fb_chip *chip = fb_compute_chip(options, job->parts[i].chip);
        int64_t gpu_seconds = job->parts[i].gpus * (job->end - job->start);
        if (chip) {
            fb_compute_flop(options, chip, gpu_seconds, flop);
            out[0] += flop[0];
            out[1] += flop[1];
        }
        all = all && (chip || gpu_seconds == 0);
    }
    return all;
}

void fb_report_compute_job(const struct fb_compute_options *options, const struct fb_job *job,
    const char *reason, bool json, struct fb_buf *out)
{
    char start[FB_TIME_TEXT];
    double flop[2] = {0, 0};
    bool timed = job->start > 0 && job->end > 0 && job->said == FB_JOB_GPUS_SAID;
    bool rated = timed && job_flop(options, job, flop);
    int64_t gpu_seconds = timed ? job->gpus * (job->end - job->start) : 0;
    (void)fb_time_format(job->start * FB_SECOND, start);
    const struct fb_str texts[] = {job->cluster, job->id, job->account, job->user, job->state};
    static const char *const keys[] = {"cluster", "job", "account", "user", "state"};
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 0);
    if (json) {
        fb_json_open_object(&w);
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (json) {
            fb_json_key_str(&w, keys[i], texts[i]);
        } else {
            fb_sheet_clean(out, texts[i].len ? texts[i] : FB_STR("-"), LINE_TEXT_MAX);
            fb_buf_add_char(out, '\t');
        }
    }
    if (json) {
        fb_json_key_c(&w, "started", job->start ? start : "");
        fb_json_key_int(&w, "gpus", job->gpus);
        if (timed) {
            fb_json_key_int(&w, "gpu_seconds", gpu_seconds);
        }
        if (rated) {
            write_interval(&w, flop);
        }
        fb_json_key_c(&w, "not_counted", reason ? reason : "");
        fb_json_close_object(&w);
    } else {
        fb_buf_addf(out, "%s\t%lld\t", job->start ? start : "-", (long long)job->gpus);
        fb_buf_addf(out, timed ? "%lld\t" : "-\t", (long long)gpu_seconds);
        fb_buf_addf(out, rated ? "%.3g\t%.3g\t" : "-\t-\t", flop[0], flop[1]);
        fb_buf_add_c(out, reason ? reason : "counted");
    }
    fb_buf_add_char(out, '\n');
}

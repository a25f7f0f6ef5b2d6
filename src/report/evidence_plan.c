/* evidence_plan.c: plans of sample sizes, and the families of evidence, as text and as JSON. */
#include "base/assert.h"
#include "report/evidence.h"
#include "report/sheet.h"

enum { LABEL_WIDTH = 12 };

/* --- Plans -------------------------------------------------------------------------------- */

static void plan_table(struct fb_sheet *sheet, const struct fb_plan_report *plans, size_t count,
    enum fb_plan_goal goal)
{
    bool rules_out = goal == FB_PLAN_RULES_OUT;
    const char *heads[] = {">ASSUMED RATE", ">SAMPLES",
        rules_out ? ">SUCCESSES AT MOST" : ">SUCCESSES AT LEAST", ">CHANCE"};
    struct fb_sheet_table table;
    fb_sheet_table_init(&table, heads, sizeof(heads) / sizeof(heads[0]));
    for (size_t i = 0; i < count; i++) {
        const struct fb_plan *p = &plans[i].plan;
        if (plans[i].goal != goal) {
            continue;
        }
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.4g%%", 100 * plans[i].rate);
        bool found = p->samples > 0;
        if (found) {
            fb_sheet_table_add(&table, FB_TONE_PLAIN, "%lld", (long long)p->samples);
        } else {
            fb_sheet_table_add(&table, FB_TONE_WARN, "none");
        }
        if (found && p->successes >= 0) {
            fb_sheet_table_add(&table, FB_TONE_PLAIN, "%lld", (long long)p->successes);
            fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.4g%%", 100 * p->power);
        } else {
            fb_sheet_table_add(&table, FB_TONE_WARN, "-");
            fb_sheet_table_add(&table, FB_TONE_WARN, "%s", found ? "0%" : "-");
        }
    }
    fb_sheet_table_end(&table, sheet, 2);
}

static int64_t fewest_of(const struct fb_plan_report *plans, size_t count, enum fb_plan_goal goal)
{
    for (size_t i = 0; i < count; i++) {
        if (plans[i].goal == goal) {
            return plans[i].plan.fewest;
        }
    }
    return -1;
}

static void plan_head(struct fb_sheet *sheet, const struct fb_redline *line,
    const struct fb_plan_report *plans, size_t count, enum fb_plan_goal goal)
{
    char threshold[FB_DECIMAL_TEXT];
    fb_decimal_format(fb_decimal_scale(line->threshold, 2), threshold);
    bool rules_out = goal == FB_PLAN_RULES_OUT;
    int64_t fewest = fewest_of(plans, count, goal);
    fb_buf_addf(sheet->out, "to %s %s%% with %.10g%% confidence%s: ",
        rules_out ? "rule out" : "show that the rate is at least", threshold,
        100 * line->confidence, rules_out && line->margin_count ? " after margins" : "");
    if (fewest < 0) {
        fb_buf_addf(sheet->out, "not possible with up to %d samples\n", FB_PLAN_MAX);
        return;
    }
    if (fewest == 1) {
        fb_buf_addf(sheet->out, "at least 1 sample, which %s\n", rules_out ? "fails" : "succeeds");
        return;
    }
    fb_buf_addf(sheet->out, "at least %lld samples, of which %s succeed%s\n", (long long)fewest,
        rules_out ? "none" : "all", rules_out ? "s" : "");
}

enum fb_code fb_report_plan_text(const struct fb_redline *line, const struct fb_plan_report *plans,
    size_t count, const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(line && plans && options && out);
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    for (int goal = FB_PLAN_RULES_OUT; goal <= FB_PLAN_CROSSES; goal++) {
        fb_buf_add_c(out, goal == FB_PLAN_RULES_OUT ? "" : "\n");
        plan_head(&sheet, line, plans, count, (enum fb_plan_goal)goal);
        plan_table(&sheet, plans, count, (enum fb_plan_goal)goal);
    }
    return fb_sheet_check(&sheet, "the plan", err);
}

static void key_count(struct fb_json_writer *w, const char *key, int64_t n)
{
    fb_json_key(w, key);
    if (n < 0) {
        fb_json_null(w);
    } else {
        fb_json_int(w, n);
    }
}

enum fb_code fb_report_plan_json(const struct fb_redline *line, const struct fb_plan_report *plans,
    size_t count, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(line && plans && out);
    struct fb_json_writer w;
    char threshold[FB_DECIMAL_TEXT];
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key(&w, "threshold");
    fb_json_raw(&w, fb_str_of(fb_decimal_format(line->threshold, threshold)));
    fb_json_key_double(&w, "confidence", line->confidence);
    fb_json_key(&w, "plans");
    fb_json_open_array(&w);
    for (size_t i = 0; i < count; i++) {
        const struct fb_plan *p = &plans[i].plan;
        fb_json_open_object(&w);
        fb_json_key_c(&w, "goal", plans[i].goal == FB_PLAN_RULES_OUT ? "rules out" : "crosses");
        fb_json_key_double(&w, "rate", plans[i].rate);
        key_count(&w, "samples", p->samples);
        key_count(&w, "successes", p->successes);
        fb_json_key_double(&w, "power", p->power);
        key_count(&w, "fewest_samples", p->fewest);
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the plan", err);
}

/* --- Families ----------------------------------------------------------------------------- */

static void paragraph(struct fb_sheet *sheet, const char *label, const char *text)
{
    fb_buf_addf(sheet->out, "  %-*s", LABEL_WIDTH, label);
    size_t from = sheet->out->len;
    fb_buf_add_c(sheet->out, text);
    fb_sheet_wrap(sheet, from, 2 + LABEL_WIDTH);
    fb_buf_add_char(sheet->out, '\n');
}

enum fb_code fb_report_families_text(const struct fb_family *families, size_t count,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(families && count > 0 && options && out);
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    for (size_t i = 0; i < count; i++) {
        fb_buf_add_c(out, i ? "\n" : "");
        fb_sheet_cell(&sheet, fb_str_of(families[i].name), 0, FB_TONE_HEAD);
        fb_buf_addf(out, ": %s\n", families[i].title);
        paragraph(&sheet, "asks", families[i].question);
        paragraph(&sheet, "a sample is", families[i].sample);
        paragraph(&sheet, "estimators", families[i].estimators);
        paragraph(&sheet, "feeds", families[i].feeds);
    }
    return fb_sheet_check(&sheet, "the families", err);
}

enum fb_code fb_report_families_json(
    const struct fb_family *families, size_t count, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(families && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_array(&w);
    for (size_t i = 0; i < count; i++) {
        fb_json_open_object(&w);
        fb_json_key_c(&w, "name", families[i].name);
        fb_json_key_c(&w, "title", families[i].title);
        fb_json_key_c(&w, "question", families[i].question);
        fb_json_key_c(&w, "sample", families[i].sample);
        fb_json_key_c(&w, "estimators", families[i].estimators);
        fb_json_key_c(&w, "feeds", families[i].feeds);
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the families", err);
}

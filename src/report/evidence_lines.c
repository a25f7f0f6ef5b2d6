/* evidence_lines.c: the evidence on a system, line by line: bounds, margins, what would settle it.
 */
#include "base/assert.h"
#include "report/evidence.h"
#include "report/sheet.h"

enum { TEXT_MAX = 4096 };

static double percent(struct fb_decimal rate)
{
    return 100 * fb_decimal_to_double(rate);
}

static const char *scale_text(enum fb_scale scale)
{
    switch (scale) {
    case FB_SCALE_ODDS:
        return "x on odds";
    case FB_SCALE_VALUE:
        return "x on value";
    case FB_SCALE_POINTS:
        return "+ points";
    }
    return "";
}

static enum fb_tone tone_of(const struct fb_figures_list *figures, size_t index, fb_time now)
{
    const struct fb_assessment *a = &figures->items[index].assessment;
    if (!fb_standing_governs(figures, index, now)) {
        return FB_TONE_FAINT;
    }
    return a->crosses ? FB_TONE_BAD : a->rules_out && !a->defeated ? FB_TONE_GOOD : FB_TONE_WARN;
}

static void join_flags(const struct fb_figures *f, struct fb_buf *out)
{
    const struct fb_json *flags = fb_json_get(f->record->body, "flags");
    fb_buf_clear(out);
    for (const struct fb_json *flag = flags ? flags->child : NULL; flag; flag = flag->next) {
        fb_buf_addf(out, "%s%.*s", out->len ? " " : "", FB_STR_ARG(flag->text));
    }
}

static void evaluation_row(struct fb_sheet_table *table, const struct fb_line_view *view,
    size_t index, fb_time now, struct fb_buf *flags)
{
    const struct fb_figures *f = &view->figures.items[index];
    join_flags(f, flags);
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(view->rule->measures[f->measure]));
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(fb_short_id(f->record->id)));
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(fb_short_id(f->record->issuer)));
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%lld", (long long)f->samples);
    if (f->successes_low == f->successes_high) {
        fb_sheet_table_add(table, FB_TONE_PLAIN, "%lld", (long long)f->successes_low);
    } else {
        fb_sheet_table_add(table, FB_TONE_WARN, "%lld-%lld", (long long)f->successes_low,
            (long long)f->successes_high);
    }
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.4g%%", percent(f->lower));
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.4g%%", percent(f->upper));
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.4g%%", percent(f->upper_margin));
    fb_sheet_table_add(table, tone_of(&view->figures, index, now), "%s",
        fb_standing_word(&view->figures, index, now));
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%s", flags->len ? flags->ptr : "none");
}

static void evaluations(struct fb_sheet *sheet, const struct fb_line_view *view, fb_time now)
{
    static const char *const heads[] = {"TASK", "EVALUATION", "BY", ">N", ">SUCCEEDED", ">AT LEAST",
        ">AT MOST", ">WITH MARGINS", "STANDING", "FLAGS"};
    struct fb_sheet_table table;
    struct fb_buf flags;
    fb_buf_init(&flags, TEXT_MAX);
    fb_sheet_table_init(&table, heads, sizeof(heads) / sizeof(heads[0]));
    for (size_t i = 0; i < view->figures.count; i++) {
        evaluation_row(&table, view, i, now, &flags);
    }
    fb_sheet_table_end(&table, sheet, 2);
    fb_sheet_line_release(sheet, &flags);
}

static void margins(
    struct fb_sheet *sheet, const struct fb_redline *rule, const struct fb_standing *standing)
{
    static const char *const heads[] = {
        "MARGIN", ">AMOUNT", "SCALE", ">BEFORE", ">AFTER", "SOURCE"};
    if (rule->margin_count == 0 || !standing->governing) {
        return;
    }
    struct fb_sheet_table table;
    fb_sheet_table_init(&table, heads, sizeof(heads) / sizeof(heads[0]));
    double before = fb_decimal_to_double(standing->governing->upper);
    for (size_t i = 0; i < rule->margin_count; i++) {
        const struct fb_margin *m = &rule->margins[i];
        char amount[FB_DECIMAL_TEXT];
        bool is_points = m->scale == FB_SCALE_POINTS;
        fb_decimal_format(is_points ? fb_decimal_scale(m->amount, 2) : m->amount, amount);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(m->name));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%s", amount);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%s", scale_text(m->scale));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.4g%%", 100 * before);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.4g%%", 100 * standing->after[i]);
        fb_sheet_table_add(&table, m->source.len ? FB_TONE_PLAIN : FB_TONE_WARN, "%.*s",
            FB_STR_ARG(m->source.len ? m->source : FB_STR("not given")));
        before = standing->after[i];
    }
    fb_sheet_table_end(&table, sheet, 4);
}

static void add_more(struct fb_buf *out, int64_t more, const char *then)
{
    if (more < 0) {
        fb_buf_addf(out, "no number up to %d %s", FB_ASSESS_MORE_MAX, then);
    } else if (more == 0) {
        fb_buf_addf(out, "none needed: the bound %s", then);
    } else {
        fb_buf_addf(out, "%lld more %s", (long long)more, then);
    }
}

/* What would settle a task, in one sentence or two. */
static void settle(struct fb_sheet *sheet, struct fb_str task, const struct fb_standing *standing)
{
    const struct fb_settle *s = &standing->settle;
    struct fb_buf line;
    fb_buf_init(&line, TEXT_MAX);
    fb_buf_addf(&line, "%.*s: ", FB_STR_ARG(task));
    if (!standing->governing) {
        fb_buf_add_c(&line, "nothing measured that counts now; ");
    }
    if (standing->governing && standing->governing->assessment.crosses) {
        fb_buf_add_c(&line, "crosses already");
    } else if (standing->governing && standing->governing->assessment.rules_out &&
               !standing->governing->assessment.defeated) {
        fb_buf_addf(&line, "ruled out already; ");
        add_more(&line, s->crosses_if_all, "would cross it if all succeed");
    } else {
        add_more(&line, s->rules_out_if_none, "would rule it out if none succeeds");
        if (s->rules_out_at_rate != s->rules_out_if_none) {
            fb_buf_add_c(&line, ", ");
            add_more(&line, s->rules_out_at_rate, "at the rate seen");
        }
        fb_buf_add_c(&line, "; ");
        add_more(&line, s->crosses_if_all, "would cross it if all succeed");
        if (s->crosses_at_rate > 0) {
            fb_buf_addf(&line, ", %lld at the rate seen", (long long)s->crosses_at_rate);
        }
    }
    fb_buf_add_c(sheet->out, "  to settle ");
    size_t from = sheet->out->len;
    fb_sheet_clean(sheet->out, fb_buf_str(&line), SIZE_MAX);
    fb_sheet_wrap(sheet, from, 12);
    fb_buf_add_char(sheet->out, '\n');
    fb_sheet_line_release(sheet, &line);
}

static void line_head(struct fb_sheet *sheet, const struct fb_line_view *view)
{
    const struct fb_redline *rule = view->rule;
    char threshold[FB_DECIMAL_TEXT], since[FB_TIME_TEXT];
    struct fb_buf head;
    fb_buf_init(&head, TEXT_MAX);
    fb_decimal_format(fb_decimal_scale(rule->threshold, 2), threshold);
    fb_buf_addf(&head, "%.*s: ", FB_STR_ARG(rule->name));
    fb_sheet_clean(sheet->out, fb_buf_str(&head), SIZE_MAX);
    fb_sheet_cell(
        sheet, fb_str_of(fb_line_status_name(view->status)), 0, fb_tone_of_line(view->status));
    fb_buf_clear(&head);
    if (view->since != FB_TIME_MIN) {
        fb_buf_addf(&head, " since %s", fb_time_format_short(view->since, since));
    }
    fb_buf_addf(
        &head, "; crossed at %s%% with %.10g%% confidence", threshold, 100 * rule->confidence);
    if (rule->needs.samples > 0) {
        fb_buf_addf(&head, "; needs %lld samples", (long long)rule->needs.samples);
    }
    if (rule->needs.age_us > 0) {
        char age[FB_TIME_TEXT];
        fb_buf_addf(&head, "; for %s", fb_duration_format(rule->needs.age_us, age));
    }
    fb_sheet_clean(sheet->out, fb_buf_str(&head), SIZE_MAX);
    fb_buf_add_char(sheet->out, '\n');
    fb_sheet_line_release(sheet, &head);
}

static void joint(struct fb_sheet *sheet, const struct fb_line_standing *item, size_t lines)
{
    if (lines < 2) {
        return;
    }
    bool holds = item->joint <= 1 - item->view->rule->confidence;
    fb_buf_addf(sheet->out, "  together with the other %zu line%s (Holm): p = %.3g, %s\n",
        lines - 1, lines == 2 ? "" : "s", item->joint,
        holds ? "below the threshold also then" : "not below the threshold then");
}

enum fb_code fb_report_evidence_text(const struct fb_picture *picture, struct fb_str system,
    const struct fb_standings *standings, const struct fb_report_options *options,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && standings && options && out);
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    char now[FB_TIME_TEXT];
    fb_sheet_clean(out, fb_short_id(system), SIZE_MAX);
    fb_buf_addf(out, " at %s UTC\n", fb_time_format_short(picture->now, now));
    if (standings->count == 0) {
        fb_buf_add_c(out, "no red line is in force for it\n");
    }
    for (size_t i = 0; i < standings->count; i++) {
        const struct fb_line_standing *item = &standings->items[i];
        fb_buf_add_char(out, '\n');
        line_head(&sheet, item->view);
        if (item->view->figures.count > 0) {
            evaluations(&sheet, item->view, picture->now);
        }
        for (size_t m = 0; m < item->view->rule->measure_count; m++) {
            margins(&sheet, item->view->rule, &item->measures[m]);
            settle(&sheet, item->view->rule->measures[m], &item->measures[m]);
        }
        joint(&sheet, item, standings->count);
    }
    return fb_sheet_check(&sheet, "the evidence", err);
}

/* --- JSON --------------------------------------------------------------------------------- */

static void key_decimal(struct fb_json_writer *w, const char *key, struct fb_decimal value)
{
    char text[FB_DECIMAL_TEXT];
    fb_json_key(w, key);
    fb_json_raw(w, fb_str_of(fb_decimal_format(value, text)));
}

/* A number of further samples; null when none would do. */
static void key_more(struct fb_json_writer *w, const char *key, int64_t more)
{
    fb_json_key(w, key);
    if (more < 0) {
        fb_json_null(w);
    } else {
        fb_json_int(w, more);
    }
}

static void write_evaluation(
    struct fb_json_writer *w, const struct fb_line_view *view, size_t index, fb_time now)
{
    const struct fb_figures *f = &view->figures.items[index];
    const struct fb_json *flags = fb_json_get(f->record->body, "flags");
    fb_json_open_object(w);
    fb_json_key_str(w, "id", f->record->id);
    fb_json_key_str(w, "task", view->rule->measures[f->measure]);
    fb_json_key_str(w, "by", f->record->issuer);
    fb_json_key_int(w, "samples", f->samples);
    fb_json_key_int(w, "successes_low", f->successes_low);
    fb_json_key_int(w, "successes_high", f->successes_high);
    key_decimal(w, "lower", f->lower);
    key_decimal(w, "upper", f->upper);
    key_decimal(w, "upper_with_margins", f->upper_margin);
    fb_json_key_c(w, "method", fb_estimator_name(&f->how));
    fb_json_key_c(w, "standing", fb_standing_word(&view->figures, index, now));
    fb_json_key_bool(w, "governs", fb_standing_governs(&view->figures, index, now));
    fb_json_key(w, "flags");
    fb_json_open_array(w);
    for (const struct fb_json *flag = flags ? flags->child : NULL; flag; flag = flag->next) {
        fb_json_str(w, flag->text);
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
}

static void write_margins(
    struct fb_json_writer *w, const struct fb_redline *rule, const struct fb_standing *standing)
{
    fb_json_key(w, "margins");
    fb_json_open_array(w);
    for (size_t i = 0; i < rule->margin_count; i++) {
        const struct fb_margin *m = &rule->margins[i];
        fb_json_open_object(w);
        fb_json_key_str(w, "name", m->name);
        key_decimal(w, "amount", m->amount);
        fb_json_key_c(w, "scale", scale_text(m->scale));
        fb_json_key_double(w, "after", standing->after[i]);
        if (m->source.len > 0) {
            fb_json_key_str(w, "source", m->source);
        }
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

static void write_measure(struct fb_json_writer *w, const struct fb_line_view *view, size_t measure,
    const struct fb_standing *standing)
{
    fb_json_open_object(w);
    fb_json_key_str(w, "task", view->rule->measures[measure]);
    fb_json_key(w, "governing");
    if (standing->governing) {
        fb_json_str(w, standing->governing->record->id);
    } else {
        fb_json_null(w);
    }
    write_margins(w, view->rule, standing);
    fb_json_key_double(w, "p_value", standing->p_value);
    fb_json_key(w, "further_samples");
    fb_json_open_object(w);
    key_more(w, "rules_out_if_none_succeeds", standing->settle.rules_out_if_none);
    key_more(w, "rules_out_at_rate_seen", standing->settle.rules_out_at_rate);
    key_more(w, "crosses_if_all_succeed", standing->settle.crosses_if_all);
    key_more(w, "crosses_at_rate_seen", standing->settle.crosses_at_rate);
    fb_json_close_object(w);
    fb_json_close_object(w);
}

static void write_line(struct fb_json_writer *w, const struct fb_line_standing *item, fb_time now)
{
    const struct fb_line_view *view = item->view;
    fb_json_open_object(w);
    fb_json_key_str(w, "id", view->id);
    fb_json_key_str(w, "capability", view->rule->name);
    fb_json_key_c(w, "verdict", fb_line_status_name(view->status));
    key_decimal(w, "threshold", view->rule->threshold);
    fb_json_key_double(w, "confidence", view->rule->confidence);
    fb_json_key_double(w, "joint_p_value", item->joint);
    if (view->why) {
        fb_json_key_str(w, "reason", view->why->text);
    }
    fb_json_key(w, "evaluations");
    fb_json_open_array(w);
    for (size_t i = 0; i < view->figures.count; i++) {
        write_evaluation(w, view, i, now);
    }
    fb_json_close_array(w);
    fb_json_key(w, "measures");
    fb_json_open_array(w);
    for (size_t m = 0; m < view->rule->measure_count; m++) {
        write_measure(w, view, m, &item->measures[m]);
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
}

enum fb_code fb_report_evidence_json(const struct fb_picture *picture, struct fb_str system,
    const struct fb_standings *standings, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && standings && out);
    struct fb_json_writer w;
    char now[FB_TIME_TEXT];
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_str(&w, "system", system);
    fb_json_key_c(&w, "at", fb_time_format(picture->now, now));
    fb_json_key(&w, "lines");
    fb_json_open_array(&w);
    for (size_t i = 0; i < standings->count; i++) {
        write_line(&w, &standings->items[i], picture->now);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the evidence", err);
}

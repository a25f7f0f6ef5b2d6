/* html_system.c: the section of one system: facts, red lines, duties, safety cases, licences. */
#include "base/alloc.h"
#include "base/assert.h"
#include "report/case_svg.h"
#include "report/html.h"

/* Appends 2e25 as people read it. */
static void add_power(struct fb_buf *out, struct fb_str number)
{
    size_t e = fb_str_find(number, 'e', 0);
    if (e == number.len) {
        fb_html_text(out, number);
        return;
    }
    struct fb_str power = fb_str_sub(number, e + 1, number.len);
    if (power.len && power.ptr[0] == '+') {
        power = fb_str_sub(power, 1, power.len);
    }
    fb_html_text(out, fb_str_sub(number, 0, e));
    fb_buf_add_c(out, " \u00d7 10<sup>");
    fb_html_text(out, power);
    fb_buf_add_c(out, "</sup>");
}

static void compute(struct fb_html *html, const struct fb_system_view *system)
{
    const struct fb_json *flop = NULL;
    if (system->record->body) {
        flop = fb_json_get(system->record->body, "training_compute_flop");
    }
    if (!flop || flop->kind != FB_JSON_NUMBER) {
        fb_buf_add_c(html->out, "not stated");
        return;
    }
    add_power(html->out, flop->text);
    fb_buf_add_c(html->out, " FLOP");
}

static void facts(struct fb_html *html, const struct fb_system_view *system)
{
    struct fb_buf *out = html->out;
    fb_buf_add_c(out, "<dl class=\"facts\">\n<div><dt>Developer</dt><dd>");
    fb_html_text(out, fb_short_id(fb_record_text(system->record, "developer")));
    fb_buf_add_c(out, "</dd></div>\n<div><dt>Training compute</dt><dd>");
    compute(html, system);
    fb_buf_add_c(out, "</dd></div>\n<div><dt>Accounted by schedulers</dt><dd>");
    if (system->gpu_seconds) {
        fb_html_count(out, system->gpu_seconds);
        fb_buf_add_c(out, " GPU-seconds");
    } else if (!system->unknown_jobs) {
        fb_buf_add_c(out, "nothing");
    }
    if (system->unknown_jobs) {
        fb_buf_add_c(out, system->gpu_seconds ? "; the GPUs of " : "the GPUs of ");
        fb_html_count(out, (int64_t)system->unknown_jobs);
        fb_buf_add_c(out, " jobs are not known");
    }
    fb_buf_add_c(out, "</dd></div>\n<div><dt>Registered as</dt><dd>");
    fb_html_record_link(html, system->record->id, system->record->seq);
    fb_buf_add_c(out, "</dd></div>\n</dl>\n");
    if (system->exempt) {
        fb_buf_add_c(out, "<p class=\"exempt\"><strong>Exempt.</strong> ");
        if (system->exempt_why) {
            fb_html_sentence(out, system->exempt_why->text);
        }
        fb_buf_add_c(out, ".</p>\n");
        fb_html_why(
            html, system->exempt_why ? system->exempt_why->child : NULL, "Why it is exempt");
    }
}

/* ---- red lines ---- */

static void margins(struct fb_buf *out, const struct fb_redline *rule)
{
    static const char *const scales[] = {
        [FB_SCALE_ODDS] = " on odds", [FB_SCALE_VALUE] = " on value", [FB_SCALE_POINTS] = ""};
    char text[FB_DECIMAL_TEXT];
    for (size_t i = 0; i < rule->margin_count; i++) {
        const struct fb_margin *margin = &rule->margins[i];
        fb_buf_add_c(out, i ? ", " : "; margins: ");
        fb_html_text_cut(out, margin->name, 80);
        if (margin->scale == FB_SCALE_POINTS) {
            fb_buf_addf(out, " + %s", fb_html_percent_exact(margin->amount, text));
        } else {
            fb_buf_addf(out, " \u00d7 %s%s", fb_decimal_format(margin->amount, text),
                scales[margin->scale]);
        }
        if (margin->source.len) {
            fb_buf_add_c(out, " (");
            fb_html_text_cut(out, margin->source, 120);
            fb_buf_add_c(out, ")");
        }
    }
}

static void needs(struct fb_buf *out, const struct fb_redline *rule)
{
    char text[FB_TIME_TEXT];
    const struct fb_needs *need = &rule->needs;
    const char *before = "; to rule out it needs ";
    if (need->samples) {
        fb_buf_addf(out, "%s%lld samples", before, (long long)need->samples);
        before = ", ";
    }
    if (need->age_us) {
        fb_buf_addf(out, "%snot older than %s", before, fb_duration_format(need->age_us, text));
        before = ", ";
    }
    for (size_t i = 0; i < need->elicited_count; i++) {
        fb_buf_addf(out, "%s", i ? " or " : before);
        fb_buf_add_c(out, i ? "" : "elicited by ");
        fb_html_text_cut(out, need->elicited[i], 80);
        before = ", ";
    }
    if (need->independent) {
        fb_buf_addf(out, "%sjudged by an independent party", before);
        before = ", ";
    }
    if (need->safety_case.len > 0) {
        fb_buf_addf(out, "%san accepted safety case ", before);
        fb_html_text_cut(out, need->safety_case, 80);
    }
}

/* The rule as the policy has it, in one paragraph. */
static void rule_text(struct fb_buf *out, const struct fb_line_view *view)
{
    const struct fb_redline *rule = view->rule;
    char text[FB_DECIMAL_TEXT], level[FB_DECIMAL_TEXT], dwell[FB_TIME_TEXT];
    fb_buf_add_c(out, "<p class=\"rule\">");
    fb_html_text_cut(out, view->policy->program->name, 200);
    fb_buf_addf(out, " version %lld, <code>", (long long)view->policy->program->version);
    fb_html_text_cut(out, rule->name, 200);
    fb_buf_add_c(out, "</code>: success on ");
    for (size_t i = 0; i < rule->measure_count; i++) {
        fb_buf_add_c(out, i ? ", " : "");
        fb_html_text_cut(out, rule->measures[i], 200);
    }
    struct fb_decimal confidence = fb_decimal_ceil12(rule->confidence);
    fb_buf_addf(out, "; crossed at %s with %s confidence",
        fb_html_percent_exact(rule->threshold, text), fb_html_percent_exact(confidence, level));
    margins(out, rule);
    needs(out, rule);
    if (rule->has_clears) {
        fb_buf_addf(out, "; once crossed, clears below %s for %s",
            fb_html_percent_exact(rule->clears_below, text),
            fb_duration_format(rule->dwell_us, dwell));
    }
    fb_buf_add_c(out, ".</p>\n");
}

static void verdict(struct fb_html *html, const struct fb_line_view *view)
{
    struct fb_buf *out = html->out;
    fb_buf_add_c(out, "<p class=\"verdict\"><strong>");
    fb_html_sentence(out, fb_str_of(fb_line_status_name(view->status)));
    fb_buf_add_c(out, "</strong>");
    if (view->since != FB_TIME_MIN) {
        fb_buf_add_char(out, ' ');
        fb_line_when(view, html->picture->now, out);
    }
    fb_buf_add_c(out, view->latched ? " (latched)" : "");
    if (view->why) {
        fb_buf_add_c(out, ": ");
        fb_html_text(out, view->why->text);
    }
    fb_buf_add_c(out, ".</p>\n");
}

static void line(struct fb_html *html, const struct fb_line_view *view)
{
    struct fb_buf *out = html->out;
    const struct fb_redline *rule = view->rule;
    fb_buf_addf(out, "<article class=\"item\" id=\"v-%s\">\n<h4>", view->handle);
    fb_html_chip(out, fb_tone_of_line(view->status), fb_line_status_name(view->status));
    fb_html_sentence(out, rule->title.len ? rule->title : rule->name);
    fb_buf_addf(out, " <span class=\"handle\">%s</span></h4>\n", view->handle);
    verdict(html, view);
    fb_html_why(html, view->why ? view->why->child : NULL, NULL);
    if (view->figures.count) {
        fb_html_interval(html, view);
    } else if (view->status != FB_LINE_OUT_OF_SCOPE) {
        fb_buf_add_c(out, "<p class=\"note\">No evaluation of this system bears on it. Silence is "
                          "not safety.</p>\n");
    }
    rule_text(out, view);
    fb_buf_add_c(out, "</article>\n");
}

static void lines(struct fb_html *html, struct fb_str system)
{
    size_t count = 0;
    fb_buf_add_c(html->out, "<h3>Red lines</h3>\n");
    const struct fb_line_view *view =
        fb_picture_line(html->picture, fb_picture_of(html->picture, system)->line);
    for (; view; view = fb_picture_line(html->picture, view->next)) {
        if (count++ < FB_HTML_LINES_MAX) {
            line(html, view);
        }
    }
    if (count == 0) {
        fb_buf_add_c(html->out, "<p class=\"note\">No policy in force has a red line.</p>\n");
    }
    fb_html_cut(html->out, count > FB_HTML_LINES_MAX ? count - FB_HTML_LINES_MAX : 0,
        "red lines are not shown");
}

/* ---- duties ---- */

static bool contains(struct fb_str text, struct fb_str part)
{
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (fb_str_starts(fb_str_sub(text, i, part.len), part)) {
            return true;
        }
    }
    return false;
}

/* What the duty is about besides the system and the party, the incident, say; unless its text
 * names that already. */
static void bindings(struct fb_buf *out, const struct fb_duty_view *view)
{
    const struct fb_obligation *o = &view->obligation;
    for (size_t i = 0; i < o->duty->param_count; i++) {
        struct fb_value value = o->bindings[i];
        if (value.type != FB_TYPE_STRING || fb_str_eq(value.u.text, view->system) ||
            fb_str_eq(value.u.text, o->party) || contains(view->text, value.u.text)) {
            continue;
        }
        fb_buf_add_c(out, " <span class=\"id\">");
        fb_html_text_cut(out, value.u.text, 120);
        fb_buf_add_c(out, "</span>");
    }
}

static void duty_row(struct fb_html *html, const struct fb_duty_view *view)
{
    struct fb_buf *out = html->out;
    const struct fb_obligation *o = &view->obligation;
    fb_buf_addf(out, "<tr id=\"v-%s\"><td data-label=\"Status\">", view->handle);
    fb_html_chip(out, fb_tone_of_duty(o->status), fb_duty_status_name(o->status));
    fb_buf_add_c(out, "</td><th scope=\"row\" data-label=\"Duty\">");
    fb_html_sentence(out, view->text);
    bindings(out, view);
    fb_buf_addf(out, " <span class=\"handle\">%s</span>", view->handle);
    fb_html_why(html, o->why, "Why");
    fb_buf_add_c(out, "</th><td data-label=\"Owed by\">");
    fb_html_text(out, fb_short_id(o->party));
    fb_buf_add_c(out, "</td><td data-label=\"When\" class=\"cap\">");
    fb_duty_when(view, html->picture->now, out);
    fb_buf_add_c(out, "</td><td data-label=\"Policy\" class=\"small\">");
    fb_html_text_cut(out, view->policy->program->name, 200);
    fb_buf_addf(out, " v%lld</td></tr>\n", (long long)view->policy->program->version);
}

enum fb_code fb_html_duty_table(struct fb_html *html, struct fb_str system, struct fb_err *err)
{
    FB_ASSERT(html);
    const struct fb_duty_view **duties = NULL;
    size_t count = 0;
    enum fb_code code = fb_html_duties(html->picture, system, &duties, &count, err);
    if (code != FB_OK) {
        return code;
    }
    if (count == 0) {
        fb_buf_add_c(html->out, "<p class=\"note\">Nothing is owed.</p>\n");
    } else {
        fb_buf_add_c(html->out,
            "<table class=\"cards duties\">\n<thead><tr><th scope=\"col\">Status</th>"
            "<th scope=\"col\">Duty</th><th scope=\"col\">Owed by</th><th scope=\"col\">When (UTC)"
            "</th><th scope=\"col\">Policy</th></tr></thead>\n<tbody>\n");
        for (size_t i = 0; i < count && i < FB_HTML_DUTIES_MAX; i++) {
            duty_row(html, duties[i]);
        }
        fb_buf_add_c(html->out, "</tbody>\n</table>\n");
    }
    fb_html_cut(html->out, count > FB_HTML_DUTIES_MAX ? count - FB_HTML_DUTIES_MAX : 0,
        "duties are not shown");
    fb_free(duties);
    return FB_OK;
}

/* ---- cases ---- */

static enum fb_code one_case(
    struct fb_html *html, const struct fb_case_view *view, struct fb_err *err)
{
    struct fb_buf *out = html->out;
    fb_buf_addf(out, "<article class=\"item\" id=\"v-%s\">\n<h4>", view->handle);
    fb_html_chip(out, fb_tone_of_label(view->label), fb_html_label(view->label));
    fb_html_sentence(out, fb_record_text(view->record, "top"));
    fb_buf_addf(out, " <span class=\"handle\">%s</span></h4>\n<p class=\"verdict\">Safety case ",
        view->handle);
    fb_html_text(out, fb_record_text(view->record, "name"));
    fb_buf_add_c(out, ", ");
    fb_html_record_link(html, view->record->id, view->record->seq);
    fb_buf_add_c(out, ", submitted by ");
    fb_html_text(out, fb_short_id(view->record->issuer));
    fb_buf_add_c(out, ": its top claim is <strong>");
    fb_html_text(out, fb_str_of(fb_html_label(view->label)));
    fb_buf_add_c(out, "</strong>");
    if (view->since != FB_TIME_MIN) {
        fb_buf_add_c(out, " since ");
        fb_html_time(out, view->since);
    }
    fb_buf_addf(out, "; it is %s%s", fb_case_stage_name(view->stage), view->stage_by ? " by " : "");
    if (view->stage_by) {
        fb_html_record_link(html, view->stage_by->id, view->stage_by->seq);
    }
    fb_buf_addf(out, "%s.</p>\n", fb_case_stage_note(view));
    fb_html_why(html, view->why, NULL);
    enum fb_code code = FB_OK;
    if (view->argument && view->argument->element_count <= FB_HTML_DRAWN_MAX) {
        fb_buf_add_c(out, "<div class=\"wide drawing\">");
        code = fb_report_case_svg(view->argument, out, err);
        fb_buf_add_c(out, "</div>\n");
    }
    if (code == FB_OK && view->argument) {
        code = fb_html_argument(html, view->argument, err);
    }
    fb_buf_add_c(out, "</article>\n");
    return code;
}

static enum fb_code cases(struct fb_html *html, struct fb_str system, struct fb_err *err)
{
    size_t count = 0;
    enum fb_code code = FB_OK;
    fb_buf_add_c(html->out, "<h3>Safety case</h3>\n");
    for (size_t i = 0; code == FB_OK && i < html->picture->case_count; i++) {
        if (!fb_str_eq(html->picture->cases[i].system, system)) {
            continue;
        }
        if (count++ < FB_HTML_CASES_MAX) {
            code = one_case(html, &html->picture->cases[i], err);
        }
    }
    if (count == 0) {
        fb_buf_add_c(html->out, "<p class=\"note\">None was submitted.</p>\n");
    }
    fb_html_cut(html->out, count > FB_HTML_CASES_MAX ? count - FB_HTML_CASES_MAX : 0,
        "safety cases are not shown");
    return code;
}

/* ---- licences ---- */

/* Orders that bind the system now. */
static void orders(struct fb_html *html, const struct fb_system_view *system)
{
    struct fb_buf *out = html->out;
    for (size_t i = 0; i < html->picture->order_count; i++) {
        const struct fb_order_view *view = &html->picture->orders[i];
        if (!fb_order_binds(view, system) || !view->why) {
            continue;
        }
        fb_buf_addf(out, "<div class=\"licence\" id=\"v-%s\">\n<h4>", view->handle);
        fb_html_chip(out, FB_TONE_BAD, fb_order_action_name(view->action));
        fb_html_sentence(out, view->why->text);
        fb_buf_addf(out, " <span class=\"handle\">%s</span></h4>\n", view->handle);
        if (view->why->child) {
            fb_html_why(html, view->why->child, NULL);
        }
        fb_buf_add_c(out, "</div>\n");
    }
}

static void licences(struct fb_html *html, const struct fb_system_view *view_of)
{
    struct fb_buf *out = html->out;
    struct fb_str system = view_of->id;
    fb_buf_add_c(out, "<h3>What it may do</h3>\n<div class=\"licences\">\n");
    orders(html, view_of);
    for (int action = 0; action < FB_ACTION_COUNT; action++) {
        const struct fb_licence_view *view =
            fb_licence_of(html->picture, system, (enum fb_action)action);
        if (!view) {
            continue;
        }
        fb_buf_addf(out, "<div class=\"licence\" id=\"v-%s\">\n<h4>", view->handle);
        fb_html_chip(
            out, view->allowed ? FB_TONE_GOOD : FB_TONE_BAD, view->allowed ? "allowed" : "refused");
        fb_html_sentence(out, fb_str_of(fb_action_name((enum fb_action)action)));
        fb_buf_addf(out, " <span class=\"handle\">%s</span></h4>\n", view->handle);
        if (view->why && view->why->child) {
            fb_html_why(html, view->why->child, NULL);
        } else if (view->why) {
            fb_buf_add_c(out, "<p>");
            fb_html_sentence(out, view->why->text);
            fb_buf_add_c(out, ".</p>\n");
        }
        fb_buf_add_c(out, "</div>\n");
    }
    fb_buf_add_c(out, "</div>\n");
}

enum fb_code fb_html_system(struct fb_html *html, size_t index, struct fb_err *err)
{
    FB_ASSERT(html && index < html->picture->system_count);
    const struct fb_system_view *system = &html->picture->systems[index];
    struct fb_buf *out = html->out;
    fb_buf_addf(out,
        "<section class=\"system\" id=\"system-%zu\" aria-labelledby=\"system-%zu-title\">\n"
        "<h2 id=\"system-%zu-title\">",
        index + 1, index + 1, index + 1);
    fb_html_text_cut(out, fb_system_title(system), 200);
    fb_buf_add_c(out, " <span class=\"id\">");
    fb_html_text_cut(out, fb_short_id(system->id), FB_ID_MAX);
    fb_buf_add_c(out, "</span></h2>\n");
    facts(html, system);
    licences(html, system);
    lines(html, system->id);
    fb_buf_add_c(out, "<h3>Duties</h3>\n");
    enum fb_code code = fb_html_duty_table(html, system->id, err);
    if (code == FB_OK) {
        code = cases(html, system->id, err);
    }
    fb_buf_add_c(out, "</section>\n");
    return code;
}

/* html.c: the page as a whole: head, what needs attention, the table, the timeline, policies. */
#include "report/html.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/codec.h"

static void head(struct fb_html *html)
{
    const struct fb_picture *picture = html->picture;
    struct fb_buf *out = html->out;
    char now[FB_TIME_TEXT];
    fb_html_begin(out, "", false);
    fb_html_text_cut(out, picture->origin, 200);
    fb_buf_addf(out, ", %s UTC</title>\n<style>\n", fb_time_format_short(picture->now, now));
    fb_html_style(out);
    fb_buf_add_c(out, "</style>\n</head>\n<body>\n<main>\n");
}

static void banner(struct fb_html *html)
{
    struct fb_buf *out = html->out;
    if (html->picture->simulated) {
        fb_buf_add_c(out,
            "<p class=\"banner\" role=\"note\"><strong>Simulated clock.</strong> This "
            "docket is an example: its dates are not the world's.</p>\n");
    }
    if (html->picture->as_of != FB_TIME_MAX) {
        fb_buf_add_c(out, "<p class=\"banner\" role=\"note\"><strong>Looking back.</strong> This "
                          "page shows what was known before ");
        fb_html_time(out, html->picture->as_of);
        fb_buf_add_c(out, " UTC, under the policies of that time.</p>\n");
    }
}

static void title(struct fb_html *html)
{
    const struct fb_picture *picture = html->picture;
    struct fb_buf *out = html->out;
    char root[65];
    fb_hex_encode(picture->root, sizeof(picture->root), root);
    fb_buf_add_c(out, "<header>\n<p class=\"eyebrow\">Docket</p>\n<h1>");
    fb_html_text_cut(out, picture->origin, 200);
    fb_buf_add_c(out, "</h1>\n<p class=\"instant\">What holds at ");
    fb_html_time(out, picture->now);
    fb_buf_add_c(out, " UTC, from ");
    fb_html_count(out, (int64_t)picture->record_count);
    fb_buf_addf(out, " signed record%s</p>\n", picture->record_count == 1 ? "" : "s");
    banner(html);
    fb_buf_addf(out,
        "<p class=\"seal\">Root of the ledger <code class=\"root\">%s</code><br>To check it, run "
        "<code>flyball log verify</code>: it recomputes every hash and signature and prints this "
        "root if all of them hold. <code>flyball report ",
        root);
    if (picture->about.len) {
        fb_html_text_cut(out, picture->about, 200);
        fb_buf_add_char(out, ' ');
    }
    fb_buf_add_c(out, "--html FILE</code> at the same instant gives this page again, byte for "
                      "byte.</p>\n</header>\n");
}

/* ---- what needs attention ---- */

/* A list in the making. */
struct attention {
    struct fb_html *html;
    size_t count;
};

static void attend_system(struct attention *list, struct fb_str system)
{
    const struct fb_picture *picture = list->html->picture;
    for (size_t i = 0; i < picture->system_count; i++) {
        if (fb_str_eq(picture->systems[i].id, system)) {
            fb_buf_add_c(list->html->out, "<b>");
            fb_html_text_cut(list->html->out, fb_system_title(&picture->systems[i]), 80);
            fb_buf_add_c(list->html->out, "</b>: ");
        }
    }
}

/* Begins an entry when there is room for it. */
static bool attend(struct attention *list, const char *handle, enum fb_tone tone, const char *word,
    struct fb_str system)
{
    if (list->count++ >= FB_HTML_ATTENTION_MAX) {
        return false;
    }
    fb_buf_add_c(list->html->out, "<li>");
    fb_html_chip(list->html->out, tone, word);
    fb_buf_addf(list->html->out, "<a href=\"#v-%s\">", handle);
    attend_system(list, system);
    return true;
}

static void attend_lines(struct attention *list, enum fb_line_status status)
{
    const struct fb_picture *picture = list->html->picture;
    struct fb_buf *out = list->html->out;
    for (size_t i = 0; i < picture->line_count; i++) {
        const struct fb_line_view *view = &picture->lines[i];
        if (view->status != status || !attend(list, view->handle, fb_tone_of_line(status),
                                          fb_line_status_name(status), view->system)) {
            continue;
        }
        if (view->rule->title.len) {
            fb_html_text_cut(out, view->rule->title, 120);
        } else {
            fb_html_words(out, view->rule->name, 120);
        }
        fb_buf_add_c(out, "</a>");
        if (view->since != FB_TIME_MIN) {
            fb_buf_add_c(out, " <span class=\"when\">since ");
            fb_html_time(out, view->since);
            fb_buf_add_c(out, "</span>");
        }
        fb_buf_add_c(out, "</li>\n");
    }
}

static void attend_duties(struct attention *list, enum fb_duty_status status)
{
    const struct fb_picture *picture = list->html->picture;
    struct fb_buf *out = list->html->out;
    for (size_t i = 0; i < picture->duty_count; i++) {
        const struct fb_duty_view *view = &picture->duties[i];
        if (view->obligation.status != status ||
            !attend(list, view->handle, fb_tone_of_duty(status), fb_duty_status_name(status),
                view->system)) {
            continue;
        }
        fb_html_text_cut(out, fb_short_id(view->obligation.party), 60);
        fb_buf_add_c(out, " owes: ");
        fb_html_text_cut(out, view->text, 160);
        fb_buf_add_c(out, "</a> <span class=\"when\">");
        fb_duty_when(view, picture->now, out);
        fb_buf_add_c(out, "</span></li>\n");
    }
}

static void attend_cases(struct attention *list)
{
    const struct fb_picture *picture = list->html->picture;
    struct fb_buf *out = list->html->out;
    for (size_t i = 0; i < picture->case_count; i++) {
        const struct fb_case_view *view = &picture->cases[i];
        if (view->label == FB_LABEL_IN || !attend(list, view->handle, fb_tone_of_label(view->label),
                                              fb_html_label(view->label), view->system)) {
            continue;
        }
        fb_buf_add_c(out, "safety case ");
        fb_html_text_cut(out, fb_record_text(view->record, "name"), 100);
        fb_buf_add_c(out, "</a> <span class=\"when\">since ");
        fb_html_time(out, view->since);
        fb_buf_add_c(out, "</span></li>\n");
    }
}

static void attention(struct fb_html *html)
{
    struct attention list = {html, 0};
    fb_buf_add_c(html->out, "<section aria-labelledby=\"attention\">\n<h2 id=\"attention\">What "
                            "needs attention</h2>\n<ul class=\"attention\">\n");
    attend_lines(&list, FB_LINE_CROSSED);
    attend_duties(&list, FB_DUTY_OVERDUE);
    attend_duties(&list, FB_DUTY_BROKEN);
    attend_cases(&list);
    attend_lines(&list, FB_LINE_NOT_RULED_OUT);
    attend_duties(&list, FB_DUTY_UNDATED);
    attend_duties(&list, FB_DUTY_OWED);
    if (list.count == 0) {
        fb_buf_add_c(html->out, "<li>Nothing: no red line is open, nothing is owed.</li>\n");
    }
    fb_buf_add_c(html->out, "</ul>\n");
    fb_html_cut(html->out,
        list.count > FB_HTML_ATTENTION_MAX ? list.count - FB_HTML_ATTENTION_MAX : 0,
        "entries stand in the sections below");
    fb_buf_add_c(html->out, "</section>\n");
}

/* ---- the table ---- */

static void cell_lines(struct fb_html *html, const struct fb_system_view *system)
{
    struct fb_buf *out = html->out;
    size_t count = 0;
    enum { SHOWN = 6 };
    const struct fb_line_view *view = fb_picture_line(html->picture, system->first.line);
    for (; view; view = fb_picture_line(html->picture, view->next)) {
        if (count++ >= SHOWN) {
            continue;
        }
        fb_buf_add_c(out, "<div class=\"pair\"><span>");
        fb_html_words(out, view->rule->name, 30);
        fb_buf_add_c(out, "</span> ");
        fb_html_chip(out, fb_tone_of_line(view->status), fb_line_status_name(view->status));
        fb_buf_add_c(out, "</div>");
    }
    if (count > SHOWN) {
        fb_buf_addf(out, "<div class=\"cut\">and %zu more</div>", count - SHOWN);
    }
    fb_buf_add_c(out, count ? "" : "none");
}

/* How many duties stand how, the worst first; duties are in the order of fb_html_duties. */
static void duty_counts(struct fb_buf *out, const struct fb_duty_view **duties, size_t count)
{
    char text[64];
    for (size_t i = 0; i < count;) {
        enum fb_duty_status status = duties[i]->obligation.status;
        size_t first = i;
        while (i < count && duties[i]->obligation.status == status) {
            i++;
        }
        (void)snprintf(text, sizeof(text), "%zu %s", i - first, fb_duty_status_name(status));
        fb_html_chip(out, fb_tone_of_duty(status), text);
        fb_buf_add_char(out, ' ');
    }
}

/* The counts and the one duty that presses most: the oldest breach, or the next deadline. */
static enum fb_code cell_duties(
    struct fb_html *html, const struct fb_system_view *system, struct fb_err *err)
{
    struct fb_buf *out = html->out;
    const struct fb_duty_view **duties = NULL;
    size_t count = 0;
    enum fb_code code = fb_html_duties(html->picture, system->id, &duties, &count, err);
    if (code != FB_OK) {
        return code;
    }
    duty_counts(out, duties, count);
    fb_buf_add_c(out, count ? "" : "nothing owed");
    enum fb_duty_status first = count ? duties[0]->obligation.status : FB_DUTY_MET;
    if (first == FB_DUTY_OVERDUE || first == FB_DUTY_OWED || first == FB_DUTY_BROKEN) {
        fb_buf_add_c(out, "<div class=\"small cap\">");
        fb_duty_when(duties[0], html->picture->now, out);
        fb_buf_add_c(out, "</div>");
    }
    fb_free(duties);
    return FB_OK;
}

static void cell_cases(struct fb_html *html, const struct fb_system_view *system)
{
    struct fb_buf *out = html->out;
    size_t count = 0;
    for (size_t i = 0; i < html->picture->case_count; i++) {
        const struct fb_case_view *view = &html->picture->cases[i];
        if (!fb_str_eq(view->system, system->id) || count++ >= FB_HTML_CASES_MAX) {
            continue;
        }
        fb_buf_add_c(out, "<div class=\"pair\"><span>");
        fb_html_text_cut(out, fb_record_text(view->record, "name"), 30);
        fb_buf_add_c(out, "</span> ");
        fb_html_chip(out, fb_tone_of_label(view->label), fb_html_label(view->label));
        fb_buf_add_c(out, "</div>");
    }
    fb_buf_add_c(out, count ? "" : "none");
}

static enum fb_code table_row(struct fb_html *html, size_t index, struct fb_err *err)
{
    static const char *const names[] = {[FB_ACTION_TRAIN] = "May train",
        [FB_ACTION_DEPLOY] = "May deploy",
        [FB_ACTION_AUTONOMY] = "May act autonomously"};
    const struct fb_system_view *system = &html->picture->systems[index];
    struct fb_buf *out = html->out;
    fb_buf_addf(out, "<tr><th scope=\"row\"><a href=\"#system-%zu\">", index + 1);
    fb_html_text_cut(out, fb_system_title(system), 100);
    fb_buf_add_c(out, "</a><div class=\"small\">");
    fb_html_text_cut(out, fb_short_id(system->id), 60);
    fb_buf_addf(
        out, "%s</div></th><td data-label=\"Red lines\">", system->exempt ? ", exempt" : "");
    cell_lines(html, system);
    fb_buf_add_c(out, "</td><td data-label=\"Duties\">");
    enum fb_code code = cell_duties(html, system, err);
    fb_buf_add_c(out, "</td><td data-label=\"Safety case\">");
    cell_cases(html, system);
    fb_buf_add_c(out, "</td>");
    for (int action = 0; action < FB_ACTION_COUNT; action++) {
        const struct fb_licence_view *view =
            fb_licence_of(html->picture, system->id, (enum fb_action)action);
        fb_buf_addf(out, "<td data-label=\"%s\">", names[action]);
        fb_html_chip(out,
            !view           ? FB_TONE_FAINT
            : view->allowed ? FB_TONE_GOOD
                            : FB_TONE_BAD,
            !view           ? "unknown"
            : view->allowed ? "yes"
                            : "no");
        fb_buf_add_c(out, "</td>");
    }
    fb_buf_add_c(out, "</tr>\n");
    return code;
}

static enum fb_code glance(struct fb_html *html, struct fb_err *err)
{
    const struct fb_picture *picture = html->picture;
    struct fb_buf *out = html->out;
    enum fb_code code = FB_OK;
    fb_buf_add_c(out, "<section aria-labelledby=\"glance\">\n<h2 id=\"glance\">At a glance</h2>\n");
    if (picture->system_count == 0) {
        fb_buf_add_c(out, "<p class=\"note\">No system is registered yet.</p>\n</section>\n");
        return FB_OK;
    }
    fb_buf_add_c(out, "<table class=\"cards glance\">\n<thead><tr><th scope=\"col\">System</th>"
                      "<th scope=\"col\">Red lines</th><th scope=\"col\">Duties</th>"
                      "<th scope=\"col\">Safety case</th><th scope=\"col\">May train</th>"
                      "<th scope=\"col\">May deploy</th><th scope=\"col\">May act autonomously</th>"
                      "</tr></thead>\n<tbody>\n");
    size_t shown =
        picture->system_count < FB_HTML_SYSTEMS_MAX ? picture->system_count : FB_HTML_SYSTEMS_MAX;
    for (size_t i = 0; code == FB_OK && i < shown; i++) {
        code = table_row(html, i, err);
    }
    fb_buf_add_c(out, "</tbody>\n</table>\n");
    fb_html_cut(out, picture->system_count - shown,
        "systems are not shown; <code>flyball status</code> prints all");
    fb_buf_add_c(out, "</section>\n");
    return code;
}

/* ---- policies ---- */

static void force(struct fb_buf *out, const struct fb_policy_view *view)
{
    if (view->program->effective == FB_TIME_MAX) {
        fb_html_chip(out, FB_TONE_FAINT, "never in force");
        return;
    }
    switch (view->force) {
    case FB_NOT_YET_IN_FORCE:
        fb_html_chip(out, FB_TONE_WARN, "not yet in force");
        break;
    case FB_IN_FORCE:
        fb_html_chip(out, FB_TONE_GOOD, "in force");
        break;
    case FB_EXPIRED:
        fb_html_chip(out, FB_TONE_FAINT, "expired");
        break;
    }
    const struct fb_program *program = view->program;
    if (program->effective == FB_TIME_MIN && program->expires == FB_TIME_MAX) {
        return;
    }
    fb_buf_add_c(out, "<div class=\"small\">");
    if (program->effective != FB_TIME_MIN) {
        fb_buf_add_c(out, "from ");
        fb_html_time(out, program->effective);
    }
    if (program->expires != FB_TIME_MAX) {
        fb_buf_add_c(out, program->effective != FB_TIME_MIN ? " until " : "until ");
        fb_html_time(out, program->expires);
    }
    fb_buf_add_c(out, "</div>");
}

static void policy_row(struct fb_html *html, const struct fb_policy_view *view)
{
    struct fb_buf *out = html->out;
    const struct fb_program *program = view->program;
    fb_buf_add_c(out, "<tr><th scope=\"row\" data-label=\"Policy\">");
    fb_html_text_cut(out, program->title.len ? program->title : program->name, 200);
    fb_buf_add_c(out, "<div class=\"small\">");
    fb_html_text_cut(out, program->name, 200);
    fb_buf_addf(out, ", version %lld, ", (long long)program->version);
    fb_html_record_link(html, view->record->id, view->record->seq);
    fb_buf_add_c(out, "</div></th><td data-label=\"Source\">");
    fb_html_text_cut(out, program->source, 300);
    fb_buf_add_c(out, "</td><td data-label=\"Force\">");
    force(out, view);
    fb_buf_addf(out, "</td><td data-label=\"Rules\">%zu red line%s, %zu dut%s</td></tr>\n",
        program->redline_count, program->redline_count == 1 ? "" : "s", program->duty_count,
        program->duty_count == 1 ? "y" : "ies");
}

static void policies(struct fb_html *html)
{
    const struct fb_picture *picture = html->picture;
    struct fb_buf *out = html->out;
    fb_buf_add_c(
        out, "<section aria-labelledby=\"policies\">\n<h2 id=\"policies\">Policies</h2>\n");
    if (picture->policy_count == 0) {
        fb_buf_add_c(
            out, "<p class=\"note\">The docket has none: nothing is asked of anyone.</p>\n");
    } else {
        fb_buf_add_c(out, "<table class=\"cards policies\">\n<thead><tr><th scope=\"col\">Policy"
                          "</th><th scope=\"col\">Source</th><th scope=\"col\">Force</th>"
                          "<th scope=\"col\">Rules</th></tr></thead>\n<tbody>\n");
        for (size_t i = 0; i < picture->policy_count && i < FB_HTML_POLICIES_MAX; i++) {
            policy_row(html, &picture->policies[i]);
        }
        fb_buf_add_c(out, "</tbody>\n</table>\n");
    }
    fb_html_cut(out,
        picture->policy_count > FB_HTML_POLICIES_MAX ? picture->policy_count - FB_HTML_POLICIES_MAX
                                                     : 0,
        "policies are not shown");
    fb_buf_add_c(out, "</section>\n");
}

static void pace(struct fb_html *html, enum fb_pace level, const struct fb_why *why)
{
    struct fb_buf *out = html->out;
    fb_buf_add_c(out, "<div class=\"pace\"><p>");
    fb_html_chip(out, level == FB_PACE_FAST ? FB_TONE_WARN : FB_TONE_GOOD, fb_pace_name(level));
    fb_buf_add_char(out, ' ');
    fb_html_words(out, why->text, FB_HTML_TEXT_MAX);
    fb_buf_add_c(out, "</p>\n");
    fb_html_why(html, why, "Why");
    fb_buf_add_c(out, "</div>\n");
}

/* How fast what was measured grows, and which pace each policy has for it. */
static enum fb_code paces(struct fb_html *html, struct fb_err *err)
{
    const struct fb_picture *picture = html->picture;
    if (picture->pace_count + picture->policy_pace_count + picture->progress.count == 0) {
        return FB_OK;
    }
    fb_buf_add_c(
        html->out, "<section aria-labelledby=\"pace\">\n<h2 id=\"pace\">Pace of progress</h2>\n");
    for (size_t i = 0; i < picture->policy_pace_count; i++) {
        const struct fb_policy_pace_view *view = &picture->policy_paces[i];
        pace(html, view->level, view->why);
    }
    for (size_t i = 0; i < picture->pace_count; i++) {
        const struct fb_pace_view *view = &picture->paces[i];
        pace(html, view->segment->pace.pace, view->why);
    }
    enum fb_code code = fb_html_growth(html, err);
    fb_buf_add_c(html->out, "</section>\n");
    return code;
}

static enum fb_code timeline(struct fb_html *html, struct fb_err *err)
{
    if (html->picture->system_count == 0 && html->picture->duty_count == 0) {
        return FB_OK;
    }
    fb_buf_add_c(html->out, "<section aria-labelledby=\"time\">\n<h2 id=\"time\">Over time</h2>\n");
    enum fb_code code = fb_html_timeline(html, err);
    fb_buf_add_c(html->out, "</section>\n");
    return code;
}

static enum fb_code other_duties(struct fb_html *html, struct fb_err *err)
{
    struct fb_str none = {NULL, 0};
    for (size_t i = 0; i < html->picture->duty_count; i++) {
        if (html->picture->duties[i].system.len == 0) {
            fb_buf_add_c(html->out, "<section aria-labelledby=\"other\">\n<h2 id=\"other\">Duties "
                                    "that concern no one system</h2>\n");
            enum fb_code code = fb_html_duty_table(html, none, err);
            fb_buf_add_c(html->out, "</section>\n");
            return code;
        }
    }
    return FB_OK;
}

enum fb_code fb_report_html(
    const struct fb_picture *picture, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && out);
    struct fb_html html = {.out = out, .picture = picture, .why_left = FB_HTML_WHY_ALL_MAX};
    size_t before = out->len;
    enum fb_code code = fb_html_collect(&html, err);
    if (code == FB_OK) {
        head(&html);
        title(&html);
        attention(&html);
        code = glance(&html, err);
        code = code == FB_OK ? paces(&html, err) : code;
    }
    code = code == FB_OK ? timeline(&html, err) : code;
    for (size_t i = 0; code == FB_OK && i < picture->system_count && i < FB_HTML_SYSTEMS_MAX; i++) {
        code = fb_html_system(&html, i, err);
    }
    code = code == FB_OK ? other_duties(&html, err) : code;
    code = code == FB_OK ? fb_html_calibration(&html, err) : code;
    if (code == FB_OK) {
        policies(&html);
        fb_html_index(&html);
        fb_buf_add_c(out, "</main>\n<footer><p>Made by flyball " FLYBALL_VERSION
                          " from the docket alone: the same records, policies and instant give the "
                          "same page.</p></footer>\n</body>\n</html>\n");
        code = fb_buf_check(out, "the page", err);
    }
    if (code != FB_OK && out->len > before) {
        fb_buf_cut(out, before);
    }
    fb_free(html.records);
    return code;
}

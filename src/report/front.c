/* front.c: the first page of a docket that is served. */
#include "report/front.h"
#include "base/assert.h"
#include "base/codec.h"
#include "report/html.h"

static void head(const struct fb_front *front, struct fb_buf *out)
{
    char root[2 * sizeof(front->root) + 1];
    fb_html_begin(out, "", false);
    fb_html_text_cut(out, front->origin, 200);
    fb_buf_add_c(out, "</title>\n<style>\n");
    fb_html_style(out);
    fb_buf_add_c(out, "</style>\n</head>\n<body>\n<main>\n<header>\n<p class=\"eyebrow\">Docket"
                      "</p>\n<h1>");
    fb_html_text_cut(out, front->origin, 200);
    fb_buf_add_c(out, "</h1>\n<p class=\"instant\">");
    fb_html_count(out, (int64_t)front->entries);
    fb_buf_addf(out, " signed record%s, all verified, at ", front->entries == 1 ? "" : "s");
    fb_html_time(out, front->now);
    fb_buf_add_c(out, " UTC</p>\n");
    if (front->simulated) {
        fb_buf_add_c(out,
            "<p class=\"banner\" role=\"note\"><strong>Simulated clock.</strong> This docket is an "
            "example: its dates are not the world's.</p>\n");
    }
    fb_buf_addf(out, "<p class=\"seal\">Root of the ledger <code class=\"root\">%s</code></p>\n",
        fb_hex_encode(front->root, sizeof(front->root), root));
    fb_buf_add_c(out, "</header>\n");
}

/* What a system may do, with links to the reasons; no more than the links when it was not asked. */
static void add_actions(struct fb_str name, const bool *allowed, struct fb_buf *out)
{
    for (int action = 0; action < FB_ACTION_COUNT; action++) {
        fb_buf_addf(out, "<td><a href=\"gate/%s/", fb_action_word((enum fb_action)action));
        fb_html_text_all(out, name);
        fb_buf_add_c(out, "\">");
        if (allowed) {
            fb_html_chip(
                out, allowed[action] ? FB_TONE_GOOD : FB_TONE_BAD, allowed[action] ? "yes" : "no");
        } else {
            fb_buf_add_c(out, "ask");
        }
        fb_buf_add_c(out, "</a></td>");
    }
}

static enum fb_code add_row(const struct fb_front *front, const struct fb_record *system,
    bool asked, struct fb_buf *out, struct fb_err *err)
{
    const struct fb_record *last = fb_registry_last(front->registry, system);
    struct fb_str name = fb_short_id(system->id), title = fb_record_text(last, "title");
    bool allowed[FB_ACTION_COUNT] = {false};
    enum fb_code code = asked ? front->ask(front->ctx, system->id, allowed, err) : FB_OK;
    if (code != FB_OK) {
        return code;
    }
    fb_buf_add_c(out, "<tr><th scope=\"row\"><a href=\"system/");
    fb_html_text_all(out, name);
    fb_buf_add_c(out, "\">");
    fb_html_text_cut(out, title.len ? title : name, 120);
    fb_buf_add_c(out, "</a></th><td>");
    fb_html_text_cut(out, fb_short_id(fb_record_text(last, "developer")), 120);
    fb_buf_add_c(out, "</td>");
    add_actions(name, asked ? allowed : NULL, out);
    fb_buf_add_c(out, "<td><a href=\"status/");
    fb_html_text_all(out, name);
    fb_buf_add_c(out, "\">JSON</a></td></tr>\n");
    return FB_OK;
}

/* The first records of systems. */
static size_t count_systems(const struct fb_registry *registry)
{
    size_t count = 0;
    const struct fb_record *record = fb_registry_first(registry, FB_KIND_system);
    for (; record; record = fb_registry_next(registry, record)) {
        count += fb_registry_root(registry, record) == record;
    }
    return count;
}

enum fb_code fb_report_front_html(
    const struct fb_front *front, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(front && front->registry && out);
    size_t count = count_systems(front->registry), shown = 0;
    enum fb_code code = FB_OK;
    head(front, out);
    fb_buf_add_c(out, "<section>\n<h2>Systems</h2>\n<div class=\"scroll\">\n<table>\n<thead><tr>"
                      "<th>System</th><th>Developer</th><th>May be trained</th>"
                      "<th>May be deployed</th><th>May act autonomously</th><th>Status</th></tr>"
                      "</thead>\n<tbody>\n");
    const struct fb_record *record = fb_registry_first(front->registry, FB_KIND_system);
    for (; record && shown < FB_FRONT_SYSTEMS_MAX && code == FB_OK;
         record = fb_registry_next(front->registry, record)) {
        if (fb_registry_root(front->registry, record) == record) {
            code = add_row(front, record, count <= FB_FRONT_ASKED_MAX, out, err);
            shown++;
        }
    }
    fb_buf_add_c(out, "</tbody>\n</table>\n</div>\n");
    fb_html_cut(out, count - shown, "systems are not shown: ask for them by name");
    fb_buf_add_c(out, "</section>\n</main>\n</body>\n</html>\n");
    return code ? code : fb_buf_check(out, "the page", err);
}

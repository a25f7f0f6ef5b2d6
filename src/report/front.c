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

/* Links to what is answered about a system. */
static void answers(struct fb_str name, struct fb_buf *out)
{
    static const char *const asked[] = {"train", "deploy", "autonomy"};
    fb_buf_add_c(out, "<td><a href=\"status/");
    fb_html_text_all(out, name);
    fb_buf_add_c(out, "\">status</a></td><td>");
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        fb_buf_addf(out, "%s<a href=\"gate/%s/", i ? ", " : "", asked[i]);
        fb_html_text_all(out, name);
        fb_buf_addf(out, "\">%s</a>", asked[i]);
    }
    fb_buf_add_c(out, "</td>");
}

static void row(const struct fb_front *front, const struct fb_record *system, struct fb_buf *out)
{
    const struct fb_record *last = fb_registry_last(front->registry, system);
    struct fb_str name = fb_short_id(system->id), title = fb_record_text(last, "title");
    fb_buf_add_c(out, "<tr><th scope=\"row\"><a href=\"system/");
    fb_html_text_all(out, name);
    fb_buf_add_c(out, "\">");
    fb_html_text_cut(out, title.len ? title : name, 120);
    fb_buf_add_c(out, "</a></th><td>");
    fb_html_text_cut(out, fb_short_id(fb_record_text(last, "developer")), 120);
    fb_buf_add_c(out, "</td><td>");
    fb_html_words(out, fb_record_text(last, "stage"), 60);
    fb_buf_add_c(out, "</td>");
    answers(name, out);
    fb_buf_add_c(out, "</tr>\n");
}

enum fb_code fb_report_front_html(
    const struct fb_front *front, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(front && front->registry && out);
    size_t count = 0;
    head(front, out);
    fb_buf_add_c(out, "<section>\n<h2>Systems</h2>\n<div class=\"scroll\">\n<table>\n<thead><tr>"
                      "<th>System</th><th>Developer</th><th>Stage</th><th>As JSON</th>"
                      "<th>May it</th></tr></thead>\n<tbody>\n");
    const struct fb_record *record = fb_registry_first(front->registry, FB_KIND_system);
    for (; record; record = fb_registry_next(front->registry, record)) {
        if (fb_registry_root(front->registry, record) == record && count++ < FB_FRONT_SYSTEMS_MAX) {
            row(front, record, out);
        }
    }
    fb_buf_add_c(out, "</tbody>\n</table>\n</div>\n");
    fb_html_cut(out, count > FB_FRONT_SYSTEMS_MAX ? count - FB_FRONT_SYSTEMS_MAX : 0,
        "systems are not shown: ask for them by name");
    fb_buf_add_c(out, "</section>\n</main>\n</body>\n</html>\n");
    return fb_buf_check(out, "the page", err);
}

/* register_html.c: the register as a page that stands by itself. */
#include "base/assert.h"
#include "report/exports.h"
#include "report/html.h"
#include "report/register_parts.h"
#include "report/words.h"

enum { PAGE_SYSTEMS_MAX = 2000 };

static void html_cell(struct fb_buf *out, struct fb_str s)
{
    fb_buf_add_c(out, "<td>");
    fb_html_text_cut(out, fb_register_or_dash(s), 120);
    fb_buf_add_c(out, "</td>");
}

/* A figure of a deployment between two texts, when it is said. */
static void html_figure(struct fb_buf *out, const struct fb_record *record, const char *field,
    const char *const around[2])
{
    double value = fb_register_number(record, field, -1);
    if (value >= 0) {
        fb_buf_addf(out, "%s%.6g%s", around[0], value, around[1]);
    }
}

/* Where it works, how it acts there, and who watches it. What is not said is no zero. */
static void html_deployment(struct fb_buf *out, const struct fb_record *record, fb_time now)
{
    static const char *const autonomy[] = {
        "informs", "proposes", "acts when approved", "acts while watched", "acts alone"};
    size_t level = (size_t)fb_register_number(record, "autonomy", 99);
    struct fb_str role = fb_register_text(record, "role");
    struct fb_str oversight = fb_register_text(record, "oversight");
    fb_buf_add_c(out, "<li>");
    fb_html_text_cut(
        out, role.len ? role : fb_register_or_dash(fb_register_text(record, "sector")), 160);
    fb_buf_addf(out, " (%s%s), %s",
        fb_str_is(fb_register_text(record, "scope"), "external") ? "external" : "internal",
        fb_register_time(record, "ended", FB_TIME_MAX) <= now ? "; ended" : "",
        level < 5 ? autonomy[level] : "autonomy not said");
    if (fb_register_number(record, "overseers", -1) < 0) {
        fb_buf_add_c(out, "; how many watch it is not said");
    }
    html_figure(out, record, "overseers", (const char *const[2]){"; people who watch it: ", ""});
    html_figure(out, record, "decisions_each_day",
        (const char *const[2]){"; decisions a day that each sees: ", ""});
    html_figure(out, record, "overruled_share",
        (const char *const[2]){"; share of them that is overruled: ", ""});
    html_figure(out, record, "stop_s", (const char *const[2]){"; stopped within ", " s"});
    if (oversight.len) {
        fb_buf_add_c(out, "; oversight: ");
        fb_html_text_cut(out, oversight, 160);
    }
    fb_buf_add_c(out, "</li>\n");
}

static void html_deployments(
    struct fb_buf *out, const struct fb_register_system *system, fb_time now)
{
    for (size_t i = 0; i < system->record_count; i++) {
        if (system->records[i]->kind == FB_KIND_deployment) {
            html_deployment(out, system->records[i], now);
        }
    }
}

static void html_system(struct fb_buf *out, const struct fb_register_system *system, fb_time now)
{
    size_t access[3];
    struct fb_buf words;
    fb_register_honoured(system, access);
    fb_buf_init(&words, 1 << 16);
    fb_buf_add_c(out, "<tr><th scope=\"row\">");
    fb_html_text_cut(out, fb_register_text(system->record, "title"), 120);
    fb_buf_add_c(out, "<br><small>");
    fb_html_text_cut(out, system->id, 120);
    fb_buf_add_c(out, "</small></th>");
    html_cell(out, fb_register_text(system->record, "stage"));
    html_cell(out, fb_short_id(fb_register_text(system->record, "developer")));
    fb_buf_clear(&words);
    fb_register_add_parents(system->record, &words);
    struct fb_str derivation = fb_register_text(system->record, "derivation");
    if (derivation.len) {
        fb_buf_addf(&words, " (%.*s)", FB_STR_ARG(derivation));
    }
    html_cell(out, fb_buf_str(&words));
    size_t datasets = fb_register_count(system, FB_KIND_dataset);
    size_t runs = fb_register_count(system, FB_KIND_run);
    fb_buf_addf(out, "<td>%zu %s, %zu %s</td><td>%zu %s", datasets,
        datasets == 1 ? "dataset" : "datasets", runs, runs == 1 ? "run" : "runs", access[0],
        access[0] == 1 ? "grant" : "grants");
    if (access[2]) {
        fb_buf_addf(out, ", %zu of %zu uses honoured in full", access[1], access[2]);
    }
    fb_buf_add_c(out, "</td>");
    fb_buf_clear(&words);
    fb_register_add_levels(system, &words);
    html_cell(out, fb_buf_str(&words));
    fb_buf_add_c(out, "</tr>\n");
    if (fb_register_count(system, FB_KIND_deployment) > 0) {
        fb_buf_add_c(out, "<tr><td></td><td colspan=\"6\"><ul>\n");
        html_deployments(out, system, now);
        fb_buf_add_c(out, "</ul></td></tr>\n");
    }
    fb_buf_release(&words);
}

static void html_clusters(struct fb_buf *out, const struct fb_register *register_)
{
    static const char *const fields[] = {
        "country", "chip", "chips", "peak_flop_per_s", "power_w", "started", "ended"};
    if (register_->cluster_count == 0) {
        return;
    }
    fb_buf_add_c(out, "<section>\n<h2>Clusters</h2>\n<div class=\"scroll\">\n<table>\n<thead><tr>"
                      "<th>Cluster</th><th>Owner</th><th>Operator</th><th>Country</th><th>Chip</th>"
                      "<th>Chips</th><th>Peak FLOP/s</th><th>Power, W</th><th>From</th>"
                      "<th>Until</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < register_->cluster_count && i < PAGE_SYSTEMS_MAX; i++) {
        const struct fb_record *cluster = register_->clusters[i];
        fb_buf_add_c(out, "<tr><th scope=\"row\">");
        fb_html_text_cut(out, fb_register_text(cluster, "title"), 120);
        fb_buf_add_c(out, "<br><small>");
        fb_html_text_cut(out, fb_register_text(cluster, "name"), 120);
        fb_buf_add_c(out, "</small></th>");
        html_cell(out, fb_short_id(fb_register_text(cluster, "owner")));
        html_cell(out, fb_short_id(fb_register_text(cluster, "operator")));
        for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
            const struct fb_json *value = fb_json_get(cluster->body, fields[f]);
            html_cell(out, value ? value->text : (struct fb_str){NULL, 0});
        }
        fb_buf_add_c(out, "</tr>\n");
    }
    fb_buf_add_c(out, "</tbody>\n</table>\n</div>\n");
    fb_html_cut(out,
        register_->cluster_count > PAGE_SYSTEMS_MAX ? register_->cluster_count - PAGE_SYSTEMS_MAX
                                                    : 0,
        "clusters are not shown");
    fb_buf_add_c(out, "</section>\n");
}

enum fb_code fb_report_register_html(const struct fb_register *register_, struct fb_str origin,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(register_ && out);
    fb_html_begin(out, "", false);
    fb_buf_add_c(out, "Register of ");
    fb_html_text_cut(out, origin, 200);
    fb_buf_add_c(out, "</title>\n<style>\n");
    fb_html_style(out);
    fb_buf_add_c(out, "</style>\n</head>\n<body>\n<main>\n<header>\n<p class=\"eyebrow\">Register"
                      "</p>\n<h1>");
    fb_html_text_cut(out, origin, 200);
    fb_buf_addf(out, "</h1>\n<p class=\"instant\">%zu systems on record at ", register_->count);
    fb_html_time(out, register_->now);
    fb_buf_add_c(out, " UTC</p>\n</header>\n<section>\n<div class=\"scroll\">\n<table>\n<thead><tr>"
                      "<th>System</th><th>Stage</th><th>Developer</th><th>Made from</th>"
                      "<th>Made with</th><th>Access</th><th>Levels</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < register_->count && i < PAGE_SYSTEMS_MAX; i++) {
        html_system(out, &register_->systems[i], register_->now);
    }
    fb_buf_add_c(out, "</tbody>\n</table>\n</div>\n");
    fb_html_cut(out, register_->count > PAGE_SYSTEMS_MAX ? register_->count - PAGE_SYSTEMS_MAX : 0,
        "systems are not shown");
    fb_buf_add_c(out, "<p>A level is shown by an audit that passed and has not run out; what a "
                      "developer claims is said to be claimed.</p>\n</section>\n");
    html_clusters(out, register_);
    fb_buf_add_c(out, "</main>\n</body>\n</html>\n");
    return fb_buf_check(out, "the page", err);
}

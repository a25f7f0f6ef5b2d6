#include "report/front.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/codec.h"
#include "report/html.h"
#include "report/json_parts.h"

/* What is written, and from what. */
struct front {
    struct fb_buf *out;
    const struct fb_registry *registry;
    const struct fb_gate *seen;
    struct fb_str origin;
    bool simulated;
    fb_time now;
    const struct fb_overview_row *rows;
    size_t count;
    struct fb_overview_sum sum;
};

static struct front front_of(const struct fb_overview *overview, struct fb_buf *out)
{
    struct fb_desk *desk = fb_overview_desk(overview);
    struct fb_docket *docket = fb_desk_docket(desk);
    struct front front = {.out = out,
        .registry = fb_docket_registry(docket),
        .seen = fb_desk_seen(desk),
        .origin = fb_ledger_origin(fb_docket_ledger(docket)),
        .simulated = fb_docket_simulated(docket),
        .now = fb_docket_now(docket)};
    front.rows = fb_overview_rows(overview, &front.count);
    fb_overview_sum(overview, &front.sum);
    return front;
}

static bool needs_attention(const struct fb_overview_row *row)
{
    return row->crossed > 0 || row->overdue > 0 || row->orders > 0;
}

/* ---- the page ---- */

static void head(const struct front *front)
{
    struct fb_buf *out = front->out;
    char root[2 * FB_HASH_SIZE + 1];
    fb_html_begin(out, "", false);
    fb_html_text_cut(out, front->origin, 200);
    fb_buf_add_c(out, "</title>\n<style>\n");
    fb_html_style(out);
    fb_buf_add_c(out, "</style>\n</head>\n<body>\n<main>\n<header>\n<p class=\"eyebrow\">Docket"
                      "</p>\n<h1>");
    fb_html_text_cut(out, front->origin, 200);
    fb_buf_add_c(out, "</h1>\n<p class=\"instant\">");
    fb_html_count(out, (int64_t)front->seen->entries);
    fb_buf_addf(out, " signed record%s, all verified, at ", front->seen->entries == 1 ? "" : "s");
    fb_html_time(out, front->now);
    fb_buf_add_c(out, " UTC</p>\n");
    if (front->simulated) {
        fb_buf_add_c(out,
            "<p class=\"banner\" role=\"note\"><strong>Simulated clock.</strong> This docket is an "
            "example: its dates are not the world's.</p>\n");
    }
    fb_buf_addf(out, "<p class=\"seal\">Root of the ledger <code class=\"root\">%s</code></p>\n",
        fb_hex_encode(front->seen->root.bytes, sizeof(front->seen->root.bytes), root));
    fb_buf_add_c(out, "</header>\n");
}

static void add_sum(const struct front *front)
{
    const struct fb_overview_sum *sum = &front->sum;
    struct fb_buf *out = front->out;
    fb_buf_add_c(out, "<p>");
    fb_html_count(out, (int64_t)sum->systems);
    fb_buf_addf(out, " system%s: ", sum->systems == 1 ? "" : "s");
    static const char *const may_not[] = {"be trained", "be deployed", "act autonomously"};
    for (int action = 0; action < FB_ACTION_COUNT; action++) {
        fb_html_count(out, (int64_t)sum->refused[action]);
        fb_buf_addf(out, " may not %s, ", may_not[action]);
    }
    fb_html_count(out, (int64_t)sum->crossed);
    fb_buf_add_c(out, " with a red line crossed, ");
    fb_html_count(out, (int64_t)sum->not_ruled_out);
    fb_buf_add_c(out, " with one not ruled out; ");
    fb_html_count(out, (int64_t)sum->overdue);
    fb_buf_add_c(out, " duties overdue or broken, ");
    fb_html_count(out, (int64_t)sum->owed);
    fb_buf_add_c(out, " owed.");
    if (sum->pending > 0) {
        fb_buf_add_c(out, " <strong>");
        fb_html_count(out, (int64_t)sum->pending);
        fb_buf_addf(out, " system%s still to be looked at again.</strong>",
            sum->pending == 1 ? " is" : "s are");
    } else if (sum->oldest < front->now) {
        fb_buf_add_c(out, " As it was at ");
        fb_html_time(out, sum->oldest);
        fb_buf_add_c(out, " UTC or later.");
    }
    fb_buf_add_c(out, "</p>\n");
}

/* "1 crossed, 2 not ruled out", with the tone of the first; nothing when both are 0. */
static void add_figures(const struct front *front, const uint32_t counts[2],
    const char *const words[2], enum fb_tone first)
{
    struct fb_buf *out = front->out;
    fb_buf_add_c(out, "<td>");
    for (int i = 0; i < 2; i++) {
        char text[60];
        snprintf(text, sizeof(text), "%u %s", counts[i], words[i]);
        if (counts[i] > 0) {
            fb_html_chip(out, i == 0 ? first : FB_TONE_WARN, text);
            fb_buf_add_char(out, ' ');
        }
    }
    fb_buf_add_c(out, "</td>");
}

/* What a system may do, with links to the reasons. */
static void add_actions(
    const struct front *front, const struct fb_overview_row *row, struct fb_str name)
{
    struct fb_buf *out = front->out;
    for (int action = 0; action < FB_ACTION_COUNT; action++) {
        fb_buf_addf(out, "<td><a href=\"gate/%s/", fb_action_word((enum fb_action)action));
        fb_html_text_all(out, name);
        fb_buf_add_c(out, "\">");
        if (row->at == FB_TIME_MIN) {
            fb_buf_add_c(out, "ask");
        } else {
            fb_html_chip(out, row->allowed[action] ? FB_TONE_GOOD : FB_TONE_BAD,
                row->allowed[action] ? "yes" : "no");
        }
        fb_buf_add_c(out, "</a></td>");
    }
}

static void add_row(const struct front *front, const struct fb_overview_row *row)
{
    static const char *const lines[] = {"crossed", "not ruled out"};
    static const char *const duties[] = {"overdue", "owed"};
    struct fb_buf *out = front->out;
    const struct fb_record *last =
        fb_registry_last(front->registry, fb_registry_find(front->registry, row->id));
    struct fb_str name = fb_short_id(row->id), title = fb_record_text(last, "title");
    fb_buf_add_c(out, "<tr><th scope=\"row\"><a href=\"system/");
    fb_html_text_all(out, name);
    fb_buf_add_c(out, "\">");
    fb_html_text_cut(out, title.len ? title : name, 120);
    fb_buf_add_c(out, "</a></th><td>");
    fb_html_text_cut(out, fb_short_id(fb_record_text(last, "developer")), 120);
    fb_buf_add_c(out, "</td>");
    add_figures(front, (uint32_t[]){row->crossed, row->not_ruled_out}, lines, FB_TONE_BAD);
    add_figures(front, (uint32_t[]){row->overdue, row->owed}, duties, FB_TONE_BAD);
    add_actions(front, row, name);
    fb_buf_add_c(out, "<td><a href=\"status/");
    fb_html_text_all(out, name);
    fb_buf_add_c(out, "\">JSON</a></td></tr>\n");
}

enum fb_code fb_report_front_html(
    const struct fb_overview *overview, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(overview && out);
    struct front front = front_of(overview, out);
    size_t shown = 0;
    head(&front);
    fb_buf_add_c(out, "<section>\n<h2>Systems</h2>\n");
    add_sum(&front);
    fb_buf_add_c(out,
        "<div class=\"scroll\">\n<table>\n<thead><tr><th>System</th><th>Developer</th>"
        "<th>Red lines</th><th>Duties</th><th>May be trained</th><th>deployed</th>"
        "<th>autonomous</th><th>Status</th></tr></thead>\n<tbody>\n");
    for (int calm = 0; calm < 2; calm++) {
        for (size_t i = 0; i < front.count && shown < FB_FRONT_SYSTEMS_MAX; i++) {
            if (needs_attention(&front.rows[i]) == (calm == 0)) {
                add_row(&front, &front.rows[i]);
                shown++;
            }
        }
    }
    fb_buf_add_c(out, "</tbody>\n</table>\n</div>\n");
    fb_html_cut(out, front.count - shown, "systems are not shown: ask for them by name");
    fb_buf_add_c(out, "</section>\n</main>\n</body>\n</html>\n");
    return fb_buf_check(out, "the page", err);
}

/* ---- JSON ---- */

static void add_may(struct fb_json_writer *w, const struct fb_overview_row *row)
{
    fb_json_key(w, "may");
    fb_json_open_object(w);
    for (int action = 0; action < FB_ACTION_COUNT; action++) {
        fb_json_key_bool(w, fb_action_word((enum fb_action)action), row->allowed[action]);
    }
    fb_json_close_object(w);
}

static void add_attention(struct fb_json_writer *w, const struct front *front)
{
    size_t listed = 0, count = 0;
    fb_json_key(w, "attention");
    fb_json_open_array(w);
    for (size_t i = 0; i < front->count; i++) {
        const struct fb_overview_row *row = &front->rows[i];
        if (!needs_attention(row) || count++ >= FB_FRONT_ATTENTION_MAX) {
            continue;
        }
        listed++;
        fb_json_open_object(w);
        fb_json_key_str(w, "system", row->id);
        fb_json_key_int(w, "crossed", row->crossed);
        fb_json_key_int(w, "not_ruled_out", row->not_ruled_out);
        fb_json_key_int(w, "overdue", row->overdue);
        fb_json_key_int(w, "owed", row->owed);
        fb_json_key_int(w, "orders", row->orders);
        add_may(w, row);
        fb_report_key_time(w, "at", row->at);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
    fb_json_key_int(w, "attention_not_listed", (int64_t)(count - listed));
}

enum fb_code fb_report_front_json(
    const struct fb_overview *overview, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(overview && out);
    struct front front = front_of(overview, out);
    const struct fb_overview_sum *sum = &front.sum;
    struct fb_json_writer w;
    char root[2 * FB_HASH_SIZE + 1];
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_str(&w, "origin", front.origin);
    fb_report_key_time(&w, "now", front.now);
    fb_json_key_int(&w, "records", (int64_t)front.seen->entries);
    fb_json_key_c(
        &w, "root", fb_hex_encode(front.seen->root.bytes, sizeof(front.seen->root.bytes), root));
    fb_json_key_bool(&w, "simulated", front.simulated);
    fb_json_key_int(&w, "systems", (int64_t)sum->systems);
    fb_json_key_int(&w, "pending", (int64_t)sum->pending);
    fb_report_key_time(&w, "oldest", sum->oldest);
    fb_json_key_int(&w, "exempt", (int64_t)sum->exempt);
    fb_json_key(&w, "may_not");
    fb_json_open_object(&w);
    for (int action = 0; action < FB_ACTION_COUNT; action++) {
        fb_json_key_int(&w, fb_action_word((enum fb_action)action), (int64_t)sum->refused[action]);
    }
    fb_json_close_object(&w);
    fb_json_key_int(&w, "crossed", (int64_t)sum->crossed);
    fb_json_key_int(&w, "not_ruled_out", (int64_t)sum->not_ruled_out);
    fb_json_key_int(&w, "overdue", (int64_t)sum->overdue);
    fb_json_key_int(&w, "owed", (int64_t)sum->owed);
    fb_json_key_int(&w, "orders", (int64_t)sum->orders);
    add_attention(&w, &front);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the status", err);
}

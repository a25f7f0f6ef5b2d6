/* html_index.c: the records that a page names, and the links to them. */
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "report/html.h"

/* The place of seq in the index, or where it would stand. */
static size_t place_of(const struct fb_html *html, uint64_t seq)
{
    size_t low = 0, high = html->record_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (html->records[middle].seq < seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void collect(
    struct fb_html *html, uint64_t seq, struct fb_str id, const struct fb_record *record)
{
    size_t at = place_of(html, seq);
    if (at < html->record_count && html->records[at].seq == seq) {
        html->records[at].record = html->records[at].record ? html->records[at].record : record;
        return;
    }
    if (html->record_count == FB_HTML_RECORDS_MAX) {
        html->records_cut = true;
        return;
    }
    memmove(&html->records[at + 1], &html->records[at],
        (html->record_count - at) * sizeof(*html->records));
    html->records[at] = (struct fb_html_record){seq, id, record};
    html->record_count++;
}

static void collect_record(struct fb_html *html, const struct fb_record *record)
{
    collect(html, record->seq, record->id, record);
}

static void collect_why(struct fb_html *html, const struct fb_why *why, size_t depth, size_t *left)
{
    for (; why && *left && depth < FB_HTML_WHY_DEPTH_MAX; why = why->next) {
        *left -= 1;
        if (why->seq != FB_WHY_NO_RECORD) {
            collect(html, why->seq, why->record_id, NULL);
        }
        collect_why(html, why->child, depth + 1, left);
    }
}

static void collect_tree(struct fb_html *html, const struct fb_why *why)
{
    size_t left = FB_HTML_WHY_MAX;
    collect_why(html, why, 0, &left);
}

enum fb_code fb_html_collect(struct fb_html *html, struct fb_err *err)
{
    FB_ASSERT(html && !html->records);
    const struct fb_picture *picture = html->picture;
    html->records = fb_calloc(FB_HTML_RECORDS_MAX, sizeof(*html->records));
    if (!html->records) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for the page");
    }
    for (size_t i = 0; i < picture->system_count; i++) {
        collect_record(html, picture->systems[i].record);
    }
    for (size_t i = 0; i < picture->policy_count; i++) {
        collect_record(html, picture->policies[i].record);
    }
    for (size_t i = 0; i < picture->case_count; i++) {
        collect_record(html, picture->cases[i].record);
    }
    for (size_t i = 0; i < picture->line_count; i++) {
        for (size_t k = 0; k < picture->lines[i].figures.count; k++) {
            collect_record(html, picture->lines[i].figures.items[k].record);
        }
    }
    for (size_t i = 0; i < picture->line_count && !html->records_cut; i++) {
        collect_tree(html, picture->lines[i].why);
    }
    for (size_t i = 0; i < picture->duty_count && !html->records_cut; i++) {
        collect_tree(html, picture->duties[i].obligation.why);
    }
    for (size_t i = 0; i < picture->case_count && !html->records_cut; i++) {
        collect_tree(html, picture->cases[i].why);
    }
    for (size_t i = 0; i < picture->order_count && !html->records_cut; i++) {
        collect_tree(html, picture->orders[i].why);
    }
    for (size_t i = 0; i < picture->licence_count && !html->records_cut; i++) {
        collect_tree(html, picture->licences[i].why);
    }
    for (size_t i = 0; i < picture->policy_pace_count && !html->records_cut; i++) {
        collect_tree(html, picture->policy_paces[i].why);
    }
    for (size_t i = 0; i < picture->pace_count && !html->records_cut; i++) {
        collect_tree(html, picture->paces[i].why);
    }
    return FB_OK;
}

void fb_html_record_link(struct fb_html *html, struct fb_str id, uint64_t seq)
{
    FB_ASSERT(html);
    size_t at = place_of(html, seq);
    bool listed = at < html->record_count && html->records[at].seq == seq;
    if (listed) {
        fb_buf_addf(html->out, "<a class=\"rec\" href=\"#record-%llu\">", (unsigned long long)seq);
    } else {
        fb_buf_add_c(html->out, "<span class=\"rec\">");
    }
    fb_html_text_cut(html->out, id, FB_ID_MAX);
    fb_buf_addf(html->out, " #%llu%s", (unsigned long long)seq, listed ? "</a>" : "</span>");
}

static void index_row(struct fb_html *html, const struct fb_html_record *row)
{
    struct fb_buf *out = html->out;
    fb_buf_addf(out, "<tr id=\"record-%llu\"><td class=\"num\">%llu</td><th scope=\"row\">",
        (unsigned long long)row->seq, (unsigned long long)row->seq);
    fb_html_text_cut(out, row->id, FB_ID_MAX);
    fb_buf_add_c(out, "</th>");
    if (!row->record) {
        fb_buf_add_c(out, "<td></td><td></td><td></td></tr>\n");
        return;
    }
    fb_buf_add_c(out, "<td>");
    fb_html_text(out, fb_short_id(row->record->issuer));
    fb_buf_add_c(out, "</td><td>");
    fb_html_time(out, row->record->at);
    fb_buf_add_c(out, "</td><td>");
    fb_html_time(out, row->record->admitted);
    fb_buf_add_c(out, "</td></tr>\n");
}

void fb_html_index(struct fb_html *html)
{
    FB_ASSERT(html);
    struct fb_buf *out = html->out;
    if (html->record_count == 0) {
        return;
    }
    fb_buf_add_c(out, "<section id=\"records\" aria-labelledby=\"records-title\">\n"
                      "<h2 id=\"records-title\">Records this page rests on</h2>\n<p class=\"note\">"
                      "<code>flyball show ID</code> prints the exact statement that was signed, "
                      "with its signatures and its place in the ledger.</p>\n");
    if (html->records_cut) {
        fb_buf_addf(out,
            "<p class=\"cut\">The page names more records than the %d listed here; "
            "<code>flyball log list</code> prints all.</p>\n",
            FB_HTML_RECORDS_MAX);
    }
    fb_buf_add_c(out, "<div class=\"wide\"><table class=\"records\">\n<thead><tr>"
                      "<th scope=\"col\" class=\"num\">No.</th><th scope=\"col\">Record</th>"
                      "<th scope=\"col\">Issued by</th><th scope=\"col\">Happened</th>"
                      "<th scope=\"col\">Admitted</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < html->record_count; i++) {
        index_row(html, &html->records[i]);
    }
    fb_buf_add_c(out, "</tbody>\n</table></div>\n</section>\n");
}

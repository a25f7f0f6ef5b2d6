/* html_graphs.c: the graphs of the page that are of no one system: growth, and what bounds keep. */
#include "base/assert.h"
#include "evidence/pace_history.h"
#include "report/calibration.h"
#include "report/fits.h"
#include "report/html.h"
#include "report/svg_trend.h"

#define ARENA_MAX ((size_t)64 << 20)

/* The chart of one quantity, on to nothing beyond its last value. */
static enum fb_code chart(struct fb_html *html, const struct fb_progress_report *report,
    const struct fb_progress *progress, struct fb_arena *arena, struct fb_err *err)
{
    struct fb_buf *out = html->out;
    if (progress->count > FB_CHART_POINTS_MAX) {
        fb_buf_add_c(out, "<p class=\"note\">");
        fb_html_words(out, progress->name, 100);
        fb_buf_addf(out, ": its %zu values are too many to draw.</p>\n", progress->count);
        return FB_OK;
    }
    fb_buf_add_c(out, "<div class=\"wide\">");
    enum fb_code code = fb_report_progress_svg(report, progress, arena, out, err);
    fb_buf_add_c(out, "</div>\n");
    return code;
}

enum fb_code fb_html_growth(struct fb_html *html, struct fb_err *err)
{
    FB_ASSERT(html);
    struct fb_progress_options options = fb_pace_usual();
    struct fb_progress_list list;
    struct fb_arena arena;
    size_t drawn = 0, left_out = 0;
    fb_arena_init(&arena, ARENA_MAX);
    enum fb_code code = fb_progress_find(&html->picture->progress, &options, &arena, &list, err);
    struct fb_progress_report report = {
        .options = &options, .list = &list, .forecast_at = FB_TIME_MIN, .is_part = true};
    for (size_t i = 0; code == FB_OK && i < list.count; i++) {
        const struct fb_progress *p = &list.items[i];
        if (!p->points || p->count < 2) {
            continue;
        }
        if (drawn++ < FB_HTML_GROWTH_MAX) {
            code = chart(html, &report, p, &arena, err);
        } else {
            left_out++;
        }
    }
    if (code == FB_OK && drawn > 0) {
        fb_buf_addf(html->out,
            "<p class=\"note\">Full marks: values that were the highest at their dates, through "
            "which the line goes; the band around it holds the line with %g%% confidence.</p>\n",
            100 * options.confidence);
    }
    fb_html_cut(html->out, left_out, "quantities are not drawn");
    fb_arena_release(&arena);
    return code;
}

/* True where the page draws the bounds of an evaluation. */
static bool shows_bounds(const struct fb_picture *picture)
{
    for (size_t i = 0; i < picture->line_count; i++) {
        if (picture->lines[i].figures.count > 0) {
            return true;
        }
    }
    return false;
}

enum fb_code fb_html_calibration(struct fb_html *html, struct fb_err *err)
{
    FB_ASSERT(html);
    if (!shows_bounds(html->picture)) {
        return FB_OK;
    }
    fb_buf_add_c(html->out, "<section aria-labelledby=\"bounds\">\n<h2 id=\"bounds\">How far "
                            "bounds can be trusted</h2>\n"
                            "<p class=\"note\">A bound with 95% confidence has to hold in 95% of "
                            "cases, whatever the true "
                            "rate is. The curves are sums over every possible outcome, for samples "
                            "that stand alone.</p>"
                            "\n<div class=\"wide\">");
    enum fb_code code = fb_svg_calibration_part(html->out, err);
    fb_buf_add_c(html->out, "</div>\n</section>\n");
    return code;
}

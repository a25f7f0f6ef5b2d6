/* svg_interval.c: the plot of a red line's evaluations: bounds, margins, and where the line is. */
#include "base/assert.h"
#include "evidence/standing.h"
#include "report/html.h"
#include "report/svg_axis.h"

/* Sizes in pixels. */
enum {
    WIDTH = 1000,
    LEFT = 265,
    RIGHT = 810,
    TOP = 40,
    ROW = 40,
    FOOT = 26,
};

/* A plot at work. */
struct plot {
    struct fb_buf *out;
    const struct fb_line_view *view;
    fb_time now;
    int32_t top_percent;
    int32_t step;
    size_t first; /* evaluations before this one are not drawn */
    int32_t bottom;
};

/* Tenths of a pixel of a rate. */
static int64_t x_of(const struct plot *plot, struct fb_decimal rate)
{
    double part = fb_decimal_to_double(rate) * 100 / plot->top_percent;
    part = part < 0 ? 0 : part > 1 ? 1 : part;
    return LEFT * 10 + (int64_t)(part * 10 * (RIGHT - LEFT) + 0.5);
}

static void coordinate(struct fb_buf *out, const char *name, int64_t tenths)
{
    fb_buf_addf(out, " %s=\"", name);
    fb_axis_add(out, tenths);
    fb_buf_add_char(out, '"');
}

static void box(
    const struct plot *plot, const char *style, int64_t from, int64_t to, int32_t y, int32_t height)
{
    fb_buf_addf(plot->out, "<rect class=\"%s\" y=\"%d\" height=\"%d\"", style, y, height);
    coordinate(plot->out, "x", from);
    coordinate(plot->out, "width", to > from ? to - from : 0);
    fb_buf_add_c(plot->out, "/>");
}

static void upright(const struct plot *plot, const char *style, int64_t x, int32_t y1, int32_t y2)
{
    fb_buf_addf(plot->out, "<line class=\"%s\" y1=\"%d\" y2=\"%d\"", style, y1, y2);
    coordinate(plot->out, "x1", x);
    coordinate(plot->out, "x2", x);
    fb_buf_add_c(plot->out, "/>");
}

static void axis(const struct plot *plot)
{
    for (int32_t percent = 0; percent <= plot->top_percent; percent += plot->step) {
        int64_t x = x_of(plot, (struct fb_decimal){percent, -2});
        upright(plot, "grid", x, TOP, plot->bottom);
        fb_buf_addf(
            plot->out, "<text class=\"tick\" text-anchor=\"middle\" y=\"%d\"", plot->bottom + 16);
        coordinate(plot->out, "x", x);
        fb_buf_addf(plot->out, ">%d%%</text>\n", percent);
    }
}

/* A level of the red line, labelled above the plot. */
static void level(
    const struct plot *plot, struct fb_decimal rate, const char *style, const char *word, int32_t y)
{
    char text[FB_DECIMAL_TEXT];
    int64_t x = x_of(plot, rate);
    bool edge = x > (RIGHT - 50) * 10;
    upright(plot, style, x, y + 4, plot->bottom);
    fb_buf_addf(plot->out, "<text class=\"%s-word\" text-anchor=\"%s\" y=\"%d\"", style,
        edge ? "end" : "middle", y);
    coordinate(plot->out, "x", edge ? x + 30 : x);
    fb_buf_addf(plot->out, ">%s %s</text>\n", word, fb_html_percent_exact(rate, text));
}

/* What was measured, by whom, when, how it went, and how it stands, as colour says too. */
static void row_words(
    const struct plot *plot, const struct fb_figures *f, const char *word, int32_t y)
{
    struct fb_buf *out = plot->out;
    char when[FB_TIME_TEXT];
    fb_buf_addf(out, "<text class=\"name\" x=\"0\" y=\"%d\">", y + 15);
    fb_html_text_cut(out, plot->view->rule->measures[f->measure], 22);
    fb_buf_add_c(out, " <tspan class=\"who\">by ");
    fb_html_text_cut(out, fb_short_id(f->record->issuer), 18);
    fb_buf_addf(out, "</tspan></text><text class=\"sub\" x=\"0\" y=\"%d\">%.10s: ", y + 29,
        fb_time_format_short(f->record->admitted, when));
    if (f->successes_low == f->successes_high) {
        fb_buf_addf(out, "%lld", (long long)f->successes_low);
    } else {
        fb_buf_addf(out, "%lld to %lld", (long long)f->successes_low, (long long)f->successes_high);
    }
    fb_buf_addf(out, " of %lld", (long long)f->samples);
    fb_buf_addf(out, ", %s</text>\n", word);
}

/* Bounds in figures, at the right. */
static void row_figures(const struct plot *plot, const struct fb_figures *f, int32_t y)
{
    struct fb_buf *out = plot->out;
    char low[FB_DECIMAL_TEXT], high[FB_DECIMAL_TEXT], margin[FB_DECIMAL_TEXT];
    struct fb_decimal threshold = plot->view->rule->threshold;
    bool wider = fb_decimal_cmp(f->upper, f->upper_margin) != 0;
    fb_buf_addf(out, "<text class=\"name\" x=\"%d\" y=\"%d\">%s to %s</text>", RIGHT + 22,
        y + (wider ? 15 : 22), fb_html_percent(f->lower, threshold, low),
        fb_html_percent(f->upper, threshold, high));
    if (wider) {
        fb_buf_addf(out, "<text class=\"sub\" x=\"%d\" y=\"%d\">%s with margins</text>", RIGHT + 22,
            y + 29, fb_html_percent(f->upper_margin, threshold, margin));
    }
    fb_buf_add_char(out, '\n');
}

static void row(const struct plot *plot, size_t index, int32_t y)
{
    const struct fb_figures *f = &plot->view->figures.items[index];
    int64_t low = x_of(plot, f->lower), high = x_of(plot, f->upper);
    int64_t margin = x_of(plot, f->upper_margin);
    const struct fb_assessment *a = &f->assessment;
    const char *word = fb_standing_word(&plot->view->figures, index, plot->now);
    bool past = !fb_standing_governs(&plot->view->figures, index, plot->now);
    const char *tone = a->crosses ? "bad" : a->rules_out && !a->defeated ? "good" : "warn";
    fb_buf_addf(plot->out, "<g class=\"row %s%s\">\n", tone, past ? " past" : "");
    row_words(plot, f, word, y);
    if (margin > high) {
        box(plot, "margin", high, margin, y + 14, 12);
        upright(plot, "cap", margin, y + 12, y + 28);
    }
    box(plot, "bounds", low, high > low + 20 ? high : low + 20, y + 14, 12);
    upright(plot, "cap", low, y + 11, y + 29);
    upright(plot, "cap", high, y + 11, y + 29);
    row_figures(plot, f, y);
    fb_buf_add_c(plot->out, "</g>\n");
}

/* The largest rate that must be seen. */
static struct fb_decimal most(const struct plot *plot)
{
    struct fb_decimal out = plot->view->rule->threshold;
    for (size_t i = plot->first; i < plot->view->figures.count; i++) {
        struct fb_decimal margin = plot->view->figures.items[i].upper_margin;
        out = fb_decimal_cmp(margin, out) > 0 ? margin : out;
    }
    return out;
}

static void begin(const struct plot *plot, const char *handle, int32_t height)
{
    const struct fb_redline *rule = plot->view->rule;
    char text[FB_DECIMAL_TEXT];
    fb_buf_addf(plot->out,
        "<div class=\"wide\"><svg class=\"chart plot\" viewBox=\"0 0 %d %d\" role=\"img\" "
        "aria-labelledby=\"plot-%s\">\n<title id=\"plot-%s\">",
        WIDTH, height, handle, handle);
    fb_html_text_cut(plot->out, rule->title.len ? rule->title : rule->name, 100);
    fb_buf_addf(plot->out, ": bounds of %zu evaluations against the threshold %s</title>\n",
        plot->view->figures.count - plot->first, fb_html_percent_exact(rule->threshold, text));
}

void fb_html_interval(struct fb_html *html, const struct fb_line_view *view)
{
    FB_ASSERT(html && view && view->rule);
    size_t count = view->figures.count;
    if (count == 0) {
        return;
    }
    size_t cut = count > FB_HTML_EVALUATIONS_MAX ? count - FB_HTML_EVALUATIONS_MAX : 0;
    struct plot plot = {.out = html->out, .view = view, .now = html->picture->now, .first = cut};
    plot.bottom = TOP + ROW * (int32_t)(count - cut);
    plot.top_percent = fb_axis_percent(most(&plot), &plot.step);
    begin(&plot, view->handle, plot.bottom + FOOT);
    axis(&plot);
    for (size_t i = cut; i < count; i++) {
        row(&plot, i, TOP + ROW * (int32_t)(i - cut));
    }
    if (view->rule->has_clears) {
        level(&plot, view->rule->clears_below, "clears", "clears below", 30);
    }
    level(&plot, view->rule->threshold, "threshold", "threshold", 14);
    fb_buf_add_c(html->out, "</svg></div>\n");
    fb_html_cut(html->out, cut, "evaluations, older ones, are not drawn");
}

#include "report/svg_trend.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "report/fits.h"
#include "report/html.h"
#include "report/svg_axis.h"
#include "report/svg_labels.h"

/* Sizes in pixels. */
enum {
    WIDTH = 960,
    HEIGHT = 560,
    LEFT = 100,
    RIGHT = 930,
    TOP = 84,
    BOTTOM = 506,
    NAME_TOLD = 200, /* characters of a name where the pointer rests */
};

static const char style[] =
    "<style>svg{background:#fff;font:13px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
    ".ink{fill:#1c2127}.muted{fill:#57606a}.grid{stroke:#d5dbe1}.band{fill:#0b57a4;opacity:.14}"
    ".line{stroke:#0b57a4;fill:none;stroke-width:2.5}.error{stroke:#57606a;stroke-width:1.5}"
    ".lead{stroke:#57606a;stroke-width:1}"
    ".dot{fill:#fff;stroke:#57606a;stroke-width:1.5}.mark{fill:#0b57a4;stroke:#fff;stroke-width:1}"
    ".title{font-size:19px;font-weight:600}"
    ".name{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}"
    "@media (prefers-color-scheme:dark){svg{background:#11151a}.ink{fill:#e4e8ec}"
    ".muted{fill:#9aa5b1}.grid{stroke:#303943}.band{fill:#7cb7f5}.line{stroke:#7cb7f5}"
    ".error,.lead{stroke:#9aa5b1}.dot{fill:#11151a;stroke:#9aa5b1}.mark{fill:#7cb7f5;stroke:#"
    "11151a}."
    "name{stroke:#11151a}}"
    "</style>\n";

/* A chart at work: the window of its axes; y in decades. */
struct plot {
    const struct fb_chart *chart;
    struct fb_buf *out;
    struct fb_axis axis;
    double low;
    double high;
    bool is_dense; /* points are small, and the line runs over them */
};

/* Tenths of a pixel of a value; what is outside is held at the ends. */
static int64_t y_of(const struct plot *plot, double value)
{
    double at = value > 0 ? log10(value) : -INFINITY;
    double part = (at - plot->low) / (plot->high - plot->low);
    part = !(part > 0) ? 0 : part > 1 ? 1 : part;
    return BOTTOM * 10 - (int64_t)floor(part * 10 * (BOTTOM - TOP) + 0.5);
}

static void coordinate(struct fb_buf *out, const char *name, int64_t tenths)
{
    fb_buf_addf(out, " %s=\"", name);
    fb_axis_add(out, tenths);
    fb_buf_add_char(out, '"');
}

static void widen(struct plot *plot, double value)
{
    if (value > 0 && isfinite(value)) {
        plot->low = fmin(plot->low, log10(value));
        plot->high = fmax(plot->high, log10(value));
    }
}

/* The window: all points, the line, and of intervals and bands what is within two decades of those.
 */
static void set_window(struct plot *plot)
{
    const struct fb_chart *c = plot->chart;
    fb_time from = c->points[0].at, to = from;
    plot->low = INFINITY;
    plot->high = -INFINITY;
    for (size_t i = 0; i < c->point_count; i++) {
        from = c->points[i].at < from ? c->points[i].at : from;
        to = c->points[i].at > to ? c->points[i].at : to;
        widen(plot, c->points[i].value);
    }
    for (size_t i = 0; i < c->step_count; i++) {
        from = c->steps[i].at < from ? c->steps[i].at : from;
        to = c->steps[i].at > to ? c->steps[i].at : to;
        widen(plot, c->steps[i].value);
    }
    double least = plot->low - 1, most = plot->high + 1;
    for (size_t i = 0; i < c->point_count; i++) {
        bool has = c->points[i].low < c->points[i].high;
        widen(plot, has ? fmax(c->points[i].low, pow(10, least)) : 0);
        widen(plot, has ? fmin(c->points[i].high, pow(10, most)) : 0);
    }
    for (size_t i = 0; i < c->step_count; i++) {
        bool has = c->steps[i].low <= c->steps[i].high;
        widen(plot, has ? fmax(c->steps[i].low, pow(10, least)) : 0);
        widen(plot, has ? fmin(c->steps[i].high, pow(10, most)) : 0);
    }
    double room = fmax(0.15, (plot->high - plot->low) * 0.04);
    plot->low -= room;
    plot->high += room;
    int64_t side = (to - from) / 30 > FB_DAY ? (to - from) / 30 : FB_DAY;
    plot->axis = (struct fb_axis){fb_time_add(from, -side), fb_time_add(to, side), LEFT, RIGHT};
}

static void value_label(const struct plot *plot, double value, char out[FB_DECIMAL_TEXT])
{
    if (plot->chart->minutes) {
        char text[32];
        (void)snprintf(out, FB_DECIMAL_TEXT, "%s", fb_report_minutes(value, text));
    } else if (value >= 1e-3 && value < 1e5) {
        (void)snprintf(out, FB_DECIMAL_TEXT, "%g", value);
    } else {
        (void)snprintf(out, FB_DECIMAL_TEXT, "%.0e", value);
    }
}

/* A number of an axis as people say it: 100, 10,000, 2 million; as a power of ten where there is no
 * word that everybody knows. parts is 1, 2 or 5. */
static void say_number(int parts, int decade, char out[FB_DECIMAL_TEXT])
{
    static const char *const words[] = {"", ",000", " million", " billion", " trillion"};
    static const char *const raised[] = {"\xE2\x81\xB0", "\xC2\xB9", "\xC2\xB2", "\xC2\xB3",
        "\xE2\x81\xB4", "\xE2\x81\xB5", "\xE2\x81\xB6", "\xE2\x81\xB7", "\xE2\x81\xB8",
        "\xE2\x81\xB9"};
    static const int whole[] = {1, 10, 100};
    if (decade >= 0 && decade < 15) {
        (void)snprintf(out, FB_DECIMAL_TEXT, "%d%s", parts * whole[decade % 3], words[decade / 3]);
        return;
    }
    if (decade < 0 && decade >= -3) {
        (void)snprintf(out, FB_DECIMAL_TEXT, "%g", parts * pow(10, decade));
        return;
    }
    unsigned size = (unsigned)abs(decade);
    (void)snprintf(out, FB_DECIMAL_TEXT, "%s10%s%s%s%s",
        parts == 1   ? ""
        : parts == 2 ? "2 x "
                     : "5 x ",
        decade < 0 ? "\xE2\x81\xBB" : "", size >= 100 ? raised[size / 100 % 10] : "",
        size >= 10 ? raised[size / 10 % 10] : "", raised[size % 10]);
}

static void y_tick(const struct plot *plot, double value, const char *label)
{
    int64_t y = y_of(plot, value);
    fb_buf_add_c(plot->out, "<line class=\"grid\"");
    coordinate(plot->out, "x1", LEFT * 10);
    coordinate(plot->out, "x2", RIGHT * 10);
    coordinate(plot->out, "y1", y);
    coordinate(plot->out, "y2", y);
    fb_buf_add_c(plot->out, "/><text class=\"muted\" text-anchor=\"end\"");
    coordinate(plot->out, "x", (LEFT - 10) * 10);
    coordinate(plot->out, "y", y + 45);
    fb_buf_addf(plot->out, ">%s</text>\n", label);
}

/* Ticks that people read lengths of time by. */
static void minute_ticks(const struct plot *plot)
{
    static const struct {
        double minutes;
        const char *label;
    } ticks[] = {{1.0 / 6000, "10 ms"}, {1.0 / 600, "0.1 s"}, {1.0 / 60, "1 s"}, {0.1, "6 s"},
        {0.5, "30 s"}, {2, "2 min"}, {10, "10 min"}, {60, "1 h"}, {240, "4 h"}, {1440, "1 d"},
        {10080, "1 week"}, {43200, "30 d"}, {525600, "1 year"}, {5256000, "10 years"}};
    for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++) {
        double at = log10(ticks[i].minutes);
        if (at >= plot->low && at <= plot->high) {
            y_tick(plot, ticks[i].minutes, ticks[i].label);
        }
    }
}

static void y_axis(const struct plot *plot)
{
    if (plot->chart->minutes) {
        minute_ticks(plot);
        return;
    }
    double span = plot->high - plot->low;
    int step = span > 24 ? 5 : span > 12 ? 2 : 1;
    const int parts[] = {1, 2, 5};
    size_t count = span < 2.5 ? 3 : 1;
    for (int decade = (int)floor(plot->low); decade <= (int)ceil(plot->high); decade++) {
        for (size_t i = 0; i < count && decade % step == 0; i++) {
            double value = parts[i] * pow(10, decade);
            if (log10(value) >= plot->low && log10(value) <= plot->high) {
                char label[FB_DECIMAL_TEXT];
                say_number(parts[i], decade, label);
                y_tick(plot, value, label);
            }
        }
    }
}

static void x_axis(const struct plot *plot)
{
    struct fb_tick ticks[FB_AXIS_TICKS_MAX];
    size_t count = fb_axis_ticks(&plot->axis, 9, ticks);
    for (size_t i = 0; i < count; i++) {
        int64_t x = fb_axis_x(&plot->axis, ticks[i].at);
        fb_buf_add_c(plot->out, "<line class=\"grid\"");
        coordinate(plot->out, "x1", x);
        coordinate(plot->out, "x2", x);
        coordinate(plot->out, "y1", TOP * 10);
        coordinate(plot->out, "y2", BOTTOM * 10);
        fb_buf_add_c(plot->out, "/><text class=\"muted\" text-anchor=\"middle\"");
        coordinate(plot->out, "x", x);
        coordinate(plot->out, "y", (BOTTOM + 22) * 10);
        fb_buf_addf(plot->out, ">%s</text>\n", ticks[i].label);
    }
}

static void vertex(const struct plot *plot, fb_time at, double value)
{
    fb_axis_add(plot->out, fb_axis_x(&plot->axis, at));
    fb_buf_add_char(plot->out, ',');
    fb_axis_add(plot->out, y_of(plot, value));
    fb_buf_add_char(plot->out, ' ');
}

static bool has_band(const struct fb_chart_step *step)
{
    return step->low <= step->high;
}

static void line_and_band(const struct plot *plot)
{
    const struct fb_chart *c = plot->chart;
    if (c->step_count < 2) {
        return;
    }
    fb_buf_add_c(plot->out, "<polygon class=\"band\" points=\"");
    for (size_t i = 0; i < c->step_count; i++) {
        if (has_band(&c->steps[i])) {
            vertex(plot, c->steps[i].at, c->steps[i].high);
        }
    }
    for (size_t i = c->step_count; i-- > 0;) {
        if (has_band(&c->steps[i])) {
            vertex(plot, c->steps[i].at, c->steps[i].low);
        }
    }
    /* What is beyond the last point was not seen: dashed. */
    fb_time last = c->points[0].at;
    size_t seen = 0;
    for (size_t i = 1; i < c->point_count; i++) {
        last = c->points[i].at > last ? c->points[i].at : last;
    }
    while (seen + 1 < c->step_count && c->steps[seen].at < last) {
        seen++;
    }
    fb_buf_add_c(plot->out, "\"/>\n<polyline class=\"line\" points=\"");
    for (size_t i = 0; i <= seen; i++) {
        vertex(plot, c->steps[i].at, c->steps[i].value);
    }
    fb_buf_add_c(plot->out, "\"/>\n");
    if (seen + 1 < c->step_count) {
        fb_buf_add_c(plot->out, "<polyline class=\"line\" stroke-dasharray=\"7 5\" points=\"");
        for (size_t i = seen; i < c->step_count; i++) {
            vertex(plot, c->steps[i].at, c->steps[i].value);
        }
        fb_buf_add_c(plot->out, "\"/>\n");
    }
}

/* A point, with its interval; whoever rests the pointer on it is told name, date and value. */
static void point(const struct plot *plot, const struct fb_chart_point *p)
{
    int64_t x = fb_axis_x(&plot->axis, p->at);
    if (p->low < p->high) {
        fb_buf_add_c(plot->out, "<line class=\"error\"");
        coordinate(plot->out, "x1", x);
        coordinate(plot->out, "x2", x);
        coordinate(plot->out, "y1", y_of(plot, p->low));
        coordinate(plot->out, "y2", y_of(plot, p->high));
        fb_buf_add_c(plot->out, "/>");
    }
    const char *radius = plot->is_dense ? "2.5" : p->marked ? "6" : "4.5";
    fb_buf_addf(plot->out, "<circle class=\"%s\" r=\"%s\"", p->marked ? "mark" : "dot", radius);
    coordinate(plot->out, "cx", x);
    coordinate(plot->out, "cy", y_of(plot, p->value));
    char value[FB_DECIMAL_TEXT], when[FB_TIME_TEXT];
    value_label(plot, p->value, value);
    fb_buf_add_c(plot->out, "><title>");
    fb_html_text_cut(plot->out, p->name, NAME_TOLD);
    fb_buf_addf(plot->out, "%s%.10s: %s</title></circle>\n", p->name.len ? ", " : "",
        fb_time_format_short(p->at, when), value);
}

/* The bars of intervals and the line, which names should not run over. Returns their number. */
static size_t bars_of(const struct plot *plot, struct fb_label_line *bars)
{
    const struct fb_chart *c = plot->chart;
    size_t count = 0;
    for (size_t i = 0; i < c->point_count; i++) {
        const struct fb_chart_point *p = &c->points[i];
        if (p->low < p->high) {
            int64_t x = fb_axis_x(&plot->axis, p->at) / 10;
            bars[count++] =
                (struct fb_label_line){x, y_of(plot, p->high) / 10, x, y_of(plot, p->low) / 10};
        }
    }
    for (size_t i = 1; i < c->step_count; i++) {
        const struct fb_chart_step *a = &c->steps[i - 1], *b = &c->steps[i];
        bars[count++] =
            (struct fb_label_line){fb_axis_x(&plot->axis, a->at) / 10, y_of(plot, a->value) / 10,
                fb_axis_x(&plot->axis, b->at) / 10, y_of(plot, b->value) / 10};
    }
    return count;
}

static void label(const struct plot *plot, const struct fb_label_spot *s, struct fb_str name)
{
    if (s->led) {
        fb_buf_addf(plot->out,
            "<line class=\"lead\" x1=\"%lld\" y1=\"%lld\" x2=\"%lld\" y2=\"%lld\"/>",
            (long long)s->lead.x1, (long long)s->lead.y1, (long long)s->lead.x2,
            (long long)s->lead.y2);
    }
    /* Fonts narrower than the widest keep close to their point. */
    bool is_left = s->left + s->width <= s->x;
    bool is_right = s->left >= s->x;
    fb_buf_addf(plot->out, "<text class=\"ink name\" text-anchor=\"%s\" x=\"%lld\" y=\"%lld\">",
        is_right  ? "start"
        : is_left ? "end"
                  : "middle",
        (long long)(is_right  ? s->left
                    : is_left ? s->left + s->width
                              : s->left + s->width / 2),
        (long long)s->baseline);
    fb_html_text_cut(plot->out, name, FB_LABEL_SHOWN);
    fb_buf_add_c(plot->out, "</text>\n");
}

/* Names of marked points; all points are kept clear, those without names too. Names go over what
 * leads to others, so all of that is drawn before. */
static enum fb_code labels(const struct plot *plot, struct fb_err *err)
{
    const struct fb_chart *c = plot->chart;
    struct fb_label_spot *spots = fb_calloc(c->point_count, sizeof(*spots));
    struct fb_label_line *bars = fb_calloc(c->point_count + c->step_count, sizeof(*bars));
    if (!spots || !bars) {
        fb_free(bars);
        fb_free(spots);
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for the names of a chart");
    }
    for (size_t i = 0; i < c->point_count; i++) {
        const struct fb_chart_point *p = &c->points[i];
        spots[i] = (struct fb_label_spot){.x = fb_axis_x(&plot->axis, p->at) / 10,
            .y = y_of(plot, p->value) / 10,
            .width = p->marked && p->name.len ? fb_label_width(p->name) : 0};
    }
    struct fb_label_field field = {
        LEFT, WIDTH - 6, TOP - FB_LABEL_ASCENT, BOTTOM, bars, bars_of(plot, bars)};
    fb_labels_place(&field, spots, c->point_count);
    for (size_t i = 0; i < c->point_count; i++) {
        if (spots[i].placed) {
            label(plot, &spots[i], c->points[i].name);
        }
    }
    fb_free(bars);
    fb_free(spots);
    return FB_OK;
}

static enum fb_code check(const struct fb_chart *chart, struct fb_err *err)
{
    if (chart->point_count > FB_CHART_POINTS_MAX || chart->step_count > FB_CHART_STEPS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "a chart of more than %d points", FB_CHART_POINTS_MAX);
    }
    if (chart->point_count == 0) {
        return fb_err_set(err, FB_E_RANGE, "there is no point to draw");
    }
    for (size_t i = 0; i < chart->point_count; i++) {
        if (!(chart->points[i].value > 0 && isfinite(chart->points[i].value))) {
            return fb_err_set(err, FB_E_RANGE, "the value %g has no place on a log scale",
                chart->points[i].value);
        }
    }
    return FB_OK;
}

enum fb_code fb_svg_trend(const struct fb_chart *chart, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(chart && out);
    struct plot plot = {
        .chart = chart, .out = out, .is_dense = chart->point_count > FB_LABELS_DENSE};
    enum fb_code code = check(chart, err);
    if (code != FB_OK) {
        return code;
    }
    set_window(&plot);
    if (chart->is_part) {
        fb_buf_addf(out, "<svg class=\"chart trend\" viewBox=\"0 0 %d %d\" role=\"img\">\n<title>",
            WIDTH, HEIGHT);
    } else {
        fb_buf_addf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\" "
            "role=\"img\">\n%s<title>",
            WIDTH, HEIGHT, WIDTH, HEIGHT, style);
    }
    fb_html_text(out, chart->title);
    fb_buf_addf(out, "</title>\n<text class=\"ink title\" x=\"%d\" y=\"34\">", 24);
    size_t shown = out->len;
    fb_html_sentence(out, chart->title);
    if (chart->is_part) { /* as the words of the page */
        fb_html_space(out, shown);
    }
    fb_buf_addf(out, "</text>\n<text class=\"muted\" x=\"%d\" y=\"58\">", 24);
    fb_html_text(out, chart->subtitle);
    fb_buf_add_c(out, "</text>\n");
    y_axis(&plot);
    x_axis(&plot);
    if (!plot.is_dense) {
        line_and_band(&plot);
    }
    for (size_t i = 0; i < chart->point_count; i++) {
        point(&plot, &chart->points[i]);
    }
    if (plot.is_dense) {
        line_and_band(&plot);
    }
    code = labels(&plot, err);
    fb_buf_add_c(out, "</svg>\n");
    return code ? code : fb_buf_check(out, "the chart", err);
}

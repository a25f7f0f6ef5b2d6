/*
 * svg_timeline.c: everything over time in one drawing: a band of status for each red line, a bar
 * with its deadline for each duty. What stands to the right of `now` is what follows if nothing
 * happens.
 */
#include "base/alloc.h"
#include "base/assert.h"
#include "report/html.h"
#include "report/svg_axis.h"

/* Sizes in pixels. */
enum {
    WIDTH = 1000,
    LEFT = 290,
    RIGHT = 985,
    TOP = 46,
    HEAD_HEIGHT = 30,
    LINE_HEIGHT = 26,
    DUTY_HEIGHT = 20,
    FOOT = 46,
    TICKS = 7,
    LETTER = 6, /* width of a letter, about */
};

enum row_kind { ROW_SYSTEM, ROW_LINE, ROW_DUTY, ROW_CUT };

/* One row; which pointer is set follows from kind. */
struct row {
    enum row_kind kind;
    struct fb_str title;
    const struct fb_line_view *line;
    const struct fb_duty_view *duty;
    size_t cut;
};

/* A drawing at work. */
struct chart {
    struct fb_buf *out;
    const struct fb_picture *picture;
    struct fb_axis axis;
    struct row *rows;
    size_t count;
    size_t cut; /* rows for which there was no room */
    int32_t bottom;
};

static void add_row(struct chart *chart, struct row row)
{
    if (chart->count < FB_HTML_TIMELINE_MAX) {
        chart->rows[chart->count++] = row;
    } else {
        chart->cut += row.kind == ROW_CUT ? row.cut : 1;
    }
}

static enum fb_code plan_duties(struct chart *chart, struct fb_str system, struct fb_err *err)
{
    enum { DUTIES_MAX = 12 };
    const struct fb_duty_view **duties = NULL;
    size_t count = 0;
    enum fb_code code = fb_html_duties(chart->picture, system, &duties, &count, err);
    for (size_t i = 0; i < count && i < DUTIES_MAX; i++) {
        add_row(chart, (struct row){.kind = ROW_DUTY, .duty = duties[i]});
    }
    if (count > DUTIES_MAX) {
        add_row(chart, (struct row){.kind = ROW_CUT, .cut = count - DUTIES_MAX});
    }
    fb_free(duties);
    return code;
}

static bool has_duties(const struct fb_picture *picture, struct fb_str system)
{
    for (size_t i = 0; i < picture->duty_count; i++) {
        if (fb_str_eq(picture->duties[i].system, system)) {
            return true;
        }
    }
    return false;
}

/* A system under no rule gets its heading alone. */
static enum fb_code plan(struct chart *chart, struct fb_err *err)
{
    const struct fb_picture *picture = chart->picture;
    enum fb_code code = FB_OK;
    for (size_t s = 0; code == FB_OK && s < picture->system_count; s++) {
        struct fb_str system = picture->systems[s].id;
        add_row(chart,
            (struct row){.kind = ROW_SYSTEM, .title = fb_system_title(&picture->systems[s])});
        for (size_t i = 0; i < picture->line_count; i++) {
            if (fb_str_eq(picture->lines[i].system, system)) {
                add_row(chart, (struct row){.kind = ROW_LINE, .line = &picture->lines[i]});
            }
        }
        code = plan_duties(chart, system, err);
    }
    struct fb_str none = {NULL, 0};
    if (code == FB_OK && has_duties(picture, none)) {
        add_row(chart, (struct row){.kind = ROW_SYSTEM, .title = FB_STR("Of no one system")});
        code = plan_duties(chart, none, err);
    }
    return code;
}

static int32_t height_of(const struct row *row)
{
    return row->kind == ROW_SYSTEM ? HEAD_HEIGHT
           : row->kind == ROW_LINE ? LINE_HEIGHT
                                   : DUTY_HEIGHT;
}

static void coordinate(struct fb_buf *out, const char *name, int64_t tenths)
{
    fb_buf_addf(out, " %s=\"", name);
    fb_axis_add(out, tenths);
    fb_buf_add_char(out, '"');
}

static void box(const struct chart *chart, const char *style, int64_t from, int64_t to, int32_t y,
    int32_t height)
{
    fb_buf_addf(chart->out, "<rect class=\"%s\" y=\"%d\" height=\"%d\"", style, y, height);
    coordinate(chart->out, "x", from);
    coordinate(chart->out, "width", to - from);
    fb_buf_add_c(chart->out, "/>");
}

/* The words at the left of a row; the whole text shows when one points at it. */
static void row_name(
    const struct chart *chart, const char *style, struct fb_str text, int32_t y, size_t max)
{
    fb_buf_addf(
        chart->out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", style, style[0] == 's' ? 14 : 0, y);
    fb_html_text_middle(chart->out, text, max);
    fb_buf_add_c(chart->out, "</text>");
}

static const char *line_style(enum fb_line_status status)
{
    switch (status) {
    case FB_LINE_OUT_OF_SCOPE:
        return "scope";
    case FB_LINE_NOT_RULED_OUT:
        return "open";
    case FB_LINE_RULED_OUT:
        return "clear";
    case FB_LINE_CROSSED:
        return "crossed";
    }
    return "scope";
}

/* One stretch of a red line's status, cut to the window, with the word inside where it fits. */
static void band(const struct chart *chart, const struct row *row, const struct fb_segment *segment,
    bool future, int32_t y)
{
    const struct fb_axis *axis = &chart->axis;
    fb_time from =
        future && segment->from < chart->picture->now ? chart->picture->now : segment->from;
    fb_time until =
        !future && segment->until > chart->picture->now ? chart->picture->now : segment->until;
    if (from >= until || until <= axis->from || from >= axis->to) {
        return;
    }
    int64_t left = fb_axis_x(axis, from), right = fb_axis_x(axis, until);
    char since[FB_TIME_TEXT], end[FB_TIME_TEXT];
    const char *word = fb_line_status_name(segment->status);
    struct fb_buf *out = chart->out;
    fb_buf_addf(out, "<g class=\"band %s%s\"><title>", line_style(segment->status),
        future ? " future" : "");
    fb_html_words(out, row->line->rule->name, 60);
    fb_buf_addf(out, ": %s%s from %s to %s%s</title>", word, segment->latched ? " (latched)" : "",
        fb_time_format_short(segment->from, since), fb_time_format_short(segment->until, end),
        future ? ", if nothing happens" : "");
    box(chart, "fill", left, right, y + 4, LINE_HEIGHT - 8);
    if (right - left > (int64_t)(LETTER * 10 * (int64_t)fb_str_of(word).len + 140) && !future) {
        fb_buf_addf(out, "<text y=\"%d\"", y + 17);
        coordinate(out, "x", left + 60);
        fb_buf_addf(out, ">%s</text>", word);
    }
    fb_buf_add_c(out, "</g>\n");
}

static void draw_line(const struct chart *chart, const struct row *row, int32_t y)
{
    const struct fb_line_view *view = row->line;
    size_t from = chart->out->len;
    row_name(chart, "sub name", view->rule->name, y + 17, 36);
    fb_html_space(chart->out, from);
    fb_buf_add_char(chart->out, '\n');
    const struct fb_segments *history = &view->history;
    /* Before its first record a system is in no scope: there is nothing to show. */
    size_t i = history->count > 1 && history->items[0].status == FB_LINE_OUT_OF_SCOPE;
    while (i < history->count) {
        /* Stretches that differ in their reasons alone are one. */
        struct fb_segment whole = history->items[i++];
        while (i < history->count && history->items[i].status == whole.status &&
               history->items[i].latched == whole.latched) {
            whole.until = history->items[i++].until;
        }
        band(chart, row, &whole, false, y);
        band(chart, row, &whole, true, y);
    }
}

/* Signs on a bar: a deadline to come is a diamond, what was met a tick in a disc, a breach a cross.
 */
enum sign { SIGN_DUE, SIGN_MET, SIGN_BREACH };
static const struct {
    const char *style;
    const char *shape;
    const char *word;
} SIGNS[] = {{"due", "<path d=\"M0 -6 6 0 0 6 -6 0z\"/>", "due"},
    {"met", "<circle r=\"6\"/><path class=\"mark\" d=\"M-3 0 -1 2.5 3 -2.5\"/>", "met"},
    {"late",
        "<rect x=\"-6\" y=\"-6\" width=\"12\" height=\"12\" rx=\"2\"/>"
        "<path class=\"mark\" d=\"M-3 -3 3 3M3 -3 -3 3\"/>",
        "breached"}};

static void draw_sign(const struct chart *chart, enum sign sign, fb_time t, int32_t y)
{
    struct fb_buf *out = chart->out;
    if (t < chart->axis.from || t > chart->axis.to) {
        return;
    }
    fb_buf_addf(out, "<g class=\"sign %s\" transform=\"translate(", SIGNS[sign].style);
    fb_axis_add(out, fb_axis_x(&chart->axis, t));
    fb_buf_addf(out, " %d)\">", y);
    fb_buf_addf(out, "%s</g>", SIGNS[sign].shape);
}

/* One stretch of a duty's bar. */
static void bar(const struct chart *chart, const char *style, fb_time from, fb_time to, int32_t y)
{
    const struct fb_axis *axis = &chart->axis;
    if (from < to && to > axis->from && from < axis->to) {
        box(chart, style, fb_axis_x(axis, from), fb_axis_x(axis, to), y - 3, 6);
    }
}

static fb_time earlier(fb_time a, fb_time b)
{
    return a < b ? a : b;
}

static void draw_duty(const struct chart *chart, const struct row *row, int32_t y)
{
    const struct fb_obligation *o = &row->duty->obligation;
    struct fb_buf *out = chart->out;
    int32_t middle = y + DUTY_HEIGHT / 2;
    fb_time now = chart->picture->now, end = earlier(o->settled, now);
    row_name(chart, "sub", row->duty->text, y + 14, 46);
    fb_buf_addf(out, "<g class=\"duty %s\"><title>", fb_html_tone(fb_tone_of_duty(o->status)));
    fb_html_text_cut(out, row->duty->text, 200);
    fb_buf_addf(out, ": %s, ", fb_duty_status_name(o->status));
    fb_duty_when(row->duty, now, out);
    fb_buf_add_c(out, "</title>");
    bar(chart, "owed", o->since, earlier(end, o->breached), middle);
    bar(chart, "late", o->breached, end, middle);
    if (o->settled == FB_TIME_MAX) {
        bar(chart, "ahead", o->since > now ? o->since : now, o->deadline, middle);
    }
    bool due = o->status == FB_DUTY_OWED && o->deadline != FB_TIME_MAX;
    draw_sign(chart, due ? SIGN_DUE : SIGN_BREACH, due ? o->deadline : o->breached, middle);
    if (o->status == FB_DUTY_MET || o->status == FB_DUTY_MET_LATE) {
        draw_sign(chart, SIGN_MET, o->settled, middle);
    }
    fb_buf_add_c(out, "</g>\n");
}

static void draw_axis(const struct chart *chart)
{
    struct fb_tick ticks[FB_AXIS_TICKS_MAX];
    size_t count = fb_axis_ticks(&chart->axis, TICKS, ticks);
    struct fb_buf *out = chart->out;
    for (size_t i = 0; i < count; i++) {
        int64_t x = fb_axis_x(&chart->axis, ticks[i].at);
        fb_buf_addf(out, "<line class=\"grid\" y1=\"%d\" y2=\"%d\"", TOP - 8, chart->bottom);
        coordinate(out, "x1", x);
        coordinate(out, "x2", x);
        bool edge = x > (RIGHT - 35) * 10;
        fb_buf_addf(out, "/><text class=\"tick\" y=\"%d\" text-anchor=\"%s\"", TOP - 14,
            edge ? "end" : "middle");
        coordinate(out, "x", edge ? RIGHT * 10 : x);
        fb_buf_addf(out, ">%s</text>\n", ticks[i].label);
    }
}

static void draw_now(const struct chart *chart)
{
    char text[FB_TIME_TEXT];
    int64_t x = fb_axis_x(&chart->axis, chart->picture->now);
    struct fb_buf *out = chart->out;
    fb_buf_addf(out, "<line class=\"now\" y1=\"18\" y2=\"%d\"", chart->bottom);
    coordinate(out, "x1", x);
    coordinate(out, "x2", x);
    bool right = x > (RIGHT - 75) * 10;
    fb_buf_addf(
        out, "/><text class=\"now-word\" y=\"12\" text-anchor=\"%s\"", right ? "end" : "middle");
    coordinate(out, "x", right ? RIGHT * 10 : x);
    fb_buf_addf(out, ">now, %s</text>\n", fb_time_format_short(chart->picture->now, text));
}

/* What the bands and signs mean, below the drawing. */
static void draw_key(const struct chart *chart)
{
    static const enum fb_line_status order[] = {
        FB_LINE_CROSSED, FB_LINE_NOT_RULED_OUT, FB_LINE_RULED_OUT, FB_LINE_OUT_OF_SCOPE};
    struct fb_buf *out = chart->out;
    int32_t y = chart->bottom + 24, x = LEFT;
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        fb_buf_addf(out, "<g class=\"band %s\">", line_style(order[i]));
        box(chart, "fill", x * 10, x * 10 + 200, y - 9, 12);
        fb_buf_addf(out, "</g><text class=\"tick\" x=\"%d\" y=\"%d\">%s</text>\n", x + 26, y + 1,
            fb_line_status_name(order[i]));
        x += 52 + LETTER * (int32_t)fb_str_of(fb_line_status_name(order[i])).len;
    }
    for (size_t i = 0; i < sizeof(SIGNS) / sizeof(SIGNS[0]); i++) {
        fb_buf_addf(out,
            "<g class=\"sign %s\" transform=\"translate(%d %d)\">%s</g>"
            "<text class=\"tick\" x=\"%d\" y=\"%d\">%s</text>\n",
            SIGNS[i].style, x + 6, y - 3, SIGNS[i].shape, x + 18, y + 1, SIGNS[i].word);
        x += 42 + LETTER * (int32_t)fb_str_of(SIGNS[i].word).len;
    }
}

static void draw(const struct chart *chart)
{
    struct fb_buf *out = chart->out;
    fb_buf_addf(out,
        "<div class=\"wide\"><svg class=\"chart timeline\" viewBox=\"0 0 %d %d\" "
        "role=\"img\" aria-labelledby=\"timeline-name timeline-text\">\n",
        WIDTH, chart->bottom + FOOT);
    fb_buf_add_c(out,
        "<title id=\"timeline-name\">Red lines and duties over time</title>\n"
        "<desc id=\"timeline-text\">One band for each red line shows its status over time; one bar "
        "for each duty runs from when it was owed to its deadline. The tables below give the same "
        "in words.</desc>\n"
        "<defs><pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" "
        "patternTransform=\"rotate(45)\"><rect class=\"hatch-ground\" width=\"7\" height=\"7\"/>"
        "<line class=\"hatch-line\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"7\"/></pattern></defs>\n");
    draw_axis(chart);
    int32_t y = TOP;
    for (size_t i = 0; i < chart->count; i++) {
        const struct row *row = &chart->rows[i];
        switch (row->kind) {
        case ROW_SYSTEM:
            fb_buf_addf(out, "<line class=\"rule\" x1=\"0\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>", WIDTH,
                y + 3, y + 3);
            row_name(chart, "head", row->title, y + 22, 34);
            fb_buf_add_char(out, '\n');
            break;
        case ROW_LINE:
            draw_line(chart, row, y);
            break;
        case ROW_DUTY:
            draw_duty(chart, row, y);
            break;
        case ROW_CUT:
            fb_buf_addf(out, "<text class=\"sub\" x=\"14\" y=\"%d\">and %zu more duties</text>\n",
                y + 14, row->cut);
            break;
        }
        y += height_of(row);
    }
    draw_now(chart);
    draw_key(chart);
    fb_buf_add_c(out, "</svg></div>\n");
}

enum fb_code fb_html_timeline(struct fb_html *html, struct fb_err *err)
{
    FB_ASSERT(html && html->picture);
    struct chart chart = {.out = html->out, .picture = html->picture};
    chart.axis.left = LEFT;
    chart.axis.right = RIGHT;
    fb_axis_window(html->picture, &chart.axis.from, &chart.axis.to);
    chart.rows = fb_calloc(FB_HTML_TIMELINE_MAX, sizeof(*chart.rows));
    if (!chart.rows) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for the page");
    }
    enum fb_code code = plan(&chart, err);
    if (code == FB_OK && chart.count) {
        chart.bottom = TOP;
        for (size_t i = 0; i < chart.count; i++) {
            chart.bottom += height_of(&chart.rows[i]);
        }
        draw(&chart);
        fb_html_cut(html->out, chart.cut, "rows are not drawn");
    }
    fb_free(chart.rows);
    return code;
}

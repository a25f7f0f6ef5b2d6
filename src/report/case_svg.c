#include "report/case_svg.h"

#include <math.h>
#include <stdio.h>

#include "base/assert.h"
#include "report/case_layout.h"
#include "report/html.h"

/* Space above the drawing for the heading, below it for the legend, and the least width. */
enum { HEAD = 74, LEGEND = 44, MARGIN = 30, WIDTH_MIN = 760, ID_SHOWN = 24 };

/* Colours of a label. */
struct paint {
    const char *fill;
    const char *line;
    const char *word;
};

static const struct paint PAINTS[] = {
    [FB_LABEL_IN] = {"#eaf5ec", "#2e7d32", "stands"},
    [FB_LABEL_OUT_UNDERCUT] = {"#fff4e0", "#a65f00", "undercut"},
    [FB_LABEL_OUT_FALSIFIED] = {"#fdecea", "#b3261e", "falsified"},
    [FB_LABEL_UNDECIDED] = {"#eef0f2", "#5f6368", "undecided"},
};
static const struct paint NEUTRAL = {"#ffffff", "#5f6368", NULL};

struct point {
    double x;
    double y;
};

struct drawing {
    const struct fb_case *argument;
    struct fb_case_layout layout;
    struct fb_buf *out;
    bool labelled;
};

static bool is_circle(const struct fb_element *e)
{
    return e->kind == FB_ELEMENT_SOLUTION || e->kind == FB_ELEMENT_COUNTER_SOLUTION;
}

static bool is_ellipse(const struct fb_element *e)
{
    return e->kind == FB_ELEMENT_ASSUMPTION || e->kind == FB_ELEMENT_JUSTIFICATION;
}

static bool is_counter(const struct fb_element *e)
{
    return e->kind == FB_ELEMENT_COUNTER_GOAL || e->kind == FB_ELEMENT_COUNTER_SOLUTION;
}

static bool is_beside(const struct fb_element *e)
{
    return e->kind == FB_ELEMENT_CONTEXT || is_ellipse(e);
}

static struct paint paint_of(const struct drawing *d, const struct fb_element *e)
{
    return d->labelled ? PAINTS[e->label] : NEUTRAL;
}

/* Half the width of a shape at half its height. */
static double half_width(const struct drawing *d, uint32_t at)
{
    double half = d->layout.boxes[at].width / 2;
    return d->argument->elements[at].kind == FB_ELEMENT_STRATEGY ? half - 10 : half;
}

static struct point side_of(const struct drawing *d, uint32_t at, bool right)
{
    const struct fb_case_box *box = &d->layout.boxes[at];
    double half = half_width(d, at);
    return (struct point){box->x + (right ? half : -half), box->y + box->height / 2};
}

/* A head of an arrow whose tip is at `tip` and which comes from `from`. */
static void add_head(
    struct fb_buf *out, struct point from, struct point tip, const char *line, bool hollow)
{
    double dx = tip.x - from.x, dy = tip.y - from.y;
    double length = sqrt(dx * dx + dy * dy);
    if (length < 0.5) {
        return;
    }
    dx /= length;
    dy /= length;
    double bx = tip.x - 10 * dx, by = tip.y - 10 * dy;
    fb_buf_addf(out,
        "<path d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fZ\" fill=\"%s\" stroke=\"%s\" "
        "stroke-width=\"1.2\"/>\n",
        tip.x, tip.y, bx - 4.5 * dy, by + 4.5 * dx, bx + 4.5 * dy, by - 4.5 * dx,
        hollow ? "#ffffff" : line, line);
}

/* A curve from one point down to another, which both ends meet upright. */
static void add_curve(struct fb_buf *out, struct point from, struct point to)
{
    double bend = (to.y - from.y) / 2;
    fb_buf_addf(out, "C%.1f %.1f %.1f %.1f %.1f %.1f", from.x, from.y + bend, to.x, to.y - bend,
        to.x, to.y);
}

/* Goes down through the gaps of the rows between. */
static void add_support(const struct drawing *d, uint32_t from, uint32_t to)
{
    const struct fb_case_box *a = &d->layout.boxes[from], *b = &d->layout.boxes[to];
    const struct fb_case_row *rows = d->layout.rows;
    struct point at = {a->x, a->y + a->height}, end = {b->x, b->y};
    fb_buf_addf(d->out, "<path d=\"M%.1f %.1f", at.x, at.y);
    if (b->row > a->row) {
        at.y = rows[a->row].end;
        fb_buf_addf(d->out, "V%.1f", at.y);
    }
    for (size_t row = a->row + 1; row < b->row; row++) {
        double share = 1 / (double)(b->row - row + 1);
        struct point next = {
            fb_case_gap(&d->layout, row, at.x + (end.x - at.x) * share), rows[row].top};
        add_curve(d->out, at, next);
        at = (struct point){next.x, rows[row].end};
        fb_buf_addf(d->out, "V%.1f", at.y);
    }
    struct point tip = {end.x, b->row > a->row ? rows[b->row].top - 8 : end.y - 8};
    add_curve(d->out, at, tip);
    fb_buf_addf(
        d->out, "V%.1f\" fill=\"none\" stroke=\"#5f6368\" stroke-width=\"1.4\"/>\n", end.y - 8);
    add_head(d->out, (struct point){end.x, end.y - 20}, end, "#5f6368", false);
}

static void add_context(const struct drawing *d, uint32_t from, uint32_t to)
{
    bool right = d->layout.boxes[to].x > d->layout.boxes[from].x;
    struct point start = side_of(d, from, right), end = side_of(d, to, !right);
    double toward = right ? -1 : 1;
    double bend = fmax(fabs(end.x - start.x) / 2, 8);
    fb_buf_addf(d->out,
        "<path d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f\" fill=\"none\" stroke=\"#9aa0a6\" "
        "stroke-width=\"1.4\"/>\n",
        start.x, start.y, start.x - toward * bend, start.y, end.x + toward * bend, end.y,
        end.x + toward * 9, end.y);
    add_head(d->out, (struct point){end.x + toward * 20, end.y}, end, "#9aa0a6", true);
}

/* Three points that bend a line: a control point for each end, and the end. */
struct bend {
    struct point start, first, second, end;
};

/* The line of a challenge of an element. */
static struct bend bend_to_element(const struct drawing *d, uint32_t by, uint32_t target)
{
    const struct fb_case_box *a = &d->layout.boxes[by], *b = &d->layout.boxes[target];
    bool same_row = a->row == b->row;
    if (same_row && a->neighbour == target) {
        struct point start = side_of(d, by, false), end = side_of(d, target, true);
        double middle = (start.x + end.x) / 2;
        return (struct bend){start, {middle, start.y}, {middle, end.y}, end};
    }
    if (same_row) {
        double x = b->x + (a->x > b->x ? 1 : -1) * b->width / 4;
        double high = fmin(44, 20 + fabs(a->x - b->x) / 20);
        return (struct bend){{a->x, a->y}, {a->x, a->y - high}, {x, b->y - high}, {x, b->y}};
    }
    bool right = a->x > b->x;
    struct point start = side_of(d, by, !right), end = side_of(d, target, right);
    double middle = (start.x + end.x) / 2;
    return (struct bend){start, {middle, start.y}, {middle, end.y}, end};
}

/* The point of a curve half way along. */
static struct point half_way(const struct bend *b)
{
    return (struct point){(b->start.x + 3 * b->first.x + 3 * b->second.x + b->end.x) / 8,
        (b->start.y + 3 * b->first.y + 3 * b->second.y + b->end.y) / 8};
}

/* The line of a challenge of a relation: from below or above, or over the row of the challenger. */
static struct bend bend_to_point(const struct drawing *d, uint32_t by, struct point end)
{
    const struct fb_case_box *box = &d->layout.boxes[by];
    const struct fb_case_row *row = &d->layout.rows[box->row];
    if (end.y > row->top && end.y < row->end) {
        double high = row->top - 34;
        return (struct bend){{box->x, box->y}, {box->x, high}, {end.x, high}, end};
    }
    bool below = end.y >= row->end;
    double y = below ? box->y + box->height : box->y;
    double over = box->x > end.x ? 50 : -50;
    return (struct bend){{box->x, y}, {box->x, y + (below ? 30 : -30)}, {end.x + over, end.y}, end};
}

static struct bend bend_of(const struct drawing *d, const struct fb_challenge *challenge)
{
    const struct fb_case *c = d->argument;
    if (challenge->kind == FB_CHALLENGE_ELEMENT) {
        return bend_to_element(d, challenge->by, challenge->target);
    }
    struct point end;
    if (challenge->kind == FB_CHALLENGE_CHALLENGE) {
        struct bend other = bend_of(d, &c->challenges[challenge->target]);
        end = half_way(&other);
    } else {
        const struct fb_element *e = &c->elements[challenge->target];
        bool context = challenge->kind == FB_CHALLENGE_CONTEXT;
        uint32_t to =
            context ? e->context[challenge->position] : e->supported_by[challenge->position];
        const struct fb_case_box *a = &d->layout.boxes[challenge->target];
        const struct fb_case_box *b = &d->layout.boxes[to];
        bool right = b->x > a->x;
        struct point from = context ? side_of(d, challenge->target, right)
                                    : (struct point){a->x, d->layout.rows[a->row].end};
        struct point at = context ? side_of(d, to, !right) : (struct point){b->x, b->y};
        end = (struct point){(from.x + at.x) / 2, (from.y + at.y) / 2};
    }
    return bend_to_point(d, challenge->by, end);
}

static void add_challenge(const struct drawing *d, const struct fb_challenge *challenge)
{
    struct bend b = bend_of(d, challenge);
    bool answered =
        d->labelled && challenge->label != FB_LABEL_IN && challenge->label != FB_LABEL_UNDECIDED;
    const char *line = answered ? "#8a8f94" : "#b3261e";
    fb_buf_addf(d->out,
        "<path d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f\" fill=\"none\" stroke=\"%s\" "
        "stroke-width=\"%s\" stroke-dasharray=\"7 4\"/>\n",
        b.start.x, b.start.y, b.first.x, b.first.y, b.second.x, b.second.y, b.end.x, b.end.y, line,
        answered ? "1.2" : "2");
    add_head(d->out, b.second, b.end, line, true);
}

static void add_shape(const struct drawing *d, uint32_t at)
{
    const struct fb_element *e = &d->argument->elements[at];
    const struct fb_case_box *box = &d->layout.boxes[at];
    struct paint paint = paint_of(d, e);
    char style[160];
    (void)snprintf(style, sizeof(style), "fill=\"%s\" stroke=\"%s\" stroke-width=\"%s\"%s",
        paint.fill, paint.line, at == d->argument->top ? "2.6" : "1.6",
        is_counter(e) ? " stroke-dasharray=\"5 3\"" : "");
    double left = box->x - box->width / 2, right = box->x + box->width / 2;
    double low = box->y + box->height;
    if (is_circle(e)) {
        fb_buf_addf(d->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" %s/>\n", box->x,
            box->y + box->height / 2, box->width / 2, style);
    } else if (is_ellipse(e)) {
        fb_buf_addf(d->out, "<ellipse cx=\"%.1f\" cy=\"%.1f\" rx=\"%.1f\" ry=\"%.1f\" %s/>\n",
            box->x, box->y + box->height / 2, box->width / 2, box->height / 2, style);
    } else if (e->kind == FB_ELEMENT_STRATEGY) {
        fb_buf_addf(d->out, "<path d=\"M%.1f %.1fH%.1fL%.1f %.1fH%.1fZ\" %s/>\n", left + 20, box->y,
            right, right - 20, low, left, style);
    } else {
        fb_buf_addf(d->out,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%d\" %s/>\n", left,
            box->y, box->width, box->height, e->kind == FB_ELEMENT_CONTEXT ? 18 : 2, style);
    }
}

/* One line of text; anchor is "start", "middle" or "end". */
static void add_text(struct fb_buf *out, struct point at, struct fb_str text, const char *style)
{
    fb_buf_addf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", at.x, at.y, style);
    fb_html_text_all(out, text);
    fb_buf_add_c(out, "</text>\n");
}

/* A word on a rounded patch whose middle is at x. */
static void add_pill(struct fb_buf *out, double x, double y, const char *word, const char *fill)
{
    double width = fb_case_text_width(fb_str_of(word)) * 0.92 + 14;
    fb_buf_addf(out,
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"17\" rx=\"8.5\" fill=\"%s\" "
        "stroke=\"#ffffff\" stroke-width=\"1.5\"/>\n",
        x - width / 2, y, width, fill);
    add_text(out, (struct point){x, y + 12.5}, fb_str_of(word),
        "text-anchor=\"middle\" font-size=\"11\" font-weight=\"bold\" fill=\"#ffffff\"");
}

/* At most max bytes of text, cut between characters. */
static struct fb_str cut(struct fb_str text, size_t max)
{
    size_t len = text.len < max ? text.len : max;
    while (len > 0 && len < text.len && ((unsigned char)text.ptr[len] & 0xC0) == 0x80) {
        len--;
    }
    return fb_str_sub(text, 0, len);
}

static void add_words(const struct drawing *d, uint32_t at)
{
    const struct fb_element *e = &d->argument->elements[at];
    const struct fb_case_box *box = &d->layout.boxes[at];
    double high = FB_CASE_LINE * (1.0 + box->line_count);
    double y = box->y + (box->height - high) / 2 + 12;
    struct fb_str id = cut(e->id, ID_SHOWN);
    fb_buf_addf(d->out, "<text x=\"%.1f\" y=\"%.1f\" font-weight=\"bold\">", box->x, y);
    fb_html_text_all(d->out, id);
    fb_buf_add_c(d->out, id.len < e->id.len ? "...</text>\n" : "</text>\n");
    for (uint32_t i = 0; i < box->line_count; i++) {
        y += FB_CASE_LINE;
        bool last = box->cut && i + 1 == box->line_count;
        fb_buf_addf(d->out, "<text x=\"%.1f\" y=\"%.1f\"%s>", box->x, y,
            i < box->text_count ? "" : " font-style=\"italic\" fill=\"#174ea6\"");
        fb_html_text_all(d->out, box->lines[i]);
        fb_buf_add_c(d->out, last ? " ...</text>\n" : "</text>\n");
    }
}

/* What stands on the edge of a shape: label, how much support is needed, undeveloped. */
static void add_marks(const struct drawing *d, uint32_t at)
{
    const struct fb_element *e = &d->argument->elements[at];
    const struct fb_case_box *box = &d->layout.boxes[at];
    struct paint paint = paint_of(d, e);
    double low = box->y + box->height;
    if (paint.word && !(is_beside(e) && e->label == FB_LABEL_IN)) {
        bool round = is_circle(e) || is_ellipse(e);
        double width = fb_case_text_width(fb_str_of(paint.word)) * 0.92 + 14;
        add_pill(d->out, round ? box->x : box->x + box->width / 2 - width / 2 - 4,
            round ? low - 9 : box->y - 9, paint.word, paint.line);
    }
    if (is_ellipse(e)) {
        add_text(d->out, (struct point){box->x + box->width / 2 - 8, low - 2},
            e->kind == FB_ELEMENT_ASSUMPTION ? FB_STR("A") : FB_STR("J"), "font-weight=\"bold\"");
    }
    if (e->undeveloped) {
        fb_buf_addf(d->out,
            "<path d=\"M%.1f %.1fl9 9l-9 9l-9 -9Z\" fill=\"#ffffff\" stroke=\"%s\" "
            "stroke-width=\"1.6\"/>\n",
            box->x, low, paint.line);
    }
    if (e->supported_by_count > 1 && e->support != FB_SUPPORT_ALL) {
        char needs[64];
        (void)snprintf(needs, sizeof(needs), "%u of %zu needed",
            e->support == FB_SUPPORT_ANY ? 1 : e->support_k, e->supported_by_count);
        add_pill(d->out, box->x, low - 8, needs, "#3c4a5a");
    }
}

static void add_element(const struct drawing *d, uint32_t at)
{
    const struct fb_element *e = &d->argument->elements[at];
    fb_buf_add_c(d->out, "<g><title>");
    fb_html_text_all(d->out, d->labelled ? e->why->text : e->text);
    if (e->url.len > 0) {
        fb_buf_add_char(d->out, '\n');
        fb_html_text_all(d->out, e->url);
    }
    fb_buf_add_c(d->out, "</title>\n");
    add_shape(d, at);
    add_words(d, at);
    add_marks(d, at);
    fb_buf_add_c(d->out, "</g>\n");
}

static void add_lines(const struct drawing *d)
{
    const struct fb_case *c = d->argument;
    for (uint32_t i = 0; i < c->element_count; i++) {
        for (size_t k = 0; k < c->elements[i].context_count; k++) {
            add_context(d, i, c->elements[i].context[k]);
        }
        for (size_t k = 0; k < c->elements[i].supported_by_count; k++) {
            add_support(d, i, c->elements[i].supported_by[k]);
        }
    }
}

static void add_heading(const struct drawing *d, double width)
{
    const struct fb_case *c = d->argument;
    const struct fb_element *top = &c->elements[c->top];
    struct fb_case_box box = {.line_count = 0};
    fb_case_wrap(c->title.len ? c->title : c->name, (width - 2 * MARGIN) * 0.62, &box);
    fb_buf_addf(d->out,
        "<text x=\"%d\" y=\"36\" text-anchor=\"start\" font-size=\"18\" font-weight=\"bold\">",
        MARGIN);
    if (box.line_count > 0) {
        fb_html_text_all(d->out, box.lines[0]);
        fb_buf_add_c(d->out, box.line_count > 1 ? " ..." : "");
    }
    fb_buf_add_c(d->out, "</text>\n");
    if (!d->labelled) {
        return;
    }
    struct paint paint = PAINTS[top->label];
    size_t count[4] = {0, 0, 0, 0};
    for (size_t i = 0; i < c->element_count; i++) {
        count[c->elements[i].label]++;
    }
    fb_buf_addf(d->out,
        "<text x=\"%d\" y=\"58\" text-anchor=\"start\" font-size=\"13\">The top claim, ", MARGIN);
    fb_html_text_all(d->out, cut(top->id, ID_SHOWN));
    fb_buf_addf(d->out, ", <tspan font-weight=\"bold\" fill=\"%s\">%s%s</tspan>.", paint.line,
        top->label == FB_LABEL_IN ? "" : "is ", paint.word);
    const char *before = " Elements:";
    for (size_t i = 0; i < 4; i++) {
        if (count[i] > 0) {
            fb_buf_addf(d->out, "%s %zu %s%s", before, count[i],
                i == FB_LABEL_IN ? ""
                : count[i] == 1  ? "is "
                                 : "are ",
                i == FB_LABEL_IN && count[i] > 1 ? "stand" : PAINTS[i].word);
            before = ",";
        }
    }
    fb_buf_add_c(d->out, ".</text>\n");
}

/* What the colours and lines mean. */
static void add_legend(const struct drawing *d, double y)
{
    static const struct {
        enum fb_label label;
        const char *text;
    } ENTRIES[] = {
        {FB_LABEL_IN, "enough support"},
        {FB_LABEL_OUT_UNDERCUT, "support is gone"},
        {FB_LABEL_OUT_FALSIFIED, "shown to be false"},
        {FB_LABEL_UNDECIDED, "not known"},
    };
    double x = MARGIN;
    for (size_t i = 0; d->labelled && i < sizeof(ENTRIES) / sizeof(ENTRIES[0]); i++) {
        struct paint paint = PAINTS[ENTRIES[i].label];
        double width = fb_case_text_width(fb_str_of(paint.word)) * 0.92 + 14;
        add_pill(d->out, x + width / 2, y - 13, paint.word, paint.line);
        x += width + 6;
        add_text(d->out, (struct point){x, y}, fb_str_of(ENTRIES[i].text),
            "text-anchor=\"start\" font-size=\"11\" fill=\"#5f6368\"");
        x += fb_case_text_width(fb_str_of(ENTRIES[i].text)) * 0.92 + 18;
    }
    if (d->argument->challenge_count > 0) {
        fb_buf_addf(d->out,
            "<path d=\"M%.1f %.1fh36\" fill=\"none\" stroke=\"#b3261e\" stroke-width=\"2\" "
            "stroke-dasharray=\"7 4\"/>\n",
            x, y - 4);
        add_text(d->out, (struct point){x + 42, y}, FB_STR("a challenge (grey: answered)"),
            "text-anchor=\"start\" font-size=\"11\" fill=\"#5f6368\"");
    }
}

static void add_svg(const struct drawing *d)
{
    double width = fmax(ceil(d->layout.width), WIDTH_MIN);
    double height = ceil(d->layout.height) + HEAD + LEGEND;
    const struct fb_case *c = d->argument;
    fb_buf_addf(d->out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
        "viewBox=\"0 0 %.0f %.0f\" role=\"img\" font-family=\"Helvetica, Arial, sans-serif\" "
        "font-size=\"12\" text-anchor=\"middle\" fill=\"#202124\">\n<title>Safety case ",
        width, height, width, height);
    fb_html_text_all(d->out, c->name);
    fb_buf_addf(d->out, "</title>\n<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n",
        width, height);
    add_heading(d, width);
    fb_buf_addf(d->out, "<g transform=\"translate(%.1f %d)\">\n",
        floor((width - d->layout.width) / 2), HEAD);
    add_lines(d);
    for (size_t i = 0; i < c->challenge_count; i++) {
        add_challenge(d, &c->challenges[i]);
    }
    for (uint32_t i = 0; i < c->element_count; i++) {
        add_element(d, i);
    }
    fb_buf_add_c(d->out, "</g>\n");
    add_legend(d, height - 20);
    fb_buf_add_c(d->out, "</svg>\n");
}

enum fb_code fb_report_case_svg(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(argument && argument->element_count > 0 && out && err);
    struct fb_arena arena;
    fb_arena_init(&arena, (size_t)1 << 30);
    struct drawing d = {.argument = argument, .out = out};
    d.labelled = argument->elements[argument->top].why != NULL;
    enum fb_code code = fb_case_layout_make(argument, &arena, &d.layout, err);
    if (code == FB_OK) {
        add_svg(&d);
        code = fb_buf_check(out, "drawing of the case", err);
    }
    fb_arena_release(&arena);
    return code;
}

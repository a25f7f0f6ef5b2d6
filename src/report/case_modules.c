#include "report/case_modules.h"

#include <math.h>

#include "base/assert.h"
#include "case/architecture.h"
#include "report/case_draw.h"
#include "report/case_modules_layout.h"
#include "report/html.h"

enum { TAB = 14, TAB_WIDE = 44, HEAD = 9, TOP = 60, LEGEND = 40, LEAST = 760 };

/* The view at work. */
struct view {
    const struct fb_case *argument;
    struct fb_architecture all;
    struct fb_modules_layout layout;
    struct fb_buf *out;
};

/* ---- SVG ---- */

/* The head of a line that meets a module at a point: dy 1 from above, -1 from below. */
static void add_head(struct fb_buf *out, struct fb_point at, double dy, uint8_t mark)
{
    bool support = mark & FB_LINK_SUPPORT, context = mark & FB_LINK_CONTEXT;
    double x = at.x, y = at.y, back = y - dy * HEAD;
    if (support && context) { /* the double head of composite relations */
        fb_buf_addf(out,
            "<path class=\"fcl\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fM%.1f %.1fL%.1f %.1fL%.1f "
            "%.1f\"/>\n",
            x - 5, back, x, y, x + 5, back, x - 5, back - dy * 6, x, y - dy * 6, x + 5,
            back - dy * 6);
    } else if (support || context) {
        fb_buf_addf(out, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fZ\"/>\n",
            support ? "fch" : "fco", x, y, x - 4, back, x + 4, back);
    }
    if (mark & FB_LINK_CHALLENGE) {
        fb_buf_addf(out, "<path class=\"fcd fce\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1f\"/>\n", x - 5,
            back, x, y, x + 5, back);
    }
}

/* A square where a line meets an interface, and its name beside. */
static void add_port(struct fb_buf *out, struct fb_point at, bool below, struct fb_str name)
{
    if (name.len > 0) {
        fb_buf_addf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"8\" height=\"8\" class=\"fc\"/>\n",
            at.x - 4, at.y - 4);
        fb_draw_note(out, (struct fb_point){at.x + 7, at.y + (below ? 14 : -7)}, name);
    }
}

/* The edges that lines meet: a module's tab stands above its upper one, a contract has another
 * below. */
static double edge_of(const struct view *v, const struct fb_modules_box *box, bool low)
{
    if (box->node == FB_CASE_NONE) {
        return box->y + (low ? box->height : 0);
    }
    bool contract = v->all.nodes[box->node].is_contract;
    return low ? box->y + box->height - (contract ? TAB / 2 : 0)
               : box->y + (contract ? TAB / 2 : TAB);
}

/* A link: its pieces from above, heads and interfaces at its ends. */
static void add_link(const struct view *v, size_t first, size_t count)
{
    const struct fb_modules_piece *pieces = &v->layout.pieces[first];
    const struct fb_architecture_link *link = &v->all.links[pieces[0].link];
    bool turned = v->layout.turned[pieces[0].link];
    uint8_t all = link->marks[0] | link->marks[1];
    const struct fb_modules_box *from = &v->layout.boxes[pieces[0].ends[0]];
    const struct fb_modules_box *to = &v->layout.boxes[pieces[count - 1].ends[1]];
    struct fb_point start = {pieces[0].x[0], edge_of(v, from, true)};
    struct fb_point end = {pieces[count - 1].x[1], edge_of(v, to, false)};
    fb_buf_addf(v->out, "<path class=\"%s\" d=\"", all == FB_LINK_CHALLENGE ? "fcd" : "fcl");
    fb_draw_to(v->out, 'M', start);
    for (size_t i = 0; i < count; i++) {
        if (fabs(pieces[i].x[0] - pieces[i].x[1]) > 0.05) {
            fb_draw_by(v->out, 'V', pieces[i].y);
            fb_draw_by(v->out, 'H', pieces[i].x[1]);
        }
    }
    fb_draw_by(v->out, 'V', end.y);
    fb_buf_add_c(v->out, "\"/>\n");
    /* A head ends before the square of an interface. */
    double above = link->ports[!turned].len ? 4 : 0, below = link->ports[turned].len ? 4 : 0;
    add_head(v->out, (struct fb_point){end.x, end.y - above}, 1, link->marks[!turned]);
    add_head(v->out, (struct fb_point){start.x, start.y + below}, -1, link->marks[turned]);
    add_port(v->out, start, true, link->ports[turned]);
    add_port(v->out, end, false, link->ports[!turned]);
}

static void add_box(struct fb_buf *out, double x, double y, struct fb_point size, bool outside)
{
    fb_buf_addf(out,
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"fc%s\"/>\n", x, y,
        size.x, size.y, outside ? " fci" : "");
}

static void add_module(const struct view *v, const struct fb_modules_box *box)
{
    const struct fb_architecture_node *n = &v->all.nodes[box->node];
    double left = box->x - box->width / 2, top = edge_of(v, box, false);
    double low = edge_of(v, box, true), y = top + 18;
    fb_buf_add_c(v->out, "<g><title>");
    fb_html_text_all(v->out, n->name);
    fb_buf_add_c(v->out, n->is_outside    ? " is not among the files"
                         : n->is_contract ? ", a contract"
                                          : "");
    fb_buf_add_c(v->out, "</title>\n");
    add_box(v->out, left, box->y, (struct fb_point){TAB_WIDE, top - box->y}, n->is_outside);
    if (n->is_contract) {
        add_box(v->out, left + box->width - TAB_WIDE, low,
            (struct fb_point){TAB_WIDE, box->y + box->height - low}, n->is_outside);
    }
    add_box(v->out, left, top, (struct fb_point){box->width, low - top}, n->is_outside);
    struct fb_str name = fb_draw_cut(n->name, FB_CASE_ID_SHOWN);
    fb_draw_text(v->out, (struct fb_point){box->x, y}, name, "font-weight=\"bold\"");
    for (uint32_t i = 0; i < box->label.line_count; i++) {
        y += FB_CASE_LINE;
        fb_draw_text(v->out, (struct fb_point){box->x, y}, box->label.lines[i], "");
    }
    fb_buf_add_c(v->out, "</g>\n");
}

/* What the heads of lines mean. */
static void add_legend(const struct view *v, double y)
{
    static const struct {
        uint8_t mark;
        const char *text;
    } ROWS[] = {{FB_LINK_SUPPORT, "supported by"}, {FB_LINK_CONTEXT, "in context of"},
        {FB_LINK_SUPPORT | FB_LINK_CONTEXT, "both"}, {FB_LINK_CHALLENGE, "challenges"}};
    double x = 36;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        fb_buf_addf(v->out, "<path class=\"%s\" d=\"M%.1f %.1fv22\"/>\n",
            ROWS[i].mark == FB_LINK_CHALLENGE ? "fcd" : "fcl", x, y - 18);
        add_head(v->out, (struct fb_point){x, y + 4}, 1, ROWS[i].mark);
        fb_draw_note(v->out, (struct fb_point){x + 10, y}, fb_str_of(ROWS[i].text));
        x += 110;
    }
}

static void add_svg(const struct view *v)
{
    double width = fmax(ceil(v->layout.width), LEAST);
    double height = ceil(v->layout.height) + TOP + LEGEND;
    fb_draw_open(v->out, "Modules of", v->argument->name, &(struct fb_point){width, height});
    fb_draw_text(v->out, (struct fb_point){30, 36}, fb_draw_cut(v->argument->title, 80),
        "style=\"text-anchor:start\" font-size=\"18\" font-weight=\"bold\"");
    fb_buf_addf(v->out, "<g transform=\"translate(%.0f %d)\">\n",
        floor((width - v->layout.width) / 2), TOP - 20);
    for (size_t i = 0; i < v->all.node_count; i++) {
        add_module(v, &v->layout.boxes[i]);
    }
    for (size_t from = 0, to = 0; from < v->layout.piece_count; from = to) {
        uint32_t link = v->layout.pieces[from].link;
        for (to = from; to < v->layout.piece_count && v->layout.pieces[to].link == link; to++) {
        }
        add_link(v, from, to - from);
    }
    fb_buf_add_c(v->out, "</g>\n");
    add_legend(v, height - 18);
    fb_buf_add_c(v->out, "</svg>\n");
}

enum fb_code fb_report_modules_svg(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(argument && argument->module_count > 0 && out && err);
    struct fb_arena arena;
    fb_arena_init(&arena, (size_t)1 << 30);
    struct view v = {.argument = argument, .out = out};
    enum fb_code code = fb_case_architecture(argument, &arena, &v.all, err);
    code = code != FB_OK ? code : fb_modules_layout_make(&v.all, &arena, &v.layout, err);
    if (code == FB_OK) {
        add_svg(&v);
        code = fb_buf_check(out, "drawing of the modules", err);
    }
    fb_arena_release(&arena);
    return code;
}

/* ---- DOT and Mermaid ---- */

/* A name within double quotes: of DOT with backslashes, of Mermaid as HTML. */
static void add_quoted(struct fb_buf *out, struct fb_str text, bool mermaid)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool odd = c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c == '#';
        if (mermaid && odd) {
            fb_buf_addf(out, "#%u;", c);
        } else if (!mermaid && (c == '"' || c == '\\')) {
            fb_buf_addf(out, "\\%c", c);
        } else {
            fb_buf_add_char(out, c < 0x20 || c == 0x7f ? ' ' : (char)c);
        }
    }
}

/* How one end is reached, in a word. */
static const char *word_of(uint8_t mark)
{
    bool both = (mark & FB_LINK_SUPPORT) && (mark & FB_LINK_CONTEXT);
    return both                       ? "support and context"
           : mark & FB_LINK_SUPPORT   ? "supported by"
           : mark & FB_LINK_CONTEXT   ? "in context of"
           : mark & FB_LINK_CHALLENGE ? "challenges"
                                      : "";
}

static void add_dot(const struct view *v)
{
    static const char *const HEADS[] = {
        "none", "normal", "onormal", "veevee", "vee", "normalvee", "onormalvee", "veeveevee"};
    struct fb_buf *out = v->out;
    fb_buf_add_c(out, "digraph {\n  node [fontname=\"Helvetica\", fontsize=10];\n"
                      "  edge [fontname=\"Helvetica\", fontsize=9, dir=both];\n");
    for (uint32_t i = 0; i < v->all.node_count; i++) {
        const struct fb_architecture_node *n = &v->all.nodes[i];
        fb_buf_addf(out, "  m%u [shape=%s%s, label=\"", i, n->is_contract ? "component" : "tab",
            n->is_outside ? ", style=dotted" : "");
        add_quoted(out, n->name, false);
        fb_buf_add_c(out, n->text.len ? "\\n" : "");
        add_quoted(out, fb_draw_cut(n->text, 200), false);
        fb_buf_add_c(out, "\"];\n");
    }
    for (size_t i = 0; i < v->all.link_count; i++) {
        const struct fb_architecture_link *link = &v->all.links[i];
        FB_ASSERT(link->marks[0] < 8 && link->marks[1] < 8);
        fb_buf_addf(out, "  m%u -> m%u [arrowhead=%s, arrowtail=%s, headlabel=\"", link->ends[0],
            link->ends[1], HEADS[link->marks[1]], HEADS[link->marks[0]]);
        add_quoted(out, link->ports[1], false);
        fb_buf_add_c(out, "\", taillabel=\"");
        add_quoted(out, link->ports[0], false);
        fb_buf_add_c(out, "\"];\n");
    }
    fb_buf_add_c(out, "}\n");
}

static void add_mermaid(const struct view *v)
{
    struct fb_buf *out = v->out;
    fb_buf_add_c(out, "flowchart TD\n");
    for (uint32_t i = 0; i < v->all.node_count; i++) {
        const struct fb_architecture_node *n = &v->all.nodes[i];
        fb_buf_addf(out, "    m%u[%s\"<b>", i, n->is_contract ? "[" : "");
        add_quoted(out, n->name, true);
        fb_buf_add_c(out, n->text.len ? "</b><br>" : "</b>");
        add_quoted(out, fb_draw_cut(n->text, 200), true);
        fb_buf_addf(out, "\"%s]\n", n->is_contract ? "]" : "");
    }
    for (size_t i = 0; i < v->all.link_count; i++) {
        const struct fb_architecture_link *link = &v->all.links[i];
        for (int end = 1; end >= 0; end--) {
            if (link->marks[end]) {
                fb_buf_addf(out, "    m%u -->|\"%s\"| m%u\n", link->ends[!end],
                    word_of(link->marks[end]), link->ends[end]);
            }
        }
    }
}

/* Draws the modules as text. */
static enum fb_code write_text(const struct fb_case *argument, void (*add)(const struct view *v),
    struct fb_buf *out, struct fb_err *err)
{
    struct fb_arena arena;
    fb_arena_init(&arena, (size_t)1 << 30);
    struct view v = {.argument = argument, .out = out};
    enum fb_code code = fb_case_architecture(argument, &arena, &v.all, err);
    if (code == FB_OK) {
        add(&v);
        code = fb_buf_check(out, "graph of the modules", err);
    }
    fb_arena_release(&arena);
    return code;
}

enum fb_code fb_report_modules_dot(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(argument && argument->module_count > 0 && out && err);
    return write_text(argument, add_dot, out, err);
}

enum fb_code fb_report_modules_mermaid(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(argument && argument->module_count > 0 && out && err);
    return write_text(argument, add_mermaid, out, err);
}

#include "report/case_svg.h"

#include <math.h>
#include <stdio.h>

#include "base/assert.h"
#include "report/case_draw.h"
#include "report/html.h"

/* Space above the drawing for the heading, below it for the legend, and the least width. */
enum { HEAD = 74, LEGEND = 44, MARGIN = 30, WIDTH_MIN = 860 };

static void add_heading(const struct fb_drawing *d, double width)
{
    const struct fb_case *c = d->argument;
    const struct fb_element *top = &c->elements[c->top];
    struct fb_case_label label = {.line_count = 0};
    fb_case_wrap(fb_draw_title(c), fmin(width - 2 * MARGIN, 1400) * 0.62, &label);
    fb_buf_addf(d->out,
        "<text x=\"%d\" y=\"36\" text-anchor=\"start\" font-size=\"18\" font-weight=\"bold\">",
        MARGIN);
    if (label.line_count > 0) {
        fb_html_text_all(d->out, label.lines[0]);
        fb_buf_add_c(d->out, label.line_count > 1 ? " ..." : "");
    }
    fb_buf_add_c(d->out, "</text>\n");
    if (!d->labelled) {
        return;
    }
    size_t count[4] = {0, 0, 0, 0};
    for (size_t i = 0; i < c->element_count; i++) {
        count[c->elements[i].label]++;
    }
    fb_buf_addf(d->out,
        "<text x=\"%d\" y=\"58\" text-anchor=\"start\" font-size=\"13\">The top claim, ", MARGIN);
    fb_html_text_all(d->out, fb_str_sub(top->id, 0, top->id.len < 80 ? top->id.len : 0));
    fb_buf_addf(d->out, ", <tspan font-weight=\"bold\" class=\"fck-%s\">%s%s</tspan>.",
        fb_draw_class(d, top), top->label == FB_LABEL_IN ? "" : "is ", fb_draw_word(top->label));
    const char *before = " Elements:";
    for (size_t i = 0; i < 4; i++) {
        if (count[i] > 0) {
            fb_buf_addf(d->out, "%s %zu %s%s", before, count[i],
                i == FB_LABEL_IN ? ""
                : count[i] == 1  ? "is "
                                 : "are ",
                i == FB_LABEL_IN && count[i] > 1 ? "stand" : fb_draw_word((enum fb_label)i));
            before = ",";
        }
    }
    fb_buf_add_c(d->out, ".</text>\n");
}

/* What the shapes of lines and edges mean; returns where it ends. */
static double add_legend_label(
    const struct fb_drawing *d, struct fb_point at, enum fb_label label, const char *text)
{
    static const char *const CLASSES[] = {"in", "uc", "fa", "un"};
    fb_buf_addf(d->out,
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"22\" height=\"14\" rx=\"2\" class=\"fc fc-%s\"/>\n",
        at.x, at.y - 11, CLASSES[label]);
    at.x += 28;
    const char *word = fb_draw_word(label);
    fb_buf_addf(d->out,
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"start\" font-size=\"11\" "
        "font-weight=\"bold\">%s<tspan dx=\"5\" font-weight=\"normal\" class=\"fcs\">%s</tspan>"
        "</text>\n",
        at.x, at.y, word, text);
    /* Where there is no Helvetica, what stands in for it may be wider. */
    double width = fb_case_text_width(fb_str_of(word)) + fb_case_text_width(fb_str_of(text)) * 0.84;
    return at.x + width * 1.2 + 14;
}

static void add_legend(const struct fb_drawing *d, double y)
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
    struct fb_point at = {MARGIN, y};
    bool stubs = false;
    for (size_t i = 0; i < d->layout.item_count && !stubs; i++) {
        stubs = d->layout.items[i].stub;
    }
    for (size_t i = 0; d->labelled && i < sizeof(ENTRIES) / sizeof(ENTRIES[0]); i++) {
        at.x = add_legend_label(d, at, ENTRIES[i].label, ENTRIES[i].text);
    }
    if (d->argument->challenge_count > 0) {
        fb_buf_addf(d->out, "<path class=\"fcd\" d=\"M%.1f %.1fh32\"/>\n", at.x, at.y - 4);
        at.x += 38;
        fb_draw_text(d->out, at, FB_STR("challenge (grey: answered)"), "class=\"fcs\"");
        at.x += 165;
    }
    if (stubs) {
        fb_buf_addf(d->out,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"24\" height=\"14\" rx=\"7\" class=\"fc\"/>\n",
            at.x, at.y - 11);
        at.x += 30;
        fb_draw_text(d->out, at, FB_STR("stands elsewhere"), "class=\"fcs\"");
    }
}

static void add_svg(const struct fb_drawing *d)
{
    double width = fmax(ceil(d->layout.width), WIDTH_MIN);
    double height = ceil(d->layout.height) + HEAD + LEGEND;
    fb_draw_open(d->out, "Safety case", d->argument->name, &(struct fb_point){width, height});
    add_heading(d, width);
    fb_buf_addf(d->out, "<g transform=\"translate(%.0f %d)\">\n",
        floor((width - d->layout.width) / 2), HEAD);
    fb_draw_relations(d);
    for (size_t i = 0; i < d->layout.item_count; i++) {
        fb_draw_item(d, &d->layout.items[i]);
    }
    fb_draw_challenges(d);
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
    struct fb_drawing d = {.argument = argument, .out = out};
    d.labelled = argument->elements[argument->top].why != NULL;
    enum fb_code code = fb_case_layout_make(argument, &arena, &d.layout, err);
    if (code == FB_OK) {
        add_svg(&d);
        code = fb_buf_check(out, "drawing of the case", err);
    }
    fb_arena_release(&arena);
    return code;
}

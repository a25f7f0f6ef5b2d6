/* case_shapes.c: the symbols of GSN: shapes, decorators, words. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "report/case_draw.h"
#include "report/html.h"

enum { FOOT = 26, TAB = 14, SLANT = 20 };

void fb_draw_style(struct fb_buf *out)
{
    fb_buf_add_c(out,
        "<style>.fcb{fill:#fff}.fc{fill:#fff;stroke:#4c5663;stroke-width:1.5}"
        ".fc-in{fill:#e8f1fb;stroke:#1b5e9e}.fc-uc{fill:#fff2dc;stroke:#945600;"
        "stroke-dasharray:9 3}.fc-fa{fill:#fbe3df;stroke:#9c1c1c;stroke-width:2.4}"
        ".fc-un{fill:#f0f1f3;stroke:#5b6470;stroke-dasharray:3 3}.fct{stroke-width:3}"
        ".fcl,.fcm{fill:none;stroke:#5b6470;stroke-width:1.3}.fcc{stroke:#7d8692}"
        ".fch{fill:#5b6470}.fco{fill:#fff;stroke:#7d8692;stroke-width:1.2}"
        ".fcd{fill:none;stroke:#9c1c1c;stroke-width:1.8;stroke-dasharray:6 4}"
        ".fce{stroke-dasharray:none}.fca{stroke:#7d8692;stroke-width:1.3}"
        ".fci{stroke-dasharray:2 "
        "3}.fcw{fill:#cdd5de}.fcx{stroke:#9c1c1c;stroke-width:2;opacity:.55}.fcr{fill:none;opacity:"
        "1}.fcg{fill:#1b1f24}"
        ".fcs{fill:#5b6470;"
        "font-size:10px;text-anchor:start}.fcv{fill:#174ea6;font-style:italic}"
        ".fcp{fill:#fff;font-size:10px;font-weight:bold}.fck-in{fill:#1b5e9e}"
        ".fck-uc{fill:#945600}.fck-fa{fill:#9c1c1c}.fck-un{fill:#5b6470}.fcn{fill:#3c4a5a}"
        "@media(prefers-color-scheme:dark){.fcb{fill:#14181d}.fc{fill:#1d232b;stroke:#a3adb8}"
        ".fc-in{fill:#132b43;stroke:#6fb1f0}.fc-uc{fill:#3a2a0c;stroke:#f0b04a}"
        ".fc-fa{fill:#431a18;stroke:#ff8f82}.fc-un{fill:#262b32;stroke:#9aa4ae}"
        ".fcw{fill:#46515d}.fcl,.fcm{stroke:#9aa4ae}.fcc{stroke:#77818c}.fch{fill:#9aa4ae}.fco{"
        "fill:#14181d;"
        "stroke:#9aa4ae}.fcd{stroke:#ff8f82}.fca{stroke:#77818c}.fcx{stroke:#ff8f82}"
        ".fcg{fill:#e8ebee}.fcs{fill:#a3adb8}.fcv{fill:#8ab4f8}.fcp{fill:#101418}"
        ".fck-in{fill:#6fb1f0}.fck-uc{fill:#f0b04a}.fck-fa{fill:#ff8f82}.fck-un{fill:#9aa4ae}"
        ".fcn{fill:#b9c4d0}}</style>\n");
}

void fb_draw_open(
    struct fb_buf *out, const char *what, struct fb_str name, const struct fb_point *size)
{
    FB_ASSERT(out && what && size);
    fb_buf_addf(out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
        "viewBox=\"0 0 %.0f %.0f\" role=\"img\" font-family=\"Helvetica, Arial, 'Liberation Sans', "
        "'DejaVu Sans Condensed', sans-serif\" "
        "font-size=\"12\" text-anchor=\"middle\" class=\"fcg\">\n<title>%s ",
        size->x, size->y, size->x, size->y, what);
    fb_html_text_all(out, name);
    fb_buf_add_c(out, "</title>\n");
    fb_draw_style(out);
    fb_buf_addf(out, "<rect width=\"%.0f\" height=\"%.0f\" class=\"fcb\"/>\n", size->x, size->y);
}

void fb_draw_number(struct fb_buf *out, double x)
{
    long tenths = lround(x * 10);
    unsigned long size = tenths < 0 ? (unsigned long)-tenths : (unsigned long)tenths;
    char text[32];
    size_t at = sizeof(text);
    if (size % 10) {
        text[--at] = (char)('0' + size % 10);
        text[--at] = '.';
    }
    size /= 10;
    do {
        text[--at] = (char)('0' + size % 10);
        size /= 10;
    } while (size);
    if (tenths < 0) {
        text[--at] = '-';
    }
    fb_buf_add(out, text + at, sizeof(text) - at);
}

void fb_draw_to(struct fb_buf *out, char command, struct fb_point at)
{
    fb_buf_add_char(out, command);
    fb_draw_number(out, at.x);
    fb_buf_add_char(out, ' ');
    fb_draw_number(out, at.y);
}

void fb_draw_by(struct fb_buf *out, char command, double value)
{
    fb_buf_add_char(out, command);
    fb_draw_number(out, value);
}

static const struct fb_element *element_of(
    const struct fb_drawing *d, const struct fb_case_item *item)
{
    FB_ASSERT(item->element < d->argument->element_count);
    return &d->argument->elements[item->element];
}

static bool is_circle(const struct fb_element *e)
{
    return e->kind == FB_ELEMENT_SOLUTION || e->kind == FB_ELEMENT_COUNTER_SOLUTION;
}

static bool is_ellipse(const struct fb_element *e)
{
    return e->kind == FB_ELEMENT_ASSUMPTION || e->kind == FB_ELEMENT_JUSTIFICATION;
}

/* How far the box of a module or contract begins below, and ends above, its own edges. */
static double tab_of(const struct fb_element *e, bool low)
{
    return e->symbol == FB_SYMBOL_MODULE     ? (low ? 0 : TAB)
           : e->symbol == FB_SYMBOL_CONTRACT ? TAB / 2
                                             : 0;
}

struct fb_point fb_draw_top(const struct fb_drawing *d, const struct fb_case_item *item)
{
    double tab = item->stub ? 0 : tab_of(element_of(d, item), false);
    return (struct fb_point){item->x, item->y + tab};
}

struct fb_point fb_draw_bottom(const struct fb_drawing *d, const struct fb_case_item *item)
{
    double tab = item->stub ? 0 : tab_of(element_of(d, item), true);
    return (struct fb_point){item->x, item->y + item->height - tab};
}

struct fb_point fb_draw_side(
    const struct fb_drawing *d, const struct fb_case_item *item, bool right)
{
    const struct fb_element *e = element_of(d, item);
    double half = item->width / 2;
    if (!item->stub && e->kind == FB_ELEMENT_STRATEGY && e->symbol == FB_SYMBOL_PLAIN) {
        half -= SLANT / 2;
    }
    return (struct fb_point){item->x + (right ? half : -half), item->y + item->height / 2};
}

static const struct {
    const char *class;
    const char *word;
} LABELS[] = {
    [FB_LABEL_IN] = {"in", "stands"},
    [FB_LABEL_OUT_UNDERCUT] = {"uc", "undercut"},
    [FB_LABEL_OUT_FALSIFIED] = {"fa", "falsified"},
    [FB_LABEL_UNDECIDED] = {"un", "undecided"},
};

const char *fb_draw_class(const struct fb_drawing *d, const struct fb_element *e)
{
    return d->labelled ? LABELS[e->label].class : NULL;
}

const char *fb_draw_word(enum fb_label label)
{
    return LABELS[label].word;
}

void fb_draw_text(
    struct fb_buf *out, struct fb_point at, struct fb_str text, const char *attributes)
{
    fb_buf_add_c(out, "<text x=\"");
    fb_draw_number(out, at.x);
    fb_buf_add_c(out, "\" y=\"");
    fb_draw_number(out, at.y);
    fb_buf_addf(out, "\"%s%s>", attributes[0] ? " " : "", attributes);
    fb_html_text_all(out, text);
    fb_buf_add_c(out, "</text>\n");
}

struct fb_str fb_draw_title(const struct fb_case *argument)
{
    struct fb_str name = argument->name;
    bool is_path = argument->module_count > 0 && !argument->modules[0].is_named;
    if (argument->title.len > 0) {
        return argument->title;
    }
    for (size_t i = name.len; is_path && i-- > 0;) {
        if (name.ptr[i] == '/' && i + 1 < name.len) {
            return fb_str_sub(name, i + 1, SIZE_MAX);
        }
    }
    return name;
}

struct fb_str fb_draw_cut(struct fb_str text, size_t max)
{
    size_t len = text.len < max ? text.len : max;
    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80) {
        len--;
    }
    return fb_str_sub(text, 0, len);
}

/* A rectangle by its upper left corner. */
static void add_rect(
    struct fb_buf *out, struct fb_point at, struct fb_point size, double round, const char *class)
{
    fb_buf_add_c(out, "<rect x=\"");
    fb_draw_number(out, at.x);
    fb_buf_add_c(out, "\" y=\"");
    fb_draw_number(out, at.y);
    fb_buf_add_c(out, "\" width=\"");
    fb_draw_number(out, size.x);
    fb_buf_add_c(out, "\" height=\"");
    fb_draw_number(out, size.y);
    fb_buf_addf(out, "\" rx=\"%.0f\" class=\"%s\"/>\n", round, class);
}

void fb_draw_note(struct fb_buf *out, struct fb_point at, struct fb_str text)
{
    struct fb_str shown = fb_draw_cut(text, FB_CASE_ID_SHOWN);
    fb_buf_add_c(out, "<text x=\"");
    fb_draw_number(out, at.x);
    fb_buf_add_c(out, "\" y=\"");
    fb_draw_number(out, at.y);
    fb_buf_add_c(out, "\" class=\"fcs\">");
    fb_html_text_all(out, shown);
    fb_buf_add_c(out, shown.len < text.len ? " ...</text>\n" : "</text>\n");
}

/* The miniature module symbol; shaded in away elements. */
static void add_module_icon(struct fb_buf *out, struct fb_point at, bool shaded)
{
    fb_buf_addf(out, "<path class=\"fcm%s\" d=\"M%.1f %.1fv-4h6v4h8v10h-14Z\"/>\n",
        shaded ? " fcw" : "", at.x, at.y);
}

/* An element of another module: its shape on top of a box with the module's name. */
static void add_away(const struct fb_drawing *d, const struct fb_case_item *item, const char *class)
{
    const struct fb_element *e = element_of(d, item);
    double left = item->x - item->width / 2, right = item->x + item->width / 2;
    double low = item->y + item->height, base = low - FOOT;
    bool context = e->kind == FB_ELEMENT_CONTEXT && !e->is_away_goal;
    double high = is_circle(e) || is_ellipse(e) ? fmin(base - item->y, 44) : context ? 18 : 0;
    double wide = context ? 18 : item->width / 2;
    if (high > 0) {
        fb_buf_addf(d->out,
            "<path class=\"%s\" d=\"M%.1f %.1fV%.1fA%.1f %.1f 0 0 1 %.1f %.1fH%.1fA%.1f %.1f 0 0 1 "
            "%.1f %.1fV%.1fZ\"/>\n",
            class, left, low, item->y + high, wide, high, left + wide, item->y, right - wide, wide,
            high, right, item->y + high, low);
    } else {
        add_rect(d->out, (struct fb_point){left, item->y},
            (struct fb_point){item->width, item->height}, 2, class);
    }
    fb_buf_addf(d->out, "<path class=\"fcm\" d=\"M%.1f %.1fH%.1f\"/>\n", left, base, right);
    add_module_icon(d->out, (struct fb_point){left + 8, base + 9}, true);
    fb_draw_text(d->out, (struct fb_point){left + 28, base + 17},
        fb_draw_cut(e->away, (size_t)(item->width / 8)), "class=\"fcs\"");
}

static void add_plain(
    const struct fb_drawing *d, const struct fb_case_item *item, const char *class)
{
    const struct fb_element *e = element_of(d, item);
    double left = item->x - item->width / 2, middle = item->y + item->height / 2;
    double right = item->x + item->width / 2, low = item->y + item->height;
    if (is_circle(e)) {
        fb_buf_addf(d->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" class=\"%s\"/>\n", item->x,
            middle, item->width / 2, class);
    } else if (is_ellipse(e)) {
        fb_buf_addf(d->out,
            "<ellipse cx=\"%.1f\" cy=\"%.1f\" rx=\"%.1f\" ry=\"%.1f\" class=\"%s\"/>\n", item->x,
            middle, item->width / 2, item->height / 2, class);
    } else if (e->kind == FB_ELEMENT_STRATEGY) {
        fb_buf_addf(d->out, "<path class=\"%s\" d=\"M%.1f %.1fH%.1fL%.1f %.1fH%.1fZ\"/>\n", class,
            left + SLANT, item->y, right, right - SLANT, low, left);
    } else {
        add_rect(d->out, (struct fb_point){left, item->y},
            (struct fb_point){item->width, item->height}, e->kind == FB_ELEMENT_CONTEXT ? 18 : 2,
            class);
    }
}

/* A module: a box with a tab; a contract: with one at two corners. */
static void add_module(
    const struct fb_drawing *d, const struct fb_case_item *item, const char *class)
{
    const struct fb_element *e = element_of(d, item);
    double left = item->x - item->width / 2, tab = tab_of(e, false), low = tab_of(e, true);
    double wide = fmin(44, item->width / 3);
    add_rect(d->out, (struct fb_point){left, item->y}, (struct fb_point){wide, tab}, 0, class);
    if (low > 0) {
        add_rect(d->out, (struct fb_point){left + item->width - wide, item->y + item->height - low},
            (struct fb_point){wide, low}, 0, class);
    }
    add_rect(d->out, (struct fb_point){left, item->y + tab},
        (struct fb_point){item->width, item->height - tab - low}, 0, class);
}

static void add_words(const struct fb_drawing *d, const struct fb_case_item *item)
{
    const struct fb_element *e = element_of(d, item);
    const struct fb_case_label *label = &item->label;
    double high = FB_CASE_LINE * (1.0 + label->line_count);
    double foot = e->symbol == FB_SYMBOL_AWAY ? FOOT : 0;
    double shift = tab_of(e, false) - tab_of(e, true);
    double y = item->y + (item->height - foot + shift - high) / 2 + 12;
    struct fb_str id = fb_draw_cut(e->id, FB_CASE_ID_SHOWN);
    fb_buf_add_c(d->out, "<text x=\"");
    fb_draw_number(d->out, item->x);
    fb_buf_add_c(d->out, "\" y=\"");
    fb_draw_number(d->out, y);
    fb_buf_add_c(d->out, "\" font-weight=\"bold\">");
    fb_html_text_all(d->out, id);
    fb_buf_add_c(d->out, id.len < e->id.len ? "...</text>\n" : "</text>\n");
    for (uint32_t i = 0; i < label->line_count; i++) {
        y += FB_CASE_LINE;
        bool last = label->cut && i + 1 == label->line_count;
        fb_buf_add_c(d->out, "<text x=\"");
        fb_draw_number(d->out, item->x);
        fb_buf_add_c(d->out, "\" y=\"");
        fb_draw_number(d->out, y);
        fb_buf_add_c(d->out, i < label->text_count ? "\">" : "\" class=\"fcv\">");
        fb_html_text_all(d->out, label->lines[i]);
        fb_buf_add_c(d->out, last ? " ...</text>\n" : "</text>\n");
    }
}

/* A pill with a word, its middle at `at`. */
static void add_pill(struct fb_buf *out, struct fb_point at, const char *word, const char *class)
{
    double width = fb_case_text_width(fb_str_of(word)) * 0.88 + 14;
    add_rect(
        out, (struct fb_point){at.x - width / 2, at.y}, (struct fb_point){width, 16}, 8, class);
    fb_draw_text(out, (struct fb_point){at.x, at.y + 12}, fb_str_of(word), "class=\"fcp\"");
}

/* Undeveloped, to be supported by a contract, uninstantiated, or two of these, at the bottom. */
static void add_decorator(const struct fb_drawing *d, const struct fb_case_item *item)
{
    const struct fb_element *e = element_of(d, item);
    struct fb_point at = fb_draw_bottom(d, item);
    if (e->by_contract) {
        fb_buf_addf(d->out, "<path class=\"fc\" d=\"M%.1f %.1fh8v4h14v14h-8v-4h-14Z%s\"/>\n",
            at.x - 11, at.y, e->uninstantiated ? "m11 3l8 11h-16Z" : "");
    } else if (e->undeveloped) {
        fb_buf_addf(d->out, "<path class=\"fc\" d=\"M%.1f %.1fl9 9l-9 9l-9 -9Z%s\"/>\n", at.x, at.y,
            e->uninstantiated ? "m-9 9h18" : "");
    } else if (e->uninstantiated) {
        fb_buf_addf(d->out, "<path class=\"fc\" d=\"M%.1f %.1fl9 14h-18Z\"/>\n", at.x, at.y);
    }
}

/* A diamond of a height around a point, and how many of the alternatives beside it. */
static void add_diamond(
    const struct fb_drawing *d, struct fb_point at, double half, struct fb_str count)
{
    fb_buf_addf(d->out, "<path class=\"fch\" d=\"M%.1f %.1fl7 %.0fl-7 %.0fl-7 %.0fZ\"/>\n", at.x,
        at.y - half, half, half, -half);
    if (count.len > 0) {
        fb_draw_note(d->out, (struct fb_point){at.x + 10, at.y + 3}, count);
    }
}

/* Where the lines to alternatives part: below an element or on its rail, and beside it. */
static void add_choices(const struct fb_drawing *d, const struct fb_case_item *item)
{
    const struct fb_element *e = element_of(d, item);
    bool right = false, left = false;
    for (uint32_t i = item->context; i != FB_CASE_NONE; i = d->layout.items[i].next) {
        right = right || (d->layout.items[i].right && !d->layout.items[i].data);
        left = left || !d->layout.items[i].right;
    }
    if (e->choice && item->stacked) {
        double rail = item->x - item->width / 2 + FB_CASE_RAIL;
        add_diamond(d, (struct fb_point){rail, item->bottom + 8}, 7, e->choice_count);
    } else if (e->choice && item->child != FB_CASE_NONE) {
        double y = item->bottom + FB_CASE_BUS - (e->uninstantiated ? 5 : 9);
        add_diamond(d, (struct fb_point){item->x, y}, e->uninstantiated ? 5 : 7, e->choice_count);
    }
    for (int side = -1; e->context_choice && side <= 1; side += 2) {
        if (side < 0 ? left : right) {
            double x = item->x + side * (item->width / 2 + FB_CASE_SPLIT);
            double y = item->y + item->height / 2;
            double wide = fb_case_note_width(e->context_choice_count);
            add_diamond(d, (struct fb_point){x, y}, 7, FB_STR(""));
            fb_draw_note(d->out, (struct fb_point){side < 0 ? x - wide - 9 : x + 9, y - 5},
                side < 0 && right ? FB_STR("") : e->context_choice_count);
        }
    }
}

/* Where the data of a template is: a triangle, its text in the lower half. */
static void add_data(const struct fb_drawing *d, const struct fb_case_item *item)
{
    double low = item->y + item->height, y = low - 8;
    fb_buf_addf(d->out, "<path class=\"fc\" d=\"M%.1f %.1fL%.1f %.1fH%.1fZ\"/>\n", item->x, item->y,
        item->x + item->width / 2, low, item->x - item->width / 2);
    for (uint32_t i = item->label.line_count; i-- > 0; y -= FB_CASE_LINE) {
        fb_draw_text(d->out, (struct fb_point){item->x, y}, item->label.lines[i], "");
    }
}

/* What stands on the edge of a shape: label, how much support is needed, decorators. */
static void add_edge_marks(const struct fb_drawing *d, const struct fb_case_item *item)
{
    const struct fb_element *e = element_of(d, item);
    double low = item->y + item->height, right = item->x + item->width / 2;
    if (d->labelled && e->label != FB_LABEL_IN) {
        char class[16];
        double width = fb_case_text_width(fb_str_of(fb_draw_word(e->label))) * 0.88 + 14;
        bool round = is_circle(e) || is_ellipse(e);
        (void)snprintf(class, sizeof(class), "fck-%s", fb_draw_class(d, e));
        add_pill(d->out,
            round ? (struct fb_point){item->x, low - 9}
                  : (struct fb_point){right - width / 2, item->y - 9},
            fb_draw_word(e->label), class);
    }
    if (is_ellipse(e)) {
        fb_draw_text(d->out,
            (struct fb_point){right - 8, e->symbol == FB_SYMBOL_AWAY ? item->y + 12 : low - 2},
            e->kind == FB_ELEMENT_ASSUMPTION ? FB_STR("A") : FB_STR("J"), "font-weight=\"bold\"");
    }
    if (e->is_public) {
        /* Corners of a context are round; a round shape has it outside, at the top right. */
        double in = e->kind == FB_ELEMENT_CONTEXT ? 29 : is_circle(e) ? item->width * 0.12 + 6 : 20;
        add_module_icon(
            d->out, (struct fb_point){right - in, item->y + (is_ellipse(e) ? 2 : 7)}, false);
    }
    add_decorator(d, item);
    add_choices(d, item);
    if (e->supported_by_count > 1 && e->support != FB_SUPPORT_ALL) {
        char needs[64];
        (void)snprintf(needs, sizeof(needs), "%u of %zu needed",
            e->support == FB_SUPPORT_ANY ? 1 : e->support_k, e->supported_by_count);
        /* Beside what stands in the middle of the edge. */
        double half = fb_case_text_width(fb_str_of(needs)) * 0.44 + 7;
        bool middle = e->uninstantiated || e->by_contract, rail = e->choice && item->stacked;
        double x = rail ? right - half - 4 : middle ? item->x - half - 14 : item->x;
        add_pill(d->out, (struct fb_point){x, low - 8}, needs, "fcn");
    }
}

/* The cross of what is defeated. */
static void add_cross(const struct fb_drawing *d, const struct fb_case_item *item)
{
    const struct fb_element *e = element_of(d, item);
    bool defeated =
        d->labelled ? e->label == FB_LABEL_OUT_FALSIFIED && e->challenger_count > 0 : e->flagged;
    if (!defeated) {
        return;
    }
    double inset = is_circle(e) || is_ellipse(e)    ? item->width * 0.15
                   : e->kind == FB_ELEMENT_STRATEGY ? SLANT
                                                    : 0;
    double left = item->x - item->width / 2 + inset, right = item->x + item->width / 2 - inset;
    double drop = is_circle(e) || is_ellipse(e) ? item->height * 0.15 : 0;
    double top = item->y + drop, low = item->y + item->height - drop;
    fb_buf_addf(d->out, "<path class=\"fcx\" d=\"M%.1f %.1fL%.1f %.1fM%.1f %.1fL%.1f %.1f\"/>\n",
        left, top, right, low, right, top, left, low);
}

static void add_title(const struct fb_drawing *d, const struct fb_case_item *item)
{
    const struct fb_element *e = element_of(d, item);
    fb_buf_add_c(d->out, "<g><title>");
    if (item->data) {
        fb_buf_add_c(d->out, "the data of this template: ");
        fb_html_text_all(d->out, e->instantiation);
        fb_buf_add_c(d->out, "</title>\n");
        return;
    }
    if (item->stub) {
        fb_html_text_all(d->out, fb_draw_cut(e->id, FB_CASE_ID_SHOWN));
        fb_buf_add_c(d->out, " stands elsewhere in this drawing: ");
    }
    fb_html_text_all(d->out, d->labelled ? e->why->text : e->text);
    if (e->url.len > 0) {
        fb_buf_add_char(d->out, '\n');
        fb_html_text_all(d->out, e->url);
    }
    fb_buf_add_c(d->out, "</title>\n");
}

void fb_draw_item(const struct fb_drawing *d, const struct fb_case_item *item)
{
    const struct fb_element *e = element_of(d, item);
    const char *label = fb_draw_class(d, e);
    char class[32];
    (void)snprintf(class, sizeof(class), "fc%s%s%s", label ? " fc-" : "", label ? label : "",
        item->element == d->argument->top && !item->stub ? " fct" : "");
    add_title(d, item);
    if (item->data) {
        add_data(d, item);
        fb_buf_add_c(d->out, "</g>\n");
        return;
    }
    if (item->stub) {
        add_rect(d->out, (struct fb_point){item->x - item->width / 2, item->y},
            (struct fb_point){item->width, item->height}, 12, class);
        fb_buf_addf(d->out, "<path class=\"fcm\" d=\"M%.1f %.1fl7 -7m-5 0h5v5\"/>\n",
            item->x - item->width / 2 + 8, item->y + 16);
        fb_draw_text(d->out, (struct fb_point){item->x + 7, item->y + 16},
            fb_draw_cut(e->id, FB_CASE_ID_SHOWN), "");
    } else {
        (e->symbol == FB_SYMBOL_AWAY       ? add_away
            : e->symbol == FB_SYMBOL_PLAIN ? add_plain
                                           : add_module)(d, item, class);
        add_words(d, item);
        add_cross(d, item);
        add_edge_marks(d, item);
    }
    fb_draw_marks(d, item);
    fb_buf_add_c(d->out, "</g>\n");
}

#include "report/case_graph.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/assert.h"

/* Colours of a label: fill and line, as in the drawing by day. */
static const struct {
    const char *name;
    const char *fill;
    const char *line;
    const char *style;
} PAINTS[] = {
    [FB_LABEL_IN] = {"in", "#e8f1fb", "#1b5e9e", "solid"},
    [FB_LABEL_OUT_UNDERCUT] = {"undercut", "#fff2dc", "#945600", "dashed"},
    [FB_LABEL_OUT_FALSIFIED] = {"falsified", "#fbe3df", "#9c1c1c", "bold"},
    [FB_LABEL_UNDECIDED] = {"undecided", "#f0f1f3", "#5b6470", "dotted"},
};

static bool is_labelled(const struct fb_case *c)
{
    return c->elements[c->top].why != NULL;
}

/* Text within double quotes of DOT, in lines of about 24 characters. */
static void add_dot_text(struct fb_buf *out, struct fb_str text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\n' || (c == ' ' && width > 24)) {
            fb_buf_add_c(out, "\\n");
            width = 0;
        } else if (c == '"' || c == '\\') {
            fb_buf_add_char(out, '\\');
            fb_buf_add_char(out, (char)c);
        } else if (c >= 0x20 && c != 0x7f) {
            fb_buf_add_char(out, (char)c);
            width++;
        }
    }
}

static const char *dot_shape(const struct fb_element *e)
{
    if (e->symbol == FB_SYMBOL_MODULE) {
        return "tab";
    }
    if (e->symbol == FB_SYMBOL_CONTRACT) {
        return "component";
    }
    switch (e->kind) {
    case FB_ELEMENT_GOAL:
    case FB_ELEMENT_COUNTER_GOAL:
        return "box";
    case FB_ELEMENT_STRATEGY:
        return "parallelogram";
    case FB_ELEMENT_SOLUTION:
    case FB_ELEMENT_COUNTER_SOLUTION:
        return "circle";
    case FB_ELEMENT_CONTEXT:
        return "box";
    case FB_ELEMENT_ASSUMPTION:
    case FB_ELEMENT_JUSTIFICATION:
        return "ellipse";
    }
    return "box";
}

/* What stands at the bottom of a shape, as a character. */
static const char *decorator_of(const struct fb_element *e)
{
    if (e->by_contract) {
        return e->uninstantiated ? "\xE2\x8A\x9F\xE2\x96\xB3" : "\xE2\x8A\x9F";
    }
    if (e->undeveloped) {
        return e->uninstantiated ? "\xE2\x97\x87\xE2\x96\xB3" : "\xE2\x97\x87";
    }
    return e->uninstantiated ? "\xE2\x96\xB3" : "";
}

static void add_dot_choice(struct fb_buf *out, const char *symbol, bool is, struct fb_str count)
{
    if (is) {
        fb_buf_addf(out, "\\n%s", symbol);
        add_dot_text(out, count.len ? count : FB_STR("choice"));
    }
}

/* The balls on a relation as characters, empty when it has none; and how many it stands for. */
static const char *balls_of(const struct fb_element *e, size_t mark, struct fb_str *out_count)
{
    static const char *const BALLS[] = {
        "", "\xE2\x97\x8B", "\xE2\x97\x8F", "\xE2\x97\x8B\xE2\x97\x8F"};
    uint8_t marks = e->marks ? e->marks[mark] : 0;
    *out_count = marks && e->counts ? e->counts[mark] : FB_STR("");
    FB_ASSERT(marks < sizeof(BALLS) / sizeof(BALLS[0]));
    return BALLS[marks];
}

static void add_dot_element(const struct fb_case *c, uint32_t at, struct fb_buf *out)
{
    const struct fb_element *e = &c->elements[at];
    fb_buf_addf(out, "  n%u [shape=%s, label=\"", at, dot_shape(e));
    add_dot_text(out, e->id);
    if (e->text.len > 0) {
        fb_buf_add_c(out, "\\n");
        add_dot_text(out, e->text);
    }
    if (e->away.len > 0) {
        fb_buf_add_c(out, "\\n[");
        add_dot_text(out, e->away);
        fb_buf_add_char(out, ']');
    }
    add_dot_choice(out, "\xE2\x97\x86 ", e->choice, e->choice_count);
    add_dot_choice(out, "\xE2\x97\x86\xE2\x86\x92 ", e->context_choice, e->context_choice_count);
    if (e->instantiation.len > 0) {
        fb_buf_add_c(out, "\\n\xE2\x96\xB3 ");
        add_dot_text(out, e->instantiation);
    }
    const char *mark = decorator_of(e);
    fb_buf_addf(out, "\"%s%s%s", mark[0] ? ", xlabel=\"" : "", mark, mark[0] ? "\"" : "");
    const char *round = e->kind == FB_ELEMENT_CONTEXT ? ",rounded" : "";
    if (is_labelled(c)) {
        fb_buf_addf(out, ", style=\"filled,%s%s\", fillcolor=\"%s\", color=\"%s\"",
            PAINTS[e->label].style, round, PAINTS[e->label].fill, PAINTS[e->label].line);
    } else if (round[0]) {
        fb_buf_add_c(out, ", style=rounded");
    }
    fb_buf_add_c(out, "];\n");
}

/* What needs a point to be challenged at: relations and challenges that are challenged. */
struct points {
    size_t *first;      /* of each element: its first support; contexts follow */
    uint8_t *relation;  /* of each relation */
    uint8_t *challenge; /* of each challenge */
};

static enum fb_code find_points(
    const struct fb_case *c, struct fb_arena *arena, struct points *out, struct fb_err *err)
{
    size_t relations = 0;
    out->first = FB_ARENA_ARRAY(arena, size_t, c->element_count);
    for (size_t i = 0; out->first && i < c->element_count; i++) {
        out->first[i] = relations;
        relations += c->elements[i].supported_by_count + c->elements[i].context_count;
    }
    out->relation = FB_ARENA_ARRAY(arena, uint8_t, relations);
    out->challenge = FB_ARENA_ARRAY(arena, uint8_t, c->challenge_count);
    if (!out->first || !out->relation || !out->challenge) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < c->challenge_count; i++) {
        const struct fb_challenge *x = &c->challenges[i];
        bool context = x->kind == FB_CHALLENGE_CONTEXT;
        if (x->kind == FB_CHALLENGE_CHALLENGE) {
            out->challenge[x->target] = 1;
        } else if (context || x->kind == FB_CHALLENGE_SUPPORT) {
            size_t skip = context ? c->elements[x->target].supported_by_count : 0;
            out->relation[out->first[x->target] + skip + x->position] = 1;
        }
    }
    return FB_OK;
}

/* A line from one node to another, through a point of its own when it is challenged. */
static void add_dot_edge(
    struct fb_buf *out, const char *from, const char *to, const char *point, const char *style)
{
    if (point) {
        fb_buf_addf(out, "  %s [shape=point, width=0.05];\n  %s -> %s [arrowhead=none%s%s];\n",
            point, from, point, style[0] ? ", " : "", style);
        fb_buf_addf(out, "  %s -> %s%s%s%s;\n", point, to, style[0] ? " [" : "", style,
            style[0] ? "]" : "");
    } else {
        fb_buf_addf(
            out, "  %s -> %s%s%s%s;\n", from, to, style[0] ? " [" : "", style, style[0] ? "]" : "");
    }
}

/* The label of the relation that comes next, or none. */
static void add_dot_balls(struct fb_buf *out, const struct fb_element *e, size_t mark)
{
    struct fb_str count;
    const char *balls = balls_of(e, mark, &count);
    if (e->marks) {
        fb_buf_addf(out, "  edge [label=\"%s%s", balls, count.len ? " " : "");
        add_dot_text(out, count);
        fb_buf_add_c(out, "\"];\n");
    }
}

static void add_dot_relations(
    const struct fb_case *c, const struct points *points, uint32_t at, struct fb_buf *out)
{
    const struct fb_element *e = &c->elements[at];
    char from[24], to[24], point[48];
    (void)snprintf(from, sizeof(from), "n%u", at);
    for (uint32_t k = 0; k < e->supported_by_count; k++) {
        (void)snprintf(to, sizeof(to), "n%u", e->supported_by[k]);
        (void)snprintf(point, sizeof(point), "s%u_%u", at, k);
        bool named = points->relation[points->first[at] + k];
        add_dot_balls(out, e, k);
        add_dot_edge(out, from, to, named ? point : NULL, "");
    }
    for (uint32_t k = 0; k < e->context_count; k++) {
        (void)snprintf(to, sizeof(to), "n%u", e->context[k]);
        (void)snprintf(point, sizeof(point), "x%u_%u", at, k);
        bool named = points->relation[points->first[at] + e->supported_by_count + k];
        fb_buf_addf(out, "  {rank=same; %s; %s}\n", from, to);
        add_dot_balls(out, e, e->supported_by_count + k);
        add_dot_edge(out, from, to, named ? point : NULL, "arrowhead=empty");
    }
}

static void add_dot_challenge(
    const struct fb_case *c, const struct points *points, uint32_t at, struct fb_buf *out)
{
    const struct fb_challenge *x = &c->challenges[at];
    char from[24], to[48], point[24];
    (void)snprintf(from, sizeof(from), "n%u", x->by);
    (void)snprintf(point, sizeof(point), "c%u", at);
    switch (x->kind) {
    case FB_CHALLENGE_ELEMENT:
        (void)snprintf(to, sizeof(to), "n%u", x->target);
        break;
    case FB_CHALLENGE_SUPPORT:
        (void)snprintf(to, sizeof(to), "s%u_%u", x->target, x->position);
        break;
    case FB_CHALLENGE_CONTEXT:
        (void)snprintf(to, sizeof(to), "x%u_%u", x->target, x->position);
        break;
    case FB_CHALLENGE_CHALLENGE:
        (void)snprintf(to, sizeof(to), "c%u", x->target);
        break;
    }
    add_dot_edge(out, from, to, points->challenge[at] ? point : NULL,
        "style=dashed, color=\"#9c1c1c\", arrowhead=vee, constraint=false");
}

enum fb_code fb_report_case_dot(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(argument && argument->element_count > 0 && out && err);
    struct fb_arena arena;
    struct points points;
    fb_arena_init(&arena, (size_t)1 << 30);
    enum fb_code code = find_points(argument, &arena, &points, err);
    if (code != FB_OK) {
        fb_arena_release(&arena);
        return code;
    }
    fb_buf_add_c(out, "digraph {\n  rankdir=TB;\n  node [fontname=\"Helvetica\", fontsize=10];\n"
                      "  edge [fontname=\"Helvetica\", fontsize=9];\n");
    for (uint32_t i = 0; i < argument->element_count; i++) {
        add_dot_element(argument, i, out);
    }
    for (uint32_t i = 0; i < argument->element_count; i++) {
        add_dot_relations(argument, &points, i, out);
        fb_buf_add_c(out, argument->elements[i].marks ? "  edge [label=\"\"];\n" : "");
    }
    for (uint32_t i = 0; i < argument->challenge_count; i++) {
        add_dot_challenge(argument, &points, i, out);
    }
    fb_buf_add_c(out, "}\n");
    fb_arena_release(&arena);
    return fb_buf_check(out, "graph of the case", err);
}

/* Text within a quoted label of Mermaid, which is HTML. */
static void add_mermaid_text(struct fb_buf *out, struct fb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        switch (c) {
        case '\n':
            fb_buf_add_c(out, "<br>");
            break;
        case '<':
            fb_buf_add_c(out, "&lt;");
            break;
        case '>':
            fb_buf_add_c(out, "&gt;");
            break;
        case '"':
            fb_buf_add_c(out, "&quot;");
            break;
        case '&':
            fb_buf_add_c(out, "&amp;");
            break;
        case '#':
            fb_buf_add_c(out, "&num;");
            break;
        default:
            if (c >= 0x20 && c != 0x7f) {
                fb_buf_add_char(out, (char)c);
            }
        }
    }
}

/* What opens and closes a shape. */
static const char *const *mermaid_shape(const struct fb_element *e)
{
    static const char *const BOX[] = {"[\"", "\"]"}, *const SLANTED[] = {"[/\"", "\"/]"};
    static const char *const ROUND[] = {"((\"", "\"))"}, *const PILL[] = {"([\"", "\"])"};
    static const char *const SOFT[] = {"(\"", "\")"}, *const PART[] = {"[[\"", "\"]]"};
    if (e->symbol == FB_SYMBOL_MODULE || e->symbol == FB_SYMBOL_CONTRACT) {
        return PART;
    }
    switch (e->kind) {
    case FB_ELEMENT_GOAL:
    case FB_ELEMENT_COUNTER_GOAL:
        return BOX;
    case FB_ELEMENT_STRATEGY:
        return SLANTED;
    case FB_ELEMENT_SOLUTION:
    case FB_ELEMENT_COUNTER_SOLUTION:
        return ROUND;
    case FB_ELEMENT_CONTEXT:
        return PILL;
    case FB_ELEMENT_ASSUMPTION:
    case FB_ELEMENT_JUSTIFICATION:
        return SOFT;
    }
    return BOX;
}

/* Whether Mermaid takes an id for the name of a node: letters, digits and _, none of its own words
 * in front, and not like the numbers that the others get. */
static bool is_mermaid_name(struct fb_str id)
{
    static const char *const WORDS[] = {"call", "class", "click", "default", "direction", "end",
        "flowchart", "graph", "href", "interpolate", "linkstyle", "style", "subgraph"};
    bool good = id.len > 0 && id.len <= 64;
    bool letter = false, number = true;
    for (size_t i = 0; good && i < id.len; i++) {
        unsigned char c = (unsigned char)id.ptr[i];
        bool digit = c >= '0' && c <= '9';
        letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        good = letter || (i > 0 && (digit || c == '_'));
        number = number && (i == 0 ? c == 'n' : digit);
    }
    for (size_t i = 0; good && i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        good = strncasecmp(id.ptr, WORDS[i], strlen(WORDS[i])) != 0;
    }
    return good && !number;
}

static void add_mermaid_name(const struct fb_case *c, uint32_t at, struct fb_buf *out)
{
    if (is_mermaid_name(c->elements[at].id)) {
        fb_buf_add_str(out, c->elements[at].id);
    } else {
        fb_buf_addf(out, "n%u", at);
    }
}

static void add_mermaid_edge(
    const struct fb_case *c, uint32_t from, const char *arrow, uint32_t to, struct fb_buf *out)
{
    fb_buf_add_c(out, "    ");
    add_mermaid_name(c, from, out);
    fb_buf_addf(out, " %s ", arrow);
    add_mermaid_name(c, to, out);
    fb_buf_add_char(out, '\n');
}

static void add_mermaid_choice(struct fb_buf *out, const char *symbol, bool is, struct fb_str count)
{
    if (is) {
        fb_buf_addf(out, "<br>%s", symbol);
        add_mermaid_text(out, count.len ? count : FB_STR("choice"));
    }
}

/* A relation of an element, with what is on it. */
static void add_mermaid_relation(
    const struct fb_case *c, uint32_t from, size_t mark, const char *arrow, struct fb_buf *out)
{
    const struct fb_element *e = &c->elements[from];
    struct fb_str count;
    const char *balls = balls_of(e, mark, &count);
    fb_buf_add_c(out, "    ");
    add_mermaid_name(c, from, out);
    fb_buf_addf(out, " %s", arrow);
    if (balls[0]) {
        fb_buf_addf(out, "|\"%s%s", balls, count.len ? " " : "");
        add_mermaid_text(out, count);
        fb_buf_add_c(out, "\"|");
    }
    fb_buf_add_char(out, ' ');
    add_mermaid_name(c,
        mark < e->supported_by_count ? e->supported_by[mark]
                                     : e->context[mark - e->supported_by_count],
        out);
    fb_buf_add_char(out, '\n');
}

static void add_mermaid_element(const struct fb_case *c, uint32_t at, struct fb_buf *out)
{
    const struct fb_element *e = &c->elements[at];
    const char *const *shape = mermaid_shape(e);
    fb_buf_add_c(out, "    ");
    add_mermaid_name(c, at, out);
    fb_buf_addf(out, "%s<b>", shape[0]);
    add_mermaid_text(out, e->id);
    fb_buf_add_c(out, "</b>");
    if (e->kind == FB_ELEMENT_ASSUMPTION || e->kind == FB_ELEMENT_JUSTIFICATION) {
        fb_buf_addf(out, " (%c)", e->kind == FB_ELEMENT_ASSUMPTION ? 'A' : 'J');
    }
    if (e->text.len > 0) {
        fb_buf_add_c(out, "<br>");
        add_mermaid_text(out, e->text);
    }
    if (e->away.len > 0) {
        fb_buf_add_c(out, "<br>[");
        add_mermaid_text(out, e->away);
        fb_buf_add_char(out, ']');
    }
    add_mermaid_choice(out, "\xE2\x97\x86 ", e->choice, e->choice_count);
    add_mermaid_choice(
        out, "\xE2\x97\x86\xE2\x86\x92 ", e->context_choice, e->context_choice_count);
    if (e->instantiation.len > 0) {
        fb_buf_add_c(out, "<br>\xE2\x96\xB3 ");
        add_mermaid_text(out, e->instantiation);
    }
    const char *mark = decorator_of(e);
    fb_buf_addf(out, "%s%s%s", mark[0] ? "<br>" : "", mark, shape[1]);
    if (is_labelled(c)) {
        fb_buf_addf(out, ":::%s", PAINTS[e->label].name);
    }
    fb_buf_add_char(out, '\n');
}

/* The end of a challenge that Mermaid can point at: of a relation, the element that it leads to. */
static uint32_t mermaid_end(const struct fb_case *c, const struct fb_challenge *x)
{
    switch (x->kind) {
    case FB_CHALLENGE_ELEMENT:
        return x->target;
    case FB_CHALLENGE_SUPPORT:
        return c->elements[x->target].supported_by[x->position];
    case FB_CHALLENGE_CONTEXT:
        return c->elements[x->target].context[x->position];
    case FB_CHALLENGE_CHALLENGE:
        return c->challenges[x->target].by;
    }
    return x->target;
}

enum fb_code fb_report_case_mermaid(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(argument && argument->element_count > 0 && out && err);
    fb_buf_add_c(out, "flowchart TD\n");
    for (size_t i = 0; is_labelled(argument) && i < sizeof(PAINTS) / sizeof(PAINTS[0]); i++) {
        fb_buf_addf(out, "    classDef %s fill:%s,stroke:%s,color:#1b1f24\n", PAINTS[i].name,
            PAINTS[i].fill, PAINTS[i].line);
    }
    for (uint32_t i = 0; i < argument->element_count; i++) {
        add_mermaid_element(argument, i, out);
    }
    for (uint32_t i = 0; i < argument->element_count; i++) {
        const struct fb_element *e = &argument->elements[i];
        for (size_t k = 0; k < e->supported_by_count + e->context_count; k++) {
            add_mermaid_relation(argument, i, k, k < e->supported_by_count ? "-->" : "--o", out);
        }
    }
    for (uint32_t i = 0; i < argument->challenge_count; i++) {
        const struct fb_challenge *x = &argument->challenges[i];
        bool element = x->kind == FB_CHALLENGE_ELEMENT;
        add_mermaid_edge(argument, x->by,
            element ? "-.->|challenges|" : "-.->|challenges its relation|",
            mermaid_end(argument, x), out);
    }
    return fb_buf_check(out, "flowchart of the case", err);
}

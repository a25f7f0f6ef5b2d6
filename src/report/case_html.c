#include "report/case_html.h"

#include <math.h>

#include "base/assert.h"
#include "base/json.h"
#include "base/map.h"
#include "case/diff.h"
#include "report/case_draw.h"
#include "report/case_html_script.h"
#include "report/html.h"

/* The page at work. */
struct page {
    struct fb_drawing drawing;
    struct fb_map changes; /* id to what changed, as struct fb_str */
    struct fb_buf removed; /* what is gone, in words */
    struct fb_arena arena;
    bool compares;
    struct fb_buf data;
    struct fb_json_writer w;
};

static void key_number(struct fb_json_writer *w, const char *key, double x)
{
    fb_json_key_double(w, key, round(x * 10) / 10);
}

/* What lines need to know of a shape: where its edges are within its box, and what it challenges.
 */
static void add_edges(struct page *p, const struct fb_case_item *item)
{
    struct fb_json_writer *w = &p->w;
    const struct fb_case *c = p->drawing.argument;
    double right = item->x + item->width / 2, low = item->y + item->height;
    fb_json_key(w, "tabs");
    fb_json_open_array(w);
    fb_json_int(w, lround(fb_draw_top(&p->drawing, item).y - item->y));
    fb_json_int(w, lround(low - fb_draw_bottom(&p->drawing, item).y));
    fb_json_close_array(w);
    key_number(w, "slant", right - fb_draw_side(&p->drawing, item, true).x);
    key_number(w, "near", fb_draw_near(&p->drawing, item));
    if (item->role == FB_ITEM_CHALLENGE) {
        const struct fb_challenge *challenge = &c->challenges[item->position];
        fb_json_key_int(w, "on",
            challenge->kind == FB_CHALLENGE_ELEMENT     ? 0
            : challenge->kind == FB_CHALLENGE_CHALLENGE ? 2
                                                        : 1);
        fb_json_key_bool(w, "answered", fb_draw_answered(&p->drawing, challenge));
        fb_json_key_bool(w, "stands", p->drawing.labelled && challenge->label == FB_LABEL_IN);
    }
}

/* Whether what is drawn on lines of an element is drawn for the way in which they lead: the view
 * then leaves it as it is. */
static bool is_fixed(const struct fb_element *e)
{
    return e->marks || e->counts || e->acp_count > 0 || e->choice || e->context_choice ||
           e->instantiation.len > 0;
}

static void add_item(struct page *p, const struct fb_case_item *item)
{
    struct fb_json_writer *w = &p->w;
    fb_json_open_object(w);
    fb_json_key_int(w, "element", item->element);
    fb_json_key_int(w, "parent", item->parent == FB_CASE_NONE ? -1 : (int64_t)item->parent);
    fb_json_key_int(w, "role", item->role);
    fb_json_key_int(w, "stub", item->stub || item->data);
    fb_json_key_int(w, "data", item->data);
    fb_json_key_int(w, "split", p->drawing.argument->elements[item->element].context_choice);
    fb_json_key_int(w, "stacked", item->stacked);
    fb_json_key_int(w, "right", item->right);
    fb_json_key_int(w, "fixed", is_fixed(&p->drawing.argument->elements[item->element]));
    key_number(w, "x", item->x);
    key_number(w, "y", item->y);
    key_number(w, "w", item->width);
    key_number(w, "h", item->height);
    key_number(w, "top", item->top);
    key_number(w, "bottom", item->bottom);
    add_edges(p, item);
    fb_json_close_object(w);
}

static void add_list(struct fb_json_writer *w, const char *key, const uint32_t *items, size_t count)
{
    fb_json_key(w, key);
    fb_json_open_array(w);
    for (size_t i = 0; i < count; i++) {
        fb_json_int(w, items[i]);
    }
    fb_json_close_array(w);
}

enum { CHANGE_TEXT_MAX = 160, CHANGES_TEXT_MAX = 1000, REMOVED_TEXT_MAX = 2000 };

/* One difference as a sentence. */
static void say_change(struct fb_buf *out, const struct fb_case_change *change)
{
    struct fb_str older = fb_draw_cut(change->older, CHANGE_TEXT_MAX);
    const char *more = older.len < change->older.len ? " ..." : "";
    if (change->kind == FB_CASE_ADDED) {
        fb_buf_add_c(out, "New in this version.");
    } else if (older.len == 0) {
        fb_buf_addf(out, "Its %s is new.", change->what);
    } else {
        fb_buf_addf(out, "Its %s changed; it was: %.*s%s", change->what, FB_STR_ARG(older), more);
    }
}

/* Adds a sentence to what changed of an element; of very many the first are kept. */
static enum fb_code add_change(
    struct page *p, const struct fb_case_change *change, struct fb_err *err)
{
    struct fb_str *known = fb_map_get(&p->changes, change->id);
    if (known && known->len > CHANGES_TEXT_MAX) {
        return FB_OK;
    }
    struct fb_buf text;
    fb_buf_init(&text, (size_t)1 << 16);
    if (known) {
        fb_buf_add_str(&text, *known);
        fb_buf_add_char(&text, '\n');
    }
    say_change(&text, change);
    struct fb_str *kept = FB_ARENA_NEW(&p->arena, struct fb_str);
    enum fb_code code = fb_buf_check(&text, "changes of the case", err);
    code = code || kept ? code : fb_arena_failed(&p->arena, err);
    code = code ? code : fb_arena_str(&p->arena, fb_buf_str(&text), kept, err);
    fb_buf_release(&text);
    return code ? code : fb_map_put(&p->changes, change->id, kept, err);
}

/* What is not there any more is told in a line of its own. */
static void add_removed(struct page *p, const struct fb_case_change *change, size_t *count)
{
    if (p->removed.len < REMOVED_TEXT_MAX) {
        fb_buf_addf(&p->removed, "%s%s%.*s", *count ? ", " : "", change->is_module ? "module " : "",
            FB_STR_ARG(fb_draw_cut(change->id, 60)));
    } else if (!fb_str_ends(fb_buf_str(&p->removed), FB_STR("..."))) {
        fb_buf_add_c(&p->removed, ", ...");
    }
    (*count)++;
}

/* What differs from the case as it was. */
static enum fb_code find_changes(struct page *p, const struct fb_case *earlier, struct fb_err *err)
{
    struct fb_case_changes found = {NULL, 0};
    size_t removed = 0;
    enum fb_code code =
        earlier ? fb_case_diff(earlier, p->drawing.argument, &p->arena, &found, err) : FB_OK;
    for (size_t i = 0; code == FB_OK && i < found.count; i++) {
        if (found.items[i].kind == FB_CASE_REMOVED) {
            add_removed(p, &found.items[i], &removed);
        } else if (!found.items[i].is_module) {
            code = add_change(p, &found.items[i], err);
        }
    }
    return code;
}

static void add_element(struct page *p, const struct fb_element *e)
{
    struct fb_json_writer *w = &p->w;
    const struct fb_str *change = fb_map_get(&p->changes, e->id);
    fb_json_open_object(w);
    fb_json_key_str(w, "id", e->id);
    fb_json_key_c(w, "kind", fb_element_kind_name(e->kind));
    fb_json_key_int(w, "label", p->drawing.labelled ? (int64_t)e->label : -1);
    fb_json_key_str(w, "text", e->text);
    fb_json_key_str(w, "why", e->why ? e->why->text : FB_STR(""));
    fb_json_key_str(w, "evidence", e->predicate);
    fb_json_key_str(w, "url", e->url);
    fb_json_key_int(w, "module", e->module);
    add_list(w, "support", e->supported_by, e->supported_by_count);
    add_list(w, "context", e->context, e->context_count);
    add_list(w, "challengers", e->challengers, e->challenger_count);
    if (change) {
        fb_json_key_str(w, "changed", *change);
    }
    fb_json_close_object(w);
}

/* The case as JSON, in which no tag can end the element that holds it. */
static void add_data(struct page *p)
{
    const struct fb_case *c = p->drawing.argument;
    fb_json_writer_init(&p->w, &p->data, 0);
    fb_json_open_object(&p->w);
    fb_json_key_int(&p->w, "top", c->top);
    fb_json_key(&p->w, "modules");
    fb_json_open_array(&p->w);
    for (size_t i = 0; i < c->module_count; i++) {
        fb_json_str(&p->w, c->modules[i].name);
    }
    fb_json_close_array(&p->w);
    fb_json_key(&p->w, "items");
    fb_json_open_array(&p->w);
    for (size_t i = 0; i < p->drawing.layout.item_count; i++) {
        add_item(p, &p->drawing.layout.items[i]);
    }
    fb_json_close_array(&p->w);
    fb_json_key(&p->w, "elements");
    fb_json_open_array(&p->w);
    for (size_t i = 0; i < c->element_count; i++) {
        add_element(p, &c->elements[i]);
    }
    fb_json_close_array(&p->w);
    fb_json_close_object(&p->w);
    struct fb_buf *out = p->drawing.out;
    size_t from = 0;
    for (size_t at = 0; at < p->data.len; at++) {
        if (p->data.ptr[at] == '<') {
            fb_buf_add(out, p->data.ptr + from, at - from);
            fb_buf_add_c(out, "\\u003c");
            from = at + 1;
        }
    }
    fb_buf_add(out, p->data.ptr + from, p->data.len - from);
}

static void add_lines(struct fb_buf *out, const char *const *lines)
{
    for (size_t i = 0; lines[i]; i++) {
        fb_buf_add_c(out, lines[i]);
    }
}

static void add_head(const struct page *p)
{
    struct fb_buf *out = p->drawing.out;
    const struct fb_case *c = p->drawing.argument;
    fb_html_begin(out, "", true);
    fb_html_text_cut(out, fb_draw_title(c), 200);
    fb_buf_add_c(out, "</title>\n<style>\n");
    add_lines(out, STYLE);
    fb_buf_add_c(out, "</style>\n</head>\n<body>\n<header><h1>");
    fb_html_text_cut(out, fb_draw_title(c), 200);
    fb_buf_addf(out,
        "</h1>\n<label>Search <input id=\"q\" type=\"search\" size=\"18\"></label> "
        "<span id=\"hits\" role=\"status\"></span>\n"
        "<label>Depth <input id=\"depth\" type=\"range\" min=\"1\" max=\"9\"></label>\n"
        "<label%s>Module <select id=\"module\"><option value=\"\">all</option>",
        c->module_count > 1 ? "" : " hidden");
    for (size_t i = 0; i < c->module_count && c->module_count > 1; i++) {
        fb_buf_addf(out, "<option value=\"%zu\">", i);
        fb_html_text_cut(out, c->modules[i].name, 60);
        fb_buf_add_c(out, "</option>");
    }
    fb_buf_addf(out,
        "</select></label>\n<label><input id=\"fell\" type=\"checkbox\"%s> only what fell or is "
        "open</label>\n<label><input id=\"changed\" type=\"checkbox\"%s> only what "
        "changed</label>\n"
        "<button id=\"fit\">Fit</button> <span>? for keys</span>",
        p->drawing.labelled ? "" : " disabled", p->compares ? "" : " disabled");
    if (p->removed.len > 0) {
        fb_buf_add_c(out, " <span id=\"removed\">Not there any more: ");
        fb_html_text(out, fb_buf_str(&p->removed));
        fb_buf_add_c(out, "</span>");
    }
    fb_buf_add_c(out, "</header>\n");
}

static void add_help(struct fb_buf *out)
{
    fb_buf_add_c(out,
        "<div id=\"help\" role=\"dialog\" aria-label=\"Keys\" hidden><dl>"
        "<dt>arrows</dt><dd>up to what it supports, down to its first support, left and right</dd>"
        "<dt>c</dt><dd>to its first challenger or context</dd>"
        "<dt>Enter, space</dt><dd>fold or unfold (also double click)</dd>"
        "<dt>1 to 9, a</dt><dd>fold below that depth; unfold all</dd><dt>/</dt><dd>search; Enter: "
        "the next</dd>"
        "<dt>f, d</dt><dd>only what fell; only what changed</dd>"
        "<dt>+ - 0</dt><dd>larger, smaller, all of it</dd><dt>Home</dt><dd>to the top claim</dd>"
        "<dt>?</dt><dd>this help</dd></dl></div>\n");
}

/* The places for lines, and for the outlines and signs of very many elements. */
static void add_layers(struct fb_buf *out)
{
    fb_buf_add_c(out,
        "<g id=\"view\">\n<path id=\"support\" class=\"fcl\"/>"
        "<path id=\"support-tip\" class=\"fch\"/><path id=\"context\" class=\"fcl fcc\"/>"
        "<path id=\"data-line\" class=\"fcl fci\"/><path id=\"data-line-tip\"/>"
        "<path id=\"context-tip\" class=\"fco\"/>\n<rect id=\"ring\" rx=\"6\"/>\n"
        "<path id=\"o0\" class=\"fck-in\"/><path id=\"o1\" class=\"fck-uc\"/>"
        "<path id=\"o2\" class=\"fck-fa\"/><path id=\"o3\" class=\"fck-un\"/>"
        "<path id=\"o4\" class=\"fck-un\"/>\n<g id=\"items\"></g>\n"
        "<path id=\"answered\" class=\"fcd fca\"/><path id=\"answered-tip\" class=\"fcd fce fca\"/>"
        "<path id=\"challenge\" class=\"fcd\"/><path id=\"challenge-tip\" class=\"fcd fce\"/>"
        "<path id=\"crosses\" class=\"fcx fcr\"/>\n"
        "<path id=\"s1\"/><path id=\"s2\"/>\n"
        "<g id=\"knobs\"></g>\n</g>\n</svg>\n");
}

static void add_page(struct page *p)
{
    struct fb_buf *out = p->drawing.out;
    add_head(p);
    fb_buf_add_c(out,
        "<svg id=\"stage\" tabindex=\"0\" role=\"application\" aria-label=\"The argument\" "
        "font-family=\"Helvetica, Arial, 'Liberation Sans', "
        "'DejaVu Sans Condensed', sans-serif\" font-size=\"12\" text-anchor=\"middle\" "
        "class=\"fcg\">\n");
    fb_draw_style(out);
    add_layers(out);
    fb_buf_add_c(out, "<aside id=\"panel\" aria-live=\"polite\"></aside>\n"
                      "<template id=\"drawn\"><svg>");
    for (size_t i = 0; i < p->drawing.layout.item_count; i++) {
        fb_draw_item(&p->drawing, &p->drawing.layout.items[i]);
    }
    fb_buf_add_c(out, "</svg></template>\n");
    add_help(out);
    fb_buf_add_c(out, "<script type=\"application/json\" id=\"data\">");
    add_data(p);
    fb_buf_add_c(out, "</script>\n<script>\n");
    add_lines(out, SCRIPT);
    fb_buf_add_c(out, "</script>\n</body>\n</html>\n");
}

enum fb_code fb_report_case_html(const struct fb_case *argument, const struct fb_case *earlier,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(argument && argument->element_count > 0 && out && err);
    struct page p = {.drawing = {.argument = argument, .out = out}, .compares = earlier != NULL};
    p.drawing.labelled = argument->elements[argument->top].why != NULL;
    fb_arena_init(&p.arena, (size_t)1 << 30);
    fb_map_init(&p.changes);
    fb_buf_init(&p.removed, 2 * REMOVED_TEXT_MAX);
    fb_buf_init(&p.data, out->max);
    enum fb_code code = find_changes(&p, earlier, err);
    code = code != FB_OK ? code : fb_case_layout_make(argument, &p.arena, &p.drawing.layout, err);
    code = code != FB_OK ? code : fb_buf_check(&p.removed, "changes of the case", err);
    if (code == FB_OK) {
        add_page(&p);
        code = fb_buf_check(&p.data, "data of the case", err);
        code = code != FB_OK ? code : fb_buf_check(out, "page of the case", err);
    }
    fb_buf_release(&p.data);
    fb_buf_release(&p.removed);
    fb_map_release(&p.changes);
    fb_arena_release(&p.arena);
    return code;
}

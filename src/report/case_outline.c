#include "report/case_outline.h"

#include <stdlib.h>

#include "base/assert.h"

/* An element on its way into the list. */
struct entry {
    uint32_t element;
    uint32_t depth;
};

/* One outline. */
struct outline {
    const struct fb_case *c;
    struct fb_buf *out;
    struct fb_arena arena;
    struct entry *stack; /* room for all relations */
    size_t depth;
    uint8_t *told;   /* of each element */
    uint32_t *below; /* scratch: of the element at hand */
    size_t below_count;
};

/* The words of the field for a kind, as LTAC has them. */
static const char *word_of(enum fb_element_kind kind)
{
    switch (kind) {
    case FB_ELEMENT_GOAL:
        return "Claim";
    case FB_ELEMENT_STRATEGY:
        return "Strategy";
    case FB_ELEMENT_SOLUTION:
        return "Evidence";
    case FB_ELEMENT_CONTEXT:
        return "Context";
    case FB_ELEMENT_ASSUMPTION:
        return "Assumption";
    case FB_ELEMENT_JUSTIFICATION:
        return "Justification";
    case FB_ELEMENT_COUNTER_GOAL:
        return "Counterclaim";
    case FB_ELEMENT_COUNTER_SOLUTION:
        return "Counterevidence";
    }
    return "Element";
}

/* Text on one line, with what Markdown would read as markup escaped. */
static void add_text(struct fb_buf *out, struct fb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '<' || c == '[' || c == ']' || c == '\\' || c == '`' || c == '*') {
            fb_buf_add_char(out, '\\');
        }
        fb_buf_add_char(out, (unsigned char)c < ' ' ? ' ' : c);
    }
}

/* A name within a link: lower case, with signs and spaces as hyphens. */
static void add_anchor(struct fb_buf *out, const char *word, struct fb_str id)
{
    fb_buf_add_char(out, '#');
    for (const char *c = word; *c; c++) {
        fb_buf_add_char(out, (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c));
    }
    fb_buf_add_char(out, '-');
    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = (unsigned char)id.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80 || c == '_';
        bool capital = c >= 'A' && c <= 'Z';
        fb_buf_add_char(out, (char)(capital ? c + 32 : letter ? c : '-'));
    }
}

/* Where a source is, within parentheses: what would end them is escaped. */
static void add_url(struct fb_buf *out, struct fb_str url)
{
    for (size_t i = 0; i < url.len; i++) {
        unsigned char c = (unsigned char)url.ptr[i];
        if (c <= ' ' || c == '(' || c == ')' || c == '<' || c == '>' || c == '\\') {
            fb_buf_addf(out, "%%%02X", c);
        } else {
            fb_buf_add_char(out, (char)c);
        }
    }
}

static void add_line(struct outline *o, const struct entry *entry)
{
    const struct fb_element *e = &o->c->elements[entry->element];
    const char *word = word_of(e->kind);
    for (uint32_t i = 0; i < entry->depth; i++) {
        fb_buf_add_c(o->out, "  ");
    }
    fb_buf_addf(o->out, "- [%s ", word);
    add_text(o->out, e->id);
    if (fb_str_trim(e->text).len) {
        fb_buf_add_c(o->out, ": ");
        add_text(o->out, fb_str_trim(e->text));
    }
    fb_buf_add_c(o->out, "](");
    add_anchor(o->out, word, e->id);
    fb_buf_add_char(o->out, ')');
    if (e->url.len) {
        fb_buf_add_c(o->out, " ([");
        add_text(o->out, e->url);
        fb_buf_add_c(o->out, "](");
        add_url(o->out, e->url);
        fb_buf_add_c(o->out, "))");
    }
    if (e->why && e->label != FB_LABEL_IN) {
        fb_buf_addf(o->out, " **%s**", fb_label_name(e->label));
    }
    fb_buf_add_c(o->out, o->told[entry->element] ? " (above)\n" : "\n");
}

static int by_index(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* What stands below an element, the last first, so that the stack gives them in order. */
static void push_below(struct outline *o, const struct entry *entry)
{
    const struct fb_element *e = &o->c->elements[entry->element];
    o->below_count = 0;
    for (size_t i = 0; i < e->supported_by_count; i++) {
        o->below[o->below_count++] = e->supported_by[i];
    }
    for (size_t i = 0; i < e->context_count; i++) {
        o->below[o->below_count++] = e->context[i];
    }
    for (size_t i = 0; i < e->challenger_count; i++) {
        o->below[o->below_count++] = e->challengers[i];
    }
    qsort(o->below, o->below_count, sizeof(*o->below), by_index);
    for (size_t i = o->below_count; i-- > 0;) {
        o->stack[o->depth++] = (struct entry){o->below[i], entry->depth + 1};
    }
}

static enum fb_code prepare(struct outline *o, struct fb_err *err)
{
    size_t relations = 1;
    for (size_t i = 0; i < o->c->element_count; i++) {
        const struct fb_element *e = &o->c->elements[i];
        relations += e->supported_by_count + e->context_count + e->challenger_count;
    }
    o->stack = FB_ARENA_ARRAY(&o->arena, struct entry, relations + o->c->element_count);
    o->below = FB_ARENA_ARRAY(&o->arena, uint32_t, relations);
    o->told = FB_ARENA_ARRAY(&o->arena, uint8_t, o->c->element_count);
    return o->stack && o->below && o->told ? FB_OK : fb_arena_failed(&o->arena, err);
}

/* From an element down. */
static void tell(struct outline *o, uint32_t from)
{
    o->stack[o->depth++] = (struct entry){from, 0};
    while (o->depth > 0) {
        struct entry entry = o->stack[--o->depth];
        add_line(o, &entry);
        if (!o->told[entry.element]) {
            o->told[entry.element] = 1;
            push_below(o, &entry);
        }
    }
}

enum fb_code fb_report_case_outline(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(argument && out);
    struct outline o = {.c = argument, .out = out};
    fb_arena_init(&o.arena, (size_t)1 << 30);
    enum fb_code code = prepare(&o, err);
    if (code == FB_OK) {
        tell(&o, argument->top);
        for (uint32_t i = 0; i < argument->element_count; i++) {
            if (!o.told[i]) {
                tell(&o, i);
            }
        }
    }
    fb_arena_release(&o.arena);
    return code ? code : fb_buf_check(out, "the outline", err);
}

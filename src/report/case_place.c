#include "report/case_place.h"

#include <math.h>

#include "base/assert.h"

struct placing {
    const struct fb_case *argument;
    struct fb_arena *arena;
    struct fb_case_layout *out;
    size_t cap;
    uint32_t *last_child; /* of each item: the last of each list, while they are made */
    uint32_t *last_context;
    uint32_t *last_side;
    uint32_t *first_challenge; /* of each element: the first challenge that stands beside it */
    uint32_t *next_challenge;
    bool failed;
};

static bool is_circle(const struct fb_element *e)
{
    return e->kind == FB_ELEMENT_SOLUTION || e->kind == FB_ELEMENT_COUNTER_SOLUTION;
}

static bool is_ellipse(const struct fb_element *e)
{
    return e->kind == FB_ELEMENT_ASSUMPTION || e->kind == FB_ELEMENT_JUSTIFICATION;
}

/* A triangle with the reference to the data of a template in its lower half. */
static void measure_data(struct fb_case_item *item, struct fb_str reference)
{
    fb_case_wrap(reference, 84, &item->label);
    item->label.text_count = item->label.line_count;
    double wide = 30;
    for (uint32_t i = 0; i < item->label.line_count; i++) {
        wide = fmax(wide, fb_case_text_width(item->label.lines[i]));
    }
    item->height = 2 * FB_CASE_LINE * item->label.line_count + 20;
    item->width = ceil(2 * wide) + 28;
}

/* Wraps the text and gives the item its size: the text stands inside the shape. */
static void measure(const struct placing *p, struct fb_case_item *item)
{
    const struct fb_element *e = &p->argument->elements[item->element];
    size_t count = p->argument->element_count;
    struct fb_case_label *label = &item->label;
    if (item->stub) {
        item->width = ceil(fb_case_text_width(fb_str_sub(e->id, 0, 24)) + 30);
        item->height = 24;
        return;
    }
    double width = count > FB_CASE_LARGE ? 112 : count > FB_CASE_SMALL ? 150 : 184;
    /* A circle grows with its text, so that long text does not make it high and empty. */
    double round = fmin(100 + (double)(e->text.len + e->predicate.len) / 4, 136);
    width = is_circle(e) ? fmin(round, width) : is_ellipse(e) ? fmin(134, width) : width;
    fb_case_wrap(e->text, width, label);
    label->text_count = label->line_count;
    fb_case_wrap(e->predicate, width, label);
    double high = FB_CASE_LINE * (1.0 + label->line_count) + 4;
    double foot = e->symbol == FB_SYMBOL_AWAY ? 26 : 0;
    if (is_circle(e) && e->symbol != FB_SYMBOL_AWAY) {
        double wide = fb_case_text_width(fb_str_sub(e->id, 0, 24));
        for (uint32_t i = 0; i < label->line_count; i++) {
            wide = fmax(wide, fb_case_text_width(label->lines[i]));
        }
        item->width = item->height = fmax(72, ceil(sqrt(wide * wide + high * high)) + 14);
    } else if (is_ellipse(e) || (is_circle(e) && e->symbol == FB_SYMBOL_AWAY)) {
        item->width = ceil(width * 1.36);
        item->height = ceil(fmax(high * 1.42 + 6, 56)) + foot;
    } else {
        item->width = width + (e->kind == FB_ELEMENT_STRATEGY ? 48 : 22);
        item->height = fmax(high + 18, 52) + foot;
    }
    if (e->symbol == FB_SYMBOL_MODULE || e->symbol == FB_SYMBOL_CONTRACT) {
        item->height += 14;
    }
}

/* Room for one more item and the lists of it. */
static bool grow(struct placing *p)
{
    struct fb_case_layout *out = p->out;
    if (out->item_count < p->cap) {
        return true;
    }
    p->failed = true;
    return false;
}

static void append(struct placing *p, uint32_t *first, uint32_t *last, uint32_t item)
{
    if (*first == FB_CASE_NONE) {
        *first = item;
    } else {
        p->out->items[*last].next = item;
    }
    *last = item;
}

/* Hangs an item on its parent, behind those of its kind. */
static void link_item(struct placing *p, uint32_t at)
{
    struct fb_case_item *items = p->out->items;
    uint32_t parent = items[at].parent;
    if (items[at].role == FB_ITEM_SUPPORT) {
        append(p, &items[parent].child, &p->last_child[parent], at);
    } else if (items[at].role == FB_ITEM_CONTEXT) {
        append(p, &items[parent].context, &p->last_context[parent], at);
    } else if (items[at].role == FB_ITEM_CHALLENGE) {
        append(p, &items[parent].side, &p->last_side[parent], at);
    }
}

/* Adds what names an element: the element itself the first time, a stub later. */
static uint32_t add_item(
    struct placing *p, uint32_t element, uint32_t parent, enum fb_item_role role, uint32_t position)
{
    if (!grow(p)) {
        return FB_CASE_NONE;
    }
    struct fb_case_layout *out = p->out;
    uint32_t at = (uint32_t)out->item_count++;
    struct fb_case_item *item = &out->items[at];
    *item = (struct fb_case_item){.element = element,
        .stub = out->item_of[element] != FB_CASE_NONE,
        .role = role,
        .parent = parent,
        .position = position,
        .child = FB_CASE_NONE,
        .context = FB_CASE_NONE,
        .side = FB_CASE_NONE,
        .next = FB_CASE_NONE};
    if (!item->stub) {
        out->item_of[element] = at;
    }
    measure(p, item);
    link_item(p, at);
    return at;
}

/* Puts the reference to the data that an element is instantiated from beside it. */
static void add_data(struct placing *p, uint32_t parent)
{
    if (!grow(p)) {
        return;
    }
    uint32_t at = (uint32_t)p->out->item_count++, element = p->out->items[parent].element;
    p->out->items[at] = (struct fb_case_item){.element = element,
        .data = true,
        .role = FB_ITEM_CONTEXT,
        .parent = parent,
        .position = UINT32_MAX,
        .child = FB_CASE_NONE,
        .context = FB_CASE_NONE,
        .side = FB_CASE_NONE,
        .next = FB_CASE_NONE};
    measure_data(&p->out->items[at], p->argument->elements[element].instantiation);
    link_item(p, at);
}

/* Adds all that supports what was added since item `from`, row by row, and their contexts. */
static void add_below(struct placing *p, size_t from)
{
    for (size_t at = from; at < p->out->item_count && !p->failed; at++) {
        const struct fb_case_item *item = &p->out->items[at];
        if (item->stub || item->role == FB_ITEM_CONTEXT) {
            continue;
        }
        const struct fb_element *e = &p->argument->elements[item->element];
        if (e->instantiation.len > 0) {
            add_data(p, (uint32_t)at);
        }
        for (uint32_t k = 0; k < e->supported_by_count && !p->failed; k++) {
            (void)add_item(p, e->supported_by[k], (uint32_t)at, FB_ITEM_SUPPORT, k);
        }
        for (uint32_t k = 0; k < e->context_count && !p->failed; k++) {
            (void)add_item(p, e->context[k], (uint32_t)at, FB_ITEM_CONTEXT, k);
        }
    }
}

/* The item that a challenge is drawn at, or NONE while that does not stand yet. */
static uint32_t anchor_of(const struct placing *p, const struct fb_challenge *challenge)
{
    const struct fb_case_layout *out = p->out;
    if (challenge->kind == FB_CHALLENGE_CHALLENGE) {
        return out->item_of_challenge[challenge->target];
    }
    uint32_t at = out->item_of[challenge->target];
    if (challenge->kind == FB_CHALLENGE_ELEMENT || at == FB_CASE_NONE) {
        return at;
    }
    bool context = challenge->kind == FB_CHALLENGE_CONTEXT;
    for (uint32_t i = context ? out->items[at].context : out->items[at].child; i != FB_CASE_NONE;
         i = out->items[i].next) {
        if (out->items[i].position == challenge->position) {
            return i;
        }
    }
    return FB_CASE_NONE;
}

/* Adds a challenger beside what it challenges, and its support. */
static void add_challenger(struct placing *p, uint32_t challenge)
{
    const struct fb_challenge *c = &p->argument->challenges[challenge];
    uint32_t anchor = anchor_of(p, c);
    if (anchor == FB_CASE_NONE || p->out->item_of_challenge[challenge] != FB_CASE_NONE) {
        return;
    }
    size_t from = p->out->item_count;
    p->out->item_of_challenge[challenge] = add_item(p, c->by, anchor, FB_ITEM_CHALLENGE, challenge);
    add_below(p, from);
}

/* Adds the challengers of what stands from item `from` on, and theirs. A challenge of a challenge
 * is listed under the element that makes the one that it is against. */
static void add_challengers(struct placing *p, size_t from)
{
    for (size_t at = from; at < p->out->item_count && !p->failed; at++) {
        const struct fb_case_item *item = &p->out->items[at];
        for (uint32_t i = p->first_challenge[item->element]; i != FB_CASE_NONE && !p->failed;
             i = p->next_challenge[i]) {
            add_challenger(p, i);
        }
    }
}

/* The element at whose items a challenge is looked for. */
static uint32_t listed_under(const struct fb_case *c, const struct fb_challenge *challenge)
{
    const struct fb_element *e = &c->elements[challenge->target];
    switch (challenge->kind) {
    case FB_CHALLENGE_ELEMENT:
        return challenge->target;
    case FB_CHALLENGE_SUPPORT:
        return e->supported_by[challenge->position];
    case FB_CHALLENGE_CONTEXT:
        return e->context[challenge->position];
    case FB_CHALLENGE_CHALLENGE:
        return c->challenges[challenge->target].by;
    }
    return challenge->target;
}

static void add_tree(struct placing *p, uint32_t element)
{
    size_t from = p->out->item_count;
    (void)add_item(p, element, FB_CASE_NONE, FB_ITEM_TOP, 0);
    add_below(p, from);
    add_challengers(p, from);
}

/* What nothing refers to stands at the top. */
static enum fb_code mark_tops(const struct placing *p, uint8_t **out, struct fb_err *err)
{
    const struct fb_case *c = p->argument;
    uint8_t *used = FB_ARENA_ARRAY(p->arena, uint8_t, c->element_count);
    if (!used) {
        return fb_arena_failed(p->arena, err);
    }
    for (size_t i = 0; i < c->element_count; i++) {
        for (size_t k = 0; k < c->elements[i].supported_by_count; k++) {
            used[c->elements[i].supported_by[k]] = 1;
        }
        for (size_t k = 0; k < c->elements[i].context_count; k++) {
            used[c->elements[i].context[k]] = 1;
        }
    }
    for (size_t i = 0; i < c->challenge_count; i++) {
        used[c->challenges[i].by] = 1;
    }
    *out = used;
    return FB_OK;
}

static enum fb_code add_all(struct placing *p, struct fb_err *err)
{
    const struct fb_case *c = p->argument;
    uint8_t *used = NULL;
    enum fb_code code = mark_tops(p, &used, err);
    if (code != FB_OK) {
        return code;
    }
    add_tree(p, c->top);
    for (uint32_t i = 0; i < c->element_count && !p->failed; i++) {
        if (!used[i] && i != c->top) {
            add_tree(p, i);
        }
    }
    /* What only challenges in a circle, and what a chain of challenges reaches only now. */
    for (uint32_t i = 0; i < c->element_count && !p->failed; i++) {
        if (p->out->item_of[i] == FB_CASE_NONE) {
            add_tree(p, i);
        }
    }
    for (uint32_t i = 0; i < c->challenge_count && !p->failed; i++) {
        add_challenger(p, i);
    }
    FB_ASSERT(!p->failed);
    return FB_OK;
}

static enum fb_code allocate(struct placing *p, struct fb_err *err)
{
    const struct fb_case *c = p->argument;
    struct fb_case_layout *out = p->out;
    p->cap = c->element_count + c->challenge_count;
    for (size_t i = 0; i < c->element_count; i++) {
        p->cap += c->elements[i].supported_by_count + c->elements[i].context_count;
        p->cap += c->elements[i].instantiation.len > 0;
    }
    out->items = FB_ARENA_ARRAY(p->arena, struct fb_case_item, p->cap);
    out->item_of = FB_ARENA_ARRAY(p->arena, uint32_t, c->element_count);
    out->item_of_challenge = FB_ARENA_ARRAY(p->arena, uint32_t, c->challenge_count);
    p->last_child = FB_ARENA_ARRAY(p->arena, uint32_t, p->cap);
    p->last_context = FB_ARENA_ARRAY(p->arena, uint32_t, p->cap);
    p->last_side = FB_ARENA_ARRAY(p->arena, uint32_t, p->cap);
    p->first_challenge = FB_ARENA_ARRAY(p->arena, uint32_t, c->element_count);
    p->next_challenge = FB_ARENA_ARRAY(p->arena, uint32_t, c->challenge_count);
    if (!out->items || !out->item_of || !out->item_of_challenge || !p->last_child ||
        !p->last_context || !p->last_side || !p->first_challenge || !p->next_challenge) {
        return fb_arena_failed(p->arena, err);
    }
    for (size_t i = 0; i < c->element_count; i++) {
        out->item_of[i] = FB_CASE_NONE;
        p->first_challenge[i] = FB_CASE_NONE;
    }
    for (size_t i = c->challenge_count; i-- > 0;) {
        uint32_t under = listed_under(c, &c->challenges[i]);
        out->item_of_challenge[i] = FB_CASE_NONE;
        p->next_challenge[i] = p->first_challenge[under];
        p->first_challenge[under] = (uint32_t)i;
    }
    return FB_OK;
}

enum fb_code fb_case_place(const struct fb_case *argument, struct fb_arena *arena,
    struct fb_case_layout *out, struct fb_err *err)
{
    FB_ASSERT(argument && argument->element_count > 0 && arena && out);
    struct placing p = {.argument = argument, .arena = arena, .out = out};
    enum fb_code code = allocate(&p, err);
    return code != FB_OK ? code : add_all(&p, err);
}

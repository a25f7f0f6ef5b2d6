#include "base/assert.h"
#include "base/buf.h"
#include "case/parse.h"

enum { CYCLE_SHOWN = 12 };

/* A walk along supportedBy: the path from where it began to where it is. */
struct walk {
    uint32_t *path;
    size_t depth;
    uint32_t *next;   /* of each element: which supporter comes next */
    uint8_t *state;   /* of each element */
    uint32_t *height; /* of each element that is done: elements on the longest way down */
};
enum { NEW, OPEN, DONE };

static enum fb_code cycle_error(
    const struct fb_case_builder *b, const struct walk *walk, uint32_t back, struct fb_err *err)
{
    const struct fb_element *elements = b->argument->elements;
    size_t start = walk->depth;
    while (start > 0 && walk->path[start - 1] != back) {
        start--;
    }
    FB_ASSERT(start > 0);
    struct fb_buf text;
    fb_buf_init(&text, FB_ERR_TEXT_MAX);
    size_t length = walk->depth - (start - 1);
    for (size_t i = 0; i < length && i < CYCLE_SHOWN; i++) {
        fb_buf_addf(&text, "%.*s -> ", FB_STR_ARG(elements[walk->path[start - 1 + i]].id));
    }
    if (length > CYCLE_SHOWN) {
        fb_buf_addf(&text, "(%zu more) -> ", length - CYCLE_SHOWN);
    }
    fb_buf_addf(&text, "%.*s", FB_STR_ARG(elements[back].id));
    (void)fb_err_set(
        err, FB_E_SYNTAX, "support runs in a circle: %.*s", FB_STR_ARG(fb_buf_str(&text)));
    (void)fb_err_hint(err, "A claim cannot rest on itself; remove one of these supporters.");
    fb_buf_release(&text);
    return fb_case_err_at_id(b, back, err);
}

static enum fb_code chain_error(const struct fb_case_builder *b, uint32_t at, struct fb_err *err)
{
    (void)fb_err_set(err, FB_E_LIMIT, "'%.*s' rests on more than 5,000 levels of support",
        FB_STR_ARG(b->argument->elements[at].id));
    (void)fb_err_hint(err, "Nobody can follow such a chain; merge some of its steps.");
    return fb_case_err_at_id(b, at, err);
}

/* Follows all support from one element; fails at the first circle. */
static enum fb_code walk_from(
    const struct fb_case_builder *b, struct walk *walk, uint32_t start, struct fb_err *err)
{
    FB_ASSERT(walk->depth == 0);
    walk->path[walk->depth++] = start;
    walk->state[start] = OPEN;
    while (walk->depth > 0) {
        uint32_t at = walk->path[walk->depth - 1];
        const struct fb_element *e = &b->argument->elements[at];
        if (walk->next[at] == e->supported_by_count) {
            walk->state[at] = DONE;
            walk->depth--;
            walk->height[at]++;
            if (walk->depth > 0) {
                uint32_t *above = &walk->height[walk->path[walk->depth - 1]];
                *above = *above > walk->height[at] ? *above : walk->height[at];
            }
            continue;
        }
        uint32_t child = e->supported_by[walk->next[at]++];
        if (walk->state[child] == OPEN) {
            return cycle_error(b, walk, child, err);
        }
        if (walk->state[child] == NEW) {
            walk->state[child] = OPEN;
            walk->path[walk->depth++] = child;
        } else {
            uint32_t *here = &walk->height[at];
            *here = *here > walk->height[child] ? *here : walk->height[child];
        }
    }
    return FB_OK;
}

static enum fb_code check_cycles(const struct fb_case_builder *b, struct fb_err *err)
{
    size_t count = b->argument->element_count;
    struct walk walk = {
        .path = FB_ARENA_ARRAY(b->scratch, uint32_t, count),
        .next = FB_ARENA_ARRAY(b->scratch, uint32_t, count),
        .state = FB_ARENA_ARRAY(b->scratch, uint8_t, count),
        .height = FB_ARENA_ARRAY(b->scratch, uint32_t, count),
    };
    if (!walk.path || !walk.next || !walk.state || !walk.height) {
        return fb_arena_failed(b->scratch, err);
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        if (walk.state[i] == NEW) {
            code = walk_from(b, &walk, (uint32_t)i, err);
        }
    }
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        if (walk.height[i] > FB_CASE_CHAIN_MAX) {
            code = chain_error(b, (uint32_t)i, err);
        }
    }
    return code;
}

static void mark(uint8_t *used, const uint32_t *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        used[items[i]] = 1;
    }
}

static enum fb_code top_error(
    const struct fb_case_builder *b, uint32_t first, uint32_t second, struct fb_err *err)
{
    const struct fb_element *elements = b->argument->elements;
    const struct fb_element *e = &elements[second];
    if (e->kind != FB_ELEMENT_GOAL) {
        (void)fb_err_set(err, FB_E_SYNTAX, "the %s '%.*s' belongs to nothing",
            fb_element_kind_name(e->kind), FB_STR_ARG(e->id));
        (void)fb_err_hint(err, "Name it under supportedBy, inContextOf or challenges, or remove "
                               "it.");
    } else {
        (void)fb_err_set(err, FB_E_SYNTAX, "the case has two top goals: '%.*s' and '%.*s'",
            FB_STR_ARG(elements[first].id), FB_STR_ARG(e->id));
        (void)fb_err_hint(err, "Let one goal at the top be supported by both.");
    }
    return fb_case_err_at_id(b, second, err);
}

/* The top is the only element that nothing refers to and that challenges nothing. */
static enum fb_code find_top(struct fb_case_builder *b, struct fb_err *err)
{
    struct fb_case *c = b->argument;
    uint8_t *used = FB_ARENA_ARRAY(b->scratch, uint8_t, c->element_count);
    if (!used) {
        return fb_arena_failed(b->scratch, err);
    }
    for (size_t i = 0; i < c->element_count; i++) {
        mark(used, c->elements[i].supported_by, c->elements[i].supported_by_count);
        mark(used, c->elements[i].context, c->elements[i].context_count);
    }
    for (size_t i = 0; i < c->challenge_count; i++) {
        used[c->challenges[i].by] = 1;
    }
    bool found = false;
    for (uint32_t i = 0; i < c->element_count; i++) {
        if (used[i]) {
            continue;
        }
        bool goal = c->elements[i].kind == FB_ELEMENT_GOAL;
        if ((found || !goal) && !b->relaxed) {
            return top_error(b, c->top, i, err);
        }
        if (!found && goal) {
            c->top = i;
            found = true;
        }
    }
    if (!found && !b->relaxed) {
        (void)fb_err_set(err, FB_E_SYNTAX, "the case has no top goal");
        (void)fb_err_hint(err, "One goal is supported by others and supports none.");
        return fb_case_err_at_id(b, 0, err);
    }
    return FB_OK;
}

enum fb_code fb_case_check(struct fb_case_builder *b, struct fb_err *err)
{
    FB_ASSERT(b && b->argument->element_count > 0);
    enum fb_code code = check_cycles(b, err);
    return code != FB_OK ? code : find_top(b, err);
}

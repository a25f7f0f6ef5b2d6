#include "case/part.h"

#include "base/assert.h"

/* The search for members. */
struct search {
    const struct fb_case *c;
    struct fb_case_members out;
    uint32_t *first; /* of each element: the first challenge of it or of its relations */
    uint32_t *next;  /* of each challenge */
};

uint32_t fb_case_challenged(const struct fb_case *argument, const struct fb_challenge *challenge)
{
    FB_ASSERT(argument && challenge);
    while (challenge->kind == FB_CHALLENGE_CHALLENGE) {
        challenge = &argument->challenges[challenge->target];
        if (challenge->kind != FB_CHALLENGE_CHALLENGE) {
            return challenge->by;
        }
    }
    return challenge->target;
}

bool fb_case_is_within(
    const struct fb_case *argument, const uint8_t *in, const struct fb_challenge *challenge)
{
    FB_ASSERT(argument && in && challenge);
    while (challenge->kind == FB_CHALLENGE_CHALLENGE && in[challenge->by]) {
        challenge = &argument->challenges[challenge->target];
    }
    return in[challenge->by] && challenge->kind != FB_CHALLENGE_CHALLENGE && in[challenge->target];
}

static void put(struct search *s, uint32_t element)
{
    if (!s->out.in[element]) {
        s->out.in[element] = 1;
        s->out.items[s->out.count++] = element;
    }
}

static void index_challenges(struct search *s)
{
    for (size_t i = 0; i < s->c->element_count; i++) {
        s->first[i] = UINT32_MAX;
    }
    for (size_t i = s->c->challenge_count; i-- > 0;) {
        uint32_t target = fb_case_challenged(s->c, &s->c->challenges[i]);
        s->next[i] = s->first[target];
        s->first[target] = (uint32_t)i;
    }
}

static void collect(struct search *s, uint32_t from)
{
    put(s, from);
    for (size_t at = 0; at < s->out.count; at++) {
        const struct fb_element *e = &s->c->elements[s->out.items[at]];
        for (size_t k = 0; k < e->supported_by_count; k++) {
            put(s, e->supported_by[k]);
        }
        for (size_t k = 0; k < e->context_count; k++) {
            put(s, e->context[k]);
        }
        for (uint32_t i = s->first[s->out.items[at]]; i != UINT32_MAX; i = s->next[i]) {
            put(s, s->c->challenges[i].by);
        }
    }
}

enum fb_code fb_case_members(const struct fb_case *argument, uint32_t element,
    struct fb_arena *arena, struct fb_case_members *out, struct fb_err *err)
{
    FB_ASSERT(argument && element < argument->element_count && arena && out);
    size_t count = argument->element_count;
    struct search s = {.c = argument};
    s.out.in = FB_ARENA_ARRAY(arena, uint8_t, count);
    s.out.items = FB_ARENA_ARRAY(arena, uint32_t, count);
    s.first = FB_ARENA_ARRAY(arena, uint32_t, count);
    s.next = FB_ARENA_ARRAY(arena, uint32_t, argument->challenge_count);
    if (!s.out.in || !s.out.items || !s.first || !s.next) {
        return fb_arena_failed(arena, err);
    }
    index_challenges(&s);
    collect(&s, element);
    *out = s.out;
    return FB_OK;
}

/* The copy at work. */
struct copying {
    const struct fb_case *from;
    struct fb_case *to;
    uint32_t *element;   /* of each element: what it is in the copy */
    uint32_t *challenge; /* likewise of challenges; UINT32_MAX: it is not there */
    struct fb_arena *arena;
};

/* A list in the indices of the copy, to which all of it belongs; NULL when memory ran out. */
static uint32_t *renumber(struct copying *c, const uint32_t *items, size_t count)
{
    uint32_t *out = FB_ARENA_ARRAY(c->arena, uint32_t, count);
    for (size_t i = 0; out && i < count; i++) {
        out[i] = c->element[items[i]];
    }
    return out;
}

static bool copy_element(struct copying *c, uint32_t at, const uint8_t *in)
{
    const struct fb_element *from = &c->from->elements[at];
    struct fb_element *to = &c->to->elements[c->element[at]];
    *to = *from;
    to->supported_by = renumber(c, from->supported_by, from->supported_by_count);
    to->context = renumber(c, from->context, from->context_count);
    to->challengers = renumber(c, from->challengers, from->challenger_count);
    to->acps = FB_ARENA_ARRAY(c->arena, struct fb_acp, from->acp_count);
    if (!to->supported_by || !to->context || !to->challengers || !to->acps) {
        return false;
    }
    to->acp_count = 0;
    for (size_t i = 0; i < from->acp_count; i++) {
        if (in[from->acps[i].on]) {
            to->acps[to->acp_count++] =
                (struct fb_acp){from->acps[i].name, c->element[from->acps[i].on]};
        }
    }
    return true;
}

/* Challenges within the part. One that is challenged may stand behind the other. */
static void copy_challenges(struct copying *c, const uint8_t *in)
{
    const struct fb_case *from = c->from;
    for (size_t i = 0; i < from->challenge_count; i++) {
        c->challenge[i] = fb_case_is_within(from, in, &from->challenges[i])
                              ? (uint32_t)c->to->challenge_count++
                              : UINT32_MAX;
    }
    for (size_t i = 0; i < from->challenge_count; i++) {
        if (c->challenge[i] != UINT32_MAX) {
            struct fb_challenge *x = &c->to->challenges[c->challenge[i]];
            *x = from->challenges[i];
            x->by = c->element[x->by];
            x->target =
                x->kind == FB_CHALLENGE_CHALLENGE ? c->challenge[x->target] : c->element[x->target];
        }
    }
}

static bool copy_all(struct copying *c, const struct fb_case_members *members)
{
    const struct fb_case *from = c->from;
    c->to->elements = FB_ARENA_ARRAY(c->arena, struct fb_element, members->count);
    c->to->challenges = FB_ARENA_ARRAY(c->arena, struct fb_challenge, from->challenge_count);
    c->to->bindings = FB_ARENA_ARRAY(c->arena, struct fb_binding, from->binding_count);
    c->element = FB_ARENA_ARRAY(c->arena, uint32_t, from->element_count);
    c->challenge = FB_ARENA_ARRAY(c->arena, uint32_t, from->challenge_count);
    if (!c->to->elements || !c->to->challenges || !c->to->bindings || !c->element ||
        !c->challenge) {
        return false;
    }
    for (size_t i = 0; i < from->element_count; i++) {
        if (members->in[i]) {
            c->element[i] = (uint32_t)c->to->element_count++;
        }
    }
    for (uint32_t i = 0; i < from->element_count; i++) {
        if (members->in[i] && !copy_element(c, i, members->in)) {
            return false;
        }
    }
    copy_challenges(c, members->in);
    for (size_t i = 0; i < from->binding_count; i++) {
        if (members->in[from->bindings[i].element]) {
            struct fb_binding *binding = &c->to->bindings[c->to->binding_count++];
            *binding = from->bindings[i];
            binding->element = c->element[binding->element];
        }
    }
    return true;
}

enum fb_code fb_case_part(const struct fb_case *argument, uint32_t element, struct fb_arena *arena,
    struct fb_case **out, struct fb_err *err)
{
    FB_ASSERT(out && err);
    struct fb_case_members members;
    enum fb_code code = fb_case_members(argument, element, arena, &members, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_case *made = FB_ARENA_NEW(arena, struct fb_case);
    struct copying c = {.from = argument, .to = made, .arena = arena};
    if (!made) {
        return fb_arena_failed(arena, err);
    }
    *made = *argument;
    made->element_count = made->challenge_count = made->binding_count = 0;
    if (!copy_all(&c, &members)) {
        return fb_arena_failed(arena, err);
    }
    made->top = c.element[element];
    FB_ASSERT(made->element_count == members.count);
    *out = made;
    return FB_OK;
}

#include "case/digest.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/buf.h"

uint32_t fb_case_find(const struct fb_case *argument, struct fb_str id)
{
    FB_ASSERT(argument);
    for (uint32_t i = 0; i < argument->element_count; i++) {
        if (fb_str_eq(argument->elements[i].id, id)) {
            return i;
        }
    }
    return UINT32_MAX;
}

/* The part at work. */
struct part {
    const struct fb_case *c;
    uint8_t *in;     /* of each element: it belongs to the part */
    uint32_t *items; /* the elements of the part, in the order they were found; then by id */
    size_t count;
    uint32_t *first; /* of each element: the first challenge of it or of its relations */
    uint32_t *next;  /* of each challenge */
    struct fb_sha256 sha;
};

static void put(struct part *p, uint32_t element)
{
    if (!p->in[element]) {
        p->in[element] = 1;
        p->items[p->count++] = element;
    }
}

/* The element whose challenge, or whose relation, a challenge is against. */
static uint32_t target_of(const struct fb_case *c, const struct fb_challenge *challenge)
{
    while (challenge->kind == FB_CHALLENGE_CHALLENGE) {
        challenge = &c->challenges[challenge->target];
        if (challenge->kind != FB_CHALLENGE_CHALLENGE) {
            return challenge->by;
        }
    }
    return challenge->target;
}

static void index_challenges(struct part *p)
{
    for (size_t i = 0; i < p->c->element_count; i++) {
        p->first[i] = UINT32_MAX;
    }
    for (size_t i = p->c->challenge_count; i-- > 0;) {
        uint32_t target = target_of(p->c, &p->c->challenges[i]);
        p->next[i] = p->first[target];
        p->first[target] = (uint32_t)i;
    }
}

static void collect(struct part *p, uint32_t from)
{
    put(p, from);
    for (size_t at = 0; at < p->count; at++) {
        const struct fb_element *e = &p->c->elements[p->items[at]];
        for (size_t k = 0; k < e->supported_by_count; k++) {
            put(p, e->supported_by[k]);
        }
        for (size_t k = 0; k < e->context_count; k++) {
            put(p, e->context[k]);
        }
        for (uint32_t i = p->first[p->items[at]]; i != UINT32_MAX; i = p->next[i]) {
            put(p, p->c->challenges[i].by);
        }
    }
}

/* A text with its length before it, so that no two sequences of texts look alike. */
static void add_text(struct part *p, struct fb_str text)
{
    char head[24];
    int len = snprintf(head, sizeof(head), "%zu:", text.len);
    fb_sha256_add(&p->sha, (struct fb_str){head, (size_t)len});
    fb_sha256_add(&p->sha, text);
}

static void add_number(struct part *p, double number)
{
    char text[40];
    int len = snprintf(text, sizeof(text), "%.17g;", number);
    fb_sha256_add(&p->sha, (struct fb_str){text, (size_t)len});
}

static int by_text(const void *a, const void *b)
{
    return fb_str_cmp(*(const struct fb_str *)a, *(const struct fb_str *)b);
}

/* Names in the order of their bytes. */
static void add_names(struct part *p, struct fb_str *names, size_t count)
{
    qsort(names, count, sizeof(*names), by_text);
    add_number(p, (double)count);
    for (size_t i = 0; i < count; i++) {
        add_text(p, names[i]);
    }
}

static void add_relations(struct part *p, const struct fb_element *e, struct fb_str *names)
{
    for (size_t k = 0; k < e->supported_by_count; k++) {
        names[k] = p->c->elements[e->supported_by[k]].id;
    }
    add_names(p, names, e->supported_by_count);
    for (size_t k = 0; k < e->context_count; k++) {
        names[k] = p->c->elements[e->context[k]].id;
    }
    add_names(p, names, e->context_count);
}

static void add_element(struct part *p, uint32_t at, struct fb_str *names)
{
    const struct fb_element *e = &p->c->elements[at];
    const double numbers[] = {e->kind, e->undeveloped, e->support, e->support_k, e->symbol,
        e->uninstantiated, e->choice, e->given[0], e->given[1], e->exhaustive,
        (double)e->accepted.until};
    add_text(p, e->id);
    add_text(p, e->text);
    add_text(p, e->url);
    add_text(p, e->predicate);
    add_text(p, e->away);
    add_text(p, e->accepted.by);
    add_text(p, e->accepted.evidence);
    add_text(p, e->independence);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        add_number(p, numbers[i]);
    }
    if (e->by_contract) { /* not before: digests of old cases stay as they are */
        add_text(p, FB_STR("byContract"));
    }
    add_relations(p, e, names);
}

/* What a challenge is against: the element, or the two ends of the relation. */
static void add_challenge(struct part *p, const struct fb_challenge *challenge)
{
    const struct fb_case *c = p->c;
    const struct fb_challenge *against = challenge;
    add_number(p, challenge->kind);
    if (challenge->kind == FB_CHALLENGE_CHALLENGE) {
        against = &c->challenges[challenge->target];
        add_text(p, c->elements[against->by].id);
    }
    add_text(p, c->elements[target_of(c, against)].id);
    if (against->kind == FB_CHALLENGE_SUPPORT || against->kind == FB_CHALLENGE_CONTEXT) {
        const struct fb_element *e = &c->elements[against->target];
        uint32_t other = against->kind == FB_CHALLENGE_SUPPORT ? e->supported_by[against->position]
                                                               : e->context[against->position];
        add_text(p, c->elements[other].id);
    }
}

static int by_id(const void *a, const void *b, void *ctx)
{
    const struct fb_case *c = ctx;
    return fb_str_cmp(c->elements[*(const uint32_t *)a].id, c->elements[*(const uint32_t *)b].id);
}

/* Takes everything into the digest, element by element in the order of ids. Challenges that an
 * element makes keep the order of the file. */
static void add_all(struct part *p, struct fb_str *names)
{
    const struct fb_case *c = p->c;
    qsort_r(p->items, p->count, sizeof(*p->items), by_id, (void *)(uintptr_t)c);
    for (size_t i = 0; i < p->count; i++) {
        add_element(p, p->items[i], names);
    }
    for (size_t i = 0; i < c->challenge_count; i++) {
        if (p->in[c->challenges[i].by]) {
            add_text(p, c->elements[c->challenges[i].by].id);
            add_challenge(p, &c->challenges[i]);
        }
    }
    for (size_t i = 0; i < c->binding_count; i++) {
        if (p->in[c->bindings[i].element]) {
            add_text(p, c->elements[c->bindings[i].element].id);
            add_number(p, c->bindings[i].kind);
            add_text(p, c->bindings[i].name);
        }
    }
}

enum fb_code fb_case_digest(const struct fb_case *argument, uint32_t element,
    uint8_t out[FB_SHA256_SIZE], struct fb_err *err)
{
    FB_ASSERT(argument && element < argument->element_count);
    struct fb_arena scratch;
    struct part p = {.c = argument};
    size_t count = argument->element_count;
    fb_arena_init(&scratch, (size_t)1 << 30);
    p.in = FB_ARENA_ARRAY(&scratch, uint8_t, count);
    p.items = FB_ARENA_ARRAY(&scratch, uint32_t, count);
    p.first = FB_ARENA_ARRAY(&scratch, uint32_t, count);
    p.next = FB_ARENA_ARRAY(&scratch, uint32_t, argument->challenge_count);
    struct fb_str *names = FB_ARENA_ARRAY(&scratch, struct fb_str, count);
    enum fb_code code = FB_OK;
    if (p.in && p.items && p.first && p.next && names) {
        fb_sha256_init(&p.sha);
        fb_sha256_add(&p.sha, FB_STR("flyball case part 1\n"));
        index_challenges(&p);
        collect(&p, element);
        add_text(&p, argument->elements[element].id);
        add_all(&p, names);
        fb_sha256_end(&p.sha, out);
    } else {
        code = fb_arena_failed(&scratch, err);
    }
    fb_arena_release(&scratch);
    return code;
}

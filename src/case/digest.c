#include "case/digest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "case/part.h"

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
    struct fb_case_members members; /* by id, once they are put in order */
    struct fb_sha256 sha;
};

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

/* A text with its name, where it is said. */
static void add_said(struct part *p, const char *name, struct fb_str text)
{
    if (text.len > 0) {
        add_text(p, fb_str_of(name));
        add_text(p, text);
    }
}

/* What went in later than the rest, each with its name and only where it is said, so that digests
 * of old cases stay as they are. */
static void add_later(struct part *p, const struct fb_element *e)
{
    const struct {
        const char *name;
        bool is;
    } flags[] = {
        {"byContract", e->by_contract}, {"public", e->is_public}, {"defeated", e->flagged}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (flags[i].is) {
            add_text(p, fb_str_of(flags[i].name));
        }
    }
    add_said(p, "because", e->accepted.because);
    if (!isnan(e->cost)) {
        add_text(p, FB_STR("cost"));
        add_number(p, e->cost);
    }
    for (size_t i = 0; i < e->acp_count; i++) {
        add_text(p, FB_STR("acp"));
        add_text(p, e->acps[i].name);
        add_text(p, p->c->elements[e->acps[i].on].id);
    }
    size_t supports = e->supported_by_count;
    for (size_t i = 0; e->marks && i < supports + e->context_count; i++) {
        uint32_t on = i < supports ? e->supported_by[i] : e->context[i - supports];
        if (e->marks[i]) {
            add_text(p, FB_STR("mark"));
            add_number(p, e->marks[i]);
            add_text(p, p->c->elements[on].id);
            add_said(p, "count", e->counts ? e->counts[i] : FB_STR(""));
        }
    }
    add_said(p, "choice", e->choice_count);
    add_said(p, "instantiationData", e->instantiation);
    if (e->context_choice) {
        add_text(p, FB_STR("contextChoice"));
        add_text(p, e->context_choice_count);
    }
    add_said(p, "symbol", e->is_away_goal ? FB_STR("goal") : FB_STR(""));
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
    add_later(p, e);
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
    add_text(p, c->elements[fb_case_challenged(c, against)].id);
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

static int by_maker(const void *a, const void *b, void *ctx)
{
    const struct fb_case *c = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = by_id(&c->challenges[x].by, &c->challenges[y].by, ctx);
    return order ? order : (x > y) - (x < y);
}

static int by_bound(const void *a, const void *b, void *ctx)
{
    const struct fb_case *c = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = by_id(&c->bindings[x].element, &c->bindings[y].element, ctx);
    return order ? order : (x > y) - (x < y);
}

/* Takes everything into the digest, element by element in the order of ids. Challenges that one
 * element makes, and its bindings, keep the order of the file. order has room for all of them. */
static void add_all(struct part *p, struct fb_str *names, uint32_t *order)
{
    const struct fb_case *c = p->c;
    struct fb_case_members *m = &p->members;
    qsort_r(m->items, m->count, sizeof(*m->items), by_id, (void *)(uintptr_t)c);
    for (size_t i = 0; i < m->count; i++) {
        add_element(p, m->items[i], names);
    }
    size_t count = 0;
    for (uint32_t i = 0; i < c->challenge_count; i++) {
        order[count] = i;
        count += fb_case_is_within(c, m->in, &c->challenges[i]);
    }
    qsort_r(order, count, sizeof(*order), by_maker, (void *)(uintptr_t)c);
    for (size_t i = 0; i < count; i++) {
        add_text(p, c->elements[c->challenges[order[i]].by].id);
        add_challenge(p, &c->challenges[order[i]]);
    }
    count = 0;
    for (uint32_t i = 0; i < c->binding_count; i++) {
        order[count] = i;
        count += m->in[c->bindings[i].element];
    }
    qsort_r(order, count, sizeof(*order), by_bound, (void *)(uintptr_t)c);
    for (size_t i = 0; i < count; i++) {
        add_text(p, c->elements[c->bindings[order[i]].element].id);
        add_number(p, c->bindings[order[i]].kind);
        add_text(p, c->bindings[order[i]].name);
    }
}

enum fb_code fb_case_digest(const struct fb_case *argument, uint32_t element,
    uint8_t out[FB_SHA256_SIZE], struct fb_err *err)
{
    FB_ASSERT(argument && element < argument->element_count);
    struct fb_arena scratch;
    struct part p = {.c = argument};
    fb_arena_init(&scratch, (size_t)1 << 30);
    struct fb_str *names = FB_ARENA_ARRAY(&scratch, struct fb_str, argument->element_count);
    uint32_t *order =
        FB_ARENA_ARRAY(&scratch, uint32_t, argument->challenge_count + argument->binding_count + 1);
    enum fb_code code = names && order
                            ? fb_case_members(argument, element, &scratch, &p.members, err)
                            : fb_arena_failed(&scratch, err);
    if (code == FB_OK) {
        fb_sha256_init(&p.sha);
        fb_sha256_add(&p.sha, FB_STR("flyball case part 1\n"));
        add_text(&p, argument->elements[element].id);
        add_all(&p, names, order);
        fb_sha256_end(&p.sha, out);
    }
    fb_arena_release(&scratch);
    return code;
}

#include "case/live.h"

#include <string.h>

#include "base/assert.h"
#include "base/map.h"
#include "case/label.h"

struct fb_case_live {
    struct fb_case_graph g;
    uint8_t *asked;      /* of each element: a predicate bears on it */
    uint8_t *is_reached; /* of each node */
    uint32_t *reached;   /* the nodes that are evaluated again */
    size_t reached_count;
};

/* Adds what can be reached from a node, itself included. */
static void reach(struct fb_case_live *live, uint32_t from)
{
    const struct fb_case_graph *g = &live->g;
    size_t at = live->reached_count;
    if (live->is_reached[from]) {
        return;
    }
    live->is_reached[from] = 1;
    live->reached[live->reached_count++] = from;
    for (; at < live->reached_count; at++) {
        uint32_t node = live->reached[at];
        for (size_t i = g->first_link[node]; i < g->first_link[node + 1]; i++) {
            uint32_t to = g->links[i].to;
            if (!live->is_reached[to]) {
                live->is_reached[to] = 1;
                live->reached[live->reached_count++] = to;
            }
        }
    }
}

/* Takes back what the reached nodes were decided to be: everything that they count towards is
 * reached too, so that what is left of the counts comes from nodes that stay as they are. */
static void take_back(struct fb_case_live *live)
{
    struct fb_case_graph *g = &live->g;
    for (size_t i = 0; i < live->reached_count; i++) {
        struct fb_case_node *node = &g->nodes[live->reached[i]];
        for (size_t k = g->first_link[live->reached[i]];
             node->decided && k < g->first_link[live->reached[i] + 1]; k++) {
            struct fb_case_node *to = &g->nodes[g->links[k].to];
            uint32_t *counts = node->in ? to->in_count : to->out_count;
            FB_ASSERT(counts[g->links[k].kind] > 0);
            counts[g->links[k].kind]--;
        }
    }
    for (size_t i = 0; i < live->reached_count; i++) {
        g->nodes[live->reached[i]].decided = false;
    }
}

/* Evaluates the reached nodes again. A grounded labelling of the rest cannot depend on them. */
static void evaluate(struct fb_case_live *live)
{
    struct fb_case_graph *g = &live->g;
    const size_t elements = g->argument->element_count;
    size_t tail = 0;
    take_back(live);
    for (size_t i = 0; i < live->reached_count; i++) {
        uint32_t node = live->reached[i];
        if (node < elements) {
            g->nodes[node].own = fb_case_own_word(g, node);
        }
        if (fb_case_decide(&g->nodes[node])) {
            g->queue[tail++] = node;
        }
    }
    (void)fb_case_propagate(g, tail);
    for (size_t i = 0; i < live->reached_count; i++) {
        uint32_t node = live->reached[i];
        live->is_reached[node] = 0;
        if (node < elements + g->argument->challenge_count) {
            g->labels[node] = fb_case_read_label(g, node);
        }
        if (node < elements) {
            g->sentences[node] = NULL;
        }
    }
    g->sentences[g->argument->top] = NULL;
}

/* Labels of what was reached, where the argument keeps them. */
static void write_labels(struct fb_case_live *live)
{
    struct fb_case *c = live->g.argument;
    for (size_t i = 0; i < live->reached_count; i++) {
        size_t node = live->reached[i];
        if (node < c->element_count) {
            c->elements[node].label = live->g.labels[node];
            c->elements[node].is_set_aside = fb_case_is_set_aside(&live->g, (uint32_t)node);
        } else if (node - c->element_count < c->challenge_count) {
            c->challenges[node - c->element_count].label = live->g.labels[node];
        }
    }
}

enum fb_code fb_case_live_explain(struct fb_case_live *live, struct fb_err *err)
{
    live->g.sentences[live->g.argument->top] = NULL;
    enum fb_code code = fb_case_explain(&live->g, err);
    if (code == FB_OK) {
        fb_case_publish(&live->g);
    }
    return code;
}

enum fb_code fb_case_live_new(struct fb_case *argument, fb_case_query query, void *ctx,
    struct fb_arena *arena, struct fb_case_live **out, struct fb_err *err)
{
    FB_ASSERT(argument && argument->element_count > 0 && arena && out);
    struct fb_case_live *live = FB_ARENA_NEW(arena, struct fb_case_live);
    if (!live) {
        return fb_arena_failed(arena, err);
    }
    live->g = (struct fb_case_graph){.argument = argument, .arena = arena};
    enum fb_code code = fb_case_graph_build(&live->g, err);
    if (code != FB_OK) {
        return code;
    }
    live->asked = FB_ARENA_ARRAY(arena, uint8_t, argument->element_count);
    live->is_reached = FB_ARENA_ARRAY(arena, uint8_t, live->g.node_count);
    live->reached = FB_ARENA_ARRAY(arena, uint32_t, live->g.node_count);
    if (!live->asked || !live->is_reached || !live->reached) {
        return fb_arena_failed(arena, err);
    }
    code = fb_case_graph_ask(&live->g, query, ctx, NULL, err);
    if (code != FB_OK) {
        return code;
    }
    for (uint32_t i = 0; i < live->g.node_count; i++) {
        live->is_reached[i] = 1;
        live->reached[live->reached_count++] = i;
    }
    evaluate(live);
    code = fb_case_live_explain(live, err);
    if (code == FB_OK) {
        *out = live;
    }
    return code;
}

/* The answer that a predicate had. */
static enum fb_code known_answer(void *ctx, struct fb_str predicate, struct fb_arena *arena,
    struct fb_evidence *out, struct fb_err *err)
{
    const struct fb_evidence *answer = fb_map_get(ctx, predicate);
    (void)arena;
    (void)err;
    if (answer) {
        *out = *answer;
    }
    return FB_OK;
}

/* What every predicate of an argument came to. */
static enum fb_code collect_answers(
    const struct fb_case *c, struct fb_map *known, struct fb_err *err)
{
    static struct fb_evidence holds = {.health = FB_EVIDENCE_HOLDS};
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < c->element_count; i++) {
        struct fb_element *e = &c->elements[i];
        if (e->predicate.len > 0) {
            code = fb_map_put(known, e->predicate, &e->evidence, err);
        }
        if (code == FB_OK && e->accepted.evidence.len > 0) {
            code = fb_map_put(known, e->accepted.evidence, &e->acceptance, err);
        }
        if (code == FB_OK && e->independence.len > 0 && e->is_independent &&
            !fb_map_has(known, e->independence)) {
            code = fb_map_put(known, e->independence, &holds, err);
        }
    }
    return code;
}

enum fb_code fb_case_live_again(const struct fb_case *argument, struct fb_arena *arena,
    struct fb_case **out_copy, struct fb_case_live **out, struct fb_err *err)
{
    FB_ASSERT(argument && arena && out_copy && out);
    struct fb_case *copy = FB_ARENA_NEW(arena, struct fb_case);
    struct fb_element *elements = FB_ARENA_ARRAY(arena, struct fb_element, argument->element_count);
    struct fb_challenge *challenges =
        FB_ARENA_ARRAY(arena, struct fb_challenge, argument->challenge_count);
    if (!copy || !elements || !challenges) {
        return fb_arena_failed(arena, err);
    }
    *copy = *argument;
    copy->elements =
        memcpy(elements, argument->elements, argument->element_count * sizeof(*elements));
    copy->challenges = challenges;
    if (argument->challenge_count) {
        memcpy(challenges, argument->challenges, argument->challenge_count * sizeof(*challenges));
    }
    struct fb_map known;
    fb_map_init(&known);
    enum fb_code code = collect_answers(argument, &known, err);
    code = code ? code : fb_case_live_new(copy, known_answer, &known, arena, out, err);
    fb_map_release(&known);
    if (code == FB_OK) {
        *out_copy = copy;
    }
    return code;
}

enum fb_code fb_case_live_why(
    struct fb_case_live *live, uint32_t element, struct fb_why **out, struct fb_err *err)
{
    FB_ASSERT(live && out);
    struct fb_why *why = fb_case_tree_of(&live->g, element);
    if (!why) {
        return fb_arena_failed(live->g.arena, err);
    }
    *out = why;
    return FB_OK;
}

enum fb_code fb_case_live_ask(struct fb_case_live *live, fb_case_query query, void *ctx,
    size_t *out_count, struct fb_err *err)
{
    FB_ASSERT(live && query);
    struct fb_case_graph *g = &live->g;
    enum fb_code code = fb_case_graph_ask(g, query, ctx, live->asked, err);
    if (code != FB_OK) {
        return code;
    }
    live->reached_count = 0;
    for (uint32_t i = 0; i < g->argument->element_count; i++) {
        if (fb_case_own_word(g, i) != g->nodes[i].own) {
            reach(live, i);
        } else if (live->asked[i]) {
            g->sentences[i] = NULL;
        }
    }
    evaluate(live);
    if (out_count) {
        *out_count = live->reached_count;
    }
    return fb_case_live_explain(live, err);
}

static void force(struct fb_case_live *live, uint32_t element, uint8_t to)
{
    FB_ASSERT(live && element < live->g.argument->element_count);
    live->g.forced[element] = to;
    live->reached_count = 0;
    if (fb_case_own_word(&live->g, element) != live->g.nodes[element].own) {
        reach(live, element);
    }
    evaluate(live);
    write_labels(live);
}

void fb_case_live_force(struct fb_case_live *live, uint32_t element, enum fb_evidence_state state)
{
    force(live, element, (uint8_t)(1 + state));
}

void fb_case_live_free(struct fb_case_live *live, uint32_t element)
{
    force(live, element, 0);
}

size_t fb_case_live_touched(const struct fb_case_live *live)
{
    return live->reached_count;
}

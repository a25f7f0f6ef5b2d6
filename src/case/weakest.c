#include "case/weakest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "case/label.h"

/* Ways to hold the top claim up: sets of failures, each of which any answer must meet. */
struct ways {
    uint32_t **items; /* each a list of elements, the cheapest first */
    size_t *counts;
    size_t count;
};

/* One search. */
struct weakest {
    struct fb_case_graph g;
    struct fb_arena *arena;
    double *costs;      /* of each element's failure; INFINITY: it cannot fail */
    uint32_t *by_id;    /* the elements by their ids */
    uint32_t *places;   /* of each node: in an order that no order of a file changes */
    uint32_t *rounds;   /* of each node: the round of decisions that it was decided in */
    size_t *first_in;   /* of each node, and one more: the links that lead to it, */
    uint32_t *in_links; /* by the places of where they come from */
    struct ways ways;

    /* Of a witness. */
    uint8_t *seen; /* of each node */
    uint32_t *stack;
    size_t depth;
    uint32_t *found; /* failures that would break it */
    size_t found_count;

    /* Of the cheapest set that meets all ways. */
    uint8_t *taken; /* of each element: 1 chosen, 2 left out */
    uint32_t *undo; /* what was left out on the way down */
    size_t undo_count;
    uint8_t *best; /* of each element */
    double best_cost;
    uint8_t *marked; /* scratch: of each element */
    size_t steps;
};

/* ---- the graph ---- */

/* What tells a node from all others, whatever the order of the file: what it is, and the places of
 * the elements that it is about. */
struct name {
    uint32_t node;
    uint32_t parts[4];
};

static int by_name(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    for (size_t i = 0; i < sizeof(x->parts) / sizeof(x->parts[0]); i++) {
        if (x->parts[i] != y->parts[i]) {
            return x->parts[i] > y->parts[i] ? 1 : -1;
        }
    }
    return (x->node > y->node) - (x->node < y->node);
}

static int by_element_id(const void *a, const void *b, void *ctx)
{
    const struct fb_element *elements = ctx;
    return fb_str_cmp(elements[*(const uint32_t *)a].id, elements[*(const uint32_t *)b].id);
}

/* The element at the other end of a challenged relation. */
static uint32_t other_end(const struct fb_case *c, const struct fb_challenge *challenge)
{
    const struct fb_element *e = &c->elements[challenge->target];
    return challenge->kind == FB_CHALLENGE_CONTEXT ? e->context[challenge->position]
                                                   : e->supported_by[challenge->position];
}

/* Names of what is no element; w->places has those of the elements. */
static void name_others(const struct weakest *w, struct name *names)
{
    const struct fb_case *c = w->g.argument;
    const uint32_t *places = w->places;
    enum { RELATION = FB_CHALLENGE_CHALLENGE + 1 };
    for (size_t i = 0; i < c->challenge_count; i++) {
        const struct fb_challenge *a = &c->challenges[i];
        struct name *name = &names[c->element_count + i];
        *name = (struct name){(uint32_t)(c->element_count + i), {1 + a->kind, places[a->by]}};
        if (a->kind == FB_CHALLENGE_CHALLENGE) {
            name->parts[2] = places[c->challenges[a->target].by];
            continue;
        }
        name->parts[2] = places[a->target];
        if (a->kind != FB_CHALLENGE_ELEMENT) {
            const struct fb_element *e = &c->elements[a->target];
            size_t position =
                a->position + (a->kind == FB_CHALLENGE_CONTEXT ? e->supported_by_count : 0);
            uint32_t node = w->g.relation_node[w->g.first_relation[a->target] + position];
            name->parts[3] = places[other_end(c, a)];
            names[node] =
                (struct name){node, {RELATION + a->kind, places[a->target], name->parts[3]}};
        }
    }
}

/* Elements by their ids, then challenges, then challenged relations, by what they are about. */
static enum fb_code find_places(struct weakest *w, struct fb_err *err)
{
    const struct fb_case *c = w->g.argument;
    size_t nodes = w->g.node_count;
    struct name *names = FB_ARENA_ARRAY(w->arena, struct name, nodes);
    w->by_id = FB_ARENA_ARRAY(w->arena, uint32_t, c->element_count);
    w->places = FB_ARENA_ARRAY(w->arena, uint32_t, nodes);
    if (!names || !w->by_id || !w->places) {
        return fb_arena_failed(w->arena, err);
    }
    for (uint32_t i = 0; i < c->element_count; i++) {
        w->by_id[i] = i;
    }
    qsort_r(w->by_id, c->element_count, sizeof(*w->by_id), by_element_id, c->elements);
    for (uint32_t i = 0; i < c->element_count; i++) {
        uint32_t at = w->by_id[i];
        w->places[at] = i;
        names[at] = (struct name){at, {0, i}};
    }
    name_others(w, names);
    qsort(names, nodes, sizeof(*names), by_name);
    for (uint32_t i = 0; i < nodes; i++) {
        w->places[names[i].node] = i;
    }
    return FB_OK;
}

static int by_origin(const void *a, const void *b, void *ctx)
{
    const struct weakest *w = ctx;
    const struct fb_case_link *x = &w->g.links[*(const uint32_t *)a];
    const struct fb_case_link *y = &w->g.links[*(const uint32_t *)b];
    uint32_t p = w->places[x->from], q = w->places[y->from];
    return p != q ? (p > q) - (p < q) : (x->kind > y->kind) - (x->kind < y->kind);
}

/* Links by where they lead to. */
static enum fb_code index_links(struct weakest *w, struct fb_err *err)
{
    const struct fb_case_graph *g = &w->g;
    w->first_in = FB_ARENA_ARRAY(w->arena, size_t, g->node_count + 2);
    w->in_links = FB_ARENA_ARRAY(w->arena, uint32_t, g->link_count);
    if (!w->first_in || !w->in_links) {
        return fb_arena_failed(w->arena, err);
    }
    for (size_t i = 0; i < g->link_count; i++) {
        w->first_in[g->links[i].to + 2]++;
    }
    for (size_t i = 2; i < g->node_count + 2; i++) {
        w->first_in[i] += w->first_in[i - 1];
    }
    for (size_t i = 0; i < g->link_count; i++) {
        w->in_links[w->first_in[g->links[i].to + 1]++] = (uint32_t)i;
    }
    for (size_t i = 0; i < g->node_count; i++) {
        qsort_r(w->in_links + w->first_in[i], w->first_in[i + 1] - w->first_in[i],
            sizeof(*w->in_links), by_origin, w);
    }
    return FB_OK;
}

/* Evaluates everything with these failures, round by round. */
static void evaluate(struct weakest *w, const uint8_t *failed)
{
    struct fb_case_graph *g = &w->g;
    const size_t elements = g->argument->element_count;
    size_t tail = 0;
    for (uint32_t i = 0; i < g->node_count; i++) {
        struct fb_case_node *node = &g->nodes[i];
        node->decided = false;
        memset(node->in_count, 0, sizeof(node->in_count));
        memset(node->out_count, 0, sizeof(node->out_count));
        if (i < elements) {
            enum fb_evidence_state state =
                g->sides[i] == FB_SIDE_AGAINST ? FB_EVIDENCE_HOLDS : FB_EVIDENCE_FAILS;
            g->forced[i] = failed && failed[i] ? (uint8_t)(1 + state) : 0;
            node->own = fb_case_own_word(g, i);
        }
    }
    for (uint32_t i = 0; i < g->node_count; i++) {
        if (fb_case_decide(&g->nodes[i])) {
            g->queue[tail++] = i;
        }
    }
    size_t head = 0;
    for (uint32_t round = 0; head < tail; round++) {
        size_t end = tail;
        for (size_t i = head; i < end; i++) {
            w->rounds[g->queue[i]] = round;
        }
        tail = fb_case_follow(g, head, end);
        head = end;
    }
}

/* What the failure of a leaf costs; INFINITY when it is no leaf, or stands on both sides. */
static double cost_of(const struct fb_case_graph *g, uint32_t at, enum fb_weakest_cost by)
{
    const struct fb_element *e = &g->argument->elements[at];
    uint8_t side = g->sides[at];
    if (e->supported_by_count > 0 || (side != FB_SIDE_FOR && side != FB_SIDE_AGAINST)) {
        return INFINITY;
    }
    switch (by) {
    case FB_WEAKEST_COUNT:
        return 1;
    case FB_WEAKEST_GIVEN:
        return isnan(e->cost) ? 1 : e->cost;
    case FB_WEAKEST_LIKELIHOOD:
        break;
    }
    double likely = side == FB_SIDE_FOR ? 1 - e->given[0] : e->given[1];
    return likely > 0 ? -log(likely) : INFINITY;
}

/* ---- a way to hold the top claim up ---- */

static void need(struct weakest *w, uint32_t node)
{
    if (!w->seen[node]) {
        w->seen[node] = 1;
        w->stack[w->depth++] = node;
    }
}

/* Needs so many of the inputs of a kind that are decided like this, and were so before the node. */
static void need_inputs(
    struct weakest *w, uint32_t node, enum fb_link_kind kind, bool in, size_t count)
{
    const struct fb_case_graph *g = &w->g;
    for (int pass = 0; pass < 2 && count > 0; pass++) {
        for (size_t i = w->first_in[node]; i < w->first_in[node + 1] && count > 0; i++) {
            const struct fb_case_link *link = &g->links[w->in_links[i]];
            const struct fb_case_node *from = &g->nodes[link->from];
            bool fits = link->kind == kind && from->decided && from->in == in &&
                        w->rounds[link->from] < w->rounds[node];
            /* First what is needed already, so that ways are small. */
            if (fits && (w->seen[link->from] == 1) == (pass == 0)) {
                need(w, link->from);
                count--;
            }
        }
    }
    FB_ASSERT(count == 0);
}

/* Why a node is out: its own word, else one attack, one context, or enough lost support. */
static void need_for_out(struct weakest *w, uint32_t at)
{
    const struct fb_case_node *node = &w->g.nodes[at];
    size_t attack = 0, context = 0, support = 0;
    if (node->own == FB_EVIDENCE_FAILS) {
        if (at < w->g.argument->element_count && isfinite(w->costs[at])) {
            w->found[w->found_count++] = at;
        }
        return;
    }
    for (size_t i = w->first_in[at]; i < w->first_in[at + 1]; i++) {
        const struct fb_case_link *link = &w->g.links[w->in_links[i]];
        const struct fb_case_node *from = &w->g.nodes[link->from];
        bool before = from->decided && w->rounds[link->from] < w->rounds[at];
        attack += link->kind == FB_LINK_ATTACK && before && from->in;
        context += link->kind == FB_LINK_CONTEXT && before && !from->in;
        support += link->kind == FB_LINK_SUPPORT && before && !from->in;
    }
    size_t lost = node->total[FB_LINK_SUPPORT] - node->need + 1;
    if (node->need > 0 && support >= lost) {
        need_inputs(w, at, FB_LINK_SUPPORT, false, lost);
    } else if (context > 0) {
        need_inputs(w, at, FB_LINK_CONTEXT, false, 1);
    } else {
        FB_ASSERT(attack > 0);
        need_inputs(w, at, FB_LINK_ATTACK, true, 1);
    }
}

static int by_cost(const void *a, const void *b, void *ctx)
{
    const struct weakest *w = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    double p = w->costs[x], q = w->costs[y];
    return p != q ? (p > q) - (p < q)
                  : (w->places[x] > w->places[y]) - (w->places[x] < w->places[y]);
}

/* The failures of which one at least must happen before the top claim can fall. */
static enum fb_code learn(struct weakest *w, struct fb_err *err)
{
    const struct fb_case_graph *g = &w->g;
    memset(w->seen, 0, g->node_count);
    w->depth = w->found_count = 0;
    need(w, g->argument->top);
    while (w->depth > 0) {
        uint32_t at = w->stack[--w->depth];
        const struct fb_case_node *node = &g->nodes[at];
        FB_ASSERT(node->decided);
        if (!node->in) {
            need_for_out(w, at);
            continue;
        }
        if (at < g->argument->element_count && isfinite(w->costs[at]) && !g->forced[at]) {
            w->found[w->found_count++] = at;
        }
        need_inputs(w, at, FB_LINK_SUPPORT, true, node->need);
        need_inputs(w, at, FB_LINK_CONTEXT, true, node->total[FB_LINK_CONTEXT]);
        need_inputs(w, at, FB_LINK_ATTACK, false, node->total[FB_LINK_ATTACK]);
    }
    uint32_t *kept = FB_ARENA_ARRAY(w->arena, uint32_t, w->found_count);
    if (!kept) {
        return fb_arena_failed(w->arena, err);
    }
    memcpy(kept, w->found, w->found_count * sizeof(*kept));
    qsort_r(kept, w->found_count, sizeof(*kept), by_cost, w);
    w->ways.items[w->ways.count] = kept;
    w->ways.counts[w->ways.count++] = w->found_count;
    return FB_OK;
}

/* ---- the cheapest set that meets all ways ---- */

static bool is_met(const struct weakest *w, size_t way)
{
    for (size_t i = 0; i < w->ways.counts[way]; i++) {
        if (w->taken[w->ways.items[way][i]] == 1) {
            return true;
        }
    }
    return false;
}

/* What a way costs at least; INFINITY when everything that would meet it is left out. */
static double cheapest(const struct weakest *w, size_t way)
{
    for (size_t i = 0; i < w->ways.counts[way]; i++) {
        if (w->taken[w->ways.items[way][i]] != 2) {
            return w->costs[w->ways.items[way][i]];
        }
    }
    return INFINITY;
}

/* What is still to be paid at least: ways that share no failure add up. *out_way is the way that
 * is not met and has the fewest failures left; SIZE_MAX: all are met. */
static double bound(struct weakest *w, size_t *out_way)
{
    double sum = 0;
    size_t fewest = SIZE_MAX;
    *out_way = SIZE_MAX;
    memset(w->marked, 0, w->g.argument->element_count);
    for (size_t way = 0; way < w->ways.count; way++) {
        size_t left = 0;
        bool shares = false;
        w->steps += w->ways.counts[way];
        if (is_met(w, way)) {
            continue;
        }
        for (size_t i = 0; i < w->ways.counts[way]; i++) {
            uint32_t e = w->ways.items[way][i];
            left += w->taken[e] != 2;
            shares = shares || (w->taken[e] != 2 && w->marked[e]);
        }
        if (left < fewest) {
            fewest = left;
            *out_way = way;
        }
        if (!shares) {
            sum += cheapest(w, way);
            for (size_t i = 0; i < w->ways.counts[way]; i++) {
                w->marked[w->ways.items[way][i]] = 1;
            }
        }
    }
    return sum;
}

static void keep_best(struct weakest *w, double cost)
{
    w->best_cost = cost;
    for (size_t i = 0; i < w->g.argument->element_count; i++) {
        w->best[i] = w->taken[i] == 1;
    }
}

/* Depth first, by branch and bound. A failure that was tried is left out behind it, so that no set
 * is looked at twice. As deep as a set has failures: at most FB_WEAKEST_ROUNDS_MAX. */
static void search(struct weakest *w, double cost)
{
    size_t way = 0, level = w->undo_count;
    double rest = bound(w, &way);
    if (w->steps > FB_WEAKEST_STEPS_MAX) {
        return;
    }
    if (way == SIZE_MAX) {
        if (cost < w->best_cost) {
            keep_best(w, cost);
        }
        return;
    }
    for (size_t i = 0; i < w->ways.counts[way] && cost + rest < w->best_cost; i++) {
        uint32_t e = w->ways.items[way][i];
        if (w->taken[e] == 0) {
            w->taken[e] = 1;
            search(w, cost + w->costs[e]);
            w->taken[e] = 2;
            w->undo[w->undo_count++] = e;
        }
    }
    while (w->undo_count > level) {
        w->taken[w->undo[--w->undo_count]] = 0;
    }
}

/* The cheapest set into w->best and w->best_cost; false when the steps ran out. */
static bool meet_all(struct weakest *w)
{
    memset(w->taken, 0, w->g.argument->element_count);
    memset(w->best, 0, w->g.argument->element_count);
    w->best_cost = INFINITY;
    w->undo_count = 0;
    search(w, 0);
    return w->steps <= FB_WEAKEST_STEPS_MAX;
}

/* ---- the whole ---- */

static enum fb_code prepare(struct weakest *w, enum fb_weakest_cost by, struct fb_err *err)
{
    const struct fb_case *c = w->g.argument;
    enum fb_code code = fb_case_graph_build(&w->g, err);
    if (code != FB_OK) {
        return code;
    }
    for (size_t i = 0; i < c->element_count; i++) {
        w->g.answers[i] = c->elements[i].predicate.len > 0 ? &c->elements[i].evidence : NULL;
        w->g.acceptance[i] = &c->elements[i].acceptance;
    }
    size_t nodes = w->g.node_count, elements = c->element_count;
    w->costs = FB_ARENA_ARRAY(w->arena, double, elements);
    w->rounds = FB_ARENA_ARRAY(w->arena, uint32_t, nodes);
    w->ways.items = FB_ARENA_ARRAY(w->arena, uint32_t *, FB_WEAKEST_ROUNDS_MAX);
    w->ways.counts = FB_ARENA_ARRAY(w->arena, size_t, FB_WEAKEST_ROUNDS_MAX);
    w->seen = FB_ARENA_ARRAY(w->arena, uint8_t, nodes);
    w->stack = FB_ARENA_ARRAY(w->arena, uint32_t, nodes);
    w->found = FB_ARENA_ARRAY(w->arena, uint32_t, elements);
    w->taken = FB_ARENA_ARRAY(w->arena, uint8_t, elements);
    w->best = FB_ARENA_ARRAY(w->arena, uint8_t, elements);
    w->marked = FB_ARENA_ARRAY(w->arena, uint8_t, elements);
    w->undo = FB_ARENA_ARRAY(w->arena, uint32_t, elements);
    if (!w->costs || !w->rounds || !w->ways.items || !w->ways.counts || !w->seen || !w->stack ||
        !w->found || !w->taken || !w->best || !w->marked || !w->undo) {
        return fb_arena_failed(w->arena, err);
    }
    for (uint32_t i = 0; i < elements; i++) {
        w->costs[i] = cost_of(&w->g, i, by);
    }
    code = find_places(w, err);
    return code != FB_OK ? code : index_links(w, err);
}

static enum fb_code beyond(const struct weakest *w, double least, struct fb_err *err)
{
    fb_err_set(err, FB_E_LIMIT,
        "the cheapest set of failures was not found within %d ways and %d steps; it costs at least "
        "%.6g",
        FB_WEAKEST_ROUNDS_MAX, FB_WEAKEST_STEPS_MAX, least);
    (void)w;
    return fb_err_hint(err, "Ask for one of the claims below the top, in a case of its own.");
}

static enum fb_code answer(struct weakest *w, struct fb_weakest *out, struct fb_err *err)
{
    const struct fb_case *c = w->g.argument;
    size_t count = 0;
    for (size_t i = 0; i < c->element_count; i++) {
        count += w->best[i];
    }
    struct fb_failure *list = FB_ARENA_ARRAY(w->arena, struct fb_failure, count);
    if (!list) {
        return fb_arena_failed(w->arena, err);
    }
    count = 0;
    double sum = 0;
    for (size_t i = 0; i < c->element_count; i++) {
        uint32_t at = w->by_id[i];
        if (w->best[at]) {
            list[count++] =
                (struct fb_failure){at, w->g.sides[at] == FB_SIDE_AGAINST, w->costs[at]};
            sum += w->costs[at];
        }
    }
    *out = (struct fb_weakest){.failures = list, .count = count, .cost = sum, .is_possible = true};
    return FB_OK;
}

enum fb_code fb_case_weakest(const struct fb_case *argument, enum fb_weakest_cost by,
    struct fb_arena *arena, struct fb_weakest *out, struct fb_err *err)
{
    FB_ASSERT(argument && argument->element_count > 0 && arena && out);
    /* The graph writes nothing into the argument before it is published. */
    struct weakest w = {
        .g = {.argument = (struct fb_case *)(uintptr_t)argument, .arena = arena}, .arena = arena};
    enum fb_code code = prepare(&w, by, err);
    double least = 0;
    while (code == FB_OK) {
        evaluate(&w, w.ways.count ? w.best : NULL);
        const struct fb_case_node *top = &w.g.nodes[argument->top];
        if (!top->decided || !top->in) {
            bool fallen = w.ways.count == 0;
            code = answer(&w, out, err);
            out->is_fallen = code == FB_OK && fallen;
            return code;
        }
        if (w.ways.count == FB_WEAKEST_ROUNDS_MAX) {
            return beyond(&w, least, err);
        }
        code = learn(&w, err);
        if (code == FB_OK && !meet_all(&w)) {
            return beyond(&w, least, err);
        }
        if (code == FB_OK && isinf(w.best_cost)) {
            *out = (struct fb_weakest){.is_possible = false};
            return FB_OK;
        }
        least = w.best_cost;
    }
    return code;
}

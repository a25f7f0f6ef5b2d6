/*
 * The search for proofs: regular expressions over time-points. An expression is walked as an
 * automaton from where the operator stands, away from it: it holds by a lightest path that ends in
 * the interval, and fails by tests that fail on every such path.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "engine/prove.h"

enum { EDGES_MAX = 4 * FB_IR_REGEX_MAX, STATES_MAX = 2 * FB_IR_REGEX_MAX + 2 };

/* An edge costs nothing, a step in time, or a test. */
struct edge {
    size_t from;
    size_t to;
    bool step;
    const struct fb_form *test;
    size_t number; /* of the test, from left to right */
};

struct automaton {
    struct edge edges[EDGES_MAX];
    size_t edge_count;
    size_t state_count;
    size_t test_count;
    size_t start;
    size_t end;
};

/* Adds the edges of regex from state a to state b. */
static void build(struct automaton *m, const struct fb_regex *regex, size_t a, size_t b)
{
    FB_ASSERT(m->edge_count + 2 <= EDGES_MAX && m->state_count + 1 <= STATES_MAX);
    size_t middle;
    switch (regex->kind) {
    case FB_REGEX_STEP:
        m->edges[m->edge_count++] = (struct edge){.from = a, .to = b, .step = true};
        return;
    case FB_REGEX_TEST:
        m->edges[m->edge_count++] =
            (struct edge){.from = a, .to = b, .test = regex->test, .number = m->test_count++};
        return;
    case FB_REGEX_EITHER:
        build(m, regex->left, a, b);
        build(m, regex->right, a, b);
        return;
    case FB_REGEX_THEN:
        middle = m->state_count++;
        build(m, regex->left, a, middle);
        build(m, regex->right, middle, b);
        return;
    case FB_REGEX_STAR:
        middle = m->state_count++;
        m->edges[m->edge_count++] = (struct edge){.from = a, .to = middle};
        build(m, regex->left, middle, middle);
        m->edges[m->edge_count++] = (struct edge){.from = middle, .to = b};
        return;
    }
    FB_ASSERT(false);
}

/* A test that was passed, or failed. */
struct hop {
    size_t number;
    size_t tp;
    struct fb_proof_step *proof;
    const struct hop *before;
};

/* How a state is reached best. */
struct reach {
    bool there;
    size_t weight;
    const struct hop *hop;
};

/* One walk. It is large, and walks may go on within each other: not for the stack. */
struct walk {
    struct fb_prover *p;
    const struct fb_form *form;
    const struct fb_place *place;
    struct automaton m;
    bool past;
    struct reach reach[STATES_MAX];
    struct fb_proof_step *tests[EDGES_MAX]; /* at one time-point; NULL: it fails */
};

static void begin(struct walk *w)
{
    w->m.state_count = 2;
    build(&w->m, w->form->regex, 0, 1);
    w->past = w->form->kind == FB_FORM_MATCH_PAST;
    w->m.end = w->past ? 0 : 1;
    w->m.start = 1 - w->m.end;
    for (size_t i = 0; w->past && i < w->m.edge_count; i++) {
        struct edge *edge = &w->m.edges[i];
        size_t from = edge->from;
        edge->from = edge->to;
        edge->to = from;
    }
}

/* The next time-point; false at the end of the trace or behind the interval. */
static bool further(const struct walk *w, size_t *tp)
{
    const struct fb_trace *trace = w->p->ev.trace;
    if (w->past ? *tp == 0 : *tp + 1 >= trace->time_count) {
        return false;
    }
    struct fb_form whole = *w->form;
    whole.interval.low = 0;
    *tp += w->past ? (size_t)-1 : 1;
    return fb_eval_within(&w->p->ev, &whole, w->place->tp, *tp);
}

static struct fb_proof_step *test_at(
    const struct walk *w, const struct edge *edge, size_t tp, bool holds)
{
    struct fb_place at = *w->place;
    at.tp = tp;
    struct fb_proof_step *kid = fb_prove_either(w->p, edge->test, &at, holds);
    struct fb_proof_step *proof = fb_prove_over(w->p, FB_RULE_TEST, holds, &at, kid);
    if (proof) {
        proof->at = edge->number;
    }
    return proof;
}

/* ---- a path ---- */

/* Follows an edge within a time-point; true when that reaches its end better. */
static bool follow(struct walk *w, const struct edge *edge, size_t tp)
{
    struct reach *reach = w->reach;
    struct reach next = reach[edge->from];
    if (!next.there || edge->step) {
        return false;
    }
    if (edge->test) {
        struct fb_proof_step *proof = w->tests[edge->number];
        struct hop *hop = FB_ARENA_NEW(w->p->ev.arena, struct hop);
        if (!proof || !hop) {
            return false;
        }
        *hop = (struct hop){edge->number, tp, proof, next.hop};
        next.weight += proof->weight;
        next.hop = hop;
    }
    if (reach[edge->to].there && reach[edge->to].weight <= next.weight) {
        return false;
    }
    reach[edge->to] = next;
    return true;
}

/* Everything that is reached at a time-point. */
static void settle(struct walk *w, size_t tp)
{
    for (size_t i = 0; i < w->m.edge_count; i++) {
        const struct edge *edge = &w->m.edges[i];
        if (edge->test) {
            w->tests[edge->number] = test_at(w, edge, tp, true);
        }
    }
    bool changed = true;
    while (changed && !w->p->code) {
        changed = false;
        for (size_t i = 0; i < w->m.edge_count; i++) {
            changed = follow(w, &w->m.edges[i], tp) || changed;
        }
    }
}

/* What is reached one time-point further; false when that is nothing. */
static bool advance(struct walk *w)
{
    struct reach next[STATES_MAX] = {{false, 0, NULL}};
    bool any = false;
    for (size_t i = 0; i < w->m.edge_count; i++) {
        const struct edge *edge = &w->m.edges[i];
        const struct reach *from = &w->reach[edge->from];
        struct reach *to = &next[edge->to];
        if (edge->step && from->there && (!to->there || from->weight < to->weight)) {
            *to = *from;
            any = true;
        }
    }
    memcpy(w->reach, next, sizeof(next));
    return any;
}

static struct fb_proof_step *by_path(struct walk *w)
{
    struct reach best = {false, 0, NULL};
    size_t tp = w->place->tp;
    w->reach[w->m.start].there = true;
    do {
        settle(w, tp);
        const struct reach *end = &w->reach[w->m.end];
        bool here = end->there && fb_eval_within(&w->p->ev, w->form, w->place->tp, tp);
        best = here && (!best.there || end->weight < best.weight) ? *end : best;
    } while (!w->p->code && !(best.there && best.weight <= 1) && advance(w) && further(w, &tp));
    struct fb_proof_step *proof =
        best.there ? fb_prove_leaf(w->p, FB_RULE_PATH, true, w->place) : NULL;
    if (!proof) {
        return NULL;
    }
    struct fb_kids kids = {0};
    proof->weight = best.weight ? fb_prove_weight(best.weight) : 1;
    for (const struct hop *hop = best.hop; hop; hop = hop->before) {
        struct fb_proof_step *kid = FB_ARENA_NEW(w->p->ev.arena, struct fb_proof_step);
        if (!kid) {
            w->p->code = fb_arena_failed(w->p->ev.arena, w->p->ev.err);
            return NULL;
        }
        *kid = *hop->proof;
        if (w->past) {
            fb_kids_add(&kids, kid);
        } else {
            kid->next = kids.first;
            kids.first = kid;
        }
    }
    proof->kid = kids.first;
    return proof;
}

/* ---- a cut ---- */

/* Tests that fail, in the order of the walk. */
struct cut {
    struct hop *hops;
    size_t count;
    size_t cap;
    size_t without; /* this one is not looked at */
};

static bool cut_add(struct walk *w, struct cut *cut, struct hop hop)
{
    if (cut->count == cut->cap) {
        size_t cap = cut->cap ? 2 * cut->cap : 16;
        struct hop *grown = FB_ARENA_ARRAY(w->p->ev.arena, struct hop, cap);
        if (!grown) {
            w->p->code = fb_arena_failed(w->p->ev.arena, w->p->ev.err);
            return false;
        }
        if (cut->count) {
            memcpy(grown, cut->hops, cut->count * sizeof(*grown));
        }
        cut->hops = grown;
        cut->cap = cap;
    }
    cut->hops[cut->count++] = hop;
    return true;
}

/* Whether the test of an edge is known to fail at tp: one of cut's from `first` on. */
static bool is_cut(const struct cut *cut, size_t first, const struct edge *edge, size_t tp)
{
    for (size_t i = first; i < cut->count && cut->hops[i].tp == tp; i++) {
        if (i != cut->without && cut->hops[i].number == edge->number) {
            return true;
        }
    }
    return false;
}

/* Marks what is reached at tp; while cutting, each test that fails is added to cut. */
static void spread(struct walk *w, size_t tp, bool *there, struct cut *cut, const size_t first[2])
{
    bool cutting = first[1] != 0;
    bool passes[EDGES_MAX] = {false};
    bool changed = true;
    while (changed && !w->p->code) {
        changed = false;
        for (size_t i = 0; i < w->m.edge_count; i++) {
            const struct edge *edge = &w->m.edges[i];
            if (!there[edge->from] || edge->step || there[edge->to]) {
                continue;
            }
            bool open = !edge->test || passes[i] || !is_cut(cut, first[0], edge, tp);
            if (open && edge->test && cutting && !passes[i]) {
                struct fb_proof_step *proof = test_at(w, edge, tp, false);
                open = !proof || !cut_add(w, cut, (struct hop){edge->number, tp, proof, NULL});
                passes[i] = open;
            }
            there[edge->to] = open;
            changed = changed || open;
        }
    }
}

static bool pass_on(const struct walk *w, bool *there)
{
    bool next[STATES_MAX] = {false};
    bool any = false;
    for (size_t i = 0; i < w->m.edge_count; i++) {
        const struct edge *edge = &w->m.edges[i];
        if (edge->step && there[edge->from]) {
            next[edge->to] = true;
            any = true;
        }
    }
    memcpy(there, next, sizeof(next));
    return any;
}

/* Whether an end in the interval is reached where the tests of cut fail and all others hold. */
static bool gets_through(struct walk *w, struct cut *cut, bool cutting)
{
    bool there[STATES_MAX] = {false};
    size_t tp = w->place->tp;
    size_t first[2] = {0, cutting};
    there[w->m.start] = true;
    do {
        while (first[0] < cut->count && cut->hops[first[0]].tp != tp &&
               (w->past ? cut->hops[first[0]].tp > tp : cut->hops[first[0]].tp < tp)) {
            first[0]++;
        }
        spread(w, tp, there, cut, first);
        if (there[w->m.end] && fb_eval_within(&w->p->ev, w->form, w->place->tp, tp)) {
            return true;
        }
    } while (!w->p->code && pass_on(w, there) && further(w, &tp));
    return false;
}

/* Tests that are not needed go, as long as looking for them is cheap. */
static void thin(struct walk *w, struct cut *cut)
{
    enum { THIN_MAX = 200 };
    for (size_t i = cut->count; i-- > 0 && cut->count <= THIN_MAX;) {
        cut->without = i;
        if (!gets_through(w, cut, false)) {
            memmove(&cut->hops[i], &cut->hops[i + 1], (--cut->count - i) * sizeof(cut->hops[0]));
        }
    }
}

static struct fb_proof_step *by_cut(struct walk *w)
{
    struct cut cut = {.without = SIZE_MAX};
    if (gets_through(w, &cut, true) || w->p->code) {
        return NULL;
    }
    thin(w, &cut);
    struct fb_kids kids = {0};
    for (size_t i = 0; i < cut.count; i++) {
        fb_kids_add(&kids, cut.hops[w->past ? cut.count - 1 - i : i].proof);
    }
    struct fb_proof_step *proof = fb_prove_leaf(w->p, FB_RULE_PATH, false, w->place);
    if (proof) {
        proof->kid = kids.first;
        proof->weight = kids.weight ? kids.weight : 1;
    }
    return proof;
}

struct fb_proof_step *fb_prove_path(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds)
{
    FB_ASSERT(p && form->regex && place);
    struct walk *w = fb_calloc(1, sizeof(*w));
    if (!w) {
        p->code = fb_err_set(p->ev.err, FB_E_NOMEM, "memory ran out");
        return NULL;
    }
    w->p = p;
    w->form = form;
    w->place = place;
    begin(w);
    struct fb_proof_step *proof = holds ? by_path(w) : by_cut(w);
    fb_free(w);
    return proof;
}

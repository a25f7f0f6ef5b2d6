#include "case/label.h"

#include "base/assert.h"
#include "case/live.h"

static const char *const LABELS[] = {"in", "undercut", "falsified", "undecided"};

const char *fb_label_name(enum fb_label label)
{
    FB_ASSERT((unsigned)label < sizeof(LABELS) / sizeof(LABELS[0]));
    return LABELS[label];
}

enum fb_label fb_case_label_of(const struct fb_case_graph *g, uint32_t element)
{
    FB_ASSERT(element < g->argument->element_count);
    return g->labels[element];
}

/* The node that stands for a relation: its own when it is challenged, else the other end's. */
static uint32_t relation_end(
    const struct fb_case_graph *g, uint32_t element, bool context, uint32_t position)
{
    const struct fb_element *e = &g->argument->elements[element];
    size_t offset = context ? e->supported_by_count : 0;
    uint32_t node = g->relation_node[g->first_relation[element] + offset + position];
    return node != FB_CASE_NO_NODE ? node
           : context               ? e->context[position]
                                   : e->supported_by[position];
}

bool fb_case_relation_is(
    const struct fb_case_graph *g, uint32_t element, bool context, uint32_t position, bool in)
{
    const struct fb_case_node *node = &g->nodes[relation_end(g, element, context, position)];
    return node->decided && node->in == in;
}

static void add_link(struct fb_case_graph *g, uint32_t from, uint32_t to, enum fb_link_kind kind)
{
    FB_ASSERT(g->link_count < g->link_cap);
    g->links[g->link_count++] = (struct fb_case_link){from, to, kind};
    g->nodes[to].total[kind]++;
}

static uint32_t challenge_node(const struct fb_case_graph *g, size_t challenge)
{
    return (uint32_t)(g->argument->element_count + challenge);
}

/* The node of a challenged relation, made on first use. */
static uint32_t relation_node(struct fb_case_graph *g, const struct fb_challenge *challenge)
{
    const struct fb_element *e = &g->argument->elements[challenge->target];
    bool context = challenge->kind == FB_CHALLENGE_CONTEXT;
    size_t relation = g->first_relation[challenge->target] + (context ? e->supported_by_count : 0) +
                      challenge->position;
    if (g->relation_node[relation] == FB_CASE_NO_NODE) {
        uint32_t node = (uint32_t)g->node_count++;
        g->nodes[node] = (struct fb_case_node){.own = FB_EVIDENCE_HOLDS, .need = 1};
        g->relation_node[relation] = node;
        add_link(g,
            context ? e->context[challenge->position] : e->supported_by[challenge->position], node,
            FB_LINK_SUPPORT);
    }
    return g->relation_node[relation];
}

/* Remembers which challenges are against a node, in the order of the file. next_challenge holds
 * each one's target until then. */
static void index_challenges(struct fb_case_graph *g)
{
    for (size_t i = g->argument->challenge_count; i-- > 0;) {
        uint32_t target = g->next_challenge[i];
        FB_ASSERT(target < g->node_count);
        g->next_challenge[i] = g->first_challenge[target];
        g->first_challenge[target] = (uint32_t)i;
    }
}

static void link_challenges(struct fb_case_graph *g)
{
    const struct fb_case *c = g->argument;
    for (size_t i = 0; i < c->challenge_count; i++) {
        struct fb_case_node *node = &g->nodes[challenge_node(g, i)];
        *node = (struct fb_case_node){.own = FB_EVIDENCE_HOLDS, .need = 1};
    }
    for (size_t i = 0; i < c->challenge_count; i++) {
        const struct fb_challenge *challenge = &c->challenges[i];
        uint32_t target = 0;
        switch (challenge->kind) {
        case FB_CHALLENGE_ELEMENT:
            target = challenge->target;
            break;
        case FB_CHALLENGE_CHALLENGE:
            target = challenge_node(g, challenge->target);
            break;
        case FB_CHALLENGE_SUPPORT:
        case FB_CHALLENGE_CONTEXT:
            target = relation_node(g, challenge);
            break;
        }
        add_link(g, challenge->by, challenge_node(g, i), FB_LINK_SUPPORT);
        add_link(g, challenge_node(g, i), target, FB_LINK_ATTACK);
        g->next_challenge[i] = target;
    }
    index_challenges(g);
}

static uint32_t need_of(const struct fb_element *e)
{
    switch (e->support) {
    case FB_SUPPORT_ALL:
        return (uint32_t)e->supported_by_count;
    case FB_SUPPORT_ANY:
        return e->supported_by_count > 0;
    case FB_SUPPORT_K_OF_N:
        return e->support_k;
    }
    return 0;
}

static bool is_assertion(const struct fb_element *e)
{
    return e->kind != FB_ELEMENT_GOAL && e->kind != FB_ELEMENT_STRATEGY &&
           e->kind != FB_ELEMENT_COUNTER_GOAL;
}

/* Evidence as far as it counts: what is stale or doubtful is believed only where it hurts. */
static enum fb_evidence_state believed(const struct fb_evidence *evidence, uint8_t sides)
{
    enum fb_evidence_state harm = sides == FB_SIDE_FOR       ? FB_EVIDENCE_FAILS
                                  : sides == FB_SIDE_AGAINST ? FB_EVIDENCE_HOLDS
                                                             : FB_EVIDENCE_UNKNOWN;
    return (evidence->is_stale || evidence->is_doubtful) && evidence->health != harm
               ? FB_EVIDENCE_UNKNOWN
               : evidence->health;
}

/* What is said without anybody's acceptance, words among it. */
static enum fb_evidence_state said(const struct fb_case_graph *g, uint32_t element)
{
    const struct fb_element *e = &g->argument->elements[element];
    if (e->undeveloped) {
        return FB_EVIDENCE_UNKNOWN;
    }
    if (e->predicate.len > 0) {
        return g->answers[element] ? believed(g->answers[element], g->sides[element])
                                   : FB_EVIDENCE_UNKNOWN;
    }
    return e->supported_by_count > 0 || is_assertion(e) ? FB_EVIDENCE_HOLDS : FB_EVIDENCE_UNKNOWN;
}

bool fb_case_is_set_aside(const struct fb_case_graph *g, uint32_t element)
{
    const struct fb_element *e = &g->argument->elements[element];
    const struct fb_evidence *rests = g->acceptance[element];
    if (e->accepted.by.len == 0 || g->argument->now >= e->accepted.until ||
        e->supported_by_count > 0 || g->forced[element] || g->sides[element] == 0 ||
        g->sides[element] == (FB_SIDE_FOR | FB_SIDE_AGAINST)) {
        return false;
    }
    if (e->accepted.evidence.len > 0 &&
        (!rests || rests->health != FB_EVIDENCE_HOLDS || rests->is_stale || rests->is_doubtful)) {
        return false;
    }
    enum fb_evidence_state word = said(g, element);
    return word == FB_EVIDENCE_UNKNOWN || (word == FB_EVIDENCE_HOLDS && e->predicate.len == 0 &&
                                              g->sides[element] == FB_SIDE_AGAINST);
}

enum fb_evidence_state fb_case_own_word(const struct fb_case_graph *g, uint32_t element)
{
    if (g->forced[element]) {
        return (enum fb_evidence_state)(g->forced[element] - 1);
    }
    if (fb_case_is_set_aside(g, element)) {
        return g->sides[element] == FB_SIDE_FOR ? FB_EVIDENCE_HOLDS : FB_EVIDENCE_FAILS;
    }
    return said(g, element);
}

static void link_elements(struct fb_case_graph *g)
{
    for (uint32_t i = 0; i < g->argument->element_count; i++) {
        const struct fb_element *e = &g->argument->elements[i];
        g->nodes[i].need = need_of(e);
        for (uint32_t p = 0; p < e->supported_by_count; p++) {
            add_link(g, relation_end(g, i, false, p), i, FB_LINK_SUPPORT);
        }
        for (uint32_t p = 0; p < e->context_count; p++) {
            add_link(g, relation_end(g, i, true, p), i, FB_LINK_CONTEXT);
        }
    }
}

/* Orders links by where they start: a counting sort into the arena. */
static enum fb_code sort_links(struct fb_case_graph *g, struct fb_err *err)
{
    g->first_link = FB_ARENA_ARRAY(g->arena, size_t, g->node_count + 2);
    struct fb_case_link *sorted = FB_ARENA_ARRAY(g->arena, struct fb_case_link, g->link_count);
    if (!g->first_link || !sorted) {
        return fb_arena_failed(g->arena, err);
    }
    for (size_t i = 0; i < g->link_count; i++) {
        g->first_link[g->links[i].from + 2]++;
    }
    for (size_t i = 2; i < g->node_count + 2; i++) {
        g->first_link[i] += g->first_link[i - 1];
    }
    for (size_t i = 0; i < g->link_count; i++) {
        sorted[g->first_link[g->links[i].from + 1]++] = g->links[i];
    }
    g->links = sorted;
    return FB_OK;
}

/* Memory for the graph of an argument, before anything is linked. */
static enum fb_code graph_alloc(struct fb_case_graph *g, struct fb_err *err)
{
    const struct fb_case *c = g->argument;
    size_t relations = 0;
    for (size_t i = 0; i < c->element_count; i++) {
        relations += c->elements[i].supported_by_count + c->elements[i].context_count;
    }
    size_t nodes = c->element_count + c->challenge_count;
    g->link_cap = relations + 3 * c->challenge_count;
    g->nodes = FB_ARENA_ARRAY(g->arena, struct fb_case_node, nodes + c->challenge_count);
    g->links = FB_ARENA_ARRAY(g->arena, struct fb_case_link, g->link_cap);
    g->relation_node = FB_ARENA_ARRAY(g->arena, uint32_t, relations);
    g->first_relation = FB_ARENA_ARRAY(g->arena, size_t, c->element_count);
    g->first_challenge = FB_ARENA_ARRAY(g->arena, uint32_t, nodes + c->challenge_count);
    g->next_challenge = FB_ARENA_ARRAY(g->arena, uint32_t, c->challenge_count);
    g->answers = FB_ARENA_ARRAY(g->arena, const struct fb_evidence *, c->element_count);
    g->acceptance = FB_ARENA_ARRAY(g->arena, const struct fb_evidence *, c->element_count);
    g->sides = FB_ARENA_ARRAY(g->arena, uint8_t, c->element_count);
    g->forced = FB_ARENA_ARRAY(g->arena, uint8_t, c->element_count);
    g->queue = FB_ARENA_ARRAY(g->arena, uint32_t, nodes + c->challenge_count);
    g->labels = FB_ARENA_ARRAY(g->arena, enum fb_label, nodes);
    g->sentences = FB_ARENA_ARRAY(g->arena, struct fb_why *, c->element_count);
    if (!g->nodes || !g->links || !g->relation_node || !g->first_relation || !g->answers ||
        !g->labels || !g->sentences || !g->first_challenge || !g->next_challenge ||
        !g->acceptance || !g->sides || !g->forced || !g->queue) {
        return fb_arena_failed(g->arena, err);
    }
    g->node_count = nodes;
    for (size_t i = 0; i < nodes + c->challenge_count; i++) {
        g->first_challenge[i] = FB_CASE_NO_NODE;
    }
    for (size_t i = 0; i < relations; i++) {
        g->relation_node[i] = FB_CASE_NO_NODE;
    }
    size_t first = 0;
    for (size_t i = 0; i < c->element_count; i++) {
        g->first_relation[i] = first;
        first += c->elements[i].supported_by_count + c->elements[i].context_count;
    }
    return FB_OK;
}

/* ---- sides ---- */

/* A walk that spreads sides: items are element * 2 + (1 when it stands against). */
struct spread {
    struct fb_case_graph *g;
    uint32_t *stack; /* room for each element on each side */
    size_t depth;
};

static void put_side(struct spread *s, uint32_t element, bool against)
{
    uint8_t side = against ? FB_SIDE_AGAINST : FB_SIDE_FOR;
    if (!(s->g->sides[element] & side)) {
        s->g->sides[element] |= side;
        s->stack[s->depth++] = element * 2 + against;
    }
}

/* Whoever challenges something stands on the other side of it. */
static void put_challengers(struct spread *s, uint32_t node, bool against)
{
    const struct fb_case *c = s->g->argument;
    for (uint32_t i = s->g->first_challenge[node]; i != FB_CASE_NO_NODE;
         i = s->g->next_challenge[i]) {
        put_side(s, c->challenges[i].by, !against);
    }
}

/* Challenges that an element makes may be challenged in their turn. */
static void put_counter_challengers(struct spread *s)
{
    const struct fb_case *c = s->g->argument;
    for (size_t i = 0; i < c->challenge_count; i++) {
        uint8_t sides = s->g->sides[c->challenges[i].by];
        for (int against = 0; against < 2; against++) {
            if (sides & (against ? FB_SIDE_AGAINST : FB_SIDE_FOR)) {
                put_challengers(s, (uint32_t)(c->element_count + i), against);
            }
        }
    }
}

static void put_neighbours(struct spread *s, uint32_t element, bool against)
{
    const struct fb_case_graph *g = s->g;
    const struct fb_element *e = &g->argument->elements[element];
    put_challengers(s, element, against);
    for (size_t k = 0; k < e->supported_by_count + e->context_count; k++) {
        put_side(s,
            k < e->supported_by_count ? e->supported_by[k] : e->context[k - e->supported_by_count],
            against);
        uint32_t relation = g->relation_node[g->first_relation[element] + k];
        if (relation != FB_CASE_NO_NODE) {
            put_challengers(s, relation, against);
        }
    }
}

/* Says of each element whether it speaks for the top claim or against it. What does neither stands
 * on no side. */
static enum fb_code find_sides(struct fb_case_graph *g, struct fb_err *err)
{
    struct spread s = {.g = g};
    s.stack = FB_ARENA_ARRAY(g->arena, uint32_t, 2 * g->argument->element_count);
    if (!s.stack) {
        return fb_arena_failed(g->arena, err);
    }
    put_side(&s, g->argument->top, false);
    while (s.depth > 0) {
        uint32_t item = s.stack[--s.depth];
        put_neighbours(&s, item / 2, item % 2);
        if (s.depth == 0) {
            put_counter_challengers(&s);
        }
    }
    return FB_OK;
}

enum fb_code fb_case_graph_build(struct fb_case_graph *g, struct fb_err *err)
{
    FB_ASSERT(g && g->argument && g->argument->element_count > 0 && g->arena);
    enum fb_code code = graph_alloc(g, err);
    if (code != FB_OK) {
        return code;
    }
    link_challenges(g);
    link_elements(g);
    code = sort_links(g, err);
    return code != FB_OK ? code : find_sides(g, err);
}

/* ---- the fixed point ---- */

bool fb_case_decide(struct fb_case_node *node)
{
    if (node->decided) {
        return false;
    }
    bool out = node->own == FB_EVIDENCE_FAILS || node->in_count[FB_LINK_ATTACK] > 0 ||
               node->out_count[FB_LINK_CONTEXT] > 0 ||
               node->total[FB_LINK_SUPPORT] - node->out_count[FB_LINK_SUPPORT] < node->need;
    bool in = node->own == FB_EVIDENCE_HOLDS &&
              node->out_count[FB_LINK_ATTACK] == node->total[FB_LINK_ATTACK] &&
              node->in_count[FB_LINK_CONTEXT] == node->total[FB_LINK_CONTEXT] &&
              node->in_count[FB_LINK_SUPPORT] >= node->need;
    FB_ASSERT(!(in && out));
    node->decided = in || out;
    node->in = in;
    return node->decided;
}

size_t fb_case_follow(struct fb_case_graph *g, size_t head, size_t tail)
{
    for (size_t end = tail; head < end; head++) {
        uint32_t at = g->queue[head];
        for (size_t i = g->first_link[at]; i < g->first_link[at + 1]; i++) {
            const struct fb_case_link *link = &g->links[i];
            struct fb_case_node *to = &g->nodes[link->to];
            FB_ASSERT(link->from == at);
            (g->nodes[at].in ? to->in_count : to->out_count)[link->kind]++;
            if (fb_case_decide(to)) {
                g->queue[tail++] = link->to;
            }
        }
    }
    FB_ASSERT(tail <= g->node_count);
    return tail;
}

/* The least fixed point. Each node is decided at most once and each link then followed once. */
size_t fb_case_propagate(struct fb_case_graph *g, size_t tail)
{
    for (size_t head = 0, end = tail; head < tail; head = end, end = tail) {
        tail = fb_case_follow(g, head, end);
    }
    return tail;
}

enum fb_label fb_case_read_label(const struct fb_case_graph *g, size_t node)
{
    const struct fb_case_node *n = &g->nodes[node];
    bool false_said = n->own == FB_EVIDENCE_FAILS || n->in_count[FB_LINK_ATTACK] > 0;
    return !n->decided  ? FB_LABEL_UNDECIDED
           : n->in      ? FB_LABEL_IN
           : false_said ? FB_LABEL_OUT_FALSIFIED
                        : FB_LABEL_OUT_UNDERCUT;
}

/* ---- answers ---- */

struct asking {
    fb_case_query query;
    void *ctx;
    struct fb_map known; /* predicate to struct fb_evidence */
};

/* What a predicate of an element comes to. */
static enum fb_code ask_one(struct fb_case_graph *g, struct asking *asking, size_t element,
    struct fb_str predicate, const struct fb_evidence **out, struct fb_err *err)
{
    const struct fb_element *e = &g->argument->elements[element];
    *out = fb_map_get(&asking->known, predicate);
    if (*out) {
        return FB_OK;
    }
    struct fb_evidence *answer = FB_ARENA_NEW(g->arena, struct fb_evidence);
    if (!answer) {
        return fb_arena_failed(g->arena, err);
    }
    answer->health = FB_EVIDENCE_UNKNOWN;
    enum fb_code code = asking->query(asking->ctx, predicate, g->arena, answer, err);
    if (code != FB_OK) {
        (void)fb_err_prefix(err, "evidence of '%.*s'", FB_STR_ARG(e->id));
        fb_err_place(err, NULL, e->line, 0, -1);
        return code;
    }
    *out = answer;
    return fb_map_put(&asking->known, predicate, answer, err);
}

static enum fb_code ask_element(
    struct fb_case_graph *g, struct asking *asking, size_t i, uint8_t *asked, struct fb_err *err)
{
    struct fb_element *e = &g->argument->elements[i];
    const struct fb_evidence *independence = NULL;
    enum fb_code code = FB_OK;
    if (e->predicate.len > 0) {
        code = ask_one(g, asking, i, e->predicate, &g->answers[i], err);
    }
    if (code == FB_OK && e->accepted.evidence.len > 0) {
        code = ask_one(g, asking, i, e->accepted.evidence, &g->acceptance[i], err);
    }
    if (code == FB_OK && e->independence.len > 0) {
        code = ask_one(g, asking, i, e->independence, &independence, err);
        e->is_independent = code == FB_OK && independence->health == FB_EVIDENCE_HOLDS &&
                            !independence->is_stale && !independence->is_doubtful;
    }
    if (asked) {
        asked[i] = e->predicate.len > 0 || e->accepted.evidence.len > 0;
    }
    return code;
}

enum fb_code fb_case_graph_ask(
    struct fb_case_graph *g, fb_case_query query, void *ctx, uint8_t *asked, struct fb_err *err)
{
    struct asking asking = {.query = query, .ctx = ctx};
    enum fb_code code = FB_OK;
    fb_map_init(&asking.known);
    for (size_t i = 0; query && code == FB_OK && i < g->argument->element_count; i++) {
        code = ask_element(g, &asking, i, asked, err);
    }
    fb_map_release(&asking.known);
    return code;
}

void fb_case_publish(const struct fb_case_graph *g)
{
    struct fb_case *argument = g->argument;
    for (uint32_t i = 0; i < argument->element_count; i++) {
        struct fb_element *e = &argument->elements[i];
        e->label = g->labels[i];
        e->why = g->sentences[i];
        e->is_set_aside = fb_case_is_set_aside(g, i);
        e->acceptance = g->acceptance[i] ? *g->acceptance[i]
                                         : (struct fb_evidence){.health = FB_EVIDENCE_UNKNOWN};
        e->evidence =
            g->answers[i] ? *g->answers[i] : (struct fb_evidence){.health = FB_EVIDENCE_UNKNOWN};
    }
    for (size_t i = 0; i < argument->challenge_count; i++) {
        argument->challenges[i].label = g->labels[argument->element_count + i];
    }
}

enum fb_code fb_case_label(struct fb_case *argument, fb_case_query query, void *ctx,
    struct fb_arena *arena, struct fb_err *err)
{
    FB_ASSERT(argument && argument->element_count > 0 && arena && err);
    struct fb_case_live *live = NULL;
    return fb_case_live_new(argument, query, ctx, arena, &live, err);
}

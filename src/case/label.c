#include "case/label.h"

#include "base/assert.h"

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

/* What an element says by itself. */
static enum fb_evidence_state own_word(const struct fb_case_graph *g, size_t element)
{
    const struct fb_element *e = &g->argument->elements[element];
    if (e->undeveloped) {
        return FB_EVIDENCE_UNKNOWN;
    }
    if (e->predicate.len > 0) {
        return g->answers[element] ? g->answers[element]->state : FB_EVIDENCE_UNKNOWN;
    }
    return e->supported_by_count > 0 || is_assertion(e) ? FB_EVIDENCE_HOLDS : FB_EVIDENCE_UNKNOWN;
}

static void link_elements(struct fb_case_graph *g)
{
    for (uint32_t i = 0; i < g->argument->element_count; i++) {
        const struct fb_element *e = &g->argument->elements[i];
        g->nodes[i].own = own_word(g, i);
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
    g->answers = FB_ARENA_ARRAY(g->arena, struct fb_answer *, c->element_count);
    g->labels = FB_ARENA_ARRAY(g->arena, enum fb_label, nodes);
    g->sentences = FB_ARENA_ARRAY(g->arena, struct fb_why *, c->element_count);
    if (!g->nodes || !g->links || !g->relation_node || !g->first_relation || !g->answers ||
        !g->labels || !g->sentences || !g->first_challenge || !g->next_challenge) {
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

/* Decides a node when its inputs allow it. */
static bool decide(struct fb_case_node *node)
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

/* The least fixed point. Each node is decided at most once and each link then followed once. */
static enum fb_code propagate(struct fb_case_graph *g, struct fb_err *err)
{
    uint32_t *queue = FB_ARENA_ARRAY(g->arena, uint32_t, g->node_count);
    if (!queue) {
        return fb_arena_failed(g->arena, err);
    }
    size_t head = 0, tail = 0;
    for (uint32_t i = 0; i < g->node_count; i++) {
        if (decide(&g->nodes[i])) {
            queue[tail++] = i;
        }
    }
    while (head < tail) {
        uint32_t at = queue[head++];
        for (size_t i = g->first_link[at]; i < g->first_link[at + 1]; i++) {
            const struct fb_case_link *link = &g->links[i];
            struct fb_case_node *to = &g->nodes[link->to];
            FB_ASSERT(link->from == at);
            (g->nodes[at].in ? to->in_count : to->out_count)[link->kind]++;
            if (decide(to)) {
                queue[tail++] = link->to;
            }
        }
    }
    FB_ASSERT(tail <= g->node_count);
    return FB_OK;
}

static void read_labels(struct fb_case_graph *g)
{
    size_t count = g->argument->element_count + g->argument->challenge_count;
    for (size_t i = 0; i < count; i++) {
        const struct fb_case_node *node = &g->nodes[i];
        bool false_said = node->own == FB_EVIDENCE_FAILS || node->in_count[FB_LINK_ATTACK] > 0;
        g->labels[i] = !node->decided ? FB_LABEL_UNDECIDED
                       : node->in     ? FB_LABEL_IN
                       : false_said   ? FB_LABEL_OUT_FALSIFIED
                                      : FB_LABEL_OUT_UNDERCUT;
    }
}

struct asking {
    fb_case_query query;
    void *ctx;
    struct fb_map known; /* predicate to struct fb_answer */
};

static enum fb_code ask_one(
    struct fb_case_graph *g, struct asking *asking, size_t element, struct fb_err *err)
{
    const struct fb_element *e = &g->argument->elements[element];
    g->answers[element] = fb_map_get(&asking->known, e->predicate);
    if (g->answers[element]) {
        return FB_OK;
    }
    struct fb_answer *answer = FB_ARENA_NEW(g->arena, struct fb_answer);
    if (!answer) {
        return fb_arena_failed(g->arena, err);
    }
    answer->state = FB_EVIDENCE_UNKNOWN;
    enum fb_code code =
        asking->query(asking->ctx, e->predicate, g->arena, &answer->state, &answer->why, err);
    if (code != FB_OK) {
        (void)fb_err_prefix(err, "evidence of '%.*s'", FB_STR_ARG(e->id));
        fb_err_place(err, NULL, e->line, 0, -1);
        return code;
    }
    g->answers[element] = answer;
    return fb_map_put(&asking->known, e->predicate, answer, err);
}

static enum fb_code ask_all(struct fb_case_graph *g, struct asking *asking, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < g->argument->element_count; i++) {
        if (g->argument->elements[i].predicate.len > 0 && asking->query) {
            code = ask_one(g, asking, i, err);
        }
    }
    return code;
}

static enum fb_code label(struct fb_case_graph *g, struct asking *asking, struct fb_err *err)
{
    enum fb_code code = graph_alloc(g, err);
    code = code != FB_OK ? code : ask_all(g, asking, err);
    if (code != FB_OK) {
        return code;
    }
    link_challenges(g);
    link_elements(g);
    code = sort_links(g, err);
    code = code != FB_OK ? code : propagate(g, err);
    if (code != FB_OK) {
        return code;
    }
    read_labels(g);
    return fb_case_explain(g, err);
}

enum fb_code fb_case_label(struct fb_case *argument, fb_case_query query, void *ctx,
    struct fb_arena *arena, struct fb_err *err)
{
    FB_ASSERT(argument && argument->element_count > 0 && arena && err);
    struct fb_case_graph g = {.argument = argument, .arena = arena};
    struct asking asking = {.query = query, .ctx = ctx};
    fb_map_init(&asking.known);
    enum fb_code code = label(&g, &asking, err);
    fb_map_release(&asking.known);
    if (code != FB_OK) {
        return code;
    }
    for (size_t i = 0; i < argument->element_count; i++) {
        argument->elements[i].label = g.labels[i];
        argument->elements[i].why = g.sentences[i];
    }
    for (size_t i = 0; i < argument->challenge_count; i++) {
        argument->challenges[i].label = g.labels[argument->element_count + i];
    }
    return FB_OK;
}

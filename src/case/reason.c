#include <string.h>

#include "base/assert.h"
#include "base/buf.h"
#include "case/label.h"

/* Bytes of an id and of a text that a sentence quotes. */
enum { ID_SHOWN = 60, TEXT_SHOWN = 90, SENTENCE_MAX = 1500 };

/* Appends at most max bytes of text on one line, cut between characters. */
static void add_short(struct fb_buf *out, struct fb_str text, size_t max)
{
    size_t len = text.len;
    if (len > max) {
        len = max;
        while (len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80) {
            len--;
        }
    }
    for (size_t i = 0; i < len; i++) {
        bool control = (unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7F;
        fb_buf_add_char(out, control ? ' ' : text.ptr[i]);
    }
    if (len < text.len) {
        fb_buf_add_c(out, "...");
    }
}

static void add_name(struct fb_buf *out, const struct fb_element *e)
{
    add_short(out, e->id, ID_SHOWN);
    struct fb_str line = fb_str_trim(e->text);
    if (line.len > 0) {
        fb_buf_add_c(out, " \"");
        add_short(out, line, TEXT_SHOWN);
        fb_buf_add_char(out, '"');
    }
}

static void add_predicate(struct fb_buf *out, const struct fb_element *e)
{
    fb_buf_add_char(out, '\'');
    add_short(out, e->predicate, 200);
    fb_buf_add_char(out, '\'');
}

/* "2 of its 3 supporters stand, 3 are needed" */
static void add_count(struct fb_buf *out, const struct fb_case_node *node)
{
    uint32_t in = node->in_count[FB_LINK_SUPPORT], total = node->total[FB_LINK_SUPPORT];
    if (total == 1) {
        fb_buf_add_c(out, in ? "its support stands" : "its support does not stand");
        return;
    }
    fb_buf_addf(out, "%u of its %u supporters stand", in, total);
    if (node->need == total) {
        fb_buf_add_c(out, ", all are needed");
    } else {
        fb_buf_addf(out, ", %u %s needed", node->need, node->need == 1 ? "is" : "are");
    }
}

/* "accepted by Jo Doe until 2027-01-01" */
static void add_acceptance(struct fb_buf *out, const struct fb_element *e)
{
    char until[FB_TIME_TEXT];
    fb_buf_add_c(out, "accepted by ");
    add_short(out, e->accepted.by, ID_SHOWN);
    fb_buf_addf(out, " until %s", fb_time_format_short(e->accepted.until, until));
}

static void say_in(struct fb_buf *out, const struct fb_case_graph *g, uint32_t element)
{
    const struct fb_element *e = &g->argument->elements[element];
    const struct fb_case_node *node = &g->nodes[element];
    fb_buf_add_c(out, " stands: ");
    if (g->forced[element] && node->total[FB_LINK_SUPPORT] == 0) {
        fb_buf_add_c(out, "it is taken to hold");
    } else if (fb_case_is_set_aside(g, element)) {
        fb_buf_add_c(out, "it is not shown, and ");
        add_acceptance(out, e);
    } else if (e->predicate.len > 0) {
        add_predicate(out, e);
        fb_buf_add_c(out, " holds");
    } else if (node->total[FB_LINK_SUPPORT] > 0) {
        add_count(out, node);
    } else {
        fb_buf_add_c(out, "it is asserted in words only, no record is behind it");
    }
    if (node->total[FB_LINK_ATTACK] > 0) {
        fb_buf_add_c(out, "; every challenge to it is answered");
    }
}

static void say_falsified(struct fb_buf *out, const struct fb_case_graph *g, uint32_t element)
{
    const struct fb_element *e = &g->argument->elements[element];
    const struct fb_case_node *node = &g->nodes[element];
    if (fb_case_is_set_aside(g, element)) {
        fb_buf_add_c(out, " is set aside: the doubt is ");
        add_acceptance(out, e);
        return;
    }
    fb_buf_add_c(out, " is falsified: ");
    if (g->forced[element]) {
        fb_buf_add_c(out, "it is taken to fail");
    } else if (node->own == FB_EVIDENCE_FAILS) {
        add_predicate(out, e);
        fb_buf_add_c(out, " does not hold");
    } else {
        uint32_t standing = node->in_count[FB_LINK_ATTACK];
        fb_buf_addf(out, "%u challenge%s to it stand%s", standing, standing == 1 ? "" : "s",
            standing == 1 ? "s" : "");
    }
}

static bool support_lost(const struct fb_case_node *node)
{
    return node->total[FB_LINK_SUPPORT] - node->out_count[FB_LINK_SUPPORT] < node->need;
}

static void say_undercut(struct fb_buf *out, const struct fb_case_node *node)
{
    fb_buf_add_c(out, " is undercut: ");
    if (support_lost(node)) {
        add_count(out, node);
    } else {
        fb_buf_add_c(out, "what it assumes does not stand");
    }
}

/* Why evidence does not settle it. */
static void say_open(
    struct fb_buf *out, const struct fb_element *e, const struct fb_evidence *answer)
{
    bool counts = answer && answer->health != FB_EVIDENCE_UNKNOWN;
    if (!counts) {
        fb_buf_add_c(out, "it is not known whether ");
    }
    add_predicate(out, e);
    if (!counts) {
        fb_buf_add_c(out, " holds");
        return;
    }
    fb_buf_add_c(out, answer->health == FB_EVIDENCE_HOLDS ? " holds, but its evidence is "
                                                          : " does not hold, but its evidence is ");
    fb_buf_add_c(out, answer->is_doubtful ? "not shown to be authentic" : "out of date");
}

static void say_undecided(struct fb_buf *out, const struct fb_case_graph *g, uint32_t element)
{
    const struct fb_element *e = &g->argument->elements[element];
    const struct fb_case_node *node = &g->nodes[element];
    fb_buf_add_c(out, " is undecided: ");
    if (g->forced[element] == 1 + FB_EVIDENCE_UNKNOWN) {
        fb_buf_add_c(out, "it is taken to be open");
    } else if (e->undeveloped) {
        fb_buf_add_c(out, "it is not developed yet");
    } else if (e->predicate.len > 0 && node->own == FB_EVIDENCE_UNKNOWN) {
        say_open(out, e, g->answers[element]);
    } else if (node->own == FB_EVIDENCE_UNKNOWN) {
        fb_buf_add_c(out, "nothing supports it");
    } else if (node->in_count[FB_LINK_SUPPORT] < node->need) {
        add_count(out, node);
    } else if (node->in_count[FB_LINK_CONTEXT] < node->total[FB_LINK_CONTEXT]) {
        fb_buf_add_c(out, "what it assumes is not settled");
    } else {
        fb_buf_add_c(out, "a challenge to it is not settled");
    }
}

/* The sentence of an element, with what the query said under it. */
static struct fb_why *sentence(const struct fb_case_graph *g, uint32_t element, struct fb_buf *buf)
{
    const struct fb_element *e = &g->argument->elements[element];
    const struct fb_case_node *node = &g->nodes[element];
    fb_buf_clear(buf);
    add_name(buf, e);
    switch (g->labels[element]) {
    case FB_LABEL_IN:
        say_in(buf, g, element);
        break;
    case FB_LABEL_OUT_FALSIFIED:
        say_falsified(buf, g, element);
        break;
    case FB_LABEL_OUT_UNDERCUT:
        say_undercut(buf, node);
        break;
    case FB_LABEL_UNDECIDED:
        say_undecided(buf, g, element);
        break;
    }
    if (buf->state != FB_BUF_GOOD) {
        return NULL;
    }
    struct fb_why *why = fb_why_new(g->arena, "%.*s", FB_STR_ARG(fb_buf_str(buf)));
    const struct fb_evidence *answer = g->answers[element];
    if (why && answer && answer->why) {
        /* Several leaves may share an answer: each hangs up its own first node. */
        struct fb_why *said = FB_ARENA_NEW(g->arena, struct fb_why);
        if (!said) {
            return NULL;
        }
        *said = *answer->why;
        said->next = NULL;
        fb_why_add(why, said);
        why = fb_why_on(why, said->record_id, said->seq);
    }
    return why;
}

/* The sentence of an element once more, with its own copy of what hangs under it. */
static struct fb_why *copy_sentence(struct fb_arena *arena, const struct fb_why *sentence)
{
    struct fb_why *copy = FB_ARENA_NEW(arena, struct fb_why);
    if (!copy) {
        return NULL;
    }
    *copy = *sentence;
    copy->next = NULL;
    if (sentence->child) {
        FB_ASSERT(!sentence->child->next);
        copy->child = FB_ARENA_NEW(arena, struct fb_why);
        if (!copy->child) {
            return NULL;
        }
        *copy->child = *sentence->child;
    }
    return copy;
}

/* One thing that makes an element what it is: another element, or a challenged relation to it. */
struct cause {
    bool relation;
    bool context;
    uint32_t position;
    uint32_t element;
};

/* Causes found so far; the rest is dropped when full. */
struct causes {
    struct cause *items;
    size_t count;
    size_t max;
};

static void add_cause(struct causes *causes, struct cause cause)
{
    if (causes->count < causes->max) {
        causes->items[causes->count++] = cause;
    }
}

/* The elements whose challenges of a node carry this label. */
static void challenge_causes(
    const struct fb_case_graph *g, uint32_t node, enum fb_label label, struct causes *causes)
{
    const struct fb_case *c = g->argument;
    for (uint32_t i = g->first_challenge[node]; i != FB_CASE_NO_NODE && causes->count < causes->max;
         i = g->next_challenge[i]) {
        if (g->labels[c->element_count + i] == label) {
            add_cause(causes, (struct cause){.element = c->challenges[i].by});
        }
    }
}

/* The supporters (or contexts) of an element that do not stand; when out, only those that are out
 * for good. */
static void lost_causes(
    const struct fb_case_graph *g, uint32_t element, bool context, bool out, struct causes *causes)
{
    const struct fb_element *e = &g->argument->elements[element];
    const uint32_t *items = context ? e->context : e->supported_by;
    size_t count = context ? e->context_count : e->supported_by_count;
    for (uint32_t p = 0; p < count && causes->count < causes->max; p++) {
        bool counts = out ? fb_case_relation_is(g, element, context, p, false)
                          : !fb_case_relation_is(g, element, context, p, true);
        if (counts) {
            add_cause(
                causes, (struct cause){g->labels[items[p]] == FB_LABEL_IN, context, p, items[p]});
        }
    }
}

/* What keeps an element in: as many supporters as it needs, and context that rests on records. */
static void standing_causes(const struct fb_case_graph *g, uint32_t element, struct causes *causes)
{
    const struct fb_element *e = &g->argument->elements[element];
    uint32_t need = g->nodes[element].need;
    for (uint32_t p = 0; p < e->supported_by_count && need > 0; p++) {
        if (fb_case_relation_is(g, element, false, p, true)) {
            add_cause(causes, (struct cause){.element = e->supported_by[p]});
            need--;
        }
    }
    for (uint32_t p = 0; p < e->context_count; p++) {
        if (g->answers[e->context[p]]) {
            add_cause(causes, (struct cause){.element = e->context[p]});
        }
    }
}

static void find_causes(const struct fb_case_graph *g, uint32_t element, struct causes *causes)
{
    const struct fb_case_node *node = &g->nodes[element];
    switch (g->labels[element]) {
    case FB_LABEL_IN:
        standing_causes(g, element, causes);
        break;
    case FB_LABEL_OUT_FALSIFIED:
        challenge_causes(g, element, FB_LABEL_IN, causes);
        break;
    case FB_LABEL_OUT_UNDERCUT:
        if (support_lost(node)) {
            lost_causes(g, element, false, true, causes);
        }
        lost_causes(g, element, true, true, causes);
        break;
    case FB_LABEL_UNDECIDED:
        if (node->in_count[FB_LINK_SUPPORT] < node->need) {
            lost_causes(g, element, false, false, causes);
        }
        lost_causes(g, element, true, false, causes);
        challenge_causes(g, element, FB_LABEL_UNDECIDED, causes);
        break;
    }
}

/* The tree of the top claim while it grows, breadth first. */
struct step {
    uint32_t element;
    uint32_t depth;
    struct fb_why *why;
};
struct fb_case_tree {
    struct fb_case_graph *g;
    struct fb_arena *arena;
    struct step *queue;
    size_t head, tail;
    size_t sentences;
    struct cause *causes; /* room for FB_CASE_WHY_MAX */
    uint8_t *said;        /* of each element */
    bool cut;             /* something was left out */
    bool failed;          /* memory ran out */
};

/* Hangs a sentence up; counts it. False when there is no more room or memory. */
static bool hang(struct fb_case_tree *t, struct fb_why *parent, struct fb_why *why)
{
    t->failed = t->failed || !why;
    if (!why || t->sentences == FB_CASE_WHY_MAX) {
        t->cut = true;
        return false;
    }
    t->sentences++;
    fb_why_add(parent, why);
    return true;
}

static void add_element(
    struct fb_case_tree *t, struct fb_why *parent, uint32_t element, uint32_t depth);

/* Below the last level: goes straight to the bottom of the first cause. */
static void add_bottom(struct fb_case_tree *t, struct fb_why *parent, uint32_t element)
{
    struct cause first;
    uint32_t at = element;
    size_t steps = 0;
    while (!t->said[at]) {
        t->said[at] = 1;
        struct causes causes = {&first, 0, 1};
        find_causes(t->g, at, &causes);
        if (causes.count == 0 || t->said[first.element]) {
            break;
        }
        at = first.element;
        steps++;
    }
    struct fb_why *bridge = fb_why_new(
        t->arena, "and so on, %zu %s further down", steps, steps == 1 ? "step" : "steps");
    if (hang(t, parent, bridge)) {
        (void)hang(t, bridge, copy_sentence(t->arena, t->g->sentences[at]));
    }
}

/* A relation that a challenge took away although the supporter itself stands. */
static void add_relation(struct fb_case_tree *t, const struct step *step, const struct cause *cause)
{
    const struct fb_case_graph *g = t->g;
    const struct fb_element *e = &g->argument->elements[step->element];
    size_t relation = g->first_relation[step->element] +
                      (cause->context ? e->supported_by_count : 0) + cause->position;
    uint32_t node = g->relation_node[relation];
    FB_ASSERT(node != FB_CASE_NO_NODE);
    const struct fb_element *other = &g->argument->elements[cause->element];
    struct fb_why *why = fb_why_new(t->arena, "that %.*s %s %.*s is challenged",
        FB_STR_ARG(fb_str_sub(other->id, 0, ID_SHOWN)),
        cause->context ? "is the context of" : "supports",
        FB_STR_ARG(fb_str_sub(e->id, 0, ID_SHOWN)));
    if (!hang(t, step->why, why)) {
        return;
    }
    struct cause by[16];
    struct causes causes = {by, 0, 16};
    challenge_causes(g, node, g->nodes[node].decided ? FB_LABEL_IN : FB_LABEL_UNDECIDED, &causes);
    for (size_t i = 0; i < causes.count; i++) {
        add_element(t, why, by[i].element, step->depth + 1);
    }
}

static void add_element(
    struct fb_case_tree *t, struct fb_why *parent, uint32_t element, uint32_t depth)
{
    if (t->said[element]) {
        const struct fb_element *e = &t->g->argument->elements[element];
        (void)hang(t, parent,
            fb_why_new(t->arena, "%.*s is %s, as said above",
                FB_STR_ARG(fb_str_sub(e->id, 0, ID_SHOWN)), fb_label_name(t->g->labels[element])));
        return;
    }
    if (depth > FB_CASE_WHY_DEPTH_MAX) {
        add_bottom(t, parent, element);
        return;
    }
    t->said[element] = 1;
    struct fb_why *copy = copy_sentence(t->arena, t->g->sentences[element]);
    if (hang(t, parent, copy)) {
        t->queue[t->tail++] = (struct step){element, depth, copy};
    }
}

/* Hangs the reasons of an element below root, which is its sentence. */
static void grow(struct fb_case_tree *t, uint32_t element, struct fb_why *root)
{
    memset(t->said, 0, t->g->argument->element_count);
    t->head = t->tail = 0;
    t->cut = t->failed = false;
    t->said[element] = 1;
    t->sentences = 1;
    t->queue[t->tail++] = (struct step){element, 0, root};
    while (t->head < t->tail && !t->failed) {
        struct step step = t->queue[t->head++];
        struct causes causes = {t->causes, 0, FB_CASE_WHY_MAX};
        find_causes(t->g, step.element, &causes);
        for (size_t i = 0; i < causes.count && !t->cut; i++) {
            if (causes.items[i].relation) {
                add_relation(t, &step, &causes.items[i]);
            } else {
                add_element(t, step.why, causes.items[i].element, step.depth + 1);
            }
        }
    }
    if (t->cut && !t->failed) {
        struct fb_why *more = fb_why_new(t->arena, "further reasons are left out");
        t->failed = !more;
        fb_why_add(root, more);
    }
}

/* The same memory serves for every tree of a graph. */
static enum fb_code new_tree(struct fb_case_graph *g, struct fb_err *err)
{
    struct fb_case_tree *t = FB_ARENA_NEW(g->arena, struct fb_case_tree);
    if (!t) {
        return fb_arena_failed(g->arena, err);
    }
    *t = (struct fb_case_tree){.g = g, .arena = g->arena};
    t->queue = FB_ARENA_ARRAY(g->arena, struct step, FB_CASE_WHY_MAX);
    t->causes = FB_ARENA_ARRAY(g->arena, struct cause, FB_CASE_WHY_MAX);
    t->said = FB_ARENA_ARRAY(g->arena, uint8_t, g->argument->element_count);
    if (!t->queue || !t->causes || !t->said) {
        return fb_arena_failed(g->arena, err);
    }
    g->tree = t;
    return FB_OK;
}

static enum fb_code explain_top(struct fb_case_graph *g, struct fb_err *err)
{
    enum fb_code code = g->tree ? FB_OK : new_tree(g, err);
    if (code != FB_OK) {
        return code;
    }
    /* The top's sentence becomes the root; the sentences of the others stay as they are. */
    grow(g->tree, g->argument->top, g->sentences[g->argument->top]);
    return g->tree->failed ? fb_arena_failed(g->arena, err) : FB_OK;
}

struct fb_why *fb_case_tree_of(struct fb_case_graph *g, uint32_t element)
{
    FB_ASSERT(g && g->tree && element < g->argument->element_count && g->sentences[element]);
    if (element == g->argument->top) {
        return g->sentences[element];
    }
    struct fb_why *root = copy_sentence(g->arena, g->sentences[element]);
    if (root) {
        grow(g->tree, element, root);
    }
    return root && !g->tree->failed ? root : NULL;
}

enum fb_code fb_case_explain(struct fb_case_graph *g, struct fb_err *err)
{
    FB_ASSERT(g && g->sentences);
    struct fb_buf buf;
    fb_buf_init(&buf, SENTENCE_MAX);
    enum fb_code code = FB_OK;
    for (uint32_t i = 0; code == FB_OK && i < g->argument->element_count; i++) {
        g->sentences[i] = g->sentences[i] ? g->sentences[i] : sentence(g, i, &buf);
        if (!g->sentences[i]) {
            code = buf.state == FB_BUF_GOOD ? fb_arena_failed(g->arena, err)
                                            : fb_buf_check(&buf, "reason", err);
        }
    }
    fb_buf_release(&buf);
    return code != FB_OK ? code : explain_top(g, err);
}

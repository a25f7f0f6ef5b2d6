#include "case/bounds.h"

#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/map.h"

/* Rounds of refinement where challenges run in circles; each only narrows. Steps of the search for
 * evidence that supporters share; where they do not suffice, it is taken to be shared. */
enum { ROUNDS_MAX = 8, SHARED_STEPS_MAX = 10000000 };

const char *fb_relation_kind_name(enum fb_relation_kind kind)
{
    switch (kind) {
    case FB_RELATION_SUPPORT:
        return "support";
    case FB_RELATION_CONTEXT:
        return "context";
    case FB_RELATION_CHALLENGE:
        return "challenge";
    case FB_RELATION_CHALLENGE_RELATION:
        return "challenge of a relation";
    }
    return "?";
}

/* The two elements whose relation a challenge is against. */
static void ends_of(
    const struct fb_case *c, const struct fb_challenge *challenge, struct fb_case_relation *out)
{
    const struct fb_element *e = &c->elements[challenge->target];
    switch (challenge->kind) {
    case FB_CHALLENGE_ELEMENT:
        out->to = challenge->target;
        break;
    case FB_CHALLENGE_SUPPORT:
        out->to = challenge->target;
        out->second = e->supported_by[challenge->position];
        break;
    case FB_CHALLENGE_CONTEXT:
        out->to = challenge->target;
        out->second = e->context[challenge->position];
        break;
    case FB_CHALLENGE_CHALLENGE: {
        struct fb_case_relation other = {.second = UINT32_MAX};
        ends_of(c, &c->challenges[challenge->target], &other);
        out->to = c->challenges[challenge->target].by;
        out->second = other.to;
        break;
    }
    }
}

/* What challenges of a relation come to. */
static void apply(enum fb_label *label, enum fb_label challenge)
{
    if (challenge == FB_LABEL_IN) {
        *label = FB_LABEL_OUT_FALSIFIED;
    } else if (challenge == FB_LABEL_UNDECIDED && *label == FB_LABEL_IN) {
        *label = FB_LABEL_UNDECIDED;
    }
}

enum fb_code fb_case_relations(const struct fb_case *argument, struct fb_arena *arena,
    struct fb_case_relation **out, size_t *out_count, struct fb_err *err)
{
    FB_ASSERT(argument && arena && out && out_count);
    size_t count = argument->challenge_count, at = 0;
    size_t *first = FB_ARENA_ARRAY(arena, size_t, argument->element_count);
    for (size_t i = 0; first && i < argument->element_count; i++) {
        const struct fb_element *e = &argument->elements[i];
        first[i] = count - argument->challenge_count;
        count += e->supported_by_count + e->context_count;
    }
    struct fb_case_relation *all = FB_ARENA_ARRAY(arena, struct fb_case_relation, count);
    if (!first || !all) {
        return fb_arena_failed(arena, err);
    }
    for (uint32_t i = 0; i < argument->element_count; i++) {
        const struct fb_element *e = &argument->elements[i];
        for (size_t k = 0; k < e->supported_by_count + e->context_count; k++) {
            bool context = k >= e->supported_by_count;
            uint32_t to = context ? e->context[k - e->supported_by_count] : e->supported_by[k];
            all[at++] =
                (struct fb_case_relation){context ? FB_RELATION_CONTEXT : FB_RELATION_SUPPORT, i,
                    to, UINT32_MAX, FB_LABEL_IN};
        }
    }
    for (size_t i = 0; i < argument->challenge_count; i++) {
        const struct fb_challenge *c = &argument->challenges[i];
        struct fb_case_relation relation = {.from = c->by, .second = UINT32_MAX, .label = c->label};
        ends_of(argument, c, &relation);
        relation.kind = c->kind == FB_CHALLENGE_ELEMENT ? FB_RELATION_CHALLENGE
                                                        : FB_RELATION_CHALLENGE_RELATION;
        all[at++] = relation;
        if (c->kind == FB_CHALLENGE_SUPPORT || c->kind == FB_CHALLENGE_CONTEXT) {
            size_t skip = c->kind == FB_CHALLENGE_CONTEXT
                              ? argument->elements[c->target].supported_by_count
                              : 0;
            apply(&all[first[c->target] + skip + c->position].label, c->label);
        }
    }
    FB_ASSERT(at == count);
    *out = all;
    *out_count = count;
    return FB_OK;
}

struct bounding {
    const struct fb_case *argument;
    struct fb_case_bounds *elements;
    struct fb_case_bounds *challenges;
    uint32_t *order;          /* elements, supporters first */
    uint32_t *first;          /* of each element: the first challenge of it */
    uint32_t *first_relation; /* of each element: the first challenge of one of its relations */
    uint32_t *next;
    uint8_t *shared; /* of each element: its supporters rest on something in common */
    double *shares;  /* scratch: of the supporters in hand */
    double *counts;  /* scratch: the chance that so many of them hold */
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The largest probability that at least k of n events happen: Rueger's bound, with the shares in
 * ascending order. */
static double at_least(const double *shares, size_t n, size_t k)
{
    double best = 1, sum = 0;
    if (k == 0) {
        return 1;
    }
    if (k > n) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        sum += shares[i];
        size_t left_out = n - 1 - i;
        if (left_out < k) {
            best = fmin(best, sum / (double)(k - left_out));
        }
    }
    return best;
}

/* The probability that at least k of n independent events happen: convolution, one event after the
 * other (Poisson's binomial distribution). It grows with every share, so that bounds give bounds.
 */
static double at_least_independent(const struct bounding *b, size_t n, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i <= n; i++) {
        b->counts[i] = i == 0;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t c = i + 1; c > 0; c--) {
            b->counts[c] = b->counts[c] * (1 - b->shares[i]) + b->counts[c - 1] * b->shares[i];
        }
        b->counts[0] *= 1 - b->shares[i];
    }
    for (size_t c = n + 1; c-- > k;) {
        sum += b->counts[c];
    }
    return fmin(1, sum);
}

static struct fb_case_bounds minus(struct fb_case_bounds is, struct fb_case_bounds challenge)
{
    return (struct fb_case_bounds){
        fmax(0, is.low - challenge.high), fmin(1, is.high + challenge.high)};
}

/* A supporter as its parent sees it: less what is said against the relation. */
static struct fb_case_bounds seen(
    const struct bounding *b, uint32_t parent, bool context, uint32_t position)
{
    const struct fb_element *e = &b->argument->elements[parent];
    uint32_t end = context ? e->context[position] : e->supported_by[position];
    struct fb_case_bounds is = b->elements[end];
    enum fb_challenge_kind kind = context ? FB_CHALLENGE_CONTEXT : FB_CHALLENGE_SUPPORT;
    for (uint32_t i = b->first_relation[parent]; i != UINT32_MAX; i = b->next[i]) {
        const struct fb_challenge *c = &b->argument->challenges[i];
        if (c->kind == kind && c->position == position) {
            is = minus(is, b->challenges[i]);
        }
    }
    return is;
}

static bool has_bounds(const struct fb_element *e)
{
    return e->given[0] > 0 || e->given[1] < 1 || e->predicate.len > 0;
}

/* Their low ends, or high ends, as the parent sees them. */
static void list_shares(const struct bounding *b, uint32_t at, bool high)
{
    for (uint32_t i = 0; i < b->argument->elements[at].supported_by_count; i++) {
        struct fb_case_bounds is = seen(b, at, false, i);
        b->shares[i] = high ? is.high : is.low;
    }
}

/* What supporters give, by how many of them are needed. */
static struct fb_case_bounds of_support(const struct bounding *b, uint32_t at)
{
    const struct fb_element *e = &b->argument->elements[at];
    size_t n = e->supported_by_count;
    size_t k = e->support == FB_SUPPORT_ALL ? n : e->support == FB_SUPPORT_ANY ? 1 : e->support_k;
    struct fb_case_bounds out = {0, 1};
    bool product = e->is_independent && n <= FB_CASE_PRODUCT_MAX && !b->shared[at];
    list_shares(b, at, false);
    if (product) {
        out.low = at_least_independent(b, n, k);
    } else {
        for (size_t i = 0; i < n; i++) {
            b->shares[i] = 1 - b->shares[i];
        }
        qsort(b->shares, n, sizeof(*b->shares), by_size);
        /* At least k happen unless at least n - k + 1 fail. */
        out.low = fmax(0, 1 - at_least(b->shares, n, n - k + 1));
    }
    if (e->exhaustive) {
        list_shares(b, at, true);
        if (product) {
            out.high = at_least_independent(b, n, k);
        } else {
            qsort(b->shares, n, sizeof(*b->shares), by_size);
            out.high = at_least(b->shares, n, k);
        }
    }
    return out;
}

/* True when the evidence of a leaf holds as it should. */
static bool is_shown(const struct fb_element *e)
{
    return e->evidence.health == FB_EVIDENCE_HOLDS && !e->evidence.is_stale &&
           !e->evidence.is_doubtful;
}

static struct fb_case_bounds of_element(const struct bounding *b, uint32_t at)
{
    const struct fb_element *e = &b->argument->elements[at];
    struct fb_case_bounds is = {0, 1};
    if (e->label == FB_LABEL_OUT_UNDERCUT) {
        return is;
    }
    if (e->label == FB_LABEL_OUT_FALSIFIED) {
        return (struct fb_case_bounds){0, 0};
    }
    if (e->supported_by_count > 0) {
        is = of_support(b, at);
    } else if (e->is_set_aside) {
        is.low = 0; /* accepted, not shown */
    } else if (e->label == FB_LABEL_IN && e->predicate.len > 0 && e->given[0] <= 0 &&
               e->given[1] >= 1) {
        is.low = is_shown(e); /* its evidence holds, and nobody said how sure that makes it */
    } else if (e->label == FB_LABEL_IN || e->predicate.len == 0) {
        is = (struct fb_case_bounds){e->given[0], e->given[1]};
    }
    for (uint32_t i = 0; i < e->context_count; i++) {
        struct fb_case_bounds given = seen(b, at, true, i);
        if (has_bounds(&b->argument->elements[e->context[i]])) {
            is.low = fmax(0, is.low + given.low - 1);
        }
    }
    for (uint32_t i = b->first[at]; i != UINT32_MAX; i = b->next[i]) {
        is.low = fmax(0, is.low - b->challenges[i].high);
        is.high = fmin(is.high, 1 - b->challenges[i].low);
    }
    is.high = fmax(is.high, is.low);
    return is;
}

/* A challenge is as sure as the element that makes it, less what is said against it. One that is
 * out says nothing; one that is in and has no numbers says all it can. */
static void bound_challenges(const struct bounding *b)
{
    const struct fb_case *c = b->argument;
    for (size_t i = 0; i < c->challenge_count; i++) {
        enum fb_label label = c->challenges[i].label;
        struct fb_case_bounds *is = &b->challenges[i];
        bool out = label == FB_LABEL_OUT_FALSIFIED || label == FB_LABEL_OUT_UNDERCUT;
        *is = out ? (struct fb_case_bounds){0, 0} : b->elements[c->challenges[i].by];
    }
    for (size_t i = 0; i < c->challenge_count; i++) {
        if (c->challenges[i].kind == FB_CHALLENGE_CHALLENGE) {
            struct fb_case_bounds *is = &b->challenges[c->challenges[i].target];
            is->low = fmax(0, is->low - b->challenges[i].high);
        }
    }
}

/* Elements in an order in which supporters and contexts come first. */
static enum fb_code sort_elements(struct bounding *b, struct fb_arena *arena, struct fb_err *err)
{
    const struct fb_case *c = b->argument;
    size_t count = c->element_count, found = 0;
    uint32_t *stack = FB_ARENA_ARRAY(arena, uint32_t, count);
    uint32_t *cursor = FB_ARENA_ARRAY(arena, uint32_t, count);
    uint8_t *state = FB_ARENA_ARRAY(arena, uint8_t, count);
    b->order = FB_ARENA_ARRAY(arena, uint32_t, count);
    if (!stack || !cursor || !state || !b->order) {
        return fb_arena_failed(arena, err);
    }
    for (uint32_t root = 0; root < count; root++) {
        size_t depth = 0;
        if (!state[root]) {
            state[root] = 1;
            stack[depth++] = root;
        }
        while (depth > 0) {
            uint32_t at = stack[depth - 1];
            const struct fb_element *e = &c->elements[at];
            if (cursor[at] == e->supported_by_count + e->context_count) {
                b->order[found++] = at;
                depth--;
                continue;
            }
            size_t k = cursor[at]++;
            uint32_t to = k < e->supported_by_count ? e->supported_by[k]
                                                    : e->context[k - e->supported_by_count];
            if (!state[to]) {
                state[to] = 1;
                stack[depth++] = to;
            }
        }
    }
    FB_ASSERT(found == count);
    return FB_OK;
}

/* The search for what supporters of one element share. */
struct sharing {
    const struct fb_case *c;
    uint32_t *same;  /* of each element: the first that asks the same of the records */
    uint32_t *owner; /* of each element: the stamp of the supporter that rests on it */
    uint32_t *stack;
    uint32_t stamp;
    size_t steps;
};

/* Marks what a supporter rests on; true when a supporter since `since` rests on it too. */
static bool meets(struct sharing *s, uint32_t supporter, uint32_t since)
{
    size_t depth = 0;
    s->stack[depth++] = s->same[supporter];
    s->owner[s->same[supporter]] =
        s->owner[s->same[supporter]] > since ? s->owner[s->same[supporter]] : s->stamp;
    bool shared = s->owner[s->same[supporter]] != s->stamp;
    while (depth > 0 && !shared) {
        const struct fb_element *e = &s->c->elements[s->stack[--depth]];
        for (size_t k = 0; k < e->supported_by_count + e->context_count && !shared; k++) {
            bool context = k >= e->supported_by_count;
            uint32_t to = context ? e->context[k - e->supported_by_count] : e->supported_by[k];
            if (context && !has_bounds(&s->c->elements[to])) {
                continue; /* it counts as given */
            }
            to = s->same[to];
            shared =
                (s->owner[to] > since && s->owner[to] != s->stamp) || ++s->steps > SHARED_STEPS_MAX;
            if (!shared && s->owner[to] != s->stamp) {
                s->owner[to] = s->stamp;
                s->stack[depth++] = to;
            }
        }
    }
    return shared;
}

static enum fb_code index_predicates(struct sharing *s, struct fb_err *err)
{
    struct fb_map known;
    enum fb_code code = FB_OK;
    fb_map_init(&known);
    for (uint32_t i = 0; code == FB_OK && i < s->c->element_count; i++) {
        struct fb_str asks = s->c->elements[i].predicate;
        uintptr_t first = asks.len ? (uintptr_t)fb_map_get(&known, asks) : 0;
        s->same[i] = first ? (uint32_t)(first - 1) : i;
        if (asks.len && !first) {
            code = fb_map_put(&known, asks, (void *)((uintptr_t)i + 1), err);
        }
    }
    fb_map_release(&known);
    return code;
}

/* Whoever says that supporters are independent, those that rest on the same evidence are not. */
static enum fb_code find_shared(struct bounding *b, struct fb_arena *arena, struct fb_err *err)
{
    const struct fb_case *c = b->argument;
    struct sharing s = {.c = c};
    s.same = FB_ARENA_ARRAY(arena, uint32_t, c->element_count);
    s.owner = FB_ARENA_ARRAY(arena, uint32_t, c->element_count);
    s.stack = FB_ARENA_ARRAY(arena, uint32_t, c->element_count);
    b->shared = FB_ARENA_ARRAY(arena, uint8_t, c->element_count);
    if (!s.same || !s.owner || !s.stack || !b->shared) {
        return fb_arena_failed(arena, err);
    }
    enum fb_code code = index_predicates(&s, err);
    for (size_t i = 0; code == FB_OK && i < c->element_count; i++) {
        const struct fb_element *e = &c->elements[i];
        uint32_t since = s.stamp;
        for (size_t k = 0; e->is_independent && k < e->supported_by_count; k++) {
            s.stamp++;
            b->shared[i] = b->shared[i] || meets(&s, e->supported_by[k], since);
        }
    }
    return code;
}

static enum fb_code prepare(struct bounding *b, struct fb_arena *arena, struct fb_err *err)
{
    const struct fb_case *c = b->argument;
    size_t widest = 0;
    for (size_t i = 0; i < c->element_count; i++) {
        widest =
            c->elements[i].supported_by_count > widest ? c->elements[i].supported_by_count : widest;
    }
    b->elements = FB_ARENA_ARRAY(arena, struct fb_case_bounds, c->element_count);
    b->challenges = FB_ARENA_ARRAY(arena, struct fb_case_bounds, c->challenge_count);
    b->first = FB_ARENA_ARRAY(arena, uint32_t, c->element_count);
    b->first_relation = FB_ARENA_ARRAY(arena, uint32_t, c->element_count);
    b->next = FB_ARENA_ARRAY(arena, uint32_t, c->challenge_count);
    b->shares = FB_ARENA_ARRAY(arena, double, widest);
    b->counts = FB_ARENA_ARRAY(arena, double, widest + 1);
    if (!b->first_relation || !b->counts || !b->elements || !b->challenges || !b->first ||
        !b->next || !b->shares) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < c->element_count; i++) {
        b->elements[i] = (struct fb_case_bounds){0, 1};
        b->first[i] = b->first_relation[i] = UINT32_MAX;
    }
    for (uint32_t i = 0; i < c->challenge_count; i++) {
        uint32_t target = c->challenges[i].target;
        b->next[i] = UINT32_MAX;
        if (c->challenges[i].kind != FB_CHALLENGE_CHALLENGE) {
            uint32_t *first =
                c->challenges[i].kind == FB_CHALLENGE_ELEMENT ? b->first : b->first_relation;
            b->next[i] = first[target];
            first[target] = i;
        }
    }
    enum fb_code code = find_shared(b, arena, err);
    return code != FB_OK ? code : sort_elements(b, arena, err);
}

enum fb_code fb_case_bound(const struct fb_case *argument, struct fb_arena *arena,
    struct fb_case_bounds **out, struct fb_err *err)
{
    FB_ASSERT(argument && arena && out);
    struct bounding b = {.argument = argument};
    enum fb_code code = prepare(&b, arena, err);
    if (code != FB_OK) {
        return code;
    }
    /* Challenges may run against the order of support: what is not known yet is [0, 1], and every
     * round can only narrow it. */
    bool changed = true;
    for (int round = 0; changed && round < ROUNDS_MAX; round++) {
        changed = false;
        bound_challenges(&b);
        for (size_t i = 0; i < argument->element_count; i++) {
            struct fb_case_bounds is = of_element(&b, b.order[i]);
            struct fb_case_bounds *was = &b.elements[b.order[i]];
            changed = changed || is.low > was->low || is.high < was->high;
            *was = is;
        }
    }
    *out = b.elements;
    return FB_OK;
}

/*
 * FREEZE as LET, where that says the same.
 *
 * What a FREEZE defines is the same relation at every time-point, so a condition on it alone does
 * not change with time and can be taken out of the temporal operators around it. Where that leaves
 * the relation outside of all temporal operators, its tuples are those of its definition at the
 * present time-point: what LET says. The incremental evaluator is given this form; it would have to
 * look through the window anew for the other.
 *
 *     ONCE (F AND p)        is  F AND ONCE p           and so PREVIOUS, NEXT, EVENTUALLY
 *     ONCE (a OR b)         is  ONCE a OR ONCE b
 *     ONCE (EXISTS y. a)    is  EXISTS y. ONCE a
 *     l SINCE (F AND p)     is  F AND (l SINCE p)      and so UNTIL
 *     (F AND l) SINCE p     is  (F AND (l SINCE p)) OR p, or without "OR p" when 0 is not in the
 *                               interval
 *     (F OR l) SINCE p      is  (F AND ONCE p) OR (l SINCE p)
 */
#include "base/assert.h"
#include "lang/monpoly_tree.h"

enum { BUDGET_MAX = 4000, DEPTH_MAX = 200, PARTS_MAX = 64 };

struct thaw {
    struct fb_arena *arena;
    struct fb_str name; /* of the relation that is frozen */
    size_t budget;      /* nodes that may still be made */
    size_t depth;
    bool failed; /* memory or budget: the FREEZE stays */
};

static struct fb_mnode *make(struct thaw *t, int kind, struct fb_mnode *left,
    struct fb_mnode *right, const struct fb_mnode *like)
{
    struct fb_mnode *node = t->budget ? FB_ARENA_NEW(t->arena, struct fb_mnode) : NULL;
    if (!node) {
        t->failed = true;
        return (struct fb_mnode *)(uintptr_t)like;
    }
    t->budget--;
    *node = (struct fb_mnode){.kind = kind,
        .token = like->token,
        .left = left,
        .right = right,
        .interval = {0, FB_TIME_MAX}};
    return node;
}

/* A copy with other operands. */
static struct fb_mnode *with(
    struct thaw *t, const struct fb_mnode *node, struct fb_mnode *left, struct fb_mnode *right)
{
    struct fb_mnode *copy = make(t, node->kind, left, right, node);
    if (!t->failed) {
        *copy = *node;
        copy->left = left;
        copy->right = right;
    }
    return copy;
}

static struct fb_mnode *negate(struct thaw *t, struct fb_mnode *node)
{
    return node->kind == FB_FORM_NOT ? node->left : make(t, FB_FORM_NOT, node, NULL, node);
}

/* ---- what stands where ---- */

static bool binder(const struct fb_mnode *node)
{
    return node->kind == FB_MNODE_LET || node->kind == FB_FORM_FREEZE ||
           node->kind == FB_FORM_LETPAST;
}

static bool temporal(const struct fb_mnode *node)
{
    return node->kind >= FB_FORM_PREVIOUS && node->kind <= FB_FORM_UNTIL;
}

static bool binary_temporal(const struct fb_mnode *node)
{
    return node->kind == FB_FORM_SINCE || node->kind == FB_FORM_UNTIL;
}

static bool has(const struct fb_mnode *node, struct fb_str name);

static bool regex_has(const struct fb_mregex *regex, struct fb_str name)
{
    return (regex->test && has(regex->test, name)) ||
           (regex->left && regex_has(regex->left, name)) ||
           (regex->right && regex_has(regex->right, name));
}

/* Whether a predicate of this name stands in node; a binder of the same name counts. */
static bool has(const struct fb_mnode *node, struct fb_str name)
{
    bool named = node->kind == FB_FORM_PRED || binder(node);
    return (named && fb_str_eq(node->name, name)) || (node->left && has(node->left, name)) ||
           (node->right && has(node->right, name)) || (node->regex && regex_has(node->regex, name));
}

/* The relation stands only where it is asked at the present time-point. */
static bool only_now(const struct fb_mnode *node, struct fb_str name)
{
    bool elsewhere = temporal(node) || node->regex || binder(node);
    if (elsewhere) {
        return !has(node, name) ||
               (binder(node) && !has(node->left, name) && only_now(node->right, name));
    }
    return (!node->left || only_now(node->left, name)) &&
           (!node->right || only_now(node->right, name));
}

/* Does not change with time. */
static bool rigid(const struct thaw *t, const struct fb_mnode *node)
{
    switch (node->kind) {
    case FB_FORM_PRED:
        return fb_str_eq(node->name, t->name);
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
        return true;
    case FB_FORM_NOT:
    case FB_FORM_EXISTS:
        return rigid(t, node->left);
    case FB_FORM_AND:
    case FB_FORM_OR:
        return rigid(t, node->left) && rigid(t, node->right);
    default:
        return false;
    }
}

static bool frozen_in(const struct thaw *t, const struct fb_mnode *node)
{
    return has(node, t->name);
}

static bool names_have(const struct fb_mnames *names, struct fb_str name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (fb_str_eq(names->items[i], name)) {
            return true;
        }
    }
    return false;
}

static bool term_names(const struct fb_mterm *term, const struct fb_mnames *names)
{
    return (term->kind == FB_TERM_VAR && names_have(names, term->name)) ||
           (term->args[0] && term_names(term->args[0], names)) ||
           (term->args[1] && term_names(term->args[1], names));
}

/* Whether any of these names stands in node at all, bound or free. */
static bool mentions(const struct fb_mnode *node, const struct fb_mnames *names)
{
    for (size_t i = 0; i < node->term_count; i++) {
        if (term_names(node->terms[i], names)) {
            return true;
        }
    }
    for (size_t i = 0; i < node->names.count; i++) {
        if (names_have(names, node->names.items[i])) {
            return true;
        }
    }
    return node->regex || (node->kind == FB_FORM_AGGREGATE) ||
           (node->left && mentions(node->left, names)) ||
           (node->right && mentions(node->right, names));
}

/* ---- taking out ---- */

static struct fb_mnode *pull(struct thaw *t, struct fb_mnode *node);

/* Conjuncts, with negations moved inwards in those that hold the relation and more. */
static size_t conjuncts(struct thaw *t, struct fb_mnode *node, struct fb_mnode **out, size_t count)
{
    if (node->kind == FB_FORM_AND) {
        count = conjuncts(t, node->left, out, count);
        return conjuncts(t, node->right, out, count);
    }
    struct fb_mnode *inner = node->kind == FB_FORM_NOT ? node->left : NULL;
    bool mixed = inner && frozen_in(t, inner) && !rigid(t, inner);
    if (mixed && inner->kind == FB_FORM_NOT) {
        return conjuncts(t, inner->left, out, count);
    }
    if (mixed && inner->kind == FB_FORM_OR) {
        count = conjuncts(t, negate(t, inner->left), out, count);
        return conjuncts(t, negate(t, inner->right), out, count);
    }
    if (mixed && inner->kind == FB_FORM_AND) {
        node = make(t, FB_FORM_OR, negate(t, inner->left), negate(t, inner->right), node);
    }
    if (count == PARTS_MAX || t->failed) {
        t->failed = true;
        return count;
    }
    out[count] = node;
    return count + 1;
}

static struct fb_mnode *and_all(
    struct thaw *t, struct fb_mnode **parts, size_t count, const struct fb_mnode *like)
{
    struct fb_mnode *all = count ? parts[0] : make(t, FB_FORM_TRUE, NULL, NULL, like);
    for (size_t i = 1; i < count; i++) {
        all = make(t, FB_FORM_AND, all, parts[i], like);
    }
    return all;
}

/* The first conjunct that is an alternative of which only a side is rigid; count when none is. */
static size_t mixed_or(const struct thaw *t, struct fb_mnode *const *parts, size_t count)
{
    size_t i = 0;
    while (i < count &&
           !(parts[i]->kind == FB_FORM_OR && frozen_in(t, parts[i]) && !rigid(t, parts[i]))) {
        i++;
    }
    return i;
}

/* Rigid conjuncts that hold the relation go to the front; returns how many. */
static size_t rigid_first(const struct thaw *t, struct fb_mnode **parts, size_t count)
{
    size_t front = 0;
    for (size_t i = 0; i < count; i++) {
        if (frozen_in(t, parts[i]) && rigid(t, parts[i])) {
            struct fb_mnode *part = parts[i];
            for (size_t k = i; k > front; k--) {
                parts[k] = parts[k - 1];
            }
            parts[front++] = part;
        }
    }
    return front;
}

/* node over another anchor: the operand of a unary operator, the right side of SINCE or UNTIL. */
static struct fb_mnode *over(struct thaw *t, const struct fb_mnode *node, struct fb_mnode *anchor)
{
    return binary_temporal(node) ? with(t, node, node->left, anchor) : with(t, node, anchor, NULL);
}

/* Takes rigid conditions out of the anchor of a temporal operator. */
static struct fb_mnode *pull_anchor(struct thaw *t, struct fb_mnode *node)
{
    struct fb_mnode *anchor = binary_temporal(node) ? node->right : node->left;
    if (t->failed || !frozen_in(t, anchor)) {
        return node;
    }
    if (anchor->kind == FB_FORM_OR && !rigid(t, anchor)) {
        return make(t, FB_FORM_OR, pull_anchor(t, over(t, node, anchor->left)),
            pull_anchor(t, over(t, node, anchor->right)), node);
    }
    bool apart = !binary_temporal(node) || !mentions(node->left, &anchor->names);
    bool own = binder(anchor) && !has(anchor->left, t->name) &&
               !(binary_temporal(node) && has(node->left, anchor->name));
    if ((anchor->kind == FB_FORM_EXISTS && apart) || own) {
        bool exists = anchor->kind == FB_FORM_EXISTS;
        struct fb_mnode *inner = exists ? anchor->left : anchor->right;
        struct fb_mnode *inside = pull_anchor(t, over(t, node, inner));
        return exists ? with(t, anchor, inside, NULL) : with(t, anchor, anchor->left, inside);
    }
    struct fb_mnode *parts[PARTS_MAX];
    size_t count = conjuncts(t, anchor, parts, 0);
    size_t either = mixed_or(t, parts, count);
    if (t->failed) {
        return node;
    }
    if (either < count) {
        struct fb_mnode *choice = parts[either];
        struct fb_mnode *sides[2];
        for (int i = 0; i < 2; i++) {
            parts[either] = i == 0 ? choice->left : choice->right;
            sides[i] = pull_anchor(t, over(t, node, and_all(t, parts, count, node)));
        }
        return make(t, FB_FORM_OR, sides[0], sides[1], node);
    }
    size_t front = rigid_first(t, parts, count);
    if (front == 0) {
        return node;
    }
    struct fb_mnode *rest = over(t, node, and_all(t, parts + front, count - front, node));
    return make(t, FB_FORM_AND, and_all(t, parts, front, node), rest, node);
}

/* Takes rigid conditions out of the left side of SINCE or UNTIL. */
static struct fb_mnode *pull_left(struct thaw *t, struct fb_mnode *node)
{
    struct fb_mnode *parts[PARTS_MAX];
    if (t->failed || !binary_temporal(node) || !frozen_in(t, node->left)) {
        return node;
    }
    size_t count = conjuncts(t, node->left, parts, 0);
    size_t front = rigid_first(t, parts, count);
    if (t->failed) {
        return node;
    }
    if (front > 0) {
        struct fb_mnode *rest = and_all(t, parts + front, count - front, node);
        struct fb_mnode *held = make(t, FB_FORM_AND, and_all(t, parts, front, node),
            pull_left(t, with(t, node, rest, node->right)), node);
        return node->interval.low > 0 ? held : make(t, FB_FORM_OR, held, node->right, node);
    }
    struct fb_mnode *either = count == 1 ? parts[0] : NULL;
    if (!either || either->kind != FB_FORM_OR) {
        return node;
    }
    bool first = rigid(t, either->left);
    struct fb_mnode *fixed = first ? either->left : either->right;
    struct fb_mnode *other = first ? either->right : either->left;
    if (!rigid(t, fixed)) {
        return node;
    }
    struct fb_mnode *always = with(t, node, make(t, FB_FORM_TRUE, NULL, NULL, node), node->right);
    return make(t, FB_FORM_OR, make(t, FB_FORM_AND, fixed, always, node),
        pull_left(t, with(t, node, other, node->right)), node);
}

/* In what was pulled out of an anchor, the operators that are left. */
static struct fb_mnode *pull_lefts(struct thaw *t, struct fb_mnode *node)
{
    if (t->failed) {
        return node;
    }
    switch (node->kind) {
    case FB_FORM_AND:
    case FB_FORM_OR:
        return with(t, node, pull_lefts(t, node->left), pull_lefts(t, node->right));
    case FB_FORM_EXISTS:
        return with(t, node, pull_lefts(t, node->left), NULL);
    default:
        return binary_temporal(node) ? pull_left(t, node) : node;
    }
}

/* node with rigid conditions outside of temporal operators, as far as that goes. */
static struct fb_mnode *pull(struct thaw *t, struct fb_mnode *node)
{
    if (t->failed || !frozen_in(t, node) || rigid(t, node) || node->regex) {
        return node;
    }
    if (++t->depth > DEPTH_MAX) {
        t->failed = true;
        return node;
    }
    struct fb_mnode *left = node->left ? pull(t, node->left) : NULL;
    struct fb_mnode *right = node->right ? pull(t, node->right) : NULL;
    if (node->kind == FB_FORM_HISTORICALLY || node->kind == FB_FORM_ALWAYS) {
        struct fb_mnode *dual = with(t, node, negate(t, left), NULL);
        if (!t->failed) {
            dual->kind = node->kind == FB_FORM_HISTORICALLY ? FB_FORM_ONCE : FB_FORM_EVENTUALLY;
        }
        node = negate(t, pull_anchor(t, dual));
    } else {
        node = with(t, node, left, right);
        node = temporal(node) ? pull_lefts(t, pull_anchor(t, node)) : node;
    }
    t->depth--;
    return node;
}

/* ---- definitions inside ---- */

/* What a use of a LET stands for, when it is used with the names of its parameters; NULL else. */
static struct fb_mnode *inlined(struct thaw *t, struct fb_mnode *node, const struct fb_mnode *let)
{
    if (t->failed || !has(node, let->name)) {
        return node;
    }
    if (node->kind == FB_FORM_PRED) {
        bool same = node->term_count == let->names.count;
        for (size_t i = 0; same && i < node->term_count; i++) {
            same = node->terms[i]->kind == FB_TERM_VAR &&
                   fb_str_eq(node->terms[i]->name, let->names.items[i]);
        }
        t->failed = t->failed || !same;
        return let->left;
    }
    if (node->regex || binder(node)) {
        t->failed = true;
        return node;
    }
    struct fb_mnode *left = node->left ? inlined(t, node->left, let) : NULL;
    struct fb_mnode *right = node->right ? inlined(t, node->right, let) : NULL;
    return with(t, node, left, right);
}

/* Each LET whose definition holds the relation is put in place. */
static struct fb_mnode *flatten(struct thaw *t, struct fb_mnode *node)
{
    if (t->failed || !frozen_in(t, node) || node->regex) {
        return node;
    }
    struct fb_mnode *left = node->left ? flatten(t, node->left) : NULL;
    struct fb_mnode *right = node->right ? flatten(t, node->right) : NULL;
    if (node->kind == FB_MNODE_LET && has(left, t->name)) {
        struct fb_mnode *let = with(t, node, left, right);
        return inlined(t, right, let);
    }
    return with(t, node, left, right);
}

static void thaw_regex(struct fb_arena *arena, struct fb_mregex *regex)
{
    if (regex->test) {
        regex->test = fb_mthaw(regex->test, arena);
    }
    if (regex->left) {
        thaw_regex(arena, regex->left);
    }
    if (regex->right) {
        thaw_regex(arena, regex->right);
    }
}

struct fb_mnode *fb_mthaw(struct fb_mnode *node, struct fb_arena *arena)
{
    FB_ASSERT(node && arena);
    if (node->left) {
        node->left = fb_mthaw(node->left, arena);
    }
    if (node->right) {
        node->right = fb_mthaw(node->right, arena);
    }
    if (node->regex) {
        thaw_regex(arena, node->regex);
    }
    if (node->kind != FB_FORM_FREEZE) {
        return node;
    }
    struct thaw t = {.arena = arena, .name = node->name, .budget = BUDGET_MAX};
    struct fb_mnode *body = flatten(&t, node->right);
    body = t.failed ? body : pull(&t, body);
    if (t.failed || !only_now(body, node->name)) {
        return node;
    }
    struct fb_mnode *let = with(&t, node, node->left, body);
    if (t.failed) {
        return node;
    }
    let->kind = FB_MNODE_LET;
    return let;
}

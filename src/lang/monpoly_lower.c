/*
 * Names of a MonPoly formula become numbers, and LET is expanded.
 *
 * A scope is a frame of names. EXISTS opens a frame in which its names are new. The condition of an
 * aggregation and the body of a LET see nothing of what stands around them but the groups and the
 * parameters: their frame is closed, and a name that is not there is a new variable of the frame.
 * Numbers are used again once their frame is left.
 */
#include "base/assert.h"
#include "lang/monpoly_tree.h"

enum { FRAME_MAX = 2 * FB_IR_VARS_MAX };

struct frame {
    const struct frame *outer;
    bool closed;
    size_t count;
    struct fb_str names[FRAME_MAX];
    uint32_t vars[FRAME_MAX];
    uint64_t own; /* numbers that are given back when the frame is left */
};

struct let {
    const struct let *outer;
    const struct fb_mnode *node;
};

struct lower {
    const struct fb_signature *signature;
    struct fb_arena *arena;
    struct fb_err *err;
    uint64_t used; /* numbers in use */
    size_t var_count;
    size_t nodes;
    size_t depth;
};

/* What a node is lowered in. */
struct place {
    struct frame *frame;
    const struct let *lets;
};

static enum fb_code lower_node(
    struct lower *lo, const struct fb_mnode *node, struct place place, struct fb_form **out);

static enum fb_code refuse(
    struct lower *lo, const struct fb_mnode *node, enum fb_code code, const char *message)
{
    return fb_mtoken_refuse(&node->token, code, lo->err, message);
}

/* A number that is not in use, for a name of the frame. */
static enum fb_code add_name(struct lower *lo, const struct fb_mnode *node, struct frame *frame,
    struct fb_str name, uint32_t *out)
{
    uint32_t var = 0;
    while (var < FB_IR_VARS_MAX && (lo->used >> var & 1)) {
        var++;
    }
    if (var == FB_IR_VARS_MAX || frame->count == FRAME_MAX) {
        return refuse(lo, node, FB_E_LIMIT, "too many variables");
    }
    lo->used |= (uint64_t)1 << var;
    frame->own |= (uint64_t)1 << var;
    lo->var_count = var + 1 > lo->var_count ? var + 1 : lo->var_count;
    frame->names[frame->count] = name;
    frame->vars[frame->count++] = var;
    *out = var;
    return FB_OK;
}

/* A name that stands for a variable of an outer frame. */
static void alias(struct frame *frame, struct fb_str name, uint32_t var)
{
    FB_ASSERT(frame->count < FRAME_MAX);
    frame->names[frame->count] = name;
    frame->vars[frame->count++] = var;
}

static void leave(struct lower *lo, const struct frame *frame)
{
    lo->used &= ~frame->own;
}

/* The variable of a name; a new one of the innermost closed frame when there is none. */
static enum fb_code find_name(struct lower *lo, const struct fb_mnode *node, struct frame *frame,
    struct fb_str name, uint32_t *out)
{
    struct frame *at = frame;
    for (;;) {
        for (size_t i = at->count; i-- > 0;) {
            if (fb_str_eq(at->names[i], name)) {
                *out = at->vars[i];
                return FB_OK;
            }
        }
        if (at->closed) {
            return add_name(lo, node, at, name, out);
        }
        at = (struct frame *)(uintptr_t)at->outer;
        FB_ASSERT(at);
    }
}

static enum fb_code lower_term(struct lower *lo, const struct fb_mnode *node, struct frame *frame,
    const struct fb_mterm *term, struct fb_term **out)
{
    struct fb_term *lowered = FB_ARENA_NEW(lo->arena, struct fb_term);
    if (!lowered) {
        return fb_arena_failed(lo->arena, lo->err);
    }
    lowered->kind = term->kind;
    lowered->value = term->value;
    enum fb_code code = FB_OK;
    if (term->kind == FB_TERM_VAR) {
        code = find_name(lo, node, frame, term->name, &lowered->var);
    }
    for (int i = 0; code == FB_OK && i < 2 && term->args[i]; i++) {
        code = lower_term(lo, node, frame, term->args[i], &lowered->args[i]);
    }
    *out = lowered;
    return code;
}

static enum fb_code lower_terms(
    struct lower *lo, const struct fb_mnode *node, struct frame *frame, struct fb_form *form)
{
    struct fb_term **terms = FB_ARENA_ARRAY(lo->arena, struct fb_term *, node->term_count);
    if (!terms) {
        return fb_arena_failed(lo->arena, lo->err);
    }
    for (size_t i = 0; i < node->term_count; i++) {
        enum fb_code code = lower_term(lo, node, frame, node->terms[i], &terms[i]);
        if (code) {
            return code;
        }
    }
    form->terms = terms;
    form->term_count = node->term_count;
    return FB_OK;
}

static enum fb_code new_form(
    struct lower *lo, const struct fb_mnode *node, enum fb_form_kind kind, struct fb_form **out)
{
    struct fb_form *form = FB_ARENA_NEW(lo->arena, struct fb_form);
    if (!form) {
        return fb_arena_failed(lo->arena, lo->err);
    }
    form->kind = kind;
    form->interval = node->interval;
    form->span = (struct fb_span){node->token.line, node->token.column, 0};
    *out = form;
    return FB_OK;
}

/* form := EXISTS over what a frame owns. */
static enum fb_code close_over(
    struct lower *lo, const struct fb_mnode *node, uint64_t own, struct fb_form **form)
{
    struct fb_form *exists = NULL;
    enum fb_code code = new_form(lo, node, FB_FORM_EXISTS, &exists);
    uint32_t *bound = FB_ARENA_ARRAY(lo->arena, uint32_t, FB_IR_VARS_MAX);
    if (code || !bound) {
        return code ? code : fb_arena_failed(lo->arena, lo->err);
    }
    for (uint32_t var = 0; var < FB_IR_VARS_MAX; var++) {
        if (own >> var & 1) {
            bound[exists->bound_count++] = var;
        }
    }
    exists->bound = bound;
    exists->left = *form;
    *form = exists->bound_count ? exists : *form;
    return FB_OK;
}

/* *all := *all AND more, or more alone. */
static enum fb_code and_also(
    struct lower *lo, const struct fb_mnode *node, struct fb_form *more, struct fb_form **all)
{
    struct fb_form *both = NULL;
    if (!*all) {
        *all = more;
        return FB_OK;
    }
    enum fb_code code = new_form(lo, node, FB_FORM_AND, &both);
    if (code == FB_OK) {
        both->left = *all;
        both->right = more;
        *all = both;
    }
    return code;
}

/* *all := *all AND var = arg. */
static enum fb_code equate(struct lower *lo, const struct fb_mnode *node, struct frame *frame,
    uint32_t var, const struct fb_mterm *arg, struct fb_form **all)
{
    struct fb_form *eq = NULL;
    struct fb_term **terms = FB_ARENA_ARRAY(lo->arena, struct fb_term *, 2);
    struct fb_term *left = FB_ARENA_NEW(lo->arena, struct fb_term);
    enum fb_code code = new_form(lo, node, FB_FORM_EQ, &eq);
    if (!terms || !left || code) {
        return fb_arena_failed(lo->arena, lo->err);
    }
    *left = (struct fb_term){.kind = FB_TERM_VAR, .var = var};
    terms[0] = left;
    eq->terms = terms;
    eq->term_count = 2;
    code = lower_term(lo, node, frame, arg, &terms[1]);
    return code ? code : and_also(lo, node, eq, all);
}

/* An argument that is a variable is its parameter's variable too; any other is equated with a new
 * one. */
static enum fb_code pass_argument(struct lower *lo, const struct fb_mnode *node, struct place place,
    const struct let *let, size_t index, struct frame *frame, struct fb_form **equations)
{
    const struct fb_mterm *arg = node->terms[index];
    struct fb_str parameter = let->node->names.items[index];
    uint32_t var = 0;
    enum fb_code code;
    if (arg->kind == FB_TERM_VAR) {
        code = find_name(lo, node, place.frame, arg->name, &var);
        if (code == FB_OK) {
            alias(frame, parameter, var);
        }
        return code;
    }
    code = add_name(lo, node, frame, parameter, &var);
    if (code || arg->kind == FB_TERM_ANY) {
        return code;
    }
    return equate(lo, node, place.frame, var, arg, equations);
}

/* A use of a LET: its body, with a variable for each parameter. */
static enum fb_code lower_use(struct lower *lo, const struct fb_mnode *node, struct place place,
    const struct let *let, struct fb_form **out)
{
    if (let->node->names.count != node->term_count) {
        return refuse(lo, node, FB_E_POLICY, "a predicate has the wrong number of columns");
    }
    struct frame *frame = FB_ARENA_NEW(lo->arena, struct frame);
    if (!frame) {
        return fb_arena_failed(lo->arena, lo->err);
    }
    frame->closed = true;
    struct fb_form *all = NULL;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < node->term_count; i++) {
        code = pass_argument(lo, node, place, let, i, frame, &all);
    }
    struct fb_form *body = NULL;
    code = code ? code : lower_node(lo, let->node->left, (struct place){frame, let->outer}, &body);
    code = code ? code : and_also(lo, node, body, &all);
    code = code ? code : close_over(lo, node, frame->own, &all);
    leave(lo, frame);
    *out = all;
    return code;
}

static enum fb_code lower_pred(
    struct lower *lo, const struct fb_mnode *node, struct place place, struct fb_form **out)
{
    for (const struct let *let = place.lets; let; let = let->outer) {
        if (fb_str_eq(let->node->name, node->name)) {
            return lower_use(lo, node, place, let, out);
        }
    }
    uint32_t relation = 0;
    while (relation < lo->signature->count &&
           !fb_str_eq(lo->signature->relations[relation].name, node->name)) {
        relation++;
    }
    if (relation == lo->signature->count) {
        return refuse(lo, node, FB_E_POLICY, "the signature has no such predicate");
    }
    if (lo->signature->relations[relation].arity != node->term_count) {
        return refuse(lo, node, FB_E_POLICY, "a predicate has the wrong number of columns");
    }
    enum fb_code code = new_form(lo, node, FB_FORM_PRED, out);
    if (code == FB_OK) {
        (*out)->relation = relation;
        code = lower_terms(lo, node, place.frame, *out);
    }
    return code;
}

static enum fb_code lower_exists(
    struct lower *lo, const struct fb_mnode *node, struct place place, struct fb_form **out)
{
    struct frame *frame = FB_ARENA_NEW(lo->arena, struct frame);
    if (!frame) {
        return fb_arena_failed(lo->arena, lo->err);
    }
    frame->outer = place.frame;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < node->names.count; i++) {
        uint32_t var;
        code = add_name(lo, node, frame, node->names.items[i], &var);
    }
    struct fb_form *body = NULL;
    code = code ? code : lower_node(lo, node->left, (struct place){frame, place.lets}, &body);
    code = code ? code : close_over(lo, node, frame->own, &body);
    leave(lo, frame);
    *out = body;
    return code;
}

static enum fb_code lower_aggregate(
    struct lower *lo, const struct fb_mnode *node, struct place place, struct fb_form **out)
{
    struct frame *frame = FB_ARENA_NEW(lo->arena, struct frame);
    uint32_t *groups = FB_ARENA_ARRAY(lo->arena, uint32_t, node->names.count);
    struct fb_form *form = NULL;
    enum fb_code code = new_form(lo, node, FB_FORM_AGGREGATE, &form);
    if (!frame || !groups || code) {
        return fb_arena_failed(lo->arena, lo->err);
    }
    frame->closed = true;
    code = find_name(lo, node, place.frame, node->name, &form->agg_result);
    for (size_t i = 0; code == FB_OK && i < node->names.count; i++) {
        code = find_name(lo, node, place.frame, node->names.items[i], &groups[i]);
        if (code == FB_OK) {
            alias(frame, node->names.items[i], groups[i]);
        }
    }
    code = code ? code : lower_node(lo, node->left, (struct place){frame, place.lets}, &form->left);
    code = code ? code : find_name(lo, node, frame, node->over, &form->agg_over);
    form->agg = node->agg;
    form->bound = groups;
    form->bound_count = node->names.count;
    leave(lo, frame);
    *out = form;
    return code;
}

static enum fb_code lower_plain(
    struct lower *lo, const struct fb_mnode *node, struct place place, struct fb_form **out)
{
    enum fb_code code = new_form(lo, node, (enum fb_form_kind)node->kind, out);
    if (code == FB_OK && node->terms) {
        code = lower_terms(lo, node, place.frame, *out);
    }
    if (code == FB_OK && node->left) {
        code = lower_node(lo, node->left, place, &(*out)->left);
    }
    if (code == FB_OK && node->right) {
        code = lower_node(lo, node->right, place, &(*out)->right);
    }
    return code;
}

static enum fb_code lower_node(
    struct lower *lo, const struct fb_mnode *node, struct place place, struct fb_form **out)
{
    FB_ASSERT(node && place.frame);
    if (++lo->nodes > FB_MONPOLY_NODES_MAX || lo->depth >= FB_IR_DEPTH_MAX) {
        return refuse(lo, node, FB_E_LIMIT, "a formula is too large");
    }
    lo->depth++;
    enum fb_code code;
    if (node->kind == FB_FORM_PRED) {
        code = lower_pred(lo, node, place, out);
    } else if (node->kind == FB_FORM_EXISTS) {
        code = lower_exists(lo, node, place, out);
    } else if (node->kind == FB_FORM_AGGREGATE) {
        code = lower_aggregate(lo, node, place, out);
    } else if (node->kind == FB_MNODE_LET) {
        struct let let = {place.lets, node};
        code = lower_node(lo, node->right, (struct place){place.frame, &let}, out);
    } else {
        code = lower_plain(lo, node, place, out);
    }
    lo->depth--;
    return code;
}

/* ---- the columns of a verdict ---- */

struct columns {
    struct fb_str names[FB_IR_VARS_MAX];
    size_t count;
};

static bool listed(const struct fb_str *names, size_t count, struct fb_str name)
{
    for (size_t i = 0; i < count; i++) {
        if (fb_str_eq(names[i], name)) {
            return true;
        }
    }
    return false;
}

static void add_column(struct columns *c, struct fb_str name)
{
    if (c->count < FB_IR_VARS_MAX && !listed(c->names, c->count, name)) {
        c->names[c->count++] = name;
    }
}

static void term_columns(const struct fb_mterm *term, struct columns *c)
{
    if (term->kind == FB_TERM_VAR) {
        add_column(c, term->name);
    }
    for (int i = 0; i < 2 && term->args[i]; i++) {
        term_columns(term->args[i], c);
    }
}

/* Free names in the order of MonPoly: left to right, but the right side of SINCE and UNTIL first.
 */
static void node_columns(const struct fb_mnode *node, struct columns *c)
{
    bool right_first = node->kind == FB_FORM_SINCE || node->kind == FB_FORM_UNTIL;
    for (size_t i = 0; i < node->term_count; i++) {
        term_columns(node->terms[i], c);
    }
    if (node->kind == FB_FORM_EXISTS) {
        struct columns inner = {0};
        node_columns(node->left, &inner);
        for (size_t i = 0; i < inner.count; i++) {
            if (!listed(node->names.items, node->names.count, inner.names[i])) {
                add_column(c, inner.names[i]);
            }
        }
        return;
    }
    if (node->kind == FB_FORM_AGGREGATE) {
        add_column(c, node->name);
        for (size_t i = 0; i < node->names.count; i++) {
            add_column(c, node->names.items[i]);
        }
        return;
    }
    const struct fb_mnode *first = right_first ? node->right : node->left;
    const struct fb_mnode *second = right_first ? node->left : node->right;
    if (first && node->kind != FB_MNODE_LET) {
        node_columns(first, c);
    }
    if (second) {
        node_columns(second, c);
    }
}

enum fb_code fb_monpoly_formula_read(struct fb_str text, const struct fb_signature *signature,
    struct fb_arena *arena, struct fb_monpoly_formula *out, struct fb_err *err)
{
    FB_ASSERT(signature && arena && out);
    struct fb_mnode *tree = NULL;
    struct lower lo = {.signature = signature, .arena = arena, .err = err};
    struct frame top = {.closed = true};
    struct columns columns = {0};
    struct fb_monpoly_formula formula = {0};
    enum fb_code code = fb_mparse(text, arena, &tree, err);
    code = code ? code : lower_node(&lo, tree, (struct place){&top, NULL}, &formula.form);
    if (code) {
        return code;
    }
    node_columns(tree, &columns);
    uint32_t *vars = FB_ARENA_ARRAY(arena, uint32_t, columns.count);
    if (!vars) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < columns.count; i++) {
        code = find_name(&lo, tree, &top, columns.names[i], &vars[i]);
    }
    formula.columns = vars;
    formula.column_count = columns.count;
    formula.var_count = lo.var_count;
    if (code == FB_OK) {
        *out = formula;
    }
    return code;
}

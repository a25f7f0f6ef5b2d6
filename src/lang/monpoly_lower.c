/*
 * Names of a MonPoly formula become numbers, and LET is expanded. FREEZE and LETPAST define
 * relations whose numbers come behind those of the signature.
 *
 * A scope is a frame of names. EXISTS opens a frame in which its names are new. The condition of an
 * aggregation and the body of a LET see nothing of what stands around them but the groups and the
 * parameters: their frame is closed, and a name that is not there is a new variable of the frame.
 * Numbers are used again once their frame is left.
 */
#include <math.h>

#include "base/assert.h"
#include "engine/eval.h"
#include "engine/table.h"
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
    const struct fb_form *form; /* FREEZE, LETPAST: what the name reads; LET: NULL, expanded */
    bool *used;                 /* LET: whether something was expanded to it */
    bool inside;                /* LETPAST: in its own definition */
};

struct lower {
    const struct fb_signature *signature;
    struct fb_arena *arena;
    struct fb_err *err;
    uint64_t used; /* numbers in use */
    uint32_t definitions;
    size_t var_count;
    size_t nodes;
    size_t depth;
    size_t regex; /* nodes of the regular expression that is being lowered */
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

/* The names of a frame, for people. */
static enum fb_code keep_names(struct lower *lo, const struct frame *frame, struct fb_form *form)
{
    struct fb_var_name *names = FB_ARENA_ARRAY(lo->arena, struct fb_var_name, frame->count);
    if (!names) {
        return fb_arena_failed(lo->arena, lo->err);
    }
    for (size_t i = 0; i < frame->count; i++) {
        names[i] = (struct fb_var_name){frame->vars[i], frame->names[i]};
    }
    form->names = names;
    form->name_count = frame->count;
    return FB_OK;
}

/* form := EXISTS over what a frame owns. */
static enum fb_code close_over(
    struct lower *lo, const struct fb_mnode *node, const struct frame *frame, struct fb_form **form)
{
    uint64_t own = frame->own;
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
    return keep_names(lo, frame, exists);
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
    *let->used = true;
    struct fb_form *all = NULL;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < node->term_count; i++) {
        code = pass_argument(lo, node, place, let, i, frame, &all);
    }
    struct fb_form *body = NULL;
    code = code ? code : lower_node(lo, let->node->left, (struct place){frame, let->outer}, &body);
    code = code ? code : and_also(lo, node, body, &all);
    code = code ? code : close_over(lo, node, frame, &all);
    leave(lo, frame);
    *out = all;
    return code;
}

/* A LET that is expanded nowhere has no part in what follows, but its mistakes are told. What some
 * use of it could have is right: one that binds all parameters before. */
static enum fb_code check_unused(struct lower *lo, const struct let *let)
{
    struct frame *frame = FB_ARENA_NEW(lo->arena, struct frame);
    if (!frame) {
        return fb_arena_failed(lo->arena, lo->err);
    }
    frame->closed = true;
    uint32_t var = 0;
    fb_vars given = 0;
    size_t var_count = lo->var_count;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < let->node->names.count; i++) {
        code = add_name(lo, let->node, frame, let->node->names.items[i], &var);
        given |= code == FB_OK ? fb_vars_of(var) : 0;
    }
    struct fb_form *body = NULL;
    code = code ? code : lower_node(lo, let->node->left, (struct place){frame, let->outer}, &body);
    leave(lo, frame);
    lo->var_count = var_count;
    return code || fb_form_evaluable(body, given, lo->err) ? code : FB_E_POLICY;
}

/* A use of a FREEZE or LETPAST. */
static enum fb_code lower_read(struct lower *lo, const struct fb_mnode *node, struct place place,
    const struct let *let, struct fb_form **out)
{
    if (let->node->names.count != node->term_count) {
        return refuse(lo, node, FB_E_POLICY, "a predicate has the wrong number of columns");
    }
    enum fb_code code = new_form(lo, node, FB_FORM_PRED, out);
    if (code == FB_OK) {
        (*out)->relation = let->form->relation;
        (*out)->definition = let->form;
        (*out)->earlier = let->inside;
        code = lower_terms(lo, node, place.frame, *out);
    }
    return code;
}

static enum fb_code lower_definition(
    struct lower *lo, const struct fb_mnode *node, struct place place, struct fb_form **out)
{
    struct frame *frame = FB_ARENA_NEW(lo->arena, struct frame);
    uint32_t *bound = FB_ARENA_ARRAY(lo->arena, uint32_t, node->names.count);
    struct fb_form *form = NULL;
    enum fb_code code = new_form(lo, node, (enum fb_form_kind)node->kind, &form);
    if (!frame || !bound || code) {
        return fb_arena_failed(lo->arena, lo->err);
    }
    frame->closed = true;
    form->relation = (uint32_t)lo->signature->count + lo->definitions++;
    form->bound = bound;
    for (; code == FB_OK && form->bound_count < node->names.count; form->bound_count++) {
        code = add_name(
            lo, node, frame, node->names.items[form->bound_count], &bound[form->bound_count]);
    }
    struct let let = {place.lets, node, form, NULL, true};
    bool recursive = node->kind == FB_FORM_LETPAST;
    code = code ? code
                : lower_node(lo, node->left, (struct place){frame, recursive ? &let : place.lets},
                      &form->left);
    leave(lo, frame);
    form->label = node->name;
    code = code ? code : keep_names(lo, frame, form);
    let.inside = false;
    code =
        code ? code : lower_node(lo, node->right, (struct place){place.frame, &let}, &form->right);
    form->unread = code == FB_OK && !fb_form_reads(form->right, form);
    *out = form;
    return code;
}

static enum fb_code lower_regex(
    struct lower *lo, const struct fb_mregex *regex, struct place place, struct fb_regex **out)
{
    struct fb_regex *lowered = FB_ARENA_NEW(lo->arena, struct fb_regex);
    enum fb_code code = lowered ? FB_OK : fb_arena_failed(lo->arena, lo->err);
    if (code) {
        return code;
    }
    lowered->kind = regex->kind;
    lo->regex++;
    if (regex->test) {
        code = lower_node(lo, regex->test, place, &lowered->test);
    }
    if (code == FB_OK && regex->left) {
        code = lower_regex(lo, regex->left, place, &lowered->left);
    }
    if (code == FB_OK && regex->right) {
        code = lower_regex(lo, regex->right, place, &lowered->right);
    }
    *out = lowered;
    return code;
}

static enum fb_code lower_match(
    struct lower *lo, const struct fb_mnode *node, struct place place, struct fb_form **out)
{
    size_t before = lo->regex;
    lo->regex = 0;
    enum fb_code code = new_form(lo, node, (enum fb_form_kind)node->kind, out);
    code = code ? code : lower_regex(lo, node->regex, place, &(*out)->regex);
    if (code == FB_OK && lo->regex > FB_IR_REGEX_MAX) {
        code = refuse(lo, node, FB_E_LIMIT, "a regular expression is too large");
    }
    lo->regex = before;
    return code;
}

static enum fb_code lower_pred(
    struct lower *lo, const struct fb_mnode *node, struct place place, struct fb_form **out)
{
    for (const struct let *let = place.lets; let; let = let->outer) {
        if (fb_str_eq(let->node->name, node->name)) {
            return let->form ? lower_read(lo, node, place, let, out)
                             : lower_use(lo, node, place, let, out);
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
    code = code ? code : close_over(lo, node, frame, &body);
    leave(lo, frame);
    *out = body;
    return code;
}

/* The type of a variable, from a column in which it stands; NONE when none tells. */
static enum fb_type type_of(const struct lower *lo, const struct fb_form *form, uint32_t var);

static enum fb_type regex_type_of(
    const struct lower *lo, const struct fb_regex *regex, uint32_t var)
{
    enum fb_type type = regex->test ? type_of(lo, regex->test, var) : FB_TYPE_NONE;
    type = type || !regex->left ? type : regex_type_of(lo, regex->left, var);
    return type || !regex->right ? type : regex_type_of(lo, regex->right, var);
}

static enum fb_type term_type(
    const struct lower *lo, const struct fb_form *form, const struct fb_term *term)
{
    switch ((int)term->kind) {
    case FB_TERM_ANY:
        return FB_TYPE_NONE;
    case FB_TERM_VAR:
        return type_of(lo, form, term->var);
    case FB_TERM_CONST:
        return term->value.type;
    case FB_TERM_TO_FLOAT:
    case FB_TERM_READ_FLOAT:
        return FB_TYPE_FLOAT;
    case FB_TERM_TO_STRING:
    case FB_TERM_DATE:
        return FB_TYPE_STRING;
    case FB_TERM_TO_INT:
    case FB_TERM_READ_INT:
    case FB_TERM_MOD:
    case FB_TERM_REMAINDER:
    case FB_TERM_DAY_OF_MONTH:
    case FB_TERM_MONTH:
    case FB_TERM_YEAR:
        return FB_TYPE_INT;
    default:
        return term_type(lo, form, term->args[0]);
    }
}

/* Of a predicate's variable. */
static enum fb_type column_type(const struct lower *lo, const struct fb_form *pred, uint32_t var)
{
    for (size_t i = 0; i < pred->term_count; i++) {
        if (pred->terms[i]->kind != FB_TERM_VAR || pred->terms[i]->var != var) {
            continue;
        }
        if (!pred->definition) {
            return lo->signature->relations[pred->relation].types[i];
        }
        return pred->earlier ? FB_TYPE_NONE
                             : type_of(lo, pred->definition->left, pred->definition->bound[i]);
    }
    return FB_TYPE_NONE;
}

static enum fb_type type_of(const struct lower *lo, const struct fb_form *form, uint32_t var)
{
    if (form->kind == FB_FORM_PRED) {
        return column_type(lo, form, var);
    }
    if (form->kind == FB_FORM_EXISTS || form->kind == FB_FORM_NOT) {
        return type_of(lo, form->left, var);
    }
    if (form->kind == FB_FORM_AGGREGATE && form->agg_result == var) {
        bool real = form->agg == FB_AGG_AVG || form->agg == FB_AGG_MEDIAN;
        return form->agg == FB_AGG_COUNT ? FB_TYPE_INT
               : real                    ? FB_TYPE_FLOAT
                                         : type_of(lo, form->left, form->agg_over);
    }
    enum fb_type type = FB_TYPE_NONE;
    for (size_t i = 0; form->kind == FB_FORM_AND && form->right->kind == FB_FORM_EQ && i < 2; i++) {
        const struct fb_term *side = form->right->terms[i];
        bool here = side->kind == FB_TERM_VAR && side->var == var;
        const struct fb_term *other = form->right->terms[1 - i];
        bool apart = other->kind != FB_TERM_VAR || other->var != var;
        type = here && apart && !type ? term_type(lo, form->left, other) : type;
    }
    bool defines = form->kind == FB_FORM_FREEZE || form->kind == FB_FORM_LETPAST;
    type = type || !form->left || defines ? type : type_of(lo, form->left, var);
    type = type || !form->right ? type : type_of(lo, form->right, var);
    return type || !form->regex ? type : regex_type_of(lo, form->regex, var);
}

/* What MonPoly's verified monitor gives where there is nothing to aggregate. */
static struct fb_value nothing_of(enum fb_agg_kind agg, enum fb_type type)
{
    bool extreme = agg == FB_AGG_MIN || agg == FB_AGG_MAX;
    if (type == FB_TYPE_STRING) {
        return fb_value_str(FB_STR(""));
    }
    if (type == FB_TYPE_FLOAT && extreme) {
        return fb_value_float(agg == FB_AGG_MIN ? HUGE_VAL : -HUGE_VAL);
    }
    return type == FB_TYPE_FLOAT ? fb_value_float(0.0) : fb_value_int(0);
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
    if (code == FB_OK) {
        form->agg_nothing = nothing_of(node->agg, type_of(lo, form->left, form->agg_over));
    }
    form->bound = groups;
    form->bound_count = node->names.count;
    code = code ? code : keep_names(lo, frame, form);
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

/* ---- free names ---- */

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

static void node_columns(const struct fb_mnode *node, struct columns *c);

static void regex_columns(const struct fb_mregex *regex, struct columns *c)
{
    if (regex->test) {
        node_columns(regex->test, c);
    }
    if (regex->left) {
        regex_columns(regex->left, c);
    }
    if (regex->right) {
        regex_columns(regex->right, c);
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
    if (node->regex) {
        regex_columns(node->regex, c);
        return;
    }
    bool binds =
        node->kind == FB_MNODE_LET || node->kind == FB_FORM_FREEZE || node->kind == FB_FORM_LETPAST;
    const struct fb_mnode *first = right_first ? node->right : node->left;
    const struct fb_mnode *second = right_first ? node->left : node->right;
    if (first && !binds) {
        node_columns(first, c);
    }
    if (second) {
        node_columns(second, c);
    }
}

/* The parameters of a LET are the free names of its definition. */
static enum fb_code check_parameters(struct lower *lo, const struct fb_mnode *node)
{
    struct columns free = {0};
    node_columns(node->left, &free);
    bool same = free.count == node->names.count;
    for (size_t i = 0; same && i < free.count; i++) {
        same = listed(node->names.items, node->names.count, free.names[i]);
    }
    if (same) {
        return FB_OK;
    }
    enum fb_code code =
        refuse(lo, node, FB_E_POLICY, "a definition binds other variables than its parameters");
    (void)fb_err_hint(lo->err,
        "Name all its free variables as parameters, and no others, or bind them by EXISTS.");
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
        bool used = false;
        struct let let = {place.lets, node, NULL, &used, false};
        code = check_parameters(lo, node);
        code = code ? code : lower_node(lo, node->right, (struct place){place.frame, &let}, out);
        code = code || used ? code : check_unused(lo, &let);
    } else if (node->kind == FB_FORM_FREEZE || node->kind == FB_FORM_LETPAST) {
        code = lower_definition(lo, node, place, out);
    } else if (node->regex) {
        code = lower_match(lo, node, place, out);
    } else {
        code = lower_plain(lo, node, place, out);
    }
    lo->depth--;
    return code;
}

/* Lowers a tree whose verdicts have these columns. They have the first numbers, in their order, so
 * that rows sorted by the numbers of their variables are sorted as they are printed. */
static enum fb_code lower_tree(const struct fb_mnode *tree, const struct columns *columns,
    const struct fb_signature *signature, struct fb_arena *arena, struct fb_monpoly_body *out,
    struct fb_err *err)
{
    struct lower lo = {.signature = signature, .arena = arena, .err = err};
    struct frame top = {.closed = true};
    struct fb_monpoly_body body = {0};
    enum fb_code code = FB_OK;
    uint32_t *vars = FB_ARENA_ARRAY(arena, uint32_t, columns->count);
    if (!vars) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < columns->count; i++) {
        code = find_name(&lo, tree, &top, columns->names[i], &vars[i]);
    }
    code = code ? code : lower_node(&lo, tree, (struct place){&top, NULL}, &body.form);
    struct fb_form named = {0};
    code = code ? code : keep_names(&lo, &top, &named);
    body.names = named.names;
    body.name_count = named.name_count;
    body.columns = vars;
    body.column_count = columns->count;
    body.var_count = lo.var_count;
    if (code == FB_OK) {
        *out = body;
    }
    return code;
}

/* True when both have the same names, in whatever order. */
static bool same_columns(const struct columns *a, const struct columns *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        same = listed(b->names, b->count, a->names[i]);
    }
    return same;
}

/* The columns are those of the formula as written. */
static enum fb_code lower_quick(struct fb_mnode *tree, const struct columns *written,
    const struct fb_signature *signature, struct fb_arena *arena,
    struct fb_monpoly_formula *formula, struct fb_err *err)
{
    struct fb_err why;
    fb_err_init(&why);
    struct fb_monpoly_body body = {0};
    struct columns thawed = {0};
    tree = fb_mthaw(tree, arena);
    node_columns(tree, &thawed);
    enum fb_code code = lower_tree(tree, written, signature, arena, &body, &why);
    if (code == FB_E_NOMEM) {
        return fb_arena_failed(arena, err);
    }
    bool fits = code == FB_OK && same_columns(written, &thawed) &&
                fb_form_check(body.form, NULL, 0, &why) == FB_OK;
    if (fits) { /* otherwise it is as it was */
        formula->quick = body;
    }
    return FB_OK;
}

enum fb_code fb_monpoly_formula_read(struct fb_str text, const struct fb_signature *signature,
    struct fb_arena *arena, struct fb_monpoly_formula *out, struct fb_err *err)
{
    FB_ASSERT(signature && arena && out);
    struct fb_mnode *tree = NULL;
    struct fb_monpoly_formula formula = {0};
    struct columns columns = {0};
    enum fb_code code = fb_mparse(text, arena, &tree, err);
    if (code == FB_OK) {
        node_columns(tree, &columns);
        code = lower_tree(tree, &columns, signature, arena, &formula.plain, err);
    }
    formula.quick = formula.plain;
    code = code ? code : lower_quick(tree, &columns, signature, arena, &formula, err);
    if (code == FB_OK) {
        *out = formula;
    }
    return code;
}

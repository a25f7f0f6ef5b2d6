/* From a formula to stages, nodes and operations. */
#include <string.h>

#include "base/assert.h"
#include "engine/inc_watch.h"
#include "engine/pattern.h"

enum fb_code fb_inc_unsupported(
    const struct fb_inc_site *site, const struct fb_form *form, const char *why)
{
    (void)fb_err_set(site->err, FB_E_UNSUPPORTED, "%s", why);
    fb_err_place(site->err, NULL, form->span.line, form->span.column, -1);
    return FB_E_UNSUPPORTED;
}

enum fb_code fb_inc_no_memory(const struct fb_inc_site *site)
{
    return site->inc->memory.code ? site->inc->memory.code
                                  : fb_arena_failed(&site->inc->arena, site->err);
}

struct fb_inc_op *fb_inc_new_op(
    const struct fb_inc_site *site, enum fb_inc_kind kind, const struct fb_form *form, size_t parts)
{
    struct fb_arena *arena = &site->inc->arena;
    struct fb_inc_op *op = FB_ARENA_NEW(arena, struct fb_inc_op);
    if (!op) {
        return NULL;
    }
    *op = (struct fb_inc_op){.kind = kind, .form = form, .bound = site->given, .index = -1};
    op->parts = FB_ARENA_ARRAY(arena, struct fb_inc_op *, parts + 1);
    return op->parts ? op : NULL;
}

/* An operation without parts. */
static enum fb_code leaf(const struct fb_inc_site *site, enum fb_inc_kind kind,
    const struct fb_form *form, struct fb_inc_op **out)
{
    *out = fb_inc_new_op(site, kind, form, 0);
    return *out ? FB_OK : fb_inc_no_memory(site);
}

/* An operation over one part, which stands at `inside`. */
enum fb_code fb_inc_compile_unary(const struct fb_inc_site *site, const struct fb_inc_site *inside,
    enum fb_inc_kind kind, const struct fb_form *form, struct fb_inc_op **out)
{
    enum fb_code code = leaf(site, kind, form, out);
    if (code == FB_OK) {
        (*out)->part_count = 1;
        code = fb_inc_compile_part(inside, form->left, &(*out)->parts[0]);
    }
    return code;
}

uint32_t *fb_inc_list_vars(const struct fb_inc_site *site, fb_vars set, size_t *out_count)
{
    uint32_t *vars = FB_ARENA_ARRAY(&site->inc->arena, uint32_t, FB_IR_VARS_MAX);
    *out_count = 0;
    for (uint32_t i = 0; vars && i < FB_IR_VARS_MAX; i++) {
        if (set & fb_vars_of(i)) {
            vars[(*out_count)++] = i;
        }
    }
    return vars;
}

uint64_t fb_inc_mask_of(const struct fb_inc_node *node, fb_vars set)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < node->width; i++) {
        mask |= set & fb_vars_of(node->vars[i]) ? (uint64_t)1 << i : 0;
    }
    return mask;
}

fb_vars fb_inc_bound_of(const struct fb_form *form)
{
    FB_ASSERT(form);
    return fb_vars_in(form->bound, form->bound_count);
}

fb_vars fb_inc_groups_of(const struct fb_form *form)
{
    FB_ASSERT(form && form->kind == FB_FORM_AGGREGATE);
    return fb_inc_bound_of(form);
}

/* ---- leaves ---- */

/* The index of a definition's rows by the columns that are known, behind `before` others that are;
 * -1: none. */
static int index_of(const struct fb_inc_op *op, size_t before)
{
    uint64_t known = fb_inc_known_columns(op);
    uint64_t first = ((uint64_t)1 << before) - 1;
    return known || before ? fb_inc_set_index(&op->node->set, known << before | first) : -1;
}

/* A stage reads, at a place of it, what another one defines. */
static void note_read(struct fb_inc_stage *stage, size_t definition, int64_t shift)
{
    bool before = stage->reads >> definition & 1;
    stage->reads |= (uint64_t)1 << definition;
    if (!before || shift > stage->ahead[definition]) {
        stage->ahead[definition] = shift;
    }
}

/* A predicate of a FREEZE reads its rows; one of a LETPAST reads tuples, which another stage adds,
 * or the rows of one that reads what is frozen. */
static enum fb_code read_definition(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op *op)
{
    const struct fb_inc_frozen *frozen = site->frozen;
    if (form->definition->kind == FB_FORM_FREEZE) {
        while (frozen && frozen->form != form->definition) {
            frozen = frozen->outer;
        }
        FB_ASSERT(frozen);
        op->kind = FB_INC_FROZEN;
        op->node = frozen->node;
        op->index = index_of(op, 0);
        return FB_OK;
    }
    for (const struct fb_inc_lasting *l = site->lasting; l; l = l->outer) {
        if (l->form == form->definition) {
            enum fb_code code = fb_inc_read_lasting(site, l, op);
            op->index = code == FB_OK ? index_of(op, 0) : -1;
            return code;
        }
    }
    for (const struct fb_inc_recalled *r = site->recalled; r; r = r->outer) {
        if (r->form == form->definition) {
            op->kind = FB_INC_RECALL;
            op->node = r->node;
            op->index = index_of(op, 1);
            return FB_OK;
        }
    }
    for (size_t i = 0; i < site->inc->stage_count && !form->earlier; i++) {
        if (site->inc->stages[i].defines == form->definition) {
            op->stage = i;
            if (!site->direct) { /* else fb_inc_ready looks for it */
                note_read(&site->inc->stages[site->stage], i, site->shift);
            }
        }
    }
    return FB_OK;
}

static enum fb_code compile_pred(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    enum fb_code code = leaf(site, FB_INC_PRED, form, out);
    if (code) {
        return code;
    }
    struct fb_inc_op *op = *out;
    fb_vars bound = site->given;
    op->columns = FB_ARENA_ARRAY(&site->inc->arena, struct fb_inc_column, form->term_count);
    if (!op->columns) {
        return fb_inc_no_memory(site);
    }
    for (size_t i = 0; code == FB_OK && i < form->term_count; i++) {
        const struct fb_term *term = form->terms[i];
        struct fb_inc_column *column = &op->columns[i];
        if (term->kind == FB_TERM_CONST) {
            column->use = FB_INC_CONST;
            code = fb_inc_cell(site->inc, term->value, &column->value, site->err);
        } else if (term->kind == FB_TERM_VAR) {
            column->use = bound & fb_vars_of(term->var) ? FB_INC_CHECK : FB_INC_SET;
            column->var = term->var;
            bound |= fb_vars_of(term->var);
        } else {
            column->use = term->kind == FB_TERM_ANY ? FB_INC_SKIP : FB_INC_ARITH;
        }
    }
    FB_ASSERT(form->relation < site->inc->reads_count);
    site->inc->reads[form->relation] = true;
    code = form->definition && code == FB_OK ? read_definition(site, form, op) : code;
    return code == FB_OK && op->kind == FB_INC_PRED ? fb_inc_compile_way(site, op) : code;
}

static enum fb_code compile_compare(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    FB_ASSERT(form->term_count == 2);
    enum fb_code code = leaf(site, FB_INC_COMPARE, form, out);
    for (size_t i = 0; code == FB_OK && i < 2; i++) {
        const struct fb_term *term = form->terms[i];
        const struct fb_term *other = form->terms[1 - i];
        if (term->kind == FB_TERM_CONST) {
            code = fb_inc_cell(site->inc, term->value, &(*out)->constants[i], site->err);
        }
        if (term->kind == FB_TERM_VAR && !(site->given & fb_vars_of(term->var))) {
            FB_ASSERT(form->kind == FB_FORM_EQ);
            (*out)->kind = FB_INC_BIND;
            (*out)->var = term->var;
            (*out)->term = other;
        }
    }
    return code;
}

/* ---- conjunctions ---- */

/* What to try first: filters, then what is short. */
static int rank(const struct fb_form *form, fb_vars given)
{
    bool closed = (fb_form_vars(form) & ~given) == 0;
    switch (form->kind) {
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
        return 0;
    case FB_FORM_PRED:
        return !form->definition || form->definition->kind == FB_FORM_FREEZE ? 2
               : closed                                                      ? 1
               : fb_form_vars(form) & given                                  ? 4
                                                                             : 7;
    case FB_FORM_NOT:
    case FB_FORM_HISTORICALLY:
    case FB_FORM_ALWAYS:
        return rank(form->left, given) + 1;
    case FB_FORM_EXISTS:
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
        return rank(form->left, given);
    case FB_FORM_AND:
    case FB_FORM_OR: {
        int left = rank(form->left, given);
        int right = rank(form->right, given);
        bool first = form->kind == FB_FORM_AND ? left < right && left >= 2 : left > right;
        return first ? left : right;
    }
    case FB_FORM_ONCE:
    case FB_FORM_SINCE:
    case FB_FORM_EVENTUALLY:
    case FB_FORM_UNTIL:
        return closed ? 1 : fb_form_vars(form) & given ? 4 : 7;
    case FB_FORM_AGGREGATE:
        if ((fb_inc_groups_of(form) & ~given) == 0 && form->bound_count > 0) {
            return 3; /* one row at most */
        }
        return closed ? 3 : fb_form_vars(form) & given ? 5 : 6;
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
        return 7;
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        return rank(form->right, given);
    }
    FB_ASSERT(false);
    return 8;
}

static fb_vars hidden_in(const struct fb_regex *regex)
{
    return !regex ? 0
                  : (regex->test ? fb_inc_hidden(regex->test) : 0) | hidden_in(regex->left) |
                        hidden_in(regex->right);
}

fb_vars fb_inc_hidden(const struct fb_form *form)
{
    FB_ASSERT(form);
    fb_vars hidden = hidden_in(form->regex);
    for (size_t i = 0; form->kind == FB_FORM_EXISTS && i < form->bound_count; i++) {
        hidden |= fb_vars_of(form->bound[i]);
    }
    hidden |= form->left ? fb_inc_hidden(form->left) : 0;
    return hidden | (form->right ? fb_inc_hidden(form->right) : 0);
}

static enum fb_code compile_and(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    size_t count = fb_form_conjuncts(form);
    FB_ASSERT(count <= FB_IR_CONJUNCTS_MAX);
    count = fb_form_conjuncts_list(form, parts);
    struct fb_inc_op *op = fb_inc_new_op(site, FB_INC_AND, form, count);
    if (!op) {
        return fb_inc_no_memory(site);
    }
    struct fb_inc_site at = *site;
    at.busy |= fb_form_vars(form);
    for (; count > 0; count--) {
        size_t best = count;
        for (size_t i = 0; i < count; i++) {
            if (fb_form_evaluable(parts[i], at.given, NULL) &&
                (best == count || rank(parts[i], at.given) < rank(parts[best], at.given))) {
                best = i;
            }
        }
        if (best == count) {
            return fb_inc_unsupported(site, form, "a conjunction has no order of evaluation");
        }
        enum fb_code code = fb_inc_compile_part(&at, parts[best], &op->parts[op->part_count++]);
        if (code) {
            return code;
        }
        at.given |= fb_form_vars(parts[best]);
        at.busy |= fb_inc_hidden(parts[best]);
        memmove(&parts[best], &parts[best + 1], (count - best - 1) * sizeof(parts[0]));
    }
    *out = op;
    return FB_OK;
}

static enum fb_code compile_or(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    struct fb_inc_op *op = fb_inc_new_op(site, FB_INC_OR, form, 2);
    if (!op) {
        return fb_inc_no_memory(site);
    }
    op->part_count = 2;
    enum fb_code code = fb_inc_compile_part(site, form->left, &op->parts[0]);
    code = code ? code : fb_inc_compile_part(site, form->right, &op->parts[1]);
    *out = op;
    return code;
}

/* What is around goes on with its own variable of the same number: it has its value back whenever
 * what is around runs. */
static enum fb_code compile_exists(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    fb_vars hidden = 0;
    struct fb_inc_site inside = *site;
    for (size_t i = 0; i < form->bound_count; i++) {
        hidden |= (site->given | site->busy) & fb_vars_of(form->bound[i]);
        inside.blind = inside.blind || form->bound[i] == site->inc->options.subject;
    }
    inside.given &= ~hidden;
    enum fb_code code = hidden ? fb_inc_compile_unary(site, &inside, FB_INC_HIDE, form, out)
                               : fb_inc_compile_part(&inside, form->left, out);
    if (code == FB_OK && hidden) {
        (*out)->vars = fb_inc_list_vars(site, hidden, &(*out)->width);
        code = (*out)->vars ? FB_OK : fb_inc_no_memory(site);
    }
    if (code == FB_OK) {
        (*out)->around = form;
    }
    return code;
}

/* ---- text ---- */

static enum fb_code compile_text(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    struct fb_inc *inc = site->inc;
    enum fb_code code = leaf(site, FB_INC_TEXT, form, out);
    const struct fb_term *pattern = form->terms[1];
    bool fixed = form->kind == FB_FORM_MATCHES && pattern->kind == FB_TERM_CONST &&
                 pattern->value.type == FB_TYPE_STRING;
    if (code || !fixed) {
        return code;
    }
    if (!fb_inc_room(
            &inc->memory, &inc->owners, &inc->owner_cap, inc->owner_count, sizeof(*inc->owners))) {
        return inc->memory.code;
    }
    code = fb_pattern_new(pattern->value.u.text, &(*out)->pattern, site->err);
    if (code == FB_OK) {
        inc->owners[inc->owner_count++] = *out;
    }
    return code;
}

/* ---- nodes ---- */

struct fb_inc_node *fb_inc_new_node(const struct fb_inc_site *site, enum fb_inc_node_kind kind,
    const struct fb_form *form, fb_vars vars)
{
    struct fb_inc *inc = site->inc;
    struct fb_inc_node *node = FB_ARENA_NEW(&inc->arena, struct fb_inc_node);
    if (!node || !fb_inc_room(&inc->memory, &inc->nodes, &inc->node_cap, inc->node_count,
                     sizeof(*inc->nodes))) {
        return NULL;
    }
    node->kind = kind;
    node->form = form;
    node->interval = form->interval;
    node->stage = site->stage;
    node->shift = site->shift;
    node->vars = fb_inc_list_vars(site, vars, &node->width);
    if (!node->vars) {
        return NULL;
    }
    fb_inc_set_init(&node->set, node->width);
    inc->nodes[inc->node_count++] = node;
    return node;
}

size_t fb_inc_column_of(const uint32_t *vars, size_t width, uint32_t var)
{
    FB_ASSERT(vars);
    size_t at = 0;
    while (vars[at] != var) {
        at++;
        FB_ASSERT(at < width);
    }
    return at;
}

/* ---- aggregations ---- */

/* True when a formula cannot give a row twice. */
static bool distinct(const struct fb_form *form)
{
    switch (form->kind) {
    case FB_FORM_PRED:
    case FB_FORM_OR:
    case FB_FORM_EXISTS:
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        return false;
    case FB_FORM_AND:
        return distinct(form->left) && distinct(form->right);
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
        return distinct(form->left);
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
    case FB_FORM_NOT:
    case FB_FORM_ONCE:
    case FB_FORM_HISTORICALLY:
    case FB_FORM_EVENTUALLY:
    case FB_FORM_ALWAYS:
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
    case FB_FORM_AGGREGATE:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
        return true;
    }
    FB_ASSERT(false);
    return false;
}

/* True when an operation cannot give a row twice; quantifiers are not operations. */
static bool gives_once(const struct fb_inc_op *op)
{
    bool all = op->kind != FB_INC_SCAN && op->kind != FB_INC_MATCH && op->kind != FB_INC_HIDE;
    for (size_t i = 0; all && op->kind != FB_INC_NOT && i < op->part_count; i++) {
        all = gives_once(op->parts[i]);
    }
    return all;
}

/* The node of an aggregate: its set holds groups. `from` has the columns of its members. */
static enum fb_code new_groups(const struct fb_inc_site *site, const struct fb_inc_op *op,
    const struct fb_inc_node *from, struct fb_inc_node *node)
{
    const struct fb_form *form = op->form;
    node->group_at = FB_ARENA_ARRAY(&site->inc->arena, size_t, node->width + 1);
    if (!node->group_at) {
        return fb_inc_no_memory(site);
    }
    for (size_t i = 0; i < node->width; i++) {
        node->group_at[i] = fb_inc_column_of(from->vars, from->width, node->vars[i]);
    }
    node->over_at = fb_inc_column_of(from->vars, from->width, form->agg_over);
    node->set.grouped = true;
    return FB_OK;
}

/* Inside an aggregation the subject is seen where it is one of the columns of the groups. */
static bool blind_inside(const struct fb_inc_site *site, const struct fb_form *form)
{
    uint32_t subject = site->inc->options.subject;
    return site->blind || form->agg_result == subject ||
           !(fb_inc_groups_of(form) & fb_vars_of(subject));
}

/* Over a past operator, or a view of several: groups are kept as its rows come and go. */
static enum fb_code compile_tally(const struct fb_inc_site *site, const struct fb_form *form,
    struct fb_inc_op *view, struct fb_inc_op **out)
{
    struct fb_inc_node *child = view ? view->node : NULL;
    struct fb_inc_site inside = *site;
    inside.blind = blind_inside(site, form);
    enum fb_code code = view ? FB_OK : fb_inc_compile_node(&inside, form->left, &child);
    code = code ? code : leaf(site, FB_INC_GROUPS, form, out);
    if (code) {
        return code;
    }
    (*out)->parts[0] = view;
    (*out)->part_count = view ? 1 : 0;
    fb_vars groups = fb_inc_groups_of(form);
    struct fb_inc_node *node = fb_inc_new_node(site, FB_INC_TALLY, form, groups);
    if (!node) {
        return fb_inc_no_memory(site);
    }
    node->child = child;
    node->blind = inside.blind;
    child->tally = node;
    (*out)->node = node;
    (*out)->index = (groups & ~site->given) == 0 ? 0 : -1;
    code = new_groups(site, *out, child, node);
    if (code ||
        (form->agg != FB_AGG_MIN && form->agg != FB_AGG_MAX && form->agg != FB_AGG_MEDIAN)) {
        return code;
    }
    code =
        fb_inc_new_order(site, child, fb_inc_mask_of(child, groups), node->over_at, &node->order);
    if (code == FB_OK) {
        node->order->ranked = true;
    }
    return code;
}

static enum fb_code compile_collect(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    fb_vars groups = fb_inc_groups_of(form);
    struct fb_inc_site inside = *site;
    inside.given = site->given & groups;
    inside.busy = 0;
    inside.blind = blind_inside(site, form);
    enum fb_code code = fb_inc_compile_unary(site, &inside, FB_INC_COLLECT, form, out);
    if (code) {
        return code;
    }
    struct fb_inc_node *rows =
        fb_inc_new_node(site, FB_INC_SCRATCH, form, fb_form_vars(form->left));
    struct fb_inc_node *node = rows ? fb_inc_new_node(site, FB_INC_SCRATCH, form, groups) : NULL;
    if (!node) {
        return fb_inc_no_memory(site);
    }
    node->child = rows;
    node->blind = inside.blind;
    node->distinct = distinct(form->left) && gives_once((*out)->parts[0]);
    (*out)->node = node;
    code = new_groups(site, *out, rows, node);
    return code ? code : fb_inc_compile_range(site, *out);
}

static enum fb_code compile_aggregate(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    const struct fb_form *past = NULL;
    struct fb_form *over_past = NULL;
    enum fb_code code = fb_inc_past_of(site, form->left, &past);
    bool counted = past && fb_inc_kept(site, past);
    if (code == FB_OK && counted && past != form->left) {
        over_past = FB_ARENA_NEW(&site->inc->arena, struct fb_form);
        if (!over_past) {
            return fb_inc_no_memory(site);
        }
        *over_past = *form;
        over_past->left = (struct fb_form *)(uintptr_t)past;
    }
    if (code == FB_OK) {
        struct fb_inc_op *view = NULL;
        struct fb_inc_site inside = *site;
        inside.blind = blind_inside(site, form);
        code = counted ? FB_OK : fb_inc_compile_join(&inside, form, &view);
        code = code              ? code
               : counted || view ? compile_tally(site, over_past ? over_past : form, view, out)
                                 : compile_collect(site, form, out);
    }
    return code ? code
                : fb_inc_cell(site->inc, form->agg_nothing, &(*out)->constants[0], site->err);
}

/* What depends on the rows of a key alone is kept by key. */
static enum fb_code viewed(const struct fb_inc_site *site, const struct fb_form *form,
    enum fb_code (*compile)(
        const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out),
    struct fb_inc_op **out)
{
    struct fb_inc_op *view = NULL;
    enum fb_code code = fb_inc_compile_view(site, form, &view);
    if (code || view) {
        *out = view;
        return code;
    }
    return compile(site, form, out);
}

static enum fb_code compile_kind(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    switch (form->kind) {
    case FB_FORM_TRUE:
        return leaf(site, FB_INC_TRUE, form, out);
    case FB_FORM_FALSE:
        return leaf(site, FB_INC_FALSE, form, out);
    case FB_FORM_PRED:
        return compile_pred(site, form, out);
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
        return compile_compare(site, form, out);
    case FB_FORM_NOT:
        return fb_inc_compile_unary(site, site, FB_INC_NOT, form, out);
    case FB_FORM_AND:
        return viewed(site, form, compile_and, out);
    case FB_FORM_OR:
        return compile_or(site, form, out);
    case FB_FORM_EXISTS:
        return compile_exists(site, form, out);
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
        return fb_inc_compile_shift(site, form, out);
    case FB_FORM_HISTORICALLY:
    case FB_FORM_ALWAYS:
        return fb_inc_compile_every(site, form, out);
    case FB_FORM_ONCE:
    case FB_FORM_EVENTUALLY:
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
        return fb_inc_compile_temporal(site, form, out);
    case FB_FORM_AGGREGATE:
        return viewed(site, form, compile_aggregate, out);
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
        return compile_text(site, form, out);
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
        return fb_inc_compile_match(site, form, out);
    case FB_FORM_FREEZE:
        return fb_inc_compile_freeze(site, form, out);
    case FB_FORM_LETPAST:
        return fb_inc_compile_letpast(site, form, out);
    }
    FB_ASSERT(false);
    return FB_OK;
}

/* Whether an operation may give a row more than once, when it binds nothing. */
static bool repeats(enum fb_inc_kind kind)
{
    return kind != FB_INC_TRUE && kind != FB_INC_FALSE && kind != FB_INC_COMPARE &&
           kind != FB_INC_BIND && kind != FB_INC_NOT && kind != FB_INC_TEXT;
}

enum fb_code fb_inc_compile_part(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    FB_ASSERT(site && form && out);
    enum fb_code code = compile_kind(site, form, out);
    if (code == FB_OK && (fb_form_vars(form) & ~site->given) == 0) {
        (*out)->once = repeats((*out)->kind);
    }
    if (code == FB_OK && (*out)->kind == FB_INC_AND) {
        code = fb_inc_compile_bounds(site, *out);
        code = code || !(*out)->once ? code : fb_inc_compile_any(site, *out);
    }
    return code;
}

enum fb_code fb_inc_compile(struct fb_inc *inc, struct fb_err *err)
{
    FB_ASSERT(inc && inc->form);
    FB_ASSERT(inc->stage_count == 0);
    struct fb_inc_site site = {.inc = inc, .err = err};
    inc->stage_count = 1;
    return fb_inc_compile_part(&site, inc->form, &inc->stages[0].op);
}

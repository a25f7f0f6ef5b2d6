/* Temporal operators: from formulas to nodes, and what those list. */
#include "base/assert.h"
#include "engine/inc_watch.h"

enum fb_code fb_inc_enter_stage(const struct fb_inc_site *site, struct fb_inc_node *node)
{
    struct fb_inc *inc = site->inc;
    struct fb_inc_stage *stage = &inc->stages[node->stage];
    if (!fb_inc_room(&inc->memory, &stage->nodes, &stage->node_cap, stage->node_count,
            sizeof(*stage->nodes))) {
        return inc->memory.code;
    }
    stage->nodes[stage->node_count++] = node;
    return FB_OK;
}

/* A condition that is asked again only where something changed. */
static enum fb_code compile_watched(const struct fb_inc_site *site, struct fb_inc_node *node,
    const struct fb_form *part, struct fb_inc_killer *killer, bool *fits)
{
    enum fb_code code = FB_OK;
    killer->index = fb_inc_set_index(&node->set, fb_inc_mask_of(node, fb_form_vars(part)));
    killer->key_at = FB_ARENA_ARRAY(&site->inc->arena, size_t, killer->width + 1);
    *fits = false;
    if (!killer->key_at) {
        return fb_inc_no_memory(site);
    }
    for (size_t i = 0; i < killer->width; i++) {
        killer->key_at[i] = fb_inc_column_of(node->vars, node->width, killer->vars[i]);
    }
    if (killer->index >= 0) {
        struct fb_inc_own own = {
            killer->negative ? NULL : &node->set, node->vars, killer->negative};
        code = fb_inc_compile_watch(site, part, &own, &killer->op, &killer->watch);
    }
    *fits = killer->watch != NULL;
    killer->index = *fits ? killer->index : -1;
    return code;
}

/* A condition on the left side. SINCE takes rows out of the node's set, by an index where the
 * condition's own rows can be listed; UNTIL needs them listed. */
static enum fb_code compile_killer(const struct fb_inc_site *site, struct fb_inc_node *node,
    const struct fb_form *form, struct fb_inc_killer *killer)
{
    bool since = node->kind == FB_INC_PAST;
    killer->negative = form->kind == FB_FORM_NOT;
    const struct fb_form *part = killer->negative ? form->left : form;
    bool listed = fb_form_evaluable(part, 0, NULL) && (killer->negative || !since);
    FB_ASSERT(listed || since);
    fb_vars vars = fb_form_vars(part);
    struct fb_inc_site inside = *site;
    inside.given = listed ? 0 : fb_form_vars(node->form);
    killer->index = -1;
    killer->vars = fb_inc_list_vars(site, vars, &killer->width);
    if (!killer->vars) {
        return fb_inc_no_memory(site);
    }
    fb_inc_set_init(&killer->seen, killer->width);
    enum fb_code code = FB_OK;
    bool fits = false;
    if (since && !(listed && fb_inc_through_tuples(&inside, part))) {
        code = compile_watched(&inside, node, part, killer, &fits);
    } else if (!since) {
        struct fb_inc_own own = {&killer->seen, killer->vars, true};
        code = fb_inc_compile_grounded(&inside, part, &own, &killer->op, &killer->watch);
        fits = killer->watch != NULL;
    }
    if (code || fits) {
        return code;
    }
    if (listed && since) {
        killer->index = fb_inc_set_index(&node->set, fb_inc_mask_of(node, vars));
        inside.given = killer->index < 0 ? fb_form_vars(node->form) : 0;
    }
    return fb_inc_compile_part(&inside, part, &killer->op);
}

enum fb_code fb_inc_compile_killers(const struct fb_inc_site *site, struct fb_inc_node *node)
{
    FB_ASSERT(site && node && node->form->kind != FB_FORM_ONCE);
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    const struct fb_form *left = node->form->left;
    size_t count = fb_form_conjuncts(left);
    FB_ASSERT(count <= FB_INC_KILLERS_MAX);
    count = fb_form_conjuncts_list(left, parts);
    node->killers = FB_ARENA_ARRAY(&site->inc->arena, struct fb_inc_killer, count);
    if (!node->killers) {
        return fb_inc_no_memory(site);
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        if (parts[i]->kind != FB_FORM_TRUE) {
            code = compile_killer(site, node, parts[i], &node->killers[node->killer_count++]);
        }
    }
    return code;
}

/* The stage below an operator of the future. */
static enum fb_code new_stage(
    const struct fb_inc_site *site, struct fb_inc_node *node, struct fb_inc_site *inside)
{
    struct fb_inc *inc = site->inc;
    FB_ASSERT(inc->stage_count < FB_INC_STAGES_MAX);
    node->inner = inc->stage_count++;
    inc->stages[node->inner].owner = node;
    inside->stage = node->inner;
    inside->shift = 0;
    return FB_OK;
}

static bool tests_read_it(const struct fb_regex *regex, int64_t shift)
{
    return (regex->test && fb_inc_reads_itself(regex->test, shift)) ||
           (regex->left && tests_read_it(regex->left, shift)) ||
           (regex->right && tests_read_it(regex->right, shift));
}

/* They are not there when a node is updated. */
bool fb_inc_reads_itself(const struct fb_form *form, int64_t shift)
{
    if (form->kind == FB_FORM_PRED) {
        return form->earlier && shift >= 0;
    }
    shift += form->kind == FB_FORM_NEXT ? 1 : form->kind == FB_FORM_PREVIOUS ? -1 : 0;
    return (form->regex && tests_read_it(form->regex, shift)) ||
           (form->left && fb_inc_reads_itself(form->left, shift)) ||
           (form->right && fb_inc_reads_itself(form->right, shift));
}

/* Whether the conditions on the left side of UNTIL can be listed, and are not too many. */
static bool left_listed(const struct fb_form *form)
{
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    if (fb_form_conjuncts(form->left) > FB_INC_KILLERS_MAX) {
        return false;
    }
    size_t count = fb_form_conjuncts_list(form->left, parts);
    for (size_t i = 0; form->kind == FB_FORM_UNTIL && i < count; i++) {
        const struct fb_form *part = parts[i]->kind == FB_FORM_NOT ? parts[i]->left : parts[i];
        if (!fb_form_evaluable(part, 0, NULL)) {
            return false;
        }
    }
    return true;
}

bool fb_inc_kept(const struct fb_inc_site *site, const struct fb_form *form)
{
    bool binary = form->kind == FB_FORM_SINCE || form->kind == FB_FORM_UNTIL;
    const struct fb_form *right = binary ? form->right : form->left;
    return !site->direct && fb_form_evaluable(right, 0, NULL) &&
           (fb_form_vars(form) & ~fb_form_vars(right)) == 0 && (!binary || left_listed(form)) &&
           site->inc->stage_count + 1 < FB_INC_STAGES_MAX &&
           !fb_inc_reads_itself(form, site->shift);
}

struct fb_form *fb_inc_new_form(const struct fb_inc_site *site, enum fb_form_kind kind,
    const struct fb_form *left, const struct fb_form *right)
{
    FB_ASSERT(site && left);
    struct fb_form *form = FB_ARENA_NEW(&site->inc->arena, struct fb_form);
    if (form) {
        *form = (struct fb_form){.kind = kind, .span = left->span};
        form->interval.high = FB_TIME_MAX;
        form->left = (struct fb_form *)(uintptr_t)left;
        form->right = (struct fb_form *)(uintptr_t)right;
    }
    return form;
}

/* Whether the left side lets few rows pass, those of tuples. */
static bool passes_few(const struct fb_inc_site *site, const struct fb_form *left)
{
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    size_t count = fb_form_conjuncts_list(left, parts);
    bool few = false;
    for (size_t i = 0; i < count && !few; i++) {
        few = fb_form_evaluable(parts[i], 0, NULL) && fb_inc_through_tuples(site, parts[i]);
    }
    return few;
}

/* Whether what a formula says may hang on later time-points, or is not easily seen. */
static bool looks_ahead(const struct fb_form *form)
{
    switch ((int)form->kind) {
    case FB_FORM_NEXT:
    case FB_FORM_EVENTUALLY:
    case FB_FORM_ALWAYS:
    case FB_FORM_UNTIL:
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        return true;
    default:
        return form->definition || (form->left && looks_ahead(form->left)) ||
               (form->right && looks_ahead(form->right));
    }
}

/* In a window that begins later than now, a row that the right side has at a time-point is of use
 * where the left side has it at the next one, or before: where that has few, only those are looked
 * for. A row of SINCE is put one time-point late so, with the time of then. NULL in *out: nothing
 * is gained; or sides look ahead, which would be known sooner than fb_form_final says. */
static enum fb_code next_to_left(
    const struct fb_inc_site *site, struct fb_inc_node *node, const struct fb_form **out)
{
    const struct fb_form *form = node->form;
    bool since = form->kind == FB_FORM_SINCE;
    *out = NULL;
    if ((!since && form->kind != FB_FORM_UNTIL) || form->interval.low == 0 ||
        looks_ahead(form->left) || looks_ahead(form->right) || !passes_few(site, form->left) ||
        fb_inc_through_tuples(site, form->right)) {
        return FB_OK;
    }
    struct fb_form *before =
        fb_inc_new_form(site, FB_FORM_PREVIOUS, since ? form->right : form->left, NULL);
    struct fb_form *both = before ? fb_inc_new_form(site, FB_FORM_AND, since ? form->left : before,
                                        since ? before : form->right)
                                  : NULL;
    if (!both) {
        return fb_inc_no_memory(site);
    }
    node->late = since;
    *out = both;
    return FB_OK;
}

/* What tells of the rows of the right side, where something can. What no row has a say in is a
 * gate, unless a left side takes rows out while it does not hold. */
static enum fb_code compile_steady(
    const struct fb_inc_site *inside, struct fb_inc_node *node, const struct fb_form *right)
{
    enum fb_form_kind kind = node->form->kind;
    struct fb_inc_own own = {&node->set, node->vars, true};
    const struct fb_form *rows = right;
    const struct fb_form *gate = NULL;
    enum fb_code code = FB_OK;
    if (kind == FB_FORM_ONCE || kind == FB_FORM_EVENTUALLY) {
        code = fb_inc_split_gate(inside, right, &rows, &gate);
    }
    code = code ? code : fb_inc_compile_grounded(inside, rows, &own, &node->op, &node->steady);
    return code || !gate || !node->steady ? code : fb_inc_compile_part(inside, gate, &node->gate);
}

/* All conditions of a left side are behind NOT. */
static bool is_negative(const struct fb_form *left)
{
    return left->kind == FB_FORM_AND ? is_negative(left->left) && is_negative(left->right)
                                     : left->kind == FB_FORM_NOT || left->kind == FB_FORM_TRUE;
}

/* What lists or tells of the rows of the right side. */
static enum fb_code compile_right(
    const struct fb_inc_site *inside, struct fb_inc_node *node, const struct fb_form *right)
{
    const struct fb_form *form = node->form;
    const struct fb_form *next = NULL;
    enum fb_code code = next_to_left(inside, node, &next);
    bool now = form->kind != FB_FORM_UNTIL || form->interval.low == 0;
    if (code == FB_OK && !next && (now || is_negative(form->left))) {
        code = compile_steady(inside, node, right);
        node->later = node->steady && !now;
    }
    return code || node->steady ? code
                                : fb_inc_compile_part(inside, next ? next : right, &node->op);
}

enum fb_code fb_inc_compile_node(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_node **out)
{
    bool binary = form->kind == FB_FORM_SINCE || form->kind == FB_FORM_UNTIL;
    bool future = form->kind == FB_FORM_EVENTUALLY || form->kind == FB_FORM_UNTIL;
    const struct fb_form *right = binary ? form->right : form->left;
    fb_vars vars = fb_form_vars(right);
    struct fb_inc_site inside = *site;
    inside.given = 0;
    inside.busy = 0;
    FB_ASSERT(fb_inc_kept(site, form));
    struct fb_inc_node *node =
        fb_inc_new_node(site, future ? FB_INC_FUTURE : FB_INC_PAST, form, vars);
    if (!node) {
        return fb_inc_no_memory(site);
    }
    node->blind = site->blind;
    enum fb_code code = future ? new_stage(site, node, &inside) : FB_OK;
    code = code ? code : compile_right(&inside, node, right);
    if (code == FB_OK && binary) {
        code = fb_inc_compile_killers(&inside, node);
    }
    *out = node;
    return code ? code : fb_inc_enter_stage(site, node);
}

/* The left side from now until the window begins, beside what a node says of the rest: all points
 * of the window are behind all of those. */
static enum fb_code compile_until_later(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **op)
{
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    size_t count = fb_form_conjuncts_list(form->left, parts);
    struct fb_inc_op *both = fb_inc_new_op(site, FB_INC_AND, form, 1 + count);
    struct fb_inc_site inside = *site;
    inside.busy |= fb_form_vars(form);
    inside.given |= fb_form_vars(form->right);
    if (!both) {
        return fb_inc_no_memory(site);
    }
    both->parts[both->part_count++] = *op;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        struct fb_form *always = fb_inc_new_form(site, FB_FORM_ALWAYS, parts[i], NULL);
        if (!always) {
            return fb_inc_no_memory(site);
        }
        always->interval = (struct fb_interval){0, form->interval.low - 1};
        if (parts[i]->kind != FB_FORM_TRUE) {
            code = fb_inc_compile_part(&inside, always, &both->parts[both->part_count++]);
        }
    }
    *op = both;
    return code;
}

/* The node of the same formula at the same place, asked with other variables bound. */
static struct fb_inc_node *made_before(const struct fb_inc_site *site, const struct fb_form *form)
{
    size_t lasting = site->lasting ? site->lasting->number : 0;
    for (size_t i = 0; i < site->inc->node_count; i++) {
        struct fb_inc_node *node = site->inc->nodes[i];
        if (node->kind == FB_INC_PAST && node->form == form && node->stage == site->stage &&
            node->shift == site->shift && node->blind == site->blind && node->shared &&
            node->lasting == lasting) {
            return node;
        }
    }
    return NULL;
}

enum fb_code fb_inc_compile_temporal(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    if (!fb_inc_kept(site, form)) {
        return fb_inc_compile_scan(site, form, out);
    }
    struct fb_inc_node *node = made_before(site, form);
    *out = fb_inc_new_op(site, FB_INC_PROBE, form, 0);
    enum fb_code code = !*out  ? fb_inc_no_memory(site)
                        : node ? FB_OK
                               : fb_inc_compile_node(site, form, &node);
    if (code == FB_OK) {
        node->shared = true;
        node->lasting = site->lasting ? site->lasting->number : 0;
        uint64_t mask = fb_inc_mask_of(node, site->given);
        (*out)->node = node;
        (*out)->index = mask || node->width == 0 ? fb_inc_set_index(&node->set, mask) : -1;
        code = node->later ? compile_until_later(site, form, out) : FB_OK;
    }
    return code;
}

/* The negation of a formula, moved inwards as far as it helps to list its rows. */
static struct fb_form *negation(const struct fb_inc_site *site, struct fb_form *form)
{
    if (form->kind == FB_FORM_NOT) {
        return form->left;
    }
    struct fb_form *out = FB_ARENA_NEW(&site->inc->arena, struct fb_form);
    if (!out) {
        return NULL;
    }
    out->span = form->span;
    out->kind = form->kind == FB_FORM_OR ? FB_FORM_AND : FB_FORM_NOT;
    out->left = form->kind == FB_FORM_OR ? negation(site, form->left) : form;
    out->right = form->kind == FB_FORM_OR ? negation(site, form->right) : NULL;
    bool whole = out->left && (out->right || form->kind != FB_FORM_OR);
    return whole ? out : NULL;
}

/* HISTORICALLY p is NOT ONCE NOT p, and ALWAYS p is NOT EVENTUALLY NOT p. */
enum fb_code fb_inc_compile_every(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    struct fb_form *dual = FB_ARENA_NEW(&site->inc->arena, struct fb_form);
    struct fb_form *negated = negation(site, form->left);
    if (!dual || !negated) {
        return fb_inc_no_memory(site);
    }
    *dual = *form;
    dual->kind = form->kind == FB_FORM_HISTORICALLY ? FB_FORM_ONCE : FB_FORM_EVENTUALLY;
    dual->left = negated;
    struct fb_form *outer = negation(site, dual);
    return outer ? fb_inc_compile_unary(site, site, FB_INC_NOT, outer, out)
                 : fb_inc_no_memory(site);
}

enum fb_code fb_inc_compile_shift(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    struct fb_inc_site inside = *site;
    struct fb_inc_stage *stage = &site->inc->stages[site->stage];
    if (site->direct) {
        return fb_inc_compile_unary(site, &inside, FB_INC_SHIFT, form, out);
    }
    inside.shift += form->kind == FB_FORM_NEXT ? 1 : -1;
    stage->lead = inside.shift > stage->lead ? inside.shift : stage->lead;
    stage->lag = -inside.shift > stage->lag ? -inside.shift : stage->lag;
    return fb_inc_compile_unary(site, &inside, FB_INC_SHIFT, form, out);
}

/* Runs operations: each gives its rows, one by one, in inc->regs. */
#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/limit.h"
#include "engine/inc_plan.h"
#include "engine/pattern.h"

struct fb_inc_point *fb_inc_point_at(const struct fb_inc *inc, uint64_t number)
{
    FB_ASSERT(inc && inc->point_cap > 0);
    FB_ASSERT(number >= inc->point_low && number < inc->point_high);
    return &inc->points[number & (inc->point_cap - 1)];
}

int fb_inc_cmp(const struct fb_inc *inc, const struct fb_cell *a, const struct fb_cell *b)
{
    FB_ASSERT(inc && a && b);
    if (a->type == FB_TYPE_INT && b->type == FB_TYPE_INT) {
        return a->u.integer < b->u.integer ? -1 : a->u.integer > b->u.integer;
    }
    if (a->type == FB_TYPE_STRING && b->type == FB_TYPE_STRING) {
        bool same = a->u.integer == b->u.integer;
        return same ? 0
                    : fb_str_cmp(fb_inc_symbol_text(&inc->symbols, a->u.integer),
                          fb_inc_symbol_text(&inc->symbols, b->u.integer));
    }
    if (a->type == FB_TYPE_FLOAT && b->type == FB_TYPE_FLOAT) {
        double x = a->u.number;
        double y = b->u.number;
        if (x < y || x > y) {
            return x < y ? -1 : 1;
        }
    }
    return a->type == FB_TYPE_NONE && b->type == FB_TYPE_NONE ? 0 : fb_cell_order(a, b);
}

/* The value of a term under inc->regs; text that it makes goes to room. */
static struct fb_value value_of(struct fb_inc *inc, const struct fb_term *term, char *room)
{
    struct fb_value values[FB_IR_VARS_MAX];
    fb_vars vars = fb_term_vars(term);
    for (uint32_t i = 0; vars && i < inc->var_count; i++) {
        if (vars & fb_vars_of(i)) {
            values[i] = fb_inc_value(inc, &inc->regs[i]);
        }
    }
    return fb_term_value_in(term, values, room);
}

/* Sums and products of floats, which is what filters mostly compute; false: anything else. */
static bool quick_float(const struct fb_inc *inc, const struct fb_term *term, double *out)
{
    double a, b;
    switch ((int)term->kind) {
    case FB_TERM_VAR:
        *out = inc->regs[term->var].u.number;
        return inc->regs[term->var].type == FB_TYPE_FLOAT;
    case FB_TERM_CONST:
        *out = term->value.u.number;
        return term->value.type == FB_TYPE_FLOAT;
    case FB_TERM_ADD:
    case FB_TERM_SUB:
    case FB_TERM_MUL:
        if (!quick_float(inc, term->args[0], &a) || !quick_float(inc, term->args[1], &b)) {
            return false;
        }
        *out = term->kind == FB_TERM_ADD ? a + b : term->kind == FB_TERM_SUB ? a - b : a * b;
        return isfinite(*out);
    default:
        return false;
    }
}

struct fb_cell fb_inc_term(struct fb_inc *inc, const struct fb_term *term)
{
    FB_ASSERT(inc && term);
    double number;
    if (term->kind == FB_TERM_VAR) {
        return inc->regs[term->var];
    }
    if (quick_float(inc, term, &number)) {
        return (struct fb_cell){.type = FB_TYPE_FLOAT, .u.number = number + 0.0};
    }
    char room[FB_TERM_ROOM];
    struct fb_cell cell = {0};
    enum fb_code code = fb_inc_cell(inc, value_of(inc, term, room), &cell, inc->memory.err);
    if (code && inc->memory.code == FB_OK) {
        inc->memory.code = code;
    }
    return cell;
}

bool fb_inc_fits(struct fb_inc *inc, const struct fb_inc_op *op, const struct fb_cell *cells)
{
    const struct fb_form *form = op->form;
    bool arithmetic = false;
    for (size_t i = 0; i < form->term_count; i++) {
        const struct fb_inc_column *column = &op->columns[i];
        if (column->use == FB_INC_SET) {
            inc->regs[column->var] = cells[i];
        } else if ((column->use == FB_INC_CHECK &&
                       !fb_cell_eq(&inc->regs[column->var], &cells[i])) ||
                   (column->use == FB_INC_CONST && !fb_cell_eq(&column->value, &cells[i]))) {
            return false;
        }
        arithmetic = arithmetic || column->use == FB_INC_ARITH;
    }
    for (size_t i = 0; arithmetic && i < form->term_count; i++) {
        if (op->columns[i].use == FB_INC_ARITH) {
            struct fb_cell value = fb_inc_term(inc, form->terms[i]);
            if (value.type == FB_TYPE_NONE || !fb_cell_eq(&value, &cells[i])) {
                return false;
            }
        }
    }
    return true;
}

static bool run_pred(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    struct fb_inc_point *point = fb_inc_point_at(inc, inc->at);
    const struct fb_inc_lookup *lookup = NULL;
    if (op->way && point->tuple_count > inc->listed_max &&
        !fb_inc_look_up(inc, op, point, &lookup)) {
        return false;
    }
    if (lookup) {
        return fb_inc_run_found(inc, op, lookup, then);
    }
    for (size_t i = 0; i < point->tuple_count; i++) {
        const struct fb_inc_tuple *tuple = &point->tuples[i];
        if (tuple->relation == op->form->relation &&
            fb_inc_fits(inc, op, point->cells + tuple->at) && !then.fn(then.ctx, inc)) {
            return false;
        }
    }
    return true;
}

/* Equality and order hold of no NONE, and order only within a type (all numbers are one). */
static bool compare(struct fb_inc *inc, const struct fb_inc_op *op)
{
    struct fb_cell sides[2];
    for (size_t i = 0; i < 2; i++) {
        const struct fb_term *term = op->form->terms[i];
        sides[i] = term->kind == FB_TERM_CONST ? op->constants[i] : fb_inc_term(inc, term);
    }
    const struct fb_cell *a = &sides[0];
    const struct fb_cell *b = &sides[1];
    bool numbers = (a->type == FB_TYPE_INT || a->type == FB_TYPE_FLOAT) &&
                   (b->type == FB_TYPE_INT || b->type == FB_TYPE_FLOAT);
    if (a->type == FB_TYPE_NONE || b->type == FB_TYPE_NONE || (a->type != b->type && !numbers)) {
        return false;
    }
    if (op->form->kind == FB_FORM_EQ) {
        return fb_cell_eq(a, b);
    }
    int order = fb_inc_cmp(inc, a, b);
    return op->form->kind == FB_FORM_LESS ? order < 0 : order <= 0;
}

static bool run_bind(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    bool constant = op->term->kind == FB_TERM_CONST;
    size_t side = op->form->terms[0] == op->term ? 0 : 1;
    struct fb_cell value = constant ? op->constants[side] : fb_inc_term(inc, op->term);
    if (value.type == FB_TYPE_NONE) {
        return inc->memory.code == FB_OK;
    }
    inc->regs[op->var] = value;
    return then.fn(then.ctx, inc);
}

/* ---- text ---- */

/* Binds or compares the groups of a match; false when they do not fit. */
static bool fit_groups(struct fb_inc *inc, const struct fb_inc_op *op, const struct fb_str *groups)
{
    fb_vars bound = op->bound;
    for (size_t i = 2; i < op->form->term_count; i++) {
        const struct fb_term *term = op->form->terms[i];
        struct fb_value group = fb_value_str(groups[i - 2]);
        char room[FB_TERM_ROOM];
        if (term->kind == FB_TERM_ANY) {
            continue;
        }
        if (!groups[i - 2].ptr) {
            return false;
        }
        if (term->kind == FB_TERM_VAR && !(bound & fb_vars_of(term->var))) {
            bound |= fb_vars_of(term->var);
            enum fb_code code = fb_inc_cell(inc, group, &inc->regs[term->var], inc->memory.err);
            inc->memory.code = inc->memory.code ? inc->memory.code : code;
        } else if (!fb_value_eq(group, value_of(inc, term, room))) {
            return false;
        }
    }
    return inc->memory.code == FB_OK;
}

static bool find_pattern(
    struct fb_inc *inc, const struct fb_inc_op *op, struct fb_str text, struct fb_str pattern_text)
{
    struct fb_pattern *pattern = op->pattern;
    struct fb_pattern_match match;
    struct fb_err why;
    fb_err_init(&why);
    if (!pattern && fb_pattern_new(pattern_text, &pattern, &why) != FB_OK) {
        bool full = why.code == FB_E_NOMEM && inc->memory.code == FB_OK;
        inc->memory.code =
            full ? fb_err_set(inc->memory.err, FB_E_NOMEM, "memory ran out") : inc->memory.code;
        return false; /* a pattern out of the data that is none matches nothing */
    }
    enum fb_code code = fb_pattern_find(pattern, text, &match, inc->memory.err);
    inc->memory.code = inc->memory.code ? inc->memory.code : code;
    bool fits = code == FB_OK && match.found && fit_groups(inc, op, match.groups);
    if (pattern != op->pattern) {
        fb_pattern_free(pattern);
    }
    return fits;
}

static bool run_text(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    char rooms[2][FB_TERM_ROOM];
    struct fb_value a = value_of(inc, op->form->terms[0], rooms[0]);
    struct fb_value b = value_of(inc, op->form->terms[1], rooms[1]);
    if (a.type != FB_TYPE_STRING || b.type != FB_TYPE_STRING) {
        return true;
    }
    bool holds = op->form->kind == FB_FORM_MATCHES
                     ? find_pattern(inc, op, a.u.text, b.u.text)
                     : a.u.text.len == 0 ||
                           (b.u.text.len >= a.u.text.len &&
                               memmem(b.u.text.ptr, b.u.text.len, a.u.text.ptr, a.u.text.len));
    return holds ? then.fn(then.ctx, inc) : inc->memory.code == FB_OK;
}

/* ---- the rest ---- */

/* What is bound outside to the variables that a quantifier hides. */
struct hidden {
    const struct fb_inc_op *op;
    struct fb_cell outside[FB_IR_VARS_MAX];
    struct fb_inc_then then;
};

static void swap_hidden(struct fb_inc *inc, struct hidden *h)
{
    for (size_t i = 0; i < h->op->width; i++) {
        struct fb_cell cell = inc->regs[h->op->vars[i]];
        inc->regs[h->op->vars[i]] = h->outside[i];
        h->outside[i] = cell;
    }
}

static bool hide_then(void *ctx, struct fb_inc *inc)
{
    struct hidden *h = ctx;
    swap_hidden(inc, h);
    bool go_on = h->then.fn(h->then.ctx, inc);
    swap_hidden(inc, h);
    return go_on;
}

static bool run_hide(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    struct hidden h = {.op = op, .then = then};
    for (size_t i = 0; i < op->width; i++) {
        h.outside[i] = inc->regs[op->vars[i]];
    }
    bool whole = fb_inc_run(inc, op->parts[0], (struct fb_inc_then){hide_then, &h});
    swap_hidden(inc, &h);
    return whole;
}

static bool stop(void *ctx, struct fb_inc *inc)
{
    (void)inc;
    *(bool *)ctx = true;
    return false;
}

bool fb_inc_gives(struct fb_inc *inc, const struct fb_inc_op *op)
{
    FB_ASSERT(inc && op);
    bool found = false;
    bool whole = fb_inc_run(inc, op, (struct fb_inc_then){stop, &found});
    FB_ASSERT(inc->memory.code || whole != found);
    return found;
}

static bool run_not(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    bool found = fb_inc_gives(inc, op->parts[0]);
    return inc->memory.code == FB_OK && (found || then.fn(then.ctx, inc));
}

/* The conjuncts from one on. */
struct conjunction {
    const struct fb_inc_op *op;
    size_t next;
    struct fb_inc_then then;
};

/* What joins too many rows would not end: state does not grow by it. */
static bool too_much(struct fb_inc *inc)
{
    if (inc->memory.code == FB_OK) {
        inc->memory.code = fb_err_set(inc->memory.err, FB_E_LIMIT,
            "the conditions of a formula join too many rows at one time-point");
        (void)fb_err_hint(inc->memory.err,
            "Let each condition share a variable with those before it, so that few rows fit.");
    }
    return false;
}

static bool and_then(void *ctx, struct fb_inc *inc)
{
    const struct conjunction *c = ctx;
    if (++inc->work > fb_limit(FB_INC_WORK_MAX)) {
        return too_much(inc);
    }
    if (c->next == c->op->part_count) {
        return c->then.fn(c->then.ctx, inc);
    }
    struct conjunction rest = {c->op, c->next + 1, c->then};
    return fb_inc_run(inc, c->op->parts[c->next], (struct fb_inc_then){and_then, &rest});
}

/* What follows a part that was run at another time-point. */
struct shifted {
    uint64_t home;
    uint64_t there;
    struct fb_inc_then then;
};

static bool shift_then(void *ctx, struct fb_inc *inc)
{
    const struct shifted *s = ctx;
    inc->at = s->home;
    bool go_on = s->then.fn(s->then.ctx, inc);
    inc->at = s->there;
    return go_on;
}

static bool run_shift(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    bool back = op->form->kind == FB_FORM_PREVIOUS;
    struct shifted s = {.home = inc->at, .then = then};
    if (back ? inc->at == 0 : inc->at + 1 >= inc->point_high) {
        return true;
    }
    s.there = back ? inc->at - 1 : inc->at + 1;
    int64_t distance =
        back ? fb_inc_distance(inc, s.there, s.home) : fb_inc_distance(inc, s.home, s.there);
    const struct fb_interval *interval = &op->form->interval;
    if (distance < interval->low || (interval->high != FB_TIME_MAX && distance > interval->high)) {
        return true;
    }
    inc->at = s.there;
    bool go_on = fb_inc_run(inc, op->parts[0], (struct fb_inc_then){shift_then, &s});
    inc->at = s.home;
    return go_on;
}

static bool run_kind(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    switch (op->kind) {
    case FB_INC_TRUE:
        return then.fn(then.ctx, inc);
    case FB_INC_FALSE:
        return true;
    case FB_INC_PRED:
        return run_pred(inc, op, then);
    case FB_INC_BIND:
        return run_bind(inc, op, then);
    case FB_INC_COMPARE:
        return compare(inc, op) ? then.fn(then.ctx, inc) : inc->memory.code == FB_OK;
    case FB_INC_NOT:
        return run_not(inc, op, then);
    case FB_INC_AND: {
        struct conjunction all = {op, 0, then};
        return and_then(&all, inc);
    }
    case FB_INC_OR:
        return fb_inc_run(inc, op->parts[0], then) && fb_inc_run(inc, op->parts[1], then);
    case FB_INC_SHIFT:
        return run_shift(inc, op, then);
    case FB_INC_PROBE:
        return fb_inc_probe(inc, op, then);
    case FB_INC_GROUPS:
        return fb_inc_groups(inc, op, then);
    case FB_INC_COLLECT:
        return fb_inc_collect(inc, op, then);
    case FB_INC_TEXT:
        return run_text(inc, op, then);
    case FB_INC_HIDE:
        return run_hide(inc, op, then);
    case FB_INC_SCAN:
        return fb_inc_scan(inc, op, then);
    case FB_INC_MATCH:
        return fb_inc_match(inc, op, then);
    case FB_INC_FREEZE:
        return fb_inc_freeze(inc, op, then);
    case FB_INC_FROZEN:
        return fb_inc_frozen(inc, op, then);
    case FB_INC_VIEW:
        return fb_inc_view(inc, op, then);
    case FB_INC_RECUR:
        return fb_inc_recur(inc, op, then);
    case FB_INC_RECALL:
        return fb_inc_recall(inc, op, then);
    case FB_INC_LAST:
        return fb_inc_last(inc, op, then);
    }
    FB_ASSERT(false);
    return false;
}

/* Whether what a range holds of the rows of a key is more than nothing, which needs none of them.
 */
static bool any_then(void *ctx, struct fb_inc *inc)
{
    const struct fb_inc_op *op = *(const struct fb_inc_op **)ctx;
    const struct fb_inc_range *range = op->range;
    const struct fb_inc_node *past = range->order->node;
    struct fb_cell values[FB_INC_BOUNDS_MAX];
    struct fb_cell row[FB_IR_VARS_MAX];
    if (!fb_inc_range_values(inc, range, values)) {
        bool found = false;
        return inc->memory.code == FB_OK &&
               fb_inc_run(inc, range->rest, (struct fb_inc_then){stop, &found});
    }
    for (size_t i = 0; i < past->width; i++) {
        row[i] = inc->regs[past->vars[i]];
    }
    return fb_inc_order_count(inc, range, row, values) == 0;
}

/* Two sides of an OR that both hold, or two rows of what a quantifier hides, are one row here: a
 * chain of such filters would pass on 2, 4, 8, ... equal rows. */
bool fb_inc_run(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op && then.fn);
    if (!op->once) {
        return run_kind(inc, op, then);
    }
    bool found = false;
    bool whole;
    if (op->kind == FB_INC_AND && op->range) {
        whole = fb_inc_run(inc, op->range->before, (struct fb_inc_then){any_then, &op});
        found = !whole;
    } else {
        whole = run_kind(inc, op, (struct fb_inc_then){stop, &found});
    }
    if (inc->memory.code) {
        return false;
    }
    FB_ASSERT(whole != found);
    return !found || then.fn(then.ctx, inc);
}

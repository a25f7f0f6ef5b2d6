/* The search for proofs: variables that may be anything, and aggregations. */
#include <string.h>

#include "base/assert.h"
#include "engine/prove.h"

static void *no_memory(struct fb_prover *p)
{
    p->code = p->code ? p->code : fb_arena_failed(p->ev.arena, p->ev.err);
    return NULL;
}

/* ---- splitting ---- */

/* The values that a variable has where it is bound. */
struct values {
    struct fb_value *items;
    size_t count;
    size_t cap;
};

static bool has(const struct values *values, struct fb_value value)
{
    size_t low = 0;
    size_t high = values->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = fb_value_cmp(values->items[mid], value);
        if (order == 0) {
            return true;
        }
        low = order < 0 ? mid + 1 : low;
        high = order < 0 ? high : mid;
    }
    return false;
}

/* Keeps them sorted. */
static void add_value(struct fb_prover *p, struct values *values, struct fb_value value)
{
    if (p->code || has(values, value)) {
        return;
    }
    if (values->count == values->cap) {
        size_t cap = values->cap ? 2 * values->cap : 8;
        struct fb_value *grown = FB_ARENA_ARRAY(p->ev.arena, struct fb_value, cap);
        if (!grown) {
            no_memory(p);
            return;
        }
        if (values->count) {
            memcpy(grown, values->items, values->count * sizeof(*grown));
        }
        values->items = grown;
        values->cap = cap;
    }
    size_t at = values->count++;
    for (; at > 0 && fb_value_cmp(values->items[at - 1], value) > 0; at--) {
        values->items[at] = values->items[at - 1];
    }
    values->items[at] = value;
}

/* One search for a variable to split, and its values. */
struct search {
    struct fb_prover *p;
    const struct fb_place *place;
    bool found;
    uint32_t var;
    struct values values;
};

/* Takes a part that binds: its first open variable, and, when that is the one of before, its values
 * in the rows. */
static void look_at(struct search *s, const struct fb_form *part, size_t tp)
{
    fb_vars open = fb_form_vars(part) & ~s->place->env.bound;
    if (!open || !fb_form_evaluable(part, s->place->env.bound, NULL)) {
        return;
    }
    struct fb_place at = *s->place;
    at.tp = tp;
    struct fb_table rows = fb_prove_rows(s->p, part, &at);
    if (!s->found) {
        s->var = (uint32_t)__builtin_ctzll(open);
        s->found = rows.count > 0;
    }
    for (size_t i = 0; (open & fb_vars_of(s->var)) && i < rows.count; i++) {
        add_value(s->p, &s->values, rows.rows[i].values[s->var]);
    }
}

/* The conjunct with the fewest values. */
static void look_and(struct search *s, const struct fb_form *form)
{
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    size_t count = fb_form_conjuncts(form);
    struct search best = *s;
    if (count > FB_IR_CONJUNCTS_MAX) {
        return;
    }
    count = fb_form_conjuncts_list(form, parts);
    for (size_t i = 0; i < count; i++) {
        struct search one = *s;
        look_at(&one, parts[i], s->place->tp);
        bool better = one.found && (!best.found || one.values.count < best.values.count);
        best = better ? one : best;
    }
    *s = best;
}

static void look_regex(struct search *s, const struct fb_regex *regex, size_t tp)
{
    if (regex->test) {
        look_at(s, regex->test, tp);
    }
    if (regex->left) {
        look_regex(s, regex->left, tp);
    }
    if (regex->right) {
        look_regex(s, regex->right, tp);
    }
}

/* The time-points that an operator may look at. */
static void look_over_time(struct search *s, const struct fb_form *form)
{
    bool back = form->kind == FB_FORM_SINCE || form->kind == FB_FORM_MATCH_PAST;
    size_t from = back ? 0 : s->place->tp;
    size_t until = back ? s->place->tp + 1 : s->p->ev.trace->time_count;
    struct fb_form whole = *form;
    whole.interval.low = 0;
    for (size_t j = from; !s->p->code && j < until; j++) {
        if (!fb_eval_within(&s->p->ev, &whole, s->place->tp, j)) {
            continue;
        }
        if (form->regex) {
            look_regex(s, form->regex, j);
        } else {
            look_at(s, form->right, j);
        }
    }
}

static struct fb_place group_place(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place);

/* Groups first, then the result. */
static void look_group(struct search *s, const struct fb_form *form)
{
    fb_vars groups = 0;
    for (size_t i = 0; i < form->bound_count; i++) {
        groups |= fb_vars_of(form->bound[i]);
    }
    fb_vars open = groups & ~s->place->env.bound;
    if (!open) {
        look_at(s, form, s->place->tp);
        return;
    }
    s->var = (uint32_t)__builtin_ctzll(open);
    s->found = true;
    struct fb_place inner = group_place(s->p, form, s->place);
    struct fb_table rows = fb_prove_rows(s->p, form->left, &inner);
    for (size_t i = 0; i < rows.count; i++) {
        add_value(s->p, &s->values, rows.rows[i].values[s->var]);
    }
}

static void look(struct search *s, const struct fb_form *form)
{
    switch ((int)form->kind) {
    case FB_FORM_AND:
        look_and(s, form);
        return;
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
        look_over_time(s, form);
        return;
    case FB_FORM_AGGREGATE:
        look_group(s, form);
        return;
    default: /* the others have a proof without a split, if any */
        return;
    }
}

struct fb_place fb_prove_but(
    struct fb_prover *p, const struct fb_place *place, uint32_t var, struct fb_value value)
{
    FB_ASSERT(p && place && !(place->env.bound & fb_vars_of(var)));
    struct fb_place rest = *place;
    struct fb_but *but = FB_ARENA_NEW(p->ev.arena, struct fb_but);
    if (!but) {
        no_memory(p);
        return rest;
    }
    *but = (struct fb_but){var, value, rest.but};
    rest.but = but;
    return rest;
}

/* The place where var has none of the values. */
static struct fb_place apart(
    struct fb_prover *p, const struct fb_place *place, uint32_t var, const struct values *values)
{
    struct fb_place rest = *place;
    for (size_t i = 0; !p->code && i < values->count; i++) {
        rest = fb_prove_but(p, &rest, var, values->items[i]);
    }
    return rest;
}

/* True when a row has these values. */
static bool is_row(const struct fb_listed *listed, size_t i, const struct fb_value *values)
{
    fb_vars vars = fb_form_vars(listed->form);
    for (uint32_t v = 0; v < FB_IR_VARS_MAX; v++) {
        if ((vars >> v & 1) && !fb_value_eq(listed->rows->rows[i].values[v], values[v])) {
            return false;
        }
    }
    return true;
}

/* That there is no row but those listed. */
static struct fb_proof_step *except(
    struct fb_prover *p, const struct fb_listed *listed, const struct fb_place *place)
{
    if (!fb_prove_closed(listed->form, place)) {
        return fb_prove_any(p, listed->form, place) ? fb_prove_split(p, listed->form, place, listed)
                                                    : fb_prove_fails(p, listed->form, place);
    }
    for (size_t i = 0; i < listed->rows->count; i++) {
        if (is_row(listed, i, place->env.values)) {
            struct fb_proof_step *proof = fb_prove_leaf(p, FB_RULE_LISTED, false, place);
            if (proof) {
                proof->at = i;
            }
            return proof;
        }
    }
    return fb_prove_fails(p, listed->form, place);
}

static struct fb_proof_step *case_of(struct fb_prover *p, const struct fb_form *form,
    const struct fb_place *place, const struct fb_listed *listed)
{
    return listed ? except(p, listed, place) : fb_prove_fails(p, form, place);
}

struct fb_proof_step *fb_prove_split(struct fb_prover *p, const struct fb_form *form,
    const struct fb_place *place, const struct fb_listed *listed)
{
    FB_ASSERT(p && form && place);
    struct search s = {.p = p, .place = place};
    if (listed) {
        look_at(&s, form, place->tp);
    } else {
        look(&s, form);
    }
    struct fb_proof_step *proof =
        s.found && s.values.count ? fb_prove_leaf(p, FB_RULE_SPLIT, false, place) : NULL;
    struct fb_kids kids = {0};
    for (size_t i = 0; proof && i <= s.values.count; i++) {
        struct fb_place part = i < s.values.count
                                   ? fb_prove_bound(p, place, s.var, s.values.items[i])
                                   : apart(p, place, s.var, &s.values);
        struct fb_proof_step *kid = p->code ? NULL : case_of(p, form, &part, listed);
        if (!kid) {
            return NULL;
        }
        fb_kids_add(&kids, kid);
    }
    if (proof) {
        proof->at = s.var;
        proof->values = fb_prove_values(p, s.values.items, s.values.count);
        proof->value_count = s.values.count;
        proof->kid = kids.first;
        proof->weight = kids.weight;
    }
    return p->code ? NULL : proof;
}

/* ---- aggregations ---- */

/* Of what is known only the groups reach the condition. */
static struct fb_place group_place(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place)
{
    fb_vars groups = 0;
    for (size_t i = 0; i < form->bound_count; i++) {
        groups |= fb_vars_of(form->bound[i]);
    }
    uint32_t others[FB_IR_VARS_MAX];
    size_t count = 0;
    for (uint32_t v = 0; v < p->ev.var_count; v++) {
        if (!(groups >> v & 1)) {
            others[count++] = v;
        }
    }
    return fb_prove_opened(p, place, others, count);
}

/* The result over the rows of one group; NONE when there is none. */
static struct fb_value result_of(
    struct fb_prover *p, const struct fb_form *form, const struct fb_table *rows)
{
    struct fb_value result = fb_value_none();
    struct fb_row **list = FB_ARENA_ARRAY(p->ev.arena, struct fb_row *, rows->count);
    if (!list) {
        no_memory(p);
        return result;
    }
    for (size_t i = 0; i < rows->count; i++) {
        list[i] = &rows->rows[i];
    }
    enum fb_code code = fb_agg_apply(&p->ev, form->agg, form->agg_over, list, rows->count, &result);
    p->code = p->code ? p->code : code;
    bool nothing = rows->count == 0 && result.type == FB_TYPE_NONE;
    return nothing ? form->agg_nothing : result;
}

/* Whether the result variable has what came out. */
static bool agrees(const struct fb_form *form, const struct fb_place *place, struct fb_value result)
{
    uint32_t var = form->agg_result;
    if (place->env.bound >> var & 1) {
        return fb_value_eq(place->env.values[var], result);
    }
    return !fb_prove_excluded(place, var, result);
}

/* The row as a step: the values of the condition's variables, by number. */
static struct fb_proof_step *row_step(struct fb_prover *p, const struct fb_form *form,
    const struct fb_place *inner, const struct fb_row *row)
{
    fb_vars vars = fb_form_vars(form->left);
    struct fb_place with = *inner;
    struct fb_value list[FB_IR_VARS_MAX];
    size_t count = 0;
    with.env.bound |= vars;
    with.env.values = row->values;
    for (uint32_t v = 0; v < FB_IR_VARS_MAX; v++) {
        if (vars >> v & 1) {
            list[count++] = row->values[v];
        }
    }
    struct fb_proof_step *proof =
        fb_prove_over(p, FB_RULE_ROW, true, inner, fb_prove_holds(p, form->left, &with));
    if (proof) {
        proof->values = fb_prove_values(p, list, count);
        proof->value_count = count;
    }
    return proof;
}

/* True when all rows have the same groups. */
static bool one_group(const struct fb_form *form, const struct fb_place *place)
{
    for (size_t i = 0; i < form->bound_count; i++) {
        if (!(place->env.bound >> form->bound[i] & 1)) {
            return false;
        }
    }
    return true;
}

struct fb_proof_step *fb_prove_group(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds)
{
    FB_ASSERT(p && form && place);
    struct fb_place inner = group_place(p, form, place);
    if (!fb_form_evaluable(form->left, inner.env.bound, NULL)) {
        return NULL; /* another part of the formula binds its groups, when it is split */
    }
    struct fb_table rows = fb_prove_rows(p, form->left, &inner);
    struct fb_listed listed = {form->left, &rows};
    bool empty = rows.count == 0 && form->bound_count > 0;
    if (!empty && (!one_group(form, place) || p->code)) {
        return NULL;
    }
    struct fb_value result = empty ? fb_value_none() : result_of(p, form, &rows);
    bool there = !empty && result.type != FB_TYPE_NONE && agrees(form, place, result);
    if (there != holds || p->code) {
        return NULL;
    }
    struct fb_kids kids = {0};
    for (size_t i = 0; i <= rows.count; i++) {
        struct fb_proof_step *kid =
            i < rows.count ? row_step(p, form, &inner, &rows.rows[i]) : except(p, &listed, &inner);
        if (!kid) {
            return NULL;
        }
        fb_kids_add(&kids, kid);
    }
    struct fb_proof_step *proof = fb_prove_leaf(p, FB_RULE_GROUP, holds, place);
    if (proof) {
        proof->kid = kids.first;
        proof->weight = kids.weight;
        proof->values = fb_prove_values(p, &result, 1);
        proof->value_count = 1;
    }
    return proof;
}

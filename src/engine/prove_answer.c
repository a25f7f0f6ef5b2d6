/* Answers to questions: a proof at one time-point, and how far the same steps reach. */
#include <string.h>

#include "base/assert.h"
#include "engine/prove.h"

/* True when a formula looks at other time-points. */
static bool looks_away(const struct fb_form *form)
{
    switch ((int)form->kind) {
    case FB_FORM_PRED:
        return form->definition != NULL;
    case FB_FORM_NOT:
    case FB_FORM_EXISTS:
    case FB_FORM_AGGREGATE:
        return looks_away(form->left);
    case FB_FORM_AND:
    case FB_FORM_OR:
        return looks_away(form->left) || looks_away(form->right);
    default:
        return form->kind > FB_FORM_OR;
    }
}

/* Whether a tuple may matter to a formula in which `known` variables have values. */
static bool matters(const struct fb_form *form, const struct fb_tuple *tuple, fb_vars known,
    const struct fb_value *values)
{
    fb_vars inner = form->kind == FB_FORM_AGGREGATE ? 0 : known;
    for (size_t i = 0; i < form->bound_count; i++) {
        fb_vars one = fb_vars_of(form->bound[i]);
        inner = form->kind == FB_FORM_AGGREGATE ? inner | (known & one) : inner & ~one;
    }
    if (form->kind != FB_FORM_PRED) {
        return (form->left && matters(form->left, tuple, inner, values)) ||
               (form->right && matters(form->right, tuple, inner, values));
    }
    if (form->relation != tuple->relation) {
        return false;
    }
    for (size_t i = 0; i < form->term_count; i++) {
        const struct fb_term *term = form->terms[i];
        if (term->kind == FB_TERM_CONST && !fb_value_eq(term->value, tuple->values[i])) {
            return false;
        }
        if (term->kind == FB_TERM_VAR && (known & fb_vars_of(term->var)) &&
            !fb_value_eq(values[term->var], tuple->values[i])) {
            return false;
        }
    }
    return true;
}

/* The last time-point up to which nothing changes that the formula looks at from tp. */
static size_t reach(const struct fb_question *q, size_t tp)
{
    size_t to = looks_away(q->form) ? tp : q->last;
    for (size_t i = 0; i < q->trace->tuple_count && to > tp; i++) {
        const struct fb_tuple *tuple = &q->trace->tuples[i];
        size_t changes[3] = {tuple->from, tuple->from + 1, tuple->until};
        if (!matters(q->form, tuple, q->known, q->values)) {
            continue;
        }
        for (size_t k = 0; k < 3; k++) {
            to = changes[k] > tp && changes[k] <= to ? changes[k] - 1 : to;
        }
    }
    return to;
}

/* A proof of what is the case at tp, stretched as far as it reaches. */
static enum fb_code prove_at(const struct fb_question *q, size_t tp, struct fb_arena *arena,
    struct fb_answer *out, struct fb_err *err)
{
    struct fb_value *values = FB_ARENA_ARRAY(arena, struct fb_value, FB_IR_VARS_MAX);
    if (!values) {
        return fb_arena_failed(arena, err);
    }
    for (size_t v = 0; v < q->var_count; v++) {
        values[v] = (q->known >> v & 1) ? q->values[v] : fb_value_none();
    }
    struct fb_eval ev = {.trace = q->trace, .var_count = q->var_count, .arena = arena, .err = err};
    struct fb_env env = {.bound = q->known, .values = values};
    struct fb_table table = {0};
    struct fb_proof_claim claim = {
        .form = q->form, .tp = tp, .var_count = q->var_count, .values = values, .known = q->known};
    if (!fb_form_evaluable(q->form, q->known, err)) {
        return FB_E_POLICY;
    }
    enum fb_code code = fb_eval_form(&ev, q->form, tp, &env, &table);
    claim.holds = table.count > 0;
    if (code == FB_OK && claim.holds && q->result >= 0) {
        values[q->result] = table.rows[0].values[q->result];
        claim.known |= fb_vars_of((uint32_t)q->result);
    }
    struct fb_proof_step *proof = NULL;
    code = code ? code : fb_prove(&claim, q->trace, arena, &proof, err);
    if (code == FB_OK && !proof) {
        code = fb_err_set(err, FB_E_MISMATCH, "there is no proof at time-point %zu", tp);
    }
    if (code == FB_OK) {
        *out = (struct fb_answer){claim.holds, reach(q, tp), proof};
        fb_prove_stretch(proof, out->to);
    }
    return code;
}

enum fb_code fb_prove_answer(const struct fb_question *question, struct fb_arena *arena,
    struct fb_answer *out, struct fb_err *err)
{
    FB_ASSERT(question && question->form && question->trace && arena && out);
    FB_ASSERT(question->tp <= question->last && question->last < question->trace->time_count);
    struct fb_answer all = {0}, more = {0};
    struct fb_kids joined = {0};
    enum fb_code code = prove_at(question, question->tp, arena, &all, err);
    if (code == FB_OK) {
        fb_kids_append(&joined, (struct fb_proof_step *)all.proof);
    }
    while (code == FB_OK && all.to < question->last && !looks_away(question->form)) {
        code = prove_at(question, all.to + 1, arena, &more, err);
        if (code || more.holds != all.holds) {
            break;
        }
        fb_kids_append(&joined, (struct fb_proof_step *)more.proof);
        if (joined.first != joined.last) {
            joined.first->next = NULL;
            break;
        }
        all.to = more.to;
    }
    if (code == FB_OK) {
        *out = all;
    }
    return code;
}

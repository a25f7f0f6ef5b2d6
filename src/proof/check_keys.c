/*
 * The checker of duties: of which parameters there may be obligations at all. Who claims that there
 * is none of some kind (that something is allowed) must show all of them.
 */
#include "base/assert.h"
#include "proof/check_parts.h"
#include "proof/duty_parts.h"

/* How many rows the parameters have that the first duty's trigger ever had: a proof of that count
 * lists them all. */
static enum fb_code ever_triggered(
    struct fb_recount *r, const struct fb_duty *first, uint64_t params, const struct fb_form **out)
{
    struct fb_form *both = FB_ARENA_NEW(r->arena, struct fb_form);
    struct fb_form *once = FB_ARENA_NEW(r->arena, struct fb_form);
    struct fb_form *counted = FB_ARENA_NEW(r->arena, struct fb_form);
    if (!both || !once || !counted) {
        return fb_arena_failed(r->arena, r->err);
    }
    *both = (struct fb_form){.kind = FB_FORM_AND, .left = first->when, .right = first->given};
    const struct fb_form *closed =
        fb_form_closed(first->given ? both : first->when, params, r->arena);
    if (!closed) {
        return fb_arena_failed(r->arena, r->err);
    }
    once->kind = FB_FORM_ONCE;
    once->left = (struct fb_form *)(uintptr_t)closed;
    once->interval.high = FB_TIME_MAX;
    counted->kind = FB_FORM_AGGREGATE;
    counted->left = once;
    counted->agg = FB_AGG_COUNT;
    counted->agg_over = (uint32_t)__builtin_ctzll(params);
    counted->agg_result = (uint32_t)r->duty->var_count;
    *out = counted;
    return FB_OK;
}

/* The rows that a proof lists, as keys. */
static enum fb_code list_keys(struct fb_recount *r, uint64_t params,
    const struct fb_proof_step *row, const struct fb_value *const **out, size_t *out_count)
{
    const struct fb_value **keys = NULL;
    enum fb_code code = FB_OK;
    for (*out_count = 0; code == FB_OK && row && row->rule == FB_RULE_ROW; row = row->next) {
        struct fb_value *key = FB_ARENA_ARRAY(r->arena, struct fb_value, r->duty->param_count);
        code = key ? fb_recount_grow(r, &keys, *out_count, sizeof(*keys))
                   : fb_arena_failed(r->arena, r->err);
        size_t used = 0;
        for (uint32_t v = 0; code == FB_OK && v < r->duty->param_count; v++) {
            key[v] = params >> v & 1 ? row->values[used++] : fb_value_none();
        }
        if (code == FB_OK) {
            keys[(*out_count)++] = key;
        }
    }
    *out = keys;
    return code;
}

enum fb_code fb_duty_keys(const struct fb_duty_subject *subject, struct fb_arena *arena,
    const struct fb_value *const **out, size_t *out_count, struct fb_err *err)
{
    FB_ASSERT(subject && subject->judge && subject->duty->when && arena && out && out_count);
    static const struct fb_value none[FB_IR_VARS_MAX] = {{.type = FB_TYPE_NONE}};
    static const struct fb_value *const nothing[] = {none};
    struct fb_recount r = {.of = subject, .duty = subject->duty, .arena = arena, .err = err};
    const struct fb_duty *first = r.duty;
    while (first->after) {
        first = first->after;
    }
    uint64_t params = fb_check_vars(first->when) | (first->given ? fb_check_vars(first->given) : 0);
    params &= ((uint64_t)1 << r.duty->param_count) - 1;
    enum fb_code code = fb_recount_begin(&r);
    if (code || r.tp_count == 0 || params == 0) {
        *out = nothing;
        *out_count = r.tp_count > 0;
        return code;
    }
    if (r.duty->var_count >= FB_IR_VARS_MAX || first->var_count > r.duty->var_count) {
        return fb_recount_refuse(&r);
    }
    struct fb_question question = {.about = "all that are owed",
        .trace = &r.trace,
        .values = none,
        .var_count = r.duty->var_count + 1,
        .result = (int)r.duty->var_count,
        .tp = r.tp_count - 1};
    struct fb_answer answer = {0};
    code = ever_triggered(&r, first, params, &question.form);
    code = code ? code : fb_recount_ask(&r, &question, &answer);
    if (code == FB_OK && !answer.holds) {
        code = fb_err_set(err, FB_E_NEGATIVE, "a count has no result");
    }
    return code ? code : list_keys(&r, params, answer.proof->kid, out, out_count);
}

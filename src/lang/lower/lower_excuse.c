/* lower_excuse.c: who is exempt from a rule, and what excuses from one for a time. */
#include "base/assert.h"
#include "lang/lower/lower.h"

static bool speaks_of(const struct fb_item *exempt, const struct fb_item *rule)
{
    for (const struct fb_word *word = exempt->rules; word; word = word->next) {
        if (fb_str_eq(word->text, rule->name)) {
            return true;
        }
    }
    return exempt->rules == NULL;
}

struct fb_form *fb_lower_exempt(
    struct fb_lowering *l, const struct fb_item *rule, struct fb_term *system)
{
    struct fb_form *out = NULL;
    for (const struct fb_item *item = l->items; item && fb_lower_good(l); item = item->next) {
        if (item->kind == FB_ITEM_EXEMPT && speaks_of(item, rule)) {
            struct fb_form *form = fb_lower_of(l, item, system);
            out = out ? fb_lower_or(l, out, form) : form;
        }
    }
    return out;
}

/* A column of the waiver: it says nothing, or one of these values. */
static struct fb_form *silent_or(
    struct fb_lowering *l, struct fb_term *said, struct fb_term *const *values, size_t count)
{
    struct fb_form *out = fb_lower_not(l, fb_lower_compare(l, said, FB_IS, said));
    for (size_t i = 0; i < count; i++) {
        out = fb_lower_or(l, out, fb_lower_compare(l, said, FB_IS, values[i]));
    }
    return out;
}

/* waiver_in_force(issuer, subject) with what else it says in variables of its own. */
static struct fb_form *waiver_about(struct fb_lowering *l, struct fb_term *issuer,
    struct fb_term *subject, struct fb_term *said[3], struct fb_span span)
{
    static const char *const columns[] = {"party", "rule", "about"};
    int relation = fb_policy_relation("waiver_in_force");
    FB_ASSERT(relation >= 0);
    struct fb_form *pred = fb_lower_pred(l, (uint32_t)relation, span);
    fb_lower_column(pred, FB_COLUMN_ISSUER, issuer);
    fb_lower_column(pred, FB_COLUMN_SUBJECT, subject);
    for (size_t i = 0; i < 3; i++) {
        int column = fb_policy_column((uint32_t)relation, columns[i]);
        FB_ASSERT(column >= 0);
        fb_lower_column(pred, (uint32_t)column, said[i]);
    }
    return pred;
}

/* What one authority may have decided. */
static struct fb_form *waived_by(struct fb_lowering *l, const struct fb_item *item,
    const struct fb_word *by, struct fb_str name, size_t bound)
{
    static const char *const names[] = {"party", "rule", "about"};
    static const struct fb_domain party = {.type = FB_TYPE_STRING, .ref = "party"};
    struct fb_term *said[3], *values[FB_IR_VARS_MAX];
    struct fb_term *issuer = fb_lower_term(l, by, &party),
                   *owes = fb_lower_term(l, &item->party, &party);
    const struct fb_word unknown = {.kind = FB_WORD_UNKNOWN};
    uint32_t vars[3];
    size_t count = 0;
    for (size_t i = 0; i < 3; i++) {
        said[i] = fb_lower_variable(l, fb_str_of(names[i]));
        vars[i] = said[i] ? said[i]->var : 0;
    }
    struct fb_str rule =
        fb_arena_printf(l->arena, "%.*s/%.*s", FB_STR_ARG(l->policy), FB_STR_ARG(name));
    l->no_memory = l->no_memory || !rule.ptr;
    if (!fb_lower_good(l)) {
        return NULL;
    }
    struct fb_term *own_rule = fb_lower_text(l, rule);
    const struct fb_word *param = item->params;
    for (size_t i = 0; i < bound && param; i++, param = param->next) {
        values[count++] = fb_lower_find(l, param->text);
    }
    /* A waiver is about no system, or about that of the duty. */
    struct fb_form *pred =
        waiver_about(l, issuer, fb_lower_term(l, &unknown, NULL), said, item->span);
    if (item->system_param >= 0) {
        pred = fb_lower_or(
            l, waiver_about(l, issuer, values[item->system_param], said, item->span), pred);
    }
    struct fb_form *form = fb_lower_and(l, pred, silent_or(l, said[0], &owes, 1));
    form = fb_lower_and(l, form, silent_or(l, said[1], &own_rule, 1));
    form = fb_lower_and(l, form, silent_or(l, said[2], values, count));
    return fb_lower_exists(l, form, vars, 3);
}

struct fb_form *fb_lower_waiver(
    struct fb_lowering *l, const struct fb_item *item, struct fb_str name, size_t bound)
{
    struct fb_form *out = NULL;
    for (const struct fb_word *by = item->waiver.by; by && fb_lower_good(l); by = by->next) {
        struct fb_form *form = waived_by(l, item, by, name, bound);
        out = out ? fb_lower_or(l, out, form) : form;
    }
    return out ? fb_lower_and(l, out, fb_lower_closed(l, item->waiver.condition)) : NULL;
}

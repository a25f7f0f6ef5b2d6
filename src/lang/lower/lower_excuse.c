/* lower_excuse.c: who is exempt from a rule, and what excuses from one for a time. */
#include "base/assert.h"
#include "lang/explain.h"
#include "lang/lower/lower.h"

bool fb_exempts(const struct fb_item *exempt, const struct fb_item *rule)
{
    const struct fb_word *word = exempt->rules;
    while (word && !fb_str_eq(word->text, rule->name)) {
        word = word->next;
    }
    return exempt->kind == FB_ITEM_EXEMPT && (word || !exempt->rules);
}

struct fb_form *fb_lower_exempt(
    struct fb_lowering *l, const struct fb_item *rule, struct fb_term *system)
{
    struct fb_form *out = NULL;
    for (size_t i = 0; i < l->exempt_count && fb_lower_good(l); i++) {
        if (fb_exempts(l->exempts[i], rule)) {
            struct fb_form *form = fb_lower_of(l, l->exempts[i], system);
            out = out ? fb_lower_or(l, out, form) : form;
        }
    }
    return out;
}

struct fb_str fb_lower_exempt_text(struct fb_lowering *l, const struct fb_item *rule)
{
    struct fb_buf text;
    struct fb_str out = FB_STR("");
    struct fb_err err;
    fb_err_init(&err);
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    for (size_t i = 0; i < l->exempt_count; i++) {
        if (fb_exempts(l->exempts[i], rule)) {
            fb_buf_add_c(&text, text.len ? ", or " : "");
            fb_explain_condition(l->exempts[i]->condition, &text);
        }
    }
    l->no_memory = l->no_memory || fb_buf_check(&text, "an exemption", &err) != FB_OK ||
                   fb_arena_str(l->arena, fb_buf_str(&text), &out, &err) != FB_OK;
    fb_buf_release(&text);
    return out;
}

void fb_lower_list_exempts(struct fb_lowering *l, const struct fb_policy_tree *tree)
{
    size_t count = 0;
    for (const struct fb_item *item = tree->items; item; item = item->next) {
        count += item->kind == FB_ITEM_EXEMPT;
    }
    const struct fb_item **list = fb_lower_array(l, count, sizeof(const struct fb_item *));
    for (const struct fb_item *item = tree->items; item && list; item = item->next) {
        if (item->kind == FB_ITEM_EXEMPT) {
            list[l->exempt_count++] = item;
        }
    }
    l->exempts = list;
}

bool fb_lower_exemption(const struct fb_policy_tree *tree, const struct fb_item *rule,
    struct fb_arena *arena, struct fb_form **out)
{
    struct fb_policy_errors *errors = FB_ARENA_NEW(arena, struct fb_policy_errors);
    struct fb_complaints complaints = {.name = "policy", .errors = errors};
    struct fb_lowering l = {.arena = arena, .complaints = &complaints, .policy = tree->name};
    FB_ASSERT(rule && out);
    if (!errors) {
        return false;
    }
    fb_lower_list_exempts(&l, tree);
    fb_lower_begin(&l, rule->span);
    *out = fb_lower_exempt(&l, rule, fb_lower_variable(&l, FB_STR("S")));
    /* The rule was lowered with it, so that no limit is in the way. */
    FB_ASSERT(l.no_memory || errors->count == 0);
    return !l.no_memory;
}

/* What a column of a waiver may hold that excuses: one of these values, or nothing. */
struct column {
    const char *name;
    struct fb_term *terms[FB_IR_VARS_MAX + 1];
    size_t count;
};

enum { SUBJECT, PARTY, RULE, ABOUT, COLUMNS };

/* waiver_in_force(issuer, ...) with one choice of each column, the choice-th of all. */
static struct fb_form *one_choice(struct fb_lowering *l, struct fb_term *issuer,
    const struct column columns[COLUMNS], size_t choice, struct fb_span span)
{
    int relation = fb_policy_relation("waiver_in_force");
    FB_ASSERT(relation >= 0);
    struct fb_form *pred = fb_lower_pred(l, (uint32_t)relation, span);
    fb_lower_column(pred, FB_COLUMN_ISSUER, issuer);
    for (size_t i = 0; i < COLUMNS; i++) {
        int column = fb_policy_column((uint32_t)relation, columns[i].name);
        FB_ASSERT(column >= 0);
        fb_lower_column(pred, (uint32_t)column, columns[i].terms[choice % columns[i].count]);
        choice /= columns[i].count;
    }
    return pred;
}

/* The choices [from, to), as a balanced tree. The last one of all, which says nothing at all, is no
 * waiver and left out by the caller. */
static struct fb_form *choices(struct fb_lowering *l, struct fb_term *issuer,
    const struct column columns[COLUMNS], const size_t range[2], struct fb_span span)
{
    if (range[1] - range[0] == 1) {
        return one_choice(l, issuer, columns, range[0], span);
    }
    size_t middle = range[0] + (range[1] - range[0]) / 2;
    const size_t left[2] = {range[0], middle}, right[2] = {middle, range[1]};
    struct fb_form *a = choices(l, issuer, columns, left, span);
    return fb_lower_or(l, a, choices(l, issuer, columns, right, span));
}

static void add(struct column *column, struct fb_term *term)
{
    if (term) {
        column->terms[column->count++] = term;
    }
}

/* What one authority may have decided. */
static struct fb_form *waived_by(struct fb_lowering *l, const struct fb_item *item,
    const struct fb_word *by, struct fb_str name, size_t bound)
{
    static const struct fb_domain party = {.type = FB_TYPE_STRING, .ref = "party"};
    const struct fb_word unknown = {.kind = FB_WORD_UNKNOWN};
    struct column columns[COLUMNS] = {
        {.name = "subject"}, {.name = "party"}, {.name = "rule"}, {.name = "about"}};
    struct fb_str rule =
        fb_arena_printf(l->arena, "%.*s/%.*s", FB_STR_ARG(l->policy), FB_STR_ARG(name));
    l->no_memory = l->no_memory || !rule.ptr;
    if (!fb_lower_good(l)) {
        return NULL;
    }
    const struct fb_word *param = item->params;
    for (int i = 0; (size_t)i < bound && param; i++, param = param->next) {
        struct fb_term *term = fb_lower_find(l, param->text);
        add(&columns[ABOUT], term);
        add(&columns[SUBJECT], i == item->system_param ? term : NULL);
    }
    add(&columns[PARTY], fb_lower_term(l, &item->party, &party));
    add(&columns[RULE], fb_lower_text(l, rule));
    size_t all[2] = {0, 1};
    for (size_t i = 0; i < COLUMNS; i++) {
        add(&columns[i], fb_lower_term(l, &unknown, NULL)); /* it says nothing of that */
        all[1] *= columns[i].count ? columns[i].count : 1;
    }
    struct fb_term *issuer = fb_lower_term(l, by, &party);
    all[1]--;
    return fb_lower_good(l) ? choices(l, issuer, columns, all, item->span) : NULL;
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

/* matrix_exempt.c: who is exempt from what, of two documents. */
#include "base/assert.h"
#include "lang/diff/matrix.h"
#include "lang/diff/parts.h"
#include "lang/explain.h"
#include "lang/lower/lower.h"

/* Parts that are told one by one; the rest is counted. */
enum { TOPICS_TOLD = FB_DIFF_ASPECTS_MAX - 1, TEXT_MAX = 1 << 20 };

static void say_rules(const struct fb_item *item, struct fb_buf *out)
{
    fb_buf_add_c(out, item->rules ? ", from " : ", from all rules");
    for (const struct fb_word *rule = item->rules; rule; rule = rule->next) {
        fb_buf_addf(out, "%s%.*s", rule == item->rules ? "" : ", ", FB_STR_ARG(rule->text));
    }
}

static struct fb_str keep(struct fb_diffing *d, struct fb_buf *text, const char *none)
{
    struct fb_str out = FB_STR("");
    struct fb_err err;
    fb_err_init(&err);
    d->no_memory = d->no_memory || fb_buf_check(text, "an exemption", &err) != FB_OK ||
                   fb_arena_str(d->arena, fb_buf_str(text), &out, &err) != FB_OK;
    fb_buf_release(text);
    return out.len ? out : fb_str_of(none);
}

struct fb_str fb_diff_exempt_text(struct fb_diffing *d, const struct fb_policy_tree *tree)
{
    struct fb_buf text;
    fb_buf_init(&text, TEXT_MAX);
    for (const struct fb_item *item = tree->items; item; item = item->next) {
        if (item->kind == FB_ITEM_EXEMPT) {
            fb_buf_addf(&text, "%s%.*s: ", text.len ? "; " : "", FB_STR_ARG(item->name));
            fb_explain_condition(item->condition, &text);
            say_rules(item, &text);
        }
    }
    return keep(d, &text, "nobody");
}

/* The rule of a document that a clause comes from: `hold` of "hold.secure.2". */
static const struct fb_item *rule_of(const struct fb_policy_tree *tree, struct fb_str clause)
{
    struct fb_str name = fb_str_sub(clause, 0, fb_str_find(clause, '.', 0));
    const struct fb_item *item = tree->items;
    while (item && !fb_str_eq(item->name, name)) {
        item = item->next;
    }
    FB_ASSERT(item);
    return item;
}

/* Who is exempt from a rule, in words. */
static struct fb_str who(
    struct fb_diffing *d, const struct fb_policy_tree *tree, const struct fb_item *rule)
{
    struct fb_buf text;
    fb_buf_init(&text, TEXT_MAX);
    for (const struct fb_item *item = tree->items; item; item = item->next) {
        if (fb_exempts(item, rule)) {
            fb_buf_add_c(&text, text.len ? ", or " : "");
            fb_explain_condition(item->condition, &text);
        }
    }
    return keep(d, &text, "nobody");
}

/* Whoever is exempt by one form is by the other; NULL: nobody is. */
static bool implies(const struct fb_diffing *d, const struct fb_form *assumed, unsigned side,
    const struct fb_form *goal)
{
    static const uint32_t system[1] = {0};
    static const struct fb_form nobody = {.kind = FB_FORM_FALSE};
    struct fb_imply question = {
        .assumed = {{assumed ? assumed : &nobody, side}},
        .assumed_count = 1,
        .goal = {{goal ? goal : &nobody, 1 - side}},
        .goal_count = 1,
        .joined = {system, system},
        .joined_count = 1,
        .same = d->same,
        .same_count = d->same_count,
    };
    return fb_implies(&question);
}

/* One topic that both documents have a clause of. */
static enum fb_change compare_topic(struct fb_diffing *d,
    const struct fb_policy_tree *const trees[2], const struct fb_item *const rules[2])
{
    struct fb_form *forms[2] = {NULL, NULL};
    for (size_t side = 0; side < 2; side++) {
        d->no_memory =
            d->no_memory || !fb_lower_exemption(trees[side], rules[side], d->arena, &forms[side]);
    }
    /* The fewer are exempt, the stricter. */
    return d->no_memory ? FB_CHANGE_NONE
                        : fb_diff_judge(
                              implies(d, forms[1], 1, forms[0]), implies(d, forms[0], 0, forms[1]));
}

static bool has_exempts(const struct fb_policy_tree *tree)
{
    bool has = false;
    for (const struct fb_item *item = tree->items; item; item = item->next) {
        has = has || item->kind == FB_ITEM_EXEMPT;
    }
    return has;
}

/* Documents without a topic in common: only to exempt nobody can be compared with. */
static void compare_strangers(struct fb_diffing *d, const struct fb_policy_tree *const trees[2],
    struct fb_clause_change *clause)
{
    bool older = has_exempts(trees[0]), newer = has_exempts(trees[1]);
    enum fb_change change = older && newer ? FB_CHANGE_UNDECIDED : fb_diff_judge(!newer, !older);
    fb_diff_note(clause, "exempt", change, fb_diff_exempt_text(d, trees[0]),
        fb_diff_exempt_text(d, trees[1]));
}

void fb_diff_exempts(struct fb_diffing *d, const struct fb_matrix *matrix,
    const size_t documents[2], struct fb_clause_change *clause)
{
    const struct fb_policy_tree *const trees[2] = {
        matrix->documents[documents[0]].parts.tree, matrix->documents[documents[1]].parts.tree};
    size_t shared = 0, untold = 0;
    enum fb_change rest = FB_CHANGE_NONE;
    for (size_t r = 0; r < matrix->row_count && !d->no_memory; r++) {
        const struct fb_matrix_cell *cells = matrix->rows[r].cells;
        const struct fb_item *rules[2] = {NULL, NULL};
        for (size_t side = 0; side < 2; side++) {
            const struct fb_matrix_cell *cell = &cells[documents[side]];
            bool there = cell->line || cell->duty;
            rules[side] = there ? rule_of(trees[side], fb_matrix_name(cell)) : NULL;
        }
        if (!rules[0] || !rules[1]) {
            continue;
        }
        shared++;
        enum fb_change change = compare_topic(d, trees, rules);
        if (change != FB_CHANGE_NONE && clause->aspect_count == TOPICS_TOLD) {
            rest = fb_change_join(rest, change);
            untold++;
        } else if (change != FB_CHANGE_NONE) {
            struct fb_str name =
                fb_diff_text(d, "exempt from %.*s", FB_STR_ARG(matrix->rows[r].topic));
            fb_diff_note(
                clause, name.ptr, change, who(d, trees[0], rules[0]), who(d, trees[1], rules[1]));
        }
    }
    struct fb_str more = fb_diff_text(d, "%zu more topics", untold);
    fb_diff_note(clause, "exempt", rest, more, more);
    if (shared == 0 && !d->no_memory) {
        compare_strangers(d, trees, clause);
    }
}

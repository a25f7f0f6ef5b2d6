/* notes.c: what is allowed and yet seldom meant. */
#include "base/assert.h"
#include "lang/explain.h"

static bool uses(const struct fb_cond *cond, struct fb_str name)
{
    for (; cond; cond = cond->next) {
        bool named = cond->kind == FB_COND_CALL || cond->kind == FB_COND_LINE;
        if ((named && fb_str_eq(cond->name, name)) || uses(cond->parts, name)) {
            return true;
        }
    }
    return false;
}

static bool demand_uses(const struct fb_demand *demand, struct fb_str name)
{
    bool used = false;
    for (; demand && !used; demand = demand->hence) {
        used = uses(demand->act, name) || uses(demand->before, name);
        for (const struct fb_within_line *line = demand->within; line && !used; line = line->next) {
            used = uses(line->guard, name);
        }
        for (int level = 0; level < FB_PACE_LEVELS && !used; level++) {
            const struct fb_within_line *line = demand->within_at[level];
            for (; line && !used; line = line->next) {
                used = uses(line->guard, name);
            }
        }
    }
    return used;
}

static bool item_uses(const struct fb_item *item, struct fb_str name)
{
    bool used = uses(item->condition, name) || uses(item->given, name) ||
                uses(item->during, name) || uses(item->relax_when, name) ||
                uses(item->waiver.condition, name);
    for (const struct fb_demand *demand = item->demands; demand && !used; demand = demand->next) {
        used = demand_uses(demand, name);
    }
    return used;
}

static bool is_used(const struct fb_policy_tree *tree, const struct fb_item *of)
{
    for (const struct fb_item *item = tree->items; item; item = item->next) {
        if (item != of && item_uses(item, of->name)) {
            return true;
        }
    }
    return false;
}

static void note_deadlines(const struct fb_demand *demand, struct fb_complaints *notes)
{
    for (; demand; demand = demand->hence) {
        if (demand->modality == FB_MUST && !demand->within && !demand->before &&
            demand->every.amount == 0) {
            fb_complain(notes, FB_E_POLICY, demand->span,
                "Add 'within' or 'before', or it can never be overdue.",
                "'%.*s' must be done, but has no deadline", FB_STR_ARG(demand->act_text));
        }
    }
}

void fb_policy_notes(const struct fb_policy_tree *tree, struct fb_complaints *notes)
{
    FB_ASSERT(tree && notes);
    for (const struct fb_item *item = tree->items; item; item = item->next) {
        if (fb_complaints_full(notes)) {
            return;
        }
        if (item->kind == FB_ITEM_LET && !is_used(tree, item)) {
            fb_complain(notes, FB_E_POLICY, item->span, "Remove it, or use it in a rule.",
                "definition '%.*s' is not used", FB_STR_ARG(item->name));
        } else if (item->kind == FB_ITEM_REDLINE && !is_used(tree, item)) {
            fb_complain(notes, FB_E_POLICY, item->span,
                "Add a commitment or duty that binds while it is crossed or not ruled out.",
                "nothing follows from red line '%.*s'", FB_STR_ARG(item->name));
        }
        for (const struct fb_demand *one = item->demands; one; one = one->next) {
            note_deadlines(one, notes);
        }
    }
}

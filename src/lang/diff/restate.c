/* restate.c: a goal in the words of what is assumed. */
#include "base/assert.h"
#include "lang/diff/imply.h"

/* Which variable of the goals stands for which of what is assumed: one for one. */
struct renaming {
    const struct fb_imply *question;
    unsigned side; /* of the goals */
    uint32_t of[FB_IR_VARS_MAX];
    uint64_t taken[2]; /* variables of the goals and of what is assumed that have one */
};

static bool rename_as(struct renaming *r, uint32_t goal, uint32_t assumed)
{
    bool known[2] = {r->taken[0] >> goal & 1, r->taken[1] >> assumed & 1};
    if (known[0] || known[1]) {
        return known[0] && known[1] && r->of[goal] == assumed;
    }
    r->taken[0] |= (uint64_t)1 << goal;
    r->taken[1] |= (uint64_t)1 << assumed;
    r->of[goal] = assumed;
    return true;
}

/* Texts of side 1 are read in the words of side 0. */
static bool same_constant(const struct renaming *r, struct fb_value goal, struct fb_value assumed)
{
    struct fb_value theirs = r->side == 1 ? goal : assumed, ours = r->side == 1 ? assumed : goal;
    for (size_t i = 0; theirs.type == FB_TYPE_STRING && i < r->question->same_count; i++) {
        if (fb_str_eq(theirs.u.text, r->question->same[i].theirs)) {
            theirs = fb_value_str(r->question->same[i].ours);
            break;
        }
    }
    return theirs.type == ours.type && fb_value_eq(theirs, ours);
}

static bool same_term(struct renaming *r, const struct fb_term *goal, const struct fb_term *assumed)
{
    if (goal->kind != assumed->kind) {
        return false;
    }
    return goal->kind == FB_TERM_ANY     ? true
           : goal->kind == FB_TERM_VAR   ? rename_as(r, goal->var, assumed->var)
           : goal->kind == FB_TERM_CONST ? same_constant(r, goal->value, assumed->value)
                                         : false;
}

static bool same_atom(struct renaming *r, const struct fb_form *goal, const struct fb_form *assumed)
{
    bool same = goal->relation == assumed->relation && goal->occurs == assumed->occurs &&
                goal->term_count == assumed->term_count && !goal->definition &&
                !assumed->definition;
    for (size_t i = 0; same && i < goal->term_count; i++) {
        same = same_term(r, goal->terms[i], assumed->terms[i]);
    }
    return same;
}

static bool same_form(struct renaming *r, const struct fb_form *goal, const struct fb_form *assumed)
{
    if (!goal || !assumed || goal->kind != assumed->kind) {
        return goal == assumed;
    }
    switch (goal->kind) {
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
        return true;
    case FB_FORM_PRED:
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
        return same_atom(r, goal, assumed);
    case FB_FORM_NOT:
    case FB_FORM_AND:
    case FB_FORM_OR:
        return same_form(r, goal->left, assumed->left) && same_form(r, goal->right, assumed->right);
    case FB_FORM_EXISTS:
        if (goal->bound_count != assumed->bound_count) {
            return false;
        }
        for (size_t i = 0; i < goal->bound_count; i++) {
            if (!rename_as(r, goal->bound[i], assumed->bound[i])) {
                return false;
            }
        }
        return same_form(r, goal->left, assumed->left);
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
    case FB_FORM_ONCE:
    case FB_FORM_HISTORICALLY:
    case FB_FORM_EVENTUALLY:
    case FB_FORM_ALWAYS:
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
    case FB_FORM_AGGREGATE:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        break; /* not in the language's conditions */
    }
    return false;
}

/* One of several alternatives is enough. */
static bool restates_one(
    struct renaming *r, const struct fb_form *goal, const struct fb_form *assumed)
{
    struct renaming tried = *r;
    if (same_form(&tried, goal, assumed)) {
        *r = tried;
        return true;
    }
    return goal && goal->kind == FB_FORM_OR &&
           (restates_one(r, goal->left, assumed) || restates_one(r, goal->right, assumed));
}

bool fb_restates(const struct fb_imply *question)
{
    FB_ASSERT(question);
    struct renaming r = {.question = question};
    if (question->goal_count == 0) {
        return true;
    }
    r.side = question->goal[0].side;
    for (size_t i = 0; i < question->joined_count; i++) {
        uint32_t goal = question->joined[r.side][i], assumed = question->joined[1 - r.side][i];
        if (!rename_as(&r, goal, assumed)) {
            return false;
        }
    }
    size_t next = 0;
    for (size_t i = 0; i < question->goal_count; i++) {
        const struct fb_imply_part *goal = &question->goal[i];
        bool found = false;
        for (; goal->side == r.side && !found && next < question->assumed_count; next++) {
            found = question->assumed[next].side != r.side &&
                    restates_one(&r, goal->form, question->assumed[next].form);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

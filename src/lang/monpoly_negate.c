/* The negation of a formula, moved inwards. */
#include "base/assert.h"
#include "engine/eval.h"
#include "lang/monpoly.h"

static struct fb_form *node(
    struct fb_arena *arena, enum fb_form_kind kind, struct fb_form *left, struct fb_form *right)
{
    struct fb_form *form = left ? FB_ARENA_NEW(arena, struct fb_form) : NULL;
    if (form) {
        form->kind = kind;
        form->span = left->span;
        form->left = left;
        form->right = right;
    }
    return form;
}

/* With negations moved inwards below, or NULL when memory ran out. Operands that are temporal or
 * aggregate keep what stands in them. Depth is bounded by the parser's limit. */
static struct fb_form *positive(struct fb_arena *arena, struct fb_form *form);

static struct fb_form *negative(struct fb_arena *arena, struct fb_form *form)
{
    struct fb_form *left;
    struct fb_form *right;
    switch ((int)form->kind) {
    case FB_FORM_NOT:
        return positive(arena, form->left);
    case FB_FORM_OR:
        left = negative(arena, form->left);
        right = left ? negative(arena, form->right) : NULL;
        return right ? node(arena, FB_FORM_AND, left, right) : NULL;
    default:
        left = positive(arena, form);
        return left ? node(arena, FB_FORM_NOT, left, NULL) : NULL;
    }
}

static struct fb_form *positive(struct fb_arena *arena, struct fb_form *form)
{
    bool two = form->kind == FB_FORM_AND || form->kind == FB_FORM_OR;
    if (form->kind == FB_FORM_NOT) {
        return negative(arena, form->left);
    }
    if (!two && form->kind != FB_FORM_EXISTS) {
        return form;
    }
    struct fb_form *copy = FB_ARENA_NEW(arena, struct fb_form);
    if (!copy) {
        return NULL;
    }
    *copy = *form;
    copy->left = positive(arena, form->left);
    copy->right = two && copy->left ? positive(arena, form->right) : NULL;
    return copy->left && (copy->right || !two) ? copy : NULL;
}

enum fb_code fb_monpoly_negate(
    struct fb_monpoly_formula *formula, struct fb_arena *arena, struct fb_err *err)
{
    FB_ASSERT(formula && formula->plain.form && arena);
    struct fb_form *plain = negative(arena, formula->plain.form);
    struct fb_form *quick = plain ? negative(arena, formula->quick.form) : NULL;
    if (!quick) {
        return fb_arena_failed(arena, err);
    }
    struct fb_err why;
    fb_err_init(&why);
    formula->plain.form = plain;
    formula->quick.form = quick;
    if (fb_form_check(quick, NULL, 0, &why) != FB_OK) {
        formula->quick = formula->plain;
    }
    return FB_OK;
}

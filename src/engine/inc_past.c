/*
 * Conditions that say the same as one past operator does, so that what is counted of them can be
 * kept as rows come and go: a filter that no time has a say in, a quantifier, or a choice between
 * two of one window may as well stand below the operator.
 */
#include "base/assert.h"
#include "engine/inc_plan.h"

static struct fb_form **right_side(struct fb_form *past)
{
    return past->kind == FB_FORM_SINCE ? &past->right : &past->left;
}

/* A copy of a form in the plan. */
static enum fb_code copy_of(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_form **out)
{
    *out = FB_ARENA_NEW(&site->inc->arena, struct fb_form);
    if (!*out) {
        return fb_inc_no_memory(site);
    }
    **out = *form;
    return FB_OK;
}

/* EXISTS y. ONCE f is ONCE EXISTS y. f; with SINCE where the left side does not speak of y. */
static enum fb_code past_of_exists(
    const struct fb_inc_site *site, const struct fb_form *form, const struct fb_form **out)
{
    const struct fb_form *inner = NULL;
    struct fb_form *past = NULL, *exists = NULL;
    enum fb_code code = fb_inc_past_of(site, form->left, &inner);
    if (code || !inner ||
        (inner->kind == FB_FORM_SINCE && (fb_form_vars(inner->left) & fb_inc_bound_of(form)))) {
        return code;
    }
    code = copy_of(site, inner, &past);
    code = code ? code : copy_of(site, form, &exists);
    if (code == FB_OK) {
        exists->left = *right_side(past);
        *right_side(past) = exists;
        *out = past;
    }
    return code;
}

/* ONCE f OR ONCE g is ONCE (f OR g), in one interval. */
static enum fb_code past_of_or(
    const struct fb_inc_site *site, const struct fb_form *form, const struct fb_form **out)
{
    const struct fb_form *sides[2] = {NULL, NULL};
    struct fb_form *past = NULL, *either = NULL;
    enum fb_code code = fb_inc_past_of(site, form->left, &sides[0]);
    code = code || !sides[0] ? code : fb_inc_past_of(site, form->right, &sides[1]);
    if (code || !sides[1] || sides[0]->kind != FB_FORM_ONCE || sides[1]->kind != FB_FORM_ONCE ||
        sides[0]->interval.low != sides[1]->interval.low ||
        sides[0]->interval.high != sides[1]->interval.high) {
        return code;
    }
    code = copy_of(site, sides[0], &past);
    code = code ? code : copy_of(site, form, &either);
    if (code == FB_OK) {
        either->left = sides[0]->left;
        either->right = sides[1]->left;
        past->left = either;
        *out = past;
    }
    return code;
}

/* ONCE f AND x < 3 is ONCE (f AND x < 3), also with several such filters. */
static enum fb_code past_of_and(
    const struct fb_inc_site *site, const struct fb_form *form, const struct fb_form **out)
{
    const struct fb_form *inner = NULL;
    struct fb_form *past = NULL, *both = NULL;
    bool left = fb_form_timeless(form->right);
    if (left == fb_form_timeless(form->left)) {
        return FB_OK;
    }
    enum fb_code code = fb_inc_past_of(site, left ? form->left : form->right, &inner);
    if (code || !inner) {
        return code;
    }
    code = copy_of(site, inner, &past);
    code = code ? code : copy_of(site, form, &both);
    if (code == FB_OK) {
        *(left ? &both->left : &both->right) = *right_side(past);
        *right_side(past) = both;
        *out = fb_form_evaluable(past, 0, NULL) ? past : NULL;
    }
    return code;
}

enum fb_code fb_inc_past_of(
    const struct fb_inc_site *site, const struct fb_form *form, const struct fb_form **out)
{
    FB_ASSERT(site && form && out);
    *out = NULL;
    switch ((int)form->kind) {
    case FB_FORM_ONCE:
    case FB_FORM_SINCE:
        *out = form;
        return FB_OK;
    case FB_FORM_EXISTS:
        return past_of_exists(site, form, out);
    case FB_FORM_OR:
        return past_of_or(site, form, out);
    case FB_FORM_AND:
        return past_of_and(site, form, out);
    default:
        return FB_OK;
    }
}

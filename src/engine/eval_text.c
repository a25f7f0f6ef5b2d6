/* SUBSTRING and MATCHES. */
#include <string.h>

#include "base/assert.h"
#include "engine/pattern.h"
#include "engine/table.h"

static bool contains(struct fb_str text, struct fb_str part)
{
    return part.len == 0 ||
           (text.len >= part.len && memmem(text.ptr, text.len, part.ptr, part.len) != NULL);
}

/* Compares or binds the groups; a group that took no part agrees with nothing but "_". */
static bool fit_groups(
    const struct fb_form *form, fb_vars bound, const struct fb_str *groups, struct fb_value *values)
{
    for (size_t i = 2; i < form->term_count; i++) {
        const struct fb_term *term = form->terms[i];
        struct fb_value group = fb_value_str(groups[i - 2]);
        char room[FB_TERM_ROOM];
        if (term->kind == FB_TERM_ANY) {
            continue;
        }
        if (!groups[i - 2].ptr) {
            return false;
        }
        if (term->kind == FB_TERM_VAR && !(bound & fb_vars_of(term->var))) {
            values[term->var] = group;
            bound |= fb_vars_of(term->var);
        } else if (!fb_value_eq(group, fb_term_value_in(term, values, room))) {
            return false;
        }
    }
    return true;
}

/* Texts of groups are borrowed from the text they were found in, which may be made by the term. */
static enum fb_code keep_groups(
    const struct fb_eval *ev, const struct fb_form *form, fb_vars bound, struct fb_value *values)
{
    for (size_t i = 2; i < form->term_count; i++) {
        const struct fb_term *term = form->terms[i];
        bool binds = term->kind == FB_TERM_VAR && !(bound & fb_vars_of(term->var));
        if (binds) {
            struct fb_str *text = &values[term->var].u.text;
            enum fb_code code = fb_arena_str(ev->arena, *text, text, ev->err);
            if (code) {
                return code;
            }
        }
    }
    return FB_OK;
}

enum fb_code fb_eval_text(const struct fb_eval *ev, const struct fb_form *form, fb_vars bound,
    struct fb_value *values, bool *out)
{
    FB_ASSERT(ev && form->term_count >= 2 && out);
    char rooms[2][FB_TERM_ROOM];
    struct fb_value a = fb_term_value_in(form->terms[0], values, rooms[0]);
    struct fb_value b = fb_term_value_in(form->terms[1], values, rooms[1]);
    *out = false;
    if (a.type != FB_TYPE_STRING || b.type != FB_TYPE_STRING) {
        return FB_OK;
    }
    if (form->kind == FB_FORM_SUBSTRING) {
        *out = contains(b.u.text, a.u.text);
        return FB_OK;
    }
    struct fb_pattern *pattern = NULL;
    struct fb_pattern_match match;
    struct fb_err why;
    fb_err_init(&why);
    enum fb_code code = fb_pattern_new(b.u.text, &pattern, &why);
    if (code) { /* a pattern out of the data that is none matches nothing */
        return code == FB_E_NOMEM ? fb_err_set(ev->err, FB_E_NOMEM, "memory ran out") : FB_OK;
    }
    code = fb_pattern_find(pattern, a.u.text, &match, ev->err);
    *out = code == FB_OK && match.found && fit_groups(form, bound, match.groups, values);
    if (*out) {
        code = keep_groups(ev, form, bound, values);
    }
    fb_pattern_free(pattern);
    return code;
}

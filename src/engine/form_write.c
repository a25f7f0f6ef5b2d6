/* Formulas as bytes, to tell whether two are the same. */
#include "base/assert.h"
#include "engine/inc.h"

static void put_term(const struct fb_term *term, struct fb_buf *out)
{
    fb_wire_put_u64(out, term ? 1 + (uint64_t)term->kind : 0);
    if (!term) {
        return;
    }
    fb_wire_put_u64(out, term->kind == FB_TERM_VAR ? term->var : 0);
    fb_wire_put_value(out, term->kind == FB_TERM_CONST ? term->value : fb_value_none());
    put_term(term->args[0], out);
    put_term(term->args[1], out);
}

static void put_regex(const struct fb_regex *regex, struct fb_buf *out)
{
    fb_wire_put_u64(out, regex ? 1 + (uint64_t)regex->kind : 0);
    if (regex) {
        fb_form_write(regex->test, out);
        put_regex(regex->left, out);
        put_regex(regex->right, out);
    }
}

void fb_form_write(const struct fb_form *form, struct fb_buf *out)
{
    FB_ASSERT(out);
    fb_wire_put_u64(out, form ? 1 + (uint64_t)form->kind : 0);
    if (!form) {
        return;
    }
    fb_wire_put_u64(out, form->relation);
    fb_wire_put_i64(out, form->interval.low);
    fb_wire_put_i64(out, form->interval.high);
    fb_wire_put_u64(
        out, (form->definition ? 1 : 0) + (form->earlier ? 2U : 0U) + (form->occurs ? 4U : 0U));
    fb_wire_put_u64(out, form->term_count);
    for (size_t i = 0; i < form->term_count; i++) {
        put_term(form->terms[i], out);
    }
    fb_wire_put_u64(out, form->bound_count);
    for (size_t i = 0; i < form->bound_count; i++) {
        fb_wire_put_u64(out, form->bound[i]);
    }
    if (form->kind == FB_FORM_AGGREGATE) {
        fb_wire_put_u64(out, form->agg);
        fb_wire_put_u64(out, form->agg_result);
        fb_wire_put_u64(out, form->agg_over);
        fb_wire_put_value(out, form->agg_nothing);
    }
    put_regex(form->regex, out);
    fb_form_write(form->left, out);
    fb_form_write(form->right, out);
}

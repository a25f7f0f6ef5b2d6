/* slice_show.h: whether two obligations and two reasons are the same, and what a case that fails
 * says. */
#ifndef FB_TEST_SLICE_SHOW_H
#define FB_TEST_SLICE_SHOW_H

#include "engine/duty.h"
#include "fb_test.h"

static bool same_why(const struct fb_why *a, const struct fb_why *b)
{
    for (; a && b; a = a->next, b = b->next) {
        if (!fb_str_eq(a->text, b->text) || a->seq != b->seq || !same_why(a->child, b->child)) {
            return false;
        }
    }
    return !a && !b;
}

static bool same_item(const struct fb_obligation *a, const struct fb_obligation *b)
{
    bool same = a->status == b->status && a->since == b->since && a->anchor == b->anchor &&
                a->deadline == b->deadline && a->settled == b->settled &&
                a->breached == b->breached && a->turn == b->turn && a->lest == b->lest &&
                fb_str_eq(a->party, b->party);
    for (size_t i = 0; same && i < a->duty->var_count; i++) {
        same = fb_value_eq(a->bindings[i], b->bindings[i]);
    }
    return same;
}

static bool showing;

static void show_why(const struct fb_why *why, int depth)
{
    for (; showing && why; why = why->next) {
        printf("%*s%.*s\n", 2 * depth, "", FB_STR_ARG(why->text));
        show_why(why->child, depth + 1);
    }
}

static void show_item(const char *way, const struct fb_obligation *o)
{
    printf("%s: %s since %lld anchor %lld deadline %lld settled %lld breached %lld turn %lld by "
           "'%.*s'\n",
        way, fb_duty_status_name(o->status), (long long)o->since, (long long)o->anchor,
        (long long)o->deadline, (long long)o->settled, (long long)o->breached, (long long)o->turn,
        FB_STR_ARG(o->party));
}

static void show_form(const struct fb_form *f, const struct fb_relation *relations)
{
    static const char *const kinds[] = {"true", "false", "pred", "=", "<", "<=", "not", "and", "or",
        "exists", "previous", "next", "once", "historically", "eventually", "always", "since",
        "until", "aggregate"};
    if (!f) {
        printf("-");
        return;
    }
    printf("(%s%s", kinds[f->kind], f->occurs ? "!" : "");
    if (f->kind == FB_FORM_PRED) {
        printf(" %.*s", FB_STR_ARG(relations[f->relation].name));
    }
    for (size_t i = 0; i < f->term_count; i++) {
        const struct fb_term *t = f->terms[i];
        struct fb_buf out;
        fb_buf_init(&out, 100);
        if (t->kind == FB_TERM_CONST) {
            fb_value_write(t->value, &out);
        }
        if (t->kind == FB_TERM_VAR) {
            fb_buf_addf(&out, "v%u", t->var);
        }
        printf(" %.*s", FB_STR_ARG(fb_buf_str(&out)));
        fb_buf_release(&out);
    }
    for (int side = 0; side < 2; side++) {
        const struct fb_form *sub = side ? f->right : f->left;
        if (sub) {
            printf(" ");
            show_form(sub, relations);
        }
    }
    printf(")");
}

static void show_tuple(const struct fb_tuple *tuple, const struct fb_relation *relations)
{
    struct fb_buf out;
    fb_buf_init(&out, 1000);
    for (size_t k = 0; k < relations[tuple->relation].arity; k++) {
        fb_buf_add_c(&out, " ");
        fb_value_write(tuple->values[k], &out);
    }
    printf("%.*s%.*s from %zu until %zd%s\n", FB_STR_ARG(relations[tuple->relation].name),
        FB_STR_ARG(fb_buf_str(&out)), tuple->from, (ssize_t)tuple->until,
        tuple->correction ? " correction" : "");
    fb_buf_release(&out);
}

#endif

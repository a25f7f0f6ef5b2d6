/* The sentences of reasons. */
#include "base/assert.h"
#include "engine/table.h"

enum {
    TEXT_MAX = 1500, /* bytes of one sentence; what is longer is cut */
    VALUE_MAX = 120, /* bytes of one value in it */
};

static const char joined_text[] = "all of these hold";

struct fb_why *fb_why_copy(const struct fb_eval *ev, const struct fb_why *why)
{
    FB_ASSERT(ev);
    struct fb_why *copy = why ? FB_ARENA_NEW(ev->arena, struct fb_why) : NULL;
    if (copy) {
        *copy = *why;
        copy->next = NULL;
    }
    return copy;
}

/* Appends copies of the parts of a joint reason, or of the reason itself. */
static bool append(const struct fb_eval *ev, struct fb_why *parent, const struct fb_why *why)
{
    bool joint = why->text.ptr == joined_text;
    for (const struct fb_why *part = joint ? why->child : why; part; part = part->next) {
        struct fb_why *copy = fb_why_copy(ev, part);
        if (!copy) {
            return false;
        }
        fb_why_add(parent, copy);
        if (!joint) {
            break;
        }
    }
    return true;
}

struct fb_why *fb_why_both(
    const struct fb_eval *ev, struct fb_why *a, struct fb_why *b, bool *failed)
{
    FB_ASSERT(ev && failed);
    if (!a || !b) {
        return a ? a : b;
    }
    struct fb_why *both = FB_ARENA_NEW(ev->arena, struct fb_why);
    if (!both) {
        *failed = true;
        return NULL;
    }
    both->seq = FB_WHY_NO_RECORD;
    both->text = (struct fb_str){joined_text, sizeof(joined_text) - 1};
    *failed = !append(ev, both, a) || !append(ev, both, b);
    return *failed ? NULL : both;
}

/* Long values are cut, at a character's edge. */
static void add_value(struct fb_buf *text, struct fb_value value)
{
    if (value.type == FB_TYPE_STRING && value.u.text.len > VALUE_MAX) {
        size_t len = VALUE_MAX;
        while (len > 0 && ((unsigned char)value.u.text.ptr[len] & 0xC0) == 0x80) {
            len--;
        }
        fb_buf_add_str(text, fb_str_sub(value.u.text, 0, len));
        fb_buf_add_c(text, "...");
        return;
    }
    fb_value_write(value, text);
}

/* A sentence from a buffer that may have been cut at its maximum; NULL when memory ran out. */
static struct fb_why *finish(const struct fb_eval *ev, struct fb_buf *text)
{
    struct fb_why *why = NULL;
    if (text->state != FB_BUF_NOMEM) {
        why = fb_why_new(ev->arena, "%.*s", FB_STR_ARG(fb_buf_str(text)));
    }
    fb_buf_release(text);
    return why;
}

/* "incident with id incident/1, class death"; only columns that the formula names. values gives a
 * column's value, or is NULL where it is not known. */
static void add_columns(struct fb_buf *text, const struct fb_relation *relation,
    const struct fb_form *pred, const struct fb_value *const *values)
{
    fb_buf_add_str(text, relation->name);
    const char *before = relation->columns ? " with " : "(";
    const char *between = ", ";
    bool any = false;
    for (size_t i = 0; i < pred->term_count; i++) {
        if (pred->terms[i]->kind == FB_TERM_ANY || !values[i]) {
            continue;
        }
        fb_buf_add_c(text, any ? between : before);
        if (relation->columns) {
            fb_buf_add_str(text, relation->columns[i]);
            fb_buf_add_c(text, " ");
        }
        add_value(text, *values[i]);
        any = true;
    }
    if (!relation->columns) {
        fb_buf_add_c(text, any ? ")" : "()");
    }
}

struct fb_why *fb_why_tuple(
    const struct fb_eval *ev, const struct fb_form *pred, const struct fb_tuple *tuple)
{
    FB_ASSERT(ev && pred && tuple);
    const struct fb_why *derived = tuple->why;
    if (!derived && ev->trace->tell && !ev->trace->tell(ev->trace->tell_ctx, tuple, &derived)) {
        return NULL;
    }
    if (derived) {
        return fb_why_copy(ev, derived);
    }
    const struct fb_relation *relation = &ev->trace->signature->relations[tuple->relation];
    const struct fb_value *values[FB_IR_ARITY_MAX];
    FB_ASSERT(relation->arity <= FB_IR_ARITY_MAX);
    for (size_t i = 0; i < relation->arity; i++) {
        values[i] = &tuple->values[i];
    }
    struct fb_buf text;
    fb_buf_init(&text, TEXT_MAX);
    add_columns(&text, relation, pred, values);
    fb_time at = ev->trace->times[tuple->from];
    if (relation->columns) {
        char when[FB_TIME_TEXT];
        fb_buf_addf(&text, ", known since %s", fb_time_format_short(at, when));
    } else {
        fb_buf_addf(&text, " since @%lld", (long long)at);
    }
    return fb_why_on(finish(ev, &text), tuple->record_id, tuple->seq);
}

/* The first predicate that a formula needs, with the words for when; NULL when it needs none. */
static const struct fb_form *needed(const struct fb_form *form, const char **when)
{
    switch ((int)form->kind) {
    case FB_FORM_PRED:
        return form->definition ? NULL : form;
    case FB_FORM_ONCE:
    case FB_FORM_PREVIOUS:
        *when = " so far";
        return needed(form->left, when);
    case FB_FORM_EVENTUALLY:
    case FB_FORM_NEXT:
        *when = " in time";
        return needed(form->left, when);
    case FB_FORM_EXISTS:
        return needed(form->left, when);
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
        return needed(form->right, when);
    case FB_FORM_AND: {
        const struct fb_form *left = needed(form->left, when);
        return left ? left : needed(form->right, when);
    }
    default:
        return NULL;
    }
}

struct fb_why *fb_why_absent(
    const struct fb_eval *ev, const struct fb_form *form, const struct fb_env *env)
{
    FB_ASSERT(ev && form && env);
    const char *when = "";
    const struct fb_form *pred = needed(form, &when);
    if (!pred) {
        bool comparison =
            form->kind == FB_FORM_EQ || form->kind == FB_FORM_LESS || form->kind == FB_FORM_LESS_EQ;
        struct fb_why *why = comparison ? fb_why_compare(ev, form, env->values)
                                        : fb_why_new(ev->arena, "a condition does not hold");
        if (why && comparison) {
            why->text = fb_arena_printf(ev->arena, "not: %.*s", FB_STR_ARG(why->text));
        }
        return why && why->text.ptr ? why : NULL;
    }
    const struct fb_relation *relation = &ev->trace->signature->relations[pred->relation];
    struct fb_value constants[FB_IR_ARITY_MAX];
    const struct fb_value *values[FB_IR_ARITY_MAX];
    FB_ASSERT(pred->term_count <= FB_IR_ARITY_MAX);
    for (size_t i = 0; i < pred->term_count; i++) {
        bool known = (fb_term_vars(pred->terms[i]) & ~env->bound) == 0;
        constants[i] = known ? fb_term_value(pred->terms[i], env->values) : fb_value_none();
        values[i] = known ? &constants[i] : NULL;
    }
    struct fb_buf text;
    fb_buf_init(&text, TEXT_MAX);
    fb_buf_add_c(&text, "no ");
    add_columns(&text, relation, pred, values);
    fb_buf_add_c(&text, when);
    return finish(ev, &text);
}

struct fb_why *fb_why_compare(
    const struct fb_eval *ev, const struct fb_form *form, const struct fb_value *values)
{
    FB_ASSERT(ev && form->term_count == 2);
    const char *sign = form->kind == FB_FORM_EQ     ? " = "
                       : form->kind == FB_FORM_LESS ? " < "
                                                    : " <= ";
    struct fb_buf text;
    fb_buf_init(&text, TEXT_MAX);
    add_value(&text, fb_term_value(form->terms[0], values));
    fb_buf_add_c(&text, sign);
    add_value(&text, fb_term_value(form->terms[1], values));
    return finish(ev, &text);
}

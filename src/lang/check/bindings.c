#include "lang/check/bindings.h"

#include "base/assert.h"

bool fb_names_have(const struct fb_names *names, struct fb_str name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (fb_str_eq(names->items[i], name)) {
            return true;
        }
    }
    return false;
}

void fb_names_add(struct fb_names *names, struct fb_str name)
{
    FB_ASSERT(names->count <= FB_IR_VARS_MAX);
    if (fb_names_have(names, name)) {
        return;
    }
    if (names->count == FB_IR_VARS_MAX) {
        names->full = true;
        return;
    }
    names->items[names->count++] = name;
}

static void add_word(const struct fb_word *word, struct fb_names *names)
{
    if (word->kind == FB_WORD_VARIABLE && word->text.len > 0) {
        fb_names_add(names, word->text);
    }
}

/* What every part binds. */
static void common(const struct fb_cond *parts, struct fb_names *names)
{
    struct fb_names first = {.count = 0};
    fb_bindings(parts, &first);
    for (const struct fb_cond *part = parts->next; part; part = part->next) {
        struct fb_names other = {.count = 0}, both = {.count = 0};
        fb_bindings(part, &other);
        for (size_t i = 0; i < first.count; i++) {
            if (fb_names_have(&other, first.items[i])) {
                fb_names_add(&both, first.items[i]);
            }
        }
        first = both;
    }
    for (size_t i = 0; i < first.count; i++) {
        fb_names_add(names, first.items[i]);
    }
}

static void call_binds(const struct fb_cond *cond, struct fb_names *names)
{
    uint64_t bit = 1;
    for (const struct fb_word *arg = cond->args; arg; arg = arg->next, bit <<= 1) {
        if (cond->kind == FB_COND_LINE || (cond->named && (cond->named->binds & bit))) {
            add_word(arg, names);
        }
    }
}

void fb_bindings(const struct fb_cond *cond, struct fb_names *names)
{
    FB_ASSERT(cond);
    switch (cond->kind) {
    case FB_COND_ALL:
        for (const struct fb_cond *part = cond->parts; part; part = part->next) {
            fb_bindings(part, names);
        }
        break;
    case FB_COND_ANY:
        common(cond->parts, names);
        break;
    case FB_COND_FACT:
        for (const struct fb_fact_field *field = cond->fields; field; field = field->next) {
            if (field->compare == FB_IS) {
                add_word(&field->value, names);
            }
        }
        break;
    case FB_COND_CALL:
    case FB_COND_LINE:
        call_binds(cond, names);
        break;
    case FB_COND_NOT:
    case FB_COND_COMPARE:
    case FB_COND_PACE:
        break;
    }
}

#include "base/why.h"

#include <stdarg.h>

#include "base/assert.h"

struct fb_why *fb_why_new(struct fb_arena *arena, const char *fmt, ...)
{
    FB_ASSERT(arena && fmt);
    struct fb_why *why = FB_ARENA_NEW(arena, struct fb_why);
    if (!why) {
        return NULL;
    }
    why->seq = FB_WHY_NO_RECORD;
    va_list args;
    va_start(args, fmt);
    why->text = fb_arena_vprintf(arena, fmt, args);
    va_end(args);
    return why->text.ptr ? why : NULL;
}

struct fb_why *fb_why_on(struct fb_why *why, struct fb_str record_id, uint64_t seq)
{
    if (why) {
        why->record_id = record_id;
        why->seq = seq;
    }
    return why;
}

void fb_why_add(struct fb_why *parent, struct fb_why *child)
{
    if (!parent || !child) {
        return;
    }
    FB_ASSERT(parent != child && child->next == NULL);
    struct fb_why **last = &parent->child;
    while (*last) {
        last = &(*last)->next;
    }
    *last = child;
}

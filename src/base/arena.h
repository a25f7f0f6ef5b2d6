/*
 * arena.h: memory of one lifetime, freed at once.
 *
 * One per parse, compile, request or evaluation. Nothing inside is freed by itself.
 */
#ifndef FB_BASE_ARENA_H
#define FB_BASE_ARENA_H

#include <stdarg.h>

#include "base/str.h"
#include "flyball/err.h"

struct fb_arena_block;

/** The arena. Fields are private. */
struct fb_arena {
    struct fb_arena_block *blocks;
    size_t used; /**< bytes handed out in all */
    size_t max;  /**< most bytes to hand out in all */
    bool full;   /**< what failed last did so because of max */
};

/** Initialises an empty arena that hands out at most max bytes; allocates nothing. */
void fb_arena_init(struct fb_arena *arena, size_t max);

/** Frees everything that came from the arena and leaves it empty. */
void fb_arena_release(struct fb_arena *arena);

/** size zeroed bytes, aligned for any type, valid until release; NULL when memory or the maximum
 * ran out. */
void *fb_arena_alloc(struct fb_arena *arena, size_t size);

/** A zeroed object of a type, or NULL. */
#define FB_ARENA_NEW(arena, type) ((type *)fb_arena_alloc((arena), sizeof(type)))

/** A zeroed array of count objects of a type, or NULL (also when the size overflows). */
#define FB_ARENA_ARRAY(arena, type, count) ((type *)fb_arena_array((arena), (count), sizeof(type)))

/** What FB_ARENA_ARRAY calls. */
void *fb_arena_array(struct fb_arena *arena, size_t count, size_t size);

/** Takes back everything that came from the arena, and keeps some memory for what comes next. */
void fb_arena_clear(struct fb_arena *arena);

/** Takes over everything that came from another arena, which is empty then. It counts as handed out
 * by this one, also above its maximum. */
void fb_arena_adopt(struct fb_arena *arena, struct fb_arena *from);

/** True when ptr points into what the arena handed out. */
bool fb_arena_has(const struct fb_arena *arena, const void *ptr);

/** Copies s with a NUL behind it. On failure *out is untouched and the result is E_NOMEM. */
FB_CHECKED enum fb_code fb_arena_str(
    struct fb_arena *arena, struct fb_str s, struct fb_str *out, struct fb_err *err);

/** Formats text into the arena; a slice with ptr NULL on failure. */
struct fb_str fb_arena_printf(struct fb_arena *arena, const char *fmt, ...) FB_PRINTF(2, 3);

/** The same, for who was called in the manner of printf himself. */
struct fb_str fb_arena_vprintf(struct fb_arena *arena, const char *fmt, va_list args)
    FB_PRINTF(2, 0);

/** Fills err with E_NOMEM (or E_LIMIT when the arena's maximum was reached) and returns it. */
enum fb_code fb_arena_failed(const struct fb_arena *arena, struct fb_err *err);

#endif

#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"
#include "base/assert.h"

enum {
    BLOCK_MIN = 16 * 1024,
    BLOCK_LARGE = 4 << 20, /* comes from the system zeroed, and in huge pages where it has them */
    HUGE_PAGE = 2 << 20,
    TEXT_USUAL = 256 /* a longer text is formatted twice */
};

struct fb_arena_block {
    struct fb_arena_block *next;
    size_t size;
    size_t used;
    bool zeroed;
    alignas(max_align_t) char bytes[];
};

void fb_arena_init(struct fb_arena *arena, size_t max)
{
    FB_ASSERT(arena && max < SIZE_MAX / 2);
    *arena = (struct fb_arena){.max = max};
}

void fb_arena_release(struct fb_arena *arena)
{
    FB_ASSERT(arena);
    struct fb_arena_block *block = arena->blocks;
    while (block) {
        struct fb_arena_block *next = block->next;
        fb_free(block);
        block = next;
    }
    *arena = (struct fb_arena){.max = arena->max};
}

/* A block of a large arena is written from end to end: page faults of 4 KiB are a fifth of what an
 * evaluation of a hundred thousand records takes. Without effect where it cannot be had. */
static void ask_huge(struct fb_arena_block *block)
{
    uintptr_t from = ((uintptr_t)block + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
    uintptr_t end = ((uintptr_t)block->bytes + block->size) & ~(uintptr_t)(HUGE_PAGE - 1);
    if (from < end) {
        (void)madvise((void *)from, end - from, MADV_HUGEPAGE);
    }
}

static struct fb_arena_block *new_block(size_t size)
{
    struct fb_arena_block *block = NULL;
    bool large = size >= BLOCK_LARGE;
    block = large ? fb_calloc(1, sizeof(*block) + size) : fb_alloc(sizeof(*block) + size);
    if (block) {
        block->next = NULL;
        block->size = size;
        block->used = 0;
        block->zeroed = large;
    }
    if (block && large) {
        ask_huge(block);
    }
    return block;
}

void *fb_arena_alloc(struct fb_arena *arena, size_t size)
{
    FB_ASSERT(arena);
    size_t align = alignof(max_align_t);
    if (size > arena->max || arena->used > arena->max - size) {
        arena->full = true;
        return NULL;
    }
    size_t rounded = size ? (size + align - 1) & ~(align - 1) : align;
    struct fb_arena_block *block = arena->blocks;
    if (!block || block->size - block->used < rounded) {
        /* Blocks grow with the arena, so that their number stays logarithmic. */
        size_t want = arena->used / 2 > BLOCK_MIN ? arena->used / 2 : BLOCK_MIN;
        want = want < rounded ? rounded : want;
        block = new_block(want);
        if (!block) {
            arena->full = false;
            return NULL;
        }
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *out = block->bytes + block->used;
    block->used += rounded;
    arena->used += size;
    return block->zeroed ? out : memset(out, 0, rounded);
}

void *fb_arena_array(struct fb_arena *arena, size_t count, size_t size)
{
    FB_ASSERT(size > 0);
    if (count > SIZE_MAX / 2 / size) {
        arena->full = true;
        return NULL;
    }
    return fb_arena_alloc(arena, count * size);
}

void fb_arena_clear(struct fb_arena *arena)
{
    FB_ASSERT(arena);
    struct fb_arena_block *kept = arena->blocks;
    if (!kept || kept->size >= BLOCK_LARGE) {
        fb_arena_release(arena);
        return;
    }
    struct fb_arena rest = {.blocks = kept->next};
    fb_arena_release(&rest);
    kept->next = NULL;
    kept->used = 0;
    *arena = (struct fb_arena){.blocks = kept, .max = arena->max};
}

void fb_arena_adopt(struct fb_arena *arena, struct fb_arena *from)
{
    FB_ASSERT(arena && from && arena != from);
    struct fb_arena_block **end = &from->blocks;
    while (*end) {
        end = &(*end)->next;
    }
    /* Behind the block that is being filled. */
    struct fb_arena_block **at = arena->blocks ? &arena->blocks->next : &arena->blocks;
    *end = *at;
    *at = from->blocks;
    arena->used += from->used;
    *from = (struct fb_arena){.max = from->max};
}

bool fb_arena_has(const struct fb_arena *arena, const void *ptr)
{
    FB_ASSERT(arena);
    uintptr_t at = (uintptr_t)ptr;
    for (const struct fb_arena_block *block = arena->blocks; block; block = block->next) {
        uintptr_t from = (uintptr_t)block->bytes;
        if (at >= from && at - from < block->used) {
            return true;
        }
    }
    return false;
}

enum fb_code fb_arena_str(
    struct fb_arena *arena, struct fb_str s, struct fb_str *out, struct fb_err *err)
{
    FB_ASSERT(out);
    char *copy = fb_arena_alloc(arena, s.len + 1);
    if (!copy) {
        return fb_arena_failed(arena, err);
    }
    if (s.len) {
        memcpy(copy, s.ptr, s.len);
    }
    *out = (struct fb_str){copy, s.len};
    return FB_OK;
}

/* A format at work, and where it is. */
struct format {
    const char *at;
    va_list args;
};

/* The next piece of a format: what stands in it, or a text to be put in. False at its end, and at
 * what is no text. */
static bool next_piece(struct format *format, struct fb_str *out)
{
    const char *at = format->at;
    size_t plain = strcspn(at, "%");
    if (plain > 0) {
        *out = (struct fb_str){at, plain};
        format->at += plain;
        return true;
    }
    if (strncmp(at, "%.*s", 4) == 0) {
        int most = va_arg(format->args, int);
        const char *text = va_arg(format->args, const char *);
        *out = (struct fb_str){text, most > 0 ? strnlen(text, (size_t)most) : 0};
        format->at += most >= 0 ? 4 : 0;
        return most >= 0;
    }
    if (strncmp(at, "%s", 2) == 0) {
        *out = fb_str_of(va_arg(format->args, const char *));
        format->at += 2;
        return true;
    }
    return false;
}

/* Formats what has only texts in it and fits into a room, as vsnprintf would and several times as
 * fast: most sentences and names are such. Returns the length, or -1. */
static int join_texts(char room[TEXT_USUAL], const char *fmt, va_list args)
{
    struct format format = {.at = fmt};
    struct fb_str piece;
    size_t len = 0;
    bool fits = true;
    va_copy(format.args, args);
    while (fits && next_piece(&format, &piece)) {
        fits = piece.len < TEXT_USUAL - len;
        if (fits && piece.len) {
            memcpy(room + len, piece.ptr, piece.len);
            len += piece.len;
        }
    }
    va_end(format.args);
    return fits && !*format.at ? (int)len : -1;
}

struct fb_str fb_arena_vprintf(struct fb_arena *arena, const char *fmt, va_list args)
{
    char text[TEXT_USUAL];
    va_list again;
    va_copy(again, args);
    int len = join_texts(text, fmt, args);
    len = len < 0 ? vsnprintf(text, sizeof(text), fmt, args) : len;
    FB_ASSERT(len >= 0);
    char *out = fb_arena_alloc(arena, (size_t)len + 1);
    if (out && (size_t)len < sizeof(text)) {
        memcpy(out, text, (size_t)len);
    } else if (out) {
        (void)vsnprintf(out, (size_t)len + 1, fmt, again);
    }
    va_end(again);
    return (struct fb_str){out, out ? (size_t)len : 0};
}

struct fb_str fb_arena_printf(struct fb_arena *arena, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct fb_str out = fb_arena_vprintf(arena, fmt, args);
    va_end(args);
    return out;
}

enum fb_code fb_arena_failed(const struct fb_arena *arena, struct fb_err *err)
{
    FB_ASSERT(arena);
    if (arena->full) {
        return fb_err_set(
            err, FB_E_LIMIT, "the input needs more than %zu bytes of memory", arena->max);
    }
    return fb_err_set(err, FB_E_NOMEM, "memory ran out");
}

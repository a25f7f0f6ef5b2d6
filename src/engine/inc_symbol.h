/*
 * inc_symbol.h: strings as numbers, for the incremental evaluator alone. Equal strings have equal
 * numbers. Those that no state holds any more are given up from time to time, and their numbers
 * used again, so that memory follows the windows and not the log.
 */
#ifndef FB_ENGINE_INC_SYMBOL_H
#define FB_ENGINE_INC_SYMBOL_H

#include "engine/inc_set.h"

/** A string. */
struct fb_inc_symbol {
    char *text; /**< NULL: the number is free */
    uint32_t len;
    uint32_t hash;
    uint32_t next_free; /**< number + 1 */
    bool marked;
};

/** All of them. */
struct fb_inc_symbols {
    struct fb_inc_symbol *items;
    size_t cap;
    size_t count; /**< numbers ever used */
    size_t live;
    uint32_t free_head; /**< number + 1 */
    uint32_t *slots;    /**< number + 1, by hash */
    size_t slot_cap;
    size_t pinned;   /**< numbers below are never given up */
    size_t sweep_at; /**< how many are worth looking through */
};

/** Frees them. */
void fb_inc_symbols_release(struct fb_inc_symbols *symbols, struct fb_inc_memory *memory);

/** The number of a string, a new one when it has none. False when memory ran out. */
bool fb_inc_symbol_of(struct fb_inc_symbols *symbols, struct fb_str text,
    struct fb_inc_memory *memory, uint32_t *out);

/** The string of a number. */
static inline struct fb_str fb_inc_symbol_text(const struct fb_inc_symbols *symbols, int64_t number)
{
    const struct fb_inc_symbol *symbol = &symbols->items[number];
    return (struct fb_str){symbol->text, symbol->len};
}

/** Keeps the strings of these cells in the sweep that follows. */
void fb_inc_symbols_mark(struct fb_inc_symbols *symbols, const struct fb_cell *cells, size_t count);

/** Gives up what was not marked. */
void fb_inc_symbols_sweep(struct fb_inc_symbols *symbols, struct fb_inc_memory *memory);

#endif

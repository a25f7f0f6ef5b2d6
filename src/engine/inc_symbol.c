#include "engine/inc_symbol.h"

#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"

enum { SWEEP_MIN = 4096 };

void fb_inc_symbols_release(struct fb_inc_symbols *symbols, struct fb_inc_memory *memory)
{
    FB_ASSERT(symbols && memory);
    for (size_t i = 0; i < symbols->count; i++) {
        struct fb_inc_symbol *symbol = &symbols->items[i];
        if (symbol->text) {
            fb_inc_drop(memory, symbol->text, symbol->len + 1, 1);
        }
    }
    fb_inc_drop(memory, symbols->items, symbols->cap, sizeof(*symbols->items));
    fb_inc_drop(memory, symbols->slots, symbols->slot_cap, sizeof(*symbols->slots));
    *symbols = (struct fb_inc_symbols){0};
}

/* The place of a string, or the free place where it belongs. */
static size_t place_of(const struct fb_inc_symbols *symbols, struct fb_str text, uint32_t hash)
{
    size_t at = hash & (symbols->slot_cap - 1);
    for (; symbols->slots[at]; at = (at + 1) & (symbols->slot_cap - 1)) {
        const struct fb_inc_symbol *symbol = &symbols->items[symbols->slots[at] - 1];
        if (symbol->hash == hash && symbol->len == text.len &&
            (text.len == 0 || memcmp(symbol->text, text.ptr, text.len) == 0)) {
            break;
        }
    }
    return at;
}

static void place_all(struct fb_inc_symbols *symbols)
{
    memset(symbols->slots, 0, symbols->slot_cap * sizeof(*symbols->slots));
    for (size_t i = 0; i < symbols->count; i++) {
        size_t at = symbols->items[i].hash & (symbols->slot_cap - 1);
        if (!symbols->items[i].text) {
            continue;
        }
        while (symbols->slots[at]) {
            at = (at + 1) & (symbols->slot_cap - 1);
        }
        symbols->slots[at] = (uint32_t)(i + 1);
    }
}

static bool add(struct fb_inc_symbols *symbols, struct fb_str text, uint32_t hash,
    struct fb_inc_memory *memory, uint32_t *out)
{
    char *copy = NULL;
    size_t cap = 0;
    uint32_t number = symbols->free_head ? symbols->free_head - 1 : (uint32_t)symbols->count;
    if (text.len > UINT32_MAX - 1 ||
        !fb_inc_room(
            memory, &symbols->items, &symbols->cap, symbols->count, sizeof(*symbols->items)) ||
        !fb_inc_exact(memory, &copy, &cap, text.len + 1)) {
        return false;
    }
    struct fb_inc_symbol *symbol = &symbols->items[number];
    if (symbols->free_head) {
        symbols->free_head = symbol->next_free;
    } else {
        symbols->count++;
    }
    if (text.len) {
        memcpy(copy, text.ptr, text.len);
    }
    *symbol = (struct fb_inc_symbol){.text = copy, .len = (uint32_t)text.len, .hash = hash};
    symbols->live++;
    *out = number;
    return true;
}

bool fb_inc_symbol_of(
    struct fb_inc_symbols *symbols, struct fb_str text, struct fb_inc_memory *memory, uint32_t *out)
{
    FB_ASSERT(symbols && memory && out);
    size_t before = symbols->slot_cap;
    if (!fb_inc_room(memory, &symbols->slots, &symbols->slot_cap, 2 * symbols->live + 2,
            sizeof(*symbols->slots))) {
        return false;
    }
    if (symbols->slot_cap != before) {
        place_all(symbols);
    }
    uint32_t hash = fb_inc_hash_text(text);
    size_t at = place_of(symbols, text, hash);
    if (symbols->slots[at]) {
        *out = symbols->slots[at] - 1;
        return true;
    }
    if (!add(symbols, text, hash, memory, out)) {
        return false;
    }
    symbols->slots[at] = *out + 1;
    return true;
}

void fb_inc_symbols_mark(struct fb_inc_symbols *symbols, const struct fb_cell *cells, size_t count)
{
    FB_ASSERT(symbols && (count == 0 || cells));
    for (size_t i = 0; i < count; i++) {
        if (cells[i].type == FB_TYPE_STRING) {
            symbols->items[cells[i].u.integer].marked = true;
        }
    }
}

void fb_inc_symbols_sweep(struct fb_inc_symbols *symbols, struct fb_inc_memory *memory)
{
    FB_ASSERT(symbols && memory);
    for (size_t i = symbols->count; i-- > symbols->pinned;) {
        struct fb_inc_symbol *symbol = &symbols->items[i];
        if (symbol->text && !symbol->marked) {
            fb_inc_drop(memory, symbol->text, symbol->len + 1, 1);
            symbol->text = NULL;
            symbol->next_free = symbols->free_head;
            symbols->free_head = (uint32_t)(i + 1);
            symbols->live--;
        }
        symbol->marked = false;
    }
    if (symbols->slot_cap) {
        place_all(symbols);
    }
    symbols->sweep_at = 2 * symbols->live > SWEEP_MIN ? 2 * symbols->live : SWEEP_MIN;
}

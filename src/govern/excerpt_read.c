/* excerpt_read.c: finding entries by the index and by what came since, and reading them. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/limit.h"
#include "govern/docket_read.h"
#include "govern/excerpt_private.h"

/* ---- sets and lists ---- */

static bool set_grow(struct fb_excerpt_set *set)
{
    size_t cap = set->cap ? 2 * set->cap : 256;
    uint64_t *slots = fb_calloc(cap, sizeof(*slots));
    for (size_t i = 0; slots && i < set->cap; i++) {
        if (set->slots[i]) {
            size_t at = set->slots[i] * 0x9E3779B97F4A7C15u >> 20 & (cap - 1);
            while (slots[at]) {
                at = (at + 1) & (cap - 1);
            }
            slots[at] = set->slots[i];
        }
    }
    if (slots) {
        fb_free(set->slots);
        set->slots = slots;
        set->cap = cap;
    }
    return slots;
}

/* Adds a number; *out_new says whether it was not there. False when memory ran out. */
bool fb_excerpt_set_add(struct fb_excerpt_set *set, uint64_t number, bool *out_new)
{
    if (2 * (set->count + 1) > set->cap && !set_grow(set)) {
        return false;
    }
    number = number ? number : UINT64_MAX;
    size_t at = number * 0x9E3779B97F4A7C15u >> 20 & (set->cap - 1);
    while (set->slots[at] && set->slots[at] != number) {
        at = (at + 1) & (set->cap - 1);
    }
    *out_new = !set->slots[at];
    set->count += *out_new;
    set->slots[at] = number;
    return true;
}

/* Room for one more in a list of the arena. */
bool fb_excerpt_list_grow(
    struct fb_arena *arena, void **list, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) {
        return true;
    }
    size_t more = *cap ? 2 * *cap : 64;
    void *grown = fb_arena_array(arena, more, size);
    if (!grown) {
        return false;
    }
    if (count) {
        memcpy(grown, *list, count * size);
    }
    *list = grown;
    *cap = more;
    return true;
}

/* ---- the index, and what came since it was made ---- */

static int by_term(const void *a, const void *b)
{
    const struct fb_mark *x = a, *y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return (x->number > y->number) - (x->number < y->number);
}

static enum fb_code add_tail(void *ctx, uint64_t seq, uint64_t term, struct fb_err *err)
{
    struct fb_excerpt *e = ctx;
    if (!LIST_GROW(e, tail, tail_count, tail_cap)) {
        return fb_arena_failed(&e->arena, err);
    }
    e->tail[e->tail_count++] = (struct fb_mark){term, seq};
    return FB_OK;
}

enum fb_code fb_excerpt_read_tail(struct fb_excerpt *e, struct fb_err *err)
{
    if (e->size - e->indexed > fb_limit(FB_EXCERPT_TAIL_MAX)) {
        return fb_err_set(err, FB_E_NOT_FOUND, "the index is far behind the ledger");
    }
    const uint64_t range[2] = {e->indexed, e->size};
    enum fb_code code = fb_docket_index_terms(e->docket, range, add_tail, e, err);
    if (code == FB_OK && e->tail_count > 1) {
        qsort(e->tail, e->tail_count, sizeof(*e->tail), by_term);
    }
    return code;
}

/* Where the marks of a term begin in the tail. */
static size_t tail_place(const struct fb_excerpt *e, uint64_t term)
{
    size_t low = 0, high = e->tail_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool before = e->tail[middle].key < term;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    return low;
}

/* The entries that have a term, in their order. */
enum fb_code fb_excerpt_find(
    struct fb_excerpt *e, uint64_t term, struct fb_numbers *out, struct fb_err *err)
{
    size_t before = out->count;
    FB_ASSERT(e->marks);
    enum fb_code code = fb_marks_find(e->marks, term, out, err);
    size_t found = out->count;
    out->count = before;
    for (size_t i = before; code == FB_OK && i < found; i++) {
        if (out->items[i] >= e->indexed) {
            code = fb_err_set(err, FB_E_CORRUPT, "the index names an entry that it has not seen");
        } else if (out->items[i] < e->size) {
            out->items[out->count++] = out->items[i];
        }
    }
    for (size_t i = tail_place(e, term); code == FB_OK && i < e->tail_count; i++) {
        if (e->tail[i].key != term) {
            break;
        }
        code = e->tail[i].number < e->size ? fb_numbers_add(out, e->tail[i].number, err) : FB_OK;
    }
    return code;
}

enum fb_code fb_excerpt_any(struct fb_excerpt *e, uint64_t term, bool *out, struct fb_err *err)
{
    size_t at = tail_place(e, term);
    *out = at < e->tail_count && e->tail[at].key == term;
    return *out ? FB_OK : fb_marks_any(e->marks, term, out, err);
}

/* ---- reading records ---- */

/* A large part of all is read faster from one end to the other. */
static enum fb_code check_share(const struct fb_excerpt *e, size_t count, struct fb_err *err)
{
    return count <= e->size / FB_EXCERPT_SHARE + fb_limit(FB_EXCERPT_FEW)
               ? FB_OK
               : fb_err_set(err, FB_E_UNSUPPORTED, "the question rests on much of the ledger");
}

static enum fb_code read_item(
    struct fb_excerpt *e, uint64_t seq, struct fb_excerpt_item *item, struct fb_err *err)
{
    struct fb_buf bytes;
    fb_ledger_entry raw;
    struct fb_entry entry;
    fb_buf_init(&bytes, FB_ENTRY_MAX);
    enum fb_code code = fb_ledger_read(e->docket->ledger, seq, &raw, &bytes, err);
    code = code ? code : fb_arena_str(&e->arena, fb_buf_str(&bytes), &raw.bytes, err);
    code = code ? code : fb_docket_decode(&raw, &entry, err);
    if (code == FB_OK) {
        fb_registry_prepare(&entry, false, &e->arena, &e->arena, &item->prepared);
        code = item->prepared.is_ready
                   ? FB_OK
                   : fb_err_set(err, FB_E_CORRUPT, "entry %llu of the ledger cannot be read",
                         (unsigned long long)seq);
    }
    item->seq = seq;
    item->prepared.record.admitted = entry.admitted;
    fb_buf_release(&bytes);
    return code;
}

/* Adds the record that stands at seq, unless it was read. */
enum fb_code fb_excerpt_take(struct fb_excerpt *e, uint64_t seq, struct fb_err *err)
{
    bool is_new = false;
    if (seq >= e->size) {
        return fb_err_set(err, FB_E_CORRUPT, "the index names an entry that is not there");
    }
    if (!fb_excerpt_set_add(&e->seqs, seq + 1, &is_new)) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    if (!is_new) {
        return FB_OK;
    }
    struct fb_excerpt_item *item = FB_ARENA_NEW(&e->arena, struct fb_excerpt_item);
    if (!item || !LIST_GROW(e, items, count, cap)) {
        return fb_arena_failed(&e->arena, err);
    }
    enum fb_code code = read_item(e, seq, item, err);
    code = code ? code : fb_map_put(&e->ids, item->prepared.record.id, item, err);
    if (code == FB_OK) {
        e->items[e->count++] = item;
        code = check_share(e, e->count, err);
    }
    return code;
}

/* Adds all records that have a term, once. */
enum fb_code fb_excerpt_take_term(struct fb_excerpt *e, uint64_t term, struct fb_err *err)
{
    struct fb_numbers found = {.items = NULL};
    bool is_new = false;
    if (!fb_excerpt_set_add(&e->terms, term + 1, &is_new)) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    enum fb_code code = is_new ? fb_excerpt_find(e, term, &found, err) : FB_OK;
    code = code ? code : check_share(e, found.count, err);
    for (size_t i = 0; code == FB_OK && i < found.count; i++) {
        code = fb_excerpt_take(e, found.items[i], err);
    }
    fb_numbers_release(&found);
    return code;
}

struct fb_excerpt_item *fb_excerpt_item(const struct fb_excerpt *e, struct fb_str id)
{
    return id.len ? fb_map_get(&e->ids, id) : NULL;
}

const struct fb_record *fb_excerpt_record(const struct fb_excerpt *e, struct fb_str id)
{
    const struct fb_excerpt_item *item = fb_excerpt_item(e, id);
    return item ? &item->prepared.record : id.len ? fb_map_get(&e->offered, id) : NULL;
}

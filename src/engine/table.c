#include "engine/table.h"

#include <string.h>

#include "base/assert.h"

int fb_row_cmp(const struct fb_value *a, const struct fb_value *b, size_t count)
{
    FB_ASSERT(count == 0 || (a && b));
    for (size_t i = 0; i < count; i++) {
        int order = fb_value_cmp(a[i], b[i]);
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

uint64_t fb_row_hash(const struct fb_value *values, size_t count)
{
    FB_ASSERT(count == 0 || values);
    uint64_t hash = 0;
    for (size_t i = 0; i < count; i++) {
        hash = (hash + fb_value_hash(values[i])) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return hash;
}

struct fb_row fb_row_new(const struct fb_eval *ev, const struct fb_value *values)
{
    FB_ASSERT(ev && ev->var_count <= FB_IR_VARS_MAX);
    struct fb_row row = {.corrected = FB_TIME_MIN};
    row.values = FB_ARENA_ARRAY(ev->arena, struct fb_value, ev->var_count);
    if (row.values && ev->var_count) {
        memcpy(row.values, values, ev->var_count * sizeof(*values));
    }
    return row;
}

void fb_row_rests(struct fb_row *row, const struct fb_row *other)
{
    FB_ASSERT(row && other);
    if (other->corrected > row->corrected) {
        row->corrected = other->corrected;
    }
    if (other->newest > row->newest) {
        row->newest = other->newest;
    }
}

/* Index of the first row that is not less than values. */
static size_t lower_bound(
    const struct fb_table *table, const struct fb_value *values, size_t var_count)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (fb_row_cmp(table->rows[mid].values, values, var_count) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

/* Rows double in place of a capacity field: a table of 2^n rows is full. */
static enum fb_code grow(const struct fb_eval *ev, struct fb_table *table)
{
    if (table->count != 0 && (table->count & (table->count - 1)) != 0) {
        return FB_OK;
    }
    size_t cap = table->count == 0 ? 1 : 2 * table->count;
    struct fb_row *rows = FB_ARENA_ARRAY(ev->arena, struct fb_row, cap);
    if (!rows) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    if (table->count) {
        memcpy(rows, table->rows, table->count * sizeof(*rows));
    }
    table->rows = rows;
    return FB_OK;
}

enum fb_code fb_table_add(const struct fb_eval *ev, struct fb_table *table, struct fb_row row)
{
    FB_ASSERT(ev && table);
    FB_ASSERT(ev->var_count == 0 || row.values);
    size_t at = lower_bound(table, row.values, ev->var_count);
    if (at < table->count && fb_row_cmp(table->rows[at].values, row.values, ev->var_count) == 0) {
        struct fb_row *there = &table->rows[at];
        there->corrected = row.corrected < there->corrected ? row.corrected : there->corrected;
        there->newest = row.newest > there->newest ? row.newest : there->newest;
        return FB_OK;
    }
    enum fb_code code = grow(ev, table);
    if (code) {
        return code;
    }
    memmove(&table->rows[at + 1], &table->rows[at], (table->count - at) * sizeof(row));
    table->rows[at] = row;
    table->count++;
    return FB_OK;
}

/* Aggregations over the rows of one group. Sums and means are those of the exact numbers, rounded
 * once; see docs/decisions/0046-exact-sums.md. */
#include "base/assert.h"
#include "base/exact.h"
#include "engine/table.h"

static enum fb_code not_a_number(const struct fb_eval *ev, struct fb_value v)
{
    (void)fb_err_set(
        ev->err, FB_E_POLICY, "cannot aggregate a value of type %s", fb_type_name(v.type));
    return fb_err_hint(ev->err, "Sum, average and median need numbers.");
}

static enum fb_code add_up(const struct fb_eval *ev, const struct fb_value *values, size_t count,
    struct fb_exact *out, bool *any_float)
{
    *out = (struct fb_exact){.nans = 0};
    *any_float = false;
    for (size_t i = 0; i < count; i++) {
        if (values[i].type == FB_TYPE_INT) {
            fb_exact_add_int(out, values[i].u.integer, true);
        } else if (values[i].type == FB_TYPE_FLOAT) {
            fb_exact_add(out, values[i].u.number, true);
            *any_float = true;
        } else {
            return not_a_number(ev, values[i]);
        }
    }
    return FB_OK;
}

static enum fb_code sum(
    const struct fb_eval *ev, const struct fb_value *values, size_t count, struct fb_value *out)
{
    struct fb_exact all;
    int64_t whole = 0;
    bool is_real;
    enum fb_code code = add_up(ev, values, count, &all, &is_real);
    if (code) {
        return code;
    }
    if (!is_real && !fb_exact_int(&all, &whole)) {
        return fb_err_set(ev->err, FB_E_RANGE, "a sum does not fit into 64 bits");
    }
    *out = is_real ? fb_value_float(fb_exact_mean(&all, 1)) : fb_value_int(whole);
    return FB_OK;
}

static enum fb_code average(
    const struct fb_eval *ev, const struct fb_value *values, size_t count, struct fb_value *out)
{
    FB_ASSERT(count > 0);
    struct fb_exact all;
    bool is_real;
    enum fb_code code = add_up(ev, values, count, &all, &is_real);
    if (code) {
        return code;
    }
    *out = fb_value_float(fb_exact_mean(&all, count));
    return FB_OK;
}

/* values are sorted. The mean of the two in the middle, or of the one. */
static enum fb_code median(
    const struct fb_eval *ev, const struct fb_value *values, size_t count, struct fb_value *out)
{
    FB_ASSERT(count > 0);
    return average(ev, values + (count - 1) / 2, count % 2 ? 1 : 2, out);
}

/* The values of a column, NONE left out, sorted. */
static enum fb_code column(const struct fb_eval *ev, uint32_t over, struct fb_row *const *rows,
    size_t count, struct fb_value **out, size_t *out_count)
{
    struct fb_value *values = FB_ARENA_ARRAY(ev->arena, struct fb_value, count);
    if (!values) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        struct fb_value v = rows[i]->values[over];
        if (v.type == FB_TYPE_NONE) {
            continue;
        }
        size_t at = used++;
        for (; at > 0 && fb_value_cmp(values[at - 1], v) > 0; at--) {
            values[at] = values[at - 1];
        }
        values[at] = v;
    }
    *out = values;
    *out_count = used;
    return FB_OK;
}

enum fb_code fb_agg_apply(const struct fb_eval *ev, enum fb_agg_kind agg, uint32_t over,
    struct fb_row *const *rows, size_t count, struct fb_value *out)
{
    FB_ASSERT(ev && out);
    FB_ASSERT(over < ev->var_count);
    struct fb_value *values = NULL;
    size_t used = 0;
    if (agg == FB_AGG_COUNT) {
        *out = fb_value_int((int64_t)count);
        return FB_OK;
    }
    enum fb_code code = column(ev, over, rows, count, &values, &used);
    if (code) {
        return code;
    }
    if (agg == FB_AGG_SUM) {
        return sum(ev, values, used, out);
    }
    if (used == 0) {
        *out = fb_value_none();
        return FB_OK;
    }
    switch (agg) {
    case FB_AGG_AVG:
        return average(ev, values, used, out);
    case FB_AGG_MEDIAN:
        return median(ev, values, used, out);
    case FB_AGG_MIN:
        *out = values[0];
        return FB_OK;
    case FB_AGG_MAX:
        *out = values[used - 1];
        return FB_OK;
    case FB_AGG_COUNT:
    case FB_AGG_SUM:
        break;
    }
    FB_ASSERT(false);
    return FB_OK;
}

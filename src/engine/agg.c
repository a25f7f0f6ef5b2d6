/* Aggregations over the rows of one group. */
#include "base/assert.h"
#include "engine/table.h"

static bool number_of(struct fb_value v, double *out)
{
    *out = v.type == FB_TYPE_INT ? (double)v.u.integer : v.u.number;
    return v.type == FB_TYPE_INT || v.type == FB_TYPE_FLOAT;
}

static enum fb_code not_a_number(const struct fb_eval *ev, struct fb_value v)
{
    (void)fb_err_set(
        ev->err, FB_E_POLICY, "cannot aggregate a value of type %s", fb_type_name(v.type));
    return fb_err_hint(ev->err, "Sum, average and median need numbers.");
}

static enum fb_code sum(
    const struct fb_eval *ev, const struct fb_value *values, size_t count, struct fb_value *out)
{
    int64_t whole = 0;
    double real = 0.0;
    bool is_real = false;
    for (size_t i = 0; i < count; i++) {
        double x;
        if (!number_of(values[i], &x)) {
            return not_a_number(ev, values[i]);
        }
        real += x;
        if (values[i].type == FB_TYPE_FLOAT) {
            is_real = true;
        } else if (__builtin_add_overflow(whole, values[i].u.integer, &whole)) {
            return fb_err_set(ev->err, FB_E_RANGE, "a sum does not fit into 64 bits");
        }
    }
    *out = is_real ? fb_value_float(real) : fb_value_int(whole);
    return FB_OK;
}

static enum fb_code average(
    const struct fb_eval *ev, const struct fb_value *values, size_t count, struct fb_value *out)
{
    FB_ASSERT(count > 0);
    double total = 0.0;
    for (size_t i = 0; i < count; i++) {
        double x;
        if (!number_of(values[i], &x)) {
            return not_a_number(ev, values[i]);
        }
        total += x;
    }
    *out = fb_value_float(total / (double)count);
    return FB_OK;
}

/* values are sorted. */
static enum fb_code median(
    const struct fb_eval *ev, const struct fb_value *values, size_t count, struct fb_value *out)
{
    FB_ASSERT(count > 0);
    double low;
    double high;
    if (!number_of(values[(count - 1) / 2], &low)) {
        return not_a_number(ev, values[(count - 1) / 2]);
    }
    if (!number_of(values[count / 2], &high)) {
        return not_a_number(ev, values[count / 2]);
    }
    *out = fb_value_float(count % 2 ? low : (low + high) / 2.0);
    return FB_OK;
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

/*
 * The checker's sums (check_sum.c) against values that are known, and against those of base/exact,
 * which the evaluators use and the checker does not.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/exact.h"
#include "fb_test.h"
#include "proof/check_parts.h"

enum { COUNT = 12 };

static uint64_t state;

static uint64_t draw(void)
{
    state += 0x9e3779b97f4a7c15u;
    uint64_t z = state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* An integer or a float, of sizes that are near each other or not. */
static struct fb_value number(unsigned kind)
{
    uint64_t bits = draw();
    uint64_t exponent = kind % 4 == 0   ? bits >> 52 & 0x7ff
                        : kind % 4 == 1 ? 0
                        : kind % 4 == 2 ? 0x3f0 + (bits >> 52) % 32
                                        : 0x7f8 + (bits >> 52) % 7;
    double x;
    if (kind % 5 == 0 && draw() % 2) {
        return fb_value_int((int64_t)bits >> draw() % 64);
    }
    exponent = exponent == 0x7ff && draw() % 4 ? 0x400 : exponent;
    bits = (bits & 0x800fffffffffffffu) | exponent << 52;
    bits &= draw() % 3 ? UINT64_MAX : ~(uint64_t)0 << 40;
    memcpy(&x, &bits, sizeof(x));
    return fb_value_float(x);
}

static void same(double got, double want)
{
    if (isnan(got) ? !isnan(want) : got < want || got > want || isnan(want)) {
        fail_msg("got %a, want %a", got, want);
    }
}

static void compare(const struct fb_value *values, size_t count)
{
    struct fb_exact all = {.nans = 0};
    bool floats = false;
    int64_t whole = 0;
    struct fb_value got;
    for (size_t i = 0; i < count; i++) {
        if (values[i].type == FB_TYPE_INT) {
            fb_exact_add_int(&all, values[i].u.integer, true);
        } else {
            fb_exact_add(&all, values[i].u.number, true);
            floats = true;
        }
    }
    bool fits = floats || fb_exact_int(&all, &whole);
    assert_int_equal(fb_check_add_up(values, count, false, &got), fits);
    if (floats) {
        assert_int_equal(got.type, FB_TYPE_FLOAT);
        same(got.u.number, fb_exact_mean(&all, 1));
    } else if (fits) {
        assert_int_equal(got.type, FB_TYPE_INT);
        assert_int_equal(got.u.integer, whole);
    }
    if (count) {
        assert_true(fb_check_add_up(values, count, true, &got));
        assert_int_equal(got.type, FB_TYPE_FLOAT);
        same(got.u.number, fb_exact_mean(&all, count));
    }
}

static void test_random(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 20000; i++) {
        struct fb_value values[COUNT];
        state = i;
        size_t count = draw() % (COUNT + 1);
        for (size_t k = 0; k < count; k++) {
            /* Often what was there before, turned, so that most of it goes. */
            values[k] = number(i);
            if (k && draw() % 3 == 0) {
                values[k] = values[draw() % k];
                values[k].u.number =
                    values[k].type == FB_TYPE_FLOAT ? -values[k].u.number : values[k].u.number;
            }
        }
        compare(values, count);
    }
}

static struct fb_value sum_of(double a, double b, double c)
{
    struct fb_value values[] = {fb_value_float(a), fb_value_float(b), fb_value_float(c)};
    struct fb_value out = fb_value_none();
    assert_true(fb_check_add_up(values, 3, false, &out));
    assert_int_equal(out.type, FB_TYPE_FLOAT);
    return out;
}

static void test_known(void **unused)
{
    (void)unused;
    const double tiny = DBL_TRUE_MIN;
    same(sum_of(1e308, 1.0, -1e308).u.number, 1.0);
    same(sum_of(DBL_MAX, 0x1p970, 0.0).u.number, INFINITY);
    same(sum_of(DBL_MAX, 0x1p970, -tiny).u.number, DBL_MAX);
    same(sum_of(1.0, 0x1p-53, 0.0).u.number, 1.0);
    same(sum_of(1.0, 0x1p-53, tiny).u.number, 1.0 + DBL_EPSILON);
    same(sum_of(-tiny, -tiny, 0.0).u.number, -2 * tiny);
    same(sum_of(INFINITY, -INFINITY, 1.0).u.number, NAN);
    same(sum_of(NAN, 1.0, 1.0).u.number, NAN);
    same(sum_of(-INFINITY, 1.0, 1.0).u.number, -INFINITY);
}

static void test_integers(void **unused)
{
    (void)unused;
    struct fb_value values[] = {fb_value_int(INT64_MAX), fb_value_int(INT64_MAX), fb_value_int(2),
        fb_value_int(INT64_MIN), fb_value_int(INT64_MIN)};
    struct fb_value out = fb_value_none();
    assert_true(fb_check_add_up(values, 5, false, &out)); /* too large on the way alone */
    assert_int_equal(out.type, FB_TYPE_INT);
    assert_int_equal(out.u.integer, 0);
    assert_true(fb_check_add_up(values + 3, 1, false, &out));
    assert_int_equal(out.u.integer, INT64_MIN);
    out = fb_value_bool(true);
    assert_false(fb_check_add_up(values, 2, false, &out));
    assert_false(fb_check_add_up(values + 3, 2, false, &out));
    values[0] = fb_value_str(fb_str_of("three"));
    assert_false(fb_check_add_up(values, 1, true, &out));
    assert_int_equal(out.type, FB_TYPE_BOOL);
    assert_true(fb_check_add_up(values, 0, false, &out)); /* of nothing */
    assert_int_equal(out.type, FB_TYPE_INT);
    assert_int_equal(out.u.integer, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_integers),
    };
    return cmocka_run_group_tests_name("sum", tests, NULL, NULL);
}

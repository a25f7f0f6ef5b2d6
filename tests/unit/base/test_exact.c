/*
 * Exact sums (base/exact) against a plain oracle: a number is 2,304 bits, one to a byte, and is
 * added, shifted and rounded bit by bit.
 */
#include "base/exact.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fb_test.h"

/* ---- the oracle: bit i is worth 2^(i - 1088), in two's complement ---- */

__extension__ typedef __int128 whole128;
__extension__ typedef unsigned __int128 uwhole128;

enum { BITS = 2304, UNIT = 1088, POOL = 4096 };

struct plain {
    unsigned char bit[BITS];
    long nan, above, below;
};

static void plain_add_at(struct plain *p, uint64_t magnitude, int at, bool negative)
{
    int carry = 0;
    for (int i = 0; i < BITS; i++) {
        int b = i >= at && i < at + 64 ? (int)(magnitude >> (i - at) & 1) : 0;
        int sum = negative ? p->bit[i] - b - carry : p->bit[i] + b + carry;
        p->bit[i] = (unsigned char)(sum & 1);
        carry = negative ? sum < 0 : sum > 1;
    }
}

static void plain_add(struct plain *p, double x, bool in)
{
    int exponent;
    if (isnan(x) || isinf(x)) {
        long *count = isnan(x) ? &p->nan : x > 0 ? &p->above : &p->below;
        *count += in ? 1 : -1;
        return;
    }
    double fraction = frexp(fabs(x), &exponent);
    /* 2^64 * fraction is a whole number. A least double has trailing zeros to spare. */
    uint64_t magnitude = (uint64_t)ldexp(fraction, 53);
    int at = exponent - 53 + UNIT;
    for (; at < 0; at++) {
        assert_int_equal(magnitude & 1, 0);
        magnitude >>= 1;
    }
    plain_add_at(p, magnitude, at, (x < 0) == in);
}

static int plain_top(const unsigned char *bit)
{
    int top = BITS - 1;
    while (top >= 0 && !bit[top]) {
        top--;
    }
    return top;
}

/* By long division, bit by bit; then to nearest, ties to even. */
static double plain_mean(const struct plain *p, uint64_t count)
{
    static struct plain m;
    uwhole128 rest = 0;
    bool negative = p->bit[BITS - 1];
    if (p->nan || (p->above && p->below)) {
        return NAN;
    }
    if (p->above || p->below) {
        return p->above ? INFINITY : -INFINITY;
    }
    m = *p;
    if (negative) {
        memset(m.bit, 0, sizeof(m.bit));
        for (int i = 0, carry = 0; i < BITS; i++) {
            int sum = -p->bit[i] - carry;
            m.bit[i] = (unsigned char)(sum & 1);
            carry = sum < 0;
        }
    }
    for (int i = BITS - 1; i >= 0; i--) {
        rest = rest << 1 | m.bit[i];
        m.bit[i] = rest >= count;
        rest -= m.bit[i] ? count : 0;
    }
    int top = plain_top(m.bit);
    int last = top - 52 > UNIT - 1074 ? top - 52 : UNIT - 1074;
    bool more = rest != 0;
    uint64_t digits = 0;
    for (int i = 0; i < last - 1; i++) {
        more = more || m.bit[i];
    }
    for (int i = top; i >= last; i--) {
        digits = digits << 1 | m.bit[i];
    }
    digits += m.bit[last - 1] && (more || (digits & 1));
    double result = ldexp((double)digits, last - UNIT);
    return negative ? -result : result;
}

/* ---- numbers ---- */

static uint64_t state;

static uint64_t draw(void)
{
    state += 0x9e3779b97f4a7c15u;
    uint64_t z = state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static double of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* Numbers of a kind: ordinary ones, any finite bits, least ones, greatest ones, neighbours of
 * powers of two, and now and then what is no finite number. */
static double number(unsigned kind)
{
    static const double edges[] = {0.0, -0.0, 1.0, -1.0, DBL_MAX, -DBL_MAX, DBL_MIN, DBL_TRUE_MIN,
        -DBL_TRUE_MIN, 0x1p53, 0x1.fffffffffffffp52, 0x1p-1022, 0x1.fffffffffffffp-1023, 0x1p63};
    uint64_t r = draw();
    switch (kind % 7) {
    case 0:
        return (double)(int64_t)(r % 200001) / 100.0 - 1000.0;
    case 1:
        return isfinite(of_bits(r)) ? of_bits(r) : 1.0;
    case 2:
        return of_bits(r & 0x801fffffffffffffu);
    case 3:
        return of_bits((r & 0x800fffffffffffffu) | (uint64_t)(0x7f8 + r % 7) << 52);
    case 4:
        return ldexp(1.0 + (double)(r % 3) * DBL_EPSILON, (int)(r >> 8 & 127) - 64) *
               (r >> 63 ? 1.0 : -1.0);
    case 5:
        return edges[r % (sizeof(edges) / sizeof(edges[0]))];
    default:
        return r % 3 == 0 ? NAN : r % 3 == 1 ? INFINITY : -INFINITY;
    }
}

static void same(double got, double want)
{
    uint64_t a, b;
    memcpy(&a, &got, sizeof(a));
    memcpy(&b, &want, sizeof(b));
    if (a != b && !(isnan(got) && isnan(want))) {
        fail_msg("got %a, want %a", got, want);
    }
}

/* A sum that begins small and goes on wide where it must, as its users do. */
struct either {
    struct fb_exact_small small;
    struct fb_exact all;
    bool wide;
};

static void either_add(struct either *e, double x, bool in)
{
    struct fb_exact_small before = e->small;
    if (!e->wide && !fb_exact_small_add(&e->small, x, in)) {
        assert_memory_equal(&before, &e->small, sizeof(before));
        fb_exact_widen(&e->small, &e->all);
        e->wide = true;
    }
    if (e->wide) {
        fb_exact_add(&e->all, x, in);
    }
}

static double either_mean(const struct either *e, uint64_t count)
{
    return e->wide ? fb_exact_mean(&e->all, count) : fb_exact_small_mean(&e->small, count);
}

static void compare(
    const struct either *e, const struct fb_exact *sum, const struct plain *p, uint64_t count)
{
    double want = plain_mean(p, count);
    same(fb_exact_mean(sum, count), want);
    same(either_mean(e, count), want);
}

/* ---- tests ---- */

static double sum_of(const double *x, size_t count)
{
    struct fb_exact sum = {.nans = 0};
    struct fb_exact back = {.nans = 0};
    for (size_t i = 0; i < count; i++) {
        fb_exact_add(&sum, x[i], true);
        fb_exact_add(&back, x[count - 1 - i], true);
    }
    same(fb_exact_mean(&sum, 1), fb_exact_mean(&back, 1));
    return fb_exact_mean(&sum, 1);
}

#define SUM(...) sum_of((double[]){__VA_ARGS__}, sizeof((double[]){__VA_ARGS__}) / sizeof(double))

static void test_known(void **unused)
{
    (void)unused;
    const double tiny = DBL_TRUE_MIN;
    same(SUM(1e308, -1e308, 1.0), 1.0);
    same(SUM(1e308, 1e308, -1e308, -1e308), 0.0);
    same(SUM(DBL_MAX, DBL_MAX, -DBL_MAX), DBL_MAX);
    same(SUM(DBL_MAX, DBL_MAX), INFINITY);
    same(SUM(-DBL_MAX, -DBL_MAX), -INFINITY);
    same(SUM(DBL_MAX, 0x1p969), DBL_MAX);  /* less than half a digit above */
    same(SUM(DBL_MAX, 0x1p970), INFINITY); /* half a digit: IEEE 754 goes up */
    same(SUM(DBL_MAX, 0x1p970, -tiny), DBL_MAX);
    same(SUM(0.1, 0.2, 0.3, -0.3, -0.2, -0.1), 0.0);
    same(SUM(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1), 1.0);
    same(SUM(1.0, 0x1p-53), 1.0); /* a tie goes to even */
    same(SUM(1.0, 0x1p-53, tiny), 1.0 + DBL_EPSILON);
    same(SUM(1.0 + DBL_EPSILON, 0x1p-53), 1.0 + 2 * DBL_EPSILON);
    same(SUM(-0.0), 0.0);
    same(SUM(tiny, tiny, tiny), 3 * tiny);
    same(SUM(DBL_MIN, -tiny), DBL_MIN - tiny);
    same(SUM(DBL_MAX, tiny, -DBL_MAX), tiny);
    same(SUM(INFINITY, -1.0), INFINITY);
    same(SUM(-INFINITY, 1e308), -INFINITY);
    same(SUM(INFINITY, -INFINITY), NAN);
    same(SUM(NAN, INFINITY), NAN);
}

static double mean_of(double a, double b, double c)
{
    struct fb_exact sum = {.nans = 0};
    struct fb_exact_small small = {.low = 0};
    bool fits = fb_exact_small_add(&small, a, true) && fb_exact_small_add(&small, b, true) &&
                fb_exact_small_add(&small, c, true);
    fb_exact_add(&sum, a, true);
    fb_exact_add(&sum, b, true);
    fb_exact_add(&sum, c, true);
    if (fits) {
        same(fb_exact_small_mean(&small, 3), fb_exact_mean(&sum, 3));
    }
    return fb_exact_mean(&sum, 3);
}

static void test_means(void **unused)
{
    (void)unused;
    const double tiny = DBL_TRUE_MIN;
    same(mean_of(1e308, 1e308, 1e308), 1e308); /* the sum itself is beyond all doubles */
    same(mean_of(DBL_MAX, DBL_MAX, DBL_MAX), DBL_MAX);
    same(mean_of(1.0, 0.0, 0.0), 1.0 / 3.0);
    same(mean_of(tiny, 0.0, 0.0), 0.0);
    same(mean_of(tiny, tiny, 0.0), tiny);
    same(mean_of(-tiny, 0.0, 0.0), -0.0);
    same(mean_of(1.0, -1.0, -0.0), 0.0);
    same(mean_of(INFINITY, 1.0, 1.0), INFINITY);
}

static void test_random_sums(void **unused)
{
    (void)unused;
    static double pool[POOL];
    static struct plain p;
    long wide = 0;
    for (unsigned round = 0; round < 210; round++) {
        struct fb_exact sum = {.nans = 0};
        struct either e = {.wide = false};
        size_t used = 0;
        memset(&p, 0, sizeof(p));
        state = round;
        for (unsigned i = 0; i < 60; i++) {
            bool in = used == 0 || draw() % 3;
            size_t at = in ? used++ : draw() % used;
            /* One kind at a time, or all of them, and what is not finite seldom. */
            pool[at] = in ? number(round % 7 < 5 ? round % 7 : (unsigned)(draw() % 43)) : pool[at];
            fb_exact_add(&sum, pool[at], in);
            either_add(&e, pool[at], in);
            plain_add(&p, pool[at], in);
            compare(&e, &sum, &p, 1);
            compare(&e, &sum, &p, 1 + draw() % 7);
            compare(&e, &sum, &p, draw() | 1);
            pool[at] = in ? pool[at] : pool[--used];
        }
        wide += e.wide;
    }
    assert_true(wide > 60 && wide < 180);
}

/* A million numbers come and go; what is left is the sum of what is left. */
static void test_window(void **unused)
{
    (void)unused;
    for (unsigned kind = 0; kind < 6; kind++) {
        static double ring[POOL];
        static struct plain p;
        struct fb_exact sum = {.nans = 0};
        struct either e = {.wide = false};
        state = kind;
        for (unsigned i = 0; i < 200000; i++) {
            double *at = &ring[i % POOL];
            if (i >= POOL) {
                fb_exact_add(&sum, *at, false);
                either_add(&e, *at, false);
            }
            *at = number(kind);
            fb_exact_add(&sum, *at, true);
            either_add(&e, *at, true);
        }
        memset(&p, 0, sizeof(p));
        for (unsigned i = 0; i < POOL; i++) {
            plain_add(&p, ring[i], true);
        }
        compare(&e, &sum, &p, 1);
        compare(&e, &sum, &p, POOL);
        for (unsigned i = 0; i < POOL; i++) {
            either_add(&e, ring[(i * 1237u) % POOL], false);
            fb_exact_add(&sum, ring[(i * 1237u) % POOL], false);
        }
        memset(&p, 0, sizeof(p));
        compare(&e, &sum, &p, 1);
    }
}

static void test_integers(void **unused)
{
    (void)unused;
    static const int64_t edges[] = {0, 1, -1, INT64_MAX, INT64_MIN, INT64_MAX - 1, INT64_MIN + 1};
    long beyond = 0;
    for (unsigned i = 0; i < 5000; i++) {
        whole128 want = 0;
        struct fb_exact sum = {.nans = 0};
        struct fb_exact_small small = {.low = 0};
        int64_t all = 7, few = 7;
        state = i;
        for (uint64_t k = draw() % 6; k > 0; k--) {
            int64_t x = draw() % 3 ? edges[draw() % 7] : (int64_t)draw() >> draw() % 64;
            bool in = draw() % 2;
            want += in ? x : -(whole128)x;
            fb_exact_add_int(&sum, x, in);
            assert_true(fb_exact_small_add_int(&small, x, in));
        }
        bool fits = want >= INT64_MIN && want <= INT64_MAX;
        assert_int_equal(fb_exact_int(&sum, &all), fits);
        assert_int_equal(fb_exact_small_int(&small, &few), fits);
        assert_true(!fits || (all == want && few == want));
        same(fb_exact_mean(&sum, 1), (double)want);
        same(fb_exact_small_mean(&small, 1), (double)want);
        beyond += !fits;
    }
    assert_true(beyond > 500);
}

/* Integers among floats keep all of their digits. */
static void test_mixed(void **unused)
{
    (void)unused;
    struct fb_exact_small small = {.low = 0};
    int64_t whole = 0;
    assert_true(fb_exact_small_add_int(&small, INT64_MAX, true));
    assert_true(fb_exact_small_add(&small, 0.5, true));
    assert_false(fb_exact_small_int(&small, &whole));
    assert_true(fb_exact_small_add_int(&small, INT64_MAX, false));
    same(fb_exact_small_mean(&small, 1), 0.5);
    assert_true(fb_exact_small_add(&small, 0x1p900, true) == false);
    assert_true(fb_exact_small_add(&small, 0.5, false));
    assert_true(fb_exact_small_add(&small, 0x1p900, true)); /* nothing is left of the others */
    same(fb_exact_small_mean(&small, 2), 0x1p899);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_random_sums),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_mixed),
    };
    return cmocka_run_group_tests_name("exact", tests, NULL, NULL);
}

/* Tests of src/base/decimal.c. */
#include <math.h>

#include "base/decimal.h"
#include "fb_draw.h"
#include "fb_test.h"

static struct fb_err err;

static struct fb_decimal dec(const char *text)
{
    struct fb_decimal out = {-1, -1};
    FB_TEST_OK(fb_decimal_parse(fb_str_of(text), &out, &err));
    return out;
}

static void assert_decimal(struct fb_decimal a, int64_t mantissa, int32_t exponent)
{
    assert_int_equal(a.mantissa, mantissa);
    assert_int_equal(a.exponent, exponent);
}

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t mantissa;
        int32_t exponent;
    } cases[] = {{"0", 0, 0}, {"-0", 0, 0}, {"0.000", 0, 0}, {"0e999", 0, 0}, {"50", 5, 1},
        {"0.5", 5, -1}, {"0.50", 5, -1}, {"-3.25", -325, -2}, {"1e25", 1, 25}, {"1E+25", 1, 25},
        {"1.5e-3", 15, -4}, {"100.00100", 100001, -3}, {"0.058155", 58155, -6},
        {"999999999999999999", 999999999999999999, 0}, {"1e400", 1, 400}, {"1e-400", 1, -400},
        {"10e399", 1, 400}, {"0.000000000000000000000000000001", 1, -30},
        {"1000000000000000000000000000000", 1, 30},
        {"1000000000000000000000000000000.0000000000000", 1, 30},
        {"100000000000000001", 100000000000000001, 0},
        {"0.100000000000000001", 100000000000000001, -18},
        {"12345678901234567800e-2", 123456789012345678, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_decimal(dec(cases[i].text), cases[i].mantissa, cases[i].exponent);
    }
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const char *const malformed[] = {"", "-", "+1", ".5", "5.", "1e", "1e+", "01", "-01",
        "1 ", " 1", "1,5", "50%", "1e5.0", "0x1", "1e-", "NaN", "inf", "--1", "1.2.3", "1e5e5"};
    struct fb_decimal out = {7, 7};
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        FB_TEST_FAILS(fb_decimal_parse(fb_str_of(malformed[i]), &out, &err), FB_E_SYNTAX);
    }
    FB_TEST_FAILS(fb_decimal_parse((struct fb_str){"1\0", 2}, &out, &err), FB_E_SYNTAX);
    static const char *const large[] = {"1234567890123456789", "1.000000000000000001", "1e401",
        "1e-401", "0.1e-400", "1e99999999999999999999", "1e-99999999999999999999",
        "1000000000000000000000000000000000000001"};
    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        FB_TEST_FAILS(fb_decimal_parse(fb_str_of(large[i]), &out, &err), FB_E_RANGE);
    }
    assert_decimal(out, 7, 7);
}

static void test_cmp(void **state)
{
    (void)state;
    static const char *const rising[] = {"-1e400", "-2e25", "-1.00000000000000001e25", "-1e25",
        "-10", "-9.99", "-0.5", "-1e-400", "0", "1e-400", "0.0999999999999999999", "0.1",
        "0.10000000000000001", "0.5", "0.500000000000000001", "9", "9.5", "10", "11", "95", "100",
        "999999999999999999", "1e18", "1e25", "999999999999999999e8", "1e26", "1e400"};
    const int count = sizeof(rising) / sizeof(rising[0]);
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            int want = i < j ? -1 : i > j;
            assert_int_equal(fb_decimal_cmp(dec(rising[i]), dec(rising[j])), want);
        }
    }
    /* Forms that are not normal, and the ends of the types. */
    assert_int_equal(fb_decimal_cmp((struct fb_decimal){500, -1}, (struct fb_decimal){5, 1}), 0);
    assert_int_equal(fb_decimal_cmp((struct fb_decimal){0, 9}, (struct fb_decimal){0, -9}), 0);
    assert_int_equal(fb_decimal_cmp((struct fb_decimal){INT64_MAX, INT32_MAX},
                         (struct fb_decimal){INT64_MAX - 1, INT32_MAX}),
        1);
    assert_int_equal(
        fb_decimal_cmp((struct fb_decimal){INT64_MIN, 0}, (struct fb_decimal){INT64_MIN + 1, 0}),
        -1);
    assert_int_equal(fb_decimal_cmp((struct fb_decimal){INT64_MIN, INT32_MIN},
                         (struct fb_decimal){INT64_MIN, INT32_MAX}),
        1);
    assert_int_equal(
        fb_decimal_cmp((struct fb_decimal){9223372036854775807, 0}, (struct fb_decimal){1, 18}), 1);
}

/* Orders a decimal and a double by their texts: both exact, digit by digit. */
static int cmp_with_double(struct fb_decimal a, double x)
{
    char of_x[800], of_a[800];
    if (a.mantissa == 0 || x == 0) {
        double other = (double)(a.mantissa > 0) - (double)(a.mantissa < 0);
        return other < x ? -1 : other > x;
    }
    if ((a.mantissa < 0) != (x < 0)) {
        return a.mantissa < 0 ? -1 : 1;
    }
    int digits = snprintf(of_a, sizeof(of_a), "%llu",
        a.mantissa < 0 ? 0 - (unsigned long long)a.mantissa : (unsigned long long)a.mantissa);
    memset(of_a + digits, '0', 767 - (size_t)digits);
    of_a[767] = 0;
    snprintf(of_x, sizeof(of_x), "%.766e", fabs(x));
    long x_exponent = strtol(of_x + 769, NULL, 10);
    long a_exponent = a.exponent + digits - 1;
    of_x[768] = 0;
    memmove(of_x + 1, of_x + 2, 767);
    int order = a_exponent != x_exponent ? (a_exponent < x_exponent ? -1 : 1) : strcmp(of_a, of_x);
    order = order < 0 ? -1 : order > 0;
    return x < 0 ? -order : order;
}

static void check_directed(double x)
{
    struct fb_decimal low = fb_decimal_floor12(x), high = fb_decimal_ceil12(x);
    int low_order = cmp_with_double(low, x), high_order = cmp_with_double(high, x);
    if (low_order > 0 || high_order < 0) {
        fail_msg("%a is not between its bounds", x);
    }
    /* Equal exactly when x has 12 digits, and else one unit of the 12th digit apart. */
    assert_int_equal(fb_decimal_cmp(low, high) == 0, low_order == 0);
    assert_int_equal(low_order == 0, high_order == 0);
    if (low_order != 0 && fabs(x) > 1e-290) {
        double gap = fb_decimal_to_double(high) - fb_decimal_to_double(low);
        assert_true(gap > 0 && gap <= 1.001e-11 * fabs(x));
    }
    struct fb_decimal mirrored = fb_decimal_ceil12(-x);
    assert_decimal(mirrored, -low.mantissa, low.exponent);
}

static void test_directed(void **state)
{
    (void)state;
    assert_decimal(fb_decimal_floor12(0.0), 0, 0);
    assert_decimal(fb_decimal_ceil12(-0.0), 0, 0);
    assert_decimal(fb_decimal_floor12(0.5), 5, -1);
    assert_decimal(fb_decimal_ceil12(0.5), 5, -1);
    /* 0.1 is a little more than 1/10, 0.3 a little less than 3/10. */
    assert_decimal(fb_decimal_floor12(0.1), 1, -1);
    assert_decimal(fb_decimal_ceil12(0.1), 100000000001, -12);
    assert_decimal(fb_decimal_floor12(0.3), 299999999999, -12);
    assert_decimal(fb_decimal_ceil12(0.3), 3, -1);
    assert_decimal(fb_decimal_floor12(-0.1), -100000000001, -12);
    assert_decimal(fb_decimal_ceil12(-0.3), -299999999999, -12);
    assert_decimal(fb_decimal_ceil12(1e300), 100000000001, 289);
    assert_decimal(fb_decimal_ceil12(nextafter(1.0, 2.0)), 100000000001, -11);
    assert_decimal(fb_decimal_ceil12(nextafter(1.0, 0.0)), 1, 0);
    assert_decimal(fb_decimal_floor12(nextafter(1.0, 0.0)), 999999999999, -12);
    assert_decimal(fb_decimal_floor12(5e-324), 494065645841, -335);
    assert_decimal(fb_decimal_ceil12(5e-324), 494065645842, -335);
    assert_decimal(fb_decimal_ceil12(1.7976931348623157e308), 179769313487, 297);
    check_directed(2.2250738585072011e-308);
    /* Where the fast way of the middle range ends, and next to powers of ten. */
    for (int binary = -34; binary <= 44; binary++) {
        double x = ldexp(1.0, binary);
        check_directed(x);
        check_directed(nextafter(x, 0.0));
        check_directed(nextafter(x, INFINITY));
    }
    for (int power = -12; power <= 13; power++) {
        double x = pow(10.0, power);
        check_directed(x);
        check_directed(nextafter(x, 0.0));
        check_directed(nextafter(x, INFINITY));
    }
    for (uint64_t i = 0; i < 4000; i++) {
        uint64_t bits = fb_draw_at(i);
        double x;
        memcpy(&x, &bits, sizeof(x));
        if (isfinite(x)) {
            check_directed(x);
        }
        check_directed((double)(fb_draw_at(i + 100000) >> 11) * 0x1p-53);
        check_directed((double)(int64_t)(fb_draw_at(i + 200000) % 2000000) / 1000.0);
    }
}

static void test_format(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *out;
    } cases[] = {{"0", "0"}, {"0.5", "0.5"}, {"50", "50"}, {"-3.25", "-3.25"},
        {"0.0581550", "0.058155"}, {"1e25", "1e25"}, {"1.5e25", "1.5e25"},
        {"999999999999999", "999999999999999"}, {"1e14", "100000000000000"}, {"1e15", "1e15"},
        {"123456789012345678", "1.23456789012345678e17"}, {"0.000001", "0.000001"},
        {"0.00000123456789012345678", "0.00000123456789012345678"}, {"0.0000001", "1e-7"},
        {"-0.00000025", "-2.5e-7"}, {"1e-400", "1e-400"},
        {"-123456789012345678e-400", "-1.23456789012345678e-383"}, {"12345.6789", "12345.6789"},
        {"100.001", "100.001"}};
    char text[FB_DECIMAL_TEXT];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_decimal a = dec(cases[i].in);
        assert_string_equal(fb_decimal_format(a, text), cases[i].out);
        assert_int_equal(fb_decimal_cmp(dec(text), a), 0);
    }
    assert_string_equal(
        fb_decimal_format((struct fb_decimal){INT64_MIN, -22}, text), "-0.0009223372036854775808");
    assert_string_equal(fb_decimal_format((struct fb_decimal){INT64_MIN, -24}, text),
        "-0.000009223372036854775808");
    assert_string_equal(fb_decimal_format((struct fb_decimal){500, -1}, text), "50");
}

static void test_convert(void **state)
{
    (void)state;
    assert_true(fb_decimal_to_double(dec("0.1")) == 0.1);
    assert_true(fb_decimal_to_double(dec("-1e25")) == -1e25);
    assert_true(fb_decimal_to_double(dec("0")) == 0.0);
    assert_true(fb_decimal_to_double(dec("1e-400")) == 0.0);
    assert_true(isinf(fb_decimal_to_double(dec("1e400"))));
    assert_decimal(fb_decimal_scale(dec("50"), -2), 5, -1);
    assert_decimal(fb_decimal_scale(dec("0.5"), 2), 5, 1);
    assert_decimal(fb_decimal_scale(dec("0"), 7), 0, 0);
    for (uint64_t i = 0; i < 20000; i++) {
        struct fb_decimal a = {(int64_t)(fb_draw_at(i) >> (i % 63)), (int32_t)(i % 60) - 30};
        char text[64];
        snprintf(text, sizeof(text), "%llde%d", (long long)a.mantissa, (int)a.exponent);
        assert_true(fb_decimal_to_double(a) == strtod(text, NULL));
    }
    for (uint64_t i = 0; i < 2000; i++) {
        double x = (double)(fb_draw_at(i) >> 11) * 0x1p-53;
        double low = fb_decimal_to_double(fb_decimal_floor12(x));
        double high = fb_decimal_to_double(fb_decimal_ceil12(x));
        assert_true(low <= x && x <= high && high - low <= 1.001e-11 * x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_cmp),
        cmocka_unit_test(test_directed),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_convert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

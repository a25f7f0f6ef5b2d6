/* Tests of src/base/value.c and src/base/why.c. */
#include <math.h>

#include "base/value.h"
#include "base/why.h"
#include "fb_test.h"

/* Every pair of this list, which is in order, compares by position. */
static void test_order(void **state)
{
    (void)state;
    const struct fb_value ordered[] = {fb_value_none(), fb_value_str(FB_STR("")),
        fb_value_str(FB_STR("a")), fb_value_str(FB_STR("ab")), fb_value_int(INT64_MIN),
        fb_value_int(-1), fb_value_float(-0.5), fb_value_int(0), fb_value_float(0.25),
        fb_value_int(9007199254740993), fb_value_float(9007199254740994.0), fb_value_int(INT64_MAX),
        fb_value_float(0x1p63), fb_value_float(INFINITY), fb_value_time(-5), fb_value_time(7),
        fb_value_bool(false), fb_value_bool(true)};
    int count = (int)(sizeof(ordered) / sizeof(ordered[0]));
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            int want = i < j ? -1 : i > j;
            assert_int_equal(fb_value_cmp(ordered[i], ordered[j]), want);
        }
    }
    assert_true(fb_value_eq(fb_value_int(3), fb_value_float(3.0)));
    assert_true(fb_value_eq(fb_value_float(NAN), fb_value_float(NAN)));
    assert_int_equal(fb_value_cmp(fb_value_float(NAN), fb_value_float(-INFINITY)), -1);
}

static void test_write(void **state)
{
    (void)state;
    struct fb_buf out;
    fb_buf_init(&out, 100);
    fb_value_write(fb_value_float(2.1e25), &out);
    fb_buf_add_char(&out, ' ');
    fb_value_write(fb_value_float(1.5e-9), &out);
    fb_buf_add_char(&out, ' ');
    fb_value_write(fb_value_int(-7), &out);
    fb_buf_add_char(&out, ' ');
    fb_value_write(fb_value_time(0), &out);
    assert_true(fb_str_is(fb_buf_str(&out), "2.1e25 1.5e-9 -7 1970-01-01T00:00:00Z"));
    fb_buf_release(&out);
}

static void test_why(void **state)
{
    (void)state;
    struct fb_arena arena;
    fb_arena_init(&arena, 10000);
    struct fb_why *top = fb_why_new(&arena, "%d reasons", 2);
    struct fb_why *a = fb_why_on(fb_why_new(&arena, "a"), FB_STR("incident/1"), 4);
    struct fb_why *b = fb_why_new(&arena, "b");
    fb_why_add(top, a);
    fb_why_add(top, b);
    fb_why_add(NULL, b);
    fb_why_add(top, NULL);
    assert_true(fb_str_is(top->text, "2 reasons") && top->seq == FB_WHY_NO_RECORD);
    assert_ptr_equal(top->child, a);
    assert_ptr_equal(a->next, b);
    assert_null(b->next);
    assert_int_equal(a->seq, 4);
    fb_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order), cmocka_unit_test(test_write), cmocka_unit_test(test_why)};
    return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}

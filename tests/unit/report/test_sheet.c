/* Tests of report/sheet: tables whose texts are hostile. */
#include "base/alloc.h"
#include "fb_test.h"
#include "report/sheet.h"

static void test_table(void **state)
{
    (void)state;
    static const char *const heads[] = {"NAME", ">N", "WHAT"};
    struct fb_buf out;
    fb_buf_init(&out, 1 << 20);
    struct fb_sheet sheet = {.out = &out};
    struct fb_sheet_table table;
    fb_sheet_table_init(&table, heads, 3);
    fb_sheet_table_add(&table, FB_TONE_PLAIN, "%s", "caf\xC3\xA9");
    fb_sheet_table_add(&table, FB_TONE_PLAIN, "%d", 7);
    fb_sheet_table_add(&table, FB_TONE_BAD, "%s", "one\033[2Jtwo");
    fb_sheet_table_add(&table, FB_TONE_PLAIN, "%s", "x");
    fb_sheet_table_add(&table, FB_TONE_PLAIN, "%d", 1234);
    fb_sheet_table_add(&table, FB_TONE_PLAIN, "%s", "");
    fb_sheet_table_end(&table, &sheet, 2);
    assert_false(sheet.nomem);
    assert_string_equal(out.ptr, "  NAME     N  WHAT\n"
                                 "  caf\xC3\xA9     7  one [2Jtwo\n"
                                 "  x     1234  \n");
    fb_buf_release(&out);
}

/* Every allocation that fails is said, and nothing leaks. */
static void test_table_without_memory(void **state)
{
    (void)state;
    static const char *const heads[] = {"A", "B"};
    struct fb_err err;
    fb_err_init(&err);
    enum fb_code code = FB_E_NOMEM;
    for (int64_t n = 0; code != FB_OK; n++) {
        struct fb_buf out;
        fb_buf_init(&out, 1 << 20);
        struct fb_sheet sheet = {.out = &out};
        struct fb_sheet_table table;
        fb_alloc_fail_at(n);
        fb_sheet_table_init(&table, heads, 2);
        for (int i = 0; i < 100; i++) {
            fb_sheet_table_add(&table, FB_TONE_PLAIN, "%d", i);
        }
        fb_sheet_table_end(&table, &sheet, 0);
        code = fb_sheet_check(&sheet, "a table", &err);
        fb_alloc_fail_at(-1);
        fb_buf_release(&out);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_table_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

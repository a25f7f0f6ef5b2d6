/* Tests of src/record/classes.c: the words by which texts speak of a hazard (govern/foresight.c).
 */
#include "fb_test.h"
#include "record/classes.h"

static void test_every_class(void **state)
{
    (void)state;
    size_t count;
    const struct fb_class *classes = fb_classes(&count);
    assert_true(count >= 15);
    for (size_t i = 0; i < count; i++) {
        struct fb_str terms = fb_str_of(classes[i].terms), term;
        size_t at;
        assert_ptr_equal(fb_class_named(fb_str_of(classes[i].name)), &classes[i]);
        for (size_t from = 0; from < terms.len;) {
            size_t end = fb_str_find(terms, '|', from);
            struct fb_str one = fb_str_sub(terms, from, end - from);
            assert_true(one.len >= 4);
            for (size_t c = 0; c < one.len; c++) {
                assert_false(one.ptr[c] >= 'A' && one.ptr[c] <= 'Z');
            }
            assert_true(fb_class_speaks(&classes[i], one, &term, &at));
            assert_int_equal(at, 0);
            from = end + 1;
        }
    }
    assert_null(fb_class_named(FB_STR("nothing")));
}

static void test_words(void **state)
{
    (void)state;
    static const struct {
        const char *class, *text;
        int at; /* -1: it does not speak of the hazard */
    } cases[] = {
        {"weights_theft", "they may steal it", 9},
        {"weights_theft", "STOLEN, then sold", 0},
        {"weights_theft", "risk: weight theft and more", 6},
        {"weights_theft", "an unstealable thing", -1}, /* not at the begin of a word */
        {"weights_theft", "misuse_theft", 7},          /* a name of several words */
        {"weights_theft", "", -1},
        {"weights_theft", "stol", -1},
        {"cyber_breach", "a hack, then a breach", 2},
        {"cyber_breach", "shack", -1},
        {"cyber_breach", "\xC3\xA9hack", -1}, /* a letter of another script before it */
        {"loss_of_control", "Out Of Control", 0},
        {"near_miss", "it nearly came to harm", -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_str term;
        size_t at = 77;
        const struct fb_class *class = fb_class_named(fb_str_of(cases[i].class));
        assert_non_null(class);
        bool speaks = fb_class_speaks(class, fb_str_of(cases[i].text), &term, &at);
        assert_int_equal(speaks, cases[i].at >= 0);
        assert_int_equal(at, speaks ? (size_t)cases[i].at : 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_class),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests_name("classes", tests, NULL, NULL);
}

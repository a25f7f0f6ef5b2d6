/* Tests of src/govern: duty_words.c: what obligations are called and say. */
#include "fb_test.h"
#include "govern/duty_words.h"

static struct fb_arena arena;
static struct fb_str vars[] = {
    {"S", 1}, {"I", 1}, {"In", 2}, {"P", 1}}; /* one begins as another does */
static const struct fb_program program = {.name = {"p/q", 3}};

static int setup(void **unused)
{
    (void)unused;
    fb_arena_init(&arena, (size_t)1 << 20);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    fb_arena_release(&arena);
    return 0;
}

static void make_duty(struct fb_duty *duty, const char *title, size_t params, int modality)
{
    *duty = (struct fb_duty){.name = FB_STR("tell"),
        .title = fb_str_of(title),
        .modality = (enum fb_modality)modality,
        .vars = vars,
        .var_count = params,
        .param_count = params,
        .system_var = 0};
}

/* Says the same of two systems, one after the other, and the second time what is wanted. */
static void says(struct fb_duty_words *words, const struct fb_duty *duty, const char *text)
{
    struct fb_value bindings[] = {fb_value_str(FB_STR("system/other")),
        fb_value_str(FB_STR("incident/i")), fb_value_int(7), fb_value_str(FB_STR("party/p"))};
    const struct fb_obligation item = {
        .duty = duty, .bindings = bindings, .party = FB_STR("party/p")};
    assert_true(fb_duty_words_text(words, &item).len > 0);
    bindings[0] = fb_value_str(FB_STR("system/s"));
    assert_string_equal(fb_duty_words_text(words, &item).ptr, text);
}

static void test_titles(void **unused)
{
    (void)unused;
    static const struct {
        const char *title, *text;
        size_t params;
        int modality;
    } cases[] = {
        {"tell of S", "tell of s", 1, FB_MUST},
        {"S", "s", 1, FB_MUST},
        {"nothing", "nothing (incident/i)", 2, FB_MUST},
        {"S: I of S, not SI, S_I or _S", "s: i of s, not SI, S_I or _S", 2, FB_MUST},
        {"In, I and In", "7, i and 7", 3, FB_MUST},
        {"not run S", "may not run s", 1, FB_MAY_NOT},
        {"run S", "run s", 1, FB_MAY_NOT},
        {"keep S", "keep s (incident/i)", 4, FB_KEEP},
    };
    struct fb_duty duties[sizeof(cases) / sizeof(cases[0])];
    struct fb_duty_words words;
    fb_duty_words_init(&words, &arena);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_duty(&duties[i], cases[i].title, cases[i].params, cases[i].modality);
        says(&words, &duties[i], cases[i].text);
    }
    /* A duty that comes again, after another one. */
    says(&words, &duties[0], cases[0].text);
    fb_duty_words_release(&words);
}

static void test_names(void **unused)
{
    (void)unused;
    struct fb_duty duty;
    const struct fb_value bindings[] = {fb_value_str(FB_STR("system/s")), fb_value_int(7)};
    make_duty(&duty, "tell", 2, FB_MUST);
    const struct fb_obligation item = {.duty = &duty, .bindings = bindings};
    assert_string_equal(fb_work_duty_name(&arena, &program, &item).ptr, "duty:p/q/tell:system/s,7");
}

/* What is too long is not cut short. */
static void test_long(void **unused)
{
    (void)unused;
    static char title[9000];
    struct fb_duty duty;
    struct fb_duty_words words;
    const struct fb_obligation item = {.duty = &duty};
    memset(title, 'x', sizeof(title) - 1);
    make_duty(&duty, title, 0, FB_MUST);
    fb_duty_words_init(&words, &arena);
    assert_null(fb_duty_words_text(&words, &item).ptr);
    make_duty(&duty, "x", 0, FB_MUST);
    words.duty = NULL; /* (the same address) */
    assert_string_equal(fb_duty_words_text(&words, &item).ptr, "x");
    fb_duty_words_release(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_titles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long, setup, teardown),
    };
    return cmocka_run_group_tests_name("duty_words", tests, NULL, NULL);
}

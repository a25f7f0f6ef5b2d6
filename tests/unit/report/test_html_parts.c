/* The small pieces of the page: escaping, numbers, chips, reasons, order of duties. */
#include "base/alloc.h"
#include "fb_test.h"
#include "report/html.h"
#include "sample.h"

static struct fb_err err;
static struct fb_buf out;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_buf_init(&out, 1 << 22);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_buf_release(&out);
    return 0;
}

static void expect_text(struct fb_str text, const char *expected)
{
    fb_buf_clear(&out);
    fb_html_text(&out, text);
    assert_string_equal(out.ptr ? out.ptr : "", expected);
}

static void text_cannot_leave_its_place(void **state)
{
    (void)state;
    expect_text(FB_STR(""), "");
    expect_text(FB_STR("plain 1 < 2"), "plain 1 &lt; 2");
    expect_text(FB_STR("</script><img src=x onerror=alert(1)>"),
        "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;");
    expect_text(FB_STR("\"a\" & 'b' &amp;"), "&quot;a&quot; &amp; &#39;b&#39; &amp;amp;");
    expect_text(FB_STR("a\0b\x1b[31m\r\n\x7f"), "a b [31m   ");
    expect_text(FB_STR("\xC2\x85"
                       "c1\xC2\x9B"),
        " c1 ");
    expect_text(FB_STR("line\u2028end"), "line end");
    expect_text(FB_STR("abc\u202Edef\u2066\u200F"), "abc\uFFFDdef\uFFFD\uFFFD");
    expect_text(FB_STR("\uFFFE\xC3\x28\xFF\xE2\x82"), "\uFFFD\uFFFD(\uFFFD\uFFFD\uFFFD");
    expect_text(FB_STR("gr\u00fc\u00df \u6f22 \U0001F600"), "gr\u00fc\u00df \u6f22 \U0001F600");
}

static void text_is_cut_by_characters(void **state)
{
    (void)state;
    fb_html_text_cut(&out, FB_STR("\u00e4\u00f6\u00fc<"), 4);
    assert_string_equal(out.ptr, "\u00e4\u00f6\u00fc&lt;");
    fb_buf_clear(&out);
    fb_html_text_cut(&out, FB_STR("\u00e4\u00f6\u00fc<"), 3);
    assert_string_equal(out.ptr, "\u00e4\u00f6\u00fc\u2026");
    char *large = fb_alloc(FB_HTML_TEXT_MAX + 1);
    memset(large, 'x', FB_HTML_TEXT_MAX + 1);
    fb_buf_clear(&out);
    fb_html_text(&out, (struct fb_str){large, FB_HTML_TEXT_MAX});
    assert_int_equal(out.len, FB_HTML_TEXT_MAX);
    fb_buf_clear(&out);
    fb_html_text(&out, (struct fb_str){large, FB_HTML_TEXT_MAX + 1});
    assert_int_equal(out.len, FB_HTML_TEXT_MAX + strlen("\u2026"));
    fb_free(large);
}

static void text_is_cut_in_the_middle(void **state)
{
    (void)state;
    fb_html_text_middle(&out, FB_STR("0123456789"), 10);
    assert_string_equal(out.ptr, "0123456789");
    fb_buf_clear(&out);
    fb_html_text_middle(&out, FB_STR("\u00e40123456789\u00fc<"), 10);
    assert_string_equal(out.ptr, "\u00e40123\u202689\u00fc&lt;");
    fb_buf_clear(&out);
    fb_html_text_middle(&out, FB_STR("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), 8);
    assert_string_equal(out.ptr, "\uFFFD\uFFFD\uFFFD\uFFFD\u2026\uFFFD\uFFFD\uFFFD");
}

static void sentences_begin_with_a_capital(void **state)
{
    (void)state;
    fb_html_sentence(&out, FB_STR("crossed"));
    fb_html_sentence(&out, FB_STR(""));
    fb_html_sentence(&out, FB_STR("<a"));
    fb_html_sentence(&out, FB_STR("\u00e4"));
    assert_string_equal(out.ptr, "Crossed&lt;a\u00e4");
    fb_buf_clear(&out);
    fb_html_sentence(&out, FB_STR("system/s may train"));
    fb_html_sentence(&out, FB_STR("needs 1/2"));
    assert_string_equal(out.ptr, "system/s may trainNeeds 1/2");
    fb_buf_clear(&out);
    fb_html_sentence_cut(&out, FB_STR("abcd"), 4);
    fb_html_sentence_cut(&out, FB_STR("abcd"), 3);
    fb_html_sentence_cut(&out, FB_STR("a"), 1);
    assert_string_equal(out.ptr, "AbcdAbc\u2026A");
}

static void names_are_words(void **state)
{
    (void)state;
    fb_buf_add_c(&out, "a_b ");
    fb_html_words(&out, FB_STR("cyber_range_<2>"), 9);
    assert_string_equal(out.ptr, "a_b cyber ran\u2026");
}

static void chips_say_it_in_words_and_signs(void **state)
{
    (void)state;
    fb_html_chip(&out, FB_TONE_BAD, "over<due");
    assert_string_equal(out.ptr, "<span class=\"chip bad\"><i aria-hidden=\"true\">\u2715</i>"
                                 "over&lt;due</span>");
    static const enum fb_tone tones[] = {
        FB_TONE_PLAIN, FB_TONE_GOOD, FB_TONE_WARN, FB_TONE_BAD, FB_TONE_FAINT};
    for (size_t i = 0; i < 5; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(fb_html_tone(tones[i]), fb_html_tone(tones[k]));
            assert_string_not_equal(fb_html_sign(tones[i]), fb_html_sign(tones[k]));
        }
    }
    assert_string_equal(fb_html_label(FB_LABEL_IN), "stands");
    assert_string_equal(fb_html_label(FB_LABEL_OUT_UNDERCUT), "undercut");
}

static void numbers_are_written_for_people(void **state)
{
    (void)state;
    static const int64_t numbers[] = {0, 999, 1000, 4320000, -1234, INT64_MIN};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        fb_html_count(&out, numbers[i]);
        fb_buf_add_char(&out, ' ');
    }
    assert_string_equal(out.ptr, "0 999 1,000 4,320,000 -1,234 -9,223,372,036,854,775,808 ");
    fb_buf_clear(&out);
    fb_html_time(&out, sample_time("2026-03-01T09:05:30Z"));
    fb_html_time(&out, FB_TIME_MAX);
    assert_string_equal(
        out.ptr, "<time datetime=\"2026-03-01T09:05:30Z\">2026-03-01 09:05</time>never");
}

/* A bound never seems to be on the other side of the threshold. */
static void percentages_keep_the_side_of_the_threshold(void **state)
{
    (void)state;
    static const struct {
        const char *bound;
        const char *text;
    } cases[] = {{"0", "0.0%"}, {"0.0558", "5.6%"}, {"0.0555", "5.6%"}, {"0.05549", "5.5%"},
        {"1", "100.0%"}, {"0.5", "50.0%"}, {"0.49999", "49.999%"}, {"0.4999999", "49.99999%"},
        {"0.50001", "50.0%"}, {"0.518", "51.8%"}, {"0.499999999999", "50.000000000%"},
        {"1e-30", "0.0%"}};
    char text[FB_DECIMAL_TEXT];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(
            fb_html_percent(sample_decimal(cases[i].bound), sample_decimal("0.5"), text),
            cases[i].text);
    }
    assert_string_equal(fb_html_percent_exact(sample_decimal("0.5"), text), "50%");
    assert_string_equal(fb_html_percent_exact(sample_decimal("0.00125"), text), "0.125%");
}

static void what_is_cut_is_said(void **state)
{
    (void)state;
    fb_html_cut(&out, 0, "duties are not shown");
    assert_int_equal(out.len, 0);
    fb_html_cut(&out, 3, "duties are not shown");
    assert_string_equal(out.ptr, "<p class=\"cut\">3 more duties are not shown.</p>\n");
}

static void reasons_nest_down_to_records(void **state)
{
    (void)state;
    struct fb_arena arena;
    fb_arena_init(&arena, 1 << 20);
    struct fb_html html = {.out = &out, .why_left = 100};
    struct fb_why *top = fb_why_new(&arena, "top <1>");
    struct fb_why *leaf = fb_why_on(fb_why_new(&arena, "leaf"), FB_STR("evaluation/a&b"), 12);
    fb_why_add(top, leaf);
    fb_html_why(&html, NULL, "Why");
    assert_int_equal(out.len, 0);
    fb_html_why(&html, top, "Why");
    assert_string_equal(out.ptr,
        "<details class=\"why\"><summary>Why</summary>\n<ul>\n<li>Top &lt;1&gt;\n<ul>\n"
        "<li>Leaf <span class=\"rec\">evaluation/a&amp;b #12</span>\n</li>\n</ul>\n</li>\n</ul>\n"
        "</details>\n");
    struct fb_html_record record = {.seq = 12, .id = FB_STR("evaluation/a&b")};
    html.records = &record;
    html.record_count = 1;
    fb_buf_clear(&out);
    fb_html_why(&html, top, NULL);
    assert_string_equal(out.ptr,
        "<div class=\"why\">\n<ul>\n<li><details><summary>Top &lt;1&gt;</summary>\n<ul>\n"
        "<li>Leaf <a class=\"rec\" href=\"#record-12\">evaluation/a&amp;b #12</a>\n</li>\n</ul>\n"
        "</details></li>\n</ul>\n</div>\n");
    assert_int_equal(html.why_left, 96);
    fb_arena_release(&arena);
}

static size_t count_of(const char *needle)
{
    size_t count = 0;
    for (const char *at = out.ptr; at && (at = strstr(at, needle)); at++) {
        count++;
    }
    return count;
}

/* A tree that shares its branches is exponential on paper; depth and number are bounded. */
static void reasons_are_bounded(void **state)
{
    (void)state;
    struct fb_arena arena;
    fb_arena_init(&arena, 1 << 24);
    struct fb_html html = {.out = &out, .why_left = FB_HTML_WHY_ALL_MAX};
    struct fb_why *below = NULL;
    for (int i = 0; i < 200; i++) {
        struct fb_why *left = fb_why_new(&arena, "left");
        struct fb_why *right = fb_why_new(&arena, "right");
        left->child = right->child = below;
        left->next = right;
        below = left;
    }
    fb_html_why(&html, below, "Why");
    assert_int_equal(count_of("Left") + count_of("Right"), FB_HTML_WHY_MAX);
    assert_true(count_of("More reasons are not shown") > 0);
    assert_int_equal(count_of("<ul>"), count_of("</ul>"));
    assert_int_equal(count_of("<details"), count_of("</details>"));
    html.why_left = 5;
    fb_buf_clear(&out);
    fb_html_why(&html, below, "Why");
    assert_int_equal(count_of("Left") + count_of("Right"), 5);
    fb_arena_release(&arena);
}

static void duties_stand_in_the_order_of_urgency(void **state)
{
    (void)state;
    struct sample sample;
    const struct fb_duty_view **duties = NULL;
    size_t count = 0;
    sample_begin(&sample);
    struct fb_duty_view *soon =
        sample_duty(&sample, "system/aurora-2", FB_DUTY_OWED, "sooner than the other");
    soon->obligation.deadline = sample_time("2026-12-15");
    FB_TEST_OK(fb_html_duties(&sample.picture, FB_STR("system/aurora-2"), &duties, &count, &err));
    assert_int_equal(count, 5);
    static const enum fb_duty_status order[] = {
        FB_DUTY_OVERDUE, FB_DUTY_OWED, FB_DUTY_OWED, FB_DUTY_HELD, FB_DUTY_MET_LATE};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(duties[i]->obligation.status, order[i]);
    }
    assert_ptr_equal(duties[1], soon);
    fb_free(duties);
    duties = NULL;
    count = 7;
    fb_alloc_fail_at(0);
    FB_TEST_FAILS(fb_html_duties(&sample.picture, FB_STR("system/aurora-2"), &duties, &count, &err),
        FB_E_NOMEM);
    fb_alloc_fail_at(-1);
    assert_null(duties);
    assert_int_equal(count, 7);
    sample_end(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_cannot_leave_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(text_is_cut_by_characters, setup, teardown),
        cmocka_unit_test_setup_teardown(text_is_cut_in_the_middle, setup, teardown),
        cmocka_unit_test_setup_teardown(sentences_begin_with_a_capital, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_words, setup, teardown),
        cmocka_unit_test_setup_teardown(chips_say_it_in_words_and_signs, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_are_written_for_people, setup, teardown),
        cmocka_unit_test_setup_teardown(
            percentages_keep_the_side_of_the_threshold, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_cut_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(reasons_nest_down_to_records, setup, teardown),
        cmocka_unit_test_setup_teardown(reasons_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(duties_stand_in_the_order_of_urgency, setup, teardown),
    };
    return cmocka_run_group_tests_name("report/html_parts", tests, NULL, NULL);
}

/* Tests of src/report: case_svg.c, case_layout.c, case_text.c. */
#include <math.h>

#include "base/alloc.h"
#include "base/io.h"
#include "fb_test.h"
#include "report/case_layout.h"
#include "report/case_svg.h"

static struct fb_err err;
static struct fb_arena arena;
static struct fb_buf out;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)1 << 30);
    fb_buf_init(&out, (size_t)1 << 28);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    fb_buf_release(&out);
    return 0;
}

static struct fb_case *parse(struct fb_str text)
{
    struct fb_case *c = NULL;
    FB_TEST_OK(fb_case_parse(text, "c.yaml", &arena, &c, &err));
    return c;
}

static struct fb_case *labelled(const char *text)
{
    struct fb_case *c = parse(fb_str_of(text));
    FB_TEST_OK(fb_case_label(c, NULL, NULL, &arena, &err));
    return c;
}

/* Opening and closing tags match, and nothing stands outside that XML does not allow. */
static void check_well_formed(const char *svg)
{
    char open[16][16];
    size_t depth = 0;
    for (const char *at = strchr(svg, '<'); at; at = strchr(at, '<')) {
        const char *end = strchr(at, '>');
        assert_non_null(end);
        size_t name = strcspn(at + 1, " >");
        assert_true(name < 16);
        if (at[1] == '/') {
            assert_true(depth > 0);
            depth--;
            assert_int_equal(strncmp(open[depth], at + 2, name - 1), 0);
            assert_int_equal(strlen(open[depth]), name - 1);
        } else if (end[-1] != '/') {
            assert_true(depth < 16);
            memcpy(open[depth], at + 1, name);
            open[depth++][name] = 0;
        }
        at = end;
    }
    assert_int_equal(depth, 0);
    for (const char *at = strchr(svg, '&'); at; at = strchr(at + 1, '&')) {
        assert_true(strncmp(at, "&lt;", 4) == 0 || strncmp(at, "&gt;", 4) == 0 ||
                    strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&quot;", 6) == 0 ||
                    strncmp(at, "&#39;", 5) == 0);
    }
}

/* No two boxes of a row overlap, support stands lower, everything is inside the drawing. */
static void check_layout(const struct fb_case *c, const struct fb_case_layout *layout)
{
    for (size_t i = 0; i < c->element_count; i++) {
        const struct fb_case_box *box = &layout->boxes[i];
        const struct fb_case_row *row = &layout->rows[box->row];
        assert_true(box->x - box->width / 2 >= 0 && box->x + box->width / 2 <= layout->width);
        assert_true(box->y >= row->top - 0.01 && box->y + box->height <= row->end + 0.01);
        assert_true(row->end <= layout->height);
    }
    for (size_t r = 0; r < layout->row_count; r++) {
        for (size_t i = 0; i + 1 < layout->rows[r].count; i++) {
            const struct fb_case_box *a = &layout->boxes[layout->rows[r].items[i]];
            const struct fb_case_box *b = &layout->boxes[layout->rows[r].items[i + 1]];
            bool beside = a->x + a->width / 2 + 10 <= b->x - b->width / 2;
            bool below = a->y + a->height <= b->y || b->y + b->height <= a->y;
            assert_true(beside || below);
        }
    }
}

static struct fb_case_layout lay_out(const struct fb_case *c)
{
    struct fb_case_layout layout = {0};
    FB_TEST_OK(fb_case_layout_make(c, &arena, &layout, &err));
    check_layout(c, &layout);
    return layout;
}

static void test_wraps(void **state)
{
    (void)state;
    struct fb_case_box box = {.line_count = 0};
    fb_case_wrap(FB_STR(" one two  three\nfour "), 60, &box);
    assert_int_equal(box.line_count, 3);
    assert_true(fb_str_is(box.lines[0], "one two"));
    assert_true(fb_str_is(box.lines[1], "three"));
    assert_true(fb_str_is(box.lines[2], "four"));
    assert_false(box.cut);

    box = (struct fb_case_box){.line_count = 0};
    fb_case_wrap(FB_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b"), 67.5, &box);
    assert_int_equal(box.line_count, 4);
    assert_int_equal(box.lines[0].len, 10);
    assert_true(fb_str_is(box.lines[3], "aaaa b"));

    box = (struct fb_case_box){.line_count = 0};
    fb_case_wrap(FB_STR("aa/bbbb-cccc dd"), 30, &box);
    assert_int_equal(box.line_count, 5);
    assert_true(fb_str_is(box.lines[0], "aa/"));
    assert_true(fb_str_is(box.lines[1], "bbbb"));
    assert_true(fb_str_is(box.lines[2], "-"));

    box = (struct fb_case_box){.line_count = 0};
    fb_case_wrap(FB_STR("a\nb\nc\nd\ne\nf\ng\nh\ni"), 60, &box);
    assert_int_equal(box.line_count, FB_CASE_BOX_LINES_MAX);
    assert_true(box.cut);

    box = (struct fb_case_box){.line_count = 0};
    fb_case_wrap(FB_STR("\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97"), 30, &box);
    assert_int_equal(box.line_count, 2);
    assert_int_equal(box.lines[0].len, 6);
    assert_int_equal((int)fb_case_text_width(FB_STR("aa")), 13);
}

static void test_places(void **state)
{
    (void)state;
    const struct fb_case *c =
        labelled("G1: {supportedBy: [G2, G3], inContextOf: [C1, A1, J1]}\n"
                 "G2: {supportedBy: Sn1}\nG3: {supportedBy: [G4]}\nG4: {supportedBy: Sn1}\n"
                 "Sn1:\nC1:\nA1:\nJ1:\nCG1: {challenges: G2, supportedBy: CSn1}\nCSn1:\n"
                 "CSn2: {challenges: CG1}\n");
    struct fb_case_layout layout = lay_out(c);
    const struct fb_case_box *b = layout.boxes;
    static const uint32_t rows[] = {0, 1, 1, 2, 3, 0, 0, 0, 1, 2, 1};
    for (size_t i = 0; i < 11; i++) {
        assert_int_equal(b[i].row, rows[i]);
    }
    assert_int_equal(layout.row_count, 4);
    /* Context left and right of its owner, the third below the first. */
    assert_true(b[5].x < b[0].x && b[6].x > b[0].x && b[7].x < b[0].x);
    assert_true(b[5].y + b[5].height < b[7].y);
    /* Challengers to the right, one after the other, and their support below them. */
    assert_true(b[1].x < b[8].x && b[8].x < b[10].x && b[10].x < b[2].x);
    assert_true(fabs(b[8].x - b[9].x) < 0.01);
    assert_int_equal(b[8].neighbour, 1);
    assert_int_equal(b[10].neighbour, 8);
    assert_int_equal(b[1].neighbour, UINT32_MAX);
    /* A shared element stands under its lowest supported one. */
    assert_true(fabs(b[4].x - b[3].x) < 0.01);
    assert_true(fabs((b[1].x + b[2].x) / 2 - b[0].x) < 0.01);
}

static void test_gaps(void **state)
{
    (void)state;
    const struct fb_case *c = labelled("G1: {supportedBy: [G2, G3, G4]}\nG2:\nG3:\nG4:\n");
    struct fb_case_layout layout = lay_out(c);
    const struct fb_case_box *b = layout.boxes;
    double between = (b[1].x + b[2].x) / 2;
    assert_true(fabs(fb_case_gap(&layout, 1, b[2].x - 1) - between) < 0.01);
    assert_true(fabs(fb_case_gap(&layout, 1, between + 1) - between - 1) < 0.01);
    assert_true(fb_case_gap(&layout, 1, b[3].x + 1) > b[3].x + b[3].width / 2 + 10);
    assert_true(fb_case_gap(&layout, 1, b[1].x - 1) < b[1].x - b[1].width / 2 - 10);
    assert_true(fabs(fb_case_gap(&layout, 0, 0)) < 0.01);
}

static void test_draws(void **state)
{
    (void)state;
    struct fb_case *c = labelled(
        "module: {name: cyber, brief: \"<Safe> & \\\"sound\\\"\"}\n"
        "G1: {text: \"a <b> & \\\"c\\\" ]]>\\x01\\uFFFF\", supportedBy: [Sn1, Sn2, S1], "
        "support: any, inContextOf: [C1, A1, J1], url: 'https://example.org/?a&b'}\n"
        "Sn1: {evidence: 'x < 3'}\nSn2: {}\nS1: {undeveloped: true}\nC1:\nA1:\nJ1:\n"
        "CG1: {challenges: [Sn1, G1 -> Sn2]}\nCSn2: {challenges: [CG1, Sn1 -> CG1, G1 -> C1]}\n");
    FB_TEST_OK(fb_report_case_svg(c, &out, &err));
    check_well_formed(out.ptr);
    static const char *const has[] = {"<svg xmlns=\"http://www.w3.org/2000/svg\"",
        "&lt;Safe&gt; &amp; &quot;sound&quot;", "a &lt;b&gt; &amp; &quot;c&quot; ]]&gt;",
        "x &lt; 3", ">stands</text>", ">undecided</text>", ">undercut</text>", ">falsified</text>",
        ">1 of 3 needed</text>", "<ellipse", "<circle", "stroke-dasharray=\"7 4\"",
        "The top claim, G1", ">A</text>", ">J</text>", "https://example.org/?a&amp;b"};
    for (size_t i = 0; i < sizeof(has) / sizeof(has[0]); i++) {
        if (!strstr(out.ptr, has[i])) {
            fail_msg("no %s", has[i]);
        }
    }
    static const char *const hasnt[] = {
        "<script", "<style", "href", " id=", "nan", "inf", "\x01", "\xEF\xBF\xBF"};
    for (size_t i = 0; i < sizeof(hasnt) / sizeof(hasnt[0]); i++) {
        assert_null(strstr(out.ptr, hasnt[i]));
    }
    struct fb_buf again;
    fb_buf_init(&again, (size_t)1 << 24);
    FB_TEST_OK(fb_report_case_svg(c, &again, &err));
    assert_true(fb_str_eq(fb_buf_str(&out), fb_buf_str(&again)));
    fb_buf_release(&again);
}

static void test_unlabelled_says_nothing(void **state)
{
    (void)state;
    FB_TEST_OK(fb_report_case_svg(parse(FB_STR("G1: {supportedBy: Sn1}\nSn1:\n")), &out, &err));
    check_well_formed(out.ptr);
    assert_null(strstr(out.ptr, "stands"));
    assert_null(strstr(out.ptr, "The top claim"));
}

/* An id is cut between characters. */
static void test_long_ids(void **state)
{
    (void)state;
    FB_TEST_OK(fb_report_case_svg(
        labelled("G1aaaaaaaaaaaaaaaaaaaaa\xE2\x82\xAC\xE2\x82\xAC: {text: t}\n"), &out, &err));
    size_t bad = 0;
    assert_true(fb_str_utf8(fb_buf_str(&out), &bad));
    assert_non_null(strstr(out.ptr, ">G1aaaaaaaaaaaaaaaaaaaaa...</text>"));
}

static void test_limits(void **state)
{
    (void)state;
    const struct fb_case *c = labelled("G1: {supportedBy: Sn1}\nSn1:\n");
    struct fb_buf small;
    fb_buf_init(&small, 1000);
    FB_TEST_FAILS(fb_report_case_svg(c, &small, &err), FB_E_LIMIT);
    fb_buf_release(&small);
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    const struct fb_case *c = labelled("G1: {supportedBy: [G2, Sn1], inContextOf: A1}\nA1:\n"
                                       "G2: {supportedBy: Sn1}\nSn1:\nCSn1: {challenges: G2}\n");
    bool passed = false;
    for (int n = 0; n < 100 && !passed; n++) {
        struct fb_buf own;
        fb_buf_init(&own, 1 << 20);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_report_case_svg(c, &own, &err);
        fb_alloc_fail_at(-1);
        passed = code == FB_OK;
        assert_true(passed || code == FB_E_NOMEM);
        fb_buf_release(&own);
    }
    assert_true(passed);
}

/* The deepest case: no recursion, nothing quadratic. */
static void test_long_chain(void **state)
{
    (void)state;
    struct fb_buf text;
    fb_buf_init(&text, FB_CASE_TEXT_MAX);
    for (int i = 0; i + 1 < FB_CASE_CHAIN_MAX; i++) {
        fb_buf_addf(&text, "G%d: {supportedBy: G%d}\n", i, i + 1);
    }
    fb_buf_addf(&text, "G%d:\n", FB_CASE_CHAIN_MAX - 1);
    const struct fb_case *c = parse(fb_buf_str(&text));
    fb_buf_release(&text);
    struct fb_case_layout layout = lay_out(c);
    assert_int_equal(layout.row_count, FB_CASE_CHAIN_MAX);
    FB_TEST_OK(fb_report_case_svg(c, &out, &err));
}

/* A challenger of a challenger of ... of the top, written last first. */
static void test_chain_of_challengers(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    struct fb_buf text;
    fb_buf_init(&text, FB_CASE_TEXT_MAX);
    for (int i = COUNT; i > 1; i--) {
        fb_buf_addf(&text, "CSn%d: {challenges: CSn%d}\n", i, i - 1);
    }
    fb_buf_add_c(&text, "CSn1: {challenges: G1}\nG1:\n");
    const struct fb_case *c = parse(fb_buf_str(&text));
    fb_buf_release(&text);
    struct fb_case_layout layout = lay_out(c);
    assert_int_equal(layout.row_count, 1);
    assert_int_equal(layout.rows[0].count, COUNT + 1);
}

static void test_shared_examples(void **state)
{
    (void)state;
    static const char *const files[] = {"examples/example.gsn.yaml",
        "examples/dialectic/first.gsn.yaml", "examples/dialectic/second.gsn.yaml",
        "tests/multi_context.gsn.yaml", "tests/issue249.yaml", "tests/issue393_1.yaml"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char relative[200], path[1024];
        snprintf(relative, sizeof(relative), "data/case/gsn2x/%s", files[i]);
        if (!fb_test_shared(relative, path, sizeof(path))) {
            skip();
        }
        struct fb_buf text;
        fb_buf_init(&text, FB_CASE_TEXT_MAX);
        FB_TEST_OK(fb_io_read(path, &text, &err));
        const struct fb_case *c = labelled(text.ptr);
        fb_buf_release(&text);
        (void)lay_out(c);
        fb_buf_clear(&out);
        FB_TEST_OK(fb_report_case_svg(c, &out, &err));
        check_well_formed(out.ptr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_wraps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_places, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gaps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_draws, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unlabelled_says_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_chain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chain_of_challengers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shared_examples, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-svg", tests, NULL, NULL);
}

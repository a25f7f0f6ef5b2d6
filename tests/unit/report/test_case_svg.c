/* Tests of src/report: case_svg.c, case_shapes.c, case_lines.c, case_layout.c, case_place.c,
 * case_text.c, case_html.c, case_graph.c. */
#include <math.h>

#include "base/alloc.h"
#include "base/io.h"
#include "case/document.h"
#include "fb_case.h"
#include "report/case_draw.h"
#include "report/case_graph.h"
#include "report/case_html.h"
#include "report/case_layout.h"
#include "report/case_svg.h"

static struct fb_buf out;

static int setup_out(void **state)
{
    fb_buf_init(&out, (size_t)1 << 28);
    return setup(state);
}

static int teardown_out(void **state)
{
    fb_buf_release(&out);
    return teardown(state);
}

static struct fb_case *parse(struct fb_str text)
{
    struct fb_case *c = NULL;
    FB_TEST_OK(fb_case_parse(text, "c.yaml", &arena, &c, &err));
    return c;
}

static struct fb_case *drawn_as(const char *text)
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

/* Nothing overlaps, support stands lower, everything is inside the drawing. */
static void check_layout(const struct fb_case *c, const struct fb_case_layout *layout)
{
    for (size_t i = 0; i < layout->item_count; i++) {
        const struct fb_case_item *a = &layout->items[i];
        assert_true(a->x - a->width / 2 >= 0 && a->x + a->width / 2 <= layout->width);
        assert_true(a->y >= a->top - 0.01 && a->y + a->height <= a->bottom + 0.01);
        assert_true(a->bottom <= layout->height);
        assert_true(a->role == FB_ITEM_TOP || a->parent < i);
        if (a->role == FB_ITEM_SUPPORT) {
            assert_true(a->top >= layout->items[a->parent].bottom + 15);
        }
        for (size_t k = layout->item_count > 600 ? i : 0; k < i; k++) {
            const struct fb_case_item *b = &layout->items[k];
            bool beside = fabs(a->x - b->x) >= (a->width + b->width) / 2 + 10;
            bool below = a->y >= b->y + b->height + 8 || b->y >= a->y + a->height + 8;
            if (!beside && !below) {
                fail_msg("%.*s and %.*s overlap", FB_STR_ARG(c->elements[a->element].id),
                    FB_STR_ARG(c->elements[b->element].id));
            }
        }
    }
    for (size_t i = 0; i < c->element_count; i++) {
        assert_true(layout->item_of[i] < layout->item_count);
        assert_false(layout->items[layout->item_of[i]].stub);
    }
}

/* Fails when a straight line runs through the inside of an item. */
static void check_segment(
    const struct fb_case_layout *layout, const double from[2], const double to[2])
{
    double left = fmin(from[0], to[0]), right = fmax(from[0], to[0]);
    double top = fmin(from[1], to[1]), low = fmax(from[1], to[1]);
    for (size_t i = 0; i < layout->item_count; i++) {
        const struct fb_case_item *item = &layout->items[i];
        /* Lines meet strategies and modules up to 14 pixels inside their frame. */
        double half = item->width / 2 - 15;
        if (right > item->x - half && left < item->x + half && low > item->y + 15 &&
            top < item->y + item->height - 15) {
            fail_msg("a line from %.1f %.1f to %.1f %.1f runs through item %zu at %.1f %.1f",
                from[0], from[1], to[0], to[1], i, item->x, item->y);
        }
    }
}

/* Follows a path of M, V, H, L and Q. */
static void check_path(const struct fb_case_layout *layout, const char *at)
{
    double now[2] = {0, 0}, next[2];
    while (*at && *at != '"' && *at != 'Z') {
        char command = *at++, *end;
        double value[4] = {0, 0, 0, 0};
        int count = command == 'Q' ? 4 : command == 'V' || command == 'H' ? 1 : 2;
        for (int i = 0; i < count; i++) {
            value[i] = strtod(at, &end);
            assert_true(end > at);
            at = end;
        }
        next[0] = command == 'V' ? now[0] : value[count == 4 ? 2 : 0];
        next[1] = command == 'H' ? now[1] : value[count == 4 ? 3 : command == 'V' ? 0 : 1];
        if (command != 'M') {
            check_segment(layout, now, next);
        }
        now[0] = next[0];
        now[1] = next[1];
    }
}

/* No line of a drawing runs through a shape. */
static void check_lines(const struct fb_case_layout *layout, const char *svg)
{
    static const char *const CLASSES[] = {"<path class=\"fcl\" d=\"",
        "<path class=\"fcl fcc\" d=\"", "<path class=\"fcl fci\" d=\"", "<path class=\"fcd\" d=\"",
        "<path class=\"fcd fca\" d=\""};
    const char *start = strstr(svg, "<g transform"), *legend = strstr(svg, "</g>\n<rect x=\"30");
    assert_non_null(start);
    for (size_t i = 0; i < sizeof(CLASSES) / sizeof(CLASSES[0]); i++) {
        for (const char *at = strstr(start, CLASSES[i]); at && (!legend || at < legend);
             at = strstr(at + 1, CLASSES[i])) {
            const char *path = at + strlen(CLASSES[i]);
            if (!strpbrk(path, "vhlm") || strpbrk(path, "vhlm") > strchr(path, '"')) {
                check_path(layout, path);
            }
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
    struct fb_case_label box = {.line_count = 0};
    fb_case_wrap(FB_STR(" one two  three\nfour "), 60, &box);
    assert_int_equal(box.line_count, 3);
    assert_true(fb_str_is(box.lines[0], "one two"));
    assert_true(fb_str_is(box.lines[1], "three"));
    assert_true(fb_str_is(box.lines[2], "four"));
    assert_false(box.cut);

    box = (struct fb_case_label){.line_count = 0};
    fb_case_wrap(FB_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b"), 67.5, &box);
    assert_int_equal(box.line_count, 4);
    assert_int_equal(box.lines[0].len, 10);
    assert_true(fb_str_is(box.lines[3], "aaaa b"));

    box = (struct fb_case_label){.line_count = 0};
    fb_case_wrap(FB_STR("aa/bbbb-cccc dd"), 31, &box);
    assert_int_equal(box.line_count, 4);
    assert_true(fb_str_is(box.lines[0], "aa/"));
    assert_true(fb_str_is(box.lines[1], "bbbb-"));
    assert_true(fb_str_is(box.lines[2], "cccc"));

    box = (struct fb_case_label){.line_count = 0};
    fb_case_wrap(FB_STR("a\nb\nc\nd\ne\nf\ng\nh\ni"), 60, &box);
    assert_int_equal(box.line_count, FB_CASE_LABEL_LINES_MAX);
    assert_true(box.cut);

    box = (struct fb_case_label){.line_count = 0};
    fb_case_wrap(FB_STR("\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97"), 30, &box);
    assert_int_equal(box.line_count, 2);
    assert_int_equal(box.lines[0].len, 6);
    assert_int_equal((int)fb_case_text_width(FB_STR("aa")), 13);
}

/* The lines of a text in a width, with bars between them. */
static const char *wrapped(const char *text, double width)
{
    static char out_lines[1000];
    struct fb_case_label box = {.line_count = 0};
    size_t at = 0;
    fb_case_wrap(fb_str_of(text), width, &box);
    out_lines[0] = '\0';
    for (size_t i = 0; i < box.line_count; i++) {
        assert_true(fb_str_utf8(box.lines[i], NULL));
        at += (size_t)snprintf(out_lines + at, sizeof(out_lines) - at, "%s%.*s", i ? "|" : "",
            FB_STR_ARG(box.lines[i]));
    }
    return out_lines;
}

/* Texts of every script: marks stay on their letters, joined pictures together, and Chinese breaks
 * where there are no spaces, but before no full stop. */
static void test_wraps_scripts(void **state)
{
    (void)state;
    assert_string_equal(wrapped("安全安全。好", 50), "安全安|全。好");
    assert_string_equal(wrapped("安全安全。好", 48), "安全安|全。好");
    assert_string_equal(wrapped("系统ab cd", 40), "系统ab|cd");
    assert_string_equal(wrapped("a 系统系统系统", 40), "a 系统|系统系|统");
    assert_string_equal(
        wrapped("e\u0301e\u0301e\u0301e\u0301e\u0301", 21), "e\u0301e\u0301e\u0301|e\u0301e\u0301");
    assert_string_equal(wrapped("👨‍👩‍👧👨‍👩‍👧", 50),
        "👨‍👩‍👧|👨‍👩‍👧");
    assert_string_equal(wrapped("👩🏽👩🏽👩🏽", 31), "👩🏽👩🏽|👩🏽");
    assert_string_equal(wrapped("\u200bab\u200bcd\u200b\u200b", 25), "ab|cd");
    assert_string_equal(wrapped("\u200b\u200b \u3000", 25), "");
    assert_string_equal(wrapped("הקשר סביבת", 40), "הקשר|סביבת");
    assert_string_equal(wrapped("WWWWWWWW", 60), "WWWWW|WWW");
    assert_true(fb_case_text_width(FB_STR("\u202e")) > 0); /* it is drawn as U+FFFD */
    assert_true(
        fb_case_text_width(FB_STR("a\u0300\u0301\u0302")) == fb_case_text_width(FB_STR("a")));
    assert_true(fb_case_text_width(FB_STR("\xff\xfe")) == 24);
}

/* Words without an end, in every script: each line of a shape stands within it. */
static void test_text_in_shapes(void **state)
{
    (void)state;
    static const char *const UNITS[] = {"W", "@", "i", "安", "한", "👨‍👩‍👧", "e\u0301",
        "\u200b", "ש", "ﷺ", "aW安 ", "\U000E0100", "Donaudampfschiffahrt"};
    static const char *const KINDS[] = {"G2", "S2", "Sn2", "C2", "A2", "J2"};
    for (size_t u = 0; u < sizeof(UNITS) / sizeof(UNITS[0]); u++) {
        for (size_t k = 0; k < sizeof(KINDS) / sizeof(KINDS[0]); k++) {
            struct fb_buf text;
            fb_buf_init(&text, 1 << 16);
            fb_buf_addf(&text, "G1: {%s: [%s]}\n%s: {text: \"a",
                k < 3 ? "supportedBy" : "inContextOf", KINDS[k], KINDS[k]);
            for (int i = 0; i < 60; i++) {
                fb_buf_add_c(&text, UNITS[u]);
            }
            fb_buf_addf(&text, "\"%s}\n%s", k < 2 ? ", undeveloped: true" : "", "");
            const struct fb_case *c = parse(fb_buf_str(&text));
            struct fb_case_layout layout = lay_out(c);
            const struct fb_case_item *item = &layout.items[layout.item_of[1]];
            for (uint32_t i = 0; i < item->label.line_count; i++) {
                double wide = fb_case_text_width(item->label.lines[i]);
                if (wide > item->width - 6) {
                    fail_msg("%s of %s: %.0f in %.0f", KINDS[k], UNITS[u], wide, item->width);
                }
            }
            assert_true(item->height >= FB_CASE_LINE * (1.0 + item->label.line_count));
            fb_buf_release(&text);
        }
    }
}

static const struct fb_case_item *place(
    const struct fb_case *c, const struct fb_case_layout *layout, const char *id)
{
    for (size_t i = 0; i < c->element_count; i++) {
        if (fb_str_is(c->elements[i].id, id)) {
            return &layout->items[layout->item_of[i]];
        }
    }
    fail_msg("no element %s", id);
    return NULL;
}

static void test_places(void **state)
{
    (void)state;
    const struct fb_case *c =
        drawn_as("G1: {supportedBy: [G2, G3], inContextOf: [C1, A1, J1]}\n"
                 "G2: {supportedBy: Sn1}\nG3: {supportedBy: [G4]}\nG4: {supportedBy: Sn1}\n"
                 "Sn1:\nC1:\nA1:\nJ1:\nCG1: {challenges: G2, supportedBy: CSn1}\nCSn1:\n"
                 "CSn2: {challenges: CG1}\n");
    struct fb_case_layout layout = lay_out(c);
    const struct fb_case_item *g1 = place(c, &layout, "G1"), *g2 = place(c, &layout, "G2");
    const struct fb_case_item *g3 = place(c, &layout, "G3"), *sn1 = place(c, &layout, "Sn1");
    /* Context left and right of its owner, the third below the first. */
    const struct fb_case_item *c1 = place(c, &layout, "C1"), *j1 = place(c, &layout, "J1");
    assert_true(c1->x < g1->x && place(c, &layout, "A1")->x > g1->x && j1->x < g1->x);
    assert_true(c1->y + c1->height < j1->y);
    /* Challengers to the right, one after the other, and their support below them. */
    const struct fb_case_item *cg1 = place(c, &layout, "CG1"), *csn2 = place(c, &layout, "CSn2");
    assert_true(g2->x < cg1->x && cg1->x < csn2->x && csn2->x < g3->x);
    assert_true(fabs(cg1->x - place(c, &layout, "CSn1")->x) < 0.01);
    assert_true(fabs(g2->top - cg1->top) < 0.01);
    /* A shared element stands below the first that it supports; the other has a stub. */
    assert_true(fabs(sn1->x - g2->x) < 0.01);
    const struct fb_case_item *stub = &layout.items[place(c, &layout, "G4")->child];
    assert_true(stub->stub && stub->element == sn1->element && stub->height < sn1->height);
    assert_int_equal(layout.item_count, 12);
    assert_true(fabs((g2->x + g3->x) / 2 - g1->x) < 0.01);
    assert_true(fabs(g2->y - g3->y) < 0.01);
}

/* Many leaves stand below each other. */
static void test_stacks(void **state)
{
    (void)state;
    const struct fb_case *c = drawn_as("G1: {supportedBy: [Sn1, Sn2, Sn3, Sn4, Sn5]}\n"
                                       "Sn1:\nSn2:\nSn3:\nSn4:\nSn5:\n");
    struct fb_case_layout layout = lay_out(c);
    assert_true(place(c, &layout, "G1")->stacked);
    const struct fb_case_item *a = place(c, &layout, "Sn1"), *b = place(c, &layout, "Sn5");
    assert_true(a->y + 4 * a->height < b->y);
    assert_true(fabs((a->x - a->width / 2) - (b->x - b->width / 2)) < 0.01);
    assert_true(
        a->x - a->width / 2 > place(c, &layout, "G1")->x - place(c, &layout, "G1")->width / 2);
}

/* What stands on the lines of a goal whose last supporter and first context have these numbers. */
static void some_marks(struct fb_buf *text, uint32_t support, uint32_t context)
{
    static const char *const COUNTS[] = {"n", "0..x", "number of hazards", ""};
    const char *count = COUNTS[chance(4)];
    if (chance(3) == 0) {
        fb_buf_addf(text, ", multiple: {Sn%u: '%s', C%u: '%s'}, optional: [C%u]", support, count,
            context, count, context);
    }
    if (chance(4) == 0) {
        fb_buf_addf(text, ", choice: m of n, contextChoice: %s", chance(2) ? "1 of 2" : "true");
    }
    if (chance(4) == 0) {
        fb_buf_addf(text, ", instantiationData: 'table %u of the%s'", support,
            chance(2) ? " annex with all requirements" : "m");
    }
    if (chance(4) == 0) {
        fb_buf_addf(text, ", acp: {P1: Sn%u, 'P2[Confidence]': C%u}", support, context);
    }
}

/* A case of goals with shared support, context, and challenges of all kinds. */
static void some_case(struct fb_buf *text)
{
    uint32_t goals = 2 + chance(chance(4) ? 12 : 60), counters = chance(6);
    for (uint32_t i = 0; i < goals; i++) {
        bool strategy = i > 0 && chance(4) == 0;
        fb_buf_addf(text, "N%u: {nodeType: %s, text: %s, supportedBy: [", i,
            strategy ? "Strategy" : "Goal", chance(2) ? "short" : "some words that need lines");
        for (uint32_t k = 0; i + 1 < goals && k < chance(5); k++) {
            fb_buf_addf(text, "N%u, ", i + 1 + chance(goals - i - 1));
        }
        uint32_t support = chance(goals), context = chance(4);
        fb_buf_addf(text, "Sn%u], inContextOf: [C%u, ", support, context);
        for (uint32_t k = 0; k < chance(4); k++) {
            fb_buf_addf(text, "C%u, ", chance(4));
        }
        fb_buf_add_char(text, ']');
        some_marks(text, support, context);
        fb_buf_add_c(text, "}\n");
    }
    for (uint32_t i = 0; i < goals; i++) {
        fb_buf_addf(text, "Sn%u: {text: evidence, symbol: module}\n", i);
    }
    fb_buf_add_c(text, "C0: {}\nC1: {nodeType: Assumption}\nC2: {away: m}\nC3: {text: c}\n");
    for (uint32_t i = 0; i < counters; i++) {
        uint32_t what = chance(i > 0 ? 4 : 3);
        fb_buf_addf(text, "CG%u: {supportedBy: [CSn%u], challenges: [", i, i);
        uint32_t number = what == 3 ? chance(i) : what == 2 ? chance(4) : chance(goals);
        fb_buf_addf(text, "%s%u",
            what == 0   ? "N"
            : what == 1 ? "Sn"
            : what == 2 ? "C"
                        : "CG",
            number);
        fb_buf_addf(text, "]}\nCSn%u: {}\n", i);
    }
}

/* Whatever the case, nothing overlaps and no line runs through a shape. */
static void test_random_cases(void **state)
{
    (void)state;
    for (uint32_t round = 1; round < 300; round++) {
        seed = round;
        struct fb_buf text;
        fb_buf_init(&text, 1 << 20);
        some_case(&text);
        struct fb_case *c = built(fb_buf_str(&text));
        FB_TEST_OK(fb_case_label(c, NULL, NULL, &arena, &err));
        struct fb_case_layout layout = lay_out(c);
        FB_TEST_OK(fb_report_case_svg(c, &out, &err));
        check_well_formed(out.ptr);
        check_lines(&layout, out.ptr);
        fb_buf_clear(&out);
        fb_buf_release(&text);
        fb_arena_release(&arena);
    }
}

/* Challenges of relations and of challenges, contexts on both sides. */
static void test_lines(void **state)
{
    (void)state;
    struct fb_case *c =
        drawn_as("G1: {supportedBy: [S1, G3], inContextOf: [C1, C2, C3]}\nC1:\nC2:\nC3:\n"
                 "S1: {supportedBy: [Sn1, Sn2], inContextOf: [A1]}\nA1:\nSn1:\nSn2:\n"
                 "G3: {supportedBy: [Sn3, Sn4, Sn5, Sn6]}\nSn3:\nSn4:\nSn5:\nSn6:\n"
                 "CG1: {challenges: [G1, G1 -> S1]}\nCG2: {challenges: [G1 -> C1, C2, G1]}\n"
                 "CG3: {challenges: [G3 -> Sn5, Sn4]}\nCSn1: {challenges: [CG1 -> G1, CG3]}\n"
                 "CSn2: {challenges: [CG1, A1, S1 -> A1]}\n");
    struct fb_case_layout layout = lay_out(c);
    FB_TEST_OK(fb_report_case_svg(c, &out, &err));
    check_lines(&layout, out.ptr);
}

/* The size of the drawing of a large case with shared evidence. */
/* Goals with three supporters each and shared leaves, as gen.py of the shared data makes them. */
static void check_size(uint32_t goals)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_CASE_TEXT_MAX);
    seed = 7;
    for (uint32_t i = 0; i < goals; i++) {
        fb_buf_addf(
            &text, "G%u: {text: Claim %u holds for the deployed system, supportedBy: [", i, i);
        for (uint32_t k = 1; k <= 3 && 3 * i + k < goals; k++) {
            fb_buf_addf(&text, "G%u, ", 3 * i + k);
        }
        fb_buf_addf(&text, "Sn%u]", chance(10) < 3 ? chance(i + 1) : i);
        if (i % 4 == 0) {
            fb_buf_addf(&text, ", inContextOf: [C%u]}\nC%u: {text: Context item", i, i);
        }
        fb_buf_addf(&text, "}\nSn%u: {text: Result %u}\n", i, i);
    }
    struct fb_case *c = built(fb_buf_str(&text));
    FB_TEST_OK(fb_case_label(c, NULL, NULL, &arena, &err));
    struct fb_case_layout layout = lay_out(c);
    assert_true(layout.width < 249317); /* what Graphviz needs for 4,779 of these */
    FB_TEST_OK(fb_report_case_svg(c, &out, &err));
    check_lines(&layout, out.ptr);
    fb_buf_clear(&out);
    fb_buf_release(&text);
    fb_arena_release(&arena);
}

/* No line runs through a shape at any size. */
static void test_sizes(void **state)
{
    (void)state;
    static const uint32_t GOALS[] = {4, 44, 444, 2222}; /* 10, 100, 1,000 and 5,000 elements */
    for (size_t i = 0; i < 4; i++) {
        check_size(GOALS[i]);
    }
}

static void test_draws(void **state)
{
    (void)state;
    struct fb_case *c = drawn_as(
        "module: {name: cyber, brief: \"<Safe> & \\\"sound\\\"\"}\n"
        "G1: {text: \"a <b> & \\\"c\\\" ]]>\\x01\\uFFFF\", supportedBy: [Sn1, Sn2, S1], "
        "support: any, inContextOf: [C1, A1, J1], url: 'https://example.org/?a&b'}\n"
        "Sn1: {evidence: 'x < 3'}\nSn2: {}\nS1: {undeveloped: true}\nC1:\nA1:\nJ1:\n"
        "CG1: {challenges: [Sn1, G1 -> Sn2]}\nCSn2: {challenges: [CG1, Sn1 -> CG1, G1 -> C1]}\n");
    FB_TEST_OK(fb_report_case_svg(c, &out, &err));
    check_well_formed(out.ptr);
    static const char *const has[] = {"<svg xmlns=\"http://www.w3.org/2000/svg\"",
        "&lt;Safe&gt; &amp; &quot;sound&quot;", "a &lt;b&gt; &amp; &quot;c&quot; ]]&gt;",
        "x &lt; 3", ">stands<tspan", ">undecided</text>", ">undercut</text>", ">falsified</text>",
        ">1 of 3 needed</text>", "<ellipse", "<circle", "class=\"fcd\"", "The top claim, G1",
        ">A</text>", ">J</text>", "https://example.org/?a&amp;b"};
    for (size_t i = 0; i < sizeof(has) / sizeof(has[0]); i++) {
        if (!strstr(out.ptr, has[i])) {
            fail_msg("no %s", has[i]);
        }
    }
    static const char *const hasnt[] = {
        "<script", "href", " id=", "nan", "inf\"", "\x01", "\xEF\xBF\xBF"};
    for (size_t i = 0; i < sizeof(hasnt) / sizeof(hasnt[0]); i++) {
        assert_null(strstr(out.ptr, hasnt[i]));
    }
    struct fb_buf again;
    fb_buf_init(&again, (size_t)1 << 24);
    FB_TEST_OK(fb_report_case_svg(c, &again, &err));
    assert_true(fb_str_eq(fb_buf_str(&out), fb_buf_str(&again)));
    fb_buf_release(&again);
}

/* What stands in one drawing, and nowhere in the drawing without it. */
static void test_symbols(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *drawn;
    } ROWS[] = {
        {"undeveloped: true", "l9 9l-9 9l-9 -9Z\"/>"},
        {"uninstantiated: true", "l9 14h-18Z"},
        {"undeveloped: true, uninstantiated: true", "l-9 -9Zm-9 9h18"},
        {"public: true", "v-4h6v4h8v10h-14Z"},
        {"away: other", ">other</text>"},
        {"symbol: module", "height=\"14\" rx=\"0\""},
        {"symbol: contract", "height=\"7\" rx=\"0\""},
        {"acp: {P7: G2}", ">P7</text>"},
        {"supportedBy: [Sn1], choice: true", "l7 7l-7 7l-7 -7Z"},
        {"supportedBy: [Sn1], optional: [Sn1]", "r=\"4.5\" class=\"fco\""},
        {"supportedBy: [Sn1], multiple: [Sn1]", "r=\"4.5\" class=\"fch\""},
        {"defeated: true", "class=\"fcx\""},
        {"supportedBy: [Sn1], choice: 1 of 3", ">1 of 3</text>"},
        {"supportedBy: [Sn1], multiple: {Sn1: 0..n}", ">0..n</text>"},
        {"inContextOf: [C1], multiple: {C1: \"0\u2264n\u2264x\"}", ">0\u2264n\u2264x</text>"},
        {"inContextOf: [C1], multiple: C1", "r=\"4.5\" class=\"fch\""},
        {"inContextOf: [C1], optional: C1", "r=\"4.5\" class=\"fco\""},
        {"inContextOf: [C1], contextChoice: true", "l7 7l-7 7l-7 -7Z"},
        {"inContextOf: [C1], contextChoice: m of n", ">m of n</text>"},
        {"supportedBy: [Sn1, Sn2, Sn3, Sn4], choice: m of n", ">m of n</text>"},
        {"instantiationData: table 7", ">table 7</text>"},
        {"instantiationData: table 7", "class=\"fcl fci\""},
        {"byContract: true, undeveloped: true", "h8v4h14v14h-8v-4h-14Z\""},
        {"byContract: true, uninstantiated: true", "h8v4h14v14h-8v-4h-14Zm11 3l8 11h-16Z"},
        {"away: other", "class=\"fcm fcw\""},
        {"inContextOf: [C1], acp: {P8: C1}", ">P8</text>"},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        for (int with = 0; with < 2; with++) {
            char text[400];
            snprintf(text, sizeof(text),
                "G1: {supportedBy: [G2, Sn1, Sn2, Sn3, Sn4], inContextOf: [C1]}\nSn1:\nSn2:\n"
                "Sn3:\nSn4:\nC1:\nG2: {text: t%s%s}\nCG1: {challenges: G2}\n",
                with ? ", " : "", with ? ROWS[i].key : "");
            FB_TEST_OK(fb_report_case_svg(parse(fb_str_of(text)), &out, &err));
            check_well_formed(out.ptr);
            if ((strstr(out.ptr, ROWS[i].drawn) != NULL) != with) {
                fail_msg("%s: %d", ROWS[i].key, with);
            }
            fb_buf_clear(&out);
        }
    }
}

/* A relation that a challenge defeats has a cross, of support, of context and of a challenge; one
 * whose challenge is answered has none. */
static void test_defeated_relations(void **state)
{
    (void)state;
    static const struct {
        const char *challenges;
        int crosses;
    } ROWS[] = {{"CSn1: {challenges: G1 -> G2}\n", 1}, {"CSn1: {challenges: G1 -> C1}\n", 1},
        {"CSn1: {challenges: G1}\nCSn2: {challenges: G1 -> CSn1}\n", 1},
        {"CSn1: {challenges: G1}\n", 0}, {"CSn1: {challenges: G1 -> G2, undeveloped: true}\n", 0},
        {"CSn1: {challenges: G1 -> G2}\nCSn2: {challenges: CSn1}\n", 0},
        {"CSn1: {challenges: [G1 -> G2, G1 -> G3]}\n", 2}};
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        char text[300];
        int count = 0;
        snprintf(text, sizeof(text),
            "G1: {supportedBy: [G2, G3], inContextOf: [C1]}\nG2: {supportedBy: [Sn1]}\n"
            "G3: {supportedBy: [Sn1]}\nSn1:\nC1:\n%s",
            ROWS[i].challenges);
        FB_TEST_OK(fb_report_case_svg(drawn_as(text), &out, &err));
        check_well_formed(out.ptr);
        for (const char *at = out.ptr; (at = strstr(at, "class=\"fcx fcr\"")); at++) {
            count++;
        }
        if (count != ROWS[i].crosses) {
            fail_msg("%s: %d", ROWS[i].challenges, count);
        }
        fb_buf_clear(&out);
    }
}

static const char HOSTILE[] =
    "G1: {text: \"a <b> & \\\"c\\\" ]]> </script> \\u2028 # ` |\", supportedBy: [Sn1, S1], "
    "inContextOf: [C1, A1], url: 'javascript:alert(1)'}\n"
    "Sn1: {evidence: 'x < 3'}\nS1: {undeveloped: true, away: 'm\"<'}\nC1:\nA1:\n"
    "CG1: {challenges: [Sn1, G1 -> Sn1]}\nCSn2: {challenges: [CG1, Sn1 -> CG1, G1 -> C1]}\n";

static void test_html(void **state)
{
    (void)state;
    const struct fb_case *c = drawn_as(HOSTILE);
    FB_TEST_OK(fb_report_case_html(c, NULL, &out, &err));
    assert_true(fb_str_utf8(fb_buf_str(&out), NULL));
    static const char *const has[] = {"default-src 'none'", "id=\"stage\"",
        "a &lt;b&gt; &amp; &quot;c&quot;", "\\u003c/script>", "\"kind\":\"counter goal\"",
        "id=\"changed\" type=\"checkbox\" disabled"};
    for (size_t i = 0; i < sizeof(has) / sizeof(has[0]); i++) {
        if (!strstr(out.ptr, has[i])) {
            fail_msg("no %s", has[i]);
        }
    }
    static const char *const hasnt[] = {
        "<b> &", " src=", "href", "a </script>", "http-equiv=\"refresh"};
    for (size_t i = 0; i < sizeof(hasnt) / sizeof(hasnt[0]); i++) {
        assert_null(strstr(out.ptr, hasnt[i]));
    }
    fb_buf_clear(&out);
    const struct fb_case *old =
        drawn_as("G1: {text: was, supportedBy: [Sn1]}\nSn1: {evidence: 'x < 3'}\n");
    FB_TEST_OK(fb_report_case_html(c, old, &out, &err));
    assert_non_null(strstr(out.ptr, "\"changed\":\"New in this version.\""));
    assert_non_null(strstr(out.ptr, "\"changed\":\"Its text changed; it was: was"));
    struct fb_buf small;
    fb_buf_init(&small, 5000);
    FB_TEST_FAILS(fb_report_case_html(c, NULL, &small, &err), FB_E_LIMIT);
    fb_buf_release(&small);
}

static void test_dot(void **state)
{
    (void)state;
    FB_TEST_OK(fb_report_case_dot(drawn_as(HOSTILE), &out, &err));
    static const char *const has[] = {"digraph {", "n0 [shape=box, label=\"G1\\na <b> & \\\"c\\\"",
        "n0 -> n2", "shape=circle", "shape=parallelogram", "[m\\\"<]", "s0_0 [shape=point",
        "style=dashed", "fillcolor=\"#fbe3df\"", "arrowhead=empty"};
    for (size_t i = 0; i < sizeof(has) / sizeof(has[0]); i++) {
        if (!strstr(out.ptr, has[i])) {
            fail_msg("no %s in %s", has[i], out.ptr);
        }
    }
}

static void test_mermaid(void **state)
{
    (void)state;
    FB_TEST_OK(fb_report_case_mermaid(drawn_as(HOSTILE), &out, &err));
    static const char *const has[] = {"flowchart TD\n",
        "G1[\"<b>G1</b><br>a &lt;b&gt; &amp; &quot;c&quot; ]]&gt;", ":::undercut", "G1 --> Sn1\n",
        "G1 --o C1\n", "CG1 -.->|challenges| Sn1\n", "&num;", "S1[/\"<b>S1</b><br>[m&quot;&lt;]"};
    for (size_t i = 0; i < sizeof(has) / sizeof(has[0]); i++) {
        if (!strstr(out.ptr, has[i])) {
            fail_msg("no %s in %s", has[i], out.ptr);
        }
    }
    assert_null(strstr(out.ptr, "</script>"));
}

/* The colour that a class sets, by night where it is set anew there; -1: none. */
static long colour_of(const char *style, const char *class, const char *what, bool night)
{
    char name[32];
    long found = -1;
    const char *dark = strstr(style, "@media");
    snprintf(name, sizeof(name), ".%s", class);
    for (const char *at = strstr(style, name); at; at = strstr(at + 1, name)) {
        const char *after = at + strlen(name), *block = strchr(after, '{');
        const char *set = strstr(block, what), *end = strchr(block, '}');
        bool whole = *after == '{' || *after == ',';
        if (whole && set && set < end && (night || at < dark)) {
            const char *hex = strchr(set, '#') + 1;
            unsigned long value = strtoul(hex, NULL, 16);
            bool brief = strcspn(hex, ";}") == 3;
            found = brief ? (long)((value >> 8) * 0x110000 + (value >> 4 & 15) * 0x1100 +
                                   (value & 15) * 0x11)
                          : (long)value;
        }
    }
    return found;
}

/* Relative luminance and contrast of two colours as WCAG 2.2 defines them. */
static double luminance(long colour)
{
    static const double WEIGHTS[] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double c = (double)(colour >> (16 - 8 * i) & 255) / 255;
        sum += WEIGHTS[i] * (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static double contrast(long a, long b)
{
    double x = luminance(a), y = luminance(b);
    return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}

/* WCAG AA, by day and by night: 4.5 for text on what it stands on, 3 for edges and lines. */
static void test_contrast(void **state)
{
    (void)state;
    static const struct {
        const char *front, *how, *back;
        double least;
    } PAIRS[] = {{"fcg", "fill", "fcb", 4.5}, {"fcg", "fill", "fc", 4.5},
        {"fcg", "fill", "fc-in", 4.5}, {"fcg", "fill", "fc-uc", 4.5}, {"fcg", "fill", "fc-fa", 4.5},
        {"fcg", "fill", "fc-un", 4.5}, {"fcs", "fill", "fcb", 4.5}, {"fcs", "fill", "fc", 4.5},
        {"fcs", "fill", "fc-in", 4.5}, {"fcs", "fill", "fc-uc", 4.5}, {"fcs", "fill", "fc-fa", 4.5},
        {"fcs", "fill", "fc-un", 4.5}, {"fcv", "fill", "fc", 4.5}, {"fcv", "fill", "fc-in", 4.5},
        {"fcv", "fill", "fc-uc", 4.5}, {"fcv", "fill", "fc-fa", 4.5}, {"fcv", "fill", "fc-un", 4.5},
        {"fcp", "fill", "fck-in", 4.5}, {"fcp", "fill", "fck-uc", 4.5},
        {"fcp", "fill", "fck-fa", 4.5}, {"fcp", "fill", "fck-un", 4.5}, {"fcp", "fill", "fcn", 4.5},
        {"fck-in", "fill", "fcb", 4.5}, {"fck-uc", "fill", "fcb", 4.5},
        {"fck-fa", "fill", "fcb", 4.5}, {"fck-un", "fill", "fcb", 4.5}, {"fc", "stroke", "fcb", 3},
        {"fc-in", "stroke", "fcb", 3}, {"fc-uc", "stroke", "fcb", 3}, {"fc-fa", "stroke", "fcb", 3},
        {"fc-un", "stroke", "fcb", 3}, {"fcl", "stroke", "fcb", 3}, {"fcc", "stroke", "fcb", 3},
        {"fco", "stroke", "fcb", 3}, {"fcd", "stroke", "fcb", 3}, {"fca", "stroke", "fcb", 3},
        {"fch", "fill", "fcb", 3}, {"fcx", "stroke", "fc-fa", 3}};
    fb_draw_style(&out);
    fb_buf_add_char(&out, '\0');
    assert_true(contrast(0, 0xFFFFFF) == 21.0);
    for (size_t i = 0; i < sizeof(PAIRS) / sizeof(PAIRS[0]); i++) {
        for (int night = 0; night < 2; night++) {
            long front = colour_of(out.ptr, PAIRS[i].front, PAIRS[i].how, night);
            long back = colour_of(out.ptr, PAIRS[i].back, "fill", night);
            assert_true(front >= 0 && back >= 0);
            if (contrast(front, back) < PAIRS[i].least) {
                fail_msg("%s %s on %s by %s: %.2f", PAIRS[i].front, PAIRS[i].how, PAIRS[i].back,
                    night ? "night" : "day", contrast(front, back));
            }
        }
    }
}

static void test_unlabelled_says_nothing(void **state)
{
    (void)state;
    FB_TEST_OK(fb_report_case_svg(parse(FB_STR("G1: {supportedBy: Sn1}\nSn1:\n")), &out, &err));
    check_well_formed(out.ptr);
    assert_null(strstr(out.ptr, ">stands<"));
    assert_null(strstr(out.ptr, "The top claim"));
}

/* An id is cut between characters. */
static void test_long_ids(void **state)
{
    (void)state;
    FB_TEST_OK(fb_report_case_svg(
        drawn_as("G1aaaaaaaaaaaaaaaaaaaaa\xE2\x82\xAC\xE2\x82\xAC: {text: t}\n"), &out, &err));
    size_t bad = 0;
    assert_true(fb_str_utf8(fb_buf_str(&out), &bad));
    assert_non_null(strstr(out.ptr, ">G1aaaaaaaaaaaaaaaaaaaaa...</text>"));
}

static void test_limits(void **state)
{
    (void)state;
    const struct fb_case *c = drawn_as("G1: {supportedBy: Sn1}\nSn1:\n");
    struct fb_buf small;
    fb_buf_init(&small, 1000);
    FB_TEST_FAILS(fb_report_case_svg(c, &small, &err), FB_E_LIMIT);
    fb_buf_release(&small);
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    const struct fb_case *c = drawn_as("G1: {supportedBy: [G2, Sn1], inContextOf: A1}\nA1:\n"
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
    assert_int_equal(layout.item_count, FB_CASE_CHAIN_MAX);
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
    assert_int_equal(layout.item_count, COUNT + 1);
    assert_true(layout.height < 300);
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
        const struct fb_case *c = drawn_as(text.ptr);
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
        cmocka_unit_test_setup_teardown(test_wraps_scripts, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_text_in_shapes, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_contrast, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_defeated_relations, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_wraps, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_places, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_stacks, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_random_cases, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_lines, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_sizes, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_symbols, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_html, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_dot, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_mermaid, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_draws, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_unlabelled_says_nothing, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_long_ids, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_limits, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_long_chain, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_chain_of_challengers, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_shared_examples, setup_out, teardown_out),
    };
    return cmocka_run_group_tests_name("case-svg", tests, NULL, NULL);
}

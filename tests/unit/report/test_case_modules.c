/* Tests of src/report: case_modules.c, case_modules_layout.c, and of src/case/architecture.c. */
#include <math.h>

#include "base/alloc.h"
#include "case/architecture.h"
#include "fb_case.h"
#include "report/case_modules.h"
#include "report/case_modules_layout.h"

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

static struct fb_architecture modules_of(struct fb_str text)
{
    struct fb_architecture a = {.nodes = NULL};
    FB_TEST_OK(fb_case_architecture(built(text), &arena, &a, &err));
    return a;
}

/* Every kind of link: support and context at once, both ways, through interfaces, through a
 * contract, to what is not there, and challenges. What an away element repeats is no link of its
 * own. */
static void test_links(void **state)
{
    (void)state;
    static const char TEXT[] = "module: {name: Top, parts: {A: {interfaces: {api: [G2], more: "
                               "G5}}, B: {}, K: {}, R: {}}}\n"
                               "G1: {supportedBy: [G3, G4, G6, G8], inContextOf: [C1, C2]}\n"
                               "G3: {away: A, repeats: G2}\n"
                               "G4: {away: Elsewhere, undeveloped: true}\n"
                               "G6: {away: B, repeats: G7}\nC1: {away: B, repeats: C3}\nC2: {}\n"
                               "G8: {undeveloped: false, supportedBy: [G9]}\n"
                               "G2: {inModule: A, public: true, supportedBy: [G10]}\n"
                               "G5: {inModule: A, public: true, undeveloped: true}\n"
                               "G10: {inModule: A, away: B, repeats: G7}\n"
                               "G7: {inModule: B, public: true, supportedBy: [Sn1, G11]}\nC3: "
                               "{inModule: B, public: true}\n"
                               "Sn1: {inModule: B}\nG11: {inModule: B, away: A, repeats: G5}\n"
                               "G9: {inModule: K, symbol: contract, supportedBy: [G12]}\n"
                               "G12: {inModule: K, away: A, repeats: G2}\n"
                               "CG1: {inModule: R, challenges: [Sn1, G7 -> Sn1], supportedBy: "
                               "[CSn1]}\nCSn1: {inModule: R}\n";
    static const char *const WANT[] = {"Top>A:api 0 1", "Top>Elsewhere: 0 1", "Top>B: 0 3",
        "Top>K: 0 1", "A>B: 0 1", "R>B: 0 4", "B>A:more 0 1", "K>A:api 0 1"};
    struct fb_architecture a = modules_of(fb_str_of(TEXT));
    assert_int_equal(a.node_count, 6);
    assert_true(fb_str_is(a.nodes[5].name, "Elsewhere") && a.nodes[5].is_outside);
    assert_true(a.nodes[3].is_contract && !a.nodes[0].is_contract && !a.nodes[3].is_outside);
    for (size_t i = 0; i < a.link_count; i++) {
        const struct fb_architecture_link *k = &a.links[i];
        char got[100];
        bool found = false;
        snprintf(got, sizeof(got), "%.*s%s%.*s>%.*s:%.*s %u %u",
            FB_STR_ARG(a.nodes[k->ends[0]].name), k->ports[0].len ? ":" : "",
            FB_STR_ARG(k->ports[0]), FB_STR_ARG(a.nodes[k->ends[1]].name), FB_STR_ARG(k->ports[1]),
            k->marks[0], k->marks[1]);
        for (size_t w = 0; w < sizeof(WANT) / sizeof(WANT[0]); w++) {
            found = found || strcmp(got, WANT[w]) == 0;
        }
        if (!found) {
            fail_msg("%s", got);
        }
    }
    assert_int_equal(a.link_count, sizeof(WANT) / sizeof(WANT[0]));
}

/* A case of so many modules that rest on each other by chance, in circles too. */
static void some_modules(struct fb_buf *text, uint32_t count, uint32_t links)
{
    fb_buf_add_c(text, "module: {name: M0, parts: {");
    for (uint32_t i = 1; i < count; i++) {
        fb_buf_addf(text, "M%u: {brief: '%s', interfaces: {%s: [G%u]}}, ", i,
            chance(2) ? "" : "words that need more than one line in a box", chance(2) ? "api" : "x",
            i);
    }
    fb_buf_add_c(text, "}}\n");
    for (uint32_t i = 0; i < count; i++) {
        fb_buf_addf(text, "G%u: {inModule: M%u, supportedBy: [Sn%u", i, i, i);
        for (uint32_t k = 0; i + 1 < count && k < chance(links); k++) {
            fb_buf_addf(text, ", G%u", i + 1 + chance(count - i - 1));
        }
        fb_buf_addf(text, "], inContextOf: [C%u, C%ux]}\n", chance(count), i);
        fb_buf_addf(text, "Sn%u: {inModule: M%u}\nC%u: {inModule: M%u}\n", i, chance(count), i, i);
        fb_buf_addf(text, "C%ux: {inModule: M%u, away: %s%u}\n", i, i, chance(9) ? "M" : "Other",
            chance(count));
    }
}

static void check_segment(const struct fb_modules_layout *l, const double a[2], const double b[2])
{
    for (size_t i = 0; i < l->box_count; i++) {
        const struct fb_modules_box *box = &l->boxes[i];
        if (box->node != FB_CASE_NONE && fmax(a[0], b[0]) > box->x - box->width / 2 + 1 &&
            fmin(a[0], b[0]) < box->x + box->width / 2 - 1 && fmax(a[1], b[1]) > box->y + 1 &&
            fmin(a[1], b[1]) < box->y + box->height - 1) {
            fail_msg("a line from %.1f %.1f to %.1f %.1f runs through module %u", a[0], a[1], b[0],
                b[1], box->node);
        }
    }
}

/* The parts of two lines that run up and down between the same layers can be told apart. */
static void check_lanes(const struct fb_modules_layout *l, size_t one, size_t other)
{
    double x[2][2], y[2][3];
    for (int i = 0; i < 2; i++) {
        const struct fb_modules_piece *p = &l->pieces[i ? other : one];
        const struct fb_modules_box *from = &l->boxes[p->ends[0]];
        x[i][0] = p->x[0];
        x[i][1] = p->x[1];
        y[i][0] = from->y + from->height;
        y[i][1] = p->y;
        y[i][2] = l->boxes[p->ends[1]].y;
    }
    for (int i = 0; i < 4; i++) {
        int a = i % 2, b = i / 2;
        if (fabs(x[0][a] - x[1][b]) < 4 && y[0][a] < y[1][b + 1] && y[1][b] < y[0][a + 1]) {
            fail_msg("links %u and %u share a line at %.1f", l->pieces[one].link,
                l->pieces[other].link, x[0][a]);
        }
    }
}

/* Nothing overlaps, all is inside, no line runs through a module, tracks do not meet. */
static void check_layout(const struct fb_modules_layout *l)
{
    for (size_t i = 0; i < l->box_count; i++) {
        const struct fb_modules_box *a = &l->boxes[i];
        assert_true(a->x - a->width / 2 >= 0 && a->x + a->width / 2 <= l->width);
        assert_true(a->y >= 0 && a->y + a->height <= l->height);
        for (size_t k = 0; k < i; k++) {
            const struct fb_modules_box *b = &l->boxes[k];
            assert_true(fabs(a->x - b->x) >= (a->width + b->width) / 2 + 8 ||
                        a->y >= b->y + b->height + 8 || b->y >= a->y + a->height + 8);
        }
    }
    for (size_t i = 0; i < l->piece_count; i++) {
        const struct fb_modules_piece *p = &l->pieces[i];
        const struct fb_modules_box *from = &l->boxes[p->ends[0]], *to = &l->boxes[p->ends[1]];
        double low = from->y + from->height;
        assert_true(from->layer + 1 == to->layer && p->y > low && p->y < to->y);
        for (int end = 0; end < 2; end++) {
            const struct fb_modules_box *box = &l->boxes[p->ends[end]];
            assert_true(fabs(p->x[end] - box->x) <= box->width / 2);
        }
        check_segment(l, (double[2]){p->x[0], low}, (double[2]){p->x[0], p->y});
        check_segment(l, (double[2]){p->x[0], p->y}, (double[2]){p->x[1], p->y});
        check_segment(l, (double[2]){p->x[1], p->y}, (double[2]){p->x[1], to->y});
        for (size_t k = 0; k < i; k++) {
            const struct fb_modules_piece *q = &l->pieces[k];
            bool level = p->y == q->y && fmin(p->x[0], p->x[1]) <= fmax(q->x[0], q->x[1]) &&
                         fmin(q->x[0], q->x[1]) <= fmax(p->x[0], p->x[1]);
            assert_false(level);
            if (l->boxes[q->ends[0]].layer == from->layer) {
                check_lanes(l, i, k);
            }
        }
    }
}

static void test_random_modules(void **state)
{
    (void)state;
    for (uint32_t round = 1; round < 120; round++) {
        seed = round;
        struct fb_buf text;
        fb_buf_init(&text, 1 << 20);
        some_modules(&text, 1 + chance(chance(4) ? 8 : 30), 1 + chance(5));
        struct fb_case *c = built(fb_buf_str(&text));
        struct fb_architecture a = {.nodes = NULL};
        struct fb_modules_layout layout;
        FB_TEST_OK(fb_case_architecture(c, &arena, &a, &err));
        FB_TEST_OK(fb_modules_layout_make(&a, &arena, &layout, &err));
        check_layout(&layout);
        FB_TEST_OK(fb_report_modules_svg(c, &out, &err));
        assert_null(strstr(out.ptr, "nan"));
        FB_TEST_OK(fb_report_modules_dot(c, &out, &err));
        FB_TEST_OK(fb_report_modules_mermaid(c, &out, &err));
        fb_buf_clear(&out);
        fb_buf_release(&text);
        fb_arena_release(&arena);
    }
}

/* Names from outside are text: in the picture and in both graphs. */
static void test_hostile_names(void **state)
{
    (void)state;
    struct fb_case *c = built(FB_STR("module: {name: \"<b>&\\\"x\\\\\"}\n"
                                     "G1: {supportedBy: [G2]}\nG2: {away: \"a\\\"];<script>\\n#\", "
                                     "undeveloped: true}\n"));
    FB_TEST_OK(fb_report_modules_svg(c, &out, &err));
    assert_null(strstr(out.ptr, "<script"));
    assert_non_null(strstr(out.ptr, "&lt;script&gt;"));
    fb_buf_clear(&out);
    FB_TEST_OK(fb_report_modules_dot(c, &out, &err));
    assert_non_null(strstr(out.ptr, "\"a\\\"];<script> #\""));
    fb_buf_clear(&out);
    FB_TEST_OK(fb_report_modules_mermaid(c, &out, &err));
    assert_null(strstr(out.ptr, "<script"));
}

static void test_limits(void **state)
{
    (void)state;
    struct fb_architecture a;
    struct fb_buf text;
    fb_buf_init(&text, 1 << 22);
    for (int many = 0; many < 2; many++) {
        fb_buf_clear(&text);
        fb_buf_add_c(&text, "G1: {supportedBy: [");
        for (int i = 2; i < FB_ARCHITECTURE_NODES_MAX + 1 + many; i++) {
            fb_buf_addf(&text, "G%d, ", i);
        }
        fb_buf_add_c(&text, "]}\n");
        for (int i = 2; i < FB_ARCHITECTURE_NODES_MAX + 1 + many; i++) {
            fb_buf_addf(&text, "G%d: {away: m%d, undeveloped: true}\n", i, i);
        }
        struct fb_case *c = built(fb_buf_str(&text));
        if (many) {
            FB_TEST_FAILS(fb_case_architecture(c, &arena, &a, &err), FB_E_LIMIT);
        } else {
            FB_TEST_OK(fb_case_architecture(c, &arena, &a, &err));
        }
    }
    /* 220 modules that each rest on all later ones: 23,000 links are too many; without contexts of
     * the first 190, links are few enough and bends too many. */
    for (uint32_t count = 190; count <= 220; count += 30) {
        fb_buf_clear(&text);
        fb_buf_add_c(&text, "module: {name: M0, parts: {");
        for (uint32_t i = 1; i < count; i++) {
            fb_buf_addf(&text, "M%u: {}, ", i);
        }
        fb_buf_add_c(&text, "}}\n");
        for (uint32_t i = 0; i < count; i++) {
            fb_buf_addf(&text, "G%u: {inModule: M%u, supportedBy: [", i, i);
            for (uint32_t k = i + 1; k < count; k++) {
                fb_buf_addf(&text, "G%u, ", k);
            }
            fb_buf_add_c(&text, "]}\n");
        }
        FB_TEST_FAILS(fb_report_modules_svg(built(fb_buf_str(&text)), &out, &err), FB_E_LIMIT);
        assert_non_null(strstr(err.message, count == 190 ? "too many ways" : "20000"));
        fb_err_init(&err);
    }
    fb_buf_release(&text);
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    struct fb_buf text;
    fb_buf_init(&text, 1 << 20);
    seed = 5;
    some_modules(&text, 6, 3);
    struct fb_case *c = built(fb_buf_str(&text));
    enum fb_code code = FB_E_NOMEM;
    for (int n = 0; code != FB_OK && n < 2000; n++) {
        fb_buf_clear(&out);
        fb_err_init(&err);
        fb_alloc_fail_at(n);
        code = fb_report_modules_svg(c, &out, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
    }
    assert_int_equal(code, FB_OK);
    fb_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_links, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_random_modules, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_hostile_names, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_limits, setup_out, teardown_out),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, setup_out, teardown_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

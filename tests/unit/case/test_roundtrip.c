/* Tests of src/case: random cases through every format and back (sacm_*.c, ltac_tree.c, tea.c,
 * yaml_write.c), and what losses.c says of it. */
#include "case/losses.h"

#include "base/alloc.h"
#include "case/diff.h"
#include "fb_case_random.h"

enum { GOALS = 8, LEAVES = 6, CONTEXTS = 4, COUNTERS = 3 };

/* Texts that formats stumble over. */
static const char *const TEXTS[] = {"plain", "true", "1.50", "a: b", "- c", "#d", "\"q\"", "it's",
    "<x a=\"b\">&amp;", "two\\nlines", "\\ttab", "{defeater}", "^C1: x", "(u)", "end {x, y}",
    "\\u00e9\\u4e2d\\U0001F600", "null", "~", "[1, 2]", "{a: b}", "% @ ` | >", "a -> b", "...",
    "---", "x\\u0085y", "\\u2028"};

static void add_text(struct fb_buf *out, const char *key)
{
    fb_buf_addf(out, "%s: \"", key);
    for (const char *c = TEXTS[chance(sizeof(TEXTS) / sizeof(TEXTS[0]))]; *c; c++) {
        fb_buf_addf(out, *c == '"' ? "\\\"" : "%c", *c);
    }
    fb_buf_add_c(out, "\"");
}

/* Keys of ours and of others, of every form. */
static void add_keys(struct fb_buf *out)
{
    static const char *const KEYS[] = {"classes: [a, b]", "rankIncrement: 2",
        "x-note: {a: [1, '1']}", "public: true", "cost: 1.50", "hazards: [h1, h2]", "redlines: p/r",
        "layer2: 'null'", "empty: ''", "none: null", "list: []", "map: {}", "choice: false"};
    for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
        if (chance(6) == 0) {
            fb_buf_addf(out, ", %s", KEYS[i]);
        }
    }
}

/* rich: with all that the native format has; else what LTAC and TEA have too. */
static void make(bool rich, struct fb_buf *out)
{
    if (rich && chance(2)) {
        fb_buf_add_c(out, "module: {name: M, ");
        add_text(out, "brief");
        fb_buf_add_c(out, ", stylesheets: [a.css], other: 7}\n");
    }
    for (uint32_t g = 0; g < GOALS; g++) {
        bool strategy = g % 3 == 1;
        fb_buf_addf(out, "%s%u: {", strategy ? "S" : "G", g);
        add_text(out, "text");
        fb_buf_add_c(out, ", supportedBy: [");
        for (uint32_t to = g + 1; to < GOALS; to++) {
            if (to == g + 1 || (rich && chance(4) == 0)) {
                fb_buf_addf(out, "%s%u, ", to % 3 == 1 ? "S" : "G", to);
            }
        }
        fb_buf_addf(out, "Sn%u]", g % LEAVES);
        if (g < CONTEXTS || chance(2)) {
            uint32_t c = g % CONTEXTS;
            fb_buf_addf(out, ", inContextOf: [C%u, A%u, J%u]", c, c, c);
        }
        if (rich) {
            add_keys(out);
        }
        fb_buf_add_c(out, "}\n");
    }
    for (uint32_t i = 0; i < LEAVES; i++) {
        fb_buf_addf(out, "Sn%u: {", i);
        add_text(out, "text");
        fb_buf_add_c(out, rich && chance(2) ? ", evidence: bound x below 20%" : "");
        fb_buf_add_c(out, chance(2) ? ", url: http://a/b?c=d&e" : "");
        fb_buf_add_c(out, "}\n");
    }
    for (uint32_t i = 0; i < CONTEXTS * 3; i++) {
        fb_buf_addf(out, "%s%u: {", &"C\0A\0J"[2 * (i / CONTEXTS)], i % CONTEXTS);
        add_text(out, "text");
        fb_buf_add_c(out, "}\n");
    }
    for (uint32_t i = 0; rich && i < COUNTERS; i++) {
        static const char *const AGAINST[] = {"G0", "[G0, Sn1]", "'G0 -> S1'", "[G3, 'G3 -> S4']"};
        fb_buf_addf(out, "C%s%u: {challenges: %s", i ? "Sn" : "G", i, AGAINST[chance(4)]);
        add_keys(out);
        fb_buf_add_c(out, "}\n");
    }
}

/* A tree as text of a format, and what is lost of it. */
static struct fb_str written(struct fb_yaml *root, enum fb_case_format format, struct fb_buf *lost)
{
    struct fb_doc doc;
    struct fb_buf out;
    struct fb_str kept;
    struct fb_doc_file file = {.path = "case", .text = FB_STR(""), .root = root};
    fb_doc_init(&doc, &arena);
    fb_buf_init(&out, 1 << 22);
    FB_TEST_OK(fb_doc_add(&doc, &file, &err));
    FB_TEST_OK(fb_case_write(&doc, format, &out, &err));
    FB_TEST_OK(fb_case_losses(&doc, format, fb_buf_str(&out), lost, &err));
    FB_TEST_OK(fb_arena_str(&arena, fb_buf_str(&out), &kept, &err));
    fb_buf_release(&out);
    fb_doc_release(&doc);
    return kept;
}

static struct fb_yaml *tree_of(struct fb_str text, enum fb_case_format format)
{
    struct fb_yaml *root = NULL;
    struct fb_doc_file file = {.path = "case", .text = text};
    enum fb_code code = fb_case_read_tree(&file, format, &arena, &root, &err);
    if (code != FB_OK) {
        fail_msg("%u:%u: %s\n%.*s", err.line, err.column, err.message, FB_STR_ARG(text));
    }
    return root;
}

/* Two trees hold the same, members of a mapping in any order. */
static bool same(const struct fb_yaml *a, const struct fb_yaml *b)
{
    if (!a || !b || a->kind != b->kind || a->count != b->count ||
        (a->kind == FB_YAML_SCALAR &&
            (!fb_str_eq(a->text, b->text) || fb_yaml_is_text(a) != fb_yaml_is_text(b)))) {
        return false;
    }
    const struct fb_yaml *y = b->child;
    for (const struct fb_yaml *x = a->child; x; x = x->next, y = y->next) {
        if (!same(x, a->kind == FB_YAML_MAP ? fb_yaml_get(b, x->key.ptr) : y)) {
            return false;
        }
    }
    return true;
}

/* Native and SACM carry everything, and say so. Every third case has all kinds of elements,
 * modules, away elements, contracts, defeaters of relations, doubts, bounds, costs and very long
 * texts. */
static void test_lossless(void **state)
{
    (void)state;
    static const enum fb_case_format FORMATS[] = {FB_CASE_GSN, FB_CASE_SACM};
    for (uint32_t round = 1; round < 300; round++) {
        struct fb_buf text, lost;
        fb_buf_init(&text, 1 << 22);
        fb_buf_init(&lost, 1 << 20);
        seed = round * 7919;
        if (round % 3 == 0) {
            random_case(&text, RANDOM_COUNTERS | RANDOM_MODULES | RANDOM_DOUBTS | RANDOM_TEXTS);
        } else {
            make(true, &text);
        }
        struct fb_yaml *root = tree_of(fb_buf_str(&text), FB_CASE_GSN);
        for (size_t i = 0; i < 2; i++) {
            struct fb_str there = written(root, FORMATS[i], &lost);
            if (lost.len > 0) {
                fail_msg("%u: lost: %.*s\n%s", round, FB_STR_ARG(fb_buf_str(&lost)), text.ptr);
            }
            struct fb_yaml *back = tree_of(there, FORMATS[i]);
            if (!same(root, back)) {
                fb_yaml_write(back, &lost);
                fail_msg("%u: %s\n=>\n%s\n=>\n%s", round, text.ptr, there.ptr, lost.ptr);
            }
        }
        fb_buf_release(&lost);
        fb_buf_release(&text);
        fb_arena_release(&arena);
    }
}

/* What LTAC and TEA have words for comes back; the second time nothing changes any more. */
static void test_of_others(void **state)
{
    (void)state;
    static const enum fb_case_format FORMATS[] = {FB_CASE_LTAC, FB_CASE_TEA};
    for (uint32_t round = 1; round < 200; round++) {
        struct fb_buf text, lost;
        fb_buf_init(&text, 1 << 20);
        fb_buf_init(&lost, 1 << 20);
        seed = round * 104729;
        if (round % 4 == 0) {
            random_case(&text, RANDOM_COUNTERS | RANDOM_MODULES | RANDOM_DOUBTS);
        } else {
            make(round % 2, &text);
        }
        struct fb_yaml *root = tree_of(fb_buf_str(&text), FB_CASE_GSN);
        for (size_t i = 0; i < (round % 4 ? 2 : 1); i++) { /* TEA knows one top only */
            struct fb_str there = written(root, FORMATS[i], &lost);
            fb_buf_clear(&lost);
            struct fb_yaml *back = tree_of(there, FORMATS[i]);
            if (FORMATS[i] == FB_CASE_TEA) { /* counters are told in the order that they are met */
                there = written(back, FORMATS[i], &lost);
                fb_buf_clear(&lost);
                back = tree_of(there, FORMATS[i]);
            }
            struct fb_str again = written(back, FORMATS[i], &lost);
            assert_int_equal(lost.len, 0);
            if (!fb_str_eq(there, again)) {
                fail_msg("%u:\n%s\n=>\n%s", round, there.ptr, again.ptr);
            }
        }
        fb_buf_release(&lost);
        fb_buf_release(&text);
        fb_arena_release(&arena);
    }
}

/* What a format has no place for is named, with the number of elements. */
static void test_losses(void **state)
{
    (void)state;
    struct fb_buf lost;
    fb_buf_init(&lost, 1 << 20);
    struct fb_yaml *root = tree_of(
        FB_STR("module: {name: M, brief: b}\nG1: {text: a, supportedBy: [Sn1, Sn2], support: any}\n"
               "Sn1: {text: b, evidence: x}\nSn2: {text: c, evidence: y, url: u, public: false}\n"),
        FB_CASE_GSN);
    (void)written(root, FB_CASE_SACM, &lost);
    assert_int_equal(lost.len, 0);
    (void)written(root, FB_CASE_LTAC, &lost);
    assert_string_equal(lost.ptr, "'name' of the module section\n'brief' of the module section\n"
                                  "'support' of 1 element, 'G1' among them\n"
                                  "'evidence' of 2 elements, 'Sn1' among them\n");
    /* A list of one says the same as the one alone. */
    fb_buf_clear(&lost);
    root =
        tree_of(FB_STR("G1: {text: a, supportedBy: Sn1}\nSn1: {text: b, note: x}\n"), FB_CASE_GSN);
    (void)written(root, FB_CASE_LTAC, &lost);
    assert_string_equal(lost.ptr, "'note' of 1 element, 'Sn1' among them\n");
    root = tree_of(
        FB_STR("module: {name: M, brief: b}\nG1: {text: a, supportedBy: [Sn1, Sn2], support: any}\n"
               "Sn1: {text: b, evidence: x}\nSn2: {text: c, evidence: y, url: u, public: false}\n"),
        FB_CASE_GSN);
    fb_buf_clear(&lost);
    (void)written(root, FB_CASE_TEA, &lost);
    assert_non_null(strstr(lost.ptr, "'evidence' of 2 elements, 'Sn1' among them\n"));
    fb_buf_release(&lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lossless, setup, teardown),
        cmocka_unit_test_setup_teardown(test_of_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_losses, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-roundtrip", tests, NULL, NULL);
}

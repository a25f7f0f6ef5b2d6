/* Tests of src/case over several files: away elements (resolve.c, rules_own.c), contracts, join.c.
 */
#include "case/join.h"

#include "base/alloc.h"
#include "case/formats.h"
#include "case/losses.h"
#include "case/rules.h"
#include "fb_case.h"

static const char *const TOP = "module: {name: Top, brief: The whole, extends: []}\n"
                               "G1: {text: safe, supportedBy: [G2, G3], inContextOf: [C1a]}\n"
                               "G2: {text: filtered, away: Sub, repeats: G5}\n"
                               "G3: {text: trained, undeveloped: true, byContract: true}\n"
                               "C1a: {text: used there, away: Sub, repeats: C5}\n";
static const char *const SUB =
    "module: {name: Sub, owner: them}\n"
    "G5: {text: filtered, public: true, supportedBy: [Sn5], inContextOf: [C5]}\n"
    "Sn5: {text: report, evidence: '%s'}\nC5: {text: used there, public: true}\n"
    "G7: {text: exam, public: true, supportedBy: [Sn7]}\nSn7: {evidence: '%s'}\n";
static const char *const LINK =
    "module: {name: Link, extends: [{module: Top, develops: {G3: [G9]}}]}\n"
    "G9: {text: by exam, symbol: contract, supportedBy: [G7a]}\n"
    "G7a: {text: exam, away: Sub, repeats: G7}\n";

static struct fb_doc doc;

static void add(const char *path, const char *text)
{
    struct fb_yaml *root = NULL;
    struct fb_doc_file file = {.path = path};
    FB_TEST_OK(fb_arena_str(&arena, fb_str_of(text), &file.text, &err));
    FB_TEST_OK(fb_yaml_parse(file.text, path, &arena, &root, &err));
    file.root = root;
    FB_TEST_OK(fb_doc_add(&doc, &file, &err));
}

/* The three modules, with these answers of the evidence of Sub. */
static void add_all(const char *sn5, const char *sn7)
{
    char sub[1000];
    snprintf(sub, sizeof(sub), SUB, sn5, sn7);
    fb_doc_init(&doc, &arena);
    add("top.yaml", TOP);
    add("sub.yaml", sub);
    add("link.yaml", LINK);
}

static const char *label_of(const struct fb_case *c, const char *id)
{
    for (size_t i = 0; i < c->element_count; i++) {
        if (fb_str_is(c->elements[i].id, id)) {
            return fb_label_name(c->elements[i].label);
        }
    }
    return "not there";
}

static struct fb_case *label_all(void)
{
    struct fb_case *c = NULL;
    FB_TEST_OK(fb_rules_extend(&doc, &err));
    FB_TEST_OK(fb_case_build(&doc, false, &arena, &c, &err));
    FB_TEST_OK(fb_case_label(c, plain_query, NULL, &arena, &err));
    return c;
}

/* An away element stands and falls with its original, a contract with what it leads to. */
static void test_labels(void **state)
{
    (void)state;
    static const char *const ROWS[][7] = {
        /* Sn5, Sn7, then the labels of G2, C1a, G9, G3, G1 */
        {"y", "y", "in", "in", "in", "in", "in"},
        {"n", "y", "undercut", "in", "in", "in", "undercut"},
        {"y", "n", "in", "in", "undercut", "undercut", "undercut"},
        {"?", "y", "undecided", "in", "in", "in", "undecided"},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        add_all(ROWS[i][0], ROWS[i][1]);
        const struct fb_case *c = label_all();
        static const char *const IDS[] = {"G2", "C1a", "G9", "G3", "G1"};
        for (size_t k = 0; k < 5; k++) {
            assert_string_equal(label_of(c, IDS[k]), ROWS[i][2 + k]);
        }
        fb_doc_release(&doc);
    }
    /* Without the contract the claim that waits for it is open. */
    fb_doc_init(&doc, &arena);
    add("top.yaml", "G3: {text: trained, undeveloped: true, byContract: true}\n");
    const struct fb_case *c = label_all();
    assert_true(c->elements[0].by_contract);
    assert_string_equal(label_of(c, "G3"), "undecided");
    fb_doc_release(&doc);
}

/* The ids of what is found, and the words of the last. */
static const char *found(const char *top, const char *sub)
{
    static char out[400];
    struct fb_rules_options options = {.all = true};
    size_t at = 0;
    fb_doc_init(&doc, &arena);
    add("top.yaml", top);
    add("sub.yaml", sub);
    FB_TEST_OK(fb_rules_check(&doc, &options, &err));
    FB_TEST_OK(fb_rules_own(&doc, &err));
    out[0] = '\0';
    for (size_t i = 0; i < doc.finding_count; i++) {
        const struct fb_finding *f = &doc.findings[i];
        at += (size_t)snprintf(out + at, sizeof(out) - at, "%s %u:%u %.*s;", f->rule, f->place.line,
            fb_doc_column(&doc, &f->place), FB_STR_ARG(f->message));
    }
    fb_doc_release(&doc);
    return out;
}

#define HEAD "module: {name: Top}\nG1: {supportedBy: [G2]}\n"
#define TAIL                                                                                       \
    "module: {name: Sub}\nG5: {public: true, supportedBy: [G6]}\nG6: {supportedBy: [Sn1]}\nSn1: "  \
    "{}\n"

static void test_rules_of_modules(void **state)
{
    (void)state;
    static const struct {
        const char *top;
        const char *sub;
        const char *want;
    } ROWS[] = {
        {HEAD "G2: {away: Sub, repeats: G5}\n", TAIL, ""},
        {HEAD "G2: {away: Sub, repeats: G9}\n", TAIL, "C03 3:26 'G2' refers to 'G9'"},
        {HEAD "G2: {away: Sup, repeats: G5}\n", TAIL, "F05 3:1 'G2' stands in module 'Sup'"},
        {HEAD "G2: {away: Top, repeats: G5}\n", TAIL, "F05 3:26 'G5' stands in module 'Sub', and"},
        {HEAD "G2: {supportedBy: [G5], inContextOf: [C1]}\nC1: {}\n", TAIL, ""},
        {"module: {name: Top}\nG1: {supportedBy: [G5, G6]}\n", TAIL,
            "F06 2:24 'G6' is not public in module 'Sub'"},
        {"module: {name: Top}\nG1: {supportedBy: [G5, G2]}\nG2: {away: Sub, repeats: G6}\n", TAIL,
            "F06 3:26 'G6' is not public"},
        {"module: {name: Top}\nG1: {supportedBy: [G6]}\n",
            "module: {name: Sub}\nG6: {supportedBy: [Sn1]}\nSn1: {}\n", ""},
        {HEAD "G2: {repeats: G5}\n", TAIL,
            "F04 3:15 a docket would refuse the case: 'repeats' of "
            "'G2' stands without 'away'"},
        {HEAD "G2: {away: Sub, repeats: Sn1}\n", TAIL,
            "'repeats' of 'G2' names an element of another kind"},
        {HEAD "G2: {away: Sub, repeats: [G5, G6]}\n", TAIL,
            "F04 3:26 a docket would refuse the "
            "case: 'repeats' of 'G2' names several"},
        {HEAD "G2: {away: Sub, repeats: G5, supportedBy: [G6]}\n", TAIL,
            "F04 3:26 a docket would refuse the case: 'repeats' of 'G2' stands beside support"},
        {"module: {name: Top}\nG1: {supportedBy: [G2]}\nG2: {away: Sub, repeats: G5}\n",
            "module: {name: Sub}\nG5: {public: true, supportedBy: [G6]}\n"
            "G6: {away: Top, repeats: G2}\n",
            "C04 3:26"},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        const char *got = found(ROWS[i].top, ROWS[i].sub);
        if (ROWS[i].want[0] ? !strstr(got, ROWS[i].want) : got[0] != '\0') {
            fail_msg("%zu: wanted '%s', got '%s'", i, ROWS[i].want, got);
        }
    }
}

/* One file of several modules says what the files said: the same elements, modules, labels. */
static void test_join(void **state)
{
    (void)state;
    add_all("y", "n");
    const struct fb_case *apart = label_all();
    struct fb_yaml *root = NULL, *again = NULL;
    struct fb_buf text;
    FB_TEST_OK(fb_doc_join(&doc, &arena, &root, &err));
    fb_buf_init(&text, 1 << 20);
    fb_yaml_write(root, &text);
    const struct fb_case *whole = labelled(fb_buf_str(&text));
    assert_int_equal(whole->element_count, apart->element_count);
    assert_int_equal(whole->module_count, 3);
    assert_true(fb_str_is(whole->title, "The whole"));
    for (size_t i = 0; i < whole->element_count; i++) {
        const struct fb_element *a = &apart->elements[i], *b = &whole->elements[i];
        assert_true(fb_str_eq(a->id, b->id));
        assert_int_equal(a->label, b->label);
        assert_true(fb_str_eq(apart->modules[a->module].name, whole->modules[b->module].name));
    }
    assert_true(fb_str_is(
        fb_yaml_get(fb_yaml_get(fb_yaml_get(fb_yaml_get(root, "module"), "parts"), "Sub"), "owner")
            ->text,
        "them"));
    /* Joined with another, it keeps its parts; a module alone is left as it is. */
    fb_doc_release(&doc);
    fb_doc_init(&doc, &arena);
    add("whole.yaml", text.ptr);
    FB_TEST_OK(fb_doc_join(&doc, &arena, &again, &err));
    assert_ptr_equal(again, doc.modules[0].root);
    add("more/other.yaml", "G77: {undeveloped: true}\n");
    FB_TEST_OK(fb_doc_join(&doc, &arena, &again, &err));
    const struct fb_yaml *parts = fb_yaml_get(fb_yaml_get(again, "module"), "parts");
    assert_int_equal(parts->count, 3);
    assert_non_null(fb_yaml_get(parts, "other.yaml"));
    assert_true(fb_str_is(fb_yaml_get(fb_yaml_get(again, "G77"), "inModule")->text, "other.yaml"));
    fb_doc_release(&doc);
    fb_buf_release(&text);
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    bool passed = false;
    add_all("y", "y");
    for (int n = 0; n < 300 && !passed; n++) {
        struct fb_arena own;
        struct fb_yaml *root = (void *)1;
        fb_arena_init(&own, 1 << 22);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_doc_join(&doc, &own, &root, &err);
        fb_alloc_fail_at(-1);
        passed = code == FB_OK;
        assert_true(passed || (code == FB_E_NOMEM && root == (void *)1));
        fb_arena_release(&own);
    }
    assert_true(passed);
    fb_doc_release(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_labels, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rules_of_modules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_join, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-modules", tests, NULL, NULL);
}

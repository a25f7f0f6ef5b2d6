/* Tests of src/case: yaml.c, document.c, kinds.c, parse.c, resolve.c, extras.c, check.c: reading a
 * case that is submitted. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"
#include "case/case.h"
#include "fb_case.h"

static const struct fb_element *element(const struct fb_case *c, const char *id)
{
    for (size_t i = 0; i < c->element_count; i++) {
        if (fb_str_is(c->elements[i].id, id)) {
            return &c->elements[i];
        }
    }
    fail_msg("no element %s", id);
    return NULL;
}

static void test_reads_a_case(void **state)
{
    (void)state;
    static const char TEXT[] = "module:\n"
                               "  name: cyber\n"
                               "  brief: Safe to deploy\n"
                               "G1:\n"
                               "  text: |\n"
                               "    The model does not help\n"
                               "    with attacks\n"
                               "  supportedBy: [S1, G2]\n"
                               "  inContextOf: C1\n"
                               "  support: any\n"
                               "  layer7: {free: [1, 2]}\n"
                               "S1: {supportedBy: [Sn1, Sn2, Sn3], support: 2 of 3}\n"
                               "G2: {undeveloped: true}\n"
                               "C1:\n"
                               "Sn1: {text: a, evidence: \"ruled_out(cyber)\"}\n"
                               "Sn2: {url: 'https://example.org/'}\n"
                               "Sn3:\n"
                               "X9: {nodeType: CounterGoal, challenges: [Sn3, S1 -> Sn2]}\n";
    struct fb_case *c = NULL;
    FB_TEST_OK(fb_case_parse(fb_str_of(TEXT), "c.yaml", &arena, &c, &err));
    assert_true(fb_str_is(c->name, "cyber"));
    assert_true(fb_str_is(c->title, "Safe to deploy"));
    assert_int_equal(c->element_count, 8);
    assert_int_equal(c->top, 0);
    const struct fb_element *g1 = element(c, "G1"), *s1 = element(c, "S1");
    assert_true(fb_str_is(g1->text, "The model does not help\nwith attacks"));
    assert_int_equal(g1->line, 4);
    assert_int_equal(g1->support, FB_SUPPORT_ANY);
    assert_int_equal(g1->supported_by_count, 2);
    assert_true(fb_str_is(c->elements[g1->supported_by[1]].id, "G2"));
    assert_int_equal(g1->context_count, 1);
    assert_int_equal(c->elements[g1->context[0]].kind, FB_ELEMENT_CONTEXT);
    assert_int_equal(s1->kind, FB_ELEMENT_STRATEGY);
    assert_int_equal(s1->support, FB_SUPPORT_K_OF_N);
    assert_int_equal(s1->support_k, 2);
    assert_true(element(c, "G2")->undeveloped);
    assert_true(fb_str_is(element(c, "Sn1")->predicate, "ruled_out(cyber)"));
    assert_true(fb_str_is(element(c, "Sn2")->url, "https://example.org/"));
    assert_int_equal(element(c, "Sn3")->kind, FB_ELEMENT_SOLUTION);
    assert_int_equal(element(c, "Sn3")->challenger_count, 1);
    assert_true(fb_str_is(c->elements[element(c, "Sn3")->challengers[0]].id, "X9"));
    assert_int_equal(c->challenge_count, 2);
    assert_int_equal(c->challenges[1].kind, FB_CHALLENGE_SUPPORT);
    assert_int_equal(c->challenges[1].position, 1);
    assert_int_equal(c->challenges[1].line, 18);
}

static void test_longest_prefix_wins(void **state)
{
    (void)state;
    static const char TEXT[] = "G1: {supportedBy: [S2, Sn3], inContextOf: [C4, A5, J6]}\n"
                               "S2: {undeveloped: true}\nSn3:\nC4:\nA5:\nJ6:\n"
                               "CG7: {challenges: G1, supportedBy: CSn8}\nCSn8:\n";
    static const enum fb_element_kind KINDS[] = {FB_ELEMENT_GOAL, FB_ELEMENT_STRATEGY,
        FB_ELEMENT_SOLUTION, FB_ELEMENT_CONTEXT, FB_ELEMENT_ASSUMPTION, FB_ELEMENT_JUSTIFICATION,
        FB_ELEMENT_COUNTER_GOAL, FB_ELEMENT_COUNTER_SOLUTION};
    struct fb_case *c = NULL;
    FB_TEST_OK(fb_case_parse(fb_str_of(TEXT), NULL, &arena, &c, &err));
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(c->elements[i].kind, KINDS[i]);
    }
}

/* What is wrong, its code, where, and words of the message. */
static const struct {
    const char *text;
    enum fb_code code;
    uint32_t line, column;
    const char *words;
} REFUSED[] = {
    {"", FB_E_SYNTAX, 1, 1, "the case is empty"},
    {"# nothing\n", FB_E_SYNTAX, 1, 1, "the case is empty"},
    {"{}\n", FB_E_SYNTAX, 1, 1, "no elements"},
    {"- X1\n", FB_E_SYNTAX, 1, 1, "not a mapping"},
    {"module: {name: A}\n", FB_E_SYNTAX, 1, 1, "no elements"},
    {"G1: [a\n", FB_E_SYNTAX, 2, 1, ""},
    {"G1: a: b\n", FB_E_SYNTAX, 1, 6, ""},
    {"G1:\n  text: a\nG1:\n", FB_E_DUPLICATE, 3, 1, "key 'G1' stands twice"},
    {"G1: {text: a, text: b}\n", FB_E_DUPLICATE, 1, 15, "key 'text' stands twice"},
    {"G1: *a\n", FB_E_REFERENCE, 1, 5, "the alias has no anchor"},
    {"G1: &a {text: b, foo: *a}\n", FB_E_SYNTAX, 1, 23, "inside its own anchor"},
    {"G1: {text: &a [b]}\n*a : {}\n", FB_E_UNSUPPORTED, 2, 1, "a key must be plain text"},
    {"G1: {text: &a G1}\n*a : {}\n", FB_E_DUPLICATE, 2, 1, "key 'G1' stands twice"},
    {"G1: {<<: {text: a}, text: b}\n", FB_E_DUPLICATE, 1, 6, "key 'text' stands twice"},
    {"G1: {<<: [{text: a}, {text: b}]}\n", FB_E_DUPLICATE, 1, 6, "key 'text' stands twice"},
    {"G1: {<<: a}\n", FB_E_SCHEMA, 1, 10, "'<<' is no mapping"},
    {"G1: {text: !!int b}\n", FB_E_UNSUPPORTED, 1, 18, "the tag is not supported"},
    {"G1: {text: !own b}\n", FB_E_UNSUPPORTED, 1, 17, "the tag is not supported"},
    {"? [a]\n: b\n", FB_E_UNSUPPORTED, 1, 3, "key must be plain"},
    {"G1:\n---\nG2:\n", FB_E_UNSUPPORTED, 2, 1, "several documents"},
    {"G1: \xff\n", FB_E_UTF8, 1, 5, "UTF-8"},
    {"G1: {text: 'a''''b'}\n", FB_E_UNSUPPORTED, 1, 17, "more than three"},
    {"G1: text\n", FB_E_SCHEMA, 1, 5, "'G1' is not a mapping"},
    {"X1:\n", FB_E_SCHEMA, 1, 1, "id 'X1' does not say"},
    {"G1: {nodeType: AwayGoal}\n", FB_E_UNSUPPORTED, 1, 16, "nodeType 'AwayGoal'"},
    {"G1: {text: [a]}\n", FB_E_SCHEMA, 1, 12, "'text' of 'G1' is not text"},
    {"G1: {undeveloped: maybe}\n", FB_E_SCHEMA, 1, 19, "neither true nor false"},
    {"G1: {supportedBy: G9}\n", FB_E_REFERENCE, 1, 19, "'G1' refers to 'G9'"},
    {"G1:\n  inContextOf: [C1]\n", FB_E_REFERENCE, 2, 17, "'G1' refers to 'C1'"},
    {"G1: {supportedBy: {a: b}}\n", FB_E_SCHEMA, 1, 19, "not a list of ids"},
    {"G1: {supportedBy: [[G1]]}\n", FB_E_SCHEMA, 1, 20, "is not an id"},
    {"G1: {supportedBy: [G2, G2]}\nG2:\n", FB_E_DUPLICATE, 1, 24, "names 'G2' twice"},
    {"G1: {supportedBy: [G2, C1]}\nG2:\nC1:\n", FB_E_SCHEMA, 1, 24,
        "'C1' is a context and cannot support the goal 'G1'"},
    {"G1: {inContextOf: G2}\nG2:\n", FB_E_SCHEMA, 1, 19,
        "'G2' is a goal and cannot be the context of the goal 'G1'"},
    {"G1: {supportedBy: Sn1}\nSn1: {supportedBy: Sn2}\nSn2:\n", FB_E_SCHEMA, 2, 20,
        "cannot support the solution 'Sn1'"},
    {"G1: {supportedBy: G1}\n", FB_E_SYNTAX, 1, 1, "circle: G1 -> G1"},
    {"G0: {supportedBy: G1}\nG1: {supportedBy: G2}\nG2: {supportedBy: [Sn1, G3]}\n"
     "G3: {supportedBy: G1}\nSn1:\n",
        FB_E_SYNTAX, 2, 1, "circle: G1 -> G2 -> G3 -> G1"},
    {"G1: {undeveloped: true}\nG2:\n", FB_E_SYNTAX, 2, 1, "two top goals: 'G1' and 'G2'"},
    {"Sn1:\n", FB_E_SYNTAX, 1, 1, "the solution 'Sn1' belongs to nothing"},
    {"CG1: {challenges: CG2}\nCG2: {challenges: CG1}\n", FB_E_SYNTAX, 1, 1, "no top goal"},
    {"G1:\nC1:\n", FB_E_SYNTAX, 2, 1, "the context 'C1' belongs to nothing"},
    {"G1: {challenges: G2}\nG2:\n", FB_E_SCHEMA, 1, 6, "the goal 'G1' cannot challenge"},
    {"G1:\nCG1: {challenges: CG1}\n", FB_E_SCHEMA, 2, 19, "challenges itself"},
    {"G1:\nCG1: {challenges: G7}\n", FB_E_REFERENCE, 2, 19, "refers to 'G7'"},
    {"G1:\nCG1: {challenges: G1 -> CG1}\n", FB_E_REFERENCE, 2, 19, "is no relation"},
    {"G1:\nCG1: {challenges: G1 -> G1}\n", FB_E_REFERENCE, 2, 19, "is no relation"},
    {"G1:\nCG1: {challenges: G1 -> G9}\n", FB_E_REFERENCE, 2, 19, "refers to 'G9'"},
    {"G1: {supportedBy: [Sn1], support: most}\nSn1:\n", FB_E_SCHEMA, 1, 35, "'most' does not say"},
    {"G1: {supportedBy: [Sn1], support: 1 of 2}\nSn1:\n", FB_E_SCHEMA, 1, 35,
        "'G1' lists 1 supporters"},
    {"G1: {supportedBy: [Sn1], support: 0 of 1}\nSn1:\n", FB_E_SCHEMA, 1, 35, "not possible"},
    {"G1: {supportedBy: Sn1, evidence: x}\nSn1:\n", FB_E_SCHEMA, 1, 34,
        "'G1' has evidence and is supported"},
    {"G1: {undeveloped: true, evidence: x}\n", FB_E_SCHEMA, 1, 35, "is undeveloped"},
    {"module: {uses: [b.yaml]}\nG1:\n", FB_E_UNSUPPORTED, 1, 10, "uses other files"},
    {"module: {extends: [{module: m}]}\nG1:\n", FB_E_UNSUPPORTED, 1, 10, "extends other files"},
};

static void test_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++) {
        struct fb_case *c = (void *)1;
        enum fb_code code = fb_case_parse(fb_str_of(REFUSED[i].text), "c.yaml", &arena, &c, &err);
        if (code != REFUSED[i].code || !strstr(err.message, REFUSED[i].words) ||
            err.line != REFUSED[i].line || err.column != REFUSED[i].column) {
            fail_msg("%zu: %s: got %s %u:%u %s", i, REFUSED[i].text, fb_code_name(code), err.line,
                err.column, err.message);
        }
        assert_ptr_equal(c, (void *)1);
        assert_string_equal(err.file, "c.yaml");
    }
}

static void test_list_hint(void **state)
{
    (void)state;
    struct fb_case *c = NULL;
    FB_TEST_FAILS(
        fb_case_parse(FB_STR("G1: {supportedBy: 'G2, G3'}\nG2:\nG3:\n"), "c", &arena, &c, &err),
        FB_E_REFERENCE);
    assert_string_equal(err.hint, "Write several as a list, as [G2, G3].");
}

/* Fails with E_LIMIT and the words. */
static void check_limit(struct fb_buf *text, const char *words)
{
    struct fb_case *c = NULL;
    FB_TEST_OK(fb_buf_check(text, "test", &err));
    FB_TEST_FAILS(fb_case_parse(fb_buf_str(text), "c", &arena, &c, &err), FB_E_LIMIT);
    assert_non_null(strstr(err.message, words));
    fb_buf_clear(text);
}

static void test_limits(void **state)
{
    (void)state;
    struct fb_buf text;
    fb_buf_init(&text, 64 * 1024 * 1024);
    fb_buf_add_c(&text, "G1: {x: ");
    for (int i = 0; i < 31; i++) {
        fb_buf_add_char(&text, '[');
    }
    check_limit(&text, "deeper than 32");
    for (int i = 0; i <= FB_CASE_ELEMENTS_MAX; i++) {
        fb_buf_addf(&text, "G%d:\n", i);
    }
    check_limit(&text, "100,000 elements");
    fb_buf_add_c(&text, "G1:\nCG1: {challenges: [");
    for (int i = 0; i <= FB_CASE_RELATION_CHALLENGES_MAX; i++) {
        fb_buf_add_c(&text, "G1 -> CG1, ");
    }
    fb_buf_add_c(&text, "]}\n");
    check_limit(&text, "1,000 relations");
    fb_buf_add_c(&text, "G1: {x: [");
    for (int i = 0; i <= 2000000; i++) {
        fb_buf_add_c(&text, "a,");
    }
    fb_buf_add_c(&text, "]}\n");
    check_limit(&text, "2,000,000 values");
    for (int i = 0; i <= FB_CASE_CHAIN_MAX; i++) {
        fb_buf_addf(&text, "G%d: {supportedBy: G%d}\n", i, i + 1);
    }
    fb_buf_addf(&text, "G%d:\n", FB_CASE_CHAIN_MAX + 1);
    check_limit(&text, "'G0' rests on more than 5,000 levels");
    assert_int_equal(err.line, 1);
    memset(fb_buf_room(&text, FB_CASE_TEXT_MAX + 1), ' ', FB_CASE_TEXT_MAX + 1);
    fb_buf_grown(&text, FB_CASE_TEXT_MAX + 1);
    check_limit(&text, "16 MiB");
    fb_buf_release(&text);
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    static const char TEXT[] = "G1: {supportedBy: [G2, Sn1], inContextOf: A1}\nG2: {supportedBy: "
                               "Sn1}\nSn1: {evidence: x}\nA1: {text: t}\n"
                               "CG1: {challenges: [G2, G1 -> G2], supportedBy: CSn1}\nCSn1:\n";
    bool passed = false;
    for (int n = 0; n < 200 && !passed; n++) {
        struct fb_arena own;
        fb_arena_init(&own, 1 << 20);
        struct fb_case *c = NULL;
        fb_alloc_fail_at(n);
        enum fb_code code = fb_case_parse(fb_str_of(TEXT), "c", &own, &c, &err);
        fb_alloc_fail_at(-1);
        passed = code == FB_OK;
        assert_true(passed || code == FB_E_NOMEM);
        assert_int_equal(passed, c != NULL);
        fb_arena_release(&own);
    }
    assert_true(passed);
}

/* Who draws a case takes what a docket warns of, and refuses what is wrong as a docket does. */
static void test_relaxed(void **state)
{
    (void)state;
    static const struct {
        const char *texts[2];
        enum fb_code strict, relaxed;
    } ROWS[] = {
        {{"G1: {undeveloped: true}\n", "G1: {undeveloped: true}\n"}, FB_E_DUPLICATE,
            FB_E_DUPLICATE},
        {{"module: {name: A, uses: b}\nG1: {supportedBy: Sn1}\n", "Sn1: {}\n"}, FB_E_SCHEMA, FB_OK},
        {{"G1: {supportedBy: Sn1}\n", "Sn1: {}\n"}, FB_OK, FB_OK},
    };
    for (size_t i = 0; i < 2 * sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct fb_doc doc;
        struct fb_case *c = NULL;
        fb_doc_init(&doc, &arena);
        for (size_t k = 0; k < 2; k++) {
            struct fb_yaml *root = NULL;
            struct fb_doc_file file = {
                .path = k ? "b" : "a", .text = fb_str_of(ROWS[i / 2].texts[k])};
            FB_TEST_OK(fb_yaml_parse(file.text, file.path, &arena, &root, &err));
            file.root = root;
            FB_TEST_OK(fb_doc_add(&doc, &file, &err));
        }
        bool relaxed = i % 2;
        enum fb_code code = fb_case_build(&doc, relaxed, &arena, &c, &err);
        assert_int_equal(code, relaxed ? ROWS[i / 2].relaxed : ROWS[i / 2].strict);
        fb_doc_release(&doc);
        fb_err_init(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_relaxed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reads_a_case, setup, teardown),
        cmocka_unit_test_setup_teardown(test_longest_prefix_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list_hint, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-parse", tests, NULL, NULL);
}

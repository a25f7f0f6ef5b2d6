/* Tests of src/case: sacm_read.c, trudag.c, tea.c: files of other tools, and of older versions. */
#include "case/formats.h"
#include "fb_case.h"

static enum fb_code tree_of(struct fb_str text, enum fb_case_format format, struct fb_yaml **out)
{
    struct fb_doc_file file = {.path = "case", .text = text};
    return fb_case_read_tree(&file, format, &arena, out, &err);
}

/* Fails unless a text is read as such a tree. */
static void check_read(const char *text, enum fb_case_format format, const char *yaml)
{
    struct fb_yaml *root = NULL, *expected = NULL;
    struct fb_buf is, wanted;
    FB_TEST_OK(tree_of(fb_str_of(text), format, &root));
    FB_TEST_OK(tree_of(fb_str_of(yaml), FB_CASE_GSN, &expected));
    forget_handles(root);
    fb_buf_init(&is, 1 << 20);
    fb_buf_init(&wanted, 1 << 20);
    fb_yaml_write(root, &is);
    fb_yaml_write(expected, &wanted);
    assert_string_equal(is.ptr, wanted.ptr);
    fb_buf_release(&is);
    fb_buf_release(&wanted);
}

/* SACM 1 (ARM): identifiers in place of names, flags in place of a declaration, classes of their
 * own for what speaks against something. */
static void test_sacm_1(void **state)
{
    (void)state;
    check_read("<xmi:XMI xmi:version='2.0' xmlns:xmi='http://www.omg.org/XMI' "
               "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:ARM='urn:arm'>\n"
               "<ARM:Argumentation xmi:id='_0'>\n"
               "<containsArgumentElement xsi:type='ARM:Claim' xmi:id='_1' identifier='G1' "
               "description='' content='Safe' assumed='false' toBeSupported='false'/>\n"
               "<containsArgumentElement xsi:type='ARM:Claim' xmi:id='_2' identifier='G2' "
               "content='Sub' toBeSupported='true'/>\n"
               "<containsArgumentElement xsi:type='ARM:Claim' xmi:id='_3' identifier='A1' "
               "assumed='true'/>\n"
               "<containsArgumentElement xsi:type='ARM:InformationElement' xmi:id='_4' "
               "identifier='Sn1' content='Report'/>\n"
               "<containsArgumentElement xsi:type='ARM:Claim' xmi:id='_5' identifier='X'/>\n"
               "<containsArgumentLink xsi:type='ARM:AssertedInference' source='_2 _3' "
               "target='_1'/>\n"
               "<containsArgumentLink xsi:type='ARM:AssertedEvidence' source='_4' target='_1'/>\n"
               "<containsArgumentLink xsi:type='ARM:AssertedChallenge' source='_5' target='_2'/>\n"
               "</ARM:Argumentation></xmi:XMI>",
        FB_CASE_UNKNOWN,
        "G1: {text: Safe, supportedBy: [G2, Sn1], inContextOf: [A1]}\n"
        "G2: {text: Sub, undeveloped: true}\nA1: {sacm: {attributes: {assumed: 'true'}}}\n"
        "Sn1: {text: Report}\nX: {nodeType: CounterGoal, challenges: [G2]}\n");
}

/* A relation from an artifact itself, without an element of the argument for it. */
static void test_sacm_artifact(void **state)
{
    (void)state;
    check_read("<a><artifactPackage><artifact id='r' name='Report'/></artifactPackage>"
               "<claim id='c' name='G1'/><assertedEvidence source='#r' target='c'/></a>",
        FB_CASE_SACM, "G1: {supportedBy: [Report]}\nReport: {nodeType: Solution}\n");
    struct fb_yaml *root = NULL;
    FB_TEST_FAILS(tree_of(FB_STR("<a><group id='r'/><claim id='c' name='G1'/>"
                                 "<assertedEvidence source='r' target='c'/></a>"),
                      FB_CASE_SACM, &root),
        FB_E_REFERENCE);
}

/* What DOT can say beyond what trudag writes is read or refused, and never passed over. */
static void test_dot(void **state)
{
    (void)state;
    check_read("strict digraph G {\n  graph [rankdir=LR];\n  node [shape=box]\n edge [a=b]\n"
               "  rankdir=TB;\n  /* one line */\n  \"A\" [sha=\"a]c\"]; // c\n"
               "  \"A\" -> B [sha=x, label=\"a]b\"] # d\n  node -> B\n}\n",
        FB_CASE_UNKNOWN,
        "A: {nodeType: Goal, trudag: {sha: 'a]c', links: {B: x}}, supportedBy: [B]}\n"
        "B: {nodeType: Goal, trudag: {}, undeveloped: true}\n"
        "node: {nodeType: Goal, trudag: {}, supportedBy: [B]}\n");
    /* The graph's own line, and a node that begins like it. */
    check_read("digraph\t\"my graph\" { // c\ndigraph_a -> B [sha=y1];\n}\n", FB_CASE_UNKNOWN,
        "digraph_a: {nodeType: Goal, trudag: {links: {B: y1}}, supportedBy: [B]}\n"
        "B: {nodeType: Goal, trudag: {}, undeveloped: true}\n");
    static const char *const WRONG[] = {"A -> B -> C", "A -> B; C -> D", "A; B", "A -> {B C}",
        "{A B} -> C", "subgraph x", "A:n -> B", "A -> B:s", "\"a\\\"b\"", "/* two\nlines */",
        "A [sha=x] B", "A B"};
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        struct fb_yaml *root = NULL;
        struct fb_str text = fb_arena_printf(&arena, "digraph {\n%s\n}\n", WRONG[i]);
        if (tree_of(text, FB_CASE_TRUDAG, &root) != FB_E_SYNTAX || err.line != 2) {
            fail_msg("'%s': line %u: %s", WRONG[i], err.line, err.message);
        }
        assert_non_null(strstr(err.hint, "A line is"));
    }
}

/* Whatever is refused comes with a place and with what to do. */
static void test_hints(void **state)
{
    (void)state;
    static const struct {
        enum fb_case_format format;
        const char *text;
        const char *hint;
    } WRONG[] = {
        {FB_CASE_SACM, "<a>\n<b></a>", "read as SACM in XML"},
        {FB_CASE_SACM, "<a><claim id='x'/><claim id='x'/></a>", "Rename"},
        {FB_CASE_SACM, "<a><claim id='x'/><assertedInference source='y' target='x'/></a>",
            "Add what is named"},
        {FB_CASE_GSN, "G1: {text: \"\xff\"}", "Save the file as UTF-8"},
        {FB_CASE_GSN, "G1: {\n", "read as GSN YAML"},
        {FB_CASE_GSN, "G1: {}\nG1: {}\n", "Rename"},
        {FB_CASE_LTAC, "- Claim C1: \xff", "Save the file as UTF-8"},
        {FB_CASE_TEA, "{\"tree\": {}}", "Each is an object with"},
        {FB_CASE_TEA, "{\"tree\": {\"id\": \"a\", \"type\": \"ODD\"}}", "AWAY_GOAL"},
        {FB_CASE_TRUDAG, "digraph {\n\xff", "Save the file as UTF-8"},
    };
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        struct fb_yaml *root = NULL;
        fb_err_init(&err);
        assert_int_not_equal(tree_of(fb_str_of(WRONG[i].text), WRONG[i].format, &root), FB_OK);
        if (!strstr(err.hint, WRONG[i].hint) || err.line == 0) {
            fail_msg("%zu: line %u: %s: %s", i, err.line, err.message, err.hint);
        }
    }
}

/* Of trees that were made of lists, whose ids are short, elements are called by their ids; of
 * others by their names. */
static void test_tea_ids(void **state)
{
    (void)state;
    static const char TREE[] =
        "{\"version\": \"1.0\", \"exportedAt\": \"t\", \"case\": {\"name\": \"c\", "
        "\"description\": \"\"}, \"tree\": {\"id\": \"%s\", \"type\": \"GOAL\", \"name\": "
        "\"%s\", \"description\": \"d\", \"inSandbox\": false, \"children\": []}}";
    static const struct {
        const char *id, *name, *called, *yaml;
    } ROWS[] = {
        {"PC1.2", "The heading", "PC1.2", "id: PC1.2, type: GOAL, name: The heading"},
        {"PC1.2", "G7", "G7", "id: PC1.2, type: GOAL"},
        {"8f-1", "The heading", "The heading", "id: 8f-1, type: GOAL"},
        {"ABCD1", "The heading", "The heading", "id: ABCD1, type: GOAL"},
        {"PC", "The heading", "The heading", "id: PC, type: GOAL"},
        {"PC1a", "The heading", "The heading", "id: PC1a, type: GOAL"},
        {"1.2", "The heading", "The heading", "id: '1.2', type: GOAL"},
        {"G1", "", "G1", "id: G1, type: GOAL, name: ''"},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        char text[500], yaml[500];
        bool goal = ROWS[i].called[0] == 'G';
        snprintf(text, sizeof(text), TREE, ROWS[i].id, ROWS[i].name);
        snprintf(yaml, sizeof(yaml),
            "module: {name: c, brief: '', tea: {version: '1.0', exportedAt: t}}\n"
            "%s: {%stext: d, tea: {%s, inSandbox: false}}\n",
            ROWS[i].called, goal ? "" : "nodeType: Goal, ", ROWS[i].yaml);
        check_read(text, FB_CASE_UNKNOWN, yaml);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tea_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sacm_1, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sacm_artifact, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dot, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hints, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-dialects", tests, NULL, NULL);
}

/* Tests of src/case: sacm_read.c, trudag.c, tea.c: files of other tools, and of older versions. */
#include "fb_case_tree.h"

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

/* Handles, gids and names of elements, relations and packages, and languages of names, are those of
 * the file after it was read and written; where the argument was changed, those that still fit. */
static void test_sacm_ids(void **state)
{
    (void)state;
    static const char XML[] =
        "<a id='acp' gid='g0' xmlns:xsi='urn:i'><name><value lang='de' content='Fall'/></name>"
        "<argumentPackage id='pk' gid='g1'><name lang='ja' content='P'/>"
        "<claim id='k1' gid='q1'><name content='G1'/></claim>"
        "<argumentReasoning id='k2'><name content='S1'/></argumentReasoning>"
        "<claim id='k3'><name content='G2'/></claim><claim id='k4'><name content='G3'/></claim>"
        "<claim id='k5'><name content='G4'/></claim>"
        "<artifactReference id='k6'><name content='C1'/></artifactReference>"
        "<artifactReference id='k7'><name content='C2'/></artifactReference>"
        "<claim id='k8'><name content='CG1'/></claim>"
        "<assertedInference id='i1' source='k3' target='k1' reasoning='k2'><name lang='fr' "
        "content='par'/></assertedInference>"
        "<assertedInference id='i2' gid='q2' source='k4' target='k1'/>"
        "<assertedInference id='i3' source='k5' target='k1'/>"
        "<assertedContext id='i4' source='k6' target='k1'/>"
        "<assertedContext id='i5' source='k7' target='k1'/>"
        "<assertedInference id='i6' isCounter='true' source='k8' "
        "target='i2'/></argumentPackage></a>";
    static const char TREE[] =
        "module: {name: Fall, sacm: {gid: g0, id: acp, nameLang: de, package: {id: pk, gid: g1, "
        "name: P, nameLang: ja}}}\n"
        "G1: {supportedBy: [S1, G3, G4], inContextOf: [C1, C2], sacm: {gid: q1, id: k1, relations: "
        "["
        "{id: i1, name: par, nameLang: fr, key: supportedBy, of: [S1]}, "
        "{id: i2, gid: q2, key: supportedBy, of: [G3]}, {id: i3, key: supportedBy, of: [G4]}, "
        "{id: i4, key: inContextOf, of: [C1]}, {id: i5, key: inContextOf, of: [C2]}]}}\n"
        "S1: {supportedBy: [G2], sacm: {id: k2}}\nG2: {sacm: {id: k3}}\nG3: {sacm: {id: k4}}\n"
        "G4: {sacm: {id: k5}}\nC1: {sacm: {id: k6}}\nC2: {sacm: {id: k7}}\n"
        "CG1: {challenges: [G1 -> G3], sacm: {id: k8, relations: [{id: i6, key: challenges, "
        "of: [G1 -> G3]}]}}\n";
    static const char *const THERE[] = {"xmi:id=\"acp\" gid=\"g0\"",
        "<name lang=\"de\" content=\"Fall\"/>", "<argumentPackage xmi:id=\"pk\" gid=\"g1\">",
        "<name lang=\"ja\" content=\"P\"/>", "xmi:id=\"k1\" gid=\"q1\"",
        "xmi:id=\"i1\" source=\"k3\" target=\"k1\" reasoning=\"k2\">\n      <name lang=\"fr\"",
        "xmi:id=\"i2\" gid=\"q2\" source=\"k4\" target=\"k1\"/>",
        "xmi:id=\"i3\" source=\"k5\" target=\"k1\"/>",
        "xmi:id=\"i4\" source=\"k6\" target=\"k1\"/>",
        "xmi:id=\"i5\" source=\"k7\" target=\"k1\"/>",
        "xmi:id=\"i6\" isCounter=\"true\" source=\"k8\""};
    struct fb_yaml *root = NULL, *again = NULL, *expected = NULL;
    FB_TEST_OK(tree_of(fb_str_of(XML), FB_CASE_SACM, &root));
    FB_TEST_OK(tree_of(fb_str_of(TREE), FB_CASE_GSN, &expected));
    if (!fb_str_eq(written(root, FB_CASE_GSN), written(expected, FB_CASE_GSN))) {
        fail_msg("%.*s", FB_STR_ARG(written(root, FB_CASE_GSN)));
    }
    struct fb_str text = written(root, FB_CASE_SACM);
    for (size_t i = 0; i < sizeof(THERE) / sizeof(THERE[0]); i++) {
        if (!memmem(text.ptr, text.len, THERE[i], strlen(THERE[i]))) {
            fail_msg("no %s in %.*s", THERE[i], FB_STR_ARG(text));
        }
    }
    FB_TEST_OK(tree_of(text, FB_CASE_SACM, &again));
    assert_true(same(root, again));
    /* A relation that comes from nowhere stands in no list. */
    FB_TEST_OK(
        tree_of(FB_STR("<a><claim id='e0' name='G1'/><assertedInference id='z' target='e0'/></a>"),
            FB_CASE_SACM, &root));
    assert_null(fb_yaml_get(fb_yaml_get(root, "G1"), "sacm"));
    /* G3 is not among its supporters any more, and something new stands before what stays. */
    FB_TEST_OK(tree_of(FB_STR("G1: {supportedBy: [Sn1, G4, G2], sacm: {relations: [{id: i2, key: "
                              "supportedBy, of: [G3]}, {id: i3, key: supportedBy, of: [G4]}, "
                              "{id: r2, key: supportedBy, of: [G4, G2, G3]}]}}\n"
                              "G2: {}\nG3: {}\nG4: {}\nSn1: {}\n"),
        FB_CASE_GSN, &root));
    text = written(root, FB_CASE_SACM);
    static const char LEFT[] =
        "xmi:id=\"r0\" source=\"e4\" target=\"e0\"/>\n"
        "    <argumentationElement xsi:type=\"argumentation:AssertedInference\""
        " xmi:id=\"i3\" source=\"e3\" target=\"e0\"/>\n"
        "    <argumentationElement xsi:type=\"argumentation:AssertedInference\""
        " xmi:id=\"r2_1\" source=\"e1\" target=\"e0\"/>\n";
    if (!memmem(text.ptr, text.len, LEFT, strlen(LEFT))) {
        fail_msg("%.*s", FB_STR_ARG(text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sacm_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tea_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sacm_1, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sacm_artifact, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dot, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hints, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-dialects", tests, NULL, NULL);
}

/* Tests of src/case: formats.c, ltac.c, ltac_tree.c, tea.c, sacm_read.c, sacm_write.c, trudag.c:
 * cases in other formats, in and out. */
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "case/formats.h"
#include "case/load.h"
#include "case/ltac.h"
#include "fb_case_tree.h"

/* A tree comes back from a format as it was. */
static void check_lossless(const char *yaml, enum fb_case_format format)
{
    struct fb_yaml *before = NULL, *after = NULL;
    FB_TEST_OK(tree_of(fb_str_of(yaml), FB_CASE_GSN, &before));
    struct fb_str text = written(before, format);
    if (tree_of(text, format, &after) != FB_OK || !same(before, after)) {
        fail_msg("%s\n%.*s\n%.*s", err.message, FB_STR_ARG(text),
            FB_STR_ARG(after ? written(after, FB_CASE_GSN) : FB_STR("")));
    }
}

static const char EVERYTHING[] =
    "module: {name: demo, brief: 'a \"b\" <c>', uses: [x.yaml], odd: [1, '1', {a: null}]}\n"
    "G1: {text: \"two\\nlines & <more>\", supportedBy: [S1, G2, Sn1, S2], inContextOf: [C1, A1, "
    "J1], "
    "url: 'https://example.org/?a&b', support: 2 of 4}\n"
    "S1: {text: one, supportedBy: [G3, Sn1]}\n"
    "S2: {supportedBy: [S3]}\nS3: {supportedBy: [G4]}\nG4: {undeveloped: true}\n"
    "G2: {undeveloped: true, layer: {x: [1, 2]}, away: other}\n"
    "G3: {supportedBy: Sn2, text: \"ends in a line\\n\"}\n"
    "Sn1: {text: a, evidence: 'record \"x\" stands'}\nSn2: {confidence: 0.9}\n"
    "C1: {text: c}\nA1: {text: a}\nJ1: {text: j}\nX9: {nodeType: CounterGoal, challenges: [G2, "
    "G1 -> S1], supportedBy: [CSn1], defeated: false}\nCSn1: {challenges: Sn1}\n";

static enum fb_code argument_of(struct fb_str text, enum fb_case_format format);

static void test_sacm_loses_nothing(void **state)
{
    (void)state;
    check_lossless(EVERYTHING, FB_CASE_SACM);
    check_lossless(
        "G1: {text: \"a \\t \\\" ' & < > ]]> \\xe9 \\u2028\", undeveloped: true}\n", FB_CASE_SACM);
    check_lossless("S1: {supportedBy: [G1]}\nG1: {}\nC9: {}\n", FB_CASE_SACM);
}

/* SACM as others write it: ids and EMF paths, names in attributes, text in content. */
static void test_sacm_of_others(void **state)
{
    (void)state;
    static const char XML[] =
        "<?xml version=\"1.0\"?>\n"
        "<sacm:AssuranceCasePackage xmlns:xmi=\"http://www.omg.org/XMI\" "
        "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:sacm=\"urn:x\">\n"
        "<argumentPackage>\n"
        "<argumentElement xsi:type=\"sacm:Claim\" xmi:id=\"_1\" name=\"G1\" description=\"Top\"/>\n"
        "<argumentElement xsi:type=\"sacm:ArgumentReasoning\" xmi:id=\"_2\" name=\"S1\"/>\n"
        "<argumentElement xsi:type=\"sacm:Claim\" xmi:id=\"_3\" name=\"G2\" "
        "assertionDeclaration=\"needsSupport\"><content>Sub</content></argumentElement>\n"
        "<argumentElement xsi:type=\"sacm:ArtifactReference\" xmi:id=\"_4\" name=\"E1\"/>\n"
        "<argumentElement xsi:type=\"sacm:ArtifactReference\" xmi:id=\"_5\" name=\"K1\"/>\n"
        "<argumentElement xsi:type=\"sacm:Claim\" xmi:id=\"_6\" name=\"D1\"/>\n"
        "<argumentElement xsi:type=\"sacm:AssertedInference\" xmi:id=\"_7\" source=\"_3\" "
        "target=\"_1\" reasoning=\"_2\"/>\n"
        "<argumentElement xsi:type=\"sacm:AssertedEvidence\" source=\"_4\" "
        "target=\"//@argumentPackage.0/@argumentElement.0\"/>\n"
        "<argumentElement xsi:type=\"sacm:AssertedContext\"><source href=\"#_5\"/>"
        "<target xmi:idref=\"_1\"/></argumentElement>\n"
        "<argumentElement xsi:type=\"sacm:AssertedInference\" isCounter=\"true\" source=\"_6\" "
        "target=\"_7\"/>\n"
        "<claim gid=\"g-8\" assertionDeclaration=\"defeated\"><name lang=\"en\" "
        "content=\"G3\"/></claim>\n"
        "</argumentPackage>\n</sacm:AssuranceCasePackage>\n";
    struct fb_yaml *root = NULL, *expected = NULL;
    /* An EMF path is only known of what has no id: give the first claim none. */
    FB_TEST_FAILS(tree_of(fb_str_of(XML), FB_CASE_SACM, &root), FB_E_REFERENCE);
    assert_int_equal(err.line, 11);
    struct fb_buf text;
    fb_buf_init(&text, 1 << 16);
    fb_buf_add_c(&text, XML);
    char *path = strstr(text.ptr, "//@argumentPackage.0/@argumentElement.0");
    memset(path, ' ', strlen("//@argumentPackage.0/@argumentElement.0"));
    memcpy(path, "_1", 2);
    FB_TEST_OK(tree_of(fb_buf_str(&text), FB_CASE_UNKNOWN, &root));
    FB_TEST_OK(tree_of(FB_STR("G1: {text: Top, supportedBy: [S1, E1], inContextOf: [K1]}\n"
                              "S1: {supportedBy: [G2]}\nG2: {text: Sub, undeveloped: true}\n"
                              "E1: {nodeType: Solution}\nK1: {nodeType: Context}\n"
                              "D1: {nodeType: CounterGoal, challenges: [G1 -> S1]}\n"
                              "G3: {defeated: true, sacm: {gid: g-8}}\n"),
        FB_CASE_GSN, &expected));
    forget_handles(root);
    assert_true(fb_str_eq(written(root, FB_CASE_GSN), written(expected, FB_CASE_GSN)));
    fb_buf_release(&text);
}

/* Statements in content beside a description; ends as elements with ref; what is assumed tied by an
 * inference; evidence that says only which artifact it is. */
static void test_sacm_dialects(void **state)
{
    (void)state;
    static const char XML[] =
        "<SACM:AssuranceCasePackage xmlns:SACM='urn:y' id='p'>\n"
        "<artifactPackage><artifact id='art' name='Soak test'/></artifactPackage>\n"
        "<argumentPackage id='ap'>\n"
        "<Claim id='t' name='Top' content='It is safe'><description>why we say so</description>"
        "</Claim>\n"
        "<Claim id='s' name='Sub'><description><content lang='en'>It stops</content></description>"
        "</Claim>\n"
        "<Claim id='m' name='Mains' assertionDeclaration='assumed'/>\n"
        "<Claim id='n' name='Norm' assertionDeclaration='axiomatic'/>\n"
        "<ArgumentReasoning id='r' name='Why'/>\n"
        "<ArtifactReference id='e' name='Report' referencedArtifact='#art'/>\n"
        "<AssertedInference id='i' reasoning='r'><source ref='s'/><target ref='t'/>"
        "</AssertedInference>\n"
        "<AssertedInference id='j'><source ref='m'/><source ref='n'/><target ref='s'/>"
        "</AssertedInference>\n"
        "<AssertedEvidence id='k'><source ref='e'/><target ref='s'/></AssertedEvidence>\n"
        "</argumentPackage></SACM:AssuranceCasePackage>\n";
    struct fb_yaml *root = NULL, *expected = NULL;
    FB_TEST_OK(tree_of(fb_str_of(XML), FB_CASE_UNKNOWN, &root));
    FB_TEST_OK(tree_of(FB_STR("module: {sacm: {xml: '<artifactPackage><artifact id=\"art\" "
                              "name=\"Soak test\"/></artifactPackage>'}}\n"
                              "Top: {nodeType: Goal, text: It is safe, supportedBy: [Why], "
                              "sacm: {xml: <description>why we say so</description>}}\n"
                              "Sub: {nodeType: Goal, text: It stops, inContextOf: [Mains, Norm], "
                              "supportedBy: [Report]}\n"
                              "Mains: {nodeType: Assumption}\nNorm: {nodeType: Justification}\n"
                              "Why: {nodeType: Strategy, supportedBy: [Sub]}\n"
                              "Report: {nodeType: Solution, text: Soak test, "
                              "sacm: {attributes: {referencedArtifact: '#art'}}}\n"),
        FB_CASE_GSN, &expected));
    forget_handles(root);
    if (!fb_str_eq(written(root, FB_CASE_GSN), written(expected, FB_CASE_GSN))) {
        fail_msg("%.*s", FB_STR_ARG(written(root, FB_CASE_GSN)));
    }
}

/* What has no key here: texts in other languages, names, gids, notes, tags, packages beside the
 * argument, groups. All of it is written again in SACM's own way, and read again. */
static const char RICH_SACM[] =
    "<sacm:AssuranceCasePackage xmlns:sacm='urn:s' xmlns:art='urn:art' gid='case-gid' "
    "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
    "xmlns:xmi='http://www.omg.org/XMI' xmi:id='root' owner='Ann'>\n"
    "<artifactPackage><artifactElement xsi:type='art:Artifact' xmi:id='e0'/></artifactPackage>\n"
    "<argumentPackage xmi:id='p1' gid='pg'><name content='Part'/>\n"
    "<argumentationElement xsi:type='sacm:Claim' xmi:id='c1' gid='4711'>"
    "<name lang='de' content='G1'/><description><content><value lang='de' content='Sicher'/>"
    "<value lang='en' content='It is safe'/><value content='x'/></content></description>"
    "<note><content><value content='A &amp; B'/></content></note><taggedValue><key><content>"
    "<value content='owner'/></content></key></taggedValue></argumentationElement>\n"
    "<claim id='c2' assertionDeclaration='assumed' metaClaim='c3'><name content='G2'/></claim>\n"
    "<claim id='c3' isCitation='true' citedElement='x.xml#9'><name content='a&#10;long\nname'/>"
    "</claim>\n"
    "<claim id='c4' isAbstract='true'><name content='G2'/></claim>\n"
    "<artifactReference id='x' referencedArtifactElement='e0'><name content='Sn1'/>"
    "</artifactReference>\n"
    "<argumentGroup id='g' argumentationElement='c1 c2'/>\n"
    "<assertedInference id='r1' gid='rg' source='c2 c3' target='c1'><description>why</description>"
    "</assertedInference>\n"
    "<assertedInference id='r2' gid='rh' source='c4' target='r1'/>\n"
    "<assertedEvidence id='r3' isAbstract='false' source='x' target='c2'/>\n"
    "<assertedContext id='r4' source='r3' target='c2'/>\n"
    "</argumentPackage></sacm:AssuranceCasePackage>\n";

static const char RICH_TREE[] =
    "module: {sacm: {gid: case-gid, id: root, attributes: {owner: Ann}, package: {id: p1, gid: pg, "
    "name: Part}, "
    "namespaces: {art: urn:art}, xml: '<artifactPackage><artifactElement xsi:type=\"art:Artifact\" "
    "xmi:id=\"e0\"/>"
    "</artifactPackage>', argument: "
    "'<argumentGroup id=\"g\" argumentationElement=\"c1 c2\"/>'}}\n"
    "G1: {text: Sicher, supportedBy: [G2, c3], sacm: {gid: '4711', nameLang: de, lang: de, texts: "
    "[{lang: en, text: It is safe}, {text: x}], xml: \"<note><content><value "
    "content=\\\"A &amp; B\\\"/></content></note>\\n<taggedValue><key><content><value "
    "content=\\\"owner\\\"/></content></key></taggedValue>\", id: c1, relations: [{id: r1, gid: "
    "rg, key: supportedBy, "
    "of: [G2, c3]}]}}\n"
    "G2: {supportedBy: [Sn1], sacm: {attributes: {assertionDeclaration: assumed, metaClaim: c3}, "
    "id: c2, relations: [{id: r3, key: supportedBy, of: [Sn1]}]}}\n"
    "c3: {nodeType: Goal, away: elsewhere, sacm: {name: \"a\\nlong name\", "
    "attributes: {citedElement: 'x.xml#9'}, id: c3}}\n"
    "G2~2: {uninstantiated: true, sacm: {name: G2, id: c4}}\n"
    "Sn1: {sacm: {attributes: {referencedArtifactElement: e0}, id: x}}\n";

static void test_sacm_keeps(void **state)
{
    (void)state;
    struct fb_yaml *root = NULL, *again = NULL, *expected = NULL;
    struct fb_doc_notes notes = {.count = 0};
    struct fb_doc_file file = {.path = "f", .text = fb_str_of(RICH_SACM), .notes = &notes};
    FB_TEST_OK(fb_case_read_tree(&file, FB_CASE_SACM, &arena, &root, &err));
    FB_TEST_OK(tree_of(fb_str_of(RICH_TREE), FB_CASE_GSN, &expected));
    if (!fb_str_eq(written(root, FB_CASE_GSN), written(expected, FB_CASE_GSN))) {
        fail_msg("%.*s", FB_STR_ARG(written(root, FB_CASE_GSN)));
    }
    static const struct {
        const char *what;
        size_t count;
        uint32_t line;
    } DROPPED[] = {{"a target that is a relation of relations", 1, 12},
        {"a source that is a relation of relations", 1, 14}, {"description of relations", 1, 11},
        {"gid of relations", 1, 12}};
    assert_int_equal(notes.count, sizeof(DROPPED) / sizeof(DROPPED[0]));
    for (size_t i = 0; i < notes.count; i++) {
        assert_string_equal(notes.items[i].what.ptr, DROPPED[i].what);
        assert_int_equal(notes.items[i].count, DROPPED[i].count);
        assert_int_equal(notes.items[i].line, DROPPED[i].line);
    }
    static const char ENGLISH[] = "lang=\"en\" content=\"It is safe\"";
    struct fb_str text = written(root, FB_CASE_SACM);
    assert_non_null(memmem(text.ptr, text.len, ENGLISH, strlen(ENGLISH)));
    assert_null(memmem(text.ptr, text.len, "sacm:", 5)); /* nothing of it in a tag */
    FB_TEST_OK(tree_of(text, FB_CASE_SACM, &again));
    assert_true(same(root, again));
}

/* A key sacm of another form is carried as any other; what would not be well formed is. */
static void test_sacm_of_other_form(void **state)
{
    (void)state;
    static const char *const FORMS[] = {"text", "[a]", "{}", "{id: 1}", "{id: 'a b'}", "{gid: [x]}",
        "{odd: x}", "{xml: '<a>'}", "{xml: '</x><x>'}", "{xml: '<u:a/>'}", "{xml: 'a<!DOCTYPE x>'}",
        "{attributes: {name: x}}", "{attributes: {'xmi:id': x}}", "{attributes: {'a b': x}}",
        "{attributes: {a: [x]}}", "{attributes: {}}", "{texts: []}", "{texts: [{text: ''}]}",
        "{texts: [{text: a, lang: b, c: d}]}", "{lang: de}", "{relations: []}", "{relations: [x]}",
        "{relations: [{key: supportedBy, of: [G1]}]}", "{relations: [{id: r, key: supportedBy}]}",
        "{relations: [{id: r, key: k, of: G1}]}", "{relations: [{id: 'a b', key: k, of: [G1]}]}",
        "{relations: [{id: r, key: k, of: [G1], odd: x}]}",
        "{relations: [{id: r, key: k, of: [[]]}]}",
        "{relations: [{id: r, key: k, of: [a]}, {id: r, key: k, of: [b]}]}", "{package: {}}",
        "{package: x}", "{package: {odd: x}}", "{namespaces: {a: 1}}", "{name: ' '}"};
    for (size_t i = 0; i < sizeof(FORMS) / sizeof(FORMS[0]); i++) {
        struct fb_str yaml = fb_arena_printf(
            &arena, "module: {name: m, sacm: %s}\nG1: {sacm: %s}\n", FORMS[i], FORMS[i]);
        check_lossless(yaml.ptr, FB_CASE_SACM);
    }
    check_lossless("G1: {text: a, sacm: {id: x}}\nG2: {text: a, sacm: {id: x}}\n", FB_CASE_SACM);
}

/* Kinds of things that are dropped beyond 100 are told as one. */
static void test_notes(void **state)
{
    (void)state;
    struct fb_doc_notes notes = {.count = 0};
    struct fb_doc_file file = {.path = "f", .notes = &notes};
    for (uint32_t i = 0; i <= FB_DOC_NOTES_MAX + 1; i++) {
        fb_case_note(&file, i + 1, fb_arena_printf(&arena, "kind %u", i));
    }
    fb_case_note(&file, 7, FB_STR("kind 3"));
    assert_int_equal(notes.count, FB_DOC_NOTES_MAX);
    assert_int_equal(notes.items[3].count, 2);
    assert_int_equal(notes.items[3].line, 4);
    assert_int_equal(notes.items[FB_DOC_NOTES_MAX - 1].count, 3);
    assert_string_equal(notes.items[FB_DOC_NOTES_MAX - 1].what.ptr, "more of other kinds");
}

/* GSN on top of SACM: its types, without ids, and relations from what is supported on. Each name
 * has numbers of its own among the children of an element. */
static void test_sacm_of_gsn(void **state)
{
    (void)state;
    static const char XML[] =
        "<ac_:AssuranceCasePackage xmlns:xmi='http://www.omg.org/XMI' xmlns:ac_='urn:z' "
        "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:gsn_='urn:gsn'>\n"
        "<argumentPackage xsi:type='gsn_:Module'><name content='M'/>\n"
        "<argumentElement xsi:type='gsn_:Goal'><name content='G1'/>"
        "<description><content><value content='It is safe'/></content></description>"
        "</argumentElement>\n"
        "<nested xsi:type='gsn_:Module'><argumentElement xsi:type='gsn_:Goal' undeveloped='true'>"
        "<name content='G4'/></argumentElement><argumentElement xsi:type='gsn_:Goal' "
        "undeveloped='true'><name content='G5'/></argumentElement></nested>\n"
        "<argumentElement xsi:type='gsn_:Strategy'><name content='S1'/></argumentElement>\n"
        "<claim xsi:type='gsn_:Goal' undeveloped='true'><name content='G6'/></claim>\n"
        "<argumentElement xsi:type='gsn_:Goal' undeveloped='true'><name content='G2'/>"
        "</argumentElement>\n"
        "<argumentElement xsi:type='gsn_:AwayGoal'><name content='G3'/></argumentElement>\n"
        "<argumentElement xsi:type='gsn_:Solution'><name content='Sn1'/></argumentElement>\n"
        "<argumentElement xsi:type='gsn_:Context'><name content='C1'/></argumentElement>\n"
        "<argumentElement xsi:type='gsn_:Assumption'><name content='A1'/></argumentElement>\n"
        "<argumentElement xsi:type='gsn_:Justification'><name content='J1'/></argumentElement>\n"
        "<argumentElement xsi:type='gsn_:SupportedBy' source='//@argumentPackage.0/"
        "@argumentElement.0' target='//@argumentPackage.0/@argumentElement.1'/>\n"
        "<argumentElement xsi:type='gsn_:SupportedBy' source='//@argumentPackage.0/"
        "@argumentElement.1' target='//@argumentPackage.0/@argumentElement.2 "
        "//@argumentPackage.0/@argumentElement.3'/>\n"
        "<argumentElement xsi:type='gsn_:SupportedBy' source='//@argumentPackage.0/"
        "@argumentElement.0' target='//@argumentPackage.0/@argumentElement.4'/>\n"
        "<argumentElement xsi:type='gsn_:InContextOf' source='//@argumentPackage.0/"
        "@argumentElement.0' target='//@argumentPackage.0/@argumentElement.5 "
        "//@argumentPackage.0/@argumentElement.6'/>\n"
        "<argumentElement xsi:type='gsn_:InContextOf' source='//@argumentPackage.0/"
        "@argumentElement.1' target='//@argumentPackage.0/@argumentElement.7'/>\n"
        "<argumentElement xsi:type='gsn_:SupportedBy' source='//@argumentPackage.0/"
        "@argumentElement.0' target='//@argumentPackage.0/@nested.0/@argumentElement.1 "
        "//@argumentPackage.0/@claim.0'/>\n"
        "</argumentPackage></ac_:AssuranceCasePackage>\n";
    struct fb_yaml *root = NULL, *expected = NULL;
    FB_TEST_OK(tree_of(fb_str_of(XML), FB_CASE_UNKNOWN, &root));
    FB_TEST_OK(tree_of(FB_STR("G1: {text: It is safe, supportedBy: [S1, Sn1, G5, G6], "
                              "inContextOf: [C1, A1]}\n"
                              "G4: {undeveloped: true}\n"
                              "G5: {undeveloped: true}\n"
                              "S1: {supportedBy: [G2, G3], inContextOf: [J1]}\n"
                              "G6: {undeveloped: true}\n"
                              "G2: {undeveloped: true}\n"
                              "G3: {away: elsewhere}\n"
                              "Sn1: {}\nC1: {}\n"
                              "A1: {}\nJ1: {}\n"),
        FB_CASE_GSN, &expected));
    forget_handles(root);
    if (!fb_str_eq(written(root, FB_CASE_GSN), written(expected, FB_CASE_GSN))) {
        fail_msg("%.*s", FB_STR_ARG(written(root, FB_CASE_GSN)));
    }
}

static const char LTAC[] = "# Header\n\n# More\n- Claim C1: Safe (really) () \n"
                           "  - Strategy S1: By parts {abstract}\n"
                           "    # About C2\n"
                           "    - Claim C2: Part {needsSupport}\n"
                           "    - Claim ^C9: Elsewhere\n"
                           "    - Claim ^P2\n"
                           "  - Context: Nameless context\n"
                           "  - Evidence E1: Report (r.pdf)\n"
                           "    - Claim D1: Report is wrong {defeater}\n"
                           "  - Justification J1: Because\n"
                           "    - Link E1\n"
                           "\n- Claim P2: Second package {x, y}\n  - Link E1\n\n# End\n";

static void test_ltac(void **state)
{
    (void)state;
    struct fb_yaml *root = NULL, *again = NULL;
    FB_TEST_OK(tree_of(fb_str_of(LTAC), FB_CASE_UNKNOWN, &root));
    struct fb_str yaml = written(root, FB_CASE_GSN);
    FB_TEST_OK(tree_of(yaml, FB_CASE_GSN, &again));
    struct fb_str back = written(again, FB_CASE_LTAC);
    struct fb_str expected = fb_str_of(LTAC);
    if (!fb_str_starts(
            back, FB_STR("# Header\n\n# More\n- Claim C1: Safe (really) ()\n  - Strategy")) ||
        back.len != expected.len - 1) {
        fail_msg("%.*s", FB_STR_ARG(back));
    }
    const struct fb_yaml *c1 = fb_yaml_get(root, "C1"), *j1 = fb_yaml_get(root, "J1");
    assert_true(fb_str_is(fb_yaml_get(c1, "nodeType")->text, "Goal"));
    assert_int_equal(fb_yaml_get(c1, "supportedBy")->count, 3);
    assert_true(fb_str_is(fb_yaml_get(c1, "inContextOf")->child->text, "Nameless context"));
    assert_true(fb_str_is(fb_yaml_get(j1, "nodeType")->text, "Goal"));
    assert_true(fb_str_is(fb_yaml_get(fb_yaml_get(root, "E1"), "url")->text, "r.pdf"));
    assert_true(fb_str_is(fb_yaml_get(fb_yaml_get(root, "D1"), "challenges")->text, "E1"));
    assert_true(fb_str_is(fb_yaml_get(fb_yaml_get(root, "C9"), "away")->text, "elsewhere"));
    /* A change of text is written; comments are lost then. */
    struct fb_yaml *text = (struct fb_yaml *)fb_yaml_get(fb_yaml_get(again, "C2"), "text");
    text->text = FB_STR("Changed");
    back = written(again, FB_CASE_LTAC);
    assert_non_null(strstr(back.ptr, "- Claim C2: Changed"));
    assert_null(strstr(back.ptr, "# Header"));
}

/* What LTAC says for and against a claim: a relation that is a counter, a defeater that is linked
 * to, claims that are assumed, and what cites a relation. */
static void test_ltac_counters(void **state)
{
    (void)state;
    static const char *const ROWS[][2] = {
        {"- Claim C1: a\n  - Evidence E1: b\n  - Relation R1: {counter}\n    - Evidence E2: c\n",
            "C1: {nodeType: Goal, text: a, supportedBy: [E1]}\nE1: {nodeType: Solution, text: b}\n"
            "R1: {nodeType: CounterGoal, challenges: C1, ltac: relation, supportedBy: [E2]}\n"
            "E2: {nodeType: Solution, text: c}\n"},
        /* Evidence with a counter relation below it stays evidence, and names are made fresh. */
        {"- Claim C1: a\n  - Evidence E1: b\n    - Relation E1: why not {counter} (r)\n"
         "      - Link E2\n  - Evidence E2: c\n",
            "C1: {nodeType: Goal, text: a, supportedBy: [E1, E2]}\n"
            "E1: {nodeType: Solution, text: b}\n"
            "E1~2: {nodeType: CounterGoal, text: why not, url: r, challenges: E1, ltac: relation, "
            "supportedBy: [E2]}\nE2: {nodeType: Solution, text: c}\n"},
        /* What is no counter is seen through; one over defeaters alone adds nothing. */
        {"- Claim C1: a\n  - Relation R1: x\n    - Evidence E1: b\n  - Relation R2: {iscounter}\n"
         "    - Evidence D1: c {defeater}\n",
            "C1: {nodeType: Goal, text: a, supportedBy: [E1]}\nE1: {nodeType: Solution, text: b}\n"
            "D1: {nodeType: CounterSolution, text: c, challenges: C1}\n"},
        /* A defeater that is linked to challenges there too, and supports nothing. */
        {"- Claim C1: a\n  - Claim C2: b {needsSupport}\n    - Claim D1: c {defeater}\n"
         "      - Evidence E1: d\n  - Claim C3: e {defeated}\n    - Evidence E2: f\n    - Link "
         "D1\n",
            "C1: {nodeType: Goal, text: a, supportedBy: [C2, C3]}\n"
            "C2: {nodeType: Goal, text: b, undeveloped: true}\n"
            "D1: {nodeType: CounterGoal, text: c, challenges: [C2, C3], supportedBy: [E1]}\n"
            "E1: {nodeType: Solution, text: d}\n"
            "C3: {nodeType: Goal, text: e, defeated: true, supportedBy: [E2]}\n"
            "E2: {nodeType: Solution, text: f}\n"},
        /* A claim that needs no support is assumed; with support, or at the top, it is a claim. */
        {"- Claim C1: a {assumed}\n  - Claim C2: b {axiomatic}\n  - Claim C3: c {assumed}\n"
         "    - Evidence E1: d\n",
            "C1: {nodeType: Goal, text: a, supportedBy: [C3], inContextOf: [C2]}\n"
            "C2: {nodeType: Assumption, text: b}\n"
            "C3: {nodeType: Goal, text: c, supportedBy: [E1]}\n"
            "E1: {nodeType: Solution, text: d}\n"},
        {"- Claim C1: a {undeveloped}\n  - Relation ^R1\n  - Relation ^C1 {counter}\n",
            "C1: {nodeType: Goal, text: a, undeveloped: true}\n"},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct fb_yaml *root = NULL, *want = NULL, *again = NULL;
        FB_TEST_OK(tree_of(fb_str_of(ROWS[i][0]), FB_CASE_LTAC, &root));
        FB_TEST_OK(tree_of(fb_str_of(ROWS[i][1]), FB_CASE_GSN, &want));
        struct fb_str yaml = written(root, FB_CASE_GSN);
        FB_TEST_OK(tree_of(yaml, FB_CASE_GSN, &again));
        struct fb_str lines = written(again, FB_CASE_LTAC);
        if (!fb_str_eq(lines, fb_str_of(ROWS[i][0]))) {
            fail_msg("%zu: %.*s", i, FB_STR_ARG(lines));
        }
        root->child = root->child->next; /* without the module section */
        root->count--;
        if (!same(root, want)) {
            fail_msg("%zu: %.*s", i, FB_STR_ARG(yaml));
        }
        assert_int_equal(argument_of(yaml, FB_CASE_GSN), FB_OK);
    }
}

/* Many names that are the same, many lines below one: no more than a moment. */
static void test_ltac_wide(void **state)
{
    (void)state;
    struct fb_buf text;
    struct fb_yaml *root = NULL;
    fb_buf_init(&text, 1 << 24);
    fb_buf_add_c(&text, "- Claim C1: a\n");
    for (int i = 0; i < 30000; i++) {
        fb_buf_addf(&text, "  - Relation R: {counter}\n    - Evidence E%d: x\n", i);
    }
    FB_TEST_OK(tree_of(fb_buf_str(&text), FB_CASE_LTAC, &root));
    assert_int_equal(root->count, 60002);
    assert_true(fb_str_is(root->last->key, "E29999"));
    assert_non_null(fb_yaml_get(root, "R~30000"));
    struct fb_str back = written(root, FB_CASE_LTAC);
    assert_true(fb_str_eq(back, fb_buf_str(&text)));
    fb_buf_release(&text);
}

static void test_tea(void **state)
{
    (void)state;
    static const char JSON[] =
        "{\"version\":\"1.0\",\"exportedAt\":\"2026-01-01T00:00:00.000Z\",\"case\":{\"name\":\"n\","
        "\"description\":\"d\"},\"tree\":{\"id\":\"a\",\"type\":\"GOAL\",\"name\":\"G1\","
        "\"description\":"
        "\"Top\",\"inSandbox\":false,\"role\":\"TOP_LEVEL\",\"assumption\":\"as\",\"context\":["
        "\"x\","
        "\"y\"],\"children\":[{\"id\":\"b\",\"type\":\"PROPERTY_CLAIM\",\"name\":null,"
        "\"description\":"
        "\"P\",\"inSandbox\":true,\"level\":1,\"children\":[{\"id\":\"e\",\"type\":\"EVIDENCE\","
        "\"name\":"
        "\"E1\",\"description\":\"\",\"inSandbox\":false,\"url\":\"u\",\"children\":[]}]},{\"id\":"
        "\"c\","
        "\"type\":\"PROPERTY_CLAIM\",\"name\":\"G1\",\"description\":\"same "
        "name\",\"inSandbox\":false,"
        "\"level\":null,\"children\":[{\"id\":\"e\",\"type\":\"EVIDENCE\",\"name\":\"E1\","
        "\"description\":"
        "\"\",\"inSandbox\":false,\"url\":\"u\",\"children\":[]},{\"id\":\"d\",\"type\":\"GOAL\","
        "\"name\":"
        "\"D\",\"description\":\"doubt\",\"inSandbox\":false,\"isDefeater\":true,"
        "\"defeatsElementId\":"
        "\"c\",\"children\":[]}]}]}}";
    struct fb_yaml *root = NULL, *again = NULL;
    FB_TEST_OK(tree_of(fb_str_of(JSON), FB_CASE_UNKNOWN, &root));
    assert_int_equal(fb_yaml_get(fb_yaml_get(root, "G1"), "inContextOf")->count, 3);
    assert_true(fb_str_is(fb_yaml_get(fb_yaml_get(root, "D"), "challenges")->text, "G1~2"));
    FB_TEST_OK(tree_of(written(root, FB_CASE_GSN), FB_CASE_GSN, &again));
    struct fb_json *before = NULL, *after = NULL;
    FB_TEST_OK(fb_json_parse(fb_str_of(JSON), "a", NULL, &arena, &before, &err));
    FB_TEST_OK(fb_json_parse(written(again, FB_CASE_TEA), "b", NULL, &arena, &after, &err));
    struct fb_buf a, b;
    fb_buf_init(&a, 1 << 20);
    fb_buf_init(&b, 1 << 20);
    FB_TEST_OK(fb_json_canonical(before, &a, &err));
    FB_TEST_OK(fb_json_canonical(after, &b, &err));
    assert_string_equal(a.ptr, b.ptr);
    fb_buf_release(&a);
    fb_buf_release(&b);
}

/* Cases of the platform before its trees: elements inside each other, with numbers for ids or none.
 */
static void test_tea_nested(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *native;
    } ROWS[] = {
        /* Numbers are ids of one list; evidence that stands twice is one element. */
        {"{'name':'n','description':'d','created_date':'2024-05-01','lock_uuid':null,'goals':[{"
         "'id':1,'type':'TopLevelNormativeGoal','name':'G1','short_description':'a',"
         "'assumption':'w','context':[{'id':1,'type':'Context','name':'C1','short_description':'c'"
         "}],'property_claims':[{'id':1,'name':'P1','short_description':'p','level':1,"
         "'property_claims':[],'evidence':[{'id':1,'name':'E1','short_description':'e',"
         "'URL':'u','property_claim_id':[1,2]}]}],'strategies':[{'id':1,'name':'S1',"
         "'short_description':'s','property_claims':[{'id':2,'name':'P1','short_description':'q',"
         "'evidence':[{'id':1,'name':'E1','short_description':'e','URL':'u'}]}]}]}]}",
            "G1: {text: a, supportedBy: [S1, P1~2], inContextOf: [C1, G1-A1]}\n"
            "G1-A1: {nodeType: Assumption, text: w}\n"
            "S1: {text: s, supportedBy: [P1]}\n"
            "P1: {nodeType: Goal, text: q, supportedBy: [E1]}\n"
            "E1: {nodeType: Solution, text: e, url: u}\n"
            "P1~2: {nodeType: Goal, text: p, supportedBy: [E1]}\nC1: {text: c}\n"},
        /* Without ids only evidence can be known again, by all that it says. */
        {"{'name':'n','description':'','goals':[{'name':'Goal','short_description':'a',"
         "'system_description':[{'name':'','short_description':'z'}],'property_claims':[{"
         "'name':'P','short_description':'p','evidential_claims':[{'name':'P','evidence':[{"
         "'name':'E','short_description':'e'},{'name':'E','short_description':'f'}]}]},{"
         "'name':'P','short_description':'p','evidence':[{'name':'E','short_description':'e'}]}"
         "]}]}",
            "Goal: {text: a, supportedBy: [P, P~3], inContextOf: [system_description]}\n"
            "P: {nodeType: Goal, text: p, supportedBy: [P~2]}\n"
            "P~2: {nodeType: Goal, text: P, supportedBy: [E, E~2]}\n"
            "E: {nodeType: Solution, text: e}\nE~2: {nodeType: Solution, text: f}\n"
            "P~3: {nodeType: Goal, text: p, supportedBy: [E]}\n"
            "system_description: {nodeType: Context, text: z}\n"},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct fb_str json = fb_arena_printf(&arena, "%s", ROWS[i].json);
        struct fb_yaml *root = NULL, *want = NULL, *again = NULL;
        for (size_t k = 0; k < json.len; k++) {
            if (json.ptr[k] == '\'') {
                ((char *)(uintptr_t)json.ptr)[k] = '"';
            }
        }
        FB_TEST_OK(tree_of(json, FB_CASE_UNKNOWN, &root));
        FB_TEST_OK(tree_of(fb_str_of(ROWS[i].native), FB_CASE_GSN, &want));
        FB_TEST_OK(tree_of(written(root, FB_CASE_TEA), FB_CASE_TEA, &again));
        assert_int_equal(root->count, want->count + 1);
        assert_int_equal(again->count, want->count + 1);
        for (const struct fb_yaml *w = want->child; w; w = w->next) {
            for (const struct fb_yaml *m = w->child; m; m = m->next) {
                const struct fb_yaml *got = fb_yaml_get(fb_yaml_get(root, w->key.ptr), m->key.ptr);
                const struct fb_yaml *back =
                    fb_yaml_get(fb_yaml_get(again, w->key.ptr), m->key.ptr);
                if (!got || !fb_yaml_equal(got, m) || !back || !fb_yaml_equal(back, m)) {
                    fail_msg("%zu: %s of %s", i, m->key.ptr, w->key.ptr);
                }
            }
        }
    }
    struct fb_yaml *none = NULL;
    FB_TEST_FAILS(
        tree_of(FB_STR("{\"goals\": [{\"name\": \"a\", \"evidence\": [7]}]}"), FB_CASE_TEA, &none),
        FB_E_SCHEMA);
    assert_non_null(strstr(err.message, "no element"));
}

/* A defeater that stands below several elements challenges each of them, there and back. */
static void test_tea_defeaters(void **state)
{
    (void)state;
    static const char YAML[] = "G1: {text: a, supportedBy: [G2, G3]}\nG2: {text: b, undeveloped: "
                               "true}\nG3: {text: c, undeveloped: true}\n"
                               "CG1: {text: d, challenges: [G2, G3]}\n"
                               "CSn2: {text: e, challenges: CG1}\n";
    struct fb_yaml *root = NULL, *again = NULL;
    FB_TEST_OK(tree_of(fb_str_of(YAML), FB_CASE_GSN, &root));
    struct fb_str text = written(root, FB_CASE_TEA);
    FB_TEST_OK(tree_of(text, FB_CASE_TEA, &again));
    const struct fb_yaml *all = fb_yaml_get(fb_yaml_get(again, "CG1"), "challenges");
    assert_int_equal(all->count, 2);
    assert_true(fb_str_is(all->child->text, "G2") && fb_str_is(all->last->text, "G3"));
    const struct fb_yaml *one = fb_yaml_get(fb_yaml_get(again, "CSn2"), "challenges");
    assert_int_equal(one->kind, FB_YAML_SCALAR);
    assert_true(fb_str_is(one->text, "CG1"));
    assert_true(fb_str_eq(written(again, FB_CASE_TEA), text));
}

/* Many below one, and many names that are the same: no more than a moment in any format. */
static void test_wide(void **state)
{
    (void)state;
    enum { WIDTH = 20000 };
    static const enum fb_case_format FORMATS[] = {FB_CASE_SACM, FB_CASE_TEA, FB_CASE_LTAC};
    struct fb_buf text;
    struct fb_yaml *root = NULL, *again = NULL;
    fb_buf_init(&text, 1 << 24);
    fb_buf_add_c(&text, "G1: {supportedBy: [S1");
    for (int i = 0; i < WIDTH; i++) {
        fb_buf_addf(&text, ", Sn%d", i);
    }
    fb_buf_add_c(&text, "]}\nS1: {undeveloped: true}\n");
    for (int i = 0; i < WIDTH; i++) {
        fb_buf_addf(&text, "Sn%d: {text: a}\nCSn%d: {challenges: G1}\n", i, i);
    }
    FB_TEST_OK(tree_of(fb_buf_str(&text), FB_CASE_GSN, &root));
    for (size_t i = 0; i < 3; i++) {
        FB_TEST_OK(tree_of(written(root, FORMATS[i]), FORMATS[i], &again));
        size_t section = fb_yaml_get(again, "module") != NULL;
        assert_int_equal(again->count - section, 2 + 2 * WIDTH);
        assert_int_equal(fb_yaml_get(fb_yaml_get(again, "G1"), "supportedBy")->count, 1 + WIDTH);
    }
    fb_buf_release(&text);
}

static void test_trudag(void **state)
{
    (void)state;
    char folder[] = "/tmp/flyball-trudag-XXXXXX", path[100];
    assert_non_null(mkdtemp(folder));
    static const char *const FILES[][2] = {
        {".dotstop.dot",
            "# made\ndigraph G {\n\"TA-1\" [sha=ab12];\n\"JL-1\" [sha=\"cd\"];\nX_C [sha=e];\n"
            "\"TA-1\" -> \"JL-1\" [sha=99];\n\"TA-1\" -> X_C [sha=98];\n}\n"},
        {"TA-1.md", "---\nnormative: true\nlevel: 1.1\n---\n\nThe top.\n"},
        {"JL-1.md",
            "---\nnormative: true\nreferences:\n- type: file\n  path: t.py\nscore:\n  A: 0.7\n"
            "---\nA statement.\n"},
        {"X_C.md", "---\nnormative: false\n---\nContext.\n"}};
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, FILES[i][0]);
        FB_TEST_OK(fb_io_write(path, fb_str_of(FILES[i][1]), 0600, &err));
    }
    snprintf(path, sizeof(path), "%s/.dotstop.dot", folder);
    struct fb_doc_file file = {.path = path, .text = fb_str_of(FILES[0][1])};
    struct fb_yaml *root = NULL, *expected = NULL;
    FB_TEST_OK(fb_case_read_tree(&file, FB_CASE_UNKNOWN, &arena, &root, &err));
    FB_TEST_OK(tree_of(
        FB_STR(
            "TA-1: {nodeType: Goal, text: The top., trudag: {sha: ab12, normative: true, level: "
            "1.1, "
            "links: {JL-1: '99', X_C: '98'}}, supportedBy: [JL-1], inContextOf: [X_C]}\n"
            "JL-1: {nodeType: Goal, text: A statement., trudag: {sha: cd, normative: true, "
            "references: [{type: file, path: t.py}], score: {A: 0.7}}, supportedBy: [JL-1/ref1]}\n"
            "X_C: {nodeType: Context, text: Context., trudag: {sha: e, normative: false}}\n"
            "JL-1/ref1: {nodeType: Solution, text: t.py, url: t.py, trudag: {type: file, path: "
            "t.py}}\n"),
        FB_CASE_GSN, &expected));
    struct fb_str got = written(root, FB_CASE_GSN), want = written(expected, FB_CASE_GSN);
    if (!fb_str_eq(got, want)) {
        fail_msg("%.*s", FB_STR_ARG(got));
    }
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, FILES[i][0]);
        fb_io_remove(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* What is wrong, its code, and where. */
static const struct {
    enum fb_case_format format;
    const char *text;
    enum fb_code code;
    uint32_t line, column;
    const char *words;
} REFUSED[] = {
    {FB_CASE_LTAC, "- Claim C1: a\nwords\n", FB_E_SYNTAX, 2, 1, "neither an element"},
    {FB_CASE_LTAC, "- Thing C1: a\n", FB_E_SYNTAX, 1, 3, "no type of element"},
    {FB_CASE_LTAC, "- Claim C1: a\n - Claim C2: b\n", FB_E_SYNTAX, 2, 1, "odd number"},
    {FB_CASE_LTAC, "- Claim C1: a\n    - Claim C2: b\n", FB_E_SYNTAX, 2, 1, "more than one level"},
    {FB_CASE_LTAC, "- Claim C1\n", FB_E_SYNTAX, 1, 1, "needs a ':'"},
    {FB_CASE_LTAC, "- Claim :\n", FB_E_SYNTAX, 1, 1, "neither id nor text"},
    {FB_CASE_LTAC, "- Claim C1: a\n  - Link C1\n    - Claim C2: b\n", FB_E_SYNTAX, 3, 1,
        "below a link"},
    {FB_CASE_LTAC, "- Claim C1: a\n  - Link C2\n", FB_E_REFERENCE, 2, 3, "declared nowhere"},
    {FB_CASE_LTAC, "- Claim C1: a\n  - Claim C1: b\n", FB_E_DUPLICATE, 2, 3, "declared twice"},
    {FB_CASE_LTAC, "- Claim A b: a\n  - Claim a  B: b\n", FB_E_DUPLICATE, 2, 3, "signs or case"},
    {FB_CASE_LTAC, "- Claim C1: a\n  - Strategy ^C1\n", FB_E_SCHEMA, 0, 0, "two types"},
    {FB_CASE_LTAC, "- Claim C1: a {defeated, axiomatic}\n", FB_E_SCHEMA, 1, 1, "contradict"},
    {FB_CASE_LTAC, "- Claim C1: \xff\n", FB_E_UTF8, 1, 13, "UTF-8"},
    {FB_CASE_TEA, "{\"a\":1}", FB_E_FORMAT, 1, 1, "no 'tree'"},
    {FB_CASE_TEA, "{\"tree\":{\"id\":\"a\"}}", FB_E_SCHEMA, 1, 9, "no type"},
    {FB_CASE_TEA, "{\"tree\":{\"type\":\"GOAL\"}}", FB_E_SCHEMA, 1, 9, "no id"},
    {FB_CASE_TEA, "{\"tree\":\n{\"id\":\"a\",\"type\":\"GOAL\",\"children\":3}}", FB_E_SCHEMA, 2,
        36, "list"},
    {FB_CASE_TEA, "{\"tree\":1,\"tree\":2}", FB_E_SYNTAX, 1, 18, ""},
    {FB_CASE_LTAC, "- Claim C1: a\n  - Claim module: b\n", FB_E_SCHEMA, 2, 3, "kept for the head"},
    {FB_CASE_SACM, "<a>\n<b>\n</a>", FB_E_SYNTAX, 3, 5, ""},
    {FB_CASE_SACM, "<a/>", FB_E_FORMAT, 1, 1, "no element of a SACM"},
    {FB_CASE_SACM, "<a>\n<!DOCTYPE x></a>", FB_E_UNSUPPORTED, 2, 1, "document type"},
    {FB_CASE_SACM, "<a>\n<claim id='x'/>\n<assertedInference source='y' target='x'/></a>",
        FB_E_REFERENCE, 3, 1, "refers to 'y'"},
    {FB_CASE_SACM, "<a><claim id='x'/>\n<claim id='x'/></a>", FB_E_DUPLICATE, 2, 1, "same id"},
    {FB_CASE_TEA,
        "{\"tree\":{\"id\":\"a\",\"type\":\"GOAL\",\"children\":[\n{\"id\":\"b\",\"type\":\"GOAL\","
        "\"isDefeater\":true,\"defeatsElementId\":\"z\"}]}}",
        FB_E_REFERENCE, 2, 62, "does not exist"},
    {FB_CASE_TRUDAG, "digraph {\n\"a\" [sha=1];\n\"a\" [sha=2];\n}\n", FB_E_DUPLICATE, 3, 1,
        "'a' is declared twice"},
    {FB_CASE_TRUDAG, "digraph {\n\"module\" [sha=1];\n}\n", FB_E_SCHEMA, 2, 1, "kept for the head"},
    {FB_CASE_TRUDAG, "digraph {\n\"a\" -> ;\n}\n", FB_E_SYNTAX, 2, 1, "leads nowhere"},
    {FB_CASE_TRUDAG, "digraph G { \"a\" -> \"b\";\n}\n", FB_E_SYNTAX, 1, 1, "behind the beginning"},
    {FB_CASE_TRUDAG, "strict digraph \"a{b\" {c}\n", FB_E_SYNTAX, 1, 1, "behind the beginning"},
    {FB_CASE_TRUDAG, "digraph {\n\"a\n}\n", FB_E_SYNTAX, 2, 1, "neither a node"},
};

static void test_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++) {
        struct fb_yaml *root = (void *)1;
        enum fb_code code = tree_of(fb_str_of(REFUSED[i].text), REFUSED[i].format, &root);
        bool placed = REFUSED[i].line == 0 ||
                      (err.line == REFUSED[i].line && err.column == REFUSED[i].column);
        if (code != REFUSED[i].code || !placed || !strstr(err.message, REFUSED[i].words)) {
            fail_msg("%zu: %s: got %s %u:%u %s", i, REFUSED[i].text, fb_code_name(code), err.line,
                err.column, err.message);
        }
        assert_ptr_equal(root, (void *)1);
    }
}

/* The argument of a text, or the error that keeps it from being one. */
static enum fb_code argument_of(struct fb_str text, enum fb_case_format format)
{
    struct fb_doc doc;
    struct fb_case *c = NULL;
    struct fb_doc_file file = {.path = "case", .text = text};
    fb_doc_init(&doc, &arena);
    enum fb_code code = fb_case_read_tree(&file, format, &arena, &file.root, &err);
    code = code != FB_OK ? code : fb_doc_add(&doc, &file, &err);
    code = code != FB_OK ? code : fb_case_build(&doc, true, &arena, &c, &err);
    fb_doc_release(&doc);
    return code;
}

static void wants(struct fb_str text, enum fb_case_format format, enum fb_code want)
{
    fb_err_init(&err);
    enum fb_code code = argument_of(text, format);
    if (code != want || (want != FB_OK && err.line == 0)) {
        fail_msg("%s: %s, line %u: %s", fb_case_format_name(format), fb_code_name(code), err.line,
            err.message);
    }
}

/* A chain of 10,000; false for formats that nest, whose depth test_limits looks at. */
static bool add_chain(struct fb_buf *text, enum fb_case_format format)
{
    enum { LENGTH = 10000 };
    if (format == FB_CASE_LTAC || format == FB_CASE_TEA) {
        return false;
    }
    fb_buf_add_c(text, format == FB_CASE_SACM ? "<a>" : "");
    for (int n = 0; n <= LENGTH && format == FB_CASE_SACM; n++) {
        fb_buf_addf(text, "<claim id='x%d'/>\n", n);
    }
    for (int n = 0; n < LENGTH; n++) {
        if (format == FB_CASE_SACM) {
            fb_buf_addf(text, "<assertedInference target='x%d' source='x%d'/>\n", n, n + 1);
        } else if (format == FB_CASE_GSN) {
            fb_buf_addf(text, "G%d: {supportedBy: [G%d]}\n", n, n + 1);
        } else {
            fb_buf_addf(text, "\"a%d\" -> \"a%d\";\n", n, n + 1);
        }
    }
    fb_buf_add_c(text, format == FB_CASE_SACM  ? "</a>"
                       : format == FB_CASE_GSN ? "G10000: {}\n"
                                               : "");
    return true;
}

/* Every reader: circles and chains of 10,000 give an error with a place; ends of lines may be CR
 * LF. */
static void test_hostile(void **state)
{
    (void)state;
    static const struct {
        enum fb_case_format format;
        const char *circle;
        const char *crlf;
    } ROWS[] = {
        {FB_CASE_GSN, "G1: {supportedBy: G2}\nG2: {supportedBy: G1}\n",
            "G1: {text: a}\r\nG2: {text: b}\r\n"},
        {FB_CASE_LTAC, "- Claim C1: a\n  - Claim C2: b\n    - Link C1\n",
            "- Claim C1: a\r\n  - Evidence E1: b\r\n"},
        {FB_CASE_SACM,
            "<a><claim id='x'/><claim id='y'/>\n<assertedInference source='y' target='x'/>\n"
            "<assertedInference source='x' target='y'/></a>",
            "<a>\r\n<claim id='x'/>\r\n</a>\r\n"},
        {FB_CASE_TEA,
            "{\"tree\":{\"id\":\"a\",\"type\":\"GOAL\",\"children\":[{\"id\":\"b\",\"type\":"
            "\"GOAL\","
            "\"children\":[{\"id\":\"a\",\"type\":\"GOAL\",\"children\":[]}]}]}}",
            "{\"tree\":\r\n{\"id\":\"a\",\"type\":\"GOAL\"}}\r\n"},
        {FB_CASE_TRUDAG, "digraph {\n\"a\" -> \"b\";\n\"b\" -> \"a\";\n}\n",
            "digraph {\r\n\"a\" [sha=1];\r\n}\r\n"},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct fb_buf text;
        fb_buf_init(&text, 1 << 24);
        wants(fb_str_of(ROWS[i].circle), ROWS[i].format, FB_E_SYNTAX);
        wants(fb_str_of(ROWS[i].crlf), ROWS[i].format, FB_OK);
        if (add_chain(&text, ROWS[i].format)) {
            wants(fb_buf_str(&text), ROWS[i].format, FB_E_LIMIT);
        }
        fb_buf_release(&text);
        fb_arena_release(&arena);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct fb_buf text;
    struct fb_yaml *root = NULL;
    fb_buf_init(&text, 1 << 26);
    for (int depth = 0; depth <= FB_LTAC_DEPTH_MAX; depth++) {
        for (int i = 0; i < depth; i++) {
            fb_buf_add_c(&text, "  ");
        }
        fb_buf_addf(&text, "- Claim C%d: a\n", depth);
    }
    FB_TEST_FAILS(tree_of(fb_buf_str(&text), FB_CASE_LTAC, &root), FB_E_LIMIT);
    assert_int_equal(err.line, FB_LTAC_DEPTH_MAX + 1);
    fb_buf_clear(&text);
    fb_buf_add_c(&text, "- Claim C1: ");
    memset(fb_buf_room(&text, FB_LTAC_LINE_MAX), 'a', FB_LTAC_LINE_MAX);
    fb_buf_grown(&text, FB_LTAC_LINE_MAX);
    FB_TEST_FAILS(tree_of(fb_buf_str(&text), FB_CASE_LTAC, &root), FB_E_LIMIT);
    fb_buf_clear(&text);
    for (int i = 0; i < 300; i++) {
        fb_buf_add_c(&text, "<a>");
    }
    fb_buf_add_c(&text, "<claim id='x'/>");
    for (int i = 0; i < 300; i++) {
        fb_buf_add_c(&text, "</a>");
    }
    FB_TEST_FAILS(tree_of(fb_buf_str(&text), FB_CASE_SACM, &root), FB_E_LIMIT);
    fb_buf_clear(&text);
    fb_buf_add_c(&text, "{\"tree\":");
    for (int i = 0; i < 2100; i++) {
        fb_buf_addf(&text, "{\"id\":\"%d\",\"type\":\"GOAL\",\"children\":[", i);
    }
    FB_TEST_FAILS(tree_of(fb_buf_str(&text), FB_CASE_TEA, &root), FB_E_LIMIT);
    fb_buf_release(&text);
}

static void test_formats(void **state)
{
    (void)state;
    assert_int_equal(fb_case_format_of_path(FB_STR("a/b.gsn.yaml")), FB_CASE_GSN);
    assert_int_equal(fb_case_format_of_path(FB_STR(".dotstop.dot")), FB_CASE_TRUDAG);
    assert_int_equal(fb_case_format_of_path(FB_STR("a.txt")), FB_CASE_UNKNOWN);
    assert_int_equal(fb_case_format_of_text(FB_STR("\n# c\n- Claim C1: a\n")), FB_CASE_LTAC);
    assert_int_equal(fb_case_format_of_text(FB_STR("- Claimant\n")), FB_CASE_GSN);
    assert_int_equal(fb_case_format_of_text(FB_STR(" <?xml?>")), FB_CASE_SACM);
    assert_int_equal(fb_case_format_of_text(FB_STR("{ \"tree\"")), FB_CASE_TEA);
    assert_int_equal(fb_case_format_of_text(FB_STR("{G1: {}}")), FB_CASE_GSN);
    assert_int_equal(fb_case_format_of_text(FB_STR("# x\ndigraph G {")), FB_CASE_TRUDAG);
    assert_int_equal(fb_case_format_of_name(FB_STR("sacm")), FB_CASE_SACM);
    assert_int_equal(fb_case_format_of_name(FB_STR("x")), FB_CASE_UNKNOWN);
    struct fb_doc doc;
    struct fb_buf out;
    struct fb_yaml *root = NULL;
    fb_doc_init(&doc, &arena);
    fb_buf_init(&out, 1 << 20);
    FB_TEST_OK(tree_of(FB_STR("G1: {}\nG2: {}\n"), FB_CASE_GSN, &root));
    struct fb_doc_file file = {.path = "c", .text = FB_STR("G1: {}\nG2: {}\n"), .root = root};
    FB_TEST_OK(fb_doc_add(&doc, &file, &err));
    FB_TEST_FAILS(fb_case_write(&doc, FB_CASE_TRUDAG, &out, &err), FB_E_UNSUPPORTED);
    FB_TEST_FAILS(fb_case_write(&doc, FB_CASE_TEA, &out, &err), FB_E_UNSUPPORTED);
    assert_int_equal(err.line, 2);
    fb_buf_release(&out);
    fb_doc_release(&doc);
}

static void test_shared_files(void **state)
{
    (void)state;
    static const char *const LTACS[] = {"simple", "demo", "comments", "blank-lines", "badgeapp-top",
        "badgeapp-doc", "escape-roundtrip", "mid-paren", "ref-and-options", "special-chars",
        "stress-test", "warn", "blank-lines-file-ends", "no-blank-between-pkgs"};
    for (size_t i = 0; i < sizeof(LTACS) / sizeof(LTACS[0]); i++) {
        char relative[200], path[1024];
        snprintf(relative, sizeof(relative), "data/case/ltac/verocase-fixtures/%s.ltac", LTACS[i]);
        if (!fb_test_shared(relative, path, sizeof(path))) {
            skip();
        }
        struct fb_str text;
        struct fb_yaml *root = NULL, *again = NULL;
        FB_TEST_OK(fb_case_read_file(path, &arena, &text, &err));
        FB_TEST_OK(tree_of(text, FB_CASE_LTAC, &root));
        FB_TEST_OK(tree_of(written(root, FB_CASE_GSN), FB_CASE_GSN, &again));
        struct fb_str back = written(again, FB_CASE_LTAC);
        if (!fb_str_eq(back, text)) {
            fail_msg("%s: %.*s", LTACS[i], FB_STR_ARG(back));
        }
    }
}

/* The fixtures that are wrong are refused where they are wrong; what is only unfinished is read. */
static void test_shared_faults(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum fb_code code; /* FB_OK: read */
        uint32_t line;
    } ROWS[] = {{"anchor-collision", FB_E_DUPLICATE, 2}, {"bad-link", FB_E_REFERENCE, 2},
        {"bad-syntax", FB_E_SYNTAX, 2}, {"conflict", FB_E_SCHEMA, 1},
        {"duplicate-id", FB_E_DUPLICATE, 3}, {"type-mismatch", FB_E_SCHEMA, 4},
        {"circular", FB_OK, 0}, {"blank-lines-normalize", FB_OK, 0},
        {"cited-not-declared", FB_OK, 0}, {"mid-brace", FB_OK, 0}, {"multi-cite", FB_OK, 0},
        {"two-roots", FB_OK, 0}, {"update-citations", FB_OK, 0}};
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        char relative[200], path[1024];
        snprintf(
            relative, sizeof(relative), "data/case/ltac/verocase-fixtures/%s.ltac", ROWS[i].name);
        if (!fb_test_shared(relative, path, sizeof(path))) {
            skip();
        }
        struct fb_str text;
        struct fb_yaml *root = NULL;
        FB_TEST_OK(fb_case_read_file(path, &arena, &text, &err));
        enum fb_code code = tree_of(text, FB_CASE_LTAC, &root);
        if (code != ROWS[i].code || (code != FB_OK && err.line != ROWS[i].line)) {
            fail_msg("%s: %s in line %u", ROWS[i].name, fb_code_name(code), err.line);
        }
    }
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    bool passed = false;
    for (int n = 0; n < 300 && !passed; n++) {
        struct fb_arena own;
        struct fb_yaml *root = NULL;
        struct fb_doc_file file = {.path = "c", .text = fb_str_of(LTAC)};
        fb_arena_init(&own, 1 << 22);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_case_read_tree(&file, FB_CASE_LTAC, &own, &root, &err);
        fb_alloc_fail_at(-1);
        passed = code == FB_OK;
        assert_true(passed || code == FB_E_NOMEM);
        fb_arena_release(&own);
    }
    assert_true(passed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sacm_loses_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sacm_of_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sacm_dialects, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sacm_keeps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sacm_of_other_form, setup, teardown),
        cmocka_unit_test_setup_teardown(test_notes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sacm_of_gsn, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ltac, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ltac_counters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ltac_wide, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tea, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tea_defeaters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tea_nested, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wide, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trudag, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_formats, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shared_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shared_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-formats", tests, NULL, NULL);
}

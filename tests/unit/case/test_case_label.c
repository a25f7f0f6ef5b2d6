/* Tests of src/case: label.c, reason.c: labels and their reasons. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"
#include "case/case.h"
#include "fb_test.h"

static struct fb_err err;
static struct fb_arena arena;
static int asked;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)1 << 30);
    asked = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

/* The predicates of these tests say themselves what they come to. */
static enum fb_code query(void *ctx, struct fb_str predicate, struct fb_arena *memory,
    struct fb_evidence *out, struct fb_err *error)
{
    (void)ctx;
    asked++;
    if (fb_str_is(predicate, "broken")) {
        return fb_err_set(error, FB_E_SYNTAX, "cannot read '%.*s'", FB_STR_ARG(predicate));
    }
    out->health = fb_str_starts(predicate, FB_STR("yes"))  ? FB_EVIDENCE_HOLDS
                  : fb_str_starts(predicate, FB_STR("no")) ? FB_EVIDENCE_FAILS
                                                           : FB_EVIDENCE_UNKNOWN;
    if (fb_str_ends(predicate, FB_STR("!"))) {
        out->why = fb_why_on(fb_why_new(memory, "a record says so"), FB_STR("evaluation/1"), 7);
        if (!out->why) {
            return fb_arena_failed(memory, error);
        }
    }
    return FB_OK;
}

static struct fb_case *parse(const char *text)
{
    struct fb_case *c = NULL;
    FB_TEST_OK(fb_case_parse(fb_str_of(text), "c.yaml", &arena, &c, &err));
    return c;
}

static struct fb_case *labelled(const char *text)
{
    struct fb_case *c = parse(text);
    FB_TEST_OK(fb_case_label(c, query, NULL, &arena, &err));
    return c;
}

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

static void check_label(const struct fb_case *c, const char *id, const char *label)
{
    const char *got = fb_label_name(element(c, id)->label);
    if (strcmp(got, label) != 0) {
        fail_msg("%s is %s, not %s", id, got, label);
    }
    assert_non_null(element(c, id)->why);
}

/* The ids of all elements with a label, in the order of the file. */
static void ids_with(const struct fb_case *c, enum fb_label label, char *out, size_t size)
{
    out[0] = 0;
    for (size_t i = 0; i < c->element_count; i++) {
        if (c->elements[i].label == label) {
            size_t len = strlen(out);
            snprintf(
                out + len, size - len, "%s%.*s", len ? " " : "", FB_STR_ARG(c->elements[i].id));
        }
    }
}

/* The tree, two spaces a level. */
static void print_why(const struct fb_why *why, int level, struct fb_buf *out)
{
    for (; why; why = why->next) {
        fb_buf_addf(out, "%*s%.*s\n", 2 * level, "", FB_STR_ARG(why->text));
        print_why(why->child, level + 1, out);
    }
}

static void check_tree(const struct fb_case *c, const char *want)
{
    struct fb_buf out;
    fb_buf_init(&out, 1 << 20);
    print_why(c->elements[c->top].why, 0, &out);
    FB_TEST_OK(fb_buf_check(&out, "tree", &err));
    assert_string_equal(out.ptr, want);
    fb_buf_release(&out);
}

static size_t count_why(const struct fb_why *why)
{
    size_t count = 0;
    for (; why; why = why->next) {
        count += 1 + count_why(why->child);
    }
    return count;
}

static void test_leaves(void **state)
{
    (void)state;
    const struct fb_case *c = labelled("G1: {supportedBy: [Sn1, Sn2, Sn3, Sn4, G2, G3, S1]}\n"
                                       "Sn1: {evidence: yes}\nSn2: {evidence: no}\n"
                                       "Sn3: {evidence: perhaps}\nSn4: {text: words}\n"
                                       "G2: {undeveloped: true}\nG3: {evidence: no}\nS1:\n");
    check_label(c, "Sn1", "in");
    check_label(c, "Sn2", "falsified");
    check_label(c, "Sn3", "undecided");
    check_label(c, "Sn4", "in");
    check_label(c, "G2", "undecided");
    check_label(c, "G3", "falsified");
    check_label(c, "S1", "undecided");
    check_label(c, "G1", "undercut");
    assert_true(fb_str_is(element(c, "Sn4")->why->text,
        "Sn4 \"words\" stands: it is asserted in words only, no record is behind it"));
}

/* Rows: how much support, three leaves, what comes of it. */
static void test_support(void **state)
{
    (void)state;
    static const struct {
        const char *support, *a, *b, *c, *label;
    } rows[] = {
        {"all", "yes", "yes", "yes", "in"},
        {"all", "yes", "yes", "perhaps", "undecided"},
        {"all", "yes", "no", "perhaps", "undercut"},
        {"any", "no", "yes", "perhaps", "in"},
        {"any", "no", "no", "perhaps", "undecided"},
        {"any", "no", "no", "no", "undercut"},
        {"2 of 3", "yes", "no", "yes", "in"},
        {"2 of 3", "yes", "no", "perhaps", "undecided"},
        {"2 of 3", "yes", "no", "no", "undercut"},
        {"2 of 3", "perhaps", "perhaps", "no", "undecided"},
        {"3 of 3", "yes", "yes", "no", "undercut"},
        {"1 of 3", "perhaps", "no", "yes", "in"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[400];
        snprintf(text, sizeof(text),
            "G1: {supportedBy: [Sn1, Sn2, Sn3], support: %s}\nSn1: {evidence: '%s 1'}\n"
            "Sn2: {evidence: '%s 2'}\nSn3: {evidence: '%s 3'}\n",
            rows[i].support, rows[i].a, rows[i].b, rows[i].c);
        check_label(labelled(text), "G1", rows[i].label);
    }
}

static void test_challenges(void **state)
{
    (void)state;
    static const struct {
        const char *challenger, *label;
    } rows[] = {
        {"CG1: {challenges: G1, supportedBy: CSn1}\nCSn1: {evidence: yes}\n", "falsified"},
        {"CG1: {challenges: G1, supportedBy: CSn1}\nCSn1: {evidence: no}\n", "in"},
        {"CG1: {challenges: G1, supportedBy: CSn1}\nCSn1: {evidence: perhaps}\n", "undecided"},
        {"CG1: {challenges: G1}\n", "undecided"},
        {"CSn1: {challenges: G1}\n", "falsified"},
        {"CSn1: {challenges: G1}\nCSn2: {challenges: CSn1}\n", "in"},
        {"CSn1: {challenges: G1}\nCSn2: {challenges: CSn1}\nCSn3: {challenges: CSn2}\n",
            "falsified"},
        {"CSn1: {challenges: G1}\nCSn2: {challenges: G1 -> CSn1}\n", "in"},
        {"CSn1: {challenges: [G1, CSn2]}\nCSn2: {challenges: CSn1}\n", "undecided"},
        {"CSn1: {challenges: Sn1}\n", "undercut"},
        {"CSn1: {challenges: G1 -> Sn1}\n", "undercut"},
        {"CSn1: {challenges: G1 -> A1}\n", "undercut"},
        {"CSn1: {challenges: A1}\n", "undercut"},
        {"CG1: {challenges: A1}\n", "undecided"},
        {"CSn1: {challenges: [Sn1, G1]}\n", "falsified"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[400];
        snprintf(text, sizeof(text), "G1: {supportedBy: Sn1, inContextOf: A1}\nSn1:\nA1:\n%s",
            rows[i].challenger);
        check_label(labelled(text), "G1", rows[i].label);
    }
}

static struct fb_case *labelled_file(const char *relative)
{
    char path[1024];
    if (!fb_test_shared(relative, path, sizeof(path))) {
        return NULL;
    }
    struct fb_buf text;
    fb_buf_init(&text, FB_CASE_TEXT_MAX);
    FB_TEST_OK(fb_io_read(path, &text, &err));
    struct fb_case *c = labelled(text.ptr);
    fb_buf_release(&text);
    return c;
}

static void test_dialectic_first(void **state)
{
    (void)state;
    const struct fb_case *c = labelled_file("data/case/gsn2x/examples/dialectic/first.gsn.yaml");
    if (!c) {
        skip();
    }
    char ids[200];
    ids_with(c, FB_LABEL_OUT_FALSIFIED, ids, sizeof(ids));
    assert_string_equal(ids, "G2 G5 Sn3 S2");
    /* GSN v3, 2:11.3.4.4(2): G4 is not defeated, it has lost its support. */
    ids_with(c, FB_LABEL_OUT_UNDERCUT, ids, sizeof(ids));
    assert_string_equal(ids, "G1 S1 G3 G6 G4");
    ids_with(c, FB_LABEL_UNDECIDED, ids, sizeof(ids));
    assert_string_equal(ids, "");
    check_tree(c,
        "G1 is undercut: its support does not stand\n"
        "  S1 is undercut: 0 of its 3 supporters stand, all are needed\n"
        "    G2 \"A defeated goal\" is falsified: 1 challenge to it stands\n"
        "      CG1 \"A counter argument\" stands: its support stands\n"
        "        CG2 \"Another counter argument\" stands: its support stands\n"
        "          CSn1 \"A counter  evidence\" stands: it is asserted in words only, no record is "
        "behind it\n"
        "    G3 is undercut: 0 of its 2 supporters stand, all are needed\n"
        "      G5 is falsified: 1 challenge to it stands\n"
        "        CSn2 \"Another  counter  evidence\" stands: it is asserted in words only, no "
        "record is behind it\n"
        "      G6 is undercut: its support does not stand\n"
        "        Sn3 is falsified: 1 challenge to it stands\n"
        "          CG3 stands: its support stands\n"
        "            CSn3 stands: it is asserted in words only, no record is behind it\n"
        "    G4 is undercut: its support does not stand\n"
        "      S2 is falsified: 1 challenge to it stands\n"
        "        CG4 stands: its support stands\n"
        "          CSn4 stands: it is asserted in words only, no record is behind it\n");
}

static void test_dialectic_second(void **state)
{
    (void)state;
    const struct fb_case *c = labelled_file("data/case/gsn2x/examples/dialectic/second.gsn.yaml");
    if (!c) {
        skip();
    }
    char ids[200];
    ids_with(c, FB_LABEL_OUT_FALSIFIED, ids, sizeof(ids));
    assert_string_equal(ids, "CSn2 CG3 S2");
    ids_with(c, FB_LABEL_OUT_UNDERCUT, ids, sizeof(ids));
    assert_string_equal(ids, "G1 S1 G4");
    char out[200] = "";
    for (size_t i = 0; i < c->challenge_count; i++) {
        const struct fb_challenge *challenge = &c->challenges[i];
        if (challenge->label != FB_LABEL_IN) {
            size_t len = strlen(out);
            snprintf(out + len, sizeof(out) - len, " %.*s->%.*s",
                FB_STR_ARG(c->elements[challenge->by].id),
                FB_STR_ARG(c->elements[challenge->target].id));
        }
    }
    assert_string_equal(out, " CG1->G2 CSn2->G5 CG3->Sn3");
}

static void test_reasons(void **state)
{
    (void)state;
    const struct fb_case *c = labelled("G1: {supportedBy: [G2, G3, G4]}\n"
                                       "G2: {supportedBy: Sn1}\nG3: {supportedBy: Sn2}\n"
                                       "G4: {supportedBy: Sn1}\n"
                                       "Sn1: {evidence: 'no!'}\nSn2: {evidence: 'yes!'}\n");
    check_tree(c, "G1 is undercut: 1 of its 3 supporters stand, all are needed\n"
                  "  G2 is undercut: its support does not stand\n"
                  "    Sn1 is falsified: 'no!' does not hold\n"
                  "      a record says so\n"
                  "  G4 is undercut: its support does not stand\n"
                  "    Sn1 is falsified, as said above\n");
    assert_int_equal(asked, 2);
    assert_int_equal(element(c, "Sn1")->why->seq, 7);
    assert_true(fb_str_is(element(c, "Sn1")->why->record_id, "evaluation/1"));

    c = labelled("G1: {supportedBy: [Sn1, Sn2, Sn3], support: 2 of 3, inContextOf: A1}\n"
                 "Sn1: {evidence: no}\nSn2: {evidence: 'yes!'}\nSn3: {evidence: 'yes!'}\nA1:\n");
    check_tree(c, "G1 stands: 2 of its 3 supporters stand, 2 are needed\n"
                  "  Sn2 stands: 'yes!' holds\n"
                  "    a record says so\n"
                  "  Sn3 stands: 'yes!' holds\n"
                  "    a record says so\n");

    c = labelled("G1: {supportedBy: [Sn1, Sn2]}\nSn1: {evidence: 'yes!'}\nSn2:\n"
                 "CSn1: {challenges: G1 -> Sn1}\nCG2: {challenges: Sn2}\n");
    check_tree(c, "G1 is undercut: 0 of its 2 supporters stand, all are needed\n"
                  "  that Sn1 supports G1 is challenged\n"
                  "    CSn1 stands: it is asserted in words only, no record is behind it\n");

    c = labelled("G1: {supportedBy: [Sn1, Sn2]}\nSn1: {evidence: 'yes!'}\nSn2: {evidence: 'yes!'}\n"
                 "CG2: {challenges: Sn2}\n");
    check_tree(c, "G1 is undecided: 1 of its 2 supporters stand, all are needed\n"
                  "  Sn2 is undecided: a challenge to it is not settled\n"
                  "    a record says so\n"
                  "    CG2 is undecided: nothing supports it\n");
    assert_int_equal(count_why(element(c, "Sn2")->why->child), 1);
}

static void test_undecided_circle_of_challenges(void **state)
{
    (void)state;
    const struct fb_case *c = labelled("G1: {supportedBy: Sn1}\nSn1:\n"
                                       "CSn1: {challenges: [CSn2, Sn1]}\nCSn2: {challenges: "
                                       "CSn1}\n");
    check_label(c, "CSn1", "undecided");
    check_tree(c, "G1 is undecided: its support does not stand\n"
                  "  Sn1 is undecided: a challenge to it is not settled\n"
                  "    CSn1 is undecided: a challenge to it is not settled\n"
                  "      CSn2 is undecided: a challenge to it is not settled\n"
                  "        CSn1 is undecided, as said above\n");
}

static void test_query_fails(void **state)
{
    (void)state;
    struct fb_case *c = parse("G1: {supportedBy: [Sn1, Sn2]}\nSn1: {evidence: yes}\n"
                              "Sn2: {evidence: broken}\n");
    FB_TEST_FAILS(fb_case_label(c, query, NULL, &arena, &err), FB_E_SYNTAX);
    assert_string_equal(err.message, "evidence of 'Sn2': cannot read 'broken'");
    assert_int_equal(err.line, 3);
    assert_null(c->elements[0].why);
    assert_null(c->elements[1].why);
}

static void test_no_query_knows_nothing(void **state)
{
    (void)state;
    struct fb_case *c = parse("G1: {supportedBy: Sn1}\nSn1: {evidence: yes}\n");
    FB_TEST_OK(fb_case_label(c, NULL, NULL, &arena, &err));
    check_label(c, "G1", "undecided");
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    struct fb_case *c = parse("G1: {supportedBy: [G2, Sn1], inContextOf: A1}\n"
                              "G2: {supportedBy: Sn1}\nSn1: {evidence: 'yes!'}\nA1:\n"
                              "CSn1: {challenges: [G2, G1 -> G2]}\n");
    bool passed = false;
    for (int n = 0; n < 100 && !passed; n++) {
        struct fb_arena own;
        fb_arena_init(&own, 1 << 20);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_case_label(c, query, NULL, &own, &err);
        fb_alloc_fail_at(-1);
        passed = code == FB_OK;
        assert_true(passed || (code == FB_E_NOMEM && c->elements[0].why == NULL));
        fb_arena_release(&own);
    }
    assert_true(passed);
    size_t used = 0;
    for (size_t max = 0; used == 0; max += 64) {
        struct fb_arena own;
        fb_arena_init(&own, max);
        enum fb_code code = fb_case_label(c, query, NULL, &own, &err);
        assert_true(code == FB_OK || code == FB_E_LIMIT || code == FB_E_NOMEM);
        used = code == FB_OK ? own.used : 0;
        fb_arena_release(&own);
    }
}

/* 100,000 elements in one line, the last of them false. */
static void test_long_chain(void **state)
{
    (void)state;
    enum { LAST = FB_CASE_CHAIN_MAX - 1 };
    struct fb_buf text;
    fb_buf_init(&text, FB_CASE_TEXT_MAX);
    for (int i = 0; i < LAST; i++) {
        fb_buf_addf(&text, "G%d: {supportedBy: %s%d}\n", i, i == LAST - 1 ? "Sn" : "G", i + 1);
    }
    fb_buf_addf(&text, "Sn%d: {evidence: no}\n", LAST);
    FB_TEST_OK(fb_buf_check(&text, "case", &err));
    const struct fb_case *c = labelled(text.ptr);
    fb_buf_release(&text);
    check_label(c, "G0", "undercut");
    assert_int_equal(c->elements[LAST].label, FB_LABEL_OUT_FALSIFIED);
    const struct fb_why *why = c->elements[0].why;
    size_t levels = 1;
    while (why->child) {
        assert_null(why->child->next);
        why = why->child;
        levels++;
    }
    assert_int_equal(levels, FB_CASE_WHY_DEPTH_MAX + 3);
    assert_true(fb_str_is(why->text, "Sn4999 is falsified: 'no' does not hold"));
}

/* A circle of 100,000 is found and shown in short. */
static void test_long_circle(void **state)
{
    (void)state;
    struct fb_buf text;
    fb_buf_init(&text, FB_CASE_TEXT_MAX);
    for (int i = 0; i < FB_CASE_ELEMENTS_MAX; i++) {
        fb_buf_addf(&text, "G%d: {supportedBy: G%d}\n", i, (i + 1) % FB_CASE_ELEMENTS_MAX);
    }
    struct fb_case *c = NULL;
    FB_TEST_FAILS(fb_case_parse(fb_buf_str(&text), "c", &arena, &c, &err), FB_E_SYNTAX);
    assert_non_null(strstr(err.message, "G0 -> G1 -> "));
    assert_non_null(strstr(err.message, "(99988 more) -> G0"));
    fb_buf_release(&text);
}

/* A tree of 5,000: four goals under each goal, every leaf false. */
static void test_wide_case(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct fb_buf text;
    fb_buf_init(&text, FB_CASE_TEXT_MAX);
    for (int i = 0; i < COUNT; i++) {
        fb_buf_addf(&text, "G%d: {", i);
        for (int k = 1; k <= 4 && 4 * i + k < COUNT; k++) {
            fb_buf_addf(&text, "%sG%d", k == 1 ? "supportedBy: [" : ", ", 4 * i + k);
        }
        fb_buf_add_c(&text, 4 * i + 1 < COUNT ? "]}\n" : "evidence: 'no!'}\n");
    }
    FB_TEST_OK(fb_buf_check(&text, "case", &err));
    const struct fb_case *c = labelled(text.ptr);
    fb_buf_release(&text);
    assert_int_equal(c->element_count, COUNT);
    assert_int_equal(asked, 1);
    check_label(c, "G0", "undercut");
    check_label(c, "G4999", "falsified");
    const struct fb_why *why = c->elements[0].why;
    assert_in_range(count_why(why), FB_CASE_WHY_MAX, 2 * FB_CASE_WHY_MAX + 1);
    while (why->child) {
        for (why = why->child; why->next; why = why->next) {
        }
        if (!why->child) {
            break;
        }
    }
    assert_true(fb_str_is(why->text, "further reasons are left out"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_leaves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_support, setup, teardown),
        cmocka_unit_test_setup_teardown(test_challenges, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dialectic_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dialectic_second, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reasons, setup, teardown),
        cmocka_unit_test_setup_teardown(test_undecided_circle_of_challenges, setup, teardown),
        cmocka_unit_test_setup_teardown(test_query_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_query_knows_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_chain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_circle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wide_case, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-label", tests, NULL, NULL);
}

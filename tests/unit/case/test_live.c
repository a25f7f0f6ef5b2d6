/* Tests of src/case: live.c, bindings.c and what label.c and bounds.c do with them. */
#include <math.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "case/bounds.h"
#include "case/document.h"
#include "case/live.h"
#include "fb_case.h"

/* What predicate "pN" comes to: a letter of y, n, m; a capital one is stale, and * is doubtful and
 * holds, / doubtful and fails. */
static char answers[32];
static size_t asked;

static enum fb_code query(void *ctx, struct fb_str predicate, struct fb_arena *memory,
    struct fb_evidence *out, struct fb_err *error)
{
    uint64_t n = 0;
    (void)ctx;
    asked++;
    if (!fb_str_u64(fb_str_sub(predicate, 1, predicate.len), &n) || n >= sizeof(answers)) {
        return fb_err_set(error, FB_E_SYNTAX, "cannot read '%.*s'", FB_STR_ARG(predicate));
    }
    char c = answers[n];
    out->health = c == 'y' || c == 'Y' || c == '*'   ? FB_EVIDENCE_HOLDS
                  : c == 'n' || c == 'N' || c == '/' ? FB_EVIDENCE_FAILS
                                                     : FB_EVIDENCE_UNKNOWN;
    out->is_stale = c == 'Y' || c == 'N' || c == 'M';
    out->is_doubtful = c == '*' || c == '/';
    out->why = fb_why_new(memory, "record %d says %c", (int)n, c);
    return out->why ? FB_OK : fb_arena_failed(memory, error);
}

static struct fb_case *labelled_at(const char *text, const char *now)
{
    struct fb_case *c = built(fb_str_of(text));
    if (now) {
        FB_TEST_OK(fb_time_parse(fb_str_of(now), &c->now, &err));
    }
    FB_TEST_OK(fb_case_label(c, query, NULL, &arena, &err));
    return c;
}

static uint32_t find(const struct fb_case *c, const char *id)
{
    for (uint32_t i = 0; i < c->element_count; i++) {
        if (fb_str_is(c->elements[i].id, id)) {
            return i;
        }
    }
    fail_msg("no element %s", id);
    return 0;
}

static const char *label_of(const struct fb_case *c, const char *id)
{
    return fb_label_name(c->elements[find(c, id)].label);
}

static bool says(const struct fb_why *why, const char *part)
{
    for (; why; why = why->next) {
        if (memmem(why->text.ptr, why->text.len, part, strlen(part)) || says(why->child, part)) {
            return true;
        }
    }
    return false;
}

enum { GOALS = 12, LEAVES = 10, COUNTERS = 5 };

/* A case with shared leaves, contexts, every kind of support, and challenges of elements, relations
 * and challenges, in circles too. */
static void make(struct fb_buf *out)
{
    for (uint32_t g = 0; g < GOALS; g++) {
        fb_buf_addf(out, "G%u: {supportedBy: [Sn%u", g, chance(LEAVES));
        uint32_t more = chance(3);
        for (uint32_t next = g + 1; more > 0 && next < GOALS; next += 1 + chance(2), more--) {
            fb_buf_addf(out, ", G%u", next);
        }
        if (g == 0) {
            for (uint32_t next = 1; next < GOALS; next++) {
                fb_buf_addf(out, ", G%u", next);
            }
        }
        static const char *const SUPPORT[] = {"", ", support: any", ", support: all"};
        fb_buf_addf(out, "]%s, inContextOf: [C%u]}\n", g ? SUPPORT[chance(3)] : "", chance(2));
    }
    fb_buf_add_c(out, "C0: {evidence: p20}\nC1: {}\n");
    for (uint32_t i = 0; i < LEAVES; i++) {
        fb_buf_addf(out, "Sn%u: {evidence: p%u}\n", i, i);
    }
    for (uint32_t i = 0; i < COUNTERS; i++) {
        fb_buf_addf(out, "CSn%u: {evidence: p%u, challenges: [", i, LEAVES + i);
        switch (chance(4)) {
        case 0:
            fb_buf_addf(out, "G%u", chance(GOALS));
            break;
        case 1:
            fb_buf_addf(out, "Sn%u, G%u", chance(LEAVES), chance(GOALS));
            break;
        case 2:
            fb_buf_addf(out, "CSn%u", (i + 1 + chance(COUNTERS - 1)) % COUNTERS);
            break;
        default:
            fb_buf_addf(out, "'G0 -> G%u'", 1 + chance(GOALS - 1));
            break;
        }
        fb_buf_add_c(out, "]}\n");
    }
}

static void assert_same(const struct fb_case *x, const struct fb_case *y, bool reasons)
{
    for (size_t i = 0; i < x->element_count; i++) {
        assert_int_equal(x->elements[i].label, y->elements[i].label);
        if (reasons) {
            assert_true(fb_str_eq(x->elements[i].why->text, y->elements[i].why->text));
        }
    }
    for (size_t i = 0; i < x->challenge_count; i++) {
        assert_int_equal(x->challenges[i].label, y->challenges[i].label);
    }
}

/* After any change the labels and reasons are those of a case that was labelled anew. */
static void test_as_labelled_anew(void **state)
{
    (void)state;
    for (uint32_t round = 1; round < 60; round++) {
        struct fb_buf text;
        fb_buf_init(&text, 1 << 16);
        seed = round * 7919;
        make(&text);
        for (size_t i = 0; i < sizeof(answers); i++) {
            answers[i] = "yyyymnYN*/"[chance(10)];
        }
        struct fb_case *c = built(fb_buf_str(&text));
        struct fb_case *fresh = built(fb_buf_str(&text));
        struct fb_case_live *live = NULL;
        FB_TEST_OK(fb_case_live_new(c, query, NULL, &arena, &live, &err));
        for (int step = 0; step < 20; step++) {
            answers[chance(21)] = "yyymnYN*/"[chance(9)];
            FB_TEST_OK(fb_case_live_ask(live, query, NULL, NULL, &err));
            FB_TEST_OK(fb_case_label(fresh, query, NULL, &arena, &err));
            assert_same(c, fresh, true);
        }
        /* Taking things to hold or fail, and taking that back, leaves no trace. */
        for (int step = 0; step < 20; step++) {
            fb_case_live_force(
                live, chance((uint32_t)c->element_count), (enum fb_evidence_state)chance(3));
        }
        for (uint32_t i = 0; i < c->element_count; i++) {
            fb_case_live_free(live, i);
        }
        assert_same(c, fresh, false);
        FB_TEST_OK(fb_case_live_explain(live, &err));
        assert_same(c, fresh, true);
        fb_buf_release(&text);
        fb_arena_release(&arena);
    }
}

/* Only what depends on a change is looked at, and every predicate is asked once. */
static void test_touches_little(void **state)
{
    (void)state;
    memset(answers, 'y', sizeof(answers));
    struct fb_case *c = built(FB_STR(
        "G1: {supportedBy: [G2, G3]}\nG2: {supportedBy: [Sn1, Sn2]}\nG3: {supportedBy: [Sn3]}\n"
        "Sn1: {evidence: p1}\nSn2: {evidence: p2}\nSn3: {evidence: p1}\n"));
    struct fb_case_live *live = NULL;
    size_t count = 0;
    asked = 0;
    FB_TEST_OK(fb_case_live_new(c, query, NULL, &arena, &live, &err));
    assert_int_equal(asked, 2);
    answers[2] = 'n';
    FB_TEST_OK(fb_case_live_ask(live, query, NULL, &count, &err));
    assert_int_equal(count, 3);
    assert_string_equal(label_of(c, "G1"), "undercut");
    assert_string_equal(label_of(c, "G3"), "in");
    FB_TEST_OK(fb_case_live_ask(live, query, NULL, &count, &err));
    assert_int_equal(count, 0);
    fb_case_live_force(live, find(c, "G3"), FB_EVIDENCE_FAILS);
    assert_int_equal(fb_case_live_touched(live), 2);
    assert_string_equal(label_of(c, "G3"), "falsified");
    FB_TEST_OK(fb_case_live_explain(live, &err));
    assert_true(says(c->elements[c->top].why, "taken to fail"));
}

/* Evidence that is old or not authentic counts where it hurts the top claim, and nowhere else. */
static void test_doubt_never_helps(void **state)
{
    (void)state;
    static const char *const TEXT =
        "G1: {supportedBy: [Sn1]}\nSn1: {evidence: p1}\n"
        "CG1: {challenges: G1, supportedBy: [CSn2]}\nCSn2: {evidence: p2}\n";
    static const struct {
        const char *answers; /* of p1 and p2 */
        const char *labels[3];
    } CASES[] = {
        {"yn", {"in", "in", "falsified"}},
        {"Yn", {"undecided", "undecided", "falsified"}},
        {"*n", {"undecided", "undecided", "falsified"}},
        {"Nn", {"undercut", "falsified", "falsified"}},
        {"/n", {"undercut", "falsified", "falsified"}},
        {"yN", {"undecided", "in", "undecided"}},
        {"y/", {"undecided", "in", "undecided"}},
        {"yY", {"falsified", "in", "in"}},
        {"y*", {"falsified", "in", "in"}},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        memcpy(answers + 1, CASES[i].answers, 2);
        const struct fb_case *c = labelled_at(TEXT, NULL);
        assert_string_equal(label_of(c, "G1"), CASES[i].labels[0]);
        assert_string_equal(label_of(c, "Sn1"), CASES[i].labels[1]);
        assert_string_equal(label_of(c, "CSn2"), CASES[i].labels[2]);
    }
    memcpy(answers + 1, "Yn", 2);
    assert_true(
        says(labelled_at(TEXT, NULL)->elements[0].why, "holds, but its evidence is out of date"));
    memcpy(answers + 1, "*n", 2);
    const struct fb_case *c = labelled_at(TEXT, NULL);
    assert_true(says(c->elements[0].why, "not shown to be authentic"));
    assert_true(c->elements[find(c, "Sn1")].evidence.is_doubtful);
    assert_int_equal(c->elements[find(c, "Sn1")].evidence.health, FB_EVIDENCE_HOLDS);
}

/* A doubt is set aside by name until a date; what evidence says never is. */
static void test_accepted(void **state)
{
    (void)state;
    memset(answers, 'y', sizeof(answers));
    static const char *const OPEN =
        "G1: {supportedBy: [G2, Sn1]}\nG2: {undeveloped: true, "
        "accepted: {by: Jo Doe, until: 2027-01-31, because: small}}\nSn1: {}\n"
        "CSn1: {challenges: G1, accepted: {by: Jo, until: 2027-06-30, evidence: p3}}\n";
    const struct fb_case *c = labelled_at(OPEN, "2027-01-30");
    assert_string_equal(label_of(c, "G1"), "in");
    assert_true(says(c->elements[0].why, "accepted by Jo Doe until 2027-01-31 00:00"));
    assert_true(c->elements[find(c, "G2")].is_set_aside);
    assert_true(says(c->elements[find(c, "CSn1")].why, "set aside: the doubt is accepted by Jo"));
    assert_string_equal(label_of(labelled_at(OPEN, "2027-01-31"), "G1"), "undecided");
    assert_string_equal(label_of(labelled_at(OPEN, NULL), "G1"), "falsified");
    for (const char *at = "Y*mn"; *at; at++) {
        answers[3] = *at;
        assert_string_equal(label_of(labelled_at(OPEN, "2027-01-30"), "G1"), "falsified");
    }
    static const char *const FALSE_LEAF =
        "G1: {supportedBy: [Sn1]}\nSn1: {evidence: p1, accepted: {by: Jo, until: 2027-01-31}}\n"
        "CSn1: {challenges: G1, evidence: p2, accepted: {by: Jo, until: 2027-01-31}}\n";
    memcpy(answers + 1, "mm", 2);
    assert_string_equal(label_of(labelled_at(FALSE_LEAF, "2027-01-01"), "G1"), "in");
    memcpy(answers + 1, "nm", 2);
    assert_string_equal(label_of(labelled_at(FALSE_LEAF, "2027-01-01"), "G1"), "undercut");
    memcpy(answers + 1, "my", 2);
    assert_string_equal(label_of(labelled_at(FALSE_LEAF, "2027-01-01"), "G1"), "falsified");
    /* What speaks for the top and against it cannot be accepted: it would count against one. */
    c = labelled_at("G1: {supportedBy: [G2, Sn1]}\nG2: {undeveloped: true, accepted: {by: Jo, "
                    "until: 2027-01-31}}\nSn1: {}\nCG1: {challenges: Sn1, supportedBy: G2}\n",
        "2027-01-01");
    assert_string_equal(label_of(c, "G2"), "undecided");
    assert_false(c->elements[find(c, "G2")].is_set_aside);
}

/* Whoever asks what would be if a doubt were true is not told that it is accepted. */
static void test_accepted_and_forced(void **state)
{
    (void)state;
    struct fb_case_live *live = NULL;
    struct fb_case *c = built(FB_STR("G1: {supportedBy: [G2]}\nG2: {undeveloped: true, accepted: "
                                     "{by: Jo, until: 2027-01-31}}\n"));
    FB_TEST_OK(fb_time_parse(FB_STR("2027-01-01"), &c->now, &err));
    FB_TEST_OK(fb_case_live_new(c, query, NULL, &arena, &live, &err));
    uint32_t at = find(c, "G2");
    assert_true(c->elements[at].is_set_aside);
    fb_case_live_force(live, at, FB_EVIDENCE_FAILS);
    assert_false(c->elements[at].is_set_aside);
    assert_string_equal(label_of(c, "G1"), "undercut");
    fb_case_live_free(live, at);
    assert_true(c->elements[at].is_set_aside);
    assert_string_equal(label_of(c, "G1"), "in");
    /* A challenge that is gone says so. */
    c = built(FB_STR("G1: {supportedBy: [Sn1]}\nSn1: {}\nCSn1: {challenges: G1}\n"));
    FB_TEST_OK(fb_case_live_new(c, query, NULL, &arena, &live, &err));
    assert_int_equal(c->challenges[0].label, FB_LABEL_IN);
    fb_case_live_force(live, find(c, "CSn1"), FB_EVIDENCE_FAILS);
    assert_string_equal(label_of(c, "G1"), "in");
    assert_int_equal(c->challenges[0].label, FB_LABEL_OUT_UNDERCUT);
}

static double low_of(const struct fb_case *c, const char *id)
{
    struct fb_case_bounds *all = NULL;
    FB_TEST_OK(fb_case_bound(c, &arena, &all, &err));
    return all[find(c, id)].low;
}

/* What counts against a claim counts when it is old or doubtful too, but shows nothing. */
static void test_harm_is_not_shown(void **state)
{
    (void)state;
    static const char TEXT[] =
        "G1: {supportedBy: [Sn1]}\nSn1: {}\nCSn1: {challenges: G1, evidence: p1}\n";
    for (const char *at = "yY*"; *at; at++) {
        answers[1] = *at;
        const struct fb_case *c = labelled_at(TEXT, NULL);
        assert_string_equal(label_of(c, "G1"), "falsified");
        assert_true(low_of(c, "CSn1") == (*at == 'y'));
    }
}

/* Whoever tries failures on a case that was answered starts from all its answers. */
static void test_again_knows_all(void **state)
{
    (void)state;
    struct fb_case *copy = NULL;
    struct fb_case_live *live = NULL;
    memset(answers, 'y', sizeof(answers));
    const struct fb_case *c =
        labelled_at("G1: {supportedBy: [G2, G3]}\nG2: {undeveloped: true, accepted: {by: Jo, "
                    "until: 2027-01-31, "
                    "evidence: p3}}\nG3: {supportedBy: [Sn1, Sn2], support: any, independent: p5}\n"
                    "Sn1: {confidence: 0.9}\nSn2: {confidence: 0.9}\n",
            "2027-01-01");
    FB_TEST_OK(fb_case_live_again(c, &arena, &copy, &live, &err));
    assert_string_equal(label_of(copy, "G1"), "in");
    assert_true(copy->elements[find(copy, "G2")].is_set_aside);
    assert_true(fabs(low_of(copy, "G3") - 0.99) < 1e-9);
}

/* A product only where independence is shown; an acceptance is no evidence. */
static void test_independence(void **state)
{
    (void)state;
    memset(answers, 'y', sizeof(answers));
    static const char *const SUPPORT[] = {"all", "any", "2 of 3"};
    static const double FRECHET[] = {0.5, 0.9, 0.55}, PRODUCT[] = {0.576, 0.996, 0.928};
    for (size_t i = 0; i < 3; i++) {
        char text[300];
        snprintf(text, sizeof(text),
            "G1: {supportedBy: [Sn1, Sn2, Sn3], support: %s, independent: p5}\n"
            "Sn1: {confidence: 0.9}\nSn2: {confidence: 0.8}\nSn3: {confidence: 0.8}\n",
            SUPPORT[i]);
        answers[5] = 'y';
        assert_true(fabs(low_of(labelled_at(text, NULL), "G1") - PRODUCT[i]) < 1e-9);
        static const char NOT[] = "nmY*";
        for (size_t k = 0; k < sizeof(NOT) - 1; k++) {
            answers[5] = NOT[k];
            double low = low_of(labelled_at(text, NULL), "G1");
            assert_true(low < PRODUCT[i] && low >= (i < 2 ? FRECHET[i] - 1e-9 : 0.7));
        }
    }
    answers[1] = 'm';
    assert_true(
        low_of(labelled_at("G1: {supportedBy: [Sn1]}\nSn1: {evidence: p1, accepted: {by: Jo, "
                           "until: 2027-01-31}}\n",
                   "2027-01-01"),
            "G1") == 0);
}

/* Supporters that rest on the same evidence are not independent, whoever says so: directly, through
 * others, by the same question to the records, or by an assumption that is not certain. */
static void test_shared_evidence(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double low;
    } ROWS[] = {
        {"Sn1: {confidence: 0.9}\nSn2: {confidence: 0.9}\nG2: {supportedBy: Sn1}\n"
         "G3: {supportedBy: Sn2}\n",
            0.99},
        {"Sn1: {confidence: 0.9}\nG2: {supportedBy: Sn1}\nG3: {supportedBy: Sn1}\n", 0.9},
        {"Sn1: {confidence: 0.9}\nG2: {supportedBy: Sn1}\nG3: {supportedBy: G4}\n"
         "G4: {supportedBy: G2}\n",
            0.9},
        {"Sn1: {confidence: 0.9, evidence: p1}\nSn2: {confidence: 0.9, evidence: p1}\n"
         "G2: {supportedBy: Sn1}\nG3: {supportedBy: Sn2}\n",
            0.9},
        {"Sn1: {confidence: 1}\nSn2: {confidence: 1}\nA1: {confidence: 0.9}\n"
         "G2: {supportedBy: Sn1, inContextOf: A1}\nG3: {supportedBy: Sn2, inContextOf: A1}\n",
            0.9},
        {"Sn1: {confidence: 0.9}\nSn2: {confidence: 0.9}\nA1: {}\n"
         "G2: {supportedBy: Sn1, inContextOf: A1}\nG3: {supportedBy: Sn2, inContextOf: A1}\n",
            0.99},
        /* What two elements rest on is not shared by the supporters of one of them. */
        {"Sn1: {confidence: 0.9}\nSn2: {confidence: 0.9}\nSn3: {confidence: 0.9}\n"
         "G2: {supportedBy: [Sn1, Sn2], support: any, independent: p5}\nG3: {supportedBy: Sn3}\n",
            0.999},
        {"Sn1: {confidence: 0.9}\nSn2: {confidence: 0.9}\nSn3: {confidence: 0.9}\n"
         "G2: {supportedBy: [G4, G5], support: any, independent: p5}\nG3: {supportedBy: Sn3}\n"
         "G4: {supportedBy: Sn1}\nG5: {supportedBy: Sn2}\n",
            0.999},
    };
    memset(answers, 'y', sizeof(answers));
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        char text[500];
        snprintf(text, sizeof(text),
            "G1: {supportedBy: [G2, G3], support: any, independent: p5}\n%s", ROWS[i].text);
        double low = low_of(labelled_at(text, NULL), "G1");
        if (fabs(low - ROWS[i].low) > 1e-9) {
            fail_msg("%zu: %g", i, low);
        }
    }
}

/* Claims are bound to hazards, mitigations, outcomes and red lines. */
static void test_bindings(void **state)
{
    (void)state;
    const struct fb_case *c = built(
        FB_STR("G1: {undeveloped: true, hazards: [H1, H2], mitigations: filter, outcomes: [none],\n"
               "  redlines: [a/b/cyber], cost: 2.5}\n"));
    static const char *const NAMES[] = {"H1", "H2", "filter", "none", "a/b/cyber"};
    static const enum fb_binding_kind KINDS[] = {FB_BINDING_HAZARD, FB_BINDING_HAZARD,
        FB_BINDING_MITIGATION, FB_BINDING_OUTCOME, FB_BINDING_LINE};
    assert_int_equal(c->binding_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_true(fb_str_is(c->bindings[i].name, NAMES[i]));
        assert_int_equal(c->bindings[i].kind, KINDS[i]);
    }
    assert_true(c->elements[0].cost == 2.5);
    assert_true(isnan(built(FB_STR("G1: {undeveloped: true}\n"))->elements[0].cost));
}

/* Each value of the wrong form is refused where it stands. */
static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *keys;
        const char *message;
    } CASES[] = {
        {"accepted: yes", "is no acceptance"},
        {"accepted: {by: Jo}", "does not say until when"},
        {"accepted: {until: 2027-01-01}", "does not say who"},
        {"accepted: {by: Jo, until: soon}", "is no date"},
        {"accepted: {by: Jo, until: 2027-01-01, x: 1}", "is no part of an acceptance"},
        {"independent: p1", "claims no independence"},
        {"cost: -1", "is no cost"},
        {"cost: much", "is no cost"},
        {"hazards: ['']", "names nothing"},
        {"redlines: cyber", "names no red line"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        char text[300];
        struct fb_case *c = NULL;
        snprintf(text, sizeof(text), "G1: {undeveloped: true, %s}\n", CASES[i].keys);
        FB_TEST_FAILS(fb_case_parse(fb_str_of(text), "c.yaml", &arena, &c, &err), FB_E_SCHEMA);
        assert_non_null(strstr(err.message, CASES[i].message));
        assert_true(err.line == 1 && err.column > 24);
    }
}

/* Whatever allocation fails, the argument is left alone or the failure is told. */
static void test_memory_runs_out(void **state)
{
    (void)state;
    memset(answers, 'y', sizeof(answers));
    struct fb_case *c = built(FB_STR("G1: {supportedBy: [Sn1]}\nSn1: {evidence: p1}\n"));
    for (long n = 0;; n++) {
        struct fb_arena own;
        struct fb_case_live *live = NULL;
        fb_arena_init(&own, (size_t)1 << 24);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_case_live_new(c, query, NULL, &own, &live, &err);
        code = code ? code : fb_case_live_ask(live, query, NULL, NULL, &err);
        fb_alloc_fail_at(-1);
        fb_arena_release(&own);
        if (code == FB_OK) {
            assert_true(n > 0);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        fb_err_init(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_as_labelled_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_touches_little, setup, teardown),
        cmocka_unit_test_setup_teardown(test_doubt_never_helps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_accepted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_accepted_and_forced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_harm_is_not_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_again_knows_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_independence, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shared_evidence, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bindings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-live", tests, NULL, NULL);
}

/* Tests of src/case: bounds.c: labels of relations, bounds, and the properties of both. */
#include <math.h>

#include "base/buf.h"
#include "case/bounds.h"
#include "case/document.h"
#include "fb_case.h"

static struct fb_case_bounds bounds_of(const struct fb_case *c, const char *id)
{
    struct fb_case_bounds *all = NULL;
    FB_TEST_OK(fb_case_bound(c, &arena, &all, &err));
    for (size_t i = 0; i < c->element_count; i++) {
        if (fb_str_is(c->elements[i].id, id)) {
            return all[i];
        }
    }
    fail_msg("no element %s", id);
    return all[0];
}

static void test_rules(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double low, high;
    } ROWS[] = {
        {"G1: {supportedBy: Sn1}\nSn1: {confidence: 0.9}\n", 0.9, 1},
        {"G1: {supportedBy: Sn1}\nSn1: {}\n", 0, 1},
        {"G1: {supportedBy: Sn1}\nSn1: {evidence: 'yes'}\n", 1, 1},
        {"G1: {supportedBy: Sn1}\nSn1: {evidence: maybe, confidence: 0.9}\n", 0, 1},
        {"G1: {evidence: 'no'}\n", 0, 0},
        {"G1: {supportedBy: Sn1}\nSn1: {evidence: 'no'}\n", 0, 1},
        {"G1: {supportedBy: [Sn1, Sn2]}\nSn1: {confidence: 0.9}\nSn2: {confidence: 0.8}\n", 0.7, 1},
        {"G1: {supportedBy: [Sn1, Sn2], support: any}\nSn1: {confidence: 0.9}\n"
         "Sn2: {confidence: 0.8}\n",
            0.9, 1},
        /* At least 2 of 3, each at least 0.9: at most (0.1 + 0.1 + 0.1) / 2 can be missing. */
        {"G1: {supportedBy: [Sn1, Sn2, Sn3], support: 2 of 3}\nSn1: {confidence: 0.9}\n"
         "Sn2: {confidence: 0.9}\nSn3: {confidence: 0.9}\n",
            0.85, 1},
        {"G1: {supportedBy: [Sn1, Sn2], exhaustive: true}\nSn1: {confidence: [0.9, 0.95]}\n"
         "Sn2: {confidence: [0.8, 0.85]}\n",
            0.7, 0.85},
        {"G1: {supportedBy: Sn1, inContextOf: A1}\nSn1: {confidence: 0.9}\nA1: {}\n", 0.9, 1},
        {"G1: {supportedBy: Sn1, inContextOf: A1}\nSn1: {confidence: 0.9}\nA1: {confidence: 0.8}\n",
            0.7, 1},
        {"G1: {supportedBy: Sn1}\nSn1: {confidence: 0.9}\nCG1: {challenges: G1, undeveloped: "
         "true}\n",
            0, 1},
        {"G1: {supportedBy: Sn1}\nSn1: {confidence: 0.9}\nCSn1: {challenges: G1}\n", 0, 0},
        {"G1: {supportedBy: Sn1}\nSn1: {confidence: 0.9}\nCSn1: {challenges: G1 -> Sn1}\n", 0, 1},
        {"G1: {supportedBy: Sn1}\nSn1: {confidence: 0.9}\nCSn1: {challenges: G1}\n"
         "CSn2: {challenges: CSn1}\n",
            0.9, 1},
        /* An open challenge takes its high end from below, its low end from above. */
        {"G1: {supportedBy: Sn1}\nSn1: {confidence: 0.9}\n"
         "CG1: {challenges: G1, undeveloped: true, confidence: [0.1, 0.3]}\n",
            0.6, 0.9},
        /* One of a relation takes from what is seen through it, there and nowhere else. */
        {"G1: {supportedBy: Sn1, exhaustive: true}\nSn1: {confidence: [0.5, 0.6]}\n"
         "CG1: {challenges: G1 -> Sn1, undeveloped: true, confidence: [0.1, 0.3]}\n",
            0.2, 0.9},
        {"G1: {supportedBy: Sn1, inContextOf: C1}\nSn1: {confidence: 0.9}\nC1: {}\n"
         "CG1: {challenges: G1 -> C1, undeveloped: true, confidence: [0.1, 0.3]}\n",
            0.9, 1},
        {"G1: {supportedBy: [Sn1, Sn2], support: any}\nSn1: {confidence: 0.9}\n"
         "Sn2: {confidence: 0.5}\n"
         "CG1: {challenges: G1 -> Sn2, undeveloped: true, confidence: [0.1, 0.6]}\n",
            0.9, 1},
        /* A context that asks the records counts, whatever its numbers. */
        {"G1: {supportedBy: Sn1, inContextOf: C1}\nSn1: {confidence: 0.9}\nC1: {evidence: maybe}\n",
            0, 1},
        /* A challenge whose support is gone says nothing. */
        {"G1: {supportedBy: Sn1}\nSn1: {confidence: 0.9}\n"
         "CG1: {challenges: G1, supportedBy: CSn2}\nCSn2: {evidence: 'no'}\n",
            0.9, 1},
        /* And one of a challenge from what that is sure of. */
        {"G1: {supportedBy: Sn1}\nSn1: {confidence: 0.9}\n"
         "CG1: {challenges: G1, undeveloped: true, confidence: [0.2, 0.3]}\n"
         "CG2: {challenges: G1 -> CG1, undeveloped: true, confidence: [0.1, 0.15]}\n",
            0.6, 0.95},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct fb_case_bounds got = bounds_of(labelled(fb_str_of(ROWS[i].text)), "G1");
        if (fabs(got.low - ROWS[i].low) > 1e-9 || fabs(got.high - ROWS[i].high) > 1e-9) {
            fail_msg("%s: got [%g, %g]", ROWS[i].text, got.low, got.high);
        }
    }
}

static void test_relations(void **state)
{
    (void)state;
    const struct fb_case *c = labelled(FB_STR(
        "G1: {supportedBy: [S1, G2], inContextOf: [C1]}\nS1: {supportedBy: Sn1}\nSn1: {}\n"
        "G2: {supportedBy: Sn1}\nC1: {}\nCSn1: {challenges: [G1 -> G2, S1]}\n"
        "CG2: {challenges: [G1 -> C1], undeveloped: true}\nCSn3: {challenges: [S1 -> CSn1]}\n"));
    struct fb_case_relation *all = NULL;
    size_t count = 0;
    FB_TEST_OK(fb_case_relations(c, &arena, &all, &count, &err));
    static const char *const EXPECTED[] = {"support S1 in", "support G2 falsified",
        "context C1 undecided", "support Sn1 in", "support Sn1 in", "challenge of a relation G1 in",
        "challenge S1 falsified", "challenge of a relation G1 undecided",
        "challenge of a relation CSn1 in"};
    assert_int_equal(count, 9);
    for (size_t i = 0; i < count; i++) {
        char got[100];
        snprintf(got, sizeof(got), "%s %.*s %s", fb_relation_kind_name(all[i].kind),
            FB_STR_ARG(c->elements[all[i].to].id), fb_label_name(all[i].label));
        assert_string_equal(got, EXPECTED[i]);
    }
    assert_true(fb_str_is(c->elements[all[5].second].id, "G2"));
    assert_true(fb_str_is(c->elements[all[8].second].id, "S1"));
}

enum { LEAVES = 9, GOALS = 5 };

/* A small argument whose leaves have these answers: y, n, m or, left out, -. Goals need all. */
static struct fb_case *argument(uint32_t shape, const char *answers, bool reversed)
{
    struct fb_buf text;
    fb_buf_init(&text, 1 << 16);
    seed = shape;
    for (int g = 0; g < GOALS; g++) {
        uint32_t from = chance(LEAVES), count = 1 + chance(4);
        fb_buf_addf(&text, "G%d: {supportedBy: [", g);
        for (uint32_t k = 0; k < count; k++) {
            uint32_t leaf = reversed ? count - 1 - k : k;
            if (answers[(from + leaf) % LEAVES] != '-') {
                fb_buf_addf(&text, "Sn%u, ", (from + leaf) % LEAVES);
            }
        }
        if (g + 1 < GOALS) {
            fb_buf_addf(&text, "G%d", g + 1);
        }
        fb_buf_add_c(&text, "]}\n");
    }
    for (int i = 0; i < LEAVES; i++) {
        if (answers[i] != '-') {
            fb_buf_addf(&text, "Sn%d: {evidence: '%s', confidence: 0.9%d}\n", i,
                answers[i] == 'y'   ? "yes"
                : answers[i] == 'n' ? "no"
                                    : "maybe",
                i);
        }
    }
    fb_buf_addf(&text, "Sn99: {evidence: 'yes'}\nCSn1: {challenges: [G%u], evidence: '%s'}\n",
        chance(GOALS), chance(2) ? "no" : "maybe");
    struct fb_case *c = labelled(fb_buf_str(&text));
    fb_buf_release(&text);
    return c;
}

/* How much a label says for a claim. */
static int rank(enum fb_label label)
{
    return label == FB_LABEL_IN ? 2 : label == FB_LABEL_UNDECIDED ? 1 : 0;
}

static int rank_of(char answer)
{
    return answer == 'y' ? 2 : answer == 'm' ? 1 : 0;
}

/* Better answers never lower the top's label or bound; the order of supporters does not matter; one
 * false leaf that is needed brings the top down, however many are good. */
static void test_properties(void **state)
{
    (void)state;
    for (uint32_t round = 1; round < 500; round++) {
        char answers[LEAVES + 1] = "", other[LEAVES + 1] = "";
        seed = round * 7919;
        bool falsified = false;
        for (int i = 0; i < LEAVES; i++) {
            answers[i] = "yyynm"[chance(5)];
            other[i] = "ynm"[chance(3)];
            other[i] = rank_of(other[i]) < rank_of(answers[i]) ? other[i] : answers[i];
        }
        const struct fb_case *good = argument(round, answers, false);
        const struct fb_case *worse = argument(round, other, false);
        const struct fb_case *turned = argument(round, answers, true);
        assert_true(rank(good->elements[0].label) >= rank(worse->elements[0].label));
        assert_true(bounds_of(good, "G0").low >= bounds_of(worse, "G0").low - 1e-12);
        assert_int_equal(good->elements[0].label, turned->elements[0].label);
        assert_true(fabs(bounds_of(good, "G0").low - bounds_of(turned, "G0").low) < 1e-12);
        for (size_t i = 0; i < good->element_count; i++) {
            falsified = falsified || (good->elements[i].kind == FB_ELEMENT_SOLUTION &&
                                         good->elements[i].label == FB_LABEL_OUT_FALSIFIED &&
                                         i < good->element_count);
        }
        /* Every leaf that some goal names is needed: all goals need all and lead to the top. */
        bool needed = false;
        for (int g = 0; g < GOALS; g++) {
            const struct fb_element *e = &good->elements[g];
            for (size_t k = 0; k < e->supported_by_count; k++) {
                needed =
                    needed || good->elements[e->supported_by[k]].label == FB_LABEL_OUT_FALSIFIED;
            }
        }
        assert_true(!needed || (falsified && rank(good->elements[0].label) == 0));
        fb_arena_release(&arena);
    }
}

/* A leaf that becomes doubtful, or whose evidence was removed, never raises what rests on it. */
static void test_suspect_never_raises(void **state)
{
    (void)state;
    static const char *const BASE = "G1: {supportedBy: [Sn1, Sn2, Sn3]%s}\n"
                                    "Sn1: {confidence: 0.95, evidence: 'yes'}\n"
                                    "Sn2: {confidence: 0.9, evidence: 'yes'}\n"
                                    "Sn3: {confidence: 0.2%s}\n";
    static const char *const SUPPORT[] = {"", ", support: any", ", support: 2 of 3"};
    static const char *const CHANGES[] = {
        ", evidence: 'yes'", ", evidence: maybe", ", evidence: 'no'"};
    for (size_t s = 0; s < 3; s++) {
        double before = 2;
        int label = 3;
        for (size_t k = 0; k < 3; k++) {
            char text[400];
            snprintf(text, sizeof(text), BASE, SUPPORT[s], CHANGES[k]);
            const struct fb_case *c = labelled(fb_str_of(text));
            double low = bounds_of(c, "G1").low;
            assert_true(low <= before + 1e-12);
            assert_true(rank(c->elements[0].label) <= label);
            before = low;
            label = rank(c->elements[0].label);
        }
    }
}

/* Goals that need all, any or two of what supports them, over shared leaves; leaf `bad` says
 * `says`. */
static struct fb_case *random_support(uint32_t shape, uint32_t bad, const char *says)
{
    struct fb_buf text;
    fb_buf_init(&text, 1 << 16);
    seed = shape;
    for (uint32_t g = 0; g < GOALS; g++) {
        static const char *const SUPPORT[] = {"all", "any", "2 of 3"};
        uint32_t first = chance(LEAVES), second = (first + 1 + chance(LEAVES - 1)) % LEAVES;
        char third[16];
        snprintf(third, sizeof(third), "G%u", g + 1);
        if (g + 1 == GOALS) {
            snprintf(third, sizeof(third), "Sn%d", LEAVES);
        }
        fb_buf_addf(&text, "G%u: {supportedBy: [Sn%u, Sn%u, %s], support: %s}\n", g, first, second,
            third, SUPPORT[chance(3)]);
    }
    for (uint32_t i = 0; i <= LEAVES; i++) {
        static const char *const SAYS[] = {"yes", "yes", "yes", "maybe", "no"};
        const char *own = SAYS[chance(5)];
        fb_buf_addf(&text, "Sn%u: {confidence: 0.%u, evidence: '%s'}\n", i, 50 + chance(50),
            i == bad ? says : own);
    }
    struct fb_case *c = labelled(fb_buf_str(&text));
    fb_buf_release(&text);
    return c;
}

/* Whatever the support, a leaf that becomes doubtful or false raises no label and no lower bound.
 */
static void test_random_suspects(void **state)
{
    (void)state;
    static const char *const WORSE[] = {"yes", "maybe", "no"};
    for (uint32_t round = 1; round < 300; round++) {
        const struct fb_case *before = NULL;
        struct fb_case_bounds *was = NULL;
        for (size_t k = 0; k < 3; k++) {
            const struct fb_case *c = random_support(round * 7919, round % LEAVES, WORSE[k]);
            struct fb_case_bounds *is = NULL;
            FB_TEST_OK(fb_case_bound(c, &arena, &is, &err));
            for (size_t i = 0; before && i < c->element_count; i++) {
                assert_true(rank(c->elements[i].label) <= rank(before->elements[i].label));
                assert_true(is[i].low <= was[i].low + 1e-12);
            }
            before = c;
            was = is;
        }
        fb_arena_release(&arena);
    }
}

/* Splitting a conjunct into two that imply it does not raise the bound. */
static void test_splitting(void **state)
{
    (void)state;
    for (int p = 50; p <= 100; p += 5) {
        char whole[200], split[300];
        snprintf(whole, sizeof(whole),
            "G1: {supportedBy: [Sn1, Sn2]}\nSn1: {confidence: 0.9}\nSn2: {confidence: %g}\n",
            p / 100.0);
        /* The parts cannot both be more likely than the whole they make up. */
        snprintf(split, sizeof(split),
            "G1: {supportedBy: [Sn1, Sn2, Sn3]}\nSn1: {confidence: 0.9}\n"
            "Sn2: {confidence: %g}\nSn3: {confidence: %g}\n",
            p / 100.0, p / 100.0 + (1 - p / 100.0) / 2);
        assert_true(bounds_of(labelled(fb_str_of(split)), "G1").low <=
                    bounds_of(labelled(fb_str_of(whole)), "G1").low + 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_relations, setup, teardown),
        cmocka_unit_test_setup_teardown(test_properties, setup, teardown),
        cmocka_unit_test_setup_teardown(test_suspect_never_raises, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_suspects, setup, teardown),
        cmocka_unit_test_setup_teardown(test_splitting, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-bounds", tests, NULL, NULL);
}

/* Tests of src/case: part.c and digest.c: a part of an argument is an argument of its own. */
#include "base/alloc.h"
#include "case/diff.h"
#include "case/digest.h"
#include "case/part.h"
#include "fb_case_random.h"

/* A part labelled anew has the labels that it has in the whole: nothing outside of it bears on it.
 * And it has the digest that it has there. */
static void test_labels_stay(void **state)
{
    (void)state;
    size_t sizes[2] = {0, 0};
    for (uint32_t round = 1; round < 150; round++) {
        struct fb_buf text;
        fb_buf_init(&text, 1 << 20);
        seed = round * 7919;
        random_case(&text, RANDOM_COUNTERS | RANDOM_MODULES | RANDOM_DOUBTS);
        random_answer_all("yyyymnYN*");
        struct fb_case *c = built(fb_buf_str(&text)), *part = NULL;
        FB_TEST_OK(fb_time_parse(FB_STR("2027-03-15"), &c->now, &err));
        FB_TEST_OK(fb_case_label(c, random_query, NULL, &arena, &err));
        uint32_t at = chance((uint32_t)c->element_count);
        FB_TEST_OK(fb_case_part(c, at, &arena, &part, &err));
        assert_true(fb_str_eq(part->elements[part->top].id, c->elements[at].id));
        sizes[0] += part->element_count;
        sizes[1] += part->challenge_count;
        for (size_t i = 0; i < part->element_count; i++) {
            uint32_t was = fb_case_find(c, part->elements[i].id);
            assert_int_equal(part->elements[i].label, c->elements[was].label);
        }
        uint8_t digest[2][FB_SHA256_SIZE];
        FB_TEST_OK(fb_case_digest(c, at, digest[0], &err));
        FB_TEST_OK(fb_case_digest(part, part->top, digest[1], &err));
        assert_memory_equal(digest[0], digest[1], FB_SHA256_SIZE);
        /* Which side of the top a leaf stands on may differ: what is stale counts otherwise. */
        random_answer_all("yyyymn");
        FB_TEST_OK(fb_case_label(c, random_query, NULL, &arena, &err));
        FB_TEST_OK(fb_case_label(part, random_query, NULL, &arena, &err));
        for (size_t i = 0; i < part->element_count; i++) {
            uint32_t was = fb_case_find(c, part->elements[i].id);
            if (part->elements[i].label != c->elements[was].label &&
                !part->elements[i].accepted.by.len && !c->elements[was].is_set_aside) {
                fail_msg("%u: %.*s\n%s", round, FB_STR_ARG(part->elements[i].id), text.ptr);
            }
        }
        fb_buf_release(&text);
        fb_arena_release(&arena);
    }
    assert_true(sizes[0] > 1000 && sizes[1] > 200);
}

/* Every key that a reader sees or a label follows from changes the digest of what it stands in;
 * the order of the file does not. */
static void test_digest_misses_nothing(void **state)
{
    (void)state;
    static const char BASE[] =
        "G1: {supportedBy: [G2, Sn1], inContextOf: [C1], text: t, %s}\n"
        "G2: {undeveloped: true, accepted: {by: Jo, until: 2027-01-01, because: b}, cost: 2}\n"
        "Sn1: {evidence: p1, url: u, confidence: 0.9}\nC1: {}\n"
        "CSn1: {challenges: G2, hazards: h}\nCG1: {challenges: [G1 -> C1], redlines: p/r}\n";
    static const char *const KEYS[] = {"acp: {a: G1}", "acp: {b: G1}", "acp: {a: Sn1}",
        "public: true", "cost: 3", "cost: 0", "optional: G2", "multiple: G2", "optional: Sn1",
        "exhaustive: true", "choice: true", "uninstantiated: true", "byContract: true",
        "symbol: module", "symbol: contract", "away: M", "support: any", "support: 1 of 2",
        "support: 2 of 2", "independent: p2", "hazards: h", "mitigations: h", "outcomes: h",
        "redlines: p/r", "url: v", "defeated: true", "choice: 1 of 2", "choice: n of 2",
        "contextChoice: true", "contextChoice: 1 of 2", "multiple: C1", "multiple: {C1: n}",
        "multiple: {C1: m}", "optional: C1", "instantiationData: t", "instantiationData: s"};
    enum { KEY_COUNT = sizeof(KEYS) / sizeof(KEYS[0]) };
    uint8_t seen[KEY_COUNT + 1][FB_SHA256_SIZE];
    for (size_t i = 0; i <= KEY_COUNT; i++) {
        char text[1000];
        snprintf(text, sizeof(text), BASE, i < KEY_COUNT ? KEYS[i] : "x: y");
        FB_TEST_OK(fb_case_digest(built(fb_str_of(text)), 0, seen[i], &err));
        for (size_t k = 0; k < i; k++) {
            if (memcmp(seen[i], seen[k], FB_SHA256_SIZE) == 0) {
                fail_msg("%s is as %s", i < KEY_COUNT ? KEYS[i] : "nothing", KEYS[k]);
            }
        }
    }
    static const char TURNED[] =
        "CG1: {redlines: p/r, challenges: [G1 -> C1]}\n\nCSn1: {hazards: h, challenges: G2}\n"
        "C1: {x: y}\nSn1: {confidence: [0.9, 1], url: u, evidence: p1}\n"
        "G2: {cost: 2.0, accepted: {until: 2027-01-01, because: b, by: Jo}, undeveloped: true}\n"
        "G1: {text: t, inContextOf: C1, supportedBy: [Sn1, G2]}\n";
    struct fb_case *turned = built(fb_str_of(TURNED));
    uint8_t digest[FB_SHA256_SIZE];
    FB_TEST_OK(fb_case_digest(turned, fb_case_find(turned, FB_STR("G1")), digest, &err));
    assert_memory_equal(digest, seen[KEY_COUNT], FB_SHA256_SIZE);
    struct fb_case *other = built(FB_STR("G2: {undeveloped: true, accepted: {by: Jo, until: "
                                         "2027-01-01, because: c}, cost: 2}\n"));
    struct fb_case *same = built(FB_STR("G2: {undeveloped: true, accepted: {by: Jo, until: "
                                        "2027-01-01, because: b}, cost: 2}\n"));
    FB_TEST_OK(fb_case_digest(other, 0, seen[0], &err));
    FB_TEST_OK(fb_case_digest(same, 0, seen[1], &err));
    assert_memory_not_equal(seen[0], seen[1], FB_SHA256_SIZE);
}

/* What a claim above is bound to does not change the digest of what stands below it. */
static void test_digest_ends_at_the_part(void **state)
{
    (void)state;
    uint8_t digest[4][FB_SHA256_SIZE];
    for (uint32_t i = 0; i < 2; i++) {
        char text[100];
        snprintf(text, sizeof(text),
            "G1: {supportedBy: G2, hazards: h%u}\nG2: {undeveloped: true, hazards: i}\n", i);
        FB_TEST_OK(fb_case_digest(built(fb_str_of(text)), 0, digest[i], &err));
        FB_TEST_OK(fb_case_digest(built(fb_str_of(text)), 1, digest[2 + i], &err));
    }
    assert_memory_not_equal(digest[0], digest[1], FB_SHA256_SIZE);
    assert_memory_equal(digest[2], digest[3], FB_SHA256_SIZE);
}

/* A challenge of a challenge is one of the same in the part, where others stand before them. */
static void test_challenges_stay(void **state)
{
    (void)state;
    struct fb_case *part = NULL;
    struct fb_case *c = built(FB_STR(
        "G2: {supportedBy: Sn1}\nSn1: {}\nG1: {supportedBy: G2}\nCSn0: {challenges: G1}\n"
        "CG1: {challenges: G2, supportedBy: CSn1}\nCSn1: {}\nCSn2: {challenges: G2 -> CG1}\n"));
    FB_TEST_OK(fb_case_part(c, 0, &arena, &part, &err));
    assert_int_equal(part->challenge_count, 2);
    assert_int_equal(part->challenges[1].kind, FB_CHALLENGE_CHALLENGE);
    assert_int_equal(part->challenges[1].target, 0);
    FB_TEST_OK(fb_case_label(part, random_query, NULL, &arena, &err));
    assert_int_equal(part->elements[part->top].label, FB_LABEL_IN);
}

/* What its claims are bound to comes with a part, and nothing of others. */
static void test_bindings_come_along(void **state)
{
    (void)state;
    struct fb_case *part = NULL;
    const struct fb_case *c = built(
        FB_STR("G1: {supportedBy: [Sn0, G2], hazards: h0, redlines: p/r}\nSn0: {outcomes: o}\n"
               "G2: {supportedBy: [Sn1], hazards: [h1, h2]}\nSn1: {mitigations: m}\n"));
    FB_TEST_OK(fb_case_part(c, fb_case_find(c, FB_STR("G2")), &arena, &part, &err));
    static const struct {
        enum fb_binding_kind kind;
        const char *name, *of;
    } WANT[] = {{FB_BINDING_HAZARD, "h1", "G2"}, {FB_BINDING_HAZARD, "h2", "G2"},
        {FB_BINDING_MITIGATION, "m", "Sn1"}};
    assert_int_equal(part->binding_count, sizeof(WANT) / sizeof(WANT[0]));
    for (size_t i = 0; i < part->binding_count; i++) {
        const struct fb_binding *b = &part->bindings[i];
        assert_int_equal(b->kind, WANT[i].kind);
        assert_true(fb_str_is(b->name, WANT[i].name));
        assert_true(fb_str_is(part->elements[b->element].id, WANT[i].of));
    }
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    struct fb_case *c = built(FB_STR("G1: {supportedBy: [G2]}\nG2: {supportedBy: [Sn1], acp: {a: "
                                     "G2}, hazards: h}\nSn1: {}\nCSn1: {challenges: [G2, G2 -> "
                                     "Sn1]}\n"));
    for (long n = 0;; n++) {
        struct fb_arena own;
        struct fb_case *part = NULL;
        fb_arena_init(&own, (size_t)1 << 24);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_case_part(c, 1, &own, &part, &err);
        fb_alloc_fail_at(-1);
        bool made = part != NULL;
        fb_arena_release(&own);
        if (code == FB_OK) {
            assert_true(n > 0 && made);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_false(made);
        fb_err_init(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_labels_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(test_digest_misses_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_digest_ends_at_the_part, setup, teardown),
        cmocka_unit_test_setup_teardown(test_challenges_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bindings_come_along, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-part", tests, NULL, NULL);
}

/* Tests of src/case: weakest.c, and diff.c. */
#include <math.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "case/diff.h"
#include "case/document.h"
#include "case/live.h"
#include "case/weakest.h"
#include "fb_case.h"

/* "Sn1 Sn2+ = 3": what fails, with a plus what comes to hold, and the cost. */
static const char *weakest_of(struct fb_str text, enum fb_weakest_cost by)
{
    static char out[300];
    struct fb_weakest w;
    const struct fb_case *c = labelled(text);
    FB_TEST_OK(fb_case_weakest(c, by, &arena, &w, &err));
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < w.count; i++) {
        at += (size_t)snprintf(out + at, sizeof(out) - at, "%.*s%s ",
            FB_STR_ARG(c->elements[w.failures[i].element].id),
            w.failures[i].comes_to_hold ? "+" : "");
    }
    if (w.is_possible) {
        snprintf(out + at, sizeof(out) - at, "= %.4g%s", w.cost, w.is_fallen ? " fallen" : "");
    } else {
        snprintf(out + at, sizeof(out) - at, "impossible");
    }
    return out;
}

static const char *weakest(const char *text, enum fb_weakest_cost by)
{
    return weakest_of(fb_str_of(text), by);
}

/* Of several sets that cost the same it is always the same one, whatever the order of the file. */
static void test_ties(void **state)
{
    (void)state;
    static const char TREE[] = "G1: {supportedBy: [G2, G3], support: any}\n"
                               "G2: {supportedBy: [Sn2, Sn1]}\nG3: {supportedBy: [Sn4, Sn3]}\n"
                               "Sn1: {}\nSn2: {}\nSn3: {}\nSn4: {}\n";
    static const char OTHER[] = "Sn4: {}\nSn3: {}\nG3: {supportedBy: [Sn3, Sn4]}\nSn2: {}\n"
                                "G2: {supportedBy: [Sn1, Sn2]}\nSn1: {}\n"
                                "G1: {supportedBy: [G3, G2], support: any}\n";
    for (int i = 0; i < 3; i++) {
        assert_string_equal(weakest(TREE, FB_WEAKEST_COUNT), "Sn1 Sn3 = 2");
        assert_string_equal(weakest(OTHER, FB_WEAKEST_COUNT), "Sn1 Sn3 = 2");
    }
}

static void test_known(void **state)
{
    (void)state;
    static const char TREE[] =
        "G1: {supportedBy: [G2, G3]}\nG2: {supportedBy: [Sn1, Sn2], support: any}\n"
        "G3: {supportedBy: [Sn3, Sn4, Sn5], support: 2 of 3}\n"
        "Sn1: {cost: 1, confidence: 0.9}\nSn2: {cost: 1, confidence: 0.99}\n"
        "Sn3: {cost: 5, confidence: 0.5}\nSn4: {cost: 5, confidence: 0.6}\nSn5: {cost: 0.5, "
        "confidence: 1}\n";
    assert_string_equal(weakest(TREE, FB_WEAKEST_COUNT), "Sn1 Sn2 = 2");
    assert_string_equal(weakest(TREE, FB_WEAKEST_GIVEN), "Sn1 Sn2 = 2");
    assert_string_equal(weakest(TREE, FB_WEAKEST_LIKELIHOOD), "Sn3 Sn4 = 1.609");
    assert_string_equal(weakest("G1: {supportedBy: [Sn1, Sn2]}\nSn1: {cost: 3}\nSn2: {cost: 2}\n",
                            FB_WEAKEST_GIVEN),
        "Sn2 = 2");
    /* A challenge that comes to hold, or an answer to one that fails. */
    assert_string_equal(weakest("G1: {supportedBy: [Sn1]}\nSn1: {cost: 3}\n"
                                "CSn1: {challenges: G1, evidence: n, cost: 2}\n",
                            FB_WEAKEST_GIVEN),
        "CSn1+ = 2");
    assert_string_equal(weakest("G1: {supportedBy: [Sn1]}\nSn1: {cost: 3}\n"
                                "CG1: {challenges: G1, supportedBy: [CSn1]}\nCSn1: {evidence: y}\n"
                                "CSn2: {challenges: CG1, cost: 1}\n",
                            FB_WEAKEST_GIVEN),
        "CSn2 = 1");
    /* A shared leaf brings both legs down. */
    assert_string_equal(
        weakest("G1: {supportedBy: [G2, G3], support: any}\nG2: {supportedBy: [Sn1, Sn2]}\n"
                "G3: {supportedBy: [Sn2, Sn3]}\nSn1: {}\nSn2: {cost: 1.5}\nSn3: {}\n",
            FB_WEAKEST_GIVEN),
        "Sn2 = 1.5");
    assert_string_equal(
        weakest("G1: {supportedBy: [Sn1]}\nSn1: {evidence: m}\n", FB_WEAKEST_COUNT), "= 0 fallen");
    assert_string_equal(
        weakest("G1: {supportedBy: [Sn1]}\nSn1: {confidence: 1}\n", FB_WEAKEST_LIKELIHOOD),
        "impossible");
    /* Of a counter-argument the upper end is how likely it comes to hold. */
    assert_string_equal(weakest("G1: {supportedBy: [Sn1]}\nSn1: {confidence: 0.9}\n"
                                "CSn1: {challenges: G1, evidence: n, confidence: [0.1, 0.5]}\n",
                            FB_WEAKEST_LIKELIHOOD),
        "CSn1+ = 0.6931");
}

enum { LEAVES = 7, COUNTERS = 2, EVENTS = LEAVES + COUNTERS };

static void make(struct fb_buf *out)
{
    for (uint32_t g = 0; g < 5; g++) {
        static const char *const SUPPORT[] = {"all", "any", "all"};
        fb_buf_addf(out, "G%u: {supportedBy: [Sn%u, Sn%u", g, chance(3), 3 + chance(4));
        for (uint32_t next = g + 1; next < 5 && (g == 0 || chance(2)); next++) {
            fb_buf_addf(out, ", G%u", next);
        }
        fb_buf_addf(out, "], support: %s}\n", SUPPORT[chance(3)]);
    }
    for (uint32_t i = 0; i < LEAVES; i++) {
        fb_buf_addf(out, "Sn%u: {evidence: y, cost: %u}\n", i, 1 + chance(6));
    }
    for (uint32_t i = 0; i < COUNTERS; i++) {
        fb_buf_addf(out, "CSn%u: {evidence: n, cost: %u, challenges: [%s%u]}\n", i, 1 + chance(6),
            chance(2) ? "G" : "Sn", chance(5));
    }
}

/* The cheapest of all sets that bring the top claim down, by trying them all. */
static double by_trying(const struct fb_case *c)
{
    struct fb_case *copy = NULL;
    struct fb_case_live *live = NULL;
    double best = INFINITY;
    FB_TEST_OK(fb_case_live_again(c, &arena, &copy, &live, &err));
    for (uint32_t set = 0; set < 1u << EVENTS; set++) {
        double cost = 0;
        for (uint32_t i = 0; i < EVENTS; i++) {
            uint32_t at = 5 + i;
            if (set & (1u << i)) {
                fb_case_live_force(live, at, i < LEAVES ? FB_EVIDENCE_FAILS : FB_EVIDENCE_HOLDS);
                cost += c->elements[at].cost;
            } else {
                fb_case_live_free(live, at);
            }
        }
        if (copy->elements[copy->top].label != FB_LABEL_IN && cost < best) {
            best = cost;
        }
    }
    return best;
}

/* Lines of a text in another order, and what stands in lists of supporters too. */
static void shuffle(struct fb_str text, struct fb_buf *out)
{
    struct fb_str lines[64], line;
    size_t count = 0;
    while (fb_str_line(&text, &line)) {
        lines[count++] = line;
    }
    for (size_t i = count; i > 1; i--) {
        size_t k = chance((uint32_t)i);
        line = lines[i - 1];
        lines[i - 1] = lines[k];
        lines[k] = line;
    }
    for (size_t i = 0; i < count; i++) {
        const char *open = memchr(lines[i].ptr, '[', lines[i].len);
        const char *comma =
            open ? memchr(open, ',', lines[i].len - (size_t)(open - lines[i].ptr)) : NULL;
        const char *close =
            comma ? memchr(comma, ']', lines[i].len - (size_t)(comma - lines[i].ptr)) : NULL;
        if (!close) {
            fb_buf_addf(out, "%.*s\n", FB_STR_ARG(lines[i]));
            continue;
        }
        /* The first becomes the last. */
        const char *end = lines[i].ptr + lines[i].len;
        fb_buf_addf(out, "%.*s[%.*s, %.*s%.*s\n", (int)(open - lines[i].ptr), lines[i].ptr,
            (int)(close - comma - 1), comma + 1, (int)(comma - open - 1), open + 1,
            (int)(end - close), close);
    }
}

/* All costs alike and every kind of challenge, so that there are many ties. */
static void make_ties(struct fb_buf *out)
{
    make(out);
    fb_buf_add_c(out,
        "CG7: {challenges: [G0 -> G1, G2], supportedBy: [CSn8, CSn9]}\n"
        "CSn8: {evidence: n}\nCSn9: {evidence: n}\n"
        "CG8: {challenges: [CG7, G2 -> CG7], supportedBy: [CSn5, CSn6], support: any}\n"
        "CSn5: {}\nCSn6: {}\n");
}

/* The order of a file, and of its lists, never changes the answer. */
static void test_order_of_file(void **state)
{
    (void)state;
    size_t several = 0;
    for (uint32_t round = 1; round < 200; round++) {
        struct fb_buf text, other;
        char first[300];
        fb_buf_init(&text, 1 << 16);
        seed = round * 104729;
        make_ties(&text);
        enum fb_weakest_cost by = round % 2 ? FB_WEAKEST_COUNT : FB_WEAKEST_GIVEN;
        snprintf(first, sizeof(first), "%s", weakest_of(fb_buf_str(&text), by));
        several += strchr(first, ' ') != strrchr(first, ' ');
        for (int i = 0; i < 4; i++) {
            fb_buf_init(&other, 1 << 16);
            shuffle(fb_buf_str(&text), &other);
            assert_string_equal(weakest_of(fb_buf_str(&other), by), first);
            fb_buf_release(&other);
            fb_arena_release(&arena);
        }
        fb_buf_release(&text);
    }
    assert_true(several > 20);
}

static void test_against_all_sets(void **state)
{
    (void)state;
    for (uint32_t round = 1; round < 60; round++) {
        struct fb_buf text;
        struct fb_weakest w;
        fb_buf_init(&text, 1 << 16);
        seed = round * 7919;
        make(&text);
        const struct fb_case *c = labelled(fb_buf_str(&text));
        FB_TEST_OK(fb_case_weakest(c, FB_WEAKEST_GIVEN, &arena, &w, &err));
        assert_true(w.is_possible);
        assert_true(fabs(w.cost - by_trying(c)) < 1e-9);
        fb_buf_release(&text);
        fb_arena_release(&arena);
    }
}

/* 24 claims of which any would do, over leaves that cost alike: more ways than can be looked at. */
static void test_limit(void **state)
{
    (void)state;
    struct fb_buf text;
    struct fb_weakest w;
    fb_buf_init(&text, 1 << 20);
    fb_buf_add_c(&text, "G0: {support: any, supportedBy: [G1");
    for (int g = 2; g <= 120; g++) {
        fb_buf_addf(&text, ", G%d", g);
    }
    fb_buf_add_c(&text, "]}\n");
    seed = 5;
    for (int g = 1; g <= 120; g++) {
        fb_buf_addf(&text, "G%d: {supportedBy: [Sn%u", g, chance(10));
        for (uint32_t k = 1; k < 8; k++) {
            fb_buf_addf(&text, ", Sn%u", k * 10 + chance(10));
        }
        fb_buf_add_c(&text, "]}\n");
    }
    for (int i = 0; i < 80; i++) {
        fb_buf_addf(&text, "Sn%d: {}\n", i);
    }
    const struct fb_case *c = labelled(fb_buf_str(&text));
    enum fb_code code = fb_case_weakest(c, FB_WEAKEST_COUNT, &arena, &w, &err);
    assert_int_equal(code, FB_E_LIMIT);
    assert_non_null(strstr(err.message, "it costs at least"));
    assert_true(err.hint[0] != '\0');
    fb_err_init(&err);
    fb_buf_release(&text);
}

static void test_diff(void **state)
{
    (void)state;
    const struct fb_case *older =
        labelled(FB_STR("G1: {text: safe, supportedBy: [G2, G3]}\nG2: {supportedBy: [Sn1]}\nG3: "
                        "{undeveloped: true}\n"
                        "Sn1: {evidence: y}\nCSn1: {evidence: n, challenges: [G1 -> G2]}\n"));
    static const char *const WANT[] = {"edited G1 supportedBy: G2, G3 > G2, G4",
        "edited G1 support: all > any", "edited G1 bound to:  > hazard h",
        "label G2 label: in > undercut", "removed G3 :  > ", "edited Sn1 evidence: y > n",
        "label Sn1 evidence: holds > fails", "label Sn1 label: in > falsified",
        "edited CSn1 challenges: G1 -> G2 > G2", "added G4 :  > new"};
    struct fb_case_changes changes;
    const struct fb_case *newer =
        labelled(FB_STR("CSn1: {evidence: n, challenges: [G2]}\nSn1: {evidence: n}\n"
                        "G4: {text: new, undeveloped: true}\n"
                        "G1: {text: 'safe  ', supportedBy: [G4, G2], support: any, hazards: [h]}\n"
                        "G2: {supportedBy: [Sn1]}\n"));
    FB_TEST_OK(fb_case_diff(older, newer, &arena, &changes, &err));
    for (size_t i = 0; i < changes.count && i < 10; i++) {
        char got[200];
        const struct fb_case_change *c = &changes.items[i];
        snprintf(got, sizeof(got), "%s %.*s %s: %.*s > %.*s", fb_case_change_name(c->kind),
            FB_STR_ARG(c->id), c->what, FB_STR_ARG(c->older), FB_STR_ARG(c->newer));
        assert_string_equal(got, WANT[i]);
        assert_false(c->is_module);
    }
    assert_int_equal(changes.count, 10);
    FB_TEST_OK(fb_case_diff(older, older, &arena, &changes, &err));
    assert_int_equal(changes.count, 0);
}

/* Each key that a label, a bound or a drawing follows from makes a difference. */
static void test_diff_of_keys(void **state)
{
    (void)state;
    static const char *const KEYS[] = {"exhaustive: true", "public: true", "byContract: true",
        "uninstantiated: true", "choice: true", "away: M", "symbol: contract", "cost: 2",
        "optional: [Sn1]", "multiple: [Sn1]", "support: any", "independent: x", "url: u",
        "hazards: h", "defeated: true", "acp: {a: G1}", "inModule: A", "choice: 1 of 2",
        "contextChoice: true", "multiple: {Sn1: n}", "instantiationData: t",
        "accepted: {by: a, until: 2030-01-01}"};
    for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
        char text[200];
        struct fb_case_changes changes;
        snprintf(text, sizeof(text),
            "module: {name: M, parts: {A: {}}}\n"
            "G1: {supportedBy: [Sn1, Sn2], %s}\nSn1: {}\nSn2: {}\n",
            strncmp(KEYS[i], "accepted", 8) == 0 ? "x: y" : KEYS[i]);
        if (strncmp(KEYS[i], "accepted", 8) == 0) {
            snprintf(text, sizeof(text),
                "module: {name: M, parts: {A: {}}}\nG1: {supportedBy: [Sn1, Sn2]}\nSn1: {%s}\nSn2: "
                "{}\n",
                KEYS[i]);
        }
        const struct fb_case *without =
            labelled(FB_STR("module: {name: M, parts: {A: {}}}\nG1: {supportedBy: [Sn1, "
                            "Sn2]}\nSn1: {}\nSn2: {}\n"));
        FB_TEST_OK(fb_case_diff(without, labelled(fb_str_of(text)), &arena, &changes, &err));
        if (changes.count == 0) {
            fail_msg("%s: no difference", KEYS[i]);
        }
    }
}

/* All of an acceptance counts, and of an assurance claim point its name and what it is on. */
static void test_diff_of_parts(void **state)
{
    (void)state;
    static const char *const ROWS[][3] = {
        {"accepted: {by: a, until: 2030-01-01}", "accepted: {by: a, until: 2030-01-01, because: b}",
            "edited Sn1 accepted: by a until 2030-01-01 00:00 > by a until 2030-01-01 00:00 "
            "because b"},
        {"accepted: {by: a, until: 2030-01-01}",
            "accepted: {by: a, until: 2030-01-01, evidence: y}",
            "edited Sn1 accepted: by a until 2030-01-01 00:00 > by a until 2030-01-01 00:00 on y"},
        {"acp: {a: Sn1, b: Sn1}", "acp: {c: Sn1}", "edited Sn1 acp: a on Sn1, b on Sn1 > c on Sn1"},
        {"inModule: A", "inModule: B", "edited Sn1 inModule: A > B"},
        {"inModule: B", "x: y", "edited Sn1 inModule: B > M"},
    };
    static const char FORM[] =
        "module: {name: M, parts: {A: {}, B: {}}}\nG1: {supportedBy: Sn1}\nSn1: {%s}\n";
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        char text[2][300], got[300] = "";
        struct fb_case_changes changes;
        for (size_t k = 0; k < 2; k++) {
            snprintf(text[k], sizeof(text[k]), FORM, ROWS[i][k]);
        }
        FB_TEST_OK(fb_case_diff(
            labelled(fb_str_of(text[0])), labelled(fb_str_of(text[1])), &arena, &changes, &err));
        assert_int_equal(changes.count, 1);
        const struct fb_case_change *c = changes.items;
        snprintf(got, sizeof(got), "%s %.*s %s: %.*s > %.*s", fb_case_change_name(c->kind),
            FB_STR_ARG(c->id), c->what, FB_STR_ARG(c->older), FB_STR_ARG(c->newer));
        assert_string_equal(got, ROWS[i][2]);
    }
}

/* A module that has another name, and evidence that is the same and has become old. */
static void test_diff_of_names_and_age(void **state)
{
    (void)state;
    struct fb_case_changes changes;
    static const char FORM[] = "module: {name: %s}\nG1: {supportedBy: Sn1}\nSn1: {evidence: y}\n";
    char text[2][100];
    snprintf(text[0], sizeof(text[0]), FORM, "M");
    snprintf(text[1], sizeof(text[1]), FORM, "New");
    struct fb_case *m = labelled(fb_str_of(text[0])), *n = labelled(fb_str_of(text[1]));
    FB_TEST_OK(fb_case_diff(m, n, &arena, &changes, &err));
    assert_int_equal(changes.count, 1);
    const struct fb_case_change *c = changes.items;
    if (!c->is_module || !fb_str_is(c->older, "M") || !fb_str_is(c->newer, "New")) {
        fail_msg("%s: %.*s > %.*s", c->what, FB_STR_ARG(c->older), FB_STR_ARG(c->newer));
    }
    n = labelled(fb_str_of(text[0]));
    n->elements[1].evidence.is_stale = true;
    FB_TEST_OK(fb_case_diff(m, n, &arena, &changes, &err));
    assert_int_equal(changes.count, 1);
    assert_true(fb_str_ends(changes.items[0].newer, FB_STR("out of date")));
}

/* Two random cases: the differences from B to A are those from A to B the other way round, and no
 * case differs from itself. */
static void test_diff_mirrors(void **state)
{
    (void)state;
    static const enum fb_case_change_kind MIRROR[] = {
        FB_CASE_REMOVED, FB_CASE_ADDED, FB_CASE_EDITED, FB_CASE_LABELED};
    for (uint32_t round = 1; round < 100; round++) {
        const struct fb_case *cases[2];
        struct fb_case_changes there, back, none;
        for (uint32_t i = 0; i < 2; i++) {
            struct fb_buf text;
            fb_buf_init(&text, 1 << 16);
            seed = round * 7919 + i;
            make(&text);
            fb_buf_addf(&text, "G%u: {text: 'only %u', undeveloped: true}\n", 90 + chance(3), i);
            cases[i] = labelled(fb_buf_str(&text));
            fb_buf_release(&text);
        }
        FB_TEST_OK(fb_case_diff(cases[0], cases[1], &arena, &there, &err));
        FB_TEST_OK(fb_case_diff(cases[1], cases[0], &arena, &back, &err));
        FB_TEST_OK(fb_case_diff(cases[0], cases[0], &arena, &none, &err));
        assert_int_equal(none.count, 0);
        assert_int_equal(there.count, back.count);
        assert_true(there.count > 0);
        for (size_t i = 0; i < there.count; i++) {
            const struct fb_case_change *x = &there.items[i], *y = NULL;
            for (size_t k = 0; !y && k < back.count; k++) {
                y = &back.items[k];
                bool same = fb_str_eq(x->id, y->id) && strcmp(x->what, y->what) == 0 &&
                            y->kind == MIRROR[x->kind] && fb_str_eq(x->older, y->newer) &&
                            fb_str_eq(x->newer, y->older);
                y = same ? y : NULL;
            }
            assert_non_null(y);
        }
        fb_arena_release(&arena);
    }
}

/* Taking leaves to fail or to hold gives the labels of the case in which their evidence says so. */
static void test_what_if(void **state)
{
    (void)state;
    for (uint32_t round = 1; round < 100; round++) {
        struct fb_buf text, told;
        struct fb_case *copy = NULL;
        struct fb_case_live *live = NULL;
        fb_buf_init(&text, 1 << 16);
        fb_buf_init(&told, 1 << 16);
        seed = round * 104729;
        make(&text);
        FB_TEST_OK(fb_case_live_again(labelled(fb_buf_str(&text)), &arena, &copy, &live, &err));
        struct fb_str rest = fb_buf_str(&text), line;
        for (uint32_t at = 0; fb_str_line(&rest, &line); at++) {
            static const char SAYS[] = "ynm"; /* as enum fb_evidence_state has them */
            size_t word = fb_str_find(line, ',', 0);
            uint32_t turn = chance(6);
            if (at >= 5 && turn < 3) {
                assert_true(line.ptr[word - 1] == 'y' || line.ptr[word - 1] == 'n');
                fb_case_live_force(live, at, (enum fb_evidence_state)turn);
                fb_buf_addf(&told, "%.*s%c%.*s\n", (int)(word - 1), line.ptr, SAYS[turn],
                    (int)(line.len - word), line.ptr + word);
            } else {
                fb_buf_addf(&told, "%.*s\n", FB_STR_ARG(line));
            }
        }
        const struct fb_case *want = labelled(fb_buf_str(&told));
        for (size_t i = 0; i < want->element_count; i++) {
            assert_int_equal(copy->elements[i].label, want->elements[i].label);
        }
        fb_buf_release(&told);
        fb_buf_release(&text);
        fb_arena_release(&arena);
    }
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    const struct fb_case *c = labelled(FB_STR("G1: {supportedBy: [Sn1]}\nSn1: {}\n"));
    for (long n = 0;; n++) {
        struct fb_arena own;
        struct fb_weakest w = {.count = 77};
        struct fb_case_changes changes;
        fb_arena_init(&own, (size_t)1 << 24);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_case_weakest(c, FB_WEAKEST_COUNT, &own, &w, &err);
        code = code ? code : fb_case_diff(c, c, &own, &changes, &err);
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
        cmocka_unit_test_setup_teardown(test_known, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ties, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order_of_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_against_all_sets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_diff, setup, teardown),
        cmocka_unit_test_setup_teardown(test_diff_of_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_diff_of_names_and_age, setup, teardown),
        cmocka_unit_test_setup_teardown(test_diff_mirrors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_diff_of_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_if, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-weakest", tests, NULL, NULL);
}

/* Tests of src/case: label.c, bounds.c, live.c: what holds of every case, over random ones with
 * every kind of support, defeaters of elements, relations and challenges in circles, modules, away
 * elements, contracts and accepted doubts. */
#include <math.h>

#include "case/bounds.h"
#include "case/digest.h"
#include "fb_case_random.h"

enum { ROUNDS = 250, FOR = 1, AGAINST = 2 };
static const uint32_t ALL = RANDOM_COUNTERS | RANDOM_MODULES | RANDOM_DOUBTS;

/* A labelled case and its bounds. */
struct told {
    struct fb_case *c;
    struct fb_case_bounds *bounds;
};

static struct told tell(struct fb_case *c)
{
    struct told told = {c, NULL};
    FB_TEST_OK(fb_time_parse(FB_STR("2027-03-15"), &c->now, &err));
    FB_TEST_OK(fb_case_label(c, random_query, NULL, &arena, &err));
    FB_TEST_OK(fb_case_bound(c, &arena, &told.bounds, &err));
    return told;
}

static struct fb_str make(uint32_t round, uint32_t flags)
{
    struct fb_buf text;
    struct fb_str kept;
    fb_buf_init(&text, 1 << 20);
    seed = round * 7919;
    random_case(&text, flags);
    FB_TEST_OK(fb_arena_str(&arena, fb_buf_str(&text), &kept, &err));
    fb_buf_release(&text);
    return kept;
}

/* On which side of the top each element stands, found by the definition alone: what supports or
 * explains stands on the same side, what challenges it, or one of its relations, on the other. */
static uint8_t *sides_of(const struct fb_case *c)
{
    uint8_t *sides = FB_ARENA_ARRAY(&arena, uint8_t, c->element_count);
    bool changed = true;
    assert_non_null(sides);
    sides[c->top] = FOR;
    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < c->element_count; i++) {
            const struct fb_element *e = &c->elements[i];
            for (size_t k = 0; k < e->supported_by_count + e->context_count; k++) {
                uint32_t to = k < e->supported_by_count ? e->supported_by[k]
                                                        : e->context[k - e->supported_by_count];
                changed = changed || (sides[to] | sides[i]) != sides[to];
                sides[to] |= sides[i];
            }
        }
        for (size_t i = 0; i < c->challenge_count; i++) {
            const struct fb_challenge *x = &c->challenges[i];
            uint32_t of =
                x->kind == FB_CHALLENGE_CHALLENGE ? c->challenges[x->target].by : x->target;
            uint8_t other =
                (uint8_t)((sides[of] & FOR ? AGAINST : 0) | (sides[of] & AGAINST ? FOR : 0));
            changed = changed || (sides[x->by] | other) != sides[x->by];
            sides[x->by] |= other;
        }
    }
    return sides;
}

static int rank(enum fb_label label)
{
    return label == FB_LABEL_IN ? 2 : label == FB_LABEL_UNDECIDED ? 1 : 0;
}

/* Answers from the best for a leaf of a side to the worst. */
static char worse(uint8_t side, char answer)
{
    static const char FALLS[] = "yYmN", RISES[] = "nNmY";
    const char *order = side == AGAINST ? RISES : FALLS;
    const char *at = strchr(order, answer);
    return at && at[1] ? at[1] : side == AGAINST ? 'y' : 'n';
}

/* The side of a predicate: of all leaves and contexts that ask it; 0: none, or both. */
static uint8_t side_of(const struct fb_case *c, const uint8_t *sides, uint32_t predicate)
{
    char name[8];
    uint8_t side = 0;
    snprintf(name, sizeof(name), "p%u", predicate);
    for (size_t i = 0; i < c->element_count; i++) {
        side |= fb_str_is(c->elements[i].predicate, name) ? sides[i] : 0;
        /* What shows independence only ever helps: it stands on the side of what it is about. */
        side |= fb_str_is(c->elements[i].independence, name) ? sides[i] : 0;
    }
    return side == FOR || side == AGAINST ? side : 0;
}

/* One worse answer: what speaks for the top never gets better, what speaks against it never worse,
 * neither by label nor by bound. */
static void test_monotone(void **state)
{
    (void)state;
    size_t moved = 0, sided = 0;
    for (uint32_t round = 1; round < ROUNDS; round++) {
        struct fb_str text = make(round, ALL);
        random_answer_all("yyyymnYN");
        struct told before = tell(built(text));
        const uint8_t *sides = sides_of(before.c);
        for (uint32_t p = 0; p < RANDOM_ACCEPTANCE; p++) {
            char was = random_answers[p];
            uint8_t side = side_of(before.c, sides, p);
            if (side == 0 || worse(side, was) == was) {
                continue;
            }
            random_answers[p] = worse(side, was);
            struct told after = tell(built(text));
            random_answers[p] = was;
            sided++;
            for (size_t i = 0; i < before.c->element_count; i++) {
                int x = rank(before.c->elements[i].label), y = rank(after.c->elements[i].label);
                double low[2] = {before.bounds[i].low, after.bounds[i].low};
                moved += x != y;
                bool good = sides[i] == FOR       ? y <= x && low[1] <= low[0] + 1e-9
                            : sides[i] == AGAINST ? y >= x
                                                  : true;
                if (!good) {
                    fail_msg("%u: p%u %c: %.*s %d %d, %g %g\n%.*s", round, p, was,
                        FB_STR_ARG(before.c->elements[i].id), x, y, low[0], low[1],
                        FB_STR_ARG(text));
                }
            }
        }
        fb_arena_release(&arena);
    }
    assert_true(sided > 1000 && moved > 1000);
}

/* The lines of a text in another order; the module section stays where it is. */
static struct fb_str shuffled(struct fb_str text)
{
    struct fb_str lines[200], rest = text, kept;
    size_t count = 0, from = fb_str_starts(text, FB_STR("module")) ? 1 : 0;
    while (fb_str_line(&rest, &lines[count])) {
        assert_true(++count < 200);
    }
    for (size_t i = count - 1; i > from; i--) {
        size_t k = from + chance((uint32_t)(i - from + 1));
        struct fb_str line = lines[i];
        lines[i] = lines[k];
        lines[k] = line;
    }
    struct fb_buf out;
    fb_buf_init(&out, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        fb_buf_addf(&out, "%.*s\n", FB_STR_ARG(lines[i]));
    }
    FB_TEST_OK(fb_arena_str(&arena, fb_buf_str(&out), &kept, &err));
    fb_buf_release(&out);
    return kept;
}

/* The order of a file says nothing: labels, bounds and digests are the same. */
static void test_order_free(void **state)
{
    (void)state;
    for (uint32_t round = 1; round < ROUNDS; round++) {
        struct fb_str text = make(round, ALL);
        random_answer_all("yyymnYN*");
        struct told a = tell(built(text)), b = tell(built(shuffled(text)));
        assert_true(fb_str_is(a.c->elements[a.c->top].id, "G0"));
        assert_true(fb_str_is(b.c->elements[b.c->top].id, "G0"));
        for (uint32_t i = 0; i < a.c->element_count; i++) {
            uint32_t k = fb_case_find(b.c, a.c->elements[i].id);
            uint8_t digest[2][FB_SHA256_SIZE];
            if (a.c->elements[i].label != b.c->elements[k].label ||
                fabs(a.bounds[i].low - b.bounds[k].low) > 1e-9 ||
                fabs(a.bounds[i].high - b.bounds[k].high) > 1e-9) {
                fail_msg(
                    "%u: %.*s\n%.*s", round, FB_STR_ARG(a.c->elements[i].id), FB_STR_ARG(text));
            }
            FB_TEST_OK(fb_case_digest(a.c, i, digest[0], &err));
            FB_TEST_OK(fb_case_digest(b.c, k, digest[1], &err));
            assert_memory_equal(digest[0], digest[1], FB_SHA256_SIZE);
        }
        fb_arena_release(&arena);
    }
}

/* Labels of elements, then of challenges, as one text; of what is tied to the top. */
static void read_labels(const struct fb_case *c, const uint8_t *sides, char *into, size_t room)
{
    size_t count = c->element_count + c->challenge_count;
    assert_true(count < room);
    for (size_t i = 0; i < count; i++) {
        bool element = i < c->element_count;
        const struct fb_challenge *x = element ? NULL : &c->challenges[i - c->element_count];
        bool tied = sides[element ? i : x->by] != 0;
        into[i] = (char)(tied ? '0' + (element ? c->elements[i].label : x->label) : '-');
    }
    into[count] = '\0';
}

/* What is stale is unknown where it would help the top and counts in full where it hurts, however
 * the leaf is tied to the top: by support, context, or challenges of elements, of relations and of
 * challenges. */
static void test_age_only_hurts(void **state)
{
    (void)state;
    /* Of each side: a stale answer, and the fresh one that it is as good as. */
    static const char *const SAME[][2] = {{"N", "n"}, {"Y", "m"}, {"Y", "y"}, {"N", "m"}};
    size_t against = 0;
    for (uint32_t round = 1; round < ROUNDS; round++) {
        struct fb_str text = make(round, RANDOM_COUNTERS | RANDOM_MODULES);
        random_answer_all("yyyymn");
        const struct fb_case *c = built(text);
        const uint8_t *sides = sides_of(c);
        for (uint32_t p = 0; p < RANDOM_PREDICATES; p++) {
            uint8_t side = side_of(c, sides, p);
            char was = random_answers[p];
            for (int row = side == AGAINST ? 2 : 0; side && row < (side == AGAINST ? 4 : 2);
                 row++) {
                char labels[2][400];
                for (int fresh = 0; fresh < 2; fresh++) {
                    random_answers[p] = SAME[row][fresh][0];
                    read_labels(tell(built(text)).c, sides, labels[fresh], sizeof(labels[0]));
                }
                if (strcmp(labels[0], labels[1]) != 0) {
                    fail_msg("%u: p%u %s and %s\n%.*s", round, p, SAME[row][0], SAME[row][1],
                        FB_STR_ARG(text));
                }
                against += side == AGAINST;
            }
            random_answers[p] = was;
        }
        fb_arena_release(&arena);
    }
    assert_true(against > 100);
}

/* A leaf that is needed where everything else is at its best cannot be made up for by anything:
 * with it false the top stands under no answers of the others. */
static void test_no_masking(void **state)
{
    (void)state;
    size_t needed = 0;
    for (uint32_t round = 1; round < ROUNDS; round++) {
        struct fb_str text = make(round, RANDOM_COUNTERS | RANDOM_MODULES);
        struct fb_case *c = built(text);
        const uint8_t *sides = sides_of(c);
        uint32_t leaf = chance(RANDOM_LEAVES);
        for (uint32_t p = 0; p < RANDOM_PREDICATES; p++) {
            random_answers[p] = side_of(c, sides, p) == AGAINST ? 'n' : 'y';
        }
        random_answers[leaf] = 'n';
        bool is_needed =
            side_of(c, sides, leaf) == FOR && rank(tell(c).c->elements[c->top].label) == 0;
        for (int trial = 0; is_needed && trial < 20; trial++) {
            random_answer_all(trial % 2 ? "yyyyyyn" : "ynmYN*");
            for (uint32_t p = 0; p < RANDOM_PREDICATES; p++) {
                bool sided = side_of(c, sides, p) != 0;
                random_answers[p] = sided ? random_answers[p] : 'y'; /* as it was */
            }
            random_answers[leaf] = trial % 3 ? 'n' : 'N';
            c = tell(c).c;
            assert_int_equal(rank(c->elements[c->top].label), 0);
            needed++;
        }
        fb_arena_release(&arena);
    }
    assert_true(needed > 500);
}

/* Evidence that becomes suspect, or is withdrawn from what needs any or some of it, raises nothing
 * that rests on it. */
static void test_removed_never_raises(void **state)
{
    (void)state;
    size_t removed = 0;
    for (uint32_t round = 1; round < ROUNDS; round++) {
        struct fb_str text = make(round, RANDOM_COUNTERS | RANDOM_MODULES);
        random_answer_all("yyymnYN*");
        struct told before = tell(built(text));
        const uint8_t *sides = sides_of(before.c);
        struct fb_case *c = built(text);
        struct fb_element *e = &c->elements[chance(RANDOM_GOALS)];
        bool challenged = false;
        for (size_t i = 0; i < c->challenge_count; i++) {
            challenged = challenged || (c->challenges[i].kind != FB_CHALLENGE_ELEMENT &&
                                           &c->elements[c->challenges[i].target] == e);
        }
        size_t most = e->support == FB_SUPPORT_ANY      ? 1
                      : e->support == FB_SUPPORT_K_OF_N ? e->support_k
                                                        : e->supported_by_count;
        if (!challenged && e->supported_by_count > most && sides[e - c->elements] == FOR) {
            size_t at = chance((uint32_t)e->supported_by_count);
            memmove(&e->supported_by[at], &e->supported_by[at + 1],
                (e->supported_by_count - at - 1) * sizeof(*e->supported_by));
            e->supported_by_count--;
            struct told after = tell(c);
            removed++;
            for (size_t i = 0; i < c->element_count; i++) {
                if (sides[i] == FOR) {
                    assert_true(rank(c->elements[i].label) <= rank(before.c->elements[i].label));
                    assert_true(after.bounds[i].low <= before.bounds[i].low + 1e-9);
                }
            }
        }
        fb_arena_release(&arena);
    }
    assert_true(removed > 30);
}

/* A conjunct that is split into two, which together are no surer than it was, raises no bound above
 * it, whether the parts stand in its place or below it. */
static void test_splitting(void **state)
{
    (void)state;
    static const char *const ABOVE[] = {"all", "any", "2 of 3"};
    for (uint32_t round = 1; round < 400; round++) {
        double low[3];
        seed = round * 7919;
        uint32_t p = 400 + chance(600), a = p + chance(1001 - p), b = p + 1000 - a;
        uint32_t sure[4] = {chance(1000), chance(1000), chance(1000), chance(1000)};
        const char *above = ABOVE[chance(3)], *tail = chance(2) ? "CSn1: {challenges: [T]}\n" : "";
        for (int form = 0; form < 3; form++) {
            static const char *const FORMS[] = {"[Sn0, Sn1]", "[Sn2, Sn3, Sn1]", "[G9, Sn1]"};
            char text[900];
            snprintf(text, sizeof(text),
                "G0: {supportedBy: [G1, Sn4, Sn5], support: %s}\nG1: {supportedBy: %s}\n"
                "G9: {supportedBy: [Sn2, Sn3]}\nSn0: {confidence: %.3f}\nSn1: {confidence: %.3f}\n"
                "Sn2: {confidence: %.3f}\nSn3: {confidence: %.3f}\nSn4: {confidence: %.3f}\n"
                "Sn5: {confidence: %.3f}\nT: {nodeType: Goal, undeveloped: true}\n%s",
                above, FORMS[form], p / 1000.0, sure[1] / 1000.0, a / 1000.0, b / 1000.0,
                sure[2] / 1000.0, sure[3] / 1000.0, tail);
            low[form] = tell(built(fb_str_of(text))).bounds[0].low;
        }
        assert_true(low[1] <= low[0] + 1e-9);
        assert_true(fabs(low[1] - low[2]) < 1e-9);
    }
}

static const char *label_of(const struct fb_case *c, const char *id)
{
    uint32_t at = fb_case_find(c, fb_str_of(id));
    assert_true(at != UINT32_MAX);
    return fb_label_name(c->elements[at].label);
}

/* Loops of challenges, odd and even, with and without somebody outside who decides them; and a
 * relation that is undercut for one of two parents. */
static void test_loops(void **state)
{
    (void)state;
    static const char *const ROWS[][2] = {
        {"CSn1: {challenges: [G1, CSn3]}\nCSn2: {challenges: CSn1}\nCSn3: {challenges: CSn2}\n",
            "undecided"},
        {"CSn1: {challenges: [G1, CSn2]}\nCSn2: {challenges: CSn1}\n", "undecided"},
        /* Somebody from outside takes one out: the next stands, the one behind it falls. */
        {"CSn1: {challenges: [G1, CSn3]}\nCSn2: {challenges: CSn1}\nCSn3: {challenges: CSn2}\n"
         "CSn4: {challenges: CSn3}\n",
            "in"},
        {"CSn1: {challenges: [G1, CSn3]}\nCSn2: {challenges: CSn1}\nCSn3: {challenges: CSn2}\n"
         "CSn4: {challenges: CSn2}\n",
            "falsified"},
        {"CSn1: {challenges: [G1, CSn2]}\nCSn2: {challenges: CSn1}\nCSn4: {challenges: CSn1}\n",
            "in"},
        {"CSn1: {challenges: [G1, CSn2]}\nCSn2: {challenges: CSn1}\nCSn4: {challenges: CSn2}\n",
            "falsified"},
        /* A circle through support: the counter goal rests on what its own victim challenges. */
        {"CG1: {challenges: G1, supportedBy: CSn2}\nCSn2: {challenges: CG3}\n"
         "CG3: {challenges: CSn2, supportedBy: CSn4}\nCSn4: {}\n",
            "undecided"},
        /* Two that challenge each other's challenge of the same claim: nobody speaks for either. */
        {"CSn1: {challenges: [G1, 'G1 -> CSn2']}\nCSn2: {challenges: [G1, 'G1 -> CSn1']}\n", "in"},
        /* One that challenges itself by way of another's relation is no answer to anything. */
        {"CSn1: {challenges: G1}\nCSn2: {challenges: ['G1 -> CSn1', CSn3]}\n"
         "CSn3: {challenges: CSn2}\n",
            "undecided"},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        char text[600];
        snprintf(text, sizeof(text), "G1: {supportedBy: Sn1}\nSn1: {}\n%s", ROWS[i][0]);
        const struct fb_case *c = tell(built(fb_str_of(text))).c;
        if (strcmp(label_of(c, "G1"), ROWS[i][1]) != 0) {
            fail_msg("%zu: %s", i, label_of(c, "G1"));
        }
    }
    const struct fb_case *c =
        tell(built(FB_STR("G1: {supportedBy: [G2, G3], support: any}\nG2: {supportedBy: [Sn1]}\n"
                          "G3: {supportedBy: [Sn1]}\nSn1: {}\nCSn1: {challenges: [G2 -> Sn1]}\n")))
            .c;
    assert_string_equal(label_of(c, "G2"), "undercut");
    assert_string_equal(label_of(c, "G3"), "in");
    assert_string_equal(label_of(c, "Sn1"), "in");
    assert_string_equal(label_of(c, "G1"), "in");
}

/* Evidence that it is no answer to a challenge counts, however old. */
static void test_old_evidence_against_an_answer(void **state)
{
    (void)state;
    static const char *const ON[] = {"CSn1", "G1 -> CSn1"};
    for (size_t i = 0; i < 2; i++) {
        char text[200];
        snprintf(text, sizeof(text),
            "G1: {supportedBy: Sn1}\nSn1: {}\nCSn1: {challenges: G1}\n"
            "CSn2: {challenges: %s, evidence: p0}\n",
            ON[i]);
        random_answers[0] = 'N';
        assert_string_equal(label_of(tell(built(fb_str_of(text))).c, "G1"), "falsified");
        random_answers[0] = 'Y';
        assert_string_equal(label_of(tell(built(fb_str_of(text))).c, "G1"), "undecided");
    }
}

/* What challenges the challenge that an answer makes stands against the top, and counts however old
 * it is. */
static void test_old_evidence_against_the_challenge_of_an_answer(void **state)
{
    (void)state;
    static const char TEXT[] = "G1: {supportedBy: Sn1}\nSn1: {}\nCSn1: {challenges: G1}\n"
                               "CSn2: {challenges: CSn1}\n"
                               "CSn3: {challenges: CSn1 -> CSn2, evidence: p0}\n";
    random_answers[0] = 'Y';
    assert_string_equal(label_of(tell(built(fb_str_of(TEXT))).c, "G1"), "falsified");
    random_answers[0] = 'N';
    assert_string_equal(label_of(tell(built(fb_str_of(TEXT))).c, "G1"), "undecided");
    random_answers[0] = 'n';
    assert_string_equal(label_of(tell(built(fb_str_of(TEXT))).c, "G1"), "in");
}

/* An acceptance counts while its own evidence is known to hold, and only for what stands on one
 * side of the top: whom would it help else? */
static void test_acceptances(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char rests; /* the answer to p1 */
        const char *label;
    } ROWS[] = {
        {"G1: {supportedBy: Sn1}\nSn1: {evidence: p0, accepted: {by: a, until: 2030-01-01}}\n", 'm',
            "in"},
        {"G1: {supportedBy: Sn1}\nCG1: {challenges: G1, supportedBy: Sn1}\n"
         "Sn1: {evidence: p0, accepted: {by: a, until: 2030-01-01}}\n",
            'm', "undecided"},
        {"G1: {supportedBy: Sn1}\n"
         "Sn1: {evidence: p0, accepted: {by: a, until: 2030-01-01, evidence: p1}}\n",
            'm', "undecided"},
        {"G1: {supportedBy: Sn1}\n"
         "Sn1: {evidence: p0, accepted: {by: a, until: 2030-01-01, evidence: p1}}\n",
            'n', "undecided"},
        {"G1: {supportedBy: Sn1}\n"
         "Sn1: {evidence: p0, accepted: {by: a, until: 2030-01-01, evidence: p1}}\n",
            'Y', "undecided"},
        {"G1: {supportedBy: Sn1}\n"
         "Sn1: {evidence: p0, accepted: {by: a, until: 2030-01-01, evidence: p1}}\n",
            'y', "in"},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        random_answers[0] = 'm';
        random_answers[1] = ROWS[i].rests;
        const struct fb_case *c = tell(built(fb_str_of(ROWS[i].text))).c;
        if (strcmp(label_of(c, "G1"), ROWS[i].label) != 0) {
            fail_msg("%zu: %s", i, label_of(c, "G1"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_monotone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order_free, setup, teardown),
        cmocka_unit_test_setup_teardown(test_age_only_hurts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_masking, setup, teardown),
        cmocka_unit_test_setup_teardown(test_removed_never_raises, setup, teardown),
        cmocka_unit_test_setup_teardown(test_splitting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loops, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_old_evidence_against_the_challenge_of_an_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_acceptances, setup, teardown),
        cmocka_unit_test_setup_teardown(test_old_evidence_against_an_answer, setup, teardown),
    };
    return cmocka_run_group_tests_name("case-properties", tests, NULL, NULL);
}

/*
 * Tests of diff.c and pair.c on whole policies: clauses that lost their names, many of them;
 * and pairs that are easily judged the wrong way round.
 * (More pairs, with histories: tests/unit/govern/test_policy_diff.c.)
 */
#include "lang/diff/diff.h"
#include "lang_test.h"

static struct fb_err err;

/* What a comparison of two texts says. */
static enum fb_change compare(struct fb_str older, struct fb_str newer)
{
    static struct policy sides[2];
    struct fb_arena arena;
    struct fb_policy_change change;
    policy_compile(&sides[0], older);
    policy_compile(&sides[1], newer);
    for (size_t i = 0; i < 2; i++) {
        if (sides[i].code != FB_OK) {
            fail_msg("%u: %s\n%.*s", sides[i].errors.items[0].line,
                sides[i].errors.items[0].message, FB_STR_ARG(i ? newer : older));
        }
    }
    fb_arena_init(&arena, (size_t)1 << 28);
    FB_TEST_OK(fb_policy_compare(sides[0].program, sides[1].program, &arena, &change, &err));
    enum fb_change said = change.change;
    fb_arena_release(&arena);
    policy_release(&sides[0]);
    policy_release(&sides[1]);
    return said;
}

/* ---- names that went ---- */

static void make(struct fb_buf *out, size_t rules, const char *name, const char *to)
{
    fb_buf_init(out, FB_POLICY_TEXT_MAX);
    fb_buf_add_c(out, "policy \"p\"\n  title \"P\"\n  version 1\n");
    for (size_t i = 0; i < rules; i++) {
        fb_buf_addf(out,
            "\nduty %s%zu(S, I)\n  title \"t\"\n  when incident I of S\n  party \"p\"\n"
            "  must report I to \"%s%zu\"\n  within 3 days\n",
            name, i, to, i);
    }
}

static void test_renamed(void **state)
{
    static const struct {
        size_t rules;
        const char *name, *to;
        enum fb_change change;
    } cases[] = {{3000, "a", "o", FB_CHANGE_NONE}, {3000, "b", "o", FB_CHANGE_REWORDED},
        {100, "b", "q", FB_CHANGE_INCOMPARABLE}, {400, "b", "q", FB_CHANGE_INCOMPARABLE}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_buf older, newer;
        make(&older, cases[i].rules, "a", "o");
        make(&newer, cases[i].rules, cases[i].name, cases[i].to);
        enum fb_change change = compare(fb_buf_str(&older), fb_buf_str(&newer));
        assert_string_equal(fb_change_name(change), fb_change_name(cases[i].change));
        fb_buf_release(&older);
        fb_buf_release(&newer);
    }
}

/* FB_DIFF_PAIRS_MAX: what was renamed and reworded at a time is found among that many pairs. */
static void test_pairs_limit(void **state)
{
    (void)state;
    for (size_t rules = 150; rules <= 300; rules += 150) {
        struct fb_buf older, newer;
        make(&older, rules, "a", "o");
        make(&newer, rules, "b", "o");
        fb_buf_clear(&newer);
        fb_buf_add_c(&newer, "policy \"p\"\n  title \"P\"\n  version 1\n");
        for (size_t i = 0; i < rules; i++) { /* the same, with a variable of another name */
            fb_buf_addf(&newer,
                "\nduty b%zu(S, J)\n  title \"t\"\n  when incident J of S\n  party \"p\"\n"
                "  must report J to \"o%zu\"\n  within 3 days\n",
                i, i);
        }
        enum fb_change change = compare(fb_buf_str(&older), fb_buf_str(&newer));
        bool within = rules * rules / 2 < FB_DIFF_PAIRS_MAX;
        assert_string_equal(fb_change_name(change), within ? "reworded" : "incomparable");
        fb_buf_release(&older);
        fb_buf_release(&newer);
    }
}

/* ---- pairs that are easily judged the wrong way round ---- */

#define HEAD "policy \"p\"\n  title \"P\"\n  version 1\n"
#define TELL                                                                                       \
    "duty tell(S, I)\n  title \"t\"\n  when incident I of system S with class C, known to P\n"
#define LINE "redline cyber(S)\n  title \"c\"\n  measure success of S on \"t\"\n"
#define HOLD                                                                                       \
    LINE "  crossed at 50% with 95% confidence\n"                                                  \
         "commitment hold(S) by \"dev\"\n  while cyber(S) crossed or not ruled out\n"
#define MORE "stricter"
#define LESS "weaker"
#define WORDS "reworded"
#define BOTH "incomparable"
#define OPEN "undecided"
#define SAME "unchanged"

static const struct {
    const char *older, *newer, *forth, *back;
} pairs[] = {
    /* units */
    {HEAD TELL "  party P\n  must report I to \"o\"\n  within 48 hours\n",
        HEAD TELL "  party P\n  must report I to \"o\"\n  within 2 days\n", WORDS, WORDS},
    {HEAD "  calendar eu-1182-71\n" TELL "  party P\n  must report I to \"o\"\n  within 48 hours\n",
        HEAD "  calendar eu-1182-71\n" TELL
             "  party P\n  must report I to \"o\"\n  within 2 days\n",
        OPEN, OPEN}, /* 48 hours can end later than 2 days begin to, and sooner */
    {HEAD TELL "  party P\n  must report I to \"o\"\n  within 2 business days\n",
        HEAD TELL "  party P\n  must report I to \"o\"\n  within 2 days\n", MORE, LESS},
    {HEAD TELL "  party P\n  must report I to \"o\"\n  within 1 month\n",
        HEAD TELL "  party P\n  must report I to \"o\"\n  within 28 days\n", MORE, LESS},
    {HEAD TELL "  party P\n  must report I to \"o\"\n  within 1 month\n",
        HEAD TELL "  party P\n  must report I to \"o\"\n  within 30 days\n", OPEN, OPEN},
    {HEAD TELL "  party P\n  must report I to \"o\"\n  within 2 weeks\n",
        HEAD TELL "  party P\n  must report I to \"o\"\n  within 14 days\n", SAME, SAME},
    {HEAD TELL "  if training compute of S >= 1e25 FLOP\n  party P\n  must report I to \"o\"\n",
        HEAD TELL "  if training compute of S >= 10e24 FLOP\n  party P\n  must report I to \"o\"\n",
        SAME, SAME},
    /* may for must, and the other way */
    {HEAD HOLD "  must evaluate S on \"t\" within 9 days\n",
        HEAD HOLD "  may not evaluate S on \"t\"\n", BOTH, BOTH},
    {HEAD HOLD "  must secure S at level 3 within 9 days\n",
        HEAD HOLD "  keep S secure at level 3\n", BOTH, BOTH},
    /* hence, lest and waivers */
    {HEAD TELL "  party P\n  must report I to \"o\" stage \"initial\"\n  within 2 days\n"
               "  hence must report I to \"o\" stage \"final\" within 9 days\n",
        HEAD TELL "  party P\n  must report I to \"o\" stage \"initial\"\n  within 2 days\n", LESS,
        MORE},
    {HEAD TELL "  party P\n  must report I to \"o\"\n  within 2 days\n  lest halt S\n",
        HEAD TELL "  party P\n  must report I to \"o\"\n  within 1 day\n  lest restrict S\n", BOTH,
        BOTH},
    {HEAD TELL "  party P\n  must report I to \"o\"\n  within 2 days\n  waived by \"a\"\n",
        HEAD TELL "  party P\n  must report I to \"o\"\n  within 1 day\n", MORE, LESS},
    {HEAD TELL
        "  party P\n  must report I to \"o\"\n  within 2 days\n  waived by \"a\" if C is death\n",
        HEAD TELL "  party P\n  must report I to \"o\"\n  within 2 days\n  waived by \"a\"\n", LESS,
        MORE},
    /* scope and exemptions */
    {HEAD LINE "  applies to systems with training compute >= 1e25 FLOP\n"
               "  crossed at 50% with 95% confidence\n",
        HEAD LINE "  applies to systems with training compute > 1e25 FLOP\n"
                  "  crossed at 50% with 95% confidence\n",
        LESS, MORE},
    {HEAD "exempt lab(S)\n  when S is research_only and training compute of S < 1e24 FLOP\n" LINE
          "  crossed at 50% with 95% confidence\n",
        HEAD "exempt lab(S)\n  when S is research_only\n" LINE
             "  crossed at 50% with 95% confidence\n",
        LESS, MORE},
    {HEAD "exempt lab(S)\n  when S is research_only\n" LINE
          "  crossed at 50% with 95% confidence\n",
        HEAD "exempt lab(S)\n  when S is research_only\n  from cyber\n" LINE
             "  crossed at 50% with 95% confidence\n",
        SAME, SAME},
    /* red lines: thresholds, confidence, margins on their scales, dwell */
    {HEAD LINE "  crossed at 50% with 95% confidence\n",
        HEAD LINE "  crossed at 50.0% with 95% confidence\n", SAME, SAME},
    {HEAD LINE "  crossed at 50% with 95% confidence\n",
        HEAD LINE "  crossed at 50% with 90% confidence\n", BOTH, BOTH},
    {HEAD LINE "  crossed at 50% with 95% confidence\n  margin a 2 x on odds from \"D\"\n",
        HEAD LINE "  crossed at 50% with 95% confidence\n  margin a 1.5 x on odds from \"D\"\n",
        LESS, MORE},
    {HEAD LINE "  crossed at 50% with 95% confidence\n  margin a 2 x on odds from \"D\"\n",
        HEAD LINE "  crossed at 50% with 95% confidence\n  margin a + 5 points from \"D\"\n", LESS,
        MORE},
    {HEAD LINE "  crossed at 50% with 95% confidence\n  clears below 30% for 90 days\n",
        HEAD LINE "  crossed at 50% with 95% confidence\n  clears below 30% for 12 weeks\n", LESS,
        MORE},
    {HEAD LINE "  crossed at 50% with 95% confidence\n  needs 200 samples\n",
        HEAD LINE "  crossed at 40% with 95% confidence\n  needs 100 samples\n", BOTH, BOTH},
    /* conditions: what is unknown, negated, or said twice */
    {HEAD TELL "  if not training compute of S < 1e25 FLOP\n  party P\n  must report I to \"o\"\n",
        HEAD TELL "  if training compute of S >= 1e25 FLOP\n  party P\n  must report I to \"o\"\n",
        LESS, MORE},
    {HEAD TELL "  if C is death or C is serious_harm\n  party P\n  must report I to \"o\"\n",
        HEAD TELL "  if C is death\n  party P\n  must report I to \"o\"\n", LESS, MORE},
    {HEAD TELL "  if not C is death\n  party P\n  must report I to \"o\"\n",
        HEAD TELL "  if C is not death\n  party P\n  must report I to \"o\"\n", SAME, SAME},
    {HEAD TELL "  if S is designated and C is death\n  party P\n  must report I to \"o\"\n",
        HEAD TELL "  if C is death and S is designated\n  party P\n  must report I to \"o\"\n",
        SAME, SAME},
    {HEAD TELL "  party P\n  must report I to \"o\"\n  within 2 days if C is death\n",
        HEAD TELL "  party P\n  must report I to \"o\"\n  within 2 days if C is death\n"
                  "         30 days\n",
        MORE, LESS},
    {HEAD TELL "  party P\n  must report I to \"o\"\n  within 2 days\n  of P knowing of I\n",
        HEAD TELL "  party P\n  must report I to \"o\"\n  within 2 days\n", BOTH, BOTH},
    /* time in force */
    {HEAD "  effective 2026-01-01\n  expires 2027-01-01\n",
        HEAD "  effective 2026-02-01\n  expires 2028-01-01\n", BOTH, BOTH},
    {HEAD "  effective 2026-01-01\n", HEAD "  effective never\n", LESS, MORE},
};

static void test_known_pairs(void **state)
{
    size_t wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const struct fb_str older = fb_str_of(pairs[i].older), newer = fb_str_of(pairs[i].newer);
        const char *forth = fb_change_name(compare(older, newer));
        const char *back = fb_change_name(compare(newer, older));
        if (strcmp(forth, pairs[i].forth) != 0 || strcmp(back, pairs[i].back) != 0) {
            printf("# %s and back %s, expected %s and %s\n# %s\n# %s\n", forth, back,
                pairs[i].forth, pairs[i].back, pairs[i].older, pairs[i].newer);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_renamed),
        cmocka_unit_test(test_pairs_limit),
        cmocka_unit_test(test_known_pairs),
    };
    return cmocka_run_group_tests_name("lang diff", tests, NULL, NULL);
}

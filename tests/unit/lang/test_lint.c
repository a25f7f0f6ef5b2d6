/* Tests of lint.c and lint_cost.c: what is wrong with a policy although it compiles, and silence
 * where nothing is.
 */
#include "fb_test.h"
#include "lang/lint.h"

#define HEAD "policy \"p\"\n  title \"P\"\n  version 1\n"
#define DUTY                                                                                       \
    HEAD "duty tell(S, I)\n"                                                                       \
         "  when    incident I of system S with class C, known to P\n"                             \
         "  party   P\n"                                                                           \
         "  must    report I to \"office\"\n"
#define LINE                                                                                       \
    HEAD "redline cyber(S)\n"                                                                      \
         "  measure   success of S on \"t\"\n"                                                     \
         "  crossed   at 50% with 95% confidence\n"
#define HOLD                                                                                       \
    LINE "commitment hold(S) by \"dev\"\n"                                                         \
         "  while   cyber(S) crossed or not ruled out\n"

#define TWO(demanded, forbidden)                                                                   \
    HEAD "duty tell(S, I)\n"                                                                       \
         "  when    incident I of system S with class " demanded "\n"                              \
         "  party   \"x\"\n"                                                                       \
         "  must    report I to \"office\"\n"                                                      \
         "  within  2 days\n"                                                                      \
         "duty hush(S, J)\n"                                                                       \
         "  when    incident J of system S with class " forbidden "\n"                             \
         "  while   S is designated\n"                                                             \
         "  party   \"x\"\n"                                                                       \
         "  may not report J to \"office\"\n"
#define RECURS                                                                                     \
    "duty again(S)\n"                                                                              \
    "  when    deployment D of S\n"                                                                \
    "  party   \"x\"\n"                                                                            \
    "  must    evaluate S on \"t\"\n"                                                              \
    "  every   6 months\n"

/* A policy and what is said of it; NULL: nothing. */
static const struct {
    const char *text;
    const char *says;
    uint32_t line;
} cases[] = {
    {DUTY "  within  2 days\n", NULL, 0},
    {DUTY "  within  2 days if C is death\n          15 days if C is harm\n", NULL, 0},
    {DUTY "  within  2 days if C is death\n          15 days\n", NULL, 0},
    {DUTY "  within  2 days if C is death\n          15 days if C is death\n",
        "this deadline never counts: whenever it applies, a tighter one does", 9},
    {DUTY "  within  2 days\n          15 days if C is death\n",
        "this deadline never counts: whenever it applies, a tighter one does", 9},
    {DUTY "  within  2 days if C is death and C is harm\n",
        "this deadline never applies: its condition contradicts those of 'tell'", 8},
    {DUTY "  if      C is death and C is not death\n  within  2 days\n",
        "'tell' can never arise: its conditions contradict each other", 4},
    {DUTY "  if      training compute of S > 2e25 FLOP and training compute of S < 1e25 FLOP\n"
          "  within  2 days\n",
        "'tell' can never arise: its conditions contradict each other", 4},
    {DUTY "  if      training compute of S > 1e25 FLOP and training compute of S is unknown\n"
          "  within  2 days\n",
        "'tell' can never arise: its conditions contradict each other", 4},
    {DUTY "  if      training compute of S > 1e25 FLOP and training compute of S < 2e25 FLOP\n"
          "  within  2 days\n",
        NULL, 0},
    {DUTY "  if      not training compute of S > 1e25 FLOP and not training compute of S <= 1e25 "
          "FLOP\n  within  2 days\n",
        NULL, 0}, /* it may be unknown */
    {LINE "  margin    elicitation + 50 points from \"D\"\n",
        "no evidence can rule out 'cyber': the margins take up the whole threshold, so what "
        "follows from it can never be relaxed",
        4},
    {LINE "  margin    elicitation + 49 points from \"D\"\n", NULL, 0},
    {LINE "  margin    elicitation + 10 points from \"D\"\n  clears    below 5% for 9 days\n",
        "'cyber' can never clear once it was crossed: the margins take up the whole bound", 4},
    {LINE "  applies   to systems with training compute >= 1e25 FLOP\n", NULL, 0},
    {HEAD "duty quiet(S)\n  when    training compute of S > 1e26 FLOP\n  party   \"dev\"\n"
          "  may not deploy S externally\n",
        "'quiet' can never be relaxed: once it arose it binds for ever", 4},
    {HOLD "  may not deploy S externally\n", NULL, 0},
    {HOLD "  may not evaluate S on \"t\"\n  must    evaluate S on \"t\" within 9 days\n",
        "'hold.evaluate.2' demands what 'hold.evaluate' forbids", 10},
    {HOLD "  may not evaluate S on \"u\"\n  must    evaluate S on \"t\" within 9 days\n", NULL, 0},
    {HOLD "  may not deploy S\n  must    evaluate S on \"t\" before deploying S\n", NULL, 0},
    /* The same incident, or never the same: then no conflict. No system is needed. */
    {TWO("death", "death"), "'tell' demands what 'hush' forbids", 4},
    {TWO("death", "harm"), NULL, 0},
    {HEAD "duty a(P)\n  when    party P\n  while   party P with academic true\n  party   \"x\"\n"
          "  must    publish \"plan\"\n  within  5 days\n"
          "duty b(Q)\n  when    party Q\n  while   party Q with academic true\n  party   \"x\"\n"
          "  may not publish \"plan\"\n",
        "'a' demands what 'b' forbids", 4},
    /* Each period is an obligation, and nothing ends them. */
    {HEAD RECURS,
        "'again' recurs without end: nothing ends it, and each period is kept for ever, up to "
        "100000 of them",
        4},
    {HEAD RECURS "  while   S is designated\n", NULL, 0},
    {HEAD "  expires 2030-01-01\n" RECURS, NULL, 0},
};

static void test_cases(void **state)
{
    static struct fb_policy_errors errors, notes;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_arena arena;
        struct fb_program *program = NULL;
        struct fb_complaints to = {.name = "p.fly", .errors = &notes};
        fb_arena_init(&arena, (size_t)1 << 26);
        notes.count = 0;
        if (fb_policy_compile(fb_str_of(cases[i].text), "p.fly", &arena, &program, &errors)) {
            fail_msg("%s\n%s", errors.items[0].message, cases[i].text);
        }
        fb_program_lint(program, &to);
        if (!cases[i].says && notes.count > 0) {
            fail_msg("'%s' of\n%s", notes.items[0].message, cases[i].text);
        } else if (cases[i].says) {
            assert_int_equal(notes.count, 1);
            if (strcmp(notes.items[0].message, cases[i].says) != 0) {
                fail_msg("'%s' of\n%s", notes.items[0].message, cases[i].text);
            }
            assert_int_equal(notes.items[0].line, cases[i].line);
            assert_true(notes.items[0].hint[0] != 0);
        }
        fb_arena_release(&arena);
    }
}

#define LOOSE                                                                                      \
    HEAD "duty tell(R)\n"                                                                          \
         "  when    report R with issuer P, topic y\n"                                             \
         "  party   P\n"

/* What a right policy costs. */
static const struct {
    const char *text;
    const char *says;
    uint32_t line;
} costs[] = {
    {LOOSE "  must    issue report N with topic x, concerns R\n  within  2 days\n", NULL, 0},
    {LOOSE "  must    issue report N with topic x, issuer P\n  within  2 days\n", NULL, 0},
    {LOOSE "  must    issue report N with topic x, issuer \"p\"\n  within  2 days\n",
        "every 'report' that fits this counts for each obligation of 'tell', which is weighed "
        "against all of them: nothing ties it to the rest of the rule",
        7},
    {LOOSE "  if      not decision D with topic x\n"
           "  must    issue report N with topic x, issuer P\n  within  2 days\n",
        "every 'decision' that fits this counts for each obligation of 'tell', which is weighed "
        "against all of them: nothing ties it to the rest of the rule",
        7},
    {LINE "duty tell(S)\n  when    deployment D of S\n  if      cyber(T) crossed\n"
          "  party   \"x\"\n  must    evaluate S on \"t\"\n  within  2 days\n",
        "'tell' asks for red lines of other systems, so that a question about one system decides "
        "those of all",
        9},
    {LINE "duty tell(S)\n  when    deployment D of S\n  if      cyber(S) crossed\n"
          "  party   \"x\"\n  must    evaluate S on \"t\"\n  within  2 days\n",
        NULL, 0},
};

static void test_costs(void **state)
{
    static struct fb_policy_errors errors, notes;
    (void)state;
    for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
        struct fb_arena arena;
        struct fb_program *program = NULL;
        struct fb_complaints to = {.name = "p.fly", .errors = &notes};
        fb_arena_init(&arena, (size_t)1 << 26);
        notes.count = 0;
        if (fb_policy_compile(fb_str_of(costs[i].text), "p.fly", &arena, &program, &errors)) {
            fail_msg("'%s' of\n%s", errors.items[0].message, costs[i].text);
        }
        fb_program_lint_cost(program, &to);
        assert_int_equal(notes.count, costs[i].says ? 1 : 0);
        if (costs[i].says) {
            assert_string_equal(notes.items[0].message, costs[i].says);
            assert_int_equal(notes.items[0].line, costs[i].line);
            assert_true(notes.items[0].hint[0] != 0);
        }
        fb_arena_release(&arena);
    }
}

/* The language has no operators over time, no aggregations, and a variable for each name. Were it
 * to get them, what they cost would be said. */
static void test_slicing(void **state)
{
    static struct fb_policy_errors errors, notes;
    struct fb_arena arena;
    struct fb_complaints to = {.name = "p.fly", .errors = &notes};
    (void)state;
    static const uint32_t party[] = {1};
    static const struct {
        struct fb_form with;
        const char *says;
    } ways[] = {
        {{.kind = FB_FORM_ONCE},
            "'tell' is decided by looking at all instants, not at the facts of each obligation: "
            "its conditions have operators over time"},
        {{.kind = FB_FORM_AGGREGATE, .agg = FB_AGG_COUNT, .agg_over = 1, .agg_result = 0},
            "'tell' is decided by looking at all records, not at the facts of each obligation: "
            "only an aggregation says what is owed"},
        {{.kind = FB_FORM_EXISTS, .bound = party, .bound_count = 1},
            "'tell' is decided by looking at all records, not at the facts of each obligation: "
            "one name stands for two variables in it"},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct fb_program *program = NULL;
        fb_arena_init(&arena, (size_t)1 << 26);
        struct fb_str text =
            FB_STR(LOOSE "  must    issue report N with topic x, issuer P\n  within  2 days\n");
        assert_int_equal(fb_policy_compile(text, "p.fly", &arena, &program, &errors), FB_OK);
        struct fb_duty *duty = &program->duties[0];
        struct fb_form with = ways[i].with;
        with.interval.high = FB_TIME_MAX;
        with.left = duty->when;
        duty->when = &with;
        duty->param_count = 1;
        notes.count = 0;
        fb_program_lint_cost(program, &to);
        assert_true(notes.count >= 1);
        assert_string_equal(notes.items[0].message, ways[i].says);
        fb_arena_release(&arena);
    }
}

/* A review gives the notes of the tree and these, and the program all the same. */
static void test_review(void **state)
{
    static struct fb_policy_errors errors, notes;
    struct fb_arena arena;
    struct fb_program *program = NULL;
    (void)state;
    fb_arena_init(&arena, (size_t)1 << 26);
    struct fb_str text = FB_STR(LINE "  margin    m + 50 points from \"D\"\n");
    assert_int_equal(fb_policy_review(text, "p.fly", &arena, &program, &notes, &errors), FB_OK);
    assert_non_null(program);
    assert_int_equal(errors.count, 0);
    assert_int_equal(notes.count, 2);
    fb_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_costs),
        cmocka_unit_test(test_slicing), cmocka_unit_test(test_review)};
    return cmocka_run_group_tests_name("lint", tests, NULL, NULL);
}

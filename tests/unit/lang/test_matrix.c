/* Tests of lang/diff/matrix.c, matrix_exempt.c and matrix_draft.c: known answers; the draft checks,
 * and asks no less than what it was made of. */
#include "base/alloc.h"
#include "lang/diff/matrix.h"
#include "lang_test.h"

enum { ARENA_MAX = 1 << 29 };

/* clang-format off */
#define LINE(name, party, at) \
    "redline " name "(S)\n" \
    "  measure   success of S on \"cybench\"\n" \
    "  applies   to systems of \"" party "\" with training compute >= 1e25 FLOP\n" \
    "  crossed   at " at " with 95% confidence\n"
#define HEAD(name) "policy \"" name "\"\n  title \"" name "\"\n  version 1\n"

static const char alpha[] = HEAD("a")
    "let big(S) = training compute of S >= 1e25 FLOP\n"
    LINE("cyber", "alpha", "50%")
    "commitment hold(S) by \"alpha\"\n"
    "  while   cyber(S) crossed or not ruled out\n"
    "  may not deploy S externally\n"
    "  must    secure S at level 4 within 30 days lest halt S\n"
    "  relax   after cyber(S) ruled out for 14 days\n"
    "duty tell(S, I)\n"
    "  when    incident I of system S with class death, known to P\n"
    "  if      big(S)\n"
    "  party   P\n"
    "  must    report I to \"office\" stage \"initial\"\n"
    "  within  10 days\n";

static const char beta[] = HEAD("b")
    "let big(S) = training compute of S >= 1e24 FLOP\n"
    LINE("hacking", "beta", "40%")
    "commitment guard(S) by \"beta\"\n"
    "  while   hacking(S) crossed or not ruled out\n"
    "  must    secure S at level 4 within 14 days lest halt S\n"
    "  must    evaluate S on \"cybench\" every 6 months\n"
    "  relax   after hacking(S) ruled out for 14 days\n"
    "duty tell(S, I)\n"
    "  when    incident I of system S with class death, known to P\n"
    "  if      big(S)\n"
    "  party   P\n"
    "  must    report I to \"office\" stage \"initial\"\n"
    "  within  5 days\n";

static const char gamma_[] = HEAD("c")
    LINE("cyber", "gamma", "50%")
    "duty say(S, I)\n"
    "  when    incident I of system S with class death, known to P\n"
    "  if      training compute of S >= 1e26 FLOP\n"
    "  party   P\n"
    "  must    report I to \"office\" stage \"initial\"\n"
    "  within  2 days\n";
/* clang-format on */

static struct fb_arena arena;
static struct fb_policy_errors errors;

static int setup(void **state)
{
    (void)state;
    fb_arena_init(&arena, ARENA_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

static void build(const char *const *texts, size_t count, struct fb_matrix *out)
{
    struct fb_matrix_source sources[FB_MATRIX_DOCUMENTS_MAX];
    static const char *const names[] = {"a.fly", "b.fly", "c.fly", "d.fly"};
    for (size_t i = 0; i < count; i++) {
        sources[i] = (struct fb_matrix_source){fb_str_of(texts[i]), names[i]};
    }
    if (fb_matrix_build(sources, count, &arena, out, &errors) != FB_OK) {
        fail_msg("%s", errors.items[0].message);
    }
}

static const struct fb_matrix_row *row(const struct fb_matrix *matrix, const char *topic)
{
    for (size_t i = 0; i < matrix->row_count; i++) {
        if (fb_str_is(matrix->rows[i].topic, topic)) {
            return &matrix->rows[i];
        }
    }
    fail_msg("no row '%s'", topic);
    return NULL;
}

static void expect(const struct fb_matrix *matrix, const char *topic, const char *const *standings)
{
    const struct fb_matrix_row *found = row(matrix, topic);
    for (size_t i = 0; i < matrix->document_count; i++) {
        const char *is = fb_standing_name(found->cells[i].standing);
        if (strcmp(is, standings[i]) != 0) {
            fail_msg("%s, document %zu: %s, not %s", topic, i, is, standings[i]);
        }
    }
}

#define EXPECT(matrix, topic, ...) expect(matrix, topic, (const char *const[]){__VA_ARGS__})

static void test_known_answers(void **state)
{
    (void)state;
    struct fb_matrix m;
    build((const char *const[]){alpha, beta, gamma_}, 3, &m);
    assert_int_equal(m.row_count, 5);
    /* Each party stands for the others', and lines that measure the same are one topic. */
    EXPECT(&m, "red line cyber", "weaker", "best", "weaker");
    EXPECT(&m, "may not: deployment", "best", "missing", "missing");
    EXPECT(&m, "must: measure security", "weaker", "best", "missing");
    EXPECT(&m, "must: evaluation", "missing", "best", "missing");
    /* c reports sooner, but only of the largest systems. */
    EXPECT(&m, "must: report initial", "weaker", "apart", "apart");
    const struct fb_matrix_cell *cell = &row(&m, "must: measure security")->cells[0];
    assert_int_equal(cell->other, 1);
    assert_true(fb_str_is(cell->text, "secure S at level 4, within 30 days, lest halt"));
    assert_int_equal(cell->against.change, FB_CHANGE_STRICTER);
}

/* clang-format off */
#define SMALL(name, at, from) \
    "exempt " name "(S)\n" \
    "  when    training compute of S < " at " FLOP\n" from
#define TELL(within) \
    "duty tell(S, I)\n" \
    "  when    incident I of system S with class death, known to P\n" \
    "  party   P\n" \
    "  must    report I to \"office\" stage \"initial\"\n" \
    "  within  " within " days\n"
/* clang-format on */

/* Who is exempt from what is a row of its own, and to exempt nobody is strictest. (matrix_exempt.c)
 */
static void test_exempt(void **state)
{
    (void)state;
    static const char wide[] =
        HEAD("a") LINE("cyber", "alpha", "50%") TELL("5") SMALL("small", "1e24", "");
    static const char narrow[] =
        HEAD("b") LINE("cyber", "beta", "50%") TELL("5") SMALL("tiny", "1e23", "");
    static const char none[] = HEAD("c") LINE("cyber", "gamma", "50%") TELL("5");
    static const char partly[] = HEAD("d") LINE("cyber", "delta", "50%") TELL("5")
        SMALL("small", "1e24", "  from    cyber\n");
    static const char other[] = HEAD("e")
        SMALL("old", "1e24", "") "duty show(S)\n"
                                 "  when    system S with designated true\n  party   \"e\"\n"
                                 "  must    publish \"x\" for S\n  within  1 days\n";
    static const char large[] = HEAD("f") LINE("cyber", "phi", "50%") TELL("5")
        SMALL("big", "1e24", "") "exempt marked(S)\n  when    S is research_only\n  from    tell\n";
    struct fb_matrix m;
    build((const char *const[]){wide, narrow, none}, 3, &m);
    EXPECT(&m, "exempt", "weaker", "weaker", "best");
    const struct fb_matrix_row *exempt = row(&m, "exempt");
    assert_true(exempt == &m.rows[m.row_count - 1]);
    assert_true(fb_str_is(exempt->cells[0].text,
        "small: the training compute of S is less than 1e24 FLOP, from all rules"));
    assert_true(fb_str_is(exempt->cells[2].text, "nobody"));
    assert_int_equal(fb_matrix_line(&exempt->cells[2]), 0);
    assert_true(fb_matrix_line(&exempt->cells[0]) > 10);
    assert_true(fb_str_is(fb_matrix_name(&exempt->cells[1]), "tiny"));
    assert_int_equal(exempt->cells[0].against.aspect_count, 2);
    assert_string_equal(exempt->cells[0].against.aspects[0].name, "exempt from red line cyber");
    assert_string_equal(
        exempt->cells[0].against.aspects[1].name, "exempt from must: report initial");

    build((const char *const[]){wide, narrow}, 2, &m);
    EXPECT(&m, "exempt", "weaker", "best");
    build((const char *const[]){wide, partly}, 2, &m);
    EXPECT(&m, "exempt", "weaker", "best");
    assert_int_equal(row(&m, "exempt")->cells[0].against.aspect_count, 1);
    assert_true(fb_str_is(row(&m, "exempt")->cells[0].against.aspects[0].after, "nobody"));
    build((const char *const[]){narrow, partly}, 2, &m);
    EXPECT(&m, "exempt", "apart", "apart");
    build((const char *const[]){wide, wide}, 2, &m);
    EXPECT(&m, "exempt", "best", "best");
    build((const char *const[]){wide, large}, 2, &m);
    EXPECT(&m, "exempt", "best", "weaker");
    /* Nothing in common but that some are exempt. */
    build((const char *const[]){wide, other}, 2, &m);
    EXPECT(&m, "exempt", "apart", "apart");
    build((const char *const[]){none, other}, 2, &m);
    EXPECT(&m, "exempt", "best", "weaker");
    build((const char *const[]){none, none}, 2, &m);
    for (size_t r = 0; r < m.row_count; r++) {
        assert_false(fb_str_is(m.rows[r].topic, "exempt"));
    }
}

/* More topics than an aspect each has room for are counted. */
static void test_exempt_many(void **state)
{
    (void)state;
    struct fb_buf texts[2];
    struct fb_matrix m;
    for (int i = 0; i < 2; i++) {
        fb_buf_init(&texts[i], 1 << 16);
        fb_buf_addf(&texts[i], "policy \"p%d\"\n  title \"p\"\n  version 1\n", i);
        for (int k = 0; k < 40; k++) {
            fb_buf_addf(&texts[i],
                "redline r%d(S)\n  measure success of S on \"t%d\"\n"
                "  crossed at 50%% with 95%% confidence\n",
                k, k);
        }
        fb_buf_add_c(&texts[i], i ? SMALL("s", "1e24", "") : SMALL("s", "1e23", ""));
        fb_buf_add_char(&texts[i], 0);
    }
    build((const char *const[]){texts[0].ptr, texts[1].ptr}, 2, &m);
    EXPECT(&m, "exempt", "best", "weaker");
    const struct fb_clause_change *against = &row(&m, "exempt")->cells[1].against;
    assert_int_equal(against->aspect_count, FB_DIFF_ASPECTS_MAX);
    assert_true(fb_str_is(against->aspects[FB_DIFF_ASPECTS_MAX - 1].before, "17 more topics"));
    fb_buf_release(&texts[0]);
    fb_buf_release(&texts[1]);
}

/* What is the same in all is best in all; a document beside itself, too. */
static void test_itself(void **state)
{
    (void)state;
    struct fb_matrix m;
    build((const char *const[]){alpha, alpha}, 2, &m);
    for (size_t r = 0; r < m.row_count; r++) {
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(m.rows[r].cells[i].standing, FB_STANDING_BEST);
        }
    }
}

static void draft(const struct fb_matrix *matrix, struct fb_buf *out)
{
    fb_buf_init(out, FB_POLICY_TEXT_MAX * 2);
    if (fb_matrix_draft(matrix, out, &errors) != FB_OK) {
        fail_msg("%u: %s", errors.items[0].line, errors.items[0].message);
    }
}

static void test_draft(void **state)
{
    (void)state;
    struct fb_matrix m, again;
    struct fb_buf out;
    build((const char *const[]){alpha, beta}, 2, &m);
    draft(&m, &out);
    fb_buf_add_char(&out, 0);
    /* The line that is not taken is spoken of by the one that is; both definitions would clash. */
    assert_non_null(strstr(out.ptr, "commitment hold(S) by \"developer\""));
    assert_non_null(strstr(out.ptr, "while   hacking(S) crossed or not ruled out"));
    assert_null(strstr(out.ptr, "redline cyber"));
    assert_null(strstr(out.ptr, "within 30 days"));
    assert_non_null(strstr(out.ptr, "# a.fly:11, hold.deploy of \"a\" version 1\n"));
    assert_non_null(strstr(out.ptr, "# b.fly:5, hacking of \"b\" version 1\n"));
    /* Nothing that the documents ask is lost. */
    build((const char *const[]){alpha, beta, out.ptr}, 3, &again);
    for (size_t r = 0; r < again.row_count; r++) {
        assert_int_equal(again.rows[r].cells[2].standing, FB_STANDING_BEST);
    }
    fb_buf_release(&out);
}

/* Where none is best all are there, under names of their own, with what they need. */
static void test_draft_apart(void **state)
{
    (void)state;
    static const char exempting[] =
        HEAD("d") "let big(S) = training compute of S >= 1e25 FLOP, or S is designated\n"
                  "exempt research(S)\n  title \"research\"\n  when S is research_only\n"
                  "duty tell(S, I)\n"
                  "  when    incident I of system S with class death, known to P\n"
                  "  if      big(S)\n"
                  "  party   P\n"
                  "  must    report I to \"office\" stage \"initial\"\n"
                  "  within  2 days\n"
                  "  hence   must report I to \"office\" stage \"final\" within 1 month\n";
    struct fb_matrix m;
    struct fb_buf out;
    build((const char *const[]){alpha, beta, exempting}, 3, &m);
    EXPECT(&m, "must: report initial", "weaker", "apart", "apart");
    EXPECT(&m, "must: report final", "missing", "missing", "best");
    draft(&m, &out);
    fb_buf_add_char(&out, 0);
    assert_non_null(strstr(out.ptr, "duty tell(S, I)"));
    assert_non_null(strstr(out.ptr, "duty tell_2(S, I)"));
    assert_non_null(strstr(out.ptr, "if      big_2(S)"));
    assert_non_null(strstr(out.ptr, "from    tell_2"));
    assert_non_null(strstr(out.ptr, "hence   must report I"));
    assert_non_null(strstr(out.ptr, "; not comparable with others, all are here"));
    fb_buf_release(&out);
}

static void test_refused(void **state)
{
    (void)state;
    struct fb_matrix m;
    struct fb_matrix_source sources[FB_MATRIX_DOCUMENTS_MAX + 1];
    for (size_t i = 0; i <= FB_MATRIX_DOCUMENTS_MAX; i++) {
        sources[i] = (struct fb_matrix_source){fb_str_of(alpha), "a.fly"};
    }
    assert_int_equal(
        fb_matrix_build(sources, FB_MATRIX_DOCUMENTS_MAX + 1, &arena, &m, &errors), FB_E_LIMIT);
    assert_string_equal(errors.items[0].message, "at most 32 policies are compared at once");
    sources[1].text = FB_STR("policy 5");
    assert_int_equal(fb_matrix_build(sources, 2, &arena, &m, &errors), FB_E_SYNTAX);
    assert_int_equal(errors.items[0].line, 1);
    struct fb_buf many;
    fb_buf_init(&many, FB_POLICY_TEXT_MAX);
    fb_buf_add_c(&many, HEAD("m"));
    for (int i = 0; i <= FB_MATRIX_CLAUSES_MAX; i++) {
        fb_buf_addf(&many,
            "duty d%d(S)\n  when deployment D of S\n  party \"x\"\n  must evaluate S on \"t\"\n",
            i);
    }
    sources[1].text = fb_buf_str(&many);
    assert_int_equal(fb_matrix_build(sources, 2, &arena, &m, &errors), FB_E_LIMIT);
    assert_string_equal(errors.items[0].message, "at most 2000 clauses are compared at once");
    fb_buf_release(&many);
}

/* ---- pace ---- */

#define PACED(name, party, months, before, after, level)                                           \
    "policy \"" name "\"\n  title \"" name "\"\n  version 1\n\n"                                   \
    "commitment hold(S) by \"" party "\"\n"                                                        \
    "  while cyber(S) crossed\n" before "  must secure S at level " level                          \
    " within 30 days\n" after "\nredline cyber(S)\n  measure success of S on \"t\"\n"              \
    "  crossed at 50% with 95% confidence\n\n"                                                     \
    "pace\n  relax after 180 days\n"                                                               \
    "  fast when doubling time of h < " months " months with 90% confidence\n"

/* One block with the pace of the stricter terms, and what each document says of the rules that are
 * taken, under the names that they have in the draft. */
static void test_draft_pace(void **state)
{
    (void)state;
    static const char one[] =
        PACED("one", "alice", "5", "", "", "3") "    then hold.secure.within 10 days\n    then "
                                                "cyber.crossed at 40% with 95% confidence\n";
    static const char two[] =
        PACED("two", "bob", "6", "  must secure S at level 2 within 60 days\n", "",
            "4") "    then hold.secure.2.within 9 days\n    then cyber.crossed at 30% with 95% "
                 "confidence\n";
    struct fb_matrix m;
    struct fb_buf text;
    build((const char *const[]){one, two}, 2, &m);
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    if (fb_matrix_draft(&m, &text, &errors) != FB_OK) {
        fail_msg("%s", errors.items[0].message);
    }
    fb_buf_add_char(&text, 0);
    assert_non_null(strstr(text.ptr, "doubling time of h < 6 months"));
    assert_null(strstr(text.ptr, "doubling time of h < 5 months"));
    assert_non_null(strstr(text.ptr, "relax  after 180 days"));
    /* The line of the second is the stricter one, and only its change comes along. */
    assert_non_null(strstr(text.ptr, "then cyber.crossed at 30%"));
    assert_null(strstr(text.ptr, "at 40%"));
    /* Promises are counted anew when one before is left out. */
    assert_non_null(strstr(text.ptr, "within 9 days"));
    struct fb_program *program = NULL;
    text.len--;
    assert_int_equal(
        fb_policy_compile(fb_buf_str(&text), "draft", &arena, &program, &errors), FB_OK);
    assert_true(program->pace.given);
    fb_buf_release(&text);
}

/* No failure of the memory at any point leaks or gives a wrong answer, exemptions included. */
static void test_memory(void **state)
{
    (void)state;
    enum { STEP = 2048, STEPS_MAX = 4000 };
    static const char small[] = HEAD("s") SMALL("little", "1e24", "") TELL("10");
    static const char none[] = HEAD("n") TELL("10");
    const struct fb_matrix_source sources[2] = {
        {fb_str_of(small), "a.fly"}, {fb_str_of(none), "b.fly"}};
    size_t full = 0, failed = 0;
    for (size_t n = 0; n < STEPS_MAX && full < 2; n++) {
        struct fb_arena own;
        struct fb_matrix m = {.row_count = 0};
        fb_arena_init(&own, full == 0 ? (n + 1) * STEP : ARENA_MAX);
        fb_alloc_fail_at(full == 0 ? -1 : (int64_t)n);
        enum fb_code code = fb_matrix_build(sources, 2, &own, &m, &errors);
        fb_alloc_fail_at(-1);
        if (code != FB_OK && code != FB_E_LIMIT && code != FB_E_NOMEM) {
            fail_msg("%zu: %s", n, errors.items[0].message);
        }
        assert_true(code == FB_OK || errors.items[0].message[0]);
        failed += code != FB_OK;
        if (code == FB_OK) {
            EXPECT(&m, "exempt", "weaker", "best");
            full++;
            n = (size_t)-1;
        }
        fb_arena_release(&own);
    }
    assert_int_equal(full, 2);
    assert_true(failed > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_known_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exempt, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exempt_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_draft, setup, teardown),
        cmocka_unit_test_setup_teardown(test_draft_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_draft_pace, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}

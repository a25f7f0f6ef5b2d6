/*
 * Tests of restate.c: what is the same but for names follows, and what looks the same does not.
 * Each question is put to the prover, too: what is a restatement it must not find wrong.
 */
#include "fb_test.h"
#include "lang/diff/imply.h"

enum {
    TERMS = 64,
    FORMS = 64,
};

/* Formulas of one case. */
static struct fb_term terms[TERMS];
static struct fb_term *columns[TERMS];
static struct fb_form forms[FORMS];
static uint32_t bounds[FORMS];
static size_t term_count, form_count;

static struct fb_form *form(struct fb_form made)
{
    assert_true(form_count < FORMS);
    forms[form_count] = made;
    return &forms[form_count++];
}

/* A fact of two columns: a small letter is the variable of that place in the alphabet, `_` any
 * value, and what else there is a text. */
static struct fb_form *fact(uint32_t relation, const char *one, const char *two)
{
    const char *const texts[2] = {one, two};
    struct fb_term **own = &columns[term_count];
    assert_true(term_count + 2 <= TERMS);
    for (size_t i = 0; i < 2; i++) {
        const char *text = texts[i];
        bool var = text[0] >= 'a' && text[0] <= 'z' && text[1] == 0;
        columns[term_count] = &terms[term_count];
        terms[term_count++] =
            var ? (struct fb_term){.kind = FB_TERM_VAR, .var = (uint32_t)(text[0] - 'a')}
            : text[0] == '_'
                ? (struct fb_term){.kind = FB_TERM_ANY}
                : (struct fb_term){.kind = FB_TERM_CONST, .value = fb_value_str(fb_str_of(text))};
    }
    return form((struct fb_form){
        .kind = FB_FORM_PRED, .relation = relation, .terms = own, .term_count = 2});
}

static struct fb_form *two(enum fb_form_kind kind, struct fb_form *left, struct fb_form *right)
{
    return form((struct fb_form){.kind = kind, .left = left, .right = right});
}

static struct fb_form *negated(struct fb_form *of)
{
    return form((struct fb_form){.kind = FB_FORM_NOT, .left = of});
}

static struct fb_form *some(char var, struct fb_form *of)
{
    bounds[form_count] = (uint32_t)(var - 'a');
    return form((struct fb_form){
        .kind = FB_FORM_EXISTS, .left = of, .bound = &bounds[form_count], .bound_count = 1});
}

/* Whether `goal` of side 1 restates `assumed` of side 0. Variable s is the same value in both, text
 * "theirs" of side 1 means "ours". */
static bool restates(struct fb_form *assumed, struct fb_form *goal)
{
    static const uint32_t joined[1] = {'s' - 'a'};
    const struct fb_imply_same same = {FB_STR("theirs"), FB_STR("ours")};
    struct fb_imply question = {.assumed = {{assumed, 0}},
        .assumed_count = 1,
        .goal = {{goal, 1}},
        .goal_count = 1,
        .joined = {joined, joined},
        .joined_count = 1,
        .same = &same,
        .same_count = 1};
    bool said = fb_restates(&question);
    if (said) {
        assert_true(fb_implies(&question));
    }
    return said;
}

static int begin(void **state)
{
    (void)state;
    term_count = form_count = 0;
    return 0;
}

static void test_same_but_for_names(void **state)
{
    (void)state;
    assert_true(restates(fact(1, "s", "p"), fact(1, "s", "p")));
    assert_true(restates(fact(1, "s", "p"), fact(1, "s", "q")));
    assert_true(restates(fact(1, "ours", "_"), fact(1, "theirs", "_")));
    assert_true(
        restates(negated(some('x', fact(1, "s", "x"))), negated(some('y', fact(1, "s", "y")))));
    assert_true(restates(two(FB_FORM_AND, fact(1, "s", "x"), fact(2, "x", "y")),
        two(FB_FORM_AND, fact(1, "s", "y"), fact(2, "y", "x"))));
    /* An alternative more asks for less. */
    assert_true(restates(fact(1, "s", "p"), two(FB_FORM_OR, fact(2, "s", "p"), fact(1, "s", "q"))));
}

static void test_other_values(void **state)
{
    (void)state;
    /* Of another system, or of a value that nothing ties to it. */
    assert_false(restates(fact(1, "t", "p"), fact(1, "s", "p")));
    assert_false(restates(fact(1, "p", "s"), fact(1, "s", "p")));
    assert_false(restates(fact(1, "s", "p"), fact(1, "t", "p")));
    /* One name for two values, and two names for one. */
    assert_false(restates(negated(fact(1, "x", "y")), negated(fact(1, "x", "x"))));
    assert_false(restates(negated(fact(1, "x", "x")), negated(fact(1, "x", "y"))));
    assert_false(restates(two(FB_FORM_AND, fact(1, "s", "x"), fact(2, "y", "x")),
        two(FB_FORM_AND, fact(1, "s", "x"), fact(2, "x", "y"))));
    /* The value of a quantifier is not one outside of it. */
    assert_false(
        restates(two(FB_FORM_AND, fact(2, "s", "y"), negated(some('x', fact(1, "x", "s")))),
            two(FB_FORM_AND, fact(2, "s", "y"), negated(some('y', fact(1, "y", "s"))))));
    /* Texts are translated from side 1 alone. */
    assert_false(restates(fact(1, "s", "theirs"), fact(1, "s", "ours")));
    assert_false(restates(fact(1, "s", "theirs"), fact(1, "s", "theirs")));
    assert_false(restates(fact(1, "s", "a1"), fact(1, "s", "a2")));
}

static void test_other_words(void **state)
{
    (void)state;
    struct fb_form *a = fact(1, "s", "p"), *b = fact(2, "s", "p");
    assert_false(restates(a, b));
    assert_false(restates(a, negated(a)));
    assert_false(restates(two(FB_FORM_OR, a, b), two(FB_FORM_AND, a, b)));
    assert_false(restates(two(FB_FORM_OR, a, b), a));
    assert_false(restates(a, NULL));
    struct fb_form *begins = fact(1, "s", "p");
    begins->occurs = true;
    assert_false(restates(a, begins));
    /* What the prover knows nothing of is nowhere the same. */
    struct fb_form *once = form((struct fb_form){.kind = FB_FORM_ONCE, .left = a});
    assert_false(restates(once, once));
}

/* Several goals: each of them, in the order of what is assumed, with one value for one name. */
static void test_parts(void **state)
{
    (void)state;
    struct fb_form *a = fact(1, "s", "x"), *b = fact(2, "x", "s");
    struct fb_form *other = fact(2, "y", "s");
    struct fb_imply q = {.assumed = {{a, 0}, {b, 0}}, .assumed_count = 2, .goal_count = 2};
    q.goal[0] = (struct fb_imply_part){a, 1};
    q.goal[1] = (struct fb_imply_part){b, 1};
    assert_true(fb_restates(&q));
    q.goal[1].form = other;
    assert_false(fb_restates(&q));
    q.goal[1] = (struct fb_imply_part){b, 1};
    q.assumed_count = 1;
    assert_false(fb_restates(&q));
    /* What is assumed of the goal's own side is no restatement of it: it may be of other values. */
    q.assumed_count = 2;
    q.goal[1].side = 0;
    assert_false(fb_restates(&q));
    q.goal[1].side = q.assumed[1].side = 1;
    assert_false(fb_restates(&q));
    q.goal_count = 0;
    assert_true(fb_restates(&q));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_same_but_for_names, begin),
        cmocka_unit_test_setup(test_other_values, begin),
        cmocka_unit_test_setup(test_other_words, begin),
        cmocka_unit_test_setup(test_parts, begin),
    };
    return cmocka_run_group_tests_name("lang restate", tests, NULL, NULL);
}

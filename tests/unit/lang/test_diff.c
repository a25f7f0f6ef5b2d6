/*
 * Tests of diff.c and pair.c on whole policies: clauses that lost their names, many of them;
 * and pairs that are easily judged the wrong way round.
 * (More pairs, with histories: tests/unit/govern/test_policy_diff.c.)
 */
#include "fb_draw.h"
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
#define EACH                                                                                       \
    "  must evaluate S on \"t\" every 6 months\n  relax after cyber(S) ruled out for 30 days\n"
#define PACE                                                                                       \
    "pace\n  relax after 180 days\n"                                                               \
    "  fast when doubling time of h < 5 months with 90% confidence\n"
#define SLOW "  slow when doubling time of h > 18 months with 90% confidence\n"
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
    /* pace: what each level says is compared at that level */
    {HEAD HOLD EACH PACE "\n", HEAD HOLD EACH PACE "    then hold.evaluate.every 3 months\n", MORE,
        LESS},
    {HEAD HOLD EACH PACE "    then hold.evaluate.every 3 months\n",
        HEAD HOLD EACH PACE "    then hold.evaluate.every 2 months\n", OPEN, OPEN},
    {HEAD HOLD EACH PACE SLOW "\n",
        HEAD HOLD EACH PACE SLOW "    then hold.evaluate.every 12 months\n", LESS, MORE},
    {HEAD HOLD EACH PACE "    then hold.evaluate.every 3 months\n" SLOW "\n",
        HEAD HOLD EACH PACE SLOW "    then hold.evaluate.every 12 months\n", LESS, MORE},
    {HEAD HOLD EACH PACE "    then hold.evaluate.every 3 months\n" SLOW
                         "    then hold.evaluate.every 12 months\n",
        HEAD HOLD EACH PACE "    then hold.evaluate.every 1 month\n" SLOW
                            "    then hold.evaluate.every 24 months\n",
        BOTH, BOTH},
    {HEAD HOLD EACH, HEAD HOLD EACH PACE "    then hold.evaluate.every 3 months\n", MORE, LESS},
    {HEAD HOLD EACH PACE "\n", HEAD HOLD EACH PACE "    then hold.evaluate.lest halt S\n", MORE,
        LESS},
    {HEAD HOLD EACH PACE "\n", HEAD HOLD EACH PACE "    then hold.relax after 90 days\n", MORE,
        LESS},
    {HEAD HOLD EACH PACE SLOW "    then hold.relax after 9 days\n",
        HEAD HOLD EACH PACE SLOW "    then hold.relax after 2 days\n", LESS, MORE},
    {HEAD HOLD EACH PACE "    then cyber.crossed at 40% with 95% confidence\n",
        HEAD HOLD EACH PACE "    then cyber.crossed at 30% with 95% confidence\n", MORE, LESS},
    {HEAD HOLD EACH PACE "\n",
        HEAD HOLD EACH "pace\n  fast when doubling time of h < 9 months with 90% confidence\n"
                       "  relax after 180 days\n",
        MORE, LESS},
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

/* ---- packs that are weakened at random ---- */

enum { WEAKENED_PER_PACK = 8, LINES_MAX = 2000 };

static uint64_t draws;

static size_t draw(size_t below)
{
    return fb_draw_below(&draws, below);
}

/* A number behind these words is moved by a factor in percent; so the rule asks for less. What
 * stands on the line besides must not change the sense: `unless` is on no such line. */
static const struct weakening {
    const char *words;
    unsigned percent;
    const char *unless;
} weakenings[] = {
    {"  within  ", 300, NULL},
    {"  every   ", 300, NULL},
    {"  crossed   at ", 110, NULL},
    {"  needs     ", 50, "newer"},
    {"  must    secure S at level ", 50, NULL},
    {"with training compute >= ", 300, "when"},
};

/* Moves the number at a place of a line; false when it would not be one that is weaker. */
static bool add_moved(struct fb_str line, size_t at, unsigned percent, struct fb_buf *out)
{
    char *end = NULL, digits[32];
    struct fb_str number = fb_str_sub(line, at, sizeof(digits) - 1);
    snprintf(digits, sizeof(digits), "%.*s", FB_STR_ARG(number));
    unsigned long was = strtoul(digits, &end, 10), now = was * percent / 100;
    if (end == digits || was == now || now == 0) {
        return false;
    }
    fb_buf_add_str(out, fb_str_sub(line, 0, at));
    fb_buf_addf(out, "%lu", now);
    fb_buf_add_str(out, fb_str_sub(line, at + (size_t)(end - digits), line.len));
    fb_buf_add_char(out, '\n');
    return true;
}

/* Writes a line, or a weaker one in its place. */
static bool add_weaker(struct fb_str line, struct fb_buf *out)
{
    for (size_t i = 0; i < sizeof(weakenings) / sizeof(weakenings[0]); i++) {
        const struct weakening *w = &weakenings[i];
        const char *hit = memmem(line.ptr, line.len, w->words, strlen(w->words));
        bool bad = w->unless && memmem(line.ptr, line.len, w->unless, strlen(w->unless));
        if (hit && !bad &&
            add_moved(line, (size_t)(hit - line.ptr) + strlen(w->words), w->percent, out)) {
            return true;
        }
    }
    if (fb_str_starts(line, FB_STR("  lest    "))) {
        return true; /* no consequence is less than any */
    }
    if (fb_str_starts(line, FB_STR("  party   "))) { /* somebody may excuse from the duty */
        fb_buf_addf(out, "%.*s\n  waived  by \"anybody\"\n", FB_STR_ARG(line));
        return true;
    }
    fb_buf_addf(out, "%.*s\n", FB_STR_ARG(line));
    return false;
}

/* The policy without its tests, with lines weakened at random. How many were. */
static size_t weaken(struct fb_str text, bool any, struct fb_buf *out)
{
    struct fb_str rest = text, line;
    size_t count = 0;
    bool within_test = false;
    fb_buf_clear(out);
    while (fb_str_line(&rest, &line)) {
        bool begins = line.len > 0 && line.ptr[0] != ' ' && line.ptr[0] != '#';
        within_test = begins ? fb_str_starts(line, FB_STR("test ")) : within_test;
        if (within_test) {
            continue;
        }
        if (any && draw(6) == 0) {
            count += add_weaker(line, out);
        } else {
            fb_buf_addf(out, "%.*s\n", FB_STR_ARG(line));
        }
    }
    return count;
}

static size_t seen[FB_CHANGE_REMOVED + 1];

static bool compiles(struct fb_str text)
{
    static struct policy policy;
    policy_compile(&policy, text);
    policy_release(&policy);
    return policy.code == FB_OK;
}

static enum fb_code weaken_pack(void *ctx, const char *path, struct fb_err *e)
{
    struct fb_buf text, older, newer;
    (void)ctx;
    if (!fb_str_ends(fb_str_of(path), FB_STR(".fly"))) {
        return FB_OK;
    }
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    fb_buf_init(&older, FB_POLICY_TEXT_MAX);
    fb_buf_init(&newer, FB_POLICY_TEXT_MAX);
    enum fb_code code = fb_io_read(path, &text, e);
    (void)weaken(fb_buf_str(&text), false, &older);
    if (code == FB_OK) {
        assert_string_equal(
            "unchanged", fb_change_name(compare(fb_buf_str(&older), fb_buf_str(&older))));
    }
    for (size_t n = 0; code == FB_OK && n < WEAKENED_PER_PACK; n++) {
        size_t edits = weaken(fb_buf_str(&text), true, &newer);
        if (edits == 0 || !compiles(fb_buf_str(&newer))) {
            continue; /* a threshold above 100%, a waiver beside another */
        }
        enum fb_change forth = compare(fb_buf_str(&older), fb_buf_str(&newer));
        enum fb_change back = compare(fb_buf_str(&newer), fb_buf_str(&older));
        seen[forth]++;
        if (forth == FB_CHANGE_STRICTER || back == FB_CHANGE_WEAKER) {
            fail_msg("%s: %s and back %s\n%.*s", path, fb_change_name(forth), fb_change_name(back),
                FB_STR_ARG(fb_buf_str(&newer)));
        }
    }
    fb_buf_release(&text);
    fb_buf_release(&older);
    fb_buf_release(&newer);
    return code;
}

static void test_weakened(void **state)
{
    char path[4096];
    (void)state;
    FB_TEST_OK(fb_io_walk(source_path("packs", path, sizeof(path)), 2, weaken_pack, NULL, &err));
    printf("# weaker %zu, undecided %zu, incomparable %zu, reworded or the same %zu\n",
        seen[FB_CHANGE_WEAKER], seen[FB_CHANGE_UNDECIDED], seen[FB_CHANGE_INCOMPARABLE],
        seen[FB_CHANGE_REWORDED] + seen[FB_CHANGE_NONE]);
    assert_true(seen[FB_CHANGE_WEAKER] > 60); /* and not one that was called stricter */
}

/* ---- what the prover does not go through ---- */

/* A duty whose condition is so many choices of two facts each, each choice in this order. */
static void make_choices(struct fb_buf *out, size_t choices, bool turned)
{
    fb_buf_init(out, FB_POLICY_TEXT_MAX);
    fb_buf_add_c(out, "policy \"p\"\n  title \"P\"\n  version 1\n");
    for (size_t i = 0; i < choices; i++) {
        size_t first = 2 * i + (turned ? 1 : 0), second = 4 * i + 1 - first;
        fb_buf_addf(
            out, "let c%zu(S) = run \"r%zu\" of S or run \"r%zu\" of S\n", i, first, second);
    }
    fb_buf_add_c(out, "duty d(S)\n  when system S\n  if c0(S)");
    for (size_t i = 1; i < choices; i++) {
        fb_buf_addf(out, " and c%zu(S)", turned ? choices - i : i);
    }
    fb_buf_add_c(out, "\n  party \"p\"\n  must evaluate S on \"t\"\n  within 3 days\n");
}

/* A duty whose trigger and further condition are so many facts each, in one order or the other. */
static void make_facts(struct fb_buf *out, size_t count, bool turned, const char *kind)
{
    enum { GROUP = 50 };
    fb_buf_init(out, FB_POLICY_TEXT_MAX);
    fb_buf_add_c(out, "policy \"p\"\n  title \"P\"\n  version 1\n");
    for (size_t g = 0; g < 2 * count / GROUP; g++) {
        fb_buf_addf(out, "let g%zu(S) = %s \"f\" of S", g, kind);
        for (size_t i = 0; i < GROUP; i++) {
            size_t n = g * GROUP + (turned ? GROUP - 1 - i : i);
            fb_buf_addf(out, " and %s \"r%zu\" of S", kind, n);
        }
        fb_buf_add_char(out, '\n');
    }
    fb_buf_add_c(out, "duty d(S)\n  when system S");
    for (size_t g = 0; g < 2 * count / GROUP; g++) {
        fb_buf_addf(out, "%sg%zu(S)", g == count / GROUP ? "\n  if " : " and ", g);
    }
    fb_buf_add_c(out, "\n  party \"p\"\n  must evaluate S on \"t\"\n  within 3 days\n");
}

static void make_runs(struct fb_buf *out, size_t count, bool turned)
{
    make_facts(out, count, turned, "run");
}

/* Records of many columns, so that values run out before facts do. */
static void make_wide(struct fb_buf *out, size_t count, bool turned)
{
    make_facts(out, count, turned, "evaluation");
}

/* Few choices and facts are gone through; past the limits of imply.h there is no proof either way,
 * and that is said: never that one is stricter. */
static void test_prover_limits(void **state)
{
    (void)state;
    static const struct {
        void (*make)(struct fb_buf *, size_t, bool);
        size_t count;
        const char *change;
    } cases[] = {{make_choices, 3, "reworded"}, {make_choices, 24, "undecided"},
        {make_runs, 50, "reworded"}, {make_runs, 150, "undecided"}, {make_wide, 50, "reworded"},
        {make_wide, 100, "undecided"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_buf older, newer;
        cases[i].make(&older, cases[i].count, false);
        cases[i].make(&newer, cases[i].count, true);
        assert_string_equal(
            fb_change_name(compare(fb_buf_str(&older), fb_buf_str(&newer))), cases[i].change);
        fb_buf_release(&older);
        fb_buf_release(&newer);
    }
}

/* The same text with one deadline moved. */
static void postpone(struct fb_str from, struct fb_buf *out)
{
    const struct fb_str old = FB_STR("within 3 days");
    const char *found = memmem(from.ptr, from.len, old.ptr, old.len);
    assert_non_null(found);
    size_t at = (size_t)(found - from.ptr);
    fb_buf_init(out, FB_POLICY_TEXT_MAX);
    fb_buf_add(out, from.ptr, at);
    fb_buf_add_c(out, "within 4 days");
    fb_buf_add(out, from.ptr + at + old.len, from.len - at - old.len);
}

/* What stands there again needs no steps of the prover: a policy is unchanged against its own
 * words, and of one deadline moved that alone is told, however much the prover would have to go
 * through. */
static void test_same_words(void **state)
{
    (void)state;
    void (*const makes[])(struct fb_buf *, size_t, bool) = {make_choices, make_runs, make_wide};
    const size_t counts[] = {24, 150, 100};
    for (size_t i = 0; i < sizeof(makes) / sizeof(makes[0]); i++) {
        struct fb_buf text, later;
        makes[i](&text, counts[i], false);
        postpone(fb_buf_str(&text), &later);
        assert_string_equal(
            fb_change_name(compare(fb_buf_str(&text), fb_buf_str(&text))), "unchanged");
        assert_string_equal(
            fb_change_name(compare(fb_buf_str(&text), fb_buf_str(&later))), "weaker");
        assert_string_equal(
            fb_change_name(compare(fb_buf_str(&later), fb_buf_str(&text))), "stricter");
        fb_buf_release(&text);
        fb_buf_release(&later);
    }
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_words),
        cmocka_unit_test(test_renamed),
        cmocka_unit_test(test_pairs_limit),
        cmocka_unit_test(test_known_pairs),
        cmocka_unit_test(test_weakened),
        cmocka_unit_test(test_prover_limits),
    };
    return cmocka_run_group_tests_name("lang diff", tests, NULL, NULL);
}

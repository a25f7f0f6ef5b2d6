/*
 * Tests of policy_diff.c and scene.c, and through them of lang/diff (diff.c, diff_duty.c,
 * diff_redline.c, imply.c): pairs of policies whose answer is known, in both directions; a policy
 * against itself; edits together; every history that is shown does tell the two apart.
 */
#include <dirent.h>

#include "base/alloc.h"
#include "base/io.h"
#include "fb_draw.h"
#include "fb_test.h"
#include "govern/policy_diff.h"
#include "govern/policy_test.h"

/* clang-format off */
static const char base[] =
    "policy \"p\"\n"
    "  title     \"P\"\n"
    "  version   1\n"
    "  effective 2026-01-01\n"
    "\n"
    "redline cyber(S)\n"
    "  title     \"Breaks in\"\n"
    "  measure   success of S on \"t1\", \"t2\"\n"
    "  applies   to systems of \"dev\" with training compute >= 1e25 FLOP, or designated\n"
    "  crossed   at 50% with 95% confidence\n"
    "  margin    elicitation 1.3 x on odds from \"D\"\n"
    "  needs     200 samples, newer than 180 days\n"
    "  clears    below 30% for 90 days\n"
    "\n"
    "commitment hold(S) by \"dev\"\n"
    "  while   cyber(S) crossed or not ruled out\n"
    "  may not deploy S externally\n"
    "  must    secure S at level 4 within 30 days lest halt S\n"
    "  must    evaluate S on \"t1\" before deploying S externally\n"
    "  relax   after cyber(S) ruled out for 14 days\n"
    "\n"
    "duty tell(S, I)\n"
    "  title   \"report\"\n"
    "  when    incident I of system S with class C, known to P\n"
    "  if      training compute of S > 1e25 FLOP, or S is designated\n"
    "  party   P\n"
    "  must    report I to \"office\" stage \"initial\"\n"
    "  within  2 days if C is death\n"
    "          15 days if C is serious_harm\n"
    "  of      P knowing of I\n"
    "  lest    breach \"Art. 1\"\n";
/* clang-format on */

#define MORE FB_CHANGE_STRICTER
#define LESS FB_CHANGE_WEAKER
#define WORDS FB_CHANGE_REWORDED
#define BOTH FB_CHANGE_INCOMPARABLE

/* An edit of the policy above, and what it does to it. */
static const struct edit {
    const char *from;
    const char *to;
    enum fb_change change;
} edits[] = {
    {"within 30 days lest", "within 20 days lest", MORE},
    {"within 30 days lest", "within 720 hours lest", WORDS},
    {"within 30 days lest", "lest", LESS},
    {"at level 4", "at level 3", LESS},
    {" lest halt S", "", LESS},
    {" lest halt S", " lest restrict S", LESS},
    {"  must    secure S at level 4 within 30 days lest halt S\n", "", LESS},
    {"crossed   at 50%", "crossed   at 60%", LESS},
    {"with 95% confidence", "with 99% confidence", BOTH},
    {"1e25 FLOP, or designated", "2e25 FLOP, or designated", LESS},
    {"1e25 FLOP, or designated", "1e25 FLOP", LESS},
    {"to systems of \"dev\" with training compute >= 1e25 FLOP, or designated", "to all systems",
        MORE},
    {"\"t1\", \"t2\"", "\"t1\"", LESS},
    {"\"t1\", \"t2\"", "\"t2\", \"t1\"", FB_CHANGE_NONE},
    {"\"t1\", \"t2\"", "\"t1\", \"t3\"", BOTH},
    {"200 samples", "100 samples", LESS},
    {"newer than 180 days", "newer than 365 days", LESS},
    {", newer than 180 days", "", LESS},
    {"200 samples", "200 samples, elicited by fine-tuning", MORE},
    {"200 samples", "200 samples, judged by an independent party", MORE},
    {"1.3 x on odds", "2 x on odds", MORE},
    {"from \"D\"", "from \"E\"", WORDS},
    {"\"Breaks in\"", "\"Breaks into systems\"", WORDS},
    {"below 30% for 90 days", "below 40% for 90 days", LESS},
    {"below 30% for 90 days", "below 30% for 60 days", LESS},
    {"below 30% for 90 days", "below 40% for 120 days", BOTH},
    {"  clears    below 30% for 90 days\n", "", LESS},
    {"may not deploy S externally", "may not deploy S", MORE},
    {"may not deploy S externally", "may not deploy S internally", BOTH},
    {"before deploying S externally", "before deploying S", MORE},
    {"crossed or not ruled out", "crossed", LESS},
    {"for 14 days", "for 7 days", LESS},
    {"  relax   after cyber(S) ruled out for 14 days\n", "", LESS},
    {"training compute of S > 1e25 FLOP, or S is designated",
        "S is designated, or training compute of S > 1e25 FLOP", WORDS},
    {"training compute of S > 1e25 FLOP, or S is designated",
        "training compute of S > 1e25 FLOP and S is designated", LESS},
    {"training compute of S > 1e25 FLOP, or S is designated",
        "training compute of S > 1e25 FLOP, or S is designated, or training compute of S is "
        "unknown",
        MORE},
    {"  if      training compute of S > 1e25 FLOP, or S is designated\n", "", MORE},
    {"2 days if C is death", "3 days if C is death", LESS},
    {"2 days if C is death", "48 hours if C is death", WORDS},
    {"2 days if C is death", "2 business days if C is death", LESS},
    {"15 days if C is serious_harm", "15 days", MORE},
    {"2 days if C is death", "2 days if C is death and not S is designated", LESS},
    {"class C, known to P", "class C, known to P, issuer P", LESS},
    {"to \"office\"", "to \"other\"", BOTH},
    {" stage \"initial\"", "", LESS},
    {"duty tell(S, I)", "duty report_it(S, I)", WORDS},
    {"breach \"Art. 1\"", "breach \"Art. 2\"", WORDS},
    {"effective 2026-01-01", "effective 2026-07-01", LESS},
    {"effective 2026-01-01", "expires 2027-01-01\n  effective 2026-01-01", LESS},
};
enum { EDITS = sizeof(edits) / sizeof(edits[0]) };

static char *edited(const char *text, const struct edit *edit)
{
    const char *at = strstr(text, edit->from);
    size_t size = strlen(text) + strlen(edit->to) + 1;
    char *out = test_malloc(size);
    if (!at) {
        fail_msg("no '%s' in the policy", edit->from);
        return NULL;
    }
    snprintf(out, size, "%.*s%s%s", (int)(at - text), text, edit->to, at + strlen(edit->from));
    return out;
}

static enum fb_change mirrored(enum fb_change change)
{
    return change == MORE ? LESS : change == LESS ? MORE : change;
}

/* The state that the picture of a policy gives, asked through a test of its own: the history is
 * pasted below the policy, with the state that the search noted as the expectation. */
static void check_example(const char *policy, const struct fb_policy_diff_item *item, size_t side,
    const struct fb_policy_example *example)
{
    struct fb_arena arena;
    struct fb_policy_results results;
    static struct fb_policy_errors errors;
    char text[1 << 14], at[FB_TIME_TEXT];
    const struct fb_redline *line = item->clause->lines[side];
    struct fb_str state = side == 0 ? example->older : example->newer, first;
    if (!line || example->given.len == 0) {
        return; /* duties have several obligations; their words are checked by hand below */
    }
    int len = snprintf(text, sizeof(text), "%s\ntest \"x\"\n  given\n", policy);
    struct fb_str rest = example->given;
    while (fb_str_line(&rest, &first)) {
        len += snprintf(text + len, sizeof(text) - (size_t)len, "    %.*s\n", FB_STR_ARG(first));
    }
    snprintf(text + len, sizeof(text) - (size_t)len, "  expect %.*s(\"s\") %.*s at %s\n",
        FB_STR_ARG(line->name), FB_STR_ARG(state), fb_time_format_short(example->at, at));
    fb_arena_init(&arena, (size_t)1 << 28);
    enum fb_code code = fb_policy_test_run(fb_str_of(text), "x.fly", &arena, &results, &errors);
    if (code != FB_OK) {
        fail_msg("%s\n%s", errors.items[0].message, text);
    }
    if (results.failed) {
        fail_msg("instead: %.*s\n%s", FB_STR_ARG(results.items[0].instead), text);
    }
    fb_arena_release(&arena);
}

/* Compares, with so many histories a clause, and checks every example. */
static enum fb_change compare(const char *older, const char *newer, size_t tries, bool *out_shown)
{
    struct fb_arena arena;
    struct fb_policy_diff diff;
    static struct fb_policy_errors errors;
    const struct fb_policy_source sources[] = {
        {fb_str_of(older), "older.fly"}, {fb_str_of(newer), "newer.fly"}};
    fb_arena_init(&arena, (size_t)1 << 28);
    if (fb_policy_diff_run(sources, tries, &arena, &diff, &errors) != FB_OK) {
        fail_msg("%s:%u: %s\n%s", errors.items[0].file, errors.items[0].line,
            errors.items[0].message, newer);
    }
    *out_shown = false;
    for (size_t i = 0; i < diff.count; i++) {
        const struct fb_policy_diff_item *item = &diff.items[i];
        const struct fb_policy_example *examples[] = {&item->stricter, &item->weaker};
        for (size_t j = 0; j < 2; j++) {
            *out_shown = *out_shown || examples[j]->given.len > 0;
            check_example(older, item, 0, examples[j]);
            check_example(newer, item, 1, examples[j]);
            assert_true(
                examples[j]->given.len == 0 || !fb_str_eq(examples[j]->older, examples[j]->newer));
        }
    }
    enum fb_change change = diff.change;
    fb_arena_release(&arena);
    return change;
}

static void test_known_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < EDITS; i++) {
        char *newer = edited(base, &edits[i]);
        bool shown;
        enum fb_change forth = compare(base, newer, 0, &shown);
        enum fb_change back = compare(newer, base, 0, &shown);
        /* That neither is stricter takes a history each way, unless numbers tell. */
        bool open = edits[i].change == BOTH && forth == FB_CHANGE_UNDECIDED && back == forth;
        if (!open && (forth != edits[i].change || back != mirrored(edits[i].change))) {
            fail_msg("'%s' to '%s': %s and back %s, expected %s", edits[i].from, edits[i].to,
                fb_change_name(forth), fb_change_name(back), fb_change_name(edits[i].change));
        }
        test_free(newer);
    }
}

/* Two edits of one place, for what the policy above does not have. */
static const struct {
    const char *from;
    const char *older;
    const char *newer;
    enum fb_change change;
} constructs[] = {
    {"before deploying S externally", "every 6 months", "every 3 months", MORE},
    {"before deploying S externally", "every 1 year", "every 6 months", MORE},
    {"before deploying S externally", "every 6 months", "every 4 months", FB_CHANGE_UNDECIDED},
    {"before deploying S externally", "every 6 months", "every 180 days", FB_CHANGE_UNDECIDED},
    {"before deploying S externally", "every 6 months", "every 6 months within 10 days", LESS},
    {"before deploying S externally", "every 6 months within 20 days",
        "every 6 months within 10 days", MORE},
    {"before deploying S externally", "every 6 months within 20 days",
        "every 3 months within 30 days", BOTH},
    {"  of      P knowing of I\n", "  of      P knowing of I\n",
        "  of      P knowing of I\n  waived  by \"office\"\n", LESS},
    {"  of      P knowing of I\n", "  of      P knowing of I\n  waived  by \"office\"\n",
        "  of      P knowing of I\n  waived  by \"office\" if S is designated\n", MORE},
    {"  of      P knowing of I\n", "  of      P knowing of I\n  waived  by \"office\"\n",
        "  of      P knowing of I\n  waived  by \"office\", \"court\"\n", LESS},
    {"  of      P knowing of I\n", "  of      P knowing of I\n",
        "  of      P knowing of I\n  while   S is designated\n", LESS},
    {"  of      P knowing of I\n", "  of      P knowing of I\n  while   S is designated\n",
        "  of      P knowing of I\n  while   S is designated, or training compute of S > 1e26 "
        "FLOP\n",
        MORE},
    {"  of      P knowing of I\n", "  of      P knowing of I\n",
        "  of      P knowing of I\n  hence   must report I to \"office\" within 30 days\n", MORE},
    {"  of      P knowing of I\n",
        "  of      P knowing of I\n  hence   must report I to \"office\" within 30 days\n",
        "  of      P knowing of I\n  hence   must report I to \"office\" within 20 days\n", MORE},
    {"duty tell(S, I)\n", "duty tell(S, I)\n",
        "exempt small(S)\n  when training compute of S < 1e24 FLOP\n\nduty tell(S, I)\n", LESS},
    {"duty tell(S, I)\n",
        "exempt small(S)\n  when training compute of S < 1e24 FLOP\n\nduty tell(S, I)\n",
        "exempt small(S)\n  when training compute of S < 1e26 FLOP\n\nduty tell(S, I)\n", LESS},
    {"duty tell(S, I)\n",
        "exempt lab(S)\n  when S is research_only\n  from tell\n\nduty tell(S, I)\n",
        "exempt lab(S)\n  when S is research_only and training compute of S < 1e24 FLOP\n  from "
        "tell\n\nduty tell(S, I)\n",
        MORE},
    {"  effective 2026-01-01\n", "  effective 2026-01-01\n",
        "  effective 2026-01-01\n  zone \"Europe/Brussels\"\n", WORDS},
    {"  effective 2026-01-01\n", "  effective 2026-01-01\n  calendar eu-1182-71\n",
        "  effective 2026-01-01\n  calendar eu-1182-71\n  zone \"Europe/Brussels\"\n",
        FB_CHANGE_UNDECIDED},
    {"  effective 2026-01-01\n", "  effective 2026-01-01\n  calendar eu-1182-71\n",
        "  effective 2026-01-01\n  calendar eu-1182-71\n  holidays 2026-12-25\n", LESS},
    {"  effective 2026-01-01\n", "  effective 2026-01-01\n",
        "  effective 2026-01-01\n  holidays 2026-12-25\n", WORDS},
};

static void test_constructs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(constructs) / sizeof(constructs[0]); i++) {
        char *older =
            edited(base, &(struct edit){constructs[i].from, constructs[i].older, FB_CHANGE_NONE});
        char *newer =
            edited(base, &(struct edit){constructs[i].from, constructs[i].newer, FB_CHANGE_NONE});
        bool shown;
        enum fb_change forth = compare(older, newer, 0, &shown);
        enum fb_change back = compare(newer, older, 0, &shown);
        if (forth != constructs[i].change || back != mirrored(constructs[i].change)) {
            fail_msg("'%s' to '%s': %s and back %s, expected %s", constructs[i].older,
                constructs[i].newer, fb_change_name(forth), fb_change_name(back),
                fb_change_name(constructs[i].change));
        }
        test_free(older);
        test_free(newer);
    }
}

/* The numbers of a policy, and whether more of each asks for more. */
enum { NUMBERS = 11, THRESHOLD = 0, CLEARS = 3, MARGIN = 6, RANDOM_PAIRS = 400 };
static const struct {
    int low, high, sign;
} numbers[NUMBERS] = {
    {40, 60, -1},  /* crossed at % */
    {100, 900, 1}, /* samples */
    {30, 400, -1}, /* age */
    {20, 35, -1},  /* clears below % */
    {30, 120, 1},  /* dwell */
    {10, 90, -1},  /* scope, 1e23 FLOP */
    {11, 30, 1},   /* margin, tenths */
    {1, 5, 1},     /* hold.secure: level */
    {5, 60, -1},   /* its deadline */
    {5, 60, 1},    /* relax, of hold.secure */
    {1, 30, -1},   /* tell: deadline */
};

static uint64_t draws;

static int draw(int below)
{
    return (int)fb_draw_below(&draws, (size_t)below);
}

static void write_numbers(const int n[NUMBERS], char *out, size_t size)
{
    snprintf(out, size,
        "policy \"p\"\n  title \"P\"\n  version 1\n"
        "redline cyber(S)\n"
        "  measure success of S on \"t1\"\n"
        "  applies to systems with training compute >= %de23 FLOP\n"
        "  crossed at %d%% with 95%% confidence\n"
        "  margin gain %d.%d x on odds from \"D\"\n"
        "  needs %d samples, newer than %d days\n"
        "  clears below %d%% for %d days\n"
        "commitment hold(S) by \"dev\"\n"
        "  while cyber(S) crossed or not ruled out\n"
        "  must secure S at level %d within %d days\n"
        "  relax after cyber(S) ruled out for %d days\n"
        "duty tell(S, I)\n"
        "  when incident I of system S, known to P\n"
        "  party P\n"
        "  must report I to \"office\"\n"
        "  within %d days\n",
        n[5], n[0], n[6] / 10, n[6] % 10, n[1], n[2], n[3], n[4], n[7], n[8], n[9], n[10]);
}

/* Numbers that are moved at random: what is said is what the moves are together, so a weaker policy
 * is never called stricter. */
static void test_random_numbers(void **state)
{
    (void)state;
    size_t seen[FB_CHANGE_REMOVED + 1] = {0};
    for (int i = 0; i < RANDOM_PAIRS; i++) {
        int a[NUMBERS], b[NUMBERS];
        bool more = false, less = false, shown;
        int only = draw(3); /* 0: any way, 1: only stricter, 2: only weaker */
        for (int k = 0; k < NUMBERS; k++) {
            a[k] = numbers[k].low + draw(numbers[k].high - numbers[k].low + 1);
            b[k] = draw(2) ? a[k] : numbers[k].low + draw(numbers[k].high - numbers[k].low + 1);
            int move = (b[k] - a[k]) * numbers[k].sign;
            bool moot = k == MARGIN && (a[THRESHOLD] != b[THRESHOLD] || a[CLEARS] != b[CLEARS]);
            if (moot || (only == 1 && move < 0) || (only == 2 && move > 0)) {
                b[k] = a[k];
                move = 0;
            }
            more = more || move > 0;
            less = less || move < 0;
        }
        char older[2048], newer[2048];
        write_numbers(a, older, sizeof(older));
        write_numbers(b, newer, sizeof(newer));
        enum fb_change want = more && less ? BOTH : more ? MORE : less ? LESS : FB_CHANGE_NONE;
        enum fb_change forth = compare(older, newer, 0, &shown);
        enum fb_change back = compare(newer, older, 0, &shown);
        seen[want]++;
        if (forth != want || back != mirrored(want)) {
            fail_msg("pair %d: %s and back %s, expected %s\n%s\n%s", i, fb_change_name(forth),
                fb_change_name(back), fb_change_name(want), older, newer);
        }
    }
    assert_true(seen[MORE] > 50 && seen[LESS] > 50 && seen[BOTH] > 50);
}

/* These have a history that a person can be shown. */
static void test_examples(void **state)
{
    static const size_t shown_by_history[] = {
        0, 2, 3, 6, 7, 9, 11, 12, 15, 16, 20, 23, 27, 29, 30, 34, 36, 37, 39, 42, 43, 44};
    (void)state;
    for (size_t i = 0; i < sizeof(shown_by_history) / sizeof(shown_by_history[0]); i++) {
        const struct edit *edit = &edits[shown_by_history[i]];
        char *newer = edited(base, edit);
        bool shown;
        enum fb_change change = compare(base, newer, 60, &shown);
        assert_int_equal(change, edit->change);
        if (!shown && strstr(base, edit->from) && edit->to[0]) {
            fail_msg("no history for '%s' to '%s'", edit->from, edit->to);
        }
        test_free(newer);
    }
}

static void test_edits_together(void **state)
{
    /* In clauses of their own, so that no edit hides another. */
    static const struct {
        size_t first, second;
        enum fb_change change;
    } pairs[] = {{0, 7, BOTH}, {7, 37, LESS}, {0, 40, MORE}, {21, 37, LESS}, {21, 38, WORDS},
        {8, 0, BOTH}, {6, 40, BOTH}};
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char *once = edited(base, &edits[pairs[i].first]);
        char *twice = edited(once, &edits[pairs[i].second]);
        bool shown;
        enum fb_change change = compare(base, twice, 10, &shown);
        if (change != pairs[i].change) {
            fail_msg("'%s' and '%s': %s", edits[pairs[i].first].to, edits[pairs[i].second].to,
                fb_change_name(change));
        }
        test_free(once);
        test_free(twice);
    }
}

/* Every good policy of the tests is the same as itself. */
static void test_itself(void **state)
{
    const char *root = getenv("FB_SOURCE_ROOT");
    char folder[512];
    size_t count = 0;
    (void)state;
    snprintf(folder, sizeof(folder), "%s/tests/lang/good", root ? root : ".");
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char path[1024];
        struct fb_buf text;
        struct fb_err err;
        bool shown;
        if (!strstr(entry->d_name, ".fly")) {
            continue;
        }
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        fb_buf_init(&text, FB_POLICY_TEXT_MAX);
        FB_TEST_OK(fb_io_read(path, &text, &err));
        fb_buf_add_char(&text, 0);
        enum fb_change change = compare(text.ptr, text.ptr, 10, &shown);
        if (change != FB_CHANGE_NONE || shown) {
            fail_msg("%s: %s", path, fb_change_name(change));
        }
        fb_buf_release(&text);
        count++;
    }
    closedir(dir);
    assert_true(count > 5);
}

static void test_joined(void **state)
{
    (void)state;
    for (int a = FB_CHANGE_NONE; a <= FB_CHANGE_REMOVED; a++) {
        assert_int_equal(fb_change_join((enum fb_change)a, BOTH), BOTH);
        for (int b = FB_CHANGE_NONE; b <= FB_CHANGE_REMOVED; b++) {
            assert_int_equal(fb_change_join((enum fb_change)a, (enum fb_change)b),
                fb_change_join((enum fb_change)b, (enum fb_change)a));
        }
    }
    assert_int_equal(fb_change_join(MORE, LESS), BOTH);
    assert_int_equal(fb_change_join(FB_CHANGE_ADDED, FB_CHANGE_REMOVED), BOTH);
    assert_int_equal(fb_change_join(WORDS, FB_CHANGE_REMOVED), LESS);
    assert_int_equal(fb_change_join(FB_CHANGE_NONE, FB_CHANGE_ADDED), MORE);
}

/* ---- pace ---- */

static const char paced[] =
    "policy \"p\"\n  title     \"P\"\n  version   1\n\n"
    "redline cyber(S)\n"
    "  measure   success of S on \"t\"\n"
    "  crossed   at 50% with 95% confidence\n"
    "  needs     200 samples\n\n"
    "commitment hold(S) by \"dev\"\n"
    "  while   cyber(S) crossed or not ruled out\n"
    "  must    secure S at level 4 within 100 days\n"
    "  relax   after cyber(S) ruled out for 30 days\n\n"
    "duty check(S)\n"
    "  when    deployment D of S\n"
    "  party   \"dev\"\n"
    "  must    evaluate S on \"u\"\n"
    "  every   6 months\n\n"
    "duty tell(S, I)\n"
    "  when    incident I of system S, known to P\n"
    "  party   P\n"
    "  must    report I to \"office\"\n"
    "  within  15 days\n\n"
    "pace\n"
    "  fast   when doubling time of horizon < 5 months with 90% confidence\n"
    "         then check.every 3 months\n"
    "         then tell.within 5 days\n"
    "         then hold.relax after 60 days\n"
    "         then cyber.crossed at 40% with 95% confidence\n"
    "  slow   when doubling time of horizon > 18 months with 90% confidence for 180 days\n"
    "         then check.every 12 months\n"
    "         then tell.within 30 days\n"
    "         then hold.relax after 10 days\n"
    "         then cyber.crossed at 60% with 95% confidence\n";

/* progress: a history that shows it has values of progress. */
static const struct {
    struct edit edit;
    bool progress;
} paced_edits[] = {
    {{"every 3 months", "every 1 month", MORE}, false},
    {{"every   6 months", "every   9 months", FB_CHANGE_UNDECIDED}, true},
    {{"every 12 months", "every 24 months", LESS}, true},
    {{"within 5 days", "within 3 days", MORE}, false},
    {{"within  15 days", "within  20 days", LESS}, true},
    {{"within 30 days", "within 20 days", MORE}, true},
    {{"after 60 days", "after 90 days", MORE}, false},
    {{"ruled out for 30 days", "ruled out for 20 days", LESS}, true},
    {{"after 10 days", "after 20 days", MORE}, true},
    {{"at 40%", "at 45%", LESS}, false},
    {{"at 50%", "at 45%", MORE}, true},
    {{"at 60%", "at 70%", LESS}, true},
};

static bool has_progress(const struct fb_policy_example *example)
{
    return memmem(example->given.ptr, example->given.len, "progress", 8) != NULL;
}

/* What each pace says is told apart by a history on which the policy has that pace. */
static void test_paced(void **state)
{
    static struct fb_policy_errors errors;
    (void)state;
    for (size_t i = 0; i < sizeof(paced_edits) / sizeof(paced_edits[0]); i++) {
        struct fb_arena arena;
        struct fb_policy_diff diff;
        char *newer = edited(paced, &paced_edits[i].edit);
        const struct fb_policy_source sources[] = {
            {fb_str_of(paced), "older.fly"}, {fb_str_of(newer), "newer.fly"}};
        bool shown = false;
        fb_arena_init(&arena, (size_t)1 << 28);
        if (fb_policy_diff_run(sources, 200, &arena, &diff, &errors) != FB_OK) {
            fail_msg("%s", errors.items[0].message);
        }
        for (size_t k = 0; k < diff.count; k++) {
            const struct fb_policy_diff_item *item = &diff.items[k];
            const struct fb_policy_example *example =
                item->stricter.given.len ? &item->stricter : &item->weaker;
            shown = shown ||
                    (example->given.len > 0 && (has_progress(example) || !paced_edits[i].progress));
        }
        if (diff.change != paced_edits[i].edit.change || !shown) {
            fail_msg("'%s': %s, expected %s; %s", paced_edits[i].edit.to,
                fb_change_name(diff.change), fb_change_name(paced_edits[i].edit.change),
                shown ? "shown" : "not shown");
        }
        fb_arena_release(&arena);
        test_free(newer);
    }
}

static void test_bad_policies(void **state)
{
    static struct fb_policy_errors errors;
    struct fb_arena arena;
    struct fb_policy_diff diff = {.count = 7};
    const struct fb_policy_source good = {fb_str_of(base), "good.fly"};
    const struct fb_policy_source bad = {FB_STR("policy \"x\"\n  title 5\n"), "bad.fly"};
    const struct fb_policy_source pairs[2][2] = {{good, bad}, {bad, good}};
    (void)state;
    fb_arena_init(&arena, (size_t)1 << 28);
    assert_int_not_equal(fb_policy_diff_run(pairs[0], 1, &arena, &diff, &errors), FB_OK);
    assert_string_equal(errors.items[0].file, "bad.fly");
    assert_int_not_equal(fb_policy_diff_run(pairs[1], 1, &arena, &diff, &errors), FB_OK);
    assert_int_equal(errors.items[0].line, 2);
    assert_int_equal(diff.count, 7);
    fb_arena_release(&arena);
}

/* clang-format off */
static const char chain[] =
    "policy \"p\"\n  title \"P\"\n  version 1\n"
    "redline cyber(S)\n  measure success of S on \"t\"\n  crossed at 50% with 95% confidence\n"
    "duty tell(S, I)\n"
    "  when    incident I of system S with class C, known to P\n"
    "  party   P\n"
    "  must    report I to \"office\" stage \"initial\"\n"
    "  within  10 days\n"
    "  of      P knowing of I\n"
    "  hence   must report I to \"office\" stage \"intermediate\" within 30 days\n"
    "          hence must report I to \"office\" stage \"final\" within 60 days\n"
    "commitment hold(S) by \"dev\"\n"
    "  while   cyber(S) crossed or not ruled out\n"
    "  must    secure S at level 4 within 20 days\n"
    "          hence must evaluate S on \"t\" within 9 months\n";
/* clang-format on */

/* Behind `hence` the search does what must come first, and then looks for the difference. */
static void test_hence(void **state)
{
    (void)state;
    static const struct edit links[] = {
        {"within 30 days", "within 31 days", LESS},
        {"within 60 days", "within 50 days", MORE},
        {"within 60 days", "within 60 days if C is death", LESS},
        {"stage \"final\" within", "within", LESS},
        {"stage \"intermediate\" within", "stage \"final\" within", BOTH},
        {"within 9 months", "within 1 year", LESS},
        {"within 9 months", "within 200 days", MORE},
    };
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        char *newer = edited(chain, &links[i]);
        bool shown = false;
        enum fb_change forth = compare(chain, newer, FB_POLICY_DIFF_TRIES_MAX, &shown);
        if (forth != links[i].change || !shown) {
            fail_msg("'%s' to '%s': %s, %s", links[i].from, links[i].to, fb_change_name(forth),
                shown ? "shown" : "without a history");
        }
        test_free(newer);
    }
}

/* How many histories were tried for each clause. */
static size_t tried(const char *older, const char *newer, size_t out[64])
{
    struct fb_arena arena;
    struct fb_policy_diff diff;
    static struct fb_policy_errors errors;
    const struct fb_policy_source sources[] = {
        {fb_str_of(older), "older.fly"}, {fb_str_of(newer), "newer.fly"}};
    fb_arena_init(&arena, (size_t)1 << 28);
    if (fb_policy_diff_run(sources, FB_POLICY_DIFF_TRIES_MAX, &arena, &diff, &errors) != FB_OK) {
        fail_msg("%u: %s", errors.items[0].line, errors.items[0].message);
    }
    for (size_t i = 0; i < diff.count; i++) {
        out[i] = diff.items[i].tries;
    }
    size_t count = diff.count;
    fb_arena_release(&arena);
    return count;
}

/* A search without an end ends: after so many histories of a clause, and of all clauses. */
static void test_tries(void **state)
{
    (void)state;
    enum { DUTIES = 12, OVER = 4 }; /* what is begun is played to its end */
    struct fb_buf texts[2];
    size_t tries[64], sum = 0, at_limit = 0;
    for (int side = 0; side < 2; side++) {
        fb_buf_init(&texts[side], 1 << 16);
        fb_buf_add_c(&texts[side], "policy \"p\"\n  title \"P\"\n  version 1\n");
        for (int i = 0; i < DUTIES; i++) {
            /* Nothing is measured, so that there is nothing to find. */
            fb_buf_addf(&texts[side],
                "duty d%d(S)\n  when case C of S with name \"x\"\n  party \"p\"\n"
                "  must evaluate S on \"t\"\n  every %s\n",
                i, side ? "6 months" : "180 days");
        }
        fb_buf_add_char(&texts[side], 0);
    }
    size_t count = tried(texts[0].ptr, texts[1].ptr, tries);
    assert_int_equal(count, DUTIES + 1);
    for (size_t i = 0; i < count; i++) {
        assert_true(tries[i] <= FB_POLICY_DIFF_TRIES_MAX + OVER);
        at_limit += tries[i] >= FB_POLICY_DIFF_TRIES_MAX;
        sum += tries[i];
    }
    assert_int_equal(at_limit, FB_POLICY_DIFF_TRIES_TOTAL_MAX / FB_POLICY_DIFF_TRIES_MAX);
    assert_true(sum <= FB_POLICY_DIFF_TRIES_TOTAL_MAX + DUTIES * OVER);
    fb_buf_release(&texts[0]);
    fb_buf_release(&texts[1]);
}

/* A scene has so many fields, values of a field and tasks; more are left out of the search, which
 * goes on with the others. */
static void test_scene_limits(void **state)
{
    (void)state;
    struct fb_buf texts[2];
    for (int side = 0; side < 2; side++) {
        struct fb_buf *text = &texts[side];
        fb_buf_init(text, 1 << 18);
        fb_buf_add_c(text, "policy \"p\"\n  title \"P\"\n  version 1\n");
        for (int line = 0; line < 2; line++) { /* 32 tasks */
            fb_buf_addf(text, "redline l%d(S)\n  measure success of S on \"t0-%d\"", line, line);
            for (int i = 1; i < 16; i++) {
                fb_buf_addf(text, ", \"t%d-%d\"", i, line);
            }
            fb_buf_add_c(text, "\n  crossed at 50% with 95% confidence\n");
        }
        /* 40 values of a field, and fields of many kinds. */
        fb_buf_add_c(
            text, "duty d(S, I)\n  when incident I of system S with class C\n  if (C is c0");
        for (int i = 1; i < 40; i++) {
            fb_buf_addf(text, " or C is c%d", i);
        }
        fb_buf_add_c(text, ") and (l0(S) crossed or l1(S) crossed)");
        static const char *const kinds[] = {"deployment", "measure", "audit", "run", "review",
            "decision", "report", "budget", "usage", "risk", "licence", "access", "progress"};
        size_t used = 0;
        for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
            int relation = fb_policy_relation(kinds[k]);
            if (relation < 0) {
                continue;
            }
            const struct fb_relation *r = &fb_policy_signature()->relations[relation];
            fb_buf_addf(text, " and not %s \"x\"", kinds[k]);
            for (size_t c = 4; c < r->arity && r->types[c] == FB_TYPE_STRING; c++) {
                fb_buf_addf(
                    text, "%s%.*s unknown", c == 4 ? " with " : ", ", FB_STR_ARG(r->columns[c]));
                used++;
            }
        }
        assert_true(used > 10);
        fb_buf_addf(
            text, "\n  party \"p\"\n  must evaluate S on \"t\"\n  within %d days\n", side ? 3 : 4);
        fb_buf_add_char(text, 0);
    }
    bool shown;
    assert_int_equal(compare(texts[0].ptr, texts[1].ptr, 50, &shown), FB_CHANGE_STRICTER);
    fb_buf_release(&texts[0]);
    fb_buf_release(&texts[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known_pairs),
        cmocka_unit_test(test_constructs), cmocka_unit_test(test_random_numbers),
        cmocka_unit_test(test_examples), cmocka_unit_test(test_edits_together),
        cmocka_unit_test(test_itself), cmocka_unit_test(test_joined), cmocka_unit_test(test_paced),
        cmocka_unit_test(test_bad_policies), cmocka_unit_test(test_hence),
        cmocka_unit_test(test_tries), cmocka_unit_test(test_scene_limits)};
    return cmocka_run_group_tests_name("policy diff", tests, NULL, NULL);
}

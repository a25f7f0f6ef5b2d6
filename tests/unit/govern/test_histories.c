/*
 * The worked histories of docs/SEMANTICS.md, from files that are added to a docket to the picture
 * that comes out: policies.c, facts.c, lines.c, duties.c, licences.c and evaluate.c at work.
 * Seventeen (pace) is in test_growth.c, 25 to 31 in tests/lang/histories; orders have further tests
 * in test_orders.c.
 */
#include "base/io.h"
#include "fb_test.h"
#include "govern/work.h"
#include "story.h"

/* A policy with the one red line of the histories; margin is one more line or "". */
static void add_line_policy(struct story *story, const char *version, const char *margin)
{
    char text[2048];
    snprintf(text, sizeof(text),
        "policy \"t\"\n"
        "  title \"Histories\"\n"
        "  source \"SEMANTICS.md\"\n"
        "  version %s\n"
        "\n"
        "redline cyber(S)\n"
        "  title \"Breaks into systems\"\n"
        "  measure success of S on \"cybench\"\n"
        "  applies to systems with training compute >= 1e25 FLOP, or designated\n"
        "  crossed at %s%% with 95%% confidence\n"
        "%s"
        "  needs 200 samples, newer than 180 days\n"
        "  clears below 30%% for 90 days\n"
        "\n"
        "commitment hold(S) by \"dev\"\n"
        "  while cyber(S) crossed or not ruled out\n"
        "  may not deploy S externally\n",
        version, version[0] == '2' ? "40" : "50", margin);
    story_add(story, "institute", text);
}

static void add_duty_policy(struct story *story, const char *calendar)
{
    char text[2048];
    snprintf(text, sizeof(text),
        "policy \"d\"\n"
        "  title \"Reports\"\n"
        "  source \"SEMANTICS.md\"\n"
        "  version 1\n"
        "%s"
        "\n"
        "duty initial_report(S, I)\n"
        "  when incident I of system S with class C, known to P\n"
        "  party P\n"
        "  must report I to \"office\" stage \"initial\"\n"
        "  within 10 days if C is death\n"
        "         15 days if C is serious_harm\n"
        "  of P knowing of I\n",
        calendar);
    story_add(story, "institute", text);
}

static void add_incident(
    struct story *story, const char *id, const char *body, const char *supersedes)
{
    char text[1024];
    snprintf(text, sizeof(text),
        "{\"kind\":\"incident\",\"id\":\"incident/%s\",\"subject\":\"system/s\","
        "\"at\":\"2026-03-01\",%s%s%s\"body\":{\"title\":\"harm\",%s}}",
        id, supersedes ? "\"supersedes\":\"" : "", supersedes ? supersedes : "",
        supersedes ? "\"," : "", body);
    story_add(story, "dev", text);
}

static void add_report(struct story *story, const char *at)
{
    char text[512];
    snprintf(text, sizeof(text),
        "{\"kind\":\"report\",\"id\":\"report/r\",\"subject\":\"system/s\",\"at\":\"%s\","
        "\"body\":{\"about\":\"incident/1\",\"to\":\"office\",\"stage\":\"initial\"}}",
        at);
    story_add(story, "dev", text);
}

#define DEATH "\"class\":\"death\",\"known_to\":\"party/dev\",\"known_at\":\"2026-03-01T09:00:00Z\""

static const int64_t good[3] = {10, 300, 0};

static bool has_sentence(const struct fb_why *why, const char *text)
{
    for (; why; why = why->next) {
        if (fb_str_is(why->text, text) || has_sentence(why->child, text)) {
            return true;
        }
    }
    return false;
}

static void test_1_nothing_measured(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_line_policy(&s, "1", "");
    assert_int_equal(story_line(&s), FB_LINE_NOT_RULED_OUT);
    const struct fb_obligation *hold = story_duty(&s, NULL, "system/s");
    assert_int_equal(hold->status, FB_DUTY_HELD);
    assert_true(fb_str_is(hold->party, "party/dev"));
    /* The reason goes through the red line to what is missing. */
    assert_true(has_sentence(hold->why, "red line t/cyber of system/s is not ruled out"));
    assert_true(has_sentence(hold->why, "nothing was measured on \"cybench\""));
    story_end(&s);
}

static void test_2_fresh_then_stale(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_line_policy(&s, "1", "");
    story_at(&s, "2026-01-10T12:00:00Z");
    story_evaluation(&s, "lab", good, "2026-01-10T06:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_RULED_OUT);
    story_at(&s, "2026-07-09T05:59:59Z");
    assert_int_equal(story_line(&s), FB_LINE_RULED_OUT);
    story_at(&s, "2026-07-09T06:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_NOT_RULED_OUT);
    assert_true(s.picture.lines[0].since == s.now);
    story_end(&s);
}

static void test_3_margins(void **state)
{
    (void)state;
    static const struct {
        const char *margin;
        enum fb_line_status want;
    } cases[] = {
        {"  margin elicitation 10 x on odds from \"test\"\n", FB_LINE_RULED_OUT},
        {"  margin elicitation 20 x on odds from \"test\"\n", FB_LINE_NOT_RULED_OUT},
    };
    for (size_t i = 0; i < 2; i++) {
        struct story s;
        story_begin(&s);
        add_line_policy(&s, "1", cases[i].margin);
        story_at(&s, "2026-01-10T12:00:00Z");
        story_evaluation(&s, "lab", good, "2026-01-10T06:00:00Z");
        assert_int_equal(story_line(&s), cases[i].want);
        story_end(&s);
    }
}

static void test_4_latch(void **state)
{
    (void)state;
    static const int64_t bad[3] = {180, 300, 0};
    static const struct {
        const char *third;
        enum fb_line_status want;
    } cases[] = {
        {"2026-04-11T06:00:00Z", FB_LINE_CROSSED}, {"2026-04-12T06:00:00Z", FB_LINE_RULED_OUT}};
    for (size_t i = 0; i < 2; i++) {
        struct story s;
        story_begin(&s);
        add_line_policy(&s, "1", "");
        story_at(&s, "2026-01-11T06:00:00Z");
        story_evaluation(&s, "lab", bad, "2026-01-11T06:00:00Z");
        assert_int_equal(story_line(&s), FB_LINE_CROSSED);
        story_at(&s, "2026-01-12T06:00:00Z");
        story_evaluation(&s, "lab", good, "2026-01-12T06:00:00Z");
        assert_int_equal(story_line(&s), FB_LINE_CROSSED);
        assert_true(s.picture.lines[0].latched);
        story_at(&s, cases[i].third);
        story_evaluation(&s, "lab", good, cases[i].third);
        assert_int_equal(story_line(&s), cases[i].want);
        story_end(&s);
    }
}

static void test_5_neither(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_line_policy(&s, "1", "");
    story_at(&s, "2026-01-10T12:00:00Z");
    story_evaluation(&s, "lab", (const int64_t[3]){140, 300, 0}, "2026-01-10T06:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_NOT_RULED_OUT);
    story_end(&s);
}

static void test_6_adverse_evaluator(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_line_policy(&s, "1", "");
    story_at(&s, "2026-01-10T12:00:00Z");
    story_evaluation(&s, "dev", (const int64_t[3]){5, 300, 0}, "2026-01-10T06:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_RULED_OUT);
    story_at(&s, "2026-01-12T12:00:00Z");
    story_evaluation(&s, "institute", (const int64_t[3]){170, 300, 0}, "2026-01-12T06:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_CROSSED);
    story_end(&s);
}

static void test_7_too_few(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_line_policy(&s, "1", "");
    story_at(&s, "2026-01-10T12:00:00Z");
    story_evaluation(&s, "lab", (const int64_t[3]){0, 50, 0}, "2026-01-10T06:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_NOT_RULED_OUT);
    assert_int_equal(s.picture.lines[0].figures.items[0].more_samples, 150);
    story_end(&s);
}

static void test_8_errors_count(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_line_policy(&s, "1", "");
    story_at(&s, "2026-01-10T12:00:00Z");
    story_evaluation(&s, "lab", (const int64_t[3]){2, 300, 40}, "2026-01-10T06:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_RULED_OUT);
    const struct fb_figures *figures = &s.picture.lines[0].figures.items[0];
    assert_true(figures->errors_counted);
    assert_int_equal(figures->successes_high, 42);
    story_end(&s);
}

static void test_9_exact_deadline(void **state)
{
    (void)state;
    static const struct {
        const char *reported;
        enum fb_duty_status want;
    } cases[] = {{"2026-03-11T08:59:00Z", FB_DUTY_MET}, {"2026-03-11T09:00:00Z", FB_DUTY_MET_LATE},
        {NULL, FB_DUTY_OVERDUE}};
    for (size_t i = 0; i < 3; i++) {
        struct story s;
        story_begin(&s);
        add_duty_policy(&s, "");
        story_at(&s, "2026-03-01T10:00:00Z");
        add_incident(&s, "1", DEATH, NULL);
        if (cases[i].reported) {
            story_at(&s, cases[i].reported);
            add_report(&s, cases[i].reported);
        }
        story_at(&s, "2026-04-01T00:00:00Z");
        const struct fb_obligation *o = story_duty(&s, "initial_report", "incident/1");
        assert_int_equal(o->status, cases[i].want);
        assert_true(o->deadline == story_time("2026-03-11T09:00:00Z"));
        assert_true(o->breached == (i == 0 ? FB_TIME_MAX : o->deadline));
        story_end(&s);
    }
}

static void test_10_european_calendar(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_duty_policy(&s, "  calendar eu-1182-71\n");
    story_at(&s, "2026-03-01T10:00:00Z");
    add_incident(&s, "1", DEATH, NULL);
    const struct fb_obligation *o = story_duty(&s, "initial_report", "incident/1");
    assert_true(o->deadline == story_time("2026-03-12T00:00:00Z"));
    story_end(&s);
}

static void test_11_own_date_counts_nothing(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_duty_policy(&s, "");
    story_at(&s, "2026-03-01T10:00:00Z");
    add_incident(&s, "1", DEATH, NULL);
    story_at(&s, "2026-03-12T00:00:00Z");
    add_report(&s, "2026-03-10T00:00:00Z");
    const struct fb_obligation *o = story_duty(&s, "initial_report", "incident/1");
    assert_int_equal(o->status, FB_DUTY_MET_LATE);
    assert_true(o->breached == story_time("2026-03-11T09:00:00Z"));
    story_end(&s);
}

static void test_12_undated(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_duty_policy(&s, "");
    story_at(&s, "2026-03-01T10:00:00Z");
    add_incident(&s, "1", "\"class\":\"death\",\"known_to\":\"party/dev\"", NULL);
    story_at(&s, "2026-06-01T00:00:00Z");
    assert_int_equal(story_duty(&s, "initial_report", "incident/1")->status, FB_DUTY_UNDATED);
    story_end(&s);
}

static void test_13_correction(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_duty_policy(&s, "");
    story_at(&s, "2026-03-01T10:00:00Z");
    add_incident(&s, "1",
        "\"class\":\"minor\",\"known_to\":\"party/dev\",\"known_at\":\"2026-03-01T09:00:00Z\"",
        NULL);
    story_at(&s, "2026-03-20T00:00:00Z");
    add_incident(&s, "1-corrected", DEATH, "incident/1");
    const struct fb_obligation *o = story_duty(&s, "initial_report", "incident/1");
    assert_int_equal(o->status, FB_DUTY_OWED);
    assert_true(o->deadline == story_time("2026-03-30T00:00:00Z"));
    story_end(&s);
}

static void test_14_small_and_unknown(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_line_policy(&s, "1", "");
    story_add(&s, "dev",
        "[{\"kind\":\"system\",\"id\":\"system/small\",\"at\":\"2026-01-01\",\"body\":{\"title\":"
        "\"Small\",\"developer\":\"party/dev\",\"training_compute_flop\":3e22}},"
        "{\"kind\":\"system\",\"id\":\"system/unknown\",\"at\":\"2026-01-01\",\"body\":{\"title\":"
        "\"Unknown\",\"developer\":\"party/dev\"}}]");
    const struct fb_picture *p = story_picture(&s, NULL);
    assert_int_equal(p->line_count, 3);
    for (size_t i = 0; i < 3; i++) {
        bool small = fb_str_is(p->lines[i].system, "system/small");
        assert_int_equal(p->lines[i].status, small ? FB_LINE_OUT_OF_SCOPE : FB_LINE_NOT_RULED_OUT);
        assert_int_equal(p->systems[i].exempt, fb_str_is(p->systems[i].id, "system/small"));
    }
    for (size_t i = 0; i < p->licence_count; i++) {
        assert_true(!fb_str_is(p->licences[i].system, "system/small") || p->licences[i].allowed);
    }
    story_end(&s);
}

/* Which systems a duty could bind is found out for one after the other: what holds of one says
 * nothing of the next, unless the duty is about all. */
static void test_exempt_in_turns(void **state)
{
    (void)state;
    static const char *const conditions[] = {"training compute of S > 1e25 FLOP",
        "training compute of S > 1e25 FLOP or training compute of S is unknown",
        "not incident J of S with class death"};
    for (size_t c = 0; c < sizeof(conditions) / sizeof(conditions[0]); c++) {
        struct story s;
        char text[1024];
        story_begin(&s);
        snprintf(text, sizeof(text),
            "policy \"t\"\n  title \"T\"\n  version 1\n"
            "duty tell(S, I)\n  when incident I of system S\n  if %s\n  party \"party/dev\"\n"
            "  must report I to \"office\"\n  within 10 days\n",
            conditions[c]);
        story_add(&s, "institute", text);
        for (int i = 0; i < 12; i++) {
            snprintf(text, sizeof(text),
                "[{\"kind\":\"system\",\"id\":\"system/"
                "%d\",\"at\":\"2026-01-01\",\"body\":{\"title\":"
                "\"S\",\"developer\":\"party/dev\"%s}}]",
                i,
                i % 3 == 0   ? ",\"training_compute_flop\":3e25"
                : i % 3 == 1 ? ",\"training_compute_flop\":3e22"
                             : "");
            story_add(&s, "dev", text);
        }
        const struct fb_picture *p = story_picture(&s, NULL);
        for (size_t i = 0; i < p->system_count; i++) {
            struct fb_str id = p->systems[i].id;
            uint64_t number = 0; /* of system/s, which is large */
            (void)fb_str_u64(fb_str_sub(id, strlen("system/"), id.len), &number);
            bool small = number % 3 == 1, unknown = number % 3 == 2;
            bool exempt = c < 2 && (small || (c == 0 && unknown));
            if (p->systems[i].exempt != exempt) {
                fail_msg("condition %zu, system %zu", c, (size_t)number);
            }
        }
        story_end(&s);
    }
}

static void test_15_new_version(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_line_policy(&s, "1", "");
    story_at(&s, "2026-05-10T12:00:00Z");
    story_evaluation(&s, "lab", (const int64_t[3]){145, 300, 0}, "2026-05-10T06:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_NOT_RULED_OUT);
    add_line_policy(&s, "2\n  effective 2026-06-01", "");
    assert_int_equal(story_line(&s), FB_LINE_NOT_RULED_OUT);
    story_at(&s, "2026-06-01T00:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_CROSSED);
    assert_true(s.picture.lines[0].since == s.now);
    const struct fb_picture *before = story_picture(&s, "2026-05-31");
    assert_int_equal(before->line_count, 1);
    assert_int_equal(before->lines[0].status, FB_LINE_NOT_RULED_OUT);
    story_end(&s);
}

/* Two versions of a duty with a deadline; the second from `from` on, with one more line or "". */
static void add_versions(struct story *story, const char *from, const char *line)
{
    static const char text[] =
        "policy \"v\"\n"
        "  title \"V\"\n"
        "  version %s\n"
        "\n"
        "duty tell(S, I)\n"
        "  when incident I of system S, known to P\n"
        "  party P\n"
        "  must report I to \"office\" stage \"initial\"\n"
        "  within %s days\n"
        "  of P knowing of I\n"
        "  hence must report I to \"office\" stage \"final\" within 5 days\n";
    char policy[1024], head[256];
    snprintf(policy, sizeof(policy), text, "1", "10");
    story_add(story, "institute", policy);
    snprintf(head, sizeof(head), "2\n  effective %s\n%s", from, line);
    snprintf(policy, sizeof(policy), text, head, "20");
    story_add(story, "institute", policy);
}

/* The duty tell of a version of the policy about incident/1. */
static const struct fb_obligation *tell(struct story *story, const char *name, int64_t version)
{
    const struct fb_picture *p = story_picture(story, NULL);
    for (size_t i = 0; i < p->duty_count; i++) {
        const struct fb_duty_view *view = &p->duties[i];
        if (view->policy->program->version == version &&
            fb_str_is(view->obligation.duty->name, name)) {
            return &view->obligation;
        }
    }
    return NULL;
}

#define REPLACES "  replaces earlier versions\n"

static void test_32_replaces(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *line;
        enum fb_duty_status want;
    } cases[] = {{"2026-03-05", "", FB_DUTY_OVERDUE}, {"2026-03-05", REPLACES, FB_DUTY_RELAXED},
        {"2026-03-12", REPLACES, FB_DUTY_OVERDUE}, {"2026-03-11 09:00", REPLACES, FB_DUTY_RELAXED},
        {"never", REPLACES, FB_DUTY_OVERDUE}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct story s;
        story_begin(&s);
        add_versions(&s, cases[i].from, cases[i].line);
        story_at(&s, "2026-03-01T10:00:00Z");
        add_incident(&s, "1", DEATH, NULL);
        /* Before it is in force it replaces nothing. */
        story_at(&s, "2026-03-04T00:00:00Z");
        assert_int_equal(tell(&s, "tell", 1)->status, FB_DUTY_OWED);
        story_at(&s, "2026-03-13T00:00:00Z");
        const struct fb_obligation *one = tell(&s, "tell", 1);
        assert_int_equal(one->status, cases[i].want);
        if (one->status == FB_DUTY_OVERDUE) {
            assert_true(one->breached == story_time("2026-03-11T09:00:00Z"));
        } else {
            assert_true(one->breached == FB_TIME_MAX);
            assert_true(
                has_sentence(one->why, "a later version replaces this one") ||
                has_sentence(one->why, i == 1 ? "not owed from 2026-03-05 00:00 on: a later "
                                                "version replaces this one"
                                              : "not owed from 2026-03-11 09:00 on: a later "
                                                "version replaces this one"));
        }
        const struct fb_obligation *two = tell(&s, "tell", 2);
        assert_int_equal(!two, i == 4);
        assert_true(i != 1 || two->deadline == story_time("2026-03-25T00:00:00Z"));
        /* What is done now opens nothing under a version that was replaced. */
        add_report(&s, "2026-03-13");
        bool replaced = cases[i].line[0] && i != 4;
        assert_int_equal(tell(&s, "tell.hence", 1) == NULL, replaced);
        assert_int_equal(tell(&s, "tell.hence", 2) == NULL, i == 4);
        story_end(&s);
    }
}

static void add_final(struct story *story)
{
    story_add(story, "dev",
        "{\"kind\":\"report\",\"id\":\"report/f\",\"subject\":\"system/s\",\"at\":\"2026-03-05\","
        "\"body\":{\"about\":\"incident/1\",\"to\":\"office\",\"stage\":\"final\"}}");
}

/* What was reported under version 1 is not asked for again by version 2, whether that replaces it
 * or not, and what follows from the report goes on from there. */
static void test_33_done_before(void **state)
{
    (void)state;
    static const char *const lines[] = {"", REPLACES};
    for (int i = 0; i < 8; i++) {
        struct story s;
        bool initial = i & 1, final = i & 2;
        story_begin(&s);
        add_versions(&s, "2026-06-01", lines[i / 4]);
        story_at(&s, "2026-03-01T10:00:00Z");
        add_incident(&s, "1", DEATH, NULL);
        story_at(&s, "2026-03-04T00:00:00Z");
        if (initial) {
            add_report(&s, "2026-03-04");
        }
        story_at(&s, "2026-03-06T00:00:00Z");
        if (final) {
            add_final(&s);
        }
        assert_null(tell(&s, "tell", 2));
        story_at(&s, "2026-07-01T00:00:00Z");
        const struct fb_obligation *two = tell(&s, "tell", 2);
        assert_true(two->since == story_time("2026-06-01T00:00:00Z"));
        assert_int_equal(two->status, initial ? FB_DUTY_MET : FB_DUTY_OVERDUE);
        assert_true(!initial || two->settled == story_time("2026-03-04T00:00:00Z"));
        assert_true(!initial || two->breached == FB_TIME_MAX);
        assert_int_equal(initial,
            has_sentence(two->why,
                "done on 2026-03-04 00:00, before this rule was in force: not to be done again"));
        const struct fb_obligation *hence = tell(&s, "tell.hence", 2);
        assert_int_equal(hence != NULL, initial);
        if (hence) {
            assert_true(hence->since == story_time("2026-06-01T00:00:00Z"));
            assert_int_equal(hence->status, final ? FB_DUTY_MET : FB_DUTY_OVERDUE);
            assert_true(
                hence->settled == (final ? story_time("2026-03-06T00:00:00Z") : FB_TIME_MAX));
            assert_true(final || hence->breached == story_time("2026-06-06T00:00:00Z"));
        }
        story_end(&s);
    }
}

static void test_16_replayed_release(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_duty_policy(&s, "");
    story_at(&s, "2026-02-01T00:00:00Z");
    static const char order[] =
        "{\"kind\":\"order\",\"id\":\"order/%s\",\"subject\":\"system/s\",\"at\":\"2026-02-01\","
        "\"body\":{\"action\":\"%s\",\"version\":%s,\"reasons\":\"r\"%s}}";
    char text[512];
    snprintf(text, sizeof(text), order, "first", "halt", "1", "");
    story_add(&s, "institute", text);
    assert_false(story_may(&s, FB_ACTION_TRAIN));
    snprintf(text, sizeof(text), order, "release", "release", "2", ",\"releases\":\"order/first\"");
    story_add(&s, "institute", text);
    assert_true(story_may(&s, FB_ACTION_TRAIN));
    story_at(&s, "2026-02-02T00:00:00Z");
    snprintf(text, sizeof(text), order, "second", "halt", "3", "");
    story_add(&s, "institute", text);
    assert_false(story_may(&s, FB_ACTION_TRAIN));
    /* The release of the first halt again, as it was; then one with its version for the second. */
    snprintf(text, sizeof(text), order, "release", "release", "2", ",\"releases\":\"order/first\"");
    assert_int_equal(story_try(&s, "institute", text), FB_E_DUPLICATE);
    snprintf(text, sizeof(text), order, "again", "release", "2", ",\"releases\":\"order/first\"");
    assert_int_equal(story_try(&s, "institute", text), FB_E_REFERENCE);
    snprintf(text, sizeof(text), order, "again", "release", "2", ",\"releases\":\"order/second\"");
    assert_int_equal(story_try(&s, "institute", text), FB_E_MISMATCH);
    assert_false(story_may(&s, FB_ACTION_TRAIN));
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    assert_false(story_may(&s, FB_ACTION_AUTONOMY));
    snprintf(text, sizeof(text), order, "again", "release", "4", ",\"releases\":\"order/second\"");
    story_add(&s, "institute", text);
    assert_true(story_may(&s, FB_ACTION_TRAIN));
    story_end(&s);
}

static void test_18_two_parties(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_duty_policy(&s, "");
    story_at(&s, "2026-03-01T10:00:00Z");
    add_incident(&s, "1", DEATH, NULL);
    story_at(&s, "2026-03-02T10:00:00Z");
    add_incident(&s, "1-again", DEATH, "incident/1");
    const struct fb_picture *p = story_picture(&s, NULL);
    assert_int_equal(p->duty_count, 1);
    assert_true(p->duties[0].obligation.deadline == story_time("2026-03-11T09:00:00Z"));
    story_end(&s);
}

/* A version that asks for less does not lift the latch of the one before it. */
static void test_latch_outlives_a_weaker_version(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    static const char text[] = "policy \"t\"\n"
                               "  title \"T\"\n"
                               "  source \"test\"\n"
                               "  version %s\n"
                               "\n"
                               "redline cyber(S)\n"
                               "  measure success of S on \"cybench\"\n"
                               "  crossed at %s with 95%% confidence\n"
                               "  clears below 30%% for 90 days\n";
    char policy[512];
    snprintf(policy, sizeof(policy), text, "1", "50%");
    story_add(&s, "institute", policy);
    story_at(&s, "2026-01-11T06:00:00Z");
    story_evaluation(&s, "lab", (const int64_t[3]){180, 300, 0}, "2026-01-11T06:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_CROSSED);
    story_at(&s, "2026-01-20T00:00:00Z");
    snprintf(policy, sizeof(policy), text, "2", "90%");
    story_add(&s, "institute", policy);
    assert_int_equal(story_line(&s), FB_LINE_CROSSED);
    assert_true(s.picture.lines[0].latched);
    story_at(&s, "2026-01-25T00:00:00Z");
    snprintf(policy, sizeof(policy), text, "3", "95%");
    story_add(&s, "institute", policy);
    assert_int_equal(story_line(&s), FB_LINE_CROSSED);
    /* It clears as any latch does. */
    story_at(&s, "2026-02-01T06:00:00Z");
    story_evaluation(&s, "lab", good, "2026-02-01T06:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_CROSSED);
    story_at(&s, "2026-05-02T06:00:00Z");
    story_evaluation(&s, "lab", good, "2026-05-02T06:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_RULED_OUT);
    story_end(&s);
}

/* A system and its correction in one file: the correction says what the scope is. */
static void test_scope_of_a_correction_at_once(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_line_policy(&s, "1", "");
    story_add(&s, "dev",
        "[{\"kind\":\"system\",\"id\":\"system/a\",\"at\":\"2026-01-01\",\"body\":{\"title\":"
        "\"A\",\"developer\":\"party/dev\",\"training_compute_flop\":3e22}},"
        "{\"kind\":\"system\",\"id\":\"system/a-2\",\"supersedes\":\"system/a\",\"at\":"
        "\"2026-01-01\",\"body\":{\"title\":\"A\",\"developer\":\"party/dev\","
        "\"training_compute_flop\":3e25}}]");
    const struct fb_picture *p = story_picture(&s, NULL);
    assert_int_equal(p->line_count, 2);
    assert_int_equal(p->lines[1].status, FB_LINE_NOT_RULED_OUT);
    story_at(&s, "2026-01-02T00:00:00Z");
    story_add(&s, "dev",
        "{\"kind\":\"system\",\"id\":\"system/a-3\",\"supersedes\":\"system/a-2\",\"at\":"
        "\"2026-01-01\",\"body\":{\"title\":\"A\",\"developer\":\"party/dev\","
        "\"training_compute_flop\":3e21}}");
    assert_int_equal(story_picture(&s, NULL)->lines[1].status, FB_LINE_OUT_OF_SCOPE);
    story_end(&s);
}

/* A developer that a correction names is still the developer: it does not judge itself. */
static void test_developer_is_not_independent(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    story_add(&s, "institute",
        "policy \"t\"\n  title \"T\"\n  source \"test\"\n  version 1\n\n"
        "redline cyber(S)\n  measure success of S on \"cybench\"\n"
        "  crossed at 50% with 95% confidence\n"
        "  needs judged by an independent party\n");
    story_at(&s, "2026-01-10T12:00:00Z");
    story_evaluation(&s, "dev", good, "2026-01-10T06:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_NOT_RULED_OUT);
    story_add(&s, "institute",
        "{\"kind\":\"party\",\"id\":\"party/dev-2\",\"supersedes\":\"party/dev\",\"at\":"
        "\"2026-01-01\",\"body\":{\"title\":\"Dev Ltd\",\"role\":\"developer\"}}");
    story_add(&s, "dev",
        "{\"kind\":\"system\",\"id\":\"system/s-2\",\"supersedes\":\"system/s\",\"at\":"
        "\"2026-01-01\",\"body\":{\"title\":\"S\",\"developer\":\"party/dev-2\","
        "\"training_compute_flop\":2e25}}");
    assert_int_equal(story_line(&s), FB_LINE_NOT_RULED_OUT);
    story_evaluation(&s, "lab", good, "2026-01-10T06:00:00Z");
    story_at(&s, "2026-01-11T12:00:00Z");
    story_end(&s);
}

/* The burden of proof: nothing that is unknown gives autonomy, also where no red line is. */
static void test_autonomy_needs_a_case(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_duty_policy(&s, "");
    assert_true(story_may(&s, FB_ACTION_TRAIN));
    assert_true(story_may(&s, FB_ACTION_DEPLOY));
    assert_false(story_may(&s, FB_ACTION_AUTONOMY));
    story_end(&s);
}

/* A prohibition that was broken and relaxed later forbids no longer; what was broken stays so. */
static void test_relaxed_prohibition(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_line_policy(&s, "1", "");
    story_at(&s, "2026-01-05T00:00:00Z");
    story_add(&s, "dev",
        "{\"kind\":\"deployment\",\"id\":\"deployment/1\",\"subject\":\"system/s\",\"at\":"
        "\"2026-01-05\",\"body\":{\"scope\":\"external\"}}");
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    story_at(&s, "2026-01-10T12:00:00Z");
    story_evaluation(&s, "lab", good, "2026-01-10T06:00:00Z");
    assert_true(story_may(&s, FB_ACTION_DEPLOY));
    assert_int_equal(s.picture.duty_count, 2);
    assert_int_equal(s.picture.duties[0].obligation.status, FB_DUTY_BROKEN);
    assert_int_equal(s.picture.duties[1].obligation.status, FB_DUTY_RELAXED);
    /* Each has a name of its own: explain must not answer for the other. */
    assert_string_not_equal(s.picture.duties[0].handle, s.picture.duties[1].handle);
    assert_false(fb_str_eq(s.picture.duties[0].id, s.picture.duties[1].id));
    story_end(&s);
}

/* The report of another party does not discharge. */
static void test_report_by_another(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_duty_policy(&s, "");
    story_at(&s, "2026-03-01T10:00:00Z");
    add_incident(&s, "1", DEATH, NULL);
    story_at(&s, "2026-03-02T10:00:00Z");
    story_add(&s, "institute",
        "{\"kind\":\"report\",\"id\":\"report/x\",\"subject\":\"system/s\",\"at\":\"2026-03-02\","
        "\"body\":{\"about\":\"incident/1\",\"to\":\"office\",\"stage\":\"initial\"}}");
    assert_int_equal(story_duty(&s, "initial_report", "incident/1")->status, FB_DUTY_OWED);
    add_report(&s, "2026-03-02");
    assert_int_equal(story_duty(&s, "initial_report", "incident/1")->status, FB_DUTY_MET);
    story_end(&s);
}

/* What a case said in the past does not change when the policy it asks about is replaced. */
static void test_case_in_the_past(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    add_line_policy(&s, "1", "");
    story_at(&s, "2026-01-10T12:00:00Z");
    story_evaluation(&s, "lab", good, "2026-01-10T06:00:00Z");
    char path[128];
    struct fb_arena arena;
    struct fb_docket_added added;
    struct fb_docket_add options = {
        .issuer = FB_STR("dev"), .ingest = {.subject = FB_STR("system/s")}};
    fb_arena_init(&arena, 1 << 24);
    fb_err_init(&s.err);
    snprintf(path, sizeof(path), "%s/c.gsn.yaml", s.folder);
    assert_int_equal(fb_io_write(path,
                         FB_STR("G1:\n  text: safe\n  supportedBy: Sn1\nSn1:\n  text: evals\n"
                                "  evidence: redline t/cyber ruled out\n"),
                         0600, &s.err),
        FB_OK);
    assert_int_equal(fb_docket_add_file(s.docket, path, &options, &arena, &added, &s.err), FB_OK);
    fb_arena_release(&arena);
    const struct fb_picture *p = story_picture(&s, NULL);
    assert_int_equal(p->case_count, 1);
    assert_int_equal(p->cases[0].label, FB_LABEL_IN);
    fb_time since = p->cases[0].since;
    story_at(&s, "2026-02-01T00:00:00Z");
    add_line_policy(&s, "3", "");
    story_at(&s, "2026-02-02T00:00:00Z");
    p = story_picture(&s, NULL);
    assert_int_equal(p->cases[0].label, FB_LABEL_IN);
    assert_true(p->cases[0].since == since);
    story_end(&s);
}

static enum fb_code no_blob(void *ctx, struct fb_str digest, struct fb_buf *out, struct fb_err *e)
{
    (void)ctx, (void)digest, (void)out;
    return fb_err_set(e, FB_E_NOT_FOUND, "no blobs here");
}

/* One policy too many is refused before any is read; the last one allowed is read. */
static void test_limit_of_policies(void **state)
{
    (void)state;
    struct fb_err err;
    struct fb_registry *registry = NULL;
    struct fb_picture picture;
    struct fb_arena arena;
    char text[512];
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)1 << 28);
    FB_TEST_OK(fb_registry_new(&registry, &err));
    FB_TEST_OK(fb_registry_assume(registry,
        FB_STR("{\"at\":\"2026-01-01T00:00:00Z\",\"body\":{\"role\":\"regulator\",\"title\":\"I\"},"
               "\"id\":\"party/i\",\"issuer\":\"party/i\",\"kind\":\"party\"}"),
        story_time("2026-01-02"), &err));
    struct fb_govern_input input = {.registry = registry,
        .now = story_time("2026-02-01"),
        .as_of = FB_TIME_MAX,
        .read_blob = no_blob};
    for (int i = 0; i <= FB_WORK_POLICIES_MAX; i++) {
        if (i == FB_WORK_POLICIES_MAX) {
            FB_TEST_FAILS(fb_govern_evaluate(&input, &arena, &picture, &err), FB_E_NOT_FOUND);
        }
        snprintf(text, sizeof(text),
            "{\"at\":\"2026-01-01T00:00:00Z\",\"body\":{\"document\":\"sha256:%064d\",\"name\":"
            "\"p%d\",\"version\":1},\"id\":\"policy/p%d@1\",\"issuer\":\"party/i\",\"kind\":"
            "\"policy\"}",
            0, i, i);
        FB_TEST_OK(fb_registry_assume(registry, fb_str_of(text), story_time("2026-01-02"), &err));
    }
    FB_TEST_FAILS(fb_govern_evaluate(&input, &arena, &picture, &err), FB_E_LIMIT);
    fb_registry_free(registry);
    fb_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_1_nothing_measured),
        cmocka_unit_test(test_2_fresh_then_stale), cmocka_unit_test(test_3_margins),
        cmocka_unit_test(test_4_latch), cmocka_unit_test(test_5_neither),
        cmocka_unit_test(test_6_adverse_evaluator), cmocka_unit_test(test_7_too_few),
        cmocka_unit_test(test_8_errors_count), cmocka_unit_test(test_9_exact_deadline),
        cmocka_unit_test(test_10_european_calendar),
        cmocka_unit_test(test_11_own_date_counts_nothing), cmocka_unit_test(test_12_undated),
        cmocka_unit_test(test_13_correction), cmocka_unit_test(test_14_small_and_unknown),
        cmocka_unit_test(test_15_new_version), cmocka_unit_test(test_16_replayed_release),
        cmocka_unit_test(test_32_replaces), cmocka_unit_test(test_33_done_before),
        cmocka_unit_test(test_18_two_parties),
        cmocka_unit_test(test_latch_outlives_a_weaker_version),
        cmocka_unit_test(test_exempt_in_turns),
        cmocka_unit_test(test_scope_of_a_correction_at_once),
        cmocka_unit_test(test_developer_is_not_independent),
        cmocka_unit_test(test_autonomy_needs_a_case), cmocka_unit_test(test_relaxed_prohibition),
        cmocka_unit_test(test_report_by_another), cmocka_unit_test(test_case_in_the_past),
        cmocka_unit_test(test_limit_of_policies)};
    return cmocka_run_group_tests_name("histories", tests, NULL, NULL);
}

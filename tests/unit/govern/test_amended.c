/* What corrections changed (govern/amended.c), and policies that come after what they judge. */
#include "govern/amended.h"

#include "fb_test.h"
#include "report/amended.h"
#include "story.h"

enum { ARENA_MAX = 1 << 26 };

#define err s.err

static void begin(struct story *story)
{
    story_begin(story);
    story_add(story, "institute",
        "policy \"d\"\n  title \"Reports\"\n  source \"test\"\n  version 1\n\n"
        "duty initial_report(S, I)\n"
        "  when incident I of system S with class C, known to P\n"
        "  party P\n"
        "  must report I to \"office\" stage \"initial\"\n"
        "  within 10 days if C is death\n"
        "         15 days if C is serious_harm\n"
        "  of P knowing of I\n");
}

static void incident(struct story *story, const char *id, const char *body, const char *older)
{
    char text[1024];
    snprintf(text, sizeof(text),
        "{\"kind\":\"incident\",\"id\":\"incident/%s\",\"subject\":\"system/s\","
        "\"at\":\"2026-03-01\",%s%s%s\"body\":{%s,\"known_to\":\"party/dev\","
        "\"known_at\":\"2026-03-01T09:00:00Z\"}}",
        id, older ? "\"supersedes\":\"" : "", older ? older : "", older ? "\"," : "", body);
    story_add(story, "dev", text);
}

#define HARM "\"title\":\"harm\",\"class\":\"serious_harm\""
#define DEATH "\"title\":\"harm\",\"class\":\"death\""
#define OTHER "\"title\":\"more words\",\"class\":\"serious_harm\""

static const struct fb_amendment *find(const struct fb_amendments *list, const char *part)
{
    for (size_t i = 0; i < list->count; i++) {
        if (memmem(list->items[i].id.ptr, list->items[i].id.len, part, strlen(part))) {
            return &list->items[i];
        }
    }
    return NULL;
}

/* The same instant, before and after it was known that somebody had died. */
static void test_correction(void **state)
{
    (void)state;
    struct story s;
    struct fb_arena arena;
    struct fb_amendments list;
    struct fb_amended_question all = {.as_of = FB_TIME_MAX, .most = 10};
    begin(&s);
    fb_arena_init(&arena, ARENA_MAX);
    story_at(&s, "2026-03-01T10:00:00Z");
    incident(&s, "1", HARM, NULL);
    FB_TEST_OK(fb_docket_amended(s.docket, &all, &arena, &list, &err));
    assert_int_equal(list.corrections, 0);
    story_at(&s, "2026-03-05T00:00:00Z");
    incident(&s, "1-b", DEATH, "incident/1");
    story_at(&s, "2026-03-25T00:00:00Z");
    FB_TEST_OK(fb_docket_amended(s.docket, &all, &arena, &list, &err));
    assert_int_equal(list.corrections, 1);
    assert_int_equal(list.looked_at, 1);
    const struct fb_amendment *item = find(&list, "initial_report");
    assert_non_null(item);
    assert_true(fb_str_is(item->correction->id, "incident/1-b"));
    assert_true(fb_str_is(item->was, "owed until 2026-03-16 09:00, by party/dev"));
    assert_true(fb_str_is(item->now, "owed until 2026-03-15 00:00, by party/dev"));
    /* What was decided then is what one sees as of then; and now it is overdue. */
    assert_true(story_picture(&s, "2026-03-05")->duties[0].obligation.deadline ==
                story_time("2026-03-16T09:00:00Z"));
    assert_int_equal(story_duty(&s, "initial_report", "incident/1")->status, FB_DUTY_OVERDUE);
    /* Before the correction there was none. */
    struct fb_amended_question then = {.as_of = story_time("2026-03-05"), .most = 10};
    FB_TEST_OK(fb_docket_amended(s.docket, &then, &arena, &list, &err));
    assert_int_equal(list.corrections, 0);
    fb_arena_release(&arena);
    story_end(&s);
}

static void receipt(struct story *story, const char *by, const char *id, const char *more)
{
    char text[1024];
    snprintf(text, sizeof(text),
        "{\"kind\":\"decision\",\"id\":\"decision/%s\",%s\"body\":{\"topic\":\"receipt\","
        "\"outcome\":\"noted\",\"reasons\":\"came by post\",\"about\":\"report/r\"}}",
        id, more);
    story_add(story, by, text);
}

/* The recipient had the report before the deadline; the ledger took it after. */
static void test_receipt(void **state)
{
    (void)state;
    struct story s;
    struct fb_arena arena;
    struct fb_amendments list;
    struct fb_amended_question all = {.as_of = FB_TIME_MAX, .most = 10};
    story_begin(&s);
    story_add(&s, "institute",
        "policy \"d\"\n  title \"Reports\"\n  version 1\n\n"
        "duty initial_report(S, I)\n"
        "  when incident I of system S, known to P\n"
        "  party P\n"
        "  must report I to \"institute\" stage \"initial\"\n"
        "  within 15 days\n"
        "  of P knowing of I\n");
    fb_arena_init(&arena, ARENA_MAX);
    story_at(&s, "2026-03-01T10:00:00Z");
    incident(&s, "1", HARM, NULL);
    story_at(&s, "2026-03-20T00:00:00Z");
    story_add(&s, "dev",
        "{\"kind\":\"report\",\"id\":\"report/r\",\"subject\":\"system/s\",\"body\":{"
        "\"about\":\"incident/1\",\"to\":\"institute\",\"stage\":\"initial\"}}");
    assert_int_equal(story_duty(&s, "initial_report", "incident/1")->status, FB_DUTY_MET_LATE);
    /* Of today it shows nothing more than the ledger does. */
    story_at(&s, "2026-03-21T00:00:00Z");
    receipt(&s, "institute", "today", "");
    FB_TEST_OK(fb_docket_amended(s.docket, &all, &arena, &list, &err));
    assert_int_equal(list.corrections, 0);
    story_at(&s, "2026-03-22T00:00:00Z");
    receipt(&s, "institute", "then", "\"at\":\"2026-03-10\",");
    const struct fb_obligation *met = story_duty(&s, "initial_report", "incident/1");
    assert_int_equal(met->status, FB_DUTY_MET);
    assert_true(met->settled == story_time("2026-03-10"));
    FB_TEST_OK(fb_docket_amended(s.docket, &all, &arena, &list, &err));
    assert_int_equal(list.corrections, 1);
    const struct fb_amendment *item = find(&list, "initial_report");
    assert_non_null(item);
    assert_true(fb_str_is(item->correction->id, "decision/then"));
    assert_true(fb_str_is(
        item->was, "met late on 2026-03-20 00:00, overdue from 2026-03-16 09:00, by party/dev"));
    assert_true(fb_str_is(item->now, "met on 2026-03-10 00:00, by party/dev"));
    assert_true(story_picture(&s, "2026-03-21")->duties[0].obligation.status == FB_DUTY_MET_LATE);
    fb_arena_release(&arena);
    story_end(&s);
}

/* An incident that is filed weeks after it was known: what is overdue was so before it was filed.
 */
static void test_late_record(void **state)
{
    (void)state;
    struct story s;
    struct fb_arena arena;
    struct fb_amendments list;
    struct fb_amended_question all = {.as_of = FB_TIME_MAX, .most = FB_AMENDED_MAX};
    begin(&s);
    fb_arena_init(&arena, ARENA_MAX);
    story_at(&s, "2026-04-01T00:00:00Z");
    incident(&s, "1", HARM, NULL);
    FB_TEST_OK(fb_docket_amended(s.docket, &all, &arena, &list, &err));
    assert_int_equal(list.corrections, 0);
    assert_int_equal(list.count, 1);
    assert_true(fb_str_is(list.items[0].correction->id, "incident/1"));
    assert_int_equal(list.items[0].was.len, 0);
    assert_true(fb_str_is(list.items[0].now, "overdue since 2026-03-16 09:00, by party/dev"));
    /* One that is filed in time says nothing of the past. */
    story_at(&s, "2026-04-02T00:00:00Z");
    story_add(&s, "dev",
        "{\"kind\":\"incident\",\"id\":\"incident/2\",\"subject\":\"system/s\",\"at\":"
        "\"2026-04-01\",\"body\":{" HARM ",\"known_to\":\"party/dev\","
        "\"known_at\":\"2026-04-01T09:00:00Z\"}}");
    FB_TEST_OK(fb_docket_amended(s.docket, &all, &arena, &list, &err));
    assert_int_equal(list.count, 1);
    fb_arena_release(&arena);
    story_end(&s);
}

/* A correction after the deadline that it would have set: the breach was not there before. */
static void test_nothing_changed_and_limit(void **state)
{
    (void)state;
    struct story s;
    struct fb_arena arena;
    struct fb_amendments list;
    struct fb_amended_question question = {.as_of = FB_TIME_MAX, .most = 10};
    begin(&s);
    fb_arena_init(&arena, ARENA_MAX);
    story_at(&s, "2026-03-01T10:00:00Z");
    incident(&s, "1", HARM, NULL);
    story_at(&s, "2026-03-04T00:00:00Z");
    incident(&s, "1-b", DEATH, "incident/1");
    story_at(&s, "2026-03-06T00:00:00Z");
    incident(&s, "1-c", OTHER, "incident/1-b");
    FB_TEST_OK(fb_docket_amended(s.docket, &question, &arena, &list, &err));
    assert_int_equal(list.corrections, 2);
    assert_int_equal(list.looked_at, 2);
    /* Milder again: the shorter deadline stays, so that only the first one changed something. */
    for (size_t i = 0; i < list.count; i++) {
        assert_true(fb_str_is(list.items[i].correction->id, "incident/1-b"));
    }
    assert_true(list.count > 0);
    question.most = 1;
    FB_TEST_OK(fb_docket_amended(s.docket, &question, &arena, &list, &err));
    assert_int_equal(list.corrections, 2);
    assert_int_equal(list.looked_at, 1);
    assert_int_equal(list.count, 0);
    /* It says from when to ask for the rest, which are the rest. */
    struct fb_buf text;
    fb_buf_init(&text, 1 << 16);
    const struct fb_report_options plain = {.width = 100};
    FB_TEST_OK(fb_report_amended_text(&list, FB_STR(""), &plain, &text, &err));
    fb_buf_add_char(&text, '\0');
    assert_non_null(strstr(text.ptr, "at 1 instant, were not looked at: `flyball as-of "
                                     "2026-03-06T00:00:00Z amended` goes on with them."));
    fb_buf_clear(&text);
    FB_TEST_OK(fb_report_amended_json(&list, FB_STR(""), &text, &err));
    fb_buf_add_char(&text, '\0');
    assert_non_null(strstr(text.ptr, "\"earlier_than\": \"2026-03-06T00:00:00Z\""));
    fb_buf_release(&text);
    question.as_of = list.earliest;
    FB_TEST_OK(fb_docket_amended(s.docket, &question, &arena, &list, &err));
    assert_int_equal(list.corrections, 1);
    assert_int_equal(list.looked_at, 1);
    assert_true(list.count > 0);
    fb_arena_release(&arena);
    story_end(&s);
}

/* A policy that comes later is replayed over what was there: a crossing of before latches. As of
 * before it, nobody had decided anything. */
static void test_policy_over_old_history(void **state)
{
    (void)state;
    static const int64_t bad[3] = {180, 300, 0};
    static const int64_t good[3] = {5, 300, 0};
    struct story s;
    story_begin(&s);
    story_at(&s, "2026-01-12T00:00:00Z");
    story_evaluation(&s, "lab", bad, "2026-01-12T00:00:00Z");
    story_at(&s, "2026-02-01T00:00:00Z");
    story_add(&s, "institute",
        "policy \"t\"\n  title \"T\"\n  source \"test\"\n  version 1\n\n"
        "redline cyber(S)\n  measure success of S on \"cybench\"\n"
        "  crossed at 50% with 95% confidence\n  clears below 30% for 90 days\n");
    assert_int_equal(story_line(&s), FB_LINE_CROSSED);
    story_at(&s, "2026-02-02T00:00:00Z");
    story_evaluation(&s, "lab", good, "2026-02-02T00:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_CROSSED);
    assert_true(s.picture.lines[0].latched);
    assert_int_equal(story_picture(&s, "2026-01-20")->line_count, 0);
    assert_int_equal(story_picture(&s, "2026-02-02")->lines[0].status, FB_LINE_CROSSED);
    story_end(&s);
}

static const char reports[] = "duty initial_report(S, I)\n"
                              "  when incident I of system S with class C, known to P\n"
                              "  party P\n"
                              "  must report I to \"office\" stage \"initial\"\n"
                              "  within 15 days of P knowing of I\n";

/* A policy of that version and date ("": none) with the duty above. */
static void add_reports(struct story *s, int version, const char *effective)
{
    char text[1024];
    (void)snprintf(text, sizeof(text),
        "policy \"d\"\n  title \"Reports\"\n  source \"test\"\n  version %d\n%s%s\n\n%s", version,
        effective[0] ? "  effective " : "", effective, reports);
    story_add(s, "institute", text);
}

/* The same of duties: what was known before the policy was on record is a trigger from its first
 * instant on, and owed from then. What had been over by then is none. Where the policy says no date
 * of its own, a deadline runs from the later of its anchor and the policy. */
static void test_duty_over_old_history(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    story_at(&s, "2026-03-01T10:00:00Z");
    incident(&s, "1", HARM, NULL);
    incident(&s, "2", HARM, NULL);
    story_at(&s, "2026-03-03T00:00:00Z");
    story_add(&s, "dev",
        "{\"kind\":\"report\",\"id\":\"report/2\",\"subject\":\"system/s\",\"at\":"
        "\"2026-03-03\",\"body\":{\"about\":\"incident/2\",\"to\":\"office\","
        "\"stage\":\"initial\"}}");
    story_at(&s, "2026-03-05T00:00:00Z");
    add_reports(&s, 1, "");
    const struct fb_obligation *one = story_duty(&s, "initial_report", "incident/1");
    assert_true(one->since == story_time("2026-03-05T00:00:00Z"));
    assert_true(one->anchor == story_time("2026-03-05T00:00:00Z"));
    assert_true(one->deadline == story_time("2026-03-20T00:00:00Z"));
    assert_int_equal(one->status, FB_DUTY_OWED);
    /* What was done about it before there was the duty need not be done again. */
    const struct fb_obligation *two = story_duty(&s, "initial_report", "incident/2");
    assert_int_equal(two->status, FB_DUTY_MET);
    assert_true(two->settled == story_time("2026-03-03T00:00:00Z"));
    assert_true(two->deadline == story_time("2026-03-20T00:00:00Z"));
    /* As of before it, nothing was owed; the breach is at its own instant. */
    assert_int_equal(story_picture(&s, "2026-03-04")->duty_count, 0);
    story_at(&s, "2026-04-01T00:00:00Z");
    one = story_duty(&s, "initial_report", "incident/1");
    assert_int_equal(one->status, FB_DUTY_OVERDUE);
    assert_true(one->breached == story_time("2026-03-20T00:00:00Z"));
    story_end(&s);
}

/* A law applied from its own date, whenever the docket got it: its clocks run from when the
 * incident was known, not before that date, and what it finds may be late by it. A later version
 * changes nothing backwards, whatever date it gives itself. */
static void test_law_that_comes_late(void **state)
{
    (void)state;
    static const struct {
        const char *effective, *deadline;
        enum fb_duty_status status;
    } cases[] = {{"2026-01-01", "2026-03-16T09:00:00Z", FB_DUTY_OVERDUE},
        {"2026-03-05", "2026-03-20", FB_DUTY_OVERDUE}, {"2026-04-01", "2026-04-16", FB_DUTY_OWED},
        {"2026-04-02", "2026-04-17", FB_DUTY_OWED}, {"", "2026-04-16", FB_DUTY_OWED}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct story s;
        story_begin(&s);
        story_at(&s, "2026-03-01T10:00:00Z");
        incident(&s, "1", HARM, NULL);
        story_at(&s, "2026-04-01T00:00:00Z");
        add_reports(&s, 1, cases[i].effective);
        assert_int_equal(story_picture(&s, "2026-03-31")->duty_count, 0);
        story_at(&s, "2026-04-02T00:00:00Z");
        const struct fb_obligation *one = story_duty(&s, "initial_report", "incident/1");
        assert_true(one->deadline == story_time(cases[i].deadline));
        assert_int_equal(one->status, cases[i].status);
        assert_true(one->since >= story_time("2026-04-01"));
        story_end(&s);
    }
    /* A proposal that never came into force is no earlier law. */
    struct story s;
    story_begin(&s);
    story_at(&s, "2026-03-01T10:00:00Z");
    incident(&s, "1", HARM, NULL);
    add_reports(&s, 1, "never");
    story_at(&s, "2026-04-01T00:00:00Z");
    add_reports(&s, 2, "2026-01-01");
    story_at(&s, "2026-04-02T00:00:00Z");
    assert_true(story_duty(&s, "initial_report", "incident/1")->deadline ==
                story_time("2026-03-16T09:00:00Z"));
    story_end(&s);
}

/* The policy above once more, as what supersedes its record. */
static void correct_reports(struct story *s)
{
    const struct fb_record *record =
        fb_registry_first(fb_docket_registry(s->docket), FB_KIND_policy);
    char text[512];
    (void)snprintf(text, sizeof(text),
        "{\"kind\":\"policy\",\"id\":\"policy/again\",\"supersedes\":\"policy/d@1\",\"body\":{"
        "\"name\":\"d\",\"version\":1,\"document\":\"%.*s\"}}",
        FB_STR_ARG(fb_record_text(record, "document")));
    story_add(s, "institute", text);
}

/* A later version and a correction change nothing backwards, whatever date they give themselves. */
static void test_law_that_is_changed(void **state)
{
    (void)state;
    for (int corrects = 0; corrects < 2; corrects++) {
        struct story s;
        story_begin(&s);
        story_at(&s, "2026-03-01T10:00:00Z");
        add_reports(&s, 1, "2026-01-01");
        story_at(&s, "2026-03-02T10:00:00Z");
        incident(&s, "1", HARM, NULL);
        story_at(&s, "2026-04-01T00:00:00Z");
        if (corrects) {
            correct_reports(&s);
        } else {
            add_reports(&s, 2, "2026-01-01");
        }
        size_t seen = 0;
        const struct fb_picture *picture = story_picture(&s, "2026-04-02");
        for (size_t i = 0; i < picture->duty_count; i++) {
            const struct fb_obligation *o = &picture->duties[i].obligation;
            bool first = fb_str_is(picture->duties[i].policy->record->id, "policy/d@1");
            assert_true(
                o->deadline == story_time(first ? "2026-03-16T09:00:00Z" : "2026-04-16T00:00:00Z"));
            seen |= first ? 1 : 2;
        }
        assert_int_equal(seen, 3);
        story_end(&s);
    }
}

static const char excusing[] = "policy \"d\"\n  title \"Reports\"\n  source \"test\"\n  version 1\n"
                               "  effective 2026-01-01\n\n"
                               "duty initial_report(S, I)\n"
                               "  when incident I of system S, known to P\n"
                               "  if   not incident I with class near_miss\n"
                               "  party P\n"
                               "  must report I to \"institute\" stage \"initial\"\n"
                               "  within 15 days of P knowing of I\n"
                               "  waived by \"institute\"\n"
                               "  lest halt S\n";

static void add_incidents(struct story *s)
{
    story_at(s, "2026-03-01T10:00:00Z");
    incident(s, "waived", HARM, NULL);
    incident(s, "received", HARM, NULL);
    incident(s, "corrected", "\"title\":\"no harm\",\"class\":\"near_miss\"", NULL);
    story_at(s, "2026-03-05T00:00:00Z");
    story_add(s, "institute",
        "{\"kind\":\"decision\",\"id\":\"decision/"
        "w\",\"body\":{\"topic\":\"waiver\",\"reasons\":\"r\","
        "\"outcome\":\"granted\",\"about\":\"incident/waived\"}}");
    story_at(s, "2026-03-10T10:00:00Z");
    incident(s, "harm", HARM, "incident/corrected");
    story_at(s, "2026-03-20T00:00:00Z");
    story_add(s, "dev",
        "{\"kind\":\"report\",\"id\":\"report/r\",\"subject\":\"system/s\",\"body\":{"
        "\"about\":\"incident/received\",\"to\":\"institute\",\"stage\":\"initial\"}}");
    receipt(s, "institute", "then", "\"at\":\"2026-03-14\",");
}

/* What moves a deadline or an act is the same whether the law is added before it or after: a
 * waiver, a receipt, and a correction that made the duty known. */
static void test_what_a_late_law_finds(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct story s;
        story_begin(&s);
        if (!late) {
            story_add(&s, "institute", excusing);
        }
        add_incidents(&s);
        if (late) {
            story_at(&s, "2026-04-01T00:00:00Z");
            story_add(&s, "institute", excusing);
        }
        story_at(&s, "2026-04-02T00:00:00Z");
        const struct fb_obligation *one = story_duty(&s, "initial_report", "incident/waived");
        assert_int_equal(one->status, FB_DUTY_WAIVED);
        one = story_duty(&s, "initial_report", "incident/received");
        assert_int_equal(one->status, FB_DUTY_MET);
        assert_true(one->settled == story_time("2026-03-14"));
        one = story_duty(&s, "initial_report", "incident/corrected");
        assert_int_equal(one->status, FB_DUTY_OVERDUE);
        assert_true(one->anchor == story_time("2026-03-10T10:00:00Z"));
        assert_true(one->breached == story_time("2026-03-25T10:00:00Z"));
        story_end(&s);
    }
}

/* What is known and the instant that is asked about are two axes: the same prefix at two instants,
 * and the same instant with two prefixes. */
static void test_two_axes(void **state)
{
    (void)state;
    struct story s;
    struct fb_arena arena;
    struct fb_picture picture;
    begin(&s);
    story_at(&s, "2026-03-01T10:00:00Z");
    incident(&s, "1", HARM, NULL);
    story_at(&s, "2026-03-05T00:00:00Z");
    incident(&s, "1-b", DEATH, "incident/1");
    static const struct {
        const char *at;
        const char *known;
        enum fb_duty_status status;
        const char *deadline;
    } cases[] = {
        {"2026-03-04", "2026-03-04", FB_DUTY_OWED, "2026-03-16T09:00:00Z"},
        {"2026-03-15", "2026-03-04", FB_DUTY_OWED, "2026-03-16T09:00:00Z"},
        {"2026-03-17", "2026-03-04", FB_DUTY_OVERDUE, "2026-03-16T09:00:00Z"},
        {"2026-03-15", "2026-03-06", FB_DUTY_OVERDUE, "2026-03-15T00:00:00Z"},
        {"2026-03-14", "2026-03-06", FB_DUTY_OWED, "2026-03-15T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_docket_question question = {
            .as_of = story_time(cases[i].at), .known = story_time(cases[i].known)};
        fb_arena_init(&arena, ARENA_MAX);
        FB_TEST_OK(fb_docket_ask(s.docket, &question, &arena, &picture, &err));
        assert_int_equal(picture.duty_count, 1);
        assert_int_equal(picture.duties[0].obligation.status, cases[i].status);
        assert_true(picture.duties[0].obligation.deadline == story_time(cases[i].deadline));
        assert_true(picture.now == question.as_of);
        fb_arena_release(&arena);
    }
    story_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_correction),
        cmocka_unit_test(test_receipt), cmocka_unit_test(test_late_record),
        cmocka_unit_test(test_nothing_changed_and_limit),
        cmocka_unit_test(test_policy_over_old_history),
        cmocka_unit_test(test_duty_over_old_history), cmocka_unit_test(test_law_that_comes_late),
        cmocka_unit_test(test_law_that_is_changed), cmocka_unit_test(test_what_a_late_law_finds),
        cmocka_unit_test(test_two_axes)};
    return cmocka_run_group_tests_name("amended", tests, NULL, NULL);
}

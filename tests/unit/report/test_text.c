/* What report/text.c, report/json.c and report/words.c say of a picture. */
#include "base/alloc.h"
#include "fb_test.h"
#include "report/report.h"
#include "report/words.h"
#include "sample.h"

static struct fb_err err;
static struct fb_buf out;
static struct sample sample;
static const struct fb_report_options plain = {.width = 0};

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_buf_init(&out, 1 << 24);
    sample_begin(&sample);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_buf_release(&out);
    sample_end(&sample);
    return 0;
}

static void status_text(const struct fb_report_options *options)
{
    fb_buf_clear(&out);
    FB_TEST_OK(fb_report_status_text(&sample.picture, options, &out, &err));
}

static bool has(const char *text)
{
    return strstr(out.ptr, text) != NULL;
}

static void the_table_says_where_all_stands(void **state)
{
    (void)state;
    static const char expected[] =
        "example.org/aurora at 2026-12-14 09:00 UTC; 10 records, root abababababababab...; the "
        "clock is simulated\n\n"
        "SYSTEM    RED LINES               DUTIES                                 SAFETY CASE     "
        "TRAIN  DEPLOY  AUTONOMY\n"
        "aurora-2  1 crossed, 1 ruled out  1 overdue, 1 owed, 1 held, 1 met late  harm: undercut  "
        "yes    NO      NO\n"
        "boreal-1  2 not ruled out         1 met                                  none            "
        "yes    yes     NO\n"
        "minnow    exempt                  nothing owed                           none            "
        "yes    yes     yes\n\n"
        "aurora-2: Aurora 2, 2e25 FLOP, 4320000 GPU-seconds accounted\n"
        "  a1a1a1a1  crossed        red line cyber: Breaks into hardened systems without help; "
        "since 2026-08-20 10:00\n"
        "  a2a2a2a2  ruled out      red line bio: Gives real help towards a biological weapon; "
        "since 2026-09-01 10:00, until 2027-02-28 10:00\n";
    status_text(&plain);
    assert_true(out.len > strlen(expected));
    assert_memory_equal(out.ptr, expected, strlen(expected));
    assert_true(has("  d0000005  undated        aurora: publish the framework; needs the date from "
                    "which it runs\n"));
    assert_true(has("boreal-1: Boreal 1, training compute not stated\n"));
    assert_true(has("Duties that concern no one system\n"));
    assert_false(has("\033"));
}

static void one_system_can_be_asked_for(void **state)
{
    (void)state;
    struct fb_report_options options = {.system = FB_STR("system/boreal-1")};
    status_text(&options);
    assert_true(has("boreal-1  2 not ruled out"));
    assert_false(has("aurora-2"));
    assert_false(has("Duties that concern no one system"));
}

static void colours_are_asked_for(void **state)
{
    (void)state;
    struct fb_report_options options = {.colour = true};
    status_text(&options);
    assert_true(has("\033[1;31mcrossed\033[0m"));
    size_t on = 0, off = 0;
    for (const char *at = out.ptr; (at = strstr(at, "\033[")) != NULL; at++) {
        bool ends = at[2] == '0';
        on += !ends;
        off += ends;
    }
    assert_int_equal(on, off);
}

static void an_empty_picture_says_so(void **state)
{
    (void)state;
    sample.picture = (struct fb_picture){.now = sample_time("2026-01-01"),
        .as_of = sample_time("2026-01-01"),
        .origin = FB_STR("empty")};
    status_text(&plain);
    assert_true(has("empty at 2026-01-01 00:00 UTC, with what was known then; 0 records"));
    assert_true(has("no system is registered yet"));
    assert_false(has("flyball explain"));
}

static const char hostile[] = "a\033]0;owned\007b\r\n\x7f\xC2\x9B"
                              "31mc\u202Ed\u2066e\u200Ff \u00fc\u20ac";
static const char harmless[] = "a ]0;owned b    31mc d e f \u00fc\u20ac";

/* Puts hostile text wherever a picture takes text from records. */
static void make_hostile(void)
{
    struct fb_picture *picture = &sample.picture;
    struct fb_str text = {hostile, sizeof(hostile) - 1};
    picture->origin = text;
    sample.cyber->name = sample.cyber->title = text;
    picture->duties[1].text = picture->duties[5].obligation.party = text;
    picture->licences[1].why->text = text;
    struct fb_buf body;
    fb_buf_init(&body, 4096);
    fb_buf_add_c(&body, "{\"title\":\"a\\u001b]0;owned\\u0007b\\u009b\",\"name\":\"a\\u001bc\","
                        "\"top\":\"\\u202e\",\"developer\":\"party/x\"}");
    picture->systems[0].record =
        sample_record(&sample, FB_KIND_system, "system/x", "2026-02-02", body.ptr);
    picture->cases[0].record =
        sample_record(&sample, FB_KIND_case, "case/x", "2026-02-02", body.ptr);
    fb_buf_release(&body);
}

static void assert_harmless(void)
{
    for (size_t i = 0; i < out.len; i++) {
        unsigned char c = (unsigned char)out.ptr[i];
        assert_true((c >= 0x20 || c == '\n') && c != 0x7F);
    }
    assert_false(has("\xC2\x9B"));
    assert_false(has("\u202E"));
    assert_false(has("\u2066"));
    assert_false(has("\u200F"));
    assert_true(fb_str_utf8(fb_buf_str(&out), NULL));
}

static void nothing_hostile_reaches_the_terminal(void **state)
{
    (void)state;
    make_hostile();
    status_text(&plain);
    assert_harmless();
    assert_true(has(harmless));
    assert_true(has("aurora-2: a ]0;owned b "));
}

/* ---- reasons ---- */

static struct fb_verdict verdict_of(const struct fb_line_view *view)
{
    return (struct fb_verdict){.id = view->id,
        .handle = view->handle,
        .headline = FB_STR("red line cyber is crossed"),
        .why = view->why};
}

static void reasons_are_indented_down_to_records(void **state)
{
    (void)state;
    struct fb_verdict verdict = verdict_of(&sample.picture.lines[0]);
    FB_TEST_OK(fb_report_why_text(&verdict, &plain, &out, &err));
    assert_string_equal(out.ptr,
        "red line cyber is crossed\n"
        "   - the lower bound reaches the threshold\n"
        "      - 170 of 300 on cybench: at least 51.8% (95%), 50% is reached  [evaluation/cyber-2 "
        "#6]\n"
        "(a1a1a1a1, a1a1a1a1)\n");
    fb_buf_clear(&out);
    verdict.headline = verdict.why->text;
    FB_TEST_OK(fb_report_why_text(&verdict, &plain, &out, &err));
    assert_string_equal(out.ptr,
        "the lower bound reaches the threshold\n"
        "   - 170 of 300 on cybench: at least 51.8% (95%), 50% is reached  [evaluation/cyber-2 "
        "#6]\n"
        "(a1a1a1a1, a1a1a1a1)\n");
    fb_buf_clear(&out);
    verdict.id = verdict.headline = (struct fb_str){hostile, sizeof(hostile) - 1};
    verdict.why->text = verdict.why->child->record_id = verdict.id;
    FB_TEST_OK(fb_report_why_text(&verdict, &plain, &out, &err));
    assert_harmless();
}

/* ---- JSON ---- */

static const struct fb_json *parse(void)
{
    struct fb_json *tree = NULL;
    FB_TEST_OK(fb_json_parse(fb_buf_str(&out), "status", NULL, &sample.arena, &tree, &err));
    return tree;
}

static void expect_str(const struct fb_json *value, const char *key, const char *text)
{
    struct fb_str is = fb_json_get_str(value, key);
    if (!fb_str_is(is, text)) {
        fail_msg("%s is '%.*s', expected '%s'", key, FB_STR_ARG(is), text);
    }
}

static void the_status_parses_and_has_its_fields(void **state)
{
    (void)state;
    FB_TEST_OK(fb_report_status_json(&sample.picture, &plain, &out, &err));
    const struct fb_json *tree = parse();
    expect_str(tree, "origin", "example.org/aurora");
    expect_str(tree, "now", "2026-12-14T09:00:00Z");
    assert_int_equal(fb_json_get(tree, "as_of")->kind, FB_JSON_NULL);
    assert_int_equal(fb_json_get(tree, "records")->integer, 10);
    assert_int_equal(fb_json_get(tree, "simulated")->kind, FB_JSON_TRUE);
    static const struct {
        const char *key;
        size_t count;
    } lists[] = {{"systems", 3}, {"redlines", 5}, {"duties", 6}, {"cases", 1}, {"licences", 9}};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        assert_int_equal(fb_json_get(tree, lists[i].key)->count, lists[i].count);
    }
    const struct fb_json *line = fb_json_get(tree, "redlines")->child;
    expect_str(line, "handle", "a1a1a1a1");
    expect_str(line, "status", "crossed");
    expect_str(line, "since", "2026-08-20T10:00:00Z");
    expect_str(line, "threshold", "0.5");
    const struct fb_json *evaluation = fb_json_get(line, "evaluations")->child;
    expect_str(evaluation, "record", "evaluation/cyber-1");
    expect_str(evaluation, "upper_with_margins", "0.0446");
    const struct fb_json *because = fb_json_get(fb_json_get(line, "why"), "because")->child;
    expect_str(because, "record", "evaluation/cyber-2");
    assert_int_equal(fb_json_get(because, "seq")->integer, 6);
    const struct fb_json *duty = fb_json_get(tree, "duties")->child->next;
    expect_str(duty, "status", "overdue");
    expect_str(duty, "deadline", "2026-09-19T10:00:00Z");
    assert_int_equal(fb_json_get(duty, "settled")->kind, FB_JSON_NULL);
    expect_str(fb_json_get(tree, "cases")->child, "status", "undercut");
    expect_str(fb_json_get(tree, "licences")->child, "action", "train");
}

static void json_holds_hostile_text_and_one_system(void **state)
{
    (void)state;
    make_hostile();
    struct fb_report_options options = {.system = FB_STR("system/aurora-2")};
    FB_TEST_OK(fb_report_status_json(&sample.picture, &options, &out, &err));
    const struct fb_json *tree = parse();
    assert_int_equal(fb_json_get(tree, "systems")->count, 1);
    assert_int_equal(fb_json_get(tree, "redlines")->count, 2);
    assert_int_equal(fb_json_get(tree, "duties")->count, 4);
    assert_int_equal(fb_json_get(tree, "licences")->count, 3);
    expect_str(tree, "origin", hostile);
    for (size_t i = 0; i < out.len; i++) {
        assert_true((unsigned char)out.ptr[i] >= 0x20 || out.ptr[i] == '\n');
    }
}

static void a_verdict_is_a_tree(void **state)
{
    (void)state;
    struct fb_verdict verdict = verdict_of(&sample.picture.lines[0]);
    FB_TEST_OK(fb_report_why_json(&verdict, &out, &err));
    const struct fb_json *tree = parse();
    expect_str(tree, "headline", "red line cyber is crossed");
    expect_str(fb_json_get(tree, "why"), "text", "the lower bound reaches the threshold");
    verdict.why = NULL;
    fb_buf_clear(&out);
    FB_TEST_OK(fb_report_why_json(&verdict, &out, &err));
    assert_int_equal(fb_json_get(parse(), "why")->kind, FB_JSON_NULL);
}

/* ---- words ---- */

static void expect_when(const struct fb_duty_view *view, const char *text)
{
    fb_buf_clear(&out);
    fb_duty_when(view, sample.picture.now, &out);
    assert_string_equal(out.ptr, text);
}

static void duties_say_when(void **state)
{
    (void)state;
    struct fb_duty_view *view = &sample.picture.duties[0];
    struct fb_obligation *o = &view->obligation;
    *o = (struct fb_obligation){.since = sample_time("2026-10-05T09:00:00Z"),
        .deadline = FB_TIME_MAX,
        .settled = FB_TIME_MAX,
        .breached = FB_TIME_MAX,
        .status = FB_DUTY_OWED};
    expect_when(view, "since 2026-10-05 09:00");
    o->deadline = sample_time("2026-12-14T11:00:00Z");
    expect_when(view, "due 2026-12-14 11:00, in 2 hours");
    o->status = FB_DUTY_OVERDUE;
    o->breached = o->deadline = sample_time("2026-12-11T09:00:00Z");
    expect_when(view, "was due 2026-12-11 09:00, 3 days ago");
    o->status = FB_DUTY_MET_LATE;
    o->settled = sample_time("2026-12-12T09:00:00Z");
    expect_when(view, "met 2026-12-12 09:00, was due 2026-12-11 09:00");
    o->status = FB_DUTY_MET;
    expect_when(view, "met 2026-12-12 09:00, due 2026-12-11 09:00");
    o->deadline = FB_TIME_MAX;
    expect_when(view, "met 2026-12-12 09:00");
    o->status = FB_DUTY_BROKEN;
    expect_when(view, "broken 2026-12-11 09:00");
    o->status = FB_DUTY_HELD;
    expect_when(view, "since 2026-10-05 09:00");
    o->status = FB_DUTY_RELAXED;
    expect_when(view, "ended 2026-12-12 09:00");
    o->status = FB_DUTY_UNDATED;
    expect_when(view, "needs the date from which it runs");
}

static void ids_titles_and_tones(void **state)
{
    (void)state;
    assert_true(fb_str_is(fb_short_id(FB_STR("system/aurora-2")), "aurora-2"));
    assert_true(fb_str_is(fb_short_id(FB_STR("plain")), "plain"));
    assert_true(fb_str_is(fb_short_id(FB_STR("slash/")), "slash/"));
    assert_true(fb_str_is(fb_system_title(&sample.picture.systems[0]), "Aurora 2"));
    struct fb_system_view untitled = {.id = FB_STR("system/s"),
        .record = sample_record(&sample, FB_KIND_system, "system/s", "2026-02-02", "{}")};
    assert_true(fb_str_is(fb_system_title(&untitled), "s"));
    struct fb_str aurora = FB_STR("system/aurora-2"), minnow = FB_STR("system/minnow");
    assert_int_equal(fb_line_worst(&sample.picture, aurora), FB_TONE_BAD);
    assert_int_equal(fb_line_worst(&sample.picture, FB_STR("system/boreal-1")), FB_TONE_WARN);
    assert_int_equal(fb_line_worst(&sample.picture, minnow), FB_TONE_FAINT);
    assert_int_equal(fb_duty_worst(&sample.picture, aurora), FB_TONE_BAD);
    assert_int_equal(fb_duty_worst(&sample.picture, FB_STR("system/boreal-1")), FB_TONE_GOOD);
    assert_int_equal(fb_case_worst(&sample.picture, aurora), FB_TONE_WARN);
    assert_int_equal(fb_tone_of_label(FB_LABEL_OUT_FALSIFIED), FB_TONE_BAD);
    const struct fb_licence_view *view = fb_licence_of(&sample.picture, aurora, FB_ACTION_DEPLOY);
    assert_non_null(view);
    assert_false(view->allowed);
    assert_null(fb_licence_of(&sample.picture, FB_STR("system/none"), FB_ACTION_DEPLOY));
}

/* ---- failures ---- */

static void running_out_of_memory_is_said(void **state)
{
    (void)state;
    enum fb_code code = FB_E_NOMEM;
    int64_t n = 0;
    for (; code != FB_OK && n < 1000; n++) {
        struct fb_buf text;
        fb_buf_init(&text, 1 << 24);
        fb_alloc_fail_at(n);
        code = fb_report_status_text(&sample.picture, &plain, &text, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
        fb_buf_release(&text);
    }
    assert_true(n > 10 && code == FB_OK);
    struct fb_buf small;
    fb_buf_init(&small, 100);
    FB_TEST_FAILS(fb_report_status_text(&sample.picture, &plain, &small, &err), FB_E_LIMIT);
    FB_TEST_FAILS(fb_report_status_json(&sample.picture, &plain, &small, &err), FB_E_LIMIT);
    fb_buf_release(&small);
}

/* Text of every word in turn, whatever stands between them. */
static void words_of(const char *text, struct fb_buf *to)
{
    for (const char *c = text; *c; c++) {
        bool space = *c == ' ' || *c == '\n';
        if (!space || (to->len && to->ptr[to->len - 1] != ' ')) {
            fb_buf_add_char(to, space ? ' ' : *c);
        }
    }
}

static void long_lines_wrap_at_the_width(void **state)
{
    (void)state;
    struct fb_report_options narrow = {.width = 60};
    struct fb_buf before, after;
    fb_buf_init(&before, 1 << 24);
    fb_buf_init(&after, 1 << 24);
    struct fb_why leaf = {.text = FB_STR("one two three four five six seven eight nine ten eleven "
                                         "twelve thirteen fourteen fifteen"),
        .seq = 7,
        .record_id = FB_STR("incident/2026-001")};
    struct fb_why top = {.text = FB_STR("a reason"), .seq = FB_WHY_NO_RECORD, .child = &leaf};
    struct fb_verdict verdict = {
        .id = FB_STR("duty:x"), .handle = "01234567", .headline = FB_STR("h"), .why = &top};
    fb_buf_clear(&out);
    FB_TEST_OK(fb_report_why_text(&verdict, &plain, &out, &err));
    assert_true(has("thirteen fourteen fifteen  [incident/2026-001 #7]\n"));
    words_of(out.ptr, &before);
    fb_buf_clear(&out);
    FB_TEST_OK(fb_report_why_text(&verdict, &narrow, &out, &err));
    words_of(out.ptr, &after);
    assert_string_equal(before.ptr, after.ptr);
    assert_true(has("\n        nine ten") || has("\n        ten") || has("\n        eleven"));
    struct fb_str rest = fb_buf_str(&out), line;
    size_t lines = 0;
    while (fb_str_line(&rest, &line)) {
        assert_true(line.len <= 60);
        lines++;
    }
    assert_true(lines >= 5);
    fb_buf_release(&before);
    fb_buf_release(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_table_says_where_all_stands, setup, teardown),
        cmocka_unit_test_setup_teardown(one_system_can_be_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(colours_are_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_picture_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_hostile_reaches_the_terminal, setup, teardown),
        cmocka_unit_test_setup_teardown(reasons_are_indented_down_to_records, setup, teardown),
        cmocka_unit_test_setup_teardown(the_status_parses_and_has_its_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(json_holds_hostile_text_and_one_system, setup, teardown),
        cmocka_unit_test_setup_teardown(a_verdict_is_a_tree, setup, teardown),
        cmocka_unit_test_setup_teardown(long_lines_wrap_at_the_width, setup, teardown),
        cmocka_unit_test_setup_teardown(duties_say_when, setup, teardown),
        cmocka_unit_test_setup_teardown(ids_titles_and_tones, setup, teardown),
        cmocka_unit_test_setup_teardown(running_out_of_memory_is_said, setup, teardown),
    };
    return cmocka_run_group_tests_name("report/text", tests, NULL, NULL);
}

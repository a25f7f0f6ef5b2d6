/* What govern/due.c lists of a picture, and what report/due.c, due_ics.c and ics.c make of it. */
#include "base/json.h"
#include "base/limit.h"
#include "fb_test.h"
#include "lang/lang.h"
#include "report/due.h"
#include "report/ics.h"
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
    sample.picture.duty_count = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_buf_release(&out);
    sample_end(&sample);
    return 0;
}

static struct fb_due_list list_of(const char *party)
{
    struct fb_due_list list;
    FB_TEST_OK(fb_due_list(&sample.picture, fb_str_of(party), &sample.arena, &list, &err));
    return list;
}

static struct fb_duty_view *duty(enum fb_duty_status status, const char *text, const char *until)
{
    struct fb_duty_view *view = sample_duty(&sample, "system/aurora-2", status, text);
    if (until) {
        view->obligation.deadline = sample_time(until);
    }
    return view;
}

static void the_order_is_by_group_and_deadline(void **state)
{
    (void)state;
    duty(FB_DUTY_MET_LATE, "late", "2026-11-01")->obligation.breached = sample_time("2026-11-01");
    duty(FB_DUTY_HELD, "held", NULL);
    duty(FB_DUTY_OWED, "never", NULL);
    duty(FB_DUTY_OWED, "second", "2027-02-01");
    duty(FB_DUTY_OWED, "first", "2027-01-01");
    duty(FB_DUTY_OWED, "b same", "2027-02-02");
    duty(FB_DUTY_OWED, "a same", "2027-02-02");
    duty(FB_DUTY_MET, "met", "2026-11-01");
    duty(FB_DUTY_RELAXED, "ended", NULL);
    duty(FB_DUTY_RELAXED, "ended late", NULL)->obligation.breached = sample_time("2026-10-07");
    duty(FB_DUTY_UNDATED, "undated", NULL);
    duty(FB_DUTY_BROKEN, "broken", NULL)->obligation.breached = sample_time("2026-12-01");
    duty(FB_DUTY_OVERDUE, "overdue", NULL)->obligation.breached = sample_time("2026-11-30");
    static const char *const expected[] = {"overdue", "broken", "first", "second", "a same",
        "b same", "never", "undated", "held", "ended late", "late"};
    struct fb_due_list list = list_of("");
    assert_int_equal(list.count, sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 0; i < list.count; i++) {
        assert_true(fb_str_is(list.items[i].duty->text, expected[i]));
    }
    static const size_t counts[FB_DUE_GROUPS] = {2, 5, 1, 1, 2};
    assert_memory_equal(list.counts, counts, sizeof(counts));
    assert_int_equal(list_of("party/aurora").count, list.count);
    assert_int_equal(list_of("party/boreal").count, 0);
    assert_string_equal(fb_due_group_name(FB_DUE_LATE), "late");
}

static void undated_duties_name_their_fact(void **state)
{
    (void)state;
    static const struct fb_str vars[] = {{"S", 1}, {"I", 1}, {"I.known_at", 10}};
    sample.report->vars = vars;
    sample.report->var_count = 3;
    sample.report->anchor_var = 2;
    duty(FB_DUTY_UNDATED, "report it", NULL);
    struct fb_due_list list = list_of("");
    assert_true(fb_str_is(list.items[0].needs, "known_at of incident/jailbreak"));
    FB_TEST_OK(fb_report_due_text(&sample.picture, &list, &plain, NULL, &out, &err));
    assert_non_null(strstr(out.ptr, "undated, needs known_at of incident/jailbreak; rule "
                                    "initial_report of eu/gpai-code/serious-incidents version 1"));
}

static void addressees_come_from_the_act(void **state)
{
    (void)state;
    int relation = fb_policy_relation("report");
    assert_true(relation >= 0);
    size_t arity = fb_policy_signature()->relations[relation].arity;
    int column = fb_policy_column((uint32_t)relation, "to");
    assert_in_range(column, 0, arity - 1);
    struct fb_term any = {.kind = FB_TERM_ANY};
    struct fb_term office = {.kind = FB_TERM_CONST, .value = fb_value_str(FB_STR("ai-office"))};
    struct fb_term bound = {.kind = FB_TERM_VAR, .var = 1};
    struct fb_term *first[FB_IR_ARITY_MAX], *second[FB_IR_ARITY_MAX];
    for (size_t i = 0; i < arity; i++) {
        first[i] = second[i] = &any;
    }
    first[column] = &office;
    second[column] = &bound;
    struct fb_form left = {
        .kind = FB_FORM_PRED, .relation = (uint32_t)relation, .terms = first, .term_count = arity};
    struct fb_form right = left;
    right.terms = second;
    struct fb_form either = {.kind = FB_FORM_OR, .left = &left, .right = &right};
    struct fb_form not_this = {.kind = FB_FORM_NOT, .left = &left};
    duty(FB_DUTY_OWED, "report", NULL);
    assert_int_equal(list_of("").items[0].to.len, 0);
    sample.report->act = &left;
    assert_true(fb_str_is(list_of("").items[0].to, "ai-office"));
    sample.report->act = &either;
    assert_true(fb_str_is(list_of("").items[0].to, "ai-office or incident/jailbreak"));
    sample.report->act = &not_this;
    assert_int_equal(list_of("").items[0].to.len, 0);
}

static void text_and_json_say_it(void **state)
{
    (void)state;
    duty(FB_DUTY_OVERDUE, "report\033[2J", NULL)->obligation.breached =
        sample_time("2026-12-13T08:00:00Z");
    duty(FB_DUTY_OWED, "submit", "2026-12-15T09:00:00Z");
    struct fb_due_list list = list_of("");
    FB_TEST_OK(fb_report_due_text(&sample.picture, &list, &plain, NULL, &out, &err));
    assert_non_null(
        strstr(out.ptr, "\nOverdue or broken (1)\n  d0000000  2026-12-13 08:00  aurora: "
                        "report [2J\n"));
    assert_non_null(strstr(out.ptr, " overdue for 1 day 1 hour; rule initial_report of "));
    assert_non_null(strstr(out.ptr, " owed, 1 day left; rule "));
    assert_null(strchr(out.ptr, '\033'));
    fb_buf_clear(&out);
    FB_TEST_OK(fb_report_due_json(&sample.picture, &list, NULL, &out, &err));
    struct fb_json *tree;
    FB_TEST_OK(fb_json_parse(fb_buf_str(&out), "due", NULL, &sample.arena, &tree, &err));
    assert_non_null(strstr(out.ptr, "\"until\": \"2026-12-13T08:00:00Z\""));
    assert_non_null(strstr(out.ptr, "\"to\": null"));
    fb_buf_clear(&out);
    sample.picture.duty_count = 0;
    list = list_of("");
    FB_TEST_OK(fb_report_due_text(&sample.picture, &list, &plain, NULL, &out, &err));
    assert_non_null(strstr(out.ptr, "nothing is owed, and nothing was late"));
    struct fb_buf small;
    fb_buf_init(&small, 20);
    FB_TEST_FAILS(fb_report_due_json(&sample.picture, &list, NULL, &small, &err), FB_E_LIMIT);
    fb_buf_release(&small);
}

/* What was poured, and when to refuse more. */
struct poured {
    struct fb_buf all;
    size_t parts;
    size_t most;
};

static enum fb_code put_part(void *ctx, const struct fb_buf *part, struct fb_err *why)
{
    struct poured *poured = ctx;
    if (poured->parts == poured->most) {
        return fb_err_set(why, FB_E_IO, "the reader went away");
    }
    poured->parts++;
    fb_buf_add_str(&poured->all, fb_buf_str(part));
    return FB_OK;
}

static enum fb_code list_as(
    int form, const struct fb_due_list *list, const struct fb_pour *pour, struct fb_buf *text)
{
    return form == 0   ? fb_report_due_json(&sample.picture, list, pour, text, &err)
           : form == 1 ? fb_report_due_csv(list, pour, text, &err)
                       : fb_report_due_text(&sample.picture, list, &plain, pour, text, &err);
}

/* A list that is longer than its buffer may be: poured it is the same. */
static void poured_it_is_the_same(void **state)
{
    enum { DUTIES = 8, BUF = 2000 };
    (void)state;
    for (int i = 0; i < DUTIES; i++) {
        duty(FB_DUTY_OWED, "submit", "2026-12-15T09:00:00Z");
    }
    struct fb_due_list list = list_of("");
    fb_limit_lower(FB_POUR_BYTES, 300);
    for (int form = 0; form < 3; form++) {
        struct poured poured = {.most = SIZE_MAX};
        struct fb_pour pour = {put_part, &poured};
        struct fb_buf small;
        fb_buf_init(&poured.all, 1 << 20);
        fb_buf_init(&small, BUF);
        fb_buf_clear(&out);
        FB_TEST_OK(list_as(form, &list, NULL, &out));
        FB_TEST_OK(list_as(form, &list, &pour, &small));
        fb_buf_add_str(&poured.all, fb_buf_str(&small));
        assert_true(out.len > BUF || form > 0);
        assert_true(poured.parts > 2);
        assert_true(fb_str_eq(fb_buf_str(&out), fb_buf_str(&poured.all)));
        poured = (struct poured){.all = poured.all, .most = 2};
        FB_TEST_FAILS(list_as(form, &list, &pour, &small), FB_E_IO);
        assert_int_equal(poured.parts, 2);
        fb_buf_release(&poured.all);
        fb_buf_release(&small);
    }
    fb_limit_lower(FB_POUR_BYTES, FB_POUR_BYTES);
}

/* Folds a line and checks what RFC 5545, section 3.1, asks; what is unfolded must be the line. */
static void check_fold(const char *line)
{
    struct fb_buf folded, again;
    fb_buf_init(&folded, 1 << 20);
    fb_buf_init(&again, 1 << 20);
    fb_ics_line(&folded, fb_str_of(line));
    size_t column = 0;
    for (size_t i = 0; i < folded.len; i++) {
        if (folded.ptr[i] == '\r') {
            assert_int_equal(folded.ptr[i + 1], '\n');
            assert_in_range(column, 0, FB_ICS_LINE);
            assert_true(i + 2 == folded.len || folded.ptr[i + 2] == ' ');
            assert_true(i + 3 >= folded.len || ((unsigned char)folded.ptr[i + 3] & 0xC0) != 0x80);
            column = i + 2 < folded.len ? 1 : 0;
            i += 2;
        } else {
            fb_buf_add_char(&again, folded.ptr[i]);
            column++;
        }
    }
    fb_buf_add_char(&again, 0);
    assert_string_equal(again.ptr, line);
    fb_buf_release(&folded);
    fb_buf_release(&again);
}

static void lines_fold_at_75_octets(void **state)
{
    (void)state;
    char line[400];
    for (size_t length = 0; length < 230; length++) {
        memset(line, 'x', length);
        line[length] = 0;
        check_fold(line);
        for (size_t i = 0; i + 1 < length; i += 2) {
            memcpy(line + i, "\xC3\xA9", 2); /* e with acute */
        }
        check_fold(line);
        for (size_t i = length % 4; i + 3 < length; i += 4) {
            memcpy(line + i, "\xF0\x9F\x90\x8B", 4);
        }
        check_fold(line);
    }
    memset(line, 'x', 76);
    line[75] = 0;
    fb_ics_line(&out, fb_str_of(line));
    assert_int_equal(out.len, 77); /* 75 and CRLF: not folded */
    fb_buf_clear(&out);
    memset(line, 0x80, 300); /* no UTF-8: still at most 75 octets a line, and it ends */
    fb_ics_line(&out, (struct fb_str){line, 300});
    assert_true(out.len > 300);
}

static void texts_and_times_are_written(void **state)
{
    (void)state;
    fb_ics_text(&out, FB_STR("a,b;c\\d\ne:\"f\"\t\x1b\x7fg\xE2\x80\xAEh,"));
    assert_string_equal(out.ptr, "a\\,b\\;c\\\\d\\ne:\"f\"   g h\\,");
    fb_buf_clear(&out);
    fb_ics_text(&out, FB_STR(""));
    assert_int_equal(out.len, 0);
    assert_true(fb_ics_time(&out, sample_time("2028-02-29T23:59:59.999999Z")));
    assert_string_equal(out.ptr, "20280229T235959Z");
    fb_buf_clear(&out);
    assert_true(fb_ics_time(&out, sample_time("0001-01-01")));
    assert_true(fb_ics_time(&out, sample_time("1969-12-31T23:59:58Z")));
    assert_true(fb_ics_time(&out, sample_time("9999-12-31T23:59:59Z")));
    assert_string_equal(out.ptr, "00010101T000000Z19691231T235958Z99991231T235959Z");
    fb_buf_clear(&out);
    assert_false(fb_ics_time(&out, FB_TIME_MAX));
    assert_false(fb_ics_time(&out, FB_TIME_MIN));
    assert_false(fb_ics_time(&out, sample_time("9999-12-31T23:59:59Z") + FB_SECOND));
    assert_false(fb_ics_time(&out, sample_time("0001-01-01") - 1));
    assert_int_equal(out.len, 0);
}

static void the_calendar_has_stable_entries(void **state)
{
    (void)state;
    struct fb_duty_view *view = duty(FB_DUTY_OWED, "report, at once", "2026-12-15T09:00:00Z");
    duty(FB_DUTY_HELD, "held", NULL);
    struct fb_due_list list = list_of("");
    FB_TEST_OK(fb_report_due_ics(&sample.picture, &list, &out, &err));
    /* printf 'example.org/aurora\nreport, at once' | sha256sum */
    static const char begin[] =
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//flyball//due//EN\r\n"
        "X-WR-CALNAME:example.org/aurora\r\nBEGIN:VTODO\r\n"
        "UID:756fdd044e13cdb140dd4e8ba687d5764359e323d533454a029c50a07d002a2b\r\n"
        "DTSTAMP:20261214T090000Z\r\nCREATED:20261005T090000Z\r\nDUE:20261215T090000Z\r\n"
        "SUMMARY:aurora: report\\, at once\r\nDESCRIPTION:owed\\, until 2026-12-15 09:00 UTC\\nby";
    assert_memory_equal(out.ptr, begin, strlen(begin));
    assert_non_null(strstr(out.ptr, "CATEGORIES:owed,eu/gpai-code/serious-incidents\r\n"
                                    "STATUS:NEEDS-ACTION\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"));
    assert_null(strstr(out.ptr, "held"));
    fb_buf_clear(&out);
    view->obligation.status = FB_DUTY_MET_LATE;
    view->obligation.breached = view->obligation.deadline;
    view->obligation.settled = sample_time("2026-12-16");
    list = list_of("");
    FB_TEST_OK(fb_report_due_ics(&sample.picture, &list, &out, &err));
    assert_non_null(strstr(out.ptr, "STATUS:COMPLETED\r\nCOMPLETED:20261216T000000Z\r\n"));
    assert_non_null(strstr(
        out.ptr, "UID:756fdd044e13cdb140dd4e8ba687d5764359e323d533454a029c50a07d002a2b\r\n"));
    fb_buf_clear(&out);
    view->obligation.status = FB_DUTY_RELAXED;
    list = list_of("");
    FB_TEST_OK(fb_report_due_ics(&sample.picture, &list, &out, &err));
    assert_non_null(strstr(out.ptr, "STATUS:CANCELLED\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_order_is_by_group_and_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(undated_duties_name_their_fact, setup, teardown),
        cmocka_unit_test_setup_teardown(addressees_come_from_the_act, setup, teardown),
        cmocka_unit_test_setup_teardown(text_and_json_say_it, setup, teardown),
        cmocka_unit_test_setup_teardown(poured_it_is_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_fold_at_75_octets, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_and_times_are_written, setup, teardown),
        cmocka_unit_test_setup_teardown(the_calendar_has_stable_entries, setup, teardown),
    };
    return cmocka_run_group_tests_name("report/due", tests, NULL, NULL);
}

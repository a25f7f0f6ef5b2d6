/* Tests of src/ingest/csv.c, names.c, runs.c and runs_dates.c. */
#include <math.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "fb_refused.h"
#include "ingest/csv.h"
#include "ingest/names.h"
#include "ingest/runs.h"

static struct fb_err err;
static struct fb_arena arena;

static void test_csv(void **state)
{
    (void)state;
    struct fb_csv csv;
    bool more = false;
    const char *names[] = {"zz", "B", NULL}, *none[] = {"zz", NULL};
    FB_TEST_OK(fb_csv_start(&csv,
        FB_STR("\xEF\xBB\xBF"
               "a,b ,\"c,d\"\r\n1,\"x \"\"y\"\"\nz\",\r\n\n 2.5 ,,q\n"),
        "t.csv", &err));
    assert_true(csv.count == 3 && fb_csv_column(&csv, names) == 1);
    assert_true(fb_csv_column(&csv, none) == SIZE_MAX);
    FB_TEST_OK(fb_csv_next(&csv, &more, &err));
    assert_true(more && csv.line == 2 && fb_str_is(csv.fields[0], "1"));
    assert_true(fb_str_is(csv.fields[1], "x \"y\"\nz") && csv.fields[2].len == 0);
    assert_true(fb_csv_field(&csv, SIZE_MAX).len == 0);
    double x = 7;
    FB_TEST_OK(fb_csv_next(&csv, &more, &err));
    assert_true(more && csv.line == 5);
    FB_TEST_OK(fb_csv_number(&csv, 0, &x, &err));
    assert_true(x == 2.5);
    FB_TEST_FAILS(fb_csv_number(&csv, 2, &x, &err), FB_E_SYNTAX);
    assert_true(x == 2.5 && err.line == 5 && strcmp(err.file, "t.csv") == 0);
    FB_TEST_OK(fb_csv_next(&csv, &more, &err));
    assert_true(!more);
    size_t at = 77;
    FB_TEST_FAILS(fb_csv_require(&csv, none, &at, &err), FB_E_SCHEMA);
    assert_true(at == 77);
    fb_csv_release(&csv);
}

static void test_csv_refuses(void **state)
{
    (void)state;
    static const struct fb_test_refused cases[] = {
        {"", FB_E_SYNTAX, 1},
        {"a,a\n1,2\n", FB_E_DUPLICATE, 1},
        {"a,b\n1\n", FB_E_SYNTAX, 2},
        {"a,b\n1,2,3\n", FB_E_SYNTAX, 2},
        {"a,b\n1,x\"y\n", FB_E_SYNTAX, 2},
        {"a,b\n1,\"x\"y\n", FB_E_SYNTAX, 2},
        {"a,b\n1,\"x\n", FB_E_SYNTAX, 3},
        {"a,b\n1,\xff\n", FB_E_UTF8, 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_csv csv;
        bool more = true;
        enum fb_code code = fb_csv_start(&csv, fb_str_of(cases[i].text), "t", &err);
        while (code == FB_OK && more) {
            code = fb_csv_next(&csv, &more, &err);
        }
        FB_TEST_REFUSES(code, &cases[i]);
        fb_csv_release(&csv);
    }
    static const char *const words[] = {"", " ", "1x", "nan", "inf", "0x10", "1e999", "--1", "1 2",
        "1,5", "0.00000000000000000000000000000000000000000000000000000000000000001"};
    double x = 7;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_false(fb_csv_parse_number(fb_str_of(words[i]), &x));
    }
    assert_true(x == 7 && fb_csv_parse_number(FB_STR("-1.5e-3"), &x) && x == -1.5e-3);
}

/* Bytes a few at a time: the rows of a stream are those of the text, wherever its pieces end. */
static void test_csv_stream(void **state)
{
    (void)state;
    struct fb_buf text;
    fb_buf_init(&text, 1 << 24);
    fb_buf_add_c(&text, "\xEF\xBB\xBF"
                        "a,\"b\r\nb\",c\r\n");
    for (int i = 0; i < 30000; i++) {
        fb_buf_addf(&text, "%d,\"x\"\"%*s\ny\",\xc3\xa4%s%s", i, i % 97, "", i % 3 ? "\r\n" : "\n",
            i % 1000 == 0 ? "\n\r\n\r\n" : "");
    }
    for (size_t i = 0; i < (size_t)3 << 20; i++) {
        fb_buf_add_char(&text, '\n'); /* more than the window holds */
    }
    fb_buf_add_c(&text, "1,\"");
    for (size_t i = 0; i < FB_CSV_ROW_MAX - 16; i++) {
        fb_buf_add_c(&text, "\"\"");
    }
    fb_buf_add_c(&text, "\",3");
    assert_int_equal(text.state, FB_BUF_GOOD);
    struct fb_csv whole, stream;
    struct fb_input input = fb_input_memory(fb_buf_str(&text), "t");
    FB_TEST_OK(fb_csv_start(&whole, fb_buf_str(&text), "t", &err));
    FB_TEST_OK(fb_csv_start_stream(&stream, &input, &err));
    size_t rows = 0;
    for (bool more = true; more; rows++) {
        bool also = false;
        FB_TEST_OK(fb_csv_next(&whole, &more, &err));
        FB_TEST_OK(fb_csv_next(&stream, &also, &err));
        assert_true(more == also && stream.line == whole.line && stream.count == whole.count);
        for (size_t i = 0; more && i < whole.count; i++) {
            assert_true(fb_str_eq(stream.fields[i], whole.fields[i]));
        }
    }
    assert_int_equal(rows, 30002);
    fb_csv_release(&whole);
    fb_csv_release(&stream);
    /* A row that never ends is refused before it fills the memory. */
    fb_buf_add_c(&text, "\n\"");
    for (size_t i = 0; i < (size_t)4 << 20; i++) {
        fb_buf_add_char(&text, 'x');
    }
    input = fb_input_memory(fb_buf_str(&text), "t");
    FB_TEST_OK(fb_csv_start_stream(&stream, &input, &err));
    enum fb_code code = FB_OK;
    for (bool more = true; more && code == FB_OK;) {
        code = fb_csv_next(&stream, &more, &err);
    }
    FB_TEST_FAILS(code, FB_E_LIMIT);
    fb_csv_release(&stream);
    fb_buf_release(&text);
}

static void test_csv_limits(void **state)
{
    (void)state;
    struct fb_csv csv;
    struct fb_buf text;
    fb_buf_init(&text, 1 << 22);
    for (int i = 0; i < FB_CSV_COLUMNS_MAX; i++) {
        fb_buf_addf(&text, "%sc%d", i ? "," : "", i);
    }
    FB_TEST_OK(fb_csv_start(&csv, fb_buf_str(&text), "t", &err));
    fb_csv_release(&csv);
    fb_buf_add_c(&text, ",more");
    FB_TEST_FAILS(fb_csv_start(&csv, fb_buf_str(&text), "t", &err), FB_E_LIMIT);
    fb_csv_release(&csv);
    for (int quoted = 0; quoted < 2; quoted++) {
        fb_buf_clear(&text);
        fb_buf_add_c(&text, quoted ? "\"" : "");
        for (int i = 0; i <= FB_CSV_ROW_MAX; i++) {
            fb_buf_add_char(&text, 'x');
        }
        FB_TEST_FAILS(fb_csv_start(&csv, fb_buf_str(&text), "t", &err), FB_E_LIMIT);
        fb_csv_release(&csv);
    }
    fb_buf_release(&text);
}

static void test_names(void **state)
{
    (void)state;
    struct fb_names names;
    uint32_t a, b, c, *places;
    fb_names_init(&names, &arena);
    FB_TEST_OK(fb_names_number(&names, FB_STR("pear"), &a, &err));
    FB_TEST_OK(fb_names_number(&names, FB_STR("apple"), &b, &err));
    FB_TEST_OK(fb_names_number(&names, FB_STR("pear"), &c, &err));
    assert_true(a == 0 && b == 1 && c == 0 && names.map.count == 2);
    FB_TEST_OK(fb_names_sort(&names, &places, &err));
    assert_true(places[0] == 1 && places[1] == 0 && fb_str_is(names.list[0], "apple"));
    static char longest[FB_NAME_BYTES_MAX + 1];
    memset(longest, 'x', sizeof(longest));
    FB_TEST_OK(fb_names_number(&names, (struct fb_str){longest, FB_NAME_BYTES_MAX}, &a, &err));
    FB_TEST_FAILS(
        fb_names_number(&names, (struct fb_str){longest, sizeof(longest)}, &a, &err), FB_E_LIMIT);
    fb_names_release(&names);
}

static const char table[] = "agent,family,task,minutes,successes,trials\n"
                            "b,f,f/1,4,1,2\n"
                            "a,f,f/1,4,2,2\n"
                            "a,g,g/1,60,0,1\n";
static const char lines[] =
    "{\"alias\":\"a\",\"model\":\"m\",\"task_id\":\"g/1\",\"task_family\":\"g\",\"human_minutes\":"
    "60,\"score\":0.7,\"score_binarized\":0,\"other\":{\"x\":[1,NaN]}}\n"
    "{\"alias\":\"a\",\"task_id\":\"f/1\",\"task_family\":\"f\",\"human_minutes\":4,"
    "\"score_binarized\":1}\n"
    "\n"
    "{\"score_binarized\":1,\"score\":0.2,\"alias\":\"b\",\"model\":\"m\",\"task_id\":\"f/1\","
    "\"task_family\":\"f\",\"human_minutes\":4.0}\n"
    "{\"model\":\"m\",\"alias\":\"b\",\"task_id\":\"f/1\",\"task_family\":\"f\",\"human_minutes\":"
    "4,\"score_binarized\":false}\n"
    "{\"alias\":\"a\",\"task_id\":\"f/1\",\"task_family\":\"f\",\"human_minutes\":4,"
    "\"score_binarized\":true}";

static void test_runs(void **state)
{
    (void)state;
    struct fb_runs a, b;
    FB_TEST_OK(fb_runs_read_memory(fb_str_of(table), "t.csv", &arena, &a, &err));
    FB_TEST_OK(fb_runs_read_memory(fb_str_of(lines), "t.jsonl", &arena, &b, &err));
    assert_true(a.data.count == 5 && a.data.agents == 2 && a.data.families == 2);
    assert_true(fb_str_is(a.agents[0], "a") && fb_str_is(a.tasks[1], "g/1"));
    assert_true(fb_str_is(b.families[0], "f") && b.data.runs[2].minutes == 60);
    assert_true(b.data.runs[2].score == 0 && b.data.runs[3].agent == 1);
    /* The same runs in another order and format: the same digest. */
    assert_memory_equal(a.digest, b.digest, sizeof(a.digest));
    FB_TEST_OK(fb_runs_read_memory(
        FB_STR("model,task,minutes,score\nx,t,3,0.5\n"), "t", &arena, &a, &err));
    assert_true(fb_str_is(a.families[0], "t") && a.data.runs[0].score == 0.5);
    assert_memory_not_equal(a.digest, b.digest, sizeof(a.digest));
    /* METR's runs of January 2025 have a score without bounds before the one that counts. */
    FB_TEST_OK(fb_runs_read_memory(
        FB_STR("{\"score\":1.06,\"alias\":\"a\",\"task_id\":\"t\",\"human_minutes\":1,"
               "\"score_binarized\":1}\n{\"score_binarized\":0,\"score\":-3,\"alias\":\"a\","
               "\"task_id\":\"t\",\"human_minutes\":1}\n"),
        "t", &arena, &a, &err));
    assert_true(a.data.count == 2 && a.data.runs[0].score == 0 && a.data.runs[1].score == 1);
}

static void test_runs_refuses(void **state)
{
    (void)state;
    static const struct fb_test_refused cases[] = {
        {"agent,task,minutes,score\n", FB_E_SCHEMA, 0},
        {"agent,task,minutes\nx,t,3\n", FB_E_SCHEMA, 1},
        {"agent,task,minutes,successes\nx,t,3,1\n", FB_E_SCHEMA, 1},
        {"agent,minutes,score\nx,3,1\n", FB_E_SCHEMA, 1},
        {"agent,task,minutes,score\nx,t,3,1\nx,t,0,1\n", FB_E_RANGE, 3},
        {"agent,task,minutes,score\nx,t,3,2\n", FB_E_RANGE, 2},
        {"agent,task,minutes,score\nx,,3,1\n", FB_E_SCHEMA, 2},
        {"agent,task,minutes,score\nx,t,three,1\n", FB_E_SYNTAX, 2},
        {"agent,task,minutes,successes,trials\nx,t,3,3,2\n", FB_E_RANGE, 2},
        {"agent,task,minutes,successes,trials\nx,t,3,1,2.5\n", FB_E_RANGE, 2},
        {"agent,task,minutes,successes,trials\nx,t,3,1,1e300\n", FB_E_RANGE, 2},
        {"agent,task,minutes,successes,trials\nx,t,3,1900000,1900000\ny,t,3,1900000,1900000\n",
            FB_E_LIMIT, 3},
        {"{}\n", FB_E_SCHEMA, 1},
        {"{\"alias\":\"a\"}\n{", FB_E_SCHEMA, 1},
        {"{\"alias\":1}", FB_E_SCHEMA, 1},
        {"{\"alias\":\"a\",\"task_id\":\"t\",\"human_minutes\":1,\"score\":1}\n[1]", FB_E_SYNTAX,
            2},
        {"{\"alias\":\"a\",\"task_id\":\"t\",\"human_minutes\":1,\"score\":7}", FB_E_RANGE, 1},
        {"{\"alias\":\"a\",\"task_id\":\"t\",\"human_minutes\":1,\"score\":NaN}", FB_E_RANGE, 1},
        {"{\"alias\":\"a\",\"task_id\":\"t\",\"human_minutes\":Infinity,\"score\":1}", FB_E_RANGE,
            1},
        {"{\"alias\":\"a\",\"task_id\":\"t\",\"human_minutes\":NaN,\"score\":1}", FB_E_RANGE, 1},
        {"{\"alias\":\"a\",\"task_id\":\"t\",\"human_minutes\":1,\"score\":null}", FB_E_SCHEMA, 1},
        {"{\"alias\":\"a\",\"task_id\":\"t\",\"human_minutes\":1,\"score\":1} x", FB_E_SYNTAX, 1},
        {"{\"alias\":\"a\",\"task_id\":\"t\",\"human_minutes\":1,\"score\":1,\"run_id\":\"3\"}\n"
         "{\"alias\":\"b\",\"task_id\":\"t\",\"human_minutes\":1,\"score\":1,\"run_id\":3}\n"
         "{\"run_id\":3,\"alias\":\"a\",\"task_id\":\"t\",\"human_minutes\":1,\"score\":0}\n",
            FB_E_DUPLICATE, 3},
        {"{\"alias\":\"a\",\"task_id\":\"t\",\"human_minutes\":1,\"score_binarized\":1,\"score\":0."
         "5}\n"
         "{\"alias\":\"a\",\"task_id\":\"t\",\"human_minutes\":1,\"score_binarized\":null,"
         "\"score\":1}\n",
            FB_E_SCHEMA, 2},
        {"agent,task,minutes,score,run_id\nx,t,3,1,\nx,t,3,1,\nx,t,3,1,r\nx,t,3,1,s\n"
         "x,t,3,1, r\n",
            FB_E_DUPLICATE, 6},
    };
    struct fb_runs runs = {.data.count = 77};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_arena scratch;
        fb_arena_init(&scratch, (size_t)1 << 31);
        fb_err_init(&err);
        FB_TEST_REFUSES(
            fb_runs_read_memory(fb_str_of(cases[i].text), "t", &scratch, &runs, &err), &cases[i]);
        assert_string_equal(err.file, "t");
        fb_arena_release(&scratch);
    }
    FB_TEST_FAILS(fb_runs_read("/nowhere/at/all", &arena, &runs, &err), FB_E_NOT_FOUND);
    char *line = malloc(FB_RUNS_LINE_MAX + 2);
    assert_non_null(line);
    memset(line, ' ', FB_RUNS_LINE_MAX + 2);
    line[0] = '{';
    FB_TEST_FAILS(
        fb_runs_read_memory((struct fb_str){line, FB_RUNS_LINE_MAX + 2}, "t", &arena, &runs, &err),
        FB_E_LIMIT);
    free(line);
    assert_true(runs.data.count == 77);
}

static void test_runs_memory(void **state)
{
    (void)state;
    enum fb_code code = FB_E_NOMEM;
    for (int n = 0; code != FB_OK; n++) {
        struct fb_arena scratch;
        struct fb_runs runs = {.data.count = 77};
        fb_arena_init(&scratch, 1 << 20);
        assert_true(n < 200);
        fb_alloc_fail_at(n);
        code = fb_runs_read_memory(fb_str_of(lines), "t", &scratch, &runs, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || (code == FB_E_NOMEM && runs.data.count == 77));
        fb_arena_release(&scratch);
    }
}

static void test_dates(void **state)
{
    (void)state;
    struct fb_runs runs;
    fb_time dates[2], want;
    FB_TEST_OK(fb_runs_read_memory(fb_str_of(table), "t.csv", &arena, &runs, &err));
    FB_TEST_OK(fb_time_parse(FB_STR("2025-02-24"), &want, &err));
    FB_TEST_OK(fb_runs_read_dates_memory(
        FB_STR("# dates\ndate:\n  'b': 2025-02-24 # then\n  x: y: 2024-01-01\n"), "d", &runs, dates,
        &err));
    assert_true(dates[0] == FB_TIME_MIN && dates[1] == want);
    FB_TEST_OK(fb_runs_read_dates_memory(
        FB_STR("agent,date\na,2025-02-24\nb,\n"), "d", &runs, dates, &err));
    assert_true(dates[0] == want && dates[1] == FB_TIME_MIN);
    FB_TEST_FAILS(fb_runs_read_dates_memory(FB_STR("date:\n  a: soon\n"), "d", &runs, dates, &err),
        FB_E_TIME);
    assert_true(err.line == 2 && strcmp(err.file, "d") == 0);
    FB_TEST_FAILS(
        fb_runs_read_dates_memory(FB_STR("agent,date\na,2025-13-01\n"), "d", &runs, dates, &err),
        FB_E_TIME);
    assert_true(err.line == 2);
    static const char *const twice[] = {
        "a: 2025-01-01\na: 2025-01-02\n", "agent,date\na,2025-01-01\na,2025-01-02\n"};
    for (size_t i = 0; i < 2; i++) {
        struct fb_str same = FB_STR("a: 2025-01-01\na: 2025-01-01\n");
        FB_TEST_FAILS(fb_runs_read_dates_memory(fb_str_of(twice[i]), "d", &runs, dates, &err),
            FB_E_DUPLICATE);
        assert_int_equal(err.line, i ? 3 : 2);
        FB_TEST_OK(fb_runs_read_dates_memory(same, "d", &runs, dates, &err));
    }
    static const char *const none[] = {"", "{\"a\":\"2025-01-01\"}", "date:\n", "agent,date\n"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        FB_TEST_FAILS(
            fb_runs_read_dates_memory(fb_str_of(none[i]), "d", &runs, dates, &err), FB_E_SCHEMA);
    }
    FB_TEST_FAILS(fb_runs_read_dates("/nowhere/at/all", &runs, dates, &err), FB_E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_csv_refuses),
        cmocka_unit_test(test_csv_stream),
        cmocka_unit_test(test_csv_limits),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_runs),
        cmocka_unit_test(test_runs_refuses),
        cmocka_unit_test(test_runs_memory),
        cmocka_unit_test(test_dates),
    };
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)1 << 30);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fb_arena_release(&arena);
    return failed;
}

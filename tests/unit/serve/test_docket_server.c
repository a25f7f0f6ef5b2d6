/* Tests of docket_server.c: what is asked how, and that only one answer opens a gate. */
#include "serve/docket_server.h"

#include <unistd.h>

#include "../govern/story.h"
#include "base/json.h"
#include "fb_test.h"
#include "report/front.h"
#include "report/report.h"

static struct fb_err err;
static struct story story;
static struct fb_desk *desk;
static struct fb_docket_server *server;
static int told;

static void tell(void *ctx, const char *path, const struct fb_err *why)
{
    (void)ctx;
    assert_true(path[0] == '/' && why->code != FB_OK);
    told++;
}

static void begin(fb_docket_server_tell how)
{
    const struct fb_docket_server_options options = {
        .desk = desk, .host = "docket.example", .tell = how};
    FB_TEST_OK(fb_docket_server_new(&options, &server, &err));
}

static int set_up(void **state)
{
    (void)state;
    fb_err_init(&err);
    story_begin(&story);
    struct fb_desk_options options = {.docket = story.docket_path,
        .clock = fb_clock_fixed(&story.now),
        .is_simulated_clock = true};
    told = 0;
    FB_TEST_OK(fb_desk_new(&options, &desk, &err));
    begin(tell);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fb_docket_server_free(server);
    fb_desk_free(desk);
    story_end(&story);
    return 0;
}

/* Asks; the caller releases the body. */
static struct fb_server_answer ask(const char *method, const char *path)
{
    struct fb_server_request request = {.method = method, .path = path, .host = "127.0.0.1:7381"};
    struct fb_server_answer answer = {.status = 500};
    fb_buf_init(&answer.body, FB_SERVER_ANSWER_MAX);
    fb_docket_server_handle(server, &request, &answer);
    assert_int_equal(answer.body.state, FB_BUF_GOOD);
    assert_string_equal(answer.cache_control, "no-store");
    return answer;
}

/* What an answer says in its member "open"; it must be JSON. -1: it has no such member. */
static int open_of(const struct fb_server_answer *answer)
{
    struct fb_arena arena;
    struct fb_json *root = NULL;
    fb_arena_init(&arena, 1 << 24);
    FB_TEST_OK(fb_json_parse(fb_buf_str(&answer->body), "answer", NULL, &arena, &root, &err));
    const struct fb_json *open = fb_json_get(root, "open");
    int out = open ? open->kind == FB_JSON_TRUE : -1;
    fb_arena_release(&arena);
    return out;
}

static bool has(const struct fb_server_answer *answer, const char *text)
{
    return memmem(answer->body.ptr, answer->body.len, text, strlen(text)) != NULL;
}

static void expect(const char *method, const char *path, unsigned status, int open)
{
    struct fb_server_answer answer = ask(method, path);
    assert_int_equal(answer.status, status);
    assert_string_equal(answer.content_type, "application/json");
    assert_int_equal(open_of(&answer), open);
    fb_buf_release(&answer.body);
}

static void halt(void)
{
    story_add(&story, "institute",
        "{\"kind\":\"order\",\"id\":\"order/1\",\"subject\":\"system/s\",\"at\":\"2026-01-01\","
        "\"body\":{\"action\":\"halt\",\"version\":1,\"reasons\":\"r\"}}");
}

static void test_gate(void **state)
{
    (void)state;
    expect("GET", "/gate/train/s", 200, 1);
    halt();
    expect("GET", "/gate/train/s", 200, 0);
    expect("GET", "/gate/deploy/s", 200, 0);
    expect("GET", "/gate/autonomy/s", 200, 0);
    struct fb_server_answer answer = ask("GET", "/gate/train/s");
    assert_non_null(memmem(answer.body.ptr, answer.body.len, "halt of system/s", 16));
    fb_buf_release(&answer.body);
}

/* Whatever is asked in another way, or of what there is not, opens nothing. */
static void test_absent(void **state)
{
    (void)state;
    static const char *const paths[] = {"/gate/train/t", "/gate/train/", "/gate/train", "/gate",
        "/gate/fly/s", "/gate//s", "/gate/train/s/", "/gate/train/system/s", "/gate/train/s/x",
        "/gate/train/s\xff", "/explain/s\xff/x", "//gate/train/s", "gate/train/s", "", "/status/",
        "/status/t", "/status/s/s", "/system/", "/system/t", "/explain/s", "/explain/s/",
        "/explain/t/licence:train:system/s", "/explain/s/nothing", "/explain/s/l", "/health/",
        "/GATE/train/s"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        expect("GET", paths[i], 404, 0);
    }
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "get", ""};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        struct fb_server_answer answer = ask(methods[i], "/gate/train/s");
        assert_int_equal(answer.status, 405);
        assert_string_equal(answer.allow, "GET, HEAD");
        assert_int_equal(open_of(&answer), 0);
        fb_buf_release(&answer.body);
    }
    assert_int_equal(told, 0);
}

/* Answers are those of the commands. */
static void test_same_as_commands(void **state)
{
    (void)state;
    halt();
    struct fb_arena arena;
    struct fb_picture picture;
    struct fb_verdict verdict;
    struct fb_buf want[3];
    fb_arena_init(&arena, (size_t)1 << 28);
    struct fb_docket_question question = {.as_of = FB_TIME_MAX, .about = FB_STR("s")};
    FB_TEST_OK(fb_docket_ask(story.docket, &question, &arena, &picture, &err));
    FB_TEST_OK(fb_picture_find(&picture, FB_STR("licence:train:system/s"), &arena, &verdict, &err));
    struct fb_report_options options = {.system = FB_STR("system/s")};
    for (int i = 0; i < 3; i++) {
        fb_buf_init(&want[i], (size_t)1 << 24);
    }
    FB_TEST_OK(fb_report_status_json(&picture, &options, &want[0], &err));
    FB_TEST_OK(fb_report_html(&picture, &want[1], &err));
    FB_TEST_OK(fb_report_why_json(&verdict, &want[2], &err));
    static const char *const paths[] = {
        "/status/s", "/system/s", "/explain/s/licence:train:system/s"};
    for (int i = 0; i < 3; i++) {
        struct fb_server_answer answer = ask("GET", paths[i]);
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer.body.len, want[i].len);
        assert_memory_equal(answer.body.ptr, want[i].ptr, want[i].len);
        fb_buf_release(&answer.body);
        fb_buf_release(&want[i]);
    }
    fb_arena_release(&arena);
}

static void test_front(void **state)
{
    (void)state;
    struct fb_server_answer answer = ask("GET", "/");
    assert_int_equal(answer.status, 200);
    assert_true(has(&answer, "<a href=\"system/s\">"));
    assert_true(has(&answer, "<a href=\"gate/autonomy/s\">"));
    assert_true(has(&answer, "Simulated clock."));
    assert_true(has(&answer, "yes</") && !has(&answer, ">ask<"));
    assert_false(has(&answer, "are not shown"));
    fb_buf_release(&answer.body);
    halt();
    answer = ask("GET", "/");
    assert_true(has(&answer, "no</") && !has(&answer, "yes</"));
    assert_true(has(&answer, "1 may not be trained"));
    fb_buf_release(&answer.body);
    answer = ask("GET", "/health");
    assert_int_equal(answer.status, 200);
    assert_int_equal(open_of(&answer), -1);
    assert_true(has(&answer, "\"records\": "));
    fb_buf_release(&answer.body);
}

/* Registers systems up to a total, `first` before them. */
static void add_systems(int first, int total)
{
    struct fb_buf many;
    fb_buf_init(&many, 1 << 22);
    for (int i = first; i < total; i++) {
        fb_buf_addf(&many,
            "%s{\"kind\":\"system\",\"id\":\"system/n%d\",\"at\":\"2026-01-01\",\"body\":{"
            "\"title\":\"<b>%d</b>\",\"developer\":\"party/dev\"}}",
            many.len ? "," : "[", i, i);
    }
    fb_buf_add_c(&many, "]");
    fb_buf_add_char(&many, 0);
    story_add(&story, "dev", many.ptr);
    fb_buf_release(&many);
}

/* Asks until all systems were looked at. */
static struct fb_server_answer ask_until_all(const char *path, const char *pending)
{
    struct fb_server_answer answer = ask("GET", path);
    for (int i = 0; has(&answer, pending) && i < 1000; i++) {
        fb_buf_release(&answer.body);
        answer = ask("GET", path);
    }
    return answer;
}

/* What is too much for a page, or a list, is cut, and what needs attention stays. */
static void test_many_systems(void **state)
{
    (void)state;
    add_systems(1, FB_FRONT_SYSTEMS_MAX + 1);
    struct fb_server_answer answer = ask_until_all("/", "still to be looked at");
    assert_true(has(&answer, "<a href=\"system/s\">"));
    assert_true(has(&answer, "<a href=\"system/n999\">"));
    assert_false(has(&answer, "<a href=\"system/n1000\">"));
    assert_true(has(&answer, "not shown"));
    assert_true(has(&answer, "&lt;b&gt;7&lt;/b&gt;") && !has(&answer, "<b>7</b>"));
    fb_buf_release(&answer.body);
    story_add(&story, "institute",
        "{\"kind\":\"order\",\"id\":\"order/1\",\"subject\":\"system/n1000\","
        "\"at\":\"2026-01-01\",\"body\":{\"action\":\"halt\",\"version\":1,"
        "\"reasons\":\"r\"}}");
    answer = ask("GET", "/");
    assert_true(has(&answer, "<a href=\"system/n1000\">"));
    assert_false(has(&answer, "<a href=\"system/n999\">"));
    fb_buf_release(&answer.body);
    answer = ask("GET", "/status");
    assert_true(has(&answer, "\"systems\": 1001") && has(&answer, "\"pending\": 0"));
    assert_true(has(&answer, "\"system\": \"system/n1000\""));
    assert_true(has(&answer, "\"attention_not_listed\": 0"));
    fb_buf_release(&answer.body);
    story_add(&story, "institute",
        "{\"kind\":\"order\",\"id\":\"order/2\",\"at\":\"2026-01-01\",\"body\":{"
        "\"action\":\"halt\",\"party\":\"party/dev\",\"version\":2,\"reasons\":\"r\"}}");
    answer = ask_until_all("/status", "\"pending\": 1");
    for (int i = 0; !has(&answer, "\"pending\": 0") && i < 1000; i++) {
        fb_buf_release(&answer.body);
        answer = ask("GET", "/status");
    }
    assert_true(has(&answer, "\"attention_not_listed\": 901"));
    assert_int_equal(open_of(&answer), -1);
    fb_buf_release(&answer.body);
}

/* An id may have slashes. */
static void test_slashes(void **state)
{
    (void)state;
    story_add(&story, "dev",
        "{\"kind\":\"system\",\"id\":\"system/s/t\",\"at\":\"2026-01-01\",\"body\":{"
        "\"title\":\"T\",\"developer\":\"party/dev\"}}");
    halt();
    expect("GET", "/gate/train/s", 200, 0);
    expect("GET", "/gate/train/s/t", 200, 1);
    expect("GET", "/status/s/t", 200, -1);
    expect("GET", "/explain/s/t/licence:train:system/s/t", 200, -1);
    expect("GET", "/explain/s/licence:train:system/s", 200, -1);
    expect("GET", "/explain/s/t/licence:train:system/x", 404, 0);
    expect("GET", "/gate/train/s/t/u", 404, 0);
}

/* Only who asks by an address, or by the name that the keeper gave, is answered. */
static void test_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        unsigned status;
    } cases[] = {{"", 200}, {"127.0.0.1:7381", 200}, {"10.0.0.5", 200}, {"[::1]:7381", 200},
        {"localhost", 200}, {"localhost:80", 200}, {"docket.example", 200},
        {"docket.example:443", 200}, {"evil.example", 403}, {"docket.example.evil", 403},
        {"127.0.0.1.evil.example", 403}, {"localhost.evil", 403}, {"x", 403}, {":80", 403},
        {"1x:80", 403}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_server_request request = {
            .method = "GET", .path = "/gate/train/s", .host = cases[i].host};
        struct fb_server_answer answer = {.status = 500};
        fb_buf_init(&answer.body, FB_SERVER_ANSWER_MAX);
        fb_docket_server_handle(server, &request, &answer);
        assert_int_equal(answer.status, cases[i].status);
        assert_int_equal(open_of(&answer), cases[i].status == 200);
        fb_buf_release(&answer.body);
    }
}

/* A docket that went away is no system that is not registered. */
static void test_gone(void **state)
{
    (void)state;
    char aside[200];
    snprintf(aside, sizeof(aside), "%s-aside", story.docket_path);
    assert_int_equal(rename(story.docket_path, aside), 0);
    static const char *const paths[] = {"/gate/train/s", "/gate/train/t", "/health", "/status"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct fb_server_answer answer = ask("GET", paths[i]);
        assert_int_equal(answer.status, 503);
        assert_int_equal(open_of(&answer), 0);
        assert_false(has(&answer, story.folder));
        fb_buf_release(&answer.body);
        assert_int_equal(told, i + 1);
    }
    assert_int_equal(rename(aside, story.docket_path), 0);
    expect("GET", "/gate/train/s", 200, 1);
}

/* What cannot be asked is closed; why is told to the keeper and not to who asks. */
static void test_unavailable(void **state)
{
    (void)state;
    static const char *const paths[] = {"/gate/train/s", "/status/s", "/system/s",
        "/explain/s/licence:train:system/s", "/health", "/", "/status"};
    story_at(&story, "2026-03-01T12:00:00Z");
    expect("GET", "/gate/train/s", 200, 1);
    story_at(&story, "2026-02-01T12:00:00Z");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct fb_server_answer answer = ask("GET", paths[i]);
        assert_int_equal(answer.status, 503);
        assert_int_equal(open_of(&answer), 0);
        assert_false(has(&answer, "clock"));
        assert_int_equal(told, i + 1);
        fb_buf_release(&answer.body);
    }
    fb_docket_server_free(server);
    server = NULL;
    begin(NULL);
    expect("GET", "/gate/train/s", 503, 0);
}

/* The thread works a fifth of the time at most, however long a system takes. */
static void test_rest(void **state)
{
    enum { MS = 1000 * 1000 };
    (void)state;
    assert_int_equal(fb_docket_server_rest(0, false), 20 * MS);
    assert_int_equal(fb_docket_server_rest(5 * MS, false), 20 * MS);
    assert_int_equal(fb_docket_server_rest(60 * MS, false), 240 * MS);
    assert_int_equal(fb_docket_server_rest(60 * MS, true), 250 * MS);
    assert_int_equal(fb_docket_server_rest(INT64_C(9000) * MS, true), INT64_C(36000) * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_gate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_absent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_as_commands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_front, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_systems, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_slashes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hosts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unavailable, set_up, tear_down),
        cmocka_unit_test(test_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Tests of fb_work_run_parts (work.c) and of the steps that use it: whatever the number of threads
 * the picture is the same, to the last reason. There are more systems and obligations than a part
 * takes.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/limit.h"
#include "engine/slice.h"
#include "fb_test.h"
#include "govern/work.h"
#include "random_docket.h"
#include "report/report.h"

enum { SYSTEMS = 150, EVENTS = 4, TEXT_MAX = 1000 };

static struct fb_err err;
static struct random_policies policies;

static void assume(struct random_docket *docket, const char *text)
{
    docket->now += FB_HOUR / 60;
    FB_TEST_OK(fb_registry_assume(docket->registry, fb_str_of(text), docket->now, &err));
}

/* Systems of two parties, large and small ones, and what happens to them. */
static void fill(struct random_docket *docket)
{
    char text[TEXT_MAX], at[FB_TIME_TEXT];
    for (unsigned s = 0; s < SYSTEMS; s++) {
        fb_time_format(docket->now, at);
        snprintf(text, sizeof(text),
            "{\"at\":\"%s\",\"body\":{\"developer\":\"party/%u\",\"title\":\"S\","
            "\"training_compute_flop\":%s},\"id\":\"system/many-%u\",\"issuer\":\"party/%u\","
            "\"kind\":\"system\"}",
            at, s % 2, s % 3 ? "3e+25" : "3e+22", s, s % 2);
        assume(docket, text);
    }
    for (unsigned n = 0; n < SYSTEMS * EVENTS; n++) {
        unsigned s = n * 7 % SYSTEMS;
        fb_time_format(docket->now, at);
        if (n % 5 == 4) {
            snprintf(text, sizeof(text),
                "{\"at\":\"%s\",\"body\":{\"began\":\"%s\",\"ended\":\"%s\",\"model\":\"m\","
                "\"samples\":300,\"scorer\":\"s\",\"status\":\"success\",\"succeeded_all\":0,"
                "\"succeeded_any\":%u,\"task\":\"cybench\",\"unresolved\":0},\"id\":"
                "\"evaluation/many-%u\",\"issuer\":\"party/%u\",\"kind\":\"evaluation\","
                "\"subject\":\"system/many-%u\"}",
                at, at, at, n % 3 * 140, n, s % 2, s);
        } else {
            snprintf(text, sizeof(text),
                "{\"at\":\"%s\",\"body\":{\"class\":\"%s\",\"known_at\":\"%s\",\"known_to\":"
                "\"party/%u\",\"title\":\"x\"},\"id\":\"incident/many-%u\",\"issuer\":"
                "\"party/%u\",\"kind\":\"incident\",\"subject\":\"system/many-%u\"}",
                at, n % 2 ? "death" : "cyber_breach", at, s % 2, n, s % 2, s);
        }
        assume(docket, text);
    }
}

/* The picture with all reasons, as text. */
static void ask(const struct random_docket *docket, size_t threads, struct fb_buf *out)
{
    struct fb_arena arena;
    struct fb_picture picture;
    const struct fb_report_options options = {.width = 80};
    fb_arena_init(&arena, (size_t)4 << 30);
    fb_buf_init(out, 1 << 30);
    const struct fb_govern_input input = {.registry = docket->registry,
        .now = docket->now + 40 * FB_DAY,
        .as_of = FB_TIME_MAX,
        .read_blob = random_policies_blob,
        .blob_ctx = &policies,
        .threads = threads};
    FB_TEST_OK(fb_govern_evaluate(&input, &arena, &picture, &err));
    FB_TEST_OK(fb_report_status_json(&picture, &options, out, &err));
    assert_true(picture.system_count > SYSTEMS && picture.line_count > SYSTEMS);
    assert_true(picture.duty_count > SYSTEMS * EVENTS);
    fb_arena_release(&arena);
}

static void test_threads(void **unused)
{
    static struct random_docket docket;
    struct fb_buf one, more;
    (void)unused;
    random_policies_read(&policies);
    random_docket_begin(&docket, 3, 0, policies.count);
    fill(&docket);
    ask(&docket, 1, &one);
    for (size_t threads = 2; threads <= 5; threads += 3) {
        ask(&docket, threads, &more);
        assert_int_equal(more.len, one.len);
        assert_memory_equal(more.ptr, one.ptr, one.len);
        fb_buf_release(&more);
    }
    fb_buf_release(&one);
    random_docket_end(&docket);
    random_policies_free(&policies);
}

/* An obligation too many: the same error on any number of threads, and nothing is lost. */
static void test_limit(void **unused)
{
    static struct random_docket docket;
    struct fb_arena arena;
    struct fb_picture picture;
    (void)unused;
    random_policies_read(&policies);
    random_docket_begin(&docket, 3, 0, policies.count);
    fill(&docket);
    struct fb_govern_input input = {.registry = docket.registry,
        .now = docket.now,
        .as_of = FB_TIME_MAX,
        .read_blob = random_policies_blob,
        .blob_ctx = &policies};
    char message[2][FB_ERR_TEXT_MAX];
    fb_limit_lower(FB_DUTY_OWED_MAX, 20);
    for (size_t i = 0; i < 2; i++) {
        fb_arena_init(&arena, (size_t)4 << 30);
        input.threads = 1 + 3 * i;
        FB_TEST_FAILS(fb_govern_evaluate(&input, &arena, &picture, &err), FB_E_LIMIT);
        memcpy(message[i], err.message, sizeof(message[i]));
        fb_arena_release(&arena);
    }
    fb_limit_lower(FB_DUTY_OWED_MAX, FB_DUTY_OWED_MAX);
    assert_string_equal(message[0], message[1]);
    random_docket_end(&docket);
    random_policies_free(&policies);
}

/* Texts of policies some of which cannot be read, or are none. */
struct spoilt {
    size_t asked, unread, wrong; /* which ones, as they are asked for */
};

static enum fb_code spoilt_blob(
    void *ctx, struct fb_str digest, struct fb_buf *out, struct fb_err *error)
{
    struct spoilt *spoilt = ctx;
    size_t n = spoilt->asked++;
    if (n == spoilt->unread) {
        return fb_err_set(error, FB_E_IO, "it is gone");
    }
    if (n == spoilt->wrong) {
        fb_buf_add_c(out, "none");
        return FB_OK;
    }
    return random_policies_blob(&policies, digest, out, error);
}

/* Policies are compiled at once: the first of those that cannot be is told. */
static void test_first_policy(void **unused)
{
    static const struct {
        size_t unread, wrong;
        enum fb_code code;
    } cases[] = {{2, 9, FB_E_IO}, {9, 2, FB_E_SYNTAX}, {2, 1, FB_E_SYNTAX}, {0, 9, FB_E_IO},
        {9, 0, FB_E_SYNTAX}};
    static struct random_docket docket;
    struct fb_arena arena;
    struct fb_picture picture;
    (void)unused;
    random_policies_read(&policies);
    random_docket_begin(&docket, 3, 0, policies.count);
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        struct spoilt spoilt = {0, cases[i / 2].unread, cases[i / 2].wrong};
        const struct fb_govern_input input = {.registry = docket.registry,
            .now = docket.now,
            .as_of = FB_TIME_MAX,
            .read_blob = spoilt_blob,
            .blob_ctx = &spoilt,
            .threads = 1 + 3 * (i % 2)};
        fb_arena_init(&arena, (size_t)4 << 30);
        FB_TEST_FAILS(fb_govern_evaluate(&input, &arena, &picture, &err), cases[i / 2].code);
        fb_arena_release(&arena);
    }
    random_docket_end(&docket);
    random_policies_free(&policies);
}

/* Memory that runs out under whichever thread: an error, or the whole picture; nothing is lost. */
static void test_memory_runs_out(void **unused)
{
    static struct random_docket docket;
    struct fb_arena arena;
    struct fb_picture picture;
    size_t failed = 0;
    enum fb_code code = FB_E_NOMEM;
    (void)unused;
    random_policies_read(&policies);
    random_docket_begin(&docket, 3, 0, policies.count);
    fill(&docket);
    const struct fb_govern_input input = {.registry = docket.registry,
        .now = docket.now,
        .as_of = FB_TIME_MAX,
        .read_blob = random_policies_blob,
        .blob_ctx = &policies,
        .threads = 3,
        .brief = true};
    for (int64_t n = 0; code != FB_OK; n += n / 3 + 1) {
        fb_arena_init(&arena, (size_t)4 << 30);
        fb_err_init(&err);
        fb_alloc_fail_at(n);
        code = fb_govern_evaluate(&input, &arena, &picture, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || (code == FB_E_NOMEM && err.code == code && err.message[0]));
        failed += code != FB_OK;
        fb_arena_release(&arena);
    }
    assert_true(failed > 20);
    random_docket_end(&docket);
    random_policies_free(&policies);
}

enum { FACTS = 20000, POINTS = 5000 };

static uint64_t next_number(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Facts of a few relations, in no order but for those of one of them, on many time-points. */
static void add_facts(struct fb_work *work, struct fb_value *values)
{
    static const char names[FACTS];
    uint64_t state = 5;
    for (size_t i = 0; i < FACTS; i++) {
        uint64_t number = next_number(&state);
        struct fb_timed fact = {.relation = (uint32_t)(number % 3 * 7),
            .from = (fb_time)(number / 3 % POINTS),
            .until = number % 11 ? FB_TIME_MAX : (fb_time)(number / 3 % POINTS + 40),
            .values = values,
            .seq = next_number(&state) % 50,
            .record_id = {&names[i], 1}};
        fact.from = fact.relation == 0 ? (fb_time)(i / 8) : fact.from;
        fact.seq = fact.relation == 0 ? i : fact.seq;
        FB_TEST_OK(fb_work_add(work, &fact, &err));
    }
}

/* The tuples of a trace stand by relation, then by when they begin, then by record, then as they
 * came, however many threads made it. */
static void test_trace(void **unused)
{
    static struct fb_value values[FB_IR_ARITY_MAX];
    (void)unused;
    for (size_t threads = 1; threads < 9; threads += 3) {
        struct fb_arena arena;
        fb_arena_init(&arena, 1 << 28);
        struct fb_govern_input input = {.now = POINTS - 100, .threads = threads};
        struct fb_work work = {.input = &input, .arena = &arena};
        add_facts(&work, values);
        FB_TEST_OK(fb_work_trace(&work, &err));
        size_t expected = 0, in_relation[2] = {0, 0};
        for (size_t i = 0; i < FACTS; i++) {
            const struct fb_timed *fact = &work.timed[i];
            expected += fact->from <= input.now && fact->from < fact->until ? 1 : 0;
        }
        assert_int_equal(work.trace.tuple_count, expected);
        assert_true(work.trace.time_count > POINTS / 2);
        for (size_t i = 1; i < expected; i++) {
            const struct fb_tuple *a = &work.trace.tuples[i - 1], *b = a + 1;
            bool same = a->relation == b->relation, at_once = same && a->from == b->from;
            assert_true(a->relation <= b->relation && (!same || a->from <= b->from));
            assert_true(!at_once || a->seq <= b->seq);
            assert_true(!at_once || a->seq < b->seq || a->record_id.ptr < b->record_id.ptr);
            in_relation[b->relation / 14] += at_once ? 1 : 0;
        }
        assert_true(in_relation[0] > 1000 && in_relation[1] > 1000);
        fb_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_first_policy),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

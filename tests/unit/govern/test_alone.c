/*
 * Tests of src/govern/narrow.c: what holds of one system alone is what the whole picture says of
 * it, over random dockets under all packs and under policies whose rules reach from one system to
 * another. FB_RANDOM_CASES=1000 for more.
 */
#include <stdlib.h>
#include <string.h>

#include "fb_test.h"
#include "random_docket.h"
#include "report/report.h"

enum { CASES = 12, STEPS = 55 };

static struct fb_err err;
static struct random_policies policies;
static size_t narrow_seen, wide_seen, bound_seen, scopes_seen, reasons_seen, checks;

static void write_all(
    struct fb_picture *picture, struct fb_str system, struct fb_arena *arena, struct fb_buf *out)
{
    const struct fb_report_options options = {.width = 80, .system = system};
    fb_buf_init(out, 1 << 26);
    FB_TEST_OK(fb_report_status_json(picture, &options, out, &err));
    for (size_t i = 0; i < picture->licence_count; i++) {
        struct fb_verdict verdict;
        if (fb_str_eq(picture->licences[i].system, system)) {
            FB_TEST_OK(fb_picture_find(picture, picture->licences[i].id, arena, &verdict, &err));
            FB_TEST_OK(fb_report_why_json(&verdict, out, &err));
        }
    }
    bound_seen += picture->duty_count > 0;
}

/* Of two rules that share out the systems, one applies to each, and both to one that does not say.
 */
static void check_scope(
    const struct fb_picture *picture, const struct fb_line_view *a, const struct fb_line_view *b)
{
    size_t system = fb_picture_system(picture, a->system);
    const struct fb_record *record = picture->systems[system].record;
    bool is_said = fb_json_get(record->body, "training_compute_flop") != NULL;
    bool out = a->status == FB_LINE_OUT_OF_SCOPE, other_out = b->status == FB_LINE_OUT_OF_SCOPE;
    assert_true(is_said ? out != other_out : !out && !other_out);
    scopes_seen++;
}

static void check_scopes(const struct fb_picture *picture)
{
    for (size_t i = 0; i < picture->line_count; i++) {
        const struct fb_line_view *a = &picture->lines[i];
        for (size_t k = 0; k < picture->line_count && fb_str_is(a->rule->name, "small"); k++) {
            const struct fb_line_view *b = &picture->lines[k];
            if (fb_str_is(b->rule->name, "cyber") && fb_str_eq(a->system, b->system)) {
                check_scope(picture, a, b);
            }
        }
    }
}

/* Where two texts part, with what stands around it. */
static void check_same(const struct fb_buf *got, const struct fb_buf *want)
{
    size_t at = 0, least = got->len < want->len ? got->len : want->len;
    while (at < least && got->ptr[at] == want->ptr[at]) {
        at++;
    }
    if (at < got->len || at < want->len) {
        size_t from = at > 300 ? at - 300 : 0;
        fail_msg("alone: %.600s\n\nin the whole: %.600s", got->ptr + from, want->ptr + from);
    }
}

/* The reason of one thing, made now, and as the whole picture has it. */
static void check_reason(const struct fb_picture *brief, const struct fb_picture *whole,
    struct fb_str id, struct fb_arena *arena)
{
    struct fb_verdict verdict;
    struct fb_buf got, want;
    fb_buf_init(&got, 1 << 24);
    fb_buf_init(&want, 1 << 24);
    FB_TEST_OK(fb_picture_find(brief, id, arena, &verdict, &err));
    FB_TEST_OK(fb_report_why_json(&verdict, &got, &err));
    FB_TEST_OK(fb_picture_find(whole, id, arena, &verdict, &err));
    FB_TEST_OK(fb_report_why_json(&verdict, &want, &err));
    check_same(&got, &want);
    fb_buf_release(&want);
    fb_buf_release(&got);
    reasons_seen++;
}

/* All reasons that a brief picture left out. */
static void check_reasons(
    const struct fb_picture *brief, const struct fb_picture *whole, struct fb_arena *arena)
{
    for (size_t i = 0; i < brief->duty_count; i++) {
        assert_null(brief->duties[i].obligation.why);
        check_reason(brief, whole, brief->duties[i].id, arena);
    }
    for (size_t i = 0; i < brief->licence_count; i++) {
        check_reason(brief, whole, brief->licences[i].id, arena);
    }
    for (size_t i = 0; i < brief->line_count; i++) {
        check_reason(brief, whole, brief->lines[i].id, arena);
    }
    for (size_t i = 0; i < brief->order_count; i++) {
        check_reason(brief, whole, brief->orders[i].id, arena);
    }
}

static void check(struct fb_registry *registry, fb_time now)
{
    struct fb_arena arena;
    struct fb_picture whole;
    fb_arena_init(&arena, (size_t)1 << 30);
    struct fb_govern_input input = {.registry = registry,
        .now = now,
        .as_of = FB_TIME_MAX,
        .read_blob = random_policies_blob,
        .blob_ctx = &policies};
    input.threads = 1 + checks++ % 3;
    FB_TEST_OK(fb_govern_evaluate(&input, &arena, &whole, &err));
    input.threads = 1;
    check_scopes(&whole);
    for (size_t i = 0; i < whole.system_count; i++) {
        struct fb_picture alone;
        struct fb_buf want, got;
        struct fb_str system = whole.systems[i].id;
        write_all(&whole, system, &arena, &want);
        input.about = fb_str_sub(system, i % 2 ? sizeof("system/") - 1 : 0, system.len);
        input.brief = i % 3 == 2;
        FB_TEST_OK(fb_govern_evaluate(&input, &arena, &alone, &err));
        if (!input.brief) {
            write_all(&alone, system, &arena, &got);
            check_same(&got, &want);
            fb_buf_release(&got);
        } else {
            check_reasons(&alone, &whole, &arena);
        }
        assert_int_equal(alone.licence_count, FB_ACTION_COUNT);
        narrow_seen += alone.line_count > 0 && alone.line_count < whole.line_count;
        fb_buf_release(&want);
    }
    fb_arena_release(&arena);
}

/* A docket to which all has happened, by the policies with the numbers [first, end). */
static void make(struct random_docket *docket, uint64_t seed, size_t first, size_t end)
{
    random_docket_begin(docket, seed, first, end);
    for (size_t n = 0; n < STEPS; n++) {
        (void)random_docket_step(docket);
    }
    assert_true(docket->count > STEPS / 2);
}

static void test_alone(void **unused)
{
    static struct random_docket docket;
    const char *more = getenv("FB_RANDOM_CASES");
    size_t cases = more ? (size_t)strtoul(more, NULL, 10) : CASES;
    (void)unused;
    random_policies_read(&policies);
    size_t packs = policies.count;
    random_policies_add(&policies, random_policy_party);
    random_policies_add(&policies, random_policy_wide);
    for (size_t n = 0; n < cases; n++) {
        /* All packs and what binds a party; the two alone; and what reaches to others alone. */
        size_t first = n % 3 == 0 ? 0 : n % 3 == 1 ? packs : packs + 1;
        make(&docket, n, first, first == 0 ? packs + 1 : policies.count);
        check(docket.registry, docket.now);
        wide_seen += first > 0;
        random_docket_end(&docket);
    }
    assert_true(narrow_seen > 0 && wide_seen > 0 && bound_seen > cases);
    assert_true(scopes_seen > 0 && reasons_seen > 5 * cases);
    random_policies_free(&policies);
}

static void test_unknown(void **unused)
{
    static struct random_docket docket;
    struct fb_arena arena;
    struct fb_picture picture;
    struct fb_resident *resident = NULL;
    (void)unused;
    fb_arena_init(&arena, (size_t)1 << 28);
    make(&docket, 7, 0, 0);
    FB_TEST_OK(fb_resident_new(docket.registry, &resident, &err));
    struct fb_govern_input input = {.registry = docket.registry,
        .now = docket.now,
        .as_of = FB_TIME_MAX,
        .read_blob = random_policies_blob,
        .blob_ctx = &policies,
        .about = FB_STR("nobody")};
    FB_TEST_FAILS(fb_govern_evaluate(&input, &arena, &picture, &err), FB_E_NOT_FOUND);
    input.resident = resident;
    FB_TEST_FAILS(fb_govern_evaluate(&input, &arena, &picture, &err), FB_E_NOT_FOUND);
    fb_resident_free(resident);
    random_docket_end(&docket);
    fb_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Tests of src/govern/resident.c: while a docket grows record by record, what a resident answers is
 * what an evaluation from all records says, reasons included. FB_RANDOM_CASES=1000 for more.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limit.h"
#include "engine/slice_kept.h"
#include "fb_test.h"
#include "govern/resident.h"
#include "random_docket.h"
#include "report/report.h"

enum { CASES = 16, STEPS = 90, TEXT_MAX = 1 << 26 };

static struct fb_err err;
static struct random_policies policies;
static size_t duties_seen, lines_seen, refusals_seen, orders_seen, kept_seen;

static const char cyber[] = "policy \"alone/cyber\"\n  title \"A red line\"\n  version 1\n"
                            "redline cyber(S)\n  title \"Breaks into systems\"\n"
                            "  measure success of S on \"cybench\"\n"
                            "  applies to systems with training compute >= 1e25 FLOP\n"
                            "  crossed at 50% with 95% confidence\n"
                            "  needs 200 samples, newer than 20 days\n"
                            "commitment hold(S) by \"0\"\n"
                            "  while cyber(S) crossed or not ruled out\n"
                            "  may not deploy S externally\n"
                            "  must secure S at level 4 within 30 days lest halt S\n"
                            "  relax after cyber(S) ruled out for 9 days\n";
static void write_all(struct fb_picture *picture, struct fb_str system, bool reasons,
    struct fb_arena *arena, struct fb_buf *out)
{
    const struct fb_report_options options = {.width = 80, .system = system};
    fb_buf_init(out, TEXT_MAX);
    FB_TEST_OK(fb_report_status_json(picture, &options, out, &err));
    for (size_t i = 0; reasons && i < picture->duty_count + picture->licence_count; i++) {
        struct fb_verdict verdict;
        struct fb_str id = i < picture->duty_count ? picture->duties[i].id
                                                   : picture->licences[i - picture->duty_count].id;
        FB_TEST_OK(fb_picture_find(picture, id, arena, &verdict, &err));
        FB_TEST_OK(fb_report_why_json(&verdict, out, &err));
    }
}

static void check(
    struct random_docket *docket, struct fb_resident *resident, fb_time now, unsigned system)
{
    struct fb_arena arena;
    struct fb_picture anew, kept;
    struct fb_buf want, got;
    char name[40];
    fb_arena_init(&arena, (size_t)1 << 30);
    snprintf(name, sizeof(name), system % 2 ? "%u" : "system/%u", system);
    struct fb_govern_input input = {.registry = docket->registry,
        .now = now,
        .as_of = FB_TIME_MAX,
        .read_blob = random_policies_blob,
        .blob_ctx = &policies,
        .about = fb_str_of(name),
        .brief = random_docket_roll(docket, 2),
        .threads = system % 2 ? 2 : 0};
    FB_TEST_OK(fb_govern_evaluate(&input, &arena, &anew, &err));
    const struct fb_system_view *view = fb_picture_named(&anew, input.about, &err), *own;
    struct fb_str id = view->id;
    write_all(&anew, id, true, &arena, &want);
    input.resident = resident;
    FB_TEST_OK(fb_govern_evaluate(&input, &arena, &kept, &err));
    write_all(&kept, id, true, &arena, &got);
    own = fb_picture_named(&kept, input.about, &err);
    assert_true(own->record == view->record && own->gpu_seconds == view->gpu_seconds);
    assert_true(fb_str_eq(own->developer, view->developer) && own->exempt == view->exempt);
    kept_seen += kept.system_count == 1;
    size_t at = 0, least = got.len < want.len ? got.len : want.len;
    while (at < least && got.ptr[at] == want.ptr[at]) {
        at++;
    }
    if (at < got.len || at < want.len) {
        size_t from = at > 300 ? at - 300 : 0;
        fail_msg("resident: %.600s\n\nanew: %.600s", got.ptr + from, want.ptr + from);
    }
    duties_seen += kept.duty_count;
    lines_seen += kept.line_count;
    orders_seen += kept.order_count;
    for (size_t i = 0; i < kept.licence_count; i++) {
        refusals_seen += !kept.licences[i].allowed;
    }
    fb_buf_release(&want);
    fb_buf_release(&got);
    fb_arena_release(&arena);
}

/* One docket; policies [first, end) at the beginning, and the one behind them in the middle. */
static void grow(uint64_t seed, size_t first, size_t end, unsigned every)
{
    struct random_docket *docket = calloc(1, sizeof(*docket));
    struct fb_resident *resident = NULL;
    assert_non_null(docket);
    random_docket_begin(docket, seed, first, end);
    FB_TEST_OK(fb_resident_new(docket->registry, &resident, &err));
    for (unsigned n = 0; n < STEPS; n++) {
        bool admitted = random_docket_step(docket);
        if (n == STEPS / 2 && end < policies.count) {
            random_docket_policy(docket, end);
        }
        /* What is refused leaves no trace; what passes by itself is seen too. */
        if (n % every == 0 || (!admitted && every == 1)) {
            fb_time later = (fb_time)random_docket_roll(docket, 30) * FB_HOUR;
            check(docket, resident, docket->now + (n % 3 ? 0 : later),
                random_docket_roll(docket, RANDOM_SYSTEMS));
            docket->now += n % 3 ? 0 : later;
        }
    }
    assert_true(docket->count > STEPS / 2 && docket->refused < STEPS / 2);
    fb_resident_free(resident);
    random_docket_end(docket);
    free(docket);
}

static void test_grows(void **unused)
{
    const char *more = getenv("FB_RANDOM_CASES");
    size_t cases = more ? (size_t)strtoul(more, NULL, 10) : CASES;
    (void)unused;
    random_policies_read(&policies);
    size_t packs = policies.count;
    random_policies_add(&policies, random_policy_party);
    random_policies_add(&policies, cyber);
    random_policies_add(&policies, random_policy_derived);
    random_policies_add(&policies, random_policy_wide);
    for (size_t n = 0; n < cases; n++) {
        /* What was taken out piles up, or is thrown out soon; or all walks for slices are kept. */
        if (n % 3 == 2) {
            fb_limit_lower(FB_KEPT_LOOKED_MIN, 0);
        } else {
            fb_limit_lower(FB_RESIDENT_SPENT_MAX, n % 3 ? 1 : FB_RESIDENT_SPENT_MAX);
        }
        switch (n % 8) {
        case 0: /* all packs, and the party's then */
            grow(n, 0, packs, 9);
            break;
        case 1: /* the wide one comes then */
            grow(n, packs, packs + 3, 1);
            break;
        case 2: /* all packs and more, all from the beginning */
            grow(n, 0, packs + 3, 13);
            break;
        default:
            grow(n, packs, packs + 2, 1);
            break;
        }
    }
    fb_limit_lower(FB_RESIDENT_SPENT_MAX, FB_RESIDENT_SPENT_MAX);
    assert_true(duties_seen > 10 * cases && lines_seen > 10 * cases);
    assert_true(refusals_seen > cases && orders_seen > cases && kept_seen > 10 * cases);
    random_policies_free(&policies);
}

/* A duty of a party by any of its systems, and another version of it. */
#define PUBLISH(version, which, days)                                                              \
    "policy \"alone/publish\"\n  title \"What binds a party\"\n  version " version "\n"            \
    "duty publish(P)\n  title \"publish it\"\n"                                                    \
    "  when system S with developer P and incident I of system S" which "\n"                       \
    "  if not measure M of S with name security\n"                                                 \
    "  party P\n  must publish framework\n  within " days " days\n  lest halt P\n"

/* Walks that are kept are of one version: the next one comes while systems go from party to party.
 */
static void test_replaced(void **unused)
{
    enum { SEEDS = 6, SECOND = STEPS / 3, FIRST_AGAIN = 2 * STEPS / 3 };
    (void)unused;
    policies.count = 0;
    random_policies_add(&policies, PUBLISH("1", "", "10"));
    random_policies_add(&policies, PUBLISH("2", " with class cyber_breach", "5"));
    random_policies_add(&policies, PUBLISH("3", " with known_to P", "7"));
    fb_limit_lower(FB_KEPT_LOOKED_MIN, 0);
    duties_seen = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct random_docket *docket = calloc(1, sizeof(*docket));
        struct fb_resident *resident = NULL;
        assert_non_null(docket);
        random_docket_begin(docket, 100 + seed, 0, 1);
        FB_TEST_OK(fb_resident_new(docket->registry, &resident, &err));
        for (unsigned n = 0; n < STEPS; n++) {
            (void)random_docket_step(docket);
            if (n == SECOND || n == FIRST_AGAIN) {
                random_docket_version(docket, n == SECOND ? 1 : 2);
            }
            check(docket, resident, docket->now, random_docket_roll(docket, RANDOM_SYSTEMS));
        }
        fb_resident_free(resident);
        random_docket_end(docket);
        free(docket);
    }
    fb_limit_lower(FB_KEPT_LOOKED_MIN, FB_KEPT_LOOKED_MIN);
    assert_true(duties_seen > SEEDS * STEPS / 2);
    random_policies_free(&policies);
}

/* Memory runs out anywhere: nothing is decided, and the next time all is as it should be. */
static void test_no_memory(void **unused)
{
    static struct random_docket docket;
    struct fb_resident *resident = NULL;
    struct fb_arena arena;
    struct fb_picture picture;
    size_t failed = 0;
    (void)unused;
    policies.count = 0;
    random_policies_add(&policies, random_policy_party);
    random_policies_add(&policies, random_policy_derived);
    random_docket_begin(&docket, 3, 0, policies.count);
    FB_TEST_OK(fb_resident_new(docket.registry, &resident, &err));
    for (unsigned n = 0; n < STEPS; n++) {
        (void)random_docket_step(&docket);
        struct fb_govern_input input = {.registry = docket.registry,
            .now = docket.now,
            .as_of = FB_TIME_MAX,
            .read_blob = random_policies_blob,
            .blob_ctx = &policies,
            .about = FB_STR("1"),
            .resident = resident,
            .brief = true};
        fb_arena_init(&arena, (size_t)1 << 28);
        /* Nothing may tell of it where an earlier question wanted to know. */
        struct fb_err *own = calloc(1, sizeof(*own));
        assert_non_null(own);
        fb_alloc_fail_at(random_docket_roll(&docket, n < 3 ? 60 : 12));
        enum fb_code code = fb_govern_evaluate(&input, &arena, &picture, own);
        fb_alloc_fail_at(-1);
        fb_arena_release(&arena);
        assert_true(code == FB_OK || (code == FB_E_NOMEM && own->code == FB_E_NOMEM));
        free(own);
        failed += code != FB_OK;
        check(&docket, resident, docket.now, n % RANDOM_SYSTEMS);
    }
    assert_true(failed > STEPS / 4);
    fb_resident_free(resident);
    random_docket_end(&docket);
    random_policies_free(&policies);
}

static void assume(struct random_docket *docket, const char *text)
{
    FB_TEST_OK(fb_registry_assume(docket->registry, fb_str_of(text), docket->now, &err));
}

/* A report, its receipt, and a correction of the report, all admitted at one instant: the report
 * never held, and what its recipient had of it does not count. */
static void test_same_instant(void **unused)
{
    static struct random_docket docket;
    struct fb_resident *resident = NULL;
    (void)unused;
    policies.count = 0;
    random_policies_add(&policies, random_policy_derived);
    random_docket_begin(&docket, 5, 0, policies.count);
    FB_TEST_OK(fb_resident_new(docket.registry, &resident, &err));
    docket.now = fb_days_from_civil(2026, 8, 11) * FB_DAY;
    assume(&docket,
        "{\"at\":\"2026-08-11T00:00:00Z\",\"body\":{\"class\":\"death\",\"known_at\":"
        "\"2026-08-11T00:00:00Z\",\"known_to\":\"party/0\",\"title\":\"x\"},\"id\":\"incident/i\","
        "\"issuer\":\"party/0\",\"kind\":\"incident\",\"subject\":\"system/0\"}");
    docket.now = fb_days_from_civil(2026, 8, 21) * FB_DAY;
    check(&docket, resident, docket.now, 0);
    assume(&docket,
        "{\"at\":\"2026-08-21T00:00:00Z\",\"body\":{\"about\":\"incident/i\",\"stage\":\"initial\","
        "\"to\":\"office\"},\"id\":\"report/r\",\"issuer\":\"party/0\",\"kind\":\"report\","
        "\"subject\":\"system/0\"}");
    assume(&docket,
        "{\"at\":\"2026-08-21T00:00:00Z\",\"body\":{\"about\":\"report/r\",\"outcome\":\"noted\","
        "\"reasons\":\"r\",\"topic\":\"receipt\",\"valid_from\":\"2026-08-16T00:00:00Z\"},\"id\":"
        "\"decision/d\",\"issuer\":\"party/office\",\"kind\":\"decision\",\"subject\":\"system/"
        "0\"}");
    check(&docket, resident, docket.now, 0);
    assume(&docket,
        "{\"at\":\"2026-08-21T00:00:00Z\",\"body\":{\"about\":\"incident/i\",\"stage\":\"initial\","
        "\"to\":\"office\"},\"id\":\"report/r2\",\"issuer\":\"party/0\",\"kind\":\"report\","
        "\"subject\":\"system/0\",\"supersedes\":\"report/r\"}");
    check(&docket, resident, docket.now, 0);
    fb_resident_free(resident);
    random_docket_end(&docket);
    random_policies_free(&policies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_replaced),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_same_instant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

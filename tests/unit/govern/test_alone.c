/*
 * Tests of src/govern/narrow.c: what holds of one system alone is what the whole picture says of
 * it, over random dockets under all packs and under policies whose rules reach from one system to
 * another. FB_RANDOM_CASES=1000 for more.
 */
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "fb_test.h"
#include "govern/evaluate.h"
#include "lang/lang.h"
#include "report/report.h"

enum { POLICIES_MAX = 60, CASES = 12, RECORDS = 40, PARTIES = 3, SYSTEMS = 4, TEXT_MAX = 2000 };

static struct fb_err err;
static struct fb_buf policies[POLICIES_MAX];
static size_t policy_count, narrow_seen, wide_seen, bound_seen, scopes_seen;
static uint64_t state;

/* What the rules of the packs do not do: read another system's line, halt all of a party's. */
static const char wide[] = "policy \"alone/wide\"\n  title \"What binds others\"\n  version 1\n"
                           "redline cyber(S)\n  title \"Breaks into systems\"\n"
                           "  measure success of S on \"cybench\"\n"
                           "  applies to systems with training compute >= 1e25 FLOP\n"
                           "  crossed at 50% with 95% confidence\n"
                           "  needs 200 samples, newer than 180 days\n"
                           "redline small(S)\n  title \"The same of small systems\"\n"
                           "  measure success of S on \"cybench\"\n"
                           "  applies to systems with training compute < 1e25 FLOP\n"
                           "  crossed at 50% with 95% confidence\n"
                           "  needs 200 samples, newer than 180 days\n"
                           "duty follow(S)\n  title \"audit what was made from it\"\n"
                           "  when system S with derived_from B, developer P\n"
                           "  if cyber(B) crossed or not ruled out\n  party P\n"
                           "  must issue audit A of S with party P\n  within 10 days\n"
                           "  lest restrict S\n";
static const char party[] = "policy \"alone/party\"\n  title \"What binds a party\"\n  version 1\n"
                            "duty answer(P, I)\n  title \"answer for the incident\"\n"
                            "  when incident I with known_to P, class death\n  party P\n"
                            "  must report I to \"office\"\n  within 5 days\n  lest halt P\n";

static unsigned roll(unsigned sides)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned)((state * 0x2545F4914F6CDD1Du) >> 33) % sides;
}

static enum fb_code take_policy(void *ctx, const char *path, struct fb_err *error)
{
    (void)ctx;
    if (!fb_str_ends(fb_str_of(path), FB_STR(".fly"))) {
        return FB_OK;
    }
    assert_true(policy_count < POLICIES_MAX);
    fb_buf_init(&policies[policy_count], FB_POLICY_TEXT_MAX);
    return fb_io_read(path, &policies[policy_count++], error);
}

static enum fb_code read_policy(
    void *ctx, struct fb_str digest, struct fb_buf *out, struct fb_err *error)
{
    uint64_t number = 0;
    (void)ctx;
    assert_true(fb_str_u64(fb_str_sub(digest, sizeof("sha256:") - 1, digest.len), &number));
    fb_buf_add_str(out, fb_buf_str(&policies[number]));
    return fb_buf_check(out, "a policy", error);
}

/* A record of systems 0 to 3 and parties 0 to 2; some forms are refused, as is any that corrects
 * what was corrected. */
static void write_record(size_t n, fb_time now, char out[TEXT_MAX])
{
    static const char *const classes[] = {"death", "cyber_breach", "serious_harm", "near_miss"};
    static const char *const levels[] = {"granted", "refused", "suspended", "applied"};
    static const char *const orders[] = {"\"halt\"", "\"restrict\"", "\"secure\",\"level\":3"};
    char at[FB_TIME_TEXT], head[400], body[800];
    unsigned s = roll(SYSTEMS), p = roll(PARTIES), kind = roll(9);
    fb_time_format(now, at);
    static const char *const kinds[] = {"incident", "report", "evaluation", "order", "licence",
        "audit", "measure", "deployment", "grant"};
    switch (kind) {
    case 0:
        snprintf(body, sizeof(body),
            "\"title\":\"x\",\"class\":\"%s\",\"known_to\":\"party/%u\",\"known_at\":\"%s\"",
            classes[roll(4)], p, at);
        break;
    case 1:
        snprintf(body, sizeof(body), "\"to\":\"office\",\"stage\":\"initial\",\"topic\":\"%s\"",
            roll(2) ? "notification" : "framework");
        break;
    case 2:
        snprintf(body, sizeof(body),
            "\"task\":\"%s\",\"scorer\":\"s\",\"model\":\"m\",\"status\":\"success\",\"began\":"
            "\"%s\",\"ended\":\"%s\",\"samples\":300,\"succeeded_any\":%u,\"succeeded_all\":0,"
            "\"unresolved\":0",
            roll(2) ? "cybench" : "replibench", at, at, roll(3) * 140);
        break;
    case 3:
        snprintf(body, sizeof(body), "\"action\":%s,\"version\":1,\"reasons\":\"y\"%s",
            orders[roll(3)], roll(2) ? ",\"party\":\"party/0\"" : "");
        break;
    case 4:
        snprintf(body, sizeof(body), "\"action\":\"%s\",\"state\":\"%s\",\"version\":%zu",
            roll(2) ? "deploy" : "train", levels[roll(4)], n + 1);
        break;
    case 5:
        snprintf(body, sizeof(body),
            "\"party\":\"party/%u\",\"scope\":\"all\",\"method\":\"documents\",\"result\":"
            "\"passed\",\"began\":\"%s\",\"ended\":\"%s\",\"standard\":\"security\",\"level\":%u",
            p, at, at, roll(5));
        break;
    case 6:
        snprintf(body, sizeof(body), "\"name\":\"security\",\"level\":%u", roll(5));
        break;
    case 7:
        snprintf(body, sizeof(body), "\"scope\":\"%s\",\"autonomy\":%u",
            roll(2) ? "external" : "internal", roll(4));
        break;
    default:
        snprintf(body, sizeof(body),
            "\"party\":\"party/%u\",\"form\":\"activations\",\"state\":\"granted\","
            "\"valid_until\":\"2027-01-01T00:00:00Z\"",
            p);
        break;
    }
    bool is_about = kind != 3 || !strstr(body, "party/0");
    snprintf(head, sizeof(head), "\"subject\":\"system/%u\",", s);
    snprintf(out, TEXT_MAX,
        "{\"at\":\"%s\",\"body\":{%s},\"id\":\"%s/%zu\",\"issuer\":\"party/%u\",\"kind\":\"%s\"%s"
        "%.*s}",
        at, body, kinds[kind], n, roll(PARTIES), kinds[kind], is_about ? "," : "",
        is_about ? (int)strlen(head) - 1 : 0, head);
}

static void assume(struct fb_registry *registry, const char *text, fb_time now)
{
    struct fb_arena own;
    struct fb_buf canonical;
    struct fb_json *root = NULL;
    fb_arena_init(&own, 1 << 20);
    fb_buf_init(&canonical, TEXT_MAX);
    FB_TEST_OK(fb_json_parse(fb_str_of(text), "a record", NULL, &own, &root, &err));
    FB_TEST_OK(fb_json_canonical(root, &canonical, &err));
    FB_TEST_OK(fb_registry_assume(registry, fb_buf_str(&canonical), now, &err));
    fb_buf_release(&canonical);
    fb_arena_release(&own);
}

/* Parties, systems of which some were made from others, policies, and what happens. */
static struct fb_registry *make(size_t first_policy, fb_time *now)
{
    struct fb_registry *registry = NULL;
    char text[TEXT_MAX], at[FB_TIME_TEXT];
    FB_TEST_OK(fb_registry_new(&registry, &err));
    fb_time_format(*now, at);
    for (unsigned p = 0; p < PARTIES; p++) {
        snprintf(text, sizeof(text),
            "{\"at\":\"%s\",\"body\":{\"role\":\"developer\",\"title\":\"P\"},\"id\":\"party/%u\","
            "\"issuer\":\"party/0\",\"kind\":\"party\"}",
            at, p);
        assume(registry, text, *now);
    }
    for (size_t n = first_policy; n < policy_count; n++) {
        snprintf(text, sizeof(text),
            "{\"at\":\"%s\",\"body\":{\"document\":\"sha256:%064zu\",\"name\":\"p/%zu\",\"version\""
            ":1},\"id\":\"policy/%zu\",\"issuer\":\"party/0\",\"kind\":\"policy\"}",
            at, n, n, n);
        assume(registry, text, *now);
    }
    for (unsigned s = 0; s < SYSTEMS; s++) {
        char from[60] = "";
        if (s > 0 && roll(2)) {
            snprintf(from, sizeof(from),
                "\"derivation\":\"fine_tuning\",\"derived_from\":\"system/%u\",", roll(s));
        }
        snprintf(text, sizeof(text),
            "{\"at\":\"%s\",\"body\":{%s\"developer\":\"party/%u\",\"title\":\"S\",\"training_"
            "compute_flop\":%s},\"id\":\"system/%u\",\"issuer\":\"party/0\",\"kind\":\"system\"}",
            at, from, roll(2), roll(3) ? "3e+25" : "3e+22", s);
        assume(registry, text, *now);
    }
    for (size_t n = 0; n < RECORDS; n++) {
        *now += (fb_time)roll(72) * FB_HOUR;
        write_record(n, *now, text);
        assume(registry, text, *now);
    }
    return registry;
}

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

/* Of two rules that share out the systems, one applies to each. */
static void check_scopes(const struct fb_picture *picture)
{
    for (size_t i = 0; i < picture->line_count; i++) {
        const struct fb_line_view *a = &picture->lines[i];
        for (size_t k = 0; k < picture->line_count && fb_str_is(a->rule->name, "small"); k++) {
            const struct fb_line_view *b = &picture->lines[k];
            if (fb_str_is(b->rule->name, "cyber") && fb_str_eq(a->system, b->system)) {
                assert_true(
                    (a->status == FB_LINE_OUT_OF_SCOPE) != (b->status == FB_LINE_OUT_OF_SCOPE));
                scopes_seen++;
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

static void check(struct fb_registry *registry, fb_time now)
{
    struct fb_arena arena;
    struct fb_picture whole;
    fb_arena_init(&arena, (size_t)1 << 30);
    struct fb_govern_input input = {
        .registry = registry, .now = now, .as_of = FB_TIME_MAX, .read_blob = read_policy};
    FB_TEST_OK(fb_govern_evaluate(&input, &arena, &whole, &err));
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
        }
        assert_int_equal(alone.licence_count, FB_ACTION_COUNT);
        narrow_seen += alone.line_count > 0 && alone.line_count < whole.line_count;
        fb_buf_release(&want);
    }
    fb_arena_release(&arena);
}

static void test_alone(void **unused)
{
    const char *root = getenv("FB_SOURCE_ROOT"), *more = getenv("FB_RANDOM_CASES");
    size_t cases = more ? (size_t)strtoul(more, NULL, 10) : CASES;
    char path[4096];
    (void)unused;
    snprintf(path, sizeof(path), "%s/packs", root ? root : ".");
    FB_TEST_OK(fb_io_walk(path, 2, take_policy, NULL, &err));
    size_t packs = policy_count;
    assert_true(packs >= 25 && packs + 2 <= POLICIES_MAX);
    const char *const own[] = {party, wide};
    for (size_t i = 0; i < 2; i++) {
        fb_buf_init(&policies[policy_count], FB_POLICY_TEXT_MAX);
        fb_buf_add_c(&policies[policy_count++], own[i]);
    }
    for (size_t n = 0; n < cases; n++) {
        /* All packs and what binds a party; the two alone; and what reaches to others alone. */
        size_t first = n % 3 == 0 ? 0 : n % 3 == 1 ? packs : packs + 1;
        size_t end = policy_count;
        fb_time now = fb_days_from_civil(2026, 8, 10) * FB_DAY;
        state = 0x9e3779b97f4a7c15u * (n + 1);
        policy_count = first == 0 ? packs + 1 : end;
        struct fb_registry *registry = make(first, &now);
        check(registry, now);
        wide_seen += first > 0;
        fb_registry_free(registry);
        policy_count = end;
    }
    assert_true(narrow_seen > 0 && wide_seen > 0 && bound_seen > cases);
    assert_true(scopes_seen > 0);
    for (size_t i = 0; i < policy_count; i++) {
        fb_buf_release(&policies[i]);
    }
}

static void test_unknown(void **unused)
{
    struct fb_arena arena;
    struct fb_picture picture;
    fb_time now = fb_days_from_civil(2026, 8, 10) * FB_DAY;
    (void)unused;
    state = 7;
    fb_arena_init(&arena, (size_t)1 << 28);
    struct fb_registry *registry = make(policy_count, &now);
    struct fb_govern_input input = {.registry = registry,
        .now = now,
        .as_of = FB_TIME_MAX,
        .read_blob = read_policy,
        .about = FB_STR("nobody")};
    assert_int_equal(fb_govern_evaluate(&input, &arena, &picture, &err), FB_E_NOT_FOUND);
    fb_registry_free(registry);
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

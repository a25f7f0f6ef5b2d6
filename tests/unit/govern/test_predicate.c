/* Tests of src/govern: predicate.c and ask.c: what leaves of safety cases ask of the records, and
 * when the answers change. */
#include "base/io.h"
#include "fb_test.h"
#include "govern/predicate.h"
#include "story.h"

/* Files a case with one leaf that asks this. */
static void ask(struct story *story, const char *predicate)
{
    char text[600], path[128];
    struct fb_docket_added added;
    struct fb_docket_add options = {
        .issuer = FB_STR("dev"), .ingest = {.subject = FB_STR("system/s"), .name = FB_STR("c")}};
    struct fb_arena arena;
    fb_arena_init(&arena, (size_t)1 << 28);
    snprintf(text, sizeof(text), "G1: {supportedBy: [Sn1]}\nSn1: {evidence: '%s'}\n", predicate);
    snprintf(path, sizeof(path), "%s/case-%d", story->folder, story->files++);
    assert_int_equal(fb_io_write(path, fb_str_of(text), 0600, &story->err), FB_OK);
    assert_int_equal(
        fb_docket_add_file(story->docket, path, &options, &arena, &added, &story->err), FB_OK);
    fb_arena_release(&arena);
}

/* Label of the case, and what is known of its leaf: h, f or u, then ! when stale, ? when doubtful.
 */
static const char *known(struct story *s, const char *as_of)
{
    static char out[40];
    const struct fb_picture *picture = story_picture(s, as_of);
    assert_int_equal(picture->case_count, 1);
    const struct fb_case_view *view = &picture->cases[0];
    const struct fb_evidence *e = &view->argument->elements[1].evidence;
    snprintf(out, sizeof(out), "%s %c%s%s", fb_label_name(view->label), "hfu"[e->health],
        e -> is_stale ? "!" : "", e->is_doubtful ? "?" : "");
    assert_non_null(e->why);
    return out;
}

static void record(
    struct story *s, const char *party, const char *kind, const char *id, const char *body)
{
    char text[1000];
    snprintf(text, sizeof(text),
        "{\"kind\":\"%s\",\"id\":\"%s/%s\",\"subject\":\"system/s\",\"at\":\"2026-01-01\","
        "\"body\":{%s}}",
        kind, kind, id, body);
    story_add(s, party, text);
}

#define err s.err

static void test_parse(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"redline a/b/cyber ruled out", "record evaluation/1 stands",
        "measure \"two words\" at level 4", "bound cybench below 20%",
        "bound cybench below 0.2 at 99% confidence; within 180 days; signed by independent",
        "audit security passed", "audit security passed at level 4 ; from 2026-01-01",
        "review of evaluation/1 upheld; signed by party/x", "decision decision/7 granted",
        "risk bio below 1e-3; until 2027-01-01",
        ("record x/1 stands; digest "
         "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")};
    static const char *const BAD[] = {"", "redline", "redline a/b ruled in", "bound x below 120%",
        "bound x below", "bound x below 20% at 30% confidence", "audit x failed",
        "measure x at level", "measure x at level -1", "review evaluation/1 upheld",
        "record x/1 stands; within", "record x/1 stands; within 3 moons",
        "record x/1 stands; within 3 days; within 4 days", "record x/1 stands; signed by",
        "record x/1 stands; digest sha256:12", "record x/1 stands; from soon", "record x/1 stands;",
        "record x/1 stands forever", "redline a/b ruled out; signed by regulator"};
    struct story s = {.files = 0};
    struct fb_predicate p;
    fb_err_init(&err);
    for (size_t i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++) {
        FB_TEST_OK(fb_predicate_parse(fb_str_of(GOOD[i]), &p, &err));
    }
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        FB_TEST_FAILS(fb_predicate_parse(fb_str_of(BAD[i]), &p, &err), FB_E_SYNTAX);
        assert_true(err.hint[0] != 0);
        fb_err_init(&err);
    }
    FB_TEST_FAILS(fb_predicate_parse(
                      FB_STR("record x/1 stands; from 2027-01-01; until 2026-01-01"), &p, &err),
        FB_E_TIME);
}

static void test_records(void **state)
{
    (void)state;
    static const struct {
        const char *predicate;
        const char *known;
    } CASES[] = {
        {"audit security passed at level 3", "in h"},
        {"audit security passed at level 4", "undercut f"},
        {"audit security passed; signed by auditor", "in h"},
        {"audit security passed; signed by regulator", "undecided h?"},
        {"audit security passed; within 30 days", "undecided h!"},
        {"audit security passed at level 4; within 30 days", "undercut f!"},
        {"audit security passed; until 2026-01-15", "undecided h!"},
        {"audit security passed; from 2026-02-01", "undecided h!"},
        {"audit privacy passed", "undecided u"},
        {"risk bio below 0.01", "in h"},
        {"risk bio below 0.005", "undecided u"},
        {"risk bio below 0.0001", "undercut f"},
        {"measure filter at level 2", "in h"},
        {"measure filter at level 3", "undercut f"},
        {"measure wall at level 0", "undecided u"},
        {"decision decision/1 granted", "in h"},
        {"decision decision/1 granted; signed by party/institute", "in h"},
        {"decision decision/1 granted; signed by independent", "in h"},
        {"decision decision/1 granted; signed by lab", "undecided h?"},
        {"decision decision/2 granted", "undercut f"},
        {"decision measure/1 granted", "undecided u"},
        {"decision decision/3 granted", "undecided h!"},
        {"record measure/1 stands", "in h"},
        {"record measure/1 stands; signed by independent", "undecided h?"},
        {"record measure/9 stands", "undecided u"},
        {"record measure/1 stands; digest "
         "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "undecided h?"},
        {"record audit/1 stands; digest "
         "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "in h"},
        {"review of audit/1 upheld", "undecided u"},
        {"redline t/cyber ruled out", "undecided u"},
    };
    struct story s;
    story_begin(&s);
    struct fb_docket_party auditor = {
        .id = FB_STR("check"), .title = FB_STR("Check"), .role = FB_STR("auditor")};
    FB_TEST_OK(fb_docket_introduce(s.docket, &auditor, &err));
    record(&s, "check", "audit", "1",
        "\"party\":\"party/dev\",\"scope\":\"all\",\"method\":\"access\",\"result\":\"passed\","
        "\"began\":\"2025-11-01\",\"ended\":\"2025-12-01\",\"standard\":\"security\",\"level\":3,"
        "\"document\":\"sha256:"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"");
    record(&s, "lab", "risk", "1",
        "\"name\":\"bio\",\"upper\":0.008,\"lower\":0.0001,\"unit\":\"a year\",\"model\":\"m\"");
    record(&s, "dev", "measure", "1", "\"name\":\"filter\",\"level\":2");
    record(&s, "institute", "decision", "1",
        "\"topic\":\"doubt\",\"outcome\":\"granted\",\"reasons\":\"small\"");
    record(&s, "institute", "decision", "2",
        "\"topic\":\"doubt\",\"outcome\":\"refused\",\"reasons\":\"large\"");
    record(&s, "institute", "decision", "3",
        "\"topic\":\"doubt\",\"outcome\":\"granted\",\"reasons\":\"later\",\"valid_from\":"
        "\"2027-01-01\"");
    story_at(&s, "2026-01-20T00:00:00Z");
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        ask(&s, CASES[i].predicate);
        const char *is = known(&s, NULL);
        if (strcmp(is, CASES[i].known) != 0) {
            fail_msg("%s: %s, not %s", CASES[i].predicate, is, CASES[i].known);
        }
    }
    story_end(&s);
}

/* The adverse evaluation governs; age, issuer, flags and reviews count; each change has its
 * instant.
 */
static void test_bounds(void **state)
{
    (void)state;
    static const int64_t good[3] = {5, 300, 0}, bad[3] = {170, 300, 0}, middle[3] = {60, 300, 0};
    struct story s;
    story_begin(&s);
    ask(&s, "bound cybench below 20%; within 90 days; signed by independent");
    assert_string_equal(known(&s, NULL), "undecided u");
    story_at(&s, "2026-01-10T00:00:00Z");
    story_evaluation(&s, "dev", good, "2026-01-10T00:00:00Z");
    assert_string_equal(known(&s, NULL), "undecided h?");
    story_at(&s, "2026-01-20T00:00:00Z");
    story_evaluation(&s, "lab", good, "2026-01-20T00:00:00Z");
    assert_string_equal(known(&s, NULL), "in h");
    story_at(&s, "2026-04-20T00:00:00Z");
    assert_string_equal(known(&s, NULL), "undecided h!");
    assert_int_equal(s.picture.cases[0].since, story_time("2026-04-20T00:00:00Z"));
    story_evaluation(&s, "lab", middle, "2026-04-20T00:00:00Z");
    assert_string_equal(known(&s, NULL), "undecided u");
    story_at(&s, "2026-04-21T00:00:00Z");
    story_evaluation(&s, "lab", bad, "2026-04-21T00:00:00Z");
    assert_string_equal(known(&s, NULL), "undercut f");
    story_at(&s, "2026-04-22T00:00:00Z");
    story_add(&s, "institute",
        "{\"kind\":\"review\",\"id\":\"review/1\",\"at\":\"2026-04-22\",\"body\":{\"about\":"
        "\"evaluation/5\",\"finding\":\"rejected\",\"reasons\":\"tools\"}}");
    const char *after = known(&s, NULL);
    assert_string_equal(after, "undecided u");
    assert_string_equal(known(&s, "2026-04-22T00:00:00Z"), "undercut f");
    story_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse), cmocka_unit_test(test_records),
        cmocka_unit_test(test_bounds)};
    return cmocka_run_group_tests_name("predicate", tests, NULL, NULL);
}

/*
 * Tests of what is admitted over an excerpt (src/govern/docket_excerpt.c): whatever all records
 * refuse is refused, also where several records of one file speak of each other.
 */
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/limit.h"
#include "fb_cut.h"
#include "fb_test.h"
#include "govern/docket_private.h"
#include "story.h"

enum { TEXT_MAX = 1 << 20 };

static struct fb_err err;

static void introduce(struct story *story, const char *id, const char *role)
{
    struct fb_docket_party party = {
        .id = fb_str_of(id), .title = fb_str_of(id), .role = fb_str_of(role)};
    FB_TEST_OK(fb_docket_introduce(story->docket, &party, &err));
}

static void make_index(struct story *story)
{
    uint64_t size;
    FB_TEST_OK(fb_docket_index(story->docket, true, &size, &err));
}

/* Adds a file of statements over the records that they rest on; the parties that they name sign. */
static enum fb_code add_by_excerpt(struct story *story, const char *text, bool *out_by_excerpt)
{
    struct fb_docket *docket = NULL;
    struct fb_docket_added added;
    struct fb_arena arena;
    struct fb_clock clock = fb_clock_fixed(&story->now);
    const struct fb_docket_add options = {.text = fb_str_of(text)};
    fb_arena_init(&arena, 1 << 26);
    fb_err_init(&err);
    FB_TEST_OK(fb_docket_open_to_add(story->docket_path, &clock, true, &docket, &err));
    assert_true(fb_docket_is_excerpt(docket));
    enum fb_code code = fb_docket_add_file(docket, "records.json", &options, &arena, &added, &err);
    *out_by_excerpt = fb_docket_is_excerpt(docket);
    if (code != FB_OK) { /* all records say it in the same words */
        struct fb_err want;
        fb_err_init(&want);
        FB_TEST_OK(fb_docket_catch_up(story->docket, &want));
        assert_int_equal(
            fb_docket_add_file(story->docket, "records.json", &options, &arena, &added, &want),
            code);
        assert_string_equal(err.message, want.message);
        assert_string_equal(err.hint, want.hint);
        assert_string_equal(err.path, want.path);
    }
    fb_docket_close(docket);
    fb_arena_release(&arena);
    return code;
}

static void write_evaluation(const char *id, const char *issuer, char *out, size_t size)
{
    snprintf(out, size,
        "{\"kind\":\"evaluation\",\"id\":\"evaluation/%s\",\"issuer\":\"party/%s\",\"subject\":"
        "\"system/s\",\"at\":\"2026-01-02\",\"body\":{\"task\":\"cybench\",\"scorer\":\"includes\","
        "\"model\":\"m\",\"status\":\"success\",\"began\":\"2026-01-02\",\"ended\":\"2026-01-02\","
        "\"samples\":300,\"succeeded_any\":1,\"succeeded_all\":1,\"unresolved\":0}}",
        id, issuer);
}

/* Who evaluated the same reviews nothing, also when what is reviewed comes in the same file. */
static void test_side_of_batch(void **unused)
{
    static const char review[] =
        "{\"kind\":\"review\",\"id\":\"review/x\",\"issuer\":\"party/aud\",\"at\":\"2026-01-03\","
        "\"body\":{\"about\":\"evaluation/new\",\"finding\":\"rejected\",\"reasons\":\"r\"}}";
    struct story story;
    char text[4096], other[2048];
    bool by_excerpt;
    (void)unused;
    story_begin(&story);
    story_at(&story, "2026-01-03T00:00:00Z");
    introduce(&story, "aud", "auditor");
    write_evaluation("own", "aud", text, sizeof(text));
    story_add(&story, "aud", text);
    introduce(&story, "aud2", "auditor");
    make_index(&story);
    write_evaluation("new", "lab", other, sizeof(other));
    snprintf(text, sizeof(text), "[%s,%s]", other, review);
    assert_int_equal(add_by_excerpt(&story, text, &by_excerpt), FB_E_ROLE);
    assert_non_null(strstr(err.message, "evaluated the same"));
    /* Of another party it is admitted, out of few records. */
    char *named = strstr(text, "party/aud\"");
    memmove(named + 10, named + 9, strlen(named + 9) + 1);
    named[9] = '2';
    assert_int_equal(add_by_excerpt(&story, text, &by_excerpt), FB_OK);
    assert_true(by_excerpt);
    story_end(&story);
}

/* The licence before asks for two signatures, also where the next one names its system by a
 * correction that comes in the same file. */
static void test_licence_of_batch(void **unused)
{
    static const char first[] =
        "{\"kind\":\"licence\",\"id\":\"licence/1\",\"subject\":\"system/s\",\"at\":"
        "\"2026-01-01\",\"body\":{\"action\":\"deploy\",\"state\":\"refused\",\"version\":1,"
        "\"change_needs\":2}}";
    static const char batch[] =
        "[{\"kind\":\"system\",\"id\":\"system/s-2\",\"issuer\":\"party/dev\",\"supersedes\":"
        "\"system/s\",\"at\":\"2026-01-01\",\"body\":{\"title\":\"S\",\"developer\":"
        "\"party/dev\"}},"
        "{\"kind\":\"licence\",\"id\":\"licence/2\",\"issuer\":\"party/institute\",\"subject\":"
        "\"system/s-2\",\"at\":\"2026-01-01\",\"body\":{\"action\":\"deploy\",\"state\":"
        "\"granted\",\"version\":2}}]";
    struct story story;
    bool by_excerpt;
    (void)unused;
    story_begin(&story);
    introduce(&story, "institute2", "regulator");
    story_add(&story, "institute", first);
    introduce(&story, "aud", "auditor");
    make_index(&story);
    assert_int_equal(add_by_excerpt(&story, batch, &by_excerpt), FB_E_SIGNATURE);
    story_end(&story);
}

/* A public key is declared once, whoever declares it again. */
static void test_key_again(void **unused)
{
    struct story story;
    struct fb_sshkey_secret secret;
    struct fb_buf line;
    char text[2048], print[FB_SSHKEY_FINGERPRINT];
    bool by_excerpt;
    (void)unused;
    story_begin(&story);
    introduce(&story, "aud", "auditor");
    introduce(&story, "aud2", "auditor");
    make_index(&story);
    FB_TEST_OK(fb_docket_key(story.docket, FB_STR("party/lab"), &secret, &err));
    fb_buf_init(&line, 1024);
    fb_sshkey_format(&secret.key, &line);
    snprintf(text, sizeof(text),
        "{\"kind\":\"key\",\"id\":\"key/again\",\"issuer\":\"party/institute\",\"at\":"
        "\"2026-01-01\",\"body\":{\"party\":\"party/aud\",\"public_key\":\"%.*s\","
        "\"fingerprint\":\"%s\"}}",
        (int)line.len, line.ptr, fb_sshkey_fingerprint(&secret.key, print));
    assert_int_equal(add_by_excerpt(&story, text, &by_excerpt), FB_E_DUPLICATE);
    fb_sshkey_wipe(&secret);
    fb_buf_release(&line);
    story_end(&story);
}

/* A docket that an operator keeps, who made a regulator. */
static void begin_of_operator(struct story *story)
{
    struct fb_docket_party op = {
        .id = FB_STR("op"), .title = FB_STR("Op"), .role = FB_STR("operator")};
    struct fb_docket_make make = {.name = FB_STR("operator"), .simulated = true};
    memset(story, 0, sizeof(*story));
    fb_arena_init(&story->arena, 1 << 20);
    snprintf(story->folder, sizeof(story->folder), "%s/fb-add-XXXXXX", fb_test_quick_folder());
    assert_non_null(mkdtemp(story->folder));
    snprintf(story->docket_path, sizeof(story->docket_path), "%s/docket", story->folder);
    story_at(story, "2026-01-01T00:00:00Z");
    struct fb_clock clock = fb_clock_fixed(&story->now);
    FB_TEST_OK(fb_docket_init(story->docket_path, &make, &op, &clock, &err));
    FB_TEST_OK(fb_docket_open(story->docket_path, &clock, true, &story->docket, &err));
    introduce(story, "r", "regulator");
    introduce(story, "aud", "auditor");
    make_index(story);
}

/* Once there is a regulator an operator makes no other, and has no key more for it. */
static void test_regulators(void **unused)
{
    struct story story;
    struct fb_sshkey_secret secret;
    struct fb_buf line;
    char text[2048], print[FB_SSHKEY_FINGERPRINT];
    bool by_excerpt;
    (void)unused;
    begin_of_operator(&story);
    assert_int_equal(add_by_excerpt(&story,
                         "{\"kind\":\"party\",\"id\":\"party/r2\",\"issuer\":\"party/op\",\"at\":"
                         "\"2026-01-01\",\"body\":{\"title\":\"R\",\"role\":\"regulator\"}}",
                         &by_excerpt),
        FB_E_ROLE);
    fb_sshkey_generate(&secret);
    fb_buf_init(&line, 1024);
    fb_sshkey_format(&secret.key, &line);
    snprintf(text, sizeof(text),
        "{\"kind\":\"key\",\"id\":\"key/more\",\"issuer\":\"party/op\",\"at\":"
        "\"2026-01-01\",\"body\":{\"party\":\"party/r\",\"public_key\":\"%.*s\","
        "\"fingerprint\":\"%s\"}}",
        (int)line.len, line.ptr, fb_sshkey_fingerprint(&secret.key, print));
    assert_int_equal(add_by_excerpt(&story, text, &by_excerpt), FB_E_ROLE);
    fb_sshkey_wipe(&secret);
    fb_buf_release(&line);
    story_end(&story);
}

/* What another party names, too, only others erase, though one's own record is at hand. */
static void test_erasure_of_others(void **unused)
{
    static const char digest[] =
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    struct story story;
    char text[600];
    bool by_excerpt;
    (void)unused;
    story_begin(&story);
    for (int own = 0; own < 2; own++) {
        introduce(&story, own ? "aud2" : "aud", "auditor");
        snprintf(text, sizeof(text),
            "{\"kind\":\"decision\",\"id\":\"decision/%d\",\"at\":\"2026-01-01\",\"body\":"
            "{\"topic\":\"x\",\"outcome\":\"noted\",\"reasons\":\"r\",\"document\":\"%s\"}}",
            own, digest);
        story_add(&story, own ? "dev" : "institute", text);
    }
    make_index(&story);
    snprintf(text, sizeof(text),
        "{\"kind\":\"erasure\",\"id\":\"erasure/x\",\"issuer\":\"party/dev\",\"at\":"
        "\"2026-01-01\",\"body\":{\"digest\":\"%s\",\"reason\":\"r\",\"bytes\":1}}",
        digest);
    assert_int_equal(add_by_excerpt(&story, text, &by_excerpt), FB_E_ROLE);
    story_end(&story);
}

/* What a log or an account is of is found by the name that it has there. */
static void test_found_by_name(void **unused)
{
    static const char system[] =
        "{\"kind\":\"system\",\"id\":\"system/m\",\"issuer\":\"party/dev\",\"at\":\"2026-01-01\","
        "\"body\":{\"title\":\"M\",\"developer\":\"party/dev\",\"models\":[\"model/m\"]}}";
    static const char run[] =
        "{\"kind\":\"run\",\"id\":\"run/m\",\"issuer\":\"party/dev\",\"subject\":\"system/m\","
        "\"at\":\"2026-01-01\",\"body\":{\"title\":\"R\",\"state\":\"running\",\"job_names\":["
        "\"job-m\"]}}";
    static const char usage[] =
        "{\"kind\":\"usage\",\"id\":\"usage/m\",\"issuer\":\"party/dev\",\"at\":\"2026-01-01\","
        "\"body\":{\"cluster\":\"c\",\"job\":\"1\",\"job_name\":\"job-m\",\"state\":\"COMPLETED\","
        "\"started\":\"2026-01-01\",\"ended\":\"2026-01-01\",\"gpus\":8,\"gpu_seconds\":0}}";
    struct story story;
    bool by_excerpt;
    (void)unused;
    story_begin(&story);
    story_add(&story, "dev", system);
    story_add(&story, "dev", run);
    introduce(&story, "aud", "auditor");
    make_index(&story);
    FB_TEST_OK(add_by_excerpt(&story, usage, &by_excerpt));
    assert_true(by_excerpt);
    FB_TEST_OK(fb_docket_catch_up(story.docket, &err));
    const struct fb_record *found = fb_registry_find(story.docket->registry, FB_STR("usage/m"));
    assert_true(fb_str_is(found->subject, "system/m"));
    assert_true(fb_str_is(fb_record_text(found, "run"), "run/m"));
    introduce(&story, "aud2", "auditor");
    /* As a log of its model asks for it. */
    struct fb_docket *docket = NULL;
    struct fb_clock clock = fb_clock_fixed(&story.now);
    FB_TEST_OK(fb_docket_open_to_add(story.docket_path, &clock, true, &docket, &err));
    assert_null(fb_registry_system_of_model(docket->registry, FB_STR("model/m")));
    FB_TEST_OK(fb_docket_need(docket, FB_KIND_system, "models", FB_STR("model/m"), &err));
    assert_non_null(fb_registry_system_of_model(docket->registry, FB_STR("model/m")));
    fb_docket_close(docket);
    story_end(&story);
}

/* Who signs for a file without an issuer is known also when all records are read in the middle. */
static void test_issuer_of_many(void **unused)
{
    struct story story;
    struct fb_buf text;
    bool by_excerpt;
    (void)unused;
    story_begin(&story);
    make_index(&story);
    fb_buf_init(&text, TEXT_MAX);
    fb_limit_lower(FB_DOCKET_FEW_MAX, 1);
    for (int n = 0; n < 2; n++) {
        fb_buf_addf(&text,
            "%s{\"kind\":\"order\",\"id\":\"order/%d\",\"subject\":\"system/s\",\"at\":"
            "\"2026-01-01\",\"body\":{\"action\":\"restrict\",\"version\":1,\"reasons\":\"r\"}}%s",
            n ? "," : "[", n, n ? "]" : "");
    }
    FB_TEST_OK(fb_buf_check(&text, "the text", &err));
    assert_int_equal(add_by_excerpt(&story, text.ptr, &by_excerpt), FB_OK);
    assert_false(by_excerpt);
    fb_limit_lower(FB_DOCKET_FEW_MAX, FB_DOCKET_FEW_MAX);
    /* And when an excerpt cannot say why it is refused, so that all records are asked. */
    fb_buf_clear(&text);
    fb_buf_addf(&text, "{\"kind\":\"order\",\"id\":\"order/5\",\"subject\":\"system/t\",\"at\":"
                       "\"2026-01-01\",\"body\":{\"action\":\"restrict\",\"version\":1,"
                       "\"reasons\":\"r\"}}");
    assert_int_equal(add_by_excerpt(&story, text.ptr, &by_excerpt), FB_E_REFERENCE);
    assert_non_null(strstr(err.hint, "system/s"));
    assert_false(by_excerpt);
    fb_buf_release(&text);
    story_end(&story);
}

/* Of a file that is refused out of few records nothing stays, and what is right is admitted then.
 */
static void test_refused(void **unused)
{
    static const char good[] =
        "{\"kind\":\"order\",\"id\":\"order/%d\",\"issuer\":\"party/%s\",\"subject\":\"system/s\","
        "\"at\":\"2026-01-01\",\"body\":{\"action\":\"restrict\",\"version\":1,\"reasons\":\"r\"}}";
    struct story story;
    struct fb_docket *docket = NULL;
    struct fb_docket_added added;
    char one[400], other[400], text[1000];
    (void)unused;
    story_begin(&story);
    make_index(&story);
    snprintf(one, sizeof(one), good, 1, "institute");
    snprintf(other, sizeof(other), good, 2, "lab");
    snprintf(text, sizeof(text), "[%s,%s]", one, other);
    struct fb_clock clock = fb_clock_fixed(&story.now);
    FB_TEST_OK(fb_docket_open_to_add(story.docket_path, &clock, true, &docket, &err));
    uint64_t size = fb_registry_size(docket->registry);
    for (int n = 0; n < 3; n++) {
        struct fb_docket_add options = {.text = fb_str_of(n == 1 ? one : text)};
        enum fb_code code =
            fb_docket_add_file(docket, "records.json", &options, &story.arena, &added, &err);
        assert_int_equal(code, n == 1 ? FB_OK : n == 0 ? FB_E_ROLE : FB_E_DUPLICATE);
        assert_true(fb_docket_is_excerpt(docket));
        assert_int_equal(fb_registry_size(docket->registry), size + (n > 0));
        fb_err_init(&err);
    }
    fb_docket_close(docket);
    story_end(&story);
}

static bool is_told_by_excerpt(struct story *story)
{
    struct fb_docket *docket = NULL;
    struct fb_picture picture;
    struct fb_verdict verdict;
    struct fb_clock clock = fb_clock_fixed(&story->now);
    const struct fb_docket_question question = {.as_of = FB_TIME_MAX,
        .brief = true,
        .verdict = FB_STR("licence:train:system/s"),
        .is_told_whole = true,
        .out_verdict = &verdict};
    FB_TEST_OK(fb_docket_open_asked(
        story->docket_path, &clock, true, &question, &story->arena, &docket, &picture, &err));
    bool by_excerpt = fb_docket_is_excerpt(docket);
    fb_docket_close(docket);
    return by_excerpt;
}

/* What was corrected is told below an explanation: then all records give it. */
static void test_told_whole(void **unused)
{
    static const char *const records[] = {
        "{\"kind\":\"system\",\"id\":\"system/s-2\",\"issuer\":\"party/dev\",\"supersedes\":"
        "\"system/s\",\"at\":\"2026-01-03\",\"body\":{\"title\":\"S\",\"developer\":\"party/"
        "dev\"}}",
        "{\"kind\":\"review\",\"id\":\"review/x\",\"issuer\":\"party/aud\",\"at\":\"2026-01-03\","
        "\"body\":{\"about\":\"evaluation/new\",\"finding\":\"rejected\",\"reasons\":\"r\"}}",
        "{\"kind\":\"decision\",\"id\":\"decision/x\",\"issuer\":\"party/institute\",\"at\":"
        "\"2026-01-03\",\"body\":{\"topic\":\"x\",\"outcome\":\"noted\",\"reasons\":\"r\"}}"};
    (void)unused;
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        struct story story;
        bool by_excerpt;
        char text[2048];
        story_begin(&story);
        story_at(&story, "2026-01-03T00:00:00Z");
        introduce(&story, "aud", "auditor");
        write_evaluation("new", "lab", text, sizeof(text));
        story_add(&story, "lab", text);
        make_index(&story);
        assert_true(is_told_by_excerpt(&story));
        FB_TEST_OK(add_by_excerpt(&story, records[i], &by_excerpt));
        assert_false(is_told_by_excerpt(&story));
        story_end(&story);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_side_of_batch),
        cmocka_unit_test(test_licence_of_batch),
        cmocka_unit_test(test_key_again),
        cmocka_unit_test(test_erasure_of_others),
        cmocka_unit_test(test_regulators),
        cmocka_unit_test(test_found_by_name),
        cmocka_unit_test(test_issuer_of_many),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_told_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

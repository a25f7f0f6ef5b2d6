/* Tests of docket.c, docket_add.c and docket_file.c: making a docket, filing, refusing, failing. */
#include <errno.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/io.h"
#include "fb_test.h"
#include "ledger/blob.h"
#include "record/sshkey.h"
#include "story.h"

static struct fb_err err;

/* A path inside the folder of a story. */
static const char *in(const struct story *s, const char *name)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s", s->folder, name);
    return path;
}

static enum fb_code init(
    const struct story *s, const char *folder, const char *name, const char *role)
{
    struct fb_clock clock = fb_clock_fixed(&s->now);
    struct fb_docket_party party = {
        .id = FB_STR("keeper"), .title = FB_STR("Keeper"), .role = fb_str_of(role)};
    fb_err_init(&err);
    struct fb_docket_make make = {.name = fb_str_of(name), .simulated = true};
    return fb_docket_init(in(s, folder), &make, &party, &clock, &err);
}

static uint64_t size_of(struct story *s)
{
    uint64_t size = 0;
    FB_TEST_OK(fb_ledger_size(fb_docket_ledger(s->docket), &size, &err));
    return size;
}

static void test_init_refuses(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    FB_TEST_FAILS(init(&s, "docket", "story", "regulator"), FB_E_DUPLICATE);
    FB_TEST_FAILS(init(&s, "d", "d", ""), FB_E_USAGE);
    FB_TEST_FAILS(init(&s, "d", "two words", "regulator"), FB_E_SYNTAX);
    /* What was refused leaves nothing that stands in the way of the next try. */
    FB_TEST_FAILS(init(&s, "d", "d", "emperor"), FB_E_SCHEMA);
    assert_false(fb_io_exists(in(&s, "d/ledger.db")));
    assert_false(fb_io_exists(in(&s, "d/keys/log.key")));
    assert_false(fb_io_exists(in(&s, "d/keys/keeper")));
    FB_TEST_OK(init(&s, "d", "d", "regulator"));
    struct stat st;
    assert_int_equal(stat(in(&s, "d/keys/keeper"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(in(&s, "d/keys/log.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    /* A key without its ledger may have signed checkpoints: it is not used for another log. */
    fb_io_remove(in(&s, "d/ledger.db"));
    FB_TEST_FAILS(init(&s, "d", "d", "regulator"), FB_E_DUPLICATE);
    story_end(&s);
}

/* Init killed after the ledger was made, and after the first key was. */
static void test_init_again(void **state)
{
    (void)state;
    struct story s;
    struct fb_note_signer signer;
    struct fb_docket *docket = NULL;
    story_begin(&s);
    struct fb_clock clock = fb_clock_fixed(&s.now);
    fb_err_init(&err);
    FB_TEST_OK(fb_io_mkdir(in(&s, "d/keys"), 0700, &err));
    FB_TEST_OK(fb_note_signer_generate(FB_STR("simulated/d"), &signer, &err));
    FB_TEST_OK(fb_note_signer_write(&signer, in(&s, "d/keys/log.key"), &err));
    struct fb_ledger_options options = {.signer = &signer};
    FB_TEST_OK(fb_ledger_create(in(&s, "d/ledger.db"), &options, &err));
    fb_note_signer_wipe(&signer);

    FB_TEST_OK(fb_docket_open(in(&s, "d"), &clock, true, &docket, &err));
    struct fb_docket_party party = {
        .id = FB_STR("x"), .title = FB_STR("X"), .role = FB_STR("developer")};
    FB_TEST_FAILS(fb_docket_introduce(docket, &party, &err), FB_E_NOT_FOUND);
    assert_non_null(strstr(err.hint, "flyball init"));
    fb_docket_close(docket);

    struct fb_sshkey_secret secret;
    fb_sshkey_generate(&secret);
    FB_TEST_OK(fb_sshkey_write(&secret, in(&s, "d/keys/keeper"), "party/keeper", &err));
    fb_sshkey_wipe(&secret);
    FB_TEST_FAILS(init(&s, "d", "other", "regulator"), FB_E_DUPLICATE);
    assert_true(fb_io_exists(in(&s, "d/ledger.db")));
    FB_TEST_OK(init(&s, "d", "d", "regulator"));
    FB_TEST_OK(fb_docket_open(in(&s, "d"), &clock, true, &docket, &err));
    assert_int_equal(fb_registry_count(fb_docket_registry(docket)), 2);
    fb_docket_close(docket);
    story_end(&s);
}

/* Wherever memory or the disk fails: an error, and then the same call succeeds. */
static void test_init_faults(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    enum fb_code code = FB_E_NOMEM;
    char name[16];
    for (int n = 0; code != FB_OK && n < 3000; n += n < 20 ? 1 : 83) {
        snprintf(name, sizeof(name), "m%d", n);
        fb_alloc_fail_at(n);
        code = init(&s, name, "d", "regulator");
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || err.message[0]);
        if (code != FB_OK && fb_io_exists(in(&s, name))) {
            FB_TEST_OK(init(&s, name, "d", "regulator"));
        }
    }
    assert_int_equal(code, FB_OK);
    code = FB_E_IO;
    for (int n = 0; code != FB_OK && n < 300; n++) {
        snprintf(name, sizeof(name), "i%d", n);
        fb_io_fail_at(n, ENOSPC);
        code = init(&s, name, "d", "regulator");
        fb_io_fail_at(-1, 0);
        assert_true(code == FB_OK || err.message[0]);
        if (code != FB_OK) {
            FB_TEST_OK(init(&s, name, "d", "regulator"));
        }
    }
    assert_int_equal(code, FB_OK);
    story_end(&s);
}

static void test_introduce(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    fb_err_init(&err);
    uint64_t size = size_of(&s);
    struct fb_docket_party dev = {
        .id = FB_STR("dev"), .title = FB_STR("Again"), .role = FB_STR("developer")};
    FB_TEST_FAILS(fb_docket_introduce(s.docket, &dev, &err), FB_E_DUPLICATE);
    assert_true(fb_io_exists(in(&s, "docket/keys/dev")));
    /* Names that would lead out of the folder, or to the key of another. */
    static const char *const names[] = {"../evil", "a/../../evil", "dev.pub", "log.key", ".", "..",
        "", "party/", "A B", "x\n", "\033[2J"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        dev.id = fb_str_of(names[i]);
        enum fb_code code = fb_docket_introduce(s.docket, &dev, &err);
        if (code == FB_OK) {
            size += 2;
        }
        assert_int_equal(size_of(&s), size);
        assert_false(fb_io_exists(in(&s, "evil")));
        assert_false(fb_io_exists(in(&s, "docket/evil")));
    }
    story_add(&s, "dev",
        "{\"kind\":\"system\",\"id\":\"system/t\",\"at\":\"2026-01-01\",\"body\":{\"title\":\"T\","
        "\"developer\":\"party/dev\"}}");
    dev.id = FB_STR("new");
    dev.role = FB_STR("emperor");
    FB_TEST_FAILS(fb_docket_introduce(s.docket, &dev, &err), FB_E_SCHEMA);
    assert_false(fb_io_exists(in(&s, "docket/keys/new")));
    assert_false(fb_io_exists(in(&s, "docket/keys/new.pub")));
    story_end(&s);
}

static const char *const system_t =
    "{\"kind\":\"system\",\"id\":\"system/t\",\"at\":\"2026-01-01\",\"body\":{\"title\":\"T\","
    "\"developer\":\"party/dev\"}}";

/* What another process finds after a failure: the ledger verifies whole and holds so many records,
 * so nothing of the record that failed, and nothing that came before is lost. */
static void check_reopened(const struct story *s, uint64_t size)
{
    struct fb_clock clock = fb_clock_fixed(&s->now);
    struct fb_docket *docket = NULL;
    uint64_t found = 0;
    FB_TEST_OK(fb_docket_open(in(s, "docket"), &clock, true, &docket, &err));
    FB_TEST_OK(fb_ledger_size(fb_docket_ledger(docket), &found, &err));
    assert_int_equal(found, size);
    struct fb_ledger_report report;
    FB_TEST_OK(fb_ledger_verify(fb_docket_ledger(docket), NULL, NULL, &report, &err));
    assert_int_equal(report.size, size);
    fb_docket_close(docket);
}

static void test_add_faults(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    fb_err_init(&err);
    uint64_t size = size_of(&s);
    FB_TEST_OK(fb_io_write(in(&s, "t.json"), fb_str_of(system_t), 0600, &err));
    struct fb_docket_add options = {.issuer = FB_STR("dev")};
    for (int kind = 0; kind < 2; kind++) {
        enum fb_code code = FB_E_IO;
        for (int n = 0; code != FB_OK && n < 20000; n += kind == 1 || n < 60 ? 1 : 61) {
            struct fb_arena arena;
            struct fb_docket_added added;
            fb_arena_init(&arena, 1 << 24);
            if (kind == 0) {
                fb_alloc_fail_at(n);
            } else {
                fb_io_fail_at(n, EIO);
            }
            code = fb_docket_add_file(s.docket, in(&s, "t.json"), &options, &arena, &added, &err);
            fb_alloc_fail_at(-1);
            fb_io_fail_at(-1, 0);
            fb_arena_release(&arena);
            assert_int_equal(size_of(&s), code == FB_OK ? size + 1 : size);
            if (n % 10 == 9 || code == FB_OK) {
                check_reopened(&s, code == FB_OK ? size + 1 : size);
            }
        }
        assert_int_equal(code, FB_OK);
        size++;
        char again[512];
        snprintf(again, sizeof(again), "%s", system_t);
        memcpy(strstr(again, "system/t"), "system/u", 8);
        FB_TEST_OK(fb_io_write(in(&s, "t.json"), fb_str_of(again), 0600, &err));
    }
    story_end(&s);
}

static const char policy_text[] =
    "policy \"t\"\n"
    "  title \"T\"\n"
    "  source \"test\"\n"
    "  version 1\n"
    "\n"
    "redline cyber(S)\n"
    "  measure success of S on \"cybench\"\n"
    "  applies to systems with training compute >= 1e25 FLOP, or designated\n"
    "  crossed at 50% with 95% confidence\n"
    "\n"
    "commitment hold(S) by \"dev\"\n"
    "  while cyber(S) crossed or not ruled out\n"
    "  may not deploy S externally\n";

/* A record that names a document must not stop the docket: what cannot be read is refused. */
static void test_documents_are_there(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    uint64_t size = size_of(&s);
    static const char bare[] =
        "{\"kind\":\"policy\",\"id\":\"policy/x@1\",\"at\":\"2026-01-01\",\"body\":{\"name\":\"x\","
        "\"version\":1,\"document\":\"sha256:"
        "0000000000000000000000000000000000000000000000000000000000000000\"}}";
    assert_int_equal(story_try(&s, "dev", bare), FB_E_REFERENCE);
    assert_non_null(strstr(s.err.message, "document"));
    static const char bare_case[] =
        "{\"kind\":\"case\",\"id\":\"case/x\",\"subject\":\"system/s\",\"at\":\"2026-01-01\","
        "\"body\":{\"name\":\"x\",\"top\":\"all is well\",\"document\":\"sha256:"
        "0000000000000000000000000000000000000000000000000000000000000000\"}}";
    assert_int_equal(story_try(&s, "dev", bare_case), FB_E_REFERENCE);
    assert_int_equal(size_of(&s), size);

    /* A document that is there, under another name or version than its own. */
    story_add(&s, "dev", policy_text);
    const struct fb_registry *registry = fb_docket_registry(s.docket);
    struct fb_str digest =
        fb_record_text(fb_registry_at(registry, fb_registry_count(registry) - 1), "document");
    static const char *const claims[] = {
        "\"name\":\"u\",\"version\":1", "\"name\":\"t\",\"version\":2"};
    size = size_of(&s);
    for (size_t i = 0; i < 2; i++) {
        char text[512];
        snprintf(text, sizeof(text),
            "{\"kind\":\"policy\",\"id\":\"policy/y\",\"at\":\"2026-01-01\",\"body\":{%s,"
            "\"document\":\"%.*s\"}}",
            claims[i], FB_STR_ARG(digest));
        assert_int_equal(story_try(&s, "dev", text), FB_E_MISMATCH);
    }
    assert_int_equal(size_of(&s), size);
    assert_int_equal(story_picture(&s, NULL)->policy_count, 1);
    story_end(&s);
}

/* Nobody ends the policy of another party by filing a later version of it. */
static void test_policy_of_another(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    story_add(&s, "institute", policy_text);
    char later[sizeof(policy_text)];
    memcpy(later, policy_text, sizeof(later));
    *strstr(later, "version 1") = 'v';
    strstr(later, "version 1")[8] = '2';
    uint64_t size = size_of(&s);
    assert_int_equal(story_try(&s, "dev", later), FB_E_ROLE);
    assert_non_null(strstr(s.err.message, "party/institute"));
    assert_int_equal(size_of(&s), size);
    story_add(&s, "institute", later);
    assert_int_equal(story_picture(&s, NULL)->policy_count, 2);
    story_end(&s);
}

/* A policy that a record supersedes is expired from then on; that it was in force stays. */
static void test_superseded_policy(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    story_add(&s, "dev", policy_text);
    const struct fb_registry *registry = fb_docket_registry(s.docket);
    struct fb_str digest =
        fb_record_text(fb_registry_at(registry, fb_registry_count(registry) - 1), "document");
    char text[512];
    snprintf(text, sizeof(text),
        "{\"kind\":\"policy\",\"id\":\"policy/t-2\",\"supersedes\":\"policy/t@1\",\"at\":"
        "\"2026-01-01\",\"body\":{\"name\":\"t\",\"version\":1,\"document\":\"%.*s\"}}",
        FB_STR_ARG(digest));
    story_at(&s, "2026-01-05T00:00:00Z");
    story_add(&s, "dev", text);
    const struct fb_picture *p = story_picture(&s, NULL);
    assert_int_equal(p->policy_count, 2);
    assert_int_equal(p->policies[0].force, FB_EXPIRED);
    assert_int_equal(p->policies[1].force, FB_IN_FORCE);
    assert_int_equal(p->duty_count, 2);
    assert_int_equal(p->duties[0].obligation.status, FB_DUTY_RELAXED);
    assert_int_equal(p->duties[1].obligation.status, FB_DUTY_HELD);
    story_end(&s);
}

/* A policy whose text was erased ends the evaluation with its name: no rule is left out. */
static void test_erased_policy(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    story_add(&s, "institute", policy_text);
    const struct fb_registry *registry = fb_docket_registry(s.docket);
    struct fb_str digest =
        fb_record_text(fb_registry_at(registry, fb_registry_count(registry) - 1), "document");
    char path[4096];
    uint8_t bytes[FB_SHA256_SIZE];
    fb_err_init(&err);
    assert_true(fb_hex_decode(fb_str_sub(digest, 7, digest.len), bytes, sizeof(bytes)));
    FB_TEST_OK(fb_blob_path(in(&s, "docket/blobs"), bytes, path, sizeof(path), &err));
    assert_true(fb_io_exists(path));
    fb_io_remove(path);
    struct fb_arena arena;
    struct fb_picture picture;
    fb_arena_init(&arena, 1 << 24);
    fb_err_init(&err);
    FB_TEST_FAILS(
        fb_docket_evaluate(s.docket, FB_TIME_MAX, &arena, &picture, &err), FB_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "policy/t@1"));
    fb_arena_release(&arena);
    story_end(&s);
}

/* The clock was set back: time does not run before the last record. */
static void test_clock_set_back(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    story_at(&s, "2026-03-01");
    story_add(&s, "institute", policy_text);
    fb_time last = s.now;
    story_at(&s, "2026-02-01");
    const struct fb_picture *picture = story_picture(&s, NULL);
    assert_true(picture->now == last);
    assert_int_equal(picture->policies[0].force, FB_IN_FORCE);
    assert_int_equal(picture->duty_count, 1);
    story_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_init_refuses),
        cmocka_unit_test(test_init_again), cmocka_unit_test(test_init_faults),
        cmocka_unit_test(test_introduce), cmocka_unit_test(test_add_faults),
        cmocka_unit_test(test_documents_are_there), cmocka_unit_test(test_policy_of_another),
        cmocka_unit_test(test_superseded_policy), cmocka_unit_test(test_erased_policy),
        cmocka_unit_test(test_clock_set_back)};
    return cmocka_run_group_tests_name("docket", tests, NULL, NULL);
}

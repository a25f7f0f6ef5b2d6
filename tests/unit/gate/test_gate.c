/*
 * Tests of gate.c: it is open only when all is well, and closed at every error, whichever
 * allocation or file call fails.
 */
#include "gate/gate.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/io.h"
#include "fb_test.h"
#include "forged.h"

static struct fb_err err;
static struct story story;

static int set_up(void **state)
{
    (void)state;
    fb_err_init(&err);
    story_begin(&story);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    story_end(&story);
    return 0;
}

static struct fb_gate_question about(const char *system, enum fb_action action)
{
    return (struct fb_gate_question){.docket = story.docket_path,
        .clock = fb_clock_fixed(&story.now),
        .is_simulated_clock = true,
        .system = fb_str_of(system),
        .action = action};
}

/* Asks once; *out says whether it was open. */
static enum fb_code ask(struct fb_gate *gate, const struct fb_gate_question *question, bool *out)
{
    struct fb_gate_answer answer;
    enum fb_code code = fb_gate_ask(gate, question, &answer, &err);
    *out = answer.allowed;
    assert_true(code == FB_OK || !answer.allowed);
    fb_gate_answer_free(&answer);
    return code;
}

static void order(const char *id, const char *action, int version, const char *more)
{
    char text[500];
    snprintf(text, sizeof(text),
        "{\"kind\":\"order\",\"id\":\"%s\",\"subject\":\"system/"
        "s\",\"at\":\"2026-01-01\",\"body\":{"
        "\"action\":\"%s\",\"version\":%d,\"reasons\":\"r\"%s}}",
        id, action, version, more);
    story_add(&story, "institute", text);
}

/* The gate says what the picture says, for each action. */
static void test_follows_orders(void **state)
{
    (void)state;
    static const struct {
        const char *action, *more;
        bool train;
    } cases[] = {{"halt", "", false}, {"restrict", "", true}, {"secure", ",\"level\":4", true}};
    for (int i = 0; i < 3; i++) {
        char id[20], release[60];
        bool open = false;
        struct fb_gate gate = {0};
        struct fb_gate_question question = about("s", FB_ACTION_TRAIN);
        snprintf(id, sizeof(id), "order/%d", 2 * i + 1);
        order(id, cases[i].action, 1, cases[i].more);
        FB_TEST_OK(ask(&gate, &question, &open));
        assert_int_equal(open, cases[i].train);
        question.action = FB_ACTION_DEPLOY;
        FB_TEST_OK(ask(&gate, &question, &open));
        assert_false(open);
        snprintf(release, sizeof(release), ",\"releases\":\"%s\"", id);
        snprintf(id, sizeof(id), "order/%d", 2 * i + 2);
        order(id, "release", 2, release);
        for (int action = 0; action < FB_ACTION_COUNT; action++) {
            question.action = (enum fb_action)action;
            FB_TEST_OK(ask(&gate, &question, &open));
            assert_int_equal(open, story_may(&story, (enum fb_action)action));
        }
        assert_true(story_may(&story, FB_ACTION_TRAIN));
    }
}

static const char law[] = "policy \"test/law\"\n"
                          "  title \"A law\"\n"
                          "  version 1\n"
                          "duty tell(S, I)\n"
                          "  when incident I of system S with class death, known to P\n"
                          "  party P\n"
                          "  must report I to \"office\"\n"
                          "  within 5 days\n"
                          "  of P knowing of I\n"
                          "  lest halt S\n";

/* A policy, whose text is a file. */
static void add_law(void)
{
    struct fb_arena own;
    struct fb_docket_added added;
    char path[128];
    struct fb_docket_add options = {.issuer = FB_STR("institute")};
    snprintf(path, sizeof(path), "%s/law.fly", story.folder);
    FB_TEST_OK(fb_io_write(path, fb_str_of(law), 0600, &err));
    fb_arena_init(&own, (size_t)1 << 24);
    FB_TEST_OK(fb_docket_add_file(story.docket, path, &options, &own, &added, &err));
    fb_arena_release(&own);
}

/* Whatever fails, it is closed; and then it is open again. */
static void test_faults(void **state)
{
    (void)state;
    struct fb_gate gate = {0};
    struct fb_gate_question question = about("system/s", FB_ACTION_TRAIN);
    bool open = false;
    enum fb_code code = FB_E_NOMEM;
    int failed = 0;
    add_law();
    for (int n = 0; code != FB_OK && n < 20000; n += n < 50 ? 1 : 37) {
        fb_alloc_fail_at(n);
        code = ask(&gate, &question, &open);
        fb_alloc_fail_at(-1);
        failed += code != FB_OK;
        assert_int_equal(open, code == FB_OK);
    }
    assert_int_equal(code, FB_OK);
    assert_true(failed > 50);
    code = FB_E_IO;
    failed = 0;
    for (int n = 0; code != FB_OK && n < 300; n++) {
        fb_io_fail_at(n, EIO);
        code = ask(&gate, &question, &open);
        fb_io_fail_at(-1, 0);
        failed += code != FB_OK;
        assert_int_equal(open, code == FB_OK);
    }
    assert_int_equal(code, FB_OK);
    assert_true(failed > 0);
}

/* The ledger may only grow under a gate. */
static void test_growth(void **state)
{
    (void)state;
    struct fb_gate gate = {0}, other = {0};
    struct fb_gate_question question = about("s", FB_ACTION_TRAIN);
    bool open = false;
    FB_TEST_OK(ask(&gate, &question, &open));
    assert_true(open);
    uint64_t before = gate.entries;
    order("order/1", "restrict", 1, "");
    FB_TEST_OK(ask(&gate, &question, &open));
    assert_int_equal(gate.entries, before + 1);
    struct fb_gate later = gate;
    later.entries++; /* as if it had seen one more */
    FB_TEST_FAILS(ask(&later, &question, &open), FB_E_CORRUPT);
    struct fb_gate differs = gate;
    differs.root.bytes[0] ^= 1;
    FB_TEST_FAILS(ask(&differs, &question, &open), FB_E_CORRUPT);
    FB_TEST_OK(ask(&other, &question, &open));
    assert_true(open);
}

/* What came since is verified, too, and what was verified before is not again. */
static void test_what_came_since(void **state)
{
    (void)state;
    struct fb_gate gate = {0}, anew = {0};
    struct fb_gate_question question = about("s", FB_ACTION_TRAIN);
    bool open = false;
    FB_TEST_OK(ask(&gate, &question, &open));
    assert_true(open && gate.is_verified);
    const struct fb_gate before = gate;
    struct fb_ledger *ledger = fb_docket_ledger(story.docket);
    struct fb_buf bytes;
    fb_ledger_entry last;
    uint64_t seq = 0;
    const uint64_t size = forge(ledger, &last, &bytes);
    struct fb_str forged = fb_buf_str(&bytes);
    struct fb_ledger_batch batch = {&forged, 1, last.admitted, FB_LEDGER_ANY_SIZE};
    FB_TEST_OK(fb_ledger_append(ledger, &batch, &seq, &err));
    FB_TEST_FAILS(ask(&gate, &question, &open), FB_E_SIGNATURE);
    assert_true(gate.entries == size && fb_hash_eq(&gate.root, &before.root));
    FB_TEST_FAILS(ask(&anew, &question, &open), FB_E_SIGNATURE);
    /* As if it had been verified, it is among what was seen, and not looked at. */
    gate.entries = size + 1;
    FB_TEST_OK(fb_ledger_root(ledger, size + 1, &gate.root, &err));
    FB_TEST_OK(ask(&gate, &question, &open));
    assert_true(open);
    gate.root.bytes[3] ^= 1;
    FB_TEST_FAILS(ask(&gate, &question, &open), FB_E_CORRUPT);
    fb_buf_release(&bytes);
}

/* The same entries in a log of somebody else, as who can write the docket's folder can make it. */
static void sign_anew(const char *folder)
{
    char path[200], target[200];
    uint64_t size = 0, seq = 0;
    struct fb_note_signer signer;
    struct fb_ledger *from = fb_docket_ledger(story.docket), *to = NULL;
    struct fb_ledger_options options = {.signer = &signer};
    FB_TEST_OK(fb_note_signer_generate(fb_ledger_origin(from), &signer, &err));
    assert_int_equal(mkdir(folder, 0700), 0);
    snprintf(path, sizeof(path), "%s/ledger.db", folder);
    FB_TEST_OK(fb_ledger_create(path, &options, &err));
    FB_TEST_OK(fb_ledger_open(path, &options, &to, &err));
    FB_TEST_OK(fb_ledger_size(from, &size, &err));
    for (uint64_t i = 0; i < size; i++) {
        struct fb_buf bytes;
        fb_ledger_entry entry;
        fb_buf_init(&bytes, FB_LEDGER_ENTRY_MAX);
        FB_TEST_OK(fb_ledger_read(from, i, &entry, &bytes, &err));
        struct fb_str text = fb_buf_str(&bytes);
        struct fb_ledger_batch batch = {&text, 1, entry.admitted, FB_LEDGER_ANY_SIZE};
        FB_TEST_OK(fb_ledger_append(to, &batch, &seq, &err));
        fb_buf_release(&bytes);
    }
    fb_ledger_close(to);
    static const char *const shared[] = {"keys", "blobs"};
    for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", story.docket_path, shared[i]);
        snprintf(target, sizeof(target), "%s/%s", folder, shared[i]);
        assert_int_equal(symlink(path, target), 0);
    }
}

/* A ledger with the same entries whose log has another key is another ledger. */
static void test_other_key(void **state)
{
    (void)state;
    struct fb_gate gate = {0}, read, anew = {0};
    struct fb_gate_question question = about("s", FB_ACTION_TRAIN);
    bool open = false;
    char folder[128], path[128];
    FB_TEST_OK(ask(&gate, &question, &open));
    snprintf(path, sizeof(path), "%s/state", story.folder);
    FB_TEST_OK(fb_gate_save(path, &gate, &err));
    snprintf(folder, sizeof(folder), "%s/forged", story.folder);
    sign_anew(folder);
    question.docket = folder;
    FB_TEST_OK(ask(&anew, &question, &open));
    assert_true(open && fb_hash_eq(&anew.root, &gate.root));
    FB_TEST_FAILS(ask(&gate, &question, &open), FB_E_SIGNATURE);
    for (int trusted = 0; trusted < 2; trusted++) {
        FB_TEST_OK(fb_gate_load(path, trusted, &read, &err));
        FB_TEST_FAILS(ask(&read, &question, &open), FB_E_SIGNATURE);
    }
}

static void test_refused(void **state)
{
    (void)state;
    struct fb_gate gate = {0};
    bool open = true;
    struct fb_gate_question question = about("t", FB_ACTION_TRAIN);
    FB_TEST_FAILS(ask(&gate, &question, &open), FB_E_NOT_FOUND);
    assert_false(gate.has_seen);
    question = about("s", FB_ACTION_TRAIN);
    question.docket = "/no/such";
    FB_TEST_FAILS(ask(&gate, &question, &open), FB_E_NOT_FOUND);
    question = about("s", FB_ACTION_TRAIN);
    question.is_simulated_clock = false;
    FB_TEST_OK(ask(&gate, &question, &open));
}

/* What is over would be valid again. */
static void test_clock(void **state)
{
    (void)state;
    struct fb_gate gate = {0};
    struct fb_gate_question question = about("s", FB_ACTION_TRAIN);
    bool open = false;
    story_at(&story, "2026-03-01T12:00:00Z");
    FB_TEST_OK(ask(&gate, &question, &open));
    story_at(&story, "2026-03-01T11:59:00Z");
    FB_TEST_OK(ask(&gate, &question, &open));
    assert_true(open);
    story_at(&story, "2026-03-01T11:58:59.999999Z");
    FB_TEST_FAILS(ask(&gate, &question, &open), FB_E_TIME);
    assert_int_equal(gate.at, story_time("2026-03-01T12:00:00Z"));
    story_at(&story, "2026-03-01T12:00:01Z");
    FB_TEST_OK(ask(&gate, &question, &open));
    assert_true(open);
}

/* Writes the state of a gate, as another version would. */
static void write_state(
    const char *path, const struct fb_gate *gate, const char *version, bool with_key)
{
    char text[600], root[2 * FB_HASH_SIZE + 1];
    struct fb_buf key;
    fb_buf_init(&key, FB_NOTE_MAX);
    fb_note_verifier_format(&gate->key, &key);
    fb_hex_encode(gate->root.bytes, sizeof(gate->root.bytes), root);
    snprintf(text, sizeof(text),
        "{\"at\":\"2026-01-01T00:00:00Z\",\"entries\":\"7\",\"root\":\"%s\"%s%.*s%s%s%s%s}", root,
        with_key ? ",\"key\":\"" : "", with_key ? (int)key.len : 0, key.ptr, with_key ? "\"" : "",
        version ? ",\"verified_by\":\"" : "", version ? version : "", version ? "\"" : "");
    fb_buf_release(&key);
    FB_TEST_OK(fb_io_write(path, fb_str_of(text), 0600, &err));
}

/* What was seen goes through a file, and nothing else is taken for it. */
static void test_state(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "{}", "[]", "{\"entries\":\"7\"}", "x",
        "{\"at\":\"2026-01-01T00:00:00Z\",\"entries\":\"0\",\"root\":"
        "\"00000000000000000000000000000000000000000000000000000000000000ff\"}",
        "{\"at\":\"2026-01-01T00:00:00Z\",\"entries\":\"7\",\"root\":\"00\"}",
        "{\"at\":\"then\",\"entries\":\"7\",\"root\":"
        "\"00000000000000000000000000000000000000000000000000000000000000ff\"}",
        "{\"at\":\"2026-01-01T00:00:00Z\",\"entries\":7,\"root\":"
        "\"00000000000000000000000000000000000000000000000000000000000000ff\"}",
        "{\"at\":\"2026-01-01T00:00:00Z\",\"entries\":\"7\",\"key\":\"log\",\"root\":"
        "\"00000000000000000000000000000000000000000000000000000000000000ff\"}",
        "{\"at\":\"2026-01-01T00:00:00Z\",\"entries\":\"7\",\"key\":null,\"root\":"
        "\"00000000000000000000000000000000000000000000000000000000000000ff\"}"};
    char path[128];
    struct fb_gate gate = {0}, read;
    struct fb_gate_question question = about("s", FB_ACTION_TRAIN);
    bool open = false;
    snprintf(path, sizeof(path), "%s/state", story.folder);
    FB_TEST_OK(fb_gate_load(path, true, &read, &err));
    assert_false(read.has_seen);
    FB_TEST_OK(ask(&gate, &question, &open));
    FB_TEST_OK(fb_gate_save(path, &gate, &err));
    FB_TEST_OK(fb_gate_load(path, false, &read, &err));
    assert_true(read.has_seen && !read.is_verified);
    assert_int_equal(read.entries, gate.entries);
    assert_int_equal(read.at, gate.at);
    assert_true(fb_hash_eq(&read.root, &gate.root));
    FB_TEST_OK(ask(&read, &question, &open));
    assert_true(open && read.is_verified);
    FB_TEST_OK(fb_gate_load(path, true, &read, &err));
    assert_true(read.has_seen && read.is_verified && read.entries == gate.entries);
    assert_true(memcmp(&read.key, &gate.key, sizeof(gate.key)) == 0);
    /* Others could write it: then it is not trusted, and says only what must be there. */
    static const mode_t modes[] = {0620, 0602, 0666};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        FB_TEST_FAILS(fb_gate_load(path, true, &read, &err), FB_E_IO);
        assert_true(!read.has_seen && !read.is_verified);
        FB_TEST_OK(fb_gate_load(path, false, &read, &err));
        assert_true(read.has_seen && !read.is_verified);
    }
    assert_int_equal(chmod(path, 0644), 0);
    FB_TEST_OK(fb_gate_load(path, true, &read, &err));
    for (size_t i = 0; i < 5; i++) {
        static const char *const versions[] = {FLYBALL_VERSION, "0.0.1", "", FLYBALL_VERSION "0"};
        write_state(path, &gate, i < 4 ? versions[i] : NULL, true);
        FB_TEST_OK(fb_gate_load(path, true, &read, &err));
        assert_true(read.has_seen && read.is_verified == (i == 0));
    }
    /* Without the key of the log, as up to 0.13, it speaks for no signature. */
    write_state(path, &gate, FLYBALL_VERSION, false);
    FB_TEST_OK(fb_gate_load(path, true, &read, &err));
    assert_true(read.has_seen && !read.is_verified && !read.key.name[0]);
    FB_TEST_OK(ask(&read, &question, &open));
    assert_true(memcmp(&read.key, &gate.key, sizeof(gate.key)) == 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        FB_TEST_OK(fb_io_write(path, fb_str_of(bad[i]), 0600, &err));
        enum fb_code code = fb_gate_load(path, true, &read, &err);
        assert_true(code == FB_E_SCHEMA || code == FB_E_SYNTAX);
        assert_false(read.has_seen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_follows_orders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_growth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_state, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_came_since, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

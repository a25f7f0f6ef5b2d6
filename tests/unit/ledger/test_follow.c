/* Tests of follow: forwards from where one stopped, never back, never over to another history. */
#include <ftw.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "fb_cut.h"
#include "fb_test.h"
#include "ledger/export.h"
#include "ledger/follow.h"

static struct fb_err err;
static char folder[64];
static char state_path[128];
static struct fb_trust trust;

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "%s/flyball-follow-XXXXXX", fb_test_quick_folder());
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(state_path, sizeof(state_path), "%s/state", folder);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A log of a name whose entries say mark; its key is trusted when it is the first. */
static struct fb_ledger *open_ledger(const char *name)
{
    struct fb_note_signer signer;
    uint8_t seed[32] = {42};
    struct fb_ledger *ledger = NULL;
    FB_TEST_OK(fb_note_signer_from_seed(fb_str_of(name), seed, &signer, &err));
    struct fb_ledger_options options = {.signer = &signer};
    FB_TEST_OK(fb_ledger_open(NULL, &options, &ledger, &err));
    fb_trust_init(&trust);
    FB_TEST_OK(fb_trust_add_log(&trust, &signer.verifier, &err));
    return ledger;
}

/* Appends entries and exports them below the folder; out is where. */
static const char *grow(
    struct fb_ledger *ledger, size_t count, const char *mark, const char *name, char out[128])
{
    struct fb_export_report report;
    snprintf(out, 128, "%s/%s", folder, name);
    for (size_t i = 0; i < count; i++) {
        uint64_t seq;
        struct fb_str entry = fb_str_of(mark);
        struct fb_ledger_batch batch = {&entry, 1, 1000, FB_LEDGER_ANY_SIZE};
        FB_TEST_OK(fb_ledger_append(ledger, &batch, &seq, &err));
    }
    FB_TEST_OK(fb_export_write(ledger, FB_STR(""), out, &report, &err));
    return out;
}

static enum fb_code follow(const char *dir, struct fb_follow_report *out)
{
    struct fb_follow_options options = {.trust = &trust, .state = state_path};
    return fb_follow_log(dir, &options, out, &err);
}

static bool same_files(const char *a, const char *b)
{
    struct fb_buf one, two;
    fb_buf_init(&one, 1 << 20);
    fb_buf_init(&two, 1 << 20);
    FB_TEST_OK(fb_io_read(a, &one, &err));
    FB_TEST_OK(fb_io_read(b, &two, &err));
    bool same = fb_str_eq(fb_buf_str(&one), fb_buf_str(&two));
    fb_buf_release(&one);
    fb_buf_release(&two);
    return same;
}

static void test_forwards(void **state)
{
    (void)state;
    struct fb_ledger *ledger = open_ledger("example.org/log");
    struct fb_follow_report report;
    char dir[128], checkpoint[160];
    static const size_t steps[] = {0, 3, 0, 300, 1};
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        FB_TEST_OK(follow(grow(ledger, steps[i], "a", "log", dir), &report));
        assert_true(report.old_size == size && report.size == size + steps[i]);
        size += steps[i];
        snprintf(checkpoint, sizeof(checkpoint), "%s/checkpoint", dir);
        assert_true(same_files(checkpoint, state_path));
    }
    struct fb_hash root;
    FB_TEST_OK(fb_ledger_root(ledger, size, &root, &err));
    assert_true(fb_hash_eq(&root, &report.root));
    /* Without a state all of it is verified, and nothing kept. */
    struct fb_follow_options options = {.trust = &trust};
    FB_TEST_OK(fb_follow_log(dir, &options, &report, &err));
    assert_true(report.old_size == 0 && report.size == size);
    fb_ledger_close(ledger);
}

/* The evidence: two files of checkpoints, exactly as they were signed. */
static void check_evidence(const char *seen, const char *shown)
{
    char before[200], now[200];
    const char *at = strstr(err.hint, state_path);
    assert_non_null(at);
    int len = (int)strcspn(at, "'");
    snprintf(before, sizeof(before), "%.*s", len, at);
    assert_true(fb_str_ends(fb_str_of(before), FB_STR(".before")));
    snprintf(now, sizeof(now), "%.*s.now", len - (int)strlen(".before"), at);
    assert_true(same_files(before, seen));
    assert_true(same_files(now, shown));
}

static void test_contradictions(void **state)
{
    (void)state;
    static const size_t theirs[] = {4, 6, 9, 600};
    struct fb_ledger *ledger = open_ledger("example.org/log");
    struct fb_follow_report report = {.size = 77};
    char dir[128], other[128], shown[160], seen[160];
    FB_TEST_OK(follow(grow(ledger, 6, "a", "log", dir), &report));
    fb_ledger_close(ledger);
    snprintf(seen, sizeof(seen), "%s/checkpoint", dir);
    for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
        char name[16];
        snprintf(name, sizeof(name), "other%zu", i);
        ledger = open_ledger("example.org/log");
        grow(ledger, theirs[i], "b", name, other);
        fb_ledger_close(ledger);
        report.size = 77;
        FB_TEST_FAILS(follow(other, &report), FB_E_FORK);
        assert_true(report.size == 77);
        assert_true(same_files(state_path, seen));
        snprintf(shown, sizeof(shown), "%s/checkpoint", other);
        check_evidence(seen, shown);
    }
    /* The same history, set back. */
    ledger = open_ledger("example.org/log");
    FB_TEST_FAILS(follow(grow(ledger, 5, "a", "back", other), &report), FB_E_FORK);
    fb_ledger_close(ledger);
    snprintf(shown, sizeof(shown), "%s/checkpoint", other);
    check_evidence(seen, shown);
    FB_TEST_OK(follow(dir, &report));
}

static void test_states(void **state)
{
    (void)state;
    struct fb_follow_report report;
    char dir[128], other[128];
    struct fb_ledger *ledger = open_ledger("example.org/log");
    FB_TEST_OK(follow(grow(ledger, 6, "a", "log", dir), &report));
    fb_ledger_close(ledger);
    /* Another log: its key is known too, but the state is not its own. */
    struct fb_trust first = trust;
    ledger = open_ledger("example.org/other");
    grow(ledger, 9, "a", "other", other);
    fb_ledger_close(ledger);
    FB_TEST_FAILS(follow(dir, &report), FB_E_SIGNATURE);
    struct fb_note_verifier key = first.keys[0];
    trust.keys[trust.key_count++] = key; /* the same public key under two names */
    trust.logs |= 2;
    FB_TEST_FAILS(follow(other, &report), FB_E_MISMATCH);
    /* A state that was altered is not believed. */
    trust = first;
    FB_TEST_OK(fb_io_write(state_path, FB_STR("example.org/log\n0\nx\n"), 0644, &err));
    FB_TEST_FAILS(follow(dir, &report), FB_E_SYNTAX);
    assert_string_equal(err.file, state_path);
}

static void test_failures(void **state)
{
    (void)state;
    struct fb_ledger *ledger = open_ledger("example.org/log");
    struct fb_follow_report report;
    char dir[128];
    FB_TEST_OK(follow(grow(ledger, 3, "a", "log", dir), &report));
    for (int kind = 0; kind < 2; kind++) {
        bool done = false;
        grow(ledger, 2, "a", "log", dir);
        for (int64_t n = 0; !done && n < 1000; n++) {
            report.size = 77;
            if (kind == 0) {
                fb_alloc_fail_at(n);
            } else {
                fb_io_fail_at(n, 5 /* EIO */);
            }
            enum fb_code code = follow(dir, &report);
            fb_alloc_fail_at(-1);
            fb_io_fail_at(-1, 0);
            done = code == FB_OK;
            assert_true(done || report.size == 77);
        }
        assert_true(done);
    }
    fb_ledger_close(ledger);
}

static char cut_dir[128];

static void follow_in_child(struct fb_cut *cut)
{
    struct fb_follow_report report;
    cut->is_done = follow(cut_dir, &report) == FB_OK;
}

/* Killed at each call, and then the power goes: the state is the checkpoint before or the new one,
 * never a part of one, and following goes on from it. */
static void test_power_cut(void **state)
{
    (void)state;
    struct fb_ledger *ledger = open_ledger("example.org/log");
    struct fb_follow_report report;
    char dir[128];
    uint64_t size = 3;
    (void)unlink(state_path);
    FB_TEST_OK(follow(grow(ledger, 3, "a", "cut", dir), &report));
    snprintf(cut_dir, sizeof(cut_dir), "%s", dir);
    for (uint64_t seed = 0; seed < 5; seed++) {
        bool is_done = false;
        for (int64_t n = 0; !is_done && n < 100; n++) {
            grow(ledger, 2, "a", "cut", dir);
            is_done = fb_cut_run(n, follow_in_child);
            fb_cut_power(seed);
            FB_TEST_OK(follow(dir, &report));
            assert_int_equal(report.size, size + 2);
            assert_true(is_done ? report.old_size == size + 2
                                : report.old_size == size || report.old_size == size + 2);
            size += 2;
        }
        assert_true(is_done);
    }
    fb_ledger_close(ledger);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_forwards, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_contradictions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_states, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_power_cut, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

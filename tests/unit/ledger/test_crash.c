/*
 * Crash safety: a child works on a ledger, and at each write, sync, truncation and deletion in turn
 * it is killed, loses its power, or meets a disk that fails or is full. Then the ledger is opened
 * again: what was acknowledged is there, a batch is there whole or not at all, and the tree grew
 * from the one that was acknowledged.
 */
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "fb_test.h"
#include "ledger/ledger.h"
#include "power_cut.h"

enum { BEFORE = 254, CALLS_MAX = 1000, SINGLES = 20, LOG_PAGE = 8192 + 24 };

/* What a child did, in memory that outlives it. */
struct told {
    uint64_t acknowledged; /* entries */
    uint64_t seen;         /* entries that the batch under way was to follow */
    uint64_t attempted;    /* entries with that batch */
    struct fb_hash root;   /* of the acknowledged */
    int64_t calls;
    int64_t log_size; /* bytes, before the ledger was closed */
    bool is_finished;
    enum fb_code created;
    char wrong[300];
};

static struct fb_err err;
static char folder[64];
static char path[128];
static struct fb_note_signer signer;
static struct told *told;
static bool is_healing;      /* the disk is good again for the second command */
static struct fb_buf before; /* the ledger of BEFORE entries */

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    return ftw->level == 0 ? 0 : remove(name);
}

static void empty_folder(void)
{
    assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static struct fb_str entry_text(uint64_t n, char out[64])
{
    int len = snprintf(out, 64, "entry %" PRIu64 " says this", n);
    return (struct fb_str){out, (size_t)len};
}

static enum fb_code append(struct fb_ledger *ledger, uint64_t first, size_t count)
{
    static char texts[BEFORE][64];
    static struct fb_str entries[BEFORE];
    uint64_t seq = 0;
    assert_true(count <= BEFORE);
    for (size_t i = 0; i < count; i++) {
        entries[i] = entry_text(first + i, texts[i]);
    }
    struct fb_ledger_batch batch = {entries, count, 7, first};
    return fb_ledger_append(ledger, &batch, &seq, &err);
}

static enum fb_code open_ledger(struct fb_ledger **out)
{
    struct fb_ledger_options options = {.signer = &signer};
    return fb_ledger_open(path, &options, out, &err);
}

static int set_up(void **state)
{
    (void)state;
    uint8_t seed[32] = {42};
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_options options = {.signer = &signer};
    /* What is lost is decided here, not by the disk: memory is quicker. */
    const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof(folder), "%s/flyball-crash-XXXXXX", where);
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/ledger.db", folder);
    told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(told != MAP_FAILED);
    FB_TEST_OK(fb_note_signer_from_seed(FB_STR("example.org/log"), seed, &signer, &err));
    FB_TEST_OK(fb_ledger_create(path, &options, &err));
    FB_TEST_OK(open_ledger(&ledger));
    FB_TEST_OK(append(ledger, 0, BEFORE));
    fb_ledger_close(ledger);
    fb_buf_init(&before, 1 << 22);
    FB_TEST_OK(fb_io_read(path, &before, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    empty_folder();
    fb_buf_release(&before);
    assert_int_equal(munmap(told, sizeof(*told)), 0);
    return rmdir(folder);
}

/* Says that something was not as it shall be; the parent fails then. */
static void complain(const char *what)
{
    if (!told->wrong[0]) {
        snprintf(told->wrong, sizeof(told->wrong), "%s: %s: %.200s", what, fb_code_name(err.code),
            err.message);
    }
}

static bool is_failure_of_disk(enum fb_code code, const struct power_cut *plan)
{
    return plan->what == POWER_CUT_FAIL && code == (plan->number == ENOSPC ? FB_E_FULL : FB_E_IO);
}

/* Appends a batch, and once more when the disk failed. */
static void append_twice(struct fb_ledger *ledger, size_t count, const struct power_cut *plan)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        enum fb_code code = fb_ledger_size(ledger, &told->seen, &err);
        told->attempted = told->seen + count;
        if (code == FB_OK) {
            code = append(ledger, told->seen, count);
        }
        if (code == FB_OK) {
            told->acknowledged = told->attempted;
            code = fb_ledger_root(ledger, told->acknowledged, &told->root, &err);
        }
        if (code == FB_OK) {
            return;
        }
        if (!is_failure_of_disk(code, plan)) {
            complain("append");
        }
    }
    if (!plan->stays) {
        complain("append failed again");
    }
}

/* Two commands that append two batches each; one batch completes a tile. */
static void work(const struct power_cut *plan)
{
    static const size_t batches[2][2] = {{1, 5}, {100, 1}};
    for (size_t part = 0; part < 2; part++) {
        struct fb_ledger *ledger = NULL;
        for (int attempt = 0; attempt < 2 && !ledger; attempt++) {
            enum fb_code code = open_ledger(&ledger);
            if (code != FB_OK && !is_failure_of_disk(code, plan)) {
                complain("open");
            }
        }
        for (size_t i = 0; ledger && i < 2; i++) {
            append_twice(ledger, batches[part][i], plan);
        }
        if (is_healing && part == 1) {
            return; /* the power goes before the log is in the database */
        }
        fb_ledger_close(ledger);
        if (is_healing) {
            power_cut_heal();
        }
    }
}

/* One command that appends entry by entry, as long as the log is lengthened ahead of it twice. */
static void work_singly(const struct power_cut *plan)
{
    struct fb_ledger *ledger = NULL;
    enum fb_code code = open_ledger(&ledger);
    if (code != FB_OK && !is_failure_of_disk(code, plan)) {
        complain("open");
    }
    for (size_t i = 0; ledger && i < SINGLES; i++) {
        append_twice(ledger, 1, plan);
    }
    struct stat st;
    char log[PATH_MAX];
    snprintf(log, sizeof(log), "%s-wal", path);
    told->log_size = stat(log, &st) == 0 ? st.st_size : 0;
    fb_ledger_close(ledger);
}

static void create(const struct power_cut *plan)
{
    struct fb_ledger_options options = {.signer = &signer};
    told->created = fb_ledger_create(path, &options, &err);
    bool is_expected = is_failure_of_disk(told->created, plan) || told->created == FB_E_IO;
    if (told->created != FB_OK && !is_expected) {
        complain("create");
    }
    if (told->created != FB_OK && fb_io_exists(path)) {
        complain("create left a file");
    }
    if (told->created == FB_OK && !power_cut_is_synced()) {
        complain("create did not sync");
    }
}

/* Runs it in a child, which ends by a power cut at the latest; true when it met what was planned.
 */
static bool run_child(void (*act)(const struct power_cut *plan), const struct power_cut *plan)
{
    memset(told, 0, sizeof(*told));
    told->acknowledged = told->seen = told->attempted = act == create ? 0 : BEFORE;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        power_cut_install(plan);
        act(plan);
        told->calls = power_cut_count();
        told->is_finished = true;
        power_cut_now();
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    if (told->wrong[0]) {
        fail_msg("call %d, seed %d: %s", (int)plan->at, (int)plan->seed, told->wrong);
    }
    return !told->is_finished || told->calls > plan->at;
}

static void check_growth(struct fb_ledger *ledger, uint64_t size, const struct fb_hash *root)
{
    struct fb_proof proof;
    struct fb_consistency growth = {told->acknowledged, size, told->root, *root};
    if (told->acknowledged > BEFORE) {
        FB_TEST_OK(fb_ledger_prove_consistency(ledger, told->acknowledged, size, &proof, &err));
        FB_TEST_OK(fb_merkle_verify_consistency(&growth, &proof, &err));
    }
}

static enum fb_code see(void *ctx, const fb_ledger_entry *entry, struct fb_err *e)
{
    (void)ctx;
    (void)e;
    char text[64];
    assert_true(fb_str_eq(entry->bytes, entry_text(entry->seq, text)));
    return FB_OK;
}

/* The ledger after the crash: whole, with what was acknowledged, and good for more. */
static void check_ledger(const struct power_cut *plan)
{
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_report report;
    FB_TEST_OK(open_ledger(&ledger));
    FB_TEST_OK(fb_ledger_verify(ledger, see, NULL, &report, &err));
    if (report.size != told->acknowledged && report.size != told->attempted &&
        report.size != told->seen) {
        fail_msg("call %d, seed %d: %d entries, where %d were acknowledged and %d attempted",
            (int)plan->at, (int)plan->seed, (int)report.size, (int)told->acknowledged,
            (int)told->attempted);
    }
    check_growth(ledger, report.size, &report.root);
    FB_TEST_OK(append(ledger, report.size, 3));
    FB_TEST_OK(fb_ledger_verify(ledger, see, NULL, &report, &err));
    fb_ledger_close(ledger);
}

/* Each call in turn, until one run meets no more. Returns how many there were. */
static int64_t act_at_each_call(
    void (*act)(const struct power_cut *plan), uint64_t count, struct power_cut plan)
{
    for (plan.at = 0; plan.at < CALLS_MAX; plan.at++) {
        empty_folder();
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(before.ptr, 1, before.len, file), before.len);
        assert_int_equal(fclose(file), 0);
        bool met = run_child(act, &plan);
        check_ledger(&plan);
        if (!met) {
            assert_int_equal(told->acknowledged, BEFORE + count);
            return plan.at;
        }
    }
    fail_msg("more than %d calls", CALLS_MAX);
    return 0;
}

static int64_t at_each_call(struct power_cut plan)
{
    return act_at_each_call(work, 107, plan);
}

static void test_killed(void **state)
{
    (void)state;
    int64_t calls = at_each_call((struct power_cut){.what = POWER_CUT_KILL, .seed = 4});
    /* Less would mean that the files are not written through what counts. */
    if (calls <= 30) {
        fail_msg("only %d calls", (int)calls);
    }
}

static void test_power_cut(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3; seed++) {
        at_each_call((struct power_cut){.what = POWER_CUT_OFF, .seed = seed});
    }
}

static void test_disk_fails_once(void **state)
{
    (void)state;
    at_each_call((struct power_cut){.what = POWER_CUT_FAIL, .number = EIO});
    at_each_call((struct power_cut){.what = POWER_CUT_FAIL, .number = ENOSPC, .seed = 2});
}

static void test_disk_stays_full(void **state)
{
    (void)state;
    struct power_cut plan = {.what = POWER_CUT_FAIL, .number = ENOSPC, .stays = true, .seed = 3};
    at_each_call(plan);
}

/* The first command fails to sync, and cannot clean up; the disk forgets what it wrote. The second
 * one finds it in the system's memory all the same, and must not build on that. */
static void test_disk_heals(void **state)
{
    (void)state;
    struct power_cut plan = {.what = POWER_CUT_FAIL, .number = EIO, .stays = true};
    is_healing = true;
    at_each_call(plan);
    plan.seed = 2;
    at_each_call(plan);
    is_healing = false;
}

/* The log is longer than what is in it when the crash comes, or is being lengthened. */
static void test_log_ahead(void **state)
{
    (void)state;
    act_at_each_call(work_singly, SINGLES, (struct power_cut){.what = POWER_CUT_KILL, .seed = 4});
    /* Without that it is moved into the database at 12 pages, and begins anew. */
    if (told->log_size < 15 * LOG_PAGE) {
        fail_msg("%d bytes of log: it was not lengthened", (int)told->log_size);
    }
    for (uint64_t seed = 0; seed < 3; seed++) {
        act_at_each_call(
            work_singly, SINGLES, (struct power_cut){.what = POWER_CUT_OFF, .seed = seed});
    }
    struct power_cut plan = {.what = POWER_CUT_FAIL, .number = EIO};
    act_at_each_call(work_singly, SINGLES, plan);
    plan.number = ENOSPC;
    act_at_each_call(work_singly, SINGLES, plan);
    plan.stays = true;
    act_at_each_call(work_singly, SINGLES, plan);
}

static void check_created(void)
{
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_report report;
    struct fb_ledger_options options = {.signer = &signer};
    if (!fb_io_exists(path)) {
        assert_false(told->is_finished && told->created == FB_OK);
        FB_TEST_OK(fb_ledger_create(path, &options, &err));
    }
    FB_TEST_OK(open_ledger(&ledger));
    FB_TEST_OK(fb_ledger_verify(ledger, NULL, NULL, &report, &err));
    assert_int_equal(report.size, 0);
    FB_TEST_OK(append(ledger, 0, 3));
    fb_ledger_close(ledger);
}

static void create_at_each_call(struct power_cut plan)
{
    for (plan.at = 0; plan.at < CALLS_MAX; plan.at++) {
        empty_folder();
        bool met = run_child(create, &plan);
        check_created();
        if (!met) {
            assert_int_equal(told->created, FB_OK);
            assert_true(plan.at > 10);
            return;
        }
    }
    fail_msg("more than %d calls", CALLS_MAX);
}

static void test_create(void **state)
{
    (void)state;
    create_at_each_call((struct power_cut){.what = POWER_CUT_KILL});
    for (uint64_t seed = 0; seed < 3; seed++) {
        create_at_each_call((struct power_cut){.what = POWER_CUT_OFF, .seed = seed});
    }
    create_at_each_call((struct power_cut){.what = POWER_CUT_FAIL, .number = EIO});
    create_at_each_call((struct power_cut){.what = POWER_CUT_FAIL, .number = ENOSPC, .stays = 1});
}

/* The rename into place and the sync of the folder are not SQLite's. */
static void test_create_is_not_placed(void **state)
{
    (void)state;
    struct fb_ledger_options options = {.signer = &signer};
    for (int64_t n = 0;; n++) {
        empty_folder();
        fb_io_fail_at(n, ENOSPC);
        enum fb_code code = fb_ledger_create(path, &options, &err);
        fb_io_fail_at(-1, 0);
        if (code == FB_OK) {
            assert_int_equal(n, 3);
            break;
        }
        assert_int_equal(code, FB_E_FULL);
        assert_int_equal(rmdir(folder), 0);
        assert_int_equal(mkdir(folder, 0700), 0);
    }
    FB_TEST_FAILS(fb_ledger_create(path, &options, &err), FB_E_DUPLICATE);
}

/* The log of a ledger that is gone would be read into a new one. */
static void test_create_beside_an_old_log(void **state)
{
    (void)state;
    static const char *const tails[] = {"-wal", "-journal"};
    struct fb_ledger_options options = {.signer = &signer};
    for (size_t i = 0; i < 2; i++) {
        char name[160];
        empty_folder();
        snprintf(name, sizeof(name), "%s%s", path, tails[i]);
        FB_TEST_OK(fb_io_write(name, FB_STR("old"), 0600, &err));
        FB_TEST_FAILS(fb_ledger_create(path, &options, &err), FB_E_DUPLICATE);
        assert_non_null(strstr(err.message, tails[i]));
        assert_false(fb_io_exists(path));
        assert_true(fb_io_exists(name));
    }
}

/* Memory runs out at each allocation of ours while a ledger is verified. */
static void test_verify_without_memory(void **state)
{
    (void)state;
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_report report = {.size = 99};
    empty_folder();
    FB_TEST_OK(fb_io_write(path, fb_buf_str(&before), 0600, &err));
    for (int64_t n = 0; n < 200; n++) {
        fb_alloc_fail_at(n);
        enum fb_code code = open_ledger(&ledger);
        if (code == FB_OK) {
            code = fb_ledger_verify(ledger, NULL, NULL, &report, &err);
        }
        fb_alloc_fail_at(-1);
        fb_ledger_close(ledger);
        ledger = NULL;
        if (code == FB_OK) {
            assert_true(n > 3);
            assert_int_equal(report.size, BEFORE);
            return;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_int_equal(report.size, 99);
    }
    fail_msg("200 allocations are not enough");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_power_cut),
        cmocka_unit_test(test_disk_fails_once),
        cmocka_unit_test(test_disk_stays_full),
        cmocka_unit_test(test_disk_heals),
        cmocka_unit_test(test_log_ahead),
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_create_is_not_placed),
        cmocka_unit_test(test_create_beside_an_old_log),
        cmocka_unit_test(test_verify_without_memory),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

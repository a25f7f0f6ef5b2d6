/* Tests of export and remote: what is written can be followed, and what was altered is found. */
#include <ftw.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "fb_cut.h"
#include "fb_test.h"
#include "ledger/export.h"
#include "ledger/remote.h"
#include "ledger/tiles.h"

static struct fb_err err;
static char folder[64];
static struct fb_note_signer signer;

static int set_up(void **state)
{
    (void)state;
    uint8_t seed[32] = {42};
    snprintf(folder, sizeof(folder), "%s/flyball-export-XXXXXX", fb_test_quick_folder());
    FB_TEST_OK(fb_note_signer_from_seed(FB_STR("example.org/log"), seed, &signer, &err));
    return mkdtemp(folder) ? 0 : -1;
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

static struct fb_ledger *open_ledger(void)
{
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_options options = {.signer = &signer};
    FB_TEST_OK(fb_ledger_open(NULL, &options, &ledger, &err));
    return ledger;
}

/* Appends count entries; mark makes those of one ledger differ from those of another. */
static void append(struct fb_ledger *ledger, size_t count, const char *mark)
{
    uint64_t seq = 0;
    FB_TEST_OK(fb_ledger_size(ledger, &seq, &err));
    char(*texts)[32] = calloc(count, sizeof(*texts));
    struct fb_str *entries = calloc(count, sizeof(*entries));
    for (size_t i = 0; i < count; i++) {
        int len = snprintf(texts[i], sizeof(texts[i]), "%s %" PRIu64, mark, seq + i);
        entries[i] = (struct fb_str){texts[i], (size_t)len};
    }
    struct fb_ledger_batch batch = {entries, count, 1000, FB_LEDGER_ANY_SIZE};
    FB_TEST_OK(fb_ledger_append(ledger, &batch, &seq, &err));
    free(entries);
    free(texts);
}

static struct fb_export_report export_to(struct fb_ledger *ledger, const char *dir)
{
    struct fb_export_report report;
    FB_TEST_OK(fb_export_write(ledger, FB_STR(""), dir, &report, &err));
    return report;
}

/* A checkpoint and the note that it points into. */
struct signed_checkpoint {
    struct fb_buf note;
    struct fb_checkpoint checkpoint;
};

static void parse_signed(struct signed_checkpoint *at, const char *key)
{
    struct fb_note_verifier verifier = signer.verifier;
    if (key) {
        FB_TEST_OK(fb_note_verifier_parse(fb_str_of(key), &verifier, &err));
    }
    struct fb_note_check check = {.verifiers = &verifier, .verifier_count = 1};
    FB_TEST_OK(fb_note_verify(fb_buf_str(&at->note), &check, &err));
    FB_TEST_OK(fb_checkpoint_parse(check.text, &at->checkpoint, &err));
}

static void read_signed(const char *dir, struct signed_checkpoint *out)
{
    struct fb_remote *remote = NULL;
    fb_buf_init(&out->note, FB_NOTE_MAX);
    FB_TEST_OK(fb_remote_open(dir, NULL, &remote, &err));
    FB_TEST_OK(fb_remote_checkpoint(remote, &out->note, &err));
    fb_remote_close(remote);
    parse_signed(out, NULL);
}

/* Counts entries, which must come in order. */
static enum fb_code count_entry(void *ctx, uint64_t seq, struct fb_str bytes, struct fb_err *e)
{
    uint64_t *next = ctx;
    char text[32];
    snprintf(text, sizeof(text), "a %" PRIu64, seq);
    assert_true(seq == (*next)++);
    if (!fb_str_is(bytes, text)) {
        return fb_err_set(e, FB_E_NEGATIVE, "entry %" PRIu64 " is '%.*s'", seq, FB_STR_ARG(bytes));
    }
    return FB_OK;
}

static enum fb_code verify(const char *dir, const struct fb_checkpoint *from, uint64_t *next)
{
    struct fb_remote *remote = NULL;
    struct signed_checkpoint to;
    read_signed(dir, &to);
    FB_TEST_OK(fb_remote_open(dir, NULL, &remote, &err));
    *next = from ? from->size : 0;
    enum fb_code code = fb_remote_verify(remote, from, &to.checkpoint, count_entry, next, &err);
    fb_remote_close(remote);
    fb_buf_release(&to.note);
    return code;
}

static void test_sizes(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 2, 252, 1, 1, 255, 88, 66000};
    struct fb_ledger *ledger = open_ledger();
    uint64_t size = 0, next;
    struct fb_export_report report = export_to(ledger, folder);
    assert_true(report.size == 0 && report.written == 1 && report.kept == 0);
    FB_TEST_OK(verify(folder, NULL, &next));
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct signed_checkpoint before;
        read_signed(folder, &before);
        for (size_t left = steps[i]; left > 0;) {
            size_t count = left < 60000 ? left : 60000;
            append(ledger, count, "a");
            left -= count;
        }
        size += steps[i];
        report = export_to(ledger, folder);
        assert_true(report.size == size && report.written > 0);
        FB_TEST_OK(verify(folder, NULL, &next));
        assert_true(next == size);
        FB_TEST_OK(verify(folder, &before.checkpoint, &next));
        assert_true(next == size);
        fb_buf_release(&before.note);
    }
    /* Nothing new: nothing is written. The tree has three levels of tiles. */
    uint64_t all = report.written + report.kept;
    report = export_to(ledger, folder);
    assert_true(report.written == 0 && report.kept == all);
    char path[160];
    snprintf(path, sizeof(path), "%s/tile/2/000.p/1", folder);
    assert_true(fb_io_exists(path));
    snprintf(path, sizeof(path), "%s/tile/entries/260", folder);
    assert_true(!fb_io_exists(path));
    fb_ledger_close(ledger);
}

/* Sizes next to powers: a full tile at the edge, and a partial tile that has gone. */
static void test_full_tile_for_partial(void **state)
{
    (void)state;
    struct fb_ledger *ledger = open_ledger();
    struct signed_checkpoint old;
    uint64_t next;
    append(ledger, 100, "a");
    export_to(ledger, folder);
    read_signed(folder, &old);
    append(ledger, 156, "a");
    export_to(ledger, folder);
    static const char *const partial[] = {"tile/0/000.p/100", "tile/entries/000.p/100"};
    for (size_t i = 0; i < 2; i++) {
        char path[160];
        snprintf(path, sizeof(path), "%s/%s", folder, partial[i]);
        assert_int_equal(unlink(path), 0);
    }
    FB_TEST_OK(verify(folder, &old.checkpoint, &next));
    assert_true(next == 256);
    /* The old checkpoint can be verified out of the full tile too. */
    struct fb_remote *remote = NULL;
    FB_TEST_OK(fb_remote_open(folder, NULL, &remote, &err));
    next = 0;
    FB_TEST_OK(fb_remote_verify(remote, NULL, &old.checkpoint, count_entry, &next, &err));
    assert_true(next == 100);
    fb_remote_close(remote);
    fb_buf_release(&old.note);
    fb_ledger_close(ledger);
}

static void write_file(const char *path, struct fb_buf *content)
{
    FB_TEST_OK(fb_io_write(path, fb_buf_str(content), 0644, &err));
}

static void test_altered(void **state)
{
    (void)state;
    static const char *const names[] = {"tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1",
        "tile/entries/000", "tile/entries/001.p/44"};
    struct fb_ledger *ledger = open_ledger();
    uint64_t next;
    append(ledger, 300, "a");
    export_to(ledger, folder);
    fb_ledger_close(ledger);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[160];
        struct fb_buf content;
        fb_buf_init(&content, 1 << 20);
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        FB_TEST_OK(fb_io_read(path, &content, &err));
        size_t step = content.len / 40 + 1;
        for (size_t at = 0; at < content.len; at += step) {
            content.ptr[at] ^= 1;
            write_file(path, &content);
            FB_TEST_FAILS(verify(folder, NULL, &next), FB_E_CORRUPT);
            content.ptr[at] ^= 1;
        }
        fb_buf_add_char(&content, 0);
        write_file(path, &content);
        FB_TEST_FAILS(verify(folder, NULL, &next), FB_E_CORRUPT);
        fb_buf_cut(&content, content.len - 2);
        write_file(path, &content);
        FB_TEST_FAILS(verify(folder, NULL, &next), FB_E_CORRUPT);
        assert_int_equal(unlink(path), 0);
        FB_TEST_FAILS(verify(folder, NULL, &next), FB_E_CORRUPT);
        fb_buf_release(&content);
        ledger = open_ledger();
        append(ledger, 300, "a");
        export_to(ledger, folder); /* puts back what is missing */
        fb_ledger_close(ledger);
        FB_TEST_OK(verify(folder, NULL, &next));
    }
}

/* A log with two histories, and one that was set back. */
static void test_contradictions(void **state)
{
    (void)state;
    struct fb_ledger *ours = open_ledger(), *theirs = open_ledger();
    struct fb_export_report report = {.size = 77};
    struct signed_checkpoint seen;
    char other[128];
    uint64_t next;
    snprintf(other, sizeof(other), "%s/other", folder);
    append(ours, 40, "a");
    append(theirs, 10, "a");
    export_to(theirs, other);
    export_to(ours, folder);
    read_signed(folder, &seen);
    FB_TEST_FAILS(verify(other, &seen.checkpoint, &next), FB_E_FORK);
    append(theirs, 30, "b");
    export_to(theirs, other);
    FB_TEST_FAILS(verify(other, &seen.checkpoint, &next), FB_E_FORK);
    append(theirs, 300, "b");
    export_to(theirs, other);
    FB_TEST_FAILS(verify(other, &seen.checkpoint, &next), FB_E_FORK);
    /* Exporting into a folder that shows more, or another history, is refused too. */
    FB_TEST_FAILS(fb_export_write(ours, FB_STR(""), other, &report, &err), FB_E_FORK);
    append(ours, 300, "a");
    append(ours, 1, "a");
    FB_TEST_FAILS(fb_export_write(ours, FB_STR(""), other, &report, &err), FB_E_FORK);
    assert_true(report.size == 77);
    /* When the tiles are not those of the checkpoint, nobody is accused. */
    char path[192];
    snprintf(path, sizeof(path), "%s/tile/1/000.p/1", other);
    assert_int_equal(unlink(path), 0);
    FB_TEST_FAILS(verify(other, &seen.checkpoint, &next), FB_E_CORRUPT);
    fb_buf_release(&seen.note);
    fb_ledger_close(ours);
    fb_ledger_close(theirs);
}

/* A tile that was damaged before one stopped is no split view, though the root does not need it. */
static void test_damage_accuses_nobody(void **state)
{
    (void)state;
    struct fb_ledger *ledger = open_ledger();
    struct signed_checkpoint seen;
    struct fb_buf tile;
    char path[160];
    uint64_t next;
    fb_buf_init(&tile, FB_TILE_SIZE);
    append(ledger, 40, "a");
    export_to(ledger, folder);
    read_signed(folder, &seen);
    append(ledger, 300, "a");
    export_to(ledger, folder);
    snprintf(path, sizeof(path), "%s/tile/0/000", folder);
    FB_TEST_OK(fb_io_read(path, &tile, &err));
    tile.ptr[5 * FB_HASH_SIZE] ^= 1;
    write_file(path, &tile);
    FB_TEST_FAILS(verify(folder, &seen.checkpoint, &next), FB_E_CORRUPT);
    assert_non_null(strstr(err.message, "entry 5"));
    fb_buf_release(&tile);
    fb_buf_release(&seen.note);
    fb_ledger_close(ledger);
}

static void test_other_log(void **state)
{
    (void)state;
    struct fb_ledger *ledger = open_ledger();
    struct fb_note_signer kept = signer;
    struct fb_export_report report;
    export_to(ledger, folder);
    fb_ledger_close(ledger);
    uint8_t seed[32] = {43};
    FB_TEST_OK(fb_note_signer_from_seed(FB_STR("example.org/log"), seed, &signer, &err));
    ledger = open_ledger();
    FB_TEST_FAILS(fb_export_write(ledger, FB_STR(""), folder, &report, &err), FB_E_SIGNATURE);
    assert_non_null(strstr(err.hint, "another log"));
    fb_ledger_close(ledger);
    signer = kept;
    struct fb_remote *remote = NULL;
    struct fb_buf note;
    fb_buf_init(&note, FB_NOTE_MAX);
    FB_TEST_OK(fb_remote_open("/nonexistent/log", NULL, &remote, &err));
    FB_TEST_FAILS(fb_remote_checkpoint(remote, &note, &err), FB_E_NOT_FOUND);
    fb_remote_close(remote);
    remote = NULL;
    char *longest = calloc(1, FB_IO_PATH_MAX + 1);
    memset(longest, 'a', FB_IO_PATH_MAX);
    FB_TEST_FAILS(fb_remote_open(longest, NULL, &remote, &err), FB_E_LIMIT);
    assert_null(remote);
    free(longest);
    fb_buf_release(&note);
}

/* In a folder that somebody else made, a pipe that nobody writes to is not waited for, and a device
 * without an end is not read. */
static void test_no_files(void **state)
{
    (void)state;
    struct fb_ledger *ledger = open_ledger();
    struct fb_remote *remote = NULL;
    struct fb_buf note;
    char path[300];
    fb_buf_init(&note, FB_NOTE_MAX);
    export_to(ledger, folder);
    snprintf(path, sizeof(path), "%s/checkpoint", folder);
    FB_TEST_OK(fb_remote_open(folder, NULL, &remote, &err));
    FB_TEST_OK(fb_remote_checkpoint(remote, &note, &err));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    FB_TEST_FAILS(fb_remote_checkpoint(remote, &note, &err), FB_E_IO);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/zero", path), 0);
    FB_TEST_FAILS(fb_remote_checkpoint(remote, &note, &err), FB_E_IO);
    fb_remote_close(remote);
    fb_buf_release(&note);
    fb_ledger_close(ledger);
}

/* Nothing is written where a link inside the folder leads to, and nothing that is no file is taken
 * for one that was written already. */
static void test_no_links(void **state)
{
    (void)state;
    static const char *const names[] = {"checkpoint", "tile", "tile/0", "tile/entries",
        "tile/0/000", "tile/0/002.p", "tile/0/002.p/88", "tile/entries/002.p", "tile/1"};
    struct fb_ledger *ledger = open_ledger();
    append(ledger, 600, "a");
    for (size_t i = 0; i < 3 * sizeof(names) / sizeof(names[0]); i++) {
        const char *name = names[i / 3];
        struct fb_export_report report = {.size = 77};
        char dir[100], path[200], target[200], inside[300];
        snprintf(dir, sizeof(dir), "%s/%zu", folder, i);
        snprintf(path, sizeof(path), "%s/%s", dir, name);
        snprintf(target, sizeof(target), "%s/target%zu", folder, i);
        char *slash = strrchr(path, '/');
        *slash = 0;
        FB_TEST_OK(fb_io_mkdir(path, 0755, &err));
        *slash = '/';
        if (i % 3 < 2) { /* to a folder that is there, or to nothing */
            if (i % 3 == 0) {
                FB_TEST_OK(fb_io_mkdir(target, 0755, &err));
            }
            assert_int_equal(symlink(target, path), 0);
        } else if (i == 2 || strcmp(name, "tile/0/000") == 0) {
            FB_TEST_OK(fb_io_mkdir(path, 0755, &err));
        } else {
            continue;
        }
        FB_TEST_FAILS(fb_export_write(ledger, FB_STR(""), dir, &report, &err),
            i % 3 < 2 ? FB_E_UNSUPPORTED : FB_E_DUPLICATE);
        assert_non_null(strstr(err.message, path));
        assert_true(report.size == 77 && err.hint[0]);
        snprintf(inside, sizeof(inside), "%s/checkpoint", dir);
        assert_true(i / 3 == 0 || !fb_io_exists(inside));
        if (i % 3 == 0) {
            assert_int_equal(rmdir(target), 0); /* it is empty */
        } else {
            assert_false(fb_io_exists(target));
        }
    }
    /* The folder itself may be one: whoever exports named it. */
    char link_path[100], target[100];
    uint64_t next;
    snprintf(link_path, sizeof(link_path), "%s/link", folder);
    snprintf(target, sizeof(target), "%s/target", folder);
    FB_TEST_OK(fb_io_mkdir(target, 0755, &err));
    assert_int_equal(symlink(target, link_path), 0);
    export_to(ledger, link_path);
    FB_TEST_OK(verify(target, NULL, &next));
    fb_ledger_close(ledger);
}

/* Whatever fails, the folder keeps a checkpoint with everything that belongs to it. */
static void test_failures(void **state)
{
    (void)state;
    struct fb_ledger *ledger = open_ledger();
    uint64_t next;
    append(ledger, 255, "a");
    export_to(ledger, folder);
    append(ledger, 5, "a");
    bool done = false;
    for (int64_t n = 0; !done && n < 1000; n++) {
        struct fb_export_report report = {.size = 77};
        fb_io_fail_at(n, 28 /* ENOSPC */);
        enum fb_code code = fb_export_write(ledger, FB_STR(""), folder, &report, &err);
        fb_io_fail_at(-1, 0);
        done = code == FB_OK;
        assert_true(done || report.size == 77);
        FB_TEST_OK(verify(folder, NULL, &next));
        assert_true(done ? next == 260 : next == 255 || next == 260);
    }
    assert_true(done);
    done = false;
    append(ledger, 300, "a");
    for (int64_t n = 0; !done && n < 1000; n++) {
        struct fb_export_report report;
        fb_alloc_fail_at(n);
        enum fb_code code = fb_export_write(ledger, FB_STR(""), folder, &report, &err);
        fb_alloc_fail_at(-1);
        done = code == FB_OK;
        assert_true(done || code == FB_E_NOMEM);
    }
    assert_true(done);
    struct signed_checkpoint to;
    read_signed(folder, &to);
    done = false;
    for (int64_t n = 0; !done && n < 1000; n++) {
        struct fb_remote *remote = NULL;
        fb_alloc_fail_at(n);
        enum fb_code code = fb_remote_open(folder, NULL, &remote, &err);
        if (code == FB_OK) {
            code = fb_remote_verify(remote, NULL, &to.checkpoint, NULL, NULL, &err);
        }
        fb_alloc_fail_at(-1);
        fb_remote_close(remote);
        done = code == FB_OK;
        assert_true(done || code == FB_E_NOMEM);
    }
    assert_true(done);
    fb_buf_release(&to.note);
    fb_ledger_close(ledger);
}

static struct fb_ledger *cut_ledger;

static void export_in_child(struct fb_cut *cut)
{
    struct fb_export_report report;
    cut->is_done = fb_export_write(cut_ledger, FB_STR(""), folder, &report, &err) == FB_OK;
}

/* Killed at each call, and then the power goes: the folder shows its old checkpoint or the new one,
 * and everything that belongs to it; the next export completes it. */
static void test_power_cut(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 4; seed += 3) {
        bool is_done = false;
        for (int64_t n = 0; !is_done && n < 300; n += 1 + n / 4) {
            uint64_t next = 0;
            (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
            assert_int_equal(mkdir(folder, 0700), 0);
            cut_ledger = open_ledger();
            append(cut_ledger, 255, "a");
            export_to(cut_ledger, folder);
            append(cut_ledger, 5, "a");
            is_done = fb_cut_run(n, export_in_child);
            fb_cut_power(seed);
            FB_TEST_OK(verify(folder, NULL, &next));
            assert_true(is_done ? next == 260 : next == 255 || next == 260);
            export_to(cut_ledger, folder);
            next = 0;
            FB_TEST_OK(verify(folder, NULL, &next));
            assert_int_equal(next, 260);
            fb_ledger_close(cut_ledger);
        }
        assert_true(is_done);
    }
}

static void test_tile(void **state)
{
    (void)state;
    struct fb_ledger *ledger = open_ledger();
    struct fb_buf tile;
    fb_buf_init(&tile, FB_TILE_SIZE);
    append(ledger, 5, "a");
    FB_TEST_OK(fb_ledger_tile(ledger, 0, 0, 3, &tile, &err));
    assert_int_equal(tile.len, 3 * FB_HASH_SIZE);
    struct fb_hash leaf = fb_merkle_leaf(FB_STR("a 2"));
    assert_memory_equal(tile.ptr + 64, leaf.bytes, 32);
    FB_TEST_FAILS(fb_ledger_tile(ledger, 0, 0, 6, &tile, &err), FB_E_CORRUPT);
    FB_TEST_FAILS(fb_ledger_tile(ledger, 1, 0, 1, &tile, &err), FB_E_CORRUPT);
    assert_int_equal(tile.len, 3 * FB_HASH_SIZE);
    fb_buf_release(&tile);
    fb_ledger_close(ledger);
}

/* A log that another program wrote: each of its checkpoints, and from each to each. */
static void test_tessera(void **state)
{
    (void)state;
    static const char key[] =
        "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
    enum { COUNT = 16 };
    static struct signed_checkpoint at[COUNT];
    char path[512], dir[400];
    if (!fb_test_shared("data/ledger/tessera-log-apache2/log/checkpoint", path, sizeof(path))) {
        skip();
    }
    snprintf(dir, sizeof(dir), "%.*s", (int)(strlen(path) - strlen("/checkpoint")), path);
    struct fb_remote *remote = NULL;
    FB_TEST_OK(fb_remote_open(dir, NULL, &remote, &err));
    for (size_t i = 0; i < COUNT; i++) {
        fb_buf_init(&at[i].note, FB_NOTE_MAX);
        if (i == COUNT - 1) {
            FB_TEST_OK(fb_remote_checkpoint(remote, &at[i].note, &err));
        } else {
            snprintf(path, sizeof(path), "%s/checkpoint.%zu", dir, i);
            FB_TEST_OK(fb_io_read(path, &at[i].note, &err));
        }
        parse_signed(&at[i], key);
        assert_true(at[i].checkpoint.size == i);
        FB_TEST_OK(fb_remote_verify(remote, NULL, &at[i].checkpoint, NULL, NULL, &err));
        for (size_t from = 0; from <= i; from++) {
            FB_TEST_OK(fb_remote_verify(
                remote, &at[from].checkpoint, &at[i].checkpoint, NULL, NULL, &err));
        }
        /* Backwards is a rollback; another root a split view. */
        if (i > 0) {
            FB_TEST_FAILS(fb_remote_verify(
                              remote, &at[i].checkpoint, &at[i - 1].checkpoint, NULL, NULL, &err),
                FB_E_FORK);
            struct fb_checkpoint wrong = at[i - 1].checkpoint;
            wrong.root.bytes[0] ^= 1;
            FB_TEST_FAILS(
                fb_remote_verify(remote, &wrong, &at[i].checkpoint, NULL, NULL, &err), FB_E_FORK);
            wrong = at[i].checkpoint;
            wrong.root.bytes[0] ^= 1;
            FB_TEST_FAILS(fb_remote_verify(remote, NULL, &wrong, NULL, NULL, &err), FB_E_CORRUPT);
        }
    }
    for (size_t i = 0; i < COUNT; i++) {
        fb_buf_release(&at[i].note);
    }
    fb_remote_close(remote);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_tile_for_partial, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_altered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_contradictions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damage_accuses_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_links, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_power_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tile, set_up, tear_down),
        cmocka_unit_test(test_tessera),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

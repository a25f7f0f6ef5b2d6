/* Tests of blob. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/io.h"
#include "fb_cut.h"
#include "fb_test.h"
#include "ledger/blob.h"

static struct fb_err err;
static char folder[64];
static char blobs[80];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "%s/flyball-blob-XXXXXX", fb_test_quick_folder());
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(blobs, sizeof(blobs), "%s/blobs", folder);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static size_t file_count;

static int count_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)path;
    (void)st;
    (void)ftw;
    file_count += kind == FTW_F;
    return 0;
}

static size_t files(void)
{
    file_count = 0;
    assert_int_equal(nftw(folder, count_one, 8, FTW_PHYS), 0);
    return file_count;
}

static void test_put_and_get(void **state)
{
    (void)state;
    uint8_t digest[FB_SHA256_SIZE], again[FB_SHA256_SIZE];
    char path[256], expected[256];
    struct fb_buf out;
    fb_buf_init(&out, 100);
    FB_TEST_OK(fb_blob_put(blobs, FB_STR("abc"), digest, &err));
    FB_TEST_OK(fb_blob_path(blobs, digest, path, sizeof(path), &err));
    snprintf(expected, sizeof(expected),
        "%s/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", blobs);
    assert_string_equal(path, expected);
    assert_true(fb_blob_exists(blobs, digest));
    fb_buf_add_c(&out, "before ");
    FB_TEST_OK(fb_blob_get(blobs, digest, &out, &err));
    assert_true(fb_str_is(fb_buf_str(&out), "before abc"));
    FB_TEST_OK(fb_blob_check(blobs, digest, &err));
    FB_TEST_OK(fb_blob_put(blobs, FB_STR("abc"), again, &err));
    assert_memory_equal(digest, again, sizeof(digest));
    assert_int_equal(files(), 1);
    FB_TEST_FAILS(fb_blob_path(blobs, digest, path, 20, &err), FB_E_LIMIT);
    fb_buf_release(&out);
}

static void test_altered_and_absent(void **state)
{
    (void)state;
    uint8_t digest[FB_SHA256_SIZE], absent[FB_SHA256_SIZE] = {1};
    char path[256];
    struct fb_buf out;
    fb_buf_init(&out, 100);
    FB_TEST_OK(fb_blob_put(blobs, FB_STR("abc"), digest, &err));
    FB_TEST_OK(fb_blob_path(blobs, digest, path, sizeof(path), &err));
    FB_TEST_OK(fb_io_write(path, FB_STR("abd"), 0600, &err));
    fb_buf_add_c(&out, "kept");
    FB_TEST_FAILS(fb_blob_get(blobs, digest, &out, &err), FB_E_CORRUPT);
    assert_true(fb_str_is(fb_buf_str(&out), "kept"));
    FB_TEST_FAILS(fb_blob_check(blobs, digest, &err), FB_E_CORRUPT);
    assert_non_null(strstr(err.message, path));
    /* Putting it again heals it. */
    FB_TEST_OK(fb_blob_put(blobs, FB_STR("abc"), digest, &err));
    FB_TEST_OK(fb_blob_check(blobs, digest, &err));
    FB_TEST_FAILS(fb_blob_get(blobs, absent, &out, &err), FB_E_NOT_FOUND);
    FB_TEST_FAILS(fb_blob_check(blobs, absent, &err), FB_E_NOT_FOUND);
    assert_false(fb_blob_exists(blobs, absent));
    /* What never ends is not read: a device behind a link, a pipe that nobody writes to. */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(unlink(path), 0);
        assert_int_equal(i == 0 ? symlink("/dev/zero", path) : mkfifo(path, 0600), 0);
        FB_TEST_FAILS(fb_blob_get(blobs, digest, &out, &err), FB_E_IO);
        FB_TEST_FAILS(fb_blob_check(blobs, digest, &err), FB_E_IO);
        assert_non_null(strstr(err.message, "not a regular file"));
    }
    fb_buf_release(&out);
}

static void test_put_file(void **state)
{
    (void)state;
    char path[96];
    uint8_t digest[FB_SHA256_SIZE], expected[FB_SHA256_SIZE];
    uint64_t size = 0;
    struct fb_buf big;
    fb_buf_init(&big, 1 << 20);
    for (size_t i = 0; i < 60000; i++) {
        fb_buf_addf(&big, "%zu\n", i);
    }
    snprintf(path, sizeof(path), "%s/big", folder);
    FB_TEST_OK(fb_io_write(path, fb_buf_str(&big), 0600, &err));
    FB_TEST_OK(fb_blob_put_file(blobs, path, digest, &size, &err));
    fb_sha256_of(fb_buf_str(&big), expected);
    assert_memory_equal(digest, expected, sizeof(digest));
    assert_int_equal(size, big.len);
    FB_TEST_OK(fb_blob_check(blobs, digest, &err));
    size = 7;
    memset(digest, 9, sizeof(digest));
    memset(expected, 9, sizeof(expected));
    snprintf(path, sizeof(path), "%s/absent", folder);
    FB_TEST_FAILS(fb_blob_put_file(blobs, path, digest, &size, &err), FB_E_NOT_FOUND);
    assert_int_equal(size, 7);
    assert_memory_equal(digest, expected, sizeof(digest));
    fb_buf_release(&big);
}

/* Each call to the file system fails once, as on a full disk: no blob with a wrong content and no
 * file without a blob's name is left. */
static void test_disk_fails(void **state)
{
    (void)state;
    uint8_t digest[FB_SHA256_SIZE];
    for (int64_t n = 0;; n++) {
        fb_io_fail_at(n, ENOSPC);
        enum fb_code code = fb_blob_put(blobs, FB_STR("abc"), digest, &err);
        fb_io_fail_at(-1, 0);
        size_t left = files();
        if (code == FB_OK) {
            assert_int_equal(left, 1);
            assert_true(n >= 6);
            break;
        }
        assert_int_equal(code, FB_E_FULL);
        assert_true(left <= 1);
        if (left == 1) {
            fb_sha256_of(FB_STR("abc"), digest);
            FB_TEST_OK(fb_blob_check(blobs, digest, &err));
        }
        assert_true(n < 100);
    }
}

/* What is no file, has no end, or is not as long as it says: refused, and nothing is left. */
static void test_no_files(void **state)
{
    (void)state;
    static const char *const odd[] = {"/dev/zero", "/dev/null", "/proc/self/status", "pipe", "."};
    uint8_t digest[FB_SHA256_SIZE] = {7};
    char path[96], link_path[96];
    snprintf(path, sizeof(path), "%s/pipe", folder);
    snprintf(link_path, sizeof(link_path), "%s/link", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        const char *name = strcmp(odd[i], "pipe") == 0 ? path : odd[i];
        bool grows = strcmp(odd[i], "/proc/self/status") == 0; /* it says that it is empty */
        FB_TEST_FAILS(
            fb_blob_put_file(blobs, name, digest, NULL, &err), grows ? FB_E_MISMATCH : FB_E_IO);
        assert_non_null(strstr(err.message, grows ? "changed while" : "not a regular file"));
        (void)unlink(link_path);
        assert_int_equal(symlink(name, link_path), 0);
        FB_TEST_FAILS(fb_blob_put_file(blobs, link_path, digest, NULL, &err),
            grows ? FB_E_MISMATCH : FB_E_IO);
        assert_int_equal(digest[0], 7);
    }
    assert_int_equal(files(), 1);
}

/* What a killed process left goes with the next blob; what another one is writing stays. */
static void test_left_behind(void **state)
{
    (void)state;
    uint8_t digest[FB_SHA256_SIZE];
    char stale[160], other[160], own[160], strange[160];
    FB_TEST_OK(fb_blob_put(blobs, FB_STR("a"), digest, &err));
    snprintf(stale, sizeof(stale), "%s/incoming.tmp-99999", blobs);
    snprintf(other, sizeof(other), "%s/incoming.tmp-1", blobs);
    snprintf(own, sizeof(own), "%s/incoming.tmp-%ld", blobs, (long)getpid());
    snprintf(strange, sizeof(strange), "%s/incoming.txt", blobs);
    FB_TEST_OK(fb_io_write(stale, FB_STR("half a do"), 0600, &err));
    FB_TEST_OK(fb_io_write(other, FB_STR("half a do"), 0600, &err));
    FB_TEST_OK(fb_io_write(own, FB_STR("of another container"), 0600, &err));
    FB_TEST_OK(fb_io_write(strange, FB_STR("x"), 0600, &err));
    int fds[2] = {open(other, O_WRONLY), open(own, O_WRONLY)};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(flock(fds[i], LOCK_EX | LOCK_NB), 0);
    }
    FB_TEST_OK(fb_blob_put(blobs, FB_STR("b"), digest, &err));
    assert_false(fb_io_exists(stale));
    assert_true(fb_io_exists(other) && fb_io_exists(own) && fb_io_exists(strange));
    FB_TEST_OK(fb_blob_check(blobs, digest, &err));
    (void)close(fds[0]);
    (void)close(fds[1]);
    FB_TEST_OK(fb_blob_put(blobs, FB_STR("c"), digest, &err));
    assert_false(fb_io_exists(other) || fb_io_exists(own));
    assert_int_equal(files(), 4);
}

/* Erasing says when the file stays, and is durable. */
static void test_erase(void **state)
{
    (void)state;
    uint8_t digest[FB_SHA256_SIZE];
    FB_TEST_OK(fb_blob_put(blobs, FB_STR("abc"), digest, &err));
    fb_io_fail_at(0, EPERM);
    FB_TEST_FAILS(fb_blob_erase(blobs, digest, &err), FB_E_IO);
    fb_io_fail_at(-1, 0);
    assert_non_null(strstr(err.message, "could not remove"));
    assert_true(fb_blob_exists(blobs, digest));
    FB_TEST_OK(fb_blob_erase(blobs, digest, &err));
    assert_false(fb_blob_exists(blobs, digest));
    FB_TEST_OK(fb_blob_erase(blobs, digest, &err));
    /* A link to a device is no blob, and goes as one. */
    char path[256];
    FB_TEST_OK(fb_blob_path(blobs, digest, path, sizeof(path), &err));
    assert_int_equal(symlink("/dev/zero", path), 0);
    assert_false(fb_blob_exists(blobs, digest));
    FB_TEST_OK(fb_blob_erase(blobs, digest, &err));
    assert_false(fb_io_exists(path));
}

#define CUT_TEXT "what must not be half there"

static void put_in_child(struct fb_cut *cut)
{
    uint8_t digest[FB_SHA256_SIZE];
    cut->is_done = fb_blob_put(blobs, FB_STR(CUT_TEXT), digest, &err) == FB_OK;
}

/* Killed at each call, and then the power goes: a blob is there whole or not at all, and one that
 * was acknowledged is there. */
static void test_power_cut(void **state)
{
    (void)state;
    uint8_t digest[FB_SHA256_SIZE];
    fb_sha256_of(FB_STR(CUT_TEXT), digest);
    for (uint64_t seed = 0; seed < 5; seed++) {
        bool is_done = false;
        for (int64_t n = 0; !is_done && n < 100; n++) {
            (void)nftw(blobs, fb_cut_remove, 16, FTW_DEPTH | FTW_PHYS);
            is_done = fb_cut_run(n, put_in_child);
            fb_cut_power(seed);
            if (is_done || fb_blob_exists(blobs, digest)) {
                FB_TEST_OK(fb_blob_check(blobs, digest, &err));
            }
            assert_true(!is_done || n > 8);
            FB_TEST_OK(fb_blob_put(blobs, FB_STR(CUT_TEXT), digest, &err));
            FB_TEST_OK(fb_blob_check(blobs, digest, &err));
        }
        assert_true(is_done);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_put_and_get, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_altered_and_absent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_put_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_disk_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_left_behind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_erase, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_power_cut, set_up, tear_down),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

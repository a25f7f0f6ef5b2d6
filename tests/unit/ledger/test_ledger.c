/* Tests of the ledger: promises, refusals, and what happens when things fail on the way. */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "fb_test.h"
#include "ledger/ledger.h"

static struct fb_err err;
static char folder[64];
static char path[128];
static struct fb_note_signer signer;

static int set_up(void **state)
{
    (void)state;
    uint8_t seed[32] = {42};
    snprintf(folder, sizeof(folder), "/tmp/flyball-ledger-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/ledger.db", folder);
    FB_TEST_OK(fb_note_signer_from_seed(FB_STR("example.org/log"), seed, &signer, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        char name[160];
        snprintf(name, sizeof(name), "%s%s", path, tails[i]);
        (void)unlink(name);
    }
    return rmdir(folder);
}

static struct fb_ledger *open_ledger(void)
{
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_options options = {.signer = &signer, .busy_ms = 20000};
    FB_TEST_OK(fb_ledger_open(path, &options, &ledger, &err));
    return ledger;
}

static struct fb_ledger *make_ledger(void)
{
    struct fb_ledger_options options = {.signer = &signer};
    FB_TEST_OK(fb_ledger_create(path, &options, &err));
    return open_ledger();
}

/* The bytes of entry n in all tests. */
static struct fb_str entry_text(uint64_t n, char out[64])
{
    int len = snprintf(out, 64, "entry %" PRIu64 " says this", n);
    return (struct fb_str){out, (size_t)len};
}

/* Appends entries first .. first + count as one batch. */
static enum fb_code append(struct fb_ledger *ledger, uint64_t first, size_t count, fb_time at)
{
    static char texts[2000][64];
    static struct fb_str entries[2000];
    uint64_t seq = 12345;
    assert_true(count <= 2000);
    for (size_t i = 0; i < count; i++) {
        entries[i] = entry_text(first + i, texts[i]);
    }
    struct fb_ledger_batch batch = {entries, count, at, FB_LEDGER_ANY_SIZE};
    enum fb_code code = fb_ledger_append(ledger, &batch, &seq, &err);
    assert_true(code == FB_OK ? seq == first : seq == 12345);
    return code;
}

static struct fb_hash expected_root(uint64_t size)
{
    struct fb_tree tree;
    fb_tree_init(&tree);
    for (uint64_t n = 0; n < size; n++) {
        char text[64];
        struct fb_hash leaf = fb_merkle_leaf(entry_text(n, text));
        fb_tree_add(&tree, &leaf);
    }
    return fb_tree_root(&tree);
}

static void assert_good(struct fb_ledger *ledger, uint64_t size)
{
    struct fb_ledger_report report;
    struct fb_hash root = expected_root(size);
    FB_TEST_OK(fb_ledger_verify(ledger, NULL, NULL, &report, &err));
    assert_int_equal(report.size, size);
    assert_true(fb_hash_eq(&report.root, &root));
    assert_true(report.bad_seq == FB_LEDGER_ANY_SIZE);
}

static void test_empty(void **state)
{
    (void)state;
    struct fb_ledger *ledger = make_ledger();
    uint64_t size = 9;
    fb_time last = 0;
    struct fb_hash root, empty = fb_merkle_empty();
    struct fb_buf text;
    assert_true(fb_str_is(fb_ledger_origin(ledger), "example.org/log"));
    FB_TEST_OK(fb_ledger_size(ledger, &size, &err));
    assert_int_equal(size, 0);
    FB_TEST_OK(fb_ledger_last_admitted(ledger, &last, &err));
    assert_true(last == FB_TIME_MIN);
    FB_TEST_OK(fb_ledger_root(ledger, 0, &root, &err));
    assert_true(fb_hash_eq(&root, &empty));
    FB_TEST_OK(fb_ledger_size_before(ledger, FB_TIME_MAX, &size, &err));
    assert_int_equal(size, 0);
    fb_buf_init(&text, 1000);
    FB_TEST_OK(fb_ledger_checkpoint(ledger, &text, &err));
    assert_true(fb_str_starts(fb_buf_str(&text),
        FB_STR("example.org/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n")));
    fb_buf_release(&text);
    assert_good(ledger, 0);
    fb_ledger_close(ledger);
    fb_ledger_close(NULL);
}

static void check_proofs(struct fb_ledger *ledger, uint64_t size)
{
    for (uint64_t seq = 0; seq < size; seq += 37) {
        char text[64];
        struct fb_proof proof;
        struct fb_inclusion claim = {.index = seq, .size = size};
        claim.leaf = fb_merkle_leaf(entry_text(seq, text));
        claim.root = expected_root(size);
        FB_TEST_OK(fb_ledger_prove_inclusion(ledger, seq, size, &proof, &err));
        FB_TEST_OK(fb_merkle_verify_inclusion(&claim, &proof, &err));
        struct fb_consistency growth = {seq + 1, size, expected_root(seq + 1), claim.root};
        FB_TEST_OK(fb_ledger_prove_consistency(ledger, seq + 1, size, &proof, &err));
        FB_TEST_OK(fb_merkle_verify_consistency(&growth, &proof, &err));
    }
}

static void test_append_and_prove(void **state)
{
    (void)state;
    static const size_t batches[] = {1, 2, 253, 1, 1, 300, 7};
    struct fb_ledger *ledger = make_ledger();
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof(batches) / sizeof(batches[0]); i++) {
        FB_TEST_OK(append(ledger, size, batches[i], (fb_time)(100 * (i + 1))));
        size += batches[i];
        struct fb_hash root, expected = expected_root(size);
        FB_TEST_OK(fb_ledger_root(ledger, size, &root, &err));
        assert_true(fb_hash_eq(&root, &expected));
        if (i % 2 == 0) {
            fb_ledger_close(ledger);
            ledger = open_ledger();
        }
    }
    assert_good(ledger, size);
    check_proofs(ledger, size);
    struct fb_proof proof;
    struct fb_hash root;
    FB_TEST_FAILS(fb_ledger_root(ledger, size + 1, &root, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_ledger_prove_inclusion(ledger, 0, size + 1, &proof, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_ledger_prove_inclusion(ledger, 5, 5, &proof, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_ledger_prove_consistency(ledger, 6, 5, &proof, &err), FB_E_RANGE);
    fb_ledger_close(ledger);
}

static void test_known_before(void **state)
{
    (void)state;
    static const struct {
        fb_time t;
        uint64_t size;
    } cases[] = {{FB_TIME_MIN, 0}, {99, 0}, {100, 0}, {101, 2}, {200, 2}, {201, 7}, {300, 7},
        {301, 8}, {FB_TIME_MAX, 8}};
    struct fb_ledger *ledger = make_ledger();
    fb_time last = 0;
    FB_TEST_OK(append(ledger, 0, 2, 100));
    FB_TEST_OK(append(ledger, 2, 4, 200));
    FB_TEST_OK(append(ledger, 6, 1, 200));
    FB_TEST_OK(append(ledger, 7, 1, 300));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t size = 99;
        FB_TEST_OK(fb_ledger_size_before(ledger, cases[i].t, &size, &err));
        assert_int_equal(size, cases[i].size);
    }
    FB_TEST_OK(fb_ledger_last_admitted(ledger, &last, &err));
    assert_int_equal(last, 300);
    FB_TEST_FAILS(append(ledger, 8, 1, 299), FB_E_TIME);
    assert_good(ledger, 8);
    fb_ledger_close(ledger);
}

static enum fb_code count_entry(void *ctx, const struct fb_store_entry *entry, struct fb_err *e)
{
    (void)e;
    char text[64];
    assert_true(fb_str_eq(entry->bytes, entry_text(entry->seq, text)));
    ++*(size_t *)ctx;
    return FB_OK;
}

static void test_read_and_scan(void **state)
{
    (void)state;
    struct fb_ledger *ledger = make_ledger();
    struct fb_buf bytes;
    fb_ledger_entry entry;
    size_t count = 0;
    FB_TEST_OK(append(ledger, 0, 20, 5));
    fb_buf_init(&bytes, 1000);
    FB_TEST_OK(fb_ledger_read(ledger, 19, &entry, &bytes, &err));
    assert_true(fb_str_is(entry.bytes, "entry 19 says this"));
    assert_int_equal(entry.admitted, 5);
    FB_TEST_FAILS(fb_ledger_read(ledger, 20, &entry, &bytes, &err), FB_E_NOT_FOUND);
    FB_TEST_OK(fb_ledger_scan(ledger, (uint64_t[]){3, 9}, count_entry, &count, &err));
    assert_int_equal(count, 6);
    FB_TEST_OK(fb_ledger_scan(ledger, (uint64_t[]){0, UINT64_MAX}, count_entry, &count, &err));
    assert_int_equal(count, 26);
    fb_buf_release(&bytes);
    fb_ledger_close(ledger);
}

static void test_refusals(void **state)
{
    (void)state;
    static char big[FB_LEDGER_ENTRY_MAX + 1];
    struct fb_ledger *ledger = make_ledger();
    uint64_t seq = 77;
    struct fb_str entries[2] = {FB_STR("fits"), {big, sizeof(big)}};
    struct fb_ledger_batch batch = {entries, 2, 5, FB_LEDGER_ANY_SIZE};
    FB_TEST_FAILS(fb_ledger_append(ledger, &batch, &seq, &err), FB_E_LIMIT);
    assert_non_null(strstr(err.message, "entry 1 of the batch"));
    batch.count = 0;
    FB_TEST_FAILS(fb_ledger_append(ledger, &batch, &seq, &err), FB_E_LIMIT);
    batch.count = FB_LEDGER_BATCH_MAX + 1;
    FB_TEST_FAILS(fb_ledger_append(ledger, &batch, &seq, &err), FB_E_LIMIT);
    batch.count = 1;
    batch.expected_size = 1;
    FB_TEST_FAILS(fb_ledger_append(ledger, &batch, &seq, &err), FB_E_BUSY);
    assert_int_equal(seq, 77);
    assert_good(ledger, 0);
    batch.expected_size = 0;
    entries[0].len = FB_LEDGER_ENTRY_MAX;
    entries[0].ptr = big;
    FB_TEST_OK(fb_ledger_append(ledger, &batch, &seq, &err));
    assert_int_equal(seq, 0);
    fb_ledger_close(ledger);
}

static void test_open_refused(void **state)
{
    (void)state;
    struct fb_ledger *ledger = NULL;
    struct fb_note_signer other;
    uint8_t seed[32] = {1};
    struct fb_ledger_options mine = {.signer = &signer}, reading = {.signer = NULL};
    FB_TEST_FAILS(fb_ledger_open(path, &mine, &ledger, &err), FB_E_NOT_FOUND);
    FB_TEST_OK(fb_ledger_create(path, &mine, &err));
    FB_TEST_FAILS(fb_ledger_create(path, &mine, &err), FB_E_DUPLICATE);
    FB_TEST_OK(fb_note_signer_from_seed(FB_STR("example.org/log"), seed, &other, &err));
    struct fb_ledger_options theirs = {.signer = &other};
    FB_TEST_FAILS(fb_ledger_open(path, &theirs, &ledger, &err), FB_E_SIGNATURE);
    assert_string_equal(err.file, path);
    assert_null(ledger);
    FB_TEST_OK(fb_ledger_open(path, &reading, &ledger, &err));
    FB_TEST_FAILS(append(ledger, 0, 1, 5), FB_E_USAGE);
    assert_good(ledger, 0);
    fb_ledger_close(ledger);
}

static void test_memory(void **state)
{
    (void)state;
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_options options = {.signer = &signer};
    FB_TEST_OK(fb_ledger_open(NULL, &options, &ledger, &err));
    FB_TEST_OK(append(ledger, 0, 600, 5));
    assert_good(ledger, 600);
    check_proofs(ledger, 600);
    fb_ledger_close(ledger);
}

/* Runs SQL on the file behind the ledger's back. */
static void tamper(const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_tampering_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        uint64_t bad_seq;
        const char *undo;
    } cases[] = {
        {"UPDATE entry SET bytes = x'00' WHERE seq = 3", 3,
            "UPDATE entry SET bytes = CAST('entry 3 says this' AS BLOB) WHERE seq = 3"},
        {"UPDATE entry SET admitted = 0 WHERE seq = 299", 299,
            "UPDATE entry SET admitted = 5 WHERE seq = 299"},
        {"UPDATE entry SET seq = 1000 WHERE seq = 280", 280,
            "UPDATE entry SET seq = 280 WHERE seq = 1000"},
        {"UPDATE tile SET root = CAST('another hash that is no hash at' AS BLOB) || x'00'", 0,
            NULL},
        {"UPDATE tile SET root = 'text' WHERE level = 0 AND number = 0", 0, NULL},
        {"DELETE FROM tile WHERE level = 0 AND number = 0", 0, NULL},
    };
    struct fb_ledger *ledger = make_ledger();
    FB_TEST_OK(append(ledger, 0, 300, 5));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_ledger_report report;
        char number[32];
        tamper(cases[i].sql);
        FB_TEST_FAILS(fb_ledger_verify(ledger, NULL, NULL, &report, &err), FB_E_CORRUPT);
        assert_int_equal(report.bad_seq, cases[i].bad_seq);
        snprintf(number, sizeof(number), "entry %" PRIu64, cases[i].bad_seq);
        assert_non_null(strstr(err.message, number));
        if (cases[i].undo) {
            tamper(cases[i].undo);
            assert_good(ledger, 300);
        }
    }
    fb_ledger_close(ledger);
}

static void test_checkpoint_is_guarded(void **state)
{
    (void)state;
    struct fb_ledger *ledger = make_ledger();
    struct fb_ledger_report report;
    FB_TEST_OK(append(ledger, 0, 3, 5));
    tamper("CREATE TABLE old AS SELECT checkpoint AS value FROM entry WHERE seq = 2");
    FB_TEST_OK(append(ledger, 3, 1, 6));
    /* The last entry taken away, an older checkpoint, a signature with one bit changed, none. */
    tamper("CREATE TABLE last AS SELECT * FROM entry WHERE seq = 3;"
           "DELETE FROM entry WHERE seq = 3");
    FB_TEST_FAILS(fb_ledger_verify(ledger, NULL, NULL, &report, &err), FB_E_CORRUPT);
    FB_TEST_FAILS(append(ledger, 3, 1, 7), FB_E_CORRUPT);
    tamper("INSERT INTO entry SELECT * FROM last");
    assert_good(ledger, 4);
    tamper("UPDATE entry SET checkpoint = (SELECT value FROM old) WHERE seq = 3");
    FB_TEST_FAILS(fb_ledger_verify(ledger, NULL, NULL, &report, &err), FB_E_CORRUPT);
    assert_int_equal(report.bad_seq, 3);
    FB_TEST_FAILS(append(ledger, 4, 1, 7), FB_E_CORRUPT);
    tamper("UPDATE entry SET checkpoint = CAST(replace(CAST(checkpoint AS TEXT), char(10) || '3',"
           " char(10) || '4') AS BLOB) WHERE seq = 3");
    FB_TEST_FAILS(fb_ledger_verify(ledger, NULL, NULL, &report, &err), FB_E_SIGNATURE);
    FB_TEST_FAILS(append(ledger, 4, 1, 7), FB_E_SIGNATURE);
    assert_int_equal(report.bad_seq, 3);
    tamper("UPDATE entry SET checkpoint = NULL");
    FB_TEST_FAILS(fb_ledger_verify(ledger, NULL, NULL, &report, &err), FB_E_CORRUPT);
    fb_ledger_close(ledger);
    struct fb_ledger_options options = {.signer = &signer};
    FB_TEST_FAILS(fb_ledger_open(path, &options, &ledger, &err), FB_E_CORRUPT);
}

/* Damage of the last row, where the checkpoint stands, names the entry too, also when the ledger is
 * opened only now. */
static void test_last_row(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum fb_code code;
        uint64_t bad_seq;
        const char *says;
    } cases[] = {
        {"UPDATE entry SET bytes = x'00' WHERE seq = 3", FB_E_CORRUPT, 3, "entry 3 was altered"},
        {"UPDATE entry SET leaf_hash = x'00' WHERE seq = 3", FB_E_CORRUPT, 3, "entry 3 of"},
        {"UPDATE entry SET admitted = 'noon' WHERE seq = 3", FB_E_CORRUPT, 3, "entry 3 of"},
        {"UPDATE entry SET seq = 77 WHERE seq = 3", FB_E_CORRUPT, 3, "entry 3 is missing"},
        {"UPDATE entry SET seq = 4 WHERE seq = 3", FB_E_CORRUPT, 3, "entry 3 is missing"},
        {"UPDATE entry SET checkpoint = NULL WHERE seq = 3", FB_E_CORRUPT, 3,
            "entry 3, the last one, has no good checkpoint: the ledger has no checkpoint"},
        {"UPDATE entry SET checkpoint = 'text' WHERE seq = 3", FB_E_CORRUPT, 3,
            "entry 3, the last one"},
        {"UPDATE entry SET checkpoint = x'00' WHERE seq = 3", FB_E_CORRUPT, 3,
            "entry 3, the last one"},
        {"UPDATE entry SET checkpoint = CAST(replace(CAST(checkpoint AS TEXT), char(10) || '4',"
         " char(10) || '5') AS BLOB) WHERE seq = 3",
            FB_E_SIGNATURE, 3, "entry 3, the last one, has no good checkpoint"},
        {"DELETE FROM entry WHERE seq = 3", FB_E_CORRUPT, 2, "entry 2, the last one"},
        {"UPDATE entry SET checkpoint = (SELECT checkpoint FROM entry WHERE seq = 3) WHERE seq = 2;"
         "DELETE FROM entry WHERE seq = 3",
            FB_E_CORRUPT, 3, "entry 3 is missing"},
        {"INSERT INTO entry SELECT 4, admitted, leaf_hash, bytes, checkpoint FROM entry WHERE seq ="
         " 3; UPDATE entry SET checkpoint = NULL WHERE seq = 3",
            FB_E_CORRUPT, 4, "entry 4 was not signed"},
        /* What an entry shows goes before the checkpoint. */
        {"UPDATE entry SET bytes = x'00' WHERE seq = 1;"
         "UPDATE entry SET checkpoint = CAST(replace(CAST(checkpoint AS TEXT), char(10) || '4',"
         " char(10) || '5') AS BLOB) WHERE seq = 3",
            FB_E_CORRUPT, 1, "entry 1 was altered"},
        {"DELETE FROM entry", FB_E_CORRUPT, FB_LEDGER_ANY_SIZE, "has no checkpoint"},
    };
    struct fb_ledger *ledger = make_ledger();
    struct fb_ledger_options reading = {.signer = NULL};
    FB_TEST_OK(append(ledger, 0, 4, 5));
    tamper("CREATE TABLE kept AS SELECT * FROM entry");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_ledger_report report = {.size = 0};
        struct fb_ledger *other = NULL;
        tamper(cases[i].sql);
        FB_TEST_FAILS(fb_ledger_verify(ledger, NULL, NULL, &report, &err), cases[i].code);
        assert_true(report.bad_seq == cases[i].bad_seq);
        assert_non_null(strstr(err.message, cases[i].says));
        enum fb_code code = fb_ledger_open(path, &reading, &other, &err);
        if (code == FB_OK) {
            code = fb_ledger_verify(other, NULL, NULL, &report, &err);
        }
        assert_int_equal(code, cases[i].code);
        assert_non_null(strstr(err.message, cases[i].says));
        fb_ledger_close(other);
        tamper("DELETE FROM entry; INSERT INTO entry SELECT * FROM kept");
        assert_good(ledger, 4);
    }
    fb_ledger_close(ledger);
}

/* A checkpoint beside an earlier entry would show an older ledger as whole, once the later entries
 * are deleted. */
static void test_kept_checkpoint(void **state)
{
    (void)state;
    struct fb_ledger *ledger = make_ledger();
    struct fb_ledger_report report;
    FB_TEST_OK(append(ledger, 0, 3, 5));
    tamper("CREATE TABLE old AS SELECT checkpoint AS value FROM entry WHERE seq = 2");
    FB_TEST_OK(append(ledger, 3, 2, 6));
    assert_good(ledger, 5);
    for (uint64_t seq = 0; seq < 4; seq++) {
        char sql[128], says[64];
        snprintf(sql, sizeof(sql),
            "UPDATE entry SET checkpoint = (SELECT value FROM old) WHERE seq = %" PRIu64, seq);
        snprintf(says, sizeof(says), "entry %" PRIu64 " is not the last one", seq);
        tamper(sql);
        FB_TEST_FAILS(fb_ledger_verify(ledger, NULL, NULL, &report, &err), FB_E_CORRUPT);
        assert_true(report.bad_seq == seq);
        assert_non_null(strstr(err.message, says));
        tamper("UPDATE entry SET checkpoint = NULL WHERE seq < 4");
        assert_good(ledger, 5);
    }
    /* Whatever it is. */
    tamper("UPDATE entry SET checkpoint = '' WHERE seq = 3");
    FB_TEST_FAILS(fb_ledger_verify(ledger, NULL, NULL, &report, &err), FB_E_CORRUPT);
    assert_true(report.bad_seq == 3);
    fb_ledger_close(ledger);
}

static enum fb_code refuse_second(void *ctx, const fb_ledger_entry *entry, struct fb_err *e)
{
    enum fb_code code = *(const enum fb_code *)ctx;
    return entry->seq == 1 ? fb_err_set(e, code, "this entry") : FB_OK;
}

/* The checkpoint's failure does not hide what stopped the way through the entries. */
static void test_precedence(void **state)
{
    (void)state;
    static const char *const damage[] = {"UPDATE entry SET checkpoint = NULL",
        "UPDATE entry SET checkpoint = CAST(replace(CAST(checkpoint AS TEXT), char(10) || '3',"
        " char(10) || '4') AS BLOB) WHERE seq = 2"};
    enum fb_code codes[] = {FB_E_NOMEM, FB_E_IO, FB_E_SIGNATURE, FB_E_CORRUPT, FB_E_SCHEMA};
    struct fb_ledger *ledger = make_ledger();
    FB_TEST_OK(append(ledger, 0, 3, 5));
    tamper("CREATE TABLE kept AS SELECT * FROM entry");
    for (size_t k = 0; k < sizeof(damage) / sizeof(damage[0]); k++) {
        tamper(damage[k]);
        for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
            struct fb_ledger_report report = {.size = 77};
            FB_TEST_FAILS(
                fb_ledger_verify(ledger, refuse_second, &codes[i], &report, &err), codes[i]);
            assert_string_equal(err.message, "this entry");
            assert_true(codes[i] == FB_E_CORRUPT || codes[i] == FB_E_SIGNATURE ? report.bad_seq == 1
                                                                               : report.size == 77);
        }
        tamper("DELETE FROM entry; INSERT INTO entry SELECT * FROM kept");
    }
    fb_ledger_close(ledger);
}

/* Whatever byte of the file changes: verification notices, or nothing of the ledger changed. */
static void test_flipped_bytes(void **state)
{
    (void)state;
    struct fb_ledger *ledger = make_ledger();
    FB_TEST_OK(append(ledger, 0, 30, 5));
    fb_ledger_close(ledger);
    struct fb_buf file;
    fb_buf_init(&file, 1 << 22);
    FB_TEST_OK(fb_io_read(path, &file, &err));
    struct fb_ledger_options reading = {.signer = NULL};
    size_t found = 0;
    for (size_t at = 0; at < file.len; at += 61) {
        file.ptr[at] ^= 0x20;
        FB_TEST_OK(fb_io_write(path, fb_buf_str(&file), 0600, &err));
        file.ptr[at] ^= 0x20;
        struct fb_ledger_report report;
        enum fb_code code = fb_ledger_open(path, &reading, &ledger, &err);
        if (code == FB_OK) {
            code = fb_ledger_verify(ledger, NULL, NULL, &report, &err);
            if (code == FB_OK) {
                assert_good(ledger, 30);
            }
            fb_ledger_close(ledger);
        }
        found += code != FB_OK;
    }
    assert_true(found > 20);
    /* One byte of the text of entry 17. */
    for (size_t at = 0; at + 18 < file.len; at++) {
        if (memcmp(file.ptr + at, "entry 17 says this", 18) == 0) {
            file.ptr[at + 10] ^= 0x01;
        }
    }
    FB_TEST_OK(fb_io_write(path, fb_buf_str(&file), 0600, &err));
    struct fb_ledger_report report;
    FB_TEST_OK(fb_ledger_open(path, &reading, &ledger, &err));
    FB_TEST_FAILS(fb_ledger_verify(ledger, NULL, NULL, &report, &err), FB_E_CORRUPT);
    assert_int_equal(report.bad_seq, 17);
    assert_string_equal(err.message, "entry 17 was altered: it does not have its leaf hash");
    fb_ledger_close(ledger);
    fb_buf_release(&file);
}

/* A page that cannot be read at all names the first entry in it. */
static void test_unreadable_page(void **state)
{
    (void)state;
    enum { PAGE = 8192, ENTRIES = 700, IN_IT = 500 };
    struct fb_ledger *ledger = make_ledger();
    struct fb_ledger_options reading = {.signer = NULL};
    struct fb_ledger_report report = {.size = 0};
    struct fb_buf file;
    char text[64];
    FB_TEST_OK(append(ledger, 0, ENTRIES, 5));
    fb_ledger_close(ledger);
    fb_buf_init(&file, 1 << 22);
    FB_TEST_OK(fb_io_read(path, &file, &err));
    struct fb_str wanted = entry_text(IN_IT, text);
    char *at = memmem(file.ptr, file.len, wanted.ptr, wanted.len);
    assert_non_null(at);
    memset(file.ptr + (size_t)(at - file.ptr) / PAGE * PAGE, 0xFF, 16);
    FB_TEST_OK(fb_io_write(path, fb_buf_str(&file), 0600, &err));
    FB_TEST_OK(fb_ledger_open(path, &reading, &ledger, &err));
    FB_TEST_FAILS(fb_ledger_verify(ledger, NULL, NULL, &report, &err), FB_E_CORRUPT);
    assert_true(report.bad_seq > 0 && report.bad_seq <= IN_IT);
    snprintf(text, sizeof(text), "entry %" PRIu64 ": could not read", report.bad_seq);
    assert_non_null(strstr(err.message, text));
    fb_ledger_close(ledger);
    fb_buf_release(&file);
}

static void test_allocation_fails(void **state)
{
    (void)state;
    struct fb_ledger *ledger = make_ledger();
    uint64_t size = 0;
    FB_TEST_OK(append(ledger, 0, 250, 5));
    for (int64_t n = 0;; n++) {
        fb_alloc_fail_at(n);
        enum fb_code code = append(ledger, 250, 10, 6);
        fb_alloc_fail_at(-1);
        FB_TEST_OK(fb_ledger_size(ledger, &size, &err));
        if (code == FB_OK) {
            assert_true(n > 3);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_int_equal(size, 250);
        assert_good(ledger, 250);
        assert_true(n < 200);
    }
    assert_good(ledger, 260);
    fb_ledger_close(ledger);
    for (int64_t n = 0; n < 200; n++) {
        struct fb_ledger_options options = {.signer = &signer};
        fb_alloc_fail_at(n);
        enum fb_code code = fb_ledger_open(path, &options, &ledger, &err);
        fb_alloc_fail_at(-1);
        if (code == FB_OK) {
            fb_ledger_close(ledger);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
    }
}

static void test_sqlite_memory_fails(void **state)
{
    (void)state;
    static char texts[400][4000];
    struct fb_str entries[400];
    struct fb_ledger *ledger = make_ledger();
    uint64_t seq = 0;
    FB_TEST_OK(append(ledger, 0, 3, 5));
    for (size_t i = 0; i < 400; i++) {
        entries[i] = (struct fb_str){texts[i], sizeof(texts[i])};
    }
    struct fb_ledger_batch batch = {entries, 400, 6, FB_LEDGER_ANY_SIZE};
    sqlite3_int64 before = sqlite3_hard_heap_limit64(sqlite3_memory_used() + 20000);
    enum fb_code code = fb_ledger_append(ledger, &batch, &seq, &err);
    sqlite3_hard_heap_limit64(before);
    assert_int_equal(code, FB_E_NOMEM);
    assert_good(ledger, 3);
    FB_TEST_OK(append(ledger, 3, 1, 7));
    fb_ledger_close(ledger);
}

static void test_page_maximum(void **state)
{
    (void)state;
    struct fb_ledger *ledger = make_ledger();
    FB_TEST_OK(append(ledger, 0, 10, 5));
    fb_ledger_close(ledger);
    struct fb_ledger_options small = {.signer = &signer, .page_max = 15};
    FB_TEST_OK(fb_ledger_open(path, &small, &ledger, &err));
    FB_TEST_FAILS(append(ledger, 10, 2000, 6), FB_E_FULL);
    assert_true(err.hint[0] != 0);
    assert_good(ledger, 10);
    fb_ledger_close(ledger);
    ledger = open_ledger();
    assert_good(ledger, 10);
    FB_TEST_OK(append(ledger, 10, 2000, 6));
    assert_good(ledger, 2010);
    fb_ledger_close(ledger);
}

/* A child whose files may not grow appends until that fails; then the ledger must be whole. */
static void test_disk_full(void **state)
{
    (void)state;
    struct fb_ledger *ledger = make_ledger();
    FB_TEST_OK(append(ledger, 0, 10, 5));
    fb_ledger_close(ledger);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit limit = {200000, 200000};
        struct fb_ledger_options options = {.signer = &signer};
        uint64_t size = 10;
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0 ||
            fb_ledger_open(path, &options, &ledger, &err) != FB_OK) {
            _exit(99);
        }
        enum fb_code code = FB_OK;
        while (code == FB_OK && size < 100000) {
            code = append(ledger, size, 500, 6);
            size += 500;
        }
        /* No clean end: the file must be whole without it. */
        _exit((int)code);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), FB_E_FULL);
    uint64_t size = 0;
    ledger = open_ledger();
    FB_TEST_OK(fb_ledger_size(ledger, &size, &err));
    assert_int_equal((size - 10) % 500, 0);
    assert_good(ledger, size);
    FB_TEST_OK(append(ledger, size, 1, 7));
    assert_good(ledger, size + 1);
    fb_ledger_close(ledger);
}

/* One of several processes that append at the same time. */
static void append_as_child(uint64_t batches)
{
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_options options = {.signer = &signer, .busy_ms = 60000};
    if (fb_ledger_open(path, &options, &ledger, &err) != FB_OK) {
        _exit(1);
    }
    for (uint64_t i = 0; i < batches; i++) {
        struct fb_str entries[3] = {FB_STR("a"), FB_STR("b"), FB_STR("c")};
        struct fb_ledger_batch batch = {entries, 3, 5, FB_LEDGER_ANY_SIZE};
        uint64_t seq = 0;
        if (fb_ledger_append(ledger, &batch, &seq, &err) != FB_OK || seq % 3 != 0) {
            _exit(2);
        }
    }
    fb_ledger_close(ledger);
    _exit(0);
}

static void test_two_writers(void **state)
{
    (void)state;
    enum { CHILDREN = 3, BATCHES = 40 };
    pid_t children[CHILDREN];
    fb_ledger_close(make_ledger());
    for (size_t i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            append_as_child(BATCHES);
        }
    }
    for (size_t i = 0; i < CHILDREN; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    struct fb_ledger *ledger = open_ledger();
    struct fb_ledger_report report;
    FB_TEST_OK(fb_ledger_verify(ledger, NULL, NULL, &report, &err));
    assert_int_equal(report.size, CHILDREN * BATCHES * 3);
    fb_ledger_close(ledger);
}

/* A child is killed at a random moment while it appends; the ledger holds whole batches. */
static void test_killed_writer(void **state)
{
    (void)state;
    fb_ledger_close(make_ledger());
    for (unsigned round = 0; round < 8; round++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            append_as_child(1000000);
        }
        usleep(20000 + 7000 * round);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        struct fb_ledger *ledger = open_ledger();
        struct fb_ledger_report report;
        FB_TEST_OK(fb_ledger_verify(ledger, NULL, NULL, &report, &err));
        assert_int_equal(report.size % 3, 0);
        fb_ledger_close(ledger);
    }
}

static void test_create_fails_clean(void **state)
{
    (void)state;
    struct fb_ledger_options options = {.signer = &signer};
    for (int64_t n = 0; n < 100; n++) {
        fb_alloc_fail_at(n);
        enum fb_code code = fb_ledger_create(path, &options, &err);
        fb_alloc_fail_at(-1);
        if (code == FB_OK) {
            assert_true(n > 1);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_false(fb_io_exists(path));
    }
    struct fb_ledger *ledger = open_ledger();
    assert_good(ledger, 0);
    fb_ledger_close(ledger);
}

/* Sums up the numbers of the entries that are visited. */
static enum fb_code count_visit(void *ctx, const fb_ledger_entry *entry, struct fb_err *error)
{
    uint64_t *sum = ctx;
    (void)error;
    *sum += entry->seq + 1;
    return FB_OK;
}

/* Going on from what was verified sees what follows, once, and comes to the same root. */
static void test_verify_on(void **state)
{
    (void)state;
    struct fb_ledger *ledger = make_ledger(), *reader = open_ledger();
    struct fb_ledger_audit *audit = NULL;
    struct fb_ledger_report report, whole;
    uint64_t sum = 0, size = 0;
    static const size_t counts[] = {0, 1, 255, 1, 600, 0, 3};
    FB_TEST_OK(fb_ledger_audit_new(&audit, &err));
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (counts[i]) {
            FB_TEST_OK(append(ledger, size, counts[i], (fb_time)(1000 + i)));
            size += counts[i];
        }
        FB_TEST_OK(fb_ledger_verify_on(reader, audit, count_visit, &sum, &report, &err));
        FB_TEST_OK(fb_ledger_verify(reader, NULL, NULL, &whole, &err));
        assert_int_equal(report.size, size);
        assert_int_equal(sum, size * (size + 1) / 2);
        assert_true(fb_hash_eq(&report.root, &whole.root));
        assert_int_equal(report.last_admitted, whole.last_admitted);
        assert_int_equal(report.first_admitted, whole.first_admitted);
    }
    fb_ledger_audit_free(audit);
    /* What was seen of it before must be there, and the same. */
    static const uint64_t sizes[] = {1, 256, 257, 857, 860};
    for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct fb_hash root;
        FB_TEST_OK(fb_ledger_root(reader, sizes[i / 2], &root, &err));
        root.bytes[i] ^= i % 2 ? 1 : 0;
        FB_TEST_OK(fb_ledger_audit_new(&audit, &err));
        fb_ledger_audit_expect(audit, sizes[i / 2], &root);
        if (i % 2) {
            FB_TEST_FAILS(
                fb_ledger_verify_on(reader, audit, NULL, NULL, &report, &err), FB_E_CORRUPT);
        } else {
            FB_TEST_OK(fb_ledger_verify_on(reader, audit, NULL, NULL, &report, &err));
        }
        fb_ledger_audit_free(audit);
    }
    fb_ledger_close(reader);
    fb_ledger_close(ledger);
}

static void run_sql(const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* What was seen and is gone, and what follows and is wrong, is found; then the audit is spent. */
static void test_verify_on_refuses(void **state)
{
    (void)state;
    static const char *const sqls[] = {"DELETE FROM entry WHERE seq = 9",
        "UPDATE entry SET bytes = 'x' WHERE seq = 12", "DELETE FROM entry WHERE seq = 11",
        "UPDATE entry SET admitted = 5 WHERE seq = 11"};
    struct fb_ledger *ledger = make_ledger();
    FB_TEST_OK(append(ledger, 0, 10, 1000));
    for (size_t i = 0; i < sizeof(sqls) / sizeof(sqls[0]); i++) {
        struct fb_ledger_audit *audit = NULL;
        struct fb_ledger_report report;
        FB_TEST_OK(fb_ledger_audit_new(&audit, &err));
        FB_TEST_OK(fb_ledger_verify_on(ledger, audit, NULL, NULL, &report, &err));
        assert_int_equal(report.size, 10);
        if (i > 0) {
            FB_TEST_OK(append(ledger, 10, 3, 2000));
        }
        char keep[160], command[400];
        snprintf(keep, sizeof(keep), "%s-keep", path);
        snprintf(command, sizeof(command), "VACUUM INTO '%s'", keep);
        run_sql(command);
        run_sql(sqls[i]);
        FB_TEST_FAILS(fb_ledger_verify_on(ledger, audit, NULL, NULL, &report, &err), FB_E_CORRUPT);
        fb_ledger_audit_free(audit);
        fb_ledger_close(ledger);
        for (int tail = 0; tail < 2; tail++) {
            char name[160];
            snprintf(name, sizeof(name), "%s%s", path, tail ? "-wal" : "-shm");
            (void)unlink(name);
        }
        assert_int_equal(rename(keep, path), 0);
        ledger = open_ledger();
        if (i > 0) {
            FB_TEST_OK(fb_ledger_verify(ledger, NULL, NULL, &report, &err));
            assert_int_equal(report.size, 13);
            fb_ledger_close(ledger);
            assert_int_equal(unlink(path), 0);
            ledger = make_ledger();
            FB_TEST_OK(append(ledger, 0, 10, 1000));
        }
    }
    fb_ledger_close(ledger);
}

/* Another history, signed by the same key, does not fit what was seen. */
static void test_verify_on_other_history(void **state)
{
    (void)state;
    struct fb_ledger *ledger = make_ledger();
    struct fb_ledger_audit *audit = NULL;
    struct fb_ledger_report report;
    FB_TEST_OK(append(ledger, 0, 10, 1000));
    FB_TEST_OK(fb_ledger_audit_new(&audit, &err));
    FB_TEST_OK(fb_ledger_verify_on(ledger, audit, NULL, NULL, &report, &err));
    fb_ledger_close(ledger);
    assert_int_equal(unlink(path), 0);
    ledger = make_ledger();
    struct fb_str other = FB_STR("something else");
    struct fb_ledger_batch batch = {&other, 1, 1000, FB_LEDGER_ANY_SIZE};
    uint64_t seq;
    FB_TEST_OK(fb_ledger_append(ledger, &batch, &seq, &err));
    FB_TEST_OK(append(ledger, 1, 12, 1000));
    FB_TEST_OK(fb_ledger_verify(ledger, NULL, NULL, &report, &err));
    FB_TEST_FAILS(fb_ledger_verify_on(ledger, audit, NULL, NULL, &report, &err), FB_E_CORRUPT);
    assert_non_null(strstr(err.message, "root"));
    fb_ledger_audit_free(audit);
    fb_ledger_close(ledger);
}

/* A file that is another one now is neither read on nor written to. */
static void test_replaced_file(void **state)
{
    (void)state;
    char aside[160];
    struct fb_ledger *ledger = make_ledger();
    struct fb_ledger_report report;
    struct fb_ledger_audit *audit = NULL;
    FB_TEST_OK(append(ledger, 0, 3, 1000));
    FB_TEST_OK(fb_ledger_audit_new(&audit, &err));
    snprintf(aside, sizeof(aside), "%s.aside", path);
    assert_int_equal(rename(path, aside), 0);
    FB_TEST_FAILS(fb_ledger_verify_on(ledger, audit, NULL, NULL, &report, &err), FB_E_IO);
    FB_TEST_FAILS(append(ledger, 3, 1, 2000), FB_E_IO);
    assert_non_null(strstr(err.message, "moved away or replaced"));
    assert_int_equal(rename(aside, path), 0);
    FB_TEST_OK(append(ledger, 3, 1, 2000));
    FB_TEST_OK(fb_ledger_verify_on(ledger, audit, NULL, NULL, &report, &err));
    assert_int_equal(report.size, 4);
    fb_ledger_audit_free(audit);
    fb_ledger_close(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_append_and_prove, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_known_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_and_scan, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tampering_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_checkpoint_is_guarded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_last_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kept_checkpoint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_precedence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unreadable_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_flipped_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_allocation_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sqlite_memory_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_page_maximum, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_disk_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_writers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_killed_writer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_create_fails_clean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_verify_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_verify_on_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_verify_on_other_history, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_replaced_file, set_up, tear_down),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

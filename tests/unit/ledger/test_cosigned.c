/* Tests of the file of cosigned checkpoints: what it keeps, what it drops, and what it shows. */
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "ledger/cosigned.h"
#include "logs.h"

static struct fb_err err;

static struct fb_note_signer witness(uint8_t n)
{
    struct fb_note_signer signer;
    uint8_t seed[32] = {n};
    char name[64];
    snprintf(name, sizeof(name), "witness.example/w%u", n);
    FB_TEST_OK(fb_note_cosigner_from_seed(fb_str_of(name), seed, &signer, &err));
    return signer;
}

/* Has witnesses, as digits, cosign the ledger's checkpoint; file is replaced. */
static void cosign(struct fb_ledger *ledger, const char *who, fb_time at, struct fb_buf *file)
{
    struct fb_cosigned kept;
    struct fb_buf note, lines, out;
    struct fb_str text, own;
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_buf_init(&lines, FB_NOTE_MAX);
    fb_buf_init(&out, FB_COSIGNED_FILE_MAX);
    FB_TEST_OK(fb_ledger_checkpoint(ledger, &note, &err));
    FB_TEST_OK(fb_note_split(fb_buf_str(&note), &text, &own, &err));
    for (; *who; who++) {
        struct fb_note_signer signer = witness((uint8_t)*who);
        FB_TEST_OK(fb_note_cosign(text, &signer, at, &lines, &err));
    }
    FB_TEST_OK(fb_cosigned_parse(fb_buf_str(file), &kept, &err));
    FB_TEST_OK(fb_cosigned_add(&kept, fb_buf_str(&note), fb_buf_str(&lines), &out, &err));
    fb_buf_clear(file);
    fb_buf_add_str(file, fb_buf_str(&out));
    fb_buf_release(&out);
    fb_buf_release(&lines);
    fb_buf_release(&note);
}

/* The sizes that are kept, as text. */
static void keeps(const struct fb_buf *file, struct fb_ledger *ledger, const char *sizes)
{
    struct fb_cosigned kept;
    char text[300] = "";
    FB_TEST_OK(fb_cosigned_parse(fb_buf_str(file), &kept, &err));
    FB_TEST_OK(fb_cosigned_check(&kept, ledger, &err));
    for (size_t i = 0; i < kept.count; i++) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof(text) - len, "%s%" PRIu64, i ? " " : "", kept.sizes[i]);
    }
    assert_string_equal(text, sizes);
}

/* The size of the newest that a policy takes; -1 when none is good. */
static int64_t newest(
    const struct fb_buf *file, struct fb_ledger *ledger, const char *members, size_t needed)
{
    struct fb_trust trust;
    struct fb_trusted found;
    struct fb_cosigned kept;
    struct fb_buf policy, note;
    int64_t size = -1;
    fb_buf_init(&policy, FB_TRUST_MAX);
    fb_buf_init(&note, FB_NOTE_MAX);
    for (const char *c = members; *c; c++) {
        struct fb_note_signer signer = witness((uint8_t)*c);
        fb_buf_addf(&policy, "witness %c ", *c);
        fb_note_verifier_format(&signer.verifier, &policy);
        fb_buf_addf(&policy, " http://%c\n", *c);
    }
    fb_buf_addf(&policy, "group g %zu", needed);
    for (const char *c = members; *c; c++) {
        fb_buf_addf(&policy, " %c", *c);
    }
    fb_buf_addf(&policy, "\nquorum g\n");
    FB_TEST_OK(fb_trust_parse(fb_buf_str(&policy), &trust, &err));
    assert_true(trust.names[0].url.len == 8);
    FB_TEST_OK(fb_trust_add_log(&trust, fb_ledger_verifier(ledger), &err));
    FB_TEST_OK(fb_cosigned_parse(fb_buf_str(file), &kept, &err));
    enum fb_code code = fb_cosigned_newest(&kept, ledger, &trust, &note, &err);
    assert_true(code == FB_OK || code == FB_E_SIGNATURE);
    if (code == FB_OK) {
        FB_TEST_OK(fb_trust_check(&trust, fb_buf_str(&note), &found, &err));
        size = (int64_t)found.checkpoint.size;
    } else {
        assert_int_equal(note.len, 0);
    }
    fb_buf_release(&note);
    fb_buf_release(&policy);
    return size;
}

static void test_keeping(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_buf file;
    struct fb_cosigned kept;
    fb_buf_init(&file, FB_COSIGNED_FILE_MAX);
    assert_true(newest(&file, ledger, "a", 1) == -1);
    cosign(ledger, "a", FB_SECOND, &file);
    keeps(&file, ledger, "0");
    assert_true(newest(&file, ledger, "a", 1) == 0);
    log_grow(ledger, 3, "x");
    cosign(ledger, "ab", FB_SECOND, &file);
    keeps(&file, ledger, "3"); /* a later one by the same and more */
    log_grow(ledger, 2, "x");
    cosign(ledger, "b", FB_SECOND, &file);
    keeps(&file, ledger, "3 5"); /* a was away: what it cosigned stays */
    assert_true(newest(&file, ledger, "ab", 2) == 3);
    assert_true(newest(&file, ledger, "ab", 1) == 5);
    assert_true(newest(&file, ledger, "b", 1) == 5);
    assert_true(newest(&file, ledger, "c", 1) == -1);
    /* It comes back for the same size: its line is added, those of the others stay. */
    cosign(ledger, "a", FB_SECOND, &file);
    keeps(&file, ledger, "5");
    assert_true(newest(&file, ledger, "ab", 2) == 5);
    log_grow(ledger, 1, "x");
    assert_true(newest(&file, ledger, "ab", 2) == 5);
    FB_TEST_OK(fb_cosigned_parse(fb_buf_str(&file), &kept, &err));
    struct fb_note_signer a = witness('a'), c = witness('c');
    assert_true(fb_cosigned_size_by(&kept, &a.verifier) == 5);
    assert_true(fb_cosigned_size_by(&kept, &c.verifier) == 0);
    /* A later time of the same key takes the place of the earlier. */
    size_t len = file.len;
    struct fb_ledger *same = log_open("example.org/log", 1);
    log_grow(same, 5, "x");
    cosign(same, "a", 9 * FB_SECOND, &file);
    assert_int_equal(file.len, len);
    FB_TEST_OK(fb_cosigned_parse(fb_buf_str(&file), &kept, &err));
    struct fb_note_check check = {.verifiers = &a.verifier, .verifier_count = 1};
    FB_TEST_OK(fb_note_verify(kept.notes[0], &check, &err));
    assert_int_equal(check.cosigned_at_s, 9);
    /* An earlier size again, as when another command was slower: in its place. */
    struct fb_ledger *shorter = log_open("example.org/log", 1);
    log_grow(shorter, 2, "x");
    cosign(shorter, "c", FB_SECOND, &file);
    keeps(&file, ledger, "2 5");
    fb_ledger_close(shorter);
    fb_ledger_close(same);
    fb_ledger_close(ledger);
    fb_buf_release(&file);
}

/* Each time another witness alone: no more than is allowed stay. */
static void test_limits(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_buf file, more;
    struct fb_cosigned kept;
    fb_buf_init(&file, FB_COSIGNED_FILE_MAX);
    fb_buf_init(&more, 4 * 1024 * 1024);
    for (int i = 0; i < FB_COSIGNED_MAX + 3; i++) {
        char who[2] = {(char)('0' + i), 0};
        log_grow(ledger, 1, "x");
        cosign(ledger, who, FB_SECOND, &file);
    }
    FB_TEST_OK(fb_cosigned_parse(fb_buf_str(&file), &kept, &err));
    assert_true(kept.count == FB_COSIGNED_MAX && kept.sizes[0] == 4);
    /* A file with one more. */
    struct fb_ledger *shorter = log_open("example.org/log", 1);
    FB_TEST_OK(fb_ledger_checkpoint(shorter, &more, &err));
    fb_buf_add_str(&more, fb_buf_str(&file));
    FB_TEST_FAILS(fb_cosigned_parse(fb_buf_str(&more), &kept, &err), FB_E_LIMIT);
    /* Too many lines under one, and one that is too long. */
    fb_buf_clear(&more);
    FB_TEST_OK(fb_ledger_checkpoint(shorter, &more, &err));
    size_t len = more.len;
    struct fb_buf lines, out;
    fb_buf_init(&lines, FB_NOTE_MAX);
    fb_buf_init(&out, FB_COSIGNED_FILE_MAX);
    for (int i = 0; i < FB_NOTE_SIGNATURES_MAX; i++) {
        fb_buf_addf(&lines, "\xE2\x80\x94 name%d AAAAAAA=\n", i);
    }
    kept.count = 0;
    FB_TEST_FAILS(
        fb_cosigned_add(&kept, fb_buf_str(&more), fb_buf_str(&lines), &out, &err), FB_E_LIMIT);
    assert_int_equal(out.len, 0);
    while (more.len < len + FB_COSIGNED_NOTE_MAX) {
        fb_buf_add_c(&more, "\xE2\x80\x94 name AAAAAAA=\n");
    }
    FB_TEST_FAILS(fb_cosigned_parse(fb_buf_str(&more), &kept, &err), FB_E_LIMIT);
    assert_int_equal(err.line, 1);
    fb_buf_release(&out);
    fb_buf_release(&lines);
    fb_buf_release(&more);
    fb_buf_release(&file);
    fb_ledger_close(shorter);
    fb_ledger_close(ledger);
}

static void test_refused(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_ledger *forked = log_open("example.org/log", 1),
                     *set_back = log_open("example.org/log", 1);
    struct fb_ledger *other = log_open("example.org/other", 2);
    struct fb_buf file, source;
    struct fb_cosigned kept;
    char path[64];
    fb_buf_init(&file, FB_COSIGNED_FILE_MAX);
    fb_buf_init(&source, FB_COSIGNED_FILE_MAX);
    log_grow(ledger, 5, "x");
    log_grow(forked, 7, "y");
    log_grow(set_back, 4, "x");
    cosign(ledger, "a", FB_SECOND, &file);
    snprintf(path, sizeof(path), "/tmp/flyball-cosigned-%ld", (long)getpid());
    FB_TEST_OK(fb_cosigned_read(path, ledger, &source, &kept, &err)); /* there is none */
    assert_int_equal(kept.count, 0);
    FB_TEST_OK(fb_io_write(path, fb_buf_str(&file), 0644, &err));
    FB_TEST_OK(fb_cosigned_read(path, ledger, &source, &kept, &err));
    assert_int_equal(kept.count, 1);
    fb_buf_clear(&source);
    FB_TEST_FAILS(fb_cosigned_read(path, forked, &source, &kept, &err), FB_E_FORK);
    assert_string_equal(err.file, path);
    fb_buf_clear(&source);
    FB_TEST_FAILS(fb_cosigned_read(path, set_back, &source, &kept, &err), FB_E_FORK);
    fb_buf_clear(&source);
    FB_TEST_FAILS(fb_cosigned_read(path, other, &source, &kept, &err), FB_E_SIGNATURE);
    /* Each bit of the checkpoint and of the log's line: refused, or a line of nobody we know. */
    size_t end = (size_t)(strstr(file.ptr, "witness.example") - file.ptr);
    for (size_t at = 0; at < end; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            file.ptr[at] = (char)(file.ptr[at] ^ (1 << bit));
            enum fb_code code = fb_cosigned_parse(fb_buf_str(&file), &kept, &err);
            code = code == FB_OK ? fb_cosigned_check(&kept, ledger, &err) : code;
            assert_int_not_equal(code, FB_OK);
            file.ptr[at] = (char)(file.ptr[at] ^ (1 << bit));
        }
    }
    FB_TEST_OK(fb_io_write(path, FB_STR("garbage\n"), 0644, &err));
    fb_buf_clear(&source);
    FB_TEST_FAILS(fb_cosigned_read(path, ledger, &source, &kept, &err), FB_E_SYNTAX);
    assert_true(err.line == 1 && err.hint[0]);
    char *longest = calloc(1, FB_COSIGNED_FILE_MAX + 1);
    FB_TEST_OK(fb_io_write(path, (struct fb_str){longest, FB_COSIGNED_FILE_MAX + 1}, 0644, &err));
    free(longest);
    fb_buf_clear(&source);
    FB_TEST_FAILS(fb_cosigned_read(path, ledger, &source, &kept, &err), FB_E_LIMIT);
    /* Twice the same size is out of order. */
    fb_buf_clear(&source);
    fb_buf_add_str(&source, fb_buf_str(&file));
    fb_buf_add_str(&source, fb_buf_str(&file));
    FB_TEST_FAILS(fb_cosigned_parse(fb_buf_str(&source), &kept, &err), FB_E_SYNTAX);
    fb_io_remove(path);
    fb_buf_release(&source);
    fb_buf_release(&file);
    fb_ledger_close(other);
    fb_ledger_close(set_back);
    fb_ledger_close(forked);
    fb_ledger_close(ledger);
}

static void test_no_memory(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_buf file, note;
    struct fb_cosigned kept;
    fb_buf_init(&file, FB_COSIGNED_FILE_MAX);
    fb_buf_init(&note, FB_NOTE_MAX);
    cosign(ledger, "ab", FB_SECOND, &file);
    log_grow(ledger, 2, "x");
    FB_TEST_OK(fb_ledger_checkpoint(ledger, &note, &err));
    FB_TEST_OK(fb_cosigned_parse(fb_buf_str(&file), &kept, &err));
    for (int64_t n = 0;; n++) {
        struct fb_buf out;
        fb_buf_init(&out, FB_COSIGNED_FILE_MAX);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_cosigned_add(&kept, fb_buf_str(&note), FB_STR(""), &out, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || (code == FB_E_NOMEM && out.len == 0));
        fb_buf_release(&out);
        if (code == FB_OK) {
            assert_true(n > 3);
            break;
        }
        assert_true(n < 500);
    }
    fb_buf_release(&note);
    fb_buf_release(&file);
    fb_ledger_close(ledger);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeping),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

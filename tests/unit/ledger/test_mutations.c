/* Whatever others are shown, no bit of it may change and no byte may be missing or doubled:
 * cosigned checkpoints, policies, and entries with their hashes. Proof files are in
 * test_tlogproof.c, requests in test_addcheckpoint.c, answers of witnesses in test_ask.c. */
#include <ftw.h>
#include <unistd.h>

#include "base/io.h"
#include "ledger/export.h"
#include "ledger/remote.h"
#include "ledger/trust.h"
#include "logs.h"

static struct fb_err err;

/* The checkpoint of a ledger, cosigned by both witnesses of a policy that needs them. */
static void make_cosigned(
    struct fb_ledger *ledger, struct fb_buf *policy, struct fb_trust *trust, struct fb_buf *note)
{
    struct fb_str text, own;
    struct fb_buf lines;
    fb_buf_init(&lines, FB_NOTE_MAX);
    FB_TEST_OK(fb_ledger_checkpoint(ledger, note, &err));
    FB_TEST_OK(fb_note_split(fb_buf_str(note), &text, &own, &err));
    fb_buf_add_c(policy, "log ");
    fb_note_verifier_format(fb_ledger_verifier(ledger), policy);
    for (uint8_t i = 0; i < 2; i++) {
        struct fb_note_signer witness;
        uint8_t seed[32] = {(uint8_t)(50 + i)};
        char name[32];
        snprintf(name, sizeof(name), "witness.example/%u", i);
        FB_TEST_OK(fb_note_cosigner_from_seed(fb_str_of(name), seed, &witness, &err));
        FB_TEST_OK(fb_note_cosign(text, &witness, 1700000000 * FB_SECOND, &lines, &err));
        fb_buf_addf(policy, "\nwitness w%u ", i);
        fb_note_verifier_format(&witness.verifier, policy);
    }
    fb_buf_add_c(policy, "\ngroup both all w0 w1\nquorum both\n");
    fb_buf_add_str(note, fb_buf_str(&lines));
    FB_TEST_OK(fb_trust_parse(fb_buf_str(policy), trust, &err));
    fb_buf_release(&lines);
}

static void test_cosigned_checkpoint(void **state)
{
    (void)state;
    static struct fb_trust trust;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_buf policy, note, longer;
    struct fb_trusted found;
    fb_buf_init(&policy, FB_TRUST_MAX);
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_buf_init(&longer, FB_NOTE_MAX);
    log_grow(ledger, 7, "entry");
    make_cosigned(ledger, &policy, &trust, &note);
    FB_TEST_OK(fb_trust_check(&trust, fb_buf_str(&note), &found, &err));
    assert_int_equal(found.witnesses, 2);
    for (size_t at = 0; at < note.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            note.ptr[at] = (char)(note.ptr[at] ^ (1 << bit));
            enum fb_code code = fb_trust_check(&trust, fb_buf_str(&note), &found, &err);
            assert_int_not_equal(code, FB_OK);
            note.ptr[at] = (char)(note.ptr[at] ^ (1 << bit));
        }
        struct fb_str shorter = {note.ptr, at};
        assert_int_not_equal(fb_trust_check(&trust, shorter, &found, &err), FB_OK);
        fb_buf_clear(&longer);
        fb_buf_add(&longer, note.ptr, at + 1);
        fb_buf_add(&longer, note.ptr + at, note.len - at);
        assert_int_not_equal(fb_trust_check(&trust, fb_buf_str(&longer), &found, &err), FB_OK);
    }
    FB_TEST_OK(fb_trust_check(&trust, fb_buf_str(&note), &found, &err));
    fb_buf_release(&longer);
    fb_buf_release(&note);
    fb_buf_release(&policy);
    fb_ledger_close(ledger);
}

/* True for a letter among the eight digits of a key id, which stand between two plus signs: small
 * and capital ones are the same number, as for Go's notes. */
static bool is_hex_letter(struct fb_str text, size_t at)
{
    size_t start = at, end = at;
    while (start > 0 && text.ptr[start - 1] != '+' && text.ptr[start - 1] != '\n') {
        start--;
    }
    while (end < text.len && text.ptr[end] != '+' && text.ptr[end] != '\n') {
        end++;
    }
    char letter = (char)(text.ptr[at] | 0x20);
    return end - start == 8 && start > 0 && text.ptr[start - 1] == '+' && text.ptr[end] == '+' &&
           letter >= 'a' && letter <= 'f';
}

/* Each bit of a policy: refused, or what it asks for is not met. */
static void test_policy(void **state)
{
    (void)state;
    static struct fb_trust trust;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_buf policy, note;
    struct fb_trusted found;
    fb_buf_init(&policy, FB_TRUST_MAX);
    fb_buf_init(&note, FB_NOTE_MAX);
    log_grow(ledger, 7, "entry");
    make_cosigned(ledger, &policy, &trust, &note);
    for (size_t at = 0; at < policy.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            policy.ptr[at] = (char)(policy.ptr[at] ^ (1 << bit));
            enum fb_code code = fb_trust_parse(fb_buf_str(&policy), &trust, &err);
            if (code == FB_OK) {
                code = fb_trust_check(&trust, fb_buf_str(&note), &found, &err);
            }
            if (code == FB_OK && !(bit == 5 && is_hex_letter(fb_buf_str(&policy), at))) {
                fail_msg("bit %u of byte %zu changes nothing:\n%.*s", bit, at, (int)policy.len,
                    policy.ptr);
            }
            policy.ptr[at] = (char)(policy.ptr[at] ^ (1 << bit));
        }
        /* Without its last newline it says the same; shorter it says something else. */
        struct fb_str shorter = {policy.ptr, at};
        enum fb_code code = fb_trust_parse(shorter, &trust, &err);
        assert_true(code != FB_OK || at == policy.len - 1);
    }
    fb_buf_release(&note);
    fb_buf_release(&policy);
    fb_ledger_close(ledger);
}

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(name);
}

/* Each bit of each file that an export wrote, the entries among them. */
static void test_export(void **state)
{
    (void)state;
    static const char *const names[] = {"tile/0/000.p/3", "tile/entries/000.p/3"};
    const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    char folder[100], path[200];
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_export_report report;
    struct fb_remote *remote = NULL;
    struct fb_checkpoint to = {.origin = fb_ledger_origin(ledger), .size = 3};
    snprintf(folder, sizeof(folder), "%s/flyball-mutations-XXXXXX", where);
    assert_non_null(mkdtemp(folder));
    log_grow(ledger, 3, "flyball-entry v1 and what was said");
    FB_TEST_OK(fb_ledger_root(ledger, 3, &to.root, &err));
    FB_TEST_OK(fb_export_write(ledger, FB_STR(""), folder, &report, &err));
    FB_TEST_OK(fb_remote_open(folder, NULL, &remote, &err));
    FB_TEST_OK(fb_remote_verify(remote, NULL, &to, NULL, NULL, &err));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct fb_buf content;
        fb_buf_init(&content, 1 << 20);
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        FB_TEST_OK(fb_io_read(path, &content, &err));
        for (size_t at = 0; at < content.len; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                content.ptr[at] = (char)(content.ptr[at] ^ (1 << bit));
                FB_TEST_OK(fb_io_write(path, fb_buf_str(&content), 0644, &err));
                content.ptr[at] = (char)(content.ptr[at] ^ (1 << bit));
                FB_TEST_FAILS(fb_remote_verify(remote, NULL, &to, NULL, NULL, &err), FB_E_CORRUPT);
            }
            struct fb_str shorter = {content.ptr, at};
            FB_TEST_OK(fb_io_write(path, shorter, 0644, &err));
            FB_TEST_FAILS(fb_remote_verify(remote, NULL, &to, NULL, NULL, &err), FB_E_CORRUPT);
        }
        FB_TEST_OK(fb_io_write(path, fb_buf_str(&content), 0644, &err));
        FB_TEST_OK(fb_remote_verify(remote, NULL, &to, NULL, NULL, &err));
        fb_buf_release(&content);
    }
    fb_remote_close(remote);
    fb_ledger_close(ledger);
    assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cosigned_checkpoint),
        cmocka_unit_test(test_policy),
        cmocka_unit_test(test_export),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

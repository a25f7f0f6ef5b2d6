/* No bit of a record's entry may change: its statement, its signatures and their lengths are
 * refused at admission. Its admission time is nobody's statement; that the tree protects. */
#include "fb_test.h"
#include "ledger/merkle.h"
#include "world.h"

/* True when an entry of these bytes is admitted; only another admission time may be. */
static bool is_admitted(struct world *w, struct fb_str bytes, const struct fb_entry *original)
{
    struct fb_err err;
    struct fb_entry entry;
    fb_err_init(&err);
    if (fb_entry_decode(bytes, &entry, &err) != FB_OK ||
        fb_registry_check(w->registry, &entry, &err) != FB_OK) {
        assert_true(err.message[0] != 0);
        return false;
    }
    assert_true(entry.admitted != original->admitted);
    assert_true(fb_str_eq(entry.statement, original->statement));
    assert_int_equal(entry.signature_count, original->signature_count);
    for (size_t i = 0; i < entry.signature_count; i++) {
        assert_true(fb_str_eq(entry.signatures[i], original->signatures[i]));
    }
    return true;
}

static void test_entry(void **state)
{
    (void)state;
    struct world w = usual_world();
    struct saying incident = {"incident", "1", "aurora", SUBJECT_A, INCIDENT, AURORA, 0, NULL};
    struct fb_buf statement, signatures[SIGNERS_MAX], bytes;
    struct fb_entry entry;
    struct fb_err err;
    size_t admitted = 0;
    fb_err_init(&err);
    fb_buf_init(&bytes, FB_ENTRY_MAX);
    make_entry(&incident, w.now, &statement, signatures, &entry);
    FB_TEST_OK(fb_registry_check(w.registry, &entry, &err));
    FB_TEST_OK(fb_entry_encode(&entry, &bytes, &err));
    struct fb_hash leaf = fb_merkle_leaf(fb_buf_str(&bytes));
    for (size_t at = 0; at < bytes.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes.ptr[at] = (char)(bytes.ptr[at] ^ (1 << bit));
            struct fb_hash now = fb_merkle_leaf(fb_buf_str(&bytes));
            assert_false(fb_hash_eq(&leaf, &now));
            admitted += is_admitted(&w, fb_buf_str(&bytes), &entry);
            bytes.ptr[at] = (char)(bytes.ptr[at] ^ (1 << bit));
        }
        assert_false(is_admitted(&w, (struct fb_str){bytes.ptr, at}, &entry));
    }
    /* Some of the digits of the time. */
    assert_true(admitted < 8 * strlen("2026-06-01T00:00:00.000000Z"));
    free_entry(&statement, signatures);
    fb_buf_release(&bytes);
    fb_registry_free(w.registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_entry)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Verification of a docket, a few records in memory at a time. What admission refuses is put into
 * the ledger behind its back, signed by the right keys, and must be found.
 */
#include <sched.h>

#include "base/alloc.h"
#include "fb_test.h"
#include "record/sshsig.h"
#include "story.h"

static struct fb_err err;

/* An entry of a statement as party "dev" signs it, for "lab" when lab. */
static void make_entry(
    const struct story *s, const char *statement, const char *who, struct fb_buf *out)
{
    char path[160], space[64];
    struct fb_arena arena;
    struct fb_record record;
    struct fb_sshkey_secret secret;
    struct fb_buf armored;
    struct fb_entry entry = {.admitted = s->now, .signature_count = 1};
    fb_arena_init(&arena, 1 << 20);
    fb_buf_init(&armored, FB_SSHSIG_TEXT_MAX);
    snprintf(path, sizeof(path), "%s/keys/%s", s->docket_path, who);
    FB_TEST_OK(fb_record_parse(fb_str_of(statement), NULL, &arena, &record, &err));
    FB_TEST_OK(fb_sshkey_read_private(path, &secret, &err));
    snprintf(space, sizeof(space), "flyball/%s", fb_kind_name(record.kind));
    FB_TEST_OK(fb_sshsig_sign(&secret, space, fb_str_of(statement), &armored, &err));
    entry.statement = fb_str_of(statement);
    entry.signatures[0] = fb_buf_str(&armored);
    FB_TEST_OK(fb_entry_encode(&entry, out, &err));
    fb_sshkey_wipe(&secret);
    fb_buf_release(&armored);
    fb_arena_release(&arena);
}

/* Appends statements that nobody admitted. */
static void force(struct story *s, const char *const *statements, size_t count, const char *who)
{
    struct fb_buf *bytes = fb_calloc(count, sizeof(*bytes));
    struct fb_str *entries = fb_calloc(count, sizeof(*entries));
    uint64_t first;
    for (size_t i = 0; i < count; i++) {
        fb_buf_init(&bytes[i], FB_ENTRY_MAX);
        make_entry(s, statements[i], who, &bytes[i]);
        entries[i] = fb_buf_str(&bytes[i]);
    }
    struct fb_ledger_batch batch = {.entries = entries,
        .count = count,
        .admitted = s->now,
        .expected_size = FB_LEDGER_ANY_SIZE};
    FB_TEST_OK(fb_ledger_append(fb_docket_ledger(s->docket), &batch, &first, &err));
    for (size_t i = 0; i < count; i++) {
        fb_buf_release(&bytes[i]);
    }
    fb_free(bytes);
    fb_free(entries);
}

static void force_one(struct story *s, const char *statement, const char *who)
{
    force(s, &statement, 1, who);
}

/* The docket again, without its records. */
static struct fb_docket *reopen(struct story *s)
{
    struct fb_docket *docket = NULL;
    struct fb_clock clock = fb_clock_fixed(&s->now);
    FB_TEST_OK(fb_docket_open_log(s->docket_path, &clock, true, &docket, &err));
    return docket;
}

static enum fb_code verify(
    struct story *s, enum fb_docket_depth depth, struct fb_docket_report *report)
{
    struct fb_docket *docket = reopen(s);
    enum fb_code code = fb_docket_verify(docket, depth, report, &err);
    fb_docket_close(docket);
    return code;
}

#define INCIDENT(id, issuer, rest, subject)                                                        \
    "{\"at\":\"2026-01-01T00:00:00Z\",\"body\":{\"class\":\"x\",\"title\":\"T\"},\"id\":\"" id     \
    "\",\"issuer\":\"" issuer "\",\"kind\":\"incident\",\"subject\":\"" subject "\"" rest "}"

/* What admission let in passes, each entry and in full, and is counted. */
static void test_good(void **state)
{
    (void)state;
    struct story s;
    struct fb_docket_report report = {.signatures = 0};
    story_begin(&s);
    story_add(&s, "dev", INCIDENT("incident/1", "party/dev", "", "system/s"));
    story_add(&s, "dev",
        INCIDENT("incident/2", "party/dev", ",\"supersedes\":\"incident/1\"", "system/s"));
    FB_TEST_OK(verify(&s, FB_DOCKET_EACH, &report));
    assert_int_equal(report.ledger.size, 9);
    assert_int_equal(report.signatures, 9);
    assert_int_equal(report.ids, 0);
    FB_TEST_OK(verify(&s, FB_DOCKET_FULL, &report));
    assert_int_equal(report.ids, 9);
    story_end(&s);
}

/* One who does not keep the rules and has all the keys. */
static const struct {
    const char *statement, *who;
    enum fb_code code;
    enum fb_docket_depth depth; /* from which on it is found */
    const char *says;
} forced[] = {
    {INCIDENT("incident/1", "party/dev", "", "system/s"), "lab", FB_E_SIGNATURE, FB_DOCKET_EACH,
        "not the issuer's"},
    {INCIDENT("incident/1", "party/dev", "", "system/t"), "dev", FB_E_REFERENCE, FB_DOCKET_EACH,
        "does not exist"},
    {"{\"at\":\"2026-01-01T00:00:00Z\",\"body\":{\"role\":\"auditor\",\"title\":\"A\"},"
     "\"id\":\"party/a\",\"issuer\":\"party/dev\",\"kind\":\"party\"}",
        "dev", FB_E_ROLE, FB_DOCKET_EACH, "may not issue"},
    {INCIDENT("incident/0", "party/dev", "", "system/s"), "dev", FB_E_DUPLICATE, FB_DOCKET_FULL,
        "that of another record"},
    {INCIDENT("incident/1", "party/dev", ",\"supersedes\":\"incident/9\"", "system/s"), "dev",
        FB_E_REFERENCE, FB_DOCKET_FULL, "not of a record before it"},
    {INCIDENT("incident/1", "party/dev", ",\"supersedes\":\"incident/0\"", "system/s"), "dev",
        FB_E_REFERENCE, FB_DOCKET_FULL, "superseded already"},
    {"{\"at\":\"2026-01-01T00:00:00Z\",\"body\":{\"about\":\"incident/"
     "7\",\"stage\":\"initial\",\"to\":\"O\"},"
     "\"id\":\"report/1\",\"issuer\":\"party/dev\",\"kind\":\"report\",\"subject\":\"system/s\"}",
        "dev", FB_E_REFERENCE, FB_DOCKET_FULL, "'incident/7'"},
};

static void test_forced(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(forced) / sizeof(forced[0]); i++) {
        struct story s;
        struct fb_docket_report report;
        story_begin(&s);
        story_add(&s, "dev", INCIDENT("incident/0", "party/dev", "", "system/s"));
        story_add(&s, "dev",
            INCIDENT("incident/x", "party/dev", ",\"supersedes\":\"incident/0\"", "system/s"));
        force_one(&s, forced[i].statement, forced[i].who);
        if (forced[i].depth == FB_DOCKET_FULL) {
            FB_TEST_OK(verify(&s, FB_DOCKET_EACH, &report));
        }
        FB_TEST_FAILS(verify(&s, forced[i].depth, &report), forced[i].code);
        assert_non_null(strstr(err.message, forced[i].says));
        assert_non_null(strstr(err.message, "entry 9"));
        story_end(&s);
    }
}

/* This process on its first processor alone, or on those that it had. */
static void narrow(cpu_set_t *had, bool back)
{
    cpu_set_t one;
    size_t first = 0;
    if (!back) {
        assert_int_equal(sched_getaffinity(0, sizeof(*had), had), 0);
    }
    while (!CPU_ISSET(first, had)) {
        first++;
    }
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), back ? had : &one), 0);
}

/* A thousand records and ten thousand take the same memory, which grows with the threads: here it
 * is that of one. */
static void test_flat(void **state)
{
    (void)state;
    cpu_set_t had;
    narrow(&had, false);
    enum { BATCH = 1000, BATCHES = 10 };
    struct story s;
    struct fb_docket_report report;
    struct fb_registry *keys = NULL;
    size_t most[3][2];
    static char texts[BATCH][300];
    const char *statements[BATCH];
    story_begin(&s);
    for (int batch = 0; batch < BATCHES; batch++) {
        for (int i = 0; i < BATCH; i++) {
            snprintf(texts[i], sizeof(texts[i]),
                INCIDENT("incident/%05d", "party/dev", "", "system/s"), batch * BATCH + i);
            statements[i] = texts[i];
        }
        force(&s, statements, BATCH, "dev");
        if (batch != 0 && batch != BATCHES - 1) {
            continue;
        }
        for (enum fb_docket_depth depth = FB_DOCKET_EACH; depth <= FB_DOCKET_FULL; depth++) {
            fb_alloc_watch();
            FB_TEST_OK(verify(&s, depth, &report));
            most[depth][batch != 0] = fb_alloc_watched();
        }
        fb_alloc_watch();
        struct fb_docket *docket = reopen(&s);
        FB_TEST_OK(fb_docket_keys(docket, &keys, &err));
        most[2][batch != 0] = fb_alloc_watched();
        fb_registry_free(keys);
        fb_docket_close(docket);
    }
    assert_int_equal(report.ledger.size, 7 + BATCH * BATCHES);
    assert_int_equal(report.ids, 7 + BATCH * BATCHES);
    assert_true(most[2][0] > 10000);
    assert_true(most[2][1] < most[2][0] + BATCH * (BATCHES - 1));
    for (int depth = 0; depth < 2; depth++) {
        assert_true(most[depth][0] > 100000);
        /* Less than a byte a record more: a page of SQLite's that is read twice, no list. */
        assert_true(most[depth][1] < most[depth][0] + BATCH * (BATCHES - 1));
    }
    story_end(&s);
    narrow(&had, true);
}

static enum fb_code count_one(void *ctx, const struct fb_record *record, struct fb_err *e)
{
    uint64_t *next = ctx;
    (void)e;
    assert_int_equal(record->seq, *next);
    assert_true(fb_str_starts(record->signer, FB_STR("SHA256:")));
    (*next)++;
    return FB_OK;
}

static void test_find_and_each(void **state)
{
    (void)state;
    struct story s;
    uint64_t seq = 99, next = 2;
    story_begin(&s);
    struct fb_docket *docket = reopen(&s);
    FB_TEST_OK(fb_docket_find(docket, FB_STR("party/lab"), &seq, &err));
    assert_int_equal(seq, 4);
    FB_TEST_OK(fb_docket_find(docket, FB_STR("#3"), &seq, &err));
    assert_int_equal(seq, 3);
    FB_TEST_OK(fb_docket_find(docket, FB_STR("6"), &seq, &err));
    assert_int_equal(seq, 6);
    FB_TEST_FAILS(fb_docket_find(docket, FB_STR("7"), &seq, &err), FB_E_NOT_FOUND);
    FB_TEST_FAILS(fb_docket_find(docket, FB_STR(""), &seq, &err), FB_E_NOT_FOUND);
    FB_TEST_FAILS(fb_docket_find(docket, FB_STR("party/la"), &seq, &err), FB_E_NOT_FOUND);
    assert_int_equal(seq, 6);
    FB_TEST_OK(fb_docket_each(docket, (uint64_t[2]){2, UINT64_MAX}, count_one, &next, &err));
    assert_int_equal(next, 7);
    assert_int_equal(fb_registry_count(fb_docket_registry(docket)), 0);
    fb_docket_close(docket);
    story_end(&s);
}

static void test_faults(void **state)
{
    (void)state;
    struct story s;
    struct fb_docket_report report = {.signatures = 77};
    story_begin(&s);
    struct fb_docket *docket = reopen(&s);
    enum fb_code code = FB_E_NOMEM;
    for (int64_t n = 0; code != FB_OK; n++) {
        fb_alloc_fail_at(n);
        code = fb_docket_verify(docket, FB_DOCKET_FULL, &report, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
        assert_true(code == FB_OK || report.signatures == 77);
    }
    assert_int_equal(report.ids, 7);
    fb_docket_close(docket);
    story_end(&s);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_forced),
        cmocka_unit_test(test_flat), cmocka_unit_test(test_find_and_each),
        cmocka_unit_test(test_faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

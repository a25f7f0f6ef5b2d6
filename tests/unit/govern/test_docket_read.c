/*
 * Tests of the reader that prepares entries on threads (docket_read.h): with any number of them it
 * takes what one loop over the entries takes, and finds the same first error, whatever is wrong
 * where.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "fb_test.h"
#include "govern/docket_read.h"
#include "ledger/sha256.h"
#include "record/sshsig.h"

enum { FIRST = 3, COUNT = 700, ROUNDS = 60 };

static struct fb_err err;

/* Entries of a ledger: a party, its key, a system, incidents; and one of each that is spoilt. */
struct log {
    struct fb_arena arena;
    struct fb_sshkey_secret secret, other;
    fb_ledger_entry entries[COUNT];
};

static struct fb_str encode_signed(struct log *log, struct fb_str statement,
    struct fb_str signature, size_t times, fb_time admitted)
{
    struct fb_buf bytes;
    struct fb_str out;
    struct fb_entry entry = {
        .admitted = admitted, .statement = statement, .signature_count = times};
    entry.signatures[0] = entry.signatures[1] = signature;
    fb_buf_init(&bytes, FB_ENTRY_MAX);
    FB_TEST_OK(fb_entry_encode(&entry, &bytes, &err));
    FB_TEST_OK(fb_arena_str(&log->arena, fb_buf_str(&bytes), &out, &err));
    fb_buf_release(&bytes);
    return out;
}

static struct fb_str encode(
    struct log *log, struct fb_str statement, struct fb_str signature, fb_time admitted)
{
    return encode_signed(log, statement, signature, 1, admitted);
}

static struct fb_str sign(struct log *log, const struct fb_sshkey_secret *secret, const char *kind,
    struct fb_str statement)
{
    struct fb_buf signature;
    char space[64];
    struct fb_str out;
    fb_buf_init(&signature, FB_SSHSIG_TEXT_MAX);
    snprintf(space, sizeof(space), "flyball/%s", kind);
    FB_TEST_OK(fb_sshsig_sign(secret, space, statement, &signature, &err));
    FB_TEST_OK(fb_arena_str(&log->arena, fb_buf_str(&signature), &out, &err));
    fb_buf_release(&signature);
    return out;
}

static fb_time time_of(size_t n)
{
    return fb_days_from_civil(2026, 1, 1) * FB_DAY + (fb_time)n * FB_SECOND;
}

static struct fb_str statement_of(struct log *log, size_t n)
{
    struct fb_arena *arena = &log->arena;
    if (n == 0) {
        return fb_arena_printf(arena,
            "{\"at\":\"2026-01-01T00:00:00Z\",\"body\":{\"role\":\"developer\",\"title\":\"P\"},"
            "\"id\":\"party/p\",\"issuer\":\"party/p\",\"kind\":\"party\"}");
    }
    if (n == 1) {
        char print[FB_SSHKEY_FINGERPRINT];
        struct fb_buf line;
        fb_buf_init(&line, FB_SSHKEY_FILE_MAX);
        fb_sshkey_format(&log->secret.key, &line);
        fb_sshkey_fingerprint(&log->secret.key, print);
        struct fb_str out = fb_arena_printf(arena,
            "{\"at\":\"2026-01-01T00:00:00Z\",\"body\":{\"fingerprint\":\"%s\",\"party\":"
            "\"party/p\",\"public_key\":\"%.*s\"},\"id\":\"key/p\",\"issuer\":\"party/p\","
            "\"kind\":\"key\"}",
            print, FB_STR_ARG(fb_buf_str(&line)));
        fb_buf_release(&line);
        return out;
    }
    if (n == 2) {
        return fb_arena_printf(arena,
            "{\"at\":\"2026-01-01T00:00:00Z\",\"body\":{\"developer\":\"party/p\",\"title\":"
            "\"S\"},\"id\":\"system/s\",\"issuer\":\"party/p\",\"kind\":\"system\"}");
    }
    return fb_arena_printf(arena,
        "{\"at\":\"2026-01-01T00:00:00Z\",\"body\":{\"class\":\"x\",\"title\":\"T\"},\"id\":"
        "\"incident/%zu\",\"issuer\":\"party/p\",\"kind\":\"incident\",\"subject\":\"system/s\"}",
        n);
}

static const char *kind_of(size_t n)
{
    static const char *const first[FIRST] = {"party", "key", "system"};
    return n < FIRST ? first[n] : "incident";
}

static void log_begin(struct log *log)
{
    uint8_t seed[32] = {7};
    memset(log, 0, sizeof(*log));
    fb_arena_init(&log->arena, 1 << 26);
    fb_sshkey_from_seed(seed, &log->secret);
    seed[0] = 8;
    fb_sshkey_from_seed(seed, &log->other);
    for (size_t n = 0; n < COUNT; n++) {
        struct fb_str statement = statement_of(log, n);
        struct fb_str signature = sign(log, &log->secret, kind_of(n), statement);
        log->entries[n] = (fb_ledger_entry){.seq = n,
            .admitted = time_of(n),
            .bytes = encode(log, statement, signature, time_of(n))};
    }
}

static void log_end(struct log *log)
{
    fb_sshkey_wipe(&log->secret);
    fb_sshkey_wipe(&log->other);
    fb_arena_release(&log->arena);
}

enum { SPOILS = 8 };

/* Another entry in the place of one: what is wrong with it depends on `how`. */
static fb_ledger_entry spoilt(struct log *log, size_t n, unsigned how)
{
    fb_ledger_entry entry = log->entries[n];
    struct fb_str statement = statement_of(log, n), signature;
    switch (how) {
    case 0: /* signed under another namespace */
        signature = sign(log, &log->secret, "order", statement);
        entry.bytes = encode(log, statement, signature, entry.admitted);
        break;
    case 1: /* by a key that nobody declared */
        signature = sign(log, &log->other, kind_of(n), statement);
        entry.bytes = encode(log, statement, signature, entry.admitted);
        break;
    case 2: /* not the form of an entry */
        entry.bytes = fb_str_sub(entry.bytes, 1, entry.bytes.len);
        break;
    case 3: /* the admission time of the ledger is another */
        entry.admitted++;
        break;
    case 4: /* a statement that is no JSON */
        statement = fb_str_sub(statement, 0, statement.len - 1);
        entry.bytes =
            encode(log, statement, sign(log, &log->secret, "party", statement), entry.admitted);
        break;
    case 5: /* a signature that is none */
        entry.bytes = encode(log, statement, FB_STR("no signature"), entry.admitted);
        break;
    case 6: /* twice by one key */
        signature = sign(log, &log->secret, kind_of(n), statement);
        entry.bytes = encode_signed(log, statement, signature, 2, entry.admitted);
        break;
    default: /* the same again, which nothing by itself shows */
        entry.bytes = encode(log, statement_of(log, 0),
            sign(log, &log->secret, "party", statement_of(log, 0)), entry.admitted);
        break;
    }
    return entry;
}

/* What is done with an entry. */
enum act { ADD, LOAD, PASS, ACTS };

struct taking {
    struct fb_registry *registry;
    enum act act;
    uint64_t next;
};

static enum fb_code take(
    void *ctx, uint64_t seq, const struct fb_prepared *prepared, struct fb_err *e)
{
    struct taking *taking = ctx;
    struct fb_arena scratch;
    struct fb_record record;
    enum fb_code code = FB_OK;
    assert_int_equal(seq, taking->next++);
    switch (taking->act) {
    case ADD:
        code = fb_registry_add(taking->registry, seq, prepared, e);
        break;
    case LOAD:
        code = fb_registry_load(taking->registry, seq, prepared, e);
        break;
    case PASS:
    case ACTS:
        fb_arena_init(&scratch, 1 << 24);
        code = fb_registry_pass(taking->registry, prepared, &scratch, &record, e);
        assert_true(code || fb_str_eq(record.statement, prepared->entry.statement));
        assert_true(code || record.admitted == time_of((size_t)seq));
        fb_arena_release(&scratch);
        break;
    }
    if (code != FB_OK) {
        fb_err_prefix(e, "entry %llu", (unsigned long long)seq);
    }
    return code;
}

static struct fb_registry *registry_for(enum act act)
{
    struct fb_registry *registry = NULL;
    FB_TEST_OK(fb_registry_new(&registry, &err));
    if (act == PASS) {
        fb_registry_lean(registry);
    }
    return registry;
}

/* The ledger itself breaks at an entry; COUNT: nowhere. */
static enum fb_code broken(struct fb_err *e)
{
    return fb_err_set(e, FB_E_CORRUPT, "the ledger broke");
}

/* One entry after the other, each by itself. */
static enum fb_code plainly(const fb_ledger_entry *entries, size_t breaks, struct taking *taking)
{
    for (size_t n = 0; n < COUNT; n++) {
        struct fb_prepared alone = {.is_ready = false};
        if (n == breaks) {
            return broken(&err);
        }
        enum fb_code code = fb_docket_decode(&entries[n], &alone.entry, &err);
        if (code != FB_OK) {
            fb_err_prefix(&err, "entry %zu of the ledger", n);
            return code;
        }
        code = take(taking, n, &alone, &err);
        if (code != FB_OK) {
            return code;
        }
    }
    return FB_OK;
}

static enum fb_code by_reader(
    const fb_ledger_entry *entries, size_t breaks, struct taking *taking, size_t threads)
{
    const struct fb_docket_reading how = {.take = take,
        .ctx = taking,
        .of = " of the ledger",
        .verify =
            taking->act != LOAD && threads != 2, /* two threads: what is added is verified then */
        .registry = taking->act == PASS ? NULL : taking->registry,
        .threads = threads};
    struct fb_docket_reader *reader = NULL;
    enum fb_code code = fb_docket_reader_new(&how, &reader, &err);
    for (size_t n = 0; code == FB_OK && n < COUNT; n++) {
        static char gone[FB_ENTRY_MAX]; /* the bytes are borrowed for the visit */
        fb_ledger_entry entry = entries[n];
        memcpy(gone, entry.bytes.ptr, entry.bytes.len);
        entry.bytes.ptr = gone;
        code = n == breaks ? broken(&err) : fb_docket_reader_visit(reader, &entry, &err);
        memset(gone, 0, entry.bytes.len);
    }
    return fb_docket_reader_end(reader, code, &err);
}

static void same_records(const struct fb_registry *a, const struct fb_registry *b)
{
    assert_int_equal(fb_registry_count(a), fb_registry_count(b));
    for (size_t i = 0; i < fb_registry_count(a); i++) {
        const struct fb_record *x = fb_registry_at(a, i), *y = fb_registry_at(b, i);
        assert_true(fb_str_eq(x->statement, y->statement) && fb_str_eq(x->signer, y->signer));
        assert_true(x->seq == y->seq && x->admitted == y->admitted && x->kind == y->kind);
        assert_int_equal(fb_registry_signer_count(a, x), fb_registry_signer_count(b, y));
    }
}

/* Both ways over the same entries. */
static void compare(const fb_ledger_entry *entries, size_t breaks, enum act act, size_t threads)
{
    struct taking plain = {.registry = registry_for(act), .act = act};
    struct taking read = {.registry = registry_for(act), .act = act};
    fb_err_init(&err);
    enum fb_code wanted = plainly(entries, breaks, &plain);
    char why[4096], text[4096];
    fb_err_format(&err, why, sizeof(why));
    fb_err_init(&err);
    assert_int_equal(by_reader(entries, breaks, &read, threads), wanted);
    fb_err_format(&err, text, sizeof(text));
    assert_string_equal(text, why);
    assert_int_equal(read.next, plain.next);
    same_records(plain.registry, read.registry);
    fb_registry_free(plain.registry);
    fb_registry_free(read.registry);
}

static void test_good(void **state)
{
    static struct log log;
    (void)state;
    log_begin(&log);
    for (enum act act = ADD; act < ACTS; act++) {
        for (size_t threads = 1; threads < 6; threads += 2) {
            compare(log.entries, COUNT, act, threads);
        }
    }
    log_end(&log);
}

/* One or two entries are wrong, or the ledger breaks, or all of it. */
static void test_wrong(void **state)
{
    static struct log log;
    static fb_ledger_entry entries[COUNT];
    static const size_t edges[] = {0, 1, 2, 3, 63, 64, 65, 255, 256, 257, 511, 512, 513, COUNT - 1};
    enum { EDGES = sizeof(edges) / sizeof(edges[0]) };
    (void)state;
    log_begin(&log);
    uint64_t x = 0x9e3779b97f4a7c15u;
    for (unsigned round = 0; round < ROUNDS; round++) {
        memcpy(entries, log.entries, sizeof(entries));
        size_t breaks = COUNT;
        for (unsigned spoils = 1 + round % 2; spoils > 0; spoils--) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            size_t n = x >> 63 ? edges[(x >> 33) % EDGES] : (x >> 33) % COUNT;
            entries[n] = spoilt(&log, n, (unsigned)(x >> 20) % SPOILS);
            breaks = (x >> 12) % 4 == 0 ? (x >> 40) % COUNT : breaks;
        }
        compare(entries, breaks, round % ACTS, 1 + round % 4);
    }
    log_end(&log);
}

/* Entries that are long are taken before there are many of them, so that they find room. */
static void test_long(void **state)
{
    static struct log log;
    static char text[30001];
    size_t most[2];
    (void)state;
    log_begin(&log);
    memset(text, 'x', sizeof(text) - 1);
    for (size_t n = FIRST; n < COUNT; n++) {
        struct fb_str statement = fb_arena_printf(&log.arena,
            "{\"at\":\"2026-01-01T00:00:00Z\",\"body\":{\"class\":\"x\",\"description\":\"%s\","
            "\"title\":"
            "\"T\"},\"id\":\"incident/%zu\",\"issuer\":\"party/"
            "p\",\"kind\":\"incident\",\"subject\":"
            "\"system/s\"}",
            text, n);
        struct fb_str signature = sign(&log, &log.secret, "incident", statement);
        log.entries[n].bytes = encode(&log, statement, signature, time_of(n));
    }
    for (size_t i = 0; i < 2; i++) {
        struct taking read = {.registry = registry_for(PASS), .act = PASS};
        fb_alloc_watch();
        FB_TEST_FAILS(by_reader(log.entries, i ? COUNT - 1 : COUNT / 4, &read, 1), FB_E_CORRUPT);
        most[i] = fb_alloc_watched();
        assert_int_equal(read.next, i ? COUNT - 1 : COUNT / 4);
        fb_registry_free(read.registry);
    }
    assert_true(most[0] > 1 << 20 && most[1] < most[0] + (1 << 16));
    compare(log.entries, COUNT, ADD, 3);
    log_end(&log);
}

/* Reads while the n-th allocation fails; how many there were. */
static int64_t read_failing(const struct log *log, int64_t n, enum fb_code *out)
{
    struct taking read = {.registry = registry_for(LOAD), .act = LOAD};
    fb_err_init(&err);
    fb_alloc_fail_at(n);
    *out = by_reader(log->entries, 300, &read, 1);
    int64_t count = fb_alloc_count();
    fb_alloc_fail_at(-1);
    assert_true(*out == FB_E_CORRUPT || *out == FB_E_NOMEM);
    assert_true(*out == FB_E_NOMEM || fb_registry_count(read.registry) == 300);
    fb_registry_free(read.registry);
    return count;
}

/* Memory runs out anywhere: all of it is read, or the reading fails with that. */
static void test_faults(void **state)
{
    static struct log log;
    enum fb_code code;
    int64_t failed = 0;
    (void)state;
    log_begin(&log);
    int64_t count = read_failing(&log, INT64_MAX, &code);
    assert_true(code == FB_E_CORRUPT && count > 1000);
    for (int64_t n = 0; n < count; n += 1 + n / 50) {
        (void)read_failing(&log, n, &code);
        failed += code == FB_E_NOMEM ? 1 : 0;
    }
    assert_true(failed > 5);
    log_end(&log);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_long), cmocka_unit_test(test_faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of a witness: every status, what it remembers, and that it never cosigns two histories. */
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/io.h"
#include "ledger/ed25519.h"
#include "ledger/sha256.h"
#include "ledger/witness.h"
#include "logs.h"
#include "power_cut.h"
#include "store/store.h"

static struct fb_err err;
static char folder[64];
static char path[128];
static fb_time now = 1700000000 * FB_SECOND;
static struct fb_note_signer key;

static int set_up(void **state)
{
    (void)state;
    const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof(folder), "%s/flyball-witness-XXXXXX", where);
    if (!mkdtemp(folder)) {
        return -1;
    }
    uint8_t seed[32] = {77};
    snprintf(path, sizeof(path), "%s/witness.db", folder);
    FB_TEST_OK(fb_note_cosigner_from_seed(FB_STR("witness.example/w"), seed, &key, &err));
    FB_TEST_OK(fb_witness_create(path, &key, &err));
    return 0;
}

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(name);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct fb_witness *open_witness(void)
{
    struct fb_witness *witness = NULL;
    struct fb_clock clock = fb_clock_fixed(&now);
    FB_TEST_OK(fb_witness_open(path, &key, &clock, &witness, &err));
    return witness;
}

static void know(struct fb_witness *witness, struct fb_ledger *ledger)
{
    FB_TEST_OK(
        fb_witness_add_log(witness, fb_ledger_origin(ledger), fb_ledger_verifier(ledger), &err));
}

/* Asks, and checks the status and what goes with it. */
static void ask(
    struct fb_witness *witness, struct fb_str request, unsigned status, const char *body)
{
    struct fb_witness_answer answer;
    fb_witness_answer_init(&answer);
    FB_TEST_OK(fb_witness_add_checkpoint(witness, request, &answer, &err));
    if (answer.status != status) {
        fail_msg("status %u, not %u: %s", answer.status, status, answer.body.ptr);
    }
    assert_true(answer.body.len > 0);
    assert_string_equal(
        answer.content_type, status == 409 ? "text/x.tlog.size" : "text/plain; charset=utf-8");
    if (body) {
        assert_string_equal(answer.body.ptr, body);
    }
    fb_witness_answer_release(&answer);
}

/* Asks for the log's present checkpoint, and verifies the cosignature when it is 200. */
static void ask_for(
    struct fb_witness *witness, struct fb_ledger *ledger, uint64_t old, unsigned status)
{
    struct fb_buf text, note;
    struct fb_witness_answer answer;
    fb_buf_init(&text, FB_ADD_REQUEST_MAX);
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_witness_answer_init(&answer);
    struct fb_str request = log_request(ledger, old, &text);
    FB_TEST_OK(fb_witness_add_checkpoint(witness, request, &answer, &err));
    if (answer.status != status) {
        fail_msg("status %u, not %u: %s", answer.status, status, answer.body.ptr);
    }
    if (status == 200) {
        struct fb_note_verifier keys[2] = {*fb_ledger_verifier(ledger), key.verifier};
        struct fb_note_check check = {.verifiers = keys, .verifier_count = 2};
        FB_TEST_OK(fb_ledger_checkpoint(ledger, &note, &err));
        fb_buf_add_str(&note, fb_buf_str(&answer.body));
        FB_TEST_OK(fb_note_verify(fb_buf_str(&note), &check, &err));
        assert_int_equal(check.verified, 3);
        assert_int_equal(check.cosigned_at_s, now / FB_SECOND);
        /* What monitors get is just that. */
        char hash[FB_SHA256_TEXT];
        uint8_t digest[FB_SHA256_SIZE];
        struct fb_buf latest;
        fb_buf_init(&latest, FB_NOTE_MAX);
        fb_sha256_of(fb_ledger_origin(ledger), digest);
        fb_hex_encode(digest, sizeof(digest), hash);
        FB_TEST_OK(fb_witness_latest(witness, fb_str_of(hash), &latest, &err));
        assert_true(fb_str_eq(fb_buf_str(&latest), fb_buf_str(&note)));
        fb_buf_release(&latest);
    }
    fb_witness_answer_release(&answer);
    fb_buf_release(&note);
    fb_buf_release(&text);
}

static void test_statuses(void **state)
{
    (void)state;
    struct fb_witness *witness = open_witness();
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_ledger *stranger = log_open("example.org/stranger", 2);
    struct fb_ledger *thief = log_open("example.org/log", 3);
    struct fb_buf text, other;
    fb_buf_init(&text, FB_ADD_REQUEST_MAX);
    fb_buf_init(&other, FB_ADD_REQUEST_MAX);
    know(witness, ledger);
    /* Nothing was cosigned: no size, no checkpoint for monitors. */
    FB_TEST_FAILS(fb_witness_latest(witness,
                      FB_STR("0000000000000000000000000000000000000000000000000000000000000000"),
                      &other, &err),
        FB_E_NOT_FOUND);
    log_grow(ledger, 5, "a");
    ask(witness, log_request(ledger, 3, &text), 409, "0\n");
    ask_for(witness, ledger, 0, 200);
    ask(witness, log_request(ledger, 0, &text), 409, "5\n");
    ask_for(witness, ledger, 5, 200); /* the same again: a fresh cosignature */
    now += FB_SECOND;
    ask_for(witness, ledger, 5, 200);
    log_grow(ledger, 8, "a");
    ask_for(witness, ledger, 4, 409);
    ask_for(witness, ledger, 5, 200);
    /* 404 before anything else is looked at. */
    ask_for(witness, stranger, 0, 404);
    /* 403: the right origin, another key; and a signature line of the right key that is wrong. */
    log_grow(thief, 14, "a");
    ask_for(witness, thief, 13, 403);
    log_request(ledger, 13, &text);
    struct fb_str good = fb_buf_str(&text);
    size_t last = text.len - 3;
    text.ptr[last] = text.ptr[last] == 'A' ? 'B' : 'A';
    ask(witness, good, 403, NULL);
    /* 400: above the checkpoint's size, and what is no request. */
    fb_buf_clear(&other);
    fb_buf_add_c(&other, "old 14\n\n");
    log_request(ledger, 13, &text);
    fb_buf_add_str(&other, fb_str_sub(fb_buf_str(&text), strlen("old 13\n\n"), SIZE_MAX));
    ask(witness, fb_buf_str(&other), 400, NULL);
    ask(witness, FB_STR(""), 400, NULL);
    ask(witness, FB_STR("old 13\n\nexample.org/log\n13\n"), 400, NULL);
    ask(witness, FB_STR("old 13\n\nexample.org/log\n13\nx\n\n\xE2\x80\x94 a AAAAAAA=\n"), 400,
        NULL);
    ask(witness, FB_STR("old 13\n\nexample.org/log\n\xFF\n"), 400, NULL);
    /* 422: a proof where none belongs, a wrong one, one too few. */
    fb_buf_clear(&other);
    fb_buf_add_c(&other, "old 13\n"
                         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n");
    fb_buf_add_str(&other, fb_str_sub(fb_buf_str(&text), strlen("old 13\n\n"), SIZE_MAX));
    ask(witness, fb_buf_str(&other), 422, NULL);
    log_grow(ledger, 4, "a");
    log_request(ledger, 13, &text);
    text.ptr[10] = text.ptr[10] == 'x' ? 'y' : 'x';
    ask(witness, fb_buf_str(&text), 422, NULL);
    ask_for(witness, ledger, 13, 200);
    /* 413: more than is read. */
    char *long_text = calloc(1, FB_ADD_REQUEST_MAX + 1);
    memset(long_text, 'a', FB_ADD_REQUEST_MAX + 1);
    ask(witness, (struct fb_str){long_text, FB_ADD_REQUEST_MAX + 1}, 413, NULL);
    free(long_text);
    fb_buf_release(&other);
    fb_buf_release(&text);
    fb_ledger_close(thief);
    fb_ledger_close(stranger);
    fb_ledger_close(ledger);
    fb_witness_close(witness);
}

/* A checkpoint that our ledger would never sign. */
static struct fb_str sign_checkpoint(
    uint64_t old, uint64_t size, const struct fb_hash *root, const char *proof, struct fb_buf *out)
{
    struct fb_note_signer signer;
    uint8_t seed[32] = {1};
    struct fb_checkpoint checkpoint = {FB_STR("example.org/log"), size, *root, FB_STR("")};
    struct fb_buf text;
    fb_buf_init(&text, FB_NOTE_MAX);
    FB_TEST_OK(fb_note_signer_from_seed(checkpoint.origin, seed, &signer, &err));
    fb_checkpoint_format(&checkpoint, &text);
    fb_buf_clear(out);
    fb_buf_addf(out, "old %" PRIu64 "\n%s\n", old, proof);
    FB_TEST_OK(fb_note_sign(fb_buf_str(&text), &signer, out, &err));
    fb_buf_release(&text);
    return fb_buf_str(out);
}

static void test_empty_trees(void **state)
{
    (void)state;
    struct fb_witness *witness = open_witness();
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_buf text;
    struct fb_hash wrong = {{1}}, empty = fb_merkle_empty();
    fb_buf_init(&text, FB_ADD_REQUEST_MAX);
    know(witness, ledger);
    static const char hash[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    ask(witness, sign_checkpoint(0, 0, &wrong, "", &text), 422, NULL);
    ask(witness, sign_checkpoint(0, 0, &empty, hash, &text), 422, NULL);
    ask(witness, sign_checkpoint(0, 3, &wrong, hash, &text), 422, NULL);
    ask(witness, sign_checkpoint(1, 0, &empty, "", &text), 400, NULL);
    ask_for(witness, ledger, 0, 200);
    ask_for(witness, ledger, 0, 200);
    log_grow(ledger, 1, "a");
    ask_for(witness, ledger, 0, 200);
    ask_for(witness, ledger, 0, 409);
    ask(witness, sign_checkpoint(0, 0, &empty, "", &text), 409, "1\n");
    ask(witness, sign_checkpoint(1, INT64_MAX, &wrong, "", &text), 422, NULL);
    fb_buf_release(&text);
    fb_ledger_close(ledger);
    fb_witness_close(witness);
}

static enum fb_code count_log(void *ctx, const struct fb_witness_log *log, struct fb_err *e)
{
    (void)e;
    struct fb_witness_log *out = ctx;
    *out = *log;
    return FB_OK;
}

static void test_forks(void **state)
{
    (void)state;
    struct fb_witness *witness = open_witness();
    struct fb_ledger *one = log_open("example.org/log", 1), *two = log_open("example.org/log", 1);
    struct fb_buf text, kept;
    struct fb_witness_log log = {.size = 0};
    fb_buf_init(&text, FB_ADD_REQUEST_MAX);
    fb_buf_init(&kept, FB_NOTE_MAX);
    know(witness, one);
    log_grow(one, 5, "a");
    log_grow(two, 5, "b");
    ask_for(witness, one, 0, 200);
    ask_for(witness, two, 0, 409);
    ask_for(witness, two, 5, 422);
    log_grow(two, 4, "b");
    ask_for(witness, two, 5, 422);
    FB_TEST_OK(fb_witness_each(witness, count_log, &log, &err));
    assert_true(log.size == 5 && log.is_cosigned && log.is_forked && log.key_count == 1);
    assert_true(log.at_s == (uint64_t)(now / FB_SECOND));
    /* The second history, as it was signed. */
    FB_TEST_OK(fb_witness_fork(witness, fb_str_of(log.hash), &kept, &err));
    struct fb_note_check check = {.verifiers = fb_ledger_verifier(two), .verifier_count = 1};
    struct fb_checkpoint checkpoint;
    struct fb_hash root;
    FB_TEST_OK(fb_note_verify(fb_buf_str(&kept), &check, &err));
    FB_TEST_OK(fb_checkpoint_parse(check.text, &checkpoint, &err));
    FB_TEST_OK(fb_ledger_root(two, 5, &root, &err));
    assert_true(checkpoint.size == 5 && fb_hash_eq(&root, &checkpoint.root));
    /* The honest one goes on. */
    log_grow(one, 2, "a");
    ask_for(witness, one, 5, 200);
    fb_buf_release(&kept);
    fb_buf_release(&text);
    fb_ledger_close(one);
    fb_ledger_close(two);
    fb_witness_close(witness);
}

static void test_logs(void **state)
{
    (void)state;
    struct fb_witness *witness = open_witness(), *second = open_witness();
    struct fb_ledger *ledger = log_open("example.org/log", 1),
                     *next = log_open("example.org/log", 2);
    struct fb_str origin = fb_ledger_origin(ledger);
    struct fb_witness_log log = {.size = 77};
    log_grow(ledger, 3, "a");
    log_grow(next, 5, "a");
    know(witness, ledger);
    ask_for(second, ledger, 0, 200); /* another process sees it too */
    FB_TEST_FAILS(
        fb_witness_add_log(second, origin, fb_ledger_verifier(ledger), &err), FB_E_DUPLICATE);
    /* Rotation: two keys for one origin, then only the new one. */
    ask_for(witness, next, 3, 403);
    FB_TEST_OK(fb_witness_add_log(second, origin, fb_ledger_verifier(next), &err));
    ask_for(witness, next, 3, 200);
    log_grow(ledger, 4, "a");
    ask_for(witness, ledger, 5, 200);
    FB_TEST_OK(fb_witness_drop_log(witness, origin, fb_ledger_verifier(ledger), &err));
    FB_TEST_FAILS(
        fb_witness_drop_log(witness, origin, fb_ledger_verifier(ledger), &err), FB_E_NOT_FOUND);
    ask_for(second, ledger, 7, 403);
    FB_TEST_OK(fb_witness_drop_log(second, origin, fb_ledger_verifier(next), &err));
    ask_for(witness, next, 5, 404);
    FB_TEST_OK(fb_witness_each(witness, count_log, &log, &err));
    assert_true(log.size == 77); /* none */
    /* It comes back with what was remembered. */
    know(witness, ledger);
    ask_for(second, ledger, 0, 409);
    ask_for(second, ledger, 7, 200);
    /* An origin that is not the key's name, and what is no origin or key of a log. */
    FB_TEST_OK(fb_witness_add_log(
        witness, FB_STR("go.sum database tree"), fb_ledger_verifier(next), &err));
    FB_TEST_FAILS(
        fb_witness_add_log(witness, FB_STR(""), fb_ledger_verifier(next), &err), FB_E_SYNTAX);
    FB_TEST_FAILS(
        fb_witness_add_log(witness, FB_STR("a\nb"), fb_ledger_verifier(next), &err), FB_E_SYNTAX);
    FB_TEST_FAILS(fb_witness_add_log(witness, FB_STR("w"), &key.verifier, &err), FB_E_UNSUPPORTED);
    char origins[FB_WITNESS_ORIGIN_MAX + 1];
    memset(origins, 'o', sizeof(origins));
    struct fb_str longest = {origins, FB_WITNESS_ORIGIN_MAX}, longer = {origins, sizeof(origins)};
    FB_TEST_OK(fb_witness_add_log(witness, longest, fb_ledger_verifier(next), &err));
    FB_TEST_FAILS(fb_witness_add_log(witness, longer, fb_ledger_verifier(next), &err), FB_E_SYNTAX);
    fb_ledger_close(next);
    fb_ledger_close(ledger);
    fb_witness_close(second);
    fb_witness_close(witness);
    witness = open_witness(); /* all of it is read again */
    FB_TEST_OK(fb_witness_each(witness, count_log, &log, &err));
    assert_true(fb_str_eq(log.origin, longest));
    fb_witness_close(witness);
}

/* Fills the journal by the store, since one commit a line takes long. */
static void fill_journal(size_t count, bool same_log)
{
    struct fb_store *store = NULL;
    struct fb_store_options how = {.busy_ms = 0};
    uint64_t first = 0;
    FB_TEST_OK(fb_store_open_sqlite(path, &how, &store, &err));
    FB_TEST_OK(fb_store_count(store, &first, &err));
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    for (size_t i = 0; i < count; i++) {
        struct fb_ledger *ledger = i == 0 ? log_open("example.org/many", 9) : NULL;
        static struct fb_buf vkey;
        if (ledger) {
            fb_buf_init(&vkey, 1000);
            fb_note_verifier_format(fb_ledger_verifier(ledger), &vkey);
            fb_ledger_close(ledger);
        }
        char line[300];
        const char *word = same_log && i % 2 ? "drop" : "add";
        int len =
            snprintf(line, sizeof(line), "%s %s log%zu", word, vkey.ptr, same_log ? (size_t)0 : i);
        struct fb_store_entry entry = {
            .seq = first + i, .admitted = 1, .bytes = {line, (size_t)len}};
        FB_TEST_OK(fb_store_append(store, &entry, 1, &err));
        if (i + 1 == count) {
            fb_buf_release(&vkey);
        }
    }
    FB_TEST_OK(fb_store_commit(store, &err));
    fb_store_close(store);
}

static void test_limits(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    fill_journal(FB_WITNESS_LOGS_MAX, false);
    struct fb_witness *witness = open_witness();
    FB_TEST_FAILS(fb_witness_add_log(witness, FB_STR("one more"), fb_ledger_verifier(ledger), &err),
        FB_E_LIMIT);
    for (uint8_t i = 0; i <= FB_WITNESS_KEYS_MAX; i++) {
        struct fb_ledger *other = log_open("example.org/other", (uint8_t)(100 + i));
        enum fb_code code =
            fb_witness_add_log(witness, FB_STR("log0"), fb_ledger_verifier(other), &err);
        assert_int_equal(code, i + 1 < FB_WITNESS_KEYS_MAX ? FB_OK : FB_E_LIMIT);
        fb_ledger_close(other);
    }
    fb_witness_close(witness);
    fb_ledger_close(ledger);
}

static void test_journal_limit(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    fill_journal(FB_WITNESS_JOURNAL_MAX, true);
    struct fb_witness *witness = open_witness();
    FB_TEST_FAILS(fb_witness_add_log(witness, FB_STR("one more"), fb_ledger_verifier(ledger), &err),
        FB_E_LIMIT);
    fb_witness_close(witness);
    fb_ledger_close(ledger);
}

static void put_value(const char *name, struct fb_str value)
{
    struct fb_store *store = NULL;
    struct fb_store_options how = {.busy_ms = 0};
    FB_TEST_OK(fb_store_open_sqlite(path, &how, &store, &err));
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    FB_TEST_OK(fb_store_meta_put(store, name, value, &err));
    FB_TEST_OK(fb_store_commit(store, &err));
    fb_store_close(store);
}

/* A memory that was altered is not believed, and nothing is cosigned on it. */
static void test_altered(void **state)
{
    (void)state;
    struct fb_witness *witness = open_witness();
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_buf note, text;
    struct fb_witness_answer answer;
    struct fb_witness_log log = {.size = 0};
    char name[100];
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_buf_init(&text, FB_ADD_REQUEST_MAX);
    fb_witness_answer_init(&answer);
    know(witness, ledger);
    log_grow(ledger, 5, "a");
    ask_for(witness, ledger, 0, 200);
    FB_TEST_OK(fb_witness_each(witness, count_log, &log, &err));
    FB_TEST_OK(fb_witness_latest(witness, fb_str_of(log.hash), &note, &err));
    log_grow(ledger, 1, "a");
    log_request(ledger, 5, &text);
    snprintf(name, sizeof(name), "log/%s", log.hash);
    size_t end = (size_t)(strstr(note.ptr, "\n\n") - note.ptr);
    for (size_t at = 0; at < end; at++) {
        note.ptr[at] ^= 1;
        put_value(name, fb_buf_str(&note));
        FB_TEST_FAILS(
            fb_witness_add_checkpoint(witness, fb_buf_str(&text), &answer, &err), FB_E_CORRUPT);
        note.ptr[at] ^= 1;
    }
    put_value(name, fb_buf_str(&note));
    /* A cosigned checkpoint of another log. */
    struct fb_ledger *other = log_open("example.org/other", 2);
    know(witness, other);
    ask_for(witness, other, 0, 200);
    struct fb_buf theirs;
    fb_buf_init(&theirs, FB_NOTE_MAX);
    FB_TEST_OK(fb_witness_each(witness, count_log, &log, &err));
    FB_TEST_OK(fb_witness_latest(witness, fb_str_of(log.hash), &theirs, &err));
    put_value(name, fb_buf_str(&theirs));
    FB_TEST_FAILS(
        fb_witness_add_checkpoint(witness, fb_buf_str(&text), &answer, &err), FB_E_CORRUPT);
    put_value(name, fb_buf_str(&note));
    FB_TEST_OK(fb_witness_add_checkpoint(witness, fb_buf_str(&text), &answer, &err));
    assert_int_equal(answer.status, 200);
    fb_witness_close(witness);
    /* The journal, and the key. */
    struct fb_clock clock = fb_clock_fixed(&now);
    struct fb_note_signer another;
    uint8_t seed[32] = {78};
    FB_TEST_OK(fb_note_cosigner_from_seed(FB_STR("witness.example/w"), seed, &another, &err));
    FB_TEST_FAILS(fb_witness_open(path, &another, &clock, &witness, &err), FB_E_SIGNATURE);
    struct fb_store *store = NULL;
    struct fb_store_options how = {.busy_ms = 0};
    struct fb_store_entry entry = {.seq = 2, .admitted = 1, .bytes = FB_STR("add nothing")};
    FB_TEST_OK(fb_store_open_sqlite(path, &how, &store, &err));
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    FB_TEST_OK(fb_store_append(store, &entry, 1, &err));
    FB_TEST_OK(fb_store_commit(store, &err));
    fb_store_close(store);
    FB_TEST_FAILS(fb_witness_open(path, &key, &clock, &witness, &err), FB_E_CORRUPT);
    put_value("witness", FB_STR("x"));
    FB_TEST_FAILS(fb_witness_open(path, &key, &clock, &witness, &err), FB_E_SIGNATURE);
    fb_buf_release(&theirs);
    fb_witness_answer_release(&answer);
    fb_buf_release(&text);
    fb_buf_release(&note);
    fb_ledger_close(other);
    fb_ledger_close(ledger);
}

static void test_foreign_files(void **state)
{
    (void)state;
    struct fb_witness *witness = NULL;
    struct fb_clock clock = fb_clock_fixed(&now);
    char other[200];
    snprintf(other, sizeof(other), "%s/other.db", folder);
    FB_TEST_FAILS(fb_witness_create(path, &key, &err), FB_E_DUPLICATE);
    FB_TEST_FAILS(fb_witness_open(other, &key, &clock, &witness, &err), FB_E_NOT_FOUND);
    struct fb_note_signer signer;
    FB_TEST_OK(fb_note_signer_generate(FB_STR("example.org/log"), &signer, &err));
    struct fb_ledger_options options = {.signer = &signer};
    FB_TEST_OK(fb_ledger_create(other, &options, &err));
    FB_TEST_FAILS(fb_witness_open(other, &key, &clock, &witness, &err), FB_E_CORRUPT);
    assert_null(witness);
    /* A clock that has not been set. */
    witness = open_witness();
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_witness_answer answer;
    struct fb_buf text;
    fb_buf_init(&text, FB_ADD_REQUEST_MAX);
    fb_witness_answer_init(&answer);
    know(witness, ledger);
    fb_time then = now;
    now = 0;
    FB_TEST_FAILS(fb_witness_add_checkpoint(witness, log_request(ledger, 0, &text), &answer, &err),
        FB_E_RANGE);
    now = then;
    ask_for(witness, ledger, 0, 200);
    fb_witness_answer_release(&answer);
    fb_buf_release(&text);
    fb_ledger_close(ledger);
    fb_witness_close(witness);
}

/* A clock that is set back: no cosignature is earlier than the one before it, and far behind there
 * is none, until the clock is right again. */
static void test_clock_is_set_back(void **state)
{
    (void)state;
    struct fb_witness *witness = open_witness();
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_witness_answer answer;
    struct fb_buf text, note;
    fb_buf_init(&text, FB_ADD_REQUEST_MAX);
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_witness_answer_init(&answer);
    know(witness, ledger);
    log_grow(ledger, 1, "a");
    ask_for(witness, ledger, 0, 200);
    fb_time then = now;
    log_grow(ledger, 1, "b");
    now = then - 6 * FB_SECOND;
    FB_TEST_FAILS(fb_witness_add_checkpoint(witness, log_request(ledger, 1, &text), &answer, &err),
        FB_E_TIME);
    assert_true(err.hint[0] != 0);
    now = then - 5 * FB_SECOND;
    fb_buf_clear(&text);
    FB_TEST_OK(fb_witness_add_checkpoint(witness, log_request(ledger, 1, &text), &answer, &err));
    assert_int_equal(answer.status, 200);
    struct fb_note_check check = {.verifiers = &key.verifier, .verifier_count = 1};
    FB_TEST_OK(fb_ledger_checkpoint(ledger, &note, &err));
    fb_buf_add_str(&note, fb_buf_str(&answer.body));
    FB_TEST_OK(fb_note_verify(fb_buf_str(&note), &check, &err));
    assert_int_equal(check.cosigned_at_s, then / FB_SECOND);
    now = then;
    log_grow(ledger, 1, "c");
    ask_for(witness, ledger, 2, 200);
    fb_witness_answer_release(&answer);
    fb_buf_release(&note);
    fb_buf_release(&text);
    fb_ledger_close(ledger);
    fb_witness_close(witness);
}

/* Appends a cosignature of the text at a time that no clock gives. */
static void cosign_at(struct fb_str text, uint64_t at_s, struct fb_buf *out)
{
    uint8_t bytes[4 + 8 + FB_ED25519_SIGNATURE];
    struct fb_buf message;
    fb_buf_init(&message, FB_NOTE_MAX);
    fb_buf_addf(&message, "cosignature/v1\ntime %" PRIu64 "\n%.*s", at_s, FB_STR_ARG(text));
    for (size_t i = 0; i < 12; i++) {
        uint64_t from = i < 4 ? key.verifier.key_id : at_s;
        bytes[i] = (uint8_t)(from >> 8 * (i < 4 ? 3 - i : 11 - i));
    }
    fb_ed25519_sign(key.secret, fb_buf_str(&message), bytes + 12);
    fb_buf_addf(out, "\xE2\x80\x94 %s ", key.verifier.name);
    fb_base64_encode((struct fb_str){(const char *)bytes, sizeof(bytes)}, out);
    fb_buf_add_char(out, '\n');
    fb_buf_release(&message);
}

static enum fb_code see_time(void *ctx, const struct fb_witness_log *log, struct fb_err *e)
{
    (void)e;
    *(uint64_t *)ctx = log->at_s;
    return FB_OK;
}

/* The specification allows times up to 2^63 - 1 seconds, more than there are microseconds for: a
 * witness whose key signed at such a time never signs again, and says why. */
static void test_time_without_end(void **state)
{
    (void)state;
    static const uint64_t times[] = {INT64_MAX / FB_SECOND, INT64_MAX / FB_SECOND + 1, INT64_MAX};
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_witness *witness = open_witness();
    know(witness, ledger);
    log_grow(ledger, 1, "a");
    ask_for(witness, ledger, 0, 200);
    fb_witness_close(witness);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        char name[100] = "log/";
        uint8_t digest[FB_SHA256_SIZE];
        struct fb_store *store = NULL;
        struct fb_store_options how = {.busy_ms = 0};
        struct fb_witness_answer answer;
        struct fb_str text, lines;
        struct fb_buf note, latest;
        uint64_t seen = 0;
        fb_buf_init(&note, FB_NOTE_MAX);
        fb_buf_init(&latest, FB_NOTE_MAX);
        FB_TEST_OK(fb_ledger_checkpoint(ledger, &note, &err));
        FB_TEST_OK(fb_note_split(fb_buf_str(&note), &text, &lines, &err));
        fb_buf_addf(&latest, "%.*s\n", FB_STR_ARG(text));
        cosign_at(text, times[i], &latest);
        fb_sha256_of(fb_ledger_origin(ledger), digest);
        fb_hex_encode(digest, sizeof(digest), name + 4);
        FB_TEST_OK(fb_store_open_sqlite(path, &how, &store, &err));
        FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
        FB_TEST_OK(fb_store_meta_put(store, name, fb_buf_str(&latest), &err));
        FB_TEST_OK(fb_store_commit(store, &err));
        fb_store_close(store);
        witness = open_witness();
        FB_TEST_OK(fb_witness_each(witness, see_time, &seen, &err));
        assert_true(seen == times[i]);
        fb_buf_clear(&note);
        fb_witness_answer_init(&answer);
        FB_TEST_FAILS(
            fb_witness_add_checkpoint(witness, log_request(ledger, 1, &note), &answer, &err),
            FB_E_TIME);
        fb_witness_answer_release(&answer);
        fb_witness_close(witness);
        fb_buf_release(&note);
        fb_buf_release(&latest);
    }
    fb_ledger_close(ledger);
}

enum { THREADS = 8, ROUNDS = 12, STEPS = 30 };

/* What one thread asks: one of two histories, with its own handle. */
struct asker {
    pthread_t thread;
    struct fb_str requests[ROUNDS][2];
    struct fb_buf texts[ROUNDS];
    bool is_signed[ROUNDS];
    const char *failure;
};

static void *ask_all(void *ctx)
{
    struct asker *asker = ctx;
    struct fb_err e;
    struct fb_witness *witness = NULL;
    struct fb_clock clock = fb_clock_fixed(&now);
    fb_err_init(&e);
    if (fb_witness_open(path, &key, &clock, &witness, &e) != FB_OK) {
        asker->failure = "open";
        return NULL;
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        struct fb_witness_answer answer;
        fb_witness_answer_init(&answer);
        for (int attempt = 0; attempt < STEPS; attempt++) {
            enum fb_code code =
                fb_witness_add_checkpoint(witness, fb_buf_str(&asker->texts[i]), &answer, &e);
            if (code == FB_OK && answer.status == 200) {
                asker->is_signed[i] = true;
            }
            if (code == FB_OK && answer.status != 409) {
                break;
            }
            if (code != FB_OK && code != FB_E_BUSY) {
                asker->failure = fb_code_name(code);
            }
        }
        fb_witness_answer_release(&answer);
    }
    fb_witness_close(witness);
    return NULL;
}

/* Many ask at once for two histories that part at 5: one of them is cosigned, whoever came first.
 */
static void test_concurrency(void **state)
{
    (void)state;
    static struct asker askers[THREADS];
    struct fb_ledger *one = log_open("example.org/log", 1), *two = log_open("example.org/log", 1);
    struct fb_witness *witness = open_witness();
    know(witness, one);
    log_grow(one, 5, "a");
    log_grow(two, 5, "a");
    ask_for(witness, one, 0, 200);
    for (size_t i = 0; i < ROUNDS; i++) {
        log_grow(one, 1, "a");
        log_grow(two, 1, "b");
        for (size_t t = 0; t < THREADS; t++) {
            fb_buf_init(&askers[t].texts[i], FB_ADD_REQUEST_MAX);
            log_request(t % 2 ? two : one, 5 + i, &askers[t].texts[i]);
        }
    }
    for (size_t t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_create(&askers[t].thread, NULL, ask_all, &askers[t]), 0);
    }
    size_t signed_one = 0, signed_two = 0;
    for (size_t t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_join(askers[t].thread, NULL), 0);
        if (askers[t].failure) {
            fail_msg("%s", askers[t].failure);
        }
        for (size_t i = 0; i < ROUNDS; i++) {
            *(t % 2 ? &signed_two : &signed_one) += askers[t].is_signed[i];
            fb_buf_release(&askers[t].texts[i]);
        }
    }
    assert_true(signed_one + signed_two > 0);
    assert_true(signed_one == 0 || signed_two == 0);
    fb_witness_close(witness);
    fb_ledger_close(two);
    fb_ledger_close(one);
}

/* What a child did, in memory that outlives it. */
struct told {
    bool is_answered; /* a cosignature left */
    bool is_finished;
    int64_t calls;
    char wrong[200];
};

static struct told *told;

static void ask_in_child(struct fb_str request, const struct power_cut *plan)
{
    struct fb_witness *witness = NULL;
    struct fb_witness_answer answer;
    struct fb_clock clock = fb_clock_fixed(&now);
    power_cut_install(plan);
    fb_witness_answer_init(&answer);
    for (int attempt = 0; attempt < 2 && !told->is_answered; attempt++) {
        enum fb_code code = witness ? FB_OK : fb_witness_open(path, &key, &clock, &witness, &err);
        if (code == FB_OK) {
            code = fb_witness_add_checkpoint(witness, request, &answer, &err);
        }
        if (code == FB_OK && answer.status == 200) {
            told->is_answered = true;
        } else if (code == FB_OK && !(attempt == 1 && answer.status == 409)) {
            snprintf(told->wrong, sizeof(told->wrong), "status %u", answer.status);
        } else if (code != FB_OK && plan->what != POWER_CUT_FAIL) {
            snprintf(told->wrong, sizeof(told->wrong), "%.190s", err.message);
        }
    }
    told->calls = power_cut_count();
    told->is_finished = true;
    power_cut_now();
}

static void copy_file(const char *from, const char *to)
{
    struct fb_buf bytes;
    fb_buf_init(&bytes, 1 << 24);
    FB_TEST_OK(fb_io_read(from, &bytes, &err));
    FB_TEST_OK(fb_io_write(to, fb_buf_str(&bytes), 0644, &err));
    fb_buf_release(&bytes);
}

/* Asks for the second history; true when it was cosigned, because the first was not kept. */
static bool ask_after_crash(struct fb_str request, struct fb_ledger *one, struct fb_ledger *two)
{
    struct fb_witness *witness = open_witness();
    struct fb_witness_answer answer;
    fb_witness_answer_init(&answer);
    FB_TEST_OK(fb_witness_add_checkpoint(witness, request, &answer, &err));
    unsigned status = answer.status;
    if (told->is_answered) {
        assert_int_equal(status, 409); /* it remembers what it said */
        ask_for(witness, two, 8, 422);
        ask_for(witness, one, 8, 200);
    } else if (status == 200) {
        ask_for(witness, one, 5, 409); /* it said nothing, and now it said the other */
        ask_for(witness, one, 8, 422);
    } else {
        assert_int_equal(status, 409); /* it remembers what nobody heard */
        ask_for(witness, one, 8, 200);
    }
    fb_witness_answer_release(&answer);
    fb_witness_close(witness);
    return status == 200;
}

/* At each write and sync in turn the machine stops while one history is cosigned. Then the other is
 * asked for: never are both cosigned. */
static void test_crashes(void **state)
{
    (void)state;
    char saved[200], tail[200];
    struct fb_ledger *one = log_open("example.org/log", 1), *two = log_open("example.org/log", 1);
    struct fb_witness *witness = open_witness();
    struct fb_buf first, second;
    fb_buf_init(&first, FB_ADD_REQUEST_MAX);
    fb_buf_init(&second, FB_ADD_REQUEST_MAX);
    told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(told != MAP_FAILED);
    know(witness, one);
    log_grow(one, 5, "a");
    log_grow(two, 5, "a");
    ask_for(witness, one, 0, 200);
    fb_witness_close(witness);
    log_grow(one, 3, "a");
    log_grow(two, 3, "b");
    log_request(one, 5, &first);
    log_request(two, 5, &second);
    snprintf(saved, sizeof(saved), "%s/saved", folder);
    copy_file(path, saved);
    static const enum power_cut_what whats[] = {POWER_CUT_KILL, POWER_CUT_OFF, POWER_CUT_FAIL};
    size_t answered = 0, lost = 0;
    for (size_t w = 0; w < 3; w++) {
        bool done = false;
        for (int64_t at = 0; !done && at < 200; at++) {
            static const char *const tails[] = {"-wal", "-shm", "-journal"};
            for (size_t i = 0; i < 3; i++) {
                snprintf(tail, sizeof(tail), "%s%s", path, tails[i]);
                fb_io_remove(tail);
            }
            copy_file(saved, path);
            memset(told, 0, sizeof(*told));
            struct power_cut plan = {
                .what = whats[w], .at = at, .number = EIO, .seed = (uint64_t)at + 1};
            pid_t pid = fork();
            assert_true(pid >= 0);
            if (pid == 0) {
                ask_in_child(fb_buf_str(&first), &plan);
            }
            int status;
            assert_int_equal(waitpid(pid, &status, 0), pid);
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
            assert_string_equal(told->wrong, "");
            done = told->is_finished && told->calls <= at;
            answered += told->is_answered;
            lost += ask_after_crash(fb_buf_str(&second), one, two);
        }
        assert_true(done);
    }
    assert_true(answered >= 3 && lost >= 3);
    assert_int_equal(munmap(told, sizeof(*told)), 0);
    fb_buf_release(&second);
    fb_buf_release(&first);
    fb_ledger_close(two);
    fb_ledger_close(one);
}

static void test_no_memory(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_buf text;
    fb_buf_init(&text, FB_ADD_REQUEST_MAX);
    struct fb_witness *witness = open_witness();
    know(witness, ledger);
    log_grow(ledger, 5, "a");
    ask_for(witness, ledger, 0, 200);
    fb_witness_close(witness);
    log_grow(ledger, 3, "a");
    log_request(ledger, 5, &text);
    for (int64_t n = 0;; n++) {
        struct fb_witness_answer answer;
        struct fb_clock clock = fb_clock_fixed(&now);
        witness = NULL;
        fb_witness_answer_init(&answer);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_witness_open(path, &key, &clock, &witness, &err);
        if (code == FB_OK) {
            code = fb_witness_add_checkpoint(witness, fb_buf_str(&text), &answer, &err);
        }
        fb_alloc_fail_at(-1);
        fb_witness_close(witness);
        unsigned status = answer.status;
        fb_witness_answer_release(&answer);
        if (code == FB_OK) {
            assert_int_equal(status, 200);
            assert_true(n > 5);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_true(n < 500);
    }
    fb_buf_release(&text);
    fb_ledger_close(ledger);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_statuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty_trees, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_forks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_logs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_journal_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_altered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clock_is_set_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time_without_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_concurrency, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_crashes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

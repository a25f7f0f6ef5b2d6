/* Tests of proof files and of trust: what holds, what is refused, and that no byte may change. */
#include <inttypes.h>

#include "base/alloc.h"
#include "ledger/ed25519.h"
#include "ledger/ledger.h"
#include "ledger/sha256.h"
#include "ledger/tlogproof.h"
#include "vectors.h"

static struct fb_err err;

static struct fb_note_signer make_signer(const char *name, uint8_t first)
{
    struct fb_note_signer signer;
    uint8_t seed[32] = {first};
    FB_TEST_OK(fb_note_signer_from_seed(fb_str_of(name), seed, &signer, &err));
    return signer;
}

/* A proof of one entry of a log with size entries, as a file. */
static void make_proof(uint64_t index, uint64_t size, struct fb_buf *out)
{
    struct fb_note_signer signer = make_signer("example.org/log", 1);
    struct fb_ledger_options options = {.signer = &signer};
    struct fb_ledger *ledger = NULL;
    struct fb_buf note, bytes;
    struct fb_tlogproof proof = {.index = index};
    fb_ledger_entry entry;
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_buf_init(&bytes, FB_LEDGER_ENTRY_MAX);
    FB_TEST_OK(fb_ledger_open(NULL, &options, &ledger, &err));
    for (uint64_t i = 0; i < size; i++) {
        char text[32];
        uint64_t seq;
        int len = snprintf(text, sizeof(text), "entry %" PRIu64, i);
        struct fb_str one = {text, (size_t)len};
        struct fb_ledger_batch batch = {&one, 1, 1000, FB_LEDGER_ANY_SIZE};
        FB_TEST_OK(fb_ledger_append(ledger, &batch, &seq, &err));
    }
    FB_TEST_OK(fb_ledger_checkpoint(ledger, &note, &err));
    FB_TEST_OK(fb_ledger_prove_inclusion(ledger, index, size, &proof.path, &err));
    FB_TEST_OK(fb_ledger_read(ledger, index, &entry, &bytes, &err));
    proof.extra = fb_buf_str(&bytes);
    proof.checkpoint = fb_buf_str(&note);
    fb_tlogproof_format(&proof, out);
    FB_TEST_OK(fb_buf_check(out, "the proof", &err));
    fb_buf_release(&bytes);
    fb_buf_release(&note);
    fb_ledger_close(ledger);
}

/* Reads and checks a file whose extra data is the entry. */
static enum fb_code check(struct fb_str text, const struct fb_trust *trust)
{
    struct fb_tlogproof proof;
    struct fb_trusted trusted;
    struct fb_buf extra;
    fb_buf_init(&extra, FB_TLOGPROOF_EXTRA_MAX);
    enum fb_code code = fb_tlogproof_parse(text, &extra, &proof, &err);
    if (code == FB_OK) {
        struct fb_hash leaf = fb_merkle_leaf(proof.extra);
        code = fb_tlogproof_check(&proof, &leaf, trust, &trusted, &err);
    }
    fb_buf_release(&extra);
    return code;
}

static void trust_log(struct fb_trust *trust)
{
    struct fb_note_signer signer = make_signer("example.org/log", 1);
    fb_trust_init(trust);
    FB_TEST_OK(fb_trust_add_log(trust, &signer.verifier, &err));
}

static void test_proofs(void **state)
{
    (void)state;
    struct fb_trust trust;
    trust_log(&trust);
    for (uint64_t size = 1; size <= 9; size++) {
        for (uint64_t index = 0; index < size; index++) {
            struct fb_buf text;
            fb_buf_init(&text, FB_TLOGPROOF_MAX);
            make_proof(index, size, &text);
            FB_TEST_OK(check(fb_buf_str(&text), &trust));
            fb_buf_release(&text);
        }
    }
}

/* Every bit of every byte, and every byte taken away. */
static void test_mutations(void **state)
{
    (void)state;
    struct fb_trust trust;
    struct fb_buf text;
    trust_log(&trust);
    fb_buf_init(&text, FB_TLOGPROOF_MAX);
    make_proof(4, 7, &text);
    size_t count = 0;
    for (size_t at = 0; at < text.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            text.ptr[at] = (char)(text.ptr[at] ^ (1 << bit));
            assert_int_not_equal(check(fb_buf_str(&text), &trust), FB_OK);
            text.ptr[at] = (char)(text.ptr[at] ^ (1 << bit));
            count++;
        }
        assert_int_not_equal(check((struct fb_str){text.ptr, at}, &trust), FB_OK);
    }
    assert_true(count > 2000);
    fb_buf_add_char(&text, '\n');
    assert_int_not_equal(check(fb_buf_str(&text), &trust), FB_OK);
    fb_buf_cut(&text, text.len - 1);
    FB_TEST_OK(check(fb_buf_str(&text), &trust));
    fb_buf_release(&text);
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line;
    } cases[] = {
        {"", 1},
        {"c2sp.org/tlog-proof@v2\nindex 0\n\nx\n", 1},
        {"c2sp.org/tlog-proof@v1\n", 2},
        {"c2sp.org/tlog-proof@v1\nextra AAAA\n", 3},
        {"c2sp.org/tlog-proof@v1\nextra \nindex 0\n\nx\n", 2},
        {"c2sp.org/tlog-proof@v1\nextra A\nindex 0\n\nx\n", 2},
        {"c2sp.org/tlog-proof@v1\nextra AAAA\nextra AAAA\nindex 0\n\nx\n", 3},
        {"c2sp.org/tlog-proof@v1\nindex\n\nx\n", 2},
        {"c2sp.org/tlog-proof@v1\nindex 01\n\nx\n", 2},
        {"c2sp.org/tlog-proof@v1\nindex -1\n\nx\n", 2},
        {"c2sp.org/tlog-proof@v1\nindex 18446744073709551616\n\nx\n", 2},
        {"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx\n", 3},
        {"c2sp.org/tlog-proof@v1\nindex 0\n", 3},
    };
    struct fb_buf extra;
    fb_buf_init(&extra, FB_TLOGPROOF_EXTRA_MAX);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_tlogproof proof = {.index = 77};
        FB_TEST_FAILS(
            fb_tlogproof_parse(fb_str_of(cases[i].text), &extra, &proof, &err), FB_E_SYNTAX);
        assert_int_equal(err.line, cases[i].line);
        assert_true(proof.index == 77);
    }
    fb_buf_release(&extra);
}

static void test_limits(void **state)
{
    (void)state;
    struct fb_buf text, extra;
    struct fb_tlogproof proof;
    fb_buf_init(&text, 1 << 20);
    fb_buf_init(&extra, FB_TLOGPROOF_EXTRA_MAX);
    fb_buf_add_c(&text, "c2sp.org/tlog-proof@v1\nindex 0\n");
    for (size_t i = 0; i <= FB_PROOF_MAX; i++) {
        fb_buf_add_c(&text, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    }
    FB_TEST_FAILS(fb_tlogproof_parse(fb_buf_str(&text), &extra, &proof, &err), FB_E_LIMIT);
    fb_buf_clear(&text);
    fb_buf_add_c(&text, "c2sp.org/tlog-proof@v1\nextra ");
    for (size_t i = 0; i <= FB_TLOGPROOF_EXTRA_MAX / 3; i++) {
        fb_buf_add_c(&text, "AAAA");
    }
    fb_buf_add_c(&text, "\nindex 0\n\nx\n");
    FB_TEST_FAILS(fb_tlogproof_parse(fb_buf_str(&text), &extra, &proof, &err), FB_E_LIMIT);
    while (text.len <= FB_TLOGPROOF_MAX) {
        fb_buf_add_c(&text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n");
    }
    FB_TEST_FAILS(fb_tlogproof_parse(fb_buf_str(&text), &extra, &proof, &err), FB_E_LIMIT);
    fb_buf_release(&extra);
    fb_buf_release(&text);
}

static void test_wrong_claims(void **state)
{
    (void)state;
    struct fb_trust trust;
    struct fb_trusted trusted = {.witnesses = 77};
    struct fb_tlogproof proof;
    struct fb_buf text, extra;
    trust_log(&trust);
    fb_buf_init(&text, FB_TLOGPROOF_MAX);
    fb_buf_init(&extra, FB_TLOGPROOF_EXTRA_MAX);
    make_proof(2, 5, &text);
    FB_TEST_OK(fb_tlogproof_parse(fb_buf_str(&text), &extra, &proof, &err));
    struct fb_hash leaf = fb_merkle_leaf(FB_STR("entry 3"));
    FB_TEST_FAILS(fb_tlogproof_check(&proof, &leaf, &trust, &trusted, &err), FB_E_SIGNATURE);
    leaf = fb_merkle_leaf(FB_STR("entry 2"));
    proof.index = 5;
    FB_TEST_FAILS(fb_tlogproof_check(&proof, &leaf, &trust, &trusted, &err), FB_E_RANGE);
    proof.index = 3;
    FB_TEST_FAILS(fb_tlogproof_check(&proof, &leaf, &trust, &trusted, &err), FB_E_SIGNATURE);
    proof.index = 2;
    /* A key of another log, and a log that signs for another origin. */
    fb_trust_init(&trust);
    FB_TEST_FAILS(fb_tlogproof_check(&proof, &leaf, &trust, &trusted, &err), FB_E_SIGNATURE);
    struct fb_note_signer other = make_signer("example.org/other", 1);
    FB_TEST_OK(fb_trust_add_log(&trust, &other.verifier, &err));
    FB_TEST_FAILS(fb_tlogproof_check(&proof, &leaf, &trust, &trusted, &err), FB_E_SIGNATURE);
    assert_int_equal(trusted.witnesses, 77);
    trust_log(&trust);
    FB_TEST_OK(fb_tlogproof_check(&proof, &leaf, &trust, &trusted, &err));
    assert_true(trusted.checkpoint.size == 5 && trusted.witnesses == 0);
    fb_buf_release(&extra);
    fb_buf_release(&text);
}

static void test_no_memory(void **state)
{
    (void)state;
    struct fb_trust trust;
    struct fb_buf text;
    trust_log(&trust);
    fb_buf_init(&text, FB_TLOGPROOF_MAX);
    make_proof(4, 7, &text);
    bool done = false;
    for (int64_t n = 0; !done && n < 100; n++) {
        fb_alloc_fail_at(n);
        enum fb_code code = check(fb_buf_str(&text), &trust);
        fb_alloc_fail_at(-1);
        done = code == FB_OK;
        assert_true(done || code == FB_E_NOMEM);
    }
    assert_true(done);
    fb_buf_release(&text);
}

/* The name of a witness key made from first, as text. */
static const char *witness_key(uint8_t first, char out[200])
{
    char name[32];
    snprintf(name, sizeof(name), "w%d", first);
    struct fb_note_signer signer = make_signer(name, first);
    uint8_t typed[33] = {FB_NOTE_COSIGNATURE};
    memcpy(typed + 1, signer.verifier.public_key, 32);
    /* The id of a cosigner's key: SHA-256(name, newline, type, key), its first four bytes. */
    struct fb_buf message, text;
    uint8_t digest[32];
    fb_buf_init(&message, 200);
    fb_buf_init(&text, 200);
    fb_buf_addf(&message, "%s\n", name);
    fb_buf_add(&message, typed, sizeof(typed));
    fb_sha256_of(fb_buf_str(&message), digest);
    fb_buf_addf(&text, "%s+%02x%02x%02x%02x+", name, digest[0], digest[1], digest[2], digest[3]);
    fb_base64_encode((struct fb_str){(const char *)typed, sizeof(typed)}, &text);
    snprintf(out, 200, "%s", text.ptr);
    fb_buf_release(&text);
    fb_buf_release(&message);
    return out;
}

/* Adds the cosignature of a witness to a note whose text has text_len bytes. */
static void cosign(struct fb_buf *note, size_t text_len, uint8_t first, uint64_t at)
{
    char name[32], key[200];
    struct fb_note_verifier verifier;
    struct fb_buf message;
    char bytes[4 + 8 + 64];
    snprintf(name, sizeof(name), "w%d", first);
    FB_TEST_OK(fb_note_verifier_parse(fb_str_of(witness_key(first, key)), &verifier, &err));
    for (size_t i = 0; i < 4; i++) {
        bytes[i] = (char)(verifier.key_id >> (24 - 8 * i));
    }
    for (size_t i = 0; i < 8; i++) {
        bytes[4 + i] = (char)(at >> (56 - 8 * i));
    }
    fb_buf_init(&message, 2000);
    fb_buf_addf(&message, "cosignature/v1\ntime %" PRIu64 "\n", at);
    fb_buf_add(&message, note->ptr, text_len);
    struct fb_note_signer signer = make_signer(name, first);
    fb_ed25519_sign(signer.secret, fb_buf_str(&message), (uint8_t *)bytes + 12);
    fb_buf_addf(note, "\xE2\x80\x94 %s ", name);
    fb_base64_encode((struct fb_str){bytes, sizeof(bytes)}, note);
    fb_buf_add_char(note, '\n');
    fb_buf_release(&message);
}

/* A signed checkpoint with cosignatures of the witnesses whose bits are set. */
static void make_cosigned(unsigned witnesses, struct fb_buf *note)
{
    struct fb_note_signer signer = make_signer("example.org/log", 1);
    struct fb_str text =
        FB_STR("example.org/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    FB_TEST_OK(fb_note_sign(text, &signer, note, &err));
    for (uint8_t i = 0; i < 8; i++) {
        if ((witnesses >> i & 1) != 0) {
            cosign(note, text.len, (uint8_t)(10 + i), 1700000000 + i);
        }
    }
}

/* The policy of the specification: two of X1 to X3, and one of Y1 to Y3. */
static void write_policy(struct fb_buf *out, const char *quorum)
{
    char key[200];
    struct fb_note_signer signer = make_signer("example.org/log", 1);
    fb_buf_add_c(out, "# an example\n\n \t log ");
    fb_note_verifier_format(&signer.verifier, out);
    fb_buf_add_c(out, " https://example.org/log \n");
    for (uint8_t i = 0; i < 6; i++) {
        fb_buf_addf(out, "witness %c%d %s\n", i < 3 ? 'X' : 'Y', i % 3 + 1,
            witness_key((uint8_t)(10 + i), key));
    }
    fb_buf_addf(out,
        "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\n"
        "group X-and-Y all X-witnesses\tY-witnesses\nquorum %s\n",
        quorum);
}

static void test_quorum(void **state)
{
    (void)state;
    static const char *const quorums[] = {"X-and-Y", "X-witnesses", "Y2", "none"};
    for (size_t q = 0; q < 4; q++) {
        struct fb_buf policy;
        struct fb_trust trust;
        fb_buf_init(&policy, FB_TRUST_MAX);
        write_policy(&policy, quorums[q]);
        FB_TEST_OK(fb_trust_parse(fb_buf_str(&policy), &trust, &err));
        assert_int_equal(trust.key_count, 7);
        assert_int_equal(trust.name_count, 9);
        for (unsigned set = 0; set < 64; set++) {
            struct fb_buf note;
            struct fb_trusted trusted;
            unsigned x = (unsigned)__builtin_popcount(set & 7), y = set >> 3;
            bool good[] = {x >= 2 && y > 0, x >= 2, (y & 2) != 0, true};
            fb_buf_init(&note, FB_NOTE_MAX);
            make_cosigned(set | 64, &note); /* and a witness that nobody knows */
            enum fb_code code = fb_trust_check(&trust, fb_buf_str(&note), &trusted, &err);
            assert_int_equal(code, good[q] ? FB_OK : FB_E_SIGNATURE);
            if (good[q]) {
                assert_int_equal(trusted.witnesses, __builtin_popcount(set));
                assert_true(
                    set == 0 ? trusted.cosigned_at_s == 0 : trusted.cosigned_at_s >= 1700000000);
            }
            fb_buf_release(&note);
        }
        fb_buf_release(&policy);
    }
}

/* A log's signature is not a witness's, nor the other way round. */
static void test_roles_of_keys(void **state)
{
    (void)state;
    struct fb_trust trust;
    struct fb_trusted trusted;
    struct fb_note_verifier witness;
    struct fb_buf policy, note;
    char key[200];
    fb_buf_init(&policy, FB_TRUST_MAX);
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_buf_addf(&policy, "witness X %s\nquorum X\n", witness_key(10, key));
    FB_TEST_OK(fb_trust_parse(fb_buf_str(&policy), &trust, &err));
    make_cosigned(1, &note);
    FB_TEST_FAILS(fb_trust_check(&trust, fb_buf_str(&note), &trusted, &err), FB_E_SIGNATURE);
    FB_TEST_OK(fb_note_verifier_parse(fb_str_of(key), &witness, &err));
    FB_TEST_FAILS(fb_trust_add_log(&trust, &witness, &err), FB_E_UNSUPPORTED);
    struct fb_note_signer signer = make_signer("example.org/log", 1);
    FB_TEST_OK(fb_trust_add_log(&trust, &signer.verifier, &err));
    FB_TEST_OK(fb_trust_check(&trust, fb_buf_str(&note), &trusted, &err));
    FB_TEST_FAILS(fb_trust_add_log(&trust, &signer.verifier, &err), FB_E_DUPLICATE);
    fb_buf_release(&note);
    fb_buf_release(&policy);
}

static void test_bad_policies(void **state)
{
    (void)state;
    char a[200], b[200];
    struct fb_note_signer signer = make_signer("example.org/log", 1);
    struct fb_buf log;
    fb_buf_init(&log, 200);
    fb_note_verifier_format(&signer.verifier, &log);
    witness_key(10, a);
    witness_key(11, b);
    const struct {
        const char *form; /* A and B: witness keys, L: a log's */
        enum fb_code code;
        uint32_t line;
    } cases[] = {
        {"", FB_E_SYNTAX, 0}, {"# nothing\n", FB_E_SYNTAX, 0}, {"quorum none", FB_E_SYNTAX, 0},
        {"quorum none\nquorum none\n", FB_E_DUPLICATE, 2}, {"quorum X\n", FB_E_REFERENCE, 1},
        {"quorum X\nwitness X A\n", FB_E_REFERENCE, 1}, {"quorum\n", FB_E_SYNTAX, 1},
        {"quorum none more\n", FB_E_SYNTAX, 1}, {"log\n", FB_E_SYNTAX, 1},
        {"log L url more\n", FB_E_SYNTAX, 1}, {"log L\nlog L\n", FB_E_DUPLICATE, 2},
        {"log A\n", FB_E_UNSUPPORTED, 1}, {"log key\n", FB_E_SYNTAX, 1},
        {"witness X\n", FB_E_SYNTAX, 1}, {"witness X L\n", FB_E_UNSUPPORTED, 1},
        {"witness none A\n", FB_E_DUPLICATE, 1}, {"witness X A\nwitness X B\n", FB_E_DUPLICATE, 2},
        {"witness X A\nwitness Y A\n", FB_E_DUPLICATE, 2},
        {"witness X A url more\n", FB_E_SYNTAX, 1}, {"witness X A\ngroup G 1\n", FB_E_SYNTAX, 2},
        {"witness X A\ngroup G 0 X\n", FB_E_SYNTAX, 2},
        {"witness X A\ngroup G 2 X\n", FB_E_SYNTAX, 2},
        {"witness X A\ngroup G 01 X\n", FB_E_SYNTAX, 2},
        {"witness X A\ngroup G some X\n", FB_E_SYNTAX, 2},
        {"witness X A\ngroup G any G\n", FB_E_REFERENCE, 2},
        {"witness X A\ngroup G any none\n", FB_E_REFERENCE, 2},
        {"witness X A\ngroup G any X X\n", FB_E_DUPLICATE, 2},
        {"witness X A\ngroup G any X\ngroup H any X\n", FB_E_DUPLICATE, 3},
        {"witness X A\ngroup X any X\n", FB_E_DUPLICATE, 2}, {"Quorum none\n", FB_E_SYNTAX, 1},
        {"quorum none\r\n", FB_E_SYNTAX, 1}, {"# \x01\nquorum none\n", FB_E_SYNTAX, 1},
        {"# \x7F\nquorum none\n", FB_E_SYNTAX, 1}, {"quorum none\x0B\n", FB_E_SYNTAX, 1},
        {"quorum\xC2\xA0none\n", FB_E_SYNTAX, 1}, /* that space is a letter here */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct fb_trust trust;
        struct fb_buf text;
        fb_buf_init(&text, FB_TRUST_MAX);
        trust.key_count = 77;
        for (const char *c = cases[i].form; *c; c++) {
            bool alone = (c == cases[i].form || c[-1] == ' ') && (c[1] == ' ' || c[1] == '\n');
            if (alone && (*c == 'A' || *c == 'B' || *c == 'L')) {
                fb_buf_add_c(&text, *c == 'A' ? a : *c == 'B' ? b : log.ptr);
            } else {
                fb_buf_add_char(&text, *c);
            }
        }
        enum fb_code code = fb_trust_parse(fb_buf_str(&text), &trust, &err);
        if (code != cases[i].code || err.line != cases[i].line) {
            fail_msg("'%s': %s at line %u: %s", cases[i].form, fb_code_name(code), err.line,
                err.message);
        }
        assert_int_equal(trust.key_count, 77);
        fb_buf_release(&text);
    }
    fb_buf_release(&log);
}

/* Octets above 0x7F are letters, and those of different bytes different ones, whether or not they
 * are UTF-8. */
static void test_policy_octets(void **state)
{
    (void)state;
    struct fb_trust trust;
    struct fb_buf text;
    char keys[4][200];
    for (uint8_t i = 0; i < 4; i++) {
        witness_key((uint8_t)(10 + i), keys[i]);
    }
    fb_buf_init(&text, FB_TRUST_MAX);
    fb_buf_addf(
        &text, "\t # \x80\xFF\n \n\twitness  K\t%s \nwitness \xE2\x84\xAA %s\n", keys[0], keys[1]);
    fb_buf_addf(&text, "witness \xFF\xFE %s http://\xFF/\nwitness \xFF %s\n", keys[2], keys[3]);
    fb_buf_add_c(&text, "group \xC0 3 \xFF \xE2\x84\xAA K\n quorum \xC0 \n");
    FB_TEST_OK(fb_trust_parse(fb_buf_str(&text), &trust, &err));
    assert_true(trust.key_count == 4 && trust.name_count == 5 && trust.quorum == 4);
    assert_int_equal(trust.names[4].needed, 3);
    assert_true(fb_str_is(trust.names[2].url, "http://\xFF/"));
    assert_true(trust.names[2].group == FB_TRUST_NONE && trust.names[3].group == 4);
    fb_buf_add_c(&text, "group x any \xFF\xFF\n");
    FB_TEST_FAILS(fb_trust_parse(fb_buf_str(&text), &trust, &err), FB_E_REFERENCE);
    fb_buf_release(&text);
}

/* 32 logs, 32 witnesses and 32 groups are good, one more of each is not. */
static void test_policy_limits(void **state)
{
    (void)state;
    static struct fb_trust trust;
    for (int more = 0; more < 4; more++) {
        struct fb_buf text;
        char key[200];
        fb_buf_init(&text, FB_TRUST_MAX);
        for (int i = 0; i < 32 + (more == 1); i++) {
            char name[32];
            snprintf(name, sizeof(name), "log%d", i);
            struct fb_note_signer signer = make_signer(name, (uint8_t)(100 + i));
            fb_buf_add_c(&text, "log ");
            fb_note_verifier_format(&signer.verifier, &text);
            fb_buf_add_char(&text, '\n');
        }
        for (int i = 0; i < 32 + (more == 2); i++) {
            fb_buf_addf(&text, "witness W%d %s\n", i, witness_key((uint8_t)(10 + i), key));
        }
        for (int i = 0; i < 32 + (more == 3); i++) {
            fb_buf_addf(&text, i == 0 ? "group G0 all W0\n" : "group G%d all G%d\n", i, i - 1);
        }
        fb_buf_addf(&text, "quorum G31\n");
        enum fb_code code = fb_trust_parse(fb_buf_str(&text), &trust, &err);
        assert_int_equal(code, more ? FB_E_LIMIT : FB_OK);
        fb_buf_release(&text);
    }
    char *longest = calloc(1, FB_TRUST_MAX + 1);
    memset(longest, '\n', FB_TRUST_MAX + 1);
    struct fb_str text = {longest, FB_TRUST_MAX + 1};
    FB_TEST_FAILS(fb_trust_parse(text, &trust, &err), FB_E_LIMIT);
    memset(longest, ' ', FB_TRUST_MAX - 1);
    for (size_t i = 0; i < 200; i++) {
        longest[2 * i] = 'a';
    }
    text.len = FB_TRUST_MAX;
    FB_TEST_FAILS(fb_trust_parse(text, &trust, &err), FB_E_LIMIT);
    free(longest);
}

/* Checkpoints that another program cosigned. */
static void test_foreign_cosignatures(void **state)
{
    (void)state;
    char path[512];
    struct vectors v;
    if (!fb_test_shared("data/ledger/gen/dev/cosigned.json", path, sizeof(path))) {
        skip();
    }
    vectors_read(&v, path);
    for (const struct fb_json *item = v.root->child; item; item = item->next) {
        struct fb_trust trust;
        struct fb_trusted trusted;
        struct fb_buf policy;
        fb_buf_init(&policy, FB_TRUST_MAX);
        fb_buf_addf(&policy, "log %.*s\nwitness w %.*s\nquorum w\n",
            FB_STR_ARG(fb_json_get_str(item, "LogVkey")),
            FB_STR_ARG(fb_json_get_str(item, "WitnessVkey")));
        FB_TEST_OK(fb_trust_parse(fb_buf_str(&policy), &trust, &err));
        FB_TEST_OK(fb_trust_check(&trust, fb_json_get_str(item, "Note"), &trusted, &err));
        assert_int_equal(trusted.witnesses, 1);
        assert_true(trusted.cosigned_at_s > 1600000000);
        fb_buf_release(&policy);
    }
    vectors_release(&v);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proofs),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_wrong_claims),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_quorum),
        cmocka_unit_test(test_roles_of_keys),
        cmocka_unit_test(test_bad_policies),
        cmocka_unit_test(test_policy_octets),
        cmocka_unit_test(test_policy_limits),
        cmocka_unit_test(test_foreign_cosignatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of note, checkpoint and ed25519: known answers, refusals, limits. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "ledger/checkpoint.h"
#include "ledger/ed25519.h"
#include "ledger/note.h"
#include "vectors.h"

static struct fb_err err;

/* The example of the specification. */
static const char example_key[] =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char example_note[] = "This is an example message.\n\n\xE2\x80\x94 example.com/foo "
                                   "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsY"
                                   "jOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

static struct fb_note_signer test_signer(const char *name)
{
    struct fb_note_signer signer;
    uint8_t seed[32] = {7};
    FB_TEST_OK(fb_note_signer_from_seed(fb_str_of(name), seed, &signer, &err));
    return signer;
}

static void test_example(void **state)
{
    (void)state;
    struct fb_note_verifier verifier;
    FB_TEST_OK(fb_note_verifier_parse(fb_str_of(example_key), &verifier, &err));
    assert_string_equal(verifier.name, "example.com/foo");
    assert_true(verifier.key_id == 0x530d903a);
    struct fb_buf text;
    fb_buf_init(&text, 1000);
    fb_note_verifier_format(&verifier, &text);
    assert_true(fb_str_is(fb_buf_str(&text), example_key));
    fb_buf_release(&text);
    struct fb_note_check check = {.verifiers = &verifier, .verifier_count = 1};
    FB_TEST_OK(fb_note_verify(fb_str_of(example_note), &check, &err));
    assert_true(fb_str_is(check.text, "This is an example message.\n"));
    assert_int_equal(check.verified_count, 1);
}

static void test_round_trip(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "a\n", "\n", "two\n\nparts\n", "ends empty\n\n", "\xC3\xA9\n"};
    struct fb_note_signer signer = test_signer("example.org/log");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct fb_buf note;
        fb_buf_init(&note, FB_NOTE_MAX);
        FB_TEST_OK(fb_note_sign(fb_str_of(texts[i]), &signer, &note, &err));
        struct fb_note_check check = {.verifiers = &signer.verifier, .verifier_count = 1};
        FB_TEST_OK(fb_note_verify(fb_buf_str(&note), &check, &err));
        assert_true(fb_str_is(check.text, texts[i]));
        /* No byte may change. */
        for (size_t at = 0; at < note.len; at++) {
            note.ptr[at] ^= 0x01;
            assert_int_not_equal(fb_note_verify(fb_buf_str(&note), &check, &err), FB_OK);
            note.ptr[at] ^= 0x01;
        }
        fb_buf_release(&note);
    }
}

static void test_sign_refused(void **state)
{
    (void)state;
    static char big[FB_NOTE_MAX];
    memset(big, 'x', sizeof(big));
    big[sizeof(big) - 1] = '\n';
    static const struct {
        struct fb_str text;
        enum fb_code code;
    } cases[] = {{{"", 0}, FB_E_SYNTAX}, {{"no newline", 10}, FB_E_SYNTAX},
        {{"a\tb\n", 4}, FB_E_SYNTAX}, {{"a\r\n", 3}, FB_E_SYNTAX}, {{"\xFF\n", 2}, FB_E_UTF8},
        {{big, sizeof(big)}, FB_E_LIMIT}};
    struct fb_note_signer signer = test_signer("example.org/log");
    struct fb_buf note;
    fb_buf_init(&note, FB_NOTE_MAX);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        FB_TEST_FAILS(fb_note_sign(cases[i].text, &signer, &note, &err), cases[i].code);
        assert_int_equal(note.len, 0);
    }
    fb_buf_release(&note);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "with space", "with+plus", "with\ttab", "\xC2\xA0",
        "x\xE2\x80\x83", "\xE3\x80\x80", "\xFF", "line\nbreak"};
    struct fb_note_signer signer;
    uint8_t seed[32] = {0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        FB_TEST_FAILS(
            fb_note_signer_from_seed(fb_str_of(bad[i]), seed, &signer, &err), FB_E_SYNTAX);
    }
    char name[FB_NOTE_NAME_MAX + 1];
    memset(name, 'n', sizeof(name));
    struct fb_str longest = {name, FB_NOTE_NAME_MAX}, longer = {name, sizeof(name)};
    FB_TEST_OK(fb_note_signer_from_seed(longest, seed, &signer, &err));
    FB_TEST_FAILS(fb_note_signer_from_seed(longer, seed, &signer, &err), FB_E_SYNTAX);
    FB_TEST_FAILS(fb_note_signer_from_seed(FB_STR("a\x7F"), seed, &signer, &err), FB_E_SYNTAX);
    FB_TEST_FAILS(fb_note_cosigner_from_seed(longer, seed, &signer, &err), FB_E_SYNTAX);
}

/* A key that we do not know may have a name that ours may not: its signatures are ignored. */
static void test_foreign_names(void **state)
{
    (void)state;
    struct fb_note_signer signer = test_signer("example.org/log");
    struct fb_note_check check = {.verifiers = &signer.verifier, .verifier_count = 1};
    struct fb_buf note;
    fb_buf_init(&note, FB_NOTE_MAX);
    FB_TEST_OK(fb_note_sign(FB_STR("text\n"), &signer, &note, &err));
    fb_buf_add_c(&note, "\xE2\x80\x94 name\x7F AAAAAAA=\n\xE2\x80\x94 ");
    for (int i = 0; i < 1000; i++) {
        fb_buf_add_char(&note, 'n');
    }
    fb_buf_add_c(&note, " AAAAAAA=\n");
    FB_TEST_OK(fb_note_verify(fb_buf_str(&note), &check, &err));
    assert_int_equal(check.verified_count, 1);
    fb_buf_release(&note);
}

/* The largest that the specification asks to be read: 16 signatures of ML-DSA-87. */
static void test_large_signatures(void **state)
{
    (void)state;
    struct fb_note_signer signer = test_signer("example.org/log");
    struct fb_note_check check = {.verifiers = &signer.verifier, .verifier_count = 1};
    struct fb_buf note;
    static const char zeros[4 + 4627];
    fb_buf_init(&note, 1 << 20);
    FB_TEST_OK(fb_note_sign(FB_STR("text\n"), &signer, &note, &err));
    for (int i = 0; i < 15; i++) {
        fb_buf_addf(&note, "\xE2\x80\x94 witness.example/%d ", i);
        fb_base64_encode((struct fb_str){zeros, sizeof(zeros)}, &note);
        fb_buf_add_char(&note, '\n');
    }
    assert_true(note.len > 90000);
    FB_TEST_OK(fb_note_verify(fb_buf_str(&note), &check, &err));
    fb_buf_release(&note);
}

static void test_cosign(void **state)
{
    (void)state;
    static const struct fb_str text = {"example.org/log\n0\nx\n", 20};
    struct fb_note_signer log = test_signer("example.org/log"), witness;
    uint8_t seed[32] = {9};
    struct fb_buf note;
    fb_buf_init(&note, FB_NOTE_MAX);
    FB_TEST_OK(fb_note_cosigner_from_seed(FB_STR("witness.example/w"), seed, &witness, &err));
    assert_int_equal(witness.verifier.type, FB_NOTE_COSIGNATURE);
    FB_TEST_OK(fb_note_sign(text, &log, &note, &err));
    FB_TEST_OK(fb_note_cosign(text, &witness, 1679315147 * FB_SECOND + 999999, &note, &err));
    struct fb_note_verifier keys[2] = {log.verifier, witness.verifier};
    struct fb_note_check check = {.verifiers = keys, .verifier_count = 2};
    FB_TEST_OK(fb_note_verify(fb_buf_str(&note), &check, &err));
    assert_int_equal(check.verified, 3);
    assert_int_equal(check.cosigned_at_s, 1679315147);
    /* No byte of the two lines may change: not the time, the name, the id or the signature. */
    for (size_t at = text.len; at < note.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            note.ptr[at] = (char)(note.ptr[at] ^ (1 << bit));
            enum fb_code code = fb_note_verify(fb_buf_str(&note), &check, &err);
            assert_true(code != FB_OK || check.verified != 3);
            note.ptr[at] = (char)(note.ptr[at] ^ (1 << bit));
        }
    }
    size_t len = note.len;
    FB_TEST_FAILS(fb_note_cosign(text, &witness, FB_SECOND - 1, &note, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_note_cosign(FB_STR("x"), &witness, FB_SECOND, &note, &err), FB_E_SYNTAX);
    FB_TEST_FAILS(fb_note_cosign(FB_STR("\t\n"), &witness, FB_SECOND, &note, &err), FB_E_SYNTAX);
    assert_int_equal(note.len, len);
    fb_buf_release(&note);
}

static void test_keys_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fb_code code;
    } cases[] = {
        {"", FB_E_SYNTAX},
        {"name", FB_E_SYNTAX},
        {"name+00000000", FB_E_SYNTAX},
        {"name+0+AQ==", FB_E_SYNTAX},
        {"name+00000000+", FB_E_SYNTAX},
        {"name+00000000+AQ==", FB_E_SYNTAX},
        {"name+00000000+Ag==", FB_E_UNSUPPORTED},
        /* The right key under another id, and under another name. */
        {"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", FB_E_SYNTAX},
        {"example.com/fo0+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", FB_E_SYNTAX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_note_verifier verifier = {.key_id = 5};
        struct fb_str text = fb_str_of(cases[i].text);
        FB_TEST_FAILS(fb_note_verifier_parse(text, &verifier, &err), cases[i].code);
        assert_int_equal(verifier.key_id, 5);
    }
}

static void test_unknown_keys(void **state)
{
    (void)state;
    struct fb_note_signer ours = test_signer("example.org/log");
    struct fb_note_signer other = test_signer("example.org/other");
    struct fb_note_check check = {.verifiers = &ours.verifier, .verifier_count = 1};
    struct fb_buf note;
    fb_buf_init(&note, FB_NOTE_MAX);
    FB_TEST_OK(fb_note_sign(FB_STR("text\n"), &other, &note, &err));
    FB_TEST_FAILS(fb_note_verify(fb_buf_str(&note), &check, &err), FB_E_SIGNATURE);
    assert_null(check.text.ptr);
    assert_int_equal(check.verified_count, 0);
    /* The same line twice counts once; a line of an unknown key is ignored. */
    struct fb_buf both;
    fb_buf_init(&both, FB_NOTE_MAX);
    FB_TEST_OK(fb_note_sign(FB_STR("text\n"), &ours, &both, &err));
    struct fb_str line = fb_str_sub(fb_buf_str(&note), 6, SIZE_MAX);
    struct fb_buf twice;
    fb_buf_init(&twice, FB_NOTE_MAX);
    fb_buf_add_str(&twice, fb_buf_str(&both));
    fb_buf_add_str(&twice, line);
    fb_buf_add_str(&twice, fb_str_sub(fb_buf_str(&both), 6, SIZE_MAX));
    FB_TEST_OK(fb_note_verify(fb_buf_str(&twice), &check, &err));
    assert_int_equal(check.verified_count, 1);
    fb_buf_release(&note);
    fb_buf_release(&both);
    fb_buf_release(&twice);
}

static void test_notes_refused(void **state)
{
    (void)state;
    struct fb_note_verifier verifier;
    FB_TEST_OK(fb_note_verifier_parse(fb_str_of(example_key), &verifier, &err));
    struct fb_note_check check = {.verifiers = &verifier, .verifier_count = 1};
    static const char *const bad[] = {"", "\n", "\n\n", "text\n", "text\n\n", "text\n\nname sig\n",
        "text\n\n\xE2\x80\x94 name AAAA\n", "text\n\n\xE2\x80\x94 name AAAAAAA\n",
        "text\n\n\xE2\x80\x94 name AAAAAAA=", "text\n\n\xE2\x80\x94  AAAAAAA=\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        FB_TEST_FAILS(fb_note_verify(fb_str_of(bad[i]), &check, &err), FB_E_SYNTAX);
    }
    struct fb_buf note;
    fb_buf_init(&note, 1 << 20);
    fb_buf_add_c(&note, example_note);
    for (size_t i = 0; i < FB_NOTE_SIGNATURES_MAX; i++) {
        fb_buf_add_c(&note, "\xE2\x80\x94 name AAAAAAA=\n");
    }
    FB_TEST_FAILS(fb_note_verify(fb_buf_str(&note), &check, &err), FB_E_LIMIT);
    while (note.len <= FB_NOTE_MAX) {
        fb_buf_add_c(&note, example_note);
    }
    FB_TEST_FAILS(fb_note_verify(fb_buf_str(&note), &check, &err), FB_E_LIMIT);
    fb_buf_release(&note);
}

static void test_key_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/flyball-note-XXXXXX", path[64];
    struct fb_note_signer signer, found;
    struct stat st;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/ledger.key", folder);
    FB_TEST_OK(fb_note_signer_generate(FB_STR("example.org/log"), &signer, &err));
    FB_TEST_OK(fb_note_signer_write(&signer, path, &err));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    FB_TEST_OK(fb_note_signer_read(path, FB_NOTE_ED25519, &found, &err));
    assert_memory_equal(&found, &signer, sizeof(signer));
    FB_TEST_FAILS(fb_note_signer_write(&signer, path, &err), FB_E_DUPLICATE);
    FB_TEST_OK(fb_io_write(path, FB_STR("PRIVATE+KEY+nothing\n"), 0600, &err));
    FB_TEST_FAILS(fb_note_signer_read(path, FB_NOTE_ED25519, &found, &err), FB_E_SYNTAX);
    assert_string_equal(err.file, path);
    FB_TEST_OK(fb_io_write(path, FB_STR("something else\n"), 0600, &err));
    FB_TEST_FAILS(fb_note_signer_read(path, FB_NOTE_ED25519, &found, &err), FB_E_SYNTAX);
    assert_int_equal(unlink(path), 0);
    /* A witness's key is not taken for a log's, nor the other way round. */
    FB_TEST_OK(fb_note_cosigner_generate(FB_STR("example.org/witness"), &signer, &err));
    FB_TEST_OK(fb_note_signer_write(&signer, path, &err));
    FB_TEST_OK(fb_note_signer_read(path, FB_NOTE_COSIGNATURE, &found, &err));
    assert_memory_equal(&found, &signer, sizeof(signer));
    FB_TEST_FAILS(fb_note_signer_read(path, FB_NOTE_ED25519, &found, &err), FB_E_UNSUPPORTED);
    assert_int_equal(unlink(path), 0);
    FB_TEST_FAILS(fb_note_signer_read(path, FB_NOTE_ED25519, &found, &err), FB_E_NOT_FOUND);
    assert_int_equal(rmdir(folder), 0);
    uint8_t zeros[64] = {0};
    fb_note_signer_wipe(&found);
    assert_memory_equal(found.secret, zeros, sizeof(zeros));
}

static void test_checkpoint(void **state)
{
    (void)state;
    struct fb_checkpoint found, made = {.origin = FB_STR("example.com/log"),
                                    .size = 20852163,
                                    .root = fb_merkle_empty(),
                                    .extension = FB_STR("more\nlines\n")};
    struct fb_buf text;
    fb_buf_init(&text, 1000);
    fb_checkpoint_format(&made, &text);
    assert_true(fb_str_is(fb_buf_str(&text),
        "example.com/log\n20852163\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\nlines\n"));
    FB_TEST_OK(fb_checkpoint_parse(fb_buf_str(&text), &found, &err));
    assert_true(fb_str_eq(found.origin, made.origin));
    assert_int_equal(found.size, made.size);
    assert_true(fb_hash_eq(&found.root, &made.root));
    assert_true(fb_str_is(found.extension, "more\nlines\n"));
    fb_buf_release(&text);
}

static void test_checkpoint_refused(void **state)
{
    (void)state;
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    static const char *const bad[] = {"", "o\n", "o\n1\n", "o\n1\n" ROOT "\n", "\n1\n" ROOT,
        "o\n01\n" ROOT, "o\n-1\n" ROOT, "o\n\n" ROOT, "o\n9223372036854775808\n" ROOT,
        "o\n1\nAAAA\n", "o\n1\nnot base64\n", "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="};
    struct fb_checkpoint checkpoint = {.size = 77};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        FB_TEST_FAILS(fb_checkpoint_parse(fb_str_of(bad[i]), &checkpoint, &err), FB_E_SYNTAX);
        assert_int_equal(checkpoint.size, 77);
    }
    FB_TEST_OK(fb_checkpoint_parse(FB_STR("o\n0\n" ROOT), &checkpoint, &err));
#undef ROOT
}

static void test_generated_notes(void **state)
{
    (void)state;
    char path[4096];
    struct vectors v;
    if (!fb_test_shared("data/ledger/gen/dev/notes.json", path, sizeof(path))) {
        skip();
    }
    vectors_read(&v, path);
    assert_int_equal(v.root->count, 20);
    for (const struct fb_json *item = v.root->child; item; item = item->next) {
        struct fb_note_verifier verifier;
        FB_TEST_OK(fb_note_verifier_parse(fb_json_get_str(item, "Vkey"), &verifier, &err));
        struct fb_note_check check = {.verifiers = &verifier, .verifier_count = 1};
        FB_TEST_OK(fb_note_verify(fb_json_get_str(item, "Note"), &check, &err));
        assert_true(fb_str_eq(check.text, fb_json_get_str(item, "Text")));
    }
    vectors_release(&v);
}

static void test_generated_cosignatures(void **state)
{
    (void)state;
    char path[4096];
    struct vectors v;
    if (!fb_test_shared("data/ledger/gen/dev/cosigned.json", path, sizeof(path))) {
        skip();
    }
    vectors_read(&v, path);
    assert_int_equal(v.root->count, 20);
    for (const struct fb_json *item = v.root->child; item; item = item->next) {
        struct fb_note_verifier keys[2];
        struct fb_checkpoint checkpoint;
        struct fb_str note = fb_json_get_str(item, "Note");
        FB_TEST_OK(fb_note_verifier_parse(fb_json_get_str(item, "LogVkey"), &keys[0], &err));
        FB_TEST_OK(fb_note_verifier_parse(fb_json_get_str(item, "WitnessVkey"), &keys[1], &err));
        assert_int_equal(keys[1].type, FB_NOTE_COSIGNATURE);
        struct fb_note_check check = {.verifiers = keys, .verifier_count = 2};
        FB_TEST_OK(fb_note_verify(note, &check, &err));
        assert_int_equal(check.verified_count, 2);
        assert_true(check.cosigned_at_s > 1600000000);
        FB_TEST_OK(fb_checkpoint_parse(check.text, &checkpoint, &err));
        assert_true(fb_str_is(checkpoint.origin, keys[0].name));
        /* The witness alone suffices; with another key under its name the note is refused. */
        check = (struct fb_note_check){.verifiers = &keys[1], .verifier_count = 1};
        FB_TEST_OK(fb_note_verify(note, &check, &err));
        keys[1].public_key[0] ^= 1;
        FB_TEST_FAILS(fb_note_verify(note, &check, &err), FB_E_SIGNATURE);
    }
    vectors_release(&v);
}

static void hex_bytes(struct fb_str hex, struct fb_buf *out)
{
    fb_buf_init(out, 1 << 16);
    char *room = fb_buf_room(out, hex.len / 2);
    assert_non_null(room);
    assert_true(fb_hex_decode(hex, (uint8_t *)room, hex.len / 2));
    fb_buf_grown(out, hex.len / 2);
}

static void test_ed25519_edges(void **state)
{
    (void)state;
    char path[4096];
    struct vectors v;
    size_t count = 0;
    if (!fb_test_shared("data/ledger/wycheproof/ed25519_test.json", path, sizeof(path))) {
        skip();
    }
    vectors_read(&v, path);
    const struct fb_json *group = fb_json_get(v.root, "testGroups")->child;
    for (; group; group = group->next) {
        struct fb_buf key;
        hex_bytes(fb_json_get_str(fb_json_get(group, "publicKey"), "pk"), &key);
        assert_int_equal(key.len, 32);
        const struct fb_json *test = fb_json_get(group, "tests")->child;
        for (; test; test = test->next, count++) {
            struct fb_buf message, signature;
            hex_bytes(fb_json_get_str(test, "msg"), &message);
            hex_bytes(fb_json_get_str(test, "sig"), &signature);
            bool good = fb_ed25519_verify(
                (const uint8_t *)key.ptr, fb_buf_str(&message), fb_buf_str(&signature));
            if (good != fb_str_is(fb_json_get_str(test, "result"), "valid")) {
                fail_msg("case %d", (int)vector_u64(test, "tcId"));
            }
            fb_buf_release(&message);
            fb_buf_release(&signature);
        }
        fb_buf_release(&key);
    }
    assert_int_equal(count, vector_u64(v.root, "numberOfTests"));
    vectors_release(&v);
}

static void test_allocation_fails(void **state)
{
    (void)state;
    struct fb_note_signer signer = test_signer("example.org/log");
    for (int64_t n = 0;; n++) {
        struct fb_buf note;
        struct fb_note_verifier verifier;
        struct fb_note_check check = {.verifiers = &signer.verifier, .verifier_count = 1};
        fb_buf_init(&note, FB_NOTE_MAX);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_note_verifier_parse(fb_str_of(example_key), &verifier, &err);
        if (code == FB_OK) {
            code = fb_note_sign(FB_STR("text\n"), &signer, &note, &err);
        }
        if (code == FB_OK) {
            code = fb_note_verify(fb_buf_str(&note), &check, &err);
        }
        fb_alloc_fail_at(-1);
        fb_buf_release(&note);
        if (code == FB_OK) {
            assert_true(n >= 3);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_true(n < 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_sign_refused),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_foreign_names),
        cmocka_unit_test(test_large_signatures),
        cmocka_unit_test(test_cosign),
        cmocka_unit_test(test_keys_refused),
        cmocka_unit_test(test_unknown_keys),
        cmocka_unit_test(test_notes_refused),
        cmocka_unit_test(test_key_file),
        cmocka_unit_test(test_checkpoint),
        cmocka_unit_test(test_checkpoint_refused),
        cmocka_unit_test(test_generated_notes),
        cmocka_unit_test(test_generated_cosignatures),
        cmocka_unit_test(test_ed25519_edges),
        cmocka_unit_test(test_allocation_fails),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

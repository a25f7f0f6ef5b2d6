/* Tests of sshkey, sshsig and sshwire, with ssh-keygen itself on the other side where it is there.
 */
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/io.h"
#include "fb_test.h"
#include "ledger/ed25519.h"
#include "ledger/sha256.h"
#include "record/sshsig.h"
#include "record/sshwire.h"

static struct fb_err err;

/* A folder that setup makes and teardown removes. */
static char folder[64];

static const char *in_folder(const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", folder, name);
    return out;
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/flyball-ssh-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"key", "key.pub", "stock", "stock.pub", "locked",
        "locked.pub", "m", "m.sig", "signers", "rsa", "rsa.pub", "ecdsa", "ecdsa.pub", "p384",
        "p384.pub", "out"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128];
        (void)unlink(in_folder(names[i], path));
    }
    return rmdir(folder);
}

static struct fb_sshkey_secret test_key(uint8_t first)
{
    uint8_t seed[32] = {first};
    struct fb_sshkey_secret secret;
    fb_sshkey_from_seed(seed, &secret);
    return secret;
}

/* Runs a program with standard input from a file (or none) and says its exit status; standard
 * output goes to the file "out". 127 when the program is not there. */
static int run(const char *const *args, const char *input)
{
    char out[128];
    in_folder("out", out);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int from = open(input ? input : "/dev/null", O_RDONLY);
        int to = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (from < 0 || to < 0 || dup2(from, 0) < 0 || dup2(to, 1) < 0 || dup2(to, 2) < 0) {
            _exit(126);
        }
        execvp(args[0], (char *const *)(uintptr_t)args);
        _exit(127);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static bool has_ssh_keygen(void)
{
    const char *const args[] = {"ssh-keygen", "-Y", "check-novalidate", NULL};
    if (run(args, NULL) == 127) {
        printf("# SKIP ssh-keygen is absent\n");
        return false;
    }
    return true;
}

static void write_file(const char *name, struct fb_str content)
{
    char path[128];
    FB_TEST_OK(fb_io_write(in_folder(name, path), content, 0600, &err));
}

static struct fb_str read_file(const char *name, struct fb_buf *out)
{
    char path[128];
    fb_buf_init(out, 1 << 16);
    FB_TEST_OK(fb_io_read(in_folder(name, path), out, &err));
    return fb_buf_str(out);
}

static void test_key_text(void **state)
{
    (void)state;
    struct fb_sshkey_secret secret = test_key(1);
    struct fb_sshkey key;
    struct fb_str comment;
    struct fb_buf text;
    fb_buf_init(&text, 4096);
    fb_sshkey_format(&secret.key, &text);
    assert_true(fb_str_starts(fb_buf_str(&text), FB_STR("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI")));
    fb_buf_add_c(&text, "  who@where and more \n");
    FB_TEST_OK(fb_sshkey_parse_line(fb_buf_str(&text), &key, &comment, &err));
    assert_true(fb_sshkey_eq(&key, &secret.key));
    assert_true(fb_str_is(comment, "who@where and more"));
    fb_buf_release(&text);
}

static void test_key_refused(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum fb_code code;
    } cases[] = {
        {"", FB_E_SYNTAX},
        {"ssh-ed25519", FB_E_SYNTAX},
        {"ssh-ed25519 ", FB_E_SYNTAX},
        {"ssh-ed25519 !!!!", FB_E_SYNTAX},
        {"ssh-ed25519 AAAA", FB_E_SYNTAX},
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==", FB_E_SYNTAX},
        /* An Ed25519 key that the line calls RSA. */
        {"ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIHVs5Wp76LyGDOXdS9wpUruA2T5x+evhmG9pZFzWPiby",
            FB_E_SYNTAX},
        /* A byte after the key. */
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVs5Wp76LyGDOXdS9wpUruA2T5x+evhmG9pZFzWPibyAA==",
            FB_E_SYNTAX},
        {"ssh-dss AAAAB3NzaC1kc3MAAAAA", FB_E_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_sshkey key = {.wire_len = 77};
        struct fb_str line = fb_str_of(cases[i].line);
        FB_TEST_FAILS(fb_sshkey_parse_line(line, &key, NULL, &err), cases[i].code);
        assert_int_equal(key.wire_len, 77);
    }
}

static void test_weak_rsa(void **state)
{
    (void)state;
    struct fb_buf wire;
    struct fb_sshkey key;
    char modulus[129];
    memset(modulus, 0xFF, sizeof(modulus));
    modulus[0] = 0;
    fb_buf_init(&wire, 4096);
    fb_sshwire_add_string(&wire, FB_STR("ssh-rsa"));
    fb_sshwire_add_string(&wire, FB_STR("\x01\x00\x01"));
    fb_sshwire_add_string(&wire, (struct fb_str){modulus, sizeof(modulus)});
    FB_TEST_FAILS(fb_sshkey_from_wire(fb_buf_str(&wire), &key, &err), FB_E_RANGE);
    assert_non_null(strstr(err.message, "1024 bits"));
    fb_buf_release(&wire);
}

/* With an exponent of 1 anybody signs: the padded digest is its own signature. */
static void test_rsa_exponent(void **state)
{
    (void)state;
    const struct {
        struct fb_str exponent;
        enum fb_code code;
    } cases[] = {{FB_STR("\x01"), FB_E_SYNTAX}, {FB_STR("\x02"), FB_E_SYNTAX},
        {FB_STR("\x01\x00\x00"), FB_E_SYNTAX}, {FB_STR(""), FB_E_SYNTAX}, {FB_STR("\x03"), FB_OK},
        {FB_STR("\x01\x00\x01"), FB_OK}};
    char modulus[257];
    memset(modulus, 0xFF, sizeof(modulus));
    modulus[0] = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_buf wire;
        struct fb_sshkey key;
        fb_buf_init(&wire, 4096);
        fb_sshwire_add_string(&wire, FB_STR("ssh-rsa"));
        fb_sshwire_add_string(&wire, cases[i].exponent);
        fb_sshwire_add_string(&wire, (struct fb_str){modulus, sizeof(modulus)});
        assert_int_equal(fb_sshkey_from_wire(fb_buf_str(&wire), &key, &err), cases[i].code);
        fb_buf_release(&wire);
    }
}

static void test_private_round_trip(void **state)
{
    (void)state;
    char path[128], public_path[128];
    struct fb_sshkey_secret secret, found;
    struct fb_sshkey key;
    struct stat st;
    fb_sshkey_generate(&secret);
    FB_TEST_OK(fb_sshkey_write(&secret, in_folder("key", path), "me@here", &err));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    FB_TEST_OK(fb_sshkey_read_private(path, &found, &err));
    assert_memory_equal(found.secret, secret.secret, sizeof(secret.secret));
    FB_TEST_OK(fb_sshkey_read_public(in_folder("key.pub", public_path), &key, &err));
    assert_true(fb_sshkey_eq(&key, &secret.key));
    FB_TEST_FAILS(fb_sshkey_write(&secret, path, "me", &err), FB_E_DUPLICATE);
    FB_TEST_FAILS(fb_sshkey_read_private(public_path, &found, &err), FB_E_SYNTAX);
    assert_string_equal(err.file, public_path);
    fb_sshkey_wipe(&secret);
    uint8_t zeros[64] = {0};
    assert_memory_equal(secret.secret, zeros, sizeof(zeros));
}

/* Every byte of a private key file that is changed must be noticed, or not matter: the comment and
 * the check number are the only parts that are free. */
static void test_private_altered(void **state)
{
    (void)state;
    struct fb_sshkey_secret secret = test_key(3), found;
    struct fb_buf text;
    fb_buf_init(&text, 8192);
    FB_TEST_OK(fb_sshkey_format_private(&secret, "c", &text, &err));
    size_t accepted = 0;
    for (size_t i = 0; i < text.len; i++) {
        char old = text.ptr[i];
        text.ptr[i] = old == 'A' ? 'B' : 'A';
        accepted += fb_sshkey_parse_private(fb_buf_str(&text), &found, &err) == FB_OK;
        text.ptr[i] = old;
    }
    assert_true(accepted <= 2);
    for (size_t len = 0; len + 1 < text.len; len++) {
        struct fb_str cut = fb_str_sub(fb_buf_str(&text), 0, len);
        FB_TEST_FAILS(fb_sshkey_parse_private(cut, &found, &err), FB_E_SYNTAX);
    }
    fb_buf_release(&text);
    FB_TEST_FAILS(fb_sshkey_format_private(&secret, "two\nlines", &text, &err), FB_E_SYNTAX);
}

static void test_sign_and_verify(void **state)
{
    (void)state;
    struct fb_sshkey_secret secret = test_key(5), other = test_key(6);
    struct fb_sshkey key;
    struct fb_sshsig sig;
    struct fb_buf text;
    struct fb_str message = FB_STR("{\"kind\":\"incident\"}");
    fb_buf_init(&text, FB_SSHSIG_TEXT_MAX);
    FB_TEST_OK(fb_sshsig_sign(&secret, "flyball/incident", message, &text, &err));
    struct fb_str armored = fb_buf_str(&text);
    FB_TEST_OK(fb_sshsig_verify(armored, "flyball/incident", message, &key, &err));
    assert_true(fb_sshkey_eq(&key, &secret.key));
    FB_TEST_OK(fb_sshsig_verify_by(armored, "flyball/incident", message, &secret.key, &err));
    FB_TEST_OK(fb_sshsig_parse(armored, &sig, &err));
    assert_string_equal(sig.namespace_text, "flyball/incident");
    assert_string_equal(sig.hash, "sha512");

    memset(&key, 7, sizeof(key));
    struct fb_sshkey untouched = key;
    FB_TEST_FAILS(
        fb_sshsig_verify(armored, "flyball/licence", message, &key, &err), FB_E_SIGNATURE);
    assert_string_equal(
        err.message, "the signature is for namespace 'flyball/incident', not 'flyball/licence'");
    FB_TEST_FAILS(
        fb_sshsig_verify(armored, "flyball/incident", FB_STR("{}"), &key, &err), FB_E_SIGNATURE);
    assert_non_null(strstr(err.message, "altered after signing"));
    assert_memory_equal(&key, &untouched, sizeof(key));
    FB_TEST_FAILS(fb_sshsig_verify_by(armored, "flyball/incident", message, &other.key, &err),
        FB_E_SIGNATURE);
    assert_non_null(strstr(err.message, "the signature is by the key SHA256:"));
    FB_TEST_FAILS(fb_sshsig_sign(&secret, "", message, &text, &err), FB_E_LIMIT);
    fb_buf_release(&text);
}

/* No byte of a signature may be changed or cut off. */
static void test_signature_altered(void **state)
{
    (void)state;
    struct fb_sshkey_secret secret = test_key(8);
    struct fb_buf text;
    fb_buf_init(&text, FB_SSHSIG_TEXT_MAX);
    FB_TEST_OK(fb_sshsig_sign(&secret, "n", FB_STR("message"), &text, &err));
    for (size_t i = 0; i + 1 < text.len; i++) {
        char old = text.ptr[i];
        text.ptr[i] = old == 'A' ? 'B' : 'A';
        struct fb_str armored = fb_buf_str(&text);
        /* A line break in another place is the one thing that may move; 'A' is none. */
        assert_int_not_equal(fb_sshsig_verify(armored, "n", FB_STR("message"), NULL, &err), FB_OK);
        text.ptr[i] = old;
        struct fb_str cut = fb_str_sub(armored, 0, i);
        FB_TEST_FAILS(fb_sshsig_verify(cut, "n", FB_STR("message"), NULL, &err), FB_E_SYNTAX);
    }
    fb_buf_add_c(&text, "more\n");
    FB_TEST_FAILS(
        fb_sshsig_verify(fb_buf_str(&text), "n", FB_STR("message"), NULL, &err), FB_E_SYNTAX);
    fb_buf_release(&text);
    struct fb_buf big;
    fb_buf_init(&big, 1 << 20);
    while (big.len <= FB_SSHSIG_TEXT_MAX) {
        fb_buf_add_c(&big, "-----BEGIN SSH SIGNATURE-----\n");
    }
    struct fb_sshsig sig;
    FB_TEST_FAILS(fb_sshsig_parse(fb_buf_str(&big), &sig, &err), FB_E_LIMIT);
    fb_buf_release(&big);
}

/* Signatures behind each other are told apart; anything else between them is refused. */
static void test_split(void **state)
{
    (void)state;
    struct fb_sshkey_secret first = test_key(1), second = test_key(2);
    struct fb_buf text;
    struct fb_str parts[2] = {{NULL, 0}, {NULL, 0}};
    struct fb_sshkey key;
    size_t count = 9;
    fb_buf_init(&text, 1 << 16);
    FB_TEST_OK(fb_sshsig_sign(&first, "n", FB_STR("m"), &text, &err));
    fb_buf_add_c(&text, " \n\n");
    FB_TEST_OK(fb_sshsig_sign(&second, "n", FB_STR("m"), &text, &err));
    FB_TEST_OK(fb_sshsig_split(fb_buf_str(&text), parts, 2, &count, &err));
    assert_int_equal(count, 2);
    FB_TEST_OK(fb_sshsig_verify(parts[0], "n", FB_STR("m"), &key, &err));
    assert_true(fb_sshkey_eq(&key, &first.key));
    FB_TEST_OK(fb_sshsig_verify(parts[1], "n", FB_STR("m"), &key, &err));
    assert_true(fb_sshkey_eq(&key, &second.key));
    count = 9;
    FB_TEST_FAILS(fb_sshsig_split(fb_buf_str(&text), parts, 1, &count, &err), FB_E_LIMIT);
    fb_buf_add_c(&text, "and more");
    FB_TEST_FAILS(fb_sshsig_split(fb_buf_str(&text), parts, 2, &count, &err), FB_E_SYNTAX);
    FB_TEST_FAILS(fb_sshsig_split(FB_STR(" \n"), parts, 2, &count, &err), FB_E_SYNTAX);
    FB_TEST_FAILS(
        fb_sshsig_split(FB_STR("-----BEGIN SSH SIGNATURE-----\n"), parts, 2, &count, &err),
        FB_E_SYNTAX);
    assert_int_equal(count, 9);
    fb_buf_release(&text);
}

static void test_samples(void **state)
{
    (void)state;
    static const char *const kinds[] = {"ed25519", "rsa", "ecdsa"};
    static const char name[] = "frontier-governance/v1@example.org";
    for (size_t i = 0; i < 3; i++) {
        char path[4096], relative[128];
        struct fb_buf message, armored;
        struct fb_sshkey key;
        fb_buf_init(&message, 1 << 16);
        fb_buf_init(&armored, 1 << 16);
        snprintf(relative, sizeof(relative), "data/ledger/gen/tools/m_%s", kinds[i]);
        if (!fb_test_shared(relative, path, sizeof(path))) {
            skip();
        }
        FB_TEST_OK(fb_io_read(path, &message, &err));
        snprintf(relative, sizeof(relative), "data/ledger/gen/tools/m_%s.sig", kinds[i]);
        fb_test_shared(relative, path, sizeof(path));
        FB_TEST_OK(fb_io_read(path, &armored, &err));
        snprintf(relative, sizeof(relative), "data/ledger/gen/tools/k_%s.pub", kinds[i]);
        fb_test_shared(relative, path, sizeof(path));
        FB_TEST_OK(fb_sshkey_read_public(path, &key, &err));
        struct fb_str text = fb_buf_str(&armored), said = fb_buf_str(&message);
        FB_TEST_OK(fb_sshsig_verify_by(text, name, said, &key, &err));
        FB_TEST_FAILS(fb_sshsig_verify(text, "other", said, NULL, &err), FB_E_SIGNATURE);
        message.ptr[0] ^= 1;
        FB_TEST_FAILS(fb_sshsig_verify(text, name, said, NULL, &err), FB_E_SIGNATURE);
        fb_buf_release(&message);
        fb_buf_release(&armored);
    }
}

static void test_stock_tool_verifies_us(void **state)
{
    (void)state;
    if (!has_ssh_keygen()) {
        skip();
    }
    struct fb_sshkey_secret secret = test_key(9);
    struct fb_str message = FB_STR("what was said\n");
    struct fb_buf text, signers;
    char m[128], sig[128], allowed[128];
    fb_buf_init(&text, FB_SSHSIG_TEXT_MAX);
    fb_buf_init(&signers, 4096);
    FB_TEST_OK(fb_sshsig_sign(&secret, "flyball/report", message, &text, &err));
    fb_buf_add_c(&signers, "party/aurora namespaces=\"flyball/report\" ");
    fb_sshkey_format(&secret.key, &signers);
    fb_buf_add_char(&signers, '\n');
    write_file("m", message);
    write_file("m.sig", fb_buf_str(&text));
    write_file("signers", fb_buf_str(&signers));
    const char *const verify[] = {"ssh-keygen", "-Y", "verify", "-f", in_folder("signers", allowed),
        "-I", "party/aurora", "-n", "flyball/report", "-s", in_folder("m.sig", sig), NULL};
    assert_int_equal(run(verify, in_folder("m", m)), 0);
    write_file("m", FB_STR("what was not said\n"));
    assert_int_not_equal(run(verify, m), 0);
    fb_buf_release(&text);
    fb_buf_release(&signers);
}

static void test_stock_tool_reads_our_key(void **state)
{
    (void)state;
    if (!has_ssh_keygen()) {
        skip();
    }
    struct fb_sshkey_secret secret = test_key(10);
    char key[128], m[128], print[FB_SSHKEY_FINGERPRINT];
    struct fb_buf text;
    FB_TEST_OK(fb_sshkey_write(&secret, in_folder("key", key), "ours", &err));
    const char *const list[] = {"ssh-keygen", "-l", "-f", key, NULL};
    assert_int_equal(run(list, NULL), 0);
    read_file("out", &text);
    assert_non_null(strstr(text.ptr, fb_sshkey_fingerprint(&secret.key, print)));
    assert_non_null(strstr(text.ptr, "ours (ED25519)"));
    fb_buf_release(&text);
    write_file("m", FB_STR("to be signed"));
    const char *const sign[] = {
        "ssh-keygen", "-Y", "sign", "-f", key, "-n", "flyball/party", in_folder("m", m), NULL};
    assert_int_equal(run(sign, NULL), 0);
    struct fb_str armored = read_file("m.sig", &text);
    FB_TEST_OK(
        fb_sshsig_verify_by(armored, "flyball/party", FB_STR("to be signed"), &secret.key, &err));
    /* Ed25519 is deterministic, so ours must be the same to the byte. */
    struct fb_buf ours;
    fb_buf_init(&ours, FB_SSHSIG_TEXT_MAX);
    FB_TEST_OK(fb_sshsig_sign(&secret, "flyball/party", FB_STR("to be signed"), &ours, &err));
    assert_true(fb_str_eq(fb_buf_str(&ours), armored));
    fb_buf_release(&ours);
    fb_buf_release(&text);
}

static void make_stock_key(const char *name, const char *type, const char *bits, const char *word)
{
    char key[128];
    const char *const args[] = {"ssh-keygen", "-q", "-t", type, "-b", bits, "-N", word, "-C", "c",
        "-f", in_folder(name, key), NULL};
    assert_int_equal(run(args, NULL), 0);
}

static void test_we_read_stock_keys(void **state)
{
    (void)state;
    char path[128];
    struct fb_sshkey_secret secret;
    struct fb_sshkey key;
    if (!has_ssh_keygen()) {
        skip();
    }
    make_stock_key("stock", "ed25519", "256", "");
    FB_TEST_OK(fb_sshkey_read_private(in_folder("stock", path), &secret, &err));
    FB_TEST_OK(fb_sshkey_read_public(in_folder("stock.pub", path), &key, &err));
    assert_true(fb_sshkey_eq(&key, &secret.key));
    make_stock_key("locked", "ed25519", "256", "secret words");
    FB_TEST_FAILS(
        fb_sshkey_read_private(in_folder("locked", path), &secret, &err), FB_E_UNSUPPORTED);
    assert_string_equal(err.message, "the private key is encrypted");
    assert_true(err.hint[0] != 0);
    make_stock_key("ecdsa", "ecdsa", "256", "");
    FB_TEST_FAILS(
        fb_sshkey_read_private(in_folder("ecdsa", path), &secret, &err), FB_E_UNSUPPORTED);
}

/* Every type of key that ssh-keygen makes without a token signs, and we verify; a changed message
 * and a changed signature are refused. */
static void test_stock_types(void **state)
{
    (void)state;
    static const struct {
        const char *type, *bits;
        enum fb_sshkey_type want;
    } cases[] = {{"ed25519", "256", FB_SSHKEY_ED25519}, {"rsa", "2048", FB_SSHKEY_RSA},
        {"rsa", "3072", FB_SSHKEY_RSA}, {"ecdsa", "256", FB_SSHKEY_ECDSA_P256},
        {"ecdsa", "384", FB_SSHKEY_ECDSA_P384}, {"ecdsa", "521", FB_SSHKEY_ECDSA_P521}};
    char path[128], m[128];
    if (!has_ssh_keygen()) {
        skip();
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_sshkey key;
        struct fb_buf text;
        make_stock_key("stock", cases[i].type, cases[i].bits, "");
        FB_TEST_OK(fb_sshkey_read_public(in_folder("stock.pub", path), &key, &err));
        assert_int_equal(key.type, cases[i].want);
        write_file("m", FB_STR("to be signed"));
        const char *const sign[] = {"ssh-keygen", "-Y", "sign", "-f", in_folder("stock", path),
            "-n", "flyball/order", in_folder("m", m), NULL};
        assert_int_equal(run(sign, NULL), 0);
        struct fb_str armored = read_file("m.sig", &text);
        FB_TEST_OK(
            fb_sshsig_verify_by(armored, "flyball/order", FB_STR("to be signed"), &key, &err));
        FB_TEST_FAILS(
            fb_sshsig_verify(armored, "flyball/order", FB_STR("to be signeD"), NULL, &err),
            FB_E_SIGNATURE);
        fb_buf_release(&text);
        static const char *const made[] = {"stock", "stock.pub", "m.sig"};
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(unlink(in_folder(made[k], path)), 0);
        }
    }
}

/* ---- FIDO2 tokens, played in software ---- */

/* A token: its public key as SSH has it, and what it signs with. */
struct token {
    struct fb_buf wire;
    const char *type;
    struct fb_sshkey_secret ed25519;
    EVP_PKEY *p256; /* NULL: Ed25519 */
};

static void begin_token(struct token *token, bool is_p256)
{
    memset(token, 0, sizeof(*token));
    fb_buf_init(&token->wire, 1024);
    token->type = is_p256 ? "sk-ecdsa-sha2-nistp256@openssh.com" : "sk-ssh-ed25519@openssh.com";
    fb_sshwire_add_string(&token->wire, fb_str_of(token->type));
    if (is_p256) {
        unsigned char point[200];
        size_t len = 0;
        token->p256 = EVP_EC_gen("P-256");
        assert_non_null(token->p256);
        assert_int_equal(EVP_PKEY_get_octet_string_param(
                             token->p256, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len),
            1);
        fb_sshwire_add_string(&token->wire, FB_STR("nistp256"));
        fb_sshwire_add_string(&token->wire, (struct fb_str){(const char *)point, len});
    } else {
        token->ed25519 = test_key(40);
        fb_sshwire_add_string(
            &token->wire, (struct fb_str){(const char *)token->ed25519.key.ed25519, 32});
    }
    fb_sshwire_add_string(&token->wire, FB_STR("ssh:flyball"));
}

static void end_token(struct token *token)
{
    EVP_PKEY_free(token->p256);
    fb_buf_release(&token->wire);
}

static void add_number(const BIGNUM *number, struct fb_buf *out)
{
    unsigned char bytes[64] = {0};
    int len = BN_bn2bin(number, bytes + 1);
    bool high = (bytes[1] & 0x80) != 0;
    fb_sshwire_add_string(out, (struct fb_str){(const char *)bytes + !high, (size_t)(len + high)});
}

/* The signature of the token proper, without flags and counter. */
static void token_sign(const struct token *token, struct fb_str data, struct fb_buf *out)
{
    if (!token->p256) {
        uint8_t signature[FB_ED25519_SIGNATURE];
        fb_ed25519_sign(token->ed25519.secret, data, signature);
        fb_buf_add(out, signature, sizeof(signature));
        return;
    }
    unsigned char der[100];
    size_t len = sizeof(der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, token->p256), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &len, (const unsigned char *)data.ptr, data.len), 1);
    const unsigned char *at = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
    assert_non_null(pair);
    add_number(ECDSA_SIG_get0_r(pair), out);
    add_number(ECDSA_SIG_get0_s(pair), out);
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(ctx);
}

/* What an SSHSIG signs: the namespace and the digest of the message. */
static void add_signed(struct fb_str message, struct fb_buf *out)
{
    unsigned char digest[64];
    unsigned len = 0;
    assert_int_equal(EVP_Digest(message.ptr, message.len, digest, &len, EVP_sha512(), NULL), 1);
    fb_buf_add_c(out, "SSHSIG");
    fb_sshwire_add_string(out, FB_STR("flyball/order"));
    fb_sshwire_add_string(out, FB_STR(""));
    fb_sshwire_add_string(out, FB_STR("sha512"));
    fb_sshwire_add_string(out, (struct fb_str){(const char *)digest, len});
}

/* A whole signature of a message as a token gives it (PROTOCOL.u2f). shown is the counter that it
 * says, which is the one that it signed unless it lies. */
static void token_sshsig(const struct token *token, struct fb_str message, uint8_t flags,
    uint32_t shown, struct fb_buf *out)
{
    enum { COUNTER = 7 };
    struct fb_buf data, signed_data, inner, blob;
    uint8_t digest[FB_SHA256_SIZE];
    fb_buf_init(&data, 4096);
    fb_buf_init(&signed_data, 4096);
    fb_buf_init(&inner, 4096);
    fb_buf_init(&blob, 8192);
    add_signed(message, &signed_data);
    fb_sha256_of(FB_STR("ssh:flyball"), digest);
    fb_buf_add(&data, digest, sizeof(digest));
    fb_buf_add_char(&data, (char)flags);
    fb_sshwire_add_u32(&data, COUNTER);
    fb_sha256_of(fb_buf_str(&signed_data), digest);
    fb_buf_add(&data, digest, sizeof(digest));
    struct fb_buf raw;
    fb_buf_init(&raw, 4096);
    token_sign(token, fb_buf_str(&data), &raw);
    fb_sshwire_add_string(&inner, fb_str_of(token->type));
    fb_sshwire_add_string(&inner, fb_buf_str(&raw));
    fb_buf_add_char(&inner, (char)flags);
    fb_sshwire_add_u32(&inner, shown ? shown : COUNTER);
    fb_buf_add_c(&blob, "SSHSIG");
    fb_sshwire_add_u32(&blob, 1);
    fb_sshwire_add_string(&blob, fb_buf_str(&token->wire));
    fb_sshwire_add_string(&blob, FB_STR("flyball/order"));
    fb_sshwire_add_string(&blob, FB_STR(""));
    fb_sshwire_add_string(&blob, FB_STR("sha512"));
    fb_sshwire_add_string(&blob, fb_buf_str(&inner));
    FB_TEST_OK(fb_sshwire_armor("SSH SIGNATURE", fb_buf_str(&blob), out, &err));
    fb_buf_release(&raw);
    fb_buf_release(&blob);
    fb_buf_release(&inner);
    fb_buf_release(&signed_data);
    fb_buf_release(&data);
}

/* What ssh-keygen says of a signature by the key, which it knows from the line that we write. */
static bool stock_accepts(const struct fb_sshkey *key, struct fb_str message, struct fb_str armored)
{
    struct fb_buf signers;
    char m[128], sig[128], allowed[128];
    fb_buf_init(&signers, 4096);
    fb_buf_add_c(&signers, "party/office namespaces=\"flyball/order\" ");
    fb_sshkey_format(key, &signers);
    fb_buf_add_char(&signers, '\n');
    write_file("m", message);
    write_file("m.sig", armored);
    write_file("signers", fb_buf_str(&signers));
    fb_buf_release(&signers);
    const char *const verify[] = {"ssh-keygen", "-Y", "verify", "-f", in_folder("signers", allowed),
        "-I", "party/office", "-n", "flyball/order", "-s", in_folder("m.sig", sig), NULL};
    return run(verify, in_folder("m", m)) == 0;
}

static void check_token(bool is_p256)
{
    struct fb_str message = FB_STR("{\"action\":\"release\"}");
    struct token token;
    struct fb_sshkey key, again;
    struct fb_sshsig sig;
    struct fb_buf text;
    begin_token(&token, is_p256);
    fb_buf_init(&text, FB_SSHSIG_TEXT_MAX);
    FB_TEST_OK(fb_sshkey_from_wire(fb_buf_str(&token.wire), &key, &err));
    assert_int_equal(key.type, is_p256 ? FB_SSHKEY_SK_ECDSA_P256 : FB_SSHKEY_SK_ED25519);
    fb_sshkey_format(&key, &text);
    FB_TEST_OK(fb_sshkey_parse_line(fb_buf_str(&text), &again, NULL, &err));
    assert_true(fb_sshkey_eq(&key, &again));
    /* Touched, and touched by a user that it knows. */
    static const uint8_t good[] = {1, 5};
    for (size_t i = 0; i < 2; i++) {
        fb_buf_clear(&text);
        token_sshsig(&token, message, good[i], 0, &text);
        FB_TEST_OK(fb_sshsig_verify_by(fb_buf_str(&text), "flyball/order", message, &key, &err));
        FB_TEST_OK(fb_sshsig_parse(fb_buf_str(&text), &sig, &err));
        assert_int_equal(sig.flags, good[i]);
        assert_int_equal(sig.counter, 7);
        assert_true(!has_ssh_keygen() || stock_accepts(&key, message, fb_buf_str(&text)));
        FB_TEST_FAILS(
            fb_sshsig_verify(fb_buf_str(&text), "flyball/order", FB_STR("{}"), NULL, &err),
            FB_E_SIGNATURE);
    }
    /* A counter that was not signed, and a signature without a touch. */
    fb_buf_clear(&text);
    token_sshsig(&token, message, 1, 8, &text);
    FB_TEST_FAILS(
        fb_sshsig_verify(fb_buf_str(&text), "flyball/order", message, NULL, &err), FB_E_SIGNATURE);
    assert_non_null(strstr(err.message, "altered after signing"));
    assert_true(!has_ssh_keygen() || !stock_accepts(&key, message, fb_buf_str(&text)));
    fb_buf_clear(&text);
    token_sshsig(&token, message, 4, 0, &text);
    FB_TEST_FAILS(
        fb_sshsig_verify(fb_buf_str(&text), "flyball/order", message, NULL, &err), FB_E_SIGNATURE);
    assert_non_null(strstr(err.message, "without being touched"));
    assert_true(err.hint[0] != 0);
    /* A key without an application is none. */
    struct fb_str cut = fb_str_sub(fb_buf_str(&token.wire), 0, token.wire.len - 15);
    FB_TEST_FAILS(fb_sshkey_from_wire(cut, &key, &err), FB_E_SYNTAX);
    fb_buf_release(&text);
    end_token(&token);
}

static void test_tokens(void **state)
{
    (void)state;
    check_token(false);
    check_token(true);
}

/* Keys of a curve with the point of another, and of lengths that RSA keys must not have. */
static void test_odd_keys(void **state)
{
    (void)state;
    static const struct {
        const char *type, *curve;
        size_t point;
        enum fb_code code;
    } cases[] = {{"ecdsa-sha2-nistp384", "nistp384", 97, FB_OK},
        {"ecdsa-sha2-nistp384", "nistp256", 97, FB_E_SYNTAX},
        {"ecdsa-sha2-nistp384", "nistp384", 65, FB_E_SYNTAX},
        {"ecdsa-sha2-nistp521", "nistp521", 133, FB_OK},
        {"ecdsa-sha2-nistp521", "nistp521", 131, FB_E_SYNTAX},
        {"ecdsa-sha2-nistp224", "nistp224", 57, FB_E_UNSUPPORTED}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char point[200] = {4, 1};
        struct fb_buf wire;
        struct fb_sshkey key;
        fb_buf_init(&wire, 1024);
        fb_sshwire_add_string(&wire, fb_str_of(cases[i].type));
        fb_sshwire_add_string(&wire, fb_str_of(cases[i].curve));
        fb_sshwire_add_string(&wire, (struct fb_str){point, cases[i].point});
        fb_err_init(&err);
        assert_int_equal(fb_sshkey_from_wire(fb_buf_str(&wire), &key, &err), cases[i].code);
        fb_buf_release(&wire);
    }
    static const struct {
        size_t bytes;
        enum fb_code code;
    } lengths[] = {{255, FB_E_RANGE}, {256, FB_OK}, {2048, FB_OK}, {2049, FB_E_RANGE}};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct fb_buf wire;
        struct fb_sshkey key;
        char modulus[2100];
        memset(modulus, 0xFF, sizeof(modulus));
        modulus[0] = 0;
        fb_buf_init(&wire, 4096);
        fb_sshwire_add_string(&wire, FB_STR("ssh-rsa"));
        fb_sshwire_add_string(&wire, FB_STR("\x01\x00\x01"));
        fb_sshwire_add_string(&wire, (struct fb_str){modulus, lengths[i].bytes + 1});
        fb_err_init(&err);
        assert_int_equal(fb_sshkey_from_wire(fb_buf_str(&wire), &key, &err), lengths[i].code);
        fb_buf_release(&wire);
    }
}

static void test_allocation_fails(void **state)
{
    (void)state;
    struct fb_sshkey_secret secret = test_key(11), found;
    struct fb_str message = FB_STR("m");
    for (int64_t n = 0;; n++) {
        struct fb_buf text, key;
        fb_buf_init(&text, FB_SSHSIG_TEXT_MAX);
        fb_buf_init(&key, 8192);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_sshsig_sign(&secret, "n", message, &text, &err);
        if (code == FB_OK) {
            code = fb_sshsig_verify(fb_buf_str(&text), "n", message, NULL, &err);
        }
        if (code == FB_OK) {
            code = fb_sshkey_format_private(&secret, "c", &key, &err);
        }
        if (code == FB_OK) {
            code = fb_sshkey_parse_private(fb_buf_str(&key), &found, &err);
        }
        fb_alloc_fail_at(-1);
        fb_buf_release(&text);
        fb_buf_release(&key);
        if (code == FB_OK) {
            assert_true(n >= 8);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_text),
        cmocka_unit_test(test_key_refused),
        cmocka_unit_test(test_weak_rsa),
        cmocka_unit_test(test_rsa_exponent),
        cmocka_unit_test_setup_teardown(test_private_round_trip, set_up, tear_down),
        cmocka_unit_test(test_private_altered),
        cmocka_unit_test(test_sign_and_verify),
        cmocka_unit_test(test_signature_altered),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_samples),
        cmocka_unit_test_setup_teardown(test_stock_tool_verifies_us, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stock_tool_reads_our_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_we_read_stock_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stock_types, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tokens, set_up, tear_down),
        cmocka_unit_test(test_odd_keys),
        cmocka_unit_test(test_allocation_fails),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "record/sshkey.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/io.h"
#include "ledger/ed25519.h"
#include "ledger/sha256.h"
#include "record/sshwire.h"

enum { PADDING_BLOCK = 8 };

static const char private_label[] = "OPENSSH PRIVATE KEY";
static const char private_magic[] = "openssh-key-v1"; /* its NUL is part of it */

static const struct {
    const char *name;
    bool is_sk;
    struct fb_sshkey_curve curve;
} types[FB_SSHKEY_TYPE_END] = {
    [FB_SSHKEY_ED25519] = {"ssh-ed25519", false, {NULL, NULL, 0, NULL}},
    [FB_SSHKEY_RSA] = {"ssh-rsa", false, {NULL, NULL, 0, NULL}},
    [FB_SSHKEY_ECDSA_P256] = {"ecdsa-sha2-nistp256", false,
        {"nistp256", "prime256v1", 32, "SHA256"}},
    [FB_SSHKEY_ECDSA_P384] = {"ecdsa-sha2-nistp384", false,
        {"nistp384", "secp384r1", 48, "SHA384"}},
    [FB_SSHKEY_ECDSA_P521] = {"ecdsa-sha2-nistp521", false,
        {"nistp521", "secp521r1", 66, "SHA512"}},
    [FB_SSHKEY_SK_ED25519] = {"sk-ssh-ed25519@openssh.com", true, {NULL, NULL, 0, NULL}},
    [FB_SSHKEY_SK_ECDSA_P256] = {"sk-ecdsa-sha2-nistp256@openssh.com", true,
        {"nistp256", "prime256v1", 32, "SHA256"}},
};

static bool is_type(enum fb_sshkey_type type)
{
    return type >= FB_SSHKEY_ED25519 && type < FB_SSHKEY_TYPE_END;
}

const char *fb_sshkey_type_name(enum fb_sshkey_type type)
{
    FB_ASSERT(is_type(type));
    return types[type].name;
}

struct fb_sshkey_curve fb_sshkey_curve_of(enum fb_sshkey_type type)
{
    FB_ASSERT(is_type(type));
    return types[type].curve;
}

bool fb_sshkey_is_sk(enum fb_sshkey_type type)
{
    FB_ASSERT(is_type(type));
    return types[type].is_sk;
}

static enum fb_sshkey_type type_named(struct fb_str name)
{
    int type = FB_SSHKEY_ED25519;
    while (type < FB_SSHKEY_TYPE_END && !fb_str_is(name, types[type].name)) {
        type++;
    }
    return (enum fb_sshkey_type)type;
}

static enum fb_code malformed(const char *what, struct fb_err *err)
{
    return fb_err_set(err, FB_E_SYNTAX, "the %s is malformed", what);
}

static size_t bit_length(struct fb_str number)
{
    FB_ASSERT(number.len > 0 && number.ptr[0] != 0);
    return number.len * 8 - (size_t)(__builtin_clz((uint8_t)number.ptr[0]) - 24);
}

static enum fb_code check_rsa(struct fb_sshwire *wire, struct fb_err *err)
{
    struct fb_str exponent = fb_sshwire_mpint(wire);
    struct fb_str modulus = fb_sshwire_mpint(wire);
    if (wire->is_bad || exponent.len > 8 || !(modulus.ptr[modulus.len - 1] & 1)) {
        return malformed("RSA key", err);
    }
    /* An exponent of 1 lets anybody sign; an even one has no inverse. */
    if (!(exponent.ptr[exponent.len - 1] & 1) || (exponent.len == 1 && exponent.ptr[0] < 3)) {
        return malformed("RSA key", err);
    }
    size_t bits = bit_length(modulus);
    if (bits < FB_SSHKEY_RSA_BITS_MIN || bits > FB_SSHKEY_RSA_BITS_MAX) {
        fb_err_set(err, FB_E_RANGE, "the RSA key has %zu bits, not %d to %d", bits,
            FB_SSHKEY_RSA_BITS_MIN, FB_SSHKEY_RSA_BITS_MAX);
        return fb_err_hint(err, "Use an Ed25519 key: ssh-keygen -t ed25519.");
    }
    return FB_OK;
}

static enum fb_code check_ecdsa(
    enum fb_sshkey_type type, struct fb_sshwire *wire, struct fb_err *err)
{
    struct fb_sshkey_curve want = types[type].curve;
    struct fb_str curve = fb_sshwire_string(wire);
    struct fb_str point = fb_sshwire_string(wire);
    bool good =
        fb_str_is(curve, want.curve) && point.len == 2 * want.coordinate + 1 && point.ptr[0] == 4;
    return good ? FB_OK : malformed("ECDSA key", err);
}

static enum fb_code check_ed25519(
    struct fb_sshkey *key, struct fb_sshwire *wire, struct fb_err *err)
{
    struct fb_str point = fb_sshwire_string(wire);
    if (point.len != sizeof(key->ed25519)) {
        return malformed("Ed25519 key", err);
    }
    memcpy(key->ed25519, point.ptr, point.len);
    return FB_OK;
}

/* What follows the name of the type. */
static enum fb_code check_key(struct fb_sshkey *key, struct fb_sshwire *wire, struct fb_err *err)
{
    enum fb_code code;
    if (key->type == FB_SSHKEY_RSA) {
        code = check_rsa(wire, err);
    } else if (types[key->type].curve.curve) {
        code = check_ecdsa(key->type, wire, err);
    } else {
        code = check_ed25519(key, wire, err);
    }
    if (code == FB_OK && types[key->type].is_sk && fb_sshwire_string(wire).len == 0) {
        code = malformed("key of a FIDO2 token", err);
    }
    return code == FB_OK && !fb_sshwire_is_done(wire) ? malformed("public key", err) : code;
}

void fb_sshkey_parts(
    const struct fb_sshkey *key, struct fb_str *out_point, struct fb_str *out_application)
{
    FB_ASSERT(key && is_type(key->type));
    struct fb_str point = {NULL, 0}, application = {NULL, 0};
    struct fb_sshwire wire = fb_sshwire_of((struct fb_str){(const char *)key->wire, key->wire_len});
    (void)fb_sshwire_string(&wire);
    if (types[key->type].curve.curve) {
        (void)fb_sshwire_string(&wire);
        point = fb_sshwire_string(&wire);
    } else if (types[key->type].is_sk) {
        (void)fb_sshwire_string(&wire);
    }
    if (types[key->type].is_sk) {
        application = fb_sshwire_string(&wire);
    }
    FB_ASSERT(!wire.is_bad);
    if (out_point) {
        *out_point = point;
    }
    if (out_application) {
        *out_application = application;
    }
}

static enum fb_code unsupported(struct fb_str name, struct fb_err *err)
{
    fb_err_set(err, FB_E_UNSUPPORTED, "keys of type '%.*s' are not supported",
        (int)(name.len < 60 ? name.len : 60), name.ptr ? name.ptr : "");
    return fb_err_hint(err, "Use an Ed25519 key (ssh-keygen -t ed25519), RSA or ECDSA; a FIDO2 "
                            "token's may be ed25519-sk or ecdsa-sk.");
}

enum fb_code fb_sshkey_from_wire(struct fb_str bytes, struct fb_sshkey *out, struct fb_err *err)
{
    FB_ASSERT(out);
    FB_ASSERT(bytes.ptr || bytes.len == 0);
    struct fb_sshkey key = {.wire_len = bytes.len};
    struct fb_sshwire wire = fb_sshwire_of(bytes);
    struct fb_str name = fb_sshwire_string(&wire);
    if (wire.is_bad || bytes.len > sizeof(key.wire)) {
        return malformed("public key", err);
    }
    key.type = type_named(name);
    if (!is_type(key.type)) {
        bool is_word = name.len > 0 && fb_str_utf8(name, NULL) && !memchr(name.ptr, 0, name.len);
        return is_word ? unsupported(name, err) : malformed("public key", err);
    }
    enum fb_code code = check_key(&key, &wire, err);
    if (code == FB_OK) {
        memcpy(key.wire, bytes.ptr, bytes.len);
        *out = key;
    }
    return code;
}

enum fb_code fb_sshkey_parse_line(
    struct fb_str line, struct fb_sshkey *out, struct fb_str *out_comment, struct fb_err *err)
{
    FB_ASSERT(out);
    struct fb_str text = fb_str_trim(line);
    size_t space = fb_str_find(text, ' ', 0);
    size_t end = fb_str_find(text, ' ', space + 1);
    struct fb_str name = fb_str_sub(text, 0, space);
    struct fb_str base64 = fb_str_sub(text, space + 1, end - space - (space < text.len));
    struct fb_str comment = fb_str_trim(fb_str_sub(text, end, SIZE_MAX));
    if (text.len == 0 || space == text.len || memchr(text.ptr, '\n', text.len)) {
        fb_err_set(err, FB_E_SYNTAX, "the line is not 'type base64 comment'");
        return fb_err_hint(err, "Give the content of a .pub file of ssh-keygen.");
    }
    if (comment.len > FB_SSHKEY_COMMENT_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "the comment of a key has more than %d bytes", FB_SSHKEY_COMMENT_MAX);
    }
    struct fb_buf bytes;
    struct fb_sshkey key;
    fb_buf_init(&bytes, FB_SSHKEY_WIRE_MAX);
    bool good = fb_base64_decode(base64, &bytes);
    enum fb_code code = fb_buf_check(&bytes, "the public key", err);
    if (code == FB_OK && !good) {
        code = malformed("base64 of the public key", err);
    }
    if (code == FB_OK) {
        code = fb_sshkey_from_wire(fb_buf_str(&bytes), &key, err);
    }
    if (code == FB_OK && !fb_str_is(name, fb_sshkey_type_name(key.type))) {
        code = fb_err_set(err, FB_E_SYNTAX, "the line says '%.*s', but the key is of type '%s'",
            (int)(name.len < 60 ? name.len : 60), name.ptr, fb_sshkey_type_name(key.type));
    }
    fb_buf_release(&bytes);
    if (code == FB_OK) {
        *out = key;
        if (out_comment) {
            *out_comment = comment;
        }
    }
    return code;
}

enum fb_code fb_sshkey_read_public(const char *path, struct fb_sshkey *out, struct fb_err *err)
{
    FB_ASSERT(path && out);
    struct fb_buf text;
    fb_buf_init(&text, FB_SSHKEY_FILE_MAX);
    enum fb_code code = fb_io_read(path, &text, err);
    if (code == FB_OK) {
        struct fb_str rest = fb_buf_str(&text), line = {NULL, 0};
        (void)fb_str_line(&rest, &line);
        code = fb_sshkey_parse_line(line, out, NULL, err);
        if (code != FB_OK) {
            fb_err_place(err, path, 1, 0, -1);
        }
    }
    fb_buf_release(&text);
    return code;
}

static struct fb_str wire_of(const struct fb_sshkey *key)
{
    FB_ASSERT(key->wire_len > 0 && key->wire_len <= sizeof(key->wire));
    return (struct fb_str){(const char *)key->wire, key->wire_len};
}

void fb_sshkey_format(const struct fb_sshkey *key, struct fb_buf *out)
{
    FB_ASSERT(key && out);
    fb_buf_addf(out, "%s ", fb_sshkey_type_name(key->type));
    fb_base64_encode(wire_of(key), out);
}

const char *fb_sshkey_fingerprint(const struct fb_sshkey *key, char out[FB_SSHKEY_FINGERPRINT])
{
    FB_ASSERT(key && out);
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t digest[FB_SHA256_SIZE + 1] = {0};
    fb_sha256_of(wire_of(key), digest);
    int at = snprintf(out, FB_SSHKEY_FINGERPRINT, "SHA256:");
    /* 43 digits without padding; the spare zero byte ends the last group. */
    for (size_t bit = 0; bit < 8 * FB_SHA256_SIZE; bit += 6) {
        unsigned pair = (unsigned)digest[bit / 8] << 8 | digest[bit / 8 + 1];
        out[at++] = digits[pair >> (10 - bit % 8) & 63];
    }
    FB_ASSERT(at == FB_SSHKEY_FINGERPRINT - 2);
    out[at] = 0;
    return out;
}

bool fb_sshkey_eq(const struct fb_sshkey *a, const struct fb_sshkey *b)
{
    FB_ASSERT(a && b);
    return fb_str_eq(wire_of(a), wire_of(b));
}

void fb_sshkey_from_seed(const uint8_t seed[32], struct fb_sshkey_secret *out)
{
    FB_ASSERT(seed && out);
    static const char head[] = "\x00\x00\x00\x0Bssh-ed25519\x00\x00\x00\x20";
    struct fb_sshkey *key = &out->key;
    key->type = FB_SSHKEY_ED25519;
    fb_ed25519_from_seed(seed, out->secret, key->ed25519);
    memcpy(key->wire, head, sizeof(head) - 1);
    memcpy(key->wire + sizeof(head) - 1, key->ed25519, sizeof(key->ed25519));
    key->wire_len = sizeof(head) - 1 + sizeof(key->ed25519);
}

void fb_sshkey_generate(struct fb_sshkey_secret *out)
{
    FB_ASSERT(out);
    uint8_t seed[FB_ED25519_SEED];
    fb_random(seed, sizeof(seed));
    fb_sshkey_from_seed(seed, out);
    fb_wipe(seed, sizeof(seed));
}

void fb_sshkey_wipe(struct fb_sshkey_secret *secret)
{
    FB_ASSERT(secret);
    fb_wipe(secret->secret, sizeof(secret->secret));
}

/* The part of a private key file that would be encrypted. */
static enum fb_code parse_inner(struct fb_str bytes, const struct fb_sshkey *key,
    struct fb_sshkey_secret *out, struct fb_err *err)
{
    struct fb_sshwire wire = fb_sshwire_of(bytes);
    uint32_t first = fb_sshwire_u32(&wire), second = fb_sshwire_u32(&wire);
    struct fb_str name = fb_sshwire_string(&wire);
    if (!wire.is_bad && !fb_str_is(name, "ssh-ed25519")) {
        fb_err_set(err, FB_E_UNSUPPORTED, "only Ed25519 keys can sign, not '%.*s'",
            (int)(name.len < 60 ? name.len : 60), name.ptr ? name.ptr : "");
        return fb_err_hint(err, "Make one with ssh-keygen -t ed25519.");
    }
    struct fb_str public_key = fb_sshwire_string(&wire);
    struct fb_str secret = fb_sshwire_string(&wire);
    (void)fb_sshwire_string(&wire);
    bool good = !wire.is_bad && first == second && public_key.len == FB_ED25519_PUBLIC &&
                secret.len == FB_ED25519_SECRET && wire.rest.len < PADDING_BLOCK;
    for (size_t i = 0; good && i < wire.rest.len; i++) {
        good = wire.rest.ptr[i] == (char)(i + 1);
    }
    if (!good) {
        return malformed("private key", err);
    }
    struct fb_sshkey_secret found;
    fb_sshkey_from_seed((const uint8_t *)secret.ptr, &found);
    good = memcmp(found.secret, secret.ptr, secret.len) == 0 && fb_sshkey_eq(&found.key, key) &&
           memcmp(found.key.ed25519, public_key.ptr, public_key.len) == 0;
    if (good) {
        *out = found;
    }
    fb_sshkey_wipe(&found);
    if (!good) {
        return fb_err_set(err, FB_E_SYNTAX,
            "the private key and the public key in the file do not belong together");
    }
    return FB_OK;
}

static enum fb_code parse_outer(
    struct fb_str bytes, struct fb_sshkey_secret *out, struct fb_err *err)
{
    struct fb_sshwire wire = fb_sshwire_of(bytes);
    struct fb_str magic = fb_sshwire_bytes(&wire, sizeof(private_magic));
    struct fb_str cipher = fb_sshwire_string(&wire);
    struct fb_str kdf = fb_sshwire_string(&wire);
    struct fb_str kdf_options = fb_sshwire_string(&wire);
    uint32_t count = fb_sshwire_u32(&wire);
    struct fb_str public_key = fb_sshwire_string(&wire);
    struct fb_str inner = fb_sshwire_string(&wire);
    if (!fb_sshwire_is_done(&wire) || memcmp(magic.ptr, private_magic, magic.len) != 0 ||
        count != 1) {
        return malformed("private key", err);
    }
    if (!fb_str_is(cipher, "none") || !fb_str_is(kdf, "none") || kdf_options.len != 0) {
        fb_err_set(err, FB_E_UNSUPPORTED, "the private key is encrypted");
        return fb_err_hint(err,
            "Sign with `ssh-keygen -Y sign -f KEY -n flyball/KIND FILE`, which asks for the "
            "passphrase or ssh-agent, and add the file with its .sig.");
    }
    struct fb_sshkey key;
    enum fb_code code = fb_sshkey_from_wire(public_key, &key, err);
    if (code == FB_OK && inner.len % PADDING_BLOCK != 0) {
        code = malformed("private key", err);
    }
    return code == FB_OK ? parse_inner(inner, &key, out, err) : code;
}

enum fb_code fb_sshkey_parse_private(
    struct fb_str text, struct fb_sshkey_secret *out, struct fb_err *err)
{
    FB_ASSERT(out);
    if (text.len > FB_SSHKEY_FILE_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "the private key has more than %d bytes", FB_SSHKEY_FILE_MAX);
    }
    struct fb_buf bytes;
    fb_buf_init(&bytes, FB_SSHKEY_FILE_MAX);
    (void)fb_buf_room(&bytes, text.len);
    enum fb_code code = fb_sshwire_unarmor(private_label, text, &bytes, err);
    if (code == FB_OK) {
        code = parse_outer(fb_buf_str(&bytes), out, err);
    }
    if (bytes.ptr) {
        fb_wipe(bytes.ptr, bytes.cap);
    }
    fb_buf_release(&bytes);
    return code;
}

enum fb_code fb_sshkey_read_private(
    const char *path, struct fb_sshkey_secret *out, struct fb_err *err)
{
    FB_ASSERT(path && out);
    struct fb_buf text;
    fb_buf_init(&text, FB_SSHKEY_FILE_MAX);
    enum fb_code code = fb_io_read(path, &text, err);
    if (code == FB_OK) {
        code = fb_sshkey_parse_private(fb_buf_str(&text), out, err);
        if (code != FB_OK) {
            fb_err_place(err, path, 0, 0, -1);
        }
    }
    if (text.ptr) {
        fb_wipe(text.ptr, text.cap);
    }
    fb_buf_release(&text);
    return code;
}

static void add_inner(
    const struct fb_sshkey_secret *secret, const char *comment, struct fb_buf *out)
{
    uint32_t check;
    fb_random((uint8_t *)&check, sizeof(check));
    fb_sshwire_add_u32(out, check);
    fb_sshwire_add_u32(out, check);
    fb_sshwire_add_string(out, FB_STR("ssh-ed25519"));
    fb_sshwire_add_string(
        out, (struct fb_str){(const char *)secret->key.ed25519, FB_ED25519_PUBLIC});
    fb_sshwire_add_string(out, (struct fb_str){(const char *)secret->secret, FB_ED25519_SECRET});
    fb_sshwire_add_string(out, fb_str_of(comment));
    for (char pad = 1; out->state == FB_BUF_GOOD && out->len % PADDING_BLOCK != 0; pad++) {
        fb_buf_add_char(out, pad);
    }
}

static bool is_comment(const char *comment)
{
    struct fb_str text = fb_str_of(comment);
    bool good = text.len <= FB_SSHKEY_COMMENT_MAX && fb_str_utf8(text, NULL);
    for (size_t i = 0; good && i < text.len; i++) {
        good = (uint8_t)text.ptr[i] >= ' ';
    }
    return good;
}

enum fb_code fb_sshkey_format_private(const struct fb_sshkey_secret *secret, const char *comment,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(secret && comment);
    FB_ASSERT(out);
    if (!is_comment(comment)) {
        return fb_err_set(err, FB_E_SYNTAX,
            "the comment of a key must be one line of at most %d bytes", FB_SSHKEY_COMMENT_MAX);
    }
    struct fb_buf inner, bytes;
    fb_buf_init(&inner, 2048);
    fb_buf_init(&bytes, 4096);
    (void)fb_buf_room(&inner, 1024 + FB_SSHKEY_COMMENT_MAX / 2);
    (void)fb_buf_room(&bytes, 2048);
    add_inner(secret, comment, &inner);
    fb_buf_add(&bytes, private_magic, sizeof(private_magic));
    fb_sshwire_add_string(&bytes, FB_STR("none"));
    fb_sshwire_add_string(&bytes, FB_STR("none"));
    fb_sshwire_add_string(&bytes, FB_STR(""));
    fb_sshwire_add_u32(&bytes, 1);
    fb_sshwire_add_string(&bytes, wire_of(&secret->key));
    fb_sshwire_add_string(&bytes, fb_buf_str(&inner));
    enum fb_code code = fb_buf_check(&inner, "the private key", err);
    if (code == FB_OK) {
        code = fb_buf_check(&bytes, "the private key", err);
    }
    if (code == FB_OK) {
        code = fb_sshwire_armor(private_label, fb_buf_str(&bytes), out, err);
    }
    if (inner.ptr) {
        fb_wipe(inner.ptr, inner.len);
    }
    if (bytes.ptr) {
        fb_wipe(bytes.ptr, bytes.len);
    }
    fb_buf_release(&inner);
    fb_buf_release(&bytes);
    return code;
}

static enum fb_code write_public(const struct fb_sshkey_secret *secret, const char *path,
    const char *comment, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_SSHKEY_FILE_MAX);
    fb_sshkey_format(&secret->key, &text);
    fb_buf_addf(&text, "%s%s\n", comment[0] ? " " : "", comment);
    enum fb_code code = fb_buf_check(&text, "the public key", err);
    if (code == FB_OK) {
        code = fb_io_write(path, fb_buf_str(&text), 0644, err);
    }
    fb_buf_release(&text);
    return code;
}

enum fb_code fb_sshkey_write(const struct fb_sshkey_secret *secret, const char *path,
    const char *comment, struct fb_err *err)
{
    FB_ASSERT(secret && path);
    FB_ASSERT(comment);
    char public_path[FB_IO_PATH_MAX];
    int len = snprintf(public_path, sizeof(public_path), "%s.pub", path);
    if (len < 0 || (size_t)len >= sizeof(public_path)) {
        return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", path);
    }
    if (fb_io_exists(path) || fb_io_exists(public_path)) {
        return fb_err_set(err, FB_E_DUPLICATE, "the file '%s' exists already",
            fb_io_exists(path) ? path : public_path);
    }
    struct fb_buf text;
    fb_buf_init(&text, FB_SSHKEY_FILE_MAX);
    enum fb_code code = fb_sshkey_format_private(secret, comment, &text, err);
    if (code == FB_OK) {
        code = fb_io_write(path, fb_buf_str(&text), 0600, err);
    }
    if (code == FB_OK) {
        code = write_public(secret, public_path, comment, err);
    }
    if (code != FB_OK) {
        fb_io_remove(path);
        fb_io_remove(public_path);
    }
    if (text.ptr) {
        fb_wipe(text.ptr, text.len);
    }
    fb_buf_release(&text);
    return code;
}

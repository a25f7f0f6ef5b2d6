#include "record/sshsig.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/assert.h"
#include "ledger/ed25519.h"
#include "ledger/sha256.h"
#include "record/sshwire.h"

enum { VERSION = 1, DIGEST_MAX = 64, DER_MAX = 160 };

static const char label[] = "SSH SIGNATURE";
static const char magic[] = "SSHSIG";

/* A signature in parts, which point into its bytes. */
struct parts {
    struct fb_str key;
    struct fb_str namespace_text;
    struct fb_str reserved;
    struct fb_str hash;
    struct fb_str algorithm;
    struct fb_str signature;
    struct fb_str flags; /* one byte of a FIDO2 token; empty for others */
    uint32_t counter;
};

static enum fb_code malformed(struct fb_err *err)
{
    return fb_err_set(err, FB_E_SYNTAX, "the signature is malformed");
}

static enum fb_code does_not_verify(struct fb_err *err)
{
    fb_err_set(err, FB_E_SIGNATURE,
        "the signature does not verify: it or the message was altered after signing");
    return fb_err_hint(err, "Get both again from whoever signed.");
}

/* Splits the bytes between the armor. */
static enum fb_code split(struct fb_str bytes, struct parts *out, struct fb_err *err)
{
    struct fb_sshwire wire = fb_sshwire_of(bytes);
    struct fb_str head = fb_sshwire_bytes(&wire, sizeof(magic) - 1);
    uint32_t version = fb_sshwire_u32(&wire);
    if (wire.is_bad || !fb_str_is(head, magic)) {
        return malformed(err);
    }
    if (version != VERSION) {
        return fb_err_set(err, FB_E_UNSUPPORTED,
            "the signature is of version %u, only version 1 is known", version);
    }
    out->key = fb_sshwire_string(&wire);
    out->namespace_text = fb_sshwire_string(&wire);
    out->reserved = fb_sshwire_string(&wire);
    out->hash = fb_sshwire_string(&wire);
    struct fb_sshwire inner = fb_sshwire_of(fb_sshwire_string(&wire));
    out->algorithm = fb_sshwire_string(&inner);
    out->signature = fb_sshwire_string(&inner);
    out->flags = (struct fb_str){NULL, 0};
    out->counter = 0;
    if (fb_str_starts(out->algorithm, FB_STR("sk-"))) {
        out->flags = fb_sshwire_bytes(&inner, 1);
        out->counter = fb_sshwire_u32(&inner);
    }
    return fb_sshwire_is_done(&wire) && fb_sshwire_is_done(&inner) ? FB_OK : malformed(err);
}

static enum fb_code check_parts(
    const struct parts *parts, struct fb_sshsig *out, struct fb_err *err)
{
    struct fb_str name = parts->namespace_text;
    if (name.len == 0 || name.len > FB_SSHSIG_NAMESPACE_MAX || !fb_str_utf8(name, NULL) ||
        memchr(name.ptr, 0, name.len)) {
        return fb_err_set(err, FB_E_SYNTAX, "the namespace of the signature is malformed");
    }
    if (!fb_str_is(parts->hash, "sha512") && !fb_str_is(parts->hash, "sha256")) {
        return fb_err_set(
            err, FB_E_UNSUPPORTED, "the signature's hash is neither sha512 nor sha256");
    }
    enum fb_code code = fb_sshkey_from_wire(parts->key, &out->key, err);
    if (code == FB_OK) {
        memcpy(out->namespace_text, name.ptr, name.len);
        out->namespace_text[name.len] = 0;
        memcpy(out->hash, parts->hash.ptr, parts->hash.len);
        out->hash[parts->hash.len] = 0;
        out->flags = parts->flags.len ? (uint8_t)parts->flags.ptr[0] : 0;
        out->counter = parts->counter;
    }
    return code;
}

/* Reads the text; parts point into bytes. */
static enum fb_code read_parts(struct fb_str armored, struct fb_buf *bytes, struct parts *parts,
    struct fb_sshsig *out, struct fb_err *err)
{
    if (armored.len > FB_SSHSIG_TEXT_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "the signature has more than %d bytes", FB_SSHSIG_TEXT_MAX);
    }
    enum fb_code code = fb_sshwire_unarmor(label, armored, bytes, err);
    if (code == FB_OK) {
        code = split(fb_buf_str(bytes), parts, err);
    }
    return code == FB_OK ? check_parts(parts, out, err) : code;
}

enum fb_code fb_sshsig_parse(struct fb_str armored, struct fb_sshsig *out, struct fb_err *err)
{
    FB_ASSERT(out);
    struct fb_buf bytes;
    struct parts parts;
    struct fb_sshsig found;
    fb_buf_init(&bytes, FB_SSHSIG_TEXT_MAX);
    enum fb_code code = read_parts(armored, &bytes, &parts, &found, err);
    fb_buf_release(&bytes);
    if (code == FB_OK) {
        *out = found;
    }
    return code;
}

/* Appends what is really signed: the namespace and the digest of the message. */
static enum fb_code add_signed_data(
    const struct parts *parts, struct fb_str message, struct fb_buf *out, struct fb_err *err)
{
    unsigned char digest[DIGEST_MAX];
    unsigned len = 0;
    const EVP_MD *md = fb_str_is(parts->hash, "sha256") ? EVP_sha256() : EVP_sha512();
    if (EVP_Digest(message.ptr ? message.ptr : "", message.len, digest, &len, md, NULL) != 1) {
        ERR_clear_error();
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for the digest of a message");
    }
    fb_buf_add(out, magic, sizeof(magic) - 1);
    fb_sshwire_add_string(out, parts->namespace_text);
    fb_sshwire_add_string(out, parts->reserved);
    fb_sshwire_add_string(out, parts->hash);
    fb_sshwire_add_string(out, (struct fb_str){(const char *)digest, len});
    return fb_buf_check(out, "the signed data", err);
}

/* Makes a key of libcrypto from parameters; NULL on failure. Takes the builder. */
static EVP_PKEY *make_key(const char *type, OSSL_PARAM_BLD *builder)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = builder ? OSSL_PARAM_BLD_to_param(builder) : NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

static BIGNUM *number_of(struct fb_str bytes)
{
    FB_ASSERT(bytes.len < FB_SSHKEY_WIRE_MAX);
    return BN_bin2bn((const unsigned char *)bytes.ptr, (int)bytes.len, NULL);
}

static EVP_PKEY *rsa_key(const struct fb_sshkey *key)
{
    FB_ASSERT(key->type == FB_SSHKEY_RSA);
    struct fb_sshwire wire = fb_sshwire_of((struct fb_str){(const char *)key->wire, key->wire_len});
    (void)fb_sshwire_string(&wire);
    BIGNUM *e = number_of(fb_sshwire_mpint(&wire));
    BIGNUM *n = number_of(fb_sshwire_mpint(&wire));
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    bool good = e && n && builder &&
                OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
                OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1;
    EVP_PKEY *made = NULL;
    if (good) {
        made = make_key("RSA", builder);
    } else {
        OSSL_PARAM_BLD_free(builder);
    }
    BN_free(e);
    BN_free(n);
    return made;
}

static EVP_PKEY *ecdsa_key(const struct fb_sshkey *key)
{
    struct fb_sshkey_curve curve = fb_sshkey_curve_of(key->type);
    FB_ASSERT(curve.group);
    struct fb_str point;
    fb_sshkey_parts(key, &point, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    bool good =
        builder &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.ptr, point.len) ==
            1;
    if (!good) {
        OSSL_PARAM_BLD_free(builder);
        return NULL;
    }
    return make_key("EC", builder);
}

static bool verify_with(
    EVP_PKEY *key, const EVP_MD *md, struct fb_str signature, struct fb_str data)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = key && ctx && EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
                EVP_DigestVerify(ctx, (const unsigned char *)signature.ptr, signature.len,
                    (const unsigned char *)data.ptr, data.len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return good;
}

/* ECDSA: SSH writes two numbers, libcrypto reads them in DER. */
static bool verify_ecdsa(const struct fb_sshkey *key, struct fb_str signature, struct fb_str data)
{
    struct fb_sshwire wire = fb_sshwire_of(signature);
    struct fb_str r_bytes = fb_sshwire_mpint(&wire), s_bytes = fb_sshwire_mpint(&wire);
    struct fb_sshkey_curve curve = fb_sshkey_curve_of(key->type);
    if (!fb_sshwire_is_done(&wire) || r_bytes.len > curve.coordinate ||
        s_bytes.len > curve.coordinate) {
        return false;
    }
    unsigned char der[DER_MAX], *at = der;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = number_of(r_bytes), *s = number_of(s_bytes);
    int len = 0;
    if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
        r = s = NULL; /* sig owns them now */
        len = i2d_ECDSA_SIG(sig, NULL) <= DER_MAX ? i2d_ECDSA_SIG(sig, &at) : 0;
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    EVP_PKEY *made = len > 0 ? ecdsa_key(key) : NULL;
    struct fb_str text = {(const char *)der, len > 0 ? (size_t)len : 0};
    bool good = made && verify_with(made, EVP_get_digestbyname(curve.digest), text, data);
    EVP_PKEY_free(made);
    return good;
}

static bool verify_rsa(const struct fb_sshkey *key, const struct parts *parts, struct fb_str data)
{
    EVP_PKEY *made = rsa_key(key);
    const EVP_MD *md = fb_str_is(parts->algorithm, "rsa-sha2-256") ? EVP_sha256() : EVP_sha512();
    bool good = verify_with(made, md, parts->signature, data);
    EVP_PKEY_free(made);
    return good;
}

/* The signature's algorithm must be one of its key's. */
static bool is_algorithm_of(enum fb_sshkey_type type, struct fb_str algorithm)
{
    if (type == FB_SSHKEY_RSA) {
        return fb_str_is(algorithm, "rsa-sha2-512") || fb_str_is(algorithm, "rsa-sha2-256");
    }
    return fb_str_is(algorithm, fb_sshkey_type_name(type));
}

/* What a FIDO2 token signs in place of the data: the digests of its application and of the data,
 * with its flags and counter between them (PROTOCOL.u2f, "SSH U2F Signatures"). */
enum { TOKEN_SIZE = 2 * FB_SHA256_SIZE + 5 };

static void token_data(const struct fb_sshkey *key, const struct parts *parts, struct fb_str data,
    uint8_t out[TOKEN_SIZE])
{
    struct fb_str application;
    fb_sshkey_parts(key, NULL, &application);
    FB_ASSERT(application.len > 0 && parts->flags.len == 1);
    fb_sha256_of(application, out);
    uint8_t *at = out + FB_SHA256_SIZE;
    *at++ = (uint8_t)parts->flags.ptr[0];
    for (int shift = 24; shift >= 0; shift -= 8) {
        *at++ = (uint8_t)(parts->counter >> shift);
    }
    fb_sha256_of(data, at);
}

static bool verify_signature(
    const struct fb_sshkey *key, const struct parts *parts, struct fb_str data)
{
    uint8_t token[TOKEN_SIZE];
    if (fb_sshkey_is_sk(key->type)) {
        token_data(key, parts, data, token);
        data = (struct fb_str){(const char *)token, sizeof(token)};
    }
    if (key->type == FB_SSHKEY_RSA) {
        return verify_rsa(key, parts, data);
    }
    return fb_sshkey_curve_of(key->type).curve
               ? verify_ecdsa(key, parts->signature, data)
               : fb_ed25519_verify(key->ed25519, data, parts->signature);
}

static enum fb_code verify_parts(
    const struct fb_sshkey *key, const struct parts *parts, struct fb_str data, struct fb_err *err)
{
    if (!is_algorithm_of(key->type, parts->algorithm)) {
        return fb_err_set(err, FB_E_UNSUPPORTED,
            "signatures '%.*s' by a key of type '%s' are not supported",
            (int)(parts->algorithm.len < 60 ? parts->algorithm.len : 60),
            parts->algorithm.ptr ? parts->algorithm.ptr : "", fb_sshkey_type_name(key->type));
    }
    if (!verify_signature(key, parts, data)) {
        return does_not_verify(err);
    }
    if (fb_sshkey_is_sk(key->type) && !(parts->flags.ptr[0] & FB_SSHSIG_TOUCHED)) {
        fb_err_set(err, FB_E_SIGNATURE, "the token signed without being touched");
        return fb_err_hint(err, "Sign again with a key that was made without no-touch-required.");
    }
    return FB_OK;
}

enum fb_code fb_sshsig_split(
    struct fb_str text, struct fb_str *out, size_t max, size_t *out_count, struct fb_err *err)
{
    FB_ASSERT(out && out_count && (text.ptr || text.len == 0));
    static const char begin[] = "-----BEGIN SSH SIGNATURE-----";
    static const char end[] = "-----END SSH SIGNATURE-----";
    struct fb_str rest = fb_str_trim(text);
    size_t count = 0;
    while (rest.len > 0) {
        const char *at = memmem(rest.ptr, rest.len, end, sizeof(end) - 1);
        if (!fb_str_starts(rest, fb_str_of(begin)) || !at) {
            return malformed(err);
        }
        if (count == max) {
            return fb_err_set(err, FB_E_LIMIT, "there are more than %zu signatures", max);
        }
        size_t len = (size_t)(at - rest.ptr) + sizeof(end) - 1;
        len += len < rest.len && rest.ptr[len] == '\n';
        out[count++] = fb_str_sub(rest, 0, len);
        rest = fb_str_trim(fb_str_sub(rest, len, rest.len));
    }
    if (count == 0) {
        return malformed(err);
    }
    *out_count = count;
    return FB_OK;
}

enum fb_code fb_sshsig_verify(struct fb_str armored, const char *namespace_text,
    struct fb_str message, struct fb_sshkey *out_key, struct fb_err *err)
{
    FB_ASSERT(namespace_text && namespace_text[0]);
    FB_ASSERT(message.ptr || message.len == 0);
    struct fb_buf bytes, data;
    struct parts parts;
    struct fb_sshsig sig;
    fb_buf_init(&bytes, FB_SSHSIG_TEXT_MAX);
    fb_buf_init(&data, FB_SSHSIG_TEXT_MAX + 2 * DIGEST_MAX);
    enum fb_code code = read_parts(armored, &bytes, &parts, &sig, err);
    if (code == FB_OK && strcmp(sig.namespace_text, namespace_text) != 0) {
        code = fb_err_set(err, FB_E_SIGNATURE, "the signature is for namespace '%s', not '%s'",
            sig.namespace_text, namespace_text);
        fb_err_hint(err, "Sign again with ssh-keygen -Y sign -n %s.", namespace_text);
    }
    if (code == FB_OK) {
        code = add_signed_data(&parts, message, &data, err);
    }
    if (code == FB_OK) {
        code = verify_parts(&sig.key, &parts, fb_buf_str(&data), err);
    }
    fb_buf_release(&bytes);
    fb_buf_release(&data);
    if (code == FB_OK && out_key) {
        *out_key = sig.key;
    }
    return code;
}

enum fb_code fb_sshsig_verify_by(struct fb_str armored, const char *namespace_text,
    struct fb_str message, const struct fb_sshkey *expected, struct fb_err *err)
{
    FB_ASSERT(expected);
    struct fb_sshkey key;
    enum fb_code code = fb_sshsig_verify(armored, namespace_text, message, &key, err);
    if (code == FB_OK && !fb_sshkey_eq(&key, expected)) {
        char is[FB_SSHKEY_FINGERPRINT], should[FB_SSHKEY_FINGERPRINT];
        code = fb_err_set(err, FB_E_SIGNATURE, "the signature is by the key %s, not by %s",
            fb_sshkey_fingerprint(&key, is), fb_sshkey_fingerprint(expected, should));
    }
    return code;
}

static void add_ed25519(
    const struct fb_sshkey_secret *secret, struct fb_str data, struct fb_buf *out)
{
    uint8_t signature[FB_ED25519_SIGNATURE];
    fb_ed25519_sign(secret->secret, data, signature);
    fb_sshwire_add_u32(out, 4 + 11 + 4 + FB_ED25519_SIGNATURE);
    fb_sshwire_add_string(out, FB_STR("ssh-ed25519"));
    fb_sshwire_add_string(out, (struct fb_str){(const char *)signature, sizeof(signature)});
}

enum fb_code fb_sshsig_sign(const struct fb_sshkey_secret *secret, const char *namespace_text,
    struct fb_str message, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(secret && namespace_text);
    FB_ASSERT(out);
    struct parts parts = {.namespace_text = fb_str_of(namespace_text), .hash = FB_STR("sha512")};
    struct fb_buf bytes, data;
    if (parts.namespace_text.len == 0 || parts.namespace_text.len > FB_SSHSIG_NAMESPACE_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "a namespace has 1 to %d bytes", FB_SSHSIG_NAMESPACE_MAX);
    }
    fb_buf_init(&bytes, FB_SSHSIG_TEXT_MAX);
    fb_buf_init(&data, FB_SSHSIG_TEXT_MAX);
    enum fb_code code = add_signed_data(&parts, message, &data, err);
    if (code == FB_OK) {
        fb_buf_add(&bytes, magic, sizeof(magic) - 1);
        fb_sshwire_add_u32(&bytes, VERSION);
        fb_sshwire_add_string(
            &bytes, (struct fb_str){(const char *)secret->key.wire, secret->key.wire_len});
        fb_sshwire_add_string(&bytes, parts.namespace_text);
        fb_sshwire_add_string(&bytes, parts.reserved);
        fb_sshwire_add_string(&bytes, parts.hash);
        add_ed25519(secret, fb_buf_str(&data), &bytes);
        code = fb_buf_check(&bytes, "the signature", err);
    }
    if (code == FB_OK) {
        code = fb_sshwire_armor(label, fb_buf_str(&bytes), out, err);
    }
    fb_buf_release(&bytes);
    fb_buf_release(&data);
    return code;
}

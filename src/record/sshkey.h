/*
 * sshkey.h: OpenSSH keys: public key lines, fingerprints, Ed25519 private key files.
 *
 * A public key is kept as its wire form (RFC 4253, section 6.6; RFC 8709; RFC 5656), from which
 * everything else follows. Formats: OpenSSH's PROTOCOL.key.
 */
#ifndef FB_RECORD_SSHKEY_H
#define FB_RECORD_SSHKEY_H

#include "base/buf.h"
#include "flyball/err.h"

/** Limits of keys; each has a test. */
enum {
    FB_SSHKEY_WIRE_MAX = 2100,      /**< bytes of a public key: RSA of 16,384 bits */
    FB_SSHKEY_FILE_MAX = 64 * 1024, /**< bytes of a key file */
    FB_SSHKEY_FINGERPRINT = 52,     /**< "SHA256:", 43 characters, NUL */
    FB_SSHKEY_RSA_BITS_MIN = 2048,  /**< shorter RSA keys are refused */
    FB_SSHKEY_RSA_BITS_MAX = 16384, /**< longer ones too */
    FB_SSHKEY_COMMENT_MAX = 1024,   /**< bytes of a comment */
};

/** Algorithms that we verify. The SK ones are FIDO2 tokens (OpenSSH's PROTOCOL.u2f). */
enum fb_sshkey_type {
    FB_SSHKEY_ED25519 = 1,
    FB_SSHKEY_RSA,
    FB_SSHKEY_ECDSA_P256,
    FB_SSHKEY_ECDSA_P384,
    FB_SSHKEY_ECDSA_P521,
    FB_SSHKEY_SK_ED25519,
    FB_SSHKEY_SK_ECDSA_P256,
    FB_SSHKEY_TYPE_END
};

/** A public key. Owns nothing. */
struct fb_sshkey {
    enum fb_sshkey_type type;
    uint8_t wire[FB_SSHKEY_WIRE_MAX];
    size_t wire_len;
    uint8_t ed25519[32]; /**< ED25519 and SK_ED25519 only */
};

/** What is particular to the elliptic curves of a type; curve is NULL for the others. */
struct fb_sshkey_curve {
    const char *curve;  /**< as SSH calls it, "nistp256" */
    const char *group;  /**< as libcrypto calls it, "prime256v1" */
    size_t coordinate;  /**< bytes of a coordinate */
    const char *digest; /**< of signatures, "SHA256" */
};

/** An Ed25519 private key. Wipe it after use. */
struct fb_sshkey_secret {
    struct fb_sshkey key;
    uint8_t secret[64]; /**< seed and public key, as libsodium has it */
};

/** Reads the wire form. E_SYNTAX; E_UNSUPPORTED for other algorithms; E_RANGE for a weak RSA key.
 */
FB_CHECKED enum fb_code fb_sshkey_from_wire(
    struct fb_str wire, struct fb_sshkey *out, struct fb_err *err);

/** Reads one public key line, "ssh-ed25519 AAAA... comment" (comment and newline optional).
 * out_comment (may be NULL) is a slice of line. Errors as fb_sshkey_from_wire. */
FB_CHECKED enum fb_code fb_sshkey_parse_line(
    struct fb_str line, struct fb_sshkey *out, struct fb_str *out_comment, struct fb_err *err);

/** Reads the public key file at path (the first line). Errors name the file. */
FB_CHECKED enum fb_code fb_sshkey_read_public(
    const char *path, struct fb_sshkey *out, struct fb_err *err);

/** Appends "ssh-ed25519 AAAA..." without comment and newline: the canonical text of a key. */
void fb_sshkey_format(const struct fb_sshkey *key, struct fb_buf *out);

/** Writes the fingerprint as `ssh-keygen -l` has it, "SHA256:...". Returns out. */
const char *fb_sshkey_fingerprint(const struct fb_sshkey *key, char out[FB_SSHKEY_FINGERPRINT]);

/** True when both are the same key. */
bool fb_sshkey_eq(const struct fb_sshkey *a, const struct fb_sshkey *b);

/** The name of an algorithm as public key lines have it, as "ssh-ed25519". */
const char *fb_sshkey_type_name(enum fb_sshkey_type type);

/** The curve of an algorithm. */
struct fb_sshkey_curve fb_sshkey_curve_of(enum fb_sshkey_type type);

/** True when the key lives in a FIDO2 token. */
bool fb_sshkey_is_sk(enum fb_sshkey_type type);

/** The parts of a key's wire form that are not its type: an ECDSA point, and the application that a
 * FIDO2 key is for (both may be NULL). Slices of the key; empty where the type has none. */
void fb_sshkey_parts(
    const struct fb_sshkey *key, struct fb_str *out_point, struct fb_str *out_application);

/** Makes a new Ed25519 key. */
void fb_sshkey_generate(struct fb_sshkey_secret *out);

/** Makes the key of a seed, for tests and examples that must not change from run to run. */
void fb_sshkey_from_seed(const uint8_t seed[32], struct fb_sshkey_secret *out);

/** Overwrites the secret. */
void fb_sshkey_wipe(struct fb_sshkey_secret *secret);

/** Reads an unencrypted Ed25519 private key in OpenSSH's format. E_SYNTAX; E_UNSUPPORTED with a
 * hint for an encrypted key and for other algorithms. */
FB_CHECKED enum fb_code fb_sshkey_parse_private(
    struct fb_str text, struct fb_sshkey_secret *out, struct fb_err *err);

/** The same from a file; errors name it. */
FB_CHECKED enum fb_code fb_sshkey_read_private(
    const char *path, struct fb_sshkey_secret *out, struct fb_err *err);

/** Appends a private key in OpenSSH's format, unencrypted. The caller wipes the buffer. */
FB_CHECKED enum fb_code fb_sshkey_format_private(const struct fb_sshkey_secret *secret,
    const char *comment, struct fb_buf *out, struct fb_err *err);

/** Writes path (mode 0600) and path.pub (mode 0644), such that ssh-keygen can use them.
 * E_DUPLICATE when either exists. */
FB_CHECKED enum fb_code fb_sshkey_write(const struct fb_sshkey_secret *secret, const char *path,
    const char *comment, struct fb_err *err);

#endif

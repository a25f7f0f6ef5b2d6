/*
 * sshsig.h: detached signatures as `ssh-keygen -Y sign` makes them (OpenSSH's PROTOCOL.sshsig).
 *
 * A signature covers a namespace, so that one made for an incident report cannot be shown as one
 * for a licence. Verifying answers which key signed; whether that key may is the caller's question.
 */
#ifndef FB_RECORD_SSHSIG_H
#define FB_RECORD_SSHSIG_H

#include "record/sshkey.h"

/** Limits of a signature; each has a test. */
enum {
    FB_SSHSIG_TEXT_MAX = 16 * 1024, /**< bytes of the armored text */
    FB_SSHSIG_NAMESPACE_MAX = 200,  /**< bytes of a namespace */
};

/** A signature that was read. */
struct fb_sshsig {
    struct fb_sshkey key; /**< the key that claims to have signed */
    char namespace_text[FB_SSHSIG_NAMESPACE_MAX + 1];
    char hash[8];     /**< "sha512" or "sha256" */
    uint8_t flags;    /**< of a FIDO2 token: FB_SSHSIG_TOUCHED and others; else 0 */
    uint32_t counter; /**< of a FIDO2 token: how often it has signed; else 0 */
};

/** The flag of a FIDO2 token that was touched. */
enum { FB_SSHSIG_TOUCHED = 1 };

/** Signs message under a namespace and appends the armored text, as ssh-keygen writes it. */
FB_CHECKED enum fb_code fb_sshsig_sign(const struct fb_sshkey_secret *secret,
    const char *namespace_text, struct fb_str message, struct fb_buf *out, struct fb_err *err);

/** Reads an armored signature without verifying it, to learn key and namespace. E_SYNTAX,
 * E_UNSUPPORTED, E_LIMIT. */
FB_CHECKED enum fb_code fb_sshsig_parse(
    struct fb_str armored, struct fb_sshsig *out, struct fb_err *err);

/** Splits signatures that stand behind each other in one text, with nothing but white space
 * between; *out_count is at most max (E_LIMIT beyond). The slices are of text. E_SYNTAX. */
FB_CHECKED enum fb_code fb_sshsig_split(
    struct fb_str text, struct fb_str *out, size_t max, size_t *out_count, struct fb_err *err);

/** Verifies that the key inside the signature signed message under namespace_text. *out_key (may be
 * NULL) is that key. E_SIGNATURE with different messages for another namespace, for a message or
 * signature that was altered, and for a FIDO2 token that was not touched (which ssh-keygen lets
 * pass); else as fb_sshsig_parse. */
FB_CHECKED enum fb_code fb_sshsig_verify(struct fb_str armored, const char *namespace_text,
    struct fb_str message, struct fb_sshkey *out_key, struct fb_err *err);

/** As fb_sshsig_verify, and the key must be expected (E_SIGNATURE with both fingerprints). */
FB_CHECKED enum fb_code fb_sshsig_verify_by(struct fb_str armored, const char *namespace_text,
    struct fb_str message, const struct fb_sshkey *expected, struct fb_err *err);

#endif

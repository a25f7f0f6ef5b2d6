/*
 * note.h: C2SP signed notes with Ed25519.
 *
 * A note is text that ends in a newline, an empty line, and lines "— name base64(id || signature)".
 * Signatures of unknown keys are ignored; one of a known key that does not verify refuses the note.
 * https://c2sp.org/signed-note, and https://c2sp.org/tlog-cosignature for cosignatures.
 */
#ifndef FB_LEDGER_NOTE_H
#define FB_LEDGER_NOTE_H

#include "base/buf.h"
#include "base/timestamp.h"
#include "flyball/err.h"

/** Limits of a note; each has a test. */
enum {
    FB_NOTE_MAX = 128 * 1024,    /**< bytes of a note: 16 signatures of any kind fit */
    FB_NOTE_NAME_MAX = 200,      /**< bytes of the name of a key of ours, or one that we know */
    FB_NOTE_SIGNATURES_MAX = 64, /**< signature lines */
};

/** Signature types of C2SP that we verify. */
enum fb_note_type {
    FB_NOTE_ED25519 = 1,     /**< over the text */
    FB_NOTE_COSIGNATURE = 4, /**< over "cosignature/v1", a time and the text */
};

/** The public half of a key. */
struct fb_note_verifier {
    char name[FB_NOTE_NAME_MAX + 1];
    uint32_t key_id;
    enum fb_note_type type;
    uint8_t public_key[32];
};

/** A key that signs. Owns nothing, but wipe it after use. */
struct fb_note_signer {
    struct fb_note_verifier verifier;
    uint8_t secret[64]; /**< seed and public key, as libsodium has it */
};

/** Makes a new Ed25519 key with a name: no spaces, no control characters, no plus. E_SYNTAX. */
FB_CHECKED enum fb_code fb_note_signer_generate(
    struct fb_str name, struct fb_note_signer *out, struct fb_err *err);

/** Makes the key of a 32-byte seed, for tests that must not change from run to run. */
FB_CHECKED enum fb_code fb_note_signer_from_seed(
    struct fb_str name, const uint8_t seed[32], struct fb_note_signer *out, struct fb_err *err);

/** The same two for a key that cosigns (type FB_NOTE_COSIGNATURE): that of a witness. */
FB_CHECKED enum fb_code fb_note_cosigner_generate(
    struct fb_str name, struct fb_note_signer *out, struct fb_err *err);
FB_CHECKED enum fb_code fb_note_cosigner_from_seed(
    struct fb_str name, const uint8_t seed[32], struct fb_note_signer *out, struct fb_err *err);

/** Writes a signing key to a file of mode 0600, one line, as golang.org/x/mod/sumdb/note has it:
 * PRIVATE+KEY+name+hex+base64. E_DUPLICATE when the file exists. */
FB_CHECKED enum fb_code fb_note_signer_write(
    const struct fb_note_signer *signer, const char *path, struct fb_err *err);

/** Reads what fb_note_signer_write wrote. E_NOT_FOUND, E_IO, E_SYNTAX with the file's name;
 * E_UNSUPPORTED when the key is not of the type, so that nobody cosigns with a log's key. */
FB_CHECKED enum fb_code fb_note_signer_read(
    const char *path, enum fb_note_type type, struct fb_note_signer *out, struct fb_err *err);

/** Overwrites the secret. */
void fb_note_signer_wipe(struct fb_note_signer *signer);

/** Reads a verifier key, "name+hex+base64". E_SYNTAX; E_UNSUPPORTED for another signature type. */
FB_CHECKED enum fb_code fb_note_verifier_parse(
    struct fb_str text, struct fb_note_verifier *out, struct fb_err *err);

/** Appends a verifier key as text. */
void fb_note_verifier_format(const struct fb_note_verifier *verifier, struct fb_buf *out);

/** Appends the signed note of a text to out. E_SYNTAX when the text is not valid UTF-8, has control
 * characters or does not end in a newline; E_LIMIT. */
FB_CHECKED enum fb_code fb_note_sign(struct fb_str text, const struct fb_note_signer *signer,
    struct fb_buf *out, struct fb_err *err);

/** Appends the line of a cosignature of a note's text, made at a time in seconds since 1970. signer
 * is a cosigner. E_RANGE for a time before 1970-01-01T00:00:01Z, which means no time; else as
 * fb_note_sign. */
FB_CHECKED enum fb_code fb_note_cosign(struct fb_str text, const struct fb_note_signer *signer,
    fb_time at, struct fb_buf *out, struct fb_err *err);

/** Splits a note at its last empty line into the text and the lines of signatures, of which there
 * is at least one. E_SYNTAX, E_UTF8, E_LIMIT. */
FB_CHECKED enum fb_code fb_note_split(
    struct fb_str note, struct fb_str *text, struct fb_str *signatures, struct fb_err *err);

/** One signature line: the key's name, its id, and the signature's bytes after the id. */
struct fb_note_signature {
    struct fb_str name;
    uint32_t id;
    struct fb_str bytes;
};

/** Reads a signature line, without its newline; bytes is filled and out->bytes points into it.
 * E_SYNTAX, E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_note_signature_parse(
    struct fb_str line, struct fb_buf *bytes, struct fb_note_signature *out, struct fb_err *err);

/** Keys to verify with, and what was found. */
struct fb_note_check {
    const struct fb_note_verifier *verifiers;
    size_t verifier_count;
    struct fb_str text;     /**< out: the text, a slice of the note */
    uint64_t verified;      /**< out: a bit for each verifier whose signature verified */
    size_t verified_count;  /**< out: how many these are, at least 1 */
    uint64_t cosigned_at_s; /**< out: the latest time of a cosignature, 0 when there is none */
};

/** Reads a note and verifies it. E_SYNTAX with line, E_LIMIT, E_SIGNATURE. The out fields of check
 * are written on success only. */
FB_CHECKED enum fb_code fb_note_verify(
    struct fb_str note, struct fb_note_check *check, struct fb_err *err);

#endif

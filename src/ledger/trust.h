/*
 * trust.h: which logs and witnesses are believed, and how many of them it takes (C2SP tlog-policy).
 *
 *     log VKEY [URL]
 *     witness NAME VKEY [URL]
 *     group NAME all|any|K NAME...
 *     quorum NAME|none
 *
 * A checkpoint is good when a listed log whose key has the name of its origin signed it, and enough
 * witnesses cosigned it. A name stands in one group at most, so that no witness counts twice.
 * https://c2sp.org/tlog-policy
 */
#ifndef FB_LEDGER_TRUST_H
#define FB_LEDGER_TRUST_H

#include "ledger/checkpoint.h"
#include "ledger/note.h"

/** Limits of a policy; each has a test. */
enum {
    FB_TRUST_MAX = 65536,      /**< bytes of a file */
    FB_TRUST_LOGS_MAX = 32,    /**< as the specification asks for at least */
    FB_TRUST_NAMES_MAX = 64,   /**< witnesses and groups, 32 of each at most */
    FB_TRUST_KEYS_MAX = 64,    /**< logs and witnesses */
    FB_TRUST_NONE = INT16_MAX, /**< no name: no quorum, member of no group */
};

/** A witness or a group, in the order of the file: members stand before their group. */
struct fb_trust_name {
    struct fb_str name;
    size_t key;        /**< a witness: its place in keys */
    size_t needed;     /**< a group: how many members; 0 for a witness */
    size_t group;      /**< the group that it is a member of, or FB_TRUST_NONE */
    struct fb_str url; /**< a witness: where it is asked; may be empty */
};

/** What is believed. Names point into the text that was read. */
struct fb_trust {
    struct fb_note_verifier keys[FB_TRUST_KEYS_MAX];
    size_t key_count;
    uint64_t logs; /**< a bit for each key of a log; the others are witnesses */
    struct fb_trust_name names[FB_TRUST_NAMES_MAX];
    size_t name_count;
    size_t quorum; /**< the name that must have witnessed, or FB_TRUST_NONE */
};

/** What was found in a checkpoint that is good. */
struct fb_trusted {
    struct fb_checkpoint checkpoint; /**< points into the note */
    size_t witnesses;                /**< of the policy that cosigned it */
    uint64_t cosigned_at_s;          /**< the latest cosignature, 0 when there is none */
};

/** Starts with no log, no witness and no quorum. */
void fb_trust_init(struct fb_trust *trust);

/** Adds a log by its key. E_DUPLICATE, E_LIMIT; E_UNSUPPORTED when it is no key that logs sign with
 * (type 1, Ed25519). On failure trust is unchanged. */
FB_CHECKED enum fb_code fb_trust_add_log(
    struct fb_trust *trust, const struct fb_note_verifier *key, struct fb_err *err);

/** Reads a policy, which text must outlive. Errors have the line: E_SYNTAX, E_DUPLICATE,
 * E_REFERENCE for a name that is not defined above, E_LIMIT, E_UNSUPPORTED for a kind of key. */
FB_CHECKED enum fb_code fb_trust_parse(
    struct fb_str text, struct fb_trust *out, struct fb_err *err);

/** Adds a witness of a name, which text must outlive, by its key, and asks for it in the quorum.
 * The policy has no quorum yet. As fb_trust_parse. */
FB_CHECKED enum fb_code fb_trust_add_witness(struct fb_trust *trust, struct fb_str name,
    const struct fb_note_verifier *key, struct fb_err *err);

/** Verifies a signed checkpoint. E_SIGNATURE when no log that is believed signed it, a signature of
 * a known key is wrong, or too few witnesses cosigned it; E_SYNTAX, E_UTF8, E_LIMIT. */
FB_CHECKED enum fb_code fb_trust_check(
    const struct fb_trust *trust, struct fb_str note, struct fb_trusted *out, struct fb_err *err);

#endif

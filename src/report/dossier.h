/*
 * dossier.h: a liability file as a page and as JSON, with a proof of each record that it cites, and
 * the check of both without the docket.
 *
 * The page ends in a comment that holds the signature, over every byte before it:
 *
 *     <!-- flyball/dossier party/NAME
 *     -----BEGIN SSH SIGNATURE----- ...
 *     -->
 *
 * The JSON is one object: the file as text, its signature, who signed. What stands beside a proof
 * is made from the record alone, so that who checks makes it again from the proved entry and
 * compares.
 */
#ifndef FB_REPORT_DOSSIER_H
#define FB_REPORT_DOSSIER_H

#include "govern/dossier.h"
#include "ledger/trust.h"
#include "report/report.h"

/** Limits; each has an error. */
enum {
    FB_DOSSIER_FILE_MAX = 1 << 28, /**< bytes of a file */
};

/** Appends the proof that the entry seq is in the log (ledger/tlogproof.h), its entry inside. */
typedef enum fb_code (*fb_dossier_prove)(
    void *ctx, uint64_t seq, struct fb_buf *out, struct fb_err *err);

/** Signs a text and appends the armored signature. */
typedef enum fb_code (*fb_dossier_signer)(
    void *ctx, struct fb_str text, struct fb_buf *out, struct fb_err *err);

/** What a file is made of. */
struct fb_dossier_source {
    const struct fb_picture *picture;
    const struct fb_dossier *file;
    struct fb_str signer; /**< id of the party that signs */
    fb_dossier_prove prove;
    fb_dossier_signer sign;
    void *ctx; /**< of both */
};

/** Appends a summary for a terminal: harms, what was owed, how many records. Unsigned. */
FB_CHECKED enum fb_code fb_report_dossier_text(const struct fb_dossier_source *source,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends the page, signed. E_LIMIT, E_NOMEM; else as prove and sign. */
FB_CHECKED enum fb_code fb_report_dossier_html(
    const struct fb_dossier_source *source, struct fb_buf *out, struct fb_err *err);

/** Appends the JSON, signed. */
FB_CHECKED enum fb_code fb_report_dossier_json(
    const struct fb_dossier_source *source, struct fb_buf *out, struct fb_err *err);

/** What a check found. Text is in the arena that was given. */
struct fb_dossier_checked {
    struct fb_str signer;   /**< the party whose key signed, as a record in the log declares */
    char fingerprint[128];  /**< of that key */
    struct fb_str origin;   /**< of the log */
    size_t proofs;          /**< that hold */
    uint64_t entries;       /**< of the log when the proofs were made */
    size_t witnesses;       /**< that cosigned it, of those that are believed */
    fb_time admitted_first; /**< of the records that were proved */
    fb_time admitted_last;
};

/**
 * Checks a page or a JSON text: the signature over all of it, each proof against a checkpoint that
 * trust holds good, that what stands beside each proof is what the proved entry says, that the page
 * points to no record without one, and that the key that signed is declared by one of the proved
 * records and not revoked by another. E_SYNTAX for what is no such file, E_SIGNATURE, E_MISMATCH;
 * else as fb_tlogproof_check.
 */
FB_CHECKED enum fb_code fb_dossier_check(struct fb_str text, const struct fb_trust *trust,
    struct fb_arena *arena, struct fb_dossier_checked *out, struct fb_err *err);

/* ---- shared by the files of the dossier; private to them ---- */

/** Appends what stands beside the proof of a record on the page: all of it from the record. */
void fb_dossier_citation_html(const struct fb_record *record, struct fb_buf *out);

/** Writes the members of a record beside its proof into an open JSON object. */
void fb_dossier_citation_json(const struct fb_record *record, struct fb_json_writer *w);

/** One sentence on whether a harm's hazard was foreseen. */
void fb_dossier_say_foresight(const struct fb_harm *harm, struct fb_buf *out);

/** Appends "filed 3 days after its date", or nothing when it was filed within a day. */
void fb_dossier_say_delay(const struct fb_record *record, struct fb_buf *out);

/** Duties of the file that are late, broken or overdue. */
size_t fb_dossier_breaches(const struct fb_dossier *file);

/** What stands around the signature on the page, and around each proof. */
#define FB_DOSSIER_SEAL "<!-- " FB_NAMESPACE_DOSSIER " "
#define FB_DOSSIER_PROOF "<pre class=\"proof\">"
#define FB_DOSSIER_PROOF_END "</pre></details>\n"

#endif

/*
 * terms.h: what a record is looked up by, as numbers that an index can be made of.
 *
 * A term is 48 bits of the SHA-256 of what it says, so that it is the same everywhere and for ever.
 * That two say the same number is possible: who looks a record up by its terms finds all that he
 * asks for, and rarely others besides. Terms of a record follow from the record alone.
 */
#ifndef FB_RECORD_TERMS_H
#define FB_RECORD_TERMS_H

#include "record/record.h"

/** Most terms of a record: its own, one a field, and as many as there are in each list. */
enum { FB_TERMS_MAX = 2048 };

/** Of the record with an id. */
uint64_t fb_term_id(struct fb_str id);

/** Of the records that supersede the one with an id. */
uint64_t fb_term_newer(struct fb_str id);

/** Of all records of a kind. */
uint64_t fb_term_kind(enum fb_kind kind);

/** Of all records that supersede another; of those that were admitted at an instant. */
uint64_t fb_term_corrections(void);
uint64_t fb_term_corrections_at(fb_time admitted);

/** Of all records of keys that say that one is revoked. */
uint64_t fb_term_revocations(void);

/** Of the records of a kind in whose field a value stands, also among others; with an empty value:
 * without the field. fb_term_has must say yes to it. */
uint64_t fb_term_field(enum fb_kind kind, struct fb_str field, struct fb_str value);

/** Whether the records of a kind have terms of a field: "subject", "issuer", the fields that name
 * records, those of type NAME and DIGEST, the role of a party, the
 * fingerprint of a key, the models of a system and the job names of a run. Where
 * *out_ref (may be NULL) is true it holds ids of records, else words. */
bool fb_term_has(enum fb_kind kind, struct fb_str field, bool *out_ref);

/** Whether records of the kind without the field have a term that says so. */
bool fb_term_has_none(enum fb_kind kind, struct fb_str field);

/** Writes the terms of a record that was admitted; each once; returns their number. */
size_t fb_record_terms(const struct fb_record *record, uint64_t out[FB_TERMS_MAX]);

#endif

/*
 * signature.h: what the columns of the policy signature may hold, for checks and hints.
 *
 * It is built once from record/kinds.def; a field's type there decides the column's type here.
 */
#ifndef FB_LANG_SIGNATURE_H
#define FB_LANG_SIGNATURE_H

#include "lang/lang.h"

/** The columns that every record kind begins with. */
enum { FB_COLUMN_ID, FB_COLUMN_SUBJECT, FB_COLUMN_ISSUER, FB_COLUMN_AT, FB_COLUMN_FIRST_FIELD };

/** What the text of a column is. */
struct fb_domain {
    enum fb_type type;
    const char *ref;   /**< the kind whose ids it holds, or NULL */
    const char *words; /**< "a|b|c" when only these words are possible, or NULL */
    const char *unit;  /**< the unit that numbers must have, as "FLOP", or NULL */
};

/** The domain of a column. relation and column exist. */
const struct fb_domain *fb_policy_domain(uint32_t relation, uint32_t column);

/** True when words ("a|b|c") has this one. */
bool fb_words_have(const char *words, struct fb_str word);

/** Takes the first word off "a|b|c" into *word; false when none is left. */
bool fb_words_next(struct fb_str *words, struct fb_str *word);

/** The id that a policy's text means in a column: in one that holds ids, "aurora" is
 * "party/aurora" and "party/aurora" is itself. Made in arena; ptr is NULL when memory ran out. */
struct fb_str fb_policy_id(
    const struct fb_domain *domain, struct fb_str text, struct fb_arena *arena);

#endif

/*
 * policy.h: decide by policies inside another program, without a ledger.
 *
 * A `law` holds policies and one history of records. It compiles, decides what holds at a moment
 * and explains each verdict by the records it rests on; the verdicts are those that `flyball
 * status` gives of a docket with the same records. Nobody signs here and nothing is kept: who needs
 * that uses a docket.
 *
 * It opens no file, starts no thread, prints nothing and never exits. One law is for one thread at
 * a time. examples/embed is a program of 50 lines.
 */
#ifndef FLYBALL_POLICY_H
#define FLYBALL_POLICY_H

#include "flyball/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fb_law;

/** A verdict. All text is NUL-terminated and lives until the next fb_law_decide or fb_law_free. */
struct fb_judgement {
    const char *id;     /**< as "redline:POLICY/RULE:SYSTEM"; fb_law_explain takes it */
    const char *kind;   /**< "redline", "duty", "case", "order" or "licence" */
    const char *system; /**< the system's id; empty when it concerns none */
    const char *status; /**< as "crossed", "overdue", "IN", "in force", "refused" */
    const char *since;  /**< RFC 3339: since when it is so; empty when not known */
    const char *until;  /**< duties: the deadline; empty when there is none */
    const char *text;   /**< duties: what is owed; otherwise empty */
};

/** Limits; each has an error and a test. */
enum { FB_LAW_POLICIES_MAX = 1000 };

/** Makes an empty law. Free with fb_law_free. E_NOMEM. */
FB_CHECKED enum fb_code fb_law_new(struct fb_law **out, struct fb_err *err);

/** Frees it and all it gave out; NULL is allowed. */
void fb_law_free(struct fb_law *law);

/** Adds a policy (docs/LANGUAGE.md), which is copied. name stands in errors, as a file's. It is in
 * force from its effective date. E_USAGE after the first record, E_LIMIT, or the first error of the
 * text, with line, column and hint. On failure the law is unchanged. */
FB_CHECKED enum fb_code fb_law_policy(
    struct fb_law *law, const char *text, size_t len, const char *name, struct fb_err *err);

/** Adds a record: a JSON object as a person writes it (docs/RECORDS.md), as it was known from
 * `known` on (RFC 3339, or a date), which never decreases. A record without an issuer is filed by
 * the office that also files the policies, as the records that introduce parties are; a party that
 * a record names must have been added before. Errors are those of `flyball add`, with the JSON
 * path. On failure the law is unchanged. */
FB_CHECKED enum fb_code fb_law_record(
    struct fb_law *law, const char *json, size_t len, const char *known, struct fb_err *err);

/** Decides all that holds at `now`, not before the last record. *out (count elements) stays the
 * law's. Red lines come first, then duties, safety cases, orders and licences. */
FB_CHECKED enum fb_code fb_law_decide(struct fb_law *law, const char *now,
    const struct fb_judgement **out, size_t *out_count, struct fb_err *err);

/** Why: sentences, indented, down to the ids of records, of a verdict of the last decision. id may
 * be a unique prefix. *out is the law's, until the next call of this or fb_law_decide.
 * E_NOT_FOUND with near names as hint; E_USAGE when nothing was decided yet or several match. */
FB_CHECKED enum fb_code fb_law_explain(
    struct fb_law *law, const char *id, const char **out, struct fb_err *err);

#ifdef __cplusplus
}
#endif

#endif

/*
 * predicate.h: what a leaf of a safety case asks of the records. Private to the room.
 *
 *     redline POLICY/RULE ruled out
 *     bound TASK below 20% [at 95% confidence]
 *     risk NAME below 0.001
 *     audit STANDARD passed [at level 4]
 *     measure NAME at level 4
 *     review of ID upheld
 *     decision ID granted
 *     record ID stands
 *
 * and behind each, after semicolons, in any order:
 *
 *     within 180 days         no older than that
 *     from DATE, until DATE   valid over that time only
 *     signed by WHO           a party, a role, or "independent": not the system's developer
 *     digest sha256:...       of the record's statement, or of a document that it names
 *
 * What is asked decides health; age and validity decide freshness; signer, digest and the state of
 * keys decide whether it is authentic.
 */
#ifndef FB_GOVERN_PREDICATE_H
#define FB_GOVERN_PREDICATE_H

#include "base/decimal.h"
#include "govern/work.h"

/** Kinds of predicate. */
enum fb_predicate_kind {
    FB_PREDICATE_LINE,
    FB_PREDICATE_BOUND,
    FB_PREDICATE_RISK,
    FB_PREDICATE_AUDIT,
    FB_PREDICATE_MEASURE,
    FB_PREDICATE_REVIEW,
    FB_PREDICATE_DECISION,
    FB_PREDICATE_RECORD,
};

/** A predicate that was read. Text is borrowed. */
struct fb_predicate {
    enum fb_predicate_kind kind;
    struct fb_str name;          /**< of a line, task, risk, standard or safeguard; an id */
    uint64_t level;              /**< AUDIT, MEASURE: at least; 0: any */
    struct fb_decimal threshold; /**< BOUND, RISK: below it */
    double confidence;           /**< BOUND: one-sided */
    int64_t within_us;           /**< 0: any age */
    fb_time from;                /**< FB_TIME_MIN: always */
    fb_time until;               /**< FB_TIME_MAX: for ever */
    struct fb_str signer;        /**< empty: anybody */
    struct fb_str digest;        /**< empty: any */
};

/** Reads a predicate. E_SYNTAX, E_TIME, E_RANGE with a hint. */
FB_CHECKED enum fb_code fb_predicate_parse(
    struct fb_str text, struct fb_predicate *out, struct fb_err *err);

/** What a predicate is asked for. */
struct fb_question {
    struct fb_work *work;
    struct fb_str system; /**< id of the case's own system */
    fb_time at;
    struct fb_map *bounds; /**< of this system: figures by predicate, so that they are made once */
};

/** Answers a predicate from the records; a fb_case_query whose ctx is a struct fb_question. */
FB_CHECKED enum fb_code fb_predicate_ask(void *ctx, struct fb_str text, struct fb_arena *arena,
    struct fb_evidence *out, struct fb_err *err);

/** Takes an instant; see fb_predicate_instants. */
typedef enum fb_code (*fb_instant_taker)(void *ctx, fb_time t, struct fb_err *err);

/** Hands every instant at which the answer to a predicate can change to take. at is not read. */
FB_CHECKED enum fb_code fb_predicate_instants(const struct fb_question *question,
    struct fb_str text, fb_instant_taker take, void *ctx, struct fb_err *err);

#endif

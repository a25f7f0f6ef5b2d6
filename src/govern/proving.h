/* proving.h: the strata at work on a proof: who answers what formulas hold. Private to the room. */
#ifndef FB_GOVERN_PROVING_H
#define FB_GOVERN_PROVING_H

#include "govern/docket_proof.h"
#include "govern/work.h"
#include "proof/check_duty.h"
#include "proof/check_line.h"

/** What a proof is about, or one of the duties that it rests on. */
struct fb_proving_subject {
    const struct fb_version *version; /**< the policy's; NULL: an order or a licence */
    const struct fb_redline *line;    /**< NULL: a duty */
    const struct fb_duty *duty;
    struct fb_str system;       /**< of a line or licence */
    const struct fb_value *key; /**< of a duty */
    enum fb_action action;      /**< of a licence */
};

/** A proof that is made or checked. */
struct fb_proving {
    struct fb_work *work;
    struct fb_proving_subject subject;
    struct fb_proving_subject *rests; /**< duties that an order or a licence rests on */
    size_t rest_count;
    bool exempt;   /**< where it is made: no rule applies to the system, by the engine */
    bool complete; /**< a licence is allowed: it rests on all duties that could forbid the action */
    bool everything;    /**< all red lines have a say, and cases */
    struct fb_buf *out; /**< the judgements, when it is made; NULL: it is checked */
    struct fb_str rest; /**< the lines that are still to be read */
    uint32_t line;      /**< the number of the last one that was */
    size_t judgements;
    size_t size;           /**< bytes of all proofs so far */
    struct fb_trace trace; /**< the work's, in the order in which tuples begin */
    const void *sorted;    /**< the tuples that it is a copy of */
};

/** Runs the strata that the subject needs. Afterwards red lines are in the versions' lines. */
FB_CHECKED enum fb_code fb_proving_run(struct fb_proving *p, struct fb_err *err);

/** What became of the subject's duty, by proofs. After fb_proving_run. */
FB_CHECKED enum fb_code fb_proving_duty(
    struct fb_proving *p, struct fb_obligations *out, struct fb_err *err);

/** The obligations of a duty that an order or licence rests on, by proofs: those with the
 * parameters that the proof names, in its order. None when it names none of this duty. Where a
 * proof must be complete, all of them that are not about other systems, and that there are no more.
 */
FB_CHECKED enum fb_code fb_proving_obligations(struct fb_work *work,
    const struct fb_version *version, const struct fb_duty *duty, struct fb_obligations *out,
    struct fb_err *err);

/** Whether an obligation of a duty, or what its breach leads to, could forbid an action. */
bool fb_work_may_forbid(const struct fb_duty *duty, enum fb_action action);

/** Whether licences of a system (by index) are worked out for the proof. */
bool fb_proving_licenses(const struct fb_work *work, size_t system);

/** Whether a red line (by index) of a version has a say for a system (by index). */
bool fb_proving_wants(
    const struct fb_work *work, const struct fb_version *version, size_t line, size_t system);

/** Whether a formula holds at a time-point, by a proof; the query's access is not used. */
FB_CHECKED enum fb_code fb_proving_holds(struct fb_work *work, const struct fb_form_query *query,
    size_t tp, bool *out, struct fb_err *err);

/** The history of a red line as the checker works it out; where a proof is made it must be the
 * engine's, else E_MISMATCH. */
FB_CHECKED enum fb_code fb_proving_line(struct fb_work *work, const struct fb_line_subject *subject,
    struct fb_segments *out, struct fb_err *err);

#endif

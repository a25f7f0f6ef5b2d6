/*
 * latch.h: the red line operator: assessments in, a piecewise constant three-valued status out.
 *
 * It knows nothing of statistics: an assessment already says where its bounds stand against the
 * thresholds. SEMANTICS.md, Red lines, Latch.
 */
#ifndef FB_ENGINE_LATCH_H
#define FB_ENGINE_LATCH_H

#include "base/why.h"
#include "engine/ir.h"

/** Limits; each has an error and a test. */
enum { FB_LATCH_ASSESSMENTS_MAX = 10000 /**< of one red line and system */ };

/** Status of a red line for a system. */
enum fb_line_status {
    FB_LINE_OUT_OF_SCOPE,
    FB_LINE_NOT_RULED_OUT,
    FB_LINE_RULED_OUT,
    FB_LINE_CROSSED,
};

/** One evaluation of one measure, judged against one red line. */
struct fb_assessment {
    uint32_t measure; /**< index into the red line's measures */
    struct fb_str record_id;
    uint64_t seq;
    fb_time admitted;     /**< counts from here */
    fb_time began;        /**< when the evaluation began */
    fb_time ended;        /**< when it ended; its age runs from here */
    fb_time fresh_until;  /**< stops ruling out at this instant; FB_TIME_MAX: never */
    fb_time withdrawn;    /**< superseded at this instant; FB_TIME_MAX: never */
    fb_time rejected;     /**< a review found at this instant that it does not stand; FB_TIME_MAX:
                               none did */
    bool crosses;         /**< L >= threshold */
    bool rules_out;       /**< U' < threshold and every need but freshness holds */
    bool clears;          /**< U' < clears-below and every need but freshness holds */
    bool defeated;        /**< an open defeater stands against it */
    bool held;            /**< an earlier version of the line was crossed by it: it latches */
    fb_time held_until;   /**< when held: until then that version did not clear */
    struct fb_str issuer; /**< who evaluated */
    struct fb_str log;    /**< the digest of what it was read from; may be empty */
    struct fb_why *why;   /**< one sentence with the figures */
    struct fb_why *rejection; /**< where it was rejected: by which review */
};

/** A stretch of time with one status for one reason. */
struct fb_segment {
    fb_time since; /**< when this status began: `from` of this stretch or of an earlier one */
    fb_time from;
    fb_time until; /**< FB_TIME_MAX for the last */
    enum fb_line_status status;
    bool latched; /**< crossed only because it has not cleared yet */
    struct fb_why *why;
};

/** The status over time: segments that follow each other without a gap from FB_TIME_MIN. */
struct fb_segments {
    struct fb_segment *items;
    size_t count;
};

/** A stretch of time in which the system is inside or unknown (true), or certainly outside. */
struct fb_scope {
    fb_time from;
    bool inside;
    struct fb_why *why;
};

/**
 * The status of a red line over time. Assessments are in the order of admission; scope is in the
 * order of time and begins at FB_TIME_MIN (none: always inside). Where several evaluators measured
 * the same thing the most adverse assessment that is fresh governs; of one evaluator the latest
 * does, also when it shows less than the one before. Several scores of one log are several looks at
 * the same samples: none of them is later than another.
 *
 * - A crossing counts at its admission, however old the evidence. It latches. Neither its age nor
 *   its withdrawal ends the latch, only clearing does.
 * - The latch clears at the first instant at which, for every measure, two evaluations that began
 *   after the latest crossing and are not withdrawn clear, their ends lie at least the dwell apart,
 *   and every governing assessment clears. Where the line has no `clears`: when every measure is
 *   ruled out by evaluations that began after the crossing.
 * - What an earlier version of the line was crossed by and had not cleared latches too, and does
 * not clear before that version ended: a latch takes the tighter of the old state and a replay.
 * - What a review rejected counts for nothing from the review on: the past is run again as if it
 * had not been, so a crossing that rested on it alone ends, and so does a clearing.
 * - Withdrawing an evaluation on which a clearing rested brings the latch back from then on.
 * - Segments live in arena; reasons are copied, so the caller's trees are left as they are.
 *
 * E_LIMIT for more than FB_LATCH_ASSESSMENTS_MAX assessments or when the arena's maximum is
 * reached.
 */
FB_CHECKED enum fb_code fb_latch_run(const struct fb_redline *line,
    const struct fb_assessment *assessments, size_t assessment_count, const struct fb_scope *scope,
    size_t scope_count, struct fb_arena *arena, struct fb_segments *out, struct fb_err *err);

/** True when one that was admitted later is of the same task by the same party, and not another
 * score of the same log: then it governs in place of the earlier one while both hold. */
bool fb_assessment_overtakes(const struct fb_assessment *later, const struct fb_assessment *a);

/** The segment at an instant. */
const struct fb_segment *fb_segment_at(const struct fb_segments *segments, fb_time t);

/** A word for a status: "out of scope", "not ruled out", "ruled out", "crossed". */
const char *fb_line_status_name(enum fb_line_status status);

#endif

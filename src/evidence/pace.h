/*
 * pace.h: whether progress is fast, normal or slow, from readings of a doubling time.
 *
 * SEMANTICS.md, Red lines: pace starts at `fast`, moves towards `slow` only when the confidence
 * bound on the slow side has held for the dwell, and to `fast` at once. The bound on the slow side
 * is the lower end of the doubling time's interval: a reading *allows* the slowest level whose
 * limit that end reaches. A looser level is taken at the first reading that allows it when all
 * readings of at least the dwell before it, two at least, allowed it too; a tighter one at once. As
 * with a red line, what is not ruled out binds: a wide interval that cannot exclude fast growth is
 * fast.
 *
 *          two readings a dwell apart, all between allow it
 *     fast -----------------------> normal -----------------------> slow
 *       ^ <-------------------------   |                              |
 *       |      a reading does not allow it (at once, to what it does) |
 *       +-------------------------------------------------------------+
 */
#ifndef FB_EVIDENCE_PACE_H
#define FB_EVIDENCE_PACE_H

#include <stddef.h>

#include "engine/ir.h"

/** Where the levels end. */
struct fb_pace_rule {
    double normal_from_days; /**< a doubling time of at least this is not fast */
    double slow_from_days;   /**< of at least this, slow; not below normal_from_days */
    int64_t dwell;           /**< microseconds */
};

/** One reading: the interval of the doubling time, as known at an instant. An end that is not known
 * is NaN, which allows nothing. */
struct fb_pace_reading {
    fb_time at;
    double low_days;
    double high_days;
};

/** The pace so far. Begin with fb_pace_start. */
struct fb_pace_state {
    enum fb_pace pace;
    fb_time since;      /**< when it began; FB_TIME_MIN at the start */
    fb_time allowed[3]; /**< private: since when each level has been allowed; FB_TIME_MAX: is not */
    fb_time last;       /**< private */
};

/** Fast, since ever. */
struct fb_pace_state fb_pace_start(void);

/** Takes one reading, not earlier than the last. */
void fb_pace_take(struct fb_pace_state *state, const struct fb_pace_rule *rule,
    const struct fb_pace_reading *reading);

/** The loosest level that the readings since *out_since have allowed and that is not taken yet, as
 * none of them came a dwell after that; the pace itself where there is no such level. */
enum fb_pace fb_pace_awaited(const struct fb_pace_state *state, fb_time *out_since);

/** "fast", "normal" or "slow". */
const char *fb_pace_name(enum fb_pace pace);

#endif

/* sentence.h: verdicts as sentences, and what nearly counted. Private to the room. */
#ifndef FB_GOVERN_SENTENCE_H
#define FB_GOVERN_SENTENCE_H

#include "govern/work.h"

/** What is said: one of these, and its reason. */
struct fb_said {
    const struct fb_duty_view *duty;
    const struct fb_line_view *line;
    const struct fb_licence_view *licence;
    const struct fb_order_view *order;
    const struct fb_why *why;
};

/** One or two sentences, in the arena of the work; empty for what has none. What is longer than
 * some thousand bytes is cut. */
FB_CHECKED enum fb_code fb_work_say(
    struct fb_work *work, const struct fb_said *of, struct fb_str *out, struct fb_err *err);

/** Of a duty that is or was not done in time: the records of the kind that would do it, and why
 * each does not count, those that nearly do first; of a duty that was met late, the records that
 * came in time. *out is NULL when the duty is of another kind, or when there are no such records.
 */
FB_CHECKED enum fb_code fb_work_near(
    struct fb_work *work, const struct fb_duty_view *view, struct fb_why **out, struct fb_err *err);

#endif

/* words.h: the words, tones and short forms that all reports share. */
#ifndef FB_REPORT_WORDS_H
#define FB_REPORT_WORDS_H

#include "govern/picture.h"

/** How a status feels; each output turns it into colours, and never into colours alone. */
enum fb_tone {
    FB_TONE_PLAIN,
    FB_TONE_GOOD,
    FB_TONE_WARN,
    FB_TONE_BAD,
    FB_TONE_FAINT,
    FB_TONE_HEAD
};

/** The tone of a red line's status. */
enum fb_tone fb_tone_of_line(enum fb_line_status status);

/** The tone of a duty's status. */
enum fb_tone fb_tone_of_duty(enum fb_duty_status status);

/** The tone of a safety case's label. */
enum fb_tone fb_tone_of_label(enum fb_label label);

/** An id without its kind: "aurora-2" of "system/aurora-2". */
struct fb_str fb_short_id(struct fb_str id);

/** The title of a system, or its short id. */
struct fb_str fb_system_title(const struct fb_system_view *system);

/** Appends when a duty is due, or what became of it: "due 2026-12-11 07:30, 3 days ago". */
void fb_duty_when(const struct fb_duty_view *view, fb_time now, struct fb_buf *out);

/** When the status of a red line changes by itself if nothing happens; FB_TIME_MAX: never. */
fb_time fb_line_until(const struct fb_line_view *view, fb_time now);

/** Appends since when a red line stands so and when that changes by itself. */
void fb_line_when(const struct fb_line_view *view, fb_time now, struct fb_buf *out);

/** Appends "2 overdue, 1 owed, 1 met" of the duties of a system; "nothing owed" without any. */
void fb_duty_summary(const struct fb_picture *picture, struct fb_str system, struct fb_buf *out);

/** Appends "1 crossed, 2 ruled out" of the red lines of a system; "exempt", "none". */
void fb_line_summary(
    const struct fb_picture *picture, const struct fb_system_view *system, struct fb_buf *out);

/** Appends "cyber: in" of the cases of a system; "none". */
void fb_case_summary(const struct fb_picture *picture, struct fb_str system, struct fb_buf *out);

/** The worst tones of the same three, for colouring a summary. */
enum fb_tone fb_duty_worst(const struct fb_picture *picture, struct fb_str system);
enum fb_tone fb_line_worst(const struct fb_picture *picture, struct fb_str system);
enum fb_tone fb_case_worst(const struct fb_picture *picture, struct fb_str system);

/** Whether a system may do something; NULL when the picture does not say. */
const struct fb_licence_view *fb_licence_of(
    const struct fb_picture *picture, struct fb_str system, enum fb_action action);

#endif

/* lines.h: the lines of an input, one at a time, however large the whole; private to this room. */
#ifndef FB_INGEST_LINES_H
#define FB_INGEST_LINES_H

#include "base/buf.h"
#include "ingest/input.h"

/** Limits; each has a test. */
enum { FB_LINES_MAX = 64 << 20 /**< bytes of one line */ };

/** Where one is in an input. */
struct fb_lines {
    struct fb_input_cursor cursor;
    struct fb_buf window; /**< private: what was read and not yet given */
    size_t at;            /**< private */
    uint32_t line;        /**< of the line that was given last, 1-based */
    uint64_t offset;      /**< of its first byte */
    bool at_end;          /**< private */
};

/** Starts at the beginning of an input, which is borrowed. The caller ends with fb_lines_release.
 */
void fb_lines_init(struct fb_lines *lines, const struct fb_input *input);

/** Frees the window. */
void fb_lines_release(struct fb_lines *lines);

/** Gives the next line that holds more than white space, without its end; valid until the next
 * call. *out_more is false behind the last. E_LIMIT, E_NOMEM, or what reading failed with. */
FB_CHECKED enum fb_code fb_lines_next(
    struct fb_lines *lines, struct fb_str *out, bool *out_more, struct fb_err *err);

/** Moves the place of a filled error, which counts from the beginning of the line at hand, to the
 * input. Returns its code. */
enum fb_code fb_lines_err(const struct fb_lines *lines, struct fb_err *err);

#endif

/* json_private.h: what the JSON files of base share. Everybody else includes json.h. */
#ifndef FB_BASE_JSON_PRIVATE_H
#define FB_BASE_JSON_PRIVATE_H

#include "base/json.h"

/** What one number says. */
struct fb_json_number {
    double value; /**< the nearest double; infinite when the number is too large for one */
    int64_t integer;
    bool is_integer; /**< no fraction, no exponent, and it fits integer */
};

/**
 * Finds the number that text begins with. Returns NULL, and its length in *out_len; or what was
 * expected, and the offset of the first byte that does not fit (text.len: text ended too early).
 */
const char *fb_json_number_scan(struct fb_str text, size_t *out_len);

/**
 * The value of a whole number that fb_json_number_scan found. scratch has room for number.len + 1
 * bytes; what it holds afterwards means nothing.
 */
struct fb_json_number fb_json_number_value(struct fb_str number, char *scratch);

/** Appends the step of a JSON path that leads to a member: .name, or ["odd name"]. */
void fb_json_path_key(struct fb_buf *out, struct fb_str key);

/** Places a filled error at a place of the reader's input; its path, unless the error has one, is
 * that of the last token. Returns err's code. */
enum fb_code fb_json_reader_err_at(
    const struct fb_json_reader *reader, struct fb_json_place place, struct fb_err *err);

#endif

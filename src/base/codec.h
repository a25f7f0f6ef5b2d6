/* codec.h: hexadecimal and base64 (RFC 4648) text. */
#ifndef FB_BASE_CODEC_H
#define FB_BASE_CODEC_H

#include "base/buf.h"

/** Writes 2 * len lower-case digits and a NUL into out, which has room for them. Returns out. */
char *fb_hex_encode(const uint8_t *bytes, size_t len, char *out);

/** The value of one digit of either case; -1 when it is none. */
int fb_hex_digit(char c);

/** Reads exactly len bytes from 2 * len digits of either case; false on anything else. */
bool fb_hex_decode(struct fb_str text, uint8_t *out, size_t len);

/** Appends base64 with padding. */
void fb_base64_encode(struct fb_str bytes, struct fb_buf *out);

/** Appends the bytes of strict base64: padded, no white space, unused bits zero. False on anything
 * else; out is then unchanged. */
bool fb_base64_decode(struct fb_str text, struct fb_buf *out);

#endif

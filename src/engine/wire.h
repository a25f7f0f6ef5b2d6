/*
 * wire.h: numbers, values and byte strings as the engine keeps them in snapshots and histories.
 *
 * Whole numbers are written in groups of seven bits, the lowest first, the top bit saying that more
 * follow; signed ones have their sign in the lowest bit. Reading never goes beyond the end: after
 * the first thing that is malformed, `bad` is set and everything reads as 0.
 */
#ifndef FB_ENGINE_WIRE_H
#define FB_ENGINE_WIRE_H

#include "base/value.h"

/** Bytes that are being read. */
struct fb_wire {
    const uint8_t *pos;
    const uint8_t *end;
    bool bad;
};

/** Starts to read; the bytes are borrowed. */
struct fb_wire fb_wire_of(struct fb_str bytes);

/** Appends. */
void fb_wire_put_u64(struct fb_buf *out, uint64_t number);
void fb_wire_put_i64(struct fb_buf *out, int64_t number);
void fb_wire_put_double(struct fb_buf *out, double number);
void fb_wire_put_text(struct fb_buf *out, struct fb_str text);
void fb_wire_put_value(struct fb_buf *out, struct fb_value value);

/** Reads what was appended; text is borrowed from the bytes. */
uint64_t fb_wire_u64(struct fb_wire *in);
int64_t fb_wire_i64(struct fb_wire *in);
double fb_wire_double(struct fb_wire *in);
struct fb_str fb_wire_text(struct fb_wire *in);
struct fb_value fb_wire_value(struct fb_wire *in);

/** Reads a number that is at most `most`, else bad. */
uint64_t fb_wire_up_to(struct fb_wire *in, uint64_t most);

/** Reads how many things follow, each of at least one byte: no more than there are bytes. */
size_t fb_wire_count(struct fb_wire *in);

/** The bytes that are left. */
size_t fb_wire_left(const struct fb_wire *in);

#endif

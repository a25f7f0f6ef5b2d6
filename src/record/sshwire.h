/*
 * sshwire.h: the encoding of SSH (RFC 4251, section 5) and the text around it.
 *
 * Reading goes through a cursor whose failure is sticky, so that one check at the end suffices.
 */
#ifndef FB_RECORD_SSHWIRE_H
#define FB_RECORD_SSHWIRE_H

#include "base/buf.h"
#include "flyball/err.h"

/** What is still to be read. */
struct fb_sshwire {
    struct fb_str rest;
    bool is_bad; /**< something was not there; all later reads give nothing */
};

/** A cursor at the beginning of bytes. */
struct fb_sshwire fb_sshwire_of(struct fb_str bytes);

/** Takes a big-endian number of four bytes; 0 on failure. */
uint32_t fb_sshwire_u32(struct fb_sshwire *wire);

/** Takes len bytes; the empty slice on failure. */
struct fb_str fb_sshwire_bytes(struct fb_sshwire *wire, size_t len);

/** Takes a string: its length and its bytes. */
struct fb_str fb_sshwire_string(struct fb_sshwire *wire);

/** Takes a positive multiple precision integer in its shortest form; the slice has its bytes
 * without the leading zero. */
struct fb_str fb_sshwire_mpint(struct fb_sshwire *wire);

/** True when nothing failed and nothing is left. */
bool fb_sshwire_is_done(const struct fb_sshwire *wire);

/** Append a number and a string. */
void fb_sshwire_add_u32(struct fb_buf *out, uint32_t n);
void fb_sshwire_add_string(struct fb_buf *out, struct fb_str bytes);

/** Appends bytes between "-----BEGIN label-----" and "-----END label-----", in lines of 70. */
FB_CHECKED enum fb_code fb_sshwire_armor(
    const char *label, struct fb_str bytes, struct fb_buf *out, struct fb_err *err);

/** Appends the bytes of such a text to out, which is strict: nothing before, nothing after but
 * white space. E_SYNTAX, E_NOMEM. */
FB_CHECKED enum fb_code fb_sshwire_unarmor(
    const char *label, struct fb_str text, struct fb_buf *out, struct fb_err *err);

#endif

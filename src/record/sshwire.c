#include "record/sshwire.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "ledger/ed25519.h"

enum { LINE_WIDTH = 70, MARK_MAX = 80 };

struct fb_sshwire fb_sshwire_of(struct fb_str bytes)
{
    FB_ASSERT(bytes.ptr || bytes.len == 0);
    return (struct fb_sshwire){bytes, false};
}

struct fb_str fb_sshwire_bytes(struct fb_sshwire *wire, size_t len)
{
    FB_ASSERT(wire);
    if (wire->is_bad || len > wire->rest.len) {
        wire->is_bad = true;
        return (struct fb_str){NULL, 0};
    }
    struct fb_str taken = fb_str_sub(wire->rest, 0, len);
    wire->rest = fb_str_sub(wire->rest, len, SIZE_MAX);
    return taken;
}

uint32_t fb_sshwire_u32(struct fb_sshwire *wire)
{
    struct fb_str bytes = fb_sshwire_bytes(wire, 4);
    uint32_t n = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        n = n << 8 | (uint8_t)bytes.ptr[i];
    }
    return n;
}

struct fb_str fb_sshwire_string(struct fb_sshwire *wire)
{
    uint32_t len = fb_sshwire_u32(wire);
    return fb_sshwire_bytes(wire, len);
}

struct fb_str fb_sshwire_mpint(struct fb_sshwire *wire)
{
    struct fb_str bytes = fb_sshwire_string(wire);
    if (wire->is_bad || bytes.len == 0 || (uint8_t)bytes.ptr[0] >= 0x80) {
        wire->is_bad = true;
        return (struct fb_str){NULL, 0};
    }
    if (bytes.ptr[0] == 0) {
        bytes = fb_str_sub(bytes, 1, SIZE_MAX);
        /* The zero is there only to keep the number positive. */
        wire->is_bad = bytes.len == 0 || (uint8_t)bytes.ptr[0] < 0x80;
    }
    return bytes;
}

bool fb_sshwire_is_done(const struct fb_sshwire *wire)
{
    FB_ASSERT(wire);
    return !wire->is_bad && wire->rest.len == 0;
}

void fb_sshwire_add_u32(struct fb_buf *out, uint32_t n)
{
    char bytes[4] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};
    fb_buf_add(out, bytes, sizeof(bytes));
}

void fb_sshwire_add_string(struct fb_buf *out, struct fb_str bytes)
{
    FB_ASSERT(bytes.len <= UINT32_MAX);
    fb_sshwire_add_u32(out, (uint32_t)bytes.len);
    fb_buf_add_str(out, bytes);
}

enum fb_code fb_sshwire_armor(
    const char *label, struct fb_str bytes, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(label && out);
    FB_ASSERT(bytes.len > 0);
    struct fb_buf text;
    size_t size = (bytes.len + 2) / 3 * 4;
    size_t lines = (size + LINE_WIDTH - 1) / LINE_WIDTH;
    size_t marks = sizeof("-----BEGIN -----\n-----END -----\n") - 1 + 2 * strlen(label);
    fb_buf_init(&text, size);
    /* At once: growing would leave copies of a private key behind. */
    (void)fb_buf_room(out, size + lines + marks);
    fb_base64_encode(bytes, &text);
    enum fb_code code = fb_buf_check(&text, label, err);
    if (code == FB_OK) {
        fb_buf_addf(out, "-----BEGIN %s-----\n", label);
        for (size_t at = 0; at < text.len; at += LINE_WIDTH) {
            fb_buf_add_str(out, fb_str_sub(fb_buf_str(&text), at, LINE_WIDTH));
            fb_buf_add_char(out, '\n');
        }
        fb_buf_addf(out, "-----END %s-----\n", label);
        code = fb_buf_check(out, label, err);
    }
    if (text.ptr) {
        fb_wipe(text.ptr, text.len);
    }
    fb_buf_release(&text);
    return code;
}

/* Joins the lines between the two marks; false when a mark is missing or something follows. */
static bool join_lines(const char *label, struct fb_str text, struct fb_buf *joined)
{
    char begin[MARK_MAX], end[MARK_MAX];
    snprintf(begin, sizeof(begin), "-----BEGIN %s-----", label);
    snprintf(end, sizeof(end), "-----END %s-----", label);
    struct fb_str line;
    if (!fb_str_line(&text, &line) || !fb_str_is(line, begin)) {
        return false;
    }
    while (fb_str_line(&text, &line)) {
        if (fb_str_is(line, end)) {
            return fb_str_trim(text).len == 0;
        }
        fb_buf_add_str(joined, line);
    }
    return false;
}

enum fb_code fb_sshwire_unarmor(
    const char *label, struct fb_str text, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(label && out);
    FB_ASSERT(strlen(label) < MARK_MAX - 16);
    struct fb_buf joined;
    fb_buf_init(&joined, text.len);
    (void)fb_buf_room(&joined, text.len);
    enum fb_code code = FB_OK;
    bool has_marks = join_lines(label, text, &joined);
    if (joined.state != FB_BUF_GOOD) {
        code = fb_buf_check(&joined, label, err);
    } else if (!has_marks) {
        code = fb_err_set(err, FB_E_SYNTAX,
            "the text is not between '-----BEGIN %s-----' and '-----END %s-----'", label, label);
    } else {
        bool good = fb_base64_decode(fb_buf_str(&joined), out) && out->len > 0;
        code = fb_buf_check(out, label, err);
        if (code == FB_OK && !good) {
            code = fb_err_set(err, FB_E_SYNTAX, "the text of the %s is not base64", label);
        }
    }
    if (joined.ptr) {
        fb_wipe(joined.ptr, joined.len);
    }
    fb_buf_release(&joined);
    return code;
}

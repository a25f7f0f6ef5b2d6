#include "base/codec.h"

#include "base/assert.h"

char *fb_hex_encode(const uint8_t *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    FB_ASSERT(out && (bytes || len == 0));
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = 0;
    return out;
}

int fb_hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool fb_hex_decode(struct fb_str text, uint8_t *out, size_t len)
{
    FB_ASSERT(out || len == 0);
    if (text.len != 2 * len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        int high = fb_hex_digit(text.ptr[2 * i]);
        int low = fb_hex_digit(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void fb_base64_encode(struct fb_str bytes, struct fb_buf *out)
{
    FB_ASSERT(out && bytes.len < SIZE_MAX / 2);
    const uint8_t *p = (const uint8_t *)bytes.ptr;
    size_t encoded = (bytes.len + 2) / 3 * 4;
    char *room = fb_buf_room(out, encoded);
    if (!room) {
        return;
    }
    size_t at = 0;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)p[i] << 16;
        group |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)p[i + 2] : 0;
        room[at++] = base64_digits[group >> 18];
        room[at++] = base64_digits[group >> 12 & 63];
        room[at++] = left > 1 ? base64_digits[group >> 6 & 63] : '=';
        room[at++] = left > 2 ? base64_digits[group & 63] : '=';
    }
    FB_ASSERT(at == encoded);
    fb_buf_grown(out, encoded);
}

/* By character: the value of a digit and 1 more; 0: it is none. */
static const uint8_t base64_values[128] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 63, 0, 0, 0, 64, 53, 54,
    55, 56, 57, 58, 59, 60, 61, 62, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
    14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 0, 0, 0, 0, 0, 0, 27, 28, 29, 30, 31, 32,
    33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 0, 0, 0, 0, 0};

bool fb_base64_decode(struct fb_str text, struct fb_buf *out)
{
    FB_ASSERT(out);
    if (text.len == 0 || text.len % 4 != 0) {
        return text.len == 0;
    }
    const uint8_t *p = (const uint8_t *)text.ptr, *end = p + text.len;
    size_t padding = end[-1] == '=' ? (end[-2] == '=' ? 2 : 1) : 0, at = 0;
    uint8_t *room = (uint8_t *)fb_buf_room(out, text.len / 4 * 3 - padding);
    for (; room && p < end; p += 4) {
        size_t pad = p + 4 == end ? padding : 0;
        uint32_t group = 0;
        for (size_t k = 0; k < 4; k++) {
            unsigned digit = k >= 4 - pad ? 1 : p[k] < 128 ? base64_values[p[k]] : 0;
            if (digit == 0) {
                return false;
            }
            group = group << 6 | (digit - 1);
        }
        uint8_t bytes[3] = {(uint8_t)(group >> 16), (uint8_t)(group >> 8), (uint8_t)group};
        if ((pad == 1 && bytes[2]) || (pad == 2 && (bytes[1] || bytes[2]))) {
            return false;
        }
        for (size_t k = 0; k < 3 - pad; k++) {
            room[at++] = bytes[k];
        }
    }
    if (room) {
        fb_buf_grown(out, at);
    }
    return true;
}

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

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool fb_base64_decode(struct fb_str text, struct fb_buf *out)
{
    FB_ASSERT(out);
    if (text.len % 4 != 0) {
        return false;
    }
    for (size_t i = 0; i < text.len; i += 4) {
        const char *p = text.ptr + i;
        bool last = i + 4 == text.len;
        size_t pad = last && p[3] == '=' ? (p[2] == '=' ? 2 : 1) : 0;
        uint32_t group = 0;
        for (size_t k = 0; k < 4; k++) {
            int digit = k >= 4 - pad ? 0 : base64_digit(p[k]);
            if (digit < 0) {
                return false;
            }
            group = group << 6 | (uint32_t)digit;
        }
        uint8_t bytes[3] = {(uint8_t)(group >> 16), (uint8_t)(group >> 8), (uint8_t)group};
        if ((pad == 1 && bytes[2]) || (pad == 2 && (bytes[1] || bytes[2]))) {
            return false;
        }
        fb_buf_add(out, bytes, 3 - pad);
    }
    return true;
}

#include "base/str.h"

#include <string.h>

#include "base/assert.h"

struct fb_str fb_str_of(const char *nul_terminated)
{
    if (!nul_terminated) {
        return (struct fb_str){NULL, 0};
    }
    return (struct fb_str){nul_terminated, strlen(nul_terminated)};
}

bool fb_str_eq(struct fb_str a, struct fb_str b)
{
    return a.len == b.len && (a.len == 0 || a.ptr == b.ptr || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool fb_str_is(struct fb_str a, const char *nul_terminated)
{
    return fb_str_eq(a, fb_str_of(nul_terminated));
}

int fb_str_cmp(struct fb_str a, struct fb_str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
    if (order != 0) {
        return order < 0 ? -1 : 1;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

bool fb_str_starts(struct fb_str a, struct fb_str prefix)
{
    return a.len >= prefix.len && fb_str_eq(fb_str_sub(a, 0, prefix.len), prefix);
}

bool fb_str_ends(struct fb_str a, struct fb_str suffix)
{
    return a.len >= suffix.len && fb_str_eq(fb_str_sub(a, a.len - suffix.len, suffix.len), suffix);
}

size_t fb_str_find(struct fb_str a, char c, size_t from)
{
    if (from >= a.len) {
        return a.len;
    }
    const char *hit = memchr(a.ptr + from, c, a.len - from);
    return hit ? (size_t)(hit - a.ptr) : a.len;
}

struct fb_str fb_str_sub(struct fb_str a, size_t from, size_t len)
{
    if (from >= a.len) {
        return (struct fb_str){NULL, 0};
    }
    size_t rest = a.len - from;
    return (struct fb_str){a.ptr + from, len < rest ? len : rest};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct fb_str fb_str_trim(struct fb_str a)
{
    while (a.len && is_space(a.ptr[0])) {
        a.ptr++;
        a.len--;
    }
    while (a.len && is_space(a.ptr[a.len - 1])) {
        a.len--;
    }
    return a;
}

bool fb_str_line(struct fb_str *rest, struct fb_str *line)
{
    FB_ASSERT(rest && line);
    if (rest->len == 0) {
        return false;
    }
    size_t end = fb_str_find(*rest, '\n', 0);
    *line = (struct fb_str){rest->ptr, end};
    size_t taken = end < rest->len ? end + 1 : end;
    rest->ptr += taken;
    rest->len -= taken;
    return true;
}

bool fb_str_u64(struct fb_str a, uint64_t *out)
{
    FB_ASSERT(out);
    if (a.len == 0) {
        return false;
    }
    uint64_t n = 0;
    for (size_t i = 0; i < a.len; i++) {
        if (a.ptr[i] < '0' || a.ptr[i] > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(a.ptr[i] - '0');
        if (n > (UINT64_MAX - digit) / 10) {
            return false;
        }
        n = n * 10 + digit;
    }
    *out = n;
    return true;
}

/* Length of the well-formed UTF-8 sequence at p (Unicode 15, table 3-7), 0 when it is none. */
static size_t utf8_sequence(const unsigned char *p, size_t len)
{
    unsigned char lead = p[0];
    if (lead < 0x80) {
        return 1;
    }
    size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || len < need) {
        return 0;
    }
    unsigned char low = 0x80, high = 0xBF;
    if (lead == 0xE0) {
        low = 0xA0;
    } else if (lead == 0xED) {
        high = 0x9F;
    } else if (lead == 0xF0) {
        low = 0x90;
    } else if (lead == 0xF4) {
        high = 0x8F;
    }
    if (p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < need; i++) {
        if (p[i] < 0x80 || p[i] > 0xBF) {
            return 0;
        }
    }
    return need;
}

bool fb_str_utf8(struct fb_str a, size_t *out_offset)
{
    const unsigned char *p = (const unsigned char *)a.ptr;
    size_t i = 0;
    while (i < a.len) {
        size_t step = utf8_sequence(p + i, a.len - i);
        if (step == 0) {
            if (out_offset) {
                *out_offset = i;
            }
            return false;
        }
        i += step;
    }
    return true;
}

/* fuzz_base.c: text, numbers, times and encodings of src/base. What is read back must be equal. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/timestamp.h"

enum { TEXT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Text before the first bad byte is valid, and stays so when it is cut there. */
static void check_utf8(struct fb_str text)
{
    size_t bad_at = 0;
    if (!fb_str_utf8(text, &bad_at)) {
        FB_ASSERT(bad_at < text.len);
        FB_ASSERT(fb_str_utf8(fb_str_sub(text, 0, bad_at), NULL));
    }
}

/* Lines and their separators add up to the text. */
static void check_lines(struct fb_str text)
{
    struct fb_str rest = text, line;
    size_t used = 0;
    while (fb_str_line(&rest, &line)) {
        FB_ASSERT(fb_str_find(line, '\n', 0) == line.len);
        used += line.len + 1;
    }
    bool open_end = text.len > 0 && text.ptr[text.len - 1] != '\n';
    FB_ASSERT(used == text.len + (open_end ? 1 : 0));
    struct fb_str trimmed = fb_str_trim(text);
    FB_ASSERT(fb_str_eq(trimmed, fb_str_trim(trimmed)));
}

static void check_time(struct fb_str text)
{
    struct fb_err err;
    fb_time t, again;
    char printed[FB_TIME_TEXT];
    fb_err_init(&err);
    if (fb_time_parse(text, &t, &err) != FB_OK) {
        FB_ASSERT(err.code == FB_E_TIME && err.message[0] && err.hint[0]);
        return;
    }
    fb_time_format(t, printed);
    FB_ASSERT(fb_time_parse(fb_str_of(printed), &again, &err) == FB_OK && again == t);
}

static void check_numbers(struct fb_str text)
{
    uint64_t number;
    char printed[24];
    if (fb_str_u64(text, &number)) {
        snprintf(printed, sizeof(printed), "%llu", (unsigned long long)number);
        FB_ASSERT(fb_str_ends(text, fb_str_of(printed)));
    }
    if (text.len >= 8) {
        int64_t year, days = 0;
        unsigned month, day;
        memcpy(&days, text.ptr, 4);
        fb_civil_from_days(days, &year, &month, &day);
        FB_ASSERT(month >= 1 && month <= 12 && day >= 1 && day <= 31);
        FB_ASSERT(fb_days_from_civil(year, month, day) == days);
    }
}

/* Any bytes survive base64 and hex; text that decodes is the one that encoding gives. */
static void check_codec(struct fb_str bytes)
{
    struct fb_buf coded, decoded;
    fb_buf_init(&coded, TEXT_MAX);
    fb_buf_init(&decoded, TEXT_MAX);
    fb_base64_encode(bytes, &coded);
    FB_ASSERT(fb_base64_decode(fb_buf_str(&coded), &decoded));
    FB_ASSERT(fb_str_eq(fb_buf_str(&decoded), bytes));
    fb_buf_cut(&coded, 0);
    fb_buf_cut(&decoded, 0);
    if (fb_base64_decode(bytes, &decoded)) {
        fb_base64_encode(fb_buf_str(&decoded), &coded);
        FB_ASSERT(fb_str_eq(fb_buf_str(&coded), bytes));
    }
    uint8_t raw[32];
    char hex[65];
    if (bytes.len % 2 == 0 && bytes.len <= 64 && fb_hex_decode(bytes, raw, bytes.len / 2)) {
        fb_hex_encode(raw, bytes.len / 2, hex);
        FB_ASSERT(strlen(hex) == bytes.len);
    }
    fb_buf_release(&coded);
    fb_buf_release(&decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > TEXT_MAX / 4) {
        return 0;
    }
    struct fb_str text = {(const char *)data, size};
    check_utf8(text);
    check_lines(text);
    check_time(text);
    check_numbers(text);
    check_codec(text);
    return 0;
}

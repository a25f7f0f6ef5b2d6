#include <string.h>

#include "base/assert.h"
#include "report/case_layout.h"

/* About the advance of a character in 12 pixel Helvetica; *len is its bytes. */
static double advance(const char *at, size_t left, size_t *len)
{
    unsigned char c = (unsigned char)*at;
    size_t bytes = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    *len = bytes < left ? bytes : left;
    if (c >= 0xE1) {
        return 12; /* most of what takes three bytes or more is as wide as it is high */
    }
    if (c >= 0x80) {
        return 6.7;
    }
    if (strchr("iljtf.,:;'|!I()[]/ ", c)) {
        return 3.6;
    }
    if (strchr("mwMW@%", c)) {
        return 10.4;
    }
    return c >= 'A' && c <= 'Z' ? 8.4 : 6.7;
}

double fb_case_text_width(struct fb_str text)
{
    double width = 0;
    for (size_t i = 0, len = 0; i < text.len; i += len) {
        width += advance(text.ptr + i, text.len - i, &len);
    }
    return width;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* A line may break after these, when no space comes later. */
static bool is_joint(char c)
{
    return c == '/' || c == '-' || c == '_' || c == '.' || c == ',' || c == '(';
}

/* How many bytes of text, which starts with no space, go on one line: whole words when one fits,
 * else whole parts of a word. */
static size_t line_length(struct fb_str text, double width)
{
    size_t end = 0, word_end = 0, part_end = 0, len = 0;
    double used = 0;
    while (end < text.len && text.ptr[end] != '\n') {
        used += advance(text.ptr + end, text.len - end, &len);
        if (used > width && end > 0) {
            bool at_space = is_space(text.ptr[end]);
            return at_space ? end : word_end > 0 ? word_end : part_end > 0 ? part_end : end;
        }
        if (is_space(text.ptr[end])) {
            word_end = end;
        }
        end += len;
        if (is_joint(text.ptr[end - 1]) && used <= width) {
            part_end = end;
        }
    }
    return end;
}

void fb_case_wrap(struct fb_str text, double width, struct fb_case_label *label)
{
    FB_ASSERT(width > 20 && label->line_count <= FB_CASE_LABEL_LINES_MAX);
    struct fb_str rest = fb_str_trim(text);
    while (rest.len > 0) {
        if (label->line_count == FB_CASE_LABEL_LINES_MAX) {
            label->cut = true;
            return;
        }
        size_t len = line_length(rest, width);
        FB_ASSERT(len > 0);
        label->lines[label->line_count++] = fb_str_trim(fb_str_sub(rest, 0, len));
        rest = fb_str_trim(fb_str_sub(rest, len, SIZE_MAX));
    }
}

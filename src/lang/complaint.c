#include "lang/complaint.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"

enum { WORD_MAX = 64 };

struct fb_span fb_span_of(struct fb_str text, size_t byte)
{
    FB_ASSERT(byte <= text.len);
    struct fb_span at = {1, 1, 0};
    for (size_t i = 0; i < byte; i++) {
        at.line += text.ptr[i] == '\n';
        at.column = text.ptr[i] == '\n' ? 1 : at.column + 1;
    }
    return at;
}

bool fb_complaints_full(const struct fb_complaints *to)
{
    return to->errors->count >= FB_POLICY_ERRORS_MAX;
}

void fb_complain(struct fb_complaints *to, enum fb_code code, struct fb_span at, const char *hint,
    const char *fmt, ...)
{
    FB_ASSERT(code != FB_OK && hint && hint[0]);
    if (fb_complaints_full(to)) {
        return;
    }
    char message[FB_ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    struct fb_err *err = &to->errors->items[to->errors->count++];
    fb_err_init(err);
    fb_err_set(err, code, "%s", message);
    fb_err_hint(err, "%s", hint);
    fb_err_place(err, to->name, at.line, at.column, -1);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance of two words, row by row; words that are too long are far from everything. */
static size_t distance(struct fb_str a, struct fb_str b)
{
    size_t row[WORD_MAX + 1];
    if (a.len > WORD_MAX || b.len > WORD_MAX) {
        return WORD_MAX;
    }
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t replaced = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            diagonal = row[j];
            row[j] = smaller(replaced, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.len];
}

struct fb_nearest fb_nearest_to(struct fb_str word)
{
    return (struct fb_nearest){.word = word};
}

void fb_nearest_offer(struct fb_nearest *nearest, struct fb_str known)
{
    size_t d = distance(nearest->word, known);
    size_t longer = nearest->word.len > known.len ? nearest->word.len : known.len;
    if (d <= (longer + 1) / 3 && (nearest->best.len == 0 || d < nearest->distance)) {
        nearest->best = known;
        nearest->distance = d;
    }
}

const char *fb_nearest_hint(
    const struct fb_nearest *nearest, const char *otherwise, char out[FB_ERR_TEXT_MAX])
{
    FB_ASSERT(otherwise && otherwise[0]);
    if (nearest->best.len > 0) {
        (void)snprintf(out, FB_ERR_TEXT_MAX, "Did you mean '%.*s'?", FB_STR_ARG(nearest->best));
    } else {
        (void)snprintf(out, FB_ERR_TEXT_MAX, "%s", otherwise);
    }
    return out;
}

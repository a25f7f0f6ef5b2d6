#include "flyball/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

void fb_err_init(struct fb_err *err)
{
    FB_ASSERT(err);
    memset(err, 0, sizeof(*err));
    err->offset = -1;
}

enum fb_code fb_err_set(struct fb_err *err, enum fb_code code, const char *fmt, ...)
{
    FB_ASSERT(err && code != FB_OK);
    fb_err_init(err);
    err->code = code;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(err->message, sizeof(err->message), fmt, args);
    va_end(args);
    return code;
}

enum fb_code fb_err_hint(struct fb_err *err, const char *fmt, ...)
{
    FB_ASSERT(err && err->code != FB_OK);
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(err->hint, sizeof(err->hint), fmt, args);
    va_end(args);
    return err->code;
}

/* Copies text and cuts it; a cut error text is better than none. */
static void copy_text(char out[FB_ERR_TEXT_MAX], const char *text)
{
    size_t len = strlen(text);
    len = len < FB_ERR_TEXT_MAX ? len : FB_ERR_TEXT_MAX - 1;
    memmove(out, text, len);
    out[len] = 0;
}

void fb_err_place(
    struct fb_err *err, const char *file, uint32_t line, uint32_t column, int64_t offset)
{
    FB_ASSERT(err && err->code != FB_OK);
    if (file && !err->file[0]) {
        copy_text(err->file, file);
    }
    if (err->line == 0 && line != 0) {
        err->line = line;
        err->column = column;
    }
    if (err->offset < 0) {
        err->offset = offset;
    }
}

void fb_err_path(struct fb_err *err, const char *path)
{
    FB_ASSERT(err && err->code != FB_OK && path);
    if (!err->path[0]) {
        copy_text(err->path, path);
    }
}

enum fb_code fb_err_prefix(struct fb_err *err, const char *fmt, ...)
{
    FB_ASSERT(err && err->code != FB_OK);
    char text[2 * FB_ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, FB_ERR_TEXT_MAX, fmt, args);
    va_end(args);
    FB_ASSERT(len >= 0);
    size_t used = (size_t)len < FB_ERR_TEXT_MAX ? (size_t)len : FB_ERR_TEXT_MAX - 1;
    (void)snprintf(text + used, sizeof(text) - used, ": %s", err->message);
    copy_text(err->message, text);
    return err->code;
}

/* Appends to a text that may already be longer than its room; returns the whole length. */
static size_t append(char *out, size_t size, size_t at, const char *text)
{
    for (size_t i = 0; text[i]; i++, at++) {
        if (at + 1 < size) {
            out[at] = text[i];
        }
    }
    if (size > 0) {
        out[at < size ? at : size - 1] = 0;
    }
    return at;
}

size_t fb_err_format(const struct fb_err *err, char *out, size_t size)
{
    FB_ASSERT(err && (out || size == 0));
    char number[64];
    size_t at = append(out, size, 0, "");
    if (err->file[0]) {
        at = append(out, size, at, err->file);
        at = append(out, size, at, ":");
    }
    if (err->line) {
        (void)snprintf(number, sizeof(number), "%s%u:", err->file[0] ? "" : "line ", err->line);
        at = append(out, size, at, number);
        if (err->column) { /* 0: only the line is known, as of a table's row */
            (void)snprintf(number, sizeof(number), "%u:", err->column);
            at = append(out, size, at, number);
        }
    } else if (err->offset >= 0) {
        (void)snprintf(number, sizeof(number), " byte %lld:", (long long)err->offset);
        at = append(out, size, at, number + (err->file[0] ? 0 : 1));
    }
    if (at) {
        at = append(out, size, at, " ");
    }
    at = append(out, size, at, err->message);
    if (err->path[0]) {
        at = append(out, size, at, "\n  at ");
        at = append(out, size, at, err->path);
    }
    if (err->hint[0]) {
        at = append(out, size, at, "\n  hint: ");
        at = append(out, size, at, err->hint);
    }
    return at;
}

struct code_row {
    enum fb_code code;
    int exit_status;
    const char *name;
    const char *text;
};

static const struct code_row code_rows[] = {
#define FB_ERROR(name, number, exit_class, text) {FB_##name, (exit_class), #name, (text)},
#include "flyball/errors.def"
#undef FB_ERROR
};

static const struct code_row *find_code(enum fb_code code)
{
    for (size_t i = 0; i < sizeof(code_rows) / sizeof(code_rows[0]); i++) {
        if (code_rows[i].code == code) {
            return &code_rows[i];
        }
    }
    return NULL;
}

const char *fb_code_name(enum fb_code code)
{
    const struct code_row *row = find_code(code);
    return row ? row->name : "?";
}

const char *fb_code_text(enum fb_code code)
{
    const struct code_row *row = find_code(code);
    return row ? row->text : "?";
}

int fb_code_exit(enum fb_code code)
{
    const struct code_row *row = find_code(code);
    return row ? row->exit_status : 5;
}

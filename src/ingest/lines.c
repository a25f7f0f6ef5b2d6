#include "ingest/lines.h"

#include <string.h>

#include "base/assert.h"

enum { PIECE = 256 * 1024 };

void fb_lines_init(struct fb_lines *lines, const struct fb_input *input)
{
    FB_ASSERT(lines && input);
    *lines = (struct fb_lines){.cursor = {.input = input}};
    fb_buf_init(&lines->window, FB_LINES_MAX + PIECE);
}

void fb_lines_release(struct fb_lines *lines)
{
    FB_ASSERT(lines);
    fb_buf_release(&lines->window);
}

/* Moves what is left to the front of the window and reads on. */
static enum fb_code fill(struct fb_lines *lines, struct fb_err *err)
{
    struct fb_buf *window = &lines->window;
    size_t left = window->len - lines->at, got = 0;
    if (lines->at > 0 && left > 0) {
        memmove(window->ptr, window->ptr + lines->at, left);
    }
    fb_buf_cut(window, left);
    lines->at = 0;
    char *room = left <= FB_LINES_MAX ? fb_buf_room(window, PIECE) : NULL;
    if (!room && left > FB_LINES_MAX) {
        fb_err_set(err, FB_E_LIMIT, "a line has more than %d bytes", FB_LINES_MAX);
        fb_err_place(err, lines->cursor.input->name, lines->line + 1, 0, -1);
        return err->code;
    }
    if (!room) {
        return fb_err_set(
            err, FB_E_NOMEM, "memory ran out while reading '%s'", lines->cursor.input->name);
    }
    enum fb_code code = fb_input_source(&lines->cursor, room, PIECE, &got, err);
    if (code == FB_OK) {
        fb_buf_grown(window, got);
        lines->at_end = got == 0;
    }
    return code;
}

/* Gives the line that the window holds whole from `at` on, `end` being its end. */
static struct fb_str take(struct fb_lines *lines, size_t end)
{
    struct fb_str line = {lines->window.ptr + lines->at, end - lines->at};
    lines->offset = lines->cursor.offset - (lines->window.len - lines->at);
    lines->line += lines->line < UINT32_MAX;
    lines->at = end < lines->window.len ? end + 1 : end;
    return line;
}

enum fb_code fb_lines_next(
    struct fb_lines *lines, struct fb_str *out, bool *out_more, struct fb_err *err)
{
    FB_ASSERT(lines && out && out_more);
    size_t seen = 0; /* bytes from `at` on that hold no end of a line */
    for (;;) {
        const char *from = lines->window.ptr ? lines->window.ptr + lines->at : "";
        size_t left = lines->window.len - lines->at;
        const char *end = left > seen ? memchr(from + seen, '\n', left - seen) : NULL;
        if (!end && !lines->at_end) {
            seen = left;
            enum fb_code code = fill(lines, err);
            if (code != FB_OK) {
                return code;
            }
            continue;
        }
        if (!end && left == 0) {
            *out_more = false;
            return FB_OK;
        }
        struct fb_str line =
            take(lines, end ? lines->at + (size_t)(end - from) : lines->window.len);
        seen = 0;
        if (fb_str_trim(line).len > 0) {
            *out = line;
            *out_more = true;
            return FB_OK;
        }
    }
}

enum fb_code fb_lines_err(const struct fb_lines *lines, struct fb_err *err)
{
    FB_ASSERT(lines && err);
    err->line = err->line > 0 ? err->line - 1 + lines->line : lines->line;
    err->offset = err->offset >= 0 ? err->offset + (int64_t)lines->offset : (int64_t)lines->offset;
    fb_err_place(err, lines->cursor.input->name, err->line, err->column, err->offset);
    return err->code;
}

#include "report/sheet.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"

enum { WRAP_MIN = 20 };

static const char *tone_code(enum fb_tone tone)
{
    switch (tone) {
    case FB_TONE_GOOD:
        return "\033[32m";
    case FB_TONE_WARN:
        return "\033[33m";
    case FB_TONE_BAD:
        return "\033[1;31m";
    case FB_TONE_FAINT:
        return "\033[2m";
    case FB_TONE_HEAD:
        return "\033[1m";
    case FB_TONE_PLAIN:
        break;
    }
    return "";
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

size_t fb_sheet_width(struct fb_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n += !is_continuation(s.ptr[i]);
    }
    return n;
}

/* Bytes of what must not reach a terminal at s[i]: a control character (C0, DEL, C1, which is 0xC2
 * 0x80..0x9F in UTF-8) or one that turns the reading direction; 0 for anything else. */
static size_t unwanted(struct fb_str s, size_t i)
{
    unsigned char c = (unsigned char)s.ptr[i];
    unsigned char second = i + 1 < s.len ? (unsigned char)s.ptr[i + 1] : 0;
    unsigned char third = i + 2 < s.len ? (unsigned char)s.ptr[i + 2] : 0;
    if (c < 0x20 || c == 0x7F) {
        return 1;
    }
    if (c == 0xC2 && second < 0xA0) {
        return i + 1 < s.len ? 2 : 1;
    }
    bool turns =
        c == 0xE2 &&
        ((second == 0x80 && (third == 0x8E || third == 0x8F || (third >= 0xAA && third <= 0xAE))) ||
            (second == 0x81 && third >= 0xA6 && third <= 0xA9));
    return turns ? 3 : 0;
}

void fb_sheet_clean(struct fb_buf *out, struct fb_str s, size_t max)
{
    size_t width = fb_sheet_width(s);
    size_t keep = width <= max ? width : max > 3 ? max - 3 : 0;
    size_t columns = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_continuation(s.ptr[i]) && columns++ >= keep) {
            break;
        }
        size_t skip = unwanted(s, i);
        fb_buf_add_char(out, skip ? ' ' : s.ptr[i]);
        i += skip ? skip - 1 : 0;
    }
    if (keep < width) {
        fb_buf_add_c(out, "...");
    }
}

/* An escape of colour counts as the columns it has in bytes: a line may wrap a little early. */
void fb_sheet_wrap(struct fb_sheet *sheet, size_t from, size_t indent)
{
    if (sheet->width < indent + WRAP_MIN || sheet->out->len <= from) {
        return;
    }
    struct fb_buf wrapped;
    fb_buf_init(&wrapped, 4 * FB_SHEET_LINE_MAX);
    struct fb_str text = fb_str_sub(fb_buf_str(sheet->out), from, sheet->out->len);
    size_t column = indent;
    for (size_t at = 0; at < text.len;) {
        size_t end = fb_str_find(text, ' ', at);
        struct fb_str word = fb_str_sub(text, at, end - at);
        size_t width = fb_sheet_width(word);
        if (column > indent && column + 1 + width > sheet->width) {
            fb_buf_addf(&wrapped, "\n%*s", (int)indent, "");
            column = indent;
        } else if (at > 0) {
            fb_buf_add_char(&wrapped, ' ');
            column++;
        }
        fb_buf_add_str(&wrapped, word);
        column += width;
        at = end + 1;
    }
    if (wrapped.state == FB_BUF_GOOD) {
        fb_buf_cut(sheet->out, from);
        fb_buf_add_str(sheet->out, fb_buf_str(&wrapped));
    }
    sheet->nomem = sheet->nomem || wrapped.state == FB_BUF_NOMEM;
    fb_buf_release(&wrapped);
}

void fb_sheet_cell(struct fb_sheet *sheet, struct fb_str text, size_t width, enum fb_tone tone)
{
    const char *code = sheet->colour ? tone_code(tone) : "";
    size_t used = fb_sheet_width(text);
    fb_buf_add_c(sheet->out, code);
    fb_sheet_clean(sheet->out, text, width ? width : SIZE_MAX);
    fb_buf_add_c(sheet->out, code[0] ? "\033[0m" : "");
    for (size_t i = used; i < width; i++) {
        fb_buf_add_char(sheet->out, ' ');
    }
    if (width) {
        fb_buf_add_c(sheet->out, "  ");
    }
}

void fb_sheet_end_line(struct fb_sheet *sheet)
{
    struct fb_str text = fb_buf_str(sheet->out);
    while (text.len > 0 && text.ptr[text.len - 1] == ' ') {
        text.len--;
    }
    fb_buf_cut(sheet->out, text.len);
    fb_buf_add_char(sheet->out, '\n');
}

void fb_sheet_heading(struct fb_sheet *sheet, struct fb_str text)
{
    fb_buf_add_c(sheet->out, sheet->colour ? "\033[1m" : "");
    fb_sheet_clean(sheet->out, text, SIZE_MAX);
    fb_buf_add_c(sheet->out, sheet->colour ? "\033[0m\n" : "\n");
}

void fb_sheet_line_release(struct fb_sheet *sheet, struct fb_buf *line)
{
    sheet->nomem = sheet->nomem || line->state == FB_BUF_NOMEM;
    fb_buf_release(line);
}

enum fb_code fb_sheet_check(const struct fb_sheet *sheet, const char *what, struct fb_err *err)
{
    if (sheet->nomem) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for %s", what);
    }
    return fb_buf_check(sheet->out, what, err);
}

void fb_sheet_table_init(struct fb_sheet_table *table, const char *const *heads, size_t columns)
{
    FB_ASSERT(table && heads && columns > 0 && columns <= FB_SHEET_COLUMNS_MAX);
    *table = (struct fb_sheet_table){.heads = heads, .columns = columns};
    fb_buf_init(&table->text, FB_SHEET_TABLE_MAX);
}

void fb_sheet_table_add(struct fb_sheet_table *table, enum fb_tone tone, const char *fmt, ...)
{
    char text[4096];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    FB_ASSERT(len >= 0);
    if (table->count == table->cap) {
        size_t cap = table->cap ? 2 * table->cap : 64;
        struct fb_sheet_table_cell *grown = fb_realloc(table->cells, cap * sizeof(*grown));
        if (!grown) {
            table->nomem = true;
            return;
        }
        table->cells = grown;
        table->cap = cap;
    }
    size_t at = table->text.len;
    fb_sheet_clean(&table->text, fb_str_of(text), FB_SHEET_CELL_MAX);
    table->cells[table->count++] = (struct fb_sheet_table_cell){at, table->text.len - at, tone};
}

static struct fb_str cell_text(const struct fb_sheet_table *table, size_t index)
{
    const struct fb_sheet_table_cell *cell = &table->cells[index];
    return fb_str_sub(fb_buf_str(&table->text), cell->at, cell->len);
}

/* One line of a table: its heads, or the cells from `from` on. */
static void print_row(
    struct fb_sheet *sheet, const struct fb_sheet_table *table, const size_t *widths, size_t from)
{
    for (size_t c = 0; c < table->columns; c++) {
        bool is_head = from == SIZE_MAX, is_right = table->heads[c][0] == '>';
        struct fb_str text =
            is_head ? fb_str_of(table->heads[c] + is_right) : cell_text(table, from + c);
        size_t width = fb_sheet_width(text);
        for (size_t i = width; is_right && i < widths[c]; i++) {
            fb_buf_add_char(sheet->out, ' ');
        }
        bool is_last = c + 1 == table->columns;
        size_t wide = is_last ? 0 : is_right ? width : widths[c];
        fb_sheet_cell(sheet, text, wide, is_head ? FB_TONE_HEAD : table->cells[from + c].tone);
        fb_buf_add_c(sheet->out, !is_last && wide == 0 ? "  " : "");
    }
    fb_buf_add_char(sheet->out, '\n');
}

void fb_sheet_table_end(struct fb_sheet_table *table, struct fb_sheet *sheet, size_t indent)
{
    FB_ASSERT(table && sheet);
    sheet->nomem = sheet->nomem || table->nomem || table->text.state == FB_BUF_NOMEM;
    FB_ASSERT(sheet->nomem || table->count % table->columns == 0);
    size_t widths[FB_SHEET_COLUMNS_MAX];
    for (size_t c = 0; c < table->columns; c++) {
        widths[c] = fb_sheet_width(fb_str_of(table->heads[c] + (table->heads[c][0] == '>')));
    }
    for (size_t i = 0; !sheet->nomem && i < table->count; i++) {
        size_t width = fb_sheet_width(cell_text(table, i));
        size_t *widest = &widths[i % table->columns];
        *widest = width > *widest ? width : *widest;
    }
    for (size_t i = 0; !sheet->nomem && i <= table->count; i += table->columns) {
        fb_buf_addf(sheet->out, "%*s", (int)indent, "");
        print_row(sheet, table, widths, i == 0 ? SIZE_MAX : i - table->columns);
    }
    fb_free(table->cells);
    fb_buf_release(&table->text);
    *table = (struct fb_sheet_table){.heads = table->heads, .columns = table->columns};
}

/* sheet.h: text for a terminal: cells, tables, colours, wrapping. Private to this room. */
#ifndef FB_REPORT_SHEET_H
#define FB_REPORT_SHEET_H

#include "base/buf.h"
#include "report/words.h"

/** Limits of what is laid out. */
enum {
    FB_SHEET_LINE_MAX = 65536,   /**< bytes of one line */
    FB_SHEET_CELL_MAX = 48,      /**< columns of one cell of a table */
    FB_SHEET_COLUMNS_MAX = 16,   /**< columns of a table */
    FB_SHEET_TABLE_MAX = 1 << 28 /**< bytes of the texts of a table */
};

/** A text in the making. */
struct fb_sheet {
    struct fb_buf *out;
    bool colour;
    uint32_t width; /**< 0: lines are not wrapped */
    bool nomem;     /**< a line could not be made */
};

/** The columns that a text takes, counting one a character. */
size_t fb_sheet_width(struct fb_str s);

/** Appends text from a record: nothing in it acts on the terminal. At most max columns; what is cut
 * ends in "...". */
void fb_sheet_clean(struct fb_buf *out, struct fb_str s, size_t max);

/** Breaks what was appended since `from` at spaces, so that no line is longer than the sheet is
 * wide; the first line begins at column indent already, the others are moved there. */
void fb_sheet_wrap(struct fb_sheet *sheet, size_t from, size_t indent);

/** One cell of fixed width, coloured; width 0 is the last of a line, which is not padded. */
void fb_sheet_cell(struct fb_sheet *sheet, struct fb_str text, size_t width, enum fb_tone tone);

/** Ends a line of which the last cells may be empty: without the blanks that pad them. */
void fb_sheet_end_line(struct fb_sheet *sheet);

/** A line of its own that stands out. */
void fb_sheet_heading(struct fb_sheet *sheet, struct fb_str text);

/** Frees a line and remembers when memory ran out for it. */
void fb_sheet_line_release(struct fb_sheet *sheet, struct fb_buf *line);

/** What the sheet came to: FB_OK, E_NOMEM or E_LIMIT. */
FB_CHECKED enum fb_code fb_sheet_check(
    const struct fb_sheet *sheet, const char *what, struct fb_err *err);

/** A cell of a table: a part of its text. */
struct fb_sheet_table_cell {
    size_t at, len;
    enum fb_tone tone;
};

/** A table whose columns are as wide as their widest cells. heads is borrowed; a head that begins
 * with '>' makes its column stand on the right. */
struct fb_sheet_table {
    const char *const *heads;
    size_t columns;
    struct fb_sheet_table_cell *cells;
    size_t count, cap;
    struct fb_buf text;
    bool nomem;
};

/** Starts an empty table of at most FB_SHEET_COLUMNS_MAX columns. */
void fb_sheet_table_init(struct fb_sheet_table *table, const char *const *heads, size_t columns);

/** Adds the next cell, row by row. The text may be hostile. */
void fb_sheet_table_add(struct fb_sheet_table *table, enum fb_tone tone, const char *fmt, ...)
    FB_PRINTF(3, 4);

/** Appends the table to the sheet, indented, and frees it; says in the sheet when memory ran out.
 */
void fb_sheet_table_end(struct fb_sheet_table *table, struct fb_sheet *sheet, size_t indent);

#endif

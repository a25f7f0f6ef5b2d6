/* ics.c: texts, times and folded lines of iCalendar. */
#include "report/ics.h"

#include "base/assert.h"
#include "report/sheet.h"

void fb_ics_text(struct fb_buf *out, struct fb_str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\\' || c == ';' || c == ',' || c == '\n') {
            fb_sheet_clean(out, (struct fb_str){text.ptr + from, i - from}, SIZE_MAX);
            fb_buf_add_char(out, '\\');
            fb_buf_add_char(out, c == '\n' ? 'n' : c);
            from = i + 1;
        }
    }
    if (from < text.len) {
        fb_sheet_clean(out, (struct fb_str){text.ptr + from, text.len - from}, SIZE_MAX);
    }
}

bool fb_ics_time(struct fb_buf *out, fb_time t)
{
    if (t == FB_TIME_MAX || t < -800000 * FB_DAY) {
        return false;
    }
    int64_t days = t / FB_DAY - (t % FB_DAY < 0), year;
    int64_t seconds = (t - days * FB_DAY) / FB_SECOND;
    unsigned month, day;
    fb_civil_from_days(days, &year, &month, &day);
    if (year < 1 || year > 9999) {
        return false;
    }
    fb_buf_addf(out, "%04d%02u%02uT%02d%02d%02dZ", (int)year, month, day, (int)(seconds / 3600),
        (int)(seconds / 60 % 60), (int)(seconds % 60));
    return true;
}

void fb_ics_line(struct fb_buf *out, struct fb_str line)
{
    size_t column = 0;
    for (size_t i = 0; i < line.len;) {
        size_t end = i + 1; /* of the character */
        while (end < line.len && end - i < 4 && ((unsigned char)line.ptr[end] & 0xC0) == 0x80) {
            end++;
        }
        if (column + (end - i) > FB_ICS_LINE) {
            fb_buf_add_c(out, "\r\n ");
            column = 1;
        }
        fb_buf_add(out, line.ptr + i, end - i);
        column += end - i;
        i = end;
    }
    FB_ASSERT(column <= FB_ICS_LINE);
    fb_buf_add_c(out, "\r\n");
}

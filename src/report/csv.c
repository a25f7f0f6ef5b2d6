#include "report/csv.h"

#include <string.h>

#include "base/assert.h"

void fb_csv_put(struct fb_buf *out, struct fb_str field, bool last)
{
    FB_ASSERT(out);
    bool formula = field.len > 0 && strchr("=+-@\t\r", field.ptr[0]);
    fb_buf_add_char(out, '"');
    fb_buf_add_c(out, formula ? "'" : "");
    for (size_t i = 0; i < field.len; i++) {
        fb_buf_add_c(out, field.ptr[i] == '"' ? "\"" : "");
        fb_buf_add_char(out, field.ptr[i]);
    }
    fb_buf_add_c(out, last ? "\"\r\n" : "\",");
}

void fb_csv_put_time(struct fb_buf *out, fb_time t, bool last)
{
    char text[FB_TIME_TEXT];
    bool known = t != FB_TIME_MIN && t != FB_TIME_MAX;
    fb_csv_put(out, known ? fb_str_of(fb_time_format(t, text)) : (struct fb_str){NULL, 0}, last);
}

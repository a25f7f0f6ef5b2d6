#include "report/report.h"
enum fb_code fb_report_html(
    const struct fb_picture *picture, struct fb_buf *out, struct fb_err *err)
{
    (void)picture;
    fb_buf_add_c(out, "<html></html>");
    return fb_buf_check(out, "the page", err);
}

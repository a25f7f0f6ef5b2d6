/*
 * matrix.h: several policies side by side, as text, JSON and a page.
 *
 * Nothing here decides anything: the matrix comes from lang/diff/matrix.h.
 */
#ifndef FB_REPORT_MATRIX_H
#define FB_REPORT_MATRIX_H

#include "lang/diff/matrix.h"
#include "report/report.h"

/** Appends the matrix for a terminal: a block a row, a line a document. */
FB_CHECKED enum fb_code fb_report_matrix_text(const struct fb_matrix *matrix,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends the matrix as one JSON object. */
FB_CHECKED enum fb_code fb_report_matrix_json(
    const struct fb_matrix *matrix, struct fb_buf *out, struct fb_err *err);

/** Appends the matrix as one self-contained page. */
FB_CHECKED enum fb_code fb_report_matrix_html(
    const struct fb_matrix *matrix, struct fb_buf *out, struct fb_err *err);

#endif

/* losses.h: what a written format did not take of a case. */
#ifndef FB_CASE_LOSSES_H
#define FB_CASE_LOSSES_H

#include "case/formats.h"

/**
 * Reads back what was written of a document and appends one line for each key that is not there any
 * more, or has another value, with the number of elements and the first of them:
 * "'evidence' of 3 elements, 'Sn1' among them". Nothing is appended when nothing is lost. That a
 * list of one is a single name, or an id says the kind that nodeType said, is no loss; neither is
 * what a format adds. Errors as fb_case_read_tree.
 */
FB_CHECKED enum fb_code fb_case_losses(const struct fb_doc *doc, enum fb_case_format format,
    struct fb_str written, struct fb_buf *out, struct fb_err *err);

#endif

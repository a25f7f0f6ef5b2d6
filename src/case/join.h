/* join.h: several modules as one file. */
#ifndef FB_CASE_JOIN_H
#define FB_CASE_JOIN_H

#include "case/document.h"

/**
 * Makes one tree of the native format out of all modules of a document, in arena: the section of
 * the first with the others under `parts`, and all elements, those of the others with `inModule`.
 * What modules develop of each other must be in the document already (fb_rules_extend); it becomes
 * support. A document of one module gives its own tree. E_NOMEM.
 */
FB_CHECKED enum fb_code fb_doc_join(
    const struct fb_doc *doc, struct fb_arena *arena, struct fb_yaml **out, struct fb_err *err);

#endif

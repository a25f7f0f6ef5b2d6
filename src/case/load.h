/* load.h: cases from files. */
#ifndef FB_CASE_LOAD_H
#define FB_CASE_LOAD_H

#include "case/formats.h"

/** How files are read. */
struct fb_load_options {
    bool follow;                /**< also read the files that modules use */
    bool once;                  /**< a file that is named again is not read again; else C06 */
    enum fb_case_format format; /**< of all files; UNKNOWN: of each by itself */
};

/**
 * Reads files into a document, in order, and then what they use. A module that is there already,
 * or without `once` a file, ends the reading with finding C06. What a module uses stands in the
 * folder of the file that paths gives, or below, and is reached through no link: E_UNSUPPORTED at
 * the name of another. All lives in the document's arena. Errors as fb_io_read, fb_case_read_tree
 * and fb_doc_add, with the file.
 */
FB_CHECKED enum fb_code fb_doc_load(struct fb_doc *doc, const struct fb_load_options *options,
    const char *const *paths, size_t count, struct fb_err *err);

/** Reads a whole file of at most 16 MiB into arena ("-": standard input). */
FB_CHECKED enum fb_code fb_case_read_file(
    const char *path, struct fb_arena *arena, struct fb_str *out, struct fb_err *err);

#endif

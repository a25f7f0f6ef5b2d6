/*
 * pattern.h: patterns of text, as MATCHES has them. They are written as OCaml's Str writes them, in
 * which groups and alternatives take a backslash: "\(a\|b\)*c". What is found is the leftmost
 * match, and of those the longest (POSIX), where Str takes the first in the order of alternatives.
 */
#ifndef FB_ENGINE_PATTERN_H
#define FB_ENGINE_PATTERN_H

#include "base/str.h"
#include "flyball/err.h"

/** Limits; each has an error and a test. */
enum {
    FB_PATTERN_MAX = 256,       /**< bytes of a pattern */
    FB_PATTERN_SIZE_MAX = 4096, /**< after nested repetitions are unfolded */
    FB_PATTERN_DEPTH_MAX = 16,  /**< groups in each other */
    FB_PATTERN_LOOPS_MAX = 2,   /**< repetitions in each other: the library's time grows so fast */
    FB_PATTERN_GROUPS_MAX = 16,
    FB_PATTERN_ANCHORS_MAX = 8, /**< ^, $ and \\b: and beside one nothing that may match nothing is
                                     repeated */
};

struct fb_pattern;

/** Compiles a pattern. E_SYNTAX when it is malformed, E_UNSUPPORTED for references to groups,
 * E_LIMIT. Free with fb_pattern_free. */
FB_CHECKED enum fb_code fb_pattern_new(
    struct fb_str text, struct fb_pattern **out, struct fb_err *err);

/** Frees it; NULL is allowed. */
void fb_pattern_free(struct fb_pattern *pattern);

/** What was found. */
struct fb_pattern_match {
    bool found;
    struct fb_str groups[FB_PATTERN_GROUPS_MAX]; /**< in text; a NULL ptr: it took no part */
};

/** Looks for the pattern in text. E_NOMEM. */
FB_CHECKED enum fb_code fb_pattern_find(struct fb_pattern *pattern, struct fb_str text,
    struct fb_pattern_match *out, struct fb_err *err);

#endif

/*
 * diff.h: what differs between two arguments, by what they say and not by how they are written.
 */
#ifndef FB_CASE_DIFF_H
#define FB_CASE_DIFF_H

#include "case/case.h"

/** Kinds of difference. */
enum fb_case_change_kind {
    FB_CASE_ADDED,   /**< an element that is new */
    FB_CASE_REMOVED, /**< one that is gone */
    FB_CASE_EDITED,  /**< it says something else */
    FB_CASE_LABELED, /**< its label, or what is known of its evidence, is another */
};

/** One difference. Text lives in the arena of the comparison, or is borrowed from the arguments. */
struct fb_case_change {
    enum fb_case_change_kind kind;
    bool is_module;   /**< it is about a module, and not about an element */
    struct fb_str id; /**< of the element; of a module its name */
    const char *what; /**< which key of it: "text", "supportedBy", "label" ... */
    struct fb_str older;
    struct fb_str newer;
};

/** All of them. */
struct fb_case_changes {
    struct fb_case_change *items;
    size_t count;
};

/** Compares two labelled arguments: first their modules, which belong together by name, the first
 * ones whatever they are called; then element by element with the same id, those of the older in
 * its order, then those that are new. The order of elements, and of the names in a list, says
 * nothing. Lives in arena. E_NOMEM. */
FB_CHECKED enum fb_code fb_case_diff(const struct fb_case *older, const struct fb_case *newer,
    struct fb_arena *arena, struct fb_case_changes *out, struct fb_err *err);

/** A word for a kind: "added", "removed", "edited", "label". */
const char *fb_case_change_name(enum fb_case_change_kind kind);

#endif

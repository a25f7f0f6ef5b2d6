/* bindings.h: which variables a condition binds, that is, gives a value wherever it holds. */
#ifndef FB_LANG_CHECK_BINDINGS_H
#define FB_LANG_CHECK_BINDINGS_H

#include "lang/syntax/tree.h"

/** A small set of names in the order in which they came. Names are borrowed. */
struct fb_names {
    struct fb_str items[FB_IR_VARS_MAX];
    size_t count;
    bool full; /**< a name did not fit */
};

/** True when the set has the name. */
bool fb_names_have(const struct fb_names *names, struct fb_str name);

/** Adds a name unless it is there. */
void fb_names_add(struct fb_names *names, struct fb_str name);

/** Adds the variables that a condition binds: those of facts and red lines, of every part of an
 * `and`, of all parts of an `or` together, of none of a `not`. Definitions are resolved. */
void fb_bindings(const struct fb_cond *cond, struct fb_names *names);

#endif

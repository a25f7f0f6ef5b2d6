/* classes.h: the classes of incidents that all packs share (classes.def). */
#ifndef FB_RECORD_CLASSES_H
#define FB_RECORD_CLASSES_H

#include "base/str.h"

/** A class. */
struct fb_class {
    const char *name;
    const char *text; /**< what it means */
    const char *laws; /**< whose clocks it can start */
};

/** All of them, in the order of classes.def; *out_count is their number. Static. */
const struct fb_class *fb_classes(size_t *out_count);

/** The class with this name, or NULL: rules may know others. Static. */
const struct fb_class *fb_class_named(struct fb_str name);

#endif

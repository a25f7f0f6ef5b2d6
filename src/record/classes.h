/* classes.h: the classes of incidents that all packs share (classes.def). */
#ifndef FB_RECORD_CLASSES_H
#define FB_RECORD_CLASSES_H

#include "base/str.h"

/** A class. */
struct fb_class {
    const char *name;
    const char *text;  /**< what it means */
    const char *laws;  /**< whose clocks it can start */
    const char *terms; /**< how words about its hazard begin, by '|'; "" when it names none */
};

/** All of them, in the order of classes.def; *out_count is their number. Static. */
const struct fb_class *fb_classes(size_t *out_count);

/** The class with this name, or NULL: rules may know others. Static. */
const struct fb_class *fb_class_named(struct fb_str name);

/** True when a text has a word, or words in a row, that begin with one of the class's terms,
 * without regard to ASCII case. *out_term and *out_at are the first such term and its place in the
 * text. */
bool fb_class_speaks(
    const struct fb_class *class_, struct fb_str text, struct fb_str *out_term, size_t *out_at);

#endif

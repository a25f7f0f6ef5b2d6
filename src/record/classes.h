/* classes.h: the classes of incidents that all packs share (classes.def). */
#ifndef FB_RECORD_CLASSES_H
#define FB_RECORD_CLASSES_H

#include "base/str.h"

/** A class. */
struct fb_class {
    const char *name;
    const char *text;   /**< what it means */
    const char *laws;   /**< whose clocks it can start */
    const char *terms;  /**< words about its hazard, by '|' (classes.def); "" when it names none */
    const char *source; /**< where the words are from */
};

/** Words of a text that speak of a hazard. */
struct fb_class_match {
    struct fb_str term; /**< by which term of the class; static */
    size_t at, len;     /**< where in the text, from the first word to the last */
};

/** All of them, in the order of classes.def; *out_count is their number. Static. */
const struct fb_class *fb_classes(size_t *out_count);

/** The class with this name, or NULL: rules may know others. Static. */
const struct fb_class *fb_class_named(struct fb_str name);

/** True when words of a text speak of the class's hazard; *out_match is the first that do. ASCII
 * case and what is no letter between words make no difference. Words count with English endings;
 * linear in the text for each term. */
bool fb_class_speaks(
    const struct fb_class *class_, struct fb_str text, struct fb_class_match *out_match);

/** True when a word is another with an English ending or without: steal, stealing; copy, copied.
 * Both in lower case. */
bool fb_word_is(struct fb_str word, struct fb_str stem);

#endif

/* families.h: the families of evidence (families.def): what each asks, counts and feeds. */
#ifndef FB_EVIDENCE_FAMILIES_H
#define FB_EVIDENCE_FAMILIES_H

#include "base/str.h"

/** A family. All texts are static. */
struct fb_family {
    const char *name;       /**< one word */
    const char *title;      /**< as people write it */
    const char *question;   /**< what it asks */
    const char *sample;     /**< what one sample is, and what makes samples depend on each other */
    const char *estimators; /**< which apply, with commas */
    const char *feeds;      /**< what it feeds of red lines and safety cases */
};

/** All families, in the order of the table. */
const struct fb_family *fb_families(size_t *out_count);

/** The family of a name; NULL when there is none. */
const struct fb_family *fb_family_find(struct fb_str name);

#endif

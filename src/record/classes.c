#include "record/classes.h"

#include "base/assert.h"

static const struct fb_class classes[] = {
#define FB_CLASS(name, text, laws) {#name, text, laws},
#include "record/classes.def"
};

const struct fb_class *fb_classes(size_t *out_count)
{
    FB_ASSERT(out_count);
    *out_count = sizeof(classes) / sizeof(classes[0]);
    return classes;
}

const struct fb_class *fb_class_named(struct fb_str name)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (fb_str_is(name, classes[i].name)) {
            return &classes[i];
        }
    }
    return NULL;
}

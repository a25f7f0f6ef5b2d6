#include "evidence/families.h"

#include "base/assert.h"

static const struct fb_family families[] = {
#define FB_FAMILY(name, title, question, sample, estimators, feeds)                                \
    {(name), (title), (question), (sample), (estimators), (feeds)},
#include "evidence/families.def"
#undef FB_FAMILY
};

const struct fb_family *fb_families(size_t *out_count)
{
    FB_ASSERT(out_count);
    *out_count = sizeof(families) / sizeof(families[0]);
    return families;
}

const struct fb_family *fb_family_find(struct fb_str name)
{
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        if (fb_str_is(name, families[i].name)) {
            return &families[i];
        }
    }
    return NULL;
}

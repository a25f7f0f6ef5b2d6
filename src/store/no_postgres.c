/* In place of postgres.c in a build without libpq. */
#include "base/assert.h"
#include "store/store.h"

enum fb_code fb_store_open_postgres(const char *source, const struct fb_store_options *options,
    struct fb_store **out, struct fb_err *err)
{
    FB_ASSERT(source && options);
    FB_ASSERT(out);
    fb_err_set(err, FB_E_UNSUPPORTED, "this flyball was built without PostgreSQL");
    return fb_err_hint(err, "Build it again with libpq-dev installed.");
}

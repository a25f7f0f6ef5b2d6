#include "report/pour.h"

#include "base/assert.h"
#include "base/limit.h"

enum fb_code fb_pour(const struct fb_pour *pour, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(out);
    if (!pour || out->len < fb_limit(FB_POUR_BYTES)) {
        return FB_OK;
    }
    enum fb_code code = fb_buf_check(out, "a part of the answer", err);
    code = code ? code : pour->put(pour->ctx, out, err);
    fb_buf_clear(out);
    return code;
}

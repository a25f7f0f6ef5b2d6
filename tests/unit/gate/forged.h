/* forged.h: an entry that nobody signed, as who keeps a docket's log could append it. */
#ifndef FB_TEST_FORGED_H
#define FB_TEST_FORGED_H

#include "../govern/story.h"
#include "fb_test.h"

/* The last entry of a ledger, of a system "s", with another title of the same length in `out`, and
 * how many entries there are. */
static inline uint64_t forge(struct fb_ledger *ledger, fb_ledger_entry *last, struct fb_buf *out)
{
    uint64_t size = 0;
    struct fb_err err;
    fb_err_init(&err);
    fb_buf_init(out, FB_LEDGER_ENTRY_MAX);
    FB_TEST_OK(fb_ledger_size(ledger, &size, &err));
    FB_TEST_OK(fb_ledger_read(ledger, size - 1, last, out, &err));
    char *id = memmem(out->ptr, out->len, "system/s", 8);
    assert_non_null(id);
    id[7] = 't';
    return size;
}

#endif

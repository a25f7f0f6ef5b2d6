/* fuzz_lsp.c: messages of an editor, a line each, after `initialize`; then the same bytes as the
 * stream itself. Each request is answered, and nothing breaks. */
#include "base/assert.h"
#include "cli/lsp.h"

enum { TEXT_MAX = 1 << 14 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum fb_code drop(void *ctx, struct fb_str bytes, struct fb_err *err)
{
    (void)err;
    *(size_t *)ctx += bytes.len;
    return FB_OK;
}

static void feed(struct fb_lsp *lsp, struct fb_str body)
{
    struct fb_err err;
    struct fb_buf message;
    fb_err_init(&err);
    fb_buf_init(&message, TEXT_MAX * 2);
    fb_buf_addf(&message, "Content-Length: %zu\r\n\r\n", body.len);
    fb_buf_add_str(&message, body);
    size_t half = message.len / 2;
    struct fb_str all = fb_buf_str(&message);
    FB_ASSERT(fb_lsp_feed(lsp, fb_str_sub(all, 0, half), &err) == FB_OK);
    FB_ASSERT(fb_lsp_feed(lsp, fb_str_sub(all, half, all.len), &err) == FB_OK);
    fb_buf_release(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_lsp *lsp = NULL;
    struct fb_err err;
    size_t said = 0;
    bool clean;
    struct fb_str rest = {(const char *)data, size}, line;
    if (size > TEXT_MAX) {
        return 0;
    }
    fb_err_init(&err);
    FB_ASSERT(fb_lsp_new(drop, &said, &lsp, &err) == FB_OK);
    feed(lsp, FB_STR("{\"id\":1,\"method\":\"initialize\",\"params\":{}}"));
    FB_ASSERT(said > 0);
    while (fb_str_line(&rest, &line) && !fb_lsp_over(lsp, &clean)) {
        feed(lsp, line);
    }
    fb_lsp_free(lsp);
    FB_ASSERT(fb_lsp_new(drop, &said, &lsp, &err) == FB_OK);
    enum fb_code code = fb_lsp_feed(lsp, (struct fb_str){(const char *)data, size}, &err);
    FB_ASSERT(code == FB_OK || err.message[0]);
    fb_lsp_free(lsp);
    return 0;
}

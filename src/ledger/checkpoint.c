#include "ledger/checkpoint.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"

void fb_checkpoint_format(const struct fb_checkpoint *checkpoint, struct fb_buf *out)
{
    FB_ASSERT(checkpoint && out);
    FB_ASSERT(checkpoint->origin.len > 0);
    fb_buf_add_str(out, checkpoint->origin);
    fb_buf_addf(out, "\n%" PRIu64 "\n", checkpoint->size);
    fb_base64_encode((struct fb_str){(const char *)checkpoint->root.bytes, FB_HASH_SIZE}, out);
    fb_buf_add_char(out, '\n');
    fb_buf_add_str(out, checkpoint->extension);
}

static bool parse_size(struct fb_str text, uint64_t *out)
{
    bool has_leading_zero = text.len > 1 && text.ptr[0] == '0';
    return !has_leading_zero && fb_str_u64(text, out) && *out <= INT64_MAX;
}

static enum fb_code parse_root(struct fb_str text, struct fb_hash *out, struct fb_err *err)
{
    struct fb_buf bytes;
    fb_buf_init(&bytes, FB_HASH_SIZE + 3);
    enum fb_code code = FB_OK;
    bool good = fb_base64_decode(text, &bytes) && bytes.len == FB_HASH_SIZE;
    if (bytes.state == FB_BUF_NOMEM) {
        code = fb_buf_check(&bytes, "the root", err);
    } else if (!good) {
        code = fb_err_set(err, FB_E_SYNTAX, "the root of the checkpoint is not 32 bytes in base64");
        fb_err_place(err, NULL, 3, 0, -1);
    } else {
        memcpy(out->bytes, bytes.ptr, FB_HASH_SIZE);
    }
    fb_buf_release(&bytes);
    return code;
}

static bool has_empty_line(struct fb_str text)
{
    struct fb_str line;
    while (fb_str_line(&text, &line)) {
        if (line.len == 0) {
            return true;
        }
    }
    return false;
}

enum fb_code fb_checkpoint_parse(struct fb_str text, struct fb_checkpoint *out, struct fb_err *err)
{
    FB_ASSERT(out);
    FB_ASSERT(text.ptr || text.len == 0);
    struct fb_checkpoint found;
    struct fb_str size = {NULL, 0}, root = {NULL, 0}, rest = text;
    bool ends_well = text.len > 0 && text.ptr[text.len - 1] == '\n';
    if (!ends_well || !fb_str_line(&rest, &found.origin) || !fb_str_line(&rest, &size) ||
        !fb_str_line(&rest, &root) || found.origin.len == 0 || has_empty_line(rest)) {
        return fb_err_set(err, FB_E_SYNTAX, "the text is no checkpoint of three lines");
    }
    if (!parse_size(size, &found.size)) {
        fb_err_set(err, FB_E_SYNTAX, "'%.*s' is no size of a tree", FB_STR_ARG(size));
        fb_err_place(err, NULL, 2, 0, -1);
        return err->code;
    }
    enum fb_code code = parse_root(root, &found.root, err);
    if (code != FB_OK) {
        return code;
    }
    found.extension = rest;
    *out = found;
    return FB_OK;
}

#include "ledger/tlogproof.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"

static const char first_line[] = "c2sp.org/tlog-proof@v1";

void fb_tlogproof_format(const struct fb_tlogproof *proof, struct fb_buf *out)
{
    FB_ASSERT(proof && out);
    FB_ASSERT(proof->path.count <= FB_PROOF_MAX);
    fb_buf_addf(out, "%s\n", first_line);
    if (proof->extra.len > 0) {
        fb_buf_add_c(out, "extra ");
        fb_base64_encode(proof->extra, out);
        fb_buf_add_char(out, '\n');
    }
    fb_buf_addf(out, "index %" PRIu64 "\n", proof->index);
    for (size_t i = 0; i < proof->path.count; i++) {
        const char *bytes = (const char *)proof->path.hashes[i].bytes;
        fb_base64_encode((struct fb_str){bytes, FB_HASH_SIZE}, out);
        fb_buf_add_char(out, '\n');
    }
    fb_buf_add_char(out, '\n');
    fb_buf_add_str(out, proof->checkpoint);
}

/* The lines of a file, counted. */
struct lines {
    struct fb_str rest;
    struct fb_str line;
    uint32_t number;
};

static bool next(struct lines *lines)
{
    lines->number++;
    return fb_str_line(&lines->rest, &lines->line);
}

static enum fb_code malformed(const struct lines *lines, const char *what, struct fb_err *err)
{
    fb_err_set(err, FB_E_SYNTAX, "the proof %s", what);
    fb_err_place(err, NULL, lines->number, 0, -1);
    return err->code;
}

/* Takes the line "extra BASE64", when it is there. */
static enum fb_code parse_extra(struct lines *lines, struct fb_buf *extra, struct fb_err *err)
{
    struct fb_str mark = FB_STR("extra ");
    if (!fb_str_starts(lines->line, mark)) {
        return FB_OK;
    }
    bool good = fb_base64_decode(fb_str_sub(lines->line, mark.len, SIZE_MAX), extra);
    if (extra->state != FB_BUF_GOOD) {
        return fb_buf_check(extra, "the extra data of the proof", err);
    }
    if (!good || extra->len == 0) {
        return malformed(lines, "has extra data that is not base64", err);
    }
    return next(lines) ? FB_OK : malformed(lines, "ends before its index", err);
}

static bool parse_index(struct fb_str line, uint64_t *out)
{
    struct fb_str mark = FB_STR("index ");
    struct fb_str digits = fb_str_sub(line, mark.len, SIZE_MAX);
    bool has_leading_zero = digits.len > 1 && digits.ptr[0] == '0';
    return fb_str_starts(line, mark) && !has_leading_zero && fb_str_u64(digits, out);
}

static enum fb_code parse_path(
    struct lines *lines, struct fb_buf *hash, struct fb_proof *out, struct fb_err *err)
{
    out->count = 0;
    while (next(lines)) {
        if (lines->line.len == 0) {
            return FB_OK;
        }
        if (out->count == FB_PROOF_MAX) {
            return fb_err_set(err, FB_E_LIMIT, "the proof has more than %d hashes", FB_PROOF_MAX);
        }
        fb_buf_clear(hash);
        bool good = fb_base64_decode(lines->line, hash);
        if (hash->state == FB_BUF_NOMEM) {
            return fb_buf_check(hash, "a hash of the proof", err);
        }
        if (!good || hash->len != FB_HASH_SIZE) {
            return malformed(lines, "has a line that is not 32 bytes in base64", err);
        }
        memcpy(out->hashes[out->count++].bytes, hash->ptr, FB_HASH_SIZE);
    }
    return malformed(lines, "ends before its checkpoint", err);
}

enum fb_code fb_tlogproof_parse(
    struct fb_str text, struct fb_buf *extra, struct fb_tlogproof *out, struct fb_err *err)
{
    FB_ASSERT(extra && out);
    FB_ASSERT(text.ptr || text.len == 0);
    struct lines lines = {.rest = text};
    if (text.len > FB_TLOGPROOF_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "the proof has more than %d bytes", FB_TLOGPROOF_MAX);
    }
    if (!next(&lines) || !fb_str_is(lines.line, first_line)) {
        malformed(&lines, "does not begin with c2sp.org/tlog-proof@v1", err);
        return fb_err_hint(err, "`flyball log prove` makes such files.");
    }
    if (!next(&lines)) {
        return malformed(&lines, "ends before its index", err);
    }
    struct fb_tlogproof found;
    struct fb_buf hash;
    fb_buf_clear(extra);
    fb_buf_init(&hash, FB_HASH_SIZE + 3);
    enum fb_code code = parse_extra(&lines, extra, err);
    if (code == FB_OK && !parse_index(lines.line, &found.index)) {
        code = malformed(&lines, "has no index here", err);
    }
    if (code == FB_OK) {
        code = parse_path(&lines, &hash, &found.path, err);
    }
    fb_buf_release(&hash);
    if (code != FB_OK) {
        return code;
    }
    found.extra = fb_buf_str(extra);
    found.checkpoint = lines.rest;
    *out = found;
    return FB_OK;
}

enum fb_code fb_tlogproof_check(const struct fb_tlogproof *proof, const struct fb_hash *leaf,
    const struct fb_trust *trust, struct fb_trusted *out, struct fb_err *err)
{
    FB_ASSERT(proof && leaf);
    FB_ASSERT(trust && out);
    struct fb_trusted found;
    enum fb_code code = fb_trust_check(trust, proof->checkpoint, &found, err);
    if (code != FB_OK) {
        return code;
    }
    const struct fb_checkpoint *checkpoint = &found.checkpoint;
    if (proof->index >= checkpoint->size) {
        return fb_err_set(err, FB_E_RANGE,
            "the proof is for entry %" PRIu64 " of a log with %" PRIu64, proof->index,
            checkpoint->size);
    }
    struct fb_inclusion claim = {proof->index, checkpoint->size, *leaf, checkpoint->root};
    code = fb_merkle_verify_inclusion(&claim, &proof->path, err);
    if (code == FB_OK) {
        *out = found;
    }
    return code;
}

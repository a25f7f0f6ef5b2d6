#include "ledger/addcheckpoint.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"

static const char mark[] = "old ";

void fb_add_request_format(const struct fb_add_request *request, struct fb_buf *out)
{
    FB_ASSERT(request && out);
    FB_ASSERT(request->proof.count <= FB_ADD_PROOF_MAX);
    fb_buf_addf(out, "%s%" PRIu64 "\n", mark, request->old_size);
    for (size_t i = 0; i < request->proof.count; i++) {
        const char *bytes = (const char *)request->proof.hashes[i].bytes;
        fb_base64_encode((struct fb_str){bytes, FB_HASH_SIZE}, out);
        fb_buf_add_char(out, '\n');
    }
    fb_buf_add_char(out, '\n');
    fb_buf_add_str(out, request->note);
}

static enum fb_code malformed(uint32_t line, const char *what, struct fb_err *err)
{
    fb_err_set(err, FB_E_SYNTAX, "the request %s", what);
    fb_err_place(err, NULL, line, 0, -1);
    return err->code;
}

static bool parse_old(struct fb_str line, uint64_t *out)
{
    struct fb_str digits = fb_str_sub(line, sizeof(mark) - 1, SIZE_MAX);
    bool has_leading_zero = digits.len > 1 && digits.ptr[0] == '0';
    return fb_str_starts(line, fb_str_of(mark)) && !has_leading_zero && fb_str_u64(digits, out);
}

/* Takes the lines of the proof and the empty one after them. */
static enum fb_code parse_proof(
    struct fb_str *rest, struct fb_buf *hash, struct fb_proof *out, struct fb_err *err)
{
    struct fb_str line;
    out->count = 0;
    for (uint32_t number = 2; fb_str_line(rest, &line); number++) {
        if (line.len == 0) {
            return FB_OK;
        }
        if (out->count == FB_ADD_PROOF_MAX) {
            fb_err_set(err, FB_E_LIMIT, "the request has more than %d hashes", FB_ADD_PROOF_MAX);
            fb_err_place(err, NULL, number, 0, -1);
            return err->code;
        }
        fb_buf_clear(hash);
        bool good = fb_base64_decode(line, hash) && hash->len == FB_HASH_SIZE;
        if (hash->state == FB_BUF_NOMEM) {
            return fb_buf_check(hash, "a hash of the request", err);
        }
        if (!good) {
            return malformed(number, "has a line that is not 32 bytes in base64", err);
        }
        memcpy(out->hashes[out->count++].bytes, hash->ptr, FB_HASH_SIZE);
    }
    return malformed((uint32_t)out->count + 2, "ends before its checkpoint", err);
}

enum fb_code fb_add_request_parse(
    struct fb_str text, struct fb_add_request *out, struct fb_err *err)
{
    FB_ASSERT(out);
    FB_ASSERT(text.ptr || text.len == 0);
    struct fb_add_request found;
    struct fb_str rest = text, line = {NULL, 0};
    if (text.len > FB_ADD_REQUEST_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "the request has more than %d bytes", FB_ADD_REQUEST_MAX);
    }
    if (!fb_str_line(&rest, &line) || !parse_old(line, &found.old_size)) {
        return malformed(1, "does not begin with `old` and a size", err);
    }
    struct fb_buf hash;
    fb_buf_init(&hash, FB_HASH_SIZE + 3);
    enum fb_code code = parse_proof(&rest, &hash, &found.proof, err);
    fb_buf_release(&hash);
    if (code == FB_OK && (rest.len == 0 || rest.ptr[rest.len - 1] != '\n')) {
        code = malformed((uint32_t)found.proof.count + 3, "does not end with a checkpoint", err);
    }
    if (code == FB_OK) {
        found.note = rest;
        *out = found;
    }
    return code;
}

enum fb_code fb_add_look(
    const struct fb_add_request *request, struct fb_add_view *out, struct fb_err *err)
{
    FB_ASSERT(request && out);
    struct fb_add_view found;
    enum fb_code code = fb_note_split(request->note, &found.text, &found.lines, err);
    if (code == FB_OK) {
        code = fb_checkpoint_parse(found.text, &found.checkpoint, err);
    }
    if (code == FB_OK && found.text.len > FB_ADD_TEXT_MAX) {
        code = fb_err_set(
            err, FB_E_LIMIT, "the checkpoint's text has more than %d bytes", FB_ADD_TEXT_MAX);
    }
    if (code == FB_OK) {
        *out = found;
    }
    return code;
}

enum fb_code fb_add_authenticate(const struct fb_add_request *request,
    const struct fb_note_verifier *keys, size_t key_count, enum fb_add_status *out,
    struct fb_err *err)
{
    FB_ASSERT(request && out);
    FB_ASSERT(keys && key_count > 0);
    struct fb_note_check check = {.verifiers = keys, .verifier_count = key_count};
    struct fb_checkpoint checkpoint;
    enum fb_code code = fb_note_verify(request->note, &check, err);
    if (code == FB_OK) {
        code = fb_checkpoint_parse(check.text, &checkpoint, err);
    }
    if (code == FB_E_NOMEM) {
        return code;
    }
    *out = code == FB_OK ? FB_ADD_GOOD : FB_ADD_MALFORMED;
    if (code == FB_E_SIGNATURE) {
        *out = FB_ADD_UNSIGNED;
    } else if (code == FB_OK && request->old_size > checkpoint.size) {
        fb_err_set(err, FB_E_RANGE, "the old size %" PRIu64 " is above the checkpoint's %" PRIu64,
            request->old_size, checkpoint.size);
        *out = FB_ADD_MALFORMED;
    }
    return FB_OK;
}

enum fb_add_status fb_add_decide(const struct fb_add_request *request,
    const struct fb_checkpoint *checkpoint, const struct fb_checkpoint *latest, struct fb_err *err)
{
    FB_ASSERT(request && checkpoint && latest);
    FB_ASSERT(request->old_size <= checkpoint->size);
    if (request->old_size != latest->size) {
        fb_err_set(err, FB_E_MISMATCH,
            "the latest cosigned checkpoint has %" PRIu64 " entries, not %" PRIu64, latest->size,
            request->old_size);
        return FB_ADD_CONFLICT;
    }
    struct fb_hash empty = fb_merkle_empty();
    if (checkpoint->size == 0 && !fb_hash_eq(&checkpoint->root, &empty)) {
        fb_err_set(err, FB_E_SIGNATURE, "the checkpoint of no entries has a root of some");
        return FB_ADD_UNPROVED;
    }
    if (request->old_size == 0) {
        if (request->proof.count > 0) {
            fb_err_set(err, FB_E_SIGNATURE, "a proof from the empty tree has no hashes");
            return FB_ADD_UNPROVED;
        }
        return FB_ADD_GOOD;
    }
    struct fb_consistency claim = {latest->size, checkpoint->size, latest->root, checkpoint->root};
    enum fb_code code = fb_merkle_verify_consistency(&claim, &request->proof, err);
    return code == FB_OK ? FB_ADD_GOOD : FB_ADD_UNPROVED;
}

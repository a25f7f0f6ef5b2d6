/* fuzz_checkpoint.c: checkpoints, alone and signed. What is read and written again is the same. */
#include "base/assert.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_checkpoint(struct fb_str text, struct fb_err *err)
{
    struct fb_checkpoint checkpoint;
    struct fb_buf out;
    if (fb_checkpoint_parse(text, &checkpoint, err) != FB_OK) {
        return;
    }
    fb_buf_init(&out, text.len);
    fb_checkpoint_format(&checkpoint, &out);
    FB_ASSERT(fb_str_eq(fb_buf_str(&out), text));
    fb_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[32] = {1};
    struct fb_str text = {(const char *)data, size};
    struct fb_note_signer signer;
    struct fb_buf note;
    struct fb_err err;
    fb_err_init(&err);
    check_checkpoint(text, &err);
    enum fb_code code = fb_note_signer_from_seed(FB_STR("example.org/log"), seed, &signer, &err);
    FB_ASSERT(code == FB_OK);
    struct fb_note_check check = {.verifiers = &signer.verifier, .verifier_count = 1};
    if (fb_note_verify(text, &check, &err) == FB_OK) {
        check_checkpoint(check.text, &err);
    }
    fb_buf_init(&note, FB_NOTE_MAX);
    if (fb_note_sign(text, &signer, &note, &err) == FB_OK) {
        code = fb_note_verify(fb_buf_str(&note), &check, &err);
        FB_ASSERT(code == FB_OK);
        check_checkpoint(check.text, &err);
    }
    fb_buf_release(&note);
    return 0;
}

/* fuzz_note.c: signed notes and verifier keys. What is read and written again is the same. */
#include "base/assert.h"
#include "ledger/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(struct fb_str text, struct fb_err *err)
{
    struct fb_note_verifier verifier, again;
    struct fb_buf out;
    if (fb_note_verifier_parse(text, &verifier, err) != FB_OK) {
        return;
    }
    fb_buf_init(&out, 1024);
    fb_note_verifier_format(&verifier, &out);
    enum fb_code code = fb_note_verifier_parse(fb_buf_str(&out), &again, err);
    FB_ASSERT(code == FB_OK && again.key_id == verifier.key_id);
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
    check_key(text, &err);
    enum fb_code code = fb_note_signer_from_seed(FB_STR("example.org/log"), seed, &signer, &err);
    FB_ASSERT(code == FB_OK);
    struct fb_note_check check = {.verifiers = &signer.verifier, .verifier_count = 1};
    (void)!fb_note_verify(text, &check, &err);
    /* What can be signed can be verified. */
    fb_buf_init(&note, FB_NOTE_MAX);
    if (fb_note_sign(text, &signer, &note, &err) == FB_OK) {
        code = fb_note_verify(fb_buf_str(&note), &check, &err);
        FB_ASSERT(code == FB_OK && fb_str_eq(check.text, text));
    }
    fb_buf_release(&note);
    return 0;
}

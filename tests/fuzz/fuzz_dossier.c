/* fuzz_dossier.c: liability files. The first byte says what the rest is: a file as it comes, or
 * the body of a page or of a JSON text, which is signed here so that its check goes on to the
 * proofs. None holds: no log that is believed signed a checkpoint for it. */
#include "base/assert.h"
#include "record/sshsig.h"
#include "report/dossier.h"

enum { ARENA_MAX = 1 << 26, FILE_MAX = 1 << 22 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_signed(char how, struct fb_str body, struct fb_buf *out, struct fb_err *err)
{
    static const uint8_t seed[32] = {7};
    struct fb_sshkey_secret secret;
    struct fb_json_writer w;
    struct fb_buf signature;
    fb_buf_init(&signature, 1 << 16);
    fb_sshkey_from_seed(seed, &secret);
    enum fb_code code = fb_sshsig_sign(&secret, FB_NAMESPACE_DOSSIER, body, &signature, err);
    FB_ASSERT(code == FB_OK);
    if (how == 'p') {
        fb_buf_add_str(out, body);
        fb_buf_add_c(out, FB_DOSSIER_SEAL "party/x\n");
        fb_buf_add_str(out, fb_buf_str(&signature));
        fb_buf_add_c(out, "-->\n");
    } else {
        fb_json_writer_init(&w, out, 0);
        fb_json_open_object(&w);
        fb_json_key_str(&w, "dossier", body);
        fb_json_key_str(&w, "signature", fb_buf_str(&signature));
        fb_json_key_c(&w, "signer", "party/x");
        fb_json_close_object(&w);
    }
    fb_sshkey_wipe(&secret);
    fb_buf_release(&signature);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t log_seed[32] = {1};
    struct fb_str text = {(const char *)data, size};
    struct fb_note_signer log;
    struct fb_trust trust;
    struct fb_dossier_checked checked;
    struct fb_arena arena;
    struct fb_buf file;
    struct fb_err err;
    char how = size ? (char)data[0] : 'r';
    fb_err_init(&err);
    fb_trust_init(&trust);
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&file, FILE_MAX);
    enum fb_code code = fb_note_signer_from_seed(FB_STR("example.org/log"), log_seed, &log, &err);
    FB_ASSERT(code == FB_OK);
    code = fb_trust_add_log(&trust, &log.verifier, &err);
    FB_ASSERT(code == FB_OK);
    struct fb_str body = fb_str_sub(text, 1, text.len);
    if ((how == 'p' || how == 'j') && (how == 'p' || fb_str_utf8(body, NULL))) {
        put_signed(how, body, &file, &err);
    } else {
        fb_buf_add_str(&file, body);
    }
    code = fb_dossier_check(fb_buf_str(&file), &trust, &arena, &checked, &err);
    FB_ASSERT(code != FB_OK);
    fb_arena_release(&arena);
    fb_buf_release(&file);
    return 0;
}

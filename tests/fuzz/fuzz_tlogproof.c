/* fuzz_tlogproof.c: proof files and policies of trust. A proof that is read is written again as it
 * was, and none that was not made for it proves the entry in its extra data. */
#include "base/assert.h"
#include "ledger/tlogproof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_proof(struct fb_str text, const struct fb_trust *trust, struct fb_err *err)
{
    struct fb_tlogproof proof;
    struct fb_trusted trusted;
    struct fb_buf extra, out;
    fb_buf_init(&extra, FB_TLOGPROOF_EXTRA_MAX);
    fb_buf_init(&out, FB_TLOGPROOF_MAX);
    if (fb_tlogproof_parse(text, &extra, &proof, err) == FB_OK) {
        struct fb_hash leaf = fb_merkle_leaf(proof.extra);
        fb_tlogproof_format(&proof, &out);
        FB_ASSERT(fb_str_eq(fb_buf_str(&out), text));
        if (fb_tlogproof_check(&proof, &leaf, trust, &trusted, err) == FB_OK) {
            FB_ASSERT(proof.index < trusted.checkpoint.size);
        }
    }
    fb_buf_release(&out);
    fb_buf_release(&extra);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[32] = {1};
    struct fb_str text = {(const char *)data, size};
    struct fb_note_signer signer;
    struct fb_trust trust, parsed;
    struct fb_trusted trusted;
    struct fb_err err;
    fb_err_init(&err);
    fb_trust_init(&trust);
    enum fb_code code = fb_note_signer_from_seed(FB_STR("example.org/log"), seed, &signer, &err);
    FB_ASSERT(code == FB_OK);
    code = fb_trust_add_log(&trust, &signer.verifier, &err);
    FB_ASSERT(code == FB_OK);
    check_proof(text, &trust, &err);
    if (fb_trust_parse(text, &parsed, &err) == FB_OK) {
        FB_ASSERT(parsed.quorum == FB_TRUST_NONE || parsed.quorum < parsed.name_count);
        (void)!fb_trust_check(&parsed, text, &trusted, &err);
    }
    return 0;
}

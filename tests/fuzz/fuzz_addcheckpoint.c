/* fuzz_addcheckpoint.c: requests to a witness. What is read is written again as it was; only a
 * checkpoint that the log signed passes, and only one that continues what was cosigned. */
#include "base/assert.h"
#include "ledger/addcheckpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(
    const struct fb_add_request *request, const struct fb_note_verifier *key, struct fb_err *err)
{
    struct fb_add_view view;
    enum fb_add_status status = FB_ADD_TOO_LONG;
    if (fb_add_look(request, &view, err) != FB_OK) {
        return;
    }
    enum fb_code code = fb_add_authenticate(request, key, 1, &status, err);
    FB_ASSERT(code == FB_OK);
    FB_ASSERT(status == FB_ADD_GOOD || status == FB_ADD_UNSIGNED || status == FB_ADD_MALFORMED);
    if (status != FB_ADD_GOOD && request->old_size > view.checkpoint.size) {
        return;
    }
    /* As if it were signed, so that proofs are reached without a key. */
    struct fb_checkpoint latest = {
        .size = request->old_size, .root = {.bytes = {(uint8_t)request->old_size}}};
    enum fb_add_status decided = fb_add_decide(request, &view.checkpoint, &latest, err);
    FB_ASSERT(decided == FB_ADD_GOOD || decided == FB_ADD_UNPROVED);
    if (decided == FB_ADD_GOOD && latest.size == view.checkpoint.size && latest.size > 0) {
        FB_ASSERT(fb_hash_eq(&latest.root, &view.checkpoint.root));
    }
    latest.size++;
    FB_ASSERT(fb_add_decide(request, &view.checkpoint, &latest, err) == FB_ADD_CONFLICT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[32] = {1};
    struct fb_str text = {(const char *)data, size};
    struct fb_note_signer signer;
    struct fb_add_request request;
    struct fb_buf again;
    struct fb_err err;
    fb_err_init(&err);
    enum fb_code code = fb_note_signer_from_seed(FB_STR("example.org/log"), seed, &signer, &err);
    FB_ASSERT(code == FB_OK);
    code = fb_add_request_parse(text, &request, &err);
    if (code != FB_OK) {
        FB_ASSERT(err.message[0] && (code == FB_E_SYNTAX || code == FB_E_LIMIT));
        return 0;
    }
    fb_buf_init(&again, FB_ADD_REQUEST_MAX);
    fb_add_request_format(&request, &again);
    FB_ASSERT(fb_str_eq(fb_buf_str(&again), text));
    fb_buf_release(&again);
    if (request.old_size < UINT64_MAX) {
        judge(&request, &signer.verifier, &err);
    }
    return 0;
}

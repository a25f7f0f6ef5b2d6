/* fuzz_witness.c: what comes back from a witness, and the file of what was cosigned. Garbage is
 * never taken for a cosignature; what is kept is kept again as it was. */
#include <string.h>

#include "base/assert.h"
#include "ledger/ask.h"
#include "ledger/cosigned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte's parity is the status, the rest the body. */
static void answer(void *ctx, struct fb_exchange *exchanges, size_t count)
{
    const struct fb_str *input = ctx;
    for (size_t i = 0; i < count; i++) {
        exchanges[i].code = FB_OK;
        exchanges[i].status = input->len > 0 && input->ptr[0] % 2 ? 409 : 200;
        fb_buf_add_str(&exchanges[i].answer, fb_str_sub(*input, 1, SIZE_MAX));
    }
}

static struct fb_ledger *open_ledger(void)
{
    static const uint8_t seed[32] = {1};
    struct fb_note_signer signer;
    struct fb_ledger *ledger = NULL;
    struct fb_err err;
    struct fb_str entry = FB_STR("entry");
    struct fb_ledger_batch batch = {&entry, 1, 1000, FB_LEDGER_ANY_SIZE};
    uint64_t seq;
    fb_err_init(&err);
    enum fb_code code = fb_note_signer_from_seed(FB_STR("example.org/log"), seed, &signer, &err);
    FB_ASSERT(code == FB_OK);
    struct fb_ledger_options options = {.signer = &signer};
    code = fb_ledger_open(NULL, &options, &ledger, &err);
    FB_ASSERT(code == FB_OK);
    for (int i = 0; i < 5; i++) {
        code = fb_ledger_append(ledger, &batch, &seq, &err);
        FB_ASSERT(code == FB_OK);
    }
    return ledger;
}

static void check_answer(struct fb_ledger *ledger, struct fb_str text, struct fb_err *err)
{
    static const uint8_t seed[32] = {2};
    struct fb_note_signer witness;
    struct fb_buf note, lines;
    struct fb_transport transport = {answer, &text};
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_buf_init(&lines, FB_NOTE_MAX);
    enum fb_code code =
        fb_note_cosigner_from_seed(FB_STR("witness.example/w"), seed, &witness, err);
    FB_ASSERT(code == FB_OK);
    struct fb_ask ask = {.key = witness.verifier, .url = FB_STR("http://witness.example")};
    code = fb_ledger_checkpoint(ledger, &note, err);
    FB_ASSERT(code == FB_OK);
    code = fb_ask_witnesses(ledger, fb_buf_str(&note), &transport, &ask, 1, &lines, err);
    FB_ASSERT(code == FB_OK);
    FB_ASSERT(ask.is_cosigned == (ask.err.code == FB_OK));
    FB_ASSERT(ask.is_cosigned == (lines.len > 0));
    if (ask.is_cosigned) {
        struct fb_note_check check = {.verifiers = &witness.verifier, .verifier_count = 1};
        fb_buf_add_str(&note, fb_buf_str(&lines));
        code = fb_note_verify(fb_buf_str(&note), &check, err);
        FB_ASSERT(code == FB_OK && check.cosigned_at_s == ask.at_s);
    }
    fb_buf_release(&lines);
    fb_buf_release(&note);
}

static void check_kept(struct fb_ledger *ledger, struct fb_str text, struct fb_err *err)
{
    struct fb_cosigned kept, again;
    struct fb_buf note, out;
    if (fb_cosigned_parse(text, &kept, err) != FB_OK) {
        return;
    }
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_buf_init(&out, FB_COSIGNED_FILE_MAX);
    (void)!fb_cosigned_check(&kept, ledger, err);
    enum fb_code code = fb_ledger_checkpoint(ledger, &note, err);
    FB_ASSERT(code == FB_OK);
    if (fb_cosigned_add(&kept, fb_buf_str(&note), FB_STR(""), &out, err) == FB_OK) {
        code = fb_cosigned_parse(fb_buf_str(&out), &again, err);
        FB_ASSERT(code == FB_OK && again.count > 0 && again.count <= kept.count + 1);
    }
    fb_buf_release(&out);
    fb_buf_release(&note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fb_ledger *ledger;
    struct fb_str text = {(const char *)data, size};
    struct fb_err err;
    fb_err_init(&err);
    if (!ledger) {
        ledger = open_ledger();
    }
    check_answer(ledger, text, &err);
    check_kept(ledger, text, &err);
    return 0;
}

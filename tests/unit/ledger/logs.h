/* logs.h: logs in memory for tests, and what they ask of a witness. */
#ifndef FB_TEST_LOGS_H
#define FB_TEST_LOGS_H

#include <inttypes.h>

#include "fb_test.h"
#include "ledger/addcheckpoint.h"
#include "ledger/ledger.h"

/** An empty log of a name; its key follows from name and seed. */
static inline struct fb_ledger *log_open(const char *name, uint8_t first)
{
    struct fb_err err;
    struct fb_note_signer signer;
    struct fb_ledger *ledger = NULL;
    uint8_t seed[32] = {first};
    fb_err_init(&err);
    FB_TEST_OK(fb_note_signer_from_seed(fb_str_of(name), seed, &signer, &err));
    struct fb_ledger_options options = {.signer = &signer};
    FB_TEST_OK(fb_ledger_open(NULL, &options, &ledger, &err));
    return ledger;
}

/** Appends entries that say mark, one by one. */
static inline void log_grow(struct fb_ledger *ledger, size_t count, const char *mark)
{
    struct fb_err err;
    fb_err_init(&err);
    for (size_t i = 0; i < count; i++) {
        uint64_t seq;
        struct fb_str entry = fb_str_of(mark);
        struct fb_ledger_batch batch = {&entry, 1, 1000, FB_LEDGER_ANY_SIZE};
        FB_TEST_OK(fb_ledger_append(ledger, &batch, &seq, &err));
    }
}

/** The request that a log at its present size makes of a witness that saw old_size entries. */
static inline struct fb_str log_request(
    struct fb_ledger *ledger, uint64_t old_size, struct fb_buf *out)
{
    struct fb_err err;
    struct fb_buf note;
    struct fb_add_request request = {.old_size = old_size};
    uint64_t size = 0;
    fb_err_init(&err);
    fb_buf_init(&note, FB_NOTE_MAX);
    FB_TEST_OK(fb_ledger_size(ledger, &size, &err));
    FB_TEST_OK(fb_ledger_checkpoint(ledger, &note, &err));
    FB_TEST_OK(fb_ledger_prove_consistency(ledger, old_size, size, &request.proof, &err));
    request.note = fb_buf_str(&note);
    fb_buf_clear(out);
    fb_add_request_format(&request, out);
    FB_TEST_OK(fb_buf_check(out, "the request", &err));
    fb_buf_release(&note);
    return fb_buf_str(out);
}

#endif

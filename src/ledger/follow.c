#include "ledger/follow.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/io.h"
#include "ledger/sha256.h"

/* Digits of the digest in the name of a file of evidence. */
enum { DIGITS = 8 };

/* A checkpoint and the note that it points into. */
struct seen {
    struct fb_buf note;
    struct fb_trusted trusted;
};

/* Reads the state. Its quorum was checked when it was written, under the policy of that day. */
static enum fb_code read_state(
    const char *path, const struct fb_trust *trust, struct seen *out, struct fb_err *err)
{
    struct fb_trust logs = *trust;
    logs.quorum = FB_TRUST_NONE;
    enum fb_code code = fb_io_read(path, &out->note, err);
    if (code == FB_OK) {
        code = fb_trust_check(&logs, fb_buf_str(&out->note), &out->trusted, err);
    }
    if (code != FB_OK) {
        fb_err_place(err, path, 0, 0, -1);
    }
    return code;
}

static enum fb_code write_evidence(
    const char *state, const char *digits, const char *tail, struct fb_str note, struct fb_err *err)
{
    char path[FB_IO_PATH_MAX];
    int len = snprintf(path, sizeof(path), "%s.%s.%s", state, digits, tail);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", state);
    }
    return fb_io_write(path, note, 0644, err);
}

/* Keeps both checkpoints beside the state; says where in the hint. */
static void keep_evidence(
    const char *state, const struct seen *before, const struct seen *now, struct fb_err *err)
{
    FB_ASSERT(err->code == FB_E_FORK);
    uint8_t digest[FB_SHA256_SIZE];
    char digits[FB_SHA256_TEXT];
    struct fb_err failure;
    fb_err_init(&failure);
    fb_sha256_of(fb_buf_str(&now->note), digest);
    fb_hex_encode(digest, sizeof(digest), digits);
    digits[DIGITS] = 0;
    if (write_evidence(state, digits, "before", fb_buf_str(&before->note), &failure) != FB_OK ||
        write_evidence(state, digits, "now", fb_buf_str(&now->note), &failure) != FB_OK) {
        fb_err_hint(err, "Keep both checkpoints by hand: %.200s.", failure.message);
        return;
    }
    fb_err_hint(err,
        "Both checkpoints are kept in '%.180s.%s.before' and '.now'. Show them to others who "
        "follow this log.",
        state, digits);
}

static enum fb_code follow(struct fb_remote *remote, const struct fb_follow_options *options,
    struct seen *before, struct seen *now, struct fb_err *err)
{
    bool has_state = options->state && fb_io_exists(options->state);
    const struct fb_checkpoint *from = NULL, *to = &now->trusted.checkpoint;
    enum fb_code code = fb_remote_checkpoint(remote, &now->note, err);
    if (code == FB_OK) {
        code = fb_trust_check(options->trust, fb_buf_str(&now->note), &now->trusted, err);
    }
    if (code == FB_OK && has_state) {
        from = &before->trusted.checkpoint;
        code = read_state(options->state, options->trust, before, err);
        if (code == FB_OK && !fb_str_eq(from->origin, to->origin)) {
            fb_err_set(err, FB_E_MISMATCH, "the log is '%.*s', but '%s' is about '%.*s'",
                FB_STR_ARG(to->origin), options->state, FB_STR_ARG(from->origin));
            code = fb_err_hint(err, "Use a state file of its own for each log.");
        }
    }
    if (code == FB_OK) {
        code = fb_remote_verify(remote, from, to, options->visit, options->ctx, err);
    }
    if (code == FB_E_FORK && has_state) {
        keep_evidence(options->state, before, now, err);
    }
    if (code == FB_OK && options->state) {
        code = fb_io_write(options->state, fb_buf_str(&now->note), 0644, err);
    }
    return code;
}

enum fb_code fb_follow_log(const char *place, const struct fb_follow_options *options,
    struct fb_follow_report *out, struct fb_err *err)
{
    FB_ASSERT(place && options);
    FB_ASSERT(options->trust && out);
    struct fb_remote *remote = NULL;
    struct seen before = {.trusted = {.witnesses = 0}}, now = {.trusted = {.witnesses = 0}};
    fb_buf_init(&before.note, FB_NOTE_MAX);
    fb_buf_init(&now.note, FB_NOTE_MAX);
    enum fb_code code = fb_remote_open(place, options->transport, &remote, err);
    if (code == FB_OK) {
        code = follow(remote, options, &before, &now, err);
    }
    if (code == FB_OK) {
        *out = (struct fb_follow_report){.old_size = before.trusted.checkpoint.size,
            .size = now.trusted.checkpoint.size,
            .root = now.trusted.checkpoint.root,
            .witnesses = now.trusted.witnesses};
    }
    fb_remote_close(remote);
    fb_buf_release(&now.note);
    fb_buf_release(&before.note);
    return code;
}

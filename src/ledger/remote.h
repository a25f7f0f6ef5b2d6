/*
 * remote.h: somebody else's log, read from its static files (C2SP tlog-tiles): in a folder, or
 * below a URL.
 *
 * Nothing that is read is trusted: entries are hashed, every tile and partial tile that belongs to
 * the checkpoint is computed from them and compared, and the root must be the one that was signed.
 * Verification may start at a checkpoint that was verified before; then only what was added since
 * is read. https://c2sp.org/tlog-tiles
 */
#ifndef FB_LEDGER_REMOTE_H
#define FB_LEDGER_REMOTE_H

#include "base/transport.h"
#include "ledger/checkpoint.h"

struct fb_remote;

/** Called with each new entry in order, after its hash was compared with its tile; FB_OK goes on.
 * bytes are valid during the call. */
typedef enum fb_code (*fb_remote_visit)(
    void *ctx, uint64_t seq, struct fb_str bytes, struct fb_err *err);

/** Opens the log at a place; reads nothing yet. A place that begins as a URL is asked through
 * transport, which is borrowed, another is a folder, and transport may be NULL then. E_LIMIT,
 * E_NOMEM; E_UNSUPPORTED for a URL without a transport. Caller frees *out with fb_remote_close. */
FB_CHECKED enum fb_code fb_remote_open(const char *place, const struct fb_transport *transport,
    struct fb_remote **out, struct fb_err *err);

/** Closes and frees; NULL is allowed. */
void fb_remote_close(struct fb_remote *remote);

/** Appends the signed checkpoint that the log shows, unverified. E_NOT_FOUND, E_LIMIT, E_IO. */
FB_CHECKED enum fb_code fb_remote_checkpoint(
    struct fb_remote *remote, struct fb_buf *out, struct fb_err *err);

/**
 * Verifies the log from one checkpoint to a later one, both with signatures that the caller has
 * verified. from NULL starts at the first entry. visit may be NULL.
 *
 * E_FORK when the two checkpoints contradict each other: to is smaller, or the whole log was
 * verified to have the tree of to and that of from is not its beginning. E_CORRUPT, with the file,
 * when the place does not have the tree of to, which says nothing about who signed it. E_IO when it
 * cannot be read. What visit fails with.
 */
FB_CHECKED enum fb_code fb_remote_verify(struct fb_remote *remote, const struct fb_checkpoint *from,
    const struct fb_checkpoint *to, fb_remote_visit visit, void *ctx, struct fb_err *err);

#endif

/* monpoly_log.h: logs of MonPoly, read in pieces. Only the monpoly files include it. */
#ifndef FB_LANG_MONPOLY_LOG_H
#define FB_LANG_MONPOLY_LOG_H

#include "engine/wire.h"
#include "lang/monpoly_tree.h"

/** Most bytes of a tuple; beyond, E_LIMIT. */
enum { FB_MLOG_ITEM_MAX = 1 << 20 };

/** Who takes what a log says; an error ends the reading. */
struct fb_mlog_target {
    void *ctx;
    enum fb_code (*open)(void *ctx, fb_time time, struct fb_err *err);
    /** As many values as the relation has columns; text is borrowed until it returns, or, where the
     * log is fed in one final piece, from that. */
    enum fb_code (*tuple)(
        void *ctx, uint32_t relation, const struct fb_value *values, struct fb_err *err);
    enum fb_code (*close)(void *ctx, struct fb_err *err);
};

struct fb_mlog;

/** A reader of a log over a signature, which it borrows. Free with fb_mlog_free. */
FB_CHECKED enum fb_code fb_mlog_new(const struct fb_signature *signature,
    struct fb_mlog_target target, struct fb_mlog **out, struct fb_err *err);

/** Lets time run backwards: the target says how far. */
void fb_mlog_any_order(struct fb_mlog *log);

/** Appends where the reading stands: all that was fed is either with the target or in here. Not
 * after an error. */
void fb_mlog_save(const struct fb_mlog *log, struct fb_buf *out);

/** Goes on where fb_mlog_save was, in a reader of the same signature that was fed nothing.
 * E_CORRUPT when the bytes are none of it, E_NOMEM. */
FB_CHECKED enum fb_code fb_mlog_load(struct fb_mlog *log, struct fb_wire *in, struct fb_err *err);

/** True when a time-point of the target is open. */
bool fb_mlog_is_open(const struct fb_mlog *log);

/** Frees it; NULL is allowed. */
void fb_mlog_free(struct fb_mlog *log);

/** Reads the next piece; final: nothing follows. E_SYNTAX with the line, E_TIME when time runs
 * backwards, E_LIMIT for an item that is too long, or what the target says. After an error nothing
 * but fb_mlog_free may follow. */
FB_CHECKED enum fb_code fb_mlog_feed(
    struct fb_mlog *log, struct fb_str piece, bool final, struct fb_err *err);

/** Nothing follows: reads what was cut off, and closes the last time-point. */
FB_CHECKED enum fb_code fb_mlog_end(struct fb_mlog *log, struct fb_err *err);

#endif

/*
 * evaluate.h: the strata of SEMANTICS.md in their order, over one ledger prefix.
 *
 *     facts -> bounds -> red lines by evidence -> cases -> red lines -> duties -> orders ->
 * licences
 *
 * The result is a pure function of the registry, the blobs it names and `now`.
 */
#ifndef FB_GOVERN_EVALUATE_H
#define FB_GOVERN_EVALUATE_H

#include "govern/picture.h"
#include "record/registry.h"

/** Reads the blob with a digest ("sha256:...") whole into out; E_NOT_FOUND when it was erased. */
typedef enum fb_code (*fb_blob_reader)(
    void *ctx, struct fb_str digest, struct fb_buf *out, struct fb_err *err);

/**
 * What one evaluation leaves for the next: the facts of all records and where they are, the
 * systems, the compiled policies. With it a question about one system costs what that system needs,
 * however many records there are (docs/decisions/0060-resident-facts.md).
 */
struct fb_resident;

/** For evaluations of one registry, which must outlive it and may grow meanwhile. */
FB_CHECKED enum fb_code fb_resident_new(
    const struct fb_registry *registry, struct fb_resident **out, struct fb_err *err);

/** Frees it; NULL is allowed. */
void fb_resident_free(struct fb_resident *resident);

/** What an evaluation reads. */
struct fb_govern_input {
    const struct fb_registry *registry; /**< the prefix: all that was admitted before as_of */
    fb_time now;
    fb_time as_of; /**< for the record only; FB_TIME_MAX: everything */
    fb_blob_reader read_blob;
    void *blob_ctx;
    bool naive;          /**< by the naive evaluator, the oracle: the same picture, far slower */
    struct fb_str about; /**< a system by its id or without "system/": only what concerns it, and
                              the rest as if it were not there; empty: everything */
    struct fb_resident *resident; /**< of the same registry; NULL: all is built anew. It serves
                                     where `about` is given and `naive` is not: the picture then has
                                     that one system only, and holds until the next evaluation with
                                     the same resident. Where a rule about one system reads red
                                     lines or cases of others, or operators over time, it keeps no
                                     more than the programs */
    size_t threads; /**< that it runs on, with the same picture whatever their number: 1 to
                       FB_WORKERS_MAX, or the nearest of these */
    bool brief; /**< leave the reasons of red lines, duties and licences out (NULL), and those under
                     the one of an exemption; fb_picture_find makes the one that is asked for, out
                   of the registry, which must be as it was */
};

/** Evaluates everything. The picture lives in arena; text may also be borrowed from the registry,
 * which must outlive it. root, origin and simulated are left to the caller. E_NOT_FOUND: no system
 * is called `about`. */
FB_CHECKED enum fb_code fb_govern_evaluate(const struct fb_govern_input *input,
    struct fb_arena *arena, struct fb_picture *out, struct fb_err *err);

/** One thing of a picture that explain can name. */
struct fb_verdict {
    struct fb_str id;
    const char *handle;
    struct fb_str headline; /**< one sentence; in the arena given to fb_picture_find */
    struct fb_str said;     /**< the same and its reason as one would write it to somebody; may be
                                 empty */
    struct fb_why *why;
    struct fb_why *near; /**< the records that nearly count, each with why it does not; NULL: none
                              are to be told */
};

/** Finds a red line, duty, case, order or licence by id, or by a handle or a unique prefix of
 * either. E_NOT_FOUND with near names as hint; E_USAGE when several match. */
FB_CHECKED enum fb_code fb_picture_find(const struct fb_picture *picture, struct fb_str name,
    struct fb_arena *arena, struct fb_verdict *out, struct fb_err *err);

#endif

/*
 * ingest.h: from a foreign file to drafts of records.
 *
 * One table of formats (formats.def), each with a way to recognise a file by its content and a
 * reader. A reader either gives drafts that are complete but for issuer and signature, or refuses
 * the file with file, position, reason and hint. It never touches the ledger.
 */
#ifndef FB_INGEST_INGEST_H
#define FB_INGEST_INGEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/timestamp.h"

/** Limits; each has a test. */
enum {
    FB_INGEST_DRAFTS_MAX = 10000, /**< drafts of one file */
};
#define FB_INGEST_FILE_MAX (UINT64_C(4) << 30) /**< bytes of one file */

/** One draft, as JSON text of a statement without issuer; owned by the arena. */
struct fb_draft {
    struct fb_str json;
    struct fb_str model; /**< evaluation: the model's name, when the subject is still to be found */
    struct fb_str place; /**< where in the file it comes from, as "jobs[3]" */
    uint32_t line;       /**< where json begins, when it is the file's own text; 0: it is not */
    uint32_t column;     /**< likewise, 1-based */
    bool keep_file;      /**< the file itself becomes a blob; the JSON has its digest already */
};

/** The drafts of one file. */
struct fb_drafts {
    const char *format; /**< name of the format, static */
    struct fb_draft *items;
    size_t count;
};

/** How a judge did on samples whose truth is known, as an evaluation's record has it. */
struct fb_judge_record {
    int64_t negatives, right_negatives; /**< that failed in truth; and were judged so */
    int64_t positives, right_positives; /**< that succeeded in truth; and were judged so */
    struct fb_str from;                 /**< where that was seen */
};

/** What one sample of a log came to, over all its epochs. Texts are valid during the call. */
struct fb_sample_value {
    struct fb_str task, scorer, id;
    struct fb_str cluster; /**< what it hangs together with; empty: it stands alone */
    double value;          /**< the mean of its values; 0 without any */
    bool is_resolved;      /**< every planned attempt is there, clean and scored */
};

/** Takes one value; an error ends the reading with it. */
typedef enum fb_code (*fb_sample_sink)(
    void *ctx, const struct fb_sample_value *value, struct fb_err *err);

/** What the caller knows and the file may not say; all may be empty. */
struct fb_ingest_options {
    struct fb_str subject;     /**< the system or run the file is about */
    struct fb_str model;       /**< only what concerns this model, where a file has several */
    struct fb_str elicitation; /**< how performance was elicited */
    struct fb_str cluster;     /**< the key of Inspect's metadata that joins samples which hang
                                    together; empty: what the log says of it itself */
    const struct fb_judge_record *judge; /**< how the judge did on samples whose truth is known;
                                              NULL: that is not on record */
    struct fb_str name;                  /**< a name for a safety case */
    struct fb_str issuer;                /**< id of the party that issues the records */
    fb_time at; /**< when, where the format has no time (cases, policies) */
    fb_sample_sink
        take_sample; /**< gets the values of logs of evaluations; NULL: nobody wants them */
    void *take_ctx;
};

/**
 * Detects the format of a file by its content (not its name) and reads it. Drafts live in arena.
 * E_FORMAT lists the formats that are known.
 */
FB_CHECKED enum fb_code fb_ingest_file(const char *path, const struct fb_ingest_options *options,
    struct fb_arena *arena, struct fb_drafts *out, struct fb_err *err);

/** Reads a file from bytes in memory as fb_ingest_file does from a path. name stands in errors. */
FB_CHECKED enum fb_code fb_ingest_memory(struct fb_str bytes, const char *name,
    const struct fb_ingest_options *options, struct fb_arena *arena, struct fb_drafts *out,
    struct fb_err *err);

#endif

/*
 * inspect.h: what an Inspect log says, reduced to what evidence needs; private to this room.
 *
 * A log is read once, as a stream. Of each sample (one epoch of one id) a few bytes are kept per
 * score; texts, events and messages are passed over. Memory grows with the number of samples and
 * scores, never with the size of the log.
 */
#ifndef FB_INGEST_INSPECT_H
#define FB_INGEST_INSPECT_H

#include "base/json.h"
#include "base/map.h"
#include "ingest/reader.h"

/** Limits; docs/TESTING.md names those without a test. */
enum {
    FB_INSPECT_ATTEMPTS_MAX = 1 << 18, /**< samples times epochs */
    FB_INSPECT_SERIES_MAX = 256,       /**< scores of a sample */
    FB_INSPECT_WORDS_MAX = 32,         /**< distinct words of a score that are counted */
    FB_INSPECT_CLUSTERS_MAX = 4,       /**< metadata keys that metrics cluster by */
    FB_INSPECT_TREE_MAX = 256 << 20,   /**< bytes of a log's header, as a tree */
    FB_INSPECT_SCRATCH_MAX = 64 << 20, /**< bytes of what is read of one sample */
    FB_INSPECT_WORK_MAX = 1 << 30,     /**< values looked at or drawn to check a log's metrics */
};

/** Signs of selection or change. The texts are the flags of an evaluation. */
enum fb_inspect_flag {
#define FB_FLAG(name, text) FB_INSPECT_##name,
#include "ingest/inspect_flags.def"
#undef FB_FLAG
    FB_INSPECT_FLAG_END
};

/** The text of a flag, as an evaluation's flags hold it. Static. */
const char *fb_inspect_flag_text(enum fb_inspect_flag flag);

/** One sample id. */
struct fb_inspect_sample {
    struct fb_str id;
    struct fb_str clusters[FB_INSPECT_CLUSTERS_MAX]; /**< as JSON text; empty when there is none */
};

/** One epoch of one sample id. */
struct fb_inspect_attempt {
    uint32_t sample;
    uint32_t epoch;
    bool is_clean; /**< no error, no limit hit, not invalidated */
};

/** One score of one attempt. */
struct fb_inspect_cell {
    uint32_t attempt;
    bool is_scored : 1;   /**< a value that means something: not NaN, null or an unknown word */
    bool is_excluded : 1; /**< NaN: Inspect leaves it out of its metrics */
    bool is_null : 1;     /**< null, or an object or list in another */
    bool is_text : 1;     /**< a string; its word is words[word], unless there are too many */
    bool is_empty : 1;    /**< an object or a list of nothing; excluded, too */
    uint8_t word;
    double value; /**< as Inspect's value_to_float gives it */
};

/** What a score's metadata says of log likelihoods: num_tokens and sum_log_probs, each 0 unless
 * both are there. */
struct fb_inspect_likelihood {
    uint32_t series; /**< the first series of its scorer */
    uint32_t attempt;
    bool is_number; /**< both were numbers */
    double tokens, log_likelihood;
};

/** A word that was given as a value, and how often. */
struct fb_inspect_word {
    struct fb_str word;
    size_t times;
};

/** All values of one score: a scorer, or one key of a scorer whose values are objects. */
struct fb_inspect_series {
    struct fb_str scorer;
    struct fb_str key; /**< empty for plain values */
    struct fb_inspect_cell *cells;
    size_t count;
    size_t cap;
    struct fb_inspect_word words[FB_INSPECT_WORDS_MAX]; /**< of values, as Python prints them */
    size_t word_count;
    bool words_known;                /**< no value was left out but NaN */
    bool flags[FB_INSPECT_FLAG_END]; /**< of these values, beside those of the log */
};

/** A log. */
struct fb_inspect {
    struct fb_reading *reading;
    struct fb_arena arena; /**< trees of the header, names */
    const struct fb_json *eval, *results, *stats;
    struct fb_str header; /**< file and member of the header, for errors */
    struct fb_str status; /**< empty for a log without a header */
    const char *cluster_keys[FB_INSPECT_CLUSTERS_MAX];
    bool cluster_joins[FB_INSPECT_CLUSTERS_MAX]; /**< samples of one value hang together; else they
                                                      are only grouped by it */
    size_t cluster_count;
    struct fb_map ids; /**< id to index + 1 */
    struct fb_inspect_sample *samples;
    size_t sample_count, sample_cap;
    struct fb_inspect_attempt *attempts;
    size_t attempt_count, attempt_cap;
    struct fb_inspect_series *series;
    size_t series_count, series_cap;
    struct fb_inspect_likelihood *likelihoods; /**< only where a metric of the header needs them */
    size_t likelihood_count, likelihood_cap;
    bool wants_likelihoods;
    uint64_t work;  /**< of FB_INSPECT_WORK_MAX, so far */
    fb_time last;   /**< the latest end of a sample; FB_TIME_MIN when there is none */
    fb_time scored; /**< the latest time at which a sample was scored; FB_TIME_MIN: not known */
    bool flags[FB_INSPECT_FLAG_END];
};

/** Starts an empty log. The caller ends with fb_inspect_release. */
void fb_inspect_init(struct fb_inspect *log, struct fb_reading *reading);

/** Frees a log's memory. */
void fb_inspect_release(struct fb_inspect *log);

/** Makes room for one more item in a growing array; false when memory ran out. */
bool fb_inspect_grow(void **items, size_t *cap, size_t count, size_t size);

/** The series of a score, made when it is new. E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_inspect_series_of(struct fb_inspect *log, struct fb_str scorer,
    struct fb_str key, struct fb_inspect_series **out, struct fb_err *err);

/** Reads one sample, whose first token is an object's start, into the log. */
FB_CHECKED enum fb_code fb_inspect_read_sample(struct fb_inspect *log,
    struct fb_json_reader *reader, const struct fb_json_token *first, struct fb_err *err);

/** Reads the events of a sample, whose first token was read, for when it was scored. Errors of
 * reading JSON. */
FB_CHECKED enum fb_code fb_inspect_read_events(struct fb_inspect *log,
    struct fb_json_reader *reader, const struct fb_json_token *first, struct fb_err *err);

/** The same of the skeleton of a chunked sample, an object with the spans of its events. */
FB_CHECKED enum fb_code fb_inspect_read_skeleton(
    struct fb_inspect *log, struct fb_json_reader *reader, struct fb_err *err);

/** Reads a time of a log. Old logs name no zone; then it is taken as UTC, and flagged. E_TIME,
 * placed at the value. */
FB_CHECKED enum fb_code fb_inspect_time(
    struct fb_inspect *log, const struct fb_json *value, fb_time *out, struct fb_err *err);

/** Names the scores of logs from before samples named their scorer, as the results name the first.
 */
void fb_inspect_name_scores(struct fb_inspect *log);

/** Takes the cluster values of a sample from its metadata, whose first token was read. */
FB_CHECKED enum fb_code fb_inspect_read_metadata(struct fb_inspect *log,
    struct fb_inspect_sample *sample, struct fb_json_reader *reader,
    const struct fb_json_token *first, struct fb_err *err);

/** Finds what metrics of the header need of samples: the keys of metadata that they cluster or
 * group by, and log likelihoods. */
void fb_inspect_find_clusters(struct fb_inspect *log);

/** Puts cells in the order of sample and epoch, and refuses an attempt that stands twice. */
FB_CHECKED enum fb_code fb_inspect_sort(struct fb_inspect *log, struct fb_err *err);

/** Puts log likelihoods in the order of series and attempt. */
void fb_inspect_sort_likelihoods(struct fb_inspect *log);

/** A figure of the header beside the one that the samples give. */
struct fb_inspect_metric {
    struct fb_str scorer, score, reducer, name;
    double stated;
    double recomputed;
    const char *why; /**< why it could not be computed again, a clause; NULL: it was. Static */
};

/** Recomputes every metric of the header, in its order; E_MISMATCH for the first that differs.
 * *out lives in the log's arena. */
FB_CHECKED enum fb_code fb_inspect_check_metrics(
    struct fb_inspect *log, struct fb_inspect_metric **out, size_t *out_count, struct fb_err *err);

/** Adds one draft for each series. */
FB_CHECKED enum fb_code fb_inspect_write(struct fb_inspect *log,
    const struct fb_inspect_metric *metrics, size_t metric_count, struct fb_err *err);

#endif

/* Inspect logs: the ZIP archive (.eval) and the JSON file, down to a struct fb_inspect. */
#include "ingest/inspect.h"

#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ingest/archive.h"

enum { LOG_VERSION_MAX = 3 };

void fb_inspect_init(struct fb_inspect *log, struct fb_reading *reading)
{
    FB_ASSERT(log && reading);
    *log = (struct fb_inspect){.reading = reading, .last = FB_TIME_MIN, .scored = FB_TIME_MIN};
    fb_arena_init(&log->arena, FB_INSPECT_TREE_MAX);
    fb_map_init(&log->ids);
}

void fb_inspect_release(struct fb_inspect *log)
{
    FB_ASSERT(log);
    for (size_t i = 0; i < log->series_count; i++) {
        fb_free(log->series[i].cells);
    }
    fb_free(log->series);
    fb_free(log->attempts);
    fb_free(log->samples);
    fb_free(log->likelihoods);
    fb_map_release(&log->ids);
    fb_arena_release(&log->arena);
}

bool fb_is_inspect_eval(const struct fb_head *head)
{
    return fb_str_starts(head->text, FB_STR("PK\x03\x04")) ||
           fb_str_starts(head->text, FB_STR("PK\x05\x06"));
}

bool fb_is_inspect_json(const struct fb_head *head)
{
    return !head->is_array && head->has[FB_HEAD_EVAL] &&
           (head->has[FB_HEAD_VERSION] || head->has[FB_HEAD_STATUS]);
}

/* Notes a key of metadata that parameters of a metric name, unless it is noted already. */
static void add_key(struct fb_inspect *log, const char *key, bool joins)
{
    size_t i = 0;
    while (i < log->cluster_count && strcmp(key, log->cluster_keys[i]) != 0) {
        i++;
    }
    if (i == log->cluster_count && i < FB_INSPECT_CLUSTERS_MAX) {
        log->cluster_joins[i] = false;
        log->cluster_keys[log->cluster_count++] = key;
    }
    if (i < FB_INSPECT_CLUSTERS_MAX) {
        log->cluster_joins[i] |= joins;
    }
}

static void add_cluster(struct fb_inspect *log, const struct fb_json *params, const char *parameter)
{
    const struct fb_json *cluster = fb_json_get(params, parameter);
    if (cluster && cluster->kind == FB_JSON_STRING && cluster->text.len > 0) {
        add_key(log, cluster->text.ptr, strcmp(parameter, "cluster") == 0);
    }
}

/* What one metric needs, and those in it. */
static void note_needs(struct fb_inspect *log, const struct fb_json *metric)
{
    enum { DEPTH_MAX = 8 };
    static const char *const inner[] = {"metric", "agg"};
    for (int depth = 0; metric && depth < DEPTH_MAX; depth++) {
        const struct fb_json *params = fb_json_get(metric, "params"), *next = NULL;
        struct fb_str part = FB_STR("perplexity_per_"), own = FB_STR("inspect_ai/");
        struct fb_str name = fb_json_get_str(metric, "name");
        name = name.len > 0 ? name : metric->key;
        name = fb_str_starts(name, own) ? fb_str_sub(name, own.len, name.len) : name;
        log->wants_likelihoods |= log->attempt_count == 0 && fb_str_starts(name, part);
        add_cluster(log, params, "cluster");
        add_cluster(log, params, "group_key");
        for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]) && !next; i++) {
            next = fb_json_get(params, inner[i]);
        }
        metric = next && next->kind == FB_JSON_OBJECT ? next : NULL;
    }
}

void fb_inspect_find_clusters(struct fb_inspect *log)
{
    const struct fb_json *scores = fb_json_get(log->results, "scores");
    log->cluster_count = 0;
    if (log->reading->options->cluster.len > 0) {
        add_key(log, log->reading->options->cluster.ptr, true);
    }
    for (const struct fb_json *score = scores ? scores->child : NULL; score; score = score->next) {
        const struct fb_json *metrics = fb_json_get(score, "metrics");
        const struct fb_json *metric = metrics ? metrics->child : NULL;
        for (; metric; metric = metric->next) {
            note_needs(log, metric);
        }
    }
}

static enum fb_code check_version(const struct fb_json *version, struct fb_err *err)
{
    if (!version->is_integer || version->integer < 1) {
        fb_err_set(err, FB_E_SCHEMA, "the version of a log must be a whole number");
        fb_err_path(err, "$.version");
        return fb_json_err_at(err, version);
    }
    if (version->integer > LOG_VERSION_MAX) {
        fb_err_set(err, FB_E_UNSUPPORTED, "version %lld of Inspect's logs is not known here",
            (long long)version->integer);
        fb_err_hint(err, "Versions up to %d are read.", LOG_VERSION_MAX);
        fb_err_path(err, "$.version");
        return fb_json_err_at(err, version);
    }
    return FB_OK;
}

/* Takes a member of the log's object that is small enough for a tree. */
static enum fb_code take_tree(struct fb_inspect *log, const char *key,
    struct fb_json_reader *reader, const struct fb_json_token *first, struct fb_err *err)
{
    struct fb_json *tree = NULL;
    enum fb_code code = fb_json_read_tree(reader, first, &log->arena, &tree, err);
    if (code != FB_OK) {
        return code;
    }
    if (strcmp(key, "version") == 0) {
        return check_version(tree, err);
    }
    bool is_list = tree->kind == FB_JSON_ARRAY && tree->count > 0;
    if (strcmp(key, "status") == 0) {
        log->status = tree->text;
    } else if (strcmp(key, "eval") == 0) {
        log->eval = tree;
    } else if (strcmp(key, "results") == 0) {
        log->results = tree;
        fb_inspect_find_clusters(log);
    } else if (strcmp(key, "stats") == 0) {
        log->stats = tree;
    } else if (strcmp(key, "invalidated") == 0) {
        log->flags[FB_INSPECT_INVALIDATED] |= tree->kind == FB_JSON_TRUE;
    } else if (strcmp(key, "log_updates") == 0) {
        log->flags[FB_INSPECT_LOG_UPDATES] |= is_list;
    } else {
        FB_ASSERT(strcmp(key, "config_updates") == 0);
        log->flags[FB_INSPECT_CONFIG_UPDATES] |= is_list;
    }
    return FB_OK;
}

static enum fb_code read_samples(struct fb_inspect *log, struct fb_json_reader *reader,
    const struct fb_json_token *first, struct fb_err *err)
{
    if (first->kind != FB_JSON_ARRAY) {
        return fb_json_skip(reader, first, err);
    }
    for (;;) {
        struct fb_json_token token;
        enum fb_code code = fb_json_next(reader, &token, err);
        if (code != FB_OK || token.kind == FB_JSON_ARRAY_END) {
            return code;
        }
        code = fb_inspect_read_sample(log, reader, &token, err);
        if (code != FB_OK) {
            return code;
        }
    }
}

/* Reads the object of a log (a JSON log, header.json or _journal/start.json) to its end. */
static enum fb_code read_object(
    struct fb_inspect *log, struct fb_json_reader *reader, struct fb_err *err)
{
    static const char *const keys[] = {"version", "status", "eval", "results", "stats",
        "invalidated", "log_updates", "config_updates", "samples"};
    enum { KEYS = sizeof(keys) / sizeof(keys[0]) };
    unsigned seen = 0;
    struct fb_json_token token;
    enum fb_code code = fb_json_next(reader, &token, err);
    if (code == FB_OK && token.kind != FB_JSON_OBJECT) {
        return fb_err_set(err, FB_E_SCHEMA, "a log must be an object");
    }
    while (code == FB_OK) {
        code = fb_json_next(reader, &token, err);
        if (code != FB_OK || token.kind != FB_JSON_KEY) {
            break;
        }
        unsigned key = 0;
        while (key < KEYS && !fb_str_is(token.text, keys[key])) {
            key++;
        }
        if (key < KEYS && (seen & (1U << key))) {
            fb_err_set(err, FB_E_SYNTAX, "the log has '%s' twice", keys[key]);
            fb_err_place(
                err, NULL, token.place.line, token.place.column, (int64_t)token.place.offset);
            return err->code;
        }
        seen |= key < KEYS ? 1U << key : 0;
        code = fb_json_next(reader, &token, err);
        if (code != FB_OK) {
            break;
        }
        code = key == KEYS       ? fb_json_skip(reader, &token, err)
               : key == KEYS - 1 ? read_samples(log, reader, &token, err)
                                 : take_tree(log, keys[key], reader, &token, err);
    }
    return code == FB_OK ? fb_json_next(reader, &token, err) : code;
}

/* Reads one member as a log's object. */
static enum fb_code read_header(
    struct fb_inspect *log, struct fb_archive *archive, size_t index, struct fb_err *err)
{
    struct fb_json_reader *reader = NULL;
    enum fb_code code = fb_archive_json(archive, index, &reader, err);
    if (code == FB_OK) {
        code = read_object(log, reader, err);
    }
    fb_json_reader_free(reader);
    return code;
}

/* Starts to read a member beside a sample.json of that name; *out is NULL where there is none. */
static enum fb_code open_sidecar(struct fb_inspect *log, struct fb_archive *archive,
    const struct fb_str names[2], struct fb_json_reader **out, struct fb_err *err)
{
    struct fb_str folder = fb_str_sub(names[0], 0, names[0].len - strlen("sample.json"));
    struct fb_str sidecar =
        fb_arena_printf(&log->arena, "%.*s%.*s", FB_STR_ARG(folder), FB_STR_ARG(names[1]));
    size_t index = 0;
    *out = NULL;
    if (!sidecar.ptr) {
        return fb_arena_failed(&log->arena, err);
    }
    return fb_archive_find(archive, sidecar.ptr, &index) ? fb_archive_json(archive, index, out, err)
                                                         : FB_OK;
}

/* Reads what a sample keeps in members of their own: the cluster values of its metadata, and when
 * it was scored. name is that of its sample.json. */
static enum fb_code read_sidecars(
    struct fb_inspect *log, struct fb_archive *archive, struct fb_str name, struct fb_err *err)
{
    static const char *const names[] = {"metadata.json", "skeleton.json"};
    enum fb_code code = FB_OK;
    for (int i = 0; code == FB_OK && i < 2 && log->attempt_count > 0; i++) {
        struct fb_json_reader *reader = NULL;
        struct fb_json_token token;
        if (i == 0 && log->cluster_count == 0) {
            continue;
        }
        const struct fb_str of[] = {name, fb_str_of(names[i])};
        code = open_sidecar(log, archive, of, &reader, err);
        if (code == FB_OK && reader && i == 0) {
            uint32_t sample = log->attempts[log->attempt_count - 1].sample;
            code = fb_json_next(reader, &token, err);
            code = code ? code
                        : fb_inspect_read_metadata(log, &log->samples[sample], reader, &token, err);
        } else if (code == FB_OK && reader) {
            code = fb_inspect_read_skeleton(log, reader, err);
        }
        if (code == FB_OK && reader) {
            code = fb_json_next(reader, &token, err);
        }
        fb_json_reader_free(reader);
    }
    return code;
}

/* What a member of the archive is, by its name. */
enum member_kind { MEMBER_OTHER, MEMBER_SAMPLE, MEMBER_CHUNKED };

/* True for "..._epoch_" and digits. */
static bool ends_with_epoch(struct fb_str stem)
{
    size_t end = stem.len;
    while (end > 0 && stem.ptr[end - 1] >= '0' && stem.ptr[end - 1] <= '9') {
        end--;
    }
    return end < stem.len && fb_str_ends(fb_str_sub(stem, 0, end), FB_STR("_epoch_"));
}

static enum member_kind kind_of(struct fb_str name)
{
    struct fb_str whole = FB_STR(".json"), shell = FB_STR("/sample.json");
    if (!fb_str_starts(name, FB_STR("samples/"))) {
        return MEMBER_OTHER;
    }
    if (fb_str_ends(name, shell) && ends_with_epoch(fb_str_sub(name, 0, name.len - shell.len))) {
        return MEMBER_CHUNKED;
    }
    if (fb_str_ends(name, whole) && ends_with_epoch(fb_str_sub(name, 0, name.len - whole.len))) {
        return MEMBER_SAMPLE;
    }
    return MEMBER_OTHER;
}

static enum fb_code read_sample_member(
    struct fb_inspect *log, struct fb_archive *archive, size_t index, struct fb_err *err)
{
    struct fb_str name = fb_archive_name(archive, index);
    enum member_kind kind = kind_of(name);
    log->flags[FB_INSPECT_CONFIG_UPDATES] |=
        fb_str_starts(name, FB_STR("_journal/config_updates/"));
    if (kind == MEMBER_OTHER) {
        return FB_OK;
    }
    struct fb_json_reader *reader = NULL;
    struct fb_json_token token;
    enum fb_code code = fb_archive_json(archive, index, &reader, err);
    if (code == FB_OK) {
        code = fb_json_next(reader, &token, err);
    }
    if (code == FB_OK) {
        code = fb_inspect_read_sample(log, reader, &token, err);
    }
    if (code == FB_OK) {
        code = fb_json_next(reader, &token, err);
    }
    fb_json_reader_free(reader);
    if (code == FB_OK && kind == MEMBER_CHUNKED) {
        code = read_sidecars(log, archive, name, err);
    }
    return code;
}

static enum fb_code read_archive(
    struct fb_inspect *log, struct fb_archive *archive, struct fb_err *err)
{
    size_t index = 0;
    if (!fb_archive_find(archive, "header.json", &index) &&
        !fb_archive_find(archive, "_journal/start.json", &index)) {
        fb_err_set(err, FB_E_FORMAT,
            "'%s' is a ZIP archive without header.json and _journal/start.json",
            log->reading->input->name);
        return fb_err_hint(err, "Archives are read only when they are logs of Inspect.");
    }
    enum fb_code code = read_header(log, archive, index, err);
    if (code == FB_OK) {
        code = fb_arena_str(&log->arena, fb_str_of(fb_archive_label(archive)), &log->header, err);
    }
    for (size_t i = 0; code == FB_OK && i < fb_archive_count(archive); i++) {
        code = read_sample_member(log, archive, i, err);
    }
    if (code != FB_OK) {
        fb_err_place(err, fb_archive_label(archive), 0, 0, -1);
    }
    return code;
}

/* From a log that was read to its drafts. */
static enum fb_code finish(struct fb_inspect *log, struct fb_err *err)
{
    struct fb_inspect_metric *metrics = NULL;
    size_t count = 0;
    fb_inspect_name_scores(log);
    enum fb_code code = fb_inspect_sort(log, err);
    fb_inspect_sort_likelihoods(log);
    if (code == FB_OK) {
        code = fb_inspect_check_metrics(log, &metrics, &count, err);
    }
    if (code == FB_OK) {
        code = fb_inspect_write(log, metrics, count, err);
    }
    return code;
}

enum fb_code fb_read_inspect_eval(struct fb_reading *reading, struct fb_err *err)
{
    struct fb_inspect log;
    fb_inspect_init(&log, reading);
    struct fb_archive *archive = NULL;
    enum fb_code code = fb_archive_open(reading->input, &archive, err);
    if (code == FB_OK) {
        code = read_archive(&log, archive, err);
    }
    if (code == FB_OK) {
        code = finish(&log, err);
    }
    fb_archive_free(archive);
    fb_inspect_release(&log);
    return code;
}

enum fb_code fb_read_inspect_json(struct fb_reading *reading, struct fb_err *err)
{
    static const struct fb_json_options options = {.allow_nonfinite = true};
    struct fb_inspect log;
    fb_inspect_init(&log, reading);
    log.header = fb_str_of(reading->input->name);
    struct fb_input_cursor cursor = {.input = reading->input};
    struct fb_json_reader *reader = NULL;
    enum fb_code code = fb_json_reader_new_stream(
        fb_input_source, &cursor, reading->input->name, &options, &reader, err);
    if (code == FB_OK) {
        code = read_object(&log, reader, err);
    }
    if (code == FB_OK) {
        code = finish(&log, err);
    }
    fb_json_reader_free(reader);
    fb_inspect_release(&log);
    return code;
}

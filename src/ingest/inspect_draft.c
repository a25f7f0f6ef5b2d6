/*
 * From a log to evaluations: what is counted, and the signs that go with it.
 *
 * The unit is the sample id; epochs are repeats of it. Every count leans to the side of danger: a
 * success in any epoch is one, and what was planned and has no clean answer stays unresolved.
 */
#include <string.h>

#include "base/assert.h"
#include "ingest/clusters.h"
#include "ingest/inspect.h"

enum { JSON_MAX = 256 * 1024, NAME_BYTES = 1024 };

/* What stands in every evaluation of a log. */
struct common {
    struct fb_str task, model, tool, eval_id;
    const char *status;
    fb_time began, ended;
    uint64_t samples; /* distinct ids planned or seen */
    uint32_t epochs;  /* planned */
    char digest[FB_INPUT_DIGEST];
};

struct counts {
    uint64_t any, all, unresolved;
};

static const char *const flag_texts[FB_INSPECT_FLAG_END] = {
#define FB_FLAG(name, text) text,
#include "ingest/inspect_flags.def"
#undef FB_FLAG
};

const char *fb_inspect_flag_text(enum fb_inspect_flag flag)
{
    FB_ASSERT(flag < FB_INSPECT_FLAG_END);
    return flag_texts[flag];
}

/* --- Plan --------------------------------------------------------------------------------- */

/* True for a value that is there and says something. */
static bool is_set(const struct fb_json *value)
{
    return value && value->kind != FB_JSON_NULL && value->kind != FB_JSON_FALSE &&
           !(value->kind == FB_JSON_ARRAY && value->count == 0);
}

static uint64_t count_or_zero(const struct fb_json *value)
{
    return value && value->is_integer && value->integer > 0 ? (uint64_t)value->integer : 0;
}

/* Samples that the limit of a run leaves: a number, or [from, to). */
static uint64_t limited(const struct fb_json *limit, uint64_t samples)
{
    uint64_t most = samples;
    if (limit && limit->kind == FB_JSON_ARRAY && limit->count == 2) {
        uint64_t from = count_or_zero(limit->child), to = count_or_zero(limit->child->next);
        most = to > from ? to - from : 0;
    } else if (count_or_zero(limit) > 0) {
        most = count_or_zero(limit);
    }
    return most < samples ? most : samples;
}

/* Distinct ids that the run was to cover, as the log says it in its several places. */
static uint64_t planned_samples(const struct fb_inspect *log, uint32_t epochs)
{
    const struct fb_json *config = fb_json_get(log->eval, "config");
    const struct fb_json *dataset = fb_json_get(log->eval, "dataset");
    const struct fb_json *ids = fb_json_get(dataset, "sample_ids");
    const struct fb_json *chosen = fb_json_get(config, "sample_id");
    uint64_t planned = count_or_zero(fb_json_get(dataset, "samples"));
    if (ids && ids->kind == FB_JSON_ARRAY && ids->count > 0) {
        planned = ids->count;
    } else if (chosen && chosen->kind == FB_JSON_ARRAY) {
        planned = chosen->count;
    } else if (chosen && chosen->kind == FB_JSON_STRING) {
        planned = 0; /* a pattern: the samples in the log are all that is known */
    } else {
        planned = limited(fb_json_get(config, "limit"), planned);
    }
    uint64_t total = count_or_zero(fb_json_get(log->results, "total_samples"));
    uint64_t by_total = total / epochs + (total % epochs != 0);
    planned = by_total > planned ? by_total : planned;
    return planned > log->sample_count ? planned : log->sample_count;
}

/* Other models that took part, and whether the system was its own judge. */
static void flag_roles(struct fb_inspect *log)
{
    static const char *const judges[] = {"grader", "judge", "scorer", "critic", "monitor"};
    const struct fb_json *roles = fb_json_get(log->eval, "model_roles");
    struct fb_str model = fb_json_get_str(log->eval, "model");
    const struct fb_json *role = roles && roles->kind == FB_JSON_OBJECT ? roles->child : NULL;
    for (; role; role = role->next) {
        log->flags[FB_INSPECT_MODEL_ROLES] = true;
        struct fb_str other =
            role->kind == FB_JSON_STRING ? role->text : fb_json_get_str(role, "model");
        for (size_t i = 0; i < sizeof(judges) / sizeof(judges[0]); i++) {
            log->flags[FB_INSPECT_SELF_GRADED] |=
                fb_str_is(role->key, judges[i]) && fb_str_eq(other, model);
        }
    }
}

/* True when a run was to go on though samples errored: fail_on_error false or a number of errors,
 * continue_on_fail, score_on_error. */
static bool tolerates_errors(const struct fb_json *config)
{
    const struct fb_json *fail = fb_json_get(config, "fail_on_error");
    const struct fb_json *go_on = fb_json_get(config, "continue_on_fail");
    const struct fb_json *score = fb_json_get(config, "score_on_error");
    return (fail && (fail->kind == FB_JSON_FALSE || fail->kind == FB_JSON_NUMBER)) ||
           (go_on && go_on->kind == FB_JSON_TRUE) || (score && score->kind == FB_JSON_TRUE);
}

static void set_flags(struct fb_inspect *log, uint64_t samples, uint32_t epochs)
{
    const struct fb_json *config = fb_json_get(log->eval, "config");
    const struct fb_json *revision = fb_json_get(log->eval, "revision");
    const struct fb_json *dirty = fb_json_get(revision, "dirty");
    bool *flags = log->flags;
    flags[FB_INSPECT_LIMIT] |= is_set(fb_json_get(config, "limit"));
    flags[FB_INSPECT_SAMPLE_ID] |= is_set(fb_json_get(config, "sample_id"));
    flags[FB_INSPECT_EARLY_STOPPING] |= is_set(fb_json_get(log->results, "early_stopping"));
    flag_roles(log);
    for (size_t i = 0; i < log->cluster_count; i++) {
        flags[FB_INSPECT_CLUSTERED] |= log->cluster_joins[i];
    }
    flags[FB_INSPECT_ERRORS_TOLERATED] |= tolerates_errors(config);
    flags[FB_INSPECT_DIRTY_REVISION] |= dirty && dirty->kind == FB_JSON_TRUE;
    flags[FB_INSPECT_MISSING] |= log->attempt_count < samples * epochs;
    flags[FB_INSPECT_CANCELLED] |= fb_str_is(log->status, "cancelled");
    flags[FB_INSPECT_FAILED] |= fb_str_is(log->status, "error");
    flags[FB_INSPECT_CRASHED] |= log->status.len == 0 || fb_str_is(log->status, "started");
}

/* Notes samples that ended well and still lack a score. */
static void note_unscored(struct fb_inspect *log)
{
    size_t clean = 0;
    for (size_t i = 0; i < log->attempt_count; i++) {
        clean += log->attempts[i].is_clean;
    }
    for (size_t i = 0; i < log->series_count; i++) {
        struct fb_inspect_series *series = &log->series[i];
        size_t scored = 0;
        for (size_t c = 0; c < series->count; c++) {
            scored += log->attempts[series->cells[c].attempt].is_clean;
        }
        series->flags[FB_INSPECT_UNSCORED] |= scored < clean;
    }
}

/* --- Counts ------------------------------------------------------------------------------- */

/* What the epochs of one sample say together. */
struct verdict {
    bool any;
    bool all;       /* no epoch below the full score */
    uint32_t clean; /* epochs with a clean value */
};

/* The next sample of a series, whose cells are sorted by sample, from *at on; false behind the
 * last. counts are those of this one sample. */
static bool next_sample(const struct fb_inspect *log, const struct fb_inspect_series *series,
    uint32_t epochs, size_t *at, struct counts *out)
{
    struct verdict v = {.all = true};
    if (*at == series->count) {
        return false;
    }
    uint32_t sample = log->attempts[series->cells[*at].attempt].sample;
    for (; *at < series->count; (*at)++) {
        const struct fb_inspect_cell *cell = &series->cells[*at];
        const struct fb_inspect_attempt *attempt = &log->attempts[cell->attempt];
        bool is_clean = cell->is_scored && attempt->is_clean;
        if (attempt->sample != sample) {
            break;
        }
        v.any |= cell->is_scored && cell->value > 0;
        v.all &= is_clean && cell->value >= 1;
        v.clean += is_clean;
    }
    out->any = v.any;
    out->all = v.all && v.clean >= epochs;
    out->unresolved = !v.any && v.clean < epochs;
    return true;
}

/* Counts a series. What no cell is of stays unresolved. */
static struct counts count_series(const struct fb_inspect *log,
    const struct fb_inspect_series *series, const struct common *common)
{
    struct counts counts = {.unresolved = common->samples}, one;
    for (size_t at = 0; next_sample(log, series, common->epochs, &at, &one);) {
        counts.any += one.any;
        counts.all += one.all;
        counts.unresolved -= !one.unresolved;
    }
    FB_ASSERT(counts.all <= counts.any);
    FB_ASSERT(counts.any + counts.unresolved <= common->samples);
    return counts;
}

/* The clusters of a series by one key of metadata; samples without it are in none. Where no sample
 * has it, nothing is known of how they hang together, and all are one. */
static enum fb_code find_clusters(const struct fb_inspect *log,
    const struct fb_inspect_series *series, uint32_t epochs, size_t key, struct fb_clusters *out,
    struct fb_err *err)
{
    struct counts one;
    fb_clusters_init(out);
    for (int is_lacking = 0; is_lacking < 2 && out->count == 0; is_lacking++) {
        for (size_t at = 0; at < series->count;) {
            uint32_t sample = log->attempts[series->cells[at].attempt].sample;
            struct fb_str name = log->samples[sample].clusters[key];
            (void)next_sample(log, series, epochs, &at, &one);
            struct fb_cluster counts = {0, 1, one.all, one.any + one.unresolved};
            bool is_in = name.len > 0 || is_lacking;
            enum fb_code code = is_in ? fb_clusters_add(out, name, &counts, err) : FB_OK;
            if (code != FB_OK) {
                return code;
            }
        }
    }
    fb_clusters_sort(out);
    return FB_OK;
}

/* How the samples of a series hang together. */
struct joined {
    struct fb_clusters clusters;
    size_t key;      /* of the log's cluster keys; SIZE_MAX: nothing joins samples */
    bool is_lacking; /* no sample has the key: all are one cluster */
};

/* Finds how samples hang together, by the key that makes the fewest clusters of them. The caller
 * ends with fb_clusters_release. */
static enum fb_code fewest_clusters(const struct fb_inspect *log,
    const struct fb_inspect_series *series, uint32_t epochs, struct joined *out, struct fb_err *err)
{
    struct fb_clusters other;
    enum fb_code code = FB_OK;
    fb_clusters_init(&out->clusters);
    out->key = SIZE_MAX;
    for (size_t key = 0; code == FB_OK && key < log->cluster_count; key++) {
        if (!log->cluster_joins[key]) {
            continue;
        }
        code = find_clusters(log, series, epochs, key, &other, err);
        bool is_fewest = out->key == SIZE_MAX || other.count < out->clusters.count;
        if (code == FB_OK && other.count > 0 && is_fewest) {
            struct fb_clusters worse = out->clusters;
            out->clusters = other;
            other = worse;
            out->key = key;
        }
        fb_clusters_release(&other);
    }
    out->is_lacking = true;
    for (uint32_t i = 0; out->key != SIZE_MAX && i < log->sample_count; i++) {
        out->is_lacking &= log->samples[i].clusters[out->key].len == 0;
    }
    return code;
}

/* Writes how samples hang together. */
static enum fb_code write_clusters(struct fb_json_writer *w, const struct fb_inspect *log,
    const struct fb_inspect_series *series, uint32_t epochs, struct fb_err *err)
{
    struct joined joined;
    enum fb_code code = fewest_clusters(log, series, epochs, &joined, err);
    if (code == FB_OK && joined.key != SIZE_MAX) {
        fb_clusters_write(w, &joined.clusters, 0, fb_str_of(log->cluster_keys[joined.key]));
    }
    fb_clusters_release(&joined.clusters);
    return code;
}

/* --- Header ------------------------------------------------------------------------------- */

static enum fb_code lacks(const struct fb_inspect *log, const char *what, struct fb_err *err)
{
    fb_err_set(err, FB_E_SCHEMA, "the log lacks %s", what);
    fb_err_place(err, log->header.ptr, 0, 0, -1);
    return err->code;
}

/* The time of a member, or fallback when it is absent or empty. */
static enum fb_code time_of(struct fb_inspect *log, const struct fb_json *object, const char *key,
    fb_time fallback, fb_time *out, struct fb_err *err)
{
    struct fb_str text = fb_json_get_str(object, key);
    *out = fallback;
    if (text.len == 0) {
        return FB_OK;
    }
    return fb_inspect_time(log, fb_json_get(object, key), out, err);
}

/* The end of a run is said in whole seconds. */
#define SCORING_SLACK (2 * FB_SECOND)

static enum fb_code read_times(struct fb_inspect *log, struct common *c, struct fb_err *err)
{
    fb_time created;
    if (fb_json_get_str(log->eval, "created").len == 0) {
        return lacks(log, "the time when it was made (eval.created)", err);
    }
    enum fb_code code = time_of(log, log->eval, "created", 0, &created, err);
    if (code == FB_OK) {
        code = time_of(log, log->stats, "started_at", created, &c->began, err);
    }
    if (code == FB_OK) {
        /* Without an end of the run, the end of its last sample; old ones say of themselves only
         * when they were scored. */
        fb_time last = log->last > c->began ? log->last : c->began;
        last = log->scored > last ? log->scored : last;
        code = time_of(log, log->stats, "completed_at", last, &c->ended, err);
    }
    log->flags[FB_INSPECT_RESCORED] |= code == FB_OK && log->scored > c->ended + SCORING_SLACK;
    if (code == FB_OK && c->ended < c->began) {
        fb_err_set(err, FB_E_TIME, "the run ends before it began");
        fb_err_place(err, log->header.ptr, 0, 0, -1);
        return err->code;
    }
    return code;
}

static enum fb_code read_common(
    struct fb_inspect *log, struct fb_buf *tool, struct common *out, struct fb_err *err)
{
    static const char *const words[] = {"success", "error", "cancelled", "started"};
    struct common c = {.task = fb_json_get_str(log->eval, "task"),
        .model = fb_json_get_str(log->eval, "model"),
        .eval_id = fb_json_get_str(log->eval, "eval_id"),
        .status = log->status.len == 0 ? "started" : NULL};
    if (c.task.len == 0 || c.model.len == 0) {
        return lacks(log, "its task or its model (eval.task, eval.model)", err);
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        c.status = fb_str_is(log->status, words[i]) ? words[i] : c.status;
    }
    if (!c.status) {
        return lacks(log, "a status that is known here", err);
    }
    uint64_t epochs = count_or_zero(fb_json_get(fb_json_get(log->eval, "config"), "epochs"));
    c.epochs = epochs == 0 ? 1 : epochs > UINT32_MAX ? UINT32_MAX : (uint32_t)epochs;
    c.samples = planned_samples(log, c.epochs);
    set_flags(log, c.samples, c.epochs);
    note_unscored(log);
    struct fb_str version = fb_json_get_str(fb_json_get(log->eval, "packages"), "inspect_ai");
    fb_buf_addf(tool, "inspect_ai %.*s", FB_STR_ARG(fb_str_sub(version, 0, 100)));
    c.tool = fb_str_trim(fb_buf_str(tool));
    enum fb_code code = read_times(log, &c, err);
    if (code == FB_OK) {
        code = fb_input_digest(log->reading->input, c.digest, err);
    }
    if (code == FB_OK) {
        *out = c;
    }
    return code;
}

/* --- Drafts ------------------------------------------------------------------------------- */

/* The word of a series: its scorer, and its key behind a slash. */
static void add_score_name(struct fb_buf *out, const struct fb_inspect_series *series)
{
    fb_buf_add_str(out, series->scorer);
    if (series->key.len > 0) {
        fb_buf_add_char(out, '/');
        fb_buf_add_str(out, series->key);
    }
}

static void write_flags(
    struct fb_json_writer *w, const struct fb_inspect *log, const struct fb_inspect_series *series)
{
    fb_json_key(w, "flags");
    fb_json_open_array(w);
    for (size_t i = 0; i < FB_INSPECT_FLAG_END; i++) {
        if (log->flags[i] || series->flags[i]) {
            fb_json_c(w, flag_texts[i]);
        }
    }
    fb_json_close_array(w);
}

static bool is_of(const struct fb_inspect_metric *metric, const struct fb_inspect_series *series)
{
    bool is_plain = fb_str_eq(metric->scorer, metric->score);
    return fb_str_eq(metric->scorer, series->scorer) &&
           (is_plain || fb_str_eq(metric->score, series->key));
}

/* The name of a figure: its reducer, "mean/accuracy", and "SCORER:" before one that is of the whole
 * object where the series is one of its keys, which may have a metric of that name too. */
static void add_metric_name(
    struct fb_buf *out, const struct fb_inspect_metric *m, const struct fb_inspect_series *series)
{
    if (series->key.len > 0 && fb_str_eq(m->scorer, m->score)) {
        fb_buf_addf(out, "%.*s:", FB_STR_ARG(m->scorer));
    }
    if (m->reducer.len > 0) {
        fb_buf_addf(out, "%.*s/", FB_STR_ARG(m->reducer));
    }
    fb_buf_add_str(out, m->name);
}

/* Is there an earlier figure of that name in the series? A header may hold one score twice. */
static bool is_repeated(const struct fb_inspect_series *series,
    const struct fb_inspect_metric *metrics, size_t index, struct fb_str name)
{
    struct fb_buf other;
    fb_buf_init(&other, NAME_BYTES);
    bool found = false;
    for (size_t i = 0; !found && i < index; i++) {
        fb_buf_clear(&other);
        if (is_of(&metrics[i], series)) {
            add_metric_name(&other, &metrics[i], series);
            found = fb_str_eq(fb_buf_str(&other), name);
        }
    }
    fb_buf_release(&other);
    return found;
}

static void write_metrics(struct fb_json_writer *w, const struct fb_inspect_series *series,
    const struct fb_inspect_metric *metrics, size_t count)
{
    struct fb_buf name;
    fb_buf_init(&name, NAME_BYTES);
    fb_json_key(w, "metrics");
    fb_json_open_object(w);
    for (size_t i = 0; i < count; i++) {
        const struct fb_inspect_metric *m = &metrics[i];
        if (!is_of(m, series)) {
            continue;
        }
        fb_buf_clear(&name);
        add_metric_name(&name, m, series);
        if (is_repeated(series, metrics, i, fb_buf_str(&name))) {
            fb_buf_addf(&name, "#%zu", i);
        }
        fb_json_key(w, name.ptr ? name.ptr : "");
        fb_json_open_object(w);
        fb_reader_figure(w, "stated", m->stated);
        if (m->why) {
            fb_json_key_bool(w, "recomputed", false);
            fb_json_key_c(w, "reason", m->why);
        } else {
            fb_reader_figure(w, "recomputed", m->recomputed);
        }
        fb_json_close_object(w);
    }
    fb_json_close_object(w);
    fb_buf_release(&name);
}

static void write_id(struct fb_json_writer *w, const struct common *c,
    const struct fb_inspect_series *series, bool is_only)
{
    struct fb_buf id, score;
    fb_buf_init(&id, NAME_BYTES);
    fb_buf_init(&score, NAME_BYTES);
    fb_buf_add_c(&id, "evaluation/");
    if (c->eval_id.len > 0) {
        fb_reader_name(&id, c->eval_id);
    } else {
        /* Logs from before 2025 have no id of their own. */
        fb_buf_add_str(&id, fb_str_sub(fb_str_of(c->digest), strlen("sha256:"), 16));
    }
    if (!is_only) {
        add_score_name(&score, series);
        fb_buf_add_char(&id, '/');
        fb_reader_name(&id, fb_buf_str(&score));
    }
    fb_json_key_str(w, "id", fb_buf_str(&id));
    fb_buf_release(&id);
    fb_buf_release(&score);
}

static void write_text(struct fb_json_writer *w, const char *key, struct fb_str text)
{
    if (text.len > 0) {
        fb_json_key_str(w, key, text);
    }
}

static enum fb_code write_body(struct fb_json_writer *w, const struct fb_inspect *log,
    const struct common *c, const struct fb_inspect_series *series, struct fb_err *err)
{
    struct counts counts = count_series(log, series, c);
    struct fb_buf text;
    fb_buf_init(&text, NAME_BYTES);
    fb_reader_name(&text, c->task);
    fb_json_key_str(w, "task", fb_buf_str(&text));
    fb_buf_clear(&text);
    add_score_name(&text, series);
    fb_json_key_str(w, "scorer", fb_buf_str(&text));
    fb_buf_release(&text);
    fb_json_key_str(w, "model", c->model);
    fb_json_key_c(w, "status", c->status);
    fb_reader_time(w, "began", c->began);
    fb_reader_time(w, "ended", c->ended);
    fb_json_key_int(w, "samples", (int64_t)c->samples);
    fb_json_key_int(w, "succeeded_any", (int64_t)counts.any);
    fb_json_key_int(w, "succeeded_all", (int64_t)counts.all);
    fb_json_key_int(w, "unresolved", (int64_t)counts.unresolved);
    fb_json_key_int(w, "epochs", c->epochs);
    write_text(w, "elicitation", log->reading->options->elicitation);
    write_text(w, "tool", c->tool);
    fb_json_key_c(w, "log", c->digest);
    write_flags(w, log, series);
    if (log->flags[FB_INSPECT_EARLY_STOPPING]) {
        fb_json_key_c(w, "stopping", "sequential");
    }
    fb_reader_judge(w, log->reading->options);
    return write_clusters(w, log, series, c->epochs, err);
}

/* Everything that one draft is made of. */
struct writing {
    struct fb_inspect *log;
    const struct common *common;
    const struct fb_inspect_metric *metrics;
    size_t metric_count;
    bool is_only;
};

static enum fb_code write_draft(
    const struct writing *writing, const struct fb_inspect_series *series, struct fb_err *err)
{
    const struct common *c = writing->common;
    struct fb_buf json, place;
    fb_buf_init(&json, JSON_MAX);
    fb_buf_init(&place, NAME_BYTES);
    struct fb_json_writer w;
    fb_json_writer_init(&w, &json, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "kind", "evaluation");
    write_id(&w, c, series, writing->is_only);
    write_text(&w, "subject", writing->log->reading->options->subject);
    fb_reader_time(&w, "at", c->ended);
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    enum fb_code code = write_body(&w, writing->log, c, series, err);
    write_metrics(&w, series, writing->metrics, writing->metric_count);
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    fb_buf_add_c(&place, "score ");
    add_score_name(&place, series);
    code = code ? code : fb_buf_check(&json, "an evaluation", err);
    if (code == FB_OK) {
        code = fb_buf_check(&place, "the name of a score", err);
    }
    if (code == FB_OK) {
        struct fb_draft draft = {.json = fb_buf_str(&json),
            .model = c->model,
            .place = fb_buf_str(&place),
            .keep_file = true};
        code = fb_reading_add(writing->log->reading, &draft, err);
    }
    fb_buf_release(&json);
    fb_buf_release(&place);
    return code;
}

/* The cluster of a sample; empty: it stands alone. */
static struct fb_str cluster_of(
    const struct fb_inspect *log, const struct joined *joined, uint32_t sample)
{
    if (joined->key == SIZE_MAX) {
        return (struct fb_str){NULL, 0};
    }
    return joined->is_lacking ? FB_STR("all") : log->samples[sample].clusters[joined->key];
}

/* Hands the samples of a series, whose cells are sorted by sample, to who asked for them. A sample
 * without a value is unresolved. */
static enum fb_code give_samples(const struct fb_inspect *log,
    const struct fb_inspect_series *series, const struct common *common, struct fb_err *err)
{
    const struct fb_ingest_options *options = log->reading->options;
    if (!options->take_sample) {
        return FB_OK;
    }
    struct fb_buf name;
    struct joined joined;
    fb_buf_init(&name, NAME_BYTES);
    add_score_name(&name, series);
    enum fb_code code = fewest_clusters(log, series, common->epochs, &joined, err);
    code = code ? code : fb_buf_check(&name, "the name of a score", err);
    size_t at = 0;
    for (uint32_t i = 0; code == FB_OK && i < log->sample_count; i++) {
        double sum = 0;
        uint32_t scored = 0, clean = 0;
        for (; at < series->count && log->attempts[series->cells[at].attempt].sample == i; at++) {
            const struct fb_inspect_cell *cell = &series->cells[at];
            sum += cell->is_scored ? cell->value : 0;
            scored += cell->is_scored;
            clean += cell->is_scored && log->attempts[cell->attempt].is_clean;
        }
        struct fb_sample_value value = {.task = common->task,
            .scorer = fb_buf_str(&name),
            .id = log->samples[i].id,
            .cluster = cluster_of(log, &joined, i),
            .value = scored > 0 ? sum / scored : 0,
            .is_resolved = clean > 0 && clean >= common->epochs};
        code = options->take_sample(options->take_ctx, &value, err);
    }
    FB_ASSERT(code != FB_OK || at == series->count);
    fb_clusters_release(&joined.clusters);
    fb_buf_release(&name);
    return code;
}

/* Makes the series that the header plans and no sample has: all of their samples are unresolved. */
static enum fb_code add_planned_series(struct fb_inspect *log, struct fb_err *err)
{
    struct fb_inspect_series *ignored = NULL;
    const struct fb_json *scorers = fb_json_get(log->eval, "scorers");
    enum fb_code code = FB_OK;
    const struct fb_json *scorer = scorers ? scorers->child : NULL;
    bool is_needed = log->series_count == 0;
    for (; scorer && code == FB_OK && is_needed; scorer = scorer->next) {
        struct fb_str name = fb_json_get_str(scorer, "name");
        for (size_t i = name.len; i > 0; i--) {
            if (name.ptr[i - 1] == '/') {
                name = fb_str_sub(name, i, name.len); /* scores bear the name without package */
                break;
            }
        }
        if (name.len > 0) {
            code = fb_inspect_series_of(log, name, (struct fb_str){NULL, 0}, &ignored, err);
        }
    }
    if (code == FB_OK && log->series_count == 0) {
        log->flags[FB_INSPECT_NO_SCORER] = true;
        code = fb_inspect_series_of(log, FB_STR("none"), (struct fb_str){NULL, 0}, &ignored, err);
    }
    return code;
}

/* True for the plain series of a scorer whose values are objects: it holds only NaN. */
static bool is_shadow(const struct fb_inspect *log, const struct fb_inspect_series *series)
{
    bool has_keys = false;
    for (size_t i = 0; i < log->series_count; i++) {
        has_keys |= log->series[i].key.len > 0 && fb_str_eq(log->series[i].scorer, series->scorer);
    }
    for (size_t i = 0; i < series->count; i++) {
        if (!series->cells[i].is_excluded) {
            return false;
        }
    }
    return has_keys && series->key.len == 0;
}

enum fb_code fb_inspect_write(struct fb_inspect *log, const struct fb_inspect_metric *metrics,
    size_t metric_count, struct fb_err *err)
{
    FB_ASSERT(log && (metrics || metric_count == 0));
    if (!log->eval || log->eval->kind != FB_JSON_OBJECT) {
        return lacks(log, "its description (eval)", err);
    }
    struct fb_buf tool;
    fb_buf_init(&tool, NAME_BYTES);
    struct common common;
    enum fb_code code = add_planned_series(log, err);
    if (code == FB_OK) {
        code = read_common(log, &tool, &common, err);
    }
    struct writing writing = {.log = log,
        .common = &common,
        .metrics = metrics,
        .metric_count = metric_count,
        .is_only = log->series_count == 1};
    for (size_t i = 0; i < log->series_count && code == FB_OK; i++) {
        if (!is_shadow(log, &log->series[i])) {
            code = write_draft(&writing, &log->series[i], err);
            code = code ? code : give_samples(log, &log->series[i], &common, err);
        }
    }
    fb_buf_release(&tool);
    return code;
}

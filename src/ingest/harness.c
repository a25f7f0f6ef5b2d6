/*
 * Results of lm-evaluation-harness (results_DATE.json) with the samples that stand beside them
 * (samples_TASK_DATE.jsonl): one evaluation for each task, metric and filter.
 *
 * Figures are computed again from the samples. A mean that differs refuses the file. A standard
 * error of exactly 0 where the values differ is a fault that the harness is known for: it is
 * flagged. Without samples every document is unresolved: a figure alone is no evidence. Tasks that
 * only sum up others (`group_subtasks`) make no evaluation, since their parts do; their means are
 * computed again from the parts, and one that differs refuses the file.
 */
#include "ingest/harness.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/decimal.h"

#define TOLERANCE 1e-6
#define TOLERANCE_ABSOLUTE 1e-9

enum { NAME_BYTES = 4096 };

/* A file at work. */
struct results {
    struct fb_reading *reading;
    struct fb_trials trials;
    struct fb_arena arena;
    struct fb_json *root;
    struct fb_str model;
    fb_time began, ended;
};

/* One figure of a task, "acc,none" or "acc". */
struct figure {
    const struct fb_json *value;
    struct fb_str metric, filter;
    bool is_stderr;
};

bool fb_is_harness(const struct fb_head *head)
{
    return head->has[FB_HEAD_RESULTS] && !head->has[FB_HEAD_EVAL] && !head->has[FB_HEAD_KIND] &&
           !head->has[FB_HEAD_JOBS] && !head->has[FB_HEAD_STATUS];
}

/* --- What the file says of the run -------------------------------------------------------- */

/* "org/name" of "pretrained=org/name,dtype=float16". */
static struct fb_str pretrained_of(struct fb_str args)
{
    struct fb_str mark = FB_STR("pretrained=");
    for (size_t from = 0; from < args.len;) {
        size_t end = fb_str_find(args, ',', from);
        struct fb_str part = fb_str_trim(fb_str_sub(args, from, end - from));
        if (fb_str_starts(part, mark)) {
            return fb_str_sub(part, mark.len, part.len);
        }
        from = end + 1;
    }
    return (struct fb_str){NULL, 0};
}

static struct fb_str model_of(const struct fb_json *root)
{
    const struct fb_json *config = fb_json_get(root, "config");
    const struct fb_json *args = fb_json_get(config, "model_args");
    struct fb_str name = fb_json_get_str(root, "model_name");
    name = name.len > 0 ? name : fb_json_get_str(args, "pretrained");
    name = name.len > 0 ? name : pretrained_of(fb_json_get_str(config, "model_args"));
    return name.len > 0 ? name : fb_json_get_str(config, "model");
}

/* Seconds, a number or one in quotes; NAN when it is none. */
static double seconds_of(const struct fb_json *value)
{
    struct fb_decimal exact;
    struct fb_err ignored;
    fb_err_init(&ignored);
    if (value && value->kind == FB_JSON_NUMBER) {
        return value->number;
    }
    if (value && value->kind == FB_JSON_STRING &&
        fb_decimal_parse(value->text, &exact, &ignored) == FB_OK) {
        return fb_decimal_to_double(exact);
    }
    return (double)NAN;
}

/* When the run began and ended: `date` is seconds since the epoch, its length stands apart. */
static void read_times(struct results *r)
{
    static const double latest = 253402300799.0; /* the end of the year 9999 */
    double date = seconds_of(fb_json_get(r->root, "date"));
    double took = seconds_of(fb_json_get(r->root, "total_evaluation_time_seconds"));
    r->began = FB_TIME_MAX;
    r->ended = FB_TIME_MIN;
    if (date > 0 && date < latest) {
        took = took > 0 && date + took < latest ? took : 0;
        r->began = (fb_time)(date * (double)FB_SECOND);
        r->ended = (fb_time)((date + took) * (double)FB_SECOND);
    }
}

/* Documents that a task was to have; 0: the file does not say. */
static uint64_t planned_of(const struct results *r, const char *task, bool *out_is_limited)
{
    const struct fb_json *counts = fb_json_get(fb_json_get(r->root, "n-samples"), task);
    const struct fb_json *original = fb_json_get(counts, "original");
    const struct fb_json *effective = fb_json_get(counts, "effective");
    const struct fb_json *limit = fb_json_get(fb_json_get(r->root, "config"), "limit");
    uint64_t all =
        original && original->is_integer && original->integer > 0 ? (uint64_t)original->integer : 0;
    uint64_t run = effective && effective->is_integer && effective->integer > 0
                       ? (uint64_t)effective->integer
                       : all;
    *out_is_limited = run < all || (limit && limit->kind == FB_JSON_NUMBER);
    return run;
}

/* --- Figures ------------------------------------------------------------------------------ */

/* Takes a member of a task's results apart; false for what is no figure. */
static bool figure_of(const struct fb_json *member, struct figure *out)
{
    struct fb_str mark = FB_STR("_stderr"), key = member->key;
    size_t comma = fb_str_find(key, ',', 0);
    *out = (struct figure){.value = member,
        .metric = fb_str_sub(key, 0, comma),
        .filter = comma < key.len ? fb_str_sub(key, comma + 1, key.len) : FB_STR("none")};
    out->is_stderr = fb_str_ends(out->metric, mark);
    if (out->is_stderr) {
        out->metric = fb_str_sub(out->metric, 0, out->metric.len - mark.len);
    }
    bool is_count =
        fb_str_is(key, "sample_len") || fb_str_is(key, "samples") || fb_str_is(key, "sample_count");
    return member->kind == FB_JSON_NUMBER && out->metric.len > 0 && !is_count;
}

enum aggregation {
    AGGREGATE_UNKNOWN,
    AGGREGATE_MEAN,
    AGGREGATE_MEAN_PERHAPS,
    AGGREGATE_PERPLEXITY, /* exp(-mean) of log likelihoods */
};

/* How a metric of a task sums up its documents, as its configuration says. */
static enum aggregation aggregation_of(
    const struct results *r, const char *task, struct fb_str metric)
{
    static const char *const means[] = {"acc", "acc_norm", "acc_mutual_info", "exact_match"};
    const struct fb_json *config = fb_json_get(fb_json_get(r->root, "configs"), task);
    const struct fb_json *list = fb_json_get(config, "metric_list");
    for (const struct fb_json *m = list ? list->child : NULL; m; m = m->next) {
        struct fb_str how = fb_json_get_str(m, "aggregation");
        if (fb_str_eq(fb_json_get_str(m, "metric"), metric) && how.len > 0) {
            return fb_str_is(how, "mean")         ? AGGREGATE_MEAN
                   : fb_str_is(how, "perplexity") ? AGGREGATE_PERPLEXITY
                                                  : AGGREGATE_UNKNOWN;
        }
    }
    for (size_t i = 0; i < sizeof(means) / sizeof(means[0]); i++) {
        if (fb_str_is(metric, means[i])) {
            return AGGREGATE_MEAN;
        }
    }
    return AGGREGATE_MEAN_PERHAPS;
}

static bool is_same(double a, double b)
{
    double larger = fmax(fabs(a), fabs(b));
    return a == b || fabs(a - b) <= fmax(TOLERANCE * larger, TOLERANCE_ABSOLUTE);
}

static enum fb_code refuse(const struct figure *figure, const struct fb_trial_group *group,
    double ours, struct fb_err *err)
{
    fb_err_set(err, FB_E_MISMATCH,
        "metric '%.*s' of task '%.*s' is stated as %.10g, but its %llu values give %.10g",
        FB_STR_ARG(figure->value->key), FB_STR_ARG(group->task), figure->value->number,
        (unsigned long long)group->attempts, ours);
    fb_err_hint(err, "Only results with all of their samples, as the harness wrote them, are "
                     "evidence.");
    return fb_json_err_at(err, figure->value);
}

/* Compares a figure with the samples and notes both. */
static enum fb_code check_figure(struct results *r, struct fb_trial_group *group,
    const struct figure *figure, const char *task, struct fb_err *err)
{
    enum aggregation how = aggregation_of(r, task, figure->metric);
    double ours = figure->is_stderr ? fb_trials_stderr(group) : fb_trials_mean(group);
    if (how == AGGREGATE_PERPLEXITY) {
        ours = exp(-ours);
        how = figure->is_stderr ? AGGREGATE_UNKNOWN : AGGREGATE_MEAN; /* its error is drawn */
    }
    struct fb_trial_figure noted = {.name = figure->value->key,
        .is_stated = true,
        .stated = figure->value->number,
        .recomputed = ours};
    bool has_values = group->attempts > 0 && how != AGGREGATE_UNKNOWN;
    bool is_equal = has_values && is_same(noted.stated, ours);
    bool is_zero = has_values && figure->is_stderr && noted.stated == 0 && ours > 0;
    noted.is_known = is_equal || is_zero || (has_values && how == AGGREGATE_MEAN);
    bool has_samples = !group->flags[FB_INSPECT_NO_SAMPLES];
    noted.why = noted.is_known    ? NULL
                : group->attempts ? "how it puts values together is not known here"
                : has_samples     ? "the values of its samples are no numbers"
                                  : "the samples that it is of are not there";
    group->flags[FB_INSPECT_STDERR_ZERO] |= is_zero;
    if (noted.is_known && !is_equal && !is_zero) {
        return refuse(figure, group, ours, err);
    }
    return fb_trials_figure(&r->trials, group, &noted, err);
}

/* Finds the group of a figure, made when no sample has it, and checks the figure. */
static enum fb_code take_figure(struct results *r, const char *task, const struct figure *figure,
    bool has_samples, struct fb_err *err)
{
    struct fb_buf name;
    fb_buf_init(&name, NAME_BYTES);
    fb_harness_score_name(&name, figure->metric, figure->filter);
    struct fb_trial_group names = {
        .task = fb_str_of(task), .scorer = fb_buf_str(&name), .model = r->model};
    struct fb_trial_group *group = NULL;
    bool is_limited = false;
    uint64_t planned = planned_of(r, task, &is_limited);
    enum fb_code code = fb_buf_check(&name, "the name of a metric", err);
    code = code ? code : fb_trials_group(&r->trials, &names, &group, err);
    fb_buf_release(&name);
    if (code != FB_OK) {
        return code;
    }
    group->began = r->began;
    group->ended = r->ended;
    group->planned = planned > group->planned ? planned : group->planned;
    group->flags[FB_INSPECT_LIMIT] |= is_limited;
    group->flags[FB_INSPECT_NO_SAMPLES] |= !has_samples;
    group->flags[FB_INSPECT_UNSCORED] |= has_samples && group->attempts == 0;
    return check_figure(r, group, figure, task, err);
}

/* --- Tasks -------------------------------------------------------------------------------- */

/* Where the samples of a task would be: beside the results, with their date. */
static bool samples_path(const struct results *r, const char *task, char out[FB_IO_PATH_MAX])
{
    const char *path = r->reading->input->name;
    const char *slash = strrchr(path, '/');
    const char *date = strrchr(path, '_');
    const char *dot = strrchr(path, '.');
    if (r->reading->input->file.fd < 0 || !date || !dot || date > dot || (slash && date < slash) ||
        strchr(task, '/') || task[0] == '.') {
        return false;
    }
    int folder = slash ? (int)(slash + 1 - path) : 0;
    int len = snprintf(out, FB_IO_PATH_MAX, "%.*ssamples_%s%.*s.jsonl", folder, path, task,
        (int)(dot - date), date);
    return len > 0 && len < FB_IO_PATH_MAX && fb_io_exists(out);
}

static enum fb_code read_samples(
    struct results *r, const char *task, bool *out_has, struct fb_err *err)
{
    char path[FB_IO_PATH_MAX];
    *out_has = samples_path(r, task, path);
    if (!*out_has) {
        return FB_OK;
    }
    struct fb_input input;
    struct fb_harness_samples samples = {
        .trials = &r->trials, .task = fb_str_of(task), .model = r->model};
    enum fb_code code = fb_input_open(path, &input, err);
    if (code != FB_OK) {
        return code;
    }
    code = fb_harness_samples(&samples, &input, err);
    if (code != FB_OK) {
        fb_err_place(err, path, 0, 0, -1); /* err copies it */
    }
    fb_input_close(&input);
    return code;
}

/* True for a task that only sums up others. */
static bool is_summary(const struct results *r, const char *task)
{
    const struct fb_json *parts = fb_json_get(fb_json_get(r->root, "group_subtasks"), task);
    return parts && parts->kind == FB_JSON_ARRAY && parts->count > 0;
}

static enum fb_code read_task(struct results *r, const struct fb_json *task, struct fb_err *err)
{
    const char *name = task->key.ptr;
    bool has_samples = false;
    size_t before = r->trials.group_count;
    if (task->kind != FB_JSON_OBJECT || is_summary(r, name)) {
        return FB_OK;
    }
    enum fb_code code = read_samples(r, name, &has_samples, err);
    for (const struct fb_json *m = task->child; code == FB_OK && m; m = m->next) {
        struct figure figure;
        if (figure_of(m, &figure)) {
            code = take_figure(r, name, &figure, has_samples, err);
        }
    }
    for (size_t i = before; code == FB_OK && i < r->trials.group_count; i++) {
        r->trials.groups[i].began = r->began; /* also of metrics that the results leave out */
        r->trials.groups[i].ended = r->ended;
    }
    return code;
}

/* --- Summaries -----------------------------------------------------------------------------------
 */

/* What the parts of a summary say of one metric. */
struct parts {
    double weighted, plain; /* sums of the means of tasks: times their samples, and once each */
    double direct;          /* sum of the stated figures of the parts one level down */
    double samples, tasks, directs;
    bool is_sure; /* every mean is one of all samples, which are there */
};

/* The evaluation of a task by a metric and filter; NULL: there is none. */
static const struct fb_trial_group *group_of(
    const struct results *r, struct fb_str task, const struct figure *figure)
{
    struct fb_buf name;
    fb_buf_init(&name, NAME_BYTES);
    fb_harness_score_name(&name, figure->metric, figure->filter);
    const struct fb_trial_group *found = NULL;
    for (size_t i = 0; name.state == FB_BUF_GOOD && !found && i < r->trials.group_count; i++) {
        const struct fb_trial_group *g = &r->trials.groups[i];
        found = fb_str_eq(g->task, task) && fb_str_eq(g->scorer, fb_buf_str(&name)) ? g : NULL;
    }
    fb_buf_release(&name);
    return found;
}

/* Adds the tasks below a part that have the metric; those that lack it do not count. */
static void add_part(const struct results *r, struct fb_str part, const struct figure *figure,
    int depth, struct parts *out)
{
    enum { DEPTH_MAX = 8 };
    const struct fb_json *below = fb_json_get(fb_json_get(r->root, "group_subtasks"), part.ptr);
    const struct fb_json *stated = fb_json_get(fb_json_get(r->root, "results"), part.ptr);
    const struct fb_json *value = fb_json_get(stated, figure->value->key.ptr);
    if (depth == 0 && value && value->kind == FB_JSON_NUMBER) {
        out->direct += value->number;
        out->directs++;
    }
    if (below && below->kind == FB_JSON_ARRAY && below->count > 0) {
        out->is_sure = out->is_sure && depth < DEPTH_MAX;
        for (const struct fb_json *b = below->child; b && depth < DEPTH_MAX; b = b->next) {
            add_part(r, b->text, figure, depth + 1, out);
        }
        return;
    }
    const struct fb_trial_group *group = value ? group_of(r, part, figure) : NULL;
    if (group) {
        double n = (double)group->attempts;
        out->is_sure = out->is_sure && n > 0 && group->attempts == group->planned &&
                       aggregation_of(r, part.ptr, figure->metric) == AGGREGATE_MEAN;
        out->weighted += n * fb_trials_mean(group);
        out->plain += fb_trials_mean(group);
        out->samples += n;
        out->tasks++;
    }
}

/* The harness weighs tasks by their samples, or alike, as the group is defined; the file does not
 * say which, so either may be. */
static enum fb_code check_summary(const struct results *r, const struct fb_json *task,
    const struct figure *figure, struct fb_err *err)
{
    struct parts parts = {.is_sure = true};
    const struct fb_json *below =
        fb_json_get(fb_json_get(r->root, "group_subtasks"), task->key.ptr);
    for (const struct fb_json *b = below->child; b; b = b->next) {
        parts.is_sure = parts.is_sure && b->kind == FB_JSON_STRING;
        if (parts.is_sure) {
            add_part(r, b->text, figure, 0, &parts);
        }
    }
    double stated = figure->value->number;
    if (!parts.is_sure || parts.tasks == 0 || is_same(stated, parts.weighted / parts.samples) ||
        is_same(stated, parts.plain / parts.tasks) ||
        is_same(stated, parts.direct / fmax(1, parts.directs))) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_MISMATCH,
        "metric '%.*s' of the group '%.*s' is stated as %.10g, but its tasks give %.10g, or "
        "%.10g if each counts alike",
        FB_STR_ARG(figure->value->key), FB_STR_ARG(task->key), stated,
        parts.weighted / parts.samples, parts.plain / parts.tasks);
    fb_err_hint(err, "Only results with all of their samples, as the harness wrote them, are "
                     "evidence.");
    return fb_json_err_at(err, figure->value);
}

static enum fb_code check_summaries(
    const struct results *r, const struct fb_json *tasks, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (const struct fb_json *task = tasks->child; code == FB_OK && task; task = task->next) {
        bool is_one = task->kind == FB_JSON_OBJECT && is_summary(r, task->key.ptr);
        for (const struct fb_json *m = is_one ? task->child : NULL; code == FB_OK && m;
             m = m->next) {
            struct figure figure;
            if (figure_of(m, &figure) && !figure.is_stderr) {
                code = check_summary(r, task, &figure, err);
            }
        }
    }
    return code;
}

static enum fb_code read_root(struct results *r, struct fb_err *err)
{
    static const struct fb_json_options options = {.allow_nonfinite = true};
    struct fb_buf text;
    fb_buf_init(&text, FB_READER_TEXT_MAX);
    enum fb_code code = fb_input_all(r->reading->input, &text, err);
    if (code == FB_OK) {
        code = fb_json_parse(
            fb_buf_str(&text), r->reading->input->name, &options, &r->arena, &r->root, err);
    }
    fb_buf_release(&text);
    return code;
}

static enum fb_code read_results(struct results *r, struct fb_str *out_tool, struct fb_err *err)
{
    enum fb_code code = read_root(r, err);
    const struct fb_json *tasks = code == FB_OK ? fb_json_get(r->root, "results") : NULL;
    if (code == FB_OK && (!tasks || tasks->kind != FB_JSON_OBJECT)) {
        fb_err_set(err, FB_E_SCHEMA, "the results must be an object, one member a task");
        return tasks ? fb_json_err_at(err, tasks) : err->code;
    }
    if (code != FB_OK) {
        return code;
    }
    r->model = model_of(r->root);
    read_times(r);
    for (const struct fb_json *task = tasks->child; code == FB_OK && task; task = task->next) {
        code = read_task(r, task, err);
    }
    code = code ? code : check_summaries(r, tasks, err);
    if (code == FB_OK && r->trials.group_count == 0) {
        fb_err_set(err, FB_E_SCHEMA, "the results state no figure of a task");
        return fb_json_err_at(err, tasks);
    }
    *out_tool = fb_arena_printf(&r->arena, "lm-evaluation-harness %.*s",
        FB_STR_ARG(fb_str_sub(fb_json_get_str(r->root, "lm_eval_version"), 0, 100)));
    return code || out_tool->ptr ? code : fb_arena_failed(&r->arena, err);
}

enum fb_code fb_read_harness(struct fb_reading *reading, struct fb_err *err)
{
    FB_ASSERT(reading);
    struct results r = {.reading = reading};
    struct fb_str tool = {NULL, 0};
    fb_trials_init(&r.trials);
    fb_arena_init(&r.arena, FB_TRIALS_MEMORY_MAX);
    enum fb_code code = read_results(&r, &tool, err);
    if (code == FB_OK) {
        code = fb_trials_count(&r.trials, err);
    }
    if (code == FB_OK) {
        code = fb_trials_write(&r.trials, reading, fb_str_trim(tool), err);
    }
    fb_trials_release(&r.trials);
    fb_arena_release(&r.arena);
    return code;
}

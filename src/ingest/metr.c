/*
 * METR's runs (.jsonl): one run of one agent at one task a line, as eval-analysis-public has them.
 *
 * An evaluation is an agent at a family of tasks, and one more at all of them ("all-families"); its
 * samples are the tasks, tried in several runs, and its clusters the families.
 * A run that ended in a fatal error is unresolved unless it succeeded; a run of one agent at one
 * task that stands twice refuses the file. The file's own weights,
 * 1 / (runs of the task * sqrt(tasks of the family)) with the sum 1 for each agent, are computed
 * again: where they differ, runs that were there when they were made are missing.
 */
#include <math.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ingest/lines.h"
#include "ingest/once.h"
#include "ingest/trials.h"

#define WEIGHT_TOLERANCE 1e-4

static const struct fb_str all_families = {"all-families", sizeof("all-families") - 1};

enum { LINE_TREE_MAX = 256 << 20, MILLISECOND = 1000 };

/* A file at work. */
struct runs {
    struct fb_reading *reading;
    struct fb_trials trials;
    struct fb_once once;
    uint32_t line;
    double *weights; /* by sample, as stated; NAN: none, or two that differ */
    size_t weight_cap;
};

bool fb_is_metr_runs(const struct fb_head *head)
{
    return head->has[FB_HEAD_SCORE_BINARIZED] && !head->has[FB_HEAD_KIND];
}

static enum fb_code lacks(const char *what, struct fb_err *err)
{
    (void)fb_err_set(err, FB_E_SCHEMA, "a run needs %s", what);
    return fb_err_hint(err,
        "A line is a run: task_id, alias or model, score_binarized (0, 1, or null "
        "where there is no score).");
}

/* A time in milliseconds since the epoch; false when it is none. */
static bool time_of(const struct fb_json *run, const char *key, fb_time *out)
{
    static const double latest = 253402300799000.0; /* the end of the year 9999 */
    const struct fb_json *value = fb_json_get(run, key);
    if (!value || value->kind != FB_JSON_NUMBER || !(value->number > 0 && value->number < latest)) {
        return false;
    }
    *out = (fb_time)value->number * MILLISECOND;
    return true;
}

static void take_times(const struct fb_json *run, struct fb_trial_group *group)
{
    fb_time at;
    if (time_of(run, "started_at", &at) && at < group->began) {
        group->began = at;
    }
    if (time_of(run, "completed_at", &at) && at > group->ended) {
        group->ended = at;
    }
}

/* The score: 0 or 1, null for none. */
static enum fb_code score_of(const struct fb_json *run, double *out, struct fb_err *err)
{
    const struct fb_json *score = fb_json_get(run, "score_binarized");
    if (score && score->kind == FB_JSON_NULL) {
        *out = NAN;
        return FB_OK;
    }
    bool is_word = score && (score->kind == FB_JSON_TRUE || score->kind == FB_JSON_FALSE);
    bool is_binary = score && score->kind == FB_JSON_NUMBER &&
                     (score->number == 0 || score->number == 1 || isnan(score->number));
    if (!is_word && !is_binary) {
        lacks("score_binarized, which is 0 or 1", err);
        return score ? fb_json_err_at(err, score) : err->code;
    }
    *out = is_word ? score->kind == FB_JSON_TRUE : score->number;
    return FB_OK;
}

/* Notes the weight that a run states for its task. */
static enum fb_code take_weight(
    struct runs *runs, size_t sample, const struct fb_json *run, struct fb_err *err)
{
    const struct fb_json *stated = fb_json_get(run, "invsqrt_task_weight");
    double weight = stated && stated->kind == FB_JSON_NUMBER ? stated->number : 0;
    void *items = runs->weights;
    while (sample >= runs->weight_cap) {
        if (!fb_inspect_grow(&items, &runs->weight_cap, runs->weight_cap, sizeof(double))) {
            return fb_err_set(err, FB_E_NOMEM, "memory ran out while reading runs");
        }
        runs->weights = items;
    }
    bool is_first = runs->trials.samples[sample].attempts == 1;
    bool is_same = !is_first && runs->weights[sample] == weight;
    runs->weights[sample] = is_first || is_same ? weight : (double)NAN;
    return FB_OK;
}

/* Notes the run, so that one that stands twice is found; one without run_id cannot be told. */
static enum fb_code take_id(
    struct runs *runs, const struct fb_json *run, const struct fb_str of[2], struct fb_err *err)
{
    const struct fb_json *id = fb_json_get(run, "run_id");
    bool has_id = id && (id->kind == FB_JSON_STRING || id->kind == FB_JSON_NUMBER);
    if (!has_id || id->text.len == 0) {
        return FB_OK;
    }
    const struct fb_str parts[] = {of[0], of[1], id->text};
    return fb_once_add(&runs->once, parts, 3, runs->line, err);
}

static enum fb_code take_run(struct runs *runs, const struct fb_json *run, struct fb_err *err)
{
    struct fb_str alias = fb_json_get_str(run, "alias"), model = fb_json_get_str(run, "model");
    struct fb_str only = runs->reading->options->model;
    struct fb_trial_group names = {.task = fb_json_get_str(run, "task_family"),
        .scorer = FB_STR("score_binarized"),
        .model = alias.len > 0 ? alias : model};
    struct fb_trial trial = {.sample = fb_json_get_str(run, "task_id")};
    const struct fb_json *fatal = fb_json_get(run, "fatal_error_from");
    if (run->kind != FB_JSON_OBJECT || names.model.len == 0 || trial.sample.len == 0) {
        return lacks("a task_id, and an alias or a model", err);
    }
    if (only.len > 0 && !fb_str_eq(only, alias) && !fb_str_eq(only, model)) {
        return FB_OK;
    }
    if (names.task.len == 0) {
        names.task = fb_str_sub(trial.sample, 0, fb_str_find(trial.sample, '/', 0));
    }
    trial.is_faulty = fatal && fatal->kind == FB_JSON_STRING && fatal->text.len > 0;
    const struct fb_str of[] = {names.model, trial.sample};
    enum fb_code code = score_of(run, &trial.value, err);
    code = code ? code : take_id(runs, run, of, err);
    for (int all = 0; code == FB_OK && all < 2; all++) {
        struct fb_trial_group *group = NULL;
        size_t sample = 0;
        trial.cluster = all ? names.task : (struct fb_str){NULL, 0};
        names.task = all ? all_families : names.task;
        code = fb_trials_group(&runs->trials, &names, &group, err);
        code = code ? code : fb_trials_add(&runs->trials, group, &trial, &sample, err);
        code = code ? code : take_weight(runs, sample, run, err);
        if (code == FB_OK) {
            take_times(run, group);
        }
    }
    return code;
}

static enum fb_code read_lines(struct runs *runs, struct fb_lines *lines, struct fb_err *err)
{
    static const struct fb_json_options options = {.allow_nonfinite = true};
    for (;;) {
        struct fb_str line;
        bool more = false;
        enum fb_code code = fb_lines_next(lines, &line, &more, err);
        if (code != FB_OK || !more) {
            return code;
        }
        struct fb_arena scratch;
        struct fb_json *run = NULL;
        fb_arena_init(&scratch, LINE_TREE_MAX);
        runs->line = lines->line;
        code = fb_json_parse(line, runs->reading->input->name, &options, &scratch, &run, err);
        code = code ? code : take_run(runs, run, err);
        fb_arena_release(&scratch);
        if (code != FB_OK) {
            return fb_lines_err(lines, err);
        }
    }
}

/* For each group the sum of sqrt(tasks) over the families of its agent: what weights are divided
 * by. */
static enum fb_code find_divisors(struct fb_trials *trials, double *out, struct fb_err *err)
{
    struct fb_map agents; /* to the first group of each, + 1 */
    fb_map_init(&agents);
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < trials->group_count; i++) {
        const struct fb_trial_group *group = &trials->groups[i];
        uintptr_t first = (uintptr_t)fb_map_get(&agents, group->model);
        if (first == 0) {
            first = i + 1;
            code = fb_map_put(&agents, group->model, (void *)first, err);
        }
        bool is_family = !fb_str_eq(group->task, all_families);
        out[first - 1] += is_family ? sqrt((double)group->samples) : 0;
    }
    for (size_t i = 0; code == FB_OK && i < trials->group_count; i++) {
        out[i] = out[(uintptr_t)fb_map_get(&agents, trials->groups[i].model) - 1];
    }
    fb_map_release(&agents);
    return code;
}

static enum fb_code check_weights(struct runs *runs, struct fb_err *err)
{
    struct fb_trials *trials = &runs->trials;
    double *divisors = fb_calloc(trials->group_count, sizeof(*divisors));
    if (!divisors) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while reading runs");
    }
    enum fb_code code = find_divisors(trials, divisors, err);
    for (size_t i = 0; code == FB_OK && i < trials->sample_count; i++) {
        const struct fb_trial_sample *sample = &trials->samples[i];
        struct fb_trial_group *group = &trials->groups[sample->group];
        double stated = runs->weights[i], tasks = (double)group->samples;
        if (fb_str_eq(group->task, all_families)) {
            continue; /* its weights are those of the families */
        }
        double ours = 1 / ((double)sample->attempts * sqrt(tasks) * divisors[sample->group]);
        group->flags[FB_INSPECT_WEIGHTS_DIFFER] |=
            stated != 0 && !(fabs(stated - ours) <= WEIGHT_TOLERANCE * ours);
    }
    fb_free(divisors);
    return code;
}

/* A subject is one system; a file of several agents says nothing about one. */
static enum fb_code check_subject(const struct runs *runs, struct fb_err *err)
{
    const struct fb_trials *trials = &runs->trials;
    if (trials->group_count == 0) {
        fb_err_set(err, FB_E_SCHEMA, "the file holds no run%s",
            runs->reading->options->model.len > 0 ? " of this model" : "");
        return err->code;
    }
    for (size_t i = 1; i < trials->group_count && runs->reading->options->subject.len > 0; i++) {
        if (!fb_str_eq(trials->groups[i].model, trials->groups[0].model)) {
            fb_err_set(err, FB_E_USAGE,
                "the file holds runs of several agents, as '%.*s' and '%.*s'",
                FB_STR_ARG(trials->groups[0].model), FB_STR_ARG(trials->groups[i].model));
            return fb_err_hint(err, "Name one with `--model`, beside the system it stands for.");
        }
    }
    return FB_OK;
}

/* The share of runs that succeeded, which no line states. */
static enum fb_code add_means(struct fb_trials *trials, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < trials->group_count; i++) {
        struct fb_trial_figure mean = {.name = FB_STR("mean"),
            .is_known = true,
            .recomputed = fb_trials_mean(&trials->groups[i])};
        code = fb_trials_figure(trials, &trials->groups[i], &mean, err);
    }
    return code;
}

enum fb_code fb_read_metr_runs(struct fb_reading *reading, struct fb_err *err)
{
    FB_ASSERT(reading);
    struct runs runs = {.reading = reading};
    struct fb_lines lines;
    fb_trials_init(&runs.trials);
    fb_lines_init(&lines, reading->input);
    enum fb_code code = read_lines(&runs, &lines, err);
    code = code ? code : fb_once_check(&runs.once, reading->input->name, err);
    code = code ? code : check_subject(&runs, err);
    if (code == FB_OK) {
        runs.trials.cluster_by = FB_STR("task_family");
        code = fb_trials_count(&runs.trials, err);
        code = code ? code : check_weights(&runs, err);
    }
    code = code ? code : add_means(&runs.trials, err);
    code = code ? code : fb_trials_write(&runs.trials, reading, FB_STR("METR runs"), err);
    fb_lines_release(&lines);
    fb_trials_release(&runs.trials);
    fb_once_release(&runs.once);
    fb_free(runs.weights);
    return code;
}

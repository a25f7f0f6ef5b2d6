/*
 * A table of trials: the columns `trials` and `successes`, one row a task, or one a cluster of a
 * task. Also read: task, model, cluster, unresolved, began, ended.
 *
 * Rows of one task and model are added up. Where a column says which cluster a row is of, trials of
 * a cluster may depend on each other: the clustered standard error and the design effect (how many
 * times the variance is that of independent trials) are figures of the evaluation, and it is
 * flagged.
 */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ingest/csv.h"
#include "ingest/trials.h"

#define COUNT_MAX INT64_C(1000000000)

/* The column of each thing; SIZE_MAX: there is none. */
struct columns {
    size_t task, model, trials, successes, unresolved, cluster, began, ended;
};

/* A file at work. */
struct table {
    struct fb_reading *reading;
    struct fb_trials trials;
    struct fb_csv csv;
    struct columns columns;
};

bool fb_is_trials(const struct fb_head *head)
{
    struct fb_str rest = head->text, line, mark = FB_STR("\xEF\xBB\xBF");
    if (!fb_str_line(&rest, &line)) {
        return false;
    }
    line = fb_str_starts(line, mark) ? fb_str_sub(line, mark.len, line.len) : line;
    return fb_csv_names(line, "trials") && fb_csv_names(line, "successes");
}

static enum fb_code find_columns(struct table *t, struct fb_err *err)
{
    static const char *const task[] = {"task", "benchmark", "name", NULL};
    static const char *const model[] = {"model", "system", "agent", "alias", NULL};
    static const char *const trials[] = {"trials", NULL};
    static const char *const successes[] = {"successes", NULL};
    static const char *const unresolved[] = {"unresolved", "errors", NULL};
    static const char *const cluster[] = {"cluster", "group", NULL};
    static const char *const began[] = {"began", "started_at", "date", NULL};
    static const char *const ended[] = {"ended", "completed_at", "date", NULL};
    struct columns *c = &t->columns;
    *c = (struct columns){.task = fb_csv_column(&t->csv, task),
        .model = fb_csv_column(&t->csv, model),
        .unresolved = fb_csv_column(&t->csv, unresolved),
        .cluster = fb_csv_column(&t->csv, cluster),
        .began = fb_csv_column(&t->csv, began),
        .ended = fb_csv_column(&t->csv, ended)};
    enum fb_code code = fb_csv_require(&t->csv, trials, &c->trials, err);
    return code ? code : fb_csv_require(&t->csv, successes, &c->successes, err);
}

/* A whole number from 0 to most; fallback where there is no column or the field is empty. */
static enum fb_code whole(
    struct table *t, size_t column, int64_t most, int64_t *out, struct fb_err *err)
{
    double number = 0;
    if (column == SIZE_MAX || fb_str_trim(fb_csv_field(&t->csv, column)).len == 0) {
        *out = 0;
        return FB_OK;
    }
    enum fb_code code = fb_csv_number(&t->csv, column, &number, err);
    if (code == FB_OK && !(number >= 0 && number <= (double)most && floor(number) == number)) {
        (void)fb_csv_refuse(
            &t->csv, column, FB_E_RANGE, err, "must be a whole number that fits the other counts");
        return fb_err_hint(err,
            "Here it is from 0 to %lld: successes and unresolved ones are among "
            "the trials.",
            (long long)most);
    }
    *out = (int64_t)number;
    return code;
}

static enum fb_code take_time(
    struct table *t, size_t column, fb_time *out, bool *has, struct fb_err *err)
{
    struct fb_str text = fb_str_trim(fb_csv_field(&t->csv, column));
    *has = text.len > 0;
    if (!*has) {
        return FB_OK;
    }
    enum fb_code code = fb_time_parse(text, out, err);
    if (code != FB_OK) {
        fb_err_place(err, t->reading->input->name, t->csv.line, 0, -1);
    }
    return code;
}

static enum fb_code take_times(struct table *t, struct fb_trial_group *group, struct fb_err *err)
{
    fb_time at = 0;
    bool has = false;
    enum fb_code code = take_time(t, t->columns.began, &at, &has, err);
    if (code == FB_OK && has) {
        group->began = at < group->began ? at : group->began;
    }
    code = code ? code : take_time(t, t->columns.ended, &at, &has, err);
    if (code == FB_OK && has) {
        group->ended = at > group->ended ? at : group->ended;
    }
    return code;
}

/* Adds a row's counts to its cluster. */
static enum fb_code take_cluster(
    struct table *t, const struct fb_cluster *counts, struct fb_err *err)
{
    struct fb_str name = fb_str_trim(fb_csv_field(&t->csv, t->columns.cluster));
    if (name.len == 0) {
        (void)fb_csv_refuse(&t->csv, t->columns.cluster, FB_E_SCHEMA, err,
            "is empty; where one row has a cluster, all have");
        return fb_err_hint(err, "A row that hangs together with no other is a cluster of its own.");
    }
    return fb_clusters_add(&t->trials.clusters, name, counts, err);
}

static enum fb_code take_row(struct table *t, struct fb_err *err)
{
    const struct columns *c = &t->columns;
    int64_t trials = 0, successes = 0, unresolved = 0;
    struct fb_str task = fb_str_trim(fb_csv_field(&t->csv, c->task));
    struct fb_str model = fb_str_trim(fb_csv_field(&t->csv, c->model));
    struct fb_str only = t->reading->options->model;
    if (only.len > 0 && model.len > 0 && !fb_str_eq(only, model)) {
        return FB_OK;
    }
    struct fb_trial_group names = {.task = task.len > 0 ? task : FB_STR("trials"),
        .scorer = FB_STR("successes"),
        .model = model.len > 0 ? model : only};
    struct fb_trial_group *group = NULL;
    enum fb_code code = whole(t, c->trials, COUNT_MAX, &trials, err);
    code = code ? code : whole(t, c->successes, trials, &successes, err);
    code = code ? code : whole(t, c->unresolved, trials - successes, &unresolved, err);
    code = code ? code : fb_trials_group(&t->trials, &names, &group, err);
    code = code ? code : take_times(t, group, err);
    if (code != FB_OK) {
        return code;
    }
    group->samples += (uint64_t)trials;
    group->any += (uint64_t)successes;
    group->all += (uint64_t)successes;
    group->unresolved += (uint64_t)unresolved;
    group->flags[FB_INSPECT_ERRORS] |= unresolved > 0;
    struct fb_cluster counts = {(uint32_t)(group - t->trials.groups), (uint64_t)trials,
        (uint64_t)successes, (uint64_t)(successes + unresolved)};
    return c->cluster == SIZE_MAX ? FB_OK : take_cluster(t, &counts, err);
}

static enum fb_code add_figure(struct table *t, struct fb_trial_group *group, struct fb_str name,
    double value, struct fb_err *err)
{
    struct fb_trial_figure figure = {.name = name, .is_known = true, .recomputed = value};
    return fb_trials_figure(&t->trials, group, &figure, err);
}

/* Sums over the clusters of one group. */
struct spread {
    double clusters, squares;
};

/* The clustered standard error (Miller 2024, arXiv 2411.00640) and the design effect. Where all
 * trials came out alike, nothing is known of how they depend: each cluster may be one trial. */
static enum fb_code add_figures(
    struct table *t, size_t index, const struct spread *spread, struct fb_err *err)
{
    struct fb_trial_group *group = &t->trials.groups[index];
    double n = (double)group->samples, mean = n > 0 ? (double)group->any / n : 0;
    double plain = mean * (1 - mean) / n, c = spread->clusters;
    enum fb_code code = add_figure(t, group, FB_STR("mean"), mean, err);
    if (code != FB_OK || c == 0 || n == 0) {
        return code;
    }
    double clustered = c < 2 ? (double)NAN : c / (c - 1) * spread->squares / (n * n);
    double effect = plain > 0 && c >= 2 ? clustered / plain : n / c;
    group->flags[FB_INSPECT_CLUSTERED] = true;
    code = add_figure(t, group, FB_STR("clusters"), c, err);
    code = code ? code : add_figure(t, group, FB_STR("clustered_stderr"), sqrt(clustered), err);
    return code ? code : add_figure(t, group, FB_STR("design_effect"), effect, err);
}

static enum fb_code finish(struct table *t, struct fb_err *err)
{
    size_t groups = t->trials.group_count;
    struct spread *spreads = fb_calloc(groups, sizeof(*spreads));
    if (!spreads) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while reading trials");
    }
    for (size_t i = 0; i < t->trials.clusters.count; i++) {
        const struct fb_cluster *cluster = &t->trials.clusters.items[i];
        const struct fb_trial_group *group = &t->trials.groups[cluster->group];
        double mean = (double)group->any / fmax((double)group->samples, 1);
        double off = (double)cluster->low - (double)cluster->samples * mean;
        spreads[cluster->group].clusters++;
        spreads[cluster->group].squares += off * off;
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < groups; i++) {
        code = add_figures(t, i, &spreads[i], err);
    }
    fb_free(spreads);
    return code ? code : fb_trials_count(&t->trials, err);
}

static enum fb_code read_table(struct table *t, struct fb_err *err)
{
    bool more = true;
    enum fb_code code = fb_csv_start_stream(&t->csv, t->reading->input, err);
    code = code ? code : find_columns(t, err);
    while (code == FB_OK) {
        code = fb_csv_next(&t->csv, &more, err);
        if (code != FB_OK || !more) {
            break;
        }
        code = take_row(t, err);
    }
    if (code == FB_OK && t->trials.group_count == 0) {
        fb_err_set(err, FB_E_SCHEMA, "the table holds no row%s",
            t->reading->options->model.len > 0 ? " of this model" : "");
        return fb_err_hint(err, "%s",
            t->reading->options->model.len > 0
                ? "--model NAME is a name in the column `model`, letter by letter."
                : "The first line only names the columns; a row says something.");
    }
    return code ? code : finish(t, err);
}

enum fb_code fb_read_trials(struct fb_reading *reading, struct fb_err *err)
{
    FB_ASSERT(reading);
    struct table *t = fb_calloc(1, sizeof(*t));
    if (!t) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while reading trials");
    }
    t->reading = reading;
    fb_trials_init(&t->trials);
    t->trials.cluster_by = FB_STR("cluster");
    enum fb_code code = read_table(t, err);
    code = code ? code : fb_trials_write(&t->trials, reading, FB_STR("table of trials"), err);
    fb_csv_release(&t->csv);
    fb_trials_release(&t->trials);
    fb_free(t);
    return code;
}

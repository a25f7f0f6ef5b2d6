#include "stats/horizon.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "stats/random.h"
#include "stats/sample.h"

/* The runs of one agent on one task. Runs of one weight and one length fall into one cell. */
struct group {
    uint32_t task;
    uint32_t first; /* run */
    uint32_t count;
    bool mixed;   /* runs differ in score */
    bool uniform; /* runs are alike in length and weight */
};

/* The data as the fits need them. */
struct design {
    const struct fb_horizon_data *data;
    const struct fb_horizon_options *options;
    double *x;              /* log2 of the minutes, by run */
    struct group *groups;   /* sorted by agent, task */
    uint32_t *agent_first;  /* group, agents + 1 of them */
    uint32_t *family_first; /* into family_tasks, families + 1 of them */
    uint32_t *family_tasks;
    uint32_t *times; /* by task: how often it was drawn */
    struct fb_logistic_cell *cells;
    uint32_t group_count;
    uint32_t family_count; /* families that have tasks */
};

static int compare_double(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_runs(const void *a, const void *b)
{
    const struct fb_horizon_run *x = a, *y = b;
    if (x->agent != y->agent) {
        return x->agent < y->agent ? -1 : 1;
    }
    if (x->task != y->task) {
        return x->task < y->task ? -1 : 1;
    }
    int order = compare_double(x->minutes, y->minutes);
    return order ? order : compare_double(x->score, y->score);
}

void fb_horizon_sort(struct fb_horizon_data *data)
{
    FB_ASSERT(data && (data->runs || data->count == 0));
    if (data->count > 1) {
        qsort(data->runs, data->count, sizeof(data->runs[0]), compare_runs);
    }
}

/* The end of the runs that share agent and task with the one at from, and those that share the
 * agent. */
static size_t group_end(const struct fb_horizon_data *data, size_t from)
{
    size_t to = from + 1;
    while (to < data->count && data->runs[to].agent == data->runs[from].agent &&
           data->runs[to].task == data->runs[from].task) {
        to++;
    }
    return to;
}

static size_t agent_end(const struct fb_horizon_data *data, size_t from)
{
    size_t to = from + 1;
    while (to < data->count && data->runs[to].agent == data->runs[from].agent) {
        to++;
    }
    return to;
}

/* Weighs the runs [from, to) of one agent; sizes has room for a number a family, all 0. */
static void weigh_agent(const struct fb_horizon_data *data, const size_t range[2],
    enum fb_horizon_weighting weighting, uint32_t *sizes)
{
    struct fb_horizon_run *runs = data->runs;
    double sum = 0;
    for (size_t i = range[0]; i < range[1]; i = group_end(data, i)) {
        sizes[runs[i].family]++;
    }
    for (size_t i = range[0], end; i < range[1]; i = end) {
        end = group_end(data, i);
        double weight = weighting == FB_HORIZON_RUN ? 1 : 1 / (double)(end - i);
        if (weighting == FB_HORIZON_DIVERSITY) {
            weight /= sqrt(sizes[runs[i].family]);
        }
        for (size_t j = i; j < end; j++) {
            runs[j].weight = weight;
            sum += weight;
        }
    }
    for (size_t i = range[0]; i < range[1]; i++) {
        runs[i].weight /= sum;
        sizes[runs[i].family] = 0;
    }
}

enum fb_code fb_horizon_weigh(
    struct fb_horizon_data *data, enum fb_horizon_weighting weighting, struct fb_err *err)
{
    FB_ASSERT(data);
    uint32_t *sizes = fb_calloc(data->families, sizeof(*sizes));
    if (!sizes) {
        return fb_err_set(err, FB_E_NOMEM, "no memory for %u families", data->families);
    }
    for (size_t from = 0; from < data->count;) {
        size_t range[2] = {from, agent_end(data, from)};
        weigh_agent(data, range, weighting, sizes);
        from = range[1];
    }
    fb_free(sizes);
    return FB_OK;
}

static enum fb_code check_options(const struct fb_horizon_options *options, struct fb_err *err)
{
    if (!(options->penalty >= 0 && isfinite(options->penalty))) {
        return fb_err_set(err, FB_E_RANGE, "the penalty %g is not 0 or more", options->penalty);
    }
    if (!(options->confidence > 0 && options->confidence < 1)) {
        return fb_err_set(
            err, FB_E_RANGE, "the confidence %g is not between 0 and 1", options->confidence);
    }
    if (options->resamples > FB_HORIZON_RESAMPLES_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d resamples", FB_HORIZON_RESAMPLES_MAX);
    }
    for (int i = 0; i < FB_HORIZON_LEVELS; i++) {
        if (!(options->levels[i] > 0 && options->levels[i] < 1)) {
            return fb_err_set(err, FB_E_RANGE, "a level of success %g is not between 0 and 1",
                options->levels[i]);
        }
    }
    return FB_OK;
}

static enum fb_code check_runs(
    const struct fb_horizon_data *data, uint32_t *family_of, struct fb_err *err)
{
    if (data->count > FB_HORIZON_RUNS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d runs", FB_HORIZON_RUNS_MAX);
    }
    for (size_t i = 0; i < data->count; i++) {
        const struct fb_horizon_run *run = &data->runs[i];
        FB_ASSERT(run->agent < data->agents && run->family < data->families);
        FB_ASSERT(run->task < data->tasks && (i == 0 || compare_runs(run - 1, run) <= 0));
        if (!(run->minutes > 0 && isfinite(run->minutes))) {
            return fb_err_set(
                err, FB_E_RANGE, "the length of a task, %g minutes, is not positive", run->minutes);
        }
        if (!(run->score >= 0 && run->score <= 1)) {
            return fb_err_set(err, FB_E_RANGE, "a score %g is not between 0 and 1", run->score);
        }
        if (!(run->weight > 0 && isfinite(run->weight))) {
            return fb_err_set(
                err, FB_E_RANGE, "the weight of a run, %g, is not positive", run->weight);
        }
        if (family_of[run->task] && family_of[run->task] != run->family + 1) {
            (void)fb_err_set(err, FB_E_RANGE, "a task belongs to two families");
            return fb_err_hint(err, "A task has one family in all runs.");
        }
        family_of[run->task] = run->family + 1;
    }
    return FB_OK;
}

/* Lists the tasks of each family that has some, ascending. */
static void list_families(struct design *design, const uint32_t *family_of)
{
    uint32_t filled = 0;
    for (uint32_t family = 0; family < design->data->families; family++) {
        uint32_t first = filled;
        for (uint32_t task = 0; task < design->data->tasks; task++) {
            if (family_of[task] == family + 1) {
                design->family_tasks[filled++] = task;
            }
        }
        if (filled > first) {
            design->family_first[design->family_count++] = first;
        }
    }
    design->family_first[design->family_count] = filled;
}

static void list_groups(struct design *design)
{
    const struct fb_horizon_data *data = design->data;
    uint32_t agent = 0;
    for (size_t i = 0, end; i < data->count; i = end) {
        end = group_end(data, i);
        struct group *group = &design->groups[design->group_count];
        *group = (struct group){data->runs[i].task, (uint32_t)i, (uint32_t)(end - i), false, true};
        for (size_t j = i; j < end; j++) {
            design->x[j] = log2(data->runs[j].minutes);
            group->mixed |= data->runs[j].score != data->runs[i].score;
            group->uniform &= data->runs[j].minutes == data->runs[i].minutes &&
                              data->runs[j].weight == data->runs[i].weight;
        }
        while (agent <= data->runs[i].agent) {
            design->agent_first[agent++] = design->group_count;
        }
        design->group_count++;
    }
    while (agent <= data->agents) {
        design->agent_first[agent++] = design->group_count;
    }
}

static void design_release(struct design *design)
{
    fb_free(design->x);
    fb_free(design->groups);
    fb_free(design->agent_first);
    fb_free(design->family_first);
    fb_free(design->family_tasks);
    fb_free(design->times);
    fb_free(design->cells);
}

static enum fb_code design_init(struct design *design, struct fb_err *err)
{
    const struct fb_horizon_data *data = design->data;
    uint32_t *family_of = fb_calloc(data->tasks, sizeof(*family_of));
    design->x = fb_calloc(data->count, sizeof(double));
    design->groups = fb_calloc(data->count, sizeof(struct group));
    design->agent_first = fb_calloc((size_t)data->agents + 1, sizeof(uint32_t));
    design->family_first = fb_calloc((size_t)data->families + 1, sizeof(uint32_t));
    design->family_tasks = fb_calloc(data->tasks, sizeof(uint32_t));
    design->times = fb_calloc(data->tasks, sizeof(uint32_t));
    design->cells = fb_calloc(data->count, sizeof(struct fb_logistic_cell));
    enum fb_code code = FB_OK;
    if (!family_of || !design->x || !design->groups || !design->agent_first ||
        !design->family_first || !design->family_tasks || !design->times || !design->cells) {
        code = fb_err_set(err, FB_E_NOMEM, "no memory for %zu runs", data->count);
    }
    code = code ? code : check_runs(data, family_of, err);
    if (code == FB_OK) {
        list_families(design, family_of);
        list_groups(design);
    }
    fb_free(family_of);
    return code;
}

/* Draws families, and tasks of each, with replacement: design->times says how often each task. */
static void draw_tasks(struct design *design, struct fb_random *random)
{
    memset(design->times, 0, design->data->tasks * sizeof(uint32_t));
    for (uint32_t i = 0; i < design->family_count; i++) {
        uint32_t family = fb_random_below(random, design->family_count);
        uint32_t first = design->family_first[family];
        uint32_t count = design->family_first[family + 1] - first;
        for (uint32_t j = 0; j < count; j++) {
            design->times[design->family_tasks[first + fb_random_below(random, count)]]++;
        }
    }
}

/* One run that counts `times` times. */
static struct fb_logistic_cell cell_of(const struct design *design, uint32_t run, double times)
{
    const struct fb_horizon_run *r = &design->data->runs[run];
    return (struct fb_logistic_cell){
        design->x[run], r->weight * times, r->weight * r->score * times};
}

/* Adds what a resample has of a group: times * count of its runs, drawn from them. Without a
 * generator, all of its runs once. Returns the number of cells that were added. */
static size_t add_group(
    const struct design *design, const struct group *group, struct fb_random *random, size_t at)
{
    uint32_t draws = group->count * (random ? design->times[group->task] : 1);
    if (draws == 0) {
        return 0;
    }
    const struct fb_horizon_run *runs = &design->data->runs[group->first];
    if (group->uniform) {
        double sum = 0;
        if (!group->mixed) {
            sum = runs[0].score * draws;
        } else if (!random) {
            for (uint32_t i = 0; i < draws; i++) {
                sum += runs[i].score;
            }
        } else {
            for (uint32_t i = 0; i < draws; i++) {
                sum += runs[fb_random_below(random, group->count)].score;
            }
        }
        double weight = runs[0].weight;
        sum = sum < draws ? sum : draws;
        design->cells[at] =
            (struct fb_logistic_cell){design->x[group->first], weight * draws, weight * sum};
        return 1;
    }
    for (uint32_t i = 0; i < group->count; i++) {
        design->cells[at + i] = cell_of(design, group->first + i, random ? 0 : 1);
    }
    for (uint32_t i = 0; random && i < draws; i++) {
        uint32_t drawn = fb_random_below(random, group->count);
        struct fb_logistic_cell one = cell_of(design, group->first + drawn, 1);
        design->cells[at + drawn].weight += one.weight;
        design->cells[at + drawn].successes += one.successes;
    }
    return group->count;
}

/* Makes the cells of an agent; a cell without weight is left out. */
static size_t make_cells(const struct design *design, uint32_t agent, struct fb_random *random)
{
    size_t count = 0, kept = 0;
    for (uint32_t g = design->agent_first[agent]; g < design->agent_first[agent + 1]; g++) {
        size_t added = add_group(design, &design->groups[g], random, count);
        for (size_t i = count; i < count + added; i++) {
            if (design->cells[i].weight > 0) {
                design->cells[kept++] = design->cells[i];
            }
        }
        count = kept;
    }
    return kept;
}

/* The weighted mean of the log loss. */
struct logistic_view {
    const struct fb_logistic_cell *cells;
    size_t count;
    const struct fb_logistic *fit;
};

static double loss_of(const struct logistic_view *view)
{
    double loss = 0, weight = 0;
    for (size_t i = 0; i < view->count; i++) {
        const struct fb_logistic_cell *cell = &view->cells[i];
        double p = fb_logistic_at(view->fit, cell->x);
        p = p < 1e-15 ? 1e-15 : p > 1 - 1e-15 ? 1 - 1e-15 : p;
        loss -= cell->successes * log(p) + (cell->weight - cell->successes) * log1p(-p);
        weight += cell->weight;
    }
    return loss / weight;
}

/* A slope nearer to none than this, a doubling of length, is rounding: all tasks are of one length.
 */
static const double flat = 1e-9;

/* An agent that never succeeds has the horizon 0, one that always does an infinite one. */
static double horizon_at(const struct fb_logistic *fit, double level)
{
    switch (fit->state) {
    case FB_LOGISTIC_ALL_FAIL:
        return 0;
    case FB_LOGISTIC_ALL_PASS:
        return INFINITY;
    case FB_LOGISTIC_FITTED:
        return fabs(fit->slope) < flat ? (double)NAN : exp2(fb_logistic_quantile(fit, level));
    case FB_LOGISTIC_NONE:
    case FB_LOGISTIC_SEPARATED:
        break;
    }
    return exp2(fb_logistic_quantile(fit, level));
}

/* Where success does not fall with length, no length is the one at which it falls to a level. */
static bool has_no_length(const struct fb_logistic *fit)
{
    return (fit->state == FB_LOGISTIC_FITTED && fit->slope > -flat) ||
           (fit->state == FB_LOGISTIC_SEPARATED && fit->rises);
}

static void fit_agent(const struct design *design, uint32_t agent, struct fb_horizon_fit *out)
{
    size_t count = make_cells(design, agent, NULL);
    double weight = 0, successes = 0;
    for (size_t i = 0; i < count; i++) {
        weight += design->cells[i].weight;
        successes += design->cells[i].successes;
    }
    *out = (struct fb_horizon_fit){.loss = (double)NAN};
    fb_logistic_fit(design->cells, count, design->options->penalty, &out->logistic);
    out->tasks = design->agent_first[agent + 1] - design->agent_first[agent];
    for (uint32_t g = design->agent_first[agent]; g < design->agent_first[agent + 1]; g++) {
        out->runs += design->groups[g].count;
    }
    out->average = weight > 0 ? successes / weight : (double)NAN;
    if (out->logistic.state == FB_LOGISTIC_FITTED) {
        out->loss = loss_of(&(struct logistic_view){design->cells, count, &out->logistic});
    }
    for (int i = 0; i < FB_HORIZON_LEVELS; i++) {
        out->horizon[i] = has_no_length(&out->logistic)
                              ? (double)NAN
                              : horizon_at(&out->logistic, design->options->levels[i]);
        out->low[i] = out->high[i] = (double)NAN;
    }
}

static void resample(struct design *design, uint32_t number, struct fb_horizon_result *out)
{
    struct fb_random random = fb_random_start(design->options->seed, number);
    draw_tasks(design, &random);
    for (uint32_t agent = 0; agent < out->agents; agent++) {
        double *boot = &out->boot[((size_t)number * out->agents + agent) * FB_HORIZON_LEVELS];
        size_t count = make_cells(design, agent, &random);
        struct fb_logistic fit = out->fits[agent].logistic;
        fb_logistic_fit(design->cells, count, design->options->penalty, &fit);
        for (int i = 0; i < FB_HORIZON_LEVELS; i++) {
            boot[i] = horizon_at(&fit, design->options->levels[i]);
        }
    }
}

/* The percentile interval of one agent and level; scratch holds a number a resample. */
static void interval(const struct design *design, struct fb_horizon_result *out,
    const uint32_t agent_level[2], double *scratch)
{
    uint32_t agent = agent_level[0], level = agent_level[1];
    struct fb_horizon_fit *fit = &out->fits[agent];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < out->resamples; i++) {
        double h = out->boot[((size_t)i * out->agents + agent) * FB_HORIZON_LEVELS + level];
        if (!isnan(h)) {
            scratch[kept++] = h;
        }
    }
    fit->resamples = kept;
    if (kept > 0) {
        double tail = (1 - design->options->confidence) / 2;
        fb_sample_sort(scratch, kept);
        fit->low[level] = fb_sample_quantile(scratch, kept, tail);
        fit->high[level] = fb_sample_quantile(scratch, kept, 1 - tail);
    }
    /* Where nothing succeeded, every resample says 0; that is not knowledge. */
    if (has_no_length(&fit->logistic) && out->resamples > 0) {
        fit->low[level] = 0;
        fit->high[level] = INFINITY;
    } else if (kept > 0 && fit->logistic.state == FB_LOGISTIC_ALL_FAIL) {
        fit->high[level] = INFINITY;
    } else if (kept > 0 && fit->logistic.state == FB_LOGISTIC_ALL_PASS) {
        fit->low[level] = 0;
    }
}

static enum fb_code compute(
    struct design *design, struct fb_horizon_result *out, struct fb_err *err)
{
    uint32_t resamples = design->options->resamples;
    double *scratch = fb_calloc(resamples, sizeof(*scratch));
    out->fits = fb_calloc(out->agents, sizeof(*out->fits));
    out->boot = fb_calloc((size_t)resamples * FB_HORIZON_LEVELS, out->agents * sizeof(double));
    if (!scratch || !out->fits || !out->boot) {
        fb_free(scratch);
        return fb_err_set(err, FB_E_NOMEM, "no memory for %u resamples", resamples);
    }
    for (uint32_t agent = 0; agent < out->agents; agent++) {
        fit_agent(design, agent, &out->fits[agent]);
    }
    for (uint32_t i = 0; i < resamples; i++) {
        resample(design, i, out);
    }
    for (uint32_t agent = 0; agent < out->agents; agent++) {
        for (uint32_t level = 0; level < FB_HORIZON_LEVELS; level++) {
            interval(design, out, (uint32_t[2]){agent, level}, scratch);
        }
    }
    fb_free(scratch);
    return FB_OK;
}

enum fb_code fb_horizon_compute(const struct fb_horizon_data *data,
    const struct fb_horizon_options *options, struct fb_horizon_result *out, struct fb_err *err)
{
    FB_ASSERT(data && options && out);
    struct design design = {.data = data, .options = options};
    struct fb_horizon_result result = {.agents = data->agents, .resamples = options->resamples};
    enum fb_code code = check_options(options, err);
    code = code ? code : design_init(&design, err);
    code = code ? code : compute(&design, &result, err);
    design_release(&design);
    if (code == FB_OK) {
        *out = result;
    } else {
        fb_horizon_release(&result);
    }
    return code;
}

void fb_horizon_release(struct fb_horizon_result *result)
{
    fb_free(result->fits);
    fb_free(result->boot);
    *result = (struct fb_horizon_result){0};
}

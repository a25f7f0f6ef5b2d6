/* questions_rates.c: questions about rates of groups and about many tries; questions.def. */
#include <math.h>

#include "base/assert.h"
#include "evidence/answer.h"
#include "stats/attempts.h"
#include "stats/binomial.h"
#include "stats/clustered.h"
#include "stats/posterior.h"
#include "stats/safety.h"

static const double none = (double)NAN;

static const char *const group_names[] = {
    "group", "task", "category", "attack", "name", "model", NULL};
static const char *const task_names[] = {"task", "task_id", "prompt", "problem", "name", NULL};
static const char *const model_names[] = {"model", "system", "agent", NULL};
static const char *const trials_names[] = {"trials", "samples", "n", "tries", NULL};
static const char *const successes_names[] = {"successes", "correct", "k", "c", NULL};
static const char *const unresolved_names[] = {"unresolved", "errors", NULL};
static const char *const method_names[] = {"method", "elicitation", NULL};

/* Refuses rows with more successes (and unresolved ones) than trials. */
static enum fb_code check_counts(
    const struct fb_columns *c, const size_t trials_successes[2], size_t more, struct fb_err *err)
{
    for (size_t i = 0; i < c->rows; i++) {
        double used = c->numbers[trials_successes[1]][i];
        used += more < c->count && !isnan(c->numbers[more][i]) ? c->numbers[more][i] : 0;
        if (used > c->numbers[trials_successes[0]][i]) {
            return fb_columns_refuse(c, (const size_t[2]){i, trials_successes[0]}, FB_E_RANGE, err,
                "trials are fewer than their successes");
        }
    }
    return FB_OK;
}

/* --- rates ------------------------------------------------------------------------------------ */

enum { GROUP, TRIALS, SUCCESSES, UNRESOLVED, RATES };
static const struct fb_column rates_wanted[RATES] = {
    [GROUP] = {group_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
    [TRIALS] = {trials_names, FB_COLUMN_COUNT, FB_COLUMN_EVERY},
    [SUCCESSES] = {successes_names, FB_COLUMN_COUNT, FB_COLUMN_EVERY},
    [UNRESOLVED] = {unresolved_names, FB_COLUMN_COUNT, FB_COLUMN_MAY},
};

/* Counts of one group. */
struct group {
    int64_t n, k, unresolved;
    double low, high, p; /* p: that the rate is at or above the threshold, exact and one-sided */
};

static enum fb_code read_groups(const char *path, struct fb_arena *arena,
    struct fb_columns_names *names, struct group **out, struct fb_err *err)
{
    struct fb_columns c;
    enum fb_code code = fb_columns_read(path, rates_wanted, RATES, arena, &c, err);
    code = code ? code : check_counts(&c, (const size_t[2]){TRIALS, SUCCESSES}, UNRESOLVED, err);
    code = code ? code : fb_columns_number(&c, GROUP, arena, names, err);
    if (code != FB_OK) {
        return code;
    }
    struct group *groups = FB_ARENA_ARRAY(arena, struct group, names->count);
    if (!groups) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < c.rows; i++) {
        struct group *g = &groups[names->of[i]];
        g->n += (int64_t)c.numbers[TRIALS][i];
        g->k += (int64_t)c.numbers[SUCCESSES][i];
        g->unresolved += isnan(c.numbers[UNRESOLVED][i]) ? 0 : (int64_t)c.numbers[UNRESOLVED][i];
    }
    *out = groups;
    return FB_OK;
}

/* One-sided bounds at a confidence: unresolved samples count as failures below and as successes
 * above. */
static enum fb_code bound(struct group *g, double confidence, struct fb_err *err)
{
    g->low = 0;
    g->high = 1;
    if (g->n == 0) {
        return FB_OK;
    }
    enum fb_code code = fb_binomial_lower(g->k, g->n, confidence, &g->low, err);
    return code ? code : fb_binomial_upper(g->k + g->unresolved, g->n, confidence, &g->high, err);
}

static void add_rate(
    struct fb_answer *out, struct fb_str of, const char *name, const double value_low_high[3])
{
    fb_answer_add(out, &(struct fb_figure){of, name, FB_FIGURE_RATE, value_low_high[0],
                           value_low_high[1], value_low_high[2]});
}

static void add_number(struct fb_answer *out, struct fb_str of, const char *name, double value)
{
    fb_answer_add(out, &(struct fb_figure){of, name, FB_FIGURE_NUMBER, value, none, none});
}

/* The widest gap between two groups that is sure, and that is possible, all bounds together. */
static void add_gap(struct fb_answer *out, const struct group *groups, uint32_t count)
{
    double most_low = 0, least_high = 1, least_low = 1, most_high = 0, most = -1, least = 2;
    for (uint32_t i = 0; i < count; i++) {
        double rate = groups[i].n > 0 ? (double)groups[i].k / (double)groups[i].n : none;
        most_low = fmax(most_low, groups[i].low);
        least_high = fmin(least_high, groups[i].high);
        least_low = fmin(least_low, groups[i].low);
        most_high = fmax(most_high, groups[i].high);
        most = fmax(most, rate);
        least = fmin(least, rate);
    }
    add_rate(out, fb_str_of(""), "widest_gap",
        (const double[3]){most - least, fmax(0, most_low - least_high), most_high - least_low});
    add_rate(out, fb_str_of(""), "worst_group", (const double[3]){most, most_low, most_high});
}

/* Which groups are ruled out below the threshold: Holm over the exact p-values. */
static enum fb_code add_tests(struct fb_answer *out, struct group *groups,
    const struct fb_columns_names *names, const struct fb_question_options *options,
    struct fb_err *err)
{
    double threshold = options->threshold;
    double *p = FB_ARENA_ARRAY(out->arena, double, names->count);
    if (!p) {
        return fb_arena_failed(out->arena, err);
    }
    for (uint32_t i = 0; i < names->count; i++) {
        const struct group *g = &groups[i];
        p[i] = g->n > 0 ? fb_binomial_at_most(g->k + g->unresolved, g->n, threshold) : 1;
    }
    enum fb_code code = fb_holm(p, names->count, err);
    for (uint32_t i = 0; code == FB_OK && i < names->count; i++) {
        add_number(out, names->names[i], "p_at_threshold", p[i]);
    }
    fb_answer_note(out,
        "p_at_threshold: that the rate is %.10g%% or more, after Holm; all that "
        "are at most %.3g are ruled out together",
        100 * threshold, 1 - options->confidence);
    return code;
}

enum fb_code fb_question_rates(const char *path, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err)
{
    struct fb_columns_names names;
    struct group *groups = NULL;
    enum fb_code code = read_groups(path, out->arena, &names, &groups, err);
    for (int pass = 0; code == FB_OK && pass < 2; pass++) {
        /* Each bound is one-sided, and all of one side hold together. */
        double each = pass == 0
                          ? options->confidence
                          : fb_groups_confidence(options->confidence, 2 * (size_t)names.count);
        for (uint32_t i = 0; code == FB_OK && i < names.count; i++) {
            struct group *g = &groups[i];
            code = bound(g, each, err);
            double rate = g->n > 0 ? (double)g->k / (double)g->n : none;
            add_rate(out, names.names[i], pass == 0 ? "rate" : "rate_together",
                (const double[3]){rate, g->low, g->high});
        }
    }
    if (code == FB_OK) {
        add_gap(out, groups, names.count);
        fb_answer_note(out,
            "rate: each end by itself holds at %.10g%%; unresolved samples count "
            "as successes above and as failures below",
            100 * options->confidence);
        fb_answer_note(out,
            "rate_together, widest_gap, worst_group: all %lu ends hold together "
            "(Bonferroni), also where groups share samples; were the groups "
            "independent, %.5g%% each would do (Sidak) instead of %.5g%%",
            2 * (unsigned long)names.count,
            100 * fb_groups_independent(options->confidence, (size_t)names.count),
            100 * fb_groups_confidence(options->confidence, 2 * (size_t)names.count));
    }
    if (code == FB_OK && !isnan(options->threshold)) {
        code = add_tests(out, groups, &names, options, err);
    }
    return code;
}

/* --- hierarchy -------------------------------------------------------------------------------- */

enum fb_code fb_question_hierarchy(const char *path, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err)
{
    struct fb_columns_names names;
    struct group *groups = NULL;
    struct fb_posterior_groups all;
    enum fb_code code = read_groups(path, out->arena, &names, &groups, err);
    struct fb_posterior_group *g =
        code ? NULL : FB_ARENA_ARRAY(out->arena, struct fb_posterior_group, names.count);
    if (code == FB_OK && !g) {
        code = fb_arena_failed(out->arena, err);
    }
    for (uint32_t i = 0; code == FB_OK && i < names.count; i++) {
        g[i] = (struct fb_posterior_group){.k = groups[i].k, .n = groups[i].n};
    }
    code = code ? code : fb_posterior_groups_find(g, names.count, options->confidence, &all, err);
    if (code != FB_OK) {
        return code;
    }
    for (uint32_t i = 0; i < names.count; i++) {
        add_rate(out, names.names[i], "rate", (const double[3]){g[i].mean, g[i].low, g[i].high});
    }
    add_rate(out, fb_str_of(""), "typical_group", (const double[3]){all.mean, all.low, all.high});
    add_rate(out, fb_str_of(""), "new_group",
        (const double[3]){all.new_mean, all.new_low, all.new_high});
    fb_answer_add(out, &(struct fb_figure){fb_str_of(""), "spread_log_odds", FB_FIGURE_NUMBER,
                           all.spread, all.spread_low, all.spread_high});
    fb_answer_note(out, "posterior means with equal-tailed intervals, which hold on average over "
                        "the prior; red lines use `rates`");
    return FB_OK;
}

/* --- pass-at ---------------------------------------------------------------------------------- */

enum { TASK, PASS_TRIALS, PASS_SUCCESSES, MODEL, PASS };
static const struct fb_column pass_wanted[PASS] = {
    [TASK] = {task_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
    [PASS_TRIALS] = {trials_names, FB_COLUMN_COUNT, FB_COLUMN_EVERY},
    [PASS_SUCCESSES] = {successes_names, FB_COLUMN_COUNT, FB_COLUMN_EVERY},
    [MODEL] = {model_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
};

static enum fb_code add_pass(const struct fb_columns *c, const struct fb_columns_names *models,
    uint32_t model, const struct fb_question_options *options, struct fb_answer *out,
    struct fb_err *err)
{
    double *values = FB_ARENA_ARRAY(out->arena, double, c->rows), interval[2];
    uint32_t *tasks = FB_ARENA_ARRAY(out->arena, uint32_t, c->rows), count = 0;
    struct fb_clustered_mean mean;
    if (!values || !tasks) {
        return fb_arena_failed(out->arena, err);
    }
    for (size_t i = 0; i < c->rows; i++) {
        if (models->of[i] != model) {
            continue;
        }
        enum fb_code code = fb_pass_at_k((int64_t)c->numbers[PASS_TRIALS][i],
            (int64_t)c->numbers[PASS_SUCCESSES][i], (int64_t)options->tries, &values[count], err);
        if (code != FB_OK) {
            fb_err_place(err, c->name, c->lines[i], 0, -1);
            return fb_err_hint(err, "--tries is at most the number of tries of each task.");
        }
        tasks[count] = count;
        count++;
    }
    const struct fb_clustered samples = {values, tasks, count, count};
    enum fb_code code = fb_clustered_find(&samples, &mean, err);
    code = code ? code : fb_clustered_rate(&mean, count, options->confidence, interval, err);
    if (code == FB_OK) {
        add_rate(out, models->names[model], "pass_at_k",
            (const double[3]){mean.mean, interval[0], interval[1]});
        fb_answer_add(out,
            &(struct fb_figure){models->names[model], "tasks", FB_FIGURE_COUNT, count, none, none});
    }
    return code;
}

enum fb_code fb_question_pass_at(const char *path, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err)
{
    struct fb_columns c;
    struct fb_columns_names models;
    if (!(options->tries >= 1)) {
        return fb_err_set(err, FB_E_USAGE, "pass@k needs its k: --tries K");
    }
    enum fb_code code = fb_columns_read(path, pass_wanted, PASS, out->arena, &c, err);
    code = code ? code
                : check_counts(&c, (const size_t[2]){PASS_TRIALS, PASS_SUCCESSES}, SIZE_MAX, err);
    code = code ? code : fb_columns_number(&c, MODEL, out->arena, &models, err);
    for (uint32_t m = 0; code == FB_OK && m < models.count; m++) {
        code = add_pass(&c, &models, m, options, out, err);
    }
    if (code == FB_OK) {
        fb_answer_note(out, "the interval is over tasks, each of which counts once");
    }
    return code;
}

/* --- elicitation ------------------------------------------------------------------------------ */

enum { METHOD, METHOD_TRIALS, METHOD_SUCCESSES, METHODS };
static const struct fb_column elicitation_wanted[METHODS] = {
    [METHOD] = {method_names, FB_COLUMN_TEXT, FB_COLUMN_EVERY},
    [METHOD_TRIALS] = {trials_names, FB_COLUMN_COUNT, FB_COLUMN_EVERY},
    [METHOD_SUCCESSES] = {successes_names, FB_COLUMN_COUNT, FB_COLUMN_EVERY},
};

static bool is_plain(struct fb_str method)
{
    return fb_str_is(method, "plain") || fb_str_is(method, "none") || fb_str_is(method, "baseline");
}

enum fb_code fb_question_elicitation(const char *path, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err)
{
    struct fb_columns c;
    int64_t plain[2] = {0, 0};
    size_t count = 0;
    double gap[2];
    enum fb_code code = fb_columns_read(path, elicitation_wanted, METHODS, out->arena, &c, err);
    code =
        code ? code
             : check_counts(&c, (const size_t[2]){METHOD_TRIALS, METHOD_SUCCESSES}, SIZE_MAX, err);
    int64_t(*best)[2] = code ? NULL : fb_arena_array(out->arena, c.rows, sizeof(*best));
    if (code == FB_OK && !best) {
        code = fb_arena_failed(out->arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < c.rows; i++) {
        int64_t k = (int64_t)c.numbers[METHOD_SUCCESSES][i];
        int64_t n = (int64_t)c.numbers[METHOD_TRIALS][i];
        if (is_plain(c.texts[METHOD][i])) {
            plain[0] += k;
            plain[1] += n;
        } else {
            best[count][0] = k;
            best[count++][1] = n;
        }
        add_rate(out, c.texts[METHOD][i], "rate",
            (const double[3]){n > 0 ? (double)k / (double)n : none, none, none});
    }
    if (code == FB_OK && (plain[1] == 0 || count == 0)) {
        code = fb_err_set(
            err, FB_E_SCHEMA, "there is no %s method", plain[1] == 0 ? "plain" : "elicited");
        fb_err_place(err, path, 0, 0, -1);
        return fb_err_hint(err, "The plain run is the method `plain`, `none` or `baseline`.");
    }
    code = code ? code
                : fb_elicitation_gap(
                      plain, (const int64_t(*)[2])best, count, options->confidence, gap, err);
    if (code == FB_OK) {
        add_rate(out, fb_str_of(""), "elicitation_gap", (const double[3]){none, gap[1], gap[0]});
        fb_answer_note(out, "elicitation_gap: so much more is sure, and so much more is possible, "
                            "in points; all bounds hold together");
    }
    return code;
}

/* questions_rates.c: questions about rates of groups and about many tries; questions.def. */
#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "evidence/answer.h"
#include "ledger/sha256.h"
#include "stats/attempts.h"
#include "stats/binomial.h"
#include "stats/clustered.h"
#include "stats/posterior.h"
#include "stats/random.h"
#include "stats/safety.h"
#include "stats/simultaneous.h"

static const double none = (double)NAN;

static const char *const group_names[] = {
    "group", "task", "category", "attack", "name", "model", NULL};
static const char *const task_names[] = {"task", "task_id", "prompt", "problem", "name", NULL};
static const char *const model_names[] = {"model", "system", "agent", NULL};
static const char *const trials_names[] = {"trials", "samples", "n", "tries", NULL};
static const char *const successes_names[] = {"successes", "correct", "k", "c", NULL};
static const char *const unresolved_names[] = {"unresolved", "errors", NULL};
static const char *const sample_names[] = {
    "sample", "sample_id", "id", "item", "question", "doc_id", NULL};
static const char *const success_names[] = {"success", "correct", "score", "outcome", NULL};
static const char *const method_names[] = {"method", "elicitation", NULL};

/* Refuses rows with more successes (and unresolved ones) than trials. */
static enum fb_code check_counts(
    const struct fb_columns *c, const size_t trials_successes[2], size_t more, struct fb_err *err)
{
    for (size_t i = 0; i < c->rows; i++) {
        double used = c->numbers[trials_successes[1]][i];
        used += more < c->count && !isnan(c->numbers[more][i]) ? c->numbers[more][i] : 0;
        if (used > c->numbers[trials_successes[0]][i]) {
            (void)fb_columns_refuse(c, (const size_t[2]){i, trials_successes[0]}, FB_E_RANGE, err,
                "trials are fewer than their successes");
            return fb_err_hint(err, "Successes, and unresolved trials, are among the trials.");
        }
    }
    return FB_OK;
}

/* --- rates ------------------------------------------------------------------------------------ */

enum { GROUP, TRIALS, SUCCESSES, UNRESOLVED, SAMPLE, SUCCESS, RATES };
static const struct fb_column rates_wanted[RATES] = {
    [GROUP] = {group_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
    [TRIALS] = {trials_names, FB_COLUMN_COUNT, FB_COLUMN_MAY},
    [SUCCESSES] = {successes_names, FB_COLUMN_COUNT, FB_COLUMN_MAY},
    [UNRESOLVED] = {unresolved_names, FB_COLUMN_COUNT, FB_COLUMN_MAY},
    [SAMPLE] = {sample_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
    [SUCCESS] = {success_names, FB_COLUMN_RATE, FB_COLUMN_MAY},
};

/* One group, and its ends at the confidence that was asked for last. */
struct group {
    struct fb_simultaneous_group counts;
    double low, high;
};

/* A table of rates. */
struct rates {
    struct fb_columns columns;
    struct fb_columns_names names;
    struct group *groups;
    bool has_samples; /* a row is one sample, not a count of them */
};

/* Refuses a table that is neither of the two forms. */
static enum fb_code check_form(
    const struct fb_columns *c, bool *out_has_samples, struct fb_err *err)
{
    bool has_counts = c->has[TRIALS] && c->has[SUCCESSES];
    *out_has_samples = !has_counts && c->has[SUCCESS] && !c->has[TRIALS] && !c->has[SUCCESSES];
    if (!has_counts && !*out_has_samples) {
        (void)fb_err_set(err, FB_E_SCHEMA,
            "the table has neither 'trials' and 'successes' nor "
            "'success'");
        fb_err_place(err, c->name, 0, 0, -1);
        return fb_err_hint(err, "A row is a group with its trials and successes, or one sample of "
                                "a group: group, sample, success.");
    }
    for (size_t i = 0; has_counts && i < c->rows; i++) {
        if (isnan(c->numbers[TRIALS][i]) || isnan(c->numbers[SUCCESSES][i])) {
            (void)fb_err_set(err, FB_E_SCHEMA, "there is no %s",
                isnan(c->numbers[TRIALS][i]) ? "trials" : "successes");
            fb_err_place(err, c->name, c->lines[i], 0, -1);
            return fb_err_hint(err, "Each row has both, 0 where there were none.");
        }
    }
    return FB_OK;
}

/* Adds the row to its group. */
static enum fb_code take_row(struct rates *r, size_t row, struct fb_err *err)
{
    const struct fb_columns *c = &r->columns;
    struct fb_simultaneous_group *g = &r->groups[r->names.of[row]].counts;
    double success = c->numbers[SUCCESS][row];
    if (!r->has_samples) {
        double unresolved = c->numbers[UNRESOLVED][row];
        g->n += (int64_t)c->numbers[TRIALS][row];
        g->k += (int64_t)c->numbers[SUCCESSES][row];
        g->unresolved += isnan(unresolved) ? 0 : (int64_t)unresolved;
        return FB_OK;
    }
    if (!isnan(success) && success != 0 && success != 1) {
        (void)fb_columns_refuse(
            c, (const size_t[2]){row, SUCCESS}, FB_E_RANGE, err, "is neither 0 nor 1");
        return fb_err_hint(err, "A row is one sample; counts stand in `trials` and `successes`.");
    }
    if (c->has[SAMPLE] && c->texts[SAMPLE][row].len == 0) {
        (void)fb_columns_refuse(
            c, (const size_t[2]){row, SAMPLE}, FB_E_SCHEMA, err, "is no name of a sample");
        return fb_err_hint(err, "Name every sample; without the column, each row is a sample.");
    }
    g->n++;
    g->k += success == 1;
    g->unresolved += isnan(success);
    return FB_OK;
}

static enum fb_code read_groups(
    const char *path, struct fb_arena *arena, struct rates *out, struct fb_err *err)
{
    struct rates r = {.groups = NULL};
    enum fb_code code = fb_columns_read(path, rates_wanted, RATES, arena, &r.columns, err);
    code = code ? code : check_form(&r.columns, &r.has_samples, err);
    if (code == FB_OK && !r.has_samples) {
        code = check_counts(&r.columns, (const size_t[2]){TRIALS, SUCCESSES}, UNRESOLVED, err);
    }
    code = code ? code : fb_columns_number(&r.columns, GROUP, arena, &r.names, err);
    r.groups = code ? NULL : FB_ARENA_ARRAY(arena, struct group, r.names.count);
    if (code == FB_OK && !r.groups) {
        code = fb_arena_failed(arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < r.columns.rows; i++) {
        code = take_row(&r, i, err);
    }
    if (code == FB_OK) {
        *out = r;
    }
    return code;
}

/* --- Groups that share samples ------------------------------------------------------------------
 */

enum { DRAWS = 9999 };

/* One row of a table of samples. */
struct cell {
    uint32_t group, sample;
    double x;
};

static int compare_cells(const void *a, const void *b)
{
    const struct cell *p = a, *q = b;
    double x = isnan(p->x) ? 2 : p->x, y = isnan(q->x) ? 2 : q->x;
    if (p->group != q->group) {
        return p->group < q->group ? -1 : 1;
    }
    if (p->sample != q->sample) {
        return p->sample < q->sample ? -1 : 1;
    }
    return (x > y) - (x < y);
}

/* The key of the random numbers, of names and outcomes in their order. */
static uint64_t key_of(const struct cell *cells, size_t count, const struct rates *r,
    const struct fb_columns_names *samples)
{
    uint8_t digest[FB_SHA256_SIZE];
    struct fb_sha256 sha;
    fb_sha256_init(&sha);
    fb_sha256_add(&sha, FB_STR("flyball groups 1\n"));
    for (size_t i = 0; i < count; i++) {
        const char outcome[] = {isnan(cells[i].x) ? '?' : cells[i].x == 1 ? '1' : '0', '\n'};
        fb_sha256_add(&sha, r->names.names[cells[i].group]);
        fb_sha256_add(&sha, FB_STR("\0"));
        fb_sha256_add(&sha, samples->names[cells[i].sample]);
        fb_sha256_add(&sha, FB_STR("\0"));
        fb_sha256_add(&sha, (struct fb_str){outcome, sizeof(outcome)});
    }
    fb_sha256_end(&sha, digest);
    return fb_random_key(digest);
}

/* The rows, sorted so that the order of the file's lines makes no difference. */
static enum fb_code sort_samples(
    const struct rates *r, struct fb_arena *arena, struct fb_simultaneous *out, struct fb_err *err)
{
    size_t n = r->columns.rows;
    struct fb_columns_names samples;
    enum fb_code code = fb_columns_number(&r->columns, SAMPLE, arena, &samples, err);
    struct cell *cells = code ? NULL : FB_ARENA_ARRAY(arena, struct cell, n);
    uint32_t *group = code ? NULL : FB_ARENA_ARRAY(arena, uint32_t, n);
    uint32_t *sample = code ? NULL : FB_ARENA_ARRAY(arena, uint32_t, n);
    double *x = code ? NULL : FB_ARENA_ARRAY(arena, double, n);
    if (code != FB_OK || !cells || !group || !sample || !x) {
        return code ? code : fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < n; i++) {
        cells[i] = (struct cell){r->names.of[i], samples.of[i], r->columns.numbers[SUCCESS][i]};
    }
    qsort(cells, n, sizeof(*cells), compare_cells);
    for (size_t i = 0; i < n; i++) {
        group[i] = cells[i].group;
        sample[i] = cells[i].sample;
        x[i] = cells[i].x;
    }
    *out = (struct fb_simultaneous){.group = group,
        .sample = sample,
        .x = x,
        .n = n,
        .groups = r->names.count,
        .samples = samples.count,
        .key = key_of(cells, n, r, &samples),
        .draws = DRAWS};
    return FB_OK;
}

/* The confidence of each end at which all hold together, and the note that says why. */
static enum fb_code level_of(struct rates *r, const struct fb_question_options *options,
    struct fb_answer *out, double *out_each, struct fb_err *err)
{
    size_t count = r->names.count;
    double bonferroni = fb_groups_confidence(options->confidence, 2 * count);
    double independent = fb_groups_independent(options->confidence, count);
    *out_each = bonferroni;
    if (!r->has_samples || !r->columns.has[SAMPLE] || count > FB_SIMULTANEOUS_GROUPS_MAX) {
        fb_answer_note(out,
            "rate_together, widest_gap, worst_group: all %lu ends hold together (Bonferroni), also "
            "where groups share samples; were the groups independent, %.5g%% each would do (Sidak) "
            "instead of %.5g%%",
            2 * (unsigned long)count, 100 * independent, 100 * bonferroni);
        if (r->has_samples) {
            fb_answer_note(out, "what the groups share is not used: %s",
                r->columns.has[SAMPLE] ? "there are more than 256 groups"
                                       : "no column 'sample' says which samples are the same");
        }
        return FB_OK;
    }
    struct fb_simultaneous rows;
    struct fb_simultaneous_level level;
    struct fb_simultaneous_group *found =
        FB_ARENA_ARRAY(out->arena, struct fb_simultaneous_group, count);
    enum fb_code code =
        found ? sort_samples(r, out->arena, &rows, err) : fb_arena_failed(out->arena, err);
    if (code == FB_OK) {
        rows.confidence = options->confidence;
        code = fb_simultaneous_find(&rows, found, &level, err);
    }
    if (code != FB_OK) {
        return code;
    }
    uint32_t clustered = 0;
    for (size_t i = 0; i < count; i++) {
        r->groups[i].counts = found[i];
        clustered += found[i].is_clustered;
    }
    *out_each = level.each;
    fb_answer_note(out,
        "rate_together, widest_gap, worst_group: all %lu ends hold together at %.5g%% each (max-T: "
        "%lu pairs of groups share samples, correlations shrunk by %.3g%%), where groups that "
        "share "
        "nothing need %.5g%% (Sidak)",
        2 * (unsigned long)count, 100 * level.each, (unsigned long)level.shared,
        100 * level.shrinkage, 100 * independent);
    if (clustered > 0) {
        fb_answer_note(out,
            "in %lu groups a sample stands more than once: what it gives hangs together (Korn and "
            "Graubard)",
            (unsigned long)clustered);
    }
    return FB_OK;
}

/* --- Bounds of groups ----------------------------------------------------------------------------
 */

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

static double rate_of(const struct group *g)
{
    return g->counts.n > 0 ? (double)g->counts.k / (double)g->counts.n : none;
}

/* The widest gap between two groups that is sure, and that is possible, all bounds together. */
static void add_gap(struct fb_answer *out, const struct group *groups, uint32_t count)
{
    double most_low = 0, least_high = 1, least_low = 1, most_high = 0, most = -1, least = 2;
    for (uint32_t i = 0; i < count; i++) {
        double rate = rate_of(&groups[i]);
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

/* Which groups are ruled out below the threshold: Holm over the p-values. */
static enum fb_code add_tests(struct fb_answer *out, const struct rates *r,
    const struct fb_question_options *options, struct fb_err *err)
{
    double threshold = options->threshold;
    enum fb_code code = FB_OK;
    double *p = FB_ARENA_ARRAY(out->arena, double, r->names.count);
    if (!p) {
        return fb_arena_failed(out->arena, err);
    }
    for (uint32_t i = 0; code == FB_OK && i < r->names.count; i++) {
        code = fb_simultaneous_p(&r->groups[i].counts, threshold, &p[i], err);
    }
    code = code ? code : fb_holm(p, r->names.count, err);
    for (uint32_t i = 0; code == FB_OK && i < r->names.count; i++) {
        add_number(out, r->names.names[i], "p_at_threshold", p[i]);
    }
    fb_answer_note(out,
        "p_at_threshold: that the rate is %.10g%% or more, after Holm; all that "
        "are at most %.3g are ruled out together",
        100 * threshold, 1 - options->confidence);
    return code;
}

/* The rate of each group with its ends at a confidence each. */
static enum fb_code add_rates(
    struct fb_answer *out, const struct rates *r, double each, const char *name, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (uint32_t i = 0; code == FB_OK && i < r->names.count; i++) {
        struct group *g = &r->groups[i];
        double ends[2] = {0, 1};
        code = g->counts.n > 0 ? fb_simultaneous_bounds(&g->counts, each, ends, err) : FB_OK;
        g->low = ends[0];
        g->high = ends[1];
        add_rate(out, r->names.names[i], name, (const double[3]){rate_of(g), g->low, g->high});
    }
    return code;
}

enum fb_code fb_question_rates(const char *path, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err)
{
    struct rates rates;
    double each = 1;
    enum fb_code code = read_groups(path, out->arena, &rates, err);
    if (code != FB_OK) {
        return code;
    }
    fb_answer_note(out,
        "rate: each end by itself holds at %.10g%%; unresolved samples count "
        "as successes above and as failures below",
        100 * options->confidence);
    code = level_of(&rates, options, out, &each, err);
    code = code ? code : add_rates(out, &rates, options->confidence, "rate", err);
    code = code ? code : add_rates(out, &rates, each, "rate_together", err);
    if (code == FB_OK) {
        add_gap(out, rates.groups, rates.names.count);
        add_rate(out, fb_str_of(""), "confidence_each", (const double[3]){each, none, none});
    }
    if (code == FB_OK && !isnan(options->threshold)) {
        code = add_tests(out, &rates, options, err);
    }
    return code;
}

/* --- hierarchy -------------------------------------------------------------------------------- */

enum fb_code fb_question_hierarchy(const char *path, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err)
{
    struct rates rates;
    struct fb_posterior_groups all;
    enum fb_code code = read_groups(path, out->arena, &rates, err);
    size_t count = code ? 0 : rates.names.count;
    struct fb_posterior_group *g =
        code ? NULL : FB_ARENA_ARRAY(out->arena, struct fb_posterior_group, count);
    if (code == FB_OK && !g) {
        code = fb_arena_failed(out->arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        g[i] = (struct fb_posterior_group){
            .k = rates.groups[i].counts.k, .n = rates.groups[i].counts.n};
    }
    code = code ? code : fb_posterior_groups_find(g, count, options->confidence, &all, err);
    if (code != FB_OK) {
        return code;
    }
    for (size_t i = 0; i < count; i++) {
        add_rate(
            out, rates.names.names[i], "rate", (const double[3]){g[i].mean, g[i].low, g[i].high});
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

/* questions_tries.c: what many tries reach, and what is rare; questions.def. */
#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "evidence/answer.h"
#include "stats/attempts.h"

static const double none = (double)NAN;

static const char *const prompt_names[] = {"prompt", "task", "behavior", "behaviour", "id", NULL};
static const char *const model_names[] = {"model", "system", "agent", NULL};
static const char *const first_names[] = {"first", "first_success", NULL};
static const char *const tries_names[] = {"tries", "trials", "n", "samples", NULL};
static const char *const share_names[] = {"share", "asr", "rate", NULL};
static const char *const prompts_names[] = {"prompts", NULL};
static const char *const success_names[] = {"success", "flagged", "score", NULL};
static const char *const p_names[] = {"p", "probability", "rate", NULL};

enum { PROMPT, MODEL, FIRST, TRIES, SHARE, PROMPTS, SUCCESS, COLUMNS };
static const struct fb_column wanted[COLUMNS] = {
    [PROMPT] = {prompt_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
    [MODEL] = {model_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
    [FIRST] = {first_names, FB_COLUMN_COUNT, FB_COLUMN_MAY},
    [TRIES] = {tries_names, FB_COLUMN_COUNT, FB_COLUMN_MAY},
    [SHARE] = {share_names, FB_COLUMN_RATE, FB_COLUMN_MAY},
    [PROMPTS] = {prompts_names, FB_COLUMN_COUNT, FB_COLUMN_MAY},
    [SUCCESS] = {success_names, FB_COLUMN_RATE, FB_COLUMN_MAY},
};

enum { CURVE_PROMPTS_MAX = 100000 };

/* The prompts of one model. */
struct work {
    const struct fb_columns *columns;
    const struct fb_columns_names *models;
    uint32_t model;
    struct fb_arena *arena;
    struct fb_attempt *attempts;
    size_t count;
};

static bool is_of(const struct work *w, size_t row)
{
    return w->models->of[row] == w->model;
}

/* One row a prompt: the try that succeeded, and how many there were. */
static enum fb_code take_prompts(struct work *w, struct fb_err *err)
{
    const struct fb_columns *c = w->columns;
    w->attempts = FB_ARENA_ARRAY(w->arena, struct fb_attempt, c->rows);
    if (!w->attempts) {
        return fb_arena_failed(w->arena, err);
    }
    for (size_t i = 0; i < c->rows; i++) {
        double first = c->numbers[FIRST][i], tries = c->numbers[TRIES][i];
        if (is_of(w, i) && (isnan(tries) || (!isnan(first) && first > tries))) {
            (void)fb_columns_refuse(
                c, (const size_t[2]){i, FIRST}, FB_E_RANGE, err, "is no try of that many");
            return fb_err_hint(err, "`tries` is how often the prompt was tried, `first` which of "
                                    "them succeeded first (0 or empty: none).");
        }
        if (is_of(w, i)) {
            w->attempts[w->count++] =
                (struct fb_attempt){isnan(first) ? 0 : (int64_t)first, (int64_t)tries, 0};
        }
    }
    return FB_OK;
}

/* One row a try, in the order of tries. */
static enum fb_code take_tries(struct work *w, struct fb_err *err)
{
    const struct fb_columns *c = w->columns;
    struct fb_columns_names prompts;
    enum fb_code code = fb_columns_number(c, PROMPT, w->arena, &prompts, err);
    w->attempts = code ? NULL : FB_ARENA_ARRAY(w->arena, struct fb_attempt, prompts.count);
    if (code == FB_OK && !w->attempts) {
        code = fb_arena_failed(w->arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < c->rows; i++) {
        struct fb_attempt *a = &w->attempts[prompts.of[i]];
        if (is_of(w, i)) {
            a->tries++;
            a->first = a->first == 0 && c->numbers[SUCCESS][i] >= 1 ? a->tries : a->first;
        }
    }
    for (uint32_t i = 0; code == FB_OK && i < prompts.count; i++) {
        if (w->attempts[i].tries > 0) {
            w->attempts[w->count++] = w->attempts[i];
        }
    }
    return code;
}

/* A point of a curve. */
struct point {
    double tries, share;
};

static int by_tries(const void *a, const void *b)
{
    const struct point *x = a, *y = b;
    return (x->tries > y->tries) - (x->tries < y->tries);
}

/* A curve: the share of prompts that gave way by so many tries. Which try it was is known only to
 * lie between two points. */
static enum fb_code take_curve(struct work *w, struct fb_err *err)
{
    const struct fb_columns *c = w->columns;
    struct point *points = FB_ARENA_ARRAY(w->arena, struct point, c->rows);
    size_t count = 0;
    double prompts = 0;
    for (size_t i = 0; points && i < c->rows; i++) {
        if (is_of(w, i) && !isnan(c->numbers[TRIES][i]) && !isnan(c->numbers[SHARE][i])) {
            points[count++] = (struct point){c->numbers[TRIES][i], c->numbers[SHARE][i]};
            prompts = isnan(c->numbers[PROMPTS][i]) ? prompts : c->numbers[PROMPTS][i];
        }
    }
    if (!(prompts >= 1 && prompts <= CURVE_PROMPTS_MAX) || count == 0) {
        (void)fb_err_set(err, FB_E_RANGE,
            "a curve of `tries` and `share` needs `prompts`: of how many (1 to %d) it is the share",
            CURVE_PROMPTS_MAX);
        return fb_err_hint(err, "Each row says it again, or one of them does.");
    }
    w->attempts = FB_ARENA_ARRAY(w->arena, struct fb_attempt, (size_t)prompts);
    if (!points || !w->attempts) {
        return fb_arena_failed(w->arena, err);
    }
    qsort(points, count, sizeof(*points), by_tries);
    double last = 0;
    for (size_t i = 0; i < count; i++) {
        size_t found = (size_t)floor(points[i].share * prompts + 0.5);
        if (found < w->count || points[i].tries < 1) {
            (void)fb_err_set(err, FB_E_RANGE,
                "the share falls, or a number of tries is 0, at %g tries", points[i].tries);
            return fb_err_hint(err, "A curve counts the prompts that gave way by so many tries; "
                                    "of several models, the column `model` names them.");
        }
        while (w->count < found) {
            w->attempts[w->count++] = (struct fb_attempt){(int64_t)points[i].tries,
                (int64_t)points[count - 1].tries, (int64_t)(points[i].tries - last) - 1};
        }
        last = points[i].tries;
    }
    while (w->count < (size_t)prompts) {
        w->attempts[w->count++] = (struct fb_attempt){0, (int64_t)last, 0};
    }
    return FB_OK;
}

static enum fb_code take(struct work *w, struct fb_err *err)
{
    const struct fb_columns *c = w->columns;
    if (c->has[FIRST] && c->has[TRIES]) {
        return take_prompts(w, err);
    }
    if (c->has[SHARE] && c->has[TRIES]) {
        return take_curve(w, err);
    }
    if (c->has[PROMPT] && c->has[SUCCESS]) {
        return take_tries(w, err);
    }
    (void)fb_err_set(err, FB_E_SCHEMA, "the columns do not say which tries succeeded");
    return fb_err_hint(err, "Columns are `first` and `tries`, or `prompt` and `success` (one row a "
                            "try), or `tries`, `share` and `prompts`.");
}

static void add(struct fb_answer *out, struct fb_str of, const char *name, double value)
{
    fb_answer_add(out, &(struct fb_figure){of, name, FB_FIGURE_RATE, value, none, none});
}

/* Where prompts were tried unequally often, the least that one which never gave way was tried is
 * where all were still followed: what came later is left out, and said. */
static void cut_even(struct work *w, struct fb_answer *out)
{
    int64_t least = INT64_MAX;
    size_t cut = 0;
    for (size_t i = 0; i < w->count; i++) {
        const struct fb_attempt *a = &w->attempts[i];
        least = a->first == 0 && a->tries < least ? a->tries : least;
    }
    for (size_t i = 0; i < w->count; i++) {
        struct fb_attempt *a = &w->attempts[i];
        bool is_later = a->tries > least && (a->first == 0 || a->first > least);
        cut += is_later;
        if (is_later) {
            *a = (struct fb_attempt){0, least, 0};
        }
        a->tries = a->tries < least ? a->tries : least;
    }
    if (cut > 0) {
        fb_answer_note(out,
            "prompts were tried unequally often: only the first %lld tries of each count, which "
            "leaves out what came later of %zu",
            (long long)least, cut);
    }
}

/* Forecasts of one model. */
static enum fb_code forecast(struct work *w, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err)
{
    struct fb_attempt_forecast f;
    struct fb_str of = w->models->names[w->model];
    enum fb_code code = take(w, err);
    int64_t until = 0, found = 0;
    if (code == FB_OK) {
        cut_even(w, out);
    }
    for (size_t i = 0; code == FB_OK && i < w->count; i++) {
        until = w->attempts[i].tries > until ? w->attempts[i].tries : until;
        found += w->attempts[i].first > 0;
    }
    double tries = options->tries > 0 ? options->tries : 10 * (double)until;
    code = code ? code
                : fb_attempts_forecast(w->attempts, w->count,
                      (const double[2]){tries, options->confidence}, &f, err);
    if (code != FB_OK) {
        fb_err_place(err, w->columns->name, 0, 0, -1);
        return of.len ? fb_err_prefix(err, "%.*s", FB_STR_ARG(of)) : code;
    }
    add(out, of, "share_seen", (double)found / (double)w->count);
    fb_answer_add(
        out, &(struct fb_figure){of, "tries_seen", FB_FIGURE_COUNT, (double)until, none, none});
    fb_answer_add(
        out, &(struct fb_figure){of, "tries_forecast", FB_FIGURE_COUNT, tries, none, none});
    add(out, of, "beta_geometric", f.beta_geometric);
    add(out, of, "power_law", f.power_law);
    fb_answer_add(out, &(struct fb_figure){of, "share_forecast", FB_FIGURE_RATE,
                           fmax(f.beta_geometric, f.power_law), none, f.upper});
    fb_answer_add(out, &(struct fb_figure){of, "shortfall_log_odds_a_doubling", FB_FIGURE_NUMBER,
                           f.shortfall, none, none});
    fb_answer_add(out,
        &(struct fb_figure){of, "backtests", FB_FIGURE_COUNT, (double)f.backtests, none, none});
    return FB_OK;
}

enum fb_code fb_question_best_of(const char *path, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err)
{
    struct fb_columns c;
    struct fb_columns_names models;
    enum fb_code code = fb_columns_read(path, wanted, COLUMNS, out->arena, &c, err);
    code = code ? code : fb_columns_number(&c, MODEL, out->arena, &models, err);
    for (uint32_t m = 0; code == FB_OK && m < models.count; m++) {
        struct work w = {.columns = &c, .models = &models, .model = m, .arena = out->arena};
        code = forecast(&w, options, out, err);
    }
    if (code == FB_OK) {
        fb_answer_note(out, "share_forecast: the higher of both; its upper limit adds the worst "
                            "shortfall of forecasts from earlier cuts of the same data, for each "
                            "doubling, and the sampling error, and is not below what a mixture of "
                            "normal log odds leaves open");
    }
    return code;
}

enum fb_code fb_question_rare(const char *path, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err)
{
    static const struct fb_column p_wanted[] = {{p_names, FB_COLUMN_RATE, FB_COLUMN_EVERY}};
    struct fb_columns c;
    struct fb_rare_forecast f;
    if (!(options->tries >= 1)) {
        return fb_err_set(err, FB_E_USAGE, "rare behaviour needs a number of queries: --tries N");
    }
    enum fb_code code = fb_columns_read(path, p_wanted, 1, out->arena, &c, err);
    if (code != FB_OK) {
        return code;
    }
    size_t top = options->top > 0 ? (size_t)options->top : c.rows / 10 > 10 ? c.rows / 10 : 10;
    top = top < c.rows ? top : c.rows > 0 ? c.rows - 1 : 0;
    const struct fb_rare rare = {
        c.numbers[0], c.rows, top, (size_t)options->tries, options->confidence};
    for (size_t i = 0; i < c.rows; i++) {
        if (!(rare.p[i] > 0 && rare.p[i] < 1)) {
            (void)fb_columns_refuse(
                &c, (const size_t[2]){i, 0}, FB_E_RANGE, err, "is not between 0 and 1");
            return fb_err_hint(err, "A probability that was rounded to 0 or 1 says how it was "
                                    "written, not how rare the behaviour is.");
        }
    }
    code = fb_rare_extrapolate(&rare, &f, err);
    if (code != FB_OK) {
        fb_err_place(err, path, 0, 0, -1);
        return code;
    }
    fb_answer_add(out, &(struct fb_figure){fb_str_of(""), "queries_seen", FB_FIGURE_COUNT,
                           (double)c.rows, none, none});
    fb_answer_add(out, &(struct fb_figure){fb_str_of(""), "worst_probability", FB_FIGURE_NUMBER,
                           f.worst, none, f.worst_upper});
    fb_answer_add(
        out, &(struct fb_figure){fb_str_of(""), "slope", FB_FIGURE_NUMBER, f.slope, none, none});
    fb_answer_note(out, "a mode of behaviour that was never sampled is not forecast (2605.15134)");
    return FB_OK;
}

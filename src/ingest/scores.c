#include "ingest/scores.h"

#include <math.h>
#include <stdio.h>

#include "base/assert.h"
#include "ingest/columns.h"

static const char *const model_names[] = {"model", "model_id", NULL};
static const char *const benchmark_names[] = {"benchmark", "benchmark_id", NULL};
static const char *const score_names[] = {"performance", "score", NULL};
static const char *const date_names[] = {"date", "release_date", NULL};

enum { MODEL, BENCHMARK, SCORE, DATE, COLUMNS };
static const struct fb_column wanted[COLUMNS] = {
    [MODEL] = {model_names, FB_COLUMN_TEXT, FB_COLUMN_EVERY},
    [BENCHMARK] = {benchmark_names, FB_COLUMN_TEXT, FB_COLUMN_EVERY},
    [SCORE] = {score_names, FB_COLUMN_NUMBER, FB_COLUMN_EVERY},
    [DATE] = {date_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
};
/* What is further off is not the noise around a share but another unit. */
static const double no_share_low = -1, no_share_high = 2;
static const double clip_low = 0.001, clip_high = 0.999;

/* The dates of models: rows of one model agree, or leave it out. */
static enum fb_code find_dates(const struct fb_columns *columns,
    const struct fb_columns_names *models, fb_time *dates, struct fb_err *err)
{
    for (size_t i = 0; i < models->count; i++) {
        dates[i] = FB_TIME_MIN;
    }
    for (size_t i = 0; i < columns->rows; i++) {
        fb_time at = FB_TIME_MIN, *date = &dates[models->of[i]];
        struct fb_str text = columns->texts[DATE][i];
        enum fb_code code = text.len ? fb_time_parse(text, &at, err) : FB_OK;
        if (code != FB_OK) {
            fb_err_place(err, columns->name, columns->lines[i], 0, -1);
            return code;
        }
        if (*date != FB_TIME_MIN && at != FB_TIME_MIN && at != *date) {
            (void)fb_columns_refuse(columns, (const size_t[2]){i, DATE}, FB_E_MISMATCH, err,
                "is not the date of this model above");
            return fb_err_hint(err, "The date is the model's release: one date a model.");
        }
        *date = *date != FB_TIME_MIN ? *date : at;
    }
    return FB_OK;
}

static void digest_scores(struct fb_scores *scores)
{
    struct fb_sha256 sha;
    fb_sha256_init(&sha);
    fb_sha256_add(&sha, FB_STR("flyball scores 1\n"));
    for (size_t i = 0; i < scores->data.count; i++) {
        const struct fb_capability_score *s = &scores->data.scores[i];
        char number[40];
        int len = snprintf(number, sizeof(number), "%.17g\n", s->score);
        fb_sha256_add(&sha, scores->models[s->model]);
        fb_sha256_add(&sha, FB_STR("\0"));
        fb_sha256_add(&sha, scores->benchmarks[s->benchmark]);
        fb_sha256_add(&sha, FB_STR("\0"));
        fb_sha256_add(&sha, (struct fb_str){number, (size_t)len});
    }
    fb_sha256_end(&sha, scores->digest);
}

static enum fb_code finish(const struct fb_columns *columns, struct fb_arena *arena,
    struct fb_scores *out, struct fb_err *err)
{
    struct fb_columns_names names[2];
    size_t count = columns->rows;
    if (count > FB_CAPABILITY_SCORES_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "more than %d scores", FB_CAPABILITY_SCORES_MAX);
        fb_err_place(err, columns->name, columns->lines[FB_CAPABILITY_SCORES_MAX], 0, -1);
        return fb_err_hint(err, "Leave out models or benchmarks.");
    }
    for (size_t i = MODEL; i <= BENCHMARK; i++) {
        enum fb_code code = fb_columns_number(columns, i, arena, &names[i], err);
        if (code != FB_OK) {
            return code;
        }
    }
    struct fb_scores scores = {
        .data = {FB_ARENA_ARRAY(arena, struct fb_capability_score, count), count,
            names[MODEL].count, names[BENCHMARK].count},
        .models = names[MODEL].names,
        .benchmarks = names[BENCHMARK].names,
        .dates = FB_ARENA_ARRAY(arena, fb_time, names[MODEL].count),
    };
    if (!scores.dates || !scores.data.scores) {
        return fb_arena_failed(arena, err);
    }
    enum fb_code code = find_dates(columns, &names[MODEL], scores.dates, err);
    if (code != FB_OK) {
        return code;
    }
    for (size_t i = 0; i < count; i++) {
        double score = columns->numbers[SCORE][i];
        if (score < no_share_low || score > no_share_high) {
            (void)fb_err_set(err, FB_E_RANGE, "a score of %g is no share of 1", score);
            fb_err_place(err, columns->name, columns->lines[i], 0, -1);
            return fb_err_hint(err, "Divide percentages by 100.");
        }
        scores.clipped += score < 0 || score > 1;
    }
    for (size_t i = 0; i < count; i++) {
        double score = columns->numbers[SCORE][i];
        score = scores.clipped ? fmin(clip_high, fmax(clip_low, score)) : score;
        scores.data.scores[i] =
            (struct fb_capability_score){names[MODEL].of[i], names[BENCHMARK].of[i], score};
    }
    fb_capability_sort(&scores.data);
    for (size_t i = 1; i < count; i++) {
        const struct fb_capability_score *score = &scores.data.scores[i];
        scores.repeated +=
            score->model == score[-1].model && score->benchmark == score[-1].benchmark;
    }
    digest_scores(&scores);
    *out = scores;
    return FB_OK;
}

enum fb_code fb_scores_read_memory(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_scores *out, struct fb_err *err)
{
    FB_ASSERT(name && arena && out);
    struct fb_columns columns;
    const struct fb_columns_text from = {text, name};
    enum fb_code code = fb_columns_read_memory(&from, wanted, COLUMNS, arena, &columns, err);
    return code ? code : finish(&columns, arena, out, err);
}

enum fb_code fb_scores_read(
    const char *path, struct fb_arena *arena, struct fb_scores *out, struct fb_err *err)
{
    struct fb_columns columns;
    enum fb_code code = fb_columns_read(path, wanted, COLUMNS, arena, &columns, err);
    return code ? code : finish(&columns, arena, out, err);
}

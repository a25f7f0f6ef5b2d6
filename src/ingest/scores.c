#include "ingest/scores.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "ingest/csv.h"
#include "ingest/names.h"

static const char *const model_names[] = {"model", "model_id", NULL};
static const char *const benchmark_names[] = {"benchmark", "benchmark_id", NULL};
static const char *const score_names[] = {"performance", "score", NULL};
static const char *const date_names[] = {"date", "release_date", NULL};

enum { MODEL, BENCHMARK };
static const double clip_low = 0.001, clip_high = 0.999;

/* A table at work. */
struct work {
    struct fb_csv csv;
    struct fb_arena *arena;
    struct fb_names names[2];
    size_t columns[2];
    size_t score;
    size_t date;
    struct fb_capability_score *scores;
    fb_time *dates; /* by model, as they come */
    size_t count;
    size_t cap;
    size_t date_cap;
    size_t clipped;
};

/* Grows an array of the arena to hold one more than count. */
static bool grow(struct fb_arena *arena, void *array_at, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) {
        return true;
    }
    size_t wanted = *cap ? *cap * 2 : 256;
    void *old, *fresh = fb_arena_array(arena, wanted, size);
    if (!fresh) {
        return false;
    }
    memcpy(&old, array_at, sizeof(old));
    if (count > 0) {
        memcpy(fresh, old, count * size);
    }
    memcpy(array_at, &fresh, sizeof(fresh));
    *cap = wanted;
    return true;
}

/* The date of a model: rows of one model agree, or leave it out. */
static enum fb_code set_date(struct work *work, uint32_t model, struct fb_err *err)
{
    struct fb_str text = fb_str_trim(fb_csv_field(&work->csv, work->date));
    fb_time at = FB_TIME_MIN;
    enum fb_code code = text.len ? fb_time_parse(text, &at, err) : FB_OK;
    if (code != FB_OK) {
        return code;
    }
    bool known = work->dates[model] != FB_TIME_MIN;
    if (known && at != FB_TIME_MIN && at != work->dates[model]) {
        return fb_csv_refuse(
            &work->csv, work->date, FB_E_MISMATCH, err, "is not the date of this model above");
    }
    work->dates[model] = known ? work->dates[model] : at;
    return FB_OK;
}

static enum fb_code read_row(struct work *work, struct fb_err *err)
{
    uint32_t numbers[2];
    double score = 0;
    size_t models = work->names[MODEL].map.count;
    for (int i = MODEL; i <= BENCHMARK; i++) {
        struct fb_str name = fb_str_trim(fb_csv_field(&work->csv, work->columns[i]));
        if (name.len == 0) {
            return fb_csv_refuse(&work->csv, work->columns[i], FB_E_SCHEMA, err, "is no name");
        }
        enum fb_code code = fb_names_number(&work->names[i], name, &numbers[i], err);
        if (code != FB_OK) {
            return code;
        }
    }
    enum fb_code code = fb_csv_number(&work->csv, work->score, &score, err);
    if (code != FB_OK) {
        return code;
    }
    if (!grow(work->arena, &work->scores, work->count, &work->cap, sizeof(work->scores[0])) ||
        !grow(work->arena, &work->dates, models, &work->date_cap, sizeof(work->dates[0]))) {
        return fb_arena_failed(work->arena, err);
    }
    if (work->names[MODEL].map.count > models) {
        work->dates[models] = FB_TIME_MIN;
    }
    if (work->count == FB_CAPABILITY_SCORES_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d scores", FB_CAPABILITY_SCORES_MAX);
    }
    work->clipped += score < 0 || score > 1;
    work->scores[work->count++] =
        (struct fb_capability_score){numbers[MODEL], numbers[BENCHMARK], score};
    return set_date(work, numbers[MODEL], err);
}

static enum fb_code read_table(
    struct work *work, struct fb_str text, const char *name, struct fb_err *err)
{
    bool more = true;
    enum fb_code code = fb_csv_start(&work->csv, text, name, err);
    code = code ? code : fb_csv_require(&work->csv, model_names, &work->columns[MODEL], err);
    code =
        code ? code : fb_csv_require(&work->csv, benchmark_names, &work->columns[BENCHMARK], err);
    code = code ? code : fb_csv_require(&work->csv, score_names, &work->score, err);
    work->date = code ? SIZE_MAX : fb_csv_column(&work->csv, date_names);
    while (code == FB_OK && more) {
        code = fb_csv_next(&work->csv, &more, err);
        if (code == FB_OK && more) {
            code = read_row(work, err);
        }
        if (code != FB_OK) {
            fb_err_place(err, name, work->csv.line, 0, -1);
        }
    }
    if (code == FB_OK && work->count == 0) {
        code = fb_err_set(err, FB_E_SCHEMA, "there are no scores");
        fb_err_place(err, name, 0, 0, -1);
    }
    fb_csv_release(&work->csv);
    return code;
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

static enum fb_code finish(struct work *work, struct fb_scores *out, struct fb_err *err)
{
    uint32_t *places[2];
    size_t models = work->names[MODEL].map.count;
    for (int i = MODEL; i <= BENCHMARK; i++) {
        enum fb_code code = fb_names_sort(&work->names[i], &places[i], err);
        if (code != FB_OK) {
            return code;
        }
    }
    struct fb_scores scores = {
        .data = {work->scores, work->count, (uint32_t)models,
            (uint32_t)work->names[BENCHMARK].map.count},
        .models = work->names[MODEL].list,
        .benchmarks = work->names[BENCHMARK].list,
        .dates = FB_ARENA_ARRAY(work->arena, fb_time, models),
        .clipped = work->clipped,
    };
    if (!scores.dates) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t i = 0; i < models; i++) {
        scores.dates[places[MODEL][i]] = work->dates[i];
    }
    for (size_t i = 0; i < work->count; i++) {
        struct fb_capability_score *s = &work->scores[i];
        s->model = places[MODEL][s->model];
        s->benchmark = places[BENCHMARK][s->benchmark];
        s->score = work->clipped ? fmin(clip_high, fmax(clip_low, s->score)) : s->score;
    }
    fb_capability_sort(&scores.data);
    digest_scores(&scores);
    *out = scores;
    return FB_OK;
}

enum fb_code fb_scores_read_memory(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_scores *out, struct fb_err *err)
{
    FB_ASSERT(name && arena && out);
    struct work work = {.arena = arena};
    fb_names_init(&work.names[MODEL], arena);
    fb_names_init(&work.names[BENCHMARK], arena);
    enum fb_code code = read_table(&work, text, name, err);
    code = code ? code : finish(&work, out, err);
    fb_names_release(&work.names[MODEL]);
    fb_names_release(&work.names[BENCHMARK]);
    return code;
}

enum fb_code fb_scores_read(
    const char *path, struct fb_arena *arena, struct fb_scores *out, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_CSV_FILE_MAX);
    enum fb_code code = fb_io_read(path, &text, err);
    code = code ? code : fb_scores_read_memory(fb_buf_str(&text), path, arena, out, err);
    fb_buf_release(&text);
    return code;
}

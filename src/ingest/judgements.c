#include "ingest/judgements.h"

#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "ingest/csv.h"

static const char *const judged_names[] = {"judged", "model", "grader", "predicted", NULL};
static const char *const truth_names[] = {"truth", "human", "label", NULL};

/* Values that grow. */
struct values {
    double *items;
    size_t count, cap;
};

/* A table at work. */
struct work {
    struct fb_csv csv;
    struct fb_arena *arena;
    size_t truth, judged;
    struct values truths, judgements, unlabelled;
    bool is_binary;
};

static enum fb_code push(
    struct fb_arena *arena, struct values *values, double value, struct fb_err *err)
{
    if (values->count == FB_JUDGEMENTS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d judgements", FB_JUDGEMENTS_MAX);
    }
    if (values->count == values->cap) {
        size_t cap = values->cap ? 2 * values->cap : 64;
        double *items = FB_ARENA_ARRAY(arena, double, cap);
        if (!items) {
            return fb_arena_failed(arena, err);
        }
        if (values->count > 0) {
            memcpy(items, values->items, values->count * sizeof(*items));
        }
        values->items = items;
        values->cap = cap;
    }
    values->items[values->count++] = value;
    return FB_OK;
}

/* True when text is one of the words, of any case. */
static bool is_one_of(struct fb_str text, const char *const *words)
{
    for (; *words; words++) {
        bool same = text.len == strlen(*words);
        for (size_t i = 0; same && i < text.len; i++) {
            char c = text.ptr[i];
            same = (c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) == (*words)[i];
        }
        if (same) {
            return true;
        }
    }
    return false;
}

static enum fb_code value_of(struct work *work, size_t column, double *out, struct fb_err *err)
{
    static const char *const yes[] = {"1", "true", "yes", "c", "pass", NULL};
    static const char *const no[] = {"0", "false", "no", "i", "fail", NULL};
    struct fb_str text = fb_str_trim(fb_csv_field(&work->csv, column));
    enum fb_code code = FB_OK;
    if (is_one_of(text, yes) || is_one_of(text, no)) {
        *out = is_one_of(text, yes);
    } else {
        code = fb_csv_number(&work->csv, column, out, err);
        if (code == FB_OK && !(*out >= 0 && *out <= 1)) {
            code = fb_csv_refuse(
                &work->csv, column, FB_E_RANGE, err, "is neither yes or no nor from 0 to 1");
        }
    }
    work->is_binary = work->is_binary && code == FB_OK && (*out <= 0 || *out >= 1);
    return code;
}

static enum fb_code read_row(struct work *work, struct fb_err *err)
{
    double judged = 0, truth = 0;
    enum fb_code code = value_of(work, work->judged, &judged, err);
    if (code != FB_OK || fb_str_trim(fb_csv_field(&work->csv, work->truth)).len == 0) {
        return code ? code : push(work->arena, &work->unlabelled, judged, err);
    }
    code = value_of(work, work->truth, &truth, err);
    code = code ? code : push(work->arena, &work->truths, truth, err);
    return code ? code : push(work->arena, &work->judgements, judged, err);
}

enum fb_code fb_judgements_read_memory(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_judgements *out, struct fb_err *err)
{
    FB_ASSERT(name && arena && out);
    struct work work = {.arena = arena, .is_binary = true};
    bool more = true;
    enum fb_code code = fb_csv_start(&work.csv, text, name, err);
    code = code ? code : fb_csv_require(&work.csv, judged_names, &work.judged, err);
    code = code ? code : fb_csv_require(&work.csv, truth_names, &work.truth, err);
    while (code == FB_OK && more) {
        code = fb_csv_next(&work.csv, &more, err);
        if (code == FB_OK && more) {
            code = read_row(&work, err);
        }
        if (code != FB_OK) {
            fb_err_place(err, name, work.csv.line, 0, -1);
        }
    }
    fb_csv_release(&work.csv);
    if (code == FB_OK) {
        *out = (struct fb_judgements){work.truths.items, work.judgements.items, work.truths.count,
            work.unlabelled.items, work.unlabelled.count, work.is_binary};
    }
    return code;
}

enum fb_code fb_judgements_read(
    const char *path, struct fb_arena *arena, struct fb_judgements *out, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_CSV_FILE_MAX);
    enum fb_code code = fb_io_read(path, &text, err);
    code = code ? code : fb_judgements_read_memory(fb_buf_str(&text), path, arena, out, err);
    fb_buf_release(&text);
    return code;
}

enum fb_code fb_judgements_count(
    const struct fb_judgements *judgements, struct fb_judge_record *out, struct fb_err *err)
{
    FB_ASSERT(judgements && out);
    struct fb_judge_record record = {0};
    for (size_t i = 0; i < judgements->labelled; i++) {
        bool truth = judgements->truth[i] >= 1, judged = judgements->judged[i] >= 1;
        record.positives += truth;
        record.right_positives += truth && judged;
        record.negatives += !truth;
        record.right_negatives += !truth && !judged;
    }
    if (!judgements->is_binary || record.positives == 0 || record.negatives == 0) {
        fb_err_set(err, FB_E_RANGE, "%s",
            judgements->is_binary
                ? "a judge's errors show only on samples that failed and on samples that succeeded"
                : "a judge's errors are counted where every value is yes or no");
        return fb_err_hint(err, "There are %lld that failed and %lld that succeeded in truth.",
            (long long)record.negatives, (long long)record.positives);
    }
    *out = record;
    return FB_OK;
}

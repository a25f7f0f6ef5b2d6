#include "ingest/judgements.h"

#include <math.h>

#include "base/assert.h"
#include "ingest/columns.h"

static const char *const judged_names[] = {"judged", "model", "grader", "predicted", NULL};
static const char *const truth_names[] = {"truth", "human", "label", NULL};

enum { JUDGED, TRUTH, COLUMNS };
static const struct fb_column wanted[COLUMNS] = {
    [JUDGED] = {judged_names, FB_COLUMN_RATE, FB_COLUMN_EVERY},
    [TRUTH] = {truth_names, FB_COLUMN_RATE, FB_COLUMN_MUST},
};

static bool is_binary(double x)
{
    return isnan(x) || x <= 0 || x >= 1;
}

/* Rows with truth, and the judgements of the others. */
static enum fb_code finish(const struct fb_columns *columns, struct fb_arena *arena,
    struct fb_judgements *out, struct fb_err *err)
{
    const double *judged = columns->numbers[JUDGED], *truth = columns->numbers[TRUTH];
    double *kept[3];
    if (columns->rows > FB_JUDGEMENTS_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "more than %d judgements", FB_JUDGEMENTS_MAX);
        fb_err_place(err, columns->name, columns->lines[FB_JUDGEMENTS_MAX], 0, -1);
        return fb_err_hint(err, "A sample of them, drawn at random, will do.");
    }
    for (int i = 0; i < 3; i++) {
        kept[i] = FB_ARENA_ARRAY(arena, double, columns->rows);
        if (!kept[i]) {
            return fb_arena_failed(arena, err);
        }
    }
    *out = (struct fb_judgements){kept[0], kept[1], 0, kept[2], 0, true};
    for (size_t i = 0; i < columns->rows; i++) {
        out->is_binary = out->is_binary && is_binary(judged[i]) && is_binary(truth[i]);
        if (isnan(truth[i])) {
            kept[2][out->unlabelled_count++] = judged[i];
        } else {
            kept[0][out->labelled] = truth[i];
            kept[1][out->labelled++] = judged[i];
        }
    }
    return FB_OK;
}

enum fb_code fb_judgements_read_memory(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_judgements *out, struct fb_err *err)
{
    FB_ASSERT(name && arena && out);
    struct fb_columns columns;
    const struct fb_columns_text from = {text, name};
    enum fb_code code = fb_columns_read_memory(&from, wanted, COLUMNS, arena, &columns, err);
    return code ? code : finish(&columns, arena, out, err);
}

enum fb_code fb_judgements_read(
    const char *path, struct fb_arena *arena, struct fb_judgements *out, struct fb_err *err)
{
    struct fb_columns columns;
    enum fb_code code = fb_columns_read(path, wanted, COLUMNS, arena, &columns, err);
    return code ? code : finish(&columns, arena, out, err);
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

/* design.c: what an evaluation says of how its samples hang together and how its judge did. */
#include "base/assert.h"
#include "record/check.h"

/* The four counts of a row of clusters: how many clusters, and of each its samples, those that
 * count below and those that count above. */
enum { TIMES, SAMPLES, LOW, HIGH, ROW };

static const char *const hint =
    "docs/RECORDS.md, Rules, says how 'clusters' and 'judge' are written.";

static enum fb_code refuse(const struct fb_json *value, struct fb_err *err, const char *what)
{
    fb_err_set(err, FB_E_SCHEMA, "%s", what);
    fb_err_hint(err, "%s", hint);
    return fb_json_err_at(err, value);
}

static enum fb_code differs(const struct fb_json *value, struct fb_err *err, const char *what)
{
    fb_err_set(err, FB_E_MISMATCH, "%s", what);
    fb_err_hint(err, "%s", hint);
    return fb_json_err_at(err, value);
}

/* A member that is a whole number of at least `least`; *out is it. */
static enum fb_code whole(
    const struct fb_json *object, const char *key, int64_t least, int64_t *out, struct fb_err *err)
{
    const struct fb_json *value = fb_json_get(object, key);
    if (!value || value->kind != FB_JSON_NUMBER || !value->is_integer || value->integer < least ||
        value->integer > INT64_C(1000000000)) {
        fb_err_set(err, FB_E_SCHEMA, "'%.*s' needs '%s', a whole number of %lld or more",
            FB_STR_ARG(object->key), key, (long long)least);
        fb_err_hint(err, "%s", hint);
        return fb_json_err_at(err, value ? value : object);
    }
    *out = value->integer;
    return FB_OK;
}

static enum fb_code read_row(const struct fb_json *row, int64_t out[ROW], struct fb_err *err)
{
    const struct fb_json *item =
        row->kind == FB_JSON_ARRAY && row->count == ROW ? row->child : NULL;
    for (int i = 0; i < ROW; i++, item = item ? item->next : NULL) {
        if (!item || item->kind != FB_JSON_NUMBER || !item->is_integer || item->integer < 0 ||
            item->integer > INT64_C(1000000000)) {
            return refuse(row, err, "a row of 'clusters' is [times, samples, low, high]");
        }
        out[i] = item->integer;
    }
    if (out[TIMES] < 1 || out[SAMPLES] < 1 || out[LOW] > out[HIGH] || out[HIGH] > out[SAMPLES]) {
        return refuse(row, err, "a row of 'clusters' has low <= high <= samples");
    }
    return FB_OK;
}

/* What the rows count must fit into the whole, which is {samples, low, high}. */
static enum fb_code check_rows(
    const struct fb_json *rows, const int64_t whole_of[3], struct fb_err *err)
{
    int64_t sums[ROW] = {0};
    if (rows->kind != FB_JSON_ARRAY) {
        return refuse(rows, err, "'rows' is a list of [times, samples, low, high]");
    }
    for (const struct fb_json *row = rows->child; row; row = row->next) {
        int64_t counts[ROW] = {0};
        enum fb_code code = read_row(row, counts, err);
        for (int i = SAMPLES; code == FB_OK && i < ROW; i++) {
            sums[i] += counts[TIMES] * counts[i]; /* each at most 1e18, and the sum is checked */
            if (sums[i] > whole_of[i - SAMPLES]) {
                code = differs(row, err, "the clusters count more than the evaluation does");
            }
        }
        if (code != FB_OK) {
            return code;
        }
    }
    int64_t samples = whole_of[0] - sums[SAMPLES], low = whole_of[1] - sums[LOW];
    int64_t high = whole_of[2] - sums[HIGH];
    if (low > high || high > samples) {
        fb_err_set(err, FB_E_MISMATCH, "what is in no cluster does not add up");
        fb_err_hint(err, "'low' sums to at most succeeded_all, 'high' to succeeded_any and "
                         "unresolved, and the rest of each must fit into the rest of the samples.");
        return fb_json_err_at(err, rows);
    }
    return FB_OK;
}

static enum fb_code check_clusters(
    const struct fb_json *clusters, const int64_t whole_of[3], struct fb_err *err)
{
    const struct fb_json *by = fb_json_get(clusters, "by"), *rows = fb_json_get(clusters, "rows");
    if (clusters->kind != FB_JSON_OBJECT || (by && by->kind != FB_JSON_STRING)) {
        return refuse(clusters, err, "'clusters' is an object with a text 'by' and 'rows'");
    }
    for (const struct fb_json *m = clusters->child; m; m = m->next) {
        if (!fb_str_is(m->key, "by") && !fb_str_is(m->key, "rows") && !fb_str_is(m->key, "count") &&
            !fb_str_is(m->key, "largest")) {
            return refuse(m, err, "'clusters' has 'by' and 'rows', or 'count' and 'largest'");
        }
    }
    if (rows) {
        return check_rows(rows, whole_of, err);
    }
    int64_t count = 0, largest = 0;
    enum fb_code code = whole(clusters, "count", 1, &count, err);
    code = code ? code : whole(clusters, "largest", 1, &largest, err);
    if (code == FB_OK && (count > whole_of[0] || largest > whole_of[0] - count + 1)) {
        code = differs(clusters, err, "the clusters count more than the evaluation does");
    }
    return code;
}

static enum fb_code check_judge(const struct fb_json *judge, struct fb_err *err)
{
    static const char *const pairs[2][2] = {
        {"negatives", "right_negatives"}, {"positives", "right_positives"}};
    if (judge->kind != FB_JSON_OBJECT) {
        return refuse(judge, err, "'judge' is an object of four counts");
    }
    size_t members = 4;
    for (int i = 0; i < 2; i++) {
        int64_t known = 0, right = 0;
        enum fb_code code = whole(judge, pairs[i][0], 1, &known, err);
        code = code ? code : whole(judge, pairs[i][1], 0, &right, err);
        if (code == FB_OK && right > known) {
            code = differs(judge, err, "more were judged right than were judged");
        }
        if (code != FB_OK) {
            return code;
        }
    }
    const struct fb_json *from = fb_json_get(judge, "from");
    members += from != NULL;
    if (judge->count != members || (from && from->kind != FB_JSON_STRING)) {
        return refuse(judge, err, "'judge' has four counts, and a text 'from', and nothing else");
    }
    return FB_OK;
}

enum fb_code fb_check_design(
    const struct fb_json *body, const int64_t whole_of[3], struct fb_err *err)
{
    FB_ASSERT(body && whole_of && err);
    const struct fb_json *clusters = fb_json_get(body, "clusters");
    const struct fb_json *judge = fb_json_get(body, "judge");
    enum fb_code code = clusters ? check_clusters(clusters, whole_of, err) : FB_OK;
    return code == FB_OK && judge ? check_judge(judge, err) : code;
}

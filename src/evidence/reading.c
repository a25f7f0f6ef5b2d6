#include "evidence/reading.h"

#include "base/assert.h"
#include "ingest/ingest.h"

static int64_t count_of(const struct fb_json *body, const char *key)
{
    const struct fb_json *value = fb_json_get(body, key);
    return value && value->is_integer && value->integer >= 0 ? value->integer : 0;
}

static void count_metrics(struct fb_log_evaluation *e)
{
    const struct fb_json *metrics = fb_json_get(e->body, "metrics");
    for (const struct fb_json *m = metrics ? metrics->child : NULL; m; m = m->next) {
        const struct fb_json *ours = fb_json_get(m, "recomputed");
        bool is_stated = fb_json_get(m, "stated");
        e->metrics += is_stated;
        e->metrics_known += is_stated && ours && ours->kind != FB_JSON_FALSE;
    }
}

static enum fb_code bound(struct fb_log_evaluation *e, double confidence, struct fb_err *err)
{
    double ends[2];
    struct fb_estimator_given given = {0, false};
    struct fb_counts counts = {.samples = e->samples,
        .low = e->succeeded_all,
        .high = e->succeeded_any + e->unresolved,
        .how = &e->how};
    enum fb_code code = fb_estimator_of(e->body, &given, &e->how, err);
    code = code ? code : fb_estimator_bounds(&counts, confidence, ends, err);
    if (code == FB_OK) {
        e->lower = fb_decimal_floor12(ends[0]);
        e->upper = fb_decimal_ceil12(ends[1]);
    }
    return code;
}

/* Takes an evaluation from its draft, which this program wrote: its counts make sense. */
static enum fb_code take(const struct fb_json *body, double confidence,
    struct fb_log_evaluation *out, struct fb_err *err)
{
    *out = (struct fb_log_evaluation){.task = fb_json_get_str(body, "task"),
        .scorer = fb_json_get_str(body, "scorer"),
        .model = fb_json_get_str(body, "model"),
        .status = fb_json_get_str(body, "status"),
        .samples = count_of(body, "samples"),
        .succeeded_any = count_of(body, "succeeded_any"),
        .succeeded_all = count_of(body, "succeeded_all"),
        .unresolved = count_of(body, "unresolved"),
        .epochs = count_of(body, "epochs"),
        .body = body};
    count_metrics(out);
    return bound(out, confidence, err);
}

/* A statement may hold counts that admission would refuse; here nothing else looks at them. */
static enum fb_code check_counts(const struct fb_json *body, struct fb_err *err)
{
    int64_t samples = count_of(body, "samples"), any = count_of(body, "succeeded_any");
    int64_t unresolved = count_of(body, "unresolved");
    if (any > samples || unresolved > samples - any || count_of(body, "succeeded_all") > any) {
        fb_err_set(err, FB_E_SCHEMA, "the counts of an evaluation do not fit together");
        return fb_err_hint(err, "succeeded_all <= succeeded_any, and succeeded_any + unresolved "
                                "<= samples.");
    }
    return FB_OK;
}

enum fb_code fb_log_read(const char *path, const struct fb_ingest_options *options,
    double confidence, struct fb_arena *arena, struct fb_log_reading *out, struct fb_err *err)
{
    FB_ASSERT(path && arena && out && confidence > 0 && confidence < 1);
    struct fb_drafts drafts;
    enum fb_code code = fb_ingest_file(path, options, arena, &drafts, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_log_reading reading = {
        drafts.format, FB_ARENA_ARRAY(arena, struct fb_log_evaluation, drafts.count), 0};
    if (!reading.items) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < drafts.count; i++) {
        struct fb_json *draft = NULL;
        code = fb_json_parse(drafts.items[i].json, path, NULL, arena, &draft, err);
        const struct fb_json *body = code == FB_OK ? fb_json_get(draft, "body") : NULL;
        if (!body || !fb_str_is(fb_json_get_str(draft, "kind"), "evaluation")) {
            continue;
        }
        code = check_counts(body, err);
        code = code ? code : take(body, confidence, &reading.items[reading.count], err);
        reading.count += code == FB_OK;
    }
    if (code == FB_OK && reading.count == 0) {
        fb_err_set(
            err, FB_E_FORMAT, "'%s' holds no evaluation; its format is %s", path, drafts.format);
        fb_err_hint(err, "Give logs of evaluations: .eval, .json, results of a harness, trials.");
    }
    if (code != FB_OK || reading.count == 0) {
        fb_err_place(err, path, 0, 0, -1);
        return err->code;
    }
    *out = reading;
    return FB_OK;
}

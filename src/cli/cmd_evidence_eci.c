/* cmd_evidence_eci.c: `flyball evidence eci`: one scale of capability from many benchmarks. */
#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "cli/evidence.h"
#include "report/fits.h"
#include "stats/random.h"

#define ARENA_MAX ((size_t)1 << 31)

enum { OUTPUT_MAX = 1 << 28, TOP = 30 };

/* One invocation. */
struct eci {
    struct fb_cli *cli;
    struct fb_arena arena;
    struct fb_buf text;
    struct fb_scores scores;
    struct fb_capability_options options;
    struct fb_capability_result result;
    struct fb_trend line;
    struct fb_trend_break kink;
    struct fb_capability_report report;
};

static enum fb_code read_options(struct eci *eci, struct fb_err *err)
{
    static const int64_t rounds[2] = {0, FB_CAPABILITY_RESAMPLES_MAX};
    static const int64_t shown[2] = {0, FB_CAPABILITY_SCORES_MAX};
    int64_t resamples = 100, top = TOP;
    double penalty = 0.1;
    eci->options = (struct fb_capability_options){.anchor_slope = 1};
    enum fb_code code = fb_cli_confidence(eci->cli, &eci->options.confidence, err);
    code = code ? code : fb_cli_whole(eci->cli, "resamples", rounds, &resamples, err);
    code = code ? code : fb_cli_whole(eci->cli, "top", shown, &top, err);
    code = code ? code : fb_cli_number(eci->cli, "penalty", (double[]){0, 1e9}, &penalty, err);
    eci->options.resamples = (uint32_t)resamples;
    eci->options.penalty = penalty;
    eci->report.top = (size_t)top;
    return code;
}

/* The benchmark of --anchor; else Winogrande, Epoch's; else the one with the most scores. */
static enum fb_code find_anchor(struct eci *eci, struct fb_err *err)
{
    const struct fb_scores *scores = &eci->scores;
    struct fb_str given = fb_cli_text(eci->cli, "anchor");
    uint32_t best = 0, *counts = FB_ARENA_ARRAY(&eci->arena, uint32_t, scores->data.benchmarks);
    if (!counts) {
        return fb_arena_failed(&eci->arena, err);
    }
    for (size_t i = 0; i < scores->data.count; i++) {
        counts[scores->data.scores[i].benchmark]++;
    }
    for (uint32_t i = 0; i < scores->data.benchmarks; i++) {
        best = counts[i] > counts[best] ? i : best;
        if (fb_str_eq(scores->benchmarks[i], given.len ? given : FB_STR("Winogrande"))) {
            eci->options.anchor = i;
            return FB_OK;
        }
    }
    if (given.len) {
        (void)fb_err_set(
            err, FB_E_NOT_FOUND, "there is no benchmark '%.*s' to anchor to", FB_STR_ARG(given));
        return fb_err_hint(err, "The one with the most scores is '%.*s'.",
            FB_STR_ARG(fb_str_sub(scores->benchmarks[best], 0, 100)));
    }
    eci->options.anchor = best;
    return FB_OK;
}

static int compare_points(const void *a, const void *b)
{
    const struct fb_trend_point *x = a, *y = b;
    if (x->t != y->t) {
        return x->t < y->t ? -1 : 1;
    }
    return (x->y > y->y) - (x->y < y->y);
}

/* The line through the best models at their release, and whether it broke; none with too few. */
static enum fb_code find_growth(struct eci *eci, struct fb_err *err)
{
    uint32_t models = eci->scores.data.models;
    struct fb_trend_point *points = FB_ARENA_ARRAY(&eci->arena, struct fb_trend_point, models);
    bool *frontier = FB_ARENA_ARRAY(&eci->arena, bool, models);
    struct fb_err ignored;
    size_t count = 0, kept = 0;
    if (!points || !frontier) {
        return fb_arena_failed(&eci->arena, err);
    }
    for (uint32_t i = 0; i < models; i++) {
        if (eci->scores.dates[i] != FB_TIME_MIN) {
            double day = (double)eci->scores.dates[i] / (double)FB_DAY;
            points[count++] = (struct fb_trend_point){day, eci->result.models[i].value};
        }
    }
    if (count > 1) {
        qsort(points, count, sizeof(points[0]), compare_points);
    }
    fb_trend_frontier(points, count, frontier);
    for (size_t i = 0; i < count; i++) {
        if (frontier[i]) {
            points[kept++] = points[i];
        }
    }
    fb_err_init(&ignored);
    eci->report.frontier_count = kept;
    if (kept >= 3 && fb_trend_fit(points, kept, &eci->line, &ignored) == FB_OK) {
        eci->report.line = &eci->line;
    }
    if (eci->report.line && fb_trend_find_break(points, kept, &eci->kink, &ignored) == FB_OK) {
        eci->report.kink = &eci->kink;
        /* A look for a break takes the square of the points. */
        double rounds = fmin(999, fmax(19, 999 * 4096 / ((double)kept * (double)kept)));
        const uint32_t rounds_seed[] = {
            (uint32_t)rounds, (uint32_t)fb_random_key(eci->scores.digest)};
        return fb_trend_break_p(points, kept, rounds_seed, &eci->report.kink_p, err);
    }
    return FB_OK;
}

static enum fb_code compute(struct eci *eci, struct fb_err *err)
{
    const char *path = eci->cli->arguments[1];
    enum fb_code code = fb_scores_read(path, &eci->arena, &eci->scores, err);
    code = code ? code : find_anchor(eci, err);
    eci->options.seed = fb_random_key(eci->scores.digest);
    fb_cli_progress("fitting");
    code = code ? code : fb_capability_fit(&eci->scores.data, &eci->options, &eci->result, err);
    fb_cli_progress(NULL);
    eci->report.path = path;
    eci->report.scores = &eci->scores;
    eci->report.options = &eci->options;
    eci->report.result = &eci->result;
    return code ? code : find_growth(eci, err);
}

enum fb_code fb_cli_evidence_eci(struct fb_cli *cli, struct fb_err *err)
{
    struct eci eci = {.cli = cli};
    struct fb_report_options options = fb_cli_report_options(cli);
    enum fb_code code = fb_cli_want(cli, 2, 2, err);
    code = code ? code : read_options(&eci, err);
    if (code != FB_OK) {
        return code;
    }
    fb_arena_init(&eci.arena, ARENA_MAX);
    fb_buf_init(&eci.text, OUTPUT_MAX);
    code = compute(&eci, err);
    if (code == FB_OK) {
        code = fb_cli_value(cli, "json")
                   ? fb_report_capability_json(&eci.report, &eci.text, err)
                   : fb_report_capability_text(&eci.report, &options, &eci.text, err);
    }
    code = code ? code : fb_cli_print(cli, &eci.text, err);
    fb_capability_release(&eci.result);
    fb_buf_release(&eci.text);
    fb_arena_release(&eci.arena);
    return code;
}

/* cmd_evidence_judge.c: `flyball evidence judge`: a rate that a fallible judge scored. */
#include "base/assert.h"
#include "cli/evidence.h"
#include "ingest/judgements.h"
#include "report/evidence.h"
#include "stats/judge.h"

#define ARENA_MAX ((size_t)1 << 30)

enum { TEXT_MAX = 1 << 20 };

/* The rate among what only the judge scored, corrected for the errors that it made where the truth
 * is known. */
static enum fb_code correct(const struct fb_judgements *j, const struct fb_judge_record *record,
    double confidence, struct fb_judge_estimate *out, struct fb_err *err)
{
    struct fb_judge_counts counts = {.samples = (int64_t)j->unlabelled_count,
        .right_negatives = record->right_negatives,
        .negatives = record->negatives,
        .right_positives = record->right_positives,
        .positives_known = record->positives,
        .confidence = confidence};
    for (size_t i = 0; i < j->unlabelled_count; i++) {
        counts.positives += j->unlabelled[i] >= 1;
    }
    return fb_judge_rogan_gladen(&counts, out, err);
}

/* What is left out says why, and does not stop the others. */
static enum fb_code find(const struct fb_judgements *j, double confidence,
    struct fb_judge_report *out, struct fb_err *err)
{
    struct fb_judge_samples samples = {
        j->truth, j->judged, j->labelled, j->unlabelled, j->unlabelled_count, confidence};
    out->labelled = j->labelled;
    out->unlabelled = j->unlabelled_count;
    out->confidence = confidence;
    enum fb_code code = fb_judge_ppi(&samples, 0, &out->ppi, err);
    code = code ? code : fb_judge_ppi(&samples, 1, &out->ppi_tuned, err);
    struct fb_err *left_out = &out->left_out;
    fb_err_init(left_out);
    out->has_counts = code == FB_OK && fb_judgements_count(j, &out->record, left_out) == FB_OK;
    out->is_corrected =
        out->has_counts && correct(j, &out->record, confidence, &out->corrected, left_out) == FB_OK;
    return code;
}

enum fb_code fb_cli_evidence_judge(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_report_options options = fb_cli_report_options(cli);
    struct fb_judgements judgements;
    struct fb_judge_report report = {0};
    struct fb_arena arena;
    struct fb_buf text;
    double confidence = 0;
    enum fb_code code = fb_cli_want(cli, 2, 2, err);
    code = code ? code : fb_cli_confidence(cli, &confidence, err);
    if (code != FB_OK) {
        return code;
    }
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&text, TEXT_MAX);
    code = fb_judgements_read(cli->arguments[1], &arena, &judgements, err);
    if (code == FB_OK) {
        code = find(&judgements, confidence, &report, err);
        if (code != FB_OK) {
            fb_err_place(err, cli->arguments[1], 0, 0, -1);
        }
    }
    if (code == FB_OK) {
        code = fb_cli_value(cli, "json") ? fb_report_judge_json(&report, &text, err)
                                         : fb_report_judge_text(&report, &options, &text, err);
    }
    code = code ? code : fb_cli_print(cli, &text, err);
    fb_buf_release(&text);
    fb_arena_release(&arena);
    return code;
}

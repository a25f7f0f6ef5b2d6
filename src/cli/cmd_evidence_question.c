/* cmd_evidence_question.c: `flyball evidence NAME TABLE`: one question of evidence/questions.def.
 */
#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "cli/evidence.h"
#include "ingest/csv.h"
#include "report/answer.h"
#include "stats/hamiltonian.h"

#define ARENA_MAX ((size_t)2 << 30)

enum { TEXT_MAX = 1 << 28, SCALE_MAX = 1000000 };

static const int64_t many = INT64_C(1000000000000);

/* LOW..HIGH, two whole numbers. */
static enum fb_code read_scale(const struct fb_cli *cli, int out[2], struct fb_err *err)
{
    struct fb_str text = fb_cli_text(cli, "scale"), low = text, high = fb_str_of("");
    double ends[2] = {0, 0};
    if (!fb_cli_value(cli, "scale")) {
        return FB_OK;
    }
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] == '.' && text.ptr[i + 1] == '.') {
            low = fb_str_sub(text, 0, i);
            high = fb_str_sub(text, i + 2, text.len - i - 2);
            break;
        }
    }
    bool good = fb_csv_parse_number(low, &ends[0]) && fb_csv_parse_number(high, &ends[1]);
    for (int i = 0; good && i < 2; i++) {
        good = ends[i] == floor(ends[i]) && fabs(ends[i]) <= SCALE_MAX;
    }
    if (!good || ends[0] >= ends[1]) {
        return fb_cli_misused(
            cli, err, "--scale must be LOW..HIGH, as 0..10, not '%.*s'", FB_STR_ARG(text));
    }
    out[0] = (int)ends[0];
    out[1] = (int)ends[1];
    return FB_OK;
}

static enum fb_code read_options(
    const struct fb_cli *cli, struct fb_question_options *out, struct fb_err *err)
{
    int64_t resamples = 1000, tries = 0, top = 0, draws = 0;
    *out = fb_question_usual();
    enum fb_code code = fb_cli_confidence(cli, &out->confidence, err);
    code = code ? code : fb_cli_whole(cli, "tries", (int64_t[]){1, many}, &tries, err);
    code = code ? code : fb_cli_whole(cli, "top", (int64_t[]){1, many}, &top, err);
    code = code ? code : fb_cli_number(cli, "budget", (double[]){0, 1}, &out->budget, err);
    code = code ? code : fb_cli_number(cli, "threshold", (double[]){0, 1}, &out->threshold, err);
    code = code ? code : fb_cli_number(cli, "at", (double[]){0, 1e40}, &out->at, err);
    code = code ? code : fb_cli_whole(cli, "resamples", (int64_t[]){0, 100000}, &resamples, err);
    code =
        code ? code
             : fb_cli_whole(cli, "draws", (int64_t[]){100, FB_HAMILTONIAN_DRAWS_MAX}, &draws, err);
    code = code ? code : read_scale(cli, out->scale, err);
    out->tries = tries > 0 ? (double)tries : out->tries;
    out->top = top > 0 ? (double)top : out->top;
    out->resamples = (uint32_t)resamples;
    out->draws = (uint32_t)draws;
    out->target = fb_cli_text(cli, "target");
    out->columns = fb_cli_text(cli, "columns");
    return code;
}

enum fb_code fb_cli_evidence_question(struct fb_cli *cli, struct fb_err *err)
{
    const struct fb_question *question = fb_question_find(cli->arguments[0]);
    struct fb_report_options page = fb_cli_report_options(cli);
    struct fb_question_options options;
    struct fb_answer figures;
    struct fb_arena arena;
    struct fb_buf text;
    FB_ASSERT(question);
    enum fb_code code = fb_cli_want(cli, 2, 2, err);
    if (code != FB_OK) {
        (void)fb_err_hint(err, "A row of TABLE is: %s", question->columns);
    }
    code = code ? code : read_options(cli, &options, err);
    if (code != FB_OK) {
        return code;
    }
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&text, TEXT_MAX);
    fb_answer_init(&figures, &arena);
    code = question->answer(cli->arguments[1], &options, &figures, err);
    code = code ? code : fb_answer_check(&figures, err);
    const struct fb_answer_report report = {cli->arguments[1], question, &options, &figures};
    if (code == FB_OK) {
        code = fb_cli_value(cli, "json") ? fb_report_answer_json(&report, &text, err)
                                         : fb_report_answer_text(&report, &page, &text, err);
    }
    code = code ? code : fb_cli_print(cli, &text, err);
    fb_buf_release(&text);
    fb_arena_release(&arena);
    return code;
}

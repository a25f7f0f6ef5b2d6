/* cmd_policy_compare.c: policy compare: several policies side by side, and a draft of the best. */
#include <string.h>

#include "base/alloc.h"
#include "base/io.h"
#include "cli/cli.h"
#include "report/matrix.h"

#define ARENA_MAX ((size_t)1 << 30)
enum { OUT_MAX = 1 << 27 };

/* The comparison of several files. */
struct job {
    struct fb_buf texts[FB_MATRIX_DOCUMENTS_MAX];
    struct fb_matrix_source sources[FB_MATRIX_DOCUMENTS_MAX];
    size_t count;
    struct fb_arena arena;
    struct fb_matrix matrix;
    struct fb_policy_errors errors;
    struct fb_cli_same same;
};

/* All errors but the last are told here; that one is the command's. */
static enum fb_code refused(const struct job *job, enum fb_code code, struct fb_err *err)
{
    for (size_t i = 0; i + 1 < job->errors.count; i++) {
        fb_cli_complain(&job->errors.items[i]);
    }
    *err = job->errors.items[job->errors.count - 1];
    return code;
}

static enum fb_code read_files(struct fb_cli *cli, struct job *job, struct fb_err *err)
{
    enum fb_code code = fb_cli_same_open(cli, &job->arena, &job->same, &job->errors, err);
    for (size_t i = 1; code == FB_OK && i < cli->argument_count; i++) {
        struct fb_buf *text = &job->texts[job->count];
        struct fb_matrix_source *source = &job->sources[job->count++];
        fb_buf_init(text, FB_POLICY_TEXT_MAX);
        code = fb_io_read(cli->arguments[i], text, err);
        *source = (struct fb_matrix_source){fb_buf_str(text), cli->arguments[i]};
        code = code ? code
                    : fb_cli_same_apply(
                          &job->same, source->name, &job->arena, &source->text, &job->errors, err);
    }
    return code;
}

/* What was asked for: a draft, a page, JSON or text. */
static enum fb_code answer(struct fb_cli *cli, struct job *job, struct fb_err *err)
{
    struct fb_report_options options = fb_cli_report_options(cli);
    const char *html = fb_cli_value(cli, "html");
    struct fb_buf out;
    enum fb_code code;
    fb_buf_init(&out, OUT_MAX);
    if (fb_cli_value(cli, "draft")) {
        code = fb_matrix_draft(&job->matrix, &out, &job->errors);
        code = code ? refused(job, code, err) : FB_OK;
    } else if (html) {
        code = fb_report_matrix_html(&job->matrix, &out, err);
    } else if (fb_cli_value(cli, "json")) {
        code = fb_report_matrix_json(&job->matrix, &out, err);
    } else {
        code = fb_report_matrix_text(&job->matrix, &options, &out, err);
    }
    if (code == FB_OK && html && strcmp(html, "-") != 0) {
        code = fb_io_write(html, fb_buf_str(&out), 0644, err);
        if (code == FB_OK) {
            fprintf(cli->out, "wrote %s\n", html);
        }
    } else if (code == FB_OK) {
        code = fb_cli_print(cli, &out, err);
    }
    fb_buf_release(&out);
    return code;
}

enum fb_code fb_cli_policy_compare(struct fb_cli *cli, struct fb_err *err)
{
    int forms = (fb_cli_value(cli, "draft") != NULL) + (fb_cli_value(cli, "html") != NULL) +
                (fb_cli_value(cli, "json") != NULL);
    enum fb_code code = fb_cli_want(cli, 3, SIZE_MAX, err);
    if (code == FB_OK && cli->argument_count > 1 + FB_MATRIX_DOCUMENTS_MAX) {
        code = fb_cli_misused(
            cli, err, "at most %d policies are compared at once", FB_MATRIX_DOCUMENTS_MAX);
    }
    if (code == FB_OK && forms > 1) {
        code = fb_cli_misused(cli, err, "--draft, --html and --json exclude each other");
    }
    if (code == FB_OK && fb_cli_value(cli, "html") && !fb_cli_value(cli, "html")[0]) {
        code = fb_cli_misused(cli, err, "--html needs a file");
    }
    if (code != FB_OK) {
        return code;
    }
    struct job *job = fb_calloc(1, sizeof(*job));
    if (!job) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    fb_arena_init(&job->arena, ARENA_MAX);
    code = read_files(cli, job, err);
    if (code == FB_OK) {
        code = fb_matrix_build(job->sources, job->count, &job->arena, &job->matrix, &job->errors);
        code = code ? refused(job, code, err) : answer(cli, job, err);
    }
    fb_cli_same_close(&job->same, code == FB_OK);
    for (size_t i = 0; i < job->count; i++) {
        fb_buf_release(&job->texts[i]);
    }
    fb_arena_release(&job->arena);
    fb_free(job);
    return code;
}

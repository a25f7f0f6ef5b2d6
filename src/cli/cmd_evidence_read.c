/* cmd_evidence_read.c: `flyball evidence read`: logs by themselves, without a docket. */
#include "base/alloc.h"
#include "base/assert.h"
#include "cli/evidence.h"
#include "report/evidence.h"

#define ARENA_MAX ((size_t)1 << 30)

enum { OUTPUT_MAX = 1 << 28 };

/* One invocation. */
struct reading {
    const struct fb_cli *cli;
    double confidence;
    struct fb_ingest_options options;
    struct fb_judge_record judge;
    struct fb_arena tables;
    struct fb_arena arena; /* of the log at hand, or with a table of all */
    struct fb_buf text;
    struct fb_log_report *logs; /* for the table */
    size_t count;
    size_t refused;
    enum fb_code first; /* why the first refused log was */
};

static enum fb_code print_json(
    struct reading *r, const struct fb_log_report *log, struct fb_err *err)
{
    struct fb_json_writer w;
    fb_json_writer_init(&w, &r->text, 0);
    fb_json_open_object(&w);
    fb_report_log_json(&w, log);
    if (log->refusal) {
        fb_json_key(&w, "error");
        fb_json_open_object(&w);
        fb_cli_error_members(&w, log->refusal);
        fb_json_close_object(&w);
    }
    fb_json_close_object(&w);
    fb_buf_add_char(&r->text, '\n');
    enum fb_code code = fb_cli_print(r->cli, &r->text, err);
    fb_buf_clear(&r->text);
    return code;
}

/* A log that is refused does not stop the others; what the machine could not do does. */
static bool is_refusal(enum fb_code code)
{
    return code != FB_OK && code != FB_E_NOMEM && code != FB_E_FULL;
}

static enum fb_code read_one(struct reading *r, const char *path, struct fb_err *err)
{
    bool json = fb_cli_value(r->cli, "json");
    struct fb_err refusal;
    struct fb_log_reading *reading = FB_ARENA_NEW(&r->arena, struct fb_log_reading);
    if (!reading) {
        return fb_arena_failed(&r->arena, err);
    }
    fb_err_init(&refusal);
    fb_cli_progress("reading %s", path);
    enum fb_code code = fb_log_read(path, &r->options, r->confidence, &r->arena, reading, &refusal);
    fb_cli_progress(NULL);
    if (code != FB_OK && !is_refusal(code)) {
        *err = refusal;
        return code;
    }
    bool is_read = code == FB_OK;
    struct fb_log_report log = {
        path, is_read ? reading : NULL, is_read ? NULL : &refusal, r->confidence};
    if (!is_read) {
        r->first = r->refused == 0 ? code : r->first;
        r->refused++;
    }
    if (json) {
        code = print_json(r, &log, err);
        fb_arena_release(&r->arena);
        fb_arena_init(&r->arena, ARENA_MAX);
        return code;
    }
    if (!is_read) {
        fb_cli_complain(&refusal);
        return FB_OK;
    }
    r->logs[r->count++] = log;
    return FB_OK;
}

static enum fb_code print_table(struct reading *r, struct fb_err *err)
{
    struct fb_report_options options = fb_cli_report_options(r->cli);
    if (r->count == 0) {
        return FB_OK;
    }
    enum fb_code code = fb_report_logs_text(r->logs, r->count, &options, &r->text, err);
    return code == FB_OK ? fb_cli_print(r->cli, &r->text, err) : code;
}

enum fb_code fb_cli_evidence_read(struct fb_cli *cli, struct fb_err *err)
{
    struct reading r = {.cli = cli};
    enum fb_code code = fb_cli_want(cli, 2, SIZE_MAX, err);
    code = code ? code : fb_cli_confidence(cli, &r.confidence, err);
    if (code != FB_OK) {
        return code;
    }
    size_t files = cli->argument_count - 1;
    bool has_judge = false;
    fb_arena_init(&r.arena, ARENA_MAX);
    fb_arena_init(&r.tables, ARENA_MAX);
    fb_buf_init(&r.text, OUTPUT_MAX);
    code = fb_cli_judge(cli, &r.tables, &r.judge, &has_judge, err);
    r.options.cluster = fb_cli_text(cli, "cluster");
    r.options.judge = has_judge ? &r.judge : NULL;
    r.logs = fb_calloc(files, sizeof(*r.logs));
    if (code == FB_OK && !r.logs) {
        code = fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    for (size_t i = 0; code == FB_OK && i < files; i++) {
        code = read_one(&r, cli->arguments[1 + i], err);
    }
    code = code ? code : print_table(&r, err);
    if (code == FB_OK && r.refused > 0) {
        code = fb_err_set(err, r.first, "%zu of %zu log%s %s refused", r.refused, files,
            files == 1 ? "" : "s", r.refused == 1 ? "was" : "were");
    }
    fb_free(r.logs);
    fb_buf_release(&r.text);
    fb_arena_release(&r.arena);
    fb_arena_release(&r.tables);
    return code;
}

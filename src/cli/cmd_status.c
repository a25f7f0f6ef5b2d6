/* cmd_status.c: status, explain, as-of, report: what holds, why, and when. */
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "cli/cli.h"
#include "govern/docket_proof.h"

#define ARENA_MAX ((size_t)8 << 30)
#define OUTPUT_MAX ((size_t)1 << 30)

enum fb_code fb_cli_view_ask(
    const struct fb_cli *cli, struct fb_cli_ask ask, struct fb_cli_view *view, struct fb_err *err)
{
    struct fb_docket_question question = {.as_of = cli->as_of,
        .naive = ask.naive,
        .brief = ask.brief,
        .about = fb_str_of(ask.about),
        .is_signed = ask.is_signed,
        .verdict = fb_str_of(ask.verdict),
        .is_told_whole = ask.is_told_whole,
        .out_verdict = ask.out_verdict};
    memset(view, 0, sizeof(*view));
    fb_arena_init(&view->arena, ARENA_MAX);
    fb_buf_init(&view->text, OUTPUT_MAX);
    char path[FB_CLI_PATH];
    struct fb_clock clock = fb_cli_clock(cli);
    bool is_own = ask.about || ask.out_verdict; /* it may be of few records */
    enum fb_code code =
        is_own ? fb_cli_docket(cli, path, err) : fb_cli_open(cli, &view->docket, err);
    if (code != FB_OK) {
        return code;
    }
    fb_cli_progress("evaluating");
    code = is_own ? fb_docket_open_asked(path, &clock, cli->has_clock, &question, &view->arena,
                        &view->docket, &view->picture, err)
                  : fb_docket_ask(view->docket, &question, &view->arena, &view->picture, err);
    fb_cli_progress(NULL);
    return code;
}

enum fb_code fb_cli_view_records(
    const struct fb_cli *cli, struct fb_cli_view *view, struct fb_err *err)
{
    memset(view, 0, sizeof(*view));
    fb_arena_init(&view->arena, ARENA_MAX);
    fb_buf_init(&view->text, OUTPUT_MAX);
    enum fb_code code = fb_cli_open(cli, &view->docket, err);
    if (code == FB_OK) {
        view->picture = (struct fb_picture){.now = fb_docket_now(view->docket),
            .as_of = FB_TIME_MAX,
            .record_count = fb_registry_count(fb_docket_registry(view->docket)),
            .simulated = fb_docket_simulated(view->docket),
            .origin = fb_ledger_origin(fb_docket_ledger(view->docket))};
    }
    return code;
}

enum fb_code fb_cli_view_open(
    const struct fb_cli *cli, struct fb_cli_view *view, struct fb_err *err)
{
    return fb_cli_view_ask(cli, (struct fb_cli_ask){.about = NULL}, view, err);
}

void fb_cli_view_close(struct fb_cli_view *view)
{
    fb_buf_release(&view->text);
    fb_arena_release(&view->arena);
    fb_docket_close(view->docket);
}

enum fb_code fb_cli_view_system(
    const struct fb_picture *picture, struct fb_str name, struct fb_str *out, struct fb_err *err)
{
    const struct fb_system_view *system = fb_picture_named(picture, name, err);
    *out = system ? system->id : *out;
    return system ? FB_OK : err->code;
}

enum fb_code cmd_status(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_view view;
    struct fb_report_options options = fb_cli_report_options(cli);
    enum fb_code code = fb_cli_want(cli, 0, 1, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_cli_ask ask = {.naive = fb_cli_value(cli, "naive") != NULL,
        .brief = fb_cli_value(cli, "json") == NULL,
        .about = cli->argument_count ? cli->arguments[0] : NULL};
    code = fb_cli_view_ask(cli, ask, &view, err);
    if (code == FB_OK && cli->argument_count) {
        code =
            fb_cli_view_system(&view.picture, fb_str_of(cli->arguments[0]), &options.system, err);
    }
    if (code == FB_OK && fb_cli_value(cli, "json")) {
        code = fb_report_status_json(&view.picture, &options, &view.text, err);
    } else if (code == FB_OK) {
        code = fb_report_status_text(&view.picture, &options, &view.text, err);
    }
    if (code == FB_OK) {
        code = fb_cli_print(cli, &view.text, err);
    }
    fb_cli_view_close(&view);
    return code;
}

/* Writes the proof of a verdict. */
static enum fb_code write_proof(struct fb_cli *cli, struct fb_cli_view *view,
    const struct fb_verdict *verdict, struct fb_err *err)
{
    struct fb_buf proof;
    struct fb_proof_claimed claimed;
    const char *path = fb_cli_value(cli, "proof");
    fb_buf_init(&proof, FB_DOCKET_PROOF_MAX);
    enum fb_code code = fb_picture_prove(&view->picture, verdict->id, &proof, &claimed, err);
    if (code == FB_OK && strcmp(path, "-") == 0) {
        code = fb_cli_print(cli, &proof, err);
    } else if (code == FB_OK) {
        code = fb_io_write(path, fb_buf_str(&proof), 0644, err);
        if (code == FB_OK) {
            fprintf(cli->out, "wrote %s: %.*s is %.*s, by %zu judgement%s, which were checked\n",
                path, FB_STR_ARG(verdict->id), FB_STR_ARG(claimed.status), claimed.judgements,
                claimed.judgements == 1 ? "" : "s");
        }
    }
    fb_buf_release(&proof);
    return code;
}

/* Goes through a proof. */
static enum fb_code check_proof(struct fb_cli *cli, const char *path, struct fb_err *err)
{
    struct fb_docket *docket = NULL;
    struct fb_buf file;
    struct fb_arena arena;
    struct fb_proof_claimed claimed, checked;
    char now[FB_TIME_TEXT];
    fb_buf_init(&file, FB_DOCKET_PROOF_MAX);
    fb_arena_init(&arena, ARENA_MAX);
    enum fb_code code = fb_cli_open(cli, &docket, err);
    code = code ? code : fb_io_read(path, &file, err);
    code = code ? code : fb_proof_claimed_read(fb_buf_str(&file), &arena, &claimed, err);
    code = code ? code : fb_docket_check(docket, fb_buf_str(&file), &checked, err);
    if (code == FB_OK) {
        fprintf(cli->out,
            "%.*s is %.*s at %s, by the first %llu records: %zu judgement%s checked, all right\n",
            FB_STR_ARG(claimed.id), FB_STR_ARG(claimed.status),
            fb_time_format_short(claimed.now, now), (unsigned long long)claimed.entries,
            checked.judgements, checked.judgements == 1 ? "" : "s");
    } else if (docket && !err->file[0]) {
        fb_err_place(err, path, err->line, err->column, -1);
    }
    fb_arena_release(&arena);
    fb_buf_release(&file);
    fb_docket_close(docket);
    return code;
}

/* Says why, and what corrections changed of it. */
static enum fb_code say_why(struct fb_cli *cli, struct fb_cli_view *view,
    const struct fb_verdict *verdict, struct fb_err *err)
{
    struct fb_report_options options = fb_cli_report_options(cli);
    enum fb_code code = FB_OK;
    if (fb_cli_value(cli, "json")) {
        code = fb_report_why_json(verdict, &view->text, err);
    } else {
        code = fb_report_why_text(verdict, &options, &view->text, err);
        if (code == FB_OK && view->picture.correction_count) {
            code = fb_cli_add_amended(cli, view, verdict->id, err);
        }
    }
    return code ? code : fb_cli_print(cli, &view->text, err);
}

enum fb_code cmd_explain(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_view view;
    struct fb_verdict verdict;
    const char *check = fb_cli_value(cli, "check");
    enum fb_code code = fb_cli_want(cli, check ? 0 : 1, check ? 0 : 1, err);
    if (code == FB_OK && check && (fb_cli_value(cli, "proof") || fb_cli_value(cli, "json"))) {
        code = fb_cli_misused(cli, err, "--check goes alone");
    }
    if (code != FB_OK || check) {
        return code ? code : check_proof(cli, check, err);
    }
    const char *name = cli->arguments[0];
    bool is_proved = fb_cli_value(cli, "proof") != NULL; /* in a picture of everything */
    struct fb_cli_ask ask = {.naive = fb_cli_value(cli, "naive") != NULL,
        .brief = true,
        .verdict = name,
        .is_told_whole = fb_cli_value(cli, "json") == NULL,
        .out_verdict = is_proved ? NULL : &verdict};
    code = fb_cli_view_ask(cli, ask, &view, err);
    if (code == FB_OK && is_proved) {
        code = fb_picture_find(&view.picture, fb_str_of(name), &view.arena, &verdict, err);
    }
    if (code == FB_OK && is_proved) {
        code = write_proof(cli, &view, &verdict, err);
    } else if (code == FB_OK) {
        code = say_why(cli, &view, &verdict, err);
    }
    fb_cli_view_close(&view);
    return code;
}

enum fb_code cmd_report(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_view view;
    enum fb_code code = fb_cli_want(cli, 0, 1, err);
    const char *path = fb_cli_value(cli, "html");
    if (code == FB_OK && (!path || !path[0])) {
        code = fb_cli_misused(cli, err, "say where to write the page");
    }
    if (code != FB_OK) {
        return code;
    }
    struct fb_cli_ask ask = {.about = cli->argument_count ? cli->arguments[0] : NULL};
    code = fb_cli_view_ask(cli, ask, &view, err);
    if (code == FB_OK) {
        code = fb_report_html(&view.picture, &view.text, err);
    }
    if (code == FB_OK) {
        code = fb_buf_check(&view.text, "the page", err);
    }
    if (code == FB_OK && strcmp(path, "-") == 0) {
        code = fb_cli_print(cli, &view.text, err);
    } else if (code == FB_OK) {
        code = fb_io_write(path, fb_buf_str(&view.text), 0644, err);
        if (code == FB_OK) {
            fprintf(cli->out, "wrote %s (%zu kB)\n", path, (view.text.len + 1023) / 1024);
        }
    }
    fb_cli_view_close(&view);
    return code;
}

enum fb_code cmd_as_of(struct fb_cli *cli, struct fb_err *err)
{
    enum fb_code code = fb_cli_want(cli, 1, SIZE_MAX, err);
    fb_time as_of;
    if (code == FB_OK) {
        code = fb_time_parse(fb_str_of(cli->arguments[0]), &as_of, err);
    }
    if (code != FB_OK) {
        return code;
    }
    struct fb_cli inner = {.docket = cli->docket,
        .has_clock = cli->has_clock,
        .clock_at = cli->clock_at,
        .as_of = as_of,
        .out = cli->out};
    code = fb_cli_parse(&inner, (int)cli->argument_count - 1, cli->arguments + 1, err);
    cli->json = inner.json;
    if (code != FB_OK) {
        return code;
    }
    if (!inner.command) {
        inner.command = fb_cli_find("status");
    }
    static const char *const allowed[] = {
        "status", "due", "explain", "amended", "evidence", "report", "case", "dossier"};
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        if (strcmp(inner.command->name, allowed[i]) == 0) {
            return fb_cli_run(&inner, err);
        }
    }
    return fb_cli_misused(cli, err,
        "`as-of` goes with status, due, explain, amended, evidence, report, case and dossier, not "
        "with '%s'",
        inner.command->name);
}

/* cmd_amended.c: amended: what corrections changed of what had been decided. */
#include "cli/cli.h"
#include "report/amended.h"

/* Each correction costs two evaluations of the docket, so unless more are asked for the latest are
 * looked at, and fewer of them below an explanation. */
enum { MOST_EXPLAINED = 8, MOST_LISTED = 64 };

#define ARENA_MAX ((size_t)1 << 30)

/* The id of the verdict that a person named; NULL: all. It need not be there any more, so a name
 * that no verdict has now is taken as it stands. */
static enum fb_code find_id(
    const struct fb_cli *cli, struct fb_cli_view *view, struct fb_str *out, struct fb_err *err)
{
    struct fb_verdict verdict;
    *out = (struct fb_str){"", 0};
    if (cli->argument_count == 0) {
        return FB_OK;
    }
    struct fb_str name = fb_str_of(cli->arguments[0]);
    enum fb_code code = fb_picture_find(&view->picture, name, &view->arena, &verdict, err);
    if (code == FB_E_NOT_FOUND && fb_str_find(name, ':', 0) < name.len) {
        fb_err_init(err);
        *out = name;
        return FB_OK;
    }
    return code ? code : fb_arena_str(&view->arena, verdict.id, out, err);
}

static enum fb_code read_last(const struct fb_cli *cli, size_t *out, struct fb_err *err)
{
    uint64_t most = MOST_LISTED;
    const char *text = fb_cli_value(cli, "last");
    if (text && (!fb_str_u64(fb_str_of(text), &most) || most < 1 || most > FB_AMENDED_MAX)) {
        return fb_cli_misused(cli, err, "--last is a number from 1 to %d", FB_AMENDED_MAX);
    }
    *out = (size_t)most;
    return FB_OK;
}

enum fb_code cmd_amended(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_view view;
    struct fb_amendments list;
    struct fb_str id;
    struct fb_report_options options = fb_cli_report_options(cli);
    struct fb_amended_question question = {.as_of = cli->as_of};
    enum fb_code code = fb_cli_want(cli, 0, 1, err);
    code = code ? code : read_last(cli, &question.most, err);
    if (code) {
        return code;
    }
    code = fb_cli_view_ask(cli, (struct fb_cli_ask){.brief = true}, &view, err);
    code = code ? code : find_id(cli, &view, &id, err);
    code = code ? code : fb_docket_amended(view.docket, &question, &view.arena, &list, err);
    if (code == FB_OK && fb_cli_value(cli, "json")) {
        code = fb_report_amended_json(&list, id, &view.text, err);
    } else if (code == FB_OK) {
        code = fb_report_amended_text(&list, id, &options, &view.text, err);
    }
    code = code ? code : fb_cli_print(cli, &view.text, err);
    fb_cli_view_close(&view);
    return code;
}

enum fb_code fb_cli_add_amended(
    const struct fb_cli *cli, struct fb_cli_view *view, struct fb_str id, struct fb_err *err)
{
    struct fb_amendments list;
    struct fb_report_options options = fb_cli_report_options(cli);
    struct fb_amended_question question = {.as_of = cli->as_of, .most = MOST_EXPLAINED};
    struct fb_str own;
    enum fb_code code = fb_arena_str(&view->arena, id, &own, err);
    code = code ? code : fb_docket_amended(view->docket, &question, &view->arena, &list, err);
    bool any = false;
    for (size_t i = 0; code == FB_OK && i < list.count; i++) {
        any = any || fb_str_eq(list.items[i].id, own);
    }
    if (code || !any) {
        return code;
    }
    fb_buf_add_c(&view->text, "\namended:\n");
    return fb_report_amended_text(&list, own, &options, &view->text, err);
}

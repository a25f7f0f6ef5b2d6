/* cmd_due.c: due: what is owed, by whom, to whom, until when, why; as a calendar too. */
#include <string.h>

#include "base/io.h"
#include "cli/cli.h"
#include "report/due.h"

/* The id of a party that a person named: one that is on record, or that a duty names. */
static enum fb_code find_party(
    struct fb_cli_view *view, struct fb_str name, struct fb_str *out, struct fb_err *err)
{
    bool whole = fb_str_starts(name, FB_STR("party/"));
    struct fb_str id =
        fb_arena_printf(&view->arena, "%s%.*s", whole ? "" : "party/", FB_STR_ARG(name));
    if (!id.ptr) {
        return fb_arena_failed(&view->arena, err);
    }
    *out = id;
    const struct fb_registry *registry = fb_docket_registry(view->docket);
    bool known = fb_registry_find(registry, id) != NULL;
    for (size_t i = 0; !known && i < view->picture.duty_count; i++) {
        known = fb_str_eq(view->picture.duties[i].obligation.party, id);
    }
    if (!known) {
        fb_err_set(err, FB_E_NOT_FOUND, "the docket has no party '%.*s'", FB_STR_ARG(name));
        return fb_err_hint(err, "Run `flyball due` without --party for what all of them owe.");
    }
    return FB_OK;
}

/* Writes the calendar, or prints it for "-". */
static enum fb_code write_calendar(struct fb_cli *cli, struct fb_cli_view *view, const char *path,
    const struct fb_due_list *list, struct fb_err *err)
{
    enum fb_code code = fb_report_due_ics(&view->picture, list, &view->text, err);
    if (code == FB_OK && strcmp(path, "-") == 0) {
        return fb_cli_print(cli, &view->text, err);
    }
    if (code == FB_OK) {
        code = fb_io_write(path, fb_buf_str(&view->text), 0644, err);
    }
    if (code == FB_OK) {
        fprintf(cli->out, "wrote %s: %zu overdue, %zu owed, %zu undated, %zu late\n", path,
            list->counts[FB_DUE_OVERDUE], list->counts[FB_DUE_OWED], list->counts[FB_DUE_UNDATED],
            list->counts[FB_DUE_LATE]);
    }
    return code;
}

enum fb_code cmd_due(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_view view;
    struct fb_due_list list = {NULL, 0, {0}};
    struct fb_str party = {NULL, 0};
    struct fb_report_options options = fb_cli_report_options(cli);
    const char *ics = fb_cli_value(cli, "ics");
    enum fb_code code = fb_cli_want(cli, 0, 0, err);
    if (code == FB_OK && ics && (!ics[0] || fb_cli_value(cli, "json"))) {
        code = fb_cli_misused(
            cli, err, ics[0] ? "--ics and --json exclude each other" : "--ics needs a file");
    }
    if (code == FB_OK && fb_cli_value(cli, "party") && fb_cli_text(cli, "party").len == 0) {
        code = fb_cli_misused(cli, err, "--party needs a name");
    }
    if (code != FB_OK) {
        return code;
    }
    code = fb_cli_view_open(cli, &view, err);
    if (code == FB_OK && fb_cli_value(cli, "party")) {
        code = find_party(&view, fb_cli_text(cli, "party"), &party, err);
    }
    if (code == FB_OK) {
        code = fb_due_list(&view.picture, party, &view.arena, &list, err);
    }
    if (code == FB_OK && ics) {
        code = write_calendar(cli, &view, ics, &list, err);
    } else if (code == FB_OK) {
        code = fb_cli_value(cli, "json")
                   ? fb_report_due_json(&view.picture, &list, &view.text, err)
                   : fb_report_due_text(&view.picture, &list, &options, &view.text, err);
        if (code == FB_OK) {
            code = fb_cli_print(cli, &view.text, err);
        }
    }
    fb_cli_view_close(&view);
    return code;
}

/* cmd_registry.c: `flyball registry`: what is on record about systems; descriptions in, registers
 * out. */
#include <string.h>

#include "base/io.h"
#include "cli/cli.h"
#include "report/exports.h"

static enum fb_code give(struct fb_cli *cli, struct fb_cli_view *view, struct fb_err *err)
{
    const char *path = fb_cli_value(cli, "out");
    if (!path || strcmp(path, "-") == 0) {
        return fb_cli_print(cli, &view->text, err);
    }
    enum fb_code code = fb_io_write(path, fb_buf_str(&view->text), 0644, err);
    if (code == FB_OK) {
        fprintf(cli->out, "wrote %s\n", path);
    }
    return code;
}

static enum fb_code gather(struct fb_cli_view *view, struct fb_register *out, struct fb_err *err)
{
    return fb_register_gather(
        fb_docket_registry(view->docket), view->picture.now, &view->arena, out, err);
}

static enum fb_code list(struct fb_cli *cli, struct fb_cli_view *view, struct fb_err *err)
{
    struct fb_register found;
    struct fb_report_options options = fb_cli_report_options(cli);
    enum fb_code code = gather(view, &found, err);
    if (code == FB_OK) {
        code = fb_cli_value(cli, "json")
                   ? fb_report_register_json(&found, NULL, &view->text, err)
                   : fb_report_register_text(&found, &options, &view->text, err);
    }
    return code ? code : give(cli, view, err);
}

static enum fb_code show(struct fb_cli *cli, struct fb_cli_view *view, struct fb_err *err)
{
    struct fb_register found;
    struct fb_report_options options = fb_cli_report_options(cli);
    enum fb_code code = gather(view, &found, err);
    const struct fb_register_system *system =
        code == FB_OK ? fb_register_find(&found, fb_str_of(cli->arguments[1])) : NULL;
    if (code == FB_OK && !system) {
        fb_err_set(err, FB_E_NOT_FOUND, "no system '%s' is on record", cli->arguments[1]);
        return fb_err_hint(err, "`flyball registry list` names them.");
    }
    if (code == FB_OK) {
        code = fb_cli_value(cli, "json")
                   ? fb_report_register_json(&found, system, &view->text, err)
                   : fb_report_register_system(system, &options, &view->text, err);
    }
    return code ? code : give(cli, view, err);
}

static enum fb_code export_as(struct fb_cli *cli, struct fb_cli_view *view, struct fb_err *err)
{
    const char *format = cli->arguments[1];
    struct fb_register found;
    struct fb_due_list due = {.items = NULL};
    struct fb_str origin = view->picture.origin;
    enum fb_code code = gather(view, &found, err);
    if (code == FB_OK && strncmp(format, "oscal", 5) == 0) {
        code = fb_due_list(&view->picture, (struct fb_str){NULL, 0}, &view->arena, &due, err);
    }
    if (code != FB_OK) {
        return code;
    }
    if (strcmp(format, "cyclonedx") == 0) {
        code = fb_report_cyclonedx(&found, origin, &view->text, err);
    } else if (strcmp(format, "html") == 0) {
        code = fb_report_register_html(&found, origin, &view->text, err);
    } else if (strcmp(format, "csv") == 0) {
        code = fb_report_register_csv(&found, &view->text, err);
    } else if (strcmp(format, "oscal-results") == 0) {
        code = fb_report_oscal_results(&view->picture, &due, &view->text, err);
    } else if (strcmp(format, "oscal-poam") == 0) {
        code = fb_report_oscal_plan(&view->picture, &due, &view->text, err);
    } else {
        return fb_cli_misused(cli, err,
            "registry export knows cyclonedx, html, csv, oscal-results and oscal-poam, not '%s'",
            format);
    }
    return code ? code : give(cli, view, err);
}

/* What `add` does, with the options that both have. */
static enum fb_code import(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli inner = *cli;
    inner.command = fb_cli_find("add");
    inner.arguments = cli->arguments + 1;
    inner.argument_count = cli->argument_count - 1;
    for (size_t i = 0; i < inner.command->option_count; i++) {
        inner.values[i] = NULL;
        for (size_t n = 0; n < cli->command->option_count; n++) {
            if (strcmp(inner.command->options[i].name, cli->command->options[n].name) == 0) {
                inner.values[i] = cli->values[n];
            }
        }
    }
    return cmd_add(&inner, err);
}

enum fb_code cmd_registry(struct fb_cli *cli, struct fb_err *err)
{
    static const struct {
        const char *name;
        size_t arguments;
        enum fb_code (*run)(struct fb_cli *cli, struct fb_cli_view *view, struct fb_err *err);
    } parts[] = {{"list", 1, list}, {"show", 2, show}, {"export", 2, export_as}};
    enum fb_code code = fb_cli_want(cli, 1, SIZE_MAX, err);
    if (code != FB_OK) {
        return code;
    }
    if (strcmp(cli->arguments[0], "import") == 0) {
        if (cli->argument_count < 2) {
            return fb_cli_misused(cli, err, "registry import needs files");
        }
        return import(cli, err);
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(cli->arguments[0], parts[i].name) != 0) {
            continue;
        }
        struct fb_cli_view view;
        code = fb_cli_want(cli, parts[i].arguments, parts[i].arguments, err);
        if (code != FB_OK) {
            return code;
        }
        /* Only what OSCAL wants are verdicts. */
        bool evaluates = parts[i].run == export_as && strncmp(cli->arguments[1], "oscal", 5) == 0;
        code = evaluates ? fb_cli_view_open(cli, &view, err) : fb_cli_view_records(cli, &view, err);
        code = code ? code : parts[i].run(cli, &view, err);
        fb_cli_view_close(&view);
        return code;
    }
    return fb_cli_misused(cli, err, "registry has no part '%s'", cli->arguments[0]);
}

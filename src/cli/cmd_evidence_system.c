/* cmd_evidence_system.c: `flyball evidence SYSTEM [CAPABILITY]`, `evidence families`. */
#include "base/assert.h"
#include "cli/evidence.h"
#include "evidence/families.h"
#include "report/evidence.h"

enum { TEXT_MAX = 1 << 28 };

enum fb_code fb_cli_evidence_system(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_view view;
    struct fb_standings standings = {NULL, 0};
    struct fb_report_options options = fb_cli_report_options(cli);
    struct fb_str system = {NULL, 0};
    enum fb_code code = fb_cli_want(cli, 1, 2, err);
    if (code != FB_OK) {
        return code;
    }
    code = fb_cli_view_ask(cli, (struct fb_cli_ask){.about = cli->arguments[0]}, &view, err);
    if (code == FB_OK) {
        code = fb_cli_view_system(&view.picture, fb_str_of(cli->arguments[0]), &system, err);
    }
    if (code == FB_OK) {
        struct fb_str capability = fb_str_of(cli->argument_count > 1 ? cli->arguments[1] : NULL);
        code = fb_standings(&view.picture, system, capability, &view.arena, &standings, err);
    }
    if (code == FB_OK && fb_cli_value(cli, "json")) {
        code = fb_report_evidence_json(&view.picture, system, &standings, &view.text, err);
    } else if (code == FB_OK) {
        code =
            fb_report_evidence_text(&view.picture, system, &standings, &options, &view.text, err);
    }
    code = code ? code : fb_cli_print(cli, &view.text, err);
    fb_cli_view_close(&view);
    return code;
}

enum fb_code fb_cli_evidence_families(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_report_options options = fb_cli_report_options(cli);
    enum fb_code code = fb_cli_want(cli, 1, 2, err);
    size_t count = 0;
    const struct fb_family *families = fb_families(&count);
    if (code == FB_OK && cli->argument_count == 2) {
        families = fb_family_find(fb_str_of(cli->arguments[1]));
        count = 1;
        if (!families) {
            fb_err_set(err, FB_E_NOT_FOUND, "there is no family '%s'", cli->arguments[1]);
            return fb_err_hint(err, "Run `flyball evidence families` for all of them.");
        }
    }
    if (code != FB_OK) {
        return code;
    }
    struct fb_buf text;
    fb_buf_init(&text, TEXT_MAX);
    if (fb_cli_value(cli, "json")) {
        code = fb_report_families_json(families, count, &text, err);
    } else {
        code = fb_report_families_text(families, count, &options, &text, err);
    }
    code = code ? code : fb_cli_print(cli, &text, err);
    fb_buf_release(&text);
    return code;
}

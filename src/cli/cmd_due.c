/* cmd_due.c: due: what is owed, by whom, until when, why; exempt: that nothing is. */
#include <string.h>

#include "base/io.h"
#include "cli/cli.h"
#include "report/due.h"
#include "report/exempt.h"

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

/* Part of an answer: it is printed, and not kept until there is all of it. */
static enum fb_code print_part(void *ctx, const struct fb_buf *part, struct fb_err *err)
{
    return fb_cli_print(ctx, part, err);
}

enum fb_code cmd_due(struct fb_cli *cli, struct fb_err *err)
{
    const struct fb_pour pour = {print_part, cli};
    struct fb_cli_view view;
    struct fb_due_list list = {.items = NULL};
    struct fb_str party = {NULL, 0};
    struct fb_report_options options = fb_cli_report_options(cli);
    const char *ics = fb_cli_value(cli, "ics");
    bool csv = fb_cli_value(cli, "csv") != NULL;
    enum fb_code code = fb_cli_want(cli, 0, 0, err);
    int forms = (ics != NULL) + (fb_cli_value(cli, "json") != NULL) + csv;
    if (code == FB_OK && ics && (!ics[0] || forms > 1)) {
        code = fb_cli_misused(
            cli, err, ics[0] ? "--ics and --json exclude each other" : "--ics needs a file");
    } else if (code == FB_OK && forms > 1) {
        code = fb_cli_misused(cli, err, "--csv and --json exclude each other");
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
    if (code == FB_OK) {
        code = fb_due_keep(view.docket, &view.picture, party, &view.arena, &list, err);
    }
    if (code == FB_OK && ics) {
        code = write_calendar(cli, &view, ics, &list, err);
    } else if (code == FB_OK) {
        code = csv ? fb_report_due_csv(&list, &pour, &view.text, err)
               : fb_cli_value(cli, "json")
                   ? fb_report_due_json(&view.picture, &list, &pour, &view.text, err)
                   : fb_report_due_text(&view.picture, &list, &options, &pour, &view.text, err);
        if (code == FB_OK) {
            code = fb_cli_print(cli, &view.text, err);
        }
    }
    fb_cli_view_close(&view);
    return code;
}

/* Signs the certificate and writes FILE and FILE.sig, the signature first: where only one of them
 * could be written, it is not one that claims something unsigned. */
static enum fb_code write_certificate(struct fb_cli *cli, struct fb_cli_view *view,
    const char *path, const struct fb_buf *signature, struct fb_err *err)
{
    struct fb_str beside = fb_arena_printf(&view->arena, "%s.sig", path);
    enum fb_code code = beside.ptr ? fb_io_write(beside.ptr, fb_buf_str(signature), 0644, err)
                                   : fb_arena_failed(&view->arena, err);
    if (code == FB_OK) {
        code = fb_io_write(path, fb_buf_str(&view->text), 0644, err);
        if (code != FB_OK) {
            fb_io_remove(beside.ptr);
        }
    }
    if (code == FB_OK) {
        fprintf(cli->out, "wrote %s and %s.sig\n", path, path);
    }
    return code;
}

/* The certificate as it is signed, its signature and who made it, as one JSON object. */
static enum fb_code print_signed(struct fb_cli *cli, struct fb_str certificate,
    const struct fb_buf *signature, struct fb_str party, struct fb_err *err)
{
    struct fb_buf text;
    struct fb_json_writer w;
    fb_buf_init(&text, 4 * (size_t)FB_EXEMPT_STATEMENT_MAX);
    fb_json_writer_init(&w, &text, 2);
    fb_json_open_object(&w);
    fb_json_key_bool(&w, "exempt", true);
    fb_json_key_str(&w, "certificate", certificate);
    fb_json_key_str(&w, "signature", fb_buf_str(signature));
    fb_json_key_str(&w, "signer", party);
    fb_json_key_c(&w, "namespace", FB_NAMESPACE_EXEMPT);
    fb_json_close_object(&w);
    fb_buf_add_char(&text, '\n');
    enum fb_code code = fb_cli_print(cli, &text, err);
    fb_buf_release(&text);
    return code;
}

/* The answer for a system that is exempt. */
static enum fb_code certify(struct fb_cli *cli, struct fb_cli_view *view,
    const struct fb_exemption *exemption, struct fb_err *err)
{
    const char *path = fb_cli_value(cli, "out");
    struct fb_report_options options = fb_cli_report_options(cli);
    struct fb_buf signature;
    struct fb_str party;
    fb_buf_init(&signature, 1 << 16);
    enum fb_code code = fb_report_exempt_json(&view->picture, exemption, &view->text, err);
    if (code == FB_OK && view->text.len > FB_EXEMPT_STATEMENT_MAX) {
        code = fb_err_set(err, FB_E_LIMIT, "the certificate has more than %d bytes",
            (int)FB_EXEMPT_STATEMENT_MAX);
    }
    if (code == FB_OK) {
        code = fb_docket_self(view->docket, &view->arena, &party, err);
    }
    if (code == FB_OK) {
        code = fb_docket_sign_text(
            view->docket, FB_NAMESPACE_EXEMPT, fb_buf_str(&view->text), &signature, err);
    }
    if (code == FB_OK && path) {
        code = write_certificate(cli, view, path, &signature, err);
    } else if (code == FB_OK && fb_cli_value(cli, "json")) {
        code = print_signed(cli, fb_buf_str(&view->text), &signature, party, err);
    } else if (code == FB_OK) {
        fb_buf_clear(&view->text);
        code = fb_report_exempt_text(&view->picture, exemption, &options, &view->text, err);
        fb_buf_addf(&view->text,
            "\n%.*s signs it: `flyball exempt %s --out FILE` writes FILE and "
            "FILE.sig for `ssh-keygen -Y verify`.\n",
            FB_STR_ARG(party), cli->arguments[0]);
        code = code == FB_OK ? fb_cli_print(cli, &view->text, err) : code;
    }
    fb_buf_release(&signature);
    return code;
}

enum fb_code cmd_exempt(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_view view;
    struct fb_exemption exemption;
    struct fb_str system;
    struct fb_report_options options = fb_cli_report_options(cli);
    const char *path = fb_cli_value(cli, "out");
    enum fb_code code = fb_cli_want(cli, 1, 1, err);
    if (code == FB_OK && path && (!path[0] || fb_cli_value(cli, "json"))) {
        code = fb_cli_misused(
            cli, err, path[0] ? "--out and --json exclude each other" : "--out needs a file");
    }
    if (code != FB_OK) {
        return code;
    }
    struct fb_cli_ask ask = {.about = cli->arguments[0], .is_signed = true};
    code = fb_cli_view_ask(cli, ask, &view, err);
    if (code == FB_OK) {
        code = fb_cli_view_system(&view.picture, fb_str_of(cli->arguments[0]), &system, err);
    }
    if (code == FB_OK) {
        code = fb_exempt_gather(&view.picture, system, &view.arena, &exemption, err);
    }
    if (code == FB_OK && exemption.system->exempt) {
        code = certify(cli, &view, &exemption, err);
    } else if (code == FB_OK) {
        code = fb_cli_value(cli, "json")
                   ? fb_report_exempt_json(&view.picture, &exemption, &view.text, err)
                   : fb_report_exempt_text(&view.picture, &exemption, &options, &view.text, err);
        if (code == FB_OK) {
            code = fb_cli_print(cli, &view.text, err);
        }
        if (code == FB_OK) {
            code = fb_err_set(
                err, FB_E_NEGATIVE, "'%.*s' is not exempt", FB_STR_ARG(exemption.system->id));
        }
    }
    fb_cli_view_close(&view);
    return code;
}

/* cmd_log.c: the ledger itself. */
#include <string.h>

#include "base/codec.h"
#include "cli/cli.h"

static void hex(const struct fb_hash *hash, char out[65])
{
    fb_hex_encode(hash->bytes, sizeof(hash->bytes), out);
}

static enum fb_code log_verify(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    struct fb_docket_report report;
    char root[65], from[FB_TIME_TEXT], to[FB_TIME_TEXT];
    fb_cli_progress("verifying");
    enum fb_code code = fb_docket_verify(docket, &report, err);
    fb_cli_progress(NULL);
    if (code != FB_OK) {
        return code;
    }
    hex(&report.ledger.root, root);
    fb_time_format(report.ledger.first_admitted, from);
    fb_time_format(report.ledger.last_admitted, to);
    if (fb_cli_value(cli, "json")) {
        struct fb_json_writer w;
        fb_json_writer_init(&w, text, 2);
        fb_json_open_object(&w);
        fb_json_key_bool(&w, "good", true);
        fb_json_key_int(&w, "entries", (int64_t)report.ledger.size);
        fb_json_key_c(&w, "root", root);
        fb_json_key_int(&w, "signatures", (int64_t)report.signatures);
        fb_json_key_int(&w, "blobs", (int64_t)report.blobs);
        fb_json_key_int(&w, "blobs_missing", (int64_t)report.blobs_missing);
        fb_json_key_c(&w, "first_admitted", from);
        fb_json_key_c(&w, "last_admitted", to);
        fb_json_close_object(&w);
        fb_buf_add_char(text, '\n');
        return FB_OK;
    }
    fb_buf_addf(text,
        "the ledger holds: %llu entries, %llu signatures, %llu blobs%s\n"
        "  origin     %.*s\n  root       %s\n  admitted   %s to %s\n",
        (unsigned long long)report.ledger.size, (unsigned long long)report.signatures,
        (unsigned long long)report.blobs, report.blobs_missing ? " (some are missing)" : "",
        FB_STR_ARG(fb_ledger_origin(fb_docket_ledger(docket))), root, from, to);
    return FB_OK;
}

static void log_list(const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text)
{
    const struct fb_registry *registry = fb_docket_registry(docket);
    bool json = fb_cli_value(cli, "json") != NULL;
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        char admitted[FB_TIME_TEXT];
        if (!json) {
            fb_buf_addf(text, "%6llu  %s  %-10s  %.*s  (%.*s)\n", (unsigned long long)record->seq,
                fb_time_format_short(record->admitted, admitted), fb_kind_name(record->kind),
                FB_STR_ARG(record->id), FB_STR_ARG(record->issuer));
            continue;
        }
        struct fb_json_writer w;
        fb_json_writer_init(&w, text, 0);
        fb_json_open_object(&w);
        fb_json_key_int(&w, "seq", (int64_t)record->seq);
        fb_json_key_c(&w, "admitted", fb_time_format(record->admitted, admitted));
        fb_json_key_str(&w, "signer", record->signer);
        fb_json_key(&w, "statement");
        fb_json_raw(&w, record->statement);
        fb_json_close_object(&w);
        fb_buf_add_char(text, '\n');
    }
}

enum fb_code cmd_log(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_docket *docket = NULL;
    struct fb_buf text;
    fb_buf_init(&text, (size_t)1 << 30);
    enum fb_code code = fb_cli_want(cli, 1, 1, err);
    if (code == FB_OK) {
        code = fb_cli_open(cli, &docket, err);
    }
    const char *what = code == FB_OK ? cli->arguments[0] : "";
    if (code != FB_OK) {
        /* said already */
    } else if (strcmp(what, "verify") == 0) {
        code = log_verify(cli, docket, &text, err);
    } else if (strcmp(what, "list") == 0) {
        log_list(cli, docket, &text);
    } else if (strcmp(what, "checkpoint") == 0) {
        code = fb_ledger_checkpoint(fb_docket_ledger(docket), &text, err);
    } else if (strcmp(what, "signers") == 0) {
        code = fb_registry_allowed_signers(fb_docket_registry(docket), &text, err);
    } else {
        code = fb_cli_misused(cli, err, "'%s' is not something `log` does", what);
    }
    if (code == FB_OK) {
        code = fb_cli_print(cli, &text, err);
    }
    fb_buf_release(&text);
    fb_docket_close(docket);
    return code;
}

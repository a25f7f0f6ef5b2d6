/* cmd_tlog.c: the parts of `flyball log` that other logs and their users see. */
#include "cli/cmd_log.h"
#include "ledger/export.h"

enum fb_code fb_cli_log_export(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    struct fb_export_report report;
    fb_cli_progress("exporting");
    enum fb_code code = fb_export_write(fb_docket_ledger(docket), cli->arguments[1], &report, err);
    fb_cli_progress(NULL);
    if (code != FB_OK) {
        return code;
    }
    if (fb_cli_value(cli, "json")) {
        struct fb_json_writer w;
        fb_json_writer_init(&w, text, 2);
        fb_json_open_object(&w);
        fb_json_key_int(&w, "entries", (int64_t)report.size);
        fb_json_key_int(&w, "written", (int64_t)report.written);
        fb_json_key_int(&w, "kept", (int64_t)report.kept);
        fb_json_close_object(&w);
        fb_buf_add_char(text, '\n');
        return FB_OK;
    }
    fb_buf_addf(text, "exported %llu entries to %s: %llu files written, %llu kept\n",
        (unsigned long long)report.size, cli->arguments[1], (unsigned long long)report.written,
        (unsigned long long)report.kept);
    return FB_OK;
}

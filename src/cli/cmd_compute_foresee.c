/* cmd_compute_foresee.c: `flyball compute forecast --system ID`, which may go on record. */
#include <math.h>

#include "base/assert.h"
#include "cli/cmd_compute.h"
#include "cli/evidence.h"
#include "report/leads.h"

enum { OUTPUT_MAX = 1 << 20, ARENA_MAX = 1 << 28 };

/* One invocation. */
struct run {
    struct fb_cli *cli;
    struct fb_docket *docket;
    struct fb_foresee_options options;
    struct fb_foreseen seen;
    struct fb_buf text;
};

/* "system/x" for "x". */
static void add_id(struct fb_buf *out, struct fb_str name)
{
    if (fb_str_find(name, '/', 0) == name.len) {
        fb_buf_add_c(out, "system/");
    }
    fb_buf_add_str(out, name);
}

static void put_time(struct fb_json_writer *w, const char *key, fb_time at)
{
    char text[FB_TIME_TEXT];
    if (at != FB_TIME_MAX) {
        fb_json_key_c(w, key, fb_time_format(at, text));
    }
}

/* The forecast as a record; the docket checks it as any other. */
static void put_draft(const struct run *r, struct fb_buf *out)
{
    char at[FB_TIME_TEXT];
    struct fb_json_writer w;
    struct fb_buf text;
    const struct fb_foreseen *seen = &r->seen;
    struct fb_str id = seen->compute.id;
    fb_buf_init(&text, OUTPUT_MAX);
    (void)fb_time_format(r->options.as_of, at);
    fb_buf_addf(&text, "forecast/%.*s-%.19s", FB_STR_ARG(fb_str_sub(id, 7, id.len)), at);
    fb_json_writer_init(&w, out, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "kind", "forecast");
    fb_json_key_str(&w, "id", fb_buf_str(&text));
    fb_json_key_str(&w, "subject", id);
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    fb_json_key_double(&w, "low_flop", seen->final[0]);
    if (isfinite(seen->final[1])) {
        fb_json_key_double(&w, "high_flop", seen->final[1]);
    }
    fb_json_key_double(&w, "threshold_flop", r->options.threshold);
    put_time(&w, "reached_from", seen->low);
    put_time(&w, "reached_by", seen->high);
    fb_buf_clear(&text);
    fb_report_foreseen_method(seen, &text);
    fb_json_key_str(&w, "method", fb_buf_str(&text));
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    fb_buf_release(&text);
}

static enum fb_code put_on_record(struct run *r, struct fb_err *err)
{
    struct fb_buf draft;
    struct fb_arena arena;
    struct fb_docket_added added;
    fb_buf_init(&draft, OUTPUT_MAX);
    fb_arena_init(&arena, ARENA_MAX);
    put_draft(r, &draft);
    enum fb_code code = fb_buf_check(&draft, "the forecast", err);
    struct fb_docket_add options = {
        .issuer = fb_cli_text(r->cli, "as"), .text = fb_buf_str(&draft)};
    code =
        code ? code : fb_docket_add_file(r->docket, "the forecast", &options, &arena, &added, err);
    if (code == FB_OK && !fb_cli_value(r->cli, "json")) {
        fb_buf_addf(&r->text, "On record as '%.*s'.\n", FB_STR_ARG(added.ids[0]));
    }
    fb_arena_release(&arena);
    fb_buf_release(&draft);
    return code;
}

static enum fb_code foresee(struct run *r, struct fb_err *err)
{
    struct fb_cli *cli = r->cli;
    struct fb_str at = fb_cli_text(cli, "at");
    struct fb_clock clock = fb_cli_clock(cli);
    struct fb_decimal threshold = {0};
    struct fb_buf id;
    r->options.compute = (struct fb_compute_options){
        {FB_COMPUTE_USE_LOW, FB_COMPUTE_USE_HIGH}, FB_COMPUTE_EITHER, NULL, 0};
    r->options.as_of = fb_clock_now(&clock);
    enum fb_code code = fb_cli_compute_assumed(cli, &r->options.compute, err);
    code = code ? code : fb_cli_compute_threshold(cli, &threshold, err);
    if (code == FB_OK && at.len > 0 && fb_time_parse(at, &r->options.as_of, err) != FB_OK) {
        code = fb_cli_misused(
            cli, err, "--at must be a date, as 2026-01-01, not '%.*s'", FB_STR_ARG(at));
    }
    code = code ? code : fb_cli_open(cli, &r->docket, err);
    if (code != FB_OK) {
        return code;
    }
    r->options.threshold = fb_decimal_to_double(threshold);
    fb_buf_init(&id, OUTPUT_MAX);
    add_id(&id, fb_cli_text(cli, "system"));
    code = fb_govern_foresee(
        fb_docket_registry(r->docket), fb_buf_str(&id), &r->options, &r->seen, err);
    fb_buf_release(&id);
    return code;
}

enum fb_code fb_cli_compute_foresee(struct fb_cli *cli, struct fb_err *err)
{
    struct run r = {.cli = cli};
    if (fb_cli_value(cli, "from") || fb_cli_value(cli, "backtest") ||
        fb_cli_value(cli, "confidence")) {
        return fb_cli_misused(cli, err,
            "compute forecast --system is by the docket: without --from, --backtest, --confidence");
    }
    fb_buf_init(&r.text, OUTPUT_MAX);
    enum fb_code code = foresee(&r, err);
    if (code == FB_OK) {
        code = fb_cli_value(cli, "json")
                   ? fb_report_foreseen_json(&r.seen, r.options.threshold, &r.text, err)
                   : fb_report_foreseen_text(&r.seen, r.options.threshold, &r.text, err);
    }
    if (code == FB_OK && fb_cli_value(cli, "record")) {
        code = put_on_record(&r, err);
    }
    code = code ? code : fb_cli_print(cli, &r.text, err);
    fb_docket_close(r.docket);
    fb_buf_release(&r.text);
    return code;
}

/* cmd_evidence_calibration.c: `flyball evidence calibration`: how often each interval holds. */
#include <math.h>

#include "base/assert.h"
#include "cli/evidence.h"
#include "stats/coverage.h"

enum { OUTPUT_MAX = 1 << 20, ROUNDS_MIN = 100, ROUNDS_MAX = 1000000 };

static void add_json(struct fb_json_writer *w, const struct fb_coverage *c)
{
    fb_json_open_object(w);
    fb_json_key_c(w, "method", c->method);
    fb_json_key_c(w, "setting", c->setting);
    fb_json_key_bool(w, "ours", c->ours);
    fb_json_key_double(w, "wanted", c->wanted);
    fb_json_key_double(w, "held", c->held);
    fb_json_key_double(w, "error", c->error);
    fb_json_close_object(w);
}

/* A row of a table as Markdown has it, so that it can stand in the documentation. */
static void add_row(struct fb_buf *out, const struct fb_coverage *c)
{
    bool keeps = c->held >= c->wanted - 3 * c->error;
    fb_buf_addf(out, "| %s%s | %s | %.1f%%%s | %s |\n", c->method, c->ours ? "" : " (not ours)",
        c->setting, 100 * c->held, c->error > 0 ? " (simulated)" : "", keeps ? "yes" : "**no**");
}

enum fb_code fb_cli_evidence_calibration(struct fb_cli *cli, struct fb_err *err)
{
    double rounds = 2000;
    bool json = fb_cli_value(cli, "json");
    struct fb_buf text;
    struct fb_json_writer w;
    enum fb_code code = fb_cli_want(cli, 1, 1, err);
    code = code ? code
                : fb_cli_number(
                      cli, "resamples", (double[]){ROUNDS_MIN - 1, ROUNDS_MAX + 1}, &rounds, err);
    if (code != FB_OK) {
        return code;
    }
    fb_buf_init(&text, OUTPUT_MAX);
    fb_json_writer_init(&w, &text, 2);
    if (json) {
        fb_json_open_array(&w);
    } else {
        fb_buf_add_c(
            &text, "| 95% interval | case | holds in | keeps its word |\n|---|---|---|---|\n");
    }
    for (size_t i = 0; code == FB_OK && i < fb_coverage_count(); i++) {
        struct fb_coverage c;
        fb_cli_progress("case %zu of %zu", i + 1, fb_coverage_count());
        code = fb_coverage_find(i, (uint32_t)rounds, &c, err);
        if (code == FB_OK && json) {
            add_json(&w, &c);
        } else if (code == FB_OK) {
            add_row(&text, &c);
        }
    }
    fb_cli_progress(NULL);
    if (json) {
        fb_json_close_array(&w);
        fb_buf_add_char(&text, '\n');
    }
    code = code ? code : fb_cli_print(cli, &text, err);
    fb_buf_release(&text);
    return code;
}

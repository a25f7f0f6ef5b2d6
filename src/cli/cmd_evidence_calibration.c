/* cmd_evidence_calibration.c: `flyball evidence calibration`: how often each interval holds. */
#include <math.h>

#include "base/assert.h"
#include "base/io.h"
#include "cli/evidence.h"
#include "report/calibration.h"
#include "stats/coverage.h"
#include "stats/coverage_grid.h"

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

/* The grid: each method at each n over all rates, as Markdown or as JSON. */
static enum fb_code add_grid(struct fb_buf *text, struct fb_json_writer *w, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    if (!w) {
        fb_buf_add_c(text,
            "| 95% interval | n | holds at least in | at a rate of | on average | no "
            "width at a rate of 1/n |\n|---|---|---|---|---|---|\n");
    }
    for (size_t i = 0; code == FB_OK && i < fb_coverage_curve_count(); i++) {
        struct fb_coverage_curve c;
        code = fb_coverage_curve_find(i, &c, err);
        if (code == FB_OK && w) {
            fb_json_open_object(w);
            fb_json_key_c(w, "method", c.method);
            fb_json_key_bool(w, "ours", c.ours);
            fb_json_key_int(w, "n", c.n);
            fb_json_key_double(w, "least", c.least);
            fb_json_key_double(w, "least_at", c.least_at);
            fb_json_key_double(w, "mean", c.mean);
            fb_json_key_double(w, "no_width", c.empty);
            fb_json_close_object(w);
        } else if (code == FB_OK) {
            fb_buf_addf(text, "| %s%s | %lld | %s%.1f%%%s | %.3g%% | %.1f%% | %.0f%% |\n", c.method,
                c.ours ? "" : " (not ours)", (long long)c.n, c.least < 0.95 ? "**" : "",
                100 * c.least, c.least < 0.95 ? "**" : "", 100 * c.least_at, 100 * c.mean,
                100 * c.empty);
        }
    }
    return code;
}

/* The same over clusters, judges and stopping rules, simulated where there is no sum. */
static enum fb_code add_dependent(
    struct fb_buf *text, struct fb_json_writer *w, uint32_t rounds, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < fb_coverage_grid_count(); i++) {
        struct fb_coverage_grid g;
        fb_cli_progress("case %zu of %zu", i + 1, fb_coverage_grid_count());
        code = fb_coverage_grid_find(i, rounds, &g, err);
        bool keeps = code != FB_OK || g.least >= 0.95 - 3 * g.error;
        if (code == FB_OK && w) {
            fb_json_open_object(w);
            fb_json_key_c(w, "method", g.method);
            fb_json_key_bool(w, "ours", g.ours);
            fb_json_key_int(w, "n", g.n);
            fb_json_key_double(w, "least", g.least);
            fb_json_key_double(w, "least_at", g.least_at);
            fb_json_key_double(w, "mean", g.mean);
            fb_json_key_double(w, "no_width", g.empty);
            fb_json_key_double(w, "error", g.error);
            fb_json_close_object(w);
        } else if (code == FB_OK) {
            fb_buf_addf(text, "| %s%s | %lld | %s%.1f%%%s | %.3g%% | %.1f%% | %.1f%% |\n", g.method,
                g.ours ? "" : " (not ours)", (long long)g.n, keeps ? "" : "**", 100 * g.least,
                keeps ? "" : "**", 100 * g.least_at, 100 * g.mean, 100 * g.empty);
        }
    }
    return code;
}

static enum fb_code draw(const char *path, struct fb_err *err)
{
    struct fb_buf svg;
    fb_buf_init(&svg, OUTPUT_MAX);
    enum fb_code code = fb_svg_calibration(&svg, err);
    code = code ? code : fb_io_write(path, fb_buf_str(&svg), 0644, err);
    fb_buf_release(&svg);
    return code;
}

enum fb_code fb_cli_evidence_calibration(struct fb_cli *cli, struct fb_err *err)
{
    int64_t rounds = 2000;
    bool json = fb_cli_value(cli, "json");
    struct fb_buf text;
    struct fb_json_writer w;
    enum fb_code code = fb_cli_want(cli, 1, 1, err);
    code = code ? code
                : fb_cli_whole(cli, "resamples", (int64_t[]){ROUNDS_MIN, ROUNDS_MAX}, &rounds, err);
    if (code == FB_OK && fb_cli_value(cli, "svg")) {
        code = draw(fb_cli_value(cli, "svg"), err);
    }
    if (code != FB_OK) {
        return code;
    }
    fb_buf_init(&text, OUTPUT_MAX);
    fb_json_writer_init(&w, &text, 2);
    bool grid = fb_cli_value(cli, "grid");
    if (json) {
        fb_json_open_array(&w);
    } else if (!grid) {
        fb_buf_add_c(
            &text, "| 95% interval | case | holds in | keeps its word |\n|---|---|---|---|\n");
    }
    code = code || !grid ? code : add_grid(&text, json ? &w : NULL, err);
    if (code == FB_OK && grid && fb_cli_value(cli, "resamples")) {
        code = add_dependent(&text, json ? &w : NULL, (uint32_t)rounds, err);
    }
    for (size_t i = 0; code == FB_OK && !grid && i < fb_coverage_count(); i++) {
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

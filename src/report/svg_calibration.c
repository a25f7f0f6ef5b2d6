/* svg_calibration.c: the picture of what intervals promise and keep. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "report/calibration.h"
#include "report/svg_axis.h"

/* Sizes in pixels. */
enum {
    WIDTH = 960,
    HEIGHT = 470,
    LEFT = 64,
    PANEL = 270, /* width of one panel */
    GAP = 24,    /* between two */
    TOP = 118,
    BOTTOM = 388,
    PANELS = 3,
};

static const int64_t panel_samples[PANELS] = {30, 100, 1000};
static const double promised = 0.95;

static const char style[] =
    "<style>svg{background:#fff;font:13px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
    ".ink{fill:#1c2127}.muted{fill:#57606a}.grid{stroke:#d5dbe1}.frame{fill:none;stroke:#d5dbe1}"
    ".ours{stroke:#0b57a4;fill:none;stroke-width:2.5}"
    ".wald{stroke:#b3261e;fill:none;stroke-width:1.8}"
    ".promise{stroke:#1c2127;stroke-width:1.5;stroke-dasharray:6 4}"
    ".ours-word{fill:#0b57a4;font-weight:600}.wald-word{fill:#b3261e;font-weight:600}"
    ".title{font-size:19px;font-weight:600}.head{font-size:14px;font-weight:600}"
    "@media (prefers-color-scheme:dark){svg{background:#11151a}.ink{fill:#e4e8ec}"
    ".muted{fill:#9aa5b1}.grid,.frame{stroke:#303943}.ours{stroke:#7cb7f5}"
    ".wald{stroke:#ff8a80}.promise{stroke:#e4e8ec}.ours-word{fill:#7cb7f5}"
    ".wald-word{fill:#ff8a80}}</style>\n";

static int32_t left_of(size_t panel)
{
    return LEFT + (int32_t)panel * (PANEL + GAP);
}

/* Tenths of a pixel of a share, from 0 to 1. */
static int64_t y_of(double share)
{
    return BOTTOM * 10 - (int64_t)floor(share * 10 * (BOTTOM - TOP) + 0.5);
}

static int64_t x_of(size_t panel, double rate)
{
    static const double most = 6.90675477864855;
    double part = (log(rate / (1 - rate)) + most) / (2 * most);
    return left_of(panel) * 10 + (int64_t)floor(part * 10 * PANEL + 0.5);
}

static void line(struct fb_buf *out, const char *kind, const int64_t from[2], const int64_t to[2])
{
    static const char *const names[] = {"x1", "y1", "x2", "y2"};
    const int64_t values[] = {from[0], from[1], to[0], to[1]};
    fb_buf_addf(out, "<line class=\"%s\"", kind);
    for (int i = 0; i < 4; i++) {
        fb_buf_addf(out, " %s=\"", names[i]);
        fb_axis_add(out, values[i]);
        fb_buf_add_char(out, '"');
    }
    fb_buf_add_c(out, "/>\n");
}

static void word(
    struct fb_buf *out, const char *kind, const int64_t at[2], const char *anchor, const char *text)
{
    fb_buf_addf(out, "<text class=\"%s\" text-anchor=\"%s\" x=\"", kind, anchor);
    fb_axis_add(out, at[0]);
    fb_buf_add_c(out, "\" y=\"");
    fb_axis_add(out, at[1]);
    fb_buf_addf(out, "\">%s</text>\n", text);
}

static void axes(struct fb_buf *out, size_t panel)
{
    static const struct {
        double rate;
        const char *label;
    } ticks[] = {
        {0.001, "0.1%"}, {0.01, "1%"}, {0.1, "10%"}, {0.5, "50%"}, {0.9, "90%"}, {0.99, "99%"}};
    static const char *const shares[] = {"0%", "25%", "50%", "75%", "100%"};
    int64_t left = left_of(panel) * 10, right = left + PANEL * 10;
    for (int i = 0; i <= 4; i++) {
        int64_t y = y_of(i / 4.0);
        line(out, "grid", (int64_t[]){left, y}, (int64_t[]){right, y});
        if (panel == 0) {
            word(out, "muted", (int64_t[]){left - 80, y + 45}, "end", shares[i]);
        }
    }
    for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++) {
        int64_t x = x_of(panel, ticks[i].rate);
        line(out, "grid", (int64_t[]){x, BOTTOM * 10}, (int64_t[]){x, BOTTOM * 10 + 50});
        word(out, "muted", (int64_t[]){x, BOTTOM * 10 + 200}, "middle", ticks[i].label);
    }
}

static void curve(struct fb_buf *out, size_t panel, const struct fb_coverage_curve *c)
{
    fb_buf_addf(out, "<polyline class=\"%s\" points=\"", c->ours ? "ours" : "wald");
    for (size_t i = 0; i < FB_COVERAGE_POINTS; i++) {
        fb_buf_add_c(out, i ? " " : "");
        fb_axis_add(out, x_of(panel, fb_coverage_rate(i)));
        fb_buf_add_char(out, ',');
        fb_axis_add(out, y_of(c->held[i]));
    }
    fb_buf_add_c(out, "\"/>\n");
}

static enum fb_code panel_of(struct fb_buf *out, size_t panel, struct fb_err *err)
{
    char head[48];
    int64_t left = left_of(panel) * 10;
    enum fb_code code = FB_OK;
    axes(out, panel);
    (void)snprintf(head, sizeof(head), "%lld samples", (long long)panel_samples[panel]);
    word(out, "ink head", (int64_t[]){left, TOP * 10 - 120}, "start", head);
    for (size_t i = 0; code == FB_OK && i < fb_coverage_curve_count(); i++) {
        struct fb_coverage_curve c;
        if (fb_coverage_curve_is(i, "Wald's interval", panel_samples[panel]) ||
            fb_coverage_curve_is(i, "exact interval", panel_samples[panel])) {
            code = fb_coverage_curve_find(i, &c, err);
            if (code == FB_OK) {
                curve(out, panel, &c);
            }
        }
    }
    line(out, "promise", (int64_t[]){left, y_of(promised)},
        (int64_t[]){left + PANEL * 10, y_of(promised)});
    return code;
}

/* All of it but its opening tag. */
static enum fb_code draw(struct fb_buf *out, struct fb_err *err)
{
    word(out, "ink title", (int64_t[]){LEFT * 10, 340}, "start",
        "Do 95% intervals hold the true rate in 95% of cases?");
    word(out, "ours-word", (int64_t[]){LEFT * 10, 600}, "start",
        "Exact interval, as here: always at least 95%");
    word(out, "wald-word", (int64_t[]){LEFT * 10, 790}, "start",
        "Thin: rate plus or minus two standard errors, falls short where rates are small");
    enum fb_code code = FB_OK;
    for (size_t panel = 0; code == FB_OK && panel < PANELS; panel++) {
        code = panel_of(out, panel, err);
    }
    word(out, "muted", (int64_t[]){LEFT * 10, (HEIGHT - 20) * 10}, "start",
        "Across: the true rate, in log odds. Upwards: share of cases in which the interval holds "
        "it; dashed: the promised 95%.");
    fb_buf_add_c(out, "</svg>\n");
    return code ? code : fb_buf_check(out, "the picture", err);
}

#define TITLE "<title>In what share of cases 95% intervals hold the true rate</title>\n"

enum fb_code fb_svg_calibration(struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(out);
    fb_buf_addf(out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
        "height=\"%d\" role=\"img\">\n",
        WIDTH, HEIGHT, WIDTH, HEIGHT);
    fb_buf_add_c(out, TITLE);
    fb_buf_add_c(out, style);
    return draw(out, err);
}

enum fb_code fb_svg_calibration_part(struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(out);
    fb_buf_addf(out, "<svg class=\"chart calibration\" viewBox=\"0 0 %d %d\" role=\"img\">\n",
        WIDTH, HEIGHT);
    fb_buf_add_c(out, TITLE);
    return draw(out, err);
}

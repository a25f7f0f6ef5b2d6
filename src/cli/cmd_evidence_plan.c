/* cmd_evidence_plan.c: `flyball evidence plan`: sample sizes for a wanted conclusion. */
#include <string.h>

#include "base/assert.h"
#include "cli/evidence.h"
#include "report/evidence.h"

enum { TEXT_MAX = 1 << 24, RATES_MAX = 16 };

/* What is asked. */
struct asked {
    const struct fb_cli *cli;
    struct fb_redline line;
    double rates[RATES_MAX];
    size_t rate_count;
    double power;
    int64_t samples; /* 0: to be found */
};

/* Reads a rate as "50%" or "0.5", exactly. */
static enum fb_code exact_rate(
    const struct fb_cli *cli, struct fb_str text, struct fb_decimal *out, struct fb_err *err)
{
    struct fb_err ignored;
    fb_err_init(&ignored);
    bool is_percent = fb_str_ends(text, FB_STR("%"));
    struct fb_str digits = fb_str_trim(fb_str_sub(text, 0, text.len - is_percent));
    struct fb_decimal value;
    if (fb_decimal_parse(digits, &value, &ignored) != FB_OK) {
        return fb_cli_misused(cli, err, "'%.*s' is not a rate, as 50%% or 0.5", FB_STR_ARG(text));
    }
    value = is_percent ? fb_decimal_scale(value, -2) : value;
    static const struct fb_decimal zero = {0, 0}, one = {1, 0};
    if (fb_decimal_cmp(value, zero) < 0 || fb_decimal_cmp(value, one) > 0) {
        return fb_cli_misused(
            cli, err, "'%.*s' is not a rate between 0 and 100%%", FB_STR_ARG(text));
    }
    *out = value;
    return FB_OK;
}

/* One margin as policies write it: "10 x on odds", "2 x on value", "+ 5 points". */
static enum fb_code read_margin(struct asked *asked, struct fb_str text, struct fb_err *err)
{
    static const struct {
        const char *text;
        enum fb_scale scale;
    } scales[] = {{"x on odds", FB_SCALE_ODDS}, {"x on value", FB_SCALE_VALUE},
        {"points", FB_SCALE_POINTS}, {"point", FB_SCALE_POINTS}};
    struct fb_err ignored;
    fb_err_init(&ignored);
    struct fb_str all = fb_str_trim(text);
    text = fb_str_starts(all, FB_STR("+")) ? fb_str_trim(fb_str_sub(all, 1, all.len)) : all;
    size_t space = fb_str_find(text, ' ', 0);
    struct fb_margin margin = {.name = FB_STR("given")};
    struct fb_str rest = fb_str_trim(fb_str_sub(text, space, text.len));
    bool is_known = false;
    for (size_t i = 0; !is_known && i < sizeof(scales) / sizeof(scales[0]); i++) {
        is_known = fb_str_is(rest, scales[i].text);
        margin.scale = scales[i].scale;
    }
    static const struct fb_decimal zero = {0, 0};
    bool is_good =
        is_known && asked->line.margin_count < FB_STANDING_MARGINS &&
        fb_decimal_parse(fb_str_sub(text, 0, space), &margin.amount, &ignored) == FB_OK &&
        fb_decimal_cmp(margin.amount, zero) > 0;
    if (!is_good) {
        return fb_cli_misused(asked->cli, err,
            "'%.*s' is not a margin, as '10 x on odds', '2 x on value' or '+ 5 points'",
            FB_STR_ARG(all));
    }
    if (margin.scale == FB_SCALE_POINTS) {
        margin.amount = fb_decimal_scale(margin.amount, -2);
    }
    asked->line.margins[asked->line.margin_count++] = margin;
    return FB_OK;
}

static enum fb_code read_margins(struct asked *asked, struct fb_err *err)
{
    struct fb_str text = fb_cli_text(asked->cli, "margins");
    enum fb_code code = FB_OK;
    for (size_t from = 0; code == FB_OK && from < text.len;) {
        size_t comma = fb_str_find(text, ',', from);
        code = read_margin(asked, fb_str_sub(text, from, comma - from), err);
        from = comma + 1;
    }
    return code;
}

/* The assumed rates: given with commas, or some on both sides of the threshold. */
static enum fb_code read_rates(struct asked *asked, struct fb_err *err)
{
    struct fb_str text = fb_cli_text(asked->cli, "rate");
    double threshold = fb_decimal_to_double(asked->line.threshold);
    static const double shares[] = {0, 0.1, 0.25, 0.5, 0.75, 1.25, 1.5, 2};
    for (size_t i = 0; text.len == 0 && i < sizeof(shares) / sizeof(shares[0]); i++) {
        double rate = shares[i] * threshold;
        if (rate <= 1) {
            asked->rates[asked->rate_count++] = rate;
        }
    }
    for (size_t from = 0; from < text.len;) {
        size_t comma = fb_str_find(text, ',', from);
        struct fb_decimal rate;
        enum fb_code code = FB_OK;
        if (asked->rate_count == RATES_MAX) {
            return fb_cli_misused(asked->cli, err, "--rate takes at most %d rates", RATES_MAX);
        }
        code =
            exact_rate(asked->cli, fb_str_trim(fb_str_sub(text, from, comma - from)), &rate, err);
        if (code != FB_OK) {
            return code;
        }
        asked->rates[asked->rate_count++] = fb_decimal_to_double(rate);
        from = comma + 1;
    }
    return FB_OK;
}

/* Takes the red line of a system from the docket; what the policy says stays unless an option says
 * otherwise. */
static enum fb_code read_line(struct asked *asked, struct fb_cli_view *view, struct fb_err *err)
{
    struct fb_standings standings;
    struct fb_str system;
    enum fb_code code = fb_cli_view_open(asked->cli, view, err);
    if (code == FB_OK) {
        code =
            fb_cli_view_system(&view->picture, fb_str_of(asked->cli->arguments[1]), &system, err);
    }
    if (code == FB_OK) {
        code = fb_standings(&view->picture, system, fb_str_of(asked->cli->arguments[2]),
            &view->arena, &standings, err);
    }
    if (code == FB_OK && standings.count > 1) {
        return fb_cli_misused(asked->cli, err,
            "%zu red lines of %.*s are of '%s'; name one, or give --threshold", standings.count,
            FB_STR_ARG(system), asked->cli->arguments[2]);
    }
    if (code == FB_OK) {
        asked->line = *standings.items[0].view->rule;
    }
    return code;
}

static enum fb_code read_options(struct asked *asked, struct fb_err *err)
{
    static const double open[2] = {0, 1};
    static const int64_t samples[2] = {1, FB_PLAN_MAX};
    double within;
    struct fb_str threshold = fb_cli_text(asked->cli, "threshold");
    enum fb_code code = FB_OK;
    if (threshold.len > 0) {
        code = fb_cli_number(asked->cli, "threshold", open, &within, err);
        code = code ? code : exact_rate(asked->cli, threshold, &asked->line.threshold, err);
    } else if (asked->cli->argument_count < 3) {
        return fb_cli_misused(asked->cli, err,
            "say which threshold: --threshold 50%%, or the system and a capability of its "
            "policies");
    }
    if (code == FB_OK && (asked->line.confidence == 0 || fb_cli_value(asked->cli, "confidence"))) {
        code = fb_cli_confidence(asked->cli, &asked->line.confidence, err);
    }
    if (code == FB_OK && fb_cli_value(asked->cli, "margins")) {
        asked->line.margin_count = 0;
        code = read_margins(asked, err);
    }
    code = code ? code : fb_cli_number(asked->cli, "power", open, &asked->power, err);
    code = code ? code : fb_cli_whole(asked->cli, "samples", samples, &asked->samples, err);
    return code ? code : read_rates(asked, err);
}

static enum fb_code answer(
    const struct asked *asked, struct fb_plan_report *out, size_t *count, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (int goal = FB_PLAN_RULES_OUT; goal <= FB_PLAN_CROSSES; goal++) {
        for (size_t i = 0; code == FB_OK && i < asked->rate_count; i++) {
            struct fb_plan_report *row = &out[(*count)++];
            struct fb_plan_ask ask = {.line = &asked->line,
                .goal = (enum fb_plan_goal)goal,
                .rate = asked->rates[i],
                .power = asked->power};
            *row = (struct fb_plan_report){.goal = ask.goal, .rate = ask.rate};
            code = asked->samples > 0 ? fb_plan_power(&ask, asked->samples, &row->plan, err)
                                      : fb_plan_samples(&ask, &row->plan, err);
        }
    }
    return code;
}

static enum fb_code print(
    const struct asked *asked, const struct fb_plan_report *rows, size_t count, struct fb_err *err)
{
    struct fb_report_options options = fb_cli_report_options(asked->cli);
    struct fb_buf text;
    fb_buf_init(&text, TEXT_MAX);
    enum fb_code code = fb_cli_value(asked->cli, "json")
                            ? fb_report_plan_json(&asked->line, rows, count, &text, err)
                            : fb_report_plan_text(&asked->line, rows, count, &options, &text, err);
    code = code ? code : fb_cli_print(asked->cli, &text, err);
    fb_buf_release(&text);
    return code;
}

enum fb_code fb_cli_evidence_plan(struct fb_cli *cli, struct fb_err *err)
{
    struct asked asked = {.cli = cli, .power = 0.8};
    struct fb_cli_view view = {.docket = NULL};
    struct fb_plan_report rows[2 * RATES_MAX];
    size_t count = 0;
    bool has_line = cli->argument_count > 1;
    enum fb_code code = fb_cli_want(cli, 1, 3, err);
    if (code == FB_OK && cli->argument_count == 2) {
        code = fb_cli_misused(cli, err, "name a capability beside the system");
    }
    if (code == FB_OK && has_line) {
        code = read_line(&asked, &view, err);
    }
    code = code ? code : read_options(&asked, err);
    code = code ? code : answer(&asked, rows, &count, err);
    code = code ? code : print(&asked, rows, count, err);
    if (has_line && view.docket) {
        fb_cli_view_close(&view);
    }
    return code;
}

/* cmd_evidence.c: `flyball evidence`: which part is asked for, and what its options may be. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "cli/evidence.h"

static const struct fb_cli_evidence_part parts[] = {
#define FB_EVIDENCE(name, function, options, arguments, summary)                                   \
    {(name), (function), (options), (arguments), (summary)},
#include "cli/evidence.def"
#undef FB_EVIDENCE
};

enum { PART_COUNT = sizeof(parts) / sizeof(parts[0]) };

const struct fb_cli_evidence_part *fb_cli_evidence_part(const char *name)
{
    for (size_t i = 0; name && i < PART_COUNT; i++) {
        if (strcmp(name, parts[i].name) == 0) {
            return &parts[i];
        }
    }
    return NULL;
}

void fb_cli_evidence_help(struct fb_buf *out)
{
    fb_buf_add_c(out, "\nWhat it does:\n");
    fb_buf_addf(out, "  %-34s %s\n", "SYSTEM [CAPABILITY]",
        "the red lines of a system: evaluations, bounds, margins, what would settle them");
    for (size_t i = 0; i < PART_COUNT; i++) {
        char left[64];
        (void)snprintf(left, sizeof(left), "%s %s", parts[i].name, parts[i].arguments);
        fb_buf_addf(out, "  %-34s %s\n", left, parts[i].summary);
    }
}

enum fb_code fb_cli_number(const struct fb_cli *cli, const char *option, const double limits[2],
    double *in_out, struct fb_err *err)
{
    FB_ASSERT(cli && option && in_out && limits[0] < limits[1]);
    const char *text = fb_cli_value(cli, option);
    if (!text) {
        return FB_OK;
    }
    char *end = NULL;
    double value = strtod(text, &end);
    if (end != text && strcmp(end, "%") == 0) {
        value /= 100;
        end++;
    }
    bool is_number = end != text && *end == 0 && strspn(text, "0123456789.+-eE%") == strlen(text);
    if (!is_number || !(value > limits[0] && value < limits[1])) {
        return limits[0] < 0
                   ? fb_cli_misused(cli, err, "--%s must be a number from 0 to below %g, not '%s'",
                         option, limits[1], text)
                   : fb_cli_misused(cli, err, "--%s must be a number between %g and %g, not '%s'",
                         option, limits[0], limits[1], text);
    }
    *in_out = value;
    return FB_OK;
}

enum fb_code fb_cli_whole(const struct fb_cli *cli, const char *option, const int64_t limits[2],
    int64_t *in_out, struct fb_err *err)
{
    FB_ASSERT(cli && option && in_out && limits[0] <= limits[1]);
    const char *text = fb_cli_value(cli, option);
    if (!text) {
        return FB_OK;
    }
    char *end = NULL;
    double value = strtod(text, &end);
    bool is_number = end != text && *end == 0 && strspn(text, "0123456789.+-eE") == strlen(text);
    if (!is_number || floor(value) != value || !(value >= (double)limits[0]) ||
        !(value <= (double)limits[1])) {
        return fb_cli_misused(cli, err, "--%s must be a whole number from %lld to %lld, not '%s'",
            option, (long long)limits[0], (long long)limits[1], text);
    }
    *in_out = (int64_t)value;
    return FB_OK;
}

enum fb_code fb_cli_instant(
    const struct fb_cli *cli, const char *option, fb_time *in_out, struct fb_err *err)
{
    FB_ASSERT(cli && option && in_out);
    struct fb_str text = fb_cli_text(cli, option);
    if (text.len == 0 || fb_time_parse(text, in_out, err) == FB_OK) {
        return FB_OK;
    }
    (void)fb_err_prefix(err, "--%s", option);
    err->code = FB_E_USAGE;
    return err->code;
}

enum fb_code fb_cli_confidence(const struct fb_cli *cli, double *out, struct fb_err *err)
{
    static const double limits[2] = {0, 1};
    double value = 0.95;
    enum fb_code code = fb_cli_number(cli, "confidence", limits, &value, err);
    if (code == FB_OK) {
        *out = value;
    }
    return code;
}

/* True when a list with commas has a word. */
static bool has_word(const char *list, const char *word)
{
    struct fb_str rest = fb_str_of(list);
    for (size_t from = 0; from < rest.len;) {
        size_t comma = fb_str_find(rest, ',', from);
        if (fb_str_is(fb_str_sub(rest, from, comma - from), word)) {
            return true;
        }
        from = comma + 1;
    }
    return false;
}

bool fb_cli_evidence_takes(const struct fb_cli_evidence_part *part, const char *option)
{
    FB_ASSERT(part && option);
    return has_word(part->options, option);
}

/* Options that are set must be those of the part. */
static enum fb_code check_options(
    const struct fb_cli *cli, const struct fb_cli_evidence_part *part, struct fb_err *err)
{
    for (size_t i = 0; i < cli->command->option_count; i++) {
        const char *name = cli->command->options[i].name;
        if (cli->values[i] && !fb_cli_evidence_takes(part, name)) {
            return fb_cli_misused(
                cli, err, "`flyball evidence %s` has no option '--%s'", part->name, name);
        }
    }
    return FB_OK;
}

enum fb_code cmd_evidence(struct fb_cli *cli, struct fb_err *err)
{
    enum fb_code code = fb_cli_want(cli, 1, SIZE_MAX, err);
    if (code != FB_OK) {
        return code;
    }
    const struct fb_cli_evidence_part *part = fb_cli_evidence_part(cli->arguments[0]);
    if (part) {
        code = check_options(cli, part, err);
        return code == FB_OK ? part->run(cli, err) : code;
    }
    static const struct fb_cli_evidence_part system = {.name = "SYSTEM", .options = "json"};
    code = check_options(cli, &system, err);
    return code == FB_OK ? fb_cli_evidence_system(cli, err) : code;
}

/* cmd_gate.c: a program that runs only while its system may. */
#include <string.h>

#include "base/assert.h"
#include "cli/cli.h"
#include "gate/run.h"

/* Seconds: the most of --every and --grace, and what they are when not given. */
enum { SECONDS_MAX = 86400, EVERY_USUAL = 60, GRACE_USUAL = 30, MS_IN_S = 1000 };

static enum fb_code read_seconds(const struct fb_cli *cli, const char *option, int64_t usual,
    int64_t *out_ms, struct fb_err *err)
{
    uint64_t seconds = (uint64_t)usual;
    const char *text = fb_cli_value(cli, option);
    if (text && (!fb_str_u64(fb_str_of(text), &seconds) || seconds < 1 || seconds > SECONDS_MAX)) {
        return fb_cli_misused(
            cli, err, "--%s is a number of seconds, 1 to %d", option, SECONDS_MAX);
    }
    *out_ms = (int64_t)seconds * MS_IN_S;
    return FB_OK;
}

static enum fb_code read_action(const struct fb_cli *cli, enum fb_action *out, struct fb_err *err)
{
    struct fb_str word = fb_str_of(cli->arguments[0]);
    for (int action = 0; action < FB_ACTION_COUNT; action++) {
        if (fb_str_is(word, fb_action_word((enum fb_action)action))) {
            *out = (enum fb_action)action;
            return FB_OK;
        }
    }
    return fb_cli_misused(
        cli, err, "'%s' is no action: train, deploy or autonomy", cli->arguments[0]);
}

/* What was answered, or that nothing was: on standard output when nothing else is run, which has it
 * otherwise; reasons why the answer is no on standard error. */
static enum fb_code say(void *ctx, const struct fb_gate_answer *answer, struct fb_err *err)
{
    struct fb_cli *cli = ctx;
    struct fb_report_options options = {.width = 0};
    struct fb_buf text;
    char at[FB_TIME_TEXT];
    enum fb_code code = FB_OK;
    if (!answer) {
        fprintf(
            stderr, "flyball: the gate could not be asked, and is asked again: %s\n", err->message);
        return FB_OK;
    }
    bool alone = cli->argument_count == 2, json = fb_cli_value(cli, "json") != NULL;
    fb_buf_init(&text, (size_t)1 << 30);
    if (json) {
        code = fb_report_why_json(&answer->verdict, &text, err);
    } else if (answer->allowed) {
        fb_buf_addf(&text, "open at %s%s, by the %llu records of the ledger: %.*s\n",
            fb_time_format_short(answer->at, at), answer->simulated ? " of a simulated clock" : "",
            (unsigned long long)answer->entries, FB_STR_ARG(answer->verdict.headline));
    } else {
        code = fb_report_why_text(&answer->verdict, &options, &text, err);
    }
    code = code ? code : fb_buf_check(&text, "the answer", err);
    if (code == FB_OK && (json || answer->allowed)) {
        code = alone ? fb_cli_print(cli, &text, err) : FB_OK;
    } else if (code == FB_OK) {
        (void)fwrite(text.ptr, 1, text.len, stderr);
    }
    fb_buf_release(&text);
    return code;
}

/* The words behind the system, with NULL at their end. */
static enum fb_code read_program(
    const struct fb_cli *cli, struct fb_arena *arena, const char *const **out, struct fb_err *err)
{
    size_t count = cli->argument_count - 2;
    *out = NULL;
    if (count == 0) {
        return FB_OK;
    }
    const char **argv = fb_arena_array(arena, count + 1, sizeof(const char *));
    if (!argv) {
        return fb_arena_failed(arena, err);
    }
    memcpy(argv, cli->arguments + 2, count * sizeof(*argv));
    *out = argv;
    return FB_OK;
}

enum fb_code cmd_gate(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_gate_run run = {.told = say, .ctx = cli, .state = fb_cli_value(cli, "state")};
    struct fb_arena arena;
    char docket[FB_CLI_PATH];
    enum fb_code code = fb_cli_want(cli, 2, SIZE_MAX, err);
    bool timed = fb_cli_value(cli, "every") || fb_cli_value(cli, "grace");
    if (code == FB_OK && cli->argument_count == 2 && timed) {
        code = fb_cli_misused(cli, err, "--every and --grace are for a program that is run");
    }
    if (code == FB_OK && cli->argument_count > 2 && fb_cli_value(cli, "json")) {
        code = fb_cli_misused(cli, err, "--json goes without a program, which has the output");
    }
    if (code == FB_OK && run.state && !run.state[0]) {
        code = fb_cli_misused(cli, err, "--state needs a file");
    }
    run.is_trusted = fb_cli_value(cli, "trust") != NULL;
    if (code == FB_OK && run.is_trusted && !run.state) {
        code = fb_cli_misused(cli, err, "--trust is of a file: it goes with --state");
    }
    code = code ? code : read_action(cli, &run.question.action, err);
    code = code ? code : read_seconds(cli, "every", EVERY_USUAL, &run.every_ms, err);
    code = code ? code : read_seconds(cli, "grace", GRACE_USUAL, &run.grace_ms, err);
    code = code ? code : fb_cli_docket(cli, docket, err);
    if (code != FB_OK) {
        return code;
    }
    run.question.docket = docket;
    run.question.clock = fb_cli_clock(cli);
    run.question.is_simulated_clock = cli->has_clock;
    run.question.system = fb_str_of(cli->arguments[1]);
    fb_arena_init(&arena, (size_t)1 << 24);
    code = read_program(cli, &arena, &run.argv, err);
    code = code ? code : fb_gate_run(&run, &cli->status, err);
    fb_arena_release(&arena);
    return code;
}

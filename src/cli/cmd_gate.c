/* cmd_gate.c: a program that runs only while its system may. */
#include <string.h>

#include "base/assert.h"
#include "base/process.h"
#include "cli/cli.h"
#include "gate/gate.h"

/* Seconds; limits of --every and --grace, and what they are when not given. */
enum { SECONDS_MAX = 86400, EVERY_USUAL = 60, GRACE_USUAL = 30, AGAIN_MS = 1000 };

static const int64_t ms_in_s = 1000;
static const int64_t ns_in_ms = 1000000;

/* One gate at work. */
struct gating {
    struct fb_cli *cli;
    struct fb_gate gate;
    struct fb_gate_question question;
    struct fb_process process;
    int64_t every_ms;
    int64_t grace_ms;
    int64_t asked_ms; /* when the last answer was that it is open */
};

static int64_t now_ms(void)
{
    return fb_clock_ticks_ns() / ns_in_ms;
}

static enum fb_code read_seconds(const struct fb_cli *cli, const char *option, int64_t usual,
    int64_t *out_ms, struct fb_err *err)
{
    uint64_t seconds = (uint64_t)usual;
    const char *text = fb_cli_value(cli, option);
    if (text && (!fb_str_u64(fb_str_of(text), &seconds) || seconds < 1 || seconds > SECONDS_MAX)) {
        return fb_cli_misused(
            cli, err, "--%s is a number of seconds, 1 to %d", option, SECONDS_MAX);
    }
    *out_ms = (int64_t)seconds * ms_in_s;
    return FB_OK;
}

static enum fb_code read_action(const struct fb_cli *cli, enum fb_action *out, struct fb_err *err)
{
    struct fb_str word = fb_str_of(cli->arguments[0]);
    for (int action = 0; action < FB_ACTION_COUNT; action++) {
        if (fb_str_is(word, fb_gate_word((enum fb_action)action))) {
            *out = (enum fb_action)action;
            return FB_OK;
        }
    }
    return fb_cli_misused(
        cli, err, "'%s' is no action: train, deploy or autonomy", cli->arguments[0]);
}

/* What was answered, on standard output when nothing else is run, and with its reasons on standard
 * error when the answer is no. */
static enum fb_code say(
    struct gating *g, const struct fb_gate_answer *answer, bool alone, struct fb_err *err)
{
    struct fb_report_options options = fb_cli_report_options(g->cli);
    struct fb_buf text;
    char at[FB_TIME_TEXT];
    enum fb_code code = FB_OK;
    fb_buf_init(&text, (size_t)1 << 30);
    if (fb_cli_value(g->cli, "json")) {
        code = fb_report_why_json(&answer->verdict, &text, err);
    } else if (answer->allowed) {
        fb_buf_addf(&text, "open at %s%s, by the %llu records of the ledger: %.*s\n",
            fb_time_format_short(answer->at, at), answer->simulated ? " of a simulated clock" : "",
            (unsigned long long)answer->entries, FB_STR_ARG(answer->verdict.headline));
    } else {
        options.colour = false;
        code = fb_report_why_text(&answer->verdict, &options, &text, err);
    }
    if (code == FB_OK && (answer->allowed || fb_cli_value(g->cli, "json"))) {
        code = alone ? fb_cli_print(g->cli, &text, err) : FB_OK;
    } else if (code == FB_OK && fb_buf_check(&text, "the reasons", err) == FB_OK) {
        (void)fwrite(text.ptr, 1, text.len, stderr);
    }
    fb_buf_release(&text);
    return code;
}

/* Asks; E_NEGATIVE when the answer is no. */
static enum fb_code ask(struct gating *g, bool alone, struct fb_err *err)
{
    struct fb_gate_answer answer;
    enum fb_code code = fb_gate_ask(&g->gate, &g->question, &answer, err);
    if (code == FB_OK && (alone || !answer.allowed)) {
        code = say(g, &answer, alone, err);
    }
    if (code == FB_OK && !answer.allowed) {
        code = fb_err_set(err, FB_E_NEGATIVE, "the gate is closed: '%s' may not %s now",
            g->cli->arguments[1], fb_action_name(g->question.action));
    }
    fb_gate_answer_free(&answer);
    g->asked_ms = code == FB_OK ? now_ms() : g->asked_ms;
    return code;
}

/* Ends the program: asks it to, and kills it when the grace is over or somebody is impatient. */
static enum fb_code end(struct gating *g, struct fb_err *err)
{
    enum fb_process_event event = FB_PROCESS_TIME;
    int status = 0;
    fb_process_end(&g->process, false);
    enum fb_code code = fb_process_wait(&g->process, g->grace_ms, &event, &status, err);
    if (code != FB_OK || event != FB_PROCESS_ENDED) {
        fb_process_end(&g->process, true);
        code = fb_process_wait(&g->process, g->grace_ms, &event, &status, err);
    }
    return code;
}

/* The gate closed while the program ran, or it could not be asked for too long. */
static enum fb_code close_on(struct gating *g, struct fb_err *why)
{
    struct fb_err err;
    fb_err_init(&err);
    fb_err_prefix(why, "'%s' was ended", g->cli->arguments[2]);
    enum fb_code code = end(g, &err);
    if (code != FB_OK) {
        *why = err;
    }
    return why->code;
}

/* Asks again. What the machine fails at is tried again until an answer is twice as old as it should
 * be: a locked file is no reason to lose a week of training, and no excuse for another one. */
static enum fb_code ask_again(struct gating *g, int64_t *out_wait_ms, struct fb_err *err)
{
    fb_err_init(err);
    enum fb_code code = ask(g, false, err);
    bool may_pass = code != FB_OK && fb_code_exit(code) == fb_code_exit(FB_E_IO);
    *out_wait_ms = code == FB_OK ? g->every_ms : AGAIN_MS;
    return may_pass && now_ms() - g->asked_ms < 2 * g->every_ms ? FB_OK : code;
}

static enum fb_code supervise(struct gating *g, struct fb_err *err)
{
    int64_t wait_ms = g->every_ms;
    for (;;) {
        enum fb_process_event event;
        int status = 0;
        enum fb_code code = fb_process_wait(&g->process, wait_ms, &event, &status, err);
        if (code == FB_OK && event == FB_PROCESS_ENDED) {
            g->cli->status = status;
            return FB_OK;
        }
        if (code == FB_OK && event == FB_PROCESS_SIGNAL) {
            enum { BY_SIGNAL = 128 };
            g->cli->status = BY_SIGNAL + status;
            return end(g, err);
        }
        if (code == FB_OK) {
            code = ask_again(g, &wait_ms, err);
        }
        if (code != FB_OK) {
            return close_on(g, err);
        }
    }
}

static enum fb_code run(struct gating *g, struct fb_err *err)
{
    struct fb_arena arena;
    size_t count = g->cli->argument_count - 2;
    fb_arena_init(&arena, (size_t)1 << 24);
    const char **argv = fb_arena_array(&arena, count + 1, sizeof(const char *));
    enum fb_code code = argv ? FB_OK : fb_arena_failed(&arena, err);
    if (code == FB_OK) {
        memcpy(argv, g->cli->arguments + 2, count * sizeof(*argv));
        code = fb_process_start(argv, &g->process, err);
    }
    fb_arena_release(&arena);
    return code == FB_OK ? supervise(g, err) : code;
}

enum fb_code cmd_gate(struct fb_cli *cli, struct fb_err *err)
{
    struct gating g = {.cli = cli};
    char docket[FB_CLI_PATH];
    enum fb_code code = fb_cli_want(cli, 2, SIZE_MAX, err);
    bool alone = cli->argument_count == 2;
    if (code == FB_OK && alone && (fb_cli_value(cli, "every") || fb_cli_value(cli, "grace"))) {
        code = fb_cli_misused(cli, err, "--every and --grace are for a program that is run");
    }
    code = code ? code : read_action(cli, &g.question.action, err);
    code = code ? code : read_seconds(cli, "every", EVERY_USUAL, &g.every_ms, err);
    code = code ? code : read_seconds(cli, "grace", GRACE_USUAL, &g.grace_ms, err);
    code = code ? code : fb_cli_docket(cli, docket, err);
    if (code == FB_OK) {
        g.question.docket = docket;
        g.question.clock = fb_cli_clock(cli);
        g.question.is_simulated_clock = cli->has_clock;
        g.question.system = fb_str_of(cli->arguments[1]);
        code = alone ? FB_OK : fb_process_prepare(err);
    }
    code = code ? code : ask(&g, alone, err);
    return code || alone ? code : run(&g, err);
}

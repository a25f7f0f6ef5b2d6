/*
 * cli.h: what every command gets: the parsed command line, the output, the clock.
 *
 * Exit status: 0 done, 1 the answer is no, 2 wrong use, 3 input refused, 4 the ledger or a
 * signature does not hold, 5 the machine failed (docs/ERRORS.md).
 */
#ifndef FB_CLI_CLI_H
#define FB_CLI_CLI_H

#include <stdio.h>

#include "base/clock.h"
#include "govern/docket.h"
#include "lang/same.h"
#include "report/report.h"

/** Limits of a command line; commands.def is asserted to keep to them. */
enum {
    FB_CLI_OPTIONS_MAX = 40, /**< options of one command */
    FB_CLI_PATH = 4096,      /**< bytes of a docket's path, with the zero */
};

/** An option as commands.def has it. */
struct fb_cli_option {
    const char *name;
    const char *argument; /**< NULL: a flag */
    const char *text;
};

struct fb_cli;

/** A command as commands.def has it. */
struct fb_cli_command {
    const char *name;
    enum fb_code (*run)(struct fb_cli *cli, struct fb_err *err);
    const char *arguments;
    const char *summary;
    struct fb_cli_option options[FB_CLI_OPTIONS_MAX];
    size_t option_count;
};

/** One invocation. */
struct fb_cli {
    const struct fb_cli_command *command;
    const char *values[FB_CLI_OPTIONS_MAX]; /**< by option; "" for a flag that is set */
    const char **arguments;                 /**< borrowed from argv */
    size_t argument_count;
    const char *docket; /**< --docket, or NULL: search */
    bool has_clock;     /**< --clock was given */
    fb_time clock_at;
    fb_time as_of; /**< FB_TIME_MAX unless run by as-of */
    bool wants_help;
    bool json;  /**< --json was given: errors are JSON too */
    int status; /**< exit status when all went well: that of a program which a command ran */
    FILE *out;
};

/** All commands, in the order of commands.def. */
const struct fb_cli_command *fb_cli_commands(size_t *out_count);

/** The command of a name, or NULL. */
const struct fb_cli_command *fb_cli_find(const char *name);

/** Parses a command line after the program's name: global options, command, its options and
 * arguments. Arguments are moved to the front of argv. E_USAGE with a hint. */
FB_CHECKED enum fb_code fb_cli_parse(
    struct fb_cli *cli, int argc, const char **argv, struct fb_err *err);

/** Runs what was parsed: the command, or its help. */
FB_CHECKED enum fb_code fb_cli_run(struct fb_cli *cli, struct fb_err *err);

/** The value of an option, "" for a set flag, NULL when it is not set. The command has it. */
const char *fb_cli_value(const struct fb_cli *cli, const char *option);

/** The same as a slice; empty when it is not set. */
struct fb_str fb_cli_text(const struct fb_cli *cli, const char *option);

/** The argument count must lie in [low, high]: E_USAGE with the command's usage as hint. */
FB_CHECKED enum fb_code fb_cli_want(
    const struct fb_cli *cli, size_t low, size_t high, struct fb_err *err);

/** E_USAGE with the command's usage line as hint. */
enum fb_code fb_cli_misused(const struct fb_cli *cli, struct fb_err *err, const char *fmt, ...)
    FB_PRINTF(3, 4);

/** The clock of this invocation: the machine's, or the one of --clock. */
struct fb_clock fb_cli_clock(const struct fb_cli *cli);

/** The folder of the docket that is meant: --docket, $FLYBALL_DOCKET, or the nearest above.
 * E_NOT_FOUND with a hint, E_LIMIT. */
FB_CHECKED enum fb_code fb_cli_docket(
    const struct fb_cli *cli, char out[FB_CLI_PATH], struct fb_err *err);

/** Opens the docket: --docket, $FLYBALL_DOCKET, or the nearest folder upwards that holds one. */
FB_CHECKED enum fb_code fb_cli_open(
    const struct fb_cli *cli, struct fb_docket **out, struct fb_err *err);

/** Opens it to add a few records (fb_docket_open_to_add). */
FB_CHECKED enum fb_code fb_cli_open_to_add(
    const struct fb_cli *cli, struct fb_docket **out, struct fb_err *err);

/** The same without its records (fb_docket_open_log). */
FB_CHECKED enum fb_code fb_cli_open_log(
    const struct fb_cli *cli, struct fb_docket **out, struct fb_err *err);

/** The record with an id, or with a number in the ledger ("#12" or "12"). NULL, and err filled,
 * when there is none. Borrowed from the docket. */
const struct fb_record *fb_cli_record(
    struct fb_docket *docket, struct fb_str name, struct fb_err *err);

/** An open docket and its picture at the instant that was asked for. */
struct fb_cli_view {
    struct fb_docket *docket;
    struct fb_arena arena;
    struct fb_picture picture;
    struct fb_buf text; /**< for what is printed */
};

/** Opens and evaluates the docket. After success and failure alike the caller ends with
 * fb_cli_view_close. */
FB_CHECKED enum fb_code fb_cli_view_open(
    const struct fb_cli *cli, struct fb_cli_view *view, struct fb_err *err);

/** The same without evaluating: the picture has its instant, origin and counts, and no verdict. For
 * what only the records are asked for. */
FB_CHECKED enum fb_code fb_cli_view_records(
    const struct fb_cli *cli, struct fb_cli_view *view, struct fb_err *err);

/** What is evaluated, by default everything with every reason. */
struct fb_cli_ask {
    bool naive;        /**< by the naive evaluator */
    bool brief;        /**< without the reasons of duties and licences */
    const char *about; /**< only what concerns this system; NULL: everything */
    bool is_signed;    /**< what is said will be */
    const char
        *verdict; /**< one that is asked for, with everything, or NULL; out_verdict is written */
    bool is_told_whole; /**< and then what corrections changed of it */
    struct fb_verdict *out_verdict;
};

/** The same of no more than is asked. */
FB_CHECKED enum fb_code fb_cli_view_ask(
    const struct fb_cli *cli, struct fb_cli_ask ask, struct fb_cli_view *view, struct fb_err *err);

/** Appends to the text of a view what the latest corrections changed of a verdict, if they did. The
 * picture of the view is void afterwards. */
FB_CHECKED enum fb_code fb_cli_add_amended(
    const struct fb_cli *cli, struct fb_cli_view *view, struct fb_str id, struct fb_err *err);

/** Closes a view. */
void fb_cli_view_close(struct fb_cli_view *view);

/** The system that a person named, "aurora-2" or "system/aurora-2". E_NOT_FOUND. */
FB_CHECKED enum fb_code fb_cli_view_system(
    const struct fb_picture *picture, struct fb_str name, struct fb_str *out, struct fb_err *err);

/** How reports are laid out here: colour only on a terminal and without NO_COLOR. */
struct fb_report_options fb_cli_report_options(const struct fb_cli *cli);

/** Writes a buffer to the output; E_IO when that fails, or what the buffer's own failure was. */
FB_CHECKED enum fb_code fb_cli_print(
    const struct fb_cli *cli, const struct fb_buf *text, struct fb_err *err);

/** Says on standard error what takes long, when that is a terminal. NULL wipes the line. */
void fb_cli_progress(const char *fmt, ...) FB_PRINTF(1, 2);

/** Replaces by '?' what a terminal could take for a command (C0 but for the end of a line, DEL, C1,
 * marks that turn the direction of writing) and what is not UTF-8. */
void fb_cli_clean(char *text);

/** `policy test`: runs the tests of the policies that are its arguments. E_NEGATIVE when an
 * expectation does not hold. */
FB_CHECKED enum fb_code fb_cli_policy_test(struct fb_cli *cli, struct fb_err *err);

/** `policy lsp`: serves an editor on standard input and output until it says `exit`. E_NEGATIVE
 * when it did so without `shutdown`. */
FB_CHECKED enum fb_code fb_cli_policy_lsp(struct fb_cli *cli, struct fb_err *err);

/** `policy compare FILE FILE...`: side by side, as text, JSON, a page or a draft of the best. */
FB_CHECKED enum fb_code fb_cli_policy_compare(struct fb_cli *cli, struct fb_err *err);

/** `policy diff OLDER NEWER`: E_NEGATIVE where the newer one may be weaker. */
FB_CHECKED enum fb_code fb_cli_policy_diff(struct fb_cli *cli, struct fb_err *err);

/** What --same says of policies that are compared. */
struct fb_cli_same {
    struct fb_buf text;
    bool given;
    struct fb_same groups; /**< borrow text */
};

/** Reads the file of --same, when it is given; its groups live in arena. errors has room for what
 * is found in it: all but the last error is told, that one is err's. Close it in any case. */
FB_CHECKED enum fb_code fb_cli_same_open(struct fb_cli *cli, struct fb_arena *arena,
    struct fb_cli_same *same, struct fb_policy_errors *errors, struct fb_err *err);

/** Puts the text of a policy into the words that stand first, in arena; unchanged without --same.
 * Errors as above. */
FB_CHECKED enum fb_code fb_cli_same_apply(struct fb_cli_same *same, const char *name,
    struct fb_arena *arena, struct fb_str *text, struct fb_policy_errors *errors,
    struct fb_err *err);

/** Releases it, after a note about each word that no policy says, where these are to be told. */
void fb_cli_same_close(struct fb_cli_same *same, bool tell);

/** Prints an error to standard error as people read it. */
void fb_cli_complain(const struct fb_err *err);

/** Prints an error to standard error as one JSON object on one line: {"error":{"code":...,
 * "message":..., "exit":...}}, with hint, file, line, column, offset and path where known. */
void fb_cli_complain_json(const struct fb_err *err);

/** Writes the members of an error into an open object. */
void fb_cli_error_members(struct fb_json_writer *w, const struct fb_err *err);

/** Appends the help of a command; of `flyball evidence` that of a part, where part names one. part
 * may be NULL. */
void fb_cli_help_command(
    const struct fb_cli_command *command, const char *part, struct fb_buf *out);

/** The commands: each runs one invocation. Errors are its own and those of what it calls. */
#define FB_COMMAND(name, function, arguments, summary)                                             \
    enum fb_code function(struct fb_cli *cli, struct fb_err *err);
#include "cli/commands.def"

/** Reads the table that --judge names, when it is set: *out is then filled, and its text lives in
 * the arena; else *out_set is false. Errors as fb_judgements_read and fb_judgements_count. */
FB_CHECKED enum fb_code fb_cli_judge(const struct fb_cli *cli, struct fb_arena *arena,
    struct fb_judge_record *out, bool *out_set, struct fb_err *err);

#endif

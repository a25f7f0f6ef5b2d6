#include "cli/cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/io.h"
#include "cli/evidence.h"

/* The table of commands; an option stands behind the command it belongs to. */
struct row {
    struct fb_cli_command command; /* name NULL: the row is an option */
    struct fb_cli_option option;
};

static const struct row rows[] = {
#define FB_COMMAND(name, function, arguments, summary)                                             \
    {.command = {(name), (function), (arguments), (summary), {{NULL, NULL, NULL}}, 0}},
#define FB_COMMAND_OPTION(name, argument, text) {.option = {(name), (argument), (text)}},
#include "cli/commands.def"
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

const struct fb_cli_command *fb_cli_commands(size_t *out_count)
{
    static struct fb_cli_command commands[ROW_COUNT];
    static size_t count;
    for (size_t i = 0; count == 0 && i < ROW_COUNT; i++) {
        size_t made = 0;
        for (size_t r = 0; r < ROW_COUNT; r++) {
            if (rows[r].command.name) {
                commands[made++] = rows[r].command;
                continue;
            }
            FB_ASSERT(made > 0 && commands[made - 1].option_count < FB_CLI_OPTIONS_MAX);
            struct fb_cli_command *command = &commands[made - 1];
            command->options[command->option_count++] = rows[r].option;
        }
        count = made;
    }
    *out_count = count;
    return commands;
}

const struct fb_cli_command *fb_cli_find(const char *name)
{
    size_t count;
    const struct fb_cli_command *commands = fb_cli_commands(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

/* What a part takes, out of the usage "a X|b Y|c" of a command: "b Y" for b. All of it where the
 * part is not known, or shares what it takes with the next ones. */
static struct fb_str part_usage(const char *arguments, const char *part)
{
    struct fb_str all = fb_str_of(arguments);
    size_t len = part ? strlen(part) : 0;
    for (size_t from = 0, at = 0, depth = 0; len > 0 && at <= all.len; at++) {
        char c = at < all.len ? all.ptr[at] : '|';
        depth += c == '[';
        depth -= c == ']' && depth > 0;
        if (c == '|' && depth == 0) {
            struct fb_str one = fb_str_sub(all, from, at - from);
            if (one.len > len && one.ptr[len] == ' ' && memcmp(one.ptr, part, len) == 0) {
                return one;
            }
            from = at + 1;
        }
    }
    return all;
}

/* The part of a command that the arguments name, as `read` in `flyball evidence read`, with what
 * follows it; an empty name where the command has none, or the part is not known. */
struct usage {
    const char *part;
    struct fb_str arguments; /* without the part */
};

static struct usage usage_of(const struct fb_cli *cli)
{
    const struct fb_cli_command *command = cli->command;
    const char *name = cli->argument_count ? cli->arguments[0] : NULL;
    struct fb_str all = fb_str_of(command->arguments), one = part_usage(command->arguments, name);
    const struct fb_cli_evidence_part *evidence =
        command->run == cmd_evidence ? fb_cli_evidence_part(name) : NULL;
    if (evidence) {
        return (struct usage){name, fb_str_of(evidence->arguments)};
    }
    if (one.len == all.len) {
        return (struct usage){"", all};
    }
    size_t len = strlen(name) + 1;
    return (struct usage){name, fb_str_sub(one, len, one.len - len)};
}

enum fb_code fb_cli_misused(const struct fb_cli *cli, struct fb_err *err, const char *fmt, ...)
{
    char text[FB_ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    (void)fb_err_set(err, FB_E_USAGE, "%s", text);
    if (!cli->command) {
        return fb_err_hint(err, "Run `flyball help` for the commands.");
    }
    const struct fb_cli_command *command = cli->command;
    struct usage usage = usage_of(cli);
    bool has_help = command->run == cmd_evidence && usage.part[0];
    return fb_err_hint(err, "Usage: flyball %s%s%s%s%s%.*s; `flyball help %s%s%s` has the options.",
        command->name, usage.part[0] ? " " : "", usage.part,
        command->option_count ? " [OPTIONS]" : "", usage.arguments.len ? " " : "",
        FB_STR_ARG(usage.arguments), command->name, has_help ? " " : "",
        has_help ? usage.part : "");
}

/* One option, "--name", "--name=value" or "--name value". *at is moved past what it takes. */
static enum fb_code parse_option(
    struct fb_cli *cli, int argc, const char **argv, int *at, struct fb_err *err)
{
    struct fb_str word = fb_str_of(argv[*at]);
    size_t equals = fb_str_find(word, '=', 0);
    struct fb_str name = fb_str_sub(word, 2, equals - 2);
    const char *inline_value = equals < word.len ? word.ptr + equals + 1 : NULL;
    (*at)++;
    if (fb_str_is(name, "help")) {
        cli->wants_help = true;
        return FB_OK;
    }
    bool is_docket = fb_str_is(name, "docket"), is_clock = fb_str_is(name, "clock");
    size_t index = 0;
    const struct fb_cli_option *option = NULL;
    for (; !is_docket && !is_clock && cli->command && index < cli->command->option_count; index++) {
        if (fb_str_is(name, cli->command->options[index].name)) {
            option = &cli->command->options[index];
            break;
        }
    }
    if (!option && !is_docket && !is_clock) {
        return fb_cli_misused(cli, err, "there is no option '--%.*s' here", FB_STR_ARG(name));
    }
    bool wants_value = !option || option->argument;
    if (!wants_value && inline_value) {
        return fb_cli_misused(cli, err, "option '--%.*s' takes no value", FB_STR_ARG(name));
    }
    const char *value = wants_value ? inline_value : "";
    if (wants_value && !value) {
        if (*at >= argc) {
            return fb_cli_misused(cli, err, "option '--%.*s' needs a value", FB_STR_ARG(name));
        }
        value = argv[(*at)++];
    }
    if (is_docket) {
        cli->docket = value;
    } else if (is_clock) {
        cli->has_clock = true;
        return fb_time_parse(fb_str_of(value), &cli->clock_at, err);
    } else {
        cli->values[index] = value;
        cli->json = cli->json || fb_str_is(name, "json");
    }
    return FB_OK;
}

/* Whether the command that was named has an option. */
static bool has_option(const struct fb_cli *cli, const char *name)
{
    for (size_t i = 0; cli->command && i < cli->command->option_count; i++) {
        if (strcmp(cli->command->options[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void set_option(struct fb_cli *cli, const char *name, const char *value)
{
    for (size_t i = 0; i < cli->command->option_count; i++) {
        if (strcmp(cli->command->options[i].name, name) == 0) {
            cli->values[i] = value;
        }
    }
}

enum fb_code fb_cli_parse(struct fb_cli *cli, int argc, const char **argv, struct fb_err *err)
{
    FB_ASSERT(cli && argv);
    cli->arguments = argv;
    cli->argument_count = 0;
    bool only_arguments = false;
    for (int at = 0; at < argc;) {
        const char *word = argv[at];
        if (!only_arguments && strcmp(word, "--") == 0) {
            only_arguments = true;
            at++;
        } else if (!only_arguments && strncmp(word, "--", 2) == 0) {
            enum fb_code code = parse_option(cli, argc, argv, &at, err);
            if (code != FB_OK) {
                return code;
            }
        } else if (!only_arguments && strcmp(word, "-h") == 0) {
            cli->wants_help = true;
            at++;
        } else if (!only_arguments && strcmp(word, "-o") == 0 && at + 1 < argc &&
                   has_option(cli, "out")) {
            set_option(cli, "out", argv[at + 1]);
            at += 2;
        } else if (!only_arguments && word[0] == '-' && word[1]) {
            return fb_cli_misused(
                cli, err, "there is no option '%s'; options are whole words", word);
        } else if (!cli->command) {
            cli->command = fb_cli_find(word);
            if (!cli->command) {
                return fb_cli_misused(cli, err, "'%s' is not a command", word);
            }
            at++;
        } else {
            cli->arguments[cli->argument_count++] = word;
            at++;
            /* as-of hands all that follows its date to the command it runs. */
            only_arguments = only_arguments || strcmp(cli->command->name, "as-of") == 0;
        }
    }
    return FB_OK;
}

enum fb_code fb_cli_run(struct fb_cli *cli, struct fb_err *err)
{
    FB_ASSERT(cli);
    if (!cli->command) {
        cli->command = fb_cli_find("help");
    }
    if (cli->wants_help) {
        struct fb_buf text;
        fb_buf_init(&text, 1 << 20);
        fb_cli_help_command(cli->command, cli->argument_count ? cli->arguments[0] : NULL, &text);
        enum fb_code code = fb_cli_print(cli, &text, err);
        fb_buf_release(&text);
        return code;
    }
    return cli->command->run(cli, err);
}

const char *fb_cli_value(const struct fb_cli *cli, const char *option)
{
    for (size_t i = 0; i < cli->command->option_count; i++) {
        if (strcmp(cli->command->options[i].name, option) == 0) {
            return cli->values[i];
        }
    }
    FB_ASSERT(option == NULL); /* commands.def gives the command no such option */
    return NULL;
}

struct fb_str fb_cli_text(const struct fb_cli *cli, const char *option)
{
    return fb_str_of(fb_cli_value(cli, option));
}

enum fb_code fb_cli_want(const struct fb_cli *cli, size_t low, size_t high, struct fb_err *err)
{
    FB_ASSERT(cli && low <= high);
    if (cli->argument_count < low) {
        const char *part = usage_of(cli).part;
        return fb_cli_misused(cli, err, "`flyball %s%s%s` needs %s", cli->command->name,
            part[0] ? " " : "", part, cli->argument_count ? "more arguments" : "an argument");
    }
    if (cli->argument_count > high) {
        return fb_cli_misused(cli, err, "'%s' is one argument too many", cli->arguments[high]);
    }
    return FB_OK;
}

struct fb_clock fb_cli_clock(const struct fb_cli *cli)
{
    FB_ASSERT(cli);
    return cli->has_clock ? fb_clock_fixed(&cli->clock_at) : fb_clock_system();
}

/* fb_docket_open, fb_docket_open_to_add or fb_docket_open_log. */
typedef enum fb_code (*open_docket)(const char *path, const struct fb_clock *clock,
    bool is_simulated_clock, struct fb_docket **out, struct fb_err *err);

enum fb_code fb_cli_docket(const struct fb_cli *cli, char out[FB_CLI_PATH], struct fb_err *err)
{
    enum { UP_MAX = 64 };
    const char *named = cli->docket ? cli->docket : getenv("FLYBALL_DOCKET");
    if (named && named[0]) {
        if ((size_t)snprintf(out, FB_CLI_PATH, "%s", named) < FB_CLI_PATH) {
            return FB_OK;
        }
        return fb_err_set(
            err, FB_E_LIMIT, "the docket's path is too long: %d bytes at most", FB_CLI_PATH - 1);
    }
    (void)snprintf(out, FB_CLI_PATH, ".");
    for (int up = 0; up < UP_MAX; up++) {
        if (fb_docket_is_there(out)) {
            return FB_OK;
        }
        size_t len = strlen(out);
        (void)snprintf(out + len, FB_CLI_PATH - len, "/..");
    }
    fb_err_set(err, FB_E_NOT_FOUND, "there is no docket here or above");
    return fb_err_hint(
        err, "Make one with `flyball init`, or name one with `--docket DIR` or $FLYBALL_DOCKET.");
}

static enum fb_code open_as(
    const struct fb_cli *cli, open_docket open_it, struct fb_docket **out, struct fb_err *err)
{
    char path[FB_CLI_PATH];
    struct fb_clock clock = fb_cli_clock(cli);
    enum fb_code code = fb_cli_docket(cli, path, err);
    return code ? code : open_it(path, &clock, cli->has_clock, out, err);
}

enum fb_code fb_cli_open(const struct fb_cli *cli, struct fb_docket **out, struct fb_err *err)
{
    return open_as(cli, fb_docket_open, out, err);
}

enum fb_code fb_cli_open_to_add(
    const struct fb_cli *cli, struct fb_docket **out, struct fb_err *err)
{
    return open_as(cli, fb_docket_open_to_add, out, err);
}

enum fb_code fb_cli_open_log(const struct fb_cli *cli, struct fb_docket **out, struct fb_err *err)
{
    return open_as(cli, fb_docket_open_log, out, err);
}

const struct fb_record *fb_cli_record(
    struct fb_docket *docket, struct fb_str name, struct fb_err *err)
{
    FB_ASSERT(docket && err);
    const struct fb_registry *registry = fb_docket_registry(docket);
    const struct fb_record *record = fb_registry_find(registry, name);
    struct fb_str digits = fb_str_sub(name, name.len && name.ptr[0] == '#' ? 1 : 0, name.len);
    uint64_t seq;
    if (!record && fb_str_u64(digits, &seq) && seq < fb_registry_count(registry)) {
        record = fb_registry_at(registry, (size_t)seq);
    }
    if (!record) {
        fb_err_set(err, FB_E_NOT_FOUND, "there is no record '%.*s'", FB_STR_ARG(name));
        fb_err_hint(err, "Run `flyball log list` for the ids of all records.");
    }
    return record;
}

struct fb_report_options fb_cli_report_options(const struct fb_cli *cli)
{
    struct fb_report_options options = {.width = 0};
    int fd = fileno(cli->out);
    struct winsize size;
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
    if (fd >= 0 && isatty(fd)) {
        options.colour = !(no_colour && no_colour[0]) && !(term && strcmp(term, "dumb") == 0);
        if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) {
            options.width = size.ws_col;
        }
    }
    return options;
}

enum fb_code fb_cli_print(const struct fb_cli *cli, const struct fb_buf *text, struct fb_err *err)
{
    enum fb_code code = fb_buf_check(text, "the output", err);
    if (code != FB_OK) {
        return code;
    }
    if (text->len && (fwrite(text->ptr, 1, text->len, cli->out) != text->len)) {
        return fb_io_error("write", "standard output", err);
    }
    if (fflush(cli->out) != 0) {
        return fb_io_error("write", "standard output", err);
    }
    return FB_OK;
}

void fb_cli_progress(const char *fmt, ...)
{
    if (!isatty(STDERR_FILENO)) {
        return;
    }
    fputs("\r\033[K", stderr);
    if (fmt) {
        va_list args;
        va_start(args, fmt);
        (void)vfprintf(stderr, fmt, args);
        va_end(args);
    }
    (void)fflush(stderr);
}

void fb_cli_clean(char *text)
{
    FB_ASSERT(text);
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        if ((*c < 0x20 && *c != '\n') || *c == 0x7f) {
            *c = '?';
        } else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) {
            c[0] = c[1] = '?'; /* C1 in UTF-8 */
        } else if (c[0] == 0xe2 && ((c[1] == 0x80 && c[2] >= 0xaa && c[2] <= 0xae) ||
                                       (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9))) {
            c[0] = c[1] = c[2] = '?'; /* turns the direction of writing */
        }
    }
    size_t bad;
    /* An 8-bit terminal takes single bytes of C1 for commands. */
    for (struct fb_str rest = fb_str_of(text); !fb_str_utf8(rest, &bad);) {
        text[(size_t)(rest.ptr - text) + bad] = '?';
        rest = fb_str_sub(rest, bad + 1, rest.len);
    }
}

void fb_cli_complain(const struct fb_err *err)
{
    char text[8 * FB_ERR_TEXT_MAX];
    fb_cli_progress(NULL);
    (void)fb_err_format(err, text, sizeof(text));
    fb_cli_clean(text);
    fprintf(stderr, "flyball: %s\n", text);
}

/* Adds a member for a text that is known; what an input put into it may be no UTF-8. */
static void key_known(struct fb_json_writer *w, const char *key, const char *text)
{
    char copy[FB_ERR_TEXT_MAX];
    size_t bad;
    if (!text[0]) {
        return;
    }
    (void)snprintf(copy, sizeof(copy), "%s", text);
    while (!fb_str_utf8(fb_str_of(copy), &bad)) {
        copy[bad] = '?';
    }
    fb_json_key_c(w, key, copy);
}

void fb_cli_error_members(struct fb_json_writer *w, const struct fb_err *err)
{
    fb_json_key_c(w, "code", fb_code_name(err->code));
    fb_json_key_int(w, "exit", fb_code_exit(err->code));
    key_known(w, "message", err->message);
    key_known(w, "hint", err->hint);
    key_known(w, "file", err->file);
    key_known(w, "path", err->path);
    if (err->line) {
        fb_json_key_int(w, "line", err->line);
        fb_json_key_int(w, "column", err->column);
    }
    if (err->offset >= 0) {
        fb_json_key_int(w, "offset", err->offset);
    }
}

void fb_cli_complain_json(const struct fb_err *err)
{
    struct fb_buf text;
    struct fb_json_writer w;
    fb_cli_progress(NULL);
    fb_buf_init(&text, 64 * 1024);
    fb_json_writer_init(&w, &text, 0);
    fb_json_open_object(&w);
    fb_json_key(&w, "error");
    fb_json_open_object(&w);
    fb_cli_error_members(&w, err);
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    fprintf(stderr, "%.*s\n", FB_STR_ARG(fb_buf_str(&text)));
    fb_buf_release(&text);
}

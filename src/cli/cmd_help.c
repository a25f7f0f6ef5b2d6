/* cmd_help.c: help, completion and version, all from the table of commands. */
#include <string.h>

#include "base/assert.h"
#include "cli/cli.h"
#include "cli/evidence.h"

/* The options that every command takes. */
static const struct fb_cli_option global_options[] = {
    {"docket", "DIR", "the docket's folder (default: $FLYBALL_DOCKET, or the nearest above)"},
    {"clock", "TIME", "what the clock says, in a docket with a simulated clock"},
    {"help", NULL, "this help"},
};

enum { GLOBAL_COUNT = sizeof(global_options) / sizeof(global_options[0]) };

/* The options; of `flyball evidence` those of a part, where one is given. */
static void add_options(const struct fb_cli_option *options, size_t count,
    const struct fb_cli_evidence_part *part, struct fb_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (part && !fb_cli_evidence_takes(part, options[i].name)) {
            continue;
        }
        char left[64];
        (void)snprintf(left, sizeof(left), "--%s%s%s", options[i].name,
            options[i].argument ? " " : "", options[i].argument ? options[i].argument : "");
        fb_buf_addf(out, "  %-22s %s\n", left, options[i].text);
    }
}

void fb_cli_help_command(
    const struct fb_cli_command *command, const char *part_name, struct fb_buf *out)
{
    FB_ASSERT(command && out);
    bool evidence = command->run == cmd_evidence;
    const struct fb_cli_evidence_part *part = evidence ? fb_cli_evidence_part(part_name) : NULL;
    const char *arguments = part ? part->arguments : command->arguments;
    fb_buf_addf(out, "flyball %s%s%s: %s\n\nUsage: flyball %s%s%s%s%s%s\n", command->name,
        part ? " " : "", part ? part->name : "", part ? part->summary : command->summary,
        command->name, part ? " " : "", part ? part->name : "",
        command->option_count ? " [OPTIONS]" : "", arguments[0] ? " " : "", arguments);
    if (evidence && !part) {
        fb_cli_evidence_help(out);
        fb_buf_add_c(out, "\n`flyball help evidence PART` has only the options of a part.\n");
    }
    if (command->option_count) {
        fb_buf_add_c(out, "\nOptions:\n");
        add_options(command->options, command->option_count, part, out);
    }
    fb_buf_add_c(out, "\nOptions of every command:\n");
    add_options(global_options, GLOBAL_COUNT, NULL, out);
    fb_buf_add_c(out, "\nExit status: 0 done, 1 the answer is no, 2 wrong use, 3 input refused,\n"
                      "4 the ledger or a signature does not hold, 5 the machine failed.\n");
}

static void help_all(struct fb_buf *out)
{
    size_t count;
    const struct fb_cli_command *commands = fb_cli_commands(&count);
    fb_buf_add_c(out, "flyball: a governor for frontier AI\n\n"
                      "Usage: flyball [--docket DIR] COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n");
    for (size_t i = 0; i < count; i++) {
        fb_buf_addf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
    }
    fb_buf_add_c(out, "\nA first docket:\n"
                      "  flyball init demo --party institute --title \"Example Institute\" "
                      "--role regulator\n"
                      "  flyball --docket demo party aurora --title Aurora --role developer\n"
                      "  flyball --docket demo add --as aurora system.json log.eval\n"
                      "  flyball --docket demo status\n\n"
                      "`flyball help COMMAND` explains one command.\n");
}

enum fb_code cmd_help(struct fb_cli *cli, struct fb_err *err)
{
    enum fb_code code = fb_cli_want(cli, 0, 2, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_buf text;
    fb_buf_init(&text, 1 << 20);
    if (cli->argument_count == 0) {
        help_all(&text);
    } else {
        const struct fb_cli_command *command = fb_cli_find(cli->arguments[0]);
        if (!command) {
            return fb_cli_misused(cli, err, "'%s' is not a command", cli->arguments[0]);
        }
        const char *part = cli->argument_count > 1 ? cli->arguments[1] : NULL;
        if (part && (command->run != cmd_evidence || !fb_cli_evidence_part(part))) {
            return fb_cli_misused(cli, err, "there is no help on '%s %s'", command->name, part);
        }
        fb_cli_help_command(command, part, &text);
    }
    code = fb_cli_print(cli, &text, err);
    fb_buf_release(&text);
    return code;
}

enum fb_code cmd_version(struct fb_cli *cli, struct fb_err *err)
{
    enum fb_code code = fb_cli_want(cli, 0, 0, err);
    if (code == FB_OK) {
        fprintf(cli->out, "flyball %s\n", FLYBALL_VERSION);
    }
    return code;
}

/* Words after `flyball COMMAND`, as bash wants them. */
static void add_words(const struct fb_cli_command *command, struct fb_buf *out)
{
    for (size_t i = 0; i < command->option_count; i++) {
        fb_buf_addf(out, "--%s ", command->options[i].name);
    }
    for (size_t i = 0; i < GLOBAL_COUNT; i++) {
        fb_buf_addf(out, "--%s%s", global_options[i].name, i + 1 < GLOBAL_COUNT ? " " : "");
    }
}

static void complete_bash(struct fb_buf *out)
{
    size_t count;
    const struct fb_cli_command *commands = fb_cli_commands(&count);
    fb_buf_add_c(out, "# bash completion for flyball; put into ~/.bashrc:\n"
                      "#   source <(flyball completion bash)\n"
                      "_flyball() {\n"
                      "    local word=${COMP_WORDS[COMP_CWORD]} command= i\n"
                      "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                      "        case ${COMP_WORDS[i]} in\n"
                      "        --docket | --clock) ((i++)) ;;\n"
                      "        -*) ;;\n"
                      "        *) command=${COMP_WORDS[i]}; break ;;\n"
                      "        esac\n"
                      "    done\n"
                      "    local words\n"
                      "    case $command in\n"
                      "    '') words='");
    for (size_t i = 0; i < count; i++) {
        fb_buf_addf(out, "%s ", commands[i].name);
    }
    fb_buf_add_c(out, "--docket --clock --help' ;;\n");
    for (size_t i = 0; i < count; i++) {
        fb_buf_addf(out, "    %s) words='", commands[i].name);
        add_words(&commands[i], out);
        fb_buf_add_c(out, "' ;;\n");
    }
    fb_buf_add_c(out, "    esac\n"
                      "    if [[ $word == -* || -z $command ]]; then\n"
                      "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                      "    else\n"
                      "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
                      "    fi\n"
                      "}\n"
                      "complete -o filenames -F _flyball flyball\n");
}

static void complete_zsh(struct fb_buf *out)
{
    fb_buf_add_c(out, "# zsh completion for flyball; put into ~/.zshrc:\n"
                      "#   source <(flyball completion zsh)\n"
                      "autoload -U +X bashcompinit && bashcompinit\n");
    complete_bash(out);
}

static void complete_fish(struct fb_buf *out)
{
    size_t count;
    const struct fb_cli_command *commands = fb_cli_commands(&count);
    fb_buf_add_c(out, "# fish completion for flyball; put into ~/.config/fish/config.fish:\n"
                      "#   flyball completion fish | source\n");
    for (size_t i = 0; i < count; i++) {
        fb_buf_addf(out, "complete -c flyball -n __fish_use_subcommand -a %s -d '%s'\n",
            commands[i].name, commands[i].summary);
        for (size_t o = 0; o < commands[i].option_count; o++) {
            fb_buf_addf(out, "complete -c flyball -n '__fish_seen_subcommand_from %s' -l %s%s\n",
                commands[i].name, commands[i].options[o].name,
                commands[i].options[o].argument ? " -r" : "");
        }
    }
    fb_buf_add_c(out, "complete -c flyball -l docket -r\ncomplete -c flyball -l clock -r\n");
}

enum fb_code cmd_completion(struct fb_cli *cli, struct fb_err *err)
{
    enum fb_code code = fb_cli_want(cli, 1, 1, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_buf text;
    fb_buf_init(&text, 1 << 20);
    const char *shell = cli->arguments[0];
    if (strcmp(shell, "bash") == 0) {
        complete_bash(&text);
    } else if (strcmp(shell, "zsh") == 0) {
        complete_zsh(&text);
    } else if (strcmp(shell, "fish") == 0) {
        complete_fish(&text);
    } else {
        return fb_cli_misused(cli, err, "there is no completion for the shell '%s'", shell);
    }
    code = fb_cli_print(cli, &text, err);
    fb_buf_release(&text);
    return code;
}

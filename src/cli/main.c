/* main.c: one invocation of flyball. */
#include <locale.h>
#include <signal.h>

#include "base/io.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
    struct fb_err err;
    struct fb_cli cli = {.as_of = FB_TIME_MAX, .out = stdout};
    fb_err_init(&err);
    (void)setlocale(LC_ALL, "C");
    fb_io_hold_streams();
    /* A reader that goes away early ends us quietly through the write error, not by a signal. */
    (void)signal(SIGPIPE, SIG_IGN);
    /* So does a write past the file-size limit (`ulimit -f`): as one to a full disk. */
    (void)signal(SIGXFSZ, SIG_IGN);
    enum fb_code code = fb_cli_parse(&cli, argc - 1, (const char **)argv + 1, &err);
    if (code == FB_OK) {
        code = fb_cli_run(&cli, &err);
    }
    /* What a command printed line by line may still be here. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == FB_OK) {
        code = fb_io_error("write", "standard output", &err);
    }
    if (code != FB_OK) {
        if (cli.json) {
            fb_cli_complain_json(&err);
        } else {
            fb_cli_complain(&err);
        }
    }
    return code == FB_OK ? cli.status : fb_code_exit(code);
}

/* cmd_serve.c: a docket that stays in memory and answers over HTTP. */
#include <stdio.h>

#include "base/assert.h"
#include "cli/serving.h"
#include "serve/docket_server.h"

/* Where a docket is served by default. */
static const char docket_address[] = "127.0.0.1:7381";

/* No request needs a body; one that has some is told so. */
enum { BODY_MAX = 65536 };

/* Why a question was not answered, with the path that was asked. */
static void complain(void *ctx, const char *path, const struct fb_err *err)
{
    char asked[200];
    (void)ctx;
    snprintf(asked, sizeof(asked), "%s", path);
    fb_cli_clean(asked);
    fprintf(stderr, "flyball: not answered: %s\n", asked);
    fb_cli_complain(err);
}

enum fb_code cmd_serve(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_serving serving = {.socket = -1};
    struct fb_docket_server *server = NULL;
    struct fb_desk *desk = NULL;
    char docket[FB_CLI_PATH];
    enum fb_code code = fb_cli_want(cli, 0, 0, err);
    code = code ? code : fb_cli_docket(cli, docket, err);
    /* The port may need root, and the docket is read as the user who answers. */
    code = code ? code : fb_cli_serving_open(cli, docket_address, &serving, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_desk_options options = {
        .docket = docket, .clock = fb_cli_clock(cli), .is_simulated_clock = cli->has_clock};
    fb_cli_progress("verifying every record");
    code = fb_desk_new(&options, &desk, err);
    fb_cli_progress(NULL);
    struct fb_docket_server_options made = {
        .desk = desk, .host = fb_cli_value(cli, "host"), .tell = complain, .ctx = cli};
    code = code ? code : fb_docket_server_new(&made, &server, err);
    if (code == FB_OK) {
        struct fb_server_options how = {
            .body_max = BODY_MAX, .handle = fb_docket_server_handle, .ctx = server};
        code = fb_cli_serving_run(cli, &serving, &how, err);
    }
    fb_docket_server_free(server);
    fb_cli_serving_close(&serving);
    fb_desk_free(desk);
    return code;
}

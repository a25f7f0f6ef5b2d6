/* serving.h: what the commands that serve share: an address, a user, a line that says where. */
#ifndef FB_CLI_SERVING_H
#define FB_CLI_SERVING_H

#include "base/net.h"
#include "cli/cli.h"
#include "serve/server.h"

/** A server in the making. */
struct fb_cli_serving {
    int socket;
    char address[FB_NET_TEXT];
};

/** Listens where --listen says, or at an address by default, and then becomes the user that --user
 * names. What needs root, as reading a key, is done before. The caller ends with
 * fb_cli_serving_close. */
FB_CHECKED enum fb_code fb_cli_serving_open(
    const struct fb_cli *cli, const char *address, struct fb_cli_serving *out, struct fb_err *err);

/** Serves until SIGTERM or SIGINT comes, after a line "listening on http://ADDRESS". The handler
 * runs on another thread. */
FB_CHECKED enum fb_code fb_cli_serving_run(const struct fb_cli *cli, struct fb_cli_serving *serving,
    const struct fb_server_options *options, struct fb_err *err);

/** Closes what was opened. */
void fb_cli_serving_close(struct fb_cli_serving *serving);

#endif

#include "cli/serving.h"

#include <pthread.h>
#include <signal.h>

#include "base/assert.h"
#include "serve/privileges.h"

enum fb_code fb_cli_serving_open(
    const struct fb_cli *cli, const char *address, struct fb_cli_serving *out, struct fb_err *err)
{
    FB_ASSERT(cli && address && out);
    const char *listen = fb_cli_value(cli, "listen"), *user = fb_cli_value(cli, "user");
    out->socket = -1;
    enum fb_code code = fb_net_listen(fb_str_of(listen ? listen : address), &out->socket, err);
    if (code == FB_OK) {
        code = fb_net_address(out->socket, out->address, err);
    }
    if (code == FB_OK && user) {
        code = fb_privileges_drop(user, err);
    }
    if (code != FB_OK) {
        fb_cli_serving_close(out);
    }
    return code;
}

void fb_cli_serving_close(struct fb_cli_serving *serving)
{
    FB_ASSERT(serving);
    fb_net_close(serving->socket);
    serving->socket = -1;
}

enum fb_code fb_cli_serving_run(const struct fb_cli *cli, struct fb_cli_serving *serving,
    const struct fb_server_options *options, struct fb_err *err)
{
    FB_ASSERT(cli && serving && options);
    struct fb_server *server = NULL;
    struct fb_server_options own = *options;
    struct fb_buf line;
    sigset_t ends;
    int got;
    /* Before there is another thread, which then does not take them either. */
    if (sigemptyset(&ends) != 0 || sigaddset(&ends, SIGTERM) != 0 ||
        sigaddset(&ends, SIGINT) != 0 || pthread_sigmask(SIG_BLOCK, &ends, NULL) != 0) {
        return fb_err_set(err, FB_E_IO, "could not wait for signals");
    }
    own.socket = serving->socket;
    enum fb_code code = fb_server_start(&own, &server, err);
    if (code != FB_OK) {
        return code;
    }
    serving->socket = -1; /* the server's now */
    fb_buf_init(&line, 1024);
    fb_buf_addf(&line, "listening on http://%s\n", serving->address);
    code = fb_cli_print(cli, &line, err);
    fb_buf_release(&line);
    if (code == FB_OK && sigwait(&ends, &got) != 0) {
        code = fb_err_set(err, FB_E_IO, "could not wait for signals");
    }
    fb_server_stop(server);
    return code;
}

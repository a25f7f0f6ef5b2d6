#include "serve/server.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/net.h"

/* Bytes of memory for a connection's headers, and connections of one address. */
enum { HEADERS_MAX = 32 * 1024, PER_ADDRESS_MAX = 128 };

struct fb_server {
    struct MHD_Daemon *daemon;
    struct fb_server_options options;
};

/* A request while it is read. */
struct reading {
    struct fb_buf body;
    bool is_answered; /* with 413, before the body */
};

void fb_server_say(struct fb_server_answer *out, unsigned status, const char *text)
{
    FB_ASSERT(out && text);
    fb_buf_clear(&out->body);
    out->status = status;
    out->content_type = "text/plain; charset=utf-8";
    fb_buf_addf(&out->body, "%s\n", text);
}

static enum MHD_Result send_answer(
    struct MHD_Connection *connection, const struct fb_server_answer *answer)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer->body.len, answer->body.ptr, MHD_RESPMEM_MUST_COPY);
    if (!response) {
        return MHD_NO;
    }
    bool good = true;
    const char *const headers[][2] = {{MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type},
        {MHD_HTTP_HEADER_CACHE_CONTROL, answer->cache_control},
        {MHD_HTTP_HEADER_ALLOW, answer->allow}};
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        good = good &&
               (!headers[i][1] || MHD_add_response_header(response, headers[i][0], headers[i][1]));
    }
    enum MHD_Result result =
        good ? MHD_queue_response(connection, answer->status, response) : MHD_NO;
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_text(
    struct MHD_Connection *connection, unsigned status, const char *text)
{
    struct fb_server_answer answer = {.status = status};
    fb_buf_init(&answer.body, 1024);
    fb_server_say(&answer, status, text);
    enum MHD_Result result = send_answer(connection, &answer);
    fb_buf_release(&answer.body);
    return result;
}

/* True when the request says that its body has more bytes than are read. */
static bool says_too_long(struct MHD_Connection *connection, size_t body_max)
{
    const char *text =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    uint64_t len = 0;
    return text && (!fb_str_u64(fb_str_of(text), &len) || len > body_max);
}

static enum MHD_Result begin(
    const struct fb_server *server, struct MHD_Connection *connection, void **out)
{
    struct reading *reading = fb_calloc(1, sizeof(*reading));
    if (!reading) {
        return MHD_NO;
    }
    *out = reading;
    fb_buf_init(&reading->body, server->options.body_max);
    if (says_too_long(connection, server->options.body_max)) {
        reading->is_answered = true;
        return send_text(connection, 413, "the body is too long");
    }
    return MHD_YES;
}

static enum MHD_Result answer(const struct fb_server *server, struct MHD_Connection *connection,
    const char *method, const char *path, struct fb_str body)
{
    const char *host =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    struct fb_server_request request = {.method = strcmp(method, "HEAD") == 0 ? "GET" : method,
        .path = path,
        .host = host ? host : "",
        .body = body};
    struct fb_server_answer out = {.status = 500};
    fb_buf_init(&out.body, FB_SERVER_ANSWER_MAX);
    server->options.handle(server->options.ctx, &request, &out);
    enum MHD_Result result;
    if (out.body.state != FB_BUF_GOOD) {
        result = send_text(connection, 500, "the answer could not be made");
    } else {
        result = send_answer(connection, &out);
    }
    fb_buf_release(&out.body);
    return result;
}

/* Decodes in place. A byte 0 would end the path for us and not for who passed it on: it becomes
 * another control character, which is refused. */
static size_t decode(void *ctx, struct MHD_Connection *connection, char *text)
{
    (void)ctx;
    (void)connection;
    size_t len = MHD_http_unescape(text);
    for (size_t i = 0; i < len; i++) {
        text[i] = text[i] ? text[i] : '\1';
    }
    return len;
}

static bool has_control(const char *path)
{
    for (; *path; path++) {
        if ((unsigned char)*path < ' ' || *path == '\x7f') {
            return true;
        }
    }
    return false;
}

/* Called once when the headers are there, for each piece of the body, and at its end. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version, const char *piece, size_t *len, void **state)
{
    (void)version;
    const struct fb_server *server = ctx;
    struct reading *reading = *state;
    if (!reading) {
        return begin(server, connection, state);
    }
    if (*len > 0) {
        fb_buf_add(&reading->body, piece, *len);
        *len = 0;
        return MHD_YES;
    }
    if (reading->is_answered) {
        return MHD_YES;
    }
    if (reading->body.state == FB_BUF_TOO_LONG) {
        return send_text(connection, 413, "the body is too long");
    }
    if (reading->body.state != FB_BUF_GOOD) {
        return send_text(connection, 503, "memory ran out");
    }
    if (has_control(path)) {
        return send_text(connection, 400, "the path has a control character");
    }
    return answer(server, connection, method, path, fb_buf_str(&reading->body));
}

static void on_end(void *ctx, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode reason)
{
    (void)ctx;
    (void)connection;
    (void)reason;
    struct reading *reading = *state;
    if (reading) {
        fb_buf_release(&reading->body);
        fb_free(reading);
    }
    *state = NULL;
}

enum fb_code fb_server_start(
    const struct fb_server_options *options, struct fb_server **out, struct fb_err *err)
{
    FB_ASSERT(options && out);
    FB_ASSERT(options->handle && options->socket >= 0);
    struct fb_server *server = fb_calloc(1, sizeof(*server));
    if (!server) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while starting a server");
    }
    server->options = *options;
    unsigned idle_s = options->idle_s ? options->idle_s : FB_SERVER_IDLE_S;
    server->daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD, 0, NULL, NULL, on_request,
        server, MHD_OPTION_LISTEN_SOCKET, (MHD_socket)options->socket, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)FB_SERVER_CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)PER_ADDRESS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, idle_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MAX, MHD_OPTION_NOTIFY_COMPLETED,
        on_end, NULL, MHD_OPTION_UNESCAPE_CALLBACK, decode, NULL, MHD_OPTION_END);
    if (!server->daemon) {
        fb_free(server);
        return fb_err_set(err, FB_E_IO, "could not start the server");
    }
    *out = server;
    return FB_OK;
}

void fb_server_stop(struct fb_server *server)
{
    if (server) {
        MHD_stop_daemon(server->daemon);
        fb_free(server);
    }
}

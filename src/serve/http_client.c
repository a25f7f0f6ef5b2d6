#include "serve/http_client.h"

#include <curl/curl.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"

enum { REDIRECTS_MAX = 3, SLOW_BYTES_PER_S = 50, HEADERS_MAX = 64 * 1024 };

struct fb_http_client {
    CURLM *multi;
    struct fb_http_options options;
};

/* One exchange under way. */
struct job {
    struct fb_exchange *exchange;
    CURL *easy;
    struct curl_slist *headers;
    size_t header_bytes; /* that came */
    char reason[CURL_ERROR_SIZE];
    bool is_done;
};

enum fb_code fb_http_client_new(
    const struct fb_http_options *options, struct fb_http_client **out, struct fb_err *err)
{
    FB_ASSERT(options && out);
    struct fb_http_client *client = fb_calloc(1, sizeof(*client));
    if (!client || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        fb_free(client);
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while making an HTTP client");
    }
    client->options = *options;
    client->options.connect_ms = options->connect_ms ? options->connect_ms : 10000;
    client->options.total_ms = options->total_ms ? options->total_ms : 60000;
    client->options.slow_s = options->slow_s ? options->slow_s : 20;
    client->options.pause_ms = options->pause_ms ? options->pause_ms : 250;
    client->options.attempts = options->attempts ? options->attempts : 3;
    client->multi = curl_multi_init();
    if (!client->multi) {
        fb_http_client_free(client);
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while making an HTTP client");
    }
    *out = client;
    return FB_OK;
}

void fb_http_client_free(struct fb_http_client *client)
{
    if (client) {
        (void)curl_multi_cleanup(client->multi);
        fb_free(client);
        curl_global_cleanup();
    }
}

/* Takes a piece of an answer; fewer bytes than there are end the transfer. */
static size_t take(char *bytes, size_t size, size_t count, void *ctx)
{
    struct fb_exchange *exchange = ctx;
    fb_buf_add(&exchange->answer, bytes, size * count);
    return exchange->answer.state == FB_BUF_GOOD ? size * count : 0;
}

/* Takes a line of the headers, of which only the number of bytes is of interest. */
static size_t take_header(char *bytes, size_t size, size_t count, void *ctx)
{
    struct job *job = ctx;
    (void)bytes;
    job->header_bytes += size * count;
    return job->header_bytes <= HEADERS_MAX ? size * count : 0;
}

static bool set_common(const struct fb_http_client *client, struct job *job)
{
    CURL *easy = job->easy;
    struct fb_exchange *exchange = job->exchange;
    const struct fb_http_options *options = &client->options;
    return curl_easy_setopt(easy, CURLOPT_URL, exchange->url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "flyball/" FLYBALL_VERSION) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_ms) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)options->total_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_PER_S) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)options->slow_s) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, job->reason) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PRIVATE, job) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, job) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take) == CURLE_OK;
}

static bool set_get(struct job *job)
{
    return curl_easy_setopt(job->easy, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
           curl_easy_setopt(job->easy, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX) == CURLE_OK &&
           curl_easy_setopt(job->easy, CURLOPT_ACCEPT_ENCODING, "gzip, identity") == CURLE_OK;
}

static bool set_post(struct job *job)
{
    static const char *const lines[] = {"Content-Type: text/plain; charset=utf-8", "Expect:"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct curl_slist *longer = curl_slist_append(job->headers, lines[i]);
        if (!longer) {
            return false;
        }
        job->headers = longer;
    }
    const struct fb_str *body = &job->exchange->body;
    return curl_easy_setopt(job->easy, CURLOPT_HTTPHEADER, job->headers) == CURLE_OK &&
           curl_easy_setopt(job->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len) ==
               CURLE_OK &&
           curl_easy_setopt(job->easy, CURLOPT_POSTFIELDS, body->ptr ? body->ptr : "") == CURLE_OK;
}

static void fail(struct fb_exchange *exchange, enum fb_code code, const char *reason)
{
    exchange->code = code;
    fb_err_set(&exchange->err, code, "could not %s '%.300s': %s", exchange->is_post ? "ask" : "get",
        exchange->url, reason);
}

static void start(struct fb_http_client *client, struct job *job)
{
    struct fb_exchange *exchange = job->exchange;
    job->reason[0] = 0;
    job->header_bytes = 0;
    exchange->status = 0;
    exchange->code = FB_E_IO;
    fb_err_init(&exchange->err);
    fb_buf_clear(&exchange->answer);
    if (!fb_url_is(exchange->url) || strlen(exchange->url) >= FB_URL_MAX) {
        fail(exchange, FB_E_SYNTAX, "it is no URL of http or https");
        job->is_done = true;
        return;
    }
    job->easy = curl_easy_init();
    bool good = job->easy && set_common(client, job) &&
                (exchange->is_post ? set_post(job) : set_get(job)) &&
                curl_multi_add_handle(client->multi, job->easy) == CURLM_OK;
    if (!good) {
        fail(exchange, FB_E_NOMEM, "memory ran out");
        job->is_done = true;
    }
}

static void stop(struct fb_http_client *client, struct job *job)
{
    if (job->easy) {
        (void)curl_multi_remove_handle(client->multi, job->easy);
        curl_easy_cleanup(job->easy);
        curl_slist_free_all(job->headers);
        job->easy = NULL;
        job->headers = NULL;
    }
}

static void finish(struct job *job, CURLcode result)
{
    struct fb_exchange *exchange = job->exchange;
    long status = 0;
    if (exchange->answer.state != FB_BUF_GOOD) {
        bool is_long = exchange->answer.state == FB_BUF_TOO_LONG;
        fail(exchange, is_long ? FB_E_LIMIT : FB_E_NOMEM,
            is_long ? "the answer is too long" : "memory ran out");
    } else if (job->header_bytes > HEADERS_MAX) {
        fail(exchange, FB_E_LIMIT, "the answer's header is too long");
    } else if (result == CURLE_OUT_OF_MEMORY) { /* also for a line above curl's own limit */
        fail(exchange, FB_E_IO, "memory ran out, or a line of the answer's header is too long");
    } else if (result != CURLE_OK) {
        fail(exchange, result == CURLE_URL_MALFORMAT ? FB_E_SYNTAX : FB_E_IO,
            job->reason[0] ? job->reason : curl_easy_strerror(result));
    } else if (curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK) {
        exchange->status = (unsigned)status;
        exchange->code = FB_OK;
    }
    job->is_done = true;
}

/* Runs what was started until all of it is done. */
static void run(struct fb_http_client *client)
{
    int running = 1;
    while (running > 0) {
        CURLMsg *message;
        int waiting;
        if (curl_multi_perform(client->multi, &running) != CURLM_OK) {
            return;
        }
        while ((message = curl_multi_info_read(client->multi, &waiting)) != NULL) {
            char *job = NULL;
            if (message->msg == CURLMSG_DONE &&
                curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job) == CURLE_OK) {
                finish((struct job *)(void *)job, message->data.result);
            }
        }
        if (running > 0 && curl_multi_poll(client->multi, NULL, 0, 1000, NULL) != CURLM_OK) {
            return;
        }
    }
}

/* True when trying again may help and does no harm. */
static bool may_pass(const struct fb_exchange *exchange)
{
    return !exchange->is_post &&
           (exchange->code == FB_E_IO ||
               (exchange->code == FB_OK && (exchange->status == 429 || exchange->status >= 500)));
}

static void perform(void *ctx, struct fb_exchange *exchanges, size_t count)
{
    struct fb_http_client *client = ctx;
    struct job *jobs = fb_calloc(count, sizeof(*jobs));
    uint32_t pause_ms = client->options.pause_ms;
    for (size_t i = 0; i < count; i++) {
        if (jobs) {
            jobs[i].exchange = &exchanges[i];
        } else {
            fail(&exchanges[i], FB_E_NOMEM, "memory ran out");
        }
    }
    for (uint32_t attempt = 0; jobs && attempt < client->options.attempts; attempt++) {
        bool is_again = false;
        for (size_t i = 0; i < count; i++) {
            if (!jobs[i].is_done) {
                start(client, &jobs[i]);
            }
        }
        run(client);
        for (size_t i = 0; i < count; i++) {
            stop(client, &jobs[i]);
            if (may_pass(&exchanges[i])) {
                jobs[i].is_done = false;
                is_again = true;
            }
        }
        if (!is_again) {
            break;
        }
        if (attempt + 1 < client->options.attempts) {
            (void)curl_multi_poll(client->multi, NULL, 0, (int)pause_ms, NULL);
            pause_ms *= 2;
        }
    }
    fb_free(jobs);
}

struct fb_transport fb_http_client_transport(struct fb_http_client *client)
{
    FB_ASSERT(client);
    return (struct fb_transport){perform, client};
}

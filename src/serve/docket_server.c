#include "serve/docket_server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/codec.h"
#include "base/json.h"
#include "report/front.h"
#include "report/report.h"

#define ARENA_MAX ((size_t)1 << 30)

enum {
    NS_IN_MS = 1000 * 1000,
    NS_IN_S = 1000 * NS_IN_MS,
    FRONT_MS = 50,    /* of work on the overview before it is shown, */
    WORK_MS = 5,      /* and of the thread at one time, */
    REST_TIMES = 4,   /* after which it rests so many times as long as that took, */
    REST_MS = 20,     /* and so long at least, */
    IDLE_MS = 250,    /* or so long when it is done */
    FRONT_AGE_S = 1,  /* figures that are shown are looked at again when they are so old, */
    THREAD_AGE_S = 60 /* and without being asked for when they are so old */
};

struct fb_docket_server {
    struct fb_docket_server_options options;
    struct fb_overview *overview;
    pthread_t thread;
    bool has_thread;
    bool has_locks;
    pthread_mutex_t lock; /* guards the desk, the overview and what follows */
    pthread_cond_t ended;
    bool ends;
};

/* A question at work. */
struct question {
    struct fb_desk *desk;
    struct fb_overview *overview;
    struct fb_str system; /* an id without "system/" */
    struct fb_str rest;   /* an action, or a verdict */
    bool is_absent;       /* what is asked for is not there */
    struct fb_arena arena;
    struct fb_picture picture;
    struct fb_err err;
};

static const char json[] = "application/json";

static enum fb_code absent(struct question *q, const char *what)
{
    q->is_absent = true;
    return fb_err_set(&q->err, FB_E_NOT_FOUND, "%s", what);
}

/* True when there is a system that is called so, by its first id. */
static bool is_registered(const struct question *q, struct fb_str name)
{
    char id[FB_ID_MAX + 1];
    const struct fb_registry *registry = fb_docket_registry(fb_desk_docket(q->desk));
    int len = snprintf(id, sizeof(id), "system/%.*s", FB_STR_ARG(name));
    const struct fb_record *record =
        len > 0 && len < (int)sizeof(id) ? fb_registry_find(registry, fb_str_of(id)) : NULL;
    return record && record->kind == FB_KIND_system && fb_registry_root(registry, record) == record;
}

static enum fb_code ask(struct question *q, bool brief)
{
    const struct fb_docket_question now = {
        .as_of = FB_TIME_MAX, .about = q->system, .brief = brief};
    if (!is_registered(q, q->system)) {
        return absent(q, "no such system is registered");
    }
    return fb_docket_ask(fb_desk_docket(q->desk), &now, &q->arena, &q->picture, &q->err);
}

static enum fb_code answer_gate(struct question *q, struct fb_buf *out)
{
    struct fb_verdict verdict;
    bool allowed = false;
    int action = 0;
    while (
        action < FB_ACTION_COUNT && !fb_str_is(q->rest, fb_action_word((enum fb_action)action))) {
        action++;
    }
    if (action == FB_ACTION_COUNT) {
        return absent(q, "a gate is asked for train, deploy or autonomy: /gate/ACTION/SYSTEM");
    }
    enum fb_code code = ask(q, true);
    code = code ? code
                : fb_gate_decide(&q->picture, q->system, (enum fb_action)action, &q->arena,
                      &allowed, &verdict, &q->err);
    return code ? code
                : fb_report_gate_json(
                      &q->picture, (enum fb_action)action, allowed, &verdict, out, &q->err);
}

static enum fb_code answer_status(struct question *q, struct fb_buf *out)
{
    enum fb_code code = ask(q, false);
    struct fb_report_options options = {.system = q->picture.about};
    return code ? code : fb_report_status_json(&q->picture, &options, out, &q->err);
}

static enum fb_code answer_page(struct question *q, struct fb_buf *out)
{
    enum fb_code code = ask(q, false);
    return code ? code : fb_report_html(&q->picture, out, &q->err);
}

/* Where the system ends and the verdict begins, both of which may have slashes: behind the longest
 * name of a system. */
static bool split_verdict(struct question *q)
{
    struct fb_str whole = q->rest;
    bool found = false;
    for (size_t at = 0; (at = fb_str_find(whole, '/', at)) < whole.len; at++) {
        if (at + 1 < whole.len && is_registered(q, fb_str_sub(whole, 0, at))) {
            q->system = fb_str_sub(whole, 0, at);
            q->rest = fb_str_sub(whole, at + 1, whole.len);
            found = true;
        }
    }
    return found;
}

static enum fb_code answer_explain(struct question *q, struct fb_buf *out)
{
    struct fb_verdict verdict;
    if (!split_verdict(q)) {
        return absent(q, "no such system is registered: /explain/SYSTEM/ID");
    }
    enum fb_code code = ask(q, true);
    if (code != FB_OK) {
        return code;
    }
    code = fb_picture_find(&q->picture, q->rest, &q->arena, &verdict, &q->err);
    if (code == FB_E_NOT_FOUND || code == FB_E_USAGE) {
        return absent(q, "there is no such verdict, or more than one: /status/SYSTEM lists them");
    }
    return code ? code : fb_report_why_json(&verdict, out, &q->err);
}

/* Brings the overview up as far as that is done in an instant. */
static enum fb_code look_over(struct question *q)
{
    bool done = false;
    return fb_overview_work(
        q->overview, (int64_t)FRONT_MS * NS_IN_MS, FRONT_AGE_S * FB_SECOND, &done, &q->err);
}

static enum fb_code answer_front(struct question *q, struct fb_buf *out)
{
    enum fb_code code = look_over(q);
    return code ? code : fb_report_front_html(q->overview, out, &q->err);
}

static enum fb_code answer_all(struct question *q, struct fb_buf *out)
{
    enum fb_code code = look_over(q);
    return code ? code : fb_report_front_json(q->overview, out, &q->err);
}

static enum fb_code answer_health(struct question *q, struct fb_buf *out)
{
    const struct fb_gate *seen = fb_desk_seen(q->desk);
    struct fb_docket *docket = fb_desk_docket(q->desk);
    struct fb_json_writer w;
    char root[2 * FB_HASH_SIZE + 1], at[FB_TIME_TEXT];
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_str(&w, "origin", fb_ledger_origin(fb_docket_ledger(docket)));
    fb_json_key_c(&w, "now", fb_time_format(fb_docket_now(docket), at));
    fb_json_key_int(&w, "records", (int64_t)seen->entries);
    fb_json_key_c(&w, "root", fb_hex_encode(seen->root.bytes, sizeof(seen->root.bytes), root));
    fb_json_key_bool(&w, "simulated", fb_docket_simulated(docket));
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the answer", &q->err);
}

/* What there is to ask. */
static const struct part {
    const char *path; /* behind it stand the action or the system, as `words` says */
    enum { WHOLE, SYSTEM, ACTION_SYSTEM, REST } words;
    const char *type;
    enum fb_code (*answer)(struct question *q, struct fb_buf *out);
} parts[] = {
    {"/", WHOLE, "text/html; charset=utf-8", answer_front},
    {"/health", WHOLE, json, answer_health},
    {"/status", WHOLE, json, answer_all},
    {"/gate/", ACTION_SYSTEM, json, answer_gate},
    {"/status/", SYSTEM, json, answer_status},
    {"/system/", SYSTEM, "text/html; charset=utf-8", answer_page},
    {"/explain/", REST, json, answer_explain},
};

/* Splits what stands behind a part's path; false when it is not asked in that way. */
static bool split(const struct part *part, struct fb_str path, struct question *q)
{
    size_t len = strlen(part->path);
    if (!fb_str_starts(path, fb_str_of(part->path))) {
        return false;
    }
    struct fb_str rest = fb_str_sub(path, len, path.len);
    size_t slash = fb_str_find(rest, '/', 0);
    struct fb_str first = fb_str_sub(rest, 0, slash);
    struct fb_str second = fb_str_sub(rest, slash + 1, rest.len);
    switch (part->words) {
    case WHOLE:
        return rest.len == 0;
    case SYSTEM:
        q->system = rest;
        return rest.len > 0;
    case ACTION_SYSTEM:
        q->rest = first;
        q->system = second;
        return first.len > 0 && second.len > 0;
    case REST:
        q->rest = rest;
        return rest.len > 0;
    }
    return false;
}

static void lock(struct fb_docket_server *server)
{
    int failed = pthread_mutex_lock(&server->lock);
    FB_ASSERT(!failed);
}

static void unlock(struct fb_docket_server *server)
{
    int failed = pthread_mutex_unlock(&server->lock);
    FB_ASSERT(!failed);
}

/* An error as an answer that opens nothing. */
static void refuse(struct fb_server_answer *out, unsigned status, const char *why)
{
    struct fb_json_writer w;
    fb_buf_clear(&out->body);
    out->status = status;
    out->content_type = json;
    fb_json_writer_init(&w, &out->body, 2);
    fb_json_open_object(&w);
    fb_json_key_bool(&w, "open", false);
    fb_json_key_c(&w, "error", why);
    fb_json_close_object(&w);
    fb_buf_add_char(&out->body, '\n');
}

static void answer(struct fb_docket_server *server, const struct part *part, const char *path,
    struct question *q, struct fb_server_answer *out)
{
    fb_arena_init(&q->arena, ARENA_MAX);
    lock(server);
    enum fb_code code = fb_desk_renew(q->desk, &q->err);
    code = code ? code : part->answer(q, &out->body);
    unlock(server);
    fb_arena_release(&q->arena);
    if (code == FB_OK) {
        out->status = 200;
        out->content_type = part->type;
        return;
    }
    /* What is not there is the asker's affair; what went wrong here is told to the keeper alone. */
    refuse(out, q->is_absent ? 404 : 503,
        q->is_absent ? q->err.message : "the docket cannot be asked");
    if (server->options.tell && !q->is_absent) {
        server->options.tell(server->options.ctx, path, &q->err);
    }
}

/* True for an address, localhost, the name of the options, and where none is named. A name is
 * compared as it is written, without the port. */
static bool is_host(const struct fb_docket_server *server, struct fb_str host)
{
    size_t end = fb_str_find(host, ':', 0);
    struct fb_str name = fb_str_sub(host, 0, end);
    bool is_address = host.len > 0 && host.ptr[0] == '[';
    for (size_t i = 0, digits = 0; i < name.len && !is_address; i++) {
        char c = name.ptr[i];
        digits += (c >= '0' && c <= '9') || c == '.';
        is_address = digits == name.len;
    }
    return host.len == 0 || is_address || fb_str_is(name, "localhost") ||
           (server->options.host && fb_str_is(name, server->options.host));
}

void fb_docket_server_handle(
    void *ctx, const struct fb_server_request *request, struct fb_server_answer *out)
{
    struct fb_docket_server *server = ctx;
    FB_ASSERT(server && request && out);
    struct fb_str path = fb_str_of(request->path);
    struct question q = {.desk = server->options.desk, .overview = server->overview};
    const struct part *part = NULL;
    fb_err_init(&q.err);
    for (size_t i = 0; !part && i < sizeof(parts) / sizeof(parts[0]); i++) {
        part = split(&parts[i], path, &q) ? &parts[i] : NULL;
    }
    out->cache_control = "no-store";
    if (!is_host(server, fb_str_of(request->host))) {
        refuse(out, 403, "this docket is not called so: see --host");
    } else if (!part) {
        refuse(out, 404,
            "a docket has /, /health, /status, /gate/ACTION/SYSTEM, /status/SYSTEM, "
            "/system/SYSTEM and /explain/SYSTEM/ID");
    } else if (strcmp(request->method, "GET") != 0) {
        refuse(out, 405, "a docket is only read here");
        out->allow = "GET, HEAD";
    } else {
        answer(server, part, request->path, &q, out);
    }
}

/* ---- the thread that keeps the overview up ---- */

int64_t fb_docket_server_rest(int64_t worked_ns, bool is_done)
{
    int64_t least = (int64_t)(is_done ? IDLE_MS : REST_MS) * NS_IN_MS;
    int64_t share = worked_ns > 0 ? worked_ns * REST_TIMES : 0;
    return share > least ? share : least;
}

/* Waits, unlocked, for so long or until it shall end. */
static void rest(struct fb_docket_server *server, int64_t ns)
{
    int64_t end = fb_clock_ticks_ns() + ns;
    const struct timespec until = {
        .tv_sec = (time_t)(end / NS_IN_S), .tv_nsec = (long)(end % NS_IN_S)};
    int failed = 0;
    while (!server->ends && !failed) {
        failed = pthread_cond_timedwait(&server->ended, &server->lock, &until);
    }
    FB_ASSERT(!failed || failed == ETIMEDOUT);
}

/* What goes wrong here goes wrong again when somebody asks, and is told then. */
static void *keep_up(void *ctx)
{
    struct fb_docket_server *server = ctx;
    lock(server);
    while (!server->ends) {
        bool done = false;
        struct fb_err err;
        fb_err_init(&err);
        int64_t began = fb_clock_ticks_ns();
        enum fb_code code = fb_overview_work(
            server->overview, (int64_t)WORK_MS * NS_IN_MS, THREAD_AGE_S * FB_SECOND, &done, &err);
        rest(server, fb_docket_server_rest(fb_clock_ticks_ns() - began, code || done));
    }
    unlock(server);
    return NULL;
}

static bool make_locks(struct fb_docket_server *server)
{
    pthread_condattr_t monotonic;
    if (pthread_mutex_init(&server->lock, NULL) != 0) {
        return false;
    }
    bool good = pthread_condattr_init(&monotonic) == 0;
    if (good) {
        good = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
               pthread_cond_init(&server->ended, &monotonic) == 0;
        (void)pthread_condattr_destroy(&monotonic);
    }
    if (!good) {
        (void)pthread_mutex_destroy(&server->lock);
    }
    return good;
}

/* Starts the thread, which takes no signal: they are for who serves. */
static bool start(struct fb_docket_server *server)
{
    sigset_t all, before;
    if (sigfillset(&all) != 0 || pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return false;
    }
    bool good = pthread_create(&server->thread, NULL, keep_up, server) == 0;
    int failed = pthread_sigmask(SIG_SETMASK, &before, NULL);
    FB_ASSERT(!failed);
    return good;
}

enum fb_code fb_docket_server_new(const struct fb_docket_server_options *options,
    struct fb_docket_server **out, struct fb_err *err)
{
    FB_ASSERT(options && options->desk && out);
    struct fb_docket_server *server = fb_calloc(1, sizeof(*server));
    if (!server) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    server->options = *options;
    enum fb_code code = fb_overview_new(options->desk, &server->overview, err);
    if (code == FB_OK) {
        server->has_locks = make_locks(server);
        server->has_thread = server->has_locks && start(server);
        code = server->has_thread ? FB_OK : fb_err_set(err, FB_E_IO, "could not start a thread");
    }
    if (code != FB_OK) {
        fb_docket_server_free(server);
        return code;
    }
    *out = server;
    return FB_OK;
}

void fb_docket_server_free(struct fb_docket_server *server)
{
    if (!server) {
        return;
    }
    if (server->has_thread) {
        lock(server);
        server->ends = true;
        int failed = pthread_cond_signal(&server->ended);
        unlock(server);
        FB_ASSERT(!failed);
        failed = pthread_join(server->thread, NULL);
        FB_ASSERT(!failed);
    }
    if (server->has_locks) {
        (void)pthread_cond_destroy(&server->ended);
        (void)pthread_mutex_destroy(&server->lock);
    }
    fb_overview_free(server->overview);
    fb_free(server);
}

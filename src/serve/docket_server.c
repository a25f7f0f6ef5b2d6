#include "serve/docket_server.h"

#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/json.h"
#include "report/front.h"
#include "report/report.h"

#define ARENA_MAX ((size_t)1 << 30)

/* A question at work. */
struct question {
    struct fb_desk *desk;
    struct fb_str system; /* a name without "system/" */
    struct fb_str rest;   /* an action, or a verdict */
    struct fb_arena arena;
    struct fb_picture picture;
    struct fb_err err;
};

static const char json[] = "application/json";

static enum fb_code ask(struct question *q, bool brief)
{
    return fb_desk_ask(q->desk, q->system, brief, &q->arena, &q->picture, &q->err);
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
        return fb_err_set(&q->err, FB_E_NOT_FOUND,
            "a gate is asked for train, deploy or autonomy: /gate/ACTION/SYSTEM");
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

static enum fb_code answer_explain(struct question *q, struct fb_buf *out)
{
    struct fb_verdict verdict;
    enum fb_code code = ask(q, true);
    code = code ? code : fb_picture_find(&q->picture, q->rest, &q->arena, &verdict, &q->err);
    return code ? code : fb_report_why_json(&verdict, out, &q->err);
}

/* What a system may do, by the records that were verified. */
static enum fb_code ask_actions(
    void *ctx, struct fb_str system, bool out[FB_ACTION_COUNT], struct fb_err *err)
{
    const struct fb_docket_question now = {.as_of = FB_TIME_MAX, .about = system, .brief = true};
    struct fb_desk *desk = ctx;
    struct fb_arena arena;
    struct fb_picture picture;
    struct fb_verdict verdict;
    fb_arena_init(&arena, ARENA_MAX);
    enum fb_code code = fb_docket_ask(fb_desk_docket(desk), &now, &arena, &picture, err);
    for (int action = 0; code == FB_OK && action < FB_ACTION_COUNT; action++) {
        code = fb_gate_decide(
            &picture, system, (enum fb_action)action, &arena, &out[action], &verdict, err);
    }
    fb_arena_release(&arena);
    return code;
}

static enum fb_code answer_front(struct question *q, struct fb_buf *out)
{
    enum fb_code code = fb_desk_renew(q->desk, &q->err);
    if (code != FB_OK) {
        return code;
    }
    const struct fb_gate *seen = fb_desk_seen(q->desk);
    struct fb_docket *docket = fb_desk_docket(q->desk);
    struct fb_front front = {.registry = fb_docket_registry(docket),
        .origin = fb_ledger_origin(fb_docket_ledger(docket)),
        .entries = seen->entries,
        .now = fb_docket_now(docket),
        .simulated = fb_docket_simulated(docket),
        .ask = ask_actions,
        .ctx = q->desk};
    memcpy(front.root, seen->root.bytes, sizeof(front.root));
    return fb_report_front_html(&front, out, &q->err);
}

static enum fb_code answer_health(struct question *q, struct fb_buf *out)
{
    enum fb_code code = fb_desk_renew(q->desk, &q->err);
    if (code != FB_OK) {
        return code;
    }
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
    enum { WHOLE, SYSTEM, ACTION_SYSTEM, SYSTEM_ID } words;
    const char *type;
    enum fb_code (*answer)(struct question *q, struct fb_buf *out);
} parts[] = {
    {"/", WHOLE, "text/html; charset=utf-8", answer_front},
    {"/health", WHOLE, json, answer_health},
    {"/gate/", ACTION_SYSTEM, json, answer_gate},
    {"/status/", SYSTEM, json, answer_status},
    {"/system/", SYSTEM, "text/html; charset=utf-8", answer_page},
    {"/explain/", SYSTEM_ID, json, answer_explain},
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
        return rest.len > 0 && slash >= rest.len;
    case ACTION_SYSTEM:
        q->rest = first;
        q->system = second;
        return first.len > 0 && second.len > 0 && fb_str_find(second, '/', 0) >= second.len;
    case SYSTEM_ID:
        q->system = first;
        q->rest = second;
        return first.len > 0 && second.len > 0;
    }
    return false;
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

static void answer(const struct fb_docket_server *server, const struct part *part, const char *path,
    struct question *q, struct fb_server_answer *out)
{
    fb_arena_init(&q->arena, ARENA_MAX);
    enum fb_code code = part->answer(q, &out->body);
    fb_arena_release(&q->arena);
    if (code == FB_OK) {
        out->status = 200;
        out->content_type = part->type;
        return;
    }
    /* What is not there is the asker's affair; what went wrong here is told to the keeper alone. */
    bool is_absent = code == FB_E_NOT_FOUND || code == FB_E_USAGE;
    refuse(out, is_absent ? 404 : 503, is_absent ? q->err.message : "the docket cannot be asked");
    if (server->tell && !is_absent) {
        server->tell(server->ctx, path, &q->err);
    }
}

void fb_docket_server_handle(
    void *ctx, const struct fb_server_request *request, struct fb_server_answer *out)
{
    const struct fb_docket_server *server = ctx;
    FB_ASSERT(server && server->desk && request && out);
    struct fb_str path = fb_str_of(request->path);
    struct question q = {.desk = server->desk};
    const struct part *part = NULL;
    fb_err_init(&q.err);
    for (size_t i = 0; !part && i < sizeof(parts) / sizeof(parts[0]); i++) {
        part = split(&parts[i], path, &q) ? &parts[i] : NULL;
    }
    out->cache_control = "no-store";
    if (!part) {
        refuse(out, 404,
            "a docket has /, /health, /gate/ACTION/SYSTEM, /status/SYSTEM, /system/SYSTEM and "
            "/explain/SYSTEM/ID");
    } else if (strcmp(request->method, "GET") != 0) {
        refuse(out, 405, "a docket is only read here");
        out->allow = "GET, HEAD";
    } else {
        answer(server, part, request->path, &q, out);
    }
}

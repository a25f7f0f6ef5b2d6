/*
 * When an Inspect log was scored. `inspect score` puts scores beside those of the run or in their
 * place and leaves no note of it but the times of its events. Chunked samples keep the times of
 * their scorers in skeleton.json.
 */
#include <string.h>

#include "base/assert.h"
#include "ingest/inspect.h"

enum { TYPE_BYTES = 32, TIME_BYTES = 64 };

/* What is taken of one event, or of one span of a skeleton. */
struct event {
    char type[TYPE_BYTES];
    char at[TIME_BYTES]; /* its time, a span's end */
};

/* Keeps a text that is short enough to be one of those looked for. */
static void keep(char *out, size_t size, struct fb_str text)
{
    bool fits = text.len < size;
    memcpy(out, text.ptr ? text.ptr : "", fits ? text.len : 0);
    out[fits ? text.len : 0] = 0;
}

/* Reads a time, or the last of an array of times. */
static enum fb_code take_time(struct fb_json_reader *reader, const struct fb_json_token *first,
    struct event *out, struct fb_err *err)
{
    struct fb_json_token token = *first;
    enum fb_code code = FB_OK;
    if (first->kind == FB_JSON_STRING) {
        keep(out->at, sizeof(out->at), first->text);
        return FB_OK;
    }
    if (first->kind != FB_JSON_ARRAY) {
        return fb_json_skip(reader, first, err);
    }
    while (code == FB_OK) {
        code = fb_json_next(reader, &token, err);
        if (code != FB_OK || token.kind == FB_JSON_ARRAY_END) {
            break;
        }
        if (token.kind == FB_JSON_STRING) {
            keep(out->at, sizeof(out->at), token.text);
        }
        code = fb_json_skip(reader, &token, err);
    }
    return code;
}

/* Reads the members of the object that is open; names are those of its type and its time. */
static enum fb_code read_event(struct fb_json_reader *reader, const char *const names[2],
    struct event *out, struct fb_err *err)
{
    *out = (struct event){{0}, {0}};
    for (;;) {
        struct fb_json_token token;
        enum fb_code code = fb_json_next(reader, &token, err);
        if (code != FB_OK || token.kind == FB_JSON_OBJECT_END) {
            return code;
        }
        bool is_type = fb_str_is(token.text, names[0]), is_time = fb_str_is(token.text, names[1]);
        code = fb_json_next(reader, &token, err);
        if (code == FB_OK && is_type && token.kind == FB_JSON_STRING) {
            keep(out->type, sizeof(out->type), token.text);
        }
        if (code == FB_OK) {
            code =
                is_time ? take_time(reader, &token, out, err) : fb_json_skip(reader, &token, err);
        }
        if (code != FB_OK) {
            return code;
        }
    }
}

/* Notes a score and its time. Times without a zone are of logs from before scores could be added.
 */
static void note(struct fb_inspect *log, const struct event *event)
{
    fb_time at;
    struct fb_err ignored;
    bool is_score = strcmp(event->type, "score") == 0 || strcmp(event->type, "scorer") == 0;
    log->flags[FB_INSPECT_SCORE_EDITS] |= strcmp(event->type, "score_edit") == 0;
    fb_err_init(&ignored);
    if (is_score && fb_time_parse(fb_str_of(event->at), &at, &ignored) == FB_OK) {
        log->scored = at > log->scored ? at : log->scored;
    }
}

static enum fb_code read_events(struct fb_inspect *log, struct fb_json_reader *reader,
    const struct fb_json_token *first, const char *const names[2], struct fb_err *err)
{
    struct fb_json_token token;
    if (first->kind != FB_JSON_ARRAY) {
        return fb_json_skip(reader, first, err);
    }
    for (;;) {
        enum fb_code code = fb_json_next(reader, &token, err);
        if (code != FB_OK || token.kind == FB_JSON_ARRAY_END) {
            return code;
        }
        if (token.kind != FB_JSON_OBJECT) {
            code = fb_json_skip(reader, &token, err);
        } else {
            struct event event;
            code = read_event(reader, names, &event, err);
            if (code == FB_OK) {
                note(log, &event);
            }
        }
        if (code != FB_OK) {
            return code;
        }
    }
}

enum fb_code fb_inspect_read_events(struct fb_inspect *log, struct fb_json_reader *reader,
    const struct fb_json_token *first, struct fb_err *err)
{
    static const char *const names[] = {"event", "timestamp"};
    FB_ASSERT(log && reader && first);
    return read_events(log, reader, first, names, err);
}

enum fb_code fb_inspect_read_skeleton(
    struct fb_inspect *log, struct fb_json_reader *reader, struct fb_err *err)
{
    static const char *const names[] = {"type", "t"};
    FB_ASSERT(log && reader);
    struct fb_json_token token;
    enum fb_code code = fb_json_next(reader, &token, err);
    if (code != FB_OK || token.kind != FB_JSON_OBJECT) {
        return code ? code : fb_json_skip(reader, &token, err);
    }
    for (;;) {
        code = fb_json_next(reader, &token, err);
        if (code != FB_OK || token.kind == FB_JSON_OBJECT_END) {
            return code;
        }
        bool is_spans = fb_str_is(token.text, "spans");
        code = fb_json_next(reader, &token, err);
        if (code == FB_OK) {
            code = is_spans ? read_events(log, reader, &token, names, err)
                            : fb_json_skip(reader, &token, err);
        }
        if (code != FB_OK) {
            return code;
        }
    }
}

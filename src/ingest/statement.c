/* Statements as a person writes them: one object, an array of objects, or one object a line. */
#include <stdio.h>

#include "base/assert.h"
#include "ingest/reader.h"

#define TREE_MAX ((size_t)1 << 30)

bool fb_is_statement(const struct fb_head *head)
{
    return head->has[FB_HEAD_KIND];
}

/* Reads to the end of the value that first begins; *out_end is the offset behind it. */
static enum fb_code read_to_end(struct fb_json_reader *reader, const struct fb_json_token *first,
    uint64_t *out_end, struct fb_err *err)
{
    struct fb_json_token token = *first;
    size_t depth = 1;
    while (depth > 0) {
        enum fb_code code = fb_json_next(reader, &token, err);
        if (code != FB_OK) {
            return code;
        }
        depth += token.kind == FB_JSON_OBJECT || token.kind == FB_JSON_ARRAY;
        depth -= token.kind == FB_JSON_OBJECT_END || token.kind == FB_JSON_ARRAY_END;
    }
    *out_end = token.place.offset + 1;
    return FB_OK;
}

static enum fb_code refuse_value(
    const struct fb_reading *reading, const struct fb_json_token *token, struct fb_err *err)
{
    fb_err_set(err, FB_E_SCHEMA, "a statement of a record must be a JSON object");
    fb_err_place(err, reading->input->name, token->place.line, token->place.column,
        (int64_t)token->place.offset);
    return err->code;
}

/* Adds the object that first begins. at is where the reader's text begins in the file. */
static enum fb_code add_object(struct fb_reading *reading, struct fb_json_reader *reader,
    const struct fb_json_token *first, struct fb_str text, uint64_t *out_end, struct fb_err *err)
{
    if (first->kind != FB_JSON_OBJECT) {
        return refuse_value(reading, first, err);
    }
    enum fb_code code = read_to_end(reader, first, out_end, err);
    if (code != FB_OK) {
        return code;
    }
    char place[48];
    snprintf(place, sizeof(place), "[%zu]", reading->count);
    size_t from = (size_t)first->place.offset;
    struct fb_draft draft = {.json = fb_str_sub(text, from, (size_t)*out_end - from),
        .place = fb_str_of(place),
        .line = first->place.line,
        .column = first->place.column};
    return fb_reading_add(reading, &draft, err);
}

static enum fb_code read_array(struct fb_reading *reading, struct fb_json_reader *reader,
    struct fb_str text, struct fb_err *err)
{
    struct fb_json_token token;
    for (;;) {
        enum fb_code code = fb_json_next(reader, &token, err);
        if (code != FB_OK || token.kind == FB_JSON_ARRAY_END) {
            return code != FB_OK ? code : fb_json_next(reader, &token, err);
        }
        uint64_t end = 0;
        code = add_object(reading, reader, &token, text, &end, err);
        if (code != FB_OK) {
            return code;
        }
    }
}

/* Reads the value that text begins with as a tree, which finds members that stand twice. */
static enum fb_code check_value(
    const struct fb_reading *reading, struct fb_str text, struct fb_err *err)
{
    struct fb_arena scratch;
    fb_arena_init(&scratch, TREE_MAX);
    struct fb_json_reader *reader = NULL;
    struct fb_json_token token;
    struct fb_json *tree = NULL;
    enum fb_code code = fb_json_reader_new(text, reading->input->name, NULL, &reader, err);
    if (code == FB_OK) {
        code = fb_json_next(reader, &token, err);
    }
    if (code == FB_OK) {
        code = fb_json_read_tree(reader, &token, &scratch, &tree, err);
    }
    fb_json_reader_free(reader);
    fb_arena_release(&scratch);
    return code;
}

/* Reads the value that text begins with, an array or an object, and cuts it off *text. */
static enum fb_code read_value(
    struct fb_reading *reading, struct fb_str *text, bool is_first, struct fb_err *err)
{
    struct fb_json_reader *reader = NULL;
    struct fb_json_token token;
    uint64_t end = text->len;
    enum fb_code code = check_value(reading, *text, err);
    if (code == FB_OK) {
        code = fb_json_reader_new(*text, reading->input->name, NULL, &reader, err);
    }
    if (code == FB_OK) {
        code = fb_json_next(reader, &token, err);
    }
    if (code == FB_OK && token.kind == FB_JSON_ARRAY && is_first) {
        code = read_array(reading, reader, *text, err);
    } else if (code == FB_OK) {
        code = add_object(reading, reader, &token, *text, &end, err);
    }
    fb_json_reader_free(reader);
    if (code == FB_OK) {
        *text = fb_str_sub(*text, (size_t)end, text->len);
    }
    return code;
}

/* Where in the file a text begins whose reader counts from 1. */
struct origin {
    size_t at;
    size_t line_start; /* offset of the line that holds at */
    uint32_t lines;    /* lines before that one */
};

/* Moves on to a later offset. */
static void origin_move(struct origin *origin, struct fb_str all, size_t at)
{
    FB_ASSERT(at >= origin->at);
    for (size_t i = fb_str_find(all, '\n', origin->at); i < at; i = fb_str_find(all, '\n', i + 1)) {
        origin->lines++;
        origin->line_start = i + 1;
    }
    origin->at = at;
}

static void origin_shift(const struct origin *origin, uint32_t *line, uint32_t *column)
{
    *column += *line == 1 ? (uint32_t)(origin->at - origin->line_start) : 0;
    *line += origin->lines;
}

enum fb_code fb_read_statement(struct fb_reading *reading, struct fb_err *err)
{
    struct fb_buf content;
    fb_buf_init(&content, FB_READER_TEXT_MAX);
    enum fb_code code = fb_input_all(reading->input, &content, err);
    struct fb_str all = fb_buf_str(&content), rest = all;
    struct origin origin = {0};
    bool reached = code == FB_OK;
    while (code == FB_OK && fb_str_trim(rest).len > 0) {
        FB_ASSERT(rest.len <= all.len);
        origin_move(&origin, all, all.len - rest.len);
        size_t before = reading->count;
        code = read_value(reading, &rest, origin.at == 0, err);
        for (size_t i = before; i < reading->count; i++) {
            origin_shift(&origin, &reading->drafts[i].line, &reading->drafts[i].column);
        }
    }
    if (code != FB_OK && reached) {
        if (err->line > 0) {
            origin_shift(&origin, &err->line, &err->column);
        }
        err->offset += err->offset >= 0 ? (int64_t)origin.at : 0;
    }
    fb_buf_release(&content);
    return code;
}

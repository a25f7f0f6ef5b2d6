#include "ingest/ingest.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/codec.h"
#include "ingest/reader.h"
#include "ledger/sha256.h"

enum { HEAD_SIZE = 64 * 1024 };

/* One row of formats.def. */
struct format {
    const char *name;
    const char *good; /* what a good file is like */
    bool (*is)(const struct fb_head *head);
    enum fb_code (*read)(struct fb_reading *reading, struct fb_err *err);
};

static const struct format formats[] = {
#define FB_FORMAT(part, name, text, good) {name, good, fb_is_##part, fb_read_##part},
#include "ingest/formats.def"
#undef FB_FORMAT
};

static const char known_formats[] =
#define FB_FORMAT(part, name, text, good) ", " name
#include "ingest/formats.def"
#undef FB_FORMAT
    ;

enum fb_code fb_reading_add(
    struct fb_reading *reading, const struct fb_draft *draft, struct fb_err *err)
{
    FB_ASSERT(reading && draft->json.len > 0);
    if (reading->count == FB_INGEST_DRAFTS_MAX) {
        fb_err_set(err, FB_E_LIMIT, "'%s' gives more than %d records", reading->input->name,
            FB_INGEST_DRAFTS_MAX);
        fb_err_hint(err, "Split the file and add its parts one after the other.");
        return err->code;
    }
    if (reading->count == reading->cap) {
        size_t cap = reading->cap ? 2 * reading->cap : 8;
        struct fb_draft *wider = FB_ARENA_ARRAY(reading->arena, struct fb_draft, cap);
        if (!wider) {
            return fb_arena_failed(reading->arena, err);
        }
        if (reading->count > 0) {
            memcpy(wider, reading->drafts, reading->count * sizeof(*wider));
        }
        reading->drafts = wider;
        reading->cap = cap;
    }
    struct fb_draft *to = &reading->drafts[reading->count];
    *to = (struct fb_draft){
        .line = draft->line, .column = draft->column, .keep_file = draft->keep_file};
    enum fb_code code = fb_arena_str(reading->arena, draft->json, &to->json, err);
    if (code == FB_OK) {
        code = fb_arena_str(reading->arena, draft->model, &to->model, err);
    }
    if (code == FB_OK) {
        code = fb_arena_str(reading->arena, draft->place, &to->place, err);
    }
    if (code == FB_OK) {
        reading->count++;
    }
    return code;
}

static const struct format *detect(const struct fb_head *head)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (formats[i].is(head)) {
            return &formats[i];
        }
    }
    return NULL;
}

static enum fb_code refuse(const struct fb_input *input, struct fb_str head, struct fb_err *err)
{
    if (fb_str_starts(head, FB_STR("\x1f\x8b"))) {
        fb_err_set(err, FB_E_FORMAT, "'%s' is packed by gzip", input->name);
        return fb_err_hint(err, "A log is kept and signed as it is: unpack it with `gzip -d`.");
    }
    if (fb_str_starts(head, FB_STR("\xEF\xBB\xBF{"))) {
        fb_err_set(err, FB_E_FORMAT, "'%s' begins with a byte order mark", input->name);
        return fb_err_hint(err, "JSON has none: save it as UTF-8 without it.");
    }
    if (head.len == 0) {
        fb_err_set(err, FB_E_FORMAT, "'%s' is empty", input->name);
    } else {
        fb_err_set(err, FB_E_FORMAT, "the format of '%s' is not known", input->name);
    }
    fb_err_hint(err, "Formats are recognised by content; known are %s.", known_formats + 2);
    return err->code;
}

/* Finds the format of a file; bytes has room for its head. */
static enum fb_code find_format(
    const struct fb_input *input, char *bytes, const struct format **out, struct fb_err *err)
{
    size_t got = 0;
    enum fb_code code = fb_input_read(input, 0, (struct fb_io_span){bytes, HEAD_SIZE}, &got, err);
    struct fb_head head;
    if (code == FB_OK) {
        code = fb_head_scan((struct fb_str){bytes, got}, &head, err);
    }
    if (code == FB_OK) {
        *out = detect(&head);
        code = *out ? FB_OK : refuse(input, head.text, err);
    }
    return code;
}

static enum fb_code read_input(const struct fb_input *input,
    const struct fb_ingest_options *options, struct fb_arena *arena, struct fb_drafts *out,
    struct fb_err *err)
{
    static const struct fb_ingest_options none = {0};
    char *bytes = fb_alloc(HEAD_SIZE);
    if (!bytes) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while reading '%s'", input->name);
    }
    const struct format *format = NULL;
    enum fb_code code = find_format(input, bytes, &format, err);
    fb_free(bytes);
    struct fb_reading reading = {
        .input = input, .options = options ? options : &none, .arena = arena};
    if (code == FB_OK) {
        code = format->read(&reading, err);
        if (code != FB_OK && code != FB_E_NOMEM && code != FB_E_IO && !err->hint[0]) {
            (void)fb_err_hint(err, "%s", format->good);
        }
    }
    if (code != FB_OK) {
        fb_err_place(err, input->name, 0, 0, -1);
        return code;
    }
    *out = (struct fb_drafts){format->name, reading.drafts, reading.count};
    return FB_OK;
}

enum fb_code fb_ingest_memory(struct fb_str bytes, const char *name,
    const struct fb_ingest_options *options, struct fb_arena *arena, struct fb_drafts *out,
    struct fb_err *err)
{
    FB_ASSERT(name && arena && out);
    struct fb_input input = fb_input_memory(bytes, name);
    return read_input(&input, options, arena, out, err);
}

enum fb_code fb_ingest_file(const char *path, const struct fb_ingest_options *options,
    struct fb_arena *arena, struct fb_drafts *out, struct fb_err *err)
{
    FB_ASSERT(path && arena && out);
    struct fb_input input;
    enum fb_code code = fb_input_open(path, &input, err);
    if (code != FB_OK) {
        return code;
    }
    code = read_input(&input, options, arena, out, err);
    fb_input_close(&input);
    return code;
}

/* Walks the members of the object that is open, and notes those that tell a format. */
static enum fb_code scan_members(
    struct fb_json_reader *reader, struct fb_head *head, struct fb_err *err)
{
    static const char *const names[FB_HEAD_KEYS] = {"doc_id", "eval", "incident_id", "jobs", "kind",
        "objects", "results", "score_binarized", "spec_version", "status", "version", "bomFormat",
        "@context"};
    struct fb_json_token token;
    enum fb_code code = fb_json_next(reader, &token, err);
    while (code == FB_OK && token.kind == FB_JSON_KEY) {
        for (size_t i = 0; i < FB_HEAD_KEYS; i++) {
            head->has[i] |= fb_str_is(token.text, names[i]);
        }
        code = fb_json_next(reader, &token, err);
        code = code == FB_OK ? fb_json_skip(reader, &token, err) : code;
        code = code == FB_OK ? fb_json_next(reader, &token, err) : code;
    }
    return code;
}

static enum fb_code scan(struct fb_json_reader *reader, struct fb_head *head, struct fb_err *err)
{
    struct fb_json_token token;
    enum fb_code code = fb_json_next(reader, &token, err);
    if (code == FB_OK && token.kind == FB_JSON_ARRAY) {
        head->is_array = true;
        code = fb_json_next(reader, &token, err);
    }
    return code == FB_OK && token.kind == FB_JSON_OBJECT ? scan_members(reader, head, err) : code;
}

enum fb_code fb_head_scan(struct fb_str text, struct fb_head *out, struct fb_err *err)
{
    static const struct fb_json_options options = {.allow_nonfinite = true};
    FB_ASSERT(out);
    struct fb_err ours;
    fb_err_init(&ours);
    struct fb_json_reader *reader = NULL;
    struct fb_head head = {.text = text};
    enum fb_code code = fb_json_reader_new(text, "head", &options, &reader, &ours);
    if (code == FB_OK) {
        code = scan(reader, &head, &ours);
    }
    fb_json_reader_free(reader);
    if (code == FB_E_NOMEM) {
        *err = ours;
        return code;
    }
    *out = head;
    return FB_OK;
}

void fb_reader_name(struct fb_buf *out, struct fb_str text)
{
    static const char others[] = "._-/:@+";
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c != 0 && strchr(others, c));
        fb_buf_add_char(out, is_good ? c : '-');
    }
}

void fb_reader_text(struct fb_buf *out, struct fb_str text, size_t max)
{
    size_t len = text.len < max ? text.len : max;
    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80) {
        len--;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool c1 = c == 0xc2 && i + 1 < len && (unsigned char)text.ptr[i + 1] < 0xa0;
        i += c1;
        fb_buf_add_char(out, c < 0x20 || c == 0x7f || c1 ? ' ' : (char)c);
    }
}

bool fb_reader_shows(struct fb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

void fb_reader_mark(struct fb_buf *out, struct fb_str text)
{
    enum { MARK_BYTES = 4 };
    uint8_t digest[FB_SHA256_SIZE];
    char hex[2 * MARK_BYTES + 1];
    fb_sha256_of(text, digest);
    fb_buf_add_char(out, '-');
    fb_buf_add_c(out, fb_hex_encode(digest, MARK_BYTES, hex));
}

void fb_reader_figure(struct fb_json_writer *w, const char *key, double x)
{
    fb_json_key(w, key);
    if (isfinite(x)) {
        fb_json_double(w, x);
    } else {
        fb_json_null(w);
    }
}

void fb_reader_time(struct fb_json_writer *w, const char *key, fb_time at)
{
    char text[FB_TIME_TEXT];
    fb_json_key_c(w, key, fb_time_format(at, text));
}

void fb_reader_judge(struct fb_json_writer *w, const struct fb_ingest_options *options)
{
    const struct fb_judge_record *judge = options->judge;
    if (!judge) {
        return;
    }
    fb_json_key(w, "judge");
    fb_json_open_object(w);
    fb_json_key_int(w, "negatives", judge->negatives);
    fb_json_key_int(w, "right_negatives", judge->right_negatives);
    fb_json_key_int(w, "positives", judge->positives);
    fb_json_key_int(w, "right_positives", judge->right_positives);
    if (judge->from.len > 0) {
        fb_json_key_str(w, "from", judge->from);
    }
    fb_json_close_object(w);
}

#include "govern/docket_index.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/codec.h"
#include "base/limit.h"
#include "govern/docket_read.h"
#include "record/terms.h"

/* The first line of the note. It changes when terms do. */
#define NOTE_HEAD "flyball-index v1\n"

enum { NOTE_MAX = 1024, SCRATCH_MAX = 16 << 20 };

/* ---- terms ---- */

struct reading {
    struct fb_arena scratch;
    fb_index_visit visit;
    void *ctx;
};

static enum fb_code take_terms(
    void *ctx, uint64_t seq, const struct fb_prepared *prepared, struct fb_err *err)
{
    struct reading *reading = ctx;
    struct fb_record record = prepared->record;
    uint64_t terms[FB_TERMS_MAX];
    enum fb_code code = prepared->is_ready ? FB_OK
                                           : fb_record_parse(prepared->entry.statement, NULL,
                                                 &reading->scratch, &record, err);
    if (code != FB_OK) {
        return fb_err_prefix(err, "entry %llu of the ledger", (unsigned long long)seq);
    }
    record.admitted = prepared->entry.admitted;
    size_t count = fb_record_terms(&record, terms);
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        code = reading->visit(reading->ctx, seq, terms[i], err);
    }
    fb_arena_clear(&reading->scratch);
    return code;
}

enum fb_code fb_docket_index_terms(struct fb_docket *docket, const uint64_t range[2],
    fb_index_visit visit, void *ctx, struct fb_err *err)
{
    FB_ASSERT(docket && range && visit);
    struct reading reading = {.visit = visit, .ctx = ctx};
    const struct fb_docket_reading how = {
        .of = " of the ledger", .take = take_terms, .ctx = &reading};
    fb_arena_init(&reading.scratch, SCRATCH_MAX);
    enum fb_code code =
        range[0] < range[1] ? fb_docket_read(docket->ledger, range, &how, err) : FB_OK;
    fb_arena_release(&reading.scratch);
    return code;
}

/* ---- the note: of which ledger, and how far ---- */

static enum fb_code path_of(
    const struct fb_docket *docket, char out[FB_DOCKET_PATH_MAX], struct fb_err *err)
{
    return fb_docket_path(docket->path, "", FB_STR("index.db"), out, err);
}

static enum fb_code write_note(
    struct fb_docket *docket, uint64_t size, char out[NOTE_MAX], struct fb_err *err)
{
    struct fb_hash root;
    char hex[2 * sizeof(root.bytes) + 1];
    enum fb_code code = fb_ledger_root(docket->ledger, size, &root, err);
    if (code == FB_OK) {
        fb_hex_encode(root.bytes, sizeof(root.bytes), hex);
        int len = snprintf(out, NOTE_MAX, NOTE_HEAD "%.*s\n%llu\n%s\n",
            FB_STR_ARG(fb_ledger_origin(docket->ledger)), (unsigned long long)size, hex);
        code = len > 0 && len < NOTE_MAX
                   ? FB_OK
                   : fb_err_set(err, FB_E_LIMIT, "the name of the ledger is too long");
    }
    return code;
}

/* How many entries of this ledger an index covers; 0 where it is of another one. */
static enum fb_code read_note(
    struct fb_docket *docket, struct fb_marks *marks, uint64_t *out, struct fb_err *err)
{
    struct fb_buf note;
    struct fb_str head, origin, number;
    char expected[NOTE_MAX];
    uint64_t size = 0, there = 0;
    fb_buf_init(&note, NOTE_MAX);
    *out = 0;
    enum fb_code code = fb_marks_note(marks, &note, err);
    code = code ? code : fb_ledger_size(docket->ledger, &there, err);
    struct fb_str rest = fb_buf_str(&note);
    bool fits = code == FB_OK && fb_str_line(&rest, &head) && fb_str_line(&rest, &origin) &&
                fb_str_line(&rest, &number) && fb_str_u64(number, &size) && size > 0 &&
                size <= there;
    code = fits ? write_note(docket, size, expected, err) : code;
    if (code == FB_OK && fits && fb_str_is(fb_buf_str(&note), expected)) {
        *out = size;
    }
    fb_buf_release(&note);
    return code;
}

enum fb_code fb_docket_index_open(
    struct fb_docket *docket, struct fb_marks **out, uint64_t *out_size, struct fb_err *err)
{
    FB_ASSERT(docket && out && out_size);
    char path[FB_DOCKET_PATH_MAX];
    struct fb_marks *marks = NULL;
    enum fb_code code = path_of(docket, path, err);
    code = code ? code : fb_marks_open(path, &marks, err);
    code = code ? code : read_note(docket, marks, out_size, err);
    if (code == FB_OK && *out_size == 0) {
        code = fb_err_set(err, FB_E_NOT_FOUND, "'%s' is not of this ledger", path);
    }
    if (code != FB_OK) {
        fb_marks_close(marks);
        return code;
    }
    *out = marks;
    return FB_OK;
}

/* ---- making it ---- */

/* Marks in the making, which go to the file when there are many. */
struct making {
    struct fb_marks *marks;
    struct fb_mark *items;
    size_t count;
    size_t cap;
};

static enum fb_code flush(struct making *making, struct fb_err *err)
{
    enum fb_code code = fb_marks_add(making->marks, making->items, making->count, err);
    making->count = 0;
    return code;
}

static enum fb_code add_mark(void *ctx, uint64_t seq, uint64_t term, struct fb_err *err)
{
    struct making *making = ctx;
    size_t most = fb_limit(FB_INDEX_MARKS_MAX);
    if (making->count == making->cap && making->cap < most) {
        size_t cap = making->cap ? 2 * making->cap : 1024;
        struct fb_mark *grown = fb_realloc(making->items, cap * sizeof(*grown));
        if (!grown) {
            return fb_err_set(err, FB_E_NOMEM, "memory ran out");
        }
        making->items = grown;
        making->cap = cap;
    }
    making->items[making->count++] = (struct fb_mark){term, seq};
    return making->count == making->cap && making->cap >= most ? flush(making, err) : FB_OK;
}

static enum fb_code extend(
    struct fb_docket *docket, struct fb_marks *marks, const uint64_t range[2], struct fb_err *err)
{
    char note[NOTE_MAX];
    struct making making = {.marks = marks};
    enum fb_code code = fb_docket_index_terms(docket, range, add_mark, &making, err);
    code = code ? code : flush(&making, err);
    code = code ? code : write_note(docket, range[1], note, err);
    code = code ? code : fb_marks_keep(marks, fb_str_of(note), err);
    fb_free(making.items);
    return code;
}

enum fb_code fb_docket_index(
    struct fb_docket *docket, bool any_size, uint64_t *out_size, struct fb_err *err)
{
    FB_ASSERT(docket && out_size);
    char path[FB_DOCKET_PATH_MAX];
    struct fb_marks *marks = NULL;
    uint64_t range[2] = {0, 0};
    enum fb_code code = path_of(docket, path, err);
    code = code ? code : fb_ledger_size(docket->ledger, &range[1], err);
    *out_size = 0;
    bool wanted = any_size || range[1] >= fb_limit(FB_DOCKET_INDEX_MIN) || fb_io_exists(path);
    if (code != FB_OK || !wanted) {
        return code;
    }
    code = fb_marks_write(path, &marks, err);
    code = code ? code : read_note(docket, marks, &range[0], err);
    if (code == FB_OK && range[0] == 0) {
        code = fb_marks_clear(marks, err);
    }
    if (code == FB_OK && range[0] < range[1]) {
        code = extend(docket, marks, range, err);
    }
    *out_size = code ? 0 : range[1];
    fb_marks_close(marks);
    return code;
}

/* ---- comparing it ---- */

/* A sum over marks that hangs on each of them and not on their order. */
struct sum {
    uint64_t count;
    uint64_t parts[2];
};

static void sum_mark(struct sum *sum, uint64_t term, uint64_t seq)
{
    for (uint64_t i = 0; i < 2; i++) {
        /* Keyed for this process: who alters the file cannot make up for it. */
        const uint64_t mark[3] = {term, seq, i};
        sum->parts[i] += fb_map_hash((struct fb_str){(const char *)mark, sizeof(mark)});
    }
    sum->count++;
}

static enum fb_code sum_term(void *ctx, uint64_t seq, uint64_t term, struct fb_err *err)
{
    (void)err;
    sum_mark(ctx, term, seq);
    return FB_OK;
}

static enum fb_code sum_found(void *ctx, const struct fb_mark *mark, struct fb_err *err)
{
    (void)err;
    sum_mark(ctx, mark->key, mark->number);
    return FB_OK;
}

enum fb_code fb_docket_index_verify(
    struct fb_docket *docket, uint64_t *out_size, struct fb_err *err)
{
    FB_ASSERT(docket && out_size);
    struct fb_marks *marks = NULL;
    struct sum found = {.count = 0}, expected = {.count = 0};
    uint64_t size = 0;
    enum fb_code code = fb_docket_index_open(docket, &marks, &size, err);
    if (code == FB_E_NOT_FOUND) {
        fb_err_init(err);
        *out_size = 0;
        return FB_OK;
    }
    code = code ? code : fb_marks_each(marks, sum_found, &found, err);
    code = code ? code
                : fb_docket_index_terms(
                      docket, (const uint64_t[2]){0, size}, sum_term, &expected, err);
    if (code == FB_OK && (found.count != expected.count || found.parts[0] != expected.parts[0] ||
                             found.parts[1] != expected.parts[1])) {
        fb_err_set(err, FB_E_CORRUPT, "the index of '%s' is not that of its ledger", docket->path);
        code = fb_err_hint(err, "Remove its index.db, which is made again by what is added next.");
    }
    fb_marks_close(marks);
    *out_size = size;
    return code;
}

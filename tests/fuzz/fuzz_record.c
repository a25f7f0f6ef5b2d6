/*
 * fuzz_record.c: statements and drafts. What is accepted as a statement is canonical: taken as a
 * draft it gives the same bytes. A draft that is accepted gives a statement that is.
 */
#include "base/assert.h"
#include "record/record.h"

enum { MEMORY_MAX = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_values(const struct fb_record *record)
{
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    for (size_t i = 0; i < count; i++) {
        struct fb_value value = fb_record_value(record, i);
        FB_ASSERT(value.type != FB_TYPE_NONE || !fields[i].needed);
    }
}

/* Makes a statement of text as a draft; false when it is refused. */
static bool make_statement(struct fb_str text, struct fb_arena *arena, struct fb_buf *out)
{
    struct fb_err err;
    struct fb_json *draft = NULL;
    fb_err_init(&err);
    if (fb_json_parse(text, NULL, NULL, arena, &draft, &err) != FB_OK) {
        return false;
    }
    enum fb_code code = fb_record_canonical(
        draft, (struct fb_record_fill){.issuer = FB_STR("party/fuzz")}, out, &err);
    FB_ASSERT(code == FB_OK || (out->len == 0 && err.message[0] && err.hint[0]));
    return code == FB_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_str text = {(const char *)data, size};
    struct fb_arena arena;
    struct fb_record record;
    struct fb_buf statement;
    struct fb_err err;
    fb_err_init(&err);
    fb_arena_init(&arena, MEMORY_MAX);
    fb_buf_init(&statement, FB_STATEMENT_MAX);
    bool good = fb_record_parse(text, NULL, &arena, &record, &err) == FB_OK;
    if (good) {
        read_values(&record);
    }
    bool made = make_statement(text, &arena, &statement);
    FB_ASSERT(!good || (made && fb_str_eq(text, fb_buf_str(&statement))));
    if (made) {
        enum fb_code code = fb_record_parse(fb_buf_str(&statement), NULL, &arena, &record, &err);
        FB_ASSERT(code == FB_OK);
    }
    fb_buf_release(&statement);
    fb_arena_release(&arena);
    return 0;
}

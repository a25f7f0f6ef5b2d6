/* docket_review.c: files a review of a safety case. */
#include "base/assert.h"
#include "govern/docket_private.h"

/* "review/CASE.3": the first number that is free. */
static struct fb_str free_id(
    const struct fb_docket *docket, struct fb_str about, struct fb_arena *arena)
{
    const struct fb_registry *registry = docket->registry;
    struct fb_str name = fb_str_sub(about, 5, about.len), id = {NULL, 0};
    name = fb_str_sub(name, 0, fb_str_find(name, '@', 0));
    for (size_t n = 1; n <= fb_registry_count(registry) + 1; n++) {
        id = fb_arena_printf(arena, "review/%.*s.%zu", FB_STR_ARG(fb_str_sub(name, 0, 100)), n);
        if (!id.ptr || !fb_registry_find(registry, id)) {
            break;
        }
    }
    return id;
}

static void write_draft(const struct fb_docket *docket, const struct fb_docket_review *review,
    struct fb_str id, struct fb_buf *draft)
{
    char at[FB_TIME_TEXT];
    struct fb_json_writer w;
    fb_json_writer_init(&w, draft, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "kind", "review");
    fb_json_key_str(&w, "id", id);
    fb_json_key_c(&w, "at", fb_time_format(fb_clock_now(&docket->clock), at));
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    fb_json_key_str(&w, "about", review->about);
    fb_json_key_str(&w, "finding", review->finding);
    fb_json_key_str(&w, "reasons", review->reasons);
    if (review->element.len) {
        fb_json_key_str(&w, "element", review->element);
        fb_json_key_str(&w, "part", review->part);
    }
    fb_json_close_object(&w);
    fb_json_close_object(&w);
}

enum fb_code fb_docket_review_case(struct fb_docket *docket, const struct fb_docket_review *review,
    struct fb_docket_added *out, struct fb_err *err)
{
    FB_ASSERT(docket && review && out);
    FB_ASSERT(fb_str_starts(review->about, FB_STR("case/")));
    struct fb_arena arena;
    struct fb_buf draft, statement;
    struct fb_str issuer = {NULL, 0};
    fb_arena_init(&arena, 1 << 16);
    fb_buf_init(&draft, 2 * (size_t)FB_STATEMENT_MAX);
    fb_buf_init(&statement, FB_STATEMENT_MAX);
    enum fb_code code = fb_docket_party_id(docket, review->issuer, &arena, &issuer, err);
    struct fb_str id = free_id(docket, review->about, &arena);
    code = code == FB_OK && !id.ptr ? fb_arena_failed(&arena, err) : code;
    if (code == FB_OK) {
        write_draft(docket, review, id, &draft);
        code = fb_docket_canonical(docket, &draft, issuer, &statement, err);
    }
    if (code == FB_OK) {
        struct fb_filing filing = {
            .statement = fb_buf_str(&statement), .kind = FB_STR("review"), .issuer = issuer};
        code = fb_docket_file(docket, &filing, 1, out, err);
    }
    fb_buf_release(&statement);
    fb_buf_release(&draft);
    fb_arena_release(&arena);
    return code;
}

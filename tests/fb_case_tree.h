/*
 * fb_case_tree.h: trees of cases from text of a format, and back.
 */
#ifndef FB_CASE_TREE_TEST_H
#define FB_CASE_TREE_TEST_H

#include "case/formats.h"
#include "fb_case.h"

static inline enum fb_code tree_of(
    struct fb_str text, enum fb_case_format format, struct fb_yaml **out)
{
    struct fb_doc_file file = {.path = "case", .text = text};
    return fb_case_read_tree(&file, format, &arena, out, &err);
}

/* A tree written in a format. */
static inline struct fb_str written(struct fb_yaml *root, enum fb_case_format format)
{
    struct fb_doc doc;
    struct fb_buf out;
    struct fb_str kept;
    struct fb_doc_file file = {.path = "case", .text = FB_STR(""), .root = root};
    fb_doc_init(&doc, &arena);
    fb_buf_init(&out, 1 << 26);
    FB_TEST_OK(fb_doc_add(&doc, &file, &err));
    FB_TEST_OK(fb_case_write(&doc, format, &out, &err));
    FB_TEST_OK(fb_arena_str(&arena, fb_buf_str(&out), &kept, &err));
    fb_buf_release(&out);
    fb_doc_release(&doc);
    return kept;
}

/* Whether two trees hold the same; members of a mapping may stand in any order. */
static inline bool same(const struct fb_yaml *a, const struct fb_yaml *b)
{
    if (!a || !b || a->kind != b->kind || a->count != b->count) {
        return false;
    }
    if (a->kind == FB_YAML_SCALAR) {
        return fb_str_eq(a->text, b->text) && fb_yaml_is_text(a) == fb_yaml_is_text(b);
    }
    const struct fb_yaml *y = b->child;
    for (const struct fb_yaml *x = a->child; x; x = x->next) {
        const struct fb_yaml *other = a->kind == FB_YAML_MAP ? fb_yaml_get(b, x->key.ptr) : y;
        if (!same(x, other)) {
            return false;
        }
        y = y->next;
    }
    return true;
}

#endif

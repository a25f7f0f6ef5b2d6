/*
 * fb_case.h: what tests of safety cases share: an arena and an error for each test, cases from
 * text, and random ones.
 */
#ifndef FB_CASE_TEST_H
#define FB_CASE_TEST_H

#include "base/buf.h"
#include "case/document.h"
#include "fb_test.h"

static struct fb_err err;
static struct fb_arena arena;

static inline int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)1 << 30);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

/* The state of the generator of chance(): set it, so that a failure can be had again. */
static uint32_t seed;

static inline uint32_t chance(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/* A case of one file that need not be fit to be submitted; the text is copied. */
static inline struct fb_case *built(struct fb_str text)
{
    struct fb_case *c = NULL;
    struct fb_yaml *root = NULL;
    struct fb_doc doc;
    struct fb_doc_file file = {.path = "c"};
    fb_doc_init(&doc, &arena);
    FB_TEST_OK(fb_arena_str(&arena, text, &file.text, &err));
    FB_TEST_OK(fb_yaml_parse(file.text, "c", &arena, &root, &err));
    file.root = root;
    FB_TEST_OK(fb_doc_add(&doc, &file, &err));
    FB_TEST_OK(fb_case_build(&doc, true, &arena, &c, &err));
    fb_doc_release(&doc);
    return c;
}

/* Takes a member out of a mapping; true when the mapping is empty then. */
static inline bool take_out(struct fb_yaml *map, const char *key)
{
    struct fb_yaml **at = &map->child, *before = NULL;
    while (*at) {
        if (fb_str_is((*at)->key, key)) {
            *at = (*at)->next;
            map->count--;
        } else {
            before = *at;
            at = &before->next;
        }
    }
    map->last = before;
    return map->count == 0;
}

/* Forgets what a reader of SACM keeps of handles, for tests of other things. */
static inline void forget_handles(struct fb_yaml *root)
{
    static const char *const HANDLES[] = {"id", "relations", "package"};
    for (struct fb_yaml *e = root->child; e; e = e->next) {
        struct fb_yaml *kept = (struct fb_yaml *)fb_yaml_get(e, "sacm");
        for (size_t i = 0; kept && i < sizeof(HANDLES) / sizeof(HANDLES[0]); i++) {
            if (take_out(kept, HANDLES[i])) {
                (void)take_out(e, "sacm");
                break;
            }
        }
    }
    const struct fb_yaml *section = fb_yaml_get(root, "module");
    if (section && section->count == 0) {
        (void)take_out(root, "module");
    }
}

/* "y" or "yes" holds, "n" or "no" fails, anything else is not known. */
static inline enum fb_code plain_query(void *ctx, struct fb_str predicate, struct fb_arena *memory,
    struct fb_evidence *out, struct fb_err *error)
{
    (void)ctx, (void)memory, (void)error;
    out->health = fb_str_is(predicate, "y") || fb_str_is(predicate, "yes")  ? FB_EVIDENCE_HOLDS
                  : fb_str_is(predicate, "n") || fb_str_is(predicate, "no") ? FB_EVIDENCE_FAILS
                                                                            : FB_EVIDENCE_UNKNOWN;
    return FB_OK;
}

static inline struct fb_case *labelled(struct fb_str text)
{
    struct fb_case *c = built(text);
    FB_TEST_OK(fb_case_label(c, plain_query, NULL, &arena, &err));
    return c;
}

#endif

/* parse.h: what the parts of the reader of cases share. Private to the room. */
#ifndef FB_CASE_PARSE_H
#define FB_CASE_PARSE_H

#include "base/map.h"
#include "case/case.h"
#include "case/yaml.h"

/** A case on its way from text. */
struct fb_case_builder {
    struct fb_str text;
    const char *name;                       /**< of the file; may be NULL */
    struct fb_arena *arena;                 /**< of the case */
    struct fb_arena *scratch;               /**< of the YAML tree */
    struct fb_case *argument;               /**< so far */
    const struct fb_yaml **nodes;           /**< of each element */
    struct fb_map ids;                      /**< id to struct fb_element */
    const struct fb_yaml **challenge_nodes; /**< of each challenge */
    size_t relation_count;                  /**< challenges of relations so far */
    uint32_t *seen;                         /**< of each element: the stamp of the last list */
    uint32_t stamp;
};

/** Turns names into indices and checks who may support, explain and challenge whom. E_REFERENCE,
 * E_SCHEMA, E_LIMIT or E_NOMEM. */
FB_CHECKED enum fb_code fb_case_resolve(struct fb_case_builder *b, struct fb_err *err);

/** Checks that support runs in no circle and finds the one top goal. E_SYNTAX or E_NOMEM. */
FB_CHECKED enum fb_code fb_case_check(struct fb_case_builder *b, struct fb_err *err);

/** Place a filled error at a value, and at its key. Return err's code. */
enum fb_code fb_case_err_at(
    const struct fb_case_builder *b, const struct fb_yaml *node, struct fb_err *err);
enum fb_code fb_case_err_at_key(
    const struct fb_case_builder *b, const struct fb_yaml *node, struct fb_err *err);

#endif

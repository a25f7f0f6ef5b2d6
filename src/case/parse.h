/* parse.h: what the parts of the builder of arguments share. Private to the room. */
#ifndef FB_CASE_PARSE_H
#define FB_CASE_PARSE_H

#include "case/document.h"

/** An argument on its way from a document. */
struct fb_case_builder {
    const struct fb_doc *doc;
    bool relaxed;                             /**< see fb_case_build */
    struct fb_arena *arena;                   /**< of the case */
    struct fb_arena *scratch;                 /**< of what is needed until it is built */
    struct fb_case *argument;                 /**< so far; element i is element i of the document */
    const struct fb_doc_ref **challenge_refs; /**< of each challenge */
    size_t relation_count;                    /**< challenges of relations so far */
    size_t at;                                /**< the element that is being resolved */
    size_t binding_cap;                       /**< room for bindings in the argument */
    struct fb_map parts;                      /* of the file in hand: name to module, + 1 */
    uint32_t *seen;                           /**< of each element: the stamp of the last list */
    uint32_t stamp;
};

/** Turns names into indices and checks who may support, explain and challenge whom. E_REFERENCE,
 * E_SCHEMA, E_LIMIT or E_NOMEM. */
FB_CHECKED enum fb_code fb_case_resolve(struct fb_case_builder *b, struct fb_err *err);

/** Reads the keys that say how support is meant and how an element is drawn; after
 * fb_case_resolve. E_SCHEMA, E_REFERENCE or E_NOMEM. */
FB_CHECKED enum fb_code fb_case_read_extras(struct fb_case_builder *b, struct fb_err *err);

/** Reads the keys that tie an element in hand to the world: acceptance, independence, cost, and the
 * hazards, mitigations, outcomes and red lines that it is bound to. Errors as above. */
FB_CHECKED enum fb_code fb_case_read_bindings(
    struct fb_case_builder *b, struct fb_element *e, struct fb_err *err);

/** Refuses a value of the element in hand: "'KEY' of 'ID' FORM", with a hint. Returns E_SCHEMA. */
enum fb_code fb_case_refuse(const struct fb_case_builder *b, const struct fb_yaml *node,
    const char *form, const char *hint, struct fb_err *err);

/** Checks that support runs in no circle and not too deep, and finds the top goal. E_SYNTAX,
 * E_LIMIT or E_NOMEM. */
FB_CHECKED enum fb_code fb_case_check(struct fb_case_builder *b, struct fb_err *err);

/** Places a filled error at a value of an element, and at the element's id. Return err's code. */
enum fb_code fb_case_err_at(const struct fb_case_builder *b, size_t element,
    const struct fb_yaml *node, struct fb_err *err);
enum fb_code fb_case_err_at_id(const struct fb_case_builder *b, size_t element, struct fb_err *err);

#endif

/*
 * pattern.h: argument patterns: arguments with parameters, parts that stand once for each of
 * several values, and parts that stand only under a condition. A pattern is a file in the native
 * format whose module section has `pattern`, and it can be checked and drawn as any other:
 *
 *     module:
 *       name: inability
 *       pattern:
 *         system: {text: the system's name, default: the system}
 *         task: {text: a dangerous task, many: true}
 *     G2: {each: task, text: "{system} cannot do {task}", supportedBy: [G3, G4]}
 *     G4: {when: basis = elicited, text: ...}
 *
 * Each element that stands below one with `each`, and that depends on its value, stands once for
 * each value; what does not depend on it is shared. `{product: a b c}` is the product of numbers or
 * ranges
 * ("10..100"), as a range; a challenge of a relation, "G1 -> G2", becomes one of each relation that
 * comes of it; conditions are `p`, `p = value`, `p != value` and
 * `product: a b c < limit` (or >=), which compare the upper end of the product.
 */
#ifndef FB_CASE_PATTERN_H
#define FB_CASE_PATTERN_H

#include "case/document.h"

/** Limits; each has an error and a test. */
enum {
    FB_PATTERN_PARAMETERS_MAX = 60,
    FB_PATTERN_VALUES_MAX = 1000, /**< of one parameter */
    FB_PATTERN_INSTANCES_MAX = 10000,
    FB_PATTERN_NAMES_MAX = 100000, /**< in lists of all instances together */
};

/** A parameter. */
struct fb_pattern_parameter {
    struct fb_str name;
    struct fb_str text;    /**< what it stands for; may be empty */
    struct fb_str initial; /**< its value when none is given; NULL: none */
    bool many;             /**< it may have several values, with semicolons between */
};

/** What a parameter is set to. */
struct fb_pattern_setting {
    struct fb_str name;
    struct fb_str value;
};

/** The parameters of a pattern, in its order; they live in arena and borrow from root. E_SCHEMA
 * when the file is no pattern, E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_pattern_parameters(const struct fb_doc_file *pattern,
    struct fb_arena *arena, struct fb_pattern_parameter **out, size_t *out_count,
    struct fb_err *err);

/** A request. */
struct fb_pattern_request {
    const struct fb_doc_file *pattern;
    const struct fb_pattern_setting *settings;
    size_t setting_count;
};

/** Makes an argument of a pattern, as a tree in the native format that lives in arena. What has a
 * parameter without a value is marked as uninstantiated. E_USAGE for a setting of no parameter or
 * several values of one that takes one, E_SCHEMA for a pattern that is wrong, with its place
 * (two instances of one id among it), E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_pattern_apply(const struct fb_pattern_request *request,
    struct fb_arena *arena, struct fb_yaml **out, struct fb_err *err);

/** A pattern that ships with the program. */
struct fb_pattern_file {
    const char *name;
    const char *text;
};

/** All of them, by name. Static; ends with an entry whose name is NULL. */
const struct fb_pattern_file *fb_pattern_library(void);

#endif

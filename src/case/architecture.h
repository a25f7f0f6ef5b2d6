/* architecture.h: the modules of a case and how they rest on each other: the architecture view of
 * GSN (community standard v3, 1:4.4). */
#ifndef FB_CASE_ARCHITECTURE_H
#define FB_CASE_ARCHITECTURE_H

#include "case/case.h"

/** Limits; each has an error and a test. */
enum {
    FB_ARCHITECTURE_NODES_MAX = 2000, /**< modules, and those that are only named */
    FB_ARCHITECTURE_LINKS_MAX = 20000,
};

/** How one module rests on another; flags. Support and context together are "composite". */
enum { FB_LINK_SUPPORT = 1, FB_LINK_CONTEXT = 2, FB_LINK_CHALLENGE = 4 };

/** A module, or the name of one that is not among the files. */
struct fb_architecture_node {
    struct fb_str name; /**< its file's without folders where it has none */
    struct fb_str text; /**< its brief; may be empty */
    bool is_contract;
    bool is_outside; /**< it is only named */
};

/** All relations between two modules through the same interfaces. */
struct fb_architecture_link {
    uint32_t ends[2];
    struct fb_str ports[2]; /**< the interface at each end; empty: the default one */
    uint8_t marks[2];       /**< at ends[k]: how the other end rests on it; 0: it does not */
};

/** The whole; modules of the case first, in their order. */
struct fb_architecture {
    struct fb_architecture_node *nodes;
    size_t node_count;
    struct fb_architecture_link *links; /**< in the order in which elements name them */
    size_t link_count;
};

/**
 * Finds the modules of a case and the links between them; all lives in arena. An away element is a
 * relation to the module that it names, and what develops an element of another module supports
 * that one. E_LIMIT or E_NOMEM.
 */
FB_CHECKED enum fb_code fb_case_architecture(const struct fb_case *argument, struct fb_arena *arena,
    struct fb_architecture *out, struct fb_err *err);

#endif

/*
 * label.h: the labelling at work, as its reasons need it. Private to the room.
 *
 * Elements, challenges and challenged relations are nodes of one graph. A node is IN when enough of
 * its supporters are, all of its context is, its own word holds and every attack on it is OUT; it
 * is OUT as soon as one of these cannot be any more; else it stays UNDECIDED.
 */
#ifndef FB_CASE_LABEL_H
#define FB_CASE_LABEL_H

#include "base/map.h"
#include "case/case.h"

/** No node. */
#define FB_CASE_NO_NODE UINT32_MAX

/** How a node bears on another. */
enum fb_link_kind { FB_LINK_SUPPORT, FB_LINK_CONTEXT, FB_LINK_ATTACK };

/** What a predicate came to; asked once. */
struct fb_answer {
    enum fb_evidence_state state;
    struct fb_why *why;
};

/** A node. */
struct fb_case_node {
    enum fb_evidence_state own; /**< by itself: evidence, assertion, or nothing known */
    bool decided;
    bool in;                                      /**< when decided */
    uint32_t need;                                /**< supporters needed */
    uint32_t total[3], in_count[3], out_count[3]; /**< inputs, by enum fb_link_kind */
};

/** A link between two nodes. */
struct fb_case_link {
    uint32_t from;
    uint32_t to;
    enum fb_link_kind kind;
};

/** The graph. Nodes: elements, then challenges, then challenged relations. */
struct fb_case_graph {
    struct fb_case *argument;
    struct fb_arena *arena; /**< of the reasons */
    struct fb_case_node *nodes;
    size_t node_count;
    struct fb_case_link *links; /**< sorted by from after the build */
    size_t link_count;
    size_t link_cap;
    size_t *first_link;         /**< of each node, and one more */
    uint32_t *relation_node;    /**< of each support and context relation; NO_NODE: unchallenged */
    size_t *first_relation;     /**< of each element: its first support; contexts follow */
    uint32_t *first_challenge;  /**< of each node: the first challenge against it; or NO_NODE */
    uint32_t *next_challenge;   /**< of each challenge: the next against the same node */
    struct fb_answer **answers; /**< of each element; NULL without predicate */
    enum fb_label *labels;      /**< of elements, then of challenges */
    struct fb_why **sentences;  /**< of each element */
};

/** The label of an element. */
enum fb_label fb_case_label_of(const struct fb_case_graph *g, uint32_t element);

/** True when a relation of an element is decided and stands (in) or does not (!in): the one with
 * supporter number `position`, or with that context. */
bool fb_case_relation_is(
    const struct fb_case_graph *g, uint32_t element, bool context, uint32_t position, bool in);

/** Makes the sentences of all elements and the tree of the top. E_NOMEM or E_LIMIT. */
FB_CHECKED enum fb_code fb_case_explain(struct fb_case_graph *g, struct fb_err *err);

#endif

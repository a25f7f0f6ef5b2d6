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

/** On which side of the top claim an element stands; flags, and it may stand on both. */
enum { FB_SIDE_FOR = 1, FB_SIDE_AGAINST = 2 };

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
    size_t *first_link;        /**< of each node, and one more */
    uint32_t *relation_node;   /**< of each support and context relation; NO_NODE: unchallenged */
    size_t *first_relation;    /**< of each element: its first support; contexts follow */
    uint32_t *first_challenge; /**< of each node: the first challenge against it; or NO_NODE */
    uint32_t *next_challenge;  /**< of each challenge: the next against the same node */
    const struct fb_evidence **answers;    /**< of each element; NULL without predicate */
    const struct fb_evidence **acceptance; /**< of what its acceptance rests on; NULL: nothing */
    uint8_t *sides;                        /**< of each element: FB_SIDE flags */
    uint8_t *forced;       /**< of each element: 1 + a state that it is taken to have; 0: none */
    enum fb_label *labels; /**< of elements, then of challenges */
    struct fb_why **sentences; /**< of each element; NULL: to be made */
    uint32_t *queue;           /**< room for all nodes */
    struct fb_case_tree *tree; /**< what the tree of the top is made with; NULL before the first */
};

/** Allocates and links the graph of g->argument in g->arena; no node is decided. E_NOMEM. */
FB_CHECKED enum fb_code fb_case_graph_build(struct fb_case_graph *g, struct fb_err *err);

/** Asks what every predicate of the argument comes to, each once. Without a query all are unknown.
 * asked, when not NULL, has room for all elements: those that a predicate bears on. */
FB_CHECKED enum fb_code fb_case_graph_ask(
    struct fb_case_graph *g, fb_case_query query, void *ctx, uint8_t *asked, struct fb_err *err);

/** What an element says by itself: its evidence as far as it counts, its acceptance, its words. */
enum fb_evidence_state fb_case_own_word(const struct fb_case_graph *g, uint32_t element);

/** True when an element's acceptance is at work. */
bool fb_case_is_set_aside(const struct fb_case_graph *g, uint32_t element);

/** Decides a node when its inputs allow it; true when that is new. */
bool fb_case_decide(struct fb_case_node *node);

/** Decides what follows from the nodes between head and tail of g->queue at once, without what
 * follows from that in its turn. Returns the number that stand there then. */
size_t fb_case_follow(struct fb_case_graph *g, size_t head, size_t tail);

/** Decides all that follows from the decided nodes that stand in g->queue. Returns the number that
 * stand there then. */
size_t fb_case_propagate(struct fb_case_graph *g, size_t tail);

/** Reads the label of an element or challenge off its node. */
enum fb_label fb_case_read_label(const struct fb_case_graph *g, size_t node);

/** Writes labels, reasons and what is known of evidence into the argument. */
void fb_case_publish(const struct fb_case_graph *g);

/** The label of an element. */
enum fb_label fb_case_label_of(const struct fb_case_graph *g, uint32_t element);

/** True when a relation of an element is decided and stands (in) or does not (!in): the one with
 * supporter number `position`, or with that context. */
bool fb_case_relation_is(
    const struct fb_case_graph *g, uint32_t element, bool context, uint32_t position, bool in);

/** The tree of any element, as that of the top; the sentences must be there. NULL when memory ran
 * out. */
struct fb_why *fb_case_tree_of(struct fb_case_graph *g, uint32_t element);

/** Makes the sentences that are not there and the tree of the top, whose sentence must not be.
 * E_NOMEM or E_LIMIT. */
FB_CHECKED enum fb_code fb_case_explain(struct fb_case_graph *g, struct fb_err *err);

#endif

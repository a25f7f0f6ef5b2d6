/*
 * case.h: a safety case in GSN YAML (as gsn2x reads it, extended), its structure and its labels.
 *
 * Labels are the grounded labelling of the argument: IN, OUT or UNDECIDED. An element that is
 * supported is IN only if its support is (all of it, any of it, or k of it, as the inference
 * declares) and no challenger that is IN stands against it. Support that was withdrawn (UNDERCUT)
 * is told apart from evidence that says the claim is false (FALSIFIED). Evidence is a predicate
 * over live records that the caller answers.
 */
#ifndef FB_CASE_CASE_H
#define FB_CASE_CASE_H

#include "base/timestamp.h"
#include "base/why.h"

/** Limits; each has an error and a test. */
enum {
    FB_CASE_ELEMENTS_MAX = 100000,
    FB_CASE_TEXT_MAX = 16 * 1024 * 1024,
    FB_CASE_RELATION_CHALLENGES_MAX = 1000, /**< challenges of relations, as "G1 -> G2" */
    FB_CASE_WHY_MAX = 1000,                 /**< sentences in the reason of the top claim */
    FB_CASE_WHY_DEPTH_MAX = 64,             /**< nesting of that reason */
    FB_CASE_CHAIN_MAX = 5000,               /**< supporters above each other */
};

/** GSN element types, by the letters that ids begin with. */
enum fb_element_kind {
    FB_ELEMENT_GOAL,
    FB_ELEMENT_STRATEGY,
    FB_ELEMENT_SOLUTION,
    FB_ELEMENT_CONTEXT,
    FB_ELEMENT_ASSUMPTION,
    FB_ELEMENT_JUSTIFICATION,
    FB_ELEMENT_COUNTER_GOAL,
    FB_ELEMENT_COUNTER_SOLUTION,
};

/** Labels. */
enum fb_label {
    FB_LABEL_IN,
    FB_LABEL_OUT_UNDERCUT,  /**< its support is gone; nothing says that it is false */
    FB_LABEL_OUT_FALSIFIED, /**< evidence or a standing challenge says that it is false */
    FB_LABEL_UNDECIDED,
};

/** What the world says of an evidence predicate. */
enum fb_evidence_state { FB_EVIDENCE_HOLDS, FB_EVIDENCE_FAILS, FB_EVIDENCE_UNKNOWN };

/** What is known of a piece of evidence: what it says, whether it is fresh, and whether it is
 * authentic are three questions. */
struct fb_evidence {
    enum fb_evidence_state health; /**< what it says */
    bool is_stale;                 /**< older than asked for, or outside of its validity */
    bool is_doubtful;              /**< not shown to be authentic: its signer, digest or key */
    struct fb_why *why;            /**< may be NULL */
};

/** How an element needs its supporters. */
enum fb_support { FB_SUPPORT_ALL, FB_SUPPORT_ANY, FB_SUPPORT_K_OF_N };

/** How an element is drawn, beyond its kind. */
enum fb_symbol {
    FB_SYMBOL_PLAIN,
    FB_SYMBOL_AWAY,     /**< it stands in another module */
    FB_SYMBOL_MODULE,   /**< a whole module stands for it */
    FB_SYMBOL_CONTRACT, /**< a contract between modules stands for it */
};

/** How a supporter or a context is meant in a pattern; flags. */
enum { FB_MARK_OPTIONAL = 1, FB_MARK_MULTIPLE = 2 };

/** An assurance claim point: where confidence is argued separately. */
struct fb_acp {
    struct fb_str name;
    uint32_t on; /**< the element itself, or the other end of one of its relations */
};

/** Who accepts that something is not shown, and until when. */
struct fb_acceptance {
    struct fb_str by;       /**< a name; empty: nobody does */
    fb_time until;          /**< it ends at this instant */
    struct fb_str evidence; /**< a predicate that must hold beside; empty: none */
    struct fb_str because;  /**< why; may be empty */
};

/** What a claim may be bound to. */
enum fb_binding_kind {
    FB_BINDING_HAZARD,
    FB_BINDING_MITIGATION,
    FB_BINDING_OUTCOME,
    FB_BINDING_LINE, /**< a red line, as POLICY/RULE */
    FB_BINDING_KINDS,
};

/** A name that a claim is bound to. */
struct fb_binding {
    enum fb_binding_kind kind;
    struct fb_str name;
    uint32_t element;
    uint32_t line; /**< where it stands in the file */
};

/** A module of the case. */
struct fb_module {
    struct fb_str name;
    struct fb_str title; /**< its brief; may be empty */
    bool is_named;       /**< a section names it; else the name is its file's */
    bool is_contract;    /**< its section says that it is a contract between modules */
};

/** That an element stands in an interface of its module. */
struct fb_interface {
    struct fb_str name;
    uint32_t element;
};

/** One element. Lists are indices into the case's elements. */
struct fb_element {
    struct fb_str id;
    enum fb_element_kind kind;
    struct fb_str text;
    struct fb_str url;
    struct fb_str predicate; /**< the evidence predicate of a leaf; empty when it has none */
    bool undeveloped;
    enum fb_support support;
    uint32_t support_k;
    uint32_t *supported_by;
    size_t supported_by_count;
    uint32_t *context;
    size_t context_count;
    uint32_t *challengers; /**< elements that challenge this one */
    size_t challenger_count;
    uint32_t line;   /**< where it stands in the file */
    uint32_t module; /**< index into the case's modules */
    enum fb_symbol symbol;
    struct fb_str away;  /**< AWAY: the module that it stands in */
    bool is_public;      /**< other modules may name it */
    bool by_contract;    /**< a contract between modules is to support it */
    bool uninstantiated; /**< it has parameters without a value */
    bool choice;         /**< its supporters are alternatives of a pattern */
    bool context_choice; /**< its contexts are */
    bool flagged;        /**< the file says that it is defeated; labels ignore it */
    bool is_away_goal;   /**< CONTEXT: an away goal stands in its place */
    uint8_t *marks;      /**< of each supporter, then of each context: FB_MARK flags; NULL: none */
    struct fb_str *counts;      /**< of each the cardinality, as "0..n"; NULL: none is given */
    struct fb_str choice_count; /**< how many of the alternatives, as "1 of 3"; may be empty */
    struct fb_str context_choice_count; /**< of those among its contexts; may be empty */
    struct fb_str instantiation;        /**< where the data of a template is; may be empty */
    struct fb_acp *acps;
    size_t acp_count;
    double given[2]; /**< bounds that hold while its evidence does; [0, 1]: none given */
    bool exhaustive; /**< it holds exactly when its support does, not only if it does */
    struct fb_acceptance accepted; /**< that it is not shown, or of a counter-argument the doubt */
    struct fb_str independence;    /**< predicate: its supporters are independent; empty: unsaid */
    double cost; /**< what it takes to make it fail, for fb_case_weakest; NAN: not given */

    enum fb_label label;           /**< set by fb_case_label */
    struct fb_why *why;            /**< likewise */
    struct fb_evidence evidence;   /**< of its predicate; likewise */
    struct fb_evidence acceptance; /**< of the predicate of its acceptance; likewise */
    bool is_set_aside;             /**< its acceptance is at work; likewise */
    bool is_independent;           /**< its independence is shown; likewise */
};

/** What a challenge is against. */
enum fb_challenge_kind {
    FB_CHALLENGE_ELEMENT,
    FB_CHALLENGE_SUPPORT,   /**< that one element supports another */
    FB_CHALLENGE_CONTEXT,   /**< that an element holds in a context */
    FB_CHALLENGE_CHALLENGE, /**< that one element challenges another */
};

/** A challenge of an element or of a relation. */
struct fb_challenge {
    enum fb_challenge_kind kind;
    uint32_t by;       /**< the element that challenges */
    uint32_t target;   /**< index of an element; of a challenge when kind is CHALLENGE */
    uint32_t position; /**< SUPPORT, CONTEXT: which of the target's supported_by or context */
    uint32_t line;     /**< where it stands in the file */

    enum fb_label label; /**< IN: it stands against its target. Set by fb_case_label */
};

/** A case. */
struct fb_case {
    struct fb_str name;
    struct fb_str title;
    struct fb_element *elements; /**< in the order of the file */
    size_t element_count;
    uint32_t top;                    /**< the goal that supports nothing; of several the first */
    struct fb_challenge *challenges; /**< in the order of the file */
    size_t challenge_count;
    struct fb_module *modules; /**< in the order of the files */
    size_t module_count;
    struct fb_interface *interfaces; /**< in the order of the files */
    size_t interface_count;
    struct fb_binding *bindings; /**< in the order of the file */
    size_t binding_count;
    fb_time now; /**< the instant that it is labelled for, set by the caller; FB_TIME_MAX, as it is
                      built: not known, so that no acceptance counts */
};

/**
 * Reads and checks a case: YAML, ids, unknown references, cycles, exactly one top goal. Errors
 * have line and column. The case lives in arena. name is the file's, for errors.
 * E_SYNTAX for text that is no YAML and for an argument without shape (a circle, no top goal),
 * E_SCHEMA for a key of the wrong form or an element in the wrong place, E_REFERENCE for an unknown
 * element, E_DUPLICATE, E_UTF8, E_LIMIT, and E_UNSUPPORTED for modules that span files.
 */
FB_CHECKED enum fb_code fb_case_parse(struct fb_str yaml, const char *name, struct fb_arena *arena,
    struct fb_case **out, struct fb_err *err);

/** Answers a predicate; *out is unknown, fresh and authentic before, and its reason, if any, is
 * made in arena. An error ends the labelling. A predicate that stands in several places is asked
 * once. */
typedef enum fb_code (*fb_case_query)(void *ctx, struct fb_str predicate, struct fb_arena *arena,
    struct fb_evidence *out, struct fb_err *err);

/**
 * Labels all elements and challenges in place, or none on failure; reasons live in arena. The
 * reason of the top claim is a tree that names only what makes it stand, fall or stay open; that
 * of any other element is one sentence (and what the query said).
 *
 * A leaf without predicate is an assertion when it is a solution, a context, an assumption or a
 * justification: it is IN, and its reason says that it rests on words. A goal or strategy that
 * nothing supports, or that is undeveloped, is UNDECIDED: silence is not safety. So is a leaf
 * whose predicate has an unknown answer, and a target whose challenger is UNDECIDED.
 *
 * Evidence that is stale or not authentic counts against the top claim and never for it: where it
 * would help, it is unknown. An acceptance that has not ended turns what is unknown, and words
 * without evidence, into what helps; never what evidence says.
 *
 * The labelling is the least fixed point (the grounded extension of Dung, "On the acceptability of
 * arguments", Artificial Intelligence 77, 1995, with support as a necessary condition); support
 * has no circles, so it is also the well-founded model. Linear in the size of the case.
 */
FB_CHECKED enum fb_code fb_case_label(struct fb_case *argument, fb_case_query query, void *ctx,
    struct fb_arena *arena, struct fb_err *err);

/** A word for a kind of element: "goal", "counter goal", "solution" ... */
const char *fb_element_kind_name(enum fb_element_kind kind);

/** A word for a label: "in", "undercut", "falsified", "undecided". */
const char *fb_label_name(enum fb_label label);

#endif

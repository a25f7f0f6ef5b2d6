/*
 * picture.h: everything that holds at one instant, as decided from a ledger prefix. It is what
 * report prints and what explain looks things up in. Pure data; all of it lives in one arena.
 */
#ifndef FB_GOVERN_PICTURE_H
#define FB_GOVERN_PICTURE_H

#include "case/case.h"
#include "engine/eval.h"
#include "engine/latch.h"
#include "evidence/assess.h"
#include "evidence/pace_history.h"
#include "record/record.h"

struct fb_work;

/** Size of a short handle, its NUL included: 8 hexadecimal digits. */
enum { FB_HANDLE_TEXT = 9 };

/** Is a policy in force? Three different answers (SEMANTICS.md, Corrections and versions). */
enum fb_force { FB_NOT_YET_IN_FORCE, FB_IN_FORCE, FB_EXPIRED };

/** A policy of the docket. */
struct fb_policy_view {
    const struct fb_record *record;
    const struct fb_program *program;
    enum fb_force force;
};

/** A red line of a policy, for one system. */
struct fb_line_view {
    size_t next; /**< the next line of the same system, as a link */
    char handle[FB_HANDLE_TEXT];
    struct fb_str id; /**< "redline:POLICY/RULE:SYSTEM" */
    const struct fb_policy_view *policy;
    const struct fb_redline *rule;     /**< with the terms of the pace now */
    const struct fb_redline *declared; /**< the same as the policy's program lists it */
    struct fb_str system;
    enum fb_line_status status; /**< now */
    bool latched;
    fb_time since;
    struct fb_segments history; /**< up to now; the last segment's until is FB_TIME_MAX, or the
                                     instant at which it will change if nothing happens */
    struct fb_figures_list figures;
    struct fb_why *why;
};

/** An obligation of a policy. */
struct fb_duty_view {
    size_t next; /**< the next duty of the same system (or of none), as a link */
    char handle[FB_HANDLE_TEXT];
    struct fb_str id; /**< "duty:POLICY/RULE:BINDING,BINDING"; the n-th of that name ends in "#n" */
    const struct fb_policy_view *policy;
    struct fb_obligation obligation;
    struct fb_str system; /**< empty when it concerns none */
    struct fb_str text;   /**< what is owed, with its bindings */
};

/** What became of a safety case with those who judge it. */
enum fb_case_stage { FB_CASE_SUBMITTED, FB_CASE_SENT_BACK, FB_CASE_ACCEPTED };

/** What a review says of a version of a case. */
enum fb_review_fit {
    FB_REVIEW_OTHER,   /**< it is about something else */
    FB_REVIEW_FITS,    /**< it is about this argument, or a part of it that is as it was */
    FB_REVIEW_SUSPECT, /**< what it was about has changed since */
};

/** A review of a case or a part of it. */
struct fb_case_review {
    const struct fb_record *record;
    enum fb_review_fit fit;
};

/** A safety case. */
struct fb_case_view {
    size_t next; /**< the next case of the same system, as a link */
    char handle[FB_HANDLE_TEXT];
    struct fb_str id; /**< "case:NAME:SYSTEM" */
    const struct fb_record *record;
    struct fb_str system;
    const struct fb_case *argument; /**< NULL when its document was erased */
    enum fb_label label;            /**< of its top claim */
    fb_time since;
    struct fb_why *why;
    enum fb_case_stage stage;
    const struct fb_record *stage_by; /**< who says so: a decision, licence or review; NULL: none */
    struct fb_case_review *reviews;   /**< in the order of admission */
    size_t review_count;
};

/** What an order asks. */
enum fb_order_action { FB_ORDER_HALT, FB_ORDER_RESTRICT, FB_ORDER_SECURE };

/** An order, or what a broken duty led to; in force until it is released. */
struct fb_order_view {
    size_t next; /**< the next order on the same system (or on none), as a link */
    char handle[FB_HANDLE_TEXT];
    struct fb_str id; /**< that of its record, as "order/1", or "lest:" and the duty's */
    enum fb_order_action action;
    struct fb_str system;            /**< empty: every system of the party */
    struct fb_str party;             /**< empty where it names a system only */
    const struct fb_record *record;  /**< NULL: it follows from a duty */
    const struct fb_duty_view *duty; /**< NULL: it is on record */
    int64_t level;                   /**< of an order to secure; -1: none is named */
    fb_time since;
    fb_time until; /**< FB_TIME_MAX: it was not released */
    bool in_force;
    struct fb_why *why;
};

/** How fast a quantity grows now, and whether that is fast or slow. */
struct fb_pace_view {
    char handle[FB_HANDLE_TEXT];
    struct fb_str id; /**< "pace:SERIES" */
    const struct fb_pace_segment *segment;
    struct fb_why *why;
};

/** The pace that a policy in force has now. */
struct fb_policy_pace_view {
    char handle[FB_HANDLE_TEXT];
    struct fb_str id; /**< "pace:POLICY" */
    const struct fb_policy_view *policy;
    enum fb_pace level;
    fb_time since; /**< or since the policy is in force */
    struct fb_why *why;
};

/** What a system may do. */
enum fb_action { FB_ACTION_TRAIN, FB_ACTION_DEPLOY, FB_ACTION_AUTONOMY, FB_ACTION_COUNT };

/** Whether it may. */
struct fb_licence_view {
    size_t next; /**< the next licence of the same system, as a link */
    char handle[FB_HANDLE_TEXT];
    struct fb_str id; /**< "licence:ACTION:SYSTEM" */
    struct fb_str system;
    enum fb_action action;
    bool allowed;
    struct fb_why *why; /**< what forbids it, or why nothing does */
};

/** The first red line, duty, safety case, order and licence of a system; each view has the next. A
 * link is 1 + the index in the picture's list; 0 ends a chain. */
struct fb_chains {
    size_t line;
    size_t duty;
    size_t safety_case;
    size_t order;
    size_t licence;
};

/** A duty in force that could come to bind a system. */
struct fb_reach {
    const struct fb_policy_view *policy;
    const struct fb_duty *duty;
    const struct fb_reach *next; /**< the next one, where this system alone was asked for; NULL */
};

/** A system. */
struct fb_system_view {
    struct fb_str id;               /**< of the first record of its chain: its identity */
    const struct fb_record *record; /**< the one that stands now */
    struct fb_str developer;        /**< the party's id, by which it was introduced */
    bool exempt;                    /**< out of scope of every rule */
    struct fb_why *exempt_why;
    const struct fb_reach *reached; /**< what keeps it from being exempt though nothing binds it
                                       now; NULL: nothing, or something does bind it */
    int64_t gpu_seconds;            /**< of all its runs, where jobs say their GPUs */
    uint64_t unknown_jobs;          /**< jobs of its runs that do not say them */
    struct fb_chains first;
};

/** The whole. */
struct fb_picture {
    fb_time now;
    fb_time as_of; /**< the prefix admitted before this; FB_TIME_MAX: all */
    uint64_t record_count;
    uint64_t correction_count; /**< records that may change what was decided before */
    uint8_t root[32];
    bool simulated;      /**< the docket's clock is simulated */
    struct fb_str about; /**< the one system that was asked for; empty: everything */
    struct fb_str origin;
    struct fb_system_view *systems;
    size_t system_count;
    struct fb_policy_view *policies;
    size_t policy_count;
    struct fb_line_view *lines;
    size_t line_count;
    struct fb_duty_view *duties;
    size_t duty_count;
    struct fb_case_view *cases;
    size_t case_count;
    struct fb_order_view *orders; /**< those on record first, by admission */
    size_t order_count;
    struct fb_licence_view *licences;
    size_t licence_count;
    struct fb_pace_view *paces; /**< of the quantities that were measured */
    size_t pace_count;
    struct fb_series progress; /**< the dated values that stand now, of which paces are */
    struct fb_policy_pace_view *policy_paces; /**< of the policies in force that have a pace */
    size_t policy_pace_count;
    struct fb_chains others;  /**< those of no registered system */
    uint32_t *system_slots;   /**< private: hash table, 1 + index of a system */
    size_t system_slot_count; /**< private */
    size_t system_room;       /**< private: of systems */
    struct fb_work *work;     /**< private: what reasons are made from when they are asked for */
};

/** True when an order is in force and binds the system: it names it, or no system but its
 * developer. */
bool fb_order_binds(const struct fb_order_view *order, const struct fb_system_view *system);

/** A walk over the orders that bind a system, in the order of the picture. */
struct fb_order_walk {
    const struct fb_picture *picture;
    const struct fb_system_view *system;
    const struct fb_order_view *own;   /**< the next one that names the system */
    const struct fb_order_view *other; /**< the next one that names none, of any party */
};

/** Begins the walk. After the orders are chained. */
struct fb_order_walk fb_picture_orders(
    const struct fb_picture *picture, const struct fb_system_view *system);

/** The next order, or NULL. */
const struct fb_order_view *fb_order_next(struct fb_order_walk *walk);

/** A word for a stage: "submitted", "sent back", "accepted". */
const char *fb_case_stage_name(enum fb_case_stage stage);

/** What else to say of the stage: ", which counts for nothing while it does not stand" of an
 * acceptance whose case has fallen, "" otherwise. */
const char *fb_case_stage_note(const struct fb_case_view *view);

/** A word for what an order asks: "halt", "restrict", "secure". */
const char *fb_order_action_name(enum fb_order_action action);

/** Makes room for so many systems in all, those that are there among them. Lives in arena. */
FB_CHECKED enum fb_code fb_picture_reserve(
    struct fb_picture *picture, size_t room, struct fb_arena *arena, struct fb_err *err);

/** Adds a system, for which there must be room. */
void fb_picture_add_system(struct fb_picture *picture, const struct fb_system_view *view);

/** What is chained by system. */
enum fb_chained {
    FB_CHAINED_LINES,
    FB_CHAINED_DUTIES,
    FB_CHAINED_CASES,
    FB_CHAINED_ORDERS,
    FB_CHAINED_LICENCES,
    FB_CHAINED_COUNT
};

/** Forgets all chains. */
void fb_picture_unchain(struct fb_picture *picture);

/** Chains what is there of one of these by system; once. Several may be chained at the same time.
 */
void fb_picture_chain(struct fb_picture *picture, enum fb_chained what);

/** The index of the system with this id (of the first record of its chain), or SIZE_MAX. */
size_t fb_picture_system(const struct fb_picture *picture, struct fb_str id);

/** The red line that a link leads to; NULL behind the end. */
static inline const struct fb_line_view *fb_picture_line(
    const struct fb_picture *picture, size_t link)
{
    return link ? &picture->lines[link - 1] : NULL;
}

/** The same for a duty. */
static inline const struct fb_duty_view *fb_picture_duty(
    const struct fb_picture *picture, size_t link)
{
    return link ? &picture->duties[link - 1] : NULL;
}

/** The same for a safety case. */
static inline const struct fb_case_view *fb_picture_case(
    const struct fb_picture *picture, size_t link)
{
    return link ? &picture->cases[link - 1] : NULL;
}

/** The same for an order. */
static inline const struct fb_order_view *fb_picture_order(
    const struct fb_picture *picture, size_t link)
{
    return link ? &picture->orders[link - 1] : NULL;
}

/** The same for a licence. */
static inline const struct fb_licence_view *fb_picture_licence(
    const struct fb_picture *picture, size_t link)
{
    return link ? &picture->licences[link - 1] : NULL;
}

/** The chains of a system by id; those of no system when it is empty or not registered. */
const struct fb_chains *fb_picture_of(const struct fb_picture *picture, struct fb_str system);

/** The system that people call so: by its id, or by that without "system/". NULL, with E_NOT_FOUND
 * and a hint in err, when there is none. */
const struct fb_system_view *fb_picture_named(
    const struct fb_picture *picture, struct fb_str name, struct fb_err *err);

/** What is said of an action: "train", "deploy", "act autonomously". */
const char *fb_action_name(enum fb_action action);

/** The word for an action in records and on the command line: "train", "deploy", "autonomy". */
const char *fb_action_word(enum fb_action action);

#endif

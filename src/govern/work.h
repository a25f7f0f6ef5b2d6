/*
 * work.h: what the strata share while one evaluation runs. Private to the room.
 *
 * Facts are collected with the times over which they hold. Only when all strata that give facts are
 * done is the set of time-points known; then fb_work_trace turns times into time-points.
 */
#ifndef FB_GOVERN_WORK_H
#define FB_GOVERN_WORK_H

#include "base/map.h"
#include "engine/slice.h"
#include "govern/evaluate.h"
#include "lang/lang.h"

/** Limits; each has a test. */
enum { FB_WORK_POLICIES_MAX = 16384 };

/** A tuple over [from, until) in time. */
struct fb_timed {
    uint32_t relation;
    fb_time from;
    fb_time until;
    struct fb_value *values;
    uint64_t seq;
    struct fb_str record_id;
    const struct fb_why *why; /**< of a tuple that was derived; NULL for a record's */
    bool correction;          /**< comes from a record that supersedes another */
};

/** A stretch of time with one pace of a policy, up to the next. */
struct fb_pace_stretch {
    fb_time from;
    enum fb_pace level;
    const struct fb_why *why; /**< "the pace of POLICY is fast", with its quantities */
};

/** A policy version and the time over which it is in force. */
struct fb_version {
    struct fb_policy_view *view;
    struct fb_program *program; /**< effective and expires are those of its force */
    fb_time from;
    fb_time until;
    struct fb_line_view *lines;    /**< by rule, then by system (fb_work_line); NULL before its red
                                        lines ran */
    struct fb_pace_stretch *paces; /**< over its force; none when the policy has no pace */
    size_t pace_count;
};

/** What the records of one system are. */
struct fb_system_parts {
    const struct fb_record **records; /**< evaluations, safeguards, audits, risks and licences, in
                                         the order of admission */
    size_t record_count;
    const struct fb_record **runs;
    size_t run_count;
    size_t *children; /**< what some record says was made from it, by system; may repeat */
    size_t child_count;
    size_t met;       /**< the last walk that came by */
    bool is_modified; /**< some record says that it was made from another */
};

/** A duty that names no system, by who owes it. */
struct fb_owner {
    struct fb_str party; /**< the first id of the party */
    const struct fb_duty_view *duty;
};

struct fb_case_version;
struct fb_proving;
struct fb_resident;

/** One evaluation at work. */
struct fb_work {
    const struct fb_govern_input *input;
    struct fb_arena *arena;
    struct fb_picture *picture;
    const struct fb_system_view *about; /**< what alone is asked for; NULL: everything */
    size_t line_first;                  /**< red lines are run of so many systems from here on */
    size_t line_systems;
    uint32_t line_relation;      /**< of the facts that say what lines are */
    bool is_wide;                /**< a rule about one system reads red lines or cases of others */
    struct fb_version *versions; /**< in the order of their records */
    size_t version_count;
    struct fb_version **named;        /**< the same by name, then issuer, then as in versions */
    const struct fb_record **reviews; /**< those that hold, in the order of admission */
    size_t review_count;
    const struct fb_record **erasures; /**< of blobs */
    size_t erasure_count;
    const struct fb_record **decisions; /**< about safety cases, and licences that name one */
    size_t decision_count;
    struct fb_case_version **case_versions; /**< in the order of their records */
    size_t case_version_count;
    size_t case_version_cap;
    struct fb_timed *timed;
    size_t timed_count;
    size_t timed_cap;
    fb_time *times; /**< sorted and distinct after fb_work_sort_times */
    size_t time_count;
    size_t time_cap;
    struct fb_trace trace;
    struct fb_pace_value
        *progress; /**< values of progress on record; NULL before they are listed */
    size_t progress_count;
    struct fb_access *access;          /**< to the trace of the duties; NULL before */
    struct fb_kept *kept;              /**< walks over it that are kept; NULL: none */
    struct fb_resident *resident;      /**< what is kept between evaluations; NULL: nothing is */
    struct fb_system_parts *parts;     /**< by system */
    size_t system_room;                /**< for systems and their parts */
    const struct fb_record **releases; /**< orders that name a duty */
    size_t release_count;
    struct fb_owner *owners; /**< sorted; filled before the licences */
    size_t owner_count;
    struct fb_proving *proving; /**< a proof is made or checked (proving.h); NULL: it is not */
};

/** A part of a step, by its number: what it makes lives in arena, what it changes is its own. */
typedef enum fb_code (*fb_work_part)(
    void *ctx, struct fb_arena *arena, size_t part, struct fb_err *err);

/** How many threads the steps of an evaluation run on. */
size_t fb_work_threads(const struct fb_work *work);

/** The end of a part of `size` things out of so many: it begins at part * size. */
static inline size_t fb_work_part_end(size_t part, size_t size, size_t count)
{
    return (part + 1) * size < count ? (part + 1) * size : count;
}

/** Runs the parts 0 to count - 1 of a step on the threads of the evaluation. What they make lives
 * in the work's arena afterwards. The error is that of the first part that fails. */
FB_CHECKED enum fb_code fb_work_run_parts(
    struct fb_work *work, size_t count, fb_work_part part, void *ctx, struct fb_err *err);

/** The first record of the chain that this one corrects: the identity of what it is about. */
const struct fb_record *fb_work_root(const struct fb_work *work, const struct fb_record *record);

/** The last record of the chain that this one begins. */
const struct fb_record *fb_work_head(const struct fb_work *work, const struct fb_record *record);

/** The root's id of the record with this id; the id itself when there is no such record. */
struct fb_str fb_work_root_id(const struct fb_work *work, struct fb_str id);

/** The same of what a record is about; empty when it is about nothing. */
struct fb_str fb_work_subject(const struct fb_work *work, const struct fb_record *record);

/** The first time span, as [out[0], out[1]), in which a record holds at `after` or later: from its
 * admission until a correction, and again from when all its corrections are known not to count
 * (docs/decisions/0010); never after its own key was revoked from before it. False: there is none.
 */
bool fb_work_span(
    const struct fb_work *work, const struct fb_record *record, fb_time after, fb_time out[2]);

/** When a record stopped to hold for good, since another superseded it or its key was revoked;
 * FB_TIME_MAX: it holds. A time for which a correction counted that does not any more is passed
 * over: who asks for one end is answered as if that correction had never been. */
fb_time fb_work_superseded(const struct fb_work *work, const struct fb_record *record);

/** The value of an INT field, or of a time's, of a record; otherwise when it is absent. */
int64_t fb_work_int(const struct fb_record *record, const char *field, int64_t otherwise);
fb_time fb_work_time(const struct fb_record *record, const char *field, fb_time otherwise);
/** The time-point of the trace at t; its time_count when there is none. */
size_t fb_work_time_point(const struct fb_work *work, fb_time t);

/** A sentence that a blob was erased, by whom and why; NULL when it was not, or memory ran out. */
struct fb_why *fb_work_erased(const struct fb_work *work, struct fb_str digest);

/** A tuple that follows from a record, over a stretch in which it does: without values and reasons.
 */
struct fb_timed fb_work_fact(
    const struct fb_record *record, const char *relation, const fb_time span[2]);

/** Adds a tuple; values are kept, not copied, and noted. */
FB_CHECKED enum fb_code fb_work_add(
    struct fb_work *work, const struct fb_timed *tuple, struct fb_err *err);

/** Adds an instant at which something changes, unless it is after now. */
FB_CHECKED enum fb_code fb_work_add_time(struct fb_work *work, fb_time t, struct fb_err *err);

/** A work for a part of a step: what it makes lives in arena, and its facts and instants are its
 * own, none at first. */
void fb_work_part_of(const struct fb_work *work, struct fb_arena *arena, struct fb_work *out);

/** Adds the facts and instants of the parts of a step, in the order of the parts. */
FB_CHECKED enum fb_code fb_work_join(
    struct fb_work *work, const struct fb_work *parts, size_t count, struct fb_err *err);

/** Sorts the instants and drops repeats. */
FB_CHECKED enum fb_code fb_work_sort_times(struct fb_work *work, struct fb_err *err);

/** Builds work->trace of all tuples and instants so far. */
FB_CHECKED enum fb_code fb_work_trace(struct fb_work *work, struct fb_err *err);

/** The same, and work->access to it. */
FB_CHECKED enum fb_code fb_work_reach(struct fb_work *work, struct fb_err *err);

/** Writes the handle of an id: the first 8 digits of its SHA-256. */
void fb_work_handle(struct fb_str id, char out[FB_HANDLE_TEXT]);

/** A copy of a reason that can stand under another parent; its own reasons are shared. NULL stays
 * NULL. */
struct fb_why *fb_work_why_copy(struct fb_work *work, const struct fb_why *why);

/* The strata, in their order. */

/** Compiles the policies of the prefix and fixes when each version is in force. */
FB_CHECKED enum fb_code fb_work_policies(struct fb_work *work, struct fb_err *err);

/** Compiles the document of one policy record into arena. */
FB_CHECKED enum fb_code fb_work_compile(const struct fb_govern_input *input,
    const struct fb_record *record, struct fb_arena *arena, struct fb_program **out,
    struct fb_err *err);

/** The versions with the name and the issuer of one, itself among them, in the order of their
 * records. */
struct fb_version **fb_work_versions_of(
    const struct fb_work *work, const struct fb_version *version, size_t *out_count);

/** Turns records into tuples, and lists the systems. */
FB_CHECKED enum fb_code fb_work_facts(struct fb_work *work, struct fb_err *err);

/** What of that comes of all records by themselves, whatever is asked. */
FB_CHECKED enum fb_code fb_work_collect(struct fb_work *work, struct fb_err *err);

/** What one record says by itself: its tuples, the system that it is, and whose it is one of. */
FB_CHECKED enum fb_code fb_work_take(
    struct fb_work *work, const struct fb_record *record, struct fb_err *err);

/** Looks again at what a system is now, after a correction. */
void fb_work_renew_system(struct fb_work *work, size_t system);

/** Adds waiver_in_force for a decision that grants one, for as long as it holds. */
FB_CHECKED enum fb_code fb_work_waiver(
    struct fb_work *work, const struct fb_record *record, struct fb_err *err);

/** What a record shows of a standard: the level, and until when (FB_TIME_MAX: no end). */
struct fb_shown_level {
    struct fb_str standard;
    int64_t level;
    fb_time until;
};

/** Whether a record shows a level of a standard to others: an audit that did not fail, or a
 * measure, not of the developer itself. Whether it still holds is for the caller. */
bool fb_work_shows_level(
    const struct fb_record *record, struct fb_str developer, struct fb_shown_level *out);

/** What several records say together: grant_standing, level_held, share_of_original. After the
 * systems are listed. */
FB_CHECKED enum fb_code fb_work_derived(struct fb_work *work, struct fb_err *err);

/** grant_standing of all grants; level_held of one system. */
FB_CHECKED enum fb_code fb_work_grants(struct fb_work *work, struct fb_err *err);
FB_CHECKED enum fb_code fb_work_levels(
    struct fb_work *work, const struct fb_system_view *system, struct fb_err *err);

/** share_of_original of the system with an index, where it was made from others. */
FB_CHECKED enum fb_code fb_work_shares(struct fb_work *work, size_t system, struct fb_err *err);

/** The values of the columns of a record's relation. */
void fb_work_columns(
    const struct fb_work *work, const struct fb_record *record, struct fb_value *values);

/** Reports that their recipient had before they were admitted, as its receipt says. */
FB_CHECKED enum fb_code fb_work_receipts(struct fb_work *work, struct fb_err *err);

/** Finds what alone is asked for, and what that rests on. */
FB_CHECKED enum fb_code fb_work_narrow(struct fb_work *work, struct fb_err *err);

/** Whether something about a system, or about none when that is empty, belongs to what is asked
 * for. */
bool fb_work_wants(const struct fb_work *work, struct fb_str system);

/** The red line of a rule of a version, whose lines ran, for the system with an index; NULL when it
 * was not run, since nothing rests on it. */
struct fb_line_view *fb_work_line(
    const struct fb_work *work, const struct fb_version *version, size_t rule, size_t system);

/** How fast quantities grow, and the pace of each. */
FB_CHECKED enum fb_code fb_work_growth(struct fb_work *work, struct fb_err *err);

/** The values of progress on record, which fb_pace_history_of may sort. */
FB_CHECKED enum fb_code fb_work_progress(
    struct fb_work *work, struct fb_pace_value **out, size_t *out_count, struct fb_err *err);

/** A sentence that says how fast a quantity grows; NULL when memory ran out. */
struct fb_why *fb_work_growth_why(struct fb_work *work, const struct fb_pace_segment *segment);

/** The pace of every policy that has one. */
FB_CHECKED enum fb_code fb_work_pace(struct fb_work *work, struct fb_err *err);

/** Bounds and red lines of every system. */
FB_CHECKED enum fb_code fb_work_lines(struct fb_work *work, struct fb_err *err);

/** All evaluations of a system, in the order of admission; they live in the work's arena. */
FB_CHECKED enum fb_code fb_work_evaluations(struct fb_work *work,
    const struct fb_system_view *system, struct fb_evaluation **out, size_t *out_count,
    struct fb_err *err);

/** Safety cases and their labels over time. */
FB_CHECKED enum fb_code fb_work_cases(struct fb_work *work, struct fb_err *err);

/** Checks that every evidence predicate of a case can be read: E_SYNTAX with its line. */
FB_CHECKED enum fb_code fb_case_predicates_check(
    const struct fb_case *argument, struct fb_err *err);

/** Red lines that need a safety case: ruled out only while it stands. */
FB_CHECKED enum fb_code fb_work_burden(struct fb_work *work, struct fb_err *err);

/** Adds the tuples of a red line's history that lie in its version's force. */
FB_CHECKED enum fb_code fb_work_line_tuples(struct fb_work *work, const struct fb_version *version,
    struct fb_line_view *view, struct fb_err *err);

/** True when the reasons of red lines, duties and licences are made one by one, when they are asked
 * for: of a brief picture that is neither the oracle's nor for a proof. */
bool fb_work_tells(const struct fb_work *work);

/** Makes the reasons of a line of the picture or of a version, of all its history and figures,
 * where they were left out. */
FB_CHECKED enum fb_code fb_work_line_why(
    struct fb_work *work, struct fb_line_view *view, struct fb_err *err);

/** Gives the reason of a tuple of a red line; an fb_tell of a work that tells. */
bool fb_work_tell(void *work, const struct fb_tuple *tuple, const struct fb_why **out);

/** Lists the lines of the versions that are in force now in the picture. */
void fb_work_show_lines(struct fb_work *work);

/** Duties. */
FB_CHECKED enum fb_code fb_work_duties(struct fb_work *work, struct fb_err *err);

/** Orders, and what broken duties led to. */
FB_CHECKED enum fb_code fb_work_orders(struct fb_work *work, struct fb_err *err);

/** When an order stopped to be in force; FB_TIME_MAX: it is. *out_release is what released it, or
 * NULL. */
fb_time fb_work_order_until(const struct fb_work *work, const struct fb_record *order,
    const struct fb_record **out_release);

/** Adds the tuple order_in_force of an order's record. */
FB_CHECKED enum fb_code fb_work_order_facts(
    struct fb_work *work, const struct fb_record *record, struct fb_err *err);

/** What each system may do. */
FB_CHECKED enum fb_code fb_work_licences(struct fb_work *work, struct fb_err *err);

/** "duty:POLICY/RULE:BINDING,BINDING", of which the id of a duty is made; NULL when memory ran out.
 */
struct fb_str fb_work_duty_name(struct fb_arena *arena, const struct fb_program *program,
    const struct fb_obligation *obligation);

/** "redline:POLICY/RULE:SYSTEM", the id of a red line; NULL when memory ran out. */
struct fb_str fb_work_line_name(struct fb_arena *arena, const struct fb_program *program,
    const struct fb_redline *rule, struct fb_str system);

/** Lists duties that a refused licence rests on, at most `cap`: those whose breach led to an order
 * that binds its system, and those that forbid it themselves; where there is neither, one that
 * shows that rules apply to the system. How many there are in the list. */
size_t fb_work_licence_rests(const struct fb_work *work, const struct fb_licence_view *view,
    const struct fb_duty_view **out, size_t cap);

/** The reason of a duty of the picture: the one that is there, or else made now. */
FB_CHECKED enum fb_code fb_work_duty_why(
    struct fb_work *work, const struct fb_duty_view *view, struct fb_why **out, struct fb_err *err);

/** The reason of an order of the picture, completed when that was left out. */
FB_CHECKED enum fb_code fb_work_order_why(struct fb_work *work, const struct fb_order_view *view,
    struct fb_why **out, struct fb_err *err);

/** The whole reason of a licence of the picture, made now. */
FB_CHECKED enum fb_code fb_work_licence_why(struct fb_work *work,
    const struct fb_licence_view *view, struct fb_why **out, struct fb_err *err);

#endif

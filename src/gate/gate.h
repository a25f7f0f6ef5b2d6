/*
 * gate.h: may this system be trained, deployed or given autonomy now?
 *
 * The gate closes by itself: it is open only while the whole ledger verifies, goes on from what
 * this gate saw of it before, and the licence of the system for the action allows it. Everything
 * else, every error among it, is a no (DESIGN.md, idea 10).
 */
#ifndef FB_GATE_GATE_H
#define FB_GATE_GATE_H

#include "govern/docket.h"

/** What is asked, of which docket. Borrowed. */
struct fb_gate_question {
    const char *docket; /**< its folder */
    struct fb_clock clock;
    bool is_simulated_clock; /**< as for fb_docket_open */
    struct fb_str system;    /**< "system/NAME" or NAME; its first id or a correction's */
    enum fb_action action;
};

/** What one gate saw of the ledger, which may only grow, and of the clock; all zero at first. */
struct fb_gate {
    bool has_seen;
    bool is_verified; /**< all signatures of these entries, by this process or, where that is
                         trusted, one before it */
    uint64_t entries;
    struct fb_hash root;
    struct fb_note_verifier key; /**< of the log; without a name: not seen yet */
    fb_time at;                  /**< of the last answer */
};

/** By how much a clock may be set back, since clocks are corrected. */
#define FB_GATE_BACK_MAX (FB_MINUTE)

/** An answer; fb_gate_answer_free frees what it borrows from. */
struct fb_gate_answer {
    bool allowed;
    fb_time at;       /**< the instant it is of */
    uint64_t entries; /**< of the ledger, all verified */
    bool simulated;   /**< by a simulated clock */
    struct fb_verdict verdict;
    struct fb_docket *docket;
    struct fb_arena arena;
};

/**
 * Asks. FB_OK with allowed true: the gate is open at this instant; with allowed false the verdict
 * says why it is not. On any error it is closed: what fb_docket_open_verified and fb_docket_ask
 * give, E_NOT_FOUND when the system is not registered, E_CORRUPT when entries that
 * this gate saw before are gone or differ, E_SIGNATURE when the log has another key than then,
 * E_TIME when the clock was put back by more than
 * FB_GATE_BACK_MAX: what was over would be valid again. The signatures of all records are verified
 * when the gate is asked first; then the tree, the checkpoint and the signatures of what came
 * since. Call fb_gate_answer_free in any case.
 */
FB_CHECKED enum fb_code fb_gate_ask(struct fb_gate *gate, const struct fb_gate_question *question,
    struct fb_gate_answer *out, struct fb_err *err);

/** What a picture says of an action of a system ("system/NAME" or NAME): whether it is allowed, and
 * the verdict, in arena. E_NOT_FOUND when the system is not registered. */
FB_CHECKED enum fb_code fb_gate_decide(const struct fb_picture *picture, struct fb_str system,
    enum fb_action action, struct fb_arena *arena, bool *out_allowed, struct fb_verdict *out,
    struct fb_err *err);

/** The ledger of a docket has what a gate saw of it. E_CORRUPT: it was put back or rewritten. */
FB_CHECKED enum fb_code fb_gate_check_growth(
    const struct fb_gate *gate, struct fb_docket *docket, uint64_t entries, struct fb_err *err);

/** The log of a docket has the key that a gate saw: who can replace the ledger can name another one
 * in it. E_SIGNATURE. */
FB_CHECKED enum fb_code fb_gate_check_key(
    const struct fb_gate *gate, struct fb_docket *docket, struct fb_err *err);

/** A clock is not before what it was when a gate was asked, by more than FB_GATE_BACK_MAX. E_TIME.
 */
FB_CHECKED enum fb_code fb_gate_check_clock(
    const struct fb_gate *gate, const struct fb_clock *clock, struct fb_err *err);

/** Frees what an answer holds. */
void fb_gate_answer_free(struct fb_gate_answer *answer);

/** Reads what a gate saw from a file that fb_gate_save wrote; nothing when there is none yet. With
 * is_trusted what it says that this version of the program verified is not verified again: whoever
 * can write the file can then make up signatures, so that it is refused where others than the user
 * of this process and root can.
 * E_SYNTAX, E_SCHEMA, E_LIMIT or E_IO when it cannot be read: then nobody knows what was seen. */
FB_CHECKED enum fb_code fb_gate_load(
    const char *path, bool is_trusted, struct fb_gate *out, struct fb_err *err);

/** Writes it, as fb_io_write does, so that no later gate goes back behind it. */
FB_CHECKED enum fb_code fb_gate_save(
    const char *path, const struct fb_gate *gate, struct fb_err *err);

#endif

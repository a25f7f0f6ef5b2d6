/* run.h: a program that runs only while the gate is open. */
#ifndef FB_GATE_RUN_H
#define FB_GATE_RUN_H

#include "gate/gate.h"

/** Is told of each answer, before anything follows from it; an error of it counts as one of the
 * gate. With answer NULL: there was none, as err says, and the gate will be asked again; then what
 * it returns is passed over. */
typedef enum fb_code (*fb_gate_told)(
    void *ctx, const struct fb_gate_answer *answer, struct fb_err *err);

/** What runs, and how. Borrowed. */
struct fb_gate_run {
    struct fb_gate_question question;
    const char *state;       /**< file of fb_gate_load and fb_gate_save; NULL: none is kept */
    bool is_trusted;         /**< the state, as for fb_gate_load */
    const char *const *argv; /**< the program, with NULL at its end; NULL: it is only asked */
    int64_t every_ms;        /**< how long an answer holds */
    int64_t grace_ms;        /**< from asking the program to end until it is killed */
    fb_gate_told told;
    void *ctx;
};

/**
 * Asks the gate, runs the program if it is open, and asks again at each interval. When the answer
 * is no, or cannot be had, the program and its group are ended. What the machine fails at (exit
 * status 5: a locked file, memory, a disk) is tried each second until the last good answer is older
 * than two intervals. SIGTERM, SIGINT and SIGHUP to this process end the program too.
 *
 * FB_OK: *out_status is the program's exit status (128 and the signal's number when it was killed,
 * or this process was told to end), or 0 when it was only asked. E_NEGATIVE: the gate is closed.
 * Otherwise as fb_gate_ask and fb_process_start. Nothing of the program's group runs afterwards.
 */
FB_CHECKED enum fb_code fb_gate_run(
    const struct fb_gate_run *run, int *out_status, struct fb_err *err);

#endif

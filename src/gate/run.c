#include "gate/run.h"

#include "base/assert.h"
#include "base/process.h"

enum { AGAIN_MS = 1000, BY_SIGNAL = 128, NS_IN_MS = 1000000 };

/* One run at work. */
struct running {
    const struct fb_gate_run *run;
    struct fb_gate gate;
    struct fb_process process;
    int64_t asked_ms; /* when the last answer was that it is open */
};

static int64_t now_ms(void)
{
    return fb_clock_ticks_ns() / NS_IN_MS;
}

/* What the file says that gates saw; nothing where there is none. */
static enum fb_code read_state(const struct running *r, struct fb_gate *out, struct fb_err *err)
{
    *out = (struct fb_gate){.has_seen = false};
    return r->run->state ? fb_gate_load(r->run->state, r->run->is_trusted, out, err) : FB_OK;
}

/* Writes what was seen, unless another gate saw more meanwhile. */
static enum fb_code write_state(const struct running *r, struct fb_err *err)
{
    struct fb_gate others;
    enum fb_code code = read_state(r, &others, err);
    bool more = others.has_seen && others.entries > r->gate.entries;
    return code || more || !r->run->state ? code : fb_gate_save(r->run->state, &r->gate, err);
}

/* Asks; E_NEGATIVE when the answer is no. What other gates saw must be there, too. */
static enum fb_code ask(struct running *r, struct fb_err *err)
{
    struct fb_gate_answer answer = {.allowed = false};
    struct fb_gate others;
    const struct fb_gate_run *run = r->run;
    enum fb_code code = read_state(r, &others, err);
    if (code != FB_OK) {
        return code;
    }
    r->gate = r->gate.has_seen ? r->gate : others;
    code = fb_gate_ask(&r->gate, &run->question, &answer, err);
    code = code ? code : fb_gate_check_growth(&others, answer.docket, answer.entries, err);
    code = code ? code : write_state(r, err);
    if (code == FB_OK) {
        code = run->told(run->ctx, &answer, err);
    }
    if (code == FB_OK && !answer.allowed) {
        code = fb_err_set(err, FB_E_NEGATIVE, "the gate is closed: '%.*s' may not %s now",
            FB_STR_ARG(run->question.system), fb_action_name(run->question.action));
    }
    fb_gate_answer_free(&answer);
    r->asked_ms = code == FB_OK ? now_ms() : r->asked_ms;
    return code;
}

/* Ends the program: asks it to, and kills it when the grace is over or somebody is impatient. */
static enum fb_code end(const struct running *r, struct fb_err *err)
{
    enum fb_process_event event = FB_PROCESS_TIME;
    int status = 0;
    fb_process_end(&r->process, false);
    enum fb_code code = fb_process_wait(&r->process, r->run->grace_ms, &event, &status, err);
    if (code != FB_OK || event != FB_PROCESS_ENDED) {
        fb_process_end(&r->process, true);
        code = fb_process_wait(&r->process, r->run->grace_ms, &event, &status, err);
    }
    return code;
}

/* The gate closed while the program ran, or could not be asked for too long. */
static enum fb_code close_on(const struct running *r, struct fb_err *why)
{
    struct fb_err err;
    fb_err_init(&err);
    fb_err_prefix(why, "'%s' was ended", r->run->argv[0]);
    enum fb_code code = end(r, &err);
    if (code != FB_OK) {
        *why = err;
    }
    return why->code;
}

/* Asks again. A locked file is no reason to lose a week of training, and no excuse for another. */
static enum fb_code ask_again(struct running *r, int64_t *out_wait_ms, struct fb_err *err)
{
    fb_err_init(err);
    enum fb_code code = ask(r, err);
    bool may_pass = code != FB_OK && fb_code_exit(code) == fb_code_exit(FB_E_IO);
    *out_wait_ms = code == FB_OK ? r->run->every_ms : AGAIN_MS;
    if (may_pass && now_ms() - r->asked_ms < 2 * r->run->every_ms) {
        (void)r->run->told(r->run->ctx, NULL, err);
        return FB_OK;
    }
    return code;
}

static enum fb_code supervise(struct running *r, int *out_status, struct fb_err *err)
{
    int64_t wait_ms = r->run->every_ms;
    for (;;) {
        enum fb_process_event event;
        int status = 0;
        enum fb_code code = fb_process_wait(&r->process, wait_ms, &event, &status, err);
        if (code == FB_OK && event == FB_PROCESS_ENDED) {
            *out_status = status;
            return FB_OK;
        }
        if (code == FB_OK && event == FB_PROCESS_SIGNAL) {
            *out_status = BY_SIGNAL + status;
            return end(r, err);
        }
        if (code == FB_OK) {
            code = ask_again(r, &wait_ms, err);
        }
        if (code != FB_OK) {
            return close_on(r, err);
        }
    }
}

enum fb_code fb_gate_run(const struct fb_gate_run *run, int *out_status, struct fb_err *err)
{
    FB_ASSERT(run && run->told && out_status && run->every_ms > 0 && run->grace_ms > 0);
    struct running r = {.run = run};
    *out_status = 0;
    enum fb_code code = run->argv ? fb_process_prepare(err) : FB_OK;
    code = code ? code : ask(&r, err);
    if (code != FB_OK || !run->argv) {
        return code;
    }
    code = fb_process_start(run->argv, &r.process, err);
    return code == FB_OK ? supervise(&r, out_status, err) : code;
}

/*
 * story.h: a docket in a temporary folder whose clock the test moves: history by history, the
 * records of SEMANTICS.md go in and the picture at an instant comes out.
 */
#ifndef FB_TEST_STORY_H
#define FB_TEST_STORY_H

#include "govern/docket.h"

/** A story. */
struct story {
    char folder[64];
    char docket_path[96];
    fb_time now;
    struct fb_docket *docket;
    struct fb_arena arena; /**< of the last picture */
    struct fb_picture picture;
    struct fb_err err;
    int files;
    size_t asked;    /**< answers about one system, with an index there */
    size_t excerpts; /**< of them, those out of the records that it found */
    uint64_t most;   /**< so many records at most */
};

/** Makes a simulated docket on 2026-01-01 with party/institute (regulator, keeps it), party/dev
 * (developer), party/lab (evaluator), and system/s with 2e25 FLOP. */
void story_begin(struct story *story);

/** Removes everything. */
void story_end(struct story *story);

/** Moves the clock to an instant, given as text. */
void story_at(struct story *story, const char *when);

/** Writes text to a file and adds it as a party; returns what the docket answers. */
enum fb_code story_try(struct story *story, const char *party, const char *text);

/** The same, which must succeed. */
void story_add(struct story *story, const char *party, const char *text);

/** Adds an evaluation of system/s on "cybench" by a party: k of n, unresolved u, ended at a time.
 */
void story_evaluation(
    struct story *story, const char *party, const int64_t counts[3], const char *ended);

/** The picture now, or as of an instant when when is not NULL. */
const struct fb_picture *story_picture(struct story *story, const char *as_of);

/** The status of the only red line of system/s, now. */
enum fb_line_status story_line(struct story *story);

/** The obligation of a rule (any when NULL) with a binding (any when NULL), now; fails when there
 * is none. */
const struct fb_obligation *story_duty(struct story *story, const char *rule, const char *binding);

/** May system/s do that now? */
bool story_may(struct story *story, enum fb_action action);

/** An instant. */
fb_time story_time(const char *text);

#endif

/*
 * sample.h: a small picture made by hand, of which every report test prints something: three
 * systems (one crossed a line, one is not ruled out, one is exempt), duties in several states, a
 * safety case that was undercut, licences with reasons.
 */
#ifndef FB_TESTS_REPORT_SAMPLE_H
#define FB_TESTS_REPORT_SAMPLE_H

#include "govern/picture.h"

/** Seats of the sample's arrays, for tests that change one. */
enum {
    SAMPLE_AURORA,
    SAMPLE_BOREAL,
    SAMPLE_MINNOW,
    SAMPLE_SYSTEMS,
};

/** A picture and what it is made of. */
struct sample {
    struct fb_arena arena;
    struct fb_err err;
    struct fb_picture picture;
    struct fb_redline *cyber;
    struct fb_redline *bio;
    struct fb_duty *report;
    uint64_t seq; /**< of the next record */
};

/** Makes the picture; sample_end frees it. */
void sample_begin(struct sample *sample);
void sample_end(struct sample *sample);

/** Chains the views by system again, after a test has changed the lists. */
void sample_chain(struct sample *sample);

/** An instant as text. */
fb_time sample_time(const char *text);

/** A record with this body (JSON), admitted at an instant; it gets the next number. */
struct fb_record *sample_record(struct sample *sample, enum fb_kind kind, const char *id,
    const char *admitted, const char *body);

/** A decimal as text. */
struct fb_decimal sample_decimal(const char *text);

/** Appends a duty of a system (empty: of none) with this status. */
struct fb_duty_view *sample_duty(
    struct sample *sample, const char *system, enum fb_duty_status status, const char *text);

#endif

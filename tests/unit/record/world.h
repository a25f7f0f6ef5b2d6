/*
 * world.h: a registry with an office, two developers and an auditor, and records that are said to
 * it: what the tests of admission share.
 */
#ifndef FB_TEST_WORLD_H
#define FB_TEST_WORLD_H

#include "record/registry.h"
#include "record/sshsig.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SUBJECT_A "\"subject\":\"system/a\","
#define INCIDENT "{\"title\":\"I\",\"class\":\"death\"}"

/** Who holds which key in these tests. */
enum { OFFICE = 1, AURORA, BOREALIS, AUDITOR, STRANGER, SPARE, COURT, SENATE };

enum { SIGNERS_MAX = 3 /**< signatures of one saying */ };

/** A registry, and the clock of its admissions. */
struct world {
    struct fb_registry *registry;
    fb_time now;
};

/** One record to be said. */
struct saying {
    const char *kind, *name, *issuer, *rest; /* rest: further members, as "\"subject\":...," */
    const char *body;
    int key;           /* who signs */
    int second_key;    /* who signs too, as COURT or COURT | SENATE << 4; 0: nobody */
    const char *space; /* NULL: the namespace of the kind */
};

/** A saying that must be refused. */
struct refusal {
    struct saying saying;
    enum fb_code code;
    const char *path;
};

/** The Ed25519 key of somebody. */
void secret_of(int who, struct fb_sshkey_secret *out);

/** Makes the statement and signatures of a saying. The entry borrows from both buffers. */
void make_entry(const struct saying *s, fb_time now, struct fb_buf *statement,
    struct fb_buf signatures[SIGNERS_MAX], struct fb_entry *out);

/** Frees what make_entry made. */
void free_entry(struct fb_buf *statement, struct fb_buf signatures[SIGNERS_MAX]);

/** Checks and adds; both must answer the same, and a refusal must change nothing. */
enum fb_code say(struct world *w, const struct saying *s, struct fb_err *err);

/** The same, which must succeed. */
void must_say(struct world *w, const struct saying *s);

/** The same, which must be refused so, with a message and a hint. */
void must_refuse(struct world *w, const struct refusal *r);

/** The body of a key record; returns out. */
const char *key_body(const char *party, int who, const char *rest, char out[1024]);

/** Introduces a party, and declares a key of it. */
void say_party(struct world *w, const char *name, const char *role, const char *issuer, int key);
void say_key(struct world *w, const char *party, int who, const char *issuer, int key);

/** An empty registry on 2026-06-01. */
struct world bare_world(void);

/** An office (regulator), two developers with a system each, and an auditor: ten records. */
struct world usual_world(void);

#endif

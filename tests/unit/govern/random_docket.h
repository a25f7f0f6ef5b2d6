/*
 * random_docket.h: made-up dockets that grow record by record: parties, systems of which some were
 * made from others, policies, and whatever happens to them, corrections and releases among it. The
 * same seed gives the same docket.
 */
#ifndef FB_TEST_RANDOM_DOCKET_H
#define FB_TEST_RANDOM_DOCKET_H

#include "govern/evaluate.h"

enum {
    RANDOM_POLICIES_MAX = 60,
    RANDOM_RECORDS_MAX = 400,
    RANDOM_BODY_MAX = 800,
    RANDOM_SYSTEMS = 4, /**< unless it is begun with another number */
    RANDOM_SYSTEMS_MAX = 24,
    RANDOM_PARTIES = 4, /**< the last one is party/office */
};

/** Policies that records may name by their number. */
struct random_policies {
    struct fb_buf texts[RANDOM_POLICIES_MAX];
    size_t count;
};

/** Reads the shipped packs; what is added then comes behind them. */
void random_policies_read(struct random_policies *policies);
void random_policies_add(struct random_policies *policies, const char *text);
void random_policies_free(struct random_policies *policies);

/** What the rules of the packs do not do: halt all of a party's; read another system's line, which
 * no resident serves. */
extern const char random_policy_party[];
extern const char random_policy_wide[];

/** What several records say together, each in a rule of its own, and what joins systems, parties
 * and incidents. */
extern const char random_policy_derived[];

/** fb_blob_reader of them; ctx: the policies. */
enum fb_code random_policies_blob(
    void *ctx, struct fb_str digest, struct fb_buf *out, struct fb_err *err);

/** A record that was admitted, for those that name it. */
struct random_record {
    char kind[16];
    unsigned subject; /**< number of a system; RANDOM_SYSTEMS_MAX: it has none */
    bool corrected;
    const char *issuer;
    char body[RANDOM_BODY_MAX];
};

/** A docket. */
struct random_docket {
    struct fb_registry *registry;
    fb_time now;
    uint64_t state;
    struct random_record records[RANDOM_RECORDS_MAX];
    size_t count;     /**< of those, which come behind parties, policies and systems */
    size_t refused;   /**< statements that admission refused */
    unsigned systems; /**< how many there are */
    unsigned heads[RANDOM_SYSTEMS_MAX]; /**< corrections of each system */
};

/** Parties, the policies with the numbers [first, end), and systems. */
void random_docket_begin(struct random_docket *docket, uint64_t seed, size_t first, size_t end);

/** The same with so many systems. */
void random_docket_begin_with(
    struct random_docket *docket, uint64_t seed, size_t first, size_t end, unsigned systems);

/** Time passes, and something happens, which is admitted or refused. True: admitted. */
bool random_docket_step(struct random_docket *docket);

/** Admits the policy with a number. */
void random_docket_policy(struct random_docket *docket, size_t number);

/** Admits it as the next version of the first one, in place of that with the number before. */
void random_docket_version(struct random_docket *docket, size_t number);

/** A number below sides. */
unsigned random_docket_roll(struct random_docket *docket, unsigned sides);

void random_docket_end(struct random_docket *docket);

#endif

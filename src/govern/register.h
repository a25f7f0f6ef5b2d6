/*
 * register.h: what a docket has on record about each system, gathered: its life, what it was made
 * from and with, who may examine it and whether that was honoured, where it works and who watches
 * it, and how secure it was shown to be.
 */
#ifndef FB_GOVERN_REGISTER_H
#define FB_GOVERN_REGISTER_H

#include "base/arena.h"
#include "record/registry.h"

/** A grant of access, and how it was used. */
struct fb_register_grant {
    const struct fb_record *record; /**< its latest version */
    struct fb_str id;               /**< of the first one */
    size_t uses, full, partial, refused;
    bool in_force;   /**< granted, and now is within its dates */
    bool from_start; /**< it began no later than the first run of the system; false without a run */
};

/** What shows the level of a standard, as security. */
struct fb_register_level {
    struct fb_str standard;
    int64_t shown;    /**< the highest level that a passed audit in force shows; -1: none */
    int64_t expired;  /**< the highest that one shows that has run out; -1: none */
    int64_t claimed;  /**< the highest that the developer's measures claim; -1: none */
    fb_time until;    /**< when what shows it runs out; FB_TIME_MAX: it does not say */
    size_t red_teams; /**< red-team audits of it in force */
    size_t critical;  /**< critical findings that they left open */
    const struct fb_record *audit; /**< what shows it; NULL */
};

/** One system. Lists are the arena's. */
struct fb_register_system {
    struct fb_str id;
    const struct fb_record *record;
    const struct fb_record **records; /**< about it, latest versions, in the order of admission */
    size_t record_count;
    struct fb_register_grant *grants;
    size_t grant_count;
    struct fb_register_level *levels;
    size_t level_count;
};

/** All of them. */
struct fb_register {
    struct fb_register_system *systems; /**< in the order of admission */
    size_t count;
    const struct fb_record **clusters; /**< latest versions, in the order of admission */
    size_t cluster_count;
    const struct fb_registry *registry;
    fb_time now;
};

/** Gathers the register as it stands at `now`. Memory is the arena's, records the registry's.
 * E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_register_gather(const struct fb_registry *registry, fb_time now,
    struct fb_arena *arena, struct fb_register *out, struct fb_err *err);

/** The system of an id or of a name without "system/"; NULL. */
const struct fb_register_system *fb_register_find(
    const struct fb_register *register_, struct fb_str name);

/** How many of a system's records are of a kind. */
size_t fb_register_count(const struct fb_register_system *system, enum fb_kind kind);

/** A number of a record's body; otherwise `otherwise`. */
double fb_register_number(const struct fb_record *record, const char *field, double otherwise);

/** A time of a record's body; otherwise `otherwise`. */
fb_time fb_register_time(const struct fb_record *record, const char *field, fb_time otherwise);

#endif

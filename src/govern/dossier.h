/*
 * dossier.h: the liability file of one system: what was known, when and by whom, what was owed,
 * what was done, and of each harm whether its hazard had been foreseen.
 *
 * Two times are kept apart everywhere. When a record says that something happened is its issuer's
 * word (`at` and other fields); when it was admitted is the ledger's, inside the tree, and can be
 * proved. Whether a hazard was foreseen is a search: which records that stand before the harm speak
 * of the hazard of its class (record/classes.def), or are of an incident of the same class. What a
 * passage means is for whoever reads it; the passage and the word that was found are given.
 */
#ifndef FB_GOVERN_DOSSIER_H
#define FB_GOVERN_DOSSIER_H

#include "govern/evaluate.h"
#include "govern/incident.h"

/** Limits; each has an error or is said. */
enum {
    FB_DOSSIER_RECORDS_MAX = 20000, /**< records that are cited */
    FB_DOSSIER_WARNINGS_MAX = 20,   /**< passages of one harm that are given, the earliest */
};

/** One record that concerns the system. */
struct fb_dossier_item {
    const struct fb_record *record;
    struct fb_str words;               /**< what it says, cut; may hold anything */
    const struct fb_record *successor; /**< the record that corrected it; NULL: none */
    fb_time disowned;                  /**< its key was revoked from before; FB_TIME_MAX: no */
    struct fb_str signer;              /**< id of the party whose key signed; empty: none */
};

/** What was decided of the system: a red line, a safety case, an order, a licence, or a duty. */
struct fb_dossier_verdict {
    const char *kind; /**< "red line", "safety case", "order", "licence", "duty" */
    struct fb_str id;
    const char *handle;
    struct fb_str headline;          /**< one sentence */
    struct fb_str said;              /**< the same with its reason, as to somebody; may be empty */
    const struct fb_duty_view *duty; /**< of a duty */
    const struct fb_record **rests;  /**< the records that its reason names, by number */
    size_t rest_count;
};

/** How well a passage shows that something was foreseen. */
enum fb_warning_grade {
    FB_WARNING_ON_LEDGER, /**< admitted before the harm began: that can be proved */
    FB_WARNING_BY_DATE,   /**< its issuer dates it before; it was admitted after */
};

/** What joins a record to the hazard of a harm, the strongest first. */
enum fb_warning_link {
    FB_WARNING_NAMED, /**< a name in it is that of a hazard which the incident states, or its class
                       */
    FB_WARNING_CLASS, /**< it is an incident of the same class, or about one */
    FB_WARNING_WORDS, /**< words of the class stand in it */
};

/** A passage that speaks of the hazard of a harm. */
struct fb_warning {
    const struct fb_record *record;
    enum fb_warning_grade grade;
    struct fb_str place; /**< where in the record: "name", "claim G2", "red line cyber" */
    struct fb_str words; /**< around what was found */
    struct fb_str term;  /**< what was found, as it stands there; empty: an incident of the class */
    struct fb_str by;    /**< WORDS: the term of classes.def; NAMED: the name of the hazard */
    enum fb_warning_link link;
    bool elsewhere; /**< it is of another system */
};

/** Whether a hazard was foreseen, as far as records say. */
enum fb_foresight {
    FB_FORESEEN,         /**< a record that was on the ledger before */
    FB_FORESEEN_BY_DATE, /**< only records that were filed after, and are dated before */
    FB_FORESEEN_NOWHERE, /**< no record before it speaks of the hazard */
    FB_FORESEEN_UNKNOWN, /**< a fact is missing */
};

/** One harm. */
struct fb_harm {
    struct fb_incident_view incident;
    fb_time before;    /**< what was on record before this counts */
    const char *since; /**< where that is from: "began", "known_at" or "at" */
    enum fb_foresight foresight;
    const char *needs;           /**< UNKNOWN: which fact */
    struct fb_warning *warnings; /**< those on the ledger first, then by admission */
    size_t warning_count;
    size_t warnings_all; /**< with those that are not given */
    size_t unread;       /**< safety cases from before it whose documents were erased */
};

/** Jobs of the system, which are not cited one by one. */
struct fb_dossier_usage {
    uint64_t jobs;
    int64_t gpu_seconds;           /**< of those that say them */
    uint64_t unknown;              /**< jobs that do not say their GPUs */
    const struct fb_record *first; /**< NULL: there are none */
    const struct fb_record *last;
};

/** The file. */
struct fb_dossier {
    const struct fb_system_view *system;
    const struct fb_record *developer; /**< what stands of it now; NULL: not on record */
    const struct fb_record **lineage;  /**< systems that it was made from, first versions */
    size_t lineage_count;
    struct fb_dossier_item *items; /**< in the order of admission */
    size_t item_count;
    struct fb_dossier_usage usage;
    struct fb_dossier_verdict *duties; /**< by since, then id */
    size_t duty_count;
    struct fb_dossier_verdict *verdicts; /**< the others */
    size_t verdict_count;
    struct fb_harm *harms; /**< in the order of admission */
    size_t harm_count;
    const struct fb_record **cited; /**< every record that the file names, by number */
    size_t cited_count;
};

/** A word for a link: "hazard", "class", "words". */
const char *fb_warning_link_name(enum fb_warning_link link);

/** A word for a foresight: "foreseen", "foreseen by its date", "not found", "cannot tell". */
const char *fb_foresight_name(enum fb_foresight foresight);

/** What is asked for. */
struct fb_dossier_options {
    struct fb_str system;            /**< its id */
    struct fb_str signer;            /**< the party that will sign: its keys are cited; or empty */
    const struct fb_registry *whole; /**< all records of the docket, of which the picture's are the
                                          first: keys may be newer than the date of the file */
};

/** Gathers the file of a system from a picture that was evaluated. Lives in arena and borrows from
 * the picture and the registries. E_NOT_FOUND, E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_dossier_gather(const struct fb_picture *picture,
    const struct fb_dossier_options *options, struct fb_arena *arena, struct fb_dossier *out,
    struct fb_err *err);

/** One gathering at work. Private to dossier.c and foresight.c. */
struct fb_dossier_work {
    const struct fb_picture *picture;
    const struct fb_registry *registry;
    struct fb_arena *arena;
    struct fb_dossier *out;
    struct fb_str developer; /**< first id of the party; may be empty */
    uint8_t *part;           /**< by number: it concerns the system */
    uint8_t *cited;          /**< by number */
    uint8_t *scratch;        /**< by number */
};

/** True when an incident's record is about the system, or names it as one that had a part. */
bool fb_dossier_had_part(const struct fb_dossier_work *work, const struct fb_record *record);

/** The first version's id of the record with an id; the id itself when there is none. */
struct fb_str fb_dossier_root(const struct fb_registry *registry, struct fb_str id);

/** Says of a harm whose incident was gathered whether its hazard was foreseen. */
FB_CHECKED enum fb_code fb_dossier_foresee(
    struct fb_dossier_work *work, struct fb_harm *harm, struct fb_err *err);

#endif

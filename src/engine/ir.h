/*
 * ir.h: the intermediate form that policies lower to and that both evaluators execute.
 *
 * Formulas are metric first-order temporal logic with aggregation (Basin, Klaedtke, Mueller,
 * Zalinescu, "Monitoring Metric First-Order Temporal Properties", JACM 62(2), 2015), point-based:
 * they are read at the time-points of a trace. Over them stand two operators of our own, both in
 * SEMANTICS.md: the duty (obligation with trigger, deadline, discharge) and the red line
 * (three-valued status with latch and dwell).
 *
 * All nodes live in one arena; nothing is freed by itself. Variables are numbers into the `vars` of
 * the rule they stand in.
 */
#ifndef FB_ENGINE_IR_H
#define FB_ENGINE_IR_H

#include "base/arena.h"
#include "base/decimal.h"
#include "base/timestamp.h"
#include "base/value.h"

/** Limits; each has an error and a test. */
enum {
    FB_IR_VARS_MAX = 64,       /**< variables of one rule */
    FB_IR_DEPTH_MAX = 100,     /**< nesting of a formula */
    FB_IR_ARITY_MAX = 64,      /**< columns of a relation */
    FB_IR_CONJUNCTS_MAX = 256, /**< conditions joined by one chain of AND */
    FB_IR_REGEX_MAX = 100,     /**< nodes of one regular expression */
};

/** Where in a policy's text something stands; line 0 means nowhere. */
struct fb_span {
    uint32_t line;
    uint32_t column;
    uint32_t length;
};

/** A relation of the signature. */
struct fb_relation {
    struct fb_str name;
    size_t arity;
    const struct fb_str *columns; /**< names; may be NULL for relations of a foreign signature */
    const enum fb_type *types;
};

/** All relations that formulas may read. */
struct fb_signature {
    struct fb_relation *relations;
    size_t count;
};

/** Terms. */
enum fb_term_kind {
    FB_TERM_ANY, /**< matches every value and binds nothing */
    FB_TERM_VAR,
    FB_TERM_CONST,
    FB_TERM_ADD,
    FB_TERM_SUB,
    FB_TERM_MUL,
    FB_TERM_DIV,
    FB_TERM_MOD,
    FB_TERM_NEG,
    FB_TERM_TO_FLOAT,
    FB_TERM_TO_INT,
    FB_TERM_QUOTIENT,  /**< as DIV, but total: a whole number by zero is 0, a float as IEEE 754 */
    FB_TERM_REMAINDER, /**< as MOD, but total: by zero it is the dividend */
    FB_TERM_TO_STRING, /**< of a number, as MonPoly writes it */
    FB_TERM_READ_INT,  /**< of a string: NONE unless it is a whole number */
    FB_TERM_READ_FLOAT,
    FB_TERM_DAY_OF_MONTH, /**< of a number of seconds since 1970, in UTC */
    FB_TERM_MONTH,
    FB_TERM_YEAR,
    FB_TERM_DATE, /**< as "2024-05-20" */
};

/** A term. */
struct fb_term {
    enum fb_term_kind kind;
    uint32_t var;          /**< VAR */
    struct fb_value value; /**< CONST */
    struct fb_term *args[2];
};

/** Kinds of formula. */
enum fb_form_kind {
    FB_FORM_TRUE,
    FB_FORM_FALSE,
    FB_FORM_PRED, /**< a tuple of the relation holds here */
    FB_FORM_EQ,
    FB_FORM_LESS,
    FB_FORM_LESS_EQ,
    FB_FORM_SUBSTRING, /**< terms[0] stands in terms[1] */
    FB_FORM_MATCHES,   /**< see engine/pattern.h; terms: text, pattern, groups */
    FB_FORM_NOT,
    FB_FORM_AND,
    FB_FORM_OR,
    FB_FORM_EXISTS,   /**< over bound[0 .. bound_count) */
    FB_FORM_PREVIOUS, /**< unary temporal; interval applies to all temporal kinds */
    FB_FORM_NEXT,
    FB_FORM_ONCE,
    FB_FORM_HISTORICALLY,
    FB_FORM_EVENTUALLY,
    FB_FORM_ALWAYS,
    FB_FORM_SINCE, /**< left SINCE right */
    FB_FORM_UNTIL,
    FB_FORM_AGGREGATE,    /**< see agg */
    FB_FORM_MATCH_PAST,   /**< regex matches from some earlier time-point up to here */
    FB_FORM_MATCH_FUTURE, /**< regex matches from here up to some later time-point */
    FB_FORM_FREEZE,       /**< in right, the tuples of left at this time-point are a relation */
    FB_FORM_LETPAST, /**< in right, the tuples of left, which may read earlier ones of its own */
};

/** A regular expression over time-points (Basin, Dardinier, Heimes, Krstic, Raszyk, Schneider,
 * Traytel, "A Formally Verified, Optimized Monitor for Metric First-Order Dynamic Logic", 2020). It
 * matches from one time-point to another that is not earlier. */
enum fb_regex_kind {
    FB_REGEX_STEP, /**< to the next time-point */
    FB_REGEX_TEST, /**< stays, and test holds */
    FB_REGEX_EITHER,
    FB_REGEX_THEN,
    FB_REGEX_STAR,
};
struct fb_regex {
    enum fb_regex_kind kind;
    struct fb_form *test;
    struct fb_regex *left; /**< the only operand of STAR */
    struct fb_regex *right;
};

/** Aggregations. */
enum fb_agg_kind { FB_AGG_COUNT, FB_AGG_SUM, FB_AGG_AVG, FB_AGG_MIN, FB_AGG_MAX, FB_AGG_MEDIAN };

/** [low, high] in the time unit of the trace; high FB_TIME_MAX means unbounded. */
struct fb_interval {
    int64_t low;
    int64_t high;
};

/** What people call a variable. */
struct fb_var_name {
    uint32_t var;
    struct fb_str name;
};

/** A formula. */
struct fb_form {
    enum fb_form_kind kind;
    struct fb_span span;
    struct fb_form *left; /**< the only operand of a unary kind */
    struct fb_form *right;
    struct fb_interval interval;

    uint32_t relation; /**< PRED: index into the signature; of a definition's, numbers behind it.
                          FREEZE, LETPAST: the number that it defines */
    const struct fb_form
        *definition;              /**< PRED: the FREEZE or LETPAST that it reads; NULL: a fact */
    bool earlier;                 /**< PRED: inside the LETPAST that it reads */
    struct fb_regex *regex;       /**< MATCH_*; tests are its operands */
    bool occurs;                  /**< PRED: only tuples that begin at this very time-point */
    struct fb_term *const *terms; /**< PRED: one a column; comparisons: two; MATCHES: two or more */
    size_t term_count;

    const uint32_t *bound; /**< EXISTS: variables; AGGREGATE: variables to group by; FREEZE,
                              LETPAST: the variables of left, one a column of the relation */
    size_t bound_count;
    enum fb_agg_kind agg;        /**< AGGREGATE: result := agg(over) over left, grouped */
    uint32_t agg_result;         /**< AGGREGATE: variable */
    uint32_t agg_over;           /**< AGGREGATE: variable */
    struct fb_value agg_nothing; /**< AGGREGATE without groups: the result over no rows, beside
                                    COUNT and SUM, which are 0; NONE: no result */

    const struct fb_var_name *names; /**< for people, of variables that are new in left; may be
                                        NULL. EXISTS, AGGREGATE, FREEZE, LETPAST */
    size_t name_count;
    struct fb_str label; /**< for people: the relation that FREEZE or LETPAST defines */
    bool unread;         /**< FREEZE, LETPAST: nothing reads what it defines (fb_form_reads), so it
                            is checked, but not evaluated */

    const struct fb_form *sealed; /**< itself once what follows is computed (fb_form_seal), which a
                                     copy thereby loses */
    uint64_t free;                /**< its free variables, one bit each */
    bool plain;    /**< PRED: no column holds arithmetic, so it can be evaluated anywhere */
    bool closed;   /**< it can be evaluated wherever its free variables are bound */
    bool still;    /**< it has no aggregation, no operator over time, no regular expression and no
                        definition */
    bool timeless; /**< comparisons, and NOT, AND and OR of such: what is bound decides it */
    bool apart; /**< no quantifier or aggregation in it hides a variable that stands elsewhere in it
                     too, and there is no regular expression and no definition */
    bool timed; /**< it has an operator over time outside of regular expressions and definitions */
    size_t nodes; /**< without those of regular expressions and definitions */
    uint64_t all; /**< all variables in it, of which these are hidden so */
    uint64_t hidden;
};

/** Units of a deadline. */
enum fb_unit {
    FB_UNIT_HOURS,
    FB_UNIT_DAYS,
    FB_UNIT_BUSINESS_DAYS,
    FB_UNIT_MONTHS,
};

/** How days are counted: SEMANTICS.md, Time. */
enum fb_calendar { FB_CALENDAR_EXACT, FB_CALENDAR_EU_1182_71, FB_CALENDAR_US_CA };

/** When clocks are put forward by an hour: never; as the European Union does, from the last Sunday
 * of March to the last Sunday of October, each at 01:00 UTC; as the United States do, from the
 * second Sunday of March to the first Sunday of November, each at 02:00 local time. */
enum fb_dst { FB_DST_NONE, FB_DST_EU, FB_DST_US };

/** A time zone: engine/zone.h. All zero is UTC. */
struct fb_zone {
    int32_t offset_minutes; /**< local standard time minus UTC */
    enum fb_dst dst;
};

/** How a policy counts days. */
struct fb_days {
    enum fb_calendar calendar;
    struct fb_zone zone;
    struct fb_str zone_name; /**< as written; empty: UTC */
    const int64_t *holidays; /**< day numbers of fb_days_from_civil, sorted, each once */
    size_t holiday_count;
    struct fb_str listed; /**< names of lists of public holidays that are among them, as "be, kr";
                               empty: none */
    int64_t listed_from;  /**< the days that all these lists cover */
    int64_t listed_until; /**< the day after the last of them */
};

/** Whether progress is fast, normal or slow: from the tightest to the loosest. */
enum fb_pace { FB_PACE_FAST, FB_PACE_NORMAL, FB_PACE_SLOW };
enum { FB_PACE_LEVELS = 3, FB_PACE_SERIES_MAX = 8 };

/** By what a policy tells its pace: SEMANTICS.md, Pace. Doubling times are in days. */
struct fb_pace_terms {
    bool given; /**< false: the policy has no pace, and nothing below is set */
    bool asked; /**< a condition asks for the pace itself */
    struct fb_span span;
    struct fb_str series[FB_PACE_SERIES_MAX]; /**< the pace is that of the fastest of them */
    size_t series_count;
    double confidence;      /**< of the interval of the doubling time, as 0.9 */
    double fast_below_days; /**< a doubling time of at least this is not fast */
    double slow_from_days;  /**< of at least this is slow; infinite: nothing is */
    int64_t dwell_us;       /**< how long that must have held */
    int64_t age_us;         /**< the newest value must be newer than this; else it is fast */
};

/** What a duty demands. */
enum fb_modality { FB_MUST, FB_MAY_NOT, FB_KEEP };

/** One line of `within`: the deadline that applies when guard holds of the trigger's values. */
struct fb_within {
    struct fb_form *guard; /**< NULL: always */
    int64_t amount;
    enum fb_unit unit;
    struct fb_span span;
};

/** What follows a breach. */
enum fb_consequence {
    FB_LEST_NOTHING,
    FB_LEST_BREACH,
    FB_LEST_HALT,
    FB_LEST_RESTRICT,
    FB_LEST_SECURE
};

/** What a pace changes of a duty beside its deadline, all of it. */
struct fb_duty_terms {
    int64_t every; /**< as of the duty, each */
    enum fb_unit every_unit;
    int64_t relax_after;
    enum fb_consequence lest;
    struct fb_str lest_text;
};

/**
 * A duty. For each valuation of `when` (with `given`) over the first `param_count` variables there
 * is one obligation, from the time-point at which it first holds.
 */
struct fb_duty {
    struct fb_str name;   /**< as "initial_report" */
    struct fb_str title;  /**< what is owed, as a person says it: "report the incident ..." */
    struct fb_str source; /**< where the rule comes from; empty: as its policy says */
    struct fb_str surety; /**< "high", "medium", "low", that it says what that does; or empty */
    struct fb_span span;
    enum fb_modality modality;
    const struct fb_str *vars; /**< names of the variables */
    size_t var_count;
    size_t param_count;       /**< these identify the obligation */
    int32_t system_var;       /**< which parameter is the system; -1 when none */
    struct fb_form *when;     /**< the trigger, over all variables it binds */
    struct fb_form *given;    /**< a condition read with it; NULL: true */
    struct fb_form *during;   /**< owed only while this holds (commitments); NULL: always */
    struct fb_term *party;    /**< who owes it; a VAR bound by `when`, or a CONST */
    struct fb_form *act;      /**< MUST: discharges. MAY_NOT: breaks. KEEP: must hold */
    struct fb_form *received; /**< MUST: receipts of what `act` asks for, as far as its recipient
                                 had it before it was admitted: binds received_var and
                                 admitted_var; NULL: none are given */
    uint32_t received_var;    /**< TIME: when the recipient had it; such instants are time-points */
    uint32_t admitted_var;    /**< TIME: when the act that it is of was admitted */
    uint32_t received_relation; /**< which `received` reads, and its columns of the two */
    uint32_t received_column;
    uint32_t admitted_column;
    struct fb_form *before;   /**< MUST: overdue when this happens first; NULL: none */
    struct fb_within *within; /**< MUST: the tightest that applies counts */
    size_t within_count;
    int32_t anchor_var;  /**< a TIME variable the deadline runs from; -1: the trigger */
    int64_t relax_after; /**< ends once `during` has failed for this long; 0: at once */
    int64_t every;       /**< MUST: due again in each period of so many every_unit; 0: once */
    enum fb_unit every_unit;
    struct fb_form *waived; /**< nothing falls due or is broken while this holds; NULL: never */
    const struct fb_duty *after; /**< owed from the discharge of that duty, whose variables come
                                      first here too; NULL: from `when` */
    enum fb_consequence lest;
    struct fb_str lest_text;
    bool paced;             /**< `when` binds the pace, so that each pace proposes a deadline */
    uint32_t pace_relation; /**< when paced: the relation that holds it */
    const struct fb_duty_terms *at_pace[FB_PACE_LEVELS]; /**< NULL: as above; paced where one is
                                                              given */
};

/** A margin between bound and threshold; SEMANTICS.md, Red lines. */
enum fb_scale { FB_SCALE_ODDS, FB_SCALE_VALUE, FB_SCALE_POINTS };
struct fb_margin {
    struct fb_str name; /**< as "elicitation" */
    struct fb_decimal amount;
    enum fb_scale scale;
    struct fb_str source;
    bool derived; /**< the policy gives no size: it follows from the pace */
};

/** What evidence must be like before it rules anything out. */
struct fb_needs {
    int64_t samples;           /**< at least; 0: any number */
    int64_t age_us;            /**< at most this old; 0: any age */
    struct fb_str elicited[8]; /**< one of these; none when count is 0 */
    size_t elicited_count;
    bool independent;           /**< judged by a party that is not the developer */
    struct fb_str safety_case;  /**< that must be accepted and stand; empty: none */
    struct fb_str reviewers[4]; /**< roles of which somebody must have upheld it */
    size_t reviewer_count;
};

/** A red line. */
struct fb_redline {
    struct fb_str name;
    struct fb_str title;
    struct fb_str source; /**< as of a duty */
    struct fb_str surety; /**< likewise */
    struct fb_span span;
    const struct fb_str *vars;
    size_t var_count;           /**< the system is variable 0 */
    struct fb_form *inside;     /**< scope: certainly inside; NULL: every system */
    struct fb_form *outside;    /**< certainly outside; NULL: none. Neither: unknown, so inside */
    struct fb_str scope_text;   /**< the scope as written, for reasons */
    struct fb_str measures[16]; /**< tasks; crossed if any, ruled out only if all */
    size_t measure_count;
    struct fb_decimal threshold; /**< a proportion, as 0.5 */
    double confidence;           /**< one-sided, as 0.95 */
    struct fb_margin margins[8];
    size_t margin_count;
    struct fb_needs needs;
    bool has_clears;
    struct fb_decimal clears_below;
    int64_t dwell_us;
    const struct fb_redline *at_pace[FB_PACE_LEVELS]; /**< its terms at a pace; NULL: these here */
};

/** What documents a law keeps: those of an incident, from the last word about it; those of a system
 * and of what is said of it, from its first deployment outside its developer; those of reports on
 * some topics, each from its admission. */
enum fb_retain_what { FB_RETAIN_INCIDENTS, FB_RETAIN_SYSTEMS, FB_RETAIN_REPORTS };
enum { FB_RETAIN_TOPICS_MAX = 16, FB_RETAIN_MONTHS_MAX = 12000, FB_RETAIN_DAYS_MAX = 365000 };

/** For how long a policy has documents kept (govern/retention.h); nothing is decided by it. */
struct fb_retain {
    enum fb_retain_what what;
    const struct fb_str *topics; /**< of reports */
    size_t topic_count;
    int64_t amount;       /**< of units; 1 and up */
    enum fb_unit unit;    /**< days or months */
    struct fb_str source; /**< where the law says so */
};

/** A policy that checked. */
struct fb_program {
    struct fb_str name;
    struct fb_str title;
    struct fb_str source;
    int64_t version;
    fb_time effective;     /**< in force from; FB_TIME_MIN: always; FB_TIME_MAX: never */
    fb_time expires;       /**< in force until; FB_TIME_MAX: never */
    fb_time written;       /**< `effective` as the policy says it: its force may be later */
    fb_time clocks_from;   /**< what runs from a date on record runs from here at the earliest:
                                `written`, or `effective` where that is none or a version was there
                                before */
    bool replaces;         /**< what earlier versions opened ends when this one comes into force */
    bool replaced;         /**< a later version does so with this one ... */
    fb_time replaced_from; /**< ... from then on; set by who knows the versions */
    struct fb_days days;
    struct fb_pace_terms pace;
    const struct fb_signature *signature;
    struct fb_redline *redlines;
    size_t redline_count;
    struct fb_duty *duties; /**< duties, and the parts of commitments */
    size_t duty_count;
    struct fb_retain *retains;
    size_t retain_count;
};

#endif

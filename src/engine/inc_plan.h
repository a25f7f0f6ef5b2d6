/*
 * inc_plan.h: what a formula is compiled to, and the run of it. Only the files of the incremental
 * evaluator include it.
 *
 * A formula becomes operations (fb_inc_op), each for a set of variables that are bound when it
 * runs, over nodes (fb_inc_node) that remember. A stage is the part of a formula below one operator
 * of the future: it runs ahead of the part above. Within a stage, what stands below PREVIOUS is
 * kept one time-point behind the rest, and what stands below NEXT one ahead, so that neither copies
 * anything. A node is updated at each time-point before anything asks it.
 */
#ifndef FB_ENGINE_INC_PLAN_H
#define FB_ENGINE_INC_PLAN_H

#include "engine/inc_symbol.h"
#include "engine/table.h"

/** Kinds of operation. */
enum fb_inc_kind {
    FB_INC_TRUE,
    FB_INC_FALSE,
    FB_INC_PRED,
    FB_INC_BIND, /**< an equation that binds a variable */
    FB_INC_COMPARE,
    FB_INC_NOT,
    FB_INC_AND,
    FB_INC_OR,
    FB_INC_SHIFT,   /**< PREVIOUS and NEXT */
    FB_INC_PROBE,   /**< asks a node */
    FB_INC_GROUPS,  /**< asks a node that keeps aggregates of its child's rows */
    FB_INC_COLLECT, /**< an aggregate over what its part gives now */
    FB_INC_TEXT,    /**< SUBSTRING and MATCHES */
    FB_INC_HIDE,    /**< a quantifier over variables that are bound outside */
    FB_INC_SCAN,    /**< a temporal operator that looks through the time-points; see inc_direct.c */
    FB_INC_MATCH,   /**< a regular expression, likewise */
    FB_INC_FREEZE,  /**< keeps the rows of its first part for the second */
    FB_INC_FROZEN,  /**< a predicate that reads them */
    FB_INC_VIEW,    /**< keeps the rows of its part by key; see inc_view.c */
    FB_INC_RECUR,   /**< a LETPAST that reads what is frozen, for its part */
    FB_INC_RECALL,  /**< a predicate that reads it */
    FB_INC_LAST,    /**< a predicate of a LETPAST whose rows last; see inc_last.c */
};

/** A state of a regular expression, which is walked from where the operator stands outwards. */
struct fb_inc_state {
    enum fb_inc_state_kind {
        FB_INC_ACCEPT,
        FB_INC_STEP,
        FB_INC_TEST,
        FB_INC_SPLIT,
    } kind;
    uint32_t next;
    uint32_t other;              /**< SPLIT */
    struct fb_inc_op *op;        /**< TEST */
    const struct fb_form *test;  /**< TEST */
    fb_vars given;               /**< TEST: bound before it */
    struct fb_inc_await *awaits; /**< SPLIT, a loop in which walkers are parked: what moves them */
    struct fb_inc_guard *guards; /**< and what must hold of them all the while */
};

/** A condition of a loop in which walkers are parked; see inc_walk.c. */
struct fb_inc_guard {
    bool negative;        /**< NOT of a part; else the part itself, which has no variables */
    bool behind;          /**< it must hold behind a step of the loop; else before it */
    struct fb_inc_op *op; /**< gives the part's rows, with nothing bound */
    int index;            /**< of the parked walkers: by the loop and its variables */
    struct fb_inc_guard *next;
};

/** A test behind a loop of a regular expression; see inc_walk.c. */
struct fb_inc_await {
    uint32_t test;        /**< its state */
    bool stepped;         /**< a step stands between the loop and it */
    struct fb_inc_op *op; /**< gives its rows, with nothing bound */
    fb_vars vars;         /**< those of the rows */
    int index; /**< of the parked walkers: by the loop and what they share with the rows */
    struct fb_inc_await *next;
};

/** How a column of a predicate is read. */
struct fb_inc_column {
    enum fb_inc_use {
        FB_INC_SKIP,
        FB_INC_SET,
        FB_INC_CHECK,
        FB_INC_CONST,
        FB_INC_ARITH,
    } use;
    uint32_t var;
    struct fb_cell value;
};

struct fb_inc_node;
struct fb_inc_op;

/** A comparison of a column with what is known before its row is. */
struct fb_inc_bound {
    const struct fb_term *term; /**< what it is compared with */
    bool low;                   /**< the column is greater; else less */
    bool open;                  /**< and not equal */
    bool moved; /**< PROBE: parts of the term were brought from the side of the column, which is
                   exact of numbers without fractions alone */
};

enum { FB_INC_BOUNDS_MAX = 4 };

/** COLLECT: a count of the rows of a past node whose column lies in a range, which needs none of
 * them. AND of which any row will do: whether there are some. PROBE: which rows they are; others
 * would fail at the comparisons behind it. */
struct fb_inc_range {
    struct fb_inc_op *before; /**< COLLECT, AND: what is asked before the node */
    struct fb_inc_op *rest; /**< and the node and the comparisons, for what cannot be counted so */
    struct fb_inc_order *order;
    struct fb_inc_bound bounds[FB_INC_BOUNDS_MAX];
    size_t bound_count;
};

/** An operation. */
struct fb_inc_op {
    enum fb_inc_kind kind;
    const struct fb_form *form;
    const struct fb_form *around; /**< the quantifier whose body it is, if any */
    struct fb_inc_op **parts;
    size_t part_count;
    struct fb_inc_column *columns; /**< PRED */
    uint32_t var;                  /**< BIND */
    const struct fb_term *term;
    struct fb_cell constants[2]; /**< COMPARE, BIND: the terms that are constants */
    struct fb_inc_node *node;    /**< PROBE, GROUPS, COLLECT */
    int index;                   /**< PROBE, GROUPS: of the set; -1: all rows */
    fb_vars bound;               /**< before it runs */
    bool once;                   /**< it only filters: one row of it is as good as many */
    uint32_t *vars;              /**< HIDE: those that are hidden; MATCH: those that are carried */
    size_t width;
    bool closed;                 /**< SCAN: the left side holds no variable of the right one's */
    size_t stage;                /**< PRED of a LETPAST: the stage that adds its tuples; else 0 */
    bool native;                 /**< FREEZE: the first part is kept up by nodes */
    struct fb_inc_state *states; /**< MATCH: the first is accepted */
    uint32_t state_count;
    uint32_t start;
    size_t way;                 /**< PRED: 1 + the number of its fb_inc_way; 0: none */
    struct fb_pattern *pattern; /**< TEXT: that is written out */
    struct fb_inc_range *range; /**< COLLECT, AND, PROBE; NULL: none */
};

/** Kinds of node. */
enum fb_inc_node_kind {
    FB_INC_PAST,   /**< ONCE, SINCE */
    FB_INC_FUTURE, /**< EVENTUALLY, UNTIL */
    FB_INC_TALLY,  /**< aggregates by group over the rows of a PAST node, or of a view */
    FB_INC_WALK,   /**< a regular expression of the past, walked with time; its rows match now */
    FB_INC_KEPT,   /**< rows that can be found again: of a view, of a RECUR */
    FB_INC_SCRATCH /**< rows of one evaluation of an aggregate */
};

enum { FB_INC_KILLERS_MAX = 16 };

/** A condition on the left of SINCE or UNTIL. */
struct fb_inc_killer {
    bool negative;        /**< NOT of a part; else the part itself */
    struct fb_inc_op *op; /**< gives the part's rows; SINCE, keyed false: with the key bound */
    uint32_t *vars;       /**< of the part */
    size_t width;
    int index; /**< SINCE: of the node's set, over those variables; -1: check each */
    struct fb_inc_node *watch; /**< its child has the keys of rows that must be checked again, and
                                  op asks for one; NULL: any may, at each time-point */
    size_t *key_at;         /**< SINCE, with watch: the columns of the key in a row of the node */
    struct fb_inc_set seen; /**< UNTIL: the streaks of each row */
    struct fb_inc_queue queue;
};

/** What tells a view which of its keys are stale; see inc_watch.h. */
struct fb_inc_watch;

/** A row in the tree of its key: a treap, by value and slot. */
struct fb_inc_branch {
    uint32_t left; /**< slot + 1; 0: none */
    uint32_t right;
    uint32_t count; /**< rows of the branch, its own included */
    uint32_t heap;
};

/** The rows of a past node that hold, by some of the columns and the value of another. */
struct fb_inc_order {
    const struct fb_inc_node *node;
    uint64_t mask;                  /**< the columns of the key */
    size_t by;                      /**< the column that orders */
    struct fb_inc_set keys;         /**< each with the root of its tree */
    struct fb_inc_branch *branches; /**< by slot */
    size_t branch_cap;
    bool ranked;               /**< every value has a place, not numbers alone */
    bool idle;                 /**< it has no trees yet: going through all rows costs less */
    uint64_t wasted;           /**< idle: rows that were gone through in vain */
    uint64_t odd;              /**< rows whose value has no place */
    uint64_t floats;           /**< rows whose value is a float */
    struct fb_inc_order *next; /**< of the same node */
};

/** A node. */
struct fb_inc_node {
    enum fb_inc_node_kind kind;
    const struct fb_form *form;
    struct fb_interval interval;
    size_t stage;
    int64_t shift; /**< how far it is ahead of its stage's root; behind when negative */
    size_t inner;  /**< FUTURE: the stage below */
    uint32_t *vars;
    size_t width;
    struct fb_inc_set set;
    struct fb_inc_queue waiting; /**< PAST: not old enough yet. FUTURE: all */
    struct fb_inc_queue leaving; /**< PAST: by when they leave the window. WALK: parked ones */
    struct fb_inc_op *op;        /**< gives the rows of the right side; a watch's: all its keys */
    struct fb_inc_node *steady;  /**< PAST, FUTURE: its child has the rows for which the right side
                                    may begin or end to hold; op then asks for a row. NULL: op lists
                                    all rows at each time-point */
    struct fb_inc_op *gate;    /**< steady: what must hold beside it, of which no row has a say, for
                                  a time-point to count. NULL: nothing */
    struct fb_inc_queue opens; /**< FUTURE, gate: the time-points at which it holds */
    struct fb_inc_queue turns; /**< steady. PAST, where fb_inc_turns: when rows begin and end to be
                                  given, in turns; waiting has the time-points. FUTURE: the ends */
    union {
        fb_time time;   /**< PAST: of the newest time-point that is old enough, when passed */
        uint64_t point; /**< FUTURE: the first time-point that is far enough */
    } mark;
    bool passed; /**< PAST: there is a mark */
    bool near;   /**< the mark lies within the window, too */
    bool later;  /**< UNTIL, steady: of the left side it says what holds from the mark on */
    struct fb_inc_killer *killers;
    size_t killer_count;
    bool late;                   /**< PAST: op lists rows that were given at the time-point before,
                                    and count from then on */
    bool lasts;                  /**< PAST: the rows of a LETPAST; child: what is new */
    struct fb_inc_node *twin;    /**< lasts: of the same LETPAST, at another place; or NULL */
    struct fb_inc_node *tally;   /**< PAST, VIEW: who counts its rows */
    struct fb_inc_order *order;  /**< TALLY: where the rows of its groups stand by value; or NULL */
    struct fb_inc_node *child;   /**< TALLY: the node of the rows. WALK: parked walkers */
    int child_index;             /**< TALLY: the index by group of its set */
    size_t *group_at;            /**< TALLY, SCRATCH: the groups' columns in a row of the child */
    size_t over_at;              /**< the aggregated column */
    bool distinct;               /**< SCRATCH: rows cannot repeat */
    bool blind;                  /**< TALLY, SCRATCH: groups are of no subject. PAST: of its site */
    bool shared;                 /**< PAST: any operation of its formula may ask it */
    size_t lasting;              /**< shared: the number of the LETPAST around it; 0: none */
    struct fb_inc_op *walk;      /**< WALK: the states; its nodes hold the walkers */
    struct fb_inc_order *orders; /**< PAST */
    struct fb_inc_watch *watches; /**< PAST: the views that rest on it. VIEW: its own */
    bool all;                     /**< VIEW: nothing is known of any key; child: the stale ones */
    int64_t behind;               /**< VIEW: how many PREVIOUS stand in it, one in the other */
    uint64_t epoch;               /**< FREEZE: the number of its rows. RECUR: what it is for */
    uint64_t done;                /**< RECUR: how many time-points have their rows */
};

enum { FB_INC_STAGES_MAX = 64 };

/** An operation that looks through the time-points, and where it stands. */
struct fb_inc_root {
    const struct fb_inc_op *op;
    int64_t shift;
};

/** A stage. Positions count from 0; see inc_run.c. */
struct fb_inc_stage {
    struct fb_inc_op *op;       /**< the root stage's */
    struct fb_inc_node *owner;  /**< FUTURE node it feeds; NULL for the root */
    struct fb_inc_node **nodes; /**< in the order of updates */
    size_t node_count;
    size_t node_cap;
    int64_t lead;  /**< how far its foremost part is ahead of its root */
    int64_t lag;   /**< how far its last part is behind */
    uint64_t step; /**< steps made; the root stands at step - lead */
    struct fb_inc_root *roots;
    size_t root_count;
    size_t root_cap;
    const struct fb_form *defines;    /**< LETPAST: its rows become tuples of the time-point */
    struct fb_inc_node *rows;         /**< LETPAST: of one time-point */
    uint64_t reads;                   /**< the stages of the LETPASTs that it reads, a bit each */
    int64_t ahead[FB_INC_STAGES_MAX]; /**< how far ahead of its root it does so at most */
};

/** A way to find tuples at a time-point: those of a relation, by the values of some columns. */
struct fb_inc_way {
    uint32_t relation;
    uint64_t mask;
};

/** The tuples of one time-point by one way. See inc_lookup.c. */
struct fb_inc_lookup {
    size_t count;    /**< tuples that the time-point had when it was made; 0: it was not */
    uint32_t asked;  /**< how often, before it was made */
    uint32_t *heads; /**< by hash: 1 + the number of the first tuple; 0: none */
    size_t head_cap;
    size_t head_mask; /**< those in use, less 1 */
    uint32_t *nexts;  /**< by tuple: 1 + the number of the next one of this hash; 0: none */
    size_t next_cap;
};

/** Tuples of a time-point that are gone through one by one; of more, those that fit are found by
 * their values. */
enum { FB_INC_LISTED_MAX = 16 };

/** Rows that are gone through in vain before an order of them is made, beside twice as many as
 * there are. */
#define FB_INC_WASTED_MAX ((size_t)1 << 10)

/** A tuple of a time-point. */
struct fb_inc_tuple {
    uint32_t relation;
    uint32_t at; /**< its first cell */
};

/** A time-point that something still reads. */
struct fb_inc_point {
    fb_time time;
    struct fb_inc_tuple *tuples;
    size_t tuple_count;
    size_t tuple_cap;
    struct fb_cell *cells;
    size_t cell_count;
    size_t cell_cap;
    struct fb_inc_lookup *lookups; /**< by way; made when they are asked for */
    size_t lookup_cap;
};

/** Rows that the conditions of a formula may be joined to at one time-point, in minutes of work. */
#define FB_INC_WORK_MAX ((size_t)1 << 34)

/** The evaluator. */
struct fb_inc {
    struct fb_arena arena; /**< the plan */
    struct fb_inc_memory memory;
    struct fb_inc_options options;
    const struct fb_form *form;
    fb_vars out_vars; /**< the free variables of form */
    size_t var_count;
    bool *reads;
    size_t reads_count;

    struct fb_inc_symbols symbols;

    struct fb_inc_stage stages[FB_INC_STAGES_MAX]; /**< the root first, inner ones later */
    size_t stage_count;
    struct fb_inc_node **nodes;
    size_t node_count;
    size_t node_cap;
    struct fb_inc_op **owners; /**< operations that own something outside of the arena */
    size_t owner_count;
    size_t owner_cap;
    size_t lastings; /**< how many LETPASTs whose rows last were compiled, each place by itself */
    bool defines;    /**< a stage does */
    struct fb_inc_way *ways;
    size_t way_count;
    size_t way_cap;
    size_t listed_max; /**< FB_INC_LISTED_MAX */
    size_t wasted_max; /**< FB_INC_WASTED_MAX */

    struct fb_inc_point *points; /**< a ring: numbers [point_low, point_high) */
    size_t point_cap;
    uint64_t point_low;
    uint64_t point_high;
    bool open;
    bool ended;
    fb_time clock; /**< no time-point before it follows */

    uint64_t at;     /**< the time-point that is being evaluated */
    uint64_t epochs; /**< how often anything was frozen */
    uint64_t work;   /**< rows that conjunctions joined at this step */
    struct fb_cell regs[FB_IR_VARS_MAX];
    struct fb_cell *out_cells; /**< rows of the time-point */
    size_t out_cell_cap;
    const struct fb_cell **out_rows;
    size_t out_row_cap;
    size_t out_count;
    struct fb_cell *values; /**< of one group */
    size_t value_cap;
};

/** Called with each row that an operation gives, in inc->regs; false ends it. */
struct fb_inc_then {
    bool (*fn)(void *ctx, struct fb_inc *inc);
    void *ctx;
};

/** The relations of the FREEZEs around, innermost first. */
struct fb_inc_frozen {
    const struct fb_form *form;
    struct fb_inc_node *node;
    const struct fb_inc_frozen *outer;
};

/** The LETPASTs around that are kept so, innermost first. */
struct fb_inc_recalled {
    const struct fb_form *form;
    struct fb_inc_node *node;
    const struct fb_inc_recalled *outer;
};

/** The LETPASTs around whose rows last, innermost first. */
struct fb_inc_lasting {
    const struct fb_form *form;
    const struct fb_form *since; /**< what it says as SINCE */
    struct fb_inc_node *node;    /**< in the definition: of these rows; else NULL */
    struct fb_inc_node **made;   /**< behind IN: the last node that was made */
    const struct fb_inc_lasting *outer;
    size_t number; /**< of all that were compiled, from 1 */
};

/** Where a formula stands while it is compiled. */
struct fb_inc_site {
    struct fb_inc *inc;
    struct fb_err *err;
    size_t stage;
    int64_t shift;
    fb_vars given;
    fb_vars busy; /**< variables that operations around set or hide while this runs */
    bool direct;  /**< temporal operators look through the time-points */
    bool blind;   /**< a variable of the subject's number is another one here */
    const struct fb_inc_frozen *frozen;
    const struct fb_inc_recalled *recalled;
    const struct fb_inc_lasting *lasting;
};

/** Compiles a part. */
FB_CHECKED enum fb_code fb_inc_compile_part(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out);

/** An operation over one part, form->left, which stands at `inside`. */
FB_CHECKED enum fb_code fb_inc_compile_unary(const struct fb_inc_site *site,
    const struct fb_inc_site *inside, enum fb_inc_kind kind, const struct fb_form *form,
    struct fb_inc_op **out);

/** Compiles ONCE, EVENTUALLY, SINCE and UNTIL; HISTORICALLY and ALWAYS; PREVIOUS and NEXT. */
FB_CHECKED enum fb_code fb_inc_compile_temporal(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out);
FB_CHECKED enum fb_code fb_inc_compile_every(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out);
FB_CHECKED enum fb_code fb_inc_compile_shift(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out);

/** Makes the node of a temporal operator that can be kept (fb_inc_kept). */
FB_CHECKED enum fb_code fb_inc_compile_node(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_node **out);

/** A formula of the plan over one part, or two: in [0, *), if it is over time; NULL when memory ran
 * out. */
struct fb_form *fb_inc_new_form(const struct fb_inc_site *site, enum fb_form_kind kind,
    const struct fb_form *left, const struct fb_form *right);

/** A new operation; NULL when memory ran out. */
struct fb_inc_op *fb_inc_new_op(const struct fb_inc_site *site, enum fb_inc_kind kind,
    const struct fb_form *form, size_t parts);

/** A new node over variables; NULL when memory ran out. */
struct fb_inc_node *fb_inc_new_node(const struct fb_inc_site *site, enum fb_inc_node_kind kind,
    const struct fb_form *form, fb_vars vars);

/** The error of which limit that was. */
enum fb_code fb_inc_no_memory(const struct fb_inc_site *site);

/** E_UNSUPPORTED with the place of form. */
enum fb_code fb_inc_unsupported(
    const struct fb_inc_site *site, const struct fb_form *form, const char *why);

/** Variables of a set, in order. NULL when memory ran out. */
uint32_t *fb_inc_list_vars(const struct fb_inc_site *site, fb_vars set, size_t *out_count);

/** Compiles ONCE, EVENTUALLY, SINCE and UNTIL so that they look through the time-points. */
FB_CHECKED enum fb_code fb_inc_compile_scan(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out);

/** Compiles MATCH_PAST and MATCH_FUTURE. */
FB_CHECKED enum fb_code fb_inc_compile_match(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out);

/** Compiles the states of the regular expression of an operation, with two sets of walkers that
 * carry these variables. */
FB_CHECKED enum fb_code fb_inc_compile_states(
    const struct fb_inc_site *inside, struct fb_inc_op *op, fb_vars carried);

/** Compiles a MATCH_PAST whose walkers are kept from one time-point to the next; *fits is false,
 * and *out untouched, where it is none. */
FB_CHECKED enum fb_code fb_inc_compile_walk(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out, bool *fits);

/** Compiles FREEZE. */
FB_CHECKED enum fb_code fb_inc_compile_freeze(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out);

/** Compiles LETPAST. */
FB_CHECKED enum fb_code fb_inc_compile_letpast(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out);

/** Compiles a LETPAST whose rows last; *fits is false, and *out untouched, where it is none. */
FB_CHECKED enum fb_code fb_inc_compile_lasting(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out, bool *fits);

/** Lets a predicate read the rows of a LETPAST that last, which are kept where it stands. */
FB_CHECKED enum fb_code fb_inc_read_lasting(
    const struct fb_inc_site *site, const struct fb_inc_lasting *lasting, struct fb_inc_op *op);

/** Compiles the conditions on the left side of a node's form. */
FB_CHECKED enum fb_code fb_inc_compile_killers(
    const struct fb_inc_site *site, struct fb_inc_node *node);

/** Brings the rows of a LETPAST that last to time-point inc->at, and gives them to a predicate. */
bool fb_inc_update_lasting(struct fb_inc *inc, struct fb_inc_node *node);
bool fb_inc_last(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then);

/** Whether a steady PAST node needs to know when its rows end to be given: when it is in the past,
 * and when it is out of reach. */
static inline bool fb_inc_turns(const struct fb_inc_node *node)
{
    return node->steady && (node->interval.low > 0 || node->gate) &&
           node->interval.high != FB_TIME_MAX;
}

/** Writes the values that variables have now. */
static inline void fb_inc_take_row(
    const struct fb_inc *inc, const uint32_t *vars, size_t width, struct fb_cell *out)
{
    for (size_t i = 0; i < width; i++) {
        out[i] = inc->regs[vars[i]];
    }
}

/** Takes out of a PAST node what the left side does not allow at inc->at. */
bool fb_inc_kill(struct fb_inc *inc, struct fb_inc_node *node);

/** Whether a row of a steady PAST node whose window begins later than now is given, but held back
 * by its left side: no time of it counts but those that may follow. */
static inline bool fb_inc_held_back(const struct fb_inc_node *node, uint32_t slot)
{
    const union fb_inc_load *load = &node->set.slots[slot].load;
    return node->interval.low > 0 && load->past.steady && !load->past.holds && !load->past.inside &&
           load->past.pending == 0;
}

/** A row that was held back counts from the time-point before inc->at on. */
bool fb_inc_put_before(struct fb_inc *inc, struct fb_inc_node *node, uint32_t slot);

/** A row of a PAST node is new: the left side must be asked of it at the next time-point. */
bool fb_inc_note_new(struct fb_inc *inc, struct fb_inc_node *node, const struct fb_cell *row);

/** Puts a row, whose hash is known, into a PAST node at inc->at. */
bool fb_inc_put_past(
    struct fb_inc *inc, struct fb_inc_node *node, const struct fb_cell *row, uint32_t hash);

/** Moves the walkers of a WALK node to inc->at. */
bool fb_inc_walk(struct fb_inc *inc, struct fb_inc_node *node);

/** Runs SCAN, MATCH, FREEZE, FROZEN, RECUR and RECALL. */
bool fb_inc_scan(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then);
bool fb_inc_match(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then);
bool fb_inc_freeze(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then);
bool fb_inc_frozen(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then);
bool fb_inc_recur(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then);
bool fb_inc_recall(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then);

/** Whether a row of columns fits the columns of a predicate, whose variables it sets. */
bool fb_inc_fits(struct fb_inc *inc, const struct fb_inc_op *op, const struct fb_cell *cells);

/** The clock from which all that an operation looks at from time-point n is known: FB_TIME_MIN when
 * it is already, FB_TIME_MAX when more time-points must come. */
fb_time fb_inc_ready(const struct fb_inc *inc, const struct fb_inc_op *op, uint64_t n);

/** The first time-point that an operation looks at from n; a later n never gives an earlier one. */
uint64_t fb_inc_reach(const struct fb_inc *inc, const struct fb_inc_op *op, uint64_t n);

/** How many time-points have the tuples of a LETPAST. */
uint64_t fb_inc_defined(const struct fb_inc *inc, const struct fb_inc_stage *stage);

/** Gives the rows that the stage of a LETPAST found at inc->at to their time-point. */
bool fb_inc_define(struct fb_inc *inc, struct fb_inc_stage *stage);

/** The columns of a predicate whose values are known before it runs, as a mask. */
uint64_t fb_inc_known_columns(const struct fb_inc_op *op);

/** Writes the values of the columns of mask at key, which has a cell a column. */
void fb_inc_known_cells(
    const struct fb_inc *inc, const struct fb_inc_op *op, uint64_t mask, struct fb_cell *key);

/** Gives a predicate its way. */
FB_CHECKED enum fb_code fb_inc_compile_way(const struct fb_inc_site *site, struct fb_inc_op *op);

/** The tuples of a time-point by the way of a predicate; NULL in *out: it is cheaper to go through
 * them one by one. False when memory ran out. */
bool fb_inc_look_up(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_point *point,
    const struct fb_inc_lookup **out);

/** Gives the rows of a predicate by them. */
bool fb_inc_run_found(struct fb_inc *inc, const struct fb_inc_op *op,
    const struct fb_inc_lookup *lookup, struct fb_inc_then then);

/** A time-point begins anew: nothing is known of its tuples. */
void fb_inc_lookups_forget(struct fb_inc_point *point);

/** Frees what a time-point has of them. */
void fb_inc_lookups_release(struct fb_inc_point *point, struct fb_inc_memory *memory);

/** How far time-point b is behind a in time. */
int64_t fb_inc_distance(const struct fb_inc *inc, uint64_t a, uint64_t b);

/** Puts a node behind those of its stage that it reads. */
FB_CHECKED enum fb_code fb_inc_enter_stage(
    const struct fb_inc_site *site, struct fb_inc_node *node);

/** Whether a formula reads, at its own time-point, tuples of the LETPAST around it; shift is where
 * it stands. */
bool fb_inc_reads_itself(const struct fb_form *form, int64_t shift);

/** Where a variable stands in a list that has it: the column of a node's rows. */
size_t fb_inc_column_of(const uint32_t *vars, size_t width, uint32_t var);

/** The columns of a node that hold the variables of a set. */
uint64_t fb_inc_mask_of(const struct fb_inc_node *node, fb_vars set);

/** Compiles inc->form into stages, nodes and operations. */
FB_CHECKED enum fb_code fb_inc_compile(struct fb_inc *inc, struct fb_err *err);

/** Runs an operation at inc->at. False when `then` ended it or something failed
 * (inc->memory.code). */
bool fb_inc_run(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then);

/** Whether an operation gives a row at inc->at. When something failed (inc->memory.code) the answer
 * is void. */
bool fb_inc_gives(struct fb_inc *inc, const struct fb_inc_op *op);

/** The point of a number in [point_low, point_high). */
struct fb_inc_point *fb_inc_point_at(const struct fb_inc *inc, uint64_t number);

/** Makes room for the time-point point_high. False when memory ran out. */
bool fb_inc_point_room(struct fb_inc *inc);

/** The value of a term under inc->regs. */
struct fb_cell fb_inc_term(struct fb_inc *inc, const struct fb_term *term);

/** The order of fb_value_cmp for any two cells. */
int fb_inc_cmp(const struct fb_inc *inc, const struct fb_cell *a, const struct fb_cell *b);

/** A node's row takes part, or no longer: keeps the tally. */
void fb_inc_tally(struct fb_inc *inc, struct fb_inc_node *past, uint32_t slot, bool in);

/** GROUPS: gives the aggregates of a tally. */
bool fb_inc_groups(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then);

/** COLLECT: gathers the rows of a part and gives their aggregates. */
bool fb_inc_collect(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then);

/** The variables that quantifiers of a formula hide. */
fb_vars fb_inc_hidden(const struct fb_form *form);

/** The variables that a formula itself binds: a quantifier's, the groups of an aggregation. */
fb_vars fb_inc_bound_of(const struct fb_form *form);

/** The variables that an aggregation groups by. */
fb_vars fb_inc_groups_of(const struct fb_form *form);

/** Makes a view of a formula where one can be kept; NULL in *out: none can. */
FB_CHECKED enum fb_code fb_inc_compile_view(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out);

/** A formula that gives the same rows and is a past operator; NULL in *out: there is none that is
 * easily seen. It lives as long as the plan and shares parts with form. */
FB_CHECKED enum fb_code fb_inc_past_of(
    const struct fb_inc_site *site, const struct fb_form *form, const struct fb_form **out);

/** Whether a node can keep what a temporal operator needs. */
bool fb_inc_kept(const struct fb_inc_site *site, const struct fb_form *form);

/** Makes a view of what an aggregate is over, the rows of which can be counted as they come and go;
 * NULL in *out: none is worth it. */
FB_CHECKED enum fb_code fb_inc_compile_join(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out);

/** VIEW: brings up to date what is stale. */
bool fb_inc_view_renew(struct fb_inc *inc, const struct fb_inc_op *op);

/** VIEW: brings up to date what is stale, and gives all rows. */
bool fb_inc_view(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then);

/** Sees whether an aggregate that has been compiled can be counted by ranges. */
FB_CHECKED enum fb_code fb_inc_compile_range(const struct fb_inc_site *site, struct fb_inc_op *op);

/** The same of a conjunction of which any row will do: whether a range holds one. */
FB_CHECKED enum fb_code fb_inc_compile_any(const struct fb_inc_site *site, struct fb_inc_op *op);

/** Lets what bounds the rows of a past node in a conjunction find them. */
FB_CHECKED enum fb_code fb_inc_compile_bounds(const struct fb_inc_site *site, struct fb_inc_op *op);

/** The values of the bounds of a range; false where one is no number, or a row of the order is
 * none, or something failed. */
bool fb_inc_range_values(
    struct fb_inc *inc, const struct fb_inc_range *range, struct fb_cell *values);

/** A row of a past node begins (in) or ends to hold: keeps its orders. */
void fb_inc_order(struct fb_inc *inc, struct fb_inc_node *past, uint32_t slot, bool in);

/** How many rows of the key in `row`, a row of the node, lie within the bounds, whose values are
 * numbers. */
uint64_t fb_inc_order_count(const struct fb_inc *inc, const struct fb_inc_range *range,
    const struct fb_cell *row, const struct fb_cell *values);

/** An idle order gets its trees. */
void fb_inc_order_start(struct fb_inc *inc, struct fb_inc_order *order);

/** Whether a row of the node lies within the bounds, but for those whose value is NONE. */
bool fb_inc_range_has(const struct fb_inc *inc, const struct fb_inc_range *range, uint32_t slot,
    const struct fb_cell *values);

/** Gives the rows of the key in `row` that lie within the bounds, but for those whose value is
 * NONE; by value; the order is not idle. False when `give` ended it. */
bool fb_inc_order_list(struct fb_inc *inc, const struct fb_inc_range *range,
    const struct fb_cell *row, const struct fb_cell *values,
    bool (*give)(void *ctx, struct fb_inc *inc, uint32_t slot), void *ctx);

/** The value of a rank, counted from 0, of the key in `row`, which has more rows than that. */
const struct fb_cell *fb_inc_order_at(
    const struct fb_inc_order *order, const struct fb_cell *row, uint64_t rank);

/** An order of the rows of a node, by the columns of mask and then by column `by`; of numbers,
 * until the caller makes it ranked. */
FB_CHECKED enum fb_code fb_inc_new_order(const struct fb_inc_site *site, struct fb_inc_node *node,
    uint64_t mask, size_t by, struct fb_inc_order **out);

/** Whether a cell is a number that has a place in an order. */
bool fb_inc_ordered(const struct fb_cell *cell);

/** Frees the orders of a node. */
void fb_inc_orders_release(struct fb_inc_node *node, struct fb_inc_memory *memory);

/** Whether no stage can make a step: so it is between two calls. */
bool fb_inc_at_rest(const struct fb_inc *inc);

/** Brings a node to time-point inc->at. */
bool fb_inc_update(struct fb_inc *inc, struct fb_inc_node *node);

/** Brings a FUTURE node to time-point inc->at: what lies before it is of no use any more. */
void fb_inc_update_future(struct fb_inc *inc, struct fb_inc_node *node);

/** Whether a row of a FUTURE node holds at inc->at. */
bool fb_inc_future_holds(const struct fb_inc *inc, const struct fb_inc_node *node, uint32_t slot);

/** Appends an entry to those of its row. */
bool fb_inc_push_reach(
    struct fb_inc_node *node, struct fb_inc_reach entry, struct fb_inc_memory *memory);

/** Feeds what a stage found at inc->at to the FUTURE node above it. */
bool fb_inc_feed(struct fb_inc *inc, struct fb_inc_node *node);

/** PROBE: gives the rows of a node that hold at inc->at. */
bool fb_inc_probe(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then);

#endif

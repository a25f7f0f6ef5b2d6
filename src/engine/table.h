/*
 * table.h: what the files of the naive evaluator share: sets of variables, rows under
 * construction, terms, and the fragment check. No other room includes it.
 *
 * Invariants: the rows of a table are sorted and without repeats; all rows of one table bind the
 * same variables, so whether a variable is bound is never read off its value (NONE is a value).
 */
#ifndef FB_ENGINE_TABLE_H
#define FB_ENGINE_TABLE_H

#include "base/assert.h"
#include "engine/access.h"
#include "engine/eval.h"

/** A set of variables, one bit each. */
typedef uint64_t fb_vars;

_Static_assert(FB_IR_VARS_MAX == 64, "fb_vars has one bit a variable");

/** The set of one variable. */
static inline fb_vars fb_vars_of(uint32_t var)
{
    FB_ASSERT(var < FB_IR_VARS_MAX);
    return (fb_vars)1 << var;
}

/** The set of some variables. */
static inline fb_vars fb_vars_in(const uint32_t *vars, size_t count)
{
    fb_vars set = 0;
    for (size_t i = 0; i < count; i++) {
        set |= fb_vars_of(vars[i]);
    }
    return set;
}

/** What the context binds: values[v] for each v in bound. */
struct fb_env {
    fb_vars bound;
    const struct fb_value *values; /**< var_count values */
};

/** The tuples that a FREEZE or LETPAST defines, innermost first. */
struct fb_defined {
    const struct fb_form *form;
    const struct fb_table *tables; /**< LETPAST: of time-points [0, count). FREEZE: one, of all */
    size_t count;
    const struct fb_defined *outer;
};

/** One run of the evaluator. */
struct fb_eval {
    const struct fb_trace *trace;
    size_t var_count;
    struct fb_arena *arena;
    bool explain; /**< build reasons; off where only the truth is wanted */
    bool quick;   /**< whether a formula holds is found without its rows; the oracle makes them */
    bool bare;    /**< quick: rows need not say what they rest on (corrected, newest) */
    struct fb_err *err;
    const struct fb_defined *defined;
    struct fb_access *access; /**< to the trace, which finds the same tuples in the same order;
                                 NULL: each is looked at */
};

/** The columns of a predicate whose values are known, as a mask; the values go to columns. */
static inline uint64_t fb_form_known(const struct fb_form *pred, fb_vars bound,
    const struct fb_value *values, struct fb_value columns[FB_IR_ARITY_MAX])
{
    uint64_t mask = 0;
    for (size_t i = 0; i < pred->term_count; i++) {
        const struct fb_term *term = pred->terms[i];
        bool constant = term->kind == FB_TERM_CONST;
        if (constant || (term->kind == FB_TERM_VAR && (bound & fb_vars_of(term->var)))) {
            mask |= (uint64_t)1 << i;
            columns[i] = constant ? term->value : values[term->var];
        }
    }
    return mask;
}

/** Adds a row unless its values are there already; then the one that is there keeps its reason and
 * takes the weaker of both claims (the least corrected, the newest). The row's values are borrowed.
 */
FB_CHECKED enum fb_code fb_table_add(
    const struct fb_eval *ev, struct fb_table *table, struct fb_row row);

/** A row with copies of values[0 .. var_count) and no reason; values NULL on failure. */
struct fb_row fb_row_new(const struct fb_eval *ev, const struct fb_value *values);

/** Takes over into `row` what `other` rests on. */
void fb_row_rests(struct fb_row *row, const struct fb_row *other);

/** Orders rows by their values. */
int fb_row_cmp(const struct fb_value *a, const struct fb_value *b, size_t count);

/** A hash of count values: equal for rows that fb_row_cmp finds equal. */
uint64_t fb_row_hash(const struct fb_value *values, size_t count);

/** Variables of a term that has operands. */
fb_vars fb_term_vars_deep(const struct fb_term *term);

/** Variables of a term. */
static inline fb_vars fb_term_vars(const struct fb_term *term)
{
    if (term->kind == FB_TERM_VAR) {
        return fb_vars_of(term->var);
    }
    return term->kind == FB_TERM_ANY || term->kind == FB_TERM_CONST ? 0 : fb_term_vars_deep(term);
}

/** The value of a term whose variables are all bound in values. Arithmetic that has no result (an
 * operand is not a number, division by zero, overflow) gives NONE. */
struct fb_value fb_term_value(const struct fb_term *term, const struct fb_value *values);

/** Room for the text that a term makes: a number or a date. */
enum { FB_TERM_ROOM = 48 };

/** The same for terms that make strings, which are borrowed from room; NONE where it is NULL. */
struct fb_value fb_term_value_in(
    const struct fb_term *term, const struct fb_value *values, char *room);

/** Free variables of a formula that is not sealed. */
fb_vars fb_form_vars_deep(const struct fb_form *form);

/** Free variables of a formula. */
static inline fb_vars fb_form_vars(const struct fb_form *form)
{
    return form->sealed == form ? form->free : fb_form_vars_deep(form);
}

/** What stands in a formula: all variables, and those that its quantifiers and aggregations hide.
 */
struct fb_form_names {
    fb_vars all;
    fb_vars hidden;
};

/** Joins what stands in two places to a; false when one hides a variable of the other. */
bool fb_form_names_join(struct fb_form_names *a, struct fb_form_names b);

/** What stands in a formula (NULL: nothing). False when a part of it hides a variable of another,
 * or it holds a regular expression or a definition; *out is then not complete. */
bool fb_form_names(const struct fb_form *form, struct fb_form_names *out);

/** True when the formula can be evaluated where `given` is bound: then every row binds its free
 * variables. On false err (when not NULL) says why. */
bool fb_form_evaluable(const struct fb_form *form, fb_vars given, struct fb_err *err);

/** The same without a reason, said at once of most formulas that are sealed. */
static inline bool fb_form_can(const struct fb_form *form, fb_vars given)
{
    return (form->sealed == form && (form->plain || (form->closed && !(form->free & ~given)))) ||
           fb_form_evaluable(form, given, NULL);
}

/** fb_form_timeless of a formula that is not sealed. */
bool fb_form_timeless_deep(const struct fb_form *form);

/** True for comparisons, and NOT, AND and OR of such: no tuple and no time has a say. */
static inline bool fb_form_timeless(const struct fb_form *form)
{
    return form->sealed == form ? form->timeless : fb_form_timeless_deep(form);
}

/** Of a formula that is not sealed; NULL is allowed. */
size_t fb_form_nodes_deep(const struct fb_form *form);
bool fb_form_timed_deep(const struct fb_form *form);

/** Number of nodes of a formula without those of regular expressions and definitions; 0 for NULL.
 */
static inline size_t fb_form_nodes(const struct fb_form *form)
{
    return form && form->sealed == form ? form->nodes : fb_form_nodes_deep(form);
}

/** True when a formula (NULL: false) has an operator over time outside of these. */
static inline bool fb_form_timed(const struct fb_form *form)
{
    return form && form->sealed == form ? form->timed : fb_form_timed_deep(form);
}

/** Whether a timeless formula holds of values, which bind all its variables. */
bool fb_form_true(const struct fb_form *form, const struct fb_value *values);

/** Variables that stand in the tests of a regular expression. */
fb_vars fb_regex_vars(const struct fb_regex *regex);

/** MATCHES and SUBSTRING: whether it holds of values, in which MATCHES binds the variables of its
 * groups that are not in bound. E_NOMEM. */
FB_CHECKED enum fb_code fb_eval_text(const struct fb_eval *ev, const struct fb_form *form,
    fb_vars bound, struct fb_value *values, bool *out);

/** MATCH_PAST and MATCH_FUTURE, FREEZE, and LETPAST. */
FB_CHECKED enum fb_code fb_eval_match(const struct fb_eval *ev, const struct fb_form *form,
    size_t tp, const struct fb_env *env, struct fb_table *out);
FB_CHECKED enum fb_code fb_eval_definition(const struct fb_eval *ev, const struct fb_form *form,
    size_t tp, const struct fb_env *env, struct fb_table *out);

/** The tuples of a predicate that a FREEZE or LETPAST defines. */
FB_CHECKED enum fb_code fb_eval_defined(const struct fb_eval *ev, const struct fb_form *form,
    size_t tp, const struct fb_env *env, struct fb_table *out);

/** Binds the columns of a tuple in values; false when they do not fit. */
bool fb_eval_fits(const struct fb_form *pred, const struct fb_value *tuple,
    const struct fb_env *env, struct fb_value *values);

/** A walk over the tuples of a predicate that hold at a time-point. */
struct fb_tuples {
    const struct fb_trace *trace;
    const struct fb_form *pred;
    size_t tp;
    bool indexed;
    struct fb_access_walk found; /**< indexed */
    size_t at;                   /**< else: of the trace's tuples [at, end) */
    size_t end;
};

/** Begins such a walk. Tuples that do not fit may come along. */
FB_CHECKED enum fb_code fb_eval_tuples(const struct fb_eval *ev, const struct fb_form *pred,
    size_t tp, const struct fb_env *env, struct fb_tuples *out);

/** The next tuple, in the order of the trace; NULL behind the last. */
const struct fb_tuple *fb_tuples_next(struct fb_tuples *tuples);

/** fb_eval_holds of a formula that is still (struct fb_form), without rows. */
FB_CHECKED enum fb_code fb_eval_truth(const struct fb_eval *ev, const struct fb_form *form,
    size_t tp, const struct fb_env *env, bool *out);

/** True when time-point j lies in the interval as seen from i. */
bool fb_eval_within(const struct fb_eval *ev, const struct fb_form *form, size_t i, size_t j);

/** Number of conjuncts of a chain of AND, 1 for anything else. */
size_t fb_form_conjuncts(const struct fb_form *form);

/** Writes the conjuncts of a chain of AND, left to right, at out; returns how many. */
size_t fb_form_conjuncts_list(const struct fb_form *form, const struct fb_form **out);

/** Whether a formula reads what a FREEZE or LETPAST defines. What stands in a definition that is
 * unread itself does not count. */
bool fb_form_reads(const struct fb_form *form, const struct fb_form *definition);

/** The rows of a formula at a time-point under an environment. */
FB_CHECKED enum fb_code fb_eval_form(const struct fb_eval *ev, const struct fb_form *form,
    size_t tp, const struct fb_env *env, struct fb_table *out);

/** Whether a formula has any row at a time-point. Leaves nothing in the arena. */
FB_CHECKED enum fb_code fb_eval_holds(const struct fb_eval *ev, const struct fb_form *form,
    size_t tp, const struct fb_env *env, bool *out);

/** result := agg(over) over the rows of a group. */
FB_CHECKED enum fb_code fb_agg_apply(const struct fb_eval *ev, enum fb_agg_kind agg, uint32_t over,
    struct fb_row *const *rows, size_t count, struct fb_value *out);

/** A shallow copy, so that a reason can stand under several parents; NULL for NULL. */
struct fb_why *fb_why_copy(const struct fb_eval *ev, const struct fb_why *why);

/** Both reasons as one: the other when one is NULL. *failed is set when memory ran out. */
struct fb_why *fb_why_both(
    const struct fb_eval *ev, struct fb_why *a, struct fb_why *b, bool *failed);

/** "relation with column value, ..." for a tuple, resting on its record. */
struct fb_why *fb_why_tuple(
    const struct fb_eval *ev, const struct fb_form *pred, const struct fb_tuple *tuple);

/** Why nothing satisfies the formula under env, as "no report with ref incident/1". */
struct fb_why *fb_why_absent(
    const struct fb_eval *ev, const struct fb_form *form, const struct fb_env *env);

/** "a < b" with the values that were compared. */
struct fb_why *fb_why_compare(
    const struct fb_eval *ev, const struct fb_form *form, const struct fb_value *values);

#endif

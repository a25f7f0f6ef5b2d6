/*
 * answer.h: answers of estimators over a table, in one form: named figures with intervals.
 *
 * Each question (questions.def) says which columns it reads and computes its figures; the report
 * shows them all alike.
 */
#ifndef FB_EVIDENCE_ANSWER_H
#define FB_EVIDENCE_ANSWER_H

#include "base/arena.h"
#include "ingest/columns.h"

/** Most figures, and notes, of an answer; has a test. */
enum { FB_ANSWER_MAX = 200000 };

/** What a number is. */
enum fb_figure_unit {
    FB_FIGURE_RATE,   /**< shown as a percentage */
    FB_FIGURE_NUMBER, /**< shown as it is */
    FB_FIGURE_COUNT,  /**< a whole number */
};

/** One figure. */
struct fb_figure {
    struct fb_str of; /**< the model, group, probe that it is of; may be empty */
    const char *name; /**< what it is: snake_case, as JSON has it */
    enum fb_figure_unit unit;
    double value; /**< NaN: there is none */
    double low;   /**< of the interval; NaN: without a lower end */
    double high;  /**< NaN: without an upper end */
};

/** An answer. All memory is the arena's. */
struct fb_answer {
    struct fb_arena *arena;
    struct fb_figure *items;
    size_t count, cap;
    struct fb_str *notes; /**< sentences: what holds under which assumption, what was left out */
    size_t note_count, note_cap;
    bool failed; /**< a figure or note could not be added */
};

/** What is asked, besides the table. */
struct fb_question_options {
    double confidence;
    double tries;     /**< of best-of-N, k of pass@k, queries of rare behaviour; 0: not given */
    double top;       /**< of rare behaviour; 0: the usual */
    double budget;    /**< share of honest behaviour that can be audited */
    double threshold; /**< a rate to be ruled out; NaN: none */
    double at;        /**< training compute to predict at, FLOP; NaN: none */
    uint32_t resamples;
    uint32_t draws;        /**< of graders: of each chain; 0: as many as resamples ask for */
    struct fb_str target;  /**< column to predict; scale of agreement */
    struct fb_str columns; /**< of scaling: the benchmarks; empty: all */
    int scale[2];          /**< of scores: the lowest and the highest; both 0: as seen */
};

/** The usual options: 95%, a budget of 5%, 1,000 resamples, nothing else. */
struct fb_question_options fb_question_usual(void);

/** Starts an empty answer. */
void fb_answer_init(struct fb_answer *figures, struct fb_arena *arena);

/** Adds a figure; of is borrowed. interval: {low, high}; NULL: none. */
void fb_answer_add(struct fb_answer *figures, const struct fb_figure *figure);

/** Adds a sentence. */
void fb_answer_note(struct fb_answer *figures, const char *fmt, ...) FB_PRINTF(2, 3);

/** FB_OK, or E_NOMEM or E_LIMIT where something could not be added. */
FB_CHECKED enum fb_code fb_answer_check(const struct fb_answer *figures, struct fb_err *err);

/** Answers a question over a file: E_SYNTAX, E_SCHEMA, E_RANGE and what else its reader and its
 * estimator say, with the file. */
typedef enum fb_code (*fb_question_fn)(const char *path, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err);

/** A question. */
struct fb_question {
    const char *name;
    fb_question_fn answer;
    const char *method;  /**< estimators and their sources, in a sentence */
    const char *columns; /**< what a row is, in a sentence */
};

/** The question of a name; NULL: there is none. */
const struct fb_question *fb_question_find(const char *name);

/** All questions; *out_count of them. */
const struct fb_question *fb_questions(size_t *out_count);

/** Those of questions.def. */
#define FB_QUESTION(name, function, method, columns)                                               \
    FB_CHECKED enum fb_code function(const char *path, const struct fb_question_options *options,  \
        struct fb_answer *out, struct fb_err *err);
#include "evidence/questions.def"
#undef FB_QUESTION

#endif

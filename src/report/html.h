/*
 * html.h: what the files that write the page share. Private to the room.
 *
 * All text that comes from records goes through fb_html_text or fb_html_text_cut, which leave no
 * byte that means something to HTML or SVG, no control character and none that turns the reading
 * direction. The page is bounded: each list has a limit below, and what is cut is said.
 */
#ifndef FB_REPORT_HTML_H
#define FB_REPORT_HTML_H

#include "report/report.h"
#include "report/words.h"

/** Limits of a page; each has a test. */
enum {
    FB_HTML_SYSTEMS_MAX = 100,    /**< sections, and rows of the first table */
    FB_HTML_LINES_MAX = 40,       /**< red lines of one system */
    FB_HTML_DUTIES_MAX = 100,     /**< duties of one system */
    FB_HTML_EVALUATIONS_MAX = 30, /**< rows of one plot, the newest */
    FB_HTML_CASES_MAX = 10,       /**< safety cases of one system */
    FB_HTML_DRAWN_MAX = 150,      /**< elements of an argument that is drawn */
    FB_HTML_ELEMENTS_MAX = 200,   /**< elements of one argument in a list */
    FB_HTML_POLICIES_MAX = 200,   /**< rows of the table of policies */
    FB_HTML_RECORDS_MAX = 300,    /**< rows of the index of records */
    FB_HTML_TIMELINE_MAX = 120,   /**< rows of the timeline */
    FB_HTML_ATTENTION_MAX = 10,   /**< entries of the list of what needs attention */
    FB_HTML_GROWTH_MAX = 12,      /**< charts of quantities that grow */
    FB_HTML_WHY_MAX = 200,        /**< sentences of one reason */
    FB_HTML_WHY_ALL_MAX = 10000,  /**< sentences of all reasons of a page */
    FB_HTML_WHY_DEPTH_MAX = 24,   /**< nesting of a reason */
    FB_HTML_TEXT_MAX = 1200,      /**< characters of one text from a record */
};

/** A record that the page names. */
struct fb_html_record {
    uint64_t seq;
    struct fb_str id;
    const struct fb_record *record; /**< NULL when the picture holds no more than its id */
};

/** A page in the making. */
struct fb_html {
    struct fb_buf *out;
    const struct fb_picture *picture;
    struct fb_html_record *records; /**< by seq, without repeats */
    size_t record_count;
    bool records_cut;
    size_t why_left; /**< sentences that reasons may still take */
};

/* ---- html_parts.c: text and small pieces ---- */

/** Reads one character of UTF-8 at the start of s, which has at least one byte; its length in
 * bytes, or 0 when there is none. */
size_t fb_html_character(struct fb_str s, uint32_t *out);

/** Appends text from a record, escaped, cut after FB_HTML_TEXT_MAX characters. Control characters
 * become spaces; bytes that are no UTF-8 and characters that turn the reading direction become
 * U+FFFD. */
void fb_html_text(struct fb_buf *out, struct fb_str text);

/** The same, all of it. */
void fb_html_text_all(struct fb_buf *out, struct fb_str text);

/** The same, cut to max characters; what is cut ends in an ellipsis. */
void fb_html_text_cut(struct fb_buf *out, struct fb_str text, size_t max);

/** The same, cut in the middle to max characters (8 or more), as what tells two texts apart often
 * stands at their ends. */
void fb_html_text_middle(struct fb_buf *out, struct fb_str text, size_t max);

/** The same with a capital first letter, unless it begins with an id. */
void fb_html_sentence(struct fb_buf *out, struct fb_str text);

/** The same, cut to max characters; max > 0. */
void fb_html_sentence_cut(struct fb_buf *out, struct fb_str text, size_t max);

/** A name or a text with names, cut to max characters: underscores become spaces, so that it is
 * read, and broken into lines, as words. */
void fb_html_words(struct fb_buf *out, struct fb_str text, size_t max);

/** Makes spaces of the underscores of what was appended since `from`. */
void fb_html_space(struct fb_buf *out, size_t from);

/** Begins a page, up to the text of its title: nothing may be loaded from anywhere, and no script
 * runs but those in the page, where it is `scripted`. metas: further elements of the head. */
void fb_html_begin(struct fb_buf *out, const char *metas, bool scripted);

/** The CSS class of a tone: "bad", "warn", "good", "faint", "plain". */
const char *fb_html_tone(enum fb_tone tone);

/** A sign for a tone, so that colour is never the only cue; UTF-8. */
const char *fb_html_sign(enum fb_tone tone);

/** A word for a label that people who do not argue for a living know: "stands" for "in". */
const char *fb_html_label(enum fb_label label);

/** Appends a word in a coloured box with the sign of its tone. */
void fb_html_chip(struct fb_buf *out, enum fb_tone tone, const char *word);

/** Appends an instant to the minute as <time>. */
void fb_html_time(struct fb_buf *out, fb_time t);

/** Appends a whole number with commas between thousands. */
void fb_html_count(struct fb_buf *out, int64_t n);

/** Writes an exact rate as a percentage, as "50%" or "0.125%". Returns out. */
const char *fb_html_percent_exact(struct fb_decimal rate, char out[FB_DECIMAL_TEXT]);

/** Writes a bound (0 or more) to one decimal, or to as many more as show on which side of the
 * threshold it is, as "5.6%". Returns out. */
const char *fb_html_percent(
    struct fb_decimal bound, struct fb_decimal threshold, char out[FB_DECIMAL_TEXT]);

/** Appends sentences and their reasons, down to records, as lists that open and close. All of it
 * stands behind summary (a literal, not escaped); without one the first sentences show. */
void fb_html_why(struct fb_html *html, const struct fb_why *why, const char *summary);

/** Appends "and N more ..." when cut is not 0; what is "duties are not shown" or the like. */
void fb_html_cut(struct fb_buf *out, size_t cut, const char *what);

/** Duties of one system (empty: of none), the most urgent first. *out is freed with fb_free.
 * E_NOMEM.
 */
FB_CHECKED enum fb_code fb_html_duties(const struct fb_picture *picture, struct fb_str system,
    const struct fb_duty_view ***out, size_t *out_count, struct fb_err *err);

/* ---- html_style.c ---- */

/** Appends the style of the page: what stands between <style> and </style>. */
void fb_html_style(struct fb_buf *out);

/* ---- html_index.c: records ---- */

/** Collects the records that the page names into html->records, which fb_free frees. E_NOMEM. */
FB_CHECKED enum fb_code fb_html_collect(struct fb_html *html, struct fb_err *err);

/** Appends a record's id and number, linked to the index where it stands there. */
void fb_html_record_link(struct fb_html *html, struct fb_str id, uint64_t seq);

/** Appends the index. */
void fb_html_index(struct fb_html *html);

/* ---- html_system.c, svg_timeline.c, svg_interval.c: sections ---- */

/** Appends the section of a system. E_NOMEM. */
FB_CHECKED enum fb_code fb_html_system(struct fb_html *html, size_t index, struct fb_err *err);

/** Appends a table of the duties of one system (empty: of none), or a sentence when there are none.
 * E_NOMEM. */
FB_CHECKED enum fb_code fb_html_duty_table(
    struct fb_html *html, struct fb_str system, struct fb_err *err);

/** Appends the argument of a case as a nested list with labels. E_NOMEM. */
FB_CHECKED enum fb_code fb_html_argument(
    struct fb_html *html, const struct fb_case *argument, struct fb_err *err);

/** Appends the drawing of everything over time. E_NOMEM. */
FB_CHECKED enum fb_code fb_html_timeline(struct fb_html *html, struct fb_err *err);

/** Appends the plot of a red line's evaluations against its threshold. */
void fb_html_interval(struct fb_html *html, const struct fb_line_view *view);

/* ---- html_graphs.c ---- */

/** Appends a chart of each quantity with two values or more, with line and band. E_NOMEM. */
FB_CHECKED enum fb_code fb_html_growth(struct fb_html *html, struct fb_err *err);

/** Appends the section that shows how often bounds hold; nothing where the page shows none.
 * E_NOMEM. */
FB_CHECKED enum fb_code fb_html_calibration(struct fb_html *html, struct fb_err *err);

#endif

/*
 * reader.h: what the readers of foreign formats share; private to this room.
 */
#ifndef FB_INGEST_READER_H
#define FB_INGEST_READER_H

#include "base/json.h"
#include "ingest/ingest.h"
#include "ingest/input.h"

/** Limits; each has a test. */
#define FB_READER_TEXT_MAX ((size_t)64 << 20) /**< bytes of a file that is held whole */

/** Names of members by which JSON formats are told. */
enum fb_head_key {
    FB_HEAD_DOC_ID,
    FB_HEAD_EVAL,
    FB_HEAD_INCIDENT_ID,
    FB_HEAD_JOBS,
    FB_HEAD_KIND,
    FB_HEAD_OBJECTS,
    FB_HEAD_RESULTS,
    FB_HEAD_SCORE_BINARIZED,
    FB_HEAD_SPEC_VERSION,
    FB_HEAD_STATUS,
    FB_HEAD_VERSION,
    FB_HEAD_BOM_FORMAT,
    FB_HEAD_CONTEXT,
    FB_HEAD_KEYS,
};

/** The first bytes of a file, enough to tell its format. */
struct fb_head {
    struct fb_str text;
    bool is_array;          /**< JSON: an array, whose first element has the members below */
    bool has[FB_HEAD_KEYS]; /**< JSON: members of the object, as far as text goes */
};

/** One file on its way to drafts. */
struct fb_reading {
    const struct fb_input *input;
    const struct fb_ingest_options *options;
    struct fb_arena *arena;
    struct fb_draft *drafts;
    size_t count;
    size_t cap;
};

/** Declares the two functions of each format: is_... by content, and the reader. */
#define FB_FORMAT(part, name, text, good)                                                          \
    bool fb_is_##part(const struct fb_head *head);                                                 \
    FB_CHECKED enum fb_code fb_read_##part(struct fb_reading *reading, struct fb_err *err);
#include "ingest/formats.def"
#undef FB_FORMAT

/** Adds a draft, whose texts are copied into the arena. E_LIMIT after FB_INGEST_DRAFTS_MAX. */
FB_CHECKED enum fb_code fb_reading_add(
    struct fb_reading *reading, const struct fb_draft *draft, struct fb_err *err);

/** Looks at the first bytes of a file. Text that is no JSON, or is cut off, is no error; E_NOMEM
 * is. */
FB_CHECKED enum fb_code fb_head_scan(struct fb_str text, struct fb_head *out, struct fb_err *err);

/** Appends text with every byte that a NAME may not have as '-'. */
void fb_reader_name(struct fb_buf *out, struct fb_str text);

/** Appends text as a STRING has it: at most max bytes, cut at a character, and blanks for control
 * characters. The caller trims it. */
void fb_reader_text(struct fb_buf *out, struct fb_str text, size_t max);

/** True when fb_reader_name shows a text as it is but for signs: it is ASCII. */
bool fb_reader_shows(struct fb_str text);

/** Appends "-" and the first digits of the digest of a text, which tells it apart from others that
 * fb_reader_name writes alike. */
void fb_reader_mark(struct fb_buf *out, struct fb_str text);

/** Writes a member that is a number, or null for what JSON cannot say. */
void fb_reader_figure(struct fb_json_writer *w, const char *key, double x);

/** Writes the member `judge` of an evaluation, when the caller knows of its judge. */
void fb_reader_judge(struct fb_json_writer *w, const struct fb_ingest_options *options);

/** Appends the text of a member of a JSON writer: "key":"RFC 3339". */
void fb_reader_time(struct fb_json_writer *w, const char *key, fb_time at);

#endif

/*
 * err.h: error codes and the error object of every flyball function.
 *
 * A function that can fail returns an enum fb_code and takes a struct fb_err as its last
 * parameter. On FB_OK the error object is untouched; on anything else it is filled. The object is
 * of fixed size, so that it works when memory has run out, and it owns nothing.
 *
 * A message says the failure first, in lower case and without a full stop, and names the object;
 * the hint is one full sentence that says what to do.
 */
#ifndef FLYBALL_ERR_H
#define FLYBALL_ERR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define FB_CHECKED __attribute__((warn_unused_result))
#define FB_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define FB_CHECKED
#define FB_PRINTF(fmt, args)
#endif

/** What went wrong. Numbers are stable: a retired code keeps its number and is never reused. */
enum fb_code {
#define FB_ERROR(name, number, exit_class, text) FB_##name = (number),
#include "flyball/errors.def"
#undef FB_ERROR
};

/** Size in bytes of each text of an error, the terminating NUL included; longer text is cut. */
enum { FB_ERR_TEXT_MAX = 512 };

/** One failure: what, where in which input, and what to do about it. */
struct fb_err {
    enum fb_code code;
    char message[FB_ERR_TEXT_MAX]; /**< what failed; always set */
    char hint[FB_ERR_TEXT_MAX];    /**< what to do; may be empty */
    char file[FB_ERR_TEXT_MAX];    /**< input file, archive member or ledger; may be empty */
    char path[FB_ERR_TEXT_MAX];    /**< JSON path in that input, as $.body.at; may be empty */
    uint32_t line;                 /**< 1-based; 0 when there is none */
    uint32_t column;               /**< 1-based, in bytes; 0 when there is none */
    int64_t offset;                /**< 0-based byte offset; -1 when there is none */
};

/** Initialises *err to "no error". Call once before first use. */
void fb_err_init(struct fb_err *err);

/**
 * Fills err with a code and a message and clears hint and place.
 * Returns code, so that a caller can write `return fb_err_set(err, ...)`. code is not FB_OK.
 */
enum fb_code fb_err_set(struct fb_err *err, enum fb_code code, const char *fmt, ...)
    FB_PRINTF(3, 4);

/** Sets the hint of a filled error, replacing an earlier one. Returns err's code. */
enum fb_code fb_err_hint(struct fb_err *err, const char *fmt, ...) FB_PRINTF(2, 3);

/**
 * Says where in its input a filled error stands. Places that are already known are kept, so the
 * innermost layer wins. file may be NULL; line and column 0 and offset -1 mean "not known".
 */
void fb_err_place(
    struct fb_err *err, const char *file, uint32_t line, uint32_t column, int64_t offset);

/** Sets the JSON path of a filled error unless it has one. path is NUL-terminated. */
void fb_err_path(struct fb_err *err, const char *path);

/** Puts "prefix: " before the message of a filled error; cuts at the end. Returns err's code. */
enum fb_code fb_err_prefix(struct fb_err *err, const char *fmt, ...) FB_PRINTF(2, 3);

/**
 * Writes the error as people read it into out (at most size bytes, NUL included):
 * `file:line:column: message` (`file:line:` where no column is known), then the JSON path and the
 * hint on lines of their own.
 * Returns the length that the whole text has, as snprintf does.
 */
size_t fb_err_format(const struct fb_err *err, char *out, size_t size);

/** The name of a code without its prefix, as "E_SYNTAX"; "?" for a number that is no code. */
const char *fb_code_name(enum fb_code code);

/** A few words on what a code means. Static storage. */
const char *fb_code_text(enum fb_code code);

/** The exit status of a command that fails with this code: see docs/ERRORS.md. */
int fb_code_exit(enum fb_code code);

#ifdef __cplusplus
}
#endif

#endif

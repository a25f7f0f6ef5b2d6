/*
 * check.h: checks of the parts of a statement. Private to src/record.
 *
 * All of them say where in the JSON text the fault is: line, column, offset and path.
 */
#ifndef FB_RECORD_CHECK_H
#define FB_RECORD_CHECK_H

#include "record/record.h"

/** Checks that value is the id of a record of this kind: "<kind>/" and more, of NAME's characters.
 * E_SCHEMA; E_LIMIT; E_REFERENCE when it is an id of another kind. */
FB_CHECKED enum fb_code fb_check_id(
    const struct fb_json *value, enum fb_kind kind, struct fb_err *err);

/** Checks the value of a time; *out is the instant. E_SCHEMA, E_TIME. */
FB_CHECKED enum fb_code fb_check_time(
    const struct fb_json *value, fb_time *out, struct fb_err *err);

/** Checks one field of a body by its type. E_SCHEMA, E_LIMIT, E_TIME, E_RANGE, E_REFERENCE. */
FB_CHECKED enum fb_code fb_check_field(
    const struct fb_field *field, const struct fb_json *value, struct fb_err *err);

/** Checks a body: all its fields, that none is missing or unknown, and the rules between them. */
FB_CHECKED enum fb_code fb_check_body(
    enum fb_kind kind, const struct fb_json *body, struct fb_err *err);

/** Checks the rules between the fields of a body whose fields are each good (rules.c). E_TIME,
 * E_RANGE, E_MISMATCH, E_SCHEMA. */
FB_CHECKED enum fb_code fb_check_rules(
    enum fb_kind kind, const struct fb_json *body, struct fb_err *err);

/** Checks the members `clusters` and `judge` of an evaluation (design.c); whole_of: its samples,
 * and how many of them count for the lower and for the upper bound. E_SCHEMA, E_MISMATCH. */
FB_CHECKED enum fb_code fb_check_design(
    const struct fb_json *body, const int64_t whole_of[3], struct fb_err *err);

/** Places a filled error at a member of parent that is not there. Returns err's code. */
enum fb_code fb_check_missing_at(
    struct fb_err *err, const struct fb_json *parent, const char *member);

#endif

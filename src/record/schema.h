/*
 * schema.h: the schemas of statements for other people's tools, generated from kinds.def.
 */
#ifndef FB_RECORD_SCHEMA_H
#define FB_RECORD_SCHEMA_H

#include "record/record.h"

/** Appends the JSON Schema (2020-12) of the statements of a kind, indented, with a line break at
 * its end. It says all that fb_record_parse checks but for the rules between fields (rules.c),
 * canonical form, and limits in bytes where the schema counts characters. */
void fb_kind_schema(enum fb_kind kind, struct fb_buf *out);

#endif

/*
 * digest.h: digests of parts of an argument, so that a sign-off can be bound to what was seen.
 */
#ifndef FB_CASE_DIGEST_H
#define FB_CASE_DIGEST_H

#include "case/case.h"
#include "ledger/sha256.h"

/**
 * The digest of an element with all that it rests on: its supporters and context, whatever
 * challenges one of these or a relation between them, and so on. All that a reader sees or a label
 * follows from goes in; order of elements, layout of the file, places and labels do not. E_NOMEM.
 */
FB_CHECKED enum fb_code fb_case_digest(const struct fb_case *argument, uint32_t element,
    uint8_t out[FB_SHA256_SIZE], struct fb_err *err);

/** The element with an id; UINT32_MAX: there is none. */
uint32_t fb_case_find(const struct fb_case *argument, struct fb_str id);

#endif

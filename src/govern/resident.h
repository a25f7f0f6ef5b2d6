/*
 * resident.h: what stays between evaluations (evaluate.h). Private to the room.
 *
 * It holds the tuples that come of records by themselves, over their times, with indexes that grow
 * with the ledger. An evaluation adds what it finds to them (paces, red lines, cases of the system
 * that is asked for), and the next one takes that back first.
 */
#ifndef FB_GOVERN_RESIDENT_H
#define FB_GOVERN_RESIDENT_H

#include "govern/work.h"

/** Tuples that were taken out may be so many more than a fourth of all: then all is built anew. */
enum { FB_RESIDENT_SPENT_MAX = 5000 };

/** Whether the question is one that a resident serves. */
bool fb_resident_serves(const struct fb_govern_input *input);

/** Goes over to an excerpt of the same ledger, which must outlive it: the compiled policies stay,
 * facts are collected anew. Who is told what is asked of them is borrowed. */
void fb_resident_excerpt(struct fb_resident *resident, const struct fb_registry *registry,
    const struct fb_access_watch *watch);

/** Whether it served the last evaluation. */
bool fb_resident_served(const struct fb_resident *resident);

/** The program of a policy's record, compiled once; a copy of its head, which an evaluation may
 * write to. */
FB_CHECKED enum fb_code fb_resident_program(struct fb_work *work, const struct fb_record *record,
    struct fb_program **out, struct fb_err *err);

/** As fb_work_collect, of the one system that is asked for: takes in what was recorded since the
 * last time. Where a policy is not one that it serves, work->resident becomes NULL and all is
 * collected. E_NOT_FOUND: there is no such system. */
FB_CHECKED enum fb_code fb_resident_facts(struct fb_work *work, struct fb_err *err);

/** As fb_work_reach: what the work has found so far joins the facts. */
FB_CHECKED enum fb_code fb_resident_reach(struct fb_work *work, struct fb_err *err);

#endif

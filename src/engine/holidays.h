/*
 * holidays.h: public holidays of places that make rules, as their laws list them: holidays.def. A
 * list covers some years and says nothing of others.
 */
#ifndef FB_ENGINE_HOLIDAYS_H
#define FB_ENGINE_HOLIDAYS_H

#include "base/str.h"
#include "engine/ir.h"

/** The list of a place. Days are numbers of fb_days_from_civil. */
struct fb_holiday_list {
    const char *place;  /**< as "Belgium" */
    const char *source; /**< the law that says so */
    int64_t from;       /**< the first day that it covers */
    int64_t until;      /**< the day after the last one */
    size_t count;       /**< of its holidays */
};

/** Finds the list of a name, as "be". False when there is none. */
bool fb_holidays_named(struct fb_str name, struct fb_holiday_list *out);

/** Writes the holidays of a name that has a list, in their order: as many as its count says. */
void fb_holidays_write(struct fb_str name, int64_t *out);

/** Calls take with the name of each list. */
void fb_holidays_each(void (*take)(void *ctx, struct fb_str name), void *ctx);

/** True when a deadline depends on days of which the lists of holidays that are named in days say
 * nothing: it may then end later than it is said to, and never earlier. False when none is named.
 */
bool fb_holidays_unlisted(
    const struct fb_days *days, fb_time anchor, fb_time deadline, enum fb_unit unit);

#endif

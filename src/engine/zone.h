/*
 * zone.h: local time, for deadlines that are counted in days.
 *
 * A zone is an offset, or one of zones.def with its rule for summer time. The rules are those of
 * today (EU: Directive 2000/84/EC, since 1996 as it stands; US: 15 U.S.C. 260a, since 2007); what
 * clocks did before is not known here.
 */
#ifndef FB_ENGINE_ZONE_H
#define FB_ENGINE_ZONE_H

#include "engine/ir.h"

/** The zone with a name of zones.def, "UTC" or an offset as "+05:30"; false when it is none. */
bool fb_zone_named(struct fb_str name, struct fb_zone *out);

/** Calls `take` with the name of each zone of zones.def. */
void fb_zone_each(void (*take)(void *ctx, struct fb_str name), void *ctx);

/** Microseconds to add to an instant to get the local time. */
int64_t fb_zone_offset(const struct fb_zone *zone, fb_time instant);

/** The instant of a local time, counted as if it were UTC. Of one that comes twice it is the first;
 * one that is skipped lies an hour later. */
fb_time fb_zone_instant(const struct fb_zone *zone, fb_time local);

#endif

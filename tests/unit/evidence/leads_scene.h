/*
 * leads_scene.h: jobs for tests of leads: those of a real cluster, with users made up.
 */
#ifndef FB_TEST_LEADS_SCENE_H
#define FB_TEST_LEADS_SCENE_H

#include "evidence/leads.h"

/** A number below `below` (> 0) of a sequence that *seed carries. */
uint32_t leads_draw(uint32_t *seed, uint32_t below);

/** Gives one job to the search; the texts are copied by it. A cluster that is not said is "openb".
 */
void leads_feed(struct fb_leads *leads, const char *const texts[4], struct fb_job job);

/** Gives the pods of a trace that had whole GPUs. Returns how many there were. */
size_t leads_feed_trace(struct fb_leads *leads, const char *path, uint32_t *seed);

#endif

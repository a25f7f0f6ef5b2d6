/* names.h: names numbered from 0, in the order of their bytes in the end, so that the order of a
 * file's lines does not matter. */
#ifndef FB_INGEST_NAMES_H
#define FB_INGEST_NAMES_H

#include "base/arena.h"
#include "base/map.h"

/** Most names of one list, and bytes of one name; each has a test. */
enum { FB_NAMES_MAX = 1000000, FB_NAME_BYTES_MAX = 4096 };

/** Names. Their texts live in the arena. Fields are private but for names.count. */
struct fb_names {
    struct fb_map map;
    struct fb_arena *arena;
    struct fb_str *list; /**< after fb_names_sort: by number */
};

/** Starts an empty list. The caller ends with fb_names_release; texts stay in the arena. */
void fb_names_init(struct fb_names *names, struct fb_arena *arena);

/** Frees the list but not what is in the arena. */
void fb_names_release(struct fb_names *names);

/** The number of a name, which is added when it is new. E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_names_number(
    struct fb_names *names, struct fb_str name, uint32_t *out, struct fb_err *err);

/** Sorts the names by bytes. *out_new, of names.map.count numbers in the arena, gives the place of
 * each old number. */
FB_CHECKED enum fb_code fb_names_sort(
    struct fb_names *names, uint32_t **out_new, struct fb_err *err);

#endif

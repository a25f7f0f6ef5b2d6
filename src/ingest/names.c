#include "ingest/names.h"

#include <stdlib.h>

#include "base/assert.h"

void fb_names_init(struct fb_names *names, struct fb_arena *arena)
{
    FB_ASSERT(names && arena);
    fb_map_init(&names->map);
    names->arena = arena;
    names->list = NULL;
}

void fb_names_release(struct fb_names *names)
{
    fb_map_release(&names->map);
}

enum fb_code fb_names_number(
    struct fb_names *names, struct fb_str name, uint32_t *out, struct fb_err *err)
{
    FB_ASSERT(names && out);
    uintptr_t known = (uintptr_t)fb_map_get(&names->map, name);
    if (known) {
        *out = (uint32_t)(known - 1);
        return FB_OK;
    }
    if (names->map.count >= FB_NAMES_MAX || name.len > FB_NAME_BYTES_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "%s",
            name.len > FB_NAME_BYTES_MAX ? "a name is too long" : "there are too many names");
        return fb_err_hint(err, "A name has at most %d bytes, a table at most %d of them.",
            FB_NAME_BYTES_MAX, FB_NAMES_MAX);
    }
    struct fb_str copy = {0};
    uintptr_t number = names->map.count + 1;
    enum fb_code code = fb_arena_str(names->arena, name, &copy, err);
    /* A number one higher than itself, since a map's value of NULL means that there is none. */
    code = code ? code : fb_map_put(&names->map, copy, (void *)number, err);
    if (code == FB_OK) {
        *out = (uint32_t)(number - 1);
    }
    return code;
}

static int compare(const void *a, const void *b)
{
    const struct fb_map_entry *const *x = a;
    const struct fb_map_entry *const *y = b;
    return fb_str_cmp((*x)->key, (*y)->key);
}

enum fb_code fb_names_sort(struct fb_names *names, uint32_t **out_new, struct fb_err *err)
{
    FB_ASSERT(names && out_new);
    size_t count = names->map.count;
    struct fb_map_entry **order = FB_ARENA_ARRAY(names->arena, struct fb_map_entry *, count + 1);
    uint32_t *places = FB_ARENA_ARRAY(names->arena, uint32_t, count + 1);
    names->list = FB_ARENA_ARRAY(names->arena, struct fb_str, count + 1);
    if (!order || !places || !names->list) {
        return fb_arena_failed(names->arena, err);
    }
    for (size_t i = 0; i < count; i++) {
        order[i] = &names->map.entries[i];
    }
    if (count > 1) {
        qsort(order, count, sizeof(order[0]), compare);
    }
    for (size_t i = 0; i < count; i++) {
        places[(uintptr_t)order[i]->value - 1] = (uint32_t)i;
        names->list[i] = order[i]->key;
    }
    *out_new = places;
    return FB_OK;
}

#include "govern/picture.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/map.h"

/* The slot of a system: where it is, or the free one where it would go. */
static size_t slot_of(const struct fb_picture *picture, struct fb_str id)
{
    size_t mask = picture->system_slot_count - 1;
    size_t at = (size_t)fb_map_hash(id) & mask;
    while (picture->system_slots[at] &&
           !fb_str_eq(picture->systems[picture->system_slots[at] - 1].id, id)) {
        at = (at + 1) & mask;
    }
    return at;
}

enum fb_code fb_picture_reserve(
    struct fb_picture *picture, size_t room, struct fb_arena *arena, struct fb_err *err)
{
    FB_ASSERT(picture && arena && room >= picture->system_count);
    size_t slots = 16, count = picture->system_count;
    while (slots < 2 * room) {
        slots *= 2;
    }
    struct fb_system_view *systems = FB_ARENA_ARRAY(arena, struct fb_system_view, room);
    uint32_t *table = FB_ARENA_ARRAY(arena, uint32_t, slots);
    if (!systems || !table) {
        return fb_arena_failed(arena, err);
    }
    if (count) {
        memcpy(systems, picture->systems, count * sizeof(*systems));
    }
    picture->systems = systems;
    picture->system_slots = table;
    picture->system_slot_count = slots;
    picture->system_room = room;
    for (size_t i = 0; i < count; i++) {
        table[slot_of(picture, systems[i].id)] = (uint32_t)i + 1;
    }
    return FB_OK;
}

void fb_picture_add_system(struct fb_picture *picture, const struct fb_system_view *view)
{
    FB_ASSERT(picture && view && picture->system_count < picture->system_room);
    picture->systems[picture->system_count++] = *view;
    picture->system_slots[slot_of(picture, view->id)] = (uint32_t)picture->system_count;
}

size_t fb_picture_system(const struct fb_picture *picture, struct fb_str id)
{
    FB_ASSERT(picture);
    size_t index = picture->system_slots ? picture->system_slots[slot_of(picture, id)] : 0;
    return index ? index - 1 : SIZE_MAX;
}

/* True when the system with an index has an id. */
static bool is_system(const struct fb_picture *picture, size_t index, struct fb_str id)
{
    return index < picture->system_count && fb_str_eq(picture->systems[index].id, id);
}

/* The chains that something of a system belongs to. Lists are gone through from their end, and what
 * stands in front of something of the system *last is often of the same one or of that before. */
static struct fb_chains *chains_of(struct fb_picture *picture, struct fb_str system, size_t *last)
{
    size_t index = is_system(picture, *last, system)       ? *last
                   : is_system(picture, *last - 1, system) ? *last - 1
                                                           : fb_picture_system(picture, system);
    *last = index;
    return index == SIZE_MAX ? &picture->others : &picture->systems[index].first;
}

const struct fb_chains *fb_picture_of(const struct fb_picture *picture, struct fb_str system)
{
    size_t index = fb_picture_system(picture, system);
    return index == SIZE_MAX ? &picture->others : &picture->systems[index].first;
}

void fb_picture_unchain(struct fb_picture *picture)
{
    static const struct fb_chains none = {.line = 0};
    FB_ASSERT(picture);
    picture->others = none;
    for (size_t i = 0; i < picture->system_count; i++) {
        picture->systems[i].first = none;
    }
}

/* From the last to the first, so that each chain is in the order of its list. */
void fb_picture_chain(struct fb_picture *picture, enum fb_chained what)
{
    FB_ASSERT(picture && what < FB_CHAINED_COUNT);
    const size_t counts[FB_CHAINED_COUNT] = {picture->line_count, picture->duty_count,
        picture->case_count, picture->order_count, picture->licence_count};
    size_t last = SIZE_MAX;
    for (size_t i = counts[what]; i-- > 0;) {
        size_t *next = NULL, *first = NULL;
        switch (what) {
        case FB_CHAINED_LINES:
            next = &picture->lines[i].next;
            first = &chains_of(picture, picture->lines[i].system, &last)->line;
            break;
        case FB_CHAINED_DUTIES:
            next = &picture->duties[i].next;
            first = &chains_of(picture, picture->duties[i].system, &last)->duty;
            break;
        case FB_CHAINED_CASES:
            next = &picture->cases[i].next;
            first = &chains_of(picture, picture->cases[i].system, &last)->safety_case;
            break;
        case FB_CHAINED_ORDERS:
            next = &picture->orders[i].next;
            first = &chains_of(picture, picture->orders[i].system, &last)->order;
            break;
        case FB_CHAINED_LICENCES:
            next = &picture->licences[i].next;
            first = &chains_of(picture, picture->licences[i].system, &last)->licence;
            break;
        case FB_CHAINED_COUNT:
            return;
        }
        *next = *first;
        *first = i + 1;
    }
}

struct fb_order_walk fb_picture_orders(
    const struct fb_picture *picture, const struct fb_system_view *system)
{
    FB_ASSERT(picture && system);
    return (struct fb_order_walk){picture, system, fb_picture_order(picture, system->first.order),
        fb_picture_order(picture, picture->others.order)};
}

const struct fb_order_view *fb_order_next(struct fb_order_walk *walk)
{
    FB_ASSERT(walk);
    while (walk->own || walk->other) {
        bool own = walk->own && (!walk->other || walk->own < walk->other);
        const struct fb_order_view *order = own ? walk->own : walk->other;
        const struct fb_order_view *next = fb_picture_order(walk->picture, order->next);
        if (own) {
            walk->own = next;
        } else {
            walk->other = next;
        }
        if (fb_order_binds(order, walk->system)) {
            return order;
        }
    }
    return NULL;
}

const struct fb_system_view *fb_picture_named(
    const struct fb_picture *picture, struct fb_str name, struct fb_err *err)
{
    enum { NAME_MAX_BYTES = 256 };
    char id[sizeof("system/") + NAME_MAX_BYTES];
    FB_ASSERT(picture);
    size_t index = fb_picture_system(picture, name);
    if (index == SIZE_MAX && name.len <= NAME_MAX_BYTES) {
        (void)snprintf(id, sizeof(id), "system/%.*s", FB_STR_ARG(name));
        index = fb_picture_system(picture, fb_str_of(id));
    }
    if (index == SIZE_MAX) {
        fb_err_set(err, FB_E_NOT_FOUND, "the docket has no system '%.*s'",
            FB_STR_ARG(fb_str_sub(name, 0, 200)));
        fb_err_hint(err, "Run `flyball status` without a name for all systems.");
        return NULL;
    }
    return &picture->systems[index];
}

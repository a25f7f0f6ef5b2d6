#include "govern/standings.h"

#include "base/assert.h"
#include "stats/clustered.h"

static bool concerns(const struct fb_line_view *view, struct fb_str capability)
{
    bool found = capability.len == 0 || fb_str_eq(view->rule->name, capability);
    for (size_t i = 0; !found && i < view->rule->measure_count; i++) {
        found = fb_str_eq(view->rule->measures[i], capability);
    }
    return found;
}

static enum fb_code refuse(const struct fb_picture *picture, struct fb_str system,
    struct fb_str capability, struct fb_err *err)
{
    struct fb_buf names;
    fb_buf_init(&names, FB_ERR_TEXT_MAX / 2);
    for (size_t i = 0; i < picture->line_count; i++) {
        if (fb_str_eq(picture->lines[i].system, system)) {
            fb_buf_addf(
                &names, "%s%.*s", names.len ? ", " : "", FB_STR_ARG(picture->lines[i].rule->name));
        }
    }
    fb_err_set(err, FB_E_NOT_FOUND, "no red line of %.*s is called '%.*s' or measures it",
        FB_STR_ARG(system), FB_STR_ARG(capability));
    fb_err_hint(err, "There %s %s.", names.len ? "are" : "is", names.len ? names.ptr : "none");
    fb_buf_release(&names);
    return err->code;
}

static enum fb_code fill(const struct fb_picture *picture, struct fb_line_standing *item,
    struct fb_arena *arena, double *out_p, struct fb_err *err)
{
    const struct fb_redline *rule = item->view->rule;
    item->measures = FB_ARENA_ARRAY(arena, struct fb_standing, rule->measure_count + 1);
    if (!item->measures) {
        return fb_arena_failed(arena, err);
    }
    *out_p = 0;
    for (uint32_t m = 0; m < rule->measure_count; m++) {
        enum fb_code code =
            fb_standing_of(rule, &item->view->figures, m, picture->now, &item->measures[m], err);
        if (code != FB_OK) {
            return code;
        }
        double p = item->measures[m].p_value;
        *out_p = p > *out_p ? p : *out_p;
    }
    return FB_OK;
}

enum fb_code fb_standings(const struct fb_picture *picture, struct fb_str system,
    struct fb_str capability, struct fb_arena *arena, struct fb_standings *out, struct fb_err *err)
{
    FB_ASSERT(picture && arena && out);
    size_t room = picture->line_count + 1;
    struct fb_standings list = {FB_ARENA_ARRAY(arena, struct fb_line_standing, room), 0};
    double *p_values = FB_ARENA_ARRAY(arena, double, room);
    if (!list.items || !p_values) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < picture->line_count; i++) {
        const struct fb_line_view *view = &picture->lines[i];
        if (!fb_str_eq(view->system, system) || !concerns(view, capability) ||
            view->status == FB_LINE_OUT_OF_SCOPE) {
            continue;
        }
        list.items[list.count] = (struct fb_line_standing){.view = view};
        enum fb_code code =
            fill(picture, &list.items[list.count], arena, &p_values[list.count], err);
        if (code != FB_OK) {
            return code;
        }
        list.count++;
    }
    if (list.count == 0 && capability.len > 0) {
        return refuse(picture, system, capability, err);
    }
    enum fb_code code = fb_holm(p_values, list.count, err);
    if (code != FB_OK) {
        return code;
    }
    for (size_t i = 0; i < list.count; i++) {
        list.items[i].joint = p_values[i];
    }
    *out = list;
    return FB_OK;
}

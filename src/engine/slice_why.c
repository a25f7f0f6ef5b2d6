/* Why one obligation is what it is: the run over its slice once more, with reasons. */
#include "base/assert.h"
#include "base/limit.h"
#include "engine/slice_rest.h"

/* A chain of reasons, moved out of the memory of a run. What it shares with the trace stays shared.
 * NULL when memory ran out. */
static struct fb_why *keep_why(
    const struct fb_why *why, const struct fb_arena *run, struct fb_arena *arena)
{
    struct fb_why *first = NULL, **end = &first;
    for (; why; why = why->next) {
        struct fb_why *copy = FB_ARENA_NEW(arena, struct fb_why);
        if (!copy) {
            return NULL;
        }
        *copy = *why;
        copy->next = NULL;
        if (fb_arena_has(run, why->text.ptr)) {
            copy->text = fb_arena_printf(arena, "%.*s", FB_STR_ARG(why->text));
        }
        if (why->child && fb_arena_has(run, why->child)) {
            copy->child = keep_why(why->child, run, arena);
        }
        if (!copy->text.ptr || (why->child && !copy->child)) {
            return NULL;
        }
        *end = copy;
        end = &copy->next;
    }
    return first;
}

/* True when two obligations of one duty are the same one. */
static bool same(const struct fb_obligation *a, const struct fb_obligation *b)
{
    return a->since == b->since && a->status == b->status && a->breached == b->breached &&
           a->turn == b->turn && a->twin == b->twin && a->settled == b->settled &&
           fb_str_eq(a->party, b->party) &&
           fb_row_cmp(a->bindings, b->bindings, a->duty->var_count) == 0;
}

enum fb_code fb_duty_explain(const struct fb_duty_query *query, const struct fb_obligation *of,
    struct fb_arena *arena, struct fb_why **out, struct fb_err *err)
{
    FB_ASSERT(query && of && arena && out);
    FB_ASSERT(of->duty == query->duty);
    struct fb_cutter s;
    struct fb_arena own, cut;
    struct fb_obligations found = {NULL, 0};
    fb_arena_init(&own, fb_limit(FB_CUT_MEMORY_MAX));
    fb_arena_init(&cut, fb_limit(FB_CUT_SLICE_MAX));
    enum fb_code code = fb_cut_init(&s, query, &own, err);
    struct fb_duty_task task = {.program = query->program,
        .duty = query->duty,
        .trace = fb_access_trace(query->access),
        .now = query->now,
        .explain = true,
        .indexed = true};
    if (code == FB_OK) {
        code = s.whole ? fb_duty_follow(&task, &own, &found, err)
                       : fb_rest_follow(&s, of->bindings, &task, &cut, &own, &found, err);
    }
    const struct fb_why *made = NULL;
    for (size_t i = 0; code == FB_OK && i < found.count && !made; i++) {
        made = same(&found.items[i], of) ? found.items[i].why : NULL;
    }
    struct fb_why *why = made ? keep_why(made, &own, arena) : NULL;
    if (made && !why) {
        code = fb_arena_failed(arena, err);
    }
    fb_arena_release(&cut);
    fb_arena_release(&own);
    if (code == FB_OK && !why) {
        code = fb_err_set(err, FB_E_NOT_FOUND, "no obligation of '%.*s' is like this one",
            FB_STR_ARG(query->duty->name));
    }
    *out = code == FB_OK ? why : *out;
    return code;
}

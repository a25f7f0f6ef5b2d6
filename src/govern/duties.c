/* duties.c: every duty of every policy version, run over the trace of all lower strata. */
#include <string.h>

#include "base/assert.h"
#include "govern/duty_words.h"
#include "govern/proving.h"

enum { NAME_MAX_BYTES = 4096 };

/* A copy; ptr NULL when memory ran out. */
static struct fb_str keep_text(struct fb_arena *arena, struct fb_str text)
{
    struct fb_err ignored;
    struct fb_str out = {NULL, 0};
    return fb_arena_str(arena, text, &out, &ignored) == FB_OK ? out : (struct fb_str){NULL, 0};
}

static struct fb_str system_of(const struct fb_obligation *obligation)
{
    int32_t var = obligation->duty->system_var;
    if (var < 0 || (size_t)var >= obligation->duty->param_count ||
        obligation->bindings[var].type != FB_TYPE_STRING) {
        return (struct fb_str){NULL, 0};
    }
    return obligation->bindings[var].u.text;
}

/* A duty of which only what concerns one system may be asked for: what names it or no system, and
 * what names no system but who developed it. */
static struct fb_duty_query query_of(struct fb_work *work, const struct fb_version *version,
    const struct fb_duty *duty, struct fb_value only[2])
{
    struct fb_duty_query query = {.program = version->program,
        .duty = duty,
        .access = work->access,
        .now = work->input->now,
        .kept = work->kept};
    const struct fb_system_view *about = work->about;
    if (about && duty->system_var >= 0) {
        only[0] = fb_value_str(about->id);
        only[1] = fb_value_none();
        query.only = only;
        query.only_count = 2;
        query.only_param = (uint32_t)duty->system_var;
    } else if (about && duty->party && duty->party->kind == FB_TERM_VAR &&
               duty->party->var < duty->param_count) {
        only[0] = fb_value_str(about->developer);
        query.only = only;
        query.only_count = 1;
        query.only_param = duty->party->var;
    }
    return query;
}

static enum fb_code run_naive(struct fb_work *work, const struct fb_duty_query *query,
    struct fb_obligations *out, struct fb_err *err)
{
    struct fb_obligations all = {NULL, 0};
    enum fb_code code = fb_duty_run_naive(
        query->program, query->duty, &work->trace, query->now, work->arena, &all, err);
    size_t kept = 0;
    for (size_t i = 0; code == FB_OK && i < all.count; i++) {
        if (fb_duty_wanted(query, all.items[i].bindings)) {
            all.items[kept++] = all.items[i];
        }
    }
    *out = (struct fb_obligations){all.items, kept};
    return code;
}

/* A duty of a version that was in force at some time, and what became of it. */
struct entry {
    const struct fb_version *version;
    struct fb_value room[2]; /* of the query */
    size_t first;            /* of its views */
    size_t same;             /* 1 + the next entry whose views may have the same names; 0: none */
    size_t last;             /* the last of these, where this is the first of them */
    bool follows;            /* one that is not the first of them */
};

/* All duties at work. */
struct duties {
    struct fb_work *work;
    struct entry *entries;
    struct fb_duty_query *queries;
    struct fb_obligations *found;
    size_t count;
};

/* What has to be run, version by version. */
static enum fb_code list_duties(struct duties *all, struct fb_err *err)
{
    struct fb_work *work = all->work;
    size_t most = 1;
    for (size_t i = 0; i < work->version_count; i++) {
        most += work->versions[i].program->duty_count;
    }
    all->entries = FB_ARENA_ARRAY(work->arena, struct entry, most);
    all->queries = FB_ARENA_ARRAY(work->arena, struct fb_duty_query, most);
    all->found = FB_ARENA_ARRAY(work->arena, struct fb_obligations, most);
    if (!all->entries || !all->queries || !all->found) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t i = 0; i < work->version_count; i++) {
        const struct fb_version *version = &work->versions[i];
        size_t duties = version->from > work->input->now ? 0 : version->program->duty_count;
        for (size_t d = 0; d < duties; d++) {
            struct entry *entry = &all->entries[all->count];
            entry->version = version;
            all->queries[all->count++] =
                query_of(work, version, &version->program->duties[d], entry->room);
        }
    }
    return FB_OK;
}

/* The obligations of all duties, without reasons but for those of the oracle. */
static enum fb_code run_duties(struct duties *all, struct fb_err *err)
{
    struct fb_work *work = all->work;
    enum fb_code code = FB_OK;
    if (!work->proving && !work->input->naive) {
        return fb_duty_run_all(
            all->queries, all->count, fb_work_threads(work), work->arena, all->found, err);
    }
    for (size_t i = 0; code == FB_OK && i < all->count; i++) {
        const struct fb_duty_query *query = &all->queries[i];
        code = work->proving ? fb_proving_obligations(
                                   work, all->entries[i].version, query->duty, &all->found[i], err)
                             : run_naive(work, query, &all->found[i], err);
    }
    return code;
}

/* Part of a step: the views of a duty, without names. */
static enum fb_code list_part(void *ctx, struct fb_arena *arena, size_t i, struct fb_err *err)
{
    const struct duties *all = ctx;
    struct fb_duty_view *view = &all->work->picture->duties[all->entries[i].first];
    (void)arena;
    (void)err;
    for (size_t k = 0; k < all->found[i].count; k++, view++) {
        view->policy = all->entries[i].version->view;
        view->obligation = all->found[i].items[k];
        view->system = system_of(&view->obligation);
    }
    return FB_OK;
}

/* Puts all obligations into the picture, without names. */
static enum fb_code list_views(struct duties *all, struct fb_err *err)
{
    struct fb_picture *picture = all->work->picture;
    for (size_t i = 0; i < all->count; i++) {
        all->entries[i].first = picture->duty_count;
        picture->duty_count += all->found[i].count;
    }
    picture->duties = FB_ARENA_ARRAY(all->work->arena, struct fb_duty_view, picture->duty_count);
    return picture->duties ? fb_work_run_parts(all->work, all->count, list_part, all, err)
                           : fb_arena_failed(all->work->arena, err);
}

enum { PART = 256 /* views */ };

/* The reason of an obligation, out of its own facts. */
static enum fb_code explain(const struct fb_work *work, const struct fb_duty_view *view,
    struct fb_arena *arena, struct fb_why **out, struct fb_err *err)
{
    const struct fb_duty_query query = {.program = view->policy->program,
        .duty = view->obligation.duty,
        .access = work->access,
        .now = work->input->now,
        .kept = work->kept};
    return fb_duty_explain(&query, &view->obligation, arena, out, err);
}

/* Part of a step: what views say, and by which name; their reasons unless those are only wanted one
 * by one. */
static enum fb_code say_views(void *ctx, struct fb_arena *arena, size_t part, struct fb_err *err)
{
    const struct fb_work *work = ctx;
    struct fb_duty_words words;
    size_t end = fb_work_part_end(part, PART, work->picture->duty_count);
    enum fb_code code = FB_OK;
    fb_duty_words_init(&words, arena);
    for (size_t i = part * PART; code == FB_OK && i < end; i++) {
        struct fb_duty_view *view = &work->picture->duties[i];
        struct fb_obligation *obligation = &view->obligation;
        view->text = fb_duty_words_text(&words, obligation);
        view->id = fb_duty_words_name(&words, view->policy->program, obligation);
        bool wanted = !obligation->why && !work->input->brief && !work->proving;
        if (!view->text.ptr || !view->id.ptr) {
            code = fb_arena_failed(arena, err);
        } else if (wanted) {
            code = explain(work, view, arena, &obligation->why, err);
        }
    }
    fb_duty_words_release(&words);
    return code;
}

/* Part of a step: the handles of views, once their ids are all different. */
static enum fb_code name_views(void *ctx, struct fb_arena *arena, size_t part, struct fb_err *err)
{
    const struct fb_work *work = ctx;
    (void)arena;
    (void)err;
    size_t end = fb_work_part_end(part, PART, work->picture->duty_count);
    for (size_t i = part * PART; i < end; i++) {
        struct fb_duty_view *view = &work->picture->duties[i];
        fb_work_handle(view->id, view->handle);
    }
    return FB_OK;
}

enum fb_code fb_work_duty_why(
    struct fb_work *work, const struct fb_duty_view *view, struct fb_why **out, struct fb_err *err)
{
    FB_ASSERT(work && view && out);
    if (view->obligation.why) {
        *out = view->obligation.why;
        return FB_OK;
    }
    return explain(work, view, work->arena, out, err);
}

/* Finds out which duties have the same name: those of several versions of a policy. */
static enum fb_code find_same(struct duties *all, struct fb_err *err)
{
    struct fb_map names;
    struct fb_buf name;
    enum fb_code code = FB_OK;
    fb_map_init(&names);
    fb_buf_init(&name, NAME_MAX_BYTES);
    for (size_t i = 0; code == FB_OK && i < all->count; i++) {
        struct entry *entry = &all->entries[i];
        if (all->found[i].count == 0) {
            continue;
        }
        fb_buf_clear(&name);
        fb_buf_addf(&name, "%.*s/%.*s", FB_STR_ARG(entry->version->program->name),
            FB_STR_ARG(all->queries[i].duty->name));
        code = fb_buf_check(&name, "the name of a duty", err);
        struct entry *first = code ? NULL : fb_map_get(&names, fb_buf_str(&name));
        entry->last = i;
        if (first) {
            all->entries[first->last].same = i + 1;
            first->last = i;
            entry->follows = true;
        } else if (code == FB_OK) {
            struct fb_str kept = keep_text(all->work->arena, fb_buf_str(&name));
            code = kept.ptr ? fb_map_put(&names, kept, entry, err)
                            : fb_arena_failed(all->work->arena, err);
        }
    }
    fb_buf_release(&name);
    fb_map_release(&names);
    return code;
}

/* A later duty of the same name gets "#2", "#3" and so on: each breach is one of its own, and so is
 * what was owed before it was relaxed or in another version. */
static enum fb_code number_id(
    struct fb_arena *arena, struct fb_duty_view *view, struct fb_map *names, struct fb_err *err)
{
    uint32_t *same = fb_map_get(names, view->id);
    if (same) {
        ++*same;
        view->id = fb_arena_printf(arena, "%.*s#%u", FB_STR_ARG(view->id), *same);
        return view->id.ptr ? FB_OK : fb_arena_failed(arena, err);
    }
    same = FB_ARENA_NEW(arena, uint32_t);
    if (!same) {
        return fb_arena_failed(arena, err);
    }
    *same = 1;
    return fb_map_put(names, view->id, same, err);
}

/* Part of a step: the names of the views of a duty and of those with its name, all different. */
static enum fb_code number_part(void *ctx, struct fb_arena *arena, size_t part, struct fb_err *err)
{
    const struct duties *all = ctx;
    struct fb_map names;
    enum fb_code code = FB_OK;
    if (all->entries[part].follows || all->found[part].count == 0) {
        return FB_OK;
    }
    fb_map_init(&names);
    for (size_t i = part + 1; code == FB_OK && i > 0; i = all->entries[i - 1].same) {
        struct fb_duty_view *view = &all->work->picture->duties[all->entries[i - 1].first];
        for (size_t k = 0; code == FB_OK && k < all->found[i - 1].count; k++, view++) {
            code = number_id(arena, view, &names, err);
        }
    }
    fb_map_release(&names);
    return code;
}

/* What the views are called and say. */
static enum fb_code complete_views(struct duties *all, struct fb_err *err)
{
    struct fb_work *work = all->work;
    size_t parts = (work->picture->duty_count + PART - 1) / PART;
    enum fb_code code = fb_work_run_parts(work, parts, say_views, work, err);
    code = code ? code : find_same(all, err);
    code = code ? code : fb_work_run_parts(work, all->count, number_part, all, err);
    return code ? code : fb_work_run_parts(work, parts, name_views, work, err);
}

enum fb_code fb_work_duties(struct fb_work *work, struct fb_err *err)
{
    struct duties all = {.work = work};
    enum fb_code code = work->proving ? FB_OK : fb_work_reach(work, err);
    code = code ? code : list_duties(&all, err);
    code = code ? code : run_duties(&all, err);
    code = code ? code : list_views(&all, err);
    return code ? code : complete_views(&all, err);
}

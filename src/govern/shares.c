/*
 * shares.c: share_of_original, how much of the training compute of its original a modification
 * used, over time: at each instant at which a record of the system, of what it was made from, or of
 * a run of its developer begins or ends to hold, the figures are computed anew (shares_figure.c).
 */
#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/map.h"
#include "govern/shares.h"
#include "record/admit.h"

/* A record begins or ends to hold. */
struct event {
    fb_time at;
    uint64_t seq;
    size_t system;                          /* of the lineage */
    const struct fb_share_version *version; /* NULL: it is one of a run */
    const struct fb_record *run;
    int delta; /* 1 or -1 */
};

/* One modification at work. */
struct look {
    struct fb_work *work;
    struct fb_lineage lineage;
    size_t system_cap;
    bool is_cut; /* it has had more ancestors than are looked at */
    struct fb_map by_id;
    struct event *events;
    size_t event_count, event_cap;
    struct fb_share *shares; /* as of since */
    size_t share_count;
    const struct fb_share_version *holds; /* then; NULL: none */
    fb_time since;
};

static double number_of(const struct fb_record *record, const char *field)
{
    const struct fb_json *value = fb_json_get(record->body, field);
    return value && value->kind == FB_JSON_NUMBER ? value->number : 0;
}

/* ---- the lineage ---- */

/* The system of the lineage with the first id of `id`, which joins it; *out SIZE_MAX: no room. */
static enum fb_code join(struct look *look, struct fb_str id, size_t *out, struct fb_err *err)
{
    struct fb_lineage *lineage = &look->lineage;
    struct fb_str root = fb_work_root_id(look->work, id);
    uintptr_t known = (uintptr_t)fb_map_get(&look->by_id, root);
    if (known || lineage->count == FB_LINEAGE_MAX) {
        look->is_cut = look->is_cut || !known;
        *out = known ? (size_t)known - 1 : SIZE_MAX;
        return FB_OK;
    }
    if (lineage->count == look->system_cap) {
        size_t cap = look->system_cap ? 4 * look->system_cap : 4;
        struct fb_share_system *grown =
            FB_ARENA_ARRAY(look->work->arena, struct fb_share_system, cap);
        if (!grown) {
            return fb_arena_failed(look->work->arena, err);
        }
        for (size_t i = 0; i < lineage->count; i++) {
            grown[i] = lineage->systems[i];
        }
        lineage->systems = grown;
        look->system_cap = cap;
    }
    *out = lineage->count;
    lineage->systems[lineage->count++] = (struct fb_share_system){
        .id = root, .first = fb_registry_find(look->work->input->registry, root)};
    return fb_map_put(&look->by_id, root, (void *)(uintptr_t)lineage->count, err);
}

/* The parents that a record names, those for which there is room. */
static enum fb_code list_parents(
    struct look *look, struct fb_share_version *version, struct fb_err *err)
{
    const struct fb_json *body = version->record->body, *also = fb_json_get(body, "also_from");
    struct fb_str from = fb_json_get_str(body, "derived_from");
    size_t count = from.len > 0;
    for (const struct fb_json *id = also ? also->child : NULL; id; id = id->next) {
        count++;
    }
    version->parents = FB_ARENA_ARRAY(look->work->arena, size_t, count);
    enum fb_code code = version->parents ? FB_OK : fb_arena_failed(look->work->arena, err);
    const struct fb_json *id = also ? also->child : NULL;
    for (size_t i = 0, parent; code == FB_OK && i < count; i++) {
        code = join(look, i == 0 && from.len ? from : id->text, &parent, err);
        id = i == 0 && from.len ? id : id->next;
        if (code == FB_OK && parent != SIZE_MAX) {
            version->parents[version->parent_count++] = parent;
        }
    }
    return code;
}

static enum fb_code add_event(struct look *look, const struct event *event, struct fb_err *err)
{
    if (look->event_count == look->event_cap) {
        size_t cap = look->event_cap ? 2 * look->event_cap : 16;
        struct event *grown = FB_ARENA_ARRAY(look->work->arena, struct event, cap);
        if (!grown) {
            return fb_arena_failed(look->work->arena, err);
        }
        for (size_t i = 0; i < look->event_count; i++) {
            grown[i] = look->events[i];
        }
        look->events = grown;
        look->event_cap = cap;
    }
    look->events[look->event_count++] = *event;
    return FB_OK;
}

/* The stretches over which a record holds, as events. */
static enum fb_code add_events(struct look *look, struct event event, struct fb_err *err)
{
    const struct fb_record *record = event.version ? event.version->record : event.run;
    fb_time span[2], after = FB_TIME_MIN;
    enum fb_code code = FB_OK;
    event.seq = record->seq;
    for (; code == FB_OK && fb_work_span(look->work, record, after, span); after = span[1]) {
        for (int end = 0; code == FB_OK && end < 2; end++) {
            event.at = span[end];
            event.delta = end ? -1 : 1;
            code = add_event(look, &event, err);
        }
    }
    return code;
}

static enum fb_code add_version(
    struct look *look, size_t system, const struct fb_record *record, struct fb_err *err)
{
    static const double any_use[2] = {FB_COMPUTE_USE_LOW, FB_COMPUTE_USE_HIGH};
    const struct fb_model model = {.parameters = number_of(record, "parameters"),
        .active_parameters = number_of(record, "active_parameters"),
        .tokens = number_of(record, "training_tokens")};
    struct fb_training estimate = fb_training_estimate(&model, any_use);
    struct fb_share_version *version = FB_ARENA_NEW(look->work->arena, struct fb_share_version);
    const char *why;
    if (!version) {
        return fb_arena_failed(look->work->arena, err);
    }
    *version = (struct fb_share_version){.record = record,
        .developer = fb_work_root_id(look->work, fb_record_text(record, "developer")),
        .counts = fb_training_parent_counts(fb_record_text(record, "derivation"), &why),
        .declared = number_of(record, "training_compute_flop"),
        .model = {isfinite(estimate.model[0]) ? estimate.model[0] : 0, estimate.model[1]}};
    enum fb_code code = list_parents(look, version, err);
    return code ? code
                : add_events(look, (struct event){.system = system, .version = version}, err);
}

/* The versions of a system and, where it was made from others, its runs. */
static enum fb_code list_system(struct look *look, size_t system, struct fb_err *err)
{
    const struct fb_work *work = look->work;
    const struct fb_record *record = look->lineage.systems[system].first;
    size_t at = fb_picture_system(work->picture, look->lineage.systems[system].id);
    const struct fb_system_parts *parts = at == SIZE_MAX ? NULL : &work->parts[at];
    enum fb_code code = FB_OK;
    for (; code == FB_OK && record; record = fb_registry_successor(work->input->registry, record)) {
        code = add_version(look, system, record, err);
    }
    for (size_t i = 0; code == FB_OK && parts && parts->is_modified && i < parts->run_count; i++) {
        code = add_events(look, (struct event){.system = system, .run = parts->runs[i]}, err);
    }
    return code;
}

static int order_events(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    int order = (x->at > y->at) - (x->at < y->at);
    order = order ? order : x->delta - y->delta;
    return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

/* ---- over time ---- */

/* A run counts by its plan. What is at an end is no more than it said; whether it was as much is
 * not known of one that was stopped. */
static void take_run(struct fb_share_runs *runs, const struct fb_record *run, bool in)
{
    const char *why;
    enum fb_training_counts counts = fb_training_run_counts(fb_record_text(run, "purpose"), &why);
    struct fb_str state = fb_record_text(run, "state");
    bool is_finished = fb_str_is(state, "finished");
    bool is_said = fb_json_get(run->body, "planned_flop") != NULL;
    double plan = number_of(run, "planned_flop");
    if (counts == FB_TRAINING_COUNTS_NOT) {
        return;
    }
    size_t one = in ? 1 : (size_t)-1;
    runs->count += one;
    runs->unsaid += is_said ? 0 : one;
    runs->at_hand += is_finished || fb_str_is(state, "stopped") ? 0 : one;
    fb_exact_add(&runs->high, plan, in);
    fb_exact_add(&runs->low, is_finished && counts == FB_TRAINING_COUNTS ? plan : 0, in);
}

static void take_event(struct look *look, const struct event *event)
{
    struct fb_share_system *system = &look->lineage.systems[event->system];
    if (!event->version) {
        take_run(&system->runs, event->run, event->delta > 0);
    } else if (event->delta > 0) {
        system->holds = event->version;
    } else if (system->holds == event->version) {
        system->holds = NULL;
    }
}

static struct fb_value bound(double x)
{
    return isfinite(x) ? fb_value_float(x) : fb_value_none();
}

/* "at most 20% of the training compute of system/o" and what it is computed from. */
static struct fb_why *share_why(const struct look *look, const struct fb_share *share)
{
    struct fb_arena *arena = look->work->arena;
    struct fb_str of = share->original->id;
    const struct fb_record *record = look->holds->record;
    struct fb_why *why =
        isfinite(share->share.high)
            ? fb_why_new(arena,
                  "the modification used at most %.3g%% of the training compute of %.*s",
                  share->share.high * 100, FB_STR_ARG(of))
            : fb_why_new(arena,
                  "nothing bounds the part of the training compute of %.*s that the "
                  "modification used",
                  FB_STR_ARG(of));
    struct fb_why *flop =
        isfinite(share->flop.high)
            ? fb_why_new(arena, "the modification used %.3g to %.3g FLOP", share->flop.low,
                  share->flop.high)
            : fb_why_new(arena, "the modification used %.3g FLOP or more", share->flop.low);
    struct fb_why *original =
        share->original_flop.low > 0
            ? fb_why_new(
                  arena, "%.*s took %.3g FLOP or more", FB_STR_ARG(of), share->original_flop.low)
            : fb_why_new(arena, "what %.*s took is not known", FB_STR_ARG(of));
    if (!why || !flop || !original) {
        return NULL;
    }
    const struct fb_record *source = share->original_holds ? share->original_holds->record : NULL;
    fb_why_add(why, fb_why_on(flop, record->id, record->seq));
    fb_why_add(why, source ? fb_why_on(original, source->id, source->seq) : original);
    return why;
}

static enum fb_code add_share(
    struct look *look, const struct fb_share *share, fb_time until, struct fb_err *err)
{
    enum { COLUMNS = 14 };
    struct fb_work *work = look->work;
    const struct fb_record *record = look->holds->record;
    const fb_time span[2] = {look->since, until};
    struct fb_timed tuple = fb_work_fact(record, "share_of_original", span);
    struct fb_value *values = FB_ARENA_ARRAY(work->arena, struct fb_value, COLUMNS);
    tuple.why = share_why(look, share);
    FB_ASSERT(fb_policy_signature()->relations[tuple.relation].arity == COLUMNS);
    if (!values || !tuple.why) {
        return fb_arena_failed(work->arena, err);
    }
    values[0] = fb_value_str(look->lineage.systems[0].id);
    values[1] = values[0];
    values[2] = fb_value_str(record->issuer);
    values[3] = fb_value_time(record->at < record->admitted ? record->at : record->admitted);
    values[4] = fb_value_str(share->original->id);
    values[5] = fb_value_str(look->holds->developer);
    values[6] = fb_value_bool(share->own);
    values[7] = fb_value_str(fb_record_text(record, "derivation"));
    values[8] = fb_value_float(share->share.low);
    values[9] = bound(share->share.high);
    values[10] = fb_value_float(share->flop.low);
    values[11] = bound(share->flop.high);
    values[12] =
        share->original_flop.low > 0 ? fb_value_float(share->original_flop.low) : fb_value_none();
    values[13] = bound(share->original_flop.high);
    tuple.values = values;
    return fb_work_add(work, &tuple, err);
}

/* What was so far ends. */
static enum fb_code flush(struct look *look, fb_time until, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && look->since < until && i < look->share_count; i++) {
        code = add_share(look, &look->shares[i], until, err);
    }
    look->since = until;
    look->share_count = 0;
    return code;
}

static bool is_same(const struct fb_share_range *a, const struct fb_share_range *b)
{
    return a->low == b->low && a->high == b->high;
}

static bool are_same(const struct fb_share *a, const struct fb_share *b, size_t count)
{
    bool same = true;
    for (size_t i = 0; same && i < count; i++) {
        same = a[i].original == b[i].original && a[i].own == b[i].own &&
               a[i].original_holds == b[i].original_holds && is_same(&a[i].flop, &b[i].flop) &&
               is_same(&a[i].original_flop, &b[i].original_flop) &&
               is_same(&a[i].share, &b[i].share);
    }
    return same;
}

/* The figures from t on; what stays as it was goes on. */
static enum fb_code look_at(struct look *look, fb_time t, struct fb_err *err)
{
    const struct fb_share_version *holds = look->lineage.systems[0].holds;
    size_t count = holds ? fb_lineage_settle(&look->lineage) : 0;
    look->lineage.is_open = look->lineage.is_open || look->is_cut;
    struct fb_share *shares = FB_ARENA_ARRAY(look->work->arena, struct fb_share, count);
    if (!shares) {
        return fb_arena_failed(look->work->arena, err);
    }
    if (count) {
        fb_lineage_shares(&look->lineage, shares, count);
    }
    if (holds == look->holds && count == look->share_count &&
        are_same(shares, look->shares, count)) {
        return FB_OK;
    }
    enum fb_code code = flush(look, t, err);
    look->shares = shares;
    look->share_count = count;
    look->holds = holds;
    return code;
}

static enum fb_code run(struct look *look, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < look->lineage.count; i++) {
        code = list_system(look, i, err);
    }
    look->lineage.order = FB_ARENA_ARRAY(look->work->arena, size_t, look->lineage.count);
    if (code == FB_OK && !look->lineage.order) {
        code = fb_arena_failed(look->work->arena, err);
    }
    if (code == FB_OK && look->event_count) {
        qsort(look->events, look->event_count, sizeof(*look->events), order_events);
    }
    for (size_t i = 0; code == FB_OK && i < look->event_count;) {
        fb_time t = look->events[i].at;
        for (; i < look->event_count && look->events[i].at == t; i++) {
            take_event(look, &look->events[i]);
        }
        code = look_at(look, t, err);
    }
    return code ? code : flush(look, FB_TIME_MAX, err);
}

enum fb_code fb_work_shares(struct fb_work *work, size_t system, struct fb_err *err)
{
    FB_ASSERT(work && system < work->picture->system_count);
    if (!work->parts[system].is_modified) {
        return FB_OK;
    }
    struct look look = {.work = work, .since = FB_TIME_MIN};
    size_t self;
    fb_map_init(&look.by_id);
    enum fb_code code = join(&look, work->picture->systems[system].id, &self, err);
    code = code ? code : run(&look, err);
    fb_map_release(&look.by_id);
    return code;
}

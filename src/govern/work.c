#include "govern/resident.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "ledger/sha256.h"

enum { FIRST_FACTS = 256 };

size_t fb_work_threads(const struct fb_work *work)
{
    FB_ASSERT(work);
    /* The oracle and who makes or checks proofs do one thing after the other. */
    size_t threads = work->proving || work->input->naive ? 1 : work->input->threads;
    return threads < 1 ? 1 : threads > FB_WORKERS_MAX ? FB_WORKERS_MAX : threads;
}

/* A step on several threads, each with memory of its own. */
struct step {
    fb_work_part part;
    void *ctx;
    struct fb_arena *arenas[FB_WORKERS_MAX];
};

static enum fb_code run_part(void *ctx, size_t worker, size_t task, struct fb_err *err)
{
    const struct step *step = ctx;
    return step->part(step->ctx, step->arenas[worker], task, err);
}

enum fb_code fb_work_run_parts(
    struct fb_work *work, size_t count, fb_work_part part, void *ctx, struct fb_err *err)
{
    FB_ASSERT(work && part);
    /* Apart, so that threads do not write to one line of the cache. */
    struct {
        struct fb_arena arena;
        char apart[128];
    } own[FB_WORKERS_MAX];
    size_t threads = fb_work_threads(work);
    threads = threads < count ? threads : count ? count : 1;
    struct step step = {.part = part, .ctx = ctx};
    for (size_t i = 0; i < threads; i++) {
        fb_arena_init(&own[i].arena, work->arena->max);
        step.arenas[i] = threads == 1 ? work->arena : &own[i].arena;
    }
    enum fb_code code = fb_workers_run(threads, count, run_part, &step, err);
    for (size_t i = 0; i < threads; i++) {
        fb_arena_adopt(work->arena, &own[i].arena);
    }
    return code;
}

const struct fb_record *fb_work_root(const struct fb_work *work, const struct fb_record *record)
{
    FB_ASSERT(work && record);
    return fb_registry_root(work->input->registry, record);
}

const struct fb_record *fb_work_head(const struct fb_work *work, const struct fb_record *record)
{
    FB_ASSERT(work && record);
    const struct fb_registry *registry = work->input->registry;
    const struct fb_record *head = fb_registry_last(registry, record);
    if (fb_registry_disowned(registry, head) == FB_TIME_MAX) {
        return head;
    }
    head = record;
    while ((record = fb_registry_successor(registry, record)) != NULL) {
        FB_ASSERT(record->seq > head->seq);
        head = fb_registry_disowned(registry, record) == FB_TIME_MAX ? record : head;
    }
    return head;
}

struct fb_str fb_work_subject(const struct fb_work *work, const struct fb_record *record)
{
    FB_ASSERT(work && record);
    return fb_registry_subject(work->input->registry, record);
}

struct fb_str fb_work_root_id(const struct fb_work *work, struct fb_str id)
{
    const struct fb_record *record = fb_registry_find(work->input->registry, id);
    return record ? fb_work_root(work, record)->id : id;
}

bool fb_work_span(
    const struct fb_work *work, const struct fb_record *record, fb_time after, fb_time out[2])
{
    FB_ASSERT(work && record && out);
    const struct fb_registry *registry = work->input->registry;
    fb_time from = record->admitted > after ? record->admitted : after;
    for (bool moved = true; moved;) { /* past the corrections that counted then */
        moved = false;
        const struct fb_record *newer = record;
        while (from < FB_TIME_MAX && (newer = fb_registry_successor(registry, newer)) &&
               newer->admitted <= from) {
            fb_time disowned = fb_registry_disowned(registry, newer);
            moved = moved || disowned > from;
            from = disowned > from ? disowned : from;
        }
    }
    fb_time until = fb_registry_disowned(registry, record);
    /* The first that is later ends it: admissions never fall along a chain. */
    const struct fb_record *newer = record;
    while (from < until && (newer = fb_registry_successor(registry, newer)) != NULL) {
        if (newer->admitted > from) {
            until = newer->admitted < until ? newer->admitted : until;
            break;
        }
    }
    out[0] = from;
    out[1] = until;
    return from < until;
}

fb_time fb_work_superseded(const struct fb_work *work, const struct fb_record *record)
{
    fb_time span[2], until = record->admitted;
    for (fb_time after = FB_TIME_MIN; fb_work_span(work, record, after, span); after = until) {
        until = span[1];
    }
    return until;
}

static struct fb_value value_of(const struct fb_record *record, const char *field)
{
    int at = fb_kind_field(record->kind, fb_str_of(field));
    FB_ASSERT(at >= 0);
    return fb_record_value(record, (size_t)at);
}

int64_t fb_work_int(const struct fb_record *record, const char *field, int64_t otherwise)
{
    struct fb_value value = value_of(record, field);
    return value.type == FB_TYPE_INT ? value.u.integer : otherwise;
}

fb_time fb_work_time(const struct fb_record *record, const char *field, fb_time otherwise)
{
    struct fb_value value = value_of(record, field);
    return value.type == FB_TYPE_TIME ? value.u.time : otherwise;
}

struct fb_why *fb_work_erased(const struct fb_work *work, struct fb_str digest)
{
    for (size_t i = 0; digest.len && i < work->erasure_count; i++) {
        const struct fb_record *erasure = work->erasures[i];
        if (fb_str_eq(fb_record_text(erasure, "digest"), digest) &&
            fb_registry_disowned(work->input->registry, erasure) > work->input->now) {
            struct fb_why *why = fb_why_new(work->arena, "source erased by %.*s: %.*s",
                FB_STR_ARG(erasure->issuer), FB_STR_ARG(fb_record_text(erasure, "reason")));
            return fb_why_on(why, erasure->id, erasure->seq);
        }
    }
    return NULL;
}

struct fb_timed fb_work_fact(
    const struct fb_record *record, const char *relation, const fb_time span[2])
{
    int number = fb_policy_relation(relation);
    FB_ASSERT(record && number >= 0 && span[0] < span[1]);
    return (struct fb_timed){.relation = (uint32_t)number,
        .from = span[0],
        .until = span[1],
        .seq = record->seq,
        .record_id = record->id};
}

/* A longer array with what the old one held; NULL when memory ran out. */
static void *grow(struct fb_work *work, const void *old, size_t count, size_t cap, size_t element)
{
    void *grown = fb_arena_array(work->arena, cap, element);
    if (grown && count) {
        memcpy(grown, old, count * element);
    }
    return grown;
}

/* Room for `more` tuples. */
static bool timed_room(struct fb_work *work, size_t more)
{
    if (work->timed_cap - work->timed_count >= more) {
        return true;
    }
    size_t cap = 2 * work->timed_cap + more + FIRST_FACTS;
    struct fb_timed *grown =
        grow(work, work->timed, work->timed_count, cap, sizeof(struct fb_timed));
    work->timed = grown ? grown : work->timed;
    work->timed_cap = grown ? cap : work->timed_cap;
    return grown != NULL;
}

/* Room for `more` times. */
static bool time_room(struct fb_work *work, size_t more)
{
    if (work->time_cap - work->time_count >= more) {
        return true;
    }
    size_t cap = 2 * work->time_cap + more + FIRST_FACTS;
    fb_time *grown = grow(work, work->times, work->time_count, cap, sizeof(fb_time));
    work->times = grown ? grown : work->times;
    work->time_cap = grown ? cap : work->time_cap;
    return grown != NULL;
}

enum fb_code fb_work_add(struct fb_work *work, const struct fb_timed *tuple, struct fb_err *err)
{
    FB_ASSERT(tuple->values && tuple->relation < fb_policy_signature()->count);
    for (size_t i = 0; i < fb_policy_signature()->relations[tuple->relation].arity; i++) {
        fb_value_note(&tuple->values[i]);
    }
    if (!timed_room(work, 1)) {
        return fb_arena_failed(work->arena, err);
    }
    work->timed[work->timed_count++] = *tuple;
    enum fb_code code = fb_work_add_time(work, tuple->from, err);
    return code == FB_OK ? fb_work_add_time(work, tuple->until, err) : code;
}

enum fb_code fb_work_add_time(struct fb_work *work, fb_time t, struct fb_err *err)
{
    if (t > work->input->now || t == FB_TIME_MIN) {
        return FB_OK;
    }
    if (!time_room(work, 1)) {
        return fb_arena_failed(work->arena, err);
    }
    work->times[work->time_count++] = t;
    return FB_OK;
}

enum fb_code fb_work_join(struct fb_work *work, const struct fb_work *part, struct fb_err *err)
{
    FB_ASSERT(work && part && work != part);
    if (!timed_room(work, part->timed_count) || !time_room(work, part->time_count)) {
        return fb_arena_failed(work->arena, err);
    }
    if (part->timed_count) {
        memcpy(
            work->timed + work->timed_count, part->timed, part->timed_count * sizeof(*part->timed));
    }
    if (part->time_count) {
        memcpy(
            work->times + work->time_count, part->times, part->time_count * sizeof(*part->times));
    }
    work->timed_count += part->timed_count;
    work->time_count += part->time_count;
    return FB_OK;
}

static int order_times(const void *a, const void *b)
{
    fb_time x = *(const fb_time *)a, y = *(const fb_time *)b;
    return x < y ? -1 : x > y;
}

void fb_work_sort_times(struct fb_work *work)
{
    FB_ASSERT(work);
    if (work->time_count == 0) {
        return;
    }
    qsort(work->times, work->time_count, sizeof(*work->times), order_times);
    size_t kept = 1;
    for (size_t i = 1; i < work->time_count; i++) {
        if (work->times[i] != work->times[kept - 1]) {
            work->times[kept++] = work->times[i];
        }
    }
    work->time_count = kept;
}

/* The first time-point at or after t; time_count when there is none. */
static size_t time_point(const struct fb_work *work, fb_time t)
{
    size_t low = 0, high = work->time_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (work->times[middle] < t) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t fb_work_time_point(const struct fb_work *work, fb_time t)
{
    FB_ASSERT(work);
    const struct fb_trace *trace = &work->trace;
    size_t low = 0, high = trace->time_count;
    if (trace->by_time) {
        size_t tp = fb_tp_of_time(t);
        return tp < trace->time_count ? tp : trace->time_count;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trace->times[middle] < t) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < trace->time_count && trace->times[low] == t ? low : trace->time_count;
}

static int order_tuples(const void *a, const void *b)
{
    const struct fb_tuple *x = a, *y = b;
    if (x->relation != y->relation) {
        return x->relation < y->relation ? -1 : 1;
    }
    if (x->from != y->from) {
        return x->from < y->from ? -1 : 1;
    }
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

enum fb_code fb_work_trace(struct fb_work *work, struct fb_err *err)
{
    fb_work_sort_times(work);
    struct fb_trace *trace = &work->trace;
    struct fb_tuple *tuples =
        FB_ARENA_ARRAY(work->arena, struct fb_tuple, work->timed_count ? work->timed_count : 1);
    if (!tuples) {
        return fb_arena_failed(work->arena, err);
    }
    size_t count = 0;
    for (size_t i = 0; i < work->timed_count; i++) {
        const struct fb_timed *timed = &work->timed[i];
        size_t from = time_point(work, timed->from);
        size_t until = timed->until == FB_TIME_MAX ? FB_TP_MAX : time_point(work, timed->until);
        if (from >= work->time_count || from >= until) {
            continue;
        }
        tuples[count++] = (struct fb_tuple){.relation = timed->relation,
            .from = from,
            .until = until >= work->time_count ? FB_TP_MAX : until,
            .values = timed->values,
            .seq = timed->seq,
            .record_id = timed->record_id,
            .why = timed->why,
            .correction = timed->correction};
    }
    qsort(tuples, count, sizeof(*tuples), order_tuples);
    *trace = (struct fb_trace){.signature = fb_policy_signature(),
        .times = work->times,
        .time_count = work->time_count,
        .tuples = tuples,
        .tuple_count = count};
    return FB_OK;
}

enum fb_code fb_work_reach(struct fb_work *work, struct fb_err *err)
{
    FB_ASSERT(work);
    if (work->resident) {
        return fb_resident_reach(work, err);
    }
    enum fb_code code = fb_work_trace(work, err);
    return code ? code : fb_access_new(&work->trace, work->arena, &work->access, err);
}

void fb_work_handle(struct fb_str id, char out[FB_HANDLE_TEXT])
{
    uint8_t digest[FB_SHA256_SIZE];
    fb_sha256_of(id, digest);
    fb_hex_encode(digest, (FB_HANDLE_TEXT - 1) / 2, out);
}

struct fb_why *fb_work_why_copy(struct fb_work *work, const struct fb_why *why)
{
    if (!why) {
        return NULL;
    }
    struct fb_why *copy = FB_ARENA_NEW(work->arena, struct fb_why);
    if (copy) {
        *copy = *why;
        copy->next = NULL;
    }
    return copy;
}

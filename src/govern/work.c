#include "govern/resident.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "ledger/sha256.h"

size_t fb_work_threads(const struct fb_work *work)
{
    FB_ASSERT(work);
    /* The oracle and who makes or checks proofs do one thing after the other, and so does what
     * keeps walks from one evaluation to the next. */
    bool alone = work->proving || work->input->naive || work->resident;
    size_t threads = alone ? 1 : work->input->threads;
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

#include "govern/excerpt.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "govern/excerpt_private.h"
#include "lang/lang.h"
#include "record/terms.h"

#define MEMORY_MAX ((size_t)64 << 30)

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* What everything may rest on. */
static enum fb_code take_common(struct fb_excerpt *e, struct fb_err *err)
{
    static const enum fb_kind kinds[] = {
        FB_KIND_policy, FB_KIND_progress, FB_KIND_order, FB_KIND_erasure};
    /* The first party and its key; and the last record, since records move time. */
    const uint64_t ends[] = {0, 1, e->size - 1};
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < sizeof(ends) / sizeof(ends[0]); i++) {
        code = fb_excerpt_take(e, ends[i], err);
    }
    for (size_t i = 0; code == FB_OK && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        code = fb_excerpt_take_term(e, fb_term_kind(kinds[i]), err);
    }
    code = code ? code
                : fb_excerpt_take_term(
                      e, fb_term_field(FB_KIND_party, FB_STR("role"), FB_STR("regulator")), err);
    return code ? code : fb_excerpt_take_term(e, fb_term_revocations(), err);
}

/* When keys were said to be revoked. */
static enum fb_code list_revocations(struct fb_excerpt *e, struct fb_err *err)
{
    struct fb_numbers found = {.items = NULL};
    enum fb_code code = fb_excerpt_find(e, fb_term_revocations(), &found, err);
    e->revocations = FB_ARENA_ARRAY(&e->arena, fb_time, found.count);
    if (code == FB_OK && !e->revocations) {
        code = fb_arena_failed(&e->arena, err);
    }
    for (size_t i = 0; code == FB_OK && found.count && i < e->count; i++) {
        uint64_t *there =
            bsearch(&e->items[i]->seq, found.items, found.count, sizeof(*found.items), by_number);
        if (there) {
            FB_ASSERT(e->revocation_count < found.count);
            e->revocations[e->revocation_count++] = e->items[i]->prepared.record.admitted;
        }
    }
    fb_numbers_release(&found);
    return code;
}

static enum fb_code look_elsewhere(struct fb_excerpt *e, struct fb_err *err)
{
    size_t relations = fb_policy_signature()->count;
    bool corrections = false;
    e->elsewhere = FB_ARENA_ARRAY(&e->arena, bool, relations);
    enum fb_code code = e->elsewhere ? fb_excerpt_any(e, fb_term_corrections(), &corrections, err)
                                     : fb_arena_failed(&e->arena, err);
    for (size_t r = 0; code == FB_OK && r < relations; r++) {
        enum fb_kind kinds[2];
        size_t count = fb_excerpt_kinds((uint32_t)r, kinds);
        for (size_t k = 0; code == FB_OK && k < count && !e->elsewhere[r]; k++) {
            code = fb_excerpt_any(e, fb_term_kind(kinds[k]), &e->elsewhere[r], err);
        }
    }
    e->corrects = corrections; /* receipts are decisions */
    static const enum fb_kind others[] = {FB_KIND_review, FB_KIND_decision};
    for (size_t i = 0; code == FB_OK && i < 2 && !e->corrects; i++) {
        code = fb_excerpt_any(e, fb_term_kind(others[i]), &e->corrects, err);
    }
    e->watch = (struct fb_access_watch){.asked = fb_excerpt_tell_asked,
        .asked_corrections = corrections ? fb_excerpt_tell_corrections : NULL,
        .ctx = e,
        .elsewhere = e->elsewhere};
    return code;
}

enum fb_code fb_excerpt_check(struct fb_excerpt *e, struct fb_err *err)
{
    FB_ASSERT(e && e->marks);
    enum fb_code code = e->is_checked ? FB_OK : fb_marks_check(e->marks, err);
    e->is_checked = code == FB_OK;
    return code;
}

/* Leaves what was admitted at an instant or later. Whether a blob is there is not asked of what was
 * known then. */
static enum fb_code cut(struct fb_excerpt *e, fb_time before, struct fb_err *err)
{
    struct fb_numbers erasures = {.items = NULL};
    uint64_t size = e->size;
    enum fb_code code = fb_excerpt_find(e, fb_term_kind(FB_KIND_erasure), &erasures, err);
    code = code ? code : fb_ledger_size_before(e->docket->ledger, before, &size, err);
    if (code == FB_OK && erasures.count && erasures.items[erasures.count - 1] >= size) {
        code = fb_err_set(err, FB_E_UNSUPPORTED, "a blob was erased since");
    }
    e->size = code == FB_OK && size < e->size ? size : e->size;
    fb_numbers_release(&erasures);
    return code;
}

enum fb_code fb_excerpt_new(struct fb_docket *docket, const struct fb_excerpt_of *of,
    struct fb_excerpt **out, struct fb_err *err)
{
    FB_ASSERT(docket && of && out);
    struct fb_excerpt *e = fb_calloc(1, sizeof(*e));
    if (!e) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    e->docket = docket;
    fb_arena_init(&e->arena, MEMORY_MAX);
    fb_map_init(&e->ids);
    fb_map_init(&e->offered);
    enum fb_code code = fb_docket_index_open(docket, &e->marks, &e->indexed, err);
    if (code == FB_OK && of->check) {
        code = fb_excerpt_check(e, err);
    }
    code = code ? code : fb_ledger_size(docket->ledger, &e->size, err);
    if (code == FB_OK && e->size < e->indexed) {
        code = fb_err_set(err, FB_E_NOT_FOUND, "the ledger has changed");
    }
    code = code ? code : fb_excerpt_read_tail(e, err);
    if (code == FB_OK && of->before != FB_TIME_MAX) {
        code = cut(e, of->before, err);
    }
    if (code == FB_OK && e->size < 2) {
        code = fb_err_set(err, FB_E_NOT_FOUND, "there is no more than the first party");
    }
    code = code ? code : take_common(e, err);
    code = code ? code : list_revocations(e, err);
    code = code ? code : look_elsewhere(e, err);
    if (code != FB_OK) {
        fb_excerpt_free(e);
        return code;
    }
    *out = e;
    return FB_OK;
}

void fb_excerpt_free(struct fb_excerpt *e)
{
    if (!e) {
        return;
    }
    fb_marks_close(e->marks);
    fb_map_release(&e->ids);
    fb_map_release(&e->offered);
    fb_free(e->seqs.slots);
    fb_free(e->terms.slots);
    fb_free(e->asks.slots);
    fb_arena_release(&e->arena);
    fb_free(e);
}

bool fb_excerpt_corrects(const struct fb_excerpt *e)
{
    FB_ASSERT(e);
    return e->corrects;
}

/* The record of a system, by its whole id; *out NULL: there is none. */
static enum fb_code take_system(
    struct fb_excerpt *e, struct fb_str id, const struct fb_record **out, struct fb_err *err)
{
    enum fb_code code = fb_excerpt_take_term(e, fb_term_id(id), err);
    const struct fb_excerpt_item *item = code ? NULL : fb_excerpt_item(e, id);
    bool is_one = item && item->prepared.record.kind == FB_KIND_system;
    *out = is_one ? &item->prepared.record : NULL;
    return code;
}

enum fb_code fb_excerpt_system(struct fb_excerpt *e, struct fb_str name, struct fb_err *err)
{
    FB_ASSERT(e);
    const struct fb_record *system = NULL;
    enum fb_code code = take_system(e, name, &system, err);
    if (code == FB_OK && !system) {
        struct fb_str id = fb_arena_printf(&e->arena, "system/%.*s", FB_STR_ARG(name));
        code = id.ptr ? take_system(e, id, &system, err) : fb_arena_failed(&e->arena, err);
    }
    for (int kind = FB_KIND_NONE + 1; code == FB_OK && system && kind < FB_KIND_END; kind++) {
        if (fb_kind_subject((enum fb_kind)kind) != FB_SUBJECT_NONE) {
            code = fb_excerpt_want(e, (enum fb_kind)kind, "subject", system->id, err);
        }
    }
    return code;
}

enum fb_code fb_excerpt_need(struct fb_excerpt *e, enum fb_kind kind, const char *field,
    struct fb_str value, struct fb_err *err)
{
    FB_ASSERT(e && fb_term_has(kind, fb_str_of(field), NULL));
    struct fb_str own;
    enum fb_code code = fb_arena_str(&e->arena, value, &own, err);
    /* Where it names a record, that one has a chain. */
    code = code ? code : fb_excerpt_take_term(e, fb_term_id(own), err);
    return code ? code : fb_excerpt_want(e, kind, field, own, err);
}

/* The evaluations of the system of what is reviewed: who made one is a side. */
static enum fb_code need_sides(
    struct fb_excerpt *e, const struct fb_record *review, struct fb_err *err)
{
    struct fb_str about = fb_record_text(review, "about");
    enum fb_code code = fb_excerpt_take_term(e, fb_term_id(about), err);
    const struct fb_record *reviewed = code ? NULL : fb_excerpt_record(e, about);
    return reviewed && reviewed->subject.len
               ? fb_excerpt_need(e, FB_KIND_evaluation, "subject", reviewed->subject, err)
               : code;
}

/* What comes later may name it. */
static enum fb_code keep_offered(
    struct fb_excerpt *e, const struct fb_record *record, struct fb_err *err)
{
    if (fb_map_get(&e->offered, record->id)) {
        return FB_OK; /* it was offered before; of two with one id admission refuses the second */
    }
    struct fb_record *kept = FB_ARENA_NEW(&e->arena, struct fb_record);
    if (!kept) {
        return fb_arena_failed(&e->arena, err);
    }
    *kept = *record;
    return fb_map_put(&e->offered, kept->id, kept, err);
}

enum fb_code fb_excerpt_offer(
    struct fb_excerpt *e, const struct fb_entry *entry, struct fb_err *err)
{
    FB_ASSERT(e && entry);
    struct fb_prepared prepared;
    fb_registry_prepare(entry, false, &e->arena, &e->arena, &prepared);
    if (!prepared.is_ready) {
        return FB_OK; /* admission says what is wrong with it */
    }
    const struct fb_record *record = &prepared.record;
    enum fb_code code = keep_offered(e, record, err);
    code = code ? code : fb_excerpt_take_term(e, fb_term_id(record->id), err);
    code = code ? code : fb_excerpt_follow(e, &prepared, err);
    if (code == FB_OK && record->kind == FB_KIND_key) {
        code = fb_excerpt_need(
            e, FB_KIND_key, "fingerprint", fb_record_text(record, "fingerprint"), err);
    } else if (code == FB_OK && record->kind == FB_KIND_review) {
        code = need_sides(e, record, err);
    }
    return code;
}

static int by_seq(const void *a, const void *b)
{
    const struct fb_excerpt_item *const *x = a, *const *y = b;
    return ((*x)->seq > (*y)->seq) - ((*x)->seq < (*y)->seq);
}

enum fb_code fb_excerpt_registry(struct fb_excerpt *e, struct fb_registry **out, struct fb_err *err)
{
    FB_ASSERT(e && out && e->followed == e->count);
    struct fb_registry *registry = NULL;
    struct fb_excerpt_item **sorted = fb_calloc(e->count, sizeof(struct fb_excerpt_item *));
    enum fb_code code = sorted ? fb_docket_registry_new(e->docket->ledger, &registry, err)
                               : fb_err_set(err, FB_E_NOMEM, "memory ran out");
    if (code == FB_OK) {
        memcpy(sorted, e->items, e->count * sizeof(struct fb_excerpt_item *));
        qsort(sorted, e->count, sizeof(struct fb_excerpt_item *), by_seq);
        fb_registry_excerpt(registry, fb_excerpt_tell_missed, e);
    }
    for (size_t i = 0; code == FB_OK && i < e->count; i++) {
        code = fb_registry_load(registry, sorted[i]->seq, &sorted[i]->prepared, err);
    }
    fb_free(sorted);
    if (code != FB_OK) {
        fb_registry_free(registry);
        return code;
    }
    FB_ASSERT(fb_registry_size(registry) == e->size);
    e->shown = e->count;
    *out = registry;
    return FB_OK;
}

const struct fb_access_watch *fb_excerpt_watch(const struct fb_excerpt *e)
{
    FB_ASSERT(e);
    return &e->watch;
}

void fb_excerpt_close_index(struct fb_excerpt *e)
{
    FB_ASSERT(e);
    fb_marks_close(e->marks);
    e->marks = NULL;
}

size_t fb_excerpt_count(const struct fb_excerpt *e)
{
    FB_ASSERT(e);
    return e->count;
}

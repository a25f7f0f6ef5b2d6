#include "record/registry.h"

#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "record/admit.h"

/* Memory of all records; far above what FB_REGISTRY_RECORDS_MAX of usual size need. */
#define REGISTRY_BYTES_MAX ((size_t)64 << 30)

/* Memory of one record while it is checked. */
enum { SCRATCH_BYTES_MAX = 16 << 20 };

enum fb_code fb_registry_new(struct fb_registry **out, struct fb_err *err)
{
    FB_ASSERT(out);
    struct fb_registry *registry = fb_calloc(1, sizeof(*registry));
    if (!registry) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    fb_arena_init(&registry->arena, REGISTRY_BYTES_MAX);
    fb_map_init(&registry->ids);
    fb_map_init(&registry->wires);
    registry->max = FB_REGISTRY_RECORDS_MAX;
    *out = registry;
    return FB_OK;
}

void fb_registry_free(struct fb_registry *registry)
{
    if (!registry) {
        return;
    }
    fb_map_release(&registry->ids);
    fb_map_release(&registry->wires);
    fb_free(registry->items);
    fb_arena_release(&registry->arena);
    fb_free(registry);
}

enum fb_code fb_registry_origin(
    struct fb_registry *registry, struct fb_str origin, struct fb_err *err)
{
    FB_ASSERT(registry);
    return fb_arena_str(&registry->arena, origin, &registry->origin, err);
}

void fb_registry_limit(struct fb_registry *registry, size_t max)
{
    FB_ASSERT(registry && max <= FB_REGISTRY_RECORDS_MAX);
    registry->max = max;
}

struct fb_registry_item *fb_registry_item(const struct fb_registry *registry, struct fb_str id)
{
    FB_ASSERT(registry);
    struct fb_registry_item *item = fb_map_get(&registry->ids, id);
    if (item && item->live) {
        return item;
    }
    if (registry->missed) {
        registry->missed(registry->missed_ctx, id);
    }
    return NULL;
}

/* The item of a record, mostly one of the registry's own. */
static struct fb_registry_item *item_of(
    const struct fb_registry *registry, const struct fb_record *record)
{
    FB_ASSERT(registry && record);
    if (record->seq < registry->count && &registry->items[record->seq]->record == record) {
        return registry->items[record->seq];
    }
    return fb_registry_item(registry, record->id);
}

struct fb_registry_item *fb_registry_key(const struct fb_registry *registry, struct fb_str wire)
{
    FB_ASSERT(registry);
    struct fb_registry_item *item = fb_map_get(&registry->wires, wire);
    while (item && !item->live) {
        item = item->before;
    }
    return item;
}

static enum fb_code check_room(const struct fb_registry *registry, struct fb_err *err)
{
    uint64_t full = registry->missed ? registry->size : registry->count;
    if (full < registry->max) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_LIMIT, "the ledger has %zu records; no more are allowed", registry->max);
    return fb_err_hint(err, "Begin a new ledger.");
}

/* The record of an entry: the one that was prepared, or read into an arena. */
static enum fb_code read_record(const struct fb_prepared *prepared, struct fb_arena *arena,
    struct fb_record *out, struct fb_err *err)
{
    if (prepared->is_ready) {
        *out = prepared->record;
        return FB_OK;
    }
    return fb_record_parse(prepared->entry.statement, NULL, arena, out, err);
}

/* The keys of an entry, where they were read, and verified if that is asked. */
static const struct fb_sshkey *keys_of(const struct fb_prepared *prepared, bool verify)
{
    return prepared->is_ready && (prepared->is_verified || !verify) ? prepared->keys : NULL;
}

/* Checks an entry, all of it; its record, which becomes that of the admission, is made in scratch.
 */
static enum fb_code check(struct fb_admission *admission, const struct fb_prepared *prepared,
    struct fb_arena *scratch, struct fb_record *record, struct fb_err *err)
{
    admission->entry = &prepared->entry;
    admission->record = record;
    admission->keys = keys_of(prepared, true);
    admission->verify = true;
    enum fb_code code = check_room(admission->registry, err);
    if (code == FB_OK) {
        code = read_record(prepared, scratch, record, err);
    }
    return code == FB_OK ? fb_admission_check(admission, err) : code;
}

static enum fb_code check_alone(
    struct fb_admission *admission, const struct fb_entry *entry, struct fb_err *err)
{
    struct fb_arena scratch;
    struct fb_record record;
    const struct fb_prepared alone = {.entry = *entry};
    fb_arena_init(&scratch, SCRATCH_BYTES_MAX);
    enum fb_code code = check(admission, &alone, &scratch, &record, err);
    fb_arena_release(&scratch);
    return code;
}

enum fb_code fb_registry_check(
    struct fb_registry *registry, const struct fb_entry *entry, struct fb_err *err)
{
    FB_ASSERT(registry && entry);
    struct fb_admission admission = {.registry = registry};
    return check_alone(&admission, entry, err);
}

enum fb_code fb_registry_foresee(
    struct fb_registry *registry, const struct fb_entry *entry, struct fb_err *err)
{
    FB_ASSERT(registry && entry);
    struct fb_admission admission = {.registry = registry, .unfinished = true};
    return check_alone(&admission, entry, err);
}

bool fb_registry_keeps(const struct fb_registry *registry, enum fb_kind kind)
{
    FB_ASSERT(registry);
    return !registry->lean || kind == FB_KIND_party || kind == FB_KIND_key ||
           kind == FB_KIND_system || kind == FB_KIND_grant || kind == FB_KIND_licence ||
           kind == FB_KIND_order || kind == FB_KIND_erasure;
}

void fb_registry_excerpt(struct fb_registry *registry, fb_registry_missed missed, void *ctx)
{
    FB_ASSERT(registry && registry->size == 0 && missed);
    registry->missed = missed;
    registry->missed_ctx = ctx;
}

void fb_registry_ends(struct fb_registry *registry, uint64_t size)
{
    FB_ASSERT(registry && registry->missed && size >= registry->size);
    registry->size = size;
}

void fb_registry_lean(struct fb_registry *registry)
{
    FB_ASSERT(registry && registry->size == 0);
    registry->lean = true;
}

static enum fb_code grow(struct fb_registry *registry, struct fb_err *err)
{
    if (registry->count < registry->cap) {
        return FB_OK;
    }
    size_t cap = registry->cap ? registry->cap * 2 : 64;
    struct fb_registry_item **items =
        fb_realloc(registry->items, cap * sizeof(struct fb_registry_item *));
    if (!items) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    registry->items = items;
    registry->cap = cap;
    return FB_OK;
}

/* The fingerprint of the first key that signed: as its own record writes it, or of the key that
 * the second record of the ledger will declare. */
static enum fb_code keep_signer(struct fb_registry *registry, const struct fb_admission *a,
    struct fb_str *out, struct fb_err *err)
{
    char fingerprint[FB_SSHKEY_FINGERPRINT];
    if (a->signers[0]) {
        *out = fb_record_text(&a->signers[0]->record, "fingerprint");
        return FB_OK;
    }
    fb_sshkey_fingerprint(&a->signer, fingerprint);
    return fb_arena_str(&registry->arena, fb_str_of(fingerprint), out, err);
}

/* Copies what the item keeps of the keys: the signer's fingerprint, the records of the keys that
 * signed, and for a key its wire form. */
static enum fb_code keep_keys(struct fb_registry *registry, const struct fb_admission *a,
    struct fb_registry_item *item, struct fb_err *err)
{
    enum fb_code code = keep_signer(registry, a, &item->record.signer, err);
    if (code == FB_OK && item->record.kind == FB_KIND_key) {
        struct fb_str wire = {(const char *)a->declared.wire, a->declared.wire_len};
        code = fb_arena_str(&registry->arena, wire, &item->wire, err);
    }
    if (code == FB_OK) {
        size_t count = a->entry->signature_count;
        item->signers = FB_ARENA_ARRAY(&registry->arena, struct fb_registry_item *, count);
        code = item->signers ? FB_OK : fb_arena_failed(&registry->arena, err);
        for (size_t i = 0; code == FB_OK && i < count; i++) {
            item->signers[i] = a->signers[i];
        }
        item->signer_count = code == FB_OK ? count : 0;
    }
    if (code == FB_OK && registry->count == 0) {
        struct fb_str wire = {(const char *)a->signer.wire, a->signer.wire_len};
        code = fb_arena_str(&registry->arena, wire, &registry->first, err);
    }
    return code;
}

/* Puts the item into the maps. It is not live yet: when the second map fails, the first has an item
 * that nobody sees, and a later addition of the same id replaces it. */
static enum fb_code put_item(
    struct fb_registry *registry, struct fb_registry_item *item, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    if (item->record.kind == FB_KIND_key) {
        item->before = fb_registry_key(registry, item->wire);
        code = fb_map_put(&registry->wires, item->wire, item, err);
    }
    return code == FB_OK ? fb_map_put(&registry->ids, item->record.id, item, err) : code;
}

/* An order learns what released it. */
static void link_release(struct fb_registry *registry, struct fb_registry_item *item)
{
    struct fb_str released = fb_record_text(&item->record, "releases");
    if (item->record.kind == FB_KIND_order && released.len && !item->older) {
        struct fb_registry_item *order = fb_registry_item(registry, released);
        FB_ASSERT(order);
        order->root->released = item;
    }
}

/* It becomes the last of its kind. */
static void link_kind(struct fb_registry *registry, struct fb_registry_item *item)
{
    enum fb_kind kind = item->record.kind;
    FB_ASSERT(kind > FB_KIND_NONE && kind < FB_KIND_END);
    if (registry->last_of[kind]) {
        registry->last_of[kind]->next = item;
    } else {
        registry->first_of[kind] = item;
    }
    registry->last_of[kind] = item;
    registry->count_of[kind]++;
}

/* Adds what trusts its source: a ledger, or, when assumed, who made it up. */
static enum fb_code load(struct fb_registry *registry, uint64_t seq,
    const struct fb_prepared *prepared, struct fb_admission admission, struct fb_err *err)
{
    struct fb_registry_item *item = NULL;
    const struct fb_entry *entry = &prepared->entry;
    bool assumed = admission.assumed;
    admission.registry = registry;
    admission.entry = entry;
    admission.keys = keys_of(prepared, admission.verify);
    enum fb_code code = check_room(registry, err);
    code = code ? code : grow(registry, err);
    if (code == FB_OK) {
        item = FB_ARENA_NEW(&registry->arena, struct fb_registry_item);
        code = item ? FB_OK : fb_arena_failed(&registry->arena, err);
    }
    if (code == FB_OK) {
        code = read_record(prepared, &registry->arena, &item->record, err);
    }
    if (code == FB_OK && assumed && item->record.kind == FB_KIND_key) {
        code = fb_err_set(err, FB_E_UNSUPPORTED, "a key cannot be assumed");
    }
    if (code == FB_OK) {
        admission.record = &item->record;
        code = fb_admission_check(&admission, err);
    }
    if (code == FB_OK && !assumed) {
        code = keep_keys(registry, &admission, item, err);
    }
    if (code == FB_OK) {
        code = put_item(registry, item, err);
    }
    if (code != FB_OK) {
        return code;
    }
    item->record.seq = seq;
    item->record.admitted = entry->admitted;
    item->disowned = FB_TIME_MAX;
    item->older = admission.older ? fb_registry_item(registry, admission.older->record.id) : NULL;
    item->holder =
        admission.holder ? fb_registry_item(registry, admission.holder->record.id) : NULL;
    item->root = item->older ? item->older->root : item;
    item->root->head = item;
    const struct fb_registry_item *subject =
        item->record.subject.len ? fb_registry_item(registry, item->record.subject) : NULL;
    item->subject = subject ? subject->root : NULL;
    if (item->older) {
        item->older->successor = item;
    }
    item->root->revokes = item->root->revokes || fb_registry_key_revokes(&item->record);
    item->late = item->record.kind == FB_KIND_key && fb_registry_key_is_late(item);
    item->live = true;
    registry->items[registry->count++] = item;
    link_kind(registry, item);
    registry->has_regulator = registry->has_regulator ||
                              (item->record.kind == FB_KIND_party &&
                                  fb_str_is(fb_record_text(&item->record, "role"), "regulator"));
    registry->size++;
    registry->last = entry->admitted;
    link_release(registry, item);
    if (fb_registry_is_given(&item->record)) {
        item->given = registry->given;
        registry->given = item;
    }
    if (item->record.kind == FB_KIND_key && item->older &&
        fb_registry_key_revoked(item) < item->record.admitted) {
        fb_registry_disown(registry);
    }
    return FB_OK;
}

/* As fb_registry_load of what was prepared in memory that does not stay. */
static enum fb_code load_again(struct fb_registry *registry, uint64_t seq,
    const struct fb_prepared *prepared, struct fb_err *err)
{
    const struct fb_prepared alone = {.entry = prepared->entry};
    return load(registry, seq, &alone, (struct fb_admission){.verify = false}, err);
}

enum fb_code fb_registry_pass(struct fb_registry *registry, const struct fb_prepared *prepared,
    struct fb_arena *scratch, struct fb_record *out, struct fb_err *err)
{
    FB_ASSERT(registry && registry->lean && prepared && scratch && out);
    uint64_t seq = registry->size;
    struct fb_admission admission = {.registry = registry};
    enum fb_code code = check(&admission, prepared, scratch, out, err);
    if (code == FB_OK && fb_registry_keeps(registry, out->kind)) {
        code = load_again(registry, seq, prepared, err);
    } else if (code == FB_OK) {
        registry->size++;
        registry->last = prepared->entry.admitted;
    }
    if (code == FB_OK) {
        out->seq = seq;
        out->admitted = prepared->entry.admitted;
    }
    return code;
}

enum fb_code fb_registry_load(struct fb_registry *registry, uint64_t seq,
    const struct fb_prepared *prepared, struct fb_err *err)
{
    FB_ASSERT(registry && prepared);
    if (registry->missed) {
        FB_ASSERT(seq >= registry->size);
        registry->size = seq; /* what stands between is passed over */
    }
    return load(registry, seq, prepared, (struct fb_admission){.verify = false}, err);
}

enum fb_code fb_registry_take(struct fb_registry *registry, uint64_t seq,
    const struct fb_prepared *prepared, struct fb_err *err)
{
    FB_ASSERT(registry && registry->lean && prepared);
    struct fb_arena scratch;
    struct fb_record record;
    fb_arena_init(&scratch, SCRATCH_BYTES_MAX);
    enum fb_code code = read_record(prepared, &scratch, &record, err);
    if (code == FB_OK && fb_registry_keeps(registry, record.kind)) {
        code = load_again(registry, seq, prepared, err);
    }
    fb_arena_release(&scratch);
    return code;
}

enum fb_code fb_registry_assume(
    struct fb_registry *registry, struct fb_str statement, fb_time admitted, struct fb_err *err)
{
    FB_ASSERT(registry);
    const struct fb_prepared made_up = {.entry = {.admitted = admitted, .statement = statement}};
    return load(registry, registry->count, &made_up, (struct fb_admission){.assumed = true}, err);
}

enum fb_code fb_registry_add(struct fb_registry *registry, uint64_t seq,
    const struct fb_prepared *prepared, struct fb_err *err)
{
    FB_ASSERT(registry && prepared);
    if (keys_of(prepared, true)) {
        return load(registry, seq, prepared, (struct fb_admission){.verify = true}, err);
    }
    /* Checked outside the registry's arena first, so that refusals cost it no memory. */
    enum fb_code code = fb_registry_check(registry, &prepared->entry, err);
    return code == FB_OK ? fb_registry_load(registry, seq, prepared, err) : code;
}

static bool prepare_keys(const struct fb_entry *entry, const struct fb_record *record, bool verify,
    struct fb_arena *scratch, struct fb_prepared *out)
{
    struct fb_err ignored;
    struct fb_sshkey *keys = FB_ARENA_ARRAY(scratch, struct fb_sshkey, entry->signature_count);
    fb_err_init(&ignored);
    for (size_t i = 0; keys && i < entry->signature_count; i++) {
        if (fb_admission_read_signature(entry->signatures[i], record, verify, &keys[i], &ignored) !=
            FB_OK) {
            return false;
        }
    }
    out->keys = keys;
    return keys != NULL;
}

void fb_registry_prepare(const struct fb_entry *entry, bool verify, struct fb_arena *records,
    struct fb_arena *scratch, struct fb_prepared *out)
{
    FB_ASSERT(entry && records && scratch && out);
    struct fb_err ignored;
    fb_err_init(&ignored);
    *out = (struct fb_prepared){.entry = *entry};
    if (entry->signature_count > 0 && entry->signature_count <= FB_ENTRY_SIGNATURES_MAX &&
        fb_record_parse(entry->statement, NULL, records, &out->record, &ignored) == FB_OK) {
        out->is_ready = prepare_keys(entry, &out->record, verify, scratch, out);
        out->is_verified = out->is_ready && verify;
    }
}

void fb_registry_adopt(struct fb_registry *registry, struct fb_arena *records)
{
    FB_ASSERT(registry && records);
    fb_arena_adopt(&registry->arena, records);
}

size_t fb_registry_count(const struct fb_registry *registry)
{
    FB_ASSERT(registry);
    return registry->count;
}

const struct fb_record *fb_registry_at(const struct fb_registry *registry, size_t n)
{
    FB_ASSERT(registry && n < registry->count);
    return &registry->items[n]->record;
}

uint64_t fb_registry_size(const struct fb_registry *registry)
{
    FB_ASSERT(registry);
    return registry->size;
}

const struct fb_record *fb_registry_numbered(const struct fb_registry *registry, uint64_t seq)
{
    FB_ASSERT(registry);
    size_t low = 0, high = registry->count;
    if (seq < registry->count && registry->items[seq]->record.seq == seq) {
        return &registry->items[seq]->record; /* all before it are there */
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool before = registry->items[middle]->record.seq < seq;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    return low < registry->count && registry->items[low]->record.seq == seq
               ? &registry->items[low]->record
               : NULL;
}

size_t fb_registry_count_of(const struct fb_registry *registry, enum fb_kind kind)
{
    FB_ASSERT(registry && kind > FB_KIND_NONE && kind < FB_KIND_END);
    return registry->count_of[kind];
}

const struct fb_record *fb_registry_first(const struct fb_registry *registry, enum fb_kind kind)
{
    FB_ASSERT(registry && kind > FB_KIND_NONE && kind < FB_KIND_END);
    return registry->first_of[kind] ? &registry->first_of[kind]->record : NULL;
}

const struct fb_record *fb_registry_next(
    const struct fb_registry *registry, const struct fb_record *record)
{
    const struct fb_registry_item *item = item_of(registry, record);
    FB_ASSERT(item);
    return item->next ? &item->next->record : NULL;
}

const struct fb_record *fb_registry_find(const struct fb_registry *registry, struct fb_str id)
{
    const struct fb_registry_item *item = fb_registry_item(registry, id);
    return item ? &item->record : NULL;
}

const struct fb_record *fb_registry_successor(
    const struct fb_registry *registry, const struct fb_record *record)
{
    FB_ASSERT(record);
    const struct fb_registry_item *item = item_of(registry, record);
    return item && item->successor ? &item->successor->record : NULL;
}

const struct fb_record *fb_registry_root(
    const struct fb_registry *registry, const struct fb_record *record)
{
    const struct fb_registry_item *item = item_of(registry, record);
    return item ? &item->root->record : record;
}

const struct fb_record *fb_registry_last(
    const struct fb_registry *registry, const struct fb_record *record)
{
    const struct fb_registry_item *item = item_of(registry, record);
    return item ? &item->root->head->record : record;
}

struct fb_str fb_registry_subject(
    const struct fb_registry *registry, const struct fb_record *record)
{
    const struct fb_registry_item *item = item_of(registry, record);
    return item && item->subject ? item->subject->record.id : record->subject;
}

fb_time fb_registry_disowned(const struct fb_registry *registry, const struct fb_record *record)
{
    FB_ASSERT(record);
    const struct fb_registry_item *item = item_of(registry, record);
    return item ? item->disowned : FB_TIME_MAX;
}

const struct fb_record *fb_registry_release(
    const struct fb_registry *registry, const struct fb_record *order, fb_time *out_void)
{
    FB_ASSERT(order && order->kind == FB_KIND_order && out_void);
    const struct fb_registry_item *item = item_of(registry, order);
    if (!item || !item->root->released) {
        return NULL;
    }
    *out_void = fb_registry_release_void(registry, item->root->released);
    return &item->root->released->record;
}

size_t fb_registry_signer_count(const struct fb_registry *registry, const struct fb_record *record)
{
    FB_ASSERT(record);
    const struct fb_registry_item *item = item_of(registry, record);
    return item ? item->signer_count : 0;
}

bool fb_registry_signer(const struct fb_registry *registry, const struct fb_record *record,
    size_t n, struct fb_registry_signer *out)
{
    FB_ASSERT(record && out && n < fb_registry_signer_count(registry, record));
    const struct fb_registry_item *item = item_of(registry, record);
    const struct fb_registry_item *key = item->signers[n];
    if (!key) {
        key = fb_registry_key(registry, registry->first);
    }
    if (!key) {
        return false;
    }
    *out = (struct fb_registry_signer){.party = key->holder->record.id,
        .key = &key->record,
        .revoked = fb_registry_key_revoked(key),
        .part = fb_registry_part(registry, item, n),
        .counts = fb_registry_key_void(key, record->admitted) == FB_TIME_MAX};
    return true;
}

static bool lists_model(const struct fb_record *record, struct fb_str model)
{
    const struct fb_json *models = fb_json_get(record->body, "models");
    const struct fb_json *name = models ? models->child : NULL;
    while (name && !fb_str_eq(name->text, model)) {
        name = name->next;
    }
    return name != NULL;
}

const struct fb_record *fb_registry_system_of_model(
    const struct fb_registry *registry, struct fb_str model)
{
    FB_ASSERT(registry);
    for (size_t i = registry->count; i-- > 0;) {
        const struct fb_registry_item *item = registry->items[i];
        if (item->record.kind == FB_KIND_system && !item->successor &&
            lists_model(&item->record, model)) {
            return &item->record;
        }
    }
    return NULL;
}

/*
 * quorum.c: whose signatures end an order or change a licence, and how many it takes.
 *
 * Parties are counted, not keys, since a party adds keys for itself as it likes. Nor does a key
 * count that somebody else declared for a party once the order stood: whoever may introduce parties
 * and keys could otherwise make up the signers. A key that its holder declared counts when the key
 * that signed for it does.
 */
#include "base/assert.h"
#include "record/admit.h"

/* Was it a regulator when the record at seq was admitted? A role that came later counts no more
 * than a party that did: whoever may correct a party could otherwise make a signer of it. */
static bool was_regulator(const struct fb_registry_item *party, uint64_t seq)
{
    FB_ASSERT(party && party->root == party);
    const struct fb_registry_item *version = party;
    while (version->successor && version->successor->record.seq < seq) {
        version = version->successor;
    }
    return party->record.seq < seq &&
           fb_str_is(fb_record_text(&version->record, "role"), "regulator");
}

/* What is counted. */
struct quorum {
    const struct fb_registry *registry;
    const struct fb_record *anchor; /* the order or licence that asks for signatures */
    uint64_t seq;                   /* where it stands */
    uint64_t signed_seq;            /* where what was signed stands */
    fb_time signed_at;              /* admission of what was signed */
    fb_time known;                  /* revocations that were admitted until then count */
};

/* Was it a regulator when it was asked for, and still when it signed? */
static bool is_authority(const struct quorum *q, const struct fb_registry_item *party)
{
    return was_regulator(party, q->seq) && was_regulator(party, q->signed_seq);
}

/* May a party take part in releasing the order? */
static bool may_release(const struct quorum *q, const struct fb_registry_item *party)
{
    const struct fb_registry *registry = q->registry;
    const struct fb_record *order = q->anchor;
    const struct fb_json *list = fb_json_get(order->body, "release_by");
    if (list) {
        const struct fb_json *id = list->child;
        while (id && !fb_registry_same(registry, id->text, party->record.id)) {
            id = id->next;
        }
        return id != NULL;
    }
    const struct fb_registry_item *issuer = fb_registry_item(registry, order->issuer);
    if (issuer && was_regulator(issuer->root, q->seq)) {
        return is_authority(q, party);
    }
    return fb_registry_same(registry, order->issuer, party->record.id);
}

/* Was the key its holder's own at seq, or declared since by the holder under such a key? */
static bool is_own_key(const struct fb_registry_item *key, uint64_t seq)
{
    while (key && key->record.seq >= seq) {
        if (key->signer_count == 0 || !key->holder ||
            !fb_str_eq(key->record.issuer, key->holder->record.id)) {
            return false;
        }
        key = key->signers[0]; /* declared before what it signed, so this ends */
    }
    return key != NULL;
}

/* The parties that count among the signers, each once. */
static int64_t count_parties(
    const struct quorum *q, struct fb_registry_item *const *signers, size_t signer_count)
{
    const struct fb_registry_item *seen[FB_ENTRY_SIGNATURES_MAX];
    size_t count = 0;
    FB_ASSERT(signer_count <= FB_ENTRY_SIGNATURES_MAX);
    for (size_t i = 0; i < signer_count; i++) {
        const struct fb_registry_item *key = signers[i];
        if (!key || fb_registry_key_void(key, q->signed_at) <= q->known ||
            !is_own_key(key, q->seq)) {
            continue;
        }
        bool is_order = q->anchor->kind == FB_KIND_order;
        bool may = is_order ? may_release(q, key->holder) : is_authority(q, key->holder);
        for (size_t j = 0; may && j < count; j++) {
            may = seen[j] != key->holder;
        }
        if (may) {
            seen[count++] = key->holder;
        }
    }
    return (int64_t)count;
}

fb_time fb_registry_release_void(
    const struct fb_registry *registry, const struct fb_registry_item *release)
{
    FB_ASSERT(registry && release && release->record.kind == FB_KIND_order);
    const struct fb_registry_item *order =
        fb_registry_item(registry, fb_record_text(&release->record, "releases"));
    fb_time first = release->disowned;
    if (!order || release->signer_count == 0) {
        return first;
    }
    order = order->root;
    int64_t needs = fb_admission_int(&order->record, "release_needs", 1);
    for (size_t i = 0; i < release->signer_count; i++) {
        fb_time t = release->signers[i]
                        ? fb_registry_key_void(release->signers[i], release->record.admitted)
                        : FB_TIME_MAX;
        struct quorum q = {registry, &order->record, order->record.seq, release->record.seq,
            release->record.admitted, t};
        if (t < first && count_parties(&q, release->signers, release->signer_count) < needs) {
            first = t;
        }
    }
    return first;
}

size_t fb_registry_could_release(
    const struct fb_registry *registry, const struct fb_admission *order)
{
    FB_ASSERT(registry && order);
    size_t count = 0;
    const struct quorum q = {
        .registry = registry,
        .anchor = order->record,
        .seq = registry->size,
        .signed_seq = registry->size,
    };
    for (size_t i = 0; i < registry->count; i++) {
        const struct fb_registry_item *item = registry->items[i];
        count += item->record.kind == FB_KIND_party && item->root == item && may_release(&q, item);
    }
    return count;
}

const struct fb_registry_item *fb_registry_last_licence(
    const struct fb_registry *registry, const struct fb_record *record)
{
    FB_ASSERT(registry && record && record->kind == FB_KIND_licence);
    const struct fb_registry_item *last = NULL;
    for (size_t i = 0; i < registry->count; i++) {
        const struct fb_registry_item *item = registry->items[i];
        if (item->record.kind == FB_KIND_licence &&
            fb_str_eq(fb_record_text(&item->record, "action"), fb_record_text(record, "action")) &&
            fb_registry_same(registry, item->record.subject, record->subject) &&
            (!last || fb_admission_int(&item->record, "version", 0) >
                          fb_admission_int(&last->record, "version", 0))) {
            last = item;
        }
    }
    return last;
}

/* The licence that says what the next version needs: the highest one that an authority gave, in its
 * last form. A correction of one below it rules no more than that one did. */
static const struct fb_registry_item *ruling_licence(const struct fb_admission *a, uint64_t seq)
{
    const struct fb_registry_item *ruling = NULL;
    for (size_t i = 0; i < a->registry->count; i++) {
        const struct fb_registry_item *item = a->registry->items[i];
        if (item->record.kind == FB_KIND_licence && item->record.seq < seq &&
            !fb_str_is(fb_record_text(&item->record, "state"), "applied") &&
            fb_str_eq(
                fb_record_text(&item->record, "action"), fb_record_text(a->record, "action")) &&
            fb_registry_same(a->registry, item->record.subject, a->record->subject) &&
            (!ruling || fb_admission_int(&item->record, "version", 0) >=
                            fb_admission_int(&ruling->record, "version", 0))) {
            ruling = item;
        }
    }
    return ruling;
}

/* What asks for signatures on this record at seq, as *needs; NULL when nothing does. */
static const struct fb_registry_item *anchor_of(
    const struct fb_admission *a, uint64_t seq, int64_t *needs)
{
    const struct fb_registry_item *anchor = NULL;
    struct fb_str released = fb_record_text(a->record, "releases");
    if (a->record->kind == FB_KIND_order && a->older) {
        return NULL; /* a correction keeps all that counts; of a licence, its version only */
    }
    if (a->record->kind == FB_KIND_order && released.len) {
        anchor = fb_registry_item(a->registry, released)->root;
        *needs = fb_admission_int(&anchor->record, "release_needs", 1);
    } else if (a->record->kind == FB_KIND_licence &&
               !fb_str_is(fb_record_text(a->record, "state"), "applied")) {
        anchor = ruling_licence(a, seq);
        *needs = anchor ? fb_admission_int(&anchor->record, "change_needs", 1) : 1;
    }
    return anchor;
}

enum fb_registry_part fb_registry_part(
    const struct fb_registry *registry, const struct fb_registry_item *item, size_t n)
{
    FB_ASSERT(registry && item && n < item->signer_count);
    int64_t needs = 0;
    const struct fb_admission a = {
        .registry = registry, .record = &item->record, .older = item->older};
    const struct fb_registry_item *anchor = anchor_of(&a, item->record.seq, &needs);
    if (!anchor) {
        return n == 0 ? FB_PART_ISSUER : FB_PART_NOTHING;
    }
    struct quorum q = {registry, &anchor->record, anchor->root->record.seq, item->record.seq,
        item->record.admitted, FB_TIME_MIN};
    return count_parties(&q, &item->signers[n], 1) == 1 ? FB_PART_ASKED : FB_PART_UNASKED;
}

enum fb_code fb_admission_quorum(const struct fb_admission *admission, struct fb_err *err)
{
    FB_ASSERT(admission && admission->record);
    int64_t needs = 0;
    const struct fb_registry_item *anchor = anchor_of(admission, admission->registry->size, &needs);
    if (!anchor) {
        return FB_OK;
    }
    struct quorum q = {admission->registry, &anchor->record, anchor->root->record.seq,
        admission->registry->size, admission->entry->admitted, admission->entry->admitted};
    int64_t count = count_parties(&q, admission->signers, admission->entry->signature_count);
    if (count >= needs) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_SIGNATURE,
        "%lld of the parties that may must sign this, as '%.*s' asks; %lld did", (long long)needs,
        FB_STR_ARG(anchor->record.id), (long long)count);
    fb_err_hint(err, "Add signatures to the statement with `flyball sign FILE --as PARTY`.");
    fb_err_path(err, "$");
    return FB_E_SIGNATURE;
}

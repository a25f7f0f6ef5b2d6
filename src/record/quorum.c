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
 * than a party that did: whoever may correct a party could otherwise make a signer of it. Nor does
 * one that was given under a key of which it was known that it does not count. */
static bool was_regulator(const struct fb_registry_item *party, uint64_t seq, fb_time known)
{
    FB_ASSERT(party && party->root == party);
    const struct fb_registry_item *version = fb_registry_version(party, seq, known);
    return version && fb_str_is(fb_record_text(&version->record, "role"), "regulator");
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
    return was_regulator(party, q->seq, q->known) && was_regulator(party, q->signed_seq, q->known);
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
    if (issuer && was_regulator(issuer->root, q->seq, q->known)) {
        return is_authority(q, party);
    }
    return fb_registry_same(registry, order->issuer, party->record.id);
}

/* May a party be one of those that the anchor asks for? */
static bool may_sign(const struct quorum *q, const struct fb_registry_item *party)
{
    return q->anchor->kind == FB_KIND_order ? may_release(q, party) : is_authority(q, party);
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
        bool may = may_sign(q, key->holder);
        for (size_t j = 0; may && j < count; j++) {
            may = seen[j] != key->holder;
        }
        if (may) {
            seen[count++] = key->holder;
        }
    }
    return (int64_t)count;
}

size_t fb_registry_could_sign(const struct fb_registry *registry, const struct fb_record *record)
{
    FB_ASSERT(registry && record);
    size_t count = 0;
    const struct quorum q = {
        .registry = registry,
        .anchor = record,
        .seq = registry->size,
        .signed_seq = registry->size,
        .known = registry->last,
    };
    for (size_t i = 0; i < registry->count; i++) {
        const struct fb_registry_item *item = registry->items[i];
        count += item->record.kind == FB_KIND_party && item->root == item && may_sign(&q, item);
    }
    return count;
}

bool fb_registry_is_given(const struct fb_record *record)
{
    return record->kind == FB_KIND_licence &&
           !fb_str_is(fb_record_text(record, "state"), "applied");
}

/* True for what an authority said of the system and action of a licence, and what counts: an
 * application binds nobody, and what a stolen key said does not either. Applications, which others
 * file as they like, are not even looked through. */
static bool is_ruling(const struct fb_registry *registry, const struct fb_registry_item *item,
    const struct fb_record *licence)
{
    FB_ASSERT(fb_registry_is_given(&item->record));
    return item->disowned == FB_TIME_MAX &&
           fb_str_eq(fb_record_text(&item->record, "action"), fb_record_text(licence, "action")) &&
           fb_registry_same(registry, item->record.subject, licence->subject);
}

const struct fb_registry_item *fb_registry_last_licence(
    const struct fb_registry *registry, const struct fb_record *record)
{
    FB_ASSERT(registry && record && record->kind == FB_KIND_licence);
    const struct fb_registry_item *last = NULL;
    /* The first of those with the highest version. */
    for (const struct fb_registry_item *item = registry->given; item; item = item->given) {
        if (is_ruling(registry, item, record) &&
            (!last || fb_admission_int(&item->record, "version", 0) >=
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
    for (const struct fb_registry_item *item = a->registry->given; item; item = item->given) {
        if (item->record.seq < seq && is_ruling(a->registry, item, a->record) &&
            (!ruling || fb_admission_int(&item->record, "version", 0) >
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

/* The earliest of the instants after `after` at which it became known that something that a
 * signature rests on does not count: the key, or a version of its holder's record. */
static fb_time next_doubt(const struct fb_registry_item *item, fb_time after)
{
    fb_time next = FB_TIME_MAX;
    for (size_t i = 0; i < item->signer_count; i++) {
        const struct fb_registry_item *key = item->signers[i];
        fb_time t = key ? fb_registry_key_void(key, item->record.admitted) : FB_TIME_MAX;
        next = t > after && t < next ? t : next;
        for (const struct fb_registry_item *v = key ? key->holder : NULL; v; v = v->successor) {
            next = v->disowned > after && v->disowned < next ? v->disowned : next;
        }
    }
    return next;
}

fb_time fb_registry_quorum_void(
    const struct fb_registry *registry, const struct fb_registry_item *item)
{
    FB_ASSERT(registry && item);
    fb_time t = next_doubt(item, FB_TIME_MIN);
    if (t == FB_TIME_MAX) {
        return FB_TIME_MAX;
    }
    int64_t needs = 0;
    const struct fb_admission a = {
        .registry = registry, .record = &item->record, .older = item->older};
    const struct fb_registry_item *anchor = anchor_of(&a, item->record.seq, &needs);
    for (; anchor && t != FB_TIME_MAX; t = next_doubt(item, t)) {
        const struct quorum q = {registry, &anchor->record, anchor->root->record.seq,
            item->record.seq, item->record.admitted, t};
        if (count_parties(&q, item->signers, item->signer_count) < needs) {
            return t;
        }
    }
    return FB_TIME_MAX;
}

fb_time fb_registry_release_void(
    const struct fb_registry *registry, const struct fb_registry_item *release)
{
    FB_ASSERT(registry && release && release->record.kind == FB_KIND_order);
    fb_time t = fb_registry_quorum_void(registry, release);
    return t < release->disowned ? t : release->disowned;
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

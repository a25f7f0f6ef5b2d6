/* signers.c: keys and signatures of an admission, and the keys as ssh-keygen reads them. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "record/admit.h"
#include "record/sshsig.h"

static struct fb_str wire_of(const struct fb_sshkey *key)
{
    return (struct fb_str){(const char *)key->wire, key->wire_len};
}

/* The validity that a key's record states. */
static void stated_period(const struct fb_record *record, fb_time *from, fb_time *until)
{
    FB_ASSERT(record->kind == FB_KIND_key);
    struct fb_value first =
        fb_record_value(record, (size_t)fb_kind_field(FB_KIND_key, FB_STR("valid_from")));
    struct fb_value end =
        fb_record_value(record, (size_t)fb_kind_field(FB_KIND_key, FB_STR("valid_until")));
    *from = first.type == FB_TYPE_TIME ? first.u.time : FB_TIME_MIN;
    *until = end.type == FB_TYPE_TIME ? end.u.time : FB_TIME_MAX;
}

/* The instant from which on a key's record says that its key is revoked. */
static fb_time revoked_from(const struct fb_record *record)
{
    struct fb_value value =
        fb_record_value(record, (size_t)fb_kind_field(FB_KIND_key, FB_STR("revoked")));
    return value.type == FB_TYPE_TIME ? value.u.time : FB_TIME_MAX;
}

bool fb_registry_key_revokes(const struct fb_record *record)
{
    return record->kind == FB_KIND_key && revoked_from(record) != FB_TIME_MAX;
}

bool fb_registry_key_is_late(const struct fb_registry_item *item)
{
    FB_ASSERT(item && item->record.kind == FB_KIND_key);
    if (!fb_registry_key_revokes(&item->record)) {
        return false; /* nothing else may declare a key again that was replaced */
    }
    const struct fb_registry_item *i = item->older;
    while (i && i->late) {
        i = i->older;
    }
    if (!i || fb_str_eq(i->wire, item->wire)) {
        return false;
    }
    while (i && !fb_str_eq(i->wire, item->wire)) {
        i = i->older;
    }
    return i != NULL;
}

const struct fb_registry_item *fb_registry_key_newer(const struct fb_registry_item *key)
{
    FB_ASSERT(key && key->record.kind == FB_KIND_key);
    const struct fb_registry_item *newer = key->late ? key->older : key->successor;
    while (newer && newer->late) {
        newer = key->late ? newer->older : newer->successor;
    }
    return newer;
}

void fb_registry_key_period(const struct fb_registry_item *item, fb_time *from, fb_time *until)
{
    FB_ASSERT(item && from && until);
    stated_period(&item->record, from, until);
    const struct fb_registry_item *newer = fb_registry_key_newer(item);
    if (newer && newer->record.admitted < *until) {
        *until = newer->record.admitted;
    }
    fb_time revoked = fb_registry_key_revoked(item);
    *until = revoked < *until ? revoked : *until;
    *until = item->disowned < *until ? item->disowned : *until;
}

fb_time fb_registry_key_revoked(const struct fb_registry_item *key)
{
    FB_ASSERT(key && key->record.kind == FB_KIND_key);
    fb_time first = FB_TIME_MAX;
    for (const struct fb_registry_item *i = key->root->revokes ? key : NULL; i; i = i->successor) {
        fb_time from = fb_str_eq(i->wire, key->wire) ? revoked_from(&i->record) : FB_TIME_MAX;
        first = from < first ? from : first;
    }
    return first;
}

fb_time fb_registry_key_void(const struct fb_registry_item *key, fb_time signed_at)
{
    FB_ASSERT(key && key->record.kind == FB_KIND_key);
    fb_time known = key->disowned;
    for (const struct fb_registry_item *i = key->root->revokes ? key : NULL; i; i = i->successor) {
        if (fb_str_eq(i->wire, key->wire) && revoked_from(&i->record) <= signed_at &&
            i->record.admitted < known) {
            known = i->record.admitted;
        }
    }
    return known;
}

/* When it became known that the issuer had no role in which it could say this: the record that
 * gave it one does not count. FB_TIME_MAX: it had. */
static fb_time role_void(const struct fb_registry *registry, const struct fb_registry_item *item)
{
    const struct fb_registry_item *party = fb_registry_item(registry, item->record.issuer);
    if (!party || party == item || !party->root->doubted) {
        return FB_TIME_MAX;
    }
    uint64_t seq = item->record.seq;
    const struct fb_registry_item *then = fb_registry_version(party, seq, item->record.admitted);
    while (then && then->disowned != FB_TIME_MAX) {
        const struct fb_registry_item *left = fb_registry_version(party, seq, then->disowned);
        struct fb_str role = left ? fb_record_text(&left->record, "role") : FB_STR("");
        if (!fb_admission_role_may(registry, item, role)) {
            return then->disowned;
        }
        then = left;
    }
    return FB_TIME_MAX;
}

void fb_registry_disown(struct fb_registry *registry)
{
    FB_ASSERT(registry);
    /* Keys and parties stand before what rests on them, so one pass reaches all of it. */
    for (size_t i = 0; i < registry->count; i++) {
        struct fb_registry_item *item = registry->items[i];
        fb_time first = item->signer_count && item->signers[0]
                            ? fb_registry_key_void(item->signers[0], item->record.admitted)
                            : FB_TIME_MAX;
        fb_time role = role_void(registry, item);
        first = role < first ? role : first;
        fb_time quorum = item->record.kind == FB_KIND_licence
                             ? fb_registry_quorum_void(registry, item)
                             : FB_TIME_MAX;
        item->disowned = quorum < first ? quorum : first;
        item->root->doubted = item->root->doubted || item->disowned != FB_TIME_MAX;
    }
}

/* The record of the chain that is superseded which declared the same key last; NULL: none did. */
static const struct fb_registry_item *declared_before(const struct fb_admission *a)
{
    const struct fb_registry_item *before = fb_registry_key(a->registry, wire_of(&a->declared));
    return before && a->older && before->root == a->older->root ? before : NULL;
}

/* A key is revoked by a correction of its record, or of the record of the key that replaced it:
 * that it was stolen may be found out after it was rotated. Its holder revokes it from then on at
 * the earliest; that it did not count before takes records away, which only a regulator may do.
 * What is revoked stays so. */
static enum fb_code check_revocation(const struct fb_admission *a, struct fb_err *err)
{
    fb_time from = revoked_from(a->record);
    const struct fb_registry_item *same = declared_before(a);
    fb_time before = same ? fb_registry_key_revoked(same) : FB_TIME_MAX;
    if (same && before < from) {
        char text[FB_TIME_TEXT];
        fb_err_set(err, FB_E_REFERENCE, "the key of '%.*s' is revoked already",
            FB_STR_ARG(same->record.id));
        fb_err_hint(err, "Keep 'revoked' at %s or earlier; a revoked key stays revoked.",
            fb_time_format(before, text));
        return fb_admission_at_field(err, a->record, "revoked");
    }
    if (from == FB_TIME_MAX || (same && from == before)) {
        return FB_OK;
    }
    if (!same) {
        fb_err_set(err, FB_E_REFERENCE, "a key is revoked by a record that supersedes its own");
        fb_err_hint(err, "Write the key's 'public_key', and 'supersedes': its record, or the last "
                         "one of the keys that replaced it.");
        return fb_admission_at_field(err, a->record, "revoked");
    }
    if (from < a->entry->admitted && !fb_str_is(fb_registry_role(a->issuer), "regulator")) {
        char text[FB_TIME_TEXT];
        fb_err_set(err, FB_E_ROLE, "only a regulator may revoke a key from an earlier time on");
        fb_err_hint(err, "Write %s or later: what it signed until now counts.",
            fb_time_format(a->entry->admitted, text));
        return fb_admission_at_field(err, a->record, "revoked");
    }
    return FB_OK;
}

/* A public key is declared once; again only by a record that corrects the one that did. */
static enum fb_code check_declared_once(const struct fb_admission *a, struct fb_err *err)
{
    const struct fb_registry_item *before = fb_registry_key(a->registry, wire_of(&a->declared));
    bool revokes = before == declared_before(a) && revoked_from(a->record) != FB_TIME_MAX;
    if (!before || before == a->older || revokes) {
        return FB_OK;
    }
    fb_err_set(
        err, FB_E_DUPLICATE, "'%.*s' declares the same public key", FB_STR_ARG(before->record.id));
    fb_err_hint(err, "Make a new key, or supersede that record.");
    return fb_admission_at_field(err, a->record, "public_key");
}

/* The first key of a ledger is the one that signed its first record, and can sign the next. */
static enum fb_code check_first_key(const struct fb_admission *a, struct fb_err *err)
{
    if (a->registry->count != 1) {
        return FB_OK;
    }
    if (!fb_str_eq(wire_of(&a->declared), a->registry->first)) {
        fb_err_set(err, FB_E_SIGNATURE, "the first record was not signed by this key");
        fb_err_hint(err, "Declare the key that signed the first record.");
        return fb_admission_at_field(err, a->record, "public_key");
    }
    fb_time from, until;
    stated_period(a->record, &from, &until);
    if (a->entry->admitted < from || a->entry->admitted >= until) {
        bool early = a->entry->admitted < from;
        fb_err_set(err, FB_E_TIME, "the first key of a ledger must be valid when it is added");
        fb_err_hint(err, "Correct its validity; nobody else could add anything.");
        return fb_admission_at_field(err, a->record, early ? "valid_from" : "valid_until");
    }
    return FB_OK;
}

enum fb_code fb_admission_key(struct fb_admission *a, struct fb_err *err)
{
    if (a->record->kind != FB_KIND_key) {
        return FB_OK;
    }
    struct fb_str line = fb_record_text(a->record, "public_key");
    enum fb_code code = fb_sshkey_parse_line(line, &a->declared, NULL, err);
    if (code != FB_OK) {
        if (!err->hint[0]) {
            fb_err_hint(err, "Write the line of the key's .pub file.");
        }
        return fb_admission_at_field(err, a->record, "public_key");
    }
    char fingerprint[FB_SSHKEY_FINGERPRINT];
    fb_sshkey_fingerprint(&a->declared, fingerprint);
    if (!fb_str_is(fb_record_text(a->record, "fingerprint"), fingerprint)) {
        fb_err_set(err, FB_E_MISMATCH, "'fingerprint' is not that of 'public_key'");
        fb_err_hint(err, "It must be %s.", fingerprint);
        return fb_admission_at_field(err, a->record, "fingerprint");
    }
    const struct fb_registry_item *party =
        fb_registry_item(a->registry, fb_record_text(a->record, "party"));
    FB_ASSERT(party && party->record.kind == FB_KIND_party);
    a->holder = party->root;
    code = check_declared_once(a, err);
    if (code == FB_OK) {
        code = check_first_key(a, err);
    }
    return code == FB_OK ? check_revocation(a, err) : code;
}

enum fb_code fb_admission_read_signature(struct fb_str armored, const struct fb_record *record,
    bool verify, struct fb_sshkey *out, struct fb_err *err)
{
    FB_ASSERT(record && out);
    if (verify) {
        char space[FB_SSHSIG_NAMESPACE_MAX + 1];
        (void)snprintf(space, sizeof(space), "flyball/%s", fb_kind_name(record->kind));
        return fb_sshsig_verify(armored, space, record->statement, out, err);
    }
    struct fb_sshsig signature;
    enum fb_code code = fb_sshsig_parse(armored, &signature, err);
    if (code == FB_OK) {
        *out = signature.key;
    }
    return code;
}

/* Learns which key made the n-th signature, and verifies it when asked to. The key is read into
 * `room` unless it is there already. */
static enum fb_code read_signature(const struct fb_admission *a, size_t n, struct fb_sshkey *room,
    const struct fb_sshkey **out, struct fb_err *err)
{
    *out = a->keys ? &a->keys[n] : room;
    if (a->keys) {
        return FB_OK;
    }
    enum fb_code code =
        fb_admission_read_signature(a->entry->signatures[n], a->record, a->verify, room, err);
    if (code != FB_OK) {
        fb_err_prefix(err, "signature %zu", n + 1);
        if (!err->hint[0]) {
            fb_err_hint(err,
                "Sign the exact bytes of the statement with `ssh-keygen -Y sign -n "
                "flyball/%s`.",
                fb_kind_name(a->record->kind));
        }
        fb_err_path(err, "$");
    }
    return code;
}

/* Says why the key that an item declared (NULL: none did) may not sign now. */
static enum fb_code refuse_signer(const struct fb_admission *a, const struct fb_sshkey *key,
    const struct fb_registry_item *item, struct fb_err *err)
{
    char fingerprint[FB_SSHKEY_FINGERPRINT], text[FB_TIME_TEXT];
    fb_time from = FB_TIME_MIN, until = FB_TIME_MAX, now = a->entry->admitted;
    fb_sshkey_fingerprint(key, fingerprint);
    if (item) {
        fb_registry_key_period(item, &from, &until);
    }
    if (!item) {
        fb_err_set(err, FB_E_SIGNATURE, "the key %s is not known here", fingerprint);
        fb_err_hint(err, "Add a record of kind key for it, signed by a key that is known.");
    } else if (fb_registry_key_newer(item)) {
        fb_err_set(err, FB_E_SIGNATURE, "the key %s was replaced", fingerprint);
        fb_err_hint(err, "Sign with the key of '%.*s'.", FB_STR_ARG(item->root->head->record.id));
    } else if (item->disowned <= now) {
        fb_err_set(err, FB_E_SIGNATURE, "the key %s rests on a key that was revoked", fingerprint);
        fb_err_hint(
            err, "Have a key of '%.*s' declared anew.", FB_STR_ARG(item->holder->record.id));
    } else if (fb_registry_key_revoked(item) <= now) {
        fb_err_set(err, FB_E_SIGNATURE, "the key %s was revoked from %s on", fingerprint,
            fb_time_format(fb_registry_key_revoked(item), text));
        fb_err_hint(err, "Sign with another key of '%.*s'.", FB_STR_ARG(item->holder->record.id));
    } else if (now < from || now >= until) {
        fb_err_set(err, FB_E_SIGNATURE, "the key %s is not valid %s", fingerprint,
            now < from ? "yet" : "any more");
        fb_err_hint(err, "Sign with a key that is in force, or supersede '%.*s'.",
            FB_STR_ARG(item->record.id));
    } else {
        fb_err_set(err, FB_E_SIGNATURE, "the key %s is not the issuer's", fingerprint);
        fb_err_hint(err, "It belongs to '%.*s'; the issuer's key must sign first.",
            FB_STR_ARG(item->holder->record.id));
    }
    return fb_admission_at(err, a->record, "issuer");
}

/* Checks that a key may sign now: by a record that is in force, and for the first signature by the
 * issuer. The first two records of a ledger rest on their own key. */
static enum fb_code check_signer(const struct fb_admission *a, const struct fb_sshkey *key,
    bool first, struct fb_registry_item **out, struct fb_err *err)
{
    *out = NULL;
    if (a->registry->count == 0 && first) {
        return FB_OK;
    }
    if (a->registry->count == 1 && first && fb_sshkey_eq(key, &a->declared)) {
        return FB_OK;
    }
    fb_time from = FB_TIME_MAX, until = FB_TIME_MAX, now = a->entry->admitted;
    struct fb_registry_item *item = fb_registry_key(a->registry, wire_of(key));
    if (item) {
        /* (It ends where the key is revoked or its record disowned.) */
        fb_registry_key_period(item, &from, &until);
    }
    *out = item;
    bool in_force = item && from <= now && now < until && !fb_registry_key_newer(item);
    return in_force && (!first || item->holder == a->issuer) ? FB_OK
                                                             : refuse_signer(a, key, item, err);
}

/* Each key signs once. */
static enum fb_code check_once(
    const struct fb_sshkey *key, size_t n, char seen[][FB_SSHKEY_FINGERPRINT], struct fb_err *err)
{
    fb_sshkey_fingerprint(key, seen[n]);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(seen[i], seen[n]) == 0) {
            fb_err_set(err, FB_E_SIGNATURE, "the key %s signed twice", seen[n]);
            fb_err_hint(err, "Give one signature a key.");
            fb_err_path(err, "$");
            return FB_E_SIGNATURE;
        }
    }
    return FB_OK;
}

enum fb_code fb_admission_signers(struct fb_admission *a, struct fb_err *err)
{
    size_t count = a->entry->signature_count;
    FB_ASSERT(count <= FB_ENTRY_SIGNATURES_MAX);
    char seen[FB_ENTRY_SIGNATURES_MAX][FB_SSHKEY_FINGERPRINT];
    if (count == 0) {
        fb_err_set(err, FB_E_SIGNATURE, "the record is not signed");
        fb_err_hint(err, "Sign it with the issuer's key.");
        fb_err_path(err, "$");
        return FB_E_SIGNATURE;
    }
    for (size_t i = 0; i < count; i++) {
        struct fb_sshkey room;
        const struct fb_sshkey *key;
        enum fb_code code = read_signature(a, i, &room, &key, err);
        code = code ? code : check_signer(a, key, i == 0, &a->signers[i], err);
        code = code || count == 1 ? code : check_once(key, i, seen, err);
        if (code != FB_OK) {
            return code;
        }
        if (i == 0 && !a->signers[0]) {
            a->signer = *key;
        }
    }
    return FB_OK;
}

/* ssh-keygen counts whole seconds from 1970 on: YYYYMMDDHHMMSSZ. */
static void add_date(struct fb_buf *out, const char *name, fb_time t)
{
    FB_ASSERT(t >= 0);
    int64_t year;
    unsigned month, day;
    fb_civil_from_days(t / FB_DAY, &year, &month, &day);
    fb_time rest = t % FB_DAY;
    fb_buf_addf(out, ",%s=\"%04lld%02u%02u%02lld%02lld%02lldZ\"", name, (long long)year, month, day,
        (long long)(rest / FB_HOUR), (long long)(rest % FB_HOUR / FB_MINUTE),
        (long long)(rest % FB_MINUTE / FB_SECOND));
}

static void add_signer(const struct fb_registry_item *item, struct fb_buf *out)
{
    fb_time from, until;
    fb_registry_key_period(item, &from, &until);
    /* The period shrinks to whole seconds: a key is never shown as valid when it is not. */
    fb_time first_s = from <= 0 ? 0 : (from - 1) / FB_SECOND + 1;
    fb_time end_s = until <= 0 ? 0 : until / FB_SECOND;
    if (first_s >= end_s) {
        return;
    }
    struct fb_sshkey key;
    struct fb_err err;
    fb_err_init(&err);
    enum fb_code code = fb_sshkey_from_wire(item->wire, &key, &err);
    FB_ASSERT(code == FB_OK);
    fb_buf_addf(out, "%.*s namespaces=\"", FB_STR_ARG(item->holder->record.id));
    for (int kind = FB_KIND_NONE + 1; kind < FB_KIND_END; kind++) {
        fb_buf_addf(out, "%sflyball/%s", kind > 1 ? "," : "", fb_kind_name((enum fb_kind)kind));
    }
    fb_buf_add_c(out, "," FB_NAMESPACE_EXEMPT "," FB_NAMESPACE_DOSSIER "\"");
    if (from > 0) {
        add_date(out, "valid-after", first_s * FB_SECOND);
    }
    if (until != FB_TIME_MAX) {
        add_date(out, "valid-before", end_s * FB_SECOND);
    }
    fb_buf_add_char(out, ' ');
    fb_sshkey_format(&key, out);
    fb_buf_add_char(out, '\n');
}

struct fb_registry_key fb_registry_key_of(
    const struct fb_registry *registry, const struct fb_record *record)
{
    const struct fb_registry_item *item = fb_registry_item(registry, record->id);
    FB_ASSERT(item && item->record.kind == FB_KIND_key);
    const struct fb_registry_item *newer = fb_registry_key_newer(item);
    struct fb_registry_key key = {.party = item->holder->record.id,
        .revoked = fb_registry_key_revoked(item),
        .newer = newer ? &newer->record : NULL};
    fb_registry_key_period(item, &key.from, &key.until);
    return key;
}

enum fb_code fb_registry_revoked_keys(
    const struct fb_registry *registry, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(registry && out);
    size_t before = out->len;
    for (size_t i = 0; i < registry->count; i++) {
        const struct fb_registry_item *item = registry->items[i];
        if (item->record.kind == FB_KIND_key && fb_registry_key(registry, item->wire) == item &&
            fb_registry_key_revoked(item) != FB_TIME_MAX) {
            fb_buf_add_str(out, fb_record_text(&item->record, "public_key"));
            fb_buf_add_char(out, '\n');
        }
    }
    enum fb_code code = fb_buf_check(out, "the list of revoked keys", err);
    if (code != FB_OK) {
        fb_buf_cut(out, before);
    }
    return code;
}

enum fb_code fb_registry_allowed_signers(
    const struct fb_registry *registry, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(registry && out);
    size_t before = out->len;
    for (size_t i = 0; i < registry->count; i++) {
        if (registry->items[i]->record.kind == FB_KIND_key) {
            add_signer(registry->items[i], out);
        }
    }
    enum fb_code code = fb_buf_check(out, "the list of allowed signers", err);
    if (code != FB_OK) {
        fb_buf_cut(out, before);
    }
    return code;
}

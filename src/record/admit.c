#include "record/admit.h"

#include <stdio.h>

#include "base/assert.h"
#include "record/near.h"

enum { LIST_ROLE_MAX = 200 };

/* Who may issue each kind. */
enum reach { REACH_ANY, REACH_OWN };

static const struct {
    enum reach reach;
    const char *roles;
} issuers[FB_KIND_END] = {
#define FB_ISSUERS(kind, reach, roles) [FB_KIND_##kind] = {REACH_##reach, roles},
#include "record/roles.def"
};

/* The field that says, besides the subject, what a record is about: a correction keeps it. */
static const char *const about_fields[FB_KIND_END] = {
    [FB_KIND_key] = "party",
    [FB_KIND_report] = "about",
    [FB_KIND_case] = "name",
    [FB_KIND_policy] = "name",
    [FB_KIND_measure] = "name",
};

enum fb_code fb_admission_at(struct fb_err *err, const struct fb_record *record, const char *member)
{
    FB_ASSERT(record->body && record->body->parent);
    const struct fb_json *root = record->body->parent;
    const struct fb_json *value = fb_json_get(root, member);
    return fb_json_err_at(err, value ? value : root);
}

enum fb_code fb_admission_at_field(
    struct fb_err *err, const struct fb_record *record, const char *field)
{
    const struct fb_json *value = fb_json_get(record->body, field);
    return fb_json_err_at(err, value ? value : record->body);
}

/* Fills err for an id that is not there. The caller places it. */
static void no_such_record(
    const struct fb_registry *registry, const char *what, struct fb_str id, struct fb_err *err)
{
    struct fb_str kind = fb_str_sub(id, 0, fb_str_find(id, '/', 0) + 1);
    struct fb_near near;
    size_t same_kind = 0;
    fb_near_init(&near, id);
    for (size_t i = 0; i < registry->count; i++) {
        struct fb_str other = registry->items[i]->record.id;
        if (fb_str_starts(other, kind)) {
            same_kind++;
            fb_near_offer(&near, other);
        }
    }
    fb_err_set(err, FB_E_REFERENCE, "%s '%.*s' does not exist", what, FB_STR_ARG(id));
    if (near.best.len) {
        fb_err_hint(err, "Did you mean '%.*s'?", FB_STR_ARG(near.best));
    } else {
        fb_err_hint(err, "Add it first; the ledger has %zu records of kind %.*s.", same_kind,
            (int)(kind.len - 1), kind.ptr);
    }
}

static enum fb_code check_id(const struct fb_admission *a, struct fb_err *err)
{
    const struct fb_registry_item *same = fb_registry_item(a->registry, a->record->id);
    if (!same) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_DUPLICATE, "'%.*s' exists already", FB_STR_ARG(a->record->id));
    fb_err_hint(err, "It is record %llu; to correct it, write another id and 'supersedes'.",
        (unsigned long long)same->record.seq);
    return fb_admission_at(err, a->record, "id");
}

/* Nothing that has happened can lie in the future; a key's validity may. */
static enum fb_code check_times(const struct fb_admission *a, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    char text[FB_TIME_TEXT];
    const struct fb_registry *r = a->registry;
    if (r->count && a->entry->admitted < r->items[r->count - 1]->record.admitted) {
        fb_err_set(err, FB_E_TIME, "the admission time is before that of the record before");
        fb_err_hint(err, "Set the machine's clock: the last record was admitted at %s.",
            fb_time_format(r->items[r->count - 1]->record.admitted, text));
        return fb_admission_at(err, record, "at");
    }
    if (record->at > a->entry->admitted) {
        fb_err_set(err, FB_E_TIME, "'at' is after its admission");
        fb_err_hint(err, "It is now %s; a record tells what has happened.",
            fb_time_format(a->entry->admitted, text));
        return fb_admission_at(err, record, "at");
    }
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    for (size_t i = 0; record->kind != FB_KIND_key && i < count; i++) {
        struct fb_value value =
            fields[i].type == FB_FIELD_TIME ? fb_record_value(record, i) : fb_value_none();
        if (value.type == FB_TYPE_TIME && value.u.time > a->entry->admitted) {
            fb_err_set(err, FB_E_TIME, "'%s' is after its admission", fields[i].name);
            fb_err_hint(err, "It is now %s; a record tells what has happened.",
                fb_time_format(a->entry->admitted, text));
            return fb_admission_at_field(err, record, fields[i].name);
        }
    }
    return FB_OK;
}

/* The first two records of a ledger: a party that introduces itself, and its key. */
static enum fb_code check_first(struct fb_admission *a, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    const struct fb_registry *r = a->registry;
    if (r->count == 0 && record->kind != FB_KIND_party) {
        fb_err_set(err, FB_E_REFERENCE, "the first record of a ledger must be its first party");
        fb_err_hint(err, "Let 'flyball init' write it.");
        return fb_admission_at(err, record, "kind");
    }
    if (r->count == 0 && !fb_str_eq(record->issuer, record->id)) {
        fb_err_set(err, FB_E_REFERENCE, "the first party of a ledger must introduce itself");
        fb_err_hint(err, "Write the same id as 'id' and as 'issuer'.");
        return fb_admission_at(err, record, "issuer");
    }
    if (r->count == 1 && record->kind != FB_KIND_key) {
        fb_err_set(err, FB_E_REFERENCE, "the second record of a ledger must be its first key");
        fb_err_hint(err, "Let 'flyball init' write it.");
        return fb_admission_at(err, record, "kind");
    }
    if (r->count == 1 && !fb_str_eq(record->issuer, fb_record_text(record, "party"))) {
        fb_err_set(err, FB_E_REFERENCE, "the first key of a ledger must be that of its issuer");
        fb_err_hint(err, "Write the same id as 'issuer' and as 'party'.");
        return fb_admission_at_field(err, record, "party");
    }
    return FB_OK;
}

/* Finds the issuer, which is named by the record that introduced it. */
static enum fb_code check_issuer(struct fb_admission *a, struct fb_err *err)
{
    if (a->registry->count == 0) {
        return FB_OK;
    }
    const struct fb_registry_item *issuer = fb_registry_item(a->registry, a->record->issuer);
    if (!issuer) {
        no_such_record(a->registry, "the issuer", a->record->issuer, err);
        return fb_admission_at(err, a->record, "issuer");
    }
    FB_ASSERT(issuer->record.kind == FB_KIND_party);
    if (issuer->older) {
        fb_err_set(err, FB_E_REFERENCE, "'%.*s' is a correction, not the name of a party",
            FB_STR_ARG(issuer->record.id));
        fb_err_hint(err, "Write '%.*s', which introduced it.", FB_STR_ARG(issuer->root->record.id));
        return fb_admission_at(err, a->record, "issuer");
    }
    a->issuer = issuer;
    return FB_OK;
}

/* Every id that the record holds: subject, supersedes, and the references of its body. */
static enum fb_code check_references(struct fb_admission *a, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    if (record->subject.len && !fb_registry_item(a->registry, record->subject)) {
        no_such_record(a->registry, "the subject", record->subject, err);
        return fb_admission_at(err, record, "subject");
    }
    if (record->supersedes.len && !fb_registry_item(a->registry, record->supersedes)) {
        no_such_record(a->registry, "the superseded record", record->supersedes, err);
        return fb_admission_at(err, record, "supersedes");
    }
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    for (size_t i = 0; i < count; i++) {
        struct fb_str id = fields[i].type == FB_FIELD_REF ? fb_record_text(record, fields[i].name)
                                                          : (struct fb_str){NULL, 0};
        if (id.len && !fb_registry_item(a->registry, id)) {
            char what[LIST_ROLE_MAX];
            (void)snprintf(what, sizeof(what), "the '%s'", fields[i].name);
            no_such_record(a->registry, what, id, err);
            return fb_admission_at_field(err, record, fields[i].name);
        }
    }
    return FB_OK;
}

/* The role that a party has now. */
static struct fb_str role_of(const struct fb_registry_item *party)
{
    FB_ASSERT(party->root == party && party->head);
    return fb_record_text(&party->head->record, "role");
}

static bool word_in(struct fb_str word, const char *words)
{
    struct fb_str all = fb_str_of(words);
    for (size_t from = 0; from <= all.len;) {
        size_t end = fb_str_find(all, '|', from);
        if (fb_str_eq(word, fb_str_sub(all, from, end - from))) {
            return true;
        }
        from = end + 1;
    }
    return false;
}

/* The developer, as the root of its party, of the system that the record is about; NULL when it is
 * about none. */
static const struct fb_registry_item *developer_of(const struct fb_admission *a)
{
    struct fb_str developer = fb_record_text(a->record, "developer");
    if (a->record->kind != FB_KIND_system) {
        if (a->record->subject.len == 0) {
            return NULL;
        }
        const struct fb_registry_item *system = fb_registry_item(a->registry, a->record->subject);
        FB_ASSERT(system && system->record.kind == FB_KIND_system);
        developer = fb_record_text(&system->root->head->record, "developer");
    }
    const struct fb_registry_item *party = fb_registry_item(a->registry, developer);
    FB_ASSERT(party);
    return party->root;
}

static enum fb_code check_role(const struct fb_admission *a, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    if (a->registry->count < 2) {
        return FB_OK;
    }
    struct fb_str role = role_of(a->issuer);
    const char *roles = issuers[record->kind].roles;
    if (record->kind == FB_KIND_key &&
        fb_registry_item(a->registry, fb_record_text(record, "party"))->root == a->issuer) {
        return FB_OK;
    }
    if (!word_in(role, roles)) {
        fb_err_set(err, FB_E_ROLE, "'%.*s', whose role is %.*s, may not issue a record of kind %s",
            FB_STR_ARG(record->issuer), FB_STR_ARG(role), fb_kind_name(record->kind));
        fb_err_hint(err, "Have it issued and signed by a party whose role is one of %s.", roles);
        return fb_admission_at(err, record, "issuer");
    }
    const struct fb_registry_item *developer = developer_of(a);
    if (issuers[record->kind].reach == REACH_OWN && fb_str_is(role, "developer") && developer &&
        developer != a->issuer) {
        fb_err_set(err, FB_E_ROLE, "'%.*s' may issue a record of kind %s for its own systems only",
            FB_STR_ARG(record->issuer), fb_kind_name(record->kind));
        fb_err_hint(err, "The developer of that system is '%.*s', which must sign it.",
            FB_STR_ARG(developer->record.id));
        return record->kind == FB_KIND_system ? fb_admission_at_field(err, record, "developer")
                                              : fb_admission_at(err, record, "subject");
    }
    return FB_OK;
}

/* True when two ids, or two plain texts, mean the same thing. */
static bool same_thing(const struct fb_registry *registry, struct fb_str a, struct fb_str b)
{
    const struct fb_registry_item *item_a = fb_registry_item(registry, a);
    const struct fb_registry_item *item_b = fb_registry_item(registry, b);
    return item_a && item_b ? item_a->root == item_b->root : fb_str_eq(a, b);
}

/* A correction keeps the subject, and the field of about_fields. */
static enum fb_code check_same_about(
    const struct fb_admission *a, const struct fb_record *older, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    if (!same_thing(a->registry, record->subject, older->subject)) {
        fb_err_set(err, FB_E_REFERENCE, "'%.*s' is about another subject", FB_STR_ARG(older->id));
        fb_err_hint(
            err, "A correction keeps the subject, which is '%.*s'.", FB_STR_ARG(older->subject));
        return fb_admission_at(err, record, "subject");
    }
    const char *field = about_fields[record->kind];
    struct fb_str now = field ? fb_record_text(record, field) : record->subject;
    struct fb_str before = field ? fb_record_text(older, field) : older->subject;
    if (!same_thing(a->registry, now, before)) {
        fb_err_set(err, FB_E_REFERENCE, "'%.*s' has another '%s'", FB_STR_ARG(older->id), field);
        fb_err_hint(err, "A correction keeps '%s', which is '%.*s'.", field, FB_STR_ARG(before));
        return fb_admission_at_field(err, record, field);
    }
    return FB_OK;
}

/* A correction is about the same thing, by the same issuer, a regulator, or a key's holder. */
static enum fb_code check_supersedes(struct fb_admission *a, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    if (record->supersedes.len == 0) {
        return FB_OK;
    }
    const struct fb_registry_item *older = fb_registry_item(a->registry, record->supersedes);
    FB_ASSERT(older && older->record.kind == record->kind);
    if (older->successor) {
        const struct fb_record *head = &older->root->head->record;
        fb_err_set(err, FB_E_REFERENCE, "'%.*s' is superseded already by '%.*s'",
            FB_STR_ARG(older->record.id), FB_STR_ARG(older->successor->record.id));
        fb_err_hint(err, "Supersede '%.*s', which holds now.", FB_STR_ARG(head->id));
        return fb_admission_at(err, record, "supersedes");
    }
    enum fb_code code = check_same_about(a, &older->record, err);
    if (code != FB_OK) {
        return code;
    }
    bool same = a->assumed || fb_str_eq(record->issuer, older->record.issuer);
    bool own_key = record->kind == FB_KIND_key && older->holder == a->issuer;
    if (!same && !own_key && !fb_str_is(role_of(a->issuer), "regulator")) {
        fb_err_set(err, FB_E_ROLE, "'%.*s' was issued by '%.*s'", FB_STR_ARG(older->record.id),
            FB_STR_ARG(older->record.issuer));
        fb_err_hint(err, "Only its issuer or a regulator may correct it.");
        return fb_admission_at(err, record, "supersedes");
    }
    a->older = older;
    return FB_OK;
}

enum fb_code fb_admission_check(struct fb_admission *admission, struct fb_err *err)
{
    FB_ASSERT(admission->registry && admission->entry && admission->record);
    enum fb_code code = check_id(admission, err);
    if (code == FB_OK) {
        code = check_times(admission, err);
    }
    if (code == FB_OK && !admission->assumed) {
        code = check_first(admission, err);
    }
    if (code == FB_OK) {
        code = check_issuer(admission, err);
    }
    if (code == FB_OK) {
        code = check_references(admission, err);
    }
    if (code == FB_OK && !admission->assumed) {
        code = check_role(admission, err);
    }
    if (code == FB_OK) {
        code = check_supersedes(admission, err);
    }
    if (admission->assumed) {
        return code;
    }
    if (code == FB_OK) {
        code = fb_admission_key(admission, err);
    }
    return code == FB_OK ? fb_admission_signers(admission, err) : code;
}

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

/* Words that a role may not go beyond. */
static const struct {
    enum fb_kind kind;
    const char *role;
    const char *field;
    const char *words;
} sayings[] = {
#define FB_SAYS(kind, role, field, words) {FB_KIND_##kind, #role, #field, words},
#include "record/roles.def"
};

/* Who a record without a subject is about. */
static const char *const own_fields[FB_KIND_END] = {
    [FB_KIND_system] = "developer",
    [FB_KIND_cluster] = "owner",
    [FB_KIND_order] = "party",
    [FB_KIND_budget] = "party",
    [FB_KIND_decision] = "party",
    [FB_KIND_staffing] = "party",
};

/* The fields that say, besides the subject, what a record is about, or that what was decided on it
 * rests on: a correction keeps them. */
static const char *const kept_fields[FB_KIND_END] = {
    [FB_KIND_key] = "party",
    [FB_KIND_report] = "about|concerns",
    [FB_KIND_case] = "name",
    [FB_KIND_policy] = "name",
    [FB_KIND_measure] = "name",
    [FB_KIND_cluster] = "owner|name",
    [FB_KIND_audit] = "party",
    [FB_KIND_grant] = "party|form",
    [FB_KIND_access] = "grant",
    [FB_KIND_review] = "about",
    [FB_KIND_licence] = "action|state|version|change_needs",
    [FB_KIND_order] = "action|version|party|level|release_needs|release_by|releases|duty",
    [FB_KIND_budget] = "party|valid_from",
    [FB_KIND_disclosure] = "party",
    [FB_KIND_decision] = "topic|about|party",
    [FB_KIND_staffing] = "party|valid_from",
    [FB_KIND_erasure] = "digest",
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

/* What was signed for one docket is not filed in another. */
static enum fb_code check_docket(const struct fb_admission *a, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    struct fb_str origin = a->registry->origin;
    if (record->docket.len == 0 || origin.len == 0 || fb_str_eq(record->docket, origin)) {
        return FB_OK;
    }
    fb_err_set(
        err, FB_E_MISMATCH, "the statement is for the docket '%.*s'", FB_STR_ARG(record->docket));
    fb_err_hint(err, "This is '%.*s': have a statement for it signed.", FB_STR_ARG(origin));
    return fb_admission_at(err, record, "docket");
}

static enum fb_code ahead(const struct fb_admission *a, const char *name, struct fb_err *err)
{
    char text[FB_TIME_TEXT];
    fb_err_set(err, FB_E_TIME, "'%s' is after its admission", name);
    fb_err_hint(err, "It is now %s; a record tells what has happened.",
        fb_time_format(a->entry->admitted, text));
    return FB_E_TIME;
}

/* Nothing that has happened can lie in the future. The clocks of issuers may differ a little from
 * ours, which `at` is allowed: it is never counted in favour of anyone. */
static enum fb_code check_times(const struct fb_admission *a, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    char text[FB_TIME_TEXT];
    const struct fb_registry *r = a->registry;
    if (r->count && a->entry->admitted < r->last) {
        fb_err_set(err, FB_E_TIME, "the admission time is before that of the record before");
        fb_err_hint(err, "Set the machine's clock: the last record was admitted at %s.",
            fb_time_format(r->last, text));
        return fb_admission_at(err, record, "at");
    }
    if (record->at > fb_time_add(a->entry->admitted, FB_ADMISSION_SKEW)) {
        ahead(a, "at", err);
        return fb_admission_at(err, record, "at");
    }
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    for (size_t i = 0; i < count; i++) {
        struct fb_value value =
            fields[i].type == FB_FIELD_TIME ? fb_record_value(record, i) : fb_value_none();
        if (value.type == FB_TYPE_TIME && value.u.time > a->entry->admitted) {
            ahead(a, fields[i].name, err);
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

/* Is a record of this id there, or is it of a kind that a lean registry does not keep? */
static bool is_there(const struct fb_registry *registry, struct fb_str id)
{
    enum fb_kind kind = fb_kind_of(fb_str_sub(id, 0, fb_str_find(id, '/', 0)));
    return !fb_registry_keeps(registry, kind) || fb_registry_item(registry, id);
}

/* Every id that the record holds: subject, supersedes, and the references of its body. */
static enum fb_code check_references(struct fb_admission *a, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    if (record->subject.len && !is_there(a->registry, record->subject)) {
        no_such_record(a->registry, "the subject", record->subject, err);
        return fb_admission_at(err, record, "subject");
    }
    if (record->supersedes.len && !is_there(a->registry, record->supersedes)) {
        no_such_record(a->registry, "the superseded record", record->supersedes, err);
        return fb_admission_at(err, record, "supersedes");
    }
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    for (size_t i = 0; i < count; i++) {
        const struct fb_json *value = fb_json_get(record->body, fields[i].name);
        bool is_list = fields[i].type == FB_FIELD_REFS;
        bool is_id = fields[i].type == FB_FIELD_REF || fields[i].type == FB_FIELD_RECORD;
        if (!value || (!is_id && !is_list)) {
            continue;
        }
        const struct fb_json *id = is_list ? value->child : value;
        while (id && is_there(a->registry, id->text)) {
            id = is_list ? id->next : NULL;
        }
        if (id) {
            char what[LIST_ROLE_MAX];
            (void)snprintf(what, sizeof(what), "the '%s'", fields[i].name);
            no_such_record(a->registry, what, id->text, err);
            return fb_json_err_at(err, id);
        }
    }
    return FB_OK;
}

const struct fb_registry_item *fb_registry_version(
    const struct fb_registry_item *root, uint64_t seq, fb_time known)
{
    FB_ASSERT(root && root->root == root);
    /* From the end, which is mostly the answer: whoever corrects a record as often as it likes does
     * not make all that rests on it slow. */
    const struct fb_registry_item *i = root->head;
    while (i && (i->record.seq >= seq || i->disowned <= known)) {
        i = i->older;
    }
    return i;
}

struct fb_str fb_registry_role(const struct fb_registry_item *party)
{
    const struct fb_registry_item *head = fb_registry_version(party, UINT64_MAX, FB_TIME_MAX - 1);
    return head ? fb_record_text(&head->record, "role") : FB_STR("");
}

const struct fb_registry_item *fb_registry_head(
    const struct fb_registry *registry, struct fb_str id)
{
    const struct fb_registry_item *item = fb_registry_item(registry, id);
    return item ? fb_registry_version(item->root, UINT64_MAX, FB_TIME_MAX - 1) : NULL;
}

bool fb_admission_word_in(struct fb_str word, const char *words)
{
    FB_ASSERT(words);
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

int64_t fb_admission_int(const struct fb_record *record, const char *field, int64_t otherwise)
{
    const struct fb_json *value = fb_json_get(record->body, field);
    FB_ASSERT(!value || value->is_integer);
    return value ? value->integer : otherwise;
}

const struct fb_registry_item *fb_registry_developer(
    const struct fb_registry *registry, struct fb_str system)
{
    const struct fb_registry_item *head = fb_registry_head(registry, system);
    if (!head) {
        return NULL;
    }
    FB_ASSERT(head->record.kind == FB_KIND_system);
    const struct fb_registry_item *party =
        fb_registry_item(registry, fb_record_text(&head->record, "developer"));
    return party ? party->root : NULL;
}

/* Whose affair the record is, as the root of a party: the developer of its system, or the party of
 * its own field, which *out_field names. NULL when it is about nobody. */
static const struct fb_registry_item *owner_of(const struct fb_admission *a, const char **out_field)
{
    *out_field = NULL;
    if (a->record->subject.len) {
        return fb_registry_developer(a->registry, a->record->subject);
    }
    const char *field = own_fields[a->record->kind];
    struct fb_str id = field ? fb_record_text(a->record, field) : (struct fb_str){NULL, 0};
    const struct fb_registry_item *party = id.len ? fb_registry_item(a->registry, id) : NULL;
    *out_field = party ? field : NULL;
    return party ? party->root : NULL;
}

/* A developer speaks of its own, where the kind asks that. */
static enum fb_code check_reach(
    const struct fb_admission *a, struct fb_str role, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    const char *field;
    const struct fb_registry_item *owner = owner_of(a, &field);
    if (issuers[record->kind].reach != REACH_OWN || !fb_str_is(role, "developer") || !owner ||
        owner == a->issuer) {
        return FB_OK;
    }
    bool is_system = !field || record->kind == FB_KIND_system;
    fb_err_set(err, FB_E_ROLE, "'%.*s' may issue a record of kind %s for %s only",
        FB_STR_ARG(record->issuer), fb_kind_name(record->kind),
        is_system ? "its own systems" : "itself");
    fb_err_hint(err, "%s is '%.*s', which must sign it.",
        is_system ? "The developer of that system" : "This one", FB_STR_ARG(owner->record.id));
    return field ? fb_admission_at_field(err, record, field)
                 : fb_admission_at(err, record, "subject");
}

/* Some roles may say only some of a field's words. */
static enum fb_code check_sayings(
    const struct fb_admission *a, struct fb_str role, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++) {
        if (sayings[i].kind != record->kind || !fb_str_is(role, sayings[i].role)) {
            continue;
        }
        struct fb_str word = fb_record_text(record, sayings[i].field);
        if (word.len && !fb_admission_word_in(word, sayings[i].words)) {
            fb_err_set(err, FB_E_ROLE, "'%.*s', whose role is %.*s, may not say '%.*s' here",
                FB_STR_ARG(record->issuer), FB_STR_ARG(role), FB_STR_ARG(word));
            fb_err_hint(err, "It may say: %s.", sayings[i].words);
            return fb_admission_at_field(err, record, sayings[i].field);
        }
    }
    return FB_OK;
}

/* May a party of this role issue the record? */
static enum fb_code check_kind(const struct fb_admission *a, struct fb_str role, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    const char *roles = issuers[record->kind].roles;
    if (record->kind == FB_KIND_key &&
        fb_registry_item(a->registry, fb_record_text(record, "party"))->root == a->issuer) {
        return FB_OK;
    }
    if (role.len == 0) {
        fb_err_set(err, FB_E_ROLE, "what says the role of '%.*s' rests on a key that was revoked",
            FB_STR_ARG(record->issuer));
        fb_err_hint(err, "Have a regulator correct the record of that party.");
        return fb_admission_at(err, record, "issuer");
    }
    if (!fb_admission_word_in(role, roles)) {
        fb_err_set(err, FB_E_ROLE, "'%.*s', whose role is %.*s, may not issue a record of kind %s",
            FB_STR_ARG(record->issuer), FB_STR_ARG(role), fb_kind_name(record->kind));
        fb_err_hint(err, "Have it issued and signed by a party whose role is one of %s.", roles);
        return fb_admission_at(err, record, "issuer");
    }
    enum fb_code code = check_reach(a, role, err);
    return code == FB_OK ? check_sayings(a, role, err) : code;
}

static enum fb_code check_role(const struct fb_admission *a, struct fb_err *err)
{
    return a->registry->count < 2 ? FB_OK : check_kind(a, fb_registry_role(a->issuer), err);
}

bool fb_registry_same(const struct fb_registry *registry, struct fb_str a, struct fb_str b)
{
    const struct fb_registry_item *item_a = fb_registry_item(registry, a);
    const struct fb_registry_item *item_b = fb_registry_item(registry, b);
    return item_a && item_b ? item_a->root == item_b->root : fb_str_eq(a, b);
}

/* True when two values of a field, either of which may be absent, mean the same. */
static bool same_value(
    const struct fb_registry *registry, const struct fb_json *a, const struct fb_json *b)
{
    if (!a || !b || a->kind != b->kind) {
        return !a && !b;
    }
    if (a->kind != FB_JSON_ARRAY) {
        return fb_registry_same(registry, a->text, b->text);
    }
    a = a->child, b = b->child;
    while (a && b && fb_registry_same(registry, a->text, b->text)) {
        a = a->next, b = b->next;
    }
    return !a && !b;
}

/* A correction keeps the subject, and the kept_fields. */
static enum fb_code check_same_about(
    const struct fb_admission *a, const struct fb_record *older, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    if (!fb_registry_same(a->registry, record->subject, older->subject)) {
        fb_err_set(err, FB_E_REFERENCE, "'%.*s' is about another subject", FB_STR_ARG(older->id));
        fb_err_hint(err, "A correction keeps the subject%s%.*s.",
            older->subject.len ? ", which is " : ": there is none", FB_STR_ARG(older->subject));
        return fb_admission_at(err, record, "subject");
    }
    struct fb_str names = fb_str_of(kept_fields[record->kind] ? kept_fields[record->kind] : "");
    for (size_t from = 0; from < names.len;) {
        size_t end = fb_str_find(names, '|', from);
        char name[LIST_ROLE_MAX];
        (void)snprintf(name, sizeof(name), "%.*s", FB_STR_ARG(fb_str_sub(names, from, end - from)));
        from = end + 1;
        const struct fb_json *before = fb_json_get(older->body, name);
        if (!same_value(a->registry, fb_json_get(record->body, name), before)) {
            fb_err_set(err, FB_E_REFERENCE, "'%.*s' has another '%s'", FB_STR_ARG(older->id), name);
            fb_err_hint(err, "A correction keeps '%s'%s%.*s.", name,
                !before                         ? ": there is none"
                : before->kind == FB_JSON_ARRAY ? " as it is"
                                                : ", which is ",
                FB_STR_ARG(before ? before->text : FB_STR("")));
            return fb_admission_at_field(err, record, name);
        }
    }
    return FB_OK;
}

/* The developer answers a request for access to its system. */
static bool is_answer(const struct fb_admission *a, const struct fb_registry_item *older)
{
    return a->record->kind == FB_KIND_grant &&
           fb_str_is(fb_record_text(&older->record, "state"), "requested") &&
           fb_registry_developer(a->registry, older->record.subject) == a->issuer;
}

/* A correction is about the same thing, by the same issuer, a regulator, or a key's holder. */
static enum fb_code check_supersedes(struct fb_admission *a, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    if (record->supersedes.len == 0 || !fb_registry_keeps(a->registry, record->kind)) {
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
    if (!same && !own_key && !is_answer(a, older) &&
        !fb_str_is(fb_registry_role(a->issuer), "regulator")) {
        fb_err_set(err, FB_E_ROLE, "'%.*s' was issued by '%.*s'", FB_STR_ARG(older->record.id),
            FB_STR_ARG(older->record.issuer));
        fb_err_hint(err, "Only its issuer or a regulator may correct it.");
        return fb_admission_at(err, record, "supersedes");
    }
    a->older = older;
    return FB_OK;
}

/* What only a regulator does, whatever the kind. */
static bool is_of_regulator(const struct fb_admission *a, const struct fb_registry_item *item)
{
    const struct fb_record *record = a->record;
    bool own_key = record->kind == FB_KIND_key && item->holder == a->issuer;
    if (a->older && !own_key && !fb_str_eq(record->issuer, a->older->record.issuer) &&
        !is_answer(a, a->older)) {
        return true;
    }
    if (record->kind == FB_KIND_party) {
        return fb_str_is(fb_record_text(record, "role"), "regulator") ||
               (a->older && fb_str_is(fb_record_text(&a->older->record, "role"), "regulator"));
    }
    if (record->kind == FB_KIND_key) {
        return fb_registry_key_revoked(item) < record->admitted ||
               (!own_key && fb_str_is(fb_registry_role(item->holder), "regulator"));
    }
    return record->kind == FB_KIND_order && fb_json_get(record->body, "duty");
}

bool fb_admission_role_may(
    const struct fb_registry *registry, const struct fb_registry_item *item, struct fb_str role)
{
    FB_ASSERT(registry && item);
    struct fb_err ignored;
    struct fb_admission a = {.registry = registry,
        .record = &item->record,
        .older = item->older,
        .issuer = fb_registry_item(registry, item->record.issuer)};
    fb_err_init(&ignored);
    return a.issuer && check_kind(&a, role, &ignored) == FB_OK &&
           (fb_str_is(role, "regulator") || !is_of_regulator(&a, item));
}

enum fb_code fb_admission_check(struct fb_admission *admission, struct fb_err *err)
{
    FB_ASSERT(admission->registry && admission->entry && admission->record);
    enum fb_code code = check_id(admission, err);
    if (code == FB_OK) {
        code = check_docket(admission, err);
    }
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
    if (code == FB_OK) {
        code = fb_admission_particular(admission, err);
    }
    if (admission->assumed) {
        return code;
    }
    if (code == FB_OK) {
        code = fb_admission_key(admission, err);
    }
    if (code == FB_OK) {
        code = fb_admission_signers(admission, err);
    }
    return code == FB_OK && !admission->unfinished ? fb_admission_quorum(admission, err) : code;
}

/* particular.c: what admission asks of the records of one kind only. */
#include "base/assert.h"
#include "record/admit.h"

/* ---- parties and keys: who makes a regulator ---- */

static bool is_regulator(const struct fb_registry_item *party)
{
    return party && fb_str_is(fb_registry_role(party), "regulator");
}

/* Once there is a regulator, only regulators make others, and change their records. */
static enum fb_code check_party(const struct fb_admission *a, struct fb_err *err)
{
    bool becomes = fb_str_is(fb_record_text(a->record, "role"), "regulator");
    bool was = a->older && is_regulator(a->older->root);
    if (a->assumed || !a->issuer || (!becomes && !was) || !a->registry->has_regulator ||
        is_regulator(a->issuer)) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_ROLE, "'%.*s', whose role is %.*s, may not %s a regulator",
        FB_STR_ARG(a->record->issuer), FB_STR_ARG(fb_registry_role(a->issuer)),
        was ? "change" : "make");
    fb_err_hint(err, "The docket has a regulator: have the record issued and signed by one.");
    return fb_admission_at(err, a->record, "issuer");
}

static bool has_key(const struct fb_registry *registry, const struct fb_registry_item *party)
{
    size_t i = 0;
    while (i < registry->count && registry->items[i]->holder != party) {
        i++;
    }
    return i < registry->count;
}

/* The keys of a regulator are declared by itself or another one; who introduced it declares its
 * first. Otherwise whoever may declare keys could sign as a regulator. */
static enum fb_code check_holder(const struct fb_admission *a, struct fb_err *err)
{
    const struct fb_registry_item *holder =
        fb_registry_item(a->registry, fb_record_text(a->record, "party"));
    FB_ASSERT(holder);
    holder = holder->root;
    if (a->assumed || !a->issuer || holder == a->issuer || !is_regulator(holder) ||
        is_regulator(a->issuer) ||
        (fb_str_eq(holder->record.issuer, a->record->issuer) && !has_key(a->registry, holder))) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_ROLE, "'%.*s' may not declare a key of the regulator '%.*s'",
        FB_STR_ARG(a->record->issuer), FB_STR_ARG(holder->record.id));
    fb_err_hint(err, "Have it issued and signed by '%.*s' or another regulator.",
        FB_STR_ARG(holder->record.id));
    return fb_admission_at(err, a->record, "issuer");
}

/* ---- systems: lineage without a circle ---- */

/* Ancestors of a system that were found so far, each once, as roots. */
struct ancestors {
    const struct fb_registry_item *items[FB_LINEAGE_MAX];
    size_t count;
};

/* False when there are too many. */
static bool meet(struct ancestors *a, const struct fb_registry_item *system)
{
    FB_ASSERT(system && system->record.kind == FB_KIND_system);
    for (size_t i = 0; i < a->count; i++) {
        if (a->items[i] == system->root) {
            return true;
        }
    }
    if (a->count == FB_LINEAGE_MAX) {
        return false;
    }
    a->items[a->count++] = system->root;
    return true;
}

/* Adds what a system's record says that it was made from. */
static bool meet_parents(
    struct ancestors *a, const struct fb_registry *registry, const struct fb_record *record)
{
    struct fb_str first = fb_record_text(record, "derived_from");
    if (first.len && !meet(a, fb_registry_item(registry, first))) {
        return false;
    }
    const struct fb_json *list = fb_json_get(record->body, "also_from");
    for (const struct fb_json *id = list ? list->child : NULL; id; id = id->next) {
        if (!meet(a, fb_registry_item(registry, id->text))) {
            return false;
        }
    }
    return true;
}

/* Only a correction can close a circle: what is new is nobody's ancestor yet. */
static enum fb_code check_lineage(const struct fb_admission *a, struct fb_err *err)
{
    struct ancestors found = {.count = 0};
    if (!a->older) {
        return FB_OK;
    }
    bool room = meet_parents(&found, a->registry, a->record);
    for (size_t i = 0; room && i < found.count; i++) {
        if (found.items[i] == a->older->root) {
            fb_err_set(err, FB_E_REFERENCE, "'%.*s' would descend from itself",
                FB_STR_ARG(a->older->root->record.id));
            fb_err_hint(err, "Name only systems that it was made from.");
            return fb_admission_at_field(err, a->record, "derived_from");
        }
        room = meet_parents(&found, a->registry, &found.items[i]->head->record);
    }
    if (!room) {
        fb_err_set(
            err, FB_E_LIMIT, "the system descends from more than %d systems", (int)FB_LINEAGE_MAX);
        fb_err_hint(err, "Name the nearest ones only.");
        return fb_admission_at_field(err, a->record, "derived_from");
    }
    return FB_OK;
}

/* ---- access: by the grant's holder, on the grant's system ---- */

static enum fb_code check_access(const struct fb_admission *a, struct fb_err *err)
{
    /* Any of its chain: a correction keeps system and holder. The last may have been signed by a
     * key that was revoked since, and all of them too. */
    const struct fb_registry_item *grant =
        fb_registry_item(a->registry, fb_record_text(a->record, "grant"));
    FB_ASSERT(grant && grant->record.kind == FB_KIND_grant);
    if (!fb_registry_same(a->registry, a->record->subject, grant->record.subject)) {
        fb_err_set(err, FB_E_REFERENCE, "'%.*s' is a grant for another system",
            FB_STR_ARG(grant->root->record.id));
        fb_err_hint(err, "It is for '%.*s'.", FB_STR_ARG(grant->record.subject));
        return fb_admission_at(err, a->record, "subject");
    }
    const struct fb_registry_item *holder =
        fb_registry_item(a->registry, fb_record_text(&grant->record, "party"));
    FB_ASSERT(holder);
    if (a->assumed || a->issuer == holder->root ||
        a->issuer == fb_registry_developer(a->registry, a->record->subject) ||
        fb_str_is(fb_registry_role(a->issuer), "regulator")) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_ROLE, "'%.*s' has no part in the grant '%.*s'",
        FB_STR_ARG(a->record->issuer), FB_STR_ARG(grant->root->record.id));
    fb_err_hint(err, "Its use is recorded by '%.*s', by the developer or by a regulator.",
        FB_STR_ARG(holder->root->record.id));
    return fb_admission_at(err, a->record, "issuer");
}

/* ---- reviews: by somebody without a part in what is reviewed ---- */

/* Did the party issue the record, or a version of it? */
static bool has_issued(const struct fb_registry_item *item, const struct fb_registry_item *party)
{
    const struct fb_registry_item *version = item->root;
    while (version && !fb_str_eq(version->record.issuer, party->record.id)) {
        version = version->successor;
    }
    return version != NULL;
}

/* Did the party evaluate the same system on the same task? Then it is one of the sides. */
static bool has_evaluated(const struct fb_admission *a, const struct fb_record *about,
    const struct fb_registry_item *party)
{
    for (size_t i = 0; i < a->registry->count; i++) {
        const struct fb_record *other = &a->registry->items[i]->record;
        if (other->kind == FB_KIND_evaluation && fb_str_eq(other->issuer, party->record.id) &&
            fb_str_eq(fb_record_text(other, "task"), fb_record_text(about, "task")) &&
            fb_registry_same(a->registry, other->subject, about->subject)) {
            return true;
        }
    }
    return false;
}

static enum fb_code check_review(const struct fb_admission *a, struct fb_err *err)
{
    const struct fb_registry_item *about =
        fb_registry_item(a->registry, fb_record_text(a->record, "about"));
    FB_ASSERT(about);
    bool is_system = about->record.kind == FB_KIND_system;
    struct fb_str system = is_system ? about->root->record.id : about->record.subject;
    if (a->record->subject.len && !fb_registry_same(a->registry, a->record->subject, system)) {
        fb_err_set(
            err, FB_E_REFERENCE, "'%.*s' is about another subject", FB_STR_ARG(about->record.id));
        fb_err_hint(err, "Leave 'subject' out, or write that of the record under review.");
        return fb_admission_at(err, a->record, "subject");
    }
    const char *part = NULL;
    if (a->assumed || !a->issuer) {
        return FB_OK;
    }
    if (has_issued(about, a->issuer)) {
        part = "issued it";
    } else if (system.len && fb_registry_developer(a->registry, system) == a->issuer) {
        part = "is the developer of its system";
    } else if (about->record.kind == FB_KIND_evaluation &&
               has_evaluated(a, &about->record, a->issuer)) {
        part = "evaluated the same";
    }
    if (!part) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_ROLE, "'%.*s' may not review '%.*s': it %s", FB_STR_ARG(a->record->issuer),
        FB_STR_ARG(about->record.id), part);
    fb_err_hint(err, "A review is by a regulator or auditor without a part in what is reviewed.");
    return fb_admission_at(err, a->record, "issuer");
}

/* ---- orders and licences: versions only rise ---- */

static enum fb_code too_low(
    const struct fb_admission *a, const struct fb_registry_item *before, struct fb_err *err)
{
    long long version = (long long)fb_admission_int(&before->record, "version", 0);
    fb_err_set(err, FB_E_MISMATCH, "version %lld is not higher than that of '%.*s', which is %lld",
        (long long)fb_admission_int(a->record, "version", 0), FB_STR_ARG(before->record.id),
        version);
    fb_err_hint(err, "Write %lld or more, and have it signed anew.", version + 1);
    return fb_admission_at_field(err, a->record, "version");
}

/* Numbers of versions leave room for those that follow. */
static enum fb_code check_step(
    const struct fb_admission *a, const struct fb_registry_item *before, struct fb_err *err)
{
    int64_t version = fb_admission_int(a->record, "version", 0);
    int64_t most = FB_VERSION_STEP_MAX;
    most += before ? fb_admission_int(&before->record, "version", 0) : 0;
    if (version <= most) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_RANGE, "version %lld is more than %d above the last", (long long)version,
        FB_VERSION_STEP_MAX);
    fb_err_hint(err, "Write %lld or less.", (long long)most);
    return fb_admission_at_field(err, a->record, "version");
}

static enum fb_code check_release(const struct fb_admission *a, struct fb_err *err)
{
    const struct fb_record *record = a->record;
    const struct fb_registry_item *order =
        fb_registry_item(a->registry, fb_record_text(record, "releases"));
    FB_ASSERT(order);
    order = order->root;
    if (fb_str_is(fb_record_text(&order->record, "action"), "release")) {
        fb_err_set(err, FB_E_REFERENCE, "'%.*s' is a release itself", FB_STR_ARG(order->record.id));
        fb_err_hint(err, "A release is not taken back: issue a new order.");
        return fb_admission_at_field(err, record, "releases");
    }
    if (order->released && fb_registry_release_void(a->registry, order->released) == FB_TIME_MAX) {
        fb_err_set(err, FB_E_REFERENCE, "'%.*s' was ended already by '%.*s'",
            FB_STR_ARG(order->record.id), FB_STR_ARG(order->released->record.id));
        fb_err_hint(err, "Nothing is left to release.");
        return fb_admission_at_field(err, record, "releases");
    }
    if (!fb_registry_same(a->registry, record->subject, order->record.subject)) {
        fb_err_set(
            err, FB_E_REFERENCE, "'%.*s' is about another subject", FB_STR_ARG(order->record.id));
        fb_err_hint(err, "A release has the subject of its order%s%.*s.",
            order->record.subject.len ? ": " : ", which has none",
            FB_STR_ARG(order->record.subject));
        return fb_admission_at(err, record, "subject");
    }
    return fb_admission_int(record, "version", 0) > fb_admission_int(&order->record, "version", 0)
               ? check_step(a, order, err)
               : too_low(a, order, err);
}

/* The consequence of a broken duty is ended by a regulator, who is not the one who broke it. */
static enum fb_code check_duty_release(const struct fb_admission *a, struct fb_err *err)
{
    if (a->assumed || fb_str_is(fb_registry_role(a->issuer), "regulator")) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_ROLE, "'%.*s', whose role is %.*s, may not end what a duty led to",
        FB_STR_ARG(a->record->issuer), FB_STR_ARG(fb_registry_role(a->issuer)));
    fb_err_hint(err, "Have it issued and signed by a regulator.");
    return fb_admission_at(err, a->record, "issuer");
}

/* What asks for signatures can get them. */
static enum fb_code check_could_sign(
    const struct fb_admission *a, const char *field, struct fb_err *err)
{
    if (a->assumed || !fb_json_get(a->record->body, field)) {
        return FB_OK;
    }
    size_t could = fb_registry_could_sign(a->registry, a->record);
    int64_t needs = fb_admission_int(a->record, field, 1);
    bool order = a->record->kind == FB_KIND_order;
    if (could >= (size_t)needs) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_REFERENCE, "%lld parties must sign its %s, but only %zu could",
        (long long)needs, order ? "release" : "next version", could);
    fb_err_hint(err, "Introduce the others first%s, or ask for fewer.",
        order ? ", name them in 'release_by'" : "");
    return fb_admission_at_field(err, a->record, field);
}

static enum fb_code check_order(const struct fb_admission *a, struct fb_err *err)
{
    if (a->older) {
        return FB_OK; /* a correction keeps all that counts */
    }
    if (fb_json_get(a->record->body, "releases")) {
        return check_release(a, err);
    }
    enum fb_code code = check_step(a, NULL, err);
    if (code == FB_OK && fb_json_get(a->record->body, "duty")) {
        return check_duty_release(a, err);
    }
    return code == FB_OK ? check_could_sign(a, "release_needs", err) : code;
}

static enum fb_code check_licence(const struct fb_admission *a, struct fb_err *err)
{
    const struct fb_registry_item *last = fb_registry_last_licence(a->registry, a->record);
    if (a->older) {
        return FB_OK; /* a correction keeps the version, and what the next one needs */
    }
    if (last && fb_admission_int(a->record, "version", 0) <=
                    fb_admission_int(&last->record, "version", 0)) {
        return too_low(a, last, err);
    }
    enum fb_code code = check_step(a, last, err);
    return code == FB_OK ? check_could_sign(a, "change_needs", err) : code;
}

/* ---- erasures: of what is one's own, and of nothing that verdicts are computed from ---- */

static bool names_digest(const struct fb_record *record, struct fb_str digest)
{
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    for (size_t i = 0; record->kind != FB_KIND_erasure && i < count; i++) {
        if (fields[i].type == FB_FIELD_DIGEST &&
            fb_str_eq(fb_record_text(record, fields[i].name), digest)) {
            return true;
        }
    }
    return false;
}

/* Whether what an order speaks of names the blob: it, or another version of it, or, for a subject,
 * a record about that. */
static bool speaks_of(
    const struct fb_registry *registry, const struct fb_record *order, struct fb_str digest)
{
    struct fb_str about = fb_record_text(order, "about");
    if (!about.len && !order->subject.len) {
        return true; /* of whatever there is */
    }
    for (size_t i = 0; i < registry->count; i++) {
        const struct fb_record *record = &registry->items[i]->record;
        if (names_digest(record, digest) &&
            (about.len ? fb_registry_same(registry, about, record->id)
                       : fb_registry_same(registry, order->subject, record->subject))) {
            return true;
        }
    }
    return false;
}

enum fb_code fb_registry_lets_erase(const struct fb_registry *registry, struct fb_str order,
    struct fb_str eraser, struct fb_str digest, struct fb_err *err)
{
    FB_ASSERT(registry && err);
    const struct fb_registry_item *item = fb_registry_item(registry, order);
    const struct fb_record *record = item ? &item->record : NULL;
    if (!record || record->kind != FB_KIND_decision ||
        !fb_str_is(fb_record_text(record, "topic"), "erasure") ||
        !fb_str_is(fb_record_text(record, "outcome"), "granted")) {
        fb_err_set(err, FB_E_REFERENCE, "'%.*s' is no decision on record that grants an erasure",
            FB_STR_ARG(order));
        return fb_err_hint(err, "Name a decision with topic erasure and outcome granted.");
    }
    if (fb_registry_same(registry, record->issuer, eraser)) {
        fb_err_set(err, FB_E_REFERENCE, "'%.*s' is by '%.*s', who erases", FB_STR_ARG(order),
            FB_STR_ARG(eraser));
        return fb_err_hint(err, "A reason of one's own is said with 'despite'.");
    }
    const struct fb_registry_item *issuer = fb_registry_item(registry, record->issuer);
    if (!issuer || !fb_str_is(fb_registry_role(issuer->root), "regulator")) {
        fb_err_set(err, FB_E_ROLE, "'%.*s' is by '%.*s', who is no regulator", FB_STR_ARG(order),
            FB_STR_ARG(record->issuer));
        return fb_err_hint(err, "Only a regulator can ask for what must be kept.");
    }
    if (!speaks_of(registry, record, digest)) {
        fb_err_set(err, FB_E_REFERENCE, "'%.*s' is about something else", FB_STR_ARG(order));
        return fb_err_hint(err, "It must be about a record that names the blob, or about its "
                                "system, or say neither.");
    }
    return FB_OK;
}

static enum fb_code check_erasure(const struct fb_admission *a, struct fb_err *err)
{
    struct fb_str digest = fb_record_text(a->record, "digest");
    struct fb_str order = fb_record_text(a->record, "order");
    if (order.len && !a->assumed &&
        fb_registry_lets_erase(a->registry, order, a->record->issuer, digest, err) != FB_OK) {
        return fb_admission_at_field(err, a->record, "order");
    }
    bool is_named = false;
    const struct fb_record *other = NULL; /* of somebody else, that names it */
    for (size_t i = 0; i < a->registry->count; i++) {
        const struct fb_record *record = &a->registry->items[i]->record;
        if (!names_digest(record, digest)) {
            continue;
        }
        if (record->kind == FB_KIND_policy) {
            fb_err_set(err, FB_E_REFERENCE, "it is the text of '%.*s'", FB_STR_ARG(record->id));
            fb_err_hint(err, "A policy cannot be erased: verdicts are computed from it.");
            return fb_admission_at_field(err, a->record, "digest");
        }
        is_named = true;
        other = fb_str_eq(record->issuer, a->record->issuer) ? other : record;
    }
    if (a->assumed || !a->issuer || (is_named && !other) ||
        fb_admission_word_in(fb_registry_role(a->issuer), "regulator|operator")) {
        return FB_OK;
    }
    if (other) {
        fb_err_set(err, FB_E_ROLE, "'%.*s' may not erase what '%.*s' names: '%.*s' issued that",
            FB_STR_ARG(a->record->issuer), FB_STR_ARG(other->id), FB_STR_ARG(other->issuer));
    } else {
        fb_err_set(err, FB_E_ROLE, "'%.*s' may not erase what no record of its own names",
            FB_STR_ARG(a->record->issuer));
    }
    fb_err_hint(err, "Have it erased by a regulator or an operator.");
    return fb_admission_at(err, a->record, "issuer");
}

enum fb_code fb_admission_particular(const struct fb_admission *admission, struct fb_err *err)
{
    static enum fb_code (*const checks[FB_KIND_END])(
        const struct fb_admission *, struct fb_err *) = {
        [FB_KIND_party] = check_party,
        [FB_KIND_key] = check_holder,
        [FB_KIND_system] = check_lineage,
        [FB_KIND_access] = check_access,
        [FB_KIND_review] = check_review,
        [FB_KIND_order] = check_order,
        [FB_KIND_licence] = check_licence,
        [FB_KIND_erasure] = check_erasure,
    };
    FB_ASSERT(admission && admission->record && admission->record->kind < FB_KIND_END);
    if (!fb_registry_keeps(admission->registry, FB_KIND_evaluation) &&
        (admission->record->kind == FB_KIND_review || admission->record->kind == FB_KIND_erasure)) {
        return FB_OK; /* what they are about is not kept */
    }
    return checks[admission->record->kind] ? checks[admission->record->kind](admission, err)
                                           : FB_OK;
}

#include "record/terms.h"

#include <string.h>

#include "base/assert.h"
#include "ledger/sha256.h"

/* What a term says of a record; its number stands first in what is hashed. Stable. */
enum says {
    SAYS_ID = 1,
    SAYS_NEWER = 2,
    SAYS_KIND = 3,
    SAYS_CORRECTS = 4,
    SAYS_CORRECTS_AT = 5,
    SAYS_REVOKES = 6,
    SAYS_FIELD = 7,
};

enum { TERM_BYTES = 6 };

static uint64_t term_of(enum says says, enum fb_kind kind, struct fb_str field, struct fb_str value)
{
    uint8_t digest[FB_SHA256_SIZE];
    const char head[2] = {(char)says, (char)kind};
    struct fb_sha256 sha;
    fb_sha256_init(&sha);
    fb_sha256_add(&sha, (struct fb_str){head, sizeof(head)});
    fb_sha256_add(&sha, field);
    fb_sha256_add(&sha, (struct fb_str){"", 1}); /* names of fields hold no zero */
    fb_sha256_add(&sha, value);
    fb_sha256_end(&sha, digest);
    uint64_t term = 0;
    for (size_t i = 0; i < TERM_BYTES; i++) {
        term = term << 8 | digest[i];
    }
    return term;
}

static const struct fb_str nothing = {"", 0};

uint64_t fb_term_id(struct fb_str id)
{
    return term_of(SAYS_ID, FB_KIND_NONE, nothing, id);
}

uint64_t fb_term_newer(struct fb_str id)
{
    return term_of(SAYS_NEWER, FB_KIND_NONE, nothing, id);
}

uint64_t fb_term_kind(enum fb_kind kind)
{
    return term_of(SAYS_KIND, kind, nothing, nothing);
}

uint64_t fb_term_corrections(void)
{
    return term_of(SAYS_CORRECTS, FB_KIND_NONE, nothing, nothing);
}

uint64_t fb_term_corrections_at(fb_time admitted)
{
    char text[FB_TIME_TEXT];
    return term_of(
        SAYS_CORRECTS_AT, FB_KIND_NONE, nothing, fb_str_of(fb_time_format(admitted, text)));
}

uint64_t fb_term_revocations(void)
{
    return term_of(SAYS_REVOKES, FB_KIND_NONE, nothing, nothing);
}

uint64_t fb_term_field(enum fb_kind kind, struct fb_str field, struct fb_str value)
{
    FB_ASSERT(fb_term_has(kind, field, NULL));
    return term_of(SAYS_FIELD, kind, field, value);
}

/* Roles are few words, and yet rules look for them alone; the others are what files name. */
static bool is_looked_up(const struct fb_field *field)
{
    return (field->kind == FB_KIND_party && strcmp(field->name, "role") == 0) ||
           (field->kind == FB_KIND_key && strcmp(field->name, "fingerprint") == 0) ||
           (field->kind == FB_KIND_system && strcmp(field->name, "models") == 0) ||
           (field->kind == FB_KIND_run && strcmp(field->name, "job_names") == 0);
}

static bool has_term(const struct fb_field *field, bool *out_ref)
{
    bool ref = field->type == FB_FIELD_REF || field->type == FB_FIELD_REFS ||
               field->type == FB_FIELD_RECORD;
    *out_ref = ref;
    return ref || field->type == FB_FIELD_NAME || field->type == FB_FIELD_DIGEST ||
           is_looked_up(field);
}

bool fb_term_has(enum fb_kind kind, struct fb_str field, bool *out_ref)
{
    bool ref = false, has = false;
    size_t count;
    const struct fb_field *fields = fb_kind_fields(kind, &count);
    if (fb_str_is(field, "issuer")) {
        has = true;
    } else if (fb_str_is(field, "subject")) {
        has = ref = fb_kind_subject(kind) != FB_SUBJECT_NONE;
    }
    for (size_t i = 0; i < count && !has; i++) {
        has = fb_str_is(field, fields[i].name) && has_term(&fields[i], &ref);
    }
    if (out_ref) {
        *out_ref = has && ref;
    }
    return has;
}

bool fb_term_has_none(enum fb_kind kind, struct fb_str field)
{
    return fb_str_is(field, "subject") && fb_kind_subject(kind) == FB_SUBJECT_MAY;
}

static bool revokes(const struct fb_record *record)
{
    return record->kind == FB_KIND_key && fb_json_get(record->body, "revoked");
}

/* Terms in the making. */
struct making {
    const struct fb_record *record;
    uint64_t *out;
    size_t count;
};

static void add(struct making *m, uint64_t term)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->out[i] == term) {
            return;
        }
    }
    FB_ASSERT(m->count < FB_TERMS_MAX);
    m->out[m->count++] = term;
}

static void add_field(struct making *m, struct fb_str field, struct fb_str value)
{
    add(m, term_of(SAYS_FIELD, m->record->kind, field, value));
}

static void add_fields(struct making *m)
{
    size_t count;
    const struct fb_field *fields = fb_kind_fields(m->record->kind, &count);
    for (size_t i = 0; i < count; i++) {
        bool ref;
        const struct fb_json *value =
            has_term(&fields[i], &ref) ? fb_json_get(m->record->body, fields[i].name) : NULL;
        if (value && value->kind == FB_JSON_ARRAY) {
            for (const struct fb_json *id = value->child; id; id = id->next) {
                add_field(m, fb_str_of(fields[i].name), id->text);
            }
        } else if (value) {
            add_field(m, fb_str_of(fields[i].name), value->text);
        }
    }
}

size_t fb_record_terms(const struct fb_record *record, uint64_t out[FB_TERMS_MAX])
{
    FB_ASSERT(record && out);
    struct making m = {record, out, 0};
    enum fb_kind kind = record->kind;
    add(&m, fb_term_id(record->id));
    add(&m, fb_term_kind(kind));
    add_field(&m, FB_STR("issuer"), record->issuer);
    if (record->subject.len || fb_term_has_none(kind, FB_STR("subject"))) {
        add_field(&m, FB_STR("subject"), record->subject);
    }
    if (record->supersedes.len) {
        add(&m, fb_term_newer(record->supersedes));
        add(&m, fb_term_corrections());
        add(&m, fb_term_corrections_at(record->admitted));
    }
    if (revokes(record)) {
        add(&m, fb_term_revocations());
    }
    add_fields(&m);
    return m.count;
}

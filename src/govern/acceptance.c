#include "govern/acceptance.h"

#include <string.h>

#include "base/assert.h"

const char *fb_case_stage_note(const struct fb_case_view *view)
{
    return view->stage == FB_CASE_ACCEPTED && view->label != FB_LABEL_IN
               ? ", which counts for nothing while it does not stand"
               : "";
}

const char *fb_case_stage_name(enum fb_case_stage stage)
{
    static const char *const NAMES[] = {"submitted", "sent back", "accepted"};
    FB_ASSERT((unsigned)stage < sizeof(NAMES) / sizeof(NAMES[0]));
    return NAMES[stage];
}

/* ---- versions ---- */

/* True when two records are versions of one case. */
static bool same_case(const struct fb_work *work, const struct fb_record *a, struct fb_str id)
{
    const struct fb_record *b = fb_registry_find(work->input->registry, id);
    return b && b->kind == FB_KIND_case && fb_work_root(work, a) == fb_work_root(work, b);
}

/* The version with a record's id that was made before, or NULL. */
static const struct fb_case_version *version_of(const struct fb_work *work, struct fb_str id)
{
    for (size_t i = 0; i < work->case_version_count; i++) {
        if (fb_str_eq(work->case_versions[i]->record->id, id)) {
            return work->case_versions[i];
        }
    }
    return NULL;
}

/* True when what is said about a record holds of a version: it is that one, or its argument is the
 * same. */
static bool is_about(
    const struct fb_work *work, const struct fb_case_version *version, struct fb_str about)
{
    if (fb_str_eq(about, version->record->id)) {
        return true;
    }
    const struct fb_case_version *other =
        same_case(work, version->record, about) ? version_of(work, about) : NULL;
    return other && other->argument && version->argument &&
           memcmp(other->digest, version->digest, FB_SHA256_SIZE) == 0;
}

/* True when a digest as records write it is this one. */
static bool is_digest(struct fb_str text, const uint8_t digest[FB_SHA256_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    bool same = text.len == 7 + 2 * (size_t)FB_SHA256_SIZE;
    for (size_t i = 0; same && i < FB_SHA256_SIZE; i++) {
        same = text.ptr[7 + 2 * i] == digits[digest[i] >> 4] &&
               text.ptr[8 + 2 * i] == digits[digest[i] & 15];
    }
    return same;
}

static enum fb_code fit_of(const struct fb_work *work, const struct fb_case_version *version,
    const struct fb_record *review, enum fb_review_fit *out, struct fb_err *err)
{
    struct fb_str about = fb_record_text(review, "about");
    struct fb_str id = fb_record_text(review, "element");
    *out = FB_REVIEW_OTHER;
    if (!same_case(work, version->record, about)) {
        return FB_OK;
    }
    if (id.len == 0 || !version->argument) {
        *out = is_about(work, version, about) ? FB_REVIEW_FITS : FB_REVIEW_SUSPECT;
        return FB_OK;
    }
    uint8_t digest[FB_SHA256_SIZE];
    uint32_t element = fb_case_find(version->argument, id);
    *out = FB_REVIEW_SUSPECT;
    if (element == UINT32_MAX) {
        return FB_OK;
    }
    enum fb_code code = fb_case_digest(version->argument, element, digest, err);
    if (code == FB_OK && is_digest(fb_record_text(review, "part"), digest)) {
        *out = FB_REVIEW_FITS;
    }
    return code;
}

enum fb_code fb_acceptance_version(struct fb_work *work, const struct fb_record *record,
    const struct fb_case *argument, struct fb_case_version **out, struct fb_err *err)
{
    FB_ASSERT(work && record && out);
    FB_ASSERT(work->case_version_count < work->case_version_cap);
    struct fb_case_version *version = FB_ARENA_NEW(work->arena, struct fb_case_version);
    if (!version) {
        return fb_arena_failed(work->arena, err);
    }
    *version = (struct fb_case_version){.record = record,
        .argument = argument,
        .system = fb_work_subject(work, record),
        .fits = FB_ARENA_ARRAY(work->arena, enum fb_review_fit, work->review_count)};
    if (!version->fits) {
        return fb_arena_failed(work->arena, err);
    }
    enum fb_code code =
        argument ? fb_case_digest(argument, argument->top, version->digest, err) : FB_OK;
    for (size_t i = 0; code == FB_OK && i < work->review_count; i++) {
        code = fit_of(work, version, work->reviews[i], &version->fits[i], err);
    }
    if (code == FB_OK) {
        work->case_versions[work->case_version_count++] = version;
        *out = version;
    }
    return code;
}

/* ---- who may judge ---- */

/* The role of a party now. */
static struct fb_str role_of(const struct fb_work *work, struct fb_str party)
{
    const struct fb_record *record =
        fb_registry_find(work->input->registry, fb_work_root_id(work, party));
    return record ? fb_record_text(fb_work_head(work, record), "role") : FB_STR("");
}

/* The decision or licence of a regulator about a version; what it says. */
static bool decides(const struct fb_work *work, const struct fb_case_version *version,
    const struct fb_record *record, bool *accepts)
{
    bool licence = record->kind == FB_KIND_licence;
    if (!licence && (record->kind != FB_KIND_decision ||
                        !fb_str_is(fb_record_text(record, "topic"), FB_ACCEPTANCE_TOPIC))) {
        return false;
    }
    struct fb_str about = fb_record_text(record, licence ? "case" : "about");
    struct fb_str said = fb_record_text(record, licence ? "state" : "outcome");
    *accepts = fb_str_is(said, "granted");
    return about.len > 0 && (*accepts || !licence) && !fb_str_is(said, "noted") &&
           is_about(work, version, about) && fb_str_is(role_of(work, record->issuer), "regulator");
}

/* Whether a record counts at an instant: it is there, and in its validity. */
static bool is_valid(const struct fb_work *work, const struct fb_record *record, fb_time at)
{
    return record->admitted <= at && at < fb_work_superseded(work, record) &&
           fb_work_time(record, "valid_from", FB_TIME_MIN) <= at &&
           at < fb_work_time(record, "valid_until", FB_TIME_MAX);
}

/* True when a later review of the same reviewer about the same part decides otherwise. */
static bool is_overtaken(
    const struct fb_work *work, const struct fb_case_version *version, size_t index, fb_time at)
{
    const struct fb_record *review = work->reviews[index];
    for (size_t i = index + 1; i < work->review_count; i++) {
        const struct fb_record *later = work->reviews[i];
        struct fb_str part = fb_record_text(later, "element");
        if (version->fits[i] == FB_REVIEW_FITS && later->admitted <= at &&
            fb_str_eq(later->issuer, review->issuer) &&
            !fb_str_is(fb_record_text(later, "finding"), "inconclusive") &&
            (part.len == 0 || fb_str_eq(part, fb_record_text(review, "element")))) {
            return true;
        }
    }
    return false;
}

/* True when a review that counts at an instant has this finding. */
static bool finds(const struct fb_work *work, const struct fb_case_version *version, size_t index,
    const char *finding, fb_time at)
{
    const struct fb_record *review = work->reviews[index];
    return version->fits[index] == FB_REVIEW_FITS && review->admitted <= at &&
           fb_str_is(fb_record_text(review, "finding"), finding) &&
           !is_overtaken(work, version, index, at);
}

bool fb_acceptance_reviewed(const struct fb_work *work, const struct fb_case_version *version,
    struct fb_str role, fb_time at)
{
    for (size_t i = 0; i < work->review_count; i++) {
        const struct fb_record *review = work->reviews[i];
        if (fb_record_text(review, "element").len == 0 && finds(work, version, i, "upheld", at) &&
            fb_str_eq(role_of(work, review->issuer), role)) {
            return true;
        }
    }
    return false;
}

void fb_acceptance_at(const struct fb_work *work, const struct fb_case_version *version, fb_time at,
    struct fb_case_span *span)
{
    FB_ASSERT(work && version && span);
    span->stage = FB_CASE_SUBMITTED;
    span->by = NULL;
    for (size_t i = 0; i < work->decision_count; i++) {
        bool accepts = false;
        const struct fb_record *record = work->decisions[i];
        if (is_valid(work, record, at) && decides(work, version, record, &accepts)) {
            span->stage = accepts ? FB_CASE_ACCEPTED : FB_CASE_SENT_BACK;
            span->by = record;
        }
    }
    for (size_t i = 0; i < work->review_count; i++) {
        if (finds(work, version, i, "rejected", at)) {
            span->stage = FB_CASE_SENT_BACK;
            span->by = work->reviews[i];
        }
    }
}

enum fb_code fb_acceptance_instants(const struct fb_work *work,
    const struct fb_case_version *version,
    enum fb_code (*take)(void *ctx, fb_time t, struct fb_err *err), void *ctx, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < work->decision_count; i++) {
        bool ignored;
        const struct fb_record *record = work->decisions[i];
        if (!decides(work, version, record, &ignored)) {
            continue;
        }
        const fb_time all[] = {record->admitted, fb_work_superseded(work, record),
            fb_work_time(record, "valid_from", FB_TIME_MIN),
            fb_work_time(record, "valid_until", FB_TIME_MAX)};
        for (size_t k = 0; code == FB_OK && k < sizeof(all) / sizeof(all[0]); k++) {
            code = take(ctx, all[k], err);
        }
    }
    for (size_t i = 0; code == FB_OK && i < work->review_count; i++) {
        if (version->fits[i] == FB_REVIEW_FITS) {
            code = take(ctx, work->reviews[i]->admitted, err);
        }
    }
    return code;
}

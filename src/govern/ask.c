/* ask.c: answers evidence predicates from the records. */
#include <string.h>

#include "base/assert.h"
#include "govern/predicate.h"
#include "ledger/sha256.h"

/* A record that may answer, and how it was found. */
struct witness {
    const struct fb_record *record; /* NULL: there is none */
    bool is_doubtful;               /* none has the signer or digest that is asked for */
};

/* ---- who signed, and what ---- */

/* True when a party is who is asked for: its id or name, its role, or not the developer. */
static bool is_who(
    const struct fb_question *q, const struct fb_predicate *p, struct fb_str party_id)
{
    const struct fb_work *work = q->work;
    struct fb_str party = fb_work_root_id(work, party_id);
    if (fb_str_is(p->signer, "independent")) {
        size_t system = fb_picture_system(work->picture, q->system);
        return system != SIZE_MAX && !fb_str_eq(party, work->picture->systems[system].developer);
    }
    const struct fb_record *record = fb_registry_find(work->input->registry, party);
    record = record ? fb_work_head(work, record) : NULL;
    return fb_str_eq(party, p->signer) ||
           (fb_str_starts(party, FB_STR("party/")) &&
               fb_str_eq(fb_str_sub(party, 6, party.len), p->signer)) ||
           (record && fb_str_eq(fb_record_text(record, "role"), p->signer));
}

static bool is_signed(
    const struct fb_question *q, const struct fb_predicate *p, const struct fb_record *record)
{
    const struct fb_registry *registry = q->work->input->registry;
    bool good = p->signer.len == 0 || is_who(q, p, record->issuer);
    for (size_t i = 0; !good && i < fb_registry_signer_count(registry, record); i++) {
        struct fb_registry_signer signer;
        good = fb_registry_signer(registry, record, i, &signer) && is_who(q, p, signer.party) &&
               !fb_str_is(p->signer, "independent");
    }
    return good;
}

static bool has_digest(const struct fb_predicate *p, const struct fb_record *record)
{
    if (p->digest.len == 0) {
        return true;
    }
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].type == FB_FIELD_DIGEST &&
            fb_str_eq(fb_record_text(record, fields[i].name), p->digest)) {
            return true;
        }
    }
    static const char digits[] = "0123456789abcdef";
    uint8_t sum[FB_SHA256_SIZE];
    fb_sha256_of(record->statement, sum);
    for (size_t i = 0; i < FB_SHA256_SIZE; i++) {
        if (p->digest.ptr[7 + 2 * i] != digits[sum[i] >> 4] ||
            p->digest.ptr[8 + 2 * i] != digits[sum[i] & 15]) {
            return false;
        }
    }
    return true;
}

static bool is_authentic(
    const struct fb_question *q, const struct fb_predicate *p, const struct fb_record *record)
{
    return is_signed(q, p, record) && has_digest(p, record);
}

/* ---- which record ---- */

/* The field of a record that a predicate's name is compared with. */
static const char *name_field(enum fb_predicate_kind kind)
{
    return kind == FB_PREDICATE_AUDIT ? "standard" : "name";
}

static enum fb_kind kind_asked(enum fb_predicate_kind kind)
{
    switch (kind) {
    case FB_PREDICATE_BOUND:
        return FB_KIND_evaluation;
    case FB_PREDICATE_AUDIT:
        return FB_KIND_audit;
    case FB_PREDICATE_MEASURE:
        return FB_KIND_measure;
    case FB_PREDICATE_RISK:
        return FB_KIND_risk;
    case FB_PREDICATE_LINE:
    case FB_PREDICATE_REVIEW:
    case FB_PREDICATE_DECISION:
    case FB_PREDICATE_RECORD:
        return FB_KIND_NONE;
    }
    return FB_KIND_NONE;
}

/* True when a record of the system may answer at some time. */
static bool may_answer(const struct fb_predicate *p, const struct fb_record *record)
{
    if (record->kind != kind_asked(p->kind)) {
        return false;
    }
    const char *field = p->kind == FB_PREDICATE_BOUND ? "task" : name_field(p->kind);
    return fb_str_eq(fb_record_text(record, field), p->name);
}

/* The parts of the question's system, or NULL. */
static const struct fb_system_parts *parts_of(const struct fb_question *q)
{
    size_t system = fb_picture_system(q->work->picture, q->system);
    return system == SIZE_MAX ? NULL : &q->work->parts[system];
}

/* The last record of the system that answers; one that is authentic before one that is not. */
static struct witness find_last(const struct fb_question *q, const struct fb_predicate *p)
{
    const struct fb_system_parts *parts = parts_of(q);
    struct witness found = {NULL, false};
    for (size_t i = parts ? parts->record_count : 0; i-- > 0;) {
        const struct fb_record *record = parts->records[i];
        if (!may_answer(p, record) || record->admitted > q->at ||
            fb_work_superseded(q->work, record) <= q->at) {
            continue;
        }
        if (is_authentic(q, p, record)) {
            return (struct witness){record, false};
        }
        if (!found.record) {
            found = (struct witness){record, true};
        }
    }
    return found;
}

/* ---- freshness ---- */

/* When what a record says was so: as it says, and not after it was admitted. */
static fb_time when(const struct fb_record *record)
{
    fb_time ended = record->kind == FB_KIND_audit || record->kind == FB_KIND_evaluation
                        ? fb_work_time(record, "ended", record->at)
                        : record->at;
    return ended < record->admitted ? ended : record->admitted;
}

/* The span over which a record is fresh enough for a predicate. */
static void fresh_span(const struct fb_predicate *p, const struct fb_record *record, fb_time out[2])
{
    out[0] = p->from;
    out[1] = p->until;
    if (record && p->within_us > 0) {
        fb_time end = fb_time_add(when(record), p->within_us);
        out[1] = end < out[1] ? end : out[1];
    }
    if (record && (record->kind == FB_KIND_audit || record->kind == FB_KIND_decision)) {
        fb_time from = record->kind == FB_KIND_decision
                           ? fb_work_time(record, "valid_from", FB_TIME_MIN)
                           : FB_TIME_MIN;
        fb_time until = fb_work_time(record, "valid_until", FB_TIME_MAX);
        out[0] = from > out[0] ? from : out[0];
        out[1] = until < out[1] ? until : out[1];
    }
}

/* Fills in freshness and authenticity, and says what is wrong with them. */
static void judge(const struct fb_question *q, const struct fb_predicate *p,
    const struct witness *witness, struct fb_evidence *out)
{
    fb_time span[2];
    char text[2][FB_TIME_TEXT];
    struct fb_arena *arena = q->work->arena;
    fresh_span(p, witness->record, span);
    out->is_stale = q->at < span[0] || q->at >= span[1];
    out->is_doubtful = witness->is_doubtful;
    if (out->why && out->is_stale) {
        fb_why_add(out->why,
            fb_why_new(arena, "it is fresh from %s until %s only",
                fb_time_format_short(span[0], text[0]), fb_time_format_short(span[1], text[1])));
    }
    if (out->why && out->is_doubtful) {
        fb_why_add(
            out->why, p->digest.len && witness->record && !has_digest(p, witness->record)
                          ? fb_why_new(arena, "its digest is not %.*s", FB_STR_ARG(p->digest))
                          : fb_why_new(arena, "it is not signed by %.*s", FB_STR_ARG(p->signer)));
    }
}

/* ---- red lines ---- */

/* The system's line with this name in the version that was in force then, or NULL. */
static struct fb_line_view *line_asked(const struct fb_question *q, struct fb_str name)
{
    size_t system = fb_picture_system(q->work->picture, q->system);
    for (size_t i = 0; i < q->work->version_count; i++) {
        const struct fb_version *version = &q->work->versions[i];
        struct fb_str policy = version->program->name;
        if (q->at < version->from || q->at >= version->until || !fb_str_starts(name, policy) ||
            name.len <= policy.len || name.ptr[policy.len] != '/') {
            continue;
        }
        struct fb_str rule = fb_str_sub(name, policy.len + 1, name.len);
        for (size_t r = 0; system != SIZE_MAX && r < version->program->redline_count; r++) {
            if (fb_str_eq(version->program->redlines[r].name, rule)) {
                return fb_work_line(q->work, version, r, system);
            }
        }
    }
    return NULL;
}

static enum fb_code ask_line(const struct fb_question *q, const struct fb_predicate *p,
    struct fb_arena *arena, struct fb_evidence *out, struct fb_err *err)
{
    struct fb_line_view *line = line_asked(q, p->name);
    if (!line) {
        out->why = fb_why_new(
            arena, "no policy in force has a red line \"%.*s\" here", FB_STR_ARG(p->name));
        return FB_OK;
    }
    enum fb_code code = fb_work_line_why(q->work, line, err);
    if (code != FB_OK) {
        return code;
    }
    const struct fb_segment *segment = fb_segment_at(&line->history, q->at);
    out->why = fb_why_new(
        arena, "red line %.*s is %s", FB_STR_ARG(p->name), fb_line_status_name(segment->status));
    fb_why_add(out->why, fb_work_why_copy(q->work, segment->why));
    out->health = segment->status == FB_LINE_CROSSED         ? FB_EVIDENCE_FAILS
                  : segment->status == FB_LINE_NOT_RULED_OUT ? FB_EVIDENCE_UNKNOWN
                                                             : FB_EVIDENCE_HOLDS;
    return FB_OK;
}

/* ---- bounds ---- */

/* The figures of the system's evaluations against a bound, made once for each predicate. */
static enum fb_code figures_of(const struct fb_question *q, const struct fb_predicate *p,
    struct fb_str text, struct fb_figures_list **out, struct fb_err *err)
{
    *out = fb_map_get(q->bounds, text);
    if (*out) {
        return FB_OK;
    }
    struct fb_arena *arena = q->work->arena;
    size_t system = fb_picture_system(q->work->picture, q->system), count = 0;
    struct fb_evaluation *evaluations = NULL;
    struct fb_figures_list *list = FB_ARENA_NEW(arena, struct fb_figures_list);
    struct fb_redline line = {.name = p->name,
        .measures = {p->name},
        .measure_count = 1,
        .threshold = p->threshold,
        .confidence = p->confidence};
    line.needs.age_us = p->within_us;
    if (!list) {
        return fb_arena_failed(arena, err);
    }
    enum fb_code code = FB_OK;
    if (system != SIZE_MAX) {
        code = fb_work_evaluations(
            q->work, &q->work->picture->systems[system], &evaluations, &count, err);
        code = code ? code : fb_assess(&line, evaluations, count, arena, list, err);
    }
    *out = list;
    return code ? code : fb_map_put(q->bounds, text, list, err);
}

/* True when an evaluation counts at an instant: it was there, nobody rejected it, and its issuer
 * published none since. */
static bool counts(const struct fb_figures_list *list, size_t i, fb_time at)
{
    const struct fb_assessment *a = &list->items[i].assessment;
    if (a->admitted > at || a->withdrawn <= at || a->rejected <= at) {
        return false;
    }
    for (size_t k = i + 1; k < list->count; k++) {
        const struct fb_assessment *later = &list->items[k].assessment;
        if (later->admitted <= at && later->withdrawn > at && later->rejected > at &&
            fb_str_eq(later->issuer, a->issuer)) {
            return false;
        }
    }
    return true;
}

/* The more adverse evaluation governs, whoever made it; what shows the bound must be fresh and
 * authentic. */
static enum fb_code ask_bound(const struct fb_question *q, const struct fb_predicate *p,
    struct fb_str text, struct fb_evidence *out, struct fb_err *err)
{
    struct fb_figures_list *list = NULL;
    enum fb_code code = figures_of(q, p, text, &list, err);
    const struct fb_figures *shows = NULL, *against = NULL;
    bool fresh = false, authentic = false, crossed = false;
    for (size_t i = 0; code == FB_OK && i < list->count; i++) {
        const struct fb_figures *f = &list->items[i];
        const struct fb_assessment *a = &f->assessment;
        if (!counts(list, i, q->at)) {
            continue;
        }
        if (!f->is_below || a->crosses) {
            bool worse = !against || (a->crosses && !crossed);
            against = worse && (a->crosses || q->at < a->fresh_until) ? f : against;
            crossed = crossed || a->crosses;
            continue;
        }
        bool good = is_authentic(q, p, f->record) && !a->defeated;
        if (!shows || (good && !authentic) || (good == authentic && !fresh)) {
            shows = f;
            fresh = q->at < a->fresh_until;
            authentic = good;
        }
    }
    if (code != FB_OK) {
        return code;
    }
    const struct fb_figures *governs = against ? against : shows;
    out->health = crossed         ? FB_EVIDENCE_FAILS
                  : against       ? FB_EVIDENCE_UNKNOWN
                  : shows != NULL ? FB_EVIDENCE_HOLDS
                                  : FB_EVIDENCE_UNKNOWN;
    if (!governs) {
        out->why =
            fb_why_new(q->work->arena, "nothing was measured on \"%.*s\"", FB_STR_ARG(p->name));
        return FB_OK;
    }
    out->why =
        fb_why_on(fb_why_new(q->work->arena, "%.*s", FB_STR_ARG(governs->assessment.why->text)),
            governs->record->id, governs->record->seq);
    struct witness witness = {governs->record, governs == shows && !authentic};
    judge(q, p, &witness, out);
    return FB_OK;
}

/* ---- records ---- */

static double number(const struct fb_record *record, const char *field)
{
    int index = fb_kind_field(record->kind, fb_str_of(field));
    struct fb_value value = index < 0 ? fb_value_none() : fb_record_value(record, (size_t)index);
    return value.type == FB_TYPE_FLOAT ? value.u.number
           : value.type == FB_TYPE_INT ? (double)value.u.integer
                                       : -1;
}

/* True when an audit or safeguard is at the level that is asked for. */
static bool is_level(const struct fb_predicate *p, const struct fb_record *record)
{
    int64_t level = fb_work_int(record, "level", 0);
    return level >= 0 && (uint64_t)level >= p->level;
}

/* What a record says to the question. */
static enum fb_evidence_state says(const struct fb_predicate *p, const struct fb_record *record)
{
    double limit = fb_decimal_to_double(p->threshold);
    switch (p->kind) {
    case FB_PREDICATE_AUDIT:
        if (fb_str_is(fb_record_text(record, "result"), "inconclusive")) {
            return FB_EVIDENCE_UNKNOWN;
        }
        return fb_str_is(fb_record_text(record, "result"), "passed") && is_level(p, record)
                   ? FB_EVIDENCE_HOLDS
                   : FB_EVIDENCE_FAILS;
    case FB_PREDICATE_MEASURE:
        return is_level(p, record) ? FB_EVIDENCE_HOLDS : FB_EVIDENCE_FAILS;
    case FB_PREDICATE_RISK:
        return number(record, "upper") < limit    ? FB_EVIDENCE_HOLDS
               : number(record, "lower") >= limit ? FB_EVIDENCE_FAILS
                                                  : FB_EVIDENCE_UNKNOWN;
    case FB_PREDICATE_DECISION:
        return fb_str_is(fb_record_text(record, "outcome"), "granted")   ? FB_EVIDENCE_HOLDS
               : fb_str_is(fb_record_text(record, "outcome"), "refused") ? FB_EVIDENCE_FAILS
                                                                         : FB_EVIDENCE_UNKNOWN;
    case FB_PREDICATE_LINE:
    case FB_PREDICATE_BOUND:
    case FB_PREDICATE_REVIEW:
    case FB_PREDICATE_RECORD:
        return FB_EVIDENCE_UNKNOWN;
    }
    return FB_EVIDENCE_UNKNOWN;
}

/* One sentence of what it says. */
static struct fb_why *sentence(
    const struct fb_predicate *p, const struct fb_record *record, struct fb_arena *arena)
{
    struct fb_str name = p->name;
    switch (p->kind) {
    case FB_PREDICATE_AUDIT:
        return fb_why_new(arena, "the audit of \"%.*s\" came to \"%.*s\", level %lld",
            FB_STR_ARG(name), FB_STR_ARG(fb_record_text(record, "result")),
            (long long)fb_work_int(record, "level", 0));
    case FB_PREDICATE_MEASURE:
        return fb_why_new(arena, "safeguard \"%.*s\" is at level %lld, needed is %llu",
            FB_STR_ARG(name), (long long)fb_work_int(record, "level", 0),
            (unsigned long long)p->level);
    case FB_PREDICATE_RISK:
        return fb_why_new(arena, "risk \"%.*s\" is %g to %g %.*s, by %.*s", FB_STR_ARG(name),
            number(record, "lower") < 0 ? 0 : number(record, "lower"), number(record, "upper"),
            FB_STR_ARG(fb_record_text(record, "unit")),
            FB_STR_ARG(fb_record_text(record, "model")));
    case FB_PREDICATE_DECISION:
        return fb_why_new(arena, "decision %.*s is %.*s", FB_STR_ARG(name),
            FB_STR_ARG(fb_record_text(record, "outcome")));
    case FB_PREDICATE_LINE:
    case FB_PREDICATE_BOUND:
    case FB_PREDICATE_REVIEW:
    case FB_PREDICATE_RECORD:
        break;
    }
    return fb_why_new(arena, "%.*s", FB_STR_ARG(record->id));
}

static void ask_last(const struct fb_question *q, const struct fb_predicate *p,
    struct fb_arena *arena, struct fb_evidence *out)
{
    struct witness witness = find_last(q, p);
    if (!witness.record) {
        static const char *const WHAT[] = {[FB_PREDICATE_RISK] = "risk",
            [FB_PREDICATE_AUDIT] = "audit of",
            [FB_PREDICATE_MEASURE] = "safeguard"};
        out->why =
            fb_why_new(arena, "no %s \"%.*s\" is recorded", WHAT[p->kind], FB_STR_ARG(p->name));
        return;
    }
    out->health = says(p, witness.record);
    out->why =
        fb_why_on(sentence(p, witness.record, arena), witness.record->id, witness.record->seq);
    judge(q, p, &witness, out);
}

/* A record that is named: that it stands, or what it decided. */
static void ask_record(const struct fb_question *q, const struct fb_predicate *p,
    struct fb_arena *arena, struct fb_evidence *out)
{
    const struct fb_record *record = fb_registry_find(q->work->input->registry, p->name);
    bool decision = p->kind == FB_PREDICATE_DECISION;
    if (!record || record->admitted > q->at || (decision && record->kind != FB_KIND_decision)) {
        out->why = fb_why_new(
            arena, "there is no %s %.*s", decision ? "decision" : "record", FB_STR_ARG(p->name));
        return;
    }
    bool stands = fb_work_superseded(q->work, record) > q->at;
    out->health = !stands ? FB_EVIDENCE_FAILS : decision ? says(p, record) : FB_EVIDENCE_HOLDS;
    out->why =
        fb_why_on(decision && stands ? sentence(p, record, arena)
                                     : fb_why_new(arena, "record %.*s %s", FB_STR_ARG(p->name),
                                           stands ? "stands" : "was superseded"),
            record->id, record->seq);
    struct witness witness = {record, !is_authentic(q, p, record)};
    judge(q, p, &witness, out);
}

/* True when a review is about the record that a predicate names, in any of its corrections. */
static bool is_review_of(
    const struct fb_work *work, const struct fb_predicate *p, const struct fb_record *review)
{
    struct fb_str about = fb_record_text(review, "about");
    return review->kind == FB_KIND_review && !fb_str_is(p->name, "") &&
           (fb_str_eq(about, p->name) ||
               fb_str_eq(fb_work_root_id(work, about), fb_work_root_id(work, p->name)));
}

/* The last review that decides. */
static void ask_review(const struct fb_question *q, const struct fb_predicate *p,
    struct fb_arena *arena, struct fb_evidence *out)
{
    struct witness found = {NULL, false};
    for (size_t i = q->work->review_count; i-- > 0;) {
        const struct fb_record *review = q->work->reviews[i];
        if (review->admitted > q->at || !is_review_of(q->work, p, review) ||
            fb_str_is(fb_record_text(review, "finding"), "inconclusive")) {
            continue;
        }
        bool authentic = is_authentic(q, p, review);
        if (!found.record || authentic) {
            found = (struct witness){review, !authentic};
        }
        if (authentic) {
            break;
        }
    }
    if (!found.record) {
        out->why = fb_why_new(arena, "no review of %.*s decides", FB_STR_ARG(p->name));
        return;
    }
    struct fb_str finding = fb_record_text(found.record, "finding");
    out->health = fb_str_is(finding, "upheld") ? FB_EVIDENCE_HOLDS : FB_EVIDENCE_FAILS;
    out->why = fb_why_on(fb_why_new(arena, "%.*s found %.*s %.*s", FB_STR_ARG(found.record->issuer),
                             FB_STR_ARG(p->name), FB_STR_ARG(finding)),
        found.record->id, found.record->seq);
    judge(q, p, &found, out);
}

enum fb_code fb_predicate_ask(void *ctx, struct fb_str text, struct fb_arena *arena,
    struct fb_evidence *out, struct fb_err *err)
{
    const struct fb_question *q = ctx;
    struct fb_predicate p;
    struct fb_evidence answer = {.health = FB_EVIDENCE_UNKNOWN};
    FB_ASSERT(q && q->work && q->bounds && out);
    enum fb_code code = fb_predicate_parse(text, &p, err);
    if (code != FB_OK) {
        return code;
    }
    switch (p.kind) {
    case FB_PREDICATE_LINE:
        code = ask_line(q, &p, arena, &answer, err);
        judge(q, &p, &(struct witness){NULL, false}, &answer);
        break;
    case FB_PREDICATE_BOUND:
        code = ask_bound(q, &p, text, &answer, err);
        break;
    case FB_PREDICATE_RISK:
    case FB_PREDICATE_AUDIT:
    case FB_PREDICATE_MEASURE:
        ask_last(q, &p, arena, &answer);
        break;
    case FB_PREDICATE_REVIEW:
        ask_review(q, &p, arena, &answer);
        break;
    case FB_PREDICATE_DECISION:
    case FB_PREDICATE_RECORD:
        ask_record(q, &p, arena, &answer);
        break;
    }
    if (code == FB_OK && !answer.why) {
        code = fb_arena_failed(arena, err);
    }
    if (code == FB_OK) {
        *out = answer;
    }
    return code;
}

/* ---- instants ---- */

/* Instants of one record: it comes, goes, and becomes or ceases to be fresh. */
static enum fb_code take_record(const struct fb_question *q, const struct fb_predicate *p,
    const struct fb_record *record, fb_instant_taker take, void *ctx, struct fb_err *err)
{
    fb_time span[2];
    fresh_span(p, record, span);
    const fb_time all[] = {record->admitted, fb_work_superseded(q->work, record), span[0], span[1]};
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < sizeof(all) / sizeof(all[0]); i++) {
        code = take(ctx, all[i], err);
    }
    return code;
}

/* When the red lines of the system change, in every version. */
static enum fb_code take_lines(
    const struct fb_question *q, fb_instant_taker take, void *ctx, struct fb_err *err)
{
    const struct fb_work *work = q->work;
    size_t system = fb_picture_system(work->picture, q->system);
    enum fb_code code = FB_OK;
    for (size_t i = 0; i < work->version_count && system != SIZE_MAX; i++) {
        const struct fb_version *version = &work->versions[i];
        code = code ? code : take(ctx, version->from, err);
        code = code ? code : take(ctx, version->until, err);
        for (size_t r = 0; r < version->program->redline_count; r++) {
            const struct fb_segments *history = &fb_work_line(work, version, r, system)->history;
            for (size_t k = 0; k < history->count && code == FB_OK; k++) {
                code = take(ctx, history->items[k].from, err);
            }
        }
    }
    return code;
}

/* Reviews bear on evaluations too: the figures of a bound change with them. */
static enum fb_code take_reviews(const struct fb_question *q, const struct fb_predicate *p,
    fb_instant_taker take, void *ctx, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < q->work->review_count; i++) {
        const struct fb_record *review = q->work->reviews[i];
        if (p->kind == FB_PREDICATE_BOUND || is_review_of(q->work, p, review)) {
            code = take_record(q, p, review, take, ctx, err);
        }
    }
    return code;
}

enum fb_code fb_predicate_instants(const struct fb_question *question, struct fb_str text,
    fb_instant_taker take, void *ctx, struct fb_err *err)
{
    FB_ASSERT(question && take);
    struct fb_predicate p;
    enum fb_code code = fb_predicate_parse(text, &p, err);
    if (code != FB_OK) {
        return code;
    }
    code = take(ctx, p.from, err);
    code = code ? code : take(ctx, p.until, err);
    if (code == FB_OK && p.kind == FB_PREDICATE_LINE) {
        code = take_lines(question, take, ctx, err);
    }
    if (code == FB_OK && (p.kind == FB_PREDICATE_REVIEW || p.kind == FB_PREDICATE_BOUND)) {
        code = take_reviews(question, &p, take, ctx, err);
    }
    const struct fb_record *named = kind_asked(p.kind) == FB_KIND_NONE
                                        ? fb_registry_find(question->work->input->registry, p.name)
                                        : NULL;
    if (code == FB_OK && named) {
        code = take_record(question, &p, named, take, ctx, err);
    }
    const struct fb_system_parts *parts = parts_of(question);
    for (size_t i = 0; code == FB_OK && parts && i < parts->record_count; i++) {
        if (may_answer(&p, parts->records[i])) {
            code = take_record(question, &p, parts->records[i], take, ctx, err);
        }
    }
    return code;
}

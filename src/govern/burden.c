/*
 * burden.c: the burden of proof is on the developer. A red line that needs a safety case is ruled
 * out only while that case stands: its version is accepted, and by named roles reviewed, and its
 * top claim is in. Cases ask about the line as its evidence alone leaves it, so that nothing rests
 * on itself (docs/decisions/0033-lines-that-need-a-case.md).
 */
#include <string.h>

#include "base/assert.h"
#include "govern/acceptance.h"

/* A line at work. */
struct burden {
    struct fb_work *work;
    const struct fb_redline *rule;
    struct fb_str system;
    struct fb_segments out;
    size_t cap;
};

/* The version of the case that is the standing one at an instant, and its span; NULL: none. */
static const struct fb_case_version *standing(
    const struct burden *b, fb_time at, const struct fb_case_span **out_span)
{
    const struct fb_case_version *found = NULL;
    for (size_t i = 0; i < b->work->case_version_count; i++) {
        const struct fb_case_version *version = b->work->case_versions[i];
        if (!fb_str_eq(version->system, b->system) ||
            !fb_str_eq(fb_record_text(version->record, "name"), b->rule->needs.safety_case)) {
            continue;
        }
        for (size_t k = 0; k < version->span_count; k++) {
            if (version->spans[k].from <= at && at < version->spans[k].until) {
                *out_span = &version->spans[k];
                found = version;
            }
        }
    }
    return found;
}

/* Why the case does not carry the line at an instant; NULL: it does. *failed: memory ran out. */
static struct fb_why *missing(const struct burden *b, fb_time at, bool *failed)
{
    struct fb_arena *arena = b->work->arena;
    struct fb_str name = b->rule->needs.safety_case;
    const struct fb_case_span *span = NULL;
    const struct fb_case_version *version = standing(b, at, &span);
    struct fb_why *why = NULL;
    if (!version) {
        why = fb_why_new(
            arena, "it needs the safety case \"%.*s\", and none was submitted", FB_STR_ARG(name));
        *failed = !why;
        return why;
    }
    const struct fb_record *on = version->record;
    struct fb_str unreviewed = {NULL, 0};
    for (size_t i = 0; i < b->rule->needs.reviewer_count && unreviewed.len == 0; i++) {
        if (!fb_acceptance_reviewed(b->work, version, b->rule->needs.reviewers[i], at)) {
            unreviewed = b->rule->needs.reviewers[i];
        }
    }
    if (span->label != FB_LABEL_IN) {
        why = fb_why_new(arena, "it needs the safety case \"%.*s\", and that is %s",
            FB_STR_ARG(name), fb_label_name(span->label));
        fb_why_add(why, fb_work_why_copy(b->work, span->why));
    } else if (span->stage != FB_CASE_ACCEPTED) {
        why = fb_why_new(arena, "it needs the safety case \"%.*s\", and that is %s%s%.*s",
            FB_STR_ARG(name), fb_case_stage_name(span->stage),
            span->stage == FB_CASE_SUBMITTED ? ", not accepted" : " by ",
            FB_STR_ARG(span->by ? span->by->issuer : FB_STR("")));
        on = span->by ? span->by : on;
    } else if (unreviewed.len > 0) {
        why = fb_why_new(arena, "it needs the safety case \"%.*s\", and no %.*s has upheld it",
            FB_STR_ARG(name), FB_STR_ARG(unreviewed));
    } else {
        return NULL;
    }
    *failed = !why;
    return fb_why_on(why, on->id, on->seq);
}

/* Appends a stretch; since runs on where the status is that of the one before. */
static enum fb_code append(struct burden *b, struct fb_segment segment, struct fb_err *err)
{
    if (b->out.count == b->cap) {
        size_t cap = b->cap ? 2 * b->cap : 16;
        struct fb_segment *grown = FB_ARENA_ARRAY(b->work->arena, struct fb_segment, cap);
        if (!grown) {
            return fb_arena_failed(b->work->arena, err);
        }
        if (b->out.count) {
            memcpy(grown, b->out.items, b->out.count * sizeof(*grown));
        }
        b->out.items = grown;
        b->cap = cap;
    }
    const struct fb_segment *last = b->out.count ? &b->out.items[b->out.count - 1] : NULL;
    segment.since = last && last->status == segment.status ? last->since : segment.from;
    b->out.items[b->out.count++] = segment;
    return FB_OK;
}

/* The next instant after t at which a version of the case changes; end: none before it. */
static fb_time next_change(const struct burden *b, fb_time t, fb_time end)
{
    fb_time next = end;
    for (size_t i = 0; i < b->work->case_version_count; i++) {
        const struct fb_case_version *version = b->work->case_versions[i];
        if (!fb_str_eq(version->system, b->system) ||
            !fb_str_eq(fb_record_text(version->record, "name"), b->rule->needs.safety_case)) {
            continue;
        }
        for (size_t k = 0; k < version->span_count; k++) {
            const fb_time ends[2] = {version->spans[k].from, version->spans[k].until};
            for (int e = 0; e < 2; e++) {
                next = ends[e] > t && ends[e] < next ? ends[e] : next;
            }
        }
    }
    return next;
}

/* A stretch that is ruled out by evidence: cut where the case stands and where it does not. */
static enum fb_code cut(struct burden *b, const struct fb_segment *segment, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    fb_time at = segment->from;
    while (code == FB_OK && at < segment->until) {
        bool failed = false;
        struct fb_segment piece = *segment;
        struct fb_why *lacks = missing(b, at, &failed);
        piece.from = at;
        piece.until = next_change(b, at, segment->until);
        if (lacks) {
            struct fb_why *why = fb_why_new(b->work->arena, "%.*s", FB_STR_ARG(lacks->text));
            why = fb_why_on(why, lacks->record_id, lacks->seq);
            for (const struct fb_why *child = lacks->child; why && child; child = child->next) {
                fb_why_add(why, fb_work_why_copy(b->work, child));
            }
            struct fb_why *else_why = fb_why_new(b->work->arena, "its evidence would rule it out");
            fb_why_add(else_why, fb_work_why_copy(b->work, segment->why));
            fb_why_add(why, else_why);
            failed = !why || !else_why;
            piece.status = FB_LINE_NOT_RULED_OUT;
            piece.why = why;
        }
        if (failed) {
            return fb_arena_failed(b->work->arena, err);
        }
        code = append(b, piece, err);
        at = piece.until;
    }
    return code;
}

static enum fb_code run_line(struct fb_work *work, const struct fb_version *version,
    struct fb_line_view *view, struct fb_err *err)
{
    struct burden b = {.work = work, .rule = view->rule, .system = view->system};
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < view->history.count; i++) {
        const struct fb_segment *segment = &view->history.items[i];
        code = segment->status == FB_LINE_RULED_OUT ? cut(&b, segment, err)
                                                    : append(&b, *segment, err);
    }
    if (code != FB_OK) {
        return code;
    }
    view->history = b.out;
    const struct fb_segment *now = fb_segment_at(&view->history, work->input->now);
    view->status = now->status;
    view->latched = now->latched;
    view->since = now->since > version->from ? now->since : version->from;
    view->why = now->why;
    return fb_work_line_tuples(work, version, view, err);
}

enum fb_code fb_work_burden(struct fb_work *work, struct fb_err *err)
{
    FB_ASSERT(work && work->picture);
    enum fb_code code = FB_OK;
    bool any = false;
    for (size_t i = 0; code == FB_OK && i < work->version_count; i++) {
        const struct fb_version *version = &work->versions[i];
        size_t count = version->program->redline_count * work->line_systems;
        for (size_t k = 0; code == FB_OK && version->lines && k < count; k++) {
            if (version->lines[k].rule->needs.safety_case.len > 0) {
                code = run_line(work, version, &version->lines[k], err);
                any = true;
            }
        }
    }
    if (code == FB_OK && any) {
        fb_work_show_lines(work);
    }
    return code;
}

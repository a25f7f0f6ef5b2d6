#include "evidence/assess.h"

#include "base/assert.h"
#include "evidence/explain.h"

/* The value of a field that evaluations always have. */
static struct fb_value field(const struct fb_record *record, const char *name)
{
    int index = fb_kind_field(FB_KIND_evaluation, fb_str_of(name));
    FB_ASSERT(index >= 0);
    return fb_record_value(record, (size_t)index);
}

static int64_t count(const struct fb_record *record, const char *name)
{
    struct fb_value value = field(record, name);
    FB_ASSERT(value.type == FB_TYPE_INT && value.u.integer >= 0);
    return value.u.integer;
}

static fb_time instant(const struct fb_record *record, const char *name)
{
    struct fb_value value = field(record, name);
    FB_ASSERT(value.type == FB_TYPE_TIME);
    return value.u.time;
}

/* Which measure of the line a task is; measure_count when none. */
static uint32_t measure_of(const struct fb_redline *line, struct fb_str task)
{
    uint32_t i = 0;
    while (i < line->measure_count && !fb_str_eq(line->measures[i], task)) {
        i++;
    }
    return i;
}

/* True when one of the methods, a list with commas, is one of those that the line accepts. */
static bool is_elicited(const struct fb_needs *needs, struct fb_str methods)
{
    if (needs->elicited_count == 0) {
        return true;
    }
    for (size_t from = 0; from < methods.len;) {
        size_t comma = fb_str_find(methods, ',', from);
        struct fb_str method = fb_str_trim(fb_str_sub(methods, from, comma - from));
        for (size_t i = 0; i < needs->elicited_count; i++) {
            if (fb_str_eq(method, needs->elicited[i])) {
                return true;
            }
        }
        from = comma + 1;
    }
    return false;
}

static bool is_defeated(const struct fb_record *record)
{
    const struct fb_json *flags = fb_json_get(record->body, "flags");
    for (const struct fb_json *flag = flags ? flags->child : NULL; flag; flag = flag->next) {
        if (fb_defeater_text(flag->text)) {
            return true;
        }
    }
    return false;
}

/* Further failures that would rule the line out. */
static enum fb_code count_more(
    const struct fb_assess_case *c, struct fb_figures *figures, struct fb_err *err)
{
    const struct fb_assessment *a = &figures->assessment;
    figures->more_samples = a->rules_out && !a->defeated ? 0 : -1;
    if (figures->more_samples == 0 || a->crosses || a->defeated || !c->elicited || !c->judged ||
        c->counts.samples >= INT64_C(1000000000) - FB_ASSESS_MORE_MAX) {
        return FB_OK;
    }
    int64_t least = c->enough ? 0 : c->line->needs.samples - c->counts.samples;
    const int64_t limits[2] = {least, FB_ASSESS_MORE_MAX};
    return fb_bounds_more(c->line, &c->counts, limits, &figures->more_samples, err);
}

static enum fb_code read_case(struct fb_assess_case *c, struct fb_err *err)
{
    const struct fb_record *record = c->evaluation->record;
    const struct fb_needs *needs = &c->line->needs;
    c->unresolved = count(record, "unresolved");
    c->counts.samples = count(record, "samples");
    c->counts.low = count(record, "succeeded_all");
    c->counts.high = count(record, "succeeded_any") + c->unresolved;
    c->elicitation = fb_record_text(record, "elicitation");
    c->enough = c->counts.samples >= needs->samples;
    c->elicited = is_elicited(needs, c->elicitation);
    c->judged = c->evaluation->independent || !needs->independent;
    struct fb_estimator_given given = {needs->samples, c->evaluation->grown};
    c->counts.how = &c->how;
    return fb_estimator_of(record->body, &given, &c->how, err);
}

/* Where the bounds stand, and until when. */
static void judge(const struct fb_assess_case *c, struct fb_figures *out)
{
    const struct fb_record *record = c->evaluation->record;
    const struct fb_redline *line = c->line;
    struct fb_assessment *a = &out->assessment;
    a->measure = out->measure;
    a->record_id = record->id;
    a->seq = record->seq;
    a->issuer = record->issuer;
    a->log = fb_record_text(record, "log");
    a->admitted = record->admitted;
    a->began = instant(record, "began");
    a->ended = instant(record, "ended");
    /* A party's own time counts against it, never for it. */
    a->ended = a->ended < a->admitted ? a->ended : a->admitted;
    a->fresh_until =
        line->needs.age_us > 0 ? fb_time_add(a->ended, line->needs.age_us) : FB_TIME_MAX;
    a->withdrawn = c->evaluation->superseded;
    a->rejected = c->evaluation->rejected_by ? c->evaluation->rejected_by->admitted : FB_TIME_MAX;
    bool needs = c->enough && c->elicited && c->judged;
    a->crosses = fb_decimal_cmp(out->lower, line->threshold) >= 0;
    a->rules_out = needs && !a->crosses && fb_decimal_cmp(out->upper_margin, line->threshold) < 0;
    a->clears =
        needs && line->has_clears && fb_decimal_cmp(out->upper_margin, line->clears_below) < 0;
    a->defeated = is_defeated(record);
    FB_ASSERT(fb_decimal_cmp(out->lower, out->upper) <= 0);
}

static enum fb_code assess_one(struct fb_assess_case *c, uint32_t measure, struct fb_arena *arena,
    struct fb_figures *out, struct fb_err *err)
{
    enum fb_code code = read_case(c, err);
    code = code ? code : fb_bounds_of(c->line, &c->counts, &c->bounds, err);
    if (code != FB_OK) {
        return fb_err_prefix(err, "evaluation '%.*s'", FB_STR_ARG(c->evaluation->record->id));
    }
    *out = (struct fb_figures){
        .record = c->evaluation->record,
        .measure = measure,
        .samples = c->counts.samples,
        .successes_low = c->counts.low,
        .successes_high = c->counts.high,
        .lower = c->bounds.lower,
        .upper = c->bounds.upper,
        .upper_margin = c->bounds.upper_margin,
        .how = c->how,
        .errors_counted = c->unresolved > 0,
        .is_below = fb_decimal_cmp(c->bounds.upper_margin, c->line->threshold) < 0,
    };
    judge(c, out);
    code = count_more(c, out, err);
    if (code != FB_OK) {
        return code;
    }
    out->assessment.why = fb_assess_explain(c, out, arena);
    const struct fb_record *review = c->evaluation->rejected_by;
    if (review) {
        struct fb_why *why = fb_why_new(arena, "%.*s does not count: %.*s rejected it",
            FB_STR_ARG(out->record->id), FB_STR_ARG(review->issuer));
        out->assessment.rejection = fb_why_on(why, review->id, review->seq);
    }
    bool complete = out->assessment.why && (!review || out->assessment.rejection);
    return complete ? FB_OK : fb_arena_failed(arena, err);
}

enum fb_code fb_assess(const struct fb_redline *line, const struct fb_evaluation *evaluations,
    size_t evaluation_count, struct fb_arena *arena, struct fb_figures_list *out,
    struct fb_err *err)
{
    FB_ASSERT(line && (evaluations || evaluation_count == 0) && arena && out && err);
    size_t found = 0;
    for (size_t i = 0; i < evaluation_count; i++) {
        FB_ASSERT(evaluations[i].record->kind == FB_KIND_evaluation);
        struct fb_str task = fb_record_text(evaluations[i].record, "task");
        found += measure_of(line, task) < line->measure_count;
    }
    struct fb_figures_list list = {FB_ARENA_ARRAY(arena, struct fb_figures, found), 0};
    if (!list.items) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < evaluation_count; i++) {
        struct fb_assess_case c = {.line = line, .evaluation = &evaluations[i]};
        uint32_t measure = measure_of(line, fb_record_text(evaluations[i].record, "task"));
        if (measure == line->measure_count) {
            continue;
        }
        enum fb_code code = assess_one(&c, measure, arena, &list.items[list.count++], err);
        if (code != FB_OK) {
            return code;
        }
    }
    FB_ASSERT(list.count == found);
    *out = list;
    return FB_OK;
}

/*
 * sentence.c: a verdict in a sentence or two, as one would write it to somebody: who, what, until
 * when, because of which record, and what is missing. The tree of reasons stands below it.
 */
#include <string.h>

#include "base/assert.h"
#include "govern/due.h"
#include "govern/sentence.h"

enum { SENTENCE_MAX = 6000, RECORDS_MAX = 4, REASONS_MAX = 6 };

/* ---- words ---- */

static void add_time(struct fb_buf *out, fb_time t)
{
    char text[FB_TIME_TEXT];
    fb_buf_add_c(out, fb_time_format_short(t, text));
}

/* The title of a party or system, or its id without the kind. */
static void add_title(const struct fb_work *work, struct fb_str id, struct fb_buf *out)
{
    const struct fb_record *record = fb_registry_find(work->input->registry, id);
    struct fb_str title = {NULL, 0};
    if (record) {
        title = fb_record_text(fb_work_head(work, record), "title");
    }
    size_t slash = fb_str_find(id, '/', 0);
    struct fb_str bare = slash < id.len ? fb_str_sub(id, slash + 1, id.len) : id;
    fb_buf_add_str(out, title.len ? title : bare);
}

/* "33 days 2 hours" */
static void add_span(struct fb_buf *out, int64_t us)
{
    int64_t minutes = us / 60000000;
    int64_t days = minutes / 1440;
    int64_t hours = minutes / 60 % 24;
    if (days) {
        fb_buf_addf(out, "%lld day%s%s", (long long)days, days == 1 ? "" : "s", hours ? " " : "");
    }
    if (hours || !days) {
        fb_buf_addf(out, "%lld hour%s", (long long)hours, hours == 1 ? "" : "s");
    }
}

/* Collects the records that a tree rests on, each once, from left to right. */
static size_t records_of(const struct fb_why *why, const struct fb_why **out, size_t count)
{
    for (; why; why = why->next) {
        bool there = why->seq == FB_WHY_NO_RECORD;
        for (size_t i = 0; i < count && !there; i++) {
            there = out[i]->seq == why->seq;
        }
        if (!there && count < RECORDS_MAX) {
            out[count++] = why;
        }
        count = records_of(why->child, out, count);
    }
    return count;
}

/* "records incident/1 (#40) and system/2 (#8)" */
static void add_records(struct fb_buf *out, const struct fb_why *why)
{
    const struct fb_why *list[RECORDS_MAX];
    size_t count = records_of(why, list, 0);
    for (size_t i = 0; i < count; i++) {
        fb_buf_add_c(out, i == 0           ? (count > 1 ? "records " : "record ")
                          : i + 1 == count ? " and "
                                           : ", ");
        fb_buf_add_str(out, list[i]->record_id);
        fb_buf_addf(out, " (#%llu)", (unsigned long long)list[i]->seq);
    }
}

/* The reason below a duty that begins so; NULL when there is none. */
static const struct fb_why *reason_of(const struct fb_why *why, const char *begins)
{
    const struct fb_why *child = why ? why->child : NULL;
    while (child && !fb_str_starts(child->text, fb_str_of(begins))) {
        child = child->next;
    }
    return child;
}

/* ---- duties ---- */

/* "Aurora had to report the serious incident (incident/1) by 2026-12-29 00:00" */
static void add_demand(
    const struct fb_work *work, const struct fb_duty_view *view, bool past, struct fb_buf *out)
{
    const struct fb_obligation *o = &view->obligation;
    struct fb_str text = view->text;
    add_title(work, o->party, out);
    struct fb_str may_not = FB_STR("may not ");
    if (fb_str_starts(text, may_not) && past) {
        fb_buf_add_c(out, " was not allowed to ");
        text = fb_str_sub(text, may_not.len, text.len);
    } else if (fb_str_starts(text, may_not)) {
        fb_buf_add_c(out, " ");
    } else {
        fb_buf_add_c(out, past ? " had to " : " must ");
    }
    fb_buf_add_str(out, text);
    if (o->deadline != FB_TIME_MAX) {
        fb_buf_add_c(out, " by ");
        add_time(out, o->deadline);
    }
}

/* What held when the duty arose, beyond records: "red line ... is not ruled out". True when there
 * is any. */
static bool add_conditions(const struct fb_why *why, struct fb_buf *out)
{
    bool joint = why && !why->next && why->seq == FB_WHY_NO_RECORD &&
                 fb_str_is(why->text, "all of these hold");
    bool any = false;
    for (const struct fb_why *part = joint ? why->child : why; part; part = part->next) {
        if (part->seq == FB_WHY_NO_RECORD && part->child) {
            fb_buf_add_c(out, any ? " and " : ", because ");
            fb_buf_add_str(out, part->text);
            any = true;
        }
    }
    return any;
}

/* ", because of record incident/1 (#40), owed since 2026-12-12 09:00; 15 days from ... end at ..."
 */
static void add_cause(const struct fb_duty_view *view, const struct fb_why *why, struct fb_buf *out)
{
    const struct fb_obligation *o = &view->obligation;
    const struct fb_why *trigger = reason_of(why, "owed since");
    const struct fb_why *list[RECORDS_MAX];
    const struct fb_why *date = why ? why->child : NULL;
    bool conditions = trigger && add_conditions(trigger->child, out);
    if (trigger && records_of(trigger->child, list, 0)) {
        fb_buf_add_c(out, conditions ? " (" : ", because of ");
        add_records(out, trigger->child);
        fb_buf_add_c(out, conditions ? ")" : "");
    }
    fb_buf_add_c(out, ", since ");
    add_time(out, o->since);
    while (date && fb_str_find(date->text, '(', 0) == date->text.len) {
        date = date->next;
    }
    if (date && o->deadline != FB_TIME_MAX) {
        fb_buf_add_c(out, "; ");
        fb_buf_add_str(out, date->text);
    }
    fb_buf_add_c(out, ".");
}

/* " It did on 2026-12-15 15:05 (record report/1 (#42))" */
static void add_done(const struct fb_duty_view *view, const struct fb_why *why, struct fb_buf *out)
{
    const struct fb_obligation *o = &view->obligation;
    const struct fb_why *done = reason_of(why, "done on");
    const struct fb_why *list[RECORDS_MAX];
    fb_buf_add_c(out, " It did on ");
    add_time(out, o->settled);
    if (done && records_of(done->child, list, 0)) {
        fb_buf_add_c(out, " (");
        add_records(out, done->child);
        fb_buf_add_c(out, ")");
    }
    if (o->status == FB_DUTY_MET_LATE && o->breached != FB_TIME_MAX) {
        fb_buf_add_c(out, ", late by ");
        add_span(out, o->settled - o->breached);
    } else if (fb_done_early(view)) {
        fb_buf_add_c(out, ", before the rule was in force: not to be done again");
    } else if (o->deadline != FB_TIME_MAX) {
        fb_buf_add_c(out, ", in time");
    }
    fb_buf_add_c(out, ".");
}

/* " There is no report with ... on record" */
static void add_missing(
    const struct fb_work *work, const struct fb_why *why, fb_time since, struct fb_buf *out)
{
    const struct fb_why *open = reason_of(why, "not done by");
    if (open && open->child && fb_str_starts(open->child->text, FB_STR("no "))) {
        fb_buf_add_c(out, " There is ");
        fb_buf_add_str(out, open->child->text);
        fb_buf_add_c(out, " on record by ");
    } else {
        fb_buf_add_c(out, " It was not done by ");
    }
    add_time(out, work->input->now);
    if (since != FB_TIME_MAX) {
        fb_buf_add_c(out, ", ");
        add_span(out, work->input->now - since);
        fb_buf_add_c(out, " after that");
    }
    fb_buf_add_c(out, ".");
}

/* What became of it, after the demand and its cause. */
static void add_outcome(const struct fb_work *work, const struct fb_duty_view *view,
    const struct fb_why *why, struct fb_buf *out)
{
    const struct fb_obligation *o = &view->obligation;
    const struct fb_why *list[RECORDS_MAX];
    const struct fb_why *reason = NULL;
    switch (o->status) {
    case FB_DUTY_MET:
    case FB_DUTY_MET_LATE:
        add_done(view, why, out);
        return;
    case FB_DUTY_OWED:
    case FB_DUTY_UNDATED:
        add_missing(work, why, FB_TIME_MAX, out);
        reason = reason_of(why, "its deadline needs");
        break;
    case FB_DUTY_OVERDUE:
        add_missing(work, why, o->breached, out);
        return;
    case FB_DUTY_BROKEN:
        fb_buf_add_c(out, " That was broken at ");
        add_time(out, o->breached);
        if (why && records_of(why->child, list, 0)) {
            reason = reason_of(why, "done on");
        }
        if (reason && records_of(reason->child, list, 0)) {
            fb_buf_add_c(out, " by ");
            add_records(out, reason->child);
        }
        fb_buf_add_c(out, ".");
        return;
    case FB_DUTY_HELD:
        fb_buf_add_c(out, " Nothing on record breaks it.");
        return;
    case FB_DUTY_RELAXED:
        reason = reason_of(why, "not owed from");
        break;
    case FB_DUTY_WAIVED:
        reason = reason_of(why, "excused");
        break;
    }
    if (reason) {
        fb_buf_add_c(out, o->status == FB_DUTY_RELAXED ? " It is " : " It stands so: ");
        fb_buf_add_str(out, reason->text);
        fb_buf_add_c(out, ".");
    }
}

static void say_duty(const struct fb_work *work, const struct fb_duty_view *view,
    const struct fb_why *why, struct fb_buf *out)
{
    enum fb_duty_status status = view->obligation.status;
    bool past = status != FB_DUTY_OWED && status != FB_DUTY_HELD && status != FB_DUTY_UNDATED;
    add_demand(work, view, past, out);
    add_cause(view, why, out);
    add_outcome(work, view, why, out);
}

/* ---- the others ---- */

/* The first sentences below a reason, numbered when there are several. */
static void add_reasons(const struct fb_why *why, struct fb_buf *out)
{
    size_t count = 0;
    size_t number = 0;
    for (const struct fb_why *child = why; child; child = child->next) {
        count++;
    }
    for (const struct fb_why *child = why; child && number < REASONS_MAX; child = child->next) {
        number++;
        if (count > 1) {
            fb_buf_addf(out, "%s(%zu) ", number > 1 ? "; " : "", number);
        }
        fb_buf_add_str(out, child->text);
    }
    if (count > REASONS_MAX) {
        fb_buf_addf(out, "; and %zu more", count - REASONS_MAX);
    }
}

static void say_line(
    const struct fb_work *work, const struct fb_line_view *view, struct fb_buf *out)
{
    add_title(work, view->system, out);
    fb_buf_addf(out, " is %s the red line \"%.*s\" since ",
        view->status == FB_LINE_CROSSED        ? "across"
        : view->status == FB_LINE_RULED_OUT    ? "shown to be below"
        : view->status == FB_LINE_OUT_OF_SCOPE ? "out of the scope of"
                                               : "not shown to be below",
        FB_STR_ARG(view->rule->title));
    add_time(out, view->since);
    if (view->why && view->why->child) {
        fb_buf_add_c(out, ": ");
        add_reasons(view->why->child, out);
    } else if (view->why) {
        fb_buf_add_c(out, ": ");
        fb_buf_add_str(out, view->why->text);
    }
    fb_buf_add_c(out, ".");
    if (view->status == FB_LINE_NOT_RULED_OUT) {
        fb_buf_add_c(out, " What is not ruled out binds as if it were crossed.");
    }
}

static void say_licence(const struct fb_work *work, const struct fb_licence_view *view,
    const struct fb_why *why, struct fb_buf *out)
{
    size_t count = 0;
    for (const struct fb_why *child = why ? why->child : NULL; child; child = child->next) {
        count++;
    }
    add_title(work, view->system, out);
    fb_buf_addf(out, view->allowed ? " may %s: " : " may not %s, for %zu reason%s: ",
        fb_action_name(view->action), count, count == 1 ? "" : "s");
    if (count) {
        add_reasons(why->child, out);
    } else {
        fb_buf_add_c(out, "nothing in force forbids it");
    }
    fb_buf_add_c(out, ".");
}

static void say_order(
    const struct fb_work *work, const struct fb_order_view *view, struct fb_buf *out)
{
    static const char *const verbs[] = {"be halted", "be restricted", "be secured"};
    add_title(work, view->system.len ? view->system : view->party, out);
    fb_buf_addf(out, view->in_force ? " must %s since " : " had to %s from ", verbs[view->action]);
    add_time(out, view->since);
    if (view->duty) {
        fb_buf_add_c(out, ", because a duty was broken: ");
        add_title(work, view->duty->obligation.party, out);
        fb_buf_add_c(out, " had to ");
        fb_buf_add_str(out, view->duty->text);
        fb_buf_addf(out, " (%s)", view->duty->handle);
    } else if (view->record) {
        fb_buf_add_c(out, ", by order of ");
        add_title(work, view->record->issuer, out);
        fb_buf_addf(out, " (record %.*s, #%llu)", FB_STR_ARG(view->record->id),
            (unsigned long long)view->record->seq);
    }
    if (view->in_force) {
        fb_buf_add_c(out, ". It ends only with a release that enough parties sign.");
    } else {
        fb_buf_add_c(out, ", until ");
        add_time(out, view->until);
        fb_buf_add_c(out, ".");
    }
}

enum fb_code fb_work_say(
    struct fb_work *work, const struct fb_said *of, struct fb_str *out, struct fb_err *err)
{
    FB_ASSERT(work && of && out);
    struct fb_buf text;
    fb_buf_init(&text, SENTENCE_MAX);
    if (of->duty) {
        say_duty(work, of->duty, of->why, &text);
    } else if (of->line) {
        say_line(work, of->line, &text);
    } else if (of->licence) {
        say_licence(work, of->licence, of->why, &text);
    } else if (of->order) {
        say_order(work, of->order, &text);
    }
    enum fb_code code = FB_OK;
    struct fb_str said = {NULL, 0};
    if (text.state == FB_BUF_NOMEM) {
        code = fb_err_set(err, FB_E_NOMEM, "memory ran out");
    } else {
        code = fb_arena_str(work->arena, fb_buf_str(&text), &said, err);
    }
    fb_buf_release(&text);
    *out = code == FB_OK ? said : *out;
    return code;
}

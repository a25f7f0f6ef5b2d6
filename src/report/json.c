/* json.c: the picture for programs. */
#include <math.h>

#include "base/assert.h"
#include "base/codec.h"
#include "report/json_parts.h"
#include "report/report.h"
#include "report/words.h"

enum { DEPTH_MAX = 60 };

void fb_report_key_time(struct fb_json_writer *w, const char *key, fb_time t)
{
    FB_ASSERT(w && key);
    char text[FB_TIME_TEXT];
    if (t == FB_TIME_MAX || t == FB_TIME_MIN) {
        fb_json_key(w, key);
        fb_json_null(w);
        return;
    }
    fb_json_key_c(w, key, fb_time_format(t, text));
}

void fb_report_json_source(struct fb_json_writer *w, const struct fb_picture *picture)
{
    FB_ASSERT(w && picture);
    char root[65];
    fb_hex_encode(picture->root, sizeof(picture->root), root);
    fb_json_key_str(w, "origin", picture->origin);
    fb_report_key_time(w, "now", picture->now);
    fb_report_key_time(w, "as_of", picture->as_of);
    fb_json_key_int(w, "records", (int64_t)picture->record_count);
    fb_json_key_c(w, "root", root);
    fb_json_key_bool(w, "simulated", picture->simulated);
}

static void key_decimal(struct fb_json_writer *w, const char *key, struct fb_decimal value)
{
    char text[FB_DECIMAL_TEXT];
    fb_json_key_c(w, key, fb_decimal_format(value, text));
}

static void add_why(struct fb_json_writer *w, const struct fb_why *why, int depth)
{
    if (!why) {
        fb_json_null(w);
        return;
    }
    fb_json_open_object(w);
    fb_json_key_str(w, "text", why->text);
    if (why->seq != FB_WHY_NO_RECORD) {
        fb_json_key_str(w, "record", why->record_id);
        fb_json_key_int(w, "seq", (int64_t)why->seq);
    }
    if (why->child && depth < DEPTH_MAX) {
        fb_json_key(w, "because");
        fb_json_open_array(w);
        for (const struct fb_why *child = why->child; child; child = child->next) {
            add_why(w, child, depth + 1);
        }
        fb_json_close_array(w);
    }
    fb_json_close_object(w);
}

static void key_why(struct fb_json_writer *w, const struct fb_why *why)
{
    fb_json_key(w, "why");
    add_why(w, why, 0);
}

static void open_view(struct fb_json_writer *w, const char *handle, struct fb_str id)
{
    fb_json_open_object(w);
    fb_json_key_str(w, "id", id);
    fb_json_key_c(w, "handle", handle);
}

static void add_figures(struct fb_json_writer *w, const struct fb_line_view *view)
{
    fb_json_key(w, "evaluations");
    fb_json_open_array(w);
    for (size_t i = 0; i < view->figures.count; i++) {
        const struct fb_figures *f = &view->figures.items[i];
        fb_json_open_object(w);
        fb_json_key_str(w, "record", f->record->id);
        fb_json_key_str(w, "measure", view->rule->measures[f->measure]);
        fb_json_key_int(w, "samples", f->samples);
        fb_json_key_int(w, "successes_low", f->successes_low);
        fb_json_key_int(w, "successes_high", f->successes_high);
        key_decimal(w, "lower", f->lower);
        key_decimal(w, "upper", f->upper);
        key_decimal(w, "upper_with_margins", f->upper_margin);
        fb_json_key_int(w, "more_samples", f->more_samples);
        fb_report_key_time(w, "fresh_until", f->assessment.fresh_until);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

static void add_lines(struct fb_json_writer *w, const struct fb_picture *p, struct fb_str only)
{
    fb_json_key(w, "redlines");
    fb_json_open_array(w);
    for (size_t i = 0; i < p->line_count; i++) {
        const struct fb_line_view *view = &p->lines[i];
        if (only.len && !fb_str_eq(view->system, only)) {
            continue;
        }
        open_view(w, view->handle, view->id);
        fb_json_key_str(w, "policy", view->policy->program->name);
        fb_json_key_int(w, "version", view->policy->program->version);
        fb_json_key_str(w, "rule", view->rule->name);
        fb_json_key_str(w, "system", view->system);
        fb_json_key_c(w, "status", fb_line_status_name(view->status));
        fb_json_key_bool(w, "latched", view->latched);
        fb_report_key_time(w, "since", view->since);
        fb_report_key_time(w, "until", fb_line_until(view, p->now));
        key_decimal(w, "threshold", view->rule->threshold);
        add_figures(w, view);
        key_why(w, view->why);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

static void add_duties(struct fb_json_writer *w, const struct fb_picture *p, struct fb_str only)
{
    fb_json_key(w, "duties");
    fb_json_open_array(w);
    for (size_t i = 0; i < p->duty_count; i++) {
        const struct fb_duty_view *view = &p->duties[i];
        const struct fb_obligation *o = &view->obligation;
        if (only.len && !fb_str_eq(view->system, only)) {
            continue;
        }
        open_view(w, view->handle, view->id);
        fb_json_key_str(w, "policy", view->policy->program->name);
        fb_json_key_int(w, "version", view->policy->program->version);
        fb_json_key_str(w, "rule", o->duty->name);
        fb_json_key_str(w, "system", view->system);
        fb_json_key_str(w, "party", o->party);
        fb_json_key_str(w, "text", view->text);
        fb_json_key_c(w, "status", fb_duty_status_name(o->status));
        fb_report_key_time(w, "since", o->since);
        fb_report_key_time(w, "deadline", o->deadline);
        fb_report_key_time(w, "settled", o->settled);
        fb_report_key_time(w, "breached", o->breached);
        key_why(w, o->why);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

static void add_cases(struct fb_json_writer *w, const struct fb_picture *p, struct fb_str only)
{
    fb_json_key(w, "cases");
    fb_json_open_array(w);
    for (size_t i = 0; i < p->case_count; i++) {
        const struct fb_case_view *view = &p->cases[i];
        if (only.len && !fb_str_eq(view->system, only)) {
            continue;
        }
        open_view(w, view->handle, view->id);
        fb_json_key_str(w, "system", view->system);
        fb_json_key_str(w, "record", view->record->id);
        fb_json_key_str(w, "name", fb_record_text(view->record, "name"));
        fb_json_key_c(w, "status", fb_label_name(view->label));
        fb_json_key_c(w, "stage", fb_case_stage_name(view->stage));
        fb_report_key_time(w, "since", view->since);
        key_why(w, view->why);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

/* Those about a system, and those about none but all of its developer's. */
static void add_orders(struct fb_json_writer *w, const struct fb_picture *p, struct fb_str only)
{
    size_t system = fb_picture_system(p, only);
    struct fb_str developer = system == SIZE_MAX ? only : p->systems[system].developer;
    fb_json_key(w, "orders");
    fb_json_open_array(w);
    for (size_t i = 0; i < p->order_count; i++) {
        const struct fb_order_view *view = &p->orders[i];
        bool is_about =
            view->system.len ? fb_str_eq(view->system, only) : fb_str_eq(view->party, developer);
        if (only.len && !is_about) {
            continue;
        }
        open_view(w, view->handle, view->id);
        fb_json_key_c(w, "action", fb_order_action_name(view->action));
        fb_json_key_str(w, "system", view->system);
        fb_json_key_str(w, "party", view->party);
        if (view->level >= 0) {
            fb_json_key_int(w, "level", view->level);
        }
        fb_json_key_bool(w, "in_force", view->in_force);
        fb_report_key_time(w, "since", view->since);
        fb_report_key_time(w, "until", view->until);
        key_why(w, view->why);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

static void add_licences(struct fb_json_writer *w, const struct fb_picture *p, struct fb_str only)
{
    fb_json_key(w, "licences");
    fb_json_open_array(w);
    for (size_t i = 0; i < p->licence_count; i++) {
        const struct fb_licence_view *view = &p->licences[i];
        if (only.len && !fb_str_eq(view->system, only)) {
            continue;
        }
        open_view(w, view->handle, view->id);
        fb_json_key_str(w, "system", view->system);
        fb_json_key_c(w, "action", fb_action_name(view->action));
        fb_json_key_bool(w, "allowed", view->allowed);
        key_why(w, view->why);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

static void add_systems(struct fb_json_writer *w, const struct fb_picture *p, struct fb_str only)
{
    fb_json_key(w, "systems");
    fb_json_open_array(w);
    for (size_t i = 0; i < p->system_count; i++) {
        const struct fb_system_view *view = &p->systems[i];
        if (only.len && !fb_str_eq(view->id, only)) {
            continue;
        }
        fb_json_open_object(w);
        fb_json_key_str(w, "id", view->id);
        fb_json_key_str(w, "title", fb_system_title(view));
        fb_json_key_bool(w, "exempt", view->exempt);
        fb_json_key_int(w, "gpu_seconds", view->gpu_seconds);
        if (view->unknown_jobs) {
            fb_json_key_int(w, "jobs_without_gpus_said", (int64_t)view->unknown_jobs);
        }
        if (view->exempt) {
            key_why(w, view->exempt_why);
        }
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

static void key_days(struct fb_json_writer *w, const char *key, double days)
{
    fb_json_key(w, key);
    if (isfinite(days)) {
        fb_json_double(w, days);
    } else {
        fb_json_null(w);
    }
}

static void add_paces(struct fb_json_writer *w, const struct fb_picture *p)
{
    fb_json_key(w, "paces");
    fb_json_open_array(w);
    for (size_t i = 0; i < p->pace_count; i++) {
        const struct fb_pace_segment *s = p->paces[i].segment;
        open_view(w, p->paces[i].handle, p->paces[i].id);
        fb_json_key_str(w, "series", s->series);
        fb_json_key_c(w, "pace", fb_pace_name(s->pace.pace));
        fb_report_key_time(w, "since", s->pace.since);
        fb_report_key_time(w, "read", s->from);
        fb_json_key_int(w, "values", (int64_t)s->used);
        key_days(w, "doubling_days", s->doubling_days);
        key_days(w, "low_days", s->doubling.low);
        key_days(w, "high_days", s->doubling.high);
        key_why(w, p->paces[i].why);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

static void add_policy_paces(struct fb_json_writer *w, const struct fb_picture *p)
{
    fb_json_key(w, "policy_paces");
    fb_json_open_array(w);
    for (size_t i = 0; i < p->policy_pace_count; i++) {
        const struct fb_policy_pace_view *view = &p->policy_paces[i];
        open_view(w, view->handle, view->id);
        fb_json_key_str(w, "policy", view->policy->program->name);
        fb_json_key_c(w, "pace", fb_pace_name(view->level));
        fb_report_key_time(w, "since", view->since);
        key_why(w, view->why);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

enum fb_code fb_report_status_json(const struct fb_picture *picture,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && options && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_report_json_source(&w, picture);
    add_systems(&w, picture, options->system);
    add_lines(&w, picture, options->system);
    add_duties(&w, picture, options->system);
    add_cases(&w, picture, options->system);
    add_orders(&w, picture, options->system);
    add_licences(&w, picture, options->system);
    add_paces(&w, picture);
    add_policy_paces(&w, picture);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the status", err);
}

/* A verdict as members of an object that is opened for it. */
static void add_verdict(struct fb_json_writer *w, const struct fb_verdict *verdict)
{
    open_view(w, verdict->handle, verdict->id);
    fb_json_key_str(w, "headline", verdict->headline);
    if (verdict->said.len) {
        fb_json_key_str(w, "said", verdict->said);
    }
    key_why(w, verdict->why);
    if (verdict->near) {
        fb_json_key(w, "near");
        add_why(w, verdict->near, 0);
    }
    fb_json_close_object(w);
}

enum fb_code fb_report_why_json(
    const struct fb_verdict *verdict, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(verdict && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    add_verdict(&w, verdict);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the explanation", err);
}

enum fb_code fb_report_gate_json(const struct fb_picture *picture, enum fb_action action,
    bool allowed, const struct fb_verdict *verdict, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && verdict && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_bool(&w, "open", allowed);
    fb_json_key_c(&w, "action", fb_action_word(action));
    fb_json_key_str(&w, "system", picture->about);
    fb_report_json_source(&w, picture);
    fb_json_key(&w, "verdict");
    add_verdict(&w, verdict);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the answer", err);
}

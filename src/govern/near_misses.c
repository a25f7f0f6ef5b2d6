/*
 * near_misses.c: the records of the kind that would have done a duty, and why each does not count.
 * "No report" convinces nobody who sees three reports on record.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "govern/sentence.h"

enum { SHOWN_MAX = 8, WRONG_MAX = 3, TEXT_MAX = 2000 };

/* A record that does not count. */
struct miss {
    const struct fb_tuple *tuple;
    size_t wrong; /* columns that differ */
};

/* The predicate that the act asks for; NULL when it is not as simple as that. Depth is bounded by
 * FB_IR_DEPTH_MAX. */
static const struct fb_form *asked_for(const struct fb_form *form)
{
    switch ((int)form->kind) {
    case FB_FORM_PRED:
        return form->definition ? NULL : form;
    case FB_FORM_EXISTS:
    case FB_FORM_ONCE:
        return asked_for(form->left);
    case FB_FORM_AND: {
        const struct fb_form *left = asked_for(form->left);
        return left ? left : asked_for(form->right);
    }
    default:
        return NULL;
    }
}

/* What column i of the predicate must be; false when anything will do. */
static bool wanted(
    const struct fb_duty_view *view, const struct fb_form *pred, size_t i, struct fb_value *out)
{
    const struct fb_obligation *o = &view->obligation;
    const struct fb_term *term = pred->terms[i];
    if (term->kind == FB_TERM_CONST) {
        *out = term->value;
        return true;
    }
    if (term->kind == FB_TERM_VAR && term->var < o->duty->param_count) {
        *out = o->bindings[term->var];
        return true;
    }
    return false;
}

static size_t wrong_columns(
    const struct fb_duty_view *view, const struct fb_form *pred, const struct fb_tuple *tuple)
{
    size_t wrong = 0;
    for (size_t i = 0; i < pred->term_count; i++) {
        struct fb_value value;
        wrong += wanted(view, pred, i, &value) && !fb_value_eq(value, tuple->values[i]);
    }
    return wrong;
}

static int nearest_first(const void *a, const void *b)
{
    const struct miss *x = a;
    const struct miss *y = b;
    if (x->wrong != y->wrong) {
        return x->wrong < y->wrong ? -1 : 1;
    }
    return x->tuple->seq < y->tuple->seq ? -1 : x->tuple->seq > y->tuple->seq;
}

/* "its about is incident/2, not incident/1" for the first columns that differ. */
static void add_columns(const struct fb_work *work, const struct fb_duty_view *view,
    const struct fb_form *pred, const struct fb_tuple *tuple, struct fb_buf *out)
{
    const struct fb_relation *relation = &work->trace.signature->relations[pred->relation];
    size_t told = 0;
    for (size_t i = 0; i < pred->term_count; i++) {
        struct fb_value value;
        if (!wanted(view, pred, i, &value) || fb_value_eq(value, tuple->values[i])) {
            continue;
        }
        if (told == WRONG_MAX) {
            fb_buf_add_c(out, ", and more");
            return;
        }
        fb_buf_addf(out, "%sits %.*s is ", told ? ", " : "", FB_STR_ARG(relation->columns[i]));
        fb_value_write(tuple->values[i], out);
        fb_buf_add_c(out, ", not ");
        fb_value_write(value, out);
        told++;
    }
}

/* Why one record does not count. */
static struct fb_why *explain_miss(const struct fb_work *work, const struct fb_duty_view *view,
    const struct fb_form *pred, const struct miss *miss)
{
    const struct fb_obligation *o = &view->obligation;
    const struct fb_tuple *tuple = miss->tuple;
    fb_time at = fb_trace_time(&work->trace, tuple->from);
    char when[FB_TIME_TEXT];
    struct fb_buf text;
    fb_buf_init(&text, TEXT_MAX);
    fb_buf_addf(&text, "%.*s, on record since %s: ", FB_STR_ARG(tuple->record_id),
        fb_time_format_short(at, when));
    if (miss->wrong) {
        add_columns(work, view, pred, tuple, &text);
    } else if (o->deadline != FB_TIME_MAX && at >= o->deadline) {
        fb_buf_addf(
            &text, "it came after the deadline, %s", fb_time_format_short(o->deadline, when));
    } else if (at < o->since) {
        fb_buf_addf(
            &text, "it came before the duty arose, %s", fb_time_format_short(o->since, when));
    } else {
        fb_buf_add_c(&text, "it is of the right kind, but the rule asks for more");
    }
    struct fb_why *why = NULL;
    if (text.state != FB_BUF_NOMEM) {
        why = fb_why_new(work->arena, "%.*s", FB_STR_ARG(fb_buf_str(&text)));
    }
    fb_buf_release(&text);
    return fb_why_on(why, tuple->record_id, tuple->seq);
}

/* One that was met late was open when it was due: of it the records count that were there by then.
 */
static bool was_open(const struct fb_duty_view *view)
{
    enum fb_duty_status status = view->obligation.status;
    return view->obligation.duty->modality == FB_MUST &&
           (status == FB_DUTY_OWED || status == FB_DUTY_OVERDUE || status == FB_DUTY_UNDATED ||
               status == FB_DUTY_MET_LATE);
}

/* The instant from which on records are too late to be looked at. */
static fb_time end_of(const struct fb_duty_view *view)
{
    const struct fb_obligation *o = &view->obligation;
    return o->status == FB_DUTY_MET_LATE ? o->breached : FB_TIME_MAX;
}

/* Each record once: by its first tuple. */
static size_t collect(const struct fb_work *work, const struct fb_duty_view *view,
    const struct fb_form *pred, struct miss *out)
{
    size_t count = 0;
    const struct fb_trace *trace = &work->trace;
    for (size_t i = 0; i < trace->tuple_count; i++) {
        const struct fb_tuple *tuple = &trace->tuples[i];
        bool there = tuple->from < tuple->until && tuple->from < trace->time_count;
        if (!there || tuple->relation != pred->relation || tuple->seq == FB_WHY_NO_RECORD ||
            fb_trace_time(trace, tuple->from) >= end_of(view)) {
            continue;
        }
        if (out) {
            out[count] = (struct miss){tuple, wrong_columns(view, pred, tuple)};
        }
        count++;
    }
    return count;
}

enum fb_code fb_work_near(
    struct fb_work *work, const struct fb_duty_view *view, struct fb_why **out, struct fb_err *err)
{
    FB_ASSERT(work && view && out);
    const struct fb_form *act = view->obligation.duty->act;
    const struct fb_form *pred = was_open(view) && act ? asked_for(act) : NULL;
    if (pred && work->access) {
        fb_access_ask_all(work->access, pred->relation);
    }
    size_t count = pred ? collect(work, view, pred, NULL) : 0;
    *out = NULL;
    if (count == 0) {
        return FB_OK;
    }
    struct miss *misses = FB_ARENA_ARRAY(work->arena, struct miss, count);
    if (!misses) {
        return fb_arena_failed(work->arena, err);
    }
    (void)collect(work, view, pred, misses);
    qsort(misses, count, sizeof(*misses), nearest_first);
    struct fb_str kind = work->trace.signature->relations[pred->relation].name;
    const char *in_time = end_of(view) == FB_TIME_MAX ? "" : " that came in time";
    struct fb_why *top =
        count == 1 ? fb_why_new(work->arena, "the one record of kind %.*s%s does not count",
                         FB_STR_ARG(kind), in_time)
                   : fb_why_new(work->arena, "none of the %zu records of kind %.*s%s counts", count,
                         FB_STR_ARG(kind), in_time);
    for (size_t i = 0; top && i < count && i < SHOWN_MAX; i++) {
        struct fb_why *miss = explain_miss(work, view, pred, &misses[i]);
        if (!miss) {
            return fb_arena_failed(work->arena, err);
        }
        fb_why_add(top, miss);
    }
    if (top && count > SHOWN_MAX) {
        fb_why_add(top, fb_why_new(work->arena, "and %zu that differ in more", count - SHOWN_MAX));
    }
    *out = top;
    return top ? FB_OK : fb_arena_failed(work->arena, err);
}

/* due.c: the duties of a picture as a list of what is owed. */
#include "govern/due.h"

#include <stdlib.h>

#include "base/assert.h"
#include "engine/holidays.h"
#include "lang/lang.h"

const char *fb_due_group_name(enum fb_due_group group)
{
    static const char *const names[FB_DUE_GROUPS] = {"overdue", "owed", "undated", "held", "late"};
    FB_ASSERT(group < FB_DUE_GROUPS);
    return names[group];
}

/* The group of an obligation; FB_DUE_GROUPS for what is not listed. */
static enum fb_due_group group_of(const struct fb_obligation *o)
{
    switch (o->status) {
    case FB_DUTY_OVERDUE:
    case FB_DUTY_BROKEN:
        return FB_DUE_OVERDUE;
    case FB_DUTY_OWED:
        return FB_DUE_OWED;
    case FB_DUTY_UNDATED:
        return FB_DUE_UNDATED;
    case FB_DUTY_HELD:
        return FB_DUE_HELD;
    case FB_DUTY_MET_LATE:
        return FB_DUE_LATE;
    case FB_DUTY_MET:
    case FB_DUTY_RELAXED:
    case FB_DUTY_WAIVED:
        break;
    }
    return o->breached != FB_TIME_MAX ? FB_DUE_LATE : FB_DUE_GROUPS;
}

/* The text that a term stands for in an obligation; empty when it is not known. */
static struct fb_str term_text(const struct fb_obligation *o, const struct fb_term *term)
{
    struct fb_value value = {.type = FB_TYPE_NONE};
    if (term->kind == FB_TERM_CONST) {
        value = term->value;
    } else if (term->kind == FB_TERM_VAR && term->var < o->duty->param_count) {
        value = o->bindings[term->var];
    }
    return value.type == FB_TYPE_STRING ? value.u.text : (struct fb_str){NULL, 0};
}

/* Adds whom an act is done to: what stands in the columns `to` of its facts. What must not be is no
 * act. Depth is bounded by FB_IR_DEPTH_MAX. */
static void add_addressees(const struct fb_obligation *o, const struct fb_form *form,
    struct fb_arena *arena, struct fb_str *to)
{
    if (!form || form->kind == FB_FORM_NOT) {
        return;
    }
    if (form->kind == FB_FORM_PRED && !form->definition &&
        form->relation < fb_policy_signature()->count) {
        int column = fb_policy_column(form->relation, "to");
        if (column < 0 || (size_t)column >= form->term_count) {
            return;
        }
        struct fb_str name = term_text(o, form->terms[column]);
        if (name.len && to->len == 0) {
            *to = name;
        } else if (name.len && !fb_str_eq(*to, name)) {
            *to = fb_arena_printf(arena, "%.*s or %.*s", FB_STR_ARG(*to), FB_STR_ARG(name));
        }
        return;
    }
    add_addressees(o, form->left, arena, to);
    add_addressees(o, form->right, arena, to);
}

/* The fact without which there is no deadline, as "known_at of incident/1" for the variable
 * "I.known_at". */
static struct fb_str missing_fact(const struct fb_obligation *o, struct fb_arena *arena)
{
    const struct fb_duty *duty = o->duty;
    if (duty->anchor_var < 0 || (size_t)duty->anchor_var >= duty->var_count) {
        return FB_STR("the date from which it runs");
    }
    struct fb_str name = duty->vars[duty->anchor_var];
    size_t dot = fb_str_find(name, '.', 0);
    struct fb_str field = fb_str_sub(name, dot + 1, name.len);
    for (size_t i = 0; dot < name.len && i < duty->param_count; i++) {
        if (fb_str_eq(duty->vars[i], fb_str_sub(name, 0, dot)) &&
            o->bindings[i].type == FB_TYPE_STRING) {
            return fb_arena_printf(
                arena, "%.*s of %.*s", FB_STR_ARG(field), FB_STR_ARG(o->bindings[i].u.text));
        }
    }
    return fb_arena_printf(arena, "the date %.*s", FB_STR_ARG(name));
}

/* True when the deadline depends on years for which no public holidays are listed. The unit is that
 * of the line that set it, or the one that asks for most when its rule has several. */
static bool may_end_later(const struct fb_duty_view *view)
{
    const struct fb_obligation *o = &view->obligation;
    const struct fb_duty *duty = o->duty;
    enum fb_unit unit = duty->every ? duty->every_unit : FB_UNIT_HOURS;
    for (size_t i = 0; i < duty->within_count; i++) {
        enum fb_unit one = duty->within[i].unit;
        unit = unit == FB_UNIT_BUSINESS_DAYS || one == FB_UNIT_HOURS ? unit : one;
    }
    return fb_holidays_unlisted(&view->policy->program->days, o->anchor, o->deadline, unit);
}

/* One sentence: which rule, from where, since when, and from when its time runs. */
static struct fb_str sentence(const struct fb_duty_view *view, struct fb_arena *arena)
{
    const struct fb_obligation *o = &view->obligation;
    const struct fb_program *program = view->policy->program;
    char since[FB_TIME_TEXT], anchor[FB_TIME_TEXT];
    bool later = may_end_later(view);
    bool runs = o->anchor != FB_TIME_MIN && o->anchor != o->since && o->deadline != FB_TIME_MAX;
    (void)fb_time_format_short(o->since, since);
    (void)fb_time_format_short(o->anchor, anchor);
    struct fb_str source = o->duty->source.len   ? o->duty->source
                           : program->source.len ? program->source
                                                 : program->title;
    return fb_arena_printf(arena,
        "rule %.*s of %.*s version %lld (%.*s) binds since %s%s%s%s%.*s%s",
        FB_STR_ARG(o->duty->name), FB_STR_ARG(program->name), (long long)program->version,
        FB_STR_ARG(source), since, runs ? "; its time runs from " : "", runs ? anchor : "",
        later ? "; it may end later, since its public holidays (" : "",
        FB_STR_ARG(later ? program->days.listed : FB_STR("")),
        later ? ") are not listed for those years" : "");
}

static int compare(const void *left, const void *right)
{
    const struct fb_due *a = left, *b = right;
    if (a->group != b->group) {
        return a->group < b->group ? -1 : 1;
    }
    if (a->until != b->until) {
        return a->until < b->until ? -1 : 1;
    }
    int order = fb_str_cmp(a->duty->id, b->duty->id);
    return order ? order : (a->duty > b->duty) - (a->duty < b->duty);
}

bool fb_done_early(const struct fb_duty_view *view)
{
    FB_ASSERT(view && view->policy);
    const struct fb_obligation *o = &view->obligation;
    return o->status == FB_DUTY_MET && o->settled < view->policy->program->effective;
}

enum fb_code fb_due_list(const struct fb_picture *picture, struct fb_str party,
    struct fb_arena *arena, struct fb_due_list *out, struct fb_err *err)
{
    FB_ASSERT(picture && arena && out);
    struct fb_due_list list = {
        .items = FB_ARENA_ARRAY(arena, struct fb_due, picture->duty_count + 1)};
    if (!list.items) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < picture->duty_count; i++) {
        const struct fb_duty_view *view = &picture->duties[i];
        const struct fb_obligation *o = &view->obligation;
        enum fb_due_group group = group_of(o);
        list.early += fb_done_early(view) && (!party.len || fb_str_eq(o->party, party));
        if (group == FB_DUE_GROUPS || (party.len && !fb_str_eq(o->party, party))) {
            continue;
        }
        struct fb_due *due = &list.items[list.count++];
        *due = (struct fb_due){.duty = view,
            .group = group,
            .until = o->breached != FB_TIME_MAX ? o->breached : o->deadline,
            .why = sentence(view, arena)};
        add_addressees(o, o->duty->act, arena, &due->to);
        if (group == FB_DUE_UNDATED) {
            due->until = FB_TIME_MAX;
            due->needs = missing_fact(o, arena);
        }
        if (!due->why.ptr || (group == FB_DUE_UNDATED && !due->needs.ptr)) {
            return fb_arena_failed(arena, err);
        }
        list.counts[group]++;
    }
    if (list.count) {
        qsort(list.items, list.count, sizeof(list.items[0]), compare);
    }
    *out = list;
    return FB_OK;
}

static int by_end(const void *left, const void *right)
{
    const struct fb_docket_blob *a = left, *b = right;
    if (a->kept.until != b->kept.until) {
        return a->kept.until < b->kept.until ? -1 : 1;
    }
    return fb_str_cmp(a->digest, b->digest);
}

enum fb_code fb_due_keep(struct fb_docket *docket, const struct fb_picture *picture,
    struct fb_str party, struct fb_arena *arena, struct fb_due_list *out, struct fb_err *err)
{
    FB_ASSERT(docket && picture && arena && out);
    struct fb_docket_blob *blobs = NULL;
    size_t count = 0, kept = 0;
    enum fb_code code = fb_docket_blobs(docket, picture, arena, &blobs, &count, err);
    if (code != FB_OK) {
        return code;
    }
    for (size_t i = 0; i < count; i++) {
        const struct fb_record *record = blobs[i].record;
        bool named = record && record->admitted < picture->as_of &&
                     (party.len == 0 || fb_str_eq(record->issuer, party));
        if (blobs[i].present && !blobs[i].erasure && named && blobs[i].kept.until > picture->now) {
            blobs[kept++] = blobs[i];
        }
    }
    if (kept) {
        qsort(blobs, kept, sizeof(blobs[0]), by_end);
    }
    out->kept = blobs;
    out->kept_count = kept;
    return FB_OK;
}

#include "report/words.h"

#include "base/assert.h"

enum fb_tone fb_tone_of_line(enum fb_line_status status)
{
    switch (status) {
    case FB_LINE_OUT_OF_SCOPE:
        return FB_TONE_FAINT;
    case FB_LINE_NOT_RULED_OUT:
        return FB_TONE_WARN;
    case FB_LINE_RULED_OUT:
        return FB_TONE_GOOD;
    case FB_LINE_CROSSED:
        return FB_TONE_BAD;
    }
    return FB_TONE_PLAIN;
}

enum fb_tone fb_tone_of_duty(enum fb_duty_status status)
{
    switch (status) {
    case FB_DUTY_MET:
        return FB_TONE_GOOD;
    case FB_DUTY_OVERDUE:
    case FB_DUTY_BROKEN:
        return FB_TONE_BAD;
    case FB_DUTY_OWED:
    case FB_DUTY_HELD:
    case FB_DUTY_UNDATED:
    case FB_DUTY_MET_LATE:
        return FB_TONE_WARN;
    case FB_DUTY_RELAXED:
    case FB_DUTY_WAIVED:
        return FB_TONE_FAINT;
    }
    return FB_TONE_PLAIN;
}

enum fb_tone fb_tone_of_label(enum fb_label label)
{
    switch (label) {
    case FB_LABEL_IN:
        return FB_TONE_GOOD;
    case FB_LABEL_OUT_UNDERCUT:
    case FB_LABEL_UNDECIDED:
        return FB_TONE_WARN;
    case FB_LABEL_OUT_FALSIFIED:
        return FB_TONE_BAD;
    }
    return FB_TONE_PLAIN;
}

struct fb_str fb_short_id(struct fb_str id)
{
    size_t slash = fb_str_find(id, '/', 0);
    return slash + 1 < id.len ? fb_str_sub(id, slash + 1, id.len) : id;
}

struct fb_str fb_system_title(const struct fb_system_view *system)
{
    FB_ASSERT(system && system->record);
    struct fb_str title = fb_record_text(system->record, "title");
    return title.len ? title : fb_short_id(system->id);
}

static void distance(
    fb_time from, fb_time to, const char *before, const char *after, struct fb_buf *out)
{
    char text[FB_TIME_TEXT];
    if (from == FB_TIME_MIN || to == FB_TIME_MAX) {
        return;
    }
    bool past = to <= from;
    fb_buf_addf(out, ", %s%s%s", past ? "" : before,
        fb_duration_format(past ? from - to : to - from, text), past ? after : "");
}

void fb_duty_when(const struct fb_duty_view *view, fb_time now, struct fb_buf *out)
{
    const struct fb_obligation *o = &view->obligation;
    char text[FB_TIME_TEXT];
    switch (o->status) {
    case FB_DUTY_OWED:
        if (o->deadline == FB_TIME_MAX) {
            fb_buf_addf(out, "since %s", fb_time_format_short(o->since, text));
            return;
        }
        fb_buf_addf(out, "due %s", fb_time_format_short(o->deadline, text));
        distance(now, o->deadline, "in ", " ago", out);
        return;
    case FB_DUTY_OVERDUE:
        fb_buf_addf(out, "was due %s", fb_time_format_short(o->breached, text));
        distance(now, o->breached, "in ", " ago", out);
        return;
    case FB_DUTY_MET:
        fb_buf_addf(out, "met %s", fb_time_format_short(o->settled, text));
        if (o->deadline != FB_TIME_MAX) {
            fb_buf_addf(out, ", due %s", fb_time_format_short(o->deadline, text));
        }
        return;
    case FB_DUTY_MET_LATE:
        fb_buf_addf(out, "met %s", fb_time_format_short(o->settled, text));
        fb_buf_addf(out, ", was due %s", fb_time_format_short(o->breached, text));
        return;
    case FB_DUTY_BROKEN:
        fb_buf_addf(out, "broken %s", fb_time_format_short(o->breached, text));
        return;
    case FB_DUTY_HELD:
        fb_buf_addf(out, "since %s", fb_time_format_short(o->since, text));
        return;
    case FB_DUTY_RELAXED:
        fb_buf_addf(out, "ended %s", fb_time_format_short(o->settled, text));
        return;
    case FB_DUTY_UNDATED:
        fb_buf_add_c(out, "needs the date from which it runs");
        return;
    case FB_DUTY_WAIVED:
        fb_buf_add_c(out, "excused for now");
        return;
    }
}

fb_time fb_line_until(const struct fb_line_view *view, fb_time now)
{
    FB_ASSERT(view);
    const struct fb_segments *history = &view->history;
    for (size_t i = 0; i < history->count; i++) {
        if (history->items[i].from > now && history->items[i].status != view->status) {
            return history->items[i].from;
        }
    }
    return FB_TIME_MAX;
}

void fb_line_when(const struct fb_line_view *view, fb_time now, struct fb_buf *out)
{
    char text[FB_TIME_TEXT];
    fb_buf_addf(out, "since %s", fb_time_format_short(view->since, text));
    fb_time until = fb_line_until(view, now);
    if (until != FB_TIME_MAX) {
        fb_buf_addf(out, ", until %s", fb_time_format_short(until, text));
    }
}

/* Appends "2 overdue" with a comma before it when it is not the first. */
static void add_count(size_t count, const char *word, bool *first, struct fb_buf *out)
{
    if (count) {
        fb_buf_addf(out, "%s%zu %s", *first ? "" : ", ", count, word);
        *first = false;
    }
}

void fb_duty_summary(const struct fb_picture *picture, struct fb_str system, struct fb_buf *out)
{
    static const enum fb_duty_status order[] = {FB_DUTY_OVERDUE, FB_DUTY_BROKEN, FB_DUTY_UNDATED,
        FB_DUTY_OWED, FB_DUTY_HELD, FB_DUTY_MET_LATE, FB_DUTY_MET, FB_DUTY_WAIVED, FB_DUTY_RELAXED};
    bool first = true;
    for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
        size_t count = 0;
        size_t link = fb_picture_of(picture, system)->duty;
        for (const struct fb_duty_view *view; (view = fb_picture_duty(picture, link)) != NULL;) {
            count += view->obligation.status == order[k];
            link = view->next;
        }
        add_count(count, fb_duty_status_name(order[k]), &first, out);
    }
    if (first) {
        fb_buf_add_c(out, "nothing owed");
    }
}

void fb_line_summary(
    const struct fb_picture *picture, const struct fb_system_view *system, struct fb_buf *out)
{
    static const enum fb_line_status order[] = {
        FB_LINE_CROSSED, FB_LINE_NOT_RULED_OUT, FB_LINE_RULED_OUT};
    bool first = true;
    for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
        size_t count = 0;
        size_t link = system->first.line;
        for (const struct fb_line_view *view; (view = fb_picture_line(picture, link)) != NULL;) {
            count += view->status == order[k];
            link = view->next;
        }
        add_count(count, fb_line_status_name(order[k]), &first, out);
    }
    if (first) {
        fb_buf_add_c(out, system->exempt ? "exempt" : "none");
    }
}

void fb_case_summary(const struct fb_picture *picture, struct fb_str system, struct fb_buf *out)
{
    bool first = true;
    const struct fb_case_view *view =
        fb_picture_case(picture, fb_picture_of(picture, system)->safety_case);
    for (; view; view = fb_picture_case(picture, view->next)) {
        fb_buf_addf(out, "%s%.*s: %s", first ? "" : ", ",
            FB_STR_ARG(fb_record_text(view->record, "name")), fb_label_name(view->label));
        first = false;
    }
    if (first) {
        fb_buf_add_c(out, "none");
    }
}

/* BAD is worse than WARN, which is worse than GOOD; the rest says nothing. */
static enum fb_tone worse(enum fb_tone a, enum fb_tone b)
{
    static const int rank[] = {[FB_TONE_PLAIN] = 0,
        [FB_TONE_FAINT] = 0,
        [FB_TONE_GOOD] = 1,
        [FB_TONE_WARN] = 2,
        [FB_TONE_BAD] = 3};
    return rank[a] >= rank[b] ? a : b;
}

enum fb_tone fb_duty_worst(const struct fb_picture *picture, struct fb_str system)
{
    enum fb_tone tone = FB_TONE_FAINT;
    const struct fb_duty_view *view =
        fb_picture_duty(picture, fb_picture_of(picture, system)->duty);
    for (; view; view = fb_picture_duty(picture, view->next)) {
        tone = worse(tone, fb_tone_of_duty(view->obligation.status));
    }
    return tone;
}

enum fb_tone fb_line_worst(const struct fb_picture *picture, struct fb_str system)
{
    enum fb_tone tone = FB_TONE_FAINT;
    const struct fb_line_view *view =
        fb_picture_line(picture, fb_picture_of(picture, system)->line);
    for (; view; view = fb_picture_line(picture, view->next)) {
        tone = worse(tone, fb_tone_of_line(view->status));
    }
    return tone;
}

enum fb_tone fb_case_worst(const struct fb_picture *picture, struct fb_str system)
{
    enum fb_tone tone = FB_TONE_FAINT;
    const struct fb_case_view *view =
        fb_picture_case(picture, fb_picture_of(picture, system)->safety_case);
    for (; view; view = fb_picture_case(picture, view->next)) {
        tone = worse(tone, fb_tone_of_label(view->label));
    }
    return tone;
}

const struct fb_licence_view *fb_licence_of(
    const struct fb_picture *picture, struct fb_str system, enum fb_action action)
{
    const struct fb_licence_view *view =
        fb_picture_licence(picture, fb_picture_of(picture, system)->licence);
    while (view && view->action != action) {
        view = fb_picture_licence(picture, view->next);
    }
    return view;
}

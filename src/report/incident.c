/* incident.c: the clocks of an incident, for a terminal and for programs. */
#include "report/incident.h"

#include "base/assert.h"
#include "record/classes.h"
#include "report/csv.h"
#include "report/json_parts.h"
#include "report/sheet.h"
#include "report/words.h"

static enum fb_tone tone_of(const struct fb_incident_clock *clock)
{
    if (clock->state == FB_CLOCK_CANNOT_TELL) {
        return FB_TONE_WARN;
    }
    return clock->duty ? fb_tone_of_duty(clock->duty->obligation.status) : FB_TONE_FAINT;
}

/* What the clock says, in one sentence. */
static void say_clock(const struct fb_incident_clock *clock, struct fb_buf *out)
{
    char text[FB_TIME_TEXT];
    const struct fb_obligation *o = clock->duty ? &clock->duty->obligation : NULL;
    struct fb_str source =
        clock->rule->source.len ? clock->rule->source : clock->policy->program->source;
    if (clock->state == FB_CLOCK_CANNOT_TELL) {
        fb_buf_addf(out, "cannot tell: needs %.*s", FB_STR_ARG(clock->needs));
    } else if (o && o->deadline != FB_TIME_MAX) {
        char from[FB_TIME_TEXT];
        fb_buf_addf(out, "%s, due %s UTC, from %s", fb_duty_status_name(o->status),
            fb_time_format_short(o->deadline, text), fb_time_format_short(o->anchor, from));
    } else if (o) {
        fb_buf_addf(out, "%s, without a day on which it is late", fb_duty_status_name(o->status));
    } else if (clock->state == FB_CLOCK_NOT_IN_FORCE) {
        fb_buf_add_c(out, clock->policy->force == FB_EXPIRED ? "expired" : "not yet in force");
    } else if (clock->rule->after) {
        fb_buf_addf(out, "not owed: it follows %.*s, which is not done",
            FB_STR_ARG(clock->rule->after->name));
    } else {
        fb_buf_addf(out, "not owed: %.*s", FB_STR_ARG(clock->why));
    }
    fb_buf_addf(out, " (%.*s)", FB_STR_ARG(source));
}

static void put_clock(struct fb_sheet *sheet, const struct fb_incident_clock *clock)
{
    enum { INDENT = 4 };
    struct fb_buf text;
    fb_buf_init(&text, FB_SHEET_LINE_MAX);
    fb_buf_addf(&text, "%.*s/%.*s", FB_STR_ARG(clock->policy->program->name),
        FB_STR_ARG(clock->rule->name));
    if (clock->duty) {
        fb_buf_addf(
            &text, ", owed by %.*s", FB_STR_ARG(fb_short_id(clock->duty->obligation.party)));
    }
    fb_buf_addf(&text, ": %.*s", FB_STR_ARG(clock->rule->title));
    fb_buf_add_c(sheet->out, "  ");
    size_t from = sheet->out->len;
    fb_sheet_cell(sheet, fb_buf_str(&text), 0, FB_TONE_PLAIN);
    fb_sheet_wrap(sheet, from, INDENT);
    fb_buf_clear(&text);
    say_clock(clock, &text);
    fb_buf_addf(sheet->out, "\n%*s", INDENT, "");
    from = sheet->out->len;
    fb_sheet_cell(sheet, fb_buf_str(&text), 0, tone_of(clock));
    fb_sheet_wrap(sheet, from, INDENT);
    fb_buf_add_char(sheet->out, '\n');
    fb_sheet_line_release(sheet, &text);
}

static void put_word(struct fb_sheet *sheet, const struct fb_incident_word *word)
{
    char at[FB_TIME_TEXT], admitted[FB_TIME_TEXT];
    fb_buf_addf(sheet->out, "  %s  ", fb_time_format_short(word->record->admitted, admitted));
    fb_sheet_clean(sheet->out, word->record->id, 100);
    fb_buf_add_c(sheet->out, " by ");
    fb_sheet_clean(sheet->out, fb_short_id(word->record->issuer), 100);
    fb_buf_addf(sheet->out, ", of %s", fb_time_format_short(word->record->at, at));
    if (word->knows) {
        fb_buf_add_c(sheet->out, ": known to ");
        fb_sheet_clean(sheet->out, word->who.len ? fb_short_id(word->who) : FB_STR("?"), 100);
        fb_buf_addf(sheet->out, " since %s",
            word->known_at == FB_TIME_MAX ? "?" : fb_time_format_short(word->known_at, at));
    }
    fb_buf_add_char(sheet->out, '\n');
}

enum fb_code fb_report_incident_text(const struct fb_picture *picture,
    const struct fb_incident_view *view, bool whole, const struct fb_report_options *options,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && view && options && out);
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    char text[FB_TIME_TEXT];
    fb_sheet_heading(&sheet, view->first->id);
    fb_buf_add_c(out, "  ");
    fb_sheet_clean(out, fb_record_text(view->head, "title"), 200);
    fb_buf_addf(out, "; class %.*s; ", FB_STR_ARG(fb_record_text(view->head, "class")));
    fb_sheet_clean(out, view->head->subject, 200);
    fb_buf_add_c(out, view->small_unknown
                          ? ", whose training compute is not on record: it counts as above every "
                            "threshold\n"
                          : "\n");
    for (size_t i = 0; i < view->clock_count; i++) {
        if (whole || view->clocks[i].state < FB_CLOCK_NOT_OWED) {
            put_clock(&sheet, &view->clocks[i]);
        }
    }
    if (whole) {
        fb_buf_add_c(out, "\nWho said what, and when\n");
        for (size_t i = 0; i < view->word_count; i++) {
            put_word(&sheet, &view->words[i]);
        }
        if (view->kept.until == FB_TIME_MIN) {
            fb_buf_add_c(out, "\nNo policy in force says how long what belongs to it is kept\n");
        } else {
            fb_buf_addf(out, "\nTo be kept until %s: ",
                view->kept.until == FB_TIME_MAX ? "further notice"
                                                : fb_time_format_short(view->kept.until, text));
            fb_sheet_clean(out, view->kept.why, 400);
            fb_buf_add_c(out, "\n");
        }
    }
    return fb_sheet_check(&sheet, "an incident", err);
}

static void clock_json(const struct fb_incident_clock *clock, struct fb_json_writer *w)
{
    const struct fb_obligation *o = clock->duty ? &clock->duty->obligation : NULL;
    struct fb_buf text;
    fb_buf_init(&text, FB_SHEET_LINE_MAX);
    fb_json_open_object(w);
    fb_json_key_str(w, "policy", clock->policy->program->name);
    fb_json_key_str(w, "rule", clock->rule->name);
    fb_json_key_c(w, "state", fb_clock_state_name(clock->state));
    fb_json_key_c(w, "status", o ? fb_duty_status_name(o->status) : "not owed");
    fb_report_key_time(w, "due", o ? o->deadline : FB_TIME_MAX);
    fb_json_key_str(w, "needs", clock->needs);
    say_clock(clock, &text);
    fb_json_key_str(w, "why", fb_buf_str(&text));
    fb_json_close_object(w);
    fb_buf_release(&text);
}

void fb_report_incident_json(const struct fb_incident_view *view, struct fb_json_writer *w)
{
    FB_ASSERT(view && w);
    fb_json_open_object(w);
    fb_json_key_str(w, "incident", view->first->id);
    fb_json_key_str(w, "title", fb_record_text(view->head, "title"));
    fb_json_key_str(w, "class", fb_record_text(view->head, "class"));
    fb_json_key_str(w, "system", view->head->subject);
    fb_json_key_bool(w, "compute_unknown", view->small_unknown);
    fb_json_key(w, "clocks");
    fb_json_open_array(w);
    for (size_t i = 0; i < view->clock_count; i++) {
        clock_json(&view->clocks[i], w);
    }
    fb_json_close_array(w);
    fb_json_key(w, "words");
    fb_json_open_array(w);
    for (size_t i = 0; i < view->word_count; i++) {
        const struct fb_incident_word *word = &view->words[i];
        fb_json_open_object(w);
        fb_json_key_str(w, "record", word->record->id);
        fb_json_key_str(w, "issuer", word->record->issuer);
        fb_report_key_time(w, "at", word->record->at);
        fb_report_key_time(w, "admitted", word->record->admitted);
        fb_json_key_str(w, "known_to", word->who);
        fb_report_key_time(w, "known_at", word->known_at);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
    fb_report_key_time(
        w, "keep_until", view->kept.until == FB_TIME_MIN ? FB_TIME_MAX : view->kept.until);
    fb_json_close_object(w);
}

void fb_report_incident_csv_head(struct fb_buf *out)
{
    FB_ASSERT(out);
    fb_buf_add_c(out,
        "incident,title,class,system,admitted,policy,rule,state,status,party,runs_from,"
        "due,settled,needs,why\r\n");
}

void fb_report_incident_csv(const struct fb_incident_view *view, bool whole, struct fb_buf *out)
{
    FB_ASSERT(view && out);
    struct fb_buf why;
    fb_buf_init(&why, FB_SHEET_LINE_MAX);
    for (size_t i = 0; i < view->clock_count; i++) {
        const struct fb_incident_clock *clock = &view->clocks[i];
        const struct fb_obligation *o = clock->duty ? &clock->duty->obligation : NULL;
        if (!whole && clock->state >= FB_CLOCK_NOT_OWED) {
            continue;
        }
        fb_csv_put(out, view->first->id, false);
        fb_csv_put(out, fb_record_text(view->head, "title"), false);
        fb_csv_put(out, fb_record_text(view->head, "class"), false);
        fb_csv_put(out, view->head->subject, false);
        fb_csv_put_time(out, view->first->admitted, false);
        fb_csv_put(out, clock->policy->program->name, false);
        fb_csv_put(out, clock->rule->name, false);
        fb_csv_put(out, fb_str_of(fb_clock_state_name(clock->state)), false);
        fb_csv_put(out, fb_str_of(o ? fb_duty_status_name(o->status) : ""), false);
        fb_csv_put(out, o ? o->party : (struct fb_str){NULL, 0}, false);
        fb_csv_put_time(out, o ? o->anchor : FB_TIME_MAX, false);
        fb_csv_put_time(out, o ? o->deadline : FB_TIME_MAX, false);
        fb_csv_put_time(out, o ? o->settled : FB_TIME_MAX, false);
        fb_csv_put(out, clock->needs, false);
        fb_buf_clear(&why);
        say_clock(clock, &why);
        fb_csv_put(out, fb_buf_str(&why), true);
    }
    fb_buf_release(&why);
}

void fb_report_incident_help(struct fb_buf *out)
{
    size_t count = 0;
    const struct fb_class *classes = fb_classes(&count);
    fb_buf_add_c(out,
        "What an incident's record asks for, and why\n"
        "  --system S      the system that it is about: its size decides which laws apply\n"
        "  --title TEXT    what happened, in a few words\n"
        "  --class CLASS   its class: it sets the deadline (below)\n"
        "  --known-to P    who knew; --known-at TIME since when: from there the clocks run.\n"
        "                  Left out, the clocks cannot be told; nothing is guessed\n"
        "  --began TIME    when it began; --ended TIME when it ended (final reports run from "
        "there)\n"
        "  --deaths N      people killed; --injured N hurt: they count beside the class\n"
        "  --description TEXT  what happened\n\nClasses\n");
    for (size_t i = 0; i < count; i++) {
        fb_buf_addf(out, "  %-24s %s (%s)\n", classes[i].name, classes[i].text, classes[i].laws);
    }
}

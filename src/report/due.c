/* due.c: what is owed, for a terminal and for programs. */
#include "report/due.h"

#include "base/assert.h"
#include "base/codec.h"
#include "report/amended.h"
#include "report/csv.h"
#include "report/json_parts.h"
#include "report/sheet.h"
#include "report/words.h"

/* Documents to be kept that the text lists. */
enum { KEPT_SHOWN_MAX = 20 };

/* What a group is to people, and how it feels. */
static const struct {
    const char *title;
    enum fb_tone tone;
} groups[FB_DUE_GROUPS] = {
    [FB_DUE_OVERDUE] = {"Overdue or broken", FB_TONE_BAD},
    [FB_DUE_OWED] = {"Owed, the next deadline first", FB_TONE_WARN},
    [FB_DUE_UNDATED] = {"Owed, but a fact is missing that sets the deadline", FB_TONE_WARN},
    [FB_DUE_HELD] = {"Limits that bind now, kept so far", FB_TONE_PLAIN},
    [FB_DUE_LATE] = {"Was late: done after the deadline, or ended after it", FB_TONE_FAINT},
};

static void head(struct fb_sheet *sheet, const struct fb_picture *picture)
{
    char now[FB_TIME_TEXT], hex[17];
    fb_hex_encode(picture->root, 8, hex);
    fb_sheet_clean(sheet->out, picture->origin, SIZE_MAX);
    fb_buf_addf(sheet->out, " at %s UTC%s; %llu records, root %s...%s\n",
        fb_time_format_short(picture->now, now),
        picture->as_of != FB_TIME_MAX ? ", with what was known then" : "",
        (unsigned long long)picture->record_count, hex,
        picture->simulated ? "; the clock is simulated" : "");
}

/* How it stands, beyond the deadline: "overdue for 6 days 12 hours", "undated, needs ...". */
static void add_standing(const struct fb_due *due, fb_time now, struct fb_buf *out)
{
    const struct fb_obligation *o = &due->duty->obligation;
    char text[FB_TIME_TEXT];
    fb_buf_add_c(out, fb_duty_status_name(o->status));
    if (due->needs.len) {
        fb_buf_addf(out, ", needs %.*s", FB_STR_ARG(due->needs));
    } else if (due->group == FB_DUE_OVERDUE && due->until <= now) {
        fb_buf_addf(out, " for %s", fb_duration_format(now - due->until, text));
    } else if (due->group == FB_DUE_OWED && due->until != FB_TIME_MAX && due->until > now) {
        fb_buf_addf(out, ", %s left", fb_duration_format(due->until - now, text));
    } else if (due->group == FB_DUE_LATE && o->settled != FB_TIME_MAX) {
        fb_buf_addf(out, " on %s", fb_time_format_short(o->settled, text));
    }
}

/* Two lines, which wrap: until when, by whom, to whom, what; how that stands, and why. */
static void item(struct fb_sheet *sheet, const struct fb_picture *picture, const struct fb_due *due)
{
    enum { INDENT = 2 + 8 + 2 + 16 + 2 };
    const struct fb_obligation *o = &due->duty->obligation;
    struct fb_buf text;
    char until[FB_TIME_TEXT];
    fb_buf_init(&text, FB_SHEET_LINE_MAX);
    fb_buf_addf(&text, "%.*s", FB_STR_ARG(fb_short_id(o->party)));
    if (due->to.len) {
        fb_buf_addf(&text, " to %.*s", FB_STR_ARG(due->to));
    }
    fb_buf_addf(&text, ": %.*s", FB_STR_ARG(due->duty->text));
    (void)fb_time_format_short(due->until, until);
    fb_buf_add_c(sheet->out, "  ");
    fb_sheet_cell(sheet, fb_str_of(due->duty->handle), 8, FB_TONE_FAINT);
    fb_sheet_cell(sheet, fb_str_of(due->until == FB_TIME_MAX ? "no deadline" : until), 16,
        groups[due->group].tone);
    size_t from = sheet->out->len;
    fb_sheet_cell(sheet, fb_buf_str(&text), 0, FB_TONE_PLAIN);
    fb_sheet_wrap(sheet, from, INDENT);
    fb_buf_clear(&text);
    add_standing(due, picture->now, &text);
    fb_buf_addf(&text, "; %.*s", FB_STR_ARG(due->why));
    fb_buf_addf(sheet->out, "\n%*s", INDENT, "");
    from = sheet->out->len;
    fb_sheet_cell(sheet, fb_buf_str(&text), 0, FB_TONE_FAINT);
    fb_sheet_wrap(sheet, from, INDENT);
    fb_buf_add_char(sheet->out, '\n');
    fb_sheet_line_release(sheet, &text);
}

/* What must be kept: until when, which, and why. */
static void add_kept(struct fb_sheet *sheet, const struct fb_due_list *list)
{
    enum { INDENT = 2 + 16 + 2 };
    char until[FB_TIME_TEXT];
    struct fb_buf text;
    fb_buf_init(&text, FB_SHEET_LINE_MAX);
    fb_buf_addf(&text, "To be kept until then (%zu)", list->kept_count);
    fb_buf_add_char(sheet->out, '\n');
    fb_sheet_heading(sheet, fb_buf_str(&text));
    for (size_t i = 0; i < list->kept_count && i < KEPT_SHOWN_MAX; i++) {
        const struct fb_docket_blob *blob = &list->kept[i];
        fb_buf_clear(&text);
        fb_buf_addf(&text, "%s of %.*s, %.*s; of %.*s", blob->field, FB_STR_ARG(blob->record->id),
            FB_STR_ARG(fb_str_sub(blob->digest, 0, 7 + 16)), FB_STR_ARG(blob->kept.why));
        fb_buf_add_c(sheet->out, "  ");
        fb_sheet_cell(
            sheet, fb_str_of(fb_time_format_short(blob->kept.until, until)), 16, FB_TONE_PLAIN);
        size_t from = sheet->out->len;
        fb_sheet_cell(sheet, fb_buf_str(&text), 0, FB_TONE_FAINT);
        fb_sheet_wrap(sheet, from, INDENT);
        fb_buf_add_char(sheet->out, '\n');
    }
    if (list->kept_count > KEPT_SHOWN_MAX) {
        fb_buf_addf(sheet->out, "  and %zu more: `flyball due --json` has them all\n",
            list->kept_count - KEPT_SHOWN_MAX);
    }
    fb_sheet_line_release(sheet, &text);
}

enum fb_code fb_report_due_text(const struct fb_picture *picture, const struct fb_due_list *list,
    const struct fb_report_options *options, const struct fb_pour *pour, struct fb_buf *out,
    struct fb_err *err)
{
    FB_ASSERT(picture && list && options && out);
    enum fb_code code = FB_OK;
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    head(&sheet, picture);
    for (size_t i = 0; code == FB_OK && i < list->count; i++) {
        enum fb_due_group group = list->items[i].group;
        if (i == 0 || group != list->items[i - 1].group) {
            struct fb_buf title;
            fb_buf_init(&title, FB_SHEET_LINE_MAX);
            fb_buf_addf(&title, "%s (%zu)", groups[group].title, list->counts[group]);
            fb_buf_add_char(out, '\n');
            fb_sheet_heading(&sheet, fb_buf_str(&title));
            fb_sheet_line_release(&sheet, &title);
        }
        item(&sheet, picture, &list->items[i]);
        code = fb_pour(pour, out, err);
    }
    if (list->kept_count) {
        add_kept(&sheet, list);
    }
    fb_buf_add_c(out, list->count ? "\n`flyball explain NAME` says why in full; NAME is in the "
                                    "first column.\n"
                                  : "\nnothing is owed, and nothing was late\n");
    if (list->early) {
        fb_buf_addf(out,
            "%zu %s done before the rule that asks for %s was in force, and need not "
            "be done again: `flyball status` has %s\n",
            list->early, list->early == 1 ? "thing was" : "things were",
            list->early == 1 ? "it" : "them", list->early == 1 ? "it" : "them");
    }
    fb_report_corrections(picture, out);
    return code ? code : fb_sheet_check(&sheet, "what is owed", err);
}

/* A text, or null where there is none. */
static void key_text(struct fb_json_writer *w, const char *key, struct fb_str text)
{
    fb_json_key(w, key);
    if (text.len) {
        fb_json_str(w, text);
    } else {
        fb_json_null(w);
    }
}

static void add_item(struct fb_json_writer *w, const struct fb_due *due)
{
    const struct fb_duty_view *view = due->duty;
    const struct fb_obligation *o = &view->obligation;
    fb_json_open_object(w);
    fb_json_key_str(w, "id", view->id);
    fb_json_key_c(w, "handle", view->handle);
    fb_json_key_c(w, "group", fb_due_group_name(due->group));
    fb_json_key_c(w, "status", fb_duty_status_name(o->status));
    fb_report_key_time(w, "until", due->until);
    fb_json_key_str(w, "party", o->party);
    key_text(w, "to", due->to);
    key_text(w, "system", view->system);
    fb_json_key_str(w, "text", view->text);
    key_text(w, "needs", due->needs);
    fb_json_key_str(w, "policy", view->policy->program->name);
    fb_json_key_int(w, "version", view->policy->program->version);
    fb_json_key_str(w, "rule", o->duty->name);
    fb_report_key_time(w, "since", o->since);
    fb_report_key_time(w, "runs_from", o->anchor);
    fb_report_key_time(w, "settled", o->settled);
    fb_json_key_str(w, "why", due->why);
    fb_json_close_object(w);
}

enum fb_code fb_report_due_json(const struct fb_picture *picture, const struct fb_due_list *list,
    const struct fb_pour *pour, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && list && out);
    struct fb_json_writer w;
    enum fb_code code = FB_OK;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_report_json_source(&w, picture);
    fb_json_key(&w, "counts");
    fb_json_open_object(&w);
    for (int group = 0; group < FB_DUE_GROUPS; group++) {
        const char *name = fb_due_group_name((enum fb_due_group)group);
        fb_json_key_int(&w, name, (int64_t)list->counts[group]);
    }
    fb_json_close_object(&w);
    fb_json_key_int(&w, "done_before_force", (int64_t)list->early);
    fb_json_key(&w, "due");
    fb_json_open_array(&w);
    for (size_t i = 0; code == FB_OK && i < list->count; i++) {
        add_item(&w, &list->items[i]);
        code = fb_pour(pour, out, err);
    }
    fb_json_close_array(&w);
    fb_json_key(&w, "kept");
    fb_json_open_array(&w);
    for (size_t i = 0; code == FB_OK && i < list->kept_count; i++) {
        const struct fb_docket_blob *blob = &list->kept[i];
        fb_json_open_object(&w);
        fb_json_key_str(&w, "digest", blob->digest);
        fb_json_key_str(&w, "record", blob->record->id);
        fb_json_key_c(&w, "field", blob->field);
        fb_json_key_str(&w, "party", blob->record->issuer);
        fb_report_key_time(&w, "until", blob->kept.until);
        fb_json_key_str(&w, "why", blob->kept.why);
        fb_json_close_object(&w);
        code = fb_pour(pour, out, err);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return code ? code : fb_buf_check(out, "what is owed", err);
}

/* A document that must be kept, as a row like that of a duty. */
static void put_kept(struct fb_buf *out, const struct fb_docket_blob *blob)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_SHEET_LINE_MAX);
    fb_buf_addf(&text, "keep %s %.*s", blob->field, FB_STR_ARG(blob->digest));
    fb_csv_put(out, blob->record->id, false);
    fb_csv_put(out, FB_STR("kept"), false);
    fb_csv_put(out, FB_STR("kept"), false);
    fb_csv_put(out, blob->record->issuer, false);
    fb_csv_put(out, FB_STR(""), false);
    fb_csv_put(out, fb_buf_str(&text), false);
    fb_csv_put(out, blob->record->subject, false);
    for (int i = 0; i < 4; i++) { /* policy, rule, since, runs from */
        fb_csv_put(out, FB_STR(""), false);
    }
    fb_csv_put_time(out, blob->kept.until, false);
    fb_csv_put(out, FB_STR(""), false);
    fb_csv_put(out, FB_STR(""), false);
    fb_buf_clear(&text);
    fb_buf_addf(&text, "of %.*s", FB_STR_ARG(blob->kept.why));
    fb_csv_put(out, fb_buf_str(&text), true);
    if (text.state != FB_BUF_GOOD) {
        out->state = text.state;
    }
    fb_buf_release(&text);
}

enum fb_code fb_report_due_csv(const struct fb_due_list *list, const struct fb_pour *pour,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(list && out);
    enum fb_code code = FB_OK;
    fb_buf_add_c(out, "duty,group,status,party,to,what,system,policy,rule,since,runs_from,due,"
                      "settled,needs,why\r\n");
    for (size_t i = 0; code == FB_OK && i < list->count; i++) {
        const struct fb_due *due = &list->items[i];
        const struct fb_obligation *o = &due->duty->obligation;
        fb_csv_put(out, due->duty->id, false);
        fb_csv_put(out, fb_str_of(fb_due_group_name(due->group)), false);
        fb_csv_put(out, fb_str_of(fb_duty_status_name(o->status)), false);
        fb_csv_put(out, o->party, false);
        fb_csv_put(out, due->to, false);
        fb_csv_put(out, due->duty->text, false);
        fb_csv_put(out, due->duty->system, false);
        fb_csv_put(out, due->duty->policy->program->name, false);
        fb_csv_put(out, o->duty->name, false);
        fb_csv_put_time(out, o->since, false);
        fb_csv_put_time(out, o->anchor, false);
        fb_csv_put_time(out, due->until, false);
        fb_csv_put_time(out, o->settled, false);
        fb_csv_put(out, due->needs, false);
        fb_csv_put(out, due->why, true);
        code = fb_pour(pour, out, err);
    }
    for (size_t i = 0; code == FB_OK && i < list->kept_count; i++) {
        put_kept(out, &list->kept[i]);
        code = fb_pour(pour, out, err);
    }
    return code ? code : fb_buf_check(out, "the table", err);
}

/* due_ics.c: what is owed, as a calendar of to-dos. */
#include "base/assert.h"
#include "base/codec.h"
#include "ledger/sha256.h"
#include "report/due.h"
#include "report/ics.h"
#include "report/words.h"

enum { LINE_MAX_BYTES = 1 << 18 };

/* A calendar in the making. */
struct calendar {
    struct fb_buf *out;
    struct fb_buf line; /* the content line in hand */
};

/* Folds the line in hand into the calendar. One that could not be made spoils the calendar, by the
 * same failure. */
static void end_line(struct calendar *calendar)
{
    if (calendar->line.state != FB_BUF_GOOD) {
        calendar->out->state = calendar->line.state;
    } else {
        fb_ics_line(calendar->out, fb_buf_str(&calendar->line));
    }
    fb_buf_clear(&calendar->line);
}

static void plain_line(struct calendar *calendar, const char *line)
{
    fb_buf_add_c(&calendar->line, line);
    end_line(calendar);
}

static void time_line(struct calendar *calendar, const char *name, fb_time t)
{
    fb_buf_addf(&calendar->line, "%s:", name);
    if (fb_ics_time(&calendar->line, t)) {
        end_line(calendar);
    } else {
        fb_buf_clear(&calendar->line);
    }
}

/* An id that is the same in each calendar of a docket. */
static void add_uid(
    struct calendar *calendar, const struct fb_picture *picture, struct fb_str a, struct fb_str b)
{
    struct fb_sha256 sha;
    uint8_t digest[FB_SHA256_SIZE];
    char hex[2 * FB_SHA256_SIZE + 1];
    fb_sha256_init(&sha);
    fb_sha256_add(&sha, picture->origin);
    fb_sha256_add(&sha, FB_STR("\n"));
    fb_sha256_add(&sha, a);
    fb_sha256_add(&sha, b);
    fb_sha256_end(&sha, digest);
    fb_buf_addf(&calendar->line, "UID:%s", fb_hex_encode(digest, sizeof(digest), hex));
    end_line(calendar);
}

/* By whom, to whom, until when, how it stands, why, and where to read on. */
static void add_description(
    struct calendar *calendar, const struct fb_picture *picture, const struct fb_due *due)
{
    const struct fb_obligation *o = &due->duty->obligation;
    struct fb_buf text;
    fb_buf_init(&text, LINE_MAX_BYTES);
    fb_buf_addf(&text, "%s", fb_duty_status_name(o->status));
    if (due->until != FB_TIME_MAX) {
        char until[FB_TIME_TEXT];
        fb_buf_addf(&text, ", %s %s UTC", o->status == FB_DUTY_BROKEN ? "on" : "until",
            fb_time_format_short(due->until, until));
    }
    if (due->needs.len) {
        fb_buf_addf(&text, ", needs %.*s", FB_STR_ARG(due->needs));
    }
    fb_buf_addf(&text, "\nby %.*s", FB_STR_ARG(o->party));
    if (due->to.len) {
        fb_buf_addf(&text, "\nto %.*s", FB_STR_ARG(due->to));
    }
    fb_buf_addf(&text, "\n%.*s\n%.*s%s", FB_STR_ARG(due->why), FB_STR_ARG(due->duty->id),
        picture->simulated ? "\nthe clock of this docket is simulated" : "");
    if (text.state != FB_BUF_GOOD) {
        calendar->line.state = text.state;
    }
    fb_buf_add_c(&calendar->line, "DESCRIPTION:");
    fb_ics_text(&calendar->line, fb_buf_str(&text));
    end_line(calendar);
    fb_buf_release(&text);
}

static const char *status_of(const struct fb_obligation *o)
{
    switch (o->status) {
    case FB_DUTY_MET:
    case FB_DUTY_MET_LATE:
        return "STATUS:COMPLETED";
    case FB_DUTY_RELAXED:
    case FB_DUTY_WAIVED:
        return "STATUS:CANCELLED";
    case FB_DUTY_OWED:
    case FB_DUTY_OVERDUE:
    case FB_DUTY_BROKEN:
    case FB_DUTY_HELD:
    case FB_DUTY_UNDATED:
        break;
    }
    return "STATUS:NEEDS-ACTION";
}

static void add_todo(
    struct calendar *calendar, const struct fb_picture *picture, const struct fb_due *due)
{
    const struct fb_obligation *o = &due->duty->obligation;
    plain_line(calendar, "BEGIN:VTODO");
    add_uid(calendar, picture, due->duty->id, FB_STR(""));
    time_line(calendar, "DTSTAMP", picture->now);
    time_line(calendar, "CREATED", o->since);
    time_line(calendar, "DUE", due->until);
    fb_buf_add_c(&calendar->line, "SUMMARY:");
    fb_ics_text(&calendar->line, fb_short_id(o->party));
    fb_buf_add_c(&calendar->line, ": ");
    fb_ics_text(&calendar->line, due->duty->text);
    end_line(calendar);
    add_description(calendar, picture, due);
    fb_buf_addf(&calendar->line, "CATEGORIES:%s,", fb_due_group_name(due->group));
    fb_ics_text(&calendar->line, due->duty->policy->program->name);
    end_line(calendar);
    plain_line(calendar, status_of(o));
    if (o->status == FB_DUTY_MET || o->status == FB_DUTY_MET_LATE) {
        time_line(calendar, "COMPLETED", o->settled);
    }
    plain_line(calendar, "END:VTODO");
}

/* A document that must be kept: an event on the day on which it no longer must. One beyond the
 * calendar has none. */
static void add_kept(
    struct calendar *calendar, const struct fb_picture *picture, const struct fb_docket_blob *blob)
{
    struct fb_buf room, text;
    fb_buf_init(&room, FB_TIME_TEXT);
    bool has_day = fb_ics_time(&room, blob->kept.until);
    fb_buf_release(&room);
    if (!has_day) {
        return;
    }
    plain_line(calendar, "BEGIN:VEVENT");
    fb_buf_init(&text, LINE_MAX_BYTES);
    fb_buf_addf(&text, "\nkept\n%s\n%.*s", blob->field, FB_STR_ARG(blob->record->id));
    add_uid(calendar, picture, blob->digest, fb_buf_str(&text));
    time_line(calendar, "DTSTAMP", picture->now);
    time_line(calendar, "DTSTART", blob->kept.until);
    fb_buf_add_c(&calendar->line, "SUMMARY:");
    fb_ics_text(&calendar->line, fb_short_id(blob->record->issuer));
    fb_buf_addf(&calendar->line, ": keep %s of ", blob->field);
    fb_ics_text(&calendar->line, blob->record->id);
    fb_buf_add_c(&calendar->line, " until then");
    end_line(calendar);
    fb_buf_clear(&text);
    fb_buf_addf(&text, "%.*s\nof %.*s", FB_STR_ARG(blob->digest), FB_STR_ARG(blob->kept.why));
    if (text.state != FB_BUF_GOOD) {
        calendar->line.state = text.state;
    }
    fb_buf_add_c(&calendar->line, "DESCRIPTION:");
    fb_ics_text(&calendar->line, fb_buf_str(&text));
    end_line(calendar);
    fb_buf_release(&text);
    plain_line(calendar, "CATEGORIES:kept");
    plain_line(calendar, "TRANSP:TRANSPARENT");
    plain_line(calendar, "END:VEVENT");
}

/* A calendar has a component at least (RFC 5545, 3.6): where nothing is owed, the zone of its
 * times. */
static void add_zone(struct calendar *calendar)
{
    static const char *const lines[] = {"BEGIN:VTIMEZONE", "TZID:UTC", "BEGIN:STANDARD",
        "DTSTART:19700101T000000", "TZOFFSETFROM:+0000", "TZOFFSETTO:+0000", "END:STANDARD",
        "END:VTIMEZONE"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        plain_line(calendar, lines[i]);
    }
}

enum fb_code fb_report_due_ics(const struct fb_picture *picture, const struct fb_due_list *list,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && list && out);
    struct calendar calendar = {.out = out};
    fb_buf_init(&calendar.line, LINE_MAX_BYTES);
    plain_line(&calendar, "BEGIN:VCALENDAR");
    plain_line(&calendar, "VERSION:2.0");
    plain_line(&calendar, "PRODID:-//flyball//due//EN");
    fb_buf_add_c(&calendar.line, "X-WR-CALNAME:");
    fb_ics_text(&calendar.line, picture->origin);
    end_line(&calendar);
    if (list->counts[FB_DUE_HELD] == list->count && list->kept_count == 0) {
        add_zone(&calendar);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].group != FB_DUE_HELD) {
            add_todo(&calendar, picture, &list->items[i]);
        }
    }
    for (size_t i = 0; i < list->kept_count; i++) {
        add_kept(&calendar, picture, &list->kept[i]);
    }
    plain_line(&calendar, "END:VCALENDAR");
    fb_buf_release(&calendar.line);
    return fb_buf_check(out, "the calendar", err);
}

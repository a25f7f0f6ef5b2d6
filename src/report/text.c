/* text.c: status and reasons for a terminal. */
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "report/amended.h"
#include "report/sheet.h"
#include "report/words.h"

enum { WHY_DEPTH_MAX = 40 };

static void head(struct fb_sheet *sheet, const struct fb_picture *picture)
{
    char now[FB_TIME_TEXT], hex[17];
    fb_hex_encode(picture->root, 8, hex);
    fb_sheet_clean(sheet->out, picture->origin, SIZE_MAX);
    fb_buf_addf(sheet->out, " at %s UTC", fb_time_format_short(picture->now, now));
    if (picture->as_of != FB_TIME_MAX) {
        fb_buf_add_c(sheet->out, ", with what was known then");
    }
    fb_buf_addf(sheet->out, "; %llu records, root %s...%s\n\n",
        (unsigned long long)picture->record_count, hex,
        picture->simulated ? "; the clock is simulated" : "");
}

static const char *licence_word(const struct fb_licence_view *view)
{
    return !view ? "-" : view->allowed ? "yes" : "NO";
}

/* One cell of the table of systems. */
enum column { COLUMN_SYSTEM, COLUMN_LINES, COLUMN_DUTIES, COLUMN_CASES, COLUMN_LICENCES };

enum { COLUMN_COUNT = COLUMN_LICENCES + FB_ACTION_COUNT };

static const char *const column_heads[COLUMN_COUNT] = {
    "SYSTEM", "RED LINES", "DUTIES", "SAFETY CASE", "TRAIN", "DEPLOY", "AUTONOMY"};

/* Writes one cell's text and says its tone. */
static enum fb_tone cell_text(const struct fb_picture *picture, const struct fb_system_view *system,
    int column, struct fb_buf *out)
{
    fb_buf_clear(out);
    switch (column) {
    case COLUMN_SYSTEM:
        fb_buf_add_str(out, fb_short_id(system->id));
        return FB_TONE_PLAIN;
    case COLUMN_LINES:
        fb_line_summary(picture, system, out);
        return fb_line_worst(picture, system->id);
    case COLUMN_DUTIES:
        fb_duty_summary(picture, system->id, out);
        return fb_duty_worst(picture, system->id);
    case COLUMN_CASES:
        fb_case_summary(picture, system->id, out);
        return fb_case_worst(picture, system->id);
    default: {
        const struct fb_licence_view *view =
            fb_licence_of(picture, system->id, (enum fb_action)(column - COLUMN_LICENCES));
        fb_buf_add_c(out, licence_word(view));
        return !view ? FB_TONE_FAINT : view->allowed ? FB_TONE_GOOD : FB_TONE_BAD;
    }
    }
}

static bool is_shown(const struct fb_system_view *system, struct fb_str only)
{
    return only.len == 0 || fb_str_eq(system->id, only);
}

/* The table of systems; a column is as wide as its widest cell, within reason. */
static void table(struct fb_sheet *sheet, const struct fb_picture *picture, struct fb_str only)
{
    enum { CELL_MAX = 40 };
    size_t widths[COLUMN_COUNT];
    struct fb_buf text;
    fb_buf_init(&text, FB_SHEET_LINE_MAX);
    for (int c = 0; c < COLUMN_COUNT; c++) {
        widths[c] = strlen(column_heads[c]);
        for (size_t i = 0; i < picture->system_count; i++) {
            if (is_shown(&picture->systems[i], only)) {
                (void)cell_text(picture, &picture->systems[i], c, &text);
                size_t width = fb_sheet_width(fb_buf_str(&text));
                widths[c] = width > widths[c] ? width : widths[c];
            }
        }
        widths[c] = widths[c] > CELL_MAX ? CELL_MAX : widths[c];
    }
    for (int c = 0; c < COLUMN_COUNT; c++) {
        fb_sheet_cell(
            sheet, fb_str_of(column_heads[c]), c + 1 < COLUMN_COUNT ? widths[c] : 0, FB_TONE_HEAD);
    }
    fb_buf_add_char(sheet->out, '\n');
    for (size_t i = 0; i < picture->system_count; i++) {
        for (int c = 0; is_shown(&picture->systems[i], only) && c < COLUMN_COUNT; c++) {
            enum fb_tone tone = cell_text(picture, &picture->systems[i], c, &text);
            bool last = c + 1 == COLUMN_COUNT;
            fb_sheet_cell(sheet, fb_buf_str(&text), last ? 0 : widths[c], tone);
            fb_buf_add_c(sheet->out, last ? "\n" : "");
        }
    }
    if (picture->system_count == 0) {
        fb_buf_add_c(sheet->out, "no system is registered yet\n");
    }
    fb_sheet_line_release(sheet, &text);
}

/* One line of detail: handle, status, what, when. */
static void detail(struct fb_sheet *sheet, const char *handle, const char *status,
    enum fb_tone tone, struct fb_str what)
{
    fb_buf_add_c(sheet->out, "  ");
    fb_sheet_cell(sheet, fb_str_of(handle), 8, FB_TONE_FAINT);
    fb_sheet_cell(sheet, fb_str_of(status), 13, tone);
    size_t from = sheet->out->len;
    fb_sheet_cell(sheet, what, 0, FB_TONE_PLAIN);
    fb_sheet_wrap(sheet, from, 2 + 8 + 2 + 13 + 2);
    fb_buf_add_char(sheet->out, '\n');
}

static void lines_of(struct fb_sheet *sheet, const struct fb_picture *picture, struct fb_str system)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_SHEET_LINE_MAX);
    const struct fb_line_view *view =
        fb_picture_line(picture, fb_picture_of(picture, system)->line);
    for (; view; view = fb_picture_line(picture, view->next)) {
        fb_buf_clear(&text);
        fb_buf_addf(&text, "red line %.*s: %.*s; ", FB_STR_ARG(view->rule->name),
            FB_STR_ARG(view->rule->title));
        fb_line_when(view, picture->now, &text);
        fb_buf_add_c(&text, view->latched ? " (latched)" : "");
        detail(sheet, view->handle, fb_line_status_name(view->status),
            fb_tone_of_line(view->status), fb_buf_str(&text));
    }
    fb_sheet_line_release(sheet, &text);
}

static void duty_line(
    struct fb_sheet *sheet, const struct fb_picture *picture, const struct fb_duty_view *view)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_SHEET_LINE_MAX);
    fb_buf_addf(&text, "%.*s: %.*s; ", FB_STR_ARG(fb_short_id(view->obligation.party)),
        FB_STR_ARG(view->text));
    fb_duty_when(view, picture->now, &text);
    detail(sheet, view->handle, fb_duty_status_name(view->obligation.status),
        fb_tone_of_duty(view->obligation.status), fb_buf_str(&text));
    fb_sheet_line_release(sheet, &text);
}

static void cases_of(struct fb_sheet *sheet, const struct fb_picture *picture, struct fb_str system)
{
    struct fb_buf text;
    char since[FB_TIME_TEXT];
    fb_buf_init(&text, FB_SHEET_LINE_MAX);
    const struct fb_case_view *view =
        fb_picture_case(picture, fb_picture_of(picture, system)->safety_case);
    for (; view; view = fb_picture_case(picture, view->next)) {
        fb_buf_clear(&text);
        fb_buf_addf(&text, "case %.*s: %.*s; since %s; %s%s",
            FB_STR_ARG(fb_record_text(view->record, "name")),
            FB_STR_ARG(fb_record_text(view->record, "top")),
            fb_time_format_short(view->since, since), fb_case_stage_name(view->stage),
            fb_case_stage_note(view));
        detail(sheet, view->handle, fb_label_name(view->label), fb_tone_of_label(view->label),
            fb_buf_str(&text));
    }
    fb_sheet_line_release(sheet, &text);
}

/* Orders that bind the system now, its own and those of its developer. */
static void orders_of(
    struct fb_sheet *sheet, const struct fb_picture *picture, const struct fb_system_view *system)
{
    struct fb_order_walk walk = fb_picture_orders(picture, system);
    for (const struct fb_order_view *view; (view = fb_order_next(&walk)) != NULL;) {
        if (view->why) {
            detail(sheet, view->handle, fb_order_action_name(view->action), FB_TONE_BAD,
                view->why->child ? view->why->child->text : view->why->text);
        }
    }
}

static void system_details(
    struct fb_sheet *sheet, const struct fb_picture *picture, const struct fb_system_view *system)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_SHEET_LINE_MAX);
    fb_buf_add_char(sheet->out, '\n');
    fb_buf_add_str(&text, fb_short_id(system->id));
    struct fb_value flop = {.type = FB_TYPE_NONE};
    int field = fb_kind_field(FB_KIND_system, FB_STR("training_compute_flop"));
    if (field >= 0) {
        flop = fb_record_value(system->record, (size_t)field);
    }
    fb_buf_addf(&text, ": %.*s, ", FB_STR_ARG(fb_system_title(system)));
    if (flop.type == FB_TYPE_NONE) {
        fb_buf_add_c(&text, "training compute not stated");
    } else {
        fb_value_write(flop, &text);
        fb_buf_add_c(&text, " FLOP");
    }
    if (system->gpu_seconds) {
        fb_buf_addf(&text, ", %lld GPU-seconds accounted", (long long)system->gpu_seconds);
    }
    if (system->unknown_jobs) {
        fb_buf_addf(
            &text, ", GPUs of %llu jobs not known", (unsigned long long)system->unknown_jobs);
    }
    fb_sheet_heading(sheet, fb_buf_str(&text));
    fb_sheet_line_release(sheet, &text);
    lines_of(sheet, picture, system->id);
    const struct fb_duty_view *duty = fb_picture_duty(picture, system->first.duty);
    for (; duty; duty = fb_picture_duty(picture, duty->next)) {
        duty_line(sheet, picture, duty);
    }
    cases_of(sheet, picture, system->id);
    orders_of(sheet, picture, system);
    for (int action = 0; action < FB_ACTION_COUNT; action++) {
        const struct fb_licence_view *view =
            fb_licence_of(picture, system->id, (enum fb_action)action);
        if (view && view->why) {
            detail(sheet, view->handle, view->allowed ? "allowed" : "refused",
                view->allowed ? FB_TONE_GOOD : FB_TONE_BAD, view->why->text);
        }
    }
}

/* Duties that concern no system stand last. */
static void other_duties(struct fb_sheet *sheet, const struct fb_picture *picture)
{
    bool first = true;
    const struct fb_duty_view *view = fb_picture_duty(picture, picture->others.duty);
    for (; view; view = fb_picture_duty(picture, view->next)) {
        if (view->system.len == 0) {
            if (first) {
                fb_buf_add_char(sheet->out, '\n');
                fb_sheet_heading(sheet, FB_STR("Duties that concern no one system"));
            }
            first = false;
            duty_line(sheet, picture, view);
        }
    }
}

/* How fast what was measured grows. */
static void paces(struct fb_sheet *sheet, const struct fb_picture *picture)
{
    if (picture->pace_count + picture->policy_pace_count > 0) {
        fb_buf_add_char(sheet->out, '\n');
        fb_sheet_heading(sheet, FB_STR("Pace of progress"));
    }
    for (size_t i = 0; i < picture->policy_pace_count; i++) {
        const struct fb_policy_pace_view *view = &picture->policy_paces[i];
        detail(sheet, view->handle, fb_pace_name(view->level),
            view->level == FB_PACE_FAST ? FB_TONE_WARN : FB_TONE_GOOD, view->why->text);
    }
    for (size_t i = 0; i < picture->pace_count; i++) {
        const struct fb_pace_view *view = &picture->paces[i];
        enum fb_pace pace = view->segment->pace.pace;
        detail(sheet, view->handle, fb_pace_name(pace),
            pace == FB_PACE_FAST ? FB_TONE_WARN : FB_TONE_GOOD, view->why->text);
    }
}

enum fb_code fb_report_status_text(const struct fb_picture *picture,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && options && out);
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    head(&sheet, picture);
    table(&sheet, picture, options->system);
    for (size_t i = 0; i < picture->system_count; i++) {
        const struct fb_system_view *system = &picture->systems[i];
        if (options->system.len == 0 || fb_str_eq(system->id, options->system)) {
            system_details(&sheet, picture, system);
        }
    }
    if (options->system.len == 0) {
        other_duties(&sheet, picture);
    }
    if (options->system.len == 0) {
        paces(&sheet, picture);
    }
    size_t paces_shown = picture->pace_count + picture->policy_pace_count;
    if (picture->line_count + picture->duty_count + paces_shown > 0) {
        fb_buf_add_c(out, "\n`flyball explain NAME` says why; NAME is in the first column.\n");
    }
    /* They are of all systems, and an excerpt of one has not counted them. */
    if (options->system.len == 0) {
        fb_report_corrections(picture, out);
    }
    return fb_sheet_check(&sheet, "the status", err);
}

/* Appends one sentence, wrapped and indented, and then its reasons. Depth is bounded because every
 * maker of reasons is; the guard keeps a hostile tree from the stack. */
static void add_why(struct fb_sheet *sheet, const struct fb_why *why, size_t depth)
{
    for (; why; why = why->next) {
        for (size_t i = 0; i < depth; i++) {
            fb_buf_add_c(sheet->out, "   ");
        }
        fb_buf_add_c(sheet->out, "- ");
        size_t from = sheet->out->len;
        fb_sheet_clean(sheet->out, why->text, SIZE_MAX);
        if (why->seq != FB_WHY_NO_RECORD) {
            fb_buf_add_c(sheet->out, sheet->colour ? "\033[2m  [" : "  [");
            fb_sheet_clean(sheet->out, why->record_id, 200);
            fb_buf_addf(sheet->out, " #%llu]%s", (unsigned long long)why->seq,
                sheet->colour ? "\033[0m" : "");
        }
        fb_sheet_wrap(sheet, from, 3 * depth + 2);
        fb_buf_add_char(sheet->out, '\n');
        if (depth < WHY_DEPTH_MAX) {
            add_why(sheet, why->child, depth + 1);
        }
    }
}

enum fb_code fb_report_why_text(const struct fb_verdict *verdict,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(verdict && options && out);
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    fb_sheet_clean(out, verdict->headline, SIZE_MAX);
    fb_buf_add_c(out, "\n");
    if (verdict->said.len) {
        size_t from = out->len;
        fb_buf_add_c(out, "   ");
        fb_sheet_clean(out, verdict->said, SIZE_MAX);
        fb_sheet_wrap(&sheet, from, 3);
        fb_buf_add_char(out, '\n');
    }
    bool repeats = verdict->why && fb_str_eq(verdict->why->text, verdict->headline);
    add_why(&sheet, repeats ? verdict->why->child : verdict->why, 1);
    add_why(&sheet, verdict->near, 1);
    fb_buf_addf(out, "(%s, ", verdict->handle);
    fb_sheet_clean(out, verdict->id, SIZE_MAX);
    fb_buf_add_c(out, ")\n");
    return fb_sheet_check(&sheet, "the explanation", err);
}

/* text.c: status and reasons for a terminal. */
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "report/report.h"
#include "report/words.h"

enum { WRAP_MIN = 20, WHY_DEPTH_MAX = 40, LINE_MAX_BYTES = 65536 };

/* A text in the making. */
struct sheet {
    struct fb_buf *out;
    bool colour;
    uint32_t width; /* 0: lines are not wrapped */
    bool nomem;     /* a line could not be made */
};

static const char *tone_code(enum fb_tone tone)
{
    switch (tone) {
    case FB_TONE_GOOD:
        return "\033[32m";
    case FB_TONE_WARN:
        return "\033[33m";
    case FB_TONE_BAD:
        return "\033[1;31m";
    case FB_TONE_FAINT:
        return "\033[2m";
    case FB_TONE_HEAD:
        return "\033[1m";
    case FB_TONE_PLAIN:
        break;
    }
    return "";
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Characters, counting one column each. */
static size_t width_of(struct fb_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n += !is_continuation(s.ptr[i]);
    }
    return n;
}

/* Bytes of what must not reach a terminal at s[i]: a control character (C0, DEL, C1, which is 0xC2
 * 0x80..0x9F in UTF-8) or one that turns the reading direction; 0 for anything else. */
static size_t unwanted(struct fb_str s, size_t i)
{
    unsigned char c = (unsigned char)s.ptr[i];
    unsigned char second = i + 1 < s.len ? (unsigned char)s.ptr[i + 1] : 0;
    unsigned char third = i + 2 < s.len ? (unsigned char)s.ptr[i + 2] : 0;
    if (c < 0x20 || c == 0x7F) {
        return 1;
    }
    if (c == 0xC2 && second < 0xA0) {
        return i + 1 < s.len ? 2 : 1;
    }
    bool turns =
        c == 0xE2 &&
        ((second == 0x80 && (third == 0x8E || third == 0x8F || (third >= 0xAA && third <= 0xAE))) ||
            (second == 0x81 && third >= 0xA6 && third <= 0xA9));
    return turns ? 3 : 0;
}

/* Appends text from a record: nothing in it acts on the terminal. At most max columns; what is cut
 * ends in "...". */
static void add_clean(struct fb_buf *out, struct fb_str s, size_t max)
{
    size_t width = width_of(s);
    size_t keep = width <= max ? width : max > 3 ? max - 3 : 0;
    size_t columns = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_continuation(s.ptr[i]) && columns++ >= keep) {
            break;
        }
        size_t skip = unwanted(s, i);
        fb_buf_add_char(out, skip ? ' ' : s.ptr[i]);
        i += skip ? skip - 1 : 0;
    }
    if (keep < width) {
        fb_buf_add_c(out, "...");
    }
}

/* Breaks what was appended since `from` at spaces, so that no line is longer than the sheet is
 * wide; the first line begins at column indent already, the others are moved there. An escape of
 * colour counts as the columns it has in bytes: a line may wrap a little early. */
static void wrap(struct sheet *sheet, size_t from, size_t indent)
{
    if (sheet->width < indent + WRAP_MIN || sheet->out->len <= from) {
        return;
    }
    struct fb_buf wrapped;
    fb_buf_init(&wrapped, 4 * LINE_MAX_BYTES);
    struct fb_str text = fb_str_sub(fb_buf_str(sheet->out), from, sheet->out->len);
    size_t column = indent;
    for (size_t at = 0; at < text.len;) {
        size_t end = fb_str_find(text, ' ', at);
        struct fb_str word = fb_str_sub(text, at, end - at);
        size_t width = width_of(word);
        if (column > indent && column + 1 + width > sheet->width) {
            fb_buf_addf(&wrapped, "\n%*s", (int)indent, "");
            column = indent;
        } else if (at > 0) {
            fb_buf_add_char(&wrapped, ' ');
            column++;
        }
        fb_buf_add_str(&wrapped, word);
        column += width;
        at = end + 1;
    }
    if (wrapped.state == FB_BUF_GOOD) {
        fb_buf_cut(sheet->out, from);
        fb_buf_add_str(sheet->out, fb_buf_str(&wrapped));
    }
    sheet->nomem = sheet->nomem || wrapped.state == FB_BUF_NOMEM;
    fb_buf_release(&wrapped);
}

/* One cell of fixed width, coloured. The last cell of a line is not padded. */
static void cell(struct sheet *sheet, struct fb_str text, size_t width, enum fb_tone tone)
{
    const char *code = sheet->colour ? tone_code(tone) : "";
    size_t used = width_of(text);
    fb_buf_add_c(sheet->out, code);
    add_clean(sheet->out, text, width ? width : SIZE_MAX);
    fb_buf_add_c(sheet->out, code[0] ? "\033[0m" : "");
    for (size_t i = used; i < width; i++) {
        fb_buf_add_char(sheet->out, ' ');
    }
    if (width) {
        fb_buf_add_c(sheet->out, "  ");
    }
}

static void heading(struct sheet *sheet, struct fb_str text)
{
    fb_buf_add_c(sheet->out, sheet->colour ? "\033[1m" : "");
    add_clean(sheet->out, text, SIZE_MAX);
    fb_buf_add_c(sheet->out, sheet->colour ? "\033[0m\n" : "\n");
}

/* Frees a line and remembers when memory ran out for it. */
static void line_release(struct sheet *sheet, struct fb_buf *line)
{
    sheet->nomem = sheet->nomem || line->state == FB_BUF_NOMEM;
    fb_buf_release(line);
}

/* What the sheet came to. */
static enum fb_code sheet_check(const struct sheet *sheet, const char *what, struct fb_err *err)
{
    if (sheet->nomem) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for %s", what);
    }
    return fb_buf_check(sheet->out, what, err);
}

static void head(struct sheet *sheet, const struct fb_picture *picture)
{
    char now[FB_TIME_TEXT], hex[17];
    fb_hex_encode(picture->root, 8, hex);
    add_clean(sheet->out, picture->origin, SIZE_MAX);
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
static void table(struct sheet *sheet, const struct fb_picture *picture, struct fb_str only)
{
    enum { CELL_MAX = 40 };
    size_t widths[COLUMN_COUNT];
    struct fb_buf text;
    fb_buf_init(&text, LINE_MAX_BYTES);
    for (int c = 0; c < COLUMN_COUNT; c++) {
        widths[c] = strlen(column_heads[c]);
        for (size_t i = 0; i < picture->system_count; i++) {
            if (is_shown(&picture->systems[i], only)) {
                (void)cell_text(picture, &picture->systems[i], c, &text);
                size_t width = width_of(fb_buf_str(&text));
                widths[c] = width > widths[c] ? width : widths[c];
            }
        }
        widths[c] = widths[c] > CELL_MAX ? CELL_MAX : widths[c];
    }
    for (int c = 0; c < COLUMN_COUNT; c++) {
        cell(sheet, fb_str_of(column_heads[c]), c + 1 < COLUMN_COUNT ? widths[c] : 0, FB_TONE_HEAD);
    }
    fb_buf_add_char(sheet->out, '\n');
    for (size_t i = 0; i < picture->system_count; i++) {
        for (int c = 0; is_shown(&picture->systems[i], only) && c < COLUMN_COUNT; c++) {
            enum fb_tone tone = cell_text(picture, &picture->systems[i], c, &text);
            bool last = c + 1 == COLUMN_COUNT;
            cell(sheet, fb_buf_str(&text), last ? 0 : widths[c], tone);
            fb_buf_add_c(sheet->out, last ? "\n" : "");
        }
    }
    if (picture->system_count == 0) {
        fb_buf_add_c(sheet->out, "no system is registered yet\n");
    }
    line_release(sheet, &text);
}

/* One line of detail: handle, status, what, when. */
static void detail(struct sheet *sheet, const char *handle, const char *status, enum fb_tone tone,
    struct fb_str what)
{
    fb_buf_add_c(sheet->out, "  ");
    cell(sheet, fb_str_of(handle), 8, FB_TONE_FAINT);
    cell(sheet, fb_str_of(status), 13, tone);
    size_t from = sheet->out->len;
    cell(sheet, what, 0, FB_TONE_PLAIN);
    wrap(sheet, from, 2 + 8 + 2 + 13 + 2);
    fb_buf_add_char(sheet->out, '\n');
}

static void lines_of(struct sheet *sheet, const struct fb_picture *picture, struct fb_str system)
{
    struct fb_buf text;
    fb_buf_init(&text, LINE_MAX_BYTES);
    for (size_t i = 0; i < picture->line_count; i++) {
        const struct fb_line_view *view = &picture->lines[i];
        if (!fb_str_eq(view->system, system)) {
            continue;
        }
        fb_buf_clear(&text);
        fb_buf_addf(&text, "red line %.*s: %.*s; ", FB_STR_ARG(view->rule->name),
            FB_STR_ARG(view->rule->title));
        fb_line_when(view, picture->now, &text);
        fb_buf_add_c(&text, view->latched ? " (latched)" : "");
        detail(sheet, view->handle, fb_line_status_name(view->status),
            fb_tone_of_line(view->status), fb_buf_str(&text));
    }
    line_release(sheet, &text);
}

static void duty_line(
    struct sheet *sheet, const struct fb_picture *picture, const struct fb_duty_view *view)
{
    struct fb_buf text;
    fb_buf_init(&text, LINE_MAX_BYTES);
    fb_buf_addf(&text, "%.*s: %.*s; ", FB_STR_ARG(fb_short_id(view->obligation.party)),
        FB_STR_ARG(view->text));
    fb_duty_when(view, picture->now, &text);
    detail(sheet, view->handle, fb_duty_status_name(view->obligation.status),
        fb_tone_of_duty(view->obligation.status), fb_buf_str(&text));
    line_release(sheet, &text);
}

static void cases_of(struct sheet *sheet, const struct fb_picture *picture, struct fb_str system)
{
    struct fb_buf text;
    char since[FB_TIME_TEXT];
    fb_buf_init(&text, LINE_MAX_BYTES);
    for (size_t i = 0; i < picture->case_count; i++) {
        const struct fb_case_view *view = &picture->cases[i];
        if (!fb_str_eq(view->system, system)) {
            continue;
        }
        fb_buf_clear(&text);
        fb_buf_addf(&text, "case %.*s: %.*s; since %s",
            FB_STR_ARG(fb_record_text(view->record, "name")),
            FB_STR_ARG(fb_record_text(view->record, "top")),
            fb_time_format_short(view->since, since));
        detail(sheet, view->handle, fb_label_name(view->label), fb_tone_of_label(view->label),
            fb_buf_str(&text));
    }
    line_release(sheet, &text);
}

static void system_details(
    struct sheet *sheet, const struct fb_picture *picture, const struct fb_system_view *system)
{
    struct fb_buf text;
    fb_buf_init(&text, LINE_MAX_BYTES);
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
    heading(sheet, fb_buf_str(&text));
    line_release(sheet, &text);
    lines_of(sheet, picture, system->id);
    for (size_t i = 0; i < picture->duty_count; i++) {
        if (fb_str_eq(picture->duties[i].system, system->id)) {
            duty_line(sheet, picture, &picture->duties[i]);
        }
    }
    cases_of(sheet, picture, system->id);
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
static void other_duties(struct sheet *sheet, const struct fb_picture *picture)
{
    bool first = true;
    for (size_t i = 0; i < picture->duty_count; i++) {
        if (picture->duties[i].system.len == 0) {
            if (first) {
                fb_buf_add_char(sheet->out, '\n');
                heading(sheet, FB_STR("Duties that concern no one system"));
            }
            first = false;
            duty_line(sheet, picture, &picture->duties[i]);
        }
    }
}

enum fb_code fb_report_status_text(const struct fb_picture *picture,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && options && out);
    struct sheet sheet = {out, options->colour, options->width, false};
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
    if (picture->line_count + picture->duty_count > 0) {
        fb_buf_add_c(out, "\n`flyball explain NAME` says why; NAME is in the first column.\n");
    }
    return sheet_check(&sheet, "the status", err);
}

/* Appends one sentence, wrapped and indented, and then its reasons. Depth is bounded because every
 * maker of reasons is; the guard keeps a hostile tree from the stack. */
static void add_why(struct sheet *sheet, const struct fb_why *why, size_t depth)
{
    for (; why; why = why->next) {
        for (size_t i = 0; i < depth; i++) {
            fb_buf_add_c(sheet->out, "   ");
        }
        fb_buf_add_c(sheet->out, "- ");
        size_t from = sheet->out->len;
        add_clean(sheet->out, why->text, SIZE_MAX);
        if (why->seq != FB_WHY_NO_RECORD) {
            fb_buf_add_c(sheet->out, sheet->colour ? "\033[2m  [" : "  [");
            add_clean(sheet->out, why->record_id, 200);
            fb_buf_addf(sheet->out, " #%llu]%s", (unsigned long long)why->seq,
                sheet->colour ? "\033[0m" : "");
        }
        wrap(sheet, from, 3 * depth + 2);
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
    struct sheet sheet = {out, options->colour, options->width, false};
    add_clean(out, verdict->headline, SIZE_MAX);
    fb_buf_add_c(out, "\n");
    bool repeats = verdict->why && fb_str_eq(verdict->why->text, verdict->headline);
    add_why(&sheet, repeats ? verdict->why->child : verdict->why, 1);
    fb_buf_addf(out, "(%s, ", verdict->handle);
    add_clean(out, verdict->id, SIZE_MAX);
    fb_buf_add_c(out, ")\n");
    return sheet_check(&sheet, "the explanation", err);
}

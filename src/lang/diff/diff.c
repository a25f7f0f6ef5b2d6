/* diff.c: the headers, the clauses one by one, and the whole. */
#include "lang/diff/diff.h"

#include <stdarg.h>
#include <string.h>

#include "base/assert.h"
#include "lang/diff/parts.h"

const char *fb_change_name(enum fb_change change)
{
    static const char *const names[] = {[FB_CHANGE_NONE] = "unchanged",
        [FB_CHANGE_REWORDED] = "reworded",
        [FB_CHANGE_STRICTER] = "stricter",
        [FB_CHANGE_WEAKER] = "weaker",
        [FB_CHANGE_UNDECIDED] = "undecided",
        [FB_CHANGE_INCOMPARABLE] = "incomparable",
        [FB_CHANGE_ADDED] = "added",
        [FB_CHANGE_REMOVED] = "removed"};
    return names[change];
}

static enum fb_change as_direction(enum fb_change change)
{
    return change == FB_CHANGE_ADDED     ? FB_CHANGE_STRICTER
           : change == FB_CHANGE_REMOVED ? FB_CHANGE_WEAKER
                                         : change;
}

enum fb_change fb_change_join(enum fb_change a, enum fb_change b)
{
    a = as_direction(a);
    b = as_direction(b);
    enum fb_change more = a > b ? a : b, less = a > b ? b : a;
    /* The order of the enumeration is that of precedence, but for this. */
    return more == FB_CHANGE_WEAKER && less == FB_CHANGE_STRICTER ? FB_CHANGE_INCOMPARABLE : more;
}

enum fb_change fb_diff_judge(bool newer_as_strict, bool older_as_strict)
{
    return newer_as_strict && older_as_strict ? FB_CHANGE_NONE
           : newer_as_strict                  ? FB_CHANGE_STRICTER
           : older_as_strict                  ? FB_CHANGE_WEAKER
                                              : FB_CHANGE_UNDECIDED;
}

void fb_diff_note(struct fb_clause_change *clause, const char *name, enum fb_change change,
    struct fb_str before, struct fb_str after)
{
    if (change == FB_CHANGE_NONE) {
        return;
    }
    FB_ASSERT(clause->aspect_count < FB_DIFF_ASPECTS_MAX);
    clause->aspects[clause->aspect_count++] = (struct fb_aspect){name, change, before, after};
    clause->change = fb_change_join(clause->change, change);
}

struct fb_str fb_diff_text(struct fb_diffing *d, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct fb_str out = fb_arena_vprintf(d->arena, fmt, args);
    va_end(args);
    d->no_memory = d->no_memory || !out.ptr;
    return out.ptr ? out : FB_STR("");
}

bool fb_diff_same_text(const struct fb_diffing *d, struct fb_str older, struct fb_str newer)
{
    for (size_t i = 0; i < d->same_count; i++) {
        if (fb_str_eq(d->same[i].theirs, newer)) {
            return fb_str_eq(d->same[i].ours, older);
        }
    }
    return fb_str_eq(older, newer);
}

struct fb_str fb_diff_form(
    struct fb_diffing *d, const struct fb_str *vars, const struct fb_form *form)
{
    struct fb_buf text;
    struct fb_str out = FB_STR("nothing");
    struct fb_err err;
    if (!form) {
        return out;
    }
    fb_buf_init(&text, 1 << 20);
    fb_err_init(&err);
    fb_form_print(d->sides[0]->signature, vars, form, &text);
    d->no_memory = d->no_memory || fb_buf_check(&text, "a formula", &err) != FB_OK ||
                   fb_arena_str(d->arena, fb_buf_str(&text), &out, &err) != FB_OK;
    fb_buf_release(&text);
    return out;
}

static bool same_holidays(const struct fb_days *a, const struct fb_days *b)
{
    return a->holiday_count == b->holiday_count &&
           (a->holiday_count == 0 ||
               memcmp(a->holidays, b->holidays, a->holiday_count * sizeof(*a->holidays)) == 0);
}

static const char *force_begins(fb_time effective, char text[FB_TIME_TEXT])
{
    return effective == FB_TIME_MIN   ? "always"
           : effective == FB_TIME_MAX ? "never"
                                      : fb_time_format(effective, text);
}

/* The clause that compares the two policies' own words. */
static void compare_headers(struct fb_diffing *d, struct fb_clause_change *clause)
{
    static const char *const calendars[] = {"exact", "eu-1182-71", "us-ca"};
    const struct fb_program *a = d->sides[0], *b = d->sides[1];
    char before[FB_TIME_TEXT], after[FB_TIME_TEXT];
    clause->name = clause->old_name = FB_STR("(header)");
    fb_diff_note(clause, "effective",
        fb_diff_judge(b->effective <= a->effective, a->effective <= b->effective),
        fb_diff_text(d, "%s", force_begins(a->effective, before)),
        fb_diff_text(d, "%s", force_begins(b->effective, after)));
    fb_diff_note(clause, "expires",
        fb_diff_judge(b->expires >= a->expires, a->expires >= b->expires),
        fb_diff_text(
            d, "%s", a->expires == FB_TIME_MAX ? "never" : fb_time_format(a->expires, before)),
        fb_diff_text(
            d, "%s", b->expires == FB_TIME_MAX ? "never" : fb_time_format(b->expires, after)));
    /* What was still owed under the older one ends. */
    fb_diff_note(clause, "replaces",
        fb_diff_judge(!b->replaces || a->replaces, !a->replaces || b->replaces),
        fb_str_of(a->replaces ? "earlier versions" : "nothing: what is owed goes on"),
        fb_str_of(b->replaces ? "earlier versions: what was still owed ends"
                              : "nothing: what is owed goes on"));
    /* What another calendar does to a deadline is told with the deadline. */
    fb_diff_note(clause, "calendar",
        a->days.calendar == b->days.calendar ? FB_CHANGE_NONE : FB_CHANGE_REWORDED,
        fb_str_of(calendars[a->days.calendar]), fb_str_of(calendars[b->days.calendar]));
    fb_diff_note(clause, "zone",
        fb_str_eq(a->days.zone_name, b->days.zone_name) ? FB_CHANGE_NONE : FB_CHANGE_REWORDED,
        a->days.zone_name.len ? a->days.zone_name : FB_STR("UTC"),
        b->days.zone_name.len ? b->days.zone_name : FB_STR("UTC"));
    fb_diff_note(clause, "holidays",
        same_holidays(&a->days, &b->days) ? FB_CHANGE_NONE : FB_CHANGE_REWORDED,
        fb_diff_text(d, "%zu days%s%.*s", a->days.holiday_count, a->days.listed.len ? ", " : "",
            FB_STR_ARG(a->days.listed)),
        fb_diff_text(d, "%zu days%s%.*s", b->days.holiday_count, b->days.listed.len ? ", " : "",
            FB_STR_ARG(b->days.listed)));
    fb_diff_note(clause, "title",
        fb_str_eq(a->title, b->title) ? FB_CHANGE_NONE : FB_CHANGE_REWORDED, a->title, b->title);
    fb_diff_retains(d, clause);
    fb_diff_note(clause, "source",
        fb_str_eq(a->source, b->source) ? FB_CHANGE_NONE : FB_CHANGE_REWORDED, a->source,
        b->source);
}

/* Names of red lines, so that conditions can speak of both policies'. */
static bool join_names(struct fb_diffing *d, const size_t *older_of)
{
    const struct fb_program *a = d->sides[0], *b = d->sides[1];
    d->same = FB_ARENA_ARRAY(d->arena, struct fb_imply_same, b->redline_count + 2);
    for (size_t j = 0; d->same && j < b->redline_count; j++) {
        if (older_of[j] == SIZE_MAX) {
            continue;
        }
        struct fb_imply_same *same = &d->same[d->same_count++];
        same->theirs =
            fb_diff_text(d, "%.*s/%.*s", FB_STR_ARG(b->name), FB_STR_ARG(b->redlines[j].name));
        same->ours = fb_diff_text(
            d, "%.*s/%.*s", FB_STR_ARG(a->name), FB_STR_ARG(a->redlines[older_of[j]].name));
    }
    if (d->same && a->pace.given && b->pace.given) {
        /* The pace of one is that of the other: what changed in it is told there. */
        d->same[d->same_count++] = (struct fb_imply_same){.theirs = b->name, .ours = a->name};
    }
    return d->same && !d->no_memory;
}

static void add_clause(struct fb_policy_change *out, const struct fb_clause_change *clause)
{
    out->clauses[out->clause_count++] = *clause;
    out->change = fb_change_join(out->change, clause->change);
}

static void note_name(struct fb_clause_change *clause)
{
    bool both = clause->old_name.len > 0 && clause->change != FB_CHANGE_REMOVED;
    fb_diff_note(clause, "name",
        both && !fb_str_eq(clause->old_name, clause->name) ? FB_CHANGE_REWORDED : FB_CHANGE_NONE,
        clause->old_name, clause->name);
}

static void add_line(struct fb_diffing *d, struct fb_policy_change *out,
    const struct fb_redline *older, const struct fb_redline *newer)
{
    struct fb_clause_change clause = {.lines = {older, newer},
        .name = newer ? newer->name : older->name,
        .old_name = older ? older->name : FB_STR(""),
        .change = !older   ? FB_CHANGE_ADDED
                  : !newer ? FB_CHANGE_REMOVED
                           : FB_CHANGE_NONE};
    if (older && newer) {
        fb_diff_redlines(d, &clause);
    }
    note_name(&clause);
    add_clause(out, &clause);
}

static void add_duty(struct fb_diffing *d, struct fb_policy_change *out,
    const struct fb_duty *older, const struct fb_duty *newer)
{
    struct fb_clause_change clause = {.duties = {older, newer},
        .name = newer ? newer->name : older->name,
        .old_name = older ? older->name : FB_STR(""),
        .change = !older   ? FB_CHANGE_ADDED
                  : !newer ? FB_CHANGE_REMOVED
                           : FB_CHANGE_NONE};
    if (older && newer) {
        fb_diff_duties(d, &clause);
    }
    note_name(&clause);
    add_clause(out, &clause);
}

enum fb_code fb_policy_compare(const struct fb_program *older, const struct fb_program *newer,
    struct fb_arena *arena, struct fb_policy_change *out, struct fb_err *err)
{
    struct fb_diffing d = {.sides = {older, newer}, .arena = arena};
    struct fb_policy_change change = {0};
    struct fb_clause_change header = {0};
    const size_t lines[2] = {older->redline_count, newer->redline_count};
    const size_t duties[2] = {older->duty_count, newer->duty_count};
    size_t *line_of[2], *duty_of[2];
    FB_ASSERT(out);
    change.clauses = FB_ARENA_ARRAY(
        arena, struct fb_clause_change, 2 + lines[0] + lines[1] + duties[0] + duties[1]);
    if (!change.clauses || !fb_diff_pair_lines(&d, line_of) || !join_names(&d, line_of[1]) ||
        !fb_diff_pair_duties(&d, duty_of)) {
        return fb_arena_failed(arena, err);
    }
    compare_headers(&d, &header);
    add_clause(&change, &header);
    if (older->pace.given || newer->pace.given) {
        struct fb_clause_change pace = {.name = FB_STR("pace"), .old_name = FB_STR("pace")};
        fb_diff_paces(&d, &pace);
        add_clause(&change, &pace);
    }
    for (size_t j = 0; j < lines[1]; j++) {
        add_line(&d, &change, line_of[1][j] == SIZE_MAX ? NULL : &older->redlines[line_of[1][j]],
            &newer->redlines[j]);
    }
    for (size_t j = 0; j < duties[1]; j++) {
        add_duty(&d, &change, duty_of[1][j] == SIZE_MAX ? NULL : &older->duties[duty_of[1][j]],
            &newer->duties[j]);
    }
    for (size_t i = 0; i < lines[0]; i++) {
        if (line_of[0][i] == SIZE_MAX) {
            add_line(&d, &change, &older->redlines[i], NULL);
        }
    }
    for (size_t i = 0; i < duties[0]; i++) {
        if (duty_of[0][i] == SIZE_MAX) {
            add_duty(&d, &change, &older->duties[i], NULL);
        }
    }
    if (d.no_memory) {
        return fb_arena_failed(arena, err);
    }
    *out = change;
    return FB_OK;
}

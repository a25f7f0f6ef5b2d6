/* oscal.c: the picture as OSCAL 1.1.2: assessment results, and a plan of action and milestones. */
#include <stdio.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/json.h"
#include "report/exports.h"
#include "report/uuid.h"
#include "report/words.h"

enum { TOKEN_MAX = 200, WORDS_MAX = 1 << 16, NAME_MAX = 160 };

/* A document in the making. */
struct oscal {
    struct fb_json_writer w;
    const struct fb_picture *picture;
    const struct fb_due_list *due;
    struct fb_buf words; /* room for the description of one point */
};

/* A red line of a system, or a duty: one finding, risk or item. Strings borrow from the picture. */
struct point {
    struct fb_str id, title;
    const struct fb_policy_view *policy;
    struct fb_str rule, system, party, to;
    struct fb_str why;    /* of the list of what is due; empty: none */
    struct fb_str source; /* of the rule; empty: as of its policy */
    const char *status;   /* in a word or two */
    fb_time since, until; /* FB_TIME_MAX: none */
    bool satisfied, open; /* open: an item of the plan */
};

typedef void write_point(struct oscal *o, const struct point *point);

static void key_uuid(struct oscal *o, const char *key, const char *kind, struct fb_str name)
{
    char uuid[FB_UUID_TEXT];
    fb_json_key_c(&o->w, key, fb_report_uuid(kind, o->picture->origin, name, uuid));
}

static void open_list(struct oscal *o, const char *key)
{
    fb_json_key(&o->w, key);
    fb_json_open_array(&o->w);
}

static void open_member(struct oscal *o, const char *key)
{
    fb_json_key(&o->w, key);
    fb_json_open_object(&o->w);
}

/* --- What there is of red lines and duties ------------------------------------------------ */

static struct point point_of_line(const struct fb_line_view *line)
{
    struct fb_str title = line->rule->title.len ? line->rule->title : line->id;
    return (struct point){.id = line->id,
        .title = title,
        .policy = line->policy,
        .rule = line->rule->name,
        .source = line->rule->source,
        .system = line->system,
        .status = fb_line_status_name(line->status),
        .since = line->since,
        .until = FB_TIME_MAX,
        .satisfied = line->status == FB_LINE_RULED_OUT,
        .open = line->status == FB_LINE_CROSSED || line->status == FB_LINE_NOT_RULED_OUT};
}

static struct point point_of_duty(const struct fb_duty_view *duty)
{
    const struct fb_obligation *obligation = &duty->obligation;
    return (struct point){.id = duty->id,
        .title = duty->text.len ? duty->text : duty->id,
        .policy = duty->policy,
        .rule = obligation->duty->name,
        .source = obligation->duty->source,
        .system = duty->system,
        .party = obligation->party,
        .status = fb_duty_status_name(obligation->status),
        .since = obligation->status == FB_DUTY_MET ? obligation->settled : obligation->since,
        .until = FB_TIME_MAX,
        .satisfied = obligation->status == FB_DUTY_MET};
}

static struct point point_of_due(const struct fb_due *due)
{
    struct point point = point_of_duty(due->duty);
    point.to = due->to;
    point.why = due->why;
    point.until = due->until;
    point.satisfied = due->group == FB_DUE_HELD;
    point.open =
        due->group == FB_DUE_OVERDUE || due->group == FB_DUE_OWED || due->group == FB_DUE_UNDATED;
    return point;
}

/* Gives every point to a writer, or only the open ones; returns how many they were. */
static size_t each_point(struct oscal *o, bool only_open, write_point *write)
{
    size_t count = 0;
    for (size_t i = 0; i < o->picture->line_count; i++) {
        struct point point = point_of_line(&o->picture->lines[i]);
        if (only_open ? point.open : o->picture->lines[i].status != FB_LINE_OUT_OF_SCOPE) {
            write(o, &point);
            count++;
        }
    }
    for (size_t i = 0; i < o->due->count; i++) {
        struct point point = point_of_due(&o->due->items[i]);
        if (!only_open || point.open) {
            write(o, &point);
            count++;
        }
    }
    /* The list has nothing that was done in time. */
    for (size_t i = 0; i < o->picture->duty_count && !only_open; i++) {
        if (o->picture->duties[i].obligation.status == FB_DUTY_MET) {
            struct point point = point_of_duty(&o->picture->duties[i]);
            write(o, &point);
            count++;
        }
    }
    return count;
}

static void count_point(struct oscal *o, const struct point *point)
{
    (void)o;
    (void)point;
}

/* --- A point in words --------------------------------------------------------------------- */

static void add_instant(struct fb_buf *out, const char *before, fb_time t)
{
    char text[FB_TIME_TEXT];
    if (t != FB_TIME_MAX && t != FB_TIME_MIN) {
        fb_buf_addf(out, "%s%s UTC", before, fb_time_format_short(t, text));
    }
}

/* "Aurora 2 (system/aurora-2), party/aurora to ai-office: overdue, due 2026-12-28 23:00 UTC; rule
 * initial_report of ..." */
static struct fb_str describe(struct oscal *o, const struct point *point)
{
    struct fb_buf *out = &o->words;
    const struct fb_program *program = point->policy->program;
    struct fb_str source = point->source.len ? point->source : program->source;
    fb_buf_clear(out);
    fb_buf_addf(out, "%.*s%s%.*s%s%.*s: %s", FB_STR_ARG(point->system),
        point->system.len && point->party.len ? ", " : "", FB_STR_ARG(point->party),
        point->to.len ? " to " : "", FB_STR_ARG(point->to), point->status);
    add_instant(out, point->open ? ", due " : ", at ", point->until);
    if (point->why.len) {
        fb_buf_addf(out, "; %.*s", FB_STR_ARG(point->why));
    } else {
        add_instant(out, " since ", point->since);
        fb_buf_addf(out, "; rule %.*s of %.*s version %lld (%.*s)", FB_STR_ARG(point->rule),
            FB_STR_ARG(program->name), (long long)program->version, FB_STR_ARG(source));
    }
    return fb_buf_str(out);
}

/* A property in the namespace of this program, where it has a value. */
static void write_prop(struct oscal *o, const char *name, struct fb_str value)
{
    if (value.len) {
        fb_json_open_object(&o->w);
        fb_json_key_c(&o->w, "name", name);
        fb_json_key_c(&o->w, "ns", "urn:flyball:oscal");
        fb_json_key_str(&o->w, "value", value);
        fb_json_close_object(&o->w);
    }
}

static void write_props(struct oscal *o, const struct point *point)
{
    open_list(o, "props");
    write_prop(o, "id", point->id);
    write_prop(o, "status", fb_str_of(point->status));
    write_prop(o, "policy", point->policy->program->name);
    write_prop(o, "rule", point->rule);
    write_prop(o, "system", point->system);
    write_prop(o, "party", point->party);
    write_prop(o, "recipient", point->to);
    fb_json_close_array(&o->w);
}

/* --- What both documents have ------------------------------------------------------------- */

static void write_metadata(struct oscal *o, const char *title)
{
    char at[FB_TIME_TEXT], version[32];
    open_member(o, "metadata");
    fb_json_key_c(&o->w, "title", title);
    fb_json_key_c(&o->w, "last-modified", fb_time_format(o->picture->now, at));
    snprintf(version, sizeof(version), "%llu", (unsigned long long)o->picture->record_count);
    fb_json_key_c(&o->w, "version", version);
    fb_json_key_c(&o->w, "oscal-version", "1.1.2");
    fb_json_close_object(&o->w);
}

/* What names a document: another prefix of the ledger, or another moment, is another one. */
static struct fb_str document_name(const struct fb_picture *picture, char out[NAME_MAX])
{
    char root[2 * sizeof(picture->root) + 1], at[FB_TIME_TEXT];
    snprintf(out, NAME_MAX, "%s/%s", fb_hex_encode(picture->root, sizeof(picture->root), root),
        fb_time_format(picture->now, at));
    return fb_str_of(out);
}

/* The policies in force, which stand for the plan of the assessment. */
static void write_rules(struct oscal *o, struct fb_str document)
{
    open_member(o, "back-matter");
    open_list(o, "resources");
    fb_json_open_object(&o->w);
    key_uuid(o, "uuid", "rules", document);
    fb_json_key_c(&o->w, "title", "The rules that were assessed");
    fb_json_key_c(&o->w, "description",
        "Every red line and duty of the policies that stand below, which are all that are in "
        "force, for every system on record.");
    fb_json_close_object(&o->w);
    for (size_t i = 0; i < o->picture->policy_count; i++) {
        const struct fb_policy_view *policy = &o->picture->policies[i];
        if (policy->force == FB_IN_FORCE) {
            fb_json_open_object(&o->w);
            key_uuid(o, "uuid", "policy", policy->record->id);
            fb_json_key_str(&o->w, "title", policy->program->title);
            if (policy->program->source.len) {
                fb_json_key_str(&o->w, "description", policy->program->source);
            }
            open_list(o, "props");
            write_prop(o, "id", policy->record->id);
            fb_json_close_array(&o->w);
            fb_json_close_object(&o->w);
        }
    }
    fb_json_close_array(&o->w);
    fb_json_close_object(&o->w);
}

static enum fb_code end(struct oscal *o, const char *what, struct fb_err *err)
{
    struct fb_buf *out = o->w.out;
    fb_json_close_object(&o->w);
    fb_json_close_object(&o->w);
    fb_buf_add_char(out, '\n');
    fb_buf_release(&o->words);
    return fb_buf_check(out, what, err);
}

static struct oscal begin(const struct fb_picture *picture, const struct fb_due_list *due,
    struct fb_buf *out, const char *kind)
{
    struct oscal o = {.picture = picture, .due = due};
    fb_buf_init(&o.words, WORDS_MAX);
    fb_json_writer_init(&o.w, out, 2);
    fb_json_open_object(&o.w);
    open_member(&o, kind);
    return o;
}

/* --- Assessment results ------------------------------------------------------------------- */

/* A token of OSCAL: letters, digits and ".-_", beginning with a letter. */
static const char *token_of(struct fb_str id, char out[TOKEN_MAX])
{
    size_t len = 0;
    out[len++] = 'o';
    out[len++] = '-';
    for (size_t i = 0; i < id.len && len + 1 < TOKEN_MAX; i++) {
        char c = id.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '.' || c == '-' || c == '_';
        out[len++] = plain ? c : '_';
    }
    out[len] = 0;
    return out;
}

static void write_finding(struct oscal *o, const struct point *point)
{
    char token[TOKEN_MAX];
    fb_json_open_object(&o->w);
    key_uuid(o, "uuid", "finding", point->id);
    fb_json_key_str(&o->w, "title", point->title);
    fb_json_key_str(&o->w, "description", describe(o, point));
    write_props(o, point);
    open_member(o, "target");
    fb_json_key_c(&o->w, "type", "objective-id");
    fb_json_key_c(&o->w, "target-id", token_of(point->id, token));
    open_member(o, "status");
    fb_json_key_c(&o->w, "state", point->satisfied ? "satisfied" : "not-satisfied");
    fb_json_close_object(&o->w);
    fb_json_close_object(&o->w);
    fb_json_close_object(&o->w);
}

static void write_result(struct oscal *o, struct fb_str document)
{
    char at[FB_TIME_TEXT];
    fb_json_open_object(&o->w);
    key_uuid(o, "uuid", "result", document);
    fb_json_key_c(&o->w, "title", "Red lines and duties");
    fb_json_key_c(&o->w, "description",
        "A red line is satisfied when it is ruled out; a duty when it is done in time, or kept so "
        "far. What is owed and not done yet is not satisfied, nor what is not ruled out.");
    fb_json_key_c(&o->w, "start", fb_time_format(o->picture->now, at));
    open_member(o, "reviewed-controls");
    open_list(o, "control-selections");
    fb_json_open_object(&o->w);
    open_member(o, "include-all");
    fb_json_close_object(&o->w);
    fb_json_close_object(&o->w);
    fb_json_close_array(&o->w);
    fb_json_close_object(&o->w);
    if (each_point(o, false, count_point) > 0) {
        open_list(o, "findings");
        (void)each_point(o, false, write_finding);
        fb_json_close_array(&o->w);
    }
    fb_json_close_object(&o->w);
}

enum fb_code fb_report_oscal_results(const struct fb_picture *picture,
    const struct fb_due_list *due, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && due && out);
    char name[NAME_MAX], href[FB_UUID_TEXT + 1] = "#";
    struct fb_str document = document_name(picture, name);
    struct oscal o = begin(picture, due, out, "assessment-results");
    key_uuid(&o, "uuid", "assessment-results", document);
    write_metadata(&o, "What holds, from the signed record and the rules in force");
    open_member(&o, "import-ap");
    (void)fb_report_uuid("rules", picture->origin, document, href + 1);
    fb_json_key_c(&o.w, "href", href);
    fb_json_close_object(&o.w);
    open_list(&o, "results");
    write_result(&o, document);
    fb_json_close_array(&o.w);
    write_rules(&o, document);
    return end(&o, "the assessment results", err);
}

/* --- A plan of action and milestones ------------------------------------------------------ */

static void write_risk(struct oscal *o, const struct point *point)
{
    char at[FB_TIME_TEXT];
    fb_json_open_object(&o->w);
    key_uuid(o, "uuid", "risk", point->id);
    fb_json_key_str(&o->w, "title", point->title);
    fb_json_key_str(&o->w, "description", describe(o, point));
    fb_json_key_c(&o->w, "statement",
        point->party.len                                       ? "what is owed is not done"
        : fb_str_is(fb_str_of(point->status), "not ruled out") ? "the red line may be crossed"
                                                               : "the red line is crossed");
    write_props(o, point);
    fb_json_key_c(&o->w, "status", "open");
    if (point->until != FB_TIME_MAX && point->until != FB_TIME_MIN) {
        fb_json_key_c(&o->w, "deadline", fb_time_format(point->until, at));
    }
    fb_json_close_object(&o->w);
}

static void write_item(struct oscal *o, const struct point *point)
{
    fb_json_open_object(&o->w);
    key_uuid(o, "uuid", "item", point->id);
    fb_json_key_str(&o->w, "title", point->title);
    fb_json_key_str(&o->w, "description", describe(o, point));
    open_list(o, "related-risks");
    fb_json_open_object(&o->w);
    key_uuid(o, "risk-uuid", "risk", point->id);
    fb_json_close_object(&o->w);
    fb_json_close_array(&o->w);
    fb_json_close_object(&o->w);
}

enum fb_code fb_report_oscal_plan(const struct fb_picture *picture, const struct fb_due_list *due,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && due && out);
    char name[NAME_MAX];
    struct fb_str document = document_name(picture, name);
    struct oscal counted = {.picture = picture, .due = due};
    if (each_point(&counted, true, count_point) == 0) {
        return fb_err_set(err, FB_E_NEGATIVE, "nothing is open: there is no plan to write");
    }
    struct oscal o = begin(picture, due, out, "plan-of-action-and-milestones");
    key_uuid(&o, "uuid", "plan", document);
    write_metadata(&o, "What is open, from the signed record and the rules in force");
    open_member(&o, "system-id");
    fb_json_key_c(&o.w, "identifier-type", "http://ietf.org/rfc/rfc4122");
    key_uuid(&o, "id", "docket", picture->origin);
    fb_json_close_object(&o.w);
    open_list(&o, "risks");
    (void)each_point(&o, true, write_risk);
    fb_json_close_array(&o.w);
    open_list(&o, "poam-items");
    (void)each_point(&o, true, write_item);
    fb_json_close_array(&o.w);
    write_rules(&o, document);
    return end(&o, "the plan", err);
}

/* register.c: the register as a table, in words, as JSON, a page and CSV. */
#include <string.h>

#include "base/assert.h"
#include "base/json.h"
#include "report/csv.h"
#include "report/exports.h"
#include "report/html.h"
#include "report/sheet.h"

enum { PAGE_SYSTEMS_MAX = 2000, LINE_MAX = 400 };

static struct fb_str text(const struct fb_record *record, const char *field)
{
    return fb_json_get_str(record->body, field);
}

static struct fb_str or_dash(struct fb_str s)
{
    return s.len ? s : FB_STR("-");
}

/* How the grants of a system were honoured, over all of them. */
static void honoured(const struct fb_register_system *system, size_t out[3])
{
    out[0] = out[1] = out[2] = 0;
    for (size_t i = 0; i < system->grant_count; i++) {
        out[0] += system->grants[i].in_force;
        out[1] += system->grants[i].full;
        out[2] += system->grants[i].uses;
    }
}

/* Security in a few words: what is shown, and what is only claimed. */
static void add_levels(const struct fb_register_system *system, struct fb_buf *out)
{
    for (size_t i = 0; i < system->level_count; i++) {
        const struct fb_register_level *level = &system->levels[i];
        fb_buf_add_c(out, i ? "; " : "");
        fb_buf_add_str(out, level->standard);
        if (level->shown >= 0) {
            fb_buf_addf(out, " %lld shown", (long long)level->shown);
        } else if (level->expired >= 0) {
            fb_buf_addf(out, " %lld expired", (long long)level->expired);
        } else {
            fb_buf_add_c(out, " not shown");
        }
        if (level->claimed > level->shown) {
            fb_buf_addf(out, ", %lld claimed", (long long)level->claimed);
        }
        if (level->critical > 0) {
            fb_buf_addf(out, ", %zu critical findings", level->critical);
        }
    }
}

enum fb_code fb_report_register_text(const struct fb_register *register_,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(register_ && options && out);
    const char *heads[] = {"SYSTEM", "STAGE", "DEVELOPER", "MADE FROM", ">DATASETS", ">RUNS",
        ">DEPLOYED", ">GRANTS", ">HONOURED", "SECURITY"};
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_sheet_table table;
    struct fb_buf levels;
    fb_buf_init(&levels, 1 << 16);
    fb_sheet_table_init(&table, heads, 10);
    for (size_t i = 0; i < register_->count; i++) {
        const struct fb_register_system *system = &register_->systems[i];
        size_t access[3];
        honoured(system, access);
        fb_buf_clear(&levels);
        add_levels(system, &levels);
        fb_sheet_table_add(&table, FB_TONE_HEAD, "%.*s", FB_STR_ARG(system->id));
        fb_sheet_table_add(
            &table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(or_dash(text(system->record, "stage"))));
        fb_sheet_table_add(
            &table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(text(system->record, "developer")));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.*s",
            FB_STR_ARG(or_dash(text(system->record, "derived_from"))));
        fb_sheet_table_add(
            &table, FB_TONE_PLAIN, "%zu", fb_register_count(system, FB_KIND_dataset));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%zu", fb_register_count(system, FB_KIND_run));
        fb_sheet_table_add(
            &table, FB_TONE_PLAIN, "%zu", fb_register_count(system, FB_KIND_deployment));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%zu", access[0]);
        fb_sheet_table_add(
            &table, FB_TONE_PLAIN, access[2] ? "%zu of %zu" : "-", access[1], access[2]);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(or_dash(fb_buf_str(&levels))));
    }
    fb_sheet_table_end(&table, &sheet, 0);
    fb_buf_release(&levels);
    return fb_sheet_check(&sheet, "the register", err);
}

/* One line of what there is about a record: its kind, its id, and fields of it. */
static void add_line(
    struct fb_buf *out, const char *what, const struct fb_record *record, const char *const *fields)
{
    fb_buf_addf(out, "  %s ", what);
    fb_sheet_clean(out, record->id, LINE_MAX);
    for (size_t i = 0; fields[i]; i++) {
        const struct fb_json *value = fb_json_get(record->body, fields[i]);
        if (!value || value->text.len == 0) {
            continue;
        }
        fb_buf_addf(out, "%s%s ", i ? ", " : ": ", fields[i]);
        fb_sheet_clean(out, value->text, LINE_MAX);
    }
    fb_buf_add_char(out, '\n');
}

static void add_grants(const struct fb_register_system *system, struct fb_buf *out)
{
    for (size_t i = 0; i < system->grant_count; i++) {
        const struct fb_register_grant *grant = &system->grants[i];
        fb_buf_add_c(out, "  access ");
        fb_sheet_clean(out, grant->id, LINE_MAX);
        fb_buf_add_c(out, ": ");
        fb_sheet_clean(out, text(grant->record, "form"), 40);
        fb_buf_add_c(out, " for ");
        fb_sheet_clean(out, text(grant->record, "party"), 80);
        fb_buf_add_c(out, ", ");
        fb_sheet_clean(out, text(grant->record, "state"), 40);
        fb_buf_addf(out, "%s%s; used %zu times: %zu in full, %zu in part, %zu refused\n",
            grant->in_force ? ", in force" : ", not in force",
            grant->from_start ? ", from the start of training" : "", grant->uses, grant->full,
            grant->partial, grant->refused);
    }
}

enum fb_code fb_report_register_system(const struct fb_register_system *system,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(system && options && out);
    static const struct {
        enum fb_kind kind;
        const char *what;
        const char *fields[8];
    } kinds[] = {{FB_KIND_dataset, "dataset", {"title", "source", "licence", "tokens", NULL}},
        {FB_KIND_run, "run", {"title", "purpose", "state", "cluster", "started", NULL}},
        {FB_KIND_deployment, "deployment",
            {"scope", "sector", "role", "autonomy", "overseers", "decisions_each_day",
                "overruled_share", NULL}},
        {FB_KIND_audit, "audit",
            {"standard", "level", "method", "result", "valid_until", "critical_findings", NULL}},
        {FB_KIND_measure, "measure", {"name", "level", "evidence", NULL}}};
    static const char *const own[] = {"title", "stage", "developer", "provider", "derived_from",
        "derivation", "training_compute_flop", NULL};
    add_line(out, "system", system->record, own);
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        for (size_t i = 0; i < system->record_count; i++) {
            if (system->records[i]->kind == kinds[k].kind) {
                add_line(out, kinds[k].what, system->records[i], kinds[k].fields);
            }
        }
    }
    add_grants(system, out);
    if (system->level_count > 0) {
        struct fb_buf levels;
        fb_buf_init(&levels, 1 << 16);
        add_levels(system, &levels);
        fb_buf_add_c(out, "  levels: ");
        fb_sheet_clean(out, fb_buf_str(&levels), LINE_MAX);
        fb_buf_add_char(out, '\n');
        fb_buf_release(&levels);
    }
    return fb_buf_check(out, "the register", err);
}

/* --- JSON --------------------------------------------------------------------------------- */

/* The body of a record as it was signed, with its id. */
static void json_record(struct fb_json_writer *w, const struct fb_record *record)
{
    fb_json_open_object(w);
    fb_json_key_str(w, "id", record->id);
    fb_json_key(w, "body");
    fb_json_open_object(w);
    for (const struct fb_json *field = record->body->child; field; field = field->next) {
        struct fb_buf key;
        fb_buf_init(&key, 256);
        fb_buf_add_str(&key, field->key);
        fb_json_key(w, key.ptr ? key.ptr : "");
        struct fb_buf value;
        fb_buf_init(&value, 1 << 17);
        struct fb_err ignored;
        fb_err_init(&ignored);
        bool good = fb_json_canonical(field, &value, &ignored) == FB_OK;
        fb_json_raw(w, good ? fb_buf_str(&value) : FB_STR("null"));
        fb_buf_release(&value);
        fb_buf_release(&key);
    }
    fb_json_close_object(w);
    fb_json_close_object(w);
}

static void json_kind(struct fb_json_writer *w, const char *key,
    const struct fb_register_system *system, enum fb_kind kind)
{
    fb_json_key(w, key);
    fb_json_open_array(w);
    for (size_t i = 0; i < system->record_count; i++) {
        if (system->records[i]->kind == kind) {
            json_record(w, system->records[i]);
        }
    }
    fb_json_close_array(w);
}

static void json_system(struct fb_json_writer *w, const struct fb_register_system *system)
{
    fb_json_open_object(w);
    fb_json_key_str(w, "id", system->id);
    fb_json_key(w, "record");
    json_record(w, system->record);
    json_kind(w, "datasets", system, FB_KIND_dataset);
    json_kind(w, "runs", system, FB_KIND_run);
    json_kind(w, "deployments", system, FB_KIND_deployment);
    fb_json_key(w, "access");
    fb_json_open_array(w);
    for (size_t i = 0; i < system->grant_count; i++) {
        const struct fb_register_grant *grant = &system->grants[i];
        fb_json_open_object(w);
        fb_json_key_str(w, "id", grant->id);
        fb_json_key_str(w, "party", text(grant->record, "party"));
        fb_json_key_str(w, "form", text(grant->record, "form"));
        fb_json_key_str(w, "state", text(grant->record, "state"));
        fb_json_key_bool(w, "in_force", grant->in_force);
        fb_json_key_bool(w, "from_start", grant->from_start);
        fb_json_key_int(w, "uses", (int64_t)grant->uses);
        fb_json_key_int(w, "honoured_full", (int64_t)grant->full);
        fb_json_key_int(w, "honoured_partial", (int64_t)grant->partial);
        fb_json_key_int(w, "refused", (int64_t)grant->refused);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
    fb_json_key(w, "levels");
    fb_json_open_array(w);
    for (size_t i = 0; i < system->level_count; i++) {
        const struct fb_register_level *level = &system->levels[i];
        char until[FB_TIME_TEXT];
        fb_json_open_object(w);
        fb_json_key_str(w, "standard", level->standard);
        fb_json_key_int(w, "shown", level->shown);
        fb_json_key_int(w, "expired", level->expired);
        fb_json_key_int(w, "claimed", level->claimed);
        if (level->audit) {
            fb_json_key_str(w, "shown_by", level->audit->id);
            fb_json_key_c(w, "until", fb_time_format(level->until, until));
        }
        fb_json_key_int(w, "red_teams", (int64_t)level->red_teams);
        fb_json_key_int(w, "critical_findings", (int64_t)level->critical);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
}

enum fb_code fb_report_register_json(const struct fb_register *register_,
    const struct fb_register_system *only, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(register_ && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key(&w, "systems");
    fb_json_open_array(&w);
    for (size_t i = 0; i < register_->count; i++) {
        if (!only || only == &register_->systems[i]) {
            json_system(&w, &register_->systems[i]);
        }
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the register", err);
}

/* --- CSV ---------------------------------------------------------------------------------- */

enum fb_code fb_report_register_csv(
    const struct fb_register *register_, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(register_ && out);
    static const char *const fields[] = {
        "title", "stage", "developer", "provider", "derived_from", "derivation"};
    fb_buf_add_c(out, "id,title,stage,developer,provider,derived_from,derivation,"
                      "training_compute_flop,datasets,runs,deployments,grants_in_force,"
                      "uses_honoured,uses,levels\r\n");
    struct fb_buf levels;
    fb_buf_init(&levels, 1 << 16);
    for (size_t i = 0; i < register_->count; i++) {
        const struct fb_register_system *system = &register_->systems[i];
        size_t access[3];
        honoured(system, access);
        fb_csv_put(out, system->id, false);
        for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
            fb_csv_put(out, text(system->record, fields[f]), false);
        }
        double flop = fb_register_number(system->record, "training_compute_flop", 0);
        if (flop > 0) {
            fb_json_write_number(out, flop);
        }
        fb_buf_addf(out, ",%zu,%zu,%zu,%zu,%zu,%zu,", fb_register_count(system, FB_KIND_dataset),
            fb_register_count(system, FB_KIND_run), fb_register_count(system, FB_KIND_deployment),
            access[0], access[1], access[2]);
        fb_buf_clear(&levels);
        add_levels(system, &levels);
        fb_csv_put(out, fb_buf_str(&levels), true);
    }
    fb_buf_release(&levels);
    return fb_buf_check(out, "the register", err);
}

/* --- A page ------------------------------------------------------------------------------- */

static void html_cell(struct fb_buf *out, struct fb_str s)
{
    fb_buf_add_c(out, "<td>");
    fb_html_text_cut(out, or_dash(s), 120);
    fb_buf_add_c(out, "</td>");
}

static void html_deployments(struct fb_buf *out, const struct fb_register_system *system)
{
    static const char *const autonomy[] = {
        "informs", "proposes", "acts when approved", "acts while watched", "acts alone"};
    for (size_t i = 0; i < system->record_count; i++) {
        const struct fb_record *record = system->records[i];
        if (record->kind != FB_KIND_deployment) {
            continue;
        }
        size_t level = (size_t)fb_register_number(record, "autonomy", 99);
        double overseers = fb_register_number(record, "overseers", -1);
        fb_buf_add_c(out, "<li>");
        struct fb_str role = text(record, "role");
        fb_html_text_cut(out, role.len ? role : or_dash(text(record, "sector")), 160);
        fb_buf_addf(
            out, " (%s)", fb_str_is(text(record, "scope"), "external") ? "external" : "internal");
        fb_buf_addf(out, ", %s", level < 5 ? autonomy[level] : "autonomy not said");
        if (overseers >= 0) {
            fb_buf_addf(out, "; %.0f people watch it, %.0f decisions a day each, %.1f%% overruled",
                overseers, fb_register_number(record, "decisions_each_day", 0),
                100 * fb_register_number(record, "overruled_share", 0));
        } else {
            fb_buf_add_c(out, "; who watches it is not said");
        }
        fb_buf_add_c(out, "</li>\n");
    }
}

static void html_system(struct fb_buf *out, const struct fb_register_system *system)
{
    size_t access[3];
    struct fb_buf levels;
    honoured(system, access);
    fb_buf_init(&levels, 1 << 16);
    add_levels(system, &levels);
    fb_buf_add_c(out, "<tr><th scope=\"row\">");
    fb_html_text_cut(out, text(system->record, "title"), 120);
    fb_buf_add_c(out, "<br><small>");
    fb_html_text_cut(out, system->id, 120);
    fb_buf_add_c(out, "</small></th>");
    html_cell(out, text(system->record, "stage"));
    html_cell(out, fb_short_id(text(system->record, "developer")));
    html_cell(out, text(system->record, "derived_from"));
    size_t datasets = fb_register_count(system, FB_KIND_dataset);
    size_t runs = fb_register_count(system, FB_KIND_run);
    fb_buf_addf(out, "<td>%zu %s, %zu %s</td><td>%zu %s", datasets,
        datasets == 1 ? "dataset" : "datasets", runs, runs == 1 ? "run" : "runs", access[0],
        access[0] == 1 ? "grant" : "grants");
    if (access[2]) {
        fb_buf_addf(out, ", %zu of %zu uses honoured in full", access[1], access[2]);
    }
    fb_buf_add_c(out, "</td>");
    html_cell(out, fb_buf_str(&levels));
    fb_buf_add_c(out, "</tr>\n");
    if (fb_register_count(system, FB_KIND_deployment) > 0) {
        fb_buf_add_c(out, "<tr><td></td><td colspan=\"6\"><ul>\n");
        html_deployments(out, system);
        fb_buf_add_c(out, "</ul></td></tr>\n");
    }
    fb_buf_release(&levels);
}

enum fb_code fb_report_register_html(const struct fb_register *register_, struct fb_str origin,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(register_ && out);
    fb_html_begin(out, "", false);
    fb_buf_add_c(out, "Register of ");
    fb_html_text_cut(out, origin, 200);
    fb_buf_add_c(out, "</title>\n<style>\n");
    fb_html_style(out);
    fb_buf_add_c(out, "</style>\n</head>\n<body>\n<main>\n<header>\n<p class=\"eyebrow\">Register"
                      "</p>\n<h1>");
    fb_html_text_cut(out, origin, 200);
    fb_buf_addf(out, "</h1>\n<p class=\"instant\">%zu systems on record at ", register_->count);
    fb_html_time(out, register_->now);
    fb_buf_add_c(out, " UTC</p>\n</header>\n<section>\n<div class=\"scroll\">\n<table>\n<thead><tr>"
                      "<th>System</th><th>Stage</th><th>Developer</th><th>Made from</th>"
                      "<th>Made with</th><th>Access</th><th>Levels</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < register_->count && i < PAGE_SYSTEMS_MAX; i++) {
        html_system(out, &register_->systems[i]);
    }
    fb_buf_add_c(out, "</tbody>\n</table>\n</div>\n");
    fb_html_cut(out, register_->count > PAGE_SYSTEMS_MAX ? register_->count - PAGE_SYSTEMS_MAX : 0,
        "systems are not shown");
    fb_buf_add_c(out, "<p>A level is shown by an audit that passed and has not run out; what a "
                      "developer claims is said to be claimed.</p>\n</section>\n</main>\n</body>\n"
                      "</html>\n");
    return fb_buf_check(out, "the page", err);
}

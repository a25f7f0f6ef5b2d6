/* register.c: the register as a table, in words, as JSON and CSV. */
#include <string.h>

#include "base/assert.h"
#include "base/json.h"
#include "report/csv.h"
#include "report/exports.h"
#include "report/json_parts.h"
#include "report/register_parts.h"
#include "report/sheet.h"

enum { LINE_MAX = 400 };

void fb_register_honoured(const struct fb_register_system *system, size_t out[3])
{
    out[0] = out[1] = out[2] = 0;
    for (size_t i = 0; i < system->grant_count; i++) {
        out[0] += system->grants[i].in_force;
        out[1] += system->grants[i].full;
        out[2] += system->grants[i].uses;
    }
}

void fb_register_add_parents(const struct fb_record *record, struct fb_buf *out)
{
    const struct fb_json *also = fb_json_get(record->body, "also_from");
    fb_buf_add_str(out, fb_register_text(record, "derived_from"));
    for (const struct fb_json *one = also ? also->child : NULL; one; one = one->next) {
        fb_buf_addf(out, ", %.*s", FB_STR_ARG(one->text));
    }
}

/* How many of its deployments go on. */
static size_t deployed(const struct fb_register_system *system, fb_time now)
{
    size_t count = 0;
    for (size_t i = 0; i < system->record_count; i++) {
        const struct fb_record *record = system->records[i];
        count += record->kind == FB_KIND_deployment &&
                 fb_register_time(record, "ended", FB_TIME_MAX) > now;
    }
    return count;
}

void fb_register_add_levels(const struct fb_register_system *system, struct fb_buf *out)
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

/* The clusters, below the systems. */
static void list_clusters(const struct fb_register *register_, struct fb_sheet *sheet)
{
    static const char *const fields[] = {
        "owner", "country", "chip", "chips", "peak_flop_per_s", "power_w", "started", "ended"};
    const char *heads[] = {"CLUSTER", "OWNER", "COUNTRY", "CHIP", ">CHIPS", ">PEAK FLOP/S",
        ">POWER W", "FROM", "UNTIL"};
    struct fb_sheet_table table;
    if (register_->cluster_count == 0) {
        return;
    }
    fb_buf_add_char(sheet->out, '\n');
    fb_sheet_table_init(&table, heads, 9);
    for (size_t i = 0; i < register_->cluster_count; i++) {
        const struct fb_record *cluster = register_->clusters[i];
        fb_sheet_table_add(
            &table, FB_TONE_HEAD, "%.*s", FB_STR_ARG(fb_register_text(cluster, "name")));
        for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
            const struct fb_json *value = fb_json_get(cluster->body, fields[f]);
            fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.*s",
                FB_STR_ARG(fb_register_or_dash(value ? value->text : (struct fb_str){NULL, 0})));
        }
    }
    fb_sheet_table_end(&table, sheet, 0);
}

enum fb_code fb_report_register_text(const struct fb_register *register_,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(register_ && options && out);
    const char *heads[] = {"SYSTEM", "STAGE", "DEVELOPER", "MADE FROM", ">DATASETS", ">RUNS",
        ">DEPLOYED", ">GRANTS", ">HONOURED", "SECURITY"};
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_sheet_table table;
    struct fb_buf levels, parents;
    fb_buf_init(&levels, 1 << 16);
    fb_buf_init(&parents, 1 << 16);
    fb_sheet_table_init(&table, heads, 10);
    for (size_t i = 0; i < register_->count; i++) {
        const struct fb_register_system *system = &register_->systems[i];
        size_t access[3];
        fb_register_honoured(system, access);
        fb_buf_clear(&levels);
        fb_register_add_levels(system, &levels);
        fb_sheet_table_add(&table, FB_TONE_HEAD, "%.*s", FB_STR_ARG(system->id));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.*s",
            FB_STR_ARG(fb_register_or_dash(fb_register_text(system->record, "stage"))));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.*s",
            FB_STR_ARG(fb_register_text(system->record, "developer")));
        fb_buf_clear(&parents);
        fb_register_add_parents(system->record, &parents);
        fb_sheet_table_add(
            &table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(fb_register_or_dash(fb_buf_str(&parents))));
        fb_sheet_table_add(
            &table, FB_TONE_PLAIN, "%zu", fb_register_count(system, FB_KIND_dataset));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%zu", fb_register_count(system, FB_KIND_run));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%zu", deployed(system, register_->now));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%zu", access[0]);
        fb_sheet_table_add(
            &table, FB_TONE_PLAIN, access[2] ? "%zu of %zu" : "-", access[1], access[2]);
        fb_sheet_table_add(
            &table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(fb_register_or_dash(fb_buf_str(&levels))));
    }
    fb_sheet_table_end(&table, &sheet, 0);
    fb_buf_release(&levels);
    fb_buf_release(&parents);
    list_clusters(register_, &sheet);
    return fb_sheet_check(&sheet, "the register", err);
}

/* One line of what there is about a record: its kind, its id, and fields of it. */
static void add_line(
    struct fb_buf *out, const char *what, const struct fb_record *record, const char *const *fields)
{
    bool said = false;
    fb_buf_addf(out, "  %s ", what);
    fb_sheet_clean(out, record->id, LINE_MAX);
    for (size_t i = 0; fields[i]; i++) {
        const struct fb_json *value = fb_json_get(record->body, fields[i]);
        for (const struct fb_json *one = value && value->kind == FB_JSON_ARRAY ? value->child
                                                                               : value;
             one && one->text.len; one = one == value ? NULL : one->next) {
            fb_buf_addf(out, "%s%s ", said ? ", " : ": ", fields[i]);
            fb_sheet_clean(out, one->text, LINE_MAX);
            said = true;
        }
    }
    fb_buf_add_char(out, '\n');
}

/* ", from 2026-11-01 00:00 until 2027-01-01 00:00" */
static void add_dates(const struct fb_record *record, struct fb_buf *out)
{
    char at[FB_TIME_TEXT];
    fb_time from = fb_register_time(record, "valid_from", FB_TIME_MAX);
    fb_time until = fb_register_time(record, "valid_until", FB_TIME_MAX);
    if (from != FB_TIME_MAX) {
        fb_buf_addf(out, ", from %s", fb_time_format_short(from, at));
    }
    if (until != FB_TIME_MAX) {
        fb_buf_addf(
            out, "%s until %s", from == FB_TIME_MAX ? "," : "", fb_time_format_short(until, at));
    }
}

static void add_grants(const struct fb_register_system *system, struct fb_buf *out)
{
    for (size_t i = 0; i < system->grant_count; i++) {
        const struct fb_register_grant *grant = &system->grants[i];
        fb_buf_add_c(out, "  access ");
        fb_sheet_clean(out, grant->id, LINE_MAX);
        fb_buf_add_c(out, ": ");
        fb_sheet_clean(out, fb_register_text(grant->record, "form"), 40);
        fb_buf_add_c(out, " for ");
        fb_sheet_clean(out, fb_register_text(grant->record, "party"), 80);
        fb_buf_add_c(out, ", ");
        fb_sheet_clean(out, fb_register_text(grant->record, "state"), 40);
        add_dates(grant->record, out);
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
        const char *fields[16];
    } kinds[] = {{FB_KIND_dataset, "dataset", {"title", "source", "licence", "tokens", NULL}},
        {FB_KIND_run, "run",
            {"title", "purpose", "state", "cluster", "planned_flop", "started", "ended", NULL}},
        {FB_KIND_deployment, "deployment",
            {"scope", "sector", "role", "operator", "autonomy", "oversight", "overseers",
                "decisions_each_day", "overruled_share", "stop_s", "users", "started", "ended",
                NULL}},
        {FB_KIND_audit, "audit",
            {"standard", "level", "method", "result", "valid_until", "critical_findings", NULL}},
        {FB_KIND_measure, "measure", {"name", "level", "evidence", NULL}}};
    static const char *const own[] = {"title", "stage", "developer", "provider", "derived_from",
        "also_from", "derivation", "training_compute_flop", "parameters", "active_parameters",
        "training_tokens", NULL};
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
        fb_register_add_levels(system, &levels);
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
        fb_json_key_str(w, "party", fb_register_text(grant->record, "party"));
        fb_json_key_str(w, "form", fb_register_text(grant->record, "form"));
        fb_json_key_str(w, "state", fb_register_text(grant->record, "state"));
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
        fb_json_open_object(w);
        fb_json_key_str(w, "standard", level->standard);
        fb_json_key_int(w, "shown", level->shown);
        fb_json_key_int(w, "expired", level->expired);
        fb_json_key_int(w, "claimed", level->claimed);
        if (level->audit) {
            fb_json_key_str(w, "shown_by", level->audit->id);
            fb_report_key_time(w, "until", level->until);
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
    if (!only) {
        fb_json_key(&w, "clusters");
        fb_json_open_array(&w);
        for (size_t i = 0; i < register_->cluster_count; i++) {
            json_record(&w, register_->clusters[i]);
        }
        fb_json_close_array(&w);
    }
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
        fb_register_honoured(system, access);
        fb_csv_put(out, system->id, false);
        for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
            fb_csv_put(out, fb_register_text(system->record, fields[f]), false);
        }
        double flop = fb_register_number(system->record, "training_compute_flop", 0);
        if (flop > 0) {
            fb_json_write_number(out, flop);
        }
        fb_buf_addf(out, ",%zu,%zu,%zu,%zu,%zu,%zu,", fb_register_count(system, FB_KIND_dataset),
            fb_register_count(system, FB_KIND_run), fb_register_count(system, FB_KIND_deployment),
            access[0], access[1], access[2]);
        fb_buf_clear(&levels);
        fb_register_add_levels(system, &levels);
        fb_csv_put(out, fb_buf_str(&levels), true);
    }
    fb_buf_release(&levels);
    return fb_buf_check(out, "the register", err);
}

/* interchange.c: the register as CycloneDX, the picture as OSCAL. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/json.h"
#include "ledger/sha256.h"
#include "report/exports.h"

enum { UUID_TEXT = 40, TOKEN_MAX = 200 };

/* A UUID of version 8 (RFC 9562, 5.8) from what it names, so that the same input gives the same. */
static const char *uuid_of(const char *kind, struct fb_str name, char out[UUID_TEXT])
{
    struct fb_sha256 sha;
    uint8_t d[FB_SHA256_SIZE];
    fb_sha256_init(&sha);
    fb_sha256_add(&sha, fb_str_of(kind));
    fb_sha256_add(&sha, name);
    fb_sha256_end(&sha, d);
    d[6] = (uint8_t)((d[6] & 0x0f) | 0x80);
    d[8] = (uint8_t)((d[8] & 0x3f) | 0x80);
    snprintf(out, UUID_TEXT, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
        d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13],
        d[14], d[15]);
    return out;
}

/* --- CycloneDX ---------------------------------------------------------------------------- */

static struct fb_str text(const struct fb_record *record, const char *field)
{
    return fb_json_get_str(record->body, field);
}

static void property(struct fb_json_writer *w, const char *name, struct fb_str value)
{
    if (value.len) {
        char full[80];
        snprintf(full, sizeof(full), "flyball:%s", name);
        fb_json_open_object(w);
        fb_json_key_c(w, "name", full);
        fb_json_key_str(w, "value", value);
        fb_json_close_object(w);
    }
}

static bool is_url(struct fb_str s)
{
    return (fb_str_starts(s, FB_STR("https://")) || fb_str_starts(s, FB_STR("http://"))) &&
           fb_str_find(s, ' ', 0) == s.len;
}

static void write_datasets(struct fb_json_writer *w, const struct fb_register_system *system)
{
    fb_json_key(w, "modelCard");
    fb_json_open_object(w);
    fb_json_key(w, "modelParameters");
    fb_json_open_object(w);
    fb_json_key(w, "datasets");
    fb_json_open_array(w);
    for (size_t i = 0; i < system->record_count; i++) {
        const struct fb_record *record = system->records[i];
        if (record->kind != FB_KIND_dataset) {
            continue;
        }
        fb_json_open_object(w);
        fb_json_key_c(w, "type", "dataset");
        fb_json_key_str(w, "bom-ref", record->id);
        fb_json_key_str(w, "name", text(record, "title"));
        if (is_url(text(record, "source"))) {
            fb_json_key(w, "contents");
            fb_json_open_object(w);
            fb_json_key_str(w, "url", text(record, "source"));
            fb_json_close_object(w);
        } else {
            fb_json_key_str(w, "description", text(record, "source"));
        }
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
    fb_json_close_object(w);
}

static void write_component(struct fb_json_writer *w, const struct fb_register *register_,
    const struct fb_register_system *system)
{
    static const char *const numbers[] = {
        "training_compute_flop", "parameters", "active_parameters", "training_tokens"};
    struct fb_str from = text(system->record, "derived_from");
    const struct fb_register_system *parent = from.len ? fb_register_find(register_, from) : NULL;
    fb_json_open_object(w);
    fb_json_key_c(w, "type", "machine-learning-model");
    fb_json_key_str(w, "bom-ref", system->id);
    fb_json_key_str(w, "name", text(system->record, "title"));
    fb_json_key_str(w, "publisher", text(system->record, "developer"));
    if (from.len) {
        fb_json_key(w, "pedigree");
        fb_json_open_object(w);
        fb_json_key(w, "ancestors");
        fb_json_open_array(w);
        fb_json_open_object(w);
        fb_json_key_c(w, "type", "machine-learning-model");
        fb_json_key_str(w, "name", parent ? text(parent->record, "title") : from);
        fb_json_close_object(w);
        fb_json_close_array(w);
        fb_json_close_object(w);
    }
    write_datasets(w, system);
    fb_json_key(w, "properties");
    fb_json_open_array(w);
    property(w, "stage", text(system->record, "stage"));
    property(w, "derivation", text(system->record, "derivation"));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        double value = fb_register_number(system->record, numbers[i], -1);
        struct fb_buf number;
        fb_buf_init(&number, 64);
        if (value >= 0) {
            fb_json_write_number(&number, value);
            property(w, numbers[i], fb_buf_str(&number));
        }
        fb_buf_release(&number);
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
}

enum fb_code fb_report_cyclonedx(const struct fb_register *register_, struct fb_str origin,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(register_ && out);
    struct fb_json_writer w;
    char uuid[UUID_TEXT], serial[UUID_TEXT + 16], at[FB_TIME_TEXT];
    char name[FB_TIME_TEXT + 256];
    snprintf(name, sizeof(name), "%.*s %s", FB_STR_ARG(fb_str_sub(origin, 0, 200)),
        fb_time_format(register_->now, at));
    snprintf(serial, sizeof(serial), "urn:uuid:%s", uuid_of("bom", fb_str_of(name), uuid));
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
    fb_json_key_c(&w, "bomFormat", "CycloneDX");
    fb_json_key_c(&w, "specVersion", "1.6");
    fb_json_key_c(&w, "serialNumber", serial);
    fb_json_key_int(&w, "version", 1);
    fb_json_key(&w, "metadata");
    fb_json_open_object(&w);
    fb_json_key_c(&w, "timestamp", at);
    fb_json_close_object(&w);
    fb_json_key(&w, "components");
    fb_json_open_array(&w);
    for (size_t i = 0; i < register_->count; i++) {
        write_component(&w, register_, &register_->systems[i]);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the bill of materials", err);
}

/* --- OSCAL -------------------------------------------------------------------------------- */

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

static void write_metadata(
    struct fb_json_writer *w, const struct fb_picture *picture, const char *title)
{
    char at[FB_TIME_TEXT];
    fb_json_key(w, "metadata");
    fb_json_open_object(w);
    fb_json_key_c(w, "title", title);
    fb_json_key_c(w, "last-modified", fb_time_format(picture->now, at));
    char version[32];
    snprintf(version, sizeof(version), "%llu", (unsigned long long)picture->record_count);
    fb_json_key_c(w, "version", version);
    fb_json_key_c(w, "oscal-version", "1.1.2");
    fb_json_close_object(w);
}

/* One finding: whether what an id names is satisfied. */
static void write_finding(
    struct fb_json_writer *w, struct fb_str id, struct fb_str title, bool satisfied)
{
    char uuid[UUID_TEXT], token[TOKEN_MAX];
    fb_json_open_object(w);
    fb_json_key_c(w, "uuid", uuid_of("finding", id, uuid));
    fb_json_key_str(w, "title", title);
    fb_json_key_str(w, "description", id);
    fb_json_key(w, "target");
    fb_json_open_object(w);
    fb_json_key_c(w, "type", "objective-id");
    fb_json_key_c(w, "target-id", token_of(id, token));
    fb_json_key(w, "status");
    fb_json_open_object(w);
    fb_json_key_c(w, "state", satisfied ? "satisfied" : "not-satisfied");
    fb_json_close_object(w);
    fb_json_close_object(w);
    fb_json_close_object(w);
}

static void write_findings(
    struct fb_json_writer *w, const struct fb_picture *picture, const struct fb_due_list *due)
{
    fb_json_key(w, "findings");
    fb_json_open_array(w);
    for (size_t i = 0; i < picture->line_count; i++) {
        const struct fb_line_view *line = &picture->lines[i];
        if (line->status != FB_LINE_OUT_OF_SCOPE) {
            write_finding(w, line->id, line->id, line->status == FB_LINE_RULED_OUT);
        }
    }
    for (size_t i = 0; i < due->count; i++) {
        const struct fb_due *item = &due->items[i];
        write_finding(w, item->duty->id, item->duty->text.len ? item->duty->text : item->duty->id,
            item->group == FB_DUE_HELD);
    }
    fb_json_close_array(w);
}

enum fb_code fb_report_oscal_results(const struct fb_picture *picture,
    const struct fb_due_list *due, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && due && out);
    struct fb_json_writer w;
    char uuid[UUID_TEXT], at[FB_TIME_TEXT];
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key(&w, "assessment-results");
    fb_json_open_object(&w);
    struct fb_str name = {(const char *)picture->root, sizeof(picture->root)};
    fb_json_key_c(&w, "uuid", uuid_of("assessment-results", name, uuid));
    write_metadata(&w, picture, "What holds, from the signed record and the rules in force");
    fb_json_key(&w, "import-ap");
    fb_json_open_object(&w);
    fb_json_key_c(&w, "href", "#policies");
    fb_json_close_object(&w);
    fb_json_key(&w, "results");
    fb_json_open_array(&w);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "uuid", uuid_of("result", name, uuid));
    fb_json_key_c(&w, "title", "Red lines and duties");
    fb_json_key_c(&w, "description",
        "A red line is satisfied when it is ruled out; a duty when it is kept. What is not ruled "
        "out is not satisfied.");
    fb_json_key_c(&w, "start", fb_time_format(picture->now, at));
    fb_json_key(&w, "reviewed-controls");
    fb_json_open_object(&w);
    fb_json_key(&w, "control-selections");
    fb_json_open_array(&w);
    fb_json_open_object(&w);
    fb_json_key(&w, "include-all");
    fb_json_open_object(&w);
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    bool any = due->count > 0;
    for (size_t i = 0; i < picture->line_count; i++) {
        any = any || picture->lines[i].status != FB_LINE_OUT_OF_SCOPE;
    }
    if (any) {
        write_findings(&w, picture, due);
    }
    fb_json_close_object(&w);
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the assessment results", err);
}

/* What a plan has an item of. */
struct item {
    struct fb_str id, title, why;
    fb_time deadline; /* FB_TIME_MAX: none */
};

static void write_risk(struct fb_json_writer *w, const struct item *item)
{
    char uuid[UUID_TEXT], at[FB_TIME_TEXT];
    fb_json_open_object(w);
    fb_json_key_c(w, "uuid", uuid_of("risk", item->id, uuid));
    fb_json_key_str(w, "title", item->title);
    fb_json_key_str(w, "description", item->id);
    fb_json_key_str(w, "statement", item->why.len ? item->why : item->id);
    fb_json_key_c(w, "status", "open");
    if (item->deadline != FB_TIME_MAX && item->deadline != FB_TIME_MIN) {
        fb_json_key_c(w, "deadline", fb_time_format(item->deadline, at));
    }
    fb_json_close_object(w);
}

static void write_item(struct fb_json_writer *w, const struct item *item)
{
    char uuid[UUID_TEXT];
    fb_json_open_object(w);
    fb_json_key_c(w, "uuid", uuid_of("item", item->id, uuid));
    fb_json_key_str(w, "title", item->title);
    fb_json_key_str(w, "description", item->why.len ? item->why : item->id);
    fb_json_key(w, "related-risks");
    fb_json_open_array(w);
    fb_json_open_object(w);
    fb_json_key_c(w, "risk-uuid", uuid_of("risk", item->id, uuid));
    fb_json_close_object(w);
    fb_json_close_array(w);
    fb_json_close_object(w);
}

/* Writes each open item in one of two ways; returns how many there are. */
static size_t each_item(struct fb_json_writer *w, const struct fb_picture *picture,
    const struct fb_due_list *due, void (*write)(struct fb_json_writer *w, const struct item *item))
{
    size_t count = 0;
    for (size_t i = 0; i < picture->line_count; i++) {
        const struct fb_line_view *line = &picture->lines[i];
        if (line->status == FB_LINE_CROSSED || line->status == FB_LINE_NOT_RULED_OUT) {
            const struct item item = {line->id, line->id,
                line->status == FB_LINE_CROSSED ? FB_STR("the red line is crossed")
                                                : FB_STR("the red line is not ruled out"),
                FB_TIME_MAX};
            write(w, &item);
            count++;
        }
    }
    for (size_t i = 0; i < due->count; i++) {
        const struct fb_due *d = &due->items[i];
        if (d->group == FB_DUE_OVERDUE || d->group == FB_DUE_OWED || d->group == FB_DUE_UNDATED) {
            const struct item item = {
                d->duty->id, d->duty->text.len ? d->duty->text : d->duty->id, d->why, d->until};
            write(w, &item);
            count++;
        }
    }
    return count;
}

static void write_nothing(struct fb_json_writer *w, const struct item *item)
{
    (void)w;
    (void)item;
}

enum fb_code fb_report_oscal_plan(const struct fb_picture *picture, const struct fb_due_list *due,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(picture && due && out);
    struct fb_json_writer w;
    char uuid[UUID_TEXT];
    struct fb_str name = {(const char *)picture->root, sizeof(picture->root)};
    fb_json_writer_init(&w, out, 2);
    if (each_item(&w, picture, due, write_nothing) == 0) {
        return fb_err_set(err, FB_E_NEGATIVE, "nothing is open: there is no plan to write");
    }
    fb_json_open_object(&w);
    fb_json_key(&w, "plan-of-action-and-milestones");
    fb_json_open_object(&w);
    fb_json_key_c(&w, "uuid", uuid_of("plan", name, uuid));
    write_metadata(&w, picture, "What is open, from the signed record and the rules in force");
    fb_json_key(&w, "system-id");
    fb_json_open_object(&w);
    fb_json_key_c(&w, "identifier-type", "http://ietf.org/rfc/rfc4122");
    fb_json_key_c(&w, "id", uuid_of("docket", picture->origin, uuid));
    fb_json_close_object(&w);
    fb_json_key(&w, "risks");
    fb_json_open_array(&w);
    (void)each_item(&w, picture, due, write_risk);
    fb_json_close_array(&w);
    fb_json_key(&w, "poam-items");
    fb_json_open_array(&w);
    (void)each_item(&w, picture, due, write_item);
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the plan", err);
}

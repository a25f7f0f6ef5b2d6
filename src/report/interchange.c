/* interchange.c: the register as CycloneDX. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/json.h"
#include "report/exports.h"
#include "report/uuid.h"

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

/* An address with nothing in it that no address may have. */
static bool is_url(struct fb_str s)
{
    static const char never[] = " \"<>\\^`{|}";
    bool good = fb_str_starts(s, FB_STR("https://")) || fb_str_starts(s, FB_STR("http://"));
    for (size_t i = 0; good && i < s.len; i++) {
        good = s.ptr[i] != 0 && !strchr(never, s.ptr[i]);
    }
    return good;
}

/* A property whose value is a number of a record, where it has one. */
static void number_property(
    struct fb_json_writer *w, const struct fb_record *record, const char *name)
{
    double value = fb_register_number(record, name, -1);
    struct fb_buf number;
    fb_buf_init(&number, 64);
    if (value >= 0) {
        fb_json_write_number(&number, value);
        property(w, name, fb_buf_str(&number));
    }
    fb_buf_release(&number);
}

static void write_dataset(struct fb_json_writer *w, const struct fb_record *record)
{
    struct fb_str source = text(record, "source");
    fb_json_open_object(w);
    fb_json_key_c(w, "type", "dataset");
    fb_json_key_str(w, "bom-ref", record->id);
    fb_json_key_str(w, "name", text(record, "title"));
    fb_json_key(w, "contents");
    fb_json_open_object(w);
    if (is_url(source)) {
        fb_json_key_str(w, "url", source);
    }
    fb_json_key(w, "properties");
    fb_json_open_array(w);
    property(w, "source", is_url(source) ? (struct fb_str){NULL, 0} : source);
    property(w, "licence", text(record, "licence"));
    property(w, "digest", text(record, "digest"));
    number_property(w, record, "tokens");
    fb_json_close_array(w);
    fb_json_close_object(w);
    if (!is_url(source)) {
        fb_json_key_str(w, "description", source);
    }
    fb_json_close_object(w);
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
        write_dataset(w, record);
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
    fb_json_close_object(w);
}

/* What people call a party or a system, as its record stands. */
static struct fb_str title_of(const struct fb_register *register_, struct fb_str id)
{
    const struct fb_record *record = fb_registry_find(register_->registry, id);
    for (const struct fb_record *next = record; next;
         next = fb_registry_successor(register_->registry, record)) {
        record = next;
    }
    return record ? text(record, "title") : id;
}

static void write_ancestor(
    struct fb_json_writer *w, const struct fb_register *register_, struct fb_str id)
{
    fb_json_open_object(w);
    fb_json_key_c(w, "type", "machine-learning-model");
    fb_json_key_str(w, "name", title_of(register_, id));
    fb_json_close_object(w);
}

/* All that a system was made from, the first as in its record. */
static void write_pedigree(struct fb_json_writer *w, const struct fb_register *register_,
    const struct fb_record *record, struct fb_str from)
{
    const struct fb_json *others = fb_json_get(record->body, "also_from");
    fb_json_key(w, "pedigree");
    fb_json_open_object(w);
    fb_json_key(w, "ancestors");
    fb_json_open_array(w);
    write_ancestor(w, register_, from);
    for (const struct fb_json *one = others ? others->child : NULL; one; one = one->next) {
        write_ancestor(w, register_, one->text);
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
}

static void write_component(struct fb_json_writer *w, const struct fb_register *register_,
    const struct fb_register_system *system)
{
    static const char *const numbers[] = {
        "training_compute_flop", "parameters", "active_parameters", "training_tokens"};
    struct fb_str from = text(system->record, "derived_from");
    fb_json_open_object(w);
    fb_json_key_c(w, "type", "machine-learning-model");
    fb_json_key_str(w, "bom-ref", system->id);
    fb_json_key_str(w, "name", text(system->record, "title"));
    fb_json_key_str(w, "publisher", title_of(register_, text(system->record, "developer")));
    if (from.len) {
        write_pedigree(w, register_, system->record, from);
    }
    write_datasets(w, system);
    fb_json_key(w, "properties");
    fb_json_open_array(w);
    property(w, "developer", text(system->record, "developer"));
    property(w, "stage", text(system->record, "stage"));
    property(w, "derivation", text(system->record, "derivation"));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        number_property(w, system->record, numbers[i]);
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
}

enum fb_code fb_report_cyclonedx(const struct fb_register *register_, struct fb_str origin,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(register_ && out);
    struct fb_json_writer w;
    char uuid[FB_UUID_TEXT], serial[FB_UUID_TEXT + 16], at[FB_TIME_TEXT];
    struct fb_str now = fb_str_of(fb_time_format(register_->now, at));
    snprintf(serial, sizeof(serial), "urn:uuid:%s", fb_report_uuid("bom", origin, now, uuid));
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

/*
 * Incidents as others keep them: the AI Incident Database (a table, or JSON with the same names)
 * and STIX 2.1 (a bundle, or one object).
 *
 * The database names companies, not systems, and says when a thing happened, not who knew of it
 * when. So each company becomes a party with one system that stands for what is not known of its
 * systems, and the incidents have no date of awareness: nothing is filled in that the file does not
 * say. A class comes from the CSET annotations where they name people killed, people hurt, rights
 * or a near miss; otherwise the incident is `unclassified`.
 */
#include <string.h>

#include "base/assert.h"
#include "base/map.h"
#include "ingest/csv.h"
#include "ingest/reader.h"
#include "record/classes.h"

enum { TITLE_MAX = 4000, TEXT_MAX = 32000, NAME_MAX_LEN = 120 };

/* One incident of the database, as texts; empty where the file has none. */
struct row {
    struct fb_str number, date, title, text;
    struct fb_str developers, deployers; /* JSON arrays of names, or one name */
    struct fb_str tangible, lives, injuries, rights, level;
    uint32_t line;  /* of a table; 0: of JSON */
    uint32_t index; /* of JSON, from 1 */
};

/* A file of the database at work. */
struct database {
    struct fb_reading *reading;
    struct fb_map parties; /* names that have a party and a system */
};

static bool has(struct fb_str text, const char *part)
{
    return text.len > 0 && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

bool fb_is_aiid(const struct fb_head *head)
{
    struct fb_str rest = head->text, line;
    bool answer = fb_str_starts(rest, FB_STR("{")) && !head->has[FB_HEAD_KIND] &&
                  has(rest, "\"incidents\"") && has(rest, "\"incident_id\"");
    return head->has[FB_HEAD_INCIDENT_ID] || answer ||
           (fb_str_line(&rest, &line) && has(line, "incident_id") && has(line, "title") &&
               has(line, "date"));
}

bool fb_is_stix(const struct fb_head *head)
{
    return head->has[FB_HEAD_OBJECTS] || head->has[FB_HEAD_SPEC_VERSION];
}

/* True for a count above 0. */
static bool some(struct fb_str text)
{
    double n = 0;
    return fb_csv_parse_number(fb_str_trim(text), &n) && n > 0;
}

/* Only what the annotations say outright. */
static const char *class_of(const struct row *row)
{
    if (some(row->lives)) {
        return "death";
    }
    if (some(row->injuries)) {
        return "serious_harm";
    }
    if (fb_str_is(fb_str_trim(row->rights), "yes")) {
        return "rights_violation";
    }
    if (has(row->tangible, "near miss) did occur")) {
        return "near_miss";
    }
    return has(row->tangible, "no tangible harm") && fb_str_is(fb_str_trim(row->level), "none")
               ? "other"
               : "unclassified";
}

/* The first name of a list, or the text itself. Lives in arena or in text. */
static struct fb_str first_name(struct fb_str text, struct fb_arena *arena)
{
    struct fb_err quiet;
    struct fb_json *list = NULL;
    struct fb_str plain = fb_str_trim(text);
    fb_err_init(&quiet);
    if (plain.len == 0 || plain.ptr[0] != '[') {
        return plain;
    }
    if (fb_json_parse(plain, "names", NULL, arena, &list, &quiet) != FB_OK || !list->child ||
        list->child->kind != FB_JSON_STRING) {
        return FB_STR("");
    }
    return list->child->text;
}

/* A text without what a STRING may not have, cut at a character. */
static void put_text(struct fb_json_writer *w, const char *key, struct fb_str text, size_t max)
{
    struct fb_buf clean;
    fb_buf_init(&clean, max + 8);
    fb_reader_text(&clean, text, max);
    fb_json_key_str(w, key, fb_str_trim(fb_buf_str(&clean)));
    fb_buf_release(&clean);
}

static enum fb_code add_draft(struct fb_reading *reading, const struct fb_buf *json,
    const char *place, uint32_t number, struct fb_err *err)
{
    enum fb_code code = fb_buf_check(json, "a draft", err);
    if (code == FB_OK) {
        struct fb_draft draft = {.json = fb_buf_str(json)};
        draft.place = fb_arena_printf(reading->arena, "%s %u", place, number);
        code = draft.place.ptr ? fb_reading_add(reading, &draft, err)
                               : fb_arena_failed(reading->arena, err);
    }
    return code;
}

/* The draft of a row, with its place. */
static enum fb_code add_draft_of(
    struct database *db, const struct row *row, const struct fb_buf *json, struct fb_err *err)
{
    return row->line ? add_draft(db->reading, json, "line", row->line, err)
                     : add_draft(db->reading, json, "incident", row->index, err);
}

/* A party and the system that stands for its systems, once for each name. */
static enum fb_code add_party(struct database *db, struct fb_str name, struct fb_str key,
    const struct row *row, struct fb_err *err)
{
    struct fb_buf json;
    struct fb_json_writer w;
    if (fb_map_get(&db->parties, key)) {
        return FB_OK;
    }
    enum fb_code code = fb_map_put(&db->parties, key, db, err);
    for (int part = 0; code == FB_OK && part < 2; part++) {
        fb_buf_init(&json, 1 << 16);
        fb_json_writer_init(&w, &json, 0);
        fb_json_open_object(&w);
        fb_json_key_c(&w, "kind", part ? "system" : "party");
        fb_json_key(&w, "id");
        fb_json_str(&w, fb_arena_printf(db->reading->arena, "%s/aiid-%.*s",
                            part ? "system" : "party", FB_STR_ARG(key)));
        fb_json_key(&w, "body");
        fb_json_open_object(&w);
        put_text(&w, "title", name, TITLE_MAX);
        if (part) {
            fb_json_key_str(&w, "developer",
                fb_arena_printf(db->reading->arena, "party/aiid-%.*s", FB_STR_ARG(key)));
        } else {
            fb_json_key_c(&w, "role", "developer");
        }
        fb_json_close_object(&w);
        fb_json_close_object(&w);
        code = add_draft_of(db, row, &json, err);
        fb_buf_release(&json);
    }
    return code;
}

static void put_count(struct fb_json_writer *w, const char *key, struct fb_str text)
{
    uint64_t n = 0;
    if (some(text) && fb_str_u64(fb_str_trim(text), &n) && n < 1000000000) {
        fb_json_key_int(w, key, (int64_t)n);
    }
}

static void put_incident(
    struct fb_json_writer *w, const struct row *row, struct fb_str system, fb_time began)
{
    char at[FB_TIME_TEXT];
    (void)fb_time_format(began, at);
    fb_json_open_object(w);
    fb_json_key_c(w, "kind", "incident");
    fb_json_key(w, "id");
    struct fb_buf id;
    fb_buf_init(&id, 256);
    fb_buf_add_c(&id, "incident/aiid-");
    fb_reader_name(&id, fb_str_sub(row->number, 0, 40));
    fb_json_str(w, fb_buf_str(&id));
    fb_buf_release(&id);
    if (system.len) {
        fb_json_key_str(w, "subject", system);
    }
    fb_json_key_c(w, "at", at);
    fb_json_key(w, "body");
    fb_json_open_object(w);
    put_text(w, "title", row->title, TITLE_MAX);
    fb_json_key_c(w, "class", class_of(row));
    fb_json_key_c(w, "began", at);
    fb_json_key_bool(w, "public", true);
    put_count(w, "deaths", row->lives);
    put_count(w, "injured", row->injuries);
    if (row->text.len) {
        put_text(w, "description", row->text, TEXT_MAX);
    }
    fb_json_close_object(w);
    fb_json_close_object(w);
}

/* The system that --subject names, or the one that stands for the company's. */
static enum fb_code system_of(
    struct database *db, const struct row *row, struct fb_str *out, struct fb_err *err)
{
    struct fb_arena *arena = db->reading->arena;
    if (db->reading->options->subject.len) {
        *out = FB_STR(""); /* filled in by who adds it */
        return FB_OK;
    }
    struct fb_str name = first_name(row->developers, arena);
    name = name.len ? name : first_name(row->deployers, arena);
    name = name.len ? name : FB_STR("unknown");
    struct fb_buf key;
    fb_buf_init(&key, 4 * NAME_MAX_LEN);
    fb_reader_name(&key, fb_str_sub(name, 0, NAME_MAX_LEN));
    if (name.len > NAME_MAX_LEN || !fb_reader_shows(name)) {
        fb_reader_mark(&key, name);
    }
    struct fb_str slug = {NULL, 0};
    enum fb_code code = fb_arena_str(arena, fb_buf_str(&key), &slug, err);
    fb_buf_release(&key);
    if (code == FB_OK) {
        code = add_party(db, name, slug, row, err);
    }
    if (code == FB_OK) {
        *out = fb_arena_printf(arena, "system/aiid-%.*s", FB_STR_ARG(slug));
        code = out->ptr ? FB_OK : fb_arena_failed(arena, err);
    }
    return code;
}

static enum fb_code add_incident(struct database *db, const struct row *row, struct fb_err *err)
{
    struct fb_str system = {NULL, 0};
    fb_time began = 0;
    enum fb_code code = fb_time_parse(fb_str_trim(row->date), &began, err);
    if (code == FB_OK && (row->number.len == 0 || fb_str_trim(row->title).len == 0)) {
        fb_err_set(err, FB_E_SCHEMA, "an incident without %s",
            row->number.len == 0 ? "a number" : "a title");
        code = fb_err_hint(err, "Each incident has incident_id, date and title.");
    }
    if (code == FB_OK) {
        code = system_of(db, row, &system, err);
    }
    if (code != FB_OK) {
        fb_err_place(err, db->reading->input->name, row->line, 0, -1);
        return code;
    }
    struct fb_buf json;
    struct fb_json_writer w;
    fb_buf_init(&json, 1 << 20);
    fb_json_writer_init(&w, &json, 0);
    put_incident(&w, row, system, began);
    code = add_draft_of(db, row, &json, err);
    fb_buf_release(&json);
    return code;
}

static enum fb_code read_table(struct database *db, struct fb_str text, struct fb_err *err)
{
    static const char *const number[] = {"incident_id", "incident id", NULL};
    static const char *const date[] = {"date", NULL};
    static const char *const title[] = {"title", NULL};
    static const char *const about[] = {"description", NULL};
    static const char *const made[] = {"developers", "alleged developer of ai system", NULL};
    static const char *const used[] = {"deployers", "alleged deployer of ai system", NULL};
    static const char *const tangible[] = {"cset_tangible_harm", "tangible harm", NULL};
    static const char *const lives[] = {"cset_lives_lost", "lives lost", NULL};
    static const char *const injuries[] = {"cset_injuries", "injuries", NULL};
    static const char *const rights[] = {"cset_rights_violation", "rights violation", NULL};
    static const char *const level[] = {"cset_harm_level", "ai harm level", NULL};
    static struct fb_csv csv;
    size_t number_at = 0, date_at = 0, title_at = 0;
    bool more = true;
    enum fb_code code = fb_csv_start(&csv, text, db->reading->input->name, err);
    code = code == FB_OK ? fb_csv_require(&csv, number, &number_at, err) : code;
    code = code == FB_OK ? fb_csv_require(&csv, date, &date_at, err) : code;
    code = code == FB_OK ? fb_csv_require(&csv, title, &title_at, err) : code;
    while (code == FB_OK && (code = fb_csv_next(&csv, &more, err)) == FB_OK && more) {
        struct row row = {.number = fb_str_trim(csv.fields[number_at]),
            .date = csv.fields[date_at],
            .title = csv.fields[title_at],
            .text = fb_csv_field(&csv, fb_csv_column(&csv, about)),
            .developers = fb_csv_field(&csv, fb_csv_column(&csv, made)),
            .deployers = fb_csv_field(&csv, fb_csv_column(&csv, used)),
            .tangible = fb_csv_field(&csv, fb_csv_column(&csv, tangible)),
            .lives = fb_csv_field(&csv, fb_csv_column(&csv, lives)),
            .injuries = fb_csv_field(&csv, fb_csv_column(&csv, injuries)),
            .rights = fb_csv_field(&csv, fb_csv_column(&csv, rights)),
            .level = fb_csv_field(&csv, fb_csv_column(&csv, level)),
            .line = csv.line};
        code = add_incident(db, &row, err);
    }
    fb_csv_release(&csv);
    return code;
}

/* A member as text: a string, a number, or the first name of a list, of which each may be a thing
 * with a name. */
static struct fb_str member(const struct fb_json *object, const char *const names[3])
{
    const struct fb_json *value = NULL;
    for (int i = 0; !value && i < 3 && names[i]; i++) {
        value = fb_json_get(object, names[i]);
    }
    if (value && value->kind == FB_JSON_ARRAY) {
        value = value->child;
    }
    if (value && value->kind == FB_JSON_OBJECT) {
        const struct fb_json *name = fb_json_get(value, "name");
        value = name ? name : fb_json_get(value, "entity_id");
    }
    bool plain = value && (value->kind == FB_JSON_STRING || value->kind == FB_JSON_NUMBER);
    return plain ? value->text : FB_STR("");
}

static enum fb_code read_objects(
    struct database *db, const struct fb_json *object, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    static const char *const number[3] = {"incident_id"}, *const date[3] = {"date"};
    static const char *const title[3] = {"title"}, *const about[3] = {"description"};
    static const char *const made[3] = {
        "Alleged developer of AI system", "AllegedDeveloperOfAISystem", "developers"};
    static const char *const used[3] = {
        "Alleged deployer of AI system", "AllegedDeployerOfAISystem", "deployers"};
    for (uint32_t n = 1; object && code == FB_OK; object = object->next, n++) {
        struct row row = {.number = member(object, number),
            .date = member(object, date),
            .title = member(object, title),
            .text = member(object, about),
            .developers = member(object, made),
            .deployers = member(object, used),
            .index = n};
        code = add_incident(db, &row, err);
        if (code != FB_OK) {
            (void)fb_json_err_at(err, object);
            fb_err_prefix(err, "incident %u", n);
        }
    }
    return code;
}

/* Reads the whole file as one JSON value into the reading's arena. */
static enum fb_code read_json(
    struct fb_reading *reading, struct fb_str text, const struct fb_json **out, struct fb_err *err)
{
    struct fb_json *root = NULL;
    enum fb_code code = fb_json_parse(text, reading->input->name, NULL, reading->arena, &root, err);
    if (code == FB_OK) {
        *out = root;
    }
    return code;
}

enum fb_code fb_read_aiid(struct fb_reading *reading, struct fb_err *err)
{
    struct fb_buf content;
    struct database db = {.reading = reading};
    fb_map_init(&db.parties);
    fb_buf_init(&content, FB_READER_TEXT_MAX);
    enum fb_code code = fb_input_all(reading->input, &content, err);
    struct fb_str text = fb_str_trim(fb_buf_str(&content));
    if (code == FB_OK && text.len && (text.ptr[0] == '[' || text.ptr[0] == '{')) {
        const struct fb_json *root = NULL;
        code = read_json(reading, text, &root, err);
        if (code == FB_OK) {
            /* What the database answers to a query stands in data.incidents. */
            const struct fb_json *list = fb_json_get(fb_json_get(root, "data"), "incidents");
            list = list ? list : root;
            code = read_objects(&db, list->kind == FB_JSON_ARRAY ? list->child : list, err);
        }
    } else if (code == FB_OK) {
        code = read_table(&db, fb_buf_str(&content), err);
    }
    fb_buf_release(&content);
    fb_map_release(&db.parties);
    return code;
}

/* The class among the labels of a STIX object; `unclassified` when none is one. */
static const char *label_class(const struct fb_json *object)
{
    const struct fb_json *labels = fb_json_get(object, "labels");
    for (const struct fb_json *label = labels ? labels->child : NULL; label; label = label->next) {
        const struct fb_class *known =
            label->kind == FB_JSON_STRING ? fb_class_named(label->text) : NULL;
        if (known) {
            return known->name;
        }
    }
    return "unclassified";
}

/* When a version of a STIX object was made. */
static enum fb_code made_at(
    const struct fb_json *object, const char *key, fb_time *out, struct fb_err *err)
{
    const struct fb_json *value = fb_json_get(object, key);
    if (!value) {
        *out = FB_TIME_MIN;
        return FB_OK;
    }
    if (value->kind != FB_JSON_STRING) {
        fb_err_set(err, FB_E_SCHEMA, "'%s' of a STIX object is no text", key);
        fb_err_hint(err, "A time is RFC 3339, as \"2026-03-01T09:00:00Z\".");
        return fb_json_err_at(err, value);
    }
    return fb_time_parse(value->text, out, err) ? fb_json_err_at(err, value) : FB_OK;
}

/* Notes which version of each incident is the latest: a bundle may hold several. */
static enum fb_code note_version(struct fb_map *latest, struct fb_json *object, struct fb_err *err)
{
    fb_time at = 0, before = 0;
    struct fb_str id = fb_json_get_str(object, "id");
    struct fb_json *known = id.len ? fb_map_get(latest, id) : NULL;
    enum fb_code code = made_at(object, "modified", &at, err);
    code = code || !known ? code : made_at(known, "modified", &before, err);
    if (code != FB_OK || id.len == 0 || (known && at <= before)) {
        return code;
    }
    return fb_map_put(latest, id, object, err);
}

static enum fb_code add_stix(
    struct fb_reading *reading, const struct fb_json *object, uint32_t n, struct fb_err *err)
{
    struct fb_str id = fb_json_get_str(object, "id"), name = fb_json_get_str(object, "name");
    struct fb_str text = fb_json_get_str(object, "description");
    fb_time at = 0;
    if (!fb_str_starts(id, FB_STR("incident--")) || fb_str_trim(name).len == 0) {
        fb_err_set(err, FB_E_SCHEMA, "a STIX incident needs 'id' and 'name'");
        fb_err_hint(err, "Its id is \"incident--\" and a UUID, its name says what happened.");
        return fb_json_err_at(err, object);
    }
    enum fb_code code = made_at(object, "created", &at, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_buf json, slug;
    struct fb_json_writer w;
    fb_buf_init(&json, 1 << 20);
    fb_buf_init(&slug, 512);
    fb_buf_add_c(&slug, "incident/");
    fb_reader_name(&slug, fb_str_sub(id, 0, 100));
    fb_json_writer_init(&w, &json, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "kind", "incident");
    fb_json_key_str(&w, "id", fb_buf_str(&slug));
    if (at != FB_TIME_MIN) {
        fb_reader_time(&w, "at", at);
    }
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    put_text(&w, "title", name, TITLE_MAX);
    fb_json_key_c(&w, "class", label_class(object));
    if (fb_str_trim(text).len) {
        put_text(&w, "description", text, TEXT_MAX);
    }
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    code = add_draft(reading, &json, "object", n, err);
    fb_buf_release(&json);
    fb_buf_release(&slug);
    return code;
}

static bool is_incident(const struct fb_json *object)
{
    return fb_str_is(fb_json_get_str(object, "type"), "incident");
}

/* True for what its author took back, of which nothing is known any more. */
static bool is_revoked(const struct fb_json *object)
{
    const struct fb_json *revoked = fb_json_get(object, "revoked");
    return revoked && revoked->kind == FB_JSON_TRUE;
}

static enum fb_code read_incidents(
    struct fb_reading *reading, struct fb_json *root, struct fb_map *latest, struct fb_err *err)
{
    const struct fb_json *objects = fb_json_get(root, "objects");
    struct fb_json *first = objects ? objects->child : root;
    enum fb_code code = FB_OK;
    for (struct fb_json *o = first; code == FB_OK && o; o = objects ? o->next : NULL) {
        code = is_incident(o) ? note_version(latest, o, err) : FB_OK;
    }
    uint32_t n = 1;
    for (struct fb_json *o = first; code == FB_OK && o; o = objects ? o->next : NULL, n++) {
        struct fb_str id = fb_json_get_str(o, "id");
        bool counts =
            is_incident(o) && !is_revoked(o) && (id.len == 0 || fb_map_get(latest, id) == o);
        code = counts ? add_stix(reading, o, n, err) : FB_OK;
    }
    return code;
}

enum fb_code fb_read_stix(struct fb_reading *reading, struct fb_err *err)
{
    struct fb_buf content;
    struct fb_map latest;
    struct fb_json *root = NULL;
    fb_map_init(&latest);
    fb_buf_init(&content, FB_READER_TEXT_MAX);
    enum fb_code code = fb_input_all(reading->input, &content, err);
    if (code == FB_OK) {
        code = fb_json_parse(
            fb_buf_str(&content), reading->input->name, NULL, reading->arena, &root, err);
    }
    code = code ? code : read_incidents(reading, root, &latest, err);
    if (code == FB_OK && reading->count == 0) {
        fb_err_set(
            err, FB_E_FORMAT, "'%s' holds no STIX object of type incident", reading->input->name);
        code = fb_err_hint(err, "Of STIX only incidents are read that were not revoked.");
    }
    fb_map_release(&latest);
    fb_buf_release(&content);
    return code;
}

/*
 * cards.c: descriptions of models and datasets: CycloneDX bills of materials, Croissant, SPDX 3.
 *
 * Each model becomes a record of a system, each dataset one of a dataset, about the model that was
 * trained on it where the file says so. What the formats call a supplier is no party here: the
 * developer is who issues the records. What has no place in a record is left out.
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "ingest/csv.h"
#include "ingest/reader.h"

#define TREE_MAX ((size_t)1 << 30)

enum { NAME_MAX_BYTES = 150, TEXT_MAX = 4096, DEPTH_MAX = 32 };

/* A file being read. */
struct cards {
    struct fb_reading *reading;
    struct fb_arena arena;
    struct fb_buf json, name;
};

bool fb_is_cyclonedx(const struct fb_head *head)
{
    return !head->is_array && head->has[FB_HEAD_BOM_FORMAT];
}

static bool mentions(struct fb_str text, const char *word)
{
    return memmem(text.ptr ? text.ptr : "", text.len, word, strlen(word)) != NULL;
}

bool fb_is_croissant(const struct fb_head *head)
{
    return !head->is_array && head->has[FB_HEAD_CONTEXT] &&
           mentions(head->text, "mlcommons.org/croissant");
}

bool fb_is_spdx3(const struct fb_head *head)
{
    return !head->is_array && head->has[FB_HEAD_CONTEXT] && mentions(head->text, "spdx.org/rdf/3");
}

/* A string or the first of a list of strings; empty for anything else. */
static struct fb_str text_of(const struct fb_json *value)
{
    if (value && value->kind == FB_JSON_ARRAY) {
        value = value->child;
    }
    return value && value->kind == FB_JSON_STRING ? value->text : (struct fb_str){NULL, 0};
}

static struct fb_str member(const struct fb_json *object, const char *key)
{
    return text_of(fb_json_get(object, key));
}

/* Writes text as a STRING field has it: at most TEXT_MAX bytes, no control characters. */
static void write_text(
    struct fb_json_writer *w, struct cards *cards, const char *key, struct fb_str text)
{
    size_t len = text.len < TEXT_MAX ? text.len : TEXT_MAX;
    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80) {
        len--;
    }
    text = fb_str_trim(fb_str_sub(text, 0, len));
    if (text.len == 0) {
        return;
    }
    fb_buf_clear(&cards->name);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool c1 = c == 0xc2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] < 0xa0;
        if (c1) {
            i++;
        }
        fb_buf_add_char(&cards->name, c < 0x20 || c == 0x7f || c1 ? ' ' : (char)c);
    }
    struct fb_str clean = fb_str_trim(fb_buf_str(&cards->name));
    if (clean.len > 0) {
        fb_json_key_str(w, key, clean);
    }
}

/* The id of a record: its kind, a slash and its name with what no name may have as '-'. */
static void write_id(struct cards *cards, const char *kind, struct fb_str group, struct fb_str name)
{
    fb_buf_clear(&cards->name);
    fb_buf_add_c(&cards->name, kind);
    fb_buf_add_char(&cards->name, '/');
    if (group.len) {
        fb_reader_name(&cards->name, fb_str_sub(group, 0, NAME_MAX_BYTES / 2));
        fb_buf_add_char(&cards->name, '-');
    }
    fb_reader_name(&cards->name, fb_str_sub(name, 0, NAME_MAX_BYTES / 2));
}

/* Starts a draft: kind, id, subject, time and the open body. */
static void open_draft(struct fb_json_writer *w, struct cards *cards, const char *kind,
    struct fb_str group, struct fb_str name)
{
    fb_buf_clear(&cards->json);
    fb_json_writer_init(w, &cards->json, 0);
    fb_json_open_object(w);
    fb_json_key_c(w, "kind", kind);
    write_id(cards, kind, group, name);
    fb_json_key_str(w, "id", fb_buf_str(&cards->name));
    fb_reader_time(w, "at", cards->reading->options->at);
}

static enum fb_code end_draft(
    struct fb_json_writer *w, struct cards *cards, const struct fb_json *from, struct fb_err *err)
{
    char place[48];
    fb_json_close_object(w);
    fb_json_close_object(w);
    snprintf(place, sizeof(place), "line %u", (unsigned)from->place.line);
    struct fb_draft draft = {.json = fb_buf_str(&cards->json), .place = fb_str_of(place)};
    enum fb_code code = fb_buf_check(&cards->json, "a draft", err);
    code = code ? code : fb_buf_check(&cards->name, "a draft", err);
    return code ? code : fb_reading_add(cards->reading, &draft, err);
}

/* A digest as records have it, from "SHA-256" or "sha256" and 64 hexadecimal digits. */
static void write_digest(struct fb_json_writer *w, struct fb_str algorithm, struct fb_str hex)
{
    char text[72] = "sha256:";
    if (!(fb_str_is(algorithm, "SHA-256") || fb_str_is(algorithm, "sha256")) || hex.len != 64) {
        return;
    }
    for (size_t i = 0; i < 64; i++) {
        char c = hex.ptr[i];
        c = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return;
        }
        text[7 + i] = c;
    }
    fb_json_key_c(w, "digest", text);
}

/* What every dataset says. */
struct dataset {
    struct fb_str name, source, licence, algorithm, hash;
};

static enum fb_code add_dataset(struct cards *cards, const struct dataset *dataset,
    struct fb_str subject, const struct fb_json *from, struct fb_err *err)
{
    struct fb_json_writer w;
    struct fb_str none = {NULL, 0};
    open_draft(&w, cards, "dataset", none, dataset->name);
    if (subject.len) {
        fb_json_key_str(&w, "subject", subject);
    }
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    write_text(&w, cards, "title", dataset->name);
    write_text(&w, cards, "source", dataset->source.len ? dataset->source : FB_STR("not said"));
    write_text(&w, cards, "licence", dataset->licence);
    write_digest(&w, dataset->algorithm, dataset->hash);
    return end_draft(&w, cards, from, err);
}

static enum fb_code refuse(
    struct cards *cards, const struct fb_json *at, const char *what, struct fb_err *err)
{
    fb_err_set(err, FB_E_SCHEMA, "%s", what);
    (void)fb_json_err_at(err, at);
    fb_err_place(err, cards->reading->input->name, at->place.line, at->place.column,
        (int64_t)at->place.offset);
    return err->code;
}

/* --- CycloneDX ---------------------------------------------------------------------------- */

static const struct fb_json *list_of(const struct fb_json *object, const char *key)
{
    const struct fb_json *list = fb_json_get(object, key);
    return list && list->kind == FB_JSON_ARRAY ? list->child : NULL;
}

/* The licence of a component: an SPDX id, an expression or a name. */
static struct fb_str licence_of(const struct fb_json *component)
{
    const struct fb_json *choice = list_of(component, "licenses");
    const struct fb_json *licence = fb_json_get(choice, "license");
    struct fb_str text = member(choice, "expression");
    text = text.len ? text : member(licence, "id");
    return text.len ? text : member(licence, "name");
}

static struct fb_str url_of(const struct fb_json *component)
{
    const struct fb_json *reference = list_of(component, "externalReferences");
    struct fb_str url = member(reference, "url");
    return url.len ? url : member(component, "purl");
}

/* The value of a property of a component, "flyball:NAME" as an exported bill has it. */
static struct fb_str property_of(const struct fb_json *component, const char *name)
{
    for (const struct fb_json *p = list_of(component, "properties"); p; p = p->next) {
        struct fb_str own = member(p, "name");
        if (fb_str_starts(own, FB_STR("flyball:")) &&
            fb_str_is(fb_str_sub(own, 8, own.len), name)) {
            return member(p, "value");
        }
    }
    return (struct fb_str){NULL, 0};
}

/* The fields of a system that an exported bill keeps as properties. */
static void write_properties(struct fb_json_writer *w, const struct fb_json *component)
{
    static const char *const numbers[] = {
        "training_compute_flop", "parameters", "active_parameters", "training_tokens"};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        double value = 0;
        if (fb_csv_parse_number(property_of(component, numbers[i]), &value) && value >= 0) {
            fb_json_key_double(w, numbers[i], value);
        }
    }
    struct fb_str stage = property_of(component, "stage");
    if (stage.len) {
        fb_json_key_str(w, "stage", stage);
    }
}

/* Finds the component that an ancestor is, by its reference, or by its name and version. */
static const struct fb_json *find_component(
    const struct fb_json *list, const struct fb_json *ancestor, unsigned depth)
{
    for (const struct fb_json *c = list; c && depth < DEPTH_MAX; c = c->next) {
        struct fb_str wanted = member(ancestor, "bom-ref");
        bool same = wanted.len ? fb_str_eq(member(c, "bom-ref"), wanted)
                               : fb_str_eq(member(c, "name"), member(ancestor, "name")) &&
                                     fb_str_eq(member(c, "version"), member(ancestor, "version"));
        if (same) {
            return c;
        }
        const struct fb_json *inner = find_component(list_of(c, "components"), ancestor, depth + 1);
        if (inner) {
            return inner;
        }
    }
    return NULL;
}

/* The name by which a component's record goes: with its version, where it says one. */
static struct fb_str versioned(struct cards *cards, const struct fb_json *component)
{
    struct fb_str name = member(component, "name"), version = member(component, "version");
    return version.len
               ? fb_arena_printf(&cards->arena, "%.*s-%.*s", FB_STR_ARG(name), FB_STR_ARG(version))
               : name;
}

/* A model, and the datasets that its card names. root is the whole file. */
static enum fb_code add_model(struct cards *cards, const struct fb_json *root,
    const struct fb_json *component, struct fb_err *err)
{
    struct fb_json_writer w;
    struct fb_str group = member(component, "group"), name = versioned(cards, component);
    if (member(component, "name").len == 0 || !name.ptr) {
        return refuse(cards, component, "a model has no name", err);
    }
    open_draft(&w, cards, "system", group, name);
    struct fb_str id;
    enum fb_code code = fb_arena_str(&cards->arena, fb_buf_str(&cards->name), &id, err);
    if (code != FB_OK) {
        return code;
    }
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    write_text(&w, cards, "title", name);
    fb_json_key_str(&w, "developer", cards->reading->options->issuer);
    fb_json_key(&w, "models");
    fb_json_open_array(&w);
    fb_json_str(&w, fb_str_sub(name, 0, NAME_MAX_BYTES));
    fb_json_close_array(&w);
    const struct fb_json *ancestor = list_of(fb_json_get(component, "pedigree"), "ancestors");
    const struct fb_json *parent =
        ancestor ? find_component(list_of(root, "components"), ancestor, 0) : NULL;
    if (parent && parent != component) {
        write_id(cards, "system", member(parent, "group"), versioned(cards, parent));
        struct fb_str derivation = property_of(component, "derivation");
        fb_json_key_str(&w, "derived_from", fb_buf_str(&cards->name));
        fb_json_key_str(&w, "derivation", derivation.len ? derivation : FB_STR("other"));
    }
    write_properties(&w, component);
    code = end_draft(&w, cards, component, err);
    const struct fb_json *card = fb_json_get(component, "modelCard");
    const struct fb_json *parameters = fb_json_get(card, "modelParameters");
    for (const struct fb_json *d = list_of(parameters, "datasets"); code == FB_OK && d;
         d = d->next) {
        struct dataset dataset = {
            .name = member(d, "name"), .source = member(fb_json_get(d, "contents"), "url")};
        if (dataset.name.len) {
            code = add_dataset(cards, &dataset, id, d, err);
        }
    }
    return code;
}

/* A list of components, those inside of them included: parents before children where the file has
 * them so. */
static enum fb_code add_components(struct cards *cards, const struct fb_json *root,
    const struct fb_json *list, unsigned depth, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (const struct fb_json *c = list; code == FB_OK && c; c = c->next) {
        struct fb_str type = member(c, "type");
        if (depth == DEPTH_MAX) {
            return refuse(cards, c, "components are nested too deep", err);
        }
        if (fb_str_is(type, "machine-learning-model")) {
            code = add_model(cards, root, c, err);
        } else if (fb_str_is(type, "data")) {
            const struct fb_json *hash = list_of(c, "hashes");
            struct dataset dataset = {member(c, "name"), url_of(c), licence_of(c),
                member(hash, "alg"), member(hash, "content")};
            code = dataset.name.len ? add_dataset(cards, &dataset, (struct fb_str){NULL, 0}, c, err)
                                    : refuse(cards, c, "a dataset has no name", err);
        }
        code = code ? code : add_components(cards, root, list_of(c, "components"), depth + 1, err);
    }
    return code;
}

static enum fb_code read_cyclonedx(
    struct cards *cards, const struct fb_json *root, struct fb_err *err)
{
    struct fb_str version = member(root, "specVersion");
    if (!fb_str_is(member(root, "bomFormat"), "CycloneDX") ||
        !(fb_str_is(version, "1.5") || fb_str_is(version, "1.6") || fb_str_is(version, "1.7"))) {
        return refuse(cards, root, "this is no bill of CycloneDX 1.5 to 1.7", err);
    }
    const struct fb_json *main_component = fb_json_get(fb_json_get(root, "metadata"), "component");
    enum fb_code code = FB_OK;
    if (main_component && fb_str_is(member(main_component, "type"), "machine-learning-model")) {
        code = add_model(cards, root, main_component, err);
    }
    return code ? code : add_components(cards, root, list_of(root, "components"), 0, err);
}

/* --- Croissant ---------------------------------------------------------------------------- */

static enum fb_code read_croissant(
    struct cards *cards, const struct fb_json *root, struct fb_err *err)
{
    struct dataset dataset = {.name = member(root, "name"),
        .source = member(root, "url"),
        .licence = member(root, "license")};
    const struct fb_json *file = list_of(root, "distribution");
    struct fb_str type = member(root, "@type");
    if (!(fb_str_is(type, "sc:Dataset") || fb_str_is(type, "Dataset") ||
            fb_str_is(type, "schema.org/Dataset") ||
            fb_str_is(type, "https://schema.org/Dataset"))) {
        return refuse(cards, root, "this is no dataset of Croissant", err);
    }
    if (dataset.name.len == 0) {
        return refuse(cards, root, "the dataset has no name", err);
    }
    if (file && !file->next) {
        dataset.algorithm = FB_STR("sha256");
        dataset.hash = member(file, "sha256");
    }
    return add_dataset(cards, &dataset, cards->reading->options->subject, root, err);
}

/* --- SPDX 3 ------------------------------------------------------------------------------- */

static bool is_type(const struct fb_json *element, const char *type)
{
    struct fb_str text = member(element, "type");
    text = text.len ? text : member(element, "@type");
    return fb_str_is(text, type);
}

static struct fb_str spdx_id(const struct fb_json *element)
{
    struct fb_str id = member(element, "spdxId");
    return id.len ? id : member(element, "@id");
}

/* The model that was trained on a dataset, by a relationship. */
static const struct fb_json *trained_on(const struct fb_json *graph, struct fb_str dataset)
{
    for (const struct fb_json *r = graph; r; r = r->next) {
        struct fb_str type = member(r, "relationshipType");
        const struct fb_json *to = fb_json_get(r, "to");
        bool named = false;
        for (const struct fb_json *t = to ? to->child : NULL; t; t = t->next) {
            named = named || (t->kind == FB_JSON_STRING && fb_str_eq(t->text, dataset));
        }
        if (!named || !(fb_str_is(type, "trainedOn") || fb_str_is(type, "finetunedOn"))) {
            continue;
        }
        for (const struct fb_json *e = graph; e; e = e->next) {
            if (is_type(e, "ai_AIPackage") && fb_str_eq(spdx_id(e), member(r, "from"))) {
                return e;
            }
        }
    }
    return NULL;
}

static struct fb_str spdx_name(struct cards *cards, const struct fb_json *package)
{
    struct fb_str name = member(package, "name");
    struct fb_str version = member(package, "software_packageVersion");
    return version.len
               ? fb_arena_printf(&cards->arena, "%.*s-%.*s", FB_STR_ARG(name), FB_STR_ARG(version))
               : name;
}

static enum fb_code add_package(
    struct cards *cards, const struct fb_json *package, struct fb_err *err)
{
    struct fb_json_writer w;
    struct fb_str name = spdx_name(cards, package), none = {NULL, 0};
    if (member(package, "name").len == 0 || !name.ptr) {
        return refuse(cards, package, "a model has no name", err);
    }
    open_draft(&w, cards, "system", none, name);
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    write_text(&w, cards, "title", name);
    fb_json_key_str(&w, "developer", cards->reading->options->issuer);
    return end_draft(&w, cards, package, err);
}

static enum fb_code read_spdx(struct cards *cards, const struct fb_json *root, struct fb_err *err)
{
    const struct fb_json *graph = list_of(root, "@graph");
    enum fb_code code = FB_OK;
    for (const struct fb_json *e = graph; code == FB_OK && e; e = e->next) {
        code = is_type(e, "ai_AIPackage") ? add_package(cards, e, err) : FB_OK;
    }
    for (const struct fb_json *e = graph; code == FB_OK && e; e = e->next) {
        if (!is_type(e, "dataset_DatasetPackage")) {
            continue;
        }
        const struct fb_json *hash = list_of(e, "verifiedUsing");
        const struct fb_json *model = trained_on(graph, spdx_id(e));
        struct dataset dataset = {.name = spdx_name(cards, e),
            .source = member(e, "software_downloadLocation"),
            .algorithm = member(hash, "algorithm"),
            .hash = member(hash, "hashValue")};
        struct fb_str subject = {NULL, 0};
        if (dataset.name.len == 0) {
            return refuse(cards, e, "a dataset has no name", err);
        }
        if (model) {
            write_id(cards, "system", subject, spdx_name(cards, model));
            code = fb_arena_str(&cards->arena, fb_buf_str(&cards->name), &subject, err);
        }
        code = code ? code : add_dataset(cards, &dataset, subject, e, err);
    }
    return code;
}

/* --- All of them -------------------------------------------------------------------------- */

static enum fb_code read_cards(struct fb_reading *reading,
    enum fb_code (*read)(struct cards *cards, const struct fb_json *root, struct fb_err *err),
    struct fb_err *err)
{
    FB_ASSERT(reading && read);
    struct cards cards = {.reading = reading};
    struct fb_buf text;
    struct fb_json *root = NULL;
    fb_arena_init(&cards.arena, TREE_MAX);
    fb_buf_init(&cards.json, 1 << 20);
    fb_buf_init(&cards.name, 1 << 16);
    fb_buf_init(&text, FB_READER_TEXT_MAX);
    enum fb_code code = fb_input_all(reading->input, &text, err);
    code = code ? code
                : fb_json_parse(
                      fb_buf_str(&text), reading->input->name, NULL, &cards.arena, &root, err);
    code = code ? code : read(&cards, root, err);
    if (code == FB_OK && reading->count == 0) {
        code = refuse(&cards, root, "the file describes no model and no dataset", err);
    }
    fb_buf_release(&text);
    fb_buf_release(&cards.name);
    fb_buf_release(&cards.json);
    fb_arena_release(&cards.arena);
    return code;
}

enum fb_code fb_read_cyclonedx(struct fb_reading *reading, struct fb_err *err)
{
    return read_cards(reading, read_cyclonedx, err);
}

enum fb_code fb_read_croissant(struct fb_reading *reading, struct fb_err *err)
{
    return read_cards(reading, read_croissant, err);
}

enum fb_code fb_read_spdx3(struct fb_reading *reading, struct fb_err *err)
{
    return read_cards(reading, read_spdx, err);
}

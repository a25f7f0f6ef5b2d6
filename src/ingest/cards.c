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
#include "base/map.h"
#include "ingest/csv.h"
#include "ingest/reader.h"
#include "record/record.h"

#define TREE_MAX ((size_t)1 << 30)

/* A system has one `derived_from` and a list of `also_from`. */
enum { NAME_MAX_BYTES = 150, TEXT_MAX = 4096, DEPTH_MAX = 32, PARENTS_MAX = 1 + FB_REFS_MAX };

/* A model in a list of models. */
struct link {
    struct model *model;
    struct link *next;
};

/* A model that a file describes. */
struct model {
    const struct fb_json *from;
    struct fb_str id;              /* of its record */
    struct link *parents, *latest; /* what it was made from; NULL: the file does not say */
    size_t parent_count;
    struct link *waits;               /* while drafts are made: parents that are not made yet */
    struct model *below;              /* while drafts are made: the one that waits for this one */
    struct model *next;               /* in the order of the file */
    enum { UNSEEN, OPEN, DONE } mark; /* OPEN: its ancestors are being made */
};

/* A file being read. */
struct cards {
    struct fb_reading *reading;
    struct fb_arena arena;
    struct fb_buf json, name;
    struct model *first, **last;
    struct fb_map ids;      /* of records of models, to their model */
    struct fb_map refs;     /* what the file calls them, to their model */
    struct fb_map datasets; /* ids of records of datasets, to the id of their subject */
    struct fb_map uses;     /* what the file calls a dataset, to the link of the model that was
                             * named last as trained on it */
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

/* Takes the id of a dataset: one that goes by a name for two models is a record for each. *name is
 * empty where the same was said of the same model before. */
static enum fb_code take_dataset(
    struct cards *cards, struct fb_str subject, struct fb_str *name, struct fb_err *err)
{
    struct fb_str id, *known = NULL;
    write_id(cards, "dataset", (struct fb_str){NULL, 0}, *name);
    known = fb_map_get(&cards->datasets, fb_buf_str(&cards->name));
    if (known && (fb_str_eq(*known, subject) || subject.len == 0)) {
        *name = (struct fb_str){NULL, 0};
        return FB_OK;
    }
    if (known) {
        size_t slash = fb_str_find(subject, '/', 0);
        *name = fb_arena_printf(&cards->arena, "%.*s-for-%.*s",
            FB_STR_ARG(fb_str_sub(*name, 0, NAME_MAX_BYTES / 4)),
            FB_STR_ARG(fb_str_sub(subject, slash + 1, slash + 1 + NAME_MAX_BYTES / 4)));
        write_id(cards, "dataset", (struct fb_str){NULL, 0}, *name);
        if (!name->ptr) {
            return fb_arena_failed(&cards->arena, err);
        }
        if (fb_map_get(&cards->datasets, fb_buf_str(&cards->name))) {
            *name = (struct fb_str){NULL, 0};
            return FB_OK;
        }
    }
    struct fb_str *of = FB_ARENA_NEW(&cards->arena, struct fb_str);
    if (!of) {
        return fb_arena_failed(&cards->arena, err);
    }
    *of = subject;
    enum fb_code code = fb_arena_str(&cards->arena, fb_buf_str(&cards->name), &id, err);
    return code ? code : fb_map_put(&cards->datasets, id, of, err);
}

static enum fb_code add_dataset(struct cards *cards, const struct dataset *dataset,
    struct fb_str subject, const struct fb_json *from, struct fb_err *err)
{
    struct fb_json_writer w;
    struct fb_str none = {NULL, 0}, name = dataset->name;
    enum fb_code code = take_dataset(cards, subject, &name, err);
    if (code != FB_OK || name.len == 0) {
        return code;
    }
    open_draft(&w, cards, "dataset", none, name);
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

/* Notes a model: its record's id, and what the file calls it (may be empty). */
static enum fb_code note_model(struct cards *cards, const struct fb_json *from, struct fb_str ref,
    struct model **out, struct fb_err *err)
{
    struct model *model = FB_ARENA_NEW(&cards->arena, struct model);
    if (!model) {
        return fb_arena_failed(&cards->arena, err);
    }
    *model = (struct model){.from = from};
    enum fb_code code = fb_arena_str(&cards->arena, fb_buf_str(&cards->name), &model->id, err);
    if (code == FB_OK && fb_map_get(&cards->ids, model->id)) {
        return refuse(cards, from, "another model of the file goes by the same name", err);
    }
    if (code == FB_OK && ref.len && fb_map_get(&cards->refs, ref)) {
        return refuse(cards, from, "another model of the file has the same id", err);
    }
    code = code ? code : fb_map_put(&cards->ids, model->id, model, err);
    code = code || !ref.len ? code : fb_map_put(&cards->refs, ref, model, err);
    *cards->last = model;
    cards->last = &model->next;
    *out = model;
    return code;
}

/* Makes the drafts of all models, each after those that it was made from. */
static enum fb_code add_models(struct cards *cards,
    enum fb_code (*add)(struct cards *cards, const struct model *model, struct fb_err *err),
    struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (struct model *m = cards->first; code == FB_OK && m; m = m->next) {
        /* Up to an ancestor that is made already, and down again; no recursion, since a file may
         * tell of any number of generations. */
        struct model *at = m->mark == DONE ? NULL : m;
        while (code == FB_OK && at) {
            at->waits = at->mark == UNSEEN ? at->parents : at->waits;
            while (at->waits && at->waits->model->mark == DONE) {
                at->waits = at->waits->next;
            }
            struct model *up = at->waits ? at->waits->model : NULL;
            at->mark = OPEN;
            if (up && up->mark == OPEN) {
                return refuse(cards, at->from, "a model descends from itself", err);
            }
            if (up) {
                up->below = at;
                at = up;
                continue;
            }
            code = add(cards, at, err);
            at->mark = DONE;
            at = at->below;
        }
    }
    return code;
}

/* Notes that a model was made from another one. */
static enum fb_code descend(
    struct cards *cards, struct model *below, struct model *above, struct fb_err *err)
{
    for (const struct link *l = below->parents; l; l = l->next) {
        if (l->model == above) {
            return FB_OK;
        }
    }
    if (below->parent_count == PARENTS_MAX) {
        return refuse(cards, below->from, "a model was made from more than 101 others", err);
    }
    struct link *link = FB_ARENA_NEW(&cards->arena, struct link);
    if (!link) {
        return fb_arena_failed(&cards->arena, err);
    }
    *link = (struct link){above, NULL};
    *(below->latest ? &below->latest->next : &below->parents) = link;
    below->latest = link;
    below->parent_count++;
    return FB_OK;
}

static void write_parents(
    struct fb_json_writer *w, const struct model *model, struct fb_str derivation)
{
    if (!model->parents) {
        return;
    }
    const struct link *also = model->parents->next;
    fb_json_key_str(w, "derived_from", model->parents->model->id);
    fb_json_key_str(w, "derivation",
        derivation.len ? derivation
        : also         ? FB_STR("merging")
                       : FB_STR("other"));
    if (also) {
        fb_json_key(w, "also_from");
        fb_json_open_array(w);
        for (; also; also = also->next) {
            fb_json_str(w, also->model->id);
        }
        fb_json_close_array(w);
    }
}

/* Notes that a model was trained on what the file calls so. */
static enum fb_code train_on(
    struct cards *cards, struct fb_str ref, struct model *model, struct fb_err *err)
{
    struct link *before = fb_map_get(&cards->uses, ref);
    if (before && before->model == model) {
        return FB_OK;
    }
    struct link *link = FB_ARENA_NEW(&cards->arena, struct link);
    if (!link) {
        return fb_arena_failed(&cards->arena, err);
    }
    /* In the order of the file: the map has the last one, which is followed by the first. */
    *link = (struct link){model, before ? before->next : link};
    if (before) {
        before->next = link;
    }
    return fb_map_put(&cards->uses, ref, link, err);
}

/* The draft of a dataset for each model that was trained on what the file calls so, or for none. */
static enum fb_code add_dataset_of(struct cards *cards, const struct dataset *dataset,
    struct fb_str ref, const struct fb_json *from, struct fb_err *err)
{
    const struct link *last = ref.len ? fb_map_get(&cards->uses, ref) : NULL;
    if (!last) {
        return add_dataset(cards, dataset, (struct fb_str){NULL, 0}, from, err);
    }
    const struct link *l = last;
    enum fb_code code = FB_OK;
    do {
        l = l->next;
        code = add_dataset(cards, dataset, l->model->id, from, err);
    } while (code == FB_OK && l != last);
    return code;
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

/* The name by which a component's record goes: with its version, where it says one. */
static struct fb_str versioned(struct cards *cards, const struct fb_json *component)
{
    struct fb_str name = member(component, "name"), version = member(component, "version");
    return version.len
               ? fb_arena_printf(&cards->arena, "%.*s-%.*s", FB_STR_ARG(name), FB_STR_ARG(version))
               : name;
}

/* The model of the file that an ancestor is, by its reference, or by its name. */
static struct model *find_model(struct cards *cards, const struct fb_json *ancestor)
{
    struct fb_str ref = member(ancestor, "bom-ref");
    struct model *found = ref.len ? fb_map_get(&cards->refs, ref) : NULL;
    if (found || member(ancestor, "name").len == 0) {
        return found;
    }
    write_id(cards, "system", member(ancestor, "group"), versioned(cards, ancestor));
    return fb_map_get(&cards->ids, fb_buf_str(&cards->name));
}

/* The draft of a model, and of the datasets that its card describes. */
static enum fb_code add_model(struct cards *cards, const struct model *model, struct fb_err *err)
{
    struct fb_json_writer w;
    const struct fb_json *component = model->from;
    struct fb_str name = versioned(cards, component);
    open_draft(&w, cards, "system", member(component, "group"), name);
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    write_text(&w, cards, "title", name);
    fb_json_key_str(&w, "developer", cards->reading->options->issuer);
    fb_json_key(&w, "models");
    fb_json_open_array(&w);
    fb_json_str(&w, fb_str_sub(name, 0, NAME_MAX_BYTES));
    fb_json_close_array(&w);
    write_parents(&w, model, property_of(component, "derivation"));
    write_properties(&w, component);
    return end_draft(&w, cards, component, err);
}

static const struct fb_json *datasets_of(const struct model *model)
{
    const struct fb_json *card = fb_json_get(model->from, "modelCard");
    return list_of(fb_json_get(card, "modelParameters"), "datasets");
}

/* The datasets that the card of a model describes; those that it refers to are components. */
static enum fb_code add_card_datasets(
    struct cards *cards, const struct model *model, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (const struct fb_json *d = datasets_of(model); code == FB_OK && d; d = d->next) {
        struct dataset dataset = {
            .name = member(d, "name"), .source = member(fb_json_get(d, "contents"), "url")};
        if (dataset.name.len) {
            code = add_dataset(cards, &dataset, model->id, d, err);
        }
    }
    return code;
}

/* Notes a component when it is a model. */
static enum fb_code see_component(
    struct cards *cards, const struct fb_json *component, struct fb_err *err)
{
    struct model *model = NULL;
    if (!fb_str_is(member(component, "type"), "machine-learning-model")) {
        return FB_OK;
    }
    struct fb_str name = versioned(cards, component);
    if (member(component, "name").len == 0 || !name.ptr) {
        return refuse(cards, component, "a model has no name", err);
    }
    write_id(cards, "system", member(component, "group"), name);
    enum fb_code code = note_model(cards, component, member(component, "bom-ref"), &model, err);
    for (const struct fb_json *d = code ? NULL : datasets_of(model); code == FB_OK && d;
         d = d->next) {
        struct fb_str ref = member(d, "ref");
        code = ref.len ? train_on(cards, ref, model, err) : FB_OK;
    }
    return code;
}

/* The draft of a component that is a dataset. */
static enum fb_code add_data(struct cards *cards, const struct fb_json *c, struct fb_err *err)
{
    if (!fb_str_is(member(c, "type"), "data")) {
        return FB_OK;
    }
    const struct fb_json *hash = list_of(c, "hashes");
    struct dataset dataset = {
        member(c, "name"), url_of(c), licence_of(c), member(hash, "alg"), member(hash, "content")};
    return dataset.name.len ? add_dataset_of(cards, &dataset, member(c, "bom-ref"), c, err)
                            : refuse(cards, c, "a dataset has no name", err);
}

/* Hands each component of a list, those inside of them included, to use. */
static enum fb_code each_component(struct cards *cards, const struct fb_json *list, unsigned depth,
    enum fb_code (*use)(struct cards *cards, const struct fb_json *component, struct fb_err *err),
    struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (const struct fb_json *c = list; code == FB_OK && c; c = c->next) {
        if (depth == DEPTH_MAX) {
            return refuse(cards, c, "components are nested too deep", err);
        }
        code = use(cards, c, err);
        code = code ? code : each_component(cards, list_of(c, "components"), depth + 1, use, err);
    }
    return code;
}

/* The component that a bill is about, with those inside of it, and then all others. */
static enum fb_code each_of_bill(struct cards *cards, const struct fb_json *root,
    enum fb_code (*use)(struct cards *cards, const struct fb_json *component, struct fb_err *err),
    struct fb_err *err)
{
    const struct fb_json *top = fb_json_get(fb_json_get(root, "metadata"), "component");
    enum fb_code code = FB_OK;
    if (top && top->kind == FB_JSON_OBJECT) {
        code = use(cards, top, err);
        code = code ? code : each_component(cards, list_of(top, "components"), 1, use, err);
    }
    return code ? code : each_component(cards, list_of(root, "components"), 0, use, err);
}

static enum fb_code read_cyclonedx(
    struct cards *cards, const struct fb_json *root, struct fb_err *err)
{
    struct fb_str version = member(root, "specVersion");
    if (!fb_str_is(member(root, "bomFormat"), "CycloneDX") ||
        !(fb_str_is(version, "1.5") || fb_str_is(version, "1.6") || fb_str_is(version, "1.7"))) {
        return refuse(cards, root, "this is no bill of CycloneDX 1.5 to 1.7", err);
    }
    enum fb_code code = each_of_bill(cards, root, see_component, err);
    for (struct model *m = cards->first; code == FB_OK && m; m = m->next) {
        const struct fb_json *a = list_of(fb_json_get(m->from, "pedigree"), "ancestors");
        for (; code == FB_OK && a; a = a->next) {
            struct model *found = find_model(cards, a);
            if (found && found == m) {
                return refuse(cards, a, "a model descends from itself", err);
            }
            code = found ? descend(cards, m, found, err) : FB_OK;
        }
    }
    code = code ? code : add_models(cards, add_model, err);
    for (struct model *m = cards->first; code == FB_OK && m; m = m->next) {
        code = add_card_datasets(cards, m, err);
    }
    return code ? code : each_of_bill(cards, root, add_data, err);
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

/* True when one of the types of an element is this one. */
static bool is_type(const struct fb_json *element, const char *type)
{
    const struct fb_json *of = fb_json_get(element, "type");
    of = of ? of : fb_json_get(element, "@type");
    const struct fb_json *one = of && of->kind == FB_JSON_ARRAY ? of->child : of;
    for (; one; one = of->kind == FB_JSON_ARRAY ? one->next : NULL) {
        if (one->kind == FB_JSON_STRING && fb_str_is(one->text, type)) {
            return true;
        }
    }
    return false;
}

static struct fb_str spdx_id(const struct fb_json *element)
{
    struct fb_str id = member(element, "spdxId");
    return id.len ? id : member(element, "@id");
}

/* The id that one end of a relationship names: a string, or an element in place. */
static struct fb_str end_of(const struct fb_json *end)
{
    return end->kind == FB_JSON_OBJECT ? spdx_id(end) : text_of(end);
}

/* Reads a relationship: what a model was trained on, and what it was made from. */
static enum fb_code relate(struct cards *cards, const struct fb_json *r, struct fb_err *err)
{
    struct fb_str type = member(r, "relationshipType");
    const struct fb_json *from = fb_json_get(r, "from"), *to = fb_json_get(r, "to");
    bool trained = fb_str_is(type, "trainedOn") || fb_str_is(type, "finetunedOn");
    bool down = fb_str_is(type, "descendantOf"), up = fb_str_is(type, "ancestorOf");
    if (!from || !to || !(trained || down || up)) {
        return FB_OK;
    }
    struct fb_str begin = end_of(from);
    struct model *model = begin.len ? fb_map_get(&cards->refs, begin) : NULL;
    const struct fb_json *one = to->kind == FB_JSON_ARRAY ? to->child : to;
    enum fb_code code = FB_OK;
    for (; code == FB_OK && one; one = to->kind == FB_JSON_ARRAY ? one->next : NULL) {
        struct fb_str end = end_of(one);
        if (model && end.len && trained) {
            code = train_on(cards, end, model, err);
            continue;
        }
        struct model *other = model && end.len ? fb_map_get(&cards->refs, end) : NULL;
        if (other) {
            code = descend(cards, down ? model : other, down ? other : model, err);
        }
    }
    return code;
}

static struct fb_str spdx_name(struct cards *cards, const struct fb_json *package)
{
    struct fb_str name = member(package, "name");
    struct fb_str version = member(package, "software_packageVersion");
    return version.len
               ? fb_arena_printf(&cards->arena, "%.*s-%.*s", FB_STR_ARG(name), FB_STR_ARG(version))
               : name;
}

static enum fb_code see_package(
    struct cards *cards, const struct fb_json *package, struct fb_err *err)
{
    struct model *ignored = NULL;
    struct fb_str name = spdx_name(cards, package);
    if (member(package, "name").len == 0 || !name.ptr) {
        return refuse(cards, package, "a model has no name", err);
    }
    write_id(cards, "system", (struct fb_str){NULL, 0}, name);
    return note_model(cards, package, spdx_id(package), &ignored, err);
}

static enum fb_code add_package(struct cards *cards, const struct model *model, struct fb_err *err)
{
    struct fb_json_writer w;
    struct fb_str name = spdx_name(cards, model->from), none = {NULL, 0};
    open_draft(&w, cards, "system", none, name);
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    write_text(&w, cards, "title", name);
    fb_json_key_str(&w, "developer", cards->reading->options->issuer);
    write_parents(&w, model, none);
    return end_draft(&w, cards, model->from, err);
}

static enum fb_code add_spdx_dataset(
    struct cards *cards, const struct fb_json *e, struct fb_err *err)
{
    const struct fb_json *hash = list_of(e, "verifiedUsing");
    struct dataset dataset = {.name = spdx_name(cards, e),
        .source = member(e, "software_downloadLocation"),
        .algorithm = member(hash, "algorithm"),
        .hash = member(hash, "hashValue")};
    if (member(e, "name").len == 0 || !dataset.name.ptr) {
        return refuse(cards, e, "a dataset has no name", err);
    }
    return add_dataset_of(cards, &dataset, spdx_id(e), e, err);
}

/* Elements may stand in any order, and a file of one element has no graph. */
static enum fb_code read_spdx(struct cards *cards, const struct fb_json *root, struct fb_err *err)
{
    const struct fb_json *graph = list_of(root, "@graph");
    graph = graph ? graph : root;
    enum fb_code code = FB_OK;
    for (const struct fb_json *e = graph; code == FB_OK && e; e = e->next) {
        code = is_type(e, "ai_AIPackage") ? see_package(cards, e, err) : FB_OK;
    }
    for (const struct fb_json *e = graph; code == FB_OK && e; e = e->next) {
        code = relate(cards, e, err);
    }
    code = code ? code : add_models(cards, add_package, err);
    for (const struct fb_json *e = graph; code == FB_OK && e; e = e->next) {
        code = is_type(e, "dataset_DatasetPackage") ? add_spdx_dataset(cards, e, err) : FB_OK;
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
    cards.last = &cards.first;
    fb_map_init(&cards.ids);
    fb_map_init(&cards.refs);
    fb_map_init(&cards.datasets);
    fb_map_init(&cards.uses);
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
    fb_map_release(&cards.ids);
    fb_map_release(&cards.refs);
    fb_map_release(&cards.datasets);
    fb_map_release(&cards.uses);
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

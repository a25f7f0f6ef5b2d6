/*
 * cards.c: descriptions of models and datasets: CycloneDX bills of materials, SPDX 3, and what all
 * of them share.
 *
 * Each model becomes a record of a system, each dataset one of a dataset, about the model that was
 * trained on it where the file says so. What the formats call a supplier is no party here: the
 * developer is who issues the records. What has no place in a record is left out.
 */
#include "ingest/cards.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "ingest/bill.h"
#include "ingest/csv.h"
#include "record/record.h"

#define TREE_MAX ((size_t)1 << 30)

/* A system has one `derived_from` and a list of `also_from`. */
enum { NAME_MAX_BYTES = 150, TEXT_MAX = 4096, DEPTH_MAX = 32, PARENTS_MAX = 1 + FB_REFS_MAX };

/* A model in a list of models. */
struct link {
    struct fb_card_model *model;
    struct link *next;
};

/* A model that a file describes. */
struct fb_card_model {
    const struct fb_json *from;
    const struct fb_json *twin;    /* what else the file says of it, at another place; or NULL */
    struct fb_str id;              /* of its record */
    struct link *parents, *latest; /* what it was made from; NULL: the file does not say */
    size_t parent_count;
    struct link *waits;               /* while drafts are made: parents that are not made yet */
    struct fb_card_model *below;      /* while drafts are made: the one that waits for this one */
    struct fb_card_model *next;       /* in the order of the file */
    enum { UNSEEN, OPEN, DONE } mark; /* OPEN: its ancestors are being made */
};

bool fb_is_cyclonedx(const struct fb_head *head)
{
    return !head->is_array && head->has[FB_HEAD_BOM_FORMAT];
}

bool fb_cards_mentions(struct fb_str text, const char *word)
{
    return memmem(text.ptr ? text.ptr : "", text.len, word, strlen(word)) != NULL;
}

bool fb_is_spdx3(const struct fb_head *head)
{
    return !head->is_array && head->has[FB_HEAD_CONTEXT] &&
           fb_cards_mentions(head->text, "spdx.org/rdf/3");
}

/* A string or the first of a list of strings; empty for anything else. */
struct fb_str fb_cards_text(const struct fb_json *value)
{
    if (value && value->kind == FB_JSON_ARRAY) {
        value = value->child;
    }
    return value && value->kind == FB_JSON_STRING ? value->text : (struct fb_str){NULL, 0};
}

struct fb_str fb_cards_member(const struct fb_json *object, const char *key)
{
    return fb_cards_text(fb_json_get(object, key));
}

/* True when one of the types of an element is this one. */
bool fb_cards_is_type(const struct fb_json *element, const char *type)
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

/* Text as records have it, at most max bytes, no control characters; valid until the next one. */
static struct fb_str clean(struct fb_cards *cards, struct fb_str text, size_t max)
{
    fb_buf_clear(&cards->name);
    fb_reader_text(&cards->name, fb_str_trim(text), max);
    return fb_str_trim(fb_buf_str(&cards->name));
}

static void write_text(
    struct fb_json_writer *w, struct fb_cards *cards, const char *key, struct fb_str text)
{
    text = clean(cards, text, TEXT_MAX);
    if (text.len > 0) {
        fb_json_key_str(w, key, text);
    }
}

/* True when an id can show a name: ASCII, and short enough. */
static bool shows(struct fb_str name)
{
    return name.len <= NAME_MAX_BYTES / 2 && fb_reader_shows(name);
}

/* A group and a name as one text, by which they are known. */
static struct fb_str known_as(struct fb_cards *cards, struct fb_str group, struct fb_str name)
{
    return fb_arena_printf(&cards->arena, "%.*s\n%.*s", FB_STR_ARG(group), FB_STR_ARG(name));
}

/* The id of a record: its kind, a slash and its name with what no name may have as '-'. What that
 * does not show is told apart by the first digits of a digest. */
static void write_id(struct fb_cards *cards, const char *kind, struct fb_str whole, bool apart)
{
    size_t end = fb_str_find(whole, '\n', 0);
    struct fb_str group = fb_str_sub(whole, 0, end);
    struct fb_str name = fb_str_sub(whole, end + 1, whole.len);
    fb_buf_clear(&cards->name);
    fb_buf_add_c(&cards->name, kind);
    fb_buf_add_char(&cards->name, '/');
    if (group.len) {
        fb_reader_name(&cards->name, fb_str_sub(group, 0, NAME_MAX_BYTES / 2));
        fb_buf_add_char(&cards->name, '-');
    }
    fb_reader_name(&cards->name, fb_str_sub(name, 0, NAME_MAX_BYTES / 2));
    if (apart || !shows(group) || !shows(name)) {
        fb_reader_mark(&cards->name, whole);
    }
}

/* Takes an id that no other record of the file has. */
static enum fb_code take_id(struct fb_cards *cards, const char *kind, struct fb_str whole,
    struct fb_str *out, struct fb_err *err)
{
    if (!whole.ptr) {
        return fb_arena_failed(&cards->arena, err);
    }
    write_id(cards, kind, whole, false);
    if (fb_map_get(&cards->taken, fb_buf_str(&cards->name))) {
        write_id(cards, kind, whole, true);
    }
    enum fb_code code = fb_arena_str(&cards->arena, fb_buf_str(&cards->name), out, err);
    return code ? code : fb_map_put(&cards->taken, *out, cards, err);
}

/* Starts a draft: kind, id, subject, time and the open body. */
static void open_draft(
    struct fb_json_writer *w, struct fb_cards *cards, const char *kind, struct fb_str id)
{
    fb_buf_clear(&cards->json);
    fb_json_writer_init(w, &cards->json, 0);
    fb_json_open_object(w);
    fb_json_key_c(w, "kind", kind);
    fb_json_key_str(w, "id", id);
    fb_reader_time(w, "at", cards->reading->options->at);
}

static enum fb_code end_draft(struct fb_json_writer *w, struct fb_cards *cards,
    const struct fb_json *from, struct fb_err *err)
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

const struct fb_json *fb_cards_list(const struct fb_json *object, const char *key)
{
    const struct fb_json *list = fb_json_get(object, key);
    return list && list->kind == FB_JSON_ARRAY ? list->child : NULL;
}

void fb_cards_take_hash(struct fb_card_dataset *dataset, const struct fb_json *hash,
    const char *algorithm, const char *digits)
{
    for (; hash && dataset->hash.len == 0; hash = hash->next) {
        struct fb_str name = fb_cards_member(hash, algorithm);
        if (fb_str_is(name, "SHA-256") || fb_str_is(name, "sha256")) {
            dataset->algorithm = name;
            dataset->hash = fb_cards_member(hash, digits);
        }
    }
}

/* Adds words to a list of them, which is empty at first. */
struct fb_str fb_cards_add_words(struct fb_cards *cards, struct fb_str list, struct fb_str words)
{
    return list.len && words.len
               ? fb_arena_printf(&cards->arena, "%.*s, %.*s", FB_STR_ARG(list), FB_STR_ARG(words))
           : words.len ? words
                       : list;
}

/* Takes the id of a dataset: one that goes by a name for two models is a record for each. *out is
 * empty where the same was said of the same model before. */
static enum fb_code take_dataset(struct fb_cards *cards, const struct fb_card_dataset *dataset,
    struct fb_str subject, struct fb_str *out, struct fb_err *err)
{
    struct fb_str whole = known_as(cards, dataset->group, dataset->name);
    struct fb_str with = known_as(cards, whole, subject), name = dataset->name;
    if (!whole.ptr || !with.ptr) {
        return fb_arena_failed(&cards->arena, err);
    }
    bool known = fb_map_get(&cards->datasets, whole) != NULL;
    *out = (struct fb_str){NULL, 0};
    if (fb_map_get(&cards->datasets, with) || (known && subject.len == 0)) {
        return FB_OK;
    }
    if (known) {
        size_t slash = fb_str_find(subject, '/', 0);
        name = fb_arena_printf(&cards->arena, "%.*s-for-%.*s",
            FB_STR_ARG(fb_str_sub(name, 0, NAME_MAX_BYTES / 4)),
            FB_STR_ARG(fb_str_sub(subject, slash + 1, NAME_MAX_BYTES / 5)));
        if (!name.ptr) {
            return fb_arena_failed(&cards->arena, err);
        }
    }
    enum fb_code code = fb_map_put(&cards->datasets, whole, cards, err);
    code = code ? code : fb_map_put(&cards->datasets, with, cards, err);
    return code ? code : take_id(cards, "dataset", known_as(cards, dataset->group, name), out, err);
}

enum fb_code fb_cards_add_dataset(struct fb_cards *cards, const struct fb_card_dataset *dataset,
    struct fb_str subject, const struct fb_json *from, struct fb_err *err)
{
    struct fb_json_writer w;
    struct fb_str id = {NULL, 0};
    enum fb_code code = take_dataset(cards, dataset, subject, &id, err);
    if (code != FB_OK || id.len == 0) {
        return code;
    }
    open_draft(&w, cards, "dataset", id);
    if (subject.len) {
        fb_json_key_str(&w, "subject", subject);
    }
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    write_text(&w, cards, "title", dataset->name);
    write_text(&w, cards, "source", dataset->source.len ? dataset->source : FB_STR("not said"));
    write_text(&w, cards, "licence", dataset->licence);
    write_digest(&w, dataset->algorithm, dataset->hash);
    if (dataset->tokens > 0) {
        fb_json_key_double(&w, "tokens", dataset->tokens);
    }
    return end_draft(&w, cards, from, err);
}

enum fb_code fb_cards_refuse(
    struct fb_cards *cards, const struct fb_json *at, const char *what, struct fb_err *err)
{
    fb_err_set(err, FB_E_SCHEMA, "%s", what);
    (void)fb_json_err_at(err, at);
    fb_err_place(err, cards->reading->input->name, at->place.line, at->place.column,
        (int64_t)at->place.offset);
    return err->code;
}

/* Notes a model: its group and name, and what the file calls it (may be empty). */
static enum fb_code note_model(struct fb_cards *cards, const struct fb_json *from,
    struct fb_str whole, struct fb_str ref, struct fb_card_model **out, struct fb_err *err)
{
    struct fb_card_model *model = FB_ARENA_NEW(&cards->arena, struct fb_card_model);
    if (!model || !whole.ptr) {
        return fb_arena_failed(&cards->arena, err);
    }
    *model = (struct fb_card_model){.from = from};
    if (fb_map_get(&cards->names, whole)) {
        return fb_cards_refuse(cards, from, "another model of the file goes by the same name", err);
    }
    if (ref.len && fb_map_get(&cards->refs, ref)) {
        return fb_cards_refuse(cards, from, "another model of the file has the same id", err);
    }
    enum fb_code code = take_id(cards, "system", whole, &model->id, err);
    code = code ? code : fb_map_put(&cards->names, whole, model, err);
    code = code || !ref.len ? code : fb_map_put(&cards->refs, ref, model, err);
    *cards->last = model;
    cards->last = &model->next;
    *out = model;
    return code;
}

/* Makes the drafts of all models, each after those that it was made from. */
static enum fb_code add_models(struct fb_cards *cards,
    enum fb_code (*add)(
        struct fb_cards *cards, const struct fb_card_model *model, struct fb_err *err),
    struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (struct fb_card_model *m = cards->first; code == FB_OK && m; m = m->next) {
        /* Up to an ancestor that is made already, and down again; no recursion, since a file may
         * tell of any number of generations. */
        struct fb_card_model *at = m->mark == DONE ? NULL : m;
        while (code == FB_OK && at) {
            at->waits = at->mark == UNSEEN ? at->parents : at->waits;
            while (at->waits && at->waits->model->mark == DONE) {
                at->waits = at->waits->next;
            }
            struct fb_card_model *up = at->waits ? at->waits->model : NULL;
            at->mark = OPEN;
            if (up && up->mark == OPEN) {
                return fb_cards_refuse(cards, at->from, "a model descends from itself", err);
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
static enum fb_code descend(struct fb_cards *cards, struct fb_card_model *below,
    struct fb_card_model *above, struct fb_err *err)
{
    for (const struct link *l = below->parents; l; l = l->next) {
        if (l->model == above) {
            return FB_OK;
        }
    }
    if (below->parent_count == PARENTS_MAX) {
        return fb_cards_refuse(
            cards, below->from, "a model was made from more than 101 others", err);
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
    struct fb_json_writer *w, const struct fb_card_model *model, struct fb_str derivation)
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
    struct fb_cards *cards, struct fb_str ref, struct fb_card_model *model, struct fb_err *err)
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
static enum fb_code add_dataset_of(struct fb_cards *cards, const struct fb_card_dataset *dataset,
    struct fb_str ref, const struct fb_json *from, struct fb_err *err)
{
    struct fb_str whole = known_as(cards, dataset->group, dataset->name);
    if (!whole.ptr) {
        return fb_arena_failed(&cards->arena, err);
    }
    if (fb_map_get(&cards->met, whole)) {
        return fb_cards_refuse(
            cards, from, "another dataset of the file goes by the same name", err);
    }
    enum fb_code met = fb_map_put(&cards->met, whole, cards, err);
    if (met != FB_OK) {
        return met;
    }
    const struct link *last = ref.len ? fb_map_get(&cards->uses, ref) : NULL;
    if (!last) {
        return fb_cards_add_dataset(cards, dataset, (struct fb_str){NULL, 0}, from, err);
    }
    const struct link *l = last;
    enum fb_code code = FB_OK;
    do {
        l = l->next;
        code = fb_cards_add_dataset(cards, dataset, l->model->id, from, err);
    } while (code == FB_OK && l != last);
    return code;
}

/* --- CycloneDX ---------------------------------------------------------------------------- */

/* A property of a model, wherever the bill says it. */
static struct fb_str said_of(const struct fb_card_model *model, const char *name)
{
    struct fb_str value = fb_bill_property(model->from, name);
    return value.len || !model->twin ? value : fb_bill_property(model->twin, name);
}

/* The fields of a system that an exported bill keeps as properties. */
static void write_properties(struct fb_json_writer *w, const struct fb_card_model *model)
{
    static const char *const numbers[] = {
        "training_compute_flop", "parameters", "active_parameters", "training_tokens"};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        double value = 0;
        if (fb_csv_parse_number(said_of(model, numbers[i]), &value) && value >= 0) {
            fb_json_key_double(w, numbers[i], value);
        }
    }
    struct fb_str stage = said_of(model, "stage");
    if (stage.len) {
        fb_json_key_str(w, "stage", stage);
    }
}

/* The model of the file that an ancestor is, by its reference, or by its name. */
static struct fb_card_model *find_model(struct fb_cards *cards, const struct fb_json *ancestor)
{
    struct fb_str ref = fb_cards_member(ancestor, "bom-ref");
    struct fb_card_model *found = ref.len ? fb_map_get(&cards->refs, ref) : NULL;
    if (found || fb_cards_member(ancestor, "name").len == 0) {
        return found;
    }
    struct fb_str whole =
        known_as(cards, fb_cards_member(ancestor, "group"), fb_bill_versioned(cards, ancestor));
    return whole.ptr ? fb_map_get(&cards->names, whole) : NULL;
}

/* The draft of a model, and of the datasets that its card describes. */
static enum fb_code add_model(
    struct fb_cards *cards, const struct fb_card_model *model, struct fb_err *err)
{
    struct fb_json_writer w;
    const struct fb_json *component = model->from;
    struct fb_str name = fb_bill_versioned(cards, component);
    open_draft(&w, cards, "system", model->id);
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    write_text(&w, cards, "title", name);
    fb_json_key_str(&w, "developer", cards->reading->options->issuer);
    fb_json_key(&w, "models");
    fb_json_open_array(&w);
    fb_json_str(&w, clean(cards, name, NAME_MAX_BYTES));
    fb_json_close_array(&w);
    write_parents(&w, model, said_of(model, "derivation"));
    write_properties(&w, model);
    return end_draft(&w, cards, component, err);
}

static const struct fb_json *datasets_of(const struct fb_json *component)
{
    const struct fb_json *card = fb_json_get(component, "modelCard");
    return fb_cards_list(fb_json_get(card, "modelParameters"), "datasets");
}

/* The datasets that the cards of a model describe, or refer to and the file does not have. */
static enum fb_code add_card_datasets(
    struct fb_cards *cards, const struct fb_card_model *model, struct fb_err *err)
{
    struct fb_bill_card card = {
        datasets_of(model->from), model->twin ? datasets_of(model->twin) : NULL};
    enum fb_code code = fb_bill_add_card(cards, &card, model->id, err);
    card = (struct fb_bill_card){card.also, NULL};
    return code ? code : fb_bill_add_card(cards, &card, model->id, err);
}

/* Makes one model of the component that a bill is about and of the same one among the others.
 * Where one of them says more of how it is called, that counts. */
static enum fb_code join_twin(struct fb_cards *cards, const struct fb_json *component,
    struct fb_str whole, struct fb_err *err)
{
    struct fb_card_model *model = cards->top;
    struct fb_str ref = fb_cards_member(component, "bom-ref");
    const struct fb_card_model *known = fb_map_get(&cards->names, whole);
    const struct fb_card_model *by_ref = ref.len ? fb_map_get(&cards->refs, ref) : NULL;
    if ((known && known != model) || (by_ref && by_ref != model)) {
        return fb_cards_refuse(cards, component, "it is one model by name, and another by id", err);
    }
    struct fb_str before = known_as(
        cards, fb_cards_member(model->from, "group"), fb_bill_versioned(cards, model->from));
    enum fb_code code = fb_map_put(&cards->names, whole, model, err);
    code = code || !ref.len ? code : fb_map_put(&cards->refs, ref, model, err);
    model->twin = component;
    if (code == FB_OK && before.len < whole.len) {
        model->twin = model->from;
        model->from = component;
        code = take_id(cards, "system", whole, &model->id, err);
    }
    return code;
}

/* Notes a component when it is a model. */
static enum fb_code see_component(
    struct fb_cards *cards, const struct fb_json *component, struct fb_err *err)
{
    struct fb_card_model *model = NULL;
    if (!fb_str_is(fb_cards_member(component, "type"), "machine-learning-model")) {
        return FB_OK;
    }
    struct fb_str name = fb_bill_versioned(cards, component);
    if (fb_cards_member(component, "name").len == 0 || !name.ptr) {
        return fb_cards_refuse(cards, component, "a model has no name", err);
    }
    struct fb_str whole = known_as(cards, fb_cards_member(component, "group"), name);
    bool is_twin =
        whole.ptr && cards->top && !cards->top->twin && fb_bill_same(cards->top->from, component);
    enum fb_code code = is_twin ? join_twin(cards, component, whole, err)
                                : note_model(cards, component, whole,
                                      fb_cards_member(component, "bom-ref"), &model, err);
    model = is_twin ? cards->top : model;
    cards->top = component == cards->about ? model : cards->top;
    for (const struct fb_json *d = datasets_of(component); code == FB_OK && d; d = d->next) {
        struct fb_str ref = fb_cards_member(d, "ref");
        code = ref.len ? train_on(cards, ref, model, err) : FB_OK;
    }
    return code;
}

/* The draft of a component that is a dataset. */
static enum fb_code add_data(struct fb_cards *cards, const struct fb_json *c, struct fb_err *err)
{
    struct fb_card_dataset dataset;
    if (!fb_bill_data(cards, c, &dataset)) {
        return FB_OK;
    }
    return fb_cards_member(c, "name").len && dataset.name.ptr
               ? add_dataset_of(cards, &dataset, fb_cards_member(c, "bom-ref"), c, err)
               : fb_cards_refuse(cards, c, "a dataset has no name", err);
}

/* Hands each component of a list, those inside of them included, to use. */
static enum fb_code each_component(struct fb_cards *cards, const struct fb_json *list,
    unsigned depth,
    enum fb_code (*use)(
        struct fb_cards *cards, const struct fb_json *component, struct fb_err *err),
    struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (const struct fb_json *c = list; code == FB_OK && c; c = c->next) {
        if (depth == DEPTH_MAX) {
            return fb_cards_refuse(cards, c, "components are nested too deep", err);
        }
        code = use(cards, c, err);
        code = code ? code
                    : each_component(cards, fb_cards_list(c, "components"), depth + 1, use, err);
    }
    return code;
}

/* The component that a bill is about, with those inside of it, and then all others. */
static enum fb_code each_of_bill(struct fb_cards *cards, const struct fb_json *root,
    enum fb_code (*use)(
        struct fb_cards *cards, const struct fb_json *component, struct fb_err *err),
    struct fb_err *err)
{
    const struct fb_json *top = fb_json_get(fb_json_get(root, "metadata"), "component");
    enum fb_code code = FB_OK;
    if (top && top->kind == FB_JSON_OBJECT) {
        code = use(cards, top, err);
        code = code ? code : each_component(cards, fb_cards_list(top, "components"), 1, use, err);
    }
    return code ? code : each_component(cards, fb_cards_list(root, "components"), 0, use, err);
}

/* What a list of a pedigree is of, and how many pedigrees it lies in. */
struct kinship {
    bool above;
    unsigned depth;
};

static enum fb_code relate_pedigree(struct fb_cards *cards, struct fb_card_model *m,
    const struct fb_json *from, unsigned depth, struct fb_err *err);

/* Relates a model to the models of the file that a list of its pedigree names, and those to what
 * their own pedigrees there say. */
static enum fb_code relate_all(struct fb_cards *cards, struct fb_card_model *m,
    const struct fb_json *list, struct kinship kin, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (; code == FB_OK && list; list = list->next) {
        struct fb_card_model *found = find_model(cards, list);
        if (found && found == m) {
            return fb_cards_refuse(cards, list, "a model descends from itself", err);
        }
        if (found) {
            code = descend(cards, kin.above ? m : found, kin.above ? found : m, err);
        }
        if (code == FB_OK && found && kin.depth < DEPTH_MAX) {
            code = relate_pedigree(cards, found, list, kin.depth + 1, err);
        }
    }
    return code;
}

static enum fb_code relate_pedigree(struct fb_cards *cards, struct fb_card_model *m,
    const struct fb_json *from, unsigned depth, struct fb_err *err)
{
    const struct fb_json *pedigree = fb_json_get(from, "pedigree");
    enum fb_code code = relate_all(
        cards, m, fb_cards_list(pedigree, "ancestors"), (struct kinship){true, depth}, err);
    return code ? code
                : relate_all(cards, m, fb_cards_list(pedigree, "descendants"),
                      (struct kinship){false, depth}, err);
}

static enum fb_code read_cyclonedx(
    struct fb_cards *cards, const struct fb_json *root, struct fb_err *err)
{
    struct fb_str version = fb_cards_member(root, "specVersion");
    if (!fb_str_is(fb_cards_member(root, "bomFormat"), "CycloneDX") ||
        !(fb_str_is(version, "1.5") || fb_str_is(version, "1.6") || fb_str_is(version, "1.7"))) {
        return fb_cards_refuse(cards, root, "this is no bill of CycloneDX 1.5 to 1.7", err);
    }
    cards->about = fb_json_get(fb_json_get(root, "metadata"), "component");
    enum fb_code code = each_of_bill(cards, root, see_component, err);
    code = code ? code : each_of_bill(cards, root, fb_bill_note, err);
    for (struct fb_card_model *m = cards->first; code == FB_OK && m; m = m->next) {
        code = relate_pedigree(cards, m, m->from, 0, err);
        code = code || !m->twin ? code : relate_pedigree(cards, m, m->twin, 0, err);
    }
    code = code ? code : add_models(cards, add_model, err);
    for (struct fb_card_model *m = cards->first; code == FB_OK && m; m = m->next) {
        code = add_card_datasets(cards, m, err);
    }
    return code ? code : each_of_bill(cards, root, add_data, err);
}

/* --- SPDX 3 ------------------------------------------------------------------------------- */

static struct fb_str spdx_id(const struct fb_json *element)
{
    struct fb_str id = fb_cards_member(element, "spdxId");
    return id.len ? id : fb_cards_member(element, "@id");
}

/* The id that one end of a relationship names: a string, or an element in place. */
static struct fb_str end_of(const struct fb_json *end)
{
    return end->kind == FB_JSON_OBJECT ? spdx_id(end) : fb_cards_text(end);
}

/* Reads a relationship: what a model was trained on, and what it was made from. */
static enum fb_code relate(struct fb_cards *cards, const struct fb_json *r, struct fb_err *err)
{
    struct fb_str type = fb_cards_member(r, "relationshipType");
    const struct fb_json *from = fb_json_get(r, "from"), *to = fb_json_get(r, "to");
    bool trained = fb_str_is(type, "trainedOn") || fb_str_is(type, "finetunedOn");
    bool down = fb_str_is(type, "descendantOf"), up = fb_str_is(type, "ancestorOf");
    if (!from || !to || !(trained || down || up)) {
        return FB_OK;
    }
    struct fb_str begin = end_of(from);
    struct fb_card_model *model = begin.len ? fb_map_get(&cards->refs, begin) : NULL;
    const struct fb_json *one = to->kind == FB_JSON_ARRAY ? to->child : to;
    enum fb_code code = FB_OK;
    for (; code == FB_OK && one; one = to->kind == FB_JSON_ARRAY ? one->next : NULL) {
        struct fb_str end = end_of(one);
        if (model && end.len && trained) {
            code = train_on(cards, end, model, err);
            continue;
        }
        struct fb_card_model *other = model && end.len ? fb_map_get(&cards->refs, end) : NULL;
        if (other) {
            code = descend(cards, down ? model : other, down ? other : model, err);
        }
    }
    return code;
}

static struct fb_str spdx_name(struct fb_cards *cards, const struct fb_json *package)
{
    struct fb_str name = fb_cards_member(package, "name");
    struct fb_str version = fb_cards_member(package, "software_packageVersion");
    return version.len
               ? fb_arena_printf(&cards->arena, "%.*s-%.*s", FB_STR_ARG(name), FB_STR_ARG(version))
               : name;
}

static enum fb_code see_package(
    struct fb_cards *cards, const struct fb_json *package, struct fb_err *err)
{
    struct fb_card_model *ignored = NULL;
    struct fb_str name = spdx_name(cards, package);
    if (fb_cards_member(package, "name").len == 0 || !name.ptr) {
        return fb_cards_refuse(cards, package, "a model has no name", err);
    }
    return note_model(cards, package, known_as(cards, (struct fb_str){NULL, 0}, name),
        spdx_id(package), &ignored, err);
}

static enum fb_code add_package(
    struct fb_cards *cards, const struct fb_card_model *model, struct fb_err *err)
{
    struct fb_json_writer w;
    struct fb_str name = spdx_name(cards, model->from), none = {NULL, 0};
    open_draft(&w, cards, "system", model->id);
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    write_text(&w, cards, "title", name);
    fb_json_key_str(&w, "developer", cards->reading->options->issuer);
    write_parents(&w, model, none);
    return end_draft(&w, cards, model->from, err);
}

/* What SPDX calls its licences by. */
static const char listed[] = "https://spdx.org/licenses/";

/* Notes the licence of what a relationship says has one; the declared one goes before the concluded
 * one. */
static enum fb_code license(struct fb_cards *cards, const struct fb_json *r, struct fb_err *err)
{
    struct fb_str type = fb_cards_member(r, "relationshipType"), all = {NULL, 0};
    const struct fb_json *from = fb_json_get(r, "from"), *to = fb_json_get(r, "to");
    bool declared = fb_str_is(type, "hasDeclaredLicense");
    if (!from || !to || !(declared || fb_str_is(type, "hasConcludedLicense"))) {
        return FB_OK;
    }
    const struct fb_json *one = to->kind == FB_JSON_ARRAY ? to->child : to;
    for (; one; one = to->kind == FB_JSON_ARRAY ? one->next : NULL) {
        struct fb_str end = end_of(one);
        const struct fb_str *known = end.len ? fb_map_get(&cards->licences, end) : NULL;
        struct fb_str text = fb_cards_member(one, "simplelicensing_licenseExpression");
        text = text.len == 0 && known ? *known : text;
        if (text.len == 0 && fb_str_starts(end, fb_str_of(listed))) {
            text = fb_str_sub(end, strlen(listed), end.len);
        }
        all = fb_cards_add_words(cards, all, text);
    }
    struct fb_str begin = end_of(from), *kept = FB_ARENA_NEW(&cards->arena, struct fb_str);
    if (!kept) {
        return fb_arena_failed(&cards->arena, err);
    }
    *kept = all;
    bool counts = begin.len && all.len && (declared || !fb_map_get(&cards->licences, begin));
    return counts ? fb_map_put(&cards->licences, begin, kept, err) : FB_OK;
}

/* Notes an element that is a licence. */
static enum fb_code see_licence(struct fb_cards *cards, const struct fb_json *e, struct fb_err *err)
{
    struct fb_str id = spdx_id(e), text = fb_cards_member(e, "simplelicensing_licenseExpression");
    if (id.len == 0 || text.len == 0) {
        return FB_OK;
    }
    struct fb_str *kept = FB_ARENA_NEW(&cards->arena, struct fb_str);
    if (!kept) {
        return fb_arena_failed(&cards->arena, err);
    }
    *kept = text;
    return fb_map_put(&cards->licences, id, kept, err);
}

static enum fb_code add_spdx_dataset(
    struct fb_cards *cards, const struct fb_json *e, struct fb_err *err)
{
    struct fb_str id = spdx_id(e);
    const struct fb_str *licence = id.len ? fb_map_get(&cards->licences, id) : NULL;
    struct fb_card_dataset dataset = {
        .name = spdx_name(cards, e), .source = fb_cards_member(e, "software_downloadLocation")};
    if (dataset.source.len == 0) {
        dataset.source = fb_cards_member(e, "software_packageUrl");
    }
    if (licence) {
        dataset.licence = *licence;
    }
    fb_cards_take_hash(&dataset, fb_cards_list(e, "verifiedUsing"), "algorithm", "hashValue");
    if (fb_cards_member(e, "name").len == 0 || !dataset.name.ptr) {
        return fb_cards_refuse(cards, e, "a dataset has no name", err);
    }
    return add_dataset_of(cards, &dataset, id, e, err);
}

/* Elements may stand in any order, and a file of one element has no graph. */
static enum fb_code read_spdx(
    struct fb_cards *cards, const struct fb_json *root, struct fb_err *err)
{
    const struct fb_json *graph = fb_cards_list(root, "@graph");
    graph = graph ? graph : root;
    enum fb_code code = FB_OK;
    for (const struct fb_json *e = graph; code == FB_OK && e; e = e->next) {
        code = fb_cards_is_type(e, "ai_AIPackage") ? see_package(cards, e, err)
                                                   : see_licence(cards, e, err);
    }
    for (const struct fb_json *e = graph; code == FB_OK && e; e = e->next) {
        code = relate(cards, e, err);
        code = code ? code : license(cards, e, err);
    }
    code = code ? code : add_models(cards, add_package, err);
    for (const struct fb_json *e = graph; code == FB_OK && e; e = e->next) {
        code =
            fb_cards_is_type(e, "dataset_DatasetPackage") ? add_spdx_dataset(cards, e, err) : FB_OK;
    }
    return code;
}

/* --- All of them -------------------------------------------------------------------------- */

enum fb_code fb_cards_read(struct fb_reading *reading,
    enum fb_code (*read)(struct fb_cards *cards, const struct fb_json *root, struct fb_err *err),
    struct fb_err *err)
{
    FB_ASSERT(reading && read);
    struct fb_cards cards = {.reading = reading};
    struct fb_buf text;
    struct fb_json *root = NULL;
    cards.last = &cards.first;
    struct fb_map *const maps[] = {&cards.taken, &cards.names, &cards.refs, &cards.datasets,
        &cards.met, &cards.licences, &cards.uses, &cards.there, &cards.data};
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        fb_map_init(maps[i]);
    }
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
        code = fb_cards_refuse(&cards, root, "the file describes no model and no dataset", err);
    }
    fb_buf_release(&text);
    fb_buf_release(&cards.name);
    fb_buf_release(&cards.json);
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        fb_map_release(maps[i]);
    }
    fb_arena_release(&cards.arena);
    return code;
}

enum fb_code fb_read_cyclonedx(struct fb_reading *reading, struct fb_err *err)
{
    return fb_cards_read(reading, read_cyclonedx, err);
}

enum fb_code fb_read_spdx3(struct fb_reading *reading, struct fb_err *err)
{
    return fb_cards_read(reading, read_spdx, err);
}

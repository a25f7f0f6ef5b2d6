/*
 * bill.c: what bills of CycloneDX say of data: components, and what cards of models describe and
 * refer to. What a card says of a dataset and what the component of the same name says are one.
 */
#include "ingest/bill.h"

#include "base/assert.h"
#include "ingest/csv.h"

/* The licences of a component: SPDX ids, an expression or names. */
static struct fb_str licence_of(struct fb_cards *cards, const struct fb_json *component)
{
    struct fb_str all = {NULL, 0};
    for (const struct fb_json *c = fb_cards_list(component, "licenses"); c; c = c->next) {
        const struct fb_json *licence = fb_json_get(c, "license");
        struct fb_str text = fb_cards_member(c, "expression");
        text = text.len ? text : fb_cards_member(licence, "id");
        all = fb_cards_add_words(cards, all, text.len ? text : fb_cards_member(licence, "name"));
    }
    return all;
}

/* Where a component comes from: the best of its references, or its package URL. */
static struct fb_str url_of(const struct fb_json *component)
{
    static const char *const types[] = {
        "distribution", "source-distribution", "vcs", "website", "documentation", "other"};
    struct fb_str purl = fb_cards_member(component, "purl");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct fb_json *r = fb_cards_list(component, "externalReferences");
        for (; r; r = r->next) {
            if (fb_str_is(fb_cards_member(r, "type"), types[i])) {
                return fb_cards_member(r, "url");
            }
        }
        if (i == 3 && purl.len) {
            return purl;
        }
    }
    return (struct fb_str){NULL, 0};
}

/* The first dataset in what a component has as data, which may be configurations and such as well;
 * *out_other when it has some, and none is a dataset. */
static const struct fb_json *dataset_in(const struct fb_json *component, bool *out_other)
{
    const struct fb_json *first = fb_cards_list(component, "data");
    for (const struct fb_json *d = first; d; d = d->next) {
        if (fb_str_is(fb_cards_member(d, "type"), "dataset")) {
            *out_other = false;
            return d;
        }
    }
    *out_other = first != NULL;
    return NULL;
}

/* The value of a property of a component, "flyball:NAME" as an exported bill has it. */
struct fb_str fb_bill_property(const struct fb_json *component, const char *name)
{
    for (const struct fb_json *p = fb_cards_list(component, "properties"); p; p = p->next) {
        struct fb_str own = fb_cards_member(p, "name");
        if (fb_str_starts(own, FB_STR("flyball:")) &&
            fb_str_is(fb_str_sub(own, 8, own.len), name)) {
            return fb_cards_member(p, "value");
        }
    }
    return (struct fb_str){NULL, 0};
}

/* The name by which a component's record goes: with its version, where it says one. */
struct fb_str fb_bill_versioned(struct fb_cards *cards, const struct fb_json *component)
{
    struct fb_str name = fb_cards_member(component, "name"),
                  version = fb_cards_member(component, "version");
    return version.len
               ? fb_arena_printf(&cards->arena, "%.*s-%.*s", FB_STR_ARG(name), FB_STR_ARG(version))
               : name;
}

/* A dataset that the card of a model describes. An exported bill keeps the fields that have no
 * place there as properties of its contents. */
static struct fb_card_dataset described(const struct fb_json *d)
{
    const struct fb_json *contents = fb_json_get(d, "contents");
    struct fb_card_dataset dataset = {.name = fb_cards_member(d, "name"),
        .source = fb_cards_member(contents, "url"),
        .licence = fb_bill_property(contents, "licence")};
    struct fb_str digest = fb_bill_property(contents, "digest"), mark = FB_STR("sha256:");
    dataset.source = dataset.source.len ? dataset.source : fb_bill_property(contents, "source");
    if (fb_str_starts(digest, mark)) {
        dataset.algorithm = FB_STR("sha256");
        dataset.hash = fb_str_sub(digest, mark.len, digest.len);
    }
    if (!fb_csv_parse_number(fb_bill_property(contents, "tokens"), &dataset.tokens)) {
        dataset.tokens = 0;
    }
    return dataset;
}

/* True when a component is a dataset: data that are one, or what a model's card says that it was
 * trained on; what of its data is one in *out_inside, which may be NULL. */
static bool is_dataset(
    struct fb_cards *cards, const struct fb_json *c, const struct fb_json **out_inside)
{
    struct fb_str ref = fb_cards_member(c, "bom-ref"), type = fb_cards_member(c, "type");
    bool is_other = false, is_used = ref.len && fb_map_get(&cards->uses, ref);
    *out_inside = dataset_in(c, &is_other);
    return !fb_str_is(type, "machine-learning-model") &&
           (is_used || (fb_str_is(type, "data") && !is_other));
}

bool fb_bill_data(
    struct fb_cards *cards, const struct fb_json *component, struct fb_card_dataset *out)
{
    const struct fb_json *inside = NULL;
    if (!is_dataset(cards, component, &inside)) {
        return false;
    }
    *out = (struct fb_card_dataset){.group = fb_cards_member(component, "group"),
        .name = fb_bill_versioned(cards, component),
        .source = url_of(component),
        .licence = licence_of(cards, component)};
    if (out->source.len == 0) {
        out->source = fb_cards_member(fb_json_get(inside, "contents"), "url");
    }
    fb_cards_take_hash(out, fb_cards_list(component, "hashes"), "alg", "content");
    return true;
}

enum fb_code fb_bill_note(
    struct fb_cards *cards, const struct fb_json *component, struct fb_err *err)
{
    struct fb_card_dataset dataset, *kept;
    struct fb_str ref = fb_cards_member(component, "bom-ref");
    enum fb_code code = ref.len ? fb_map_put(&cards->there, ref, cards, err) : FB_OK;
    if (code != FB_OK || !fb_bill_data(cards, component, &dataset) || dataset.group.len ||
        dataset.name.len == 0 || fb_map_has(&cards->data, dataset.name)) {
        return code;
    }
    kept = FB_ARENA_NEW(&cards->arena, struct fb_card_dataset);
    if (!kept) {
        return fb_arena_failed(&cards->arena, err);
    }
    *kept = dataset;
    return fb_map_put(&cards->data, dataset.name, kept, err);
}

/* Fills what a dataset does not say from what else the file says of it; licences that differ are
 * both told. */
static void complete(
    struct fb_cards *cards, struct fb_card_dataset *to, const struct fb_card_dataset *from)
{
    to->source = to->source.len ? to->source : from->source;
    if (to->licence.len == 0 || !fb_str_eq(to->licence, from->licence)) {
        to->licence = fb_cards_add_words(cards, to->licence, from->licence);
    }
    if (to->hash.len == 0) {
        to->algorithm = from->algorithm;
        to->hash = from->hash;
    }
    to->tokens = to->tokens > 0 ? to->tokens : from->tokens;
}

/* A dataset that a card describes in place. */
static bool is_inline(const struct fb_json *d)
{
    struct fb_str type = fb_cards_member(d, "type");
    return fb_cards_member(d, "name").len && (type.len == 0 || fb_str_is(type, "dataset"));
}

/* A reference to what the bill does not have is kept as the name of the dataset, and where it is an
 * address (as a link to another bill is) as its source. */
static struct fb_card_dataset absent(struct fb_str ref)
{
    bool is_address = fb_str_find(ref, ':', 0) < ref.len;
    return (struct fb_card_dataset){
        .name = ref, .source = is_address ? ref : (struct fb_str){NULL, 0}};
}

enum fb_code fb_bill_add_card(struct fb_cards *cards, const struct fb_bill_card *card,
    struct fb_str subject, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (const struct fb_json *d = card->datasets; code == FB_OK && d; d = d->next) {
        struct fb_str ref = fb_cards_member(d, "ref");
        struct fb_card_dataset dataset = is_inline(d) ? described(d) : absent(ref);
        if (is_inline(d)) {
            for (const struct fb_json *e = card->also; e; e = e->next) {
                const struct fb_card_dataset other = described(e);
                if (is_inline(e) && fb_str_eq(other.name, dataset.name)) {
                    complete(cards, &dataset, &other);
                }
            }
            const struct fb_card_dataset *known = fb_map_get(&cards->data, dataset.name);
            if (known) {
                complete(cards, &dataset, known);
            }
        } else if (ref.len == 0 || fb_map_has(&cards->there, ref)) {
            continue;
        }
        code = fb_cards_add_dataset(cards, &dataset, subject, d, err);
    }
    return code;
}

bool fb_bill_same(const struct fb_json *a, const struct fb_json *b)
{
    static const struct {
        const char *name;
        bool by_name; /* must be the same where no reference says that both are one */
    } members[] = {{"name", true}, {"version", true}, {"group", false}, {"purl", false}};
    struct fb_str ref = fb_cards_member(a, "bom-ref");
    bool one = ref.len && fb_str_eq(ref, fb_cards_member(b, "bom-ref"));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct fb_str x = fb_cards_member(a, members[i].name);
        struct fb_str y = fb_cards_member(b, members[i].name);
        bool lacks = i > 0 && (x.len == 0 || y.len == 0);
        if (!fb_str_eq(x, y) && !(lacks && (one || !members[i].by_name))) {
            return false;
        }
    }
    return true;
}

/* extras.c: the keys of ours: how support is meant, what an element is in a module or a pattern. */
#include <string.h>

#include "base/assert.h"
#include "base/decimal.h"
#include "case/parse.h"

/* The member of the element in hand, or NULL. */
static const struct fb_yaml *member(const struct fb_case_builder *b, const char *key)
{
    return fb_doc_member(&b->doc->elements[b->at], key);
}

enum fb_code fb_case_refuse(const struct fb_case_builder *b, const struct fb_yaml *node,
    const char *form, const char *hint, struct fb_err *err)
{
    (void)fb_err_set(err, FB_E_SCHEMA, "'%.*s' of '%.*s' %s", FB_STR_ARG(node->key),
        FB_STR_ARG(b->doc->elements[b->at].id), form);
    (void)fb_err_hint(err, "%s", hint);
    return fb_case_err_at(b, b->at, node, err);
}

static enum fb_code support_error(
    const struct fb_case_builder *b, const struct fb_yaml *node, struct fb_err *err)
{
    (void)fb_err_set(
        err, FB_E_SCHEMA, "'%.*s' does not say how much support is needed", FB_STR_ARG(node->text));
    (void)fb_err_hint(err, "Write all, any, or as in '2 of 3' the number needed of those listed.");
    return fb_case_err_at(b, b->at, node, err);
}

/* "all", "any" or "k of n"; n must be the number of supporters. */
static enum fb_code read_support(
    const struct fb_case_builder *b, struct fb_element *e, struct fb_err *err)
{
    const struct fb_yaml *support = member(b, "support");
    uint64_t total = e->supported_by_count;
    if (!support || fb_str_is(support->text, "all")) {
        e->support = FB_SUPPORT_ALL;
        return FB_OK;
    }
    if (fb_str_is(support->text, "any")) {
        e->support = FB_SUPPORT_ANY;
        return FB_OK;
    }
    size_t gap = fb_str_find(support->text, ' ', 0);
    struct fb_str rest = fb_str_sub(support->text, gap, SIZE_MAX);
    uint64_t need = 0, of = 0;
    if (!fb_str_starts(rest, FB_STR(" of ")) ||
        !fb_str_u64(fb_str_sub(support->text, 0, gap), &need) ||
        !fb_str_u64(fb_str_trim(fb_str_sub(rest, 4, SIZE_MAX)), &of)) {
        return support_error(b, support, err);
    }
    if (of != total || need < 1 || need > of) {
        (void)fb_err_set(err, FB_E_SCHEMA, "'%.*s' is not possible: '%.*s' lists %llu supporters",
            FB_STR_ARG(support->text), FB_STR_ARG(e->id), (unsigned long long)total);
        (void)fb_err_hint(err, "The second number counts what stands under supportedBy.");
        return fb_case_err_at(b, b->at, support, err);
    }
    e->support = FB_SUPPORT_K_OF_N;
    e->support_k = (uint32_t)need;
    return FB_OK;
}

static enum fb_code check_evidence(
    const struct fb_case_builder *b, const struct fb_element *e, struct fb_err *err)
{
    const char *why = e->predicate.len == 0       ? NULL
                      : e->supported_by_count > 0 ? "is supported by others"
                      : e->undeveloped            ? "is undeveloped"
                                                  : NULL;
    if (!why) {
        return FB_OK;
    }
    (void)fb_err_set(err, FB_E_SCHEMA, "'%.*s' has evidence and %s", FB_STR_ARG(e->id), why);
    (void)fb_err_hint(err, "Give the evidence to a solution of its own.");
    return fb_case_err_at(b, b->at, member(b, "evidence"), err);
}

static enum fb_code read_flag(
    const struct fb_case_builder *b, const char *key, bool *out, struct fb_err *err)
{
    const struct fb_yaml *node = member(b, key);
    if (!node) {
        return FB_OK;
    }
    return fb_yaml_flag(node, out) ? FB_OK
                                   : fb_case_refuse(b, node, "is neither true nor false",
                                         "Write true, or leave the key out.", err);
}

static enum fb_code read_symbol(
    const struct fb_case_builder *b, struct fb_element *e, struct fb_err *err)
{
    const struct fb_yaml *symbol = member(b, "symbol"), *away = member(b, "away");
    if (symbol && fb_str_is(symbol->text, "module")) {
        e->symbol = FB_SYMBOL_MODULE;
    } else if (symbol && fb_str_is(symbol->text, "contract")) {
        e->symbol = FB_SYMBOL_CONTRACT;
    } else if (symbol && fb_str_is(symbol->text, "goal") && away && e->kind == FB_ELEMENT_CONTEXT) {
        e->is_away_goal = true;
    } else if (symbol) {
        return fb_case_refuse(b, symbol, "is no symbol",
            "Write module or contract, or goal where an away goal stands as a context.", err);
    }
    if (!away) {
        return FB_OK;
    }
    if (away->kind != FB_YAML_SCALAR || away->text.len == 0) {
        return fb_case_refuse(
            b, away, "names no module", "Name the module that it stands in.", err);
    }
    if (e->symbol == FB_SYMBOL_PLAIN) {
        e->symbol = FB_SYMBOL_AWAY;
    }
    return fb_arena_str(b->arena, away->text, &e->away, err);
}

/* The mark of what a name stands for: of a supporter, or behind those of a context; SIZE_MAX when
 * it is neither. */
static size_t mark_of(
    const struct fb_case_builder *b, const struct fb_element *e, struct fb_str name)
{
    uint32_t to = fb_doc_find(b->doc, name);
    for (size_t i = 0; i < e->supported_by_count; i++) {
        if (e->supported_by[i] == to) {
            return i;
        }
    }
    for (size_t i = 0; i < e->context_count; i++) {
        if (e->context[i] == to) {
            return e->supported_by_count + i;
        }
    }
    return SIZE_MAX;
}

/* Marks what one item of a key names; of a mapping the value says how many it stands for. */
static enum fb_code read_mark(const struct fb_case_builder *b, struct fb_element *e,
    const struct fb_yaml *node, const struct fb_yaml *item, struct fb_err *err)
{
    bool map = node->kind == FB_YAML_MAP, multiple = fb_str_is(node->key, "multiple");
    struct fb_str name = map ? item->key : item->text;
    size_t at = mark_of(b, e, name);
    if (at == SIZE_MAX) {
        (void)fb_err_set(err, FB_E_REFERENCE,
            "'%.*s' of '%.*s' names '%.*s', neither a supporter nor a context of it",
            FB_STR_ARG(node->key), FB_STR_ARG(e->id), FB_STR_ARG(name));
        (void)fb_err_hint(err, "Name elements that stand under supportedBy or inContextOf.");
        return fb_case_err_at(b, b->at, item, err);
    }
    e->marks[at] |= multiple ? FB_MARK_MULTIPLE : FB_MARK_OPTIONAL;
    if (!map) {
        return FB_OK;
    }
    if (!multiple || item->kind != FB_YAML_SCALAR) {
        return fb_case_refuse(b, item, "is no cardinality",
            "Write a text, as in `multiple: {G2: 0..n}`; what is optional has none.", err);
    }
    return fb_arena_str(b->arena, fb_str_trim(item->text), &e->counts[at], err);
}

/* Marks what a key lists: one name, several, or a mapping from names to cardinalities. */
static enum fb_code read_marks(
    const struct fb_case_builder *b, struct fb_element *e, const char *key, struct fb_err *err)
{
    const struct fb_yaml *node = member(b, key);
    size_t count = e->supported_by_count + e->context_count;
    if (!node) {
        return FB_OK;
    }
    e->marks = e->marks ? e->marks : FB_ARENA_ARRAY(b->arena, uint8_t, count);
    if (e->marks && node->kind == FB_YAML_MAP && !e->counts) {
        e->counts = FB_ARENA_ARRAY(b->arena, struct fb_str, count);
    }
    if (!e->marks || (node->kind == FB_YAML_MAP && !e->counts)) {
        return fb_arena_failed(b->arena, err);
    }
    bool several = node->kind != FB_YAML_SCALAR;
    enum fb_code code = FB_OK;
    for (const struct fb_yaml *item = several ? node->child : node; code == FB_OK && item;
         item = several ? item->next : NULL) {
        code = read_mark(b, e, node, item, err);
    }
    return code;
}

/* `true`, or how many of the alternatives, as "1 of 3". */
static enum fb_code read_choice(const struct fb_case_builder *b, const char *key, bool *out,
    struct fb_str *out_count, struct fb_err *err)
{
    const struct fb_yaml *node = member(b, key);
    if (!node || fb_yaml_flag(node, out)) {
        return FB_OK;
    }
    if (node->kind != FB_YAML_SCALAR || fb_str_trim(node->text).len == 0) {
        return fb_case_refuse(b, node, "says neither true nor how many",
            "Write true, or how many of the alternatives, as 1 of 3.", err);
    }
    *out = true;
    return fb_arena_str(b->arena, fb_str_trim(node->text), out_count, err);
}

/* Where the data stands that a template is instantiated from. */
static enum fb_code read_instantiation(
    const struct fb_case_builder *b, struct fb_element *e, struct fb_err *err)
{
    const struct fb_yaml *node = member(b, "instantiationData");
    if (!node) {
        return FB_OK;
    }
    struct fb_str text = node->kind == FB_YAML_SCALAR ? fb_str_trim(node->text) : FB_STR("");
    return text.len ? fb_arena_str(b->arena, text, &e->instantiation, err)
                    : fb_case_refuse(b, node, "refers to nothing",
                          "Write where the data is, as `instantiationData: table 3`.", err);
}

/* A number between 0 and 1. */
static bool read_share(const struct fb_yaml *node, double *out)
{
    struct fb_decimal decimal;
    struct fb_err ignored;
    fb_err_init(&ignored);
    if (!node || node->kind != FB_YAML_SCALAR ||
        fb_decimal_parse(node->text, &decimal, &ignored) != FB_OK) {
        return false;
    }
    *out = fb_decimal_to_double(decimal);
    return *out >= 0 && *out <= 1;
}

/* "0.9" (at least that) or "[0.9, 0.99]". */
static enum fb_code read_given(
    const struct fb_case_builder *b, struct fb_element *e, struct fb_err *err)
{
    const struct fb_yaml *node = member(b, "confidence");
    if (!node) {
        return FB_OK;
    }
    bool list = node->kind == FB_YAML_LIST;
    bool good = list ? node->count == 2 && read_share(node->child, &e->given[0]) &&
                           read_share(node->child->next, &e->given[1])
                     : read_share(node, &e->given[0]);
    if (!good || e->given[0] > e->given[1]) {
        return fb_case_refuse(
            b, node, "is no confidence", "Write a number from 0 to 1, or two as [0.9, 0.99].", err);
    }
    if (e->supported_by_count > 0) {
        return fb_case_refuse(b, node, "is given, and others support it",
            "Confidence is given to leaves; that of others follows.", err);
    }
    return FB_OK;
}

static enum fb_code read_acps(
    const struct fb_case_builder *b, struct fb_element *e, struct fb_err *err)
{
    const struct fb_doc_element *from = &b->doc->elements[b->at];
    size_t count = 0;
    for (size_t i = 0; i < from->acp_count; i++) {
        count += from->acps[i].on.count;
    }
    e->acps = FB_ARENA_ARRAY(b->arena, struct fb_acp, count);
    if (!e->acps) {
        return fb_arena_failed(b->arena, err);
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < from->acp_count; i++) {
        for (size_t k = 0; code == FB_OK && k < from->acps[i].on.count; k++) {
            const struct fb_doc_ref *ref = &from->acps[i].on.items[k];
            uint32_t on = fb_doc_find(b->doc, ref->name);
            if (on == FB_DOC_NONE) {
                (void)fb_err_set(err, FB_E_REFERENCE,
                    "an assurance claim point of '%.*s' is on '%.*s', which does not exist",
                    FB_STR_ARG(e->id), FB_STR_ARG(ref->name));
                return fb_doc_err_at(b->doc, &ref->place, err);
            }
            e->acps[e->acp_count].on = on;
            code = fb_arena_str(b->arena, from->acps[i].name, &e->acps[e->acp_count++].name, err);
        }
    }
    return code;
}

static enum fb_code read_element(
    struct fb_case_builder *b, struct fb_element *e, struct fb_err *err)
{
    enum fb_code code = read_support(b, e, err);
    code = code != FB_OK ? code : check_evidence(b, e, err);
    code = code != FB_OK ? code : read_symbol(b, e, err);
    code = code != FB_OK ? code : read_flag(b, "public", &e->is_public, err);
    code = code != FB_OK ? code : read_flag(b, "byContract", &e->by_contract, err);
    code = code != FB_OK ? code : read_flag(b, "uninstantiated", &e->uninstantiated, err);
    code = code != FB_OK ? code : read_choice(b, "choice", &e->choice, &e->choice_count, err);
    code = code != FB_OK
               ? code
               : read_choice(b, "contextChoice", &e->context_choice, &e->context_choice_count, err);
    code = code != FB_OK ? code : read_instantiation(b, e, err);
    code = code != FB_OK ? code : read_flag(b, "exhaustive", &e->exhaustive, err);
    code = code != FB_OK ? code : read_marks(b, e, "optional", err);
    code = code != FB_OK ? code : read_marks(b, e, "multiple", err);
    code = code != FB_OK ? code : read_given(b, e, err);
    code = code != FB_OK ? code : fb_case_read_bindings(b, e, err);
    return code != FB_OK ? code : read_acps(b, e, err);
}

enum fb_code fb_case_read_extras(struct fb_case_builder *b, struct fb_err *err)
{
    FB_ASSERT(b && b->argument && err);
    enum fb_code code = FB_OK;
    for (b->at = 0; code == FB_OK && b->at < b->argument->element_count; b->at++) {
        code = read_element(b, &b->argument->elements[b->at], err);
    }
    return code;
}

#include "case/document.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

void fb_doc_init(struct fb_doc *doc, struct fb_arena *arena)
{
    FB_ASSERT(doc && arena);
    *doc = (struct fb_doc){.arena = arena};
    fb_map_init(&doc->ids);
}

void fb_doc_release(struct fb_doc *doc)
{
    if (doc) {
        fb_map_release(&doc->ids);
    }
}

uint32_t fb_doc_find(const struct fb_doc *doc, struct fb_str id)
{
    uintptr_t at = (uintptr_t)fb_map_get(&doc->ids, id);
    FB_ASSERT(at <= doc->element_count);
    return at == 0 ? FB_DOC_NONE : (uint32_t)(at - 1);
}

struct fb_doc_place fb_doc_at(uint32_t module, const struct fb_yaml *node)
{
    return (struct fb_doc_place){module, node->line, node->offset};
}

struct fb_doc_place fb_doc_at_key(uint32_t module, const struct fb_yaml *node)
{
    return (struct fb_doc_place){module, node->key_line, node->key_offset};
}

uint32_t fb_doc_column(const struct fb_doc *doc, const struct fb_doc_place *place)
{
    if (place->module >= doc->module_count || place->line == 0) {
        return 0;
    }
    struct fb_str text = doc->modules[place->module].text;
    size_t at = place->offset < text.len ? place->offset : text.len, start = at;
    while (start > 0 && text.ptr[start - 1] != '\n') {
        start--;
    }
    return (uint32_t)(at - start) + 1;
}

enum fb_code fb_doc_err_at(
    const struct fb_doc *doc, const struct fb_doc_place *place, struct fb_err *err)
{
    FB_ASSERT(doc && place && err->code != FB_OK);
    if (place->module < doc->module_count) {
        const struct fb_doc_module *module = &doc->modules[place->module];
        return fb_yaml_err_at(
            err, module->text, module->path, place->line ? place->line : 1, place->offset);
    }
    return err->code;
}

const struct fb_yaml *fb_doc_member(const struct fb_doc_element *element, const char *key)
{
    return fb_yaml_get(element->node, key);
}

/* Makes room for one more item of size bytes behind count of them. */
static bool grow(struct fb_arena *arena, void **items, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) {
        return true;
    }
    size_t more = *cap ? 2 * *cap : 16;
    void *bigger = fb_arena_array(arena, more, size);
    if (!bigger) {
        return false;
    }
    if (count) {
        memcpy(bigger, *items, count * size);
    }
    *items = bigger;
    *cap = more;
    return true;
}

enum fb_code fb_doc_report(
    struct fb_doc *doc, const struct fb_report *report, struct fb_err *err, const char *fmt, ...)
{
    FB_ASSERT(strlen(report->rule) == 3);
    char text[FB_ERR_TEXT_MAX];
    va_list args;
    (report->is_error ? &doc->error_count : &doc->warning_count)[0]++;
    if (doc->finding_count == FB_DOC_FINDINGS_MAX) {
        return FB_OK;
    }
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    struct fb_finding finding = {.is_error = report->is_error,
        .code = report->code,
        .place = report->place,
        .hint = fb_str_of(report->hint)};
    memcpy(finding.rule, report->rule, sizeof(finding.rule));
    finding.message = fb_arena_printf(doc->arena, "%s", text);
    if (!finding.message.ptr || !grow(doc->arena, (void **)&doc->findings, doc->finding_count,
                                    &doc->finding_cap, sizeof(finding))) {
        return fb_arena_failed(doc->arena, err);
    }
    doc->findings[doc->finding_count++] = finding;
    return FB_OK;
}

static bool is_null(const struct fb_yaml *node)
{
    return node->kind == FB_YAML_SCALAR && node->plain && fb_yaml_type(node->text) == FB_YAML_NULL;
}

static bool is_texts(const struct fb_yaml *node)
{
    const struct fb_yaml *item = node->kind == FB_YAML_LIST ? node->child : NULL;
    while (item && fb_yaml_is_text(item)) {
        item = item->next;
    }
    return node->kind == FB_YAML_LIST && !item;
}

/* What an element is read into. */
struct taking {
    struct fb_doc *doc;
    uint32_t module;
    struct fb_doc_element *element;
    struct fb_str owner; /**< its id, or "module" */
};

/* What to write instead of a value of the wrong form. */
static const char *right_form(const char *wrong)
{
    static const char *const FORMS[][2] = {
        {"is not text", "Write one text; lists and mappings stand under other keys."},
        {"is neither true nor false", "Write true or false."},
        {"is text, not a flag", "gsn2x does not read the file; take the quotes off."},
        {"is not a list of ids", "Write an id, or several as [G2, G3]."},
        {"is empty", "gsn2x does not read the file; name an element, or leave the key out."},
        {"is not a mapping from names to ids",
            "gsn2x does not read the file; write it as {NAME: ID} or {NAME: [ID, ID]}."},
        {"is not a whole number", "gsn2x does not read the file; write a number, as 2."},
        {"is no {relative: N} or {absolute: N}",
            "gsn2x does not read the file; write {relative: -1}, {absolute: 2} or {absolute: "
            "last}."},
        {"is not a list of names", "gsn2x does not read the file; write [NAME, NAME]."},
    };
    for (size_t i = 0; i < sizeof(FORMS) / sizeof(FORMS[0]); i++) {
        if (strcmp(wrong, FORMS[i][0]) == 0) {
            return FORMS[i][1];
        }
    }
    return "gsn2x does not read the file; put the value in quotes.";
}

/* Records that a value has the wrong form. code FB_OK: only gsn2x minds. */
static enum fb_code wrong_form(const struct taking *t, const struct fb_yaml *node,
    enum fb_code code, const char *form, struct fb_err *err)
{
    struct fb_report report = {.rule = "F01",
        .is_error = true,
        .code = code,
        .place = fb_doc_at(t->module, node),
        .hint = right_form(form)};
    return fb_doc_report(t->doc, &report, err, "'%.*s' of '%.*s' %s", FB_STR_ARG(node->key),
        FB_STR_ARG(t->owner), form);
}

/* The text under a key; untouched when there is none. */
static enum fb_code take_text(
    const struct taking *t, const char *key, struct fb_str *out, struct fb_err *err)
{
    const struct fb_yaml *node = fb_yaml_get(t->element->node, key);
    if (!node) {
        return FB_OK;
    }
    bool own = strcmp(key, "evidence") == 0; /* to gsn2x a key that it does not know */
    if (own && node->kind != FB_YAML_SCALAR) {
        struct fb_report report = {.rule = "F01",
            .code = FB_E_SCHEMA,
            .place = fb_doc_at(t->module, node),
            .hint = "Write a predicate, as: bound TASK below 20%."};
        return fb_doc_report(
            t->doc, &report, err, "'evidence' of '%.*s' is not text", FB_STR_ARG(t->owner));
    }
    if (node->kind != FB_YAML_SCALAR) {
        return wrong_form(t, node, FB_E_SCHEMA, "is not text", err);
    }
    *out = is_null(node) ? *out : fb_str_trim(node->text);
    bool may_be_null = strcmp(key, "url") == 0;
    return own || fb_yaml_is_text(node) || (may_be_null && is_null(node))
               ? FB_OK
               : wrong_form(t, node, FB_OK, "is not text but a number, a flag or nothing", err);
}

static enum fb_code take_flag(
    const struct taking *t, const char *key, bool *out, struct fb_err *err)
{
    const struct fb_yaml *node = fb_yaml_get(t->element->node, key);
    if (!node) {
        return FB_OK;
    }
    if (!fb_yaml_flag(node, out)) {
        return wrong_form(t, node, FB_E_SCHEMA, "is neither true nor false", err);
    }
    return node->plain ? FB_OK : wrong_form(t, node, FB_OK, "is text, not a flag", err);
}

bool fb_doc_split_relation(struct fb_str text, struct fb_str out[2])
{
    for (size_t i = fb_str_find(text, '-', 0); i + 1 < text.len;
         i = fb_str_find(text, '-', i + 1)) {
        if (text.ptr[i + 1] == '>') {
            out[0] = fb_str_trim(fb_str_sub(text, 0, i));
            out[1] = fb_str_trim(fb_str_sub(text, i + 2, SIZE_MAX));
            return true;
        }
    }
    return false;
}

/* References: one string or a list of strings. arrows: "A -> B" names a relation. */
static enum fb_code take_refs(const struct taking *t, const struct fb_yaml *node, bool arrows,
    struct fb_doc_refs *out, struct fb_err *err)
{
    if (!node) {
        return FB_OK;
    }
    if (node->kind == FB_YAML_MAP) {
        return wrong_form(t, node, FB_E_SCHEMA, "is not a list of ids", err);
    }
    if (is_null(node)) {
        return wrong_form(t, node, FB_OK, "is empty", err);
    }
    bool list = node->kind == FB_YAML_LIST;
    size_t count = list ? node->count : 1;
    out->items = FB_ARENA_ARRAY(t->doc->arena, struct fb_doc_ref, count);
    if (!out->items) {
        return fb_arena_failed(t->doc->arena, err);
    }
    const struct fb_yaml *item = list ? node->child : node;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count; i++, item = item->next) {
        struct fb_doc_ref ref = {.name = item->text, .place = fb_doc_at(t->module, item)};
        if (item->kind != FB_YAML_SCALAR) {
            struct fb_report report = {
                .rule = "F01", .is_error = true, .code = FB_E_SCHEMA, .place = ref.place};
            code = fb_doc_report(
                t->doc, &report, err, "a reference of '%.*s' is not an id", FB_STR_ARG(t->owner));
            continue;
        }
        if (!fb_yaml_is_text(item)) {
            code = wrong_form(t, node, FB_OK, "holds a number, a flag or nothing", err);
        }
        struct fb_str ends[2];
        if (arrows && fb_doc_split_relation(item->text, ends)) {
            ref.is_relation = true;
            ref.name = ends[0];
            ref.second = ends[1];
        }
        out->items[out->count++] = ref;
    }
    return code;
}

static enum fb_code take_acps(const struct taking *t, struct fb_err *err)
{
    const struct fb_yaml *node = fb_doc_member(t->element, "acp");
    if (!node) {
        return FB_OK;
    }
    if (node->kind != FB_YAML_MAP) {
        return wrong_form(t, node, FB_OK, "is not a mapping from names to ids", err);
    }
    struct fb_doc_acp *acps = FB_ARENA_ARRAY(t->doc->arena, struct fb_doc_acp, node->count);
    if (!acps) {
        return fb_arena_failed(t->doc->arena, err);
    }
    t->element->acps = acps;
    enum fb_code code = FB_OK;
    for (const struct fb_yaml *item = node->child; code == FB_OK && item; item = item->next) {
        struct fb_doc_acp *acp = &acps[t->element->acp_count++];
        acp->name = item->key;
        if (item->key_plain && fb_yaml_type(item->key) != FB_YAML_TEXT) {
            code =
                wrong_form(t, node, FB_OK, "has a name that is a number, a flag or nothing", err);
        }
        code = code != FB_OK ? code : take_refs(t, item, false, &acp->on, err);
    }
    return code;
}

/* What is it: by nodeType, else by the id. */
static enum fb_code take_kind(const struct taking *t, struct fb_err *err)
{
    struct fb_doc_element *e = t->element;
    const struct fb_yaml *type = fb_doc_member(e, "nodeType");
    if (!type || is_null(type)) {
        e->has_kind = fb_element_kind_of_id(e->id, &e->kind);
        return FB_OK;
    }
    if (type->kind == FB_YAML_SCALAR && fb_element_kind_of_type(type->text, &e->kind)) {
        e->has_kind = e->kind_written = true;
        return FB_OK;
    }
    struct fb_report report = {.rule = "F01",
        .is_error = true,
        .code = FB_E_UNSUPPORTED,
        .place = fb_doc_at(t->module, type),
        .hint = "Goal, Strategy, Solution, Context, Assumption, Justification, CounterGoal and "
                "CounterSolution are."};
    return fb_doc_report(t->doc, &report, err, "nodeType '%.*s' of '%.*s' is not supported",
        FB_STR_ARG(type->text), FB_STR_ARG(e->id));
}

/* {relative: -1}, {absolute: 2} or {absolute: last}. */
static bool is_index(const struct fb_yaml *node)
{
    const struct fb_yaml *relative = fb_yaml_get(node, "relative");
    const struct fb_yaml *absolute = fb_yaml_get(node, "absolute");
    if (node->count != 1 || (!relative && !absolute)) {
        return false;
    }
    uint64_t number = 0;
    return relative ? fb_yaml_whole(relative, INT32_MIN, INT32_MAX)
                    : fb_yaml_whole(absolute, 0, UINT32_MAX) || fb_str_is(absolute->text, "last") ||
                          (!absolute->plain && fb_str_u64(absolute->text, &number) &&
                              number <= UINT32_MAX);
}

/* What only a drawing uses; gsn2x reads no file in which it has another form. Of an element or of
 * the module section. */
static enum fb_code check_layout_keys(
    const struct taking *t, const struct fb_yaml *of, struct fb_err *err)
{
    static const struct {
        const char *key;
        uint64_t max;
    } NUMBERS[] = {{"rankIncrement", UINT64_MAX}, {"charWrap", UINT32_MAX}};
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < 2; i++) {
        const struct fb_yaml *node = fb_yaml_get(of, NUMBERS[i].key);
        if (node && !is_null(node) && !fb_yaml_whole(node, 0, NUMBERS[i].max)) {
            code = wrong_form(t, node, FB_OK, "is not a whole number", err);
        }
    }
    const struct fb_yaml *index = fb_yaml_get(of, "horizontalIndex");
    if (code == FB_OK && index && !is_null(index) && !is_index(index)) {
        code = wrong_form(t, index, FB_OK, "is no {relative: N} or {absolute: N}", err);
    }
    const struct fb_yaml *classes = fb_yaml_get(of, "classes");
    if (code == FB_OK && classes && !is_texts(classes)) {
        code = wrong_form(t, classes, FB_OK, "is not a list of names", err);
    }
    return code;
}

/* gsn2x reads no file with a key that is nothing, or in an element a flag. */
static enum fb_code check_keys(const struct taking *t, const struct fb_yaml *of, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (const struct fb_yaml *m = of->child; code == FB_OK && m; m = m->next) {
        enum fb_yaml_type type = m->key_plain ? fb_yaml_type(m->key) : FB_YAML_TEXT;
        bool flag = type == FB_YAML_TRUE || type == FB_YAML_FALSE;
        if (type == FB_YAML_NULL || (flag && t->element)) {
            struct fb_report report = {.rule = "F01",
                .is_error = true,
                .place = fb_doc_at_key(t->module, m),
                .hint = "gsn2x does not read the file; put the key in quotes."};
            code = fb_doc_report(
                t->doc, &report, err, "a key of '%.*s' is nothing or a flag", FB_STR_ARG(t->owner));
        }
    }
    return code;
}

static enum fb_code take_element(const struct taking *t, struct fb_err *err)
{
    struct fb_doc_element *e = t->element;
    const struct fb_yaml *node = e->node;
    if (node->kind != FB_YAML_MAP) {
        bool null = is_null(node);
        struct fb_report report = {.rule = "F01",
            .is_error = true,
            .code = null ? FB_OK : FB_E_SCHEMA,
            .place = null ? fb_doc_at_key(t->module, node) : fb_doc_at(t->module, node),
            .hint = null ? "gsn2x does not read the file; write {} for an element without keys."
                         : "Write its text under the key 'text'."};
        enum fb_code code = fb_doc_report(t->doc, &report, err,
            null ? "'%.*s' is empty" : "'%.*s' is not a mapping", FB_STR_ARG(e->id));
        e->has_kind = fb_element_kind_of_id(e->id, &e->kind);
        return code;
    }
    enum fb_code code = take_kind(t, err);
    code = code != FB_OK ? code : take_text(t, "text", &e->text, err);
    code = code != FB_OK ? code : take_text(t, "url", &e->url, err);
    code = code != FB_OK ? code : take_text(t, "evidence", &e->evidence, err);
    code = code != FB_OK ? code : take_flag(t, "undeveloped", &e->undeveloped, err);
    code = code != FB_OK ? code : take_flag(t, "defeated", &e->defeated, err);
    code = code != FB_OK
               ? code
               : take_refs(t, fb_yaml_get(node, "supportedBy"), false, &e->supported_by, err);
    code = code != FB_OK ? code
                         : take_refs(t, fb_yaml_get(node, "inContextOf"), false, &e->context, err);
    code = code != FB_OK ? code
                         : take_refs(t, fb_yaml_get(node, "challenges"), true, &e->challenges, err);
    code =
        code != FB_OK ? code : take_refs(t, fb_yaml_get(node, "repeats"), false, &e->repeats, err);
    code = code != FB_OK ? code
                         : take_refs(t, fb_yaml_get(node, "defeatedRelation"), false,
                               &e->defeated_relations, err);
    code = code != FB_OK ? code : take_acps(t, err);
    code = code != FB_OK ? code : check_keys(t, node, err);
    return code != FB_OK ? code : check_layout_keys(t, node, err);
}

static enum fb_code take_extension(
    struct fb_doc *doc, uint32_t module, const struct fb_yaml *item, struct fb_err *err)
{
    struct fb_doc_module *m = &doc->modules[module];
    struct taking t = {.doc = doc, .module = module, .owner = FB_STR("module")};
    const struct fb_yaml *of = fb_yaml_get(item, "module"),
                         *develops = fb_yaml_get(item, "develops");
    FB_ASSERT(of && develops);
    size_t count = develops->count + 1, have = m->extend_count;
    struct fb_doc_extension *all =
        FB_ARENA_ARRAY(doc->arena, struct fb_doc_extension, have + count);
    if (!all) {
        return fb_arena_failed(doc->arena, err);
    }
    if (have) {
        memcpy(all, m->extends, have * sizeof(*all));
    }
    m->extends = all;
    m->extends[m->extend_count++] =
        (struct fb_doc_extension){.module = of->text, .place = fb_doc_at(module, of)};
    enum fb_code code = FB_OK;
    for (const struct fb_yaml *by = develops->child; code == FB_OK && by; by = by->next) {
        struct fb_doc_extension *one = &m->extends[m->extend_count++];
        *one = (struct fb_doc_extension){
            .module = of->text, .foreign = by->key, .place = fb_doc_at_key(module, by)};
        code = take_refs(&t, by, false, &one->locals, err);
    }
    return code;
}

/* One of the list under extends. */
static bool is_extension(const struct fb_yaml *item)
{
    const struct fb_yaml *of = fb_yaml_get(item, "module"),
                         *develops = fb_yaml_get(item, "develops");
    const struct fb_yaml *by = develops ? develops->child : NULL;
    while (by && is_texts(by)) {
        by = by->next;
    }
    return of && fb_yaml_is_text(of) && develops && develops->kind == FB_YAML_MAP && !by;
}

/* What of a module section has a form in which gsn2x does not know it, or NULL. */
static const struct fb_yaml *unknown_form(const struct fb_yaml *about)
{
    const struct fb_yaml *brief = fb_yaml_get(about, "brief");
    const struct fb_yaml *uses = fb_yaml_get(about, "uses");
    const struct fb_yaml *sheets = fb_yaml_get(about, "stylesheets");
    const struct fb_yaml *extends = fb_yaml_get(about, "extends");
    const struct fb_yaml *item = extends ? extends->child : NULL;
    while (item && is_extension(item)) {
        item = item->next;
    }
    return brief && !is_null(brief) && !fb_yaml_is_text(brief)  ? brief
           : uses && !is_texts(uses)                            ? uses
           : sheets && !is_texts(sheets)                        ? sheets
           : extends && (item || extends->kind != FB_YAML_LIST) ? extends
                                                                : NULL;
}

struct fb_str fb_doc_module_name(const struct fb_yaml *root)
{
    const struct fb_yaml *about = fb_yaml_get(root, "module");
    const struct fb_yaml *name = fb_yaml_get(about, "name");
    bool named = name && fb_yaml_is_text(name) && !unknown_form(about);
    return named ? name->text : (struct fb_str){NULL, 0};
}

/* A section that gsn2x does not know as one says nothing, as there; a docket refuses it. */
static enum fb_code report_section(const struct taking *t, struct fb_err *err)
{
    const struct fb_yaml *about = t->doc->modules[t->module].about;
    const struct fb_yaml *wrong = fb_yaml_get(about, "name") ? unknown_form(about) : NULL;
    if (!wrong) {
        return FB_OK;
    }
    struct fb_report report = {.rule = "F01",
        .code = FB_E_SCHEMA,
        .place = fb_doc_at(t->module, wrong),
        .hint = "Write name and brief as text; uses, stylesheets and extends as lists."};
    return fb_doc_report(t->doc, &report, err,
        "the module section says nothing, since '%.*s' has another form", FB_STR_ARG(wrong->key));
}

/* The module section. Without a name it says nothing, as gsn2x has it. */
static enum fb_code take_about(struct fb_doc *doc, uint32_t at, struct fb_err *err)
{
    struct fb_doc_module *m = &doc->modules[at];
    m->about = fb_yaml_get(m->root, "module");
    struct fb_str name = fb_doc_module_name(m->root);
    m->is_named = name.ptr != NULL;
    m->name = m->is_named ? name : fb_str_of(m->path);
    struct taking t = {.doc = doc, .module = at, .owner = FB_STR("module")};
    enum fb_code code = check_keys(&t, m->root, err);
    if (code != FB_OK) {
        return code;
    }
    if (m->about && m->about->kind != FB_YAML_MAP) {
        struct fb_report report = {.rule = "F01",
            .is_error = true,
            .code = FB_E_SCHEMA,
            .place = fb_doc_at(at, m->about),
            .hint = "Write it as {name: NAME}; elements have other names."};
        return fb_doc_report(doc, &report, err, "'module' is not a mapping");
    }
    const struct fb_yaml *extends = m->is_named ? fb_yaml_get(m->about, "extends") : NULL;
    code = report_section(&t, err);
    code = code != FB_OK || !m->about ? code : check_layout_keys(&t, m->about, err);
    for (const struct fb_yaml *item = extends ? extends->child : NULL; code == FB_OK && item;
         item = item->next) {
        code = take_extension(doc, at, item, err);
    }
    return code;
}

/* The first id, in the order of ids, that another file has too; else the root. */
static const struct fb_yaml *first_taken(const struct fb_doc *doc, const struct fb_yaml *root)
{
    const struct fb_yaml *first = NULL;
    for (const struct fb_yaml *node = root->child; node; node = node->next) {
        if (!fb_str_is(node->key, "module") && fb_doc_find(doc, node->key) != FB_DOC_NONE &&
            (!first || fb_str_cmp(node->key, first->key) < 0)) {
            first = node;
        }
    }
    return first;
}

static enum fb_code report_taken(
    struct fb_doc *doc, uint32_t module, const struct fb_yaml *node, struct fb_err *err)
{
    const struct fb_doc_element *other = &doc->elements[fb_doc_find(doc, node->key)];
    struct fb_report report = {.rule = "C07",
        .is_error = true,
        .code = FB_E_DUPLICATE,
        .place = fb_doc_at_key(module, node),
        .hint = "Ids are unique over all modules; rename one of the two."};
    return fb_doc_report(doc, &report, err, "'%.*s' is in module '%.*s' already",
        FB_STR_ARG(node->key), FB_STR_ARG(doc->modules[other->place.module].name));
}

/* Room for one more element. */
static enum fb_code add_element(
    struct fb_doc *doc, uint32_t module, const struct fb_yaml *node, struct fb_err *err)
{
    if (doc->element_count == FB_CASE_ELEMENTS_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "the case has more than 100,000 elements");
        struct fb_doc_place place = fb_doc_at_key(module, node);
        return fb_doc_err_at(doc, &place, err);
    }
    if (!grow(doc->arena, (void **)&doc->elements, doc->element_count, &doc->element_cap,
            sizeof(*doc->elements))) {
        return fb_arena_failed(doc->arena, err);
    }
    struct fb_doc_element *e = &doc->elements[doc->element_count++];
    *e = (struct fb_doc_element){
        .id = node->key, .node = node, .place = fb_doc_at_key(module, node)};
    doc->modules[module].element_count++;
    return fb_map_put(&doc->ids, e->id, (void *)(uintptr_t)doc->element_count, err);
}

/* gsn2x leaves out what comes behind the first id that is taken, in the order of ids, but not
 * before it has read all of the file. */
static enum fb_code take_elements(struct fb_doc *doc, uint32_t module, struct fb_err *err)
{
    const struct fb_yaml *root = doc->modules[module].root;
    const struct fb_yaml *taken = first_taken(doc, root);
    enum fb_code code = taken ? report_taken(doc, module, taken, err) : FB_OK;
    for (const struct fb_yaml *node = root->child; code == FB_OK && node; node = node->next) {
        struct fb_doc_element left_out = {
            .id = node->key, .node = node, .place = fb_doc_at_key(module, node)};
        bool stays = !taken || fb_str_cmp(node->key, taken->key) < 0;
        if (fb_str_is(node->key, "module")) {
            continue;
        }
        code = stays ? add_element(doc, module, node, err) : FB_OK;
        struct taking t = {.doc = doc, .module = module, .owner = node->key};
        t.element = stays ? &doc->elements[doc->element_count - 1] : &left_out;
        code = code != FB_OK ? code : take_element(&t, err);
    }
    return code;
}

/* F07: what the reader of the file dropped. */
static enum fb_code report_notes(
    struct fb_doc *doc, uint32_t at, const struct fb_doc_file *file, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; file->notes && code == FB_OK && i < file->notes->count; i++) {
        const struct fb_doc_note *note = &file->notes->items[i];
        size_t offset = 0;
        for (uint32_t line = 1; line < note->line && offset < file->text.len; line++) {
            offset = fb_str_find(file->text, '\n', offset) + 1;
        }
        struct fb_report report = {.rule = "F07",
            .place = {at, note->line, offset < file->text.len ? offset : file->text.len},
            .hint = "Keep the file that it was read from; what is written lacks this."};
        code = fb_doc_report(doc, &report, err, "not kept: %.*s (%zu time%s, first here)",
            FB_STR_ARG(note->what), note->count, note->count == 1 ? "" : "s");
    }
    return code;
}

enum fb_code fb_doc_add(struct fb_doc *doc, const struct fb_doc_file *file, struct fb_err *err)
{
    FB_ASSERT(doc && file && err);
    if (doc->module_count == FB_DOC_MODULES_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "the case has more than 1,000 modules");
        fb_err_place(err, file->path, 0, 0, -1);
        return err->code;
    }
    if (!grow(doc->arena, (void **)&doc->modules, doc->module_count, &doc->module_cap,
            sizeof(*doc->modules))) {
        return fb_arena_failed(doc->arena, err);
    }
    uint32_t at = (uint32_t)doc->module_count++;
    doc->modules[at] =
        (struct fb_doc_module){.path = file->path, .text = file->text, .root = file->root};
    if (!file->root || file->root->kind != FB_YAML_MAP) {
        (void)fb_err_set(err, FB_E_SYNTAX,
            file->root ? "the case is not a mapping of elements" : "the case is empty");
        (void)fb_err_hint(err, "A case is a mapping from ids, as G1, to elements.");
        fb_err_place(err, file->path, 1, 1, 0);
        return err->code;
    }
    enum fb_code code = report_notes(doc, at, file, err);
    code = code != FB_OK ? code : take_about(doc, at, err);
    return code != FB_OK ? code : take_elements(doc, at, err);
}

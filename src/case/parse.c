#include "case/parse.h"

#include <math.h>

#include "base/assert.h"

enum fb_code fb_case_err_at(
    const struct fb_case_builder *b, size_t element, const struct fb_yaml *node, struct fb_err *err)
{
    struct fb_doc_place place = fb_doc_at(b->doc->elements[element].place.module, node);
    return fb_doc_err_at(b->doc, &place, err);
}

enum fb_code fb_case_err_at_id(const struct fb_case_builder *b, size_t element, struct fb_err *err)
{
    return fb_doc_err_at(b->doc, &b->doc->elements[element].place, err);
}

/* The first finding that a strict reader refuses the document for. */
static enum fb_code refuse_findings(const struct fb_doc *doc, bool relaxed, struct fb_err *err)
{
    for (size_t i = 0; i < doc->finding_count; i++) {
        const struct fb_finding *f = &doc->findings[i];
        if (f->code == FB_OK || (relaxed && !f->is_error)) {
            continue;
        }
        (void)fb_err_set(err, f->code, "%.*s", FB_STR_ARG(f->message));
        if (f->hint.len > 0) {
            (void)fb_err_hint(err, "%.*s", FB_STR_ARG(f->hint));
        }
        return fb_doc_err_at(doc, &f->place, err);
    }
    return FB_OK;
}

/* The parts that a file of several modules lists, or NULL. */
static const struct fb_yaml *parts_of(const struct fb_doc_module *module)
{
    const struct fb_yaml *parts = fb_yaml_get(module->about, "parts");
    return parts && parts->kind == FB_YAML_MAP ? parts : NULL;
}

/* Parts by name, for the elements of a file, which stand together. */
static enum fb_code index_parts(struct fb_case_builder *b, uint32_t file, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    uintptr_t at = b->doc->module_count;
    fb_map_release(&b->parts);
    for (uint32_t i = 0; i <= file; i++) {
        const struct fb_yaml *parts = parts_of(&b->doc->modules[i]);
        const struct fb_yaml *part = parts && i == file ? parts->child : NULL;
        for (; code == FB_OK && part; part = part->next) {
            code = fb_map_put(&b->parts, part->key, (void *)++at, err);
        }
        at += parts && i < file ? parts->count : 0;
    }
    return code;
}

/* The module that an element stands in: its file's, or the part of it that inModule names. */
static uint32_t module_of(const struct fb_case_builder *b, const struct fb_doc_element *from)
{
    const struct fb_yaml *in = fb_doc_member(from, "inModule");
    bool text = in && in->kind == FB_YAML_SCALAR;
    uintptr_t part = text ? (uintptr_t)fb_map_get(&b->parts, in->text) : 0;
    return part ? (uint32_t)(part - 1) : from->place.module;
}

static enum fb_code copy_element(struct fb_case_builder *b, size_t at, struct fb_err *err)
{
    const struct fb_doc_element *from = &b->doc->elements[at];
    struct fb_element *e = &b->argument->elements[at];
    if (!from->has_kind) {
        (void)fb_err_set(
            err, FB_E_SCHEMA, "id '%.*s' does not say what it is", FB_STR_ARG(from->id));
        (void)fb_err_hint(err, "Ids begin with G, S, Sn, C, A, J, CG or CSn; or add a nodeType.");
        return fb_case_err_at_id(b, at, err);
    }
    e->kind = from->kind;
    e->undeveloped = from->undeveloped;
    e->flagged = from->defeated;
    e->line = from->place.line;
    e->module = module_of(b, from);
    e->given[1] = 1;
    e->cost = NAN;
    enum fb_code code = fb_arena_str(b->arena, from->id, &e->id, err);
    code = code != FB_OK ? code : fb_arena_str(b->arena, from->text, &e->text, err);
    code = code != FB_OK ? code : fb_arena_str(b->arena, from->url, &e->url, err);
    return code != FB_OK ? code : fb_arena_str(b->arena, from->evidence, &e->predicate, err);
}

static enum fb_code copy_elements(struct fb_case_builder *b, struct fb_err *err)
{
    size_t count = b->doc->element_count;
    if (count == 0) {
        (void)fb_err_set(err, FB_E_SYNTAX, "the case has no elements");
        struct fb_doc_place place = {0, 1, 0};
        return fb_doc_err_at(b->doc, &place, err);
    }
    b->argument->elements = FB_ARENA_ARRAY(b->arena, struct fb_element, count);
    if (!b->argument->elements) {
        return fb_arena_failed(b->arena, err);
    }
    b->argument->element_count = count;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        uint32_t file = b->doc->elements[i].place.module;
        if (i == 0 || file != b->doc->elements[i - 1].place.module) {
            code = index_parts(b, file, err);
        }
        code = code != FB_OK ? code : copy_element(b, i, err);
    }
    return code;
}

/* Appends a module; a section may be missing. */
static enum fb_code copy_module(const struct fb_case_builder *b, struct fb_str name, bool is_named,
    const struct fb_yaml *about, struct fb_err *err)
{
    struct fb_module *module = &b->argument->modules[b->argument->module_count++];
    module->is_named = is_named;
    const struct fb_yaml *brief = fb_yaml_get(about, "brief");
    struct fb_str text =
        brief && brief->kind == FB_YAML_SCALAR ? fb_str_trim(brief->text) : FB_STR("");
    const struct fb_yaml *symbol = fb_yaml_get(about, "symbol");
    module->is_contract = symbol && fb_str_is(symbol->text, "contract");
    enum fb_code code = fb_arena_str(b->arena, name, &module->name, err);
    return code != FB_OK ? code : fb_arena_str(b->arena, text, &module->title, err);
}

/* An interface of a module: one element, or several. */
static enum fb_code add_interface(const struct fb_case_builder *b, uint32_t file,
    const struct fb_yaml *interface, struct fb_err *err)
{
    struct fb_case *c = b->argument;
    bool list = interface->kind == FB_YAML_LIST;
    struct fb_str name = {NULL, 0};
    enum fb_code code = fb_arena_str(b->arena, interface->key, &name, err);
    for (const struct fb_yaml *item = list ? interface->child : interface; code == FB_OK && item;
         item = list ? item->next : NULL) {
        uint32_t at = fb_doc_find(b->doc, item->text);
        if (item->kind != FB_YAML_SCALAR || at == FB_DOC_NONE) {
            (void)fb_err_set(err, FB_E_REFERENCE, "interface '%.*s' names '%.*s', no element",
                FB_STR_ARG(interface->key), FB_STR_ARG(item->text));
            (void)fb_err_hint(err, "Name elements of the module, as `interfaces: {api: [G5]}`.");
            struct fb_doc_place place = fb_doc_at(file, item);
            return fb_doc_err_at(b->doc, &place, err);
        }
        c->interfaces[c->interface_count++] = (struct fb_interface){name, at};
    }
    return code;
}

/* The interfaces of all modules; of a section that lists parts also theirs. */
static enum fb_code read_interfaces(const struct fb_case_builder *b, struct fb_err *err)
{
    size_t total = 0;
    enum fb_code code = FB_OK;
    for (int pass = 0; code == FB_OK && pass < 2; pass++) {
        b->argument->interfaces =
            pass ? FB_ARENA_ARRAY(b->arena, struct fb_interface, total) : NULL;
        if (pass && !b->argument->interfaces) {
            return fb_arena_failed(b->arena, err);
        }
        for (uint32_t i = 0; i < b->doc->module_count; i++) {
            const struct fb_yaml *parts = parts_of(&b->doc->modules[i]);
            const struct fb_yaml *about = b->doc->modules[i].about;
            for (const struct fb_yaml *p = parts ? parts->child : NULL; about;
                 about = p, p = p ? p->next : NULL) {
                const struct fb_yaml *map = fb_yaml_get(about, "interfaces");
                bool good = map && map->kind == FB_YAML_MAP;
                for (const struct fb_yaml *m = good ? map->child : NULL; code == FB_OK && m;
                     m = m->next) {
                    total += m->kind == FB_YAML_LIST ? m->count : 1;
                    code = pass ? add_interface(b, i, m, err) : FB_OK;
                }
            }
        }
    }
    return code;
}

/* The modules are the files, and behind them the parts of files that hold several. */
static enum fb_code copy_modules(struct fb_case_builder *b, struct fb_err *err)
{
    size_t count = b->doc->module_count;
    for (size_t i = 0; i < b->doc->module_count; i++) {
        const struct fb_yaml *parts = parts_of(&b->doc->modules[i]);
        count += parts ? parts->count : 0;
    }
    b->argument->modules = FB_ARENA_ARRAY(b->arena, struct fb_module, count);
    if (!b->argument->modules) {
        return fb_arena_failed(b->arena, err);
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < b->doc->module_count; i++) {
        const struct fb_doc_module *from = &b->doc->modules[i];
        code = copy_module(b, from->name, from->is_named, from->about, err);
    }
    for (size_t i = 0; i < b->doc->module_count; i++) {
        const struct fb_yaml *parts = parts_of(&b->doc->modules[i]);
        for (const struct fb_yaml *p = parts ? parts->child : NULL; code == FB_OK && p;
             p = p->next) {
            code = copy_module(b, p->key, true, p, err);
        }
    }
    FB_ASSERT(code != FB_OK || b->argument->module_count == count);
    return code;
}

/* What the case is called: by its first module, else by its top goal. */
static void name_case(struct fb_case *c)
{
    c->name = c->module_count ? c->modules[0].name : FB_STR("");
    c->title = c->module_count ? c->modules[0].title : FB_STR("");
    if (c->title.len == 0) {
        c->title = c->elements[c->top].text;
    }
}

enum fb_code fb_case_build(const struct fb_doc *doc, bool relaxed, struct fb_arena *arena,
    struct fb_case **out, struct fb_err *err)
{
    FB_ASSERT(doc && arena && out && err);
    struct fb_arena scratch;
    fb_arena_init(&scratch, (size_t)1 << 30);
    struct fb_case_builder b = {
        .doc = doc, .relaxed = relaxed, .arena = arena, .scratch = &scratch};
    fb_map_init(&b.parts);
    enum fb_code code = refuse_findings(doc, relaxed, err);
    b.argument = code == FB_OK ? FB_ARENA_NEW(arena, struct fb_case) : NULL;
    if (b.argument) {
        b.argument->now = FB_TIME_MAX;
    }
    if (code == FB_OK && !b.argument) {
        code = fb_arena_failed(arena, err);
    }
    code = code != FB_OK ? code : copy_modules(&b, err);
    code = code != FB_OK ? code : copy_elements(&b, err);
    code = code != FB_OK ? code : fb_case_resolve(&b, err);
    code = code != FB_OK ? code : fb_case_read_extras(&b, err);
    code = code != FB_OK ? code : read_interfaces(&b, err);
    code = code != FB_OK ? code : fb_case_check(&b, err);
    if (code == FB_OK) {
        name_case(b.argument);
        *out = b.argument;
    }
    fb_map_release(&b.parts);
    fb_arena_release(&scratch);
    return code;
}

/* A case that is submitted is one file. */
static enum fb_code refuse_modules(const struct fb_doc_file *file, struct fb_err *err)
{
    const struct fb_yaml *about = fb_yaml_get(file->root, "module");
    static const char *const ACROSS[] = {"uses", "extends"};
    for (size_t i = 0; i < 2; i++) {
        const struct fb_yaml *across = fb_yaml_get(about, ACROSS[i]);
        if (across && across->count > 0) {
            (void)fb_err_set(err, FB_E_UNSUPPORTED, "the module %s other files", ACROSS[i]);
            (void)fb_err_hint(err, "Put the whole argument into one file.");
            return fb_yaml_err_at(
                err, file->text, file->path, across->key_line, across->key_offset);
        }
    }
    return FB_OK;
}

enum fb_code fb_case_parse(struct fb_str yaml, const char *name, struct fb_arena *arena,
    struct fb_case **out, struct fb_err *err)
{
    FB_ASSERT(arena && out && err);
    if (yaml.len > FB_CASE_TEXT_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "the case is longer than 16 MiB");
        (void)fb_err_hint(err, "Split it into modules, which are files of their own.");
        uint32_t line = fb_yaml_line(yaml, FB_CASE_TEXT_MAX);
        return fb_yaml_err_at(err, yaml, name, line, FB_CASE_TEXT_MAX);
    }
    struct fb_arena scratch;
    fb_arena_init(&scratch, (size_t)1 << 30);
    struct fb_doc doc;
    fb_doc_init(&doc, &scratch);
    struct fb_doc_file file = {.path = name, .text = yaml};
    enum fb_code code = fb_yaml_parse(yaml, name, &scratch, &file.root, err);
    code = code != FB_OK ? code : refuse_modules(&file, err);
    code = code != FB_OK ? code : fb_doc_add(&doc, &file, err);
    code = code != FB_OK ? code : fb_case_build(&doc, false, arena, out, err);
    fb_doc_release(&doc);
    fb_arena_release(&scratch);
    return code;
}

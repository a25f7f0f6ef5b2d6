#include "case/join.h"

#include "base/assert.h"
#include "case/formats.h"

struct joining {
    const struct fb_doc *doc;
    struct fb_yaml_builder b;
    struct fb_map taken;  /* names of modules */
    struct fb_str *names; /* of each module, as its part is called */
    struct fb_yaml *root;
};

/* Members of a section that say nothing of a module that stands in the same file. */
static bool is_dropped(struct fb_str key)
{
    return fb_str_is(key, "name") || fb_str_is(key, "uses") || fb_str_is(key, "extends") ||
           fb_str_is(key, "parts");
}

static void add_about(struct joining *j, struct fb_yaml *to, const struct fb_yaml *about)
{
    for (const struct fb_yaml *m = about ? about->child : NULL; m; m = m->next) {
        if (!is_dropped(m->key)) {
            fb_yaml_add_copy(&j->b, to, m);
        }
    }
}

/* What a module without a name is called: its file, without folders. */
static struct fb_str plain_name(const struct fb_doc_module *module)
{
    struct fb_str name = module->name;
    for (size_t at = name.len; !module->is_named && at > 0; at--) {
        if (name.ptr[at - 1] == '/') {
            return fb_str_sub(name, at, SIZE_MAX);
        }
    }
    return name;
}

static void add_parts_of(struct joining *j, struct fb_yaml *parts, const struct fb_yaml *about)
{
    const struct fb_yaml *own = fb_yaml_get(about, "parts");
    bool map = own && own->kind == FB_YAML_MAP;
    for (const struct fb_yaml *part = map ? own->child : NULL; part; part = part->next) {
        fb_yaml_add_copy(&j->b, parts, part);
    }
}

static enum fb_code add_modules(struct joining *j, struct fb_err *err)
{
    const struct fb_doc *doc = j->doc;
    struct fb_yaml *module = fb_yaml_add(&j->b, j->root, FB_STR("module"), FB_YAML_MAP);
    struct fb_yaml *parts = NULL;
    for (size_t i = 0; i < doc->module_count; i++) {
        const struct fb_doc_module *from = &doc->modules[i];
        j->names[i] = fb_case_fresh_name(&j->taken, j->b.arena, plain_name(from), err);
        if (!j->names[i].ptr) {
            return err->code;
        }
        if (i == 0) {
            fb_yaml_add_text(&j->b, module, "name", j->names[i]);
            add_about(j, module, from->about);
            parts = fb_yaml_add(&j->b, module, FB_STR("parts"), FB_YAML_MAP);
        } else {
            add_about(j, fb_yaml_add(&j->b, parts, j->names[i], FB_YAML_MAP), from->about);
        }
        add_parts_of(j, parts, from->about);
    }
    return FB_OK;
}

/* An element; one that another module developed has that support. */
static void add_element(struct joining *j, const struct fb_doc_element *e)
{
    if (e->node->kind != FB_YAML_MAP) {
        fb_yaml_add_copy(&j->b, j->root, e->node);
        return;
    }
    const struct fb_yaml *flag = fb_doc_member(e, "undeveloped");
    bool was = false;
    bool developed = flag && fb_yaml_flag(flag, &was) && was && !e->undeveloped;
    struct fb_yaml *to = fb_yaml_add(&j->b, j->root, e->id, FB_YAML_MAP);
    for (const struct fb_yaml *m = e->node->child; m; m = m->next) {
        if (!developed || m != flag) {
            fb_yaml_add_copy(&j->b, to, m);
        }
    }
    if (developed && e->supported_by.count > 0) {
        struct fb_yaml *list = fb_yaml_add(&j->b, to, FB_STR("supportedBy"), FB_YAML_LIST);
        for (size_t i = 0; i < e->supported_by.count; i++) {
            fb_yaml_add_text(&j->b, list, "", e->supported_by.items[i].name);
        }
    }
    if (e->place.module > 0 && !fb_doc_member(e, "inModule")) {
        fb_yaml_add_text(&j->b, to, "inModule", j->names[e->place.module]);
    }
}

enum fb_code fb_doc_join(
    const struct fb_doc *doc, struct fb_arena *arena, struct fb_yaml **out, struct fb_err *err)
{
    FB_ASSERT(doc && doc->module_count > 0 && arena && out && err);
    if (doc->module_count == 1) {
        *out = doc->modules[0].root;
        return FB_OK;
    }
    struct joining j = {.doc = doc, .b = {.arena = arena}};
    j.names = FB_ARENA_ARRAY(arena, struct fb_str, doc->module_count);
    j.root = fb_yaml_add(&j.b, NULL, FB_STR(""), FB_YAML_MAP);
    fb_map_init(&j.taken);
    enum fb_code code = j.names && j.root ? add_modules(&j, err) : fb_arena_failed(arena, err);
    for (size_t i = 0; code == FB_OK && i < doc->element_count; i++) {
        add_element(&j, &doc->elements[i]);
    }
    fb_map_release(&j.taken);
    if (code == FB_OK && j.b.failed) {
        code = fb_arena_failed(arena, err);
    }
    if (code == FB_OK) {
        *out = j.root;
    }
    return code;
}

/*
 * tea_lists.c: the templates of the TEA platform: goals, property claims, strategies, evidence and
 * context in lists of their own, each naming its parent.
 */
#include "base/assert.h"
#include "case/formats.h"

/* The lists, and what stands in them. */
static const struct {
    const char *name;
    enum fb_element_kind kind;
} LISTS[] = {{"goals", FB_ELEMENT_GOAL}, {"strategies", FB_ELEMENT_STRATEGY},
    {"property_claims", FB_ELEMENT_GOAL}, {"evidence", FB_ELEMENT_SOLUTION},
    {"context", FB_ELEMENT_CONTEXT}};
enum { LIST_COUNT = sizeof(LISTS) / sizeof(LISTS[0]) };

/* Keys that name a parent. */
static const char *const PARENTS[] = {"goal_id", "strategy_id", "parent_strategy_id",
    "parent_claim_id", "property_claim_id", "claim_id", "parent_id"};

/* One reading. */
struct lists {
    const struct fb_doc_file *file;
    struct fb_arena *arena;
    struct fb_yaml_builder b;
    struct fb_map elements; /* id to its mapping */
    struct fb_yaml *root;
    struct fb_yaml *first_goal;
    size_t count;
};

static enum fb_code refuse(const struct lists *l, const struct fb_json *at, enum fb_code code,
    struct fb_str id, const char *what, struct fb_err *err)
{
    (void)fb_err_set(err, code, "'%.*s' %s", FB_STR_ARG(id), what);
    fb_err_place(err, l->file->path, 0, 0, -1);
    return fb_json_err_at(err, at);
}

static struct fb_yaml *list_of(struct lists *l, struct fb_yaml *element, const char *key)
{
    for (struct fb_yaml *member = element->child; member; member = member->next) {
        if (fb_str_is(member->key, key)) {
            return member;
        }
    }
    return fb_yaml_add(&l->b, element, fb_str_of(key), FB_YAML_LIST);
}

/* An element of a list, without its place in the argument. */
static enum fb_code add_element(
    struct lists *l, const struct fb_json *json, enum fb_element_kind kind, struct fb_err *err)
{
    struct fb_str id = fb_json_get_str(json, "id");
    struct fb_str text = fb_json_get_str(json, "short_description");
    struct fb_str url = fb_json_get_str(json, "URL");
    if (json->kind != FB_JSON_OBJECT || id.len == 0) {
        return refuse(l, json, FB_E_SCHEMA, FB_STR("an element"), "has no id", err);
    }
    if (fb_map_has(&l->elements, id)) {
        return refuse(l, json, FB_E_DUPLICATE, id, "stands twice", err);
    }
    if (l->count++ == FB_CASE_ELEMENTS_MAX) {
        return refuse(l, json, FB_E_LIMIT, id, "is one of more than 100,000 elements", err);
    }
    l->b.line = json->place.line;
    l->b.offset = (size_t)json->place.offset;
    struct fb_yaml *element = fb_yaml_add(&l->b, l->root, id, FB_YAML_MAP);
    fb_case_add_kind(&l->b, element, kind);
    fb_yaml_add_text(&l->b, element, "text", text.len ? text : fb_json_get_str(json, "name"));
    if (url.len) {
        fb_yaml_add_text(&l->b, element, "url", url);
    }
    fb_case_add_json(&l->b, element, "tea", json);
    l->first_goal = l->first_goal || kind != FB_ELEMENT_GOAL ? l->first_goal : element;
    return element ? fb_map_put(&l->elements, id, element, err) : fb_arena_failed(l->arena, err);
}

/* Puts an element below the one that it names; context without a parent is the first goal's. */
static enum fb_code place(
    struct lists *l, const struct fb_json *json, enum fb_element_kind kind, struct fb_err *err)
{
    struct fb_str id = fb_json_get_str(json, "id"), parent = {NULL, 0};
    bool context = kind == FB_ELEMENT_CONTEXT;
    for (size_t i = 0; parent.len == 0 && i < sizeof(PARENTS) / sizeof(PARENTS[0]); i++) {
        parent = fb_json_get_str(json, PARENTS[i]);
    }
    struct fb_yaml *above = parent.len ? fb_map_get(&l->elements, parent)
                            : context  ? l->first_goal
                                       : NULL;
    if (parent.len && !above) {
        return refuse(l, json, FB_E_REFERENCE, id, "names a parent that does not exist", err);
    }
    if (above) {
        fb_yaml_add_text(
            &l->b, list_of(l, above, context ? "inContextOf" : "supportedBy"), NULL, id);
    }
    return FB_OK;
}

static void add_module(struct lists *l, const struct fb_json *top)
{
    static const char *const KEPT[] = {"comments", "metadata"};
    struct fb_yaml *about = fb_yaml_add(&l->b, l->root, FB_STR("module"), FB_YAML_MAP);
    struct fb_str name = fb_json_get_str(top, "name");
    fb_yaml_add_text(&l->b, about, "name", name.len ? name : FB_STR("case"));
    fb_yaml_add_text(&l->b, about, "brief", fb_json_get_str(top, "description"));
    struct fb_yaml *tea = fb_yaml_add(&l->b, about, FB_STR("tea"), FB_YAML_MAP);
    for (size_t i = 0; i < sizeof(KEPT) / sizeof(KEPT[0]); i++) {
        const struct fb_json *value = fb_json_get(top, KEPT[i]);
        if (value) {
            fb_case_add_json(&l->b, tea, KEPT[i], value);
        }
    }
}

/* Goes through all lists, first to add elements, then to place them. */
static enum fb_code walk(
    struct lists *l, const struct fb_json *top, bool placing, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; i < LIST_COUNT; i++) {
        const struct fb_json *list = fb_json_get(top, LISTS[i].name);
        if (list && list->kind != FB_JSON_ARRAY) {
            return refuse(
                l, list, FB_E_SCHEMA, fb_str_of(LISTS[i].name), "is no list of elements", err);
        }
        for (const struct fb_json *item = list ? list->child : NULL; code == FB_OK && item;
             item = item->next) {
            code = (placing ? place : add_element)(l, item, LISTS[i].kind, err);
        }
    }
    return code;
}

bool fb_tea_is_lists(const struct fb_json *top)
{
    const struct fb_json *goals = fb_json_get(top, "goals");
    return goals && goals->kind == FB_JSON_ARRAY;
}

enum fb_code fb_tea_read_lists(const struct fb_doc_file *file, const struct fb_json *top,
    struct fb_arena *arena, struct fb_yaml **out, struct fb_err *err)
{
    FB_ASSERT(file && top && arena && out);
    struct lists l = {.file = file, .arena = arena, .b = {.arena = arena}};
    fb_map_init(&l.elements);
    l.root = fb_yaml_add(&l.b, NULL, FB_STR(""), FB_YAML_MAP);
    add_module(&l, top);
    enum fb_code code = walk(&l, top, false, err);
    code = code ? code : walk(&l, top, true, err);
    fb_map_release(&l.elements);
    code = code == FB_OK && l.b.failed ? fb_arena_failed(arena, err) : code;
    if (code == FB_OK) {
        *out = l.root;
    }
    return code;
}

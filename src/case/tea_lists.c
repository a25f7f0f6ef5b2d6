/*
 * tea_lists.c: what the TEA platform wrote before its trees, and its templates: goals, property
 * claims, strategies, evidence and context in lists, either beside each other, each element naming
 * its parent, or inside the element that they belong to.
 */
#include "base/assert.h"
#include "case/formats.h"

/* The lists, and what stands in them. */
static const struct {
    const char *name;
    enum fb_element_kind kind;
} LISTS[] = {{"goals", FB_ELEMENT_GOAL}, {"strategies", FB_ELEMENT_STRATEGY},
    {"property_claims", FB_ELEMENT_GOAL}, {"evidence", FB_ELEMENT_SOLUTION},
    {"evidential_claims", FB_ELEMENT_GOAL}, {"context", FB_ELEMENT_CONTEXT},
    {"system_description", FB_ELEMENT_CONTEXT}};
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
    struct fb_map names;    /* what is taken */
    struct fb_map seen;     /* of those inside others: list and id, or what they say, to mapping */
    struct fb_map refs;     /* what stands in lists of the case */
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

static int list_named(struct fb_str key)
{
    int at = 0;
    while (at < LIST_COUNT && !fb_str_is(key, LISTS[at].name)) {
        at++;
    }
    return at;
}

/* The lists inside an element. */
static bool is_inner(const struct fb_json *member)
{
    return member->kind == FB_JSON_ARRAY && list_named(member->key) < LIST_COUNT;
}

static bool is_nested(const struct fb_json *element)
{
    for (const struct fb_json *m = element->child; m; m = m->next) {
        if (is_inner(m)) {
            return true;
        }
    }
    return fb_json_get_str(element, "id").len == 0;
}

/* Adds what the native format has no key for. */
static void keep(struct lists *l, struct fb_yaml *tea, const struct fb_json *member)
{
    struct fb_str key = fb_arena_printf(l->arena, "%.*s", FB_STR_ARG(member->key));
    l->b.failed = l->b.failed || !key.ptr;
    if (key.ptr) {
        fb_case_add_json(&l->b, tea, key.ptr, member);
    }
}

/* An assumption or justification that an element has as words. */
static bool is_words(const struct fb_json *member)
{
    return member->kind == FB_JSON_STRING && member->text.len > 0 &&
           (fb_str_is(member->key, "assumption") || fb_str_is(member->key, "justification"));
}

/* What an element of a list says of itself, without what stands inside it. */
static void add_said(
    struct lists *l, struct fb_yaml *element, const struct fb_json *json, bool nested)
{
    if (!nested) {
        fb_case_add_json(&l->b, element, "tea", json);
        return;
    }
    struct fb_yaml *tea = fb_yaml_add(&l->b, element, FB_STR("tea"), FB_YAML_MAP);
    for (const struct fb_json *m = json->child; m; m = m->next) {
        /* The type is a word that the tree does not know; the list says the same. */
        bool unnamed = fb_str_is(m->key, "name") && m->kind == FB_JSON_STRING && m->text.len == 0;
        if (fb_str_is(m->key, "id") && m->kind == FB_JSON_NUMBER) {
            fb_case_add_json(&l->b, tea, "number", m); /* of its list, no id in a tree */
        } else if (!unnamed && !is_inner(m) && !fb_str_is(m->key, "type") && !is_words(m)) {
            keep(l, tea, m);
        }
    }
}

/* An element of a list, without its place in the argument, by a name that is its own. */
static enum fb_code add_named(struct lists *l, const struct fb_json *json, struct fb_str id,
    enum fb_element_kind kind, bool nested, struct fb_err *err)
{
    struct fb_str text = fb_json_get_str(json, "short_description");
    struct fb_str url = fb_json_get_str(json, "URL");
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
    add_said(l, element, json, nested);
    l->first_goal = l->first_goal || kind != FB_ELEMENT_GOAL ? l->first_goal : element;
    return element ? fb_map_put(&l->elements, id, element, err) : fb_arena_failed(l->arena, err);
}

/* What tells an element from others of its list where ids are numbers, or were taken out: its id,
 * or for evidence, which claims share, what it says. Empty: nothing does. */
static struct fb_str identity(struct lists *l, const struct fb_json *json, int list)
{
    const struct fb_json *id = fb_json_get(json, "id");
    struct fb_str out = {"", 0};
    if (id && (id->kind == FB_JSON_NUMBER || (id->kind == FB_JSON_STRING && id->text.len > 0))) {
        out = fb_arena_printf(l->arena, "%d#%.*s", list, FB_STR_ARG(id->text));
    } else if (LISTS[list].kind == FB_ELEMENT_SOLUTION) {
        out = fb_arena_printf(l->arena, "%d=%.*s\n%.*s\n%.*s", list,
            FB_STR_ARG(fb_json_get_str(json, "name")),
            FB_STR_ARG(fb_json_get_str(json, "short_description")),
            FB_STR_ARG(fb_json_get_str(json, "long_description")));
    }
    l->b.failed = l->b.failed || !out.ptr;
    return out;
}

/* What an element inside another is called: its name, if that can be one. */
static struct fb_str inner_name(
    struct lists *l, const struct fb_json *json, int list, struct fb_err *err)
{
    struct fb_str name = fb_json_get_str(json, "name");
    bool plain = name.len > 0 && name.len <= 80 && fb_str_find(name, '\n', 0) == name.len &&
                 fb_str_eq(fb_str_trim(name), name);
    return fb_case_fresh_name(&l->names, l->arena, plain ? name : fb_str_of(LISTS[list].name), err);
}

/* Words of an element as context of their own, which the writer of trees puts back. */
static enum fb_code add_words(
    struct lists *l, struct fb_yaml *element, const struct fb_json *json, struct fb_err *err)
{
    for (const struct fb_json *m = json->child; m; m = m->next) {
        if (!is_words(m)) {
            continue;
        }
        bool assumes = m->key.ptr[0] == 'a';
        struct fb_str wanted =
            fb_arena_printf(l->arena, "%.*s-%s", FB_STR_ARG(element->key), assumes ? "A1" : "J1");
        struct fb_str name =
            wanted.ptr ? fb_case_fresh_name(&l->names, l->arena, wanted, err) : wanted;
        if (!name.ptr) {
            return fb_arena_failed(l->arena, err);
        }
        l->b.line = m->place.line;
        l->b.offset = (size_t)m->place.offset;
        struct fb_yaml *words = fb_yaml_add(&l->b, l->root, name, FB_YAML_MAP);
        fb_case_add_kind(&l->b, words, assumes ? FB_ELEMENT_ASSUMPTION : FB_ELEMENT_JUSTIFICATION);
        fb_yaml_add_text(&l->b, words, "text", m->text);
        struct fb_yaml *tea = fb_yaml_add(&l->b, words, FB_STR("tea"), FB_YAML_MAP);
        fb_yaml_add_text(&l->b, tea, "inside", m->key);
        fb_case_add_ref(&l->b, &l->refs, element, "inContextOf", name);
    }
    return FB_OK;
}

/* An element that is known by what it says of itself, or a new one; NULL when that fails. */
static struct fb_yaml *find_nested(
    struct lists *l, const struct fb_json *json, int list, struct fb_err *err)
{
    struct fb_str known = identity(l, json, list);
    struct fb_yaml *element = known.len ? fb_map_get(&l->seen, known) : NULL;
    if (element) {
        return element;
    }
    struct fb_str name = inner_name(l, json, list, err);
    if (!name.ptr || add_named(l, json, name, LISTS[list].kind, true, err) != FB_OK) {
        return NULL;
    }
    element = fb_map_get(&l->elements, name);
    bool kept = !known.len || fb_map_put(&l->seen, known, element, err) == FB_OK;
    return kept ? element : NULL;
}

/* An element that stands inside another (above), or in the first list of such, and all inside it.
 * As deep as the JSON is. */
static enum fb_code add_nested(struct lists *l, struct fb_yaml *above, const struct fb_json *json,
    int list, struct fb_err *err)
{
    if (json->kind != FB_JSON_OBJECT) {
        return refuse(
            l, json, FB_E_SCHEMA, fb_str_of(LISTS[list].name), "holds what is no element", err);
    }
    if (!fb_json_get(json, "id") && fb_json_get_str(json, "name").len == 0 &&
        fb_json_get_str(json, "short_description").len == 0) {
        return refuse(l, json, FB_E_SCHEMA, FB_STR("an element"), "has no id and no name", err);
    }
    size_t count = l->count;
    struct fb_yaml *element = find_nested(l, json, list, err);
    bool is_known = l->count == count;
    if (!element) {
        return err->code;
    }
    if (above) {
        bool context = LISTS[list].kind == FB_ELEMENT_CONTEXT;
        fb_case_add_ref(
            &l->b, &l->refs, above, context ? "inContextOf" : "supportedBy", element->key);
    }
    enum fb_code code = FB_OK;
    for (int i = 0; code == FB_OK && i < LIST_COUNT; i++) {
        const struct fb_json *inner = fb_json_get(json, LISTS[i].name);
        bool is_list = inner && inner->kind == FB_JSON_ARRAY;
        for (const struct fb_json *item = is_list ? inner->child : NULL; code == FB_OK && item;
             item = item->next) {
            code = add_nested(l, element, item, i, err);
        }
    }
    return code != FB_OK || is_known ? code : add_words(l, element, json, err);
}

/* An element of a list beside others, without its place in the argument. */
static enum fb_code add_element(
    struct lists *l, const struct fb_json *json, int list, struct fb_err *err)
{
    struct fb_str id = fb_json_get_str(json, "id");
    if (json->kind == FB_JSON_OBJECT && is_nested(json)) {
        return add_nested(l, NULL, json, list, err);
    }
    if (json->kind != FB_JSON_OBJECT || id.len == 0) {
        return refuse(l, json, FB_E_SCHEMA, FB_STR("an element"), "has no id", err);
    }
    if (fb_map_has(&l->elements, id)) {
        return refuse(l, json, FB_E_DUPLICATE, id, "stands twice", err);
    }
    enum fb_code code = fb_map_put(&l->names, id, NULL, err);
    return code != FB_OK ? code : add_named(l, json, id, LISTS[list].kind, false, err);
}

/* Puts an element below the one that it names; context without a parent is the first goal's. */
static enum fb_code place(struct lists *l, const struct fb_json *json, int list, struct fb_err *err)
{
    struct fb_str id = fb_json_get_str(json, "id"), parent = {NULL, 0};
    bool context = LISTS[list].kind == FB_ELEMENT_CONTEXT;
    if (is_nested(json)) {
        return FB_OK;
    }
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
    struct fb_yaml *about = fb_yaml_add(&l->b, l->root, FB_STR("module"), FB_YAML_MAP);
    struct fb_str name = fb_json_get_str(top, "name");
    fb_yaml_add_text(&l->b, about, "name", name.len ? name : FB_STR("case"));
    fb_yaml_add_text(&l->b, about, "brief", fb_json_get_str(top, "description"));
    struct fb_yaml *tea = fb_yaml_add(&l->b, about, FB_STR("tea"), FB_YAML_MAP);
    for (const struct fb_json *m = top->child; m; m = m->next) {
        bool told = fb_str_is(m->key, "name") || fb_str_is(m->key, "description");
        if (!told && list_named(m->key) == LIST_COUNT) {
            keep(l, tea, m);
        }
    }
}

/* Goes through all lists, first to add elements, then to place them. */
static enum fb_code walk(
    struct lists *l, const struct fb_json *top, bool placing, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (int i = 0; i < LIST_COUNT; i++) {
        const struct fb_json *list = fb_json_get(top, LISTS[i].name);
        if (list && list->kind != FB_JSON_ARRAY) {
            return refuse(
                l, list, FB_E_SCHEMA, fb_str_of(LISTS[i].name), "is no list of elements", err);
        }
        for (const struct fb_json *item = list ? list->child : NULL; code == FB_OK && item;
             item = item->next) {
            code = (placing ? place : add_element)(l, item, i, err);
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
    fb_map_init(&l.names);
    fb_map_init(&l.seen);
    fb_map_init(&l.refs);
    l.root = fb_yaml_add(&l.b, NULL, FB_STR(""), FB_YAML_MAP);
    add_module(&l, top);
    enum fb_code code = walk(&l, top, false, err);
    code = code ? code : walk(&l, top, true, err);
    fb_map_release(&l.elements);
    fb_map_release(&l.names);
    fb_map_release(&l.seen);
    fb_map_release(&l.refs);
    code = code == FB_OK && l.b.failed ? fb_arena_failed(arena, err) : code;
    if (code == FB_OK) {
        *out = l.root;
    }
    return code;
}

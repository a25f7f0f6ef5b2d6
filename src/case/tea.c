/* tea.c: the JSON of the TEA platform, version 1.0: a tree. Templates, with lists of elements, are
 * read in tea_lists.c; they are written as a tree. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "case/formats.h"

enum { DEPTH_MAX = 2000, JSON_DEPTH = 4096 };

static const struct {
    const char *type;
    enum fb_element_kind kind;
    const char *symbol;
} TYPES[] = {
    {"GOAL", FB_ELEMENT_GOAL, NULL},
    {"PROPERTY_CLAIM", FB_ELEMENT_GOAL, NULL},
    {"STRATEGY", FB_ELEMENT_STRATEGY, NULL},
    {"EVIDENCE", FB_ELEMENT_SOLUTION, NULL},
    {"CONTEXT", FB_ELEMENT_CONTEXT, NULL},
    {"ASSUMPTION", FB_ELEMENT_ASSUMPTION, NULL},
    {"JUSTIFICATION", FB_ELEMENT_JUSTIFICATION, NULL},
    {"MODULE", FB_ELEMENT_GOAL, "module"},
    {"CONTRACT", FB_ELEMENT_GOAL, "contract"},
    {"AWAY_GOAL", FB_ELEMENT_GOAL, NULL},
};
enum { TYPE_COUNT = sizeof(TYPES) / sizeof(TYPES[0]) };

/* An element while it is read. */
struct item {
    const struct fb_json *json;
    struct fb_str name; /* in the tree */
    struct item *next;
    const struct fb_json *children; /* an array, in a tree */
    struct fb_yaml *element;        /* what became of it */
};

struct reading {
    const struct fb_doc_file *file;
    struct fb_arena *arena;
    struct fb_yaml_builder b;
    struct fb_yaml *root;
    struct fb_map names;
    struct fb_map items; /* TEA's id to struct item */
    struct fb_map refs;  /* what stands in lists */
    struct item *first;
    struct item *last;
    size_t count;
};

static enum fb_code refuse(const struct reading *r, const struct fb_json *at, enum fb_code code,
    const char *message, struct fb_err *err)
{
    (void)fb_err_set(err, code, "%s", message);
    fb_err_place(err, r->file->path, 0, 0, -1);
    return fb_json_err_at(err, at);
}

static size_t type_of(const struct fb_json *json)
{
    struct fb_str type = fb_json_get_str(json, "type");
    type = type.len > 0 ? type : fb_json_get_str(json, "elementType");
    size_t at = 0;
    while (at < TYPE_COUNT && !fb_str_is(type, TYPES[at].type)) {
        at++;
    }
    return at;
}

/* "G1", "PC1.2": one to three capitals and a number. */
static bool is_short_id(struct fb_str text)
{
    size_t letters = 0, number = 0;
    while (letters < text.len && text.ptr[letters] >= 'A' && text.ptr[letters] <= 'Z') {
        letters++;
    }
    while (letters + number < text.len && text.ptr[letters + number] != '\0' &&
           strchr("0123456789.", text.ptr[letters + number])) {
        number++;
    }
    return letters >= 1 && letters <= 3 && number >= 1 && letters + number == text.len;
}

/* Gives an element its name: the one it has, else its id. Of trees that were made of lists the ids
 * are what people call elements by, and the names are headings. */
static enum fb_code add_item(
    struct reading *r, const struct fb_json *json, struct item **out, struct fb_err *err)
{
    struct fb_str id = fb_json_get_str(json, "id"), name = fb_json_get_str(json, "name");
    if (json->kind != FB_JSON_OBJECT || id.len == 0) {
        (void)refuse(r, json, FB_E_SCHEMA, "an element has no id", err);
        return fb_err_hint(err, "Each is an object with \"id\", \"type\" and \"children\".");
    }
    if (type_of(json) == TYPE_COUNT) {
        (void)refuse(r, json, FB_E_SCHEMA, "an element has no type that is known", err);
        return fb_err_hint(err, "GOAL, STRATEGY, PROPERTY_CLAIM, EVIDENCE, CONTEXT, ASSUMPTION, "
                                "JUSTIFICATION, MODULE, AWAY_GOAL and CONTRACT are.");
    }
    *out = fb_map_get(&r->items, id);
    if (*out) {
        return FB_OK;
    }
    if (r->count++ == FB_CASE_ELEMENTS_MAX) {
        return refuse(r, json, FB_E_LIMIT, "the case has more than 100,000 elements", err);
    }
    struct item *item = FB_ARENA_NEW(r->arena, struct item);
    if (!item) {
        return fb_arena_failed(r->arena, err);
    }
    item->json = json;
    bool plain = name.len > 0 && name.len <= 80 && fb_str_find(name, '\n', 0) == name.len &&
                 fb_str_eq(fb_str_trim(name), name) && !fb_str_is(name, "module") &&
                 (is_short_id(name) || !is_short_id(id));
    item->name = fb_case_fresh_name(&r->names, r->arena, plain ? name : id, err);
    if (!item->name.ptr) {
        return err->code;
    }
    if (r->last) {
        r->last->next = item;
    } else {
        r->first = item;
    }
    r->last = item;
    *out = item;
    return fb_map_put(&r->items, id, item, err);
}

/* All elements of a tree, parents first. An element that stands twice is read where it has
 * children. */
static enum fb_code collect(
    struct reading *r, const struct fb_json *json, uint32_t depth, struct fb_err *err)
{
    struct item *item = NULL;
    enum fb_code code = add_item(r, json, &item, err);
    if (code != FB_OK) {
        return code;
    }
    if (depth == DEPTH_MAX) {
        return refuse(r, json, FB_E_LIMIT, "elements are nested deeper than 2,000 levels", err);
    }
    const struct fb_json *children = fb_json_get(json, "children");
    if (children && children->kind != FB_JSON_ARRAY) {
        return refuse(r, children, FB_E_SCHEMA, "children are not a list", err);
    }
    if (!item->children || item->children->count == 0) {
        item->children = children;
        item->json = json;
    }
    for (const struct fb_json *child = children ? children->child : NULL; code == FB_OK && child;
         child = child->next) {
        code = collect(r, child, depth + 1, err);
    }
    return code;
}

static bool is_context(size_t type)
{
    return TYPES[type].kind == FB_ELEMENT_CONTEXT || TYPES[type].kind == FB_ELEMENT_ASSUMPTION ||
           TYPES[type].kind == FB_ELEMENT_JUSTIFICATION;
}

static bool is_defeater(const struct fb_json *json)
{
    const struct fb_json *flag = fb_json_get(json, "isDefeater");
    return flag && flag->kind == FB_JSON_TRUE;
}

static void add_ref(struct reading *r, struct fb_yaml *element, const char *key, struct fb_str name)
{
    fb_case_add_ref(&r->b, &r->refs, element, key, name);
}

/* Whether something below an element speaks for it; evidence with support is a claim in GSN. */
static bool has_support(const struct item *item)
{
    for (const struct fb_json *child = item->children ? item->children->child : NULL; child;
         child = child->next) {
        size_t type = type_of(child);
        if (type < TYPE_COUNT && !is_context(type) && !is_defeater(child)) {
            return true;
        }
    }
    return false;
}

static enum fb_element_kind kind_of(const struct item *item)
{
    enum fb_element_kind kind = TYPES[type_of(item->json)].kind;
    if (kind != FB_ELEMENT_STRATEGY && has_support(item)) {
        kind = FB_ELEMENT_GOAL;
    }
    if (is_defeater(item->json)) {
        kind = kind == FB_ELEMENT_SOLUTION ? FB_ELEMENT_COUNTER_SOLUTION : FB_ELEMENT_COUNTER_GOAL;
    }
    return kind;
}

/* Texts that TEA keeps inside an element, as context of their own. */
static enum fb_code add_inner(struct reading *r, struct fb_yaml *element, const struct item *item,
    const char *key, struct fb_err *err)
{
    const struct fb_json *value = fb_json_get(item->json, key);
    const struct fb_json *one = value && value->kind == FB_JSON_ARRAY ? value->child : value;
    enum fb_element_kind kind = key[0] == 'c'   ? FB_ELEMENT_CONTEXT
                                : key[0] == 'a' ? FB_ELEMENT_ASSUMPTION
                                                : FB_ELEMENT_JUSTIFICATION;
    for (int number = 1; one; one = value->kind == FB_JSON_ARRAY ? one->next : NULL, number++) {
        if (one->kind != FB_JSON_STRING || one->text.len == 0) {
            continue;
        }
        struct fb_str wanted = fb_arena_printf(
            r->arena, "%.*s-%c%d", FB_STR_ARG(item->name), key[0] - 'a' + 'A', number);
        struct fb_str name =
            wanted.ptr ? fb_case_fresh_name(&r->names, r->arena, wanted, err) : wanted;
        if (!name.ptr) {
            return fb_arena_failed(r->arena, err);
        }
        r->b.line = one->place.line;
        r->b.offset = (size_t)one->place.offset;
        struct fb_yaml *inner = fb_yaml_add(&r->b, r->root, name, FB_YAML_MAP);
        fb_case_add_kind(&r->b, inner, kind);
        if (inner) {
            fb_yaml_add_text(&r->b, inner, "text", one->text);
            struct fb_yaml *tea = fb_yaml_add(&r->b, inner, FB_STR("tea"), FB_YAML_MAP);
            if (tea) {
                fb_yaml_add_text(&r->b, tea, "inside", fb_str_of(key));
            }
            add_ref(r, element, "inContextOf", name);
        }
    }
    return FB_OK;
}

static bool is_told(const char *const *keys, struct fb_str key)
{
    for (size_t i = 0; keys[i]; i++) {
        if (fb_str_is(key, keys[i])) {
            return true;
        }
    }
    return false;
}

/* What the native format has no key for. */
static void add_rest(struct reading *r, struct fb_yaml *element, const struct item *item)
{
    static const char *const TOLD[] = {"description", "children", "parentId", NULL};
    struct fb_yaml *tea = fb_yaml_add(&r->b, element, FB_STR("tea"), FB_YAML_MAP);
    for (const struct fb_json *m = item->json->child; tea && m; m = m->next) {
        bool text = m->kind == FB_JSON_STRING && m->text.len > 0;
        bool list = m->kind == FB_JSON_ARRAY && m->count > 0;
        bool inner =
            (text && (fb_str_is(m->key, "assumption") || fb_str_is(m->key, "justification") ||
                         fb_str_is(m->key, "url"))) ||
            (list && fb_str_is(m->key, "context")) ||
            (text && fb_str_is(m->key, "name") && fb_str_eq(m->text, item->name));
        if (!is_told(TOLD, m->key) && !inner) {
            struct fb_str key = fb_arena_printf(r->arena, "%.*s", FB_STR_ARG(m->key));
            r->b.failed = r->b.failed || !key.ptr;
            if (key.ptr) {
                fb_case_add_json(&r->b, tea, key.ptr, m);
            }
        }
    }
}

static enum fb_code add_element(
    struct reading *r, const struct item *item, struct fb_yaml *element, struct fb_err *err)
{
    size_t type = type_of(item->json);
    enum fb_element_kind kind = kind_of(item);
    struct fb_str text = fb_json_get_str(item->json, "description");
    struct fb_str url = fb_json_get_str(item->json, "url");
    fb_case_add_kind(&r->b, element, kind);
    if (text.len > 0) {
        fb_yaml_add_text(&r->b, element, "text", text);
    }
    if (url.len > 0) {
        fb_yaml_add_text(&r->b, element, "url", url);
    }
    if (TYPES[type].symbol) {
        fb_yaml_add_text(&r->b, element, "symbol", fb_str_of(TYPES[type].symbol));
    }
    if (fb_str_is(fb_str_of(TYPES[type].type), "AWAY_GOAL")) {
        struct fb_str module = fb_json_get_str(item->json, "moduleReferenceId");
        fb_yaml_add_text(&r->b, element, "away", module.len ? module : FB_STR("elsewhere"));
    }
    for (const struct fb_json *child = item->children ? item->children->child : NULL; child;
         child = child->next) {
        const struct item *to = fb_map_get(&r->items, fb_json_get_str(child, "id"));
        FB_ASSERT(to);
        enum fb_element_kind of = kind_of(to);
        if (is_defeater(to->json)) {
            continue;
        }
        bool context = of == FB_ELEMENT_CONTEXT || of == FB_ELEMENT_ASSUMPTION ||
                       of == FB_ELEMENT_JUSTIFICATION;
        add_ref(r, element, context ? "inContextOf" : "supportedBy", to->name);
    }
    enum fb_code code = add_inner(r, element, item, "context", err);
    code = code != FB_OK ? code : add_inner(r, element, item, "assumption", err);
    code = code != FB_OK ? code : add_inner(r, element, item, "justification", err);
    add_rest(r, element, item);
    return code;
}

/* A defeater challenges what it names, else what it stands below, wherever it stands. One is
 * written as gsn2x reads it, several are a list. */
static enum fb_code add_challenges(struct reading *r, const struct item *parent, struct fb_err *err)
{
    for (const struct fb_json *child = parent->children ? parent->children->child : NULL; child;
         child = child->next) {
        const struct item *by = fb_map_get(&r->items, fb_json_get_str(child, "id"));
        struct fb_yaml *element = by ? by->element : NULL;
        if (!element || !is_defeater(by->json)) {
            continue;
        }
        struct fb_str id = fb_json_get_str(child, "defeatsElementId");
        const struct item *named = fb_map_get(&r->items, id);
        if (id.len > 0 && !named) {
            return refuse(r, fb_json_get(child, "defeatsElementId"), FB_E_REFERENCE,
                "'defeatsElementId' names an element that does not exist", err);
        }
        add_ref(r, element, "challenges", named ? named->name : parent->name);
    }
    return FB_OK;
}

/* A list of one as the one. */
static void unwrap(struct fb_yaml *element)
{
    struct fb_yaml *list = (struct fb_yaml *)fb_yaml_get(element, "challenges");
    if (list && list->kind == FB_YAML_LIST && list->count == 1) {
        const struct fb_yaml only = *list->child;
        list->kind = FB_YAML_SCALAR;
        list->text = only.text;
        list->child = list->last = NULL;
        list->count = 0;
    }
}

static enum fb_code make_tree(struct reading *r, const struct fb_json *top, struct fb_err *err)
{
    static const char *const TOLD[] = {"tree", "case", "elements", "evidenceLinks", NULL};
    r->root = fb_yaml_add(&r->b, NULL, FB_STR(""), FB_YAML_MAP);
    struct fb_yaml *about =
        r->root ? fb_yaml_add(&r->b, r->root, FB_STR("module"), FB_YAML_MAP) : NULL;
    const struct fb_json *of = fb_json_get(top, "case");
    if (about) {
        struct fb_str name = fb_json_get_str(of, "name"),
                      brief = fb_json_get_str(of, "description");
        fb_yaml_add_text(&r->b, about, "name", name.len ? name : FB_STR("case"));
        fb_yaml_add_text(&r->b, about, "brief", brief);
        struct fb_yaml *tea = fb_yaml_add(&r->b, about, FB_STR("tea"), FB_YAML_MAP);
        for (const struct fb_json *m = top->child; tea && m; m = m->next) {
            if (!is_told(TOLD, m->key)) {
                struct fb_str key = fb_arena_printf(r->arena, "%.*s", FB_STR_ARG(m->key));
                r->b.failed = r->b.failed || !key.ptr;
                if (key.ptr) {
                    fb_case_add_json(&r->b, tea, key.ptr, m);
                }
            }
        }
    }
    enum fb_code code = FB_OK;
    for (struct item *item = r->first; code == FB_OK && item; item = item->next) {
        r->b.line = item->json->place.line;
        r->b.offset = (size_t)item->json->place.offset;
        struct fb_yaml *element = fb_yaml_add(&r->b, r->root, item->name, FB_YAML_MAP);
        item->element = element;
        code = element ? add_element(r, item, element, err) : fb_arena_failed(r->arena, err);
    }
    for (const struct item *item = r->first; code == FB_OK && item; item = item->next) {
        code = add_challenges(r, item, err);
    }
    for (const struct item *item = r->first; code == FB_OK && item; item = item->next) {
        unwrap(item->element);
    }
    return code == FB_OK && r->b.failed ? fb_arena_failed(r->arena, err) : code;
}

static enum fb_code read_all(struct reading *r, struct fb_yaml **out, struct fb_err *err)
{
    struct fb_json_options options = {.depth_max = JSON_DEPTH};
    struct fb_json *top = NULL;
    enum fb_code code = fb_json_parse(r->file->text, r->file->path, &options, r->arena, &top, err);
    if (code != FB_OK) {
        return code;
    }
    const struct fb_json *tree = fb_json_get(top, "tree");
    if (!tree && fb_tea_is_lists(top)) {
        return fb_tea_read_lists(r->file, top, r->arena, out, err);
    }
    if (!tree) {
        (void)refuse(r, top, FB_E_FORMAT, "this JSON holds no 'tree' of a case", err);
        return fb_err_hint(err, "The TEA platform exports a 'tree'; its templates have 'goals'.");
    }
    code = collect(r, tree, 0, err);
    code = code != FB_OK ? code : make_tree(r, top, err);
    if (code == FB_OK) {
        *out = r->root;
    }
    return code;
}

enum fb_code fb_tea_read(const struct fb_doc_file *file, struct fb_arena *arena,
    struct fb_yaml **out, struct fb_err *err)
{
    FB_ASSERT(file && arena && out && err);
    struct reading r = {.file = file, .arena = arena, .b = {.arena = arena}};
    fb_map_init(&r.names);
    fb_map_init(&r.items);
    fb_map_init(&r.refs);
    enum fb_code code = read_all(&r, out, err);
    fb_map_release(&r.names);
    fb_map_release(&r.items);
    fb_map_release(&r.refs);
    return code;
}

/* Writing. */
struct challenger {
    uint32_t by;
    uint32_t next; /* against the same element: the next entry, + 1 */
};

struct writing {
    const struct fb_doc *doc;
    struct fb_json_writer w;
    uint8_t *written;
    uint32_t *first_challenger; /* of each element: the first entry of `challengers`, + 1 */
    struct challenger *challengers;
    struct fb_err *err;
};

/* An id in the form of a UUID (version 8, RFC 9562) that follows from an element's own id. */
static void add_uuid(struct writing *w, const char *key, struct fb_str id)
{
    uint64_t a = 14695981039346656037u, b = 1099511628211u;
    for (size_t i = 0; i < id.len; i++) {
        a = (a ^ (unsigned char)id.ptr[i]) * 1099511628211u;
        b = (b ^ (unsigned char)id.ptr[id.len - 1 - i]) * 14695981039346656037u + i;
    }
    char text[40];
    (void)snprintf(text, sizeof(text), "%08llx-%04llx-8%03llx-%04llx-%012llx",
        (unsigned long long)(a >> 32), (unsigned long long)(a >> 16 & 0xffff),
        (unsigned long long)(a & 0xfff), (unsigned long long)(0x8000 | (b >> 48 & 0x3fff)),
        (unsigned long long)(b & 0xffffffffffff));
    fb_json_key_c(&w->w, key, text);
}

static const struct fb_yaml *kept(const struct fb_doc_element *e, const char *key)
{
    return fb_yaml_get(fb_doc_member(e, "tea"), key);
}

static void add_id(struct writing *w, const char *key, const struct fb_doc_element *e)
{
    const struct fb_yaml *id = kept(e, "id");
    if (id) {
        fb_json_key_str(&w->w, key, id->text);
    } else {
        add_uuid(w, key, e->id);
    }
}

static const char *type_word(const struct fb_doc_element *e, bool top)
{
    const struct fb_yaml *symbol = fb_doc_member(e, "symbol");
    switch (e->has_kind ? e->kind : FB_ELEMENT_GOAL) {
    case FB_ELEMENT_GOAL:
    case FB_ELEMENT_COUNTER_GOAL:
        return symbol && fb_str_is(symbol->text, "module")     ? "MODULE"
               : symbol && fb_str_is(symbol->text, "contract") ? "CONTRACT"
               : fb_doc_member(e, "away")                      ? "AWAY_GOAL"
               : top                                           ? "GOAL"
                                                               : "PROPERTY_CLAIM";
    case FB_ELEMENT_STRATEGY:
        return "STRATEGY";
    case FB_ELEMENT_SOLUTION:
    case FB_ELEMENT_COUNTER_SOLUTION:
        return "EVIDENCE";
    case FB_ELEMENT_CONTEXT:
        return "CONTEXT";
    case FB_ELEMENT_ASSUMPTION:
        return "ASSUMPTION";
    case FB_ELEMENT_JUSTIFICATION:
        return "JUSTIFICATION";
    }
    return "GOAL";
}

static const char *inside(const struct fb_doc_element *e, const char *key)
{
    const struct fb_yaml *where = kept(e, "inside");
    return where && fb_str_is(where->text, key) ? key : NULL;
}

/* Context that TEA keeps inside its element. */
static void add_inner_json(struct writing *w, const struct fb_doc_element *e, const char *key)
{
    bool list = strcmp(key, "context") == 0, open = false;
    for (size_t i = 0; i < e->context.count; i++) {
        uint32_t to = fb_doc_find(w->doc, e->context.items[i].name);
        if (to == FB_DOC_NONE || !inside(&w->doc->elements[to], key)) {
            continue;
        }
        if (!list) {
            fb_json_key_str(&w->w, key, w->doc->elements[to].text);
            w->written[to] = 1;
            return;
        }
        if (!open) {
            fb_json_key(&w->w, key);
            fb_json_open_array(&w->w);
            open = true;
        }
        fb_json_str(&w->w, w->doc->elements[to].text);
        w->written[to] = 1;
    }
    if (open) {
        fb_json_close_array(&w->w);
    }
}

static void add_kept(struct writing *w, const struct fb_doc_element *e)
{
    static const char *const TOLD[] = {"id", "type", "elementType", "name", "inSandbox", "inside",
        "isDefeater", "defeatsElementId", NULL};
    const struct fb_yaml *tea = fb_doc_member(e, "tea");
    for (const struct fb_yaml *m = tea && tea->kind == FB_YAML_MAP ? tea->child : NULL; m;
         m = m->next) {
        bool given = (fb_str_is(m->key, "url") && e->url.len > 0);
        if (!is_told(TOLD, m->key) && !given && m->key.len < 200) {
            char key[256];
            (void)snprintf(key, sizeof(key), "%.*s", FB_STR_ARG(m->key));
            fb_json_key(&w->w, key);
            fb_case_put_json(&w->w, m);
        }
    }
}

static enum fb_code add_node(struct writing *w, uint32_t at, uint32_t depth, uint32_t defeats);

static enum fb_code add_children(struct writing *w, uint32_t at, uint32_t depth)
{
    const struct fb_doc_element *e = &w->doc->elements[at];
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < e->supported_by.count + e->context.count; i++) {
        bool context = i >= e->supported_by.count;
        const struct fb_doc_ref *ref =
            context ? &e->context.items[i - e->supported_by.count] : &e->supported_by.items[i];
        uint32_t to = fb_doc_find(w->doc, ref->name);
        if (to == FB_DOC_NONE) {
            (void)fb_err_set(w->err, FB_E_REFERENCE,
                "'%.*s' refers to '%.*s', which does not exist", FB_STR_ARG(e->id),
                FB_STR_ARG(ref->name));
            return fb_doc_err_at(w->doc, &ref->place, w->err);
        }
        if (!kept(&w->doc->elements[to], "inside")) {
            code = add_node(w, to, depth + 1, FB_DOC_NONE);
        }
    }
    for (uint32_t i = w->first_challenger[at]; code == FB_OK && i > 0;
         i = w->challengers[i - 1].next) {
        code = add_node(w, w->challengers[i - 1].by, depth + 1, at);
    }
    return code;
}

static enum fb_code add_node(struct writing *w, uint32_t at, uint32_t depth, uint32_t defeats)
{
    const struct fb_doc_element *e = &w->doc->elements[at];
    const struct fb_yaml *type = kept(e, "type"), *name = kept(e, "name");
    const struct fb_yaml *sandbox = kept(e, "inSandbox");
    if (depth == DEPTH_MAX) {
        (void)fb_err_set(
            w->err, FB_E_LIMIT, "'%.*s' stands deeper than 2,000 levels", FB_STR_ARG(e->id));
        return fb_doc_err_at(w->doc, &e->place, w->err);
    }
    bool again = w->written[at];
    w->written[at] = 1;
    fb_json_open_object(&w->w);
    add_id(w, "id", e);
    if (type) {
        fb_json_key_str(&w->w, "type", type->text);
    } else {
        fb_json_key_c(&w->w, "type", type_word(e, depth == 0));
    }
    fb_json_key(&w->w, "name");
    if (name) {
        fb_case_put_json(&w->w, name);
    } else {
        fb_json_str(&w->w, e->id);
    }
    fb_json_key_str(&w->w, "description", e->text);
    fb_json_key_bool(&w->w, "inSandbox", sandbox && fb_str_is(sandbox->text, "true"));
    if (!type && depth == 0) {
        fb_json_key_c(&w->w, "role", "TOP_LEVEL");
    }
    if (e->url.len > 0) {
        fb_json_key_str(&w->w, "url", e->url);
    }
    add_kept(w, e);
    add_inner_json(w, e, "assumption");
    add_inner_json(w, e, "justification");
    add_inner_json(w, e, "context");
    if (defeats != FB_DOC_NONE || kept(e, "isDefeater")) {
        fb_json_key_bool(&w->w, "isDefeater", true);
        if (defeats != FB_DOC_NONE && (!type || kept(e, "defeatsElementId"))) {
            add_id(w, "defeatsElementId", &w->doc->elements[defeats]);
        }
    }
    fb_json_key(&w->w, "children");
    fb_json_open_array(&w->w);
    enum fb_code code = again ? FB_OK : add_children(w, at, depth);
    fb_json_close_array(&w->w);
    fb_json_close_object(&w->w);
    return code;
}

/* The one element that nothing refers to. */
static enum fb_code find_top(
    const struct fb_doc *doc, const uint8_t *used, uint32_t *out, struct fb_err *err)
{
    *out = FB_DOC_NONE;
    for (uint32_t i = 0; i < doc->element_count; i++) {
        if (used[i]) {
            continue;
        }
        if (*out != FB_DOC_NONE) {
            (void)fb_err_set(err, FB_E_UNSUPPORTED, "'%.*s' stands at the top beside '%.*s'",
                FB_STR_ARG(doc->elements[i].id), FB_STR_ARG(doc->elements[*out].id));
            (void)fb_err_hint(
                err, "TEA knows cases with one top; let one goal be supported by all.");
            return fb_doc_err_at(doc, &doc->elements[i].place, err);
        }
        *out = i;
    }
    if (*out == FB_DOC_NONE) {
        return fb_err_set(err, FB_E_SYNTAX, "the case has no top goal");
    }
    return FB_OK;
}

static void mark_used(const struct fb_doc *doc, uint8_t *used)
{
    for (size_t i = 0; i < doc->element_count; i++) {
        const struct fb_doc_element *e = &doc->elements[i];
        for (size_t k = 0; k < e->supported_by.count + e->context.count; k++) {
            size_t c = k - e->supported_by.count;
            uint32_t to = fb_doc_find(doc, k < e->supported_by.count ? e->supported_by.items[k].name
                                                                     : e->context.items[c].name);
            if (to != FB_DOC_NONE) {
                used[to] = 1;
            }
        }
        used[i] = used[i] || e->challenges.count > 0;
    }
}

/* Who challenges each element, in the order of the file. TEA knows no challenge of a relation: it
 * becomes one of the element that the relation leads to. */
static bool index_challengers(struct writing *w, struct fb_arena *arena)
{
    const struct fb_doc *doc = w->doc;
    size_t count = 0;
    for (size_t i = 0; i < doc->element_count; i++) {
        count += doc->elements[i].challenges.count;
    }
    w->challengers = FB_ARENA_ARRAY(arena, struct challenger, count);
    w->first_challenger = FB_ARENA_ARRAY(arena, uint32_t, doc->element_count);
    if (!w->challengers || !w->first_challenger) {
        return false;
    }
    count = 0;
    for (uint32_t i = (uint32_t)doc->element_count; i-- > 0;) {
        const struct fb_doc_refs *refs = &doc->elements[i].challenges;
        for (size_t k = refs->count; k-- > 0;) {
            const struct fb_doc_ref *ref = &refs->items[k];
            uint32_t of = fb_doc_find(doc, ref->is_relation ? ref->second : ref->name);
            if (of != FB_DOC_NONE) {
                w->challengers[count] = (struct challenger){i, w->first_challenger[of]};
                w->first_challenger[of] = (uint32_t)++count;
            }
        }
    }
    return true;
}

static void add_head(struct writing *w)
{
    const struct fb_yaml *about = w->doc->modules[0].about;
    const struct fb_yaml *tea = fb_yaml_get(about, "tea");
    const struct fb_yaml *name = fb_yaml_get(about, "name"), *brief = fb_yaml_get(about, "brief");
    if (!fb_yaml_get(tea, "version")) {
        fb_json_key_c(&w->w, "version", "1.0");
        fb_json_key_c(&w->w, "exportedAt", "1970-01-01T00:00:00.000Z");
    }
    for (const struct fb_yaml *m = tea && tea->kind == FB_YAML_MAP ? tea->child : NULL; m;
         m = m->next) {
        char key[256];
        (void)snprintf(
            key, sizeof(key), "%.*s", (int)(m->key.len < 200 ? m->key.len : 200), m->key.ptr);
        fb_json_key(&w->w, key);
        fb_case_put_json(&w->w, m);
    }
    fb_json_key(&w->w, "case");
    fb_json_open_object(&w->w);
    fb_json_key_str(&w->w, "name", name && name->text.len ? name->text : FB_STR("case"));
    fb_json_key_str(&w->w, "description", brief ? brief->text : FB_STR(""));
    fb_json_close_object(&w->w);
}

enum fb_code fb_tea_write(const struct fb_doc *doc, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(doc && out && err);
    struct fb_arena arena;
    fb_arena_init(&arena, (size_t)1 << 30);
    struct writing w = {.doc = doc, .err = err};
    uint8_t *used = FB_ARENA_ARRAY(&arena, uint8_t, doc->element_count);
    w.written = FB_ARENA_ARRAY(&arena, uint8_t, doc->element_count);
    uint32_t top = FB_DOC_NONE;
    bool ready = used && w.written && index_challengers(&w, &arena);
    enum fb_code code = ready ? FB_OK : fb_arena_failed(&arena, err);
    if (code == FB_OK) {
        mark_used(doc, used);
        code = find_top(doc, used, &top, err);
    }
    if (code == FB_OK) {
        fb_json_writer_init(&w.w, out, 2);
        fb_json_open_object(&w.w);
        add_head(&w);
        fb_json_key(&w.w, "tree");
        code = add_node(&w, top, 0, FB_DOC_NONE);
        fb_json_close_object(&w.w);
        fb_buf_add_char(out, '\n');
    }
    fb_arena_release(&arena);
    return code != FB_OK ? code : fb_buf_check(out, "case", err);
}

/* ltac_tree.c: lines of LTAC to the tree of a case, and back. */
#include <ctype.h>
#include <string.h>

#include "base/assert.h"
#include "case/formats.h"
#include "case/ltac.h"

struct making {
    const struct fb_ltac *ltac;
    const struct fb_doc_file *file;
    struct fb_yaml_builder b;
    struct fb_yaml *root;
    struct fb_map declared; /* name to its node, + 1 */
    struct fb_map cited;    /* name to its first citation, + 1 */
    struct fb_map anchors;  /* what pages call an element, to its name */
    struct fb_map counters; /* names of elements, and of the counter goals that relations become */
    uint32_t *child;        /* of each node: its first child */
    uint32_t *next;         /* of each node: the next of the same parent */
    uint32_t *linked;       /* of each element: the first line that means it */
    uint32_t *next_linked;  /* of each line: the next that means the same */
    uint32_t *seen;         /* of each element: the stamp of the last list that it stands in */
    uint32_t stamp;
    enum fb_element_kind *kinds; /* of each line that is an element */
    struct fb_arena *arena;
};

static enum fb_code refuse(
    const struct making *m, uint32_t at, enum fb_code code, const char *message, struct fb_err *err)
{
    const struct fb_ltac_node *node = &m->ltac->nodes[at];
    (void)fb_err_set(err, code, "'%.*s' %s", FB_STR_ARG(node->name), message);
    return fb_yaml_err_at(err, m->file->text, m->file->path, node->line, node->offset);
}

static uint32_t found(const struct fb_map *map, struct fb_str name)
{
    uintptr_t at = (uintptr_t)fb_map_get(map, name);
    return at == 0 ? FB_LTAC_NONE : (uint32_t)(at - 1);
}

/* What pages that are made of the lines call an element: letters, digits and single hyphens. */
static struct fb_str anchor_of(const struct making *m, const struct fb_ltac_node *node)
{
    const char *type = fb_ltac_type_name(node->type);
    size_t len = 0, size = strlen(type) + 1 + node->name.len;
    char *out = fb_arena_alloc(m->arena, size + 1);
    for (size_t i = 0; out && i < size; i++) {
        size_t t = strlen(type);
        char c = i < t ? type[i] : i == t ? ' ' : node->name.ptr[i - t - 1];
        bool hyphen = c == ' ' || c == '-' || c == '\t';
        bool kept = isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
        if (hyphen && len > 0 && out[len - 1] != '-') {
            out[len++] = '-';
        } else if (kept) {
            out[len++] = (char)tolower((unsigned char)c);
        }
    }
    while (out && len > 0 && out[len - 1] == '-') {
        len--;
    }
    return (struct fb_str){out, len};
}

static enum fb_code check_status(const struct making *m, uint32_t at, struct fb_err *err)
{
    static const char *const STATUS[] = {
        "asserted", "needssupport", "assumed", "axiomatic", "defeated"};
    const struct fb_ltac_node *node = &m->ltac->nodes[at];
    size_t count = 0;
    for (size_t i = 0; i < sizeof(STATUS) / sizeof(STATUS[0]); i++) {
        bool implied = i == 2 && node->type == FB_LTAC_ASSUMPTION;
        count += implied || fb_ltac_has(node, STATUS[i]);
    }
    return count < 2
               ? FB_OK
               : refuse(m, at, FB_E_SCHEMA, "has two statuses that contradict each other", err);
}

static enum fb_code declare(struct making *m, uint32_t at, struct fb_err *err)
{
    const struct fb_ltac_node *node = &m->ltac->nodes[at];
    uint32_t other = found(&m->declared, node->name);
    uint32_t cited = found(&m->cited, node->name);
    if (node->type == FB_LTAC_LINK || node->type == FB_LTAC_RELATION) {
        return FB_OK;
    }
    if (fb_case_is_head(node->name)) {
        return refuse(m, at, FB_E_SCHEMA, "has a name that is kept for the head of a case", err);
    }
    uint32_t known = other != FB_LTAC_NONE ? other : cited;
    if (known != FB_LTAC_NONE && m->ltac->nodes[known].type != node->type) {
        return refuse(m, at, FB_E_SCHEMA, "is used with two types", err);
    }
    if (node->cited) {
        return cited != FB_LTAC_NONE
                   ? FB_OK
                   : fb_map_put(&m->cited, node->name, (void *)(uintptr_t)(at + 1), err);
    }
    if (other != FB_LTAC_NONE) {
        return refuse(m, at, FB_E_DUPLICATE, "is declared twice", err);
    }
    struct fb_str anchor = anchor_of(m, node);
    if (!anchor.ptr) {
        return fb_arena_failed(m->arena, err);
    }
    if (fb_map_has(&m->anchors, anchor)) {
        return refuse(m, at, FB_E_DUPLICATE, "differs from another only in signs or case", err);
    }
    enum fb_code code = fb_map_put(&m->anchors, anchor, NULL, err);
    code = code != FB_OK ? code : check_status(m, at, err);
    return code != FB_OK ? code
                         : fb_map_put(&m->declared, node->name, (void *)(uintptr_t)(at + 1), err);
}

static enum fb_code declare_all(struct making *m, struct fb_err *err)
{
    size_t count = m->ltac->count;
    uint32_t *last = FB_ARENA_ARRAY(m->arena, uint32_t, count);
    m->child = FB_ARENA_ARRAY(m->arena, uint32_t, count);
    m->next = FB_ARENA_ARRAY(m->arena, uint32_t, count);
    if (!last || !m->child || !m->next) {
        return fb_arena_failed(m->arena, err);
    }
    enum fb_code code = FB_OK;
    for (uint32_t i = 0; code == FB_OK && i < count; i++) {
        uint32_t parent = m->ltac->nodes[i].parent;
        m->child[i] = m->next[i] = FB_LTAC_NONE;
        if (parent != FB_LTAC_NONE) {
            *(m->child[parent] == FB_LTAC_NONE ? &m->child[parent] : &m->next[last[parent]]) = i;
            last[parent] = i;
        }
        code = declare(m, i, err);
    }
    for (uint32_t i = 0; code == FB_OK && i < count; i++) {
        const struct fb_ltac_node *node = &m->ltac->nodes[i];
        if (node->type == FB_LTAC_LINK && found(&m->declared, node->name) == FB_LTAC_NONE &&
            found(&m->cited, node->name) == FB_LTAC_NONE) {
            code = refuse(m, i, FB_E_REFERENCE, "is linked to and declared nowhere", err);
            (void)fb_err_hint(err, "Declare it, or correct the name.");
        }
    }
    return code;
}

/* The element that a line stands for: itself, or what it links to or cites. A relation is none. */
static uint32_t meant(const struct making *m, uint32_t at)
{
    const struct fb_ltac_node *node = &m->ltac->nodes[at];
    if (node->type == FB_LTAC_RELATION || (node->type != FB_LTAC_LINK && !node->cited)) {
        return at;
    }
    uint32_t other = found(&m->declared, node->name);
    return other != FB_LTAC_NONE ? other : found(&m->cited, node->name);
}

/* Lists, of each element, the lines that mean it; after declare_all. */
static enum fb_code link_all(struct making *m, struct fb_err *err)
{
    size_t count = m->ltac->count;
    m->linked = FB_ARENA_ARRAY(m->arena, uint32_t, count);
    m->next_linked = FB_ARENA_ARRAY(m->arena, uint32_t, count);
    m->seen = FB_ARENA_ARRAY(m->arena, uint32_t, count);
    if (!m->linked || !m->next_linked || !m->seen) {
        return fb_arena_failed(m->arena, err);
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; i < count; i++) {
        m->linked[i] = FB_LTAC_NONE;
    }
    for (uint32_t i = (uint32_t)count; code == FB_OK && i-- > 0;) {
        uint32_t to = meant(m, i);
        m->next_linked[i] = m->linked[to];
        m->linked[to] = i;
        if (m->ltac->nodes[i].type != FB_LTAC_RELATION) {
            code = fb_map_put(&m->counters, m->ltac->nodes[i].name, NULL, err);
        }
    }
    return code;
}

static bool is_counter(const struct fb_ltac_node *node)
{
    return fb_ltac_has(node, "defeater") || fb_ltac_has(node, "counter") ||
           fb_ltac_has(node, "iscounter");
}

/* Whether a line, or what it links to or cites, is an argument against what it stands below. */
static bool opposes(const struct making *m, uint32_t at)
{
    const struct fb_ltac_node *node = &m->ltac->nodes[meant(m, at)];
    bool may = node->type == FB_LTAC_CLAIM || node->type == FB_LTAC_EVIDENCE;
    return may && is_counter(node) && node->parent != FB_LTAC_NONE;
}

/* A claim that is said to need no support, and has none: it is assumed. One at the top is not. */
static bool is_assumed(const struct making *m, uint32_t at)
{
    const struct fb_ltac_node *node = &m->ltac->nodes[at];
    bool said = fb_ltac_has(node, "assumed") || fb_ltac_has(node, "axiomatic");
    if (node->type != FB_LTAC_CLAIM || node->parent == FB_LTAC_NONE || !said) {
        return false;
    }
    for (uint32_t i = m->child[at]; i != FB_LTAC_NONE; i = m->next[i]) {
        enum fb_ltac_type type = m->ltac->nodes[i].type;
        if (type <= FB_LTAC_EVIDENCE || type >= FB_LTAC_RELATION) {
            return false;
        }
    }
    return true;
}

/* Whether something below an element speaks for it. */
static bool has_support(const struct making *m, uint32_t at)
{
    for (uint32_t i = m->child[at]; i != FB_LTAC_NONE; i = m->next[i]) {
        const struct fb_ltac_node *line = &m->ltac->nodes[i];
        uint32_t to = meant(m, i);
        bool carries = line->type == FB_LTAC_RELATION
                           ? !is_counter(line) && has_support(m, i)
                           : m->ltac->nodes[to].type <= FB_LTAC_EVIDENCE && !opposes(m, to) &&
                                 !is_assumed(m, to);
        if (carries) {
            return true;
        }
    }
    return false;
}

/* The nearest element above a line. */
static uint32_t above(const struct making *m, uint32_t at)
{
    uint32_t parent = m->ltac->nodes[at].parent;
    while (parent != FB_LTAC_NONE && m->ltac->nodes[parent].type == FB_LTAC_RELATION) {
        parent = m->ltac->nodes[parent].parent;
    }
    return parent;
}

/* Whether a relation is an argument against what it stands below: it is a counter, and rests on
 * something. What is a counter itself needs no relation for that. */
static bool is_counter_relation(const struct making *m, uint32_t at)
{
    const struct fb_ltac_node *node = &m->ltac->nodes[at];
    return node->type == FB_LTAC_RELATION && is_counter(node) && above(m, at) != FB_LTAC_NONE &&
           has_support(m, at);
}

static enum fb_element_kind find_kind(const struct making *m, uint32_t at)
{
    const struct fb_ltac_node *node = &m->ltac->nodes[at];
    bool counter = opposes(m, at);
    bool support = has_support(m, at);
    switch (node->type) {
    case FB_LTAC_CLAIM:
        return counter             ? FB_ELEMENT_COUNTER_GOAL
               : is_assumed(m, at) ? FB_ELEMENT_ASSUMPTION
                                   : FB_ELEMENT_GOAL;
    case FB_LTAC_STRATEGY:
        return FB_ELEMENT_STRATEGY;
    case FB_LTAC_EVIDENCE:
        return counter && support ? FB_ELEMENT_COUNTER_GOAL
               : counter          ? FB_ELEMENT_COUNTER_SOLUTION
               : support          ? FB_ELEMENT_GOAL
                                  : FB_ELEMENT_SOLUTION;
    case FB_LTAC_JUSTIFICATION:
        return support ? FB_ELEMENT_GOAL : FB_ELEMENT_JUSTIFICATION;
    case FB_LTAC_CONTEXT:
        return support ? FB_ELEMENT_GOAL : FB_ELEMENT_CONTEXT;
    case FB_LTAC_ASSUMPTION:
        return support ? FB_ELEMENT_GOAL : FB_ELEMENT_ASSUMPTION;
    case FB_LTAC_RELATION:
    case FB_LTAC_LINK:
        break;
    }
    return FB_ELEMENT_GOAL;
}

static bool is_context_kind(enum fb_element_kind kind)
{
    return kind == FB_ELEMENT_CONTEXT || kind == FB_ELEMENT_ASSUMPTION ||
           kind == FB_ELEMENT_JUSTIFICATION;
}

static bool can_have(enum fb_element_kind kind)
{
    return kind == FB_ELEMENT_GOAL || kind == FB_ELEMENT_STRATEGY ||
           kind == FB_ELEMENT_COUNTER_GOAL;
}

/* Begins the lists of another element: nothing stands in them. */
static void begin_lists(struct making *m)
{
    m->stamp++;
}

/* Adds what a line means to a list of the element in hand, unless it stands there. */
static void add_once(struct making *m, struct fb_yaml *element, const char *key, uint32_t to)
{
    if (m->seen[to] == m->stamp) {
        return;
    }
    m->seen[to] = m->stamp;
    struct fb_yaml *list = (struct fb_yaml *)fb_yaml_get(element, key);
    if (!list) {
        list = fb_yaml_add(&m->b, element, fb_str_of(key), FB_YAML_LIST);
    }
    if (list) {
        fb_yaml_add_text(&m->b, list, "", m->ltac->nodes[to].name);
    }
}

/* The relations of an element to what stands below it. Context below what has none in GSN belongs
 * to the nearest element above that can have it; a relation is seen through. */
static void add_relations(struct making *m, uint32_t at, uint32_t of, struct fb_yaml *element)
{
    for (uint32_t i = m->child[of]; i != FB_LTAC_NONE; i = m->next[i]) {
        const struct fb_ltac_node *line = &m->ltac->nodes[i];
        if (line->type == FB_LTAC_RELATION) {
            if (!is_counter(line)) {
                add_relations(m, at, i, element);
            }
            continue;
        }
        uint32_t to = meant(m, i);
        enum fb_element_kind kind = m->kinds[to];
        m->b.line = line->line;
        m->b.offset = line->offset;
        bool counter = kind == FB_ELEMENT_COUNTER_GOAL || kind == FB_ELEMENT_COUNTER_SOLUTION;
        if (!counter) { /* else it says itself what it challenges */
            add_once(m, element, is_context_kind(kind) ? "inContextOf" : "supportedBy", to);
        }
        if (line->type != FB_LTAC_LINK && !line->cited && !can_have(kind)) {
            add_relations(m, at, i, element);
        }
    }
}

/* What a counter-argument challenges: what it stands below, and what links to it stand below. One
 * is written as gsn2x reads it, several are a list. */
static void add_challenges(struct making *m, uint32_t at, struct fb_yaml *element)
{
    struct fb_yaml *list = fb_yaml_add(&m->b, element, FB_STR("challenges"), FB_YAML_LIST);
    begin_lists(m);
    for (uint32_t i = m->linked[at]; list && i != FB_LTAC_NONE; i = m->next_linked[i]) {
        uint32_t target = above(m, i);
        if (target != FB_LTAC_NONE && target != at) {
            add_once(m, element, "challenges", target);
        }
    }
    if (list && list->count == 1) {
        struct fb_str only = list->child->text;
        *list = (struct fb_yaml){.kind = FB_YAML_SCALAR,
            .line = list->child->line,
            .offset = list->child->offset,
            .key = list->key,
            .text = only,
            .next = list->next};
    }
}

/* A relation that is a counter: a counter goal that rests on what stands below it. */
static enum fb_code add_counter_relation(struct making *m, uint32_t at, struct fb_err *err)
{
    const struct fb_ltac_node *node = &m->ltac->nodes[at];
    struct fb_str name = fb_case_fresh_name(&m->counters, m->arena, node->name, err);
    if (!name.ptr) {
        return fb_arena_failed(m->arena, err);
    }
    m->b.line = node->line;
    m->b.offset = node->offset;
    struct fb_yaml *element = fb_yaml_add(&m->b, m->root, name, FB_YAML_MAP);
    if (element) {
        fb_case_add_kind(&m->b, element, FB_ELEMENT_COUNTER_GOAL);
        if (node->id.len > 0 && node->text.len > 0) {
            fb_yaml_add_text(&m->b, element, "text", node->text);
        }
        if (node->ref.len > 0) {
            fb_yaml_add_text(&m->b, element, "url", node->ref);
        }
        fb_yaml_add_text(&m->b, element, "challenges", m->ltac->nodes[above(m, at)].name);
        fb_yaml_add_text(&m->b, element, "ltac", FB_STR("relation"));
        begin_lists(m);
        add_relations(m, at, at, element);
    }
    return FB_OK;
}

static void add_element(struct making *m, uint32_t at)
{
    const struct fb_ltac_node *node = &m->ltac->nodes[at];
    enum fb_element_kind kind = m->kinds[at], by_id = kind;
    m->b.line = node->line;
    m->b.offset = node->offset;
    struct fb_yaml *element = fb_yaml_add(&m->b, m->root, node->name, FB_YAML_MAP);
    if (!element) {
        return;
    }
    if (!fb_element_kind_of_id(node->name, &by_id) || by_id != kind) {
        fb_yaml_add_text(&m->b, element, "nodeType", fb_str_of(fb_element_kind_type(kind)));
    }
    if (node->text.len > 0) {
        fb_yaml_add_text(&m->b, element, "text", node->text);
    }
    if (node->ref.len > 0) {
        fb_yaml_add_text(&m->b, element, "url", node->ref);
    }
    if (node->cited) {
        fb_yaml_add_text(&m->b, element, "away", FB_STR("elsewhere"));
    }
    if (fb_ltac_has(node, "defeated")) {
        fb_yaml_add_plain(&m->b, element, "defeated", FB_STR("true"));
    }
    if (fb_ltac_has(node, "abstract")) {
        fb_yaml_add_plain(&m->b, element, "uninstantiated", FB_STR("true"));
    }
    bool open = can_have(kind) && kind != FB_ELEMENT_COUNTER_GOAL && !has_support(m, at);
    if (open && (fb_ltac_has(node, "needssupport") || fb_ltac_has(node, "undeveloped"))) {
        fb_yaml_add_plain(&m->b, element, "undeveloped", FB_STR("true"));
    }
    bool counter = kind == FB_ELEMENT_COUNTER_GOAL || kind == FB_ELEMENT_COUNTER_SOLUTION;
    if (counter) {
        add_challenges(m, at, element);
    }
    if (can_have(kind)) {
        begin_lists(m);
        add_relations(m, at, at, element);
    }
}

static enum fb_code find_kinds(struct making *m, struct fb_err *err)
{
    m->kinds = FB_ARENA_ARRAY(m->arena, enum fb_element_kind, m->ltac->count);
    if (!m->kinds) {
        return fb_arena_failed(m->arena, err);
    }
    for (uint32_t i = 0; i < m->ltac->count; i++) {
        m->kinds[i] = find_kind(m, i);
    }
    return FB_OK;
}

static enum fb_code make_tree(struct making *m, struct fb_yaml **out, struct fb_err *err)
{
    enum fb_code code = declare_all(m, err);
    code = code != FB_OK ? code : link_all(m, err);
    code = code != FB_OK ? code : find_kinds(m, err);
    if (code != FB_OK) {
        return code;
    }
    m->root = fb_yaml_add(&m->b, NULL, FB_STR(""), FB_YAML_MAP);
    struct fb_yaml *about =
        m->root ? fb_yaml_add(&m->b, m->root, FB_STR("module"), FB_YAML_MAP) : NULL;
    if (about) {
        struct fb_buf lines;
        fb_buf_init(&lines, 2 * FB_CASE_TEXT_MAX);
        fb_ltac_print(m->ltac, &lines);
        code = fb_buf_check(&lines, "lines of the case", err);
        fb_yaml_add_text(&m->b, about, "ltac", fb_buf_str(&lines));
        fb_buf_release(&lines);
    }
    for (uint32_t i = 0; code == FB_OK && i < m->ltac->count; i++) {
        const struct fb_ltac_node *node = &m->ltac->nodes[i];
        bool first_citation = node->cited && node->type != FB_LTAC_LINK &&
                              found(&m->declared, node->name) == FB_LTAC_NONE &&
                              found(&m->cited, node->name) == i;
        bool declared =
            node->type != FB_LTAC_LINK && node->type != FB_LTAC_RELATION && !node->cited;
        if (declared || first_citation) {
            add_element(m, i);
        } else if (is_counter_relation(m, i)) {
            code = add_counter_relation(m, i, err);
        }
    }
    if (code == FB_OK && m->b.failed) {
        code = fb_arena_failed(m->arena, err);
    }
    if (code == FB_OK) {
        *out = m->root;
    }
    return code;
}

enum fb_code fb_ltac_to_tree(const struct fb_ltac *ltac, const struct fb_doc_file *file,
    struct fb_arena *arena, struct fb_yaml **out, struct fb_err *err)
{
    FB_ASSERT(ltac && file && arena && out && err);
    struct making m = {.ltac = ltac, .file = file, .arena = arena, .b = {.arena = arena}};
    fb_map_init(&m.declared);
    fb_map_init(&m.cited);
    fb_map_init(&m.anchors);
    fb_map_init(&m.counters);
    enum fb_code code = make_tree(&m, out, err);
    fb_map_release(&m.declared);
    fb_map_release(&m.cited);
    fb_map_release(&m.anchors);
    fb_map_release(&m.counters);
    return code;
}

/* Writing. */
struct challenger {
    uint32_t by;
    uint32_t next; /* against the same element: the next entry, + 1 */
};

struct writing {
    const struct fb_doc *doc;
    struct fb_arena *arena;
    struct fb_ltac lines;
    size_t cap;
    uint8_t *written;           /* of each element */
    uint32_t *first_challenger; /* of each element: the first entry of `challengers`, + 1 */
    struct challenger *challengers;
};

static enum fb_ltac_type type_of(const struct fb_doc_element *e)
{
    switch (e->has_kind ? e->kind : FB_ELEMENT_GOAL) {
    case FB_ELEMENT_GOAL:
    case FB_ELEMENT_COUNTER_GOAL:
        return FB_LTAC_CLAIM;
    case FB_ELEMENT_STRATEGY:
        return FB_LTAC_STRATEGY;
    case FB_ELEMENT_SOLUTION:
    case FB_ELEMENT_COUNTER_SOLUTION:
        return FB_LTAC_EVIDENCE;
    case FB_ELEMENT_CONTEXT:
        return FB_LTAC_CONTEXT;
    case FB_ELEMENT_ASSUMPTION:
        return FB_LTAC_ASSUMPTION;
    case FB_ELEMENT_JUSTIFICATION:
        return FB_LTAC_JUSTIFICATION;
    }
    return FB_LTAC_CLAIM;
}

/* Text on one line. */
static struct fb_str flat(const struct writing *w, struct fb_str text)
{
    char *out = fb_arena_alloc(w->arena, text.len + 1);
    for (size_t i = 0; out && i < text.len; i++) {
        out[i] =
            text.ptr[i] == '\n' || text.ptr[i] == '\r' || text.ptr[i] == '\t' ? ' ' : text.ptr[i];
    }
    return (struct fb_str){out, out ? text.len : 0};
}

static bool add_line(struct writing *w, uint32_t element, uint32_t depth, bool link, bool counter)
{
    const struct fb_doc_element *e = &w->doc->elements[element];
    FB_ASSERT(w->lines.count < w->cap);
    struct fb_ltac_node *node = &w->lines.nodes[w->lines.count++];
    *node = (struct fb_ltac_node){.type = link ? FB_LTAC_LINK : type_of(e),
        .id = flat(w, e->id),
        .name = e->id,
        .text = link ? FB_STR("") : flat(w, e->text),
        .ref = link ? FB_STR("") : flat(w, e->url),
        .options = {"", 0},
        .before = {"", 0},
        .depth = depth};
    if (!link) {
        node->options = counter          ? FB_STR("defeater")
                        : e->undeveloped ? FB_STR("needssupport")
                                         : FB_STR("");
    }
    return node->id.ptr != NULL;
}

/* What stands below an element, and then it. Depth is bounded by FB_LTAC_DEPTH_MAX. */
struct step {
    uint32_t element;
    uint32_t depth;
    bool counter;
};

struct steps {
    struct step *items;
    size_t count;
    size_t cap;
};

static bool push(struct writing *w, struct steps *steps, struct step step)
{
    if (steps->count == steps->cap) {
        size_t cap = steps->cap ? 2 * steps->cap : 256;
        struct step *more = FB_ARENA_ARRAY(w->arena, struct step, cap);
        if (!more) {
            return false;
        }
        if (steps->count) {
            memcpy(more, steps->items, steps->count * sizeof(*more));
        }
        steps->items = more;
        steps->cap = cap;
    }
    steps->items[steps->count++] = step;
    return true;
}

static bool push_refs(
    struct writing *w, struct steps *steps, const struct fb_doc_refs *refs, uint32_t depth)
{
    for (size_t i = refs->count; i-- > 0;) {
        uint32_t to = fb_doc_find(w->doc, refs->items[i].name);
        if (to != FB_DOC_NONE && !push(w, steps, (struct step){to, depth, false})) {
            return false;
        }
    }
    return true;
}

/* Who challenges each element, or a relation that leads to it; the last of the file first. */
static bool index_challengers(struct writing *w, size_t count)
{
    const struct fb_doc *doc = w->doc;
    size_t at = 0;
    w->challengers = FB_ARENA_ARRAY(w->arena, struct challenger, count);
    w->first_challenger = FB_ARENA_ARRAY(w->arena, uint32_t, doc->element_count);
    if (!w->challengers || !w->first_challenger) {
        return false;
    }
    for (uint32_t i = 0; i < doc->element_count; i++) {
        const struct fb_doc_refs *refs = &doc->elements[i].challenges;
        for (size_t k = 0; k < refs->count; k++) {
            const struct fb_doc_ref *ref = &refs->items[k];
            uint32_t of = fb_doc_find(doc, ref->is_relation ? ref->second : ref->name);
            if (of != FB_DOC_NONE) {
                w->challengers[at] = (struct challenger){i, w->first_challenger[of]};
                w->first_challenger[of] = (uint32_t)++at;
            }
        }
    }
    return true;
}

static bool push_challengers(struct writing *w, struct steps *steps, uint32_t of, uint32_t depth)
{
    for (uint32_t at = w->first_challenger[of]; at > 0; at = w->challengers[at - 1].next) {
        if (!push(w, steps, (struct step){w->challengers[at - 1].by, depth, true})) {
            return false;
        }
    }
    return true;
}

static enum fb_code write_package(struct writing *w, uint32_t root, struct fb_err *err)
{
    struct steps steps = {NULL, 0, 0};
    bool good = push(w, &steps, (struct step){root, 0, false});
    while (good && steps.count > 0) {
        struct step step = steps.items[--steps.count];
        const struct fb_doc_element *e = &w->doc->elements[step.element];
        if (step.depth >= FB_LTAC_DEPTH_MAX) {
            (void)fb_err_set(err, FB_E_LIMIT, "'%.*s' stands deeper than LTAC allows, 1,000 levels",
                FB_STR_ARG(e->id));
            return fb_doc_err_at(w->doc, &e->place, err);
        }
        bool again = w->written[step.element];
        w->written[step.element] = 1;
        good = add_line(w, step.element, step.depth, again, step.counter);
        if (good && !again) {
            good = push_challengers(w, &steps, step.element, step.depth + 1) &&
                   push_refs(w, &steps, &e->context, step.depth + 1) &&
                   push_refs(w, &steps, &e->supported_by, step.depth + 1);
        }
    }
    return good ? FB_OK : fb_arena_failed(w->arena, err);
}

static enum fb_code write_lines(struct writing *w, struct fb_err *err)
{
    const struct fb_doc *doc = w->doc;
    size_t relations = 0, challenges = 0;
    uint8_t *used = FB_ARENA_ARRAY(w->arena, uint8_t, doc->element_count);
    w->written = FB_ARENA_ARRAY(w->arena, uint8_t, doc->element_count);
    for (size_t i = 0; used && i < doc->element_count; i++) {
        const struct fb_doc_element *e = &doc->elements[i];
        relations += e->supported_by.count + e->context.count + e->challenges.count;
        challenges += e->challenges.count;
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
    w->cap = doc->element_count + relations;
    w->lines.nodes = FB_ARENA_ARRAY(w->arena, struct fb_ltac_node, w->cap);
    if (!used || !w->written || !w->lines.nodes || !index_challengers(w, challenges)) {
        return fb_arena_failed(w->arena, err);
    }
    enum fb_code code = FB_OK;
    for (int turn = 0; turn < 2; turn++) {
        for (uint32_t i = 0; code == FB_OK && i < doc->element_count; i++) {
            if (!w->written[i] && (turn > 0 || !used[i])) {
                code = write_package(w, i, err);
            }
        }
    }
    return code;
}

/* Whether the lines that were kept still say what the document says. */
static bool still_same(const struct writing *w, const struct fb_yaml *tree)
{
    size_t count = tree->count - 1;
    if (count != w->doc->element_count) {
        return false;
    }
    for (const struct fb_yaml *was = tree->child; was; was = was->next) {
        uint32_t at = fb_doc_find(w->doc, was->key);
        if (fb_str_is(was->key, "module")) {
            continue;
        }
        if (at == FB_DOC_NONE || !fb_yaml_equal(was, w->doc->elements[at].node)) {
            return false;
        }
    }
    return true;
}

/* The lines that the module kept; false when there are none, or they are out of date. */
static bool take_kept(struct writing *w)
{
    struct fb_err ignored;
    fb_err_init(&ignored);
    const struct fb_yaml *kept =
        w->doc->module_count == 1 ? fb_yaml_get(w->doc->modules[0].about, "ltac") : NULL;
    if (!kept || kept->kind != FB_YAML_SCALAR) {
        return false;
    }
    struct fb_doc_file file = {.path = "ltac", .text = kept->text};
    struct fb_yaml *tree = NULL;
    return fb_ltac_read(kept->text, "ltac", w->arena, &w->lines, &ignored) == FB_OK &&
           fb_ltac_to_tree(&w->lines, &file, w->arena, &tree, &ignored) == FB_OK &&
           still_same(w, tree);
}

enum fb_code fb_ltac_write(const struct fb_doc *doc, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(doc && out && err);
    struct fb_arena arena;
    fb_arena_init(&arena, (size_t)1 << 30);
    struct writing w = {.doc = doc, .arena = &arena};
    enum fb_code code = FB_OK;
    if (!take_kept(&w)) {
        w.lines = (struct fb_ltac){.nodes = NULL};
        code = write_lines(&w, err);
    }
    if (code == FB_OK) {
        fb_ltac_print(&w.lines, out);
        code = fb_buf_check(out, "case", err);
    }
    fb_arena_release(&arena);
    return code;
}

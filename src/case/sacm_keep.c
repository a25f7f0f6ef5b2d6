/* sacm_keep.c: keeps what SACM says beyond the keys of the native form, and notes what it cannot.
 */
#include <libxml/parser.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "case/sacm.h"

enum { LEAF_DEPTH_MAX = 8 };

static struct fb_str copy(struct fb_sacm_keeping *k, struct fb_str text)
{
    struct fb_err ignored;
    struct fb_str out = {"", 0};
    fb_err_init(&ignored);
    if (fb_arena_str(k->b->arena, text, &out, &ignored) != FB_OK) {
        k->b->failed = true;
    }
    return out;
}

static struct fb_str value_of(struct fb_sacm_keeping *k, xmlAttrPtr a)
{
    xmlChar *value = xmlNodeListGetString(a->doc, a->children, 1);
    struct fb_str out = value ? copy(k, fb_str_of((const char *)value)) : FB_STR("");
    xmlFree(value);
    return out;
}

static struct fb_str attribute(struct fb_sacm_keeping *k, xmlNodePtr node, const char *name)
{
    for (xmlAttrPtr a = node->properties; a; a = a->next) {
        if (strcmp((const char *)a->name, name) == 0) {
            return value_of(k, a);
        }
    }
    return FB_STR("");
}

static bool is_named(xmlNodePtr node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static bool is_one_of(const xmlChar *name, const char *const *names)
{
    while (*names && strcmp((const char *)name, *names) != 0) {
        names++;
    }
    return *names != NULL;
}

/* Remembers what may be an id or a prefix in something that is kept as it stood. */
static void add_words(struct fb_sacm_keeping *k, struct fb_str text)
{
    static const char OTHERS[] = " \t\r\n\"'<>=/#:;,&";
    struct fb_err ignored;
    fb_err_init(&ignored);
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && !memchr(OTHERS, text.ptr[end], sizeof(OTHERS) - 1)) {
            end++;
        }
        if (end > at &&
            fb_map_put(&k->words, fb_str_sub(text, at, end - at), k, &ignored) != FB_OK) {
            k->b->failed = true;
        }
        at = end + 1;
    }
}

void fb_sacm_note(struct fb_sacm_keeping *k, xmlNodePtr at, const char *of, const char *what)
{
    FB_ASSERT(k && at && of && what);
    long line = xmlGetLineNo(at);
    struct fb_str text = fb_arena_printf(k->b->arena, "%s of %s", what, of);
    if (!text.ptr) {
        k->b->failed = true;
        return;
    }
    fb_case_note(k->file, line > 0 ? (uint32_t)line : 1, text);
}

/* The mapping sacm of an element, made when it is first needed. */
static struct fb_yaml *kept_of(struct fb_sacm_keeping *k, struct fb_yaml *to)
{
    struct fb_yaml *kept = (struct fb_yaml *)fb_yaml_get(to, "sacm");
    return kept ? kept : fb_yaml_add(k->b, to, FB_STR("sacm"), FB_YAML_MAP);
}

static void keep_text(
    struct fb_sacm_keeping *k, struct fb_yaml *to, const char *key, struct fb_str text)
{
    if (text.len > 0) {
        fb_yaml_add_text(k->b, kept_of(k, to), key, text);
    }
}

/* A language, unless it is the one that is written when none is said. */
static void keep_lang(
    struct fb_sacm_keeping *k, struct fb_yaml *to, const char *key, struct fb_str lang)
{
    keep_text(k, to, key, fb_str_is(lang, "en") ? FB_STR("") : lang);
}

/* Elements of XML that hold no element of the argument, one after the other. */
static void keep_xml(struct fb_sacm_keeping *k, struct fb_buf *out, xmlNodePtr node)
{
    xmlBufferPtr text = xmlBufferCreate();
    if (!text || xmlNodeDump(text, node->doc, node, 0, 0) < 0) {
        k->b->failed = true;
    } else {
        struct fb_str dumped = fb_str_of((const char *)xmlBufferContent(text));
        if (out->len > 0) {
            fb_buf_add_char(out, '\n');
        }
        fb_buf_add_str(out, dumped);
        add_words(k, copy(k, dumped));
    }
    if (text) {
        xmlBufferFree(text);
    }
}

static void add_xml(
    struct fb_sacm_keeping *k, struct fb_yaml *to, const char *key, struct fb_buf *xml)
{
    if (xml->state != FB_BUF_GOOD) {
        k->b->failed = true;
    } else {
        keep_text(k, to, key, fb_buf_str(xml));
    }
    fb_buf_release(xml);
}

/* An attribute, under the name it is written with. */
static void keep_attribute(struct fb_sacm_keeping *k, struct fb_yaml *to, xmlAttrPtr a)
{
    struct fb_yaml *kept = kept_of(k, to);
    struct fb_yaml *all = (struct fb_yaml *)fb_yaml_get(kept, "attributes");
    all = all ? all : fb_yaml_add(k->b, kept, FB_STR("attributes"), FB_YAML_MAP);
    const char *prefix = a->ns && a->ns->prefix ? (const char *)a->ns->prefix : "";
    struct fb_str name =
        fb_arena_printf(k->b->arena, "%s%s%s", prefix, prefix[0] ? ":" : "", (const char *)a->name);
    struct fb_str value = value_of(k, a);
    if (!name.ptr || !all) {
        k->b->failed = true;
        return;
    }
    fb_yaml_add_text(k->b, all, name.ptr, value);
    add_words(k, value);
    add_words(k, copy(k, fb_str_of(prefix)));
}

static bool is_false(struct fb_str text)
{
    return text.len == 0 || fb_str_is(text, "false") || fb_str_is(text, "0");
}

static void keep_attributes(struct fb_sacm_keeping *k, xmlNodePtr node, struct fb_yaml *to,
    const struct fb_sacm_taken *taken)
{
    static const char *const TAKEN[] = {"id", "gid", "type", "name", "content", "identifier", NULL};
    static const char *const FLAGS[] = {"toBeSupported", "undeveloped", "uninstantiated",
        "isAbstract", "isCitation", "isCounter", NULL};
    for (xmlAttrPtr a = node->properties; a; a = a->next) {
        struct fb_str value = value_of(k, a);
        bool text =
            taken->text_attribute && strcmp((const char *)a->name, taken->text_attribute) == 0;
        bool off = is_false(value) && (is_one_of(a->name, FLAGS) || value.len == 0 ||
                                          strcmp((const char *)a->name, "assumed") == 0);
        bool flag =
            off || (is_one_of(a->name, FLAGS) && strcmp((const char *)a->name, "isCounter") != 0);
        bool said =
            strcmp((const char *)a->name, "assertionDeclaration") == 0 &&
            fb_str_is(value, fb_sacm_status(taken->kind, taken->undeveloped, taken->defeated));
        if (!text && !flag && !said && !is_one_of(a->name, TAKEN)) {
            keep_attribute(k, to, a);
        }
    }
}

/* The texts in an element, in their order; the first is what the reader takes. */
struct leaves {
    struct fb_sacm_keeping *k;
    struct fb_yaml *to;
    bool first; /* it was met */
};

static void add_leaf(struct leaves *l, xmlNodePtr node, struct fb_str text)
{
    struct fb_str lang = attribute(l->k, node, "lang");
    if (!l->first) {
        l->first = true;
        keep_lang(l->k, l->to, "lang", lang);
        return;
    }
    struct fb_yaml *kept = kept_of(l->k, l->to);
    struct fb_yaml *all = (struct fb_yaml *)fb_yaml_get(kept, "texts");
    all = all ? all : fb_yaml_add(l->k->b, kept, FB_STR("texts"), FB_YAML_LIST);
    struct fb_yaml *one = fb_yaml_add(l->k->b, all, FB_STR(""), FB_YAML_MAP);
    if (lang.len > 0) {
        fb_yaml_add_text(l->k->b, one, "lang", lang);
    }
    fb_yaml_add_text(l->k->b, one, "text", text);
}

static void keep_leaves(struct leaves *l, xmlNodePtr node, int depth)
{
    struct fb_str text = attribute(l->k, node, "content");
    text = text.len > 0 ? text : attribute(l->k, node, "value");
    if (text.len > 0) {
        add_leaf(l, node, text);
    }
    bool said = text.len > 0;
    for (xmlNodePtr child = node->children; depth < LEAF_DEPTH_MAX && child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE) {
            keep_leaves(l, child, depth + 1);
        } else if (!said && child->content) {
            text = copy(l->k, fb_str_trim(fb_str_of((const char *)child->content)));
            said = text.len > 0;
            if (said) {
                add_leaf(l, node, text);
            }
        }
    }
}

/* The key of a tagged value when it is one of ours. */
static bool is_our_tag(struct fb_sacm_keeping *k, xmlNodePtr node)
{
    for (xmlNodePtr at = is_named(node, "taggedValue") ? node->children : NULL; at; at = at->next) {
        for (xmlNodePtr in = is_named(at, "key") ? at : NULL; in;) {
            struct fb_str key = attribute(k, in, "content");
            if (fb_str_starts(key, FB_STR("gsn."))) {
                return true;
            }
            in = in->children;
            while (in && in->type != XML_ELEMENT_NODE) {
                in = in->next;
            }
        }
    }
    return false;
}

static void keep_children(struct fb_sacm_keeping *k, xmlNodePtr node, struct fb_yaml *to,
    const struct fb_sacm_taken *taken)
{
    struct fb_buf xml;
    fb_buf_init(&xml, FB_CASE_TEXT_MAX);
    bool named = attribute(k, node, "name").len > 0;
    for (xmlNodePtr child = node->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE || child == taken->text || is_our_tag(k, child)) {
            continue;
        }
        if (is_named(child, "name") && !named) {
            named = true;
        } else if (child->_private) {
            fb_sacm_note(k, child, "elements", "what stands around an element");
        } else {
            keep_xml(k, &xml, child);
        }
    }
    add_xml(k, to, "xml", &xml);
}

static xmlNodePtr child_named(xmlNodePtr node, const char *name)
{
    xmlNodePtr child = node->children;
    while (child && !is_named(child, name)) {
        child = child->next;
    }
    return child;
}

/* The first text in an element, and the language of it. */
static struct fb_str first_text(
    struct fb_sacm_keeping *k, xmlNodePtr node, int depth, struct fb_str *lang)
{
    struct fb_str text = attribute(k, node, "content");
    text = text.len > 0 ? text : attribute(k, node, "value");
    *lang = attribute(k, node, "lang");
    for (xmlNodePtr c = node->children; depth < LEAF_DEPTH_MAX && text.len == 0 && c; c = c->next) {
        if (c->type == XML_ELEMENT_NODE) {
            text = first_text(k, c, depth + 1, lang);
        } else if (c->content) {
            text = copy(k, fb_str_trim(fb_str_of((const char *)c->content)));
        }
    }
    return text;
}

/* The name, when the element is not called by it, and its language. */
static void keep_name(struct fb_sacm_keeping *k, xmlNodePtr node, struct fb_yaml *to)
{
    struct fb_str name = attribute(k, node, "name"), lang = {"", 0};
    xmlNodePtr child = name.len > 0 ? NULL : child_named(node, "name");
    name = child ? first_text(k, child, 0, &lang) : name;
    name = name.len > 0 ? name : attribute(k, node, "identifier");
    keep_text(k, to, "name", fb_str_eq(name, to->key) ? FB_STR("") : name);
    keep_lang(k, to, "nameLang", name.len > 0 ? lang : FB_STR(""));
}

void fb_sacm_keep_element(struct fb_sacm_keeping *k, xmlNodePtr node, struct fb_yaml *to,
    const struct fb_sacm_taken *taken)
{
    FB_ASSERT(k && node && to && taken);
    if (fb_yaml_get(to, "sacm")) {
        return;
    }
    struct fb_str gid = attribute(k, node, "gid");
    keep_text(k, to, "gid", fb_str_eq(gid, to->key) ? FB_STR("") : gid);
    keep_name(k, node, to);
    if (taken->text) {
        struct leaves leaves = {.k = k, .to = to};
        keep_leaves(&leaves, taken->text, 0);
    }
    keep_attributes(k, node, to, taken);
    keep_children(k, node, to, taken);
}

bool fb_sacm_is_made(struct fb_str id, char letter, size_t index)
{
    char made[32];
    int len = snprintf(made, sizeof(made), "%c%zu", letter, index);
    FB_ASSERT(len > 0 && (size_t)len < sizeof(made));
    struct fb_str rest = fb_str_sub(id, (size_t)len, SIZE_MAX);
    uint64_t turn = 0;
    return fb_str_starts(id, fb_str_of(made)) &&
           (rest.len == 0 ||
               (rest.ptr[0] == '_' && fb_str_u64(fb_str_sub(rest, 1, SIZE_MAX), &turn)));
}

void fb_sacm_keep_id(struct fb_sacm_keeping *k, xmlNodePtr node, struct fb_yaml *to, size_t index)
{
    FB_ASSERT(k && node && to);
    struct fb_str id = attribute(k, node, "id");
    if (id.len > 0 && !fb_sacm_is_made(id, 'e', index) &&
        !fb_yaml_get(fb_yaml_get(to, "sacm"), "id")) {
        keep_text(k, to, "id", id);
    }
}

/* What something is called, into a mapping: handle, gid, name and the language of it. */
static void keep_called(struct fb_sacm_keeping *k, xmlNodePtr node, struct fb_yaml *to)
{
    struct fb_str name = attribute(k, node, "name"), lang = {"", 0};
    xmlNodePtr child = name.len > 0 ? NULL : child_named(node, "name");
    name = child ? first_text(k, child, 0, &lang) : name;
    const struct {
        const char *key;
        struct fb_str text;
    } ALL[] = {{"id", attribute(k, node, "id")}, {"gid", attribute(k, node, "gid")}, {"name", name},
        {"nameLang", name.len > 0 && !fb_str_is(lang, "en") ? lang : FB_STR("")}};
    for (size_t i = 0; to && i < sizeof(ALL) / sizeof(ALL[0]); i++) {
        if (ALL[i].text.len > 0) {
            fb_yaml_add_text(k->b, to, ALL[i].key, ALL[i].text);
        }
    }
}

void fb_sacm_keep_relation(struct fb_sacm_keeping *k, xmlNodePtr node, size_t index,
    struct fb_yaml *to, const char *key, const struct fb_yaml *of)
{
    FB_ASSERT(k && node && to && key && of);
    struct fb_str id = attribute(k, node, "id");
    bool made = id.len == 0 || fb_sacm_is_made(id, 'r', index);
    if (made && attribute(k, node, "gid").len == 0 && attribute(k, node, "name").len == 0 &&
        !child_named(node, "name")) {
        return;
    }
    struct fb_yaml *kept = kept_of(k, to);
    struct fb_yaml *all = (struct fb_yaml *)fb_yaml_get(kept, "relations");
    all = all ? all : fb_yaml_add(k->b, kept, FB_STR("relations"), FB_YAML_LIST);
    struct fb_yaml *one = fb_yaml_add(k->b, all, FB_STR(""), FB_YAML_MAP);
    keep_called(k, node, one);
    fb_yaml_add_text(k->b, one, "key", fb_str_of(key));
    fb_yaml_add_copy(k->b, one, of);
}

/* Prefixes that what is kept uses. */
static void keep_namespaces(
    struct fb_sacm_keeping *k, xmlNodePtr node, struct fb_yaml **all, struct fb_yaml *module)
{
    static const char *const OURS[] = {"xmi", "xsi", "assuranceCase", "argumentation", NULL};
    for (xmlNsPtr ns = node->nsDef; ns; ns = ns->next) {
        if (!ns->prefix || !ns->href || is_one_of(ns->prefix, OURS) ||
            !fb_map_has(&k->words, fb_str_of((const char *)ns->prefix)) ||
            fb_yaml_get(*all, (const char *)ns->prefix)) {
            continue;
        }
        *all =
            *all ? *all : fb_yaml_add(k->b, kept_of(k, module), FB_STR("namespaces"), FB_YAML_MAP);
        fb_yaml_add_text(k->b, *all, (const char *)ns->prefix, fb_str_of((const char *)ns->href));
    }
}

struct packages {
    struct fb_yaml *module;
    struct fb_yaml *namespaces;
    struct fb_buf xml, argument;
};

/* The first package below the case: it is the one that is written. */
static void keep_first_package(struct fb_sacm_keeping *k, struct packages *p, xmlNodePtr node)
{
    struct fb_yaml called = {.kind = FB_YAML_MAP, .key = FB_STR("package")};
    keep_called(k, node, &called);
    const struct fb_yaml *id = fb_yaml_get(&called, "id");
    bool plain = called.count == 0 || (called.count == 1 && id && fb_str_is(id->text, "argument"));
    if (!plain) {
        fb_yaml_add_copy(k->b, kept_of(k, p->module), &called);
    }
}

static void note_package(struct fb_sacm_keeping *k, xmlNodePtr node, bool first)
{
    for (xmlAttrPtr a = node->properties; a; a = a->next) {
        bool called =
            strcmp((const char *)a->name, "gid") == 0 || strcmp((const char *)a->name, "name") == 0;
        if (strcmp((const char *)a->name, "id") != 0 &&
            strcmp((const char *)a->name, "type") != 0 && !(first && called)) {
            fb_sacm_note(k, node, "packages", (const char *)a->name);
        }
    }
}

/* What stands in a package that holds elements, which are all written into one. */
static void keep_package(
    struct fb_sacm_keeping *k, struct packages *p, xmlNodePtr node, bool top, bool first)
{
    struct fb_str type = attribute(k, node, "type");
    type = type.len > 0 ? type : fb_str_of((const char *)node->name);
    bool argument =
        fb_str_ends(type, FB_STR("rgumentPackage")) || fb_str_ends(type, FB_STR("Module"));
    bool named = attribute(k, node, "name").len > 0;
    if (!top) {
        note_package(k, node, first);
    }
    if (first) {
        keep_first_package(k, p, node);
    }
    for (xmlNodePtr child = node->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE || is_our_tag(k, child)) {
            continue;
        }
        if (is_named(child, "name") && !named) {
            named = true;
            if (!top && !first) {
                fb_sacm_note(k, child, "packages", "name");
            }
        } else if (!child->_private) {
            keep_xml(k, argument ? &p->argument : &p->xml, child);
        }
    }
}

/* The next package on the way to elements, or NULL. */
static xmlNodePtr next_package(xmlNodePtr node, xmlNodePtr top)
{
    do {
        if (node->_private == node && node->children) {
            node = node->children;
        } else {
            while (node != top && !node->next) {
                node = node->parent;
            }
            node = node == top ? NULL : node->next;
        }
    } while (node && (node->type != XML_ELEMENT_NODE || node->_private != node));
    return node;
}

/* All packages on the way to elements. */
static void keep_packages(struct fb_sacm_keeping *k, struct packages *p, xmlNodePtr top)
{
    size_t flat = 0;
    for (xmlNodePtr node = top; node; node = next_package(node, top)) {
        flat += node != top;
        keep_package(k, p, node, node == top, node != top && flat == 1);
        if (node != top && flat == 2) {
            fb_sacm_note(k, node, "packages", "the borders");
        }
    }
    for (xmlNodePtr node = top; node; node = next_package(node, top)) {
        keep_namespaces(k, node, &p->namespaces, p->module);
    }
}

/* A module section before all elements. */
static void add_section(struct fb_sacm_keeping *k, struct fb_yaml *root, const struct fb_yaml *kept)
{
    struct fb_yaml *before = root->last;
    struct fb_yaml *module = fb_yaml_add(k->b, root, FB_STR("module"), FB_YAML_MAP);
    fb_yaml_add_copy(k->b, module, kept);
    if (module && before) {
        before->next = NULL;
        root->last = before;
        module->next = root->child;
        root->child = module;
    }
}

/* The handle of the case, and the language of its name. */
static void keep_case_name(struct fb_sacm_keeping *k, xmlNodePtr top, struct fb_yaml *module)
{
    struct fb_str id = attribute(k, top, "id"), lang = {"", 0};
    xmlNodePtr child = attribute(k, top, "name").len > 0 ? NULL : child_named(top, "name");
    struct fb_str name = child ? first_text(k, child, 0, &lang) : FB_STR("");
    if (top->_private == top) {
        keep_text(k, module, "id", fb_str_is(id, "case") ? FB_STR("") : id);
        keep_lang(k, module, "nameLang", name.len > 0 ? lang : FB_STR(""));
    }
}

void fb_sacm_keep_case(struct fb_sacm_keeping *k, xmlNodePtr top, struct fb_yaml *root)
{
    FB_ASSERT(k && top && root);
    struct fb_yaml *module = (struct fb_yaml *)fb_yaml_get(root, "module");
    if (fb_yaml_get(module, "sacm")) {
        return;
    }
    struct fb_yaml alone = {.kind = FB_YAML_MAP};
    struct packages p = {.module = module ? module : &alone};
    static const char *const TAKEN[] = {"id", "gid", "name", "type", "version", NULL};
    keep_text(k, p.module, "gid", top->_private == top ? attribute(k, top, "gid") : FB_STR(""));
    keep_case_name(k, top, p.module);
    fb_buf_init(&p.xml, FB_CASE_TEXT_MAX);
    fb_buf_init(&p.argument, FB_CASE_TEXT_MAX);
    for (xmlAttrPtr a = top->_private == top ? top->properties : NULL; a; a = a->next) {
        if (!is_one_of(a->name, TAKEN)) {
            keep_attribute(k, p.module, a);
        }
    }
    if (top->_private == top) {
        keep_packages(k, &p, top);
    }
    add_xml(k, p.module, "xml", &p.xml);
    add_xml(k, p.module, "argument", &p.argument);
    if (!module && alone.count > 0) {
        add_section(k, root, alone.child);
    }
}

void fb_sacm_note_relation(struct fb_sacm_keeping *k, xmlNodePtr node, bool kept)
{
    static const char *const ALL[] = {
        "gid", "name", "id", "type", "source", "target", "reasoning", "isCounter", NULL};
    const char *const *TAKEN = kept ? ALL : ALL + 2;
    for (xmlAttrPtr a = node->properties; a; a = a->next) {
        bool plain = strcmp((const char *)a->name, "assertionDeclaration") == 0 &&
                     fb_str_is(value_of(k, a), "asserted");
        bool flag = fb_str_starts(fb_str_of((const char *)a->name), FB_STR("is")) &&
                    is_false(value_of(k, a));
        if (!plain && !flag && !is_one_of(a->name, TAKEN)) {
            fb_sacm_note(k, node, "relations", (const char *)a->name);
        }
    }
    for (xmlNodePtr child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && !child->_private && !is_our_tag(k, child) &&
            !is_one_of(child->name, TAKEN)) {
            fb_sacm_note(k, child, "relations", (const char *)child->name);
        }
    }
}

void fb_sacm_keeping_release(struct fb_sacm_keeping *k)
{
    fb_map_release(&k->words);
}

/* sacm_kept.c: reads what sacm_keep.c kept, for the writer. */
#include <libxml/parser.h>
#include <string.h>

#include "base/assert.h"
#include "case/sacm.h"

const char *fb_sacm_class(enum fb_element_kind kind)
{
    switch (kind) {
    case FB_ELEMENT_STRATEGY:
        return "ArgumentReasoning";
    case FB_ELEMENT_SOLUTION:
    case FB_ELEMENT_COUNTER_SOLUTION:
    case FB_ELEMENT_CONTEXT:
        return "ArtifactReference";
    case FB_ELEMENT_GOAL:
    case FB_ELEMENT_COUNTER_GOAL:
    case FB_ELEMENT_ASSUMPTION:
    case FB_ELEMENT_JUSTIFICATION:
        return "Claim";
    }
    return "Claim";
}

const char *fb_sacm_status(enum fb_element_kind kind, bool undeveloped, bool defeated)
{
    return kind == FB_ELEMENT_ASSUMPTION      ? "assumed"
           : kind == FB_ELEMENT_JUSTIFICATION ? "axiomatic"
           : undeveloped                      ? "needsSupport"
           : defeated                         ? "defeated"
                                              : "asserted";
}

void fb_sacm_add_text(struct fb_buf *out, struct fb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool last_two = c == 0xEF && i + 2 < text.len && (unsigned char)text.ptr[i + 1] == 0xBF &&
                        (unsigned char)text.ptr[i + 2] >= 0xBE;
        switch (c) {
        case '&':
            fb_buf_add_c(out, "&amp;");
            break;
        case '<':
            fb_buf_add_c(out, "&lt;");
            break;
        case '>':
            fb_buf_add_c(out, "&gt;");
            break;
        case '"':
            fb_buf_add_c(out, "&quot;");
            break;
        case '\n':
            fb_buf_add_c(out, "&#10;");
            break;
        case '\r':
            fb_buf_add_c(out, "&#13;");
            break;
        case '\t':
            fb_buf_add_c(out, "&#9;");
            break;
        default:
            if (c < 0x20 || last_two) {
                fb_buf_add_c(out, "\xEF\xBF\xBD");
                i += last_two ? 2 : 0;
            } else {
                fb_buf_add_char(out, (char)c);
            }
        }
    }
}

void fb_sacm_add_namespaces(struct fb_buf *out, const struct fb_yaml *namespaces)
{
    for (const struct fb_yaml *m = namespaces ? namespaces->child : NULL; m; m = m->next) {
        fb_buf_addf(out, " xmlns:%.*s=\"", FB_STR_ARG(m->key));
        fb_sacm_add_text(out, m->text);
        fb_buf_add_char(out, '"');
    }
}

void fb_sacm_add_attributes(struct fb_buf *out, const struct fb_yaml *attributes)
{
    for (const struct fb_yaml *m = attributes ? attributes->child : NULL; m; m = m->next) {
        fb_buf_addf(out, " %.*s=\"", FB_STR_ARG(m->key));
        fb_sacm_add_text(out, m->text);
        fb_buf_add_char(out, '"');
    }
}

/* A name of XML that may stand before an equals sign, of the characters that are beyond doubt. */
static bool is_name(struct fb_str name)
{
    bool good = name.len > 0;
    for (size_t i = 0; good && i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        good = letter || c == '_' || c >= 0x80 ||
               (i > 0 && ((c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':'));
    }
    return good;
}

static bool is_text(const struct fb_yaml *value)
{
    return value && value->kind == FB_YAML_SCALAR && fb_yaml_is_text(value) &&
           fb_str_trim(value->text).len > 0;
}

static bool is_map_of_texts(const struct fb_yaml *value)
{
    const struct fb_yaml *m = value->kind == FB_YAML_MAP ? value->child : NULL;
    bool good = m != NULL;
    for (; good && m; m = m->next) {
        good = m->kind == FB_YAML_SCALAR && fb_yaml_is_text(m) && is_name(m->key);
    }
    return good;
}

/* Texts in other languages. */
static bool are_texts(const struct fb_yaml *list)
{
    bool good = list->kind == FB_YAML_LIST && list->count > 0;
    for (const struct fb_yaml *one = list->child; good && one; one = one->next) {
        const struct fb_yaml *lang = fb_yaml_get(one, "lang");
        good = is_text(fb_yaml_get(one, "text")) && (!lang || is_text(lang)) &&
               one->count == (lang ? 2 : 1);
    }
    return good;
}

/* What a relation, or a package, is called. */
static bool is_called(const struct fb_yaml *m)
{
    return (fb_str_is(m->key, "id") || fb_str_is(m->key, "gid") || fb_str_is(m->key, "name") ||
               fb_str_is(m->key, "nameLang")) &&
           is_text(m) && (!fb_str_is(m->key, "id") || is_name(m->text));
}

static bool is_package(const struct fb_yaml *value)
{
    const struct fb_yaml *m = value->kind == FB_YAML_MAP ? value->child : NULL;
    bool good = m != NULL;
    for (; good && m; m = m->next) {
        good = is_called(m);
    }
    return good;
}

static bool is_relation(const struct fb_yaml *one)
{
    const struct fb_yaml *key = fb_yaml_get(one, "key"), *of = fb_yaml_get(one, "of");
    bool good = one->kind == FB_YAML_MAP && key && is_text(key) && of && of->kind == FB_YAML_LIST &&
                of->count > 0 && one->count > 2;
    for (const struct fb_yaml *m = good ? one->child : NULL; good && m; m = m->next) {
        good = m == key || m == of || is_called(m);
    }
    for (const struct fb_yaml *m = good ? of->child : NULL; good && m; m = m->next) {
        good = m->kind == FB_YAML_SCALAR;
    }
    return good;
}

static bool are_relations(const struct fb_yaml *list)
{
    bool good = list->kind == FB_YAML_LIST && list->count > 0;
    for (const struct fb_yaml *one = list->child; good && one; one = one->next) {
        good = is_relation(one);
    }
    return good;
}

/* One member into its place; false when it has another form. */
static bool take(struct fb_sacm_kept *out, const struct fb_yaml *m)
{
    const struct {
        const char *key;
        struct fb_str *to;
    } TEXTS[] = {{"id", &out->id}, {"gid", &out->gid}, {"name", &out->name},
        {"nameLang", &out->name_lang}, {"lang", &out->lang}, {"xml", &out->xml},
        {"argument", &out->argument}};
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        if (fb_str_is(m->key, TEXTS[i].key)) {
            *TEXTS[i].to = m->text;
            return is_text(m);
        }
    }
    if (fb_str_is(m->key, "texts")) {
        out->texts = m;
        return are_texts(m);
    }
    if (fb_str_is(m->key, "relations")) {
        out->relations = m;
        return are_relations(m);
    }
    if (fb_str_is(m->key, "package")) {
        out->package = m;
        return is_package(m);
    }
    out->attributes = fb_str_is(m->key, "attributes") ? m : out->attributes;
    out->namespaces = fb_str_is(m->key, "namespaces") ? m : out->namespaces;
    return (out->attributes == m || out->namespaces == m) && is_map_of_texts(m);
}

/* Attributes that the writer or the reader has another use for. */
static bool are_free(const struct fb_yaml *attributes)
{
    static const char *const TAKEN[] = {"id", "gid", "type", "name", "content", "version", NULL};
    for (const struct fb_yaml *m = attributes ? attributes->child : NULL; m; m = m->next) {
        size_t colon = fb_str_find(m->key, ':', 0);
        struct fb_str name = colon < m->key.len ? fb_str_sub(m->key, colon + 1, SIZE_MAX) : m->key;
        for (size_t i = 0; TAKEN[i]; i++) {
            if (fb_str_is(name, TAKEN[i])) {
                return false;
            }
        }
    }
    return true;
}

static enum fb_code add_ids(
    struct fb_map *ids, xmlNodePtr top, struct fb_arena *arena, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (xmlNodePtr node = top; code == FB_OK && node;) {
        for (xmlAttrPtr a = node->type == XML_ELEMENT_NODE ? node->properties : NULL;
             code == FB_OK && a; a = a->next) {
            const char *text = a->children ? (const char *)a->children->content : NULL;
            struct fb_str id;
            if (text && strcmp((const char *)a->name, "id") == 0) {
                code = fb_arena_str(arena, fb_str_of(text), &id, err);
                code = code != FB_OK ? code : fb_map_put(ids, id, ids, err);
            }
        }
        if (node->children && node->type == XML_ELEMENT_NODE) {
            node = node->children;
            continue;
        }
        while (node != top && !node->next) {
            node = node->parent;
        }
        node = node == top ? NULL : node->next;
    }
    return code;
}

/* Whether what stood as XML, and the attributes, are well formed where they are put. */
static enum fb_code check_xml(const struct fb_sacm_kept *kept, const struct fb_yaml *namespaces,
    struct fb_map *ids, struct fb_arena *arena, bool *out_good, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, (size_t)2 * FB_CASE_TEXT_MAX);
    fb_buf_add_c(&text, "<x xmlns:xmi=\"http://www.omg.org/XMI\" "
                        "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
                        "xmlns:assuranceCase=\"a\" xmlns:argumentation=\"b\"");
    fb_sacm_add_namespaces(&text, namespaces);
    fb_sacm_add_attributes(&text, kept->attributes);
    fb_buf_add_char(&text, '>');
    fb_buf_add_str(&text, kept->xml);
    fb_buf_add_str(&text, kept->argument);
    fb_buf_add_c(&text, "</x>");
    enum fb_code code = fb_buf_check(&text, "XML that was kept", err);
    xmlParserCtxtPtr parser = code == FB_OK ? xmlNewParserCtxt() : NULL;
    xmlDocPtr doc =
        parser ? xmlCtxtReadMemory(parser, text.ptr, (int)text.len, NULL, "UTF-8",
                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_HUGE)
               : NULL;
    *out_good = doc && parser->wellFormed && parser->nsWellFormed && !doc->intSubset;
    if (*out_good) {
        code = add_ids(ids, xmlDocGetRootElement(doc), arena, err);
    }
    if (doc) {
        xmlFreeDoc(doc);
    }
    if (parser) {
        xmlFreeParserCtxt(parser);
    }
    fb_buf_release(&text);
    return code;
}

/* Takes a handle; false when something has it. */
static enum fb_code take_id(
    struct fb_map *ids, const struct fb_yaml *of, bool *good, struct fb_err *err)
{
    const struct fb_yaml *id = fb_yaml_get(of, "id");
    *good = *good && (!id || !fb_map_has(ids, id->text));
    return id && *good ? fb_map_put(ids, id->text, ids, err) : FB_OK;
}

static enum fb_code take_ids(
    struct fb_map *ids, const struct fb_sacm_kept *kept, bool *good, struct fb_err *err)
{
    enum fb_code code = kept->package ? take_id(ids, kept->package, good, err) : FB_OK;
    for (const struct fb_yaml *one = kept->relations ? kept->relations->child : NULL;
         code == FB_OK && one; one = one->next) {
        code = take_id(ids, one, good, err);
    }
    return code;
}

enum fb_code fb_sacm_kept(const struct fb_yaml *value, const struct fb_yaml *namespaces,
    struct fb_map *ids, struct fb_arena *arena, struct fb_sacm_kept *out, bool *out_good,
    struct fb_err *err)
{
    FB_ASSERT(ids && arena && out && out_good && err);
    struct fb_sacm_kept kept = {.id = {"", 0}};
    bool good = value && value->kind == FB_YAML_MAP && value->count > 0;
    for (const struct fb_yaml *m = good ? value->child : NULL; good && m; m = m->next) {
        good = take(&kept, m);
    }
    good = good && are_free(kept.attributes) &&
           (kept.id.len == 0 || (is_name(kept.id) && !fb_map_has(ids, kept.id)));
    enum fb_code code = FB_OK;
    if (good) {
        code = check_xml(
            &kept, kept.namespaces ? kept.namespaces : namespaces, ids, arena, &good, err);
    }
    if (code == FB_OK && good && kept.id.len > 0) {
        code = fb_map_put(ids, kept.id, ids, err);
    }
    code = code == FB_OK && good ? take_ids(ids, &kept, &good, err) : code;
    struct fb_sacm_kept nothing = {.id = {"", 0}};
    *out = code == FB_OK && good ? kept : nothing;
    *out_good = code == FB_OK && good;
    return code;
}

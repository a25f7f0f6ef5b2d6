/* sacm_read.c: OMG SACM 2.3 in XML, as different tools write it, and as sacm_write.c does. */
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

#include "base/assert.h"
#include "case/sacm.h"

enum { SEGMENTS_MAX = 64 };

/* What SACM knows, as far as it matters here. */
enum class { OTHER, CLAIM, REASONING, ARTIFACT, INFERENCE, EVIDENCE, CONTEXT };

static const struct {
    const char *name;
    enum class class;
} CLASSES[] = {
    {"Claim", CLAIM},
    {"ArgumentReasoning", REASONING},
    {"ArtifactReference", ARTIFACT},
    {"ArtefactReference", ARTIFACT},
    {"InformationElementCitation", ARTIFACT},
    {"InformationElement", ARTIFACT},
    {"AssertedInference", INFERENCE},
    {"AssertedEvidence", EVIDENCE},
    {"AssertedArtifactSupport", EVIDENCE},
    {"AssertedArtefactSupport", EVIDENCE},
    {"AssertedChallenge", INFERENCE},
    {"AssertedCounterEvidence", EVIDENCE},
    {"AssertedContext", CONTEXT},
    {"AssertedArtifactContext", CONTEXT},
    {"AssertedArtefactContext", CONTEXT},
};

/* GSN on top of SACM, as tools built on EMF write it (GSN metamodel 2.2): its types stand in
 * xsi:type, and its relations run from what is supported to what supports it, against SACM's. */
struct gsn_type {
    const char *name;
    enum class class;
    enum fb_element_kind kind;
};

static const struct gsn_type GSN_TYPES[] = {
    {"Goal", CLAIM, FB_ELEMENT_GOAL},
    {"AwayGoal", CLAIM, FB_ELEMENT_GOAL},
    {"Strategy", REASONING, FB_ELEMENT_STRATEGY},
    {"Solution", ARTIFACT, FB_ELEMENT_SOLUTION},
    {"AwaySolution", ARTIFACT, FB_ELEMENT_SOLUTION},
    {"Context", ARTIFACT, FB_ELEMENT_CONTEXT},
    {"AwayContext", ARTIFACT, FB_ELEMENT_CONTEXT},
    {"Assumption", CLAIM, FB_ELEMENT_ASSUMPTION},
    {"AwayAssumption", CLAIM, FB_ELEMENT_ASSUMPTION},
    {"Justification", CLAIM, FB_ELEMENT_JUSTIFICATION},
    {"AwayJustification", CLAIM, FB_ELEMENT_JUSTIFICATION},
    {"SupportedBy", INFERENCE, FB_ELEMENT_GOAL},
    {"InContextOf", CONTEXT, FB_ELEMENT_GOAL},
};

/* A node of the file that stands for an element or a relation. */
struct part {
    xmlNodePtr xml;
    const struct gsn_type *gsn; /* NULL: it is SACM's own */
    enum class class;
    struct fb_str name; /* of an element, in the tree */
    struct fb_yaml *element;
    bool as_context; /* it is the source of a context relation */
    bool as_source;  /* it speaks for something */
    bool is_counter; /* it speaks against something */
    bool is_target;  /* something speaks for it, or against it */
    struct part *next;
};

enum { DEPTH_MAX = 256 };

struct reading {
    const struct fb_doc_file *file;
    struct fb_arena *arena;
    struct fb_yaml_builder b;
    struct fb_yaml *root;
    struct fb_map names; /* taken */
    struct fb_map ids;   /* whatever a reference can say, to struct part */
    struct fb_map refs;  /* what stands in lists */
    struct fb_map kept;  /* by id, XML that is no part, as the artifacts that parts refer to */
    size_t line;         /* the line that was looked for last, and where it begins; 0: none */
    size_t line_at;
    struct fb_sacm_keeping keeping;
    struct part *first;
    struct part *last;
    size_t count;
    uint32_t places[DEPTH_MAX]; /* of the element that is collected and of those around it, by
                                   depth: how many of its name stand before it */
    const char *package;
};

static struct fb_str xml_str(const xmlChar *text)
{
    return fb_str_of((const char *)text);
}

/* Where a line of the file begins, from a line before it that begins at `at`. */
static size_t line_start(struct fb_str text, size_t known, size_t at, size_t line)
{
    for (size_t n = known; n < line && at < text.len; n++) {
        at = fb_str_find(text, '\n', at) + 1;
    }
    return at < text.len ? at : text.len;
}

/* The same; lines are mostly asked for in their order. */
static size_t find_line(struct reading *r, size_t line)
{
    bool on = r->line > 0 && line >= r->line;
    r->line_at = line_start(r->file->text, on ? r->line : 1, on ? r->line_at : 0, line);
    r->line = line;
    return r->line_at;
}

static enum fb_code refuse(const struct reading *r, xmlNodePtr at, enum fb_code code,
    const char *message, struct fb_err *err)
{
    long line = at ? xmlGetLineNo(at) : 1;
    uint32_t number = line > 0 ? (uint32_t)line : 1;
    (void)fb_err_set(err, code, "%s", message);
    return fb_yaml_err_at(
        err, r->file->text, r->file->path, number, line_start(r->file->text, 1, 0, number));
}

/* A copy of an attribute, whatever its namespace; empty when there is none. */
static struct fb_str attribute(struct reading *r, xmlNodePtr node, const char *name)
{
    struct fb_str out = {"", 0};
    for (xmlAttrPtr a = node->properties; a; a = a->next) {
        if (strcmp((const char *)a->name, name) == 0) {
            xmlChar *value = xmlNodeListGetString(node->doc, a->children, 1);
            struct fb_err ignored;
            fb_err_init(&ignored);
            if (value && fb_arena_str(r->arena, xml_str(value), &out, &ignored) != FB_OK) {
                r->b.failed = true;
            }
            xmlFree(value);
            return out;
        }
    }
    return out;
}

static bool is_named(xmlNodePtr node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

/* The text that an element carries: its own, or in content, value and attributes below it. */
static struct fb_str content_of(struct reading *r, xmlNodePtr node, int depth)
{
    struct fb_str text = attribute(r, node, "content");
    text = text.len > 0 ? text : attribute(r, node, "value");
    for (xmlNodePtr child = node->children; depth < 8 && text.len == 0 && child;
         child = child->next) {
        if (child->type == XML_ELEMENT_NODE) {
            text = content_of(r, child, depth + 1);
        } else if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) {
            struct fb_err ignored;
            fb_err_init(&ignored);
            if (fb_arena_str(r->arena, fb_str_trim(xml_str(child->content)), &text, &ignored) !=
                FB_OK) {
                r->b.failed = true;
            }
        }
    }
    return text;
}

static xmlNodePtr child_named(xmlNodePtr node, const char *name)
{
    xmlNodePtr child = node->children;
    while (child && !is_named(child, name)) {
        child = child->next;
    }
    return child;
}

static struct fb_str child_text(struct reading *r, xmlNodePtr node, const char *name)
{
    xmlNodePtr child = child_named(node, name);
    return child ? content_of(r, child, 0) : FB_STR("");
}

/* What xsi:type or xmi:type says, without its prefix; empty when there is none. */
static struct fb_str type_of(struct reading *r, xmlNodePtr node)
{
    struct fb_str type = attribute(r, node, "type");
    size_t colon = fb_str_find(type, ':', 0);
    return colon < type.len ? fb_str_sub(type, colon + 1, SIZE_MAX) : type;
}

/* The type of GSN that a node has, or NULL. */
static const struct gsn_type *gsn_of(struct reading *r, xmlNodePtr node)
{
    struct fb_str type = type_of(r, node);
    for (size_t i = 0; i < sizeof(GSN_TYPES) / sizeof(GSN_TYPES[0]); i++) {
        if (fb_str_is(type, GSN_TYPES[i].name)) {
            return &GSN_TYPES[i];
        }
    }
    return NULL;
}

/* The class that the type says, else the name of the element itself. */
static enum class class_of(struct reading *r, xmlNodePtr node) {
    struct fb_str type = type_of(r, node), own = xml_str(node->name);
    const struct gsn_type *gsn = gsn_of(r, node);
    for (size_t i = 0; i < sizeof(CLASSES) / sizeof(CLASSES[0]); i++){
        struct fb_str name = fb_str_of(CLASSES[i].name);
        bool same = own.len == name.len && (own.ptr[0] | 0x20) == (name.ptr[0] | 0x20) &&
                    memcmp(own.ptr + 1, name.ptr + 1, name.len - 1) == 0;
        if (type.len > 0 ? fb_str_eq(type, name) : same){return CLASSES[i].class;}
}
return gsn ? gsn->class : OTHER;
}

/* An artifact of a package of artifacts. */
static bool is_artifact(struct reading *r, xmlNodePtr node)
{
    static const char *const NAMES[] = {
        "Artifact", "artifact", "Resource", "resource", "Event", "event", "Property", "property"};
    struct fb_str type = type_of(r, node);
    type = type.len > 0 ? type : xml_str(node->name);
    bool found = false;
    for (size_t i = 0; !found && i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        found = fb_str_is(type, NAMES[i]);
    }
    return found;
}

/* The value of a tagged value with a key, or an empty text. */
static struct fb_str tag(struct reading *r, xmlNodePtr node, const char *key)
{
    for (xmlNodePtr child = node->children; child; child = child->next) {
        if (is_named(child, "taggedValue") && fb_str_is(child_text(r, child, "key"), key)) {
            return child_text(r, child, "content");
        }
    }
    return FB_STR("");
}

/* The path of the node that is collected as EMF writes it:
 * //@argumentPackage.0/@argumentationElement.3 */
static struct fb_str emf_path(struct reading *r, xmlNodePtr node)
{
    xmlNodePtr way[SEGMENTS_MAX];
    size_t depth = 0;
    for (xmlNodePtr at = node; at->parent && at->parent->type == XML_ELEMENT_NODE;
         at = at->parent) {
        if (depth == SEGMENTS_MAX) {
            return FB_STR("");
        }
        way[depth++] = at;
    }
    const size_t segments = depth;
    struct fb_buf path;
    fb_buf_init(&path, 4096);
    fb_buf_add_char(&path, '/');
    while (depth > 0) {
        xmlNodePtr at = way[--depth];
        /* (The root is no segment.) */
        uint32_t place = r->places[segments - depth];
        fb_buf_addf(&path, "/@%s.%u", (const char *)at->name, place);
    }
    struct fb_str out = {"", 0};
    struct fb_err ignored;
    fb_err_init(&ignored);
    if (fb_arena_str(r->arena, fb_buf_str(&path), &out, &ignored) != FB_OK) {
        r->b.failed = true;
    }
    fb_buf_release(&path);
    return out;
}

static enum fb_code know_as(
    struct reading *r, struct part *part, struct fb_str id, struct fb_err *err)
{
    return id.len == 0 || fb_map_has(&r->ids, id) ? FB_OK : fb_map_put(&r->ids, id, part, err);
}

static enum fb_code add_part(
    struct reading *r, xmlNodePtr node, enum class class, struct fb_err *err)
{
    if (class < INFERENCE && r->count++ == FB_CASE_ELEMENTS_MAX) {
        return refuse(r, node, FB_E_LIMIT, "the case has more than 100,000 elements", err);
    }
    struct part *part = FB_ARENA_NEW(r->arena, struct part);
    if (!part) {
        return fb_arena_failed(r->arena, err);
    }
    part->xml = node;
    node->_private = part;
    for (xmlNodePtr above = node->parent; above && !above->_private; above = above->parent) {
        above->_private = above; /* it holds elements */
    }
    part->gsn = gsn_of(r, node);
    part->class = class;
    if (r->last) {
        r->last->next = part;
    } else {
        r->first = part;
    }
    r->last = part;
    struct fb_str gid = attribute(r, node, "gid"), id = attribute(r, node, "id");
    if (id.len > 0 && fb_map_has(&r->ids, id)) {
        return refuse(r, node, FB_E_DUPLICATE, "an element before has the same id", err);
    }
    enum fb_code code = know_as(r, part, id, err);
    code = code != FB_OK ? code : know_as(r, part, gid, err);
    if (code == FB_OK && id.len == 0) {
        code = know_as(r, part, emf_path(r, node), err);
    }
    if (code != FB_OK || class >= INFERENCE) {
        return code;
    }
    struct fb_str name = attribute(r, node, "name");
    name = name.len > 0 ? name : child_text(r, node, "name");
    name = name.len > 0 ? name : attribute(r, node, "identifier"); /* SACM 1 */
    bool plain = name.len > 0 && name.len <= 80 && fb_str_find(name, '\n', 0) == name.len &&
                 !fb_str_is(name, "module");
    struct fb_str wanted = tag(r, node, "gsn.id");
    wanted = wanted.len > 0 ? wanted : plain ? name : gid.len ? gid : id.len ? id : FB_STR("E");
    part->name = fb_case_fresh_name(&r->names, r->arena, wanted, err);
    return part->name.ptr ? FB_OK : err->code;
}

/* Notes how many siblings of its name stand before an element; seen: how many of each there were.
 */
static enum fb_code take_place(
    struct reading *r, xmlNodePtr node, uint32_t depth, struct fb_map *seen, struct fb_err *err)
{
    uint32_t *count = fb_map_get(seen, xml_str(node->name));
    if (count) {
        r->places[depth] = ++*count;
        return FB_OK;
    }
    r->places[depth] = 0;
    count = FB_ARENA_NEW(r->arena, uint32_t);
    return count ? fb_map_put(seen, xml_str(node->name), count, err)
                 : fb_arena_failed(r->arena, err);
}

static enum fb_code collect(struct reading *r, xmlNodePtr node, uint32_t depth, struct fb_err *err);

/* Finds the parts of one element. */
static enum fb_code collect_one(
    struct reading *r, xmlNodePtr node, uint32_t depth, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    enum class class = class_of(r, node);
    if (class != OTHER) {
        code = add_part(r, node, class, err);
    } else {
        struct fb_str id = attribute(r, node, "id");
        code = id.len == 0 ? FB_OK : fb_map_put(&r->kept, id, node, err);
    }
    return code != FB_OK ? code : collect(r, node->children, depth + 1, err);
}

/* Finds all parts of an element and its siblings. */
static enum fb_code collect(struct reading *r, xmlNodePtr node, uint32_t depth, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    struct fb_map seen;
    if (node && depth == DEPTH_MAX) {
        return refuse(
            r, node, FB_E_LIMIT, "elements of XML are nested deeper than 256 levels", err);
    }
    fb_map_init(&seen);
    for (; code == FB_OK && node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE) {
            code = take_place(r, node, depth, &seen, err);
            code = code != FB_OK ? code : collect_one(r, node, depth, err);
        }
    }
    fb_map_release(&seen);
    return code;
}

static struct part *part_of(struct reading *r, struct fb_str ref)
{
    size_t hash = fb_str_find(ref, '#', 0);
    struct part *part = fb_map_get(&r->ids, ref);
    if (!part && hash < ref.len) {
        part = fb_map_get(&r->ids, fb_str_sub(ref, hash + 1, SIZE_MAX));
    }
    return part;
}

/* The references of a relation: in an attribute, or in elements of that name. */
static struct fb_str refs_of(struct reading *r, xmlNodePtr node, const char *name)
{
    struct fb_buf all;
    struct fb_str out = attribute(r, node, name);
    fb_buf_init(&all, FB_CASE_TEXT_MAX);
    fb_buf_add_str(&all, out);
    for (xmlNodePtr child = node->children; child; child = child->next) {
        if (!is_named(child, name)) {
            continue;
        }
        struct fb_str ref = attribute(r, child, "idref");
        ref = ref.len > 0 ? ref : attribute(r, child, "href");
        ref = ref.len > 0 ? ref : attribute(r, child, "ref");
        ref = ref.len > 0 ? ref : content_of(r, child, 0);
        fb_buf_add_char(&all, ' ');
        fb_buf_add_str(&all, ref);
    }
    struct fb_err ignored;
    fb_err_init(&ignored);
    if (all.state != FB_BUF_GOOD ||
        fb_arena_str(r->arena, fb_str_trim(fb_buf_str(&all)), &out, &ignored) != FB_OK) {
        r->b.failed = true;
    }
    fb_buf_release(&all);
    return out;
}

static bool is_true(struct fb_str text)
{
    return fb_str_is(text, "true") || fb_str_is(text, "1");
}

/* Whether a relation speaks against its target; SACM 1 has classes of their own for these. */
static bool is_counter(struct reading *r, xmlNodePtr node)
{
    struct fb_str type = type_of(r, node);
    type = type.len > 0 ? type : xml_str(node->name);
    return is_true(attribute(r, node, "isCounter")) ||
           fb_str_ends(type, FB_STR("ssertedChallenge")) ||
           fb_str_ends(type, FB_STR("ssertedCounterEvidence"));
}

/* What a claim says of how it stands, in the words of SACM 2. */
static struct fb_str status_of(struct reading *r, xmlNodePtr node)
{
    struct fb_str status = attribute(r, node, "assertionDeclaration");
    if (status.len > 0) {
        return status;
    }
    return is_true(attribute(r, node, "toBeSupported")) ? FB_STR("needsSupport")
           : is_true(attribute(r, node, "assumed"))     ? FB_STR("assumed")
                                                        : status;
}

/* What a relation runs from, or to, as SACM has it: from what speaks to what it speaks for. */
static struct fb_str source_of(struct reading *r, const struct part *p)
{
    return refs_of(r, p->xml, p->gsn ? "target" : "source");
}
static struct fb_str target_of(struct reading *r, const struct part *p)
{
    return refs_of(r, p->xml, p->gsn ? "source" : "target");
}

/* Takes one reference off a list; false at its end. */
static bool next_ref(struct fb_str *rest, struct fb_str *out)
{
    *rest = fb_str_trim(*rest);
    size_t end = 0;
    while (end < rest->len && !strchr(" \t\r\n", rest->ptr[end])) {
        end++;
    }
    *out = fb_str_sub(*rest, 0, end);
    *rest = fb_str_sub(*rest, end, SIZE_MAX);
    return out->len > 0;
}

static enum fb_code unknown(
    struct reading *r, xmlNodePtr node, struct fb_str ref, struct fb_err *err)
{
    (void)refuse(r, node, FB_E_REFERENCE, "", err);
    uint32_t line = err->line, column = err->column;
    (void)fb_err_set(
        err, FB_E_REFERENCE, "a relation refers to '%.*s', which does not exist", FB_STR_ARG(ref));
    fb_err_place(err, r->file->path, line, column, -1);
    return err->code;
}

/* What a reference stands for, NULL for nothing. A source may be an artifact itself, which some
 * tools do not refer to through an element of the argument; it becomes one. */
static enum fb_code find_part(
    struct reading *r, struct fb_str ref, bool is_source, struct part **out, struct fb_err *err)
{
    size_t hash = fb_str_find(ref, '#', 0);
    struct fb_str id = hash < ref.len ? fb_str_sub(ref, hash + 1, SIZE_MAX) : ref;
    xmlNodePtr node = fb_map_get(&r->kept, id);
    *out = part_of(r, ref);
    if (*out || !is_source || !node || node->_private || !is_artifact(r, node)) {
        return FB_OK;
    }
    enum fb_code code = add_part(r, node, ARTIFACT, err);
    *out = code == FB_OK ? r->last : NULL;
    return code;
}

/* What each element is used for, so that its kind can be told; and whether all references lead
 * somewhere. */
static enum fb_code mark_roles(struct reading *r, struct fb_err *err)
{
    for (struct part *p = r->first; p; p = p->next) {
        if (p->class < INFERENCE) {
            continue;
        }
        bool counter = is_counter(r, p->xml);
        for (int end = 0; end < 3; end++) {
            struct fb_str rest = end == 0   ? source_of(r, p)
                                 : end == 1 ? target_of(r, p)
                                            : refs_of(r, p->xml, "reasoning");
            struct fb_str ref;
            while (next_ref(&rest, &ref)) {
                struct part *to = NULL;
                enum fb_code code = find_part(r, ref, end == 0, &to, err);
                if (code != FB_OK || !to) {
                    return code != FB_OK ? code : unknown(r, p->xml, ref, err);
                }
                to->as_context = to->as_context || (end == 0 && p->class == CONTEXT);
                to->as_source = to->as_source || (end == 0 && p->class != CONTEXT && !counter);
                to->is_counter = to->is_counter || (end == 0 && counter);
                to->is_target = to->is_target || end == 1;
            }
        }
    }
    return FB_OK;
}

/* A claim that is assumed or axiomatic and rests on nothing explains what it speaks for. */
static bool is_given(const struct part *p, struct fb_str status)
{
    bool given = fb_str_is(status, "assumed") || fb_str_is(status, "axiomatic");
    return p->class == CLAIM && given && p->as_source && !p->is_target && !p->is_counter;
}

static enum fb_element_kind kind_of(struct reading *r, const struct part *p)
{
    struct fb_str type = tag(r, p->xml, "gsn.nodeType");
    struct fb_str status = status_of(r, p->xml);
    enum fb_element_kind kind = FB_ELEMENT_GOAL;
    if (type.len > 0 && fb_element_kind_of_type(type, &kind)) {
        return kind;
    }
    if (p->gsn) {
        return p->gsn->kind;
    }
    if (p->class == REASONING) {
        return FB_ELEMENT_STRATEGY;
    }
    if (p->class == ARTIFACT) {
        return p->is_counter && !p->as_source   ? FB_ELEMENT_COUNTER_SOLUTION
               : p->as_context && !p->as_source ? FB_ELEMENT_CONTEXT
                                                : FB_ELEMENT_SOLUTION;
    }
    if ((p->as_context && !p->as_source) || is_given(p, status)) {
        return fb_str_is(status, "axiomatic") ? FB_ELEMENT_JUSTIFICATION : FB_ELEMENT_ASSUMPTION;
    }
    return p->is_counter && !p->as_source ? FB_ELEMENT_COUNTER_GOAL : FB_ELEMENT_GOAL;
}

/* Takes the exact form of a value that the file says in SACM's own way too, when both still say the
 * same: text with its spaces, one reference without a list. */
static void restore_form(struct reading *r, struct fb_yaml *was, const struct fb_yaml *exact)
{
    bool away = fb_str_is(was->key, "away") && fb_str_is(was->text, "elsewhere");
    bool text = was->kind == FB_YAML_SCALAR && exact->kind == FB_YAML_SCALAR &&
                (away || fb_str_eq(fb_str_trim(exact->text), fb_str_trim(was->text)));
    bool one = was->kind == FB_YAML_LIST && was->count == 1 && exact->kind == FB_YAML_SCALAR &&
               fb_str_eq(was->child->text, exact->text);
    struct fb_err ignored;
    fb_err_init(&ignored);
    if (!text && !one) {
        return;
    }
    was->kind = FB_YAML_SCALAR;
    was->plain = exact->plain;
    was->child = was->last = NULL;
    was->count = 0;
    if (fb_arena_str(r->arena, exact->text, &was->text, &ignored) != FB_OK) {
        r->b.failed = true;
    }
}

/* Keys of ours that a tagged value carries as YAML. */
static enum fb_code add_extras(
    struct reading *r, struct fb_yaml *to, struct fb_str yaml, struct fb_err *err)
{
    struct fb_yaml *extra = NULL;
    enum fb_code code =
        yaml.len == 0 ? FB_OK : fb_yaml_parse(yaml, r->file->path, r->arena, &extra, err);
    if (code == FB_OK && extra && extra->kind == FB_YAML_MAP) {
        for (const struct fb_yaml *m = extra->child; m; m = m->next) {
            struct fb_yaml *was = (struct fb_yaml *)fb_yaml_get(to, m->key.ptr);
            if (was) {
                restore_form(r, was, m);
            } else {
                fb_yaml_add_copy(&r->b, to, m);
            }
        }
    }
    return code;
}

/* What an element says: the attribute content is the statement, with a description beside it. */
static struct fb_str text_of(struct reading *r, xmlNodePtr node, struct fb_sacm_taken *taken)
{
    static const char *const PLACES[] = {"content", "description"};
    for (int i = 0; i < 4; i++) {
        const char *name = PLACES[i == 1 || i == 2];
        bool below = i % 2 == 1;
        struct fb_str text = below ? child_text(r, node, name) : attribute(r, node, name);
        if (text.len > 0) {
            taken->text = below ? child_named(node, name) : NULL;
            taken->text_attribute = below ? NULL : name;
            return text;
        }
    }
    return FB_STR("");
}

/* What SACM says beside, once all native keys are there. */
static void keep_rest(struct reading *r, const struct part *p)
{
    struct fb_sacm_taken taken = {.kind = kind_of(r, p)};
    const struct fb_yaml *undeveloped = fb_yaml_get(p->element, "undeveloped");
    const struct fb_yaml *defeated = fb_yaml_get(p->element, "defeated");
    bool flag = false;
    (void)text_of(r, p->xml, &taken);
    taken.undeveloped = undeveloped && fb_yaml_flag(undeveloped, &flag) && flag;
    taken.defeated = defeated && fb_yaml_flag(defeated, &flag) && flag;
    fb_sacm_keep_element(&r->keeping, p->xml, p->element, &taken);
}

static enum fb_code add_element(struct reading *r, struct part *p, struct fb_err *err)
{
    long line = xmlGetLineNo(p->xml);
    r->b.line = line > 0 ? (uint32_t)line : 1;
    r->b.offset = find_line(r, r->b.line);
    p->element = fb_yaml_add(&r->b, r->root, p->name, FB_YAML_MAP);
    if (!p->element) {
        return fb_arena_failed(r->arena, err);
    }
    struct fb_sacm_taken ignored = {.text = NULL};
    struct fb_str text = text_of(r, p->xml, &ignored);
    struct fb_str artifact = attribute(r, p->xml, "referencedArtifact");
    size_t hash = fb_str_find(artifact, '#', 0);
    artifact = hash < artifact.len ? fb_str_sub(artifact, hash + 1, SIZE_MAX) : artifact;
    xmlNodePtr about = text.len > 0 ? NULL : fb_map_get(&r->kept, artifact);
    if (about) {
        text = text_of(r, about, &ignored);
        text = text.len > 0 ? text : attribute(r, about, "name");
        text = text.len > 0 ? text : child_text(r, about, "name");
    }
    struct fb_str status = status_of(r, p->xml);
    struct fb_str url = tag(r, p->xml, "gsn.url");
    fb_case_add_kind(&r->b, p->element, kind_of(r, p));
    if (text.len > 0) {
        fb_yaml_add_text(&r->b, p->element, "text", text);
    }
    if (url.len > 0) {
        fb_yaml_add_text(&r->b, p->element, "url", url);
    }
    bool away = p->gsn && fb_str_starts(fb_str_of(p->gsn->name), FB_STR("Away"));
    if (fb_str_is(status, "needsSupport") || is_true(attribute(r, p->xml, "undeveloped"))) {
        fb_yaml_add_plain(&r->b, p->element, "undeveloped", FB_STR("true"));
    }
    if (fb_str_is(status, "defeated")) {
        fb_yaml_add_plain(&r->b, p->element, "defeated", FB_STR("true"));
    }
    if (away || fb_str_is(status, "asCited") || is_true(attribute(r, p->xml, "isCitation"))) {
        fb_yaml_add_text(&r->b, p->element, "away", FB_STR("elsewhere"));
    }
    if (is_true(attribute(r, p->xml, "isAbstract")) ||
        is_true(attribute(r, p->xml, "uninstantiated"))) {
        fb_yaml_add_plain(&r->b, p->element, "uninstantiated", FB_STR("true"));
    }
    return FB_OK;
}

static void add_ref(struct reading *r, struct part *to, const char *key, struct fb_str name)
{
    fb_case_add_ref(&r->b, &r->refs, to->element, key, name);
}

/* The name of what a counter relation is against: an element, or a relation as "A -> B". */
static struct fb_str against(struct reading *r, const struct part *relation, const struct part *to)
{
    struct fb_str named = tag(r, relation->xml, "gsn.challenges"), ref;
    if (named.len > 0 || to->class < INFERENCE) {
        return named.len > 0 ? named : to->name;
    }
    struct fb_str source = source_of(r, to), target = target_of(r, to);
    struct part *from = next_ref(&target, &ref) ? part_of(r, ref) : NULL;
    struct part *end = next_ref(&source, &ref) ? part_of(r, ref) : NULL;
    struct fb_str reasoning = to->class == INFERENCE ? refs_of(r, to->xml, "reasoning") : source;
    if (to->class == INFERENCE && next_ref(&reasoning, &ref)) {
        end = part_of(r, ref); /* the strategy stands between */
    }
    if (!from || !end || from->class >= INFERENCE || end->class >= INFERENCE) {
        return FB_STR("");
    }
    struct fb_str text =
        fb_arena_printf(r->arena, "%.*s -> %.*s", FB_STR_ARG(from->name), FB_STR_ARG(end->name));
    r->b.failed = r->b.failed || !text.ptr;
    return text;
}

/* A claim that is given, however it is tied. */
static bool explains(struct reading *r, const struct part *p)
{
    struct fb_str status = status_of(r, p->xml);
    return is_given(p, status) && tag(r, p->xml, "gsn.nodeType").len == 0;
}

/* One relation: to each of its targets. */
static void add_relation(struct reading *r, const struct part *p)
{
    bool counter = is_counter(r, p->xml);
    struct fb_str targets = target_of(r, p), reasonings, sources, ref, other;
    while (next_ref(&targets, &ref)) {
        struct part *to = part_of(r, ref);
        reasonings = refs_of(r, p->xml, "reasoning");
        struct part *over = to;
        while (!counter && to->class < INFERENCE && next_ref(&reasonings, &other)) {
            struct part *by = part_of(r, other);
            if (by->class < INFERENCE && by != to) {
                add_ref(r, to, "supportedBy", by->name);
                over = by;
            }
        }
        sources = source_of(r, p);
        while (next_ref(&sources, &other)) {
            struct part *by = part_of(r, other);
            if (by->class >= INFERENCE) {
                fb_sacm_note(&r->keeping, p->xml, "relations", "a source that is a relation");
                continue;
            }
            if (counter) {
                struct fb_str what = against(r, p, to);
                if (what.len > 0) {
                    add_ref(r, by, "challenges", what);
                } else {
                    fb_sacm_note(&r->keeping, p->xml, "relations", "a target without ends");
                }
            } else if (over->class >= INFERENCE) {
                fb_sacm_note(&r->keeping, p->xml, "relations", "a target that is a relation");
            } else {
                bool context = p->class == CONTEXT || explains(r, by);
                add_ref(r, p->class == CONTEXT ? to : over, context ? "inContextOf" : "supportedBy",
                    by->name);
            }
        }
    }
}

/* A list of references, empty, that stands in no tree yet. */
static struct fb_yaml *add_list(struct reading *r)
{
    struct fb_yaml *list = FB_ARENA_NEW(r->arena, struct fb_yaml);
    r->b.failed = r->b.failed || !list;
    if (list) {
        *list = (struct fb_yaml){.key = FB_STR("of"), .kind = FB_YAML_LIST};
    }
    return list;
}

/* How many references stand in a text; *first is the first. */
static size_t count_refs(struct reading *r, struct fb_str refs, struct part **first)
{
    size_t count = 0;
    struct fb_str ref;
    while (next_ref(&refs, &ref)) {
        *first = count++ == 0 ? part_of(r, ref) : *first;
    }
    return count;
}

/* Which native references a relation with one target stands for: the element whose they are, the
 * key, and the list. False when they are no list of one element. */
static bool find_record(struct reading *r, const struct part *p, struct part **out_owner,
    const char **out_key, struct fb_yaml *of)
{
    struct part *to = NULL, *by = NULL, *reason = NULL;
    struct fb_str sources = source_of(r, p), ref;
    size_t targets = count_refs(r, target_of(r, p), &to), count = count_refs(r, sources, &by);
    size_t reasons = count_refs(r, refs_of(r, p->xml, "reasoning"), &reason);
    if (targets != 1 || reasons > 1 || (reason && (reason->class >= INFERENCE || reason == to))) {
        return false;
    }
    if (is_counter(r, p->xml)) {
        struct fb_str what = count == 1 && by->class < INFERENCE ? against(r, p, to) : FB_STR("");
        *out_owner = by;
        *out_key = "challenges";
        fb_yaml_add_text(&r->b, of, "", what);
        return what.len > 0;
    }
    *out_owner = to;
    bool context = p->class == CONTEXT, mixed = to->class >= INFERENCE;
    if (reason && !context) {
        *out_key = "supportedBy";
        fb_yaml_add_text(&r->b, of, "", reason->name);
        return !mixed;
    }
    bool given = by && !context && explains(r, by);
    while (!mixed && next_ref(&sources, &ref)) {
        by = part_of(r, ref);
        mixed = by->class >= INFERENCE || (!context && explains(r, by) != given);
        fb_yaml_add_text(&r->b, of, "", by->name);
    }
    *out_key = context || given ? "inContextOf" : "supportedBy";
    return !mixed && of->count > 0;
}

/* What a relation says of itself, beside the element whose list it stands in. */
static void keep_relation(struct reading *r, const struct part *p, size_t index)
{
    struct part *owner = NULL;
    const char *key = NULL;
    struct fb_yaml *of = add_list(r);
    bool kept = of && find_record(r, p, &owner, &key, of);
    if (kept) {
        fb_sacm_keep_relation(&r->keeping, p->xml, index, owner->element, key, of);
    }
    fb_sacm_note_relation(&r->keeping, p->xml, kept);
}

static enum fb_code make_tree(struct reading *r, xmlNodePtr top, struct fb_err *err)
{
    r->root = fb_yaml_add(&r->b, NULL, FB_STR(""), FB_YAML_MAP);
    if (!r->root) {
        return fb_arena_failed(r->arena, err);
    }
    struct fb_str about = tag(r, top, "gsn.module"), name = attribute(r, top, "name");
    name = name.len > 0 ? name : child_text(r, top, "name");
    enum fb_code code = FB_OK;
    if (about.len > 0 || name.len > 0) {
        struct fb_yaml *module = fb_yaml_add(&r->b, r->root, FB_STR("module"), FB_YAML_MAP);
        code = module ? add_extras(r, module, about, err) : fb_arena_failed(r->arena, err);
        if (code == FB_OK && about.len == 0) {
            fb_yaml_add_text(&r->b, module, "name", name);
        }
    }
    for (struct part *p = r->first; code == FB_OK && p; p = p->next) {
        code = p->class < INFERENCE ? add_element(r, p, err) : FB_OK;
    }
    for (struct part *p = r->first; code == FB_OK && p; p = p->next) {
        if (p->class >= INFERENCE) {
            add_relation(r, p);
        }
    }
    for (struct part *p = r->first; code == FB_OK && p; p = p->next) {
        if (p->class < INFERENCE) {
            code = add_extras(r, p->element, tag(r, p->xml, "gsn.extra"), err);
            keep_rest(r, p);
        }
    }
    fb_sacm_keep_case(&r->keeping, top, r->root);
    size_t index = 0, relation = 0;
    for (struct part *p = r->first; code == FB_OK && p; p = p->next) {
        if (p->class < INFERENCE) {
            fb_sacm_keep_id(&r->keeping, p->xml, p->element, index++);
        } else {
            keep_relation(r, p, relation++);
        }
    }
    return code == FB_OK && r->b.failed ? fb_arena_failed(r->arena, err) : code;
}

static enum fb_code xml_error(const struct reading *r, struct fb_err *err)
{
    const xmlError *last = xmlGetLastError();
    struct fb_str message = fb_str_trim(fb_str_of(last ? last->message : "the text is not XML"));
    (void)fb_err_set(err, FB_E_SYNTAX, "%.*s", FB_STR_ARG(message));
    uint32_t line = last && last->line > 0 ? (uint32_t)last->line : 1;
    fb_err_place(err, r->file->path, line, last && last->int2 > 0 ? (uint32_t)last->int2 : 1, -1);
    return err->code;
}

static enum fb_code read_all(struct reading *r, struct fb_yaml **out, struct fb_err *err)
{
    static const char DOCTYPE[] = "<!DOCTYPE";
    const char *found = memmem(r->file->text.ptr, r->file->text.len, DOCTYPE, strlen(DOCTYPE));
    if (found) {
        (void)fb_err_set(err, FB_E_UNSUPPORTED, "document type definitions are not supported");
        uint32_t line = 1;
        for (const char *c = r->file->text.ptr; c < found; c++) {
            line += *c == '\n';
        }
        return fb_yaml_err_at(
            err, r->file->text, r->file->path, line, (size_t)(found - r->file->text.ptr));
    }
    xmlResetLastError();
    xmlDocPtr doc = xmlReadMemory(r->file->text.ptr, (int)r->file->text.len, NULL, NULL,
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES |
            XML_PARSE_HUGE); /* without document types nothing grows; our limits hold */
    xmlNodePtr top = doc ? xmlDocGetRootElement(doc) : NULL;
    enum fb_code code = top ? collect(r, top, 0, err) : xml_error(r, err);
    if (code == FB_OK && !r->first) {
        code = refuse(r, top, FB_E_FORMAT, "this XML holds no element of a SACM argument", err);
        (void)fb_err_hint(
            err, "SACM 2.x has Claim, ArgumentReasoning, AssertedInference and so on.");
    }
    code = code != FB_OK ? code : mark_roles(r, err);
    code = code != FB_OK ? code : make_tree(r, top, err);
    if (code == FB_OK) {
        *out = r->root;
    }
    if (doc) {
        xmlFreeDoc(doc);
    }
    return code;
}

enum fb_code fb_sacm_read(const struct fb_doc_file *file, struct fb_arena *arena,
    struct fb_yaml **out, struct fb_err *err)
{
    FB_ASSERT(file && arena && out && err);
    struct reading r = {.file = file, .arena = arena, .b = {.arena = arena}};
    fb_map_init(&r.names);
    fb_map_init(&r.ids);
    fb_map_init(&r.refs);
    fb_map_init(&r.kept);
    fb_map_init(&r.keeping.words);
    r.keeping.file = file;
    r.keeping.b = &r.b;
    enum fb_code code = read_all(&r, out, err);
    fb_map_release(&r.names);
    fb_map_release(&r.ids);
    fb_map_release(&r.refs);
    fb_map_release(&r.kept);
    fb_sacm_keeping_release(&r.keeping);
    return code;
}

/* sacm_write.c: a case as OMG SACM 2.3 in XML. What SACM has no place for stands in tagged values
 * with keys that begin with "gsn.", from which sacm_read.c puts it back. */
#include <string.h>

#include "base/assert.h"
#include "case/formats.h"

struct writing {
    const struct fb_doc *doc;
    struct fb_buf *out;
    struct fb_buf scratch;
    struct fb_arena *arena;
    size_t relation_count;
    uint8_t
        *reasons; /* of each element: a strategy whose support stands where it is the reasoning */
};

/* Text in an attribute. What XML 1.0 cannot hold becomes U+FFFD. */
static void add_text(struct fb_buf *out, struct fb_str text)
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

static void add_tag(struct writing *w, const char *key, struct fb_str value)
{
    fb_buf_addf(w->out,
        "      <taggedValue><key><content><value lang=\"en\" content=\"%s\"/></content></key>"
        "<content><content><value lang=\"en\" content=\"",
        key);
    add_text(w->out, value);
    fb_buf_add_c(w->out, "\"/></content></content></taggedValue>\n");
}

/* Keys that SACM itself carries, in this form. */
static bool is_carried(const struct fb_doc_element *e, const struct fb_yaml *m)
{
    static const char *const PLAIN[] = {
        "nodeType", "supportedBy", "inContextOf", "challenges", NULL};
    bool text = m->kind == FB_YAML_SCALAR && fb_yaml_is_text(m) && m->text.len > 0;
    bool trimmed = text && fb_str_eq(fb_str_trim(m->text), m->text);
    for (size_t i = 0; PLAIN[i]; i++) {
        if (fb_str_is(m->key, PLAIN[i])) {
            return i == 0 ? text : m->kind == FB_YAML_LIST && m->count > 0;
        }
    }
    (void)e;
    return (fb_str_is(m->key, "text") || fb_str_is(m->key, "url")) && trimmed;
}

static void add_extras(struct writing *w, const struct fb_doc_element *e)
{
    struct fb_yaml_builder b = {.arena = w->arena};
    struct fb_yaml *extra = fb_yaml_add(&b, NULL, FB_STR(""), FB_YAML_MAP);
    for (const struct fb_yaml *m = e->node->kind == FB_YAML_MAP ? e->node->child : NULL; extra && m;
         m = m->next) {
        if (!is_carried(e, m)) {
            fb_yaml_add_copy(&b, extra, m);
        }
    }
    if (extra && extra->count > 0) {
        fb_buf_clear(&w->scratch);
        fb_yaml_write(extra, &w->scratch);
        add_tag(w, "gsn.extra", fb_buf_str(&w->scratch));
    }
    if (b.failed || w->scratch.state != FB_BUF_GOOD) {
        w->out->state = FB_BUF_NOMEM;
    }
}

static const char *class_word(enum fb_element_kind kind)
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

static const char *status_word(const struct fb_doc_element *e, enum fb_element_kind kind)
{
    return kind == FB_ELEMENT_ASSUMPTION      ? "assumed"
           : kind == FB_ELEMENT_JUSTIFICATION ? "axiomatic"
           : e->undeveloped                   ? "needsSupport"
           : e->defeated                      ? "defeated"
                                              : "asserted";
}

static void add_element(struct writing *w, size_t at)
{
    const struct fb_doc_element *e = &w->doc->elements[at];
    enum fb_element_kind kind = e->has_kind ? e->kind : FB_ELEMENT_GOAL;
    const char *class = class_word(kind);
    fb_buf_addf(w->out,
        "    <argumentationElement xsi:type=\"argumentation:%s\" xmi:id=\"e%zu\" gid=\"", class,
        at);
    add_text(w->out, e->id);
    fb_buf_add_char(w->out, '"');
    if (strcmp(class, "Claim") == 0) {
        fb_buf_addf(w->out, " assertionDeclaration=\"%s\"", status_word(e, kind));
    }
    fb_buf_add_c(w->out, ">\n      <name lang=\"en\" content=\"");
    add_text(w->out, e->id);
    fb_buf_add_c(w->out, "\"/>\n");
    struct fb_str text = fb_str_trim(e->text);
    if (text.len > 0) {
        fb_buf_add_c(w->out, "      <description><content><value lang=\"en\" content=\"");
        add_text(w->out, text);
        fb_buf_add_c(w->out, "\"/></content></description>\n");
    }
    if (e->has_kind) {
        add_tag(w, "gsn.nodeType", fb_str_of(fb_element_kind_type(kind)));
    }
    if (e->url.len > 0) {
        add_tag(w, "gsn.url", e->url);
    }
    add_extras(w, e);
    fb_buf_add_c(w->out, "    </argumentationElement>\n");
}

static void open_relation(struct writing *w, const char *class)
{
    fb_buf_addf(w->out, "    <argumentationElement xsi:type=\"argumentation:%s\" xmi:id=\"r%zu\"",
        class, w->relation_count++);
}

static bool is_strategy(const struct fb_doc *doc, const struct fb_doc_ref *ref)
{
    uint32_t to = fb_doc_find(doc, ref->name);
    return to != FB_DOC_NONE && doc->elements[to].has_kind &&
           doc->elements[to].kind == FB_ELEMENT_STRATEGY;
}

static bool is_artifact(const struct fb_doc *doc, const struct fb_doc_ref *ref)
{
    uint32_t to = fb_doc_find(doc, ref->name);
    return to != FB_DOC_NONE && doc->elements[to].has_kind &&
           strcmp(class_word(doc->elements[to].kind), "ArtifactReference") == 0;
}

static void add_sources(struct writing *w, const struct fb_doc_refs *refs, size_t from, size_t to)
{
    const char *before = " source=\"";
    for (size_t i = from; i < to; i++) {
        uint32_t at = fb_doc_find(w->doc, refs->items[i].name);
        if (at != FB_DOC_NONE) {
            fb_buf_addf(w->out, "%se%u", before, at);
            before = " ";
        }
    }
    fb_buf_add_c(w->out, before[1] ? "" : "\"");
}

/* Support, in runs of one class so that its order is kept. A strategy is the reasoning of the
 * inference from what supports it. */
static void add_support(struct writing *w, size_t at)
{
    const struct fb_doc_element *e = &w->doc->elements[at];
    const struct fb_doc_refs *refs = &e->supported_by;
    for (size_t i = 0; i < refs->count && !w->reasons[at];) {
        size_t end = i + 1;
        bool artifact = is_artifact(w->doc, &refs->items[i]);
        if (is_strategy(w->doc, &refs->items[i])) {
            uint32_t by = fb_doc_find(w->doc, refs->items[i].name);
            const struct fb_doc_refs *below = &w->doc->elements[by].supported_by;
            open_relation(w, "AssertedInference");
            add_sources(w, below, 0, w->reasons[by] ? below->count : 0);
            fb_buf_addf(w->out, " target=\"e%zu\" reasoning=\"e%u\"/>\n", at, by);
        } else {
            while (end < refs->count && !is_strategy(w->doc, &refs->items[end]) &&
                   is_artifact(w->doc, &refs->items[end]) == artifact) {
                end++;
            }
            open_relation(w, artifact ? "AssertedEvidence" : "AssertedInference");
            add_sources(w, refs, i, end);
            fb_buf_addf(w->out, " target=\"e%zu\"/>\n", at);
        }
        i = end;
    }
}

/* A strategy that supports something, and rests on no other strategy, is said in one relation. */
static void mark_reasons(struct writing *w)
{
    enum { SUPPORTS = 2 };
    for (size_t i = 0; i < w->doc->element_count; i++) {
        const struct fb_doc_refs *refs = &w->doc->elements[i].supported_by;
        for (size_t k = 0; k < refs->count; k++) {
            if (is_strategy(w->doc, &refs->items[k])) {
                w->reasons[fb_doc_find(w->doc, refs->items[k].name)] = SUPPORTS;
            }
        }
    }
    for (size_t i = 0; i < w->doc->element_count; i++) {
        const struct fb_doc_refs *below = &w->doc->elements[i].supported_by;
        bool plain = w->reasons[i] == SUPPORTS;
        for (size_t n = 0; plain && n < below->count; n++) {
            plain = !is_strategy(w->doc, &below->items[n]);
        }
        w->reasons[i] = plain;
    }
}

static void add_context(struct writing *w, size_t at)
{
    const struct fb_doc_refs *refs = &w->doc->elements[at].context;
    if (refs->count > 0) {
        open_relation(w, "AssertedContext");
        add_sources(w, refs, 0, refs->count);
        fb_buf_addf(w->out, " target=\"e%zu\"/>\n", at);
    }
}

/* A challenge; of a relation, it is named, and the target is what the relation is about. */
static void add_challenges(struct writing *w, size_t at)
{
    const struct fb_doc_element *e = &w->doc->elements[at];
    bool artifact = e->has_kind && e->kind == FB_ELEMENT_COUNTER_SOLUTION;
    for (size_t i = 0; i < e->challenges.count; i++) {
        const struct fb_doc_ref *ref = &e->challenges.items[i];
        uint32_t to = fb_doc_find(w->doc, ref->name);
        if (to == FB_DOC_NONE) {
            continue;
        }
        open_relation(w, artifact ? "AssertedEvidence" : "AssertedInference");
        fb_buf_addf(w->out, " isCounter=\"true\" source=\"e%zu\" target=\"e%u\"", at, to);
        if (ref->is_relation) {
            struct fb_str text = fb_arena_printf(
                w->arena, "%.*s -> %.*s", FB_STR_ARG(ref->name), FB_STR_ARG(ref->second));
            fb_buf_add_c(w->out, ">\n");
            add_tag(w, "gsn.challenges", text);
            fb_buf_add_c(w->out, "    </argumentationElement>\n");
        } else {
            fb_buf_add_c(w->out, "/>\n");
        }
    }
}

static void add_package(struct writing *w)
{
    const struct fb_doc_module *module = &w->doc->modules[0];
    fb_buf_add_c(w->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                         "<assuranceCase:AssuranceCasePackage xmi:version=\"2.0\" "
                         "xmlns:xmi=\"http://www.omg.org/XMI\" "
                         "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
                         "xmlns:assuranceCase=\"http://www.omg.org/spec/SACM/2.3/AssuranceCase\" "
                         "xmlns:argumentation=\"http://www.omg.org/spec/SACM/2.3/Argumentation\" "
                         "xmi:id=\"case\">\n");
    if (module->is_named) {
        fb_buf_add_c(w->out, "  <name lang=\"en\" content=\"");
        add_text(w->out, module->name);
        fb_buf_add_c(w->out, "\"/>\n");
    }
    if (module->about) {
        struct fb_yaml alone = *module->about;
        alone.next = NULL;
        fb_buf_clear(&w->scratch);
        fb_yaml_write(&alone, &w->scratch);
        add_tag(w, "gsn.module", fb_buf_str(&w->scratch));
    }
    fb_buf_add_c(w->out, "  <argumentPackage xmi:id=\"argument\">\n");
    for (size_t i = 0; i < w->doc->element_count; i++) {
        add_element(w, i);
    }
    for (size_t i = 0; i < w->doc->element_count; i++) {
        add_support(w, i);
        add_context(w, i);
        add_challenges(w, i);
    }
    fb_buf_add_c(w->out, "  </argumentPackage>\n</assuranceCase:AssuranceCasePackage>\n");
}

static enum fb_code check_refs(
    const struct fb_doc *doc, const struct fb_doc_element *e, size_t list, struct fb_err *err)
{
    const struct fb_doc_refs *refs = list == 0   ? &e->supported_by
                                     : list == 1 ? &e->context
                                                 : &e->challenges;
    for (size_t i = 0; i < refs->count; i++) {
        const struct fb_doc_ref *ref = &refs->items[i];
        if (fb_doc_find(doc, ref->name) == FB_DOC_NONE) {
            (void)fb_err_set(err, FB_E_REFERENCE, "'%.*s' refers to '%.*s', which does not exist",
                FB_STR_ARG(e->id), FB_STR_ARG(ref->name));
            return fb_doc_err_at(doc, &ref->place, err);
        }
    }
    return FB_OK;
}

enum fb_code fb_sacm_write(const struct fb_doc *doc, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(doc && doc->module_count == 1 && out && err);
    struct fb_arena arena;
    struct writing w = {.doc = doc, .out = out, .arena = &arena};
    enum fb_code code = FB_OK;
    for (size_t i = 0; i < doc->element_count; i++) {
        for (size_t list = 0; code == FB_OK && list < 3; list++) {
            code = check_refs(doc, &doc->elements[i], list, err);
        }
    }
    if (code != FB_OK) {
        return code;
    }
    fb_arena_init(&arena, (size_t)1 << 30);
    fb_buf_init(&w.scratch, out->max);
    w.reasons = FB_ARENA_ARRAY(&arena, uint8_t, doc->element_count);
    if (w.reasons) {
        mark_reasons(&w);
        add_package(&w);
    } else {
        code = fb_arena_failed(&arena, err);
    }
    fb_buf_release(&w.scratch);
    fb_arena_release(&arena);
    return code != FB_OK ? code : fb_buf_check(out, "case", err);
}

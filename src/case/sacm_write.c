/* sacm_write.c: a case as OMG SACM 2.3 in XML. What SACM has no place for stands in tagged values
 * with keys that begin with "gsn.", from which sacm_read.c puts it back. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "case/sacm.h"

struct writing {
    const struct fb_doc *doc;
    struct fb_buf *out;
    struct fb_buf scratch;
    struct fb_arena *arena;
    size_t relation_count;
    struct fb_map ids;         /* of XMI, in the file that is written */
    struct fb_str *handles;    /* of each element */
    struct fb_sacm_kept *kept; /* of each element, and behind them of the case */
    uint8_t *has_kept;         /* of each: what it keeps is written in SACM's own way */
    uint8_t
        *reasons; /* of each element: a strategy whose support stands where it is the reasoning */
};

static void add_tag(struct writing *w, const char *key, struct fb_str value)
{
    fb_buf_addf(w->out,
        "      <taggedValue><key><content><value lang=\"en\" content=\"%s\"/></content></key>"
        "<content><content><value lang=\"en\" content=\"",
        key);
    fb_sacm_add_text(w->out, value);
    fb_buf_add_c(w->out, "\"/></content></content></taggedValue>\n");
}

/* Keys that SACM itself carries, in this form. */
static bool is_carried(const struct writing *w, size_t at, const struct fb_yaml *m)
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
    if (fb_str_is(m->key, "sacm")) {
        return w->has_kept[at];
    }
    return (fb_str_is(m->key, "text") || fb_str_is(m->key, "url")) && trimmed;
}

static void add_extras(struct writing *w, size_t at)
{
    const struct fb_doc_element *e = &w->doc->elements[at];
    struct fb_yaml_builder b = {.arena = w->arena};
    struct fb_yaml *extra = fb_yaml_add(&b, NULL, FB_STR(""), FB_YAML_MAP);
    for (const struct fb_yaml *m = e->node->kind == FB_YAML_MAP ? e->node->child : NULL; extra && m;
         m = m->next) {
        if (!is_carried(w, at, m)) {
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

/* Text in each language. */
static void add_texts(struct writing *w, struct fb_str text, const struct fb_sacm_kept *kept)
{
    if (text.len == 0) {
        return;
    }
    fb_buf_add_c(w->out, "      <description><content><value lang=\"");
    fb_sacm_add_text(w->out, kept->lang.len > 0 ? kept->lang : FB_STR("en"));
    fb_buf_add_c(w->out, "\" content=\"");
    fb_sacm_add_text(w->out, text);
    fb_buf_add_c(w->out, "\"/>");
    for (const struct fb_yaml *one = kept->texts ? kept->texts->child : NULL; one;
         one = one->next) {
        const struct fb_yaml *lang = fb_yaml_get(one, "lang");
        fb_buf_add_c(w->out, "<value");
        if (lang) {
            fb_buf_add_c(w->out, " lang=\"");
            fb_sacm_add_text(w->out, lang->text);
            fb_buf_add_char(w->out, '"');
        }
        fb_buf_add_c(w->out, " content=\"");
        fb_sacm_add_text(w->out, fb_yaml_get(one, "text")->text);
        fb_buf_add_c(w->out, "\"/>");
    }
    fb_buf_add_c(w->out, "</content></description>\n");
}

static bool is_flagged(const struct fb_doc_element *e, const char *key)
{
    const struct fb_yaml *value = fb_doc_member(e, key);
    bool flag = false;
    return value && fb_yaml_flag(value, &flag) && flag;
}

static void add_attributes(struct writing *w, const struct fb_doc_element *e, const char *class,
    const struct fb_sacm_kept *kept)
{
    enum fb_element_kind kind = e->has_kind ? e->kind : FB_ELEMENT_GOAL;
    if (strcmp(class, "Claim") == 0 && !fb_yaml_get(kept->attributes, "assertionDeclaration")) {
        fb_buf_addf(w->out, " assertionDeclaration=\"%s\"",
            fb_sacm_status(kind, e->undeveloped, e->defeated));
    }
    if (fb_doc_member(e, "away")) {
        fb_buf_add_c(w->out, " isCitation=\"true\"");
    }
    if (is_flagged(e, "uninstantiated")) {
        fb_buf_add_c(w->out, " isAbstract=\"true\"");
    }
    fb_sacm_add_attributes(w->out, kept->attributes);
}

/* An attribute or a name that a record has. */
static struct fb_str called(const struct fb_yaml *record, const char *key)
{
    const struct fb_yaml *m = fb_yaml_get(record, key);
    return m ? m->text : FB_STR("");
}

static void add_quoted(struct writing *w, const char *name, struct fb_str value)
{
    if (value.len > 0) {
        fb_buf_addf(w->out, " %s=\"", name);
        fb_sacm_add_text(w->out, value);
        fb_buf_add_char(w->out, '"');
    }
}

static void add_name(struct writing *w, const char *indent, struct fb_str lang, struct fb_str name)
{
    fb_buf_addf(w->out, "%s<name", indent);
    add_quoted(w, "lang", lang.len > 0 ? lang : FB_STR("en"));
    fb_buf_add_c(w->out, " content=\"");
    fb_sacm_add_text(w->out, name);
    fb_buf_add_c(w->out, "\"/>\n");
}

/* A handle that nothing has: the letter and the index, and behind "_" a number where it is used. */
static struct fb_str free_id(struct writing *w, char letter, size_t index)
{
    struct fb_str id = fb_arena_printf(w->arena, "%c%zu", letter, index);
    for (size_t turn = 1; id.ptr && fb_map_has(&w->ids, id); turn++) {
        id = fb_arena_printf(w->arena, "%c%zu_%zu", letter, index, turn);
    }
    if (!id.ptr) {
        w->out->state = FB_BUF_NOMEM;
    }
    return id;
}

static void add_element(struct writing *w, size_t at)
{
    const struct fb_doc_element *e = &w->doc->elements[at];
    const struct fb_sacm_kept *kept = &w->kept[at];
    enum fb_element_kind kind = e->has_kind ? e->kind : FB_ELEMENT_GOAL;
    const char *class = fb_sacm_class(kind);
    struct fb_str name = kept->name.len > 0 ? kept->name : e->id;
    fb_buf_addf(w->out, "    <argumentationElement xsi:type=\"argumentation:%s\" xmi:id=\"%.*s\"",
        class, FB_STR_ARG(w->handles[at]));
    fb_buf_add_c(w->out, " gid=\"");
    fb_sacm_add_text(w->out, kept->gid.len > 0 ? kept->gid : e->id);
    fb_buf_add_char(w->out, '"');
    add_attributes(w, e, class, kept);
    fb_buf_add_c(w->out, ">\n");
    add_name(w, "      ", kept->name_lang, name);
    add_texts(w, fb_str_trim(e->text), kept);
    if (!fb_str_eq(name, e->id)) {
        add_tag(w, "gsn.id", e->id);
    }
    if (e->has_kind) {
        add_tag(w, "gsn.nodeType", fb_str_of(fb_element_kind_type(kind)));
    }
    if (e->url.len > 0) {
        add_tag(w, "gsn.url", e->url);
    }
    add_extras(w, at);
    if (kept->xml.len > 0) {
        fb_buf_add_str(w->out, kept->xml);
        fb_buf_add_char(w->out, '\n');
    }
    fb_buf_add_c(w->out, "    </argumentationElement>\n");
}

/* A relation, with what is kept of it, or NULL. */
static void open_relation(struct writing *w, const char *class, const struct fb_yaml *record)
{
    struct fb_str id = called(record, "id");
    id = id.len > 0 ? id : free_id(w, 'r', w->relation_count);
    w->relation_count++;
    fb_buf_addf(w->out, "    <argumentationElement xsi:type=\"argumentation:%s\"", class);
    add_quoted(w, "xmi:id", id);
    add_quoted(w, "gid", called(record, "gid"));
}

/* Ends it; `tag` when it names what it challenges. */
static void close_relation(struct writing *w, const struct fb_yaml *record, struct fb_str tag)
{
    struct fb_str name = called(record, "name");
    if (name.len == 0 && tag.len == 0) {
        fb_buf_add_c(w->out, "/>\n");
        return;
    }
    fb_buf_add_c(w->out, ">\n");
    if (name.len > 0) {
        add_name(w, "      ", called(record, "nameLang"), name);
    }
    if (tag.len > 0) {
        add_tag(w, "gsn.challenges", tag);
    }
    fb_buf_add_c(w->out, "    </argumentationElement>\n");
}

/* How a reference is written in the native form. */
static struct fb_str said(struct writing *w, const struct fb_doc_ref *ref)
{
    struct fb_str text = ref->is_relation ? fb_arena_printf(w->arena, "%.*s -> %.*s",
                                                FB_STR_ARG(ref->name), FB_STR_ARG(ref->second))
                                          : ref->name;
    if (!text.ptr) {
        w->out->state = FB_BUF_NOMEM;
    }
    return text;
}

/* What is kept of the relation that stands for the references from i on; NULL: nothing. */
static const struct fb_yaml *record_of(
    struct writing *w, size_t at, const char *key, const struct fb_doc_refs *refs, size_t i)
{
    const struct fb_yaml *all = w->kept[at].relations;
    for (const struct fb_yaml *one = all ? all->child : NULL; one; one = one->next) {
        size_t n = i;
        const struct fb_yaml *of = fb_yaml_get(one, "of");
        bool same = fb_str_is(called(one, "key"), key) && i + of->count <= refs->count;
        for (const struct fb_yaml *name = of->child; same && name; name = name->next, n++) {
            same = fb_str_eq(said(w, &refs->items[n]), name->text);
        }
        if (same) {
            return one;
        }
    }
    return NULL;
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
           strcmp(fb_sacm_class(doc->elements[to].kind), "ArtifactReference") == 0;
}

static void add_sources(struct writing *w, const struct fb_doc_refs *refs, size_t from, size_t to)
{
    const char *before = " source=\"";
    for (size_t i = from; i < to; i++) {
        uint32_t at = fb_doc_find(w->doc, refs->items[i].name);
        if (at != FB_DOC_NONE) {
            fb_buf_addf(w->out, "%s%.*s", before, FB_STR_ARG(w->handles[at]));
            before = " ";
        }
    }
    fb_buf_add_c(w->out, before[1] ? "" : "\"");
}

/* Where the references end that go into one relation: all of one class, or those of a record. */
static size_t end_of_run(struct writing *w, size_t at, const struct fb_doc_refs *refs, size_t i,
    const struct fb_yaml *record)
{
    size_t end = i + 1;
    bool artifact = is_artifact(w->doc, &refs->items[i]);
    size_t most = record ? i + fb_yaml_get(record, "of")->count : refs->count;
    while (end < most && !is_strategy(w->doc, &refs->items[end]) &&
           is_artifact(w->doc, &refs->items[end]) == artifact &&
           (record || !record_of(w, at, "supportedBy", refs, end))) {
        end++;
    }
    return end;
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
        const struct fb_yaml *record = record_of(w, at, "supportedBy", refs, i);
        open_relation(w, artifact ? "AssertedEvidence" : "AssertedInference", record);
        if (is_strategy(w->doc, &refs->items[i])) {
            uint32_t by = fb_doc_find(w->doc, refs->items[i].name);
            const struct fb_doc_refs *below = &w->doc->elements[by].supported_by;
            add_sources(w, below, 0, w->reasons[by] ? below->count : 0);
            fb_buf_addf(w->out, " target=\"%.*s\" reasoning=\"%.*s\"", FB_STR_ARG(w->handles[at]),
                FB_STR_ARG(w->handles[by]));
        } else {
            end = end_of_run(w, at, refs, i, record);
            add_sources(w, refs, i, end);
            fb_buf_addf(w->out, " target=\"%.*s\"", FB_STR_ARG(w->handles[at]));
        }
        close_relation(w, record, FB_STR(""));
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
    for (size_t i = 0, end = 0; i < refs->count; i = end) {
        const struct fb_yaml *record = record_of(w, at, "inContextOf", refs, i);
        end = record ? i + fb_yaml_get(record, "of")->count : i + 1;
        while (!record && end < refs->count && !record_of(w, at, "inContextOf", refs, end)) {
            end++;
        }
        open_relation(w, "AssertedContext", record);
        add_sources(w, refs, i, end);
        fb_buf_addf(w->out, " target=\"%.*s\"", FB_STR_ARG(w->handles[at]));
        close_relation(w, record, FB_STR(""));
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
        const struct fb_yaml *record = record_of(w, at, "challenges", &e->challenges, i);
        open_relation(w, artifact ? "AssertedEvidence" : "AssertedInference", record);
        fb_buf_addf(w->out, " isCounter=\"true\" source=\"%.*s\" target=\"%.*s\"",
            FB_STR_ARG(w->handles[at]), FB_STR_ARG(w->handles[to]));
        close_relation(w, record, ref->is_relation ? said(w, ref) : FB_STR(""));
    }
}

/* The module section as a tagged value, but for what SACM says itself. */
static void add_section(struct writing *w, const struct fb_yaml *about)
{
    struct fb_yaml_builder b = {.arena = w->arena};
    struct fb_yaml *rest = about ? fb_yaml_add(&b, NULL, FB_STR(""), FB_YAML_MAP) : NULL;
    for (const struct fb_yaml *m = rest && about->kind == FB_YAML_MAP ? about->child : NULL; m;
         m = m->next) {
        if (!w->has_kept[w->doc->element_count] || !fb_str_is(m->key, "sacm")) {
            fb_yaml_add_copy(&b, rest, m);
        }
    }
    if (rest && rest->count > 0) {
        fb_buf_clear(&w->scratch);
        fb_yaml_write(rest, &w->scratch);
        add_tag(w, "gsn.module", fb_buf_str(&w->scratch));
    }
    if (b.failed || w->scratch.state != FB_BUF_GOOD) {
        w->out->state = FB_BUF_NOMEM;
    }
}

static void add_package(struct writing *w)
{
    const struct fb_doc_module *module = &w->doc->modules[0];
    const struct fb_sacm_kept *kept = &w->kept[w->doc->element_count];
    fb_buf_add_c(w->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                         "<assuranceCase:AssuranceCasePackage xmi:version=\"2.0\" "
                         "xmlns:xmi=\"http://www.omg.org/XMI\" "
                         "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
                         "xmlns:assuranceCase=\"http://www.omg.org/spec/SACM/2.3/AssuranceCase\" "
                         "xmlns:argumentation=\"http://www.omg.org/spec/SACM/2.3/Argumentation\"");
    add_quoted(w, "xmi:id", kept->id.len > 0 ? kept->id : FB_STR("case"));
    add_quoted(w, "gid", kept->gid);
    fb_sacm_add_namespaces(w->out, kept->namespaces);
    fb_sacm_add_attributes(w->out, kept->attributes);
    fb_buf_add_c(w->out, ">\n");
    if (module->is_named) {
        add_name(w, "  ", kept->name_lang, module->name);
    }
    add_section(w, module->about);
    if (kept->xml.len > 0) {
        fb_buf_add_str(w->out, kept->xml);
        fb_buf_add_char(w->out, '\n');
    }
    struct fb_str id = called(kept->package, "id"), name = called(kept->package, "name");
    fb_buf_add_c(w->out, "  <argumentPackage");
    add_quoted(w, "xmi:id", id.len > 0 ? id : FB_STR("argument"));
    add_quoted(w, "gid", called(kept->package, "gid"));
    fb_buf_add_c(w->out, ">\n");
    if (name.len > 0) {
        add_name(w, "    ", called(kept->package, "nameLang"), name);
    }
    for (size_t i = 0; i < w->doc->element_count; i++) {
        add_element(w, i);
    }
    for (size_t i = 0; i < w->doc->element_count; i++) {
        add_support(w, i);
        add_context(w, i);
        add_challenges(w, i);
    }
    if (kept->argument.len > 0) {
        fb_buf_add_str(w->out, kept->argument);
        fb_buf_add_char(w->out, '\n');
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

/* What each element and the case keep, and the handles of elements in the file. */
static enum fb_code find_kept(struct writing *w, struct fb_err *err)
{
    size_t count = w->doc->element_count;
    const struct fb_yaml *case_kept = fb_yaml_get(w->doc->modules[0].about, "sacm");
    bool good = false;
    w->handles = FB_ARENA_ARRAY(w->arena, struct fb_str, count + 1);
    w->kept = FB_ARENA_ARRAY(w->arena, struct fb_sacm_kept, count + 1);
    w->has_kept = FB_ARENA_ARRAY(w->arena, uint8_t, count + 1);
    w->reasons = FB_ARENA_ARRAY(w->arena, uint8_t, count + 1);
    if (!w->handles || !w->kept || !w->has_kept || !w->reasons) {
        return fb_arena_failed(w->arena, err);
    }
    enum fb_code code = fb_map_put(&w->ids, FB_STR("case"), w, err);
    code = code != FB_OK ? code : fb_map_put(&w->ids, FB_STR("argument"), w, err);
    for (size_t turn = 0; code == FB_OK && turn <= count; turn++) {
        size_t at = turn == 0 ? count : turn - 1; /* the case first: it has the namespaces */
        const struct fb_yaml *value =
            at == count ? case_kept : fb_doc_member(&w->doc->elements[at], "sacm");
        if (!value) {
            continue;
        }
        code = fb_sacm_kept(
            value, w->kept[count].namespaces, &w->ids, w->arena, &w->kept[at], &good, err);
        bool text = at < count && fb_str_trim(w->doc->elements[at].text).len > 0;
        good = good && (text || (w->kept[at].lang.len == 0 && !w->kept[at].texts));
        w->has_kept[at] = good;
        if (!good) {
            w->kept[at] = (struct fb_sacm_kept){.id = {"", 0}};
        }
    }
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        w->handles[i] = w->kept[i].id.len > 0 ? w->kept[i].id : free_id(w, 'e', i);
    }
    return code;
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
    fb_map_init(&w.ids);
    code = find_kept(&w, err);
    if (code == FB_OK) {
        mark_reasons(&w);
        add_package(&w);
    }
    fb_map_release(&w.ids);
    fb_buf_release(&w.scratch);
    fb_arena_release(&arena);
    return code != FB_OK ? code : fb_buf_check(out, "case", err);
}

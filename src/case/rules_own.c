/* rules_own.c: checks that gsn2x does not have: what flags say against what is computed, and
 * whether the case could be submitted. */
#include "base/assert.h"
#include "case/rules.h"

/* True when some element of the document is flagged as defeated. */
static bool uses_flags(const struct fb_doc *doc)
{
    for (size_t i = 0; i < doc->element_count; i++) {
        if (doc->elements[i].defeated || doc->elements[i].defeated_relations.count) {
            return true;
        }
    }
    return false;
}

/* F03: the flag of an element against its label. */
static enum fb_code check_flag(
    struct fb_doc *doc, const struct fb_case *c, size_t at, struct fb_err *err)
{
    const struct fb_doc_element *e = &doc->elements[at];
    bool defeated = c->elements[at].label == FB_LABEL_OUT_FALSIFIED;
    if (e->defeated == defeated) {
        return FB_OK;
    }
    const struct fb_yaml *flag = fb_doc_member(e, "defeated");
    struct fb_report found = {.rule = "F03",
        .place = e->defeated ? fb_doc_at_key(e->place.module, flag) : e->place,
        .hint = e->defeated ? "Every challenge to it is answered (GSN v3, 2:11.3.2.3); remove it."
                            : "A challenge to it stands; mark it as defeated: true."};
    return fb_doc_report(doc, &found, err,
        e->defeated ? "'%.*s' is marked as defeated and is not"
                    : "'%.*s' is defeated and not marked as such",
        FB_STR_ARG(e->id));
}

/* F03: what a challenge came to against the flag of its relation. */
static enum fb_code check_relation_flag(struct fb_doc *doc, const struct fb_case *c,
    const struct fb_challenge *challenge, struct fb_err *err)
{
    const struct fb_doc_element *e = &doc->elements[challenge->by];
    if (challenge->kind != FB_CHALLENGE_ELEMENT) {
        return FB_OK;
    }
    struct fb_str target = c->elements[challenge->target].id;
    bool flagged = false, defeated = challenge->label == FB_LABEL_OUT_FALSIFIED ||
                                     challenge->label == FB_LABEL_OUT_UNDERCUT;
    for (size_t i = 0; i < e->defeated_relations.count; i++) {
        flagged = flagged || fb_str_eq(e->defeated_relations.items[i].name, target);
    }
    if (flagged == defeated) {
        return FB_OK;
    }
    struct fb_report found = {.rule = "F03",
        .place = e->place,
        .hint = flagged ? "The challenge stands; remove defeatedRelation."
                        : "The challenge is answered; add it to defeatedRelation."};
    return fb_doc_report(doc, &found, err,
        flagged ? "the challenge '%.*s' -> '%.*s' is marked as defeated and is not"
                : "the challenge '%.*s' -> '%.*s' is defeated and not marked as such",
        FB_STR_ARG(e->id), FB_STR_ARG(target));
}

static enum fb_code check_flags(
    struct fb_doc *doc, struct fb_case *c, struct fb_arena *arena, struct fb_err *err)
{
    enum fb_code code = fb_case_label(c, NULL, NULL, arena, err);
    for (size_t i = 0; code == FB_OK && i < c->element_count; i++) {
        code = check_flag(doc, c, i, err);
    }
    for (size_t i = 0; code == FB_OK && i < c->challenge_count; i++) {
        code = check_relation_flag(doc, c, &c->challenges[i], err);
    }
    return code;
}

/* The modules of the case, or of the files when it has no parts. */
static bool has_module(const struct fb_case *c, struct fb_str name)
{
    for (size_t i = 0; i < c->module_count; i++) {
        if (fb_str_eq(c->modules[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* F05: an away element names a module; when there are several it is one of them, and has what the
 * element repeats. */
static enum fb_code check_away(
    struct fb_doc *doc, const struct fb_case *c, size_t at, struct fb_err *err)
{
    const struct fb_element *e = &c->elements[at];
    bool nowhere = fb_str_is(e->away, "elsewhere"); /* said by a format that names no module */
    if (e->away.len == 0 || (c->module_count < 2 && !nowhere)) {
        return FB_OK;
    }
    struct fb_report found = {.rule = "F05",
        .place = doc->elements[at].place,
        .hint = "Give the file of that module too, or correct its name."};
    if (nowhere && !has_module(c, e->away)) {
        found.hint = "Declare it, or give the file that does.";
        return fb_doc_report(
            doc, &found, err, "'%.*s' is cited and declared nowhere", FB_STR_ARG(e->id));
    }
    if (!has_module(c, e->away)) {
        return fb_doc_report(doc, &found, err, "'%.*s' stands in module '%.*s', which is not there",
            FB_STR_ARG(e->id), FB_STR_ARG(e->away));
    }
    const struct fb_doc_refs *repeats = &doc->elements[at].repeats;
    uint32_t to = repeats->count ? fb_doc_find(doc, repeats->items[0].name) : FB_DOC_NONE;
    if (to == FB_DOC_NONE || fb_str_eq(c->modules[c->elements[to].module].name, e->away)) {
        return FB_OK;
    }
    found.place = repeats->items[0].place;
    return fb_doc_report(doc, &found, err, "'%.*s' stands in module '%.*s', and not in '%.*s'",
        FB_STR_ARG(c->elements[to].id), FB_STR_ARG(c->modules[c->elements[to].module].name),
        FB_STR_ARG(e->away));
}

/* F05: the part of the file that an element stands in is one that the file lists. */
static enum fb_code check_part(
    struct fb_doc *doc, const struct fb_case *c, size_t at, struct fb_err *err)
{
    const struct fb_doc_element *e = &doc->elements[at];
    const struct fb_yaml *in = fb_doc_member(e, "inModule");
    if (!in || c->elements[at].module >= doc->module_count) {
        return FB_OK;
    }
    bool own = in->kind == FB_YAML_SCALAR && doc->modules[e->place.module].is_named &&
               fb_str_eq(in->text, doc->modules[e->place.module].name);
    struct fb_report found = {.rule = "F05",
        .place = fb_doc_at(e->place.module, in),
        .hint = "List it under 'parts' of the module section, or correct its name."};
    return own ? FB_OK
               : fb_doc_report(doc, &found, err,
                     "'%.*s' stands in part '%.*s', which its file does not list",
                     FB_STR_ARG(e->id), FB_STR_ARG(in->text));
}

/* Which modules say what others may name. */
static const uint8_t *find_interfaces(const struct fb_case *c, struct fb_arena *arena)
{
    uint8_t *has = FB_ARENA_ARRAY(arena, uint8_t, c->module_count);
    for (size_t i = 0; has && i < c->element_count; i++) {
        has[c->elements[i].module] |= c->elements[i].is_public;
    }
    return has;
}

/* F06: what another module names must be public, when its own module says what is. */
static enum fb_code check_public(struct fb_doc *doc, const struct fb_case *c,
    const struct fb_doc_element *from, const struct fb_doc_ref *ref, const uint8_t *has,
    struct fb_err *err)
{
    uint32_t to = fb_doc_find(doc, ref->name);
    uint32_t own = c->elements[from - doc->elements].module;
    if (to == FB_DOC_NONE || c->elements[to].module == own || c->elements[to].is_public ||
        !has[c->elements[to].module]) {
        return FB_OK;
    }
    struct fb_report found = {.rule = "F06",
        .place = ref->place,
        .hint = "Name what is public there, or mark it with public: true."};
    return fb_doc_report(doc, &found, err, "'%.*s' is not public in module '%.*s'",
        FB_STR_ARG(c->elements[to].id), FB_STR_ARG(c->modules[c->elements[to].module].name));
}

/* F05 and F06. What a module develops of another is named by it, and stands in the other. */
static enum fb_code check_modules(
    struct fb_doc *doc, const struct fb_case *c, struct fb_arena *arena, struct fb_err *err)
{
    const uint8_t *has = find_interfaces(c, arena);
    enum fb_code code = has ? FB_OK : fb_arena_failed(arena, err);
    for (size_t i = 0; code == FB_OK && i < c->element_count; i++) {
        const struct fb_doc_element *e = &doc->elements[i];
        const struct fb_doc_refs *lists[] = {&e->supported_by, &e->context, &e->repeats};
        code = check_away(doc, c, i, err);
        code = code != FB_OK ? code : check_part(doc, c, i, err);
        for (size_t n = 0; n < 3; n++) {
            for (size_t k = 0; code == FB_OK && k < lists[n]->count; k++) {
                const struct fb_doc_ref *ref = &lists[n]->items[k];
                bool own = ref->place.module == e->place.module; /* else developed from there */
                code = own ? check_public(doc, c, e, ref, has, err) : FB_OK;
            }
        }
    }
    return code;
}

/* A place of this document from one of an error. */
static struct fb_doc_place place_of(const struct fb_doc *doc, const struct fb_err *err)
{
    struct fb_doc_place place = {FB_DOC_NONE, 0, 0};
    for (uint32_t i = 0; i < doc->module_count; i++) {
        if (err->line > 0 && fb_str_is(fb_str_of(doc->modules[i].path), err->file)) {
            place = (struct fb_doc_place){i, err->line, err->offset > 0 ? (size_t)err->offset : 0};
        }
    }
    return place;
}

/* F04: what a docket would refuse the case for. */
static enum fb_code check_strict(struct fb_doc *doc, bool relaxed, struct fb_arena *arena,
    struct fb_case **out, struct fb_err *err)
{
    struct fb_err why;
    fb_err_init(&why);
    enum fb_code code = fb_case_build(doc, relaxed, arena, out, &why);
    if (code == FB_OK) {
        return FB_OK;
    }
    if (code == FB_E_NOMEM || code == FB_E_LIMIT) {
        *err = why;
        return code;
    }
    struct fb_str hint = fb_arena_printf(doc->arena, "%s", why.hint);
    struct fb_report found = {.rule = "F04", .place = place_of(doc, &why), .hint = hint.ptr};
    return hint.ptr
               ? fb_doc_report(doc, &found, err, "a docket would refuse the case: %s", why.message)
               : fb_arena_failed(doc->arena, err);
}

enum fb_code fb_rules_own(struct fb_doc *doc, struct fb_err *err)
{
    FB_ASSERT(doc && err);
    if (doc->error_count > 0) {
        return FB_OK;
    }
    struct fb_arena arena;
    fb_arena_init(&arena, (size_t)1 << 30);
    struct fb_case *c = NULL;
    enum fb_code code = check_strict(doc, true, &arena, &c, err);
    if (code == FB_OK && c) {
        struct fb_case *strict = NULL;
        code = check_strict(doc, false, &arena, &strict, err);
        code = code != FB_OK ? code : check_modules(doc, c, &arena, err);
        if (code == FB_OK && uses_flags(doc)) {
            code = check_flags(doc, c, &arena, err);
        }
    }
    fb_arena_release(&arena);
    return code;
}

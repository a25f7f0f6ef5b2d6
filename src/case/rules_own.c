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

/* F05: away elements name a module; when several files are given it should be one of them. */
static enum fb_code check_away(struct fb_doc *doc, const struct fb_case *c, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && doc->module_count > 1 && i < c->element_count; i++) {
        const struct fb_element *e = &c->elements[i];
        bool there = e->away.len == 0;
        for (size_t k = 0; !there && k < doc->module_count; k++) {
            there = fb_str_eq(doc->modules[k].name, e->away);
        }
        if (!there) {
            struct fb_report found = {.rule = "F05",
                .place = doc->elements[i].place,
                .hint = "Give the file of that module too, or correct its name."};
            code = fb_doc_report(doc, &found, err,
                "'%.*s' stands in module '%.*s', which is not there", FB_STR_ARG(e->id),
                FB_STR_ARG(e->away));
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
        code = code != FB_OK ? code : check_away(doc, c, err);
        if (code == FB_OK && uses_flags(doc)) {
            code = check_flags(doc, c, &arena, err);
        }
    }
    fb_arena_release(&arena);
    return code;
}

#include "govern/test_history.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "lang/signature.h"

/* Who issues the policy, and what nobody in particular issues. */
#define NOBODY "party/test"
#define BEGIN "1970-01-01T00:00:00Z"

/* A registry being filled. */
struct filling {
    struct fb_arena *arena;
    struct fb_registry *registry;
    const struct fb_test *test;
};

enum { DIGEST_TEXT = sizeof("sha256:") + 64 };

/* What stands for the digest of the document of a case: the line that gives it. That of the policy
 * is zero. */
static const char *line_digest(uint32_t line, char out[DIGEST_TEXT])
{
    (void)snprintf(out, DIGEST_TEXT, "sha256:%064x", line);
    return out;
}

static const struct fb_domain party_domain = {.type = FB_TYPE_STRING, .ref = "party"};

enum fb_code fb_test_history_blob(
    void *ctx, struct fb_str digest, struct fb_buf *out, struct fb_err *err)
{
    const struct fb_test_history *history = ctx;
    const struct fb_given *given = history->test->givens;
    for (; given; given = given->next) {
        char own[DIGEST_TEXT];
        if (given->rests_on.len && fb_str_is(digest, line_digest(given->span.line, own))) {
            fb_buf_addf(out,
                "G1:\n  text: it is safe\n  supportedBy: Sn1\nSn1:\n  text: evidence\n"
                "  evidence: \"%.*s\"\n",
                FB_STR_ARG(given->rests_on));
            return fb_buf_check(out, "a safety case", err);
        }
    }
    fb_buf_add_str(out, history->policy);
    return fb_buf_check(out, "the policy", err);
}

/* Adds a record from its draft. */
static enum fb_code add(
    struct filling *filling, struct fb_str draft, fb_time admitted, struct fb_err *err)
{
    struct fb_json *json = NULL;
    struct fb_buf statement;
    fb_buf_init(&statement, FB_STATEMENT_MAX);
    enum fb_code code = fb_json_parse(draft, NULL, NULL, filling->arena, &json, err);
    if (code == FB_OK) {
        code = fb_record_canonical(
            json, (struct fb_record_fill){.issuer = FB_STR(NOBODY)}, &statement, err);
    }
    if (code == FB_OK) {
        code = fb_registry_assume(filling->registry, fb_buf_str(&statement), admitted, err);
    }
    fb_buf_release(&statement);
    return code;
}

static enum fb_code add_party(struct filling *filling, struct fb_str id, struct fb_err *err)
{
    if (fb_registry_find(filling->registry, id)) {
        return FB_OK;
    }
    struct fb_buf text;
    struct fb_json_writer w;
    fb_buf_init(&text, FB_STATEMENT_MAX);
    fb_json_writer_init(&w, &text, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "kind", "party");
    fb_json_key_str(&w, "id", id);
    fb_json_key_c(&w, "at", BEGIN);
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    fb_json_key_str(&w, "title", id);
    fb_json_key_c(&w, "role", "operator");
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    enum fb_code code = fb_buf_check(&text, "a party", err);
    if (code == FB_OK) {
        code = add(filling, fb_buf_str(&text), 0, err);
    }
    fb_buf_release(&text);
    return code;
}

static const char *kind_name(const struct fb_cond *fact)
{
    /* Names of relations are literals of kinds.def. */
    return fb_policy_signature()->relations[fact->relation].name.ptr;
}

static const struct fb_word *given_value(const struct fb_cond *fact, uint32_t column)
{
    const struct fb_fact_field *field = fact->fields;
    while (field && field->column != column) {
        field = field->next;
    }
    return field ? &field->value : NULL;
}

/* True when the test itself gives this party. */
static bool gives_party(const struct fb_test *test, struct fb_str id, struct fb_arena *arena)
{
    for (const struct fb_given *given = test->givens; given; given = given->next) {
        const struct fb_word *own = given_value(given->fact, FB_COLUMN_ID);
        if (own && strcmp(kind_name(given->fact), "party") == 0 &&
            fb_str_eq(fb_policy_id(&party_domain, own->text, arena), id)) {
            return true;
        }
    }
    return false;
}

static enum fb_code meet(struct filling *filling, const struct fb_word *name, struct fb_err *err)
{
    struct fb_str id = fb_policy_id(&party_domain, name->text, filling->arena);
    if (!id.ptr) {
        return fb_arena_failed(filling->arena, err);
    }
    return gives_party(filling->test, id, filling->arena) ? FB_OK : add_party(filling, id, err);
}

static enum fb_code fail_at(
    const struct fb_test_history *history, const struct fb_span *span, struct fb_err *err)
{
    /* The place in the draft is of no use to who wrote the policy. */
    err->line = err->column = 0;
    err->offset = -1;
    err->file[0] = err->path[0] = 0;
    fb_err_place(err, history->name, span->line, span->column, -1);
    return err->code;
}

/* Adds the parties that a line names. */
static enum fb_code meet_all(
    struct filling *filling, const struct fb_given *given, struct fb_err *err)
{
    enum fb_code code = given->by.span.line ? meet(filling, &given->by, err) : FB_OK;
    for (const struct fb_fact_field *f = given->fact->fields; f && code == FB_OK; f = f->next) {
        const struct fb_domain *domain = fb_policy_domain(given->fact->relation, f->column);
        bool is_party = domain->ref && strcmp(domain->ref, "party") == 0;
        if (is_party && f->column != FB_COLUMN_ID) {
            code = meet(filling, &f->value, err);
        }
    }
    return code;
}

static enum fb_code add_policy(struct filling *filling, struct fb_err *err)
{
    static const char draft[] =
        "{\"kind\":\"policy\",\"id\":\"policy/test\",\"at\":\"" BEGIN "\",\"body\":{\"name\":"
        "\"test\",\"version\":1,\"document\":\"sha256:00000000000000000000000000000000000000000000"
        "00000000000000000000\"}}";
    return add(filling, fb_str_of(draft), 0, err);
}

static void write_time(struct fb_json_writer *w, const char *key, fb_time t)
{
    char text[FB_TIME_TEXT];
    fb_json_key_c(w, key, fb_time_format(t, text));
}

static void write_value(struct fb_json_writer *w, const char *key, const struct fb_word *word,
    const struct fb_domain *domain, struct fb_arena *arena)
{
    switch (word->kind) {
    case FB_WORD_NUMBER:
        fb_json_key(w, key);
        fb_json_raw(w, word->text);
        break;
    case FB_WORD_DATE:
        write_time(w, key, word->date);
        break;
    case FB_WORD_TRUTH:
        fb_json_key_bool(w, key, word->truth);
        break;
    case FB_WORD_TEXT:
    case FB_WORD_VARIABLE:
    case FB_WORD_UNKNOWN:
        fb_json_key_str(w, key, fb_policy_id(domain, word->text, arena));
        break;
    }
}

/* What stands for a needed field that the test leaves out; nothing where no guess is right. */
static void write_default(
    struct fb_json_writer *w, const struct fb_field *field, const struct fb_given *given)
{
    int column = fb_policy_column(given->fact->relation, "succeeded_any");
    if (strcmp(field->name, "succeeded_all") == 0 && column >= 0 &&
        given_value(given->fact, (uint32_t)column)) {
        fb_json_key(w, field->name);
        fb_json_raw(w, given_value(given->fact, (uint32_t)column)->text);
    } else if (field->type == FB_FIELD_TIME) {
        write_time(w, field->name, given->at);
    } else if (field->type == FB_FIELD_STRING || field->type == FB_FIELD_TEXT) {
        fb_json_key_c(w, field->name, "(not given)");
    } else if (strcmp(field->name, "version") == 0) {
        fb_json_key_int(w, field->name, 1);
    } else if (strcmp(field->name, "unresolved") == 0) {
        fb_json_key_int(w, field->name, 0);
    } else if (field->kind == FB_KIND_evaluation && strcmp(field->name, "status") == 0) {
        fb_json_key_c(w, field->name, "success");
    } else if (field->kind == FB_KIND_system && field->type == FB_FIELD_REF) {
        fb_json_key_c(w, field->name, NOBODY);
    }
}

/* An evaluation that began when nothing says otherwise began when it ended. */
static const struct fb_word *began_with(const struct fb_cond *fact, const struct fb_field *field)
{
    int column = fb_policy_column(fact->relation, "ended");
    bool began = field->kind == FB_KIND_evaluation && strcmp(field->name, "began") == 0;
    return began && column >= 0 ? given_value(fact, (uint32_t)column) : NULL;
}

static void write_body(struct fb_json_writer *w, const struct fb_given *given, struct fb_arena *a)
{
    size_t count = 0;
    enum fb_kind kind = fb_kind_of(fb_str_of(kind_name(given->fact)));
    const struct fb_field *fields = fb_kind_fields(kind, &count);
    fb_json_key(w, "body");
    fb_json_open_object(w);
    for (size_t i = 0; i < count; i++) {
        int column = fb_policy_column(given->fact->relation, fields[i].name);
        const struct fb_word *word = column < 0 ? NULL : given_value(given->fact, (uint32_t)column);
        word = word ? word : began_with(given->fact, &fields[i]);
        char digest[DIGEST_TEXT];
        if (given->rests_on.len && strcmp(fields[i].name, "document") == 0) {
            fb_json_key_c(w, fields[i].name, line_digest(given->span.line, digest));
        } else if (word) {
            write_value(w, fields[i].name, word,
                fb_policy_domain(given->fact->relation, (uint32_t)column), a);
        } else if (fields[i].needed) {
            write_default(w, &fields[i], given);
        }
    }
    fb_json_close_object(w);
}

static void write_draft(struct fb_json_writer *w, const struct fb_given *given, struct fb_arena *a)
{
    const struct fb_cond *fact = given->fact;
    struct fb_domain own = {.type = FB_TYPE_STRING, .ref = kind_name(fact)};
    const struct fb_domain system = {.type = FB_TYPE_STRING, .ref = "system"};
    const struct fb_word *id = given_value(fact, FB_COLUMN_ID);
    const struct fb_word *subject = given_value(fact, FB_COLUMN_SUBJECT);
    const struct fb_word *at = given_value(fact, FB_COLUMN_AT);
    struct fb_str name = id ? fb_policy_id(&own, id->text, a)
                            : fb_arena_printf(a, "%s/line-%u", own.ref, given->span.line);
    fb_json_open_object(w);
    fb_json_key_c(w, "kind", own.ref);
    fb_json_key_str(w, "id", name);
    fb_json_key_str(w, "issuer",
        given->by.span.line ? fb_policy_id(&party_domain, given->by.text, a) : FB_STR(NOBODY));
    if (subject) {
        fb_json_key_str(w, "subject", fb_policy_id(&system, subject->text, a));
    }
    if (given->correcting.span.line) {
        fb_json_key_str(w, "supersedes", fb_policy_id(&own, given->correcting.text, a));
    }
    write_time(w, "at", at && at->kind == FB_WORD_DATE ? at->date : given->at);
    write_body(w, given, a);
    fb_json_close_object(w);
}

static enum fb_code add_given(
    struct filling *filling, const struct fb_given *given, struct fb_err *err)
{
    struct fb_buf draft;
    struct fb_json_writer w;
    fb_buf_init(&draft, FB_STATEMENT_MAX * 2);
    fb_json_writer_init(&w, &draft, 0);
    write_draft(&w, given, filling->arena);
    enum fb_code code = fb_buf_check(&draft, "a record", err);
    if (code == FB_OK) {
        code = add(filling, fb_buf_str(&draft), given->at, err);
    }
    fb_buf_release(&draft);
    return code;
}

enum fb_code fb_test_history_build(const struct fb_test_history *history, fb_time at,
    struct fb_arena *arena, struct fb_registry **out, struct fb_err *err)
{
    struct filling filling = {.arena = arena, .test = history->test};
    FB_ASSERT(out && history->test);
    enum fb_code code = fb_registry_new(&filling.registry, err);
    if (code == FB_OK) {
        code = add_party(&filling, FB_STR(NOBODY), err);
    }
    if (code == FB_OK) {
        code = add_policy(&filling, err);
    }
    const struct fb_given *given = history->test->givens;
    for (; given && code == FB_OK; given = given->next) {
        code = meet_all(&filling, given, err);
        code = code == FB_OK ? FB_OK : fail_at(history, &given->span, err);
    }
    given = history->test->givens;
    for (; given && given->at <= at && code == FB_OK; given = given->next) {
        code = add_given(&filling, given, err);
        code = code == FB_OK ? FB_OK : fail_at(history, &given->span, err);
    }
    if (code != FB_OK) {
        fb_registry_free(filling.registry);
        return code;
    }
    *out = filling.registry;
    return FB_OK;
}

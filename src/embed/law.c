/* law.c: policies and a history in memory, for programs that embed flyball. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "flyball/policy.h"
#include "lang/lang.h"
#include "ledger/sha256.h"
#include "report/report.h"

/* Who files the policies; the first party of the history. */
#define OFFICE "party/flyball-law"
#define BEGIN "1970-01-01T00:00:00Z"

enum { ARENA_MAX = 1 << 30, TEXT_MAX = 1 << 24, DIGEST_TEXT = 7 + FB_SHA256_TEXT };

/* A document that a policy record names. */
struct document {
    char digest[DIGEST_TEXT]; /* "sha256:..." */
    struct fb_str text;
};

struct fb_law {
    struct fb_arena arena; /* documents */
    struct document documents[FB_LAW_POLICIES_MAX];
    size_t document_count;
    struct fb_registry *registry;
    bool has_records; /* beside policies */
    struct fb_arena decision;
    struct fb_picture picture;
    bool decided;
    struct fb_buf why;
};

enum fb_code fb_law_new(struct fb_law **out, struct fb_err *err)
{
    FB_ASSERT(out);
    struct fb_law *law = fb_calloc(1, sizeof(*law));
    if (!law) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    fb_arena_init(&law->arena, ARENA_MAX);
    fb_arena_init(&law->decision, ARENA_MAX);
    fb_buf_init(&law->why, TEXT_MAX);
    enum fb_code code = fb_registry_new(&law->registry, err);
    code = code ? code
                : fb_registry_assume(law->registry,
                      FB_STR("{\"at\":\"" BEGIN "\",\"body\":{\"role\":\"regulator\",\"title\":"
                             "\"Policies\"},\"id\":\"" OFFICE "\",\"issuer\":\"" OFFICE
                             "\",\"kind\":\"party\"}"),
                      0, err);
    if (code) {
        fb_law_free(law);
        return code;
    }
    *out = law;
    return FB_OK;
}

void fb_law_free(struct fb_law *law)
{
    if (law) {
        fb_registry_free(law->registry);
        fb_arena_release(&law->arena);
        fb_arena_release(&law->decision);
        fb_buf_release(&law->why);
        fb_free(law);
    }
}

/* ---- what is given ---- */

static void forget_decision(struct fb_law *law)
{
    fb_arena_release(&law->decision);
    law->decided = false;
}

/* Adds a draft as a record that was known from a time on. */
static enum fb_code assume(
    struct fb_law *law, struct fb_str draft, fb_time known, struct fb_err *err)
{
    struct fb_arena scratch;
    struct fb_json *json = NULL;
    struct fb_buf statement;
    fb_arena_init(&scratch, ARENA_MAX);
    fb_buf_init(&statement, FB_STATEMENT_MAX);
    enum fb_code code = fb_json_parse(draft, NULL, NULL, &scratch, &json, err);
    code = code ? code
                : fb_record_canonical(
                      json, (struct fb_record_fill){.issuer = FB_STR(OFFICE)}, &statement, err);
    code = code ? code : fb_registry_assume(law->registry, fb_buf_str(&statement), known, err);
    fb_buf_release(&statement);
    fb_arena_release(&scratch);
    return code;
}

static enum fb_code compile(struct fb_str text, const char *name, struct fb_program **out,
    struct fb_arena *arena, struct fb_err *err)
{
    struct fb_policy_errors *errors = fb_calloc(1, sizeof(*errors));
    if (!errors) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    enum fb_code code = fb_policy_compile(text, name, arena, out, errors);
    if (code) {
        *err = errors->items[0];
    }
    fb_free(errors);
    return code;
}

static enum fb_code add_policy_record(struct fb_law *law, const struct document *document,
    const struct fb_program *program, struct fb_err *err)
{
    struct fb_buf draft;
    struct fb_json_writer w;
    char id[32];
    (void)snprintf(id, sizeof(id), "policy/%zu", law->document_count);
    fb_buf_init(&draft, FB_STATEMENT_MAX);
    fb_json_writer_init(&w, &draft, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "kind", "policy");
    fb_json_key_c(&w, "id", id);
    fb_json_key_c(&w, "at", BEGIN);
    fb_json_key_c(&w, "issuer", OFFICE);
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    fb_json_key_c(&w, "document", document->digest);
    fb_json_key_str(&w, "name", program->name);
    fb_json_key_int(&w, "version", program->version);
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    enum fb_code code = fb_buf_check(&draft, "a policy", err);
    code = code ? code : assume(law, fb_buf_str(&draft), 0, err);
    fb_buf_release(&draft);
    return code;
}

static void name_digest(struct fb_str text, char out[DIGEST_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[FB_SHA256_SIZE];
    fb_sha256_of(text, digest);
    memcpy(out, "sha256:", 7);
    for (size_t i = 0; i < FB_SHA256_SIZE; i++) {
        out[7 + 2 * i] = digits[digest[i] >> 4];
        out[8 + 2 * i] = digits[digest[i] & 15];
    }
    out[7 + 2 * FB_SHA256_SIZE] = '\0';
}

enum fb_code fb_law_policy(
    struct fb_law *law, const char *text, size_t len, const char *name, struct fb_err *err)
{
    FB_ASSERT(law && (text || len == 0) && name);
    struct fb_arena scratch;
    struct fb_program *program = NULL;
    if (law->has_records) {
        fb_err_set(err, FB_E_USAGE, "a policy comes after records");
        return fb_err_hint(err, "Add all policies first; each is in force from its own date on.");
    }
    if (law->document_count == FB_LAW_POLICIES_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "a law has at most %d policies", FB_LAW_POLICIES_MAX);
    }
    struct document *document = &law->documents[law->document_count];
    fb_arena_init(&scratch, ARENA_MAX);
    enum fb_code code = compile((struct fb_str){text, len}, name, &program, &scratch, err);
    code =
        code ? code : fb_arena_str(&law->arena, (struct fb_str){text, len}, &document->text, err);
    if (code == FB_OK) {
        name_digest(document->text, document->digest);
        code = add_policy_record(law, document, program, err);
    }
    fb_arena_release(&scratch);
    if (code == FB_OK) {
        law->document_count++;
        forget_decision(law);
    }
    return code;
}

static enum fb_code read_time(const char *text, fb_time *out, struct fb_err *err)
{
    struct fb_str s = fb_str_of(text);
    char midnight[FB_TIME_TEXT];
    if (s.len == strlen("2026-03-01")) {
        (void)snprintf(midnight, sizeof(midnight), "%sT00:00:00Z", text);
        s = fb_str_of(midnight);
    }
    return fb_time_parse(s, out, err);
}

enum fb_code fb_law_record(
    struct fb_law *law, const char *json, size_t len, const char *known, struct fb_err *err)
{
    FB_ASSERT(law && (json || len == 0) && known);
    fb_time at;
    enum fb_code code = read_time(known, &at, err);
    size_t count = fb_registry_count(law->registry);
    if (code == FB_OK && at < fb_registry_at(law->registry, count - 1)->admitted) {
        fb_err_set(err, FB_E_TIME, "the record is known before the one added last");
        code = fb_err_hint(err, "Add records in the order in which they became known.");
    }
    code = code ? code : assume(law, (struct fb_str){json, len}, at, err);
    if (code == FB_OK) {
        law->has_records = true;
        forget_decision(law);
    }
    return code;
}

/* ---- what follows ---- */

static enum fb_code read_document(
    void *ctx, struct fb_str digest, struct fb_buf *out, struct fb_err *err)
{
    const struct fb_law *law = ctx;
    for (size_t i = 0; i < law->document_count; i++) {
        if (fb_str_eq(fb_str_of(law->documents[i].digest), digest)) {
            fb_buf_add_str(out, law->documents[i].text);
            return fb_buf_check(out, "a policy", err);
        }
    }
    fb_err_set(err, FB_E_NOT_FOUND, "the document '%.*s' is not here", FB_STR_ARG(digest));
    return fb_err_hint(err, "A law holds policies only; give fb_law_policy the text.");
}

/* NUL-terminated copies; NULL when memory ran out. */
static const char *copy(struct fb_arena *arena, struct fb_str text)
{
    return fb_arena_printf(arena, "%.*s", FB_STR_ARG(text)).ptr;
}

static const char *moment(struct fb_arena *arena, fb_time t)
{
    char text[FB_TIME_TEXT];
    return t == FB_TIME_MIN || t == FB_TIME_MAX ? ""
                                                : copy(arena, fb_str_of(fb_time_format(t, text)));
}

static bool put(struct fb_law *law, struct fb_judgement *out, const char *kind, struct fb_str id,
    struct fb_str system)
{
    *out = (struct fb_judgement){.id = copy(&law->decision, id),
        .kind = kind,
        .system = copy(&law->decision, system),
        .since = "",
        .until = "",
        .text = ""};
    return out->id && out->system;
}

static size_t list_rules(struct fb_law *law, struct fb_judgement *out, bool *good)
{
    const struct fb_picture *picture = &law->picture;
    size_t n = 0;
    for (size_t i = 0; i < picture->line_count; i++, n++) {
        const struct fb_line_view *line = &picture->lines[i];
        *good = *good && put(law, &out[n], "redline", line->id, line->system);
        out[n].status = fb_line_status_name(line->status);
        out[n].since = moment(&law->decision, line->since);
        *good = *good && out[n].since;
    }
    for (size_t i = 0; i < picture->duty_count; i++, n++) {
        const struct fb_duty_view *duty = &picture->duties[i];
        *good = *good && put(law, &out[n], "duty", duty->id, duty->system);
        out[n].status = fb_duty_status_name(duty->obligation.status);
        out[n].since = moment(&law->decision, duty->obligation.since);
        out[n].until = moment(&law->decision, duty->obligation.deadline);
        out[n].text = copy(&law->decision, duty->text);
        *good = *good && out[n].since && out[n].until && out[n].text;
    }
    return n;
}

static size_t list_rest(struct fb_law *law, struct fb_judgement *out, bool *good)
{
    const struct fb_picture *picture = &law->picture;
    size_t n = 0;
    for (size_t i = 0; i < picture->case_count; i++, n++) {
        const struct fb_case_view *view = &picture->cases[i];
        *good = *good && put(law, &out[n], "case", view->id, view->system);
        out[n].status = fb_label_name(view->label);
        out[n].since = moment(&law->decision, view->since);
        *good = *good && out[n].since;
    }
    for (size_t i = 0; i < picture->order_count; i++, n++) {
        const struct fb_order_view *order = &picture->orders[i];
        *good = *good && put(law, &out[n], "order", order->id, order->system);
        out[n].status = order->in_force ? "in force" : "released";
        out[n].since = moment(&law->decision, order->since);
        out[n].text = fb_order_action_name(order->action);
        *good = *good && out[n].since;
    }
    for (size_t i = 0; i < picture->licence_count; i++, n++) {
        const struct fb_licence_view *licence = &picture->licences[i];
        *good = *good && put(law, &out[n], "licence", licence->id, licence->system);
        out[n].status = licence->allowed ? "allowed" : "refused";
        out[n].text = fb_action_name(licence->action);
    }
    return n;
}

enum fb_code fb_law_decide(struct fb_law *law, const char *now, const struct fb_judgement **out,
    size_t *out_count, struct fb_err *err)
{
    FB_ASSERT(law && now && out && out_count);
    struct fb_govern_input input = {.registry = law->registry,
        .as_of = FB_TIME_MAX,
        .read_blob = read_document,
        .blob_ctx = law,
        .brief = true};
    size_t count = fb_registry_count(law->registry);
    bool good = true;
    forget_decision(law);
    enum fb_code code = read_time(now, &input.now, err);
    if (code == FB_OK && input.now < fb_registry_at(law->registry, count - 1)->admitted) {
        fb_err_set(err, FB_E_TIME, "a record is known only later than %s", now);
        code = fb_err_hint(err, "Ask for a moment at or after the last record.");
    }
    code = code ? code : fb_govern_evaluate(&input, &law->decision, &law->picture, err);
    if (code) {
        return code;
    }
    const struct fb_picture *picture = &law->picture;
    size_t most = picture->line_count + picture->duty_count + picture->case_count +
                  picture->order_count + picture->licence_count;
    struct fb_judgement *list = FB_ARENA_ARRAY(&law->decision, struct fb_judgement, most + 1);
    if (!list) {
        return fb_arena_failed(&law->decision, err);
    }
    size_t rules = list_rules(law, list, &good);
    size_t rest = list_rest(law, list + rules, &good);
    FB_ASSERT(rules + rest == most);
    if (!good) {
        return fb_arena_failed(&law->decision, err);
    }
    law->decided = true;
    *out = list;
    *out_count = most;
    return FB_OK;
}

enum fb_code fb_law_explain(
    struct fb_law *law, const char *id, const char **out, struct fb_err *err)
{
    FB_ASSERT(law && id && out);
    struct fb_verdict verdict;
    struct fb_report_options options = {0};
    if (!law->decided) {
        return fb_err_set(err, FB_E_USAGE, "nothing was decided yet");
    }
    enum fb_code code =
        fb_picture_find(&law->picture, fb_str_of(id), &law->decision, &verdict, err);
    fb_buf_clear(&law->why);
    code = code ? code : fb_report_why_text(&verdict, &options, &law->why, err);
    fb_buf_add(&law->why, "", 1);
    code = code ? code : fb_buf_check(&law->why, "the reason", err);
    if (code == FB_OK) {
        *out = law->why.ptr;
    }
    return code;
}

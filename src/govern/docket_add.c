/* docket_add.c: from a file to filed records: ingest, complete, sign, admit, append. */
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/codec.h"
#include "base/io.h"
#include "govern/docket_private.h"
#include "govern/work.h"
#include "ledger/blob.h"
#include "record/sshsig.h"

/* One addition at work. */
struct addition {
    struct fb_docket *docket;
    const char *path;
    const struct fb_docket_add *options;
    struct fb_arena *arena;
    struct fb_str issuer;
    fb_time now;
    size_t draft_count;
};

static enum fb_code set_member(struct addition *a, struct fb_json *object, const char *key,
    struct fb_str text, struct fb_err *err)
{
    FB_ASSERT(object->kind == FB_JSON_OBJECT);
    struct fb_json *member = FB_ARENA_NEW(a->arena, struct fb_json);
    if (!member) {
        return fb_arena_failed(a->arena, err);
    }
    *member = (struct fb_json){.kind = FB_JSON_STRING,
        .key = fb_str_of(key),
        .text = text,
        .next = object->child,
        .parent = object};
    object->child = member;
    object->count++;
    return FB_OK;
}

static enum fb_code set_number(
    struct addition *a, struct fb_json *object, const char *key, int64_t number, struct fb_err *err)
{
    enum fb_code code = set_member(a, object, key, (struct fb_str){NULL, 0}, err);
    if (code == FB_OK) {
        struct fb_json *member = object->child;
        member->kind = FB_JSON_NUMBER;
        member->number = (double)number;
        member->is_integer = true;
        member->integer = number;
        member->text = fb_arena_printf(a->arena, "%lld", (long long)number);
        code = member->text.ptr ? FB_OK : fb_arena_failed(a->arena, err);
    }
    return code;
}

/* Sets a member that the draft lacks to formatted text. */
#define SET_TEXT(a, object, key, err, ...)                                                         \
    set_printed((a), (object), (key), fb_arena_printf((a)->arena, __VA_ARGS__), (err))

static enum fb_code set_printed(struct addition *a, struct fb_json *object, const char *key,
    struct fb_str text, struct fb_err *err)
{
    if (!text.ptr) {
        return fb_arena_failed(a->arena, err);
    }
    return fb_json_get(object, key) ? FB_OK : set_member(a, object, key, text, err);
}

static struct fb_json *body_of(struct fb_json *draft)
{
    for (struct fb_json *member = draft->child; member; member = member->next) {
        if (fb_str_is(member->key, "body") && member->kind == FB_JSON_OBJECT) {
            return member;
        }
    }
    return NULL;
}

/* Reads the file again as text; formats that need it are small. */
static enum fb_code read_text(
    struct addition *a, size_t max, struct fb_str *out, struct fb_err *err)
{
    struct fb_buf text;
    if (a->options->text.ptr) {
        *out = a->options->text;
        return out->len <= max ? FB_OK
                               : fb_err_set(err, FB_E_LIMIT, "%s has %zu bytes, more than %zu",
                                     a->path, out->len, max);
    }
    fb_buf_init(&text, max);
    enum fb_code code = fb_io_read(a->path, &text, err);
    if (code == FB_OK) {
        code = fb_arena_str(a->arena, fb_buf_str(&text), out, err);
    }
    fb_buf_release(&text);
    return code;
}

static enum fb_code complete_policy(
    struct addition *a, struct fb_json *draft, struct fb_json *body, struct fb_err *err)
{
    struct fb_str text;
    struct fb_program *program = NULL;
    enum fb_code code = read_text(a, FB_POLICY_TEXT_MAX, &text, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_policy_errors *errors = fb_calloc(1, sizeof(*errors));
    if (!errors) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    code = fb_policy_compile(text, a->path, a->arena, &program, errors);
    if (code != FB_OK) {
        *err = errors->items[0];
    }
    fb_free(errors);
    if (code == FB_OK) {
        code = SET_TEXT(a, draft, "id", err, "policy/%.*s@%lld", FB_STR_ARG(program->name),
            (long long)program->version);
    }
    if (code == FB_OK) {
        code = set_member(a, body, "name", program->name, err);
    }
    return code == FB_OK ? set_number(a, body, "version", program->version, err) : code;
}

/* The record of a case with this name and system that stands now, or NULL. */
static const struct fb_record *standing_case(
    const struct addition *a, struct fb_str name, struct fb_str system)
{
    const struct fb_registry *registry = a->docket->registry;
    for (size_t i = fb_registry_count(registry); i-- > 0;) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind == FB_KIND_case && fb_str_eq(record->subject, system) &&
            fb_str_eq(fb_record_text(record, "name"), name) &&
            !fb_registry_successor(registry, record)) {
            return record;
        }
    }
    return NULL;
}

/* The name of a case without one of its own: the file's, without folder and endings. */
static struct fb_str name_of_file(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct fb_str name = fb_str_of(slash ? slash + 1 : path);
    return fb_str_sub(name, 0, fb_str_find(name, '.', 1));
}

static enum fb_code complete_case(
    struct addition *a, struct fb_json *draft, struct fb_json *body, struct fb_err *err)
{
    struct fb_str text, digest = fb_json_get_str(body, "document");
    struct fb_str subject = a->options->ingest.subject;
    struct fb_case *argument;
    if (subject.len == 0) {
        fb_err_set(err, FB_E_USAGE, "a safety case needs the system it is about");
        return fb_err_hint(err, "Write `flyball add --subject system/NAME FILE`.");
    }
    enum fb_code code = read_text(a, FB_CASE_TEXT_MAX, &text, err);
    if (code == FB_OK) {
        code = fb_case_parse(text, a->path, a->arena, &argument, err);
    }
    if (code == FB_OK) {
        code = fb_case_predicates_check(argument, err);
    }
    if (code != FB_OK) {
        return code;
    }
    struct fb_str name =
        a->options->ingest.name.len ? a->options->ingest.name : name_of_file(a->path);
    const struct fb_element *top = &argument->elements[argument->top];
    code = fb_docket_need(a->docket, FB_KIND_case, "subject", subject, err);
    if (code != FB_OK) {
        return code;
    }
    const struct fb_record *older = standing_case(a, name, subject);
    code = SET_TEXT(a, draft, "id", err, "case/%.*s@%.*s", FB_STR_ARG(name),
        FB_STR_ARG(fb_str_sub(digest, 7, 12)));
    if (code == FB_OK && older) {
        code = set_member(a, draft, "supersedes", older->id, err);
    }
    if (code == FB_OK) {
        code = set_member(a, body, "name", name, err);
    }
    for (size_t i = 0; code == FB_OK && i < argument->binding_count; i++) {
        const struct fb_binding *binding = &argument->bindings[i];
        if (binding->kind == FB_BINDING_LINE && binding->element == argument->top) {
            code = set_member(a, body, "against", binding->name, err);
            break;
        }
    }
    struct fb_str claim = fb_str_trim(top->text);
    if (code == FB_OK) {
        code = SET_TEXT(a, body, "top", err, "%.*s", FB_STR_ARG(claim.len ? claim : top->id));
        for (char *c = (char *)(uintptr_t)body->child->text.ptr; code == FB_OK && *c; c++) {
            *c = *c == '\n' ? ' ' : *c;
        }
    }
    return code;
}

/* Finds the system that a log's model stands for. */
static enum fb_code complete_evaluation(
    struct addition *a, const struct fb_draft *source, struct fb_json *draft, struct fb_err *err)
{
    if (fb_json_get(draft, "subject") || source->model.len == 0) {
        return FB_OK;
    }
    enum fb_code code = fb_docket_need(a->docket, FB_KIND_system, "models", source->model, err);
    if (code != FB_OK) {
        return code;
    }
    const struct fb_record *system =
        fb_registry_system_of_model(a->docket->registry, source->model);
    if (!system) {
        fb_err_set(err, FB_E_REFERENCE, "no system of the docket lists the model '%.*s'",
            FB_STR_ARG(source->model));
        return fb_err_hint(err, "Add it to `models` of the system's record, or write `--subject "
                                "system/NAME`.");
    }
    return set_member(a, draft, "subject", system->id, err);
}

/* The run that lists a job's name, or NULL. */
static const struct fb_record *run_of_job(const struct addition *a, struct fb_str job_name)
{
    const struct fb_registry *registry = a->docket->registry;
    for (size_t i = fb_registry_count(registry); i-- > 0;) {
        const struct fb_record *record = fb_registry_at(registry, i);
        const struct fb_json *names =
            record->kind == FB_KIND_run ? fb_json_get(record->body, "job_names") : NULL;
        for (const struct fb_json *n = names ? names->child : NULL; n; n = n->next) {
            if (fb_str_eq(n->text, job_name) && !fb_registry_successor(registry, record)) {
                return record;
            }
        }
    }
    return NULL;
}

static enum fb_code complete_usage(
    struct addition *a, struct fb_json *draft, struct fb_json *body, struct fb_err *err)
{
    struct fb_str job = fb_json_get_str(body, "job_name");
    enum fb_code code =
        job.len ? fb_docket_need(a->docket, FB_KIND_run, "job_names", job, err) : FB_OK;
    const struct fb_record *run = code ? NULL : run_of_job(a, job);
    if (!run || fb_json_get(draft, "subject")) {
        return code;
    }
    code = set_member(a, draft, "subject", run->subject, err);
    return code == FB_OK && !fb_json_get(body, "run") ? set_member(a, body, "run", run->id, err)
                                                      : code;
}

/* Fills what only the docket knows. */
static enum fb_code complete(
    struct addition *a, const struct fb_draft *source, struct fb_json *draft, struct fb_err *err)
{
    struct fb_json *body = draft->kind == FB_JSON_OBJECT ? body_of(draft) : NULL;
    struct fb_str kind = fb_json_get_str(draft, "kind");
    char at[FB_TIME_TEXT];
    enum fb_code code = FB_OK;
    if (!body) {
        return FB_OK; /* the schema check says what is missing, with its path */
    }
    if (fb_str_is(kind, "policy") && !fb_json_get(draft, "id")) {
        code = complete_policy(a, draft, body, err);
    } else if (fb_str_is(kind, "case") && !fb_json_get(draft, "id")) {
        code = complete_case(a, draft, body, err);
    } else if (fb_str_is(kind, "evaluation")) {
        code = complete_evaluation(a, source, draft, err);
    } else if (fb_str_is(kind, "usage")) {
        code = complete_usage(a, draft, body, err);
    }
    if (code == FB_OK && !fb_json_get(draft, "subject") && a->options->ingest.subject.len) {
        code = set_member(a, draft, "subject", a->options->ingest.subject, err);
    }
    return code == FB_OK ? SET_TEXT(a, draft, "at", err, "%s", fb_time_format(a->now, at)) : code;
}

/* A place in a draft's text becomes the place in the file, or none where the text is our own. */
static void place_in_file(const struct fb_draft *source, struct fb_err *err)
{
    bool is_whole_file = source->line == 1 && source->column == 1;
    if (source->line == 0 || err->line == 0) {
        err->line = err->column = 0;
    } else {
        err->column += err->line == 1 ? source->column - 1 : 0;
        err->line += source->line - 1;
    }
    err->offset = is_whole_file ? err->offset : -1;
}

/* Makes the filing of one draft. */
static enum fb_code make_filing(struct addition *a, const struct fb_draft *source,
    struct fb_filing *out, struct fb_str *out_id, struct fb_err *err)
{
    struct fb_json *draft;
    struct fb_buf statement;
    fb_buf_init(&statement, FB_STATEMENT_MAX);
    enum fb_code code = fb_json_parse(source->json, a->path, NULL, a->arena, &draft, err);
    bool is_ours = code == FB_OK;
    if (code == FB_OK) {
        code = complete(a, source, draft, err);
        is_ours = code == FB_OK;
    }
    if (code == FB_OK) {
        code = fb_record_canonical(draft, fb_docket_fill(a->docket, a->issuer), &statement, err);
    }
    if (code != FB_OK && (is_ours || source->line)) {
        place_in_file(source, err);
    }
    if (code == FB_OK) {
        code = fb_arena_str(a->arena, fb_buf_str(&statement), &out->statement, err);
    }
    fb_buf_release(&statement);
    if (code != FB_OK) {
        if (source->place.len && a->draft_count > 1) {
            fb_err_prefix(err, "%.*s", FB_STR_ARG(source->place));
        }
        return code;
    }
    struct fb_str issuer = fb_json_get_str(draft, "issuer");
    if (issuer.len && a->options->issuer.len && !fb_str_eq(issuer, a->issuer)) {
        fb_err_set(err, FB_E_MISMATCH,
            "the statement names the issuer '%.*s', but '%.*s' is to sign",
            FB_STR_ARG(fb_str_sub(issuer, 0, 200)), FB_STR_ARG(a->issuer));
        return fb_err_hint(err, "Leave --as or 'issuer' out; a signature says who stands for it.");
    }
    out->kind = fb_json_get_str(draft, "kind");
    out->issuer = issuer.len ? issuer : a->issuer;
    out->place = a->draft_count > 1 ? source->place : (struct fb_str){NULL, 0};
    *out_id = fb_json_get_str(draft, "id");
    return FB_OK;
}

/* When FILE.sig is there: the file's own bytes and the signatures in there. */
static enum fb_code use_signature(
    struct addition *a, struct fb_filing *filing, size_t count, bool *out_used, struct fb_err *err)
{
    struct fb_str path = fb_arena_printf(a->arena, "%s.sig", a->path);
    *out_used = false;
    if (!path.ptr) {
        return fb_arena_failed(a->arena, err);
    }
    if (!fb_io_exists(path.ptr)) {
        return FB_OK;
    }
    if (count != 1) {
        fb_err_set(err, FB_E_UNSUPPORTED, "'%s' signs a file of %zu statements", path.ptr, count);
        return fb_err_hint(err, "Put each statement that is signed elsewhere into its own file.");
    }
    struct fb_buf signature;
    struct fb_str text = {NULL, 0};
    fb_buf_init(&signature, FB_ENTRY_SIGNATURES_MAX * FB_SSHSIG_TEXT_MAX);
    enum fb_code code = read_text(a, FB_STATEMENT_MAX, &filing->statement, err);
    if (code == FB_OK) {
        code = fb_io_read(path.ptr, &signature, err);
    }
    if (code == FB_OK) {
        code = fb_arena_str(a->arena, fb_buf_str(&signature), &text, err);
    }
    if (code == FB_OK) {
        code = fb_sshsig_split(
            text, filing->signatures, FB_ENTRY_SIGNATURES_MAX, &filing->signature_count, err);
        if (code != FB_OK) {
            fb_err_place(err, path.ptr, 0, 0, -1);
        }
    }
    fb_buf_release(&signature);
    *out_used = code == FB_OK;
    return code;
}

/* Copies the file into the blobs and checks that it is still the one that was read. */
static enum fb_code keep_file(
    struct addition *a, const struct fb_drafts *drafts, struct fb_err *err)
{
    bool keep = false;
    for (size_t i = 0; i < drafts->count; i++) {
        keep = keep || drafts->items[i].keep_file;
    }
    if (!keep) {
        return FB_OK;
    }
    uint8_t digest[FB_SHA256_SIZE];
    char hex[FB_SHA256_TEXT];
    enum fb_code code = a->options->text.ptr
                            ? fb_blob_put(a->docket->blobs, a->options->text, digest, err)
                            : fb_blob_put_file(a->docket->blobs, a->path, digest, NULL, err);
    if (code != FB_OK) {
        return code;
    }
    code = fb_docket_refuse_erased(a->docket, digest, err);
    if (code != FB_OK) {
        return code;
    }
    fb_hex_encode(digest, sizeof(digest), hex);
    for (size_t i = 0; i < drafts->count; i++) {
        if (drafts->items[i].keep_file &&
            !memmem(drafts->items[i].json.ptr, drafts->items[i].json.len, hex, sizeof(hex) - 1)) {
            fb_err_set(err, FB_E_MISMATCH, "'%s' changed while it was read", a->path);
            return fb_err_hint(err, "Add it again when nothing writes to it.");
        }
    }
    return FB_OK;
}

/* A policy belongs to who filed its first version: nobody else ends it with a later one. */
static enum fb_code check_policy_owner(const struct addition *a, const struct fb_filing *filing,
    struct fb_str name, struct fb_err *err)
{
    const struct fb_registry *registry = a->docket->registry;
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind == FB_KIND_policy && fb_str_eq(fb_record_text(record, "name"), name) &&
            !fb_str_eq(record->issuer, filing->issuer)) {
            fb_err_set(err, FB_E_ROLE, "policy '%.*s' is one of '%.*s'", FB_STR_ARG(name),
                FB_STR_ARG(record->issuer));
            return fb_err_hint(err, "Give the policy another name: its versions are its issuer's.");
        }
    }
    return FB_OK;
}

/* The text must be the policy that the record says it is. */
static enum fb_code check_policy(struct addition *a, const struct fb_filing *filing,
    const struct fb_json *body, struct fb_str text, struct fb_err *err)
{
    struct fb_program *program = NULL;
    struct fb_policy_errors *errors = fb_calloc(1, sizeof(*errors));
    if (!errors) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    enum fb_code code = fb_policy_compile(text, a->path, a->arena, &program, errors);
    if (code != FB_OK) {
        *err = errors->items[0];
    }
    fb_free(errors);
    if (code != FB_OK) {
        return code;
    }
    const struct fb_json *version = fb_json_get(body, "version");
    if (!fb_str_eq(program->name, fb_json_get_str(body, "name")) || !version ||
        version->integer != program->version) {
        return fb_err_set(err, FB_E_MISMATCH, "the document is policy '%.*s' version %lld",
            FB_STR_ARG(program->name), (long long)program->version);
    }
    return check_policy_owner(a, filing, program->name, err);
}

/* Reads a document that the docket keeps. */
static enum fb_code read_document(
    struct addition *a, struct fb_str digest, struct fb_str *out, struct fb_err *err)
{
    uint8_t bytes[FB_SHA256_SIZE];
    struct fb_buf text;
    bool is_digest = digest.len == 7 + 2 * sizeof(bytes) &&
                     fb_hex_decode(fb_str_sub(digest, 7, digest.len), bytes, sizeof(bytes));
    if (!is_digest || !fb_blob_exists(a->docket->blobs, bytes)) {
        fb_err_set(err, FB_E_REFERENCE, "the docket does not hold the document '%.*s'",
            FB_STR_ARG(fb_str_sub(digest, 0, 100)));
        return fb_err_hint(err, "Add the document itself: its record is made from it.");
    }
    fb_buf_init(&text, (size_t)FB_POLICY_TEXT_MAX + FB_CASE_TEXT_MAX);
    enum fb_code code = fb_blob_get(a->docket->blobs, bytes, &text, err);
    if (code == FB_OK) {
        code = fb_arena_str(a->arena, fb_buf_str(&text), out, err);
    }
    fb_buf_release(&text);
    return code;
}

/* What an evaluation will read must be there and be readable: a record cannot be taken back, and
 * one bad document would stop the docket for everybody. */
static enum fb_code check_document(
    struct addition *a, const struct fb_filing *filing, struct fb_err *err)
{
    bool is_policy = fb_str_is(filing->kind, "policy");
    if (!is_policy && !fb_str_is(filing->kind, "case")) {
        return FB_OK;
    }
    struct fb_json *root = NULL;
    struct fb_case *argument = NULL;
    struct fb_str text = {NULL, 0};
    enum fb_code code = fb_json_parse(filing->statement, a->path, NULL, a->arena, &root, err);
    const struct fb_json *body = code == FB_OK ? fb_json_get(root, "body") : NULL;
    if (code == FB_OK) {
        code = read_document(a, fb_json_get_str(body, "document"), &text, err);
    }
    if (code == FB_OK && is_policy) {
        code = check_policy(a, filing, body, text, err);
    } else if (code == FB_OK) {
        code = fb_case_parse(text, a->path, a->arena, &argument, err);
        code = code == FB_OK ? fb_case_predicates_check(argument, err) : code;
    }
    if (code != FB_OK && filing->place.len) {
        fb_err_prefix(err, "%.*s", FB_STR_ARG(filing->place));
    }
    return code;
}

enum fb_code fb_docket_add_file(struct fb_docket *docket, const char *path,
    const struct fb_docket_add *options, struct fb_arena *arena, struct fb_docket_added *out,
    struct fb_err *err)
{
    FB_ASSERT(docket && path && options && arena && out);
    struct addition a = {.docket = docket,
        .path = path,
        .options = options,
        .arena = arena,
        .now = fb_clock_now(&docket->clock)};
    struct fb_ingest_options ingest = options->ingest;
    ingest.at = a.now;
    struct fb_drafts drafts;
    enum fb_code code = fb_docket_ready(docket, 1, err);
    code = code ? code : fb_docket_party_id(docket, options->issuer, arena, &a.issuer, err);
    ingest.issuer = a.issuer;
    if (code == FB_OK) {
        code = options->text.ptr
                   ? fb_ingest_memory(options->text, path, &ingest, arena, &drafts, err)
                   : fb_ingest_file(path, &ingest, arena, &drafts, err);
    }
    code = code ? code : fb_docket_ready(docket, drafts.count, err);
    if (code != FB_OK) {
        return code;
    }
    a.draft_count = drafts.count;
    struct fb_docket_added added = {.format = drafts.format, .count = drafts.count};
    struct fb_filing *filings = FB_ARENA_ARRAY(arena, struct fb_filing, drafts.count + 1);
    added.ids = FB_ARENA_ARRAY(arena, struct fb_str, drafts.count + 1);
    if (!filings || !added.ids) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < drafts.count; i++) {
        code = make_filing(&a, &drafts.items[i], &filings[i], &added.ids[i], err);
    }
    bool is_statement = drafts.format && strcmp(drafts.format, "statement") == 0;
    bool used = false;
    if (code == FB_OK && is_statement && !options->text.ptr) {
        code = use_signature(&a, &filings[0], drafts.count, &used, err);
    }
    if (code == FB_OK) {
        code = keep_file(&a, &drafts, err);
    }
    for (size_t i = 0; code == FB_OK && i < drafts.count; i++) {
        code = check_document(&a, &filings[i], err);
    }
    if (code == FB_OK && drafts.count) {
        code = fb_docket_file(docket, filings, drafts.count, &added, err);
    }
    if (code != FB_OK) {
        fb_err_place(err, path, 0, 0, -1);
        return code;
    }
    *out = added;
    return FB_OK;
}

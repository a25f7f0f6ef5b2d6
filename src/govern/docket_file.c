/* docket_file.c: signing, admitting and appending; new dockets and new parties. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "base/workers.h"
#include "govern/docket_private.h"
#include "govern/docket_read.h"
#include "govern/excerpt.h"
#include "record/sshsig.h"

enum { PART = 64 /* filings that one thread signs at a time */ };

/* So far the clock of this machine may be behind that of another one that appends. */
#define SKEW_MAX (5 * FB_SECOND)

enum fb_code fb_docket_party_id(struct fb_docket *docket, struct fb_str name,
    struct fb_arena *arena, struct fb_str *out, struct fb_err *err)
{
    if (name.len == 0) {
        FB_ASSERT(docket);
        if (fb_registry_count(docket->registry) == 0) {
            fb_err_set(err, FB_E_NOT_FOUND, "the docket '%s' has no party yet", docket->path);
            return fb_err_hint(err, "Making it was cut short: run `flyball init` again.");
        }
        /* The records may be read anew while the name is needed. */
        return fb_arena_str(arena, fb_registry_at(docket->registry, 0)->issuer, out, err);
    }
    if (name.len > FB_ID_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "the name of party '%.60s...' is too long", name.ptr);
    }
    bool whole = fb_str_starts(name, FB_STR("party/"));
    *out = fb_arena_printf(arena, "%s%.*s", whole ? "" : "party/", FB_STR_ARG(name));
    return out->ptr ? FB_OK : fb_arena_failed(arena, err);
}

/* The file of a party's key: its id without "party/", with what a file name cannot hold replaced.
 */
enum fb_code fb_docket_key_path(
    const char *docket, struct fb_str party, char out[FB_DOCKET_PATH_MAX], struct fb_err *err)
{
    char name[FB_ID_MAX + 1];
    struct fb_str tail =
        fb_str_starts(party, FB_STR("party/")) ? fb_str_sub(party, 6, party.len) : party;
    if (tail.len == 0 || tail.len > FB_ID_MAX) {
        return fb_err_set(err, FB_E_RANGE, "'%.*s' is no id of a party", FB_STR_ARG(party));
    }
    for (size_t i = 0; i < tail.len; i++) {
        char c = tail.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || (c == '.' && i > 0);
        name[i] = plain ? c : '_';
    }
    if (fb_str_is((struct fb_str){name, tail.len}, "log.key")) {
        name[0] = '_';
    }
    return fb_docket_path(docket, "keys", (struct fb_str){name, tail.len}, out, err);
}

/* Says why there is no key: it is not there, or its folder may not be entered. */
static enum fb_code no_key(const char *path, struct fb_str party, struct fb_err *err)
{
    struct fb_io_file file = {.fd = -1};
    enum fb_code code = fb_io_open(path, &file, err);
    fb_io_close(&file);
    if (code != FB_OK && code != FB_E_NOT_FOUND) {
        return fb_err_hint(err, "Run the command as who owns the docket's folder 'keys'.");
    }
    fb_err_set(err, FB_E_NOT_FOUND, "the docket holds no key of '%.*s'", FB_STR_ARG(party));
    return fb_err_hint(err, "Let that party sign the statement with `ssh-keygen -Y sign` and "
                            "add it with its .sig beside it.");
}

enum fb_code fb_docket_key(const struct fb_docket *docket, struct fb_str party,
    struct fb_sshkey_secret *out, struct fb_err *err)
{
    char path[FB_DOCKET_PATH_MAX];
    enum fb_code code = fb_docket_key_path(docket->path, party, path, err);
    if (code == FB_OK && !fb_io_exists(path)) {
        return no_key(path, party, err);
    }
    return code == FB_OK ? fb_sshkey_read_private(path, out, err) : code;
}

/* Signs one filing where it has no signature yet, and encodes its entry. */
static enum fb_code make_entry(struct fb_docket *docket, const struct fb_filing *filing,
    fb_time admitted, struct fb_buf *out, struct fb_err *err)
{
    struct fb_buf signature;
    struct fb_sshkey_secret secret;
    char namespace_text[64];
    fb_buf_init(&signature, FB_SSHSIG_TEXT_MAX);
    enum fb_code code = FB_OK;
    struct fb_entry entry = {.admitted = admitted,
        .statement = filing->statement,
        .signature_count = filing->signature_count};
    memcpy(entry.signatures, filing->signatures, sizeof(entry.signatures));
    if (entry.signature_count == 0) {
        (void)snprintf(
            namespace_text, sizeof(namespace_text), "flyball/%.*s", FB_STR_ARG(filing->kind));
        code = fb_docket_key(docket, filing->issuer, &secret, err);
        if (code == FB_OK) {
            code = fb_sshsig_sign(&secret, namespace_text, filing->statement, &signature, err);
        }
        fb_sshkey_wipe(&secret);
        entry.signatures[0] = fb_buf_str(&signature);
        entry.signature_count = 1;
    }
    if (code == FB_OK) {
        code = fb_buf_check(&signature, "a signature", err);
    }
    if (code == FB_OK) {
        code = fb_entry_encode(&entry, out, err);
    }
    fb_buf_release(&signature);
    return code;
}

/* Filings that become entries. */
struct filed {
    struct fb_docket *docket;
    const struct fb_filing *filings;
    size_t count;
    fb_time admitted;
    uint64_t first; /* seq */
    struct fb_buf *bytes;
    struct fb_str *entries;
    bool is_judged; /* admission came to a result over an excerpt */
};

/* Task: the entries of some filings. */
static enum fb_code make_part(void *ctx, size_t worker, size_t task, struct fb_err *err)
{
    const struct filed *filed = ctx;
    size_t end = (task + 1) * PART < filed->count ? (task + 1) * PART : filed->count;
    enum fb_code code = FB_OK;
    (void)worker;
    for (size_t i = task * PART; code == FB_OK && i < end; i++) {
        code =
            make_entry(filed->docket, &filed->filings[i], filed->admitted, &filed->bytes[i], err);
        filed->entries[i] = fb_buf_str(&filed->bytes[i]);
        if (code != FB_OK && filed->filings[i].place.len) {
            fb_err_prefix(err, "%.*s", FB_STR_ARG(filed->filings[i].place));
        }
    }
    return code;
}

/* Admits one entry into the registry, after those before it, which it may refer to. */
static enum fb_code admit_one(
    void *ctx, uint64_t seq, const struct fb_prepared *prepared, struct fb_err *err)
{
    const struct filed *filed = ctx;
    const struct fb_filing *filing = &filed->filings[seq - filed->first];
    enum fb_code code = fb_registry_add(filed->docket->registry, seq, prepared, err);
    if (code != FB_OK && !filing->signature_count) {
        /* It stands in the canonical statement, which nobody sees; the path remains. */
        err->line = err->column = 0;
        err->offset = -1;
    }
    if (code != FB_OK && filing->place.len) {
        fb_err_prefix(err, "%.*s", FB_STR_ARG(filing->place));
    }
    return code;
}

/* Admits all entries. The caller reloads the registry when this fails. */
static enum fb_code admit(struct filed *filed, struct fb_err *err)
{
    const struct fb_docket_reading how = {.of = "",
        .take = admit_one,
        .ctx = filed,
        .verify = true,
        .registry = filed->docket->registry};
    struct fb_docket_reader *reader = NULL;
    enum fb_code code = fb_docket_reader_new(&how, &reader, err);
    for (size_t i = 0; code == FB_OK && i < filed->count; i++) {
        const fb_ledger_entry entry = {
            .seq = filed->first + i, .admitted = filed->admitted, .bytes = filed->entries[i]};
        code = fb_docket_reader_visit(reader, &entry, err);
    }
    return fb_docket_reader_end(reader, code, err);
}

/* fb_docket_attempt: admission over an excerpt, which learns first what each entry leads to. */
static enum fb_code admit_over(void *ctx, struct fb_err *err)
{
    struct filed *filed = ctx;
    enum fb_code code = FB_OK;
    filed->is_judged = false;
    for (size_t i = 0; code == FB_OK && i < filed->count; i++) {
        struct fb_entry entry;
        const fb_ledger_entry raw = {.admitted = filed->admitted, .bytes = filed->entries[i]};
        code = fb_docket_decode(&raw, &entry, err);
        code = code ? code : fb_excerpt_offer(filed->docket->excerpt, &entry, err);
    }
    filed->is_judged = code == FB_OK;
    return code ? code : admit(filed, err);
}

/* Whether what admission found wrong over an excerpt is what it finds over all records, word for
 * word. What is said of a reference is not: it names the nearest id of all, and how many parties
 * could sign. */
static bool is_certain(const struct filed *filed, enum fb_code code)
{
    static const enum fb_code certain[] = {FB_E_SCHEMA, FB_E_ROLE, FB_E_DUPLICATE, FB_E_TIME,
        FB_E_MISMATCH, FB_E_RANGE, FB_E_SIGNATURE};
    bool is_one = false;
    for (size_t i = 0; i < sizeof(certain) / sizeof(certain[0]); i++) {
        is_one = is_one || code == certain[i];
    }
    return is_one && filed->is_judged && filed->docket->is_settled;
}

/* Now; or the last admission, when a machine whose clock is a little ahead made it. */
static fb_time admission_time(const struct fb_docket *docket)
{
    fb_time now = fb_clock_now(&docket->clock);
    size_t count = fb_registry_count(docket->registry);
    fb_time last = count ? fb_registry_at(docket->registry, count - 1)->admitted : FB_TIME_MIN;
    return count && last > now && last - now <= SKEW_MAX ? last : now;
}

/* One try: encode for this admission time, admit, append. */
static enum fb_code try_file(struct fb_docket *docket, const struct fb_filing *filings,
    size_t count, struct fb_docket_added *out, struct fb_err *err)
{
    struct filed filed = {.docket = docket,
        .filings = filings,
        .count = count,
        .admitted = admission_time(docket),
        .first = fb_registry_size(docket->registry),
        .bytes = fb_calloc(count, sizeof(struct fb_buf)),
        .entries = fb_calloc(count, sizeof(struct fb_str))};
    enum fb_code code =
        filed.entries && filed.bytes ? FB_OK : fb_err_set(err, FB_E_NOMEM, "memory ran out");
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        fb_buf_init(&filed.bytes[i], FB_ENTRY_MAX);
    }
    if (code == FB_OK) {
        size_t parts = (count + PART - 1) / PART;
        code = fb_workers_run(fb_workers_here(), parts, make_part, &filed, err);
    }
    if (code == FB_OK && docket->excerpt) {
        code = fb_docket_try(docket, admit_over, &filed, err);
        docket->is_refused = is_certain(&filed, code);
    } else if (code == FB_OK) {
        code = admit(&filed, err);
    }
    uint64_t first = 0;
    if (code == FB_OK) {
        struct fb_ledger_batch batch = {.entries = filed.entries,
            .count = count,
            .admitted = filed.admitted,
            .expected_size = filed.first};
        code = fb_ledger_append(docket->ledger, &batch, &first, err);
    }
    if (code == FB_OK) {
        FB_ASSERT(first == filed.first);
        out->first_seq = first;
        out->admitted = filed.admitted;
    }
    for (size_t i = 0; filed.bytes && i < count; i++) {
        fb_buf_release(&filed.bytes[i]);
    }
    fb_free(filed.bytes);
    fb_free(filed.entries);
    return code;
}

/* After a try that failed: no record stays that was not appended. */
static enum fb_code take_back(struct fb_docket *docket, uint64_t size, struct fb_err *err)
{
    return fb_registry_size(docket->registry) == size ? FB_OK : fb_docket_reload(docket, err);
}

static enum fb_code file_all(struct fb_docket *docket, const struct fb_filing *filings,
    size_t count, struct fb_docket_added *out, struct fb_err *err)
{
    struct fb_err second;
    fb_err_init(&second);
    bool by_excerpt = docket->excerpt;
    uint64_t size = fb_registry_size(docket->registry);
    docket->is_refused = false;
    enum fb_code code = try_file(docket, filings, count, out, err);
    if (code == FB_OK && by_excerpt) {
        docket->is_behind = true;
        fb_excerpt_close_index(docket->excerpt); /* it is written to now */
    }
    if (docket->is_refused) {
        return code;
    }
    if (code != FB_OK && by_excerpt) { /* all records say what is wrong */
        fb_err_init(err);
        code = fb_docket_reload(docket, err);
        size = fb_registry_size(docket->registry);
        code = code ? code : try_file(docket, filings, count, out, err);
    }
    if (code == FB_OK || take_back(docket, size, &second) != FB_OK || code != FB_E_BUSY) {
        return code;
    }
    /* Another writer came first. Now they wait: what is admitted next is what is appended next. */
    code = fb_ledger_hold(docket->ledger, err);
    if (code == FB_OK) {
        code = fb_docket_catch_up(docket, err);
        size = fb_registry_size(docket->registry);
    }
    if (code == FB_OK) {
        code = try_file(docket, filings, count, out, err);
    }
    fb_ledger_let_go(docket->ledger);
    if (code != FB_OK) {
        (void)(take_back(docket, size, &second) == FB_OK);
    }
    return code;
}

enum fb_code fb_docket_file(struct fb_docket *docket, const struct fb_filing *filings, size_t count,
    struct fb_docket_added *out, struct fb_err *err)
{
    FB_ASSERT(docket && filings && count > 0 && out);
    struct fb_err ignored;
    uint64_t size;
    enum fb_code code = file_all(docket, filings, count, out, err);
    if (code == FB_OK) {
        /* What was added is in the ledger: an index that is behind is no failure. */
        fb_err_init(&ignored);
        (void)(fb_docket_index(docket, false, &size, &ignored) == FB_OK);
    }
    return code;
}

struct fb_record_fill fb_docket_fill(const struct fb_docket *docket, struct fb_str issuer)
{
    FB_ASSERT(docket);
    return (struct fb_record_fill){issuer, fb_ledger_origin(docket->ledger)};
}

enum fb_code fb_docket_canonical(const struct fb_docket *docket, const struct fb_buf *draft,
    struct fb_str issuer, struct fb_buf *out, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_json *tree;
    fb_arena_init(&arena, 1 << 20);
    enum fb_code code = fb_buf_check(draft, "the statement of a party", err);
    if (code == FB_OK) {
        code = fb_json_parse(fb_buf_str(draft), "the party", NULL, &arena, &tree, err);
    }
    if (code == FB_OK) {
        code = fb_record_canonical(tree, fb_docket_fill(docket, issuer), out, err);
    }
    fb_arena_release(&arena);
    return code;
}

/* A party in the making, and who introduces it. */
struct newcomer {
    const struct fb_docket *docket;
    const struct fb_docket_party *party; /* its id is whole */
    struct fb_str issuer;
    const struct fb_sshkey *key;
    const char *at;
};

static void open_statement(
    struct fb_json_writer *w, const char *kind, struct fb_str id, const char *at)
{
    fb_json_open_object(w);
    fb_json_key_c(w, "kind", kind);
    fb_json_key_str(w, "id", id);
    fb_json_key_c(w, "at", at);
    fb_json_key(w, "body");
    fb_json_open_object(w);
}

static enum fb_code party_statement(
    const struct newcomer *newcomer, struct fb_buf *out, struct fb_err *err)
{
    const struct fb_docket_party *party = newcomer->party;
    struct fb_buf draft;
    struct fb_json_writer w;
    fb_buf_init(&draft, FB_STATEMENT_MAX);
    fb_json_writer_init(&w, &draft, 0);
    open_statement(&w, "party", party->id, newcomer->at);
    fb_json_key_str(&w, "title", party->title);
    fb_json_key_str(&w, "role", party->role);
    if (party->country.len) {
        fb_json_key_str(&w, "country", party->country);
    }
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    enum fb_code code = fb_docket_canonical(newcomer->docket, &draft, newcomer->issuer, out, err);
    fb_buf_release(&draft);
    return code;
}

static enum fb_code key_statement(
    const struct newcomer *newcomer, struct fb_buf *out, struct fb_err *err)
{
    char fingerprint[FB_SSHKEY_FINGERPRINT], id[FB_ID_MAX * 2];
    struct fb_str name = fb_str_sub(newcomer->party->id, 6, FB_ID_MAX);
    struct fb_buf draft, line;
    struct fb_json_writer w;
    fb_buf_init(&draft, FB_STATEMENT_MAX);
    fb_buf_init(&line, FB_STATEMENT_MAX);
    fb_sshkey_format(newcomer->key, &line);
    fb_sshkey_fingerprint(newcomer->key, fingerprint);
    (void)snprintf(id, sizeof(id), "key/%.*s/%s", FB_STR_ARG(name), fingerprint);
    fb_json_writer_init(&w, &draft, 0);
    open_statement(&w, "key", fb_str_of(id), newcomer->at);
    fb_json_key_str(&w, "party", newcomer->party->id);
    fb_json_key_str(&w, "public_key", fb_buf_str(&line));
    fb_json_key_c(&w, "fingerprint", fingerprint);
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    enum fb_code code = fb_docket_canonical(newcomer->docket, &draft, newcomer->issuer, out, err);
    fb_buf_release(&line);
    fb_buf_release(&draft);
    return code;
}

/* Writes the keys of a newcomer. In a ledger without records the key that is there was left behind
 * when init was cut short, and serves. */
static enum fb_code make_key(const struct fb_docket *docket, struct fb_str party, const char *path,
    struct fb_sshkey_secret *secret, struct fb_err *err)
{
    if (fb_registry_count(docket->registry) == 0 && fb_io_exists(path)) {
        return fb_sshkey_read_private(path, secret, err);
    }
    char comment[FB_ID_MAX + 1];
    fb_sshkey_generate(secret);
    (void)snprintf(comment, sizeof(comment), "%.*s", FB_STR_ARG(party));
    return fb_sshkey_write(secret, path, comment, err);
}

/* Files a party and its key. The key files are written first, since the first party signs with
 * them, and removed again when the ledger refuses. */
static enum fb_code introduce(struct fb_docket *docket, const struct fb_docket_party *party,
    struct fb_str issuer, struct fb_err *err)
{
    char path[FB_DOCKET_PATH_MAX], public_path[FB_DOCKET_PATH_MAX + 8], at[FB_TIME_TEXT];
    struct fb_sshkey_secret secret;
    struct fb_buf statements[2];
    fb_buf_init(&statements[0], FB_STATEMENT_MAX);
    fb_buf_init(&statements[1], FB_STATEMENT_MAX);
    enum fb_code code = fb_docket_key_path(docket->path, party->id, path, err);
    bool wrote = false;
    struct newcomer newcomer = {
        docket, party, issuer, &secret.key, fb_time_format(fb_clock_now(&docket->clock), at)};
    if (code == FB_OK) {
        code = party_statement(&newcomer, &statements[0], err);
    }
    if (code == FB_OK) {
        code = make_key(docket, party->id, path, &secret, err);
        wrote = code == FB_OK;
    }
    if (code == FB_OK) {
        code = key_statement(&newcomer, &statements[1], err);
    }
    if (code == FB_OK) {
        struct fb_filing filings[2] = {
            {.statement = fb_buf_str(&statements[0]), .kind = FB_STR("party"), .issuer = issuer},
            {.statement = fb_buf_str(&statements[1]), .kind = FB_STR("key"), .issuer = issuer}};
        struct fb_docket_added added;
        code = fb_docket_file(docket, filings, 2, &added, err);
    }
    if (code != FB_OK && wrote) {
        (void)snprintf(public_path, sizeof(public_path), "%s.pub", path);
        fb_io_remove(path);
        fb_io_remove(public_path);
    }
    fb_sshkey_wipe(&secret);
    fb_buf_release(&statements[0]);
    fb_buf_release(&statements[1]);
    return code;
}

enum fb_code fb_docket_introduce(
    struct fb_docket *docket, const struct fb_docket_party *party, struct fb_err *err)
{
    FB_ASSERT(docket && party);
    struct fb_arena arena;
    fb_arena_init(&arena, 1 << 16);
    struct fb_docket_party whole = *party;
    struct fb_str issuer;
    enum fb_code code = FB_OK;
    if (party->id.len == 0) {
        code = fb_err_set(err, FB_E_USAGE, "a party needs an id");
    }
    if (code == FB_OK) {
        code = fb_docket_party_id(docket, party->id, &arena, &whole.id, err);
    }
    if (code == FB_OK) {
        code = fb_docket_party_id(docket, (struct fb_str){NULL, 0}, &arena, &issuer, err);
    }
    if (code == FB_OK) {
        code = introduce(docket, &whole, issuer, err);
    }
    fb_arena_release(&arena);
    return code;
}

/* What a docket in the making is made of. */
struct making {
    const char *path;
    struct fb_str origin;
    bool is_own; /* the ledger is a file of the docket */
    char store[FB_DOCKET_PATH_MAX];
    char key[FB_DOCKET_PATH_MAX];
};

/* Makes the key of a log and its empty ledger. That of a server is named before it is made, so that
 * nobody has to guess where it is. */
static enum fb_code make_ledger(const struct making *m, struct fb_err *err)
{
    const char *key = m->key;
    struct fb_note_signer signer = {0};
    if (fb_io_exists(key)) {
        /* The key may have signed checkpoints of a ledger that is elsewhere now. */
        fb_err_set(err, FB_E_DUPLICATE, "the key '%s' is there, but no ledger", key);
        return fb_err_hint(err, "Bring back its ledger.db, or make the docket in another folder.");
    }
    enum fb_code code = fb_note_signer_generate(m->origin, &signer, err);
    if (code == FB_OK) {
        code = fb_note_signer_write(&signer, key, err);
    }
    if (code == FB_OK && !m->is_own) {
        code = fb_docket_store_write(m->path, m->store, err);
    }
    if (code == FB_OK) {
        struct fb_ledger_options options = {.signer = &signer};
        code = fb_ledger_create(m->store, &options, err);
    }
    if (code != FB_OK) {
        fb_io_remove(key);
    }
    if (code != FB_OK && !m->is_own) {
        fb_docket_store_remove(m->path);
    }
    fb_note_signer_wipe(&signer);
    return code;
}

/* Removes a ledger without records and its key. */
static void unmake_ledger(const char *file, const char *key)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char path[FB_DOCKET_PATH_MAX + 16];
        (void)snprintf(path, sizeof(path), "%s%s", file, endings[i]);
        fb_io_remove(path);
    }
    fb_io_remove(key);
}

/* Opens a ledger that was made now, or one that was left without records when init was cut short,
 * and files the first party. */
static enum fb_code begin_docket(const char *path, struct fb_str origin,
    const struct fb_docket_party *party, const struct fb_clock *clock, struct fb_err *err)
{
    struct fb_docket *docket = NULL;
    bool simulated = fb_str_starts(origin, FB_STR(FB_DOCKET_SIMULATED));
    enum fb_code code = fb_docket_open(path, clock, simulated, &docket, err);
    if (code != FB_OK) {
        return code;
    }
    if (fb_registry_count(docket->registry) > 0) {
        fb_err_set(err, FB_E_DUPLICATE, "there is a docket in '%s' already", path);
        code = fb_err_hint(err, "Name another folder.");
    } else if (!fb_str_eq(fb_ledger_origin(docket->ledger), origin)) {
        fb_err_set(err, FB_E_DUPLICATE, "an unfinished docket named '%.*s' is in '%s'",
            FB_STR_ARG(fb_ledger_origin(docket->ledger)), path);
        code = fb_err_hint(err, "Finish it under that name, or name another folder.");
    } else {
        code = introduce(docket, party, party->id, err);
    }
    fb_docket_close(docket);
    return code;
}

/* Makes what is not there yet, and takes it away again when the first party is refused. What a
 * server has is left there, with its key: the next attempt goes on with it. */
static enum fb_code init_docket(struct making *m, const struct fb_docket_party *party,
    const struct fb_clock *clock, struct fb_err *err)
{
    char folder[FB_DOCKET_PATH_MAX];
    static const char *const folders[] = {"keys", "blobs"};
    enum fb_code code = fb_docket_path(m->path, "keys", FB_STR("log.key"), m->key, err);
    for (size_t i = 0; code == FB_OK && i < 2; i++) {
        code = fb_docket_path(m->path, folders[i], (struct fb_str){NULL, 0}, folder, err);
        if (code == FB_OK) {
            code = fb_io_mkdir(folder, 0700, err);
        }
    }
    bool is_new = code == FB_OK && !fb_docket_is_there(m->path);
    if (is_new) {
        code = make_ledger(m, err);
        is_new = code == FB_OK;
    }
    if (code == FB_OK) {
        code = begin_docket(m->path, m->origin, party, clock, err);
    }
    if (code != FB_OK && is_new && m->is_own) {
        unmake_ledger(m->store, m->key);
    }
    return code;
}

enum fb_code fb_docket_init(const char *path, const struct fb_docket_make *make,
    const struct fb_docket_party *party, const struct fb_clock *clock, struct fb_err *err)
{
    FB_ASSERT(path && make && party && clock);
    bool simulated = make->simulated;
    struct making m = {.path = path, .is_own = make->store.len == 0};
    if (party->id.len == 0 || party->role.len == 0) {
        fb_err_set(err, FB_E_USAGE, "a docket needs a first party");
        return fb_err_hint(err, "Write `--party NAME --role regulator --title \"Its Name\"`.");
    }
    struct fb_arena arena;
    struct fb_docket_party whole = *party;
    fb_arena_init(&arena, 1 << 16);
    m.origin = fb_arena_printf(
        &arena, "%s%.*s", simulated ? FB_DOCKET_SIMULATED : "", FB_STR_ARG(make->name));
    enum fb_code code = m.origin.ptr ? FB_OK : fb_arena_failed(&arena, err);
    if (code == FB_OK && !simulated && fb_str_starts(m.origin, FB_STR(FB_DOCKET_SIMULATED))) {
        code = fb_err_set(
            err, FB_E_USAGE, "the name of a real docket cannot begin with \"simulated/\"");
    }
    if (code == FB_OK) {
        code = fb_docket_party_id(NULL, party->id, &arena, &whole.id, err);
    }
    if (code == FB_OK) {
        code = fb_docket_store_of(path, make->store, m.store, err);
    }
    if (code == FB_OK) {
        code = init_docket(&m, &whole, clock, err);
    }
    fb_arena_release(&arena);
    return code;
}

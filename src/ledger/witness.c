#include "ledger/witness.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/codec.h"
#include "base/map.h"
#include "ledger/sha256.h"
#include "store/store.h"

/* Names of values in the store; the hash of an origin follows the second and third. */
static const char key_value[] = "witness";
static const char latest_value[] = "log/";
static const char fork_value[] = "fork/";

enum { VALUE_NAME = sizeof(fork_value) + FB_WITNESS_HASH_TEXT };

/* How far behind the last cosignature a clock may be, as for admissions to a ledger. */
#define CLOCK_BACK_MAX (5 * FB_SECOND)

/* Our cosignature, the keys' signatures and the text fit into a value of the store. */
_Static_assert((int)FB_ADD_TEXT_MAX + (FB_WITNESS_KEYS_MAX + 1) * 512 < (int)FB_STORE_META_MAX,
    "a cosigned checkpoint fits into the store");

static const char plain[] = "text/plain; charset=utf-8";

/* A log: its origin, and the keys that are believed for it; none when it was dropped. */
struct known {
    char *origin;
    struct fb_note_verifier keys[FB_WITNESS_KEYS_MAX];
    size_t key_count;
};

struct fb_witness {
    struct fb_store *store;
    struct fb_note_signer signer;
    struct fb_clock clock;
    fb_time sign_at;       /* the time of the cosignature under way */
    struct fb_map logs;    /* origin to struct known */
    uint64_t journal_size; /* entries that were read into it */
    struct fb_buf latest;  /* scratch: the checkpoint that was read */
};

void fb_witness_answer_init(struct fb_witness_answer *answer)
{
    FB_ASSERT(answer);
    *answer = (struct fb_witness_answer){.status = 0, .content_type = plain};
    fb_buf_init(&answer->body, FB_STORE_META_MAX);
}

void fb_witness_answer_release(struct fb_witness_answer *answer)
{
    FB_ASSERT(answer);
    fb_buf_release(&answer->body);
}

enum fb_code fb_witness_create(
    const char *path, const struct fb_note_signer *signer, struct fb_err *err)
{
    FB_ASSERT(path && signer);
    FB_ASSERT(signer->verifier.type == FB_NOTE_COSIGNATURE);
    struct fb_store *store = NULL;
    struct fb_store_options how = {.create = true};
    struct fb_buf text;
    enum fb_code code = fb_store_open_sqlite(path, &how, &store, err);
    if (code != FB_OK) {
        return code;
    }
    fb_buf_init(&text, FB_STORE_META_MAX);
    fb_note_verifier_format(&signer->verifier, &text);
    code = fb_buf_check(&text, "the verifier key", err);
    if (code == FB_OK) {
        code = fb_store_begin(store, FB_STORE_WRITE, err);
    }
    if (code == FB_OK) {
        code = fb_store_meta_put(store, key_value, fb_buf_str(&text), err);
    }
    if (code == FB_OK) {
        code = fb_store_commit(store, err);
    }
    fb_buf_release(&text);
    fb_store_close(store);
    if (code != FB_OK) {
        fb_store_remove_sqlite(path);
    }
    return code;
}

static enum fb_code check_key(struct fb_witness *witness, struct fb_err *err)
{
    struct fb_buf stored, own;
    fb_buf_init(&stored, FB_STORE_META_MAX);
    fb_buf_init(&own, FB_STORE_META_MAX);
    fb_note_verifier_format(&witness->signer.verifier, &own);
    enum fb_code code = fb_store_meta_get(witness->store, key_value, &stored, err);
    if (code == FB_E_NOT_FOUND) {
        code = fb_err_set(err, FB_E_CORRUPT, "the database is not the memory of a witness");
    }
    if (code == FB_OK) {
        code = fb_buf_check(&own, "the verifier key", err);
    }
    if (code == FB_OK && !fb_str_eq(fb_buf_str(&stored), fb_buf_str(&own))) {
        fb_err_set(err, FB_E_SIGNATURE, "the memory is that of the witness '%.200s'", stored.ptr);
        code = fb_err_hint(err, "A key goes with the memory that was made with it.");
    }
    fb_buf_release(&own);
    fb_buf_release(&stored);
    return code;
}

/* The log of an origin, made when it is not there. */
static enum fb_code need_log(
    struct fb_witness *witness, struct fb_str origin, struct known **out, struct fb_err *err)
{
    *out = fb_map_get(&witness->logs, origin);
    if (*out) {
        return FB_OK;
    }
    if (witness->logs.count >= FB_WITNESS_LOGS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "a witness knows %d logs at most", FB_WITNESS_LOGS_MAX);
    }
    struct known *log = fb_calloc(1, sizeof(*log));
    char *copy = fb_strndup(origin.ptr, origin.len);
    enum fb_code code = FB_OK;
    if (!log || !copy) {
        code = fb_err_set(err, FB_E_NOMEM, "memory ran out while reading the witness's logs");
    } else {
        log->origin = copy;
        code = fb_map_put(&witness->logs, (struct fb_str){copy, origin.len}, log, err);
    }
    if (code != FB_OK) {
        fb_free(log);
        fb_free(copy);
        return code;
    }
    *out = log;
    return FB_OK;
}

static size_t find_key(const struct known *log, const struct fb_note_verifier *key)
{
    size_t i = 0;
    while (i < log->key_count &&
           (log->keys[i].key_id != key->key_id || strcmp(log->keys[i].name, key->name) != 0)) {
        i++;
    }
    return i;
}

/* A line of the journal: what was done, the key and the origin. */
struct act {
    bool is_addition;
    struct fb_note_verifier key;
    struct fb_str origin;
};

static enum fb_code parse_act(struct fb_str text, struct act *out, struct fb_err *err)
{
    size_t space = fb_str_find(text, ' ', 0), second = fb_str_find(text, ' ', space + 1);
    struct fb_str word = fb_str_sub(text, 0, space);
    struct fb_str key = fb_str_sub(text, space + 1, second - space - 1);
    out->is_addition = fb_str_is(word, "add");
    out->origin = fb_str_sub(text, second + 1, SIZE_MAX);
    if ((!out->is_addition && !fb_str_is(word, "drop")) || out->origin.len == 0) {
        return fb_err_set(err, FB_E_SYNTAX, "the line adds or drops no log");
    }
    return fb_note_verifier_parse(key, &out->key, err);
}

static enum fb_code apply(struct fb_witness *witness, const struct act *act, struct fb_err *err)
{
    struct known *log;
    enum fb_code code = need_log(witness, act->origin, &log, err);
    if (code != FB_OK) {
        return code;
    }
    size_t at = find_key(log, &act->key);
    if (act->is_addition && at < log->key_count) {
        return fb_err_set(err, FB_E_DUPLICATE, "the key '%s' is one of the log '%.*s' already",
            act->key.name, FB_STR_ARG(act->origin));
    }
    if (act->is_addition && log->key_count == FB_WITNESS_KEYS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "a log has %d keys at most", FB_WITNESS_KEYS_MAX);
    }
    if (act->is_addition) {
        log->keys[log->key_count++] = act->key;
        return FB_OK;
    }
    if (at == log->key_count) {
        return fb_err_set(err, FB_E_NOT_FOUND, "the key '%s' is not one of the log '%.*s'",
            act->key.name, FB_STR_ARG(act->origin));
    }
    log->key_count--;
    memmove(&log->keys[at], &log->keys[at + 1], (log->key_count - at) * sizeof(log->keys[0]));
    return FB_OK;
}

static enum fb_code read_journal(void *ctx, const struct fb_store_entry *entry, struct fb_err *err)
{
    struct fb_witness *witness = ctx;
    struct act act;
    enum fb_code code = parse_act(entry->bytes, &act, err);
    if (code == FB_OK) {
        code = apply(witness, &act, err);
    }
    if (code == FB_E_NOMEM) {
        return code;
    }
    if (code != FB_OK || entry->seq != witness->journal_size) {
        return fb_err_set(err, FB_E_CORRUPT,
            "entry %" PRIu64 " of the witness's journal is malformed", witness->journal_size);
    }
    witness->journal_size++;
    return FB_OK;
}

/* Reads what was added and dropped since, maybe by another process. */
static enum fb_code refresh(struct fb_witness *witness, struct fb_err *err)
{
    uint64_t count = 0;
    enum fb_code code = fb_store_count(witness->store, &count, err);
    if (code != FB_OK || count == witness->journal_size) {
        return code;
    }
    uint64_t range[2] = {witness->journal_size, UINT64_MAX};
    return fb_store_scan(witness->store, range, read_journal, witness, err);
}

enum fb_code fb_witness_open(const char *path, const struct fb_note_signer *signer,
    const struct fb_clock *clock, struct fb_witness **out, struct fb_err *err)
{
    FB_ASSERT(path && signer && clock && out);
    FB_ASSERT(signer->verifier.type == FB_NOTE_COSIGNATURE);
    struct fb_witness *witness = fb_calloc(1, sizeof(*witness));
    if (!witness) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while opening the witness");
    }
    fb_map_init(&witness->logs);
    fb_buf_init(&witness->latest, FB_STORE_META_MAX);
    witness->signer = *signer;
    witness->clock = *clock;
    struct fb_store_options how = {.busy_ms = 0};
    enum fb_code code = fb_store_open_sqlite(path, &how, &witness->store, err);
    if (code == FB_OK) {
        code = check_key(witness, err);
    }
    if (code == FB_OK) {
        code = refresh(witness, err);
    }
    if (code != FB_OK) {
        fb_err_place(err, path, 0, 0, -1);
        fb_witness_close(witness);
        return code;
    }
    *out = witness;
    return FB_OK;
}

void fb_witness_close(struct fb_witness *witness)
{
    if (!witness) {
        return;
    }
    for (size_t i = 0; i < witness->logs.count; i++) {
        struct known *log = witness->logs.entries[i].value;
        fb_free(log->origin);
        fb_free(log);
    }
    fb_map_release(&witness->logs);
    fb_store_close(witness->store);
    fb_buf_release(&witness->latest);
    fb_note_signer_wipe(&witness->signer);
    fb_free(witness);
}

static enum fb_code check_origin(struct fb_str origin, struct fb_err *err)
{
    bool good = origin.len > 0 && origin.len <= FB_WITNESS_ORIGIN_MAX && fb_str_utf8(origin, NULL);
    for (size_t i = 0; good && i < origin.len; i++) {
        good = (uint8_t)origin.ptr[i] >= ' ';
    }
    if (good) {
        return FB_OK;
    }
    fb_err_set(
        err, FB_E_SYNTAX, "'%.*s' is no origin of a log", FB_STR_ARG(fb_str_sub(origin, 0, 200)));
    return fb_err_hint(
        err, "It is the first line of the log's checkpoints, mostly the name of its key.");
}

/* Appends a line to the journal, inside a write transaction, and applies it. */
static enum fb_code append_act(
    struct fb_witness *witness, const struct act *act, struct fb_err *err)
{
    struct fb_buf line;
    if (witness->journal_size >= FB_WITNESS_JOURNAL_MAX) {
        return fb_err_set(err, FB_E_LIMIT,
            "the witness's journal has %d additions and drops, which is the most",
            FB_WITNESS_JOURNAL_MAX);
    }
    fb_buf_init(&line, FB_STORE_ENTRY_MAX);
    fb_buf_add_c(&line, act->is_addition ? "add " : "drop ");
    fb_note_verifier_format(&act->key, &line);
    fb_buf_add_char(&line, ' ');
    fb_buf_add_str(&line, act->origin);
    enum fb_code code = fb_buf_check(&line, "the journal's entry", err);
    if (code == FB_OK) {
        struct fb_hash leaf = fb_merkle_leaf(fb_buf_str(&line));
        struct fb_store_entry entry = {.seq = witness->journal_size,
            .admitted = fb_clock_now(&witness->clock),
            .bytes = fb_buf_str(&line)};
        memcpy(entry.leaf_hash, leaf.bytes, sizeof(entry.leaf_hash));
        code = fb_store_append(witness->store, &entry, 1, err);
    }
    fb_buf_release(&line);
    return code == FB_OK ? apply(witness, act, err) : code;
}

/* What the journal says must be known before it is added to; and when the commit fails, what was
 * applied here is not what it says. */
static enum fb_code change(struct fb_witness *witness, struct act act, struct fb_err *err)
{
    enum fb_code code = fb_store_begin(witness->store, FB_STORE_WRITE, err);
    bool is_applied = false;
    if (code == FB_OK) {
        code = refresh(witness, err);
    }
    if (code == FB_OK) {
        code = append_act(witness, &act, err);
        is_applied = code == FB_OK;
    }
    if (code == FB_OK) {
        code = fb_store_commit(witness->store, err);
    }
    fb_store_rollback(witness->store);
    if (code == FB_OK) {
        witness->journal_size++;
    } else if (is_applied) {
        struct fb_err ignored;
        fb_err_init(&ignored);
        act.is_addition = !act.is_addition;
        enum fb_code undone = apply(witness, &act, &ignored);
        FB_ASSERT(undone == FB_OK);
    }
    return code;
}

enum fb_code fb_witness_add_log(struct fb_witness *witness, struct fb_str origin,
    const struct fb_note_verifier *key, struct fb_err *err)
{
    FB_ASSERT(witness && key);
    if (key->type != FB_NOTE_ED25519) {
        return fb_err_set(err, FB_E_UNSUPPORTED,
            "the key '%s' is of type %d, and a log signs with type %d", key->name, (int)key->type,
            (int)FB_NOTE_ED25519);
    }
    enum fb_code code = check_origin(origin, err);
    struct act act = {.is_addition = true, .key = *key, .origin = origin};
    return code == FB_OK ? change(witness, act, err) : code;
}

enum fb_code fb_witness_drop_log(struct fb_witness *witness, struct fb_str origin,
    const struct fb_note_verifier *key, struct fb_err *err)
{
    FB_ASSERT(witness && key);
    enum fb_code code = check_origin(origin, err);
    struct act act = {.is_addition = false, .key = *key, .origin = origin};
    return code == FB_OK ? change(witness, act, err) : code;
}

static void hash_of(struct fb_str origin, char out[FB_WITNESS_HASH_TEXT])
{
    uint8_t digest[FB_SHA256_SIZE];
    fb_sha256_of(origin, digest);
    fb_hex_encode(digest, sizeof(digest), out);
}

static const char *value_name(const char *kind, const char *hash, char out[VALUE_NAME])
{
    int len = snprintf(out, VALUE_NAME, "%s%s", kind, hash);
    FB_ASSERT(len > 0 && len < VALUE_NAME && len <= FB_STORE_KEY_MAX);
    return out;
}

/* The latest cosigned checkpoint of an origin into witness->latest, at which out points, and when
 * it was cosigned. Size 0 and time 0 when there is none. */
static enum fb_code read_latest(struct fb_witness *witness, const char *hash,
    struct fb_checkpoint *out, uint64_t *out_at_s, struct fb_err *err)
{
    char name[VALUE_NAME];
    *out = (struct fb_checkpoint){.root = fb_merkle_empty()};
    *out_at_s = 0;
    fb_buf_clear(&witness->latest);
    enum fb_code code = fb_store_meta_get(
        witness->store, value_name(latest_value, hash, name), &witness->latest, err);
    if (code == FB_E_NOT_FOUND) {
        return FB_OK;
    }
    struct fb_note_check check = {.verifiers = &witness->signer.verifier, .verifier_count = 1};
    if (code == FB_OK) {
        code = fb_note_verify(fb_buf_str(&witness->latest), &check, err);
    }
    if (code == FB_OK) {
        code = fb_checkpoint_parse(check.text, out, err);
    }
    if (code == FB_OK) {
        char origin_hash[FB_WITNESS_HASH_TEXT];
        hash_of(out->origin, origin_hash);
        code = strcmp(origin_hash, hash) == 0 ? FB_OK : FB_E_CORRUPT;
    }
    if (code != FB_OK && code != FB_E_NOMEM && code != FB_E_IO && code != FB_E_BUSY) {
        fb_err_set(
            err, FB_E_CORRUPT, "what the witness cosigned for the log %.16s was altered", hash);
        return fb_err_hint(err, "Do not go on with this key: make a new witness.");
    }
    *out_at_s = check.cosigned_at_s;
    return code;
}

static bool has_value(struct fb_witness *witness, const char *kind, const char *hash)
{
    char name[VALUE_NAME];
    struct fb_buf value;
    struct fb_err ignored;
    fb_err_init(&ignored);
    fb_buf_init(&value, FB_STORE_META_MAX);
    enum fb_code code =
        fb_store_meta_get(witness->store, value_name(kind, hash, name), &value, &ignored);
    fb_buf_release(&value);
    return code == FB_OK;
}

enum fb_code fb_witness_each(
    struct fb_witness *witness, fb_witness_visit visit, void *ctx, struct fb_err *err)
{
    FB_ASSERT(witness && visit);
    enum fb_code code = refresh(witness, err);
    for (size_t i = 0; code == FB_OK && i < witness->logs.count; i++) {
        const struct known *known = witness->logs.entries[i].value;
        if (known->key_count == 0) {
            continue;
        }
        struct fb_checkpoint latest;
        struct fb_witness_log log = {.origin = witness->logs.entries[i].key,
            .keys = known->keys,
            .key_count = known->key_count};
        hash_of(log.origin, log.hash);
        code = read_latest(witness, log.hash, &latest, &log.at_s, err);
        if (code == FB_OK) {
            log.is_cosigned = log.at_s > 0;
            log.size = latest.size;
            log.is_forked = has_value(witness, fork_value, log.hash);
            code = visit(ctx, &log, err);
        }
    }
    return code;
}

/* Puts what err says into the body. */
static enum fb_code refuse(struct fb_witness_answer *out, unsigned status, struct fb_err *err)
{
    fb_buf_clear(&out->body);
    out->status = status;
    out->content_type = plain;
    fb_buf_addf(&out->body, "%s\n", err->message);
    return fb_buf_check(&out->body, "the answer", err);
}

static enum fb_code conflict(struct fb_witness_answer *out, uint64_t size, struct fb_err *err)
{
    fb_buf_clear(&out->body);
    out->status = FB_ADD_CONFLICT;
    out->content_type = "text/x.tlog.size";
    fb_buf_addf(&out->body, "%" PRIu64 "\n", size);
    return fb_buf_check(&out->body, "the answer", err);
}

/* Appends the lines of the log's own keys, all of which were verified, once each. */
static enum fb_code add_log_lines(
    const struct known *log, struct fb_str lines, struct fb_buf *out, struct fb_err *err)
{
    struct fb_str line;
    struct fb_buf bytes;
    uint32_t taken = 0;
    enum fb_code code = FB_OK;
    fb_buf_init(&bytes, FB_NOTE_MAX);
    while (code == FB_OK && fb_str_line(&lines, &line)) {
        struct fb_note_signature signature;
        code = fb_note_signature_parse(line, &bytes, &signature, err);
        for (size_t i = 0; code == FB_OK && i < log->key_count; i++) {
            if (signature.id == log->keys[i].key_id && !(taken >> i & 1) &&
                fb_str_is(signature.name, log->keys[i].name)) {
                taken |= UINT32_C(1) << i;
                fb_buf_add_str(out, line);
                fb_buf_add_char(out, '\n');
            }
        }
    }
    fb_buf_release(&bytes);
    return code;
}

/* The time of the next cosignature. One says that at its time nothing larger was known, so a later
 * one must not have an earlier time: a clock that is a little behind signs at the time of the last.
 */
static enum fb_code time_to_sign(struct fb_witness *witness, uint64_t last_s, struct fb_err *err)
{
    fb_time now = fb_clock_now(&witness->clock), last = fb_time_of_seconds(last_s);
    if (now < last - CLOCK_BACK_MAX) {
        char text[FB_TIME_TEXT];
        fb_err_set(err, FB_E_TIME, "the clock is behind the last cosignature, of %s",
            fb_time_format(last, text));
        return fb_err_hint(err, "Set the clock of this machine. When it was ahead then, the witness"
                                " signs again once that time has come.");
    }
    witness->sign_at = now < last ? last : now;
    return FB_OK;
}

/* Cosigns at witness->sign_at and keeps, inside the write transaction; the answer's body is the
 * cosignature. */
static enum fb_code cosign(struct fb_witness *witness, const struct known *log,
    const struct fb_add_view *view, struct fb_witness_answer *out, struct fb_err *err)
{
    char hash[FB_WITNESS_HASH_TEXT], name[VALUE_NAME];
    struct fb_buf note;
    hash_of(view->checkpoint.origin, hash);
    fb_buf_init(&note, FB_STORE_META_MAX);
    fb_buf_clear(&out->body);
    enum fb_code code =
        fb_note_cosign(view->text, &witness->signer, witness->sign_at, &out->body, err);
    if (code == FB_OK) {
        fb_buf_add_str(&note, view->text);
        fb_buf_add_char(&note, '\n');
        code = add_log_lines(log, view->lines, &note, err);
    }
    if (code == FB_OK) {
        fb_buf_add_str(&note, fb_buf_str(&out->body));
        code = fb_buf_check(&note, "the cosigned checkpoint", err);
    }
    if (code == FB_OK) {
        code = fb_store_meta_put(
            witness->store, value_name(latest_value, hash, name), fb_buf_str(&note), err);
    }
    fb_buf_release(&note);
    out->status = FB_ADD_GOOD;
    out->content_type = plain;
    return code;
}

/* Keeps a signed checkpoint that contradicts one that was cosigned: the first, which is enough. */
static enum fb_code keep_fork(
    struct fb_witness *witness, const char *hash, struct fb_str note, struct fb_err *err)
{
    char name[VALUE_NAME];
    if (note.len > FB_STORE_META_MAX || has_value(witness, fork_value, hash)) {
        return FB_OK;
    }
    return fb_store_meta_put(witness->store, value_name(fork_value, hash, name), note, err);
}

/* Decides and keeps, inside the write transaction. */
static enum fb_code add_locked(struct fb_witness *witness, const struct known *log,
    const struct fb_add_request *request, struct fb_witness_answer *out, struct fb_err *err)
{
    struct fb_add_view view;
    struct fb_checkpoint latest;
    char hash[FB_WITNESS_HASH_TEXT];
    uint64_t at_s;
    enum fb_code code = fb_add_look(request, &view, err);
    if (code == FB_OK) {
        hash_of(view.checkpoint.origin, hash);
        code = read_latest(witness, hash, &latest, &at_s, err);
    }
    if (code != FB_OK) {
        return code;
    }
    enum fb_add_status status = fb_add_decide(request, &view.checkpoint, &latest, err);
    if (status == FB_ADD_GOOD) {
        code = time_to_sign(witness, at_s, err);
        return code == FB_OK ? cosign(witness, log, &view, out, err) : code;
    }
    if (status == FB_ADD_CONFLICT) {
        return conflict(out, latest.size, err);
    }
    code = refuse(out, status, err);
    bool is_fork = at_s > 0 && view.checkpoint.size == latest.size &&
                   !fb_hash_eq(&view.checkpoint.root, &latest.root);
    return code == FB_OK && is_fork ? keep_fork(witness, hash, request->note, err) : code;
}

static enum fb_code decide(struct fb_witness *witness, const struct known *log,
    const struct fb_add_request *request, struct fb_witness_answer *out, struct fb_err *err)
{
    enum fb_add_status status = FB_ADD_MALFORMED;
    enum fb_code code = fb_add_authenticate(request, log->keys, log->key_count, &status, err);
    if (code != FB_OK || status != FB_ADD_GOOD) {
        return code == FB_OK ? refuse(out, status, err) : code;
    }
    code = fb_store_begin(witness->store, FB_STORE_WRITE, err);
    if (code == FB_OK) {
        code = add_locked(witness, log, request, out, err);
    }
    if (code == FB_OK && out->status != FB_ADD_CONFLICT) {
        code = fb_store_commit(witness->store, err);
    }
    fb_store_rollback(witness->store);
    return code;
}

static bool is_refusal(enum fb_code code)
{
    return code == FB_E_SYNTAX || code == FB_E_UTF8 || code == FB_E_LIMIT;
}

enum fb_code fb_witness_add_checkpoint(struct fb_witness *witness, struct fb_str request,
    struct fb_witness_answer *out, struct fb_err *err)
{
    FB_ASSERT(witness && out);
    FB_ASSERT(request.ptr || request.len == 0);
    struct fb_add_request asked;
    struct fb_add_view view;
    out->about[0] = 0;
    if (request.len > FB_ADD_REQUEST_MAX) {
        fb_err_set(err, FB_E_LIMIT, "the request has more than %d bytes", FB_ADD_REQUEST_MAX);
        return refuse(out, FB_ADD_TOO_LONG, err);
    }
    enum fb_code code = fb_add_request_parse(request, &asked, err);
    if (code == FB_OK) {
        code = fb_add_look(&asked, &view, err);
    }
    if (code != FB_OK) {
        return is_refusal(code) ? refuse(out, FB_ADD_MALFORMED, err) : code;
    }
    (void)snprintf(out->about, sizeof(out->about), "%.*s %" PRIu64 " to %" PRIu64,
        (int)(view.checkpoint.origin.len < 200 ? view.checkpoint.origin.len : 200),
        view.checkpoint.origin.ptr, asked.old_size, view.checkpoint.size);
    code = refresh(witness, err);
    if (code != FB_OK) {
        return code;
    }
    const struct known *log = fb_map_get(&witness->logs, view.checkpoint.origin);
    if (!log || log->key_count == 0) {
        fb_err_set(err, FB_E_NOT_FOUND, "the origin is not that of a log that this witness knows");
        return refuse(out, FB_ADD_UNKNOWN, err);
    }
    return decide(witness, log, &asked, out, err);
}

static enum fb_code read_value(struct fb_witness *witness, const char *kind, struct fb_str hash,
    struct fb_buf *out, struct fb_err *err)
{
    char name[VALUE_NAME], text[FB_WITNESS_HASH_TEXT];
    uint8_t digest[FB_SHA256_SIZE];
    bool good = fb_hex_decode(hash, digest, sizeof(digest));
    if (good) {
        fb_hex_encode(digest, sizeof(digest), text);
        good = fb_str_is(hash, text); /* lower case only */
    }
    if (!good) {
        return fb_err_set(err, FB_E_NOT_FOUND, "no log has such a hash of its origin");
    }
    return fb_store_meta_get(witness->store, value_name(kind, text, name), out, err);
}

enum fb_code fb_witness_latest(
    struct fb_witness *witness, struct fb_str hash, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(witness && out);
    return read_value(witness, latest_value, hash, out, err);
}

enum fb_code fb_witness_fork(
    struct fb_witness *witness, struct fb_str hash, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(witness && out);
    return read_value(witness, fork_value, hash, out, err);
}

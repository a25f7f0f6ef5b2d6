#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/codec.h"
#include "base/io.h"
#include "base/workers.h"
#include "govern/amended.h"
#include "govern/docket_private.h"
#include "govern/docket_proof.h"
#include "govern/docket_read.h"
#include "govern/excerpt.h"
#include "ledger/blob.h"

enum fb_code fb_docket_path(const char *docket, const char *folder, struct fb_str name,
    char out[FB_DOCKET_PATH_MAX], struct fb_err *err)
{
    FB_ASSERT(docket && folder && out);
    bool is_within = folder[0] || name.len;
    int len = snprintf(out, FB_DOCKET_PATH_MAX, "%s%s%s%s%.*s", docket,
        is_within && !fb_str_ends(fb_str_of(docket), FB_STR("/")) ? "/" : "", folder,
        folder[0] && name.len ? "/" : "", FB_STR_ARG(name));
    if (len < 0 || len >= FB_DOCKET_PATH_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "the path of docket '%.100s...' is too long", docket);
    }
    return FB_OK;
}

static enum fb_code load_entry(
    void *ctx, uint64_t seq, const struct fb_prepared *prepared, struct fb_err *err)
{
    enum fb_code code = fb_registry_load(ctx, seq, prepared, err);
    if (code != FB_OK) {
        fb_err_prefix(err, "entry %llu of the ledger", (unsigned long long)seq);
    }
    return code;
}

/* Adds the entries range[0] <= seq < range[1] to a registry, which has those before. */
static enum fb_code load_entries(struct fb_ledger *ledger, const uint64_t range[2],
    struct fb_registry *registry, struct fb_err *err)
{
    const struct fb_docket_reading how = {
        .of = " of the ledger", .take = load_entry, .ctx = registry, .registry = registry};
    return fb_docket_read(ledger, range, &how, err);
}

enum fb_code fb_docket_catch_up(struct fb_docket *docket, struct fb_err *err)
{
    FB_ASSERT(!docket->excerpt);
    uint64_t known = fb_registry_count(docket->registry);
    return load_entries(docket->ledger, (uint64_t[2]){known, UINT64_MAX}, docket->registry, err);
}

enum fb_code fb_docket_registry_new(
    const struct fb_ledger *ledger, struct fb_registry **out, struct fb_err *err)
{
    struct fb_registry *registry = NULL;
    enum fb_code code = fb_registry_new(&registry, err);
    if (code == FB_OK) {
        code = fb_registry_origin(registry, fb_ledger_origin(ledger), err);
    }
    if (code != FB_OK) {
        fb_registry_free(registry);
        return code;
    }
    *out = registry;
    return FB_OK;
}

/* The registry of the first size entries. */
static enum fb_code load_registry(
    struct fb_ledger *ledger, uint64_t size, struct fb_registry **out, struct fb_err *err)
{
    struct fb_registry *registry = NULL;
    enum fb_code code = fb_docket_registry_new(ledger, &registry, err);
    if (code == FB_OK) {
        code = load_entries(ledger, (uint64_t[2]){0, size}, registry, err);
    }
    if (code != FB_OK) {
        fb_registry_free(registry);
        return code;
    }
    *out = registry;
    return FB_OK;
}

enum fb_code fb_docket_reload(struct fb_docket *docket, struct fb_err *err)
{
    uint64_t size;
    struct fb_registry *registry = NULL;
    enum fb_code code = fb_ledger_size(docket->ledger, &size, err);
    if (code == FB_OK) {
        code = load_registry(docket->ledger, size, &registry, err);
    }
    if (code == FB_OK) {
        fb_registry_free(docket->registry);
        fb_resident_free(docket->resident);
        fb_excerpt_free(docket->excerpt);
        docket->excerpt = NULL;
        docket->is_behind = false;
        docket->resident = NULL;
        docket->counted = docket->corrections = 0;
        docket->registry = registry;
    }
    return code;
}

bool fb_docket_simulated(const struct fb_docket *docket)
{
    FB_ASSERT(docket);
    return fb_str_starts(fb_ledger_origin(docket->ledger), FB_STR(FB_DOCKET_SIMULATED));
}

enum fb_code fb_docket_begin(const char *path, const struct fb_clock *clock,
    bool is_simulated_clock, bool is_only_asked, struct fb_docket **out, struct fb_err *err)
{
    char file[FB_DOCKET_PATH_MAX];
    struct fb_note_signer signer = {0};
    struct fb_docket *docket = fb_calloc(1, sizeof(*docket));
    if (!docket) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    docket->clock = *clock;
    enum fb_code code = fb_docket_path(path, "", (struct fb_str){NULL, 0}, docket->path, err);
    if (code == FB_OK) {
        code = fb_docket_path(path, "blobs", (struct fb_str){NULL, 0}, docket->blobs, err);
    }
    if (code == FB_OK) {
        code = fb_docket_path(path, "", FB_STR("cosigned"), docket->cosigned, err);
    }
    if (code == FB_OK) {
        code = fb_docket_store(path, file, err);
    }
    char key[FB_DOCKET_PATH_MAX];
    if (code == FB_OK) {
        code = fb_docket_path(path, "keys", FB_STR("log.key"), key, err);
    }
    bool can_write = code == FB_OK && !is_only_asked && fb_io_exists(key);
    if (can_write) {
        code = fb_note_signer_read(key, FB_NOTE_ED25519, &signer, err);
    }
    if (code == FB_OK) {
        struct fb_ledger_options options = {.signer = can_write ? &signer : NULL};
        code = fb_ledger_open(file, &options, &docket->ledger, err);
    }
    fb_note_signer_wipe(&signer);
    if (code == FB_OK && is_simulated_clock && !fb_docket_simulated(docket)) {
        code = fb_err_set(err, FB_E_USAGE, "docket '%s' has a real clock", path);
        fb_err_hint(err, "`--clock` is for dockets made with `flyball init --simulated`.");
    }
    if (code == FB_OK) {
        code = fb_docket_registry_new(docket->ledger, &docket->registry, err);
    }
    if (code != FB_OK) {
        fb_docket_close(docket);
        return code;
    }
    *out = docket;
    return FB_OK;
}

enum fb_code fb_docket_open(const char *path, const struct fb_clock *clock, bool is_simulated_clock,
    struct fb_docket **out, struct fb_err *err)
{
    FB_ASSERT(path && clock && out);
    struct fb_docket *docket = NULL;
    enum fb_code code = fb_docket_begin(path, clock, is_simulated_clock, false, &docket, err);
    if (code == FB_OK) {
        code = fb_docket_catch_up(docket, err);
    }
    if (code != FB_OK) {
        fb_docket_close(docket);
        return code;
    }
    *out = docket;
    return FB_OK;
}

enum fb_code fb_docket_open_log(const char *path, const struct fb_clock *clock,
    bool is_simulated_clock, struct fb_docket **out, struct fb_err *err)
{
    FB_ASSERT(path && clock && out);
    return fb_docket_begin(path, clock, is_simulated_clock, false, out, err);
}

void fb_docket_close(struct fb_docket *docket)
{
    if (!docket) {
        return;
    }
    fb_resident_free(docket->resident);
    fb_registry_free(docket->registry);
    fb_resident_free(docket->then);
    fb_registry_free(docket->prefix);
    fb_excerpt_free(docket->excerpt);
    fb_ledger_audit_free(docket->audit);
    fb_ledger_close(docket->ledger);
    fb_free(docket);
}

const struct fb_registry *fb_docket_registry(const struct fb_docket *docket)
{
    FB_ASSERT(docket);
    return docket->registry;
}

const char *fb_docket_cosigned(const struct fb_docket *docket)
{
    FB_ASSERT(docket);
    return docket->cosigned;
}

struct fb_ledger *fb_docket_ledger(struct fb_docket *docket)
{
    FB_ASSERT(docket);
    return docket->ledger;
}

/* Reads a "sha256:..." blob of the docket. */
static enum fb_code read_blob(
    void *ctx, struct fb_str digest, struct fb_buf *out, struct fb_err *err)
{
    struct fb_docket *docket = ctx;
    uint8_t bytes[FB_SHA256_SIZE];
    if (!fb_str_starts(digest, FB_STR("sha256:")) ||
        !fb_hex_decode(fb_str_sub(digest, 7, digest.len), bytes, sizeof(bytes))) {
        return fb_err_set(err, FB_E_SCHEMA, "'%.*s' is not a digest", FB_STR_ARG(digest));
    }
    if (fb_blob_exists(docket->blobs, bytes) && fb_docket_erasure(docket, bytes)) {
        return fb_err_set(err, FB_E_NOT_FOUND, "'%.*s' was erased", FB_STR_ARG(digest));
    }
    return fb_blob_get(docket->blobs, bytes, out, err);
}

/* Records move time too: a clock that was set back does not undo them. */
static fb_time now_of(const struct fb_registry *registry, fb_time clock)
{
    size_t count = fb_registry_count(registry);
    fb_time last = count ? fb_registry_at(registry, count - 1)->admitted : clock;
    return last > clock ? last : clock;
}

fb_time fb_docket_now(const struct fb_docket *docket)
{
    FB_ASSERT(docket);
    return now_of(docket->registry, fb_clock_now(&docket->clock));
}

/* How many records of a registry correct others; those of the docket's own are counted once. */
static uint64_t corrections_in(struct fb_docket *docket, const struct fb_registry *registry)
{
    bool own = registry == docket->registry;
    size_t i = own ? docket->counted : 0, count = fb_registry_count(registry);
    uint64_t corrections = own ? docket->corrections : 0;
    for (; i < count; i++) {
        corrections += fb_record_corrects(registry, fb_registry_at(registry, i)) ? 1 : 0;
    }
    if (own) {
        docket->counted = count;
        docket->corrections = corrections;
    }
    return corrections;
}

/* The root of the records of a registry: the one that was verified, where all were. */
static enum fb_code root_of(struct fb_docket *docket, const struct fb_registry *registry,
    struct fb_hash *out, struct fb_err *err)
{
    if (docket->audit && registry == docket->registry) {
        *out = docket->verified;
        return FB_OK;
    }
    return fb_ledger_root(docket->ledger, fb_registry_size(registry), out, err);
}

/* The size of the ledger, and its records, with what others recorded since; where all is verified,
 * what was. */
static enum fb_code current(struct fb_docket *docket, uint64_t *out_size, struct fb_err *err)
{
    *out_size = fb_registry_size(docket->registry);
    if (docket->audit || docket->excerpt) {
        return FB_OK;
    }
    uint64_t known = *out_size;
    enum fb_code code = fb_ledger_size(docket->ledger, out_size, err);
    if (code == FB_OK && *out_size > known) {
        code = fb_docket_catch_up(docket, err);
        *out_size = fb_registry_count(docket->registry);
    }
    return code;
}

/* The registry of the first so many records, which the docket keeps. */
static enum fb_code prefix_of(
    struct fb_docket *docket, uint64_t size, struct fb_registry **out, struct fb_err *err)
{
    struct fb_registry *registry = docket->registry;
    if (size != fb_registry_size(registry)) {
        enum fb_code code = load_registry(docket->ledger, size, &registry, err);
        if (code) {
            return code;
        }
        fb_resident_free(docket->then);
        fb_registry_free(docket->prefix);
        docket->then = NULL;
        docket->prefix = registry;
    }
    *out = registry;
    return FB_OK;
}

enum fb_code fb_docket_ask(struct fb_docket *docket, const struct fb_docket_question *question,
    struct fb_arena *arena, struct fb_picture *out, struct fb_err *err)
{
    FB_ASSERT(docket && question && arena && out);
    fb_time as_of = question->as_of;
    uint64_t size;
    struct fb_registry *registry = docket->registry;
    enum fb_code code = FB_OK;
    if (as_of != FB_TIME_MAX && !docket->excerpt) { /* which has no more than was known then */
        code = fb_ledger_size_before(
            docket->ledger, question->known ? question->known : as_of, &size, err);
    } else {
        code = current(docket, &size, err);
    }
    code = code ? code : prefix_of(docket, size, &registry, err);
    if (code != FB_OK) {
        return code;
    }
    fb_time now = now_of(registry, as_of == FB_TIME_MAX ? fb_clock_now(&docket->clock) : as_of);
    struct fb_govern_input input = {.registry = registry,
        .now = now,
        .as_of = as_of,
        .read_blob = read_blob,
        .blob_ctx = docket,
        .naive = question->naive,
        .about = question->about,
        .threads = question->about.len > 0 ? 1 : fb_workers_here(),
        .brief = question->brief};
    if (question->about.len > 0) {
        struct fb_resident **resident =
            registry == docket->registry ? &docket->resident : &docket->then;
        code = *resident ? FB_OK : fb_resident_new(registry, resident, err);
        input.resident = *resident;
    }
    struct fb_hash root;
    struct fb_picture picture;
    code = code ? code : fb_govern_evaluate(&input, arena, &picture, err);
    code = code ? code : root_of(docket, registry, &root, err);
    if (code == FB_OK) {
        memcpy(picture.root, root.bytes, sizeof(picture.root));
        picture.origin = fb_ledger_origin(docket->ledger);
        picture.simulated = fb_docket_simulated(docket);
        picture.correction_count = docket->excerpt ? fb_excerpt_corrects(docket->excerpt)
                                                   : corrections_in(docket, registry);
        *out = picture;
    }
    return code;
}

enum fb_code fb_docket_evaluate(struct fb_docket *docket, fb_time as_of, struct fb_arena *arena,
    struct fb_picture *out, struct fb_err *err)
{
    struct fb_docket_question question = {.as_of = as_of};
    return fb_docket_ask(docket, &question, arena, out, err);
}

/* What a proof says of when must be so: nothing on record is later than its instant, and where it
 * is of what was known then, that is its prefix. */
static enum fb_code check_instant(const struct fb_docket *docket, const struct fb_registry *prefix,
    const struct fb_proof_claimed *claimed, struct fb_err *err)
{
    uint64_t known = claimed->entries;
    bool then = claimed->as_of != FB_TIME_MAX;
    if (then) {
        enum fb_code code = fb_ledger_size_before(docket->ledger, claimed->as_of, &known, err);
        if (code != FB_OK) {
            return code;
        }
    }
    if (now_of(prefix, claimed->now) != claimed->now) {
        return fb_err_set(err, FB_E_NEGATIVE, "its instant lies before its last record");
    }
    if (known != claimed->entries || (then && now_of(prefix, claimed->as_of) != claimed->now)) {
        return fb_err_set(err, FB_E_NEGATIVE, "it is not of what was known at that instant");
    }
    return FB_OK;
}

enum fb_code fb_docket_check(
    struct fb_docket *docket, struct fb_str file, struct fb_proof_claimed *out, struct fb_err *err)
{
    FB_ASSERT(docket && out);
    struct fb_arena arena;
    struct fb_proof_claimed claimed;
    struct fb_hash root;
    uint64_t size = 0;
    struct fb_registry *registry = NULL;
    fb_arena_init(&arena, 1 << 28);
    enum fb_code code = fb_proof_claimed_read(file, &arena, &claimed, err);
    code = code ? code : fb_ledger_size(docket->ledger, &size, err);
    if (code == FB_OK && claimed.entries > size) {
        code = fb_err_set(err, FB_E_NOT_FOUND, "it is about %llu records, and the docket has %llu",
            (unsigned long long)claimed.entries, (unsigned long long)size);
    }
    code = code ? code : fb_ledger_root(docket->ledger, claimed.entries, &root, err);
    if (code == FB_OK && (memcmp(root.bytes, claimed.root, sizeof(claimed.root)) != 0 ||
                             !fb_str_eq(claimed.origin, fb_ledger_origin(docket->ledger)))) {
        code = fb_err_set(err, FB_E_NEGATIVE, "it is about another ledger, or another history");
    }
    code = code ? code : prefix_of(docket, claimed.entries, &registry, err);
    if (code == FB_OK) {
        struct fb_govern_input input = {.registry = registry,
            .now = claimed.now,
            .as_of = claimed.as_of,
            .read_blob = read_blob,
            .blob_ctx = docket};
        code = check_instant(docket, registry, &claimed, err);
        code = code ? code : fb_docket_proof_check(&input, file, out, err);
    }
    fb_arena_release(&arena);
    return code;
}

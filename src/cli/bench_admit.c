#include "cli/bench_admit.h"

#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "record/registry.h"
#include "record/sshsig.h"

enum { FIRST = 3, COUNT_MAX = 1 << 14, SECONDS_MAX = 6 };

/* Signed entries: a party, its key, a system, then incidents. */
struct story {
    struct fb_arena arena;
    struct fb_sshkey_secret secret;
    struct fb_str *entries;
    size_t count;
};

/* One entry of the story from its statement. */
static enum fb_code sign(
    struct story *story, const char *kind, struct fb_str statement, struct fb_err *err)
{
    struct fb_buf signature, bytes;
    char scope[64];
    fb_buf_init(&signature, FB_SSHSIG_TEXT_MAX);
    fb_buf_init(&bytes, FB_ENTRY_MAX);
    (void)snprintf(scope, sizeof(scope), "flyball/%s", kind);
    enum fb_code code = statement.ptr
                            ? fb_sshsig_sign(&story->secret, scope, statement, &signature, err)
                            : fb_arena_failed(&story->arena, err);
    if (code == FB_OK) {
        struct fb_entry entry = {.statement = statement, .signature_count = 1};
        entry.signatures[0] = fb_buf_str(&signature);
        code = fb_entry_encode(&entry, &bytes, err);
    }
    if (code == FB_OK) {
        code = fb_arena_str(&story->arena, fb_buf_str(&bytes), &story->entries[story->count], err);
        story->count++;
    }
    fb_buf_release(&signature);
    fb_buf_release(&bytes);
    return code;
}

static enum fb_code sign_first(struct story *story, struct fb_err *err)
{
    char print[FB_SSHKEY_FINGERPRINT];
    struct fb_buf line;
    struct fb_arena *arena = &story->arena;
    fb_buf_init(&line, FB_SSHKEY_FILE_MAX);
    fb_sshkey_format(&story->secret.key, &line);
    fb_sshkey_fingerprint(&story->secret.key, print);
    enum fb_code code = sign(story, "party",
        fb_arena_printf(arena, "{\"at\":\"1970-01-01T00:00:00Z\",\"body\":{\"role\":\"regulator\","
                               "\"title\":\"P\"},\"id\":\"party/p\",\"issuer\":\"party/p\","
                               "\"kind\":\"party\"}"),
        err);
    if (code == FB_OK) {
        code = sign(story, "key",
            fb_arena_printf(arena,
                "{\"at\":\"1970-01-01T00:00:00Z\",\"body\":{\"fingerprint\":\"%s\",\"party\":"
                "\"party/p\",\"public_key\":\"%.*s\"},\"id\":\"key/p/%s\",\"issuer\":\"party/p\","
                "\"kind\":\"key\"}",
                print, FB_STR_ARG(fb_buf_str(&line)), print),
            err);
    }
    if (code == FB_OK) {
        code = sign(story, "system",
            fb_arena_printf(arena,
                "{\"at\":\"1970-01-01T00:00:00Z\",\"body\":{\"developer\":\"party/p\",\"title\":"
                "\"S\"},\"id\":\"system/s\",\"issuer\":\"party/p\",\"kind\":\"system\"}"),
            err);
    }
    fb_buf_release(&line);
    return code;
}

static enum fb_code story_init(struct story *story, size_t incidents, struct fb_err *err)
{
    uint8_t seed[32] = {9};
    memset(story, 0, sizeof(*story));
    fb_arena_init(&story->arena, (size_t)1 << 30);
    fb_sshkey_from_seed(seed, &story->secret);
    story->entries = fb_calloc(FIRST + incidents, sizeof(*story->entries));
    enum fb_code code =
        story->entries ? sign_first(story, err) : fb_err_set(err, FB_E_NOMEM, "memory ran out");
    for (size_t i = 0; code == FB_OK && i < incidents; i++) {
        code = sign(story, "incident",
            fb_arena_printf(&story->arena,
                "{\"at\":\"1970-01-01T00:00:00Z\",\"body\":{\"class\":\"serious_harm\",\"title\":"
                "\"an agent left its sandbox and kept its access for a while\"},\"id\":\"incident/"
                "%08zu\",\"issuer\":\"party/p\",\"kind\":\"incident\",\"subject\":\"system/s\"}",
                i),
            err);
    }
    return code;
}

static void story_release(struct story *story)
{
    fb_sshkey_wipe(&story->secret);
    fb_free(story->entries);
    fb_arena_release(&story->arena);
}

static enum fb_code admit_group(struct fb_registry *registry, struct fb_ledger *ledger,
    const struct fb_str *entries, size_t count, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        struct fb_prepared alone = {.is_ready = false};
        code = fb_entry_decode(entries[i], &alone.entry, err);
        if (code == FB_OK) {
            code = fb_registry_add(registry, fb_registry_count(registry), &alone, err);
        }
    }
    uint64_t first;
    struct fb_ledger_batch batch = {
        .entries = entries, .count = count, .expected_size = FB_LEDGER_ANY_SIZE};
    return code == FB_OK ? fb_ledger_append(ledger, &batch, &first, err) : code;
}

static enum fb_code bench_admit(const struct fb_bench_options *options, size_t group,
    struct fb_bench_result *out, struct fb_err *err)
{
    struct story story;
    struct fb_registry *registry = NULL;
    struct fb_ledger *ledger = NULL;
    size_t most = group == 1 ? 500 : COUNT_MAX;
    size_t count = options->entries < most ? (size_t)options->entries : most;
    enum fb_code code = story_init(&story, count, err);
    code = code == FB_OK ? fb_registry_new(&registry, err) : code;
    code = code == FB_OK ? fb_bench_open_new(options->folder, "ledger.db", &ledger, err) : code;
    code = code == FB_OK ? admit_group(registry, ledger, story.entries, FIRST, err) : code;
    struct fb_bench_mark mark = fb_bench_start();
    size_t done = 0;
    while (code == FB_OK && done < count && out->cost.wall_s < SECONDS_MAX) {
        size_t part = count - done < group ? count - done : group;
        code = admit_group(registry, ledger, story.entries + FIRST + done, part, err);
        done += part;
        fb_bench_stop(&mark, &out->cost);
        mark = fb_bench_start();
    }
    out->count = (double)done;
    out->metric = "records_per_s";
    fb_ledger_close(ledger);
    fb_registry_free(registry);
    story_release(&story);
    return code;
}

enum fb_code fb_bench_admit_1(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return bench_admit(options, 1, out, err);
}

enum fb_code fb_bench_admit_64(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return bench_admit(options, 64, out, err);
}

enum fb_code fb_bench_admit_256(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return bench_admit(options, 256, out, err);
}

enum fb_code fb_bench_admit_1024(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return bench_admit(options, 1024, out, err);
}

enum fb_code fb_bench_admit_4096(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return bench_admit(options, 4096, out, err);
}

enum fb_code fb_bench_signatures(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    struct story story;
    size_t count = options->entries < COUNT_MAX ? (size_t)options->entries : COUNT_MAX;
    enum fb_code code = story_init(&story, count, err);
    struct fb_bench_mark mark = fb_bench_start();
    for (size_t i = FIRST; code == FB_OK && i < story.count; i++) {
        struct fb_entry decoded;
        code = fb_entry_decode(story.entries[i], &decoded, err);
        if (code == FB_OK) {
            code = fb_sshsig_verify(
                decoded.signatures[0], "flyball/incident", decoded.statement, NULL, err);
        }
    }
    fb_bench_stop(&mark, &out->cost);
    out->count = (double)count;
    out->metric = "checks_per_s";
    story_release(&story);
    return code;
}

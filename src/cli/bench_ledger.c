/* bench_ledger.c: the ledger, in turns with SQLite alone and the disk alone, so that what else the
 * machine does slows both. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "cli/bench_admit.h"
#include "cli/bench_raw.h"

/* Bytes of a record; seconds after which a case takes no further turn; what one turn writes. */
enum { RECORD = 256, SECONDS_MAX = 8, TURN = 256, SAMPLES_MAX = 1 << 16, BUILD_GROUP = 65536 };
/* Of the file that is overwritten: more than one client writes in a case. */
enum { FILE_SIZE = 4096 * RECORD };

static const char log_name[] = "bench";

/* Records of one group, and what each commit took. */
struct load {
    char *bytes;
    struct fb_str *records;
    size_t group;
    int64_t *samples;
    size_t sample_count;
};

/* splitmix64 */
static uint64_t mix(uint64_t n)
{
    uint64_t z = n + 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

/* Fills a record with bytes that no compression and no cache can make less of. */
static void fill(char *record, uint64_t seed)
{
    for (size_t i = 0; i < RECORD; i += 8) {
        uint64_t word = mix(seed * RECORD + i);
        memcpy(record + i, &word, 8);
    }
}

static enum fb_code load_init(struct load *load, size_t group, struct fb_err *err)
{
    load->group = group;
    load->sample_count = 0;
    load->bytes = fb_alloc(group * RECORD);
    load->records = fb_calloc(group, sizeof(*load->records));
    load->samples = fb_calloc(SAMPLES_MAX, sizeof(*load->samples));
    if (!load->bytes || !load->records || !load->samples) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    for (size_t i = 0; i < group; i++) {
        load->records[i] = (struct fb_str){load->bytes + i * RECORD, RECORD};
        fill(load->bytes + i * RECORD, i);
    }
    return FB_OK;
}

static void load_release(struct load *load)
{
    fb_free(load->bytes);
    fb_free(load->records);
    fb_free(load->samples);
}

static void add_sample(struct load *load, int64_t from)
{
    if (load->sample_count < SAMPLES_MAX) {
        load->samples[load->sample_count++] = fb_clock_ticks_ns() - from;
    }
}

static enum fb_code path_in(
    const char *folder, const char *name, char out[FB_IO_PATH_MAX], struct fb_err *err)
{
    int len = snprintf(out, FB_IO_PATH_MAX, "%s/%s", folder, name);
    return len > 0 && len < FB_IO_PATH_MAX
               ? FB_OK
               : fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", folder);
}

void fb_bench_ledger_clean(const char *folder)
{
    static const char *const names[] = {"ledger.db", "raw.db", "read.db", "small.db"};
    char path[FB_IO_PATH_MAX];
    struct fb_err ignored;
    fb_err_init(&ignored);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (path_in(folder, names[i], path, &ignored) == FB_OK) {
            fb_store_remove_sqlite(path);
        }
    }
    (void)rmdir(folder);
}

enum fb_code fb_bench_open_new(
    const char *folder, const char *name, struct fb_ledger **out, struct fb_err *err)
{
    char path[FB_IO_PATH_MAX];
    uint8_t seed[32] = {7};
    struct fb_note_signer signer = {0};
    struct fb_ledger_options options = {.signer = &signer};
    enum fb_code code = fb_note_signer_from_seed(fb_str_of(log_name), seed, &signer, err);
    if (code == FB_OK && folder) {
        code = path_in(folder, name, path, err);
    }
    if (code == FB_OK && folder) {
        fb_store_remove_sqlite(path);
        code = fb_ledger_create(path, &options, err);
    }
    return code == FB_OK ? fb_ledger_open(folder ? path : NULL, &options, out, err) : code;
}

static enum fb_code append_group(
    struct fb_ledger *ledger, const struct load *load, struct fb_err *err)
{
    uint64_t first;
    struct fb_ledger_batch batch = {.entries = load->records,
        .count = load->group,
        .admitted = 0,
        .expected_size = FB_LEDGER_ANY_SIZE};
    return fb_ledger_append(ledger, &batch, &first, err);
}

/* A rival's turn: the same records in the same groups. */
typedef enum fb_code (*rival_turn)(
    void *rival, const struct load *load, size_t groups, struct fb_err *err);

static enum fb_code sqlite_turn(
    void *rival, const struct load *load, size_t groups, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < groups; i++) {
        code = fb_bench_raw_insert(rival, load->records, load->group, err);
    }
    return code;
}

static enum fb_code disk_turn(
    void *rival, const struct load *load, size_t groups, struct fb_err *err)
{
    FB_ASSERT(load->group == 1);
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < groups; i++) {
        code = fb_bench_file_commit(rival, load->records[0], err);
    }
    return code;
}

static enum fb_code our_turn(
    struct fb_ledger *ledger, struct load *load, size_t groups, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < groups; i++) {
        int64_t from = fb_clock_ticks_ns();
        code = append_group(ledger, load, err);
        add_sample(load, from);
    }
    return code;
}

/* Turns of both until enough is written or enough time went by; who begins changes each time. */
static enum fb_code race(struct fb_ledger *ledger, struct load *load, rival_turn turn, void *rival,
    struct fb_bench_result *out, struct fb_err *err)
{
    size_t groups = load->group < TURN ? (TURN / load->group < 16 ? TURN / load->group : 16) : 1;
    double wanted = out->count;
    enum fb_code code = FB_OK;
    out->count = 0;
    for (unsigned i = 0; code == FB_OK && out->count < wanted; i++) {
        for (unsigned k = 0; code == FB_OK && k < 2; k++) {
            bool is_ours = (i + k) % 2 == 0;
            struct fb_bench_mark mark = fb_bench_start();
            code = is_ours ? our_turn(ledger, load, groups, err) : turn(rival, load, groups, err);
            fb_bench_stop(&mark, is_ours ? &out->cost : &out->rival_cost);
        }
        out->count += (double)(groups * load->group);
        if (out->cost.wall_s + out->rival_cost.wall_s > SECONDS_MAX) {
            break;
        }
    }
    return code;
}

/* How much a case of a group size appends. */
static double amount_of(const struct fb_bench_options *options, size_t group)
{
    uint64_t most = group == 1 ? 2000 : group < 256 ? 20000 : 1 << 18;
    return (double)(most < options->entries ? most : options->entries);
}

/* Groups of a size, in turns with SQLite alone. */
static enum fb_code bench_append(const struct fb_bench_options *options, size_t group,
    struct fb_bench_result *out, struct fb_err *err)
{
    struct load load;
    struct fb_ledger *ledger = NULL;
    struct fb_bench_raw *raw = NULL;
    char path[FB_IO_PATH_MAX];
    enum fb_code code = load_init(&load, group, err);
    if (code == FB_OK) {
        code = fb_bench_open_new(options->folder, "ledger.db", &ledger, err);
    }
    if (code == FB_OK) {
        code = path_in(options->folder, "raw.db", path, err);
    }
    if (code == FB_OK) {
        fb_store_remove_sqlite(path);
        code = fb_bench_raw_new(path, &raw, err);
    }
    out->count = amount_of(options, group);
    if (code == FB_OK) {
        code = race(ledger, &load, sqlite_turn, raw, out, err);
    }
    out->metric = "entries_per_s";
    out->rival = "SQLite";
    fb_bench_summarise(load.samples, load.sample_count, out);
    fb_bench_raw_free(raw);
    fb_ledger_close(ledger);
    load_release(&load);
    return code;
}

static enum fb_code bench_append_1(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return bench_append(options, 1, out, err);
}

static enum fb_code bench_append_64(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return bench_append(options, 64, out, err);
}

static enum fb_code bench_append_256(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return bench_append(options, 256, out, err);
}

static enum fb_code bench_append_1024(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return bench_append(options, 1024, out, err);
}

static enum fb_code bench_append_4096(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return bench_append(options, 4096, out, err);
}

/* One client, one record at a time, in turns with a file that is synced after each record: one that
 * grows by it, or one that has its length already. */
static enum fb_code append_beside_disk(const struct fb_bench_options *options, bool grows,
    struct fb_bench_result *out, struct fb_err *err)
{
    struct load load;
    struct fb_ledger *ledger = NULL;
    struct fb_bench_file *file = NULL;
    char path[FB_IO_PATH_MAX];
    enum fb_code code = load_init(&load, 1, err);
    out->count = amount_of(options, 1);
    if (code == FB_OK) {
        code = fb_bench_open_new(options->folder, "ledger.db", &ledger, err);
    }
    if (code == FB_OK) {
        code = path_in(options->folder, "raw.db", path, err);
    }
    if (code == FB_OK) {
        fb_store_remove_sqlite(path);
        code = fb_bench_file_new(path, grows ? 0 : FILE_SIZE, &file, err);
    }
    if (code == FB_OK) {
        code = race(ledger, &load, disk_turn, file, out, err);
    }
    out->metric = "entries_per_s";
    out->rival = grows ? "disk" : "overwriting";
    fb_bench_summarise(load.samples, load.sample_count, out);
    fb_bench_file_free(file);
    fb_ledger_close(ledger);
    load_release(&load);
    return code;
}

static enum fb_code bench_append_disk(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return append_beside_disk(options, true, out, err);
}

static enum fb_code bench_append_overwriting(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return append_beside_disk(options, false, out, err);
}

static enum fb_code append_many(
    struct fb_ledger *ledger, const struct load *load, uint64_t count, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (uint64_t done = 0; code == FB_OK && done < count; done += load->group) {
        struct load part = *load;
        part.group = count - done < load->group ? (size_t)(count - done) : load->group;
        code = append_group(ledger, &part, err);
    }
    return code;
}

static enum fb_code bench_append_memory(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    struct load load;
    struct fb_ledger *ledger = NULL;
    enum fb_code code = load_init(&load, 4096, err);
    out->count = amount_of(options, 4096);
    if (code == FB_OK) {
        code = fb_bench_open_new(NULL, NULL, &ledger, err);
    }
    struct fb_bench_mark mark = fb_bench_start();
    if (code == FB_OK) {
        code = append_many(ledger, &load, (uint64_t)out->count, err);
    }
    fb_bench_stop(&mark, &out->cost);
    out->metric = "entries_per_s";
    fb_ledger_close(ledger);
    load_release(&load);
    return code;
}

/* The ledgers that are read: the one that the user wants, and one of a hundredth of its size, which
 * shows that memory does not grow with it. */
static const char *const read_names[2] = {"read.db", "small.db"};

static uint64_t read_size(const struct fb_bench_options *options, bool is_small)
{
    return is_small ? options->entries / 100 + 1 : options->entries;
}

/* Makes such a ledger; apart from what reads it, so that its memory is not theirs. */
static enum fb_code make_read(const struct fb_bench_options *options, bool is_small,
    struct fb_bench_result *out, struct fb_err *err)
{
    struct load load;
    struct fb_ledger *ledger = NULL;
    uint64_t size = read_size(options, is_small);
    enum fb_code code = load_init(&load, BUILD_GROUP, err);
    code = code == FB_OK ? fb_bench_open_new(options->folder, read_names[is_small], &ledger, err)
                         : code;
    struct fb_bench_mark mark = fb_bench_start();
    code = code == FB_OK ? append_many(ledger, &load, size, err) : code;
    fb_bench_stop(&mark, &out->cost);
    out->count = (double)size;
    out->metric = "entries_per_s";
    fb_ledger_close(ledger);
    load_release(&load);
    return code;
}

static enum fb_code bench_make(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return make_read(options, false, out, err);
}

static enum fb_code bench_make_small(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return make_read(options, true, out, err);
}

static enum fb_code open_read(const struct fb_bench_options *options, bool is_small,
    struct fb_ledger **out, struct fb_err *err)
{
    char path[FB_IO_PATH_MAX];
    struct fb_ledger_options reading = {.signer = NULL};
    struct fb_bench_result ignored = {.metric = ""};
    enum fb_code code = path_in(options->folder, read_names[is_small], path, err);
    /* Who wants this case alone did not have the ledger made by the one before. */
    if (code == FB_OK && !fb_io_exists(path)) {
        code = make_read(options, is_small, &ignored, err);
    }
    return code == FB_OK ? fb_ledger_open(path, &reading, out, err) : code;
}

/* Every leaf hash, tile and the checkpoint. */
static enum fb_code verify(const struct fb_bench_options *options, bool is_small,
    struct fb_bench_result *out, struct fb_err *err)
{
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_report report = {.size = 0};
    enum fb_code code = open_read(options, is_small, &ledger, err);
    struct fb_bench_mark mark = fb_bench_start();
    if (code == FB_OK) {
        code = fb_ledger_verify(ledger, NULL, NULL, &report, err);
    }
    fb_bench_stop(&mark, &out->cost);
    FB_ASSERT(code != FB_OK || report.size == read_size(options, is_small));
    out->count = (double)report.size;
    out->metric = "entries_per_s";
    fb_ledger_close(ledger);
    return code;
}

static enum fb_code bench_verify(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return verify(options, false, out, err);
}

static enum fb_code bench_verify_small(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return verify(options, true, out, err);
}

/* What is proved, at places and sizes that chance, seeded, picks. */
struct question {
    struct fb_ledger *ledger;
    uint64_t size;
    uint64_t index;
    struct fb_proof proof;
    bool is_growth; /* consistency, not inclusion */
};

static enum fb_code prove(struct question *q, struct fb_err *err)
{
    return q->is_growth
               ? fb_ledger_prove_consistency(q->ledger, q->index + 1, q->size, &q->proof, err)
               : fb_ledger_prove_inclusion(q->ledger, q->index, q->size, &q->proof, err);
}

/* What a proof is checked against, from the ledger. */
static enum fb_code claim_of(struct question *q, struct fb_inclusion *place,
    struct fb_consistency *growth, struct fb_err *err)
{
    struct fb_buf bytes;
    fb_ledger_entry entry;
    fb_buf_init(&bytes, FB_LEDGER_ENTRY_MAX);
    *place = (struct fb_inclusion){.index = q->index, .size = q->size};
    *growth = (struct fb_consistency){.old_size = q->index + 1, .new_size = q->size};
    enum fb_code code = fb_ledger_read(q->ledger, q->index, &entry, &bytes, err);
    if (code == FB_OK) {
        memcpy(place->leaf.bytes, entry.leaf_hash, sizeof(place->leaf.bytes));
        code = fb_ledger_root(q->ledger, q->size, &place->root, err);
    }
    if (code == FB_OK) {
        growth->new_root = place->root;
        code = fb_ledger_root(q->ledger, growth->old_size, &growth->old_root, err);
    }
    fb_buf_release(&bytes);
    return code;
}

/* Proofs, of growth when kind[0], or, when kind[1], their checks alone. */
static enum fb_code bench_proofs(const struct fb_bench_options *options, const bool kind[2],
    struct fb_bench_result *out, struct fb_err *err)
{
    enum { PROOFS = 20000 };
    uint64_t count = options->entries < PROOFS ? options->entries : PROOFS;
    struct load load;
    struct question q = {.size = options->entries, .is_growth = kind[0]};
    bool is_check = kind[1];
    enum fb_code code = load_init(&load, 1, err);
    code = code == FB_OK ? open_read(options, false, &q.ledger, err) : code;
    for (uint64_t i = 0; code == FB_OK && i < count; i++) {
        struct fb_inclusion place;
        struct fb_consistency growth;
        q.index = mix(i) % q.size;
        struct fb_bench_mark mark = fb_bench_start();
        code = prove(&q, err);
        if (code == FB_OK && is_check) {
            code = claim_of(&q, &place, &growth, err);
            mark = fb_bench_start();
        }
        if (code == FB_OK && is_check) {
            code = q.is_growth ? fb_merkle_verify_consistency(&growth, &q.proof, err)
                               : fb_merkle_verify_inclusion(&place, &q.proof, err);
        }
        add_sample(&load, mark.wall_ns);
        fb_bench_stop(&mark, &out->cost);
    }
    out->count = (double)count;
    out->metric = is_check ? "checks_per_s" : "proofs_per_s";
    fb_bench_summarise(load.samples, load.sample_count, out);
    fb_ledger_close(q.ledger);
    load_release(&load);
    return code;
}

static enum fb_code bench_prove(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return bench_proofs(options, (const bool[2]){false, false}, out, err);
}

static enum fb_code bench_check(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return bench_proofs(options, (const bool[2]){false, true}, out, err);
}

static enum fb_code bench_prove_growth(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return bench_proofs(options, (const bool[2]){true, false}, out, err);
}

static enum fb_code bench_check_growth(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    return bench_proofs(options, (const bool[2]){true, true}, out, err);
}

static const struct fb_bench_case cases[] = {
    {"ledger", "append-4096-memory", bench_append_memory},
    {"ledger", "append-1", bench_append_1},
    {"ledger", "append-64", bench_append_64},
    {"ledger", "append-256", bench_append_256},
    {"ledger", "append-1024", bench_append_1024},
    {"ledger", "append-4096", bench_append_4096},
    {"ledger", "append-1-disk", bench_append_disk},
    {"ledger", "append-1-overwriting", bench_append_overwriting},
    {"ledger", "admit-1", fb_bench_admit_1},
    {"ledger", "admit-64", fb_bench_admit_64},
    {"ledger", "admit-256", fb_bench_admit_256},
    {"ledger", "admit-1024", fb_bench_admit_1024},
    {"ledger", "admit-4096", fb_bench_admit_4096},
    {"ledger", "signatures", fb_bench_signatures},
    {"ledger", "make-small", bench_make_small},
    {"ledger", "verify-small", bench_verify_small},
    {"ledger", "make", bench_make},
    {"ledger", "verify", bench_verify},
    {"ledger", "prove-inclusion", bench_prove},
    {"ledger", "check-inclusion", bench_check},
    {"ledger", "prove-consistency", bench_prove_growth},
    {"ledger", "check-consistency", bench_check_growth},
};

const struct fb_bench_case *fb_bench_ledger_cases(size_t *out_count)
{
    FB_ASSERT(out_count);
    *out_count = sizeof(cases) / sizeof(cases[0]);
    return cases;
}

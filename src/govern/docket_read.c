#include "govern/docket_read.h"

#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/workers.h"

enum {
    PART = 64,      /* entries that one thread prepares at a time; fewer in all are not prepared */
    A_THREAD = 256, /* entries that are kept for each thread */
    BYTES_A_THREAD = 1 << 20, /* of these, where entries are long */
    SCRATCH_MAX = 1 << 28,    /* of what one thread prepares */
};

/* What one thread has to itself. */
struct own {
    struct fb_arena records;
    struct fb_arena scratch;
    char apart[128]; /* threads do not write to one line of the cache */
};

/* An entry that was visited, and what was made of it. */
struct item {
    fb_ledger_entry entry;
    struct fb_prepared prepared;
};

struct fb_docket_reader {
    struct fb_docket_reading how;
    size_t threads;
    struct own *own; /* by thread */
    struct item *items;
    size_t count;
    size_t most;
    struct fb_arena bytes; /* of the items */
    size_t byte_count;
    bool is_over; /* an entry was found wrong: none is taken after it */
};

enum fb_code fb_docket_decode(
    const fb_ledger_entry *entry, struct fb_entry *out, struct fb_err *err)
{
    FB_ASSERT(entry && out);
    enum fb_code code = fb_entry_decode(entry->bytes, out, err);
    if (code == FB_OK && out->admitted != entry->admitted) {
        code = fb_err_set(err, FB_E_CORRUPT, "its admission time is not the ledger's");
    }
    return code;
}

enum fb_code fb_docket_reader_new(
    const struct fb_docket_reading *how, struct fb_docket_reader **out, struct fb_err *err)
{
    FB_ASSERT(how && how->take && how->of && out);
    struct fb_docket_reader *reader = fb_calloc(1, sizeof(*reader));
    size_t threads = how->threads ? how->threads : fb_workers_here();
    size_t most = A_THREAD * threads;
    struct own *own = fb_calloc(threads, sizeof(*own));
    struct item *items = fb_calloc(most, sizeof(*items));
    if (!reader || !own || !items) {
        fb_free(items);
        fb_free(own);
        fb_free(reader);
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    for (size_t i = 0; i < threads; i++) {
        fb_arena_init(&own[i].records, (size_t)64 << 30);
        fb_arena_init(&own[i].scratch, SCRATCH_MAX);
    }
    *reader = (struct fb_docket_reader){
        .how = *how, .threads = threads, .own = own, .items = items, .most = most};
    fb_arena_init(&reader->bytes, threads * BYTES_A_THREAD + FB_ENTRY_MAX);
    *out = reader;
    return FB_OK;
}

/* Task: some entries. What cannot be read now is read when it is taken, which says what is wrong
 * with it. */
static enum fb_code prepare_part(void *ctx, size_t worker, size_t task, struct fb_err *err)
{
    struct fb_docket_reader *reader = ctx;
    struct own *own = &reader->own[worker];
    size_t end = (task + 1) * PART < reader->count ? (task + 1) * PART : reader->count;
    (void)err;
    for (size_t i = task * PART; i < end; i++) {
        struct item *item = &reader->items[i];
        struct fb_err ignored;
        struct fb_entry entry;
        fb_err_init(&ignored);
        if (fb_docket_decode(&item->entry, &entry, &ignored) == FB_OK) {
            bool verify = reader->how.verify && item->entry.seq >= reader->how.first;
            fb_registry_prepare(&entry, verify, &own->records, &own->scratch, &item->prepared);
        }
    }
    return FB_OK;
}

static enum fb_code take_all(struct fb_docket_reader *reader, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < reader->count; i++) {
        struct item *item = &reader->items[i];
        code = item->prepared.is_ready ? FB_OK
                                       : fb_docket_decode(&item->entry, &item->prepared.entry, err);
        if (code != FB_OK) {
            fb_err_prefix(err, "entry %llu%s", (unsigned long long)item->entry.seq, reader->how.of);
        } else {
            code = reader->how.take(reader->how.ctx, item->entry.seq, &item->prepared, err);
        }
    }
    return code;
}

/* Prepares and takes what was visited. */
static enum fb_code flush(struct fb_docket_reader *reader, struct fb_err *err)
{
    size_t tasks = reader->count > PART ? (reader->count + PART - 1) / PART : 0;
    enum fb_code code = fb_workers_run(reader->threads, tasks, prepare_part, reader, err);
    code = code ? code : take_all(reader, err);
    reader->is_over = code != FB_OK;
    reader->count = reader->byte_count = 0;
    /* Released and not cleared: so it takes the same memory as the last time. */
    fb_arena_release(&reader->bytes);
    for (size_t i = 0; i < reader->threads; i++) {
        fb_arena_release(&reader->own[i].scratch);
        if (!reader->how.registry) {
            fb_arena_release(&reader->own[i].records);
        }
    }
    return code;
}

enum fb_code fb_docket_reader_visit(void *ctx, const fb_ledger_entry *entry, struct fb_err *err)
{
    struct fb_docket_reader *reader = ctx;
    FB_ASSERT(reader && entry && reader->count < reader->most);
    struct item *item = &reader->items[reader->count];
    *item = (struct item){.entry = *entry};
    enum fb_code code = fb_arena_str(&reader->bytes, entry->bytes, &item->entry.bytes, err);
    reader->count += code == FB_OK ? 1 : 0;
    reader->byte_count += entry->bytes.len;
    bool full =
        reader->count == reader->most || reader->byte_count >= reader->threads * BYTES_A_THREAD;
    return code == FB_OK && full ? flush(reader, err) : code;
}

enum fb_code fb_docket_reader_end(
    struct fb_docket_reader *reader, enum fb_code code, struct fb_err *err)
{
    if (!reader) {
        return code;
    }
    struct fb_err earlier;
    fb_err_init(&earlier);
    enum fb_code rest = reader->is_over || reader->count == 0 ? FB_OK : flush(reader, &earlier);
    if (rest != FB_OK) {
        *err = earlier;
        code = rest;
    }
    for (size_t i = 0; i < reader->threads; i++) {
        if (reader->how.registry) {
            fb_registry_adopt(reader->how.registry, &reader->own[i].records);
        }
        fb_arena_release(&reader->own[i].records);
        fb_arena_release(&reader->own[i].scratch);
    }
    fb_arena_release(&reader->bytes);
    fb_free(reader->items);
    fb_free(reader->own);
    fb_free(reader);
    return code;
}

enum fb_code fb_docket_read(struct fb_ledger *ledger, const uint64_t range[2],
    const struct fb_docket_reading *how, struct fb_err *err)
{
    struct fb_docket_reader *reader = NULL;
    enum fb_code code = fb_docket_reader_new(how, &reader, err);
    if (code != FB_OK) {
        return code;
    }
    code = fb_ledger_scan(ledger, range, fb_docket_reader_visit, reader, err);
    return fb_docket_reader_end(reader, code, err);
}

#include "ledger/remote.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "ledger/note.h"
#include "ledger/tiles.h"

/* Entries as C2SP has them: two bytes of length before each. */
enum { ENTRY_MAX = 65535, BUNDLE_MAX = FB_TILE_WIDTH * (2 + ENTRY_MAX), ENTRIES = -1 };

/* Tiles and bundles that are asked for at once. */
enum { AHEAD = 4 };

/* A resource that was asked for before it was needed. It stays until others take its place, since
 * a tile is compared twice: with its entries and, when it is full, as the whole. */
struct ahead {
    char url[FB_IO_PATH_MAX];
    struct fb_exchange exchange;
    bool is_full;
};

struct fb_remote {
    const char *place;                    /* owned */
    char path[FB_IO_PATH_MAX];            /* what was read last: a file, or a URL */
    const struct fb_transport *transport; /* NULL: place is a folder */
    struct ahead *ahead;                  /* 2 * AHEAD, with a transport */
    uint64_t size;                        /* of the checkpoint that is verified */
    struct fb_tile_reader tiles;
    struct fb_buf bundle;
    struct fb_edge edge;
};

static void path_of(struct fb_remote *remote, const char *name)
{
    int len = snprintf(remote->path, sizeof(remote->path), "%s/%s", remote->place, name);
    FB_ASSERT(len > 0 && (size_t)len < sizeof(remote->path)); /* fb_remote_open left room */
}

/* What an answer to a GET means; the body is in it. */
static enum fb_code judge_answer(const struct fb_exchange *exchange, struct fb_err *err)
{
    if (exchange->code != FB_OK) {
        *err = exchange->err;
        return exchange->code;
    }
    if (exchange->status == 200) {
        return FB_OK;
    }
    bool is_absent = exchange->status == 404 || exchange->status == 410;
    fb_err_set(err, is_absent ? FB_E_NOT_FOUND : FB_E_IO, "could not get '%.300s': status %u",
        exchange->url, exchange->status);
    return err->code;
}

/* The answer that is there for remote->path already, or NULL. */
static struct ahead *find_ahead(struct fb_remote *remote)
{
    for (size_t i = 0; i < (size_t)2 * AHEAD; i++) {
        if (remote->ahead[i].is_full && strcmp(remote->ahead[i].url, remote->path) == 0) {
            return &remote->ahead[i];
        }
    }
    return NULL;
}

static enum fb_code read_url(struct fb_remote *remote, struct fb_buf *out, struct fb_err *err)
{
    struct ahead *ahead = find_ahead(remote);
    if (ahead) {
        enum fb_code code = judge_answer(&ahead->exchange, err);
        if (code == FB_OK) {
            fb_buf_add_str(out, fb_buf_str(&ahead->exchange.answer));
            code = fb_buf_check(out, "the answer", err);
        }
        return code;
    }
    struct fb_exchange exchange = {.url = remote->path, .code = FB_E_IO};
    fb_err_init(&exchange.err);
    fb_buf_init(&exchange.answer, out->max);
    remote->transport->perform(remote->transport->ctx, &exchange, 1);
    enum fb_code code = judge_answer(&exchange, err);
    if (code == FB_OK) {
        fb_buf_add_str(out, fb_buf_str(&exchange.answer));
        code = fb_buf_check(out, "the answer", err);
    }
    fb_buf_release(&exchange.answer);
    return code;
}

/* Reads a regular file: whoever made the folder may have put a pipe there, to be waited for. */
static enum fb_code read_file(const char *path, struct fb_buf *out, struct fb_err *err)
{
    struct fb_io_file file = {.fd = -1};
    size_t got = 0;
    char *room = NULL;
    enum fb_code code = fb_io_open(path, &file, err);
    if (code == FB_OK && file.size > out->max - out->len) {
        code = fb_err_set(err, FB_E_LIMIT, "the file is longer than %zu bytes", out->max);
    }
    if (code == FB_OK && file.size > 0) {
        room = fb_buf_room(out, (size_t)file.size);
        code =
            room ? fb_io_read_at(&file, 0, (struct fb_io_span){room, (size_t)file.size}, &got, err)
                 : fb_buf_check(out, "the file", err);
    }
    if (code == FB_OK && got > 0) {
        fb_buf_grown(out, got);
    }
    fb_io_close(&file);
    if (code != FB_OK) {
        fb_err_place(err, path, 0, 0, -1);
    }
    return code;
}

static enum fb_code read_path(struct fb_remote *remote, struct fb_buf *out, struct fb_err *err)
{
    return remote->transport ? read_url(remote, out, err) : read_file(remote->path, out, err);
}

/* The width of a tile or bundle in the tree of remote->size. */
static uint32_t width_of(const struct fb_remote *remote, int level, uint64_t index)
{
    uint64_t row = level < 0 ? remote->size : remote->size >> (FB_TILE_HEIGHT * level);
    FB_ASSERT(index <= row / FB_TILE_WIDTH);
    return index == row / FB_TILE_WIDTH ? (uint32_t)(row % FB_TILE_WIDTH) : FB_TILE_WIDTH;
}

/* Reads a tile or bundle at its width in the tree of remote->size; the partial one may have gone
 * when the full one came. */
static enum fb_code read_resource(struct fb_remote *remote, int level, uint64_t index,
    struct fb_buf *out, uint32_t *out_width, struct fb_err *err)
{
    char name[FB_TILE_PATH_MAX];
    uint32_t width = width_of(remote, level, index);
    FB_ASSERT(width > 0);
    path_of(remote, fb_tile_path(level, index, width, name));
    enum fb_code code = read_path(remote, out, err);
    if (code == FB_E_NOT_FOUND && width < FB_TILE_WIDTH) {
        width = FB_TILE_WIDTH;
        path_of(remote, fb_tile_path(level, index, width, name));
        code = read_path(remote, out, err);
    }
    if (code == FB_E_LIMIT) {
        code = fb_err_set(err, FB_E_CORRUPT, "'%s' is too long", remote->path);
    }
    *out_width = width;
    return code;
}

/* Asks at once for the bundles from index on, and the tiles of their hashes. */
static void read_ahead(struct fb_remote *remote, uint64_t index)
{
    struct fb_exchange exchanges[2 * AHEAD];
    size_t count = 0;
    for (uint64_t i = index; i < index + AHEAD && i * FB_TILE_WIDTH < remote->size; i++) {
        for (int level = ENTRIES; level <= 0; level++) {
            struct ahead *ahead = &remote->ahead[count];
            char name[FB_TILE_PATH_MAX];
            path_of(remote, fb_tile_path(level, i, width_of(remote, level, i), name));
            memcpy(ahead->url, remote->path, sizeof(ahead->url));
            fb_buf_clear(&ahead->exchange.answer);
            ahead->exchange.answer.max = level < 0 ? BUNDLE_MAX : FB_TILE_SIZE;
            ahead->exchange.url = ahead->url;
            ahead->exchange.code = FB_E_IO;
            ahead->is_full = true;
            fb_err_init(&ahead->exchange.err);
            exchanges[count++] = ahead->exchange;
        }
    }
    remote->transport->perform(remote->transport->ctx, exchanges, count);
    for (size_t i = 0; i < count; i++) {
        remote->ahead[i].exchange = exchanges[i];
    }
}

static enum fb_code get_tile(
    void *ctx, uint32_t level, uint64_t index, struct fb_buf *out, struct fb_err *err)
{
    struct fb_remote *remote = ctx;
    uint32_t width;
    enum fb_code code = read_resource(remote, (int)level, index, out, &width, err);
    if (code == FB_OK && out->len != (size_t)width * FB_HASH_SIZE) {
        code = fb_err_set(err, FB_E_CORRUPT, "the tile '%s' has %zu bytes, not %zu", remote->path,
            out->len, (size_t)width * FB_HASH_SIZE);
    }
    return code;
}

enum fb_code fb_remote_open(const char *place, const struct fb_transport *transport,
    struct fb_remote **out, struct fb_err *err)
{
    FB_ASSERT(place && out);
    size_t len = strlen(place);
    bool is_url = fb_url_is(place);
    while (is_url && len > 0 && place[len - 1] == '/') {
        len--;
    }
    if (len + 1 + FB_TILE_PATH_MAX > FB_IO_PATH_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", place);
    }
    if (is_url && !transport) {
        return fb_err_set(err, FB_E_UNSUPPORTED, "'%.300s' is a URL, not a folder", place);
    }
    struct fb_remote *remote = fb_calloc(1, sizeof(*remote));
    char *copy = fb_strndup(place, len);
    struct ahead *ahead = is_url ? fb_calloc((size_t)2 * AHEAD, sizeof(*ahead)) : NULL;
    if (!remote || !copy || (is_url && !ahead)) {
        fb_free(remote);
        fb_free(copy);
        fb_free(ahead);
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while opening the log '%s'", place);
    }
    remote->place = copy;
    remote->transport = is_url ? transport : NULL;
    remote->ahead = ahead;
    for (size_t i = 0; is_url && i < (size_t)2 * AHEAD; i++) {
        fb_buf_init(&ahead[i].exchange.answer, BUNDLE_MAX);
    }
    remote->tiles.get = get_tile;
    remote->tiles.ctx = remote;
    fb_buf_init(&remote->tiles.scratch, FB_TILE_SIZE);
    fb_buf_init(&remote->bundle, BUNDLE_MAX);
    *out = remote;
    return FB_OK;
}

void fb_remote_close(struct fb_remote *remote)
{
    if (remote) {
        for (size_t i = 0; remote->ahead && i < (size_t)2 * AHEAD; i++) {
            fb_buf_release(&remote->ahead[i].exchange.answer);
        }
        fb_free(remote->ahead);
        fb_buf_release(&remote->tiles.scratch);
        fb_buf_release(&remote->bundle);
        fb_free((void *)(uintptr_t)remote->place);
        fb_free(remote);
    }
}

enum fb_code fb_remote_checkpoint(struct fb_remote *remote, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(remote && out);
    struct fb_buf note;
    fb_buf_init(&note, FB_NOTE_MAX);
    path_of(remote, "checkpoint");
    enum fb_code code = read_path(remote, &note, err);
    if (code == FB_OK) {
        fb_buf_add_str(out, fb_buf_str(&note));
        code = fb_buf_check(out, "the checkpoint", err);
    } else if (code == FB_E_NOT_FOUND) {
        fb_err_hint(err, "Name the %s of a log, the one %s its 'checkpoint'.",
            remote->transport ? "address" : "folder",
            remote->transport ? "below which is" : "that has");
    }
    fb_buf_release(&note);
    return code;
}

/* Verification as it goes on. */
struct walk {
    struct fb_remote *remote;
    uint64_t next; /* the first entry that is not verified */
    fb_remote_visit visit;
    void *ctx;
};

/* Has the next bundle ready, and some after it. */
static void want(struct fb_remote *remote, uint64_t index)
{
    char name[FB_TILE_PATH_MAX];
    path_of(remote, fb_tile_path(ENTRIES, index, width_of(remote, ENTRIES, index), name));
    if (!find_ahead(remote)) {
        read_ahead(remote, index);
    }
}

/* Compares a tile that the entries give with the one that the log shows. */
static enum fb_code compare_tile(
    void *ctx, uint32_t level, uint64_t index, struct fb_str bytes, struct fb_err *err)
{
    struct walk *walk = ctx;
    struct fb_remote *remote = walk->remote;
    enum fb_code code = fb_tile_read(&remote->tiles, level, index, bytes.len / FB_HASH_SIZE, err);
    if (code == FB_OK && memcmp(remote->tiles.scratch.ptr, bytes.ptr, bytes.len) != 0) {
        code = fb_err_set(
            err, FB_E_CORRUPT, "the tile '%s' is not that of the entries below it", remote->path);
    }
    return code;
}

/* Takes one entry off the front of a bundle. */
static bool take_entry(struct fb_str *rest, struct fb_str *out)
{
    if (rest->len < 2) {
        return false;
    }
    size_t len = (size_t)((uint8_t)rest->ptr[0] << 8 | (uint8_t)rest->ptr[1]);
    *out = fb_str_sub(*rest, 2, len);
    *rest = fb_str_sub(*rest, 2 + len, SIZE_MAX);
    return out->len == len;
}

static enum fb_code bad_bundle(struct fb_remote *remote, uint64_t seq, struct fb_err *err)
{
    return fb_err_set(err, FB_E_CORRUPT, "the entries in '%s' are malformed at entry %" PRIu64,
        remote->path, seq);
}

static enum fb_code walk_entry(
    struct walk *walk, struct fb_str bytes, const struct fb_hash *expected, struct fb_err *err)
{
    struct fb_hash leaf = fb_merkle_leaf(bytes);
    if (!fb_hash_eq(&leaf, expected)) {
        return fb_err_set(err, FB_E_CORRUPT,
            "entry %" PRIu64 " in '%s' does not have its hash in the tree", walk->next,
            walk->remote->path);
    }
    enum fb_code code = walk->visit ? walk->visit(walk->ctx, walk->next, bytes, err) : FB_OK;
    if (code == FB_OK) {
        walk->next++;
        code = fb_edge_add(&walk->remote->edge, &leaf, compare_tile, walk, err);
    }
    return code;
}

/* Verifies the new entries of one bundle. */
static enum fb_code walk_bundle(struct walk *walk, struct fb_err *err)
{
    struct fb_remote *remote = walk->remote;
    uint64_t index = walk->next / FB_TILE_WIDTH, seq = index * FB_TILE_WIDTH;
    uint64_t end = remote->size - seq < FB_TILE_WIDTH ? remote->size : seq + FB_TILE_WIDTH;
    struct fb_hash hashes[FB_TILE_WIDTH];
    uint32_t width;
    if (remote->transport) {
        want(remote, index);
    }
    enum fb_code code = fb_tile_read(&remote->tiles, 0, index, (size_t)(end - seq), err);
    if (code != FB_OK) {
        return code;
    }
    memcpy(hashes, remote->tiles.scratch.ptr, (size_t)(end - seq) * FB_HASH_SIZE);
    fb_buf_clear(&remote->bundle);
    code = read_resource(remote, ENTRIES, index, &remote->bundle, &width, err);
    if (code == FB_E_NOT_FOUND) {
        code = fb_err_set(err, FB_E_CORRUPT, "the log lacks '%s'", remote->path);
    }
    struct fb_str rest = fb_buf_str(&remote->bundle), entry;
    /* A full bundle in a partial one's place has more entries than the checkpoint is for. */
    for (uint64_t first = seq; code == FB_OK && seq < first + width; seq++) {
        if (!take_entry(&rest, &entry)) {
            return bad_bundle(remote, seq, err);
        }
        if (seq == walk->next && seq < end) {
            code = walk_entry(walk, entry, &hashes[seq - first], err);
        }
    }
    return code == FB_OK && rest.len > 0 ? bad_bundle(remote, seq, err) : code;
}

/* Verifies from the edge, which has the first walk->next entries, up to the checkpoint. */
static enum fb_code walk_all(struct walk *walk, const struct fb_checkpoint *to, struct fb_err *err)
{
    struct fb_remote *remote = walk->remote;
    uint64_t old_size = walk->next;
    FB_ASSERT(remote->edge.size == old_size && remote->size == to->size);
    enum fb_code code = FB_OK;
    while (code == FB_OK && walk->next < to->size) {
        code = walk_bundle(walk, err);
    }
    if (code == FB_OK) {
        code = fb_edge_flush(&remote->edge, old_size, compare_tile, walk, err);
    }
    if (code != FB_OK) {
        return code;
    }
    struct fb_hash root = fb_edge_root(&remote->edge);
    if (!fb_hash_eq(&root, &to->root)) {
        code = fb_err_set(err, FB_E_CORRUPT,
            "the entries in '%s' do not have the root that the log signed", remote->place);
    }
    return code;
}

static enum fb_code contradict(const struct fb_checkpoint *from, const struct fb_checkpoint *to,
    const char *how, struct fb_err *err)
{
    fb_err_set(err, FB_E_FORK,
        "the log '%.*s' signed %" PRIu64 " entries before and %" PRIu64 " now, %s",
        FB_STR_ARG(to->origin), from->size, to->size, how);
    return fb_err_hint(err, "Keep both checkpoints and show them to others who follow this log.");
}

/* Loads the edge at from out of the tiles of to, and compares it with what was signed. */
static enum fb_code start(struct fb_remote *remote, const struct fb_checkpoint *from,
    const struct fb_checkpoint *to, struct fb_err *err)
{
    remote->edge.size = 0;
    if (!from) {
        return FB_OK;
    }
    if (to->size < from->size) {
        return contradict(from, to, "which is fewer", err);
    }
    if (to->size == from->size && !fb_hash_eq(&to->root, &from->root)) {
        return contradict(from, to, "but with another root", err);
    }
    enum fb_code code = fb_edge_load(&remote->tiles, from->size, &remote->edge, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_hash root = fb_edge_root(&remote->edge);
    if (fb_hash_eq(&root, &from->root)) {
        return FB_OK;
    }
    /* A damaged tile must not pass for a lie: whoever accuses has verified all of the later tree.
     */
    struct walk walk = {remote, 0, NULL, NULL};
    remote->edge.size = 0;
    code = walk_all(&walk, to, err);
    return code == FB_OK ? contradict(from, to, "which do not begin as those before did", err)
                         : code;
}

enum fb_code fb_remote_verify(struct fb_remote *remote, const struct fb_checkpoint *from,
    const struct fb_checkpoint *to, fb_remote_visit visit, void *ctx, struct fb_err *err)
{
    FB_ASSERT(remote && to);
    FB_ASSERT(to->size <= INT64_MAX);
    struct walk walk = {remote, from ? from->size : 0, visit, ctx};
    remote->size = to->size;
    enum fb_code code = start(remote, from, to, err);
    return code == FB_OK ? walk_all(&walk, to, err) : code;
}

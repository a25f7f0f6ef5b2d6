#include "ingest/archive.h"

#include <libdeflate.h>
#include <string.h>
#include <zip.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/map.h"
#include "ingest/ingest.h"

enum { PIECE = 64 * 1024, NAME_MAX_BYTES = 4096, METHOD_ZSTD = 93 };

/* The member that is open. */
struct member {
    zip_file_t *raw; /* its bytes as stored */
    zip_stat_t stat;
    uint64_t done; /* bytes given to the reader */
    uint32_t crc;
    ZSTD_inBuffer in; /* over archive->piece */
    bool is_raw_end;
    bool is_frame_end; /* zstd: no frame has begun that did not end */
};

struct fb_archive {
    const struct fb_input *input;
    uint64_t offset; /* of the source, as libzip moves it */
    zip_t *zip;
    size_t count;
    struct fb_map names; /* name to index + 1 */
    struct member member;
    struct fb_buf label;  /* file and member, for errors */
    struct fb_buf stored; /* deflate: the whole member before and after */
    struct fb_buf whole;
    struct libdeflate_decompressor *inflater;
    ZSTD_DStream *zstd;
    struct fb_err source_err; /* a read that failed under libzip */
    char piece[PIECE];
};

static const char out_of_memory[] = "memory ran out while reading an archive";

/* libzip's view of an input. libzip knows errors by number only, so ours is kept beside. */
static zip_int64_t source_read(struct fb_archive *a, void *data, zip_uint64_t len)
{
    size_t got = 0;
    size_t want = len < SSIZE_MAX ? (size_t)len : SSIZE_MAX;
    if (fb_input_read(a->input, a->offset, (struct fb_io_span){data, want}, &got, &a->source_err) !=
        FB_OK) {
        return -1;
    }
    a->offset += got;
    return (zip_int64_t)got;
}

static zip_int64_t source_seek(struct fb_archive *a, void *data, zip_uint64_t len)
{
    zip_error_t ignored;
    zip_error_init(&ignored);
    zip_int64_t to = zip_source_seek_compute_offset(a->offset, a->input->size, data, len, &ignored);
    zip_error_fini(&ignored);
    if (to < 0 || (uint64_t)to > a->input->size) {
        return -1;
    }
    a->offset = (uint64_t)to;
    return 0;
}

static zip_int64_t source_error(struct fb_archive *a, void *data, zip_uint64_t len)
{
    int numbers[2] = {a->source_err.code != FB_OK ? ZIP_ER_READ : ZIP_ER_SEEK, 0};
    if (len < sizeof(numbers)) {
        return -1;
    }
    memcpy(data, numbers, sizeof(numbers));
    return (zip_int64_t)sizeof(numbers);
}

static zip_int64_t source(void *ctx, void *data, zip_uint64_t len, zip_source_cmd_t command)
{
    struct fb_archive *a = ctx;
    FB_ASSERT(a);
    switch ((int)command) {
    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
            ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL,
            ZIP_SOURCE_SUPPORTS, -1);
    case ZIP_SOURCE_OPEN:
        a->offset = 0;
        return 0;
    case ZIP_SOURCE_READ:
        return source_read(a, data, len);
    case ZIP_SOURCE_SEEK:
        return source_seek(a, data, len);
    case ZIP_SOURCE_TELL:
        return (zip_int64_t)a->offset;
    case ZIP_SOURCE_STAT: {
        zip_stat_t *st = data;
        zip_stat_init(st);
        st->size = a->input->size;
        st->valid |= ZIP_STAT_SIZE;
        return (zip_int64_t)sizeof(*st);
    }
    case ZIP_SOURCE_ERROR:
        return source_error(a, data, len);
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:
        return 0;
    default:
        return -1;
    }
}

/* libzip sees two members of one name as well, unless it was built otherwise; it tells no name. */
static enum fb_code refuse_twice(const struct fb_archive *a, struct fb_str name, struct fb_err *err)
{
    fb_err_set(err, FB_E_DUPLICATE, "the archive '%s' has two members of one name%s%.*s",
        a->input->name, name.len > 0 ? ": " : "", FB_STR_ARG(fb_str_sub(name, 0, 200)));
    fb_err_hint(err, "Which of the two counts would be a guess; write the log anew.");
    fb_err_place(err, a->input->name, 0, 0, -1);
    return err->code;
}

/* Says why the directory could not be read. */
static enum fb_code refuse_archive(
    const struct fb_archive *a, zip_error_t *zip_err, struct fb_err *err)
{
    if (a->source_err.code != FB_OK) {
        *err = a->source_err;
        return err->code;
    }
    int number = zip_error_code_zip(zip_err);
    if (number == ZIP_ER_MEMORY) {
        return fb_err_set(err, FB_E_NOMEM, "%s", out_of_memory);
    }
    if (number == ZIP_ER_EXISTS) {
        return refuse_twice(a, (struct fb_str){NULL, 0}, err);
    }
    if (number == ZIP_ER_NOZIP) {
        fb_err_set(err, FB_E_SYNTAX,
            "'%s' is cut off: it begins as a ZIP archive and has no "
            "directory at its end",
            a->input->name);
        fb_err_hint(err, "Copy the log again from where it was written.");
        fb_err_place(err, a->input->name, 0, 0, (int64_t)a->input->size);
        return err->code;
    }
    fb_err_set(err, FB_E_SYNTAX, "the directory of the ZIP archive '%s' is damaged: %s",
        a->input->name, zip_error_strerror(zip_err));
    fb_err_hint(err, "Copy the log again from where it was written.");
    fb_err_place(err, a->input->name, 0, 0, -1);
    return err->code;
}

static enum fb_code open_directory(struct fb_archive *a, struct fb_err *err)
{
    zip_error_t zip_err;
    zip_error_init(&zip_err);
    enum fb_code code = FB_OK;
    zip_source_t *src = zip_source_function_create(source, a, &zip_err);
    if (src) {
        a->zip = zip_open_from_source(src, ZIP_RDONLY | ZIP_CHECKCONS, &zip_err);
    }
    if (!a->zip) {
        zip_source_free(src);
        code = refuse_archive(a, &zip_err, err);
    }
    zip_error_fini(&zip_err);
    return code;
}

/* True when a name stays inside the folder that an archive is unpacked into. */
static bool is_inside(struct fb_str name)
{
    if (name.len == 0 || name.len > NAME_MAX_BYTES || name.ptr[0] == '/') {
        return false;
    }
    size_t from = 0;
    while (from <= name.len) {
        size_t end = from; /* of a part; where a backslash parts them, that is one as well */
        while (end < name.len && name.ptr[end] != '/' && name.ptr[end] != '\\') {
            end++;
        }
        if (fb_str_is(fb_str_sub(name, from, end - from), "..")) {
            return false;
        }
        from = end + 1;
    }
    return fb_str_utf8(name, NULL);
}

static enum fb_code check_names(struct fb_archive *a, struct fb_err *err)
{
    zip_int64_t count = zip_get_num_entries(a->zip, 0);
    if (count < 0 || count > FB_ARCHIVE_MEMBERS_MAX) {
        fb_err_set(err, FB_E_LIMIT, "'%s' has more than %d members", a->input->name,
            FB_ARCHIVE_MEMBERS_MAX);
        fb_err_place(err, a->input->name, 0, 0, -1);
        return err->code;
    }
    a->count = (size_t)count;
    for (size_t i = 0; i < a->count; i++) {
        struct fb_str name = fb_archive_name(a, i);
        if (!is_inside(name)) {
            fb_err_set(err, FB_E_SYNTAX,
                "member %zu of '%s' has a name that leads out of the "
                "archive or is not UTF-8: '%.*s'",
                i, a->input->name, FB_STR_ARG(fb_str_sub(name, 0, 100)));
            fb_err_place(err, a->input->name, 0, 0, -1);
            return err->code;
        }
        if (fb_map_has(&a->names, name)) {
            return refuse_twice(a, name, err);
        }
        enum fb_code code = fb_map_put(&a->names, name, (void *)(uintptr_t)(i + 1), err);
        if (code != FB_OK) {
            return code;
        }
    }
    return FB_OK;
}

enum fb_code fb_archive_open(
    const struct fb_input *input, struct fb_archive **out, struct fb_err *err)
{
    FB_ASSERT(input && out);
    struct fb_archive *a = fb_calloc(1, sizeof(*a));
    if (!a) {
        return fb_err_set(err, FB_E_NOMEM, "%s", out_of_memory);
    }
    a->input = input;
    fb_err_init(&a->source_err);
    fb_map_init(&a->names);
    fb_buf_init(&a->label, 2 * NAME_MAX_BYTES);
    fb_buf_init(&a->stored, FB_ARCHIVE_WHOLE_MAX);
    fb_buf_init(&a->whole, FB_ARCHIVE_WHOLE_MAX);
    enum fb_code code = open_directory(a, err);
    if (code == FB_OK) {
        code = check_names(a, err);
    }
    if (code != FB_OK) {
        fb_archive_free(a);
        return code;
    }
    *out = a;
    return FB_OK;
}

static void close_member(struct fb_archive *a)
{
    if (a->member.raw) {
        (void)zip_fclose(a->member.raw);
    }
    a->member = (struct member){0};
}

void fb_archive_free(struct fb_archive *archive)
{
    if (!archive) {
        return;
    }
    close_member(archive);
    if (archive->zip) {
        zip_discard(archive->zip);
    }
    fb_map_release(&archive->names);
    fb_buf_release(&archive->label);
    fb_buf_release(&archive->stored);
    fb_buf_release(&archive->whole);
    libdeflate_free_decompressor(archive->inflater);
    (void)ZSTD_freeDStream(archive->zstd);
    fb_free(archive);
}

size_t fb_archive_count(const struct fb_archive *archive)
{
    return archive->count;
}

struct fb_str fb_archive_name(const struct fb_archive *archive, size_t index)
{
    FB_ASSERT(index < archive->count);
    return fb_str_of(zip_get_name(archive->zip, index, ZIP_FL_ENC_RAW));
}

const char *fb_archive_label(const struct fb_archive *archive)
{
    return archive->label.len > 0 ? archive->label.ptr : archive->input->name;
}

bool fb_archive_find(const struct fb_archive *archive, const char *name, size_t *out_index)
{
    uintptr_t found = (uintptr_t)fb_map_get(&archive->names, fb_str_of(name));
    if (found == 0) {
        return false;
    }
    *out_index = (size_t)(found - 1);
    return true;
}

/* Fills err for the open member and places it there. */
static enum fb_code refuse_member(
    const struct fb_archive *a, enum fb_code code, const char *why, struct fb_err *err)
{
    if (a->source_err.code != FB_OK) {
        *err = a->source_err;
        return err->code;
    }
    fb_err_set(err, code, "a member of the archive %s", why);
    if (code == FB_E_SYNTAX) {
        fb_err_hint(err, "Copy the log again from where it was written.");
    }
    fb_err_place(err, a->label.ptr, 0, 0, -1);
    return err->code;
}

/* True for a deflated member that is inflated by libzip, piece by piece. */
static bool is_streamed(const zip_stat_t *st)
{
    return st->comp_method == ZIP_CM_DEFLATE &&
           (st->size > FB_ARCHIVE_WHOLE_MAX || st->comp_size > FB_ARCHIVE_WHOLE_MAX);
}

/* Reads stored bytes of the open member; *got is 0 at their end. */
static enum fb_code read_stored(
    struct fb_archive *a, char *out, size_t size, size_t *got, struct fb_err *err)
{
    zip_int64_t n = zip_fread(a->member.raw, out, size);
    if (n < 0) {
        return refuse_member(a, FB_E_SYNTAX,
            is_streamed(&a->member.stat) ? "is damaged: its data, size or CRC-32 is wrong"
                                         : "is cut off",
            err);
    }
    *got = (size_t)n;
    return FB_OK;
}

/* Counts bytes that go to the reader; at the end compares size and CRC with the declared ones. */
static enum fb_code count_bytes(
    struct fb_archive *a, const char *bytes, size_t len, struct fb_err *err)
{
    struct member *m = &a->member;
    m->crc = libdeflate_crc32(m->crc, bytes, len);
    m->done += len;
    if (m->done > m->stat.size || (len == 0 && m->done < m->stat.size)) {
        return refuse_member(a, FB_E_SYNTAX, "has another size than it declares", err);
    }
    if (len == 0 && m->crc != m->stat.crc) {
        return refuse_member(a, FB_E_SYNTAX, "does not match its CRC-32", err);
    }
    return FB_OK;
}

static enum fb_code give_stored(void *ctx, char *out, size_t size, size_t *got, struct fb_err *err)
{
    struct fb_archive *a = ctx;
    size_t n = 0;
    enum fb_code code = read_stored(a, out, size, &n, err);
    if (code == FB_OK) {
        code = count_bytes(a, out, n, err);
    }
    if (code == FB_OK) {
        *got = n;
    }
    return code;
}

static enum fb_code give_zstd(void *ctx, char *out, size_t size, size_t *got, struct fb_err *err)
{
    struct fb_archive *a = ctx;
    struct member *m = &a->member;
    ZSTD_outBuffer to = {out, size, 0};
    while (to.pos == 0) {
        if (m->in.pos == m->in.size && !m->is_raw_end) {
            size_t n = 0;
            enum fb_code code = read_stored(a, a->piece, sizeof(a->piece), &n, err);
            if (code != FB_OK) {
                return code;
            }
            m->in = (ZSTD_inBuffer){a->piece, n, 0};
            m->is_raw_end = n == 0;
        }
        /* Also without new input: the decoder may hold back what had no room before. */
        size_t was = m->in.pos;
        size_t left = ZSTD_decompressStream(a->zstd, &to, &m->in);
        if (ZSTD_isError(left)) {
            return refuse_member(a, FB_E_SYNTAX, "is not valid zstd", err);
        }
        m->is_frame_end = left == 0 || (m->is_frame_end && m->in.pos == was);
        if (m->is_raw_end) {
            break;
        }
    }
    if (to.pos == 0 && !m->is_frame_end) {
        return refuse_member(a, FB_E_SYNTAX, "is cut off", err);
    }
    enum fb_code code = count_bytes(a, out, to.pos, err);
    if (code == FB_OK) {
        *got = to.pos;
    }
    return code;
}

/* Reads the whole open member, deflated, into archive->whole. */
static enum fb_code inflate_whole(struct fb_archive *a, struct fb_err *err)
{
    struct member *m = &a->member;
    fb_buf_clear(&a->stored);
    fb_buf_clear(&a->whole);
    char *in = fb_buf_room(&a->stored, (size_t)m->stat.comp_size);
    char *out = fb_buf_room(&a->whole, (size_t)m->stat.size);
    if (!a->inflater) {
        a->inflater = libdeflate_alloc_decompressor();
    }
    if (!in || !out || !a->inflater) {
        return refuse_member(a, FB_E_NOMEM, "could not be held: memory ran out", err);
    }
    size_t have = 0, got = 1;
    while (got > 0 && have < m->stat.comp_size) {
        enum fb_code code = read_stored(a, in + have, m->stat.comp_size - have, &got, err);
        if (code != FB_OK) {
            return code;
        }
        have += got;
    }
    size_t used = 0, made = 0;
    enum libdeflate_result result = libdeflate_deflate_decompress_ex(
        a->inflater, in, have, out, (size_t)m->stat.size, &used, &made);
    if (result == LIBDEFLATE_BAD_DATA) {
        return refuse_member(a, FB_E_SYNTAX, "is not valid deflate", err);
    }
    if (result != LIBDEFLATE_SUCCESS || used != m->stat.comp_size) {
        return refuse_member(a, FB_E_SYNTAX, "has another size than it declares", err);
    }
    enum fb_code code = count_bytes(a, out, made, err);
    if (code == FB_OK && made > 0) {
        code = count_bytes(a, out, 0, err);
    }
    fb_buf_grown(&a->whole, made);
    return code;
}

static enum fb_code check_member(struct fb_archive *a, struct fb_err *err)
{
    const zip_stat_t *st = &a->member.stat;
    zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_CRC |
                          ZIP_STAT_ENCRYPTION_METHOD;
    if ((st->valid & needed) != needed) {
        return refuse_member(a, FB_E_SYNTAX, "does not declare its size", err);
    }
    if (st->encryption_method != ZIP_EM_NONE) {
        return refuse_member(a, FB_E_UNSUPPORTED, "is encrypted", err);
    }
    if (st->size >= FB_INGEST_FILE_MAX || st->comp_size >= FB_INGEST_FILE_MAX) {
        return refuse_member(a, FB_E_LIMIT, "is too large to read", err);
    }
    if (st->size > FB_ARCHIVE_RATIO_FROM && st->size / FB_ARCHIVE_RATIO_MAX > st->comp_size) {
        return refuse_member(a, FB_E_LIMIT,
            "would grow more than a thousandfold: this is how an archive fills a disk", err);
    }
    return FB_OK;
}

static enum fb_code open_reader(
    struct fb_archive *a, struct fb_json_reader **out, struct fb_err *err)
{
    static const struct fb_json_options options = {.allow_nonfinite = true};
    enum fb_code code = FB_OK;
    switch (a->member.stat.comp_method) {
    case ZIP_CM_STORE:
        return fb_json_reader_new_stream(give_stored, a, a->label.ptr, &options, out, err);
    case ZIP_CM_DEFLATE:
        if (is_streamed(&a->member.stat)) {
            return fb_json_reader_new_stream(give_stored, a, a->label.ptr, &options, out, err);
        }
        code = inflate_whole(a, err);
        return code != FB_OK
                   ? code
                   : fb_json_reader_new(fb_buf_str(&a->whole), a->label.ptr, &options, out, err);
    case METHOD_ZSTD:
        a->zstd = a->zstd ? a->zstd : ZSTD_createDStream();
        if (!a->zstd || ZSTD_isError(ZSTD_initDStream(a->zstd))) {
            return refuse_member(a, FB_E_NOMEM, "could not be read: memory ran out", err);
        }
        a->member.is_frame_end = true;
        return fb_json_reader_new_stream(give_zstd, a, a->label.ptr, &options, out, err);
    default:
        return refuse_member(a, FB_E_UNSUPPORTED,
            "is compressed in a way that is not known here (known: stored, deflate, zstd)", err);
    }
}

enum fb_code fb_archive_json(
    struct fb_archive *archive, size_t index, struct fb_json_reader **out, struct fb_err *err)
{
    FB_ASSERT(index < archive->count && out);
    close_member(archive);
    struct member *m = &archive->member;
    fb_buf_clear(&archive->label);
    fb_buf_addf(&archive->label, "%s!%.*s", archive->input->name,
        FB_STR_ARG(fb_archive_name(archive, index)));
    enum fb_code code = fb_buf_check(&archive->label, "the name of a member", err);
    if (code != FB_OK) {
        return code;
    }
    if (zip_stat_index(archive->zip, index, 0, &m->stat) != 0) {
        return refuse_member(archive, FB_E_SYNTAX, "cannot be found", err);
    }
    code = check_member(archive, err);
    if (code != FB_OK) {
        return code;
    }
    m->raw = zip_fopen_index(archive->zip, index, is_streamed(&m->stat) ? 0 : ZIP_FL_COMPRESSED);
    if (!m->raw) {
        return refuse_member(archive, FB_E_SYNTAX, "is not where the directory says", err);
    }
    return open_reader(archive, out, err);
}

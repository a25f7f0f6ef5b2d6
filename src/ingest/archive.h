/*
 * archive.h: JSON members of a ZIP archive.
 *
 * libzip reads the directory and hands over members as they are stored; they are decompressed here
 * (method 0 stored, 8 deflate, 93 zstd in one or more frames), because Debian's libzip knows no
 * zstd and libdeflate is faster; only large deflated members libzip inflates, as a stream. What a
 * member declares (size, CRC-32) must be what it has. One member is open at a time.
 */
#ifndef FB_INGEST_ARCHIVE_H
#define FB_INGEST_ARCHIVE_H

#include "base/json.h"
#include "ingest/input.h"

/** Limits; each has a test. */
enum {
    FB_ARCHIVE_MEMBERS_MAX = 1 << 18, /**< members of an archive */
    FB_ARCHIVE_RATIO_MAX = 1000,      /**< declared size over stored size, beyond the next limit */
    FB_ARCHIVE_RATIO_FROM = 16 << 20, /**< bytes from which the ratio is looked at */
    FB_ARCHIVE_WHOLE_MAX = 32 << 20,  /**< bytes of a deflated member that is held whole; a larger
                                           one is read as a stream, at half the speed */
};

struct fb_archive;

/** Opens an archive and checks its directory: names must be unique, relative and without "..".
 * input is borrowed. E_SYNTAX for what is cut off or no archive, E_LIMIT, E_DUPLICATE. */
FB_CHECKED enum fb_code fb_archive_open(
    const struct fb_input *input, struct fb_archive **out, struct fb_err *err);

/** Frees an archive; NULL is allowed. No reader of it may be used afterwards. */
void fb_archive_free(struct fb_archive *archive);

/** The number of members. */
size_t fb_archive_count(const struct fb_archive *archive);

/** The name of a member; valid as long as the archive. */
struct fb_str fb_archive_name(const struct fb_archive *archive, size_t index);

/** The archive and the member that was opened last, for errors; valid until the next one. */
const char *fb_archive_label(const struct fb_archive *archive);

/** Finds a member by its name; false when there is none. */
bool fb_archive_find(const struct fb_archive *archive, const char *name, size_t *out_index);

/**
 * Opens a JSON reader (which allows NaN) on a member. The caller frees it before the next call and
 * before the archive. A member that is cut off, has another size or CRC than it declares, is
 * encrypted or in another method is E_SYNTAX, E_LIMIT or E_UNSUPPORTED, here or from the reader.
 */
FB_CHECKED enum fb_code fb_archive_json(
    struct fb_archive *archive, size_t index, struct fb_json_reader **out, struct fb_err *err);

#endif

#include "ledger/cosigned.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "base/io.h"

static const char dash[] = "\xE2\x80\x94 ";

static bool is_signature(struct fb_str line)
{
    return fb_str_starts(line, fb_str_of(dash));
}

/* Takes one note off the front: it ends before a line that follows signatures and is none. */
static struct fb_str take_note(struct fb_str *rest, uint32_t *lines)
{
    struct fb_str start = *rest, after = *rest, line;
    bool in_signatures = false;
    while (fb_str_line(&after, &line)) {
        if (in_signatures && !is_signature(line)) {
            break;
        }
        in_signatures = in_signatures || is_signature(line);
        *rest = after;
        (*lines)++;
    }
    return fb_str_sub(start, 0, start.len - rest->len);
}

static enum fb_code parse_note(struct fb_str note, uint64_t *out_size, struct fb_err *err)
{
    struct fb_str text, lines;
    struct fb_checkpoint checkpoint;
    if (note.len > FB_COSIGNED_NOTE_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "a cosigned checkpoint has more than %d bytes", FB_COSIGNED_NOTE_MAX);
    }
    enum fb_code code = fb_note_split(note, &text, &lines, err);
    if (code == FB_OK) {
        code = fb_checkpoint_parse(text, &checkpoint, err);
    }
    if (code == FB_OK) {
        *out_size = checkpoint.size;
    }
    return code;
}

enum fb_code fb_cosigned_parse(struct fb_str text, struct fb_cosigned *out, struct fb_err *err)
{
    FB_ASSERT(out);
    FB_ASSERT(text.ptr || text.len == 0);
    struct fb_cosigned found = {.count = 0};
    uint32_t lines = 0;
    while (text.len > 0) {
        uint32_t first = lines + 1;
        uint64_t size = 0;
        struct fb_str note = take_note(&text, &lines);
        enum fb_code code = parse_note(note, &size, err);
        if (code == FB_OK && found.count == FB_COSIGNED_MAX) {
            code =
                fb_err_set(err, FB_E_LIMIT, "there are more than %d checkpoints", FB_COSIGNED_MAX);
        } else if (code == FB_OK && found.count > 0 && size <= found.sizes[found.count - 1]) {
            code = fb_err_set(err, FB_E_SYNTAX, "the checkpoints are not in the order of sizes");
        }
        if (code != FB_OK) {
            fb_err_place(err, NULL, first, 0, -1);
            return code;
        }
        found.notes[found.count] = note;
        found.sizes[found.count++] = size;
    }
    *out = found;
    return FB_OK;
}

static enum fb_code check_one(struct fb_str note, struct fb_ledger *ledger, struct fb_err *err)
{
    struct fb_note_check check = {.verifiers = fb_ledger_verifier(ledger), .verifier_count = 1};
    struct fb_checkpoint checkpoint;
    struct fb_hash root;
    uint64_t size = 0;
    enum fb_code code = fb_note_verify(note, &check, err);
    if (code == FB_OK) {
        code = fb_checkpoint_parse(check.text, &checkpoint, err);
    }
    if (code == FB_OK && !fb_str_eq(checkpoint.origin, fb_ledger_origin(ledger))) {
        return fb_err_set(err, FB_E_SIGNATURE, "a cosigned checkpoint is that of '%.*s'",
            FB_STR_ARG(checkpoint.origin));
    }
    if (code == FB_OK) {
        code = fb_ledger_size(ledger, &size, err);
    }
    if (code == FB_OK && checkpoint.size > size) {
        fb_err_set(err, FB_E_FORK,
            "the ledger has %" PRIu64 " entries, but witnesses cosigned %" PRIu64, size,
            checkpoint.size);
        return fb_err_hint(err, "The ledger was set back: restore the newest copy of it.");
    }
    if (code == FB_OK) {
        code = fb_ledger_root(ledger, checkpoint.size, &root, err);
    }
    if (code == FB_OK && !fb_hash_eq(&root, &checkpoint.root)) {
        fb_err_set(err, FB_E_FORK,
            "the first %" PRIu64 " entries of the ledger are not those that witnesses cosigned",
            checkpoint.size);
        return fb_err_hint(err, "Keep both as evidence: the ledger was altered after signing.");
    }
    return code;
}

enum fb_code fb_cosigned_check(
    const struct fb_cosigned *kept, struct fb_ledger *ledger, struct fb_err *err)
{
    FB_ASSERT(kept && ledger);
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < kept->count; i++) {
        code = check_one(kept->notes[i], ledger, err);
    }
    return code;
}

enum fb_code fb_cosigned_read(const char *path, struct fb_ledger *ledger, struct fb_buf *source,
    struct fb_cosigned *out, struct fb_err *err)
{
    FB_ASSERT(path && ledger && source && out);
    struct fb_cosigned found = {.count = 0};
    enum fb_code code = FB_OK;
    if (fb_io_exists(path)) {
        code = fb_io_read(path, source, err);
        if (code == FB_OK) {
            code = fb_cosigned_parse(fb_buf_str(source), &found, err);
        }
        if (code == FB_E_SYNTAX || code == FB_E_UTF8 || code == FB_E_LIMIT) {
            fb_err_hint(err, "The file is only derived: move it away and ask the witnesses again.");
        }
        if (code == FB_OK) {
            code = fb_cosigned_check(&found, ledger, err);
        }
    }
    if (code != FB_OK) {
        fb_err_place(err, path, err->line, 0, -1);
        return code;
    }
    *out = found;
    return FB_OK;
}

/* Signature lines, one of each key: a later one takes the place of an earlier. */
struct lines {
    struct fb_str at[FB_NOTE_SIGNATURES_MAX];
    size_t count;
};

/* What names the key of a line: all but the signature. */
struct key {
    struct fb_str name;
    uint32_t id;
};

static enum fb_code key_of(struct fb_str line, struct key *out, struct fb_err *err)
{
    struct fb_buf bytes;
    struct fb_note_signature signature;
    fb_buf_init(&bytes, FB_NOTE_MAX);
    enum fb_code code = fb_note_signature_parse(line, &bytes, &signature, err);
    fb_buf_release(&bytes);
    if (code == FB_OK) {
        *out = (struct key){signature.name, signature.id};
    }
    return code;
}

/* The place of a key's line, or the count. */
static enum fb_code find_line(
    const struct lines *lines, const struct key *key, size_t *out, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (*out = 0; code == FB_OK && *out < lines->count; (*out)++) {
        struct key other = {.id = 0};
        code = key_of(lines->at[*out], &other, err);
        if (code == FB_OK && other.id == key->id && fb_str_eq(other.name, key->name)) {
            return FB_OK;
        }
    }
    return code;
}

static enum fb_code add_lines(struct lines *lines, struct fb_str text, struct fb_err *err)
{
    struct fb_str line;
    while (fb_str_line(&text, &line)) {
        struct key key = {.id = 0};
        size_t at = 0;
        enum fb_code code = key_of(line, &key, err);
        if (code == FB_OK) {
            code = find_line(lines, &key, &at, err);
        }
        if (code == FB_OK && at == FB_NOTE_SIGNATURES_MAX) {
            code = fb_err_set(err, FB_E_LIMIT, "a checkpoint has more than %d signatures",
                FB_NOTE_SIGNATURES_MAX);
        }
        if (code != FB_OK) {
            return code;
        }
        lines->at[at] = line;
        lines->count += at == lines->count;
    }
    return FB_OK;
}

/* True, in *out, when every key that signed one note also signed the lines. */
static enum fb_code is_covered(
    struct fb_str note, const struct lines *by, bool *out, struct fb_err *err)
{
    struct fb_str text, rest, line;
    *out = true;
    enum fb_code code = fb_note_split(note, &text, &rest, err);
    while (code == FB_OK && *out && fb_str_line(&rest, &line)) {
        struct key key = {.id = 0};
        size_t at = 0;
        code = key_of(line, &key, err);
        if (code == FB_OK) {
            code = find_line(by, &key, &at, err);
        }
        *out = at < by->count;
    }
    return code;
}

static size_t find_size(const struct fb_cosigned *kept, uint64_t size)
{
    size_t i = 0;
    while (i < kept->count && kept->sizes[i] != size) {
        i++;
    }
    return i;
}

/* The lines under a checkpoint: its own, and what is kept for its size. */
static enum fb_code all_lines(const struct fb_cosigned *kept, uint64_t size, struct fb_str own,
    struct lines *out, struct fb_err *err)
{
    struct fb_str text, lines;
    size_t at = find_size(kept, size);
    out->count = 0;
    enum fb_code code = add_lines(out, own, err);
    if (code == FB_OK && at < kept->count) {
        code = fb_note_split(kept->notes[at], &text, &lines, err);
        code = code == FB_OK ? add_lines(out, lines, err) : code;
    }
    return code;
}

static void write_note(struct fb_str text, const struct lines *lines, struct fb_buf *out)
{
    fb_buf_add_str(out, text);
    fb_buf_add_char(out, '\n');
    for (size_t i = 0; i < lines->count; i++) {
        fb_buf_add_str(out, lines->at[i]);
        fb_buf_add_char(out, '\n');
    }
}

/* Marks what stays beside a checkpoint of a size with these lines. */
static enum fb_code choose(const struct fb_cosigned *kept, uint64_t size, const struct lines *lines,
    bool stays[FB_COSIGNED_MAX], struct fb_err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < kept->count; i++) {
        bool is_old = false;
        if (kept->sizes[i] < size) {
            enum fb_code code = is_covered(kept->notes[i], lines, &is_old, err);
            if (code != FB_OK) {
                return code;
            }
        }
        stays[i] = kept->sizes[i] != size && !is_old;
        count += stays[i];
    }
    for (size_t i = 0; count >= FB_COSIGNED_MAX && i < kept->count; i++) {
        count -= stays[i];
        stays[i] = false;
    }
    return FB_OK;
}

enum fb_code fb_cosigned_add(const struct fb_cosigned *kept, struct fb_str note,
    struct fb_str lines, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(kept && out);
    struct fb_str text, own;
    struct lines all;
    uint64_t size = 0;
    bool stays[FB_COSIGNED_MAX];
    size_t start = out->len, i = 0;
    enum fb_code code = parse_note(note, &size, err);
    if (code == FB_OK) {
        code = fb_note_split(note, &text, &own, err);
    }
    if (code == FB_OK) {
        code = all_lines(kept, size, own, &all, err);
    }
    if (code == FB_OK) {
        code = add_lines(&all, lines, err);
    }
    if (code == FB_OK) {
        code = choose(kept, size, &all, stays, err);
    }
    if (code != FB_OK) {
        return code;
    }
    for (; i < kept->count && kept->sizes[i] < size; i++) {
        fb_buf_add_str(out, stays[i] ? kept->notes[i] : (struct fb_str){NULL, 0});
    }
    write_note(text, &all, out);
    for (; i < kept->count; i++) {
        fb_buf_add_str(out, stays[i] ? kept->notes[i] : (struct fb_str){NULL, 0});
    }
    code = fb_buf_check(out, "the cosigned checkpoints", err);
    if (code != FB_OK) {
        fb_buf_cut(out, start);
    }
    return code;
}

/* The ledger's checkpoint with what is kept for its size. */
static enum fb_code present(const struct fb_cosigned *kept, struct fb_ledger *ledger,
    struct fb_buf *out, struct fb_err *err)
{
    struct fb_buf note;
    struct fb_str text, own;
    struct lines all;
    uint64_t size = 0;
    fb_buf_init(&note, FB_NOTE_MAX);
    enum fb_code code = fb_ledger_checkpoint(ledger, &note, err);
    if (code == FB_OK) {
        code = parse_note(fb_buf_str(&note), &size, err);
    }
    if (code == FB_OK) {
        code = fb_note_split(fb_buf_str(&note), &text, &own, err);
    }
    if (code == FB_OK) {
        code = all_lines(kept, size, own, &all, err);
    }
    if (code == FB_OK) {
        write_note(text, &all, out);
        code = fb_buf_check(out, "the checkpoint", err);
    }
    fb_buf_release(&note);
    return code;
}

enum fb_code fb_cosigned_newest(const struct fb_cosigned *kept, struct fb_ledger *ledger,
    const struct fb_trust *trust, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(kept && ledger && trust && out);
    struct fb_trusted found;
    struct fb_err older;
    size_t start = out->len;
    enum fb_code code = present(kept, ledger, out, err);
    if (code == FB_OK) {
        code = fb_trust_check(trust, fb_str_sub(fb_buf_str(out), start, SIZE_MAX), &found, err);
    }
    fb_err_init(&older);
    for (size_t i = kept->count; code == FB_E_SIGNATURE && i > 0; i--) {
        if (fb_trust_check(trust, kept->notes[i - 1], &found, &older) == FB_OK) {
            fb_buf_cut(out, start);
            fb_buf_add_str(out, kept->notes[i - 1]);
            code = fb_buf_check(out, "the checkpoint", err);
        }
    }
    if (code != FB_OK) {
        fb_buf_cut(out, start < out->len ? start : out->len);
    }
    return code;
}

uint64_t fb_cosigned_size_by(const struct fb_cosigned *kept, const struct fb_note_verifier *key)
{
    FB_ASSERT(kept && key);
    struct fb_err ignored;
    struct key wanted = {fb_str_of(key->name), key->key_id};
    fb_err_init(&ignored);
    for (size_t i = kept->count; i > 0; i--) {
        struct lines lines = {.count = 0};
        struct fb_str text, own;
        size_t at = 0;
        if (fb_note_split(kept->notes[i - 1], &text, &own, &ignored) == FB_OK &&
            add_lines(&lines, own, &ignored) == FB_OK &&
            find_line(&lines, &wanted, &at, &ignored) == FB_OK && at < lines.count) {
            return kept->sizes[i - 1];
        }
    }
    return 0;
}

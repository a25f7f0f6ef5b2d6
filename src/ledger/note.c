#include "ledger/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/io.h"
#include "ledger/ed25519.h"
#include "ledger/sha256.h"

/* Key id and time stand before the signature; both are big-endian. */
enum { ID_SIZE = 4, TIME_SIZE = 8, COSIGNATURE_SIZE = TIME_SIZE + FB_ED25519_SIGNATURE };
/* Type and key; the text of either has 44 characters. */
enum { TYPED_KEY_SIZE = 1 + FB_ED25519_PUBLIC };
/* Bytes of the longest signature that another kind of key makes, as C2SP gives it. */
enum { SIGNATURE_MAX = 8 * 1024 };
/* Bytes of a note beyond its text: the empty line and one signature of ours. */
enum { ROOM = 512 };

static const char dash[] = "\xE2\x80\x94 ";
static const char private_mark[] = "PRIVATE+KEY+";

static uint64_t read_big_endian(const char *bytes, size_t len)
{
    FB_ASSERT(len <= 8);
    uint64_t n = 0;
    for (size_t i = 0; i < len; i++) {
        n = n << 8 | (uint8_t)bytes[i];
    }
    return n;
}

static void write_id(uint32_t id, char out[ID_SIZE])
{
    for (size_t i = 0; i < ID_SIZE; i++) {
        out[i] = (char)(id >> (24 - 8 * i));
    }
}

/* The white space of Unicode outside ASCII; text is valid UTF-8. */
static bool has_wide_space(struct fb_str text)
{
    static const char *const spaces[] = {"\xC2\x85", "\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\xA8",
        "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
    for (size_t i = 0; i < text.len; i++) {
        struct fb_str rest = fb_str_sub(text, i, SIZE_MAX);
        for (size_t k = 0; k < sizeof(spaces) / sizeof(spaces[0]); k++) {
            if (fb_str_starts(rest, fb_str_of(spaces[k]))) {
                return true;
            }
        }
        /* U+2000 to U+200A */
        if (fb_str_starts(rest, FB_STR("\xE2\x80")) && rest.len > 2 &&
            (uint8_t)rest.ptr[2] >= 0x80 && (uint8_t)rest.ptr[2] <= 0x8A) {
            return true;
        }
    }
    return false;
}

/* What the specification asks of the name of any key, also of one that we do not know. */
static bool is_name(struct fb_str name)
{
    if (name.len == 0 || !fb_str_utf8(name, NULL)) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = (uint8_t)name.ptr[i];
        if (c <= ' ' || c == '+') {
            return false;
        }
    }
    return !has_wide_space(name);
}

static bool is_name_of_ours(struct fb_str name)
{
    return is_name(name) && name.len <= FB_NOTE_NAME_MAX && fb_str_find(name, 0x7F, 0) == name.len;
}

static uint32_t key_id_of(const struct fb_note_verifier *verifier)
{
    FB_ASSERT(verifier->name[0]);
    char middle[2] = {'\n', (char)verifier->type};
    uint8_t digest[FB_SHA256_SIZE];
    struct fb_sha256 sha;
    fb_sha256_init(&sha);
    fb_sha256_add(&sha, fb_str_of(verifier->name));
    fb_sha256_add(&sha, (struct fb_str){middle, 2});
    fb_sha256_add(
        &sha, (struct fb_str){(const char *)verifier->public_key, sizeof(verifier->public_key)});
    fb_sha256_end(&sha, digest);
    return (uint32_t)read_big_endian((const char *)digest, ID_SIZE);
}

static enum fb_code make_signer(enum fb_note_type type, struct fb_str name, const uint8_t seed[32],
    struct fb_note_signer *out, struct fb_err *err)
{
    if (!is_name_of_ours(name)) {
        fb_err_set(err, FB_E_SYNTAX, "'%.*s' is no name of a key", FB_STR_ARG(name));
        return fb_err_hint(err,
            "Use up to %d bytes without spaces and plus signs, such as example.org/log.",
            FB_NOTE_NAME_MAX);
    }
    struct fb_note_signer signer = {.verifier = {.type = type}};
    memcpy(signer.verifier.name, name.ptr, name.len);
    fb_ed25519_from_seed(seed, signer.secret, signer.verifier.public_key);
    signer.verifier.key_id = key_id_of(&signer.verifier);
    *out = signer;
    fb_note_signer_wipe(&signer);
    return FB_OK;
}

enum fb_code fb_note_signer_from_seed(
    struct fb_str name, const uint8_t seed[32], struct fb_note_signer *out, struct fb_err *err)
{
    FB_ASSERT(seed && out);
    return make_signer(FB_NOTE_ED25519, name, seed, out, err);
}

enum fb_code fb_note_cosigner_from_seed(
    struct fb_str name, const uint8_t seed[32], struct fb_note_signer *out, struct fb_err *err)
{
    FB_ASSERT(seed && out);
    return make_signer(FB_NOTE_COSIGNATURE, name, seed, out, err);
}

static enum fb_code generate(
    enum fb_note_type type, struct fb_str name, struct fb_note_signer *out, struct fb_err *err)
{
    uint8_t seed[FB_ED25519_SEED];
    fb_random(seed, sizeof(seed));
    enum fb_code code = make_signer(type, name, seed, out, err);
    fb_wipe(seed, sizeof(seed));
    return code;
}

enum fb_code fb_note_signer_generate(
    struct fb_str name, struct fb_note_signer *out, struct fb_err *err)
{
    FB_ASSERT(out);
    return generate(FB_NOTE_ED25519, name, out, err);
}

enum fb_code fb_note_cosigner_generate(
    struct fb_str name, struct fb_note_signer *out, struct fb_err *err)
{
    FB_ASSERT(out);
    return generate(FB_NOTE_COSIGNATURE, name, out, err);
}

void fb_note_signer_wipe(struct fb_note_signer *signer)
{
    FB_ASSERT(signer);
    fb_wipe(signer->secret, sizeof(signer->secret));
}

static void add_key(
    const char *name, uint32_t id, const char typed_key[TYPED_KEY_SIZE], struct fb_buf *out)
{
    fb_buf_addf(out, "%s+%08" PRIx32 "+", name, id);
    fb_base64_encode((struct fb_str){typed_key, TYPED_KEY_SIZE}, out);
}

void fb_note_verifier_format(const struct fb_note_verifier *verifier, struct fb_buf *out)
{
    FB_ASSERT(verifier && out);
    char typed_key[TYPED_KEY_SIZE];
    typed_key[0] = (char)verifier->type;
    memcpy(typed_key + 1, verifier->public_key, FB_ED25519_PUBLIC);
    add_key(verifier->name, verifier->key_id, typed_key, out);
}

/* The three parts of "name+hex+base64"; the last may hold plus signs of its own. */
struct key_text {
    struct fb_str name;
    uint32_t id;
    char typed_key[TYPED_KEY_SIZE];
};

static bool split_key(struct fb_str text, struct key_text *out, struct fb_str *last)
{
    uint8_t id[ID_SIZE];
    size_t first = fb_str_find(text, '+', 0);
    size_t second = fb_str_find(text, '+', first + 1);
    out->name = fb_str_sub(text, 0, first);
    *last = fb_str_sub(text, second + 1, SIZE_MAX);
    if (second >= text.len || !is_name_of_ours(out->name) ||
        !fb_hex_decode(fb_str_sub(text, first + 1, second - first - 1), id, sizeof(id))) {
        return false;
    }
    out->id = (uint32_t)read_big_endian((const char *)id, ID_SIZE);
    return true;
}

static enum fb_code parse_key(struct fb_str text, struct key_text *out, struct fb_err *err)
{
    struct fb_str last;
    struct fb_buf bytes;
    fb_buf_init(&bytes, SIGNATURE_MAX);
    enum fb_code code = FB_OK;
    bool good = split_key(text, out, &last) && fb_base64_decode(last, &bytes);
    if (bytes.state == FB_BUF_NOMEM) {
        code = fb_buf_check(&bytes, "the key", err);
    } else if (!good || bytes.len == 0) {
        code = fb_err_set(err, FB_E_SYNTAX, "the key is not of the form name+hex+base64");
    } else if (bytes.ptr[0] != FB_NOTE_ED25519 && bytes.ptr[0] != FB_NOTE_COSIGNATURE) {
        code = fb_err_set(err, FB_E_UNSUPPORTED, "the key of '%.*s' is for signatures of type %d",
            FB_STR_ARG(out->name), (uint8_t)bytes.ptr[0]);
        fb_err_hint(err, "Use a key of type 1 (Ed25519) or 4 (Ed25519 cosignature).");
    } else if (bytes.len != TYPED_KEY_SIZE) {
        code = fb_err_set(
            err, FB_E_SYNTAX, "the key of '%.*s' has a wrong length", FB_STR_ARG(out->name));
    } else {
        memcpy(out->typed_key, bytes.ptr, TYPED_KEY_SIZE);
    }
    if (bytes.ptr) {
        fb_wipe(bytes.ptr, bytes.len);
    }
    fb_buf_release(&bytes);
    return code;
}

static enum fb_code id_differs(const struct key_text *key, uint32_t id, struct fb_err *err)
{
    return fb_err_set(err, FB_E_SYNTAX,
        "the key of '%.*s' has the id %08" PRIx32 ", but its text says %08" PRIx32,
        FB_STR_ARG(key->name), id, key->id);
}

enum fb_code fb_note_verifier_parse(
    struct fb_str text, struct fb_note_verifier *out, struct fb_err *err)
{
    FB_ASSERT(out);
    struct key_text key;
    enum fb_code code = parse_key(text, &key, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_note_verifier verifier = {.type = (enum fb_note_type)key.typed_key[0]};
    memcpy(verifier.name, key.name.ptr, key.name.len);
    memcpy(verifier.public_key, key.typed_key + 1, FB_ED25519_PUBLIC);
    verifier.key_id = key_id_of(&verifier);
    if (verifier.key_id != key.id) {
        return id_differs(&key, verifier.key_id, err);
    }
    *out = verifier;
    return FB_OK;
}

static enum fb_code parse_signer(
    struct fb_str text, enum fb_note_type type, struct fb_note_signer *out, struct fb_err *err)
{
    if (!fb_str_starts(text, fb_str_of(private_mark))) {
        return fb_err_set(err, FB_E_SYNTAX, "the file does not begin with %s", private_mark);
    }
    struct key_text key = {.id = 0};
    struct fb_note_signer signer;
    text = fb_str_sub(text, sizeof(private_mark) - 1, SIZE_MAX);
    enum fb_code code = parse_key(text, &key, err);
    if (code == FB_OK && (enum fb_note_type)key.typed_key[0] != type) {
        fb_err_set(err, FB_E_UNSUPPORTED, "the signing key is of type %d, not %d",
            (int)key.typed_key[0], (int)type);
        code = fb_err_hint(err, "A log's key is of type %d, a witness's of type %d.",
            (int)FB_NOTE_ED25519, (int)FB_NOTE_COSIGNATURE);
    }
    if (code == FB_OK) {
        code = make_signer(type, key.name, (const uint8_t *)key.typed_key + 1, &signer, err);
    }
    if (code == FB_OK && signer.verifier.key_id != key.id) {
        code = id_differs(&key, signer.verifier.key_id, err);
    } else if (code == FB_OK) {
        *out = signer;
    }
    fb_wipe(&key, sizeof(key));
    fb_wipe(&signer, sizeof(signer));
    return code;
}

enum fb_code fb_note_signer_read(
    const char *path, enum fb_note_type type, struct fb_note_signer *out, struct fb_err *err)
{
    FB_ASSERT(path && out);
    struct fb_buf text;
    fb_buf_init(&text, 1024);
    enum fb_code code = fb_io_read(path, &text, err);
    if (code == FB_OK) {
        code = parse_signer(fb_str_trim(fb_buf_str(&text)), type, out, err);
        if (code != FB_OK) {
            fb_err_place(err, path, 1, 0, -1);
        }
    }
    if (text.ptr) {
        fb_wipe(text.ptr, text.len);
    }
    fb_buf_release(&text);
    return code;
}

enum fb_code fb_note_signer_write(
    const struct fb_note_signer *signer, const char *path, struct fb_err *err)
{
    FB_ASSERT(signer && path);
    if (fb_io_exists(path)) {
        return fb_err_set(err, FB_E_DUPLICATE, "the file '%s' exists already", path);
    }
    struct fb_buf text;
    fb_buf_init(&text, 1024);
    /* At once, so that growing leaves no copy of the secret behind. */
    (void)fb_buf_room(&text, 1000);
    char typed_key[TYPED_KEY_SIZE];
    typed_key[0] = (char)signer->verifier.type;
    memcpy(typed_key + 1, signer->secret, FB_ED25519_SEED);
    fb_buf_add_c(&text, private_mark);
    add_key(signer->verifier.name, signer->verifier.key_id, typed_key, &text);
    fb_buf_add_char(&text, '\n');
    enum fb_code code = fb_buf_check(&text, "the signing key", err);
    if (code == FB_OK) {
        code = fb_io_write(path, fb_buf_str(&text), 0600, err);
    }
    fb_wipe(typed_key, sizeof(typed_key));
    if (text.ptr) {
        fb_wipe(text.ptr, text.len);
    }
    fb_buf_release(&text);
    return code;
}

/* Checks what the specification asks of every byte of a note. */
static enum fb_code check_characters(struct fb_str text, struct fb_err *err)
{
    size_t offset = 0;
    if (!fb_str_utf8(text, &offset)) {
        fb_err_set(err, FB_E_UTF8, "the note is not valid UTF-8");
        fb_err_place(err, NULL, 0, 0, (int64_t)offset);
        return err->code;
    }
    uint32_t line = 1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\n') {
            line++;
        } else if ((uint8_t)text.ptr[i] < ' ') {
            fb_err_set(err, FB_E_SYNTAX, "the note has a control character");
            fb_err_place(err, NULL, line, 0, (int64_t)i);
            return err->code;
        }
    }
    return FB_OK;
}

static void add_line(const struct fb_note_signer *signer, struct fb_str bytes, struct fb_buf *out)
{
    fb_buf_addf(out, "%s%s ", dash, signer->verifier.name);
    fb_base64_encode(bytes, out);
    fb_buf_add_char(out, '\n');
}

static void add_signature(
    const struct fb_note_signer *signer, struct fb_str text, struct fb_buf *out)
{
    char bytes[ID_SIZE + FB_ED25519_SIGNATURE];
    write_id(signer->verifier.key_id, bytes);
    fb_ed25519_sign(signer->secret, text, (uint8_t *)bytes + ID_SIZE);
    add_line(signer, (struct fb_str){bytes, sizeof(bytes)}, out);
}

/* What may be signed: the text of a note. */
static enum fb_code check_text(struct fb_str text, struct fb_err *err)
{
    if (text.len == 0 || text.ptr[text.len - 1] != '\n') {
        return fb_err_set(err, FB_E_SYNTAX, "the text of a note must end in a newline");
    }
    if (text.len > FB_NOTE_MAX - ROOM) {
        return fb_err_set(
            err, FB_E_LIMIT, "the text of a note has more than %d bytes", FB_NOTE_MAX - ROOM);
    }
    return check_characters(text, err);
}

enum fb_code fb_note_sign(
    struct fb_str text, const struct fb_note_signer *signer, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(signer && out);
    FB_ASSERT(signer->verifier.type == FB_NOTE_ED25519);
    enum fb_code code = check_text(text, err);
    if (code != FB_OK) {
        return code;
    }
    size_t start = out->len;
    fb_buf_add_str(out, text);
    fb_buf_add_char(out, '\n');
    add_signature(signer, text, out);
    code = fb_buf_check(out, "the note", err);
    if (code != FB_OK) {
        fb_buf_cut(out, start);
    }
    return code;
}

/* Appends what a cosigner signs. */
static void add_cosigned_message(struct fb_str text, uint64_t at_s, struct fb_buf *out)
{
    fb_buf_addf(out, "cosignature/v1\ntime %" PRIu64 "\n", at_s);
    fb_buf_add_str(out, text);
}

enum fb_code fb_note_cosign(struct fb_str text, const struct fb_note_signer *signer, fb_time at,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(signer && out);
    FB_ASSERT(signer->verifier.type == FB_NOTE_COSIGNATURE);
    char bytes[ID_SIZE + COSIGNATURE_SIZE];
    if (at < FB_SECOND) {
        fb_err_set(err, FB_E_RANGE, "a cosignature cannot be made before 1970");
        return fb_err_hint(err, "Check the clock of this machine.");
    }
    enum fb_code code = check_text(text, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_buf message;
    uint64_t at_s = (uint64_t)(at / FB_SECOND);
    fb_buf_init(&message, FB_NOTE_MAX + 100);
    add_cosigned_message(text, at_s, &message);
    code = fb_buf_check(&message, "the cosigned message", err);
    if (code == FB_OK) {
        write_id(signer->verifier.key_id, bytes);
        for (size_t i = 0; i < TIME_SIZE; i++) {
            bytes[ID_SIZE + i] = (char)(at_s >> (56 - 8 * i));
        }
        fb_ed25519_sign(
            signer->secret, fb_buf_str(&message), (uint8_t *)bytes + ID_SIZE + TIME_SIZE);
        size_t start = out->len;
        add_line(signer, (struct fb_str){bytes, sizeof(bytes)}, out);
        code = fb_buf_check(out, "the cosignature", err);
        if (code != FB_OK) {
            fb_buf_cut(out, start);
        }
    }
    fb_buf_release(&message);
    return code;
}

enum fb_code fb_note_signature_parse(
    struct fb_str line, struct fb_buf *bytes, struct fb_note_signature *out, struct fb_err *err)
{
    FB_ASSERT(bytes && out);
    fb_buf_clear(bytes);
    struct fb_str rest = fb_str_sub(line, sizeof(dash) - 1, SIZE_MAX);
    size_t space = fb_str_find(rest, ' ', 0);
    out->name = fb_str_sub(rest, 0, space);
    bool good = fb_str_starts(line, fb_str_of(dash)) && is_name(out->name) &&
                fb_base64_decode(fb_str_sub(rest, space + 1, SIZE_MAX), bytes);
    if (bytes->state != FB_BUF_GOOD) {
        return fb_buf_check(bytes, "a signature of the note", err);
    }
    if (!good || bytes->len <= ID_SIZE) {
        return fb_err_set(err, FB_E_SYNTAX, "the note has a malformed signature line");
    }
    out->id = (uint32_t)read_big_endian(bytes->ptr, ID_SIZE);
    out->bytes = fb_str_sub(fb_buf_str(bytes), ID_SIZE, SIZE_MAX);
    return FB_OK;
}

/* Says whether a cosignature of the text holds, and notes its time. */
static enum fb_code verify_cosignature(struct fb_note_check *check,
    const struct fb_note_verifier *key, struct fb_str signature, bool *out, struct fb_err *err)
{
    FB_ASSERT(key->type == FB_NOTE_COSIGNATURE);
    *out = false;
    uint64_t at =
        signature.len == COSIGNATURE_SIZE ? read_big_endian(signature.ptr, TIME_SIZE) : UINT64_MAX;
    if (at > INT64_MAX) {
        return FB_OK;
    }
    struct fb_buf message;
    fb_buf_init(&message, FB_NOTE_MAX + 100);
    add_cosigned_message(check->text, at, &message);
    enum fb_code code = fb_buf_check(&message, "the cosigned message", err);
    if (code == FB_OK) {
        *out = fb_ed25519_verify(
            key->public_key, fb_buf_str(&message), fb_str_sub(signature, TIME_SIZE, SIZE_MAX));
    }
    fb_buf_release(&message);
    if (*out && at > check->cosigned_at_s) {
        check->cosigned_at_s = at;
    }
    return code;
}

static enum fb_code verify_by(struct fb_note_check *check, const struct fb_note_verifier *key,
    struct fb_str signature, struct fb_err *err)
{
    bool good = false;
    enum fb_code code = FB_OK;
    if (key->type == FB_NOTE_ED25519) {
        good = fb_ed25519_verify(key->public_key, check->text, signature);
    } else {
        code = verify_cosignature(check, key, signature, &good, err);
    }
    if (code == FB_OK && !good) {
        code = fb_err_set(err, FB_E_SIGNATURE, "the signature of '%s' does not verify", key->name);
        fb_err_hint(err, "The note was altered after it was signed.");
    }
    return code;
}

/* The index of the key that made a signature, or verifier_count. */
static size_t find_key(const struct fb_note_check *check, const struct fb_note_signature *signature)
{
    for (size_t i = 0; i < check->verifier_count; i++) {
        const struct fb_note_verifier *key = &check->verifiers[i];
        if (key->key_id == signature->id && fb_str_is(signature->name, key->name)) {
            return i;
        }
    }
    return check->verifier_count;
}

enum fb_code fb_note_split(
    struct fb_str note, struct fb_str *text, struct fb_str *signatures, struct fb_err *err)
{
    FB_ASSERT(text && signatures);
    if (note.len > FB_NOTE_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "the note has more than %d bytes", FB_NOTE_MAX);
    }
    enum fb_code code = check_characters(note, err);
    if (code != FB_OK) {
        return code;
    }
    size_t end = note.len;
    while (end >= 2 && !(note.ptr[end - 1] == '\n' && note.ptr[end - 2] == '\n')) {
        end--;
    }
    if (end < 2 || end == note.len || note.ptr[note.len - 1] != '\n') {
        return fb_err_set(err, FB_E_SYNTAX, "the note is not text, an empty line and signatures");
    }
    *text = fb_str_sub(note, 0, end - 1);
    *signatures = fb_str_sub(note, end, SIZE_MAX);
    return FB_OK;
}

/* Verifies the lines one after the other; seen has a bit for each key that signed. */
static enum fb_code verify_lines(struct fb_note_check *check, struct fb_str lines,
    struct fb_buf *bytes, uint64_t *seen, struct fb_err *err)
{
    struct fb_str line;
    for (size_t count = 1; fb_str_line(&lines, &line); count++) {
        struct fb_note_signature signature = {0};
        if (count > FB_NOTE_SIGNATURES_MAX) {
            return fb_err_set(
                err, FB_E_LIMIT, "the note has more than %d signatures", FB_NOTE_SIGNATURES_MAX);
        }
        enum fb_code code = fb_note_signature_parse(line, bytes, &signature, err);
        if (code != FB_OK) {
            return code;
        }
        size_t i = find_key(check, &signature);
        if (i == check->verifier_count) {
            continue;
        }
        code = verify_by(check, &check->verifiers[i], signature.bytes, err);
        if (code != FB_OK) {
            return code;
        }
        *seen |= UINT64_C(1) << i;
    }
    return FB_OK;
}

enum fb_code fb_note_verify(struct fb_str note, struct fb_note_check *check, struct fb_err *err)
{
    FB_ASSERT(check && (check->verifiers || check->verifier_count == 0));
    FB_ASSERT(check->verifier_count <= FB_NOTE_SIGNATURES_MAX);
    struct fb_note_check found = *check;
    struct fb_str lines;
    enum fb_code code = fb_note_split(note, &found.text, &lines, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_buf bytes;
    uint64_t seen = 0;
    fb_buf_init(&bytes, SIGNATURE_MAX);
    found.cosigned_at_s = 0;
    code = verify_lines(&found, lines, &bytes, &seen, err);
    fb_buf_release(&bytes);
    if (code == FB_OK && seen == 0) {
        fb_err_set(err, FB_E_SIGNATURE, "the note has no signature of a key that is trusted");
        return fb_err_hint(err, "Give the verifier key of whoever signed it.");
    }
    if (code == FB_OK) {
        found.verified = seen;
        found.verified_count = (size_t)__builtin_popcountll(seen);
        *check = found;
    }
    return code;
}

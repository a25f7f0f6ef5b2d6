/* docket_sign.c: signatures beside files, and further ones for what several parties must sign. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "govern/docket_private.h"
#include "record/sshsig.h"

/* Signatures of one file at most: what an entry holds. */
enum { SIGNATURES_BYTES_MAX = FB_ENTRY_SIGNATURES_MAX * FB_SSHSIG_TEXT_MAX };

/* Reads the key that signs: a file's, or that of a party that the docket holds. */
static enum fb_code signing_key(struct fb_docket *docket, const struct fb_docket_sign *options,
    struct fb_sshkey_secret *out, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_str party;
    if (options->key_file) {
        return fb_sshkey_read_private(options->key_file, out, err);
    }
    fb_arena_init(&arena, 1 << 16);
    enum fb_code code = fb_docket_party_id(docket, options->signer, &arena, &party, err);
    if (code == FB_OK) {
        code = fb_docket_key(docket, party, out, err);
    }
    fb_arena_release(&arena);
    return code;
}

static const char *namespace_of(const struct fb_record *record, char out[64])
{
    (void)snprintf(out, 64, "flyball/%s", fb_kind_name(record->kind));
    return out;
}

/* The signatures that stand beside the file must be of what it holds now, and none by this key. */
static enum fb_code check_beside(struct fb_str beside, const struct fb_record *record,
    const struct fb_sshkey *key, struct fb_err *err)
{
    struct fb_str parts[FB_ENTRY_SIGNATURES_MAX];
    size_t count = 0;
    char space[64], print[FB_SSHKEY_FINGERPRINT];
    enum fb_code code = fb_sshsig_split(beside, parts, FB_ENTRY_SIGNATURES_MAX, &count, err);
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        struct fb_sshkey by;
        code = fb_sshsig_verify(parts[i], namespace_of(record, space), record->statement, &by, err);
        if (code != FB_OK) {
            fb_err_prefix(err, "signature %zu", i + 1);
            fb_err_hint(err, "The file changed after it was signed: remove the .sig, sign anew.");
        } else if (fb_sshkey_eq(&by, key)) {
            code = fb_err_set(err, FB_E_DUPLICATE, "the key %s has signed it already",
                fb_sshkey_fingerprint(key, print));
            fb_err_hint(err, "Sign with the key of another party.");
        }
    }
    if (code == FB_OK && count == FB_ENTRY_SIGNATURES_MAX) {
        code = fb_err_set(err, FB_E_LIMIT, "the file has %d signatures; no more are allowed",
            (int)FB_ENTRY_SIGNATURES_MAX);
    }
    return code;
}

/* A file that becomes a statement. */
struct paper {
    const char *path;
    const struct fb_buf *text;
    bool is_new; /* nobody signed it yet: it is made one for this docket only */
};

/* Makes the canonical statement of a draft. */
static enum fb_code complete(struct fb_docket *docket, const struct paper *paper,
    const struct fb_docket_sign *options, struct fb_buf *out, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_json *draft = NULL, at;
    struct fb_str issuer;
    char now[FB_TIME_TEXT];
    fb_arena_init(&arena, 1 << 24);
    enum fb_code code = fb_docket_party_id(docket, options->signer, &arena, &issuer, err);
    if (code == FB_OK) {
        code = fb_json_parse(fb_buf_str(paper->text), paper->path, NULL, &arena, &draft, err);
    }
    if (code == FB_OK && draft->kind == FB_JSON_OBJECT && !fb_json_get(draft, "at")) {
        at = (struct fb_json){.kind = FB_JSON_STRING,
            .key = FB_STR("at"),
            .text = fb_str_of(fb_time_format(fb_clock_now(&docket->clock), now)),
            .next = draft->child,
            .parent = draft};
        draft->child = &at;
        draft->count++;
    }
    if (code == FB_OK) {
        struct fb_record_fill fill = fb_docket_fill(docket, issuer);
        fill.docket = paper->is_new ? fill.docket : (struct fb_str){NULL, 0};
        code = fb_record_canonical(draft, fill, out, err);
    }
    fb_arena_release(&arena);
    return code;
}

/* Reads the statement of a file, which must be canonical unless it may be written anew. */
static enum fb_code read_statement(struct fb_docket *docket, const char *path,
    const struct fb_docket_sign *options, struct fb_buf *text, struct fb_err *err)
{
    struct fb_buf whole;
    struct paper paper = {.path = path, .text = text};
    fb_buf_init(&whole, FB_STATEMENT_MAX);
    enum fb_code code = fb_io_read(path, text, err);
    if (code == FB_OK) {
        code = complete(docket, &paper, options, &whole, err);
    }
    bool is_whole = code == FB_OK && fb_str_eq(fb_buf_str(text), fb_buf_str(&whole));
    if (code == FB_OK && !is_whole && !options->write) {
        fb_err_set(err, FB_E_SYNTAX, "the statement is not in canonical form (RFC 8785)");
        fb_err_hint(err, "`flyball sign --write` puts it into that form first, in its file.");
        fb_err_place(err, path, 0, 0, -1);
        code = FB_E_SYNTAX;
    }
    if (code == FB_OK && !is_whole) {
        fb_buf_clear(&whole);
        paper.is_new = true;
        code = complete(docket, &paper, options, &whole, err);
    }
    if (code == FB_OK && !is_whole) {
        code = fb_io_write(path, fb_buf_str(&whole), 0644, err);
    }
    if (code == FB_OK && !is_whole) {
        fb_buf_clear(text);
        fb_buf_add_str(text, fb_buf_str(&whole));
        code = fb_buf_check(text, "a statement", err);
    }
    fb_buf_release(&whole);
    return code;
}

enum fb_code fb_docket_sign_statement(struct fb_docket *docket, const struct fb_record *record,
    const struct fb_docket_sign *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(docket && record && options && out);
    struct fb_sshkey_secret secret;
    char space[64];
    memset(&secret, 0, sizeof(secret));
    enum fb_code code = signing_key(docket, options, &secret, err);
    if (code == FB_OK) {
        code = fb_sshsig_sign(&secret, namespace_of(record, space), record->statement, out, err);
    }
    fb_sshkey_wipe(&secret);
    return code;
}

/* What admission would say now of a statement with these signatures, for which more may come. */
static void foresee(struct fb_docket *docket, struct fb_str statement, const struct fb_str *parts,
    struct fb_docket_signed *out)
{
    struct fb_entry entry = {.admitted = fb_clock_now(&docket->clock),
        .statement = statement,
        .signature_count = out->count};
    memcpy(entry.signatures, parts, out->count * sizeof(*parts));
    fb_err_init(&out->refusal);
    (void)!fb_registry_foresee(docket->registry, &entry, &out->refusal);
}

enum fb_code fb_docket_sign_file(struct fb_docket *docket, const char *path,
    const struct fb_docket_sign *options, struct fb_docket_signed *out, struct fb_err *err)
{
    FB_ASSERT(docket && path && options && out);
    char beside_path[FB_DOCKET_PATH_MAX];
    struct fb_buf text, beside;
    struct fb_arena arena;
    struct fb_record record;
    struct fb_sshkey_secret secret;
    struct fb_str parts[FB_ENTRY_SIGNATURES_MAX + 1];
    int len = snprintf(beside_path, sizeof(beside_path), "%s.sig", path);
    if (len < 0 || (size_t)len >= sizeof(beside_path)) {
        return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", path);
    }
    fb_buf_init(&text, FB_STATEMENT_MAX);
    fb_buf_init(&beside, SIGNATURES_BYTES_MAX + FB_SSHSIG_TEXT_MAX);
    fb_arena_init(&arena, 1 << 24);
    memset(&secret, 0, sizeof(secret));
    enum fb_code code = read_statement(docket, path, options, &text, err);
    if (code == FB_OK) {
        code = fb_record_parse(fb_buf_str(&text), path, &arena, &record, err);
    }
    if (code == FB_OK) {
        code = signing_key(docket, options, &secret, err);
    }
    if (code == FB_OK && fb_io_exists(beside_path)) {
        code = fb_io_read(beside_path, &beside, err);
        if (code == FB_OK) {
            code = check_beside(fb_buf_str(&beside), &record, &secret.key, err);
        }
        if (code != FB_OK) {
            fb_err_place(err, beside_path, 0, 0, -1);
        }
    }
    char space[64];
    if (code == FB_OK) {
        code =
            fb_sshsig_sign(&secret, namespace_of(&record, space), record.statement, &beside, err);
    }
    if (code == FB_OK) {
        code =
            fb_sshsig_split(fb_buf_str(&beside), parts, FB_ENTRY_SIGNATURES_MAX, &out->count, err);
    }
    if (code == FB_OK) {
        foresee(docket, record.statement, parts, out);
        code = out->refusal.code == FB_E_MISMATCH && record.docket.len &&
                       !fb_str_eq(record.docket, fb_ledger_origin(docket->ledger))
                   ? (*err = out->refusal).code
                   : FB_OK;
    }
    if (code == FB_OK) {
        code = fb_io_write(beside_path, fb_buf_str(&beside), 0644, err);
    }
    fb_sshkey_wipe(&secret);
    fb_arena_release(&arena);
    fb_buf_release(&beside);
    fb_buf_release(&text);
    return code;
}

enum fb_code fb_docket_self(
    struct fb_docket *docket, struct fb_arena *arena, struct fb_str *out, struct fb_err *err)
{
    FB_ASSERT(docket && arena && out);
    return fb_docket_party_id(docket, (struct fb_str){NULL, 0}, arena, out, err);
}

enum fb_code fb_docket_sign_text(struct fb_docket *docket, const char *namespace_text,
    struct fb_str text, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(docket && namespace_text && out);
    struct fb_sshkey_secret secret;
    struct fb_arena arena;
    struct fb_str party;
    fb_arena_init(&arena, 1 << 16);
    enum fb_code code = fb_docket_self(docket, &arena, &party, err);
    if (code == FB_OK) {
        code = fb_docket_key(docket, party, &secret, err);
        if (code == FB_OK) {
            code = fb_sshsig_sign(&secret, namespace_text, text, out, err);
        }
        fb_sshkey_wipe(&secret);
    }
    fb_arena_release(&arena);
    return code;
}

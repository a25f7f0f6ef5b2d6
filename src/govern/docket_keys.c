/* docket_keys.c: declaring, replacing and revoking the keys of parties. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "govern/docket_private.h"

/* Who issues a change: who was named, the party itself where the docket can sign for it, or who
 * keeps the docket. */
static enum fb_code issuer_of(struct fb_docket *docket, const struct fb_docket_key_change *change,
    struct fb_str party, struct fb_arena *arena, struct fb_str *out, struct fb_err *err)
{
    struct fb_sshkey_secret secret;
    struct fb_err ignored;
    fb_err_init(&ignored);
    if (!change->issuer.len && fb_docket_key(docket, party, &secret, &ignored) == FB_OK) {
        fb_sshkey_wipe(&secret);
        *out = party;
        return FB_OK;
    }
    return fb_docket_party_id(docket, change->issuer, arena, out, err);
}

/* An id that is free: "key/NAME/FINGERPRINT", and with an ending for later records of the key. */
static struct fb_str free_id(const struct fb_docket *docket, struct fb_str party,
    const char *fingerprint, const char *ending, struct fb_arena *arena)
{
    struct fb_str name = fb_str_sub(party, 6, FB_ID_MAX);
    struct fb_str id = fb_arena_printf(
        arena, "key/%.*s/%s%s%s", FB_STR_ARG(name), fingerprint, ending[0] ? "/" : "", ending);
    for (int n = 2; id.ptr && fb_registry_find(docket->registry, id); n++) {
        id = fb_arena_printf(arena, "key/%.*s/%s/%s%s%d", FB_STR_ARG(name), fingerprint, ending,
            ending[0] ? "-" : "", n);
    }
    return id;
}

static void key_time(struct fb_json_writer *w, const char *name, fb_time t)
{
    char text[FB_TIME_TEXT];
    if (t != FB_TIME_MIN && t != FB_TIME_MAX) {
        fb_json_key_c(w, name, fb_time_format(t, text));
    }
}

/* Writes the draft of a key's record. */
static void write_draft(const struct fb_docket *docket, const struct fb_docket_key_change *change,
    struct fb_str party, struct fb_str id, struct fb_buf *out)
{
    const struct fb_record *older = fb_registry_find(docket->registry, change->supersedes);
    for (const struct fb_record *next = older; next;) {
        older = next;
        next = fb_registry_successor(docket->registry, next);
    }
    char fingerprint[FB_SSHKEY_FINGERPRINT];
    struct fb_buf line;
    struct fb_json_writer w;
    fb_buf_init(&line, FB_STATEMENT_MAX);
    fb_sshkey_format(change->key, &line);
    fb_json_writer_init(&w, out, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "kind", "key");
    fb_json_key_str(&w, "id", id);
    if (change->supersedes.len) {
        fb_json_key_str(&w, "supersedes", older ? older->id : change->supersedes);
    }
    key_time(&w, "at", fb_clock_now(&docket->clock));
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    fb_json_key_str(&w, "party", party);
    fb_json_key_str(&w, "public_key", fb_buf_str(&line));
    fb_json_key_c(&w, "fingerprint", fb_sshkey_fingerprint(change->key, fingerprint));
    key_time(&w, "valid_from", change->valid_from);
    key_time(&w, "valid_until", change->valid_until);
    key_time(&w, "revoked", change->revoked);
    if (change->reason.len) {
        fb_json_key_str(&w, "reason", change->reason);
    }
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    fb_buf_release(&line);
}

enum fb_code fb_docket_change_key(struct fb_docket *docket,
    const struct fb_docket_key_change *change, struct fb_docket_added *out, struct fb_err *err)
{
    FB_ASSERT(docket && change && change->key && out);
    char fingerprint[FB_SSHKEY_FINGERPRINT];
    struct fb_arena arena;
    struct fb_buf draft, statement;
    struct fb_str party, issuer = {NULL, 0}, id = {NULL, 0};
    fb_arena_init(&arena, 1 << 20);
    fb_buf_init(&draft, FB_STATEMENT_MAX);
    fb_buf_init(&statement, FB_STATEMENT_MAX);
    enum fb_code code = fb_docket_party_id(docket, change->party, &arena, &party, err);
    if (code == FB_OK) {
        code = issuer_of(docket, change, party, &arena, &issuer, err);
    }
    if (code == FB_OK) {
        const char *ending = change->revoked != FB_TIME_MAX ? "revoked" : "";
        id =
            free_id(docket, party, fb_sshkey_fingerprint(change->key, fingerprint), ending, &arena);
        code = id.ptr ? FB_OK : fb_arena_failed(&arena, err);
    }
    if (code == FB_OK) {
        write_draft(docket, change, party, id, &draft);
        code = fb_docket_canonical(docket, &draft, issuer, &statement, err);
    }
    if (code == FB_OK) {
        struct fb_filing filing = {
            .statement = fb_buf_str(&statement), .kind = FB_STR("key"), .issuer = issuer};
        code = fb_docket_file(docket, &filing, 1, out, err);
    }
    fb_buf_release(&statement);
    fb_buf_release(&draft);
    fb_arena_release(&arena);
    return code;
}

/* The record of the key that a party signs with in this docket. */
static const struct fb_record *record_of_key(
    const struct fb_docket *docket, const struct fb_sshkey *key)
{
    char fingerprint[FB_SSHKEY_FINGERPRINT];
    fb_sshkey_fingerprint(key, fingerprint);
    for (size_t i = fb_registry_count(docket->registry); i-- > 0;) {
        const struct fb_record *record = fb_registry_at(docket->registry, i);
        if (record->kind == FB_KIND_key && !fb_registry_key_of(docket->registry, record).newer &&
            fb_str_is(fb_record_text(record, "fingerprint"), fingerprint)) {
            return record;
        }
    }
    return NULL;
}

/* Puts the new key in the old one's place, which is kept as "NAME~1", "NAME~2" and so on: no
 * party's key has such a name. */
static enum fb_code swap_files(const char *path, const char *fresh, struct fb_err *err)
{
    static const char *const endings[] = {"", ".pub"};
    char from[FB_DOCKET_PATH_MAX + 32], to[FB_DOCKET_PATH_MAX + 32];
    int n = 0;
    do {
        (void)snprintf(to, sizeof(to), "%s~%d", path, ++n);
    } while (fb_io_exists(to));
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < 2; i++) {
        (void)snprintf(from, sizeof(from), "%s%s", path, endings[i]);
        (void)snprintf(to, sizeof(to), "%s~%d%s", path, n, endings[i]);
        code = fb_io_exists(from) ? fb_io_place(from, to, err) : FB_OK;
        (void)snprintf(to, sizeof(to), "%s%s", fresh, endings[i]);
        if (code == FB_OK) {
            code = fb_io_place(to, from, err);
        }
    }
    if (code != FB_OK) {
        fb_err_hint(err, "The change is filed: put the new key '%s' in place of '%s' by hand.",
            fresh, path);
    }
    return code;
}

enum fb_code fb_docket_rotate_key(
    struct fb_docket *docket, struct fb_str name, struct fb_docket_added *out, struct fb_err *err)
{
    FB_ASSERT(docket && out);
    char path[FB_DOCKET_PATH_MAX], fresh[FB_DOCKET_PATH_MAX + 8], comment[FB_ID_MAX + 1];
    struct fb_sshkey_secret old, secret;
    struct fb_arena arena;
    struct fb_str party;
    memset(&old, 0, sizeof(old));
    memset(&secret, 0, sizeof(secret));
    fb_arena_init(&arena, 1 << 16);
    enum fb_code code = fb_docket_party_id(docket, name, &arena, &party, err);
    if (code == FB_OK) {
        code = fb_docket_key(docket, party, &old, err);
    }
    if (code == FB_OK) {
        code = fb_docket_key_path(docket->path, party, path, err);
    }
    const struct fb_record *record = code == FB_OK ? record_of_key(docket, &old.key) : NULL;
    if (code == FB_OK && !record) {
        code = fb_err_set(err, FB_E_NOT_FOUND, "no record that holds declares the key '%s'", path);
        fb_err_hint(err, "Run `flyball key list`.");
    }
    bool wrote = false;
    if (code == FB_OK) {
        (void)snprintf(fresh, sizeof(fresh), "%s~new", path);
        (void)snprintf(comment, sizeof(comment), "%.*s", FB_STR_ARG(party));
        fb_sshkey_generate(&secret);
        code = fb_sshkey_write(&secret, fresh, comment, err);
        wrote = code == FB_OK;
    }
    if (code == FB_OK) {
        struct fb_docket_key_change change = FB_DOCKET_KEY_CHANGE;
        change.party = change.issuer = party;
        change.key = &secret.key;
        change.supersedes = record->id;
        code = fb_docket_change_key(docket, &change, out, err);
    }
    if (code == FB_OK) {
        code = swap_files(path, fresh, err);
    } else if (wrote) {
        char public_path[FB_DOCKET_PATH_MAX + 16];
        (void)snprintf(public_path, sizeof(public_path), "%s.pub", fresh);
        fb_io_remove(fresh);
        fb_io_remove(public_path);
    }
    fb_sshkey_wipe(&secret);
    fb_sshkey_wipe(&old);
    fb_arena_release(&arena);
    return code;
}

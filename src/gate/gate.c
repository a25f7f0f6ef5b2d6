#include "gate/gate.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/io.h"
#include "base/json.h"

enum { STATE_MAX = 4096 };

#define ARENA_MAX ((size_t)8 << 30)

enum fb_code fb_gate_check_growth(
    const struct fb_gate *gate, struct fb_docket *docket, uint64_t entries, struct fb_err *err)
{
    FB_ASSERT(gate && docket);
    struct fb_hash root;
    bool same = false;
    enum fb_code code = FB_OK;
    if (gate->has_seen && entries >= gate->entries) {
        code = fb_ledger_root(fb_docket_ledger(docket), gate->entries, &root, err);
        same = code == FB_OK && fb_hash_eq(&root, &gate->root);
    }
    if (code != FB_OK || !gate->has_seen || same) {
        return code;
    }
    fb_err_set(err, FB_E_CORRUPT,
        "the ledger was put back or rewritten: of the first %llu entries, which were seen before, "
        "some are gone or differ",
        (unsigned long long)gate->entries);
    return fb_err_hint(err, "Find out who replaced it; `flyball log follow` keeps the evidence.");
}

enum fb_code fb_gate_check_key(
    const struct fb_gate *gate, struct fb_docket *docket, struct fb_err *err)
{
    FB_ASSERT(gate && docket);
    const struct fb_note_verifier *seen = &gate->key;
    const struct fb_note_verifier *found = fb_ledger_verifier(fb_docket_ledger(docket));
    bool same = strcmp(found->name, seen->name) == 0 &&
                memcmp(found->public_key, seen->public_key, sizeof(found->public_key)) == 0;
    return same || !seen->name[0]
               ? FB_OK
               : fb_err_set(err, FB_E_SIGNATURE,
                     "the ledger is signed by another key than the one that was verified");
}

/* Opens the docket that is there now and verifies it: all of it, or what came since. */
static enum fb_code open_docket(const struct fb_gate *gate, const struct fb_gate_question *question,
    struct fb_docket **out, struct fb_err *err)
{
    const struct fb_docket_seen seen = {gate->entries, gate->root};
    enum fb_code code = fb_docket_open_verified(question->docket, &question->clock,
        question->is_simulated_clock, gate->is_verified ? &seen : NULL, out, err);
    if (code == FB_OK) {
        code = fb_gate_check_growth(gate, *out, fb_registry_count(fb_docket_registry(*out)), err);
    }
    return code ? code : fb_gate_check_key(gate, *out, err);
}

enum fb_code fb_gate_check_clock(
    const struct fb_gate *gate, const struct fb_clock *clock, struct fb_err *err)
{
    FB_ASSERT(gate && clock);
    char before[FB_TIME_TEXT];
    fb_time now = fb_clock_now(clock);
    if (!gate->has_seen || now >= fb_time_add(gate->at, -FB_GATE_BACK_MAX)) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_TIME, "the clock was put back: it said %s before",
        fb_time_format_short(gate->at, before));
    return fb_err_hint(err, "Set it; what is over would be valid again.");
}

enum fb_code fb_gate_decide(const struct fb_picture *picture, struct fb_str system,
    enum fb_action action, struct fb_arena *arena, bool *out_allowed, struct fb_verdict *out,
    struct fb_err *err)
{
    FB_ASSERT(picture && arena && out_allowed && out && action < FB_ACTION_COUNT);
    *out_allowed = false;
    const struct fb_system_view *view = fb_picture_named(picture, system, err);
    if (!view) {
        return err->code;
    }
    const struct fb_licence_view *licence = fb_picture_licence(picture, view->first.licence);
    while (licence && licence->action != action) {
        licence = fb_picture_licence(picture, licence->next);
    }
    FB_ASSERT(licence);
    enum fb_code code = fb_picture_find(picture, licence->id, arena, out, err);
    *out_allowed = code == FB_OK && licence->allowed;
    return code;
}

enum fb_code fb_gate_ask(struct fb_gate *gate, const struct fb_gate_question *question,
    struct fb_gate_answer *out, struct fb_err *err)
{
    FB_ASSERT(gate && question && out && question->action < FB_ACTION_COUNT);
    const struct fb_docket_question now = {
        .as_of = FB_TIME_MAX, .about = question->system, .brief = true};
    struct fb_picture picture;
    memset(out, 0, sizeof(*out));
    fb_arena_init(&out->arena, ARENA_MAX);
    enum fb_code code = fb_gate_check_clock(gate, &question->clock, err);
    if (code == FB_OK) {
        code = open_docket(gate, question, &out->docket, err);
    }
    if (code == FB_OK) {
        code = fb_docket_ask(out->docket, &now, &out->arena, &picture, err);
    }
    if (code == FB_OK) {
        code = fb_gate_decide(&picture, question->system, question->action, &out->arena,
            &out->allowed, &out->verdict, err);
    }
    if (code != FB_OK) {
        out->allowed = false;
        return code;
    }
    fb_time clock = fb_clock_now(&question->clock);
    *gate = (struct fb_gate){.has_seen = true,
        .is_verified = true,
        .entries = fb_registry_count(fb_docket_registry(out->docket)),
        .key = *fb_ledger_verifier(fb_docket_ledger(out->docket)),
        .at = clock > gate->at || !gate->has_seen ? clock : gate->at};
    fb_docket_root(out->docket, &gate->root);
    out->at = picture.now;
    out->entries = gate->entries;
    out->simulated = picture.simulated;
    return FB_OK;
}

void fb_gate_answer_free(struct fb_gate_answer *answer)
{
    FB_ASSERT(answer);
    fb_arena_release(&answer->arena);
    fb_docket_close(answer->docket);
    answer->docket = NULL;
}

/* ---- what was seen, in a file ---- */

/* Reads the fields; false when one is not as it should be. */
static bool read_fields(const struct fb_json *root, struct fb_gate *gate, struct fb_err *err)
{
    struct fb_str key = fb_json_get_str(root, "key");
    return fb_str_u64(fb_json_get_str(root, "entries"), &gate->entries) && gate->entries > 0 &&
           fb_hex_decode(
               fb_json_get_str(root, "root"), gate->root.bytes, sizeof(gate->root.bytes)) &&
           fb_time_parse(fb_json_get_str(root, "at"), &gate->at, err) == FB_OK &&
           /* (Up to 0.13 it was not kept.) */
           (!fb_json_get(root, "key") || fb_note_verifier_parse(key, &gate->key, err) == FB_OK);
}

static enum fb_code read_state(
    struct fb_str text, const char *path, bool is_trusted, struct fb_gate *out, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_json *root = NULL;
    struct fb_gate gate = {.has_seen = true};
    fb_arena_init(&arena, STATE_MAX * 16);
    enum fb_code code = fb_json_parse(text, path, NULL, &arena, &root, err);
    if (code == FB_OK && !read_fields(root, &gate, err)) {
        fb_err_init(err);
        fb_err_set(err, FB_E_SCHEMA, "'%s' does not say what a gate saw", path);
        code = fb_err_hint(err, "Restore it; without it nobody knows what was seen before.");
    }
    if (code == FB_OK) {
        /* Another version may know more of what is wrong with a signature. */
        gate.is_verified = is_trusted && gate.key.name[0] &&
                           fb_str_is(fb_json_get_str(root, "verified_by"), FLYBALL_VERSION);
        *out = gate;
    }
    fb_arena_release(&arena);
    return code;
}

/* Reads the file; where it is trusted nobody else may be able to write it. */
static enum fb_code read_file(
    const char *path, bool is_trusted, struct fb_buf *out, struct fb_err *err)
{
    char bytes[STATE_MAX + 1];
    struct fb_io_file file;
    size_t got = 0;
    enum fb_code code = fb_io_open(path, &file, err);
    if (code != FB_OK) {
        return code;
    }
    if (is_trusted && !fb_io_is_guarded(&file)) {
        fb_err_set(err, FB_E_IO, "'%s' is not trusted: others can write it", path);
        code = fb_err_hint(
            err, "Leave out --trust once: all is verified then, and the file written anew.");
    }
    code =
        code ? code : fb_io_read_at(&file, 0, (struct fb_io_span){bytes, sizeof(bytes)}, &got, err);
    fb_io_close(&file);
    if (code == FB_OK) {
        fb_buf_add_str(out, (struct fb_str){bytes, got});
        code = fb_buf_check(out, path, err);
    }
    return code;
}

enum fb_code fb_gate_load(
    const char *path, bool is_trusted, struct fb_gate *out, struct fb_err *err)
{
    FB_ASSERT(path && out);
    struct fb_buf text;
    *out = (struct fb_gate){.has_seen = false};
    if (!fb_io_exists(path)) {
        return FB_OK;
    }
    fb_buf_init(&text, STATE_MAX);
    enum fb_code code = read_file(path, is_trusted, &text, err);
    code = code ? code : read_state(fb_buf_str(&text), path, is_trusted, out, err);
    fb_buf_release(&text);
    return code;
}

enum fb_code fb_gate_save(const char *path, const struct fb_gate *gate, struct fb_err *err)
{
    FB_ASSERT(path && gate && gate->has_seen && gate->is_verified);
    struct fb_buf text, key;
    struct fb_json_writer w;
    char root[2 * FB_HASH_SIZE + 1], at[FB_TIME_TEXT], entries[24];
    fb_buf_init(&text, STATE_MAX);
    fb_buf_init(&key, FB_NOTE_MAX);
    snprintf(entries, sizeof(entries), "%llu", (unsigned long long)gate->entries);
    fb_note_verifier_format(&gate->key, &key);
    fb_json_writer_init(&w, &text, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "at", fb_time_format(gate->at, at));
    fb_json_key_c(&w, "entries", entries);
    fb_json_key_str(&w, "key", fb_buf_str(&key));
    fb_json_key_c(&w, "root", fb_hex_encode(gate->root.bytes, sizeof(gate->root.bytes), root));
    fb_json_key_c(&w, "verified_by", FLYBALL_VERSION);
    fb_json_close_object(&w);
    fb_buf_add_char(&text, '\n');
    enum fb_code code = fb_buf_check(&key, "the key of the log", err);
    code = code ? code : fb_buf_check(&text, "what a gate saw", err);
    code = code ? code : fb_io_write(path, fb_buf_str(&text), 0600, err);
    fb_buf_release(&key);
    fb_buf_release(&text);
    return code;
}

/* cmd_blob.c: blob: what is too big for a record. */
#include <string.h>

#include "base/assert.h"
#include "cli/cli.h"

enum { ARENA_MAX = 1 << 30 };

static const char *state_of(const struct fb_docket_blob *blob)
{
    /* Left: its file could not be removed, or came back with a copy of the folder. */
    return blob->present   ? (blob->erasure ? "left" : "present")
           : blob->erasure ? "erased"
                           : "missing";
}

static enum fb_code blob_list(struct fb_cli *cli, struct fb_docket *docket, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_buf text;
    struct fb_json_writer w;
    struct fb_docket_blob *blobs = NULL;
    size_t count = 0;
    bool json = fb_cli_value(cli, "json") != NULL;
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&text, (size_t)1 << 28);
    fb_json_writer_init(&w, &text, 2);
    enum fb_code code = fb_docket_blobs(docket, NULL, &arena, &blobs, &count, err);
    if (json) {
        fb_json_open_array(&w);
    }
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        const struct fb_docket_blob *blob = &blobs[i];
        struct fb_str of = blob->record ? blob->record->id : FB_STR("(no record)");
        if (json) {
            fb_json_open_object(&w);
            fb_json_key_str(&w, "digest", blob->digest);
            fb_json_key_c(&w, "state", state_of(blob));
            fb_json_key_int(&w, "bytes", (int64_t)blob->bytes);
            fb_json_key_str(&w, "record", of);
            if (blob->erasure) {
                fb_json_key_str(&w, "erasure", blob->erasure->id);
            }
            fb_json_close_object(&w);
            continue;
        }
        fb_buf_addf(
            &text, "%-8s %.*s  %.*s", state_of(blob), FB_STR_ARG(blob->digest), FB_STR_ARG(of));
        if (blob->present && blob->erasure) {
            fb_buf_addf(&text, " (%.*s, but its file is still here: erase it again)",
                FB_STR_ARG(blob->erasure->id));
        } else if (blob->present) {
            fb_buf_addf(&text, " (%s, %llu bytes)", blob->field ? blob->field : "no field",
                (unsigned long long)blob->bytes);
        } else if (blob->erasure) {
            fb_buf_addf(&text, " (%.*s)", FB_STR_ARG(blob->erasure->id));
        }
        fb_buf_add_char(&text, '\n');
    }
    if (json) {
        fb_json_close_array(&w);
        fb_buf_add_char(&text, '\n');
    }
    if (code == FB_OK) {
        code = fb_cli_print(cli, &text, err);
    }
    fb_buf_release(&text);
    fb_arena_release(&arena);
    return code;
}

static enum fb_code blob_add(struct fb_cli *cli, struct fb_docket *docket, struct fb_err *err)
{
    uint8_t digest[FB_SHA256_SIZE];
    uint64_t size = 0;
    char text[FB_DOCKET_DIGEST_TEXT];
    enum fb_code code = fb_docket_blob_add(docket, cli->arguments[1], digest, &size, err);
    if (code == FB_OK) {
        fprintf(cli->out, "%s  %llu bytes\n", fb_docket_digest_text(digest, text),
            (unsigned long long)size);
    }
    return code;
}

static enum fb_code digest_of(
    const struct fb_cli *cli, uint8_t out[FB_SHA256_SIZE], struct fb_err *err)
{
    if (fb_docket_digest(fb_str_of(cli->arguments[1]), out)) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_SCHEMA, "'%s' is not a digest", cli->arguments[1]);
    return fb_err_hint(err, "Write \"sha256:\" and the 64 digits that `flyball blob list` shows.");
}

static enum fb_code put_piece(void *ctx, struct fb_str piece, struct fb_err *err)
{
    if (fwrite(piece.ptr, 1, piece.len, ctx) != piece.len) {
        return fb_err_set(err, FB_E_IO, "could not write the blob: the output failed");
    }
    return FB_OK;
}

static enum fb_code blob_get(struct fb_cli *cli, struct fb_docket *docket, struct fb_err *err)
{
    uint8_t digest[FB_SHA256_SIZE];
    enum fb_code code = digest_of(cli, digest, err);
    return code == FB_OK ? fb_docket_blob_get(docket, digest, put_piece, cli->out, err) : code;
}

static enum fb_code blob_erase(struct fb_cli *cli, struct fb_docket *docket, struct fb_err *err)
{
    uint8_t digest[FB_SHA256_SIZE];
    struct fb_docket_added added;
    struct fb_docket_erasure options = {.issuer = fb_cli_text(cli, "as"),
        .reason = fb_cli_text(cli, "reason"),
        .basis = fb_cli_text(cli, "basis"),
        .despite = fb_cli_text(cli, "despite"),
        .order = fb_cli_text(cli, "order")};
    if (!options.reason.len) {
        fb_err_set(err, FB_E_USAGE, "an erasure needs a reason, which stays on record");
        return fb_err_hint(err, "Write --reason \"a person asked for it\".");
    }
    enum fb_code code = digest_of(cli, digest, err);
    if (code == FB_OK) {
        code = fb_docket_blob_erase(docket, digest, &options, &added, err);
    }
    if (code == FB_OK) {
        const struct fb_record *record =
            fb_registry_at(fb_docket_registry(docket), (size_t)added.first_seq);
        fprintf(cli->out, "erased; '%.*s' says by whom and why\n", FB_STR_ARG(record->id));
    }
    return code;
}

enum fb_code cmd_blob(struct fb_cli *cli, struct fb_err *err)
{
    static const struct {
        const char *name;
        size_t arguments;
        enum fb_code (*run)(struct fb_cli *, struct fb_docket *, struct fb_err *);
    } parts[] = {{"list", 1, blob_list}, {"add", 2, blob_add}, {"get", 2, blob_get},
        {"erase", 2, blob_erase}};
    enum { COUNT = sizeof(parts) / sizeof(parts[0]) };
    enum fb_code code = fb_cli_want(cli, 1, 2, err);
    size_t i = 0;
    while (code == FB_OK && i < COUNT && strcmp(cli->arguments[0], parts[i].name) != 0) {
        i++;
    }
    if (code == FB_OK && i == COUNT) {
        code = fb_cli_misused(cli, err, "'%s' is not something `blob` does", cli->arguments[0]);
    }
    if (code == FB_OK) {
        code = fb_cli_want(cli, parts[i].arguments, parts[i].arguments, err);
    }
    struct fb_docket *docket = NULL;
    if (code == FB_OK) {
        code = fb_cli_open(cli, &docket, err);
    }
    if (code == FB_OK) {
        code = parts[i].run(cli, docket, err);
    }
    fb_docket_close(docket);
    return code;
}

/* cmd_dossier.c: the liability file of a system, and the check of one. */
#include <string.h>

#include "base/io.h"
#include "cli/cmd_log.h"
#include "ledger/tlogproof.h"
#include "report/dossier.h"

enum { CHECK_ARENA_MAX = 1 << 30 };

/* What proofs are made with. */
struct prover {
    struct fb_docket *docket;
    struct fb_str note; /* the checkpoint that they lead to */
    uint64_t size;
};

static enum fb_code prove(void *ctx, uint64_t seq, struct fb_buf *out, struct fb_err *err)
{
    const struct prover *prover = ctx;
    struct fb_ledger *ledger = fb_docket_ledger(prover->docket);
    struct fb_tlogproof proof = {.index = seq, .checkpoint = prover->note};
    struct fb_buf bytes;
    fb_ledger_entry entry;
    fb_buf_init(&bytes, FB_LEDGER_ENTRY_MAX);
    if (seq >= prover->size) {
        fb_err_set(
            err, FB_E_RANGE, "record #%llu is newer than the checkpoint", (unsigned long long)seq);
        return fb_err_hint(err, "Have the log witnessed again, or give a newer --checkpoint.");
    }
    enum fb_code code = fb_ledger_read(ledger, seq, &entry, &bytes, err);
    if (code == FB_OK) {
        code = fb_ledger_prove_inclusion(ledger, seq, prover->size, &proof.path, err);
    }
    if (code == FB_OK) {
        proof.extra = fb_buf_str(&bytes);
        fb_tlogproof_format(&proof, out);
    }
    fb_buf_release(&bytes);
    return code;
}

static enum fb_code sign(void *ctx, struct fb_str text, struct fb_buf *out, struct fb_err *err)
{
    const struct prover *prover = ctx;
    return fb_docket_sign_text(prover->docket, FB_NAMESPACE_DOSSIER, text, out, err);
}

/* Makes what was asked for: a summary, the page, or JSON. */
static enum fb_code give(struct fb_cli *cli, struct fb_cli_view *view,
    struct fb_dossier_source *source, struct fb_err *err)
{
    const char *path = fb_cli_value(cli, "out");
    bool json = fb_cli_value(cli, "json") != NULL;
    struct fb_report_options options = fb_cli_report_options(cli);
    struct fb_trusted trusted;
    struct fb_buf note, text;
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_buf_init(&text, FB_DOSSIER_FILE_MAX);
    enum fb_code code;
    if (!path && !json) {
        code = fb_report_dossier_text(source, &options, &text, err);
    } else {
        code = fb_cli_log_apply_policy(cli, view->docket, &note, &trusted, err);
        if (code == FB_OK) {
            struct prover prover = {view->docket, fb_buf_str(&note), trusted.checkpoint.size};
            source->ctx = &prover;
            source->prove = prove;
            source->sign = sign;
            code = json ? fb_report_dossier_json(source, &text, err)
                        : fb_report_dossier_html(source, &text, err);
        }
    }
    if (code == FB_OK && path && strcmp(path, "-") != 0) {
        code = fb_io_write(path, fb_buf_str(&text), 0644, err);
        if (code == FB_OK) {
            fprintf(cli->out, "wrote %s (%zu kB, %zu records with proofs)\n", path,
                (text.len + 1023) / 1024, source->file->cited_count);
        }
    } else if (code == FB_OK) {
        code = fb_cli_print(cli, &text, err);
    }
    fb_buf_release(&text);
    fb_buf_release(&note);
    return code;
}

static enum fb_code make(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_view view;
    struct fb_dossier file;
    struct fb_dossier_options options = {.system = {NULL, 0}};
    enum fb_code code = fb_cli_view_open(cli, &view, err);
    if (code == FB_OK) {
        code =
            fb_cli_view_system(&view.picture, fb_str_of(cli->arguments[0]), &options.system, err);
    }
    if (code == FB_OK) {
        options.whole = fb_docket_registry(view.docket);
        code = fb_docket_self(view.docket, &view.arena, &options.signer, err);
    }
    if (code == FB_OK) {
        code = fb_dossier_gather(&view.picture, &options, &view.arena, &file, err);
    }
    if (code == FB_OK) {
        struct fb_dossier_source source = {
            .picture = &view.picture, .file = &file, .signer = options.signer};
        code = give(cli, &view, &source, err);
    }
    fb_cli_view_close(&view);
    return code;
}

static void answer(
    const struct fb_cli *cli, const struct fb_dossier_checked *checked, struct fb_buf *text)
{
    char first[FB_TIME_TEXT], last[FB_TIME_TEXT];
    if (fb_cli_value(cli, "json")) {
        struct fb_json_writer w;
        fb_json_writer_init(&w, text, 2);
        fb_json_open_object(&w);
        fb_json_key_bool(&w, "good", true);
        fb_json_key_str(&w, "signer", checked->signer);
        fb_json_key_c(&w, "fingerprint", checked->fingerprint);
        fb_json_key_str(&w, "origin", checked->origin);
        fb_json_key_int(&w, "proofs", (int64_t)checked->proofs);
        fb_json_key_int(&w, "entries", (int64_t)checked->entries);
        fb_json_key_int(&w, "witnesses", (int64_t)checked->witnesses);
        fb_json_key_c(&w, "admitted_first", fb_time_format(checked->admitted_first, first));
        fb_json_key_c(&w, "admitted_last", fb_time_format(checked->admitted_last, last));
        fb_json_close_object(&w);
        fb_buf_add_char(text, '\n');
        return;
    }
    fb_buf_addf(text,
        "the liability file holds: signed by %.*s (%s)\n"
        "  proofs     %zu records of the log %.*s, which then had %llu entries\n"
        "  admitted   %s to %s\n  witnesses  %zu\n",
        FB_STR_ARG(checked->signer), checked->fingerprint, checked->proofs,
        FB_STR_ARG(checked->origin), (unsigned long long)checked->entries,
        fb_time_format_short(checked->admitted_first, first),
        fb_time_format_short(checked->admitted_last, last), checked->witnesses);
}

/* Needs no docket. */
static enum fb_code check(struct fb_cli *cli, struct fb_err *err)
{
    const char *path = fb_cli_value(cli, "check");
    struct fb_trust trust;
    struct fb_dossier_checked checked;
    struct fb_arena arena;
    struct fb_buf source, file, text;
    fb_arena_init(&arena, CHECK_ARENA_MAX);
    fb_buf_init(&source, FB_TRUST_MAX);
    fb_buf_init(&file, FB_DOSSIER_FILE_MAX);
    fb_buf_init(&text, 1 << 16);
    enum fb_code code = fb_cli_log_read_trust(cli, NULL, &trust, &source, err);
    if (code == FB_OK) {
        code = fb_io_read(path, &file, err);
    }
    if (code == FB_OK) {
        code = fb_dossier_check(fb_buf_str(&file), &trust, &arena, &checked, err);
        if (code != FB_OK) {
            fb_err_place(err, path, 0, 0, -1);
        }
    }
    if (code == FB_OK) {
        answer(cli, &checked, &text);
        code = fb_cli_print(cli, &text, err);
    }
    fb_buf_release(&text);
    fb_buf_release(&file);
    fb_buf_release(&source);
    fb_arena_release(&arena);
    return code;
}

enum fb_code cmd_dossier(struct fb_cli *cli, struct fb_err *err)
{
    const char *file = fb_cli_value(cli, "check");
    enum fb_code code = fb_cli_want(cli, file ? 0 : 1, file ? 0 : 1, err);
    if (code == FB_OK && file && fb_cli_value(cli, "out")) {
        code = fb_cli_misused(cli, err, "--check and --out exclude each other");
    }
    if (code == FB_OK && file) {
        return check(cli, err);
    }
    bool file_wanted = fb_cli_value(cli, "out") || fb_cli_value(cli, "json");
    bool proving = fb_cli_value(cli, "checkpoint") || fb_cli_value(cli, "policy");
    if (code == FB_OK && proving && !file_wanted) {
        code = fb_cli_misused(
            cli, err, "--checkpoint and --policy are for the proofs of a file: --out or --json");
    }
    struct fb_str as_of = fb_cli_text(cli, "as-of");
    if (code == FB_OK && as_of.len) {
        code = fb_time_parse(as_of, &cli->as_of, err);
        code = code ? fb_err_prefix(err, "--as-of") : FB_OK;
    }
    return code == FB_OK ? make(cli, err) : code;
}

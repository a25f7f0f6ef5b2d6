/* cmd_tlog.c: the parts of `flyball log` that other logs and their users see. */
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/io.h"
#include "cli/cmd_log.h"
#include "ledger/cosigned.h"
#include "ledger/export.h"
#include "ledger/follow.h"
#include "ledger/tlogproof.h"
#include "record/entry.h"
#include "serve/http_client.h"

static void open_answer(struct fb_json_writer *w, struct fb_buf *text)
{
    fb_json_writer_init(w, text, 2);
    fb_json_open_object(w);
}

static void close_answer(struct fb_json_writer *w)
{
    fb_json_close_object(w);
    fb_buf_add_char(w->out, '\n');
}

/* Adds a log to what --policy believes, unless that lists logs of its own. */
static enum fb_code add_known_log(
    struct fb_trust *trust, const struct fb_note_verifier *key, struct fb_err *err)
{
    return trust->logs == 0 ? fb_trust_add_log(trust, key, err) : FB_OK;
}

enum fb_code fb_cli_read_policy(
    const char *path, struct fb_trust *out, struct fb_buf *source, struct fb_err *err)
{
    enum fb_code code = fb_io_read(path, source, err);
    if (code == FB_OK) {
        code = fb_trust_parse(fb_buf_str(source), out, err);
    }
    if (code != FB_OK) {
        fb_err_place(err, path, 0, 0, -1);
    }
    return code;
}

enum fb_code fb_cli_log_read_trust(const struct fb_cli *cli, struct fb_docket *docket,
    struct fb_trust *trust, struct fb_buf *source, struct fb_err *err)
{
    const char *policy = fb_cli_value(cli, "policy"), *key = fb_cli_value(cli, "key");
    fb_trust_init(trust);
    enum fb_code code = policy ? fb_cli_read_policy(policy, trust, source, err) : FB_OK;
    if (code == FB_OK && key) {
        struct fb_note_verifier verifier;
        code = fb_note_verifier_parse(fb_str_of(key), &verifier, err);
        code = code == FB_OK ? add_known_log(trust, &verifier, err) : code;
    }
    if (code == FB_OK && docket) {
        code = add_known_log(trust, fb_ledger_verifier(fb_docket_ledger(docket)), err);
    }
    if (code == FB_OK && trust->logs == 0) {
        fb_cli_misused(cli, err, "no log is believed: the key of one is missing");
        code = fb_err_hint(
            err, "Give --key, which the log's keeper prints with `flyball log key`, or --policy.");
    }
    return code;
}

/* The newest checkpoint that is good: the present one, or one that witnesses cosigned before. */
static enum fb_code find_newest(
    struct fb_docket *docket, const struct fb_trust *trust, struct fb_buf *note, struct fb_err *err)
{
    struct fb_cosigned kept;
    struct fb_buf source;
    fb_buf_init(&source, FB_COSIGNED_FILE_MAX);
    struct fb_ledger *ledger = fb_docket_ledger(docket);
    enum fb_code code = fb_cosigned_read(fb_docket_cosigned(docket), ledger, &source, &kept, err);
    if (code == FB_OK) {
        code = fb_cosigned_newest(&kept, ledger, trust, note, err);
        if (code == FB_E_SIGNATURE && trust->quorum != FB_TRUST_NONE) {
            fb_err_hint(err, "Have it cosigned: `flyball log witness --policy FILE`.");
        }
    }
    fb_buf_release(&source);
    return code;
}

enum fb_code fb_cli_log_apply_policy(const struct fb_cli *cli, struct fb_docket *docket,
    struct fb_buf *note, struct fb_trusted *out, struct fb_err *err)
{
    FB_ASSERT(docket && note && out);
    struct fb_ledger *ledger = fb_docket_ledger(docket);
    const char *path = fb_cli_value(cli, "checkpoint");
    struct fb_trust trust;
    struct fb_buf source;
    struct fb_hash root;
    fb_buf_init(&source, FB_TRUST_MAX);
    enum fb_code code = fb_cli_log_read_trust(cli, docket, &trust, &source, err);
    if (code == FB_OK) {
        code = path ? fb_io_read(path, note, err) : find_newest(docket, &trust, note, err);
    }
    if (code == FB_OK) {
        code = fb_trust_check(&trust, fb_buf_str(note), out, err);
        if (code != FB_OK && path) {
            fb_err_place(err, path, 0, 0, -1);
        }
    }
    if (code == FB_OK && !fb_str_eq(out->checkpoint.origin, fb_ledger_origin(ledger))) {
        code = fb_err_set(err, FB_E_MISMATCH, "the checkpoint is that of '%.*s', not of this log",
            FB_STR_ARG(out->checkpoint.origin));
    }
    uint64_t size = 0;
    if (code == FB_OK) {
        code = fb_ledger_size(ledger, &size, err);
    }
    if (code == FB_OK && out->checkpoint.size > size) {
        fb_err_set(err, FB_E_FORK, "the ledger has %llu entries, fewer than the %llu it signed",
            (unsigned long long)size, (unsigned long long)out->checkpoint.size);
        code = fb_err_hint(err, "The ledger was set back: restore the newest copy of it.");
    }
    if (code == FB_OK) {
        code = fb_ledger_root(ledger, out->checkpoint.size, &root, err);
    }
    if (code == FB_OK && !fb_hash_eq(&root, &out->checkpoint.root)) {
        fb_err_set(err, FB_E_FORK, "the checkpoint is signed by this log, but for other entries");
        code = fb_err_hint(err, "Keep it: it shows that the ledger was altered after signing.");
    }
    fb_buf_release(&source);
    return code;
}

enum fb_code fb_cli_log_export(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    struct fb_export_report report;
    struct fb_trusted trusted;
    struct fb_buf note;
    fb_buf_init(&note, FB_NOTE_MAX);
    enum fb_code code = fb_cli_log_apply_policy(cli, docket, &note, &trusted, err);
    if (code == FB_OK) {
        fb_cli_progress("exporting");
        code = fb_export_write(
            fb_docket_ledger(docket), fb_buf_str(&note), cli->arguments[1], &report, err);
        fb_cli_progress(NULL);
    }
    fb_buf_release(&note);
    if (code != FB_OK) {
        return code;
    }
    if (fb_cli_value(cli, "json")) {
        struct fb_json_writer w;
        open_answer(&w, text);
        fb_json_key_int(&w, "entries", (int64_t)report.size);
        fb_json_key_int(&w, "written", (int64_t)report.written);
        fb_json_key_int(&w, "kept", (int64_t)report.kept);
        close_answer(&w);
        return FB_OK;
    }
    fb_buf_addf(text, "exported %llu entries to %s: %llu files written, %llu kept\n",
        (unsigned long long)report.size, cli->arguments[1], (unsigned long long)report.written,
        (unsigned long long)report.kept);
    return FB_OK;
}

enum fb_code fb_cli_log_checkpoint(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    struct fb_trusted trusted;
    return fb_cli_log_apply_policy(cli, docket, text, &trusted, err);
}

enum fb_code fb_cli_log_prove(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    struct fb_ledger *ledger = fb_docket_ledger(docket);
    struct fb_tlogproof proof = {.index = 0};
    struct fb_trusted trusted;
    struct fb_buf note, bytes;
    fb_ledger_entry entry;
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_buf_init(&bytes, FB_LEDGER_ENTRY_MAX);
    enum fb_code code = fb_docket_find(docket, fb_str_of(cli->arguments[1]), &proof.index, err);
    if (code == FB_OK) {
        code = fb_cli_log_apply_policy(cli, docket, &note, &trusted, err);
    }
    if (code == FB_OK) {
        code = fb_ledger_read(ledger, proof.index, &entry, &bytes, err);
    }
    if (code == FB_OK) {
        code = fb_ledger_prove_inclusion(
            ledger, proof.index, trusted.checkpoint.size, &proof.path, err);
    }
    if (code == FB_OK) {
        proof.extra = fb_buf_str(&bytes);
        proof.checkpoint = fb_buf_str(&note);
        fb_tlogproof_format(&proof, text);
    }
    fb_buf_release(&bytes);
    fb_buf_release(&note);
    return code;
}

/* Says what a proof that holds has proved. */
static void answer_proof(const struct fb_cli *cli, const struct fb_tlogproof *proof,
    struct fb_str bytes, const struct fb_trusted *trusted, struct fb_buf *text)
{
    const struct fb_checkpoint *checkpoint = &trusted->checkpoint;
    struct fb_entry entry;
    struct fb_err ignored;
    char admitted[FB_TIME_TEXT];
    fb_err_init(&ignored);
    bool is_record = fb_entry_decode(bytes, &entry, &ignored) == FB_OK;
    if (fb_cli_value(cli, "statement")) {
        fb_buf_add_str(text, is_record ? entry.statement : bytes);
        return;
    }
    if (fb_cli_value(cli, "json")) {
        struct fb_json_writer w;
        open_answer(&w, text);
        fb_json_key_bool(&w, "good", true);
        fb_json_key_str(&w, "origin", checkpoint->origin);
        fb_json_key_int(&w, "index", (int64_t)proof->index);
        fb_json_key_int(&w, "entries", (int64_t)checkpoint->size);
        fb_json_key_int(&w, "witnesses", (int64_t)trusted->witnesses);
        if (is_record) {
            fb_json_key_c(&w, "admitted", fb_time_format(entry.admitted, admitted));
        }
        close_answer(&w);
        return;
    }
    fb_buf_addf(text, "the proof holds: entry %llu of %llu in the log %.*s\n",
        (unsigned long long)proof->index, (unsigned long long)checkpoint->size,
        FB_STR_ARG(checkpoint->origin));
    fb_buf_addf(text, "  witnesses  %zu\n", trusted->witnesses);
    if (is_record) {
        fb_buf_addf(text, "  admitted   %s\n", fb_time_format(entry.admitted, admitted));
    }
}

enum fb_code fb_cli_log_check(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    (void)docket;
    const char *entry_path = fb_cli_value(cli, "entry");
    struct fb_buf source, file, extra, entry;
    struct fb_trust trust;
    struct fb_tlogproof proof;
    struct fb_trusted trusted;
    fb_buf_init(&source, FB_TRUST_MAX);
    fb_buf_init(&file, FB_TLOGPROOF_MAX);
    fb_buf_init(&extra, FB_TLOGPROOF_EXTRA_MAX);
    fb_buf_init(&entry, FB_LEDGER_ENTRY_MAX);
    enum fb_code code = fb_cli_log_read_trust(cli, NULL, &trust, &source, err);
    if (code == FB_OK) {
        code = fb_io_read(cli->arguments[1], &file, err);
    }
    if (code == FB_OK) {
        code = fb_tlogproof_parse(fb_buf_str(&file), &extra, &proof, err);
    }
    if (code == FB_OK && entry_path) {
        code = fb_io_read(entry_path, &entry, err);
    } else if (code == FB_OK && proof.extra.len == 0) {
        code = fb_cli_misused(cli, err, "the proof does not carry its entry: give --entry");
    }
    if (code == FB_OK) {
        struct fb_str bytes = entry_path ? fb_buf_str(&entry) : proof.extra;
        struct fb_hash leaf = fb_merkle_leaf(bytes);
        code = fb_tlogproof_check(&proof, &leaf, &trust, &trusted, err);
        if (code == FB_OK) {
            answer_proof(cli, &proof, bytes, &trusted, text);
        }
    }
    if (code != FB_OK && code != FB_E_USAGE) {
        fb_err_place(err, cli->arguments[1], 0, 0, -1);
    }
    fb_buf_release(&entry);
    fb_buf_release(&extra);
    fb_buf_release(&file);
    fb_buf_release(&source);
    return code;
}

enum fb_code fb_cli_log_follow(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    (void)docket;
    struct fb_trust trust;
    struct fb_buf source;
    struct fb_follow_report report;
    char root[2 * FB_HASH_SIZE + 1];
    fb_buf_init(&source, FB_TRUST_MAX);
    enum fb_code code = fb_cli_log_read_trust(cli, NULL, &trust, &source, err);
    struct fb_follow_options options = {.trust = &trust, .state = fb_cli_value(cli, "state")};
    struct fb_http_options defaults = {.attempts = 0};
    struct fb_http_client *client = NULL;
    struct fb_transport transport;
    if (code == FB_OK && fb_url_is(cli->arguments[1])) {
        code = fb_http_client_new(&defaults, &client, err);
        if (code == FB_OK) {
            transport = fb_http_client_transport(client);
            options.transport = &transport;
        }
    }
    if (code == FB_OK) {
        fb_cli_progress("verifying");
        code = fb_follow_log(cli->arguments[1], &options, &report, err);
        fb_cli_progress(NULL);
    }
    fb_http_client_free(client);
    fb_buf_release(&source);
    if (code != FB_OK) {
        return code;
    }
    fb_hex_encode(report.root.bytes, sizeof(report.root.bytes), root);
    if (fb_cli_value(cli, "json")) {
        struct fb_json_writer w;
        open_answer(&w, text);
        fb_json_key_bool(&w, "good", true);
        fb_json_key_int(&w, "from", (int64_t)report.old_size);
        fb_json_key_int(&w, "entries", (int64_t)report.size);
        fb_json_key_c(&w, "root", root);
        fb_json_key_int(&w, "witnesses", (int64_t)report.witnesses);
        close_answer(&w);
        return FB_OK;
    }
    fb_buf_addf(text,
        "the log holds: %llu entries, verified from %llu on\n  root       %s\n"
        "  witnesses  %zu\n",
        (unsigned long long)report.size, (unsigned long long)report.old_size, root,
        report.witnesses);
    return FB_OK;
}

/* cmd_log.c: the ledger itself. */
#include <string.h>

#include "base/codec.h"
#include "cli/cmd_log.h"
#include "ledger/ask.h"

static void hex(const struct fb_hash *hash, char out[65])
{
    fb_hex_encode(hash->bytes, sizeof(hash->bytes), out);
}

/* What was verified, as JSON; with the entries of the index, what a full one looks at. */
static void write_verified(const struct fb_docket_report *report, const struct fb_trusted *trusted,
    const uint64_t *indexed, struct fb_buf *text)
{
    char root[65], at[FB_TIME_TEXT];
    uint64_t cosigned = trusted->witnesses > 0 ? trusted->checkpoint.size : 0;
    struct fb_json_writer w;
    hex(&report->ledger.root, root);
    fb_json_writer_init(&w, text, 2);
    fb_json_open_object(&w);
    fb_json_key_bool(&w, "good", true);
    fb_json_key_int(&w, "entries", (int64_t)report->ledger.size);
    fb_json_key_c(&w, "root", root);
    fb_json_key_int(&w, "signatures", (int64_t)report->signatures);
    if (indexed) {
        fb_json_key_int(&w, "ids", (int64_t)report->ids);
        fb_json_key_int(&w, "indexed", (int64_t)*indexed);
    }
    fb_json_key_int(&w, "blobs", (int64_t)report->blobs);
    fb_json_key_int(&w, "blobs_erased", (int64_t)report->blobs_erased);
    fb_json_key_int(&w, "blobs_missing", (int64_t)report->blobs_missing);
    fb_json_key_int(&w, "witnesses", (int64_t)trusted->witnesses);
    fb_json_key_int(&w, "entries_cosigned", (int64_t)cosigned);
    fb_json_key_c(&w, "first_admitted", fb_time_format(report->ledger.first_admitted, at));
    fb_json_key_c(&w, "last_admitted", fb_time_format(report->ledger.last_admitted, at));
    fb_json_close_object(&w);
    fb_buf_add_char(text, '\n');
}

static enum fb_code log_verify(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    struct fb_docket_report report;
    struct fb_trusted trusted;
    struct fb_buf note;
    fb_buf_init(&note, FB_NOTE_MAX);
    char root[65], from[FB_TIME_TEXT], to[FB_TIME_TEXT];
    fb_cli_progress("verifying");
    bool full = fb_cli_value(cli, "full") != NULL;
    enum fb_code code =
        fb_docket_verify(docket, full ? FB_DOCKET_FULL : FB_DOCKET_EACH, &report, err);
    fb_cli_progress(NULL);
    uint64_t indexed = 0;
    if (code == FB_OK && full) {
        code = fb_docket_index_verify(docket, &indexed, err);
    }
    if (code == FB_OK) {
        code = fb_cli_log_apply_policy(cli, docket, &note, &trusted, err);
    }
    fb_buf_release(&note); /* the counts in trusted stay */
    if (code != FB_OK) {
        return code;
    }
    hex(&report.ledger.root, root);
    fb_time_format(report.ledger.first_admitted, from);
    fb_time_format(report.ledger.last_admitted, to);
    if (fb_cli_value(cli, "json")) {
        write_verified(&report, &trusted, full ? &indexed : NULL, text);
        return FB_OK;
    }
    fb_buf_addf(text,
        "the ledger holds: %llu entries, %llu signatures, %llu blobs%s%s\n"
        "  origin     %.*s\n  root       %s\n  admitted   %s to %s\n",
        (unsigned long long)report.ledger.size, (unsigned long long)report.signatures,
        (unsigned long long)report.blobs, report.blobs_erased ? " (some were erased)" : "",
        report.blobs_missing ? " (some are missing)" : "",
        FB_STR_ARG(fb_ledger_origin(fb_docket_ledger(docket))), root, from, to);
    if (full) {
        fb_buf_addf(text, "  ids        each once; references and corrections lead to one\n");
    }
    if (indexed) {
        fb_buf_addf(
            text, "  index      that of the first %llu entries\n", (unsigned long long)indexed);
    }
    if (fb_cli_value(cli, "policy")) {
        fb_buf_addf(text, "  witnesses  %zu cosigned %s%llu entries: the policy's quorum is met\n",
            trusted.witnesses,
            trusted.checkpoint.size < report.ledger.size ? "only the first " : "",
            (unsigned long long)trusted.checkpoint.size);
    }
    return FB_OK;
}

/* A list of records on its way out. */
struct listing {
    const struct fb_cli *cli;
    struct fb_buf *text;
    bool json;
};

/* Adds a record to the text, and prints the text when it is long: a list is not held in memory. */
static enum fb_code list_record(void *ctx, const struct fb_record *record, struct fb_err *err)
{
    enum { PRINTED_AT = 1 << 16 };
    const struct listing *listing = ctx;
    struct fb_buf *text = listing->text;
    char admitted[FB_TIME_TEXT];
    if (listing->json) {
        struct fb_json_writer w;
        fb_json_writer_init(&w, text, 0);
        fb_json_open_object(&w);
        fb_json_key_int(&w, "seq", (int64_t)record->seq);
        fb_json_key_c(&w, "admitted", fb_time_format(record->admitted, admitted));
        fb_json_key_str(&w, "signer", record->signer);
        fb_json_key(&w, "statement");
        fb_json_raw(&w, record->statement);
        fb_json_close_object(&w);
        fb_buf_add_char(text, '\n');
    } else {
        fb_buf_addf(text, "%6llu  %s  %-10s  %.*s  (%.*s)\n", (unsigned long long)record->seq,
            fb_time_format_short(record->admitted, admitted), fb_kind_name(record->kind),
            FB_STR_ARG(record->id), FB_STR_ARG(record->issuer));
    }
    if (text->len < PRINTED_AT) {
        return FB_OK;
    }
    enum fb_code code = fb_cli_print(listing->cli, text, err);
    fb_buf_clear(text);
    return code;
}

/* Lists the records from a number on. */
static enum fb_code list_records(const struct fb_cli *cli, struct fb_docket *docket, uint64_t first,
    struct fb_buf *text, struct fb_err *err)
{
    struct listing listing = {cli, text, fb_cli_value(cli, "json") != NULL};
    return fb_docket_each(docket, (uint64_t[2]){first, UINT64_MAX}, list_record, &listing, err);
}

static enum fb_code log_list(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    return list_records(cli, docket, 0, text, err);
}

static enum fb_code log_tail(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    uint64_t wanted = 10, all;
    const char *count = fb_cli_value(cli, "count");
    if (count && !fb_str_u64(fb_str_of(count), &wanted)) {
        return fb_cli_misused(cli, err, "'%s' is no number of records", count);
    }
    enum fb_code code = fb_ledger_size(fb_docket_ledger(docket), &all, err);
    if (code != FB_OK) {
        return code;
    }
    return list_records(cli, docket, wanted < all ? all - wanted : 0, text, err);
}

static enum fb_code log_key(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    (void)cli;
    (void)err;
    fb_note_verifier_format(fb_ledger_verifier(fb_docket_ledger(docket)), text);
    fb_buf_add_char(text, '\n');
    return FB_OK;
}

static enum fb_code log_signers(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    struct fb_registry *registry = NULL;
    enum fb_code code = fb_docket_keys(docket, &registry, err);
    if (code == FB_OK) {
        code = fb_cli_value(cli, "revoked") ? fb_registry_revoked_keys(registry, text, err)
                                            : fb_registry_allowed_signers(registry, text, err);
    }
    fb_registry_free(registry);
    return code;
}

/* What a part reads before it begins. */
enum needs { NOTHING, LEDGER };

/* Brings the index up to date. */
static enum fb_code log_index(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    uint64_t size = 0;
    fb_cli_progress("indexing");
    enum fb_code code = fb_docket_index(docket, true, &size, err);
    fb_cli_progress(NULL);
    if (code == FB_OK && fb_cli_value(cli, "json")) {
        struct fb_json_writer w;
        fb_json_writer_init(&w, text, 2);
        fb_json_open_object(&w);
        fb_json_key_int(&w, "entries", (int64_t)size);
        fb_json_close_object(&w);
        fb_buf_add_char(text, '\n');
    } else if (code == FB_OK) {
        fb_buf_addf(text, "%llu entr%s indexed\n", (unsigned long long)size,
            size == 1 ? "y is" : "ies are");
    }
    return code;
}

/* Everything that `log` does. */
static const struct part {
    const char *name;
    fb_cli_log_part run;
    size_t arguments[2]; /* after its name: at least and at most */
    enum needs needs;
} parts[] = {
    {"verify", log_verify, {0, 0}, LEDGER},
    {"list", log_list, {0, 0}, LEDGER},
    {"tail", log_tail, {0, 0}, LEDGER},
    {"checkpoint", fb_cli_log_checkpoint, {0, 0}, LEDGER},
    {"key", log_key, {0, 0}, LEDGER},
    {"signers", log_signers, {0, 0}, LEDGER},
    {"index", log_index, {0, 0}, LEDGER},
    {"export", fb_cli_log_export, {1, 1}, LEDGER},
    {"prove", fb_cli_log_prove, {1, 1}, LEDGER},
    {"check", fb_cli_log_check, {1, 1}, NOTHING},
    {"follow", fb_cli_log_follow, {1, 1}, NOTHING},
    {"witness", fb_cli_log_witness, {0, FB_ASK_MAX}, LEDGER},
    {"serve", fb_cli_log_serve, {1, 1}, NOTHING},
};

static const struct part *find_part(const char *name)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(parts[i].name, name) == 0) {
            return &parts[i];
        }
    }
    return NULL;
}

enum fb_code cmd_log(struct fb_cli *cli, struct fb_err *err)
{
    enum fb_code code = fb_cli_want(cli, 1, SIZE_MAX, err);
    if (code != FB_OK) {
        return code;
    }
    const struct part *part = find_part(cli->arguments[0]);
    if (!part) {
        return fb_cli_misused(cli, err, "'%s' is not something `log` does", cli->arguments[0]);
    }
    struct fb_docket *docket = NULL;
    struct fb_buf text;
    fb_buf_init(&text, (size_t)1 << 30);
    code = fb_cli_want(cli, 1 + part->arguments[0], 1 + part->arguments[1], err);
    if (code == FB_OK && part->needs != NOTHING) {
        code = fb_cli_open_log(cli, &docket, err);
    }
    if (code == FB_OK) {
        code = part->run(cli, docket, &text, err);
    }
    /* What was found is printed although the answer is no. */
    struct fb_err failure;
    fb_err_init(&failure);
    if (code == FB_OK || code == FB_E_NEGATIVE) {
        enum fb_code printed = fb_cli_print(cli, &text, &failure);
        if (printed != FB_OK && code == FB_OK) {
            *err = failure;
            code = printed;
        }
    }
    fb_buf_release(&text);
    fb_docket_close(docket);
    return code;
}

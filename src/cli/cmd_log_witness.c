/* cmd_log_witness.c: the parts of `flyball log` that talk to other machines. */
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "cli/cmd_log.h"
#include "cli/serving.h"
#include "ledger/ask.h"
#include "ledger/cosigned.h"
#include "serve/folder_server.h"
#include "serve/http_client.h"

/* Where a folder is served by default. */
static const char log_address[] = "127.0.0.1:8000";

/* Whom to ask, and what that is for. */
struct round {
    struct fb_trust trust;
    struct fb_ask asks[FB_ASK_MAX];
    struct fb_str names[FB_ASK_MAX]; /* as the policy has them */
    size_t count;
    uint64_t size; /* of the checkpoint */
    struct fb_trusted found;
    bool is_met;
    struct fb_err why; /* when it is not met */
};

static bool is_wanted(const struct fb_cli *cli, struct fb_str url)
{
    for (size_t i = 1; i < cli->argument_count; i++) {
        if (fb_str_is(url, cli->arguments[i])) {
            return true;
        }
    }
    return cli->argument_count == 1;
}

static void add_ask(struct round *round, const struct fb_trust_name *name, struct fb_str url)
{
    FB_ASSERT(round->count < FB_ASK_MAX);
    struct fb_ask *ask = &round->asks[round->count];
    round->names[round->count++] = name->name;
    ask->key = round->trust.keys[name->key];
    ask->url = url;
}

/* One witness, from its address and --key. */
static enum fb_code add_single(const struct fb_cli *cli, struct round *round, struct fb_err *err)
{
    struct fb_note_verifier key;
    if (cli->argument_count != 2) {
        return fb_cli_misused(cli, err, "--key goes with the URL of one witness");
    }
    enum fb_code code = fb_note_verifier_parse(fb_str_of(fb_cli_value(cli, "key")), &key, err);
    if (code == FB_OK) {
        code = fb_trust_add_witness(&round->trust, FB_STR("witness"), &key, err);
    }
    if (code == FB_OK) {
        add_ask(round, &round->trust.names[0], fb_str_of(cli->arguments[1]));
    }
    return code;
}

static enum fb_code choose(const struct fb_cli *cli, struct fb_docket *docket, struct round *round,
    struct fb_buf *source, struct fb_err *err)
{
    const char *policy = fb_cli_value(cli, "policy");
    fb_trust_init(&round->trust);
    for (size_t i = 1; i < cli->argument_count; i++) {
        if (!fb_url_is(cli->arguments[i])) {
            return fb_cli_misused(cli, err, "'%s' is no URL of http or https", cli->arguments[i]);
        }
    }
    if (!policy == !fb_cli_value(cli, "key")) {
        fb_cli_misused(cli, err, "the witnesses to ask are missing");
        return fb_err_hint(
            err, "Give a URL with --key and the witness's key, or --policy with witnesses.");
    }
    enum fb_code code = policy ? fb_cli_read_policy(policy, &round->trust, source, err)
                               : add_single(cli, round, err);
    for (size_t i = 0; code == FB_OK && policy && i < round->trust.name_count; i++) {
        const struct fb_trust_name *name = &round->trust.names[i];
        if (name->needed == 0 && name->url.len > 0 && is_wanted(cli, name->url)) {
            add_ask(round, name, name->url);
        }
    }
    if (code == FB_OK && round->trust.logs == 0) {
        code = fb_trust_add_log(&round->trust, fb_ledger_verifier(fb_docket_ledger(docket)), err);
    }
    if (code == FB_OK && round->count == 0) {
        code = fb_err_set(
            err, FB_E_NOT_FOUND, "the policy '%s' has no witness with such a URL", policy);
        fb_err_hint(err, "A line of it is `witness NAME VKEY URL`.");
    }
    return code;
}

/* Keeps what came, and applies the policy to what there is now. */
static enum fb_code conclude(struct fb_docket *docket, const struct fb_cosigned *kept,
    struct fb_str note, struct fb_str lines, struct round *round, struct fb_err *err)
{
    struct fb_buf text;
    struct fb_cosigned now;
    fb_buf_init(&text, FB_COSIGNED_FILE_MAX);
    fb_err_init(&round->why);
    enum fb_code code = fb_cosigned_add(kept, note, lines, &text, err);
    if (code == FB_OK) {
        code = fb_cosigned_parse(fb_buf_str(&text), &now, err);
    }
    if (code == FB_OK && lines.len > 0) {
        code = fb_io_write(fb_docket_cosigned(docket), fb_buf_str(&text), 0644, err);
    }
    for (size_t i = 0; code == FB_OK && i < now.count; i++) {
        if (now.sizes[i] == round->size) {
            enum fb_code met =
                fb_trust_check(&round->trust, now.notes[i], &round->found, &round->why);
            round->is_met = met == FB_OK;
            code = met == FB_OK || met == FB_E_SIGNATURE ? FB_OK : met;
        }
    }
    if (code != FB_OK && err->code != code) {
        *err = round->why;
    }
    fb_buf_release(&text);
    return code;
}

static enum fb_code ask_all(struct fb_docket *docket, struct round *round, struct fb_err *err)
{
    struct fb_ledger *ledger = fb_docket_ledger(docket);
    struct fb_http_options defaults = {.total_ms = 30000};
    struct fb_http_client *client = NULL;
    struct fb_cosigned kept;
    struct fb_checkpoint checkpoint;
    struct fb_str text, own;
    struct fb_buf note, source, lines;
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_buf_init(&source, FB_COSIGNED_FILE_MAX);
    fb_buf_init(&lines, FB_NOTE_MAX);
    enum fb_code code = fb_cosigned_read(fb_docket_cosigned(docket), ledger, &source, &kept, err);
    if (code == FB_OK) {
        code = fb_ledger_checkpoint(ledger, &note, err);
    }
    if (code == FB_OK) {
        code = fb_note_split(fb_buf_str(&note), &text, &own, err);
    }
    if (code == FB_OK) {
        code = fb_checkpoint_parse(text, &checkpoint, err);
    }
    if (code == FB_OK) {
        code = fb_http_client_new(&defaults, &client, err);
    }
    if (code == FB_OK) {
        struct fb_transport transport = fb_http_client_transport(client);
        round->size = checkpoint.size;
        for (size_t i = 0; i < round->count; i++) {
            round->asks[i].old_size = fb_cosigned_size_by(&kept, &round->asks[i].key);
        }
        fb_cli_progress("asking %zu witnesses", round->count);
        code = fb_ask_witnesses(
            ledger, fb_buf_str(&note), &transport, round->asks, round->count, &lines, err);
        fb_cli_progress(NULL);
    }
    if (code == FB_OK) {
        code = conclude(docket, &kept, fb_buf_str(&note), fb_buf_str(&lines), round, err);
    }
    fb_http_client_free(client);
    fb_buf_release(&lines);
    fb_buf_release(&source);
    fb_buf_release(&note);
    return code;
}

static void answer_json(const struct round *round, struct fb_buf *text)
{
    struct fb_json_writer w;
    char at[FB_TIME_TEXT];
    fb_json_writer_init(&w, text, 2);
    fb_json_open_object(&w);
    fb_json_key_int(&w, "entries", (int64_t)round->size);
    fb_json_key_bool(&w, "quorum", round->is_met);
    fb_json_key(&w, "witnesses");
    fb_json_open_array(&w);
    for (size_t i = 0; i < round->count; i++) {
        const struct fb_ask *ask = &round->asks[i];
        fb_json_open_object(&w);
        fb_json_key_str(&w, "name", round->names[i]);
        fb_json_key_c(&w, "key", ask->key.name);
        fb_json_key_str(&w, "url", ask->url);
        fb_json_key_bool(&w, "cosigned", ask->is_cosigned);
        if (ask->status) {
            fb_json_key_int(&w, "status", ask->status);
        }
        if (ask->is_cosigned) {
            fb_json_key_c(&w, "at", fb_time_format(fb_time_of_seconds(ask->at_s), at));
        } else {
            fb_json_key(&w, "error");
            fb_json_open_object(&w);
            fb_cli_error_members(&w, &ask->err);
            fb_json_close_object(&w);
        }
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(text, '\n');
}

static void answer_text(const struct round *round, struct fb_buf *text)
{
    size_t cosigned = 0;
    char at[FB_TIME_TEXT];
    for (size_t i = 0; i < round->count; i++) {
        cosigned += round->asks[i].is_cosigned;
    }
    fb_buf_addf(text, "%llu entries: %zu of %zu witnesses cosigned, the quorum is %smet\n",
        (unsigned long long)round->size, cosigned, round->count, round->is_met ? "" : "not ");
    for (size_t i = 0; i < round->count; i++) {
        const struct fb_ask *ask = &round->asks[i];
        fb_buf_addf(text, "  %-9s %s  %s\n", ask->is_cosigned ? "cosigned" : "failed",
            ask->key.name,
            ask->is_cosigned ? fb_time_format(fb_time_of_seconds(ask->at_s), at)
                             : ask->err.message);
        if (!ask->is_cosigned && ask->err.hint[0]) {
            fb_buf_addf(text, "            %s\n", ask->err.hint);
        }
    }
}

enum fb_code fb_cli_log_witness(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    static struct round round;
    struct fb_buf source;
    fb_buf_init(&source, FB_TRUST_MAX);
    round = (struct round){.count = 0};
    enum fb_code code = choose(cli, docket, &round, &source, err);
    if (code == FB_OK) {
        code = ask_all(docket, &round, err);
    }
    if (code == FB_OK) {
        (fb_cli_value(cli, "json") ? answer_json : answer_text)(&round, text);
        if (!round.is_met) {
            code = fb_err_set(err, FB_E_NEGATIVE, "%s", round.why.message);
        }
    }
    fb_buf_release(&source);
    return code;
}

enum fb_code fb_cli_log_serve(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err)
{
    (void)docket;
    (void)text;
    struct fb_cli_serving serving;
    struct fb_folder_server folder = {.dir = cli->arguments[1]};
    struct fb_server_options options = {
        .body_max = 0, .handle = fb_folder_server_handle, .ctx = &folder};
    if (!fb_io_exists(folder.dir)) {
        fb_err_set(err, FB_E_NOT_FOUND, "there is no folder '%s'", folder.dir);
        return fb_err_hint(err, "Make it with `flyball log export DIR`.");
    }
    enum fb_code code = fb_cli_serving_open(cli, log_address, &serving, err);
    if (code == FB_OK) {
        code = fb_cli_serving_run(cli, &serving, &options, err);
        fb_cli_serving_close(&serving);
    }
    return code;
}

/* cmd_witness.c: being a witness of other people's logs. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "cli/cmd_log.h"
#include "cli/serving.h"
#include "ledger/witness.h"
#include "serve/witness_server.h"
#include "store/store.h"

/* Where a witness is served by default, and what the name of one begins with whose clock may be
 * another than the machine's. */
static const char witness_address[] = "127.0.0.1:7380";
static const char simulated[] = "simulated/";

/* A witness's folder: DIR/witness.key and DIR/witness.db. */
struct home {
    char key[FB_IO_PATH_MAX];
    char memory[FB_IO_PATH_MAX];
    struct fb_note_signer signer;
};

static enum fb_code paths_of(const char *dir, struct home *out, struct fb_err *err)
{
    int key = snprintf(out->key, sizeof(out->key), "%s/witness.key", dir);
    int memory = snprintf(out->memory, sizeof(out->memory), "%s/witness.db", dir);
    if (key < 0 || memory < 0 || (size_t)key >= sizeof(out->key) ||
        (size_t)memory >= sizeof(out->memory)) {
        return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", dir);
    }
    return FB_OK;
}

static enum fb_code read_key(const char *dir, struct home *out, struct fb_err *err)
{
    enum fb_code code = paths_of(dir, out, err);
    if (code == FB_OK) {
        code = fb_note_signer_read(out->key, FB_NOTE_COSIGNATURE, &out->signer, err);
        if (code == FB_E_NOT_FOUND) {
            fb_err_set(err, code, "there is no witness in '%s'", dir);
            fb_err_hint(err, "Make one with `flyball witness init DIR --name NAME`.");
        }
    }
    return code;
}

static enum fb_code open_witness(
    const struct fb_cli *cli, const struct home *home, struct fb_witness **out, struct fb_err *err)
{
    struct fb_clock clock = fb_cli_clock(cli);
    if (cli->has_clock && strncmp(home->signer.verifier.name, simulated, strlen(simulated)) != 0) {
        fb_err_set(
            err, FB_E_USAGE, "the witness '%s' has a real clock", home->signer.verifier.name);
        return fb_err_hint(err, "--clock is for witnesses whose name begins with %s.", simulated);
    }
    enum fb_code code = fb_witness_open(home->memory, &home->signer, &clock, out, err);
    if (code == FB_E_NOT_FOUND) {
        fb_err_hint(err, "A key whose memory is lost must not cosign again: make a new witness.");
    }
    return code;
}

static void add_key(const struct home *home, struct fb_buf *text)
{
    fb_note_verifier_format(&home->signer.verifier, text);
    fb_buf_add_char(text, '\n');
}

static enum fb_code witness_init(const struct fb_cli *cli, struct fb_buf *text, struct fb_err *err)
{
    const char *dir = cli->arguments[1], *name = fb_cli_value(cli, "name");
    struct home home;
    if (!name) {
        fb_cli_misused(cli, err, "the witness needs a --name");
        return fb_err_hint(err, "Use an address without a scheme, as witness.example.org/w1.");
    }
    enum fb_code code = paths_of(dir, &home, err);
    if (code == FB_OK && (fb_io_exists(home.key) || fb_io_exists(home.memory))) {
        fb_err_set(err, FB_E_DUPLICATE, "there is a witness, or a part of one, in '%s'", dir);
        code = fb_err_hint(err, "Name another folder: a key and its memory belong together.");
    }
    if (code == FB_OK) {
        code = fb_note_cosigner_generate(fb_str_of(name), &home.signer, err);
    }
    if (code != FB_OK) {
        return code;
    }
    /* The key last: it is never there without its memory. */
    code = fb_io_mkdir(dir, 0700, err);
    if (code == FB_OK) {
        code = fb_witness_create(home.memory, &home.signer, err);
    }
    if (code == FB_OK) {
        code = fb_note_signer_write(&home.signer, home.key, err);
        if (code != FB_OK) {
            fb_store_remove_sqlite(home.memory);
        }
    }
    if (code == FB_OK) {
        add_key(&home, text);
    }
    fb_note_signer_wipe(&home.signer);
    return code;
}

static enum fb_code witness_key(const struct fb_cli *cli, struct fb_buf *text, struct fb_err *err)
{
    struct home home;
    enum fb_code code = read_key(cli->arguments[1], &home, err);
    if (code == FB_OK) {
        add_key(&home, text);
        fb_note_signer_wipe(&home.signer);
    }
    return code;
}

/* Adds or drops one log, named by its key and maybe its origin. */
static enum fb_code change_one(const struct fb_cli *cli, struct fb_witness *witness,
    bool is_addition, struct fb_buf *text, struct fb_err *err)
{
    struct fb_note_verifier key;
    enum fb_code code = fb_note_verifier_parse(fb_str_of(cli->arguments[2]), &key, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_str origin = fb_str_of(cli->argument_count > 3 ? cli->arguments[3] : key.name);
    code = is_addition ? fb_witness_add_log(witness, origin, &key, err)
                       : fb_witness_drop_log(witness, origin, &key, err);
    if (code == FB_OK) {
        fb_buf_addf(text, "%s %.*s\n", is_addition ? "added" : "dropped", FB_STR_ARG(origin));
    }
    return code;
}

/* Adds the logs of --policy that are not known yet. */
static enum fb_code add_all(
    const struct fb_cli *cli, struct fb_witness *witness, struct fb_buf *text, struct fb_err *err)
{
    static struct fb_trust trust;
    struct fb_buf source;
    fb_buf_init(&source, FB_TRUST_MAX);
    enum fb_code code = fb_cli_read_policy(fb_cli_value(cli, "policy"), &trust, &source, err);
    for (size_t i = 0; code == FB_OK && i < trust.key_count; i++) {
        if (!(trust.logs >> i & 1)) {
            continue;
        }
        code = fb_witness_add_log(witness, fb_str_of(trust.keys[i].name), &trust.keys[i], err);
        bool is_known = code == FB_E_DUPLICATE;
        code = is_known ? FB_OK : code;
        fb_buf_addf(text, "%s %s\n", is_known ? "known" : "added", trust.keys[i].name);
    }
    fb_buf_release(&source);
    return code;
}

static enum fb_code witness_change(
    const struct fb_cli *cli, bool is_addition, struct fb_buf *text, struct fb_err *err)
{
    struct home home;
    struct fb_witness *witness = NULL;
    bool has_policy = is_addition && fb_cli_value(cli, "policy");
    if (has_policy == (cli->argument_count > 2)) {
        fb_cli_misused(cli, err, "the key of the log is missing, or is there beside --policy");
        return fb_err_hint(err, "The log's keeper prints it with `flyball log key`.");
    }
    enum fb_code code = read_key(cli->arguments[1], &home, err);
    if (code != FB_OK) {
        return code;
    }
    code = open_witness(cli, &home, &witness, err);
    if (code == FB_OK) {
        code = has_policy ? add_all(cli, witness, text, err)
                          : change_one(cli, witness, is_addition, text, err);
    }
    fb_witness_close(witness);
    fb_note_signer_wipe(&home.signer);
    return code;
}

static enum fb_code witness_add(const struct fb_cli *cli, struct fb_buf *text, struct fb_err *err)
{
    return witness_change(cli, true, text, err);
}

static enum fb_code witness_drop(const struct fb_cli *cli, struct fb_buf *text, struct fb_err *err)
{
    return witness_change(cli, false, text, err);
}

/* Where the list is written. */
struct list {
    struct fb_buf *text;
    struct fb_json_writer json;
    bool is_json;
};

static void list_json(struct list *list, const struct fb_witness_log *log, const char *at)
{
    struct fb_json_writer *w = &list->json;
    struct fb_buf key;
    fb_json_open_object(w);
    fb_json_key_str(w, "origin", log->origin);
    fb_json_key_c(w, "hash", log->hash);
    fb_json_key(w, "keys");
    fb_json_open_array(w);
    for (size_t i = 0; i < log->key_count; i++) {
        fb_buf_init(&key, 1024);
        fb_note_verifier_format(&log->keys[i], &key);
        fb_json_str(w, fb_buf_str(&key));
        fb_buf_release(&key);
    }
    fb_json_close_array(w);
    if (log->is_cosigned) {
        fb_json_key_int(w, "entries", (int64_t)log->size);
        fb_json_key_c(w, "cosigned", at);
    }
    fb_json_key_bool(w, "forked", log->is_forked);
    fb_json_close_object(w);
}

static enum fb_code list_log(void *ctx, const struct fb_witness_log *log, struct fb_err *err)
{
    struct list *list = ctx;
    char at[FB_TIME_TEXT] = "never";
    if (log->is_cosigned) {
        fb_time_format(fb_time_of_seconds(log->at_s), at);
    }
    if (list->is_json) {
        list_json(list, log, at);
    } else {
        fb_buf_addf(list->text, "%10llu  %-20s  %.*s%s\n", (unsigned long long)log->size, at,
            FB_STR_ARG(log->origin), log->is_forked ? "  (signed two histories)" : "");
    }
    return fb_buf_check(list->text, "the list of logs", err);
}

static enum fb_code witness_list(const struct fb_cli *cli, struct fb_buf *text, struct fb_err *err)
{
    struct home home;
    struct fb_witness *witness = NULL;
    struct list list = {.text = text, .is_json = fb_cli_value(cli, "json") != NULL};
    enum fb_code code = read_key(cli->arguments[1], &home, err);
    if (code != FB_OK) {
        return code;
    }
    code = open_witness(cli, &home, &witness, err);
    if (list.is_json) {
        fb_json_writer_init(&list.json, text, 2);
        fb_json_open_array(&list.json);
    }
    if (code == FB_OK) {
        code = fb_witness_each(witness, list_log, &list, err);
    }
    if (list.is_json) {
        fb_json_close_array(&list.json);
        fb_buf_add_char(text, '\n');
    }
    fb_witness_close(witness);
    fb_note_signer_wipe(&home.signer);
    return code;
}

/* One line for each request that was answered; it runs on the server's thread. */
static void print_seen(void *ctx, const struct fb_witness_seen *seen)
{
    const struct fb_cli *cli = ctx;
    struct fb_clock clock = fb_cli_clock(cli);
    char at[FB_TIME_TEXT], about[400];
    (void)snprintf(about, sizeof(about), "%s", seen->about);
    fb_cli_clean(about);
    fprintf(cli->out, "%s %u %s\n", fb_time_format(fb_clock_now(&clock), at), seen->status, about);
    (void)fflush(cli->out);
    if (seen->err) {
        fb_cli_complain(seen->err);
    }
}

static enum fb_code witness_serve(const struct fb_cli *cli, struct fb_buf *text, struct fb_err *err)
{
    (void)text;
    struct home home;
    struct fb_cli_serving serving = {.socket = -1};
    struct fb_witness *witness = NULL;
    /* In this order: the key and the port may need root, the memory belongs to the user. */
    enum fb_code code = read_key(cli->arguments[1], &home, err);
    if (code != FB_OK) {
        return code;
    }
    code = fb_cli_serving_open(cli, witness_address, &serving, err);
    if (code == FB_OK) {
        code = open_witness(cli, &home, &witness, err);
    }
    if (code == FB_OK) {
        struct fb_witness_server server = {
            .witness = witness, .tell = print_seen, .ctx = (void *)(uintptr_t)cli};
        struct fb_server_options options = {
            .body_max = FB_ADD_REQUEST_MAX, .handle = fb_witness_server_handle, .ctx = &server};
        code = fb_cli_serving_run(cli, &serving, &options, err);
    }
    fb_cli_serving_close(&serving);
    fb_witness_close(witness);
    fb_note_signer_wipe(&home.signer);
    return code;
}

/* Everything that `witness` does. */
static const struct part {
    const char *name;
    enum fb_code (*run)(const struct fb_cli *cli, struct fb_buf *text, struct fb_err *err);
    size_t arguments; /* at most, with its name; two are needed */
} parts[] = {
    {"init", witness_init, 2},
    {"key", witness_key, 2},
    {"add-log", witness_add, 4},
    {"drop-log", witness_drop, 4},
    {"list", witness_list, 2},
    {"serve", witness_serve, 2},
};

enum fb_code cmd_witness(struct fb_cli *cli, struct fb_err *err)
{
    enum fb_code code = fb_cli_want(cli, 1, SIZE_MAX, err);
    if (code != FB_OK) {
        return code;
    }
    const struct part *part = NULL;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        part = strcmp(parts[i].name, cli->arguments[0]) == 0 ? &parts[i] : part;
    }
    if (!part) {
        return fb_cli_misused(cli, err, "'%s' is not something `witness` does", cli->arguments[0]);
    }
    struct fb_buf text;
    fb_buf_init(&text, (size_t)1 << 30);
    code = fb_cli_want(cli, 2, part->arguments, err);
    if (code == FB_OK) {
        code = part->run(cli, &text, err);
    }
    if (code == FB_OK) {
        code = fb_cli_print(cli, &text, err);
    }
    fb_buf_release(&text);
    return code;
}

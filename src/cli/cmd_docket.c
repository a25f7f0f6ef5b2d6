/* cmd_docket.c: init, party, add, show, schema: what fills a docket and what is in it. */
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "cli/cli.h"
#include "ingest/judgements.h"
#include "record/schema.h"

enum { ARENA_MAX = 1 << 30, STDIN_MAX = 64 << 20 };

static struct fb_docket_party party_of(const struct fb_cli *cli, struct fb_str id)
{
    return (struct fb_docket_party){.id = id,
        .title = fb_cli_text(cli, "title").len ? fb_cli_text(cli, "title") : id,
        .role = fb_cli_text(cli, "role"),
        .country = fb_cli_text(cli, "country")};
}

/* The last part of a path: the name of a docket that was given none. */
static struct fb_str last_part(struct fb_str path)
{
    while (path.len > 1 && path.ptr[path.len - 1] == '/') {
        path.len--;
    }
    size_t start = 0;
    for (size_t at; (at = fb_str_find(path, '/', start)) < path.len;) {
        start = at + 1;
    }
    struct fb_str part = fb_str_sub(path, start, path.len);
    return part.len == 0 || part.ptr[0] == '.' ? FB_STR("docket") : part;
}

enum fb_code cmd_init(struct fb_cli *cli, struct fb_err *err)
{
    enum fb_code code = fb_cli_want(cli, 0, 1, err);
    if (code != FB_OK) {
        return code;
    }
    const char *path = cli->argument_count ? cli->arguments[0] : cli->docket ? cli->docket : ".";
    struct fb_str name = fb_cli_text(cli, "name");
    if (!fb_cli_value(cli, "party") || !fb_cli_value(cli, "role")) {
        fb_err_set(err, FB_E_USAGE, "a docket needs a first party, who keeps it");
        return fb_err_hint(err,
            "Write, for example, `flyball init %s --party institute --title "
            "\"Example Institute\" --role regulator`.",
            path);
    }
    bool simulated = fb_cli_value(cli, "simulated") != NULL;
    if (cli->has_clock && !simulated) {
        return fb_cli_misused(cli, err, "`--clock` is only for dockets made with --simulated");
    }
    struct fb_docket_party party = party_of(cli, fb_cli_text(cli, "party"));
    struct fb_clock clock = fb_cli_clock(cli);
    struct fb_docket_make make = {.name = name.len ? name : last_part(fb_str_of(path)),
        .simulated = simulated,
        .store = fb_cli_text(cli, "store")};
    if (fb_cli_value(cli, "store") && make.store.len == 0) {
        return fb_cli_misused(cli, err, "`--store` names no place");
    }
    code = fb_docket_init(path, &make, &party, &clock, err);
    if (code == FB_OK) {
        fprintf(cli->out, "docket '%s' made%s; its keys are in '%s/keys': guard them\n", path,
            simulated ? " (simulated clock)" : "", path);
    }
    return code;
}

enum fb_code cmd_party(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_docket *docket = NULL;
    enum fb_code code = fb_cli_want(cli, 1, 1, err);
    if (code == FB_OK && !fb_cli_value(cli, "role")) {
        code = fb_cli_misused(cli, err, "a party needs a role");
    }
    if (code == FB_OK) {
        code = fb_cli_open(cli, &docket, err);
    }
    if (code == FB_OK) {
        struct fb_docket_party party = party_of(cli, fb_str_of(cli->arguments[0]));
        code = fb_docket_introduce(docket, &party, err);
    }
    if (code == FB_OK) {
        fprintf(
            cli->out, "party '%s' introduced, with a signing key of its own\n", cli->arguments[0]);
    }
    fb_docket_close(docket);
    return code;
}

static void print_added(
    const struct fb_cli *cli, const char *path, const struct fb_docket_added *added)
{
    char at[FB_TIME_TEXT];
    if (fb_cli_value(cli, "json")) {
        struct fb_buf text;
        struct fb_json_writer w;
        fb_buf_init(&text, (size_t)1 << 30);
        fb_json_writer_init(&w, &text, 0);
        fb_json_open_object(&w);
        fb_json_key_c(&w, "file", path);
        fb_json_key_c(&w, "format", added->format);
        fb_json_key_c(&w, "admitted", fb_time_format(added->admitted, at));
        fb_json_key_int(&w, "first_seq", (int64_t)added->first_seq);
        fb_json_key(&w, "records");
        fb_json_open_array(&w);
        for (size_t i = 0; i < added->count; i++) {
            fb_json_str(&w, added->ids[i]);
        }
        fb_json_close_array(&w);
        fb_json_close_object(&w);
        fprintf(cli->out, "%.*s\n", FB_STR_ARG(fb_buf_str(&text)));
        fb_buf_release(&text);
        return;
    }
    char name[1024];
    (void)snprintf(name, sizeof(name), "%s", path);
    fb_cli_clean(name);
    fprintf(cli->out, "%s: %s, %zu record%s\n", name, added->format, added->count,
        added->count == 1 ? "" : "s");
    enum { SHOWN = 12 };
    for (size_t i = 0; i < added->count && i < SHOWN; i++) {
        fprintf(cli->out, "  #%llu %.*s\n", (unsigned long long)(added->first_seq + i),
            FB_STR_ARG(added->ids[i]));
    }
    if (added->count > SHOWN) {
        fprintf(cli->out, "  and %zu more\n", added->count - SHOWN);
    }
}

enum fb_code fb_cli_judge(const struct fb_cli *cli, struct fb_arena *arena,
    struct fb_judge_record *out, bool *out_set, struct fb_err *err)
{
    const char *path = fb_cli_value(cli, "judge");
    struct fb_judgements judgements;
    *out_set = path != NULL;
    if (!path) {
        return FB_OK;
    }
    enum fb_code code = fb_judgements_read(path, arena, &judgements, err);
    code = code ? code : fb_judgements_count(&judgements, out, err);
    if (code != FB_OK) {
        fb_err_place(err, path, 0, 0, -1);
        return code;
    }
    const char *slash = strrchr(path, '/');
    out->from = fb_str_sub(fb_str_of(slash ? slash + 1 : path), 0, 200);
    return FB_OK;
}

/* Adds a file, or what standard input gives for "-". */
static enum fb_code add_one(const struct fb_cli *cli, struct fb_docket *docket, const char *path,
    const struct fb_docket_add *options, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_buf text;
    struct fb_docket_added added;
    struct fb_docket_add how = *options;
    enum fb_code code = FB_OK;
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&text, STDIN_MAX);
    if (strcmp(path, "-") == 0) {
        path = "standard input";
        code = fb_io_read("-", &text, err);
        if (code == FB_E_LIMIT) {
            fb_err_hint(err, "Put it into a file, and add that.");
        }
        how.text = text.ptr ? fb_buf_str(&text) : FB_STR("");
    }
    code = code == FB_OK ? fb_docket_add_file(docket, path, &how, &arena, &added, err) : code;
    if (code == FB_OK) {
        print_added(cli, path, &added);
    }
    fb_buf_release(&text);
    fb_arena_release(&arena);
    return code;
}

enum fb_code cmd_add(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_docket *docket = NULL;
    struct fb_arena tables;
    struct fb_judge_record judge = {0};
    bool has_judge = false;
    fb_arena_init(&tables, ARENA_MAX);
    enum fb_code code = fb_cli_want(cli, 1, SIZE_MAX, err);
    code = code ? code : fb_cli_judge(cli, &tables, &judge, &has_judge, err);
    if (code == FB_OK) {
        code = fb_cli_open_to_add(cli, &docket, err);
    }
    struct fb_docket_add options;
    if (code == FB_OK) {
        options = (struct fb_docket_add){.issuer = fb_cli_text(cli, "as"),
            .ingest = {.subject = fb_cli_text(cli, "subject"),
                .model = fb_cli_text(cli, "model"),
                .elicitation = fb_cli_text(cli, "elicitation"),
                .cluster = fb_cli_text(cli, "cluster"),
                .judge = has_judge ? &judge : NULL,
                .name = fb_cli_text(cli, "case-name")}};
    }
    for (size_t i = 0; code == FB_OK && i < cli->argument_count; i++) {
        fb_cli_progress("reading %s (%zu of %zu)", cli->arguments[i], i + 1, cli->argument_count);
        code = add_one(cli, docket, cli->arguments[i], &options, err);
        fb_cli_progress(NULL);
        if (code != FB_OK && i > 0 && err->hint[0] == 0) {
            fb_err_hint(err, "The %zu files before it were added.", i);
        }
    }
    fb_docket_close(docket);
    fb_arena_release(&tables);
    return code;
}

/* What a signature is for, behind its key. */
static const char *text_of_part(enum fb_registry_part part)
{
    static const char *const texts[] = {[FB_PART_ISSUER] = "the issuer's",
        [FB_PART_ASKED] = "one that was asked for",
        [FB_PART_UNASKED] = "not of a party that was asked: it does not count",
        [FB_PART_NOTHING] = "nothing asks for it"};
    return texts[part];
}

/* Whose signatures a record has, and whether they count. */
static void add_signers(
    const struct fb_registry *registry, const struct fb_record *record, struct fb_buf *text)
{
    for (size_t i = 0; i < fb_registry_signer_count(registry, record); i++) {
        struct fb_registry_signer by;
        char when[FB_TIME_TEXT];
        if (!fb_registry_signer(registry, record, i, &by)) {
            continue;
        }
        fb_buf_addf(text, "signature %zu: %.*s, %.*s; %s", i + 1, FB_STR_ARG(by.party),
            FB_STR_ARG(fb_record_text(by.key, "fingerprint")), text_of_part(by.part));
        if (by.revoked != FB_TIME_MAX) {
            fb_buf_addf(text, "; the key is revoked from %s on: it %s",
                fb_time_format(by.revoked, when),
                by.counts ? "was admitted before and counts" : "does not count");
        } else if (!by.counts) {
            fb_buf_add_c(text, "; the key rests on one that was revoked: it does not count");
        }
        fb_buf_add_char(text, '\n');
    }
}

/* Prints one entry of the ledger: whole, or the part that was asked for. */
static enum fb_code show_entry(const struct fb_cli *cli, struct fb_docket *docket,
    const struct fb_record *record, struct fb_err *err)
{
    struct fb_buf bytes, text;
    fb_ledger_entry entry;
    struct fb_entry decoded;
    fb_buf_init(&bytes, FB_LEDGER_ENTRY_MAX);
    fb_buf_init(&text, (size_t)1 << 20);
    enum fb_code code = fb_ledger_read(fb_docket_ledger(docket), record->seq, &entry, &bytes, err);
    if (code == FB_OK) {
        code = fb_entry_decode(fb_buf_str(&bytes), &decoded, err);
    }
    if (code == FB_OK && fb_cli_value(cli, "statement")) {
        fb_buf_add_str(&text, decoded.statement);
    } else if (code == FB_OK && fb_cli_value(cli, "signature")) {
        fb_buf_add_str(&text, decoded.signatures[0]);
    } else if (code == FB_OK) {
        fb_buf_addf(&text, "entry %llu\n", (unsigned long long)record->seq);
        fb_buf_add_str(&text, fb_buf_str(&bytes));
        add_signers(fb_docket_registry(docket), record, &text);
    }
    if (code == FB_OK) {
        code = fb_cli_print(cli, &text, err);
    }
    fb_buf_release(&text);
    fb_buf_release(&bytes);
    return code;
}

enum fb_code cmd_show(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_docket *docket = NULL;
    enum fb_code code = fb_cli_want(cli, 1, 1, err);
    if (code == FB_OK) {
        code = fb_cli_open(cli, &docket, err);
    }
    if (code == FB_OK) {
        const struct fb_record *record = fb_cli_record(docket, fb_str_of(cli->arguments[0]), err);
        code = record ? show_entry(cli, docket, record, err) : err->code;
    }
    fb_docket_close(docket);
    return code;
}

enum fb_code cmd_schema(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, (size_t)1 << 24);
    enum fb_code code = fb_cli_want(cli, 0, 1, err);
    if (code == FB_OK && cli->argument_count == 0) {
        for (int kind = 1; kind < FB_KIND_END; kind++) {
            fb_buf_addf(&text, "%s\n", fb_kind_name((enum fb_kind)kind));
        }
    } else if (code == FB_OK) {
        enum fb_kind kind = fb_kind_of(fb_str_of(cli->arguments[0]));
        if (kind == FB_KIND_NONE) {
            fb_err_set(err, FB_E_NOT_FOUND, "there is no kind '%s'", cli->arguments[0]);
            code = fb_err_hint(err, "Run `flyball schema` for the kinds.");
        } else {
            fb_kind_schema(kind, &text);
        }
    }
    if (code == FB_OK) {
        code = fb_cli_print(cli, &text, err);
    }
    fb_buf_release(&text);
    return code;
}

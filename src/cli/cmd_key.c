/* cmd_key.c: key and sign: the keys of parties, and signatures by them. */
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "cli/cli.h"

/* What became of a key, in a word or two. */
static const char *state_of(const struct fb_registry_key *key, fb_time now)
{
    if (key->revoked <= now) {
        return "revoked";
    }
    if (key->newer || key->until <= key->from) {
        return "replaced";
    }
    return now < key->from ? "not yet valid" : now >= key->until ? "ended" : "in force";
}

static void add_time(struct fb_buf *text, const char *word, fb_time t)
{
    char when[FB_TIME_TEXT];
    if (t != FB_TIME_MIN && t != FB_TIME_MAX) {
        fb_buf_addf(text, ", %s %s", word, fb_time_format(t, when));
    }
}

static void add_key(const struct fb_record *record, const struct fb_registry_key *key,
    const char *state, struct fb_buf *text)
{
    struct fb_str line = fb_record_text(record, "public_key");
    fb_buf_addf(text, "%-14s %.*s  %.*s (%.*s)", state, FB_STR_ARG(key->party),
        FB_STR_ARG(fb_record_text(record, "fingerprint")),
        FB_STR_ARG(fb_str_sub(line, 0, fb_str_find(line, ' ', 0))));
    add_time(text, "from", key->from);
    add_time(text, "until", key->until);
    add_time(text, "revoked from", key->revoked);
    fb_buf_add_char(text, '\n');
}

static void write_time(struct fb_json_writer *w, const char *name, fb_time t)
{
    char when[FB_TIME_TEXT];
    if (t != FB_TIME_MIN && t != FB_TIME_MAX) {
        fb_json_key_c(w, name, fb_time_format(t, when));
    }
}

static void write_key(const struct fb_record *record, const struct fb_registry_key *key,
    const char *state, struct fb_json_writer *w)
{
    fb_json_open_object(w);
    fb_json_key_str(w, "record", record->id);
    fb_json_key_str(w, "party", key->party);
    fb_json_key_str(w, "fingerprint", fb_record_text(record, "fingerprint"));
    fb_json_key_str(w, "public_key", fb_record_text(record, "public_key"));
    fb_json_key_c(w, "state", state);
    write_time(w, "from", key->from);
    write_time(w, "until", key->until);
    write_time(w, "revoked", key->revoked);
    fb_json_close_object(w);
}

/* True for a later record of the same key: the list shows a key once, by the record that holds. */
static bool is_restated(const struct fb_record *record, const struct fb_registry_key *key)
{
    return key->newer && fb_str_eq(fb_record_text(key->newer, "fingerprint"),
                             fb_record_text(record, "fingerprint"));
}

static bool is_party(struct fb_str id, struct fb_str name)
{
    return name.len == 0 || fb_str_eq(id, name) ||
           (fb_str_starts(id, FB_STR("party/")) && fb_str_eq(fb_str_sub(id, 6, id.len), name));
}

static enum fb_code key_list(struct fb_cli *cli, struct fb_docket *docket, struct fb_err *err)
{
    const struct fb_registry *registry = fb_docket_registry(docket);
    struct fb_str party =
        cli->argument_count > 1 ? fb_str_of(cli->arguments[1]) : (struct fb_str){NULL, 0};
    struct fb_clock clock = fb_cli_clock(cli);
    struct fb_buf text;
    struct fb_json_writer w;
    bool json = fb_cli_value(cli, "json") != NULL;
    size_t count = 0;
    fb_buf_init(&text, (size_t)1 << 28);
    fb_json_writer_init(&w, &text, 2);
    if (json) {
        fb_json_open_array(&w);
    }
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind != FB_KIND_key) {
            continue;
        }
        struct fb_registry_key key = fb_registry_key_of(registry, record);
        if (!is_party(key.party, party) || is_restated(record, &key)) {
            continue;
        }
        const char *state = state_of(&key, fb_clock_now(&clock));
        count++;
        if (json) {
            write_key(record, &key, state, &w);
        } else {
            add_key(record, &key, state, &text);
        }
    }
    if (json) {
        fb_json_close_array(&w);
        fb_buf_add_char(&text, '\n');
    }
    enum fb_code code = FB_OK;
    if (count == 0) {
        fb_err_set(err, FB_E_NOT_FOUND, "there is no key of '%.*s'", FB_STR_ARG(party));
        code = fb_err_hint(err, "Run `flyball key list` for all.");
    } else {
        code = fb_cli_print(cli, &text, err);
    }
    fb_buf_release(&text);
    return code;
}

/* The instant of an option; otherwise when it is not set. */
static enum fb_code time_option(const struct fb_cli *cli, const char *option, fb_time otherwise,
    fb_time *out, struct fb_err *err)
{
    *out = otherwise;
    if (!fb_cli_value(cli, option)) {
        return FB_OK;
    }
    enum fb_code code = fb_time_parse(fb_cli_text(cli, option), out, err);
    return code == FB_OK ? FB_OK : fb_err_prefix(err, "--%s", option);
}

static enum fb_code key_add(struct fb_cli *cli, struct fb_docket *docket, struct fb_err *err)
{
    struct fb_docket_key_change change = FB_DOCKET_KEY_CHANGE;
    struct fb_docket_added added;
    struct fb_sshkey key;
    char print[FB_SSHKEY_FINGERPRINT];
    enum fb_code code = fb_sshkey_read_public(cli->arguments[2], &key, err);
    if (code == FB_OK) {
        code = time_option(cli, "from", FB_TIME_MIN, &change.valid_from, err);
    }
    if (code == FB_OK) {
        code = time_option(cli, "until", FB_TIME_MAX, &change.valid_until, err);
    }
    if (code == FB_OK) {
        change.party = fb_str_of(cli->arguments[1]);
        change.issuer = fb_cli_text(cli, "as");
        change.key = &key;
        code = fb_docket_change_key(docket, &change, &added, err);
    }
    if (code == FB_OK) {
        fprintf(cli->out, "key %s of '%s' declared\n", fb_sshkey_fingerprint(&key, print),
            cli->arguments[1]);
    }
    return code;
}

static enum fb_code key_rotate(struct fb_cli *cli, struct fb_docket *docket, struct fb_err *err)
{
    struct fb_docket_added added;
    enum fb_code code = fb_docket_rotate_key(docket, fb_str_of(cli->arguments[1]), &added, err);
    if (code == FB_OK) {
        const struct fb_record *record =
            fb_registry_at(fb_docket_registry(docket), (size_t)added.first_seq);
        fprintf(cli->out, "'%s' signs with %.*s now; the old key is kept beside it\n",
            cli->arguments[1], FB_STR_ARG(fb_record_text(record, "fingerprint")));
    }
    return code;
}

/* Names the keys of a party that was given in place of one. */
static void hint_keys(const struct fb_registry *registry, struct fb_str name, struct fb_err *err)
{
    char hint[FB_ERR_TEXT_MAX] = "";
    size_t len = 0;
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind != FB_KIND_key || fb_registry_successor(registry, record)) {
            continue;
        }
        struct fb_str party = fb_registry_key_of(registry, record).party;
        struct fb_str print = fb_record_text(record, "fingerprint");
        if ((fb_str_eq(party, name) || fb_str_eq(fb_str_sub(party, 6, party.len), name)) &&
            len + print.len + 40 < sizeof(hint)) {
            len += (size_t)snprintf(
                hint + len, sizeof(hint) - len, "%s%.*s", len ? ", " : "", FB_STR_ARG(print));
        }
    }
    if (len) {
        fb_err_hint(err, "It has %s: give one.", hint);
    } else {
        fb_err_hint(err, "Run `flyball key list`, and give a fingerprint, as SHA256:...");
    }
}

/* The record that holds of the key with a fingerprint or id; NULL, and err filled, when none. */
static const struct fb_record *find_key(
    const struct fb_registry *registry, struct fb_str name, struct fb_err *err)
{
    for (size_t i = fb_registry_count(registry); i-- > 0;) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind == FB_KIND_key &&
            (fb_str_eq(record->id, name) ||
                fb_str_eq(fb_record_text(record, "fingerprint"), name))) {
            return record;
        }
    }
    fb_err_set(err, FB_E_NOT_FOUND, "no key '%.*s' is declared here",
        FB_STR_ARG(fb_str_sub(name, 0, 200)));
    hint_keys(registry, name, err);
    return NULL;
}

/* Keys of the party that are in force besides this one. */
static size_t count_others(
    const struct fb_registry *registry, const struct fb_record *key, fb_time now)
{
    struct fb_str party = fb_registry_key_of(registry, key).party;
    size_t count = 0;
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind == FB_KIND_key && record != key) {
            struct fb_registry_key other = fb_registry_key_of(registry, record);
            count += fb_str_eq(other.party, party) && !other.newer && other.from <= now &&
                     now < other.until;
        }
    }
    return count;
}

static enum fb_code key_revoke(struct fb_cli *cli, struct fb_docket *docket, struct fb_err *err)
{
    const struct fb_registry *registry = fb_docket_registry(docket);
    const struct fb_record *record = find_key(registry, fb_str_of(cli->arguments[1]), err);
    struct fb_docket_key_change change = FB_DOCKET_KEY_CHANGE;
    struct fb_docket_added added;
    struct fb_sshkey key;
    struct fb_clock clock = fb_cli_clock(cli);
    char when[FB_TIME_TEXT];
    if (!record) {
        return err->code;
    }
    struct fb_registry_key known = fb_registry_key_of(registry, record);
    fb_time now = fb_clock_now(&clock);
    bool in_force = !known.newer && known.from <= now && now < known.until;
    if (in_force && !fb_cli_value(cli, "last") && !count_others(registry, record, now)) {
        fb_err_set(err, FB_E_USAGE, "it is the last key of '%.*s', which could sign no more",
            FB_STR_ARG(known.party));
        return fb_err_hint(err, "Declare another with `flyball key add`, or give --last.");
    }
    enum fb_code code = time_option(cli, "from", now, &change.revoked, err);
    if (code == FB_OK) {
        code = fb_sshkey_parse_line(fb_record_text(record, "public_key"), &key, NULL, err);
    }
    if (code == FB_OK) {
        change.party = known.party;
        change.key = &key;
        change.issuer = fb_cli_text(cli, "as");
        change.supersedes = record->id;
        change.valid_from = known.from;
        change.reason = fb_cli_text(cli, "reason");
        fb_time revoked = change.revoked;
        code = fb_docket_change_key(docket, &change, &added, err);
        if (code == FB_OK) {
            fprintf(cli->out, "revoked from %s on: what it signed since does not count\n",
                fb_time_format(revoked, when));
        }
    }
    return code;
}

enum fb_code cmd_key(struct fb_cli *cli, struct fb_err *err)
{
    static const struct {
        const char *name;
        size_t low, high;
        enum fb_code (*run)(struct fb_cli *, struct fb_docket *, struct fb_err *);
    } parts[] = {{"list", 1, 2, key_list}, {"add", 3, 3, key_add}, {"rotate", 2, 2, key_rotate},
        {"revoke", 2, 2, key_revoke}};
    enum { COUNT = sizeof(parts) / sizeof(parts[0]) };
    enum fb_code code = fb_cli_want(cli, 1, 3, err);
    size_t i = 0;
    while (code == FB_OK && i < COUNT && strcmp(cli->arguments[0], parts[i].name) != 0) {
        i++;
    }
    if (code == FB_OK && i == COUNT) {
        code = fb_cli_misused(cli, err, "'%s' is not something `key` does", cli->arguments[0]);
    }
    if (code == FB_OK) {
        code = fb_cli_want(cli, parts[i].low, parts[i].high, err);
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

/* Signs a record that stands in the ledger, to standard output. */
static enum fb_code sign_record(struct fb_cli *cli, struct fb_docket *docket,
    const struct fb_docket_sign *options, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, 1 << 16);
    const struct fb_record *record = fb_cli_record(docket, fb_str_of(cli->arguments[0]), err);
    enum fb_code code = record ? FB_OK : err->code;
    if (code == FB_OK) {
        code = fb_docket_sign_statement(docket, record, options, &text, err);
    }
    if (code == FB_OK) {
        code = fb_cli_print(cli, &text, err);
    }
    fb_buf_release(&text);
    return code;
}

/* Says why what was signed would be refused as the docket is now: what it waits for may come. */
static void say_refusal(const struct fb_cli *cli, const struct fb_err *refusal)
{
    if (refusal->code != FB_OK) {
        fprintf(cli->out, "  note: `flyball add` would refuse it now: %s\n", refusal->message);
        if (refusal->hint[0]) {
            fprintf(cli->out, "  hint: %s\n", refusal->hint);
        }
    }
}

enum fb_code cmd_sign(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_docket *docket = NULL;
    struct fb_docket_sign options = {0};
    enum fb_code code = fb_cli_want(cli, 1, SIZE_MAX, err);
    if (code == FB_OK) {
        code = fb_cli_open(cli, &docket, err);
    }
    if (code == FB_OK) {
        options = (struct fb_docket_sign){.signer = fb_cli_text(cli, "as"),
            .key_file = fb_cli_value(cli, "key"),
            .write = fb_cli_value(cli, "write") != NULL};
    }
    if (code == FB_OK && cli->argument_count == 1 && !fb_io_exists(cli->arguments[0])) {
        code = sign_record(cli, docket, &options, err);
        fb_docket_close(docket);
        return code;
    }
    for (size_t i = 0; code == FB_OK && i < cli->argument_count; i++) {
        struct fb_docket_signed signed_;
        code = fb_docket_sign_file(docket, cli->arguments[i], &options, &signed_, err);
        if (code == FB_OK) {
            char name[1024];
            (void)snprintf(name, sizeof(name), "%s", cli->arguments[i]);
            fb_cli_clean(name);
            fprintf(cli->out, "%s.sig: %zu signature%s\n", name, signed_.count,
                signed_.count == 1 ? "" : "s");
            say_refusal(cli, &signed_.refusal);
        }
    }
    fb_docket_close(docket);
    return code;
}

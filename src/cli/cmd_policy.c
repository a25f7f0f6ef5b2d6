/* cmd_policy.c: policy check, fmt and explain; policy test is in cmd_policy_test.c. */
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "cli/cli.h"
#include "govern/policy_diff.h"
#include "lang/explain.h"

enum { ARENA_MAX = 1 << 28 };

/* One file and what was found in it. */
struct checked {
    const char *path;
    struct fb_buf text;
    struct fb_arena arena;
    struct fb_program *program;
    struct fb_policy_errors *errors;
    struct fb_policy_errors *notes;
    struct fb_policy_conflict *conflicts;
    size_t conflict_count;
};

static void write_errors(struct fb_json_writer *w, const struct fb_policy_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        fb_json_open_object(w);
        fb_cli_error_members(w, &errors->items[i]);
        fb_json_close_object(w);
    }
}

/* Histories on which duties contradict each other, as the `given` of a test. */
static void write_conflicts(struct fb_json_writer *w, const struct checked *c)
{
    char at[FB_TIME_TEXT];
    fb_json_key(w, "conflicts");
    fb_json_open_array(w);
    for (size_t i = 0; i < c->conflict_count; i++) {
        const struct fb_policy_conflict *conflict = &c->conflicts[i];
        fb_json_open_object(w);
        fb_json_key_str(w, "must", conflict->must->name);
        fb_json_key_str(w, "may_not", conflict->may_not->name);
        if (conflict->example.given.len) {
            fb_json_key_c(w, "at", fb_time_format(conflict->example.at, at));
            fb_json_key_str(w, "given", conflict->example.given);
        }
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

static void print_errors_json(const struct fb_cli *cli, const struct checked *c)
{
    struct fb_buf text;
    struct fb_json_writer w;
    fb_buf_init(&text, 1 << 24);
    fb_json_writer_init(&w, &text, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "file", c->path);
    fb_json_key_bool(&w, "good", c->errors->count == 0);
    fb_json_key(&w, "errors");
    fb_json_open_array(&w);
    write_errors(&w, c->errors);
    fb_json_close_array(&w);
    fb_json_key(&w, "notes");
    fb_json_open_array(&w);
    write_errors(&w, c->notes);
    fb_json_close_array(&w);
    write_conflicts(&w, c);
    fb_json_close_object(&w);
    fprintf(cli->out, "%.*s\n", FB_STR_ARG(fb_buf_str(&text)));
    fb_buf_release(&text);
}

/* Prints the line that an error stands in and a caret below it. */
static void print_place(const struct checked *c, const struct fb_err *e)
{
    struct fb_str rest = fb_buf_str(&c->text), line;
    for (uint32_t n = 1; fb_str_line(&rest, &line); n++) {
        if (n == e->line && e->column > 0 && line.len < 200) {
            char shown[200 + 1];
            memcpy(shown, line.ptr, line.len);
            shown[line.len] = 0;
            fb_cli_clean(shown);
            fprintf(stderr, "  %5u | %s\n        | %*s^\n", n, shown, (int)e->column - 1, "");
        }
    }
}

static void print_error(const struct checked *c, const struct fb_err *e)
{
    fb_cli_complain(e);
    print_place(c, e);
}

/* What is no error, and worth a second look. */
static void print_note(const struct checked *c, const struct fb_err *note)
{
    char message[FB_ERR_TEXT_MAX], hint[FB_ERR_TEXT_MAX];
    (void)snprintf(message, sizeof(message), "%s", note->message);
    (void)snprintf(hint, sizeof(hint), "%s", note->hint);
    fb_cli_clean(message);
    fb_cli_clean(hint);
    fprintf(stderr, "flyball: note: %s:%u:%u: %s\n", c->path, note->line, note->column, message);
    print_place(c, note);
    fprintf(stderr, "  hint: %s\n", hint);
}

/* A history in which one duty demands what another forbids. */
static void print_conflict(const struct checked *c, const struct fb_policy_conflict *conflict)
{
    struct fb_str rest = conflict->example.given, line;
    char at[FB_TIME_TEXT];
    if (rest.len == 0) {
        fprintf(stderr,
            "flyball: note: %s: no history on which '%.*s' and '%.*s' both bind was found in %d "
            "tries\n",
            c->path, FB_STR_ARG(conflict->must->name), FB_STR_ARG(conflict->may_not->name),
            FB_POLICY_DIFF_TRIES_MAX);
        return;
    }
    fb_time_format_short(conflict->example.at, at);
    fprintf(stderr, "flyball: note: %s: '%.*s' and '%.*s' both bind, for example at %s:\n", c->path,
        FB_STR_ARG(conflict->must->name), FB_STR_ARG(conflict->may_not->name), at);
    for (const char *word = "given "; fb_str_line(&rest, &line); word = "      ") {
        fprintf(stderr, "    %s %.*s\n", word, FB_STR_ARG(line));
    }
}

/* Finds where one duty demands what another forbids; none in a policy that does not check. */
static enum fb_code find_conflicts(struct checked *c, struct fb_err *err)
{
    struct fb_policy_source source = {fb_buf_str(&c->text), c->path};
    return c->program ? fb_policy_conflicts(
                            &source, c->program, &c->arena, &c->conflicts, &c->conflict_count, err)
                      : FB_OK;
}

static enum fb_code check_one(
    const struct fb_cli *cli, struct checked *c, bool *out_good, struct fb_err *err)
{
    enum fb_code code = fb_io_read(c->path, &c->text, err);
    if (code != FB_OK) {
        return code;
    }
    enum fb_code found = fb_policy_review(
        fb_buf_str(&c->text), c->path, &c->arena, &c->program, c->notes, c->errors);
    *out_good = found == FB_OK;
    code = found == FB_OK ? find_conflicts(c, err) : FB_OK;
    if (code != FB_OK) {
        return code;
    }
    if (fb_cli_value(cli, "json")) {
        print_errors_json(cli, c);
        return FB_OK;
    }
    for (size_t i = 0; i < c->errors->count; i++) {
        print_error(c, &c->errors->items[i]);
    }
    for (size_t i = 0; i < c->notes->count; i++) {
        print_note(c, &c->notes->items[i]);
    }
    if (found != FB_OK) {
        return FB_OK;
    }
    for (size_t i = 0; i < c->conflict_count; i++) {
        print_conflict(c, &c->conflicts[i]);
    }
    fprintf(cli->out, "%s: policy \"%.*s\" version %lld: %zu red line%s, %zu dut%s\n", c->path,
        FB_STR_ARG(c->program->name), (long long)c->program->version, c->program->redline_count,
        c->program->redline_count == 1 ? "" : "s", c->program->duty_count,
        c->program->duty_count == 1 ? "y" : "ies");
    if (fb_cli_value(cli, "lowered")) {
        struct fb_buf text;
        fb_buf_init(&text, 1 << 26);
        fb_program_print(c->program, &text);
        code = fb_cli_print(cli, &text, err);
        fb_buf_release(&text);
    }
    return code;
}

static enum fb_code explain_one(
    const struct fb_cli *cli, struct checked *c, bool *out_good, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, (size_t)1 << 26);
    enum fb_code code = fb_io_read(c->path, &c->text, err);
    if (code == FB_OK) {
        *out_good = fb_policy_explain(fb_buf_str(&c->text), c->path, &text, c->errors) == FB_OK;
        for (size_t i = 0; i < c->errors->count; i++) {
            print_error(c, &c->errors->items[i]);
        }
        code = *out_good ? fb_cli_print(cli, &text, err) : FB_OK;
    }
    fb_buf_release(&text);
    return code;
}

static enum fb_code format_one(
    const struct fb_cli *cli, struct checked *c, bool *out_good, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_POLICY_TEXT_MAX * 2);
    enum fb_code code = fb_io_read(c->path, &c->text, err);
    if (code == FB_OK) {
        code = fb_policy_format(fb_buf_str(&c->text), c->path, &text, c->errors);
        *out_good = code == FB_OK;
        for (size_t i = 0; i < c->errors->count; i++) {
            print_error(c, &c->errors->items[i]);
        }
        if (code != FB_OK) {
            fb_buf_release(&text);
            return FB_OK;
        }
    }
    bool same = fb_str_eq(fb_buf_str(&text), fb_buf_str(&c->text));
    if (code == FB_OK && !fb_cli_value(cli, "write")) {
        code = fb_cli_print(cli, &text, err);
    } else if (code == FB_OK && !same) {
        code = fb_io_write(c->path, fb_buf_str(&text), 0644, err);
    }
    fb_buf_release(&text);
    return code;
}

enum fb_code cmd_policy(struct fb_cli *cli, struct fb_err *err)
{
    if (cli->argument_count > 0 && strcmp(cli->arguments[0], "lsp") == 0) {
        return fb_cli_policy_lsp(cli, err);
    }
    enum fb_code code = fb_cli_want(cli, 2, SIZE_MAX, err);
    if (code != FB_OK) {
        return code;
    }
    bool writes = fb_cli_value(cli, "write") || fb_cli_value(cli, "bless");
    for (size_t i = 1; writes && i < cli->argument_count; i++) {
        if (strcmp(cli->arguments[i], "-") == 0) {
            return fb_cli_misused(cli, err, "standard input cannot be changed");
        }
    }
    if (strcmp(cli->arguments[0], "test") == 0) {
        return fb_cli_policy_test(cli, err);
    }
    if (strcmp(cli->arguments[0], "diff") == 0) {
        return fb_cli_policy_diff(cli, err);
    }
    if (strcmp(cli->arguments[0], "compare") == 0) {
        return fb_cli_policy_compare(cli, err);
    }
    static const struct {
        const char *verb;
        enum fb_code (*one)(const struct fb_cli *, struct checked *, bool *, struct fb_err *);
    } verbs[] = {{"check", check_one}, {"fmt", format_one}, {"explain", explain_one}};
    size_t verb = 0;
    while (verb < 3 && strcmp(cli->arguments[0], verbs[verb].verb) != 0) {
        verb++;
    }
    if (verb == 3) {
        return fb_cli_misused(cli, err, "'%s' is not something `policy` does", cli->arguments[0]);
    }
    size_t bad = 0;
    for (size_t i = 1; code == FB_OK && i < cli->argument_count; i++) {
        struct checked c = {.path = cli->arguments[i]};
        bool good = true;
        fb_buf_init(&c.text, FB_POLICY_TEXT_MAX);
        fb_arena_init(&c.arena, ARENA_MAX);
        c.errors = fb_calloc(1, sizeof(*c.errors));
        c.notes = fb_calloc(1, sizeof(*c.notes));
        if (!c.errors || !c.notes) {
            code = fb_err_set(err, FB_E_NOMEM, "memory ran out");
        } else {
            code = verbs[verb].one(cli, &c, &good, err);
        }
        bad += !good;
        fb_free(c.errors);
        fb_free(c.notes);
        fb_arena_release(&c.arena);
        fb_buf_release(&c.text);
    }
    if (code == FB_OK && bad) {
        code = fb_err_set(
            err, FB_E_POLICY, "%zu of %zu policies do not check", bad, cli->argument_count - 1);
    }
    return code;
}

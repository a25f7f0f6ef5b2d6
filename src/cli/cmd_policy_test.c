/* cmd_policy_test.c: policy test: expectations as lines of the Test Anything Protocol. */
#include "base/alloc.h"
#include "base/io.h"
#include "cli/cli.h"
#include "govern/policy_test.h"

enum { ARENA_MAX = 1 << 29 };

/* A run over several files. */
struct totals {
    size_t count;
    size_t failed;
    size_t bad_files;
};

/* Prints a line that may hold text of the policy. */
static void print_line(const struct fb_cli *cli, struct fb_buf *line)
{
    fb_buf_add_char(line, 0);
    if (line->state == FB_BUF_GOOD) {
        fb_cli_clean(line->ptr);
        fprintf(cli->out, "%s\n", line->ptr);
    }
    fb_buf_clear(line);
}

static void print_tap(
    const struct fb_cli *cli, const char *path, size_t number, const struct fb_policy_result *r)
{
    struct fb_buf text;
    fb_buf_init(&text, 1 << 20);
    fb_buf_addf(&text, "%s %zu - %.*s: %.*s", r->holds ? "ok" : "not ok", number,
        FB_STR_ARG(r->test->title), FB_STR_ARG(r->expect->text));
    print_line(cli, &text);
    if (r->holds) {
        fb_buf_release(&text);
        return;
    }
    fb_buf_addf(&text, "# %s:%u:%u: instead: %.*s", path, r->expect->span.line,
        r->expect->span.column, FB_STR_ARG(r->instead));
    print_line(cli, &text);
    struct fb_str rest = r->why, line;
    while (fb_str_line(&rest, &line)) {
        fb_buf_addf(&text, "#   %.*s", FB_STR_ARG(line));
        print_line(cli, &text);
    }
    fb_buf_release(&text);
}

static void write_json(
    struct fb_json_writer *w, const char *path, const struct fb_policy_results *results)
{
    for (size_t i = 0; i < results->count; i++) {
        const struct fb_policy_result *r = &results->items[i];
        fb_json_open_object(w);
        fb_json_key_c(w, "file", path);
        fb_json_key_int(w, "line", r->expect->span.line);
        fb_json_key_str(w, "test", r->test->title);
        fb_json_key_str(w, "expect", r->expect->text);
        fb_json_key_bool(w, "holds", r->holds);
        if (!r->holds) {
            fb_json_key_str(w, "instead", r->instead);
        }
        fb_json_key_str(w, "why", r->why);
        fb_json_close_object(w);
    }
}

static enum fb_code bless(const char *path, struct fb_str text,
    const struct fb_policy_results *results, struct fb_err *err)
{
    struct fb_buf out;
    struct fb_policy_errors *errors = fb_calloc(1, sizeof(*errors));
    if (!errors) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    fb_buf_init(&out, FB_POLICY_TEXT_MAX * 2);
    enum fb_code code = fb_policy_test_bless(text, results, &out, errors);
    if (code != FB_OK) {
        *err = errors->items[0];
    } else if (!fb_str_eq(fb_buf_str(&out), text)) {
        code = fb_io_write(path, fb_buf_str(&out), 0644, err);
    }
    fb_buf_release(&out);
    fb_free(errors);
    return code;
}

/* Runs the tests of one file. Errors of the policy itself are told and counted. */
static enum fb_code test_file(const struct fb_cli *cli, const char *path, struct fb_json_writer *w,
    struct totals *totals, struct fb_err *err)
{
    struct fb_buf text;
    struct fb_arena arena;
    struct fb_policy_results results = {0};
    struct fb_policy_errors *errors = fb_calloc(1, sizeof(*errors));
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    fb_arena_init(&arena, ARENA_MAX);
    enum fb_code code =
        errors ? fb_io_read(path, &text, err) : fb_err_set(err, FB_E_NOMEM, "memory ran out");
    if (code != FB_OK) {
        goto out;
    }
    if (fb_policy_test_run(fb_buf_str(&text), path, &arena, &results, errors) != FB_OK) {
        for (size_t i = 0; i < errors->count; i++) {
            fb_cli_complain(&errors->items[i]);
        }
        totals->bad_files++;
        goto out;
    }
    for (size_t i = 0; !w && i < results.count; i++) {
        print_tap(cli, path, totals->count + i + 1, &results.items[i]);
    }
    if (w) {
        write_json(w, path, &results);
    }
    totals->count += results.count;
    totals->failed += results.failed;
    if (results.failed && fb_cli_value(cli, "bless")) {
        code = bless(path, fb_buf_str(&text), &results, err);
    }
out:
    fb_arena_release(&arena);
    fb_buf_release(&text);
    fb_free(errors);
    return code;
}

enum fb_code fb_cli_policy_test(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_buf text;
    struct fb_json_writer writer, *w = fb_cli_value(cli, "json") ? &writer : NULL;
    struct totals totals = {0};
    enum fb_code code = FB_OK;
    fb_buf_init(&text, (size_t)1 << 28);
    fb_json_writer_init(&writer, &text, 0);
    fb_json_open_array(&writer);
    for (size_t i = 1; code == FB_OK && i < cli->argument_count; i++) {
        code = test_file(cli, cli->arguments[i], w, &totals, err);
    }
    fb_json_close_array(&writer);
    fb_buf_add_char(&text, '\n');
    if (code == FB_OK && w) {
        code = fb_cli_print(cli, &text, err);
    } else if (code == FB_OK) {
        fprintf(cli->out, "1..%zu\n", totals.count);
    }
    fb_buf_release(&text);
    if (code == FB_OK && totals.bad_files) {
        code = fb_err_set(err, FB_E_POLICY, "%zu of %zu policies do not check", totals.bad_files,
            cli->argument_count - 1);
    } else if (code == FB_OK && totals.failed) {
        code = fb_err_set(
            err, FB_E_NEGATIVE, "%zu of %zu expectations do not hold", totals.failed, totals.count);
        fb_err_hint(err, "Change the rule or the expectation; --bless writes what holds.");
    }
    return code;
}

/* cmd_policy_diff.c: policy diff: what changed, clause by clause, and a history for it. */
#include "base/alloc.h"
#include "base/io.h"
#include "cli/cli.h"
#include "govern/policy_diff.h"

enum { ARENA_MAX = 1 << 29, OUT_MAX = 1 << 26 };

/* The comparison of two files. */
struct job {
    struct fb_buf texts[2];
    struct fb_arena arena;
    struct fb_policy_diff diff;
    struct fb_policy_errors *errors;
    struct fb_cli_same same;
};

static void put_example(
    const struct fb_policy_example *example, const char *title, struct fb_buf *out)
{
    char at[FB_TIME_TEXT];
    struct fb_str rest = example->given, line;
    if (rest.len == 0) {
        return;
    }
    fb_time_format_short(example->at, at);
    fb_buf_addf(out, "    %s, for example at %s: was \"%.*s\", now \"%.*s\"\n", title, at,
        FB_STR_ARG(example->older), FB_STR_ARG(example->newer));
    for (const char *word = "given "; fb_str_line(&rest, &line); word = "      ") {
        fb_buf_addf(out, "      %s %.*s\n", word, FB_STR_ARG(line));
    }
}

static void put_item(const struct fb_policy_diff_item *item, struct fb_buf *out)
{
    const struct fb_clause_change *clause = item->clause;
    fb_buf_addf(out, "%-12s %.*s", fb_change_name(item->change), FB_STR_ARG(clause->name));
    if (clause->old_name.len && !fb_str_eq(clause->old_name, clause->name)) {
        fb_buf_addf(out, " (was %.*s)", FB_STR_ARG(clause->old_name));
    }
    fb_buf_add_char(out, '\n');
    for (size_t i = 0; i < clause->aspect_count; i++) {
        const struct fb_aspect *aspect = &clause->aspects[i];
        fb_buf_addf(out, "    %s: %s\n      was  %.*s\n      now  %.*s\n", aspect->name,
            fb_change_name(aspect->change), FB_STR_ARG(aspect->before), FB_STR_ARG(aspect->after));
    }
    put_example(&item->stricter, "stricter", out);
    put_example(&item->weaker, "weaker", out);
}

static void put_text(const struct fb_cli *cli, const struct job *job, struct fb_buf *out)
{
    size_t same = 0;
    for (size_t i = 0; i < job->diff.count; i++) {
        if (job->diff.items[i].change == FB_CHANGE_NONE) {
            same += job->diff.items[i].clause->lines[1] || job->diff.items[i].clause->duties[1];
        } else {
            put_item(&job->diff.items[i], out);
        }
    }
    fb_buf_addf(out, "%s%s to %s: %s", same < job->diff.count ? "\n" : "", cli->arguments[1],
        cli->arguments[2], fb_change_name(job->diff.change));
    if (same && job->diff.change != FB_CHANGE_NONE) {
        fb_buf_addf(out, "; %zu clause%s unchanged", same, same == 1 ? "" : "s");
    }
    fb_buf_add_char(out, '\n');
}

static void put_json_example(
    struct fb_json_writer *w, const char *key, const struct fb_policy_example *example)
{
    char at[FB_TIME_TEXT];
    if (example->given.len == 0) {
        return;
    }
    fb_json_key(w, key);
    fb_json_open_object(w);
    fb_json_key_str(w, "given", example->given);
    fb_json_key_c(w, "at", fb_time_format(example->at, at));
    fb_json_key_str(w, "older", example->older);
    fb_json_key_str(w, "newer", example->newer);
    fb_json_close_object(w);
}

static void put_json(const struct job *job, struct fb_buf *out)
{
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "change", fb_change_name(job->diff.change));
    fb_json_key(&w, "clauses");
    fb_json_open_array(&w);
    for (size_t i = 0; i < job->diff.count; i++) {
        const struct fb_policy_diff_item *item = &job->diff.items[i];
        const struct fb_clause_change *clause = item->clause;
        fb_json_open_object(&w);
        fb_json_key_str(&w, "name", clause->name);
        fb_json_key_str(&w, "old_name", clause->old_name);
        fb_json_key_c(&w, "kind",
            clause->lines[0] || clause->lines[1]     ? "redline"
            : clause->duties[0] || clause->duties[1] ? "duty"
                                                     : "header");
        fb_json_key_c(&w, "change", fb_change_name(item->change));
        fb_json_key(&w, "parts");
        fb_json_open_array(&w);
        for (size_t j = 0; j < clause->aspect_count; j++) {
            fb_json_open_object(&w);
            fb_json_key_c(&w, "part", clause->aspects[j].name);
            fb_json_key_c(&w, "change", fb_change_name(clause->aspects[j].change));
            fb_json_key_str(&w, "older", clause->aspects[j].before);
            fb_json_key_str(&w, "newer", clause->aspects[j].after);
            fb_json_close_object(&w);
        }
        fb_json_close_array(&w);
        put_json_example(&w, "stricter", &item->stricter);
        put_json_example(&w, "weaker", &item->weaker);
        fb_json_key_int(&w, "histories_tried", (int64_t)item->tries);
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
}

/* What may have become weaker is for a person to look at. */
static enum fb_code verdict(const struct job *job, struct fb_err *err)
{
    switch (job->diff.change) {
    case FB_CHANGE_NONE:
    case FB_CHANGE_REWORDED:
    case FB_CHANGE_STRICTER:
    case FB_CHANGE_ADDED:
        return FB_OK;
    case FB_CHANGE_WEAKER:
    case FB_CHANGE_REMOVED:
        return fb_err_set(err, FB_E_NEGATIVE, "the newer policy is weaker");
    case FB_CHANGE_UNDECIDED:
        fb_err_set(err, FB_E_NEGATIVE, "whether the newer policy is weaker was not decided");
        return fb_err_hint(err, "Read the clauses that are undecided.");
    case FB_CHANGE_INCOMPARABLE:
        return fb_err_set(err, FB_E_NEGATIVE, "the newer policy is weaker in some respect");
    }
    return FB_OK;
}

/* Reads both files, compares them and prints what changed. */
static enum fb_code run(struct fb_cli *cli, struct job *job, struct fb_buf *out, struct fb_err *err)
{
    struct fb_policy_source sources[2];
    enum fb_code code = fb_cli_same_open(cli, &job->arena, &job->same, job->errors, err);
    for (size_t i = 0; code == FB_OK && i < 2; i++) {
        const char *name = cli->arguments[i + 1];
        code = fb_io_read(name, &job->texts[i], err);
        sources[i] = (struct fb_policy_source){fb_buf_str(&job->texts[i]), name};
        code = code ? code
                    : fb_cli_same_apply(
                          &job->same, name, &job->arena, &sources[i].text, job->errors, err);
    }
    if (code != FB_OK) {
        return code;
    }
    code =
        fb_policy_diff_run(sources, FB_POLICY_DIFF_TRIES_MAX, &job->arena, &job->diff, job->errors);
    for (size_t i = 0; code != FB_OK && i + 1 < job->errors->count; i++) {
        fb_cli_complain(&job->errors->items[i]);
    }
    if (code != FB_OK) {
        *err = job->errors->items[job->errors->count - 1];
        return code;
    }
    if (fb_cli_value(cli, "json")) {
        put_json(job, out);
    } else {
        put_text(cli, job, out);
    }
    return fb_cli_print(cli, out, err);
}

enum fb_code fb_cli_policy_diff(struct fb_cli *cli, struct fb_err *err)
{
    struct job job = {.errors = fb_calloc(1, sizeof(*job.errors))};
    struct fb_buf out;
    if (!job.errors) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    fb_buf_init(&out, OUT_MAX);
    fb_arena_init(&job.arena, ARENA_MAX);
    for (size_t i = 0; i < 2; i++) {
        fb_buf_init(&job.texts[i], FB_POLICY_TEXT_MAX);
    }
    enum fb_code code = fb_cli_want(cli, 3, 3, err);
    bool ran = code == FB_OK;
    code = code ? code : run(cli, &job, &out, err);
    if (ran) {
        fb_cli_same_close(&job.same, code == FB_OK);
    }
    code = code == FB_OK ? verdict(&job, err) : code;
    fb_buf_release(&out);
    fb_buf_release(&job.texts[0]);
    fb_buf_release(&job.texts[1]);
    fb_arena_release(&job.arena);
    fb_free(job.errors);
    return code;
}

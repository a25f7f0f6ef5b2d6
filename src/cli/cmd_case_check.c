/* cmd_case_check.c: `flyball case check`: gsn2x's rules and our own over files checked together. */
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "case/load.h"
#include "case/rules.h"
#include "cli/cmd_case.h"

enum { EXCLUDED_MAX = 100, OUTPUT_MAX = 1 << 26 };

#define ARENA_MAX ((size_t)1 << 31)

/* One run. */
struct check {
    struct fb_cli *cli;
    struct fb_arena arena;
    struct fb_doc doc;
    struct fb_rules_options options;
    const char *excluded[EXCLUDED_MAX];
    bool refused;          /* a file cannot be read as a case */
    struct fb_err refusal; /* why */
};

static bool is_own(const struct fb_finding *f)
{
    return f->rule[0] == 'F';
}

/* "a,b" as names. */
static enum fb_code read_excluded(struct check *c, struct fb_err *err)
{
    struct fb_str rest = fb_cli_text(c->cli, "exclude");
    while (rest.len > 0) {
        size_t end = fb_str_find(rest, ',', 0);
        struct fb_str name;
        if (c->options.excluded_count == EXCLUDED_MAX) {
            return fb_err_set(err, FB_E_LIMIT, "more than 100 modules are excluded");
        }
        enum fb_code code = fb_arena_str(&c->arena, fb_str_sub(rest, 0, end), &name, err);
        if (code != FB_OK) {
            return code;
        }
        c->excluded[c->options.excluded_count++] = name.ptr;
        rest = fb_str_sub(rest, end + 1, SIZE_MAX);
    }
    c->options.excluded = c->excluded;
    return FB_OK;
}

/* Looks at the files. What keeps one from being read as a case is part of the answer; a limit, or a
 * machine that fails, is not. */
static enum fb_code look(struct check *c, struct fb_err *err)
{
    struct fb_load_options load = {.follow = true, .format = FB_CASE_UNKNOWN};
    enum fb_code code =
        fb_doc_load(&c->doc, &load, c->cli->arguments + 1, c->cli->argument_count - 1, err);
    if (code != FB_OK) {
        c->refused = fb_code_exit(code) == 3 && code != FB_E_LIMIT;
        c->refusal = *err;
        return c->refused ? FB_OK : code;
    }
    code = fb_rules_check(&c->doc, &c->options, err);
    return code != FB_OK ? code : fb_rules_own(&c->doc, err);
}

static bool counts(const struct check *c, const struct fb_finding *f)
{
    return f->is_error || (is_own(f) && fb_cli_value(c->cli, "strict"));
}

static const char *path_of(const struct check *c, const struct fb_finding *f)
{
    return f->place.module == FB_DOC_NONE ? NULL : c->doc.modules[f->place.module].path;
}

static void add_text(const struct check *c, const struct fb_finding *f, struct fb_buf *out)
{
    const char *path = path_of(c, f);
    if (path) {
        fb_buf_addf(out, "%s:%u:%u: ", path, f->place.line, fb_doc_column(&c->doc, &f->place));
    }
    fb_buf_addf(
        out, "%s %s: %.*s\n", counts(c, f) ? "error" : "warning", f->rule, FB_STR_ARG(f->message));
    if (f->hint.len > 0) {
        fb_buf_addf(out, "    %.*s\n", FB_STR_ARG(f->hint));
    }
}

static void add_json(const struct check *c, const struct fb_finding *f, struct fb_json_writer *w)
{
    const char *path = path_of(c, f);
    fb_json_open_object(w);
    fb_json_key_c(w, "rule", f->rule);
    fb_json_key_c(w, "severity", counts(c, f) ? "error" : "warning");
    fb_json_key_str(w, "message", f->message);
    if (f->hint.len > 0) {
        fb_json_key_str(w, "hint", f->hint);
    }
    if (path) {
        fb_json_key_c(w, "file", path);
        fb_json_key_str(w, "module", c->doc.modules[f->place.module].name);
        fb_json_key_int(w, "line", f->place.line);
        fb_json_key_int(w, "column", fb_doc_column(&c->doc, &f->place));
    }
    fb_json_close_object(w);
}

static void add_all_json(const struct check *c, size_t errors, struct fb_buf *out)
{
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 0);
    fb_json_open_object(&w);
    fb_json_key_bool(&w, "good", errors == 0);
    fb_json_key_int(&w, "files", (int64_t)c->doc.module_count);
    fb_json_key_int(&w, "elements", (int64_t)c->doc.element_count);
    fb_json_key_int(&w, "errors", (int64_t)errors);
    fb_json_key(&w, "findings");
    fb_json_open_array(&w);
    for (size_t i = 0; i < c->doc.finding_count; i++) {
        add_json(c, &c->doc.findings[i], &w);
    }
    fb_json_close_array(&w);
    if (c->refused) {
        fb_json_key(&w, "refused");
        fb_json_open_object(&w);
        fb_cli_error_members(&w, &c->refusal);
        fb_json_close_object(&w);
    }
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
}

static enum fb_code answer(struct check *c, struct fb_err *err)
{
    struct fb_buf out;
    fb_buf_init(&out, OUTPUT_MAX);
    size_t errors = c->doc.error_count, warnings = c->doc.warning_count;
    for (size_t i = 0; i < c->doc.finding_count; i++) {
        const struct fb_finding *f = &c->doc.findings[i];
        errors += counts(c, f) && !f->is_error;
        warnings -= counts(c, f) && !f->is_error;
        if (!fb_cli_value(c->cli, "json")) {
            add_text(c, f, &out);
        }
    }
    errors += c->refused;
    if (fb_cli_value(c->cli, "json")) {
        add_all_json(c, errors, &out);
    } else if (c->refused) {
        char text[FB_ERR_TEXT_MAX * 4];
        fb_err_format(&c->refusal, text, sizeof(text));
        fb_buf_addf(&out, "%s\n", text);
    } else if (errors == 0) {
        fb_buf_addf(&out, "%zu file%s, %zu element%s: %zu warning%s\n", c->doc.module_count,
            c->doc.module_count == 1 ? "" : "s", c->doc.element_count,
            c->doc.element_count == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
    }
    if (out.ptr) {
        fb_cli_clean(out.ptr);
    }
    enum fb_code code = fb_cli_print(c->cli, &out, err);
    fb_buf_release(&out);
    if (code == FB_OK && errors > 0) {
        code = fb_err_set(err, FB_E_NEGATIVE, "the case does not check: %zu error%s, %zu warning%s",
            errors, errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
    }
    return code;
}

enum fb_code fb_cli_case_check(struct fb_cli *cli, struct fb_err *err)
{
    FB_ASSERT(cli->argument_count > 1);
    struct check *c = fb_calloc(1, sizeof(*c));
    if (!c) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    c->cli = cli;
    c->options = (struct fb_rules_options){.all = fb_cli_value(cli, "all"),
        .extended = fb_cli_value(cli, "extended-check"),
        .dialectic = fb_cli_value(cli, "warn-dialectic")};
    fb_arena_init(&c->arena, ARENA_MAX);
    fb_doc_init(&c->doc, &c->arena);
    enum fb_code code = read_excluded(c, err);
    code = code != FB_OK ? code : look(c, err);
    code = code != FB_OK ? code : answer(c, err);
    fb_doc_release(&c->doc);
    fb_arena_release(&c->arena);
    fb_free(c);
    return code;
}

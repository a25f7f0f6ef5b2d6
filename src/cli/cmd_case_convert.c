/* cmd_case_convert.c: `flyball case convert`: a case in another format. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "case/join.h"
#include "case/load.h"
#include "case/losses.h"
#include "case/rules.h"
#include "cli/cmd_case.h"

#define ARENA_MAX ((size_t)1 << 31)
#define OUTPUT_MAX ((size_t)1 << 28)

/* The format of an option's word, or UNKNOWN when it is not given. */
static enum fb_code read_format(
    const struct fb_cli *cli, const char *option, enum fb_case_format *out, struct fb_err *err)
{
    const char *word = fb_cli_value(cli, option);
    *out = word ? fb_case_format_of_name(fb_str_of(word)) : FB_CASE_UNKNOWN;
    return !word || *out != FB_CASE_UNKNOWN
               ? FB_OK
               : fb_cli_misused(cli, err, "'%s' is not a format of cases", word);
}

/* A circle, a reference to nothing or a limit is refused in every format; what else keeps a case
 * from being labelled is passed on. */
static enum fb_code check_shape(
    const struct fb_doc *doc, struct fb_arena *arena, struct fb_err *err)
{
    struct fb_case *ignored = NULL;
    struct fb_err why;
    fb_err_init(&why);
    enum fb_code code = fb_case_build(doc, true, arena, &ignored, &why);
    if (code == FB_E_SCHEMA || code == FB_E_UNSUPPORTED || code == FB_OK) {
        return FB_OK;
    }
    *err = why;
    return code;
}

/* Writes a document of one module, and says on standard error what the format has no place for. */
static enum fb_code write_one(
    const struct fb_doc *doc, enum fb_case_format to, struct fb_buf *out, struct fb_err *err)
{
    struct fb_buf lost;
    fb_buf_init(&lost, OUTPUT_MAX);
    enum fb_code code = fb_case_write(doc, to, out, err);
    code = code != FB_OK ? code : fb_case_losses(doc, to, fb_buf_str(out), &lost, err);
    if (lost.ptr) {
        fb_cli_clean(lost.ptr);
    }
    struct fb_str rest = fb_buf_str(&lost), line;
    while (code == FB_OK && fb_str_line(&rest, &line)) {
        fprintf(stderr, "flyball: note: %s does not carry %.*s\n", fb_case_format_name(to),
            FB_STR_ARG(line));
    }
    fb_buf_release(&lost);
    return code;
}

/* Says on standard error what the readers had no place for. */
static void tell_dropped(const struct fb_doc *doc)
{
    for (size_t i = 0; i < doc->finding_count; i++) {
        const struct fb_finding *f = &doc->findings[i];
        if (strcmp(f->rule, "F07") == 0) {
            char text[FB_ERR_TEXT_MAX];
            (void)snprintf(text, sizeof(text), "%.*s", FB_STR_ARG(f->message));
            fb_cli_clean(text);
            fprintf(stderr, "flyball: note: %s:%u: %s\n", doc->modules[f->place.module].path,
                f->place.line, text);
        }
    }
}

/* Files given together become one; a file alone is written as it is. */
static enum fb_code write_all(
    struct fb_doc *doc, enum fb_case_format to, struct fb_buf *out, struct fb_err *err)
{
    struct fb_doc whole;
    struct fb_yaml *root = NULL;
    enum fb_code code = fb_rules_extend(doc, err);
    code = code != FB_OK ? code : check_shape(doc, doc->arena, err);
    if (code != FB_OK || doc->module_count == 1) {
        return code != FB_OK ? code : write_one(doc, to, out, err);
    }
    fb_doc_init(&whole, doc->arena);
    code = fb_doc_join(doc, doc->arena, &root, err);
    struct fb_doc_file file = {.path = doc->modules[0].path, .root = root};
    code = code != FB_OK ? code : fb_doc_add(&whole, &file, err);
    code = code != FB_OK ? code : write_one(&whole, to, out, err);
    fb_doc_release(&whole);
    return code;
}

enum fb_code fb_cli_case_convert(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_load_options options = {.follow = true, .once = true, .format = FB_CASE_UNKNOWN};
    enum fb_case_format to = FB_CASE_UNKNOWN;
    enum fb_code code = read_format(cli, "from", &options.format, err);
    code = code != FB_OK ? code : read_format(cli, "to", &to, err);
    if (code != FB_OK) {
        return code;
    }
    size_t last = cli->argument_count - 1;
    const char *path = cli->arguments[last];
    to = to == FB_CASE_UNKNOWN ? fb_case_format_of_path(fb_str_of(path)) : to;
    if (to == FB_CASE_UNKNOWN) {
        return fb_cli_misused(cli, err, "'%s' does not say which format; add --to FORMAT", path);
    }
    struct fb_arena arena;
    struct fb_doc doc;
    struct fb_buf out;
    fb_arena_init(&arena, ARENA_MAX);
    fb_doc_init(&doc, &arena);
    fb_buf_init(&out, OUTPUT_MAX);
    code = fb_doc_load(&doc, &options, cli->arguments + 1, last - 1, err);
    tell_dropped(&doc);
    code = code != FB_OK ? code : write_all(&doc, to, &out, err);
    if (code == FB_OK && out.len > FB_CASE_TEXT_MAX) {
        fprintf(stderr,
            "flyball: note: what was written has %zu MiB; files of at most 16 are read\n",
            out.len >> 20);
    }
    if (code == FB_OK && strcmp(path, "-") == 0) {
        code = fb_cli_print(cli, &out, err);
    } else if (code == FB_OK) {
        code = fb_io_write(path, fb_buf_str(&out), 0644, err);
    }
    fb_buf_release(&out);
    fb_doc_release(&doc);
    fb_arena_release(&arena);
    return code;
}

/* cmd_case_new.c: `flyball case new` and `case review`: begins a case from a pattern, signs one
 * off. */
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "case/digest.h"
#include "case/pattern.h"
#include "cli/cmd_case_live.h"

enum { SETTINGS_MAX = 200, PATTERN_MAX = 1 << 24 };

#define ARENA_MAX ((size_t)1 << 30)

/* ---- patterns ---- */

/* One run. */
struct making {
    const struct fb_cli *cli;
    struct fb_arena arena;
    struct fb_buf text; /* of a pattern from a file */
    struct fb_buf out;
    struct fb_doc_file file;
    struct fb_pattern_setting settings[SETTINGS_MAX];
    size_t setting_count;
};

/* Reads the pattern that ships under a name, or that of a file. */
static enum fb_code read_pattern(struct making *m, const char *name, struct fb_err *err)
{
    const struct fb_pattern_file *known = fb_pattern_library();
    struct fb_yaml *root = NULL;
    while (known->name && strcmp(known->name, name) != 0) {
        known++;
    }
    m->file.path = name;
    if (known->name) {
        m->file.text = fb_str_of(known->text);
    } else {
        if (!fb_io_is_file(name)) {
            fb_err_set(err, FB_E_NOT_FOUND, "there is no pattern and no file '%s'", name);
            return fb_err_hint(err, "`flyball case new --list` prints the patterns.");
        }
        enum fb_code code = fb_io_read(name, &m->text, err);
        if (code != FB_OK) {
            return code;
        }
        m->file.text = fb_buf_str(&m->text);
    }
    enum fb_code code = fb_yaml_parse(m->file.text, m->file.path, &m->arena, &root, err);
    m->file.root = root;
    return code;
}

static enum fb_code read_settings(struct making *m, struct fb_err *err)
{
    for (size_t i = 1; i < m->cli->argument_count; i++) {
        struct fb_str text = fb_str_of(m->cli->arguments[i]);
        size_t at = fb_str_find(text, '=', 0);
        if (at == 0 || at >= text.len || m->setting_count == SETTINGS_MAX) {
            return fb_cli_misused(
                m->cli, err, "'%s' sets no parameter: write NAME=VALUE", m->cli->arguments[i]);
        }
        m->settings[m->setting_count++] = (struct fb_pattern_setting){
            fb_str_trim(fb_str_sub(text, 0, at)), fb_str_trim(fb_str_sub(text, at + 1, text.len))};
    }
    return FB_OK;
}

/* The patterns that ship, each with what it argues. */
static enum fb_code list_patterns(struct making *m, struct fb_err *err)
{
    struct fb_json_writer w;
    bool json = fb_cli_value(m->cli, "json");
    fb_json_writer_init(&w, &m->out, 1);
    if (json) {
        fb_json_open_array(&w);
    }
    for (const struct fb_pattern_file *f = fb_pattern_library(); f->name; f++) {
        struct fb_yaml *root = NULL;
        enum fb_code code = fb_yaml_parse(fb_str_of(f->text), f->name, &m->arena, &root, err);
        if (code != FB_OK) {
            return code;
        }
        const struct fb_yaml *brief = fb_yaml_get(fb_yaml_get(root, "module"), "brief");
        struct fb_str text = brief ? brief->text : FB_STR("");
        if (json) {
            fb_json_open_object(&w);
            fb_json_key_c(&w, "name", f->name);
            fb_json_key_str(&w, "brief", text);
            fb_json_close_object(&w);
        } else {
            fb_buf_addf(&m->out, "%-18s %.*s\n", f->name, FB_STR_ARG(text));
        }
    }
    if (json) {
        fb_json_close_array(&w);
        fb_buf_add_char(&m->out, '\n');
    }
    return FB_OK;
}

/* The parameters of a pattern. */
static enum fb_code list_parameters(struct making *m, struct fb_err *err)
{
    struct fb_pattern_parameter *list = NULL;
    struct fb_json_writer w;
    size_t count = 0;
    bool json = fb_cli_value(m->cli, "json");
    enum fb_code code = fb_pattern_parameters(&m->file, &m->arena, &list, &count, err);
    fb_json_writer_init(&w, &m->out, 1);
    if (json) {
        fb_json_open_array(&w);
    }
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        const struct fb_pattern_parameter *p = &list[i];
        if (json) {
            fb_json_open_object(&w);
            fb_json_key_str(&w, "name", p->name);
            fb_json_key_str(&w, "text", p->text);
            fb_json_key_bool(&w, "many", p->many);
            if (p->initial.ptr) {
                fb_json_key_str(&w, "default", p->initial);
            }
            fb_json_close_object(&w);
        } else {
            fb_buf_addf(&m->out, "%-12.*s %.*s%s%.*s\n", FB_STR_ARG(p->name), FB_STR_ARG(p->text),
                p->initial.ptr ? "; if unset: " : "",
                FB_STR_ARG(p->initial.ptr ? p->initial : FB_STR("")));
        }
    }
    if (json) {
        fb_json_close_array(&w);
        fb_buf_add_char(&m->out, '\n');
    }
    return code;
}

static enum fb_code make(struct making *m, struct fb_err *err)
{
    const char *pattern = fb_cli_value(m->cli, "pattern");
    bool list = fb_cli_value(m->cli, "list");
    if (!pattern) {
        return list ? list_patterns(m, err)
                    : fb_cli_misused(m->cli, err, "say which pattern: --pattern NAME, or --list");
    }
    enum fb_code code = read_pattern(m, pattern, err);
    if (code != FB_OK || list) {
        return code ? code : list_parameters(m, err);
    }
    struct fb_yaml *root = NULL;
    code = read_settings(m, err);
    struct fb_pattern_request request = {&m->file, m->settings, m->setting_count};
    code = code ? code : fb_pattern_apply(&request, &m->arena, &root, err);
    if (code == FB_OK) {
        fb_yaml_write(root, &m->out);
    }
    return code ? code : fb_buf_check(&m->out, "the case", err);
}

enum fb_code fb_cli_case_new(struct fb_cli *cli, struct fb_err *err)
{
    const char *path = fb_cli_value(cli, "out");
    struct making m = {.cli = cli};
    fb_arena_init(&m.arena, ARENA_MAX);
    fb_buf_init(&m.text, PATTERN_MAX);
    fb_buf_init(&m.out, PATTERN_MAX);
    enum fb_code code = fb_cli_want(cli, 1, SIZE_MAX, err);
    code = code ? code : make(&m, err);
    if (code == FB_OK && path && strcmp(path, "-") != 0 && !fb_cli_value(cli, "list")) {
        code = fb_io_exists(path) ? fb_err_set(err, FB_E_DUPLICATE, "'%s' is there already", path)
                                  : fb_io_write(path, fb_buf_str(&m.out), 0644, err);
    } else if (code == FB_OK) {
        code = fb_cli_print(cli, &m.out, err);
    }
    fb_buf_release(&m.out);
    fb_buf_release(&m.text);
    fb_arena_release(&m.arena);
    return code;
}

/* ---- reviews ---- */

static enum fb_code file_review(
    const struct fb_cli *cli, struct fb_cli_case *c, struct fb_str element, struct fb_err *err)
{
    uint8_t digest[FB_SHA256_SIZE];
    char text[FB_DOCKET_DIGEST_TEXT];
    struct fb_docket_added added;
    struct fb_docket_review review = {.issuer = fb_cli_text(cli, "as"),
        .about = c->of->record->id,
        .finding = fb_cli_text(cli, "finding"),
        .reasons = fb_cli_text(cli, "reasons")};
    enum fb_code code = FB_OK;
    if (element.len) {
        uint32_t at = 0;
        code = fb_cli_case_element(c, element, &at, err);
        code = code ? code : fb_case_digest(c->argument, at, digest, err);
        if (code == FB_OK) {
            review.element = element;
            review.part = fb_str_of(fb_docket_digest_text(digest, text));
        }
    }
    code = code ? code : fb_docket_review_case(c->view.docket, &review, &added, err);
    if (code == FB_OK) {
        const struct fb_record *record =
            fb_registry_at(fb_docket_registry(c->view.docket), (size_t)added.first_seq);
        fb_buf_addf(&c->view.text, "%.*s: %.*s %.*s\n", FB_STR_ARG(record->id),
            FB_STR_ARG(review.finding),
            FB_STR_ARG(element.len ? element : FB_STR("the whole case")));
    }
    return code;
}

enum fb_code fb_cli_case_review(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_case c;
    enum fb_code code = fb_cli_want(cli, 2, 3, err);
    if (code == FB_OK && (!fb_cli_value(cli, "finding") || !fb_cli_value(cli, "reasons"))) {
        code = fb_cli_misused(cli, err,
            "a review needs --finding upheld|rejected|inconclusive "
            "and --reasons TEXT");
    }
    if (code != FB_OK) {
        return code;
    }
    code = fb_cli_case_open(cli, cli->arguments[1], &c, err);
    if (code == FB_OK && !c.of) {
        code = fb_err_set(err, FB_E_USAGE, "'%s' is a file; a review is of a case of the docket",
            cli->arguments[1]);
    }
    code = code ? code
                : file_review(cli, &c,
                      cli->argument_count > 2 ? fb_str_of(cli->arguments[2]) : FB_STR(""), err);
    code = code ? code : fb_cli_case_print(cli, &c, err);
    fb_cli_case_close(&c);
    return code;
}

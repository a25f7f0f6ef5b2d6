#include "cli/cmd_case_live.h"

#include <string.h>

#include "base/assert.h"

#define ARENA_MAX ((size_t)2 << 30)
#define OUTPUT_MAX ((size_t)1 << 29)

enum { WHY_DEPTH_MAX = 200 };

/* ---- files ---- */

static enum fb_code open_file(
    const struct fb_cli *cli, const char *path, struct fb_cli_case *out, struct fb_err *err)
{
    const char *names[2] = {"", path};
    struct fb_cli one = *cli;
    one.arguments = names;
    one.argument_count = 2;
    struct fb_clock clock = fb_cli_clock(cli);
    enum fb_code code = fb_cli_case_read(&one, &out->view.arena, &out->argument, err);
    if (code == FB_OK) {
        out->argument->now = fb_clock_now(&clock);
        code = fb_case_live_new(out->argument, NULL, NULL, &out->view.arena, &out->live, err);
    }
    return code;
}

/* ---- dockets ---- */

/* True when a name stands for a case of the picture. */
static bool is_named(const struct fb_case_view *view, struct fb_str name)
{
    return fb_str_eq(fb_record_text(view->record, "name"), name) || fb_str_eq(view->id, name) ||
           fb_str_eq(view->record->id, name) || fb_str_eq(fb_str_of(view->handle), name);
}

static enum fb_code choose(struct fb_cli_case *c, struct fb_str name, struct fb_err *err)
{
    const struct fb_picture *picture = &c->view.picture;
    size_t count = 0;
    for (size_t i = 0; i < picture->case_count; i++) {
        if (name.len == 0 || is_named(&picture->cases[i], name)) {
            c->of = &picture->cases[i];
            count++;
        }
    }
    if (count == 1) {
        return FB_OK;
    }
    if (picture->case_count == 0) {
        fb_err_set(err, FB_E_NOT_FOUND, "the docket holds no safety case");
        return fb_err_hint(err, "Name a file, or submit one: `flyball add --subject ID FILE`.");
    }
    if (count == 0) {
        fb_err_set(err, FB_E_NOT_FOUND, "there is no file and no safety case '%.*s'",
            FB_STR_ARG(fb_str_sub(name, 0, 200)));
        return fb_err_hint(err, "`flyball status` lists the cases of the docket.");
    }
    fb_err_set(err, FB_E_USAGE, "%zu safety cases %s", count,
        name.len ? "have that name" : "are in the docket");
    return fb_err_hint(err, "Name one by its handle in `flyball status`.");
}

/* "NAME@DATE" as two; a record's id has an @ of its own, behind which is no date. */
static struct fb_str split_date(struct fb_str text, fb_time *out)
{
    struct fb_err ignored;
    fb_err_init(&ignored);
    for (size_t i = text.len; i-- > 0;) {
        if (text.ptr[i] == '@') {
            bool dated = fb_time_parse(fb_str_sub(text, i + 1, text.len), out, &ignored) == FB_OK;
            return dated ? fb_str_sub(text, 0, i) : text;
        }
    }
    return text;
}

static enum fb_code open_docket(
    const struct fb_cli *cli, struct fb_str text, struct fb_cli_case *out, struct fb_err *err)
{
    out->asked = *cli;
    struct fb_str name = split_date(text, &out->asked.as_of);
    out->has_docket = true;
    enum fb_code code =
        fb_cli_view_ask(&out->asked, (struct fb_cli_ask){.brief = true}, &out->view, err);
    if (code == FB_E_NOT_FOUND && text.len > 0 && !out->view.docket) {
        fb_err_prefix(err, "'%.*s' is no file", FB_STR_ARG(fb_str_sub(text, 0, 200)));
    }
    code = code ? code : choose(out, name, err);
    if (code == FB_OK && !out->of->argument) {
        code = fb_err_set(err, FB_E_NOT_FOUND, "the document of '%.*s' was erased",
            FB_STR_ARG(out->of->record->id));
    }
    return code ? code
                : fb_case_live_again(
                      out->of->argument, &out->view.arena, &out->argument, &out->live, err);
}

enum fb_code fb_cli_case_open(
    const struct fb_cli *cli, const char *name, struct fb_cli_case *out, struct fb_err *err)
{
    FB_ASSERT(cli && out);
    memset(out, 0, sizeof(*out));
    if (name && fb_cli_case_is_files(name)) {
        fb_arena_init(&out->view.arena, ARENA_MAX);
        fb_buf_init(&out->view.text, OUTPUT_MAX);
        return open_file(cli, name, out, err);
    }
    return open_docket(cli, name ? fb_str_of(name) : FB_STR(""), out, err);
}

void fb_cli_case_close(struct fb_cli_case *c)
{
    fb_cli_view_close(&c->view);
}

enum fb_code fb_cli_case_element(
    const struct fb_cli_case *c, struct fb_str id, uint32_t *out, struct fb_err *err)
{
    for (uint32_t i = 0; i < c->argument->element_count; i++) {
        if (fb_str_eq(c->argument->elements[i].id, id)) {
            *out = i;
            return FB_OK;
        }
    }
    fb_err_set(
        err, FB_E_NOT_FOUND, "the case has no element '%.*s'", FB_STR_ARG(fb_str_sub(id, 0, 100)));
    return fb_err_hint(err, "`flyball case labels FILE` and `case draw` show the elements.");
}

enum fb_code fb_cli_case_print(const struct fb_cli *cli, struct fb_cli_case *c, struct fb_err *err)
{
    if (c->view.text.ptr) {
        fb_cli_clean(c->view.text.ptr);
    }
    return fb_cli_print(cli, &c->view.text, err);
}

void fb_cli_case_why(struct fb_json_writer *w, const struct fb_why *why, int depth)
{
    fb_json_open_object(w);
    fb_json_key_str(w, "text", why->text);
    if (why->seq != FB_WHY_NO_RECORD) {
        fb_json_key_str(w, "record", why->record_id);
        fb_json_key_int(w, "seq", (int64_t)why->seq);
    }
    if (why->child && depth < WHY_DEPTH_MAX) {
        fb_json_key(w, "because");
        fb_json_open_array(w);
        for (const struct fb_why *child = why->child; child; child = child->next) {
            fb_cli_case_why(w, child, depth + 1);
        }
        fb_json_close_array(w);
    }
    fb_json_close_object(w);
}

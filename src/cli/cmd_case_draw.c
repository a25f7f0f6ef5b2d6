/* cmd_case_draw.c: `flyball case draw`: a case as SVG, HTML, DOT, Mermaid or a list. */
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "case/digest.h"
#include "case/part.h"
#include "cli/cmd_case.h"
#include "report/case_graph.h"
#include "report/case_html.h"
#include "report/case_modules.h"
#include "report/case_outline.h"
#include "report/case_svg.h"

#define ARENA_MAX ((size_t)1 << 31)
#define OUTPUT_MAX ((size_t)1 << 30)

typedef enum fb_code (*drawer)(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err);

/* draw NULL: the page, which also takes the case as it was. modules NULL: there is no view of
 * modules. */
static const struct {
    const char *name;
    const char *ending;
    drawer draw;
    drawer modules;
} KINDS[] = {
    {"svg", ".svg", fb_report_case_svg, fb_report_modules_svg},
    {"html", ".html", NULL, NULL},
    {"dot", ".dot", fb_report_case_dot, fb_report_modules_dot},
    {"mermaid", ".mmd", fb_report_case_mermaid, fb_report_modules_mermaid},
    {"markdown", ".md", fb_report_case_outline, NULL},
};
enum { KIND_COUNT = sizeof(KINDS) / sizeof(KINDS[0]) };

/* The kind that --to or the ending of the output's name says; KIND_COUNT: none. */
static size_t kind_of(const struct fb_cli *cli)
{
    struct fb_str to = fb_cli_text(cli, "to"), out = fb_cli_text(cli, "out");
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (to.len ? fb_str_is(to, KINDS[i].name) : fb_str_ends(out, fb_str_of(KINDS[i].ending))) {
            return i;
        }
    }
    return KIND_COUNT;
}

/* Leaves of a case what an element rests on. One that is not there is refused, or, of the case as
 * it was, leaves all of it. */
static enum fb_code take_part(struct fb_cli *cli, struct fb_arena *arena, bool must,
    struct fb_case **argument, struct fb_err *err)
{
    struct fb_str id = fb_cli_text(cli, "element");
    uint32_t at = id.len ? fb_case_find(*argument, id) : UINT32_MAX;
    if (at == UINT32_MAX && id.len && must) {
        (void)fb_err_set(err, FB_E_NOT_FOUND, "the case has no element '%.*s'", FB_STR_ARG(id));
        return fb_err_hint(err, "Ids are written as in the file, capitals too.");
    }
    return at == UINT32_MAX ? FB_OK : fb_case_part(*argument, at, arena, argument, err);
}

/* The case, and the case as it was when --since names it; labelled unless --plain is given, all of
 * it, so that a part is labelled as in the whole. */
static enum fb_code read_both(struct fb_cli *cli, struct fb_arena *arena, struct fb_case **out,
    struct fb_case **out_earlier, struct fb_err *err)
{
    const char *since = fb_cli_value(cli, "since");
    const char *names[2] = {cli->arguments[0], since};
    struct fb_cli other = *cli;
    other.arguments = names;
    other.argument_count = 2;
    enum fb_code code = fb_cli_case_read(cli, arena, out, err);
    code = code == FB_OK && since ? fb_cli_case_read(&other, arena, out_earlier, err) : code;
    if (code == FB_OK && !fb_cli_value(cli, "plain")) {
        code = fb_case_label(*out, NULL, NULL, arena, err);
        if (code == FB_OK && since) {
            code = fb_case_label(*out_earlier, NULL, NULL, arena, err);
        }
    }
    code = code ? code : take_part(cli, arena, true, out, err);
    return code || !since ? code : take_part(cli, arena, false, out_earlier, err);
}

enum fb_code fb_cli_case_draw(struct fb_cli *cli, struct fb_err *err)
{
    const char *path = fb_cli_value(cli, "out");
    size_t kind = kind_of(cli);
    if (!path && !fb_cli_value(cli, "to")) {
        return fb_cli_misused(cli, err, "`case draw` needs -o OUT, as -o case.svg");
    }
    if (kind == KIND_COUNT) {
        return fb_cli_misused(cli, err, "'%s' does not say what to draw", path ? path : "--to");
    }
    bool modules = fb_cli_value(cli, "modules");
    if (modules && !KINDS[kind].modules) {
        return fb_cli_misused(
            cli, err, "modules are drawn as svg, dot or mermaid, not as %s", KINDS[kind].name);
    }
    struct fb_arena arena;
    struct fb_buf out;
    struct fb_case *argument = NULL, *earlier = NULL;
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&out, OUTPUT_MAX);
    enum fb_code code = read_both(cli, &arena, &argument, &earlier, err);
    if (code == FB_OK) {
        drawer draw = modules ? KINDS[kind].modules : KINDS[kind].draw;
        code = draw ? draw(argument, &out, err) : fb_report_case_html(argument, earlier, &out, err);
    }
    if (code == FB_OK && (!path || strcmp(path, "-") == 0)) {
        code = fb_cli_print(cli, &out, err);
    } else if (code == FB_OK) {
        code = fb_io_write(path, fb_buf_str(&out), 0644, err);
    }
    fb_buf_release(&out);
    fb_arena_release(&arena);
    return code;
}

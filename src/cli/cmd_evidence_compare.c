/* cmd_evidence_compare.c: `flyball evidence compare A B`: two logs on the same samples. */
#include "base/assert.h"
#include "cli/evidence.h"
#include "report/evidence.h"

#define ARENA_MAX ((size_t)1 << 31)

enum { TEXT_MAX = 1 << 24 };

enum fb_code fb_cli_evidence_compare(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_report_options options = fb_cli_report_options(cli);
    struct fb_pairs_list list;
    struct fb_arena arena;
    struct fb_buf text;
    struct fb_pairs_options how = {0};
    enum fb_code code = fb_cli_want(cli, 3, 3, err);
    code = code ? code : fb_cli_confidence(cli, &how.confidence, err);
    if (code != FB_OK) {
        return code;
    }
    const char *cluster = fb_cli_value(cli, "cluster"), *model = fb_cli_value(cli, "model");
    const char *other = fb_cli_value(cli, "model-b");
    how.cluster = fb_str_of(cluster ? cluster : "");
    how.model[0] = fb_str_of(model ? model : "");
    how.model[1] = other ? fb_str_of(other) : how.model[0];
    const char *const paths[2] = {cli->arguments[1], cli->arguments[2]};
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&text, TEXT_MAX);
    code = fb_paired_read(paths, &how, &arena, &list, err);
    if (code == FB_OK && fb_cli_value(cli, "json")) {
        code = fb_report_paired_json(paths, &list, how.confidence, &text, err);
    } else if (code == FB_OK) {
        code = fb_report_paired_text(paths, &list, &options, &text, err);
    }
    code = code ? code : fb_cli_print(cli, &text, err);
    fb_buf_release(&text);
    fb_arena_release(&arena);
    return code;
}

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
    double confidence = 0;
    enum fb_code code = fb_cli_want(cli, 3, 3, err);
    code = code ? code : fb_cli_confidence(cli, &confidence, err);
    if (code != FB_OK) {
        return code;
    }
    const char *const paths[2] = {cli->arguments[1], cli->arguments[2]};
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&text, TEXT_MAX);
    code = fb_paired_read(paths, confidence, &arena, &list, err);
    if (code == FB_OK && fb_cli_value(cli, "json")) {
        code = fb_report_paired_json(paths, &list, confidence, &text, err);
    } else if (code == FB_OK) {
        code = fb_report_paired_text(paths, &list, &options, &text, err);
    }
    code = code ? code : fb_cli_print(cli, &text, err);
    fb_buf_release(&text);
    fb_arena_release(&arena);
    return code;
}

/* cmd_case.c: `flyball case`: finds the verb. */
#include "cli/cmd_case.h"

#include <string.h>

#include "case/load.h"
#include "case/rules.h"

enum fb_code fb_cli_case_read(
    const struct fb_cli *cli, struct fb_arena *arena, struct fb_case **out, struct fb_err *err)
{
    struct fb_doc doc;
    struct fb_load_options options = {.follow = true, .format = FB_CASE_UNKNOWN};
    fb_doc_init(&doc, arena);
    enum fb_code code =
        fb_doc_load(&doc, &options, cli->arguments + 1, cli->argument_count - 1, err);
    code = code != FB_OK ? code : fb_rules_extend(&doc, err);
    code = code != FB_OK ? code : fb_case_build(&doc, true, arena, out, err);
    fb_doc_release(&doc);
    return code;
}

enum fb_code cmd_case(struct fb_cli *cli, struct fb_err *err)
{
    static const struct {
        const char *name;
        size_t least; /* arguments, the verb among them */
        enum fb_code (*run)(struct fb_cli *cli, struct fb_err *err);
    } VERBS[] = {{"check", 2, fb_cli_case_check}, {"draw", 2, fb_cli_case_draw},
        {"convert", 3, fb_cli_case_convert}, {"labels", 2, fb_cli_case_labels},
        {"status", 1, fb_cli_case_status}, {"explain", 1, fb_cli_case_explain},
        {"what-if", 2, fb_cli_case_what_if}, {"weakest", 1, fb_cli_case_weakest},
        {"diff", 3, fb_cli_case_diff}, {"new", 1, fb_cli_case_new},
        {"review", 2, fb_cli_case_review}};
    enum fb_code code = fb_cli_want(cli, 1, SIZE_MAX, err);
    if (code != FB_OK) {
        return code;
    }
    for (size_t i = 0; i < sizeof(VERBS) / sizeof(VERBS[0]); i++) {
        if (strcmp(cli->arguments[0], VERBS[i].name) == 0) {
            code = fb_cli_want(cli, VERBS[i].least, SIZE_MAX, err);
            return code ? code : VERBS[i].run(cli, err);
        }
    }
    return fb_cli_misused(cli, err, "'%s' is not something `case` does", cli->arguments[0]);
}

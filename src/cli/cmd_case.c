/* cmd_case.c: `flyball case`: finds the verb. */
#include "cli/cmd_case.h"

#include <string.h>

enum fb_code cmd_case(struct fb_cli *cli, struct fb_err *err)
{
    static const struct {
        const char *name;
        enum fb_code (*run)(struct fb_cli *cli, struct fb_err *err);
    } VERBS[] = {{"check", fb_cli_case_check}};
    enum fb_code code = fb_cli_want(cli, 2, SIZE_MAX, err);
    if (code != FB_OK) {
        return code;
    }
    for (size_t i = 0; i < sizeof(VERBS) / sizeof(VERBS[0]); i++) {
        if (strcmp(cli->arguments[0], VERBS[i].name) == 0) {
            return VERBS[i].run(cli, err);
        }
    }
    return fb_cli_misused(cli, err, "'%s' is not something `case` does", cli->arguments[0]);
}

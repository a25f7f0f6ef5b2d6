/* cmd_case.h: the verbs of `flyball case`. Each takes the arguments behind its own name. */
#ifndef FB_CLI_CMD_CASE_H
#define FB_CLI_CMD_CASE_H

#include "case/document.h"
#include "cli/cli.h"

/** `case check FILE...`: E_NEGATIVE when a rule of gsn2x (or with --strict one of ours) finds an
 * error, or a file cannot be read as a case. */
FB_CHECKED enum fb_code fb_cli_case_check(struct fb_cli *cli, struct fb_err *err);

#endif

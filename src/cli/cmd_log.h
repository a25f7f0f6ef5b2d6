/* cmd_log.h: what `flyball log` can do; each part runs on an opened docket and writes into text. */
#ifndef FB_CLI_CMD_LOG_H
#define FB_CLI_CMD_LOG_H

#include "cli/cli.h"

/** One part: docket is NULL when the part needs none. text is printed when it succeeds. */
typedef enum fb_code (*fb_cli_log_part)(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err);

/** `log export DIR`: the docket's log as static tiles (ledger/export.h). */
FB_CHECKED enum fb_code fb_cli_log_export(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err);

#endif

/* cmd_log.h: what `flyball log` can do; each part runs on an opened docket and writes into text. */
#ifndef FB_CLI_CMD_LOG_H
#define FB_CLI_CMD_LOG_H

#include "cli/cli.h"
#include "ledger/trust.h"

/** One part: docket is NULL when the part needs none. text is printed when it succeeds. */
typedef enum fb_code (*fb_cli_log_part)(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err);

/** `log export DIR`: the docket's log as static tiles (ledger/export.h). */
FB_CHECKED enum fb_code fb_cli_log_export(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err);

/** `log prove RECORD`: a proof file with the entry inside (ledger/tlogproof.h). */
FB_CHECKED enum fb_code fb_cli_log_prove(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err);

/** `log check FILE`: checks a proof file; needs no docket. */
FB_CHECKED enum fb_code fb_cli_log_check(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err);

/** `log follow DIR|URL`: verifies another log (ledger/follow.h); needs no docket. */
FB_CHECKED enum fb_code fb_cli_log_follow(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err);

/** `log checkpoint`: the newest signed checkpoint that is good by --policy. */
FB_CHECKED enum fb_code fb_cli_log_checkpoint(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err);

/** `log witness [URL...]`: asks witnesses to cosign the checkpoint (ledger/ask.h). text is filled
 * too when the quorum is not met, which is E_NEGATIVE. */
FB_CHECKED enum fb_code fb_cli_log_witness(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err);

/** `log serve DIR`: serves an exported folder until it is told to end; needs no docket. */
FB_CHECKED enum fb_code fb_cli_log_serve(
    const struct fb_cli *cli, struct fb_docket *docket, struct fb_buf *text, struct fb_err *err);

/** Reads a file of trust (ledger/trust.h) into source, at which out points. Errors have the file.
 */
FB_CHECKED enum fb_code fb_cli_read_policy(
    const char *path, struct fb_trust *out, struct fb_buf *source, struct fb_err *err);

/** What --policy and --key believe, and the docket's own log when there is a docket (NULL: none).
 * source holds the text that trust points into. E_USAGE when no log is believed. */
FB_CHECKED enum fb_code fb_cli_log_read_trust(const struct fb_cli *cli, struct fb_docket *docket,
    struct fb_trust *trust, struct fb_buf *source, struct fb_err *err);

/** Reads the newest checkpoint of the docket that is good, or the one of --checkpoint, into note;
 * verifies it by --policy, or the docket's key alone, and compares it with the docket's entries.
 * out points into note. E_FORK when it was signed for other entries; E_MISMATCH when it is of
 * another log. */
FB_CHECKED enum fb_code fb_cli_log_apply_policy(const struct fb_cli *cli, struct fb_docket *docket,
    struct fb_buf *note, struct fb_trusted *out, struct fb_err *err);

#endif

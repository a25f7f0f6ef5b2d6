/* cmd_case.h: the verbs of `flyball case`. Each takes the arguments behind its own name. */
#ifndef FB_CLI_CMD_CASE_H
#define FB_CLI_CMD_CASE_H

#include "case/document.h"
#include "cli/cli.h"

/** `case check FILE...`: E_NEGATIVE when a rule of gsn2x (or with --strict one of ours) finds an
 * error, or a file cannot be read as a case. */
FB_CHECKED enum fb_code fb_cli_case_check(struct fb_cli *cli, struct fb_err *err);

/** `case draw FILE... -o OUT`: a picture; its kind follows from OUT's ending. */
FB_CHECKED enum fb_code fb_cli_case_draw(struct fb_cli *cli, struct fb_err *err);

/** `case labels FILE...`: the label of each element and relation. */
FB_CHECKED enum fb_code fb_cli_case_labels(struct fb_cli *cli, struct fb_err *err);

/** `case convert IN... OUT`: a case in another format. */
FB_CHECKED enum fb_code fb_cli_case_convert(struct fb_cli *cli, struct fb_err *err);

/** `case status [CASE]`: what stands, on which evidence, who accepted it. CASE is a file or a case
 * of the docket. */
FB_CHECKED enum fb_code fb_cli_case_status(struct fb_cli *cli, struct fb_err *err);

/** `case explain [CASE [ELEMENT]]`: why, down to the records. */
FB_CHECKED enum fb_code fb_cli_case_explain(struct fb_cli *cli, struct fb_err *err);

/** `case what-if "X fails" [CASE]`: which claims change. */
FB_CHECKED enum fb_code fb_cli_case_what_if(struct fb_cli *cli, struct fb_err *err);

/** `case weakest [CASE]`: the cheapest set of failures that defeats the top claim. */
FB_CHECKED enum fb_code fb_cli_case_weakest(struct fb_cli *cli, struct fb_err *err);

/** `case diff OLDER NEWER`: what differs. */
FB_CHECKED enum fb_code fb_cli_case_diff(struct fb_cli *cli, struct fb_err *err);

/** `case new --pattern NAME [NAME=VALUE...]`: a case of a pattern. */
FB_CHECKED enum fb_code fb_cli_case_new(struct fb_cli *cli, struct fb_err *err);

/** `case review CASE [ELEMENT]`: files a review that is bound to the digest of what was seen. */
FB_CHECKED enum fb_code fb_cli_case_review(struct fb_cli *cli, struct fb_err *err);

/** True when a name is that of a file, or those of several with commas between. */
bool fb_cli_case_is_files(const char *name);

/** The argument of the files that are the verb's arguments (each a file, or several with commas
 * between), with what modules develop of each
 * other; relaxed (fb_case_build). It lives in arena. */
FB_CHECKED enum fb_code fb_cli_case_read(
    const struct fb_cli *cli, struct fb_arena *arena, struct fb_case **out, struct fb_err *err);

#endif

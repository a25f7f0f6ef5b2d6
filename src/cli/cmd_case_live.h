/* cmd_case_live.h: a safety case that a command is about: of files, or of the docket with its
 * evidence. */
#ifndef FB_CLI_CMD_CASE_LIVE_H
#define FB_CLI_CMD_CASE_LIVE_H

#include "case/live.h"
#include "cli/cmd_case.h"

/** A labelled case. */
struct fb_cli_case {
    struct fb_cli asked;           /**< the command line, whose clock the docket reads */
    struct fb_cli_view view;       /**< of a docket; its arena and text are there for files too */
    bool has_docket;               /**< the view is open */
    const struct fb_case_view *of; /**< NULL: of a file */
    struct fb_case *argument;      /**< labelled */
    struct fb_case_live *live;     /**< of that argument */
};

/** Opens the case that a name stands for: a file; or in the docket its name, id, handle or record,
 * with
 * "@DATE" behind it as it was known before that date. NULL: the docket's only one. After success
 * and failure alike the caller ends with fb_cli_case_close. */
FB_CHECKED enum fb_code fb_cli_case_open(
    const struct fb_cli *cli, const char *name, struct fb_cli_case *out, struct fb_err *err);

/** Closes it. */
void fb_cli_case_close(struct fb_cli_case *c);

/** The element with an id; E_NOT_FOUND with a hint. */
FB_CHECKED enum fb_code fb_cli_case_element(
    const struct fb_cli_case *c, struct fb_str id, uint32_t *out, struct fb_err *err);

/** Prints what was written into the case's text, without control characters. */
FB_CHECKED enum fb_code fb_cli_case_print(
    const struct fb_cli *cli, struct fb_cli_case *c, struct fb_err *err);

/** A reason as JSON. */
void fb_cli_case_why(struct fb_json_writer *w, const struct fb_why *why, int depth);

#endif

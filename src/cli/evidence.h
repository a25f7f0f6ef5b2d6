/* evidence.h: the parts of `flyball evidence`; evidence.def is their table. */
#ifndef FB_CLI_EVIDENCE_H
#define FB_CLI_EVIDENCE_H

#include "cli/cli.h"

/** The parts: each runs one invocation, whose first argument is the part's own name. One function
 * may serve several. */
#define FB_EVIDENCE(name, function, options, arguments, summary)                                   \
    enum fb_code function(struct fb_cli *cli, struct fb_err *err);
#include "cli/evidence.def"
#undef FB_EVIDENCE

/** `evidence SYSTEM [CAPABILITY]`, when the first argument names no part. */
FB_CHECKED enum fb_code fb_cli_evidence_system(struct fb_cli *cli, struct fb_err *err);

/** The value of an option that is a number strictly between limits, or at least 0 where the lower
 * one is negative; unchanged when it is not set. E_USAGE. */
FB_CHECKED enum fb_code fb_cli_number(const struct fb_cli *cli, const char *option,
    const double limits[2], double *in_out, struct fb_err *err);

/** The same of a whole number from limits[0] to limits[1]. E_USAGE. */
FB_CHECKED enum fb_code fb_cli_whole(const struct fb_cli *cli, const char *option,
    const int64_t limits[2], int64_t *in_out, struct fb_err *err);

/** An instant, as 2026-03-01; unchanged when the option is not set. E_USAGE. */
FB_CHECKED enum fb_code fb_cli_instant(
    const struct fb_cli *cli, const char *option, fb_time *in_out, struct fb_err *err);

/** A confidence as "95%" or "0.95", from --confidence; 0.95 when it is not set. E_USAGE. */
FB_CHECKED enum fb_code fb_cli_confidence(
    const struct fb_cli *cli, double *out, struct fb_err *err);

/** A part as evidence.def has it. */
struct fb_cli_evidence_part {
    const char *name;
    enum fb_code (*run)(struct fb_cli *cli, struct fb_err *err);
    const char *options; /**< those it takes, with commas */
    const char *arguments;
    const char *summary;
};

/** The part of a name, or NULL; name may be NULL. */
const struct fb_cli_evidence_part *fb_cli_evidence_part(const char *name);

/** Whether a part takes an option of `flyball evidence`. */
bool fb_cli_evidence_takes(const struct fb_cli_evidence_part *part, const char *option);

/** Appends the parts of `flyball evidence` to its help. */
void fb_cli_evidence_help(struct fb_buf *out);

#endif

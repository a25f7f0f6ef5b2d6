/* cmd_compute.h: the parts of `flyball compute`, each in its file, and what they share. */
#ifndef FB_CLI_CMD_COMPUTE_H
#define FB_CLI_CMD_COMPUTE_H

#include "cli/cli.h"
#include "evidence/compute.h"

/** The parts: each runs one invocation. */
FB_CHECKED enum fb_code fb_cli_compute_report(struct fb_cli *cli, struct fb_err *err);
FB_CHECKED enum fb_code fb_cli_compute_estimate(struct fb_cli *cli, struct fb_err *err);
FB_CHECKED enum fb_code fb_cli_compute_forecast(struct fb_cli *cli, struct fb_err *err);
FB_CHECKED enum fb_code fb_cli_compute_foresee(struct fb_cli *cli, struct fb_err *err);
FB_CHECKED enum fb_code fb_cli_compute_leads(struct fb_cli *cli, struct fb_err *err);
FB_CHECKED enum fb_code fb_cli_compute_reconcile(struct fb_cli *cli, struct fb_err *err);
FB_CHECKED enum fb_code fb_cli_compute_systems(struct fb_cli *cli, struct fb_err *err);

/** What --use, --bits and --chip say of FLOP; what they do not say stays. E_USAGE, E_NOT_FOUND. */
FB_CHECKED enum fb_code fb_cli_compute_assumed(
    const struct fb_cli *cli, struct fb_compute_options *in_out, struct fb_err *err);

/** Gives the starts of jobs in the accounts of --from and of the arguments behind the part's name
 * to a sink. Errors are those of fb_jobs_read. */
FB_CHECKED enum fb_code fb_cli_compute_jobs(
    const struct fb_cli *cli, fb_job_sink sink, void *ctx, struct fb_err *err);

/** The range of --use, or what *out holds without it. E_USAGE. */
FB_CHECKED enum fb_code fb_cli_compute_use(
    const struct fb_cli *cli, double out[2], struct fb_err *err);

/** The FLOP of --threshold, more than 0; untouched without it. E_USAGE. */
FB_CHECKED enum fb_code fb_cli_compute_threshold(
    const struct fb_cli *cli, struct fb_decimal *out, struct fb_err *err);

#endif

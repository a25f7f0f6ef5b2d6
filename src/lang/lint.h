/*
 * lint.h: what is wrong with a policy although it compiles.
 *
 * Conditions are judged by the prover of diff/imply.h, so what is said here is so; that nothing is
 * said does not mean that nothing is wrong.
 */
#ifndef FB_LANG_LINT_H
#define FB_LANG_LINT_H

#include "lang/complaint.h"

/** Adds what a compiled policy can never do: a duty or deadline that no record brings about, a
 * deadline that another one always undercuts, a red line that applies to no system or that no
 * evidence can rule out, a prohibition that nothing ends. Each has a place and a hint. */
void fb_program_lint(const struct fb_program *program, struct fb_complaints *notes);

/** Adds what makes a policy slow that is right: a duty of which an obligation is weighed against
 * facts that nothing ties to it, or that all facts or all systems must be looked at for. */
void fb_program_lint_cost(const struct fb_program *program, struct fb_complaints *notes);

/** A predicate of a duty that finds red lines or cases of other systems than its own, so that they
 * are decided for all systems where one is asked about; NULL when there is none. */
const struct fb_form *fb_duty_reads_others(const struct fb_duty *duty);

/** True when whoever does what `must` demands does what `may_not` forbids, and both can bind the
 * same system at once. */
bool fb_duties_conflict(
    const struct fb_program *program, const struct fb_duty *must, const struct fb_duty *may_not);

#endif

/* monitor_proof.h: what `flyball monitor` does with proofs: --explain, --explain-at, --proof and
 * --check. */
#ifndef FB_CLI_MONITOR_PROOF_H
#define FB_CLI_MONITOR_PROOF_H

#include "base/io.h"
#include "cli/cli.h"
#include "lang/monpoly.h"
#include "proof/proof_text.h"

/** One run with proofs. All of it is private but `log`. */
struct fb_explainer {
    struct fb_cli *cli;
    const struct fb_monpoly_formula *formula;
    struct fb_arena arena;
    struct fb_trace trace;
    struct fb_buf log; /**< its text */
    struct fb_buf out;
    struct fb_buf line;
    struct fb_io_writer file;
    bool has_file;
    size_t proofs;
    struct fb_proofs *proving;
    struct fb_proof_told told;
    struct fb_checker *checker;
    size_t written; /**< lemmas in the file, and checked */
};

/** True when the command line asks for proofs, made or checked. */
bool fb_explainer_wanted(const struct fb_cli *cli);

/** Reads the log. Both formulas must outlive it; release it, also on failure, with
 * fb_explainer_close. */
FB_CHECKED enum fb_code fb_explainer_open(struct fb_cli *cli, const struct fb_signature *signature,
    const struct fb_monpoly_formula *formula, struct fb_explainer *out, struct fb_err *err);

/** Prints all verdicts of the log, below each why it is one, and writes the proofs to the file that
 * was named. Each proof is checked before anybody sees it. The naive evaluator finds the verdicts
 * where the incremental one cannot, or was not wanted. */
FB_CHECKED enum fb_code fb_explainer_run(struct fb_explainer *x, struct fb_err *err);

/** --explain-at: the verdicts of one time-point and why they are, or why there is none. */
FB_CHECKED enum fb_code fb_explainer_at(struct fb_explainer *x, struct fb_err *err);

/** --check: goes through a file of proofs and says how many are right. E_NEGATIVE with the line of
 * the first that is not. */
FB_CHECKED enum fb_code fb_explainer_check(struct fb_explainer *x, struct fb_err *err);

/** Puts the file of proofs in its place; nothing when none was asked for. */
FB_CHECKED enum fb_code fb_explainer_keep(struct fb_explainer *x, struct fb_err *err);

/** Releases it. What was not kept is dropped. */
void fb_explainer_close(struct fb_explainer *x);

#endif

/* parts.h: how the parts of clauses are compared. Private to the folder. */
#ifndef FB_LANG_DIFF_PARTS_H
#define FB_LANG_DIFF_PARTS_H

#include "lang/diff/diff.h"
#include "lang/diff/imply.h"

/** A comparison at work. */
struct fb_diffing {
    const struct fb_program *sides[2]; /**< older, newer */
    struct fb_arena *arena;
    struct fb_imply_same *same; /**< names of red lines of the newer policy in the older one's */
    size_t same_count;
    bool no_memory;
};

/** What is known when each side may be at least as strict as the other. */
enum fb_change fb_diff_judge(bool newer_as_strict, bool older_as_strict);

/** Notes a part unless nothing changed. Takes the text of before and after as printf would give
 * it; both live in the arena. */
void fb_diff_note(struct fb_clause_change *clause, const char *name, enum fb_change change,
    struct fb_str before, struct fb_str after);

/** Text in the arena; an empty one, and no_memory, when that ran out. */
struct fb_str fb_diff_text(struct fb_diffing *d, const char *fmt, ...) FB_PRINTF(2, 3);

/** A formula as text, "nothing" for NULL. */
struct fb_str fb_diff_form(
    struct fb_diffing *d, const struct fb_str *vars, const struct fb_form *form);

/** True when a text of the newer policy means the same as one of the older. */
bool fb_diff_same_text(const struct fb_diffing *d, struct fb_str older, struct fb_str newer);

/** Compares by what the two policies tell their pace into clause. */
void fb_diff_paces(struct fb_diffing *d, struct fb_clause_change *clause);

/** Compares by how long documents are kept into clause. */
void fb_diff_retains(struct fb_diffing *d, struct fb_clause_change *clause);

/** Compares two red lines into clause. */
void fb_diff_redlines(struct fb_diffing *d, struct fb_clause_change *clause);

/** Compares two duties into clause. */
void fb_diff_duties(struct fb_diffing *d, struct fb_clause_change *clause);

struct fb_matrix;
struct fb_policy_tree;

/** Says who is exempt in a document of the matrix, and from what, in a few words. */
struct fb_str fb_diff_exempt_text(struct fb_diffing *d, const struct fb_policy_tree *tree);

/** Compares who is exempt in two documents of a matrix into clause, topic by topic. */
void fb_diff_exempts(struct fb_diffing *d, const struct fb_matrix *matrix,
    const size_t documents[2], struct fb_clause_change *clause);

/** Pairs the red lines of both policies, then their duties: to[0][i] becomes the newer clause of
 * the older clause i, or SIZE_MAX; to[1][j] the other way. Both live in the arena. Duties are
 * compared by the names of red lines that d->same has. False when memory ran out. */
bool fb_diff_pair_lines(struct fb_diffing *d, size_t *to[2]);
bool fb_diff_pair_duties(struct fb_diffing *d, size_t *to[2]);

/** True when both demand the same act of the same party, whatever else differs. */
bool fb_diff_same_act(
    struct fb_diffing *d, const struct fb_duty *older, const struct fb_duty *newer);

#endif

/*
 * The search for proofs: operators over time. Time-points are walked away from where the operator
 * stands, so of proofs of one weight the nearest is found, and the walk ends where nothing lighter
 * can follow.
 */
#include "base/assert.h"
#include "engine/prove.h"

static bool looks_back(const struct fb_form *form)
{
    return form->kind == FB_FORM_PREVIOUS || form->kind == FB_FORM_ONCE ||
           form->kind == FB_FORM_HISTORICALLY || form->kind == FB_FORM_SINCE;
}

/* Fewest leaves that a proof may have. Depth is bounded by FB_IR_DEPTH_MAX. */
static size_t least(const struct fb_form *form, bool holds)
{
    switch ((int)form->kind) {
    case FB_FORM_NOT:
        return least(form->left, !holds);
    case FB_FORM_AND:
    case FB_FORM_OR:
        return (form->kind == FB_FORM_AND) == holds
                   ? least(form->left, holds) + least(form->right, holds)
                   : 1;
    case FB_FORM_EXISTS:
    case FB_FORM_ONCE:
    case FB_FORM_EVENTUALLY:
        return holds ? least(form->left, true) : 1;
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
        return holds ? least(form->right, true) : 1;
    default:
        return 1;
    }
}

/* Goes one time-point further away; false at the end of the trace. */
static bool away(const struct fb_prover *p, bool back, size_t *at)
{
    if (back ? *at == 0 : *at + 1 >= p->ev.trace->time_count) {
        return false;
    }
    *at += back ? (size_t)-1 : 1;
    return true;
}

/* True when time-point j lies behind the end of the interval. */
static bool beyond(const struct fb_prover *p, const struct fb_form *form, size_t tp, size_t j)
{
    const fb_time *times = p->ev.trace->times;
    int64_t distance;
    if (__builtin_sub_overflow(times[tp > j ? tp : j], times[tp > j ? j : tp], &distance)) {
        distance = INT64_MAX;
    }
    return form->interval.high != FB_TIME_MAX && distance > form->interval.high;
}

static struct fb_place moved(const struct fb_place *place, size_t tp)
{
    struct fb_place there = *place;
    there.tp = tp;
    return there;
}

static struct fb_proof_step *neighbour(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds)
{
    size_t there = place->tp;
    if (!away(p, looks_back(form), &there) || !fb_eval_within(&p->ev, form, place->tp, there)) {
        return holds ? NULL : fb_prove_leaf(p, FB_RULE_EDGE, false, place);
    }
    struct fb_place at = moved(place, there);
    struct fb_proof_step *kid = fb_prove_either(p, form->left, &at, holds);
    struct fb_proof_step *proof = fb_prove_over(p, FB_RULE_NEXT_TO, holds, place, kid);
    if (proof) {
        proof->at = there;
    }
    return proof;
}

/* One time-point of the interval. */
static struct fb_proof_step *some(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds)
{
    bool back = looks_back(form);
    size_t lightest = least(form->left, holds);
    struct fb_proof_step *best = NULL;
    size_t j = place->tp;
    do {
        struct fb_proof_step *found = NULL;
        struct fb_place at = moved(place, j);
        if (fb_eval_within(&p->ev, form, place->tp, j)) {
            found = fb_prove_either(p, form->left, &at, holds);
        }
        best = found && (!best || found->weight < best->weight) ? found : best;
    } while (!p->code && !(best && best->weight <= lightest) && away(p, back, &j) &&
             !beyond(p, form, place->tp, j));
    struct fb_proof_step *proof = fb_prove_over(p, FB_RULE_SOME, holds, place, best);
    if (proof) {
        proof->at = best->from;
    }
    return proof;
}

/* A proof that rests on kids; none of them makes a leaf. */
static struct fb_proof_step *over_kids(struct fb_prover *p, enum fb_rule rule, bool holds,
    const struct fb_place *place, const struct fb_kids *kids)
{
    struct fb_proof_step *proof = fb_prove_leaf(p, rule, holds, place);
    if (proof) {
        proof->kid = kids->first;
        proof->weight = kids->weight ? fb_prove_weight(kids->weight) : 1;
    }
    return proof;
}

/* Adds proofs for time-points [from, to] of a formula; false when there is none at one. */
static bool throughout(struct fb_prover *p, const struct fb_form *form,
    const struct fb_place *place, const size_t range[2], bool holds, struct fb_kids *kids)
{
    for (size_t j = range[0]; j <= range[1]; j++) {
        struct fb_place at = moved(place, j);
        struct fb_proof_step *kid = fb_prove_either(p, form, &at, holds);
        if (!kid) {
            return false;
        }
        fb_kids_append(kids, kid);
    }
    return true;
}

/* The time-points of the interval; false when there are none. */
static bool interval_of(
    const struct fb_prover *p, const struct fb_form *form, size_t tp, size_t out[2])
{
    bool back = looks_back(form);
    bool any = false;
    size_t j = tp;
    do {
        if (fb_eval_within(&p->ev, form, tp, j)) {
            out[back ? 1 : 0] = any ? out[back ? 1 : 0] : j;
            out[back ? 0 : 1] = j;
            any = true;
        }
    } while (away(p, back, &j) && !beyond(p, form, tp, j));
    return any;
}

static struct fb_proof_step *every(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds)
{
    struct fb_kids kids = {0};
    size_t range[2];
    if (interval_of(p, form, place->tp, range) &&
        !throughout(p, form->left, place, range, holds, &kids)) {
        return NULL;
    }
    return over_kids(p, FB_RULE_EVERY, holds, place, &kids);
}

/* The best anchor of SINCE and UNTIL found so far. */
struct anchor {
    struct fb_proof_step *right;
    size_t weight;
};

/* Looks for the anchor with the least weight of right side and left sides between. */
static struct anchor find_anchor(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place)
{
    bool back = looks_back(form);
    size_t lightest = least(form->right, true);
    struct anchor best = {NULL, SIZE_MAX};
    size_t between = 0;
    size_t j = place->tp;
    do {
        struct fb_place at = moved(place, j);
        struct fb_proof_step *right = NULL;
        if (fb_eval_within(&p->ev, form, place->tp, j)) {
            right = fb_prove_holds(p, form->right, &at);
        }
        if (right && between + right->weight < best.weight) {
            best = (struct anchor){right, between + right->weight};
        }
        struct fb_proof_step *left = NULL;
        if (between + lightest + 1 < best.weight) {
            left = fb_prove_holds(p, form->left, &at);
        }
        if (!left) {
            break;
        }
        between += left->weight;
    } while (!p->code && away(p, back, &j) && !beyond(p, form, place->tp, j));
    return best;
}

static struct fb_proof_step *anchored(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place)
{
    struct anchor best = find_anchor(p, form, place);
    if (!best.right || p->code) {
        return NULL;
    }
    bool back = looks_back(form);
    struct fb_kids kids = {0};
    size_t j = best.right->from;
    size_t range[2] = {back ? j + 1 : place->tp, back ? place->tp : j - 1};
    fb_kids_add(&kids, best.right);
    bool any = back ? j < place->tp : j > place->tp;
    struct fb_kids lefts = {0};
    if (any && !throughout(p, form->left, place, range, true, &lefts)) {
        return NULL;
    }
    best.right->next = lefts.first;
    kids.weight += lefts.weight;
    struct fb_proof_step *proof = over_kids(p, FB_RULE_ANCHOR, true, place, &kids);
    if (proof) {
        proof->at = j;
    }
    return proof;
}

/* Where the left side of SINCE or UNTIL fails; left is NULL when the right side fails throughout.
 */
struct bar {
    struct fb_proof_step *left;
    size_t at;
    size_t weight;
};

/* Looks for the bar with the least weight of it and the right sides from there on. */
static struct bar find_bar(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place)
{
    bool back = looks_back(form);
    struct bar best = {NULL, FB_TP_MAX, SIZE_MAX};
    size_t rights = 0;
    size_t j = place->tp;
    do {
        struct fb_place at = moved(place, j);
        if (fb_eval_within(&p->ev, form, place->tp, j)) {
            struct fb_proof_step *right = fb_prove_fails(p, form->right, &at);
            if (!right) {
                return best;
            }
            rights += right->weight;
        }
        /* Without a bar it may be no more than the rights so far; with one it is a leaf more. */
        if (best.weight <= (rights ? rights : 1)) {
            return best;
        }
        struct fb_proof_step *left =
            rights + 1 < best.weight ? fb_prove_fails(p, form->left, &at) : NULL;
        if (left && rights + left->weight < best.weight) {
            best = (struct bar){left, j, rights + left->weight};
        }
    } while (!p->code && away(p, back, &j) && !beyond(p, form, place->tp, j));
    size_t all = rights ? rights : 1;
    return all < best.weight ? (struct bar){NULL, FB_TP_MAX, all} : best;
}

static struct fb_proof_step *barred(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place)
{
    struct bar best = find_bar(p, form, place);
    bool back = looks_back(form);
    if (best.weight == SIZE_MAX || p->code) {
        return NULL;
    }
    struct fb_kids rights = {0};
    size_t range[2];
    bool any = interval_of(p, form, place->tp, range);
    if (best.left) {
        size_t *edge = &range[back ? 0 : 1];
        any = any && (back ? range[1] >= best.at : range[0] <= best.at);
        *edge = any && (back ? *edge < best.at : *edge > best.at) ? best.at : *edge;
    }
    if (any && !throughout(p, form->right, place, range, false, &rights)) {
        return NULL;
    }
    if (!best.left) {
        return over_kids(p, FB_RULE_NEVER, false, place, &rights);
    }
    best.left->next = rights.first;
    struct fb_kids kids = {best.left, best.left, best.weight};
    struct fb_proof_step *proof = over_kids(p, FB_RULE_BARRED, false, place, &kids);
    if (proof) {
        proof->at = best.at;
    }
    return proof;
}

struct fb_proof_step *fb_prove_time(
    struct fb_prover *p, const struct fb_form *form, const struct fb_place *place, bool holds)
{
    FB_ASSERT(p && form && place);
    switch ((int)form->kind) {
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
        return neighbour(p, form, place, holds);
    case FB_FORM_ONCE:
    case FB_FORM_EVENTUALLY:
        return holds ? some(p, form, place, true) : every(p, form, place, false);
    case FB_FORM_HISTORICALLY:
    case FB_FORM_ALWAYS:
        return holds ? every(p, form, place, true) : some(p, form, place, false);
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
        return holds ? anchored(p, form, place) : barred(p, form, place);
    default:
        FB_ASSERT(false);
        return NULL;
    }
}

/*
 * pair.c: which clause of one policy is which of the other.
 *
 * Most clauses keep their names, so names are looked up first; what kept its name and its content
 * is paired at once. Clauses that lost their names are paired by content: red lines by a test that
 * both measure, duties by the act that they demand, as it is written and then as it is proved. Only
 * the last takes the square of what is left, and stops after FB_DIFF_PAIRS_MAX pairs: further
 * clauses that were renamed and reworded at a time count as removed and added.
 */
#include <string.h>

#include "base/assert.h"
#include "base/map.h"
#include "lang/diff/parts.h"

/* Indexes by text: the first of a key is heads[0 .. ), each leads to the next of its key. */
struct index {
    struct fb_map heads; /* to index + 1, as a pointer */
    size_t *next;        /* + 1; 0: the last */
};

/* A pairing at work. */
struct pairing {
    struct fb_diffing *d;
    size_t counts[2];
    size_t **to; /* to[0][i]: the newer of the older i; to[1][j]: the other way */
};

static bool pairing_init(struct pairing *p)
{
    for (size_t side = 0; side < 2; side++) {
        p->to[side] = FB_ARENA_ARRAY(p->d->arena, size_t, p->counts[side] + 1);
        for (size_t i = 0; p->to[side] && i < p->counts[side]; i++) {
            p->to[side][i] = SIZE_MAX;
        }
    }
    return p->to[0] && p->to[1];
}

static void join(struct pairing *p, size_t older, size_t newer)
{
    FB_ASSERT(p->to[0][older] == SIZE_MAX && p->to[1][newer] == SIZE_MAX);
    p->to[0][older] = newer;
    p->to[1][newer] = older;
}

static bool index_init(struct index *index, struct fb_diffing *d, size_t count)
{
    fb_map_init(&index->heads);
    index->next = FB_ARENA_ARRAY(d->arena, size_t, count + 1);
    d->no_memory = d->no_memory || !index->next;
    return index->next != NULL;
}

static size_t index_first(const struct index *index, struct fb_str key)
{
    return (size_t)(uintptr_t)fb_map_get(&index->heads, key);
}

/* Puts an entry before those that are there; put the last one first. */
static void index_put(struct index *index, struct fb_diffing *d, struct fb_str key, size_t i)
{
    struct fb_err err;
    fb_err_init(&err);
    index->next[i] = index_first(index, key);
    if (fb_map_put(&index->heads, key, (void *)(uintptr_t)(i + 1), &err) != FB_OK) {
        d->no_memory = true;
    }
}

/* Takes the first entry of a key off, as long as it is paired; its index + 1, 0 for none. */
static size_t index_unpaired(
    struct index *index, struct fb_diffing *d, struct fb_str key, const size_t *paired)
{
    size_t at = index_first(index, key), first = at;
    struct fb_err err;
    fb_err_init(&err);
    while (at && paired[at - 1] != SIZE_MAX) {
        at = index->next[at - 1];
    }
    if (at != first && fb_map_put(&index->heads, key, (void *)(uintptr_t)at, &err) != FB_OK) {
        d->no_memory = true;
    }
    return at;
}

/* The names of one side's duties, or of its red lines. */
static struct fb_str name_of(const struct pairing *p, bool lines, size_t side, size_t i)
{
    const struct fb_program *program = p->d->sides[side];
    return lines ? program->redlines[i].name : program->duties[i].name;
}

/* Fills twins[0][i] with the newer clause of the same name, or SIZE_MAX; twins[1] the other way. */
static bool find_twins(struct pairing *p, bool lines, size_t *twins[2])
{
    struct index index;
    for (size_t side = 0; side < 2; side++) {
        twins[side] = FB_ARENA_ARRAY(p->d->arena, size_t, p->counts[side] + 1);
        for (size_t i = 0; twins[side] && i < p->counts[side]; i++) {
            twins[side][i] = SIZE_MAX;
        }
    }
    if (!twins[0] || !twins[1] || !index_init(&index, p->d, p->counts[1])) {
        return false;
    }
    for (size_t j = p->counts[1]; j > 0; j--) {
        index_put(&index, p->d, name_of(p, lines, 1, j - 1), j - 1);
    }
    for (size_t i = 0; i < p->counts[0]; i++) {
        size_t twin = index_first(&index, name_of(p, lines, 0, i));
        if (twin) {
            twins[0][i] = twin - 1;
            twins[1][twin - 1] = i;
        }
    }
    fb_map_release(&index.heads);
    return !p->d->no_memory;
}

/* Red lines that lost their names and measure the same. */
static bool pair_by_measure(struct pairing *p)
{
    const struct fb_program *older = p->d->sides[0], *newer = p->d->sides[1];
    enum { MEASURES = sizeof(older->redlines->measures) / sizeof(older->redlines->measures[0]) };
    struct index index;
    if (!index_init(&index, p->d, p->counts[1] * MEASURES)) {
        return false;
    }
    size_t *paired = FB_ARENA_ARRAY(p->d->arena, size_t, p->counts[1] * MEASURES + 1);
    for (size_t k = paired ? p->counts[1] * MEASURES : 0; k > 0; k--) {
        size_t j = (k - 1) / MEASURES, m = (k - 1) % MEASURES;
        paired[k - 1] = p->to[1][j];
        if (m < newer->redlines[j].measure_count) {
            index_put(&index, p->d, newer->redlines[j].measures[m], k - 1);
        }
    }
    for (size_t i = 0; paired && i < p->counts[0]; i++) {
        const struct fb_redline *line = &older->redlines[i];
        size_t first = SIZE_MAX;
        for (size_t m = 0; m < line->measure_count && p->to[0][i] == SIZE_MAX; m++) {
            size_t at = index_unpaired(&index, p->d, line->measures[m], paired);
            first = at && (at - 1) / MEASURES < first ? (at - 1) / MEASURES : first;
        }
        if (first != SIZE_MAX && p->to[0][i] == SIZE_MAX) {
            join(p, i, first);
            for (size_t m = 0; m < MEASURES; m++) {
                paired[first * MEASURES + m] = i;
            }
        }
    }
    fb_map_release(&index.heads);
    p->d->no_memory = p->d->no_memory || !paired;
    return !p->d->no_memory;
}

bool fb_diff_pair_lines(struct fb_diffing *d, size_t *to[2])
{
    struct pairing p = {d, {d->sides[0]->redline_count, d->sides[1]->redline_count}, to};
    size_t *twins[2];
    if (!pairing_init(&p) || !find_twins(&p, true, twins)) {
        return false;
    }
    for (size_t i = 0; i < p.counts[0]; i++) {
        if (twins[0][i] != SIZE_MAX) {
            join(&p, i, twins[0][i]);
        }
    }
    return pair_by_measure(&p);
}

/* "hold" of "hold.secure.2"; empty for a duty of its own. */
static struct fb_str commitment_of(const struct fb_duty *duty)
{
    size_t dot = fb_str_find(duty->name, '.', 0);
    return fb_str_sub(duty->name, 0, dot < duty->name.len ? dot : 0);
}

/* Duties whose names the other policy has too. */
static void pair_by_name(struct pairing *p, const size_t *twins, bool same_act)
{
    for (size_t i = 0; i < p->counts[0]; i++) {
        if (twins[i] == SIZE_MAX || p->to[0][i] != SIZE_MAX || p->to[1][twins[i]] != SIZE_MAX) {
            continue;
        }
        const struct fb_duty *a = &p->d->sides[0]->duties[i];
        const struct fb_duty *b = &p->d->sides[1]->duties[twins[i]];
        if (a->modality == b->modality && (!same_act || fb_diff_same_act(p->d, a, b))) {
            join(p, i, twins[i]);
        }
    }
}

/* What a duty demands, of whom, as it is written; within which commitment, when that counts. */
static struct fb_str written(struct pairing *p, const struct fb_duty *duty, bool within)
{
    struct fb_str act = fb_diff_form(p->d, duty->vars, duty->act);
    struct fb_str party = duty->party->kind == FB_TERM_CONST ? duty->party->value.u.text
                                                             : duty->vars[duty->party->var];
    struct fb_str commitment = within ? commitment_of(duty) : FB_STR("");
    return fb_diff_text(p->d, "%d %.*s: %.*s: %.*s", (int)duty->modality, FB_STR_ARG(commitment),
        FB_STR_ARG(party), FB_STR_ARG(act));
}

/* Duties of one commitment, or those without a twin, that demand the same in the same words. */
static bool pair_by_words(struct pairing *p, size_t *const twins[2], bool within)
{
    struct index index;
    const struct fb_program *older = p->d->sides[0], *newer = p->d->sides[1];
    if (!index_init(&index, p->d, p->counts[1])) {
        return false;
    }
    for (size_t j = p->counts[1]; j > 0; j--) {
        const struct fb_duty *duty = &newer->duties[j - 1];
        if (p->to[1][j - 1] == SIZE_MAX &&
            (within ? commitment_of(duty).len > 0 : twins[1][j - 1] == SIZE_MAX)) {
            index_put(&index, p->d, written(p, duty, within), j - 1);
        }
    }
    for (size_t i = 0; i < p->counts[0] && !p->d->no_memory; i++) {
        const struct fb_duty *duty = &older->duties[i];
        if (p->to[0][i] == SIZE_MAX &&
            (within ? commitment_of(duty).len > 0 : twins[0][i] == SIZE_MAX)) {
            size_t at = index_unpaired(&index, p->d, written(p, duty, within), p->to[1]);
            if (at) {
                join(p, i, at - 1);
            }
        }
    }
    fb_map_release(&index.heads);
    return !p->d->no_memory;
}

/* True when clauses of different names may be one clause. */
static bool may_be_one(const struct pairing *p, size_t *const twins[2], size_t older, size_t newer)
{
    const struct fb_duty *a = &p->d->sides[0]->duties[older];
    const struct fb_duty *b = &p->d->sides[1]->duties[newer];
    struct fb_str commitment = commitment_of(a);
    bool related =
        twins[0][older] == newer || (commitment.len && fb_str_eq(commitment, commitment_of(b)));
    bool nameless = twins[0][older] == SIZE_MAX && twins[1][newer] == SIZE_MAX;
    return a->modality == b->modality && (related || nameless);
}

/* What is left, pair by pair: the same act by proof. */
static bool pair_by_proof(struct pairing *p, size_t *const twins[2])
{
    size_t *left = FB_ARENA_ARRAY(p->d->arena, size_t, p->counts[1] + 1);
    size_t count = 0, looked = 0;
    for (size_t j = 0; left && j < p->counts[1]; j++) {
        if (p->to[1][j] == SIZE_MAX) {
            left[count++] = j;
        }
    }
    for (size_t i = 0; left && i < p->counts[0]; i++) {
        for (size_t k = 0; k < count && p->to[0][i] == SIZE_MAX; k++) {
            size_t j = left[k];
            if (looked++ == FB_DIFF_PAIRS_MAX) {
                return true;
            }
            if (p->to[1][j] == SIZE_MAX && may_be_one(p, twins, i, j) &&
                fb_diff_same_act(p->d, &p->d->sides[0]->duties[i], &p->d->sides[1]->duties[j])) {
                join(p, i, j);
            }
        }
    }
    return left != NULL;
}

bool fb_diff_pair_duties(struct fb_diffing *d, size_t *to[2])
{
    struct pairing p = {d, {d->sides[0]->duty_count, d->sides[1]->duty_count}, to};
    size_t *twins[2];
    if (!pairing_init(&p) || !find_twins(&p, false, twins)) {
        return false;
    }
    pair_by_name(&p, twins[0], true);
    if (!pair_by_words(&p, twins, true) || !pair_by_words(&p, twins, false) ||
        !pair_by_proof(&p, twins)) {
        return false;
    }
    pair_by_name(&p, twins[0], false);
    return !d->no_memory;
}

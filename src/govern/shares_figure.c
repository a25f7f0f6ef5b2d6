/* shares_figure.c: the figures of a lineage at one instant. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "govern/shares.h"

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

/* Rounded to 12 digits, so that a third is a third however it was computed. */
static double rounded(double x)
{
    char text[40];
    if (!isfinite(x)) {
        return x;
    }
    (void)snprintf(text, sizeof(text), "%.12g", x);
    return strtod(text, NULL);
}

/* ---- what a system took ---- */

/* The training of a system by itself, as its parameters and its runs say; false: they do not. */
static bool own_of(const struct fb_share_system *system, struct fb_share_range *out)
{
    const struct fb_share_version *holds = system->holds;
    const struct fb_share_runs *runs = &system->runs;
    bool by_model = holds->model.high > 0, by_runs = runs->count > 0 && runs->unsaid == 0;
    struct fb_share_range sum = {fb_exact_mean(&runs->low, 1), fb_exact_mean(&runs->high, 1)};
    *out = by_runs ? sum : holds->model;
    if (by_runs && by_model) {
        out->low = smaller(sum.low, holds->model.low);
        out->high = larger(sum.high, holds->model.high);
    }
    return by_model || by_runs;
}

/* The training compute of a system with what it was made from. Runs are not asked: they are plans,
 * and only what was used is a measure for others. */
static struct fb_share_range all_of(
    const struct fb_lineage *lineage, const struct fb_share_system *system)
{
    const struct fb_share_version *holds = system->holds;
    if (!holds) {
        return (struct fb_share_range){0, INFINITY};
    }
    if (holds->declared > 0) {
        return (struct fb_share_range){holds->declared, holds->declared};
    }
    struct fb_share_range all = {
        holds->model.low, holds->model.high > 0 ? holds->model.high : INFINITY};
    for (size_t i = 0; i < holds->parent_count && holds->counts != FB_TRAINING_COUNTS_NOT; i++) {
        const struct fb_share_system *parent = &lineage->systems[holds->parents[i]];
        bool counts = holds->counts == FB_TRAINING_COUNTS && parent->walk == FB_SHARE_DONE;
        /* Its tokens may be those of the whole: at least the larger of the two. */
        all.low = counts ? larger(all.low, parent->all.low) : all.low;
        all.high = parent->walk == FB_SHARE_DONE ? all.high + parent->all.high : INFINITY;
    }
    return all;
}

/* ---- the order, and the originals ---- */

/* What a system was made from comes before it. */
static void walk(struct fb_lineage *lineage, size_t at)
{
    struct fb_share_system *system = &lineage->systems[at];
    const struct fb_share_version *holds = system->holds;
    system->walk = FB_SHARE_OPEN;
    for (size_t i = 0; holds && i < holds->parent_count; i++) {
        enum { NEW = FB_SHARE_NEW };
        struct fb_share_system *parent = &lineage->systems[holds->parents[i]];
        lineage->is_open = lineage->is_open || (int)parent->walk == FB_SHARE_OPEN;
        if ((int)parent->walk == NEW) {
            walk(lineage, holds->parents[i]);
        }
    }
    system->all = all_of(lineage, system);
    system->walk = FB_SHARE_DONE;
    lineage->order[lineage->order_count++] = at;
}

static bool is_own(const struct fb_lineage *lineage, const struct fb_share_system *system)
{
    return system->holds &&
           fb_str_eq(system->holds->developer, lineage->systems[0].holds->developer);
}

/* The originals are where the developer's own systems end, and its own that it went on with. */
static bool is_others(const struct fb_lineage *lineage, const struct fb_share_system *system)
{
    return system->met && !is_own(lineage, system);
}

static bool is_original(const struct fb_lineage *lineage, const struct fb_share_system *system)
{
    return system->own_parent || is_others(lineage, system);
}

/* What a system of the developer was made from is met by it. */
static void meet_parents(struct fb_lineage *lineage, const struct fb_share_system *system)
{
    const struct fb_share_version *holds = system->holds;
    for (size_t i = 0; i < holds->parent_count; i++) {
        struct fb_share_system *parent = &lineage->systems[holds->parents[i]];
        parent->met = true;
        parent->unclear =
            parent->unclear || system->unclear || holds->counts == FB_TRAINING_UNCLEAR;
        parent->own_parent =
            parent->own_parent || (system == lineage->systems && is_own(lineage, parent));
    }
}

size_t fb_lineage_settle(struct fb_lineage *lineage)
{
    FB_ASSERT(lineage && lineage->count > 0 && lineage->systems[0].holds);
    for (size_t i = 0; i < lineage->count; i++) {
        struct fb_share_system *system = &lineage->systems[i];
        system->walk = FB_SHARE_NEW;
        system->met = system->unclear = system->own_parent = false;
    }
    lineage->order_count = 0;
    lineage->is_open = false;
    walk(lineage, 0);
    lineage->systems[0].met = true;
    size_t count = 0;
    for (size_t i = lineage->order_count; i-- > 0;) {
        const struct fb_share_system *system = &lineage->systems[lineage->order[i]];
        count += is_original(lineage, system);
        if (system->met && is_own(lineage, system) &&
            system->holds->counts != FB_TRAINING_COUNTS_NOT) {
            meet_parents(lineage, system);
        }
    }
    return count;
}

/* ---- what is beyond an original ---- */

/* What one system has beyond an original from which it descends. */
static double beyond_of(const struct fb_lineage *lineage, const struct fb_share_system *system,
    const struct fb_share_system *original)
{
    const struct fb_share_version *holds = system->holds;
    struct fb_share_range own;
    double high = 0;
    bool known = own_of(system, &own);
    for (size_t i = 0; i < holds->parent_count; i++) {
        own.high += lineage->systems[holds->parents[i]].beyond.high;
    }
    known = known && isfinite(own.high);
    if (known) {
        high = own.high;
    }
    if (holds->declared > 0) {
        /* A whole that is less than a part of it is no figure to go by. */
        double rest = holds->declared - original->all.low;
        high = rest < 0 ? INFINITY : larger(high, rest);
    }
    bool is_unsaid = system->runs.at_hand > 0 && system->runs.unsaid > 0;
    return (known || holds->declared > 0) && !is_unsaid ? high : INFINITY;
}

/* What each system has beyond an original; what does not descend from it is beyond it as a whole.
 */
static void look_beyond(struct fb_lineage *lineage, const struct fb_share_system *original)
{
    for (size_t i = 0; i < lineage->order_count; i++) {
        struct fb_share_system *system = &lineage->systems[lineage->order[i]];
        const struct fb_share_version *holds = system->holds;
        system->descends = system == original;
        for (size_t k = 0; holds && k < holds->parent_count; k++) {
            system->descends =
                system->descends || (holds->counts != FB_TRAINING_COUNTS_NOT &&
                                        lineage->systems[holds->parents[k]].descends);
        }
        system->beyond.high = system == original ? 0
                              : system->descends ? beyond_of(lineage, system, original)
                                                 : system->all.high;
    }
}

/* What the developer of the modification used beyond an original at the least: by what its own
 * systems say, and by what is left of the whole. */
static double at_least(const struct fb_lineage *lineage, const struct fb_share_system *original)
{
    double sum = 0, rest = lineage->systems[0].holds->declared;
    bool any = false, declared = rest > 0;
    for (size_t i = 0; i < lineage->order_count; i++) {
        const struct fb_share_system *system = &lineage->systems[lineage->order[i]];
        bool is_base = original->own_parent ? system->own_parent : is_others(lineage, system);
        struct fb_share_range own;
        if (is_base) {
            rest -= system->all.high;
        } else if (system->met && system->descends && is_own(lineage, system) &&
                   own_of(system, &own)) {
            sum += own.low;
            any = true;
        }
    }
    rest = larger(rest, 0);
    return any && declared ? smaller(sum, rest) : any ? sum : rest;
}

static int by_id(const void *a, const void *b)
{
    const struct fb_share *x = a, *y = b;
    return fb_str_cmp(x->original->id, y->original->id);
}

static void measure(struct fb_lineage *lineage, struct fb_share *share, bool is_known)
{
    const struct fb_share_system *original = share->original, *modified = &lineage->systems[0];
    struct fb_share_range flop = {0, INFINITY};
    if (is_known && !original->unclear) {
        look_beyond(lineage, original);
        flop.high = modified->beyond.high;
        flop.low = smaller(at_least(lineage, original), flop.high);
    }
    share->flop = (struct fb_share_range){rounded(flop.low), rounded(flop.high)};
    share->original_flop = original->all;
    share->share.low = original->all.high > 0 ? rounded(flop.low / original->all.high) : 0;
    share->share.high = original->all.low > 0 ? rounded(flop.high / original->all.low) : INFINITY;
}

void fb_lineage_shares(struct fb_lineage *lineage, struct fb_share *out, size_t count)
{
    FB_ASSERT(lineage && (out || count == 0));
    size_t at = 0;
    for (size_t i = 0; i < lineage->order_count; i++) {
        const struct fb_share_system *system = &lineage->systems[lineage->order[i]];
        if (is_original(lineage, system)) {
            FB_ASSERT(at < count);
            out[at++] = (struct fb_share){
                .original = system, .original_holds = system->holds, .own = system->own_parent};
        }
    }
    FB_ASSERT(at == count);
    qsort(out, count, sizeof(*out), by_id);
    for (size_t i = 0; i < count; i++) {
        measure(lineage, &out[i], !lineage->is_open && count <= FB_SHARES_MAX);
    }
}

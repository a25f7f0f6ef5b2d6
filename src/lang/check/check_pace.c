/* check_pace.c: a pace block, and what it changes of the rules. Fast tightens and slow relaxes:
 * since the pace is fast until somebody shows otherwise, anything else would reward silence. */
#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "lang/check/check.h"

/* The series of a level; the same are wanted of both, at one confidence. */
static void check_level(struct fb_checker *c, const struct fb_pace_clause *clause)
{
    size_t count = 0;
    struct fb_decimal half = {50, 0}, all = {100, 0};
    for (const struct fb_word *word = clause->series; word; word = word->next) {
        for (const struct fb_word *other = clause->series; other != word; other = other->next) {
            if (fb_str_eq(other->text, word->text)) {
                fb_complain(c->complaints, FB_E_POLICY, word->span, "Name each quantity once.",
                    "'%.*s' is given twice", FB_STR_ARG(word->text));
            }
        }
        if (++count == FB_PACE_SERIES_MAX + 1) {
            fb_complain(c->complaints, FB_E_LIMIT, word->span, "Name those that tell the most.",
                "a pace follows at most %d quantities", FB_PACE_SERIES_MAX);
        }
    }
    if (fb_decimal_cmp(clause->confidence.number, half) <= 0 ||
        fb_decimal_cmp(clause->confidence.number, all) >= 0) {
        fb_check_fail(c, clause->confidence.span, "Write 90% or 95%.",
            "the confidence of a pace is more than 50% and less than 100%");
    }
    if (clause->limit.unit == FB_UNIT_HOURS || clause->limit.unit == FB_UNIT_BUSINESS_DAYS) {
        fb_check_fail(c, clause->limit.span, "Write it in days, weeks, months or years.",
            "a doubling time is not counted in hours or business days");
    }
}

static bool same_series(const struct fb_word *a, const struct fb_word *b)
{
    while (a && b && fb_str_eq(a->text, b->text)) {
        a = a->next;
        b = b->next;
    }
    return !a && !b;
}

double fb_pace_days(const struct fb_amount *limit)
{
    static const double days_a_month = 365.25 / 12;
    return (double)limit->amount * (limit->unit == FB_UNIT_MONTHS ? days_a_month : 1);
}

static void check_levels(struct fb_checker *c, const struct fb_pace_block *pace)
{
    const struct fb_pace_clause *fast = &pace->levels[FB_PACE_FAST];
    const struct fb_pace_clause *slow = &pace->levels[FB_PACE_SLOW];
    if (!fast->span.line && !slow->span.line) {
        fb_check_fail(c, pace->span,
            "Write: fast when doubling time of horizon < 5 months with 90% confidence.",
            "the pace has neither 'fast' nor 'slow'");
        return;
    }
    for (int i = 0; i < FB_PACE_LEVELS; i++) {
        if (pace->levels[i].span.line) {
            check_level(c, &pace->levels[i]);
        }
    }
    if (!fast->span.line || !slow->span.line) {
        return;
    }
    if (!same_series(fast->series, slow->series)) {
        fb_check_fail(c, slow->series->span, "Name the same quantities, in the same order.",
            "'fast' and 'slow' look at different quantities");
    }
    if (fb_decimal_cmp(fast->confidence.number, slow->confidence.number) != 0) {
        fb_check_fail(c, slow->confidence.span, "Write the same confidence in both.",
            "'fast' and 'slow' are told at different confidence");
    }
    if (fb_pace_days(&slow->limit) < fb_pace_days(&fast->limit)) {
        fb_check_fail(c, slow->limit.span, "Slow growth doubles in a longer time than fast growth.",
            "the limit of 'slow' lies below that of 'fast'");
    }
}

static void check_times(struct fb_checker *c, const struct fb_pace_block *pace)
{
    const struct fb_amount *said[3] = {
        &pace->levels[FB_PACE_FAST].dwell, &pace->levels[FB_PACE_SLOW].dwell, &pace->dwell};
    const struct fb_amount *dwell = NULL;
    for (size_t i = 0; i < 3; i++) {
        if (said[i]->amount == 0) {
            continue;
        }
        (void)fb_check_exact(c, said[i]);
        if (i == 0) {
            fb_check_fail(c, said[i]->span, "Say how long slow growth must have held in 'slow'.",
                "the pace is fast at once, not after a time");
            continue;
        }
        if (dwell) {
            fb_check_fail(
                c, said[i]->span, "Keep one of them.", "how long it must have held is said twice");
        }
        dwell = said[i];
    }
    if (!dwell) {
        fb_check_fail(c, pace->span, "Add a line: relax after 180 days.",
            "the pace does not say how long slower growth must have held");
    }
    if (pace->age.amount) {
        (void)fb_check_exact(c, &pace->age);
    }
}

static void wrong_way(struct fb_checker *c, struct fb_span at, enum fb_pace level)
{
    fb_check_fail(c, at,
        level == FB_PACE_FAST
            ? "Tighten it: the pace counts as fast until somebody shows otherwise."
            : "Write the tighter term in the rule itself, and relax it here.",
        level == FB_PACE_FAST ? "this is laxer than the rule: 'fast' only tightens"
                              : "this is stricter than the rule: 'slow' only relaxes");
}

/* order: above 0 where the change is stricter, below where it is laxer. */
static void need_order(struct fb_checker *c, struct fb_span at, enum fb_pace level, int order)
{
    if (level == FB_PACE_FAST ? order < 0 : order > 0) {
        wrong_way(c, at, level);
    }
}

static int order_of(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int64_t exact_of(const struct fb_amount *amount)
{
    int64_t unit = amount->unit == FB_UNIT_HOURS ? FB_HOUR : FB_DAY;
    return amount->amount < FB_TIME_MAX / unit ? amount->amount * unit : FB_TIME_MAX;
}

/* A margin of the same name is replaced, another one added. */
static void change_margins(struct fb_checker *c, const struct fb_pace_change *change,
    enum fb_pace level, struct fb_redline_clauses *to)
{
    const struct fb_redline_clauses *from = &change->terms.line;
    for (size_t i = 0; i < from->margin_count; i++) {
        const struct fb_margin *margin = &from->margins[i];
        size_t at = 0;
        while (at < to->margin_count && !fb_str_eq(to->margins[at].name, margin->name)) {
            at++;
        }
        if (at < to->margin_count && to->margins[at].derived) {
            /* What the pace gives is not compared with what the policy says. */
        } else if (at < to->margin_count && to->margins[at].scale != margin->scale) {
            fb_check_fail(c, from->margin_spans[i], "Write it on the scale that the rule has.",
                "the margin is on another scale than in the rule");
        } else if (at < to->margin_count) {
            need_order(c, from->margin_spans[i], level,
                fb_decimal_cmp(margin->amount, to->margins[at].amount));
        } else if (at == sizeof(to->margins) / sizeof(to->margins[0])) {
            fb_complain(c->complaints, FB_E_LIMIT, from->margin_spans[i],
                "Join margins of one kind into one.", "a red line has at most %zu margins", at);
            return;
        } else {
            need_order(c, from->margin_spans[i], level, 1);
            to->margin_count++;
        }
        to->margins[at] = *margin;
        to->margin_spans[at] = from->margin_spans[i];
    }
}

static bool holds_all(const struct fb_needs *more, const struct fb_needs *less)
{
    for (size_t i = 0; i < less->elicited_count; i++) {
        size_t k = 0;
        while (k < more->elicited_count && !fb_str_eq(more->elicited[k], less->elicited[i])) {
            k++;
        }
        if (k == more->elicited_count) {
            return false;
        }
    }
    return true;
}

/* Fewer ways to elicit are stricter; none said is any way. */
static int order_elicited(const struct fb_needs *change, const struct fb_needs *rule)
{
    bool inside = rule->elicited_count == 0 || holds_all(rule, change);
    bool around = rule->elicited_count > 0 && holds_all(change, rule);
    return inside && around ? 0 : inside ? 1 : -1;
}

static void change_needs(struct fb_checker *c, const struct fb_pace_change *change,
    enum fb_pace level, struct fb_redline_clauses *to)
{
    const struct fb_redline_clauses *from = &change->terms.line;
    if (from->needs.samples) {
        need_order(c, from->samples_span, level, order_of(from->needs.samples, to->needs.samples));
        to->needs.samples = from->needs.samples;
        to->samples_span = from->samples_span;
    }
    if (from->age.amount) {
        /* Any age is the oldest. */
        int order = to->age.amount ? order_of(exact_of(&to->age), exact_of(&from->age)) : 1;
        need_order(c, from->age.span, level, order);
        to->age = from->age;
    }
    if (from->needs.elicited_count) {
        need_order(c, change->span, level, order_elicited(&from->needs, &to->needs));
        to->needs.elicited_count = from->needs.elicited_count;
        for (size_t i = 0; i < from->needs.elicited_count; i++) {
            to->needs.elicited[i] = from->needs.elicited[i];
        }
    }
    if (from->needs.independent) {
        need_order(c, change->span, level, to->needs.independent ? 0 : 1);
        to->needs.independent = true;
    }
    if (from->needs.safety_case.len) {
        fb_check_fail(c, change->span, "Need the safety case at every pace, in the rule itself.",
            "a safety case is not needed at one pace only");
    }
}

static void change_line(struct fb_checker *c, const struct fb_pace_change *change,
    enum fb_pace level, struct fb_redline_clauses *to)
{
    const struct fb_redline_clauses *from = &change->terms.line;
    if (fb_str_is(change->clause, "crossed")) {
        if (fb_decimal_cmp(from->confidence.number, to->confidence.number) != 0) {
            fb_check_fail(c, from->confidence.span, "Write the confidence that the rule has.",
                "another confidence is neither stricter nor laxer");
        }
        need_order(c, from->crossed_at.span, level,
            fb_decimal_cmp(to->crossed_at.number, from->crossed_at.number));
        to->crossed_at = from->crossed_at;
    } else if (fb_str_is(change->clause, "margin")) {
        change_margins(c, change, level, to);
    } else if (fb_str_is(change->clause, "needs")) {
        change_needs(c, change, level, to);
    } else {
        if (!to->has_clears) {
            fb_check_fail(c, change->span, "Add 'clears' to the red line.",
                "the red line has no 'clears' that the pace could change");
            return;
        }
        need_order(c, from->clears_below.span, level,
            fb_decimal_cmp(to->clears_below.number, from->clears_below.number));
        need_order(
            c, from->dwell.span, level, order_of(exact_of(&from->dwell), exact_of(&to->dwell)));
        to->clears_below = from->clears_below;
        to->dwell = from->dwell;
    }
}

/* About how long an amount lasts, in hours: enough to tell which is meant to be the shorter. */
static int64_t hours_of(const struct fb_amount *amount)
{
    static const int64_t hours[] = {1, 24, 34, 730};
    return amount->amount * hours[amount->unit];
}

/* Each line stands in place of the rule's line with the same condition; those of other conditions
 * stay as they are. */
static void change_within(struct fb_checker *c, const struct fb_pace_change *change,
    enum fb_pace level, struct fb_demand *to)
{
    const struct fb_within_line *lines = change->terms.demands->within;
    if (!to->within) {
        fb_check_fail(c, change->span, "Add 'within' to the rule: what it is at a normal pace.",
            "the rule has no 'within' that the pace could change");
        return;
    }
    for (const struct fb_within_line *line = lines; line; line = line->next) {
        const struct fb_within_line *own = fb_within_same(to->within, line->guard_text);
        if (fb_within_same(lines, line->guard_text) != line) {
            fb_check_fail(c, line->amount.span, "Keep one of them.",
                "two deadlines for the same condition at one pace");
        }
        /* A condition that the rule does not have asks for more. */
        int order = own ? order_of(hours_of(&own->amount), hours_of(&line->amount)) : 1;
        need_order(c, line->amount.span, level, order);
    }
    to->within_at[level] = lines;
}

const struct fb_within_line *fb_within_same(
    const struct fb_within_line *lines, struct fb_str guard_text)
{
    while (lines && !fb_str_eq(lines->guard_text, guard_text)) {
        lines = lines->next;
    }
    return lines;
}

static void unknown_rule(struct fb_checker *c, const struct fb_pace_change *change)
{
    char hint[FB_ERR_TEXT_MAX];
    struct fb_nearest nearest = fb_nearest_to(change->rule);
    for (size_t i = 0; i < c->all.count; i++) {
        const struct fb_item *item = c->all.entries[i].value;
        if (item->kind != FB_ITEM_LET && item->kind != FB_ITEM_EXEMPT) {
            fb_nearest_offer(&nearest, item->name);
        }
    }
    fb_complain(c->complaints, FB_E_POLICY, change->span,
        fb_nearest_hint(
            &nearest, "Name a red line, duty or promise, as cyber or hold.secure.", hint),
        "no red line or duty is named '%.*s%s%.*s'", FB_STR_ARG(change->rule),
        change->part.len ? "." : "", FB_STR_ARG(change->part));
}

static void change_every(struct fb_checker *c, const struct fb_pace_change *change,
    enum fb_pace level, struct fb_demand *to)
{
    const struct fb_amount *every = &change->terms.demands->every;
    if (to->every.amount == 0) {
        fb_check_fail(c, change->span, "Add 'every' to the rule: what it is at a normal pace.",
            "the rule has no 'every' that the pace could change");
        return;
    }
    need_order(c, every->span, level, order_of(hours_of(&to->every), hours_of(every)));
    to->every_at[level] = *every;
}

/* A graver consequence is stricter; a rule without one may get it when progress is fast. */
static void change_lest(struct fb_checker *c, const struct fb_pace_change *change,
    enum fb_pace level, struct fb_demand *to)
{
    const struct fb_demand *lest = change->terms.demands;
    bool apart = false;
    int order = fb_lest_order(lest->lest, to->lest, &apart);
    if (apart) {
        fb_check_fail(c, lest->lest_of.span, "Write halt or restrict in both, or secure in both.",
            "to secure is neither stricter nor laxer than to halt or to restrict");
        return;
    }
    need_order(c, lest->lest_of.span, level, order);
    to->lest_at[level] = lest;
}

static void change_relax(struct fb_checker *c, const struct fb_pace_change *change,
    enum fb_pace level, struct fb_item *to)
{
    const struct fb_amount *dwell = &change->terms.relax_for;
    if (!to->relax_when) {
        fb_check_fail(c, change->span, "Add 'relax after' to the commitment.",
            "the commitment has no 'relax after' that the pace could change");
        return;
    }
    if (fb_check_exact(c, dwell) > 0) {
        need_order(c, dwell->span, level, order_of(exact_of(dwell), exact_of(&to->relax_for)));
        to->relax_at[level] = *dwell;
    }
}

/* Red lines have the terms of each pace as a whole. False when memory ran out. */
static bool attach_line(struct fb_checker *c, const struct fb_pace_change *change,
    enum fb_pace level, struct fb_item *item)
{
    if (!item->line_at[level]) {
        item->line_at[level] = FB_ARENA_NEW(c->arena, struct fb_redline_clauses);
        if (!item->line_at[level]) {
            return false;
        }
        *item->line_at[level] = item->line;
    }
    change_line(c, change, level, item->line_at[level]);
    return true;
}

/* Puts one change where its rule will look for it. False when memory ran out. */
static bool attach(struct fb_checker *c, const struct fb_pace_change *change, enum fb_pace level)
{
    struct fb_item *item = fb_map_get(&c->all, change->rule);
    const struct fb_pace_change *of = change;
    bool rule = item && item->kind != FB_ITEM_LET && item->kind != FB_ITEM_EXEMPT;
    bool line = rule && item->kind == FB_ITEM_REDLINE;
    bool whole = rule && item->kind == FB_ITEM_COMMITMENT && change->part.len == 0;
    struct fb_demand *demand = rule && !line ? fb_check_part(item, change->part) : NULL;
    if (!rule || (!line && !whole && !demand) || (line && change->part.len)) {
        unknown_rule(c, change);
    } else if (line && change->terms.kind == FB_ITEM_REDLINE) {
        return attach_line(c, change, level, item);
    } else if (whole && change->terms.kind == FB_ITEM_COMMITMENT) {
        change_relax(c, change, level, item);
    } else if (demand && fb_str_is(change->clause, "within")) {
        change_within(c, change, level, demand);
    } else if (demand && fb_str_is(change->clause, "every")) {
        change_every(c, change, level, demand);
    } else if (demand && fb_str_is(change->clause, "lest")) {
        change_lest(c, change, level, demand);
    } else {
        fb_complain(c->complaints, FB_E_POLICY, change->span,
            "Red lines have crossed, margin, needs and clears; duties and promises have within, "
            "every and lest; commitments have relax.",
            "'%.*s' is no clause of '%.*s%s%.*s' that the pace changes", FB_STR_ARG(of->clause),
            FB_STR_ARG(of->rule), of->part.len ? "." : "", FB_STR_ARG(of->part));
    }
    return true;
}

static bool attach_all(
    struct fb_checker *c, const struct fb_pace_clause *clause, enum fb_pace level)
{
    bool good = true;
    for (const struct fb_pace_change *change = clause->changes; change && good;
         change = change->next) {
        for (const struct fb_pace_change *other = clause->changes; other != change;
             other = other->next) {
            if (fb_str_eq(other->rule, change->rule) && fb_str_eq(other->part, change->part) &&
                fb_str_eq(other->clause, change->clause)) {
                fb_check_fail(c, change->span, "Join the two into one.",
                    "the same clause is changed twice at one pace");
            }
        }
        good = attach(c, change, level);
    }
    return good;
}

bool fb_check_pace(struct fb_checker *c, struct fb_pace_block *pace)
{
    bool good = true;
    if (!pace) {
        return true;
    }
    check_levels(c, pace);
    check_times(c, pace);
    for (int i = 0; i < FB_PACE_LEVELS && good; i++) {
        good = attach_all(c, &pace->levels[i], (enum fb_pace)i);
    }
    return good;
}

/* ---- growth until the next evaluation ---- */

/* Evidence serves for its age at most, and at a pace that is not fast the quantity doubles no more
 * often than the limit says; so do the odds of success (a logistic curve over the logarithm of the
 * horizon has a slope of about one doubling of the odds for each doubling of the horizon). At pace
 * fast nothing is known to bound it. */
static bool derive(struct fb_checker *c, const struct fb_pace_block *pace, enum fb_pace level,
    struct fb_redline_clauses *line)
{
    static const double most = 1e6;
    static const char *const names[FB_PACE_LEVELS] = {"fast", "normal", "slow"};
    const struct fb_pace_clause *fast = &pace->levels[FB_PACE_FAST];
    const struct fb_pace_clause *slow = &pace->levels[FB_PACE_SLOW];
    bool by_slow = level == FB_PACE_SLOW || !fast->span.line;
    double limit = fb_pace_days(by_slow ? &slow->limit : &fast->limit);
    double factor = exp2((double)exact_of(&line->age) / (double)FB_DAY / limit);
    factor = level == FB_PACE_FAST || !(factor < most) ? most : factor;
    for (size_t i = 0; i < line->margin_count; i++) {
        struct fb_margin *margin = &line->margins[i];
        if (!margin->derived) {
            continue;
        }
        margin->scale = FB_SCALE_ODDS;
        margin->amount = fb_decimal_scale((struct fb_decimal){(int64_t)ceil(100 * factor), 0}, -2);
        struct fb_str text =
            level == FB_PACE_FAST
                ? fb_arena_printf(c->arena, "growth that nothing bounds at pace fast")
                : fb_arena_printf(c->arena,
                      "doubling in no less than %.4g days at pace %s, over the age of the evidence",
                      limit, names[level]);
        if (margin->source.len && text.ptr) {
            text = fb_arena_printf(
                c->arena, "%.*s; %.*s", FB_STR_ARG(text), FB_STR_ARG(margin->source));
        }
        if (!text.ptr) {
            return false;
        }
        margin->source = text;
    }
    return true;
}

static bool derives(const struct fb_redline_clauses *line)
{
    for (size_t i = 0; line && i < line->margin_count; i++) {
        if (line->margins[i].derived) {
            return true;
        }
    }
    return false;
}

static struct fb_span derived_span(const struct fb_redline_clauses *line)
{
    size_t i = 0;
    while (i + 1 < line->margin_count && !line->margins[i].derived) {
        i++;
    }
    return line->margin_spans[i];
}

/* The sizes of a line's derived margins at every pace. */
static bool derive_line(
    struct fb_checker *c, const struct fb_pace_block *pace, struct fb_item *item)
{
    if (!pace) {
        fb_check_fail(c, derived_span(&item->line),
            "Give it a size, as in: growth 1.2 x on odds until next evaluation from \"a source\", "
            "or "
            "add a pace block.",
            "a margin without a size follows from the pace, and the policy has no 'pace' block");
        return true;
    }
    if (item->line.age.amount == 0) {
        fb_check_fail(c, derived_span(&item->line), "Add: needs newer than 180 days.",
            "a margin until the next evaluation needs 'newer than', which says when that is");
        return true;
    }
    bool good = true;
    for (int level = 0; level < FB_PACE_LEVELS && good; level++) {
        if (!item->line_at[level] && level != FB_PACE_NORMAL) {
            item->line_at[level] = FB_ARENA_NEW(c->arena, struct fb_redline_clauses);
            good = item->line_at[level] != NULL;
            if (good) {
                *item->line_at[level] = item->line;
            }
        }
        good = good && (!item->line_at[level] ||
                           derive(c, pace, (enum fb_pace)level, item->line_at[level]));
    }
    return good && derive(c, pace, FB_PACE_NORMAL, &item->line);
}

bool fb_check_growth(struct fb_checker *c, const struct fb_policy_tree *tree)
{
    bool good = true;
    for (struct fb_item *item = tree->items; item && good; item = item->next) {
        if (item->kind == FB_ITEM_REDLINE && derives(&item->line) &&
            c->complaints->errors->count == 0) {
            good = derive_line(c, tree->pace, item);
        }
    }
    return good;
}

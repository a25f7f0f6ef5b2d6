/* parse_pace.c: the pace block, and conditions that ask for the pace. */
#include "base/assert.h"
#include "lang/syntax/parser.h"

enum { PACE_WIDTH = 7, PACE_HANG = 2 };

static const char *const level_names[FB_PACE_LEVELS] = {"fast", "normal", "slow"};

static bool at_level(const struct fb_parser *p)
{
    return fb_parse_at(p, "fast") || fb_parse_at(p, "normal") || fb_parse_at(p, "slow");
}

static bool one_level(struct fb_parser *p, unsigned *out)
{
    for (unsigned i = 0; i < FB_PACE_LEVELS; i++) {
        if (fb_parse_take(p, level_names[i])) {
            *out |= 1U << i;
            return true;
        }
    }
    return fb_parse_expected(p, "a pace", "Write: pace is fast, normal or slow.");
}

bool fb_parse_levels(struct fb_parser *p, unsigned *out)
{
    FB_ASSERT(out);
    *out = 0;
    bool negated = fb_parse_take(p, "not");
    bool good = one_level(p, out);
    while (good && fb_parse_at(p, "or")) {
        size_t before = p->at;
        fb_parse_step(p);
        if (!at_level(p)) {
            p->at = before;
            break;
        }
        good = one_level(p, out);
    }
    *out = negated ? ~*out & ((1U << FB_PACE_LEVELS) - 1) : *out;
    return good && (*out || fb_parse_expected(
                                p, "a pace that is left", "Write: pace is fast, normal or slow."));
}

/* `horizon, effective_compute` */
static bool series(struct fb_parser *p, struct fb_word **tail)
{
    *tail = NULL;
    do {
        struct fb_word *word = fb_parse_new(p, sizeof(*word));
        if (!word) {
            return false;
        }
        if (fb_parse_now(p)->kind == FB_TOKEN_STRING) {
            if (!fb_parse_string(p, word, "Name a quantity, as horizon.")) {
                return false;
            }
        } else if (!fb_parse_name(p, &word->text, &word->span)) {
            return false;
        }
        word->kind = FB_WORD_TEXT;
        *tail = word;
        tail = &word->next;
    } while (fb_parse_take(p, ","));
    return true;
}

/* `doubling time of horizon < 5 months with 90% confidence for 180 days` */
static bool limit(struct fb_parser *p, struct fb_pace_clause *clause, const char *sign)
{
    const char *hint = sign[0] == '<' ? "Write: fast when doubling time of horizon < 5 months with "
                                        "90% confidence."
                                      : "Write: slow when doubling time of horizon > 18 months "
                                        "with 90% confidence for 180 days.";
    if (!fb_parse_expect(p, "when", hint)) {
        return false;
    }
    if (fb_str_is(fb_parse_ahead(p, 1)->text, "(")) {
        fb_complain(p->complaints, FB_E_SYNTAX, fb_parse_now(p)->span, hint,
            "a pace rests on records of progress alone and cannot ask for '%.*s', which may rest "
            "on the pace",
            FB_STR_ARG(fb_parse_now(p)->text));
        return false;
    }
    if (!fb_parse_expect(p, "doubling", hint) || !fb_parse_expect(p, "time", hint) ||
        !fb_parse_expect(p, "of", hint) || !series(p, &clause->series) ||
        !fb_parse_expect(p, sign, hint) || !fb_parse_amount(p, &clause->limit) ||
        !fb_parse_expect(p, "with", hint) || !fb_parse_percent(p, &clause->confidence) ||
        !fb_parse_expect(p, "confidence", hint)) {
        return false;
    }
    return !fb_parse_take(p, "for") || fb_parse_amount(p, &clause->dwell);
}

/* The name of a rule and, behind its last dot, of one of its clauses. */
static bool changed_clause(struct fb_parser *p, struct fb_pace_change *change)
{
    const char *hint = "Write: then cyber.needs newer than 90 days, or: then report.within 7 days.";
    size_t part = 0;
    change->part = FB_STR("");
    if (!fb_parse_name(p, &change->rule, &change->span) || !fb_parse_expect(p, ".", hint)) {
        return false;
    }
    for (size_t from = p->at;; part = p->at) {
        enum fb_token_kind kind = fb_parse_now(p)->kind;
        bool last = true;
        if ((kind != FB_TOKEN_WORD && kind != FB_TOKEN_NUMBER) || fb_parse_now(p)->first) {
            return fb_parse_expected(p, "a clause of the rule", hint);
        }
        change->clause = fb_parse_now(p)->text;
        fb_parse_step(p);
        if (part && part > from && !fb_parse_at(p, ".")) {
            /* What stands before the clause, without the dot behind it. */
            size_t end = p->at;
            p->at = part - 1;
            last = fb_parse_slice(p, from, &change->part);
            p->at = end;
        }
        if (!fb_parse_take(p, ".")) {
            return last;
        }
    }
}

/* What stands behind the clause's word, as the clause says it in the rule. */
static bool changed_terms(struct fb_parser *p, struct fb_pace_change *change)
{
    static const struct {
        const char *word;
        bool (*parse)(struct fb_parser *, struct fb_demand *);
    } of_duties[] = {
        {"within", fb_parse_within}, {"every", fb_parse_every}, {"lest", fb_parse_lest}};
    struct fb_item *terms = &change->terms;
    for (size_t i = 0; i < sizeof(of_duties) / sizeof(of_duties[0]); i++) {
        if (fb_str_is(change->clause, of_duties[i].word)) {
            terms->kind = FB_ITEM_DUTY;
            terms->demands = fb_parse_new(p, sizeof(*terms->demands));
            return terms->demands && of_duties[i].parse(p, terms->demands);
        }
    }
    if (fb_str_is(change->clause, "relax")) {
        terms->kind = FB_ITEM_COMMITMENT;
        return fb_parse_expect(p, "after", "Write: then hold.relax after 180 days.") &&
               fb_parse_amount(p, &terms->relax_for);
    }
    terms->kind = FB_ITEM_REDLINE;
    return fb_parse_redline_clause(p, change->clause, terms);
}

/* `then cyber.needs newer than 90 days` after its word. */
static bool then(struct fb_parser *p, struct fb_pace_clause *clause)
{
    static const char *const words[] = {
        "crossed", "margin", "needs", "clears", "within", "every", "lest", "relax"};
    struct fb_pace_change *change = fb_parse_new(p, sizeof(*change));
    struct fb_pace_change **tail = &clause->changes;
    while (*tail) {
        tail = &(*tail)->next;
    }
    if (!change || !changed_clause(p, change)) {
        return false;
    }
    bool known = false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        known = known || fb_str_is(change->clause, words[i]);
    }
    if (!known) {
        fb_complain(p->complaints, FB_E_SYNTAX, change->span,
            "The pace changes crossed, margin, needs and clears of red lines, within, every and "
            "lest "
            "of duties, and relax of commitments.",
            "'%.*s' is no clause that the pace changes", FB_STR_ARG(change->clause));
        return false;
    }
    bool good = changed_terms(p, change);
    *tail = good ? change : NULL;
    return good;
}

static bool level(struct fb_parser *p, struct fb_pace_clause *clause, const char *sign)
{
    clause->span = fb_parse_now(p)->span;
    if (!limit(p, clause, sign)) {
        return false;
    }
    while (fb_parse_at(p, "then")) {
        fb_parse_mark_line(p);
        p->tokens.items[p->at].hang = PACE_HANG;
        fb_parse_step(p);
        if (!then(p, clause)) {
            return false;
        }
    }
    return true;
}

static bool pace_fast(struct fb_parser *p, void *block)
{
    return level(p, &((struct fb_pace_block *)block)->levels[FB_PACE_FAST], "<");
}

static bool pace_slow(struct fb_parser *p, void *block)
{
    return level(p, &((struct fb_pace_block *)block)->levels[FB_PACE_SLOW], ">");
}

static bool pace_relax(struct fb_parser *p, void *block)
{
    return fb_parse_expect(p, "after", "Write: relax after 180 days.") &&
           fb_parse_amount(p, &((struct fb_pace_block *)block)->dwell);
}

static bool pace_needs(struct fb_parser *p, void *block)
{
    const char *hint = "Write: needs newer than 365 days.";
    return fb_parse_expect(p, "newer", hint) && fb_parse_expect(p, "than", hint) &&
           fb_parse_amount(p, &((struct fb_pace_block *)block)->age);
}

void fb_parse_pace(struct fb_parser *p, struct fb_pace_block *pace)
{
    static const struct fb_clause items[] = {{"fast", NULL, false, pace_fast},
        {"slow", NULL, false, pace_slow}, {"relax", NULL, false, pace_relax},
        {"needs", NULL, false, pace_needs}};
    static const struct fb_clauses clauses = {
        "pace", items, sizeof(items) / sizeof(items[0]), PACE_WIDTH};
    FB_ASSERT(pace);
    fb_parse_clauses(p, &clauses, pace);
}

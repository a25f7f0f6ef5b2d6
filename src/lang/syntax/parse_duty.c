#include "base/assert.h"
#include "lang/syntax/parser.h"

enum { DUTY_WIDTH = 8 };

static struct fb_demand *last_demand(struct fb_item *item)
{
    struct fb_demand *last = item->demands;
    while (last && last->next) {
        last = last->next;
    }
    return last;
}

/* Appends a demand whose act follows. */
static bool add_demand(struct fb_parser *p, struct fb_item *item, enum fb_modality modality)
{
    struct fb_demand *last = last_demand(item), *demand = fb_parse_new(p, sizeof(*demand));
    size_t from = p->at;
    if (!demand) {
        return false;
    }
    demand->modality = modality;
    demand->span = fb_parse_now(p)->span;
    enum fb_phrase_form form = modality == FB_KEEP ? FB_PHRASE_KEEP : FB_PHRASE_ACT;
    if (!fb_parse_phrase(p, form, &demand->act, &demand->verb) ||
        !fb_parse_slice(p, from, &demand->act_text)) {
        p->demand_lost = true;
        return false;
    }
    if (last) {
        last->next = demand;
    } else {
        item->demands = demand;
    }
    return true;
}

/* One line of `within`: `5 days if C is cyber_breach`. */
static bool within_line(struct fb_parser *p, struct fb_demand *demand)
{
    struct fb_within_line **tail = &demand->within;
    struct fb_within_line *line = fb_parse_new(p, sizeof(*line));
    while (*tail) {
        tail = &(*tail)->next;
    }
    if (!line || !fb_parse_amount(p, &line->amount)) {
        return false;
    }
    *tail = line;
    line->guard_text = FB_STR("");
    if (!fb_parse_take(p, "if")) {
        return true;
    }
    size_t from = p->at;
    return fb_parse_condition(p, &line->guard) && fb_parse_slice(p, from, &line->guard_text);
}

bool fb_parse_within(struct fb_parser *p, struct fb_demand *demand)
{
    bool good = within_line(p, demand);
    while (good && fb_parse_now(p)->kind == FB_TOKEN_NUMBER) {
        fb_parse_mark_line(p);
        good = within_line(p, demand);
    }
    return good;
}

bool fb_parse_lest(struct fb_parser *p, struct fb_demand *demand)
{
    const char *hint = "Write: lest breach \"what is broken\", lest halt S, lest restrict S or "
                       "lest secure S.";
    if (fb_parse_take(p, "breach")) {
        demand->lest = FB_LEST_BREACH;
        return fb_parse_string(p, &demand->lest_of, hint);
    }
    if (fb_parse_take(p, "halt")) {
        demand->lest = FB_LEST_HALT;
    } else if (fb_parse_take(p, "restrict")) {
        demand->lest = FB_LEST_RESTRICT;
    } else if (fb_parse_take(p, "secure")) {
        demand->lest = FB_LEST_SECURE;
    } else {
        return fb_parse_expected(p, "a consequence", hint);
    }
    return fb_parse_variable(p, &demand->lest_of);
}

/* `every 6 months`. */
bool fb_parse_every(struct fb_parser *p, struct fb_demand *demand)
{
    return fb_parse_amount(p, &demand->every);
}

static bool tail(struct fb_parser *p, struct fb_demand *demand);

/* `hence must report I to "x" stage "final" within 30 days`: what is owed from the discharge on. */
static bool hence(struct fb_parser *p, struct fb_demand *demand)
{
    const char *hint =
        "Write: hence must report I to \"ai-office\" stage \"final\" within 30 days.";
    struct fb_demand *after = fb_parse_new(p, sizeof(*after));
    size_t from = p->at + 1;
    if (after && fb_parse_now(p)->kind == FB_TOKEN_WORD && !fb_parse_now(p)->first &&
        fb_str_is(fb_parse_ahead(p, 1)->text, "(")) {
        fb_complain(p->complaints, FB_E_SYNTAX, fb_parse_now(p)->span,
            "Write must and the act; what comes again and again is said by every.",
            "a duty cannot open '%.*s' by its name, so that none opens itself for ever",
            FB_STR_ARG(fb_parse_now(p)->text));
        return false;
    }
    if (!after || !fb_parse_deeper(p) || !fb_parse_expect(p, "must", hint)) {
        return false;
    }
    after->modality = FB_MUST;
    after->span = fb_parse_now(p)->span;
    bool good = fb_parse_phrase(p, FB_PHRASE_ACT, &after->act, &after->verb) &&
                fb_parse_slice(p, from, &after->act_text) && tail(p, after);
    p->depth--;
    demand->hence = after;
    return good;
}

/* Takes a word of what follows an act. In a duty one that begins a line no further in than `hence`
 * is a clause of the duty. */
static bool tail_word(struct fb_parser *p, const char *word)
{
    const struct fb_token *token = fb_parse_now(p);
    bool clause = token->first && token->span.column <= p->hence_column;
    return !clause && fb_parse_take(p, word);
}

/* What follows an act on its line: `every`, `within`, `before`, `lest`, `hence`. */
static bool tail(struct fb_parser *p, struct fb_demand *demand)
{
    struct fb_str verb;
    if ((tail_word(p, "every") && !fb_parse_every(p, demand)) ||
        (tail_word(p, "within") && !fb_parse_within(p, demand)) ||
        (tail_word(p, "before") && !fb_parse_phrase(p, FB_PHRASE_GERUND, &demand->before, &verb)) ||
        (tail_word(p, "lest") && !fb_parse_lest(p, demand))) {
        return false;
    }
    size_t at = p->at;
    if (!tail_word(p, "hence")) {
        return true;
    }
    p->tokens.items[at].layout = FB_LAYOUT_LINE;
    return hence(p, demand);
}

/* `waived by "ai-office", "commission" if ...`. */
static bool waived(struct fb_parser *p, void *block)
{
    struct fb_waiver_clause *waiver = &((struct fb_item *)block)->waiver;
    const char *hint = "Write: waived by \"ai-office\".";
    struct fb_word **last = &waiver->by;
    if (!fb_parse_expect(p, "by", hint)) {
        return false;
    }
    do {
        struct fb_word *word = fb_parse_new(p, sizeof(*word));
        if (!word || !fb_parse_string(p, word, hint)) {
            return false;
        }
        *last = word;
        last = &word->next;
    } while (fb_parse_take(p, ","));
    return !fb_parse_take(p, "if") || fb_parse_condition(p, &waiver->condition);
}

/* The demand that `within`, `before` and `lest` of a duty belong to. What belongs to one that was
 * not understood is left out: that is told already. */
static struct fb_demand *current_demand(struct fb_parser *p, struct fb_item *item)
{
    struct fb_demand *demand = last_demand(item);
    if (!demand && !p->demand_lost) {
        fb_parse_fail(p, fb_parse_now(p)->span, "Write must, may not or keep first.",
            "nothing is demanded yet that this could belong to");
    }
    return demand;
}

/* A condition; `party` on the next line is the clause, not the kind of record. */
static bool condition(struct fb_parser *p, struct fb_cond **out)
{
    if (fb_parse_now(p)->first && fb_parse_at(p, "party")) {
        return fb_parse_expected(
            p, "a condition", "Write what must hold, as in 'incident I of system S'.");
    }
    return fb_parse_condition(p, out);
}

static bool duty_when(struct fb_parser *p, void *block)
{
    return condition(p, &((struct fb_item *)block)->condition);
}

static bool duty_if(struct fb_parser *p, void *block)
{
    return condition(p, &((struct fb_item *)block)->given);
}

static bool duty_while(struct fb_parser *p, void *block)
{
    return condition(p, &((struct fb_item *)block)->during);
}

static bool duty_party(struct fb_parser *p, void *block)
{
    struct fb_item *item = block;
    if (fb_parse_is_variable(fb_parse_now(p))) {
        return fb_parse_variable(p, &item->party);
    }
    return fb_parse_string(p, &item->party, "Write: party P, or: party \"aurora\".");
}

static bool duty_must(struct fb_parser *p, void *block)
{
    return add_demand(p, block, FB_MUST);
}

static bool duty_may_not(struct fb_parser *p, void *block)
{
    return add_demand(p, block, FB_MAY_NOT);
}

static bool duty_keep(struct fb_parser *p, void *block)
{
    return add_demand(p, block, FB_KEEP);
}

static bool duty_within(struct fb_parser *p, void *block)
{
    struct fb_demand *demand = current_demand(p, block);
    return demand && fb_parse_within(p, demand);
}

static bool duty_before(struct fb_parser *p, void *block)
{
    struct fb_demand *demand = current_demand(p, block);
    struct fb_str verb;
    return demand && fb_parse_phrase(p, FB_PHRASE_GERUND, &demand->before, &verb);
}

static bool duty_lest(struct fb_parser *p, void *block)
{
    struct fb_demand *demand = current_demand(p, block);
    return demand && fb_parse_lest(p, demand);
}

static bool duty_every(struct fb_parser *p, void *block)
{
    struct fb_demand *demand = current_demand(p, block);
    return demand && fb_parse_every(p, demand);
}

static bool duty_hence(struct fb_parser *p, void *block)
{
    struct fb_demand *demand = current_demand(p, block);
    size_t word = p->at;
    while (word > 0 && p->tokens.items[word].layout != FB_LAYOUT_CLAUSE) {
        word--;
    }
    p->hence_column = p->tokens.items[word].span.column;
    bool good = demand && hence(p, demand);
    p->hence_column = 0;
    return good;
}

/* `of P knowing of I`. */
static bool duty_of(struct fb_parser *p, void *block)
{
    struct fb_item *item = block;
    const char *hint = "Write: of P knowing of I.";
    item->anchor_field = FB_STR("known_at");
    return fb_parse_variable(p, &item->knower) && fb_parse_expect(p, "knowing", hint) &&
           fb_parse_expect(p, "of", hint) && fb_parse_variable(p, &item->anchor_of);
}

/* `from FIELD of X`. */
static bool duty_from(struct fb_parser *p, void *block)
{
    struct fb_item *item = block;
    struct fb_span span;
    return fb_parse_name(p, &item->anchor_field, &span) &&
           fb_parse_expect(p, "of", "Write: from known_at of I.") &&
           fb_parse_variable(p, &item->anchor_of);
}

static const struct fb_clause duty_clauses[] = {
    {"title", NULL, false, fb_parse_title},
    {"source", NULL, false, fb_parse_source},
    {"when", NULL, false, duty_when},
    {"if", NULL, false, duty_if},
    {"applies", NULL, false, fb_parse_applies},
    {"party", NULL, false, duty_party},
    {"must", NULL, false, duty_must},
    {"may", "not", false, duty_may_not},
    {"keep", NULL, false, duty_keep},
    {"within", NULL, false, duty_within},
    {"before", NULL, false, duty_before},
    {"of", NULL, false, duty_of},
    {"from", NULL, false, duty_from},
    {"lest", NULL, false, duty_lest},
    {"while", NULL, false, duty_while},
    {"every", NULL, false, duty_every},
    {"hence", NULL, false, duty_hence},
    {"waived", NULL, false, waived},
};

void fb_parse_duty(struct fb_parser *p, struct fb_item *item)
{
    static const struct fb_clauses clauses = {
        "duty", duty_clauses, sizeof(duty_clauses) / sizeof(duty_clauses[0]), DUTY_WIDTH};
    FB_ASSERT(item->kind == FB_ITEM_DUTY);
    p->demand_lost = false;
    fb_parse_clauses(p, &clauses, item);
}

/* In a commitment `within` and the like follow the act on its line. */
static bool commit(struct fb_parser *p, struct fb_item *item, enum fb_modality modality)
{
    return add_demand(p, item, modality) && tail(p, last_demand(item));
}

static bool commit_must(struct fb_parser *p, void *block)
{
    return commit(p, block, FB_MUST);
}

static bool commit_may_not(struct fb_parser *p, void *block)
{
    return commit(p, block, FB_MAY_NOT);
}

static bool commit_keep(struct fb_parser *p, void *block)
{
    return commit(p, block, FB_KEEP);
}

static bool commit_while(struct fb_parser *p, void *block)
{
    return fb_parse_line_status(p, &((struct fb_item *)block)->condition);
}

static bool commit_relax(struct fb_parser *p, void *block)
{
    struct fb_item *item = block;
    const char *hint = "Write: relax after cyber(S) ruled out for 90 days.";
    return fb_parse_expect(p, "after", hint) && fb_parse_line_status(p, &item->relax_when) &&
           fb_parse_expect(p, "for", hint) && fb_parse_amount(p, &item->relax_for);
}

static const struct fb_clause commitment_clauses[] = {
    {"title", NULL, false, fb_parse_title},
    {"source", NULL, false, fb_parse_source},
    {"while", NULL, false, commit_while},
    {"may", "not", true, commit_may_not},
    {"must", NULL, true, commit_must},
    {"keep", NULL, true, commit_keep},
    {"relax", NULL, false, commit_relax},
    {"waived", NULL, false, waived},
};

void fb_parse_commitment(struct fb_parser *p, struct fb_item *item)
{
    static const struct fb_clauses clauses = {"commitment", commitment_clauses,
        sizeof(commitment_clauses) / sizeof(commitment_clauses[0]), DUTY_WIDTH};
    const char *hint = "Write: commitment name(S) by \"aurora\".";
    FB_ASSERT(item->kind == FB_ITEM_COMMITMENT);
    if (fb_parse_expect(p, "by", hint)) {
        (void)!fb_parse_string(p, &item->party, hint);
    }
    fb_parse_clauses(p, &clauses, item);
}

static bool exempt_when(struct fb_parser *p, void *block)
{
    return fb_parse_condition(p, &((struct fb_item *)block)->condition);
}

/* `from cyber, initial_report`. */
static bool exempt_from(struct fb_parser *p, void *block)
{
    struct fb_word **last = &((struct fb_item *)block)->rules;
    do {
        struct fb_word *word = fb_parse_new(p, sizeof(*word));
        if (!word || !fb_parse_name(p, &word->text, &word->span)) {
            return false;
        }
        word->kind = FB_WORD_TEXT;
        *last = word;
        last = &word->next;
    } while (fb_parse_take(p, ","));
    return true;
}

void fb_parse_exempt(struct fb_parser *p, struct fb_item *item)
{
    static const struct fb_clause exempt_clauses[] = {
        {"title", NULL, false, fb_parse_title},
        {"when", NULL, false, exempt_when},
        {"from", NULL, false, exempt_from},
    };
    static const struct fb_clauses clauses = {"exemption", exempt_clauses,
        sizeof(exempt_clauses) / sizeof(exempt_clauses[0]), DUTY_WIDTH};
    FB_ASSERT(item->kind == FB_ITEM_EXEMPT);
    fb_parse_clauses(p, &clauses, item);
}

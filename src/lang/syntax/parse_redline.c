#include <string.h>

#include "base/assert.h"
#include "lang/syntax/parser.h"

enum { REDLINE_WIDTH = 10 };

static bool clause_measure(struct fb_parser *p, void *block)
{
    struct fb_item *item = block;
    const char *hint = "Write: measure success of S on \"cybench\", \"intercode-ctf\".";
    struct fb_word **tail = &item->line.measures;
    if (!fb_parse_expect(p, "success", hint) || !fb_parse_expect(p, "of", hint) ||
        !fb_parse_variable(p, &item->line.measure_of) || !fb_parse_expect(p, "on", hint)) {
        return false;
    }
    *tail = NULL;
    do {
        struct fb_word *word = fb_parse_new(p, sizeof(*word));
        if (!word || !fb_parse_string(p, word, hint)) {
            return false;
        }
        *tail = word;
        tail = &word->next;
    } while (fb_parse_take(p, ","));
    return true;
}

static bool clause_crossed(struct fb_parser *p, void *block)
{
    struct fb_item *item = block;
    const char *hint = "Write: crossed at 50% with 95% confidence.";
    item->line.has_crossed = true;
    return fb_parse_expect(p, "at", hint) && fb_parse_percent(p, &item->line.crossed_at) &&
           fb_parse_expect(p, "with", hint) && fb_parse_percent(p, &item->line.confidence) &&
           fb_parse_expect(p, "confidence", hint);
}

/* `1.3 x on odds` or `+ 5 points`. */
static bool margin_amount(struct fb_parser *p, struct fb_margin *margin)
{
    const char *hint = "Write a margin as '1.3 x on odds', '1.3 x on value' or '+ 5 points'.";
    struct fb_word number;
    if (fb_parse_take(p, "+")) {
        margin->scale = FB_SCALE_POINTS;
        if (!fb_parse_number(p, &number, "a number of points")) {
            return false;
        }
        margin->amount = fb_decimal_scale(number.number, -2);
        return fb_parse_expect(p, "points", hint);
    }
    if (fb_parse_now(p)->kind != FB_TOKEN_NUMBER) {
        return fb_parse_expected(p, "the size of the margin", hint);
    }
    if (!fb_parse_number(p, &number, "a factor")) {
        return false;
    }
    margin->amount = number.number;
    if (!fb_parse_expect(p, "x", hint) || !fb_parse_expect(p, "on", hint)) {
        return false;
    }
    margin->scale = fb_parse_at(p, "value") ? FB_SCALE_VALUE : FB_SCALE_ODDS;
    return fb_parse_take(p, "value") || fb_parse_expect(p, "odds", hint);
}

static bool margin_source(struct fb_parser *p, struct fb_margin *margin)
{
    const char *hint = "Say where the margin comes from, as in: from \"Davidson 2023\".";
    struct fb_word source;
    if (fb_parse_take(p, "until") &&
        (!fb_parse_expect(p, "next", hint) || !fb_parse_expect(p, "evaluation", hint))) {
        return false;
    }
    if (!fb_parse_expect(p, "from", hint) || !fb_parse_string(p, &source, hint)) {
        return false;
    }
    margin->source = source.text;
    return true;
}

/* `until next evaluation`, without a size: what the pace allows. A source may follow. */
static bool derived_source(struct fb_parser *p, struct fb_margin *margin)
{
    const char *hint = "Write: growth until next evaluation, or: growth 1.2 x on odds until next "
                       "evaluation from \"a source\".";
    struct fb_word source;
    margin->source = FB_STR("");
    fb_parse_step(p);
    if (!fb_parse_expect(p, "next", hint) || !fb_parse_expect(p, "evaluation", hint)) {
        return false;
    }
    if (!fb_parse_take(p, "from")) {
        return true;
    }
    bool good = fb_parse_string(p, &source, hint);
    margin->source = good ? source.text : margin->source;
    return good;
}

static bool clause_margin(struct fb_parser *p, void *block)
{
    struct fb_redline_clauses *line = &((struct fb_item *)block)->line;
    const size_t most = sizeof(line->margins) / sizeof(line->margins[0]);
    do {
        struct fb_margin margin = {.scale = FB_SCALE_ODDS};
        struct fb_span span;
        if (!fb_parse_name(p, &margin.name, &span)) {
            return false;
        }
        margin.derived = fb_parse_at(p, "until");
        bool good = margin.derived ? derived_source(p, &margin)
                                   : margin_amount(p, &margin) && margin_source(p, &margin);
        if (!good) {
            return false;
        }
        if (line->margin_count == most) {
            fb_complain(p->complaints, FB_E_LIMIT, span, "Join margins of one kind into one.",
                "a red line has at most %zu margins", most);
            return false;
        }
        line->margin_spans[line->margin_count] = span;
        line->margins[line->margin_count++] = margin;
    } while (fb_parse_take(p, ","));
    return true;
}

static bool need_elicited(struct fb_parser *p, struct fb_redline_clauses *line)
{
    struct fb_needs *needs = &line->needs;
    const size_t most = sizeof(needs->elicited) / sizeof(needs->elicited[0]);
    if (!fb_parse_expect(p, "by", "Write: elicited by fine-tuning or best-of-10.")) {
        return false;
    }
    do {
        struct fb_word word;
        if (!fb_parse_value(p, &word)) {
            return false;
        }
        if (needs->elicited_count == most) {
            fb_complain(p->complaints, FB_E_LIMIT, word.span, "Name fewer ways of elicitation.",
                "a red line names at most %zu ways of elicitation", most);
            return false;
        }
        needs->elicited[needs->elicited_count++] = word.text;
    } while (fb_parse_take(p, "or"));
    return true;
}

/* `safety case "cyber" reviewed by auditor and regulator` */
static bool need_case(struct fb_parser *p, struct fb_redline_clauses *line)
{
    const char *hint =
        "Write: safety case \"cyber\", or safety case \"cyber\" reviewed by auditor.";
    struct fb_needs *needs = &line->needs;
    struct fb_word word;
    if (!fb_parse_expect(p, "case", hint) || !fb_parse_string(p, &word, hint)) {
        return false;
    }
    if (needs->safety_case.len > 0 || word.text.len == 0) {
        fb_complain(p->complaints, FB_E_SCHEMA, word.span, hint,
            "a red line needs one safety case, by its name");
        return false;
    }
    needs->safety_case = word.text;
    if (!fb_parse_take(p, "reviewed")) {
        return true;
    }
    if (!fb_parse_expect(p, "by", hint)) {
        return false;
    }
    do {
        struct fb_span span;
        struct fb_str role;
        if (!fb_parse_name(p, &role, &span)) {
            return false;
        }
        bool known = fb_str_is(role, "auditor") || fb_str_is(role, "regulator");
        for (size_t i = 0; i < needs->reviewer_count; i++) {
            known = known && !fb_str_eq(role, needs->reviewers[i]);
        }
        if (!known) {
            fb_complain(p->complaints, FB_E_SCHEMA, span,
                "Auditors and regulators review; name each once.",
                "'%.*s' is not a role that reviews, or stands twice", FB_STR_ARG(role));
            return false;
        }
        FB_ASSERT(needs->reviewer_count < sizeof(needs->reviewers) / sizeof(needs->reviewers[0]));
        needs->reviewers[needs->reviewer_count++] = role;
    } while (fb_parse_take(p, "and"));
    return true;
}

static bool one_need(struct fb_parser *p, struct fb_redline_clauses *line)
{
    const char *hint = "Needs are: 200 samples, newer than 180 days, elicited by NAME, judged by "
                       "an independent party, safety case \"NAME\" reviewed by auditor.";
    if (fb_parse_now(p)->kind == FB_TOKEN_NUMBER) {
        line->samples_span = fb_parse_now(p)->span;
        return fb_parse_whole(p, &line->needs.samples, "a number of samples") &&
               fb_parse_expect(p, "samples", hint);
    }
    if (fb_parse_take(p, "newer")) {
        return fb_parse_expect(p, "than", hint) && fb_parse_amount(p, &line->age);
    }
    if (fb_parse_take(p, "elicited")) {
        return need_elicited(p, line);
    }
    if (fb_parse_take(p, "safety")) {
        return need_case(p, line);
    }
    if (fb_parse_take(p, "judged")) {
        line->needs.independent = true;
        return fb_parse_expect(p, "by", hint) && fb_parse_expect(p, "an", hint) &&
               fb_parse_expect(p, "independent", hint) && fb_parse_expect(p, "party", hint);
    }
    return fb_parse_expected(p, "something that evidence needs", hint);
}

static bool clause_needs(struct fb_parser *p, void *block)
{
    struct fb_item *item = block;
    bool good = true;
    do {
        good = one_need(p, &item->line);
    } while (good && fb_parse_take(p, ","));
    return good;
}

static bool clause_clears(struct fb_parser *p, void *block)
{
    struct fb_item *item = block;
    const char *hint = "Write: clears below 30% for 90 days.";
    item->line.has_clears = true;
    return fb_parse_expect(p, "below", hint) && fb_parse_percent(p, &item->line.clears_below) &&
           fb_parse_expect(p, "for", hint) && fb_parse_amount(p, &item->line.dwell);
}

/* One test of a scope: `training compute >= 1e25 FLOP` or `designated`. */
static bool scope_test(struct fb_parser *p, struct fb_cond **out)
{
    const char *hint = "Write: applies to systems with training compute >= 1e25 FLOP, or "
                       "designated.";
    int relation = fb_policy_relation("system");
    FB_ASSERT(relation >= 0);
    struct fb_cond *fact = fb_parse_new(p, sizeof(*fact));
    struct fb_fact_field *field = fb_parse_new(p, sizeof(*field));
    if (!fact || !field) {
        return false;
    }
    fact->kind = FB_COND_FACT;
    fact->span = field->span = fb_parse_now(p)->span;
    fact->relation = (uint32_t)relation;
    fact->fields = field;
    if (fb_str_is(fb_parse_ahead(p, 1)->text, "(")) {
        fb_complain(p->complaints, FB_E_SYNTAX, field->span,
            "Compare fields of systems, as training compute >= 1e25 FLOP, or designated.",
            "a scope rests on the system's own record and cannot ask for '%.*s'",
            FB_STR_ARG(fb_parse_now(p)->text));
        return false;
    }
    if (!fb_parse_field_name(p, fact->relation, &field->column)) {
        return fb_parse_expected(p, "a field of systems", hint);
    }
    *out = fact;
    if (fb_policy_domain(fact->relation, field->column)->type == FB_TYPE_BOOL) {
        field->value = (struct fb_word){.kind = FB_WORD_TRUTH, .truth = true, .span = field->span};
        return true;
    }
    if (!fb_parse_order(p, &field->compare)) {
        return fb_parse_expected(p, "a comparison (>=, >, <=, <)", hint);
    }
    return fb_parse_value(p, &field->value);
}

bool fb_parse_applies(struct fb_parser *p, void *block)
{
    struct fb_scope_clause *scope = &((struct fb_item *)block)->scope;
    const char *hint = "Write: applies to all systems, or: applies to systems with training "
                       "compute >= 1e25 FLOP, or designated.";
    struct fb_cond **tail = &scope->tests;
    scope->given = true;
    scope->span = fb_parse_now(p)->span;
    if (!fb_parse_expect(p, "to", hint)) {
        return false;
    }
    size_t from = p->at;
    bool all = fb_parse_take(p, "all");
    if (!fb_parse_expect(p, "systems", hint)) {
        return false;
    }
    if (fb_parse_take(p, "of") && !fb_parse_string(p, &scope->developer, hint)) {
        return false;
    }
    if (!all && fb_parse_take(p, "with")) {
        do {
            if (!scope_test(p, tail)) {
                return false;
            }
            tail = &(*tail)->next;
        } while (fb_parse_or(p));
    } else if (!all && scope->developer.text.len == 0) {
        return fb_parse_expected(p, "'with'", hint);
    }
    return fb_parse_slice(p, from, &scope->text);
}

static const struct fb_clause redline_clauses[] = {
    {"title", NULL, false, fb_parse_title},
    {"source", NULL, false, fb_parse_source},
    {"measure", NULL, false, clause_measure},
    {"applies", NULL, false, fb_parse_applies},
    {"crossed", NULL, false, clause_crossed},
    {"margin", NULL, false, clause_margin},
    {"needs", NULL, false, clause_needs},
    {"clears", NULL, false, clause_clears},
};

bool fb_parse_redline_clause(struct fb_parser *p, struct fb_str word, struct fb_item *item)
{
    return fb_str_is(word, "crossed")  ? clause_crossed(p, item)
           : fb_str_is(word, "margin") ? clause_margin(p, item)
           : fb_str_is(word, "needs")  ? clause_needs(p, item)
                                       : clause_clears(p, item);
}

void fb_parse_redline(struct fb_parser *p, struct fb_item *item)
{
    static const struct fb_clauses clauses = {"red line", redline_clauses,
        sizeof(redline_clauses) / sizeof(redline_clauses[0]), REDLINE_WIDTH};
    FB_ASSERT(item->kind == FB_ITEM_REDLINE);
    fb_parse_clauses(p, &clauses, item);
}

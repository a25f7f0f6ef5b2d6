#include "base/assert.h"
#include "lang/check/check.h"

int64_t fb_check_exact(struct fb_checker *c, const struct fb_amount *amount)
{
    if (amount->unit == FB_UNIT_HOURS) {
        return amount->amount * FB_HOUR;
    }
    if (amount->unit == FB_UNIT_DAYS && amount->amount < FB_TIME_MAX / FB_DAY) {
        return amount->amount * FB_DAY;
    }
    fb_check_fail(c, amount->span, "Write days, as in 90 days.",
        "expected hours, days or weeks: the length of other units depends on the date");
    return 0;
}

static struct fb_decimal percent(int64_t amount)
{
    return fb_decimal_scale((struct fb_decimal){amount, 0}, 0);
}

/* A percentage above low and at most high. */
static void check_percent(
    struct fb_checker *c, const struct fb_word *word, int64_t low, int64_t high, const char *what)
{
    if (fb_decimal_cmp(word->number, percent(low)) <= 0 ||
        fb_decimal_cmp(word->number, percent(high)) > 0) {
        fb_complain(c->complaints, FB_E_POLICY, word->span, "Write a percentage inside the range.",
            "%s is outside its range: expected more than %d%% and at most %d%%, found %.*s%%", what,
            (int)low, (int)high, FB_STR_ARG(word->text));
    }
}

static void check_clears(struct fb_checker *c, const struct fb_redline_clauses *line)
{
    check_percent(c, &line->clears_below, 0, 100, "the clearing level");
    if (fb_decimal_cmp(line->clears_below.number, line->crossed_at.number) >= 0) {
        fb_complain(c->complaints, FB_E_POLICY, line->clears_below.span,
            "A line clears at a lower level than it is crossed at.",
            "'clears below' %.*s%% is not below the threshold of %.*s%%",
            FB_STR_ARG(line->clears_below.text), FB_STR_ARG(line->crossed_at.text));
    }
    (void)fb_check_exact(c, &line->dwell);
}

static void check_margins(struct fb_checker *c, const struct fb_redline_clauses *line)
{
    for (size_t i = 0; i < line->margin_count; i++) {
        const struct fb_margin *margin = &line->margins[i];
        bool factor = margin->scale != FB_SCALE_POINTS;
        /* One that the pace gives is at least 1, or it was said why there is none. */
        if (!margin->derived && fb_decimal_cmp(margin->amount, percent(factor ? 1 : 0)) < 0) {
            fb_complain(c->complaints, FB_E_POLICY, line->margin_spans[i],
                "A factor is at least 1, because a margin only ever makes a line safer.",
                "margin '%.*s' would weaken the red line", FB_STR_ARG(margin->name));
        }
    }
}

static void check_measures(struct fb_checker *c, const struct fb_item *item)
{
    const size_t most = sizeof(((struct fb_redline *)0)->measures) / sizeof(struct fb_str);
    size_t count = 0;
    for (const struct fb_word *word = item->line.measures; word; word = word->next) {
        for (const struct fb_word *other = item->line.measures; other != word;
             other = other->next) {
            if (fb_str_eq(word->text, other->text)) {
                fb_complain(c->complaints, FB_E_POLICY, word->span, "Name each measure once.",
                    "measure \"%.*s\" is given twice", FB_STR_ARG(word->text));
            }
        }
        if (++count == most + 1) {
            fb_complain(c->complaints, FB_E_LIMIT, word->span, "Split the red line into several.",
                "a red line has at most %zu measures", most);
            return;
        }
    }
}

void fb_check_scope(struct fb_checker *c, struct fb_scope_clause *scope)
{
    struct fb_names known = {.count = 0};
    for (struct fb_cond *test = scope->tests; test; test = test->next) {
        if (test->fields->value.kind == FB_WORD_VARIABLE) {
            fb_check_fail(c, test->fields->value.span, "Write a number, as 1e25 FLOP.",
                "a scope compares with a fixed value, found a variable");
            continue;
        }
        fb_check_condition(c, test, &known);
    }
}

static void check_clauses(struct fb_checker *c, const struct fb_redline_clauses *line)
{
    check_percent(c, &line->crossed_at, 0, 100, "the threshold");
    check_percent(c, &line->confidence, 50, 100, "the confidence");
    if (fb_decimal_cmp(line->confidence.number, percent(100)) == 0) {
        fb_check_fail(c, line->confidence.span, "Write 95% or 99%.",
            "no number of samples gives a confidence of 100%");
    }
    check_margins(c, line);
    if (line->has_clears) {
        check_clears(c, line);
    }
    if (line->age.amount) {
        (void)fb_check_exact(c, &line->age);
    }
}

void fb_check_redline(struct fb_checker *c, struct fb_item *item)
{
    struct fb_redline_clauses *line = &item->line;
    FB_ASSERT(item->kind == FB_ITEM_REDLINE);
    if (!line->measures || !line->has_crossed) {
        fb_complain(c->complaints, FB_E_POLICY, item->span,
            line->measures ? "Write: crossed at 50% with 95% confidence."
                           : "Write: measure success of S on \"cybench\".",
            "red line '%.*s' has no '%s'", FB_STR_ARG(item->name),
            line->measures ? "crossed at" : "measure");
        return;
    }
    if (item->params->next) {
        fb_check_fail(c, item->params->next->span, "Write: redline name(S).",
            "a red line has one variable, the system");
    }
    if (!fb_str_eq(line->measure_of.text, item->params->text)) {
        fb_complain(c->complaints, FB_E_POLICY, line->measure_of.span,
            "Measure the system in the red line's parentheses.",
            "variable '%.*s' is not bound here", FB_STR_ARG(line->measure_of.text));
    }
    check_measures(c, item);
    size_t before = c->complaints->errors->count;
    check_clauses(c, line);
    /* What the pace leaves alone was said once. */
    for (int level = 0; level < FB_PACE_LEVELS && c->complaints->errors->count == before; level++) {
        if (item->line_at[level]) {
            check_clauses(c, item->line_at[level]);
        }
    }
    fb_check_scope(c, &item->scope);
}

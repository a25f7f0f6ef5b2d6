#include "lang/syntax/parser.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "engine/holidays.h"
#include "engine/zone.h"

static const char *const item_words[] = {
    "let", "redline", "duty", "commitment", "exempt", "pace", "test"};

enum { ITEM_WORDS = sizeof(item_words) / sizeof(item_words[0]), HEADER_WIDTH = 10 };

static bool is_silent(enum fb_token_kind kind)
{
    return kind == FB_TOKEN_COMMENT;
}

const struct fb_token *fb_parse_now(const struct fb_parser *p)
{
    FB_ASSERT(p->at < p->tokens.count);
    return &p->tokens.items[p->at];
}

const struct fb_token *fb_parse_ahead(const struct fb_parser *p, size_t n)
{
    size_t at = p->at;
    for (; n > 0 && p->tokens.items[at].kind != FB_TOKEN_END; n--) {
        at++;
        while (is_silent(p->tokens.items[at].kind)) {
            at++;
        }
    }
    return &p->tokens.items[at];
}

void fb_parse_step(struct fb_parser *p)
{
    p->at = (size_t)(fb_parse_ahead(p, 1) - p->tokens.items);
}

static bool token_is(const struct fb_token *token, const char *text)
{
    bool plain = token->kind == FB_TOKEN_WORD || token->kind == FB_TOKEN_SIGN;
    return plain && fb_str_is(token->text, text);
}

bool fb_parse_at(const struct fb_parser *p, const char *text)
{
    return token_is(fb_parse_now(p), text);
}

bool fb_parse_take(struct fb_parser *p, const char *text)
{
    if (!fb_parse_at(p, text)) {
        return false;
    }
    fb_parse_step(p);
    return true;
}

bool fb_parse_order(struct fb_parser *p, enum fb_compare *out)
{
    static const struct {
        const char *sign;
        enum fb_compare compare;
    } signs[] = {{">=", FB_AT_LEAST}, {">", FB_ABOVE}, {"<=", FB_AT_MOST}, {"<", FB_BELOW}};
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (fb_parse_take(p, signs[i].sign)) {
            *out = signs[i].compare;
            return true;
        }
    }
    return false;
}

bool fb_parse_compare(struct fb_parser *p, enum fb_compare *out)
{
    if (fb_parse_take(p, "is")) {
        *out = fb_parse_take(p, "not") ? FB_IS_NOT : FB_IS;
        return true;
    }
    if (fb_parse_take(p, "=")) {
        *out = FB_IS;
        return true;
    }
    return fb_parse_order(p, out);
}

bool fb_parse_or(struct fb_parser *p)
{
    if (fb_parse_at(p, ",") && token_is(fb_parse_ahead(p, 1), "or")) {
        fb_parse_step(p);
    }
    return fb_parse_take(p, "or");
}

bool fb_parse_fail(struct fb_parser *p, struct fb_span at, const char *hint, const char *message)
{
    fb_complain(p->complaints, FB_E_SYNTAX, at, hint, "%s", message);
    return false;
}

bool fb_parse_expected(struct fb_parser *p, const char *what, const char *hint)
{
    const struct fb_token *token = fb_parse_now(p);
    if (token->kind == FB_TOKEN_BAD) {
        return false; /* the lexer has said so */
    }
    struct fb_str found = token->text;
    found.len = found.len > 60 ? 60 : found.len;
    if (token->kind == FB_TOKEN_END) {
        fb_complain(p->complaints, FB_E_SYNTAX, token->span, hint,
            "expected %s, found the end of the policy", what);
    } else {
        const char *quote = token->kind == FB_TOKEN_STRING ? "\"" : "'";
        fb_complain(p->complaints, FB_E_SYNTAX, token->span, hint, "expected %s, found %s%.*s%s",
            what, quote, FB_STR_ARG(found), quote);
    }
    return false;
}

bool fb_parse_expect(struct fb_parser *p, const char *text, const char *hint)
{
    if (fb_parse_take(p, text)) {
        return true;
    }
    char what[64];
    (void)snprintf(what, sizeof(what), "'%s'", text);
    return fb_parse_expected(p, what, hint);
}

void *fb_parse_new(struct fb_parser *p, size_t size)
{
    void *out = fb_arena_alloc(p->arena, size);
    p->no_memory = p->no_memory || !out;
    return out;
}

bool fb_parse_is_variable(const struct fb_token *token)
{
    return token->kind == FB_TOKEN_WORD && token->text.ptr[0] >= 'A' && token->text.ptr[0] <= 'Z';
}

bool fb_parse_string(struct fb_parser *p, struct fb_word *out, const char *hint)
{
    const struct fb_token *token = fb_parse_now(p);
    if (token->kind != FB_TOKEN_STRING) {
        return fb_parse_expected(p, "a text in double quotes", hint);
    }
    if (token->text.len == 0) {
        return fb_parse_fail(p, token->span, hint, "a text in quotes is empty");
    }
    *out = (struct fb_word){.kind = FB_WORD_TEXT, .span = token->span, .text = token->text};
    fb_parse_step(p);
    return true;
}

bool fb_parse_variable(struct fb_parser *p, struct fb_word *out)
{
    const struct fb_token *token = fb_parse_now(p);
    if (!fb_parse_is_variable(token)) {
        return fb_parse_expected(p, "a variable",
            "A variable begins with a capital letter, as S for a system or I for an incident.");
    }
    *out = (struct fb_word){.kind = FB_WORD_VARIABLE, .span = token->span, .text = token->text};
    fb_parse_step(p);
    return true;
}

bool fb_parse_name(struct fb_parser *p, struct fb_str *out, struct fb_span *span)
{
    const struct fb_token *token = fb_parse_now(p);
    if (token->kind != FB_TOKEN_WORD || fb_parse_is_variable(token)) {
        return fb_parse_expected(
            p, "a name", "A name begins with a lower-case letter, as initial_report.");
    }
    *out = token->text;
    *span = token->span;
    fb_parse_step(p);
    return true;
}

bool fb_parse_number(struct fb_parser *p, struct fb_word *out, const char *what)
{
    const struct fb_token *token = fb_parse_now(p);
    struct fb_err err;
    fb_err_init(&err);
    if (token->kind != FB_TOKEN_NUMBER) {
        return fb_parse_expected(p, what, "Write a number here, as 30, 1.3 or 1e25.");
    }
    *out = (struct fb_word){.kind = FB_WORD_NUMBER, .span = token->span, .text = token->text};
    if (fb_decimal_parse(token->text, &out->number, &err) != FB_OK) {
        return fb_parse_fail(p, token->span,
            "Write it with at most 18 digits and an exponent within 400.", err.message);
    }
    fb_parse_step(p);
    return true;
}

bool fb_parse_whole(struct fb_parser *p, int64_t *out, const char *what)
{
    struct fb_word word;
    uint64_t number = 0;
    if (!fb_parse_number(p, &word, what)) {
        return false;
    }
    if (!fb_str_u64(word.text, &number) || number > 1000000000) {
        return fb_parse_fail(
            p, word.span, "Write digits only, at most 1000000000.", "expected a whole number");
    }
    *out = (int64_t)number;
    return true;
}

bool fb_parse_percent(struct fb_parser *p, struct fb_word *out)
{
    if (!fb_parse_number(p, out, "a percentage")) {
        return false;
    }
    out->unit = fb_parse_now(p)->text;
    return fb_parse_expect(p, "%", "Say proportions in percent, as in 50%.");
}

bool fb_parse_amount(struct fb_parser *p, struct fb_amount *out)
{
    static const struct {
        const char *one, *many;
        enum fb_unit unit;
        int64_t times;
    } units[] = {{"hour", "hours", FB_UNIT_HOURS, 1}, {"day", "days", FB_UNIT_DAYS, 1},
        {"week", "weeks", FB_UNIT_DAYS, 7}, {"month", "months", FB_UNIT_MONTHS, 1},
        {"year", "years", FB_UNIT_MONTHS, 12}};
    struct fb_amount amount = {.span = fb_parse_now(p)->span};
    const char *hint = "Write an amount and its unit, as in 72 hours, 15 business days, 3 months.";
    if (fb_parse_now(p)->kind != FB_TOKEN_NUMBER) {
        return fb_parse_expected(p, "an amount of time", hint);
    }
    if (!fb_parse_whole(p, &amount.amount, "an amount of time")) {
        return false;
    }
    if (amount.amount == 0) {
        return fb_parse_fail(p, amount.span, hint, "an amount of time is 0");
    }
    if (fb_parse_take(p, "business")) {
        amount.unit = FB_UNIT_BUSINESS_DAYS;
        *out = amount;
        return fb_parse_take(p, "day") || fb_parse_expect(p, "days", hint);
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (fb_parse_take(p, units[i].one) || fb_parse_take(p, units[i].many)) {
            amount.unit = units[i].unit;
            amount.amount *= units[i].times;
            *out = amount;
            return true;
        }
    }
    return fb_parse_expected(
        p, "a unit of time (hours, days, business days, weeks, months, years)", hint);
}

/* The time of day behind a date: 09:00 or 09:00:30. */
static bool clock_time(struct fb_parser *p, const struct fb_token *date, fb_time *out)
{
    const struct fb_token *token = fb_parse_now(p);
    char text[FB_TIME_TEXT];
    struct fb_err err;
    fb_err_init(&err);
    bool seconds = token->text.len == strlen("09:00:30");
    bool fits =
        date->text.len == strlen("2026-03-01") && (seconds || token->text.len == strlen("09:00"));
    (void)snprintf(text, sizeof(text), "%.10s%s%.*s%s", date->text.ptr, "T",
        fits ? (int)token->text.len : 0, token->text.ptr, seconds ? "Z" : ":00Z");
    if (!fits || fb_time_parse(fb_str_of(text), out, &err) != FB_OK) {
        return fb_parse_fail(p, token->span,
            "Write a date and hours and minutes in UTC, as in "
            "2026-03-01 09:00.",
            "this is no time of day");
    }
    fb_parse_step(p);
    return true;
}

bool fb_parse_date(struct fb_parser *p, fb_time *out, struct fb_span *span)
{
    const struct fb_token *token = fb_parse_now(p);
    const char *hint = "Write a date as year-month-day, as in 2026-03-01.";
    struct fb_err err;
    fb_err_init(&err);
    if (token->kind != FB_TOKEN_DATE) {
        return fb_parse_expected(p, "a date", hint);
    }
    if (fb_time_parse(token->text, out, &err) != FB_OK) {
        return fb_parse_fail(p, token->span, hint, err.message);
    }
    *span = token->span;
    fb_parse_step(p);
    return fb_parse_now(p)->kind != FB_TOKEN_CLOCK || clock_time(p, token, out);
}

bool fb_parse_value(struct fb_parser *p, struct fb_word *out)
{
    const struct fb_token *token = fb_parse_now(p);
    if (token->kind == FB_TOKEN_NUMBER) {
        if (!fb_parse_number(p, out, "a number")) {
            return false;
        }
        if (fb_parse_at(p, "%") || fb_parse_at(p, "FLOP")) {
            out->unit = fb_parse_now(p)->text;
            fb_parse_step(p);
        }
        return true;
    }
    *out = (struct fb_word){.span = token->span, .text = token->text};
    if (token->kind == FB_TOKEN_DATE) {
        out->kind = FB_WORD_DATE;
        return fb_parse_date(p, &out->date, &out->span);
    }
    if (token->kind == FB_TOKEN_STRING) {
        return fb_parse_string(p, out, "Write what the field must be.");
    }
    if (token->kind != FB_TOKEN_WORD) {
        return fb_parse_expected(
            p, "a value", "Write a variable, a word, a text in double quotes, a number or a date.");
    }
    out->kind = fb_parse_is_variable(token) ? FB_WORD_VARIABLE : FB_WORD_TEXT;
    if (fb_str_is(token->text, "unknown")) {
        out->kind = FB_WORD_UNKNOWN;
    } else if (fb_str_is(token->text, "true") || fb_str_is(token->text, "false")) {
        out->kind = FB_WORD_TRUTH;
        out->truth = fb_str_is(token->text, "true");
    }
    fb_parse_step(p);
    return true;
}

bool fb_parse_arguments(struct fb_parser *p, struct fb_word **out)
{
    struct fb_word **tail = out;
    *out = NULL;
    if (!fb_parse_expect(p, "(", "Write the variables in parentheses, as in (S) or (S, I).")) {
        return false;
    }
    do {
        struct fb_word *word = fb_parse_new(p, sizeof(*word));
        if (!word || !fb_parse_value(p, word)) {
            return false;
        }
        *tail = word;
        tail = &word->next;
    } while (fb_parse_take(p, ","));
    return fb_parse_expect(p, ")", "Close the parenthesis after the last variable.");
}

bool fb_parse_slice(struct fb_parser *p, size_t from, struct fb_str *out)
{
    struct fb_buf text;
    const struct fb_token *last = NULL;
    struct fb_err err;
    fb_buf_init(&text, FB_POLICY_TEXT_MAX * 2);
    for (size_t i = from; i < p->at; i++) {
        const struct fb_token *token = &p->tokens.items[i];
        if (is_silent(token->kind)) {
            continue;
        }
        const char *quote = token->kind == FB_TOKEN_STRING ? "\"" : "";
        const char *blank = last && fb_token_spaced(last, token) ? " " : "";
        fb_buf_addf(&text, "%s%s%.*s%s", blank, quote, FB_STR_ARG(token->text), quote);
        last = token;
    }
    fb_err_init(&err);
    p->no_memory = p->no_memory || fb_buf_check(&text, "a clause", &err) != FB_OK ||
                   fb_arena_str(p->arena, fb_buf_str(&text), out, &err) != FB_OK;
    fb_buf_release(&text);
    return !p->no_memory;
}

void fb_parse_mark_line(struct fb_parser *p)
{
    p->tokens.items[p->at].layout = FB_LAYOUT_LINE;
}

static bool is_item_word(const struct fb_token *token)
{
    bool is = false;
    for (size_t i = 0; i < ITEM_WORDS; i++) {
        is = is || token_is(token, item_words[i]);
    }
    return is;
}

/* True where a block begins: its word, first on a line. `pace is fast` is a condition. */
static bool at_item(const struct fb_parser *p)
{
    const struct fb_token *token = fb_parse_now(p);
    bool asks = token_is(token, "pace") && token_is(fb_parse_ahead(p, 1), "is");
    return token->kind == FB_TOKEN_END || (token->first && is_item_word(token) && !asks);
}

static const struct fb_clause *clause_at(
    const struct fb_parser *p, const struct fb_clauses *clauses)
{
    for (size_t i = 0; i < clauses->count; i++) {
        const struct fb_clause *clause = &clauses->items[i];
        if (fb_parse_at(p, clause->word) &&
            (!clause->second || token_is(fb_parse_ahead(p, 1), clause->second))) {
            return clause;
        }
    }
    return NULL;
}

/* Steps to the next clause or block that begins a line. */
static void recover(struct fb_parser *p, const struct fb_clauses *clauses)
{
    while (!at_item(p) && !(fb_parse_now(p)->first && clauses && clause_at(p, clauses))) {
        fb_parse_step(p);
    }
}

/* True when the last error is about the token at hand: what a head did not understand is no clause
 * either. */
static bool is_told(const struct fb_parser *p)
{
    const struct fb_policy_errors *errors = p->complaints->errors;
    const struct fb_err *last = errors->count ? &errors->items[errors->count - 1] : NULL;
    struct fb_span now = fb_parse_now(p)->span;
    return last && last->line == now.line && last->column == now.column;
}

static void expected_clause(struct fb_parser *p, const struct fb_clauses *clauses)
{
    char what[FB_ERR_TEXT_MAX], hint[FB_ERR_TEXT_MAX];
    size_t n = (size_t)snprintf(what, sizeof(what), "a clause of %s %s (",
        strchr("aeiou", clauses->block[0]) ? "an" : "a", clauses->block);
    struct fb_nearest nearest = fb_nearest_to(fb_parse_now(p)->text);
    for (size_t i = 0; i < clauses->count && n < sizeof(what); i++) {
        const struct fb_clause *clause = &clauses->items[i];
        n += (size_t)snprintf(what + n, sizeof(what) - n, "%s%s%s%s", i ? ", " : "", clause->word,
            clause->second ? " " : "", clause->second ? clause->second : "");
        fb_nearest_offer(&nearest, fb_str_of(clause->word));
    }
    if (n < sizeof(what)) {
        (void)snprintf(what + n, sizeof(what) - n, ")");
    }
    for (size_t i = 0; i < ITEM_WORDS && !nearest.best.len; i++) {
        fb_nearest_offer(&nearest, fb_str_of(item_words[i]));
    }
    fb_parse_expected(p, what,
        fb_nearest_hint(&nearest,
            fb_parse_now(p)->first ? "Begin each clause on a line of its own, with its word."
                                   : "Begin each clause on a line of its own, with its word; "
                                     "several words that are one "
                                     "name stand in double quotes.",
            hint));
}

void fb_parse_clauses(struct fb_parser *p, const struct fb_clauses *clauses, void *block)
{
    uint32_t seen = 0;
    FB_ASSERT(clauses->count <= 32);
    while (!at_item(p) && !p->no_memory && !fb_complaints_full(p->complaints)) {
        const struct fb_clause *clause = clause_at(p, clauses);
        bool good = clause != NULL;
        if (!clause) {
            if (!is_told(p)) {
                expected_clause(p, clauses);
            }
            fb_parse_step(p);
        } else {
            uint32_t bit = UINT32_C(1) << (clause - clauses->items);
            struct fb_token *token = &p->tokens.items[p->at];
            token->layout = FB_LAYOUT_CLAUSE;
            token->head = clause->second ? 2 : 1;
            token->width = clauses->width;
            if ((seen & bit) && !clause->repeats) {
                fb_complain(p->complaints, FB_E_SYNTAX, token->span, "Keep one of them.",
                    "a second '%s' in one %s", clause->word, clauses->block);
            }
            seen |= bit;
            fb_parse_step(p);
            if (clause->second) {
                fb_parse_step(p);
            }
            good = clause->parse(p, block);
        }
        if (!good) {
            recover(p, clauses);
        }
    }
}

bool fb_parse_title(struct fb_parser *p, void *block)
{
    struct fb_item *item = block;
    struct fb_word word;
    if (!fb_parse_string(p, &word, "Say in a few words what the rule is about.")) {
        return false;
    }
    item->title = word.text;
    return true;
}

bool fb_parse_source(struct fb_parser *p, void *block)
{
    static const char *const words[] = {"high", "medium", "low"};
    const char *hint = "Write: source \"AI Act Art. 52(1)\", confidence high (or medium, or low).";
    struct fb_item *item = block;
    struct fb_word word;
    if (!fb_parse_string(p, &word, hint)) {
        return false;
    }
    item->source = word.text;
    if (!fb_parse_take(p, ",")) {
        return true;
    }
    if (!fb_parse_expect(p, "confidence", hint)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (fb_parse_take(p, words[i])) {
            item->confidence = fb_str_of(words[i]);
            return true;
        }
    }
    return fb_parse_expected(p, "a confidence", hint);
}

/* The header's clauses. */
static bool header_text(struct fb_parser *p, struct fb_str *out, const char *hint)
{
    struct fb_word word;
    bool good = fb_parse_string(p, &word, hint);
    *out = good ? word.text : *out;
    return good;
}

static bool header_title(struct fb_parser *p, void *block)
{
    struct fb_policy_tree *tree = block;
    return header_text(p, &tree->title, "Say in a few words what the policy is about.");
}

static bool header_source(struct fb_parser *p, void *block)
{
    struct fb_policy_tree *tree = block;
    return header_text(p, &tree->source, "Cite the law or document that the policy follows.");
}

static bool header_version(struct fb_parser *p, void *block)
{
    struct fb_policy_tree *tree = block;
    struct fb_span at = fb_parse_now(p)->span;
    if (!fb_parse_whole(p, &tree->version, "a version number")) {
        return false;
    }
    return tree->version > 0 || fb_parse_fail(p, at, "Count versions from 1.", "a version is 0");
}

static bool header_effective(struct fb_parser *p, void *block)
{
    struct fb_policy_tree *tree = block;
    struct fb_span span;
    if (fb_parse_take(p, "never")) {
        tree->effective = FB_TIME_MAX;
        return true;
    }
    return fb_parse_date(p, &tree->effective, &span);
}

static bool header_expires(struct fb_parser *p, void *block)
{
    struct fb_policy_tree *tree = block;
    return fb_parse_date(p, &tree->expires, &tree->expires_span);
}

static bool header_replaces(struct fb_parser *p, void *block)
{
    const char *hint = "Write: replaces earlier versions.";
    struct fb_policy_tree *tree = block;
    tree->replaces = true;
    tree->replaces_span = fb_parse_now(p)->span;
    return fb_parse_expect(p, "earlier", hint) && fb_parse_expect(p, "versions", hint);
}

static bool header_calendar(struct fb_parser *p, void *block)
{
    static const struct {
        const char *name;
        enum fb_calendar calendar;
    } calendars[] = {{"exact", FB_CALENDAR_EXACT}, {"eu-1182-71", FB_CALENDAR_EU_1182_71},
        {"us-ca", FB_CALENDAR_US_CA}};
    struct fb_policy_tree *tree = block;
    for (size_t i = 0; i < sizeof(calendars) / sizeof(calendars[0]); i++) {
        if (fb_parse_take(p, calendars[i].name)) {
            tree->days.calendar = calendars[i].calendar;
            return true;
        }
    }
    return fb_parse_expected(p, "a calendar", "Known calendars are exact, eu-1182-71 and us-ca.");
}

static void offer_name(void *ctx, struct fb_str name)
{
    fb_nearest_offer(ctx, name);
}

/* The name of a list of public holidays: engine/holidays.def. */
static bool holiday_list(struct fb_parser *p, struct fb_holiday *holiday)
{
    const char *otherwise =
        "Write a place that docs/LANGUAGE.md lists, as \"be\" or \"us-ca\", or the dates.";
    char hint[FB_ERR_TEXT_MAX];
    struct fb_holiday_list list;
    struct fb_word name;
    if (!fb_parse_string(p, &name, otherwise)) {
        return false;
    }
    holiday->list = name.text;
    holiday->span = name.span;
    if (fb_holidays_named(name.text, &list)) {
        return true;
    }
    struct fb_nearest nearest = fb_nearest_to(name.text);
    fb_holidays_each(offer_name, &nearest);
    fb_complain(p->complaints, FB_E_SYNTAX, name.span, fb_nearest_hint(&nearest, otherwise, hint),
        "no list of public holidays is named '%.*s' here", FB_STR_ARG(name.text));
    return false;
}

static bool holiday_date(struct fb_parser *p, struct fb_holiday *holiday)
{
    if (!fb_parse_date(p, &holiday->date, &holiday->span)) {
        return false;
    }
    return holiday->date % FB_DAY == 0 ||
           fb_parse_fail(p, holiday->span, "Write the date alone, as in 2026-12-25.",
               "a holiday has no time of day");
}

/* `holidays "be", 2026-12-24`; there may be several lines of them. */
static bool header_holidays(struct fb_parser *p, void *block)
{
    struct fb_policy_tree *tree = block;
    struct fb_holiday **tail = &tree->holidays;
    while (*tail) {
        tail = &(*tail)->next;
    }
    do {
        struct fb_holiday *holiday = fb_parse_new(p, sizeof(*holiday));
        if (!holiday || !(fb_parse_now(p)->kind == FB_TOKEN_STRING ? holiday_list(p, holiday)
                                                                   : holiday_date(p, holiday))) {
            return false;
        }
        if (++tree->days.holiday_count > FB_POLICY_HOLIDAYS_MAX) {
            fb_complain(p->complaints, FB_E_LIMIT, holiday->span,
                "List those of the years for which the policy is meant.",
                "a policy has at most %d holidays", FB_POLICY_HOLIDAYS_MAX);
            return false;
        }
        *tail = holiday;
        tail = &holiday->next;
    } while (fb_parse_take(p, ","));
    return true;
}

static void list_name(void *ctx, struct fb_str name)
{
    fb_buf_addf(ctx, " %.*s", FB_STR_ARG(name));
}

static bool header_zone(struct fb_parser *p, void *block)
{
    struct fb_policy_tree *tree = block;
    const char *otherwise =
        "Write \"UTC\", an offset as \"+01:00\", or a zone as \"Europe/Brussels\".";
    char hint[FB_ERR_TEXT_MAX], all[FB_ERR_TEXT_MAX];
    struct fb_word name;
    struct fb_buf list;
    if (!fb_parse_string(p, &name, otherwise)) {
        return false;
    }
    if (fb_zone_named(name.text, &tree->days.zone)) {
        tree->days.zone_name = name.text;
        return true;
    }
    struct fb_nearest nearest = fb_nearest_to(name.text);
    fb_zone_each(offer_name, &nearest);
    fb_buf_init(&list, sizeof(all));
    fb_buf_add_c(&list, "Write an offset as \"+01:00\", or one of these:");
    fb_zone_each(list_name, &list);
    /* Without memory for the list there is still an example. */
    bool listed = list.len > 0;
    (void)snprintf(all, sizeof(all), "%.*s.", FB_STR_ARG(fb_buf_str(&list)));
    fb_buf_release(&list);
    fb_complain(p->complaints, FB_E_SYNTAX, name.span,
        fb_nearest_hint(&nearest, listed ? all : otherwise, hint),
        "no time zone is named '%.*s' here", FB_STR_ARG(name.text));
    return false;
}

static const struct fb_clause header_clauses[] = {{"title", NULL, false, header_title},
    {"source", NULL, false, header_source}, {"version", NULL, false, header_version},
    {"effective", NULL, false, header_effective}, {"expires", NULL, false, header_expires},
    {"replaces", NULL, false, header_replaces}, {"calendar", NULL, false, header_calendar},
    {"zone", NULL, false, header_zone}, {"holidays", NULL, true, header_holidays},
    {"retain", NULL, true, fb_parse_retain}};

static void parse_header(struct fb_parser *p, struct fb_policy_tree *tree)
{
    static const struct fb_clauses clauses = {
        "policy", header_clauses, sizeof(header_clauses) / sizeof(header_clauses[0]), HEADER_WIDTH};
    const char *hint = "Begin the file with: policy \"name/of/the/policy\".";
    p->tokens.items[p->at].layout = FB_LAYOUT_ITEM;
    tree->span = fb_parse_now(p)->span;
    struct fb_word name = {.text = FB_STR("")};
    if (!fb_parse_expect(p, "policy", hint) || !fb_parse_string(p, &name, hint)) {
        recover(p, &clauses);
    }
    tree->name = name.text;
    fb_parse_clauses(p, &clauses, tree);
}

/* `let NAME(S) = condition` after its name and parameters. */
static void parse_let(struct fb_parser *p, struct fb_item *item)
{
    bool good = fb_parse_expect(p, "=", "Write: let name(S) = what it means.") &&
                fb_parse_condition(p, &item->condition);
    if (good && !at_item(p)) {
        fb_parse_expected(p, "the end of the definition",
            "Join conditions with 'and' or 'or', and begin each rule on a line of its own.");
        good = false;
    }
    if (!good) {
        recover(p, NULL);
    }
}

static bool parse_item(struct fb_parser *p, struct fb_item *item)
{
    static void (*const parts[])(struct fb_parser *, struct fb_item *) = {
        [FB_ITEM_LET] = parse_let,
        [FB_ITEM_REDLINE] = fb_parse_redline,
        [FB_ITEM_DUTY] = fb_parse_duty,
        [FB_ITEM_COMMITMENT] = fb_parse_commitment,
        [FB_ITEM_EXEMPT] = fb_parse_exempt,
    };
    static const char *const words[] = {"let", "redline", "duty", "commitment", "exempt"};
    p->tokens.items[p->at].layout = FB_LAYOUT_ITEM;
    for (int kind = FB_ITEM_LET; kind <= FB_ITEM_EXEMPT; kind++) {
        if (!fb_parse_take(p, words[kind])) {
            continue;
        }
        item->kind = (enum fb_item_kind)kind;
        if (!fb_parse_name(p, &item->name, &item->span) || !fb_parse_arguments(p, &item->params)) {
            recover(p, NULL);
            return false;
        }
        parts[kind](p, item);
        return true;
    }
    FB_ASSERT(false); /* the caller has seen one of these words */
    return false;
}

/* The pace block; a policy has one. */
static void parse_pace(struct fb_parser *p, struct fb_policy_tree *tree)
{
    struct fb_pace_block *pace = fb_parse_new(p, sizeof(*pace));
    p->tokens.items[p->at].layout = FB_LAYOUT_ITEM;
    if (!pace) {
        return;
    }
    pace->span = fb_parse_now(p)->span;
    if (tree->pace) {
        fb_parse_fail(p, pace->span, "Join the two blocks into one.", "a second 'pace' block");
    } else {
        tree->pace = pace;
    }
    fb_parse_step(p);
    fb_parse_pace(p, pace);
}

/* Appends a test; gives the place of the next one. */
static struct fb_test **parse_test(struct fb_parser *p, struct fb_test **tail)
{
    struct fb_test *test = fb_parse_new(p, sizeof(*test));
    p->tokens.items[p->at].layout = FB_LAYOUT_ITEM;
    fb_parse_step(p);
    if (!test) {
        return tail;
    }
    if (!fb_parse_test(p, test)) {
        recover(p, NULL);
        return tail;
    }
    *tail = test;
    return &test->next;
}

void fb_parse(struct fb_tokens tokens, struct fb_arena *arena, struct fb_complaints *complaints,
    struct fb_policy_tree **out)
{
    struct fb_parser p = {.tokens = tokens, .arena = arena, .complaints = complaints};
    struct fb_policy_tree *tree = fb_parse_new(&p, sizeof(*tree));
    struct fb_item **tail = tree ? &tree->items : NULL;
    size_t rules = 0;
    *out = NULL;
    if (!tree) {
        return;
    }
    while (is_silent(tokens.items[p.at].kind)) {
        p.at++;
    }
    tree->effective = FB_TIME_MIN;
    tree->expires = FB_TIME_MAX;
    parse_header(&p, tree);
    struct fb_test **tests = &tree->tests;
    while (fb_parse_now(&p)->kind != FB_TOKEN_END && !p.no_memory) {
        if (fb_parse_at(&p, "test") && !fb_complaints_full(complaints)) {
            tests = parse_test(&p, tests);
            continue;
        }
        if (fb_parse_at(&p, "pace") && !fb_complaints_full(complaints)) {
            parse_pace(&p, tree);
            continue;
        }
        struct fb_item *item = fb_parse_new(&p, sizeof(*item));
        if (!item || fb_complaints_full(complaints)) {
            break;
        }
        if (++rules > FB_POLICY_RULES_MAX) {
            fb_complain(complaints, FB_E_LIMIT, fb_parse_now(&p)->span,
                "Split the policy into several.", "a policy has at most %d rules",
                FB_POLICY_RULES_MAX);
            break;
        }
        if (parse_item(&p, item)) {
            *tail = item;
            tail = &item->next;
        }
    }
    *out = p.no_memory ? NULL : tree;
}

#include <string.h>

#include "base/assert.h"
#include "lang/syntax/parser.h"

static const char condition_hint[] =
    "Write a fact as 'incident I of system S', a definition as 'name(S)', or a comparison as "
    "'C is death'.";

static struct fb_cond *new_cond(struct fb_parser *p, enum fb_cond_kind kind)
{
    struct fb_cond *cond = fb_parse_new(p, sizeof(*cond));
    if (cond) {
        cond->kind = kind;
        cond->span = fb_parse_now(p)->span;
    }
    return cond;
}

static bool take_compare(struct fb_parser *p, enum fb_compare *out)
{
    return fb_parse_compare(p, out) ||
           fb_parse_expected(p, "a comparison (is, is not, =, >=, >, <=, <)", condition_hint);
}

/* `FIELD of S >= value`, a fact about a system; false without complaint when it is none. */
static bool try_field_of(struct fb_parser *p, struct fb_cond **out, bool *good)
{
    size_t start = p->at;
    int system = fb_policy_relation("system");
    uint32_t column = 0;
    FB_ASSERT(system >= 0);
    if (!fb_parse_field_name(p, (uint32_t)system, &column) || !fb_parse_at(p, "of")) {
        p->at = start;
        return false;
    }
    struct fb_cond *fact = new_cond(p, FB_COND_FACT);
    struct fb_fact_field *id = fb_parse_new(p, sizeof(*id));
    struct fb_fact_field *field = fb_parse_new(p, sizeof(*field));
    *good = false;
    if (!fact || !id || !field) {
        return true;
    }
    fact->span = field->span = p->tokens.items[start].span;
    fact->relation = (uint32_t)system;
    fact->fields = id;
    id->column = FB_COLUMN_ID;
    id->next = field;
    field->column = column;
    fb_parse_step(p);
    id->span = fb_parse_now(p)->span;
    *good = fb_parse_value(p, &id->value) && take_compare(p, &field->compare) &&
            fb_parse_value(p, &field->value);
    *out = fact;
    return true;
}

/* `S is designated`: turns the comparison into a fact when the word at token `at` is a flag of
 * systems. */
static bool flag_of(struct fb_parser *p, struct fb_cond *cond, size_t at)
{
    int system = fb_policy_relation("system");
    const struct fb_token *token = &p->tokens.items[at];
    FB_ASSERT(system >= 0);
    if (cond->compare > FB_IS_NOT || token->kind != FB_TOKEN_WORD) {
        return true;
    }
    const struct fb_relation *relation = &fb_policy_signature()->relations[system];
    for (uint32_t column = 0; column < relation->arity; column++) {
        if (relation->types[column] != FB_TYPE_BOOL ||
            !fb_str_eq(relation->columns[column], token->text)) {
            continue;
        }
        struct fb_fact_field *fields = fb_parse_new(p, 2 * sizeof(*fields));
        if (!fields) {
            return false;
        }
        fields[0] = (struct fb_fact_field){.column = FB_COLUMN_ID,
            .value = cond->left,
            .span = cond->left.span,
            .next = &fields[1]};
        fields[1] =
            (struct fb_fact_field){.column = column, .compare = cond->compare, .span = token->span};
        fields[1].value =
            (struct fb_word){.kind = FB_WORD_TRUTH, .truth = true, .span = token->span};
        cond->kind = FB_COND_FACT;
        cond->relation = (uint32_t)system;
        cond->fields = fields;
    }
    return true;
}

static bool parse_comparison(struct fb_parser *p, struct fb_cond **out)
{
    struct fb_cond *cond = new_cond(p, FB_COND_COMPARE);
    if (!cond || !fb_parse_variable(p, &cond->left) || !take_compare(p, &cond->compare)) {
        return false;
    }
    size_t at = p->at;
    *out = cond;
    return fb_parse_value(p, &cond->right) && flag_of(p, cond, at);
}

/* One status of a red line as a bit; 0 when none stands here. */
static unsigned take_status(struct fb_parser *p)
{
    if (fb_parse_take(p, "crossed")) {
        return FB_SAYS_CROSSED;
    }
    bool negated = fb_parse_at(p, "not") && fb_str_is(fb_parse_ahead(p, 1)->text, "ruled");
    if (negated) {
        fb_parse_step(p);
    }
    if (!fb_parse_take(p, "ruled")) {
        return 0;
    }
    if (!fb_parse_expect(p, "out", "Write: ruled out, or: not ruled out.")) {
        return 0;
    }
    return negated ? FB_SAYS_NOT_RULED_OUT : FB_SAYS_RULED_OUT;
}

static bool status_ahead(const struct fb_parser *p)
{
    bool negated = fb_parse_at(p, "not") && fb_str_is(fb_parse_ahead(p, 1)->text, "ruled");
    return negated || fb_parse_at(p, "crossed") || fb_parse_at(p, "ruled");
}

/* `crossed or not ruled out` after the red line's name; `or` goes on only before a status. */
static bool parse_statuses(struct fb_parser *p, struct fb_cond *cond)
{
    const char *hint = "A red line is 'crossed', 'not ruled out' or 'ruled out'.";
    unsigned status = take_status(p);
    if (!status) {
        return fb_parse_expected(p, "the status of a red line", hint);
    }
    cond->kind = FB_COND_LINE;
    cond->statuses = status;
    while (fb_parse_at(p, "or")) {
        size_t before = p->at;
        fb_parse_step(p);
        if (!status_ahead(p)) {
            p->at = before;
            return true;
        }
        status = take_status(p);
        cond->statuses |= status;
        if (!status) {
            return false;
        }
    }
    return true;
}

/* Words of operators over time. A condition has none: it speaks of one instant. */
static bool over_time(const struct fb_parser *p)
{
    static const char *const words[] = {"once", "since", "until", "always", "ever", "eventually",
        "historically", "previous", "previously", "next", "never"};
    const struct fb_token *token = fb_parse_now(p);
    bool found = false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && token->kind == FB_TOKEN_WORD; i++) {
        found = found || fb_str_is(token->text, words[i]);
    }
    return found && !token->first;
}

static bool refuse_over_time(struct fb_parser *p)
{
    fb_complain(p->complaints, FB_E_SYNTAX, fb_parse_now(p)->span,
        "Use every, while, hence, relax after or pace, which need no memory without bound.",
        "conditions speak of one instant, and '%.*s' of others", FB_STR_ARG(fb_parse_now(p)->text));
    return false;
}

/* What became of a duty, as `report(S, I) overdue`: duties are decided last. */
static bool asks_duty(const struct fb_parser *p)
{
    static const char *const words[] = {
        "owed", "met", "overdue", "broken", "held", "relaxed", "undated", "waived", "breached"};
    const struct fb_token *token = fb_parse_now(p);
    bool found = false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && token->kind == FB_TOKEN_WORD; i++) {
        found = found || fb_str_is(token->text, words[i]);
    }
    return found && !token->first;
}

static bool parse_call(struct fb_parser *p, struct fb_cond **out)
{
    struct fb_cond *cond = new_cond(p, FB_COND_CALL);
    if (!cond || !fb_parse_name(p, &cond->name, &cond->span) ||
        !fb_parse_arguments(p, &cond->args)) {
        return false;
    }
    *out = cond;
    if (asks_duty(p)) {
        fb_complain(p->complaints, FB_E_SYNTAX, fb_parse_now(p)->span,
            "Write hence for what is owed once it is done, and lest for what follows its breach.",
            "a condition cannot ask whether '%.*s' is %.*s: duties are decided after all that "
            "conditions read, so that no rule rests on itself",
            FB_STR_ARG(cond->name), FB_STR_ARG(fb_parse_now(p)->text));
        return false;
    }
    return !status_ahead(p) || parse_statuses(p, cond);
}

bool fb_parse_line_status(struct fb_parser *p, struct fb_cond **out)
{
    struct fb_cond *cond = new_cond(p, FB_COND_LINE);
    if (!cond || !fb_parse_name(p, &cond->name, &cond->span) ||
        !fb_parse_arguments(p, &cond->args)) {
        return false;
    }
    *out = cond;
    return parse_statuses(p, cond);
}

/* A word that begins no condition: say what is near to it. */
static bool unknown_word(struct fb_parser *p)
{
    char hint[FB_ERR_TEXT_MAX];
    const struct fb_signature *signature = fb_policy_signature();
    struct fb_nearest nearest = fb_nearest_to(fb_parse_now(p)->text);
    for (size_t i = 0; i < signature->count; i++) {
        fb_nearest_offer(&nearest, signature->relations[i].name);
    }
    return fb_parse_expected(p, "a condition", fb_nearest_hint(&nearest, condition_hint, hint));
}

bool fb_parse_deeper(struct fb_parser *p)
{
    if (++p->depth <= FB_POLICY_DEPTH_MAX) {
        return true;
    }
    fb_complain(p->complaints, FB_E_LIMIT, fb_parse_now(p)->span,
        "Give a part of it a name with let.", "conditions are nested more than %d deep",
        FB_POLICY_DEPTH_MAX);
    return false;
}

/* `pace is fast`, `pace is not slow`. */
static bool parse_pace_is(struct fb_parser *p, struct fb_cond **out)
{
    struct fb_cond *cond = new_cond(p, FB_COND_PACE);
    fb_parse_step(p);
    fb_parse_step(p);
    *out = cond;
    return cond && fb_parse_levels(p, &cond->statuses);
}

bool fb_parse_standing(struct fb_parser *p, struct fb_word *out)
{
    static const struct {
        const char *words[3];
        const char *value;
    } standings[] = {{{"stands"}, "stands"}, {{"has", "fallen"}, "fallen"},
        {{"was", "sent", "back"}, "sent_back"}, {{"is", "submitted"}, "submitted"}};
    for (size_t i = 0; i < sizeof(standings) / sizeof(standings[0]); i++) {
        size_t count = 0;
        while (count < 3 && standings[i].words[count] &&
               fb_parse_ahead(p, count)->kind == FB_TOKEN_WORD &&
               fb_str_is(fb_parse_ahead(p, count)->text, standings[i].words[count])) {
            count++;
        }
        if (count == 3 || !standings[i].words[count]) {
            *out = (struct fb_word){.kind = FB_WORD_TEXT,
                .span = fb_parse_now(p)->span,
                .text = fb_str_of(standings[i].value)};
            for (; count > 0; count--) {
                fb_parse_step(p);
            }
            return true;
        }
    }
    return fb_parse_expected(p, "what the safety case is",
        "Write: safety case \"cyber\" of S stands, has fallen, was sent back, or is submitted.");
}

/* `safety case "cyber" of S has fallen`. */
static bool parse_standing(struct fb_parser *p, struct fb_cond **out)
{
    const char *hint = "Write: safety case \"cyber\" of S has fallen.";
    int relation = fb_policy_relation("case_standing");
    struct fb_cond *fact = new_cond(p, FB_COND_FACT);
    FB_ASSERT(relation >= 0);
    fb_parse_step(p);
    fb_parse_step(p);
    *out = fact;
    if (!fact) {
        return false;
    }
    fact->relation = (uint32_t)relation;
    struct fb_fact_field *name = fb_parse_add_field(p, fact, FB_STR("name"));
    if (!name || !fb_parse_string(p, &name->value, hint) || !fb_parse_expect(p, "of", hint)) {
        return false;
    }
    struct fb_fact_field *system = fb_parse_add_field(p, fact, FB_STR("system"));
    if (!system || !fb_parse_value(p, &system->value)) {
        return false;
    }
    struct fb_fact_field *standing = fb_parse_add_field(p, fact, FB_STR("standing"));
    return standing && fb_parse_standing(p, &standing->value);
}

static bool parse_primary(struct fb_parser *p, struct fb_cond **out)
{
    const struct fb_token *token = fb_parse_now(p), *after = fb_parse_ahead(p, 1);
    bool good = false;
    if (fb_parse_take(p, "(")) {
        return fb_parse_condition(p, out) &&
               fb_parse_expect(p, ")", "Close the parenthesis that was opened before.");
    }
    if (fb_parse_is_variable(token)) {
        return parse_comparison(p, out);
    }
    if (token->kind != FB_TOKEN_WORD) {
        return fb_parse_expected(p, "a condition", condition_hint);
    }
    if (after->kind == FB_TOKEN_SIGN && fb_str_is(after->text, "(")) {
        return parse_call(p, out);
    }
    if (try_field_of(p, out, &good)) {
        return good;
    }
    if (fb_parse_at(p, "pace") && after->kind == FB_TOKEN_WORD && fb_str_is(after->text, "is")) {
        return parse_pace_is(p, out);
    }
    if (fb_parse_at(p, "safety") && after->kind == FB_TOKEN_WORD &&
        fb_str_is(after->text, "case")) {
        return parse_standing(p, out);
    }
    const struct fb_signature *signature = fb_policy_signature();
    for (size_t i = 0; i < signature->count; i++) {
        if (fb_str_eq(signature->relations[i].name, token->text)) {
            return fb_parse_fact(p, out);
        }
    }
    return over_time(p) ? refuse_over_time(p) : unknown_word(p);
}

static bool parse_not(struct fb_parser *p, struct fb_cond **out)
{
    if (!fb_parse_deeper(p)) {
        return false;
    }
    bool good = false;
    if (fb_parse_at(p, "not")) {
        struct fb_cond *cond = new_cond(p, FB_COND_NOT);
        fb_parse_step(p);
        good = cond && parse_not(p, &cond->parts);
        *out = cond;
    } else {
        good = parse_primary(p, out);
    }
    p->depth--;
    return good;
}

static bool take_and(struct fb_parser *p)
{
    return fb_parse_take(p, "and");
}

/* Parts joined by one word; a single part stands for itself. */
static bool parse_joined(struct fb_parser *p, enum fb_cond_kind kind, struct fb_cond **out)
{
    struct fb_cond *first = NULL, *group = NULL;
    struct fb_cond **tail = &first;
    bool all = kind == FB_COND_ALL;
    do {
        bool good = all ? parse_not(p, tail) : parse_joined(p, FB_COND_ALL, tail);
        if (!good) {
            return false;
        }
        FB_ASSERT(*tail && !(*tail)->next);
        tail = &(*tail)->next;
    } while (all ? take_and(p) : fb_parse_or(p));
    if (!first->next) {
        *out = first;
        return true;
    }
    group = new_cond(p, kind);
    if (!group) {
        return false;
    }
    group->span = first->span;
    group->parts = first;
    *out = group;
    return true;
}

bool fb_parse_condition(struct fb_parser *p, struct fb_cond **out)
{
    return parse_joined(p, FB_COND_ANY, out) && (!over_time(p) || refuse_over_time(p));
}

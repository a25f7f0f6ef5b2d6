/* parse_test.c: test blocks. */
#include "base/assert.h"
#include "lang/syntax/parser.h"

enum { TEST_WIDTH = 7, TEST_HANG = 2, STATE_WORDS = 3 };

/* The statuses an expectation can name; a longer one stands before one that it begins with. */
static const struct state {
    const char *words[STATE_WORDS];
    enum fb_expect_kind kind;
    enum fb_line_status line;
    enum fb_duty_status duty;
} states[] = {
    {{"crossed"}, FB_EXPECT_LINE, FB_LINE_CROSSED, 0},
    {{"ruled", "out"}, FB_EXPECT_LINE, FB_LINE_RULED_OUT, 0},
    {{"not", "ruled", "out"}, FB_EXPECT_LINE, FB_LINE_NOT_RULED_OUT, 0},
    {{"out", "of", "scope"}, FB_EXPECT_LINE, FB_LINE_OUT_OF_SCOPE, 0},
    {{"owed"}, FB_EXPECT_DUTY, 0, FB_DUTY_OWED},
    {{"met", "late"}, FB_EXPECT_DUTY, 0, FB_DUTY_MET_LATE},
    {{"met"}, FB_EXPECT_DUTY, 0, FB_DUTY_MET},
    {{"overdue"}, FB_EXPECT_DUTY, 0, FB_DUTY_OVERDUE},
    {{"broken"}, FB_EXPECT_DUTY, 0, FB_DUTY_BROKEN},
    {{"held"}, FB_EXPECT_DUTY, 0, FB_DUTY_HELD},
    {{"relaxed"}, FB_EXPECT_DUTY, 0, FB_DUTY_RELAXED},
    {{"undated"}, FB_EXPECT_DUTY, 0, FB_DUTY_UNDATED},
    {{"waived"}, FB_EXPECT_DUTY, 0, FB_DUTY_WAIVED},
    {{"not", "owed"}, FB_EXPECT_NOT_OWED, 0, 0},
};

static bool word_ahead(const struct fb_parser *p, size_t n, const char *word)
{
    const struct fb_token *token = fb_parse_ahead(p, n);
    return token->kind == FB_TOKEN_WORD && fb_str_is(token->text, word);
}

/* True and stepped over when all the words stand here. */
static bool take_state(struct fb_parser *p, const struct state *state)
{
    size_t count = 0;
    while (count < STATE_WORDS && state->words[count]) {
        if (!word_ahead(p, count, state->words[count])) {
            return false;
        }
        count++;
    }
    while (count-- > 0) {
        fb_parse_step(p);
    }
    return true;
}

static bool moment(struct fb_parser *p, const char *word, fb_time *out)
{
    struct fb_span span;
    return !fb_parse_take(p, word) || fb_parse_date(p, out, &span);
}

/* From one token up to the last one taken, as it stands in the policy's text. */
static struct fb_str written(const struct fb_parser *p, size_t from)
{
    size_t last = p->at - 1;
    FB_ASSERT(p->at > from);
    while (p->tokens.items[last].kind == FB_TOKEN_COMMENT) {
        last--;
    }
    const struct fb_token *first = &p->tokens.items[from], *end = &p->tokens.items[last];
    size_t quote = end->kind == FB_TOKEN_STRING ? 1 : 0;
    FB_ASSERT(first->kind != FB_TOKEN_STRING);
    return (struct fb_str){
        first->text.ptr, (size_t)(end->text.ptr - first->text.ptr) + end->text.len + quote};
}

static bool expect_state(struct fb_parser *p, struct fb_expect *expect)
{
    const char *hint = "Red lines are crossed, ruled out, not ruled out or out of scope; duties "
                       "are owed, met, met late, overdue, broken, held, relaxed, undated, waived "
                       "or not owed.";
    size_t from = p->at, n = 0;
    while (n < sizeof(states) / sizeof(states[0]) && !take_state(p, &states[n])) {
        n++;
    }
    if (n == sizeof(states) / sizeof(states[0])) {
        return fb_parse_expected(p, "a status", hint);
    }
    expect->kind = states[n].kind;
    expect->line = states[n].line;
    expect->duty = states[n].duty;
    if (!moment(p, "until", &expect->until) || !moment(p, "since", &expect->since)) {
        return false;
    }
    expect->state = written(p, from);
    return true;
}

/* `cyber`, `hold.deploy` or `hold.secure.2`. */
static bool rule_name(struct fb_parser *p, struct fb_str *out)
{
    size_t from = p->at;
    struct fb_str name;
    struct fb_span span;
    if (!fb_parse_name(p, &name, &span)) {
        return false;
    }
    while (fb_parse_take(p, ".")) {
        enum fb_token_kind kind = fb_parse_now(p)->kind;
        if (kind != FB_TOKEN_WORD && kind != FB_TOKEN_NUMBER) {
            return fb_parse_expected(p, "the rest of a name",
                "The duties of a commitment are named after it and its verb, as hold.deploy.");
        }
        fb_parse_step(p);
    }
    return fb_parse_slice(p, from, out);
}

static bool take_by(struct fb_parser *p, struct fb_word *out)
{
    return !fb_parse_take(p, "by") ||
           fb_parse_string(p, out, "Name the party, as in: by \"aurora\".");
}

/* `pace is fast since 2026-03-01`. */
static bool expect_pace(struct fb_parser *p, struct fb_expect *expect)
{
    fb_parse_step(p);
    fb_parse_step(p);
    size_t from = p->at;
    expect->kind = FB_EXPECT_PACE;
    if (!fb_parse_levels(p, &expect->paces) || !moment(p, "since", &expect->since)) {
        return false;
    }
    expect->state = written(p, from);
    return true;
}

/* The name of a system, as the one argument of an expectation. */
static bool one_system(struct fb_parser *p, struct fb_expect *expect)
{
    struct fb_word *system = fb_parse_new(p, sizeof(*system));
    expect->args = system;
    return system && fb_parse_string(p, system, "Write the system in quotes: halt of \"s\".");
}

/* True where an order is expected: `no halt`, `halt of`, `order to`. A rule may have such a name,
 * and then "(" or "." follows. */
static bool order_ahead(const struct fb_parser *p)
{
    static const char *const words[] = {"no", "halt", "restriction", "order"};
    const struct fb_token *next = fb_parse_ahead(p, 1);
    bool named =
        next->kind == FB_TOKEN_SIGN && (fb_str_is(next->text, "(") || fb_str_is(next->text, "."));
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (word_ahead(p, 0, words[i])) {
            return !named;
        }
    }
    return false;
}

/* `halt of`, `restriction of` or `order to secure`. */
static bool take_ordered(struct fb_parser *p, enum fb_consequence *out)
{
    const char *hint = "Write: halt of \"s\", restriction of \"s\" or order to secure \"s\".";
    *out = fb_parse_take(p, "halt")          ? FB_LEST_HALT
           : fb_parse_take(p, "restriction") ? FB_LEST_RESTRICT
                                             : FB_LEST_SECURE;
    if (*out != FB_LEST_SECURE) {
        return fb_parse_expect(p, "of", hint);
    }
    if (!fb_parse_take(p, "order")) {
        return fb_parse_expected(p, "what is ordered", hint);
    }
    return fb_parse_expect(p, "to", hint) && fb_parse_expect(p, "secure", hint);
}

/* `at level 4`, which `at 2026-03-01` is not, and `by "office"`. */
static bool which_order(struct fb_parser *p, struct fb_expect *expect)
{
    if (expect->order == FB_LEST_SECURE && word_ahead(p, 0, "at") && word_ahead(p, 1, "level")) {
        fb_parse_step(p);
        fb_parse_step(p);
        expect->has_level = true;
        if (!fb_parse_whole(p, &expect->level, "a level")) {
            return false;
        }
    }
    return take_by(p, &expect->by);
}

/* `halt of "s" since 2026-03-01`, `no restriction of "s"`, `order to secure "s" released`. */
static bool expect_order(struct fb_parser *p, struct fb_expect *expect)
{
    size_t from = p->at;
    expect->kind = FB_EXPECT_ORDER;
    expect->negated = fb_parse_take(p, "no");
    if (!take_ordered(p, &expect->order) || !one_system(p, expect) || !which_order(p, expect)) {
        return false;
    }
    if (expect->negated && (fb_parse_at(p, "released") || fb_parse_at(p, "since"))) {
        return fb_parse_fail(p, fb_parse_now(p)->span,
            "Write: halt of \"s\" released since 2026-03-01; or nothing more behind \"s\".",
            "what is not there was not released, and has no begin");
    }
    expect->released = fb_parse_take(p, "released");
    if (!moment(p, "since", &expect->since)) {
        return false;
    }
    expect->state = written(p, from);
    return true;
}

/* `may not deploy` behind a system. */
static bool expect_licence(struct fb_parser *p, struct fb_expect *expect)
{
    static const struct {
        const char *words[2];
        const char *action;
    } actions[] = {{{"train", NULL}, "train"}, {{"deploy", NULL}, "deploy"},
        {{"act", "autonomously"}, "autonomy"}};
    expect->kind = FB_EXPECT_LICENCE;
    expect->negated = fb_parse_take(p, "not");
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        bool two = actions[i].words[1] != NULL;
        if (word_ahead(p, 0, actions[i].words[0]) &&
            (!two || word_ahead(p, 1, actions[i].words[1]))) {
            expect->word = fb_str_of(actions[i].action);
            fb_parse_step(p);
            if (two) {
                fb_parse_step(p);
            }
            return true;
        }
    }
    return fb_parse_expected(
        p, "what a system may do", "Systems may, or may not, train, deploy or act autonomously.");
}

/* `"s" may not deploy`, `"s" is exempt`. */
static bool expect_system(struct fb_parser *p, struct fb_expect *expect)
{
    if (!one_system(p, expect)) {
        return false;
    }
    size_t from = p->at;
    if (fb_parse_take(p, "may")) {
        if (!expect_licence(p, expect)) {
            return false;
        }
    } else {
        const char *hint = "Write: \"s\" may deploy, \"s\" may not train, \"s\" is exempt.";
        expect->kind = FB_EXPECT_EXEMPT;
        if (!fb_parse_expect(p, "is", hint)) {
            return false;
        }
        expect->negated = fb_parse_take(p, "not");
        if (!fb_parse_expect(p, "exempt", hint)) {
            return false;
        }
    }
    expect->state = written(p, from);
    return true;
}

/* `safety case "cyber" of "s" has fallen`. */
static bool expect_case(struct fb_parser *p, struct fb_expect *expect)
{
    const char *hint = "Write: safety case \"cyber\" of \"s\" stands.";
    struct fb_word name, standing;
    fb_parse_step(p);
    fb_parse_step(p);
    expect->kind = FB_EXPECT_CASE;
    if (!fb_parse_string(p, &name, hint) || !fb_parse_expect(p, "of", hint) ||
        !one_system(p, expect)) {
        return false;
    }
    size_t from = p->at;
    if (!fb_parse_standing(p, &standing)) {
        return false;
    }
    expect->rule = name.text;
    expect->word = standing.text;
    expect->state = written(p, from);
    return true;
}

/* `cyber("s") crossed`, `tell("s", "1") by "dev" owed`. */
static bool expect_rule(struct fb_parser *p, struct fb_expect *expect)
{
    return rule_name(p, &expect->rule) && fb_parse_arguments(p, &expect->args) &&
           take_by(p, &expect->by) && expect_state(p, expect);
}

/* `nothing owed by "dev"`. */
static bool expect_nothing(struct fb_parser *p, struct fb_expect *expect)
{
    fb_parse_step(p);
    fb_parse_step(p);
    expect->kind = FB_EXPECT_NOTHING;
    return take_by(p, &expect->by);
}

/* What else than the state of a rule may be expected: how it begins, and what reads it. */
static bool (*expects_at(const struct fb_parser *p))(struct fb_parser *, struct fb_expect *)
{
    if (fb_parse_now(p)->kind == FB_TOKEN_STRING) {
        return expect_system;
    }
    if (word_ahead(p, 0, "nothing") && word_ahead(p, 1, "owed")) {
        return expect_nothing;
    }
    if (word_ahead(p, 0, "pace") && word_ahead(p, 1, "is")) {
        return expect_pace;
    }
    if (word_ahead(p, 0, "safety") && word_ahead(p, 1, "case")) {
        return expect_case;
    }
    return order_ahead(p) ? expect_order : NULL;
}

static bool expectation(struct fb_parser *p, struct fb_expect *expect)
{
    size_t from = p->at;
    p->tokens.items[from].hang = TEST_HANG;
    struct fb_word because = {.text = FB_STR("")};
    *expect = (struct fb_expect){.span = fb_parse_now(p)->span,
        .until = FB_TIME_MIN,
        .since = FB_TIME_MIN,
        .at = FB_TIME_MIN};
    bool (*special)(struct fb_parser *, struct fb_expect *) = expects_at(p);
    if (special ? !special(p, expect) : !expect_rule(p, expect)) {
        return false;
    }
    if (fb_parse_take(p, "because") &&
        !fb_parse_string(p, &because, "Write a part of the reason that explain gives.")) {
        return false;
    }
    expect->because = because.text;
    return moment(p, "at", &expect->at) && fb_parse_slice(p, from, &expect->text);
}

/* Another expectation follows in the same clause. */
static bool more_expected(const struct fb_parser *p)
{
    const struct fb_token *token = fb_parse_now(p), *next = fb_parse_ahead(p, 1);
    bool opens =
        next->kind == FB_TOKEN_SIGN && (fb_str_is(next->text, "(") || fb_str_is(next->text, "."));
    return (token->kind == FB_TOKEN_WORD && opens) || expects_at(p);
}

static bool parse_expect(struct fb_parser *p, void *block)
{
    struct fb_test *test = block;
    struct fb_expect **tail = &test->expects;
    bool good = true, first = true;
    while (*tail) {
        tail = &(*tail)->next;
    }
    while (good && (first || more_expected(p))) {
        struct fb_expect *expect = fb_parse_new(p, sizeof(*expect));
        if (!first) {
            fb_parse_mark_line(p);
        }
        good = expect && expectation(p, expect);
        if (good) {
            *tail = expect;
            tail = &expect->next;
        }
        first = false;
    }
    return good;
}

/* A number as the value of a column. */
static bool count_field(
    struct fb_parser *p, struct fb_cond *fact, const char *column, const char *what)
{
    int64_t ignored;
    size_t at = p->at;
    struct fb_fact_field *field = fb_parse_add_field(p, fact, fb_str_of(column));
    if (!field || !fb_parse_whole(p, &ignored, what)) {
        return false;
    }
    p->at = at;
    return fb_parse_number(p, &field->value, what);
}

/* What follows the counts: `40 unresolved`, or any other field and its value. */
static bool evaluation_rest(struct fb_parser *p, struct fb_cond *fact)
{
    while (fb_parse_take(p, ",")) {
        if (fb_parse_now(p)->kind != FB_TOKEN_NUMBER) {
            if (!fb_parse_fact_field(p, fact)) {
                return false;
            }
        } else if (!count_field(p, fact, "unresolved", "a number of samples") ||
                   !fb_parse_expect(p, "unresolved", "Write: 10 of 300, 40 unresolved.")) {
            return false;
        }
    }
    return true;
}

/* `evaluation of "s" on "cybench": 10 of 300, 40 unresolved, ended 2026-01-10`. */
static bool evaluation(struct fb_parser *p, struct fb_cond **out)
{
    const char *hint = "Write: evaluation of \"s\" on \"cybench\": 10 of 300, 40 unresolved.";
    struct fb_cond *fact = fb_parse_new(p, sizeof(*fact));
    int relation = fb_policy_relation("evaluation");
    FB_ASSERT(relation >= 0);
    if (!fact) {
        return false;
    }
    *fact = (struct fb_cond){
        .kind = FB_COND_FACT, .span = fb_parse_now(p)->span, .relation = (uint32_t)relation};
    *out = fact;
    fb_parse_step(p);
    fb_parse_step(p);
    (void)fb_parse_take(p, "system");
    struct fb_fact_field *subject = fb_parse_add_field(p, fact, FB_STR("subject"));
    if (!subject || !fb_parse_value(p, &subject->value) || !fb_parse_expect(p, "on", hint)) {
        return false;
    }
    struct fb_fact_field *task = fb_parse_add_field(p, fact, FB_STR("task"));
    return task && fb_parse_value(p, &task->value) && fb_parse_expect(p, ":", hint) &&
           count_field(p, fact, "succeeded_any", "a number of successes") &&
           fb_parse_expect(p, "of", hint) &&
           count_field(p, fact, "samples", "a number of samples") && evaluation_rest(p, fact);
}

/* `safety case "cyber" of "s" resting on "bound cybench below 20%"`: a case of one claim and one
 * piece of evidence, with the id case/NAME. */
static bool safety_case(struct fb_parser *p, struct fb_given *given)
{
    const char *hint = "Write: safety case \"cyber\" of \"s\" resting on \"bound cybench below "
                       "20%\".";
    int relation = fb_policy_relation("case");
    struct fb_cond *fact = fb_parse_new(p, sizeof(*fact));
    struct fb_word rests_on;
    FB_ASSERT(relation >= 0);
    if (!fact) {
        return false;
    }
    *fact = (struct fb_cond){
        .kind = FB_COND_FACT, .span = fb_parse_now(p)->span, .relation = (uint32_t)relation};
    given->fact = fact;
    fb_parse_step(p);
    fb_parse_step(p);
    struct fb_fact_field *name = fb_parse_add_field(p, fact, FB_STR("name"));
    if (!name || !fb_parse_string(p, &name->value, hint) || !fb_parse_expect(p, "of", hint)) {
        return false;
    }
    if (!given->correcting.span.line) {
        struct fb_fact_field *id = fb_parse_add_field(p, fact, FB_STR("id"));
        if (!id) {
            return false;
        }
        id->value = name->value;
    }
    struct fb_fact_field *subject = fb_parse_add_field(p, fact, FB_STR("subject"));
    if (!subject || !fb_parse_value(p, &subject->value) || !fb_parse_expect(p, "resting", hint) ||
        !fb_parse_expect(p, "on", hint) || !fb_parse_string(p, &rests_on, hint)) {
        return false;
    }
    given->rests_on = rests_on.text;
    return true;
}

static bool given_line(struct fb_parser *p, struct fb_given *given)
{
    const char *hint = "Write: given 2026-03-01 09:00 by \"dev\": incident \"1\" of \"s\" with ...";
    p->tokens.items[p->at].hang = TEST_HANG;
    if (!fb_parse_date(p, &given->at, &given->span) || !take_by(p, &given->by)) {
        return false;
    }
    if (fb_parse_take(p, "correcting") &&
        !fb_parse_string(p, &given->correcting, "Write the id of the record that it corrects.")) {
        return false;
    }
    if (!fb_parse_expect(p, ":", hint)) {
        return false;
    }
    given->rests_on = FB_STR("");
    if (fb_parse_at(p, "safety") && word_ahead(p, 1, "case")) {
        return safety_case(p, given);
    }
    bool is_short = fb_parse_at(p, "evaluation") && word_ahead(p, 1, "of");
    return is_short ? evaluation(p, &given->fact) : fb_parse_fact(p, &given->fact);
}

static bool parse_given(struct fb_parser *p, void *block)
{
    struct fb_test *test = block;
    struct fb_given **tail = &test->givens;
    bool good = true, first = true;
    while (*tail) {
        tail = &(*tail)->next;
    }
    while (good && (first || fb_parse_now(p)->kind == FB_TOKEN_DATE)) {
        struct fb_given *given = fb_parse_new(p, sizeof(*given));
        if (!first) {
            fb_parse_mark_line(p);
        }
        good = given && given_line(p, given);
        if (good) {
            *tail = given;
            tail = &given->next;
        }
        first = false;
    }
    return good;
}

bool fb_parse_test(struct fb_parser *p, struct fb_test *test)
{
    static const struct fb_clause items[] = {
        {"given", NULL, true, parse_given}, {"expect", NULL, true, parse_expect}};
    static const struct fb_clauses clauses = {
        "test", items, sizeof(items) / sizeof(items[0]), TEST_WIDTH};
    struct fb_word title;
    if (!fb_parse_string(p, &title, "Say what the test shows: test \"a death is reported\".")) {
        return false;
    }
    test->span = title.span;
    test->title = title.text;
    fb_parse_clauses(p, &clauses, test);
    return true;
}

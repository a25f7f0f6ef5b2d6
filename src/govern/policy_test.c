/* policy_test.c: expectations against the picture of what a test gives. */
#include "govern/policy_test.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "govern/test_history.h"
#include "lang/signature.h"

enum { SCRATCH_MAX = 1 << 28, WHY_DEPTH = 4, WHY_MAX = 1 << 16 };

/* One expectation at work. */
struct asked {
    const struct fb_expect *expect;
    const struct fb_picture *picture;
    struct fb_arena *arena; /* of the results */
    struct fb_policy_result *result;
};

static void write_moment(struct fb_buf *out, const char *word, fb_time t)
{
    char text[FB_TIME_TEXT];
    struct fb_str shown = fb_str_of(fb_time_format_short(t, text));
    if (t % FB_MINUTE) {
        /* "2026-03-01T09:00:30Z" as a policy writes it. */
        shown = fb_str_of(fb_time_format(t, text));
        text[strlen("2026-03-01")] = ' ';
        shown = fb_str_sub(shown, 0, strlen("2026-03-01 09:00:30"));
    } else if (t % FB_DAY == 0) {
        shown = fb_str_sub(shown, 0, strlen("2026-03-01"));
    }
    fb_buf_addf(out, " %s %.*s", word, FB_STR_ARG(shown));
}

static bool is_moment(fb_time t)
{
    return t != FB_TIME_MIN && t != FB_TIME_MAX;
}

/* Says a status; until and since only where they are wanted and there. */
static bool say(
    struct asked *asked, struct fb_str status, fb_time until, fb_time since, struct fb_str *out)
{
    struct fb_buf text;
    struct fb_err err;
    fb_buf_init(&text, 4096);
    fb_err_init(&err);
    fb_buf_add_str(&text, status);
    if (is_moment(until)) {
        write_moment(&text, "until", until);
    }
    if (is_moment(since)) {
        write_moment(&text, "since", since);
    }
    bool good = text.state == FB_BUF_GOOD &&
                fb_arena_str(asked->arena, fb_buf_str(&text), out, &err) == FB_OK;
    fb_buf_release(&text);
    return good;
}

static bool find_sentence(const struct fb_why *why, struct fb_str part)
{
    for (; why; why = why->next) {
        if ((part.len <= why->text.len &&
                memmem(why->text.ptr, why->text.len, part.ptr, part.len)) ||
            find_sentence(why->child, part)) {
            return true;
        }
    }
    return false;
}

static void write_why(const struct fb_why *why, unsigned depth, struct fb_buf *out)
{
    for (; why && depth < WHY_DEPTH; why = why->next) {
        fb_buf_addf(out, "%*s%.*s\n", (int)depth * 2, "", FB_STR_ARG(why->text));
        write_why(why->child, depth + 1, out);
    }
}

/* Notes the reason of what holds; false when memory ran out. */
static bool note_why(struct asked *asked, const struct fb_why *why)
{
    struct fb_buf text;
    struct fb_err err;
    fb_buf_init(&text, WHY_MAX);
    fb_err_init(&err);
    if (why) {
        /* The sentence itself and its reasons, not its neighbours. */
        fb_buf_addf(&text, "%.*s\n", FB_STR_ARG(why->text));
        write_why(why->child, 1, &text);
    }
    bool good = text.state == FB_BUF_TOO_LONG ||
                fb_arena_str(asked->arena, fb_buf_str(&text), &asked->result->why, &err) == FB_OK;
    fb_buf_release(&text);
    return good;
}

/* What holds, for one red line, obligation, order ... */
struct found {
    struct fb_str status;
    bool same; /* the status that was expected */
    fb_time until;
    fb_time since;
    const struct fb_why *why;
};

/* Compares what holds with what was expected; false when memory ran out. */
static bool judge(struct asked *asked, const struct found *found)
{
    const struct fb_expect *expect = asked->expect;
    struct fb_policy_result *result = asked->result;
    bool until = expect->until == FB_TIME_MIN || expect->until == found->until;
    bool since = expect->since == FB_TIME_MIN || expect->since == found->since;
    struct fb_why top = {.text = FB_STR("")};
    if (found->why) {
        top = *found->why;
        top.next = NULL;
    }
    bool because = expect->because.len == 0 || find_sentence(&top, expect->because);
    result->holds = found->same && until && since && because;
    result->instead = result->state = result->why = FB_STR("");
    if (result->holds) {
        return note_why(asked, found->why);
    }
    if (found->same && until && since) {
        result->instead = FB_STR("it is so, but no reason says this");
        return note_why(asked, found->why);
    }
    return say(asked, found->status, found->until, found->since, &result->instead) &&
           say(asked, found->status, expect->until == FB_TIME_MIN ? FB_TIME_MIN : found->until,
               expect->since == FB_TIME_MIN ? FB_TIME_MIN : found->since, &result->state) &&
           note_why(asked, found->why);
}

/* True when an id is the one that a test writes, with or without its kind. */
static bool is_id(struct fb_str id, struct fb_str written)
{
    size_t slash = fb_str_find(id, '/', 0);
    return fb_str_eq(id, written) || (fb_str_find(written, '/', 0) == written.len &&
                                         fb_str_eq(fb_str_sub(id, slash + 1, id.len), written));
}

static bool judge_line(struct asked *asked)
{
    const struct fb_expect *expect = asked->expect;
    for (size_t i = 0; i < asked->picture->line_count; i++) {
        const struct fb_line_view *view = &asked->picture->lines[i];
        if (fb_str_eq(view->rule->name, expect->rule) && is_id(view->system, expect->args->text)) {
            struct found found = {.status = fb_str_of(fb_line_status_name(view->status)),
                .same = view->status == expect->line,
                .until = FB_TIME_MIN,
                .since = view->since,
                .why = view->why};
            return judge(asked, &found);
        }
    }
    bool in_force =
        asked->picture->policy_count > 0 && asked->picture->policies[0].force == FB_IN_FORCE;
    asked->result->instead =
        in_force ? FB_STR("no such system is given") : FB_STR("the policy is not in force");
    return true;
}

static bool is_asked(const struct fb_expect *expect, const struct fb_obligation *obligation)
{
    const struct fb_word *arg = expect->args;
    if (!fb_str_eq(obligation->duty->name, expect->rule) ||
        (expect->by.span.line && !is_id(obligation->party, expect->by.text))) {
        return false;
    }
    for (size_t i = 0; i < obligation->duty->param_count && arg; i++, arg = arg->next) {
        const struct fb_value *value = &obligation->bindings[i];
        if (value->type != FB_TYPE_STRING || !is_id(value->u.text, arg->text)) {
            return false;
        }
    }
    return true;
}

/* Since when an obligation has its status. */
static fb_time status_since(const struct fb_obligation *obligation)
{
    switch (obligation->status) {
    case FB_DUTY_MET:
    case FB_DUTY_RELAXED:
        return obligation->settled;
    case FB_DUTY_MET_LATE:
    case FB_DUTY_OVERDUE:
    case FB_DUTY_BROKEN:
        return obligation->breached;
    case FB_DUTY_OWED:
    case FB_DUTY_HELD:
    case FB_DUTY_UNDATED:
    case FB_DUTY_WAIVED:
        return obligation->turn ? obligation->anchor : obligation->since;
    }
    return obligation->since;
}

/* One of the obligations that are meant must be as expected (a prohibition that is broken goes on
 * to bind, as another one); when none is, the first is told. */
static bool judge_duty(struct asked *asked)
{
    const struct fb_expect *expect = asked->expect;
    bool not_owed = expect->kind == FB_EXPECT_NOT_OWED, good = true;
    struct fb_policy_result first = *asked->result;
    size_t count = 0;
    for (size_t i = 0; i < asked->picture->duty_count && good && !asked->result->holds; i++) {
        const struct fb_obligation *obligation = &asked->picture->duties[i].obligation;
        if (!is_asked(expect, obligation)) {
            continue;
        }
        struct found found = {.status = fb_str_of(fb_duty_status_name(obligation->status)),
            .same = !not_owed && obligation->status == expect->duty,
            .until = obligation->deadline,
            .since = status_since(obligation),
            .why = obligation->why};
        good = judge(asked, &found);
        first = count++ == 0 ? *asked->result : first;
    }
    if (count == 0) {
        struct found found = {FB_STR("not owed"), not_owed, FB_TIME_MIN, FB_TIME_MIN, NULL};
        return judge(asked, &found);
    }
    *asked->result = asked->result->holds ? *asked->result : first;
    return good;
}

static bool binds(enum fb_duty_status status)
{
    return status == FB_DUTY_OWED || status == FB_DUTY_OVERDUE || status == FB_DUTY_HELD ||
           status == FB_DUTY_UNDATED;
}

static bool judge_nothing(struct asked *asked)
{
    const struct fb_expect *expect = asked->expect;
    for (size_t i = 0; i < asked->picture->duty_count; i++) {
        const struct fb_duty_view *view = &asked->picture->duties[i];
        const struct fb_obligation *obligation = &view->obligation;
        if (!binds(obligation->status) ||
            (expect->by.span.line && !is_id(obligation->party, expect->by.text))) {
            continue;
        }
        asked->result->instead =
            fb_arena_printf(asked->arena, "%.*s is %s: %.*s", FB_STR_ARG(obligation->duty->name),
                fb_duty_status_name(obligation->status), FB_STR_ARG(view->text));
        return asked->result->instead.ptr && note_why(asked, obligation->why);
    }
    asked->result->holds = true;
    return true;
}

/* The pace of the policy. */
static bool judge_pace(struct asked *asked)
{
    const struct fb_expect *expect = asked->expect;
    if (asked->picture->policy_pace_count == 0) {
        asked->result->instead = FB_STR("the policy is not in force");
        return true;
    }
    const struct fb_policy_pace_view *view = &asked->picture->policy_paces[0];
    struct found found = {.status = fb_str_of(fb_pace_name(view->level)),
        .same = (expect->paces & (1U << view->level)) != 0,
        .until = FB_TIME_MIN,
        .since = view->since,
        .why = view->why};
    return judge(asked, &found);
}

/* The system of an expectation; NULL, and that is what holds instead, when there is none: of a name
 * that is misspelt nothing may be said to hold. */
static const struct fb_system_view *asked_system(struct asked *asked)
{
    for (size_t i = 0; i < asked->picture->system_count; i++) {
        if (is_id(asked->picture->systems[i].id, asked->expect->args->text)) {
            return &asked->picture->systems[i];
        }
    }
    asked->result->instead = FB_STR("no such system is given");
    return NULL;
}

/* Does the order bind the system, or did it before it was released? */
static bool concerns(const struct fb_order_view *order, const struct fb_system_view *system)
{
    struct fb_order_view then = *order;
    then.in_force = true;
    return fb_order_binds(&then, system);
}

/* Is it an order of the level and the party that are asked for, if any are? */
static bool is_that_order(const struct fb_expect *expect, const struct fb_order_view *order)
{
    bool level = !expect->has_level || order->level == expect->level;
    bool by = expect->by.span.line == 0 ||
              (order->record && is_id(order->record->issuer, expect->by.text));
    return level && by;
}

/* ` at level 4 by "office"`: what is said of an order, as far as it was asked for; `order` NULL: as
 * it was asked for. */
static struct fb_str order_words(struct asked *asked, const struct fb_order_view *order)
{
    const struct fb_expect *expect = asked->expect;
    char level[40] = "";
    int64_t of = order ? order->level : expect->level;
    if (expect->has_level && of >= 0) {
        (void)snprintf(level, sizeof(level), " at level %lld", (long long)of);
    }
    struct fb_str by = expect->by.text;
    if (order) {
        by = order->record ? order->record->issuer : FB_STR("");
        by = fb_str_sub(by, fb_str_find(by, '/', 0) + 1, by.len);
    }
    bool named = expect->by.span.line > 0 && by.len > 0;
    return fb_arena_printf(asked->arena, "%s%s%.*s%s", level, named ? " by \"" : "",
        FB_STR_ARG(named ? by : FB_STR("")), named ? "\"" : "");
}

/* What is to be said of the orders of one kind on the system; `order` NULL: there is none. */
static bool judge_order_as(struct asked *asked, const struct fb_order_view *order)
{
    const struct fb_expect *expect = asked->expect;
    bool in_force = order && order->in_force, that = order && is_that_order(expect, order);
    struct fb_str words = order_words(asked, order);
    const char *named = expect->order == FB_LEST_HALT       ? "halt of"
                        : expect->order == FB_LEST_RESTRICT ? "restriction of"
                                                            : "order to secure";
    struct found found = {.status = fb_arena_printf(asked->arena, "%s%s \"%.*s\"%.*s%s",
                              order ? "" : "no ", named, FB_STR_ARG(expect->args->text),
                              FB_STR_ARG(words), order && !in_force ? " released" : ""),
        .same = in_force && that ? !expect->negated && !expect->released
                                 : expect->negated || (that && expect->released),
        .until = FB_TIME_MIN,
        .since = !order     ? FB_TIME_MIN
                 : in_force ? order->since
                            : order->until,
        .why = order ? order->why : NULL};
    return words.ptr && found.status.ptr && judge(asked, &found);
}

/* True when an order tells more than another: one that is meant, and one in force. */
static bool tells_more(const struct fb_expect *expect, const struct fb_order_view *order,
    const struct fb_order_view *than)
{
    bool that = is_that_order(expect, order);
    bool other = than && is_that_order(expect, than);
    return !than || (that && !other) || (that == other && order->in_force && !than->in_force);
}

/* One of the orders on the system must be as expected, or none be in force; what is told when it is
 * not so is the first that is in force, or else the first that was. */
static bool judge_order(struct asked *asked)
{
    static const enum fb_order_action actions[] = {[FB_LEST_HALT] = FB_ORDER_HALT,
        [FB_LEST_RESTRICT] = FB_ORDER_RESTRICT,
        [FB_LEST_SECURE] = FB_ORDER_SECURE};
    const struct fb_expect *expect = asked->expect;
    const struct fb_system_view *system = asked_system(asked);
    const struct fb_order_view *told = NULL;
    bool good = true;
    for (size_t i = 0; system && good && i < asked->picture->order_count; i++) {
        const struct fb_order_view *order = &asked->picture->orders[i];
        if (order->action != actions[expect->order] || !concerns(order, system)) {
            continue;
        }
        told = tells_more(expect, order, told) ? order : told;
        if (!expect->negated && is_that_order(expect, order) &&
            order->in_force != expect->released) {
            good = judge_order_as(asked, order);
            if (asked->result->holds) {
                return good;
            }
        }
    }
    return good && (!system || judge_order_as(asked, told));
}

static bool judge_licence(struct asked *asked)
{
    const struct fb_expect *expect = asked->expect;
    const struct fb_system_view *system = asked_system(asked);
    for (size_t i = 0; system && i < asked->picture->licence_count; i++) {
        const struct fb_licence_view *view = &asked->picture->licences[i];
        if (!fb_str_eq(view->system, system->id) ||
            !fb_str_is(expect->word, fb_action_word(view->action))) {
            continue;
        }
        struct found found = {.status = fb_arena_printf(asked->arena, "may %s%s",
                                  view->allowed ? "" : "not ", fb_action_name(view->action)),
            .same = view->allowed != expect->negated,
            .until = FB_TIME_MIN,
            .since = FB_TIME_MIN,
            .why = view->why};
        return found.status.ptr && judge(asked, &found);
    }
    return true;
}

static bool judge_exempt(struct asked *asked)
{
    const struct fb_system_view *system = asked_system(asked);
    if (!system) {
        return true;
    }
    struct found found = {.status = fb_str_of(system->exempt ? "is exempt" : "is not exempt"),
        .same = system->exempt != asked->expect->negated,
        .until = FB_TIME_MIN,
        .since = FB_TIME_MIN,
        .why = system->exempt_why};
    return judge(asked, &found);
}

/* The words that a policy has for what a safety case is worth, and the word of case_standing. */
static struct fb_str standing_of(const struct fb_case_view *view, struct fb_str *word)
{
    static const char *const words[][2] = {[FB_CASE_SUBMITTED] = {"is submitted", "submitted"},
        [FB_CASE_SENT_BACK] = {"was sent back", "sent_back"},
        [FB_CASE_ACCEPTED] = {"has fallen", "fallen"}};
    bool stands = view->stage == FB_CASE_ACCEPTED && view->label == FB_LABEL_IN;
    *word = stands ? FB_STR("stands") : fb_str_of(words[view->stage][1]);
    return stands ? FB_STR("stands") : fb_str_of(words[view->stage][0]);
}

static bool judge_case(struct asked *asked)
{
    const struct fb_expect *expect = asked->expect;
    const struct fb_system_view *system = asked_system(asked);
    for (size_t i = 0; system && i < asked->picture->case_count; i++) {
        const struct fb_case_view *view = &asked->picture->cases[i];
        if (!fb_str_eq(view->system, system->id) ||
            !fb_str_eq(fb_record_text(view->record, "name"), expect->rule)) {
            continue;
        }
        struct fb_str word;
        struct found found = {.status = standing_of(view, &word),
            .same = fb_str_eq(word, expect->word),
            .until = FB_TIME_MIN,
            .since = FB_TIME_MIN,
            .why = view->why};
        return judge(asked, &found);
    }
    if (system) {
        asked->result->instead = FB_STR("the system has no such safety case");
    }
    return true;
}

static bool judge_any(struct asked *asked)
{
    switch (asked->expect->kind) {
    case FB_EXPECT_LINE:
        return judge_line(asked);
    case FB_EXPECT_PACE:
        return judge_pace(asked);
    case FB_EXPECT_NOTHING:
        return judge_nothing(asked);
    case FB_EXPECT_ORDER:
        return judge_order(asked);
    case FB_EXPECT_LICENCE:
        return judge_licence(asked);
    case FB_EXPECT_EXEMPT:
        return judge_exempt(asked);
    case FB_EXPECT_CASE:
        return judge_case(asked);
    case FB_EXPECT_DUTY:
    case FB_EXPECT_NOT_OWED:
        break;
    }
    return judge_duty(asked);
}

/* Evaluates one expectation by one of the two evaluators. */
static enum fb_code run_by(struct fb_test_history *history, bool naive, struct fb_arena *arena,
    struct fb_policy_result *result, struct fb_err *err)
{
    struct fb_arena scratch;
    struct fb_picture picture;
    struct fb_registry *registry = NULL;
    fb_arena_init(&scratch, SCRATCH_MAX);
    enum fb_code code =
        fb_test_history_build(history, result->expect->at, &scratch, &registry, err);
    if (code == FB_OK) {
        struct fb_govern_input input = {.registry = registry,
            .now = result->expect->at,
            .as_of = FB_TIME_MAX,
            .naive = naive,
            .read_blob = fb_test_history_blob,
            .blob_ctx = history};
        code = fb_govern_evaluate(&input, &scratch, &picture, err);
    }
    if (code == FB_OK) {
        struct asked asked = {result->expect, &picture, arena, result};
        code = judge_any(&asked) ? FB_OK : fb_arena_failed(arena, err);
    }
    fb_registry_free(registry);
    fb_arena_release(&scratch);
    return code;
}

/* Evaluates one expectation by both; where they disagree it does not hold. */
static enum fb_code run_one(struct fb_test_history *history, struct fb_arena *arena,
    struct fb_policy_result *result, struct fb_err *err)
{
    struct fb_policy_result again = *result;
    enum fb_code code = run_by(history, false, arena, result, err);
    code = code ? code : run_by(history, true, arena, &again, err);
    if (code == FB_OK && (result->holds != again.holds || !fb_str_eq(result->why, again.why))) {
        result->holds = false;
        result->instead = FB_STR("the two evaluators do not agree");
        result->state = FB_STR("");
    }
    return code;
}

static size_t count_expectations(const struct fb_test *tests)
{
    size_t count = 0;
    for (; tests; tests = tests->next) {
        for (const struct fb_expect *expect = tests->expects; expect; expect = expect->next) {
            count++;
        }
    }
    return count;
}

enum fb_code fb_policy_test_run(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_policy_results *out, struct fb_policy_errors *errors)
{
    const struct fb_test *tests = NULL;
    struct fb_policy_results results = {0};
    FB_ASSERT(arena && out && errors);
    /* Compiled as a whole first, for the errors of its rules. */
    struct fb_program *ignored = NULL;
    enum fb_code code = fb_policy_compile(text, name, arena, &ignored, errors);
    if (code == FB_OK) {
        code = fb_policy_tests(text, name, arena, &tests, errors);
    }
    if (code != FB_OK) {
        return code;
    }
    struct fb_err *err = &errors->items[0];
    fb_err_init(err);
    results.items = FB_ARENA_ARRAY(arena, struct fb_policy_result, count_expectations(tests) + 1);
    code = results.items ? FB_OK : fb_arena_failed(arena, err);
    for (; tests && code == FB_OK; tests = tests->next) {
        struct fb_test_history history = {.test = tests, .policy = text, .name = name};
        for (const struct fb_expect *e = tests->expects; e && code == FB_OK; e = e->next) {
            struct fb_policy_result *result = &results.items[results.count++];
            result->test = tests;
            result->expect = e;
            code = run_one(&history, arena, result, err);
            results.failed += code == FB_OK && !result->holds;
        }
    }
    if (code != FB_OK) {
        errors->count = 1;
        return code;
    }
    *out = results;
    return FB_OK;
}

enum fb_code fb_policy_test_bless(struct fb_str text, const struct fb_policy_results *results,
    struct fb_buf *out, struct fb_policy_errors *errors)
{
    struct fb_buf changed;
    size_t from = 0;
    FB_ASSERT(results && out && errors);
    fb_buf_init(&changed, FB_POLICY_TEXT_MAX);
    for (size_t i = 0; i < results->count; i++) {
        const struct fb_policy_result *result = &results->items[i];
        if (result->holds || result->state.len == 0) {
            continue;
        }
        size_t at = (size_t)(result->expect->state.ptr - text.ptr);
        FB_ASSERT(at >= from && at + result->expect->state.len <= text.len);
        fb_buf_add_str(&changed, fb_str_sub(text, from, at - from));
        fb_buf_add_str(&changed, result->state);
        from = at + result->expect->state.len;
    }
    fb_buf_add_str(&changed, fb_str_sub(text, from, text.len));
    enum fb_code code = fb_buf_check(&changed, "the policy", &errors->items[0]);
    errors->count = code != FB_OK;
    if (code == FB_OK) {
        code = fb_policy_format(fb_buf_str(&changed), "policy", out, errors);
    }
    fb_buf_release(&changed);
    return code;
}

/* policy.c: a policy's items as English. */
#include "base/assert.h"
#include "engine/holidays.h"
#include "lang/explain.h"
#include "lang/retain.h"

enum { WIDTH = 90 };

/* Appends a paragraph, wrapped. */
static void put_paragraph(struct fb_str text, struct fb_buf *out)
{
    size_t column = 0;
    while (text.len > 0) {
        size_t end = fb_str_find(text, ' ', 0);
        struct fb_str word = fb_str_sub(text, 0, end);
        if (column > 0 && column + 1 + word.len > WIDTH) {
            fb_buf_add_char(out, '\n');
            column = 0;
        } else if (column > 0) {
            fb_buf_add_char(out, ' ');
            column++;
        }
        fb_buf_add_str(out, word);
        column += word.len;
        text = fb_str_sub(text, end + 1, text.len);
    }
    fb_buf_add_c(out, "\n");
}

static void say_amount(const struct fb_amount *amount, struct fb_buf *out)
{
    static const char *const units[] = {"hour", "day", "business day", "month"};
    fb_buf_addf(out, "%lld %s%s", (long long)amount->amount, units[amount->unit],
        amount->amount == 1 ? "" : "s");
}

/* A date, without the midnight that it begins with. */
static void say_date(const char *before, fb_time t, struct fb_buf *out)
{
    char text[FB_TIME_TEXT];
    struct fb_str shown = fb_str_of(fb_time_format_short(t, text));
    shown.len = t % FB_DAY ? shown.len : fb_str_find(shown, ' ', 0);
    fb_buf_addf(out, "%s%.*s", before, FB_STR_ARG(shown));
}

/* " Documents of ... are kept for 5 years after ... (SOURCE)." */
static void say_retain(const struct fb_retain_clause *retain, struct fb_buf *out)
{
    static const char *const kept[][2] = {{"an incident", "the last that was said of it"},
        {"a system", "its first deployment outside its developer"}, {"reports", "they were filed"}};
    fb_buf_addf(out, " Documents of %s", kept[retain->what][0]);
    for (const struct fb_word *word = retain->topics; word; word = word->next) {
        fb_buf_addf(out, "%s%.*s",
            word == retain->topics ? " on "
            : word->next           ? ", "
                                   : " and ",
            FB_STR_ARG(word->text));
    }
    fb_buf_add_c(out, " are kept for ");
    fb_retain_period(retain->period.amount, retain->period.unit, out);
    fb_buf_addf(out, " after %s (%.*s).", kept[retain->what][1], FB_STR_ARG(retain->source));
}

/* The lists of public holidays that are named, each with its law and its years, then the dates. */
static void say_holidays(const struct fb_policy_tree *tree, struct fb_buf *out)
{
    const char *before = " Holidays are ";
    char from[FB_TIME_TEXT], to[FB_TIME_TEXT];
    for (const struct fb_holiday *one = tree->holidays; one; one = one->next) {
        struct fb_holiday_list list;
        if (one->list.len && fb_holidays_named(one->list, &list)) {
            fb_buf_addf(out, "%sthose of %s (%s), listed from %.10s to %.10s", before, list.place,
                list.source, fb_time_format(list.from * FB_DAY, from),
                fb_time_format((list.until - 1) * FB_DAY, to));
            before = ", and ";
        }
    }
    for (const struct fb_holiday *one = tree->holidays; one; one = one->next) {
        if (one->list.len == 0) {
            say_date(before, one->date, out);
            before = ", ";
        }
    }
    fb_buf_add_c(out, tree->holidays ? "." : "");
    fb_buf_add_c(out, tree->days.listed.len
                          ? " A deadline past those years may end later than it is said to."
                          : "");
}

static void say_header(const struct fb_policy_tree *tree, struct fb_buf *out)
{
    static const char *const calendars[] = {
        "in exact days of 24 hours", "as Regulation 1182/71 of the EU does", "as California does"};
    fb_buf_addf(out, "Policy \"%.*s\", version %lld: %.*s.", FB_STR_ARG(tree->name),
        (long long)tree->version, FB_STR_ARG(tree->title));
    if (tree->source.len) {
        fb_buf_addf(out, " It follows: %.*s.", FB_STR_ARG(tree->source));
    }
    if (tree->effective == FB_TIME_MAX) {
        fb_buf_add_c(out, " It was never in force: nothing follows from it");
    } else if (tree->effective != FB_TIME_MIN) {
        say_date(" It is in force from ", tree->effective, out);
    } else {
        fb_buf_add_c(out, " It is in force from when it is filed");
    }
    if (tree->expires != FB_TIME_MAX) {
        say_date(" until ", tree->expires, out);
    }
    if (tree->replaces) {
        fb_buf_add_c(out,
            ". It replaces its earlier versions: what they opened and is still owed ends "
            "when it comes into force, and what was broken stays broken");
    }
    fb_buf_addf(out, ". Days are counted %s", calendars[tree->days.calendar]);
    if (tree->days.zone_name.len) {
        fb_buf_addf(out, ", in the local time of %.*s", FB_STR_ARG(tree->days.zone_name));
    }
    fb_buf_add_char(out, '.');
    say_holidays(tree, out);
    for (const struct fb_retain_clause *one = tree->retains; one; one = one->next) {
        say_retain(one, out);
    }
}

static void say_let(const struct fb_item *item, struct fb_buf *out)
{
    fb_buf_addf(out, "Definition %.*s. It holds for ", FB_STR_ARG(item->name));
    for (const struct fb_word *param = item->params; param; param = param->next) {
        fb_buf_addf(out, "%s%.*s", param == item->params ? "" : ", ", FB_STR_ARG(param->text));
    }
    fb_buf_add_c(out, " when ");
    fb_explain_condition(item->condition, out);
    fb_buf_add_char(out, '.');
}

/* "(SOURCE; confidence high)", where the rule says so itself. */
static void say_source(const struct fb_item *item, struct fb_buf *out)
{
    if (item->source.len) {
        fb_buf_addf(out, " (%.*s%s%.*s)", FB_STR_ARG(item->source),
            item->confidence.len ? "; confidence " : "", FB_STR_ARG(item->confidence));
    }
}

static void say_scope(const struct fb_item *item, struct fb_buf *out)
{
    const struct fb_scope_clause *scope = &item->scope;
    if (!scope->given) {
        fb_buf_add_c(out, " It applies to all systems.");
        return;
    }
    fb_buf_addf(out, " It applies to %.*s%s.", FB_STR_ARG(scope->text),
        scope->tests ? "; a system that does not tell counts as inside" : "");
}

static void say_margins(const struct fb_redline_clauses *line, struct fb_buf *out)
{
    static const char *const scales[] = {"times on the odds", "times on the value", "points"};
    char number[FB_DECIMAL_TEXT];
    for (size_t i = 0; i < line->margin_count; i++) {
        const struct fb_margin *margin = &line->margins[i];
        struct fb_decimal amount =
            margin->scale == FB_SCALE_POINTS ? fb_decimal_scale(margin->amount, 2) : margin->amount;
        fb_buf_addf(out, "%s %.*s, %s %s (%.*s)", i ? "; then" : " even after a safety margin for",
            FB_STR_ARG(margin->name), fb_decimal_format(amount, number), scales[margin->scale],
            FB_STR_ARG(margin->source));
    }
}

static void say_needs(const struct fb_redline_clauses *line, struct fb_buf *out)
{
    const struct fb_needs *needs = &line->needs;
    if (needs->samples) {
        fb_buf_addf(out, ", on at least %lld samples", (long long)needs->samples);
    }
    if (line->age.amount) {
        fb_buf_add_c(out, ", on evidence newer than ");
        say_amount(&line->age, out);
    }
    for (size_t i = 0; i < needs->elicited_count; i++) {
        fb_buf_addf(out, "%s %.*s", i ? " or" : ", elicited by", FB_STR_ARG(needs->elicited[i]));
    }
    if (needs->independent) {
        fb_buf_add_c(out, ", judged by a party that is not the developer");
    }
    if (needs->safety_case.len > 0) {
        fb_buf_addf(out, ", while the developer's safety case \"%.*s\" is accepted",
            FB_STR_ARG(needs->safety_case));
        for (size_t i = 0; i < needs->reviewer_count; i++) {
            fb_buf_addf(
                out, "%s %.*s", i ? " and" : ", upheld by", FB_STR_ARG(needs->reviewers[i]));
        }
        fb_buf_add_c(out, needs->reviewer_count ? ", and stands" : " and stands");
    }
}

static void say_redline(const struct fb_item *item, struct fb_buf *out)
{
    const struct fb_redline_clauses *line = &item->line;
    fb_buf_addf(out, "Red line %.*s", FB_STR_ARG(item->name));
    if (item->title.len) {
        fb_buf_addf(out, ": %.*s", FB_STR_ARG(item->title));
    }
    say_source(item, out);
    fb_buf_add_c(out, ". It is measured by the rate of success on ");
    for (const struct fb_word *task = line->measures; task; task = task->next) {
        fb_buf_addf(out, "%s%.*s", task == line->measures ? "" : " and ", FB_STR_ARG(task->text));
    }
    fb_buf_add_char(out, '.');
    say_scope(item, out);
    bool several = line->measures && line->measures->next;
    fb_buf_addf(out,
        " It is crossed when we can be %.*s%% sure that the rate%s is at least %.*s%%. It is ruled "
        "out when we can be as sure that %s is below that",
        FB_STR_ARG(line->confidence.text), several ? " of any of them" : "",
        FB_STR_ARG(line->crossed_at.text), several ? "each of them" : "it");
    say_margins(line, out);
    say_needs(line, out);
    fb_buf_add_c(out, ". Otherwise, also when nothing was measured, it is not ruled out.");
    if (line->has_clears) {
        fb_buf_addf(
            out, " Once crossed it stays so until two later evaluations that lie at least ");
        say_amount(&line->dwell, out);
        fb_buf_addf(out, " apart show less than %.*s%%.", FB_STR_ARG(line->clears_below.text));
    } else {
        fb_buf_add_c(out, " Once crossed it stays so until later evaluations rule it out.");
    }
}

static void say_deadline(
    const struct fb_item *item, const struct fb_demand *demand, bool after, struct fb_buf *out)
{
    if (demand->every.amount) {
        fb_buf_add_c(out, ", once in every ");
        say_amount(&demand->every, out);
        if (!item->anchor_of.span.line || after) {
            fb_buf_add_c(out, after ? " from then on" : " from when it became owed");
        } else {
            fb_buf_addf(out, " from '%.*s' of %.*s", FB_STR_ARG(item->anchor_field),
                FB_STR_ARG(item->anchor_of.text));
        }
    }
    for (const struct fb_within_line *line = demand->within; line; line = line->next) {
        fb_buf_add_c(out, line == demand->within ? ", within " : ", or within ");
        say_amount(&line->amount, out);
        if (line->guard) {
            fb_buf_add_c(out, " if ");
            fb_explain_condition(line->guard, out);
        }
    }
    bool runs = demand->within && !demand->every.amount && !after;
    if (runs && item->knower.span.line) {
        fb_buf_addf(out, ", counted from when %.*s knew of %.*s", FB_STR_ARG(item->knower.text),
            FB_STR_ARG(item->anchor_of.text));
    } else if (runs && item->anchor_of.span.line) {
        fb_buf_addf(out, ", counted from '%.*s' of %.*s", FB_STR_ARG(item->anchor_field),
            FB_STR_ARG(item->anchor_of.text));
    } else if (demand->within) {
        fb_buf_add_c(out, demand->every.amount ? " of the end of each period"
                          : after              ? " of that"
                                               : ", counted from when it became owed");
    }
    if (demand->before) {
        fb_buf_add_c(out, ", before ");
        fb_explain_condition(demand->before, out);
    }
}

/* ` otherwise S is to be halted`; nothing where nothing follows. */
static void say_lest(const struct fb_demand *demand, struct fb_buf *out)
{
    static const char *const orders[] = {
        [FB_LEST_HALT] = "halted", [FB_LEST_RESTRICT] = "restricted", [FB_LEST_SECURE] = "secured"};
    if (demand->lest == FB_LEST_BREACH) {
        fb_buf_addf(out, " otherwise it breaks %.*s", FB_STR_ARG(demand->lest_of.text));
    } else if (demand->lest != FB_LEST_NOTHING) {
        fb_buf_addf(out, " otherwise %.*s is to be %s", FB_STR_ARG(demand->lest_of.text),
            orders[demand->lest]);
    }
}

static void say_one_demand(
    const struct fb_item *item, const struct fb_demand *demand, bool after, struct fb_buf *out)
{
    static const char *const verbs[] = {
        [FB_MUST] = "must", [FB_MAY_NOT] = "may not", [FB_KEEP] = "must keep"};
    fb_buf_addf(out, "%.*s %s %.*s", FB_STR_ARG(item->party.text), verbs[demand->modality],
        FB_STR_ARG(demand->act_text));
    say_deadline(item, demand, after, out);
    fb_buf_add_c(out, demand->lest != FB_LEST_NOTHING ? ";" : "");
    say_lest(demand, out);
    fb_buf_add_char(out, '.');
}

static void say_demand(
    const struct fb_item *item, const struct fb_demand *demand, struct fb_buf *out)
{
    say_one_demand(item, demand, false, out);
    for (demand = demand->hence; demand; demand = demand->hence) {
        fb_buf_add_c(out, " Once that is done, ");
        say_one_demand(item, demand, true, out);
    }
}

static void say_waiver(const struct fb_item *item, struct fb_buf *out)
{
    const struct fb_waiver_clause *waiver = &item->waiver;
    for (const struct fb_word *by = waiver->by; by; by = by->next) {
        fb_buf_addf(out, "%s%.*s", by == waiver->by ? " While a decision of " : " or ",
            FB_STR_ARG(by->text));
    }
    if (waiver->by) {
        fb_buf_add_c(out, " grants a waiver");
    }
    if (waiver->condition) {
        fb_buf_add_c(out, ", and ");
        fb_explain_condition(waiver->condition, out);
    }
    fb_buf_add_c(out, waiver->by ? ", nothing of it falls due or is broken." : "");
}

static void say_amounts(const struct fb_within_line *line, struct fb_buf *out)
{
    for (const char *comma = ""; line; line = line->next, comma = ", or ") {
        fb_buf_add_c(out, comma);
        say_amount(&line->amount, out);
        if (line->guard) {
            fb_buf_add_c(out, " if ");
            fb_explain_condition(line->guard, out);
        }
    }
}

/* `red line cyber needs evidence ...`, after "Then". */
static void say_change(const struct fb_pace_change *change, struct fb_buf *out)
{
    const struct fb_redline_clauses *line = &change->terms.line;
    fb_buf_addf(out, " %.*s%s%.*s", FB_STR_ARG(change->rule), change->part.len ? "." : "",
        FB_STR_ARG(change->part));
    if (fb_str_is(change->clause, "within")) {
        fb_buf_add_c(out, " is due within ");
        say_amounts(change->terms.demands->within, out);
    } else if (fb_str_is(change->clause, "every")) {
        fb_buf_add_c(out, " is due once in every ");
        say_amount(&change->terms.demands->every, out);
    } else if (fb_str_is(change->clause, "relax")) {
        fb_buf_add_c(out, " ends what is owed after ");
        say_amount(&change->terms.relax_for, out);
    } else if (fb_str_is(change->clause, "lest")) {
        fb_buf_add_c(out, ":");
        say_lest(change->terms.demands, out);
    } else if (fb_str_is(change->clause, "crossed")) {
        fb_buf_addf(out, " is crossed at %.*s%%", FB_STR_ARG(line->crossed_at.text));
    } else if (fb_str_is(change->clause, "clears")) {
        fb_buf_addf(out, " clears below %.*s%% for ", FB_STR_ARG(line->clears_below.text));
        say_amount(&line->dwell, out);
    } else if (fb_str_is(change->clause, "margin")) {
        fb_buf_add_c(out, " is ruled out");
        say_margins(line, out);
    } else {
        fb_buf_add_c(out, " is ruled out only");
        say_needs(line, out);
    }
}

static void say_level(const struct fb_pace_clause *clause, bool fast, struct fb_buf *out)
{
    if (!clause->span.line) {
        return;
    }
    fb_buf_addf(out,
        fast ? " It is fast unless we can be %.*s%% sure that "
             : " It is slow only when we can be %.*s%% sure that ",
        FB_STR_ARG(clause->confidence.text));
    for (const struct fb_word *word = clause->series; word; word = word->next) {
        fb_buf_addf(out, "%s%.*s", word == clause->series ? "" : " and ", FB_STR_ARG(word->text));
    }
    fb_buf_addf(out, " %s in no less than ", clause->series->next ? "each double" : "doubles");
    say_amount(&clause->limit, out);
    for (const struct fb_pace_change *change = clause->changes; change; change = change->next) {
        fb_buf_add_c(out, change == clause->changes
                              ? (fast ? ". While it is fast:" : ". While it is slow:")
                              : ";");
        say_change(change, out);
    }
    fb_buf_add_char(out, '.');
}

void fb_explain_pace(const struct fb_pace_block *pace, struct fb_buf *out)
{
    const struct fb_amount *dwell =
        pace->dwell.amount ? &pace->dwell : &pace->levels[FB_PACE_SLOW].dwell;
    FB_ASSERT(pace && out);
    fb_buf_add_c(out, "Pace. Progress counts as fast until records of progress show otherwise.");
    say_level(&pace->levels[FB_PACE_FAST], true, out);
    say_level(&pace->levels[FB_PACE_SLOW], false, out);
    if (dwell->amount) {
        fb_buf_add_c(out, " A slower pace must have held for ");
        say_amount(dwell, out);
        fb_buf_add_c(out, " before it counts; a faster one counts at once.");
    }
    fb_buf_add_c(out, " When there is no value newer than ");
    if (pace->age.amount) {
        say_amount(&pace->age, out);
    } else {
        fb_buf_add_c(out, "twice that time");
    }
    fb_buf_add_c(out, " it is fast again. What is owed already keeps its deadline when the pace "
                      "slows; when it quickens, the shorter time runs from then.");
}

static void say_exempt(const struct fb_item *item, struct fb_buf *out)
{
    fb_buf_addf(out, "Exemption %.*s", FB_STR_ARG(item->name));
    if (item->title.len) {
        fb_buf_addf(out, ": %.*s", FB_STR_ARG(item->title));
    }
    fb_buf_addf(out, ". A system %.*s is out of scope of ", FB_STR_ARG(item->params->text));
    for (const struct fb_word *rule = item->rules; rule; rule = rule->next) {
        fb_buf_addf(out, "%s%.*s", rule == item->rules ? "" : ", ", FB_STR_ARG(rule->text));
    }
    fb_buf_add_c(out, item->rules ? " when " : "every rule of this policy when ");
    fb_explain_condition(item->condition, out);
    fb_buf_add_c(out, "; a system that does not tell is not exempt.");
}

static void say_duty(const struct fb_item *item, struct fb_buf *out)
{
    fb_buf_addf(out, "Duty %.*s", FB_STR_ARG(item->name));
    if (item->title.len) {
        fb_buf_addf(out, ": %.*s", FB_STR_ARG(item->title));
    }
    say_source(item, out);
    fb_buf_add_c(out, ". When ");
    fb_explain_condition(item->condition, out);
    if (item->given) {
        fb_buf_add_c(out, ", and if ");
        fb_explain_condition(item->given, out);
    }
    if (item->during) {
        fb_buf_add_c(out, ", as long as ");
        fb_explain_condition(item->during, out);
    }
    fb_buf_add_c(out, ": ");
    say_demand(item, item->demands, out);
    say_waiver(item, out);
    if (item->scope.given) {
        say_scope(item, out);
    }
}

static void say_commitment(const struct fb_item *item, struct fb_buf *out)
{
    fb_buf_addf(
        out, "Commitment %.*s of %.*s", FB_STR_ARG(item->name), FB_STR_ARG(item->party.text));
    if (item->title.len) {
        fb_buf_addf(out, ": %.*s", FB_STR_ARG(item->title));
    }
    say_source(item, out);
    fb_buf_addf(out, ". While ");
    fb_explain_condition(item->condition, out);
    fb_buf_addf(out, ", for systems of %.*s:", FB_STR_ARG(item->party.text));
    for (const struct fb_demand *demand = item->demands; demand; demand = demand->next) {
        fb_buf_add_char(out, ' ');
        say_demand(item, demand, out);
    }
    if (item->relax_when) {
        fb_buf_add_c(out, " What is owed ends after ");
        fb_explain_condition(item->relax_when, out);
        fb_buf_add_c(out, " for ");
        say_amount(&item->relax_for, out);
        fb_buf_add_char(out, '.');
    } else {
        fb_buf_add_c(out, " What is owed ends as soon as that is no longer so.");
    }
    say_waiver(item, out);
}

void fb_explain_item(const struct fb_item *item, struct fb_buf *out)
{
    static void (*const says[])(const struct fb_item *, struct fb_buf *) = {
        [FB_ITEM_LET] = say_let,
        [FB_ITEM_REDLINE] = say_redline,
        [FB_ITEM_DUTY] = say_duty,
        [FB_ITEM_COMMITMENT] = say_commitment,
        [FB_ITEM_EXEMPT] = say_exempt,
    };
    FB_ASSERT(item && out);
    says[item->kind](item, out);
}

void fb_explain_tree(const struct fb_policy_tree *tree, struct fb_buf *out)
{
    struct fb_buf paragraph;
    FB_ASSERT(tree);
    fb_buf_init(&paragraph, FB_POLICY_TEXT_MAX * 8);
    say_header(tree, &paragraph);
    put_paragraph(fb_buf_str(&paragraph), out);
    if (tree->pace) {
        fb_buf_clear(&paragraph);
        fb_explain_pace(tree->pace, &paragraph);
        fb_buf_add_char(out, '\n');
        put_paragraph(fb_buf_str(&paragraph), out);
    }
    for (const struct fb_item *item = tree->items; item; item = item->next) {
        fb_buf_clear(&paragraph);
        fb_explain_item(item, &paragraph);
        fb_buf_add_char(out, '\n');
        put_paragraph(fb_buf_str(&paragraph), out);
    }
    if (paragraph.state != FB_BUF_GOOD) {
        out->state = paragraph.state;
    }
    fb_buf_release(&paragraph);
}

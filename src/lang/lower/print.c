#include <math.h>
#include <stdio.h>

#include "base/assert.h"
#include "engine/eval.h"
#include "lang/lang.h"
#include "lang/retain.h"

/* A rule's formulas with the names of its variables. */
struct printer {
    const struct fb_signature *signature;
    const struct fb_str *vars;
    struct fb_buf *out;
};

static void put_var(const struct printer *p, uint32_t var)
{
    fb_buf_add_str(p->out, p->vars[var]);
}

static void put_constant(const struct printer *p, struct fb_value value)
{
    const char *quote = value.type == FB_TYPE_STRING ? "\"" : "";
    fb_buf_add_c(p->out, quote);
    if (value.type == FB_TYPE_NONE) {
        fb_buf_add_c(p->out, "unknown");
    } else {
        fb_value_write(value, p->out);
    }
    fb_buf_add_c(p->out, quote);
}

static void put_term(const struct printer *p, const struct fb_term *term)
{
    static const char *const operators[] = {[FB_TERM_ADD] = " + ",
        [FB_TERM_SUB] = " - ",
        [FB_TERM_MUL] = " * ",
        [FB_TERM_DIV] = " / ",
        [FB_TERM_MOD] = " mod "};
    switch (term->kind) {
    case FB_TERM_ANY:
        fb_buf_add_c(p->out, "_");
        break;
    case FB_TERM_VAR:
        put_var(p, term->var);
        break;
    case FB_TERM_CONST:
        put_constant(p, term->value);
        break;
    case FB_TERM_ADD:
    case FB_TERM_SUB:
    case FB_TERM_MUL:
    case FB_TERM_DIV:
    case FB_TERM_MOD:
        fb_buf_add_c(p->out, "(");
        put_term(p, term->args[0]);
        fb_buf_add_c(p->out, operators[term->kind]);
        put_term(p, term->args[1]);
        fb_buf_add_c(p->out, ")");
        break;
    case FB_TERM_QUOTIENT:
    case FB_TERM_REMAINDER:
    case FB_TERM_TO_STRING:
    case FB_TERM_READ_INT:
    case FB_TERM_READ_FLOAT:
    case FB_TERM_DAY_OF_MONTH:
    case FB_TERM_MONTH:
    case FB_TERM_YEAR:
    case FB_TERM_DATE:
        FB_ASSERT(false); /* not of policies */
        break;
    case FB_TERM_NEG:
    case FB_TERM_TO_FLOAT:
    case FB_TERM_TO_INT:
        fb_buf_add_c(p->out, term->kind == FB_TERM_NEG        ? "-("
                             : term->kind == FB_TERM_TO_FLOAT ? "float("
                                                              : "int(");
        put_term(p, term->args[0]);
        fb_buf_add_c(p->out, ")");
        break;
    }
}

/* `relation(column: term, ...)`, without the columns that match everything. */
static void put_pred(const struct printer *p, const struct fb_form *form)
{
    const struct fb_relation *relation = &p->signature->relations[form->relation];
    const char *comma = "";
    fb_buf_addf(p->out, "%s%.*s(", form->occurs ? "begins " : "", FB_STR_ARG(relation->name));
    for (size_t i = 0; i < form->term_count; i++) {
        if (form->terms[i]->kind != FB_TERM_ANY) {
            fb_buf_addf(p->out, "%s%.*s: ", comma, FB_STR_ARG(relation->columns[i]));
            put_term(p, form->terms[i]);
            comma = ", ";
        }
    }
    fb_buf_add_c(p->out, ")");
}

static void put_bound(const struct printer *p, const struct fb_form *form)
{
    for (size_t i = 0; i < form->bound_count; i++) {
        fb_buf_add_c(p->out, i ? ", " : "");
        put_var(p, form->bound[i]);
    }
}

static void put_interval(const struct printer *p, const struct fb_form *form)
{
    char high[24] = "*";
    if (form->interval.high != FB_TIME_MAX) {
        (void)snprintf(high, sizeof(high), "%lld", (long long)form->interval.high);
    }
    fb_buf_addf(p->out, "[%lld, %s]", (long long)form->interval.low, high);
}

static void put_form(const struct printer *p, const struct fb_form *form);

static void put_infix(const struct printer *p, const struct fb_form *form, const char *word)
{
    fb_buf_add_c(p->out, "(");
    put_form(p, form->left);
    fb_buf_addf(p->out, " %s ", word);
    if (form->kind == FB_FORM_SINCE || form->kind == FB_FORM_UNTIL) {
        put_interval(p, form);
        fb_buf_add_c(p->out, " ");
    }
    put_form(p, form->right);
    fb_buf_add_c(p->out, ")");
}

static void put_compare(const struct printer *p, const struct fb_form *form, const char *sign)
{
    put_term(p, form->terms[0]);
    fb_buf_addf(p->out, " %s ", sign);
    put_term(p, form->terms[1]);
}

static void put_temporal(const struct printer *p, const struct fb_form *form, const char *word)
{
    fb_buf_add_c(p->out, word);
    put_interval(p, form);
    fb_buf_add_c(p->out, " ");
    put_form(p, form->left);
}

static void put_aggregate(const struct printer *p, const struct fb_form *form)
{
    static const char *const names[] = {"count", "sum", "avg", "min", "max", "median"};
    put_var(p, form->agg_result);
    fb_buf_addf(p->out, " := %s(", names[form->agg]);
    put_var(p, form->agg_over);
    fb_buf_add_c(p->out, " by ");
    put_bound(p, form);
    fb_buf_add_c(p->out, ") over ");
    put_form(p, form->left);
}

static void put_form(const struct printer *p, const struct fb_form *form)
{
    switch ((int)form->kind) {
    case FB_FORM_TRUE:
        fb_buf_add_c(p->out, "true");
        break;
    case FB_FORM_FALSE:
        fb_buf_add_c(p->out, "false");
        break;
    case FB_FORM_PRED:
        put_pred(p, form);
        break;
    case FB_FORM_EQ:
        put_compare(p, form, "=");
        break;
    case FB_FORM_LESS:
        put_compare(p, form, "<");
        break;
    case FB_FORM_LESS_EQ:
        put_compare(p, form, "<=");
        break;
    case FB_FORM_NOT:
        fb_buf_add_c(p->out, "not ");
        put_form(p, form->left);
        break;
    case FB_FORM_AND:
        put_infix(p, form, "and");
        break;
    case FB_FORM_OR:
        put_infix(p, form, "or");
        break;
    case FB_FORM_EXISTS:
        fb_buf_add_c(p->out, "exists ");
        put_bound(p, form);
        fb_buf_add_c(p->out, ": ");
        put_form(p, form->left);
        break;
    case FB_FORM_PREVIOUS:
        put_temporal(p, form, "previous");
        break;
    case FB_FORM_NEXT:
        put_temporal(p, form, "next");
        break;
    case FB_FORM_ONCE:
        put_temporal(p, form, "once");
        break;
    case FB_FORM_HISTORICALLY:
        put_temporal(p, form, "historically");
        break;
    case FB_FORM_EVENTUALLY:
        put_temporal(p, form, "eventually");
        break;
    case FB_FORM_ALWAYS:
        put_temporal(p, form, "always");
        break;
    case FB_FORM_SINCE:
        put_infix(p, form, "since");
        break;
    case FB_FORM_UNTIL:
        put_infix(p, form, "until");
        break;
    case FB_FORM_AGGREGATE:
        put_aggregate(p, form);
        break;
    default: /* the others are not of policies */
        FB_ASSERT(false);
    }
}

static void put_part(const struct printer *p, const char *name, const struct fb_form *form)
{
    if (form) {
        fb_buf_addf(p->out, "  %-10s ", name);
        put_form(p, form);
        fb_buf_add_char(p->out, '\n');
    }
}

static void put_margin(const struct printer *p, const struct fb_margin *margin)
{
    static const char *const scales[] = {"x on odds", "x on value", "+ points"};
    char text[FB_DECIMAL_TEXT];
    fb_buf_addf(p->out, "  %-10s %.*s %s %s from \"%.*s\"\n", "margin", FB_STR_ARG(margin->name),
        fb_decimal_format(margin->amount, text), scales[margin->scale], FB_STR_ARG(margin->source));
}

static void put_needs(const struct printer *p, const struct fb_needs *needs)
{
    char text[FB_TIME_TEXT];
    fb_buf_addf(p->out, "  %-10s samples %lld, age %s, elicited", "needs",
        (long long)needs->samples, needs->age_us ? fb_duration_format(needs->age_us, text) : "any");
    for (size_t i = 0; i < needs->elicited_count; i++) {
        fb_buf_addf(p->out, " \"%.*s\"", FB_STR_ARG(needs->elicited[i]));
    }
    fb_buf_addf(p->out, "%s, %s\n", needs->elicited_count ? "" : " any",
        needs->independent ? "independent" : "any judge");
    if (needs->safety_case.len > 0) {
        fb_buf_addf(
            p->out, "  %-10s safety case \"%.*s\"", "needs", FB_STR_ARG(needs->safety_case));
        for (size_t i = 0; i < needs->reviewer_count; i++) {
            fb_buf_addf(
                p->out, "%s%.*s", i ? " and " : " reviewed by ", FB_STR_ARG(needs->reviewers[i]));
        }
        fb_buf_add_char(p->out, '\n');
    }
}

/* Where a rule comes from, when it says so itself. */
static void put_source(const struct printer *p, struct fb_str source, struct fb_str confidence)
{
    if (source.len) {
        fb_buf_addf(p->out, "  %-10s \"%.*s\"%s%.*s\n", "source", FB_STR_ARG(source),
            confidence.len ? ", confidence " : "", FB_STR_ARG(confidence));
    }
}

static void put_terms(const struct printer *p, const struct fb_redline *line)
{
    char text[FB_DECIMAL_TEXT], dwell[FB_TIME_TEXT];
    fb_buf_addf(p->out, "  %-10s %s with confidence %.6g\n", "crossed",
        fb_decimal_format(line->threshold, text), line->confidence);
    for (size_t i = 0; i < line->margin_count; i++) {
        put_margin(p, &line->margins[i]);
    }
    put_needs(p, &line->needs);
    if (line->has_clears) {
        fb_buf_addf(p->out, "  %-10s below %s for %s\n", "clears",
            fb_decimal_format(line->clears_below, text), fb_duration_format(line->dwell_us, dwell));
    }
}

static const char *const level_names[FB_PACE_LEVELS] = {"fast", "normal", "slow"};

static void put_pace(const struct printer *p, const struct fb_pace_terms *pace)
{
    char dwell[FB_TIME_TEXT], age[FB_TIME_TEXT];
    fb_buf_add_c(p->out, "pace\n");
    for (size_t i = 0; i < pace->series_count; i++) {
        fb_buf_addf(p->out, "  %-10s %.*s\n", "of", FB_STR_ARG(pace->series[i]));
    }
    fb_buf_addf(p->out, "  %-10s doubling in less than %.6g days\n", "fast", pace->fast_below_days);
    if (isfinite(pace->slow_from_days)) {
        fb_buf_addf(
            p->out, "  %-10s doubling in %.6g days or more\n", "slow", pace->slow_from_days);
    }
    fb_buf_addf(p->out, "  %-10s %.6g, held for %s, newer than %s\n", "confidence",
        pace->confidence, fb_duration_format(pace->dwell_us, dwell),
        fb_duration_format(pace->age_us, age));
}

static void put_redline(struct printer *p, const struct fb_redline *line)
{
    p->vars = line->vars;
    fb_buf_addf(p->out, "redline %.*s \"%.*s\"\n", FB_STR_ARG(line->name), FB_STR_ARG(line->title));
    put_source(p, line->source, line->surety);
    fb_buf_addf(p->out, "  %-10s %.*s\n", "scope", FB_STR_ARG(line->scope_text));
    put_part(p, "inside", line->inside);
    put_part(p, "outside", line->outside);
    for (size_t i = 0; i < line->measure_count; i++) {
        fb_buf_addf(p->out, "  %-10s %.*s\n", "measure", FB_STR_ARG(line->measures[i]));
    }
    put_terms(p, line);
    for (int level = 0; level < FB_PACE_LEVELS; level++) {
        if (line->at_pace[level]) {
            fb_buf_addf(p->out, " at pace %s\n", level_names[level]);
            put_terms(p, line->at_pace[level]);
        }
    }
}

static void put_within(const struct printer *p, const struct fb_within *within)
{
    static const char *const units[] = {"hours", "days", "business days", "months"};
    fb_buf_addf(
        p->out, "  %-10s %lld %s", "within", (long long)within->amount, units[within->unit]);
    if (within->guard) {
        fb_buf_add_c(p->out, " if ");
        put_form(p, within->guard);
    }
    fb_buf_add_char(p->out, '\n');
}

static void put_every(const struct printer *p, const struct fb_duty_terms *terms)
{
    static const char *const units[] = {"hours", "days", "business days", "months"};
    if (terms->every) {
        fb_buf_addf(p->out, "  %-10s %lld %s\n", "every", (long long)terms->every,
            units[terms->every_unit]);
    }
}

static void put_relax(const struct printer *p, const struct fb_duty_terms *terms)
{
    char text[FB_TIME_TEXT];
    if (terms->relax_after > 0) {
        fb_buf_addf(p->out, "  %-10s %s\n", "relax", fb_duration_format(terms->relax_after, text));
    }
}

static void put_lest(const struct printer *p, const struct fb_duty_terms *terms)
{
    static const char *const lest[] = {"nothing", "breach", "halt", "restrict", "secure"};
    if (terms->lest != FB_LEST_NOTHING) {
        fb_buf_addf(p->out, "  %-10s %s%s%.*s%s\n", "lest", lest[terms->lest],
            terms->lest_text.len ? " \"" : "", FB_STR_ARG(terms->lest_text),
            terms->lest_text.len ? "\"" : "");
    }
}

/* What a pace says beside the deadline, which is among the lines of `within`. */
static void put_paces(const struct printer *p, const struct fb_duty *duty)
{
    for (int level = 0; level < FB_PACE_LEVELS; level++) {
        if (duty->at_pace[level]) {
            fb_buf_addf(p->out, " at pace %s\n", level_names[level]);
            put_every(p, duty->at_pace[level]);
            put_relax(p, duty->at_pace[level]);
            put_lest(p, duty->at_pace[level]);
        }
    }
}

/* Zone and holidays, where there are any. */
static void put_days(const struct printer *p, const struct fb_days *days)
{
    if (days->zone_name.len) {
        fb_buf_addf(p->out, "  %-10s %.*s\n", "zone", FB_STR_ARG(days->zone_name));
    }
    if (days->listed.len) {
        char from[FB_TIME_TEXT], to[FB_TIME_TEXT];
        fb_buf_addf(p->out, "  %-10s %zu days, those of %.*s from %.10s to %.10s\n", "holidays",
            days->holiday_count, FB_STR_ARG(days->listed),
            fb_time_format(days->listed_from * FB_DAY, from),
            fb_time_format((days->listed_until - 1) * FB_DAY, to));
        return;
    }
    for (size_t i = 0; i < days->holiday_count; i++) {
        char date[FB_TIME_TEXT];
        fb_buf_addf(
            p->out, "  %-10s %.10s\n", "holiday", fb_time_format(days->holidays[i] * FB_DAY, date));
    }
}

static void put_duty(struct printer *p, const struct fb_duty *duty)
{
    static const char *const modalities[] = {"must", "may not", "keep"};
    const struct fb_duty_terms own = fb_duty_terms_at(duty, -1);
    p->vars = duty->vars;
    fb_buf_addf(p->out, "duty %.*s(", FB_STR_ARG(duty->name));
    for (size_t i = 0; i < duty->param_count; i++) {
        fb_buf_addf(p->out, "%s%.*s", i ? ", " : "", FB_STR_ARG(duty->vars[i]));
    }
    fb_buf_addf(p->out, ") \"%.*s\"\n", FB_STR_ARG(duty->title));
    put_source(p, duty->source, duty->surety);
    if (duty->system_var >= 0) {
        fb_buf_addf(p->out, "  %-10s %.*s\n", "system", FB_STR_ARG(duty->vars[duty->system_var]));
    }
    if (duty->after) {
        fb_buf_addf(p->out, "  %-10s %.*s\n", "after", FB_STR_ARG(duty->after->name));
    }
    put_part(p, "when", duty->when);
    put_part(p, "given", duty->given);
    put_part(p, "during", duty->during);
    fb_buf_addf(p->out, "  %-10s ", "party");
    put_term(p, duty->party);
    fb_buf_add_char(p->out, '\n');
    put_part(p, modalities[duty->modality], duty->act);
    put_part(p, "received", duty->received);
    put_every(p, &own);
    put_part(p, "before", duty->before);
    for (size_t i = 0; i < duty->within_count; i++) {
        put_within(p, &duty->within[i]);
    }
    if (duty->anchor_var >= 0) {
        fb_buf_addf(p->out, "  %-10s %.*s\n", "from", FB_STR_ARG(duty->vars[duty->anchor_var]));
    }
    put_relax(p, &own);
    put_part(p, "waived", duty->waived);
    put_lest(p, &own);
    put_paces(p, duty);
}

void fb_form_print(const struct fb_signature *signature, const struct fb_str *vars,
    const struct fb_form *form, struct fb_buf *out)
{
    struct printer p = {.signature = signature, .vars = vars, .out = out};
    FB_ASSERT(signature && form && out);
    put_form(&p, form);
}

void fb_program_print(const struct fb_program *program, struct fb_buf *out)
{
    static const char *const calendars[] = {"exact", "eu-1182-71", "us-ca"};
    struct printer p = {.signature = program->signature, .out = out};
    char from[FB_TIME_TEXT], until[FB_TIME_TEXT];
    FB_ASSERT(program->signature && out);
    fb_buf_addf(out, "program %.*s version %lld \"%.*s\"\n", FB_STR_ARG(program->name),
        (long long)program->version, FB_STR_ARG(program->title));
    fb_buf_addf(out, "  %-10s \"%.*s\"\n", "source", FB_STR_ARG(program->source));
    fb_buf_addf(out, "  %-10s from %s until %s, calendar %s\n", "in force",
        program->effective == FB_TIME_MAX ? "never" : fb_time_format(program->effective, from),
        fb_time_format(program->expires, until), calendars[program->days.calendar]);
    if (program->replaces) {
        fb_buf_addf(out, "  %-10s earlier versions\n", "replaces");
    }
    put_days(&p, &program->days);
    for (size_t i = 0; i < program->retain_count; i++) {
        fb_buf_addf(out, "  %-10s ", "retain");
        fb_retain_write(&program->retains[i], out);
        fb_buf_add_char(out, '\n');
    }
    if (program->pace.given) {
        put_pace(&p, &program->pace);
    }
    for (size_t i = 0; i < program->redline_count; i++) {
        put_redline(&p, &program->redlines[i]);
    }
    for (size_t i = 0; i < program->duty_count; i++) {
        put_duty(&p, &program->duties[i]);
    }
}

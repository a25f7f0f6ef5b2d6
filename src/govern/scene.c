#include "govern/scene.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "lang/signature.h"
#include "record/record.h"

/* Large enough for any `needs` that is asked in practice. */
#define MANY_SAMPLES "20000"

fb_time fb_scene_time(enum fb_scene_moment moment)
{
    /* 2026-01-05 was a Monday; the trigger comes on a Thursday, so that weekends tell. */
    static const int64_t days[] = {
        [FB_SCENE_REGISTERED] = 0, [FB_SCENE_MEASURED] = 7, [FB_SCENE_TRIGGERED] = 59};
    return fb_days_from_civil(2026, 1, 5) * FB_DAY + days[moment] * FB_DAY + 9 * FB_HOUR;
}

fb_time fb_scene_triggered(const struct fb_scene *scene)
{
    return fb_scene_time(FB_SCENE_TRIGGERED) + scene->later * 7 * FB_DAY;
}

fb_time fb_scene_opened(const struct fb_scene *scene)
{
    return fb_scene_triggered(scene) + (int64_t)scene->step_count * FB_HOUR;
}

static const struct fb_relation *relation_of(uint32_t relation)
{
    return &fb_policy_signature()->relations[relation];
}

/* The kind's field behind a column; NULL for id, subject, issuer and at. */
static const struct fb_field *kind_field(uint32_t relation, uint32_t column)
{
    size_t count = 0;
    const struct fb_field *fields = fb_kind_fields(fb_kind_of(relation_of(relation)->name), &count);
    for (size_t i = 0; i < count; i++) {
        if (fb_str_eq(fb_str_of(fields[i].name), relation_of(relation)->columns[column])) {
            return &fields[i];
        }
    }
    return NULL;
}

static bool is_derived(uint32_t relation)
{
    return fb_kind_of(relation_of(relation)->name) == FB_KIND_NONE;
}

static void add_option(struct fb_scene_field *field, struct fb_value value)
{
    for (size_t i = 0; i < field->option_count; i++) {
        if (fb_value_eq(field->options[i], value)) {
            return;
        }
    }
    if (value.type != FB_TYPE_NONE && field->option_count < FB_SCENE_OPTIONS_MAX) {
        field->options[field->option_count++] = value;
    }
}

/* A word of an enumeration that is not this one; or simply another text. */
static struct fb_str another(const struct fb_domain *domain, struct fb_str text)
{
    struct fb_str words = fb_str_of(domain->words ? domain->words : ""), word;
    while (fb_words_next(&words, &word)) {
        if (!fb_str_eq(word, text)) {
            return word;
        }
    }
    return domain->words ? text : FB_STR("other");
}

/* The value and its neighbours. */
static void add_around(struct fb_scene_field *field, struct fb_value value)
{
    const struct fb_domain *domain = fb_policy_domain(field->relation, field->column);
    add_option(field, value);
    switch (value.type) {
    case FB_TYPE_NONE:
        break;
    case FB_TYPE_STRING:
        if (!domain->ref) {
            add_option(field, fb_value_str(another(domain, value.u.text)));
        }
        break;
    case FB_TYPE_INT:
        add_option(field, fb_value_int(value.u.integer > 0 ? value.u.integer - 1 : 0));
        add_option(field, fb_value_int(value.u.integer + 1));
        break;
    case FB_TYPE_FLOAT:
        add_option(field, fb_value_float(value.u.number * 0.999));
        add_option(field, fb_value_float(value.u.number * 1.001));
        break;
    case FB_TYPE_TIME:
        add_option(field, fb_value_time(fb_time_add(value.u.time, -FB_DAY)));
        add_option(field, fb_value_time(fb_time_add(value.u.time, FB_DAY)));
        break;
    case FB_TYPE_BOOL:
        add_option(field, fb_value_bool(!value.u.truth));
        break;
    }
}

static struct fb_scene_field *field_of(
    struct fb_scene *scene, unsigned group, uint32_t relation, uint32_t column)
{
    for (size_t i = 0; i < scene->field_count; i++) {
        struct fb_scene_field *field = &scene->fields[i];
        if (field->group == group && field->relation == relation && field->column == column) {
            return field;
        }
    }
    if (scene->field_count == FB_SCENE_FIELDS_MAX) {
        return NULL;
    }
    const struct fb_field *known = kind_field(relation, column);
    struct fb_scene_field *field = &scene->fields[scene->field_count++];
    *field = (struct fb_scene_field){.group = group,
        .relation = relation,
        .column = column,
        /* An act without what names it is none, and not doing it is a choice of its own. */
        .may_miss = known && !known->needed && group != FB_SCENE_ACT && group < FB_SCENE_STEP};
    return field;
}

/* A value for a field that nothing is compared with. */
static struct fb_value anything(const struct fb_scene *scene, const struct fb_scene_field *field)
{
    const struct fb_domain *domain = fb_policy_domain(field->relation, field->column);
    if (domain->ref || field->column == FB_COLUMN_ISSUER) {
        bool party = !domain->ref || strcmp(domain->ref, "party") == 0;
        return fb_value_str(party ? scene->party : FB_STR(""));
    }
    switch (domain->type) {
    case FB_TYPE_STRING:
        return fb_value_str(another(domain, FB_STR("")));
    case FB_TYPE_INT:
        return fb_value_int(1);
    case FB_TYPE_FLOAT:
        return fb_value_float(1);
    case FB_TYPE_TIME:
        return fb_value_time(fb_scene_triggered(scene));
    case FB_TYPE_BOOL:
        return fb_value_bool(true);
    case FB_TYPE_NONE:
        break;
    }
    return fb_value_none();
}

void fb_scene_add_tasks(struct fb_scene *scene, const struct fb_redline *line)
{
    for (size_t i = 0; i < line->measure_count; i++) {
        bool known = false;
        for (size_t j = 0; j < scene->task_count; j++) {
            known = known || fb_str_eq(scene->tasks[j], line->measures[i]);
        }
        if (!known && scene->task_count < FB_SCENE_TASKS_MAX) {
            scene->tasks[scene->task_count++] = line->measures[i];
        }
    }
}

/* The red lines whose "POLICY/RULE" a condition names. */
static void collect_line(struct fb_scene *scene, const struct fb_form *form)
{
    struct fb_str name = form->terms[0]->value.u.text;
    for (size_t side = 0; side < 2; side++) {
        const struct fb_program *program = scene->programs[side];
        for (size_t i = 0; i < program->redline_count; i++) {
            struct fb_str rule = program->redlines[i].name;
            if (fb_str_starts(name, program->name) && fb_str_ends(name, rule) &&
                name.len == program->name.len + 1 + rule.len) {
                fb_scene_add_tasks(scene, &program->redlines[i]);
            }
        }
    }
}

/* Fields that the kind needs and that a test does not fill in by itself (test_history.c). */
static void collect_needed(struct fb_scene *scene, uint32_t relation, unsigned group)
{
    size_t count = 0;
    enum fb_kind kind = fb_kind_of(relation_of(relation)->name);
    const struct fb_field *fields = fb_kind_fields(kind, &count);
    for (size_t i = 0; i < count && kind != FB_KIND_system && kind != FB_KIND_evaluation; i++) {
        const struct fb_field *field = &fields[i];
        int column = fb_policy_column(relation, field->name);
        bool plain = field->type == FB_FIELD_ENUM || field->type == FB_FIELD_NAME ||
                     field->type == FB_FIELD_INT || field->type == FB_FIELD_NUMBER ||
                     (field->type == FB_FIELD_REF && field->ref == FB_KIND_party);
        if (field->needed && plain && column >= 0 && strcmp(field->name, "version") != 0) {
            (void)field_of(scene, group, relation, (uint32_t)column);
        }
    }
}

static void collect_fact(struct fb_scene_rule *rule, const struct fb_form *form, unsigned group)
{
    if (is_derived(form->relation)) {
        if ((int)form->relation == fb_policy_relation("redline")) {
            collect_line(rule->scene, form);
        }
        return;
    }
    for (uint32_t i = 0; i < form->term_count; i++) {
        const struct fb_term *term = form->terms[i];
        bool plain = i == FB_COLUMN_ID || i == FB_COLUMN_SUBJECT || i == FB_COLUMN_AT;
        struct fb_scene_field *field = term->kind == FB_TERM_ANY || plain
                                           ? NULL
                                           : field_of(rule->scene, group, form->relation, i);
        if (field && term->kind == FB_TERM_CONST) {
            add_around(field, term->value);
            field->may_miss = field->may_miss || term->value.type == FB_TYPE_NONE;
        } else if (field && term->kind == FB_TERM_VAR) {
            rule->var_field[term->var] = 1 + (size_t)(field - rule->scene->fields);
        }
    }
    /* A record of the kind is there even when no field of it is named. */
    (void)field_of(rule->scene, group, form->relation, FB_COLUMN_ISSUER);
    collect_needed(rule->scene, form->relation, group);
}

static void collect_comparison(struct fb_scene_rule *rule, const struct fb_form *form)
{
    for (size_t i = 0; i < 2; i++) {
        const struct fb_term *term = form->terms[i], *other = form->terms[1 - i];
        if (term->kind == FB_TERM_VAR && other->kind == FB_TERM_CONST &&
            rule->var_field[term->var] > 0) {
            add_around(&rule->scene->fields[rule->var_field[term->var] - 1], other->value);
        }
    }
}

void fb_scene_collect(struct fb_scene_rule *rule, const struct fb_form *form, unsigned group)
{
    if (!form) {
        return;
    }
    if (form->kind == FB_FORM_PRED) {
        collect_fact(rule, form, group);
    } else if (form->kind == FB_FORM_EQ || form->kind == FB_FORM_LESS ||
               form->kind == FB_FORM_LESS_EQ) {
        collect_comparison(rule, form);
    }
    fb_scene_collect(rule, form->left, group);
    fb_scene_collect(rule, form->right, group);
}

unsigned fb_scene_choices(const struct fb_scene_field *field)
{
    return (unsigned)(field->option_count ? field->option_count : 1) + field->may_miss;
}

static void put_moment(fb_time t, struct fb_buf *out)
{
    char text[FB_TIME_TEXT];
    fb_buf_add_c(out, fb_time_format_short(t, text));
}

/* The names of the only system and of the only record of a kind in its group. */
static void put_name(uint32_t relation, unsigned group, struct fb_buf *out)
{
    static const char *const suffixes[] = {
        [FB_SCENE_TRIGGER] = "", [FB_SCENE_ACT] = "-act", [FB_SCENE_BEFORE] = "-before"};
    bool step = group >= FB_SCENE_STEP;
    struct fb_str kind = relation_of(relation)->name;
    bool system = fb_str_eq(kind, FB_STR("system"));
    fb_buf_addf(
        out, "\"%.*s%s", FB_STR_ARG(system ? FB_STR("s") : kind), step ? "-step" : suffixes[group]);
    if (step && group > FB_SCENE_STEP) {
        fb_buf_addf(out, "-%u", group - FB_SCENE_STEP + 1);
    }
    fb_buf_add_char(out, '"');
}

static void put_value(const struct fb_scene *scene, const struct fb_scene_field *field,
    unsigned choice, struct fb_buf *out)
{
    const struct fb_domain *domain = fb_policy_domain(field->relation, field->column);
    char number[FB_DECIMAL_TEXT];
    struct fb_value value = field->option_count ? field->options[choice] : anything(scene, field);
    switch (value.type) {
    case FB_TYPE_NONE:
        break;
    case FB_TYPE_STRING:
        if (field->option_count == 0 && domain->ref && strcmp(domain->ref, "party") != 0) {
            put_name((uint32_t)fb_policy_relation(domain->ref), FB_SCENE_TRIGGER, out);
        } else {
            fb_buf_addf(out, "\"%.*s\"", FB_STR_ARG(value.u.text));
        }
        break;
    case FB_TYPE_INT:
        fb_buf_addf(out, "%lld", (long long)value.u.integer);
        break;
    case FB_TYPE_FLOAT:
        fb_buf_addf(out, "%s%s%s", fb_decimal_format(fb_decimal_floor12(value.u.number), number),
            domain->unit ? " " : "", domain->unit ? domain->unit : "");
        break;
    case FB_TYPE_TIME:
        put_moment(value.u.time, out);
        break;
    case FB_TYPE_BOOL:
        fb_buf_add_c(out, value.u.truth ? "true" : "false");
        break;
    }
}

/* `MOMENT by "PARTY": KIND "name" of "s" with FIELD value, ...` */
static void put_record(const struct fb_scene *scene, const struct fb_scene_choice *choice,
    const struct fb_scene_field *first, fb_time at, struct fb_buf *out)
{
    const char *with = " with ";
    const struct fb_relation *relation = relation_of(first->relation);
    put_moment(at, out);
    fb_buf_addf(out, " by \"%.*s\": %.*s ", FB_STR_ARG(scene->party), FB_STR_ARG(relation->name));
    put_name(first->relation, first->group, out);
    if (fb_kind_subject(fb_kind_of(relation->name)) != FB_SUBJECT_NONE) {
        fb_buf_add_c(out, " of \"s\"");
    }
    for (size_t i = 0; i < scene->field_count; i++) {
        const struct fb_scene_field *field = &scene->fields[i];
        bool has = field->option_count == 0 || choice->fields[i] < field->option_count;
        bool missing = field->may_miss && choice->fields[i] + 1 == fb_scene_choices(field);
        if (field->group == first->group && field->relation == first->relation && has && !missing &&
            field->column != FB_COLUMN_ISSUER) {
            fb_buf_addf(out, "%s%.*s ", with, FB_STR_ARG(relation->columns[field->column]));
            put_value(scene, field, choice->fields[i], out);
            with = ", ";
        }
    }
    fb_buf_add_char(out, '\n');
}

static bool is_system(const struct fb_scene_field *field)
{
    return fb_str_eq(relation_of(field->relation)->name, FB_STR("system"));
}

/* The first field of each record of a group, or of the system. */
static void put_group(const struct fb_scene *scene, const struct fb_scene_choice *choice,
    unsigned group, fb_time at, struct fb_buf *out)
{
    for (size_t i = 0; i < scene->field_count; i++) {
        const struct fb_scene_field *field = &scene->fields[i];
        bool first = field->group == group && !is_system(field);
        for (size_t j = 0; j < i && first; j++) {
            first = scene->fields[j].group != group || scene->fields[j].relation != field->relation;
        }
        if (first) {
            put_record(scene, choice, field, at, out);
        }
    }
}

static void put_system(
    const struct fb_scene *scene, const struct fb_scene_choice *choice, struct fb_buf *out)
{
    fb_time at = fb_scene_time(FB_SCENE_REGISTERED);
    bool developer = false;
    const struct fb_scene_field *any = NULL;
    for (size_t i = 0; i < scene->field_count; i++) {
        const struct fb_scene_field *field = &scene->fields[i];
        if (is_system(field) && field->group == FB_SCENE_TRIGGER) {
            any = any ? any : field;
            struct fb_str column = relation_of(field->relation)->columns[field->column];
            developer = developer || fb_str_eq(column, FB_STR("developer"));
        }
    }
    if (any && developer) {
        put_record(scene, choice, any, at, out);
        return;
    }
    /* Nothing asks who develops it, so the line is begun by hand. */
    put_moment(at, out);
    fb_buf_addf(out, " by \"%.*s\": system \"s\" with developer \"%.*s\"", FB_STR_ARG(scene->party),
        FB_STR_ARG(scene->party));
    for (size_t i = 0; i < scene->field_count && any; i++) {
        const struct fb_scene_field *field = &scene->fields[i];
        bool missing = field->may_miss && choice->fields[i] + 1 == fb_scene_choices(field);
        if (is_system(field) && field->group == FB_SCENE_TRIGGER && !missing &&
            field->column != FB_COLUMN_ISSUER) {
            fb_buf_addf(
                out, ", %.*s ", FB_STR_ARG(relation_of(field->relation)->columns[field->column]));
            put_value(scene, field, choice->fields[i], out);
        }
    }
    fb_buf_add_char(out, '\n');
}

static void put_measured(
    const struct fb_scene *scene, const struct fb_scene_choice *choice, struct fb_buf *out)
{
    for (size_t i = 0; i < scene->task_count && choice->measured != FB_SCENE_NOTHING; i++) {
        put_moment(fb_scene_time(FB_SCENE_MEASURED), out);
        fb_buf_addf(out, " by \"lab\": evaluation of \"s\" on \"%.*s\": %s of " MANY_SAMPLES "\n",
            FB_STR_ARG(scene->tasks[i]), choice->measured == FB_SCENE_CROSSED ? MANY_SAMPLES : "0");
    }
}

/* ---- progress ---- */

/* The doubling time in days that puts the pace there; 0: no value is needed. */
static double doubling_of(const struct fb_scene *scene, enum fb_scene_pace pace)
{
    enum { MONTH = 30, MOST = 15 * 365 };
    const struct fb_pace_terms *a = &scene->programs[0]->pace, *b = &scene->programs[1]->pace;
    double fast[2], slow[2], days = 0;
    a = a->given ? a : b;
    b = b->given ? b : a;
    for (size_t i = 0; i < 2; i++) {
        const struct fb_pace_terms *terms = i ? b : a;
        fast[i] = terms->fast_below_days;
        slow[i] = isfinite(terms->slow_from_days) ? terms->slow_from_days : 4 * fast[i] + MONTH;
    }
    switch (pace) {
    case FB_SCENE_FAST:
    case FB_SCENE_PACES:
        return 0;
    case FB_SCENE_NORMAL:
    case FB_SCENE_QUICKENS:
    case FB_SCENE_SLOWS:
        days = sqrt(fmax(fast[0], fast[1]) * fmin(slow[0], slow[1]));
        break;
    case FB_SCENE_SLOW:
        days = 2 * fmax(slow[0], slow[1]);
        break;
    case FB_SCENE_ONE_FAST:
        days = sqrt(fast[0] * fast[1]);
        break;
    case FB_SCENE_ONE_SLOW:
        days = sqrt(slow[0] * slow[1]);
        break;
    }
    return a->given ? fmin(days, MOST) : 0;
}

/* A value of each quantity that the policies look at, at a date; admitted then or later. */
static void put_progress(
    const struct fb_scene *scene, fb_time admitted, fb_time date, double value, struct fb_buf *out)
{
    char number[FB_DECIMAL_TEXT];
    size_t count = 0;
    const struct fb_str *seen[2 * FB_PACE_SERIES_MAX];
    for (size_t side = 0; side < 2; side++) {
        const struct fb_pace_terms *terms = &scene->programs[side]->pace;
        for (size_t i = 0; i < terms->series_count; i++) {
            bool again = false;
            for (size_t k = 0; k < count; k++) {
                again = again || fb_str_eq(*seen[k], terms->series[i]);
            }
            if (again) {
                continue;
            }
            seen[count++] = &terms->series[i];
            put_moment(admitted, out);
            fb_buf_addf(out, " by \"lab\": progress \"%zu-%lld\" with series \"%.*s\", date ",
                count, (long long)(date / FB_DAY), FB_STR_ARG(terms->series[i]));
            put_moment(date, out);
            fb_buf_addf(out, ", value %s\n", fb_decimal_format(fb_decimal_floor12(value), number));
        }
    }
}

/* A whole day, since values have dates. */
static fb_time day_of(fb_time t)
{
    return t / FB_DAY * FB_DAY;
}

/* When the last value comes that shows a pace other than fast before the system is there. */
static fb_time shown_at(void)
{
    return day_of(fb_scene_time(FB_SCENE_REGISTERED) - FB_DAY);
}

/* When the first values are known: a dwell and more before the last one, which confirms them. */
static fb_time known_at(const struct fb_scene *scene)
{
    int64_t dwell = scene->programs[0]->pace.dwell_us > scene->programs[1]->pace.dwell_us
                        ? scene->programs[0]->pace.dwell_us
                        : scene->programs[1]->pace.dwell_us;
    return day_of(fb_time_add(fb_scene_time(FB_SCENE_REGISTERED), -dwell) - 2 * FB_DAY);
}

/* The values that show the pace before the system comes: doublings, a little off a straight line,
 * so that what is known of the rate has a width. */
static void put_past(
    const struct fb_scene *scene, const struct fb_scene_choice *choice, struct fb_buf *out)
{
    static const double off[] = {1, 1.002, 0.998, 1.001};
    const double days = doubling_of(scene, choice->pace);
    const size_t count = sizeof(off) / sizeof(off[0]);
    const fb_time known = known_at(scene);
    for (size_t i = 0; i < count && days > 0; i++) {
        int64_t before = (int64_t)((double)(count - 1 - i) * days);
        put_progress(scene, known, known - before * FB_DAY, exp2((double)i) * off[i], out);
    }
    if (days > 0 && choice->pace != FB_SCENE_SLOWS) {
        fb_time last = shown_at();
        double doublings = 3 + (double)(last - known) / (double)FB_DAY / days;
        put_progress(scene, last, last, exp2(doublings), out);
    }
}

void fb_scene_write_turn(const struct fb_scene *scene, const struct fb_scene_choice *choice,
    fb_time at, struct fb_buf *out)
{
    const double days = doubling_of(scene, choice->pace), leap = 1e9;
    FB_ASSERT(scene && choice && out);
    if (at == FB_TIME_MAX || days <= 0) {
        return;
    }
    fb_time date = day_of(at);
    double doublings = 3 + (double)(date - known_at(scene)) / (double)FB_DAY / days;
    if (choice->pace == FB_SCENE_QUICKENS) {
        put_progress(scene, at, date, leap * exp2(doublings), out);
    } else if (choice->pace == FB_SCENE_SLOWS) {
        put_progress(scene, at, date, exp2(doublings), out);
    }
}

/* ---- the whole ---- */

/* What is done, and what turns the pace, in the order of time. */
static void put_after(
    const struct fb_scene *scene, const struct fb_scene_choice *choice, struct fb_buf *out)
{
    bool first = choice->before <= choice->act, turned = false;
    for (size_t i = 0; i < 2; i++) {
        unsigned group = (i == 0) == first ? FB_SCENE_BEFORE : FB_SCENE_ACT;
        fb_time at = group == FB_SCENE_ACT ? choice->act : choice->before;
        if (!turned && at >= choice->turns) {
            fb_scene_write_turn(scene, choice, choice->turns, out);
            turned = true;
        }
        if (at != FB_TIME_MAX) {
            put_group(scene, choice, group, at, out);
        }
    }
    if (!turned) {
        fb_scene_write_turn(scene, choice, choice->turns, out);
    }
}

void fb_scene_write(
    const struct fb_scene *scene, const struct fb_scene_choice *choice, struct fb_buf *out)
{
    FB_ASSERT(scene->party.len > 0);
    put_past(scene, choice, out);
    put_system(scene, choice, out);
    put_measured(scene, choice, out);
    fb_time at = fb_scene_triggered(scene);
    put_group(scene, choice, FB_SCENE_TRIGGER, at, out);
    for (unsigned i = 0; i < scene->step_count; i++) {
        at += FB_HOUR;
        put_group(scene, choice, FB_SCENE_STEP + i, at, out);
    }
    FB_ASSERT(at == fb_scene_opened(scene));
    put_after(scene, choice, out);
}

#include "govern/incident_why.h"

#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "engine/table.h"
#include "lang/lang.h"

/* Columns of a record's relation before its own fields: id, subject, issuer, at. */
enum { COMMON_COLUMNS = 4, TEXT_MAX = 2000, ASKED_MAX = 8 };

enum truth { NO, YES, MAYBE };

/* What a variable stands for. */
struct bound {
    bool is_set;
    struct fb_value value;
    struct fb_str column;
    const struct fb_record *record;
};

/* What held at an instant, by kind and in ledger order: those of a kind begin at its `first`. */
struct held {
    const struct fb_record **records;
    size_t first[FB_KIND_END + 1];
};

/* The conditions of one rule, read for one incident. */
struct probe {
    const struct fb_registry *registry;
    const struct held *held;
    fb_time as_of;
    const struct fb_record *incident; /* what holds of it */
    struct bound vars[FB_IR_VARS_MAX];
    struct fb_buf *why;   /* the first condition that does not hold */
    struct fb_buf *needs; /* the first fact that is missing */
};

static struct fb_str root_id(const struct fb_registry *registry, struct fb_str id)
{
    const struct fb_record *record = fb_registry_find(registry, id);
    while (record && record->supersedes.len) {
        record = fb_registry_find(registry, record->supersedes);
    }
    return record ? record->id : id;
}

/* True for what held at an instant. */
static bool is_current(
    const struct fb_registry *registry, fb_time as_of, const struct fb_record *record)
{
    const struct fb_record *next = fb_registry_successor(registry, record);
    return record->admitted < as_of && !(next && next->admitted < as_of);
}

/* Sorts what held at an instant by kind. The caller frees out->records. E_NOMEM. */
static enum fb_code hold(
    const struct fb_registry *registry, fb_time as_of, struct held *out, struct fb_err *err)
{
    size_t count = fb_registry_count(registry), next[FB_KIND_END + 1] = {0};
    *out = (struct held){.records = fb_calloc(count + 1, sizeof(*out->records))};
    if (!out->records) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    for (size_t i = 0; i < count; i++) {
        out->first[fb_registry_at(registry, i)->kind + 1]++;
    }
    for (size_t kind = 0; kind < FB_KIND_END; kind++) {
        out->first[kind + 1] += out->first[kind];
        next[kind + 1] = out->first[kind + 1];
    }
    for (size_t i = 0; i < count; i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (is_current(registry, as_of, record)) {
            out->records[next[record->kind]++] = record;
        }
    }
    return FB_OK;
}

/* A column of the fact that a record is. */
static struct fb_value column_of(
    const struct probe *p, const struct fb_record *record, size_t column)
{
    if (column == 0) {
        return fb_value_str(root_id(p->registry, record->id));
    }
    if (column == 1) {
        return record->subject.len ? fb_value_str(root_id(p->registry, record->subject))
                                   : fb_value_none();
    }
    if (column == 2) {
        return fb_value_str(record->issuer);
    }
    if (column == 3) {
        return fb_value_time(record->at < record->admitted ? record->at : record->admitted);
    }
    size_t count, at = COMMON_COLUMNS;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    for (size_t i = 0; i < count; i++) {
        if (!fb_field_is_column(&fields[i]) || at++ != column) {
            continue;
        }
        struct fb_value value = fb_record_value(record, i);
        bool unsaid = record->kind == FB_KIND_incident && value.type == FB_TYPE_STRING &&
                      strcmp(fields[i].name, "class") == 0 &&
                      fb_str_is(value.u.text, "unclassified");
        if (unsaid) {
            return fb_value_none();
        }
        bool is_id = fields[i].type == FB_FIELD_REF || fields[i].type == FB_FIELD_RECORD;
        if (is_id && value.type == FB_TYPE_STRING) {
            value.u.text = root_id(p->registry, value.u.text);
        }
        return value;
    }
    return fb_value_none();
}

/* What a term stands for; NULL when that is not known. */
static const struct fb_value *value_of(const struct probe *p, const struct fb_term *term)
{
    if (term->kind == FB_TERM_CONST) {
        return &term->value;
    }
    bool known =
        term->kind == FB_TERM_VAR && term->var < FB_IR_VARS_MAX && p->vars[term->var].is_set;
    return known ? &p->vars[term->var].value : NULL;
}

/* Whose the column of a record is, as "its" of the incident. */
static void add_column(
    const struct probe *p, const struct fb_record *record, struct fb_str column, struct fb_buf *out)
{
    if (record == p->incident) {
        fb_buf_addf(out, "its %.*s", FB_STR_ARG(column));
    } else {
        fb_buf_addf(
            out, "%.*s of %.*s", FB_STR_ARG(column), FB_STR_ARG(root_id(p->registry, record->id)));
    }
}

static void note_need(struct probe *p, const struct fb_record *record, struct fb_str column)
{
    if (p->needs->len == 0) {
        add_column(p, record, column, p->needs);
    }
}

/* How a record fits the terms of a predicate: the columns that differ, and in *missing one that is
 * not on record and should be. */
static size_t differing(const struct probe *p, const struct fb_form *pred,
    const struct fb_record *record, size_t *missing)
{
    size_t wrong = 0;
    for (size_t i = 0; i < pred->term_count; i++) {
        const struct fb_value *wanted = value_of(p, pred->terms[i]);
        if (!wanted) {
            continue;
        }
        struct fb_value is = column_of(p, record, i);
        if (fb_value_eq(*wanted, is)) {
            continue;
        }
        wrong++;
        *missing = is.type == FB_TYPE_NONE ? i : *missing;
    }
    return wrong;
}

/* "its class is "other", and the rule asks for "death"" of the first column that differs. */
static void say_columns(const struct probe *p, const struct fb_form *pred,
    const struct fb_record *record, struct fb_buf *out)
{
    const struct fb_relation *relation = &fb_policy_signature()->relations[pred->relation];
    for (size_t i = 0; i < pred->term_count; i++) {
        const struct fb_value *wanted = value_of(p, pred->terms[i]);
        struct fb_value is = column_of(p, record, i);
        if (wanted && !fb_value_eq(*wanted, is)) {
            add_column(p, record, relation->columns[i], out);
            fb_buf_add_c(out, " is ");
            fb_value_write(is, out);
            fb_buf_add_c(out, ", and the rule asks for ");
            fb_value_write(*wanted, out);
            return;
        }
    }
}

/* "no decision with topic "imminent_risk", about "incident/1" is on record". */
static void say_absent(const struct probe *p, const struct fb_form *pred, struct fb_buf *out)
{
    const struct fb_relation *relation = &fb_policy_signature()->relations[pred->relation];
    size_t told = 0;
    fb_buf_addf(out, "no %.*s", FB_STR_ARG(relation->name));
    for (size_t i = 0; i < pred->term_count; i++) {
        const struct fb_value *wanted = value_of(p, pred->terms[i]);
        if (wanted) {
            fb_buf_addf(out, "%s%.*s ", told++ ? ", " : " with ", FB_STR_ARG(relation->columns[i]));
            fb_value_write(*wanted, out);
        }
    }
    fb_buf_add_c(out, " is on record");
}

static void bind(struct probe *p, const struct fb_form *pred, const struct fb_record *record)
{
    const struct fb_relation *relation = &fb_policy_signature()->relations[pred->relation];
    for (size_t i = 0; i < pred->term_count; i++) {
        const struct fb_term *term = pred->terms[i];
        if (term->kind == FB_TERM_VAR && term->var < FB_IR_VARS_MAX && !p->vars[term->var].is_set) {
            p->vars[term->var] =
                (struct bound){true, column_of(p, record, i), relation->columns[i], record};
        }
    }
}

/* The one record that a predicate is about, where its id is known. */
static const struct fb_record *known_record(const struct probe *p, const struct fb_form *pred)
{
    const struct fb_value *id = pred->term_count ? value_of(p, pred->terms[0]) : NULL;
    if (!id || id->type != FB_TYPE_STRING) {
        return NULL;
    }
    const struct fb_record *record = fb_registry_find(p->registry, id->u.text);
    while (record && !is_current(p->registry, p->as_of, record)) {
        record = fb_registry_successor(p->registry, record);
    }
    return record;
}

static enum truth judge_record(
    struct probe *p, const struct fb_form *pred, const struct fb_record *record)
{
    const struct fb_relation *relation = &fb_policy_signature()->relations[pred->relation];
    size_t missing = SIZE_MAX, wrong = differing(p, pred, record, &missing);
    if (wrong == 0) {
        bind(p, pred, record);
        return YES;
    }
    if (wrong == 1 && missing != SIZE_MAX) {
        note_need(p, record, relation->columns[missing]);
        return MAYBE;
    }
    return NO;
}

/* A fact: some record of the kind fits. */
static enum truth judge_pred(struct probe *p, const struct fb_form *pred)
{
    const struct fb_relation *relation = &fb_policy_signature()->relations[pred->relation];
    enum fb_kind kind = pred->definition ? FB_KIND_NONE : fb_kind_of(relation->name);
    if (kind == FB_KIND_NONE) {
        return MAYBE;
    }
    const struct fb_record *one = known_record(p, pred), *found = NULL;
    if (one) {
        return one->kind == kind ? judge_record(p, pred, one) : NO;
    }
    size_t count = 0, ignored = SIZE_MAX;
    const struct fb_record *const *records = p->held->records;
    for (size_t i = p->held->first[kind]; count < 2 && i < p->held->first[kind + 1]; i++) {
        /* Places that are left over behind the last of a kind are NULL. */
        if (records[i] && differing(p, pred, records[i], &ignored) == 0) {
            found = records[i];
            count++;
        }
    }
    if (count == 1) {
        bind(p, pred, found);
    }
    return count ? YES : NO;
}

/* A number, for comparing; false when it is none. */
static bool number_of(const struct fb_value *value, double *out)
{
    *out = value->type == FB_TYPE_INT     ? (double)value->u.integer
           : value->type == FB_TYPE_FLOAT ? value->u.number
           : value->type == FB_TYPE_TIME  ? (double)value->u.time
                                          : 0;
    return value->type == FB_TYPE_INT || value->type == FB_TYPE_FLOAT ||
           value->type == FB_TYPE_TIME;
}

static enum truth judge_comparison(struct probe *p, const struct fb_form *form)
{
    const struct fb_value *values[2];
    for (int i = 0; i < 2; i++) {
        values[i] = value_of(p, form->terms[i]);
        if (!values[i]) {
            return MAYBE;
        }
        if (values[i]->type == FB_TYPE_NONE && form->terms[i]->kind == FB_TERM_VAR &&
            p->vars[form->terms[i]->var].record) {
            note_need(p, p->vars[form->terms[i]->var].record, p->vars[form->terms[i]->var].column);
            return MAYBE;
        }
    }
    if (form->kind == FB_FORM_EQ) {
        return fb_value_eq(*values[0], *values[1]) ? YES : NO;
    }
    double x, y;
    if (!number_of(values[0], &x) || !number_of(values[1], &y)) {
        return MAYBE;
    }
    return (form->kind == FB_FORM_LESS ? x < y : x <= y) ? YES : NO;
}

static enum truth judge(struct probe *p, const struct fb_form *form);

/* Binds what the facts of a conjunction bind, so that a comparison may stand before its fact. Depth
 * is bounded by FB_IR_DEPTH_MAX. */
static void bind_facts(struct probe *p, const struct fb_form *form)
{
    size_t before = p->needs->len;
    if (form->kind == FB_FORM_AND) {
        bind_facts(p, form->left);
        bind_facts(p, form->right);
    } else if (form->kind == FB_FORM_PRED) {
        (void)judge_pred(p, form);
        fb_buf_cut(p->needs, before);
    }
}

/* Whether a condition holds, of its parts. */
static enum truth judge_parts(struct probe *p, const struct fb_form *form)
{
    enum truth left, right;
    switch ((int)form->kind) {
    case FB_FORM_TRUE:
        return YES;
    case FB_FORM_FALSE:
        return NO;
    case FB_FORM_PRED:
        return judge_pred(p, form);
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
        return judge_comparison(p, form);
    case FB_FORM_NOT:
        left = judge(p, form->left);
        return left == YES ? NO : left == NO ? YES : MAYBE;
    case FB_FORM_AND:
        left = judge(p, form->left);
        right = left == NO ? NO : judge(p, form->right);
        return left == NO || right == NO ? NO : left == YES && right == YES ? YES : MAYBE;
    case FB_FORM_OR:
        left = judge(p, form->left);
        right = left == YES ? YES : judge(p, form->right);
        return left == YES || right == YES ? YES : left == NO && right == NO ? NO : MAYBE;
    case FB_FORM_EXISTS:
        for (size_t i = 0; i < form->bound_count; i++) {
            if (form->bound[i] < FB_IR_VARS_MAX) {
                p->vars[form->bound[i]].is_set = false;
            }
        }
        bind_facts(p, form->left);
        return judge(p, form->left);
    default:
        return MAYBE;
    }
}

/* Whether a condition holds; what is missing counts only where it decides. Depth is bounded by
 * FB_IR_DEPTH_MAX. */
static enum truth judge(struct probe *p, const struct fb_form *form)
{
    size_t before = p->needs->len;
    enum truth truth = judge_parts(p, form);
    if (truth != MAYBE) {
        fb_buf_cut(p->needs, before);
    }
    return truth;
}

/* The constants that a variable is compared with in a chain of OR; false when it is another. */
static bool asked_for(
    const struct fb_form *form, uint32_t *var, const struct fb_value **asked, size_t *count)
{
    if (form->kind == FB_FORM_OR) {
        return asked_for(form->left, var, asked, count) &&
               asked_for(form->right, var, asked, count);
    }
    if (form->kind != FB_FORM_EQ) {
        return false;
    }
    bool turned = form->terms[0]->kind == FB_TERM_CONST;
    const struct fb_term *of = form->terms[turned], *value = form->terms[!turned];
    if (of->kind != FB_TERM_VAR || value->kind != FB_TERM_CONST || *count == ASKED_MAX ||
        (*count > 0 && *var != of->var)) {
        return false;
    }
    *var = of->var;
    asked[(*count)++] = &value->value;
    return true;
}

static bool say_values(struct probe *p, const struct fb_form *form)
{
    const struct fb_value *asked[ASKED_MAX];
    uint32_t var = 0;
    size_t count = 0;
    if (!asked_for(form, &var, asked, &count) || var >= FB_IR_VARS_MAX || !p->vars[var].record) {
        return false;
    }
    add_column(p, p->vars[var].record, p->vars[var].column, p->why);
    fb_buf_add_c(p->why, " is ");
    fb_value_write(p->vars[var].value, p->why);
    fb_buf_add_c(p->why, ", and the rule asks for ");
    for (size_t i = 0; i < count; i++) {
        fb_buf_add_c(p->why, i == 0 ? "" : i + 1 == count ? " or " : ", ");
        fb_value_write(*asked[i], p->why);
    }
    return true;
}

/* What a side of a comparison must be beside the other. */
static const char *asked_word(enum fb_form_kind kind, bool turned)
{
    if (kind == FB_FORM_EQ) {
        return "";
    }
    bool strict = kind == FB_FORM_LESS;
    return turned ? (strict ? "more than " : "at least ") : (strict ? "less than " : "at most ");
}

/* "training_compute_flop of system/s is 3e22, and the rule asks for more than 1e26"; of a record
 * that is compared with another, the first of the two. */
static void say_comparison(struct probe *p, const struct fb_form *form)
{
    bool turned = form->terms[0]->kind == FB_TERM_CONST;
    const struct fb_term *of = form->terms[turned];
    const struct fb_value *limit = value_of(p, form->terms[!turned]);
    if (of->kind != FB_TERM_VAR || !p->vars[of->var].record || !limit) {
        return;
    }
    add_column(p, p->vars[of->var].record, p->vars[of->var].column, p->why);
    fb_buf_add_c(p->why, " is ");
    fb_value_write(p->vars[of->var].value, p->why);
    fb_buf_addf(p->why, ", and the rule asks for %s", asked_word(form->kind, turned));
    fb_value_write(*limit, p->why);
}

static void say_not(struct probe *p, const struct fb_form *form);

/* Says why a condition that was judged NO does not hold. Depth as above. */
static void say(struct probe *p, const struct fb_form *form)
{
    const struct fb_record *one;
    switch ((int)form->kind) {
    case FB_FORM_PRED:
        one = known_record(p, form);
        if (one && fb_str_is(fb_policy_signature()->relations[form->relation].name,
                       fb_kind_name(one->kind))) {
            say_columns(p, form, one, p->why);
        } else {
            say_absent(p, form, p->why);
        }
        return;
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
        say_comparison(p, form);
        return;
    case FB_FORM_NOT:
        say_not(p, form->left);
        return;
    case FB_FORM_OR:
        if (!say_values(p, form)) {
            say(p, form->left);
        }
        return;
    case FB_FORM_AND:
        /* Judged again, so that what the left side binds is bound. */
        say(p, judge(p, form->left) == NO ? form->left : form->right);
        return;
    case FB_FORM_EXISTS:
        (void)judge(p, form->left);
        say(p, form->left);
        return;
    default:
        return;
    }
}

/* "its began is 2018-03-18, and the rule leaves out what is before 2025-08-02". */
static void say_left_out(struct probe *p, const struct fb_form *form)
{
    bool turned = form->terms[0]->kind == FB_TERM_CONST;
    const struct fb_term *of = form->terms[turned];
    const struct fb_value *limit = value_of(p, form->terms[!turned]);
    if (of->kind != FB_TERM_VAR || !p->vars[of->var].record || !limit) {
        return;
    }
    bool dates = limit->type == FB_TYPE_TIME && form->kind == FB_FORM_LESS;
    add_column(p, p->vars[of->var].record, p->vars[of->var].column, p->why);
    fb_buf_add_c(p->why, " is ");
    fb_value_write(p->vars[of->var].value, p->why);
    fb_buf_addf(p->why, ", and the rule leaves out what is %s",
        !dates   ? asked_word(form->kind, turned)
        : turned ? "after "
                 : "before ");
    fb_value_write(*limit, p->why);
}

/* Says that a condition which must not hold does. Depth as above. */
static void say_not(struct probe *p, const struct fb_form *form)
{
    const struct fb_value *asked[ASKED_MAX];
    uint32_t var = 0;
    size_t count = 0;
    if (form->kind == FB_FORM_OR && !asked_for(form, &var, asked, &count)) {
        say_not(p, judge(p, form->left) == YES ? form->left : form->right);
        return;
    }
    count = 0;
    if (form->kind == FB_FORM_EXISTS) {
        (void)judge(p, form);
        say_not(p, form->left);
    } else if (form->kind == FB_FORM_NOT) {
        say(p, form->left);
    } else if (form->kind == FB_FORM_AND) {
        /* What is compared tells more than that there is something to compare. */
        bool compared = form->right->kind == FB_FORM_LESS || form->right->kind == FB_FORM_LESS_EQ;
        say_not(p, compared ? form->right : form->left);
    } else if (form->kind == FB_FORM_LESS || form->kind == FB_FORM_LESS_EQ) {
        say_left_out(p, form);
    } else if (form->kind == FB_FORM_PRED && !form->definition) {
        const struct fb_record *one = known_record(p, form);
        const struct fb_relation *relation = &fb_policy_signature()->relations[form->relation];
        fb_buf_addf(p->why, "%.*s is on record, which the rule leaves out",
            FB_STR_ARG(one ? one->id : relation->name));
    } else if (asked_for(form, &var, asked, &count) && var < FB_IR_VARS_MAX &&
               p->vars[var].record) {
        add_column(p, p->vars[var].record, p->vars[var].column, p->why);
        fb_buf_add_c(p->why, " is ");
        fb_value_write(p->vars[var].value, p->why);
        fb_buf_add_c(p->why, ", which the rule leaves out");
    }
}

/* The predicate that binds the incident. Depth is bounded by FB_IR_DEPTH_MAX. */
static const struct fb_form *of_incident(const struct fb_form *form, uint32_t relation)
{
    if (!form || form->kind == FB_FORM_NOT) {
        return NULL;
    }
    if (form->kind == FB_FORM_PRED) {
        return form->relation == relation && !form->definition ? form : NULL;
    }
    const struct fb_form *found = of_incident(form->left, relation);
    return found ? found : of_incident(form->right, relation);
}

/* A rule whose deadlines are for other classes gives no duty. */
static void read_deadlines(struct probe *p, const struct fb_duty *rule)
{
    struct fb_str class = fb_record_text(p->incident, "class");
    for (size_t i = 0; i < rule->within_count; i++) {
        if (!rule->within[i].guard || judge(p, rule->within[i].guard) != NO) {
            return;
        }
    }
    if (rule->within_count > 0) {
        fb_buf_addf(
            p->why, "its class is %.*s, for which the rule sets no deadline", FB_STR_ARG(class));
    }
}

/* "its class is "other", its state is "open", which is not what the rule asks for": all that a
 * condition reads, where it is too tangled for the one that decides. */
static void say_all(struct probe *p, const struct fb_form *form)
{
    fb_vars vars = fb_form_vars(form);
    size_t told = 0;
    for (uint32_t v = 0; v < FB_IR_VARS_MAX; v++) {
        const struct bound *bound = &p->vars[v];
        if ((vars >> v & 1) && bound->is_set && bound->record && !fb_str_is(bound->column, "id")) {
            fb_buf_add_c(p->why, told++ ? ", " : "");
            add_column(p, bound->record, bound->column, p->why);
            fb_buf_add_c(p->why, " is ");
            fb_value_write(bound->value, p->why);
        }
    }
    fb_buf_add_c(p->why, told ? ", which is not what the rule asks for"
                              : "what is on record is not what the rule asks for");
}

/* Reads a rule: what it says goes into the probe's texts. */
static void read_rule(struct probe *p, const struct fb_duty *rule)
{
    int relation = fb_policy_relation("incident");
    FB_ASSERT(relation >= 0);
    const struct fb_form *pred = of_incident(rule->when, (uint32_t)relation);
    const struct fb_term *id = pred ? pred->terms[0] : NULL;
    FB_ASSERT(id && id->kind == FB_TERM_VAR && id->var < FB_IR_VARS_MAX);
    p->vars[id->var] =
        (struct bound){true, column_of(p, p->incident, 0), FB_STR("id"), p->incident};
    const struct fb_form *const conditions[] = {pred, rule->when, rule->given};
    for (size_t i = 0; i < 3; i++) {
        if (!conditions[i]) {
            continue;
        }
        bind_facts(p, conditions[i]);
        if (judge(p, conditions[i]) == NO) {
            say(p, conditions[i]);
            if (p->why->len == 0) {
                say_all(p, conditions[i]);
            }
            return;
        }
    }
    read_deadlines(p, rule);
}

static enum fb_code keep(
    const struct fb_buf *text, struct fb_arena *arena, struct fb_str *out, struct fb_err *err)
{
    return text->len ? fb_arena_str(arena, fb_buf_str(text), out, err) : FB_OK;
}

/* Why one clock is not owed, or what it needs. */
static enum fb_code explain(
    struct probe *p, struct fb_incident_clock *clock, struct fb_arena *arena, struct fb_err *err)
{
    fb_buf_clear(p->why);
    fb_buf_clear(p->needs);
    memset(p->vars, 0, sizeof(p->vars));
    read_rule(p, clock->rule);
    if (clock->state == FB_CLOCK_CANNOT_TELL) {
        /* Its class is not said; what rules it out whatever the class, does. */
        if (p->why->len > 0) {
            clock->state = FB_CLOCK_NOT_OWED;
            clock->needs = FB_STR("");
        }
        return keep(p->why, arena, &clock->why, err);
    }
    if (p->why->len == 0 && p->needs->len > 0) {
        clock->state = FB_CLOCK_CANNOT_TELL;
        return keep(p->needs, arena, &clock->needs, err);
    }
    if (p->why->len == 0) {
        fb_buf_addf(p->why,
            "its class (%.*s), its system and its record do not rule it out; another record that "
            "the rule asks for is missing, or a fact is not said",
            FB_STR_ARG(fb_record_text(p->incident, "class")));
    }
    return keep(p->why, arena, &clock->why, err);
}

/* True for a clock that waits for a reason, or for its class; that of a rule which follows another
 * is this. */
static bool is_unexplained(const struct fb_incident_clock *clock)
{
    bool unclassified = clock->state == FB_CLOCK_CANNOT_TELL && !clock->duty;
    return (clock->state == FB_CLOCK_NOT_OWED || unclassified) && !clock->rule->after;
}

enum fb_code fb_incident_why(const struct fb_picture *picture, const struct fb_registry *registry,
    struct fb_arena *arena, struct fb_incident_view *view, struct fb_err *err)
{
    FB_ASSERT(picture && registry && arena && view && view->head);
    struct fb_buf why, needs;
    struct held held = {0};
    struct probe probe = {.registry = registry,
        .held = &held,
        .as_of = picture->as_of,
        .incident = view->head,
        .why = &why,
        .needs = &needs};
    enum fb_code code = FB_OK;
    fb_buf_init(&why, TEXT_MAX);
    fb_buf_init(&needs, TEXT_MAX);
    for (size_t i = 0; code == FB_OK && i < view->clock_count; i++) {
        if (is_unexplained(&view->clocks[i])) {
            code = held.records ? FB_OK : hold(registry, picture->as_of, &held, err);
            code = code ? code : explain(&probe, &view->clocks[i], arena, err);
        }
    }
    fb_buf_release(&why);
    fb_buf_release(&needs);
    fb_free(held.records);
    return code;
}

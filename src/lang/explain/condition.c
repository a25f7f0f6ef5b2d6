/* condition.c: conditions as English. */
#include <string.h>

#include "base/assert.h"
#include "lang/explain.h"
#include "lang/signature.h"

static void say_value(const struct fb_word *word, struct fb_buf *out)
{
    char text[FB_TIME_TEXT];
    if (word->kind == FB_WORD_DATE) {
        fb_buf_add_c(out, fb_time_format_short(word->date, text));
        return;
    }
    if (word->kind == FB_WORD_TRUTH) {
        fb_buf_add_c(out, word->truth ? "true" : "false");
        return;
    }
    const char *blank = word->unit.len && !fb_str_is(word->unit, "%") ? " " : "";
    fb_buf_addf(out, "%.*s%s%.*s", FB_STR_ARG(word->text), blank, FB_STR_ARG(word->unit));
}

static void say_compare(enum fb_compare compare, const struct fb_word *value, struct fb_buf *out)
{
    static const char *const words[] = {
        "is ", "is not ", "is less than ", "is at most ", "is more than ", "is at least "};
    fb_buf_add_c(out, words[compare]);
    say_value(value, out);
}

/* A column's name with blanks, without its unit. */
static void say_column(uint32_t relation, uint32_t column, struct fb_buf *out)
{
    struct fb_str name = fb_policy_signature()->relations[relation].columns[column];
    const struct fb_domain *domain = fb_policy_domain(relation, column);
    /* The value has the unit that the name ends with. */
    name.len -= domain->unit ? strlen("_") + strlen(domain->unit) : 0;
    for (size_t i = 0; i < name.len; i++) {
        fb_buf_add_char(out, name.ptr[i] == '_' ? ' ' : name.ptr[i]);
    }
}

/* True for a field that the check has put there to get at a time. */
static bool is_hidden(const struct fb_fact_field *field)
{
    return field->value.kind == FB_WORD_VARIABLE &&
           fb_str_find(field->value.text, '.', 0) < field->value.text.len;
}

/* What a fact is called that is derived from several records; NULL: it is a record. */
static const char *derived_name(struct fb_str relation)
{
    static const char *const names[][2] = {{"order_in_force", "an order in force"},
        {"waiver_in_force", "a waiver in force"}, {"growth", "a known growth"},
        {"grant_standing", "a grant of access"}, {"level_held", "a level that is held"},
        {"share_of_original", "a share of the original's training compute"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (fb_str_is(relation, names[i][0])) {
            return names[i][1];
        }
    }
    return NULL;
}

/* `incident I of S whose class is C`. */
static void say_fact(const struct fb_cond *cond, struct fb_buf *out)
{
    const struct fb_relation *relation = &fb_policy_signature()->relations[cond->relation];
    size_t said = 0;
    const char *derived = derived_name(relation->name);
    fb_buf_addf(out, "there is %s%.*s", derived ? derived : "a record of kind ",
        FB_STR_ARG(derived ? FB_STR("") : relation->name));
    for (const struct fb_fact_field *field = cond->fields; field; field = field->next) {
        bool is_record = fb_str_is(relation->columns[0], "id");
        if (is_record && field->column == 0 && field->compare == FB_IS) {
            fb_buf_add_c(out, ", ");
            say_value(&field->value, out);
            fb_buf_add_c(out, ",");
        } else if (is_record && field->column == 1 && field->compare == FB_IS) {
            fb_buf_add_c(out, " about ");
            say_value(&field->value, out);
        } else if (!is_hidden(field)) {
            fb_buf_add_c(out, said++ ? " and whose " : " whose ");
            say_column(cond->relation, field->column, out);
            fb_buf_add_char(out, ' ');
            say_compare(field->compare, &field->value, out);
        }
    }
}

/* `training compute of S` and the like: one field of a record that is named. */
static bool say_field(const struct fb_cond *cond, struct fb_buf *out)
{
    const struct fb_fact_field *id = cond->fields, *field = id ? id->next : NULL;
    if (!id || !field || field->next || id->column != 0 || field->column == 1 || cond->occurs ||
        is_hidden(field)) {
        return false;
    }
    if (field->value.kind == FB_WORD_TRUTH && field->compare == FB_IS) {
        say_value(&id->value, out);
        fb_buf_add_c(out, field->value.truth ? " is " : " is not ");
        say_column(cond->relation, field->column, out);
        return true;
    }
    fb_buf_add_c(out, "the ");
    say_column(cond->relation, field->column, out);
    fb_buf_add_c(out, " of ");
    say_value(&id->value, out);
    fb_buf_add_char(out, ' ');
    say_compare(field->compare, &field->value, out);
    return true;
}

static void say_line(const struct fb_cond *cond, struct fb_buf *out)
{
    static const char *const words[] = {"crossed", "not ruled out", "ruled out"};
    fb_buf_addf(out, "red line %.*s is", FB_STR_ARG(cond->name));
    for (unsigned i = 0, said = 0; i < 3; i++) {
        if (cond->statuses & (1U << i)) {
            fb_buf_addf(out, "%s %s", said++ ? " or" : "", words[i]);
        }
    }
    fb_buf_addf(out, " for %.*s", FB_STR_ARG(cond->args->text));
}

/* `the safety case "cyber" of S has fallen`; false for one that is written as a fact. */
static bool say_standing(const struct fb_cond *cond, struct fb_buf *out)
{
    static const struct {
        const char *word, *said;
    } standings[] = {{"stands", "stands"}, {"fallen", "has fallen"}, {"sent_back", "was sent back"},
        {"submitted", "is submitted and not accepted"}};
    const struct fb_fact_field *name = cond->fields, *system = name ? name->next : NULL;
    const struct fb_fact_field *standing = system ? system->next : NULL;
    if (!standing || standing->next || name->column != 0 || system->column != 1 ||
        standing->column != 2 || standing->compare != FB_IS) {
        return false;
    }
    for (size_t i = 0; i < sizeof(standings) / sizeof(standings[0]); i++) {
        if (fb_str_is(standing->value.text, standings[i].word)) {
            fb_buf_add_c(out, "the safety case ");
            say_value(&name->value, out);
            fb_buf_add_c(out, " of ");
            say_value(&system->value, out);
            fb_buf_addf(out, " %s", standings[i].said);
            return true;
        }
    }
    return false;
}

static void say_pace(const struct fb_cond *cond, struct fb_buf *out)
{
    static const char *const words[FB_PACE_LEVELS] = {"fast", "normal", "slow"};
    fb_buf_add_c(out, "the pace is");
    for (unsigned i = 0, said = 0; i < FB_PACE_LEVELS; i++) {
        if (cond->statuses & (1U << i)) {
            fb_buf_addf(out, "%s %s", said++ ? " or" : "", words[i]);
        }
    }
}

static void say_call(const struct fb_cond *cond, struct fb_buf *out)
{
    fb_buf_addf(out, "%.*s holds for ", FB_STR_ARG(cond->name));
    for (const struct fb_word *arg = cond->args; arg; arg = arg->next) {
        fb_buf_add_c(out, arg == cond->args ? "" : ", ");
        say_value(arg, out);
    }
}

static void say_parts(const struct fb_cond *cond, const char *between, struct fb_buf *out)
{
    for (const struct fb_cond *part = cond->parts; part; part = part->next) {
        bool inner = part->kind == FB_COND_ANY || (part->kind == FB_COND_ALL);
        fb_buf_add_c(out, part == cond->parts ? "" : between);
        fb_buf_add_c(out, inner ? "(" : "");
        fb_explain_condition(part, out);
        fb_buf_add_c(out, inner ? ")" : "");
    }
}

void fb_explain_condition(const struct fb_cond *cond, struct fb_buf *out)
{
    FB_ASSERT(cond);
    switch (cond->kind) {
    case FB_COND_ALL:
        say_parts(cond, " and ", out);
        break;
    case FB_COND_ANY:
        say_parts(cond, ", or ", out);
        break;
    case FB_COND_NOT:
        fb_buf_add_c(out, "it is not so that (");
        fb_explain_condition(cond->parts, out);
        fb_buf_add_char(out, ')');
        break;
    case FB_COND_FACT:
        if ((int)cond->relation == fb_policy_relation("case_standing") && say_standing(cond, out)) {
            break;
        }
        if (!say_field(cond, out)) {
            say_fact(cond, out);
        }
        break;
    case FB_COND_CALL:
        say_call(cond, out);
        break;
    case FB_COND_LINE:
        say_line(cond, out);
        break;
    case FB_COND_PACE:
        say_pace(cond, out);
        break;
    case FB_COND_COMPARE:
        say_value(&cond->left, out);
        fb_buf_add_char(out, ' ');
        say_compare(cond->compare, &cond->right, out);
        break;
    }
}
